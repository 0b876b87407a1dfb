//! Reports as one self-contained HTML page: nothing is loaded, no script is needed to read it.
//!
//! A page is a heading, a verdict and [`Section`]s; a section is data and the template that shows it.
//! Every text that a template prints passes the redactor, loses its control characters and is escaped
//! ([`engine`]), so no view has to think of it. The same report gives the same bytes.

mod addresses;
mod design;
mod engine;
mod facets;
mod findings;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use super::table::Table;
use super::{overview, words};
use crate::review::redact::Redactor;
use crate::review::{Report, Reviews, Standing, Verdict};
use crate::terraform::evaluation::Evaluation;

pub use addresses::addresses;
pub use design::{design, document, sizing};
pub use facets::{cost, drift, outcomes, planned, resources};

/// A page that could not be written: a template and its data do not fit together.
#[derive(Debug, thiserror::Error)]
#[error("the HTML page cannot be written: {0}")]
pub struct HtmlError(#[from] minijinja::Error);

/// A part of a page with a heading of its own.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    id: String,
    title: String,
    template: &'static str,
    data: Value,
}

impl Section {
    /// A section; `template` is the name of a file of `templates/`.
    fn new(id: &'static str, title: &'static str, template: &'static str, data: impl Serialize) -> Section {
        Section { id: id.to_owned(), title: title.to_owned(), template, data: Serde(data).into() }
    }
}

/// What stands above the sections.
#[derive(Debug, Default, Serialize)]
struct Head {
    title: String,
    /// One word of the verdict, and the kind of box that shows it.
    verdict: Option<(&'static str, &'static str)>,
    /// The verdict in a sentence, or what the page answers.
    lead: String,
    /// Names and values.
    facts: Vec<(&'static str, String)>,
}

/// The review.
pub fn review(report: &Report) -> Result<String, HtmlError> {
    let total: usize = report.resources.values().sum();
    let mut facts = vec![("Root", report.root.to_string()), ("Resources", words::count(total, "resource"))];
    if let Some(change) = &report.change {
        facts.push(("Base", change.base.clone()));
        facts.push(("Change", super::text::change_counts(change)));
    }
    let nothing = report.resources.is_empty() && !report.is_complete();
    if !nothing {
        facts.push(("Addresses", words::addresses(&report.network.subnets)));
        facts.push(("Cost", words::cost(report)));
        facts.push(("Security", words::security(report)));
        facts.extend(report.drift.as_ref().map(words::drift).map(|text| ("Drift", text)));
    }
    if !report.beside.is_empty() {
        let beside: Vec<&str> = report.beside.iter().map(|dir| dir.as_str()).collect();
        facts.push(("Seen beside it", beside.join(", ")));
    }
    facts.extend(report.gaps.iter().map(|gap| ("Not complete", gap.clone())));
    let head = Head {
        title: format!("Review of {}", report.root),
        verdict: Some(word(report.verdict())),
        lead: words::headline(report),
        facts,
    };
    engine::page(&head, &sections(report), &report.redactor)
}

fn sections(report: &Report) -> Vec<Section> {
    let mut sections = findings::of_review(report);
    // Nothing was evaluated: empty tables would look like an answer.
    if !report.resources.is_empty() || report.is_complete() {
        sections.extend(facets::change(report));
        sections.push(addresses(&report.network, None));
        sections.push(cost(&report.cost, None));
        sections.extend(report.drift.as_ref().map(drift));
        sections.extend(facets::decided(report));
        sections.extend(facets::not_judged(report));
    }
    sections
}

/// The reviews of several root modules: all in a table, then the sections of each, the worst first.
pub fn reviews(reviews: &Reviews) -> Result<String, HtmlError> {
    let worst = reviews.worst_first();
    let mut facts = vec![("Root modules", reviews.roots.len().to_string())];
    facts.extend(overview::gaps(reviews).into_iter().map(|gap| ("Not complete", gap)));
    facts.extend(reviews.settings().into_iter().map(|s| ("This change edits", s.to_owned())));
    let head = Head {
        title: format!("Review of {}", words::count(reviews.roots.len(), "root module")),
        verdict: Some(word(reviews.verdict())),
        lead: overview::headline(reviews),
        facts,
    };
    let tables = vec![("Root modules, the worst first", overview::of_several(&worst))];
    let data = facets::Tables { tables, ..facets::Tables::default() };
    let mut all = vec![Section::new("roots", "Root modules", "tables.html", data)];
    let mut redactor = Redactor::default();
    for (number, report) in worst.iter().filter_map(|r| r.report()).enumerate() {
        redactor.join(&report.redactor);
        for section in sections(report) {
            let (id, title) =
                (format!("{}-{number}", section.id), format!("{}: {}", report.root, section.title));
            all.push(Section { id, title, ..section });
        }
    }
    engine::page(&head, &all, &redactor)
}

/// A verdict as one word, and the kind of box that shows it.
fn word(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Blocked => ("Blocked", "bad"),
        Verdict::Incomplete => ("Incomplete", "open"),
        Verdict::Attention => ("Attention", "open"),
        Verdict::Clean => ("Clean", "good"),
    }
}

/// The page of one facet of a root module: its findings, then its sections.
pub fn facet(
    root: &str,
    evaluation: &Evaluation,
    found: &[crate::analysis::finding::Finding],
    section: Section,
    redactor: &Redactor,
) -> Result<String, HtmlError> {
    let head = Head {
        title: format!("{} of {root}", section.title),
        lead: match found.len() {
            0 => "no findings".to_owned(),
            n => words::count(n, "finding"),
        },
        ..Head::default()
    };
    let mut sections = findings::of_facet(evaluation, found, redactor);
    if !evaluation.instances.is_empty() || evaluation.is_complete() {
        sections.push(section);
    }
    engine::page(&head, &sections, redactor)
}

/// A page without a root module: a design, or the answer to a sizing file.
pub fn answer(title: &str, sections: &[Section], redactor: &Redactor) -> Result<String, HtmlError> {
    engine::page(&Head { title: title.to_owned(), ..Head::default() }, sections, redactor)
}

/// A page of one table, about no root module.
pub fn table(title: &str, caption: &'static str, table: Table) -> Result<String, HtmlError> {
    let data = facets::Tables { tables: vec![(caption, table)], ..facets::Tables::default() };
    answer(title, &[Section::new("table", caption, "tables.html", data)], &Redactor::default())
}

/// How a finding stands to the base, as a word.
fn standing(standing: Option<Standing>) -> Option<&'static str> {
    match standing? {
        Standing::New => Some("new"),
        Standing::Unchanged => Some("known before"),
        Standing::Accepted => Some("accepted"),
    }
}
