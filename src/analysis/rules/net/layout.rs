//! NET-005, NET-013, NET-014, NET-017: what a network has, and how it is written.

use super::{subnet, vnet};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::places::Tenant;
use crate::analysis::rules::graph::text::{flag, has_members, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::nsg::housekeeping::ignores;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static DDOS: Check = Check {
    meta: Meta {
        id: "TU-NET-005",
        name: "vnet-ddos-plan-missing",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a network with public addresses has no DDoS protection plan",
        why: "A flood that is small for Azure, but large for the service behind one address, takes it down.",
        fix: "Add ddos_protection_plan { id, enable = true } to the network, or ddos_protection_mode = \"Enabled\" to the \
              public addresses.",
        exceptions: "The plan costs more than most workloads; services that may be down for an hour.",
        bad: concat!(vnet!(""), bastion!()),
        good: concat!(
            vnet!(
                "\n  ddos_protection_plan {\n    id     = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/ddosProtectionPlans/plan\"\n    enable = true\n  }\n"
            ),
            bastion!()
        ),
        references: &["CIS Azure 6.0 8.5"],
        peers: &["KICS virtual_network_with_ddos_protection_plan_disabled"],
    },
    check: ddos,
};

macro_rules! bastion {
    () => {
        concat!(
            subnet!("bastion", "AzureBastionSubnet", "10.0.8.0/26"),
            r#"
resource "azurerm_bastion_host" "example" {
  name                = "bas-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  ip_configuration {
    name                 = "public"
    subnet_id            = azurerm_subnet.bastion.id
    public_ip_address_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip"
  }
}
"#
        )
    };
}

pub(super) static BASTION: Check = Check {
    meta: Meta {
        id: "TU-NET-013",
        name: "bastion-missing",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "machines stand in a network without a Bastion host",
        why: "Administrators then use public addresses or open ports.",
        fix: "Add an azurerm_bastion_host to the network, or to a hub that it is peered with.",
        exceptions: "Networks that are administered over a VPN.",
        bad: concat!(vnet!(""), subnet!("machines", "snet-machines", "10.0.0.0/24"), machine!()),
        good: concat!(vnet!(""), subnet!("machines", "snet-machines", "10.0.0.0/24"), machine!(), bastion!()),
        references: &["CIS Azure 6.0 8.4.1"],
        peers: &["PSRule Azure.VNET.BastionSubnet", "KICS azure_bastion_host_missing"],
    },
    check: bastion_missing,
};

macro_rules! machine {
    () => {
        r#"
resource "azurerm_network_interface" "machine" {
  name                = "nic-machine"
  location            = "westeurope"
  resource_group_name = "rg-example"

  ip_configuration {
    name                          = "ipconfig"
    subnet_id                     = azurerm_subnet.machines.id
    private_ip_address_allocation = "Dynamic"
  }
}
"#
    };
}

pub(super) static HUB: Check = Check {
    meta: Meta {
        id: "TU-NET-014",
        name: "hub-without-firewall",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "a hub with a gateway has no firewall",
        why: "Traffic between the sites and the networks is neither filtered nor seen.",
        fix: "Add an Azure Firewall in the subnet AzureFirewallSubnet, or route through an appliance.",
        exceptions: "",
        bad: concat!(vnet!(""), subnet!("gateway", "GatewaySubnet", "10.0.8.0/27")),
        good: concat!(
            vnet!(""),
            subnet!("gateway", "GatewaySubnet", "10.0.8.0/27"),
            subnet!("firewall", "AzureFirewallSubnet", "10.0.9.0/26")
        ),
        references: &["https://learn.microsoft.com/azure/architecture/networking/architecture/hub-spoke"],
        peers: &["PSRule Azure.VNET.FirewallSubnet", "PSRule Azure.VNET.FirewallSubnetNAT"],
    },
    check: hub,
};

pub(super) static BOTH_STYLES: Check = Check {
    meta: Meta {
        id: "TU-NET-017",
        name: "vnet-inline-and-separate-subnets",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the network has subnets of its own and subnets that are resources",
        why: "Each apply deletes the subnets of the other style, or fails because something stands in them.",
        fix: "Keep one style: subnet blocks, or azurerm_subnet resources.",
        exceptions: "",
        bad: concat!(
            vnet!(
                "\n  subnet {\n    name             = \"inline\"\n    address_prefixes = [\"10.0.1.0/24\"]\n  }\n"
            ),
            subnet!("nodes", "snet-nodes", "10.0.4.0/22")
        ),
        good: concat!(vnet!(""), subnet!("nodes", "snet-nodes", "10.0.4.0/22")),
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/virtual_network",
        ],
        peers: &[],
    },
    check: both_styles,
};

use {bastion, machine};

/// Tenants with public addresses, and where a document has them.
const FACING: [(Tenant, &str); 5] = [
    (Tenant::Interface, "properties.ipConfigurations"),
    (Tenant::ApplicationGateway, "properties.frontendIPConfigurations"),
    (Tenant::Firewall, "properties.ipConfigurations"),
    (Tenant::Bastion, "properties.ipConfigurations"),
    (Tenant::NetworkGateway, "properties.ipConfigurations"),
];

fn ddos(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for network in graph.of_type(types::VNET) {
        let plan = network.get("properties.ddosProtectionPlan").and_then(Value::as_unknown);
        let plan = plan.map(|u| u.reason.to_string());
        let protected = flag(network.get("properties.enableDdosProtection"), false).unless(plan.as_deref());
        let exposed = Truth::any(graph.children(&network.id, types::SUBNET).map(|s| exposed(graph, &s.id)));
        if exposed == Truth::No {
            out.skip(network, "nothing in it has a public address without a plan of its own");
            continue;
        }
        let at = network.get("properties.enableDdosProtection");
        out.judge(network, at, protected.or(!exposed), DDOS.meta.title);
    }
}

/// Whether something in a subnet has a public address that no plan of its own protects.
fn exposed(graph: &Graph<'_>, subnet: &ResourceId) -> Truth {
    let configurations = FACING.iter().flat_map(|(kind, list)| {
        graph.places().all_of(subnet, *kind).flat_map(move |document| document.items(list))
    });
    Truth::any(configurations.map(|configuration| {
        let address = get(configuration, "properties.publicIPAddress.id");
        let unprotected = match graph.link(address) {
            Link::To(address) => {
                let mode = address.get("properties.ddosSettings.protectionMode");
                !Truth::of(mode, false, |v| is_word(v, "Enabled"))
            }
            _ => Truth::Yes,
        };
        Truth::is_set(address).and(unprotected)
    }))
}

fn bastion_missing(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for network in graph.of_type(types::VNET) {
        let machines = graph
            .children(&network.id, types::SUBNET)
            .any(|subnet| graph.places().has(&subnet.id, &[Tenant::Interface, Tenant::ScaleSet]));
        if !machines {
            out.skip(network, "no machine of this root stands in it");
            continue;
        }
        let peers = graph.peers(&network.id);
        let found = Truth::any(std::iter::once(&network.id).chain(&peers).map(|id| {
            match (has_bastion(graph, id), graph.estate.by_id(id)) {
                (true, _) => Truth::Yes,
                (false, Some(_)) => Truth::No,
                (false, None) => {
                    Truth::Unknown(format!("the peered network {} of another root may have one", id.name()))
                }
            }
        }));
        let found = graph.closed_world(network, found).unless(graph.stray(types::SUBNET));
        out.judge(network, None, found, BASTION.meta.title);
    }
}

fn has_bastion(graph: &Graph<'_>, network: &ResourceId) -> bool {
    let named = |subnet: &Document| subnet.name().eq_ignore_ascii_case("AzureBastionSubnet");
    graph.children(network, types::SUBNET).any(named)
        || graph
            .of_type(types::BASTION)
            .any(|bastion| graph.id(bastion.get("properties.virtualNetwork.id")).as_ref() == Some(network))
}

fn hub(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let appliance = graph
        .of_type(types::ROUTE)
        .any(|r| r.get("properties.nextHopType").is_some_and(|h| is_word(h, "VirtualAppliance")));
    for network in graph.of_type(types::VNET) {
        let has = |name: &str| {
            graph.children(&network.id, types::SUBNET).any(|s| s.name().eq_ignore_ascii_case(name))
        };
        if !has("GatewaySubnet") {
            out.skip(network, "it has no gateway");
            continue;
        }
        let fine = Truth::from(appliance || has("AzureFirewallSubnet"));
        let fine = graph.closed_world(network, fine).unless(graph.stray(types::SUBNET));
        out.judge(network, None, fine, HUB.meta.title);
    }
}

fn both_styles(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for network in graph.of_type(types::VNET) {
        let known = |subnet: &Document| subnet.get("properties").is_some_and(|all| !all.is_unknown());
        let written = |subnet: &&Document, inline: bool| {
            subnet.declared.as_ref().is_some_and(|d| d.inline.is_empty() != inline) && known(subnet)
        };
        let own = graph.children(&network.id, types::SUBNET).find(|s| written(s, true));
        let separate = graph.children(&network.id, types::SUBNET).find(|s| written(s, false));
        match (own, separate) {
            (Some(_), Some(separate)) if !ignores(network, "subnet") => {
                let text = format!("{} has subnet blocks and separate subnets", network.name());
                let block = separate.declared.as_ref().map(|d| d.block);
                out.fail(
                    network,
                    network.get("properties.subnets").filter(|v: &&Value| !v.is_unknown()),
                    text,
                )
                .because(block, "a subnet that is a resource");
            }
            (own, separate) if !ignores(network, "subnet") => {
                let inside = Truth::from(own.is_some()).or(has_members(network.get("properties.subnets")));
                let beside = Truth::from(separate.is_some()).unless(graph.stray(types::SUBNET));
                out.judge(network, None, !inside.and(beside), "");
            }
            _ => drop(out.pass(network)),
        }
    }
}
