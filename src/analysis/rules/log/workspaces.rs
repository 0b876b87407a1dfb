//! Rules about one attribute of a Log Analytics workspace.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Any, Azurerm, Is, Not};
use crate::analysis::rules::condition::Test::{AtLeast, By, NoneOf, Set, True};
use crate::analysis::rules::{Attribute, Meta, Of, Profile};
use crate::azure::types;
use crate::terraform::value::Value;

/// A workspace and lines of its body.
macro_rules! workspace {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_log_analytics_workspace" "example" {
  name                = "log-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
"#,
            $lines,
            "}\n"
        )
    };
}

/// A workspace in the words of ARM: whether a copy stands in another region.
macro_rules! azapi_workspace {
    ($replicated:literal) => {
        concat!(
            r#"resource "azapi_resource" "example" {
  type      = "Microsoft.OperationalInsights/workspaces@2025-07-01"
  name      = "log-example"
  parent_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  location  = "westeurope"

  body = {
    properties = {
      replication = { enabled = "#,
            $replicated,
            r#", location = "northeurope" }
    }
  }
}
"#
        )
    };
}

const ACCESS: &str = "https://learn.microsoft.com/azure/azure-monitor/logs/private-link-security";
const REPLICATED: &str = "properties.replication.enabled";
/// Gigabytes a day below which a cap is likely to be reached.
const SMALL_CAP: f64 = 10.0;

/// True for a cap that a busy day reaches; -1 is none.
fn small_cap(cap: &Value) -> bool {
    let number = cap.as_number().map(|n| n.to_f64()).or_else(|| cap.as_str()?.parse().ok());
    number.is_some_and(|cap| cap > 0.0 && cap < SMALL_CAP)
}

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-LOG-001",
            name: "law-short-retention",
            profile: Profile::Strict,
            title: "the workspace keeps logs for less than 90 days",
            why: "Break-ins are often noticed months later, when the records of them are gone. Nothing set means 30 days.",
            fix: "Set retention_in_days = 90 or more.",
            exceptions: "Workspaces of test environments, and logs that are archived elsewhere.",
            bad: workspace!(""),
            good: workspace!("  retention_in_days   = 90\n"),
            references: &["https://learn.microsoft.com/azure/azure-monitor/logs/data-retention-configure"],
            ..Meta::ROW
        },
        of: Of::Arm(types::WORKSPACE),
        must: Is("properties.retentionInDays", AtLeast(90)),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-002",
            name: "law-public-ingestion",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "logs can be sent to the workspace from the Internet",
            why: "Whoever has its key can fill it with false records.",
            fix: "Set internet_ingestion_access_type = \"Disabled\" (internet_ingestion_enabled = false before azurerm 5.0) \
                  with an Azure Monitor private link scope.",
            exceptions: "Workspaces with agents outside of the network.",
            bad: workspace!(""),
            good: workspace!("\n  internet_ingestion_enabled = false\n"),
            references: &[ACCESS],
            ..Meta::ROW
        },
        of: Of::Arm(types::WORKSPACE),
        must: Is("properties.publicNetworkAccessForIngestion", NoneOf(&["Enabled"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-003",
            name: "law-public-query",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "logs can be read from the Internet",
            why: "A stolen token reads them from anywhere, with the names and addresses in them.",
            fix: "Set internet_query_access_type = \"Disabled\" (internet_query_enabled = false before azurerm 5.0) with an \
                  Azure Monitor private link scope.",
            exceptions: "Workspaces that people read in the portal without a private way to it.",
            bad: workspace!(""),
            good: workspace!("\n  internet_query_enabled = false\n"),
            references: &[ACCESS],
            ..Meta::ROW
        },
        of: Of::Arm(types::WORKSPACE),
        must: Is("properties.publicNetworkAccessForQuery", NoneOf(&["Enabled"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-004",
            name: "law-local-auth",
            profile: Profile::Strict,
            title: "the workspace's shared keys work",
            why: "They stand in agents and in state files, and nobody can tell who used them.",
            fix: "Set local_authentication_enabled = false (local_authentication_disabled = true in azurerm 3.x), once all \
                  agents use Entra ID.",
            exceptions: "Workspaces with old agents.",
            bad: workspace!(""),
            good: workspace!("\n  local_authentication_enabled = false\n"),
            references: &[
                "https://learn.microsoft.com/azure/azure-monitor/logs/azure-ad-authentication-logs",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::WORKSPACE),
        must: Is("properties.features.disableLocalAuth", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-005",
            name: "law-daily-cap",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a small daily cap drops logs for the rest of the day",
            why: "An attack makes noise: it fills the cap first, and what follows is not on record.",
            fix: "Set daily_quota_gb = -1 and watch the cost with a budget.",
            exceptions: "Workspaces without logs of security.",
            bad: workspace!("  daily_quota_gb      = 1\n"),
            good: workspace!("  daily_quota_gb      = -1\n"),
            references: &["https://learn.microsoft.com/azure/azure-monitor/logs/daily-cap"],
            ..Meta::ROW
        },
        of: Of::Arm(types::WORKSPACE),
        must: Not(&Is("properties.workspaceCapping.dailyQuotaGb", By(small_cap))),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-LOG-006",
            name: "law-not-replicated",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the workspace has no copy in another region",
            why: "While its region is away, logs are lost and alerts are silent.",
            fix: "Set properties.replication = { enabled = true, location = ... } (azapi).",
            exceptions: "Workspaces whose gaps can be borne.",
            bad: azapi_workspace!("false"),
            good: azapi_workspace!("true"),
            references: &["https://learn.microsoft.com/azure/azure-monitor/logs/workspace-replication"],
            peers: &["PSRule Azure.Log.Replication"],
        },
        of: Of::Arm(types::WORKSPACE),
        when: &[(Any(&[Not(&Azurerm(&[2, 3, 4, 5])), Is(REPLICATED, Set)]), "azurerm cannot set it")],
        must: Is(REPLICATED, True),
        ..Attribute::ROW
    },
];
