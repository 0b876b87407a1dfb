//! Who stands in which subnet: pools of clusters, and every other resource that takes addresses.
//!
//! What takes one address per configuration is a row of a table; what needs arithmetic stands in
//! `services` and `clusters`, what has no document in `declared`.

use super::read::{self, Known};
use super::topology::{MANY, Topology, block, is_many};
use crate::analysis::network::demand::Share;
use crate::azure::estate::{Document, Estate};
use crate::azure::types;
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

/// Its nodes and pods are Azure's to number, in subnets that the model does not follow.
const AUTOMATIC: &str = "azurerm_kubernetes_automatic_cluster";

/// azurerm types without a place in the model that take addresses of a subnet: they are named as gaps.
const NOT_MODELLED: &[&str] = &[
    "azurerm_api_management",
    "azurerm_application_load_balancer_subnet_association",
    "azurerm_app_service_virtual_network_swift_connection",
    "azurerm_container_app_environment",
    "azurerm_container_group",
    "azurerm_hdinsight_hadoop_cluster",
    "azurerm_lb",
    "azurerm_mssql_managed_instance",
    "azurerm_network_interface",
    "azurerm_private_dns_resolver_inbound_endpoint",
    "azurerm_private_dns_resolver_outbound_endpoint",
    "azurerm_private_link_service",
    "azurerm_redis_cache",
    "azurerm_virtual_network_gateway",
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
    pub(super) fn add(
        &mut self,
        document: &Document,
        kind: &'static str,
        subnet: &Value,
        path: &str,
        share: Share,
    ) {
        let place = read::text(subnet, path);
        match &place.known {
            Known::Is(id) => {
                let subnet = self.topology.subnet(id);
                let many = document.declared.as_ref().is_some_and(|d| is_many(&d.address));
                self.list.push(Consumer {
                    subnet,
                    kind,
                    address: document.label(),
                    low: if many { share.none() } else { share.clone() },
                    high: Some(share).filter(|_| !many),
                    unknown: many.then(|| MANY.to_owned()),
                    longest: None,
                    block: block(document),
                    used: place.used,
                    pool: None,
                    cluster: None,
                });
            }
            Known::Unknown(why) => {
                let (address, block) = (document.label(), block(document));
                self.somewhere(kind, address, document.name(), why, place.of.as_deref(), block, place.used);
            }
            Known::Absent => {}
        }
    }

    /// A consumer whose subnet is not known. When its id is made from that of a subnet or a network,
    /// it may stand there: those subnets cannot be said to suffice.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn somewhere(
        &mut self,
        kind: &'static str,
        address: String,
        name: &str,
        why: &str,
        of: Option<&str>,
        block: Option<Span>,
        used: Option<Span>,
    ) {
        let unknown = format!("{name} may stand here: its subnet is not known ({why})");
        for subnet in of.map(|of| self.topology.candidates(of)).unwrap_or_default() {
            self.list.push(Consumer {
                subnet,
                kind,
                address: address.clone(),
                low: Share::fixed(name, 0),
                high: None,
                unknown: Some(unknown.clone()),
                longest: None,
                block,
                used,
                pool: None,
                cluster: None,
            });
        }
        self.gaps.push(format!("the subnet of {name} ({address}) is not known: {why}"));
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
            }
        }
        for document in estate.of_type("Microsoft.Compute/virtualMachineScaleSets") {
            self.scale_set(document);
        }
    }

    /// Names what takes addresses and is neither in the model nor among the types that were read.
    pub(super) fn not_counted(&mut self, estate: &Estate, read: &[&str]) {
        let takes = |name: &str| NOT_MODELLED.contains(&name) && !read.contains(&name);
        for (name, count) in estate.untranslated.iter().filter(|(n, _)| takes(n)) {
            self.gaps.push(format!("{count} {name} may take addresses that are not counted"));
        }
        let declared = estate.iter().filter_map(|d| d.declared.as_ref());
        let count = declared.filter(|d| &*d.address.type_name == AUTOMATIC && d.inline.is_empty()).count();
        if count > 0 {
            self.gaps.push(format!("{count} {AUTOMATIC} may take addresses that are not counted"));
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
}
