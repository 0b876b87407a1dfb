//! What is decided about drift.

use std::fmt::Write as _;

use crate::analysis::changes::{Class, Difference, ResourceDrift};
use crate::output::{escape, words};
use crate::review::Drift;
use crate::review::baseline::Entry;
use crate::review::drift::Left;

/// How many entries of a baseline are listed.
const SHOWN: usize = 10;

/// True for a difference that is told one by one; others are counted.
pub(in crate::output) fn is_shown(difference: &Difference) -> bool {
    !matches!(difference.class, Class::OutsideTerraform | Class::Accepted)
}

/// What is said of a difference when only new ones alarm.
pub(in crate::output) fn news(new: Option<bool>) -> &'static str {
    match new {
        None => "",
        Some(true) => ", new",
        Some(false) => ", known",
    }
}

/// What a state adds to a missing resource.
pub(in crate::output) fn known_to_state(resource: &ResourceDrift) -> &'static str {
    match resource.in_state {
        None => "",
        Some(true) => ": the state has it, so it was deleted",
        Some(false) => ": the state does not have it, so it was never applied",
    }
}

/// What is accepted, by whom, and which decisions are over.
pub(in crate::output) fn accepted(drift: &Drift) -> String {
    let mut out = String::new();
    let decided = &drift.decided;
    if let Some(since) = &drift.since {
        let _ = writeln!(
            out,
            "  since {}: {} new, {} known, {} over",
            escape::line(&since.baseline),
            since.new,
            since.known,
            since.over.len()
        );
    }
    if decided.ignored > 0 {
        let _ = writeln!(out, "  trueup.toml ignores {}", words::count(decided.ignored, "difference"));
    }
    if let Some(name) = &decided.baseline
        && decided.accepted + decided.expired.len() + decided.over.len() > 0
    {
        let accepted = words::count(decided.accepted, "difference");
        let _ = writeln!(out, "  baseline {} accepts {accepted}", escape::line(name));
    }
    if let Some(patch) = &drift.patch {
        let _ = writeln!(out, "  the patch takes {} away", words::count(patch.patched, "difference"));
        left(&mut out, "not patched", &patch.left);
    }
    if let Some(imports) = &drift.imports {
        let count = words::count(imports.imported, "resource");
        let _ = writeln!(out, "  the import blocks have {count}, {} with a resource block", imports.written);
        left(&mut out, "not imported", &imports.left);
    }
    list(&mut out, "expired", &decided.expired);
    list(&mut out, "matches nothing", &decided.over);
    if !decided.over.is_empty() {
        let _ = writeln!(out, "    --update-baseline takes out what matches nothing");
    }
    out
}

fn left(out: &mut String, what: &str, all: &[Left]) {
    for one in all {
        let of = format!("{} {}", one.address, one.attribute);
        let _ = writeln!(out, "    {what}: {}: {}", escape::line(of.trim_end()), escape::line(&one.reason));
    }
}

fn list(out: &mut String, what: &str, entries: &[Entry]) {
    for entry in entries.iter().take(SHOWN) {
        let mut line = format!("{what}: {} {}", entry.address, entry.path).trim_end().to_owned();
        if let Some(until) = &entry.until {
            let _ = write!(line, " (until {until})");
        }
        for (name, text) in [("owner", &entry.owner), ("reason", &entry.reason)] {
            if !text.is_empty() {
                let _ = write!(line, ", {name}: {text}");
            }
        }
        let _ = writeln!(out, "    {}", escape::line(&line));
    }
    if entries.len() > SHOWN {
        let _ = writeln!(out, "    and {} more", entries.len() - SHOWN);
    }
}
