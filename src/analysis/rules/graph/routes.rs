//! Routes of subnets.

use super::addresses::range;
use super::places::Attachment;
use super::text::{flag, is_word};
use super::{Graph, Link};
use crate::analysis::rules::{Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// Whether the egress of a cluster goes through a route table of its own.
pub(crate) fn is_routed(cluster: &Document) -> Truth {
    Truth::is_word(cluster.get("properties.networkProfile.outboundType"), "userDefinedRouting", false)
}

/// The clusters whose egress goes through a route table of their own. Of the others it is recorded that it does not,
/// or why that is not known.
pub(crate) fn routed_clusters<'a>(graph: &Graph<'a>, out: &mut Outcomes<'_>) -> Vec<&'a Document> {
    let is_judged = |cluster: &&'a Document| match is_routed(cluster) {
        Truth::Yes => true,
        Truth::No => {
            out.skip(*cluster, "its egress does not go through a route table of its own");
            false
        }
        Truth::Unknown(why) => {
            out.unknown(*cluster, why);
            false
        }
    };
    graph.clusters().filter(is_judged).collect()
}

impl<'a> Graph<'a> {
    /// Whether the route table of a subnet sends what is for everywhere to an appliance or a gateway.
    pub fn has_default_route(&self, subnet: &Document) -> Truth {
        match self.link(self.attached(subnet, Attachment::Table)) {
            Link::To(table) => table_routes(self, subnet, table),
            Link::Outside(what) | Link::Unknown(what) => {
                Truth::Unknown(format!("the route table of {}: {what}", subnet.name()))
            }
            Link::None => self.closed_world(subnet, Truth::No),
        }
    }

    /// The firewall of this root to which the route table of a subnet sends what is for everywhere.
    pub fn firewall_of(&self, subnet: &Document) -> Option<&'a Document> {
        let Link::To(table) = self.link(self.attached(subnet, Attachment::Table)) else { return None };
        let mut routes = self.children(&table.id, types::ROUTE);
        let route = routes.find(|r| {
            let everywhere = ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1"];
            let hop = Truth::is_word(r.get("properties.nextHopType"), "VirtualAppliance", false);
            r.str("properties.addressPrefix").is_some_and(|p| everywhere.contains(&p)) && hop == Truth::Yes
        })?;
        let hop = route.get("properties.nextHopIpAddress")?;
        if let Some(Reason::Computed { address, .. }) = hop.as_unknown().map(|u| &u.reason) {
            return self.estate.by_address(&address.to_string()).filter(|d| d.is(types::FIREWALL));
        }
        let (hop, ..) = range(hop.as_str()?)?;
        self.of_type(types::FIREWALL).find(|firewall| {
            firewall.items("properties.ipConfigurations").iter().any(|configuration| {
                let own = get(configuration, "properties.privateIPAddress").and_then(Value::as_str);
                let subnet = self.estate.by_ref(get(configuration, "properties.subnet.id"));
                let prefixes = subnet.into_iter().flat_map(prefixes);
                let here = |text: &str| range(text).is_some_and(|(a, b, _)| (a..=b).contains(&hop));
                own.into_iter().chain(prefixes).any(here)
            })
        })
    }
}

/// The known address prefixes of a subnet.
pub(in crate::analysis::rules) fn prefixes(subnet: &Document) -> impl Iterator<Item = &str> {
    let several = subnet.items("properties.addressPrefixes").iter().filter_map(Value::as_str);
    subnet.str("properties.addressPrefix").into_iter().chain(several)
}

/// A default route in one piece or in two halves; else routes from a gateway may bring one.
fn table_routes(graph: &Graph<'_>, subnet: &Document, table: &Document) -> Truth {
    let routes: Vec<&Document> = graph.children(&table.id, types::ROUTE).collect();
    let has = |prefix: &str| {
        Truth::any(routes.iter().map(|route| {
            let to = Truth::of(route.get("properties.addressPrefix"), false, |v| v.as_str() == Some(prefix));
            let hop = Truth::of(route.get("properties.nextHopType"), false, |v| {
                is_word(v, "VirtualAppliance") || is_word(v, "VirtualNetworkGateway")
            });
            to.and(hop)
        }))
    };
    let found = has("0.0.0.0/0").or(has("0.0.0.0/1").and(has("128.0.0.0/1")));
    if found != Truth::No {
        return found;
    }
    let propagates = !flag(table.get("properties.disableBgpRoutePropagation").or(None::<&Value>), false);
    let gateway = subnet.id.parent().is_some_and(|network| graph.has_gateway(&network));
    if gateway && propagates != Truth::No {
        return Truth::Unknown("a gateway of the network may announce the default route".into());
    }
    graph.closed_world(table, Truth::No).unless(graph.stray(types::ROUTE))
}
