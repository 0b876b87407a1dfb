//! Routes of subnets.

use super::text::{flag, is_word};
use super::{Graph, Link};
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

impl<'a> Graph<'a> {
    /// Whether the route table of a subnet sends what is for everywhere to an appliance or a gateway.
    pub fn has_default_route(&self, subnet: &Document) -> Truth {
        match self.link(subnet.get("properties.routeTable.id")) {
            Link::To(table) => table_routes(self, subnet, table),
            Link::Outside(what) | Link::Unknown(what) => {
                Truth::Unknown(format!("the route table of {}: {what}", subnet.name()))
            }
            Link::None => self.closed_world(subnet, Truth::No),
        }
    }
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
    graph.closed_world(table, Truth::No)
}
