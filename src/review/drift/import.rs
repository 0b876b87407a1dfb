//! Import blocks for what is live and declared nowhere, with resource blocks that are proved: the code with them is
//! evaluated and compared, and a block that would not be in sync is left to Terraform to write.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::patch::{Again, Left};
use crate::analysis::changes::{Class, DriftReport, Import, Status, drift, imports};
use crate::azure::estate::Estate;
use crate::review::Subject;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::files::{EditedFiles, FileSource};

/// What is imported brings out what stands below it; deeper than this nobody goes.
const ROUNDS: usize = 4;

/// A file of the root module that nobody has: where the blocks are tried.
const TRIED: &str = "zz_trueup_imports.tf";

/// Import blocks.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Imports {
    /// The blocks as a file has them.
    #[serde(skip)]
    pub text: String,
    /// How many resources they import.
    pub imported: usize,
    /// How many of them have a resource block.
    pub written: usize,
    /// What is not imported, and why.
    pub left: Vec<Left>,
}

/// Makes import blocks for the unmanaged resources of a report that nobody accepts.
pub fn import_blocks(
    subject: &Subject,
    report: &DriftReport,
    live: &Estate,
    files: &Arc<dyn FileSource>,
    again: Again<'_>,
) -> Imports {
    let mut done: BTreeMap<String, Import> = BTreeMap::new();
    let mut left: Vec<Left> = Vec::new();
    let mut now: Option<(Subject, DriftReport)> = None;
    let accepted: Vec<&str> =
        report.of(Status::Unmanaged).filter(|r| r.accepted.is_some()).map(|r| r.id.as_str()).collect();
    for _ in 0..ROUNDS {
        let (current, seen) = now.as_ref().map_or((subject, report), |(s, r)| (s, r));
        let (made, not) = imports(seen, &current.evaluation, &current.estate, live);
        left.extend(not.into_iter().map(|(address, reason)| Left {
            address,
            attribute: String::new(),
            reason,
        }));
        let known = |id: &str| done.values().any(|i| i.id == id) || accepted.contains(&id);
        let new: Vec<Import> = made.into_iter().filter(|i| !known(&i.id)).collect();
        if new.is_empty() {
            break;
        }
        done.extend(new.into_iter().map(|i| (i.address.clone(), i)));
        now = Some(proved(&mut done, subject, live, files, again));
    }
    left.sort();
    left.dedup();
    left.retain(|l| !accepted.contains(&l.address.as_str()));
    let written = done.values().filter(|i| i.body.is_ok()).count();
    let texts: Vec<String> = done.values().map(Import::text).collect();
    Imports { text: texts.join("\n"), imported: done.len(), written, left }
}

/// Takes back resource blocks until all that are left are in sync; the code with them.
fn proved(
    all: &mut BTreeMap<String, Import>,
    subject: &Subject,
    live: &Estate,
    files: &Arc<dyn FileSource>,
    again: Again<'_>,
) -> (Subject, DriftReport) {
    loop {
        let written: Vec<&Import> = all.values().filter(|i| i.body.is_ok()).collect();
        let mut text = String::new();
        let mut places: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        for import in written {
            let start = text.len();
            text.push_str(&import.text());
            places.push((start..text.len(), import.address.clone()));
        }
        let path = subject.naming.root().join(TRIED);
        let shown = subject.naming.shown(&path);
        let tried = again(Arc::new(EditedFiles::new(files.clone(), BTreeMap::from([(path, text)]))));
        let report = drift(&tried.evaluation, &tried.estate, live);
        let mut bad: BTreeMap<String, String> = BTreeMap::new();
        for error in tried.evaluation.diagnostics.iter().filter(|d| d.is_error()) {
            let at = error.span.filter(|s| tried.evaluation.sources.path(*s) == shown);
            let of = at.and_then(|at| places.iter().find(|(place, _)| place.contains(&(at.start as usize))));
            if let Some((_, address)) = of {
                bad.insert(address.clone(), said(error));
            }
        }
        for (_, address) in &places {
            let found = report.resources.iter().find(|r| r.address == *address);
            let wrong = match found.map(|r| (r.status, r)) {
                Some((Status::InSync, _)) => continue,
                Some((Status::Changed, r)) => {
                    let drift = r.differences.iter().filter(|d| d.class == Class::Drift);
                    let unsaid = all.get(address).map(|i| &i.unsaid);
                    let told = |name: &str| unsaid.is_some_and(|u| u.contains(name));
                    let names: Vec<&str> = drift.map(|d| d.attribute.as_str()).filter(|n| !told(n)).collect();
                    if names.is_empty() {
                        continue;
                    }
                    format!("what it would say of {} is not what is live", names.join(", "))
                }
                Some((Status::Missing, _)) => "the code would name another resource".to_owned(),
                Some((_, r)) => r.note.clone(),
                None => "it is not evaluated".to_owned(),
            };
            bad.entry(address.clone()).or_insert(wrong);
        }
        if bad.is_empty() {
            return (tried, report);
        }
        for (address, why) in bad {
            if let Some(import) = all.get_mut(&address) {
                import.body = Err(why);
            }
        }
    }
}

/// An error as a reason: its first sentence that says what.
fn said(error: &Diagnostic) -> String {
    let detail = error.detail.split(['\n']).next().unwrap_or_default().trim_end_matches('.');
    if detail.is_empty() { error.summary.to_lowercase() } else { detail.to_owned() }
}
