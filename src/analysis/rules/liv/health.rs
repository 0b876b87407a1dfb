//! LIV-007, 008 and 015: what is broken, what expires, and what Defender says.

use time::{Date, Duration, OffsetDateTime};

use super::versions::live_cluster;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::live;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::date;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::estate::Document;
use crate::azure::types;

pub(super) static CLUSTERS: Check = Check {
    meta: Meta {
        id: "TU-LIV-007",
        name: "cluster-unhealthy",
        severity: Severity::High,
        title: "the cluster or a pool of it has failed or is stopped",
        why: "The next apply starts from a state that Azure itself calls broken, and may fail half-way.",
        fix: "Repair it first: retry the operation that failed, or start the cluster.",
        exceptions: "A cluster that is stopped over night.",
        bad: live!(live_cluster!(
            "\"provisioningState\": \"Failed\", \"powerState\": { \"code\": \"Running\" }"
        )),
        good: live!(live_cluster!(
            "\"provisioningState\": \"Succeeded\", \"powerState\": { \"code\": \"Running\" }"
        )),
        references: &[
            "https://learn.microsoft.com/troubleshoot/azure/azure-kubernetes/availability-performance/cluster-node-virtual-machine-failed-state",
        ],
        ..Meta::ROW
    },
    check: clusters,
};

macro_rules! secret {
    ($expires:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.KeyVault/vaults/kv-example/secrets/password"),
            r#"",
  "type": "Microsoft.KeyVault/vaults/secrets",
  "name": "password",
  "properties": { "attributes": { "enabled": true, "exp": "#,
            $expires,
            r#" } }
}]
"#
        )
    };
}

pub(super) static EXPIRY: Check = Check {
    meta: Meta {
        id: "TU-LIV-008",
        name: "certificate-or-secret-expiring",
        severity: Severity::Medium,
        title: "a certificate, secret or key expires within 30 days",
        why: "What uses it stops at that moment, often at night.",
        fix: "Renew it, and let the vault renew certificates by itself.",
        exceptions: "What nobody uses any more: disable it.",
        bad: live!(secret!("1796083200")),
        good: live!(secret!("1827619200")),
        references: &["https://learn.microsoft.com/azure/key-vault/general/autorotation"],
        ..Meta::ROW
    },
    check: expiry,
};

macro_rules! alert {
    ($status:literal) => {
        concat!(
            r#"[{
  "id": "/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.Security/locations/westeurope/alerts/1",
  "type": "Microsoft.Security/locations/alerts",
  "name": "1",
  "properties": {
    "alertDisplayName": "Exposed dashboard",
    "severity": "High",
    "status": ""#,
            $status,
            r#"",
    "resourceIdentifiers": [{ "type": "AzureResource", "azureResourceId": ""#,
            super::id!("Microsoft.ContainerService/managedClusters/aks-example"),
            r#"" }]
  }
}]
"#
        )
    };
}

pub(super) static ALERTS: Check = Check {
    meta: Meta {
        id: "TU-LIV-015",
        name: "defender-alerts-open",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "Defender has an open alert or recommendation of high severity",
        why: "Who reviews a change of a resource should know that it may be under attack.",
        fix: "Handle the alert, or exempt the recommendation with a reason.",
        exceptions: "",
        bad: live!(alert!("Active")),
        good: live!(alert!("Resolved")),
        references: &["https://learn.microsoft.com/azure/defender-for-cloud/alerts-overview"],
        peers: &["PSRule Azure.DefenderCloud.ActiveAlerts"],
        ..Meta::ROW
    },
    check: alerts,
};

fn clusters(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for arm_type in [types::CLUSTER, types::POOL] {
        for document in super::managed(live, alive, arm_type) {
            let subject = alive.subject(document);
            let is =
                |path: &str, word: &str| document.str(path).is_some_and(|v| v.eq_ignore_ascii_case(word));
            if is("properties.provisioningState", "Failed") {
                out.fail(subject, None, format!("{} has failed", document.name()));
            } else if is("properties.powerState.code", "Stopped") {
                out.fail(subject, None, format!("{} is stopped", document.name()));
            } else if document.get("properties.provisioningState").is_some() {
                out.pass(subject);
            } else {
                out.skip(subject, "its state was not read");
            }
        }
    }
}

const KINDS: [&str; 3] = [
    "Microsoft.KeyVault/vaults/secrets",
    "Microsoft.KeyVault/vaults/keys",
    "Microsoft.KeyVault/vaults/certificates",
];

/// When something in a vault expires: seconds since 1970, or a date.
fn end(document: &Document) -> Option<Date> {
    ["properties.attributes.exp", "attributes.exp", "attributes.expires"].iter().find_map(|path| {
        let seconds = document.int(path).and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
        seconds.map(OffsetDateTime::date).or_else(|| date(document.str(path)?.get(..10)?))
    })
}

fn expiry(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for document in KINDS.iter().flat_map(|k| super::managed(live, alive, k)) {
        let subject = alive.subject(document);
        if document.bool("properties.attributes.enabled") == Some(false) {
            out.skip(subject, "it is disabled");
            continue;
        }
        let Some(end) = end(document) else {
            out.skip(subject, "it does not expire, or that was not read");
            continue;
        };
        let renews = document.items("properties.policy.lifetimeActions").iter().any(|a| {
            crate::azure::estate::get(a, "action.actionType")
                .and_then(|v| v.as_str())
                .is_some_and(|w| w.eq_ignore_ascii_case("AutoRenew"))
        });
        let near = Duration::days(if renews { 7 } else { 30 });
        if end < graph.today {
            out.fail(subject, None, format!("{} expired on {end}", document.name())).severity(Severity::High);
        } else if end - graph.today <= near {
            out.fail(subject, None, format!("{} expires on {end}", document.name()));
        } else {
            out.pass(subject);
        }
    }
}

fn alerts(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for document in live.estate.iter() {
        let kind = document.arm_type.to_ascii_lowercase();
        let word = |path: &str| document.str(path).unwrap_or_default().to_ascii_lowercase();
        let (open, severity, name) = if kind.starts_with("microsoft.security/") && kind.ends_with("/alerts") {
            let open = ["active", "inprogress"].contains(&word("properties.status").as_str());
            (open, word("properties.severity"), document.str("properties.alertDisplayName"))
        } else if kind == "microsoft.security/assessments" {
            let open = word("properties.status.code") == "unhealthy";
            (open, word("properties.metadata.severity"), document.str("properties.displayName"))
        } else {
            continue;
        };
        let ids = document.items("properties.resourceIdentifiers").iter();
        let ids = ids.filter_map(|i| i.get("azureResourceId")?.as_str());
        let ids: Vec<&str> = ids.chain(document.str("properties.resourceDetails.id")).collect();
        let ours = ids.iter().find_map(|id| {
            let there = live.estate.by_id(&crate::azure::id::ResourceId::new(*id))?;
            alive.declared(there)
        });
        if alive.graph.is_some() && ours.is_none() {
            continue;
        }
        let subject = ours.map_or_else(|| alive.subject(document), Into::into);
        if open && severity == "high" {
            out.fail(subject, None, format!("Defender has it open: {}", name.unwrap_or(document.name())));
        } else {
            out.pass(subject);
        }
    }
}
