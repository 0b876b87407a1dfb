//! The edits that make the code say what is live, as far as they are proved: the edited code is evaluated and
//! compared again, and an edit that does not bring its difference away, or brings another one, is taken back.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Serialize;

use crate::analysis::changes::{Class, DriftReport, Status, drift, json, proposals};
use crate::azure::estate::Estate;
use crate::review::Subject;
use crate::terraform::files::{EditedFiles, FileKind, FileSource};
use crate::terraform::source::FileId;
use crate::terraform::syntax::edit;

/// Edits may bring out differences that stood behind others; deeper than this nobody goes.
const ROUNDS: usize = 6;

/// How many edits are tried one by one when together they change something else.
const ONE_BY_ONE: usize = 48;

/// What the code would be.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Patch {
    /// The files with their texts.
    #[serde(skip)]
    pub files: Vec<Patched>,
    /// How many differences the edits bring away.
    pub patched: usize,
    /// What they leave, and why.
    pub left: Vec<Left>,
}

/// A file with its edits.
#[derive(Clone, Debug)]
pub struct Patched {
    /// As reports name it.
    pub shown: Utf8PathBuf,
    /// Its text now.
    pub before: String,
    /// Its text after the edits.
    pub after: String,
}

/// A difference for which there is no edit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Left {
    /// Address of the resource, or id of one declared nowhere.
    pub address: String,
    /// The attribute; empty for the resource as a whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub attribute: String,
    /// Why.
    pub reason: String,
}

/// Address and attribute.
type Key = (String, String);

/// Edited files by their path in the checkout.
type Texts = BTreeMap<Utf8PathBuf, Patched>;

/// Where an edit stands once it is made: the file as shown, and the bytes.
type Written = (Utf8PathBuf, Range<usize>);

/// An edit of one file, and which of the asked it belongs to.
type Planned<'t> = (Range<usize>, &'t str, usize);

/// Edits that belong together, and the differences that ask for them.
#[derive(Clone, Debug)]
struct Asked {
    edits: Vec<(FileId, Range<usize>, String)>,
    by: Vec<Key>,
}

/// Evaluates a root module with files in place of its own.
pub type Again<'a> = &'a dyn Fn(Arc<dyn FileSource>) -> Subject;

/// What an attempt showed.
enum Shown {
    /// Every difference is gone, and no other came.
    Good,
    /// These do not help, or harm, with the reason.
    Bad(BTreeMap<usize, String>),
    /// Something came that none of them can be blamed for: what it is.
    Unclear(String),
}

/// Makes the patch for the drift of a report that nobody accepts. `files` are those that the subject was evaluated from.
pub fn patch(
    subject: &Subject,
    report: &DriftReport,
    live: &Estate,
    files: &Arc<dyn FileSource>,
    again: Again<'_>,
) -> Patch {
    let mut work = Work { live, files, again, subject, texts: BTreeMap::new(), refused: BTreeMap::new() };
    let accepted: BTreeSet<Key> = keys(report, false).into_keys().collect();
    let wanted = keys(report, true);
    // As an attempt is compared: without what is decided about differences.
    let report = &drift(&subject.evaluation, &subject.estate, live);
    let mut made: Option<(Subject, DriftReport)> = None;
    for _ in 0..ROUNDS {
        let (now, report) = made.as_ref().map_or((subject, report), |(s, r)| (s, r));
        let asked = work.asked(now, report, &accepted);
        match work.attempt(now, report, asked) {
            Some(next) => made = Some(next),
            None => break,
        }
    }
    let (now, report) = made.as_ref().map_or((subject, report), |(s, r)| (s, r));
    let still = keys(report, true);
    let mut left = BTreeSet::new();
    for proposal in proposals(report, &now.evaluation, &now.estate, live) {
        let key = (proposal.address, proposal.attribute);
        if accepted.contains(&key) {
            continue;
        }
        let refused = work.refused.remove(&key).or(proposal.edits.err());
        let reason = refused.unwrap_or_else(|| "the edits leave it as it is".to_owned());
        left.insert(Left { address: key.0, attribute: key.1, reason });
    }
    let texts = std::mem::take(&mut work.texts);
    let files = texts.into_values().filter(|f| f.before != f.after).collect();
    Patch {
        files,
        patched: wanted.keys().filter(|k| !still.contains_key(*k)).count(),
        left: left.into_iter().collect(),
    }
}

struct Work<'a> {
    live: &'a Estate,
    files: &'a Arc<dyn FileSource>,
    again: Again<'a>,
    subject: &'a Subject,
    texts: Texts,
    refused: BTreeMap<Key, String>,
}

impl Work<'_> {
    /// What is proposed and fits together.
    fn asked(&mut self, now: &Subject, report: &DriftReport, accepted: &BTreeSet<Key>) -> Vec<Asked> {
        let mut all: Vec<Asked> = Vec::new();
        for proposal in proposals(report, &now.evaluation, &now.estate, self.live) {
            let key = (proposal.address, proposal.attribute);
            let Ok(edits) = proposal.edits else { continue };
            if accepted.contains(&key) || self.refused.contains_key(&key) {
                continue;
            }
            let foreign = edits.iter().find_map(|(file, _)| self.path(now, *file).err());
            if let Some(reason) = foreign {
                self.refused.insert(key, reason.to_owned());
                continue;
            }
            let edits: Vec<_> = edits.into_iter().map(|(file, (range, text))| (file, range, text)).collect();
            if let Some(same) = all.iter_mut().find(|a| a.edits == edits) {
                same.by.push(key);
                continue;
            }
            let clash = all.iter().find(|a| a.edits.iter().any(|a| edits.iter().any(|b| overlap(a, b))));
            match clash {
                // Another value for the same text; what only touches another edit comes in the next round.
                Some(other)
                    if other.edits.iter().any(|a| edits.iter().any(|b| (a.0, &a.1) == (b.0, &b.1))) =>
                {
                    let reason = format!("the same text sets {} to another value", other.by[0].0);
                    self.refused.insert(key, reason);
                }
                Some(_) => {}
                None => all.push(Asked { edits, by: vec![key] }),
            }
        }
        all
    }

    /// The path in the checkout of a file that may be edited, else why not.
    fn path(&self, now: &Subject, file: FileId) -> Result<Utf8PathBuf, &'static str> {
        let shown = &now.evaluation.sources.file(file).path;
        if shown.as_str().starts_with('<') {
            return Err("it is given by a variable of the command line or of the environment");
        }
        let path = self.subject.naming.in_checkout(shown).ok_or("it is set outside of the checkout")?;
        let fetched = path.components().any(|c| c.as_str() == ".terraform");
        match self.files.kind(&path) {
            Ok(FileKind::File) if !fetched => Ok(path),
            _ => Err("it is set in a module that was fetched"),
        }
    }

    /// The edited code, when what is left of the edits does what it should.
    fn attempt(
        &mut self,
        now: &Subject,
        report: &DriftReport,
        mut asked: Vec<Asked>,
    ) -> Option<(Subject, DriftReport)> {
        let mut alone = false;
        while !asked.is_empty() {
            let (texts, places) = self.edited(now, &asked);
            let (subject, after) = self.tried(&texts);
            match judge(&asked, &places, (now, report), (&subject, &after)) {
                Shown::Good => {
                    self.texts = texts;
                    return Some((subject, after));
                }
                Shown::Bad(bad) => {
                    for (at, reason) in bad.into_iter().rev() {
                        self.refuse(asked.remove(at), &reason);
                    }
                }
                Shown::Unclear(why) if alone || asked.len() > ONE_BY_ONE => {
                    for one in asked.drain(..) {
                        self.refuse(one, &why);
                    }
                }
                Shown::Unclear(_) => {
                    alone = true;
                    for one in std::mem::take(&mut asked) {
                        let single = std::slice::from_ref(&one);
                        let (texts, places) = self.edited(now, single);
                        let (subject, after) = self.tried(&texts);
                        match judge(single, &places, (now, report), (&subject, &after)) {
                            Shown::Good => asked.push(one),
                            Shown::Unclear(why) => self.refuse(one, &why),
                            Shown::Bad(mut bad) => self.refuse(one, &bad.remove(&0).unwrap_or_default()),
                        }
                    }
                }
            }
        }
        None
    }

    fn refuse(&mut self, asked: Asked, reason: &str) {
        self.refused.extend(asked.by.into_iter().map(|key| (key, reason.to_owned())));
    }

    /// The texts with edits made, and where the edits then stand: `(file as shown, range)` for each of the asked.
    fn edited(&self, now: &Subject, asked: &[Asked]) -> (Texts, Vec<Vec<Written>>) {
        let mut by_file: BTreeMap<FileId, Vec<Planned<'_>>> = BTreeMap::new();
        for (at, one) in asked.iter().enumerate() {
            for (file, range, text) in &one.edits {
                by_file.entry(*file).or_default().push((range.clone(), text, at));
            }
        }
        let mut texts = self.texts.clone();
        let mut places = vec![Vec::new(); asked.len()];
        for (file, mut edits) in by_file {
            edits.sort_by_key(|(range, _, at)| (range.start, range.end, *at));
            let source = now.evaluation.sources.file(file);
            let Ok(path) = self.path(now, file) else { continue };
            let mut moved = 0isize;
            for (range, text, at) in &edits {
                let start = range.start.saturating_add_signed(moved);
                places[*at].push((source.path.clone(), start..start + text.len()));
                moved += text.len().cast_signed() - range.len().cast_signed();
            }
            let after = edit::apply(&source.text, edits.into_iter().map(|(range, text, _)| (range, text)));
            let before = || Patched {
                shown: source.path.clone(),
                before: source.text.to_string(),
                after: String::new(),
            };
            texts.entry(path).or_insert_with(before).after = after;
        }
        (texts, places)
    }

    fn tried(&self, texts: &Texts) -> (Subject, DriftReport) {
        let texts = texts.iter().map(|(path, file)| (path.clone(), file.after.clone())).collect();
        let subject = (self.again)(Arc::new(EditedFiles::new(self.files.clone(), texts)));
        let report = drift(&subject.evaluation, &subject.estate, self.live);
        (subject, report)
    }
}

/// Looks at the code before and after edits.
fn judge(
    asked: &[Asked],
    places: &[Vec<Written>],
    (before, was): (&Subject, &DriftReport),
    (after, is): (&Subject, &DriftReport),
) -> Shown {
    let (old, new) = (keys(was, true), keys(is, true));
    let mut bad: BTreeMap<usize, String> = BTreeMap::new();
    for (at, one) in asked.iter().enumerate() {
        if one.by.iter().any(|key| new.get(key).is_some_and(|now| old.get(key) == Some(now))) {
            bad.insert(at, "an edit of the text that sets it does not change it".to_owned());
        }
    }
    let holds = |at: usize, file: &Utf8Path, range: &Range<usize>| {
        places[at]
            .iter()
            .any(|(f, r)| f == file && r.start < range.end.max(range.start + 1) && range.start <= r.end)
    };
    // What drifts now because of a text that an edit wrote: that text sets something else, too.
    let mut unclear = None;
    let drifting = is.resources.iter().filter(|r| r.status == Status::Changed);
    let drifting = drifting.flat_map(|r| r.differences.iter().map(move |d| (r, d)));
    for (resource, difference) in drifting.filter(|(_, d)| d.class == Class::Drift) {
        let at = difference.place.span.filter(|_| difference.declared.is_some()).and_then(|span| {
            let file = after.evaluation.sources.path(span);
            (0..asked.len()).find(|at| holds(*at, file, &(span.start as usize..span.end as usize)))
        });
        let (address, attribute) = (&resource.address, &difference.attribute);
        // A difference that stood behind one that is gone is none that the edit made.
        let gone = |k: &Key| k.0 == *address && !new.contains_key(k);
        let key = (address.clone(), attribute.clone());
        match at {
            Some(at) => {
                bad.entry(at).or_insert_with(|| format!("the same text sets {address} {attribute}"));
            }
            None if old.contains_key(&key) || asked.iter().any(|a| a.by.iter().any(gone)) => {}
            None => unclear = Some(format!("{address} {attribute} would drift with it")),
        }
    }
    let open =
        |r: &DriftReport, status| r.of(status).map(|r| r.address.clone()).collect::<BTreeSet<String>>();
    for status in [Status::Missing, Status::Unmanaged, Status::NotComparable] {
        if let Some(address) = open(is, status).difference(&open(was, status)).next() {
            unclear = Some(format!("{address} would not be what it is"));
        }
    }
    let errors = |s: &Subject| -> Vec<String> {
        let errors = s.evaluation.diagnostics.iter().filter(|d| d.is_error());
        errors.map(|d| d.summary.clone()).collect()
    };
    let (was, is) = (errors(before), errors(after));
    if is.len() > was.len() {
        let summary = is.into_iter().find(|e| !was.contains(e)).unwrap_or_default();
        unclear = Some(format!("the code would have an error: {summary}"));
    }
    match (bad.is_empty(), unclear) {
        (false, _) => Shown::Bad(bad),
        (true, Some(why)) => Shown::Unclear(why),
        (true, None) => Shown::Good,
    }
}

/// What drifts, with both sides as text: what nobody accepts, or what somebody does.
fn keys(report: &DriftReport, open: bool) -> BTreeMap<Key, String> {
    let mut all = BTreeMap::new();
    for resource in report.resources.iter().filter(|r| r.status == Status::Changed || !open) {
        let drift = |class: Class| matches!(class, Class::Drift) && open || class == Class::Accepted && !open;
        for one in resource.differences.iter().filter(|d| drift(d.class)) {
            let side = |v: &Option<crate::terraform::value::Value>| v.as_ref().map(json);
            let sides = format!("{:?} {:?}", side(&one.declared), side(&one.live));
            all.insert((resource.address.clone(), one.attribute.clone()), sides);
        }
    }
    all
}

fn overlap(a: &(FileId, Range<usize>, String), b: &(FileId, Range<usize>, String)) -> bool {
    let inside = |x: &Range<usize>, y: &Range<usize>| x.start < y.end && y.start < x.end;
    a.0 == b.0 && (inside(&a.1, &b.1) || a.1 == b.1 && !a.1.is_empty())
}
