//! What a team has decided about what is live: differences that it ignores or accepts, and those that it
//! knows already.

mod attribution;
mod ignore;
mod import;
mod patch;

use camino::Utf8Path;
use serde::Serialize;
use serde_json::{Map, Value as Json};

pub use attribution::{attribute, to_look_up};
pub use ignore::{DriftSettings, Ignore, wildcard};
pub use import::{Imports, import_blocks};
pub use patch::{Again, Left, Patch, Patched, patch};

use super::Subject;
use super::baseline::{Baseline, DRIFT, Entry};
use super::redact::Redactor;
use super::weigh::Adoption;
use crate::analysis::changes::{Acceptance, Difference, DriftReport, ResourceDrift, Status, json};
use crate::terraform::moves::previous;

/// What is accepted.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Decided {
    /// Name of the baseline, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// How many differences the baseline accepts.
    pub accepted: usize,
    /// How many differences the settings ignore.
    pub ignored: usize,
    /// Entries whose last day is over: what they accepted is drift again.
    pub expired: Vec<Entry>,
    /// Entries that match nothing any more.
    pub over: Vec<Entry>,
}

/// What is new since a baseline was written.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Since {
    /// Name of the baseline.
    pub baseline: String,
    /// Differences that it does not have.
    pub new: usize,
    /// Differences that it has.
    pub known: usize,
    /// Entries that match nothing any more.
    pub over: Vec<Entry>,
}

/// The entries of a baseline about the drift of one root module, and which of them were met.
struct Entries<'a> {
    subject: &'a Subject,
    redactor: Redactor,
    ours: Vec<(&'a Entry, bool)>,
}

impl<'a> Entries<'a> {
    fn new(subject: &'a Subject, baseline: Option<&'a Baseline>) -> Entries<'a> {
        let root = subject.naming.root();
        let entries = baseline.into_iter().flat_map(|b| &b.entries);
        let ours = entries.filter(|e| e.kind == DRIFT && e.root == root).map(|e| (e, false)).collect();
        Entries { subject, redactor: redactor(subject), ours }
    }

    /// The entry for a difference, also under the address that the resource had before it moved.
    fn meet(&mut self, resource: &ResourceDrift, difference: Option<&Difference>) -> Option<&'a Entry> {
        let mut now = entry(self.subject.naming.root(), &self.redactor, resource, difference);
        if let Some(found) = self.find(&now) {
            return Some(found);
        }
        now.address = previous(&self.subject.evaluation.moves, &now.address)?;
        self.find(&now)
    }

    fn find(&mut self, now: &Entry) -> Option<&'a Entry> {
        let same = |e: &Entry| {
            same_place(e, now) && ["live", "status"].iter().all(|m| e.more.get(*m) == now.more.get(*m))
        };
        let (entry, met) = self.ours.iter_mut().find(|(e, _)| same(e))?;
        *met = true;
        Some(entry)
    }

    /// Entries that were not met, where the report proves that there is nothing to meet.
    fn over(&self, report: &DriftReport) -> Vec<Entry> {
        let left = self.ours.iter().filter(|(entry, met)| !met && is_proved(report, entry));
        left.map(|(entry, _)| Entry { count: 1, ..(*entry).clone() }).collect()
    }
}

/// Applies the ignore rules of the settings, then the baseline.
pub fn decide(subject: &Subject, report: &mut DriftReport, adoption: &Adoption, today: &str) -> Decided {
    let baseline = adoption.baseline.as_ref();
    let mut decided = Decided { baseline: baseline.map(|(name, _)| name.clone()), ..Decided::default() };
    let mut entries = Entries::new(subject, baseline.map(|(_, b)| b));
    for resource in &mut report.resources {
        resource.accept(|resource, difference| {
            if let Some(ignored) = adoption.drift.acceptance(resource, difference, today) {
                decided.ignored += 1;
                return Some(ignored);
            }
            let entry = entries.meet(resource, difference)?;
            if entry.until.as_deref().is_some_and(|day| day < today) {
                decided.expired.push(entry.clone());
                return None;
            }
            decided.accepted += 1;
            Some(Acceptance {
                by: "baseline",
                reason: entry.reason.clone(),
                owner: entry.owner.clone(),
                until: entry.until.clone(),
            })
        });
    }
    decided.over = entries.over(report);
    decided
}

/// Tells of each difference whether a baseline has it.
pub fn since(subject: &Subject, report: &mut DriftReport, name: &str, baseline: &Baseline) -> Since {
    let mut since = Since { baseline: name.to_owned(), ..Since::default() };
    let mut entries = Entries::new(subject, Some(baseline));
    for resource in &mut report.resources {
        resource.tell_new(|resource, difference| {
            let is_new = entries.meet(resource, difference).is_none();
            *(if is_new { &mut since.new } else { &mut since.known }) += 1;
            is_new
        });
    }
    since.over = entries.over(report);
    since
}

/// A baseline with entries for these differences of a root module. What it says of other roots, kinds and
/// differences stays; an entry about the same attribute is replaced.
pub fn accepting(baseline: &Baseline, new: Vec<Entry>) -> Baseline {
    let replaced = |entry: &Entry| {
        entry.kind == DRIFT && new.iter().any(|n| n.root == entry.root && same_place(n, entry))
    };
    let kept: Vec<Entry> = baseline.entries.iter().filter(|e| !replaced(e)).cloned().collect();
    Baseline { entries: kept.into_iter().chain(new).collect() }
}

/// A baseline in which exactly these differences of the root module stand.
pub fn only(baseline: &Baseline, root: &Utf8Path, new: Vec<Entry>) -> Baseline {
    let kept = baseline.entries.iter().filter(|e| e.kind != DRIFT || e.root != root).cloned();
    Baseline { entries: kept.chain(new).collect() }
}

/// Entries, without reason and owner, for differences of a root module.
pub fn entries<'d>(
    subject: &Subject,
    departures: impl Iterator<Item = (&'d ResourceDrift, Option<&'d Difference>)>,
) -> Vec<Entry> {
    let redactor = redactor(subject);
    departures.map(|(r, d)| entry(subject.naming.root(), &redactor, r, d)).collect()
}

/// Secrets are in no baseline; ids must stay, or nothing would be known again.
fn redactor(subject: &Subject) -> Redactor {
    Redactor::new(&subject.evaluation).show_subscriptions(true)
}

/// The entry for a resource as a whole knows how it stands, that for a difference what is live: another
/// value is another difference.
fn entry(
    root: &Utf8Path,
    redactor: &Redactor,
    resource: &ResourceDrift,
    difference: Option<&Difference>,
) -> Entry {
    let mut more = Map::new();
    match difference {
        Some(d) if d.sensitive => more.insert("live".to_owned(), super::redact::SENSITIVE.into()),
        Some(d) => {
            let mut live = d.live.as_ref().map_or(Json::Null, json);
            redactor.document(&mut live);
            more.insert("live".to_owned(), live)
        }
        None => more.insert("status".to_owned(), serde_json::json!(resource.status)),
    };
    Entry {
        kind: DRIFT.to_owned(),
        root: root.to_owned(),
        address: resource.address.clone(),
        path: difference.map(|d| d.attribute.clone()).unwrap_or_default(),
        count: 1,
        more,
        ..Entry::default()
    }
}

/// About the same attribute of the same resource. Ids have no case.
fn same_place(a: &Entry, b: &Entry) -> bool {
    a.path == b.path && same_address(&a.address, &b.address)
}

fn same_address(a: &str, b: &str) -> bool {
    if a.starts_with('/') { a.eq_ignore_ascii_case(b) } else { a == b }
}

/// True when what an entry is about was looked at.
fn is_proved(report: &DriftReport, entry: &Entry) -> bool {
    match report.resources.iter().find(|r| same_address(&r.address, &entry.address)) {
        Some(r) => r.status != Status::NotComparable && !r.not_compared.iter().any(|(p, _)| *p == entry.path),
        None => report.complete,
    }
}
