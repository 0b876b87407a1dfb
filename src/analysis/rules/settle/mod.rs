//! What the surroundings of a resource change in what rules say of it.
//!
//! - A risky setting of something that nothing is attached to has no effect yet: its failure weighs one step
//!   less.
//! - A failure that comes from the default of a module's variable is told once, at the default.
//! - A failure in production of what passes in another environment says so.
//! - Where one arm of a conditional fails and the other does not, the outcome stays undecided, and says when it
//!   would fail (`possible`).

mod possible;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use super::graph::places::Attachment;
use super::graph::{Graph, is_production_root};
use super::outcome::{Default, Outcome};
use super::report::collected;
use super::{Context, Meta, Rule, Sibling, Standing, Truth, Verdicts, find};
use crate::analysis::finding::Severity;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::configuration::{Code, ModuleDefault};

/// The rules of attributes that keep strangers and accidents away.
const GROUPS: [&str; 12] =
    ["AKS", "ACR", "KV", "NET", "NSG", "EDG", "PEP", "IAM", "AGW", "FWL", "ARO", "LOG"];

/// Applies all of it to the outcomes of one estate.
pub(super) fn settle(graph: &Graph<'_>, found: &mut [Outcome]) {
    possible::narrow(graph, found);
    graph.elsewhere.get_or_init(|| elsewhere(graph, found));
    let code = graph.evaluation.and_then(|e| e.code.as_deref());
    let defaults = code.map(Code::module_defaults).unwrap_or_default();
    for outcome in found.iter_mut().filter(|o| o.is_failure()) {
        if let Some(why) = idle(graph, outcome) {
            outcome.severity = outcome.severity.one_less();
            outcome.add_note(&format!("one step less: {why}"));
        }
        outcome.default = default(graph, &defaults, outcome).map(Box::new);
        if let Some(dir) = passes_in(graph, outcome) {
            outcome.add_note(&format!("it passes in {dir}"));
        }
    }
}

/// True for a rule about something that only matters where it is attached.
pub(super) fn may_be_idle(rule: &str) -> bool {
    let id = rule.strip_prefix("TU-").unwrap_or(rule);
    // EDG-002 and EDG-005 are about addresses that nothing uses.
    let edge = id.starts_with("EDG-") && !["EDG-002", "EDG-005"].contains(&id);
    edge || id.starts_with("NSG-00") || id == "NET-020"
}

/// Why what a rule found has no effect now; `None` where it has, or where that cannot be told.
pub(super) fn idle(graph: &Graph<'_>, outcome: &Outcome) -> Option<&'static str> {
    if !may_be_idle(outcome.rule) {
        return None;
    }
    let document = graph.document(&outcome.address)?;
    let places = graph.places();
    let none = |found: Truth, of: &Document| graph.closed_world(of, found) == Truth::No;
    let unattached = |kind, of: &Document| none(places.is_attached(kind, &of.id), of);
    if document.is(types::NSG) || document.is(types::NSG_RULE) {
        let group = if document.is(types::NSG) { document.id.clone() } else { document.id.parent()? };
        let group = graph.estate.by_id(&group)?;
        // Another root may attach what an output hands out.
        let handed_out = graph.is_output(&group.label()) || graph.is_output(&group.id.key());
        if handed_out {
            return None;
        }
        return unattached(Attachment::Group, group).then_some("nothing is attached to the security group");
    }
    if document.is(types::PUBLIC_IP) {
        return (graph.is_used(document) == Truth::No).then_some("nothing uses the public address");
    }
    if document.is(types::NAT_GATEWAY) {
        return unattached(Attachment::Nat, document).then_some("no subnet uses the NAT gateway");
    }
    if document.is(types::NIC) {
        return (graph.is_used(document) == Truth::No).then_some("no machine uses the interface");
    }
    None
}

/// The default of a module's variable that a failure comes from.
fn default(graph: &Graph<'_>, defaults: &[ModuleDefault<'_>], outcome: &Outcome) -> Option<Default> {
    let place = outcome.span?;
    let after = defaults.partition_point(|d| (d.place.file, d.place.start) <= (place.file, place.start));
    let found = defaults.get(after.checked_sub(1)?)?;
    if found.place.file != place.file || place.end > found.place.end {
        return None;
    }
    let call = graph.instance(&outcome.address).and_then(|i| i.calls.last().copied());
    Some(Default { module: found.dir.to_string(), variable: found.variable.to_owned(), call })
}

/// What rules say of the other environments of the checkout, those that fail here in production.
fn elsewhere(graph: &Graph<'_>, found: &[Outcome]) -> Vec<(Utf8PathBuf, Verdicts)> {
    let root = graph.checkout.map(|c| &*c.root);
    if graph.siblings.is_empty() || !graph.evaluation.is_some_and(|e| is_production_root(e, root)) {
        return Vec::new();
    }
    let failed: BTreeSet<&str> = found.iter().filter(|o| o.is_failure()).map(|o| o.rule).collect();
    let weighs = |rule: &&dyn Rule| {
        let Meta { id, severity, .. } = rule.meta();
        *severity >= Severity::Medium && GROUPS.contains(&id.split('-').nth(1).unwrap_or_default())
    };
    let rules: Vec<_> =
        failed.into_iter().filter_map(|id| find(id).map(|r| r as &dyn Rule)).filter(weighs).collect();
    let judged = |sibling: &Sibling| {
        let (evaluation, estate) = (sibling.read)()?;
        let context =
            Context { parameters: graph.parameters, ..Context::new(&estate, Some(&evaluation), graph.day()) };
        Some((sibling.dir.clone(), collected(&Graph::new(&context), false, rules.iter().copied())))
    };
    graph.siblings.iter().filter(|_| !rules.is_empty()).filter_map(judged).collect()
}

/// Another environment in which what fails here in production passes.
pub(super) fn passes_in(graph: &Graph<'_>, outcome: &Outcome) -> Option<String> {
    let passes = |(_, said): &&(Utf8PathBuf, Verdicts)| {
        said.standing(outcome.rule, outcome.part, &outcome.address) == Standing::Passed
    };
    graph.elsewhere.get()?.iter().find(passes).map(|(dir, _)| dir.to_string())
}
