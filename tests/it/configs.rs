//! Whole configurations against what Terraform 1.11.4 plans for them: `tests/data/conformance/configs`,
//! or `$TRUEUP_CONFORMANCE/configs`. What is known to differ stands in `known-configs.txt` beside it.

use std::collections::BTreeMap;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json, json};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::input::PriorState;
use trueup::terraform::plan::{Secrets, to_json};

fn read(path: &Utf8Path) -> Json {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The options that a case asks for, strict as Terraform is.
fn options(dir: &Utf8Path, case: &Json) -> Options {
    let mut options = Options::within(dir, dir).unwrap();
    options.strict = true;
    options.terraform_version = Some("1.11.4".to_owned());
    options.workspace = case["workspace"].as_str().map(str::to_owned);
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        options.environment.insert(name.clone(), value.as_str().unwrap().to_owned());
    }
    if case["state"] == json!(true) {
        let path = dir.join("terraform.tfstate");
        options.prior = Some(PriorState::read(&path, &fs::read(&path).unwrap()).unwrap().into());
    }
    let mut args = case["args"].as_array().into_iter().flatten().map(|a| a.as_str().unwrap());
    while let Some(arg) = args.next() {
        let (name, value) = arg.split_once('=').filter(|_| arg != "-var").unwrap_or((arg, ""));
        let value = if value.is_empty() { args.next().unwrap() } else { value };
        options.inputs.push(match name {
            "-var" => Input::Var(value.to_owned()),
            "-var-file" => Input::File(value.into()),
            other => panic!("unknown argument {other}"),
        });
    }
    options
}

fn has_true(tree: &Json) -> bool {
    match tree {
        Json::Bool(b) => *b,
        Json::Array(v) => v.iter().any(has_true),
        Json::Object(m) => m.values().any(has_true),
        _ => false,
    }
}

/// What leads to a `true` in a tree, as the records keep it.
fn prune(tree: &Json) -> Json {
    match tree {
        Json::Object(m) => {
            m.iter().filter(|(_, v)| has_true(v)).map(|(k, v)| (k.clone(), prune(v))).collect()
        }
        Json::Array(v) => v.iter().map(|v| if has_true(v) { prune(v) } else { json!(false) }).collect(),
        other => other.clone(),
    }
}

/// Equal, numbers to 14 digits.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(x), Json::Number(y)) => {
            let (x, y) = (x.as_f64().unwrap(), y.as_f64().unwrap());
            x == y || ((x - y) / y).abs() < 1e-14
        }
        (Json::Array(x), Json::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Json::Object(x), Json::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, v)| y.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

/// What we plan, in the form of the records.
fn planned(evaluation: &Evaluation) -> Json {
    let plan = to_json(evaluation, Secrets::Shown);
    let mut resources = Map::new();
    for change in plan["resource_changes"].as_array().unwrap() {
        let mut row = Map::new();
        row.insert("actions".into(), change["change"]["actions"].clone());
        for name in ["previous_address", "action_reason"] {
            row.extend(change.get(name).map(|text| (name.to_owned(), text.clone())));
        }
        row.extend(change["change"].get("importing").map(|id| ("importing".to_owned(), id.clone())));
        row.insert("values".into(), change["change"]["after"].clone());
        for (name, from) in [("unknown", "after_unknown"), ("sensitive", "after_sensitive")] {
            if has_true(&change["change"][from]) {
                row.insert(name.into(), prune(&change["change"][from]));
            }
        }
        resources.insert(change["address"].as_str().unwrap().to_owned(), row.into());
    }
    let mut outputs = Map::new();
    for (name, change) in plan["output_changes"].as_object().unwrap() {
        if change["actions"] == json!(["delete"]) {
            continue;
        }
        let mut row = Map::new();
        if let Some(ty) = plan["planned_values"]["outputs"][name].get("type") {
            row.insert("type".into(), ty.clone());
        }
        if change["after_unknown"] != json!(true) {
            row.insert("value".into(), change["after"].clone());
        }
        if has_true(&change["after_unknown"]) {
            row.insert("unknown".into(), prune(&change["after_unknown"]));
        }
        if change["after_sensitive"] == json!(true) {
            row.insert("sensitive".into(), json!(true));
        }
        outputs.insert(name.clone(), row.into());
    }
    let data: Map<String, Json> = plan
        .get("prior_state")
        .and_then(|s| s["values"]["root_module"]["resources"].as_array())
        .into_iter()
        .flatten()
        .filter(|r| r["mode"] == "data")
        .map(|r| (r["address"].as_str().unwrap().to_owned(), r["values"].clone()))
        .collect();
    let checks: Map<String, Json> =
        evaluation.checks.iter().map(|(k, v)| (k.clone(), serde_json::to_value(v).unwrap())).collect();
    json!({ "resources": resources, "outputs": outputs, "data": data, "checks": checks })
}

/// What differs from the record of a case that Terraform plans.
fn compare_plan(evaluation: &Evaluation, expected: &Json) -> Vec<String> {
    let mut wrong: Vec<String> = errors(evaluation).iter().map(|e| format!("error {e:?}")).collect();
    let got = planned(evaluation);
    for part in ["resources", "outputs", "data"] {
        let empty = Map::new();
        let want = expected.get(part).and_then(Json::as_object).unwrap_or(&empty);
        let got = got[part].as_object().unwrap();
        for (name, want) in want {
            match got.get(name) {
                Some(got) if same(got, want) => {}
                Some(got) => wrong.push(format!("{name}: {got} instead of {want}")),
                None => wrong.push(format!("{name} is missing")),
            }
        }
        wrong.extend(got.keys().filter(|k| !want.contains_key(*k)).map(|k| format!("{k} is too much")));
    }
    for (name, status) in expected.get("checks").and_then(Json::as_object).into_iter().flatten() {
        if got["checks"].get(name) != Some(status) {
            wrong.push(format!("{name}: {:?} instead of {status}", got["checks"].get(name)));
        }
    }
    let mut warnings: Vec<&str> =
        evaluation.diagnostics.iter().filter(|d| !d.is_error()).map(|d| d.summary.as_str()).collect();
    warnings.sort();
    warnings.dedup();
    let want: Vec<&str> =
        expected["warnings"].as_array().into_iter().flatten().map(|w| w.as_str().unwrap()).collect();
    if warnings != want {
        wrong.push(format!("warnings {warnings:?} instead of {want:?}"));
    }
    wrong
}

type Place = (String, u64);

/// Summaries of errors by file and line; those without a place under the empty name.
fn errors(evaluation: &Evaluation) -> BTreeMap<Place, Vec<String>> {
    let mut found: BTreeMap<Place, Vec<String>> = BTreeMap::new();
    for diagnostic in evaluation.diagnostics.iter().filter(|d| d.is_error()) {
        let place = diagnostic.span.map(|s| evaluation.sources.place(s));
        let place = place.map_or((String::new(), 0), |p| (p.file.to_string(), p.line as u64));
        found.entry(place).or_default().push(diagnostic.summary.clone());
    }
    found
}

/// What differs from the record of a case that Terraform refuses: the same places, and at each place
/// one of Terraform's summaries. Where Terraform knows no place, any will do.
fn compare_errors(evaluation: &Evaluation, expected: &Json) -> Vec<String> {
    let got = errors(evaluation);
    if got.is_empty() {
        return vec!["no error".into()];
    }
    let mut want: BTreeMap<Place, Vec<&str>> = BTreeMap::new();
    for error in expected["errors"].as_array().into_iter().flatten() {
        let place = (error["file"].as_str().unwrap_or("").to_owned(), error["line"].as_u64().unwrap_or(0));
        want.entry(place).or_default().push(error["summary"].as_str().unwrap());
    }
    let mut wrong = Vec::new();
    let nowhere = want.remove(&(String::new(), 0)).unwrap_or_default();
    let is_nowhere = |summaries: &[String]| summaries.iter().any(|s| nowhere.contains(&s.as_str()));
    for (place, summaries) in &want {
        let found = got.get(place).is_some_and(|g| g.iter().any(|s| summaries.contains(&s.as_str())));
        if !found {
            wrong.push(format!("{place:?}: {:?} instead of {summaries:?}", got.get(place)));
        }
    }
    if !nowhere.is_empty() && !got.values().any(|s| is_nowhere(s)) {
        wrong.push(format!("{nowhere:?} is missing"));
    }
    for (place, summaries) in &got {
        // `terraform init` evaluates nothing, so it cannot tell of further errors that we find.
        if !want.contains_key(place) && !is_nowhere(summaries) && expected["stage"] != "init" {
            wrong.push(format!("{place:?}: {summaries:?} is too much"));
        }
    }
    wrong
}

fn data() -> Utf8PathBuf {
    match std::env::var("TRUEUP_CONFORMANCE") {
        Ok(dir) => dir.into(),
        Err(_) => Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance"),
    }
}

/// Runs every case of a directory; what differs and is not `known` fails.
fn run(dir: &Utf8Path, known: &[&str]) {
    let mut cases: Vec<Utf8PathBuf> =
        dir.read_dir_utf8().unwrap().map(|e| e.unwrap().into_path()).filter(|p| p.is_dir()).collect();
    cases.sort();
    let (mut agree, mut unexpected) = (0, Vec::new());
    for dir in &cases {
        let name = dir.file_name().unwrap();
        let expected = read(&dir.join("expected.json"));
        let evaluation = evaluate(&options(dir, &read(&dir.join("case.json"))));
        let wrong = match expected["result"].as_str() {
            Some("ok") => compare_plan(&evaluation, &expected),
            _ => compare_errors(&evaluation, &expected),
        };
        if wrong.is_empty() {
            agree += 1;
        } else {
            say!("{name}: {}", wrong.join("; "));
            if !known.contains(&name) {
                unexpected.push(name);
            }
        }
    }
    let what = dir.file_name().unwrap();
    say!("configurations ({what}): {agree} of {} agree", cases.len());
    assert!(!cases.is_empty(), "the cases are there");
    assert!(unexpected.is_empty(), "{unexpected:?}");
}

#[test]
fn configurations_plan_as_terraform_plans_them() {
    let own = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance");
    let known = fs::read_to_string(own.join("known-configs.txt")).unwrap();
    let known: Vec<&str> = known.lines().filter_map(|l| l.split_whitespace().next()).collect();
    run(&data().join("configs"), &known);
}

#[test]
fn prior_states_are_planned_against_as_terraform_does() {
    run(&Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance/state"), &[]);
}
