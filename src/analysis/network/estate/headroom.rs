//! How large a pool can get in its subnet, and how to say what fails first.

use super::consumers::Consumer;
use super::pools::Cluster;
use crate::analysis::network::demand::Share;
use crate::analysis::network::stage::{Stage, Stages};
use crate::analysis::network::surge::largest_with_surge;

/// The nodes of `share` that fit beside the others at a stage.
pub(super) fn room(shares: &[&Share], share: &Share, stage: Stage, capacity: u64) -> u64 {
    let total: Stages = shares.iter().map(|s| s.demand()).sum();
    let others = total.at(stage) - share.demand().at(stage);
    capacity.saturating_sub(others).checked_div(share.per_node.at(stage)).unwrap_or(u64::MAX)
}

/// The pool that decides at a stage: the one that takes most.
pub(super) fn decisive<'c>(consumers: &[&'c Consumer], stage: Stage) -> Option<&'c Consumer> {
    let pools = consumers.iter().filter(|c| c.pool.is_some());
    pools.copied().max_by_key(|c| (c.low.demand().at(stage), std::cmp::Reverse(c.low.name.clone())))
}

/// What happens at the first stage that does not fit, in the user's terms.
pub(super) fn consequence(
    consumers: &[&Consumer],
    clusters: &[Cluster<'_>],
    stage: Stage,
    capacity: u64,
) -> String {
    let shares: Vec<&Share> = consumers.iter().map(|c| &c.low).collect();
    let need: Stages = shares.iter().map(|s| s.demand()).sum();
    let short = need.at(stage).saturating_sub(capacity);
    let Some(pool) = decisive(consumers, stage) else {
        return format!("{short} addresses are missing {}", stage.words());
    };
    let name = &pool.low.name;
    let fit = room(&shares, &pool.low, stage, capacity);
    match stage {
        Stage::Steady | Stage::AutoscalerMax if pool.kind == "pod_pool" => {
            format!(
                "pods on the {} node of pool `{name}` get no address and stay in ContainerCreating",
                nth(fit.saturating_add(1))
            )
        }
        Stage::Steady => {
            format!(
                "the {} node of pool `{name}` cannot start: AKS refuses to create it",
                nth(fit.saturating_add(1))
            )
        }
        Stage::AutoscalerMax => {
            format!(
                "the {} node of pool `{name}` cannot start: scaling stops at {fit}",
                nth(fit.saturating_add(1))
            )
        }
        Stage::UpgradePeak => {
            let settings = pool.pool.and_then(|(c, p)| clusters.get(c)?.pools.get(p));
            let most = match settings {
                Some(p) => largest_with_surge(fit, &p.upgrade(), p.spot),
                None => fit,
            };
            match most {
                0 => format!(
                    "no upgrade of pool `{name}` succeeds: {short} addresses are missing for surge nodes"
                ),
                _ => format!("upgrades fail from {} nodes of pool `{name}` on", most.saturating_add(1)),
            }
        }
    }
}

/// `1st`, `2nd`, `11th`.
pub(super) fn nth(n: u64) -> String {
    let suffix = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{suffix}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals() {
        let all = [1, 2, 3, 4, 9, 11, 12, 13, 21, 22, 101, 111].map(nth);
        assert_eq!(all.join(" "), "1st 2nd 3rd 4th 9th 11th 12th 13th 21st 22nd 101st 111th");
    }
}
