//! A checkout on disk.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::sync::OnceLock;

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileError, FileKind, FileSource, MAX_FILE};

/// A directory on disk; nothing outside it is read, also not through symbolic links.
#[derive(Debug)]
pub struct DiskFiles {
    root: Utf8PathBuf,
    tracked: OnceLock<Option<BTreeSet<String>>>,
}

impl DiskFiles {
    /// The tree below `root`, which must be a directory.
    pub fn new(root: &Utf8Path) -> Result<DiskFiles, FileError> {
        let root = root.canonicalize_utf8().map_err(error)?;
        if !root.is_dir() {
            return Err(FileError::Other(format!("{root} is not a directory")));
        }
        Ok(DiskFiles { root, tracked: OnceLock::new() })
    }

    /// The absolute path of the root, without symbolic links.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    fn real(&self, path: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
        let real = self.root.join(path).canonicalize_utf8().map_err(error)?;
        if real.starts_with(&self.root) { Ok(real) } else { Err(FileError::Outside) }
    }
}

impl FileSource for DiskFiles {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        let real = self.real(path)?;
        // Looked at before it is opened: opening a pipe would wait for a writer.
        let meta = fs::metadata(&real).map_err(error)?;
        if !meta.is_file() {
            return Err(FileError::NotRegular);
        }
        if meta.len() > MAX_FILE {
            return Err(FileError::TooLarge(meta.len()));
        }
        let mut bytes = Vec::with_capacity(meta.len() as usize);
        fs::File::open(&real).and_then(|f| f.take(MAX_FILE).read_to_end(&mut bytes)).map_err(error)?;
        Ok(bytes)
    }

    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.real(dir)?).map_err(error)? {
            let entry = entry.map_err(error)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            // A link is what it leads to, when that is inside.
            if let Ok(kind) = self.kind(&dir.join(&name)) {
                names.push((name, kind));
            }
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(names)
    }

    fn is_tracked(&self, path: &Utf8Path) -> Option<bool> {
        let tracked = self.tracked.get_or_init(|| super::git::tracked(&self.root));
        tracked.as_ref().map(|files| files.contains(path.as_str()))
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        let meta = fs::metadata(self.real(path)?).map_err(error)?;
        match (meta.is_file(), meta.is_dir()) {
            (true, _) => Ok(FileKind::File),
            (_, true) => Ok(FileKind::Directory),
            _ => Err(FileError::NotRegular),
        }
    }

    fn real(&self, path: &Utf8Path) -> Utf8PathBuf {
        let real = DiskFiles::real(self, path).ok();
        let below = real.and_then(|real| real.strip_prefix(&self.root).ok().map(Utf8Path::to_owned));
        below.unwrap_or_else(|| path.to_owned())
    }
}

fn error(e: io::Error) -> FileError {
    match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => FileError::NotFound,
        _ => FileError::Other(e.to_string()),
    }
}

/// The checkout that holds a directory: the nearest one above it (or itself) with a `.git`, else the
/// directory itself. Absolute and without symbolic links.
pub fn checkout_of(dir: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
    let dir = dir.canonicalize_utf8().map_err(error)?;
    Ok(dir.ancestors().find(|d| d.join(".git").exists()).unwrap_or(&dir).to_owned())
}
