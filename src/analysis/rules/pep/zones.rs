//! PEP-001, PEP-002, PEP-003, PEP-005: the zones in which private endpoints are found by name.

use std::collections::BTreeMap;

use super::targets::{connections, parts, target_type};
use super::{endpoint, linked, zone};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::mentions::mentions;
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::tables::PRIVATE_ZONES;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

const DNS: &str = "https://learn.microsoft.com/azure/private-link/private-endpoint-dns";

macro_rules! found {
    ($name:literal, $link:expr) => {
        concat!(
            zone!($name),
            $link,
            "\n",
            endpoint!(
                "vault",
                r#"
  private_dns_zone_group {
    name                 = "default"
    private_dns_zone_ids = [azurerm_private_dns_zone.example.id]
  }
"#
            )
        )
    };
}

pub(super) static NONE: Check = Check {
    meta: Meta {
        id: "TU-PEP-001",
        name: "pe-without-dns-zone-group",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "nothing registers the private endpoint's name",
        why: "Clients go on resolving the public name and never use the endpoint.",
        fix: "Add private_dns_zone_group { private_dns_zone_ids = [<zone>] }.",
        exceptions: "Landing zones whose policy makes the records.",
        bad: endpoint!("vault", ""),
        good: found!("privatelink.vaultcore.azure.net", ""),
        references: &[DNS],
        peers: &[],
    },
    check: none,
};

pub(super) static WRONG_NAME: Check = Check {
    meta: Meta {
        id: "TU-PEP-002",
        name: "pe-wrong-zone-name",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the private endpoint registers in a zone of another service",
        why: "Clients never ask that zone: they fall back to the public endpoint, or fail when it is closed.",
        fix: "Use the zone of the service, such as privatelink.vaultcore.azure.net for a vault.",
        exceptions: "",
        bad: found!("privatelink.azurecr.io", ""),
        good: found!("privatelink.vaultcore.azure.net", ""),
        references: &[DNS],
        peers: &[],
    },
    check: wrong_name,
};

pub(super) static UNLINKED: Check = Check {
    meta: Meta {
        id: "TU-PEP-003",
        name: "pe-zone-not-linked",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the zone of the private endpoint is linked to no network",
        why: "Nobody can ask it: names resolve to the public address or not at all.",
        fix: "Add an azurerm_private_dns_zone_virtual_network_link to the network of the clients, or to that of the \
              DNS servers which they use.",
        exceptions: "",
        bad: found!("privatelink.vaultcore.azure.net", ""),
        good: found!("privatelink.vaultcore.azure.net", linked!("")),
        references: &[DNS],
        peers: &[],
    },
    check: unlinked,
};

pub(super) static DUPLICATE: Check = Check {
    meta: Meta {
        id: "TU-PEP-005",
        name: "pe-duplicate-zone",
        severity: Severity::High,
        profile: Profile::Default,
        title: "two zones of the same name are linked to one network",
        why: "Azure refuses the second link; until then records are split between the two.",
        fix: "Keep one central zone for each name and link it to every network.",
        exceptions: "",
        bad: concat!(
            zone!("privatelink.vaultcore.azure.net"),
            linked!(""),
            r#"
resource "azurerm_private_dns_zone" "second" {
  name                = "privatelink.vaultcore.azure.net"
  resource_group_name = "rg-second"
}

resource "azurerm_private_dns_zone_virtual_network_link" "second" {
  name                  = "link"
  resource_group_name   = "rg-second"
  private_dns_zone_name = azurerm_private_dns_zone.second.name
  virtual_network_id    = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example"
}
"#
        ),
        good: concat!(zone!("privatelink.vaultcore.azure.net"), linked!("")),
        references: &[DNS],
        peers: &[],
    },
    check: duplicate,
};

fn none(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for endpoint in graph.of_type(types::PRIVATE_ENDPOINT) {
        let group = Truth::from(!graph.zones_of(endpoint).is_empty()).or(open_group(endpoint));
        let own = endpoint.label();
        let records = graph.of_type(types::PRIVATE_A_RECORD);
        let named = records.filter_map(|r| r.get("properties.aRecords")).any(|r| mentions(r, &own, &[]));
        let fine = graph.closed_world(endpoint, group.or(named.into()));
        out.judge(endpoint, None, fine, NONE.meta.title);
    }
}

/// Why an endpoint may register in zones that are not known; `None` where it does not.
fn open_zones(endpoint: &Document) -> Option<String> {
    let arguments = endpoint.declared.as_ref().map(|d| &d.attributes)?;
    let groups = arguments.get("private_dns_zone_group")?;
    let blocks = groups.as_slice().unwrap_or_default().iter();
    let lists = blocks.filter_map(|block| block.get("private_dns_zone_ids"));
    let mut open = lists.chain([groups]).filter_map(Value::as_unknown);
    open.find(|u| u.reason != Reason::Failed).map(|u| format!("the zones it registers in: {}", u.reason))
}

/// A zone group that is not known yet may be one.
fn open_group(endpoint: &Document) -> Truth {
    let arguments = endpoint.declared.as_ref().map(|d| &d.attributes);
    let group = arguments.and_then(|a| a.get("private_dns_zone_group"));
    match group.and_then(Value::as_unknown) {
        Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
        None => group.and_then(Value::as_slice).is_some_and(|blocks| !blocks.is_empty()).into(),
    }
}

fn wrong_name(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for endpoint in graph.of_type(types::PRIVATE_ENDPOINT) {
        let allowed: Vec<&str> =
            connections(endpoint).flat_map(|connection| allowed(graph, connection)).collect();
        let zones = graph.zones_of(endpoint);
        if let Some(why) = open_zones(endpoint).filter(|_| zones.is_empty() && !allowed.is_empty()) {
            out.unknown(endpoint, why);
            continue;
        }
        if allowed.is_empty() || zones.is_empty() {
            let why = if zones.is_empty() {
                "it registers in no zone"
            } else {
                "its target's zone is not known here"
            };
            out.skip(endpoint, why);
            continue;
        }
        for zone in zones {
            match graph.zone_name(zone) {
                Ok(name) => {
                    let fine = allowed.iter().any(|pattern| is_like(&name, pattern));
                    let wanted = allowed[0].trim_start_matches('*').replace("{region}", "<region>");
                    let text = format!("the endpoint registers in {name}, but clients ask {wanted}");
                    out.judge(endpoint, Some(zone), fine.into(), text);
                }
                Err(why) => drop(out.unknown(endpoint, format!("the zone it registers in: {why}"))),
            }
        }
    }
}

/// The zone names for the parts that a connection names.
fn allowed(graph: &Graph<'_>, connection: &Value) -> Vec<&'static str> {
    let target = target_type(graph, connection);
    let rows = PRIVATE_ZONES.rows().filter(|row| {
        // The part tells the service, unless services share its name.
        let of_target = target.as_ref().is_none_or(|t| t.eq_ignore_ascii_case(row[0]));
        of_target && parts(connection).iter().any(|part| is_word(part, row[1]))
    });
    rows.flat_map(|row| row.into_iter().skip(2)).collect()
}

/// True when a zone's name follows a pattern of the table.
fn is_like(name: &str, pattern: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    let (free, pattern) = match pattern.strip_prefix('*') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let Some((head, tail)) = pattern.split_once("{region}") else { return name == pattern };
    let Some(start) = name.strip_suffix(tail) else { return false };
    let Some(at) = start.rfind(head) else { return false };
    let own_label = at == 0 || (free && start[..at].ends_with('.'));
    let region = &start[at + head.len()..];
    own_label && !region.is_empty() && !region.contains('.')
}

fn unlinked(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for endpoint in graph.of_type(types::PRIVATE_ENDPOINT) {
        let zones = graph.zones_of(endpoint);
        match open_zones(endpoint) {
            Some(why) if zones.is_empty() => drop(out.unknown(endpoint, why)),
            None if zones.is_empty() => drop(out.skip(endpoint, "it registers in no zone")),
            _ => {}
        }
        for value in zones {
            let fine = match graph.link(Some(value)) {
                Link::To(zone) => graph.closed_world(zone, graph.linked(&zone.id, None)),
                Link::Outside(what) | Link::Unknown(what) => {
                    Truth::Unknown(format!("the zone's links: {what}"))
                }
                Link::None => continue,
            };
            out.judge(endpoint, Some(value), fine, UNLINKED.meta.title);
        }
    }
}

fn duplicate(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let mut zones: BTreeMap<(String, String), Vec<&Document>> = BTreeMap::new();
    for zone in graph.of_type(types::PRIVATE_ZONE).filter(|z| is_of_endpoints(z)) {
        for link in graph.children(&zone.id, types::ZONE_LINK) {
            let Some(network) = graph.id(link.get("properties.virtualNetwork.id")) else { continue };
            let same = zones.entry((zone.name().to_ascii_lowercase(), network.key())).or_default();
            if same.iter().all(|other| other.id != zone.id) {
                same.push(zone);
            }
        }
    }
    for zone in graph.of_type(types::PRIVATE_ZONE) {
        if !is_of_endpoints(zone) {
            out.skip(zone, "it is no zone of private endpoints");
            continue;
        }
        let twin = zones
            .values()
            .filter(|same| same.iter().any(|z| z.id == zone.id))
            .find_map(|same| same.iter().copied().find(|z| z.id != zone.id));
        match twin {
            Some(twin) => {
                let text = format!("{} and {} have one name and one network", zone.label(), twin.label());
                let at = twin.declared.as_ref().map(|d| d.block);
                out.fail(zone, None, text).because(at, "the other zone");
            }
            None => {
                let named =
                    |other: &&Document| other.id != zone.id && other.name().eq_ignore_ascii_case(zone.name());
                let other = graph.of_type(types::PRIVATE_ZONE).any(|other| named(&other));
                let why = open_link(graph).filter(|_| other);
                out.judge(zone, None, !Truth::No.unless(why.as_deref()), "");
            }
        }
    }
}

/// Why a link may join any zone with any network: one of the two is not known.
fn open_link(graph: &Graph<'_>) -> Option<String> {
    let stray = graph.stray(types::ZONE_LINK).map(str::to_owned);
    let mut links = graph.of_type(types::ZONE_LINK);
    stray.or_else(|| {
        links.find_map(|link| match graph.link(link.get("properties.virtualNetwork.id")) {
            Link::Unknown(why) => Some(format!("{}: {why}", link.label())),
            _ => None,
        })
    })
}

fn is_of_endpoints(zone: &Document) -> bool {
    zone.name().to_ascii_lowercase().starts_with("privatelink.")
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn names_of_zones() {
        let cluster = "*privatelink.{region}.azmk8s.io";
        for (name, pattern, fits) in [
            ("privatelink.vaultcore.azure.net", "privatelink.vaultcore.azure.net", true),
            ("PrivateLink.VaultCore.azure.net.", "privatelink.vaultcore.azure.net", true),
            ("x.privatelink.vaultcore.azure.net", "privatelink.vaultcore.azure.net", false),
            ("privatelink.westeurope.azmk8s.io", cluster, true),
            ("sub.privatelink.westeurope.azmk8s.io", cluster, true),
            ("subprivatelink.westeurope.azmk8s.io", cluster, false),
            ("privatelink.azmk8s.io", cluster, false),
        ] {
            assert_eq!(is_like(name, pattern), fits, "{name} {pattern}");
        }
    }
}
