//! The files of one evaluation: what people see, and what the parser saw.

use std::collections::HashMap;
use std::sync::Arc;

use crate::terraform::source::{FileId, SourceMap};

/// All files read so far.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// As they are on disk.
    pub map: SourceMap,
    /// Native text of JSON files, of the same length.
    native: HashMap<FileId, Arc<str>>,
}

impl Sources {
    /// No files yet; those to come get ids that no map with another number gives.
    pub(super) fn numbered(number: u32) -> Sources {
        Sources { map: SourceMap::numbered(number), ..Sources::default() }
    }

    /// The text that spans of trees refer to.
    pub(super) fn text(&self, file: FileId) -> Arc<str> {
        self.native.get(&file).unwrap_or(&self.map.file(file).text).clone()
    }

    /// What people see, and the native texts of JSON files.
    pub(super) fn into_parts(self) -> (SourceMap, HashMap<FileId, Arc<str>>) {
        (self.map, self.native)
    }

    /// The native text of a JSON file.
    pub(super) fn set_native(&mut self, file: FileId, text: String) {
        self.native.insert(file, text.into());
    }
}
