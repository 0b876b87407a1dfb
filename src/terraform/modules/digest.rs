//! The checksum of a package: of the names and contents of all its files.

use std::fs::{self, File};
use std::io::{self, Read};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

/// The largest package: bytes of all its files together.
pub const MAX_BYTES: u64 = 256 << 20;

/// The most files and folders of a package.
pub const MAX_FILES: usize = 50_000;

/// Why a directory has no checksum.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A link, a device or a name that is no text: a package has none of them.
    #[error("{0} is neither a file nor a folder")]
    Special(Utf8PathBuf),
    /// Beyond [`MAX_BYTES`] or [`MAX_FILES`].
    #[error("it is larger than {} MiB or has more than {MAX_FILES} files", MAX_BYTES >> 20)]
    TooLarge,
}

/// SHA-256, in lower-case hexadecimal digits, of a directory: over `trueup-tree/1`, then for each file in
/// byte order of its path: length of the path, the path, length of the content (both 8 bytes, little
/// endian), the content. Modes, times and empty folders do not count.
pub fn tree_digest(dir: &Utf8Path) -> Result<String, TreeError> {
    let mut files = Vec::new();
    let mut queue = vec![Utf8PathBuf::new()];
    let (mut seen, mut bytes) = (0, 0u64);
    while let Some(below) = queue.pop() {
        for entry in fs::read_dir(dir.join(&below))? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| TreeError::Special(below.join("?")))?;
            let path = below.join(name);
            // Of the entry itself: a link is not followed.
            let meta = entry.metadata()?;
            seen += 1;
            if meta.is_dir() {
                queue.push(path);
            } else if meta.is_file() {
                bytes = bytes.saturating_add(meta.len());
                files.push((path, meta.len()));
            } else {
                return Err(TreeError::Special(path));
            }
            if seen > MAX_FILES || bytes > MAX_BYTES {
                return Err(TreeError::TooLarge);
            }
        }
    }
    files.sort_by(|a, b| a.0.as_str().cmp(b.0.as_str()));
    let mut hash = Sha256::new();
    hash.update(b"trueup-tree/1");
    let mut buffer = vec![0; 64 << 10];
    for (path, size) in files {
        hash.update((path.as_str().len() as u64).to_le_bytes());
        hash.update(path.as_str());
        hash.update(size.to_le_bytes());
        let mut file = File::open(dir.join(&path))?.take(size);
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
    }
    Ok(hash.finalize().iter().map(|b| format!("{b:02x}")).collect())
}
