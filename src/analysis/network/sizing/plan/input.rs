//! The input of a plan, and what makes it no plan at all.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::Deserialize;

use super::super::pods::Priority;
use super::super::{Count, SizingError};
use crate::analysis::network::code::Code;
use crate::analysis::network::model::{AllocationMode, NetworkModel};
use crate::analysis::network::prefix::Prefix;
use crate::analysis::network::stage::{self, Stages};
use crate::analysis::network::surge::Upgrade;
use crate::azure::sku;

/// A sizing document. All subnets are taken to be in one virtual network.
#[derive(Clone, Debug, Deserialize)]
pub struct Plan {
    /// Subnets by name.
    pub subnets: IndexMap<String, Subnet>,
    /// Clusters.
    #[serde(default)]
    pub clusters: Vec<Cluster>,
    /// Whatever else takes addresses.
    #[serde(default)]
    pub extras: Vec<Extra>,
}

/// A subnet.
#[derive(Clone, Debug, Deserialize)]
pub struct Subnet {
    prefix: Option<Prefix>,
    #[serde(default)]
    prefixes: Vec<Prefix>,
    /// The service it is delegated to.
    pub delegation: Option<String>,
    /// Addresses that things not named here take.
    #[serde(default)]
    pub used_by_others: Count,
}

impl Subnet {
    /// Its prefixes of both families.
    pub fn prefixes(&self) -> impl Iterator<Item = &Prefix> {
        self.prefix.iter().chain(&self.prefixes)
    }

    /// Its IPv4 prefixes.
    pub fn v4(&self) -> impl Iterator<Item = &Prefix> {
        self.prefixes().filter(|p| p.is_v4())
    }

    /// Addresses for use.
    pub fn capacity(&self) -> u64 {
        self.v4().map(Prefix::usable).sum()
    }
}

/// An AKS cluster.
#[derive(Clone, Debug, Deserialize)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// How pods get addresses.
    pub network_model: NetworkModel,
    /// The range of pods, for kubenet and overlay.
    pub pod_cidr: Option<Prefix>,
    // Changes no figure: the default surge is 10 % whatever the version. Unquoted it is a number.
    #[allow(dead_code)]
    kubernetes_version: Option<serde_json::Value>,
    /// How the API server is reached.
    pub private_cluster: Option<PrivateCluster>,
    /// The subnet of the API server, with VNet integration.
    pub api_server_subnet: Option<String>,
    /// Frontends of internal load balancers.
    #[serde(default)]
    pub internal_load_balancers: Vec<InternalLoadBalancer>,
    #[allow(dead_code)] // changes no figure
    network_data_plane: Option<serde_json::Value>,
    #[allow(dead_code)] // changes no figure
    network_policy: Option<serde_json::Value>,
    /// Node pools; the private endpoint stands in the subnet of the first.
    #[serde(default)]
    pub pools: Vec<Pool>,
}

/// How a private API server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrivateCluster {
    /// A private endpoint.
    PrivateEndpoint,
    /// API server VNet integration.
    VnetIntegration,
}

/// Frontends of internal load balancers in a subnet.
#[derive(Clone, Debug, Deserialize)]
pub struct InternalLoadBalancer {
    /// The subnet.
    pub subnet: String,
    /// Addresses; 1 when not given.
    pub frontend_ips: Option<Count>,
}

/// Nodes of a pool: what outbound ports ask as well.
#[derive(Clone, Debug, Deserialize)]
pub struct NodePool {
    #[serde(default)]
    #[allow(dead_code)] // names the pool for people
    name: Option<String>,
    count: Option<Count>,
    autoscale: Option<Autoscale>,
    #[serde(default)]
    priority: Priority,
    #[serde(default)]
    upgrade: Upgrade,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Autoscale {
    min: Count,
    max: Count,
}

fn nodes(
    count: Option<Count>,
    autoscale: Option<Autoscale>,
    upgrade: &Upgrade,
    priority: Priority,
) -> Stages {
    let autoscale = autoscale.map(|a| stage::Autoscale { min: a.min.0, max: a.max.0 });
    stage::node_stages(count.map(|c| c.0), autoscale, upgrade, priority == Priority::Spot)
}

fn check_autoscale(autoscale: Option<Autoscale>, path: &str) -> Result<(), SizingError> {
    match autoscale.filter(|a| a.min > a.max) {
        Some(a) => {
            let message = format!("min {} is greater than max {}", a.min.0, a.max.0);
            Err(SizingError::new(format!("{path}.autoscale"), message))
        }
        None => Ok(()),
    }
}

impl NodePool {
    /// Nodes at each stage.
    pub fn nodes(&self) -> Stages {
        nodes(self.count, self.autoscale, &self.upgrade, self.priority)
    }

    /// What makes it no pool.
    pub fn check(&self, path: &str) -> Result<(), SizingError> {
        check_autoscale(self.autoscale, path)
    }
}

/// A node pool.
#[derive(Clone, Debug, Deserialize)]
pub struct Pool {
    /// Its name, unique in the cluster.
    pub name: String,
    #[allow(dead_code)] // changes no figure
    mode: Option<serde_json::Value>,
    os: Option<String>,
    /// Changes no figure, but a name that is no size is told.
    vm_size: Option<String>,
    /// Regular or spot.
    #[serde(default)]
    pub priority: Priority,
    pub(super) count: Option<Count>,
    pub(super) autoscale: Option<Autoscale>,
    /// Most pods of a node.
    pub max_pods: Option<Count>,
    /// Its node subnet.
    pub subnet: String,
    /// Its pod subnet.
    pub pod_subnet: Option<String>,
    /// How the pod subnet is handed out.
    #[serde(default)]
    pub pod_ip_allocation_mode: AllocationMode,
    /// Pods of a node now.
    pub pods_per_node: Option<Count>,
    /// The most pods of a node that are expected.
    pub pods_per_node_max: Option<Count>,
    /// Surge settings.
    #[serde(default)]
    pub upgrade: Upgrade,
}

impl Pool {
    /// True for Windows nodes (`Windows`, `Windows2022`).
    pub(super) fn is_windows(&self) -> bool {
        self.os.as_deref().is_some_and(|os| os.to_ascii_lowercase().starts_with("windows"))
    }

    /// Nodes at each stage.
    pub fn nodes(&self) -> Stages {
        nodes(self.count, self.autoscale, &self.upgrade, self.priority)
    }
}

/// Something else with addresses.
#[derive(Clone, Debug, Deserialize)]
pub struct Extra {
    /// What it is.
    pub kind: ExtraKind,
    /// Where it stands.
    pub subnet: String,
    /// How many; 1 when not given.
    pub count: Option<Count>,
    service: Option<String>,
    replica_regions: Option<Count>,
    #[serde(default)]
    regional_endpoints: bool,
    nat_ips: Option<Count>,
    max_instances: Option<Count>,
    #[serde(default)]
    private_frontend: bool,
    #[allow(dead_code)] // for people
    name: Option<String>,
}

/// Kinds of [`Extra`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExtraKind {
    /// A private endpoint.
    PrivateEndpoint,
    /// A private link service.
    PrivateLinkService,
    /// An application gateway.
    ApplicationGateway,
    /// Network interfaces.
    Nic,
    /// Pods of virtual nodes.
    VirtualNodePods,
}

impl Extra {
    /// Addresses it takes.
    pub fn addresses(&self) -> u64 {
        let count = self.count.map_or(1, Count::get);
        match self.kind {
            ExtraKind::PrivateEndpoint if self.service.as_deref() == Some("acr") => {
                let regions = self.replica_regions.map_or(1, Count::get);
                count.saturating_mul(registry_endpoint_ips(regions, self.regional_endpoints))
            }
            ExtraKind::PrivateEndpoint | ExtraKind::Nic | ExtraKind::VirtualNodePods => count,
            ExtraKind::PrivateLinkService => self.nat_ips.map_or(1, Count::get),
            ExtraKind::ApplicationGateway => {
                self.max_instances.map_or(0, Count::get) + u64::from(self.private_frontend)
            }
        }
    }

    /// As formulas name it.
    pub fn label(&self) -> String {
        let kind = match self.kind {
            ExtraKind::PrivateEndpoint => "private endpoint",
            ExtraKind::PrivateLinkService => "private link service",
            ExtraKind::ApplicationGateway => "application gateway",
            ExtraKind::Nic => "network interfaces",
            ExtraKind::VirtualNodePods => "virtual node pods",
        };
        match &self.service {
            Some(service) => format!("{kind} {service}"),
            None => kind.to_owned(),
        }
    }
}

/// Addresses of a private endpoint of a container registry: the login server and a data endpoint in
/// each region that holds it (the home region counts); with regional endpoints one more a region.
pub fn registry_endpoint_ips(regions: u64, regional_endpoints: bool) -> u64 {
    1 + regions * if regional_endpoints { 2 } else { 1 }
}

impl Plan {
    /// What makes it no plan: an error. What is only odd: a warning.
    pub(super) fn check(&self, warnings: &mut Vec<String>) -> Result<(), SizingError> {
        for (name, subnet) in &self.subnets {
            let path = format!("subnets.{name}");
            if subnet.prefixes().next().is_none() {
                return Err(SizingError::new(path, "needs `prefix` or `prefixes`"));
            }
            if let Some(prefix) = subnet.prefixes().next().filter(|_| subnet.v4().next().is_none()) {
                let message = format!("{prefix} is not an IPv4 prefix; a subnet has IPv6 only beside IPv4");
                return Err(SizingError::new(path, message));
            }
            if let Some(bad) = subnet.prefixes().find(|p| !p.is_v4() && p.length() != 64) {
                return Err(SizingError::new(
                    path,
                    format!("{bad}: an IPv6 prefix of a subnet must be a /64"),
                ));
            }
        }
        self.check_overlaps()?;
        let mut names = HashSet::new();
        for (i, cluster) in self.clusters.iter().enumerate() {
            if !names.insert(&cluster.name) {
                let message = format!("a second cluster named `{}`", cluster.name);
                return Err(SizingError::new(format!("clusters[{i}].name"), message));
            }
            self.check_cluster(cluster, &format!("clusters[{i}]"), warnings)?;
        }
        for (i, extra) in self.extras.iter().enumerate() {
            self.check_subnet(&extra.subnet, || format!("extras[{i}].subnet"))?;
        }
        Ok(())
    }

    fn check_cluster(
        &self,
        cluster: &Cluster,
        path: &str,
        warnings: &mut Vec<String>,
    ) -> Result<(), SizingError> {
        if cluster.pools.is_empty() {
            return Err(SizingError::new(format!("{path}.pools"), "a cluster needs at least one pool"));
        }
        if let Some(bad) = cluster.pod_cidr.filter(|p| !p.is_v4()) {
            return Err(SizingError::new(format!("{path}.pod_cidr"), format!("{bad} is not an IPv4 prefix")));
        }
        if cluster.pod_cidr.is_some() && !cluster.network_model.has_pod_cidr() {
            warnings.push(format!("{path}.pod_cidr: only kubenet and overlay have one; not counted"));
        }
        match &cluster.api_server_subnet {
            Some(subnet) => self.check_subnet(subnet, || format!("{path}.api_server_subnet"))?,
            None if cluster.private_cluster == Some(PrivateCluster::VnetIntegration) => {
                let message = "VNet integration needs the subnet of the API server";
                return Err(SizingError::new(format!("{path}.api_server_subnet"), message));
            }
            None => {}
        }
        for (j, balancer) in cluster.internal_load_balancers.iter().enumerate() {
            self.check_subnet(&balancer.subnet, || format!("{path}.internal_load_balancers[{j}].subnet"))?;
        }
        let mut names = HashSet::new();
        for (j, pool) in cluster.pools.iter().enumerate() {
            let path = format!("{path}.pools[{j}]");
            if !names.insert(&pool.name) {
                let message = format!("a second pool named `{}`", pool.name);
                return Err(SizingError::new(format!("{path}.name"), message));
            }
            self.check_pool(pool, cluster.network_model, &path, warnings)?;
        }
        Ok(())
    }

    fn check_pool(
        &self,
        pool: &Pool,
        model: NetworkModel,
        path: &str,
        warnings: &mut Vec<String>,
    ) -> Result<(), SizingError> {
        self.check_subnet(&pool.subnet, || format!("{path}.subnet"))?;
        if let Some(subnet) = &pool.pod_subnet {
            self.check_subnet(subnet, || format!("{path}.pod_subnet"))?;
        }
        check_autoscale(pool.autoscale, path)?;
        if let Some(size) = pool.vm_size.as_ref().filter(|s| sku::vm_size(s).is_none()) {
            warnings.push(format!("{path}.vm_size: `{size}` is no VM size that is known here"));
        }
        match (model, &pool.pod_subnet) {
            (NetworkModel::AzurePodSubnet, None) => {
                warnings.push(format!("{path}.pod_subnet: not given, so its pods count nowhere"));
            }
            (NetworkModel::AzurePodSubnet, Some(_)) | (_, None) => {}
            (_, Some(_)) => warnings.push(format!("{path}.pod_subnet: has no effect in this network model")),
        }
        if let Some((count, auto)) = pool.count.zip(pool.autoscale)
            && count.0 > 0
            && (count < auto.min || count > auto.max)
        {
            let (count, min, max) = (count.0, auto.min.0, auto.max.0);
            warnings.push(format!("{path}.count: {count} is outside of the autoscaler's {min} to {max}"));
        }
        Ok(())
    }

    fn check_subnet(&self, name: &str, path: impl Fn() -> String) -> Result<(), SizingError> {
        if self.subnets.contains_key(name) {
            return Ok(());
        }
        let known: Vec<&str> = self.subnets.keys().map(String::as_str).collect();
        Err(SizingError::new(path(), format!("there is no subnet `{name}`, only {}", known.join(", "))))
    }

    /// No address may be in two subnets, nor twice in one.
    fn check_overlaps(&self) -> Result<(), SizingError> {
        let mut all: Vec<(&Prefix, &str)> =
            self.subnets.iter().flat_map(|(n, s)| s.prefixes().map(move |p| (p, n.as_str()))).collect();
        all.sort_unstable_by_key(|(p, _)| (p.family(), p.first(), p.length()));
        for pair in all.windows(2) {
            if let [(a, name), (b, other)] = pair
                && a.overlaps(b)
            {
                let message = format!("{b} overlaps {a} of subnet `{name}`");
                return Err(SizingError::new(format!("subnets.{other}"), message).coded(Code::SubnetsOverlap));
            }
        }
        Ok(())
    }
}
