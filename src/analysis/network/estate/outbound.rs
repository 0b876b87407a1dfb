//! Outbound ports of AKS clusters: load balancers and NAT gateways (facts 6).

use super::cluster_ranges::nodes;
use super::context::{Context, Draft};
use super::pools::{Cluster, Pool};
use super::read::{self, Known};
use super::report::{NetworkReport, OutboundReport};
use super::topology::block;
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::snat::{LB_PORTS_PER_IP, NAT_PORTS_PER_IP, automatic_ports};
use crate::analysis::network::stage::Stages;
use crate::azure::estate::{Document, Estate, get};
use crate::azure::id::ResourceId;
use crate::terraform::value::Value;

const PROFILE: &str = "properties.networkProfile.loadBalancerProfile";

/// Adds the outbound side to the cluster's report, which stands last.
pub(super) fn cluster(context: &Context<'_, '_>, estate: &Estate, at: usize, report: &mut NetworkReport) {
    let Some(cluster) = context.clusters.get(at) else { return };
    let kind = read::text(&cluster.document.body, "properties.networkProfile.outboundType");
    let outbound = match &kind.known {
        Known::Unknown(why) => Some(plain("unknown", &format!("outbound_type: {why}"))),
        Known::Is(k) if k.eq_ignore_ascii_case("managedNATGateway") => {
            Some(managed_nat(context, cluster, report))
        }
        Known::Is(k) if k.eq_ignore_ascii_case("userAssignedNATGateway") => {
            Some(assigned_nat(context, estate, cluster, at, report))
        }
        Known::Is(k) if !k.eq_ignore_ascii_case("loadBalancer") => Some(plain(k, "no ports to plan")),
        _ => Some(load_balancer(context, estate, cluster, report)),
    };
    if let Some(last) = report.clusters.last_mut() {
        last.outbound = outbound;
    }
}

fn plain(kind: &str, text: &str) -> OutboundReport {
    OutboundReport {
        outbound_type: kind.to_owned(),
        outbound_ips: None,
        ports_available: None,
        ports_per_node: None,
        automatic_ports_at_peak: None,
        ports_required: None,
        fits: None,
        formula: text.to_owned(),
    }
}

/// Public addresses of the cluster's load balancer; `None` when not known.
fn addresses(estate: &Estate, cluster: &Document) -> Option<u64> {
    let body = &cluster.body;
    let list = |path: &str| get(body, &format!("{PROFILE}.{path}"));
    if let Some(ips) = list("outboundIPs.publicIPs") {
        return ips.as_slice().map(|l| l.len() as u64);
    }
    if let Some(prefixes) = list("outboundIPPrefixes.publicIPPrefixes") {
        return prefixes.as_slice()?.iter().map(|p| prefix_size(estate, p)).sum();
    }
    let count = read::number(body, &format!("{PROFILE}.managedOutboundIPs.count"));
    match count.known {
        Known::Is(n) => Some(u64::from(n)),
        Known::Absent => Some(1),
        Known::Unknown(_) => None,
    }
}

/// Addresses of a public prefix that is known by its id.
fn prefix_size(estate: &Estate, reference: &Value) -> Option<u64> {
    let id = read::text(reference, "id");
    let document = estate.by_id(&ResourceId::new(id.get()?.as_str()))?;
    let length = read::number(&document.body, "properties.prefixLength");
    let length = *length.get()?;
    1u64.checked_shl(32u32.checked_sub(length)?)
}

fn load_balancer(
    context: &Context<'_, '_>,
    estate: &Estate,
    cluster: &Cluster<'_>,
    report: &mut NetworkReport,
) -> OutboundReport {
    let document = cluster.document;
    let ips = addresses(estate, document);
    let available = ips.map(|n| n.saturating_mul(LB_PORTS_PER_IP));
    let allocated = read::number(&document.body, &format!("{PROFILE}.allocatedOutboundPorts"));
    let per_node = match allocated.known {
        Known::Is(n) => Some(u64::from(n)),
        Known::Absent => Some(0),
        Known::Unknown(_) => None,
    };
    let (low, high) = nodes(cluster);
    let mut out = OutboundReport {
        outbound_ips: ips,
        ports_available: available,
        ports_per_node: per_node,
        ..plain("loadBalancer", "")
    };
    let Some(per_node) = per_node else {
        out.formula = format!("ports a node are not known: {}", allocated.reason().unwrap_or_default());
        return out;
    };
    let span = allocated.at.or(block(document));
    if per_node == 0 {
        automatic(context, cluster, low, high, &mut out, report);
        return out;
    }
    if per_node % 8 != 0 {
        Draft::new(
            Code::SnatPortsNotMultipleOf8,
            document.label(),
            format!("{per_node} outbound ports a node are no multiple of 8"),
        )
        .consequence("AKS refuses the cluster")
        .remedy(format!("set outbound_ports_allocated = {} (azurerm: in place)", per_node / 8 * 8))
        .at(span)
        .add(context, report);
    }
    let required = low.peak.saturating_mul(per_node);
    out.ports_required = high.map(|h| h.peak.saturating_mul(per_node)).or(Some(required));
    let surge = low.peak - low.max;
    out.formula = format!("({}+{surge}) nodes * {per_node} ports = {required}", low.max);
    if let (Some(available), Some(ips)) = (available, ips) {
        out.formula = format!("{} of {ips} * {LB_PORTS_PER_IP} = {available}", out.formula);
        out.fits = match required > available {
            true => Some(false),
            false => high.map(|h| h.peak.saturating_mul(per_node) <= available).filter(|f| *f),
        };
        if out.fits == Some(false) {
            let text = format!(
                "Total node count {} requires {required} ports but only {available} ports are available given {ips} \
                 outbound public IPs",
                low.peak
            );
            Draft::new(
                Code::SnatPortsInsufficient,
                document.label(),
                "The outbound ports do not suffice for all nodes",
            )
            .consequence(format!("AKS refuses the cluster or the scaling: {text}"))
            .formula(out.formula.clone())
            .remedy(format!(
                "use {} outbound addresses (azurerm: in place inside load_balancer_profile)",
                required.div_ceil(LB_PORTS_PER_IP)
            ))
            .remedy(format!(
                "or outbound_ports_allocated = {} (azurerm: in place)",
                available.checked_div(low.peak).unwrap_or(0) / 8 * 8
            ))
            .at(span)
            .because(cluster.pools.iter().find_map(Pool::number_at), "this pool's nodes")
            .add(context, report);
        }
    }
    out
}

/// The automatic allocation halves every node's ports at each tier.
fn automatic(
    context: &Context<'_, '_>,
    cluster: &Cluster<'_>,
    low: Stages,
    high: Option<Stages>,
    out: &mut OutboundReport,
    report: &mut NetworkReport,
) {
    out.automatic_ports_at_peak = high.and_then(|h| automatic_ports(h.peak));
    let ports =
        |n: u64| automatic_ports(n).map_or_else(|| "an unpublished number of".to_owned(), |p| p.to_string());
    out.formula = format!(
        "automatic: {} nodes have {} ports each, {} nodes at the peak {}",
        low.steady,
        ports(low.steady),
        low.peak,
        ports(low.peak)
    );
    let (before, after) = (automatic_ports(low.steady), automatic_ports(low.peak));
    if let Some((before, after)) = before.zip(after).filter(|(b, a)| a < b) {
        let when = if automatic_ports(low.max) == Some(before) { "an upgrade" } else { "scaling out" };
        let title = format!("Outbound ports of each node drop from {before} to {after} during {when}");
        Draft::new(Code::SnatTierDrop, cluster.document.label(), title)
            .consequence("connections may break at that moment, and busy nodes may run out of ports")
            .formula(out.formula.clone())
            .remedy("set outbound_ports_allocated in load_balancer_profile, with enough outbound addresses (azurerm: in place)")
            .remedy("or use a NAT gateway")
            .at(cluster.pools.iter().filter_map(Pool::number_at).next_back())
            .at(block(cluster.document))
            .because(block(cluster.document), "the cluster")
            .add(context, report);
    }
}

fn nat(
    context: &Context<'_, '_>,
    kind: &str,
    label: String,
    ips: Option<u64>,
    span: Option<crate::terraform::source::Span>,
    report: &mut NetworkReport,
) -> OutboundReport {
    let most = u64::from(limits::NAT_GATEWAY_IPS);
    if let Some(n) = ips.filter(|n| *n == 0 || *n > most) {
        Draft::new(
            Code::NatGatewayIps,
            label,
            format!("A NAT gateway with {n} public addresses: 1 to {most} are allowed"),
        )
        .consequence(if n == 0 { "nodes have no way out" } else { "Azure refuses the addresses beyond" })
        .at(span)
        .add(context, report);
    }
    let ports = ips.map(|n| n.saturating_mul(NAT_PORTS_PER_IP));
    let formula = match ips.zip(ports) {
        Some((n, ports)) => {
            format!("{n} * {NAT_PORTS_PER_IP} = {ports} ports, shared by all nodes on demand")
        }
        None => "the number of public addresses is not known".to_owned(),
    };
    OutboundReport { outbound_ips: ips, ports_available: ports, ..plain(kind, &formula) }
}

fn managed_nat(
    context: &Context<'_, '_>,
    cluster: &Cluster<'_>,
    report: &mut NetworkReport,
) -> OutboundReport {
    let body = &cluster.document.body;
    let count =
        read::number(body, "properties.networkProfile.natGatewayProfile.managedOutboundIPProfile.count");
    let ips = match count.known {
        Known::Is(n) => Some(u64::from(n)),
        Known::Absent => Some(1),
        Known::Unknown(_) => None,
    };
    nat(
        context,
        "managedNATGateway",
        cluster.document.label(),
        ips,
        count.at.or(block(cluster.document)),
        report,
    )
}

/// The NAT gateway of the subnet of the cluster's first pool.
fn assigned_nat(
    context: &Context<'_, '_>,
    estate: &Estate,
    cluster: &Cluster<'_>,
    at: usize,
    report: &mut NetworkReport,
) -> OutboundReport {
    let kind = "userAssignedNATGateway";
    let first = context.consumers.iter().find(|c| c.cluster == Some(at));
    let subnet = first.and_then(|c| context.topology.subnets.get(c.subnet)?.document);
    let gateway = subnet.and_then(|s| estate.by_ref(s.get("properties.natGateway.id")));
    let Some(gateway) = gateway else {
        return plain(kind, "the NAT gateway of the cluster's subnet is not declared here");
    };
    let count = |path: &str| match gateway.get(path) {
        None => Some(0),
        Some(list) => list.as_slice().map(|l| l.len() as u64),
    };
    let prefixes = gateway.get("properties.publicIpPrefixes").and_then(Value::as_slice).unwrap_or_default();
    let from_prefixes: Option<u64> = prefixes.iter().map(|p| prefix_size(estate, p)).sum();
    let ips = count("properties.publicIpAddresses").zip(from_prefixes).map(|(a, b)| a + b);
    let _ = cluster;
    nat(context, kind, gateway.label(), ips, block(gateway), report)
}
