//! SEC-015 and SEC-016: features of the provider that make a destroy final.

use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::graph::{Graph, production};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

const FEATURES: &str =
    "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/features-block";
/// Switches of `features.key_vault`; each is on unless the code says otherwise.
const PURGES_WHAT: [&str; 5] = [
    "purge_soft_delete_on_destroy",
    "purge_soft_deleted_keys_on_destroy",
    "purge_soft_deleted_secrets_on_destroy",
    "purge_soft_deleted_certificates_on_destroy",
    "purge_soft_deleted_hardware_security_modules_on_destroy",
];

pub(super) static DELETES_FULL_GROUPS: Check = Check {
    meta: Meta {
        id: "TU-SEC-016",
        name: "features-delete-nonempty-rg",
        title: "the provider deletes resource groups with everything in them",
        why: "A destroy, or a change of the group's name, takes along what others keep there.",
        fix: "Set prevent_deletion_if_contains_resources = true, which is what the provider does by itself.",
        exceptions: "Short-lived environments for tests.",
        bad: r#"provider "azurerm" {
  features {
    resource_group {
      prevent_deletion_if_contains_resources = false
    }
  }
}

resource "azurerm_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}
"#,
        good: r#"provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}
"#,
        references: &[FEATURES],
        ..Meta::ROW
    },
    check: |graph, out| {
        for (subject, features) in azurerm(graph) {
            let at = below(features, "features.resource_group.prevent_deletion_if_contains_resources");
            out.judge(subject, at, flag(at, true), DELETES_FULL_GROUPS.meta.title);
        }
    },
};

pub(super) static PURGES: Check = Check {
    meta: Meta {
        id: "TU-SEC-015",
        name: "features-purge-on-destroy",
        profile: Profile::Strict,
        title: "the provider purges what it destroys in vaults of production",
        why: "A destroy by mistake cannot be undone: soft delete is passed over.",
        fix: "Set the purge switches of features.key_vault to false, or protect the vaults from purging.",
        exceptions: "Vaults that hold nothing that cannot be made again.",
        bad: concat!(
            r#"variable "environment" {
  type    = string
  default = "production"
}

provider "azurerm" {
  features {}
}

"#,
            vault!("")
        ),
        good: concat!(
            r#"variable "environment" {
  type    = string
  default = "production"
}

provider "azurerm" {
  features {}
}

"#,
            vault!("\n  purge_protection_enabled = true\n")
        ),
        references: &[FEATURES],
        ..Meta::ROW
    },
    check: purges,
};

/// The configurations of azurerm.
fn azurerm<'a>(graph: &Graph<'a>) -> Vec<(Subject, &'a Value)> {
    let providers = graph.evaluation.into_iter().flat_map(|e| &e.providers);
    let of_azurerm = providers.filter(|(_, p)| &*p.source == "hashicorp/azurerm");
    let subject = |name: &str, config: &Value| Subject::new(format!("provider.{name}"), config.origin.at);
    of_azurerm.filter_map(|(name, p)| p.config.as_ref().map(|c| (subject(name, c), c))).collect()
}

/// An argument of a provider by its path.
fn below<'a>(config: &'a Value, path: &str) -> Option<&'a Value> {
    Thing { document: None, instance: None, value: config }.get(path)
}

fn purges(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let vaults = || graph.own_of_type(types::VAULT).filter(|d| production(graph, d));
    let bare = Truth::any(vaults().map(|d| !flag(d.get("properties.enablePurgeProtection"), false)));
    for (subject, config) in azurerm(graph) {
        if bare == Truth::No {
            if vaults().next().is_some() {
                out.pass(subject);
            } else {
                out.skip(subject, "no vault of production in this root");
            }
            continue;
        }
        let values = PURGES_WHAT.iter().map(|name| below(config, &format!("features.key_vault.{name}")));
        let purges = Truth::any(values.map(|v| flag(v, true)));
        out.judge(subject, None, !purges.and(bare.clone()), PURGES.meta.title);
    }
}
