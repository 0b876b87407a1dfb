//! Rules about one attribute of a network, a subnet or a network interface.

use super::{subnet, vnet};
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Every, Exists, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{By, Filled, OneOf, Set, True};
use crate::analysis::rules::graph::addresses::{PUBLIC_V4, PUBLIC_V6, Ranges, range};
use crate::analysis::rules::{Attribute, Meta, Of, Profile};
use crate::azure::types;
use crate::terraform::value::Value;

const SPACE: &str = "properties.addressSpace.addressPrefixes";

/// True for a prefix of private space, and for text that is no prefix: another rule's.
fn is_private(prefix: &Value) -> bool {
    let Some((first, last, v6)) = prefix.as_str().and_then(range) else { return true };
    let public = if v6 { &*PUBLIC_V6 } else { &*PUBLIC_V4 };
    Ranges::of(first, last).and(public).is_empty()
}

pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-NET-006",
            name: "vnet-encryption-off",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "traffic between machines of the network is not encrypted",
            why: "Rules for regulated data ask for encryption inside of the data centre too.",
            fix: "Add encryption { enforcement = \"AllowUnencrypted\" }; not all machine sizes take part.",
            exceptions: "Networks without regulated data.",
            bad: vnet!(""),
            good: vnet!("\n  encryption {\n    enforcement = \"AllowUnencrypted\"\n  }\n"),
            references: &[
                "https://learn.microsoft.com/azure/virtual-network/virtual-network-encryption-overview",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::VNET),
        must: All(&[Is("properties.encryption", Set), OrAbsent("properties.encryption.enabled", True)]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-NET-008",
            name: "subnet-service-endpoint-unrestricted",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the subnet reaches every storage account of Azure directly",
            why: "A service endpoint without a policy leads past the firewall to strangers' accounts as well: data can be \
                  copied out.",
            fix: "Attach a policy with service_endpoint_policy_ids, or use private endpoints.",
            exceptions: "",
            bad: concat!(
                vnet!(""),
                subnet!(
                    "nodes",
                    "snet-nodes",
                    "10.0.0.0/22",
                    "  service_endpoints    = [\"Microsoft.Storage\"]\n"
                )
            ),
            good: concat!(
                vnet!(""),
                subnet!(
                    "nodes",
                    "snet-nodes",
                    "10.0.0.0/22",
                    "  service_endpoints    = [\"Microsoft.Storage\"]\n  service_endpoint_policy_ids = [\"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/serviceEndpointPolicies/storage\"]\n"
                )
            ),
            references: &[
                "https://learn.microsoft.com/azure/virtual-network/virtual-network-service-endpoint-policies-overview",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::SUBNET),
        when: &[(
            Exists(
                "properties.serviceEndpoints",
                &Is("service", OneOf(&["Microsoft.Storage", "Microsoft.Storage.Global"])),
            ),
            "it has no service endpoint for storage",
        )],
        must: Is("properties.serviceEndpointPolicies", Filled),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-NET-009",
            name: "vnet-public-address-space",
            severity: Severity::Medium,
            title: "the network uses addresses that belong to others on the Internet",
            why: "The real owners of these addresses cannot be reached from the network any more.",
            fix: "Use a private range: 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
            exceptions: "Ranges that your organisation owns.",
            bad: vnet!("example", "20.0.0.0/16"),
            good: vnet!("example", "10.0.0.0/16"),
            references: &["https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"],
            ..Meta::ROW
        },
        of: Of::Arm(types::VNET),
        when: &[(Is(SPACE, Set), "its addresses come from a pool")],
        must: Every(SPACE, &Is("", By(is_private))),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-NET-020",
            name: "nic-public-ip",
            severity: Severity::Medium,
            title: "the network interface has a public address",
            why: "The machine faces the Internet by itself: a wrong security rule is all that it takes.",
            fix: "Remove public_ip_address_id; come in through Bastion or a load balancer, go out through a NAT gateway.",
            exceptions: "Network appliances that terminate public traffic.",
            bad: super::interfaces::interface!(
                "    public_ip_address_id          = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip\"\n",
                ""
            ),
            good: super::interfaces::interface!("", ""),
            references: &["https://learn.microsoft.com/azure/bastion/bastion-overview"],
            peers: &["CKV_AZURE_119", "AZU-0076", "KICS network_interfaces_with_public_ip"],
            ..Meta::ROW
        },
        of: Of::Arm(types::NIC),
        must: Not(&Exists("properties.ipConfigurations", &Is("properties.publicIPAddress.id", Set))),
        ..Attribute::ROW
    },
];
