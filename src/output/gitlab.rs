//! GitLab's code quality report: an array of issues.

use serde_json::{Value as Json, json};

use super::told::Told;
use crate::analysis::finding::Severity;

/// The issues: what counts, and errors of the code.
pub(super) fn report(all: &[Told<'_>]) -> Json {
    Json::Array(all.iter().flat_map(issues).collect())
}

fn issues(told: &Told<'_>) -> Vec<Json> {
    let findings = told.counted().map(|one| {
        let at = one.finding.span.map(|s| told.at(s));
        let (path, line) = at.map_or_else(|| (told.anywhere(), 1), |at| (at.path, at.lines.0));
        json!({
            "description": told.title(one.finding),
            "check_name": format!("{} {}", one.finding.code, one.finding.name),
            "fingerprint": one.digest,
            "severity": severity(one.finding.severity),
            "location": { "path": path, "lines": { "begin": line } },
        })
    });
    let errors = told.diagnostics().iter().enumerate().filter(|(_, d)| d.is_error()).map(|(number, d)| {
        let at = d.span.map(|s| told.at(s));
        let (path, line) = at.map_or_else(|| (told.anywhere(), 1), |at| (at.path, at.lines.0));
        json!({
            "description": format!("{}. {}", told.line(&d.summary), told.line(&d.detail)),
            "check_name": "diagnostic",
            "fingerprint": format!("diagnostic-{number}-{}-{path}", told.line(&d.summary)),
            "severity": "blocker",
            "location": { "path": path, "lines": { "begin": line } },
        })
    });
    findings.chain(errors).collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "blocker",
        Severity::High => "critical",
        Severity::Medium => "major",
        Severity::Low => "minor",
        Severity::Info => "info",
    }
}
