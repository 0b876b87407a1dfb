//! CHG-003: a rule passed before this change and fails now.

use std::collections::HashMap;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::report::worst_of_each;
use crate::analysis::rules::{Check, Meta, Outcome, Outcomes, Standing, Subject};
use crate::terraform::value::Str;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-CHG-003",
        name: "weakens-security",
        severity: Severity::High,
        title: "a rule that held before this change does not hold after it",
        why: "Old findings are known and weighed; this one comes with the change, so this is the moment to prevent it.",
        fix: "Do what the rule asks for that the message names, or take the part of the change back.",
        exceptions: "A weakness that is wanted: suppress the rule that the message names, which suppresses this as well.",
        bad: changed!(
            cluster!(
                "  local_account_disabled = true\n  azure_active_directory_role_based_access_control {}\n"
            ),
            cluster!(
                "  local_account_disabled = false\n  azure_active_directory_role_based_access_control {}\n"
            )
        ),
        good: changed!(
            cluster!(
                "  local_account_disabled = false\n  azure_active_directory_role_based_access_control {}\n"
            ),
            cluster!(
                "  local_account_disabled = true\n  azure_active_directory_role_based_access_control {}\n"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/best-practices"],
        ..Meta::ROW
    },
    check,
};

/// Groups of rules that are compared: those about settings and about the graph.
const GROUPS: [&str; 14] =
    ["AKS", "ACR", "KV", "NET", "NSG", "EDG", "PEP", "IAM", "LOG", "AGW", "FWL", "ARO", "SEC", "X"];

/// The group of a rule: `AKS` of `TU-AKS-001`.
pub(in crate::analysis::rules) fn group_of(rule: &str) -> &str {
    rule.split('-').nth(1).unwrap_or("")
}

/// The failures of rules of some groups, one for each rule, address and part.
pub(in crate::analysis::rules) fn failures<'g>(graph: &'g Graph<'_>, groups: &[&str]) -> Vec<&'g Outcome> {
    let told = graph.verdicts().outcomes.iter().filter(|o| groups.contains(&group_of(o.rule)));
    worst_of_each(told.collect()).into_iter().filter(|o| o.is_failure()).collect()
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    let earlier = before.graph.verdicts();
    let mut names: HashMap<Str, Vec<Str>> = HashMap::new();
    for document in graph.estate.iter() {
        if let Some(was) = before.document(document) {
            names.entry(document.shared_label().clone()).or_default().push(was.shared_label().clone());
        }
    }
    let passed = |rule: &str, part: &str, address: &Str| {
        let was = match names.get(address) {
            Some(names) => names.iter().map(|a| earlier.standing(rule, part, a)).collect(),
            None => vec![earlier.standing(rule, part, before.address(address))],
        };
        was.contains(&Standing::Passed) && !was.contains(&Standing::Told)
    };
    for now in failures(graph, &GROUPS).into_iter().filter(|o| passed(o.rule, o.part, &o.address)) {
        tell(graph, out, now);
    }
    let still = graph.verdicts().passed().filter(|(rule, ..)| GROUPS.contains(&group_of(rule)));
    for (rule, _, address) in still.filter(|(rule, part, address)| passed(rule, part, address)) {
        let block = graph.instance(address).map(|i| i.block);
        out.pass(Subject::new(address.clone(), block)).about = Some(rule);
    }
}

/// Tells of a rule that passed before.
fn tell(graph: &Graph<'_>, out: &mut Outcomes<'_>, now: &Outcome) {
    let block = graph.instance(&now.address).map(|i| i.block);
    let short = now.rule.strip_prefix("TU-").unwrap_or(now.rule);
    let text = format!("{short} held before this change: {}", now.verdict.text());
    let outcome = out.fail(Subject::new(now.address.clone(), block), None, text);
    outcome.severity(raised(now.severity)).note(now.note.clone()).at(now.span);
    outcome.because.clone_from(&now.because);
    outcome.part(now.part).about = Some(now.rule);
    // What that rule leaves to another is not told here either.
    outcome.told_by = now.told_by;
}

/// One step graver, at most critical.
fn raised(severity: Severity) -> Severity {
    let graver = Severity::ALL.into_iter().rev().find(|s| *s > severity);
    graver.unwrap_or(severity)
}
