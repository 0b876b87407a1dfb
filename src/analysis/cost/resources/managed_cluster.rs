//! AKS clusters: the control plane, what the cluster makes for its egress, and its add-ons. Node pools
//! are documents of their own.

use super::super::amount::{DAYS, Range};
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::{Context, dns_zone, load_balancer, log_analytics, monitor, nat_gateway, node_pool, public_ip};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::sku;
use crate::azure::types;
use crate::terraform::value::Value;

pub(in crate::analysis::cost) const TYPE: &str = types::CLUSTER;

/// A cluster has at most so many managed outbound addresses.
const MAX_IPS: i64 = 100;

/// How the control plane is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis::cost) enum Tier {
    /// No charge.
    Free,
    /// With an uptime SLA.
    Standard,
    /// Hosted, with an uptime SLA; the vCPUs of its nodes are charged on top.
    Automatic,
    /// Long-term support; in place of the Standard charge, not on top.
    LongTerm,
}

/// What a cluster makes to reach the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Egress {
    /// A load balancer with so many addresses of its own.
    LoadBalancer(i64),
    /// A NAT gateway with so many addresses of its own.
    NatGateway(i64),
    /// Nothing: routes, a gateway of the user's, or none.
    Elsewhere,
}

/// An hour of the Standard tier.
pub(in crate::analysis::cost) const UPTIME: Meter<'_> = control_plane(&["Standard Uptime SLA"]);
/// An hour of long-term support.
pub(in crate::analysis::cost) const LONG_TERM: Meter<'_> = control_plane(&["Standard Long Term Support"]);

/// An hour of the hosted control plane of AKS Automatic.
const AUTOMATIC: Meter<'_> = automatic(&["Automatic Hosted Control Plane"]);

/// Meters of AKS Automatic.
const fn automatic<'a>(names: &'a [&'a str]) -> Meter<'a> {
    let (service, product) = ("Azure Kubernetes Service", "Azure Kubernetes Service - Automatic");
    Meter { service, product, sku: "Automatic", names, scope: Scope::Region, approximate: false }
}

/// What an hour of a vCPU costs in AKS Automatic on top of the machine, by the family of the size: first
/// letters without `Standard_`, meter.
const AUTOMATIC_VCPUS: &[(&[&str], &[&str])] = &[
    (&["N"], &["Automatic GPU Accelerated"]),
    (&["F"], &["Automatic Compute Optimized"]),
    (&["E", "M"], &["Automatic Memory Optimized"]),
    (&["L"], &["Automatic Storage Optimized"]),
    (&["H"], &["Automatic High Performance Compute"]),
    (&[""], &["Automatic General Purpose"]),
];

/// The meter of a size's vCPUs in AKS Automatic.
pub(super) fn automatic_vcpu(size: &str) -> Meter<'static> {
    let name = size.strip_prefix("Standard_").unwrap_or(size).to_ascii_uppercase();
    let of = |(begins, _): &&(&[&str], &[&str])| begins.iter().any(|b| name.starts_with(b));
    automatic(AUTOMATIC_VCPUS.iter().find(of).map_or(&[], |(_, names)| *names))
}

/// True for a cluster of AKS Automatic.
pub(in crate::analysis::cost) fn is_automatic(doc: &Document) -> Result<bool, Gap> {
    Ok(attributes::text(&doc.body, "sku.name")?.is_some_and(|n| n.eq_ignore_ascii_case("Automatic")))
}

const fn control_plane<'a>(names: &'a [&'a str]) -> Meter<'a> {
    let service = "Azure Kubernetes Service";
    Meter { service, product: service, sku: "Standard", names, scope: Scope::Region, approximate: true }
}

pub(super) const DEFENDER: Meter<'_> = Meter {
    service: "Microsoft Defender for Cloud",
    product: "Microsoft Defender for Containers",
    sku: "Standard vCore",
    names: &["Standard vCore vCore Pack"],
    scope: Scope::Region,
    approximate: true,
};

/// True where the cluster has Defender for Containers on.
pub(super) const DEFENDER_ON: &str = "properties.securityProfile.defender.securityMonitoring.enabled";

/// The tier of a cluster's control plane.
pub(in crate::analysis::cost) fn tier(doc: &Document) -> Result<Tier, Gap> {
    if is_automatic(doc)? {
        return Ok(Tier::Automatic);
    }
    let plan = attributes::text(&doc.body, "properties.supportPlan")?.unwrap_or_default();
    let tier = attributes::text(&doc.body, "sku.tier")?.unwrap_or("Free");
    if plan.eq_ignore_ascii_case("AKSLongTermSupport") {
        return Ok(Tier::LongTerm);
    }
    match tier.to_ascii_lowercase().as_str() {
        "free" => Ok(Tier::Free),
        "standard" | "paid" => Ok(Tier::Standard),
        "premium" => Ok(Tier::LongTerm),
        _ => Err(format!("sku.tier {tier} is none of Free, Standard, Premium")),
    }
}

/// True for a live cluster that is stopped: it has no nodes and no control plane charge.
pub(in crate::analysis::cost) fn is_stopped(doc: &Document) -> bool {
    doc.str("properties.powerState.code").is_some_and(|s| s.eq_ignore_ascii_case("stopped"))
}

fn egress(doc: &Document) -> Result<Egress, Gap> {
    let body = &doc.body;
    let kind = attributes::text(body, "properties.networkProfile.outboundType")?.unwrap_or("loadBalancer");
    let count = |path: &str| attributes::whole(body, &format!("properties.networkProfile.{path}"), MAX_IPS);
    match kind.to_ascii_lowercase().as_str() {
        "loadbalancer" => {
            let sku =
                attributes::text(body, "properties.networkProfile.loadBalancerSku")?.unwrap_or("standard");
            if sku.eq_ignore_ascii_case("basic") {
                return Ok(Egress::Elsewhere);
            }
            let profile = "properties.networkProfile.loadBalancerProfile";
            let own =
                |part: &str| attributes::list(body, &format!("{profile}.{part}")).map(|l| !l.is_empty());
            // Addresses or prefixes that the user brings are resources of their own.
            if own("outboundIPs.publicIPs")? || own("outboundIPPrefixes.publicIPPrefixes")? {
                return Ok(Egress::LoadBalancer(0));
            }
            Ok(Egress::LoadBalancer(count("loadBalancerProfile.managedOutboundIPs.count")?.unwrap_or(1)))
        }
        "managednatgateway" | "managednatgatewayv2" => {
            Ok(Egress::NatGateway(count("natGatewayProfile.managedOutboundIPProfile.count")?.unwrap_or(1)))
        }
        _ => Ok(Egress::Elsewhere),
    }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    if is_stopped(doc) {
        bill.gap("Stopped", "only its disks and addresses are charged, which are not estimated");
        return Ok(());
    }
    match tier(doc) {
        Ok(Tier::Free) => {}
        Ok(Tier::Standard) => {
            bill.charge(
                Charge::new("Control plane, Standard tier", "cluster", Range::fixed(1)),
                &UPTIME,
                region,
            );
        }
        Ok(Tier::LongTerm) => {
            let name = "Control plane, Premium tier with long-term support";
            bill.charge(Charge::new(name, "cluster", Range::fixed(1)), &LONG_TERM, region);
        }
        Ok(Tier::Automatic) => {
            let name = "Control plane, AKS Automatic";
            bill.charge(Charge::new(name, "cluster", Range::fixed(1)), &AUTOMATIC, region);
        }
        Err(gap) => bill.gap("Control plane", gap),
    }
    match egress(doc) {
        Ok(Egress::LoadBalancer(ips)) => {
            // Its outbound rule, and those of Services where Azure was asked.
            let rules = cx.observed(doc).unwrap_or(1).max(1);
            load_balancer::charge(bill, "Outbound load balancer", Range::fixed(rules), region);
            charge_ips(bill, ips, region);
        }
        Ok(Egress::NatGateway(ips)) => {
            nat_gateway::charge(bill, "Outbound NAT gateway", region);
            charge_ips(bill, ips, region);
        }
        Ok(Egress::Elsewhere) => {}
        Err(gap) => bill.gap("Egress", gap),
    }
    add_ons(cx, doc, bill, region);
    Ok(())
}

fn charge_ips(bill: &mut Bill<'_>, ips: i64, region: &str) {
    if ips > 0 {
        public_ip::charge_standard(
            bill,
            "Outbound public IP addresses".to_owned(),
            Range::fixed(ips),
            region,
        );
    }
}

/// The add-ons that are charged.
fn add_ons(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>, region: &str) {
    match insights(doc) {
        Ok(None) => {}
        // A workspace of the estate is charged for what it takes in.
        Ok(Some(Some(id))) if cx.estate.by_id(&ResourceId::new(id)).is_some() => {}
        Ok(Some(_)) => match insights_gb(cx, doc, bill) {
            Ok((quantity, why)) => {
                log_analytics::charge_ingestion(bill, "Container Insights", quantity, why, region)
            }
            Err(gap) => bill.gap("Container Insights", gap),
        },
        Err(gap) => bill.gap("Container Insights", gap),
    }
    // One zone for the names of ingresses, in the cluster's own group.
    match add_on(doc, "httpApplicationRouting").map_or(Ok(false), |a| attributes::flag(a, "enabled")) {
        Ok(false) => {}
        Ok(true) => dns_zone::charge_public(bill, "HTTP application routing, DNS zone", region),
        Err(gap) => bill.gap("HTTP application routing", gap),
    }
    match attributes::flag(&doc.body, "properties.azureMonitorProfile.metrics.enabled") {
        // A workspace of the estate is charged for what it takes in.
        Ok(true) if cx.estate.of_type(monitor::WORKSPACE).next().is_none() => {
            bill.gap(
                "Managed Prometheus",
                "charged by the samples that its Azure Monitor workspace takes in",
            );
        }
        Ok(_) => {}
        Err(gap) => bill.gap("Managed Prometheus", gap),
    }
    match attributes::flag(&doc.body, DEFENDER_ON) {
        Ok(false) => {}
        Ok(true) => match vcpus(cx, doc) {
            Ok(vcpus) => {
                let why = "Defender is bought by subscription: this cluster's part".to_owned();
                let charge = Charge::new("Defender for Containers", "vCPU", vcpus).assuming(why);
                bill.charge(charge, &DEFENDER, region);
            }
            Err(gap) => bill.gap("Defender for Containers", gap),
        },
        Err(gap) => bill.gap("Defender for Containers", gap),
    }
}

/// A member of the add-on profiles; the names differ in case.
fn add_on<'a>(doc: &'a Document, name: &str) -> Option<&'a Value> {
    let all = doc.get("properties.addonProfiles")?.as_map()?;
    all.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v)
}

/// Whether Container Insights is on, and the workspace that it writes to when that is known.
fn insights(doc: &Document) -> Result<Option<Option<&str>>, Gap> {
    let Some(agent) = add_on(doc, "omsagent") else { return Ok(None) };
    if !attributes::flag(agent, "enabled")? {
        return Ok(None);
    }
    let config = attributes::text(agent, "config.logAnalyticsWorkspaceResourceID");
    Ok(Some(config.unwrap_or(None)))
}

/// What a cluster sends to a workspace in a month, in GB, with the assumption.
fn insights_gb(cx: &Context<'_>, doc: &Document, bill: &Bill<'_>) -> Result<(Range, Option<String>), Gap> {
    let mut nodes = Range::default();
    for pool in cx.children(doc, node_pool::TYPE) {
        nodes += node_pool::nodes(cx, pool)?;
    }
    let used = bill.usage.of(bill.address, "container_insights.gb_per_node_day");
    Ok((nodes.by(used.quantity).times(DAYS), used.assumption))
}

/// What all clusters of the estate send to one workspace, in GB a month.
pub(super) fn insights_to(
    cx: &Context<'_>,
    workspace: &Document,
    bill: &Bill<'_>,
) -> Result<(Range, Option<String>), Gap> {
    let (mut sum, mut why) = (Range::default(), None);
    for cluster in cx.estate.of_type(TYPE) {
        let to = insights(cluster)?.flatten();
        if to.is_some_and(|id| ResourceId::new(id) == workspace.id) {
            let (gb, assumption) = insights_gb(cx, cluster, bill)?;
            sum += gb;
            why = assumption;
        }
    }
    Ok((sum, why))
}

/// vCPUs of all pools.
pub(super) fn vcpus(cx: &Context<'_>, doc: &Document) -> Result<Range, Gap> {
    let mut sum = Range::default();
    for pool in cx.children(doc, node_pool::TYPE) {
        let size = attributes::required(&pool.body, "properties.vmSize")?;
        let known = sku::vm_size(size).and_then(|s| s.vcpus);
        let vcpus = known.ok_or_else(|| format!("{size} is not a known size"))?;
        sum += node_pool::nodes(cx, pool)?.times(vcpus.into());
    }
    Ok(sum)
}
