//! Our plan against Terraform's: same addresses, same values, same unknowns, same sensitive parts.
//!
//! `tests/data/plans/NAME.json` is what Terraform planned for a root module (`root`, below the
//! repository, with `var_files`; `terraform_version` if not 1.11.4), with stub providers that know the
//! schemas and nothing else, data sources put off.
//! Only what matters is recorded: per resource the values without nulls, and where anything is
//! unknown or sensitive; and `configuration` as it is. `differences.txt` beside them lists, with a reason, what may differ.
//!
//! * `TRUEUP_PLANS`: another directory of recordings.
//! * `TRUEUP_ORACLE`: the command that plans with Terraform (`ORACLE plan DIR --data defer` prints plan
//!   JSON); with it every root is planned anew and compared as well.
//! * `TRUEUP_RECORD=1`: writes the recordings of all roots, with `TRUEUP_ORACLE`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use camino::Utf8Path;
use serde_json::{Map, Value as Json, json};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::plan::{Secrets, to_json};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The roots that `TRUEUP_RECORD` records.
fn roots() -> Vec<String> {
    let mut roots = Vec::new();
    for parent in ["environments", "tests/data/roots"] {
        for entry in fs::read_dir(repository().join(parent)).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                roots.push(format!("{parent}/{}", entry.file_name().into_string().unwrap()));
            }
        }
    }
    roots.sort();
    roots
}

fn without_nulls(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.iter().filter(|(_, v)| !v.is_null());
            sorted(kept.map(|(k, v)| (k.clone(), without_nulls(v))))
        }
        Json::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// A tree of `true` without the branches that have none.
fn pruned(tree: &Json) -> Json {
    fn has_true(tree: &Json) -> bool {
        match tree {
            Json::Bool(b) => *b,
            Json::Array(items) => items.iter().any(has_true),
            Json::Object(map) => map.values().any(has_true),
            _ => false,
        }
    }
    match tree {
        Json::Object(map) => {
            let kept = map.iter().filter(|(_, v)| has_true(v));
            sorted(kept.map(|(k, v)| (k.clone(), pruned(v))))
        }
        Json::Array(items) if has_true(tree) => items.iter().map(pruned).collect(),
        Json::Array(_) => json!([]),
        other => other.clone(),
    }
}

fn sorted(entries: impl Iterator<Item = (String, Json)>) -> Json {
    Json::Object(entries.collect::<BTreeMap<_, _>>().into_iter().collect())
}

/// `configuration` without the versions of schemas, which the published schemas do not have.
fn without_versions(value: &Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.iter().filter(|(k, _)| *k != "schema_version");
            sorted(kept.map(|(k, v)| (k.clone(), without_versions(v))))
        }
        Json::Array(items) => items.iter().map(without_versions).collect(),
        other => other.clone(),
    }
}

/// What is compared of a plan: `resources` and `outputs`, each with `values`, `unknown`, `sensitive`, and
/// `configuration`.
fn normalised(plan: &Json) -> Json {
    let change = |change: &Json| {
        json!({
            "values": without_nulls(&change["after"]),
            "unknown": pruned(&change["after_unknown"]),
            "sensitive": pruned(&change["after_sensitive"]),
        })
    };
    let resources = plan["resource_changes"].as_array().into_iter().flatten();
    let resources = resources.map(|r| (r["address"].as_str().unwrap().to_owned(), change(&r["change"])));
    let outputs = plan["output_changes"].as_object().into_iter().flatten();
    let outputs = outputs.map(|(name, c)| (name.clone(), change(c)));
    let configuration = without_versions(&plan["configuration"]);
    json!({ "resources": sorted(resources), "outputs": sorted(outputs), "configuration": configuration })
}

/// One line a resource, so that a change of a recording can be read.
fn written(root: &str, plan: &Json) -> String {
    let mut out = format!("{{\n\"root\": {},\n", json!(root));
    for (i, part) in ["resources", "outputs", "configuration"].into_iter().enumerate() {
        let entries = plan[part].as_object().unwrap().iter();
        let lines: Vec<String> = entries.map(|(k, v)| format!("{}: {v}", json!(k))).collect();
        let end = if i < 2 { "," } else { "" };
        out += &format!("{}: {{\n{}\n}}{end}\n", json!(part), lines.join(",\n"));
    }
    out + "}\n"
}

fn live(oracle: &str, root: &str) -> Result<Json, String> {
    let mut words = oracle.split_whitespace();
    let output = Command::new(words.next().unwrap_or_default())
        .args(words)
        .arg("plan")
        .arg(repository().join(root))
        .args(["--data", "defer", "--compact"])
        .output()
        .map_err(|e| format!("{oracle}: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let plan = serde_json::from_slice(&output.stdout).map_err(|e| e.to_string())?;
    Ok(normalised(&plan))
}

fn evaluated(root: &str, recorded: &Map<String, Json>) -> Evaluation {
    let dir = repository().join(root);
    let mut options = Options::disk(Utf8Path::from_path(&dir).unwrap()).unwrap();
    let version = recorded.get("terraform_version").and_then(Json::as_str).unwrap_or("1.11.4");
    options.terraform_version = Some(version.to_owned());
    let files =
        recorded.get("var_files").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str);
    options.inputs.extend(files.map(|f| Input::File(f.into())));
    evaluate(&options)
}

fn ours(root: &str, recorded: &Map<String, Json>) -> Result<Json, String> {
    let evaluation = evaluated(root, recorded);
    let errors = evaluation.diagnostics.iter().filter(|d| d.is_error());
    let errors: Vec<String> = errors
        .map(|d| {
            let place = d.span.map(|s| evaluation.sources.place(s));
            let place = place.map(|p| format!("{}:{}: ", p.file, p.line)).unwrap_or_default();
            format!("{root} error {place}{}: {}", d.summary, d.detail)
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    Ok(normalised(&Json::Object(to_json(&evaluation, Secrets::Shown))))
}

/// Where two trees differ, each as `path: ours, Terraform's`.
fn differences(path: &str, ours: &Json, theirs: &Json, out: &mut Vec<String>) {
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            for key in keys {
                let (x, y) = (a.get(key).unwrap_or(&Json::Null), b.get(key).unwrap_or(&Json::Null));
                differences(&format!("{path} {key}"), x, y, out);
            }
        }
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            for (i, (x, y)) in a.iter().zip(b).enumerate() {
                differences(&format!("{path} {i}"), x, y, out);
            }
        }
        _ if ours == theirs => {}
        // The oracle's JSON holds doubles.
        (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => {}
        _ => out.push(format!("{path}: ours {ours}, Terraform's {theirs}")),
    }
}

/// Lines `PREFIX: reason`; a difference whose text starts with the prefix is expected.
fn expected(dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(dir.join("differences.txt")).unwrap_or_default();
    let lines = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    lines.map(|l| l.split_once(": ").expect("a reason after `: `").0.to_owned()).collect()
}

#[test]
fn our_plan_is_terraforms_plan() {
    let dir =
        std::env::var_os("TRUEUP_PLANS").map_or_else(|| repository().join("tests/data/plans"), PathBuf::from);
    let oracle = std::env::var("TRUEUP_ORACLE").ok();
    if std::env::var_os("TRUEUP_RECORD").is_some() {
        let oracle = oracle.as_deref().expect("TRUEUP_RECORD needs TRUEUP_ORACLE");
        for root in roots() {
            let name = root.trim_start_matches("tests/data/").replace('/', "-");
            let plan = live(oracle, &root).unwrap_or_else(|e| panic!("{root}: {e}"));
            fs::write(dir.join(format!("{name}.json")), written(&root, &plan)).unwrap();
        }
    }
    match &oracle {
        Some(_) => println!("compared with the recorded plans and with Terraform's of now"),
        None => println!("compared with the recorded plans only: TRUEUP_ORACLE is not set"),
    }

    let expected = expected(&dir);
    let mut files: Vec<PathBuf> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "json"));
    files.sort();
    let (mut agree, mut wrong, mut used) = (0, Vec::new(), vec![false; expected.len()]);
    for file in &files {
        let recorded: Map<String, Json> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
        let root = recorded["root"].as_str().unwrap();
        let mut plan = json!({ "resources": recorded["resources"], "outputs": recorded["outputs"] });
        plan["configuration"] = recorded["configuration"].clone();
        let mut found = Vec::new();
        match ours(root, &recorded) {
            Ok(ours) => {
                differences(root, &ours, &plan, &mut found);
                if let Some(oracle) = &oracle {
                    match live(oracle, root) {
                        Ok(live) => differences(&format!("{root} live"), &ours, &live, &mut found),
                        Err(error) => found.push(format!("{root}: Terraform says {error}")),
                    }
                }
            }
            Err(errors) => found.push(errors),
        }
        found.retain(|difference| {
            let known = expected.iter().position(|e| difference.replace(" live ", " ").starts_with(e));
            known.inspect(|i| used[*i] = true).is_none()
        });
        if found.is_empty() {
            agree += 1;
        }
        wrong.extend(found);
    }
    say!("plans: {agree} of {} roots agree", files.len());
    if oracle.is_none() {
        say!("plans: compared with the recorded ones only; TRUEUP_ORACLE names a Terraform to compare with");
    }
    for (line, used) in expected.iter().zip(used) {
        if !used {
            wrong.push(format!("listed as a difference, but there is none: {line}"));
        }
    }
    wrong.iter().for_each(|line| println!("{line}"));
    assert!(wrong.is_empty(), "{} differences", wrong.len());
    assert!(files.len() > 10, "the test reads recordings");
}
