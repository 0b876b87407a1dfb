//! AKS-079: too few outbound ports for the nodes.

use crate::analysis::network::code::Code;
use crate::analysis::network::snat::{LB_PORTS_PER_IP, automatic_ports};
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::Nodes;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::terraform::value::Value;

const PROFILE: &str = "properties.networkProfile.loadBalancerProfile";
/// Ports of a node below which busy workloads run out of them.
const PLENTY: u64 = 1024;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AKS-079",
        name: "aks-snat-exhaustion",
        title: "the outbound ports of the load balancer do not suffice for all nodes",
        why: "New connections to the Internet fail under load, at random and without a trace in the pods' logs.",
        fix: "Set load_balancer_profile { managed_outbound_ip_count, outbound_ports_allocated }, or use a NAT gateway.",
        bad: cluster!(
            "",
            r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 100
"#
        ),
        good: cluster!(
            r#"
  network_profile {
    network_plugin = "azure"

    load_balancer_profile {
      managed_outbound_ip_count = 2
      outbound_ports_allocated  = 1024
    }
  }
"#,
            r#"
    auto_scaling_enabled = true
    min_count            = 3
    max_count            = 100
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/load-balancer-standard"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let kind = cluster.get("properties.networkProfile.outboundType");
        let balanced = Truth::of(kind, true, |v| is_word(v, "loadBalancer"));
        if balanced == Truth::No {
            out.skip(cluster, "its traffic does not leave through a load balancer");
            continue;
        }
        let pools = graph.pools(cluster);
        if pools.is_empty() {
            out.unknown(cluster, "its pools are not in this root");
            continue;
        }
        let (fine, text) = suffices(graph, cluster, &total(pools.iter().map(|p| p.maximum())));
        let at = cluster.get(PROFILE).filter(|v| v.origin.at.is_some());
        let report = graph.network();
        let label = cluster.label();
        let told =
            report.findings.iter().find(|f| f.at.address == label && f.code == Code::SnatPortsInsufficient);
        out.judge(cluster, at, fine.or(!balanced), text).told_by = told.map(|f| f.id);
    }
}

fn total(pools: impl Iterator<Item = Nodes>) -> Nodes {
    pools.fold(Nodes { least: 0, unknown: None }, |sum, pool| Nodes {
        least: sum.least.saturating_add(pool.least),
        unknown: sum.unknown.or(pool.unknown),
    })
}

/// Whether the ports suffice for so many nodes, and the figures when they do not.
fn suffices(graph: &Graph<'_>, cluster: &Document, nodes: &Nodes) -> (Truth, String) {
    let most = u64::try_from(nodes.least).unwrap_or(0);
    let ips = match addresses(graph, cluster) {
        Ok(ips) => ips,
        Err(why) => return (Truth::Unknown(why), String::new()),
    };
    let allocated = cluster.get(&format!("{PROFILE}.allocatedOutboundPorts"));
    if let Some(unknown) = allocated.and_then(Value::as_unknown) {
        return (Truth::Unknown(unknown.reason.to_string()), String::new());
    }
    let set = allocated.and_then(Value::as_i64).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    let automatic = automatic_ports(most.max(1));
    let available = ips.saturating_mul(LB_PORTS_PER_IP);
    let (fits, text) = match set.or(automatic) {
        Some(ports) if most.saturating_mul(ports) > available => {
            let needed = most.saturating_mul(ports);
            let figures = format!(
                "{most} nodes x {ports} ports = {needed}, but {ips} x {LB_PORTS_PER_IP} = {available}"
            );
            (false, format!("the outbound ports do not suffice: {figures}"))
        }
        Some(ports) if set.is_none() && ports < PLENTY && ips == 1 => {
            (false, format!("with {most} nodes each one has {ports} outbound ports only"))
        }
        Some(_) => (true, String::new()),
        None => (false, format!("with {most} nodes no automatic number of outbound ports is published")),
    };
    match &nodes.unknown {
        Some(why) if fits => (Truth::Unknown(why.clone()), text),
        _ => (fits.into(), text),
    }
}

/// The public addresses of the cluster's load balancer; otherwise why they are not known.
fn addresses(graph: &Graph<'_>, cluster: &Document) -> Result<u64, String> {
    let profile = |path: &str| cluster.get(&format!("{PROFILE}.{path}"));
    let listed = |path: &str| match profile(path) {
        None => Ok(None),
        Some(value) => match value.as_unknown() {
            Some(unknown) => Err(unknown.reason.to_string()),
            None => Ok(value.as_slice().filter(|items| !items.is_empty())),
        },
    };
    if let Some(ips) = listed("outboundIPs.publicIPs")? {
        return Ok(ips.len() as u64);
    }
    if let Some(prefixes) = listed("outboundIPPrefixes.publicIPPrefixes")? {
        return prefixes.iter().map(|p| size(graph, get(p, "id"))).sum();
    }
    match profile("managedOutboundIPs.count") {
        None => Ok(1),
        Some(count) => match count.as_unknown() {
            Some(unknown) => Err(unknown.reason.to_string()),
            None => Ok(count.as_i64().and_then(|n| u64::try_from(n).ok()).unwrap_or(1)),
        },
    }
}

/// The addresses of a public prefix.
fn size(graph: &Graph<'_>, id: Option<&Value>) -> Result<u64, String> {
    let document = graph.id(id).and_then(|id| graph.estate.by_id(&id));
    let length = document.and_then(|d| d.int("properties.prefixLength"));
    let bits = length.and_then(|n| u32::try_from(n).ok()).and_then(|n| 32u32.checked_sub(n));
    let size = bits.and_then(|bits| 1u64.checked_shl(bits));
    size.ok_or_else(|| "the length of a public prefix is not known".to_owned())
}
