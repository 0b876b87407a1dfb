//! What is written and leaves no trace in values: calls of modules, provisioners, versions required.

use camino::{Utf8Path, Utf8PathBuf};

use super::Code;
use crate::terraform::address::Address;
use crate::terraform::configuration::declaration::Requirement;
use crate::terraform::configuration::providers::{source_address, usual_source};
use crate::terraform::expression::{Reference, Step};
use crate::terraform::source::Span;
use crate::terraform::value::Str;

/// A `module` block.
pub struct WrittenCall<'a> {
    /// Its address, without keys: `module.a.module.b`.
    pub address: String,
    /// The block.
    pub header: Span,
    /// The source, and where it stands; `None` when it is no literal.
    pub source: Option<(&'a str, Span)>,
    /// The version that it asks for.
    pub version: Option<&'a str>,
}

/// A `backend` or `cloud` block.
#[derive(Clone, Debug)]
pub struct WrittenBackend {
    /// `azurerm`, `s3`; `cloud` for a `cloud` block.
    pub kind: Str,
    /// The block.
    pub header: Span,
    /// Its arguments: name, the text without quotes, and where it stands.
    pub arguments: Vec<(Str, String, Span)>,
}

/// The default of a variable of a called module.
pub struct ModuleDefault<'a> {
    /// The module's folder in the checkout.
    pub dir: &'a Utf8Path,
    /// The variable.
    pub variable: &'a str,
    /// The default.
    pub place: Span,
}

/// A resource with provisioners.
pub struct Provisioned<'a> {
    /// Its address, without keys.
    pub address: String,
    /// The block.
    pub header: Span,
    /// What the provisioners and their connections refer to.
    pub references: &'a [Reference],
}

impl Code {
    /// The module calls; of a module that is called twice, those inside of it once.
    pub fn written_calls(&self) -> Vec<WrittenCall<'_>> {
        let mut seen = vec![false; self.tree.modules.len()];
        let mut found = Vec::new();
        for (at, node) in self.tree.nodes.iter().enumerate() {
            if std::mem::replace(&mut seen[node.module], true) {
                continue;
            }
            let calls = self.tree.module(at).calls.values();
            found.extend(calls.map(|call| WrittenCall {
                address: join(&self.path(at), &format!("module.{}", call.name)),
                header: call.header,
                source: call.source.as_ref().map(|(text, span)| (text.as_str(), *span)),
                version: call.version.as_deref(),
            }));
        }
        found
    }

    /// The resources with provisioners.
    pub fn provisioned(&self) -> Vec<Provisioned<'_>> {
        let mut found = Vec::new();
        for at in 0..self.tree.nodes.len() {
            let resources = self.tree.module(at).resources.values().filter(|r| !r.provisioners.is_empty());
            found.extend(resources.map(|resource| Provisioned {
                address: join(&self.path(at), &resource.name.to_string()),
                header: resource.header,
                references: &resource.provisioner_references,
            }));
        }
        found
    }

    /// The version constraints of all modules for the provider with this source.
    pub fn constraints(&self, source: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for module in &self.tree.modules {
            for (name, required) in &module.required_providers {
                let of = required.source.as_deref().map_or_else(|| usual_source(name), source_address);
                found.extend(required.version.as_deref().filter(|_| of == source));
            }
            let own = module.providers.iter().filter(|p| usual_source(&p.name) == source);
            found.extend(own.filter_map(|p| Some(p.version.as_ref()?.0.as_str())));
        }
        found
    }

    /// True when an apply makes one resource before it begins with the other: by `depends_on`, also of a
    /// module call around it, or because something that it is made of refers to the other.
    pub fn follows(&self, later: &Address, earlier: &Address) -> bool {
        self.waits.follows(&self.tree, later, earlier)
    }

    /// The defaults of variables of called modules, by place.
    pub fn module_defaults(&self) -> Vec<ModuleDefault<'_>> {
        let mut called = vec![false; self.tree.modules.len()];
        for node in self.tree.nodes.iter().filter(|n| n.parent.is_some()) {
            called[node.module] = true;
        }
        let modules = self.tree.modules.iter().zip(called).filter(|(_, called)| *called);
        let mut found: Vec<ModuleDefault<'_>> = modules
            .flat_map(|(module, _)| module.variables.iter().map(move |v| (module, v)))
            .filter_map(|(module, (name, variable))| {
                let place = variable.default.as_ref()?.expr.span;
                Some(ModuleDefault { dir: &module.dir, variable: name, place })
            })
            .collect();
        found.sort_by_key(|d| (d.place.file, d.place.start));
        found
    }

    /// The version constraint of the root module for the provider with this source.
    pub fn root_constraint(&self, source: &str) -> Option<&str> {
        let module = self.tree.modules.first()?;
        let of = |(name, required): &(&Str, &Requirement)| {
            required.source.as_deref().map_or_else(|| usual_source(name), source_address) == source
        };
        let required = module.required_providers.iter().find(of).and_then(|(_, r)| r.version.as_deref());
        let mut own = module.providers.iter().filter(|p| usual_source(&p.name) == source);
        required.or_else(|| own.find_map(|p| Some(p.version.as_ref()?.0.as_str())))
    }

    /// Folders of the local modules that the root calls, in the checkout.
    pub fn module_folders(&self) -> Vec<Utf8PathBuf> {
        self.tree.modules.iter().skip(1).map(|m| m.dir.clone()).collect()
    }

    /// The `backend` or `cloud` block of the root module.
    pub fn backend(&self) -> Option<&WrittenBackend> {
        self.tree.modules.first()?.backend.as_ref()
    }

    /// Whether a root variable says `sensitive = true`; `None` when there is no such variable.
    pub fn is_sensitive_variable(&self, name: &str) -> Option<bool> {
        self.tree.modules.first()?.variables.get(name).map(|v| v.sensitive)
    }
}

impl Reference {
    /// The names in it, joined by dots: `azurerm_kubernetes_cluster.a.kube_config`.
    pub fn dotted(&self) -> String {
        let names = self.steps.iter().filter_map(|step| match step {
            Step::Attribute(name) | Step::Key(name) => Some(&**name),
            Step::Index(_) | Step::Dynamic => None,
        });
        std::iter::once(&*self.root).chain(names).collect::<Vec<_>>().join(".")
    }
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") }
}
