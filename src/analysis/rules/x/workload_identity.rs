//! X-029 and X-030: federated credentials and clusters that do not fit together.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Attribute, Check, Condition::*, Meta, Of, Outcomes, Profile, Test::*, Truth};
use crate::terraform::value::Reason;

const OVERVIEW: &str = "https://learn.microsoft.com/azure/aks/workload-identity-overview";
const ENABLED: &str = "properties.securityProfile.workloadIdentity.enabled";

/// An identity that pods of the cluster become.
macro_rules! federated {
    () => {
        r#"
resource "azurerm_user_assigned_identity" "web" {
  name                = "id-web"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_federated_identity_credential" "web" {
  name                      = "web"
  user_assigned_identity_id = azurerm_user_assigned_identity.web.id
  audience                  = ["api://AzureADTokenExchange"]
  issuer                    = azurerm_kubernetes_cluster.example.oidc_issuer_url
  subject                   = "system:serviceaccount:shop:web"
}
"#
    };
}

pub(super) static OFF: Check = Check {
    meta: Meta {
        id: "TU-X-029",
        name: "fic-without-workload-identity",
        title: "a federated credential is for pods of a cluster that has workload identity off",
        why: "Pods never get the token: they cannot sign in.",
        fix: "Set oidc_issuer_enabled = true and workload_identity_enabled = true in the cluster.",
        bad: concat!(cluster!("\n  oidc_issuer_enabled = true\n"), federated!()),
        good: concat!(
            cluster!("\n  oidc_issuer_enabled       = true\n  workload_identity_enabled = true\n"),
            federated!()
        ),
        references: &[OVERVIEW],
        ..Meta::ROW
    },
    check: off,
};

pub(super) static ROWS: &[Attribute] = &[Attribute {
    meta: Meta {
        id: "TU-X-030",
        name: "workload-identity-unused",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the cluster has workload identity, and no federated credential trusts it",
        why: "Its pods probably still sign in with secrets.",
        fix: "Make a user-assigned identity with an azurerm_federated_identity_credential for each workload.",
        exceptions: "Clusters whose applications make their identities elsewhere.",
        bad: cluster!("\n  oidc_issuer_enabled       = true\n  workload_identity_enabled = true\n"),
        good: concat!(
            cluster!("\n  oidc_issuer_enabled       = true\n  workload_identity_enabled = true\n"),
            federated!()
        ),
        references: &[OVERVIEW],
        ..Meta::ROW
    },
    of: Of::Clusters,
    when: &[(Is(ENABLED, True), "it has no workload identity")],
    must: Ask(|graph, of| {
        let Some(cluster) = of.document else { return true.into() };
        let exported = exports_issuer(graph, &cluster.label());
        graph.closed_world(cluster, graph.trusts_issuer_of(cluster).or(exported))
    }),
    ..Attribute::ROW
}];

/// Whether an output hands the issuer of a cluster to others.
fn exports_issuer(graph: &Graph<'_>, address: &str) -> Truth {
    let outputs = graph.evaluation.into_iter().flat_map(|e| e.outputs.values());
    let issuer = |reason: &Reason| {
        matches!(reason, Reason::Computed { address: of, path, .. }
            if path.contains("oidc_issuer_url") && of.to_string() == address)
    };
    let mut reasons = outputs.filter_map(|o| o.value.as_unknown()).map(|u| &u.reason);
    reasons.any(issuer).into()
}

fn off(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for credential in graph.credentials() {
        let Principal::Attribute(address, path) = Principal::of(credential.issuer_url) else { continue };
        let Some(cluster) = graph.estate.by_address(&address).filter(|_| path == "oidc_issuer_url") else {
            continue;
        };
        let identity = flag(cluster.get(ENABLED), false);
        let issuer = flag(cluster.get("properties.oidcIssuerProfile.enabled"), true);
        let text = format!("the cluster {} has workload identity off", cluster.name());
        let outcome = out.judge(credential.resource, credential.issuer_url, identity.and(issuer), text);
        outcome.because(cluster.declared.as_ref().map(|d| d.block), "the cluster");
    }
}
