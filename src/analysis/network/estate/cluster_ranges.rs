//! The ranges of an AKS cluster, declared or by default, against its networks, their peers and each
//! other; and whether its pod CIDR carries its nodes.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::context::{Context, Draft};
use super::pools::Cluster;
use super::read::{self, Field, Known};
use super::report::{Bound, NetworkReport, PodCidrReport, Verdict};
use super::topology::block;
use crate::analysis::finding::Severity;
use crate::analysis::network::cidr::{self, ClusterRanges, Problem, RangeOf};
use crate::analysis::network::code::Code;
use crate::analysis::network::model::{self, NetworkModel};
use crate::analysis::network::prefix::{Family, Prefix};
use crate::analysis::network::ranges;
use crate::analysis::network::stage::{Stage, Stages};
use crate::terraform::source::Span;

/// The nodes of a cluster at each stage: the least, and the most where that is known.
pub(super) fn nodes(cluster: &Cluster<'_>) -> (Stages, Option<Stages>) {
    let bounds: Vec<_> = cluster.pools.iter().map(|p| p.bounds(cluster)).collect();
    let low = bounds.iter().map(|b| b.low.nodes).sum();
    let high: Option<Vec<Stages>> = bounds.iter().map(|b| Some(b.high.as_ref()?.nodes)).collect();
    (low, high.filter(|_| !cluster.auto_provisioning).map(|h| h.into_iter().sum()))
}

/// A range that is declared, or Azure's default; `None` when it is not known.
pub(super) fn or_default(field: &Field<Prefix>, default: fn() -> Prefix) -> (Option<Prefix>, bool) {
    match &field.known {
        Known::Is(prefix) => (Some(*prefix), false),
        Known::Absent => (Some(default()), true),
        Known::Unknown(_) => (None, false),
    }
}

/// The pod CIDRs of a cluster that has some, or may have: one a family.
pub(super) fn pod_cidrs(context: &Context<'_, '_>, at: usize, report: &mut NetworkReport) {
    let Some(cluster) = context.clusters.get(at).filter(|c| c.may_have_pod_cidr()) else { return };
    pod_cidr(context, cluster, &cluster.pod_cidr, ranges::default_pod_cidr, report);
    if cluster.dual_stack {
        pod_cidr(context, cluster, &cluster.pod_cidr_v6, ranges::default_pod_cidr_v6, report);
    }
}

fn pod_cidr(
    context: &Context<'_, '_>,
    cluster: &Cluster<'_>,
    field: &Field<Prefix>,
    usual: fn() -> Prefix,
    report: &mut NetworkReport,
) {
    let (range, default) = or_default(field, usual);
    let (low, high) = nodes(cluster);
    let total = range.as_ref().map(model::pod_blocks);
    let certain = cluster.models.iter().all(|m| m.has_pod_cidr());
    let failure = total.filter(|_| certain).and_then(|t| low.first_over(t));
    let fits = total.zip(high).is_some_and(|(t, h)| h.first_over(t).is_none());
    let verdict = match (failure, fits) {
        (Some(_), _) => Verdict::TooSmall,
        (None, true) => Verdict::Fits,
        (None, false) => Verdict::Unknown,
    };
    let label = cluster.document.label();
    let span = field.at.or(block(cluster.document));
    if let (Some(stage), Some(total), Some(range)) = (failure, total, range) {
        pod_cidr_too_small(cluster, stage, low.at(stage), total, &range, default)
            .at(span)
            .because(block(cluster.document), "the cluster")
            .add(context, report);
    }
    let shown = high.unwrap_or(low);
    report.pod_cidrs.push(PodCidrReport {
        at: context.at(label, span),
        pod_cidr: range.map(|r| r.to_string()),
        default,
        blocks_total: total,
        blocks_steady: shown.steady,
        blocks_max: shown.max,
        blocks_peak: shown.peak,
        fits_peak: match verdict {
            Verdict::Unknown => None,
            Verdict::Fits => Some(true),
            Verdict::TooSmall => Some(false),
        },
        verdict,
        first_failure: failure,
        bound: Bound::of(&low, high.as_ref()),
    });
}

fn pod_cidr_too_small(
    cluster: &Cluster<'_>,
    stage: Stage,
    need: u64,
    total: u64,
    range: &Prefix,
    default: bool,
) -> Draft {
    let code = match stage {
        Stage::Steady => Code::PodCidrTooSmallSteady,
        Stage::AutoscalerMax => Code::PodCidrTooSmallMax,
        Stage::UpgradePeak => Code::PodCidrTooSmallUpgrade,
    };
    let kubenet = cluster.model() == Some(NetworkModel::Kubenet);
    let usual = if default { " (Azure's default)" } else { "" };
    let title = format!("Pod CIDR {range}{usual} carries {total} nodes, {need} are needed {}", stage.words());
    let consequence = match stage {
        Stage::UpgradePeak => {
            format!("upgrades fail: surge node {} has no block for its pods", total.saturating_add(1))
        }
        _ => format!(
            "node {} has no block for its pods; AKS refuses the cluster at creation or scaling",
            total.saturating_add(1)
        ),
    };
    let (block, size) = match range.is_v4() {
        true => (model::NODE_BLOCK, "256".to_owned()),
        false => (model::NODE_BLOCK_V6, "2^48".to_owned()),
    };
    let length = (0..=block).rev().find(|p| Prefix::new(range.family(), 0, *p).pieces(block) >= need);
    let length = length.unwrap_or(0);
    let mut draft = Draft::new(code, cluster.document.label(), title)
        .consequence(consequence)
        .formula(format!(
            "{need} nodes need a /{block} ({size} addresses) each; 2^({block}-{}) = {total} blocks of /{block}",
            range.length()
        ))
        .remedy("lower max_count or max_surge of its pools (azurerm: in place)")
        .remedy(format!(
            "use a pod_cidr of /{length} or larger: azurerm replaces the cluster; AKS itself can {}",
            if kubenet {
                "grow it only while it becomes overlay"
            } else {
                "grow it in place to a superset (CLI, Linux only)"
            }
        ));
    if kubenet && stage == Stage::Steady {
        draft.azure_error = Some("InsufficientPodCidr");
    }
    draft
}

/// The ranges of a cluster in one family.
struct Own<'c> {
    services: &'c Field<Prefix>,
    default_services: fn() -> Prefix,
    pods: &'c Field<Prefix>,
    default_pods: fn() -> Prefix,
    dns: Field<IpAddr>,
}

/// Checks a cluster's ranges, family by family.
pub(super) fn check(context: &Context<'_, '_>, at: usize, report: &mut NetworkReport) {
    let Some(cluster) = context.clusters.get(at) else { return };
    let surroundings = Surroundings::of(context, at);
    let v4 = Own {
        services: &cluster.service_cidr,
        default_services: ranges::default_service_cidr,
        pods: &cluster.pod_cidr,
        default_pods: ranges::default_pod_cidr,
        dns: read::parsed(&cluster.document.body, "properties.networkProfile.dnsServiceIP"),
    };
    check_family(context, cluster, &surroundings, &v4, report);
    if cluster.dual_stack {
        let v6 = Own {
            services: &cluster.service_cidr_v6,
            default_services: ranges::default_service_cidr_v6,
            pods: &cluster.pod_cidr_v6,
            default_pods: ranges::default_pod_cidr_v6,
            dns: Field::ABSENT,
        };
        check_family(context, cluster, &surroundings, &v6, report);
    }
}

fn check_family(
    context: &Context<'_, '_>,
    cluster: &Cluster<'_>,
    surroundings: &Surroundings,
    own: &Own<'_>,
    report: &mut NetworkReport,
) {
    let (services, default_services) = or_default(own.services, own.default_services);
    let has_pods = cluster.models.iter().all(|m| m.has_pod_cidr());
    let (pods, default_pods) = match has_pods {
        true => or_default(own.pods, own.default_pods),
        false => (None, false),
    };
    let dns = &own.dns;
    let problems = cidr::check(&ClusterRanges {
        model: cluster.model(),
        pod_cidr: pods,
        service_cidr: services,
        dns_service_ip: dns.get().copied(),
        vnet: &surroundings.space,
        subnets: &surroundings.subnets,
        peered: &surroundings.peered,
    });
    unreadable(context, cluster, "service_cidr", own.services, report);
    if has_pods {
        unreadable(context, cluster, "pod_cidr", own.pods, report);
    }
    // The network's own space is judged once, with the network.
    for problem in problems.iter().filter(|p| p.range != RangeOf::Vnet) {
        let default = match problem.range {
            RangeOf::Services => default_services,
            RangeOf::Pods => default_pods,
            RangeOf::Vnet | RangeOf::Dns => false,
        };
        let span = match problem.range {
            RangeOf::Services => own.services.at,
            RangeOf::Pods => own.pods.at,
            RangeOf::Dns => dns.at,
            RangeOf::Vnet => None,
        };
        let draft = describe(cluster, problem, default, surroundings, pods, services).at(span);
        let network = crate::azure::estate::get(&cluster.document.body, "properties.networkProfile");
        draft
            .at(network.and_then(|n| n.origin.at))
            .at(block(cluster.document))
            .because(problem.with.and_then(|w| surroundings.place(&w)), "the range it overlaps")
            .because(block(cluster.document), "the cluster")
            .add(context, report);
    }
}

/// A range that cannot be checked: because it is no prefix, or because it is not known.
fn unreadable(
    context: &Context<'_, '_>,
    cluster: &Cluster<'_>,
    attribute: &str,
    field: &Field<Prefix>,
    report: &mut NetworkReport,
) {
    let Some(why) = field.reason() else { return };
    let label = cluster.document.label();
    let draft = match field.wrong {
        true => {
            let mut draft = Draft::new(Code::InvalidPrefix, label, format!("{attribute}: {why}"))
                .consequence("Azure refuses the cluster");
            // The codes that the network answers with; AKS's own is not published.
            draft.azure_error = None;
            draft
        }
        false => Draft::new(
            Code::InputUnknown,
            label,
            format!("Whether {attribute} overlaps anything cannot be said"),
        )
        .consequence(why),
    };
    draft.at(field.at).at(block(cluster.document)).add(context, report);
}

/// What a cluster's ranges must keep clear of.
struct Surroundings {
    space: Vec<Prefix>,
    subnets: Vec<Prefix>,
    peered: Vec<Prefix>,
    places: Vec<(Prefix, Option<Span>)>,
}

impl Surroundings {
    fn of(context: &Context<'_, '_>, cluster: usize) -> Surroundings {
        let vnets = context.networks_of(cluster);
        let mut out = Surroundings {
            space: Vec::new(),
            subnets: Vec::new(),
            peered: context.on_premises.to_vec(),
            places: Vec::new(),
        };
        for at in vnets {
            let Some(vnet) = context.topology.vnets.get(*at) else { continue };
            out.space.extend(&vnet.space.list);
            out.places.extend(vnet.space.placed().map(|(p, place)| (*p, place)));
            for (_, prefix, place) in context.topology.prefixes_of(*at) {
                out.subnets.push(*prefix);
                out.places.push((*prefix, place));
            }
            for peer in &vnet.peers {
                out.peered.extend(&peer.space);
                out.places.extend(peer.space.iter().map(|p| (*p, peer.at)));
            }
        }
        // Subnets of a network that is not declared here: no more of it is known.
        let own = context.consumers.iter().filter(|c| c.cluster == Some(cluster)).map(|c| c.subnet);
        let own: BTreeSet<usize> = own.collect();
        let own = own.iter().filter_map(|at| context.topology.subnets.get(*at)).filter(|s| s.vnet.is_none());
        for (prefix, place) in own.flat_map(|s| s.prefixes.placed()) {
            out.subnets.push(*prefix);
            out.places.push((*prefix, place));
        }
        if vnets.is_empty()
            && context.clusters.get(cluster).is_some_and(|c| c.pools.iter().all(|p| p.subnet.is_absent()))
        {
            // Without a subnet AKS makes its own network: 10.224.0.0/16 in, by experience, 10.224.0.0/12.
            let number = u128::from(u32::from_be_bytes([10, 224, 0, 0]));
            out.space.push(Prefix::new(Family::V4, number, 12));
            out.subnets.push(Prefix::new(Family::V4, number, 16));
        }
        out
    }

    fn place(&self, prefix: &Prefix) -> Option<Span> {
        self.places.iter().find(|(p, _)| p == prefix).and_then(|(_, place)| *place)
    }

    /// A usual private range that is free of everything.
    fn free_range(&self, more: &[Prefix]) -> Option<Prefix> {
        const USUAL: [&str; 6] = [
            "172.16.0.0/16",
            "10.100.0.0/16",
            "192.168.0.0/16",
            "10.200.0.0/16",
            "172.20.0.0/16",
            "100.64.0.0/16",
        ];
        let taken: Vec<&Prefix> =
            self.space.iter().chain(&self.subnets).chain(&self.peered).chain(more).collect();
        USUAL.iter().filter_map(|t| t.parse().ok()).find(|p: &Prefix| !taken.iter().any(|t| t.overlaps(p)))
    }
}

/// A clash in words.
fn describe(
    cluster: &Cluster<'_>,
    problem: &Problem,
    default: bool,
    around: &Surroundings,
    pods: Option<Prefix>,
    services: Option<Prefix>,
) -> Draft {
    let what = problem.range.words();
    let shown = problem.prefix.map_or_else(String::new, |p| format!(" {p}"));
    let usual = if default { ", Azure's default," } else { "" };
    let with = problem.with.map_or_else(String::new, |w| w.to_string());
    let services_range = problem.range == RangeOf::Services;
    let (title, consequence, error) = match problem.code() {
        Code::CidrOverlapSubnet => (
            format!("The {what}{shown}{usual} overlaps subnet {with}"),
            if services_range {
                "AKS refuses the cluster and each upgrade; addresses of services would hide hosts of the subnet"
            } else {
                "AKS refuses the cluster; addresses of pods would hide hosts of the subnet"
            },
            services_range.then_some("ServiceCidrOverlapExistingSubnetsCidr"),
        ),
        Code::CidrOverlapVnet if problem.warning => (
            format!("The {what}{shown}{usual} lies inside the network's space {with}, in no subnet so far"),
            "a later subnet in that range makes AKS refuse upgrades",
            None,
        ),
        Code::CidrOverlapVnet => (
            format!("The {what}{shown}{usual} overlaps the network's space {with}"),
            "AKS refuses the cluster",
            Some("NetworkProfileCIDROverlapVNET"),
        ),
        Code::CidrOverlapPeer => (
            format!("The {what}{shown}{usual} overlaps {with} of a peered or declared network"),
            "hosts in that range cannot be reached from the cluster",
            None,
        ),
        Code::CidrOverlapService => (
            format!("The {what}{shown}{usual} overlaps the service CIDR {with}"),
            "AKS refuses the cluster",
            None,
        ),
        Code::ReservedRangeOverlap => (
            format!("The {what}{shown}{usual} overlaps {with}, which AKS keeps for itself"),
            "AKS refuses the cluster",
            None,
        ),
        Code::ServiceCidrTooLarge => (
            format!("The {what}{shown} is too large"),
            "AKS refuses a service CIDR of /12 or larger, and of IPv6 one larger than /108",
            None,
        ),
        Code::DnsIpFirstAddress => (
            format!("The {what} is the first address of {with}"),
            "AKS refuses it: that address is kubernetes.default",
            None,
        ),
        _ => (format!("The {what} is not inside the service CIDR {with}"), "AKS refuses it", None),
    };
    let mut draft = Draft::new(problem.code(), cluster.document.label(), title).consequence(consequence);
    draft.azure_error = error;
    draft.severity = if problem.warning { Severity::Low } else { Severity::High };
    let other: Vec<Prefix> = if services_range { pods } else { services }.into_iter().collect();
    let attribute = match problem.range {
        RangeOf::Services => "service_cidr",
        RangeOf::Pods => "pod_cidr",
        RangeOf::Vnet | RangeOf::Dns => return draft,
    };
    let v4 = problem.prefix.is_some_and(|p| p.is_v4());
    let proposed = around.free_range(&other).filter(|_| v4 && problem.code() != Code::ServiceCidrTooLarge);
    if let Some(free) = proposed {
        let dns = Prefix::new(free.family(), free.first().saturating_add(10), 32).to_string();
        let dns = match services_range {
            true => format!(" and dns_service_ip = \"{}\"", dns.trim_end_matches("/32")),
            false => String::new(),
        };
        draft = draft.remedy(format!(
            "set {attribute} = \"{free}\"{dns}, which overlap nothing known here (azurerm replaces an existing cluster)"
        ));
    }
    if problem.code() == Code::CidrOverlapSubnet {
        draft = draft.remedy("or move the subnet out of that range, while it is empty");
    }
    if default {
        draft.note =
            "nothing declares the range; Azure's default is assumed, because the provider leaves it to Azure"
                .into();
    }
    draft
}
