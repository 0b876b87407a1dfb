//! File access for code under review: a checkout on disk or a revision in git, and nothing else.
//!
//! All paths here are relative to the checkout, with forward slashes and without `.` or `..`;
//! [`join`] makes them. A path or symbolic link that leaves the checkout is refused, so that code
//! under review cannot read the machine it is reviewed on.

mod disk;
mod edited;
mod git;
mod history;
mod naming;
mod recorded;
mod sandbox;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

pub use disk::{DiskFiles, checkout_of};
pub use edited::EditedFiles;
pub use git::{Blobs, GitTree, default_branch, origin};
pub use history::{Changed, Fork, How, changed, fork};
pub use naming::Naming;
pub use recorded::Recorded;
pub use sandbox::Sandbox;

/// The largest file that is read: 64 MiB. Beyond any configuration or tfvars seen in practice.
pub const MAX_FILE: u64 = 64 << 20;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file (or a link to one inside the checkout).
    File,
    /// A directory.
    Directory,
}

/// Why a file could not be read.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum FileError {
    /// There is no such file.
    #[error("no such file or directory")]
    NotFound,
    /// It lies outside the checkout.
    #[error("the path leads outside the checkout, and code under review may read only files inside it")]
    Outside,
    /// Not a regular file: a directory, device or pipe.
    #[error("not a regular file")]
    NotRegular,
    /// Larger than [`MAX_FILE`].
    #[error("the file has {0} bytes; the limit is 67108864 (64 MiB)")]
    TooLarge(u64),
    /// It lies in a fetched package that is not what was fetched any more.
    #[error("the files of the package are not those that its checksum was made of")]
    Checksum,
    /// Anything else the system or git says.
    #[error("{0}")]
    Other(String),
}

/// A tree of files to evaluate.
pub trait FileSource: Send + Sync {
    /// The bytes of a file.
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError>;
    /// Names in a directory and what they are, sorted by name; other kinds are left out.
    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError>;
    /// What a path names; `NotFound` for nothing.
    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError>;
    /// The path with its symbolic links followed; the path itself where there is nothing.
    fn real(&self, path: &Utf8Path) -> Utf8PathBuf {
        path.to_owned()
    }
    /// Whether git has a file; `None` where that is not known.
    fn is_tracked(&self, path: &Utf8Path) -> Option<bool> {
        let _ = path;
        None
    }
}

/// `path` seen from `dir` (relative to the checkout), without `.` and `..`.
///
/// `None` when it leaves the checkout. An absolute path does so always; callers that know where the
/// checkout stands strip that first.
pub fn join(dir: &Utf8Path, path: &str) -> Option<Utf8PathBuf> {
    let path = Utf8Path::new(path);
    let mut out: Vec<&str> = Vec::new();
    for part in dir.components().chain(path.components()) {
        match part {
            Utf8Component::Normal(name) => out.push(name),
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir => drop(out.pop()?),
            Utf8Component::RootDir | Utf8Component::Prefix(_) => return None,
        }
    }
    Some(out.join("/").into())
}

/// A path for people: `.` and inner `..` resolved, leading `..` kept; empty becomes `.`.
pub fn tidy(path: &Utf8Path) -> Utf8PathBuf {
    let mut out: Vec<&str> = Vec::new();
    let root = if path.is_absolute() { "/" } else { "" };
    for part in path.components() {
        match part {
            Utf8Component::Normal(name) => out.push(name),
            Utf8Component::ParentDir if out.last().is_some_and(|l| *l != "..") => drop(out.pop()),
            Utf8Component::ParentDir if root.is_empty() => out.push(".."),
            _ => {}
        }
    }
    if out.is_empty() && root.is_empty() {
        return ".".into();
    }
    format!("{root}{}", out.join("/")).into()
}

/// The way from one directory to another, both relative to the checkout: `../modules/net`.
pub fn relative(from: &Utf8Path, to: &Utf8Path) -> Utf8PathBuf {
    let from: Vec<_> = from.components().map(|c| c.as_str()).collect();
    let to: Vec<_> = to.components().map(|c| c.as_str()).collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let mut parts = vec![".."; from.len() - common];
    parts.extend(&to[common..]);
    if parts.is_empty() { ".".into() } else { parts.join("/").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_inside_the_checkout_only() {
        let cases = [
            ("", "./m", Some("m")),
            ("env/prod", "../../modules/net", Some("modules/net")),
            ("env", "../..", None),
            ("env", "../../../../etc/passwd", None),
            ("env", "/etc/passwd", None),
            ("a", "b/../../a/./c", Some("a/c")),
        ];
        for (dir, path, want) in cases {
            assert_eq!(join(dir.into(), path).as_deref().map(Utf8Path::as_str), want, "{dir} + {path}");
        }
    }

    #[test]
    fn ways_between_directories() {
        for (from, to, want) in [("", "", "."), ("env/prod", "modules/x", "../../modules/x"), ("", "m", "m")]
        {
            assert_eq!(relative(from.into(), to.into()), want);
        }
        for (path, want) in [("env/../m", "m"), ("../m", "../m"), ("", "."), ("/a/../b", "/b")] {
            assert_eq!(tidy(path.into()), want);
        }
    }
}
