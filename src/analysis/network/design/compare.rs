//! One network model with its figures, beside the others.

use super::needs::{self, Need, Purpose};
use super::report::{LargestCluster, ModeReport, PodNeed};
use super::{Brief, Ground, Mode, document, lasting, place, report, solve};
use crate::analysis::network::limits;
use crate::analysis::network::model::{NODE_BLOCK, NetworkModel};
use crate::analysis::network::prefix::usable_of_length;
use crate::analysis::network::stage::Stages;
use crate::analysis::network::surge::largest_with_surge;

/// The figures of a brief in a model.
pub(super) fn mode(brief: &Brief, mode: Mode) -> ModeReport {
    let growth = brief.ground.growth;
    let needs = needs::of_mode(brief, mode);
    let lengths: Vec<Option<u8>> = needs.iter().map(|n| n.length(growth)).collect();
    let known: Option<Vec<u8>> = lengths.iter().copied().collect();
    let pod_cidr = mode.model().has_pod_cidr().then(|| {
        let Stages { steady, max, peak } = needs::nodes(brief);
        PodNeed {
            blocks_steady: steady,
            blocks_max: max,
            blocks_peak: peak,
            prefix_length: place::pod_length(brief),
        }
    });
    let total: Stages = needs.iter().map(|n| n.stages).sum();
    let placed = known.as_deref().map(|lengths| place::place(&needs, lengths, &brief.ground));
    let fits_space = matches!(placed, Some(Ok(_)));
    let findings = known.as_deref().map_or_else(Vec::new, |lengths| findings(brief, mode, &needs, lengths));
    ModeReport {
        mode,
        name: mode.name(),
        subnets: needs.iter().zip(&lengths).map(|(n, l)| report::need(n, *l, growth)).collect(),
        steady: total.steady,
        autoscaler_max: total.max,
        upgrade_peak: total.peak,
        space: known.map(|l| l.iter().map(|l| 1u64 << (32 - l)).fold(0, u64::saturating_add)),
        fits_space,
        largest_cluster: largest(brief, mode, &needs, &lengths, pod_cidr.as_ref()),
        pod_cidr,
        findings,
        lasting: lasting::of_mode(mode),
    }
}

/// What is wrong with the workload in this model, wherever it stands.
fn findings(
    brief: &Brief,
    mode: Mode,
    needs: &[Need],
    lengths: &[u8],
) -> Vec<crate::analysis::network::sizing::plan::Finding> {
    // Where a model does not fit, its own figures are judged in a network that is proposed.
    let anywhere = Ground { spaces: Vec::new(), ..brief.ground.clone() };
    let placement =
        place::place(needs, lengths, &brief.ground).or_else(|_| place::place(needs, lengths, &anywhere));
    let Ok(placement) = placement else { return Vec::new() };
    let Ok(cluster) = place::cluster_ranges(brief, mode, &placement) else { return Vec::new() };
    let sizing = document::of_brief(brief, mode, needs, &placement, &cluster);
    solve(&sizing).map(|(outcome, _)| outcome.findings).unwrap_or_default()
}

/// The largest cluster that the recommended prefixes carry, and what bounds it: its largest pool grows,
/// the others stay at their peak.
fn largest(
    brief: &Brief,
    mode: Mode,
    needs: &[Need],
    lengths: &[Option<u8>],
    pods: Option<&PodNeed>,
) -> LargestCluster {
    // The first of the largest.
    let Some(growing) = brief.pools.iter().rev().max_by_key(|p| p.nodes.max) else {
        return LargestCluster { nodes: 0, nodes_with_upgrade: 0, bound_by: "" };
    };
    let pool = needs::pool(growing, mode);
    let all = needs::nodes(brief);
    let (others_max, others_peak) = (all.max - pool.nodes.max, all.peak - pool.nodes.peak);
    let beside = |nodes: u64| nodes.saturating_sub(others_peak);
    let mut bounds: Vec<(u64, &'static str)> =
        vec![(beside(limits::NODES_PER_CLUSTER), "the limit of nodes of a cluster")];
    if mode.model() == NetworkModel::Kubenet {
        bounds.push((beside(limits::KUBENET_NODES), "the routes of kubenet"));
    }
    for (need, length) in needs.iter().zip(lengths) {
        let Some(length) = *length else { continue };
        let usable = usable_of_length(length);
        match need.purpose {
            Purpose::Nodes => {
                // What stands there besides the pool stays.
                let others =
                    need.stages.peak.saturating_sub(pool.nodes.peak.saturating_mul(pool.ips_per_node));
                let room = usable.saturating_sub(others).checked_div(pool.ips_per_node);
                bounds.push((room.unwrap_or(0), "the node subnet"));
            }
            Purpose::Pods => {
                let each = pool.pod_subnet.map_or(1, |p| p.per_node().peak).max(1);
                // Of static blocks the first and the last cannot be relied on.
                let sure = match need.blocks {
                    Some(_) => (1u64 << 28u8.saturating_sub(length)).saturating_sub(2) * 16,
                    None => usable,
                };
                let others = need.stages.peak.saturating_sub(pool.nodes.peak.saturating_mul(each));
                bounds.push((sure.saturating_sub(others) / each, "the pod subnet"));
            }
            _ => {}
        }
    }
    if let Some(length) = pods.and_then(|p| p.prefix_length) {
        bounds.push((beside(1u64 << NODE_BLOCK.saturating_sub(length)), "the pod CIDR"));
    }
    let (nodes, bound_by) = bounds.into_iter().min().unwrap_or((0, ""));
    let with_upgrade = largest_with_surge(nodes, &growing.upgrade, growing.spot);
    LargestCluster {
        nodes: nodes.saturating_add(others_max),
        nodes_with_upgrade: with_upgrade.saturating_add(others_max),
        bound_by,
    }
}
