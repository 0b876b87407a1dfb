//! Who stands in which subnet: pools of clusters, and every other resource that takes addresses.
//!
//! What takes one address per configuration is a row of a table; what needs arithmetic has a
//! function of its own.

use super::pools::{Cluster, Pool};
use super::read::{self, Known};
use super::topology::{Topology, block};
use crate::analysis::network::demand::Share;
use crate::analysis::network::limits;
use crate::analysis::network::sizing::plan::registry_endpoint_ips;
use crate::analysis::network::stage::Stages;
use crate::azure::estate::{Document, Estate, get};
use crate::azure::id::ResourceId;
use crate::azure::{catalogue, types};
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// Somebody in a subnet.
pub(super) struct Consumer {
    /// Position of the subnet.
    pub(super) subnet: usize,
    /// `node_pool`, `pod_pool`, `private_endpoint`, ...
    pub(super) kind: &'static str,
    /// Terraform address, or id.
    pub(super) address: String,
    /// Least demand.
    pub(super) low: Share,
    /// Greatest demand; `None` when nothing bounds it.
    pub(super) high: Option<Share>,
    /// Why they differ.
    pub(super) unknown: Option<String>,
    /// The longest prefix that the service takes.
    pub(super) longest: Option<u8>,
    /// The resource's block.
    pub(super) block: Option<Span>,
    /// The attribute that names the subnet.
    pub(super) used: Option<Span>,
    /// The cluster and the pool, by position.
    pub(super) pool: Option<(usize, usize)>,
    /// The cluster, by position.
    pub(super) cluster: Option<usize>,
}

/// A service whose configurations each take one address (or none, but a certain prefix).
struct Row {
    arm_type: &'static str,
    kind: &'static str,
    /// The list of configurations; empty: the properties themselves.
    list: &'static str,
    /// The subnet's id in a configuration.
    subnet: &'static str,
    /// Addresses that each takes.
    addresses: u64,
    /// The longest prefix that the service takes (facts 2.8).
    longest: Option<u8>,
}

const fn row(
    arm_type: &'static str,
    kind: &'static str,
    list: &'static str,
    subnet: &'static str,
    addresses: u64,
    longest: Option<u8>,
) -> Row {
    Row { arm_type, kind, list, subnet, addresses, longest }
}

const SUBNET_ID: &str = "properties.subnet.id";

/// What a firewall, a bastion or a gateway takes is not published: their prefix is what counts.
const ROWS: [Row; 13] = [
    row(
        "Microsoft.Network/loadBalancers",
        "load_balancer",
        "properties.frontendIPConfigurations",
        SUBNET_ID,
        1,
        None,
    ),
    row(
        "Microsoft.Network/networkInterfaces",
        "network_interface",
        "properties.ipConfigurations",
        SUBNET_ID,
        1,
        None,
    ),
    row(
        "Microsoft.Network/privateLinkServices",
        "private_link_service",
        "properties.ipConfigurations",
        SUBNET_ID,
        1,
        None,
    ),
    row(
        "Microsoft.Network/azureFirewalls",
        "firewall",
        "properties.ipConfigurations",
        SUBNET_ID,
        0,
        Some(26),
    ),
    row(
        "Microsoft.Network/azureFirewalls",
        "firewall_management",
        "properties.managementIpConfiguration",
        SUBNET_ID,
        0,
        Some(26),
    ),
    row("Microsoft.Network/bastionHosts", "bastion", "properties.ipConfigurations", SUBNET_ID, 0, Some(26)),
    row(
        "Microsoft.Network/virtualNetworkGateways",
        "gateway",
        "properties.ipConfigurations",
        SUBNET_ID,
        0,
        Some(29),
    ),
    row(
        "Microsoft.Network/dnsResolvers/inboundEndpoints",
        "dns_resolver",
        "properties.ipConfigurations",
        "subnet.id",
        1,
        Some(28),
    ),
    row("Microsoft.Network/dnsResolvers/outboundEndpoints", "dns_resolver", "", "subnet.id", 0, Some(28)),
    row(
        "Microsoft.ServiceNetworking/trafficControllers/associations",
        "gateway_for_containers",
        "",
        "subnet.id",
        0,
        Some(24),
    ),
    row(
        "Microsoft.ContainerInstance/containerGroups",
        "container_group",
        "properties.subnetIds",
        "id",
        1,
        None,
    ),
    row(
        "Microsoft.Network/applicationGateways",
        "application_gateway_frontend",
        "properties.frontendIPConfigurations",
        SUBNET_ID,
        1,
        None,
    ),
    row("Microsoft.Sql/managedInstances", "managed_instance", "", "subnetId", 0, Some(27)),
];

/// azurerm types without a place in the model that take addresses of a subnet: they are named as gaps.
pub(super) const NOT_MODELLED: &[&str] = &[
    "azurerm_api_management",
    "azurerm_application_load_balancer_subnet_association",
    "azurerm_app_service_virtual_network_swift_connection",
    "azurerm_container_app_environment",
    "azurerm_container_group",
    "azurerm_hdinsight_hadoop_cluster",
    "azurerm_kubernetes_automatic_cluster",
    "azurerm_lb",
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_mssql_managed_instance",
    "azurerm_network_interface",
    "azurerm_orchestrated_virtual_machine_scale_set",
    "azurerm_private_dns_resolver_inbound_endpoint",
    "azurerm_private_dns_resolver_outbound_endpoint",
    "azurerm_private_link_service",
    "azurerm_redis_cache",
    "azurerm_virtual_network_gateway",
    "azurerm_windows_virtual_machine_scale_set",
];

/// Where consumers are gathered.
pub(super) struct Consumers<'t, 'e> {
    pub(super) topology: &'t mut Topology<'e>,
    pub(super) list: Vec<Consumer>,
    /// Resources whose subnet is not known.
    pub(super) gaps: Vec<String>,
}

impl<'e> Consumers<'_, 'e> {
    /// Adds a consumer with what every consumer of a document has.
    fn add(&mut self, document: &Document, kind: &'static str, subnet: &Value, path: &str, share: Share) {
        let place = read::text(subnet, path);
        match &place.known {
            Known::Is(id) => {
                let subnet = self.topology.subnet(id);
                self.list.push(Consumer {
                    subnet,
                    kind,
                    address: document.label(),
                    low: share.clone(),
                    high: Some(share),
                    unknown: None,
                    longest: None,
                    block: block(document),
                    used: place.used,
                    pool: None,
                    cluster: None,
                });
            }
            Known::Unknown(why) => {
                self.gaps.push(format!("the subnet of {} is not known: {why}", document.label()));
            }
            Known::Absent => {}
        }
    }

    /// Everybody but the pools of clusters.
    pub(super) fn services(&mut self, estate: &Estate) {
        for document in estate.iter() {
            for row in ROWS.iter().filter(|r| document.is(r.arm_type)) {
                self.rows(document, row);
            }
            if document.is("Microsoft.Network/applicationGateways") {
                self.application_gateway(document);
            } else if document.is(types::PRIVATE_ENDPOINT) {
                self.private_endpoint(estate, document);
            } else if document.is("Microsoft.Compute/virtualMachineScaleSets") {
                self.scale_set(document);
            }
        }
        for (name, count) in estate.untranslated.iter().filter(|(n, _)| NOT_MODELLED.contains(&n.as_str())) {
            self.gaps.push(format!("{count} {name} may take addresses that are not counted"));
        }
    }

    fn rows(&mut self, document: &Document, row: &Row) {
        // The interfaces of private endpoints and link services are counted with these.
        let interface = row.kind == "network_interface";
        if interface
            && ["privateEndpoint", "privateLinkService"]
                .iter()
                .any(|m| document.get(&format!("properties.{m}")).is_some())
        {
            return;
        }
        let one;
        let configurations = match document.get(row.list) {
            _ if row.list.is_empty() => {
                one = document.get("properties").cloned();
                one.as_slice()
            }
            Some(value) => match value.as_slice() {
                Some(items) => items,
                None => std::slice::from_ref(value),
            },
            None => return,
        };
        for configuration in configurations {
            let share = Share::fixed(document.name(), row.addresses);
            let before = self.list.len();
            self.add(document, row.kind, configuration, row.subnet, share);
            if let Some(consumer) = self.list.get_mut(before) {
                consumer.longest = row.longest;
            }
        }
    }

    /// One address an instance, at most as many as autoscaling allows (v2 without a maximum: 10).
    fn application_gateway(&mut self, document: &Document) {
        let body = &document.body;
        let scale = "properties.autoscaleConfiguration";
        let (min, max) = (
            read::number(body, &format!("{scale}.minCapacity")),
            read::number(body, &format!("{scale}.maxCapacity")),
        );
        let fixed = read::number(body, "properties.sku.capacity");
        let instances = |n: Option<&u32>, default: u32| u64::from(n.copied().unwrap_or(default));
        let (steady, most, unknown) = if document.get(scale).is_some() {
            let least = instances(min.get(), 0);
            (least, instances(max.get(), 10).max(least), max.reason().or(min.reason()))
        } else {
            let n = instances(fixed.get(), 1);
            (n, n, fixed.reason())
        };
        let unknown = unknown.map(|why| format!("instances of {}: {why}", document.label()));
        let share =
            Share { nodes: Stages { steady, max: most, peak: most }, ..Share::fixed(document.name(), 0) };
        for configuration in document.items("properties.gatewayIPConfigurations") {
            let before = self.list.len();
            self.add(document, "application_gateway", configuration, SUBNET_ID, share.clone());
            if let Some(consumer) = self.list.get_mut(before).filter(|_| unknown.is_some()) {
                consumer.high = Some(Share::fixed(document.name(), 125));
                consumer.unknown = unknown.clone();
            }
        }
        for link in document.items("properties.privateLinkConfigurations") {
            for configuration in
                get(link, "properties.ipConfigurations").and_then(Value::as_slice).unwrap_or_default()
            {
                let share = Share::fixed(document.name(), 1);
                self.add(document, "application_gateway_private_link", configuration, SUBNET_ID, share);
            }
        }
    }

    fn private_endpoint(&mut self, estate: &Estate, document: &Document) {
        let lists =
            ["properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"];
        let connections = || lists.iter().flat_map(|l| document.items(l));
        let target = connections().map(|c| read::text(c, "properties.privateLinkServiceId")).next();
        let groups = connections().filter_map(|c| get(c, "properties.groupIds")?.as_slice()).flatten();
        let groups: Vec<&str> = groups.filter_map(Value::as_str).collect();
        let id = target.as_ref().and_then(|t| t.get()).map(|t| ResourceId::new(t.as_str()));
        let registry_id =
            id.filter(|id| id.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(types::REGISTRY)));
        let is_registry = registry_id.is_some() || groups.iter().any(|g| g.eq_ignore_ascii_case("registry"));
        let before = self.list.len();
        let plain = groups.len().max(1) as u64;
        if !is_registry {
            self.add(
                document,
                "private_endpoint",
                &document.body,
                SUBNET_ID,
                Share::fixed(document.name(), plain),
            );
            return;
        }
        let known = registry_id.as_ref().and_then(|id| estate.by_id(id)).map(|r| registry_regions(estate, r));
        let (regions, unknown) = match known {
            Some((regions, unknown)) => (regions, unknown),
            None => (1, Some("the registry's replicas are not declared here".to_owned())),
        };
        let share = Share::fixed(document.name(), registry_endpoint_ips(regions, false));
        self.add(document, "private_endpoint", &document.body, SUBNET_ID, share);
        if let Some(consumer) = self.list.get_mut(before).filter(|_| unknown.is_some()) {
            consumer.high = None;
            consumer.unknown = unknown.map(|why| format!("addresses of {}: {why}", document.label()));
        }
    }

    /// A scale set of the user's own; those of AKS are counted as pools.
    fn scale_set(&mut self, document: &Document) {
        let of_aks = document
            .get("tags")
            .and_then(Value::as_map)
            .is_some_and(|tags| tags.keys().any(|k| k.to_ascii_lowercase().starts_with("aks-managed")));
        if of_aks {
            return;
        }
        let capacity = read::number(&document.body, "sku.capacity");
        let instances = u64::from(capacity.get().copied().unwrap_or(1));
        let path = "properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations";
        for interface in document.items(path) {
            for configuration in
                get(interface, "properties.ipConfigurations").and_then(Value::as_slice).unwrap_or_default()
            {
                let before = self.list.len();
                self.add(
                    document,
                    "scale_set",
                    configuration,
                    SUBNET_ID,
                    Share::fixed(document.name(), instances),
                );
                if let Some(consumer) = self.list.get_mut(before).filter(|_| capacity.reason().is_some()) {
                    consumer.high = None;
                    consumer.unknown = capacity.reason().map(str::to_owned);
                }
            }
        }
    }

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
        let mut place =
            |field: &read::Field<String>, kind, low: Share, high: Option<Share>| match &field.known {
                Known::Is(id) => {
                    let subnet = self.topology.subnet(id);
                    self.list.push(Consumer {
                        subnet,
                        kind,
                        address: pool.address.clone(),
                        unknown: unknown.clone().filter(|_| high.as_ref() != Some(&low)),
                        low,
                        high,
                        longest: None,
                        block: pool.block,
                        used: field.used,
                        pool: Some((at, number)),
                        cluster: Some(at),
                    });
                }
                Known::Unknown(why) => {
                    self.gaps.push(format!(
                        "the subnet of pool `{}` ({}) is not known: {why}",
                        pool.name, pool.address
                    ));
                }
                Known::Absent => {}
            };
        place(
            &pool.subnet,
            "node_pool",
            bounds.low.node_share(&pool.name),
            high.map(|h| h.node_share(&pool.name)),
        );
        if let Some(low) = bounds.low.pod_share(&pool.name) {
            place(&pool.pod_subnet, "pod_pool", low, high.and_then(|h| h.pod_share(&pool.name)));
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

/// The regions that hold a registry, the home region included, and why that may be too few.
fn registry_regions(estate: &Estate, registry: &Document) -> (u64, Option<String>) {
    let kind = "Microsoft.ContainerRegistry/registries/replications";
    let home = registry.str("location").map(|l| l.replace(' ', "").to_ascii_lowercase());
    let place = |d: &Document| d.str("location").map(|l| l.replace(' ', "").to_ascii_lowercase());
    // Azure lists the home region among the replications, Terraform does not.
    let others =
        estate.children(&registry.id, kind).filter(|d| home.is_none() || place(d) != home).count() as u64;
    let declared = registry.declared.as_ref();
    let unknown = declared
        .and_then(|d| catalogue::declared(&d.attributes, "georeplications"))
        .filter(|v| v.is_unknown())
        .map(|_| "the registry's replicas are not known".to_owned());
    (1 + others, unknown)
}
