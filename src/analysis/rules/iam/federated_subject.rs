//! IAM-015: a federated credential that trusts anybody.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-IAM-015",
        name: "fic-wildcard-subject",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the federated credential trusts any repository, branch or service account",
        why: "Someone else's pipeline signs in as this identity.",
        fix: "Name the repository and the environment: subject = \"repo:org/repo:environment:production\".",
        exceptions: "",
        bad: r#"resource "azurerm_user_assigned_identity" "deploy" {
  name                = "id-deploy"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_federated_identity_credential" "github" {
  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.deploy.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = "repo:example-org/*:ref:refs/heads/main"
}
"#,
        good: r#"resource "azurerm_user_assigned_identity" "deploy" {
  name                = "id-deploy"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_federated_identity_credential" "github" {
  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.deploy.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = "repo:example-org/shop:environment:production"
}
"#,
        references: &[
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
        ],
        peers: &["CKV_AZURE_249"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for credential in graph.credentials() {
        let (fine, wrong) = credential.names_its_caller();
        let text = format!("the federated credential trusts callers it does not name: {wrong}");
        out.judge(credential.resource.clone(), credential.subject, fine, text);
    }
}
