//! What somebody decided about differences: accepted, or known from before.

use serde::Serialize;

use super::report::{Difference, DriftReport, ResourceDrift, Status};
use super::{Class, Effect};

/// Who accepts a difference, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Acceptance {
    /// `baseline`, or `trueup.toml`.
    pub by: &'static str,
    /// Why.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Who looks after it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// The last day on which it is (`YYYY-MM-DD`); without one for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

impl ResourceDrift {
    /// True when it drifted, is missing or is unmanaged, and nobody accepts that.
    pub fn differs(&self) -> bool {
        let stands = matches!(self.status, Status::Changed | Status::Missing | Status::Unmanaged);
        stands && self.accepted.is_none()
    }

    /// What makes it differ: each drifted attribute, or the resource as a whole (`None`).
    pub fn departures(&self) -> Vec<Option<&Difference>> {
        match self.status {
            _ if !self.differs() => Vec::new(),
            Status::Changed => {
                self.differences.iter().filter(|d| d.class == Class::Drift).map(Some).collect()
            }
            _ => vec![None],
        }
    }

    /// Accepts what this says is accepted, of the resource as a whole or of a difference.
    pub fn accept(&mut self, mut by: impl FnMut(&ResourceDrift, Option<&Difference>) -> Option<Acceptance>) {
        match self.status {
            Status::NotComparable => {}
            Status::Missing | Status::Unmanaged => self.accepted = by(self, None),
            Status::InSync | Status::Changed => {
                let decidable = |d: &&Difference| matches!(d.class, Class::Drift | Class::Spelling);
                let one = |d: &Difference| Some(d).filter(decidable).and_then(|d| by(self, Some(d)));
                let decided: Vec<Option<Acceptance>> = self.differences.iter().map(one).collect();
                for (difference, acceptance) in self.differences.iter_mut().zip(decided) {
                    if acceptance.is_some() {
                        difference.class = Class::Accepted;
                        difference.accepted = acceptance;
                    }
                }
                self.settle();
                if self.effect == Effect::None {
                    self.consequences.clear();
                }
            }
        }
    }

    /// Says of each departure whether it is new.
    pub fn tell_new(&mut self, mut is_new: impl FnMut(&ResourceDrift, Option<&Difference>) -> bool) {
        if !self.differs() {
            return;
        }
        let drifted = |d: &Difference| (d.class == Class::Drift).then(|| is_new(self, Some(d)));
        let told: Vec<Option<bool>> = self.differences.iter().map(drifted).collect();
        self.differences.iter_mut().zip(told).for_each(|(d, new)| d.new = new);
        self.new = match self.status {
            Status::Changed => Some(self.differences.iter().any(|d| d.new == Some(true))),
            _ => Some(is_new(self, None)),
        };
    }
}

impl DriftReport {
    /// Everything that differs and that nobody accepts.
    pub fn departures(&self) -> impl Iterator<Item = (&ResourceDrift, Option<&Difference>)> {
        self.resources.iter().flat_map(|r| r.departures().into_iter().map(move |d| (r, d)))
    }

    /// True when something differs that is not known from before.
    pub fn alarms(&self) -> bool {
        self.resources.iter().any(|r| r.differs() && r.new != Some(false))
    }
}
