//! Attribution: the record of Azure that fits a difference best.

use crate::analysis::changes::{
    Attribution, Class, Difference, DriftReport, Evidence, ResourceDrift, Status, json,
};
use crate::azure::id::ResourceId;
use crate::live::history::{Done, History, Record};
use crate::terraform::value::Value;

/// The ids whose history tells of what differs: of each resource, and of what it is part of, where changes
/// of parts are recorded.
pub fn to_look_up(report: &DriftReport) -> Vec<ResourceId> {
    let mut ids: Vec<ResourceId> =
        report.resources.iter().filter(|r| r.differs() && !r.id.is_empty()).flat_map(targets).collect();
    ids.sort_by_key(ResourceId::key);
    ids.dedup_by_key(|id| id.key());
    ids
}

/// A resource, then the top-level one that it is part of.
fn targets(resource: &ResourceDrift) -> Vec<ResourceId> {
    /// `/subscriptions/S/resourceGroups/G/providers/NAMESPACE/TYPE/NAME`
    const TOP: usize = 9;
    let segments: Vec<&str> = resource.id.split('/').collect();
    let top = segments.get(..TOP).filter(|_| segments.len() > TOP).map(|s| ResourceId::new(s.join("/")));
    [ResourceId::new(&*resource.id)].into_iter().chain(top).collect()
}

/// Writes who it was into everything that differs.
pub fn attribute(report: &mut DriftReport, history: &History) {
    for resource in report.resources.iter_mut().filter(|r| r.differs()) {
        let targets = targets(resource);
        let Some(own) = targets.first() else { continue };
        let unknown = || Attribution::Unknown { unknown: history.silence(own) };
        if resource.status != Status::Changed {
            let wanted = if resource.status == Status::Missing { Done::Delete } else { Done::Create };
            let fits = |r: &&Record| r.done == wanted;
            let records = history.of(own);
            // The Activity Log does not tell making from changing.
            let last = records.first().filter(|_| resource.status == Status::Unmanaged);
            resource.who = Some(match (records.iter().find(fits), last) {
                (Some(record), _) => known(record, Evidence::Resource),
                (None, Some(record)) => known(record, Evidence::Last),
                (None, None) => unknown(),
            });
            continue;
        }
        for difference in resource.differences.iter_mut().filter(|d| d.class == Class::Drift) {
            let all = targets.iter().flat_map(|id| history.of(id).iter().map(move |r| (id == own, r)));
            let judged = all.filter_map(|(is_own, r)| Some((fit(difference, r, is_own)?, r)));
            // The first of the best: records come newest first.
            let best = judged.min_by_key(|(evidence, _)| *evidence);
            difference.who = Some(best.map_or_else(unknown, |(evidence, record)| known(record, evidence)));
        }
    }
}

fn known(record: &Record, evidence: Evidence) -> Attribution {
    let by = match record.by.split_once('@') {
        Some((name, _)) => format!("{name}@…"),
        None => record.by.clone(),
    };
    Attribution::Known { at: record.at.clone(), by, with: record.with.clone(), evidence }
}

/// How well a record of the resource, or of what it is part of, fits a difference.
fn fit(difference: &Difference, record: &Record, is_own: bool) -> Option<Evidence> {
    if record.done == Done::Delete {
        return None;
    }
    let drifted = path_of(difference);
    let mut best = is_own.then_some(Evidence::Last);
    for (path, value) in &record.properties {
        let path = without_indexes(path);
        // A record of the whole has the path of the part at its end.
        let same = path == drifted || !is_own && path.ends_with(&format!(".{drifted}"));
        let near = same || is_own && (is_below(&path, &drifted) || is_below(&drifted, &path));
        let evidence = match (same && is_value(difference.live.as_ref(), value), near) {
            (true, _) => Evidence::Value,
            (false, true) => Evidence::Property,
            (false, false) => continue,
        };
        best = Some(best.map_or(evidence, |b| b.min(evidence)));
    }
    best
}

/// The ARM path of a difference, a key of a map at its end.
fn path_of(difference: &Difference) -> String {
    let path = without_indexes(&difference.arm_path);
    let key = difference.attribute.split_once("tags.").map(|(_, key)| key.to_ascii_lowercase());
    match key {
        Some(key) if path == "tags" => format!("tags.{key}"),
        _ => path,
    }
}

fn is_value(live: Option<&Value>, text: &str) -> bool {
    let live = match live.map(json) {
        None | Some(serde_json::Value::Null) => "null".to_owned(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    };
    live.eq_ignore_ascii_case(text)
}

fn is_below(path: &str, head: &str) -> bool {
    !head.is_empty() && path.strip_prefix(head).is_some_and(|rest| rest.starts_with('.'))
}

/// In lower case, elements of arrays in whichever way they are written left out; `tags["a"]` is `tags.a`.
fn without_indexes(path: &str) -> String {
    let path = path.to_ascii_lowercase();
    match path.strip_prefix("tags[\"").and_then(|key| key.strip_suffix("\"]")) {
        Some(key) => format!("tags.{key}"),
        None => {
            let mut out = String::new();
            for part in path.split('[') {
                out.push_str(part.split_once(']').map_or(part, |(_, rest)| rest));
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_arrays_are_left_out_however_they_are_written() {
        for path in [
            "properties.subnets[0].properties.x",
            "properties.subnets[\"a\"].properties.X",
            "properties.subnets.properties.x",
        ] {
            assert_eq!(without_indexes(path), "properties.subnets.properties.x");
        }
        assert_eq!(without_indexes("tags[\"Owner\"]"), "tags.owner");
        assert!(is_below("sku.name", "sku") && !is_below("skux", "sku"));
    }
}
