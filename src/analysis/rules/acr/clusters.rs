//! ACR-012, 013, 026 and 028: registries and those who use them.

use std::collections::BTreeSet;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, registry};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{flag, has_members, is_word, location};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// The role with which the example's cluster pulls.
macro_rules! pull {
    ($cluster:literal) => {
        concat!(
            r#"
resource "azurerm_role_assignment" ""#,
            $cluster,
            r#"" {
  scope                = azurerm_container_registry.example.id
  role_definition_name = "AcrPull"
  principal_id         = azurerm_kubernetes_cluster."#,
            $cluster,
            ".kubelet_identity[0].object_id\n}\n"
        )
    };
}

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

/// A private cluster that pulls from a registry.
macro_rules! private_pull {
    ($endpoint:literal) => {
        concat!(
            registry!("Premium", ""),
            "\n",
            cluster!("\n  private_cluster_enabled = true\n"),
            pull!("example"),
            $endpoint
        )
    };
}

/// A registry that two identities push to: lines of it.
macro_rules! two_pushers {
    ($lines:literal) => {
        concat!(
            registry!("Premium", $lines),
            pusher!("shop", "https://token.actions.githubusercontent.com"),
            pusher!("billing", "https://token.actions.githubusercontent.com")
        )
    };
}

/// An identity that a pipeline uses to push.
macro_rules! pusher {
    ($name:literal, $issuer:literal) => {
        concat!(
            r#"
resource "azurerm_user_assigned_identity" ""#,
            $name,
            r#"" {
  name                = "id-"#,
            $name,
            r#""
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_federated_identity_credential" ""#,
            $name,
            r#"" {
  name                      = "pipeline"
  user_assigned_identity_id = azurerm_user_assigned_identity."#,
            $name,
            r#".id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = ""#,
            $issuer,
            r#""
  subject                   = "repo:example/"#,
            $name,
            r#":environment:production"
}

resource "azurerm_role_assignment" ""#,
            $name,
            r#"" {
  scope                = azurerm_container_registry.example.id
  role_definition_name = "AcrPush"
  principal_id         = azurerm_user_assigned_identity."#,
            $name,
            ".principal_id\n}\n"
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
        references: &["https://learn.microsoft.com/azure/container-registry/container-registry-geo-replication"],
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
        fix: "Choose a region of the policy \"Allowed locations\", or add the region there.",
        exceptions: "",
        bad: allowed!("\n  georeplications {\n    location = \"eastus\"\n  }\n"),
        good: allowed!("\n  georeplications {\n    location = \"northeurope\"\n  }\n"),
        references: &["https://learn.microsoft.com/azure/governance/policy/samples/built-in-policies"],
        peers: &["PSRule Azure.ACR.ReplicaLocation"],
    },
    check: not_allowed,
};

pub(super) static NO_ENDPOINT: Check = Check {
    meta: Meta {
        id: "TU-ACR-026",
        name: "acr-no-private-endpoint",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a private cluster pulls from a registry without a private endpoint",
        why: "Images come over the public endpoint, so the cluster needs a way out and the registry a way in.",
        fix: "Add an azurerm_private_endpoint with subresource_names = [\"registry\"] and the zone privatelink.azurecr.io.",
        exceptions: "Registries whose endpoint another root module makes.",
        bad: private_pull!(""),
        good: private_pull!(
            r#"
resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet/subnets/endpoints"

  private_service_connection {
    name                           = "registry"
    private_connection_resource_id = azurerm_container_registry.example.id
    subresource_names              = ["registry"]
    is_manual_connection           = false
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/container-registry/container-registry-private-link"],
        peers: &["KICS azure_paas_private_endpoint_missing"],
    },
    check: no_endpoint,
};

pub(super) static WHOLE_REGISTRY: Check = Check {
    meta: Meta {
        id: "TU-ACR-028",
        name: "acr-legacy-rbac-mode",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "several workloads may push, each to every repository",
        why: "One pipeline that is taken over replaces the images of all others.",
        fix: "Set role_assignment_mode = \"AbacRepositoryPermissions\" and give each principal its repositories. Replace \
              AcrPull and AcrPush first: they no longer count in that mode.",
        exceptions: "Registries of one team.",
        bad: two_pushers!(""),
        good: two_pushers!("\n  role_assignment_mode = \"AbacRepositoryPermissions\"\n"),
        references: &[
            "https://learn.microsoft.com/azure/container-registry/container-registry-rbac-abac-repository-permissions",
        ],
        ..Meta::ROW
    },
    check: whole_registry,
};

/// Whether each cluster of the root pulls from a registry.
fn pullers<'a>(graph: &Graph<'a>, registry: &Document) -> Vec<(&'a Document, Truth)> {
    let clusters = graph.of_type(types::CLUSTER);
    let known = clusters.map(|c| (c, graph.may_pull(c, registry)));
    known.filter(|(_, may)| *may != Truth::No).collect()
}

fn far(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let pullers = pullers(graph, registry);
        let regions: BTreeSet<String> = pullers.iter().filter_map(|(c, _)| location(c)).collect();
        if regions.len() < 2 {
            out.skip(registry, "the clusters that pull from it are in one region");
            continue;
        }
        let copies = graph.replicas(registry);
        let near: Vec<Option<String>> =
            copies.iter().copied().chain([registry]).map(location).collect();
        let is_near = |region: &String| near.iter().flatten().any(|n| n == region);
        let unsure = near.contains(&None) || unread_copies(registry);
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

/// True when the code declares copies that cannot be told.
fn unread_copies(registry: &Document) -> bool {
    let blocks = registry.declared.as_ref().and_then(|d| d.attributes.get("georeplications"));
    matches!(has_members(blocks), Truth::Unknown(_))
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
    let assigned = |i: &&crate::terraform::evaluation::Instance| {
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
    let allowed = allowed_locations(graph);
    for registry in graph.of_type(types::REGISTRY) {
        let Some(allowed) = &allowed else {
            out.skip(registry, "no policy of this root lists allowed locations");
            continue;
        };
        let copies = graph.replicas(registry);
        if copies.is_empty() {
            out.skip(registry, "it has no copies");
        }
        for copy in copies {
            let fine = match (allowed, location(copy)) {
                (Err(why), _) => Truth::Unknown(why.clone()),
                (_, None) => Truth::Unknown("its location is not known".to_owned()),
                (Ok(list), Some(region)) => list.contains(&region).into(),
            };
            let text = format!("a copy stands in {}", location(copy).unwrap_or_default());
            out.judge(registry, copy.get("location"), fine, text);
        }
    }
}

fn no_endpoint(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let private = Truth::any(pullers(graph, registry).into_iter().map(|(cluster, may)| {
            let path = "properties.apiServerAccessProfile.enablePrivateCluster";
            may.and(flag(cluster.get(path), false))
        }));
        if private == Truth::No {
            out.skip(registry, "no private cluster of this root pulls from it");
            continue;
        }
        let (found, unknown) = graph.endpoints(&registry.id);
        let has = match (found.is_empty(), unknown) {
            (false, _) => Truth::Yes,
            (true, Some(why)) => Truth::Unknown(why),
            (true, None) => graph.closed_world(registry, Truth::No),
        };
        out.judge(registry, None, has.or(!private), NO_ENDPOINT.meta.title);
    }
}

/// Roles that let a principal push.
const PUSH: [&str; 4] = ["AcrPush", "Contributor", "Owner", "Container Registry Repository Contributor"];
const PUSH_ACTION: &str = "Microsoft.ContainerRegistry/registries/push/write";
const MODE: &str = "properties.roleAssignmentMode";

fn whole_registry(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        if registry.declared.as_ref().is_some_and(|d| d.major == 3) {
            out.skip(registry, "azurerm 3.x cannot set it");
            continue;
        }
        let pushes = |a: &&crate::analysis::rules::graph::roles::Assignment<'_>| {
            a.scope.covers(&registry.id).and(a.role.allows(&PUSH, PUSH_ACTION)) == Truth::Yes
        };
        let pushing = graph.assignments().iter().filter(pushes);
        let workloads: BTreeSet<String> = pushing.filter_map(|a| graph.workload(&a.principal)).collect();
        if workloads.len() < 2 {
            out.skip(registry, "fewer than two workloads push to it");
            continue;
        }
        let mode = registry.get(MODE);
        let fine = Truth::of(mode, false, |v| is_word(v, "AbacRepositoryPermissions"));
        let names: Vec<&str> = workloads.iter().map(String::as_str).collect();
        out.judge(registry, mode, fine, format!("{} may push to every repository", names.join(" and ")));
    }
}
