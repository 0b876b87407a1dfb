//! IAM-020 and IAM-021: identities that nothing uses, and that several use.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::CREDENTIAL;
use crate::analysis::rules::{Attribute, Check, Condition::*, Meta, Of, Outcomes, Profile};
use crate::azure::types;
use crate::terraform::value::Value;

/// A cluster with this identity.
macro_rules! cluster {
    ($name:literal, $identity:literal) => {
        concat!(
            r#"resource "azurerm_kubernetes_cluster" ""#,
            $name,
            r#"" {
  name                = "aks-"#,
            $name,
            r#""
  location            = "westeurope"
  resource_group_name = "rg-example"
  dns_prefix          = ""#,
            $name,
            r#""

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity."#,
            $identity,
            ".id]\n  }\n}\n\n"
        )
    };
}

/// An identity by name.
macro_rules! identity {
    ($name:literal) => {
        concat!(
            "resource \"azurerm_user_assigned_identity\" \"",
            $name,
            "\" {\n  name                = \"id-",
            $name,
            "\"\n  location            = \"westeurope\"\n  resource_group_name = \"rg-example\"\n}\n\n"
        )
    };
}

pub(super) static ROWS: &[Attribute] = &[Attribute {
    meta: Meta {
        id: "TU-IAM-020",
        name: "identity-unused",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "nothing uses the identity",
        why: "It may have roles that nobody remembers, ready for whoever attaches it.",
        fix: "Delete it, with its role assignments.",
        exceptions: "Identities that something outside this root uses.",
        bad: identity!("one"),
        good: concat!(identity!("one"), cluster!("one", "one")),
        references: &[
            "https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/overview",
        ],
        ..Meta::ROW
    },
    of: Of::Arm(types::IDENTITY),
    when: &[(Not(&Live), "who uses it is seen in the code only")],
    must: Ask(|graph, of| match of.document {
        Some(document) => graph.is_used(document),
        None => true.into(),
    }),
    ..Attribute::ROW
}];

pub(super) static SHARED: Check = Check {
    meta: Meta {
        id: "TU-IAM-021",
        name: "identity-shared",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "several workloads act as one identity",
        why: "Each has the rights of all, and logs do not tell them apart.",
        fix: "Make one identity for each cluster.",
        exceptions: "Clusters that replace one another, blue and green.",
        bad: concat!(identity!("one"), cluster!("blue", "one"), cluster!("red", "one")),
        good: concat!(identity!("one"), identity!("two"), cluster!("blue", "one"), cluster!("red", "two")),
        references: &["https://learn.microsoft.com/azure/aks/managed-identity-overview"],
        ..Meta::ROW
    },
    check: shared,
};

fn shared(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    if graph.of_type(types::IDENTITY).next().is_none() {
        return;
    }
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut of_clusters: BTreeSet<String> = BTreeSet::new();
    for document in graph.estate.iter().filter(|d| !d.is(CREDENTIAL)) {
        let is_cluster = document.is(types::CLUSTER);
        let assigned = document.get("identity.userAssignedIdentities").and_then(Value::as_map);
        let assigned =
            assigned.into_iter().flatten().filter_map(|(id, _)| graph.id(Some(&Value::from(&**id))));
        let nodes = graph.id(document.get("properties.identityProfile.kubeletidentity.resourceId"));
        for id in assigned.chain(nodes) {
            users.entry(id.key()).or_default().insert(document.label());
            if is_cluster {
                of_clusters.insert(id.key());
            }
        }
    }
    // What has no document, or one without its identity, says it in its arguments.
    for instance in graph.instances_like(&["azurerm_"]) {
        let address = instance.address.to_string();
        let blocks = instance.config.get("identity").and_then(Value::as_slice).unwrap_or_default();
        let ids = blocks.iter().filter_map(|b| b.get("identity_ids")?.as_slice()).flatten();
        for id in ids.filter_map(|v| graph.id(Some(v))) {
            users.entry(id.key()).or_default().insert(address.clone());
        }
    }
    for identity in graph.of_type(types::IDENTITY) {
        let key = identity.id.key();
        let users = users.get(&key).map_or(0, BTreeSet::len);
        if users < 2 || !of_clusters.contains(&key) {
            out.pass(identity);
        } else {
            out.fail(
                identity,
                None,
                format!("{users} resources act as {}, a cluster among them", identity.name()),
            );
        }
    }
}
