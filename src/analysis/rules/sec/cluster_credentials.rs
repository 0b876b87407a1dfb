//! SEC-003, SEC-008 and SEC-009: credentials that leave the place where they are kept.

use super::beside_cluster;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject, Truth};
use crate::terraform::value::{Reason, Value};

const KUBECONFIG: &str = "https://learn.microsoft.com/azure/aks/control-kubeconfig-access";
const MAX_DEPTH: u32 = 16;
/// Providers that act on a cluster.
const CLUSTER_PROVIDERS: [&str; 4] = ["kubernetes", "helm", "kubectl", "flux"];
/// Where a copy of a kubeconfig is kept.
const COPIES: [(&str, &[&str]); 8] = [
    ("local_file", &["content", "content_base64"]),
    ("local_sensitive_file", &["content", "content_base64"]),
    ("azurerm_key_vault_secret", &["value"]),
    ("kubernetes_secret", &["data", "binary_data"]),
    ("kubernetes_secret_v1", &["data", "binary_data"]),
    ("kubernetes_config_map", &["data", "binary_data"]),
    ("kubernetes_config_map_v1", &["data", "binary_data"]),
    ("azurerm_storage_blob", &["source_content"]),
];

pub(super) static IN_OUTPUT: Check = Check {
    meta: Meta {
        id: "TU-SEC-003",
        name: "sensitive-output",
        title: "an output shows a credential",
        why: "It is printed in the log of every pipeline run, and everybody who may read the state has it.",
        fix: "Remove the output: who needs the credential reads it where it is kept. At the least set sensitive = true.",
        bad: beside_cluster!(
            r#"output "kubeconfig" {
  value = nonsensitive(azurerm_kubernetes_cluster.example.kube_config_raw)
}
"#
        ),
        good: beside_cluster!(
            r#"output "id" {
  value = azurerm_kubernetes_cluster.example.id
}
"#
        ),
        references: &["https://developer.hashicorp.com/terraform/language/values/outputs"],
        ..Meta::ROW
    },
    check: in_output,
};

pub(super) static IN_PROVIDER: Check = Check {
    meta: Meta {
        id: "TU-SEC-008",
        name: "kube-admin-config-in-use",
        severity: Severity::High,
        title: "a provider signs in to the cluster as its local administrator",
        why: "The local account must stay on for it, its certificate is in the state, and no log says who acted.",
        fix: "Sign in with Entra: an exec block that calls kubelogin, and a role for the pipeline's identity.",
        bad: beside_cluster!(
            r#"provider "kubernetes" {
  host  = azurerm_kubernetes_cluster.example.kube_admin_config[0].host
  token = azurerm_kubernetes_cluster.example.kube_admin_config[0].password
}

resource "kubernetes_namespace" "shop" {
  metadata {
    name = "shop"
  }
}
"#
        ),
        good: beside_cluster!(
            r#"provider "kubernetes" {
  host = "https://example.hcp.westeurope.azmk8s.io"

  exec {
    api_version = "client.authentication.k8s.io/v1beta1"
    command     = "kubelogin"
    args        = ["get-token", "--login", "workloadidentity"]
  }
}

resource "kubernetes_namespace" "shop" {
  metadata {
    name = "shop"
  }
}
"#
        ),
        references: &[KUBECONFIG, "https://learn.microsoft.com/azure/aks/kubelogin-authentication"],
        ..Meta::ROW
    },
    check: in_provider,
};

pub(super) static WRITTEN: Check = Check {
    meta: Meta {
        id: "TU-SEC-009",
        name: "kubeconfig-written",
        severity: Severity::High,
        title: "the credentials of a cluster are copied",
        why: "Each copy is administrator's access, and rotating the cluster's certificates does not reach those who read it.",
        fix: "Remove the copy. People and pipelines fetch credentials with az aks get-credentials and kubelogin.",
        bad: beside_cluster!(
            r#"resource "local_file" "kubeconfig" {
  filename = "kubeconfig"
  content  = azurerm_kubernetes_cluster.example.kube_config_raw
}
"#
        ),
        good: beside_cluster!(
            r#"resource "local_file" "cluster" {
  filename = "cluster"
  content  = azurerm_kubernetes_cluster.example.id
}
"#
        ),
        references: &[KUBECONFIG],
        ..Meta::ROW
    },
    check: copied,
};

/// True for the path of an attribute that holds the credentials of a cluster.
fn is_kubeconfig(path: &str) -> bool {
    path.split(['.', '[']).any(|part| {
        matches!(part, "kube_config" | "kube_config_raw" | "kube_admin_config" | "kube_admin_config_raw")
    })
}

/// True for the path of an attribute that is a credential.
pub(super) fn is_credential(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let plain = last.split('[').next().unwrap_or(last);
    is_kubeconfig(path)
        || plain == "client_secret"
        || plain == "pull_secret"
        || plain.ends_with("password")
        || plain.ends_with("_access_key")
        || plain.ends_with("_shared_key")
        || plain.ends_with("_connection_string")
        || plain.ends_with("sas_token")
}

/// The part of a value that is an attribute with a path that passes.
fn attribute<'v>(value: &'v Value, depth: u32, test: &impl Fn(&str) -> bool) -> Option<&'v Value> {
    if let Some(Reason::Computed { path, .. } | Reason::Data { path, .. }) =
        value.as_unknown().map(|u| &u.reason)
    {
        return test(path).then_some(value);
    }
    if depth == 0 {
        return None;
    }
    let members = value.as_map().into_iter().flat_map(|m| m.values());
    let mut parts = value.as_slice().unwrap_or_default().iter().chain(members);
    parts.find_map(|part| attribute(part, depth - 1, test))
}

/// The part of a value that is secret: marked, or a credential by its name.
pub(super) fn holds_secret(value: &Value) -> Option<&Value> {
    if value.marks.sensitive {
        return Some(value);
    }
    let members = value.as_map().into_iter().flat_map(|m| m.values());
    let mut parts = value.as_slice().unwrap_or_default().iter().chain(members);
    parts.find(|v| v.marks.sensitive).or_else(|| attribute(value, MAX_DEPTH, &is_credential))
}

fn in_output(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    for (name, output) in &evaluation.outputs {
        let subject = Subject::new(format!("output.{name}"), Some(output.block));
        if output.sensitive {
            match attribute(&output.value, MAX_DEPTH, &is_kubeconfig) {
                Some(value) => {
                    let text = "an output hands out the credentials of a cluster";
                    out.fail(subject, Some(value), text).severity(Severity::Info)
                }
                None => out.pass(subject),
            };
            continue;
        }
        match holds_secret(&output.value) {
            Some(value) => out.fail(subject, Some(value), IN_OUTPUT.meta.title),
            None => out.pass(subject),
        };
    }
}

fn in_provider(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    for (name, provider) in &evaluation.providers {
        let plain = name.split('.').next().unwrap_or_default();
        let Some(config) = provider.config.as_ref().filter(|_| CLUSTER_PROVIDERS.contains(&plain)) else {
            continue;
        };
        let subject = Subject::new(format!("provider.{name}"), config.origin.at);
        if let Some(value) = attribute(config, MAX_DEPTH, &|path| path.starts_with("kube_admin_config")) {
            out.fail(subject, Some(value), IN_PROVIDER.meta.title);
            continue;
        }
        match attribute(config, MAX_DEPTH, &is_kubeconfig) {
            Some(value) => {
                let text = "a provider signs in as the local administrator: the cluster has no Entra sign-in";
                out.judge(subject, Some(value), signs_in_by_entra(graph, value), text);
            }
            None => drop(out.pass(subject)),
        }
    }
}

/// Whether the cluster that a kubeconfig is of has no local account, or Entra beside it.
fn signs_in_by_entra(graph: &Graph<'_>, value: &Value) -> Truth {
    let Some(Reason::Computed { address, .. }) = value.as_unknown().map(|u| &u.reason) else {
        return Truth::Unknown("the cluster is read from Azure".into());
    };
    let Some(cluster) = graph.estate.by_address(&address.to_string()) else {
        return Truth::Unknown(address.to_string());
    };
    let no_local = flag(cluster.get("properties.disableLocalAccounts"), false);
    no_local.or(cluster.get("properties.aadProfile").is_some().into())
}

fn copied(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for (kind, arguments) in COPIES {
        for instance in graph.instances(kind) {
            let values = arguments.iter().filter_map(|name| instance.config.get(name));
            match values.into_iter().find_map(|v| attribute(v, MAX_DEPTH, &is_kubeconfig)) {
                Some(value) => out.fail(instance, Some(value), WRITTEN.meta.title),
                None => out.pass(instance),
            };
        }
    }
    let Some(code) = graph.evaluation.and_then(|e| e.code.as_ref()) else { return };
    for resource in code.provisioned() {
        let copied = resource.references.iter().find(|r| is_kubeconfig(&r.dotted()));
        if let Some(reference) = copied {
            let subject = Subject::new(resource.address, Some(resource.header));
            out.fail(subject, None, "a provisioner gets the credentials of a cluster").span =
                Some(reference.span);
        }
    }
}
