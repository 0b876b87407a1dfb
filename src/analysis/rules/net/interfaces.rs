//! NET-019, NET-021: network interfaces that forward, and those that nobody uses.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{flag, has_members};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// An interface: lines of its configuration of addresses, and lines of its body.
macro_rules! interface {
    ($configuration:literal, $lines:literal) => {
        concat!(
            r#"resource "azurerm_network_interface" "example" {
  name                = "nic-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
"#,
            $lines,
            r#"
  ip_configuration {
    name                          = "ipconfig"
    subnet_id                     = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/machines"
    private_ip_address_allocation = "Dynamic"
"#,
            $configuration,
            "  }\n}\n"
        )
    };
}
pub(super) use interface;

pub(super) static FORWARDING: Check = Check {
    meta: Meta {
        id: "TU-NET-019",
        name: "nic-ip-forwarding",
        severity: Severity::Medium,
        title: "the interface forwards packets, but no route leads to it",
        why: "It may send with any source address and pass packets around the routes and filters that were planned.",
        fix: "Set ip_forwarding_enabled = false (enable_ip_forwarding before azurerm 4.0).",
        exceptions: "Network appliances whose routes stand in another root module.",
        bad: interface!("", "  ip_forwarding_enabled = true\n"),
        good: interface!("", "  ip_forwarding_enabled = false\n"),
        references: &["https://learn.microsoft.com/azure/virtual-network/virtual-network-network-interface"],
        peers: &["CKV_AZURE_118", "AZU-0075", "KICS network_interfaces_ip_forwarding_enabled"],
        ..Meta::ROW
    },
    check: forwarding,
};

pub(super) static UNUSED: Check = Check {
    meta: Meta {
        id: "TU-NET-021",
        name: "nic-unattached-or-dns",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "nothing uses the interface, or it has DNS servers of its own",
        why: "Unused interfaces hold addresses; one with other DNS servers resolves names unlike its neighbours.",
        fix: "Remove the interface, or its dns_servers.",
        bad: interface!("", "  dns_servers           = [\"10.0.0.4\"]\n"),
        good: concat!(
            interface!("", ""),
            r#"
resource "azurerm_network_interface_security_group_association" "example" {
  network_interface_id      = azurerm_network_interface.example.id
  network_security_group_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/networkSecurityGroups/nsg"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/virtual-network/virtual-network-network-interface"],
        peers: &["PSRule Azure.NIC.Attached", "PSRule Azure.NIC.UniqueDns"],
        ..Meta::ROW
    },
    check: unused,
};

fn forwarding(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let hops: Vec<&Value> =
        graph.of_type(types::ROUTE).filter_map(|r| r.get("properties.nextHopIpAddress")).collect();
    for interface in graph.of_type(types::NIC) {
        let at = interface.get("properties.enableIPForwarding");
        let forwards = flag(at, false);
        let fine = match forwards {
            Truth::No => Truth::Yes,
            forwards => (!forwards).or(Truth::any(hops.iter().map(|hop| leads_to(hop, interface)))),
        };
        out.judge(interface, at, fine, FORWARDING.meta.title);
    }
}

/// Whether a next hop is an address of an interface.
fn leads_to(hop: &Value, interface: &Document) -> Truth {
    match hop.as_unknown().map(|u| &u.reason) {
        Some(Reason::Computed { address, .. }) => (address.to_string() == interface.label()).into(),
        Some(reason) => Truth::Unknown(reason.to_string()),
        None => {
            let own = interface.items("properties.ipConfigurations").iter();
            let mut own = own.filter_map(|c| get(c, "properties.privateIPAddress")).filter_map(Value::as_str);
            own.any(|address| Some(address) == hop.as_str()).into()
        }
    }
}

fn unused(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for interface in graph.of_type(types::NIC) {
        let servers = interface.get("properties.dnsSettings.dnsServers");
        let used = match interface.declared {
            Some(_) => graph.is_used(interface),
            None => ["properties.virtualMachine.id", "properties.privateEndpoint.id"]
                .iter()
                .any(|path| interface.get(path).is_some())
                .into(),
        };
        let own_servers = has_members(servers);
        let text = if own_servers == Truth::Yes {
            "the interface has DNS servers of its own"
        } else {
            "nothing uses the interface"
        };
        out.judge(interface, servers, used.and(!own_servers), text);
    }
}
