//! Node pools of a cluster.

use super::super::Truth;
use super::Graph;
use super::text::is_word;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// A taint that keeps all pods but the add-ons' away.
const ADD_ONS_ONLY: &str = "CriticalAddonsOnly";

/// A node pool.
#[derive(Clone, Copy)]
pub struct Pool<'a> {
    /// Its document.
    pub document: &'a Document,
    /// The cluster; `None` when it belongs to another root.
    pub cluster: Option<&'a Document>,
}

/// A number of nodes that may not be known.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// At least so many.
    pub least: i64,
    /// Why it may be more, in words.
    pub unknown: Option<String>,
}

impl<'a> Pool<'a> {
    /// The pool of the cluster's own block.
    pub fn is_default(&self) -> bool {
        self.document.declared.as_ref().is_some_and(|d| d.inline.starts_with("default_node_pool"))
    }

    /// A pool that runs the add-ons.
    pub fn is_system(&self) -> bool {
        self.is_default() || self.document.get("properties.mode").is_some_and(|m| is_word(m, "System"))
    }

    /// Its effective minimum: `minCount` when it scales by itself, else `count`; 1 when the code
    /// leaves that to Azure.
    pub fn minimum(&self) -> Nodes {
        self.nodes("properties.minCount")
    }

    /// Its maximum: `maxCount` when it scales by itself, else `count`.
    pub fn maximum(&self) -> Nodes {
        self.nodes("properties.maxCount")
    }

    /// Its nodes, as the bound of the autoscaler at a path says where there is one.
    fn nodes(&self, bound: &str) -> Nodes {
        let unknown = |value: &Value| Nodes {
            least: value.as_unknown().and_then(|u| u.refinement.min.as_ref()?.0.to_i64()).unwrap_or(0),
            unknown: value.as_unknown().map(|u| u.reason.to_string()),
        };
        let scaling = self.document.get("properties.enableAutoScaling");
        if let Some(scaling) = scaling.filter(|v| v.is_unknown()) {
            return unknown(scaling);
        }
        let path = match scaling.and_then(Value::as_bool) {
            Some(true) => bound,
            _ => "properties.count",
        };
        match self.document.get(path) {
            Some(value) if value.is_unknown() => unknown(value),
            value => Nodes { least: value.and_then(Value::as_i64).unwrap_or(1), unknown: None },
        }
    }

    /// Whether only add-ons run on it.
    pub fn only_add_ons(&self) -> Truth {
        let unknown = || Truth::Unknown("the taints of a pool are not known".into());
        let taints = self.document.get("properties.nodeTaints");
        if taints.is_some_and(Value::is_unknown) {
            return unknown();
        }
        let taints = taints.and_then(Value::as_slice).unwrap_or_default();
        let found = taints.iter().filter_map(Value::as_str).any(|t| t.starts_with(ADD_ONS_ONLY));
        if !found && taints.iter().any(Value::is_unknown) { unknown() } else { found.into() }
    }

    /// The version its nodes run: its own, else the cluster's.
    pub fn version(&self) -> Option<&'a Value> {
        let own = self.document.get("properties.orchestratorVersion");
        own.or_else(|| self.cluster.and_then(version))
    }
}

/// The version of a cluster's control plane.
pub(crate) fn version(cluster: &Document) -> Option<&Value> {
    cluster.get("properties.kubernetesVersion").or_else(|| cluster.get("properties.currentKubernetesVersion"))
}

/// True for AKS Automatic, whose pools are Azure's own.
pub(crate) fn is_automatic(cluster: &Document) -> bool {
    cluster.get("sku.name").is_some_and(|n| is_word(n, "Automatic"))
}

impl<'a> Graph<'a> {
    /// Clusters that have pools of their own (not AKS Automatic).
    pub fn clusters(&self) -> impl Iterator<Item = &'a Document> + use<'a, '_> {
        self.of_type(types::CLUSTER).filter(|c| !is_automatic(c))
    }

    /// Pools of a cluster, the one of the cluster's block first.
    pub fn pools(&self, cluster: &'a Document) -> Vec<Pool<'a>> {
        let mut pools: Vec<_> = self
            .children(&cluster.id, types::POOL)
            .map(|document| Pool { document, cluster: Some(cluster) })
            .collect();
        pools.sort_by_key(|p| !p.is_default());
        pools
    }

    /// All pools, also of clusters in other roots.
    pub fn all_pools(&self) -> impl Iterator<Item = Pool<'a>> + use<'a, '_> {
        self.of_type(types::POOL)
            .map(|document| Pool {
                document,
                cluster: document.id.parent().and_then(|id| self.estate.by_id(&id)),
            })
            .filter(|p| !p.cluster.is_some_and(is_automatic))
    }
}
