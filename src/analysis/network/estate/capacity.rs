//! One subnet: what it has, what it needs at each stage, and the verdict.

use super::consumers::Consumer;
use super::context::{Context, Draft};
use super::headroom::{consequence, decisive, room};
use super::pools::Pool;
use super::remedies;
use super::report::{
    AzureVerdict, Bound, ConsumerReport, NetworkReport, PoolRoom, StageFormulas, SubnetReport, Verdict,
};
use super::topology::Subnet;
use crate::analysis::network::code::Code;
use crate::analysis::network::demand::{self, Share};
use crate::analysis::network::model;
use crate::analysis::network::prefix::{LONGEST_SUBNET, Prefix, smallest_fit};
use crate::analysis::network::sizing::plan::BlocksOutcome;
use crate::analysis::network::stage::{Stage, Stages};
use crate::analysis::network::surge::largest_with_surge;

/// How many tenants a finding points at, largest first.
const MAX_BECAUSE: usize = 5;

/// The demand of a subnet between bounds.
struct Demand {
    low: Stages,
    high: Option<Stages>,
    /// /28 blocks of statically allocated pods: total, sure, needed.
    blocks: Option<(u64, u64, Stages)>,
}

impl Demand {
    fn new(subnet: &Subnet<'_>, tenants: &[&Consumer]) -> Demand {
        let low = tenants.iter().map(|c| c.low.demand()).sum();
        let high: Option<Vec<Stages>> = tenants.iter().map(|c| Some(c.high.as_ref()?.demand())).collect();
        let mut with = tenants.iter().filter_map(|c| Some((c.low.nodes, c.low.blocks?))).peekable();
        let blocks = with.peek().is_some().then(|| {
            let prefixes: Vec<Prefix> = subnet.v4().copied().collect();
            let (total, sure) = model::subnet_blocks(&prefixes);
            (total, sure, with.map(|(nodes, blocks)| nodes.times(Stages::flat(blocks))).sum())
        });
        Demand { low, high: high.map(|h| h.into_iter().sum()), blocks }
    }

    /// The first stage that surely does not fit.
    fn fails_at(&self, capacity: u64) -> Option<Stage> {
        let over = |s: &Stage| {
            self.low.at(*s) > capacity
                || self.blocks.as_ref().is_some_and(|(_, sure, need)| need.at(*s) > *sure)
        };
        Stage::ALL.into_iter().find(over)
    }

    fn verdict(&self, capacity: Option<u64>) -> Verdict {
        let Some(capacity) = capacity else { return Verdict::Unknown };
        if self.fails_at(capacity).is_some() {
            return Verdict::TooSmall;
        }
        match self.high {
            Some(high) if high.first_over(capacity).is_none() => Verdict::Fits,
            _ => Verdict::Unknown,
        }
    }

    /// The figures to show and how good they are.
    fn shown(&self) -> (Stages, Bound) {
        (self.high.unwrap_or(self.low), Bound::of(&self.low, self.high.as_ref()))
    }
}

/// Adds a subnet to the report, with a finding when it does not suffice or cannot be judged.
pub(super) fn subnet(context: &Context<'_, '_>, at: usize, report: &mut NetworkReport) {
    let Some(subnet) = context.topology.subnets.get(at) else { return };
    let tenants = context.of_subnet(at);
    let demand = Demand::new(subnet, tenants);
    let capacity = subnet.capacity();
    let failure = capacity.and_then(|c| demand.fails_at(c));
    let mut verdict = demand.verdict(capacity);
    let service = demanding(subnet, tenants);
    let longest = service.as_ref().map_or(LONGEST_SUBNET, |s| s.longest.min(LONGEST_SUBNET));
    let too_long = service.filter(|s| subnet.v4().any(|p| p.length() > s.longest));
    if too_long.is_some() {
        verdict = Verdict::TooSmall;
    }
    let (shown, bound) = demand.shown();
    // A failure is proved by the lower bound, so it is shown with the figures of that one.
    let (shown, bound) = match (failure, bound) {
        (Some(_), Bound::AtMost) => (demand.low, Bound::AtLeast),
        _ => (shown, bound),
    };
    let upper = bound == Bound::AtMost;
    let shares: Vec<Share> =
        tenants.iter().map(|c| c.high.clone().filter(|_| upper).unwrap_or_else(|| c.low.clone())).collect();
    let text = match (failure, capacity) {
        (Some(stage), Some(capacity)) => consequence(tenants, context.clusters, stage, capacity),
        _ if verdict == Verdict::Unknown => unknown_because(subnet, tenants),
        _ => String::new(),
    };
    let fixes = match (failure, capacity) {
        (Some(stage), Some(capacity)) => remedies::of_subnet(context, at, tenants, stage, capacity),
        _ => Vec::new(),
    };
    let out = SubnetReport {
        id: subnet.id.to_string(),
        per_node: tenants.iter().filter(|c| c.kind == "node_pool").map(|c| c.low.per_node.max).collect(),
        live: None,
        forecast: None,
        at: context.at(subnet.label(), subnet.prefixes.at().or(subnet.span())),
        name: subnet.id.name().to_owned(),
        virtual_network: subnet.id.parent().map_or_else(String::new, |v| v.name().to_owned()),
        prefixes: subnet.prefixes.list.iter().map(Prefix::to_string).collect(),
        capacity,
        steady: shown.steady,
        autoscaler_max: shown.max,
        upgrade_peak: shown.peak,
        bound,
        free_at_peak: capacity
            .filter(|_| bound != Bound::AtLeast || failure.is_some())
            .map(|c| signed(c) - signed(shown.peak)),
        fits_peak: match verdict {
            Verdict::Unknown => None,
            Verdict::Fits => Some(true),
            Verdict::TooSmall => capacity.map(|c| demand.low.peak <= c && failure.is_none()),
        },
        min_prefix_for_peak: (bound != Bound::AtLeast || failure.is_some())
            .then(|| smallest_fit(shown.peak, longest))
            .flatten(),
        blocks: demand.blocks.map(|(total, conservative, need)| BlocksOutcome {
            total,
            conservative,
            steady: need.steady,
            max: need.max,
            peak: need.peak,
            fits_peak: need.peak <= conservative,
        }),
        verdict,
        first_failure: failure,
        consequence: text.clone(),
        azure: azure(tenants, &demand, capacity),
        formula: formulas(&shares, capacity),
        room: capacity.map_or_else(Vec::new, |c| rooms(context, tenants, c)),
        consumers: tenants.iter().map(|c| consumer(context, c, upper)).collect(),
        remedies: fixes.clone(),
        notes: notes(context, tenants),
    };
    if let (Some(stage), Some(capacity)) = (failure, capacity) {
        too_small(context, subnet, tenants, &demand, stage, capacity, text, fixes, &out).add(context, report);
    } else if verdict == Verdict::Unknown && !tenants.is_empty() && !is_wrong(context, subnet, tenants) {
        let title = format!("Whether subnet {} suffices cannot be said", subnet.id.name());
        let span = tenants.iter().find(|c| c.unknown.is_some()).and_then(|c| c.used.or(c.block));
        Draft::new(Code::InputUnknown, subnet.label(), title)
            .consequence(text)
            .formula(out.formula.upgrade_peak.clone())
            .at(span.or(subnet.prefixes.at()).or(subnet.span()))
            .add(context, report);
    }
    if let Some(service) = too_long {
        prefix_too_long(subnet, &service).add(context, report);
    }
    report.subnets.push(out);
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// True when a value that means nothing is why the subnet cannot be judged: that has its own finding.
fn is_wrong(context: &Context<'_, '_>, subnet: &Subnet<'_>, tenants: &[&Consumer]) -> bool {
    let pool = |c: &&Consumer| c.pool.and_then(|(k, p)| context.clusters.get(k)?.pools.get(p));
    !subnet.prefixes.bad.is_empty() || tenants.iter().filter_map(pool).any(Pool::is_wrong)
}

/// The code of a subnet that fails at a stage.
fn code(stage: Stage) -> Code {
    match stage {
        Stage::Steady => Code::SubnetTooSmallSteady,
        Stage::AutoscalerMax => Code::SubnetTooSmallMax,
        Stage::UpgradePeak => Code::SubnetTooSmallUpgrade,
    }
}

/// Subnets whose name makes them a service's, with the longest prefix that it takes (facts 2.8).
const BY_NAME: [(&str, &str, u8); 4] = [
    ("AzureFirewallSubnet", "firewall", 26),
    ("AzureFirewallManagementSubnet", "firewall management", 26),
    ("AzureBastionSubnet", "bastion", 26),
    ("GatewaySubnet", "gateway", 29),
];

/// A service that does not take every prefix.
struct Demanding<'c> {
    what: String,
    longest: u8,
    /// Who it is, when it is declared.
    tenant: Option<&'c Consumer>,
}

/// The most demanding service of a subnet.
fn demanding<'c>(subnet: &Subnet<'_>, tenants: &[&'c Consumer]) -> Option<Demanding<'c>> {
    let named = BY_NAME.iter().filter(|(name, ..)| *name == subnet.id.name());
    let named = named.map(|(_, what, longest)| Demanding {
        what: (*what).to_owned(),
        longest: *longest,
        tenant: None,
    });
    let standing = tenants.iter().filter_map(|c| {
        Some(Demanding { what: c.kind.replace('_', " "), longest: c.longest?, tenant: Some(*c) })
    });
    standing.chain(named).min_by_key(|d| d.longest)
}

fn prefix_too_long(subnet: &Subnet<'_>, service: &Demanding<'_>) -> Draft {
    let Demanding { what, longest, tenant } = service;
    let api = tenant.is_some_and(|t| t.kind == "api_server");
    let code = if api { Code::ApiServerSubnetTooSmall } else { Code::SubnetMinPrefix };
    let shown = subnet.prefixes.list.iter().map(Prefix::to_string).collect::<Vec<_>>().join(", ");
    Draft::new(
        code,
        subnet.label(),
        format!("Subnet {} ({shown}) is too small for its {what}", subnet.id.name()),
    )
    .consequence(format!("Azure refuses the {what}: its subnet must be a /{longest} or larger"))
    .remedy(format!("make the subnet a /{longest} or larger while nothing is deployed in it"))
    .at(subnet.prefixes.at().or(subnet.span()))
    .because(tenant.and_then(|t| t.used.or(t.block)), format!("this {what} stands in it"))
}

/// A tenant in words.
fn label(c: &Consumer) -> String {
    match c.kind {
        "node_pool" => format!("node pool {}", c.low.name),
        "pod_pool" => format!("pods of pool {}", c.low.name),
        "api_server" | "cluster_private_endpoint" => c.low.name.clone(),
        kind => format!("{} {}", kind.replace('_', " "), c.low.name),
    }
}

/// Why nothing can be said.
fn unknown_because(subnet: &Subnet<'_>, tenants: &[&Consumer]) -> String {
    let own = subnet.prefixes.unknown.iter().cloned();
    let bad = subnet.prefixes.bad.iter().map(|(message, _)| message.clone());
    let mut all: Vec<String> =
        own.chain(bad).chain(tenants.iter().filter_map(|c| c.unknown.clone())).collect();
    all.dedup();
    all.join("; ")
}

/// The two verdicts of Azure on the pools of a subnet (facts 9.1).
fn azure(tenants: &[&Consumer], demand: &Demand, capacity: Option<u64>) -> Option<AzureVerdict> {
    let pools: Vec<&&Consumer> = tenants.iter().filter(|c| c.pool.is_some()).collect();
    if pools.is_empty() {
        return None;
    }
    let of_pools = |stage: Stage| pools.iter().map(|c| c.low.demand().at(stage)).fold(0, u64::saturating_add);
    let accepted = |stage: Stage| {
        let capacity = capacity?;
        if demand.low.at(stage) > capacity {
            return Some(false);
        }
        demand.high.filter(|h| h.at(stage) <= capacity).map(|_| true)
    };
    let refusal = |stage: Stage| {
        let capacity = capacity.filter(|_| accepted(stage) == Some(false))?;
        let need = of_pools(stage);
        let fixed = demand.low.at(stage) - need;
        let free = capacity.saturating_sub(fixed);
        Some(format!("InsufficientSubnetSize: Pre-allocated IPs {need} exceeds IPs available {free}"))
    };
    Some(AzureVerdict {
        create_accepted: accepted(Stage::AutoscalerMax),
        create_error: refusal(Stage::AutoscalerMax),
        upgrade_accepted: accepted(Stage::UpgradePeak),
        upgrade_error: refusal(Stage::UpgradePeak),
        runs_out_at: capacity.and_then(|c| demand.fails_at(c)),
    })
}

fn formulas(shares: &[Share], capacity: Option<u64>) -> StageFormulas {
    let counted: Vec<Share> =
        shares.iter().filter(|s| s.demand().peak > 0 || s.nodes.peak > 0).cloned().collect();
    let of = capacity.map_or_else(String::new, |c| format!(" of {c}"));
    let one = |stage| format!("{}{of}", demand::formula(&counted, stage));
    StageFormulas {
        steady: one(Stage::Steady),
        autoscaler_max: one(Stage::AutoscalerMax),
        upgrade_peak: one(Stage::UpgradePeak),
    }
}

/// How large each pool can get beside the others.
fn rooms(context: &Context<'_, '_>, tenants: &[&Consumer], capacity: u64) -> Vec<PoolRoom> {
    let shares: Vec<&Share> = tenants.iter().map(|c| &c.low).collect();
    let pools = tenants.iter().filter_map(|c| {
        let (cluster, pool) = c.pool?;
        let settings = context.clusters.get(cluster)?.pools.get(pool)?;
        let at_peak = room(&shares, &c.low, Stage::UpgradePeak, capacity);
        Some(PoolRoom {
            pool: c.low.name.clone(),
            max_nodes: room(&shares, &c.low, Stage::AutoscalerMax, capacity),
            max_nodes_with_upgrade: largest_with_surge(at_peak, &settings.upgrade(), settings.spot),
        })
    });
    pools.collect()
}

fn consumer(context: &Context<'_, '_>, c: &Consumer, upper: bool) -> ConsumerReport {
    let share = c.high.as_ref().filter(|_| upper).unwrap_or(&c.low);
    let demand = share.demand();
    ConsumerReport {
        at: context.at(c.address.clone(), c.block),
        kind: c.kind,
        name: share.name.clone(),
        steady: demand.steady,
        autoscaler_max: demand.max,
        upgrade_peak: demand.peak,
        formula: share.term(Stage::UpgradePeak),
        unknown: c.unknown.clone(),
    }
}

/// Assumptions behind the figures: defaults that nothing declares.
fn notes(context: &Context<'_, '_>, tenants: &[&Consumer]) -> Vec<String> {
    let mut out = Vec::new();
    for consumer in tenants {
        let Some((cluster, pool)) = consumer.pool.and_then(|(c, p)| {
            let cluster = context.clusters.get(c)?;
            Some((cluster, cluster.pools.get(p)?))
        }) else {
            continue;
        };
        let name = &pool.name;
        if pool.max_surge.is_absent()
            && pool.max_unavailable.is_absent()
            && !pool.spot
            && consumer.low.surge > 0
        {
            out.push(format!(
                "pool `{name}` sets no max_surge: 10% is assumed (AKS release notes of 2025-03-16; some pages say one node)"
            ));
        }
        if let Some(model) = cluster.model().filter(|m| m.is_flat() && pool.max_pods.is_absent()) {
            out.push(format!(
                "pool `{name}` sets no max_pods: {} is the default of {}",
                model.default_max_pods(),
                model.name()
            ));
        }
        if consumer.kind == "pod_pool" && consumer.low.blocks.is_none() {
            out.push(format!(
                "pool `{name}`: as declared each node is counted idle; one primary address a node is inferred from the \
                 node agent's source, not documented"
            ));
        }
    }
    out.dedup();
    out
}

#[allow(clippy::too_many_arguments)]
fn too_small(
    context: &Context<'_, '_>,
    subnet: &Subnet<'_>,
    tenants: &[&Consumer],
    demand: &Demand,
    stage: Stage,
    capacity: u64,
    consequence: String,
    remedies: Vec<String>,
    out: &SubnetReport,
) -> Draft {
    let name = subnet.id.name();
    let need = demand.low.at(stage);
    let title = match &demand.blocks {
        Some((_, sure, blocks)) if need <= capacity => {
            format!(
                "Subnet {name} has {sure} sure /28 blocks and needs {} {}",
                blocks.at(stage),
                stage.words()
            )
        }
        _ => format!("Subnet {name} has {capacity} addresses and needs {need} {}", stage.words()),
    };
    let pool = decisive(tenants, stage);
    let settings = pool.and_then(|c| c.pool).and_then(|(c, p)| context.clusters.get(c)?.pools.get(p));
    let number = match (stage, settings) {
        (Stage::Steady, Some(p)) => p.count.at.or(p.min.at).or(p.block),
        (Stage::AutoscalerMax, Some(p)) => p.number_at(),
        (Stage::UpgradePeak, Some(p)) => p.max_surge.at.or(p.number_at()),
        (_, None) => tenants.first().and_then(|c| c.used.or(c.block)),
    };
    let formula = match stage {
        Stage::Steady => &out.formula.steady,
        Stage::AutoscalerMax => &out.formula.autoscaler_max,
        Stage::UpgradePeak => &out.formula.upgrade_peak,
    };
    let ahead = out.azure.as_ref().and_then(|a| match stage {
        Stage::AutoscalerMax => a
            .create_error
            .as_ref()
            .map(|e| format!("; AKS refuses it already when the pool is created or scaled ({e})")),
        Stage::UpgradePeak => {
            a.upgrade_error.as_ref().map(|e| format!("; AKS refuses the upgrade in advance ({e})"))
        }
        Stage::Steady => a.create_error.as_ref().map(|e| format!(" ({e})")),
    });
    let mut draft = Draft::new(code(stage), subnet.label(), title)
        .consequence(format!("{consequence}{}", ahead.unwrap_or_default()))
        .formula(formula.clone())
        .at(number.or(subnet.prefixes.at()).or(subnet.span()))
        .because(subnet.prefixes.at().or(subnet.span()), "the subnet's prefix");
    let mut largest = tenants.to_vec();
    largest.sort_by_key(|c| std::cmp::Reverse(c.low.demand().at(stage)));
    for consumer in largest.iter().take(MAX_BECAUSE) {
        draft = draft.because(consumer.block, format!("{} stands in it", label(consumer)));
    }
    if let Some(c) = pool {
        draft = draft.because(c.used, "used here");
    }
    draft.remedies = remedies;
    draft.note = out.notes.join("; ");
    draft
}
