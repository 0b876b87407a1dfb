//! KV-027: names that Azure refuses.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Test::{Matches, OneOf};
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::shown;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

const VAULT_NAME: &str = "^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$";
const OBJECT_NAME: &str = "^[0-9A-Za-z-]{1,127}$";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-027",
        name: "kv-name-invalid",
        severity: Severity::High,
        title: "Azure refuses the name of a vault or of something in it, or the vault's SKU",
        why: "The apply fails, after other resources were made.",
        fix: "Vault: 3 to 24 letters, digits and single hyphens, a letter first. Key, secret and certificate: up to 127 \
              letters, digits and hyphens. SKU: standard or premium.",
        bad: r#"resource "azurerm_key_vault" "example" {
  name                = "kv-example-of-a-name-too-long"
  location            = "westeurope"
  resource_group_name = "rg-example"
  tenant_id           = "11111111-2222-3333-4444-555555555555"
  sku_name            = "standard"
}
"#,
        good: vault!(""),
        references: &[
            "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules",
        ],
        peers: &[
            "PSRule Azure.KeyVault.Name",
            "TFLint azurerm_key_vault_invalid_name",
            "TFLint azurerm_key_vault_invalid_sku_name",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    // Azure never gives back a name that it would refuse.
    for vault in graph.of_type(types::VAULT).filter(|v| v.declared.is_some()) {
        let name = vault.get("name");
        let fine = Matches(VAULT_NAME).of(name, true).and(!Matches("--").of(name, false));
        judge(out, vault.into(), name, fine, "the vault's name");
        let sku = vault.get("properties.sku.name");
        judge(out, vault.into(), sku, OneOf(&["standard", "premium"]).of(sku, true), "the SKU");
    }
    for kind in ["azurerm_key_vault_key", "azurerm_key_vault_secret", "azurerm_key_vault_certificate"] {
        for instance in graph.instances(kind) {
            let name = instance.config.get("name");
            judge(out, instance.into(), name, Matches(OBJECT_NAME).of(name, true), "the name");
        }
    }
}

fn judge(out: &mut Outcomes<'_>, subject: Subject, value: Option<&Value>, fine: Truth, what: &str) {
    let seen = value.map(shown).unwrap_or_default();
    out.judge(subject, value, fine, format!("{what} is not accepted: {seen}"));
}
