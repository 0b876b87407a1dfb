//! AGW-020: a gateway that cannot read its certificate.

use super::{gateway, items};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::x::vault_access::reads_secrets;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth, kv};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

pub(super) static VAULT_ACCESS: Check = Check {
    meta: Meta {
        id: "TU-AGW-020",
        name: "agw-kv-access-missing",
        severity: Severity::High,
        title: "the gateway's identity cannot read its certificate from the vault",
        why: "The listener is not made, or it is switched off at the next look for a new version.",
        fix: "Give the gateway a user-assigned identity with the role Key Vault Secrets User on the vault, and let the \
              vault's firewall admit it: bypass = \"AzureServices\", its subnet or a private endpoint.",
        exceptions: "Roles that another root module assigns.",
        bad: stored!("Key Vault Reader"),
        good: stored!("Key Vault Secrets User"),
        references: &["https://learn.microsoft.com/azure/application-gateway/key-vault-certs"],
        ..Meta::ROW
    },
    check,
};

macro_rules! stored {
    ($role:literal) => {
        concat!(
            gateway!(
                r#"
  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.gateway.id]
  }

  ssl_certificate {
    name                = "site"
    key_vault_secret_id = "${azurerm_key_vault.example.vault_uri}secrets/site"
  }
"#
            ),
            "\n",
            crate::analysis::rules::example::vault!("  rbac_authorization_enabled = true\n"),
            r#"
resource "azurerm_user_assigned_identity" "gateway" {
  name                = "id-gateway"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_role_assignment" "gateway" {
  scope                = azurerm_key_vault.example.id
  role_definition_name = ""#,
            $role,
            r#""
  principal_id         = azurerm_user_assigned_identity.gateway.principal_id
}
"#
        )
    };
}
use stored;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let lists = ["properties.sslCertificates", "properties.trustedRootCertificates"];
        let mut judged = false;
        for list in lists {
            let certificates = match items(gateway, list) {
                Ok(certificates) => certificates,
                Err(why) => {
                    out.unknown(gateway, why);
                    judged = true;
                    continue;
                }
            };
            for certificate in certificates {
                let Some(secret) = get(certificate, "properties.keyVaultSecretId") else { continue };
                judged = true;
                match vault(graph, secret) {
                    Ok(vault) => {
                        let text = format!("no identity of the gateway may read secrets of {}", vault.name());
                        let readers = graph.assigned(gateway);
                        let reads = reads_secrets(graph, vault, &readers);
                        let reads =
                            if readers.is_empty() { Truth::No } else { graph.closed_world(vault, reads) };
                        let outcome = if reads == Truth::No {
                            out.fail(gateway, Some(secret), text)
                        } else {
                            let fine = reads.and(admitted(graph, gateway, vault));
                            let text = format!("the firewall of {} does not admit the gateway", vault.name());
                            out.judge(gateway, Some(secret), fine, text)
                        };
                        outcome.because(vault.declared.as_ref().map(|d| d.block), "the vault");
                    }
                    Err(why) => drop(out.unknown(gateway, why)),
                }
            }
        }
        if !judged {
            out.skip(gateway, "it has no certificate from a vault");
        }
    }
}

/// The vault of this root that holds a secret.
fn vault<'a>(graph: &Graph<'a>, secret: &Value) -> Result<&'a Document, String> {
    if let Some(url) = secret.as_str() {
        let host = url.trim_start_matches("https://").split('/').next().unwrap_or_default();
        let name = host.split('.').next().unwrap_or_default();
        let mut own = graph.of_type(types::VAULT);
        return own
            .find(|v| v.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("vault {name} is not in this root"));
    }
    let Some(reason) = secret.as_unknown().map(|u| &u.reason) else {
        return Err("the address of the secret is no text".to_owned());
    };
    if let Reason::Computed { address, .. } = reason {
        let address = address.to_string();
        if let Some(vault) = graph.estate.by_address(&address).filter(|d| d.is(types::VAULT)) {
            return Ok(vault);
        }
        // A certificate or a secret says which vault it is in.
        let holder = graph.instance(&address).and_then(|i| i.config.get("key_vault_id"));
        if let Link::To(vault) = graph.link(holder) {
            return Ok(vault);
        }
    }
    Err(format!("the vault of the certificate: {reason}"))
}

/// Whether the vault's firewall lets the gateway in.
fn admitted(graph: &Graph<'_>, gateway: &Document, vault: &Document) -> Truth {
    let open = !kv::networks::is_closed(vault);
    let bypass = Truth::of(vault.get("properties.networkAcls.bypass"), true, |v| is_word(v, "AzureServices"));
    let subnets: Vec<_> = gateway
        .items("properties.gatewayIPConfigurations")
        .iter()
        .filter_map(|c| graph.id(get(c, "properties.subnet.id")))
        .collect();
    let rules = vault.items("properties.networkAcls.virtualNetworkRules").iter();
    let by_subnet = rules.filter_map(|r| graph.id(get(r, "id"))).any(|id| subnets.contains(&id));
    let (endpoints, unknown) = graph.endpoints(&vault.id);
    let by_endpoint = match unknown {
        _ if !endpoints.is_empty() => Truth::Yes,
        Some(why) => Truth::Unknown(why),
        None => Truth::No,
    };
    open.or(bypass).or(by_subnet.into()).or(graph.closed_world(vault, by_endpoint))
}
