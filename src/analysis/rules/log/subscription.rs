//! LOG-013 to 016: the activity log of a subscription, and alerts on what happens in it.
//!
//! They are about roots that manage things of a subscription; other roots have no outcome.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{self, All, Any, Is};
use crate::analysis::rules::condition::Test::{AtLeast, AtMost, False, Filled, Has};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::links::keeps;
use crate::analysis::rules::graph::roles::{Level, Scope};
use crate::analysis::rules::graph::text::is_word;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

/// A root of a subscription, and further blocks.
macro_rules! subscription {
    ($blocks:expr) => {
        concat!(
            r#"data "azurerm_subscription" "current" {}

resource "azurerm_security_center_subscription_pricing" "containers" {
  resource_type = "Containers"
  tier          = "Standard"
}
"#,
            $blocks
        )
    };
}

/// An export of the subscription's activity log: its blocks.
macro_rules! export {
    ($logs:literal) => {
        concat!(
            r#"
resource "azurerm_monitor_diagnostic_setting" "activity" {
  name                       = "activity"
  target_resource_id         = data.azurerm_subscription.current.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"
"#,
            $logs,
            "}\n"
        )
    };
}

/// An alert on what happens in the subscription: its name, and lines of its criteria.
macro_rules! alert {
    ($name:literal, $criteria:literal) => {
        concat!(
            r#"
resource "azurerm_monitor_activity_log_alert" ""#,
            $name,
            r#"" {
  name                = ""#,
            $name,
            r#""
  resource_group_name = "rg-example"
  location            = "global"
  scopes              = [data.azurerm_subscription.current.id]

  criteria {
"#,
            $criteria,
            "  }\n}\n"
        )
    };
}

/// Alerts on writing and deleting a type: a name and the type.
macro_rules! changes {
    ($name:literal, $kind:literal) => {
        concat!(
            r#"
resource "azurerm_monitor_activity_log_alert" ""#,
            $name,
            r#"" {
  for_each            = toset(["write", "delete"])
  name                = "#,
            "\"",
            $name,
            r#"-${each.key}"
  resource_group_name = "rg-example"
  location            = "global"
  scopes              = [data.azurerm_subscription.current.id]

  criteria {
    category       = "Administrative"
    operation_name = ""#,
            $kind,
            r#"/${each.key}"
  }
}
"#
        )
    };
}

pub(super) static NOT_EXPORTED: Check = Check {
    meta: Meta {
        id: "TU-LOG-013",
        name: "activity-log-not-exported",
        profile: Profile::Strict,
        title: "the subscription's activity log is not exported",
        why: "Azure keeps the record of who changed what for 90 days; break-ins are often noticed later.",
        fix: "Add an azurerm_monitor_diagnostic_setting whose target_resource_id is the subscription.",
        exceptions: "Exports that another root module or a policy makes.",
        bad: subscription!(""),
        good: subscription!(export!("\n  enabled_log {\n    category = \"Administrative\"\n  }\n")),
        references: &[
            "CIS Azure 6.0 6.1.1.1",
            "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log",
        ],
        ..Meta::ROW
    },
    check: not_exported,
};

pub(super) static CATEGORIES: Check = Check {
    meta: Meta {
        id: "TU-LOG-014",
        name: "activity-log-categories",
        profile: Profile::Strict,
        title: "the export of the activity log leaves out what an audit needs",
        why: "The record has gaps: changes, alerts of security or of policy are missing.",
        fix: "Export Administrative, Security, Policy and Alert; in azurerm_monitor_log_profile (3.x) the categories \
              Action, Delete and Write for 365 days.",
        bad: subscription!(export!("\n  enabled_log {\n    category = \"Administrative\"\n  }\n")),
        good: subscription!(export!("\n  enabled_log {\n    category_group = \"allLogs\"\n  }\n")),
        references: &[
            "CIS Azure 6.0 6.1.1.2",
            "https://learn.microsoft.com/azure/azure-monitor/platform/activity-log",
        ],
        peers: &[
            "CKV_AZURE_37",
            "CKV_AZURE_38",
            "AZU-0031",
            "AZU-0033",
            "KICS small_activity_log_retention_period",
        ],
        ..Meta::ROW
    },
    check: categories,
};

pub(super) static CHANGES: Check = Check {
    meta: Meta {
        id: "TU-LOG-015",
        name: "activity-alert-missing",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "no alert tells of changes to what protects the subscription",
        why: "Somebody opens a network or removes a policy, and nobody is told.",
        fix: "Add an azurerm_monitor_activity_log_alert for each operation that is missing.",
        exceptions: "Subscriptions whose activity log another product watches.",
        bad: subscription!(""),
        good: subscription!(concat!(
            changes!("groups", "Microsoft.Network/networkSecurityGroups"),
            changes!("addresses", "Microsoft.Network/publicIPAddresses"),
            changes!("solutions", "Microsoft.Security/securitySolutions"),
            changes!("policies", "Microsoft.Authorization/policyAssignments")
        )),
        references: &[
            "CIS Azure 6.0 6.1.2.1",
            "https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-activity-log-alert-rule",
        ],
        peers: &["KICS activity_log_alert_for_create_or_update_network_security_group"],
    },
    check: changes,
};

pub(super) static HEALTH: Check = Check {
    meta: Meta {
        id: "TU-LOG-016",
        name: "service-health-alert-missing",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "no alert tells of the health of Azure's services",
        why: "Outages and announced retirements go unseen until something stops.",
        fix: "Add an azurerm_monitor_activity_log_alert with criteria { category = \"ServiceHealth\" }.",
        exceptions: "Subscriptions whose service health another product watches.",
        bad: subscription!(""),
        good: subscription!(alert!("health", "    category = \"ServiceHealth\"\n")),
        references: &[
            "CIS Azure 6.0 6.1.2.11",
            "https://learn.microsoft.com/azure/service-health/alerts-activity-log-service-notifications-portal",
        ],
        peers: &["PSRule Azure.Monitor.ServiceHealth", "KICS activity_log_alert_for_service_health"],
    },
    check: health,
};

/// What only the root of a subscription manages.
const OF_SUBSCRIPTION: [&str; 3] = [
    "azurerm_subscription",
    "azurerm_security_center_subscription_pricing",
    "azurerm_subscription_policy_assignment",
];

/// What makes a root that of a subscription: outcomes are told at it.
fn sign<'a>(graph: &Graph<'a>) -> Option<&'a Instance> {
    OF_SUBSCRIPTION.iter().find_map(|t| graph.instances(t).next())
}

/// Whether a diagnostic setting is that of a subscription.
fn of_subscription(setting: &Document) -> Truth {
    let scope = match &setting.declared {
        Some(declared) => {
            let config = &declared.instance.config;
            Scope::of(config.get("target_resource_id").or_else(|| config.get("parent_id")))
        }
        None => {
            let id = setting.id.as_str().to_ascii_lowercase();
            let target = id.split("/providers/microsoft.insights/diagnosticsettings").next();
            Scope::of(target.map(Value::from).as_ref())
        }
    };
    match scope.level {
        Some(level) => (level == Level::Subscription).into(),
        None => Truth::Unknown(scope.unknown),
    }
}

/// "There is none" of the root: certain only where all of it was read.
fn none_in_root(graph: &Graph<'_>, found: Truth) -> Truth {
    match (found, graph.gap()) {
        (Truth::No, Some(why)) => Truth::Unknown(why),
        (found, _) => found,
    }
}

fn not_exported(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(sign) = sign(graph) else { return };
    let found = Truth::any(graph.of_type(types::DIAGNOSTICS).map(of_subscription));
    out.judge(sign, None, none_in_root(graph, found), NOT_EXPORTED.meta.title);
}

const WANTED: [&str; 4] = ["Administrative", "Security", "Policy", "Alert"];
/// What a log profile of azurerm 3.x has to say: the part, and what is wrong otherwise.
const PROFILE: [(&str, Condition, &str); 2] = [
    (
        "categories",
        All(&[
            Is("categories", Has(&["Action"])),
            Is("categories", Has(&["Delete"])),
            Is("categories", Has(&["Write"])),
        ]),
        "the export lacks one of Action, Delete and Write",
    ),
    (
        "retention_policy",
        All(&[
            Is("retention_policy", Filled),
            Any(&[
                Is("retention_policy.enabled", False),
                Is("retention_policy.days", AtLeast(365)),
                Is("retention_policy.days", AtMost(0)),
            ]),
        ]),
        "the export is kept for less than 365 days",
    ),
];

fn categories(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for setting in graph.of_type(types::DIAGNOSTICS) {
        let of_subscription = of_subscription(setting);
        if of_subscription == Truth::No {
            out.skip(setting, "it is not that of a subscription");
            continue;
        }
        let kept = WANTED.map(|c| (c, keeps(setting, &[c], &["audit", "allLogs"])));
        let missing: Vec<&str> = kept.iter().filter(|(_, k)| *k == Truth::No).map(|(c, _)| *c).collect();
        let fine = Truth::all(kept.iter().map(|(_, k)| k.clone())).or(!of_subscription);
        out.judge(setting, None, fine, format!("the export lacks {}", missing.join(", ")));
    }
    for profile in graph.instances("azurerm_monitor_log_profile") {
        for (part, condition, wrong) in &PROFILE {
            let answer = condition.answer(graph, profile.into());
            out.judge(profile, answer.at, answer.truth, *wrong).part(part);
        }
    }
}

/// The values that alerts on the activity log ask for, under the name of azurerm and of ARM.
fn asked<'a>(graph: &Graph<'a>, argument: &str, field: &str) -> Vec<&'a Value> {
    // An alert that is switched off tells nobody.
    let off = |enabled: Option<&Value>| enabled.is_some_and(|v| v.as_bool() == Some(false));
    let declared = graph.instances("azurerm_monitor_activity_log_alert");
    let declared = declared.filter(|i| !off(i.config.get("enabled"))).flat_map(|i| {
        let criteria = i.config.get("criteria");
        let blocks = criteria.and_then(Value::as_slice).unwrap_or_default();
        let unknown = criteria.filter(|c| c.is_unknown());
        unknown.into_iter().chain(blocks.iter().filter_map(|b| get(b, argument))).collect::<Vec<_>>()
    });
    let documents = graph.of_type("Microsoft.Insights/activityLogAlerts");
    let documents = documents.filter(|alert| !off(alert.get("properties.enabled"))).flat_map(|alert| {
        let all = alert.items("properties.condition.allOf").iter();
        let of_field = all.filter(|c| get(c, "field").is_some_and(|f| is_word(f, field)));
        of_field.filter_map(|c| get(c, "equals")).collect::<Vec<_>>()
    });
    declared.chain(documents).collect()
}

const OPERATIONS: [&str; 8] = [
    "Microsoft.Network/networkSecurityGroups/write",
    "Microsoft.Network/networkSecurityGroups/delete",
    "Microsoft.Network/publicIPAddresses/write",
    "Microsoft.Network/publicIPAddresses/delete",
    "Microsoft.Security/securitySolutions/write",
    "Microsoft.Security/securitySolutions/delete",
    "Microsoft.Authorization/policyAssignments/write",
    "Microsoft.Authorization/policyAssignments/delete",
];

fn changes(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(sign) = sign(graph) else { return };
    let asked = asked(graph, "operation_name", "operationName");
    let told = |operation: &str| Truth::any(asked.iter().map(|v| Truth::is_word(Some(v), operation, false)));
    let missing: Vec<&str> = OPERATIONS.into_iter().filter(|o| told(o) == Truth::No).collect();
    let all = none_in_root(graph, Truth::all(OPERATIONS.map(told)));
    out.judge(sign, None, all, format!("no alert tells of {}", missing.join(", ")));
}

fn health(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(sign) = sign(graph) else { return };
    let asked = asked(graph, "category", "category");
    let told = Truth::any(asked.iter().map(|v| Truth::is_word(Some(v), "ServiceHealth", false)));
    out.judge(sign, None, none_in_root(graph, told), HEALTH.meta.title);
}
