//! What a change does, given that its base was applied.

use std::collections::BTreeMap;

use super::delta::{ResourceChange, Side, delta};
use super::planned::{record, source};
use crate::azure::estate::Estate;
use crate::terraform::address::Address;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::value::Str;

/// The changes since a base, which are written into the evaluation as well, for its plan.
pub fn since(base: Side<'_>, evaluation: &mut Evaluation, estate: &Estate) -> Vec<ResourceChange> {
    let resources = delta(base, Side { evaluation, estate });
    let was: BTreeMap<String, &Instance> =
        base.evaluation.instances.iter().map(|i| (i.address.to_string(), i)).collect();
    let before = |address: &str, _: &Instance| was.get(address).map(|i| i.planned.clone());
    let gone = |address: &str| -> Option<(Address, Str, _)> {
        let instance = was.get(address)?;
        Some((instance.address.clone(), source(base.evaluation, instance), instance.planned.clone()))
    };
    record(evaluation, &resources, &before, &gone);
    resources
}
