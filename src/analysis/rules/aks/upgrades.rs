//! AKS-045, 047, 048 and 051: node images that are not renewed, Kubernetes minors whose support ends, and
//! pools that are too far from their control plane.

use time::{Date, Duration};

use crate::analysis::finding::Severity;
use crate::analysis::kubernetes::{self, minor, oldest};
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::version;
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::tables::KUBERNETES;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth, Verdict};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static NODE_OS: Check = Check {
    meta: Meta {
        id: "TU-AKS-045",
        name: "aks-node-os-upgrade-off",
        severity: Severity::High,
        profile: Profile::Default,
        title: "security fixes of the node operating system are not installed by AKS",
        why: "Holes in the kernel and the container runtime stay open until someone replaces the nodes by hand.",
        fix: "Set node_os_upgrade_channel = \"NodeImage\" (or \"SecurityPatch\"); azurerm 3.x calls it \
              node_os_channel_upgrade.",
        exceptions: "Pools whose image is rotated by a pipeline of one's own.",
        bad: cluster!(
            r#"
  node_os_upgrade_channel = "None"
"#
        ),
        good: cluster!(
            r#"
  node_os_upgrade_channel = "NodeImage"
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/auto-upgrade-node-os-image"],
        peers: &["PSRule Azure.AKS.NodeAutoUpgrade"],
    },
    check: node_os,
};

pub(super) static VERSION: Check = Check {
    meta: Meta {
        id: "TU-AKS-047",
        name: "aks-version-unsupported",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the Kubernetes minor is past its end of support",
        why: "It gets no security fixes, and Microsoft does not help when it fails.",
        fix: "Raise kubernetes_version one minor at a time, or take long-term support: sku_tier = \"Premium\" and \
              support_plan = \"AKSLongTermSupport\".",
        exceptions: "",
        bad: cluster!(
            r#"
  kubernetes_version = "1.29"
"#
        ),
        good: cluster!(
            r#"
  kubernetes_version = "1.36"
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/supported-kubernetes-versions"],
        peers: &["PSRule Azure.AKS.Version"],
    },
    check: versions,
};

pub(super) static ENDING: Check = Check {
    meta: Meta {
        id: "TU-AKS-048",
        name: "aks-version-near-eol",
        title: "support of the Kubernetes minor ends within 90 days",
        why: "The upgrade goes one minor at a time and needs its tests: there is little time left.",
        fix: "Plan the upgrade, one minor at a time, or take long-term support.",
        bad: cluster!(
            r#"
  kubernetes_version = "1.34"
"#
        ),
        good: cluster!(
            r#"
  kubernetes_version = "1.36"
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/supported-kubernetes-versions"],
        ..Meta::ROW
    },
    check: ending,
};

pub(super) static SKEW: Check = Check {
    meta: Meta {
        id: "TU-AKS-051",
        name: "aks-pool-version-skew",
        title: "the pool's Kubernetes version is too far from that of the control plane",
        why: "A kubelet newer than the API server, or more than three minors older, is not supported, and AKS refuses \
              further upgrades.",
        fix: "Set orchestrator_version to the kubernetes_version of the cluster, or leave it out.",
        bad: concat!(
            cluster!(
                r#"
  kubernetes_version = "1.35"
"#
            ),
            r#"
resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  name                  = "apps"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.example.id
  vm_size               = "Standard_D4s_v5"
  orchestrator_version  = "1.31"
}
"#
        ),
        good: concat!(
            cluster!(
                r#"
  kubernetes_version = "1.35"
"#
            ),
            r#"
resource "azurerm_kubernetes_cluster_node_pool" "apps" {
  name                  = "apps"
  kubernetes_cluster_id = azurerm_kubernetes_cluster.example.id
  vm_size               = "Standard_D4s_v5"
  orchestrator_version  = "1.35"
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/upgrade-node-pools"],
        peers: &["PSRule Azure.AKS.PoolVersion"],
        ..Meta::ROW
    },
    check: skew,
};

fn node_os(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.clusters() {
        let channel = cluster.get("properties.autoUpgradeProfile.nodeOSUpgradeChannel");
        let undecided = match &cluster.declared {
            Some(d) if d.major == 3 => d.attributes.get("node_os_upgrade_channel").is_none_or(Value::is_null),
            _ => channel.is_none(),
        };
        if undecided {
            let why = "nothing is set, so Azure decides: NodeImage for clusters created since June 2023, none for \
                       older ones";
            out.unknown(cluster, why);
            continue;
        }
        let fine = Truth::of(channel, true, |v| !is_word(v, "None") && !is_word(v, "Unmanaged"));
        out.judge(cluster, channel, fine, NODE_OS.meta.title);
    }
}

fn versions(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    each_version(graph, out, verdict);
}

fn ending(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    each_version(graph, out, verdict_of_ending);
}

/// What a rule says of the version of a cluster or of one of its pools.
type Judge = fn(&Graph<'_>, &Document, Option<&Value>) -> Verdict;

/// Judges the version of every cluster, and of every pool that has one of its own.
fn each_version(graph: &Graph<'_>, out: &mut Outcomes<'_>, judge: Judge) {
    let mut told = |cluster: &Document, subject: &Document, value: Option<&Value>| {
        out.record(subject, value, judge(graph, cluster, value)).note(KUBERNETES.dated());
    };
    for cluster in graph.of_type(types::CLUSTER) {
        told(cluster, cluster, version(cluster));
    }
    for pool in graph.all_pools() {
        // A pool without a version of its own follows the control plane, which is judged already.
        let Some(own) = pool.document.get("properties.orchestratorVersion") else { continue };
        told(pool.cluster.unwrap_or(pool.document), pool.document, Some(own));
    }
}

/// A version's place in the calendar.
struct Support {
    minor: u32,
    /// Last day of support; `None` for what is older than the calendar.
    end: Option<Date>,
    /// Last day of long-term support.
    long_end: Option<Date>,
}

/// The support of a version; otherwise why it cannot be told.
fn support(value: Option<&Value>) -> Result<Support, String> {
    let Some(value) = value else {
        return Err("no version is set, so Azure takes its default".into());
    };
    if let Some(unknown) = value.as_unknown() {
        return Err(unknown.reason.to_string());
    }
    let text = shown(value);
    let Some(number) = minor(&text) else { return Err(format!("{text} is no Kubernetes version")) };
    let ends = kubernetes::ends(number);
    if ends.is_none() && oldest().is_none_or(|first| number >= first) {
        return Err(format!("1.{number} is not in the calendar"));
    }
    let (end, long_end) = ends.unwrap_or_default();
    Ok(Support { minor: number, end, long_end })
}

/// Whether a cluster has long-term support until this day or later.
fn long_term(graph: &Graph<'_>, cluster: &Document, end: Option<Date>) -> Truth {
    let plan = cluster.get("properties.supportPlan");
    let tier = cluster.get("sku.tier");
    Truth::from(end.is_some_and(|end| end >= graph.today))
        .and(Truth::is_word(plan, "AKSLongTermSupport", false))
        .and(Truth::is_word(tier, "Premium", false))
}

/// Fails with the text, unless the upgrade channel may have moved the cluster on.
fn unless_moved(cluster: &Document, text: String) -> Verdict {
    let channel = cluster.get("properties.autoUpgradeProfile.upgradeChannel");
    match Truth::of(channel, false, |v| is_word(v, "stable") || is_word(v, "rapid")) {
        Truth::Yes if cluster.declared.is_some() => Verdict::Indeterminate(format!(
            "{text}, but the upgrade channel may have moved the cluster on since the code was written"
        )),
        Truth::Unknown(why) => Verdict::Indeterminate(why),
        _ => Verdict::Fail(text),
    }
}

fn verdict(graph: &Graph<'_>, cluster: &Document, value: Option<&Value>) -> Verdict {
    let support = match support(value) {
        Ok(support) => support,
        Err(why) => return Verdict::Indeterminate(why),
    };
    let minor = support.minor;
    let ended = match support.end {
        Some(end) if end >= graph.today => return Verdict::Pass,
        Some(end) => format!("Kubernetes 1.{minor} is out of support since {end}"),
        None => {
            let first = oldest().unwrap_or_default();
            format!("Kubernetes 1.{minor} is out of support: 1.{first} is the oldest in the calendar")
        }
    };
    match long_term(graph, cluster, support.long_end) {
        Truth::Yes => Verdict::Pass,
        Truth::Unknown(why) => Verdict::Indeterminate(why),
        Truth::No => unless_moved(cluster, ended),
    }
}

/// So long before the end a person should plan the upgrade.
const SOON: Duration = Duration::days(90);

fn verdict_of_ending(graph: &Graph<'_>, cluster: &Document, value: Option<&Value>) -> Verdict {
    let support = match support(value) {
        Ok(support) => support,
        Err(why) => return Verdict::Indeterminate(why),
    };
    let near = |end: &Date| *end >= graph.today && *end - graph.today <= SOON;
    let over = support.end.is_none_or(|end| end < graph.today);
    // With long-term support its own end counts.
    let long = long_term(graph, cluster, support.long_end);
    let end = match long {
        Truth::Unknown(why) if over || support.end.as_ref().is_some_and(near) => {
            return Verdict::Indeterminate(why);
        }
        Truth::Yes => support.long_end,
        _ if over => return Verdict::NotApplicable("its support is over already".into()),
        _ => support.end,
    };
    match end.filter(near) {
        Some(end) => {
            unless_moved(cluster, format!("support of Kubernetes 1.{} ends on {end}", support.minor))
        }
        None => Verdict::Pass,
    }
}

/// So many minors a kubelet may be older than its API server.
const MOST_BEHIND: u32 = 3;

fn skew(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let Some(own) = pool.document.get("properties.orchestratorVersion") else {
            out.skip(pool.document, "the pool follows the control plane");
            continue;
        };
        let Some(cluster) = pool.cluster else {
            out.unknown(pool.document, "its cluster is not in this root");
            continue;
        };
        let of_cluster = version(cluster);
        let both = [Some(own), of_cluster];
        if let Some(unknown) = both.iter().flatten().find_map(|v| v.as_unknown()) {
            out.unknown(pool.document, unknown.reason.to_string());
            continue;
        }
        let numbers = both.map(|v| v.and_then(Value::as_str).and_then(minor));
        let [Some(nodes), Some(control)] = numbers else {
            out.unknown(pool.document, "the version of the control plane is not set");
            continue;
        };
        // Two minors were allowed before 1.28.
        let most = if control >= 28 { MOST_BEHIND } else { 2 };
        if nodes > control {
            let text = format!("nodes of Kubernetes 1.{nodes} on a control plane of 1.{control}");
            out.fail(pool.document, Some(own), text);
        } else if control - nodes >= 2 {
            let text = format!(
                "nodes of Kubernetes 1.{nodes} are {} minors behind the control plane (1.{control})",
                control - nodes
            );
            let severity = if control - nodes > most { Severity::Medium } else { Severity::Low };
            out.fail(pool.document, Some(own), text).severity(severity);
        } else {
            out.pass(pool.document);
        }
    }
}
