//! KV-023: nobody records who reads secrets.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-023",
        name: "kv-no-audit-logs",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "access to the vault is not logged",
        why: "After a leak there is no evidence of who read which secret.",
        fix: "Add an azurerm_monitor_diagnostic_setting for the vault with enabled_log { category_group = \"audit\" }.",
        exceptions: "Settings that another root module or a policy makes.",
        bad: vault!(""),
        good: concat!(
            vault!(""),
            r#"
resource "azurerm_monitor_diagnostic_setting" "audit" {
  name                       = "audit"
  target_resource_id         = azurerm_key_vault.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.OperationalInsights/workspaces/log"

  enabled_log {
    category_group = "audit"
  }
}
"#
        ),
        references: &[
            "CIS Azure 6.0 6.1.1.4",
            "CIS Azure 2.0 5.1.5",
            "https://learn.microsoft.com/azure/key-vault/general/logging",
        ],
        peers: &["PSRule Azure.KeyVault.Logs", "KICS vault_auditing_disabled", "Terrascan AC_AZURE_0169"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for vault in graph.of_type(types::VAULT) {
        let kept = graph.keeps_log(vault, &["AuditEvent"], &["audit", "allLogs"]);
        out.judge(vault, None, graph.closed_world(vault, kept), RULE.meta.title);
    }
}
