//! ARO clusters: ranges, counts and outbound addresses. Their subnets are judged like all others.

use indexmap::IndexMap;

use super::cluster_ranges::or_default;
use super::context::{Context, Draft};
use super::read::{self, Field};
use super::report::{Bound, ClusterReport, NetworkReport, OutboundReport};
use super::topology::block;
use crate::analysis::network::aro::{self, AroNetwork};
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::prefix::{Family, Prefix};
use crate::analysis::network::ranges;
use crate::analysis::network::snat::{ARO_PORTS_PER_IP, ARO_PORTS_PER_NODE};
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;

/// Adds an ARO cluster to the report.
pub(super) fn check(context: &Context<'_, '_>, document: &Document, report: &mut NetworkReport) {
    let body = &document.body;
    let workers: Vec<Field<u32>> =
        document.items("properties.workerProfiles").iter().map(|p| read::number(p, "count")).collect();
    let known = workers.iter().all(|w| w.get().is_some()) && !workers.is_empty();
    let count: u32 = workers.iter().filter_map(|w| w.get()).copied().fold(0, u32::saturating_add);
    let pods: Field<Prefix> = read::parsed(body, "properties.networkProfile.podCidr");
    let services: Field<Prefix> = read::parsed(body, "properties.networkProfile.serviceCidr");
    let (pod_cidr, _) = or_default(&pods, ranges::aro_default_pod_cidr);
    let (service_cidr, default_services) = or_default(&services, ranges::aro_default_service_cidr);
    let routing = read::text(body, "properties.networkProfile.outboundType");
    let balanced = !routing.get().is_some_and(|t| t.eq_ignore_ascii_case("UserDefinedRouting"));
    let ips = read::number(body, "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count");
    // One address is the default; an unknown number is not judged.
    let outbound_ips = balanced.then(|| ips.get().copied().unwrap_or(1)).filter(|_| ips.reason().is_none());
    let subnet = |id: Field<String>| {
        let id = ResourceId::new(id.get()?.as_str());
        context.topology.subnets.iter().find(|s| s.id == id)?.v4().next().copied()
    };
    let master = subnet(read::text(body, "properties.masterProfile.subnetId"));
    let first = document.items("properties.workerProfiles").first();
    let worker = first.and_then(|p| subnet(read::text(p, "subnetId")));
    let nowhere = Prefix::new(Family::V4, 0, 27);
    let (figures, mut codes) = aro::plan(&AroNetwork {
        master_subnet: master.or(worker).unwrap_or(nowhere),
        worker_subnet: worker.or(master).unwrap_or(nowhere),
        workers: count,
        max_workers: count,
        private_ingress: false,
        gateway: true,
        pod_cidr: pod_cidr.unwrap_or_else(ranges::aro_default_pod_cidr),
        service_cidr: service_cidr.unwrap_or_else(ranges::aro_default_service_cidr),
        outbound_ips,
    });
    let certain = pods.reason().is_none() && services.reason().is_none();
    codes.retain(|code| match code {
        // The subnets are judged with everything else that stands in them.
        Code::SubnetMinPrefix | Code::SubnetTooSmallSteady | Code::SubnetTooSmallMax => false,
        Code::AroWorkerCount | Code::SnatPortsInsufficient => known,
        Code::AroPodCidrTooSmall => pods.reason().is_none(),
        Code::AroServiceCidrTooSmall => services.reason().is_none(),
        _ => certain,
    });
    let label = document.label();
    for code in codes {
        let (title, consequence, span) = match code {
            Code::AroPodCidrTooSmall => (
                format!(
                    "The pod CIDR carries {} nodes (a /23 each), {} are needed",
                    figures.pod_node_slots, figures.nodes_total
                ),
                "ARO refuses a pod CIDR longer than /18; nodes without a /23 do not start",
                pods.at,
            ),
            Code::AroServiceCidrTooSmall => {
                ("The service CIDR is longer than /22".to_owned(), "ARO refuses the cluster", services.at)
            }
            Code::AroJoinRangeOverlap => (
                "A range overlaps 100.64.0.0/16, 100.88.0.0/16 or 169.254.169.0/29, which ARO uses inside"
                    .to_owned(),
                "ARO refuses the cluster",
                pods.at.or(services.at),
            ),
            Code::AroWorkerCount => {
                let range = limits::ARO_WORKERS_AT_CREATION;
                (
                    format!(
                        "{count} workers; ARO creates clusters with {} to {}",
                        range.start(),
                        range.end()
                    ),
                    "ARO refuses the cluster at creation (azurerm itself takes 3 to 60)",
                    workers.first().and_then(|w| w.at),
                )
            }
            Code::SnatPortsInsufficient => (
                format!("{} outbound addresses are needed", figures.outbound_ips_needed.unwrap_or(0)),
                "ARO refuses the load balancer profile, or nodes run out of ports",
                ips.at,
            ),
            Code::CidrOverlapService => {
                ("The pod CIDR overlaps the service CIDR".to_owned(), "ARO refuses the cluster", pods.at)
            }
            _ => (
                "The pod or the service CIDR overlaps a subnet".to_owned(),
                "ARO refuses the cluster",
                pods.at.or(services.at),
            ),
        };
        let mut draft = Draft::new(code, &label, title)
            .consequence(consequence)
            .remedy("azurerm replaces the cluster for nearly every change: decide before it exists")
            .at(span)
            .at(block(document));
        draft.azure_error = None;
        draft.add(context, report);
    }
    let needed = figures.outbound_ips_needed;
    let outbound = OutboundReport {
        outbound_type: if balanced { "Loadbalancer" } else { "UserDefinedRouting" }.to_owned(),
        outbound_ips: outbound_ips.map(u64::from),
        ports_available: outbound_ips.map(|n| u64::from(n) * ARO_PORTS_PER_IP),
        ports_per_node: Some(ARO_PORTS_PER_NODE),
        automatic_ports_at_peak: None,
        ports_required: known.then_some(figures.nodes_total * ARO_PORTS_PER_NODE),
        fits: outbound_ips.zip(needed).filter(|_| known).map(|(have, need)| u64::from(have) >= need),
        formula: format!("{} nodes * {ARO_PORTS_PER_NODE} / {ARO_PORTS_PER_IP}", figures.nodes_total),
    };
    report.clusters.push(ClusterReport {
        at: context.at(label, block(document)),
        name: document.name().to_owned(),
        kind: "aro",
        network_models: Vec::new(),
        nodes_steady: figures.nodes_total,
        nodes_max: figures.nodes_total,
        nodes_peak: figures.nodes_total,
        bound: if known { Bound::Exact } else { Bound::AtLeast },
        pools: IndexMap::new(),
        service_cidr: service_cidr.map(|s| s.to_string()),
        service_cidr_default: default_services,
        outbound: Some(outbound),
        notes: if known { Vec::new() } else { vec!["the number of workers is not known".to_owned()] },
    });
}
