//! The root modules of a checkout, and which of them a change touches. Nothing is evaluated here: folders are
//! read once, calls and paths are taken from the text.
//!
//! A change touches a root module when it touches a file that the root module is made of: its own
//! configuration, variables that Terraform loads by itself, or those of a module that it calls, however deep;
//! or a file that a function such as `file`, `templatefile` or `fileset` may read. A path that is computed
//! stands for every path that it could be: [`Reason::is_sure`] tells these apart, and an evaluation settles them.

mod folder;
mod reads;
mod touched;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};

use crate::terraform::files::{FileKind, FileSource};
use folder::Folder;

pub use touched::{Reason, State, Touched, Via};

/// How many entries of directories are looked at.
const MAX_ENTRIES: usize = 500_000;

/// Folders that hold no modules of the repository's own.
const SKIPPED: &[&str] = &["node_modules", "vendor", "target"];

/// The folders of a checkout that hold configuration, and what they call.
#[derive(Debug, Default)]
pub struct Repository {
    folders: BTreeMap<Utf8PathBuf, Folder>,
    /// Folders with a file of settings (`trueup.toml`).
    settings: BTreeSet<Utf8PathBuf>,
    /// True when the checkout has more files than are looked at.
    pub cut: bool,
}

impl Repository {
    /// Reads a checkout; `settings` is the name of the settings file.
    pub fn read(files: &dyn FileSource, settings: &str) -> Repository {
        let mut repository = Repository::default();
        let mut entries = 0;
        let mut queue = VecDeque::from([Utf8PathBuf::new()]);
        while let Some(dir) = queue.pop_front() {
            let list = files.list(&dir).unwrap_or_default();
            entries += list.len();
            if entries > MAX_ENTRIES {
                repository.cut = true;
                break;
            }
            let mut names = Vec::new();
            for (name, kind) in list {
                let path = dir.join(&name);
                match kind {
                    FileKind::File if name == settings => drop(repository.settings.insert(dir.clone())),
                    FileKind::File => names.push(name),
                    // What a link leads to is found where it stands.
                    FileKind::Directory if name.starts_with('.') || SKIPPED.contains(&name.as_str()) => {}
                    FileKind::Directory if files.real(&path) == path => queue.push_back(path),
                    FileKind::Directory => {}
                }
            }
            if let Some(folder) = Folder::read(files, &dir, &names) {
                repository.folders.insert(dir, folder);
            }
        }
        repository
    }

    /// The root modules: folders in which something is applied (a backend, automatic variables, a lock file),
    /// and those that nobody calls and that configure a provider or do not lie in a folder `modules`.
    pub fn roots(&self) -> Vec<Utf8PathBuf> {
        let called: BTreeSet<&Utf8Path> =
            self.folders.values().flat_map(|f| &f.calls).map(|c| c.dir.as_path()).collect();
        let is_root = |dir: &Utf8Path, folder: &Folder| {
            let shared = dir.components().any(|c| c.as_str() == "modules");
            folder.is_applied || !called.contains(dir) && (folder.has_provider || !shared)
        };
        self.folders.iter().filter(|(dir, f)| is_root(dir, f)).map(|(dir, _)| dir.clone()).collect()
    }

    /// The folders with configuration.
    pub fn modules(&self) -> impl Iterator<Item = &Utf8Path> {
        self.folders.keys().map(Utf8PathBuf::as_path)
    }

    /// True when a folder holds configuration.
    pub fn has(&self, dir: &Utf8Path) -> bool {
        self.folders.contains_key(dir)
    }

    /// The folders that a root module is made of, each with the calls that lead to it; itself first.
    fn reach(&self, root: &Utf8Path) -> Vec<(Utf8PathBuf, Vec<String>)> {
        let mut found = vec![(root.to_owned(), Vec::new())];
        let mut seen = BTreeSet::from([root.to_owned()]);
        let mut at = 0;
        while let Some((dir, way)) = found.get(at).cloned() {
            for call in self.folders.get(&dir).into_iter().flat_map(|f| &f.calls) {
                if seen.insert(call.dir.clone()) {
                    let way = way.iter().chain([&call.name]).cloned().collect();
                    found.push((call.dir.clone(), way));
                }
            }
            at += 1;
        }
        found
    }
}
