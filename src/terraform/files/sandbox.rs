//! Files as Terraform functions see them: named from the root module, and only inside the checkout.

use camino::{Utf8Path, Utf8PathBuf};
use globset::GlobBuilder;

use super::{FileError, FileKind, FileSource, join};
use crate::terraform::functions::Files;

/// How many files one `fileset` may look at, and how deep.
const MAX_WALK: usize = 200_000;
const MAX_DEPTH: usize = 64;

/// The files of a checkout, with the root module as working directory.
pub struct Sandbox<'a> {
    /// The tree.
    pub source: &'a dyn FileSource,
    /// Directory of the root module, relative to the checkout.
    pub root: &'a Utf8Path,
    /// Absolute path of the checkout: absolute paths below it are inside.
    pub checkout: &'a Utf8Path,
}

impl Sandbox<'_> {
    /// The path relative to the checkout of a path as Terraform has it.
    pub fn locate(&self, path: &str) -> Result<Utf8PathBuf, FileError> {
        let absolute = Utf8Path::new(path);
        let inside = if absolute.is_absolute() {
            absolute.strip_prefix(self.checkout).ok().and_then(|p| join(Utf8Path::new(""), p.as_str()))
        } else {
            join(self.root, path)
        };
        inside.ok_or(FileError::Outside)
    }
}

fn sentence(path: &str, error: &FileError) -> String {
    match error {
        FileError::Outside => format!("{path:?}: {error}"),
        FileError::NotFound => format!(
            "no file exists at {path:?}; this function works only with files that are distributed as part of \
             the configuration source code, so if this file will be created by a resource in this \
             configuration you must instead obtain this result from an attribute of that resource"
        ),
        _ => format!("open {path}: {error}"),
    }
}

impl Files for Sandbox<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.locate(path).and_then(|p| self.source.read(&p)).map_err(|e| sentence(path, &e))
    }

    fn exists(&self, path: &str) -> Result<bool, String> {
        match self.locate(path).and_then(|p| self.source.kind(&p)) {
            Ok(FileKind::File) => Ok(true),
            Ok(FileKind::Directory) => Err(format!("{path} is a directory, not a file")),
            Err(FileError::NotFound) => Ok(false),
            Err(e) => Err(sentence(path, &e)),
        }
    }

    fn glob(&self, dir: &str, pattern: &str) -> Result<Vec<String>, String> {
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .build()
            .map_err(|e| format!("syntax error in pattern: {e}"))?
            .compile_matcher();
        let start = self.locate(dir).map_err(|e| sentence(dir, &e))?;
        let mut found = Vec::new();
        let mut seen = 0;
        let mut queue = vec![(String::new(), 0)];
        while let Some((below, depth)) = queue.pop() {
            let at = if below.is_empty() { start.clone() } else { start.join(&below) };
            let names = match self.source.list(&at) {
                Ok(names) => names,
                Err(FileError::NotFound | FileError::Outside) => continue,
                Err(e) => return Err(sentence(dir, &e)),
            };
            for (name, kind) in names {
                seen += 1;
                if seen > MAX_WALK || depth > MAX_DEPTH {
                    return Err(format!("fileset looks at more than {MAX_WALK} files below {dir:?}"));
                }
                let path = if below.is_empty() { name } else { format!("{below}/{name}") };
                match kind {
                    FileKind::File if glob.is_match(&path) => found.push(path),
                    FileKind::Directory => queue.push((path, depth + 1)),
                    FileKind::File => {}
                }
            }
        }
        found.sort();
        Ok(found)
    }
}
