//! Single changes of what is live, on recorded configurations: what is told, in which words, with which consequences.

use serde_json::{Value as Json, json};
use trueup::analysis::changes::{Class, DriftReport, Effect, ResourceDrift, Status, drift};
use trueup::azure::estate::Estate;

use super::recording::Recordings;
use crate::harness::{Folder, trueup_in};

/// The comparison of a recorded case with its documents changed.
fn after(case: &str, change: impl Fn(&mut Vec<Json>)) -> DriftReport {
    let all = Recordings::of_repository().cases();
    let case = all.iter().find(|c| c.name.starts_with(case)).unwrap();
    let (evaluation, declared) = super::evaluated(case, &case.config(), &case.vars());
    let mut documents = case.arm.as_array().unwrap().clone();
    change(&mut documents);
    drift(&evaluation, &declared, &Estate::from_documents([&Json::Array(documents)]))
}

fn ends(document: &Json, end: &str) -> bool {
    document["id"].as_str().unwrap().to_lowercase().ends_with(&end.to_lowercase())
}

/// The document whose id ends so.
fn of<'d>(documents: &'d mut [Json], end: &str) -> &'d mut Json {
    documents.iter_mut().find(|d| ends(d, end)).unwrap()
}

fn resource<'r>(report: &'r DriftReport, address: &str) -> &'r ResourceDrift {
    report.resources.iter().find(|r| r.address == address).unwrap()
}

/// `(attribute, declared, live, class, effect)` of what is told of a resource, without what Terraform is blind to.
fn told(report: &DriftReport, address: &str) -> Vec<(String, String, String, Class, Effect)> {
    let all = resource(report, address).differences.iter().filter(|d| d.class != Class::OutsideTerraform);
    all.map(|d| (d.attribute.clone(), d.text(&d.declared), d.text(&d.live), d.class, d.effect)).collect()
}

#[test]
fn what_hangs_on_children_of_what_is_missing_is_a_consequence() {
    let report = after("002-", |documents| {
        documents.retain(|d| !d["id"].as_str().unwrap().contains("/virtualNetworks/vnet-cni"));
    });
    let network = report.of(Status::Missing).next().unwrap();
    assert_eq!((network.type_name.as_str(), network.missing_with.len()), ("azurerm_virtual_network", 1));
    let follow: Vec<String> =
        network.consequences.iter().map(|c| format!("{} {}", c.address, c.attribute)).collect();
    assert_eq!(
        follow,
        [
            "azurerm_kubernetes_cluster.main default_node_pool.vnet_subnet_id",
            "azurerm_kubernetes_cluster_node_pool.apps vnet_subnet_id"
        ]
    );
}

/// Who uses the identity may still name the principal that it had before.
#[test]
fn an_identity_that_was_made_again_replaces_its_assignments() {
    let report = after("003-", |documents| {
        of(documents, "/id-aks-control")["properties"]["principalId"] =
            json!("00000000-1111-2222-3333-444444444444");
    });
    let found = told(&report, "azurerm_role_assignment.kubelet_operator");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].0, found[0].3, found[0].4), ("principal_id", Class::Drift, Effect::Replace));
}

#[test]
fn a_difference_is_told_in_the_words_of_the_major_in_use() {
    let workspace = "azurerm_log_analytics_workspace.main";
    let shut = |documents: &mut Vec<Json>| {
        let properties = &mut of(documents, "/law-diag")["properties"];
        properties["publicNetworkAccessForIngestion"] = json!("Disabled");
        properties["features"]["disableLocalAuth"] = json!(true);
    };
    let names = |case: &str| -> Vec<(String, String, String)> {
        let found = told(&after(case, shut), workspace).into_iter();
        found.map(|(name, declared, live, ..)| (name, declared, live)).collect()
    };
    let line = |name: &str, declared: &str, live: &str| (name.into(), declared.into(), live.into());
    assert_eq!(
        names("provider-4.81/041-"),
        [
            line("internet_ingestion_enabled", "true", "false"),
            line("local_authentication_enabled", "true", "false")
        ]
    );
    assert_eq!(
        names("041-"),
        [
            line("internet_ingestion_access_type", "\"Enabled\"", "\"Disabled\""),
            line("local_authentication_enabled", "true", "false")
        ]
    );
}

#[test]
fn what_azure_may_turn_on_itself_is_expected_and_what_the_provider_keeps_is_silent() {
    let registry = "azurerm_container_registry.main[\"acrbasic0001\"]";
    let report = after("037-", |documents| {
        of(documents, "/acrbasic0001")["properties"]["zoneRedundancy"] = json!("Enabled");
    });
    assert_eq!(resource(&report, registry).status, Status::InSync);
    assert_eq!(
        told(&report, registry),
        [("zone_redundancy_enabled".into(), "false".into(), "true".into(), Class::Expected, Effect::Replace)]
    );
    // The block is optional and computed in 4.x.
    let report = after("provider-4.81/001-", |documents| {
        let cluster = of(documents, "/managedClusters/aks-kubenet");
        cluster["properties"].as_object_mut().unwrap().remove("nodeProvisioningProfile");
    });
    assert_eq!(told(&report, "azurerm_kubernetes_cluster.main"), []);
}

/// The provider always sends its default: what differs from it was done by somebody.
#[test]
fn another_value_than_a_default_that_is_sent_is_drift() {
    let report = after("001-", |documents| {
        of(documents, "/managedClusters/aks-kubenet")["properties"]["agentPoolProfiles"][0]["osDiskType"] =
            json!("Ephemeral");
        of(documents, "/agentPools/system")["properties"]["osDiskType"] = json!("Ephemeral");
    });
    let found = told(&report, "azurerm_kubernetes_cluster.main");
    assert_eq!(
        found,
        [(
            "default_node_pool.os_disk_type".into(),
            "\"Managed\"".into(),
            "\"Ephemeral\"".into(),
            Class::Drift,
            Effect::Rotate
        )]
    );
}

/// A person is warned of what Terraform would do about a difference that is none.
#[test]
fn the_text_says_what_the_provider_would_do_all_the_same() {
    let main = "terraform {\n  required_providers {\n    azurerm = { source = \"hashicorp/azurerm\", version = \"~> 5.0\" }\n  }\n}\n\
        resource \"azurerm_resource_group\" \"main\" {\n  name     = \"rg\"\n  location = \"westeurope\"\n}\n\
        resource \"azurerm_container_registry\" \"main\" {\n  name                = \"acr\"\n  location            = \"westeurope\"\n  resource_group_name = azurerm_resource_group.main.name\n  sku                 = \"Premium\"\n}\n";
    let group = json!({"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope"});
    let registry = json!({"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/acr",
        "name": "acr", "location": "westeurope", "sku": {"name": "Premium"}, "properties": {"zoneRedundancy": "Enabled",
        "publicNetworkAccess": "Enabled", "networkRuleBypassOptions": "AzureServices"}});
    let live = json!([group, registry]).to_string();
    let folder = Folder::new("all-the-same", &[("main.tf", main), ("live.json", &live)]);
    let run = trueup_in(folder.path(), &["drift", ".", "--live", "live.json"]);
    let line = "[expected: it changes by itself; the provider would replace it all the same]";
    assert!(run.stdout.contains(line), "{}", run.stdout);
}
