//! SEC-010: secrets that commands get in their text.

use super::beside_cluster;
use super::cluster_credentials::{holds_secret, is_credential};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-010",
        name: "local-exec-secret",
        title: "a secret is put into a command, or into the triggers of a resource",
        why: "Commands are logged with their text, and triggers stand in the state and in every plan.",
        fix: "Do the work in a pipeline step that reads the secret from the vault itself. As a trigger use what changes \
              with the secret, such as the version of the vault's secret.",
        bad: beside_cluster!(
            r#"resource "terraform_data" "deploy" {
  provisioner "local-exec" {
    command = "deploy --kubeconfig '${azurerm_kubernetes_cluster.example.kube_config_raw}'"
  }
}
"#
        ),
        good: beside_cluster!(
            r#"resource "terraform_data" "deploy" {
  triggers_replace = [azurerm_kubernetes_cluster.example.id]

  provisioner "local-exec" {
    command = "deploy ${azurerm_kubernetes_cluster.example.name}"
  }
}
"#
        ),
        references: &["https://developer.hashicorp.com/terraform/language/resources/provisioners/syntax"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let code = evaluation.code.as_ref();
    for resource in code.map(|c| c.provisioned()).unwrap_or_default() {
        let secret = resource.references.iter().find(|reference| {
            let text = reference.dotted();
            let variable = text.strip_prefix("var.").and_then(|name| name.split('.').next());
            let marked =
                variable.and_then(|name| evaluation.variables.get(name)).is_some_and(|v| v.marks.sensitive);
            marked || is_credential(&text)
        });
        let subject = Subject::new(resource.address, Some(resource.header));
        match secret {
            Some(reference) => {
                out.fail(subject, None, "a provisioner gets a secret").span = Some(reference.span)
            }
            None => drop(out.pass(subject)),
        }
    }
    for instance in graph.instances_like(&["null_resource", "terraform_data"]) {
        let triggers = ["triggers", "triggers_replace"].iter().filter_map(|name| instance.config.get(name));
        for value in triggers {
            match holds_secret(value) {
                Some(secret) => drop(out.fail(instance, Some(secret), "a trigger holds a secret")),
                None => drop(out.pass(instance)),
            }
        }
    }
}
