//! Rules about flow logs of networks.

use std::collections::HashSet;

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Azurerm, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{AtLeast, AtMost, Matches, Set, True};
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Attribute, Check, Meta, Of, Outcomes, Profile, Truth};
use crate::azure::types;

/// A flow log: what it records, its switch, and its further lines.
macro_rules! flow_log {
    ($target:literal, $enabled:literal, $days:literal, $lines:literal) => {
        concat!(
            network!(),
            r#"resource "azurerm_network_security_group" "example" {
  name                = "nsg-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_network_watcher_flow_log" "example" {
  name                 = "flow-example"
  resource_group_name  = "NetworkWatcherRG"
  network_watcher_name = "NetworkWatcher_westeurope"
  target_resource_id   = "#,
            $target,
            r#".id
  storage_account_id   = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Storage/storageAccounts/stexample"
  enabled              = "#,
            $enabled,
            r#"

  retention_policy {
    enabled = true
    days    = "#,
            $days,
            "\n  }\n",
            $lines,
            "}\n"
        )
    };
}

const NETWORK_LOGS: &str = "https://learn.microsoft.com/azure/network-watcher/vnet-flow-logs-overview";
const DAYS: &str = "properties.retentionPolicy.days";

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-LOG-008",
            name: "flowlog-disabled",
            title: "the flow log is switched off",
            why: "After a break-in there is no record of who talked to whom.",
            fix: "Set enabled = true in the azurerm_network_watcher_flow_log.",
            bad: flow_log!("azurerm_virtual_network.example", "false", "90", ""),
            good: flow_log!("azurerm_virtual_network.example", "true", "90", ""),
            references: &["CIS Azure 6.0 6.1.1.5", NETWORK_LOGS],
            peers: &[
                "AZU-0073",
                "KICS network_watcher_flow_disabled",
                "CKV_AZURE_12",
                "Terrascan AC_AZURE_0418",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::FLOW_LOG),
        must: OrAbsent("properties.enabled", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-009",
            name: "flowlog-short-retention",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the flow log is kept for less than 90 days",
            why: "Break-ins are often noticed months later, when the records of them are gone.",
            fix: "Set retention_policy { enabled = true, days = 90 }; 0 days keeps it for ever.",
            exceptions: "Logs that a lifecycle rule of the storage account keeps.",
            bad: flow_log!("azurerm_virtual_network.example", "true", "7", ""),
            good: flow_log!("azurerm_virtual_network.example", "true", "90", ""),
            references: &["CIS Azure 6.0 7.5", NETWORK_LOGS],
            peers: &[
                "CKV_AZURE_12",
                "AZU-0049",
                "KICS small_flow_logs_retention_period",
                "Terrascan AC_AZURE_0419",
            ],
        },
        of: Of::Arm(types::FLOW_LOG),
        when: &[(OrAbsent("properties.enabled", True), "the flow log is off")],
        must: All(&[
            Is("properties.retentionPolicy.enabled", True),
            Any(&[Is(DAYS, AtLeast(90)), Is(DAYS, AtMost(0))]),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-010",
            name: "flowlog-no-analytics",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the flow log goes to files only",
            why: "Files of raw flows are rarely read, and no alert can be made of them.",
            fix: "Add traffic_analytics { enabled = true } with a Log Analytics workspace.",
            exceptions: "Logs that another product reads from the storage account.",
            bad: flow_log!("azurerm_virtual_network.example", "true", "90", ""),
            good: flow_log!(
                "azurerm_virtual_network.example",
                "true",
                "90",
                r#"
  traffic_analytics {
    enabled               = true
    workspace_id          = "11111111-2222-3333-4444-555555555555"
    workspace_region      = "westeurope"
    workspace_resource_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
  }
"#
            ),
            references: &["CIS Azure 6.0 6.1.1.5", NETWORK_LOGS],
            ..Meta::ROW
        },
        of: Of::Arm(types::FLOW_LOG),
        must: Is(
            "properties.flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration.enabled",
            True,
        ),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-011",
            name: "flowlog-on-nsg-retired",
            severity: Severity::High,
            title: "the flow log is that of a network security group, which Azure no longer makes",
            why: "Since 2025-06-30 a new one is refused and the apply fails; on 2027-09-30 the old ones end.",
            fix: "Set target_resource_id to the virtual network (azurerm 4.x or newer).",
            exceptions: "A log from before that day, until it is moved.",
            bad: flow_log!("azurerm_network_security_group.example", "true", "90", ""),
            good: flow_log!("azurerm_virtual_network.example", "true", "90", ""),
            references: &["https://learn.microsoft.com/azure/network-watcher/nsg-flow-logs-migrate"],
            ..Meta::ROW
        },
        of: Of::Arm(types::FLOW_LOG),
        must: Not(&Any(&[
            Azurerm(&[2, 3]),
            Is("hcl.network_security_group_id", Set),
            Is("properties.targetResourceId", Matches("(?i)/networkSecurityGroups/")),
        ])),
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
];

pub(super) static MISSING: Check = Check {
    meta: Meta {
        id: "TU-LOG-007",
        name: "flowlog-missing",
        profile: Profile::Strict,
        title: "nobody records the network's traffic",
        why: "After a break-in there is no record of who talked to whom.",
        fix: "Add an azurerm_network_watcher_flow_log whose target_resource_id is the virtual network.",
        exceptions: "Logs that another root module or a policy makes.",
        bad: network!(),
        good: flow_log!("azurerm_virtual_network.example", "true", "90", ""),
        references: &["CIS Azure 6.0 6.1.1.6", NETWORK_LOGS],
        peers: &["KICS network_watcher_flow_disabled"],
        ..Meta::ROW
    },
    check: missing,
};

fn missing(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let mut recorded = HashSet::new();
    let mut unknown = None;
    for log in graph.of_type(types::FLOW_LOG) {
        let target = log.get("properties.targetResourceId");
        match graph.link(target) {
            Link::Unknown(why) => unknown = Some(why),
            _ => recorded.extend(graph.id(target).map(|id| id.key())),
        }
    }
    if graph.evaluation.is_none() && recorded.is_empty() {
        unknown = Some("flow logs were not read".to_owned());
    }
    for network in graph.of_type(types::VNET) {
        let mut subnets = graph.children(&network.id, types::SUBNET).peekable();
        let by_subnet = subnets.peek().is_some() && subnets.all(|s| recorded.contains(&s.id.key()));
        let found = match (recorded.contains(&network.id.key()) || by_subnet, &unknown) {
            (true, _) => Truth::Yes,
            (false, Some(why)) => Truth::Unknown(why.clone()),
            (false, None) => Truth::No,
        };
        out.judge(network, None, graph.closed_world(network, found), MISSING.meta.title);
    }
}
