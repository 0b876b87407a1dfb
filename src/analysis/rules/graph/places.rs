//! What stands in which subnet, and which groups, tables and gateways are attached where.

use std::collections::HashMap;

use super::{Graph, Link};
use crate::analysis::rules::Truth;
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

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

/// Associations with a group, a table or a gateway: kind, Terraform type, ARM type and argument of the host.
const ASSOCIATIONS: [(Attachment, &str, &str, &str); 4] = [
    (Attachment::Group, "azurerm_subnet_network_security_group_association", types::SUBNET, "subnet_id"),
    (
        Attachment::Group,
        "azurerm_network_interface_security_group_association",
        types::NIC,
        "network_interface_id",
    ),
    (Attachment::Table, "azurerm_subnet_route_table_association", types::SUBNET, "subnet_id"),
    (Attachment::Nat, "azurerm_subnet_nat_gateway_association", types::SUBNET, "subnet_id"),
];

/// Types whose resources name by an argument what they belong to.
const OWNED: [&str; 8] = [
    types::SUBNET,
    types::PEERING,
    types::ROUTE,
    types::NSG_RULE,
    types::POOL,
    types::ACCESS_POLICY,
    types::ZONE_LINK,
    super::principals::CREDENTIAL,
];
/// Those arguments.
const OWNERS: [&str; 11] = [
    "virtual_network_name",
    "virtual_network_id",
    "route_table_name",
    "network_security_group_name",
    "kubernetes_cluster_id",
    "key_vault_id",
    "user_assigned_identity_id",
    "private_dns_zone_name",
    "private_dns_zone_id",
    "parent_id",
    "resource_group_name",
];

/// The index.
#[derive(Default)]
pub struct Places<'a> {
    tenants: HashMap<String, Vec<(Tenant, Option<&'a Document>)>>,
    attached: HashMap<(Attachment, String), Vec<&'a Document>>,
    /// Attached to something outside this root.
    elsewhere: HashMap<Attachment, Vec<String>>,
    unknown: HashMap<Attachment, String>,
    /// What an association says that does not know its host, by the kind and the host's type.
    homeless: HashMap<(Attachment, &'static str), &'a Value>,
    /// Why a resource of a type may belong to anything.
    strays: HashMap<&'static str, String>,
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

impl<'a> Graph<'a> {
    /// The id of what a subnet or a network interface is attached to. Unknown where nothing says so, but an
    /// association of the root does not know whom it is about.
    pub fn attached<'h>(&self, host: &'h Document, kind: Attachment) -> Option<&'h Value>
    where
        'a: 'h,
    {
        let (_, path, _) = ATTACHMENTS.iter().find(|(k, ..)| *k == kind)?;
        let stray = || {
            let homeless = self.places().homeless.iter();
            let mut homeless = homeless.filter(|((of, arm_type), _)| *of == kind && host.is(arm_type));
            homeless.next().map(|(_, value)| *value).filter(|_| host.declared.is_some())
        };
        host.get(path).or_else(stray)
    }

    /// Why a resource of a type may belong to anything of this root: one of them does not know to what.
    pub fn stray(&self, arm_type: &str) -> Option<&str> {
        self.places().strays.get(arm_type).map(String::as_str)
    }
}

/// Why a resource may belong to anything: what it belongs to is not one of this root as far as is known, and an
/// argument that names it is not known, and is no data source's.
fn stray(graph: &Graph<'_>, document: &Document) -> Option<String> {
    let declared = document.declared.as_ref().filter(|d| d.inline.is_empty())?;
    let parent = document.id.parent().filter(|parent| parent.as_str().contains('<'))?;
    if graph.estate.by_id(&parent).is_some() {
        return None;
    }
    let config = &declared.instance.config;
    let unknown = OWNERS.iter().filter_map(|name| config.get(name)).find(|value| may_be_any(value))?;
    Some(format!("{}: {}", declared.address, unknown.as_unknown()?.reason))
}

/// True for a value that may be the id of anything of this root: no data source's.
fn may_be_any(value: &Value) -> bool {
    value
        .as_unknown()
        .is_some_and(|u| !matches!(u.reason, Reason::Failed | Reason::Data { derived: false, .. }))
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
    for arm_type in OWNED {
        let why = graph.of_type(arm_type).find_map(|d| stray(graph, d));
        places.strays.extend(why.map(|why| (arm_type, why)));
    }
    // Associations whose subnet is not one of this root.
    for association in graph.estate.associations.iter() {
        let of_type = |(_, name, ..): &&(_, &str, _, _)| *name == &*association.declared.address.type_name;
        if let (None, Some((kind, _, host, argument))) =
            (&association.host, ASSOCIATIONS.iter().find(of_type))
            && let Some(value) = association.declared.instance.config.get(argument).filter(|v| may_be_any(v))
        {
            places.homeless.entry((*kind, host)).or_insert(value);
        }
        let hosted = association.host.as_ref().is_some_and(|id| graph.estate.by_id(id).is_some());
        for (kind, _, argument) in ATTACHMENTS.iter().filter(|_| !hosted) {
            let value = association.declared.instance.config.get(argument);
            places.attach(*kind, &graph.link(value), value, None);
        }
    }
    places
}
