//! AKS-045 and AKS-047: node images that are not renewed, and Kubernetes minors out of support.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::{minor, version};
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::tables::{KUBERNETES, last_day};
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

fn node_os(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
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
    for cluster in graph.of_type(types::CLUSTER) {
        judge(graph, out, cluster, cluster, version(cluster));
    }
    for pool in graph.all_pools() {
        // A pool without a version of its own follows the control plane, which is judged already.
        let Some(own) = pool.document.get("properties.orchestratorVersion") else { continue };
        match pool.cluster {
            Some(cluster) => judge(graph, out, cluster, pool.document, Some(own)),
            None => judge(graph, out, pool.document, pool.document, Some(own)),
        }
    }
}

fn judge(
    graph: &Graph<'_>,
    out: &mut Outcomes<'_>,
    cluster: &Document,
    subject: &Document,
    value: Option<&Value>,
) {
    let note = KUBERNETES.dated();
    let verdict = verdict(graph, cluster, value);
    out.record(subject, value, verdict).note(note);
}

fn verdict(graph: &Graph<'_>, cluster: &Document, value: Option<&Value>) -> Verdict {
    let Some(value) = value else {
        return Verdict::Indeterminate("no version is set, so Azure takes its default".into());
    };
    if let Some(unknown) = value.as_unknown() {
        return Verdict::Indeterminate(unknown.reason.to_string());
    }
    let text = shown(value);
    let Some(number) = minor(&text) else {
        return Verdict::Indeterminate(format!("{text} is no Kubernetes version"));
    };
    let first = KUBERNETES.rows().next().and_then(|r| minor(r.first()?));
    let row = KUBERNETES.row(&format!("1.{number}"));
    let cell = |at: usize| row.as_ref().and_then(|r| last_day(r.get(at)?));
    let ended = match (cell(2), first) {
        (Some(end), _) if end >= graph.today => return Verdict::Pass,
        (Some(end), _) => format!("Kubernetes 1.{number} is out of support since {end}"),
        (None, Some(first)) if number < first => {
            format!("Kubernetes 1.{number} is out of support: 1.{first} is the oldest in the calendar")
        }
        _ => return Verdict::Indeterminate(format!("1.{number} is not in the calendar")),
    };
    if cell(3).is_some_and(|end| end >= graph.today) {
        let plan = cluster.get("properties.supportPlan");
        let long = Truth::is_word(plan, "AKSLongTermSupport", false).and(Truth::is_word(
            cluster.get("sku.tier"),
            "Premium",
            false,
        ));
        match long {
            Truth::Yes => return Verdict::Pass,
            Truth::Unknown(why) => return Verdict::Indeterminate(why),
            Truth::No => {}
        }
    }
    let channel = cluster.get("properties.autoUpgradeProfile.upgradeChannel");
    let moves = Truth::of(channel, false, |v| is_word(v, "stable") || is_word(v, "rapid"));
    match moves {
        Truth::Yes if cluster.declared.is_some() => Verdict::Indeterminate(format!(
            "{ended}, but the upgrade channel may have moved the cluster on since the code was written"
        )),
        Truth::Unknown(why) => Verdict::Indeterminate(why),
        _ => Verdict::Fail(ended),
    }
}
