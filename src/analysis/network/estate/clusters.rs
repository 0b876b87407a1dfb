//! What clusters take: node pools, pods, API servers, and the subnets of ARO.

use super::consumers::{Consumer, Consumers};
use super::pools::{Cluster, Pool};
use super::read::{self, Known};
use crate::analysis::network::demand::Share;
use crate::analysis::network::limits;
use crate::analysis::network::stage::Stages;
use crate::azure::estate::Document;
use crate::terraform::value::Value;

impl Consumers<'_, '_> {
    /// The pools of a cluster, its API server and its private endpoint.
    pub(super) fn cluster(&mut self, at: usize, cluster: &Cluster<'_>) {
        let document = cluster.document;
        for (number, pool) in cluster.pools.iter().enumerate() {
            self.pool(at, number, cluster, pool);
        }
        let before = self.list.len();
        let name = document.name();
        if document.bool("properties.apiServerAccessProfile.enableVnetIntegration") == Some(true) {
            let share = Share::fixed(format!("API server of {name}"), limits::API_SERVER_IPS);
            self.add(
                document,
                "api_server",
                &document.body,
                "properties.apiServerAccessProfile.subnetId",
                share,
            );
            if let Some(consumer) = self.list.get_mut(before) {
                consumer.longest = Some(limits::API_SERVER_PREFIX);
            }
        } else if document.bool("properties.apiServerAccessProfile.enablePrivateCluster") == Some(true) {
            let share = Share::fixed(format!("private endpoint of {name}"), 1);
            if let Some(id) = cluster.pools.first().and_then(|p| p.subnet.get()) {
                let holder = Value::object([("id", Value::from(id.as_str()))]);
                self.add(document, "cluster_private_endpoint", &holder, "id", share);
            }
        }
        for consumer in self.list.iter_mut().skip(before) {
            consumer.cluster = Some(at);
        }
    }

    fn pool(&mut self, at: usize, number: usize, cluster: &Cluster<'_>, pool: &Pool) {
        let bounds = pool.bounds(cluster);
        let mut unknown = bounds.unknown.clone();
        let mut high = bounds.high.as_ref();
        if cluster.auto_provisioning {
            unknown.push("node auto-provisioning adds nodes that nothing here bounds".to_owned());
            high = None;
        }
        let unknown = (!unknown.is_empty()).then(|| unknown.join("; "));
        let node = (bounds.low.node_share(&pool.name), high.map(|h| h.node_share(&pool.name)));
        self.place_pool((at, number), pool, "node_pool", &pool.subnet, node, unknown.as_ref());
        if let Some(low) = bounds.low.pod_share(&pool.name) {
            let pods = (low, high.and_then(|h| h.pod_share(&pool.name)));
            self.place_pool((at, number), pool, "pod_pool", &pool.pod_subnet, pods, unknown.as_ref());
        }
    }

    fn place_pool(
        &mut self,
        position: (usize, usize),
        pool: &Pool,
        kind: &'static str,
        field: &read::Field<String>,
        (low, high): (Share, Option<Share>),
        unknown: Option<&String>,
    ) {
        match &field.known {
            Known::Is(id) => {
                let subnet = self.topology.subnet(id);
                self.list.push(Consumer {
                    subnet,
                    kind,
                    address: pool.address.clone(),
                    unknown: unknown.cloned().filter(|_| high.as_ref() != Some(&low)),
                    low,
                    high,
                    longest: None,
                    block: pool.block,
                    used: field.used,
                    pool: Some(position),
                    cluster: Some(position.0),
                });
            }
            Known::Unknown(why) => {
                let name = format!("pool `{}`", pool.name);
                self.somewhere(
                    kind,
                    pool.address.clone(),
                    &name,
                    why,
                    field.of.as_deref(),
                    pool.block,
                    field.used,
                );
            }
            Known::Absent => {}
        }
    }

    /// The subnets of an ARO cluster: control plane and workers (facts 7).
    pub(super) fn openshift(&mut self, document: &Document) {
        let steady = limits::ARO_MASTERS + 3;
        let share = Share {
            nodes: Stages { steady, max: steady, peak: steady + 1 },
            surge: 1,
            ..Share::fixed("control plane", 0)
        };
        let before = self.list.len();
        self.add(document, "aro_control_plane", &document.body, "properties.masterProfile.subnetId", share);
        let private = document
            .items("properties.ingressProfiles")
            .iter()
            .any(|i| read::text(i, "visibility").get().is_some_and(|v| v.eq_ignore_ascii_case("Private")));
        for (number, profile) in document.items("properties.workerProfiles").iter().enumerate() {
            let count = read::number(profile, "count");
            let workers = u64::from(count.get().copied().unwrap_or(0));
            let ingress = u64::from(private && number == 0);
            let here = self.list.len();
            self.add(
                document,
                "aro_workers",
                profile,
                "subnetId",
                Share::fixed("workers", workers + ingress),
            );
            if let Some(consumer) = self.list.get_mut(here).filter(|_| count.get().is_none()) {
                consumer.high = None;
                consumer.unknown =
                    Some(format!("worker count: {}", count.reason().unwrap_or("not declared")));
            }
        }
        for consumer in self.list.iter_mut().skip(before) {
            consumer.longest = Some(limits::ARO_SUBNET_PREFIX);
        }
    }
}
