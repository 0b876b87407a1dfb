//! SEC-004: variables that take a secret and do not say so.

use std::collections::BTreeMap;

use super::literal::secrets;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject};
use crate::terraform::address::Mode;
use crate::terraform::value::Reason;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-004",
        name: "sensitive-variable-unmarked",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a variable takes a secret and is not marked as sensitive",
        why: "Plans and logs show its value wherever the provider does not know that it is one.",
        fix: "Set sensitive = true in the variable.",
        bad: concat!(
            vault!(""),
            r#"
variable "password" {
  type = string
}

resource "azurerm_key_vault_secret" "database" {
  name         = "database"
  key_vault_id = azurerm_key_vault.example.id
  value        = var.password
}
"#
        ),
        good: concat!(
            vault!(""),
            r#"
variable "password" {
  type      = string
  sensitive = true
}

resource "azurerm_key_vault_secret" "database" {
  name         = "database"
  key_vault_id = azurerm_key_vault.example.id
  value        = var.password
}
"#
        ),
        references: &["https://developer.hashicorp.com/terraform/language/values/variables"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let Some(code) = &evaluation.code else { return };
    let by_place: BTreeMap<_, _> =
        evaluation.variables.iter().filter_map(|(name, v)| Some((v.origin.at?, name))).collect();
    let mut taken = BTreeMap::new();
    for instance in evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed) {
        let major = evaluation.providers.get(&instance.provider).and_then(|p| p.major);
        for value in secrets(instance, major) {
            let name = match value.as_unknown().map(|u| &u.reason) {
                Some(Reason::Variable(name)) => Some(name),
                Some(_) => None,
                None => value.origin.at.and_then(|at| by_place.get(&at).copied()),
            };
            if let Some(name) = name {
                taken.entry(name).or_insert(value);
            }
        }
    }
    for (name, value) in taken {
        let Some(sensitive) = code.is_sensitive_variable(name) else { continue };
        let place = evaluation.variables.get(name).and_then(|v| v.origin.at);
        let subject = Subject::new(format!("var.{name}"), place.or(value.origin.at));
        match sensitive {
            true => out.pass(subject),
            false => out.fail(subject, None, RULE.meta.title),
        };
    }
}
