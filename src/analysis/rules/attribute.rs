//! Rules that are a declaration: a page, what is judged, and a condition that must hold.

use super::condition::{Condition, Thing};
use super::graph::Graph;
use super::graph::pools::is_automatic;
use super::graph::text::shown;
use super::tables::Table;
use super::{Addressed, Meta, Outcomes, Rule, Truth, Verdict};
use crate::analysis::finding::Severity;
use crate::azure::estate::Document;
use crate::azure::types;

/// A declared rule. Write `..Attribute::ROW` for what it does not need.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The page.
    pub meta: Meta,
    /// What is judged.
    pub of: Of,
    /// Guards: where one does not hold the rule does not apply, and the words say why.
    pub when: &'static [(Condition, &'static str)],
    /// The path of a list whose elements are judged one by one; the conditions below are about an element.
    pub each: &'static str,
    /// What must hold; the rule fires where it does not.
    pub must: Condition,
    /// What a finding says, `{}` being the value that decided; the page's title when empty.
    pub says: &'static str,
    /// Severities other than the page's: that of the first condition that holds.
    pub graded: &'static [(Condition, Severity)],
    /// A note for each outcome, such as an assumption.
    pub note: &'static str,
    /// The dated table that decides; each outcome says how old it is.
    pub(super) table: Option<&'static Table>,
}

/// What a declared rule judges.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// Documents of an ARM type.
    Arm(&'static str),
    /// Documents of several ARM types.
    Types(&'static [&'static str]),
    /// Clusters, AKS Automatic left out: it decides most things by itself.
    Clusters,
    /// Node pools, those of cluster blocks too; not the ones of AKS Automatic.
    Pools,
    /// Instances of a Terraform type without a place in the model; paths are those of its arguments.
    Terraform(&'static str),
}

impl Of {
    /// True for a document that rules of this kind judge.
    pub(super) fn judges(&self, document: &Document) -> bool {
        match self {
            Of::Arm(arm_type) => document.is(arm_type),
            Of::Types(all) => all.iter().any(|t| document.is(t)),
            Of::Clusters => document.is(types::CLUSTER),
            Of::Pools => document.is(types::POOL),
            Of::Terraform(_) => false,
        }
    }
}

impl Attribute {
    /// What most rows leave as it is.
    pub const ROW: Attribute = Attribute {
        meta: Meta::ROW,
        of: Of::Clusters,
        when: &[],
        each: "",
        must: Condition::All(&[]),
        says: "",
        graded: &[],
        note: "",
        table: None,
    };

    /// The rule that wants the opposite: with it, the examples of the page must disagree.
    pub fn negated(&'static self) -> Attribute {
        Attribute { must: self.must.opposite(), ..*self }
    }

    fn judge<'a>(
        &self,
        graph: &Graph<'a>,
        out: &mut Outcomes<'_>,
        subject: impl Addressed + Copy,
        thing: Thing<'a>,
    ) {
        let mut applies = Truth::Yes;
        for (condition, otherwise) in self.when {
            let holds = condition.holds(graph, thing);
            if holds == Truth::No {
                out.skip(subject, *otherwise);
                return;
            }
            applies = applies.and(holds);
        }
        if self.each.is_empty() {
            return self.part(graph, out, subject, thing, applies);
        }
        let list = thing.get(self.each);
        if let Some(unknown) = list.and_then(|l| l.as_unknown()) {
            out.record(subject, list, Verdict::Indeterminate(unknown.reason.to_string()));
            return;
        }
        let elements = list.and_then(|l| l.as_slice()).unwrap_or_default();
        if elements.is_empty() {
            out.skip(subject, "there is none to judge");
        } else {
            for value in elements {
                self.part(graph, out, subject, Thing { value, ..thing }, applies.clone());
            }
        }
    }

    fn part<'a>(
        &self,
        graph: &Graph<'a>,
        out: &mut Outcomes<'_>,
        subject: impl Addressed,
        thing: Thing<'a>,
        applies: Truth,
    ) {
        let answer = self.must.answer(graph, thing);
        let says = if self.says.is_empty() { self.meta.title } else { self.says };
        // Where it is not known whether the rule applies, only what is fine anyway is certain.
        let fine = answer.truth.or(!applies);
        let at = answer.at.or((!self.each.is_empty()).then_some(thing.value));
        let wrong = match fine {
            Truth::No => says.replace("{}", &answer.seen.map(shown).unwrap_or_default()),
            _ => String::new(),
        };
        let outcome = out.judge(subject, at, fine, wrong);
        outcome.note(self.table.map_or_else(|| self.note.to_owned(), Table::dated));
        if !matches!(outcome.verdict, Verdict::Fail(_)) {
            return;
        }
        let graded = self.graded.iter().find(|(when, _)| when.holds(graph, thing) == Truth::Yes);
        if let Some((_, severity)) = graded {
            outcome.severity(*severity);
        }
    }
}

impl Rule for Attribute {
    fn meta(&self) -> &Meta {
        &self.meta
    }

    fn row(&'static self) -> Option<&'static Attribute> {
        Some(self)
    }

    fn check(&self, graph: &Graph<'_>, out: &mut Outcomes<'_>) {
        // What other root modules have is judged there.
        match self.of {
            Of::Arm(arm_type) => {
                graph.own_of_type(arm_type).for_each(|d| self.judge(graph, out, d, d.into()))
            }
            Of::Types(all) => {
                let documents = all.iter().flat_map(|t| graph.own_of_type(t));
                documents.for_each(|d| self.judge(graph, out, d, d.into()));
            }
            Of::Clusters => {
                for cluster in graph.own_of_type(types::CLUSTER) {
                    if is_automatic(cluster) {
                        out.skip(cluster, "AKS Automatic decides this by itself");
                    } else {
                        self.judge(graph, out, cluster, cluster.into());
                    }
                }
            }
            Of::Pools => {
                graph.all_pools().for_each(|p| self.judge(graph, out, p.document, p.document.into()))
            }
            Of::Terraform(name) => graph.instances(name).for_each(|i| self.judge(graph, out, i, i.into())),
        }
    }
}
