//! Designs and answers to sizing files.

use minijinja::value::Serde;
use serde::Serialize;

use super::Section;
use super::addresses::{self, Addresses};
use super::facets::Tables;
use crate::analysis::network::design::Design;
use crate::analysis::network::map;
use crate::analysis::network::sizing::Outcome;
use crate::output::table::Table;
use crate::output::{design as words, hcl, json, text};

/// Data of `design.html`.
#[derive(Serialize)]
struct Data {
    question: Option<String>,
    decision: String,
    free: String,
    addresses: Addresses,
    formulas: Vec<(String, String)>,
    lasting: Table,
    modes: Table,
    problems: Vec<String>,
    hcl: String,
}

/// A network design: the decision, the map, the models side by side, what lasts.
pub fn design(design: &Design) -> Section {
    let tables = vec![
        ("Subnets in their places", words::subnets(design)),
        ("Ranges outside of the subnets", words::ranges(design)),
    ];
    let formulas = design.subnets.iter().filter(|s| s.upgrade_peak > 0);
    let data = Data {
        question: words::question(design),
        decision: words::decision(design),
        free: words::free(design),
        addresses: addresses::data(&map::of_design(design), tables, &[]),
        formulas: formulas.map(|s| (s.name.clone(), s.formula.clone())).collect(),
        lasting: words::lasting(design),
        modes: words::modes(design),
        problems: words::problems(design),
        hcl: hcl::azurerm(design),
    };
    Section::new("design", "Network design", "design.html", data)
}

/// A sizing document made from a root module; `design` is the same as a picture, where it has one.
pub fn document(document: &serde_json::Value, design: Option<&Design>) -> Section {
    let map = design.map(|d| addresses::data(&map::of_design(d), vec![("Subnets", words::subnets(d))], &[]));
    let data = minijinja::context! { addresses => Serde(map), text => json::print(document) };
    Section::new("document", "Sizing document", "document.html", data)
}

/// The answer to a sizing file; `design` is the same document as a picture, where it has one.
pub fn sizing(outcome: &Outcome, design: Option<&Design>) -> Vec<Section> {
    let Outcome::Plan(plan) = outcome else {
        let mut table = Table::new(["figure", ">value"]);
        text::figures(outcome).into_iter().for_each(|(name, value)| table.row([name.into(), value.into()]));
        let data = Tables { tables: vec![("The answer", table)], ..Tables::default() };
        return vec![Section::new("answer", "Answer", "tables.html", data)];
    };
    let problems: Vec<String> = plan.findings.iter().map(words::problem).collect();
    let formulas = plan.subnets.iter().filter(|(_, s)| s.upgrade_peak > 0);
    let formulas = formulas.map(|(n, s)| format!("{n}: {}", s.formula)).collect();
    let found = match problems.len() {
        0 => "no findings".to_owned(),
        n => crate::output::words::count(n, "finding"),
    };
    let figures = Tables {
        lead: found,
        tables: vec![("Subnets: addresses they have and need at each stage", text::plan_table(plan))],
        list_title: "Sums at the peak of an upgrade",
        list: formulas,
    };
    let map = design.map(|d| addresses::data(&map::of_design(d), Vec::new(), &[]));
    let problems =
        (!problems.is_empty()).then(|| Section::new("findings", "Findings", "lines.html", problems));
    let map = map.map(|data| Section::new("addresses", "Addresses", "addresses.html", data));
    let answer = Section::new("answer", "Answer", "tables.html", figures);
    problems.into_iter().chain([answer]).chain(map).collect()
}
