//! The published form of the rules: a catalogue for tools, and a page for each rule.

use std::fmt::Write;

use serde::Serialize;

use super::{Fix, Meta, Profile, Rule, all, fix};
use crate::analysis::finding::Severity;

/// A rule in the catalogue.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Entry {
    /// `TU-<GROUP>-NNN`.
    pub id: &'static str,
    /// Kebab-case alias.
    pub name: &'static str,
    /// How much a finding matters.
    pub severity: Severity,
    /// When it is shown.
    pub profile: Profile,
    /// What is wrong when it fires.
    pub title: &'static str,
    /// Checks of other tools with the same concern.
    pub peers: &'static [&'static str],
    /// Benchmarks and documentation pages.
    pub references: &'static [&'static str],
    /// What the edit does that makes the rule pass (`trueup security --fix`, SARIF `fixes`), where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// The page of the rule, relative to the catalogue.
    pub page: String,
}

/// Every rule, sorted by id.
pub fn catalogue() -> Vec<Entry> {
    let entry = |rule: &&'static dyn Rule| {
        let meta = rule.meta();
        Entry {
            id: meta.id,
            name: meta.name,
            severity: meta.severity,
            profile: meta.profile,
            title: meta.title,
            peers: meta.peers,
            references: meta.references,
            fix: fix(*rule),
            page: file(meta),
        }
    };
    all().iter().map(entry).collect()
}

/// The files of `docs/rules`: names and contents.
pub fn pages() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = all().iter().map(|r| (file(r.meta()), page(*r))).collect();
    files.push(("README.md".to_owned(), index()));
    let json = serde_json::to_string_pretty(&catalogue()).unwrap_or_default();
    files.push(("catalogue.json".to_owned(), json + "\n"));
    files
}

fn short(meta: &Meta) -> &'static str {
    meta.id.strip_prefix("TU-").unwrap_or(meta.id)
}

fn file(meta: &Meta) -> String {
    format!("{}.md", short(meta))
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn page(rule: &'static dyn Rule) -> String {
    let meta = rule.meta();
    let mut out = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(out, "{text}");
    };
    line(&format!("# {} {}\n", short(meta), meta.name));
    line(&format!("{}\n", sentence(meta.title)));
    let never = if meta.is_property() { " A property of the review: it never fails." } else { "" };
    line(&format!("Severity: {}. Profile: {}.{never}\n", meta.severity.word(), meta.profile.word()));
    line(&format!("## Why it matters\n\n{}\n", meta.why));
    line(&format!("## What to do\n\n{}\n", meta.fix));
    let edit = match fix(rule) {
        None => "",
        Some(Fix::Safe) => {
            "`trueup security --fix` makes the edit where the argument is a literal or left out. It is safe: it \
             changes the resource in place, cuts nobody off, and can be taken back.\n"
        }
        Some(Fix::Unsafe) => {
            "`trueup security --fix --unsafe` makes the edit where the argument is a literal or left out. It may need \
             new nodes, close somebody out, or stay for good: look at what it changes.\n"
        }
    };
    if !edit.is_empty() {
        line(edit);
    }
    if !meta.exceptions.is_empty() {
        line(&format!("## When it is right to suppress it\n\n{}\n", meta.exceptions));
    }
    let (bad, good) = match meta.is_property() {
        true => ("It is told on", "It is not told on"),
        false => ("It fires on", "It does not fire on"),
    };
    line(&format!("## {bad}\n\n```hcl\n{}\n```\n", meta.bad.trim()));
    line(&format!("## {good}\n\n```hcl\n{}\n```", meta.good.trim()));
    let list = |title: &str, items: &[&str]| {
        let items: Vec<String> = items.iter().map(|i| format!("- {i}")).collect();
        format!("\n## {title}\n\n{}", items.join("\n"))
    };
    if !meta.references.is_empty() {
        line(&list("References", meta.references));
    }
    if !meta.peers.is_empty() {
        line(&list("The same concern in other tools", meta.peers));
    }
    out
}

fn index() -> String {
    let mut out = String::from(
        "# Rules\n\nWritten by `cargo test --test it rules::pages -- --ignored` from the rules themselves; do not edit.\n\n\
         | Rule | Name | Severity | Profile | It fires when |\n| --- | --- | --- | --- | --- |\n",
    );
    for rule in all() {
        let m = rule.meta();
        let _ = writeln!(
            out,
            "| [{}]({}) | {} | {} | {} | {} |",
            short(m),
            file(m),
            m.name,
            m.severity.word(),
            m.profile.word(),
            m.title
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_names_are_unique_and_pages_complete() {
        let rules = all();
        assert!(rules.is_sorted_by_key(|r| r.meta().id));
        let mut words: Vec<_> = rules.iter().flat_map(|r| [r.meta().id, r.meta().name]).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), rules.len() * 2);
        for meta in rules.iter().map(|r| r.meta()) {
            let id = meta.id;
            let parts: Vec<&str> = id.split('-').collect();
            assert!(
                matches!(parts[..], ["TU", group, number] if number.len() == 3 && !group.is_empty()),
                "{id}"
            );
            for text in [meta.title, meta.why, meta.fix, meta.bad, meta.good] {
                assert!(text.len() > 20, "{id}: {text}");
                assert!(!text.contains("  ") || text.contains('\n'), "{id}: {text}");
            }
            assert!(meta.why.ends_with('.') && meta.fix.ends_with('.'), "{id}");
            assert!(!meta.title.ends_with('.'), "{id}");
            assert!(!meta.references.is_empty(), "{id}");
        }
    }

    #[test]
    fn rules_are_found_by_id_and_name() {
        for name in ["TU-AKS-001", "tu-aks-001", "AKS-001", "aks-local-accounts-enabled"] {
            assert_eq!(super::super::find(name).map(|r| r.meta().id), Some("TU-AKS-001"), "{name}");
        }
        assert!(super::super::find("TU-").is_none());
    }
}
