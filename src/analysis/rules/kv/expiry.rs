//! KV-017: an expiry date that helps nobody.

use time::{Date, Duration};

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::{Graph, date};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};

const SOON: Duration = Duration::days(30);
const FAR: Duration = Duration::days(730);

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-KV-017",
        name: "kv-expiry-past-or-too-far",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the expiry date is past, near, or years away",
        why: "A past date stops consumers now; a date far away is no expiry at all. A check for the mere presence of a \
              date passes both.",
        fix: "Write a new version with an expiration_date within two years.",
        exceptions: "",
        bad: concat!(
            vault!("\n  purge_protection_enabled = true\n"),
            r#"
resource "azurerm_key_vault_key" "example" {
  name            = "journal"
  key_vault_id    = azurerm_key_vault.example.id
  key_type        = "RSA"
  key_size        = 3072
  key_opts        = ["sign", "verify"]
  expiration_date = "2024-06-30T00:00:00Z"
}
"#
        ),
        good: concat!(
            vault!("\n  purge_protection_enabled = true\n"),
            r#"
resource "azurerm_key_vault_key" "example" {
  name            = "journal"
  key_vault_id    = azurerm_key_vault.example.id
  key_type        = "RSA"
  key_size        = 3072
  key_opts        = ["sign", "verify"]
  expiration_date = "2027-06-30T00:00:00Z"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/key-vault/general/security-features"],
        peers: &["Terrascan AC_AZURE_0163"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for instance in
        ["azurerm_key_vault_secret", "azurerm_key_vault_key"].iter().flat_map(|t| graph.instances(t))
    {
        let value = instance.config.get("expiration_date").filter(|v| !v.is_null());
        let Some(value) = value else {
            out.skip(instance, "no expiry date is set");
            continue;
        };
        if let Some(unknown) = value.as_unknown() {
            out.unknown(instance, unknown.reason.to_string());
            continue;
        }
        let Some(day) = value.as_str().and_then(day) else {
            out.unknown(instance, "its expiry date is no date");
            continue;
        };
        let left = day - graph.today;
        let (severity, text) = if left < Duration::ZERO {
            (Severity::High, format!("it expired on {day}"))
        } else if left < SOON {
            (Severity::Medium, format!("it expires on {day}, in less than 30 days"))
        } else if left > FAR {
            (Severity::Low, format!("it expires on {day}, more than two years away"))
        } else {
            out.pass(instance);
            continue;
        };
        out.fail(instance, Some(value), text).severity(severity);
    }
}

/// The day of an RFC 3339 time.
fn day(text: &str) -> Option<Date> {
    date(text.get(..10)?)
}
