//! Cost, drift, changes, outcomes of rules and resources.

use serde::Serialize;

use super::Section;
use crate::analysis::changes::{Attribution, Class, ResourceChange, ResourceDrift, Status};
use crate::analysis::cost::{CostDelta, CostReport};
use crate::analysis::rules::SecurityReport;
use crate::output::table::Table;
use crate::output::{money, text, words};
use crate::review::{Drift, Report};
use crate::terraform::evaluation::Evaluation;
use crate::terraform::source::Place;

/// Data of `tables.html`: a sentence, tables with their captions, and a list.
#[derive(Default, Serialize)]
pub(super) struct Tables {
    pub(super) lead: String,
    pub(super) tables: Vec<(&'static str, Table)>,
    pub(super) list_title: &'static str,
    pub(super) list: Vec<String>,
}

/// A resource with its attributes before and after, or declared and live.
#[derive(Serialize)]
struct Resource {
    sign: &'static str,
    word: &'static str,
    address: String,
    notes: Vec<String>,
    attributes: Vec<Attribute>,
}

#[derive(Serialize)]
struct Attribute {
    name: String,
    old: String,
    new: String,
    /// Of a state, when there is one.
    state: Option<String>,
    /// Who changed it.
    who: Option<String>,
    effect: String,
    place: String,
}

fn place(place: &Place) -> String {
    format!("{}:{}", place.file, place.line)
}

/// What resources cost, and what a change does to it.
pub fn cost(report: &CostReport, change: Option<&CostDelta>) -> Section {
    let mut tables = vec![("Cost a month", text::bill_table(report))];
    tables.extend(change.map(|change| ("What the change does", text::change_table(change))));
    let open = change.into_iter().flat_map(|change| &change.unknown);
    let open = open.map(|u| format!("unknown change: {}: {}", u.address, text::reasons(u)));
    let unknown = report.unpriced.iter().map(|u| format!("{}: {}", u.address, u.reason));
    let data = Tables {
        lead: format!(
            "{} a month, by prices of {}",
            money::range(&report.monthly, &report.currency),
            report.prices.as_of
        ),
        tables,
        list_title: "Of unknown price",
        list: unknown.chain(open).collect(),
    };
    Section::new("cost", "Cost", "tables.html", data)
}

/// How many outcomes the rules have, and what they could not decide.
pub fn outcomes(report: &SecurityReport) -> Section {
    let parts = ["fail", "pass", "indeterminate", "not_applicable"]
        .map(|word| format!("{} {}", report.count(word), word.replace('_', " ")));
    let data = Tables {
        lead: parts.join(", "),
        list_title: "Not decided",
        list: lines(&text::undecided(report)),
        ..Tables::default()
    };
    Section::new("rules", "Rules", "tables.html", data)
}

/// The resources that a root module declares.
pub fn resources(evaluation: &Evaluation) -> Section {
    let mut table = Table::new(["resource", "declared at"]);
    for instance in &evaluation.instances {
        let at = evaluation.sources.place(instance.block);
        table.row([crate::output::table::Cell::code(instance.address.to_string()), place(&at).into()]);
    }
    let data = Tables {
        lead: words::count(evaluation.instances.len(), "resource"),
        tables: vec![("Resources and data sources", table)],
        ..Tables::default()
    };
    Section::new("plan", "Plan", "tables.html", data)
}

/// What an apply would do.
pub fn planned(changes: &[ResourceChange]) -> Section {
    let mut table = Table::new(["", "resource", "attribute", "before", "after", "effect"]);
    for change in changes {
        let code = |text: &str| crate::output::table::Cell::code(text);
        let notes = change.previous_address.iter().map(|p| format!("moved from {p}"));
        let notes: Vec<String> = notes.chain(change.reason.map(|r| words::reason(r).to_owned())).collect();
        table.row([
            text::sign(change.action).into(),
            code(&change.address),
            notes.join("; ").into(),
            "".into(),
            "".into(),
            words::action(change.action).into(),
        ]);
        for attribute in &change.attributes {
            let side = |v: &Option<String>| v.clone().unwrap_or_else(|| "absent".to_owned());
            table.row([
                "".into(),
                "".into(),
                code(&attribute.attribute),
                side(&attribute.before).into(),
                side(&attribute.after).into(),
                words::effect(attribute.effect).into(),
            ]);
        }
    }
    let data = Tables {
        lead: words::count(changes.len(), "change"),
        tables: vec![("What an apply would do", table)],
        ..Tables::default()
    };
    Section::new("plan", "Plan", "tables.html", data)
}

/// What differs from the live estate.
pub fn drift(drift: &Drift) -> Section {
    #[derive(Serialize)]
    struct Data {
        lead: String,
        resources: Vec<Resource>,
        quiet: String,
        decided: Vec<String>,
    }
    let resources: Vec<Resource> = drift.report.resources.iter().filter_map(drifted).collect();
    let lead = match (&drift.captured_at, resources.is_empty() && drift.report.complete) {
        (_, true) => "everything that could be compared is in sync".to_owned(),
        (Some(at), _) => format!("against {} of {at}", drift.source),
        (None, _) => format!("against {}", drift.source),
    };
    let data =
        Data { lead, resources, quiet: text::quiet(&drift.report), decided: lines(&text::accepted(drift)) };
    Section::new("drift", "Drift", "drift.html", data)
}

fn drifted(resource: &ResourceDrift) -> Option<Resource> {
    if resource.accepted.is_some() {
        return None;
    }
    let (sign, word) = match resource.status {
        Status::Missing => ("−", "missing"),
        Status::Unmanaged => ("+", "declared nowhere"),
        Status::NotComparable => ("?", "not compared"),
        Status::InSync | Status::Changed => ("~", "changed"),
    };
    let shown = resource.differences.iter().filter(|d| text::is_shown(d));
    let attributes: Vec<Attribute> = shown
        .map(|d| Attribute {
            name: d.attribute.clone(),
            old: d.text(&d.live),
            new: d.text(&d.declared),
            state: d.state.as_ref().map(|_| d.text(&d.state)),
            who: d.who.as_ref().map(Attribution::line),
            effect: match d.class {
                Class::Expected => "expected: it changes by itself".to_owned(),
                Class::Spelling => "the same, spelled otherwise".to_owned(),
                _ => words::effect(d.effect).to_owned(),
            } + text::news(d.new),
            place: place(&d.place),
        })
        .collect();
    if sign == "~" && attributes.is_empty() {
        return None;
    }
    let mut notes: Vec<String> = Vec::new();
    if resource.status == Status::Missing {
        notes.extend(text::known_to_state(resource).strip_prefix(": ").map(str::to_owned));
    }
    notes.extend(Some(resource.note.clone()).filter(|n| !n.is_empty()));
    if !resource.missing_with.is_empty() {
        notes.push(format!("and {} below it", resource.missing_with.len()));
    }
    notes.extend(
        resource
            .consequences
            .iter()
            .map(|c| format!("with it: {} {} ({})", c.address, c.attribute, words::effect(c.effect))),
    );
    notes.extend(resource.who.as_ref().map(Attribution::line));
    notes.extend(resource.state.as_ref().map(|s| format!("provisional: Azure says {s}")));
    Some(Resource { sign, word, address: resource.address.clone(), notes, attributes })
}

/// What the change under review does.
pub(super) fn change(report: &Report) -> Option<Section> {
    #[derive(Serialize)]
    struct Data {
        lead: String,
        resources: Vec<Resource>,
        cost: String,
        addresses: Table,
        fixed: Vec<String>,
    }
    let change = report.change.as_ref()?;
    let resources = change.resources.iter().map(|resource| {
        let side = |v: &Option<String>| v.clone().unwrap_or_else(|| "absent".to_owned());
        let attributes = resource.attributes.iter().map(|a| Attribute {
            name: a.attribute.clone(),
            old: side(&a.before),
            new: side(&a.after),
            state: None,
            who: None,
            effect: words::effect(a.effect).to_owned(),
            place: place(&a.place),
        });
        Resource {
            sign: text::sign(resource.action),
            word: words::action(resource.action),
            address: resource.address.clone(),
            notes: resource.previous_address.iter().map(|p| format!("moved from {p}")).collect(),
            attributes: attributes.collect(),
        }
    });
    let data = Data {
        lead: format!("{} against {}", text::change_counts(change), change.base),
        resources: resources.collect(),
        cost: money::change(&change.cost.change, &change.cost.currency),
        addresses: text::address_changes(&crate::analysis::network::delta(&change.network, &report.network)),
        fixed: change.fixed.iter().map(|f| format!("{} {}: {}", f.code, f.address, f.title)).collect(),
    };
    Some(Section::new("change", "Change", "change.html", data))
}

/// What somebody decided not to be told.
pub(super) fn decided(report: &Report) -> Option<Section> {
    let list = lines(&text::decisions(report));
    (!list.is_empty()).then(|| Section::new("decided", "Decided", "lines.html", list))
}

/// What no analysis could judge.
pub(super) fn not_judged(report: &Report) -> Option<Section> {
    let list = lines(&text::not_judged(report));
    (!list.is_empty()).then(|| Section::new("not-judged", "Not judged", "lines.html", list))
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect()
}
