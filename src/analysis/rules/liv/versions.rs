//! LIV-005 and 006: versions and node images that are live.

use time::Duration;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, live};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::date;
use crate::analysis::rules::{Check, Meta, Outcomes};
use crate::azure::types;

macro_rules! live_cluster {
    ($properties:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.ContainerService/managedClusters/aks-example"),
            r#"",
  "type": "Microsoft.ContainerService/managedClusters",
  "name": "aks-example",
  "location": "westeurope",
  "properties": {
    "dnsPrefix": "example",
    "#,
            $properties,
            r#"
  }
}]
"#
        )
    };
}
pub(super) use live_cluster;

pub(super) static AHEAD: Check = Check {
    meta: Meta {
        id: "TU-LIV-005",
        name: "auto-upgrade-drift",
        severity: Severity::Info,
        title: "the cluster is ahead of the code, as its upgrade channel lets it be",
        why: "It is no drift to repair: an apply of the older version would be refused.",
        fix: "Raise kubernetes_version in the code to what is live, or leave it out.",
        exceptions: "",
        bad: live!(
            cluster!("  kubernetes_version        = \"1.35.1\"\n  automatic_upgrade_channel = \"patch\"\n"),
            live_cluster!(
                "\"kubernetesVersion\": \"1.35.4\", \"autoUpgradeProfile\": { \"upgradeChannel\": \"patch\" }"
            )
        ),
        good: live!(
            cluster!("  kubernetes_version        = \"1.35.1\"\n  automatic_upgrade_channel = \"patch\"\n"),
            live_cluster!(
                "\"kubernetesVersion\": \"1.35.1\", \"autoUpgradeProfile\": { \"upgradeChannel\": \"patch\" }"
            )
        ),
        references: &["https://learn.microsoft.com/azure/aks/auto-upgrade-cluster"],
        ..Meta::ROW
    },
    check: ahead,
};

macro_rules! live_pool {
    ($image:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.ContainerService/managedClusters/aks-example/agentPools/apps"),
            r#"",
  "type": "Microsoft.ContainerService/managedClusters/agentPools",
  "name": "apps",
  "properties": { "mode": "User", "count": 3, "vmSize": "Standard_D4s_v5", "nodeImageVersion": ""#,
            $image,
            r#"" }
}]
"#
        )
    };
}

pub(super) static IMAGES: Check = Check {
    meta: Meta {
        id: "TU-LIV-006",
        name: "node-image-old",
        severity: Severity::Medium,
        title: "nodes run an image that is more than 30 days old",
        why: "Azure publishes node images every week, with the fixes of that week.",
        fix: "Upgrade the node image, or set node_os_upgrade_channel to NodeImage with a maintenance window.",
        exceptions: "",
        bad: live!(live_pool!("AKSUbuntu-2404gen2containerd-202606.12.0")),
        good: live!(live_pool!("AKSUbuntu-2404gen2containerd-202611.10.0")),
        references: &["https://learn.microsoft.com/azure/aks/node-image-upgrade"],
        ..Meta::ROW
    },
    check: images,
};

/// The numbers of a version.
fn numbers(version: &str) -> Vec<u32> {
    version.trim_start_matches('v').split('.').map_while(|p| p.parse().ok()).collect()
}

fn ahead(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const VERSION: &str = "properties.kubernetesVersion";
    let Some((live, alive)) = graph.live() else { return };
    for there in live.of_type(types::CLUSTER) {
        let Some(ours) = alive.declared(there) else { continue };
        let declared = ours.get(VERSION);
        if let Some(unknown) = declared.and_then(|v| v.as_unknown()) {
            out.unknown(ours, unknown.reason.to_string());
            continue;
        }
        let (Some(wanted), Some(found)) = (declared.and_then(|v| v.as_str()), there.str(VERSION)) else {
            out.skip(ours, "the code does not choose the version");
            continue;
        };
        let (was, is) = (numbers(wanted), numbers(found));
        let channel = there.str("properties.autoUpgradeProfile.upgradeChannel").unwrap_or("none");
        let allowed = match channel.to_ascii_lowercase().as_str() {
            "patch" => was.get(..2) == is.get(..2),
            "stable" | "rapid" => true,
            _ => false,
        };
        // A version without its patch means any.
        if is > was && !is.starts_with(&was) && allowed {
            let text = format!("{found} is live by the channel {channel}, and the code says {wanted}");
            out.fail(ours, declared, text);
        } else {
            out.pass(ours);
        }
    }
}

/// The day of an image: `202606.12.0` at its end is 12 June 2026.
fn day_of(image: &str) -> Option<time::Date> {
    let mut parts = image.rsplit('-').next()?.split('.');
    let (month, day) = (parts.next()?, parts.next()?);
    let (year, month) = (month.get(..4)?, month.get(4..6)?);
    date(&format!("{year}-{month}-{day:0>2}"))
}

fn images(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for pool in super::managed(live, alive, types::POOL) {
        let subject = alive.subject(pool);
        let Some(image) = pool.str("properties.nodeImageVersion") else {
            out.skip(subject, "the image of the pool was not read");
            continue;
        };
        let Some(day) = day_of(image) else {
            out.unknown(subject, format!("{image} has no date"));
            continue;
        };
        let age = graph.today - day;
        if age <= Duration::days(30) {
            out.pass(subject);
        } else {
            let severity = if age > Duration::days(90) { Severity::Medium } else { Severity::Low };
            let text = format!("the image {image} is {} days old", age.whole_days());
            out.fail(subject, None, text).severity(severity);
        }
    }
}
