//! NET-002: subnets that go out by Azure's default.

use super::subnet_filter::{EXEMPT, endpoints_only};
use super::{subnet, vnet};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::places::Tenant;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-002",
        name: "subnet-default-outbound",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the subnet goes to the Internet by Azure's default, which Azure withdraws",
        why: "The address it goes out with belongs to nobody, changes, and cannot be filtered.",
        fix: "Set default_outbound_access_enabled = false, and use a NAT gateway or a route to a firewall.",
        bad: concat!(vnet!(""), subnet!("machines", "snet-machines", "10.0.0.0/24")),
        good: concat!(
            vnet!(""),
            subnet!(
                "machines",
                "snet-machines",
                "10.0.0.0/24",
                "  default_outbound_access_enabled = false\n"
            )
        ),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/ip-services/default-outbound-access",
        ],
        peers: &["PSRule Azure.VNET.PrivateSubnet"],
        ..Meta::ROW
    },
    check,
};

/// Tenants that bring a way out of their own.
const OWN_WAY: [Tenant; 6] = [
    Tenant::Nodes,
    Tenant::OpenShift,
    Tenant::ApiServer,
    Tenant::Firewall,
    Tenant::Bastion,
    Tenant::NetworkGateway,
];

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for subnet in graph.of_type(types::SUBNET) {
        let platform = EXEMPT.iter().chain(&["AzureBastionSubnet"]);
        if platform.into_iter().any(|name| name.eq_ignore_ascii_case(subnet.name()))
            || graph.places().has(&subnet.id, &OWN_WAY)
        {
            out.skip(subnet, "what stands in it has a way out of its own");
            continue;
        }
        if endpoints_only(graph, subnet) {
            out.skip(subnet, "only private endpoints stand in it");
            continue;
        }
        let at = subnet.get("properties.defaultOutboundAccess");
        let closed = !flag(at, true);
        let nat = Truth::is_set(graph.attached(subnet, Attachment::Nat));
        let fine = closed.or(nat).or(routed(graph, subnet));
        out.judge(subnet, at, graph.closed_world(subnet, fine), RULE.meta.title);
    }
}

/// Whether a route sends everything somewhere.
fn routed(graph: &Graph<'_>, subnet: &Document) -> Truth {
    match graph.link(graph.attached(subnet, Attachment::Table)) {
        Link::None => Truth::No,
        Link::Outside(what) | Link::Unknown(what) => Truth::Unknown(format!("its route table: {what}")),
        Link::To(table) => {
            let routes = graph.children(&table.id, types::ROUTE);
            let found = Truth::any(routes.map(|route| {
                Truth::of(route.get("properties.addressPrefix"), false, |v: &Value| {
                    v.as_str() == Some("0.0.0.0/0")
                })
            }));
            graph.closed_world(table, found)
        }
    }
}
