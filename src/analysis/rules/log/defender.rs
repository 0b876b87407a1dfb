//! LOG-017 to 022: plans of Defender for Cloud, and whom it tells.

use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Test::{self, OneOf, Set, True};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject, Truth};
use crate::azure::estate::get;
use crate::terraform::value::Value;

/// A plan and its tier.
macro_rules! plan {
    ($name:literal, $tier:literal) => {
        concat!(
            r#"resource "azurerm_security_center_subscription_pricing" "example" {
  resource_type = ""#,
            $name,
            r#""
  tier          = ""#,
            $tier,
            "\"\n}\n"
        )
    };
}

/// A security contact and lines of its body.
macro_rules! contact {
    ($lines:literal) => {
        concat!(
            r#"resource "azurerm_security_center_contact" "example" {
  name                = "default1"
  email               = "security@example.com"
  alert_notifications = true
  alerts_to_admins    = true
"#,
            $lines,
            "}\n"
        )
    };
}

const DEFENDER: &str =
    "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-containers-introduction";

pub(super) static CONTAINERS: Check = Check {
    meta: Meta {
        id: "TU-LOG-017",
        name: "defender-containers-off",
        title: "Defender for Containers is switched off",
        why: "Images are not scanned, and attacks on running containers are not seen.",
        fix: "Set tier = \"Standard\" with resource_type = \"Containers\".",
        exceptions: "Clusters and registries that another product watches.",
        bad: plan!("Containers", "Free"),
        good: plan!("Containers", "Standard"),
        references: &["CIS Azure 6.0 8.1.4.1", "CIS AKS 1.7 5.1.1", DEFENDER],
        peers: &[
            "CKV_AZURE_85",
            "CKV_AZURE_86",
            "CKV_AZURE_19",
            "PSRule Azure.Defender.Containers",
            "KICS standard_price_is_not_selected",
            "Terrascan AC_AZURE_0385",
        ],
        ..Meta::ROW
    },
    check: |graph, out| each(graph, out, &CONTAINER_PLANS, &CONTAINERS),
};

pub(super) static LEGACY: Check = Check {
    meta: Meta {
        id: "TU-LOG-018",
        name: "defender-legacy-plan-names",
        title: "the plan is one that Defender for Containers has replaced",
        why: "The plans ContainerRegistry and KubernetesService do nothing in a new subscription.",
        fix: "Set resource_type = \"Containers\".",
        bad: plan!("KubernetesService", "Standard"),
        good: plan!("Containers", "Standard"),
        references: &[DEFENDER],
        ..Meta::ROW
    },
    check: legacy,
};

pub(super) static VAULTS: Check = Check {
    meta: Meta {
        id: "TU-LOG-019",
        name: "defender-keyvault-off",
        title: "Defender for Key Vault is switched off",
        why: "Somebody reads all secrets from a strange place, and nobody is told.",
        fix: "Set tier = \"Standard\" with resource_type = \"KeyVaults\".",
        exceptions: "Vaults whose audit log another product watches.",
        bad: plan!("KeyVaults", "Free"),
        good: plan!("KeyVaults", "Standard"),
        references: &[
            "CIS Azure 6.0 8.1.8.1",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-key-vault-introduction",
        ],
        peers: &["CKV_AZURE_87", "CKV_AZURE_19", "PSRule Azure.Defender.KeyVault"],
        ..Meta::ROW
    },
    check: |graph, out| each(graph, out, &["KeyVaults"], &VAULTS),
};

pub(super) static ARM: Check = Check {
    meta: Meta {
        id: "TU-LOG-020",
        name: "defender-arm-off",
        title: "Defender for Resource Manager is switched off",
        why: "A stolen account deletes resources or adds roles, and nobody is told.",
        fix: "Set tier = \"Standard\" with resource_type = \"Arm\".",
        exceptions: "Subscriptions whose activity log another product watches.",
        bad: plan!("Arm", "Free"),
        good: plan!("Arm", "Standard"),
        references: &[
            "CIS Azure 6.0 8.1.9.1",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-resource-manager-introduction",
        ],
        peers: &["CKV_AZURE_234", "CKV_AZURE_19", "PSRule Azure.Defender.Arm"],
        ..Meta::ROW
    },
    check: |graph, out| each(graph, out, &["Arm"], &ARM),
};

pub(super) static OTHERS: Check = Check {
    meta: Meta {
        id: "TU-LOG-021",
        name: "defender-other-plans",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a plan of Defender for Cloud is switched off",
        why: "Attacks on what it covers are not seen.",
        fix: "Set tier = \"Standard\"; it is charged by what it covers.",
        exceptions: "Plans for what the subscription does not have.",
        bad: plan!("StorageAccounts", "Free"),
        good: plan!("StorageAccounts", "Standard"),
        references: &[
            "CIS Azure 6.0 8.1",
            "https://learn.microsoft.com/azure/defender-for-cloud/defender-for-cloud-introduction",
        ],
        peers: &[
            "CKV_AZURE_19",
            "CKV_AZURE_55",
            "CKV_AZURE_61",
            "CKV_AZURE_69",
            "CKV_AZURE_79",
            "CKV_AZURE_84",
            "AZU-0045",
        ],
    },
    check: others,
};

pub(super) static CONTACT: Check = Check {
    meta: Meta {
        id: "TU-LOG-022",
        name: "security-contact-incomplete",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "Defender for Cloud cannot reach somebody",
        why: "An alert that nobody reads is none.",
        fix: "Fill in email and phone, and set alert_notifications and alerts_to_admins to true.",
        exceptions: "Subscriptions whose alerts another product collects.",
        bad: contact!(""),
        good: contact!("  phone               = \"+31-20-555-0100\"\n"),
        references: &[
            "CIS Azure 6.0 8.1.12",
            "https://learn.microsoft.com/azure/defender-for-cloud/configure-email-notifications",
        ],
        peers: &[
            "CKV_AZURE_20",
            "CKV_AZURE_21",
            "CKV_AZURE_22",
            "CKV_AZURE_131",
            "AZU-0044",
            "AZU-0046",
            "PSRule Azure.Defender.SecurityContact",
            "AZU-0062",
            "AZU-0063",
            "AZU-0064",
            "Terrascan AC_AZURE_0386",
        ],
    },
    check: contact,
};

/// Plans that watch containers: today's, and the two that it has replaced.
const CONTAINER_PLANS: [&str; 3] = ["Containers", "KubernetesService", "ContainerRegistry"];

/// Judges whether plans of these names are on.
fn each(graph: &Graph<'_>, out: &mut Outcomes<'_>, names: &[&str], rule: &Check) {
    for plan in graph.plans() {
        match plan.is_one_of(names) {
            Truth::No => drop(out.skip(plan.subject, "it is another plan")),
            named => {
                let fine = plan.is_on().or(!named);
                out.judge(plan.subject, plan.tier, fine, rule.meta.title);
            }
        }
    }
}

fn legacy(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for plan in graph.plans() {
        let replaced = plan.is_one_of(&CONTAINER_PLANS[1..]);
        out.judge(plan.subject, plan.name, !replaced, LEGACY.meta.title);
    }
}

fn others(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for plan in graph.plans() {
        let named =
            plan.is_one_of(&["Containers", "KubernetesService", "ContainerRegistry", "KeyVaults", "Arm"]);
        if named == Truth::Yes {
            out.skip(plan.subject, "another rule judges this plan");
            continue;
        }
        let fine = plan.is_on().or(named);
        out.judge(plan.subject, plan.tier, fine, OTHERS.meta.title);
    }
}

/// What a contact needs: what is wrong without it, its argument, its place in ARM, and what it has to be.
const PARTS: [(&str, &str, &str, Test); 4] = [
    ("no e-mail address is given (email)", "email", "properties.emails", Set),
    ("no phone number is given (phone)", "phone", "properties.phone", Set),
    (
        "nobody is told of alerts (alert_notifications)",
        "alert_notifications",
        "properties.alertNotifications.state",
        ON,
    ),
    (
        "owners of the subscription are not told (alerts_to_admins)",
        "alerts_to_admins",
        "properties.notificationsByRole.state",
        ON,
    ),
];
const ON: Test = OneOf(&["On"]);

fn contact(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let mut part = |subject: Subject, part, value: Option<&Value>, test: Test, wrong: &str| {
        let value = value.filter(|v| !v.is_null());
        out.judge(subject, value, test.of(value, false), wrong).part(part);
    };
    for contact in graph.instances("azurerm_security_center_contact") {
        for (wrong, argument, _, test) in PARTS {
            let test = if matches!(test, Set) { Set } else { True };
            part(contact.into(), argument, contact.config.get(argument), test, wrong);
        }
    }
    for contact in graph.of_type("Microsoft.Security/securityContacts") {
        for (wrong, argument, path, test) in PARTS {
            part(contact.into(), argument, get(&contact.body, path), test, wrong);
        }
    }
}
