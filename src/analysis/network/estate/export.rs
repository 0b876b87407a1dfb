//! An estate as a sizing document: the same subnets, clusters and tenants, without Terraform.

use indexmap::IndexMap;
use serde_json::{Map, Value, json};

use super::consumers::Consumers;
use super::pools::{Cluster, Pool};
use super::read::Known;
use super::topology::Topology;
use crate::analysis::network::model::{AllocationMode, NetworkModel};
use crate::analysis::network::surge::UpgradeStrategy;
use crate::azure::estate::Estate;
use crate::azure::types;
use crate::terraform::evaluation::Instance;

/// The sizing document of an estate, and what it could not say: figures that are not known are left
/// out of it, so their defaults hold.
pub fn document(estate: &Estate, instances: &[Instance]) -> (Value, Vec<String>) {
    let mut topology = Topology::read(estate);
    let clusters: Vec<Cluster<'_>> =
        estate.of_type(types::CLUSTER).map(|d| Cluster::read(estate, d)).collect();
    let mut gathered = Consumers { topology: &mut topology, list: Vec::new(), gaps: Vec::new() };
    for (at, cluster) in clusters.iter().enumerate() {
        gathered.cluster(at, cluster);
    }
    for aro in estate.of_type(types::OPENSHIFT) {
        gathered.openshift(aro);
    }
    gathered.services(estate);
    let read = gathered.declared(estate, instances);
    gathered.not_counted(estate, &read);
    let (consumers, gaps) = (gathered.list, gathered.gaps);
    let mut out = Export { names: names(&topology), topology: &topology, gaps, missing: Vec::new() };
    let subnets = out.subnets();
    let mut all: Vec<Value> = Vec::new();
    for cluster in &clusters {
        all.extend(out.cluster(cluster));
    }
    let mut extras = Vec::new();
    for consumer in consumers.iter().filter(|c| c.pool.is_none()) {
        // The clusters' own endpoints follow from their settings.
        let own = matches!(consumer.kind, "api_server" | "cluster_private_endpoint");
        let demand = consumer.high.as_ref().unwrap_or(&consumer.low).demand();
        if own || (demand.peak == 0 && consumer.unknown.is_none()) {
            continue;
        }
        if let Some(why) = &consumer.unknown {
            out.gaps.push(format!("{} ({}): {why}", consumer.low.name, consumer.address));
        }
        let Some(subnet) = out.names.get(consumer.subnet).cloned() else { continue };
        if out.missing.contains(&subnet) {
            continue;
        }
        let kind = if consumer.kind == "private_endpoint" { "private_endpoint" } else { "nic" };
        extras.push(json!({"kind": kind, "name": consumer.low.name, "subnet": subnet, "count": demand.peak}));
    }
    (json!({"subnets": subnets, "clusters": all, "extras": extras}), out.gaps)
}

/// A name for each subnet: its own, with its network's where two have the same.
fn names(topology: &Topology<'_>) -> Vec<String> {
    let mut count: IndexMap<&str, usize> = IndexMap::new();
    for subnet in &topology.subnets {
        *count.entry(subnet.id.name()).or_default() += 1;
    }
    let name = |s: &super::topology::Subnet<'_>| {
        let own = s.id.name();
        let vnet = s.id.parent().map_or_else(String::new, |v| v.name().to_owned());
        if count.get(own).is_some_and(|n| *n > 1) { format!("{vnet}/{own}") } else { own.to_owned() }
    };
    topology.subnets.iter().map(name).collect()
}

struct Export<'t, 'e> {
    topology: &'t Topology<'e>,
    names: Vec<String>,
    gaps: Vec<String>,
    /// Subnets without a prefix: what stands there is left out.
    missing: Vec<String>,
}

impl Export<'_, '_> {
    fn subnets(&mut self) -> Map<String, Value> {
        let mut out = Map::new();
        for (subnet, name) in self.topology.subnets.iter().zip(&self.names) {
            let mut entry = Map::new();
            match subnet.prefixes.list.as_slice() {
                [] => {
                    let why = subnet.prefixes.unknown.as_deref().unwrap_or("it is no prefix");
                    self.gaps.push(format!("subnet {name} is left out: {why}"));
                    self.missing.push(name.clone());
                    continue;
                }
                [one] => entry.insert("prefix".to_owned(), json!(one)),
                several => entry.insert("prefixes".to_owned(), json!(several)),
            };
            if let Some(delegation) = subnet.delegations.first() {
                entry.insert("delegation".to_owned(), json!(delegation));
            }
            out.insert(name.clone(), Value::Object(entry));
        }
        out
    }

    /// The name of the subnet with an id, when the document has it.
    fn subnet(&self, id: Option<&String>) -> Option<String> {
        let id = crate::azure::id::ResourceId::new(id?.as_str());
        let at = self.topology.subnets.iter().position(|s| s.id == id)?;
        self.names.get(at).filter(|n| !self.missing.contains(n)).cloned()
    }

    fn cluster(&mut self, cluster: &Cluster<'_>) -> Option<Value> {
        let document = cluster.document;
        let name = document.name().to_owned();
        let model = *cluster.models.first()?;
        if let Some(why) = &cluster.model_note {
            self.gaps.push(format!("{name}: {} is taken as the network model: {why}", model.name()));
        }
        if cluster.auto_provisioning {
            self.gaps.push(format!("{name}: node auto-provisioning adds nodes that nothing here bounds"));
        }
        let mut pools = Vec::new();
        for pool in &cluster.pools {
            match self.pool(&name, model, pool) {
                Some(pool) => pools.push(pool),
                None => self
                    .gaps
                    .push(format!("pool `{}` of {name} is left out: its subnet is not known", pool.name)),
            }
        }
        if pools.is_empty() {
            return None;
        }
        let mut out = Map::new();
        out.insert("name".to_owned(), json!(name));
        out.insert("network_model".to_owned(), json!(model));
        if let (true, Some(range)) = (model.has_pod_cidr(), cluster.pod_cidr.get()) {
            out.insert("pod_cidr".to_owned(), json!(range));
        }
        let access =
            |path: &str| document.bool(&format!("properties.apiServerAccessProfile.{path}")) == Some(true);
        if access("enableVnetIntegration") {
            let id = document.str("properties.apiServerAccessProfile.subnetId").map(str::to_owned);
            if let Some(subnet) = self.subnet(id.as_ref()) {
                out.insert("private_cluster".to_owned(), json!("vnet_integration"));
                out.insert("api_server_subnet".to_owned(), json!(subnet));
            }
        } else if access("enablePrivateCluster") {
            out.insert("private_cluster".to_owned(), json!("private_endpoint"));
        }
        out.insert("pools".to_owned(), json!(pools));
        Some(Value::Object(out))
    }

    fn pool(&mut self, cluster: &str, model: NetworkModel, pool: &Pool) -> Option<Value> {
        let mut out = Map::new();
        let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
        put("name", json!(pool.name));
        put("mode", json!(if pool.system { "System" } else { "User" }));
        if pool.windows {
            put("os", json!("Windows"));
        }
        if pool.spot {
            put("priority", json!("Spot"));
        }
        let autoscaled = pool.autoscaled == Known::Is(true);
        if let Some(count) = pool.count.get() {
            put("count", json!(count));
        } else if !autoscaled {
            // What azurerm sends for a default pool without a count, and AKS for a system pool.
            put("count", json!(u32::from(pool.system)));
        }
        if autoscaled {
            let max = pool.max.get().or(pool.min.get()).or(pool.count.get()).copied().unwrap_or(0);
            put("autoscale", json!({"min": pool.min.get().copied().unwrap_or(0).min(max), "max": max}));
        }
        if let Some(pods) = pool.max_pods.get() {
            put("max_pods", json!(pods));
        }
        put("subnet", json!(self.subnet(pool.subnet.get())?));
        if let (NetworkModel::AzurePodSubnet, Some(pods)) = (model, self.subnet(pool.pod_subnet.get())) {
            put("pod_subnet", json!(pods));
            if pool.mode != AllocationMode::default() {
                put("pod_ip_allocation_mode", json!(pool.mode));
            }
        }
        let mut upgrade = Map::new();
        for (name, amount) in [("max_surge", &pool.max_surge), ("max_unavailable", &pool.max_unavailable)] {
            if let Some(amount) = amount.get() {
                upgrade.insert(name.to_owned(), json!(amount.to_string()));
            }
        }
        if pool.strategy == UpgradeStrategy::BlueGreen {
            upgrade.insert("strategy".to_owned(), json!("BlueGreen"));
        }
        put("upgrade", Value::Object(upgrade));
        let unknown = [
            ("count", pool.count.reason()),
            ("min_count", pool.min.reason()),
            ("max_count", pool.max.reason()),
            ("max_pods", pool.max_pods.reason()),
            ("max_surge", pool.max_surge.reason()),
        ];
        for (what, why) in unknown.into_iter().filter_map(|(what, why)| Some((what, why?))) {
            self.gaps.push(format!("{what} of pool `{}` of {cluster}: {why}", pool.name));
        }
        Some(Value::Object(out))
    }
}
