//! X-027: a pipeline that anybody can start, with a role over a subscription.

use std::collections::BTreeMap;

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::federation::{Credential, Issuer};
use crate::analysis::rules::graph::principals::is_one_of;
use crate::analysis::rules::graph::roles::Assignment;
use crate::analysis::rules::iam::access_administrators::administers;
use crate::analysis::rules::iam::broad_roles::gives;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject, Truth};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-027",
        name: "pipeline-to-owner-path",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "a pipeline that is not bound to a branch or environment controls a subscription",
        why: "Whoever can start a run, from any branch or fork, becomes what the identity is: compromise of the \
              pipeline is compromise of the subscription.",
        fix: "Bind the subject to an environment (repo:org/repo:environment:production) and give the role on resource \
              groups only.",
        exceptions: "",
        bad: concat!(
            identity!("repo:example-org/shop:pull_request"),
            role!("subscriptions/11111111-2222-3333-4444-555555555555")
        ),
        good: concat!(
            identity!("repo:example-org/shop:environment:production"),
            role!("subscriptions/11111111-2222-3333-4444-555555555555")
        ),
        references: &[
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
        ],
        peers: &[],
    },
    check,
};

macro_rules! identity {
    ($subject:literal) => {
        concat!(
            r#"resource "azurerm_user_assigned_identity" "deploy" {
  name                = "id-deploy"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_federated_identity_credential" "github" {
  name                      = "github"
  user_assigned_identity_id = azurerm_user_assigned_identity.deploy.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = "https://token.actions.githubusercontent.com"
  subject                   = ""#,
            $subject,
            "\"\n}\n"
        )
    };
}

macro_rules! role {
    ($scope:literal) => {
        concat!(
            r#"
resource "azurerm_role_assignment" "deploy" {
  scope                = "/"#,
            $scope,
            r#""
  role_definition_name = "Contributor"
  principal_id         = azurerm_user_assigned_identity.deploy.principal_id
}
"#
        )
    };
}
use {identity, role};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let mut by_owner: BTreeMap<String, Vec<Credential<'_>>> = BTreeMap::new();
    for credential in graph.credentials() {
        if !credential.owner.is_empty() && credential.issuer != Issuer::Cluster {
            by_owner.entry(credential.owner.clone()).or_default().push(credential);
        }
    }
    for (owner, credentials) in by_owner {
        let weak = Truth::any(credentials.iter().map(is_weak));
        let principals: Vec<_> = credentials.iter().flat_map(|c| c.principals.clone()).collect();
        let (mut powerful, mut place) = (Truth::No, None);
        for assignment in graph.assignments() {
            let power = is_one_of(&assignment.principal, &principals).and(is_powerful(assignment));
            if power == Truth::Yes {
                place = place.or(assignment.document.declared.as_ref().map(|d| d.block));
            }
            powerful = powerful.or(power);
        }
        let block = graph.estate.by_address(&owner).and_then(|d| d.declared.as_ref()).map(|d| d.block);
        let block = block.or_else(|| graph.instance(&owner).map(|i| i.block));
        let subject = credentials.iter().find(|c| is_weak(c) == Truth::Yes).and_then(|c| c.subject);
        let outcome = out.judge(Subject::new(owner, block), subject, !weak.and(powerful), RULE.meta.title);
        outcome.because(place, "this role");
    }
}

/// A caller that is not named, a pull request, or any branch.
fn is_weak(credential: &Credential<'_>) -> Truth {
    let (named, _) = credential.names_its_caller();
    (!named).or(credential.is_pull_request().into()).or(!credential.is_bound())
}

/// A role that IAM-001, IAM-002 or IAM-003 fires on.
fn is_powerful(assignment: &Assignment<'_>) -> Truth {
    gives(assignment, "Owner").or(gives(assignment, "Contributor")).or(administers(assignment))
}
