//! Part of the copy that `tools/mutate_rules` makes of this crate: looks for cases that notice what nothing notices.
//!
//! Each example is edited in one place: a line taken away, another value, a value that is not known, a line or block
//! that another example has in a resource of the same type. The first edit that tells a negated condition from the
//! condition is a case.

use std::collections::BTreeSet;

use super::mutants::survives;
use super::outcomes::Case;
use super::*;

/// Values that a text is replaced by, beside the words of the rule's source.
const OTHERS: [&str; 4] = ["other", "*", "0.0.0.0/0", ""];
const ELSEWHERE: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-other/providers/Microsoft.Other/others/other";

/// A line or block of a resource of some type.
pub(super) type Donors = BTreeMap<String, BTreeSet<Vec<String>>>;

/// The lines and blocks that examples have in resources, by type.
pub(super) fn donors() -> Donors {
    let mut found = Donors::new();
    for rule in rules::all() {
        for text in [rule.meta().bad, rule.meta().good] {
            let mut of = String::new();
            let mut lines = text.lines();
            while let Some(line) = lines.next() {
                if let Some(kind) = line.strip_prefix("resource \"") {
                    of = kind.split('"').next().unwrap().to_owned();
                } else if line.starts_with("  ") && !line.starts_with("   ") && !of.is_empty() {
                    let mut part = vec![line.to_owned()];
                    if line.ends_with(['{', '[', '(']) {
                        for next in lines.by_ref() {
                            part.push(next.to_owned());
                            if next.starts_with("  ") && !next.starts_with("   ") {
                                break;
                            }
                        }
                    }
                    found.entry(of.clone()).or_default().insert(part);
                } else if line == "}" {
                    of.clear();
                }
            }
        }
    }
    found
}

/// The words in quotes in a source file, outside of pages.
pub(super) fn words(source: &str) -> Vec<String> {
    let mut found = BTreeSet::new();
    for line in source.lines().filter(|l| !l.trim_start().starts_with("//")) {
        for word in line.split('"').skip(1).step_by(2) {
            let plain = |c: char| c.is_ascii_alphanumeric() || "._-*/:".contains(c);
            if !word.is_empty() && word.len() < 40 && word.chars().all(plain) && !word.starts_with("TU-") {
                found.insert(word.to_owned());
            }
        }
    }
    found.into_iter().take(60).collect()
}

/// Every case that differs from an example in one place.
pub(super) fn edits(rule: &dyn rules::Rule, words: &[String], donors: &Donors) -> Vec<Case> {
    let meta = rule.meta();
    let mut cases = Vec::new();
    for (kind, text) in [("bad", meta.bad), ("good", meta.good)] {
        let mut case = |why: String, edits: Vec<String>| {
            cases.push(Case { head: format!("{} {kind}, {why}", meta.id), edits, said: Vec::new() });
        };
        let lines: Vec<&str> = text.lines().collect();
        let several = text.starts_with("# ");
        let unknown = if several { "jsondecode(timestamp())" } else { "var.unknown" };
        for (at, line) in lines.iter().enumerate() {
            let plain = plainly(line);
            let before = lines[..at].iter().filter(|l| plainly(l).contains(&plain)).count();
            let old = format!("-{} {plain}", before + 1);
            if plain.ends_with('{') && !plain.starts_with('{') {
                let first = lines.iter().position(|l| plainly(l) == plain) == Some(at);
                if first {
                    case(format!("without {plain} ... }}"), vec![format!("-{{ {plain}")]);
                }
                if let Some(kind) = line.strip_prefix("resource \"").and_then(|l| l.split('"').next()) {
                    for part in donors.get(kind).into_iter().flatten() {
                        let have = part.len() == 1 && lines.iter().any(|l| plainly(l) == plainly(&part[0]));
                        if !have {
                            let mut edit = vec![old.clone(), format!("+ {plain}")];
                            edit.extend(part.iter().map(|l| format!("+ {l}")));
                            case(format!("with {}", plainly(&part[0])), edit);
                        }
                    }
                }
                continue;
            }
            let json = plain.starts_with('"');
            let split = if json { plain.split_once(": ") } else { plain.split_once(" = ") };
            let Some((key, value)) = split else { continue };
            let end = if json && value.ends_with(',') { "," } else { "" };
            let value = value.strip_suffix(',').unwrap_or(value);
            let mark = if json { ": " } else { " = " };
            if !json || end == "," {
                case(format!("without {key}"), vec![old.clone()]);
            }
            let mut values: Vec<String> = Vec::new();
            match value {
                "true" => values.push("false".to_owned()),
                "false" => values.push("true".to_owned()),
                v if v.parse::<i64>().is_ok() => {
                    let n: i64 = v.parse().unwrap();
                    values.extend([0, 1, n + 1, n - 1, n * 10].iter().map(i64::to_string));
                }
                v if v.starts_with('"') => {
                    values.extend(OTHERS.iter().map(|o| format!("\"{o}\"")));
                    values.extend(words.iter().map(|w| format!("\"{w}\"")));
                }
                v if v.starts_with('[') && v.ends_with(']') => {
                    values.push("[]".to_owned());
                    values.extend(OTHERS.iter().map(|o| format!("[\"{o}\"]")));
                    values.extend(words.iter().map(|w| format!("[\"{w}\"]")));
                }
                v if v.ends_with(['[', '(', '{']) || v.starts_with("<<") => continue,
                _ if !json => values.push(format!("\"{ELSEWHERE}\"")),
                _ => {}
            }
            if !json {
                values.push(unknown.to_owned());
            }
            for new in values {
                let mut edit = vec![old.clone(), format!("+ {key}{mark}{new}{end}")];
                if new == "var.unknown" {
                    edit.push("++ variable \"unknown\" {}".to_owned());
                }
                case(format!("{key} is {new}"), edit);
            }
        }
    }
    cases
}

fn plainly(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Which of these conditions a case tells from their opposites.
pub(super) fn notices(case: &Case, left: &BTreeSet<usize>, count: usize) -> Option<(BTreeSet<usize>, Vec<String>)> {
    let made = std::panic::catch_unwind(|| root(&case.text()));
    let root = made.ok()?;
    let mut said = Vec::new();
    let asks = trueup::mutation::reached(count, || said = case.said(&root));
    if said.iter().any(|s| s.starts_with('!')) {
        return None;
    }
    let most = asks.iter().sum();
    let found: BTreeSet<usize> = left
        .iter()
        .copied()
        .filter(|id| asks[*id] > 0 && !survives(*id, most, || case.said(&root) == said))
        .collect();
    Some((found, said))
}
