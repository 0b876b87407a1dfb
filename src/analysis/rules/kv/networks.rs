//! KV-001, 003, 004 and 022: who reaches the vault.

use std::collections::HashMap;

use crate::analysis::finding::Severity;
use crate::analysis::rules::acr::networks::judge_ranges;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{has_members, is_word};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::address::Mode;
use crate::terraform::evaluation::Instance;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-001",
        name: "kv-open-to-all-networks",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the vault answers every network",
        why: "A stolen token reads secrets from anywhere in the world.",
        fix: "Set network_acls { default_action = \"Deny\", bypass = \"AzureServices\" } with your ranges and subnets, \
              or public_network_access_enabled = false with a private endpoint.",
        exceptions: "",
        bad: vault!(""),
        good: vault!(
            r#"
  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = ["203.0.113.0/24"]
  }
"#
        ),
        references: &[
            "CIS Azure 6.0 8.3.7",
            "https://learn.microsoft.com/azure/key-vault/general/network-security",
        ],
        peers: &["CKV_AZURE_109", "AZU-0013", "PSRule Azure.KeyVault.Firewall"],
    },
    check,
};

pub(super) static TOO_BROAD: Check = Check {
    meta: Meta {
        id: "TU-KV-003",
        name: "kv-ip-rule-too-broad",
        severity: Severity::High,
        title: "the vault's firewall lets in the Internet, or a large part of it",
        why: "A vault that denies by default looks closed in review, but everyone may call.",
        fix: "List only the egress addresses of offices, pipelines and clusters in ip_rules.",
        bad: vault!(
            r#"
  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = ["0.0.0.0/0"]
  }
"#
        ),
        good: vault!(
            r#"
  network_acls {
    default_action = "Deny"
    bypass         = "AzureServices"
    ip_rules       = ["203.0.113.0/24"]
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/key-vault/general/network-security"],
        ..Meta::ROW
    },
    check: too_broad,
};

pub(super) static BYPASS: Check = Check {
    meta: Meta {
        id: "TU-KV-004",
        name: "kv-trusted-bypass",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "Azure's own services pass the vault's firewall, though nothing in this root needs that",
        why: "Services of any subscription that Azure trusts reach the vault; a right on its data is still needed.",
        fix: "Set bypass = \"None\" in network_acls.",
        exceptions: "Vaults that disk encryption, a gateway or a backup of another root reads.",
        bad: vault!(
            "\n  network_acls {\n    default_action = \"Deny\"\n    bypass         = \"AzureServices\"\n  }\n"
        ),
        good: vault!(
            "\n  network_acls {\n    default_action = \"Deny\"\n    bypass         = \"None\"\n  }\n"
        ),
        references: &["https://learn.microsoft.com/azure/key-vault/general/network-security"],
        ..Meta::ROW
    },
    check: bypass,
};

pub(super) static NO_ENDPOINT: Check = Check {
    meta: Meta {
        id: "TU-KV-022",
        name: "kv-no-private-endpoint",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "the vault has no private endpoint",
        why: "Its users reach it over the public endpoint, which has to stay open for them.",
        fix: "Add an azurerm_private_endpoint with subresource_names = [\"vault\"] and the zone \
              privatelink.vaultcore.azure.net.",
        exceptions: "Vaults whose endpoint another root module makes.",
        bad: vault!(""),
        good: concat!(
            vault!(""),
            r#"
resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet/subnets/endpoints"

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.example.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }
}
"#
        ),
        references: &[
            "CIS Azure 6.0 8.3.8",
            "https://learn.microsoft.com/azure/key-vault/general/private-link-service",
        ],
        peers: &["CKV2_AZURE_32", "KICS azure_paas_private_endpoint_missing"],
    },
    check: no_endpoint,
};

const ADDRESSES: &str = "properties.networkAcls.ipRules";
const SUBNETS: &str = "properties.networkAcls.virtualNetworkRules";

fn too_broad(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT) {
        judge_ranges(graph, out, vault, ADDRESSES);
    }
}

/// Terraform types that speak of a vault without reading from it over the firewall.
const NO_READERS: [&str; 5] = [
    "azurerm_key_vault",
    "azurerm_management_lock",
    "azurerm_monitor_",
    "azurerm_private_endpoint",
    "azurerm_role_assignment",
];

fn bypass(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let contents = contents(graph);
    for vault in graph.of_type(types::VAULT) {
        let set = vault.get("properties.networkAcls.bypass");
        let passes = Truth::is_word(set, "AzureServices", true);
        let denies = Truth::is_word(vault.get(ACTION), "Deny", false);
        if denies == Truth::No {
            out.skip(vault, "the vault has no firewall to pass");
            continue;
        }
        let needed = match graph.evaluation {
            None => Truth::Unknown("the code that may need it was not read".to_owned()),
            Some(_) => needed(graph, vault, contents.get(&vault.id.key())),
        };
        out.judge(vault, set, needed.or(!passes.and(denies)), BYPASS.meta.title);
    }
}

/// The addresses of what each vault holds, by the key of its id.
fn contents(graph: &Graph<'_>) -> HashMap<String, Vec<String>> {
    let mut found: HashMap<String, Vec<String>> = HashMap::new();
    for kind in ["azurerm_key_vault_key", "azurerm_key_vault_secret", "azurerm_key_vault_certificate"] {
        for instance in graph.instances(kind) {
            if let Some(vault) = graph.id(instance.config.get("key_vault_id")) {
                found.entry(vault.key()).or_default().push(instance.address.to_string());
            }
        }
    }
    found
}

/// Whether a service of this root reads from a vault.
fn needed(graph: &Graph<'_>, vault: &Document, contents: Option<&Vec<String>>) -> Truth {
    let own = vault.label();
    let names = || contents.into_iter().flatten().map(String::as_str).chain([own.as_str()]);
    let reads = |i: &&Instance| {
        let name = &*i.address.type_name;
        let azure = ["azurerm_", "azapi_"].iter().any(|p| name.starts_with(p));
        azure && i.address.mode == Mode::Managed && !NO_READERS.iter().any(|p| name.starts_with(p))
    };
    let mut users = names().flat_map(|name| graph.users(name, (name == own).then_some(&vault.id)));
    if users.any(|u| reads(&u)) {
        return Truth::Yes;
    }
    if names().any(|name| graph.is_output(name)) {
        return Truth::Unknown("an output hands it out; another root may need it".to_owned());
    }
    graph.closed_world(vault, Truth::No)
}

fn no_endpoint(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT) {
        let has = graph.has_endpoint(vault);
        let ruled = Truth::any([ADDRESSES, SUBNETS].map(|path| has_members(vault.get(path))));
        let guarded = Truth::is_word(vault.get(ACTION), "Deny", false).and(ruled) == Truth::Yes;
        let outcome = out.judge(vault, None, has, NO_ENDPOINT.meta.title);
        if guarded {
            outcome.severity(Severity::Low);
        }
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT) {
        let at = vault.get(ACTION).or(vault.get(ACCESS));
        out.judge(vault, at, is_closed(vault), RULE.meta.title);
    }
}

const ACCESS: &str = "properties.publicNetworkAccess";
const ACTION: &str = "properties.networkAcls.defaultAction";

/// Whether a vault, or another document with the same two settings, does not answer every network.
pub(in crate::analysis::rules) fn is_closed(document: &Document) -> Truth {
    let off = Truth::of(document.get(ACCESS), false, |v| is_word(v, "Disabled"));
    off.or(Truth::is_word(document.get(ACTION), "Deny", false))
}
