//! ACR-026 and 028: how clusters reach a registry, and what pipelines may do in it.

use std::collections::BTreeSet;

use super::pull;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, registry};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::roles::Assignment;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

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

fn no_endpoint(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for registry in graph.of_type(types::REGISTRY) {
        let private = Truth::any(graph.pullers(registry).into_iter().map(|(cluster, may)| {
            let path = "properties.apiServerAccessProfile.enablePrivateCluster";
            may.and(flag(cluster.get(path), false))
        }));
        if private == Truth::No {
            out.skip(registry, "no private cluster of this root pulls from it");
            continue;
        }
        let has = graph.has_endpoint(registry);
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
        let pushes = |a: &&Assignment<'_>| {
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
