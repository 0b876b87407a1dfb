//! Words that several forms of a report share.

use crate::analysis::changes::{Action, Effect, Status};
use crate::analysis::network::estate::{Bound, SubnetReport, Verdict as Fit};
use crate::review::{Drift, Report, Verdict};

use super::money;

/// `1 finding`, `2 findings`.
pub(super) fn count(n: usize, one: &str) -> String {
    let plural = match one.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if one.ends_with('s') => format!("{one}es"),
        None => format!("{one}s"),
    };
    if n == 1 { format!("1 {one}") } else { format!("{n} {plural}") }
}

/// The verdict in one line, enough for a mail preview.
pub(super) fn headline(report: &Report) -> String {
    let counts = report.counts();
    let findings = match counts.as_slice() {
        [] => "no findings".to_owned(),
        counts => {
            let parts: Vec<String> = counts.iter().map(|(s, n)| format!("{n} {}", s.word())).collect();
            let total: usize = counts.iter().map(|(_, n)| n).sum();
            format!("{} ({})", count(total, "finding"), parts.join(", "))
        }
    };
    let new = if report.change.is_some() { "new: " } else { "" };
    match report.verdict() {
        Verdict::Blocked => {
            let why: Vec<String> = report.broken().iter().map(ToString::to_string).collect();
            format!("blocked ({}): {new}{findings}", why.join(", "))
        }
        Verdict::Incomplete if report.resources.is_empty() => {
            format!("nothing reviewed: {}", report.gaps.join("; "))
        }
        Verdict::Incomplete => format!("incomplete: {}; {new}{findings}", report.gaps.join("; ")),
        Verdict::Attention => format!("nothing blocks; {new}{findings}"),
        Verdict::Clean => format!("clean: {new}no findings in what could be judged"),
    }
}

/// Addresses in one line.
pub(super) fn addresses(subnets: &[SubnetReport]) -> String {
    let of = |fit: Fit| subnets.iter().filter(|s| s.verdict == fit).count();
    let (small, unknown) = (of(Fit::TooSmall), of(Fit::Unknown));
    if subnets.is_empty() {
        return "no subnets".to_owned();
    }
    let mut parts = Vec::new();
    if small > 0 {
        parts.push(format!("{small} of {} too small", count(subnets.len(), "subnet")));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} unknown"));
    }
    if parts.is_empty() {
        parts.push(if subnets.len() == 1 {
            "the subnet fits".to_owned()
        } else {
            format!("all {} subnets fit", subnets.len())
        });
    }
    parts.join(", ")
}

/// Cost in one line.
pub(super) fn cost(report: &Report) -> String {
    let cost = &report.cost;
    let mut text = format!("{} a month", money::range(&cost.monthly, &cost.currency));
    if !cost.unpriced.is_empty() {
        text.push_str(&format!(", {} of unknown price", cost.unpriced.len()));
    }
    format!("{text} (prices of {})", cost.prices.as_of)
}

/// Drift in one line. What was read in part is never in sync.
pub(super) fn drift(drift: &Drift) -> String {
    let parts: Vec<String> = [
        (Status::Changed, "changed"),
        (Status::Missing, "missing"),
        (Status::Unmanaged, "unmanaged"),
        (Status::NotComparable, "not comparable"),
    ]
    .into_iter()
    .map(|(status, word)| (drift.count(status), word))
    .filter(|(n, _)| *n > 0)
    .map(|(n, word)| format!("{n} {word}"))
    .collect();
    let mut text = match (parts.is_empty(), drift.report.complete) {
        (true, true) => "in sync".to_owned(),
        (true, false) => "incomplete: nothing differs of what was read".to_owned(),
        (false, true) => parts.join(", "),
        (false, false) => format!("{}; incomplete", parts.join(", ")),
    };
    if let Some(at) = &drift.captured_at {
        text.push_str(&format!(" (live of {})", at.get(..16).unwrap_or(at).replace('T', " ")));
    }
    text
}

/// Security in one line.
pub(super) fn security(report: &Report) -> String {
    let failed = report.security.findings.len();
    let undecided = report.security.count("indeterminate");
    let passed = report.security.count("pass");
    let head = if failed == 0 { "no finding".to_owned() } else { count(failed, "finding") };
    format!("{head}, {passed} passed, {undecided} undecided")
}

/// What an apply would do.
pub(super) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::None => "",
        Effect::InPlace => "in place",
        Effect::Rotate => "recreates the nodes",
        Effect::Replace => "REPLACES it",
    }
}

/// Whether addresses suffice.
pub(super) fn fits(verdict: Fit) -> &'static str {
    match verdict {
        Fit::Fits => "yes",
        Fit::TooSmall => "NO",
        Fit::Unknown => "unknown",
    }
}

/// What an apply does with a resource.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Add => "added",
        Action::Remove => "removed",
        Action::Forget => "forgotten",
        Action::Change => "changed",
        Action::Replace => "replaced",
    }
}

/// Why an object is deleted or made anew, from the word of Terraform's plans.
pub(super) fn reason(word: &'static str) -> &'static str {
    match word {
        "replace_because_cannot_update" => "cannot be updated in place",
        "replace_because_tainted" => "tainted",
        "replace_by_triggers" => "replace_triggered_by",
        "delete_because_no_resource_config" => "not in the code",
        "delete_because_wrong_repetition" => "count or for_each added or taken away",
        "delete_because_count_index" => "its index is beyond count",
        "delete_because_each_key" => "its key is not in for_each",
        "delete_because_no_module" => "its module instance is not in the code",
        "delete_because_no_move_target" => "moved to an address that is not in the code",
        other => other,
    }
}

/// A number or the word "unknown".
pub(super) fn number<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "unknown".to_owned(), |v| v.to_string())
}

/// A number with the sign of what it is worth: `≥ 12`, `≤ 12`, `12`.
pub(super) fn bounded<T: ToString>(value: T, bound: Bound) -> String {
    match bound {
        Bound::Exact => value.to_string(),
        Bound::AtLeast => format!("≥ {}", value.to_string()),
        Bound::AtMost => format!("≤ {}", value.to_string()),
    }
}

/// A text of so many characters at most.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn plurals() {
        assert_eq!(super::count(1, "subnet"), "1 subnet");
        assert_eq!(super::count(0, "finding"), "0 findings");
        assert_eq!(super::count(2, "entry"), "2 entries");
        assert_eq!(super::count(2, "address"), "2 addresses");
    }
}
