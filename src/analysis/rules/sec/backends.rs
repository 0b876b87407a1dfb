//! SEC-006: where the state is kept, and who may read it.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject};
use crate::azure::types;
use crate::terraform::configuration::WrittenBackend;

const ADDRESS: &str = "terraform.backend";
/// Arguments that are a key.
const KEYS: [&str; 4] = ["access_key", "sas_token", "client_secret", "client_certificate_password"];
/// Arguments with which nobody needs the account's key.
const KEYLESS: [&str; 2] = ["use_azuread_auth", "use_oidc"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-006",
        name: "backend-weak",
        severity: Severity::High,
        title: "the state is kept where others may read it, or opened with a key",
        why: "The state of a cluster holds its administrator's credentials. A key of the storage account cannot be tied \
              to a person, and one in the code belongs to everybody who reads it.",
        fix: "Keep the state in backend \"azurerm\" with use_azuread_auth = true, and give roles to those who apply.",
        exceptions: "Roots that nobody shares.",
        bad: concat!(
            backend!("    access_key           = \"q2hlY2stdGhpcy1rZXktbmV2ZXItd29ya2Vk\"\n"),
            vault!("")
        ),
        good: concat!(backend!("    use_azuread_auth     = true\n"), vault!("")),
        references: &["https://developer.hashicorp.com/terraform/language/backend/azurerm"],
        ..Meta::ROW
    },
    check,
};

/// A backend in a storage account: further lines of it.
macro_rules! backend {
    ($lines:literal) => {
        concat!(
            r#"terraform {
  backend "azurerm" {
    resource_group_name  = "rg-state"
    storage_account_name = "ststate"
    container_name       = "tfstate"
    key                  = "example.tfstate"
"#,
            $lines,
            "  }\n}\n\n"
        )
    };
}
use backend;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(code) = graph.evaluation.and_then(|e| e.code.as_deref()) else { return };
    match code.backend() {
        Some(backend) if &*backend.kind == "azurerm" => azurerm(graph, backend, out),
        Some(backend) => {
            out.skip(Subject::new(ADDRESS, Some(backend.header)), "another backend than azurerm");
        }
        None => {
            let held = [types::CLUSTER, types::VAULT].iter().find_map(|t| graph.own_of_type(t).next());
            let subject = Subject::new(ADDRESS, None);
            let Some((checkout, held)) = graph.checkout.zip(held) else {
                out.skip(subject, "it manages neither a cluster nor a vault, or its folder is not known");
                return;
            };
            // Without a configured provider it is a module: those who call it say where the state is.
            let configured =
                graph.evaluation.is_some_and(|e| e.providers.values().any(|p| p.config.is_some()));
            if checkout.is_example() || checkout.partial_backend || !configured {
                out.skip(subject, "an example or a module, or the backend stands in a file of its own");
                return;
            }
            let text = format!("the state of {} is kept on a disk: there is no backend", held.label());
            let place = held.declared.as_ref().map(|d| d.block);
            out.fail(subject, None, text).severity(Severity::Medium).at(place);
        }
    }
}

fn azurerm(graph: &Graph<'_>, backend: &WrittenBackend, out: &mut Outcomes<'_>) {
    let subject = || Subject::new(ADDRESS, Some(backend.header));
    let of = |name: &str| backend.arguments.iter().find(|(n, text, _)| &**n == name && !text.is_empty());
    if let Some((name, _, place)) = KEYS.iter().find_map(|name| of(name)) {
        let text = format!("{name} of the backend stands in the code");
        out.fail(subject(), None, text).severity(Severity::Critical).at(Some(*place));
        return;
    }
    let on = |name: &str| of(name).is_some_and(|(_, text, _)| text == "true");
    if KEYLESS.iter().any(|name| on(name)) {
        out.pass(subject());
    } else if graph.checkout.is_some_and(|c| c.partial_backend) {
        out.skip(subject(), "a file of backend settings may say how it is opened");
    } else {
        let text = "the state is opened with a key of the storage account: use_azuread_auth is not on";
        out.fail(subject(), None, text).severity(Severity::Low);
    }
}
