//! A state refreshed by what is live, as Terraform refreshes its own before it plans.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::run::Subject;
use crate::analysis::changes::{Seen, corrected, refresh, seen};
use crate::azure::estate::Estate;
use crate::terraform::address::Address;
use crate::terraform::input::{Correction, PriorState};

/// What to plan against.
#[derive(Debug)]
pub struct Refreshed {
    /// The state without what is gone; what has to be made anew because of what is live is marked.
    pub prior: PriorState,
    /// The addresses of the latter.
    pub anew: BTreeSet<Address>,
}

/// Refreshes a state: `state` is its translation, `again` evaluates the code against another one.
pub fn refreshed<E>(
    prior: &PriorState,
    state: &Subject,
    live: &Estate,
    mut again: impl FnMut(PriorState) -> Result<Subject, E>,
) -> Result<Refreshed, E> {
    let Seen { gone, computed } = seen(&state.evaluation, &state.estate, live);
    let correction: Correction = Arc::new(move |address, value| match computed.get(address) {
        Some(computed) => corrected(value, computed),
        None => value,
    });
    let none = BTreeSet::new();
    let mut subject = again(prior.refreshed(&gone, &none, correction.clone()))?;
    let found = refresh(&mut subject.evaluation, &subject.estate, &state.estate, live, &none);
    // An object may have stood at another address.
    let changes = subject.evaluation.changes.iter().flat_map(|c| &c.instances);
    let anew = changes.filter(|(address, _)| found.anew.contains(address));
    let was: BTreeSet<Address> =
        anew.map(|(address, change)| change.previous_address.as_ref().unwrap_or(address).clone()).collect();
    Ok(Refreshed { prior: prior.refreshed(&gone, &was, correction), anew: found.anew })
}
