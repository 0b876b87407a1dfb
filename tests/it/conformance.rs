//! What expressions mean, compared with the real Terraform: `tests/data/conformance/expressions.jsonl`
//! holds expressions with the results of Terraform 1.11.4 (see the README beside it).
//!
//! `TRUEUP_CONFORMANCE` names another directory of the same form.

#![allow(clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json};
use trueup::terraform::configuration::{Options, evaluate_then};
use trueup::terraform::expression::console;

fn directory() -> PathBuf {
    match std::env::var_os("TRUEUP_CONFORMANCE") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance"),
    }
}

#[test]
fn expressions_mean_what_they_mean_to_terraform() {
    let directory = directory();
    let context = Utf8PathBuf::from_path_buf(directory.join("context")).unwrap();
    let mut options = Options::within(&context, &context).unwrap();
    // The version that the results were recorded with.
    options.terraform_version = Some("1.11.4".to_owned());
    let known = std::fs::read_to_string(directory.join("known.txt")).unwrap_or_default();
    let known: BTreeMap<&str, &str> =
        known.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' ')).collect();
    let mut cases = std::fs::read_to_string(directory.join("expressions.jsonl")).unwrap();
    cases.push_str(&std::fs::read_to_string(directory.join("more.jsonl")).unwrap_or_default());
    let cases: Vec<Map<String, Json>> = cases.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let (evaluation, results) = evaluate_then(&options, |module| {
        let answer = |case: &Map<String, Json>| {
            let (value, diagnostics) = module.evaluate(case["expr"].as_str().unwrap());
            console::result(&value, &diagnostics)
        };
        cases.iter().map(answer).collect::<Vec<_>>()
    });
    assert!(evaluation.is_complete(), "{:?}", evaluation.diagnostics);
    let (mut agree, mut wrong) = (0, Vec::new());
    for (case, got) in cases.iter().zip(&results) {
        let (id, text) = (case["id"].as_str().unwrap(), case["expr"].as_str().unwrap());
        match difference(case, got) {
            None => agree += 1,
            Some(difference) => {
                let listed = if known.contains_key(id) { " (known)" } else { "" };
                say!("{id}{listed}: {text:?}: {difference}");
                if listed.is_empty() {
                    wrong.push(id.to_owned());
                }
            }
        }
    }
    let all = cases.len();
    say!("expressions: {agree} of {all} agree");
    assert!(wrong.is_empty(), "{} disagree: {}", wrong.len(), wrong.join(" "));
}

/// How a result differs from the recorded one.
fn difference(want: &Map<String, Json>, got: &Map<String, Json>) -> Option<String> {
    let show = |map: &Map<String, Json>| {
        let fields = ["type", "value", "unknown", "sensitive", "ephemeral", "console", "error", "detail"];
        let parts = fields.iter().filter_map(|f| map.get(*f).map(|v| format!("{f} {v}")));
        parts.collect::<Vec<_>>().join(", ")
    };
    let strict = std::env::var("TRUEUP_CONFORMANCE_TEXTS").unwrap_or_default();
    let details = || {
        let first = |map: &Map<String, Json>| map.get("detail")?.as_str()?.lines().next().map(str::to_owned);
        let (want, got) = (first(want).unwrap_or_default(), first(got).unwrap_or_default());
        want == got || want.chars().count() >= 200 && got.starts_with(&want)
    };
    let agrees = match (want.get("error"), got.get("error")) {
        (Some(want), Some(got)) => strict.is_empty() || want == got && (strict == "summary" || details()),
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
