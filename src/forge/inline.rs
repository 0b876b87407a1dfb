//! Findings as comments on lines: what each says, and the edit that it proposes.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::analysis::finding::{Finding, Severity};
use crate::analysis::rules::{Edit, apply};
use crate::output::markdown::{self, Dialect};
use crate::review::Report;
use crate::terraform::source::{SourceFile, Span};

/// A finding as a comment on lines, before it is known which lines can have one.
#[derive(Clone, Debug)]
pub struct Note {
    /// By what it is known again, whatever the lines are.
    pub key: String,
    /// The rule.
    pub code: String,
    /// It holds the gate shut.
    pub blocks: bool,
    /// How much it matters.
    pub severity: Severity,
    /// Path in the repository.
    pub path: String,
    /// The file as it was reviewed.
    pub text: Arc<str>,
    /// Its lines in that text, from 1, both inclusive.
    pub lines: (u32, u32),
    /// What it says, without a proposal.
    pub body: String,
    /// The edit that would make it good.
    pub proposal: Option<Proposal>,
}

/// Whole lines and what should stand in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The lines that it replaces, from 1, both inclusive.
    pub lines: (u32, u32),
    /// These lines, without the last line end.
    pub before: String,
    /// What should stand there, without the last line end.
    pub after: String,
    /// It cuts nobody off and can be taken back.
    pub safe: bool,
}

impl Proposal {
    /// What is said about it and the block of the dialect.
    pub fn render(&self, dialect: &Dialect) -> String {
        let lead = match self.safe {
            true => "One edit makes it good:",
            false => "One edit makes the rule pass; look at what else it changes before you take it:",
        };
        let edit = markdown::Edit { before: &self.before, after: &self.after };
        format!("{lead}\n\n{}", dialect.suggestion(edit))
    }
}

/// The findings of a review that count and have a line in the checkout: blockers first, then by severity; one
/// for each rule and place. Advice ([`Severity::Info`]) stands in the comment only, unless it blocks.
///
/// `public` leaves out sums, which may hold values that are not in the code.
pub fn notes(report: &Report, dialect: &Dialect, public: bool) -> Vec<Note> {
    let least = report.gate.severity();
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut places = HashSet::new();
    let mut notes = Vec::new();
    for judged in report.findings.iter().filter(|j| j.counts()) {
        let finding = &judged.finding;
        let blocks = least.is_some_and(|l| finding.severity >= l);
        let Some(span) = finding.span.filter(|_| blocks || finding.severity > Severity::Info) else {
            continue;
        };
        let file = report.evaluation.sources.file(span.file);
        let Some(path) = report.naming.in_checkout(&file.path) else { continue };
        let about = format!("{}\0{}", report.naming.root(), judged.fingerprint.digest(0));
        let ordinal = seen.entry(about.clone()).or_default();
        *ordinal += 1;
        let lines = lines(file, span);
        if !places.insert((path.clone(), lines, finding.code.clone())) {
            continue;
        }
        notes.push(Note {
            key: digest(&format!("{about}\0{ordinal}")),
            code: finding.code.to_string(),
            blocks,
            severity: finding.severity,
            path: path.into_string(),
            text: file.text.clone(),
            lines,
            body: report.redactor.text(&body(finding, blocks, dialect, public)),
            proposal: proposal(finding, &report.fixes, file, span),
        });
    }
    notes.sort_by_key(|note| (!note.blocks, std::cmp::Reverse(note.severity)));
    notes
}

/// First and last line of a span, without the line end that it may hold.
fn lines(file: &SourceFile, span: Span) -> (u32, u32) {
    let marked = file.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let end = span.start as usize + marked.trim_end().len();
    let line = |byte: usize| u32::try_from(file.position(byte).line).unwrap_or(u32::MAX);
    let first = line(span.start as usize);
    (first, line(end).max(first))
}

/// The verdict on one line first: it is what a notification shows.
fn body(finding: &Finding, blocks: bool, dialect: &Dialect, public: bool) -> String {
    let word =
        if blocks { format!("{}, blocks", finding.severity.word()) } else { finding.severity.word().into() };
    let mut out =
        format!("**{}** ({word}; {} {})\n", dialect.prose(&finding.title), finding.code, finding.name);
    if !finding.consequence.is_empty() {
        let _ = write!(out, "\n{}\n", dialect.prose(&finding.consequence));
    }
    if !finding.formula.is_empty() && !public {
        let _ = write!(out, "\nSum: {}\n", dialect.code(&finding.formula));
    }
    if !finding.note.is_empty() {
        let _ = write!(out, "\nNote: {}\n", dialect.prose(&finding.note));
    }
    if !finding.remedies.is_empty() {
        out.push('\n');
    }
    for remedy in &finding.remedies {
        let _ = writeln!(out, "- {}", dialect.prose(remedy));
    }
    out
}

/// The edit for a finding as whole lines, where there is exactly one.
fn proposal(finding: &Finding, fixes: &[Edit], file: &SourceFile, span: Span) -> Option<Proposal> {
    let mut own = fixes
        .iter()
        .filter(|e| e.span.file == span.file && e.rule == finding.code && *e.address == *finding.address);
    let (Some(edit), None) = (own.next(), own.next()) else { return None };
    let text = file.text.as_ref();
    let (start, end) = (edit.span.start as usize, edit.span.end as usize);
    // An insertion stands at the beginning of a line: it is shown with the line above.
    let from = text.get(..start)?.strip_suffix('\n').unwrap_or(text.get(..start)?);
    let from = from.rfind('\n').map_or(0, |n| n + 1);
    let to = match text.get(..end)?.ends_with('\n') {
        true => end,
        false => text.get(end..)?.find('\n').map_or(text.len(), |n| end + n + 1),
    };
    let before = text.get(from..to)?;
    let moved = Edit {
        span: Span { start: (start - from) as u32, end: (end - from) as u32, ..edit.span },
        ..edit.clone()
    };
    let after = apply(before, &[moved]);
    let plain = |text: &str| text.replace("\r\n", "\n").trim_end_matches('\n').to_owned();
    let first = u32::try_from(file.position(from).line).ok()?;
    let count = u32::try_from(before.lines().count()).ok()?;
    Some(Proposal {
        lines: (first, first + count.checked_sub(1)?),
        before: plain(before),
        after: plain(&after),
        safe: edit.safe,
    })
}

/// Twenty hexadecimal digits of a text's digest.
fn digest(text: &str) -> String {
    Sha256::digest(text).iter().take(10).map(|b| format!("{b:02x}")).collect()
}
