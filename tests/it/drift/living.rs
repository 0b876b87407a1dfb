//! Living with drift: accepted differences, ignore rules, and what is new since an earlier time.

use serde_json::Value as Json;

use crate::harness::{Folder, Run, trueup_in, trueup_with};

const MAIN: &str = r#"
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
  tags     = { team = "a" }
}
resource "azurerm_route_table" "main" {
  name                = "routes"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
}
"#;

/// A snapshot: the tags of the group, and further documents.
fn live(tags: &str, more: &[&str]) -> String {
    let group = format!(
        r#"{{"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope", "tags": {tags}}}"#
    );
    let documents = [&[group.as_str()], more].concat().join(",");
    format!(
        r#"{{"format": "trueup-snapshot/1", "complete": true, "scope": ["/subscriptions/s"], "resources": [{documents}]}}"#
    )
}

const ROUTES: &str = r#"{"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/routes",
    "name": "routes", "location": "westeurope", "properties": {"disableBgpRoutePropagation": false, "routes": []}}"#;
const STRANGER: &str = r#"{"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/x",
    "name": "x", "location": "westeurope", "properties": {}}"#;

fn drift(folder: &Folder, more: &[&str]) -> Run {
    let today: &[&str] = if more.contains(&"--today") { &[] } else { &["--today", "2026-11-20"] };
    let args = [&["drift", ".", "--live", "live.json", "--format", "json"], today, more];
    trueup_in(folder.path(), &args.concat())
}

/// `ADDRESS ATTRIBUTE CLASS` of every difference.
fn classes(json: &Json) -> Vec<String> {
    let resources = json["resources"].as_array().unwrap();
    let differences = resources.iter().flat_map(|r| r["differences"].as_array().unwrap());
    let mut all: Vec<String> = differences
        .map(|d| format!("{} {}", d["attribute"].as_str().unwrap(), d["class"].as_str().unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn what_is_accepted_is_quiet_until_its_day_and_only_as_it_was() {
    let changed = live(r#"{"team": "b", "added": "x"}"#, &[STRANGER]);
    let folder = Folder::new("living", &[("main.tf", MAIN), ("live.json", &changed)]);
    assert_eq!(drift(&folder, &[]).status, 2);
    let accept = |more: &[&str]| {
        let args =
            ["drift", "accept", ".", "--live", "live.json", "--baseline", "b.json", "--today", "2026-11-20"];
        trueup_with(folder.path(), &[&args, more].concat(), &[("TRUEUP_FORMAT", "json")])
    };
    assert_eq!(accept(&[]).status, 2, "a reason is needed");
    let typo = accept(&["--reason", "r", "--address", "azurerm_resource_gruop.*"]);
    assert_eq!(typo.status, 1, "{}", typo.stderr);
    let run = accept(&[
        "--reason",
        "cost centre",
        "--owner",
        "platform",
        "--until",
        "2026-11-20",
        "--attribute",
        "tags.*",
    ]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("azurerm_resource_group.main tags.added"), "{}", run.stderr);

    // The tags are accepted; the missing route table and the stranger are not.
    let run = drift(&folder, &["--baseline", "b.json"]);
    let json = run.json();
    assert_eq!(classes(&json), ["tags.added accepted", "tags.team accepted"]);
    let group = &json["resources"].as_array().unwrap().iter().find(|r| r["status"] == "in_sync").unwrap();
    assert_eq!(group["differences"][0]["accepted"]["owner"], "platform");
    assert_eq!((run.status, &json["decided"]["accepted"]), (2, &2.into()));

    // A missing and an unmanaged resource as a whole.
    assert_eq!(accept(&["--reason", "planned"]).status, 0);
    let run = drift(&folder, &["--baseline", "b.json"]);
    assert_eq!((run.status, &run.json()["decided"]["accepted"]), (0, &4.into()), "{}", run.stdout);

    // The day after, the tags are drift again, and that is told.
    let run = drift(&folder, &["--baseline", "b.json", "--today", "2026-11-21"]);
    assert_eq!((run.status, run.json()["decided"]["expired"].as_array().unwrap().len()), (2, 2));
    let text = trueup_in(
        folder.path(),
        &["drift", ".", "--live", "live.json", "--baseline", "b.json", "--today", "2026-11-21"],
    );
    assert!(text.stdout.contains("expired: azurerm_resource_group.main tags.added"), "{}", text.stdout);

    // Another value is another difference; an entry without one is told and can be taken out.
    folder.write("live.json", live(r#"{"team": "c", "added": "x"}"#, &[STRANGER, ROUTES]));
    let run = drift(&folder, &["--baseline", "b.json"]);
    let json = run.json();
    assert_eq!(classes(&json), ["tags.added accepted", "tags.team drift"]);
    assert_eq!((run.status, json["decided"]["over"].as_array().unwrap().len()), (2, 2), "{json}");
    drift(&folder, &["--baseline", "b.json", "--update-baseline"]);
    let json = drift(&folder, &["--baseline", "b.json"]).json();
    assert_eq!(json["decided"]["over"].as_array().unwrap().len(), 0, "{json}");
    assert_eq!(json["decided"]["accepted"], 2);

    // A review takes the same file.
    let review = trueup_in(
        folder.path(),
        &[
            "review",
            ".",
            "--live",
            "live.json",
            "--baseline",
            "b.json",
            "--format",
            "json",
            "--today",
            "2026-11-20",
        ],
    );
    assert_eq!(review.json()["drift"]["decided"]["accepted"], 2, "{}", review.stderr);
}

#[test]
fn ignore_rules_are_patterns_with_a_reason() {
    let changed = live(r#"{"team": "b", "Policy-Owner": "x", "createdby": "y"}"#, &[STRANGER, ROUTES]);
    let folder = Folder::new("ignore", &[("main.tf", MAIN), ("live.json", &changed)]);
    let cases: [(&str, i32, &[&str]); 6] = [
        (
            "tags = [\"policy-*\", \"CreatedBy\"]",
            2,
            &["tags.Policy-Owner accepted", "tags.createdby accepted", "tags.team drift"],
        ),
        (
            "attributes = [\"tags\"]\ntype = \"azurerm_resource_group\"",
            2,
            &["tags.Policy-Owner accepted", "tags.createdby accepted", "tags.team accepted"],
        ),
        (
            "address = \"azurerm_route*\"\ntags = [\"*\"]",
            2,
            &["tags.Policy-Owner drift", "tags.createdby drift", "tags.team drift"],
        ),
        (
            "resource = \"/SUBSCRIPTIONS/*\"",
            0,
            &["tags.Policy-Owner accepted", "tags.createdby accepted", "tags.team accepted"],
        ),
        (
            "tags = [\"*\"]\nuntil = \"2026-11-19\"",
            2,
            &["tags.Policy-Owner drift", "tags.createdby drift", "tags.team drift"],
        ),
        (
            "type = \"microsoft.network/*\"",
            2,
            &["tags.Policy-Owner drift", "tags.createdby drift", "tags.team drift"],
        ),
    ];
    for (rule, status, found) in cases {
        folder.write("trueup.toml", format!("[[drift.ignore]]\nreason = \"policy\"\n{rule}\n"));
        let run = drift(&folder, &[]);
        assert_eq!(
            (run.status, classes(&run.json())),
            (status, found.iter().map(ToString::to_string).collect()),
            "{rule}"
        );
    }
    for (rule, message) in [
        ("tags = [\"a\"]", "needs a reason"),
        ("reason = \"r\"", "give tags, attributes"),
        ("reason = \"r\"\ntags = [\"a\"]\nuntil = \"soon\"", "is no date"),
    ] {
        folder.write("trueup.toml", format!("[[drift.ignore]]\n{rule}\n"));
        let run = drift(&folder, &[]);
        assert_eq!(run.status, 1);
        assert!(run.stderr.contains(message), "{}", run.stderr);
    }
}

#[test]
fn only_what_is_new_alarms() {
    let folder = Folder::new("since", &[("main.tf", MAIN), ("live.json", &live(r#"{"team": "b"}"#, &[]))]);
    let wrote = drift(&folder, &["--write-baseline", "last.json"]);
    assert_eq!(wrote.status, 0, "{}", wrote.stderr);
    let run = drift(&folder, &["--new-since", "last.json"]);
    let json = run.json();
    assert_eq!(
        (run.status, &json["since"]["known"], &json["since"]["new"]),
        (0, &2.into(), &0.into()),
        "{json}"
    );
    assert_eq!(classes(&json), ["tags.team drift"], "it is told all the same");
    folder.write("live.json", live(r#"{"team": "b"}"#, &[ROUTES, STRANGER]));
    let run = drift(&folder, &["--new-since", "last.json"]);
    let json = run.json();
    assert_eq!(
        (run.status, &json["since"]["known"], &json["since"]["new"]),
        (2, &1.into(), &1.into()),
        "{json}"
    );
    assert_eq!(json["since"]["over"][0]["address"], "azurerm_route_table.main");
}

/// Declared, in state, live.
#[test]
fn a_state_is_the_third_side() {
    let state = |resources: &[(&str, &str, &str)]| {
        let resource = |(ty, name, attributes): &(&str, &str, &str)| {
            format!(
                r#"{{"mode": "managed", "type": "{ty}", "name": "{name}", "provider": "provider[\"example.org/hashicorp/azurerm\"]",
                "instances": [{{"schema_version": 0, "attributes": {attributes}}}]}}"#
            )
        };
        let all: Vec<String> = resources.iter().map(resource).collect();
        format!(
            r#"{{"version": 4, "terraform_version": "1.12.0", "serial": 1, "lineage": "l", "outputs": {{}}, "resources": [{}]}}"#,
            all.join(",")
        )
    };
    let group = r#"{"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope", "tags": {"team": "z"}}"#;
    let stranger = r#"{"id": "/subscriptions/s/resourceGroups/RG/providers/Microsoft.Network/publicIPAddresses/x", "name": "x"}"#;
    let folder = Folder::new(
        "state",
        &[
            ("main.tf", MAIN),
            ("live.json", &live(r#"{"team": "b", "more": "m"}"#, &[STRANGER])),
            (
                "one.tfstate",
                &state(&[("azurerm_resource_group", "main", group), ("azurerm_public_ip", "old", stranger)]),
            ),
        ],
    );
    let json = drift(&folder, &["--state", "one.tfstate"]).json();
    let of = |address: &str| {
        let all = json["resources"].as_array().unwrap();
        all.iter().find(|r| r["address"].as_str().unwrap().contains(address)).unwrap().clone()
    };
    let team = of("azurerm_resource_group.main")["differences"].as_array().unwrap().clone();
    let sides: Vec<[&Json; 3]> = team.iter().map(|d| [&d["declared"], &d["state"], &d["live"]]).collect();
    assert_eq!(sides, [[&Json::Null, &Json::Null, &"m".into()], [&"a".into(), &"z".into(), &"b".into()]]);
    assert_eq!(of("azurerm_route_table.main")["in_state"], false);
    assert_eq!(of("publicIPAddresses/x")["note"], "the state has it as azurerm_public_ip.old");
    let run = |format: &str| {
        let args = ["drift", ".", "--live", "live.json", "--state", "one.tfstate", "--format", format];
        trueup_in(folder.path(), &args).stdout
    };
    for (format, text) in [
        ("text", "code \"a\", state \"z\", live \"b\""),
        ("markdown", "was never applied"),
        ("html", "<span class=\"side\">state</span>"),
    ] {
        assert!(run(format).contains(text), "{format}: {}", run(format));
    }
    assert!(
        !drift(&folder, &[]).json()["resources"][0].to_string().contains("\"state\""),
        "no state, no column"
    );
}
