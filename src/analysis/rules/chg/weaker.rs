//! CHG-003: a rule passed before this change and fails now.

use std::collections::{BTreeMap, HashMap};

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, cluster};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::report::worst_of_each;
use crate::analysis::rules::{Check, Meta, Outcome, Outcomes, Subject, Verdict};
use crate::azure::id::ResourceId;

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

/// What the rules of some groups say of each address, one outcome for each rule and address.
pub(in crate::analysis::rules) fn verdicts<'g>(
    graph: &'g Graph<'_>,
    groups: &'g [&str],
) -> BTreeMap<&'static str, Vec<Outcome>> {
    let of_rules = graph.outcomes().chunk_by(|a, b| a.rule == b.rule);
    let wanted = of_rules.filter(|c| c.first().is_some_and(|o| groups.contains(&group_of(o.rule))));
    wanted.filter_map(|c| Some((c.first()?.rule, worst_of_each(c)))).collect()
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    let earlier = verdicts(&before.graph, &GROUPS);
    let mut names: HashMap<String, Vec<String>> = HashMap::new();
    for document in graph.estate.iter() {
        if let Some(was) = before.document(document) {
            names.entry(document.label()).or_default().push(was.label());
        }
    }
    for (rule, now) in verdicts(graph, &GROUPS) {
        let Some(then) = earlier.get(rule) else { continue };
        let key = |address: &str| ResourceId::new(address).key();
        let then: HashMap<(String, &str), &Outcome> =
            then.iter().map(|o| ((key(&o.address), o.part), o)).collect();
        for outcome in &now {
            let same = [before.address(&outcome.address).to_owned()];
            let addresses = names.get(&outcome.address).map_or(&same[..], Vec::as_slice);
            let was: Vec<&Outcome> =
                addresses.iter().filter_map(|a| then.get(&(key(a), outcome.part)).copied()).collect();
            let judged = was.iter().any(|o| o.verdict == Verdict::Pass)
                && was.iter().all(|o| matches!(o.verdict, Verdict::Pass | Verdict::NotApplicable(_)));
            if judged {
                compare(graph, out, rule, outcome);
            }
        }
    }
}

/// Tells what became of a rule that passed before.
fn compare(graph: &Graph<'_>, out: &mut Outcomes<'_>, rule: &'static str, now: &Outcome) {
    let block = graph.instance(&now.address).map(|i| i.block);
    let subject = Subject::new(now.address.clone(), block);
    match &now.verdict {
        Verdict::Fail(text) => {
            let short = rule.strip_prefix("TU-").unwrap_or(rule);
            let outcome = out.fail(subject, None, format!("{short} held before this change: {text}"));
            outcome.severity(raised(now.severity)).note(now.note.clone()).at(now.span);
            outcome.because.clone_from(&now.because);
            outcome.part(now.part).about = Some(rule);
            // What that rule leaves to another is not told here either.
            outcome.told_by = now.told_by;
        }
        Verdict::Pass => out.pass(subject).about = Some(rule),
        Verdict::Indeterminate(_) | Verdict::NotApplicable(_) => {}
    }
}

/// One step graver, at most critical.
fn raised(severity: Severity) -> Severity {
    let graver = Severity::ALL.into_iter().rev().find(|s| *s > severity);
    graver.unwrap_or(severity)
}
