//! LIV-001: somebody made it weaker by hand.

use std::collections::{BTreeMap, HashMap};

use crate::analysis::finding::Severity;
use crate::analysis::rules::chg::weaker::{failures, group_of};
use crate::analysis::rules::example::{live, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::report::every_outcome;
use crate::analysis::rules::{Check, Meta, Outcome, Outcomes, Standing, Subject};

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
    let there = live.verdicts();
    let failed: HashMap<_, &Outcome> =
        failures(live, &GROUPS).into_iter().map(|o| ((o.rule, o.part, &*o.address), o)).collect();
    let names = alive.by_address();
    // Of a pass only a mark is kept: a rule that does not hold live is asked again where it says so in the code.
    let mut places: BTreeMap<&str, Vec<Outcome>> = BTreeMap::new();
    let passed = graph.verdicts().passed().filter(|(rule, ..)| GROUPS.contains(&group_of(rule)));
    for (rule, part, address) in passed {
        let ids = names.get(address).map(Vec::as_slice).unwrap_or_default();
        let block = graph.instance(address).map(|i| i.block);
        let subject = Subject::new(address.clone(), block);
        if let Some(weaker) = ids.iter().find_map(|id| failed.get(&(rule, part, &**id))) {
            let short = rule.strip_prefix("TU-").unwrap_or(rule);
            let text = format!("live, {short} does not hold: {}", weaker.verdict.text());
            let again = places.entry(rule).or_insert_with(|| every_outcome(graph, rule));
            let place = again.iter().find(|o| o.part == part && o.address == *address);
            let told = out.fail(subject, None, text);
            told.severity(weaker.severity).note(weaker.note.clone()).at(place.and_then(|o| o.span));
            told.about = Some(rule);
        } else if ids.iter().any(|id| there.standing(rule, part, id) == Standing::Passed) {
            out.pass(subject).about = Some(rule);
        }
    }
}
