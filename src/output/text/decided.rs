//! What somebody decided not to be told: suppressions, the baseline, edited settings.

use std::fmt::Write as _;

use crate::output::{escape, words};
use crate::review::{Accepted, Held, Report};
use crate::terraform::source::SourceMap;

/// How many fixed entries of a baseline are listed.
const SHOWN: usize = 10;

/// One line for each suppressed finding, those that the change under review suppresses first; then the
/// baseline.
pub fn decided(held: &[Held], accepted: Option<&Accepted>, sources: &SourceMap) -> String {
    let mut out = suppressed(held, sources);
    if let Some(baseline) = accepted {
        let _ = writeln!(
            out,
            "  baseline {} accepts {}",
            escape::line(&baseline.name),
            words::count(baseline.accepted, "finding")
        );
        for entry in baseline.fixed.iter().take(SHOWN) {
            let rule = entry.code.strip_prefix("TU-").unwrap_or(&entry.code);
            let _ = writeln!(out, "    fixed: {} {}", escape::line(rule), escape::line(&entry.address));
        }
        if baseline.fixed.len() > SHOWN {
            let _ = writeln!(out, "    and {} more", baseline.fixed.len() - SHOWN);
        }
        if !baseline.fixed.is_empty() {
            let _ = writeln!(out, "    --update-baseline takes out what is fixed");
        }
    }
    out
}

/// The decisions of a review, with what the change edits.
pub(in crate::output) fn decisions(report: &Report) -> String {
    let mut out = String::new();
    for setting in report.change.iter().flat_map(|c| &c.settings) {
        let _ = writeln!(
            out,
            "  this change edits {}: what the base has holds until it is merged",
            escape::line(setting)
        );
    }
    out.push_str(&decided(&report.suppressed, report.baseline.as_ref(), &report.evaluation.sources));
    out
}

fn suppressed(held: &[Held], sources: &SourceMap) -> String {
    let mut out = String::new();
    let (new, old): (Vec<&Held>, Vec<&Held>) = held.iter().partition(|h| h.is_new);
    for held in new.into_iter().chain(old) {
        let finding = &held.finding;
        let who = if held.is_new { "this change suppresses" } else { "suppressed:" };
        let mut line = format!(
            "{who} {} {}",
            finding.code.strip_prefix("TU-").unwrap_or(&finding.code),
            finding.address
        );
        let _ = write!(line, " by {}", held.why.by);
        if let Some(place) = held.why.span.map(|s| sources.place(s)) {
            let _ = write!(line, " at {}:{}", place.file, place.line);
        }
        if let Some(until) = &held.why.until {
            let _ = write!(line, " until {until}");
        }
        if !held.why.reason.is_empty() {
            let _ = write!(line, ": {}", held.why.reason);
        }
        let _ = writeln!(out, "  {}", escape::line(&line));
    }
    out
}
