//! Security and operations rules: three answers and no noise.
//!
//! A rule reads the estate and gives outcomes for the resources that it judges: fail, pass,
//! indeterminate (an unknown decides, and it is named) or not applicable. Rules judge ARM-shaped
//! documents, so one rule holds for azurerm 3, 4 and 5, for azapi and for what is live.
//!
//! # Adding a rule
//!
//! - About one attribute: a row in `<group>/attributes.rs`.
//! - With logic: a `static` [`Check`] (its page and a function) in `<group>/<subject>.rs`, named in the
//!   group's `mod.rs`. The function asks the [`graph`] and records outcomes: one for each part it judges;
//!   parts of the same address become one outcome, the worst of them.
//! - Its examples are run by `tests/it/rules.rs`, and its page in `docs/rules` is written by
//!   `cargo test --test it rules::pages -- --ignored`.

mod attribute;
mod context;
mod example;
mod graph;
mod outcome;
mod page;
mod report;
mod rule;
mod tables;
mod truth;

mod acr;
mod aks;
mod iam;
mod kv;
mod net;
mod nsg;
mod sec;
mod x;

use std::sync::LazyLock;

pub use attribute::{Attribute, Expect};
pub use context::Context;
pub use graph::Graph;
pub use outcome::{Outcome, Outcomes, Subject, Verdict};
pub use page::{Entry, catalogue, pages};
pub use report::{OutcomeJson, SecurityReport, run};
pub use rule::{Check, Meta, Profile, Rule};
pub use truth::Truth;

/// The rules of one group of ids.
struct Group {
    /// Rules with logic.
    checks: &'static [&'static Check],
    /// Rules about one attribute.
    attributes: &'static [Attribute],
}

static ALL: LazyLock<Vec<&'static dyn Rule>> = LazyLock::new(|| {
    let mut rules: Vec<&'static dyn Rule> = Vec::new();
    for group in
        [&acr::GROUP, &aks::GROUP, &iam::GROUP, &kv::GROUP, &net::GROUP, &nsg::GROUP, &sec::GROUP, &x::GROUP]
    {
        rules.extend(group.checks.iter().map(|c| *c as &dyn Rule));
        rules.extend(group.attributes.iter().map(|a| a as &dyn Rule));
    }
    rules.sort_by_key(|r| r.meta().id);
    rules
});

/// All rules, sorted by id.
pub fn all() -> &'static [&'static dyn Rule] {
    &ALL
}

/// The rule with this id (with or without `TU-`) or name, without case.
pub fn find(name: &str) -> Option<&'static dyn Rule> {
    let short = |id: &'static str| id.strip_prefix("TU-").unwrap_or(id);
    let plain = name.get(..3).filter(|p| p.eq_ignore_ascii_case("TU-")).map_or(name, |_| &name[3..]);
    all().iter().copied().find(|r| {
        let meta = r.meta();
        short(meta.id).eq_ignore_ascii_case(plain) || meta.name.eq_ignore_ascii_case(name)
    })
}
