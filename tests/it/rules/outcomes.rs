//! What each rule says, in full: of the examples of its page, and of cases that a page need not show.
//!
//! `outcomes/<group>.txt` has them, each an example and its edits:
//!
//! ```text
//! == TU-ACR-003 good, the SKU is only known later
//! - sku = "Premium"
//! + sku = var.sku
//! ++ variable "sku" {}
//! > azurerm_container_registry.example:4 indeterminate: var.sku
//! ```
//!
//! `-` is replaced by the `+` lines after it (by nothing without one) in every line that holds it, spaces counted as
//! one; `-2` only in the second such line. `-{` takes away the block that begins with a line. `++` adds a line at the
//! end. Instead of `bad` or `good`, `new` begins with
//! no text. `~` alone asks for notes as well, `~~` for what a report
//! tells, with its surroundings. `>` is what the rule says, one part a line: address, lines of the text (as edited), verdict, severity of a
//! failure, words; `!` is an error in the text. `cargo test --test it rules::outcomes -- --ignored` writes these lines
//! anew, and adds the examples of new rules: read what it changed.

use trueup::terraform::source::Span;

use super::*;

/// An example, its edits, and what its rule says of it.
#[derive(PartialEq)]
pub(super) struct Case {
    /// The rule and the example, then why the case is there.
    pub(super) head: String,
    /// Lines of edits.
    pub(super) edits: Vec<String>,
    /// What the rule says, a line for each part.
    pub(super) said: Vec<String>,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/rules/outcomes")
}

/// The files of the groups: name, and cases.
fn files() -> BTreeMap<String, Vec<Case>> {
    let group = |id: &str| id.split('-').nth(1).unwrap().to_ascii_lowercase() + ".txt";
    let names: std::collections::BTreeSet<String> = rules::all().iter().map(|r| group(r.meta().id)).collect();
    let read = |name: &String| std::fs::read_to_string(folder().join(name)).unwrap_or_default();
    let mut files: BTreeMap<String, Vec<Case>> =
        names.into_iter().map(|name| (name.clone(), parse(&read(&name)))).collect();
    for rule in rules::all() {
        let id = rule.meta().id;
        let cases = files.get_mut(&group(id)).unwrap();
        for head in [format!("{id} bad"), format!("{id} good")] {
            if !cases.iter().any(|c| c.head == head) {
                cases.push(Case { head, edits: Vec::new(), said: Vec::new() });
            }
        }
        cases.sort_by(|a, b| a.rule().meta().id.cmp(b.rule().meta().id));
    }
    files
}

/// All cases.
pub(super) fn cases() -> Vec<Case> {
    files().into_values().flatten().collect()
}

fn parse(text: &str) -> Vec<Case> {
    let sections = text.strip_prefix("== ").into_iter().flat_map(|t| t.split("\n== "));
    let case = |section: &str| {
        let mut lines = section.lines().filter(|l| !l.is_empty());
        let head = lines.next().unwrap().to_owned();
        let (said, edits) = lines.map(str::to_owned).partition(|l| l.starts_with(['>', '!']));
        Case { head, edits, said }
    };
    sections.map(case).collect()
}

/// A line with its spaces counted as one.
fn plainly(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Case {
    pub(super) fn rule(&self) -> &'static dyn rules::Rule {
        let id = self.head.split(' ').next().unwrap();
        *rules::all().iter().find(|r| r.meta().id == id).unwrap_or_else(|| panic!("no rule {id}"))
    }

    /// The text that the rule judges.
    pub(super) fn text(&self) -> String {
        let meta = self.rule().meta();
        let kind = self.head.split([' ', ',']).nth(1);
        let text = match kind {
            Some("bad") => meta.bad,
            Some("good") => meta.good,
            Some("new") => "",
            _ => panic!("{}: bad, good or new", self.head),
        };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut added = Vec::new();
        let mut edits = self.edits.iter().peekable();
        while let Some(edit) = edits.next() {
            if edit.starts_with('~') {
                continue;
            }
            if let Some(line) = edit.strip_prefix("++") {
                added.push(line.strip_prefix(' ').unwrap_or(line).to_owned());
                continue;
            }
            let (mark, old) = edit.split_once(' ').unwrap_or_else(|| panic!("{}: {edit}", self.head));
            if mark == "-{" {
                let from = lines.iter().position(|l| plainly(l) == plainly(old));
                let from = from.unwrap_or_else(|| panic!("{}: no block {old}", self.head));
                let indent = |l: &String| l.len() - l.trim_start().len();
                let ends = |l: &String| indent(l) == indent(&lines[from]) && l.trim_start().starts_with('}');
                let length = lines[from..].iter().position(ends).unwrap();
                lines.drain(from..=from + length);
                continue;
            }
            let number = mark.strip_prefix('-').unwrap_or_else(|| panic!("{}: {edit}", self.head));
            let only = (!number.is_empty()).then(|| number.parse::<usize>().unwrap());
            let mut new = Vec::new();
            while let Some(line) = edits.next_if(|e| e.starts_with("+ ")) {
                new.push(line[2..].to_owned());
            }
            let (old, new) = (plainly(old), new.join("\n"));
            let mut seen = 0;
            for line in &mut lines {
                let whole = plainly(line);
                if whole.contains(&old) {
                    seen += 1;
                    if only.is_none_or(|n| n == seen) {
                        *line = whole.replace(&old, &new);
                    }
                }
            }
            assert!(seen >= only.unwrap_or(1), "{}: {old} is not in the example", self.head);
        }
        let end = lines.iter().position(|l| l == "# live").unwrap_or(lines.len());
        lines.splice(end..end, added);
        lines.join("\n") + "\n"
    }

    /// What its rule says of a root, one part a line.
    pub(super) fn said(&self, root: &Root) -> Vec<String> {
        let sources = &root.evaluation.sources;
        let line = |outcome: &Outcome| {
            let lines = |s: &Span, mark| format!("{mark}{}", sources.place(*s).line);
            let further: String = outcome.because.iter().map(|(s, _)| lines(s, "+")).collect();
            let place = outcome.span.map(|s| lines(&s, ":")).unwrap_or_default() + &further;
            let part = if outcome.part.is_empty() { String::new() } else { format!(" ({})", outcome.part) };
            let severity = match outcome.verdict.word() {
                "fail" => format!(" {}", outcome.severity.word()),
                _ => String::new(),
            };
            let text = match outcome.verdict.text() {
                "" => String::new(),
                text => format!(": {}", plainly(text)),
            };
            let note = match self.edits.iter().any(|e| e.starts_with('~')) && !outcome.note.is_empty() {
                true => format!(" [{}]", outcome.note),
                false => String::new(),
            };
            let other = outcome.told_by.map(|r| format!(" (told by {r})")).unwrap_or_default();
            format!(
                "> {}{place}{part} {}{severity}{other}{text}{note}",
                outcome.address,
                outcome.verdict.word()
            )
        };
        let outcomes = match self.edits.iter().any(|e| e == "~~") {
            true => root.outcomes(self.rule().meta().id),
            false => root.with(|cx| rules::judge(cx, self.rule())),
        };
        let said: Vec<String> = outcomes.iter().map(line).collect();
        let errors = root.evaluation.diagnostics.iter().filter(|d| d.is_error());
        let errors = errors.filter(|d| d.summary != "Module not installed");
        let all: Vec<String> = errors.map(|d| format!("! {}", d.summary)).chain(said).collect();
        if all.is_empty() { vec!["> nothing".to_owned()] } else { all }
    }

    pub(super) fn print(&self, said: &[String]) -> String {
        let lines: Vec<&str> = self.edits.iter().chain(said).map(String::as_str).collect();
        format!("== {}\n{}\n", self.head, lines.join("\n"))
    }
}

#[test]
fn are_what_the_rules_say() {
    let mut wrong = Vec::new();
    for case in cases() {
        let said = case.said(&root(&case.text()));
        if said != case.said {
            wrong.push(format!("{}  which is not\n{}", case.print(&said), case.said.join("\n")));
        }
    }
    let command = "cargo test --test it rules::outcomes -- --ignored";
    assert!(wrong.is_empty(), "{}\nIf that is meant: {command}", wrong.join("\n"));
}

#[test]
#[ignore = "writes tests/it/rules/outcomes"]
fn write() {
    std::fs::create_dir_all(folder()).unwrap();
    for (name, cases) in files() {
        let texts = cases.iter().map(|case| case.print(&case.said(&root(&case.text()))));
        std::fs::write(folder().join(name), texts.collect::<Vec<_>>().join("\n")).unwrap();
    }
}
