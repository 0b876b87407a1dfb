//! Rules about secrets and certificates.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Exists, Is, OrAbsent};
use crate::analysis::rules::condition::Test::{AtMost, Filled, OneOf, Set, True, Written};
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Attribute, Check, Meta, Of, Outcomes, Profile, Truth};
use crate::terraform::address::Mode;

const SECRET: &str = "azurerm_key_vault_secret";
const CERTIFICATE: &str = "azurerm_key_vault_certificate";

/// A secret of the example's vault and lines of its body.
macro_rules! secret {
    ($lines:literal) => {
        concat!(
            vault!(""),
            r#"
variable "password" {
  type      = string
  sensitive = true
}

resource "azurerm_key_vault_secret" "example" {
  name         = "database"
  key_vault_id = azurerm_key_vault.example.id
  value        = var.password
"#,
            $lines,
            "}\n"
        )
    };
}

/// A certificate that the vault makes: whether its key may leave, for how many months it is good, and what
/// happens before its end.
macro_rules! certificate {
    ($exportable:literal, $months:literal, $action:literal) => {
        concat!(
            vault!(""),
            r#"
resource "azurerm_key_vault_certificate" "example" {
  name         = "web"
  key_vault_id = azurerm_key_vault.example.id

  certificate_policy {
    issuer_parameters {
      name = "Self"
    }

    key_properties {
      exportable = "#,
            $exportable,
            r#"
      key_size   = 3072
      key_type   = "RSA"
      reuse_key  = false
    }

    lifetime_action {
      action {
        action_type = ""#,
            $action,
            r#""
      }

      trigger {
        days_before_expiry = 30
      }
    }

    secret_properties {
      content_type = "application/x-pkcs12"
    }

    x509_certificate_properties {
      key_usage          = ["digitalSignature"]
      subject            = "CN=example.com"
      validity_in_months = "#,
            $months,
            "\n    }\n  }\n}\n"
        )
    };
}

/// A gateway that shows the certificate.
macro_rules! shown {
    ($exportable:literal) => {
        concat!(
            certificate!($exportable, "12", "AutoRenew"),
            r#"
resource "azurerm_api_management_custom_domain" "example" {
  api_management_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.ApiManagement/service/apim"

  gateway {
    host_name                = "example.com"
    key_vault_certificate_id = azurerm_key_vault_certificate.example.versionless_secret_id
  }
}
"#
        )
    };
}

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-KV-015",
            name: "kv-secret-no-expiry",
            profile: Profile::Strict,
            title: "the secret never expires",
            why: "Nothing ever makes anybody replace it, whoever has seen it in the meantime.",
            fix: "Set expiration_date, and write a new version before that day.",
            exceptions: "Values that are no credentials.",
            bad: secret!(""),
            good: secret!("  expiration_date = \"2027-06-30T00:00:00Z\"\n"),
            references: &[
                "CIS Azure 6.0 8.3.3",
                "https://learn.microsoft.com/azure/key-vault/secrets/about-secrets",
            ],
            peers: &["CKV_AZURE_41", "AZU-0017", "KICS secret_expiration_not_set", "Terrascan AC_AZURE_0163"],
            ..Meta::ROW
        },
        of: Of::Terraform(SECRET),
        must: Is("expiration_date", Written),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-016",
            name: "kv-secret-no-content-type",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the secret does not say what it is",
            why: "Whoever has to replace it cannot tell a password from a connection string or a certificate.",
            fix: "Set content_type = \"password\", or what it is.",
            bad: secret!(""),
            good: secret!("  content_type = \"password\"\n"),
            references: &["https://learn.microsoft.com/azure/key-vault/secrets/about-secrets"],
            peers: &["CKV_AZURE_114", "AZU-0015", "KICS key_vault_secrets_content_type_undefined"],
            ..Meta::ROW
        },
        of: Of::Terraform(SECRET),
        must: Is("content_type", Set),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-024",
            name: "kv-cert-long-validity",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the certificate is good for more than a year, or is not renewed",
            why: "It ends on a day that nobody remembers, or its key stays the same for years.",
            fix: "Set validity_in_months = 12 and lifetime_action { action { action_type = \"AutoRenew\" } }.",
            exceptions: "Certificates of an authority that the vault cannot ask.",
            bad: certificate!("true", "24", "AutoRenew"),
            good: certificate!("true", "12", "AutoRenew"),
            references: &["https://learn.microsoft.com/azure/key-vault/certificates/about-certificates"],
            ..Meta::ROW
        },
        of: Of::Terraform(CERTIFICATE),
        when: &[(Is("certificate_policy", Filled), "the certificate is imported")],
        must: All(&[
            OrAbsent("certificate_policy.x509_certificate_properties.validity_in_months", AtMost(12)),
            Any(&[
                Is("certificate_policy.issuer_parameters.name", OneOf(&["Unknown"])),
                Exists(
                    "certificate_policy.lifetime_action",
                    &Is("action.action_type", OneOf(&["AutoRenew"])),
                ),
            ]),
        ]),
        ..Attribute::ROW
    },
];

pub(super) static EXPORTABLE: Check = Check {
    meta: Meta {
        id: "TU-KV-025",
        name: "kv-cert-exportable",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the certificate's private key may leave the vault, though only Azure's own services use it",
        why: "Whoever may read secrets of the vault can take the key away.",
        fix: "Set exportable = false in key_properties where the service can use a key inside the vault.",
        exceptions: "Services that load the whole certificate, such as Application Gateway.",
        bad: shown!("true"),
        good: shown!("false"),
        references: &["https://learn.microsoft.com/azure/key-vault/certificates/about-certificates"],
        ..Meta::ROW
    },
    check: exportable,
};

fn exportable(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for certificate in graph.instances(CERTIFICATE) {
        let may_leave = Is("certificate_policy.key_properties.exportable", True);
        let may_leave = may_leave.answer(graph, certificate.into());
        let address = certificate.address.to_string();
        let users = graph.users(&address, None);
        let service = |type_name: &str| {
            let azure = ["azurerm_", "azapi_"].iter().any(|p| type_name.starts_with(p));
            azure && !type_name.starts_with("azurerm_key_vault")
        };
        let by_services =
            users.iter().all(|u| u.address.mode == Mode::Managed && service(&u.address.type_name));
        let fine = !may_leave.truth;
        if fine == Truth::Yes || !users.is_empty() && !by_services {
            out.pass(certificate);
        } else if graph.is_output(&address) {
            out.unknown(certificate, "an output hands it out; another root may need its key");
        } else if users.is_empty() {
            out.skip(certificate, "nothing in this root uses it");
        } else {
            out.judge(certificate, may_leave.at, fine, EXPORTABLE.meta.title);
        }
    }
}
