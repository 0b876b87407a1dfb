//! Drift and change against recordings of the real provider: what Terraform said about the same code
//! and the same Azure.
//!
//! `TRUEUP_RECORDINGS` names another directory of recordings; `tests/data/recordings/README.md` says what
//! is in one. `known.txt` beside the cases lists, with a reason, where trueup judges otherwise.

mod code;
mod living;
mod names;
mod recording;
mod refreshed;
mod single;
mod state;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::Utf8Path;
use serde_json::Value as Json;
use trueup::analysis::changes::{
    Action, Class, DriftReport, Effect, ResourceDrift, Side, Status, delta, drift,
};
use trueup::azure::estate::Estate;
use trueup::azure::translate::{Account, ComputedIds, translate};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::evaluation::Evaluation;

use crate::harness::computed;
use recording::{Case, Recordings};

/// What is planned for an address.
#[derive(Debug, Default, PartialEq)]
struct Plan {
    action: String,
    attributes: BTreeSet<String>,
    /// Attributes that force a replacement.
    replace: BTreeSet<String>,
    /// Attributes that are known only after apply.
    open: BTreeSet<String>,
}

type Plans = BTreeMap<String, Plan>;

/// A path without indexes.
fn plain(path: &str) -> String {
    let mut out = Vec::new();
    let mut rest = path.to_owned();
    while let (Some(open), Some(close)) = (rest.find('['), rest.find(']')) {
        rest.replace_range(open..=close.max(open), "");
    }
    for step in rest.split('.').filter(|s| s.parse::<usize>().is_err()) {
        out.push(step);
    }
    out.join(".")
}

/// What Terraform planned, without what it had planned right after apply.
fn theirs(expected: &Json) -> Plans {
    let mut plans = Plans::new();
    for change in expected["resource_changes"].as_array().into_iter().flatten() {
        let actions: Vec<&str> =
            change["actions"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
        if matches!(actions[..], ["no-op"] | ["read"]) || change["in_baseline"] == true {
            continue;
        }
        let action = if actions.len() == 2 { "replace" } else { actions[0] };
        let texts = |v: &Json| -> BTreeSet<String> {
            v.as_array().into_iter().flatten().filter_map(Json::as_str).map(plain).collect()
        };
        let replace = change["replace_paths"].as_array().into_iter().flatten().map(|path| {
            let steps = path.as_array().unwrap().iter().filter_map(Json::as_str);
            steps.collect::<Vec<_>>().join(".")
        });
        let plan = Plan {
            action: action.to_owned(),
            attributes: texts(&change["paths"]),
            replace: replace.collect(),
            open: texts(&change["known_after_apply"]),
        };
        plans.insert(change["address"].as_str().unwrap().to_owned(), plan);
    }
    plans
}

/// What our report says an apply would do: findings, and what follows from them.
fn ours(report: &DriftReport) -> Plans {
    let mut plans = Plans::new();
    let create = |plans: &mut Plans, address: &str| {
        plans.entry(address.to_owned()).or_default().action = "create".to_owned();
    };
    for resource in &report.resources {
        match resource.status {
            Status::Missing => {
                create(&mut plans, &resource.address);
                resource.missing_with.iter().for_each(|a| create(&mut plans, a));
            }
            Status::Changed => {
                let plan = plans.entry(resource.address.clone()).or_default();
                let replaced = resource.effect == Effect::Replace || plan.action == "replace";
                plan.action = if replaced { "replace" } else { "update" }.to_owned();
                let drifted = resource.differences.iter().filter(|d| d.class == Class::Drift);
                plan.attributes.extend(drifted.map(|d| plain(&d.attribute)));
            }
            Status::InSync | Status::Unmanaged | Status::NotComparable => {}
        }
        for consequence in &resource.consequences {
            let plan = plans.entry(consequence.address.clone()).or_default();
            if plan.action.is_empty() || consequence.effect == Effect::Replace {
                plan.action =
                    if consequence.effect == Effect::Replace { "replace" } else { "update" }.to_owned();
            }
            plan.attributes.insert(plain(&consequence.attribute));
        }
    }
    plans
}

/// Where two plans differ: `(address, what)`.
fn disagreements(ours: &Plans, theirs: &Plans) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for address in ours.keys().chain(theirs.keys()).collect::<BTreeSet<_>>() {
        let mut say = |what: String| out.push((address.clone(), what));
        let (o, t) = match (ours.get(address), theirs.get(address)) {
            (Some(o), Some(t)) => (o, t),
            (Some(o), None) => {
                say(format!("false {} {:?}", o.action, o.attributes));
                continue;
            }
            (None, Some(t)) => {
                say(format!("missed {} {:?}", t.action, t.attributes));
                continue;
            }
            (None, None) => continue,
        };
        if o.action != t.action {
            say(format!("{} {:?}, not {} {:?}", o.action, o.attributes, t.action, t.attributes));
            continue;
        }
        // A block or map named by one side stands for what is below it.
        let below = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
        let named = |a: &str, all: &BTreeSet<String>| all.iter().any(|b| below(a, b));
        let mut missed: Vec<_> = t.attributes.iter().filter(|a| !named(a, &o.attributes)).collect();
        missed.retain(|t| !o.attributes.iter().any(|o| below(o, t)));
        if !missed.is_empty() {
            say(format!("attributes missed: {missed:?}, found {:?}", o.attributes));
        }
        let mut more: Vec<_> = o.attributes.iter().filter(|a| !named(a, &t.attributes)).collect();
        more.retain(|a| !named(a, &t.open));
        if !more.is_empty() && o.action == "update" {
            say(format!("attributes too many: {more:?}"));
        }
    }
    out
}

fn evaluated(case: &Case, dir: &Utf8Path, vars: &Utf8Path) -> (Evaluation, Estate) {
    let mut options = Options::within(dir, &dir.join(&case.root)).unwrap();
    options.inputs.extend(case.var_files.iter().map(|f| Input::File(f.into())));
    options.inputs.push(Input::File(vars.to_owned()));
    let account =
        Account { subscription: Some(case.subscription.clone()), tenant: Some(case.tenant.clone()) };
    options.derivation = Some(Arc::new(ComputedIds(account.clone())));
    let evaluation = evaluate(&options);
    let estate = translate(&evaluation, &account);
    (evaluation, estate)
}

/// Outcome of a suite: what disagrees and is not known, with the reasons used.
#[derive(Default)]
struct Tally {
    all: usize,
    agree: usize,
    lines: Vec<String>,
}

impl Tally {
    fn case(
        &mut self,
        name: &str,
        mut wrong: Vec<(String, String)>,
        known: &mut Known,
        report: Option<&DriftReport>,
    ) {
        self.all += 1;
        wrong.retain(|(address, _)| !known.covers(name, address, report));
        if wrong.is_empty() {
            self.agree += 1;
        }
        self.lines.extend(wrong.into_iter().map(|(address, what)| format!("{name} {address}: {what}")));
    }

    /// The figure, and a line for each disagreement.
    fn shown(&self, what: &str) -> String {
        let head = format!("{} of {} {what} agree", self.agree, self.all);
        [&[head], self.lines.as_slice()].concat().join("\n")
    }
}

/// `known.txt`: `CASE ADDRESS: CLASS: reason` a line.
struct Known {
    /// Class, and whether the line was needed.
    lines: BTreeMap<(String, String), (String, bool)>,
}

impl Known {
    fn read(recordings: &Recordings) -> Known {
        let text = recordings.known();
        let lines = text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
        let lines = lines.map(|line| {
            let (place, rest) = line.split_once(": ").expect("a class after `: `");
            let (class, reason) = rest.split_once(": ").expect("a reason after `: `");
            assert!(!reason.trim().is_empty());
            let (case, address) = place.split_once(' ').expect("a case and an address");
            ((case.to_owned(), address.to_owned()), (class.to_owned(), false))
        });
        Known { lines: lines.collect() }
    }

    /// True for a known disagreement. What is a matter of spelling must be reported as that.
    fn covers(&mut self, case: &str, address: &str, report: Option<&DriftReport>) -> bool {
        let Some((class, used)) = self.lines.get_mut(&(case.to_owned(), address.to_owned())) else {
            return false;
        };
        *used = true;
        let mut resources = report.into_iter().flat_map(|r| &r.resources).filter(|r| r.address == address);
        match class.as_str() {
            "spelling" => resources.any(|r| r.differences.iter().any(|d| d.class == Class::Spelling)),
            "fills" => true,
            other => panic!("known.txt: no class {other}"),
        }
    }

    /// Lines that no disagreement needed, of the cases that were looked at.
    fn unused(&self, of: impl Fn(&str) -> bool) -> Vec<String> {
        let left = self.lines.iter().filter(|((case, _), (_, used))| !used && of(case));
        left.map(|((case, address), _)| format!("known.txt lists {case} {address}, which agrees")).collect()
    }
}

/// What is live and not declared may only be what was added.
fn unmanaged(report: &DriftReport, before: &Estate, after: &Estate, must: bool) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let found: Vec<&ResourceDrift> = report.of(Status::Unmanaged).collect();
    for resource in &found {
        let id = trueup::azure::id::ResourceId::new(resource.id.as_str());
        // A member of a list in its host has the ids of both.
        let is_new = match resource.id.contains('|') {
            true => must,
            false => before.by_id(&id).is_none() && after.by_id(&id).is_some(),
        };
        if !is_new {
            out.push((resource.id.clone(), "false unmanaged".to_owned()));
        }
    }
    if must && found.is_empty() && !report.differs() {
        out.push(("-".to_owned(), "the addition is not seen".to_owned()));
    }
    out
}

#[test]
fn drift_is_what_terraform_says() {
    let recordings = Recordings::open();
    let mut known = Known::read(&recordings);
    let (mut clean, mut drifted) = (Tally::default(), Tally::default());
    let (mut compared, mut open) = (0, BTreeMap::<String, usize>::new());
    for case in recordings.cases() {
        let (dir, vars) = (case.config(), case.vars());
        let (evaluation, estate) = evaluated(&case, &dir, &vars);
        let live = Estate::from_documents([&case.arm]);
        let report = drift(&evaluation, &estate, &live);
        let mut wrong = disagreements(&ours(&report), &Plans::new());
        wrong.extend(unmanaged(&report, &live, &live, false));
        let errors = evaluation.diagnostics.iter().filter(|d| d.is_error());
        wrong.extend(errors.map(|d| ("error".to_owned(), format!("{}: {}", d.summary, d.detail))));
        for resource in &report.resources {
            compared += usize::from(matches!(resource.status, Status::InSync));
            if resource.status == Status::NotComparable {
                let line = format!("{} {}: {}", case.name, resource.address, resource.note);
                open.insert(line, 0);
            }
            for (path, reason) in &resource.not_compared {
                *open.entry(format!("{} {} {path}: {reason}", case.name, resource.address)).or_default() += 1;
            }
        }
        clean.case(&case.name, wrong, &mut known, Some(&report));
        for change in case.drifts() {
            let after = Estate::from_documents([&change.arm]);
            let report = drift(&evaluation, &estate, &after);
            if !change.expected["error"].is_null() {
                continue;
            }
            let mut wrong = disagreements(&ours(&report), &theirs(&change.expected));
            wrong.extend(unmanaged(&report, &live, &after, change.intent == "unmanaged addition"));
            drifted.case(&change.name, wrong, &mut known, Some(&report));
        }
    }
    println!("{compared} resources of clean cases in sync; not compared:");
    open.keys().for_each(|line| println!("  {line}"));
    say!("{}", clean.shown("clean cases"));
    say!("{}", drifted.shown("drift cases"));
    let unused = known.unused(|case| !case.contains("change/"));
    unused.iter().for_each(|line| say!("{line}"));
    assert!(clean.lines.is_empty() && drifted.lines.is_empty() && unused.is_empty());
    assert!(clean.all > 40 && drifted.all > 300, "the recordings are read");
}

#[test]
fn a_change_does_what_terraform_plans() {
    let recordings = Recordings::open();
    let mut known = Known::read(&recordings);
    let mut tally = Tally::default();
    for case in recordings.cases() {
        let changes = case.changes();
        if changes.is_empty() {
            continue;
        }
        let base = evaluated(&case, &case.config(), &case.vars());
        for change in changes {
            if !change.expected["error"].is_null() {
                continue;
            }
            let after = evaluated(&case, &change.config, &change.vars);
            let [old, new] = [&base, &after].map(|(evaluation, estate)| Side { evaluation, estate });
            let (mut ours, mut moves) = (Plans::new(), BTreeSet::new());
            for change in delta(old, new) {
                if let Some(previous) = &change.previous_address {
                    moves.insert((previous.clone(), change.address.clone()));
                    if change.attributes.is_empty() {
                        continue;
                    }
                }
                let action = match change.action {
                    Action::Replace => "replace",
                    Action::Remove => "delete",
                    Action::Forget => "forget",
                    Action::Add => "create",
                    Action::Change => "update",
                };
                let replace = change.attributes.iter().filter(|a| a.effect == Effect::Replace);
                let plan = Plan {
                    action: action.to_owned(),
                    replace: replace.map(|a| plain(&a.attribute)).collect(),
                    attributes: change.attributes.iter().map(|a| plain(&a.attribute)).collect(),
                    open: BTreeSet::new(),
                };
                ours.insert(change.address.clone(), plan);
            }
            let theirs = theirs(&change.expected);
            let mut wrong: Vec<(String, String)> = Vec::new();
            for (address, what) in disagreements(&ours, &theirs) {
                wrong.push((address, what));
            }
            for (address, plan) in &theirs {
                if let Some(own) = ours.get(address).filter(|o| o.replace != plan.replace) {
                    wrong.push((
                        address.clone(),
                        format!("replaced by {:?}, not {:?}", own.replace, plan.replace),
                    ));
                }
            }
            let text = |v: &Json| v.as_str().unwrap().to_owned();
            let expected = change.expected["moves"].as_array().into_iter().flatten();
            let expected: BTreeSet<_> =
                expected.map(|m| (text(&m["previous_address"]), text(&m["address"]))).collect();
            if moves != expected {
                wrong.push(("moves".to_owned(), format!("{moves:?}, not {expected:?}")));
            }
            tally.case(&change.name, wrong, &mut known, None);
        }
    }
    say!("{}", tally.shown("change cases"));
    let unused = known.unused(|case| case.contains("change/"));
    unused.iter().for_each(|line| say!("{line}"));
    assert!(tally.lines.is_empty() && unused.is_empty());
    assert!(tally.all > 30, "the recordings are read");
}

/// Folders with Terraform files below a folder.
fn roots(dir: &std::path::Path, out: &mut Vec<camino::Utf8PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    let mut entries: Vec<_> = entries.map(|e| e.unwrap().path()).collect();
    entries.sort();
    if entries.iter().any(|p| p.extension().is_some_and(|e| e == "tf")) {
        out.push(Utf8Path::from_path(dir).unwrap().to_owned());
    }
    entries.iter().filter(|p| p.is_dir()).for_each(|p| roots(p, out));
}

/// What would be created is in sync with what would be created: writing a document and reading it back
/// are inverse, whatever is unknown in it.
#[test]
fn what_is_declared_is_in_sync_with_itself() {
    let repository = crate::harness::repository();
    let mut dirs = Vec::new();
    for part in ["environments", "tests/data"] {
        roots(&repository.join(part), &mut dirs);
    }
    let (mut compared, mut wrong) = (0, Vec::new());
    for dir in &dirs {
        let Ok(options) = Options::within(Utf8Path::from_path(&repository).unwrap(), dir) else { continue };
        let evaluation = evaluate(&options);
        let estate = translate(&evaluation, &Account::default());
        let live = Estate::new(estate.iter().map(|d| {
            let mut document = d.clone();
            document.declared = None;
            document
        }));
        let report = drift(&evaluation, &estate, &live);
        for resource in &report.resources {
            compared += usize::from(resource.status == Status::InSync);
            if matches!(resource.status, Status::Changed | Status::Missing | Status::Unmanaged) {
                let found = resource.differences.iter().filter(|d| d.class == Class::Drift);
                let found: Vec<String> = found
                    .map(|d| format!("{}: {} / {}", d.attribute, d.text(&d.declared), d.text(&d.live)))
                    .collect();
                wrong.push(format!("{dir} {} {:?} {found:?}", resource.address, resource.status));
            }
        }
    }
    println!("{compared} resources of {} folders in sync with themselves", dirs.len());
    wrong.iter().for_each(|line| say!("{line}"));
    assert!(wrong.is_empty() && compared > 500);
}

/// A root of `n` addresses, rules, roles and pools, and the estate that it declares.
fn large(n: usize) -> (Evaluation, Estate) {
    let text = format!(
        r#"
terraform {{
  required_providers {{
    azurerm = {{ source = "hashicorp/azurerm", version = "~> 5.0" }}
  }}
}}
resource "azurerm_resource_group" "main" {{
  name     = "rg-large"
  location = "westeurope"
}}
resource "azurerm_public_ip" "main" {{
  count               = {n}
  name                = "pip-${{count.index}}"
  location            = azurerm_resource_group.main.location
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  tags                = {{ index = tostring(count.index) }}
}}
resource "azurerm_role_assignment" "main" {{
  count                = {n}
  scope                = azurerm_public_ip.main[count.index].id
  role_definition_name = "Reader"
  principal_id         = "00000000-0000-0000-0000-${{format("%012d", count.index)}}"
}}
resource "azurerm_virtual_network" "main" {{
  name                = "vnet"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  address_space       = ["10.0.0.0/8"]
}}
resource "azurerm_subnet" "main" {{
  count                = {n}
  name                 = "snet-${{count.index}}"
  resource_group_name  = azurerm_resource_group.main.name
  virtual_network_name = azurerm_virtual_network.main.name
  address_prefixes     = [cidrsubnet("10.0.0.0/8", 20, count.index)]
}}
resource "azurerm_network_security_group" "main" {{
  name                = "nsg"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
}}
resource "azurerm_subnet_network_security_group_association" "main" {{
  count                     = {n}
  subnet_id                 = azurerm_subnet.main[count.index].id
  network_security_group_id = azurerm_network_security_group.main.id
}}
"#
    );
    let folder = crate::harness::Folder::new(&format!("large-{n}"), &[("main.tf", &text)]);
    let options = Options::disk(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
    let evaluation = evaluate(&options);
    let estate = translate(&evaluation, &Account::default());
    (evaluation, estate)
}

/// Comparison takes time in proportion to the resources: all in sync, all missing, and against another side.
#[test]
fn comparison_grows_in_line_with_the_resources() {
    let time = |n: usize| {
        let (evaluation, estate) = large(n);
        let live = Estate::new(estate.iter().cloned().map(|mut d| {
            d.declared = None;
            d
        }));
        let begun = computed();
        let report = drift(&evaluation, &estate, &live);
        assert!(!report.differs() && report.complete && report.resources.len() == 4 * n + 3);
        let report = drift(&evaluation, &estate, &Estate::from_documents([]));
        assert_eq!(report.of(Status::Missing).count(), 1, "all is part of the group");
        let side = Side { evaluation: &evaluation, estate: &estate };
        assert!(delta(side, side).is_empty());
        computed() - begun
    };
    let (few, many) = (time(400), time(3200));
    println!("1,603 resources in {few:?}, 12,803 in {many:?}");
    // Eight times as many: a quadratic step anywhere would take 64 times as long.
    assert!(many < few * 24, "{few:?}, then {many:?}");
}

/// What the command line promises: status 2 for differences, 3 for what could not be read, and JSON.
#[test]
fn the_command_says_what_it_found_and_what_it_could_not_read() {
    let main = r#"
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "West Europe"
  tags     = { team = "a" }
}
resource "azurerm_public_ip" "main" {
  name                = "pip"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  allocation_method   = "Static"
  zones               = ["1"]
}
"#;
    let group = r#"{"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope", "tags": {"team": "TEAM"}}"#;
    let address = r#"{"id": "/subscriptions/s/resourcegroups/RG/providers/Microsoft.Network/publicIPAddresses/pip",
        "name": "pip", "location": "westeurope", "sku": {"name": "Standard", "tier": "Regional"}, "zones": ["1"],
        "properties": {"publicIPAllocationMethod": "Static", "publicIPAddressVersion": "IPv4", "idleTimeoutInMinutes": 4}}"#;
    let snapshot = |complete: bool, documents: &[String]| {
        format!(
            r#"{{"format": "trueup-snapshot/1", "complete": {complete}, "scope": ["/subscriptions/s"], "resources": [{}]}}"#,
            documents.join(",")
        )
    };
    let same = group.replace("TEAM", "a");
    let cases = [
        ("clean", snapshot(true, &[same.clone(), address.to_owned()]), 0, "in_sync", "none"),
        ("tag", snapshot(true, &[group.replace("TEAM", "b"), address.to_owned()]), 2, "in_sync", "none"),
        (
            "zone",
            snapshot(true, &[same.clone(), address.replace("[\"1\"]", "[\"2\"]")]),
            2,
            "changed",
            "replace",
        ),
        ("missing", snapshot(true, std::slice::from_ref(&same)), 2, "missing", "in_place"),
        ("partial", snapshot(false, std::slice::from_ref(&same)), 3, "not_comparable", "none"),
    ];
    for (name, live, status, address_is, effect) in cases {
        let folder =
            crate::harness::Folder::new(&format!("drift-{name}"), &[("main.tf", main), ("live.json", &live)]);
        let run = crate::harness::trueup_in(
            folder.path(),
            &["drift", ".", "--live", "live.json", "--format", "json"],
        );
        assert_eq!(run.status, status, "{name}: {}{}", run.stdout, run.stderr);
        let json = run.json();
        assert_eq!(json["complete"], status != 3, "{name}");
        let found =
            json["resources"].as_array().unwrap().iter().find(|r| r["address"] == "azurerm_public_ip.main");
        let found = found.unwrap();
        assert_eq!(
            (found["status"].as_str(), found["effect"].as_str()),
            (Some(address_is), Some(effect)),
            "{name}"
        );
        if name == "zone" {
            let zones = &found["differences"][0];
            assert_eq!((&zones["attribute"], &zones["class"]), (&"zones".into(), &"drift".into()));
            assert_eq!((&zones["arm_path"], &zones["effect"]), (&"zones".into(), &"replace".into()));
            assert_eq!((&zones["file"], &zones["line"]), (&"main.tf".into(), &17.into()));
            assert_eq!((&zones["declared"][0], &zones["live"][0]), (&"1".into(), &"2".into()));
        }
    }
}

/// Access policies of a vault, each a resource: found in the vault by their principal.
#[test]
fn access_policies_are_found_in_their_vault() {
    let policy = |name: &str, object: &str| {
        format!(
            r#"
resource "azurerm_key_vault_access_policy" "{name}" {{
  key_vault_id       = azurerm_key_vault.main.id
  tenant_id          = "00000000-0000-0000-0000-00000000000a"
  object_id          = {object}
  secret_permissions = ["Get", "List"]
}}
"#
        )
    };
    let vault = r#"
terraform {
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}
data "azurerm_client_config" "current" {}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
}
resource "azurerm_key_vault" "main" {
  name                = "kv"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.main.name
  tenant_id           = "00000000-0000-0000-0000-00000000000a"
  sku_name            = "standard"
}
"#;
    let (one, other) = ("11111111-0000-0000-0000-000000000000", "22222222-0000-0000-0000-000000000000");
    let run = |objects: &[&str], live: &[(&str, &[&str])]| -> Vec<(String, Status)> {
        let policies = objects.iter().enumerate().map(|(at, object)| policy(&format!("p{at}"), object));
        let text = vault.to_owned() + &policies.collect::<String>();
        let folder = crate::harness::Folder::new("policies", &[("main.tf", &text)]);
        let options = Options::disk(Utf8Path::from_path(folder.path()).unwrap()).unwrap();
        let evaluation = evaluate(&options);
        let estate = translate(&evaluation, &Account { subscription: Some("s".into()), tenant: None });
        let live: Vec<Json> = live
            .iter()
            .map(|(object, secrets)| {
                serde_json::json!({"tenantId": "00000000-0000-0000-0000-00000000000a", "objectId": object,
                    "permissions": {"secrets": secrets}})
            })
            .collect();
        let group = "/subscriptions/s/resourceGroups/rg";
        let live = Estate::from_documents([&serde_json::json!([
            {"id": group, "name": "rg", "location": "westeurope"},
            {"id": format!("{group}/providers/Microsoft.KeyVault/vaults/kv"), "name": "kv", "location": "westeurope",
             "properties": {"tenantId": "00000000-0000-0000-0000-00000000000a", "sku": {"family": "A", "name": "standard"},
                "accessPolicies": live, "enableSoftDelete": true, "softDeleteRetentionInDays": 90,
                "enableRbacAuthorization": false, "publicNetworkAccess": "Enabled"}},
        ])]);
        let report = drift(&evaluation, &estate, &live);
        let left = report.resources.into_iter().filter(|r| r.address.contains("olic"));
        left.map(|r| (r.address.rsplit(['.', '/']).next().unwrap().to_owned(), r.status)).collect()
    };
    let quoted = format!("\"{one}\"");
    let p0 = |status| vec![("p0".to_owned(), status)];
    let own: (&str, &[&str]) = (one, &["get", "list"]);
    assert_eq!(run(&[&quoted], &[own]), p0(Status::InSync));
    assert_eq!(run(&[&quoted], &[(one, &["get"])]), p0(Status::Changed));
    assert_eq!(run(&[&quoted], &[]), p0(Status::Missing));
    let more = run(&[&quoted], &[own, (other, &["get"])]);
    assert_eq!(more, [(other.to_owned(), Status::Unmanaged), ("p0".to_owned(), Status::InSync)]);
    // Whose it is cannot be known: neither missing nor somebody else's.
    assert_eq!(run(&["data.azurerm_client_config.current.object_id"], &[own]), p0(Status::NotComparable));
}
