//! A tree of files with edits that are not written.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileError, FileKind, FileSource};

/// Files, some of them with another text, some added: what a checkout would be after an edit.
pub struct EditedFiles {
    files: Arc<dyn FileSource>,
    texts: BTreeMap<Utf8PathBuf, String>,
}

impl EditedFiles {
    /// Lays texts over files, by path in the checkout.
    pub fn new(files: Arc<dyn FileSource>, texts: BTreeMap<Utf8PathBuf, String>) -> EditedFiles {
        EditedFiles { files, texts }
    }
}

impl FileSource for EditedFiles {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match self.texts.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => self.files.read(path),
        }
    }

    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        let mut names = self.files.list(dir)?;
        let own = self.texts.keys().filter(|path| path.parent() == Some(dir));
        for name in own.filter_map(|path| path.file_name()) {
            if let Err(at) = names.binary_search_by(|(n, _)| n.as_str().cmp(name)) {
                names.insert(at, (name.to_owned(), FileKind::File));
            }
        }
        Ok(names)
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        if self.texts.contains_key(path) { Ok(FileKind::File) } else { self.files.kind(path) }
    }
}
