//! `--policy`: Rego policies over plans and estates.
//!
//! `tests/data/policy` holds policies as teams write them for conftest, in Rego before and since 1.0, each in
//! a package of its own, with data. `answers.txt` beside them says what they answer for the roots of the
//! repository: `root | severity | code | address | message`.
//!
//! * `TRUEUP_RECORD_POLICY=1` writes `answers.txt`.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json, json};
use trueup::analysis::policy::{Case, Namespaces, Policies, PolicyFile};
use trueup::azure::estate::Estate;
use trueup::terraform::evaluation::Evaluation;

use crate::harness::{Folder, Run, repository, trueup, trueup_in};

const POLICIES: &str = "tests/data/policy";

/// The roots judged, with the variable files that their recorded plans have.
fn roots() -> Vec<(String, Json)> {
    let mut found = Vec::new();
    let mut names: Vec<_> = fs::read_dir(repository().join("tests/data/plans")).unwrap().flatten().collect();
    names.sort_by_key(|e| e.file_name());
    for entry in names.iter().filter(|e| e.path().extension().is_some_and(|x| x == "json")) {
        let recorded: Json = serde_json::from_slice(&fs::read(entry.path()).unwrap()).unwrap();
        let root = recorded["root"].as_str().unwrap().to_owned();
        if recorded.get("var_files").is_none_or(|f| f.as_array().is_none_or(Vec::is_empty)) {
            found.push((root, recorded));
        }
    }
    found
}

fn line(root: &str, finding: &Json) -> Option<String> {
    let code = finding["code"].as_str()?;
    code.starts_with("policy:").then(|| {
        let text = |name: &str| finding[name].as_str().unwrap_or_default().to_owned();
        format!("{root} | {} | {code} | {} | {}", text("severity"), text("address"), text("title"))
    })
}

fn judged(run: &Run, root: &str) -> BTreeSet<String> {
    let json = run.json();
    json["findings"].as_array().unwrap().iter().filter_map(|f| line(root, f)).collect()
}

#[test]
fn policies_answer_as_they_were_written_to() {
    let mut all = BTreeSet::new();
    for (root, _) in roots() {
        let run = trueup(&["security", &root, "--policy", POLICIES, "--all-namespaces", "--format", "json"]);
        assert!(!run.stdout.contains("Policy cannot be used"), "{root}: {}", run.stdout);
        all.extend(judged(&run, &root));
    }
    let path = repository().join(POLICIES).join("answers.txt");
    let text: String = all.iter().map(|line| format!("{line}\n")).collect();
    if std::env::var_os("TRUEUP_RECORD_POLICY").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap();
    let expected: BTreeSet<String> = expected.lines().map(str::to_owned).collect();
    let of =
        |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>().join("\n");
    assert!(all == expected, "too many:\n{}\nmissing:\n{}", of(&all, &expected), of(&expected, &all));
    // Each policy answers somewhere, but those for which no root gives a reason.
    let rules: BTreeSet<&str> = all.iter().filter_map(|l| l.split(" | ").nth(2)?.split('.').nth(1)).collect();
    assert!(rules.len() >= 40, "{}: {rules:?}", rules.len());
}

/// Puts nulls where a plan of ours has them: they were not recorded.
fn with_nulls(theirs: &mut Json, ours: &Json) {
    match (theirs, ours) {
        (Json::Object(theirs), Json::Object(ours)) => {
            for (name, value) in ours {
                match theirs.get_mut(name) {
                    Some(inner) => with_nulls(inner, value),
                    None if value.is_null() => drop(theirs.insert(name.clone(), Json::Null)),
                    None => {}
                }
            }
        }
        (Json::Array(theirs), Json::Array(ours)) => {
            theirs.iter_mut().zip(ours).for_each(|(theirs, ours)| with_nulls(theirs, ours));
        }
        _ => {}
    }
}

/// The plan that Terraform made, as far as it was recorded.
fn recorded_plan(recorded: &Json) -> Json {
    let mut changes = Vec::new();
    let mut resources = Vec::new();
    for (address, resource) in recorded["resources"].as_object().unwrap() {
        let last = address.rsplit_once("module.").map_or(address.as_str(), |(_, rest)| {
            rest.split_once("].").or_else(|| rest.split_once('.')).map_or(rest, |(_, r)| r)
        });
        let is_data = last.starts_with("data.");
        let kind = last.trim_start_matches("data.").split('.').next().unwrap();
        let provider = match kind.split('_').next().unwrap() {
            "azapi" => "registry.terraform.io/azure/azapi".to_owned(),
            "terraform" => "terraform.io/builtin/terraform".to_owned(),
            name => format!("registry.terraform.io/hashicorp/{name}"),
        };
        let unknown = &resource["unknown"];
        changes.push(json!({
            "address": address, "type": kind, "mode": if is_data { "data" } else { "managed" },
            "provider_name": provider,
            "change": {
                "actions": [if is_data { "read" } else { "create" }],
                "before": null, "after": resource["values"], "after_unknown": unknown,
                "after_sensitive": resource["sensitive"],
            },
        }));
        if !is_data {
            resources.push(json!({"address": address, "type": kind, "values": resource["values"]}));
        }
    }
    let outputs: Map<String, Json> = recorded["outputs"].as_object().cloned().unwrap_or_default();
    json!({
        "planned_values": {"root_module": {"resources": resources}, "outputs": outputs},
        "resource_changes": changes,
        "configuration": recorded["configuration"],
    })
}

/// The files of the test policies.
fn files() -> Vec<PolicyFile> {
    let dir = repository().join(POLICIES);
    let mut found = Vec::new();
    for folder in ["", "lib"] {
        for entry in fs::read_dir(dir.join(folder)).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            if entry.path().is_file() && PolicyFile::is_read(&name) {
                let within = Utf8PathBuf::from(folder).join(name);
                let text = fs::read_to_string(entry.path()).unwrap();
                found.push(PolicyFile { path: Utf8PathBuf::from(POLICIES).join(&within), within, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

#[test]
fn policies_answer_the_same_to_terraforms_own_plan() {
    let policies = Policies::new(&files(), &Namespaces::All).unwrap();
    let (evaluation, estate) = (Evaluation::default(), Estate::default());
    let ours: BTreeSet<String> = fs::read_to_string(repository().join(POLICIES).join("answers.txt"))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    for (root, recorded) in roots() {
        let mut plan = recorded_plan(&recorded);
        let own = trueup(&["plan", &root, "--format", "json"]).json();
        for change in plan["resource_changes"].as_array_mut().unwrap() {
            let same = own["resource_changes"]
                .as_array()
                .unwrap()
                .iter()
                .find(|c| c["address"] == change["address"]);
            if let Some(same) = same {
                with_nulls(&mut change["change"]["after"], &same["change"]["after"]);
            }
        }
        let case = Case { evaluation: &evaluation, estate: &estate, live: None, plan: Some(&plan) };
        let judgement = policies.judge(case).unwrap();
        let said = |root: &str, code: &str, title: &str| format!("{root} | {code} | {title}");
        let theirs: BTreeSet<String> =
            judgement.findings.iter().map(|f| said(&root, &f.code, &f.title)).collect();
        let mut mine = BTreeSet::new();
        for line in ours.iter().filter(|l| l.starts_with(&format!("{root} | "))) {
            let parts: Vec<&str> = line.splitn(5, " | ").collect();
            // The estate is in no plan.
            if !parts[2].contains("estate_") {
                mine.insert(said(&root, parts[2], parts[4]));
            }
        }
        let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
            a.difference(b).cloned().collect::<Vec<_>>().join("\n")
        };
        assert!(
            mine == theirs,
            "only ours:\n{}\nonly Terraform's:\n{}",
            only(&mine, &theirs),
            only(&theirs, &mine)
        );
    }
}

const ROOT: &str = r#"
provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "a" {
  name     = "rg"
  location = "westeurope"
}

resource "azurerm_public_ip" "b" {
  count               = 2
  name                = "pip-${count.index}"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.a.name
  allocation_method   = "Static"
}
"#;

/// What `security` says of one policy, and the run.
fn said(name: &str, rego: &str, more: &[&str]) -> (Vec<Json>, Run) {
    let folder = Folder::new(name, &[("root/main.tf", ROOT), ("policy/own.rego", rego)]);
    let mut args = vec!["security", "root", "--policy", "policy", "--format", "json"];
    args.extend(more);
    let run = trueup_in(folder.path(), &args);
    let json = run.json();
    let findings = json["findings"].as_array().cloned().unwrap_or_default();
    let of_policy = |f: &Json| f["code"].as_str().is_some_and(|c| c.starts_with("policy:"));
    (findings.into_iter().filter(of_policy).collect(), run)
}

#[test]
fn a_message_is_a_finding_at_the_line_of_the_address_it_names() {
    let rego = "package main\n\ndeny[msg] {\n  rc := input.resource_changes[_]\n  rc.type == \"azurerm_public_ip\"\n  \
                msg := sprintf(\"no public addresses (%s).\", [rc.address])\n}\n\n\
                warn[{\"msg\": \"a group\", \"address\": \"azurerm_resource_group.a\", \"remediation\": \"Do so.\"}] {\n  true\n}\n";
    let (found, run) = said("policy-line", rego, &[]);
    let at: Vec<_> = found
        .iter()
        .map(|f| {
            (f["address"].as_str().unwrap(), f["line"].as_u64().unwrap(), f["severity"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        at,
        [
            ("azurerm_public_ip.b[0]", 11, "high"),
            ("azurerm_public_ip.b[1]", 11, "high"),
            ("azurerm_resource_group.a", 6, "medium"),
        ]
    );
    assert_eq!(found[2]["remedies"][0], "Do so.");
    assert_eq!(run.status, 2);
    let (_, lenient) = said("policy-lenient", rego, &["--fail-on", "critical"]);
    assert_eq!(lenient.status, 0, "{}", lenient.stdout);
}

#[test]
fn what_is_wrong_with_a_policy_is_one_diagnostic_at_its_line() {
    // Name, policy, line, what is said.
    let cases: &[(&str, &str, u64, &str)] = &[
        ("syntax", "package main\n\ndeny contains msg if {\n  msg := \n}\n", 4, ""),
        ("old-syntax", "package main\n\ndeny[msg] {\n  msg := \"x\" \"y\"\n}\n", 4, ""),
        (
            "network",
            "package main\n\ndeny contains msg if {\n  msg := http.send({})\n}\n",
            4,
            "opens no connection",
        ),
        (
            "clock",
            "package main\n\ndeny contains msg if {\n  time.now_ns() > 0\n  msg := \"x\"\n}\n",
            4,
            "same input",
        ),
        (
            "helper",
            "package main\n\nf(x) := http.send(x)\n\ndeny contains msg if {\n  not f({})\n  msg := \"x\"\n}\n",
            3,
            "opens no connection",
        ),
        (
            "unknown",
            "package main\n\ndeny contains msg if {\n  nothing.like(1)\n  msg := \"x\"\n}\n",
            4,
            "no function",
        ),
        (
            "range",
            "package main\n\ndeny contains msg if {\n  count(numbers.range(1, 1000000000000)) > 1\n  msg := \"x\"\n}\n",
            4,
            "at most 100000",
        ),
        (
            "random",
            "package main\n\ndeny contains msg if {\n  rand.intn(\"a\", 3) == 1\n  msg := \"x\"\n}\n",
            4,
            "not available",
        ),
        ("no-message", "package main\n\ndeny if {\n  true\n}\n", 1, "gives true and no message"),
        ("no-set", "package main\n\ndeny[msg] if {\n  msg := \"x\"\n}\n", 1, "contains msg if"),
        ("no-msg", "package main\n\ndeny contains {\"text\": \"x\"} if true\n", 1, "without the string msg"),
        ("elsewhere", "package other\n\ndeny contains \"x\" if true\n", 0, "some in other"),
        ("nothing", "package main\n\nallow if true\n", 0, "rule named deny"),
        (
            "recursion",
            "package main\n\nf(x) := y if {\n  y := f(x)\n}\n\ndeny contains \"x\" if {\n  f(1)\n}\n",
            3,
            "ecursion",
        ),
        ("rules", "package main\n\na if b\n\nb if a\n\ndeny contains \"x\" if a\n", 0, "ecursion"),
    ];
    for (name, rego, line, words) in cases {
        let (found, run) = said(&format!("policy-{name}"), rego, &[]);
        let json = run.json();
        let errors: Vec<&Json> =
            json["diagnostics"].as_array().unwrap().iter().filter(|d| d["severity"] == "error").collect();
        assert_eq!((errors.len(), run.status, found.len()), (1, 1, 0), "{name}: {}", run.stdout);
        let detail = errors[0]["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{name}: {detail}");
        if *line > 0 {
            assert_eq!(errors[0]["range"]["filename"], "policy/own.rego", "{name}");
            assert_eq!(errors[0]["range"]["start"]["line"], *line, "{name}: {detail}");
        }
    }
}

#[test]
fn time_is_bounded() {
    let rego = "package main\n\ndeny contains msg if {\n  some a in numbers.range(1, 9000)\n  some b in numbers.range(1, 9000)\n  \
                some c in numbers.range(1, 9000)\n  a + b + c == 0\n  msg := \"x\"\n}\n";
    let file = PolicyFile { path: "policy/a.rego".into(), within: "a.rego".into(), text: rego.to_owned() };
    let policies = Policies::new(&[file], &Namespaces::default()).unwrap();
    let (evaluation, estate) = (Evaluation::default(), Estate::default());
    let case = Case { evaluation: &evaluation, estate: &estate, live: None, plan: None };
    let fault = policies.within(Duration::from_millis(50)).judge(case).unwrap_err();
    assert!(fault.message.contains("took too long"), "{fault}");
}

#[test]
fn errors_of_functions_leave_a_rule_undefined_and_exceptions_hold() {
    let rego = "package main\n\ndeny_a contains \"a\" if to_number(\"x\") > 1\n\ndeny_b contains \"b\" if not to_number(\"x\")\n\n\
                deny_c contains \"c\" if true\n\ndeny contains \"plain\" if true\n\n\
                exception contains rules if {\n  rules := [\"c\", \"\"]\n}\n";
    let (found, run) = said("policy-exceptions", rego, &[]);
    let titles: Vec<_> = found.iter().map(|f| f["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["b"], "{}", run.stdout);
}

#[test]
fn print_goes_to_standard_error_and_plans_stand_for_the_code() {
    let rego = "package main\n\ndeny contains msg if {\n  print(\"seen\", count(input.resource_changes))\n  msg := sprintf(\"%v\", [input.own])\n}\n";
    let (found, run) = said("policy-print", rego, &[]);
    assert_eq!(found.len(), 0);
    assert!(run.stderr.contains("policy: ") && run.stderr.contains("seen 3"), "{}", run.stderr);
    let plan = json!({"format_version": "1.2", "terraform_version": "1.12.0", "own": [7], "resource_changes": [], "planned_values": {"root_module": {}}});
    let folder = Folder::new("policy-plan", &[("p.json", &plan.to_string()), ("policy/a.rego", rego)]);
    let run =
        trueup_in(folder.path(), &["security", "--plan", "p.json", "--policy", "policy", "--format", "json"]);
    assert!(run.stdout.contains("\"title\": \"[7]\""), "{}", run.stdout);
}

#[test]
fn a_change_is_judged_by_the_policies_of_its_base() {
    let folder = Folder::new(
        "policy-base",
        &[
            ("trueup.toml", "policy = \"policy\"\n"),
            ("main.tf", ROOT),
            (
                "policy/a.rego",
                "package main\n\ndeny contains msg if {\n  some rc in input.resource_changes\n  \"delete\" in rc.change.actions\n  msg := sprintf(\"%s goes\", [rc.address])\n}\n",
            ),
        ],
    );
    let git = |args: &[&str]| {
        let run = std::process::Command::new("git").args(args).current_dir(folder.path()).output().unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "base"]);
    folder.write("main.tf", ROOT.replace("count               = 2", "count               = 1"));
    folder.write("policy/a.rego", "package main\n\ndeny contains \"x\" if false\n");
    let run = trueup_in(folder.path(), &["review", ".", "--base", "HEAD", "--format", "json"]);
    let json = run.json();
    let found: Vec<&Json> =
        json["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "policy:main.deny").collect();
    assert_eq!(found.len(), 1, "{}", run.stdout);
    assert_eq!(
        (found[0]["title"].as_str(), found[0]["standing"].as_str()),
        (Some("azurerm_public_ip.b[1] goes"), Some("new"))
    );
    assert_eq!(run.status, 2);
    assert!(json["change"]["settings"].to_string().contains("policy"), "{}", json["change"]["settings"]);
}

#[test]
fn the_live_estate_is_data() {
    let live = json!({"format": "trueup-snapshot/1", "captured_at": "2026-11-01T00:00:00Z", "scope": [], "complete": true, "resources": [
        {"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "type": "Microsoft.Resources/resourceGroups", "location": "westeurope"}]});
    let rego = "package main\n\ndeny contains msg if {\n  some r in data.trueup.live.resources\n  msg := sprintf(\"live %s %v\", [r.type, data.trueup.live.complete])\n}\n\
                warn contains msg if {\n  some r in data.trueup.estate.resources\n  r.type == \"Microsoft.Network/publicIPAddresses\"\n  msg := sprintf(\"%s %s\", [r.address, r.body.properties.publicIPAllocationMethod])\n}\n";
    let folder = Folder::new(
        "policy-live",
        &[("main.tf", ROOT), ("policy/a.rego", rego), ("live.json", &live.to_string())],
    );
    let run = trueup_in(
        folder.path(),
        &["review", ".", "--live", "live.json", "--policy", "policy", "--format", "json"],
    );
    for text in ["live Microsoft.Resources/resourceGroups true", "azurerm_public_ip.b[0] Static"] {
        assert!(run.stdout.contains(text), "{text}: {}{}", run.stdout, run.stderr);
    }
}
