//! Rules about keys: their life, their kind, and what they may be used for.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Condition::{All, Any, Ask, Exists, Is, Live, Not};
use crate::analysis::rules::condition::Test::{AtLeast, AtMost, Filled, Has, OneOf, Set, True, Written};
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Attribute, Condition, Meta, Of, Profile, Test, Truth};
use crate::azure::types;

/// A key of the example's vault: its type, what it may do, and further lines.
macro_rules! key {
    ($kind:literal, $operations:literal, $lines:literal) => {
        concat!(
            vault!(""),
            r#"
resource "azurerm_key_vault_key" "example" {
  name         = "journal"
  key_vault_id = azurerm_key_vault.example.id
  key_type     = ""#,
            $kind,
            "\"\n  key_opts     = ",
            $operations,
            "\n",
            $lines,
            "}\n"
        )
    };
}

const RSA: Test = OneOf(&["RSA", "RSA-HSM"]);
const CURVE: Test = OneOf(&["EC", "EC-HSM"]);
const ABOUT: &str = "https://learn.microsoft.com/azure/key-vault/keys/about-keys";
const ROTATION: &str = "https://learn.microsoft.com/azure/key-vault/keys/how-to-configure-key-rotation";

/// The rows.
pub(super) static ROWS: &[Attribute] = &[
    Attribute {
        meta: Meta {
            id: "TU-KV-014",
            name: "kv-key-no-expiry",
            profile: Profile::Strict,
            title: "the key never expires",
            why: "Nothing ever makes anybody replace it, whoever has had it in the meantime.",
            fix: "Set expiration_date, or rotation_policy { expire_after = \"P90D\" } with an automatic rotation.",
            exceptions: "Keys of disks and of clusters, which stop working when they expire; rotate those.",
            bad: key!("RSA", "[\"sign\", \"verify\"]", "  key_size     = 3072\n"),
            good: key!(
                "RSA",
                "[\"sign\", \"verify\"]",
                "  key_size     = 3072\n\n  expiration_date = \"2027-06-30T00:00:00Z\"\n"
            ),
            references: &["CIS Azure 6.0 8.3.1", ABOUT],
            peers: &["CKV_AZURE_40", "AZU-0014", "KICS key_expiration_not_set", "Terrascan AC_AZURE_0164"],
            ..Meta::ROW
        },
        of: Of::Arm(types::KEY),
        must: Any(&[
            Is("hcl.expiration_date", Written),
            Is("properties.attributes.exp", AtLeast(1)),
            Is("properties.rotationPolicy.attributes.expiryTime", Written),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-018",
            name: "kv-key-not-hsm",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the key is protected by software, not by an HSM",
            why: "Rules of some industries ask for hardware that a key cannot leave.",
            fix: "Set key_type = \"RSA-HSM\" or \"EC-HSM\" in a vault with sku_name = \"premium\". The key is replaced.",
            exceptions: "Keys without such a rule.",
            bad: key!("RSA", "[\"sign\", \"verify\"]", "  key_size     = 3072\n"),
            good: key!("RSA-HSM", "[\"sign\", \"verify\"]", "  key_size     = 3072\n"),
            references: &["CIS Azure 6.0 8.3.10", ABOUT],
            peers: &["CKV_AZURE_112", "TFLint azurerm_key_vault_key_invalid_key_type"],
        },
        of: Of::Arm(types::KEY),
        must: Is("properties.kty", OneOf(&["RSA-HSM", "EC-HSM"])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-019",
            name: "kv-key-rotation-missing",
            profile: Profile::Strict,
            title: "nothing rotates the key",
            why: "Rotation by hand is forgotten, or done in a hurry after a leak.",
            fix: "Add rotation_policy { expire_after = \"P90D\", automatic { time_before_expiry = \"P30D\" } }.",
            exceptions: "Keys whose users cannot follow a new version.",
            bad: key!("RSA", "[\"sign\", \"verify\"]", "  key_size     = 3072\n"),
            good: key!(
                "RSA",
                "[\"sign\", \"verify\"]",
                r#"  key_size     = 3072

  rotation_policy {
    expire_after         = "P90D"
    notify_before_expiry = "P29D"

    automatic {
      time_before_expiry = "P30D"
    }
  }
"#
            ),
            references: &["CIS Azure 6.0 8.3.9", ROTATION],
            peers: &[
                "PSRule Azure.KeyVault.AutoRotationPolicy",
                "KICS azure_key_vault_key_rotation_disabled",
            ],
            ..Meta::ROW
        },
        of: Of::Arm(types::KEY),
        must: Any(&[
            Is("hcl.rotation_policy.automatic", Filled),
            Exists("properties.rotationPolicy.lifetimeActions", &Is("action.type", OneOf(&["rotate"]))),
        ]),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-020",
            name: "kv-key-weak",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the key is an RSA key below 3072 bits, or on a curve outside the NIST standards",
            why: "2048 bits are accepted until 2030; what a long-lived key protects is to stay secret for longer.",
            fix: "Set key_size = 3072 or 4096, or curve = \"P-256\". The key is replaced.",
            exceptions: "Keys that live for a few months, and users that know nothing longer.",
            bad: key!("RSA", "[\"sign\", \"verify\"]", "  key_size     = 2048\n"),
            good: key!("RSA", "[\"sign\", \"verify\"]", "  key_size     = 3072\n"),
            references: &[ABOUT],
            peers: &["TFLint azurerm_key_vault_key_invalid_curve"],
        },
        of: Of::Arm(types::KEY),
        when: &[(
            Any(&[Is("properties.kty", CURVE), Is("properties.keySize", Set)]),
            "the key has no size of its own",
        )],
        must: Not(&Any(&[
            All(&[Is("properties.kty", RSA), Is("properties.keySize", AtMost(3071))]),
            All(&[Is("properties.kty", CURVE), Is("properties.curveName", OneOf(&["P-256K"]))]),
        ])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-021",
            name: "kv-key-ops-too-wide",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "the key may both sign and encrypt",
            why: "One key for both lets a user of the one forge or read in the name of the other.",
            fix: "Make a key for each use: key_opts = [\"sign\", \"verify\"], or [\"wrapKey\", \"unwrapKey\"].",
            exceptions: "",
            bad: key!("RSA", "[\"sign\", \"verify\", \"wrapKey\", \"unwrapKey\"]", "  key_size     = 3072\n"),
            good: key!("RSA", "[\"wrapKey\", \"unwrapKey\"]", "  key_size     = 3072\n"),
            references: &[ABOUT],
            ..Meta::ROW
        },
        of: Of::Arm(types::KEY),
        must: Not(&All(&[
            Is("properties.keyOps", Has(&["sign", "verify"])),
            Is("properties.keyOps", Has(&["wrapKey", "unwrapKey", "encrypt", "decrypt"])),
        ])),
        ..Attribute::ROW
    },
    Attribute {
        meta: Meta {
            id: "TU-KV-026",
            name: "kv-prevent-destroy-missing",
            severity: Severity::Low,
            profile: Profile::Strict,
            title: "a plan may destroy the vault or key",
            why: "A rename or a changed location replaces it, and what it encrypts cannot be read any more.",
            fix: "Add lifecycle { prevent_destroy = true }, or purge_protection_enabled = true on the vault.",
            exceptions: "Environments that are torn down on purpose.",
            bad: vault!(""),
            good: vault!("\n  lifecycle {\n    prevent_destroy = true\n  }\n"),
            references: &["https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview"],
            peers: &["TFLint azurerm_resources_missing_prevent_destroy"],
        },
        of: Of::Types(&[types::VAULT, types::KEY]),
        when: &[(Not(&Live), "only code has plans")],
        must: Ask(kept),
        ..Attribute::ROW
    },
];

const PURGE_PROTECTED: Condition = Is("properties.enablePurgeProtection", True);

/// Whether a vault or key outlives a plan that destroys it.
fn kept<'a>(graph: &Graph<'a>, thing: Thing<'a>) -> Truth {
    let guarded = thing.instance.is_some_and(|i| i.lifecycle.prevent_destroy);
    let protected = match thing.document {
        Some(key) if key.is(types::KEY) => Condition::Parent(&PURGE_PROTECTED).holds(graph, thing),
        _ => PURGE_PROTECTED.holds(graph, thing),
    };
    Truth::from(guarded).or(protected)
}
