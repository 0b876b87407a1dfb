//! IAM-016: workflows of pull requests that may change something.

use super::{assignment, credential};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::federation::Issuer;
use crate::analysis::rules::graph::principals::is_one_of;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-IAM-016",
        name: "fic-pull-request-privileged",
        severity: Severity::High,
        title: "workflows of pull requests sign in to an identity that may change things",
        why: "Whoever may open a pull request changes the workflow in it, and acts as this identity before anybody has \
              looked.",
        fix: "Use two identities: one that reads, for plans of pull requests, and one that is bound to an environment, \
              for what is merged.",
        bad: concat!(
            credential!(
                r#""api://AzureADTokenExchange""#,
                r#""https://token.actions.githubusercontent.com""#,
                r#""repo:example-org/shop:pull_request""#
            ),
            "\n",
            assignment!(
                r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
                "Contributor",
                "azurerm_user_assigned_identity.example.principal_id"
            )
        ),
        good: concat!(
            credential!(
                r#""api://AzureADTokenExchange""#,
                r#""https://token.actions.githubusercontent.com""#,
                r#""repo:example-org/shop:pull_request""#
            ),
            "\n",
            assignment!(
                r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
                "Reader",
                "azurerm_user_assigned_identity.example.principal_id"
            )
        ),
        references: &[
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
        ],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for credential in graph.credentials() {
        let of_pull_request = match credential.subject {
            _ if credential.issuer != Issuer::GitHub => Truth::No,
            subject if subject.is_some_and(|s| s.is_unknown()) => Truth::of(subject, false, |_| true),
            _ => credential.is_pull_request().into(),
        };
        if of_pull_request == Truth::No {
            out.skip(credential.resource, "no credential of pull requests");
            continue;
        }
        let mut writes = Truth::No;
        let mut place = None;
        for assignment in graph.assignments() {
            let write =
                is_one_of(&assignment.principal, &credential.principals).and(assignment.role.writes());
            if write == Truth::Yes {
                place = place.or(assignment.document.declared.as_ref().map(|d| d.block));
            }
            writes = writes.or(write);
        }
        let fine = !of_pull_request.and(writes);
        out.judge(credential.resource, credential.subject, fine, RULE.meta.title).because(place, "this role");
    }
}
