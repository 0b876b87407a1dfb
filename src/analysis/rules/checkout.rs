//! What lies in the checkout beside the code: state files, settings of backends, signs of a pipeline.

use camino::{Utf8Path, Utf8PathBuf};

use super::graph::OTHERS;
use crate::terraform::files::{FileKind, FileSource};

/// Folders below a root module are looked into this deep.
const DEPTH: usize = 6;
/// Most files that are looked at.
const MOST: usize = 20_000;
/// Folders that hold nothing of the code's.
const SKIPPED: [&str; 4] = [".git", ".terraform", "node_modules", "target"];
/// Most other environments that production is compared with.
const ENVIRONMENTS: usize = 8;
/// The beginning of a zip archive.
const ZIP: &[u8] = b"PK\x03\x04";
/// Bytes of an archive in which its first names stand.
const HEAD: usize = 64 << 10;

/// The surroundings of a root module in its checkout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkout {
    /// The root module's folder, relative to the checkout; empty for the checkout itself.
    pub root: Utf8PathBuf,
    /// State and plan files in it, in folders below it, and in those of the local modules that it calls.
    pub secrets: Vec<CheckoutFile>,
    /// Files of the root module's own folder.
    pub names: Vec<String>,
    /// A `*.tfbackend` file lies in it or below it: parts of the backend may stand there.
    pub partial_backend: bool,
    /// The checkout has a pipeline.
    pub pipeline: bool,
}

/// A state or plan file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutFile {
    /// Its path in the checkout.
    pub path: Utf8PathBuf,
    /// What it is: `state` or `plan`.
    pub what: &'static str,
    /// Whether git has it; `None` where that is not known.
    pub tracked: Option<bool>,
}

/// Places of pipelines at the top of a checkout.
const PIPELINES: [&str; 8] = [
    ".github/workflows",
    ".gitlab-ci.yml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    "azure-pipelines",
    ".azuredevops",
    "Jenkinsfile",
    "bitbucket-pipelines.yml",
];

impl Checkout {
    /// Looks at the surroundings of a root module. `modules` are folders of local modules that it calls;
    /// `tracked` says whether git has a file.
    pub fn read(
        files: &dyn FileSource,
        root: &Utf8Path,
        modules: &[Utf8PathBuf],
        tracked: impl Fn(&Utf8Path) -> Option<bool>,
    ) -> Checkout {
        let list = |dir: &Utf8Path| files.list(dir).unwrap_or_default();
        let own = list(root).into_iter().filter(|(_, kind)| *kind == FileKind::File);
        let mut found = Checkout {
            root: root.to_owned(),
            names: own.map(|(name, _)| name).collect(),
            pipeline: PIPELINES.iter().any(|path| files.kind(Utf8Path::new(path)).is_ok()),
            ..Checkout::default()
        };
        let mut open: Vec<(Utf8PathBuf, usize)> = vec![(root.to_owned(), 0)];
        let fetched = |dir: &Utf8Path| dir.components().any(|c| c.as_str() == ".terraform");
        let outside = modules.iter().filter(|m| !m.starts_with(root) && !fetched(m));
        open.extend(outside.map(|m| (m.clone(), DEPTH)));
        let mut seen = 0;
        while let Some((dir, depth)) = open.pop() {
            for (name, kind) in list(&dir) {
                let path = dir.join(&name);
                seen += 1;
                match kind {
                    FileKind::Directory if depth < DEPTH && !SKIPPED.contains(&name.as_str()) => {
                        open.push((path, depth + 1));
                    }
                    FileKind::File if seen <= MOST => {
                        found.partial_backend |= name.ends_with(".tfbackend");
                        if let Some(what) = what(files, &path, &name) {
                            let tracked = tracked(&path);
                            found.secrets.push(CheckoutFile { path, what, tracked });
                        }
                    }
                    _ => {}
                }
            }
        }
        found.secrets.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// Roots like this one of other environments: the same path with another folder in the place of the one
    /// nearest to it that has such folders beside it. `live/production/network` has `live/dev/network`.
    /// At most a few.
    pub fn environments(&self, files: &dyn FileSource) -> Vec<Utf8PathBuf> {
        let is_other = |name: &str| {
            let mut words = name.split(['-', '_', '.']);
            words.any(|w| OTHERS.iter().any(|o| o.eq_ignore_ascii_case(w)))
        };
        let has_code = |dir: &Utf8PathBuf| {
            files.list(dir).unwrap_or_default().iter().any(|(name, _)| name.ends_with(".tf"))
        };
        let beside = |folder: &Utf8Path| -> Vec<Utf8PathBuf> {
            let Some(parent) = folder.parent() else { return Vec::new() };
            let below = self.root.strip_prefix(folder).unwrap_or(Utf8Path::new(""));
            let listed = files.list(parent).unwrap_or_default().into_iter();
            let named = listed.filter(|(name, kind)| *kind == FileKind::Directory && is_other(name));
            let like = named.map(|(name, _)| match below.as_str() {
                "" => parent.join(name),
                _ => parent.join(name).join(below),
            });
            like.filter(has_code).take(ENVIRONMENTS).collect()
        };
        let own = self.root.ancestors().filter(|folder| !folder.as_str().is_empty());
        own.map(beside).find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// True for a root module that somebody applies, and no example, test or module.
    pub fn is_deployed(&self, has_backend: bool) -> bool {
        !self.is_example()
            && (has_backend || self.pipeline || self.names.iter().any(|n| n == ".terraform-version"))
    }

    /// True when the folder's name says that nobody deploys it.
    pub fn is_example(&self) -> bool {
        let names = ["examples", "example", "tests", "test", "modules", "fixtures"];
        self.root.components().any(|c| names.contains(&c.as_str()))
    }
}

/// Whether a file is a state or a plan: by its name, or a plan by the names in its archive.
fn what(files: &dyn FileSource, path: &Utf8Path, name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".tfstate") || lower.contains(".tfstate.") {
        return Some("state");
    }
    let plain = Utf8Path::new(&lower);
    let may_be_plan = match plain.extension() {
        None => true,
        Some(end) => matches!(end, "tfplan" | "plan" | "out" | "bin" | "zip"),
    };
    if !may_be_plan {
        return None;
    }
    let bytes = files.read(path).ok().filter(|b| b.starts_with(ZIP))?;
    let head = bytes.get(..HEAD.min(bytes.len())).unwrap_or_default();
    let has = |name: &[u8]| head.windows(name.len()).any(|w| w == name);
    // Names stand before the contents that they name, which are compressed.
    match (has(b"tfplan"), has(b"tfstate")) {
        (true, _) => Some("plan"),
        (false, true) => Some("state"),
        _ => None,
    }
}
