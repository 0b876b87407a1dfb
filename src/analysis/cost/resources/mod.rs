//! One file a resource type: from the attributes of a document to quantities, and from quantities to
//! meters. The table at the end of this file says which types are priced; [`free`] which cost nothing.

mod application_gateway;
mod bastion;
pub(super) mod container_registry;
mod defender;
pub(super) mod disk;
mod dns_zone;
mod firewall;
mod flat;
mod free;
mod key_vault;
pub(super) mod load_balancer;
mod log_analytics;
pub(super) mod machine;
pub(super) mod managed_cluster;
mod monitor;
pub(super) mod nat_gateway;
pub(super) mod node_pool;
mod openshift;
mod peering;
mod private_endpoint;
pub(super) mod public_ip;
mod storage;
mod virtual_machine;
mod vpn_gateway;

use std::collections::{BTreeMap, HashMap};

use super::attributes::{self, Gap};
use super::bill::Bill;
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::azure::regions;

pub(super) use free::{is_free, is_free_terraform};
pub(super) use load_balancer::live_rules;
pub(super) use log_analytics::live_ingestion;

/// An estate with the look-ups that estimators share.
pub(super) struct Context<'a> {
    pub estate: &'a Estate,
    /// See [`super::Options::observed`].
    observed: &'a BTreeMap<String, i64>,
    children: HashMap<String, Vec<&'a Document>>,
    /// The resource groups that clusters fill with resources of their own, and their owners.
    managed_groups: HashMap<String, &'a Document>,
}

/// How far a location is inherited: a child of a child of a child.
const MAX_PARENTS: usize = 4;

impl<'a> Context<'a> {
    pub(super) fn new(estate: &'a Estate, observed: &'a BTreeMap<String, i64>) -> Context<'a> {
        let mut children: HashMap<String, Vec<&Document>> = HashMap::new();
        let mut managed_groups = HashMap::new();
        for doc in estate.iter() {
            if let Some(parent) = doc.id.parent() {
                children.entry(parent.key()).or_default().push(doc);
            }
            let group = if doc.is(managed_cluster::TYPE) {
                doc.str("properties.nodeResourceGroup")
            } else if doc.is(openshift::TYPE) {
                doc.str("properties.clusterProfile.resourceGroupId").and_then(|id| id.rsplit('/').next())
            } else {
                None
            };
            if let (Some(group), Some(subscription)) = (group, doc.id.subscription()) {
                managed_groups.insert(format!("{subscription}/{group}").to_ascii_lowercase(), doc);
            }
        }
        Context { estate, observed, children, managed_groups }
    }

    /// Documents of a type directly below another.
    pub(super) fn children(&self, parent: &Document, arm_type: &str) -> impl Iterator<Item = &'a Document> {
        let all = self.children.get(&parent.id.key()).map(Vec::as_slice).unwrap_or_default();
        all.iter().copied().filter(move |d| d.is(arm_type))
    }

    /// How many nodes a pool, or rules a cluster's load balancer, has now, or bytes a workspace takes in a day,
    /// when Azure was asked.
    pub(super) fn observed(&self, doc: &Document) -> Option<i64> {
        self.observed.get(&doc.id.key()).copied()
    }

    /// The document directly above another.
    pub(super) fn parent(&self, doc: &Document) -> Option<&'a Document> {
        self.estate.by_id(&doc.id.parent()?)
    }

    /// The cluster whose managed resource group holds a resource: its estimate covers it already.
    pub(super) fn owner(&self, doc: &Document) -> Option<&'a Document> {
        let key = format!("{}/{}", doc.id.subscription()?, doc.id.resource_group()?).to_ascii_lowercase();
        self.managed_groups.get(&key).copied().filter(|o| o.id != doc.id)
    }

    /// What a document that extends another one extends.
    pub(super) fn watched(&self, doc: &Document) -> Option<&'a Document> {
        let at = doc.id.key().rfind("/providers/")?;
        self.estate.by_id(&ResourceId::new(doc.id.as_str().get(..at)?))
    }

    /// The resource group of a document.
    pub(super) fn group(&self, doc: &Document) -> Option<&'a Document> {
        let (subscription, group) = (doc.id.subscription()?, doc.id.resource_group()?);
        self.estate.by_id(&ResourceId::new(format!("/subscriptions/{subscription}/resourceGroups/{group}")))
    }

    /// The region of a document: its own, or that of what it belongs to.
    pub(super) fn region(&self, doc: &Document) -> Result<&'static str, Gap> {
        let mut at = doc;
        for _ in 0..=MAX_PARENTS {
            if let Some(location) = attributes::text(&at.body, "location")? {
                let known = regions::region(location).map(|r| r.id);
                return known.ok_or_else(|| format!("{location} is not a known Azure region"));
            }
            at = match self.parent(at) {
                Some(parent) => parent,
                None => break,
            };
        }
        Err("its location is not set, and what it belongs to is not in the estate".to_owned())
    }
}

/// An estimator: adds a document's components to a bill. The error is why nothing of it can be priced.
pub(super) type Estimator = fn(&Context<'_>, &Document, &mut Bill<'_>) -> Result<(), Gap>;

/// The types that are priced.
const ESTIMATORS: &[(&str, Estimator)] = &[
    (managed_cluster::TYPE, managed_cluster::estimate),
    (node_pool::TYPE, node_pool::estimate),
    (openshift::TYPE, openshift::estimate),
    ("Microsoft.Compute/disks", disk::estimate),
    ("Microsoft.Compute/snapshots", storage::estimate_snapshot),
    ("Microsoft.Compute/virtualMachineScaleSets", virtual_machine::estimate_scale_set),
    ("Microsoft.Compute/virtualMachines", virtual_machine::estimate),
    ("Microsoft.ContainerRegistry/registries", container_registry::estimate),
    (container_registry::REPLICATION, container_registry::estimate_replication),
    ("Microsoft.Insights/diagnosticSettings", monitor::estimate_setting),
    ("Microsoft.KeyVault/vaults", key_vault::estimate),
    ("Microsoft.KeyVault/vaults/keys", key_vault::estimate_key),
    (monitor::WORKSPACE, monitor::estimate_workspace),
    ("Microsoft.Network/applicationGateways", application_gateway::estimate),
    ("Microsoft.Network/azureFirewalls", firewall::estimate),
    ("Microsoft.Network/bastionHosts", bastion::estimate),
    ("Microsoft.Network/dnsZones", dns_zone::estimate_public),
    ("Microsoft.Network/firewallPolicies", firewall::estimate_policy),
    ("Microsoft.Network/loadBalancers", load_balancer::estimate),
    ("Microsoft.Network/natGateways", nat_gateway::estimate),
    ("Microsoft.Network/privateDnsZones", dns_zone::estimate_private),
    ("Microsoft.Network/privateEndpoints", private_endpoint::estimate),
    ("Microsoft.Network/publicIPAddresses", public_ip::estimate),
    ("Microsoft.Network/publicIPPrefixes", public_ip::estimate_prefix),
    ("Microsoft.Network/virtualNetworkGateways", vpn_gateway::estimate),
    ("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", peering::estimate),
    ("Microsoft.Network/networkWatchers/flowLogs", storage::estimate_flow_log),
    ("Microsoft.OperationalInsights/workspaces", log_analytics::estimate),
    ("Microsoft.OperationsManagement/solutions", monitor::estimate_solution),
    ("Microsoft.Security/pricings", defender::estimate),
    ("Microsoft.Storage/storageAccounts", storage::estimate_account),
];

/// Types that cost something nobody can tell from the code, or that no price list at hand has, and why.
const UNPRICED: &[(&str, &str)] = &[
    ("Microsoft.Dashboard/grafana", "charged by instance and active user: no meter is known"),
    ("Microsoft.Network/expressRouteCircuits", "charged by peering location, bandwidth and plan: not priced"),
    ("Microsoft.Network/expressRoutePorts", "charged by bandwidth and plan: not priced"),
    (
        "Microsoft.ServiceNetworking/trafficControllers",
        "charged by frontend, association and capacity unit: no meter is known",
    ),
];

/// Adds what the usage file says of a Terraform type without a document.
pub(super) fn estimate_terraform(type_name: &str, bill: &mut Bill<'_>) {
    if type_name == "azurerm_key_vault_certificate" {
        key_vault::estimate_certificate(bill);
    }
}

/// Why nothing of a type can be priced, for types that are known to cost something.
pub(super) fn unpriced(arm_type: &str) -> Option<&'static str> {
    UNPRICED.iter().find(|(t, _)| t.eq_ignore_ascii_case(arm_type)).map(|(_, why)| *why)
}

/// The estimator of an ARM type.
pub(super) fn estimator(arm_type: &str) -> Option<Estimator> {
    let found = ESTIMATORS.iter().find(|(t, _)| t.eq_ignore_ascii_case(arm_type)).map(|(_, e)| *e);
    found.or_else(|| flat::knows(arm_type).then_some(flat::estimate as Estimator))
}
