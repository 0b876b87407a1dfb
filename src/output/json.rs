//! The machine interfaces: one JSON form per command, described by `docs/interfaces.md`.

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::escape;

use crate::analysis::finding::{Facet, Finding, Severity};
use crate::analysis::rules::SuppressedJson;
use crate::review::redact::Redactor;
use crate::review::{Accepted, Drift, Held, Judged, Outcome, Report, Reviewed, Reviews, Standing};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::plan;
use crate::terraform::source::{Place, Position, SourceMap};

/// Diagnostics in Terraform's own form.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &SourceMap) -> Json {
    diagnostics.iter().map(|d| diagnostic(d, sources)).collect()
}

fn diagnostic(d: &Diagnostic, sources: &SourceMap) -> Json {
    let mut out = json!({ "severity": d.severity, "summary": d.summary, "detail": d.detail });
    if let Some(span) = d.span {
        let file = sources.file(span.file);
        let position = |byte: u32| {
            let Position { line, column, byte } = file.position(byte as usize);
            json!({ "line": line, "column": column, "byte": byte })
        };
        out["range"] =
            json!({ "filename": file.path, "start": position(span.start), "end": position(span.end) });
    }
    out
}

/// A finding.
#[derive(Serialize)]
struct Shown<'a> {
    code: &'a str,
    name: &'a str,
    severity: Severity,
    facet: Facet,
    address: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    consequence: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    formula: &'a str,
    remedies: &'a [String],
    #[serde(skip_serializing_if = "str::is_empty")]
    note: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    because: Vec<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
}

fn finding(finding: &Finding, standing: Option<Standing>, sources: &SourceMap) -> Json {
    let because =
        finding.because.iter().map(|(span, label)| json!({ "place": sources.place(*span), "label": label }));
    let shown = Shown {
        code: &finding.code,
        name: &finding.name,
        severity: finding.severity,
        facet: finding.facet,
        address: &finding.address,
        title: &finding.title,
        consequence: &finding.consequence,
        formula: &finding.formula,
        remedies: &finding.remedies,
        note: &finding.note,
        place: finding.span.map(|s| sources.place(s)),
        because: because.collect(),
        standing,
    };
    serde_json::to_value(shown).unwrap_or(Json::Null)
}

/// Declared against live, with what is decided about it.
pub fn drift(drift: &Drift) -> Json {
    let mut out = json!(drift.report);
    out["decided"] = json!(drift.decided);
    if let Some(since) = &drift.since {
        out["since"] = json!(since);
    }
    if let Some(patch) = &drift.patch {
        out["patch"] = json!(patch);
    }
    if let Some(imports) = &drift.imports {
        out["imports"] = json!(imports);
    }
    out
}

/// A finding, how it stands, and by what it is known again.
pub fn judged(judged: &Judged, sources: &SourceMap) -> Json {
    let mut out = finding(&judged.finding, judged.standing, sources);
    out["path"] = json!(judged.fingerprint.path);
    out["fingerprint"] = json!(judged.fingerprint.digest(0));
    out
}

/// A finding that is not told, and who decided so.
pub fn held(held: &Held, sources: &SourceMap) -> Json {
    let mut out = finding(&held.finding, None, sources);
    out["path"] = json!(held.fingerprint.path);
    out["fingerprint"] = json!(held.fingerprint.digest(0));
    out["suppressed"] = json!(SuppressedJson::new(&held.why, sources));
    out["suppressed"]["new"] = json!(held.is_new);
    out
}

/// What a baseline did.
pub fn accepted(accepted: &Accepted) -> Json {
    json!({ "name": accepted.name, "accepted": accepted.accepted, "fixed": accepted.fixed })
}

/// The review: all facets under one roof.
pub fn review(report: &Report) -> Json {
    let sources = &report.evaluation.sources;
    if report.resources.is_empty() && !report.is_complete() {
        let all = json!({ "diagnostics": diagnostics(&report.evaluation.diagnostics, sources) });
        return redacted(all, &report.redactor);
    }
    let findings: Vec<Json> = report.findings.iter().map(|j| judged(j, sources)).collect();
    let mut out = json!({
        "root": report.root,
        "verdict": report.verdict(),
        "complete": report.is_complete(),
        "gaps": report.gaps,
        "gate": report.gate.0.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "broken": report.broken().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "findings": findings,
        "suppressed": report.suppressed.iter().map(|h| held(h, sources)).collect::<Vec<_>>(),
        "plan": plan::to_json(&report.evaluation, plan::Secrets::Hidden),
        "network": report.network,
        "cost": report.cost,
        "security": { "outcomes": report.security.json(sources, report.profile, false) },
        "untranslated": report.untranslated,
        "diagnostics": diagnostics(&report.evaluation.diagnostics, sources),
    });
    if let Some(baseline) = &report.baseline {
        out["baseline"] = accepted(baseline);
    }
    if let Some(drift) = &report.drift {
        out["drift"] = self::drift(drift);
        out["drift"]["source"] = json!(drift.source);
        out["drift"]["captured_at"] = json!(drift.captured_at);
    }
    if let Some(change) = &report.change {
        let fixed: Vec<Json> = change.fixed.iter().map(|f| finding(f, None, sources)).collect();
        out["change"] = json!({
            "base": change.base,
            "resources": change.resources,
            "cost": change.cost,
            "network_before": change.network,
            "addresses": crate::analysis::network::delta(&change.network, &report.network),
            "fixed": fixed,
            "settings": change.settings,
        });
    }
    redacted(out, &report.redactor)
}

/// The reviews of several root modules: each as it is by itself, and the findings of all with their root.
pub fn reviews(reviews: &Reviews) -> Json {
    let mut findings = Vec::new();
    let one = |reviewed: &Reviewed| {
        let mut out = match &reviewed.outcome {
            Outcome::Done(report) => {
                let mut out = review(report);
                for finding in out["findings"].as_array_mut().into_iter().flatten() {
                    let mut finding = finding.clone();
                    finding["root"] = json!(reviewed.root);
                    findings.push(finding);
                }
                out
            }
            Outcome::Failed(why) => json!({ "error": why }),
            Outcome::Gone { resources } => json!({ "removed": resources }),
        };
        out["root"] = json!(reviewed.root);
        out["verdict"] = json!(reviewed.verdict());
        if !reviewed.why.is_empty() {
            out["why"] = json!(reviewed.why);
        }
        out
    };
    let roots: Vec<Json> = reviews.roots.iter().map(one).collect();
    let errors = reviews.roots.iter().filter_map(|r| match &r.outcome {
        Outcome::Failed(why) => {
            Some(json!({ "severity": "error", "summary": format!("{}: {why}", r.root), "detail": "" }))
        }
        _ => None,
    });
    json!({
        "verdict": reviews.verdict(),
        "complete": reviews.is_complete(),
        "settings": reviews.settings(),
        "findings": findings,
        "roots": roots,
        "diagnostics": errors.collect::<Vec<_>>(),
    })
}

/// The JSON of a facet, with the diagnostics of the evaluation; after a failure they are all there is.
pub fn facet(mut body: Json, evaluation: &Evaluation, redactor: &Redactor) -> Json {
    if evaluation.instances.is_empty() && !evaluation.is_complete() {
        body = json!({});
    }
    if let Some(members) = body.as_object_mut() {
        members.insert("diagnostics".to_owned(), diagnostics(&evaluation.diagnostics, &evaluation.sources));
    }
    redacted(body, redactor)
}

/// All texts of a JSON value as they may be shown. Keys are names of our own, or of attributes.
fn redacted(value: Json, redactor: &Redactor) -> Json {
    match value {
        Json::String(text) => Json::String(redactor.text(&text)),
        Json::Array(items) => items.into_iter().map(|v| redacted(v, redactor)).collect(),
        Json::Object(members) => members.into_iter().map(|(k, v)| (k, redacted(v, redactor))).collect(),
        other => other,
    }
}

/// JSON as it is printed: indented, with a line end; what hides or reorders text is escaped.
pub fn print(value: &impl Serialize) -> String {
    let mut text = escape::json(&serde_json::to_string_pretty(value).unwrap_or_default());
    text.push('\n');
    text
}
