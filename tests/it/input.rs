//! Plans and states in place of the code: they give the estate that evaluation gives.
//!
//! The cases are recordings of Terraform with a real provider: `tests/data/recordings`, or those below
//! `$TRUEUP_RECORDINGS`. A case is a directory with `case.json` (`root`, `var_files`,
//! `subscription_id`, `tenant_id`), `config/`, `vars.json`, `plan.json` (`terraform show -json`) and
//! `state.json` (a state file of format 4, after apply). `known-plans.txt` lists, with a reason, what
//! may differ.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value as Json, json};
use trueup::azure::estate::Estate;
use trueup::azure::{Account, translate};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::input::{Form, read};
use trueup::terraform::value::{Kind, Value};

use crate::harness::{Folder, repository, trueup, trueup_in};

/// A value as JSON; unknown parts as the text `(unknown)`.
fn json_of(value: &Value) -> Json {
    match &value.kind {
        Kind::Unknown(_) => json!("(unknown)"),
        Kind::Null(_) => Json::Null,
        Kind::Bool(b) => json!(b),
        Kind::Number(n) => json!(n.to_f64()),
        Kind::String(s) => json!(&**s),
        Kind::List(_, v) | Kind::Tuple(v) => v.iter().map(json_of).collect(),
        // The order of a set is nobody's.
        Kind::Set(_, v) => {
            let mut items: Vec<Json> = v.iter().map(json_of).collect();
            items.sort_by_key(Json::to_string);
            items.into()
        }
        Kind::Map(_, m) | Kind::Object(m) => {
            let members = m.iter().filter(|(_, v)| !v.is_null());
            Json::Object(members.map(|(k, v)| (k.to_string(), json_of(v))).collect())
        }
    }
}

fn zero(json: &Json) -> bool {
    match json {
        Json::Null | Json::Bool(false) => true,
        Json::Number(n) => n.as_f64() == Some(0.0),
        Json::String(s) => s.is_empty(),
        Json::Array(a) => a.is_empty(),
        Json::Object(m) => m.values().all(zero),
        Json::Bool(true) => false,
    }
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::String(a), Json::String(b)) => a.eq_ignore_ascii_case(b),
        _ => a == b || zero(a) && zero(b),
    }
}

/// What is known on the left and another on the right. What is not known on the left may be anything;
/// with `exact` nothing may be on the right alone.
fn differences(path: &str, left: &Json, right: &Json, exact: bool, out: &mut Vec<String>) {
    match (left, right) {
        (Json::String(open), _) if open == "(unknown)" || open.contains('<') => {}
        // A provider may leave what is empty to Azure.
        (left, Json::String(open)) if open == "(unknown)" && zero(left) => {}
        (Json::Object(a), Json::Object(b)) => {
            for (key, value) in a {
                let other = b.get(key).unwrap_or(&Json::Null);
                differences(&format!("{path}.{key}"), value, other, exact, out);
            }
            for (key, value) in b.iter().filter(|(k, v)| exact && !a.contains_key(*k) && !zero(v)) {
                out.push(format!("{path}.{key}: {value} in the file only"));
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            // Sets come in other orders.
            let loose = |x: &Json, y: &Json| {
                let mut found = Vec::new();
                differences("", x, y, exact, &mut found);
                found
            };
            for (i, item) in a.iter().enumerate() {
                let best = b.iter().map(|other| loose(item, other)).min_by_key(Vec::len).unwrap_or_default();
                out.extend(best.into_iter().map(|d| format!("{path}[{i}]{d}")));
            }
        }
        _ if same(left, right) => {}
        _ => out.push(format!("{path}: {left} in the code, {right} in the file")),
    }
}

fn of_file(path: &Utf8Path) -> Json {
    let text = std::fs::read_to_string(path).unwrap_or_else(|_| "{}".into());
    serde_json::from_str(&text).unwrap()
}

struct Case {
    dir: Utf8PathBuf,
    account: Account,
    evaluation: Evaluation,
}

impl Case {
    fn new(dir: &Utf8Path) -> Case {
        let (case, config) = (of_file(&dir.join("case.json")), dir.join("config"));
        let mut options = Options::within(&config, &config.join(case["root"].as_str().unwrap())).unwrap();
        let files = case["var_files"].as_array().into_iter().flatten();
        options.inputs.extend(files.map(|f| Input::File(f.as_str().unwrap().into())));
        let vars = of_file(&dir.join("vars.json"));
        let text = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        let vars = vars.as_object().unwrap().iter().map(|(k, v)| Input::Var(format!("{k}={}", text(v))));
        options.inputs.extend(vars);
        let text = |name: &str| case[name].as_str().map(str::to_owned);
        let account = Account { subscription: text("subscription_id"), tenant: text("tenant_id") };
        Case { dir: dir.to_owned(), account, evaluation: evaluate(&options) }
    }

    fn read(&self, name: &str, form: Form) -> Evaluation {
        let path = self.dir.join(name);
        let evaluation = read(&path, &std::fs::read(&path).unwrap(), form).unwrap();
        let errors: Vec<_> = evaluation.diagnostics.iter().map(|d| &d.summary).collect();
        assert!(errors.is_empty(), "{path}: {errors:?}");
        evaluation
    }

    /// Where the estate of a file differs from that of the code.
    fn disagreements(&self, name: &str, form: Form) -> (usize, Vec<String>) {
        let (code, file) = (translate(&self.evaluation, &self.account), self.read(name, form));
        for (local, provider) in &self.evaluation.providers {
            let major = |e: &Evaluation| e.providers.get(local).and_then(|p| p.major);
            // A state without anything that changed between majors tells nothing.
            if let (Some(code), Some(file), Form::Plan) = (provider.major, major(&file), form) {
                assert_eq!(code, file, "the major of {local}");
            }
        }
        let file = translate(&file, &self.account);
        let mut wrong = Vec::new();
        let labels = |e: &Estate| {
            let mut all: Vec<String> = e
                .iter()
                .filter_map(|d| d.declared.as_ref())
                .filter(|d| d.inline.is_empty())
                .map(|d| d.address.to_string())
                .collect();
            all.sort();
            all
        };
        if labels(&code) != labels(&file) {
            wrong.push(format!("documents {:?} instead of {:?}", labels(&file), labels(&code)));
        }
        for document in code.iter() {
            // A name that the provider makes is known after apply.
            let by_address = || {
                let declared = document.declared.as_ref().filter(|d| d.inline.is_empty())?;
                file.by_address(&declared.address.to_string())
            };
            let Some(twin) = file.by_id(&document.id).or_else(by_address) else {
                if !document.id.as_str().contains('<') {
                    wrong.push(format!("no document {}", document.id));
                }
                continue;
            };
            let (a, b) = (json_of(&document.body), json_of(&twin.body));
            differences(&document.label(), &a, &b, form == Form::Plan, &mut wrong);
        }
        let associations = |e: &Estate| e.associations.iter().filter(|a| a.host.is_some()).count();
        if associations(&code) != associations(&file) {
            wrong.push(format!("{} associations, not {}", associations(&file), associations(&code)));
        }
        (code.len(), wrong)
    }
}

fn cases() -> Vec<Utf8PathBuf> {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/recordings");
    let dir = std::env::var("TRUEUP_RECORDINGS").unwrap_or_else(|_| own.to_owned());
    let mut dirs: Vec<_> =
        Utf8Path::new(&dir).read_dir_utf8().unwrap().map(|e| e.unwrap().into_path()).collect();
    dirs.retain(|d| d.join("plan.json").is_file());
    dirs.sort();
    assert!(!dirs.is_empty(), "{dir} holds cases");
    dirs
}

fn compare(name: &str, form: Form) {
    let (mut agree, mut all, mut wrong) = (0, 0, Vec::new());
    for dir in cases() {
        let (count, found) = Case::new(&dir).disagreements(name, form);
        assert!(count > 0, "{dir} declares something");
        all += 1;
        agree += usize::from(found.is_empty());
        wrong.extend(found.into_iter().map(|f| format!("{}: {f}", dir.file_name().unwrap())));
    }
    let known = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/recordings/known-plans.txt");
    let known = std::fs::read_to_string(known).unwrap();
    let known: Vec<&str> = known.lines().filter_map(|l| Some(l.split_once(" # ")?.0.trim())).collect();
    wrong.retain(|w| !known.iter().any(|k| w.starts_with(k)));
    say!("plans and states as input: {agree} of {all} agree");
    wrong.iter().for_each(|w| say!("{w}"));
    assert!(wrong.is_empty(), "{} differences", wrong.len());
}

#[test]
fn a_plan_gives_the_estate_of_its_code() {
    compare("plan.json", Form::Plan);
}

#[test]
fn a_state_gives_the_estate_of_its_code_and_what_was_unknown() {
    compare("state.json", Form::State);
}

/// The path of a file of the first case with modules.
fn recorded(file: &str) -> String {
    repository().join("tests/data/recordings/044-environment-dev").join(file).to_str().unwrap().to_owned()
}

#[test]
fn every_command_takes_a_plan_or_a_state_in_place_of_a_folder() {
    let folder = Folder::new("input", &[]);
    for (flag, file) in [("--plan", recorded("plan.json")), ("--state", recorded("state.json"))] {
        for command in ["review", "subnets", "cost", "security", "plan"] {
            let run = trueup_in(folder.path(), &[command, flag, &file, "--format", "json"]);
            assert!([0, 2, 3].contains(&run.status), "{command} {flag}: {} {}", run.status, run.stderr);
            let report = run.json();
            assert_eq!(report["diagnostics"], json!([]), "{command} {flag}");
            match command {
                "subnets" => assert!(!report["subnets"].as_array().unwrap().is_empty()),
                "cost" => assert!(!report["resources"].as_array().unwrap().is_empty()),
                "review" => {
                    assert_eq!(report["root"], file.as_str());
                    let findings = report["findings"].as_array().unwrap();
                    let place = findings.iter().find(|f| f["file"].is_string()).expect("a place in the file");
                    assert_eq!(place["file"], file.as_str());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn a_plan_in_place_of_the_code_reviews_alike() {
    let case = repository().join("tests/data/recordings/044-environment-dev");
    let root =
        of_file(Utf8Path::from_path(&case.join("case.json")).unwrap())["root"].as_str().unwrap().to_owned();
    let dir = case.join("config").join(root);
    let codes = |args: &[&str]| {
        let args: Vec<&str> =
            args.iter().copied().chain(["--format", "json", "--today", "2026-11-20"]).collect();
        let report = trueup(&args).json();
        let mut all: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| format!("{} {}", f["code"].as_str().unwrap(), f["address"].as_str().unwrap()))
            .collect();
        all.sort();
        all
    };
    let (code, plan) =
        (codes(&["review", dir.to_str().unwrap()]), codes(&["review", "--plan", &recorded("plan.json")]));
    assert!(!code.is_empty());
    assert_eq!(plan, code);
}

#[test]
fn a_file_of_another_form_says_what_to_do() {
    let folder =
        Folder::new("forms", &[("old.tfstate", r#"{"version": 3}"#), ("no.json", "[1"), ("x.json", "{}")]);
    folder.write("saved.plan", b"PK\x03\x04rest");
    let (plan, state) = (recorded("plan.json"), recorded("state.json"));
    for (flag, file, says) in [
        ("--plan", state.as_str(), "give it with --state"),
        ("--state", plan.as_str(), "give it with --plan"),
        ("--state", "old.tfstate", "state version 3 is not known"),
        ("--plan", "no.json", "this is not the JSON of a plan or state"),
        ("--plan", "x.json", "neither a plan"),
        ("--plan", "saved.plan", "terraform show -json"),
        ("--plan", "absent.json", "cannot read absent.json"),
    ] {
        let run = trueup_in(folder.path(), &["review", flag, file]);
        assert_eq!(run.status, 1, "{flag} {file}");
        assert!(run.stderr.contains(says), "{flag} {file}: {}", run.stderr);
    }
    let run = trueup_in(folder.path(), &["console", "--plan", &plan]);
    assert_eq!(run.status, 1, "{}", run.stderr);
}
