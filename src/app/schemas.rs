//! JSON Schemas of the machine interfaces, made from the types that are printed.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};

use super::cli::Modules;
use crate::analysis::inventory::Inventory;
use crate::analysis::network::{design, sizing};
use crate::analysis::rules::Entry;
use crate::live::Snapshot;
use crate::output::json::{Answer, Cost, Drift, Drifts, Review, Reviews, Rules, Security, Subnets};
use crate::terraform::plan::Plan;

/// The schemas by name, as `docs/schemas` has them.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("catalogue", of::<Vec<Entry>>()),
        ("cost", of::<Answer<Cost<'_>>>()),
        ("design", of::<design::Design>()),
        ("drift", of::<Answer<Drift<'_>>>()),
        ("drifts", of::<Drifts>()),
        ("inventory", of::<Inventory>()),
        ("modules", of::<Modules<'_>>()),
        ("plan", of::<Answer<Plan>>()),
        ("review", of::<Answer<Review<'_>>>()),
        ("reviews", of::<Reviews>()),
        ("rules", of::<Rules>()),
        ("security", of::<Answer<Security<'_>>>()),
        ("size", of::<sizing::Outcome>()),
        // The question that `trueup size` answers, as `--from` makes it.
        ("sizing", of::<Map<String, Value>>()),
        // As it is read: what older versions did not write is not required.
        ("snapshot", SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Snapshot>()),
        ("subnets", of::<Answer<Subnets<'_>>>()),
    ]
}

fn of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
