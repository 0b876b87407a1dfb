//! What is live, belongs to what the code manages, and is declared nowhere. Whatever Azure makes by
//! itself is left out: a detector that reports it is switched off.

use std::collections::BTreeSet;

use super::live::Live;
use super::report::ResourceDrift;
use crate::azure::catalogue;
use crate::azure::estate::{Document, Estate, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Extension resources: they belong to the resource whose id they follow.
const EXTENSIONS: [&str; 2] = [types::ROLE_ASSIGNMENT, types::DIAGNOSTICS];

/// Live resources in the declared resource groups, and on or below declared resources, that nothing
/// declares. `claimed` are the ids of live documents that a declared resource was compared with.
pub(super) fn unmanaged(
    declared: &Estate,
    live: &Live<'_>,
    claimed: &BTreeSet<String>,
) -> Vec<ResourceDrift> {
    let own = Own::new(declared, live);
    let documents = live
        .estate
        .iter()
        .filter(|d| !claimed.contains(&d.id.key()) && !own.ids.contains(&d.id.key()))
        .filter(|d| d.is(types::ACCESS_POLICY) || catalogue::by_arm_type(&d.arm_type).is_some())
        .filter(|d| own.holds(d) && !own.made_by_azure(d))
        .map(|d| ResourceDrift::unmanaged(d.id.as_str(), &d.arm_type));
    documents.chain(attached(declared, live)).collect()
}

/// Associations that are members of a list of their host: `(ARM type of the host, association)`.
const ATTACHED: [(&str, &str); 2] = [
    ("Microsoft.Network/natGateways", "azurerm_nat_gateway_public_ip_association"),
    ("Microsoft.Network/natGateways", "azurerm_nat_gateway_public_ip_prefix_association"),
];

/// Members of such lists that no association declares, under the id that Terraform gives them.
fn attached(declared: &Estate, live: &Live<'_>) -> Vec<ResourceDrift> {
    let mut out = Vec::new();
    for (host_type, name) in ATTACHED {
        let synthetic = catalogue::resource(name).and_then(|t| t.synthetic.as_ref());
        let Some((list, member)) = synthetic.and_then(|s| Some((s.list.as_ref()?, s.member.first()?))) else {
            continue;
        };
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        let mut open: BTreeSet<String> = BTreeSet::new();
        for association in declared.associations.iter().filter(|a| &*a.declared.address.type_name == name) {
            let Some(host) = association.host.as_ref().map(|h| live.id(h).key()) else { return out };
            match association.declared.attributes.get(member.0).and_then(Value::as_str) {
                Some(id) => known.insert((host, live.id(&ResourceId::new(id)).key())),
                None => open.insert(host),
            };
        }
        for host in declared.of_type(host_type).filter_map(|d| live.estate.by_id(&live.id(&d.id))) {
            let items = host.items(list.text).iter().filter_map(|i| get(i, member.1.text)?.as_str());
            let extra = items.filter(|id| {
                !open.contains(&host.id.key())
                    && !known.contains(&(host.id.key(), ResourceId::new(*id).key()))
            });
            out.extend(extra.map(|id| ResourceDrift::unmanaged(&format!("{}|{id}", host.id), name)));
        }
    }
    out
}

/// What the code manages.
struct Own {
    ids: BTreeSet<String>,
    groups: BTreeSet<String>,
    node_groups: BTreeSet<String>,
    /// Parents whose children are declared inline, with the ARM type of the children: a child more
    /// is a difference of the parent.
    inline: BTreeSet<(String, String)>,
    /// Collections in which something is declared whose name is not known: `ID/subnets`. What is live there
    /// may be that.
    open: BTreeSet<String>,
}

/// Blocks that own all children of a type as soon as they are written, even empty.
const BLOCKS: [(&str, &str); 4] = [
    ("subnet", types::SUBNET),
    ("security_rule", types::NSG_RULE),
    ("route", types::ROUTE),
    ("access_policy", types::ACCESS_POLICY),
];

impl Own {
    fn new(declared: &Estate, live: &Live<'_>) -> Own {
        let ids = declared.iter().map(|d| live.id(&d.id).key()).collect();
        let is_group = |d: &&Document| d.is("Microsoft.Resources/resourceGroups");
        let groups = declared.iter().filter(is_group).map(|d| live.id(&d.id).key()).collect();
        let node_groups = live
            .estate
            .iter()
            .filter_map(|d| {
                d.str("properties.nodeResourceGroup")
                    .or_else(|| d.str("properties.clusterProfile.resourceGroupId"))
            })
            .map(|g| g.rsplit('/').next().unwrap_or(g).to_ascii_lowercase())
            .collect();
        let mut inline: BTreeSet<(String, String)> = declared
            .iter()
            .filter(|d| d.declared.as_ref().is_some_and(|s| !s.inline.is_empty()) && !d.is(types::POOL))
            .filter_map(|d| Some((live.id(&d.id.parent()?).key(), d.arm_type.to_ascii_lowercase())))
            .collect();
        let mut open = BTreeSet::new();
        for document in declared.iter() {
            let id = live.id(&document.id);
            let written = document.declared.as_ref().filter(|d| d.inline.is_empty()).map(|d| &d.attributes);
            for (block, arm_type) in BLOCKS {
                if written.and_then(|w| w.get(block)).is_some_and(|v| !v.is_null()) {
                    inline.insert((id.key(), arm_type.to_ascii_lowercase()));
                }
            }
            if let Some((collection, name)) = id.key().rsplit_once('/')
                && name.contains('<')
            {
                open.insert(collection.to_owned());
            }
        }
        Own { ids, groups, node_groups, inline, open }
    }

    /// True for a resource in a declared group, or on or below a declared resource.
    fn holds(&self, document: &Document) -> bool {
        let key = document.id.key();
        if EXTENSIONS.iter().any(|e| document.is(e)) {
            let scope = key.rfind("/providers/").map(|at| key[..at].to_owned()).unwrap_or_default();
            return self.ids.contains(&scope);
        }
        if key.rsplit_once('/').is_some_and(|(collection, _)| self.open.contains(collection)) {
            return false;
        }
        let parent = document.id.parent().map(|p| p.key());
        if parent
            .as_ref()
            .is_some_and(|p| self.inline.contains(&(p.clone(), document.arm_type.to_ascii_lowercase())))
        {
            return false;
        }
        let is_child = document.arm_type.matches('/').count() > 1;
        if is_child {
            return parent.is_some_and(|p| self.ids.contains(&p));
        }
        group_of(&document.id).is_some_and(|g| self.groups.contains(&g))
    }

    fn made_by_azure(&self, document: &Document) -> bool {
        let group = document.id.resource_group().unwrap_or_default().to_ascii_lowercase();
        let name = document.name().to_ascii_lowercase();
        self.node_groups.contains(&group)
            || self.node_groups.contains(&name)
            || group == "networkwatcherrg"
            || document.str("managedBy").is_some()
            || is_endpoint_interface(document)
            || group.starts_with("defaultresourcegroup-")
            || name.ends_with(".azmk8s.io")
                && name.starts_with("privatelink.")
                && name.matches('.').count() == 3
                && document.str("tags.aks-managed").is_some()
    }
}

/// True for the network interface of a private endpoint or of a private link service.
fn is_endpoint_interface(document: &Document) -> bool {
    document.is("Microsoft.Network/networkInterfaces")
        && ["properties.privateEndpoint.id", "properties.privateLinkService.id"]
            .iter()
            .any(|p| document.str(p).is_some())
}

/// The id of a resource's group, in lower case.
fn group_of(id: &ResourceId) -> Option<String> {
    let key = id.key();
    let mut parts = key.splitn(6, '/');
    let (_, a, b, c, d) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (a == "subscriptions" && c == "resourcegroups").then(|| format!("/{a}/{b}/{c}/{d}"))
}
