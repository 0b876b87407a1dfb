//! CHG-001, 002 and 016: what a change replaces or deletes.

use super::{plain, subject};
use crate::analysis::changes::{AFTER_APPLY, Action, AttributeChange, Effect, ResourceChange};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{changed, cluster, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes};
use crate::azure::types;

/// What holds data, names or identities that others depend on: Terraform types, and the ARM type that
/// azapi writes.
const REPLACED_TYPES: &[(&str, &str)] = &[
    ("azurerm_kubernetes_cluster", types::CLUSTER),
    ("azurerm_kubernetes_automatic_cluster", types::CLUSTER),
    ("azurerm_redhat_openshift_cluster", "Microsoft.RedHatOpenShift/openShiftClusters"),
    ("azurerm_key_vault", types::VAULT),
    ("azurerm_container_registry", types::REGISTRY),
    ("azurerm_virtual_network", types::VNET),
    ("azurerm_subnet", types::SUBNET),
    ("azurerm_public_ip", types::PUBLIC_IP),
    ("azurerm_user_assigned_identity", types::IDENTITY),
    ("azurerm_log_analytics_workspace", "Microsoft.OperationalInsights/workspaces"),
    ("azurerm_private_dns_zone", types::PRIVATE_ZONE),
    ("azurerm_disk_encryption_set", "Microsoft.Compute/diskEncryptionSets"),
    (POOL, types::POOL),
];
/// Replaced pools come back empty, but the cluster stays.
const POOL: &str = "azurerm_kubernetes_cluster_node_pool";
const DESTROYED_TYPES: &[(&str, &str)] = &[
    ("azurerm_key_vault", types::VAULT),
    ("azurerm_key_vault_key", "Microsoft.KeyVault/vaults/keys"),
    ("azurerm_container_registry", types::REGISTRY),
    ("azurerm_log_analytics_workspace", "Microsoft.OperationalInsights/workspaces"),
    ("azurerm_private_dns_zone", types::PRIVATE_ZONE),
    ("azurerm_dns_zone", "Microsoft.Network/dnsZones"),
    ("azurerm_disk_encryption_set", "Microsoft.Compute/diskEncryptionSets"),
    ("azurerm_kubernetes_cluster", types::CLUSTER),
    ("azurerm_kubernetes_automatic_cluster", types::CLUSTER),
    ("azurerm_virtual_network", types::VNET),
    ("azurerm_storage_account", types::STORAGE),
];

pub(super) static REPLACED: Check = Check {
    meta: Meta {
        id: "TU-CHG-001",
        name: "replaces-cluster",
        severity: Severity::Critical,
        title: "the change deletes the resource and creates it again",
        why: "What runs on it stops, what is stored in it is lost, and everything that refers to its id or address \
              has to follow.",
        fix: "Revert the attribute that forces it, or plan a migration: the new one beside the old one, then the move.",
        exceptions: "A planned migration, or an environment that holds nothing.",
        bad: changed!(
            vault!(""),
            r#"resource "azurerm_key_vault" "example" {
  name                = "kv-example"
  location            = "northeurope"
  resource_group_name = "rg-example"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  sku_name            = "standard"
}
"#
        ),
        good: changed!(vault!(""), vault!("  purge_protection_enabled = true\n")),
        references: &["https://developer.hashicorp.com/terraform/language/resources/behavior"],
        ..Meta::ROW
    },
    check: replaced,
};

pub(super) static DESTROYED: Check = Check {
    meta: Meta {
        id: "TU-CHG-002",
        name: "destroys-stateful",
        severity: Severity::Critical,
        title: "the change deletes a resource that holds data or that others use",
        why: "Keys, images, logs and records go with it; a purge-protected name cannot be used again for months.",
        fix: "If it only got another address, add a moved block. If Terraform should let go of it, add a removed block \
              with lifecycle { destroy = false }.",
        exceptions: "A resource that is really at its end.",
        bad: changed!(
            vault!(""),
            r#"resource "azurerm_key_vault" "renamed" {
  name                = "kv-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  sku_name            = "standard"
}
"#
        ),
        good: changed!(
            vault!(""),
            r#"resource "azurerm_key_vault" "renamed" {
  name                = "kv-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  sku_name            = "standard"
}

moved {
  from = azurerm_key_vault.example
  to   = azurerm_key_vault.renamed
}
"#
        ),
        references: &["https://developer.hashicorp.com/terraform/language/state/refactor"],
        peers: &["TFLint azurerm_resources_missing_prevent_destroy"],
        ..Meta::ROW
    },
    check: destroyed,
};

macro_rules! assignment {
    ($role:literal, $more:literal) => {
        concat!(
            cluster!(),
            r#"
resource "azurerm_role_assignment" "pull" {
  scope                = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  role_definition_name = ""#,
            $role,
            "\"\n",
            r#"  principal_id         = azurerm_kubernetes_cluster.example.kubelet_identity[0].object_id
"#,
            $more,
            "}\n"
        )
    };
}

pub(super) static ASSIGNMENT: Check = Check {
    meta: Meta {
        id: "TU-CHG-016",
        name: "role-assignment-replaced",
        severity: Severity::Medium,
        title: "a role of a cluster is taken away and given again",
        why: "Between the two, and for minutes after, nodes cannot pull images and certificates are not synchronised.",
        fix: "Keep scope, role and principal as they are. With create_before_destroy the new assignment comes first, \
              which Azure allows only where one of the three differs.",
        exceptions: "A planned window.",
        bad: changed!(assignment!("Reader", ""), assignment!("AcrPull", "")),
        good: changed!(
            assignment!("Reader", ""),
            assignment!("AcrPull", "\n  lifecycle {\n    create_before_destroy = true\n  }\n")
        ),
        references: &["https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"],
        ..Meta::ROW
    },
    check: assignment,
};

/// True for a change of one of these types, also where azapi writes it.
fn is_of(graph: &Graph<'_>, change: &ResourceChange, wanted: &[(&str, &str)]) -> bool {
    let arm = || {
        let before = graph.before()?.graph.estate;
        let document =
            graph.estate.by_address(&change.address).or_else(|| before.by_address(&change.address))?;
        Some(document.arm_type.clone())
    };
    match change.type_name.strip_prefix("azapi_") {
        Some(_) => arm().is_some_and(|a| wanted.iter().any(|(_, t)| t.eq_ignore_ascii_case(&a))),
        None => wanted.iter().any(|(name, _)| *name == change.type_name),
    }
}

fn replaced(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for change in before.changes.iter().filter(|c| is_of(graph, c, REPLACED_TYPES)) {
        let about = subject(graph, change);
        match change.action {
            Action::Replace => {}
            Action::Change => {
                out.pass(about);
                continue;
            }
            Action::Add | Action::Remove | Action::Forget => {
                out.skip(about, "it is not replaced");
                continue;
            }
        }
        let forcing: Vec<&AttributeChange> =
            change.attributes.iter().filter(|a| a.effect == Effect::Replace).collect();
        let certain: Vec<&&AttributeChange> =
            forcing.iter().filter(|a| is_certain(graph, change, a)).collect();
        let first = certain.first().copied().or(forcing.first());
        let names = |of: &[&&AttributeChange]| {
            let told: Vec<String> = of.iter().map(|a| a.attribute.clone()).collect();
            told.join(", ")
        };
        let outcome = if certain.is_empty() && !forcing.is_empty() {
            let all: Vec<&&AttributeChange> = forcing.iter().collect();
            out.unknown(about, format!("it may be replaced: {} is not known", names(&all)))
        } else if certain.is_empty() {
            let why = change.reason.unwrap_or("the plan says so");
            out.fail(about, None, format!("the {} is deleted and created again ({why})", noun(change)))
        } else {
            let names = names(&certain);
            out.fail(
                about,
                None,
                format!("{names} cannot change in place: the {} is deleted and created again", noun(change)),
            )
        };
        if change.type_name == POOL {
            outcome.severity(Severity::Medium);
        }
        outcome.at(first.and_then(|a| a.place.span));
        for other in certain.iter().skip(1) {
            outcome.because(other.place.span, format!("{} forces it as well", other.attribute));
        }
    }
}

/// Both values are known, or what it refers to is itself made anew.
fn is_certain(graph: &Graph<'_>, change: &ResourceChange, attribute: &AttributeChange) -> bool {
    let is_known = |side: &Option<String>| side.as_deref() != Some(AFTER_APPLY);
    if is_known(&attribute.before) && is_known(&attribute.after) {
        return true;
    }
    let Some(instance) = graph.instance(&change.address) else { return false };
    let mut at = Some(&instance.config);
    for step in plain(&attribute.attribute).split('.') {
        at = at.and_then(|v| v.as_slice().and_then(<[_]>::first).unwrap_or(v).get(step));
    }
    let from = at.and_then(|v| v.as_unknown()).and_then(|u| match &u.reason {
        crate::terraform::value::Reason::Computed { address, .. } => Some(address.to_string()),
        _ => None,
    });
    let made = |address: String| graph.before().and_then(|b| b.change(&address));
    from.and_then(made).is_some_and(|c| matches!(c.action, Action::Replace | Action::Add))
}

/// `key vault` for `azurerm_key_vault`.
fn noun(change: &ResourceChange) -> String {
    let name = change.type_name.strip_prefix("azurerm_").unwrap_or("resource");
    name.replace('_', " ")
}

fn destroyed(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for change in before.changes.iter().filter(|c| is_of(graph, c, DESTROYED_TYPES)) {
        let about = subject(graph, change);
        match change.action {
            Action::Remove => drop(out.fail(about, None, format!("the {} is deleted", noun(change)))),
            Action::Forget => drop(out.pass(about).note("Terraform lets go of it and does not delete it")),
            Action::Change => drop(out.pass(about)),
            Action::Replace => drop(out.skip(about, "it is replaced, which is another rule's")),
            Action::Add => drop(out.skip(about, "it is new")),
        }
    }
}

fn assignment(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    for assignment in graph.assignments() {
        let document = assignment.document;
        let Some(change) = before.change(&document.label()) else { continue };
        if change.action != Action::Replace {
            out.pass(document);
        } else if graph.clusters_of(&assignment.principal).is_empty() {
            out.skip(document, "its principal is no identity of a cluster");
        } else if document.declared.as_ref().is_some_and(|d| d.instance.lifecycle.create_before_destroy) {
            out.pass(document);
        } else {
            let forcing = change.attributes.iter().find(|a| a.effect == Effect::Replace);
            let name = assignment.role.name();
            out.fail(
                document,
                None,
                format!("{name} is taken from an identity of a cluster and given again"),
            )
            .at(forcing.and_then(|a| a.place.span));
        }
    }
}
