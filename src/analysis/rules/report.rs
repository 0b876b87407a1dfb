//! Running rules, and turning outcomes into findings.

use std::collections::BTreeMap;

use super::{Context, Meta, Outcome, Outcomes, Profile, Verdict, all};
use crate::analysis::finding::{Facet, Finding, Severity};

/// The outcomes of all rules over one estate.
#[derive(Debug, Default)]
pub struct SecurityReport {
    /// Every outcome, sorted by rule and address.
    pub outcomes: Vec<Outcome>,
    /// The findings of the profile: failures grouped by rule and resource.
    pub findings: Vec<Finding>,
}

impl SecurityReport {
    /// How many outcomes have this verdict.
    pub fn count(&self, word: &str) -> usize {
        self.outcomes.iter().filter(|o| o.verdict.word() == word).count()
    }
}

/// Runs all rules; findings are those of the profile and below it.
pub fn run(cx: &Context<'_>, profile: Profile) -> SecurityReport {
    let mut outcomes = Vec::new();
    let mut findings = Vec::new();
    for rule in all() {
        let from = outcomes.len();
        rule.check(cx, &mut Outcomes::new(rule.meta(), &mut outcomes, rule.meta().id));
        if rule.meta().profile <= profile {
            findings.extend(group(rule.meta(), &outcomes[from..]));
        }
    }
    outcomes.sort_by(|a, b| (a.rule, &a.address).cmp(&(b.rule, &b.address)));
    SecurityReport { outcomes, findings }
}

/// One finding per text to edit: instances that fail for the same reason are told together.
fn group(meta: &Meta, outcomes: &[Outcome]) -> Vec<Finding> {
    let mut groups: BTreeMap<_, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| matches!(o.verdict, Verdict::Fail(_))) {
        let place = outcome.span.map_or_else(|| outcome.address.clone(), |_| without_keys(&outcome.address));
        groups.entry((outcome.span, place, outcome.verdict.text())).or_default().push(outcome);
    }
    groups.into_values().filter_map(|same| finding(meta, &same)).collect()
}

fn finding(meta: &Meta, same: &[&Outcome]) -> Option<Finding> {
    let first = same.first()?;
    let others = same.len() - 1;
    let more = if others == 0 { String::new() } else { format!(" (and {others} more instances)") };
    Some(Finding {
        code: meta.id.to_owned(),
        name: meta.name.to_owned(),
        severity: same.iter().map(|o| o.severity).max().unwrap_or(Severity::Info),
        facet: Facet::Security,
        address: first.address.clone(),
        title: format!("{}{more}", first.verdict.text()),
        consequence: meta.why.to_owned(),
        formula: String::new(),
        remedies: vec![meta.fix.to_owned()],
        span: first.span,
        because: first.because.clone(),
        note: String::new(),
    })
}

/// An address with all instance keys dropped.
fn without_keys(address: &str) -> String {
    let mut out = String::with_capacity(address.len());
    let mut depth = 0u32;
    let mut quoted = false;
    for c in address.chars() {
        match c {
            '"' if depth > 0 => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_keys_are_dropped_from_addresses() {
        assert_eq!(without_keys("module.a[\"x]y\"].azurerm_subnet.b[0]"), "module.a.azurerm_subnet.b");
    }

    #[test]
    fn rules_are_found_by_id_and_name_and_ids_are_unique() {
        let rules = all();
        let mut ids: Vec<_> = rules.iter().flat_map(|r| [r.meta().id, r.meta().name]).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), rules.len() * 2);
        assert!(super::super::find("AKS-001").is_some());
        assert!(super::super::find("aks-local-accounts-enabled").is_some());
    }
}
