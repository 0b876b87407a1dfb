//! The machine interfaces: one JSON form per command, described by `docs/interfaces.md` and, to the last
//! member, by the schemas in `docs/schemas`.

mod forms;

use serde::Serialize;
use serde_json::{Value as Json, json};

pub use forms::*;

use super::escape;
use crate::analysis::finding;
use crate::analysis::network;
use crate::analysis::rules::SuppressedJson;
use crate::review::redact::Redactor;
use crate::review::{self, Accepted, Held, Judged, Outcome, Report, Reviewed, Standing};
use crate::terraform::diagnostic;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::plan::{self, Secrets};
use crate::terraform::source::SourceMap;

/// Diagnostics in Terraform's own form.
pub fn diagnostics(diagnostics: &[diagnostic::Diagnostic], sources: &SourceMap) -> Vec<Diagnostic> {
    let one = |d: &diagnostic::Diagnostic| Diagnostic {
        severity: d.severity,
        summary: d.summary.clone(),
        detail: d.detail.clone(),
        range: d.span.map(|span| {
            let file = sources.file(span.file);
            let [start, end] = [span.start, span.end].map(|byte| file.position(byte as usize));
            Extent { filename: file.path.to_string(), start, end }
        }),
    };
    diagnostics.iter().map(one).collect()
}

fn finding(finding: &finding::Finding, standing: Option<Standing>, sources: &SourceMap) -> Finding {
    let because = |(span, label): &(_, String)| Because { place: sources.place(*span), label: label.clone() };
    Finding {
        code: finding.code.clone(),
        name: finding.name.clone(),
        severity: finding.severity,
        facet: finding.facet,
        address: finding.address.clone(),
        title: finding.title.clone(),
        consequence: finding.consequence.clone(),
        formula: finding.formula.clone(),
        remedies: finding.remedies.clone(),
        note: finding.note.clone(),
        place: finding.span.map(|s| sources.place(s)),
        because: finding.because.iter().map(because).collect(),
        standing,
        path: None,
        fingerprint: None,
        suppressed: None,
    }
}

/// Declared against live, with what is decided about it.
pub fn drift(drift: &review::Drift) -> Drift<'_> {
    Drift {
        report: &drift.report,
        decided: &drift.decided,
        since: drift.since.as_ref(),
        patch: drift.patch.as_ref(),
        imports: drift.imports.as_ref(),
        source: None,
    }
}

/// A finding, how it stands, and by what it is known again.
pub fn judged(judged: &Judged, sources: &SourceMap) -> Finding {
    Finding {
        path: Some(judged.fingerprint.path.clone()),
        fingerprint: Some(judged.fingerprint.digest(0)),
        ..finding(&judged.finding, judged.standing, sources)
    }
}

/// A finding that is not told, and who decided so.
pub fn held(held: &Held, sources: &SourceMap) -> Finding {
    Finding {
        path: Some(held.fingerprint.path.clone()),
        fingerprint: Some(held.fingerprint.digest(0)),
        suppressed: Some(HeldBy { why: SuppressedJson::new(&held.why, sources), new: held.is_new }),
        ..finding(&held.finding, None, sources)
    }
}

/// What a baseline did.
pub fn accepted(accepted: &Accepted) -> Baseline<'_> {
    Baseline { name: &accepted.name, accepted: accepted.accepted, fixed: &accepted.fixed }
}

/// The review: all facets under one roof.
pub fn review(report: &Report) -> Json {
    let sources = &report.evaluation.sources;
    let diagnostics = diagnostics(&report.evaluation.diagnostics, sources);
    if report.resources.is_empty() && !report.is_complete() {
        return value(&Answer::<Review<'_>>::Failed(Failed { diagnostics }), &report.redactor);
    }
    let body = Review {
        root: report.root.as_str(),
        verdict: report.verdict(),
        complete: report.is_complete(),
        gaps: &report.gaps,
        beside: report.beside.iter().map(|dir| dir.to_string()).collect(),
        gate: report.gate.0.iter().map(ToString::to_string).collect(),
        broken: report.broken().iter().map(ToString::to_string).collect(),
        findings: report.findings.iter().map(|j| judged(j, sources)).collect(),
        suppressed: report.suppressed.iter().map(|h| held(h, sources)).collect(),
        plan: plan::plan(&report.evaluation, Secrets::Hidden),
        network: &report.network,
        cost: &report.cost,
        security: Outcomes { outcomes: report.security.json(sources, report.profile, false) },
        untranslated: &report.untranslated,
        baseline: report.baseline.as_ref().map(accepted),
        drift: report.drift.as_ref().map(|found| Drift {
            source: Some(LiveSource { source: &found.source, captured_at: found.captured_at.as_deref() }),
            since: None,
            ..drift(found)
        }),
        change: report.change.as_ref().map(|change| Change {
            base: &change.base,
            resources: &change.resources,
            cost: &change.cost,
            network_before: &change.network,
            addresses: network::delta(&change.network, &report.network),
            fixed: change.fixed.iter().map(|f| finding(f, None, sources)).collect(),
            settings: &change.settings,
        }),
    };
    value(&Answer::Whole(Whole { body, diagnostics }), &report.redactor)
}

/// The reviews of several root modules: each as it is by itself, and the findings of all with their root.
pub fn reviews(reviews: &review::Reviews) -> Json {
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
        Outcome::Failed(why) => Some(Diagnostic {
            severity: diagnostic::Severity::Error,
            summary: format!("{}: {why}", r.root),
            detail: String::new(),
            range: None,
        }),
        _ => None,
    });
    let all = Reviews {
        verdict: reviews.verdict(),
        complete: reviews.is_complete(),
        settings: reviews.settings().into_iter().map(|s| s.to_string()).collect(),
        diagnostics: errors.collect(),
        findings,
        roots,
    };
    serde_json::to_value(all).unwrap_or_default()
}

/// The JSON of a facet, with the diagnostics of the evaluation; after a failure they are all there is.
pub fn facet(body: Json, evaluation: &Evaluation, redactor: &Redactor) -> Json {
    let failed = evaluation.instances.is_empty() && !evaluation.is_complete();
    match body {
        // As `answer` makes it, without a copy of a body that may be large.
        Json::Object(mut members) if !failed => {
            let diagnostics = diagnostics(&evaluation.diagnostics, &evaluation.sources);
            members.insert("diagnostics".to_owned(), serde_json::to_value(diagnostics).unwrap_or_default());
            redacted(Json::Object(members), redactor)
        }
        body => value(&answer(body, failed, evaluation), redactor),
    }
}

/// A body with the diagnostics of its evaluation, or these alone when it `failed`.
pub fn answer<T>(body: T, failed: bool, evaluation: &Evaluation) -> Answer<T> {
    let diagnostics = diagnostics(&evaluation.diagnostics, &evaluation.sources);
    if failed { Answer::Failed(Failed { diagnostics }) } else { Answer::Whole(Whole { body, diagnostics }) }
}

/// A value with all of its texts as they may be shown.
fn value(of: &impl Serialize, redactor: &Redactor) -> Json {
    redacted(serde_json::to_value(of).unwrap_or_default(), redactor)
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
