//! Designs and sizing documents: the document of a design, and the design of a document.

use serde_json::{Map, Value, json};

use super::needs::{self, DELEGATION, Need, Purpose};
use super::place::{self, Placement};
use super::{Brief, ClusterSpace, Design, Ground, Mode, PoolBrief, brief, report, six, solve};
use crate::analysis::network::allocate::Placed;
use crate::analysis::network::model::AllocationMode;
use crate::analysis::network::prefix::{LONGEST_SUBNET, Prefix};
use crate::analysis::network::set::CidrSet;
use crate::analysis::network::sizing::SizingError;
use crate::analysis::network::sizing::plan::PrivateCluster;
use crate::analysis::network::stage::Stages;
use crate::analysis::network::surge::Upgrade;

/// The sizing document of a brief in its place.
pub(super) fn of_brief(
    brief: &Brief,
    mode: Mode,
    needs: &[Need],
    placement: &Placement,
    ranges: &ClusterSpace,
) -> Value {
    let mut subnets = Map::new();
    let mut extras = Vec::new();
    for (need, placed) in needs.iter().zip(&placement.subnets) {
        let mut subnet = Map::from_iter([("prefix".to_owned(), json!(placed.prefix))]);
        if let Some(delegation) = &need.delegation {
            subnet.insert("delegation".to_owned(), json!(delegation));
        }
        match need.purpose {
            Purpose::PrivateEndpoints => extras
                .push(json!({"kind": "private_endpoint", "subnet": need.name, "count": need.stages.peak})),
            Purpose::Other if need.stages.peak > 0 => {
                subnet.insert("used_by_others".to_owned(), json!(need.stages.peak));
            }
            _ => {}
        }
        subnets.insert(need.name.clone(), Value::Object(subnet));
    }
    let pools: Vec<Value> = brief.pools.iter().enumerate().map(|(i, p)| pool(p, i == 0, mode)).collect();
    let mut cluster = json!({"name": "aks", "network_model": mode.model()});
    if let Some(cluster) = cluster.as_object_mut() {
        if let Some(range) = ranges.pod_cidr {
            cluster.insert("pod_cidr".to_owned(), json!(range));
        }
        match brief.private {
            Some(PrivateCluster::PrivateEndpoint) => {
                cluster.insert("private_cluster".to_owned(), json!("private_endpoint"));
            }
            Some(PrivateCluster::VnetIntegration) => {
                cluster.insert("private_cluster".to_owned(), json!("vnet_integration"));
                cluster.insert("api_server_subnet".to_owned(), json!("api-server"));
            }
            None => {}
        }
        if brief.load_balancers > 0 {
            let balancers = json!([{"subnet": "nodes", "frontend_ips": brief.load_balancers}]);
            cluster.insert("internal_load_balancers".to_owned(), balancers);
        }
        cluster.insert("pools".to_owned(), json!(pools));
    }
    json!({"subnets": subnets, "clusters": [cluster], "extras": extras})
}

/// A pool of the document; the first is the system pool.
fn pool(brief: &PoolBrief, first: bool, mode: Mode) -> Value {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("name", json!(brief.name));
    put("mode", json!(if first { "System" } else { "User" }));
    if brief.spot {
        put("priority", json!("Spot"));
    }
    put("autoscale", json!({"min": brief.nodes.min, "max": brief.nodes.max}));
    put("max_pods", json!(needs::pool(brief, mode).max_pods));
    put("subnet", json!("nodes"));
    put("upgrade", upgrade(&brief.upgrade));
    if matches!(mode, Mode::PodSubnet | Mode::StaticBlock) {
        put("pod_subnet", json!("pods"));
    }
    if mode.allocation() != AllocationMode::default() {
        put("pod_ip_allocation_mode", json!(mode.allocation()));
    }
    Value::Object(out)
}

fn upgrade(upgrade: &Upgrade) -> Value {
    upgrade.max_surge.map_or_else(|| json!({}), |surge| json!({"max_surge": surge.to_string()}))
}

/// A subnet of a document with its present place.
struct Given {
    need: Need,
    prefix: Option<Prefix>,
}

/// The design of a sizing document. With an address space its subnets are sized and placed anew,
/// without one they stay where they are.
pub fn arrange(document: &Value, ground: &Ground) -> Result<Design, SizingError> {
    ground.check()?;
    let document = match (document.get("kind").and_then(Value::as_str), document.get("input")) {
        (Some("plan"), Some(input)) => input,
        (Some(kind), _) if kind != "plan" => {
            return Err(SizingError::new("kind", format!("only a plan has subnets to place, not `{kind}`")));
        }
        _ => document,
    };
    let (outcome, warnings) = solve(document)?;
    let given: Vec<Given> = outcome.subnets.iter().map(|(n, s)| given(document, n, s)).collect();
    let needs: Vec<Need> = given.iter().map(|g| g.need.clone()).collect();
    let mut sizing = document.clone();
    let (placement, outcome) = if ground.spaces.is_empty() {
        (as_it_is(&given)?, outcome)
    } else {
        let lengths = needs::lengths(&needs, ground.growth)?;
        let placement = place::place(&needs, &lengths, ground).map_err(|e| SizingError::new("space", e))?;
        for (need, placed) in needs.iter().zip(&placement.subnets) {
            if let Some(subnet) = sizing.pointer_mut("/subnets").and_then(|s| s.get_mut(&need.name))
                && let Some(subnet) = subnet.as_object_mut()
            {
                subnet.shift_remove("prefixes");
                subnet.insert("prefix".to_owned(), json!(placed.prefix));
            }
        }
        let (outcome, _) = solve(&sizing)?;
        (placement, outcome)
    };
    let mut design = report::new(ground, &needs, placement, &outcome);
    design.ipv6 = six::place(&needs, None, ground)?;
    design.warnings = warnings;
    design.sizing = sizing;
    Ok(design)
}

/// Subnets where a document has them; their space is the smallest prefix around all.
fn as_it_is(given: &[Given]) -> Result<Placement, SizingError> {
    let one = |g: &Given| {
        let what =
            || SizingError::new(g.need.name.as_str(), "a map needs one IPv4 prefix a subnet; give --space");
        g.prefix.map(|prefix| Placed { prefix, within: prefix }).ok_or_else(what)
    };
    let subnets: Vec<Placed> = given.iter().map(one).collect::<Result<_, _>>()?;
    let prefixes: Vec<Prefix> = subnets.iter().map(|p| p.prefix).collect();
    let spaces: Vec<Prefix> = around(&prefixes).into_iter().collect();
    let space: CidrSet = spaces.iter().collect();
    Ok(Placement { free: space.difference(&prefixes.iter().collect()), spaces, proposed: true, subnets })
}

/// The smallest prefix that contains all.
fn around(prefixes: &[Prefix]) -> Option<Prefix> {
    let first = *prefixes.first()?;
    let grown = |length| Prefix::new(first.family(), first.first(), length);
    (0..=first.length()).rev().map(grown).find(|p| prefixes.iter().all(|other| p.contains(other)))
}

fn given(
    document: &Value,
    name: &str,
    outcome: &crate::analysis::network::sizing::plan::SubnetOutcome,
) -> Given {
    let clusters = || document.get("clusters").and_then(Value::as_array).into_iter().flatten();
    let pools = || clusters().filter_map(|c| c.get("pools")?.as_array()).flatten();
    let names = |holder: &Value, field: &str| holder.get(field).and_then(Value::as_str) == Some(name);
    let purpose = if clusters().any(|c| names(c, "api_server_subnet")) {
        Purpose::ApiServer
    } else if pools().any(|p| names(p, "pod_subnet")) {
        Purpose::Pods
    } else if pools().any(|p| names(p, "subnet")) {
        Purpose::Nodes
    } else {
        Purpose::Other
    };
    let subnet = document.get("subnets").and_then(|s| s.get(name));
    let mut prefixes = Vec::new();
    for field in ["prefix", "prefixes"] {
        match subnet.and_then(|s| s.get(field)) {
            Some(Value::String(text)) => prefixes.extend(text.parse::<Prefix>()),
            Some(Value::Array(items)) => {
                prefixes.extend(items.iter().filter_map(|i| i.as_str()?.parse::<Prefix>().ok()));
            }
            _ => {}
        }
    }
    let mut v4 = prefixes.into_iter().filter(Prefix::is_v4);
    let (prefix, second) = (v4.next(), v4.next());
    let delegation = subnet.and_then(|s| s.get("delegation")).and_then(Value::as_str).map(str::to_owned);
    let delegated = matches!(purpose, Purpose::Pods | Purpose::ApiServer).then(|| DELEGATION.to_owned());
    let empty = outcome.upgrade_peak == 0;
    Given {
        need: Need {
            name: name.to_owned(),
            purpose,
            stages: Stages {
                steady: outcome.steady,
                max: outcome.autoscaler_max,
                peak: outcome.upgrade_peak,
            },
            blocks: outcome.blocks.as_ref().map(|b| b.peak),
            formula: outcome.formula.clone(),
            longest: if purpose == Purpose::ApiServer { brief::API_SERVER } else { LONGEST_SUBNET },
            // Nobody says what an empty subnet is for: it keeps its size.
            given: prefix.filter(|p| empty && p.length() <= LONGEST_SUBNET).map(|p| p.length()),
            grows: purpose != Purpose::ApiServer,
            delegation: delegation.or(delegated),
        },
        prefix: prefix.filter(|_| second.is_none()),
    }
}
