//! Security and operations rules: three answers and no noise.
//!
//! A rule reads the estate and gives outcomes for the resources that it judges: fail, pass,
//! indeterminate (an unknown decides, and it is named) or not applicable. Rules judge ARM-shaped
//! documents, so one rule holds for azurerm 3, 4 and 5, for azapi and for what is live.
//!
//! # Adding a rule
//!
//! 1. Take a free id of the group (`TU-<GROUP>-NNN`) and find what azurerm calls the thing in
//!    `azure/catalogue/types/<type>.txt`: the ARM path beside it is what the rule reads. Renames and
//!    defaults of azurerm 3, 4 and 5 are applied there, so a rule names one path only.
//! 2. If conditions say it all, add a row to a table of the group (`rows` in its `mod.rs`):
//!
//! ```text
//! Attribute {
//!     meta: Meta {
//!         id: "TU-AKS-029",
//!         name: "aks-secrets-store-rotation-off",
//!         title: "secrets mounted from Key Vault are never refreshed",  // what is wrong when it fires
//!         why: "...", fix: "...",                                       // sentences
//!         bad: cluster!("..."), good: cluster!("..."),                  // run as tests
//!         references: &["https://..."],
//!         ..Meta::ROW                                  // medium, default profile, no peers, no exceptions
//!     },
//!     of: Of::Clusters,                                // what is judged: see [`Of`]
//!     when: &[(Is(DRIVER, Set), "the driver is off")], // else "not applicable", with these words
//!     must: Is(ROTATION, True),                        // fires where it does not hold
//!     ..Attribute::ROW                                 // also: each, says, graded, note
//! }
//! ```
//!
//!    [`Condition`] and [`Test`] are the words for it. A condition that cannot be told gives
//!    "indeterminate" by itself, a known part that decides wins over an unknown one, and a finding points
//!    at the value that decided, or at the block that lacks it. `Ask` and `By` take a function for what
//!    data cannot say.
//! 3. Otherwise write a `static` [`Check`] (its page and a function) in `<group>/<subject>.rs` and name it
//!    in `checks` of the group. The function asks the [`graph`] and records outcomes: one for each part it
//!    judges; parts of the same address become one outcome, the worst of them.
//! 4. `cargo test --test it rules::` runs the examples: the bad one must fail, the good one pass. Renamed
//!    attributes, azapi and live forms get a line in `tests/it/rules/`. Then write the page:
//!    `cargo test --test it rules::pages -- --ignored`, and what the rule says of its examples:
//!    `cargo test --test it rules::outcomes -- --ignored`. `rules::split` moves each resource of the examples to a root
//!    module of its own: what the rule then says otherwise is listed in `tests/it/rules/split.txt`, with the
//!    reason. What a rule counts or takes for granted of "this root" it asks of [`Graph::own_of_type`].
//! 5. `cargo run --example mutate-rules -- <group>/<subject>.rs` negates every condition of the file, one at a
//!    time, and prints those that no example or test notices: each wants a case in
//!    `tests/it/rules/outcomes/<group>.txt`, an example with a few lines changed.

// Rows have one form, whether they leave something out or not.
#![allow(clippy::needless_update)]

mod attribute;
mod checkout;
mod condition;
mod context;
mod example;
mod fix;
mod graph;
mod outcome;
mod page;
mod report;
mod rule;
mod settings;
mod settle;
pub(super) mod tables;
mod truth;
mod verdicts;

mod acr;
mod agw;
mod aks;
mod aro;
mod chg;
mod edg;
mod fwl;
mod iam;
mod kv;
mod liv;
mod log;
mod net;
mod nsg;
mod pep;
mod sec;
mod x;

use std::sync::LazyLock;

pub use attribute::{Attribute, Of};
pub use checkout::{Checkout, CheckoutFile};
pub use condition::{Condition, Test, Thing};
pub use context::{Context, Live, Prior, Sibling};
pub use fix::{Edit, Fix, Fixes, apply, edits, fix};
pub use graph::{Graph, environment_of, is_production_root as is_production};
pub use outcome::{Addressed, Outcome, Outcomes, Subject, Verdict};
pub use page::{Entry, catalogue, pages};
pub use report::{OutcomeJson, SecurityReport, SuppressedJson, judge, run, verdicts};
pub use rule::{Check, Meta, Profile, Rule};
pub use settings::{Naming, Parameters};
pub use truth::Truth;
pub use verdicts::{Standing, Verdicts};

/// The rules of one group of ids.
struct Group {
    /// Rules with logic.
    checks: &'static [&'static Check],
    /// Tables of declared rules.
    rows: &'static [&'static [Attribute]],
}

/// The groups, each with a folder of its own.
#[rustfmt::skip]
static GROUPS: &[&Group] = &[
    &acr::GROUP,
    &agw::GROUP,
    &aks::GROUP,
    &aro::GROUP,
    &chg::GROUP,
    &edg::GROUP,
    &fwl::GROUP,
    &iam::GROUP,
    &kv::GROUP,
    &liv::GROUP,
    &log::GROUP,
    &net::GROUP,
    &nsg::GROUP,
    &pep::GROUP,
    &sec::GROUP,
    &x::GROUP,
];

static ALL: LazyLock<Vec<&'static dyn Rule>> = LazyLock::new(|| {
    let checks = GROUPS.iter().flat_map(|g| g.checks).map(|c| *c as &dyn Rule);
    let rows = GROUPS.iter().flat_map(|g| g.rows).flat_map(|table| *table).map(|r| r as &dyn Rule);
    let mut rules: Vec<&'static dyn Rule> = checks.chain(rows).collect();
    rules.sort_by_key(|r| r.meta().id);
    rules
});

/// All rules, sorted by id.
pub fn all() -> &'static [&'static dyn Rule] {
    &ALL
}

/// The rule with this id (with or without `TU-`) or name, without case.
pub fn find(name: &str) -> Option<&'static dyn Rule> {
    // Mostly it is an id, as it is written.
    if let Ok(at) = all().binary_search_by(|r| r.meta().id.cmp(name)) {
        return all().get(at).copied();
    }
    let short = |id: &'static str| id.strip_prefix("TU-").unwrap_or(id);
    let plain = name.get(..3).filter(|p| p.eq_ignore_ascii_case("TU-")).map_or(name, |_| &name[3..]);
    all().iter().copied().find(|r| {
        let meta = r.meta();
        short(meta.id).eq_ignore_ascii_case(plain) || meta.name.eq_ignore_ascii_case(name)
    })
}
