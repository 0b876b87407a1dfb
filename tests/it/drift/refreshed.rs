//! Planning against a state that is refreshed by what is live, against recordings of the real provider: what Terraform
//! does about each drift and each edited configuration, by the same rules that it plans by.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use camino::Utf8Path;
use serde_json::Value as Json;
use trueup::analysis::changes::{Catalogue, refresh};
use trueup::azure::data::LiveData;
use trueup::azure::estate::Estate;
use trueup::azure::translate::{Account, ComputedIds};
use trueup::review::{Subject, refreshed};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::files::Naming;
use trueup::terraform::input::{self, Form, PriorState};
use trueup::terraform::plan::{Secrets, to_json};

use super::recording::{Case, Recordings};
use super::state::UNSETTLED;

/// What is done, by address: `create`, `update`, `delete`, `replace`, `forget`.
type Actions = BTreeMap<String, String>;

fn actions<'j>(changes: impl Iterator<Item = (&'j Json, &'j Json)>) -> Actions {
    let word = |change: &Json| {
        let all: Vec<&str> = change["actions"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        if all.len() == 2 { "replace".to_owned() } else { all[0].to_owned() }
    };
    let all =
        changes.map(|(resource, change)| (resource["address"].as_str().unwrap().to_owned(), word(change)));
    all.filter(|(_, action)| action != "no-op" && action != "read").collect()
}

/// A configuration, its state, and what is live.
struct Sides<'a> {
    case: &'a Case,
    state: &'a Utf8Path,
    dir: &'a Utf8Path,
    vars: &'a Utf8Path,
    arm: &'a Json,
}

impl Sides<'_> {
    fn account(&self) -> Account {
        Account { subscription: Some(self.case.subscription.clone()), tenant: Some(self.case.tenant.clone()) }
    }

    fn subject(&self, prior: PriorState, live: &Estate) -> Subject {
        let mut options = Options::within(self.dir, &self.dir.join(&self.case.root)).unwrap();
        options.inputs.extend(self.case.var_files.iter().map(|f| Input::File(f.into())));
        options.inputs.push(Input::File(self.vars.to_owned()));
        options.derivation = Some(Arc::new(ComputedIds(self.account())));
        options.providers = Some(Arc::new(Catalogue));
        options.prior = Some(Arc::new(prior));
        options.data = Some(Arc::new(LiveData { estate: Arc::new(live.clone()), account: self.account() }));
        let naming = Naming::new(&options.checkout, &options.root, &options.shown);
        Subject::new(evaluate(&options), &self.account(), naming)
    }

    /// What an apply would do; `None` when the code cannot be planned.
    fn plan(&self) -> Option<Actions> {
        let bytes = fs::read(self.state).unwrap();
        let prior = PriorState::read(self.state, &bytes).unwrap();
        let naming = Naming::new(self.dir, Utf8Path::new(""), self.dir);
        let state = input::read(self.state, &bytes, Form::State).unwrap();
        let state = Subject::new(state, &self.account(), naming);
        let live = Estate::from_documents([self.arm]);
        let again = |prior| Ok::<_, std::convert::Infallible>(self.subject(prior, &live));
        let found = refreshed(&prior, &state, &live, again).unwrap();
        let mut subject = self.subject(found.prior, &live);
        refresh(&mut subject.evaluation, &subject.estate, &state.estate, &live, &found.anew);
        let plan = to_json(&subject.evaluation, Secrets::Shown);
        let ours = actions(plan["resource_changes"].as_array().unwrap().iter().map(|r| (r, &r["change"])));
        subject.evaluation.is_complete().then_some(ours)
    }
}

/// Addresses where trueup judges otherwise, by the name of the drift.
fn known(recordings: &Recordings) -> BTreeSet<(String, String)> {
    let text = recordings.known();
    let lines = text.lines().filter(|l| !l.starts_with('#'));
    let parts = lines.filter_map(|l| l.split_once(": ")?.0.split_once(' '));
    parts.map(|(name, address)| (name.to_owned(), address.to_owned())).collect()
}

#[test]
fn a_plan_against_a_state_and_what_is_live_is_terraforms() {
    let recordings = Recordings::open();
    let known = known(&recordings);
    let (mut all, mut agree, mut lines) = (0, 0, Vec::new());
    for case in recordings.cases() {
        let Some(state) = case.state() else { continue };
        let mut judge = |name: &str, dir: &Utf8Path, vars: &Utf8Path, arm: &Json, expected: &Json| {
            let sides = Sides { case: &case, state: &state, dir, vars, arm };
            let ours = sides.plan();
            let theirs =
                actions(expected["resource_changes"].as_array().into_iter().flatten().map(|r| (r, r)));
            all += 1;
            if !expected["error"].is_null() {
                // What a provider or Azure refuses is not known before; what the language refuses is.
                agree += 1;
                return;
            }
            let Some(ours) = ours else { return lines.push(format!("{name}: not planned")) };
            let settled = |address: &String| {
                !UNSETTLED.contains(&(&*case.name, address))
                    && !known.contains(&(name.to_owned(), address.clone()))
            };
            let addresses: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
            let wrong: Vec<_> =
                addresses.into_iter().filter(|a| settled(a) && ours.get(*a) != theirs.get(*a)).collect();
            agree += usize::from(wrong.is_empty());
            lines.extend(
                wrong
                    .into_iter()
                    .map(|a| format!("{name}: {a}: {:?} instead of {:?}", ours.get(a), theirs.get(a))),
            );
        };
        let (config, vars) = (case.config(), case.vars());
        judge(&case.name, &config, &vars, &case.arm, &Json::Null);
        for drift in case.drifts() {
            judge(&drift.name, &config, &vars, &drift.arm, &drift.expected);
        }
        for change in case.changes() {
            judge(&change.name, &change.config, &change.vars, &case.arm, &change.expected);
        }
    }
    say!("plans against a state and what is live: {agree} of {all} agree");
    lines.iter().for_each(|line| say!("{line}"));
    assert!(lines.is_empty());
    assert!(all > 60, "the recordings are read");
}
