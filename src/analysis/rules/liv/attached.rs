//! LIV-009, 010, 011, 014 and 018: what should be attached, and is not.

use std::collections::BTreeSet;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::live;
use crate::analysis::rules::graph::{Graph, production};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

macro_rules! document {
    ($rest:literal, $type:literal, $name:literal, $properties:literal) => {
        concat!(
            r#"{
  "id": ""#,
            super::id!($rest),
            r#"",
  "type": ""#,
            $type,
            r#"",
  "name": ""#,
            $name,
            r#"",
  "tags": { "environment": "production" },
  "properties": { "#,
            $properties,
            " }\n}"
        )
    };
}

macro_rules! one {
    ($rest:literal, $type:literal, $name:literal, $properties:literal) => {
        concat!("[", document!($rest, $type, $name, $properties), "]\n")
    };
}

pub(super) static ENDPOINTS: Check = Check {
    meta: Meta {
        id: "TU-LIV-009",
        name: "pe-not-approved",
        severity: Severity::Medium,
        title: "the connection of a private endpoint is not approved",
        why: "It has an address, but nothing answers there until the owner of the service approves it.",
        fix: "Approve the connection on the service, or create the endpoint again if it was rejected.",
        exceptions: "",
        bad: live!(one!(
            "Microsoft.Network/privateEndpoints/pe-example",
            "Microsoft.Network/privateEndpoints",
            "pe-example",
            r#""privateLinkServiceConnections": [{ "name": "vault", "properties": { "privateLinkServiceConnectionState": { "status": "Pending" } } }]"#
        )),
        good: live!(one!(
            "Microsoft.Network/privateEndpoints/pe-example",
            "Microsoft.Network/privateEndpoints",
            "pe-example",
            r#""privateLinkServiceConnections": [{ "name": "vault", "properties": { "privateLinkServiceConnectionState": { "status": "Approved" } } }]"#
        )),
        references: &["https://learn.microsoft.com/azure/private-link/manage-private-endpoint"],
        ..Meta::ROW
    },
    check: endpoints,
};

pub(super) static PEERINGS: Check = Check {
    meta: Meta {
        id: "TU-LIV-010",
        name: "peering-not-connected",
        severity: Severity::Medium,
        title: "a peering is not connected",
        why: "Nothing passes until both sides have the peering and agree about their address spaces.",
        fix: "Create the other side, or synchronise the peering after a change of address space.",
        exceptions: "",
        bad: live!(one!(
            "Microsoft.Network/virtualNetworks/vnet-example/virtualNetworkPeerings/to-hub",
            "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
            "to-hub",
            r#""peeringState": "Initiated""#
        )),
        good: live!(one!(
            "Microsoft.Network/virtualNetworks/vnet-example/virtualNetworkPeerings/to-hub",
            "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
            "to-hub",
            r#""peeringState": "Connected""#
        )),
        references: &["https://learn.microsoft.com/azure/virtual-network/virtual-network-peering-overview"],
        peers: &["PSRule Azure.VNET.PeerState"],
        ..Meta::ROW
    },
    check: peerings,
};

macro_rules! recorded {
    ($address:literal) => {
        concat!(
            "[",
            document!(
                "Microsoft.Network/privateEndpoints/pe-example",
                "Microsoft.Network/privateEndpoints",
                "pe-example",
                r#""customDnsConfigs": [{ "fqdn": "kv-example.vault.azure.net", "ipAddresses": ["10.0.0.4"] }]"#
            ),
            ",\n",
            document!(
                "Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net",
                "Microsoft.Network/privateDnsZones",
                "privatelink.vaultcore.azure.net",
                r#""numberOfRecordSets": 2"#
            ),
            ",\n",
            document!(
                "Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net/A/kv-example",
                "Microsoft.Network/privateDnsZones/A",
                "kv-example",
                $address
            ),
            "]\n"
        )
    };
}

pub(super) static RECORDS: Check = Check {
    meta: Meta {
        id: "TU-LIV-011",
        name: "private-record-wrong",
        severity: Severity::High,
        title: "the private DNS record of an endpoint is missing or names another address",
        why: "Clients go to the public address, which is closed, or to one where nothing answers.",
        fix: "Let a private_dns_zone_group keep the record, or correct it.",
        exceptions: "Zones that a hub in another subscription keeps.",
        bad: live!(recorded!(r#""aRecords": [{ "ipv4Address": "10.0.0.9" }]"#)),
        good: live!(recorded!(r#""aRecords": [{ "ipv4Address": "10.0.0.4" }]"#)),
        references: &["https://learn.microsoft.com/azure/private-link/private-endpoint-dns"],
        ..Meta::ROW
    },
    check: records,
};

pub(super) static ADDRESSES: Check = Check {
    meta: Meta {
        id: "TU-LIV-014",
        name: "unused-public-ip",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a public address is attached to nothing",
        why: "It costs money, and nobody knows whether an allow list somewhere still trusts it.",
        fix: "Delete it, once the allow lists that name it are corrected.",
        exceptions: "An address that is kept for its owner's allow lists.",
        bad: live!(one!(
            "Microsoft.Network/publicIPAddresses/pip-example",
            "Microsoft.Network/publicIPAddresses",
            "pip-example",
            r#""publicIPAllocationMethod": "Static""#
        )),
        good: live!(one!(
            "Microsoft.Network/publicIPAddresses/pip-example",
            "Microsoft.Network/publicIPAddresses",
            "pip-example",
            r#""publicIPAllocationMethod": "Static", "natGateway": { "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/natGateways/ng" }"#
        )),
        references: &["https://learn.microsoft.com/azure/virtual-network/ip-services/public-ip-addresses"],
        peers: &["PSRule Azure.PublicIP.IsAttached"],
        ..Meta::ROW
    },
    check: addresses,
};

pub(super) static LOCKS: Check = Check {
    meta: Meta {
        id: "TU-LIV-018",
        name: "delete-lock-missing",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "nothing keeps a resource of production from being deleted",
        why: "A lock stops a slip of the hand, which prevent_destroy in the code does not.",
        fix: "Put a CanNotDelete lock on the resource or its group.",
        exceptions: "What is made anew from code within minutes and holds nothing.",
        bad: live!(one!(
            "Microsoft.KeyVault/vaults/kv-example",
            "Microsoft.KeyVault/vaults",
            "kv-example",
            r#""tenantId": "11111111-2222-3333-4444-555555555555""#
        )),
        good: live!(concat!(
            "[",
            document!(
                "Microsoft.KeyVault/vaults/kv-example",
                "Microsoft.KeyVault/vaults",
                "kv-example",
                r#""tenantId": "11111111-2222-3333-4444-555555555555""#
            ),
            ",\n",
            document!(
                "Microsoft.KeyVault/vaults/kv-example/providers/Microsoft.Authorization/locks/keep",
                "Microsoft.Authorization/locks",
                "keep",
                r#""level": "CanNotDelete""#
            ),
            "]\n"
        )),
        references: &["https://learn.microsoft.com/azure/azure-resource-manager/management/lock-resources"],
        ..Meta::ROW
    },
    check: locks,
};

fn endpoints(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const STATUS: &str = "properties.privateLinkServiceConnectionState.status";
    let Some((live, alive)) = graph.live() else { return };
    for endpoint in super::managed(live, alive, types::PRIVATE_ENDPOINT) {
        let lists =
            ["properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"];
        let connections = lists.iter().flat_map(|l| endpoint.items(l));
        let states: Vec<&str> = connections.filter_map(|c| get(c, STATUS)?.as_str()).collect();
        let wrong = ["Pending", "Rejected", "Disconnected"];
        let subject = alive.subject(endpoint);
        match states.iter().find(|s| wrong.iter().any(|w| w.eq_ignore_ascii_case(s))) {
            Some(state) => {
                out.fail(subject, None, format!("the connection is {}", state.to_lowercase()));
            }
            None if states.is_empty() => {
                out.unknown(subject, "the state of its connections was not read");
            }
            None => drop(out.pass(subject)),
        }
    }
}

fn peerings(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for peering in super::managed(live, alive, types::PEERING) {
        let subject = alive.subject(peering);
        match peering.str("properties.peeringState") {
            Some(state) if state.eq_ignore_ascii_case("Connected") => drop(out.pass(subject)),
            Some(state) => {
                out.fail(subject, None, format!("{} is {}", peering.name(), state.to_lowercase()));
            }
            None => drop(out.unknown(subject, "its state was not read")),
        }
    }
}

/// The record of a name in the private zones that were read: `None` where no zone could have it.
fn recorded(live: &Graph<'_>, name: &str) -> Option<Option<BTreeSet<String>>> {
    let label = name.split('.').next()?;
    let service = name.split_once('.')?.1;
    let zones: Vec<&Document> = live
        .of_type(types::PRIVATE_ZONE)
        .filter(|z| {
            let zone = z.name().strip_prefix("privatelink.").unwrap_or(z.name());
            // The zone of vaults is called otherwise than their names.
            zone.eq_ignore_ascii_case(service)
                || (zone == "vaultcore.azure.net" && service == "vault.azure.net")
        })
        .collect();
    let read = live.of_type(types::PRIVATE_A_RECORD).next().is_some();
    if zones.is_empty() || !read {
        return None;
    }
    let mut sets = zones.iter().flat_map(|z| live.children(&z.id, types::PRIVATE_A_RECORD));
    let record = sets.find(|r| r.name().eq_ignore_ascii_case(label));
    Some(record.map(|r| {
        ["properties.aRecords", "properties.ARecords"]
            .iter()
            .flat_map(|p| r.items(p))
            .filter_map(|a| get(a, "ipv4Address")?.as_str().map(str::to_owned))
            .collect()
    }))
}

fn records(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for endpoint in super::managed(live, alive, types::PRIVATE_ENDPOINT) {
        for config in endpoint.items("properties.customDnsConfigs") {
            let Some(name) = config.get("fqdn").and_then(Value::as_str) else { continue };
            let wanted = config.get("ipAddresses").and_then(Value::as_slice).unwrap_or_default();
            let wanted: BTreeSet<String> =
                wanted.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
            let subject = alive.subject(endpoint);
            match recorded(live, name) {
                None => drop(out.unknown(subject, "the records of its private zone were not read")),
                Some(None) => {
                    out.fail(subject, None, format!("{name} has no record in its private zone"));
                }
                Some(Some(found)) if found == wanted => drop(out.pass(subject)),
                Some(Some(found)) => {
                    let found: Vec<String> = found.into_iter().collect();
                    out.fail(subject, None, format!("{name} is recorded with {}", found.join(", ")));
                }
            }
        }
    }
}

fn addresses(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for address in live.of_type(types::PUBLIC_IP) {
        let used =
            ["properties.ipConfiguration", "properties.natGateway"].iter().any(|p| address.get(p).is_some());
        let subject = alive.subject(address);
        if used {
            out.pass(subject);
        } else {
            out.fail(subject, None, format!("{} is attached to nothing", address.name()));
        }
    }
}

/// What is worth a lock.
const KEPT: [&str; 6] =
    [types::CLUSTER, types::VAULT, types::REGISTRY, types::VNET, types::STORAGE, types::PRIVATE_ZONE];

fn locks(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    let locks = live.of_type("Microsoft.Authorization/locks").map(|l| l.id.key());
    let scopes: Vec<String> = locks
        .filter_map(|id| Some(id[..id.rfind("/providers/microsoft.authorization/")?].to_owned()))
        .collect();
    for document in KEPT.iter().flat_map(|t| super::managed(live, alive, t)) {
        let is_production =
            production(live, document) || alive.declared(document).is_some_and(|d| production(graph, d));
        let subject = alive.subject(document);
        let key = document.id.key();
        let held = scopes.iter().any(|s| key == *s || key.starts_with(&format!("{s}/")));
        if held {
            out.pass(subject);
        } else if !is_production {
            out.skip(subject, "nothing says that it is production");
        } else {
            out.fail(subject, None, LOCKS.meta.title);
        }
    }
}
