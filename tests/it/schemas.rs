//! The schemas in `docs/schemas` are those of the types, and what commands print is what they say.

use serde_json::{Map, Value as Json};
use trueup::app::schemas::schemas;

use crate::harness::{Folder, repository, trueup, trueup_in};

fn folder() -> std::path::PathBuf {
    repository().join("docs/schemas")
}

fn text(schema: &schemars::Schema) -> String {
    serde_json::to_string_pretty(schema).unwrap() + "\n"
}

#[test]
fn the_schemas_are_current() {
    for (name, schema) in schemas() {
        let path = folder().join(format!("{name}.json"));
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text(&schema), "{name}: run `cargo test --test it schemas::write -- --ignored`");
    }
    assert_eq!(std::fs::read_dir(folder()).unwrap().count(), schemas().len());
}

#[test]
#[ignore = "writes docs/schemas"]
fn write() {
    std::fs::create_dir_all(folder()).unwrap();
    for (name, schema) in schemas() {
        std::fs::write(folder().join(format!("{name}.json")), text(&schema)).unwrap();
    }
}

/// Judges values by a schema made from types, more strictly than a validator has to: members that it does not
/// name are errors, and so is a keyword that is not known here.
struct Judge<'s> {
    root: &'s Json,
}

type Verdict = Result<(), String>;

impl Judge<'_> {
    fn judge(&self, schema: &Json, value: &Json, at: &str) -> Verdict {
        let schema = match schema {
            Json::Bool(true) => return Ok(()),
            Json::Object(schema) => schema,
            _ => return Err(format!("{at}: nothing may stand here")),
        };
        for (keyword, with) in schema {
            self.keyword(schema, keyword, with, value, at).map_err(|e| match e.contains(": ") {
                true => e,
                false => format!("{at}: {e}"),
            })?;
        }
        Ok(())
    }

    fn keyword(
        &self,
        schema: &Map<String, Json>,
        keyword: &str,
        with: &Json,
        value: &Json,
        at: &str,
    ) -> Verdict {
        let list = || with.as_array().into_iter().flatten();
        let holds = |schema: &Json| self.judge(schema, value, at);
        match keyword {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => Ok(()),
            "$ref" => {
                let path = with.as_str().and_then(|r| r.strip_prefix('#')).unwrap();
                holds(self.root.pointer(path).unwrap_or_else(|| panic!("{path} is not there")))
            }
            "type" => {
                let is = |name: &Json| match name.as_str() {
                    Some("null") => value.is_null(),
                    Some("boolean") => value.is_boolean(),
                    Some("string") => value.is_string(),
                    Some("number") => value.is_number(),
                    Some("integer") => value.is_i64() || value.is_u64(),
                    Some("array") => value.is_array(),
                    Some("object") => value.is_object(),
                    other => panic!("the type {other:?}"),
                };
                let any = if with.is_array() { list().any(is) } else { is(with) };
                any.then_some(()).ok_or_else(|| format!("{at}: {value} is no {with}"))
            }
            "enum" => list()
                .any(|w| w == value)
                .then_some(())
                .ok_or_else(|| format!("{at}: {value} is none of {with}")),
            "const" => (with == value).then_some(()).ok_or_else(|| format!("{at}: {value} is not {with}")),
            "minimum" => {
                let (least, number) = (with.as_f64().unwrap(), value.as_f64().unwrap_or(f64::MAX));
                (number >= least).then_some(()).ok_or_else(|| format!("{at}: {value} is below {with}"))
            }
            "maximum" => {
                let (most, number) = (with.as_f64().unwrap(), value.as_f64().unwrap_or(f64::MIN));
                (number <= most).then_some(()).ok_or_else(|| format!("{at}: {value} is above {with}"))
            }
            "pattern" => {
                let expression = regex::Regex::new(with.as_str().unwrap()).unwrap();
                let fits = value.as_str().is_none_or(|text| expression.is_match(text));
                fits.then_some(()).ok_or_else(|| format!("{at}: {value} does not fit {with}"))
            }
            "anyOf" | "oneOf" => {
                let wrong: Vec<String> =
                    list().filter_map(|one| self.both(schema, one, value, at).err()).collect();
                let right = list().count() - wrong.len();
                let fine = if keyword == "oneOf" { right == 1 } else { right > 0 };
                fine.then_some(())
                    .ok_or_else(|| format!("{at}: {right} of {keyword} hold: {}", wrong.join(" | ")))
            }
            "required" => {
                let Some(members) = value.as_object() else { return Ok(()) };
                let missing = list().find(|name| !members.contains_key(name.as_str().unwrap()));
                missing.map_or(Ok(()), |name| Err(format!("{at}: {name} is missing")))
            }
            "properties" => {
                let (Some(members), Some(known)) = (value.as_object(), with.as_object()) else {
                    return Ok(());
                };
                for (name, member) in members {
                    match known.get(name) {
                        Some(schema) => self.judge(schema, member, &format!("{at}.{name}"))?,
                        // Where parts of an object stand under `anyOf`, each of these is asked with all members.
                        None if schema.contains_key("anyOf") || schema.contains_key("oneOf") => {}
                        None if schema.contains_key("additionalProperties") => {}
                        None => return Err(format!("{at}: {name} is not described")),
                    }
                }
                Ok(())
            }
            "additionalProperties" => {
                let Some(members) = value.as_object() else { return Ok(()) };
                let known = schema.get("properties").and_then(Json::as_object);
                let others = members.iter().filter(|(name, _)| known.is_none_or(|k| !k.contains_key(*name)));
                others.into_iter().try_for_each(|(name, m)| self.judge(with, m, &format!("{at}.{name}")))
            }
            "items" => {
                let mut items = value.as_array().into_iter().flatten().enumerate();
                items.try_for_each(|(i, item)| self.judge(with, item, &format!("{at}[{i}]")))
            }
            "prefixItems" => {
                let mut pairs = value.as_array().into_iter().flatten().zip(list());
                pairs.try_for_each(|(item, schema)| self.judge(schema, item, at))
            }
            "minItems" | "maxItems" => {
                let Some(items) = value.as_array() else { return Ok(()) };
                let (count, bound) = (items.len() as u64, with.as_u64().unwrap());
                let fits = if keyword == "minItems" { count >= bound } else { count <= bound };
                fits.then_some(()).ok_or_else(|| format!("{at}: {count} items"))
            }
            other => panic!("the keyword {other} is not known here"),
        }
    }

    /// One of several schemas, with the members that stand beside them.
    fn both(&self, outer: &Map<String, Json>, one: &Json, value: &Json, at: &str) -> Verdict {
        let Some(beside) = outer.get("properties").and_then(Json::as_object) else {
            return self.judge(one, value, at);
        };
        let mut one = match one.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#')) {
            Some(path) => self.root.pointer(path).unwrap().clone(),
            None => one.clone(),
        };
        if let Some(members) = one.get_mut("properties").and_then(Json::as_object_mut) {
            members.extend(beside.clone());
        }
        self.judge(&one, value, at)
    }
}

/// What is wrong with a value by the schema of a name.
fn judged(name: &str, value: &Json) -> Verdict {
    let all = schemas();
    let (_, schema) = all.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no schema {name}"));
    let root = serde_json::to_value(schema).unwrap();
    Judge { root: &root }.judge(&root, value, name)
}

#[test]
fn what_commands_print_is_what_their_schemas_say() {
    let snapshot = "environments/production/live.json";
    let mut runs: Vec<(&str, Vec<&str>)> = vec![
        ("rules", vec!["rules"]),
        ("rules", vec!["rules", "AKS-001"]),
        ("inventory", vec!["inventory", "--live", snapshot, "--today", "2026-11-20"]),
        ("design", vec!["size", "--nodes", "3..50"]),
        (
            "design",
            vec!["size", "--nodes", "3..50", "--space", "10.0.0.0/16,fd00:1::/56", "--taken", "10.0.0.0/24"],
        ),
        ("sizing", vec!["size", "--from", "environments/production"]),
        (
            "drifts",
            vec![
                "drift",
                "environments/production",
                "environments/dev",
                "--live",
                "environments/production/live.json",
            ],
        ),
        ("reviews", vec!["review", "environments/dev", "environments/staging"]),
    ];
    for root in ["environments/dev", "environments/staging", "environments/production"] {
        for name in ["review", "plan", "subnets", "cost", "security"] {
            runs.push((name, vec![name, root]));
        }
        for name in ["review", "subnets", "cost", "security"] {
            runs.push((name, vec![name, root, "--base", "environments/staging"]));
        }
        runs.push(("security", vec!["security", root, "--all-outcomes", "--profile", "strict"]));
        runs.push(("plan", vec!["plan", root, "--base", "environments/dev"]));
        runs.push(("drift", vec!["drift", root, "--live", snapshot]));
        runs.push(("review", vec!["review", root, "--live", snapshot]));
        runs.push(("subnets", vec!["subnets", root, "--live", snapshot]));
        runs.push(("security", vec!["security", root, "--live", snapshot]));
    }
    let mut wrong = Vec::new();
    for (name, arguments) in runs {
        let run = trueup(&[&arguments[..], &["--format", "json"]].concat());
        if let Err(error) = judged(name, &run.json()) {
            wrong.push(format!("{}: {error}", arguments.join(" ")));
        }
    }
    let snapshot = std::fs::read_to_string(repository().join(snapshot)).unwrap();
    let catalogue = std::fs::read_to_string(repository().join("docs/rules/catalogue.json")).unwrap();
    for (name, text) in [("snapshot", snapshot), ("catalogue", catalogue)] {
        wrong.extend(judged(name, &serde_json::from_str(&text).unwrap()).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn answers_about_broken_code_and_suppressed_findings_are_described_too() {
    let cluster = "resource \"azurerm_kubernetes_cluster\" \"a\" {\n  name = \"a\"\n  location = \"westeurope\"\n  \
                   resource_group_name = \"rg\"\n  dns_prefix = \"a\"\n  default_node_pool {\n    name = \"a\"\n    \
                   vm_size = \"Standard_D4s_v5\"\n    node_count = 3\n  }\n  identity {\n    type = \"SystemAssigned\"\n  }\n}\n";
    let folder = Folder::new("schemas", &[("broken/main.tf", "resource {\n"), ("plain/main.tf", cluster)]);
    folder.write("held/main.tf", format!("# trueup:ignore AKS-001 reason=\"a test\"\n{cluster}"));
    let baseline = trueup_in(folder.path(), &["review", "plain", "--write-baseline", "baseline.json"]);
    assert_eq!(baseline.status, 0, "{}", baseline.stderr);
    for root in ["broken", "held", "plain", "missing"] {
        for name in ["review", "plan", "subnets", "cost", "security"] {
            let mut arguments = vec![name, root, "--format", "json"];
            if root == "plain" && matches!(name, "review" | "security") {
                arguments.extend(["--baseline", "baseline.json"]);
            }
            let run = trueup_in(folder.path(), &arguments);
            if let Err(error) = judged(name, &run.json()) {
                panic!("{name} {root}: {error}\n{}", run.stdout);
            }
        }
    }
    // The judge is none that takes everything.
    let mut security = trueup_in(folder.path(), &["security", "plain", "--format", "json"]).json();
    security["findings"][0]["surprise"] = 1.into();
    assert!(judged("security", &security).is_err());
    security["findings"][0].as_object_mut().unwrap().shift_remove("surprise");
    assert!(judged("security", &security).is_ok());
    security["findings"][0]["severity"] = "dreadful".into();
    assert!(judged("security", &security).is_err());
}

/// Answers to sizing documents: every kind has an example in the test data.
#[test]
fn answers_to_sizing_documents_are_described() {
    let folder = Folder::new("schemas-size", &[]);
    let examples =
        std::fs::read_to_string(repository().join("tests/data/ip-planning/examples.json")).unwrap();
    let examples: Json = serde_json::from_str(&examples).unwrap();
    let cases = examples.as_array().cloned().or_else(|| examples["examples"].as_array().cloned()).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for case in cases {
        folder.write("question.json", case.to_string());
        let run = trueup_in(folder.path(), &["size", "question.json", "--format", "json"]);
        if run.status != 0 {
            continue;
        }
        let kind = case["kind"].as_str().unwrap_or("plan").to_owned();
        // Seven questions of a kind tell as much as seventy.
        if kinds.iter().filter(|(k, _)| *k == kind).count() < 7 {
            judged("size", &run.json()).unwrap_or_else(|e| panic!("{kind}: {e}\n{}", run.stdout));
            kinds.insert((kind, kinds.len()));
        }
    }
    let kinds: std::collections::BTreeSet<_> = kinds.into_iter().map(|(k, _)| k).collect();
    assert!(kinds.len() > 8, "{kinds:?}");
}
