//! NET-026: names that Azure refuses.

use super::vnet;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::shown;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject, Test};
use crate::azure::types;
use crate::terraform::value::Value;

/// 2 to 64 characters.
const SHORT: &str = "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]$";
/// 1 to 80 characters.
const LONG: &str = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?$";
/// 1 to 56 characters.
const FIREWALL: &str = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,54}[A-Za-z0-9_])?$";

/// Names by type.
const NAMES: [(&str, &str); 13] = [
    (types::VNET, SHORT),
    (types::PRIVATE_ENDPOINT, SHORT),
    (types::SUBNET, LONG),
    (types::NSG, LONG),
    (types::NSG_RULE, LONG),
    (types::NIC, LONG),
    (types::PUBLIC_IP, LONG),
    (types::LOAD_BALANCER, LONG),
    (types::ROUTE_TABLE, LONG),
    (types::ROUTE, LONG),
    (types::PEERING, LONG),
    (types::FIREWALL_POLICY, LONG),
    (types::FIREWALL, FIREWALL),
];
/// A type without a place in the model.
const ASG: &str = "azurerm_application_security_group";

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NET-026",
        name: "vnet-name-invalid",
        severity: Severity::High,
        title: "Azure refuses the name",
        why: "The apply fails, after other resources were made.",
        fix: "Letters, digits, underscores, dots and hyphens; a letter or digit first, a letter, digit or underscore last. \
              Networks and private endpoints: 2 to 64 characters, firewalls up to 56, others up to 80.",
        bad: r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = ["10.0.0.0/16"]
}
"#,
        good: vnet!(""),
        references: &[
            "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules",
        ],
        peers: &[
            "PSRule Azure.VNET.Name",
            "PSRule Azure.VNET.SubnetName",
            "PSRule Azure.NSG.Name",
            "PSRule Azure.Route.Name",
            "PSRule Azure.PrivateEndpoint.Name",
            "PSRule Azure.LB.Name",
            "PSRule Azure.PublicIP.Name",
            "PSRule Azure.ASG.Name",
            "PSRule Azure.NIC.Name",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for (arm_type, pattern) in NAMES {
        // Azure never gives back a name that it would refuse.
        for document in graph.of_type(arm_type).filter(|d| d.declared.is_some()) {
            judge(out, document.into(), document.get("name"), pattern);
        }
    }
    for group in graph.instances(ASG) {
        judge(out, group.into(), group.config.get("name"), LONG);
    }
}

fn judge(out: &mut Outcomes<'_>, subject: Subject, name: Option<&Value>, pattern: &'static str) {
    let Some(name) = name else { return };
    let fine = Test::Matches(pattern).of(Some(name), true);
    let text = match name.as_str() {
        Some("") => "Azure refuses an empty name".to_owned(),
        _ => format!("Azure refuses the name {}", shown(name)),
    };
    out.judge(subject, Some(name), fine, text);
}
