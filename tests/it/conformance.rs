//! What expressions mean, compared with the real Terraform: `tests/data/conformance/expressions.jsonl`
//! holds expressions with the results of Terraform 1.11.4 (see the README beside it).
//!
//! `TRUEUP_CONFORMANCE` names another directory of the same form.

#![allow(clippy::print_stdout)]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};
use trueup::terraform::address::{Address, Mode, ModulePath};
use trueup::terraform::diagnostic::Diagnostic;
use trueup::terraform::expression::{Budget, Evaluator, Reference, Renderer, Resolved, Scope, Step, console};
use trueup::terraform::functions::{Context, Files};
use trueup::terraform::source::SourceMap;
use trueup::terraform::syntax;
use trueup::terraform::value::{Marks, Reason, Refinement, Type, Value};

fn directory() -> PathBuf {
    match std::env::var_os("TRUEUP_CONFORMANCE") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance"),
    }
}

/// Files below the context directory, which is the working directory.
struct Below(PathBuf);

impl Files for Below {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|_| format!("no file exists at \"{path}\""))
    }

    fn exists(&self, path: &str) -> Result<bool, String> {
        Ok(self.0.join(path).is_file())
    }

    fn glob(&self, _dir: &str, _pattern: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

/// The names of `context/main.tf`.
#[derive(Default)]
struct Names {
    variables: BTreeMap<String, Value>,
    locals: BTreeMap<String, Value>,
    data: BTreeMap<String, Value>,
}

impl Scope for Names {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        let error = |summary: &str| Diagnostic::error(reference.span, summary, "");
        let name = match reference.steps.first() {
            Some(Step::Attribute(name)) => &**name,
            _ => return Err(error("Invalid reference")),
        };
        let find = |values: &BTreeMap<String, Value>, what: &str| match values.get(name) {
            Some(value) => Ok(Resolved { value: value.clone(), used: 1 }),
            None => Err(error(what)),
        };
        let value = |value: Value| Ok(Resolved { value, used: 1 });
        match (&*reference.root, name) {
            ("var", _) => find(&self.variables, "Reference to undeclared input variable"),
            ("local", _) => find(&self.locals, "Reference to undeclared local value"),
            ("terraform_data", _) => match reference.steps.get(1) {
                Some(Step::Attribute(a))
                    if !["id", "input", "output", "triggers_replace"].contains(&&**a) =>
                {
                    Err(error("Unsupported attribute"))
                }
                _ => find(&self.data, "Reference to undeclared resource"),
            },
            ("resource", "terraform_data") => match reference.steps.get(1) {
                Some(Step::Attribute(name)) => match self.data.get(&**name) {
                    Some(value) => Ok(Resolved { value: value.clone(), used: 2 }),
                    None => Err(error("Reference to undeclared resource")),
                },
                _ => Err(error("Invalid reference")),
            },
            ("path", "module" | "root") => value(Value::from(".")),
            ("path", "cwd") => value(Value::from("/context")),
            ("terraform", "workspace") => value(Value::from("default")),
            ("terraform", "applying") => {
                value(Value::from(false).with_marks(Marks { ephemeral: true, ..Marks::NONE }))
            }
            ("terraform", _) => Err(error("Invalid \"terraform\" attribute")),
            ("path", _) => Err(error("Invalid \"path\" attribute")),
            ("module", _) => Err(error("Reference to undeclared module")),
            ("each", _) => Err(error("Reference to \"each\" in context without for_each")),
            ("count", _) => Err(error("Reference to \"count\" in non-counted context")),
            ("self", _) => Err(error("Invalid \"self\" reference")),
            _ => Err(error("Reference to undeclared resource")),
        }
    }
}

const VARIABLES: &[(&str, &str)] = &[
    ("name", "\"conf\""),
    ("secret", "sensitive(\"s3cr3t\")"),
    ("token", "\"short-lived\""),
    ("obj", "{ size = 3, label = tostring(null), opts = { deep = true } }"),
    ("list_any", "tolist([1, \"two\", true])"),
    ("map_any", "tomap({ a = 1, b = \"two\" })"),
    ("set_str", "toset([\"b\", \"a\", \"b\"])"),
    ("num_from_string", "12.50"),
    ("nullable_default", "tostring(null)"),
    ("tuple", "[\"1\", 2, true]"),
    ("tmpl_default", "\"v=$${v}\""),
];

fn load(directory: &Path, functions: &Context<'_>) -> Names {
    let mut names = Names::default();
    let mut sources = SourceMap::default();
    for (name, text) in VARIABLES {
        let (mut value, errors) = console::evaluate(&mut sources, text, &names, functions, false);
        if !errors.is_empty() {
            println!("{name}: {errors:?}");
        }
        value.marks.sensitive |= *name == "secret";
        value.marks.ephemeral |= *name == "token";
        names.variables.insert((*name).to_owned(), value);
    }
    let bytes = std::fs::read(directory.join("context/main.tf")).unwrap();
    let (file, parsed) = syntax::parse_bytes(&mut sources, "main.tf", bytes);
    let text = sources.file(file).text.clone();
    assert!(parsed.diagnostics.is_empty());
    let diagnostics = RefCell::default();
    for block in parsed.body.blocks() {
        let kind = block.ident.as_str();
        for attribute in block.body.attributes() {
            let evaluator = Evaluator {
                scope: &names,
                functions,
                file,
                text: &text,
                diagnostics: &diagnostics,
                budget: functions.budget,
                short_circuit: false,
            };
            let value = if matches!(kind, "locals" | "resource") {
                evaluator.evaluate(&attribute.value)
            } else {
                continue;
            };
            let key = attribute.key.as_str().to_owned();
            match kind {
                "locals" => _ = names.locals.insert(key, value),
                _ => {
                    _ = names
                        .data
                        .insert(block.labels[1].as_str().to_owned(), data(block.labels[1].as_str(), value))
                }
            }
        }
        if kind == "resource" && block.labels[1].as_str() == "nul" {
            names.data.insert("nul".into(), data("nul", Value::null()));
        }
    }
    println!("{diagnostics:?}");
    names
}

/// A `terraform_data` resource before apply.
fn data(name: &str, input: Value) -> Value {
    let computed = |path: &str| Reason::Computed {
        address: Address {
            module: ModulePath::default(),
            mode: Mode::Managed,
            type_name: "terraform_data".into(),
            name: name.into(),
            key: None,
        },
        path: path.into(),
        derived: false,
    };
    let not_null = Refinement { not_null: true, ..Refinement::default() };
    let output = if input.is_null() { input.clone() } else { Value::unknown(input.ty(), computed("output")) };
    Value::object([
        ("id", Value::refined(Type::String, computed("id"), not_null)),
        ("input", input),
        ("output", output),
        ("triggers_replace", Value::null()),
    ])
}

#[test]
#[ignore = "functions are still landing"]
fn expressions_mean_what_they_mean_to_terraform() {
    let directory = directory();
    let budget = Budget::default();
    let files = Below(directory.join("context"));
    let (cwd, plan_time) = ("/context", "2025-01-01T00:00:00Z");
    let templates = Renderer { files: &files, cwd, plan_time, budget: &budget, short_circuit: false };
    let functions = Context { files: &files, templates: &templates, cwd, plan_time, budget: &budget };
    let names = load(&directory, &functions);

    let known = std::fs::read_to_string(directory.join("known.txt")).unwrap_or_default();
    let known: BTreeMap<&str, &str> =
        known.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' ')).collect();
    let cases = std::fs::read_to_string(directory.join("expressions.jsonl")).unwrap();
    let (mut agree, mut all, mut wrong) = (0, 0, Vec::new());
    for line in cases.lines() {
        let case: Map<String, Json> = serde_json::from_str(line).unwrap();
        let (id, text) = (case["id"].as_str().unwrap(), case["expr"].as_str().unwrap());
        budget.steps.set(10_000_000);
        let mut sources = SourceMap::default();
        let (value, diagnostics) = console::evaluate(&mut sources, text, &names, &functions, false);
        let got = console::result(&value, &diagnostics);
        all += 1;
        match difference(&case, &got) {
            None => agree += 1,
            Some(difference) => {
                let listed = if known.contains_key(id) { " (known)" } else { "" };
                println!("{id}{listed}: {text:?}: {difference}");
                if listed.is_empty() {
                    wrong.push(id.to_owned());
                }
            }
        }
    }
    println!("{agree} of {all} agree");
    assert!(wrong.is_empty(), "{} disagree: {}", wrong.len(), wrong.join(" "));
}

/// How a result differs from the recorded one.
fn difference(want: &Map<String, Json>, got: &Map<String, Json>) -> Option<String> {
    let show = |map: &Map<String, Json>| {
        let fields = ["type", "value", "unknown", "sensitive", "ephemeral", "console", "error", "detail"];
        let parts = fields.iter().filter_map(|f| map.get(*f).map(|v| format!("{f} {v}")));
        parts.collect::<Vec<_>>().join(", ")
    };
    let strict = std::env::var_os("TRUEUP_CONFORMANCE_SUMMARIES").is_some();
    let agrees = match (want.get("error"), got.get("error")) {
        (Some(want), Some(got)) => !strict || want == got,
        (None, None) => {
            ["type", "value", "unknown", "sensitive", "ephemeral", "console"].iter().all(|field| {
                match (want.get(*field), got.get(*field)) {
                    (Some(want), Some(got)) => same(want, got),
                    (None, None) => true,
                    _ => false,
                }
            })
        }
        _ => false,
    };
    (!agrees).then(|| format!("want {} | got {}", show(want), show(got)))
}

/// Equal JSON; numbers that are not whole to about 15 digits.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (a.to_string(), b.to_string());
            if a == b {
                return true;
            }
            let whole = |text: &str| text.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
            let (x, y): (f64, f64) = (a.parse().unwrap(), b.parse().unwrap());
            !(whole(&a) && whole(&b) && x.abs() < 9e15) && (x - y).abs() <= 1e-14 * x.abs().max(y.abs())
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}
