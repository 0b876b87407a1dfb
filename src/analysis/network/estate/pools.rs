//! AKS clusters and their pools, as far as addresses are concerned.

use super::read::{self, Field, Known};
use super::topology::{MANY, is_many};
use crate::analysis::network::demand::{PoolDemand, PoolShape};
use crate::analysis::network::model::{AllocationMode, NetworkModel};
use crate::analysis::network::prefix::{Family, Prefix};
use crate::analysis::network::stage::{Autoscale, Stages, node_stages};
use crate::analysis::network::surge::{Amount, Upgrade, UpgradeStrategy};
use crate::azure::estate::{Document, Estate};
use crate::azure::types;
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// A cluster.
pub(super) struct Cluster<'e> {
    pub(super) document: &'e Document,
    /// One model, or those that Azure might choose.
    pub(super) models: Vec<NetworkModel>,
    /// Why there is more than one.
    pub(super) model_note: Option<String>,
    pub(super) pools: Vec<Pool>,
    pub(super) pod_cidr: Field<Prefix>,
    pub(super) service_cidr: Field<Prefix>,
    /// True when it runs both families.
    pub(super) dual_stack: bool,
    /// IPv6 ranges of a dual-stack cluster.
    pub(super) pod_cidr_v6: Field<Prefix>,
    pub(super) service_cidr_v6: Field<Prefix>,
    /// True when node auto-provisioning adds nodes that nothing here bounds.
    pub(super) auto_provisioning: bool,
}

/// A pool.
pub(super) struct Pool {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) block: Option<Span>,
    /// The pool inside the cluster's own block.
    pub(super) inline: bool,
    /// It stands for a number of pools that is not known.
    pub(super) many: bool,
    pub(super) count: Field<u32>,
    pub(super) min: Field<u32>,
    pub(super) max: Field<u32>,
    pub(super) autoscaled: Known<bool>,
    pub(super) max_pods: Field<u32>,
    pub(super) max_surge: Field<Amount>,
    pub(super) max_unavailable: Field<Amount>,
    pub(super) strategy: UpgradeStrategy,
    pub(super) spot: bool,
    pub(super) windows: bool,
    pub(super) system: bool,
    pub(super) size: Field<String>,
    pub(super) subnet: Field<String>,
    pub(super) pod_subnet: Field<String>,
    pub(super) mode: AllocationMode,
}

/// What a pool needs: the least, and the most where that is known.
pub(super) struct PoolBounds {
    pub(super) low: PoolDemand,
    pub(super) high: Option<PoolDemand>,
    /// Why the two differ.
    pub(super) unknown: Vec<String>,
}

impl Pool {
    /// Whether the pool's nodes scale between bounds; unknown counts as not for the lower bound.
    fn autoscale(&self) -> Option<Autoscale> {
        let on = self.autoscaled == Known::Is(true);
        let (min, max) = (self.min.get().copied(), self.max.get().copied());
        on.then(|| {
            let most = max.or(min).or(self.count.get().copied()).unwrap_or(0);
            Autoscale { min: min.unwrap_or(0).min(most), max: most }
        })
    }

    /// True when a setting is there and means nothing.
    pub(super) fn is_wrong(&self) -> bool {
        let numbers = [&self.count, &self.min, &self.max, &self.max_pods];
        numbers.iter().any(|f| f.wrong) || self.max_surge.wrong || self.max_unavailable.wrong
    }

    /// The upgrade settings that are known.
    pub(super) fn upgrade(&self) -> Upgrade {
        Upgrade {
            max_surge: self.max_surge.get().copied(),
            max_unavailable: self.max_unavailable.get().copied(),
            strategy: self.strategy,
        }
    }

    /// Nodes at each stage: the least, the most, and why they differ.
    fn nodes(&self) -> (Stages, Option<Stages>, Vec<String>) {
        let mut unknown = Vec::new();
        // A system pool has at least one node; azurerm sends 1 for a default pool without a count.
        let least = u32::from(self.system && self.autoscaled == Known::Is(false) || self.inline);
        let count = match (&self.count.known, self.autoscale()) {
            (Known::Is(n), _) => Some(*n),
            (Known::Absent, None) => Some(least),
            (Known::Unknown(_), None) => Some(least),
            _ => None,
        };
        if self.many {
            let why = vec![format!("pool `{}`: {MANY}", self.name)];
            return (Stages::default(), None, why);
        }
        let mut note = |name: &str, reason: Option<&str>| {
            if let Some(reason) = reason {
                unknown.push(format!("{name} of pool `{}`: {reason}", self.name));
            }
        };
        let mut low = node_stages(count, self.autoscale(), &self.upgrade(), self.spot);
        let mut high = Some(low);
        if let Known::Unknown(reason) = &self.autoscaled {
            note("autoscaling", Some(reason));
            high = None;
        }
        match self.autoscaled {
            Known::Is(true) => {
                note("max_count", self.max.reason());
                if self.max.get().is_none() {
                    high = None;
                }
                if let (Some(reason), Some(h)) = (self.count.reason().or(self.min.reason()), high.as_mut()) {
                    note("node count", Some(reason));
                    h.steady = h.max;
                }
            }
            _ if self.count.reason().is_some() => {
                note("node_count", self.count.reason());
                high = None;
            }
            _ => {}
        }
        let surge_unknown = self.max_surge.reason().or(self.max_unavailable.reason());
        if surge_unknown.is_some() && !self.spot {
            note("max_surge", surge_unknown);
            low.peak = low.max;
            high = high.map(|h| Stages { peak: h.max.saturating_mul(2), ..h });
        }
        (low, high, unknown)
    }

    /// What the pool needs in the models that its cluster may have.
    pub(super) fn bounds(&self, cluster: &Cluster<'_>) -> PoolBounds {
        let (low_nodes, high_nodes, mut unknown) = self.nodes();
        let shape = |model: NetworkModel, max_pods: Option<u32>| PoolShape {
            model,
            max_pods,
            mode: self.mode,
            pods_per_node: None,
            pods_per_node_max: None,
        };
        let given = self.max_pods.get().copied();
        let demands = |nodes: Stages, max_pods: Option<u32>| {
            cluster
                .models
                .iter()
                .map(move |m| PoolDemand::new(shape(*m, max_pods), nodes))
                .collect::<Vec<_>>()
        };
        let size = |d: &PoolDemand| d.ips_per_node + d.pod_subnet.map_or(0, |p| p.per_node().max);
        let mut low_pods = given;
        let mut high_pods = given;
        if let Some(reason) = self.max_pods.reason() {
            if cluster.models.iter().any(|m| m.is_flat()) {
                unknown.push(format!("max_pods of pool `{}`: {reason}", self.name));
            }
            (low_pods, high_pods) = (Some(10), Some(250));
        }
        let fallback = PoolDemand::new(shape(NetworkModel::Byo, given), low_nodes);
        let low = demands(low_nodes, low_pods).into_iter().min_by_key(size).unwrap_or(fallback);
        let high = high_nodes.and_then(|n| demands(n, high_pods).into_iter().max_by_key(size));
        unknown.extend(cluster.model_note.clone());
        PoolBounds { low, high, unknown }
    }
}

impl<'e> Cluster<'e> {
    pub(super) fn read(estate: &'e Estate, document: &'e Document) -> Cluster<'e> {
        let body = &document.body;
        let children: Vec<&Document> = estate.children(&document.id, types::POOL).collect();
        let mut pools: Vec<Pool> = children.iter().map(|d| Pool::of_document(d)).collect();
        if pools.is_empty() {
            pools = document
                .items("properties.agentPoolProfiles")
                .iter()
                .map(|p| Pool::of_profile(p, document))
                .collect();
        }
        // The default pool is the first of the cluster: its subnet takes the private endpoint.
        pools.sort_by_key(|p| !p.inline);
        let (models, model_note) = models(document, &pools);
        let mode = read::text(body, "properties.nodeProvisioningProfile.mode");
        let automatic = document.str("sku.name").is_some_and(|n| n.eq_ignore_ascii_case("Automatic"));
        let auto = mode.get().is_some_and(|m| m.eq_ignore_ascii_case("Auto")) || automatic;
        let network = |member: &str| format!("properties.networkProfile.{member}");
        let v4 = |one: &str, several: &str| read::range_v4(body, &network(one), &network(several));
        let v6 = |several: &str| read::listed(body, &network(several), Family::V6);
        let (pod_cidr_v6, service_cidr_v6) = (v6("podCidrs"), v6("serviceCidrs"));
        let families = document.items(&network("ipFamilies"));
        let dual_stack = families.iter().any(|f| f.as_str().is_some_and(|f| f.eq_ignore_ascii_case("IPv6")))
            || pod_cidr_v6.get().is_some()
            || service_cidr_v6.get().is_some();
        Cluster {
            document,
            models,
            model_note,
            pools,
            pod_cidr: v4("podCidr", "podCidrs"),
            service_cidr: v4("serviceCidr", "serviceCidrs"),
            dual_stack,
            pod_cidr_v6,
            service_cidr_v6,
            auto_provisioning: auto,
        }
    }

    /// The only model it can have.
    pub(super) fn model(&self) -> Option<NetworkModel> {
        match self.models.as_slice() {
            [model] => Some(*model),
            _ => None,
        }
    }

    /// True when a model that it may have takes nodes from a pod CIDR.
    pub(super) fn may_have_pod_cidr(&self) -> bool {
        self.models.iter().any(|m| m.has_pod_cidr())
    }
}

/// The models that a declaration may mean (facts 2.1): one, unless it leaves the choice to Azure.
fn models(document: &Document, pools: &[Pool]) -> (Vec<NetworkModel>, Option<String>) {
    use NetworkModel::{AzureNodeSubnet, AzureOverlay, AzurePodSubnet, Byo, Kubenet};
    let body = &document.body;
    if document.str("sku.name").is_some_and(|n| n.eq_ignore_ascii_case("Automatic")) {
        return (vec![AzureOverlay], None);
    }
    let pod_subnet = pools.iter().any(|p| !p.pod_subnet.is_absent());
    let plugin = read::text(body, "properties.networkProfile.networkPlugin");
    let mode = read::text(body, "properties.networkProfile.networkPluginMode");
    let flat = if pod_subnet { AzurePodSubnet } else { AzureNodeSubnet };
    let overlay = mode.get().is_some_and(|m| m.eq_ignore_ascii_case("overlay"));
    match (&plugin.known, &mode.known) {
        (Known::Is(p), _) if p.eq_ignore_ascii_case("kubenet") => (vec![Kubenet], None),
        (Known::Is(p), _) if p.eq_ignore_ascii_case("none") => (vec![Byo], None),
        (Known::Is(_), Known::Unknown(why)) if !pod_subnet => {
            (vec![AzureOverlay, AzureNodeSubnet], Some(format!("network_plugin_mode: {why}")))
        }
        (Known::Is(_), _) if overlay => (vec![AzureOverlay], None),
        (Known::Is(_), _) => (vec![flat], None),
        (Known::Unknown(why), _) => {
            (vec![AzureOverlay, Kubenet, flat], Some(format!("network_plugin: {why}")))
        }
        (Known::Absent, _) if overlay => (vec![AzureOverlay], None),
        (Known::Absent, _) if pod_subnet => (vec![AzurePodSubnet], None),
        (Known::Absent, _) => (
            vec![AzureOverlay, AzureNodeSubnet],
            Some("no network_profile names a plugin, so Azure chooses the network model".to_owned()),
        ),
    }
}

impl Pool {
    fn of_document(document: &Document) -> Pool {
        let none = Value::null();
        let properties = document.get("properties").unwrap_or(&none);
        let declared = document.declared.as_ref();
        let inline = declared.is_some_and(|d| !d.inline.is_empty());
        let many = declared.is_some_and(|d| is_many(&d.address));
        let pool =
            Pool::read(document.name(), document.label(), declared.map(|d| d.block), inline, properties);
        Pool { many, ..pool }
    }

    /// A pool that stands only inside its cluster's document.
    fn of_profile(profile: &Value, cluster: &Document) -> Pool {
        let name = read::text(profile, "name");
        let name = name.get().map_or("", String::as_str);
        let label = format!("{}/agentPools/{name}", cluster.label());
        Pool::read(name, label, profile.origin.at, false, profile)
    }

    fn read(name: &str, address: String, block: Option<Span>, inline: bool, properties: &Value) -> Pool {
        let word = |path: &str, want: &str| {
            read::text(properties, path).get().is_some_and(|v| v.eq_ignore_ascii_case(want))
        };
        let autoscaled = match read::flag(properties, "enableAutoScaling").known {
            Known::Absent => Known::Is(false),
            known => known,
        };
        Pool {
            name: name.to_owned(),
            address,
            block,
            inline,
            many: false,
            count: read::number(properties, "count"),
            min: read::number(properties, "minCount"),
            max: read::number(properties, "maxCount"),
            autoscaled,
            max_pods: read::number(properties, "maxPods"),
            max_surge: read::parsed(properties, "upgradeSettings.maxSurge"),
            max_unavailable: read::parsed(properties, "upgradeSettings.maxUnavailable"),
            strategy: if word("upgradeStrategy", "BlueGreen") {
                UpgradeStrategy::BlueGreen
            } else {
                UpgradeStrategy::Rolling
            },
            spot: word("scaleSetPriority", "Spot"),
            windows: word("osType", "Windows"),
            size: read::text(properties, "vmSize"),
            system: inline || word("mode", "System"),
            subnet: read::text(properties, "vnetSubnetID"),
            pod_subnet: read::text(properties, "podSubnetID"),
            mode: if word("podIPAllocationMode", "StaticBlock") {
                AllocationMode::StaticBlock
            } else {
                AllocationMode::DynamicIndividual
            },
        }
    }

    /// The text that sets the number which decides at the autoscaler's maximum: `max_count`, or the
    /// count, or the pool.
    pub(super) fn number_at(&self) -> Option<Span> {
        let auto = (self.autoscaled == Known::Is(true)).then_some(self.max.at).flatten();
        auto.or(self.count.at).or(self.block)
    }
}
