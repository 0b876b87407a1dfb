//! LIV-017: quota that is short of what the code needs.

use std::collections::BTreeMap;

use crate::analysis::rules::example::{cluster, live};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::location;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject, Truth};
use crate::azure::estate::Document;
use crate::azure::{sku, types};
use crate::terraform::value::Value;

/// Usage and limits of a region, as `locations/REGION/usages` of the two providers say.
const USAGES: [&str; 2] = ["microsoft.compute/locations/usages", "microsoft.network/locations/usages"];
/// The counter of Standard public addresses.
const ADDRESSES: &str = "standardskupublicipaddresses";

/// A cluster of 96 processors, and the quota of its family: the limit.
macro_rules! limited {
    ($limit:literal) => {
        live!(
            cluster!(
                "",
                "    auto_scaling_enabled = true\n    min_count            = 3\n    max_count            = 24\n"
            ),
            concat!(
                r#"[{
  "id": "/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.Compute/locations/westeurope/usages/standardDSv5Family",
  "type": "Microsoft.Compute/locations/usages",
  "name": "standardDSv5Family",
  "properties": { "name": { "value": "standardDSv5Family" }, "currentValue": 20, "limit": "#,
                $limit,
                " }\n}]\n"
            )
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-LIV-017",
        name: "quota-short",
        title: "the quota of the subscription is short of what the code may need",
        why: "The apply fails, or the autoscaler stops short of its maximum on the day when load is highest.",
        fix: "Ask for a higher quota of the family in the region, or lower the maxima of the pools.",
        exceptions: "Maxima that are never meant to be reached together.",
        bad: limited!("100"),
        good: limited!("200"),
        references: &["https://learn.microsoft.com/azure/quotas/per-vm-quota-requests"],
        ..Meta::ROW
    },
    check,
};

/// What a region needs of one counter.
#[derive(Default)]
struct Need<'a> {
    /// What the code asks for at the utmost.
    wanted: u64,
    /// What of it is live already.
    live: u64,
    /// Who asks.
    by: Option<&'a Document>,
    unknown: Option<String>,
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    if alive.graph.is_none() {
        return;
    }
    let mut needs: BTreeMap<(String, String), Need<'_>> = BTreeMap::new();
    processors(graph, live, &mut needs);
    for address in graph.of_type(types::PUBLIC_IP) {
        let standard = Truth::is_word(address.get("sku.name"), "Standard", false) == Truth::Yes;
        if let Some(region) = location(address).filter(|_| standard) {
            let need = needs.entry((region, ADDRESSES.to_owned())).or_default();
            need.wanted += 1;
            need.by = need.by.or(Some(address));
            let there =
                live.of_type(types::PUBLIC_IP).any(|l| alive.declared(l).is_some_and(|d| d.id == address.id));
            need.live += u64::from(there);
        }
    }
    for ((region, counter), need) in needs {
        let Some(by) = need.by else { continue };
        let Some((used, limit)) = quota(live, &region, &counter) else {
            out.skip(by, "the quota of its region was not read");
            continue;
        };
        let total = used.saturating_sub(need.live) + need.wanted;
        let what =
            if counter == ADDRESSES { "public addresses".to_owned() } else { format!("vCPUs of {counter}") };
        let text = format!(
            "{total} {what} may be needed in {region}, and the quota is {limit}: {used} in use, {} of them of this root, \
             which asks for {}",
            need.live, need.wanted
        );
        let fine = match (total > limit, need.unknown) {
            (true, _) => Truth::No,
            (false, Some(why)) => Truth::Unknown(why),
            (false, None) => Truth::Yes,
        };
        let subject: Subject = by.into();
        out.judge(subject, None, fine, text);
    }
}

/// The processors of pools, at their maximum and while they are upgraded, by region and family.
fn processors<'a>(graph: &Graph<'a>, live: &Graph<'_>, needs: &mut BTreeMap<(String, String), Need<'a>>) {
    for pool in graph.all_pools() {
        let (Some(cluster), Some(size)) = (pool.cluster, pool.document.str("properties.vmSize")) else {
            continue;
        };
        let (Some(region), Some(shape)) = (location(cluster), sku::vm_size(size)) else { continue };
        let Some(processors) = shape.vcpus.map(u64::from) else { continue };
        let nodes = pool.maximum();
        let most = u64::try_from(nodes.least).unwrap_or(0);
        let surge = surge(pool.document.get("properties.upgradeSettings.maxSurge"), most);
        let need = needs.entry((region, shape.family.to_ascii_lowercase())).or_default();
        need.wanted += (most + surge) * processors;
        need.by = need.by.or(Some(cluster));
        need.unknown = need.unknown.take().or(nodes.unknown);
        let there = live.of_type(types::POOL).find(|l| {
            l.name().eq_ignore_ascii_case(pool.document.name())
                && l.id.parent().is_some_and(|c| c.name().eq_ignore_ascii_case(cluster.name()))
        });
        let count = there.and_then(|l| l.int("properties.count")).unwrap_or(0);
        need.live += u64::try_from(count).unwrap_or(0) * processors;
    }
}

/// Nodes added while a pool is upgraded: a number or a part of it; one unless it says otherwise.
fn surge(value: Option<&Value>, nodes: u64) -> u64 {
    let Some(text) = value.and_then(Value::as_str) else { return 1 };
    match text.strip_suffix('%').map(str::trim) {
        Some(part) => part.parse::<u64>().map_or(1, |p| (nodes * p).div_ceil(100)),
        None => text.trim().parse().unwrap_or(1),
    }
}

/// What of a counter is in use in a region, and its limit.
fn quota(live: &Graph<'_>, region: &str, counter: &str) -> Option<(u64, u64)> {
    let is_it = |d: &&Document| {
        let id = d.id.key();
        let name = d.str("properties.name.value").unwrap_or(d.name());
        id.contains(&format!("/locations/{region}/")) && name.eq_ignore_ascii_case(counter)
    };
    let found = USAGES.iter().flat_map(|t| live.of_type(t)).find(is_it)?;
    let number = |path: &str| found.int(path).and_then(|n| u64::try_from(n).ok());
    let both = |used: &str, limit: &str| number(used).zip(number(limit));
    both("properties.currentValue", "properties.limit").or_else(|| both("currentValue", "limit"))
}
