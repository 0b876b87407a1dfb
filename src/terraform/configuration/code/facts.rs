//! What is written and leaves no trace in values: calls of modules, provisioners, versions required.

use super::Code;
use crate::terraform::configuration::providers::{source_address, usual_source};
use crate::terraform::expression::{Reference, Step};
use crate::terraform::source::Span;

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
