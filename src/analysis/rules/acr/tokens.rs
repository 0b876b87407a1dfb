//! ACR-021, 022 and 023: webhooks, and the registry's own tokens.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Is, Not};
use crate::analysis::rules::condition::Test::{Has, Matches, Set, StartsWith, Written};
use crate::analysis::rules::example::registry;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Attribute, Check, Meta, Of, Outcomes, Subject};
use crate::azure::estate::get;
use crate::azure::types;
use crate::terraform::value::Value;

/// A webhook of the example's registry that calls this address.
macro_rules! webhook {
    ($uri:literal) => {
        concat!(
            registry!("Premium", ""),
            r#"
resource "azurerm_container_registry_webhook" "example" {
  name                = "webhookexample"
  location            = "westeurope"
  resource_group_name = "rg-example"
  registry_name       = azurerm_container_registry.example.name
  actions             = ["push"]
  service_uri         = ""#,
            $uri,
            "\"\n}\n"
        )
    };
}

/// A scope map with this action.
macro_rules! scope_map {
    ($action:literal) => {
        concat!(
            registry!("Premium", ""),
            r#"
resource "azurerm_container_registry_scope_map" "example" {
  name                    = "scope-example"
  resource_group_name     = "rg-example"
  container_registry_name = azurerm_container_registry.example.name
  actions                 = [""#,
            $action,
            "\"]\n}\n"
        )
    };
}

/// The password of a token: lines of it.
macro_rules! password {
    ($lines:literal) => {
        concat!(
            scope_map!("repositories/shop/content/read"),
            r#"
resource "azurerm_container_registry_token" "example" {
  name                    = "token-example"
  resource_group_name     = "rg-example"
  container_registry_name = azurerm_container_registry.example.name
  scope_map_id            = azurerm_container_registry_scope_map.example.id
}

resource "azurerm_container_registry_token_password" "example" {
  container_registry_token_id = azurerm_container_registry_token.example.id

  password1 {
"#,
            $lines,
            "  }\n}\n"
        )
    };
}

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-ACR-021",
            name: "acr-webhook-http",
            title: "the webhook posts over plain HTTP",
            why: "Names of images and the token in its headers can be read and changed on the way.",
            fix: "Give service_uri an https address.",
            bad: webhook!("http://hooks.example.com/push"),
            good: webhook!("https://hooks.example.com/push"),
            references: &["https://learn.microsoft.com/azure/container-registry/container-registry-webhook"],
            peers: &["CKV2_AZURE_30"],
            ..Meta::ROW
        },
        of: Of::Arm(types::WEBHOOK),
        when: &[(Is("properties.serviceUri", Set), "Azure does not say where it posts")],
        must: Is("properties.serviceUri", StartsWith(&["https://"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-ACR-022",
            name: "acr-token-wide-scope",
            title: "a token may write or delete in every repository",
            why: "Whoever gets hold of it replaces the images that clusters pull.",
            fix: "Name the repositories in the actions of an azurerm_container_registry_scope_map.",
            exceptions: "Tokens of a pipeline that builds every image.",
            bad: scope_map!("repositories/*/content/write"),
            good: scope_map!("repositories/shop/content/write"),
            references: &[
                "CIS AKS 1.7 5.1.2",
                "https://learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions",
            ],
            peers: &["KICS azure_container_registry_with_broad_permissions"],
            ..Meta::ROW
        },
        of: Of::Types(&[types::SCOPE_MAP, types::REGISTRY_TOKEN]),
        must: All(&[
            Not(&Is(
                "properties.actions",
                Has(&[
                    "repositories/*/content/write",
                    "repositories/*/content/delete",
                    "repositories/*/metadata/write",
                ]),
            )),
            Not(&Is(
                "properties.scopeMapId",
                Matches("(?i)/scopeMaps/_repositories_(push|push_metadata_write|admin)$"),
            )),
        ]),
        ..Attribute::ROW
    },
];

pub(super) static NO_EXPIRY: Check = Check {
    meta: Meta {
        id: "TU-ACR-023",
        name: "acr-token-no-expiry",
        severity: Severity::Medium,
        title: "the token's password never expires",
        why: "Once copied it works for ever.",
        fix: "Set expiry in every password block, and make a new password before that day.",
        exceptions: "",
        bad: password!(""),
        good: password!("    expiry = \"2027-06-30T00:00:00Z\"\n"),
        references: &[
            "https://learn.microsoft.com/azure/container-registry/container-registry-token-based-repository-permissions",
        ],
        ..Meta::ROW
    },
    check: no_expiry,
};

fn no_expiry(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for instance in graph.instances("azurerm_container_registry_token_password") {
        for name in ["password1", "password2"] {
            each(out, instance.into(), instance.config.get(name));
        }
    }
    for token in graph.of_type(types::REGISTRY_TOKEN) {
        each(out, token.into(), token.get("properties.credentials.passwords"));
    }
}

/// Judges the expiry of each password of a list, if there is one.
fn each(out: &mut Outcomes<'_>, subject: Subject, passwords: Option<&Value>) {
    if let Some(unknown) = passwords.and_then(Value::as_unknown) {
        out.unknown(subject, unknown.reason.to_string());
        return;
    }
    for password in passwords.and_then(Value::as_slice).unwrap_or_default() {
        if let Some(unknown) = password.as_unknown() {
            out.unknown(subject.clone(), unknown.reason.to_string());
            continue;
        }
        let fine = Written.of(get(password, "expiry"), false);
        out.judge(subject.clone(), Some(password), fine, NO_EXPIRY.meta.title);
    }
}
