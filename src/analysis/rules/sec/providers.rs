//! SEC-007: providers that sign in with a secret in the code.

use super::literal::secrets_of;
use super::secrets::{Written, written};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-007",
        name: "provider-credential-literal",
        severity: Severity::Critical,
        title: "a provider signs in with a secret that is written in the repository",
        why: "Whoever reads the repository, now or later, acts as the pipeline.",
        fix: "Rotate the secret, and sign in with a federated token (use_oidc = true) or a managed identity.",
        bad: r#"provider "azurerm" {
  features {}
  tenant_id     = "11111111-2222-3333-4444-555555555555"
  client_id     = "66666666-7777-8888-9999-000000000000"
  client_secret = "Tr0ub4dor-and-3"
}

resource "azurerm_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}
"#,
        good: r#"provider "azurerm" {
  features {}
  tenant_id = "11111111-2222-3333-4444-555555555555"
  client_id = "66666666-7777-8888-9999-000000000000"
  use_oidc  = true
}

resource "azurerm_resource_group" "example" {
  name     = "rg-example"
  location = "westeurope"
}
"#,
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/service_principal_oidc",
        ],
        ..Meta::ROW
    },
    check,
};

/// Arguments of providers that hold a secret, beside those that say so by their name.
const SECRETS: [&str; 4] = ["client_certificate", "token", "sas_token", "client_key"];

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    for (name, provider) in &evaluation.providers {
        let Some(config) = &provider.config else { continue };
        let subject = Subject::new(format!("provider.{name}"), config.origin.at);
        let found = secrets_of(config, &SECRETS);
        let literal = found.into_iter().find_map(|v| Some((v, written(evaluation, v)?)));
        match literal {
            Some((value, place)) => {
                let outcome = out.fail(subject, Some(value), RULE.meta.title);
                if matches!(place, Written::InVariables) {
                    outcome.told_by = Some(super::secrets::IN_VARIABLES.meta.id);
                }
            }
            None => drop(out.pass(subject)),
        }
    }
}
