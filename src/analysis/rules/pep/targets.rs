//! PEP-004, PEP-009: what a private endpoint leads to.

use super::endpoint;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::tables::PRIVATE_ZONES;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth, acr, kv};
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

pub(super) static STILL_PUBLIC: Check = Check {
    meta: Meta {
        id: "TU-PEP-004",
        name: "pe-target-still-public",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "a service with a private endpoint still answers the Internet",
        why: "The endpoint adds a private way in and closes none: whoever has a token comes from anywhere.",
        fix: "Set public_network_access_enabled = false on the service.",
        exceptions: "The time of a migration.",
        bad: concat!(
            crate::analysis::rules::example::vault!(""),
            r#"
resource "azurerm_private_endpoint" "example" {
  name                = "pe-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  subnet_id           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/endpoints"

  private_service_connection {
    name                           = "vault"
    private_connection_resource_id = azurerm_key_vault.example.id
    subresource_names              = ["vault"]
    is_manual_connection           = false
  }
}
"#
        ),
        good: endpoint!("vault", ""),
        references: &["https://learn.microsoft.com/azure/private-link/private-endpoint-overview"],
        peers: &[],
    },
    check: still_public,
};

pub(super) static WRONG_PART: Check = Check {
    meta: Meta {
        id: "TU-PEP-009",
        name: "pe-subresource-mismatch",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the private endpoint names a part that its target does not have",
        why: "Azure refuses the endpoint: the apply fails halfway.",
        fix: "Set subresource_names to the target's part: [\"vault\"], [\"registry\"], [\"management\"] for a cluster, \
              [\"blob\"] and its like for storage.",
        exceptions: "",
        bad: endpoint!("keyvault", ""),
        good: endpoint!("vault", ""),
        references: &[
            "https://learn.microsoft.com/azure/private-link/private-endpoint-overview#private-link-resource",
        ],
        peers: &[],
    },
    check: wrong_part,
};

/// Types whose parts are all in the table, and that must be named.
const COMPLETE: [&str; 5] =
    [types::VAULT, types::REGISTRY, types::CLUSTER, types::STORAGE, types::MANAGED_HSM];

const STORAGE_ACCOUNT: &str = "azurerm_storage_account";

/// ARM types of resources without a place in the model.
const OTHERS: [(&str, &str); 2] = [
    (STORAGE_ACCOUNT, types::STORAGE),
    ("azurerm_key_vault_managed_hardware_security_module", types::MANAGED_HSM),
];

/// The connections of a private endpoint.
pub(super) fn connections(endpoint: &Document) -> impl Iterator<Item = &Value> {
    let lists =
        ["properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"];
    lists.into_iter().flat_map(|list| endpoint.items(list))
}

/// The ARM type that a connection leads to, when it is known.
pub(super) fn target_type(graph: &Graph<'_>, connection: &Value) -> Option<String> {
    let value = get(connection, "properties.privateLinkServiceId");
    match graph.link(value) {
        Link::To(document) => Some(document.arm_type.clone()),
        Link::Outside(address) => match value.and_then(Value::as_str) {
            Some(id) => ResourceId::new(id).arm_type(),
            None => of_address(&address).map(str::to_owned),
        },
        _ => None,
    }
}

fn of_address(address: &str) -> Option<&'static str> {
    let named = |name: &str| address.split('.').any(|part| part == name);
    OTHERS.iter().find(|(name, _)| named(name)).map(|(_, arm_type)| *arm_type)
}

/// The parts that a connection names.
pub(super) fn parts(connection: &Value) -> &[Value] {
    get(connection, "properties.groupIds").and_then(Value::as_slice).unwrap_or_default()
}

fn wrong_part(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for endpoint in graph.of_type(types::PRIVATE_ENDPOINT) {
        for connection in connections(endpoint) {
            let target = target_type(graph, connection).unwrap_or_default();
            let known: Vec<&str> = PRIVATE_ZONES
                .rows()
                .filter(|row| row[0].eq_ignore_ascii_case(&target))
                .map(|row| row[1])
                .collect();
            if !COMPLETE.iter().any(|t| t.eq_ignore_ascii_case(&target)) {
                out.skip(endpoint, "the parts of its target are not known here");
                continue;
            }
            let named = get(connection, "properties.groupIds");
            let all = Truth::all(
                parts(connection)
                    .iter()
                    .map(|part| Truth::of(Some(part), true, |v| known.iter().any(|k| is_word(v, k)))),
            );
            let fine = match named.and_then(Value::as_unknown) {
                Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
                None if parts(connection).is_empty() => Truth::No,
                None => all,
            };
            let text = format!("{target} has the parts {}", known.join(", "));
            out.judge(endpoint, named, fine, text);
        }
    }
}

fn still_public(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for endpoint in graph.of_type(types::PRIVATE_ENDPOINT) {
        for connection in connections(endpoint) {
            let value = get(connection, "properties.privateLinkServiceId");
            let closed = match graph.link(value) {
                Link::To(target) => closed(graph, target),
                Link::Outside(_) => account(graph, value).map(|found| storage(graph, found)),
                Link::Unknown(why) => Some(Truth::Unknown(why)),
                Link::None => None,
            };
            match closed {
                Some(closed) => {
                    let outcome = out.judge(endpoint, value, closed, STILL_PUBLIC.meta.title);
                    // One mistake, one finding: that of the target, where a rule judges it.
                    outcome.told_by = graph.id(value).and_then(|id| teller(&id));
                }
                None => drop(out.skip(endpoint, "the rules do not know how its target is closed")),
            }
        }
    }
}

/// The rule that tells of an open target.
fn teller(target: &ResourceId) -> Option<&'static str> {
    let arm_type = target.arm_type()?;
    let tellers = [(types::VAULT, "TU-KV-001"), (types::REGISTRY, "TU-ACR-003")];
    tellers.iter().find(|(t, _)| t.eq_ignore_ascii_case(&arm_type)).map(|(_, rule)| *rule)
}

/// Whether a target does not answer every network; `None` for types that no rule judges.
fn closed(graph: &Graph<'_>, target: &Document) -> Option<Truth> {
    if target.is(types::VAULT) {
        return Some(kv::networks::is_closed(target));
    }
    if target.is(types::REGISTRY) {
        return Some(acr::networks::is_closed(target));
    }
    let storage_account = target.is(types::STORAGE);
    match &target.declared {
        Some(declared) if storage_account => Some(storage(graph, &declared.instance)),
        _ => storage_account.then(|| kv::networks::is_closed(target)),
    }
}

/// The storage account of the code that an id names: its name is unique in all of Azure.
fn account<'a>(graph: &Graph<'a>, id: Option<&Value>) -> Option<&'a Instance> {
    let id = ResourceId::new(id?.as_str()?);
    let is_it = |i: &&Instance| i.config.get("name").and_then(Value::as_str) == Some(id.name());
    let of_type = id.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(types::STORAGE));
    of_type.then(|| graph.instances(STORAGE_ACCOUNT).find(is_it)).flatten()
}

/// Whether a storage account of the code does not answer every network.
fn storage(graph: &Graph<'_>, account: &Instance) -> Truth {
    let denies = |rules: &Value| Truth::is_word(rules.get("default_action"), "Deny", false);
    let inline = account.config.get("network_rules").and_then(Value::as_slice).unwrap_or_default();
    let address = account.address.to_string();
    let alone = graph.instances("azurerm_storage_account_network_rules").filter(|rules| {
        match graph.link(rules.config.get("storage_account_id")) {
            Link::Outside(of) => of == address,
            Link::To(document) => document.label() == address,
            _ => false,
        }
    });
    let closed = Truth::any(inline.iter().map(denies).chain(alone.map(|rules| denies(&rules.config))));
    closed.or(!flag(account.config.get("public_network_access_enabled"), true))
}
