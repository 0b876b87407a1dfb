//! ACR-012 and 013: the regions that a registry is in.

use std::collections::BTreeSet;

use super::pull;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, registry};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::location;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

/// Clusters of two regions that pull from a registry: lines of the registry.
macro_rules! two_regions {
    ($lines:literal) => {
        concat!(
            registry!("Premium", $lines),
            "\n",
            cluster!(),
            r#"
resource "azurerm_kubernetes_cluster" "north" {
  name                = "aks-north"
  location            = "northeurope"
  resource_group_name = "rg-example"
  dns_prefix          = "north"

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type = "SystemAssigned"
  }
}
"#,
            pull!("example"),
            pull!("north")
        )
    };
}

/// Allowed locations of a subscription, and a registry: lines of it.
macro_rules! allowed {
    ($lines:literal) => {
        concat!(
            registry!("Premium", $lines),
            r#"
resource "azurerm_subscription_policy_assignment" "locations" {
  name                 = "allowed-locations"
  subscription_id      = "/subscriptions/11111111-2222-3333-4444-555555555555"
  policy_definition_id = "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c"

  parameters = jsonencode({
    listOfAllowedLocations = { value = ["westeurope", "northeurope"] }
  })
}
"#
        )
    };
}

pub(super) static FAR: Check = Check {
    meta: Meta {
        id: "TU-ACR-012",
        name: "acr-not-geo-replicated",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "clusters of several regions pull from a registry that is not in all of them",
        why: "Their nodes pull over long ways, and a fault of the registry's region stops them all.",
        fix: "Add georeplications { location = ... } for each region with a cluster (Premium).",
        exceptions: "Clusters that need no new images while the other region is away.",
        bad: two_regions!(""),
        good: two_regions!("\n  georeplications {\n    location = \"northeurope\"\n  }\n"),
        references: &[
            "https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication",
        ],
        peers: &["CKV_AZURE_165", "PSRule Azure.ACR.GeoReplica"],
    },
    check: far,
};

pub(super) static NOT_ALLOWED: Check = Check {
    meta: Meta {
        id: "TU-ACR-013",
        name: "acr-replica-region-not-allowed",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a copy of the registry stands in a region that is not allowed",
        why: "Images leave the regions that the organisation has agreed to keep data in.",
        fix: "Choose a region of allowed_regions in [rules] of trueup.toml and of the policy \"Allowed locations\", or \
              add the region there.",
        exceptions: "",
        bad: allowed!("\n  georeplications {\n    location = \"eastus\"\n  }\n"),
        good: allowed!("\n  georeplications {\n    location = \"northeurope\"\n  }\n"),
        references: &["https://learn.microsoft.com/azure/governance/policy/samples/built-in-policies"],
        peers: &["PSRule Azure.ACR.ReplicaLocation"],
    },
    check: not_allowed,
};

fn far(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let pullers = graph.pullers(registry);
        let regions: BTreeSet<String> = pullers.iter().filter_map(|(c, _)| location(c)).collect();
        if regions.len() < 2 {
            out.skip(registry, "the clusters that pull from it are in one region");
            continue;
        }
        let copies = graph.replicas(registry);
        let near: Vec<Option<String>> = copies.iter().copied().chain([registry]).map(location).collect();
        let is_near = |region: &String| near.iter().flatten().any(|n| n == region);
        let unsure = near.contains(&None) || graph.open_copies(registry).is_some();
        let all = Truth::all(pullers.iter().filter_map(|(cluster, may)| {
            let region = location(cluster)?;
            let near = match is_near(&region) {
                false if unsure => Truth::Unknown("where its copies are is not known".to_owned()),
                near => near.into(),
            };
            Some(near.or(!may.clone()))
        }));
        let missing: Vec<_> = regions.iter().filter(|r| !is_near(r)).map(String::as_str).collect();
        let text = format!("clusters pull from {}, where the registry has no copy", missing.join(" and "));
        out.judge(registry, None, all, text);
    }
}

/// The policy that lists the locations in which resources may be made.
const ALLOWED_LOCATIONS: &str = "e56962a6-4747-49cd-b67b-bf8b01975c4c";
const ASSIGNMENTS: [&str; 3] = [
    "azurerm_management_group_policy_assignment",
    "azurerm_resource_group_policy_assignment",
    "azurerm_subscription_policy_assignment",
];

/// The locations that policies of the root allow; `None` when none says.
fn allowed_locations(graph: &Graph<'_>) -> Option<Result<Vec<String>, String>> {
    let assigned = |i: &&Instance| {
        let policy = i.config.get("policy_definition_id").and_then(Value::as_str);
        policy.is_some_and(|id| id.to_ascii_lowercase().ends_with(ALLOWED_LOCATIONS))
    };
    let assignment = ASSIGNMENTS.iter().flat_map(|t| graph.instances(t)).find(assigned)?;
    let parameters = assignment.config.get("parameters")?;
    if let Some(unknown) = parameters.as_unknown() {
        return Some(Err(unknown.reason.to_string()));
    }
    let json: serde_json::Value = serde_json::from_str(parameters.as_str()?).ok()?;
    let list = json["listOfAllowedLocations"]["value"].as_array()?;
    let plain = |t: &str| t.replace(' ', "").to_ascii_lowercase();
    Some(Ok(list.iter().filter_map(|v| v.as_str().map(plain)).collect()))
}

fn not_allowed(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let by_policy = allowed_locations(graph);
    let by_team = |region: &str| graph.parameters.allows_region(region);
    for registry in graph.of_type(types::REGISTRY) {
        if by_policy.is_none() && graph.parameters.allowed_regions.is_empty() {
            out.skip(registry, "neither allowed_regions nor a policy of this root lists allowed regions");
            continue;
        }
        let copies = graph.replicas(registry);
        match graph.open_copies(registry) {
            Some(why) => drop(out.unknown(registry, why)),
            None if copies.is_empty() => drop(out.skip(registry, "it has no copies")),
            None => {}
        }
        for copy in copies {
            let at = copy.get("location");
            let policy = match &by_policy {
                Some(Err(why)) => Truth::Unknown(why.clone()),
                Some(Ok(list)) => Truth::of(at, false, |v| list.contains(&region(v))),
                None => Truth::Yes,
            };
            let team = Truth::of(at, false, |v| by_team(&region(v)).unwrap_or(true));
            let text = format!("a copy stands in {}", location(copy).unwrap_or_default());
            out.judge(registry, at, team.and(policy), text);
        }
    }
}

/// A location as ids spell it.
fn region(value: &Value) -> String {
    value.as_str().unwrap_or_default().replace(' ', "").to_ascii_lowercase()
}
