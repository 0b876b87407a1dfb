//! Edges of the network and of diagnostics: subnets, virtual networks, peerings, private endpoints
//! and their zones, diagnostic settings.

use super::mentions::there;
use super::{Graph, Link};
use crate::analysis::rules::Truth;
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Zone groups of private endpoints.
const ZONE_GROUP: &str = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups";
/// Gateways that bring routes or forward names.
const NETWORK_GATEWAY: &str = "Microsoft.Network/virtualNetworkGateways";

/// A private endpoint's way to its target.
pub struct Endpoint<'a> {
    /// The endpoint.
    pub document: &'a Document,
    /// Id of its subnet, when known.
    pub subnet: Option<ResourceId>,
}

impl<'a> Graph<'a> {
    /// The virtual network of a subnet's id.
    pub fn network_of(&self, subnet: &ResourceId) -> Option<ResourceId> {
        let parent = subnet.parent()?;
        parent.as_str().to_ascii_lowercase().contains("/virtualnetworks/").then_some(parent)
    }

    /// The id that a value holds, when it is known.
    pub fn id(&self, value: Option<&Value>) -> Option<ResourceId> {
        match self.link(value) {
            Link::To(document) => Some(document.id.clone()),
            Link::Outside(_) => value?.as_str().map(ResourceId::new),
            _ => None,
        }
    }

    /// Virtual networks that share a peering, in either direction, with this one.
    pub fn peers(&self, network: &ResourceId) -> Vec<ResourceId> {
        let mut found = Vec::new();
        for peering in self.of_type(types::PEERING) {
            let here = peering.id.parent();
            let there = self.id(peering.get("properties.remoteVirtualNetwork.id"));
            match (here, there) {
                (Some(here), Some(there)) if here == *network => found.push(there),
                (Some(here), Some(there)) if there == *network => found.push(here),
                _ => {}
            }
        }
        found
    }

    /// A network that this one is joined with and that is not in this root, or not known, in words: a peering,
    /// or a connection to a virtual hub, behind which may be anything.
    pub fn peer_elsewhere(&self, network: &ResourceId) -> Option<String> {
        for peering in self.of_type(types::PEERING) {
            let value = peering.get("properties.remoteVirtualNetwork.id");
            let here = peering.id.parent();
            match self.link(value) {
                _ if here.as_ref() != Some(network) => {
                    // The other side of a peering: its own network may be one of another root.
                    let there = self.id(value).as_ref() == Some(network);
                    let outside = here.filter(|h| there && self.estate.by_id(h).is_none());
                    if let Some(outside) = outside {
                        return Some(outside.name().to_owned());
                    }
                }
                Link::Outside(what) => return Some(self.id(value).map_or(what, |id| id.name().to_owned())),
                Link::Unknown(why) => return Some(why),
                Link::To(_) | Link::None => {}
            }
        }
        let mut hubs = self.instances("azurerm_virtual_hub_connection");
        let hub =
            hubs.find(|c| self.id(c.config.get("remote_virtual_network_id")).as_ref() == Some(network))?;
        Some(hub.address.to_string())
    }

    /// True when something in one network reaches something in the other: the same, or peered.
    pub fn reaches(&self, from: &ResourceId, to: &ResourceId) -> bool {
        from == to || self.peers(from).contains(to)
    }

    /// Private endpoints whose target is this resource, and whether there may be more.
    pub fn endpoints(&self, target: &ResourceId) -> (Vec<Endpoint<'a>>, Option<String>) {
        let mut found = Vec::new();
        let mut unknown = None;
        for document in self.of_type(types::PRIVATE_ENDPOINT) {
            let connections = ["privateLinkServiceConnections", "manualPrivateLinkServiceConnections"]
                .iter()
                .flat_map(|name| document.items(&format!("properties.{name}")));
            for connection in connections {
                let to = get(connection, "properties.privateLinkServiceId");
                match self.link(to) {
                    Link::Unknown(why) => unknown = Some(why),
                    _ if self.id(to).as_ref() == Some(target) => {
                        let subnet = self.id(document.get("properties.subnet.id"));
                        found.push(Endpoint { document, subnet });
                    }
                    _ => {}
                }
            }
        }
        (found, unknown)
    }

    /// Whether a resource has a private endpoint.
    pub fn has_endpoint(&self, target: &Document) -> Truth {
        match self.endpoints(&target.id) {
            (found, _) if !found.is_empty() => Truth::Yes,
            (_, Some(why)) => Truth::Unknown(why),
            (_, None) => self.closed_world(target, Truth::No),
        }
    }

    /// The zones in which a private endpoint registers its name, as values.
    pub fn zones_of(&self, endpoint: &'a Document) -> Vec<&'a Value> {
        let inline = endpoint.items("properties.privateDnsZoneGroups").iter();
        let inline = inline.filter_map(|g| get(g, "properties.privateDnsZoneConfigs"));
        let children = self.children(&endpoint.id, ZONE_GROUP);
        let children = children.filter_map(|g| g.get("properties.privateDnsZoneConfigs"));
        inline
            .chain(children)
            .filter_map(Value::as_slice)
            .flatten()
            .filter_map(|c| get(c, "properties.privateDnsZoneId"))
            .collect()
    }

    /// The name of the zone that a value refers to, or why it is not known.
    pub fn zone_name(&self, zone: &Value) -> Result<String, String> {
        let name = match self.link(Some(zone)) {
            Link::To(document) => Ok(document.name().to_owned()),
            Link::Outside(_) if zone.as_str().is_some() => {
                Ok(self.id(Some(zone)).map(name).unwrap_or_default())
            }
            Link::Outside(address) => {
                let source = self.instance(&address).and_then(|i| i.config.get("name"));
                source.and_then(Value::as_str).map(str::to_owned).ok_or(address)
            }
            Link::Unknown(why) => Err(why),
            Link::None => Err("no zone is named".to_owned()),
        }?;
        // The id of a zone whose name is not known says which resource it is.
        match name.strip_prefix('<').and_then(|n| n.strip_suffix('>')) {
            Some(address) => Err(format!("the name of {address} is not known")),
            None => Ok(name),
        }
    }

    /// Whether two references lead to the same thing.
    pub fn same(&self, a: &Value, b: &Value) -> Truth {
        if let (Some(a), Some(b)) = (self.id(Some(a)), self.id(Some(b))) {
            return (a == b).into();
        }
        match (self.link(Some(a)), self.link(Some(b))) {
            (Link::Outside(a), Link::Outside(b)) => (a == b).into(),
            (Link::Unknown(why), _) | (_, Link::Unknown(why)) => Truth::Unknown(why),
            _ => Truth::No,
        }
    }

    /// Whether a zone of this root is linked to a network; a link to an unknown one may be it, and a link
    /// of an unknown zone may be its own.
    pub fn linked(&self, zone: &ResourceId, network: Option<&ResourceId>) -> Truth {
        let is_open = |link: &&Document| {
            let of = link.id.parent();
            of.is_some_and(|of| of.as_str().contains('<') && self.estate.by_id(&of).is_none())
        };
        let open = self.of_type(types::ZONE_LINK).find(is_open).map_or(Truth::No, |link| {
            Truth::Unknown(format!("which zone {} links is not known", link.label()))
        });
        let own = Truth::any(self.children(zone, types::ZONE_LINK).map(|link| {
            let value = link.get("properties.virtualNetwork.id");
            match (self.id(value), network) {
                (_, None) => Truth::Yes,
                (Some(id), Some(network)) => (id == *network).into(),
                (None, Some(_)) => match self.link(value) {
                    Link::Unknown(why) | Link::Outside(why) => Truth::Unknown(why),
                    _ => Truth::No,
                },
            }
        }));
        own.or(open)
    }

    /// True when a network of this root has a virtual network gateway.
    pub fn has_gateway(&self, network: &ResourceId) -> bool {
        let subnets = self.children(network, types::SUBNET);
        let named = subnets.into_iter().any(|s| s.name().eq_ignore_ascii_case("GatewaySubnet"));
        named
            || self.of_type(NETWORK_GATEWAY).any(|g| {
                g.items("properties.ipConfigurations").iter().any(|c| {
                    let subnet = self.id(get(c, "properties.subnet.id"));
                    subnet.and_then(|s| self.network_of(&s)).as_ref() == Some(network)
                })
            })
    }

    /// Whether a diagnostic setting of the target keeps a log, by category or by category group.
    pub fn keeps_log(&self, target: &Document, categories: &[&str], groups: &[&str]) -> Truth {
        if self.evaluation.is_none() && self.of_type(types::DIAGNOSTICS).next().is_none() {
            return Truth::Unknown("diagnostic settings were not read".into());
        }
        Truth::any(self.of_type(types::DIAGNOSTICS).map(|setting| {
            let of_target = match setting.id.parent().and_then(|id| id.parent()) {
                Some(id) if id == target.id => Truth::Yes,
                Some(id) if id.as_str().contains('<') || id.as_str().is_empty() => unknown_target(setting),
                _ => Truth::No,
            };
            if of_target == Truth::No {
                return Truth::No;
            }
            of_target.and(keeps(setting, categories, groups)).and(there(setting, &target.label()))
        }))
    }
}

/// Whether a diagnostic setting keeps a log, by category or by category group.
pub(crate) fn keeps(setting: &Document, categories: &[&str], groups: &[&str]) -> Truth {
    let word = |value: Option<&Value>, words: &[&str]| {
        Truth::of(value, false, |v| words.iter().any(|w| super::text::is_word(v, w)))
    };
    let logs = setting.get("properties.logs");
    if let Some(unknown) = logs.and_then(Value::as_unknown) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    Truth::any(logs.and_then(Value::as_slice).unwrap_or_default().iter().map(|log| {
        if let Some(unknown) = log.as_unknown() {
            return Truth::Unknown(unknown.reason.to_string());
        }
        let named = word(get(log, "category"), categories).or(word(get(log, "categoryGroup"), groups));
        named.and(super::text::flag(get(log, "enabled"), true))
    }))
}

/// The last segment of an id.
fn name(id: ResourceId) -> String {
    id.name().to_owned()
}

/// A setting whose target is not known may be anybody's; one of a data source or of a resource
/// outside the model is not a resource of this root.
fn unknown_target(setting: &Document) -> Truth {
    let declared = setting.declared.as_ref();
    let target = declared.and_then(|d| d.instance.config.get("target_resource_id"));
    use crate::terraform::value::Reason;
    match target.and_then(Value::as_unknown).map(|u| &u.reason) {
        Some(Reason::Computed { derived: false, .. } | Reason::Data { derived: false, .. }) => Truth::No,
        Some(reason) => Truth::Unknown(reason.to_string()),
        None => Truth::No,
    }
}
