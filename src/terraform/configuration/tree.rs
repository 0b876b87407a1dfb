//! The module tree: which modules the root calls, and where their files are.

use std::collections::HashMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::declaration::{Call, Module};
use super::decode::names;
use super::loader::Loader;
use super::spec;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::files::{FileError, join};
use crate::terraform::modules::{Manifest, is_local, split};
use crate::terraform::value::Str;

/// A module that is not a folder of the checkout and that nobody fetched: the rest is still evaluated.
const NOT_INSTALLED: &str = "Module not installed";

/// A fetched module whose files are not those that were fetched.
const CHANGED: &str = "Module checksum does not fit";

/// How deep modules may call each other, and how many calls a configuration may have in all.
const MAX_DEPTH: usize = 64;
const MAX_CALLS: usize = 20_000;

/// All calls of modules, the root first; a parent stands before its children.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// The calls.
    pub nodes: Vec<Node>,
    /// The modules that they call: one per directory.
    pub modules: Vec<Arc<Module>>,
}

/// One call of a module (not yet expanded by `count` or `for_each`).
#[derive(Debug)]
pub(super) struct Node {
    /// Which module.
    pub module: usize,
    /// The caller and the index of the call in it; `None` for the root.
    pub parent: Option<(usize, usize)>,
    /// Names of the calls that lead here.
    pub path: Vec<Str>,
    /// Provider configurations of the root by their names in this module (`azurerm`, `azurerm.hub`),
    /// where they differ.
    pub providers: HashMap<Str, Str>,
    /// By index of the call: the node it leads to, when the module could be read.
    pub children: Vec<Option<usize>>,
}

impl Node {
    /// The provider configuration of the root that a name means in this module.
    pub(super) fn provider(&self, name: &Str) -> Str {
        self.providers.get(name).unwrap_or(name).clone()
    }

    /// What the names of a called module mean: those that the call passes, and else the caller's own
    /// configurations without alias.
    fn passed(&self, call: &Call) -> HashMap<Str, Str> {
        let inherited = self.providers.iter().filter(|(name, _)| !name.contains('.'));
        let mut all: HashMap<Str, Str> = inherited.map(|(k, v)| (k.clone(), v.clone())).collect();
        all.extend(call.providers.iter().map(|(inner, outer)| (inner.clone(), self.provider(outer))));
        all
    }
}

impl Tree {
    /// The declarations of a node's module.
    pub(super) fn module(&self, node: usize) -> &Module {
        &self.modules[self.nodes[node].module]
    }
}

/// Reads the root module and all that it calls; `fetched` stands for the manifest of the root module.
pub(super) fn load(loader: &mut Loader<'_>, fetched: Option<&Manifest>) -> Tree {
    let root = loader.root.to_owned();
    let mut builder = Builder { tree: Tree::default(), by_dir: HashMap::new(), ..Builder::default() };
    let root_module = match loader.module(&root) {
        Ok(Some(module)) => module,
        Ok(None) => {
            loader.diagnostics.push(no_files(loader.shown));
            Module::default()
        }
        Err(error) => {
            let detail = format!("The directory {} could not be read: {error}.", loader.shown);
            loader.diagnostics.push(Diagnostic::error(None, "Unreadable module directory", detail));
            Module::default()
        }
    };
    if !root_module.calls.is_empty() {
        builder.installed = installed(loader);
        builder.fetched = fetched.cloned().unwrap_or_else(|| Manifest::read(loader.files, loader.root));
    }
    builder.tree.modules.push(Arc::new(root_module));
    builder.by_dir.insert(root, Ok(0));
    builder.tree.nodes.push(Node {
        module: 0,
        parent: None,
        path: Vec::new(),
        providers: HashMap::new(),
        children: Vec::new(),
    });
    let mut at = 0;
    while at < builder.tree.nodes.len() {
        builder.calls_of(at, loader);
        at += 1;
    }
    builder.tree
}

fn no_files(shown: &Utf8Path) -> Diagnostic {
    Diagnostic::error(
        None,
        "No configuration files",
        format!(
            "The directory {shown} contains no Terraform configuration files (*.tf or *.tf.json). Name the \
             directory of a root module."
        ),
    )
}

/// `.terraform/modules/modules.json`: where `terraform init` put modules, by path of call names.
fn installed(loader: &Loader<'_>) -> HashMap<String, Utf8PathBuf> {
    #[derive(serde::Deserialize)]
    struct Manifest {
        #[serde(rename = "Modules")]
        modules: Vec<Entry>,
    }
    #[derive(serde::Deserialize)]
    struct Entry {
        #[serde(rename = "Key")]
        key: String,
        #[serde(rename = "Dir")]
        dir: String,
    }
    let path = loader.root.join(".terraform/modules/modules.json");
    let Ok(bytes) = loader.files.read(&path) else { return HashMap::new() };
    let Ok(manifest) = serde_json::from_slice::<Manifest>(&bytes) else { return HashMap::new() };
    let entries = manifest.modules.into_iter();
    entries.filter_map(|e| Some((e.key, join(loader.root, &e.dir)?))).collect()
}

#[derive(Default)]
struct Builder {
    tree: Tree,
    /// Directories read so far: the module, or why not.
    by_dir: HashMap<Utf8PathBuf, Result<usize, FileError>>,
    /// What `terraform init` downloaded, by path of call names.
    installed: HashMap<String, Utf8PathBuf>,
    /// What `trueup modules fetch` got.
    fetched: Manifest,
    /// There are too many calls, which was reported.
    full: bool,
}

impl Builder {
    fn calls_of(&mut self, at: usize, loader: &mut Loader<'_>) {
        let module = self.tree.modules[self.tree.nodes[at].module].clone();
        for (index, call) in module.calls.values().enumerate() {
            let child = self.child(at, index, call, &module, loader);
            self.tree.nodes[at].children.push(child);
        }
    }

    fn child(
        &mut self,
        at: usize,
        index: usize,
        call: &Call,
        caller: &Module,
        loader: &mut Loader<'_>,
    ) -> Option<usize> {
        let (source, span) = call.source.as_ref()?;
        let path: Vec<Str> = self.tree.nodes[at].path.iter().cloned().chain([call.name.clone()]).collect();
        let fail = |loader: &mut Loader<'_>, summary: &str, detail: String| {
            let unread = summary == NOT_INSTALLED;
            loader.diagnostics.push(Diagnostic { unread, ..Diagnostic::error(*span, summary, detail) });
            None
        };
        let local = is_local(source);
        let dir = if local {
            join(&caller.dir, source)
        } else {
            match self.package(call, source, loader) {
                Ok(Some(dir)) => Some(dir),
                Err(FileError::Checksum) => {
                    return fail(loader, CHANGED, changed(call, source, loader.shown));
                }
                _ => match self.installed.get(&path.join(".")) {
                    Some(dir) => Some(dir.clone()),
                    None if source.starts_with('/') => None,
                    None => return fail(loader, NOT_INSTALLED, not_installed(call, source, loader.shown)),
                },
            }
        };
        let Some(dir) = dir else {
            let detail = format!(
                "The module {:?} has its source {source:?} outside the checkout. Code under review may use \
                 only files inside it.",
                &*call.name
            );
            return fail(loader, "Module source outside the checkout", detail);
        };
        if self.calls_itself(at, &dir) {
            let detail =
                format!("The module {:?} leads back to {}, which calls it.", &*call.name, loader.shown(&dir));
            return fail(loader, "Module calls itself", detail);
        }
        if path.len() > MAX_DEPTH || self.tree.nodes.len() >= MAX_CALLS {
            if std::mem::replace(&mut self.full, true) {
                return None;
            }
            let detail = format!(
                "The configuration calls modules more than {MAX_DEPTH} levels deep or more than {MAX_CALLS} \
                 times."
            );
            return fail(loader, "Too many module calls", detail);
        }
        let module = match self.module(&dir, loader) {
            Ok(module) => module,
            Err(FileError::NotFound) if !local => {
                return fail(loader, NOT_INSTALLED, not_installed(call, source, loader.shown));
            }
            Err(error) => {
                let detail = format!(
                    "The directory {} could not be read for module {:?}: {error}.",
                    loader.shown(&dir),
                    &*call.name
                );
                return fail(loader, "Unreadable module directory", detail);
            }
        };
        check_inputs(call, &self.tree.modules[module], &mut loader.diagnostics);
        let providers = self.tree.nodes[at].passed(call);
        self.tree.nodes.push(Node {
            module,
            parent: Some((at, index)),
            path,
            providers,
            children: Vec::new(),
        });
        Some(self.tree.nodes.len() - 1)
    }

    /// The directory of a call in a fetched package, when there is one.
    fn package(
        &self,
        call: &Call,
        source: &str,
        loader: &Loader<'_>,
    ) -> Result<Option<Utf8PathBuf>, FileError> {
        let (package, folder) = split(source);
        let entry = self.fetched.find(&package, call.version.as_deref());
        let Some(dir) = entry.and_then(|e| e.directory(loader.root, &folder)) else { return Ok(None) };
        loader.files.kind(&dir).map(|_| Some(dir))
    }

    fn calls_itself(&self, at: usize, dir: &Utf8Path) -> bool {
        let mut at = Some(at);
        while let Some(node) = at {
            if self.tree.module(node).dir == dir {
                return true;
            }
            at = self.tree.nodes[node].parent.map(|(parent, _)| parent);
        }
        false
    }

    fn module(&mut self, dir: &Utf8Path, loader: &mut Loader<'_>) -> Result<usize, FileError> {
        if let Some(known) = self.by_dir.get(dir) {
            return known.clone();
        }
        let read = match loader.module(dir) {
            Ok(Some(module)) => {
                self.tree.modules.push(Arc::new(module));
                Ok(self.tree.modules.len() - 1)
            }
            Ok(None) => Err(FileError::Other("it contains no Terraform configuration files".into())),
            Err(error) => Err(error),
        };
        self.by_dir.insert(dir.to_owned(), read.clone());
        read
    }
}

/// The root module as a command names it.
fn named(shown: &Utf8Path) -> &str {
    if shown.as_str().is_empty() { "." } else { shown.as_str() }
}

fn not_installed(call: &Call, source: &str, shown: &Utf8Path) -> String {
    let version = call.version.as_ref().map(|v| format!(" (version {v})")).unwrap_or_default();
    format!(
        "The module {:?} has the source {source:?}{version}, which is not in this checkout. Run \"trueup \
         modules fetch {}\" to download it, or \"terraform init\" (or \"terraform get\") in the root module. \
         Until then its resources are left out and its outputs are unknown.",
        &*call.name,
        named(shown)
    )
}

fn changed(call: &Call, source: &str, shown: &Utf8Path) -> String {
    format!(
        "The files that were fetched for module {:?} (source {source:?}) are not those that the checksum in \
         .trueup/modules.json was made of: somebody changed them in the cache. Run \"trueup modules fetch \
         --update {}\" to download them again.",
        &*call.name,
        named(shown)
    )
}

/// A call gives each required variable of the module, and nothing that it does not declare.
fn check_inputs(call: &Call, module: &Module, diagnostics: &mut Vec<Diagnostic>) {
    for (name, input) in &call.inputs {
        if !module.variables.contains_key(name) {
            let known = names(&module.variables);
            diagnostics.push(spec::unsupported_argument(name, input.name_span, known, false));
        }
    }
    for (name, variable) in &module.variables {
        if variable.default.is_none() && !call.inputs.contains_key(name) {
            diagnostics.push(spec::missing_argument(name, Some(call.header)));
        }
    }
}
