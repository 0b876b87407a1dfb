//! The root modules of a checkout and where they keep their state, found without evaluating anything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use camino::{Utf8Path, Utf8PathBuf};

use super::super::body::{Block, Body};
use super::super::loader::{Loader, is_configuration, is_override};
use super::super::sources::Sources;
use super::backend::Backend;
use crate::terraform::files::{FileKind, FileSource};

/// A root module and one place where it keeps its state.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// Its directory, relative to the checkout.
    pub dir: Utf8PathBuf,
    /// Where its state is.
    pub backend: Backend,
    /// The variables files that belong to that place: beside the `-backend-config` file that says it.
    pub var_files: Vec<Utf8PathBuf>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Roots {
    /// By directory; one with several `-backend-config` files stands once for each.
    pub roots: Vec<Root>,
    /// Directories with configuration files.
    pub modules: BTreeSet<Utf8PathBuf>,
    /// True when the checkout has more files than are looked at.
    pub cut: bool,
}

/// How many entries of directories are looked at, and how many bytes are read.
const MAX_ENTRIES: usize = 50_000;
const MAX_BYTES: usize = 64 << 20;

/// Folders that hold no root modules of the repository's own.
const SKIPPED: &[&str] = &["node_modules", "vendor", "target"];

/// Looks through a checkout.
pub(super) fn find(files: &dyn FileSource) -> Roots {
    let mut scan = Scan { files, found: Roots::default(), bytes: 0, dirs: BTreeMap::new() };
    let mut entries = 0;
    let mut queue = VecDeque::from([Utf8PathBuf::new()]);
    while let Some(dir) = queue.pop_front() {
        let list = files.list(&dir).unwrap_or_default();
        entries += list.len();
        if entries > MAX_ENTRIES || scan.bytes > MAX_BYTES {
            scan.found.cut = true;
            break;
        }
        let is_dir = |(name, kind): &&(String, FileKind)| {
            *kind == FileKind::Directory && !name.starts_with('.') && !SKIPPED.contains(&name.as_str())
        };
        queue.extend(list.iter().filter(is_dir).map(|(name, _)| dir.join(name)));
        let names = list.into_iter().filter(|(_, kind)| *kind == FileKind::File).map(|(name, _)| name);
        scan.dirs.insert(dir, names.collect());
    }
    scan.roots();
    scan.found
}

/// Where one root module keeps its state, as its code says it; `None` when it names no backend.
pub(super) fn backend_of(files: &dyn FileSource, dir: &Utf8Path) -> Option<Backend> {
    let mut scan = Scan { files, found: Roots::default(), bytes: 0, dirs: BTreeMap::new() };
    let list = files.list(dir).unwrap_or_default();
    let of_file = |(name, kind): (String, FileKind)| (kind == FileKind::File).then_some(name);
    let mut names: Vec<String> =
        list.into_iter().filter_map(of_file).filter(|n| is_configuration(n)).collect();
    names.sort_by_key(|name| is_override(name));
    names.iter().filter_map(|name| scan.backend(&dir.join(name))).last()
}

/// A backend with the settings of a `-backend-config` file, which win; `None` when it cannot be read.
pub(super) fn with_file(backend: &Backend, files: &dyn FileSource, path: &Utf8Path) -> Option<Backend> {
    let mut scan = Scan { files, found: Roots::default(), bytes: 0, dirs: BTreeMap::new() };
    let (body, sources) = scan.read(path, |_| true)?;
    Some(backend.with_file(&body, &sources))
}

struct Scan<'a> {
    files: &'a dyn FileSource,
    found: Roots,
    bytes: usize,
    /// The files of each directory.
    dirs: BTreeMap<Utf8PathBuf, Vec<String>>,
}

impl Scan<'_> {
    fn roots(&mut self) {
        let dirs = std::mem::take(&mut self.dirs);
        let mut blocks: BTreeMap<&Utf8Path, Backend> = BTreeMap::new();
        for (dir, names) in &dirs {
            let mut names: Vec<&String> = names.iter().filter(|n| is_configuration(n)).collect();
            if names.is_empty() {
                continue;
            }
            self.found.modules.insert(dir.clone());
            // What an override file says comes last.
            names.sort_by_key(|name| is_override(name));
            for name in names {
                if let Some(backend) = self.backend(&dir.join(name)) {
                    blocks.insert(dir, backend);
                }
            }
        }
        let mut partial: BTreeMap<&Utf8Path, Vec<(Utf8PathBuf, Backend)>> = BTreeMap::new();
        for (dir, names) in &dirs {
            let Some((root, backend)) = dir.ancestors().find_map(|d| blocks.get_key_value(d)) else {
                continue;
            };
            for name in names.iter().filter(|name| is_backend_file(dir, name)) {
                let path = dir.join(name);
                if let Some((body, sources)) = self.read(&path, |_| true) {
                    partial.entry(root).or_default().push((path, backend.with_file(&body, &sources)));
                }
            }
        }
        for (dir, backend) in blocks {
            // With all said in the code, files for other places may still lie there.
            self.found.roots.push(Root { dir: dir.to_owned(), backend, var_files: Vec::new() });
            for (path, backend) in partial.remove(dir).unwrap_or_default() {
                let var_files = beside(&path, dir, &dirs);
                self.found.roots.push(Root { dir: dir.to_owned(), backend, var_files });
            }
        }
    }

    /// The `backend` or `cloud` block of a file.
    fn backend(&mut self, path: &Utf8Path) -> Option<Backend> {
        let says = |text: &str| text.contains("backend") || text.contains("cloud");
        let (body, sources) = self.read(path, says)?;
        let mut terraform = body.blocks("terraform").flat_map(|b| &b.body.blocks);
        let block: &Block = terraform.find(|b| matches!(&*b.kind, "backend" | "cloud"))?;
        let kind = if &*block.kind == "cloud" { "remote".into() } else { block.label(0) };
        Some(Backend::of_block(&kind, &block.body, &sources))
    }

    fn read(&mut self, path: &Utf8Path, wanted: impl Fn(&str) -> bool) -> Option<(Body, Sources)> {
        let bytes = self.files.read(path).ok()?;
        self.bytes += bytes.len();
        if self.bytes > MAX_BYTES || !std::str::from_utf8(&bytes).is_ok_and(wanted) {
            return None;
        }
        let nowhere = Utf8Path::new("");
        let mut loader = Loader {
            files: self.files,
            root: nowhere,
            shown: nowhere,
            sources: Sources::default(),
            diagnostics: Vec::new(),
        };
        // What is wrong with the file is said where it is evaluated.
        let body = loader.body(path)?;
        Some((body, loader.sources))
    }
}

/// True for a file that `terraform init -backend-config` takes: `prod.tfbackend`, `backend.hcl`,
/// `backends/prod.hcl`.
fn is_backend_file(dir: &Utf8Path, name: &str) -> bool {
    let named = name.contains("backend") || dir.file_name().is_some_and(|d| d.contains("backend"));
    let ends = [".hcl", ".conf", ".config", ".tfvars"];
    name.ends_with(".tfbackend") || named && ends.iter().any(|end| name.ends_with(end))
}

/// The variables files of the same environment as a `-backend-config` file: of the same name beside it
/// (`prod.tfbackend` and `prod.tfvars`), all others of its own folder, or one of that name in the root
/// module or in a folder of it. Terraform's automatic files are read anyway.
fn beside(path: &Utf8Path, root: &Utf8Path, dirs: &BTreeMap<Utf8PathBuf, Vec<String>>) -> Vec<Utf8PathBuf> {
    let folder = path.parent().unwrap_or(Utf8Path::new(""));
    let name = path.file_name().unwrap_or_default();
    let is_other = |n: &str| {
        n.ends_with(".tfvars") && n != name && !is_backend_file(folder, n) && !n.ends_with(".auto.tfvars")
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let stem = stem.replace("backend", "");
    let stem = stem.trim_matches(['.', '-', '_']);
    let same = |dir: &Utf8Path| {
        let wanted = format!("{stem}.tfvars");
        let has = dirs.get(dir).is_some_and(|names| names.contains(&wanted));
        (!stem.is_empty() && has).then(|| dir.join(wanted))
    };
    if let Some(file) = same(folder) {
        return vec![file];
    }
    let own: Vec<_> = match folder == root {
        true => Vec::new(),
        false => dirs.get(folder).into_iter().flatten().filter(|n| is_other(n)).collect(),
    };
    if let [only] = own.as_slice() {
        return vec![folder.join(only)];
    }
    let below = dirs.keys().filter(|dir| dir.parent() == Some(root) || *dir == root);
    below.filter_map(|dir| same(dir)).take(1).collect()
}
