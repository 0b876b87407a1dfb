//! What a template of a user knows: plain data, redacted, without values in a public repository.

use serde_json::{Value as Json, json};

use super::comment::Options;
use super::dialect::Dialect;
use super::view::View;
use crate::output::overview;
use crate::review::{Outcome, Report, Reviewed, Reviews, Standing};

/// The data; docs/pull-requests.md names the fields.
pub(super) fn of(reviews: &Reviews, dialect: &'static Dialect, options: &Options<'_>) -> Json {
    let roots: Vec<Json> = reviews.worst_first().into_iter().map(|r| root(r, dialect, options)).collect();
    json!({
        "verdict": reviews.verdict(),
        "mark": overview::mark(reviews.verdict()),
        "headline": overview::headline(reviews),
        "complete": reviews.is_complete(),
        "gaps": overview::gaps(reviews),
        "settings": reviews.settings(),
        "host": dialect.name,
        "details": options.details,
        "public": options.public,
        "roots": roots,
    })
}

fn root(root: &Reviewed, dialect: &'static Dialect, options: &Options<'_>) -> Json {
    let mut out = json!({
        "root": root.root,
        "verdict": root.verdict(),
        "mark": overview::mark(root.verdict()),
        "why": root.why,
        "error": null,
        "findings": [],
        "facets": [],
    });
    match &root.outcome {
        Outcome::Done(report) => {
            let view = View { report, dialect, options };
            let facets = overview::facets(report);
            out["facets"] = facets
                .iter()
                .map(|f| json!({ "name": f.name, "before": f.before, "now": text(report, &f.now) }))
                .collect();
            out["findings"] = findings(&view);
            out["base"] = json!(report.change.as_ref().map(|c| &c.base));
            out["monthly"] = json!(report.cost.monthly);
            out["monthly_change"] = json!(report.change.as_ref().map(|c| c.cost.change));
            out["currency"] = json!(report.cost.currency);
            out["plan"] = changes(report);
        }
        Outcome::Failed(why) => out["error"] = json!(why),
        Outcome::Gone { resources } => out["removed"] = json!(resources),
    }
    out
}

fn findings(view: &View<'_>) -> Json {
    let report = view.report;
    let least = report.gate.severity();
    let one = |judged: &crate::review::Judged| {
        let finding = &judged.finding;
        let texts = view.texts(finding);
        let place = finding.span.map(|s| report.evaluation.sources.place(s));
        let remedies: Vec<String> = texts.remedies.iter().map(|r| text(report, r)).collect();
        json!({
            "code": finding.code,
            "name": finding.name,
            "severity": finding.severity,
            "facet": finding.facet,
            "address": text(report, &finding.address),
            "title": text(report, &texts.title),
            "consequence": text(report, &texts.consequence),
            "formula": text(report, &texts.formula),
            "note": text(report, &texts.note),
            "remedies": remedies,
            "file": place.as_ref().map(|p| &p.file),
            "line": place.as_ref().map(|p| p.line),
            "url": finding.span.and_then(|s| view.url(s)),
            "standing": judged.standing.unwrap_or(Standing::New),
            "blocks": judged.counts() && least.is_some_and(|l| finding.severity >= l),
        })
    };
    report.findings.iter().map(one).collect()
}

/// What an apply does, by address.
fn changes(report: &Report) -> Json {
    let all = report.change.iter().flat_map(|c| &c.resources);
    all.map(|r| json!({ "address": text(report, &r.address), "type": r.type_name, "action": r.action }))
        .collect()
}

fn text(report: &Report, text: &str) -> String {
    report.redactor.text(text)
}
