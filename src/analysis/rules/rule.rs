//! What a rule is: its published page, and its check.

use super::graph::Graph;
use super::{Attribute, Outcomes};
use crate::analysis::finding::Severity;

/// When a rule is shown and gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Always.
    Default,
    /// Only when asked for.
    Strict,
}

impl Profile {
    /// The word for it, as on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Profile::Default => "default",
            Profile::Strict => "strict",
        }
    }
}

/// The published page of a rule, and what tools need to know of it. All texts are our own prose,
/// plain sentences; examples are azurerm 4.x HCL and are run as tests.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// `TU-<GROUP>-NNN`, never reused.
    pub id: &'static str,
    /// Kebab-case alias, accepted wherever an id is.
    pub name: &'static str,
    /// How much a finding matters.
    pub severity: Severity,
    /// When it is shown.
    pub profile: Profile,
    /// One line: what is wrong when it fires.
    pub title: &'static str,
    /// Why it matters: what follows for the cluster or its data.
    pub why: &'static str,
    /// What to change, in the words of azurerm.
    pub fix: &'static str,
    /// When it is right to suppress it; empty when never.
    pub exceptions: &'static str,
    /// A configuration on which it fires.
    pub bad: &'static str,
    /// The same, put right.
    pub good: &'static str,
    /// Benchmarks and documentation pages.
    pub references: &'static [&'static str],
    /// Checks of other tools with the same concern, such as `CKV_AZURE_141`.
    pub peers: &'static [&'static str],
}

impl Meta {
    /// What a page may leave out: `..Meta::ROW`.
    pub const ROW: Meta = Meta {
        id: "",
        name: "",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "",
        why: "",
        fix: "",
        exceptions: "",
        bad: "",
        good: "",
        references: &[],
        peers: &[],
    };
}

/// Entries of the catalogue that are properties of the review and never fail. Their outcomes say that the
/// property holds (`pass`), or list what a person should know (`indeterminate`):
/// that protocols without ports are no open ports, and what outcomes wait for that lies outside the root.
const PROPERTIES: [&str; 2] = ["TU-NSG-025", "TU-X-040"];

impl Meta {
    /// True for an entry that is a property of the review and no rule: it never fails.
    pub fn is_property(&self) -> bool {
        PROPERTIES.contains(&self.id)
    }
}

/// A rule.
pub trait Rule: Sync {
    /// Its page.
    fn meta(&self) -> &Meta;
    /// Judges every resource that it is about.
    fn check(&self, graph: &Graph<'_>, out: &mut Outcomes<'_>);
    /// The declaration, where it is one.
    fn row(&'static self) -> Option<&'static Attribute> {
        None
    }
}

/// A rule with logic: its page, and the function that judges.
pub struct Check {
    /// The page.
    pub meta: Meta,
    /// Judges every resource that the rule is about.
    pub check: fn(&Graph<'_>, &mut Outcomes<'_>),
}

impl Rule for Check {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn check(&self, graph: &Graph<'_>, out: &mut Outcomes<'_>) {
        (self.check)(graph, out);
    }
}
