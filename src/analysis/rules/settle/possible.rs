//! What would be wrong for one of the values that a conditional may have.
//!
//! An outcome is undecided because of `var.private ? "Disabled" : "Enabled"`: the rule is asked again with each
//! of the two in its place. When it fails for one and not for another the outcome says for which.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::report::collected;
use crate::analysis::rules::{Context, Outcome, Verdict, find};
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// Most conditionals that are tried, and most documents of an estate in which they are.
const MOST: usize = 16;
const MOST_DOCUMENTS: usize = 2_000;
/// Most values of one conditional that are tried.
const MOST_ARMS: usize = 4;
/// How deep values are looked into.
const DEPTH: u32 = 24;

/// Says of undecided outcomes for which value of a conditional they would fail.
pub(super) fn narrow(graph: &Graph<'_>, found: &mut [Outcome]) {
    let undecided = |o: &&Outcome| matches!(o.verdict, Verdict::Indeterminate(_));
    let addresses: BTreeSet<&str> = found.iter().filter(undecided).map(|o| &*o.address).collect();
    if addresses.is_empty() || graph.estate.iter().nth(MOST_DOCUMENTS).is_some() {
        return;
    }
    let mut choices: BTreeMap<Span, usize> = BTreeMap::new();
    for document in graph.estate.iter().filter(|d| addresses.contains(&*d.label())) {
        gather(&document.body, DEPTH, &mut choices);
    }
    let rules: BTreeSet<&'static str> = found.iter().filter(undecided).map(|o| o.rule).collect();
    for (place, arms) in choices.into_iter().take(MOST) {
        let answers: Vec<Vec<Outcome>> =
            (0..arms.min(MOST_ARMS)).map(|arm| with(graph, place, arm, &rules)).collect();
        for outcome in found.iter_mut().filter(|o| matches!(o.verdict, Verdict::Indeterminate(_))) {
            settle(graph, outcome, place, &answers);
        }
    }
}

/// The conditionals of a value, by the place of their text, and how many values each may have.
fn gather(value: &Value, depth: u32, into: &mut BTreeMap<Span, usize>) {
    if let Some(unknown) = value.as_unknown() {
        if let (Some(arms), Some(place)) = (&unknown.refinement.one_of, value.origin.at) {
            into.insert(place, arms.len());
        }
    } else if depth > 0 {
        let members = value.as_map().into_iter().flat_map(|m| m.values());
        let parts = value.as_slice().unwrap_or_default().iter().chain(members);
        parts.for_each(|v| gather(v, depth - 1, into));
    }
}

/// What rules say when a conditional has this one of its values.
fn with(graph: &Graph<'_>, place: Span, arm: usize, rules: &BTreeSet<&'static str>) -> Vec<Outcome> {
    let estate = graph.estate.mapped(&|value| chosen(value, place, arm, DEPTH));
    let context = Context {
        parameters: graph.parameters,
        checkout: graph.checkout,
        ..Context::new(&estate, graph.evaluation, graph.day())
    };
    let supposed = Graph::new(&context);
    collected(&supposed, false, rules.iter().filter_map(|id| find(id)).map(|r| r as _)).outcomes
}

/// A value with one of the values of a conditional in its place; `None` where nothing changes.
fn chosen(value: &Value, place: Span, arm: usize, depth: u32) -> Option<Value> {
    if let Some(unknown) = value.as_unknown() {
        let arms = unknown.refinement.one_of.as_ref().filter(|_| value.origin.at == Some(place))?;
        let found = arms.get(arm)?.clone();
        return Some(found.with_origin(value.origin.clone()).with_marks(value.marks));
    }
    if depth == 0 {
        return None;
    }
    let remade: Option<Value> = if let Some(members) = value.as_map() {
        let new: Vec<Option<Value>> = members.values().map(|v| chosen(v, place, arm, depth - 1)).collect();
        new.iter().any(Option::is_some).then(|| {
            let pairs =
                members.iter().zip(new).map(|((k, old), new)| (k.clone(), new.unwrap_or(old.clone())));
            Value::object(pairs)
        })
    } else {
        let items = value.as_slice().unwrap_or_default();
        let new: Vec<Option<Value>> = items.iter().map(|v| chosen(v, place, arm, depth - 1)).collect();
        new.iter().any(Option::is_some).then(|| {
            let items = items.iter().zip(new).map(|(old, new)| new.unwrap_or(old.clone()));
            Value::tuple(items.collect())
        })
    };
    remade.map(|v| v.with_origin(value.origin.clone()).with_marks(value.marks))
}

/// Tells an outcome for which value it would fail.
fn settle(graph: &Graph<'_>, outcome: &mut Outcome, place: Span, answers: &[Vec<Outcome>]) {
    let same =
        |o: &&Outcome| o.rule == outcome.rule && o.address == outcome.address && o.part == outcome.part;
    let failing = |arm: &Vec<Outcome>| {
        let failed = arm.iter().filter(same).filter(|o| o.is_failure()).max_by_key(|o| o.severity)?;
        Some((failed.severity, failed.verdict.text().to_owned()))
    };
    let told: Vec<Option<(Severity, String)>> = answers.iter().map(failing).collect();
    if told.iter().all(Option::is_some) {
        return;
    }
    let Some((arm, (severity, text))) = told.into_iter().enumerate().find_map(|(n, t)| Some((n, t?))) else {
        return;
    };
    let when = condition(graph, place, arm, answers.len());
    outcome.verdict = Verdict::Indeterminate(format!("{when}: {text}"));
    outcome.severity = severity.one_less();
    outcome.possible = true;
    outcome.span = Some(place);
}

/// When a conditional has this one of its values, in words.
fn condition(graph: &Graph<'_>, place: Span, arm: usize, arms: usize) -> String {
    let text = graph.evaluation.map(|e| e.sources.file(place.file).text.clone());
    let text = text.as_deref().and_then(|t| t.get(place.start as usize..place.end as usize));
    let condition = text.and_then(|t| t.split_once('?')).map(|(condition, _)| condition.trim());
    match condition.filter(|c| arms == 2 && !c.is_empty() && c.lines().count() == 1) {
        Some(condition) if is_name(condition) => format!("when {condition} = {}", arm == 0),
        Some(condition) => format!("when {condition} is {}", arm == 0),
        None => "for one of the values that it may have".to_owned(),
    }
}

/// True for a plain reference such as `var.private`.
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
