//! IAM-017 to IAM-019: federated credentials with a wrong audience, issuer or service account.

use super::credential;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::federation::{Credential, Issuer};
use crate::analysis::rules::{Check, Meta, Test, Truth};
use crate::azure::types;

const WORKLOAD_ID: &str = "https://learn.microsoft.com/azure/aks/workload-identity-overview";
/// Audiences of Entra's token exchange, by cloud.
const AUDIENCES: [&str; 3] =
    ["api://AzureADTokenExchange", "api://AzureADTokenExchangeUSGov", "api://AzureADTokenExchangeChina"];
/// How subjects of Kubernetes begin.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";
const DEFAULT_ACCOUNTS: &str = "^system:serviceaccount:(kube-system:.*|[^:]+:default)$";

/// A credential of a pipeline.
const GOOD: &str = credential!(
    r#""api://AzureADTokenExchange""#,
    r#""https://token.actions.githubusercontent.com""#,
    r#""repo:example-org/shop:environment:production""#
);

pub(super) static AUDIENCE: Check = Check {
    meta: Meta {
        id: "TU-IAM-017",
        name: "fic-audience",
        title: "the federated credential has an audience that Entra does not use",
        why: "Sign-in fails, or tokens that were made for something else are accepted.",
        fix: "Set the audience to api://AzureADTokenExchange.",
        exceptions: "Issuers that cannot set the audience of their tokens.",
        bad: credential!(
            r#""https://example.com/deploy""#,
            r#""https://token.actions.githubusercontent.com""#,
            r#""repo:example-org/shop:environment:production""#
        ),
        good: GOOD,
        references: &[
            "https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations",
        ],
        ..Meta::ROW
    },
    check: |graph, out| {
        for credential in graph.credentials() {
            let usual = Test::Has(&AUDIENCES).of(credential.audiences, true);
            out.judge(credential.resource.clone(), credential.audiences, usual, AUDIENCE.meta.title);
        }
    },
};

pub(super) static ISSUER: Check = Check {
    meta: Meta {
        id: "TU-IAM-018",
        name: "fic-issuer-mismatch",
        severity: Severity::High,
        title: "the federated credential names an issuer that is not the cluster's, or that has no https",
        why: "The tokens of this cluster are refused, or those of another one accepted.",
        fix: "Refer to the cluster: issuer = azurerm_kubernetes_cluster.example.oidc_issuer_url.",
        bad: credential!(
            r#""api://AzureADTokenExchange""#,
            r#""http://issuer.example.com/""#,
            r#""system:serviceaccount:shop:web""#
        ),
        good: concat!(
            cluster!("\n  oidc_issuer_enabled       = true\n  workload_identity_enabled = true\n"),
            "\n",
            credential!(
                r#""api://AzureADTokenExchange""#,
                "azurerm_kubernetes_cluster.example.oidc_issuer_url",
                r#""system:serviceaccount:shop:web""#
            )
        ),
        references: &[WORKLOAD_ID],
        ..Meta::ROW
    },
    check: |graph, out| {
        for credential in graph.credentials() {
            let https = match credential.issuer_url {
                Some(url) if url.is_unknown() && credential.issuer == Issuer::Cluster => Truth::Yes,
                url => Test::StartsWith(&["https://"]).of(url, false),
            };
            let (fine, text) = match https {
                Truth::No => (Truth::No, "the issuer of the federated credential has no https"),
                Truth::Unknown(why) => (Truth::Unknown(why), ""),
                Truth::Yes => {
                    (is_a_clusters(graph, &credential), "the issuer is that of no cluster of this root")
                }
            };
            out.judge(credential.resource.clone(), credential.issuer_url, fine, text);
        }
    },
};

/// Whether a credential of a service account trusts a cluster of this root, if it has any.
fn is_a_clusters(graph: &Graph<'_>, credential: &Credential<'_>) -> Truth {
    let of_pod = Test::StartsWith(&[SERVICE_ACCOUNT]).of(credential.subject, false);
    let Some(issuer) = credential.issuer_url.filter(|_| of_pod != Truth::No) else { return Truth::Yes };
    let mut clusters = graph.of_type(types::CLUSTER).peekable();
    if clusters.peek().is_none() {
        return Truth::Yes;
    }
    if let Some(unknown) = issuer.as_unknown() {
        let of_cluster = credential.issuer == Issuer::Cluster;
        return if of_cluster { Truth::Yes } else { Truth::Unknown(unknown.reason.to_string()) };
    }
    let is_it = |url: Option<&str>| match (url, issuer.as_str()) {
        (Some(url), Some(issuer)) => (url == issuer).into(),
        _ => Truth::Unknown("the issuer of the cluster is known only after it is made".into()),
    };
    Truth::any(clusters.map(|c| is_it(c.str("properties.oidcIssuerProfile.issuerURL"))))
}

pub(super) static DEFAULT_ACCOUNT: Check = Check {
    meta: Meta {
        id: "TU-IAM-019",
        name: "fic-default-service-account",
        title: "the federated credential trusts a default service account, or one of kube-system",
        why: "Every pod of the namespace that names no other account becomes this identity.",
        fix: "Make a service account for the workload and name it: system:serviceaccount:shop:web.",
        exceptions: "Add-ons of kube-system that need an identity of their own.",
        bad: credential!(
            r#""api://AzureADTokenExchange""#,
            r#""https://westeurope.oic.prod-aks.azure.com/1/2/""#,
            r#""system:serviceaccount:shop:default""#
        ),
        good: credential!(
            r#""api://AzureADTokenExchange""#,
            r#""https://westeurope.oic.prod-aks.azure.com/1/2/""#,
            r#""system:serviceaccount:shop:web""#
        ),
        references: &[WORKLOAD_ID],
        ..Meta::ROW
    },
    check: |graph, out| {
        for credential in graph.credentials() {
            let default = Test::Matches(DEFAULT_ACCOUNTS).of(credential.subject, false);
            out.judge(credential.resource.clone(), credential.subject, !default, DEFAULT_ACCOUNT.meta.title);
        }
    },
};
