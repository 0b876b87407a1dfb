//! Findings as other tools take them: one list, with places by their path in the checkout.

use std::collections::HashMap;

use camino::Utf8PathBuf;

use super::escape;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::rules::Edit;
use crate::review::fingerprint::{Fingerprint, Fingerprints};
use crate::review::redact::Redactor;
use crate::review::{Held, Judged, Report, Reviews, Standing, Subject};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::files::Naming;
use crate::terraform::source::Span;

/// The forms in which findings are handed to other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// SARIF 2.1.0
    Sarif,
    /// JUnit XML
    Junit,
    /// GitLab code quality
    Gitlab,
    /// Workflow commands of GitHub Actions
    Github,
    /// Logging commands of Azure Pipelines
    AzurePipelines,
}

/// Everything that is handed on.
pub struct Told<'a> {
    /// The root module as the user named it.
    pub(super) root: String,
    /// The findings, gravest first.
    pub(super) findings: Vec<One<'a>>,
    /// What could not be read or judged, in words.
    pub(super) gaps: &'a [String],
    evaluation: &'a Evaluation,
    naming: &'a Naming,
    redactor: &'a Redactor,
}

/// A finding.
pub(super) struct One<'a> {
    pub(super) finding: &'a Finding,
    /// By what it is known again; no two are alike.
    pub(super) digest: String,
    /// Why it is not told: where that was decided (in the code, or outside of it), and the reason.
    pub(super) decided: Option<(bool, String)>,
    /// The base has it too.
    pub(super) is_known: bool,
    /// The edit that makes its rule pass.
    pub(super) fix: Option<&'a Edit>,
}

/// A stretch of text, by its path in the checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct At {
    pub(super) path: Utf8PathBuf,
    /// First and last line, from 1.
    pub(super) lines: (usize, usize),
    /// First column and the one past the last, from 1, in characters.
    pub(super) characters: (usize, usize),
    /// The same in UTF-16 code units.
    pub(super) units: (usize, usize),
}

impl<'a> Told<'a> {
    /// What a review tells.
    pub fn of_review(report: &'a Report) -> Told<'a> {
        let baseline = report.baseline.as_ref().map_or("", |b| b.name.as_str());
        let judged = report.findings.iter().map(|j| of_judged(j, baseline));
        let findings = numbered(judged.chain(report.suppressed.iter().map(of_held)), &report.fixes);
        Told {
            root: report.root.to_string(),
            findings,
            gaps: &report.gaps,
            evaluation: &report.evaluation,
            naming: &report.naming,
            redactor: &report.redactor,
        }
    }

    /// What a review of several root modules tells: what is alike in two of them stays apart.
    pub fn of_reviews(reviews: &'a Reviews) -> Vec<Told<'a>> {
        let mut all: Vec<Told<'a>> = reviews.reports().map(Told::of_review).collect();
        if reviews.roots.len() > 1 {
            for told in &mut all {
                let root = told.naming.root();
                let apart = |digest: &str| Fingerprint {
                    code: digest.to_owned(),
                    address: root.to_string(),
                    ..Fingerprint::default()
                };
                told.findings.iter_mut().for_each(|one| one.digest = apart(&one.digest).digest(0));
            }
        }
        all
    }

    /// What one facet tells, with what is not told.
    pub fn of_facet(
        root: &str,
        subject: &'a Subject,
        found: &'a [Finding],
        held: &'a [Held],
        fixes: &'a [Edit],
        redactor: &'a Redactor,
    ) -> Told<'a> {
        let mut fingerprints = Fingerprints::new(subject);
        let prints: Vec<Fingerprint> = found.iter().map(|f| fingerprints.of(f)).collect();
        let told = found.iter().zip(&prints).map(|(finding, print)| Entry {
            finding,
            print: print.clone(),
            decided: None,
            is_known: false,
        });
        let mut findings = numbered(told.chain(held.iter().map(of_held)), fixes);
        findings.sort_by_key(|one| std::cmp::Reverse(one.finding.severity));
        Told {
            root: root.to_owned(),
            findings,
            gaps: &[],
            evaluation: &subject.evaluation,
            naming: &subject.naming,
            redactor,
        }
    }

    /// The findings in one of the forms.
    pub fn render(&self, form: Form) -> String {
        render(std::slice::from_ref(self), &[], form)
    }

    /// The findings that count: neither suppressed nor accepted.
    pub(super) fn counted(&self) -> impl Iterator<Item = &One<'a>> {
        self.findings.iter().filter(|one| one.decided.is_none())
    }

    /// Diagnostics of the code.
    pub(super) fn diagnostics(&self) -> &'a [Diagnostic] {
        &self.evaluation.diagnostics
    }

    /// True when all of the code was read and judged.
    pub(super) fn is_complete(&self) -> bool {
        self.gaps.is_empty() && self.evaluation.is_complete()
    }

    /// A text as it may be shown: one line, nothing hidden in it.
    pub(super) fn line(&self, text: &str) -> String {
        escape::line(&self.redactor.text(text))
    }

    /// What is wrong, in one line.
    pub(super) fn title(&self, finding: &Finding) -> String {
        format!("{}: {}", self.line(&finding.address), self.line(&finding.title))
    }

    /// What is wrong, what follows, and what to do, in lines.
    pub(super) fn message(&self, finding: &Finding) -> String {
        let mut lines = vec![self.title(finding)];
        for (label, text) in
            [("", &*finding.consequence), ("Sum: ", &*finding.formula), ("Note: ", &*finding.note)]
        {
            if !text.is_empty() {
                lines.push(format!("{label}{}", self.line(text)));
            }
        }
        lines.extend(finding.remedies.iter().map(|r| format!("Fix: {}", self.line(r))));
        lines.join("\n")
    }

    /// Where a span lies.
    pub(super) fn at(&self, span: Span) -> At {
        let file = self.evaluation.sources.file(span.file);
        // The end of what is marked without the line end that it may hold.
        let marked = file.text.get(span.start as usize..span.end as usize).unwrap_or("").trim_end();
        self.exactly(Span { end: span.start + marked.len() as u32, ..span })
    }

    /// Where the bytes of a span lie, line ends with them.
    pub(super) fn exactly(&self, span: Span) -> At {
        let file = self.evaluation.sources.file(span.file);
        let text = &file.text;
        let [start, end] = [span.start, span.end].map(|byte| file.position(byte as usize));
        let units = |line: usize, byte: usize| {
            text.get(file.offset(line)..byte).unwrap_or("").encode_utf16().count() + 1
        };
        At {
            path: self.naming.path(&file.path),
            lines: (start.line, end.line),
            characters: (start.column, end.column),
            units: (units(start.line, start.byte), units(end.line, end.byte)),
        }
    }

    /// The file that stands for the root module where a finding has no place of its own.
    pub(super) fn anywhere(&self) -> Utf8PathBuf {
        let mut files = self.evaluation.sources.files().map(|f| self.naming.path(&f.path));
        let here = files.find(|f| f.parent() == Some(self.naming.root()));
        here.unwrap_or_else(|| self.naming.root().join("main.tf"))
    }
}

/// The findings of several root modules in one of the forms; `failed` says why others could not be reviewed.
pub fn render(all: &[Told<'_>], failed: &[String], form: Form) -> String {
    match form {
        Form::Sarif => super::json::print(&super::sarif::log(all, failed)),
        // It has no place for what is about no file; the end of the run says it.
        Form::Gitlab => super::json::print(&super::gitlab::report(all)),
        Form::Junit => super::junit::report(all, failed),
        Form::Github => super::annotations::github(all, failed),
        Form::AzurePipelines => super::annotations::azure_pipelines(all, failed),
    }
}

/// A finding before it has a number among those that are alike.
struct Entry<'a> {
    finding: &'a Finding,
    print: Fingerprint,
    decided: Option<(bool, String)>,
    is_known: bool,
}

fn of_judged<'a>(judged: &'a Judged, baseline: &str) -> Entry<'a> {
    let accepted = judged.standing == Some(Standing::Accepted);
    Entry {
        finding: &judged.finding,
        print: judged.fingerprint.clone(),
        decided: accepted.then(|| (false, format!("accepted by the baseline {baseline}"))),
        is_known: judged.standing == Some(Standing::Unchanged),
    }
}

fn of_held(held: &Held) -> Entry<'_> {
    let reason = match held.why.reason.as_str() {
        "" => format!("suppressed by a comment for {}", held.why.by),
        reason => reason.to_owned(),
    };
    Entry {
        finding: &held.finding,
        print: held.fingerprint.clone(),
        decided: Some((held.why.span.is_some(), reason)),
        is_known: false,
    }
}

fn numbered<'a>(entries: impl Iterator<Item = Entry<'a>>, fixes: &'a [Edit]) -> Vec<One<'a>> {
    let fixes: HashMap<(&str, &str), &Edit> = fixes.iter().map(|e| ((e.rule, &*e.address), e)).collect();
    let mut seen: HashMap<Fingerprint, usize> = HashMap::new();
    entries
        .map(|entry| {
            let ordinal = seen.entry(entry.print.clone()).or_default();
            let digest = entry.print.digest(*ordinal);
            *ordinal += 1;
            let Entry { finding, decided, is_known, .. } = entry;
            let fix = fixes.get(&(&*finding.code, &*finding.address)).copied();
            One { finding, digest, fix: fix.filter(|_| decided.is_none()), decided, is_known }
        })
        .collect()
}

/// One of three words for a severity: for critical and high, for medium, and for the rest.
pub(super) fn level(severity: Severity, words: [&'static str; 3]) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => words[0],
        Severity::Medium => words[1],
        Severity::Low | Severity::Info => words[2],
    }
}
