//! Which root modules a change touches, and why.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use super::Repository;
use super::folder::{Folder, LOCK, is_automatic};
use super::reads::Wanted;
use crate::terraform::configuration::is_configuration;
use crate::terraform::files::{Changed, How};
use crate::terraform::modules::MANIFEST;

/// A root module that a change touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its folder, relative to the checkout.
    pub root: Utf8PathBuf,
    /// Whether the base has it.
    pub state: State,
    /// Why, in order of the paths.
    pub reasons: Vec<Reason>,
}

/// Whether the base has a root module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It is in the base too.
    Kept,
    /// All of its configuration is new.
    New,
    /// It was in another folder.
    Moved {
        /// That folder.
        from: Utf8PathBuf,
    },
}

/// One changed path that touches a root module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// The path, relative to the checkout.
    pub path: Utf8PathBuf,
    /// What happened to it.
    pub how: How,
    /// What it has to do with the root module.
    pub via: Via,
    /// Its name may be read, by `fileset`, and not only what it holds.
    pub listed: bool,
}

/// What a path has to do with a root module.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Its own configuration.
    Configuration,
    /// Variables that Terraform loads by itself.
    Variables,
    /// The lock file, or the manifest of fetched modules.
    Lock,
    /// Settings above it, or a file that they name.
    Settings,
    /// Configuration of a module, by the names of the calls that lead to it.
    Module(Vec<String>),
    /// A function reads it; calls lead to the module that does.
    Read(Vec<String>),
    /// A function may read it: the path is computed, or stands in code that may not be used.
    MayRead(Vec<String>),
}

impl Reason {
    /// False when only an evaluation tells whether the file is read.
    pub fn is_sure(&self) -> bool {
        !matches!(self.via, Via::MayRead(_))
    }

    /// The same once an evaluation has shown that the file is read.
    pub fn confirmed(&self) -> Reason {
        let via = match &self.via {
            Via::MayRead(way) => Via::Read(way.clone()),
            other => other.clone(),
        };
        Reason { via, ..self.clone() }
    }

    /// The reason in words.
    pub fn text(&self) -> String {
        let path = &self.path;
        let what = match &self.how {
            How::Modified => format!("{path} changed"),
            How::Added => format!("{path} is new"),
            How::Deleted => format!("{path} is gone"),
            How::Renamed { from } => format!("{path} was {from}"),
            How::Submodule => format!("the submodule {path} is at another commit"),
        };
        let by = |way: &[String]| {
            let names: Vec<String> = way.iter().map(|name| format!("module.{name}")).collect();
            if names.is_empty() { "the root module".to_owned() } else { names.join(".") }
        };
        match &self.via {
            Via::Configuration => what,
            Via::Variables => format!("{what}: variables"),
            Via::Lock => format!("{what}: versions"),
            Via::Settings => format!("{what}: settings"),
            Via::Module(way) => format!("{what}: {}", by(way)),
            Via::Read(way) => format!("{what}: read by {}", by(way)),
            Via::MayRead(way) => format!("{what}: may be read by {}", by(way)),
        }
    }
}

/// The paths that a changed file had and has.
fn paths(changed: &Changed) -> impl Iterator<Item = &Utf8Path> {
    let from = match &changed.how {
        How::Renamed { from } => Some(from.as_path()),
        _ => None,
    };
    [changed.path.as_path()].into_iter().chain(from)
}

impl Repository {
    /// The root modules among `roots` that a change touches. `named` has the files that the settings of a root
    /// module name.
    pub fn touched(
        &self,
        roots: &[Utf8PathBuf],
        changed: &[Changed],
        settings: &str,
        named: &dyn Fn(&Utf8Path) -> Vec<Utf8PathBuf>,
    ) -> Vec<Touched> {
        let search = Search { repository: self, changed, settings };
        let of = |root: &Utf8PathBuf| {
            let mut reasons = search.reasons(root, &named(root));
            reasons.sort();
            // The first is the surest; a later one may know that the name is read.
            reasons.dedup_by(|a, b| {
                let same = a.path == b.path;
                b.listed |= same && a.listed;
                same
            });
            let state = search.state(root);
            (!reasons.is_empty()).then(|| Touched { root: root.clone(), state, reasons })
        };
        roots.iter().filter_map(of).collect()
    }

    /// Folders that had configuration and have none any more.
    pub fn emptied(&self, changed: &[Changed]) -> BTreeSet<Utf8PathBuf> {
        let gone = changed.iter().filter_map(|c| match &c.how {
            How::Deleted => Some(c.path.as_path()),
            How::Renamed { from } => Some(from.as_path()),
            _ => None,
        });
        let gone = gone.filter(|p| p.file_name().is_some_and(is_configuration));
        let folders = gone.map(|p| p.parent().unwrap_or(Utf8Path::new("")).to_owned());
        folders.filter(|dir| !self.has(dir)).collect()
    }
}

struct Search<'a> {
    repository: &'a Repository,
    changed: &'a [Changed],
    settings: &'a str,
}

impl Search<'_> {
    fn reasons(&self, root: &Utf8Path, named: &[Utf8PathBuf]) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for changed in self.changed {
            for path in paths(changed) {
                let via = if self.is_settings(path, root) || named.iter().any(|n| path.starts_with(n)) {
                    Some(Via::Settings)
                } else if path.parent() == Some(root) && path.file_name().is_some_and(is_automatic) {
                    Some(Via::Variables)
                } else if path == root.join(LOCK) || path == root.join(MANIFEST) {
                    Some(Via::Lock)
                } else {
                    None
                };
                reasons.extend(via.map(|via| reason(changed, via)));
            }
        }
        for (dir, way) in self.repository.reach(root) {
            let folder = self.repository.folders.get(&dir);
            for changed in self.changed.iter().filter(|c| touches(c, &dir, folder)) {
                let via = if way.is_empty() { Via::Configuration } else { Via::Module(way.clone()) };
                reasons.push(reason(changed, via));
            }
            for read in folder.into_iter().flat_map(|f| &f.reads) {
                let wanted = read.wanted(&dir, root);
                for changed in self.changed {
                    for path in paths(changed) {
                        let via = match &wanted {
                            Wanted::Path(wanted) if wanted == path => Via::Read(way.clone()),
                            // A submodule holds the file.
                            Wanted::Path(wanted)
                                if changed.how == How::Submodule && wanted.starts_with(path) =>
                            {
                                Via::Read(way.clone())
                            }
                            Wanted::Pattern(glob) if glob.is_match(path) => Via::MayRead(way.clone()),
                            _ => continue,
                        };
                        reasons.push(Reason { listed: read.lists, ..reason(changed, via) });
                    }
                }
            }
        }
        reasons
    }

    /// True for the settings that hold for a root module: no nearer ones stand between.
    fn is_settings(&self, path: &Utf8Path, root: &Utf8Path) -> bool {
        if path.file_name() != Some(self.settings) {
            return false;
        }
        let dir = path.parent().unwrap_or(Utf8Path::new(""));
        let mut nearer = root.ancestors().take_while(|d| *d != dir);
        root.starts_with(dir) && !nearer.any(|d| self.repository.settings.contains(d))
    }

    /// A root module is new when all of its configuration is; it moved when that came from one folder.
    fn state(&self, root: &Utf8Path) -> State {
        let own =
            |c: &&Changed| c.path.parent() == Some(root) && c.path.file_name().is_some_and(is_configuration);
        let mut by_path: BTreeMap<&str, &How> = BTreeMap::new();
        for changed in self.changed.iter().filter(own) {
            by_path.insert(changed.path.file_name().unwrap_or_default(), &changed.how);
        }
        let names = self.repository.folders.get(root).map(|f| f.names.as_slice()).unwrap_or_default();
        let all_new = names.iter().all(|name| {
            by_path.get(name.as_str()).is_some_and(|how| matches!(how, How::Added | How::Renamed { .. }))
        });
        if names.is_empty() || !all_new {
            return State::Kept;
        }
        let from: BTreeSet<&Utf8Path> = by_path
            .values()
            .filter_map(|how| match how {
                How::Renamed { from } => from.parent(),
                _ => None,
            })
            .collect();
        match from.iter().collect::<Vec<_>>().as_slice() {
            [only] if **only != root && !self.repository.has(only) => {
                State::Moved { from: (**only).to_owned() }
            }
            _ if from.contains(root) => State::Kept,
            _ => State::New,
        }
    }
}

/// True when a change touches the configuration of a folder.
fn touches(changed: &Changed, dir: &Utf8Path, folder: Option<&Folder>) -> bool {
    paths(changed).any(|path| {
        let own = path.parent() == Some(dir) && path.file_name().is_some_and(is_configuration);
        let linked = folder.is_some_and(|f| f.links.contains(path));
        let submodule = changed.how == How::Submodule && dir.starts_with(path);
        own || linked || submodule
    })
}

fn reason(changed: &Changed, via: Via) -> Reason {
    Reason { path: changed.path.clone(), how: changed.how.clone(), via, listed: false }
}
