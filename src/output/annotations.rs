//! Annotations: commands on standard output that a pipeline shows at the line.
//!
//! GitHub shows ten errors and ten warnings of a step, so the gravest come first and a last line says
//! how many there are.

use std::fmt::Write;

use super::told::{At, Told, level};
use super::{escape, words};

/// One annotation.
#[derive(PartialEq)]
struct Note {
    word: &'static str,
    at: Option<At>,
    title: String,
    text: String,
}

/// The annotations of all root modules, the gravest first. What several say in the same words of the same
/// line, such as that of a module which they share, is said once.
fn all(all: &[Told<'_>], failed: &[String], words: [&'static str; 3]) -> Vec<Note> {
    let failed = failed.iter().map(|why| Note {
        word: words[0],
        at: None,
        title: "not reviewed".to_owned(),
        text: escape::line(why),
    });
    let mut notes: Vec<Note> = failed.chain(all.iter().flat_map(|told| notes(told, words))).collect();
    if all.len() > 1 {
        notes.sort_by_key(|n| words.iter().position(|w| *w == n.word));
        let mut seen = std::collections::HashSet::new();
        notes.retain(|n| {
            let at = n.at.as_ref().map(|at| (at.path.clone(), at.lines));
            at.is_none() || seen.insert((at, n.title.clone()))
        });
    }
    notes
}

/// Errors of the code, then what counts: `words` for what is grave, for what is middling, for the rest.
fn notes(told: &Told<'_>, words: [&'static str; 3]) -> Vec<Note> {
    let of_code = told.diagnostics().iter().map(|d| Note {
        word: words[usize::from(!d.is_error())],
        at: d.span.map(|s| told.at(s)),
        title: told.line(&d.summary),
        text: told.line(&d.detail),
    });
    let gaps = told.gaps.iter().map(|gap| Note {
        word: words[1],
        at: None,
        title: "not complete".to_owned(),
        text: told.line(gap),
    });
    let findings = told.counted().filter(|one| !one.is_known).map(|one| Note {
        word: level(one.finding.severity, words),
        at: one.finding.span.map(|s| told.at(s)),
        title: format!("{} {}", one.finding.code, one.finding.name),
        text: told.message(one.finding),
    });
    of_code.chain(gaps).chain(findings).collect()
}

fn total(all: &[Told<'_>]) -> String {
    let news = all.iter().flat_map(Told::counted).filter(|one| !one.is_known).count();
    format!("trueup: {}", words::count(news, "finding"))
}

/// Workflow commands of GitHub Actions.
pub(super) fn github(tolds: &[Told<'_>], failed: &[String]) -> String {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for note in all(tolds, failed, ["error", "warning", "notice"]) {
        let mut place = String::new();
        if let Some(at) = &note.at {
            let path = property(&escape::line(at.path.as_str()));
            let _ = write!(place, "file={path},line={},endLine={},", at.lines.0, at.lines.1);
            // Columns are taken within one line only.
            if at.lines.0 == at.lines.1 {
                let _ = write!(place, "col={},endColumn={},", at.characters.0, at.characters.1);
            }
        }
        let _ = writeln!(out, "::{} {place}title={}::{}", note.word, property(&note.title), data(&note.text));
    }
    out + &total(tolds) + "\n"
}

/// Logging commands of Azure Pipelines, which know errors and warnings only.
pub(super) fn azure_pipelines(tolds: &[Told<'_>], failed: &[String]) -> String {
    let data = |text: &str| text.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(']', "%5D").replace(';', "%3B");
    let mut out = String::new();
    for note in all(tolds, failed, ["error", "warning", "warning"]) {
        let mut place = String::new();
        if let Some(at) = &note.at {
            let path = property(&escape::line(at.path.as_str()));
            let (line, column) = (at.lines.0, at.characters.0);
            let _ = write!(place, "sourcepath={path};linenumber={line};columnnumber={column};");
        }
        let code = note.title.split(' ').next().filter(|t| t.starts_with("TU-"));
        if let Some(code) = code {
            let _ = write!(place, "code={};", property(code));
        }
        let text = if code.is_some() { note.text } else { format!("{}. {}", note.title, note.text) };
        let _ = writeln!(out, "##vso[task.logissue type={};{place}]{}", note.word, data(&text));
    }
    out + &total(tolds) + "\n"
}
