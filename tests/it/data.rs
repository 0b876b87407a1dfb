//! Data sources answered from a live estate and from settings.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8Path;
use serde_json::{Value as Json, json};
use trueup::azure::Account;
use trueup::azure::data::LiveData;
use trueup::azure::estate::Estate;
use trueup::terraform::address::Mode;
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::value::json::known_json;

use crate::harness::{Folder, repository, trueup_in};

const CASE: &str = "tests/data/recordings/043-data-sources";

fn of_file(name: &str) -> Json {
    serde_json::from_str(&std::fs::read_to_string(repository().join(CASE).join(name)).unwrap()).unwrap()
}

fn evaluated() -> Evaluation {
    let case = of_file("case.json");
    let text = |name: &str| case[name].as_str().map(str::to_owned);
    let account = Account { subscription: text("subscription_id"), tenant: text("tenant_id") };
    let dir = repository().join(CASE).join("config");
    let dir = Utf8Path::from_path(&dir).unwrap();
    let mut options = Options::within(dir, dir).unwrap();
    let estate = Arc::new(Estate::from_documents([&of_file("arm.json")]));
    options.data = Some(Arc::new(LiveData { estate, account }));
    evaluate(&options)
}

/// Equal where both say something; zero values are all alike.
fn agree(path: &str, ours: &Json, theirs: &Json, wrong: &mut Vec<String>) -> usize {
    let zero = |j: &Json| {
        matches!(j, Json::Null | Json::Bool(false))
            || *j == json!("")
            || *j == json!([])
            || *j == json!({})
            || j.as_f64() == Some(0.0)
    };
    match (ours, theirs) {
        (Json::Object(a), Json::Object(b)) => a
            .iter()
            .map(|(k, v)| agree(&format!("{path}.{k}"), v, b.get(k).unwrap_or(&Json::Null), wrong))
            .sum(),
        (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
            let pairs = a.iter().zip(b).enumerate();
            pairs.map(|(i, (x, y))| agree(&format!("{path}[{i}]"), x, y, wrong)).sum()
        }
        _ => {
            let same = ours == theirs
                || zero(ours) && zero(theirs)
                || ours.as_str().is_some_and(|o| theirs.as_str().is_some_and(|t| o.eq_ignore_ascii_case(t)));
            if !same {
                wrong.push(format!("{path}: {ours} instead of {theirs}"));
            }
            1
        }
    }
}

#[test]
fn a_live_estate_answers_as_the_provider_reads() {
    let evaluation = evaluated();
    let errors: Vec<_> =
        evaluation.diagnostics.iter().map(|d| format!("{} {}", d.summary, d.detail)).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let state = of_file("state.json");
    let mut recorded: BTreeMap<String, Json> = BTreeMap::new();
    for resource in state["resources"].as_array().unwrap().iter().filter(|r| r["mode"] == "data") {
        for instance in resource["instances"].as_array().unwrap() {
            let key = instance["index_key"].as_str().map(|k| format!("[\"{k}\"]")).unwrap_or_default();
            let (ty, name) = (resource["type"].as_str().unwrap(), resource["name"].as_str().unwrap());
            recorded.insert(format!("data.{ty}.{name}{key}"), instance["attributes"].clone());
        }
    }
    let (mut checked, mut wrong) = (0, Vec::new());
    for instance in evaluation.instances.iter().filter(|i| i.address.mode == Mode::Data) {
        let address = instance.address.to_string();
        let known = known_json(&instance.planned).unwrap();
        checked += agree(&address, &known, &recorded[&address], &mut wrong);
    }
    // for_each over the subnets of the live network.
    let subnets = evaluation.instances.iter().filter(|i| &*i.address.type_name == "azurerm_subnet").count();
    assert_eq!(subnets, 2);
    println!("{} of {checked} values agree", checked - wrong.len());
    wrong.iter().for_each(|w| println!("{w}"));
    assert!(checked > 90 && wrong.is_empty(), "{checked} {}", wrong.len());
}

const CODE: &str = r#"
data "azurerm_subnet" "a" {
  name                 = "snet-a"
  virtual_network_name = "vnet"
  resource_group_name  = "rg"
}
data "azurerm_subnet" "b" {
  name                 = "other"
  virtual_network_name = "vnet"
  resource_group_name  = "rg"
}
data "terraform_remote_state" "hub" {
  backend = "azurerm"
  config  = { container_name = "tf", key = "hub.tfstate" }
}
output "prefix" { value = data.azurerm_subnet.a.address_prefixes[0] }
output "other" { value = data.azurerm_subnet.b.address_prefixes }
output "hub" { value = data.terraform_remote_state.hub.outputs.vnet_id }
"#;

#[test]
fn settings_answer_what_they_name_and_nothing_else() {
    let settings = r#"
[[data]]
address = "azurerm_subnet"
match = { name = "snet-*" }
values = { address_prefixes = ["10.1.2.0/24"] }

[[data]]
address = "data.terraform_remote_state.hub"
match = { config = { key = "hub.tfstate" } }
state = "hub.json"
"#;
    let state =
        r#"{"version": 4, "outputs": {"vnet_id": {"value": "/hub", "type": "string"}}, "resources": []}"#;
    let folder = Folder::new("data", &[("main.tf", CODE), ("trueup.toml", settings), ("hub.json", state)]);
    let plan = trueup_in(folder.path(), &["plan", ".", "--format", "json"]).json();
    let outputs = &plan["planned_values"]["outputs"];
    assert_eq!(outputs["prefix"]["value"], "10.1.2.0/24");
    assert_eq!(outputs["hub"]["value"], "/hub");
    assert!(outputs["other"].get("value").is_none(), "{outputs}");
}

#[test]
fn what_a_complete_snapshot_does_not_have_is_said_to_be_missing() {
    let folder = Folder::new("absent", &[("main.tf", CODE)]);
    let id =
        "/subscriptions/s1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/snet-a";
    let snapshot = |complete: bool| {
        json!({"format": "trueup-snapshot/1", "complete": complete, "scope": ["/subscriptions/s1"], "resources": [
            {"id": id, "name": "snet-a", "properties": {"addressPrefix": "10.9.0.0/24"}}]})
        .to_string()
    };
    for (complete, warnings) in [(true, 1), (false, 0)] {
        folder.write("live.json", snapshot(complete));
        let args = ["plan", ".", "--format", "json", "--live", "live.json", "--subscription", "s1"];
        let plan = trueup_in(folder.path(), &args).json();
        let found = plan["diagnostics"].as_array().unwrap().iter();
        let found = found.filter(|d| d["summary"] == "Data source finds nothing").count();
        assert_eq!(found, warnings, "{}", plan["diagnostics"]);
        assert_eq!(plan["planned_values"]["outputs"]["prefix"]["value"], "10.9.0.0/24");
    }
}
