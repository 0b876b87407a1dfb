//! Rules about one attribute of an application gateway.

use super::gateway;
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{Absent, All, Any, Ask, Every, Exists, Is, Not, OrAbsent};
use crate::analysis::rules::condition::Test::{AtLeast, By, Filled, Matches, NoneOf, OneOf, True};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::in_zoned_region;
use crate::analysis::rules::tables::RETIREMENTS;
use crate::analysis::rules::{Attribute, Condition, Meta, Of, Profile, Truth};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// Gateways of the second generation.
const V2: (Condition, &str) = (
    Is("properties.sku.tier", OneOf(&["Standard_v2", "WAF_v2"])),
    "only gateways of the second generation have zones",
);
const ZONED: (Condition, &str) = (Ask(zoned), "its region is not known to have zones");

const IS_CUSTOM: Condition = Is("properties.sslPolicy.policyType", OneOf(&["Custom", "CustomV2"]));
const WEAK_SUITE: Condition =
    All(&[IS_CUSTOM, Exists("properties.sslPolicy.cipherSuites", &Is("", By(is_weak)))]);

fn zoned<'a>(_: &Graph<'a>, thing: Thing<'a>) -> Truth {
    thing.document.map_or(Truth::No, in_zoned_region)
}

/// Cipher suites without forward secrecy, or with CBC or 3DES.
fn is_weak(suite: &Value) -> bool {
    let suite = suite.as_str().map(|s| s.trim().to_ascii_uppercase()).unwrap_or_default();
    ["TLS_RSA_", "TLS_DHE_"].iter().any(|p| suite.starts_with(p))
        || ["_3DES_", "_CBC_"].iter().any(|p| suite.contains(p))
}

/// Whether a certificate block holds the certificate itself. What it holds may well be unknown: a file
/// that is not in the repository.
fn holds_key<'a>(_: &Graph<'a>, thing: Thing<'a>) -> Truth {
    let written = |name: &str| thing.get(name).filter(|v| !v.is_null());
    let data = written("data").or(written("properties.data"));
    match data.and_then(Value::as_unknown).map(|u| &u.reason) {
        Some(reason @ Reason::Variable(_)) if written("key_vault_secret_id").is_none() => {
            Truth::Unknown(reason.to_string())
        }
        _ => (data.is_some() && written("key_vault_secret_id").is_none()).into(),
    }
}

pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-AGW-005",
            name: "agw-weak-ciphers",
            severity: Severity::Medium,
            title: "the gateway's own TLS policy has weak cipher suites",
            why: "RSA and DHE key exchange, CBC and 3DES have known attacks or no forward secrecy.",
            fix: "Keep the TLS_ECDHE_*_GCM_* suites, or use a predefined policy.",
            exceptions: "Old clients that nobody can update.",
            bad: gateway!(
                r#"
  ssl_policy {
    policy_type          = "CustomV2"
    min_protocol_version = "TLSv1_2"
    cipher_suites        = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_256_CBC_SHA"]
  }
"#
            ),
            good: gateway!(
                r#"
  ssl_policy {
    policy_type          = "CustomV2"
    min_protocol_version = "TLSv1_2"
    cipher_suites        = ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"]
  }
"#
            ),
            references: &[
                "https://learn.microsoft.com/azure/application-gateway/application-gateway-ssl-policy-overview",
            ],
            peers: &["CKV_AZURE_218"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        when: &[(
            Any(&[IS_CUSTOM, Exists("properties.sslProfiles", &IS_CUSTOM)]),
            "it has no TLS policy of its own making",
        )],
        must: All(&[Not(&WEAK_SUITE), Every("properties.sslProfiles", &Not(&WEAK_SUITE))]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-014",
            name: "agw-v1",
            severity: Severity::High,
            title: "the gateway is of the first generation, retired on 2026-04-28",
            why: "Azure stops its traffic and deletes it; new ones are refused.",
            fix: "Make a WAF_v2 or Standard_v2 gateway beside it and move the traffic.",
            bad: gateway!(
                "Standard",
                "",
                "",
                "https",
                "Https",
                "    ssl_certificate_name           = \"site\"\n"
            ),
            good: gateway!(""),
            references: &["https://learn.microsoft.com/azure/application-gateway/v1-retirement"],
            peers: &["PSRule Azure.AppGw.MigrateV2", "PSRule Azure.AppGw.MinSku"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        must: All(&[
            OrAbsent("properties.sku.tier", NoneOf(&["Standard", "WAF"])),
            Not(&Is("properties.sku.name", Matches("(?i)_(small|medium|large)$"))),
        ]),
        table: Some(&RETIREMENTS),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-016",
            name: "agw-no-zones",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the gateway names no zones",
            why: "It may stand in one zone and be lost with it.",
            fix: "Set zones = [\"1\", \"2\", \"3\"]. The gateway is replaced.",
            bad: gateway!(""),
            good: gateway!("\n  zones = [\"1\", \"2\", \"3\"]\n"),
            references: &[
                "https://learn.microsoft.com/azure/application-gateway/application-gateway-autoscaling-zone-redundant",
            ],
            peers: &["PSRule Azure.AppGw.AvailabilityZone"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        when: &[V2, ZONED],
        must: Is("zones", Filled),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-017",
            name: "agw-min-instances",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the gateway may run with one instance",
            why: "Its failure or update interrupts all traffic until a new one has started, which takes minutes.",
            fix: "Set autoscale_configuration { min_capacity = 2 }, or sku { capacity = 2 }.",
            exceptions: "Environments for development.",
            bad: gateway!(
                "Standard_v2",
                "  autoscale_configuration {\n    min_capacity = 1\n  }\n",
                "",
                "https",
                "Https",
                "    ssl_certificate_name           = \"site\"\n"
            ),
            good: gateway!(""),
            references: &[
                "https://learn.microsoft.com/azure/application-gateway/application-gateway-autoscaling-zone-redundant",
            ],
            peers: &["PSRule Azure.AppGw.MinInstance"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        must: Any(&[
            Is("properties.autoscaleConfiguration.minCapacity", AtLeast(2)),
            All(&[Absent("properties.autoscaleConfiguration"), Is("properties.sku.capacity", AtLeast(2))]),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-018",
            name: "agw-http2-off",
            severity: Severity::Info,
            profile: Profile::Strict,
            title: "the gateway does not speak HTTP/2",
            why: "Clients fall back to HTTP/1.1, which needs more connections and is easier to smuggle requests through.",
            fix: "Set http2_enabled = true (enable_http2 before azurerm 5.0).",
            bad: gateway!(""),
            good: gateway!("\n  http2_enabled = true\n"),
            references: &["CIS Azure 6.0 7.13"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        must: Is("properties.enableHttp2", True),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-019",
            name: "agw-cert-inline",
            severity: Severity::Medium,
            title: "a certificate with its private key stands in the gateway's configuration",
            why: "The key and its password are in the state, where everyone reads them who plans, and nobody renews it.",
            fix: "Keep the certificate in a vault and set key_vault_secret_id, with an identity that may read it.",
            bad: gateway!(
                r#"
  ssl_certificate {
    name     = "site"
    data     = "MIIKCgIBAzCC"
    password = "not-a-real-one"
  }
"#
            ),
            good: gateway!(
                r#"
  ssl_certificate {
    name                = "site"
    key_vault_secret_id = "https://kv-example.vault.azure.net/secrets/site"
  }
"#
            ),
            references: &["https://learn.microsoft.com/azure/application-gateway/key-vault-certs"],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        when: &[(
            Any(&[Is("hcl.ssl_certificate", Filled), Is("properties.sslCertificates", Filled)]),
            "it has no certificates",
        )],
        must: All(&[
            Every("hcl.ssl_certificate", &Not(&Ask(holds_key))),
            Every("properties.sslCertificates", &Not(&Ask(holds_key))),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-024",
            name: "agw-mtls-weak",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "client certificates are not checked for their issuer or for revocation",
            why: "Any certificate below the trusted root is accepted, also one for another purpose or one that was \
                  revoked.",
            fix: "Set verify_client_certificate_issuer_dn = true and verify_client_certificate_revocation = \"OCSP\" in \
                  the ssl_profile.",
            bad: gateway!(
                r#"
  ssl_profile {
    name                             = "clients"
    trusted_client_certificate_names = ["root"]
  }

  trusted_client_certificate {
    name = "root"
    data = "MIIDazCCAlOg"
  }
"#
            ),
            good: gateway!(
                r#"
  ssl_profile {
    name                                  = "clients"
    trusted_client_certificate_names      = ["root"]
    verify_client_certificate_issuer_dn   = true
    verify_client_certificate_revocation  = "OCSP"
  }

  trusted_client_certificate {
    name = "root"
    data = "MIIDazCCAlOg"
  }
"#
            ),
            references: &[
                "https://learn.microsoft.com/azure/application-gateway/mutual-authentication-overview",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::APPLICATION_GATEWAY),
        when: &[(
            Exists("properties.sslProfiles", &Is("properties.trustedClientCertificates", Filled)),
            "it asks for no client certificates",
        )],
        must: Every(
            "properties.sslProfiles",
            &Any(&[
                Not(&Is("properties.trustedClientCertificates", Filled)),
                All(&[
                    Is("properties.clientAuthConfiguration.verifyClientCertIssuerDN", True),
                    Is("properties.clientAuthConfiguration.verifyClientRevocation", NoneOf(&["None"])),
                ]),
            ]),
        ),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-AGW-025",
            name: "agw-name-invalid",
            severity: Severity::High,
            title: "Azure refuses the name of the gateway",
            why: "The apply fails, after other resources were made.",
            fix: "1 to 80 letters, digits, underscores, dots and hyphens; a letter or digit first, a letter, digit or \
                  underscore last.",
            bad: r#"resource "azurerm_web_application_firewall_policy" "example" {
  name                = "waf example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  managed_rules {
    managed_rule_set {
      version = "3.2"
    }
  }
}
"#,
            good: gateway!(""),
            references: &[
                "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules",
            ],
            peers: &["PSRule Azure.AppGw.Name"],
            ..Meta::ROW
        },
        of: Of::Types(&[types::APPLICATION_GATEWAY, types::WAF_POLICY]),
        when: &[(Not(&Condition::Live), "Azure has accepted its name")],
        must: Is("name", Matches("^[A-Za-z0-9]([A-Za-z0-9._-]{0,78}[A-Za-z0-9_])?$")),
        says: "Azure refuses the name {}",
        ..Attribute::ROW
    },
];
