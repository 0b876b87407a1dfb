//! LIV-001: somebody made it weaker by hand.

use std::collections::HashMap;

use crate::analysis::finding::Severity;
use crate::analysis::rules::chg::weaker::verdicts;
use crate::analysis::rules::example::{live, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcome, Outcomes, Subject, Verdict};
use crate::azure::id::ResourceId;

macro_rules! live_vault {
    ($action:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.KeyVault/vaults/kv-example"),
            r#"",
  "type": "Microsoft.KeyVault/vaults",
  "name": "kv-example",
  "location": "westeurope",
  "properties": {
    "tenantId": "11111111-2222-3333-4444-555555555555",
    "sku": { "family": "A", "name": "standard" },
    "networkAcls": { "defaultAction": ""#,
            $action,
            r#"", "bypass": "AzureServices", "ipRules": [], "virtualNetworkRules": [] }
  }
}]
"#
        )
    };
}

macro_rules! closed_vault {
    () => {
        vault!(
            "\n  network_acls {\n    default_action = \"Deny\"\n    bypass         = \"AzureServices\"\n  }\n"
        )
    };
}

pub(super) static WEAKER: Check = Check {
    meta: Meta {
        id: "TU-LIV-001",
        name: "drift-weakens-security",
        severity: Severity::High,
        title: "what is live is weaker than the code: somebody changed it by hand",
        why: "The code looks right, so a review of it finds nothing, while the exposure is real.",
        fix: "Apply, which sets it back; or write the change into the code, where it can be reviewed.",
        exceptions: "A change by hand that is meant and short.",
        bad: live!(closed_vault!(), live_vault!("Allow")),
        good: live!(closed_vault!(), live_vault!("Deny")),
        references: &["https://learn.microsoft.com/azure/azure-resource-manager/management/overview"],
        ..Meta::ROW
    },
    check,
};

/// Groups of rules that judge settings.
const GROUPS: [&str; 12] =
    ["AKS", "ACR", "KV", "NET", "NSG", "EDG", "PEP", "IAM", "LOG", "AGW", "FWL", "ARO"];

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    if alive.graph.is_none() {
        return;
    }
    let there = verdicts(live, &GROUPS);
    let names = alive.by_address();
    for (rule, declared) in verdicts(graph, &GROUPS) {
        let Some(seen) = there.get(rule) else { continue };
        let key = |o: &'_ Outcome| (ResourceId::new(&*o.address).key(), o.part);
        let seen: HashMap<(String, &str), &Outcome> = seen.iter().map(|o| (key(o), o)).collect();
        for outcome in declared.iter().filter(|o| o.verdict == Verdict::Pass) {
            let ids = names.get(&outcome.address).map(Vec::as_slice).unwrap_or_default();
            let found: Vec<&&Outcome> =
                ids.iter().filter_map(|id| seen.get(&(id.clone(), outcome.part))).collect();
            let block = graph.instance(&outcome.address).map(|i| i.block);
            let subject = Subject::new(outcome.address.clone(), block);
            let short = rule.strip_prefix("TU-").unwrap_or(rule);
            if let Some(weaker) = found.iter().find(|o| o.is_failure()) {
                let text = format!("live, {short} does not hold: {}", weaker.verdict.text());
                let told = out.fail(subject, None, text);
                told.severity(weaker.severity).note(weaker.note.clone()).at(outcome.span);
                told.about = Some(rule);
            } else if found.iter().any(|o| o.verdict == Verdict::Pass) {
                out.pass(subject).about = Some(rule);
            }
        }
    }
}
