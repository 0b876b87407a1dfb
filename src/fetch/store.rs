//! The cache of packages: each stands in a directory named by the checksum of its files.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::FetchError;
use crate::terraform::files::join;
use crate::terraform::modules::{MAX_BYTES, MAX_FILES, TreeError, tree_digest};

/// The cache.
pub(super) struct Store {
    root: Utf8PathBuf,
}

/// A package on its way into the cache; removed when it does not get there.
pub(super) struct Draft {
    dir: Utf8PathBuf,
    files: usize,
    bytes: u64,
}

impl Store {
    /// The cache at a directory, which is made when it is not there; others may not read it.
    pub(super) fn open(root: &Utf8Path) -> Result<Store, FetchError> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(root).map_err(FetchError::io(root))?;
        sweep(root);
        Ok(Store { root: root.to_owned() })
    }

    /// An empty directory in the cache.
    pub(super) fn draft(&self) -> Result<Draft, FetchError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(".draft-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let dir = self.root.join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir(&dir).map_err(FetchError::io(&dir))?;
        Ok(Draft { dir, files: 0, bytes: 0 })
    }

    /// Puts a package into the cache and gives its checksum. `repair` replaces one whose files were changed.
    pub(super) fn keep(&self, draft: Draft, repair: bool) -> Result<String, FetchError> {
        let checksum = tree_digest(&draft.dir).map_err(|error| match error {
            TreeError::Io(source) => FetchError::Io { path: draft.dir.to_string(), source },
            other => FetchError::Archive(other.to_string()),
        })?;
        let target = self.root.join(&checksum);
        if repair && target.is_dir() && tree_digest(&target).ok().as_deref() != Some(&*checksum) {
            fs::remove_dir_all(&target).map_err(FetchError::io(&target))?;
        }
        match fs::rename(&draft.dir, &target) {
            Ok(()) => Ok(checksum),
            // Another run was first; evaluation holds it against its name.
            Err(_) if target.is_dir() => Ok(checksum),
            Err(error) => Err(FetchError::io(&target)(error)),
        }
    }
}

/// Removes what runs that were killed left half done, a day ago or longer.
fn sweep(root: &Utf8Path) {
    const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        let ours =
            entry.file_name().to_str().is_some_and(|n| n.starts_with(".draft-") || n.starts_with(".git-"));
        let age = entry.metadata().and_then(|m| m.modified()).ok().and_then(|m| m.elapsed().ok());
        if ours && age.is_some_and(|age| age > DAY) {
            // A cache that keeps it is only larger.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

impl Draft {
    /// The directory.
    pub(super) fn dir(&self) -> &Utf8Path {
        &self.dir
    }

    /// Counts one more file or folder against the bounds.
    pub(super) fn count(&mut self, bytes: u64) -> Result<(), FetchError> {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        if self.files > MAX_FILES || self.bytes > MAX_BYTES {
            return Err(FetchError::TooMuch(format!(
                "the package has more than {MAX_FILES} files or {} MiB",
                MAX_BYTES >> 20
            )));
        }
        Ok(())
    }

    /// Where a file of the package goes; its folder is made. A path that leaves the package is refused.
    pub(super) fn place(&self, path: &str) -> Result<Utf8PathBuf, FetchError> {
        let inside = join(Utf8Path::new(""), path).filter(|p| !p.as_str().is_empty());
        let hostile = path.split('/').any(|part| part == ".." || part.contains(['\\', '\0']));
        let inside = inside
            .filter(|_| !hostile)
            .ok_or_else(|| FetchError::Archive(format!("the entry {path:?} leads out of it")))?;
        let target = self.dir.join(inside);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(FetchError::io(parent))?;
        }
        Ok(target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Gone when it was kept.
        let _ = fs::remove_dir_all(&self.dir);
    }
}
