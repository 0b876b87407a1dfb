//! What stands in which subnet, and which groups, tables and gateways are attached where.

use std::collections::HashMap;

use super::{Graph, Link};
use crate::analysis::rules::Truth;
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Scale sets, whose networks the model does not have.
pub(in crate::analysis::rules) const SCALE_SETS: [&str; 3] = [
    "azurerm_linux_virtual_machine_scale_set",
    "azurerm_windows_virtual_machine_scale_set",
    "azurerm_orchestrated_virtual_machine_scale_set",
];

/// ARM types with a list of configurations that each name a subnet, and what a tenant of it is.
const CONFIGURED: [(&str, &str, Tenant); 7] = [
    (types::NIC, "properties.ipConfigurations", Tenant::Interface),
    (types::APPLICATION_GATEWAY, "properties.gatewayIPConfigurations", Tenant::ApplicationGateway),
    (types::LOAD_BALANCER, "properties.frontendIPConfigurations", Tenant::LoadBalancer),
    (types::FIREWALL, "properties.ipConfigurations", Tenant::Firewall),
    (types::BASTION, "properties.ipConfigurations", Tenant::Bastion),
    ("Microsoft.Network/virtualNetworkGateways", "properties.ipConfigurations", Tenant::NetworkGateway),
    (types::PRIVATE_ENDPOINT, "", Tenant::PrivateEndpoint),
];

/// ARM types with a subnet at a path.
const PLACED: [(&str, &str, Tenant); 5] = [
    (types::POOL, "properties.vnetSubnetID", Tenant::Nodes),
    (types::POOL, "properties.podSubnetID", Tenant::Nodes),
    (types::CLUSTER, "properties.apiServerAccessProfile.subnetId", Tenant::ApiServer),
    ("Microsoft.RedHatOpenShift/openShiftClusters", "properties.masterProfile.subnetId", Tenant::OpenShift),
    ("Microsoft.RedHatOpenShift/openShiftClusters", "properties.workerProfiles.subnetId", Tenant::OpenShift),
];

/// What stands in a subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant {
    /// Nodes or pods of an AKS pool.
    Nodes,
    /// The API server of an AKS cluster.
    ApiServer,
    /// An OpenShift cluster.
    OpenShift,
    /// A network interface of a machine.
    Interface,
    /// A scale set.
    ScaleSet,
    /// An internal load balancer.
    LoadBalancer,
    /// An application gateway.
    ApplicationGateway,
    /// An Azure Firewall.
    Firewall,
    /// A Bastion host.
    Bastion,
    /// A VPN or ExpressRoute gateway.
    NetworkGateway,
    /// A private endpoint.
    PrivateEndpoint,
}

/// What subnets and network interfaces are attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Attachment {
    /// A network security group.
    Group,
    /// A route table.
    Table,
    /// A NAT gateway.
    Nat,
}

/// Where attachments stand: kind, path in the ARM document, argument of the associations.
const ATTACHMENTS: [(Attachment, &str, &str); 3] = [
    (Attachment::Group, "properties.networkSecurityGroup.id", "network_security_group_id"),
    (Attachment::Table, "properties.routeTable.id", "route_table_id"),
    (Attachment::Nat, "properties.natGateway.id", "nat_gateway_id"),
];

/// The index.
#[derive(Default)]
pub struct Places<'a> {
    tenants: HashMap<String, Vec<(Tenant, Option<&'a Document>)>>,
    attached: HashMap<(Attachment, String), Vec<&'a Document>>,
    /// Attached to something outside this root.
    elsewhere: HashMap<Attachment, Vec<String>>,
    unknown: HashMap<Attachment, String>,
}

impl<'a> Places<'a> {
    /// What stands in a subnet.
    pub fn tenants(&self, subnet: &ResourceId) -> impl Iterator<Item = Tenant> + '_ {
        self.of(subnet).iter().map(|(tenant, _)| *tenant)
    }

    /// The documents of one kind that stand in a subnet.
    pub fn all_of(&self, subnet: &ResourceId, kind: Tenant) -> impl Iterator<Item = &'a Document> + '_ {
        self.of(subnet).iter().filter(move |(tenant, _)| *tenant == kind).filter_map(|(_, d)| *d)
    }

    fn of(&self, subnet: &ResourceId) -> &[(Tenant, Option<&'a Document>)] {
        self.tenants.get(&subnet.key()).map(Vec::as_slice).unwrap_or_default()
    }

    /// True when one of these kinds stands in a subnet.
    pub fn has(&self, subnet: &ResourceId, kinds: &[Tenant]) -> bool {
        self.tenants(subnet).any(|t| kinds.contains(&t))
    }

    /// Subnets and network interfaces that are attached to something.
    pub fn attached(&self, kind: Attachment, to: &ResourceId) -> &[&'a Document] {
        self.attached.get(&(kind, to.key())).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether something is attached to it; an attachment that is not known may be to it.
    pub fn is_attached(&self, kind: Attachment, to: &ResourceId) -> Truth {
        let elsewhere = self.elsewhere.get(&kind).is_some_and(|all| all.contains(&to.key()));
        if elsewhere || !self.attached(kind, to).is_empty() {
            return Truth::Yes;
        }
        self.unknown.get(&kind).map_or(Truth::No, |why| Truth::Unknown(why.clone()))
    }

    fn add(
        &mut self,
        graph: &Graph<'a>,
        subnet: Option<&Value>,
        tenant: Tenant,
        document: Option<&'a Document>,
    ) {
        if let Some(id) = graph.id(subnet) {
            self.tenants.entry(id.key()).or_default().push((tenant, document));
        }
    }

    fn attach(
        &mut self,
        kind: Attachment,
        link: &Link<'a>,
        value: Option<&Value>,
        host: Option<&'a Document>,
    ) {
        match link {
            Link::To(to) => match host {
                Some(host) => self.attached.entry((kind, to.id.key())).or_default().push(host),
                None => self.elsewhere.entry(kind).or_default().push(to.id.key()),
            },
            Link::Outside(_) => {
                if let (Some(id), Some(host)) = (value.and_then(Value::as_str), host) {
                    self.attached.entry((kind, ResourceId::new(id).key())).or_default().push(host);
                }
            }
            Link::Unknown(why) => drop(self.unknown.entry(kind).or_insert_with(|| why.clone())),
            Link::None => {}
        }
    }
}

/// Reads the index.
pub(super) fn read<'a>(graph: &Graph<'a>) -> Places<'a> {
    let mut places = Places::default();
    for (arm_type, list, tenant) in CONFIGURED {
        for document in graph.of_type(arm_type) {
            if list.is_empty() {
                places.add(graph, document.get("properties.subnet.id"), tenant, Some(document));
            }
            for configuration in document.items(list) {
                places.add(graph, get(configuration, "properties.subnet.id"), tenant, Some(document));
            }
        }
    }
    for (arm_type, path, tenant) in PLACED {
        for document in graph.of_type(arm_type) {
            places.add(graph, document.get(path), tenant, Some(document));
        }
    }
    for set in SCALE_SETS.iter().flat_map(|name| graph.instances(name)) {
        let cards = set.config.get("network_interface").and_then(Value::as_slice).unwrap_or_default();
        for card in cards {
            let group = card.get("network_security_group_id");
            places.attach(Attachment::Group, &graph.link(group), group, None);
            let configurations = card.get("ip_configuration").and_then(Value::as_slice).unwrap_or_default();
            for configuration in configurations {
                places.add(graph, configuration.get("subnet_id"), Tenant::ScaleSet, None);
            }
        }
    }
    for document in graph.of_type(types::SUBNET).chain(graph.of_type(types::NIC)) {
        for (kind, path, _) in ATTACHMENTS {
            let value = document.get(path);
            places.attach(kind, &graph.link(value), value, Some(document));
        }
    }
    // Associations whose subnet is not one of this root.
    for association in graph.estate.associations.iter() {
        let hosted = association.host.as_ref().is_some_and(|id| graph.estate.by_id(id).is_some());
        for (kind, _, argument) in ATTACHMENTS.iter().filter(|_| !hosted) {
            let value = association.declared.instance.config.get(argument);
            places.attach(*kind, &graph.link(value), value, None);
        }
    }
    places
}
