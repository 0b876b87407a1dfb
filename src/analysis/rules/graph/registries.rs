//! Registries: who may pull from them, and where their copies are.

use super::Graph;
use super::text::{has_members, location};
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Roles that let a principal pull.
const PULL: [&str; 6] = [
    "AcrPull",
    "AcrPush",
    "Container Registry Repository Reader",
    "Container Registry Repository Writer",
    "Contributor",
    "Owner",
];
const PULL_ACTION: &str = "Microsoft.ContainerRegistry/registries/pull/read";

impl<'a> Graph<'a> {
    /// Whether a cluster's nodes have a role to pull from a registry, or from all in a scope.
    pub fn may_pull(&self, cluster: &'a Document, registry: &ResourceId) -> Truth {
        let identities = self.identities(cluster);
        self.has_role(&identities.kubelet, registry, |role| role.allows(&PULL, PULL_ACTION))
    }

    /// The clusters that pull from a registry, or may do so.
    pub fn pullers(&self, registry: &Document) -> Vec<(&'a Document, Truth)> {
        let clusters = self.of_type(types::CLUSTER);
        let known = clusters.map(|c| (c, self.may_pull(c, &registry.id)));
        known.filter(|(_, may)| *may != Truth::No).collect()
    }

    /// Why the code may declare more copies of a registry than those that are known.
    pub fn open_copies(&self, registry: &Document) -> Option<String> {
        let blocks = registry.declared.as_ref().and_then(|d| d.attributes.get("georeplications"));
        match has_members(blocks) {
            Truth::Unknown(why) => Some(why),
            _ => blocks?.as_slice()?.iter().find_map(Value::as_unknown).map(|u| u.reason.to_string()),
        }
    }

    /// The copies of a registry in other regions. Azure lists the registry's own region among them.
    pub fn replicas(&self, registry: &Document) -> Vec<&'a Document> {
        let home = location(registry);
        let copies = self.children(&registry.id, types::REPLICATION);
        copies.filter(|copy| home.is_none() || location(copy) != home).collect()
    }
}
