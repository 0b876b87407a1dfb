//! LOG-012: parts of diagnostic settings that newer providers have removed.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Azurerm, Exists, Is, Not};
use crate::analysis::rules::condition::Test::Filled;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::{Attribute, Condition, Meta, Of};

/// A setting of the example's vault: its last blocks.
macro_rules! setting {
    ($blocks:literal) => {
        concat!(
            vault!(""),
            r#"
resource "azurerm_monitor_diagnostic_setting" "example" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category_group = "audit"
  }
"#,
            $blocks,
            "}\n"
        )
    };
}

/// A block says how long files are kept.
const KEEPS: Condition = Is("retention_policy", Filled);

/// The rows.
pub(super) static ROWS: &[Attribute] = &[Attribute {
    meta: Meta {
        id: "TU-LOG-012",
        name: "diag-removed-retention",
        severity: Severity::Low,
        title: "the setting uses a block that the provider has removed, or removes in its next major version",
        why: "The upgrade breaks the plan: log is gone in azurerm 4.0, metric and retention_policy in 5.0; and Azure \
              does not heed the retention any more.",
        fix: "Use enabled_log and enabled_metric, and a lifecycle rule of the storage account for retention.",
        bad: setting!("\n  metric {\n    category = \"AllMetrics\"\n  }\n"),
        good: setting!("\n  enabled_metric {\n    category = \"AllMetrics\"\n  }\n"),
        references: &[
            "https://github.com/hashicorp/terraform-provider-azurerm/blob/main/website/docs/guides/5.0-upgrade-guide.html.markdown",
        ],
        ..Meta::ROW
    },
    of: Of::Terraform("azurerm_monitor_diagnostic_setting"),
    must: Not(&Any(&[
        Is("log", Filled),
        All(&[
            Azurerm(&[4, 5]),
            Any(&[
                Is("metric", Filled),
                Exists("enabled_log", &KEEPS),
                Exists("log", &KEEPS),
                Exists("metric", &KEEPS),
            ]),
        ]),
    ])),
    ..Attribute::ROW
}];
