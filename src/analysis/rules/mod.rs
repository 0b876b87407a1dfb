//! Security and operations rules: three answers and no noise.
//!
//! A rule reads the estate and gives one [`Outcome`] per resource that it judges: fail, pass,
//! indeterminate (an unknown decides, and it is named) or not applicable. Rules judge ARM-shaped
//! documents, so one rule holds for azurerm 3, 4 and 5, for azapi and for what is live.
//!
//! A rule with logic is one file, `<group>/<name>.rs`, with a `static RULE`; a rule about one
//! attribute is a row in `<group>/attributes.rs`. [`RULES`] lists all of them, sorted by id.

mod attribute;
mod context;
mod outcome;
mod report;
mod rule;
mod truth;

mod aks;
mod kv;
mod x;

pub use attribute::{Attribute, Expect};
pub use context::Context;
pub use outcome::{Outcome, Outcomes, Verdict};
pub use report::{SecurityReport, run};
pub use rule::{Meta, Profile, Rule};
pub use truth::Truth;

/// All rules, sorted by id.
pub fn all() -> Vec<&'static dyn Rule> {
    let mut rules: Vec<&'static dyn Rule> = Vec::new();
    for group in [aks::RULES, kv::RULES, x::RULES] {
        rules.extend(group);
    }
    rules.sort_by_key(|r| r.meta().id);
    rules
}

/// The rule with this id (with or without `TU-`) or name.
pub fn find(name: &str) -> Option<&'static dyn Rule> {
    let name = name.strip_prefix("TU-").unwrap_or(name);
    all().into_iter().find(|r| {
        let meta = r.meta();
        meta.id.strip_prefix("TU-").unwrap_or(meta.id).eq_ignore_ascii_case(name) || meta.name == name
    })
}
