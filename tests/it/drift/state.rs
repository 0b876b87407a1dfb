//! Planning against a state, against recordings of the real provider: no changes right after apply, and
//! what Terraform does about each edited configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use camino::Utf8Path;
use serde_json::{Value as Json, json};
use trueup::analysis::changes::Catalogue;
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::input::PriorState;
use trueup::terraform::plan::{Secrets, to_json};

use super::recording::{Case, Recordings};

/// Configurations that never settle: Terraform's own plan right after apply updates these, too.
pub(super) const UNSETTLED: &[(&str, &str)] = &[
    ("017-aks-mesh-routing", "azurerm_kubernetes_cluster.main"),
    ("048-acr-replica-order", "azurerm_container_registry.main"),
];

/// Actions and the paths that force a replacement, by address.
type Actions = BTreeMap<String, (Vec<String>, BTreeSet<String>)>;

fn actions<'j>(changes: impl Iterator<Item = (&'j Json, &'j Json)>) -> Actions {
    let texts = |v: &Json| v.as_array().into_iter().flatten().map(Json::to_string).collect::<Vec<_>>();
    changes
        .map(|(resource, change)| {
            let paths = texts(&change["replace_paths"]).into_iter().collect();
            (resource["address"].as_str().unwrap().to_owned(), (texts(&change["actions"]), paths))
        })
        .filter(|(_, (actions, _))| !actions.iter().any(|a| a == "\"no-op\"" || a == "\"read\""))
        .collect()
}

/// What differs between our plan and Terraform's, in words.
fn compare(case: &Case, state: &Utf8Path, dir: &Utf8Path, vars: &Utf8Path, expected: &Json) -> Vec<String> {
    let mut options = Options::within(dir, &dir.join(&case.root)).unwrap();
    options.inputs.extend(case.var_files.iter().map(|f| Input::File(f.into())));
    options.inputs.push(Input::File(vars.to_owned()));
    options.prior = Some(Arc::new(PriorState::read(state, &fs::read(state).unwrap()).unwrap()));
    options.providers = Some(Arc::new(Catalogue));
    let evaluation = evaluate(&options);
    if !expected["error"].is_null() {
        return if evaluation.is_complete() { vec!["no error".to_owned()] } else { Vec::new() };
    }
    let plan = to_json(&evaluation, Secrets::Shown);
    let ours = actions(plan["resource_changes"].as_array().unwrap().iter().map(|r| (r, &r["change"])));
    let theirs = actions(expected["resource_changes"].as_array().into_iter().flatten().map(|r| (r, r)));
    let addresses: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let differing = addresses.into_iter().filter(|a| ours.get(*a) != theirs.get(*a));
    differing.map(|a| format!("{a}: {:?} instead of {:?}", ours.get(a), theirs.get(a))).collect()
}

#[test]
fn a_plan_against_a_state_is_terraforms() {
    let (mut all, mut agree, mut lines) = (0, 0, Vec::new());
    for case in Recordings::open().cases() {
        let Some(state) = case.state() else { continue };
        let mut judge = |name: &str, wrong: Vec<String>| {
            all += 1;
            agree += usize::from(wrong.is_empty());
            lines.extend(wrong.into_iter().map(|w| format!("{name}: {w}")));
        };
        let unsettled = UNSETTLED.iter().filter(|(name, _)| *name == case.name);
        let changes: Json = unsettled.map(|(_, a)| json!({ "address": a, "actions": ["update"] })).collect();
        let clean = json!({ "resource_changes": changes });
        judge(&case.name, compare(&case, &state, &case.config(), &case.vars(), &clean));
        for change in case.changes() {
            let wrong = compare(&case, &state, &change.config, &change.vars, &change.expected);
            judge(&change.name, wrong);
        }
    }
    say!("plans against a state: {agree} of {all} agree");
    lines.iter().for_each(|line| say!("{line}"));
    assert!(lines.is_empty());
    assert!(all > 60, "the recordings are read");
}
