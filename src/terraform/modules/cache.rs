//! The cache laid under the checkout.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::manifest::{is_checksum, packages};
use super::tree_digest;
use crate::terraform::files::{DiskFiles, FileError, FileKind, FileSource};

/// A checkout in which the packages of the cache seem to stand below the root module.
pub struct WithCache {
    files: Arc<dyn FileSource>,
    /// `.trueup/modules` of the root module, relative to the checkout.
    packages: Utf8PathBuf,
    cache: Utf8PathBuf,
    /// What was held against its checksum, and how that ended.
    checked: Mutex<HashMap<String, Result<Arc<DiskFiles>, FileError>>>,
}

impl WithCache {
    /// Lays the cache at `cache` under the files of a checkout with a root module at `root`.
    pub fn new(files: Arc<dyn FileSource>, root: &Utf8Path, cache: &Utf8Path) -> WithCache {
        WithCache { files, packages: packages(root), cache: cache.to_owned(), checked: Mutex::default() }
    }

    /// Where a path leads: to a package and a path in it, or to the checkout (`None`).
    fn package<'p>(&self, path: &'p Utf8Path) -> Option<Result<(Arc<DiskFiles>, &'p Utf8Path), FileError>> {
        let below = path.strip_prefix(&self.packages).ok()?;
        let checksum = below.components().next()?.as_str();
        let inside = below.strip_prefix(checksum).ok()?;
        Some(self.checked(checksum).map(|files| (files, inside)))
    }

    fn checked(&self, checksum: &str) -> Result<Arc<DiskFiles>, FileError> {
        if !is_checksum(checksum) {
            return Err(FileError::NotFound);
        }
        let mut checked = self.checked.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(known) = checked.get(checksum) {
            return known.clone();
        }
        let dir = self.cache.join(checksum);
        if !dir.is_dir() {
            // Not kept: it may be fetched later.
            return Err(FileError::NotFound);
        }
        let read = match tree_digest(&dir) {
            Ok(digest) if digest == checksum => DiskFiles::new(&dir).map(Arc::new),
            _ => Err(FileError::Checksum),
        };
        checked.insert(checksum.to_owned(), read.clone());
        read
    }
}

impl FileSource for WithCache {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        match self.package(path) {
            Some(package) => package.and_then(|(files, inside)| files.read(inside)),
            None => self.files.read(path),
        }
    }

    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        match self.package(dir) {
            Some(package) => package.and_then(|(files, inside)| files.list(inside)),
            None => self.files.list(dir),
        }
    }

    fn is_tracked(&self, path: &Utf8Path) -> Option<bool> {
        match self.package(path) {
            Some(_) => Some(false),
            None => self.files.is_tracked(path),
        }
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        match self.package(path) {
            Some(package) => package.and_then(|(files, inside)| files.kind(inside)),
            None => self.files.kind(path),
        }
    }

    fn real(&self, path: &Utf8Path) -> Utf8PathBuf {
        if path.starts_with(&self.packages) { path.to_owned() } else { self.files.real(path) }
    }
}
