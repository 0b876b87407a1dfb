//! SARIF 2.1.0 as GitHub code scanning and Azure DevOps take it.
//!
//! Limits of GitHub (its REST documentation): 25,000 results a run, of which the gravest are kept here,
//! and 1,000 locations a result. Fingerprints come from the rule, the address and the path of the
//! argument, so that an alert stays the same one when lines move.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::escape;
use super::told::{At, One, Told, level};
use crate::analysis::finding::{Facet, Finding, Severity};
use crate::analysis::rules::{self, Edit, Meta};
use crate::terraform::diagnostic::Diagnostic;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const BASE: &str = "%SRCROOT%";
const MAX_RESULTS: usize = 25_000;
const MAX_PLACES: usize = 100;

/// The log of one run; several root modules are one run, since a host takes one of each category.
pub(super) fn log(all: &[Told<'_>], failed: &[String]) -> Json {
    let mut findings: Vec<(&Told<'_>, &One<'_>)> =
        all.iter().flat_map(|told| told.findings.iter().map(move |one| (told, one))).collect();
    if all.len() > 1 {
        findings.sort_by_key(|(_, one)| std::cmp::Reverse(one.finding.severity));
    }
    let left_out = findings.len().saturating_sub(MAX_RESULTS);
    findings.truncate(MAX_RESULTS);
    let mut rules: BTreeMap<&str, (&Told<'_>, &Finding)> = BTreeMap::new();
    for (told, one) in &findings {
        rules.entry(&one.finding.code).or_insert((told, one.finding));
    }
    let index: BTreeMap<&str, usize> = rules.keys().enumerate().map(|(at, code)| (*code, at)).collect();
    let results = findings.iter().map(|(told, one)| result(told, one, &index));
    let category = match all {
        [told] => format!("trueup/{}/", told.line(&told.root)),
        _ => "trueup/".to_owned(),
    };
    let mut notes: Vec<Json> = all.iter().flat_map(notifications).collect();
    notes.extend(failed.iter().map(|why| notification("error", escape::line(why))));
    let limit =
        format!("{left_out} results of lower severity are left out: code scanning takes {MAX_RESULTS}");
    notes.extend((left_out > 0).then(|| notification("warning", limit)));
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "trueup",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|(told, finding)| rule(told, finding)).collect::<Vec<_>>(),
            }},
            "automationDetails": { "id": category },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { BASE: { "description": { "text": "The top of the checkout." } } },
            "invocations": [{
                "executionSuccessful": failed.is_empty() && all.iter().all(Told::is_complete),
                "toolExecutionNotifications": notes,
            }],
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// GitHub's measure of a security finding.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn rule(told: &Told<'_>, finding: &Finding) -> Json {
    let meta = rules::find(&finding.code).map(|r| r.meta());
    let severity = meta.map_or(finding.severity, |m| m.severity);
    let (title, why) = match meta {
        Some(meta) => (meta.title.to_owned(), meta.why.to_owned()),
        None => (finding.name.replace('-', " "), told.line(&finding.consequence)),
    };
    let mut properties = json!({
        "problem.severity": level(severity, ["error", "warning", "recommendation"]),
        "precision": "high",
        "tags": [facet(finding.facet), "terraform", "azure"],
    });
    if finding.facet == Facet::Security {
        properties["security-severity"] = json!(security_severity(severity));
    }
    let fix =
        meta.map_or_else(|| told.line(finding.remedies.first().map_or("", |r| r)), |m| m.fix.to_owned());
    let mut out = json!({
        "id": finding.code,
        "name": finding.name,
        "shortDescription": { "text": sentence(&title) },
        "fullDescription": { "text": sentence(if why.is_empty() { &title } else { &why }) },
        "help": { "text": sentence(&format!("{why} {fix}")), "markdown": help(&title, &why, &fix, meta) },
        "defaultConfiguration": { "level": sarif_level(severity) },
        "properties": properties,
    });
    if let Some(page) = meta.and_then(|m| m.references.iter().find(|r| r.starts_with("https://"))) {
        out["helpUri"] = json!(page);
    }
    out
}

fn help(title: &str, why: &str, fix: &str, meta: Option<&Meta>) -> String {
    use super::escape::{fenced, markdown};
    let mut out = format!("**{}**\n\n{}\n\n{}\n", markdown(&sentence(title)), markdown(why), markdown(fix));
    if let Some(meta) = meta {
        out.push_str(&format!(
            "\nIt fires on\n\n{}\nIt does not fire on\n\n{}",
            fenced("hcl", meta.bad.trim()),
            fenced("hcl", meta.good.trim())
        ));
    }
    out
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}

fn facet(facet: Facet) -> &'static str {
    match facet {
        Facet::Security => "security",
        Facet::Network => "network",
        Facet::Cost => "cost",
        Facet::Drift => "drift",
        Facet::Change => "change",
    }
}

fn sarif_level(severity: Severity) -> &'static str {
    level(severity, ["error", "warning", "note"])
}

fn result(told: &Told<'_>, one: &One<'_>, index: &BTreeMap<&str, usize>) -> Json {
    let finding = one.finding;
    let place = finding.span.map(|s| physical(&told.at(s)));
    // GitHub refuses a result without a place.
    let place = place.unwrap_or_else(|| json!({ "artifactLocation": artifact(&told.anywhere()) }));
    let mut out = json!({
        "ruleId": finding.code,
        "ruleIndex": index.get(&*finding.code),
        "level": sarif_level(finding.severity),
        "message": { "text": told.message(finding) },
        "locations": [{
            "physicalLocation": place,
            "logicalLocations": [{ "fullyQualifiedName": told.line(&finding.address), "kind": "resource" }],
        }],
        "partialFingerprints": {
            "trueup/v1": one.digest,
            "primaryLocationLineHash": format!("{}:1", one.digest.get(..16).unwrap_or_default()),
        },
    });
    let related: Vec<Json> = finding
        .because
        .iter()
        .take(MAX_PLACES)
        .enumerate()
        .map(|(at, (span, label))| {
            json!({ "id": at + 1, "physicalLocation": physical(&told.at(*span)), "message": { "text": told.line(label) } })
        })
        .collect();
    if !related.is_empty() {
        out["relatedLocations"] = Json::Array(related);
    }
    if let Some(edit) = one.fix {
        out["fixes"] = json!([fix(told, edit)]);
    }
    if let Some((in_source, why)) = &one.decided {
        let kind = if *in_source { "inSource" } else { "external" };
        out["suppressions"] =
            json!([{ "kind": kind, "status": "accepted", "justification": told.line(why) }]);
    }
    out
}

/// An edit of the text as it was read: a viewer offers it, nobody applies it unasked.
fn fix(told: &Told<'_>, edit: &Edit) -> Json {
    let what = if edit.safe {
        "Changes the resource in place, cuts nobody off, and can be taken back."
    } else {
        "May need new nodes, close somebody out, or stay for good: look before you take it."
    };
    let at = told.exactly(edit.span);
    json!({
        "description": { "text": what },
        "artifactChanges": [{
            "artifactLocation": artifact(&at.path),
            "replacements": [{ "deletedRegion": region(&at), "insertedContent": { "text": edit.text } }],
        }],
    })
}

fn artifact(path: &camino::Utf8Path) -> Json {
    let mut out = Map::new();
    out.insert("uri".to_owned(), json!(uri(path.as_str())));
    if !path.is_absolute() {
        out.insert("uriBaseId".to_owned(), json!(BASE));
    }
    Json::Object(out)
}

/// A path as a relative reference: everything that a path segment may not hold is percent-encoded.
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    let escaped =
        path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") });
    let out: String = escaped.collect();
    if path.starts_with('/') { format!("file://{out}") } else { out }
}

fn physical(at: &At) -> Json {
    json!({
        "artifactLocation": artifact(&at.path),
        "region": region(at),
    })
}

fn region(at: &At) -> Json {
    json!({
        "startLine": at.lines.0,
        "startColumn": at.units.0,
        "endLine": at.lines.1,
        "endColumn": at.units.1,
    })
}

fn notifications(told: &Told<'_>) -> Vec<Json> {
    let of_code = told.diagnostics().iter().map(|d| diagnostic(told, d));
    let of_gap = told.gaps.iter().map(|gap| notification("error", told.line(gap)));
    of_code.chain(of_gap).collect()
}

fn notification(level: &str, text: String) -> Json {
    json!({ "level": level, "message": { "text": text } })
}

fn diagnostic(told: &Told<'_>, diagnostic: &Diagnostic) -> Json {
    let level = if diagnostic.is_error() { "error" } else { "warning" };
    let text = format!("{}. {}", told.line(&diagnostic.summary), told.line(&diagnostic.detail));
    let mut out = notification(level, text);
    if let Some(span) = diagnostic.span {
        out["locations"] = json!([{ "physicalLocation": physical(&told.at(span)) }]);
    }
    out
}
