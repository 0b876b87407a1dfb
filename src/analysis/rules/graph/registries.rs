//! Registries: who may pull from them, and where their copies are.

use super::Graph;
use super::text::location;
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::types;

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

    /// The copies of a registry in other regions. Azure lists the registry's own region among them.
    pub fn replicas(&self, registry: &Document) -> Vec<&'a Document> {
        let home = location(registry);
        let copies = self.children(&registry.id, types::REPLICATION);
        copies.filter(|copy| home.is_none() || location(copy) != home).collect()
    }
}
