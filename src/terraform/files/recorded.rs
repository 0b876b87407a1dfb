//! Remembers what was asked of a tree of files.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileError, FileKind, FileSource};

/// Files that remember which of them were looked at: those that are not there as well.
pub struct Recorded {
    files: Arc<dyn FileSource>,
    seen: Mutex<BTreeSet<Utf8PathBuf>>,
}

impl Recorded {
    /// The same files.
    pub fn new(files: Arc<dyn FileSource>) -> Recorded {
        Recorded { files, seen: Mutex::default() }
    }

    /// Every path that was read or asked about, and every directory that was listed, by their real names.
    pub fn seen(&self) -> BTreeSet<Utf8PathBuf> {
        self.seen.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    fn note(&self, path: &Utf8Path) {
        let real = self.files.real(path);
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        seen.insert(path.to_owned());
        seen.insert(real);
    }
}

impl FileSource for Recorded {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        self.note(path);
        self.files.read(path)
    }

    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        self.note(dir);
        self.files.list(dir)
    }

    fn is_tracked(&self, path: &Utf8Path) -> Option<bool> {
        self.files.is_tracked(path)
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        self.note(path);
        self.files.kind(path)
    }

    fn real(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.files.real(path)
    }
}
