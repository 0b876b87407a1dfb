//! What the rules say of an estate: outcomes that somebody reads, and where there is nothing to read, a mark.
//!
//! A large estate has millions of outcomes, nearly all of them passes. A failure, or what could not be decided, is
//! kept whole. That a rule passed or did not apply is one byte for each rule and address, unless every
//! outcome is asked for ([`Context::every`](super::Context::every)).

use std::collections::HashMap;
use std::sync::Arc;

use super::{Outcome, Verdict};
use crate::terraform::value::Str;

/// How a rule stands to an address: that of the gravest of its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It was not asked.
    #[default]
    None,
    /// There was nothing to judge.
    NotApplicable,
    /// All is well.
    Passed,
    /// It fires, or an unknown decides: an outcome says more.
    Told,
}

impl From<&Verdict> for Standing {
    fn from(verdict: &Verdict) -> Standing {
        match verdict {
            Verdict::Fail(_) | Verdict::Indeterminate(_) => Standing::Told,
            Verdict::Pass => Standing::Passed,
            Verdict::NotApplicable(_) => Standing::NotApplicable,
        }
    }
}

/// What rules say of an estate.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    /// What is told, one for each part that a rule judges, rules in order; every outcome where that was asked for.
    pub outcomes: Vec<Outcome>,
    /// Failures of what other root modules declare. They are told there; here ways lead through them.
    pub beside: Vec<Outcome>,
    addresses: Addresses,
    rows: Vec<Row>,
}

/// How one rule stands to every address.
#[derive(Clone, Debug)]
struct Row {
    rule: &'static str,
    /// The part that the outcomes are about; mostly empty.
    part: &'static str,
    /// By the number of the address.
    standing: Vec<Standing>,
}

impl Verdicts {
    /// Begins with the next rule: where its rows begin, for [`Verdicts::mark`].
    pub(super) fn begin(&self) -> usize {
        self.rows.len()
    }

    /// The number of an address.
    pub(super) fn number(&mut self, address: &Str) -> usize {
        self.addresses.number(address)
    }

    /// Marks how the rule that began at a row stands to the address with a number.
    pub(super) fn mark(&mut self, outcome: &Outcome, number: usize, began: usize) -> Standing {
        let standing = Standing::from(&outcome.verdict);
        let of_rule = self.rows.get_mut(began..).unwrap_or_default();
        // Mostly the part is the same empty text, which is slow to compare letter by letter: glibc's wide `memcmp`
        // loads from where such a text points, and that is no memory.
        let is_of = |row: &Row| std::ptr::eq(row.part, outcome.part) || row.part == outcome.part;
        match of_rule.iter_mut().find(|row| is_of(row)) {
            Some(row) => row.raise(number, standing),
            None => {
                let mut row = Row { rule: outcome.rule, part: outcome.part, standing: Vec::new() };
                row.raise(number, standing);
                self.rows.push(row);
            }
        }
        standing
    }

    /// Keeps an outcome about the address with a number; `foreign` when another root module declares it.
    pub(super) fn tell(&mut self, outcome: Outcome, number: usize, foreign: bool) {
        let address = self.addresses.all.get(number).cloned().unwrap_or_default();
        let of = if foreign { &mut self.beside } else { &mut self.outcomes };
        of.push(Outcome { address, ..outcome });
    }

    /// Takes in what further rules say.
    pub(super) fn extend(&mut self, further: Verdicts) {
        let numbers: Vec<usize> = further.addresses.all.iter().map(|a| self.addresses.number(a)).collect();
        for row in further.rows {
            let mut mine = Row { standing: Vec::new(), ..row };
            for (number, standing) in numbers.iter().zip(row.standing) {
                mine.raise(*number, standing);
            }
            self.rows.push(mine);
        }
        self.outcomes.extend(further.outcomes);
        self.outcomes.sort_by_key(|o| o.rule);
    }

    /// How a rule, or a part of it, stands to an address.
    pub fn standing(&self, rule: &str, part: &str, address: &str) -> Standing {
        let Some(number) = self.addresses.by_text.get(address) else { return Standing::None };
        let row = self.rows.iter().find(|row| row.rule == rule && row.part == part);
        row.and_then(|row| row.standing.get(*number)).copied().unwrap_or_default()
    }

    /// Everything that rules passed on: rule, part and address; rules in order.
    pub fn passed(&self) -> impl Iterator<Item = (&'static str, &'static str, &Str)> {
        self.rows.iter().flat_map(|row| {
            let of = self.addresses.all.iter().zip(&row.standing);
            of.filter(|(_, s)| **s == Standing::Passed).map(|(address, _)| (row.rule, row.part, address))
        })
    }

    /// Of how many addresses, for all rules together, this is the gravest that is said.
    pub fn count(&self, standing: Standing) -> usize {
        self.rows.iter().flat_map(|row| &row.standing).filter(|s| **s == standing).count()
    }
}

impl Row {
    fn raise(&mut self, number: usize, standing: Standing) {
        if number >= self.standing.len() {
            self.standing.resize(number + 1, Standing::None);
        }
        self.standing[number] = self.standing[number].max(standing);
    }
}

/// How far behind the last address the next is looked for.
const NEAR: usize = 16;

/// Addresses by number, in the order in which they came.
#[derive(Clone, Debug, Default)]
struct Addresses {
    all: Vec<Str>,
    by_text: HashMap<Str, usize>,
    /// The one after which the next is expected: one rule after the other judges the same resources, or some of
    /// them.
    last: usize,
}

impl Addresses {
    fn number(&mut self, address: &Str) -> usize {
        let is_at = |at: &usize| self.all.get(*at).is_some_and(|a| Arc::ptr_eq(a, address));
        let known = (self.last..self.last + NEAR).find(is_at);
        let known = known.or_else(|| self.by_text.get(address).copied());
        self.last = known.unwrap_or_else(|| {
            self.by_text.insert(address.clone(), self.all.len());
            self.all.push(address.clone());
            self.all.len() - 1
        });
        self.last
    }
}
