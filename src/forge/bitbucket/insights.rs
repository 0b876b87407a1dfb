//! A report with annotations on a commit (Code Insights of Bitbucket Cloud): what is left where no comment can
//! be written. It takes no right to write, and in Pipelines no token at all: a proxy of the step adds one.

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::cloud::MANNERS;
use super::repository;
use crate::analysis::finding::Severity;
use crate::forge::ci::{Ci, Environment};
use crate::forge::http::{Ask, Client, Patience, Scheme};
use crate::forge::{ForgeError, HostKind, Place, Token};
use crate::output::escape;
use crate::review::{Reviews, Verdict};

/// Names another proxy; a pipe, which runs in a container of its own, has `http://host.docker.internal:29418`.
const PROXY_VARIABLE: &str = "TRUEUP_BITBUCKET_PROXY";
/// The proxy of a step. It takes requests of plain HTTP and sends them on by HTTPS.
const PROXY: &str = "http://localhost:29418";

/// Annotations that one request and one report take.
const A_CALL: usize = 100;
const IN_ALL: usize = 1000;

/// Characters of a summary and of details.
const SUMMARY: usize = 450;
const DETAILS: usize = 2000;

/// Leaves a review as a report on its commit, in the place of the one of the same key. `None` where the host has
/// no such reports, or neither a proxy nor a token is there.
pub fn leave(
    place: &Place,
    environment: &Environment,
    reviews: &Reviews,
    key: &str,
    patience: Patience,
) -> Option<Result<(), ForgeError>> {
    if place.host != Some(HostKind::Bitbucket) {
        return None;
    }
    let (root, token, scheme) = if place.ci == Some(Ci::BitbucketPipelines) {
        let proxy = environment.get(PROXY_VARIABLE).unwrap_or(PROXY).to_owned();
        let root = HostKind::Bitbucket.api("").replacen("https://", "http://", 1);
        (Ok(root), Token::new("", "the pipeline"), Scheme::Proxy(proxy))
    } else {
        let token = Token::find(environment, HostKind::Bitbucket)?;
        let scheme = super::scheme(&token);
        (place.api_root(), token, scheme)
    };
    let client = root.and_then(|root| Client::new(&root, token, scheme, &[], MANNERS, patience));
    Some(client.and_then(|client| replace(&client, place, reviews, key)))
}

fn replace(client: &Client, place: &Place, reviews: &Reviews, key: &str) -> Result<(), ForgeError> {
    let (workspace, slug) = repository(place, "WORKSPACE/NAME")?;
    let unknown = || ForgeError::Settings("the commit that was reviewed is not known: say --commit".into());
    let commit = place.head.as_deref().ok_or_else(unknown)?;
    let key: String = key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let key = format!("trueup-{key}");
    let report: Url = client.at(&["repositories", workspace, slug, "commit", commit, "reports", &key]);
    // Annotations of an earlier run on this commit would stay.
    match client.send(&Ask::new(Method::DELETE, report.clone())) {
        Err(error) if !error.is_missing() => return Err(error),
        _ => {}
    }
    let annotations = annotations(reviews);
    let told = told(reviews, annotations.len(), place.run.url.as_deref());
    client.send(&Ask::new(Method::PUT, report.clone()).json(told))?;
    for some in annotations.get(..annotations.len().min(IN_ALL)).unwrap_or_default().chunks(A_CALL) {
        let url = crate::forge::http::below(&report, &["annotations"]);
        // Each has an id of its own, so that sending them twice leaves one.
        client.send(&Ask::new(Method::POST, url).json(Json::Array(some.to_vec())).repeatable())?;
    }
    Ok(())
}

/// The report without its annotations.
fn told(reviews: &Reviews, found: usize, link: Option<&str>) -> Json {
    let verdict = reviews.verdict();
    let blockers: usize = reviews.reports().map(|report| report.blockers().count()).sum();
    let details = match verdict {
        Verdict::Blocked => "Something holds the gate shut.",
        Verdict::Incomplete => "Not all of it could be read, so it is not known to be in order.",
        _ => "Nothing holds the gate shut.",
    };
    let shown =
        if found > IN_ALL { format!(" {IN_ALL} of {found} findings are shown.") } else { String::new() };
    let number = |title: &str, value: usize| json!({ "title": title, "type": "NUMBER", "value": value });
    let mut report = json!({
        "title": "trueup",
        "details": format!("{details}{shown}"),
        "report_type": "BUG",
        "reporter": "trueup",
        "data": [number("Findings", found), number("Blockers", blockers)],
    });
    // What is not known is no result.
    match verdict {
        Verdict::Incomplete => {}
        Verdict::Blocked => report["result"] = "FAILED".into(),
        Verdict::Attention | Verdict::Clean => report["result"] = "PASSED".into(),
    }
    if let Some(link) = link {
        report["link"] = link.into();
    }
    report
}

/// The findings that count, blockers first, then by severity.
fn annotations(reviews: &Reviews) -> Vec<Json> {
    let mut all = Vec::new();
    for report in reviews.reports() {
        let least = report.gate.severity();
        for finding in report.findings.iter().filter(|judged| judged.counts()).map(|judged| &judged.finding) {
            let blocks = least.is_some_and(|least| finding.severity >= least);
            let plain = |text: &str| escape::line(&report.redactor.text(text));
            let remedies = finding.remedies.iter().map(|remedy| format!("- {remedy}"));
            let details =
                std::iter::once(finding.consequence.to_string()).chain(remedies).map(|text| plain(&text));
            let details = details.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
            let summary = plain(&format!("{} ({} {})", finding.title, finding.code, finding.name));
            let mut annotation = json!({
                "annotation_type": "CODE_SMELL",
                "summary": clipped(&summary, SUMMARY),
                "details": clipped(&details, DETAILS),
                "result": if blocks { "FAILED" } else { "PASSED" },
                "severity": severity(finding.severity),
            });
            let file = finding.span.map(|span| (span, report.evaluation.sources.file(span.file)));
            if let Some((span, file)) = file
                && let Some(path) = report.naming.in_checkout(&file.path)
            {
                annotation["path"] = path.as_str().into();
                annotation["line"] = file.position(span.start as usize).line.into();
            }
            all.push((!blocks, std::cmp::Reverse(finding.severity), annotation));
        }
    }
    all.sort_by_key(|(later, severity, _)| (*later, *severity));
    let numbered = all.into_iter().enumerate();
    numbered
        .map(|(number, (_, _, mut annotation))| {
            annotation["external_id"] = format!("trueup-{}", number + 1).into();
            annotation
        })
        .collect()
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "CRITICAL",
        Severity::High => "HIGH",
        Severity::Medium => "MEDIUM",
        Severity::Low | Severity::Info => "LOW",
    }
}

/// The beginning of a text of more characters than these.
fn clipped(text: &str, most: usize) -> String {
    match text.char_indices().nth(most.saturating_sub(3)) {
        Some((end, _)) if text.chars().count() > most => {
            format!("{}...", text.get(..end).unwrap_or_default())
        }
        _ => text.to_owned(),
    }
}
