//! ARO-006: an OpenShift version that nobody supports any more.

use super::openshift;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::tables::{OPENSHIFT, last_day};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-ARO-006",
        name: "aro-version-eol",
        severity: Severity::High,
        title: "the OpenShift version is out of support",
        why: "It gets no fixes, also none for known holes, and Microsoft does not help.",
        fix: "Update the cluster from within, one minor at a time, and write the new version here.",
        bad: openshift!("4.15.27", "Private", "3"),
        good: openshift!(),
        references: &["https://learn.microsoft.com/azure/openshift/support-lifecycle"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::OPENSHIFT) {
        let version = cluster.get("properties.clusterProfile.version");
        let ended = |text: &str| {
            let mut parts = text.split('.');
            let minor = format!("{}.{}", parts.next()?, parts.next()?);
            let last = last_day(OPENSHIFT.row(&minor)?.get(1)?)?;
            Some(graph.today > last)
        };
        let text = version.and_then(|v| v.as_str()).unwrap_or_default();
        let fine = match ended(text) {
            None if !text.is_empty() => Truth::Unknown(format!("the calendar does not have {text}")),
            _ => Truth::of(version, true, |v| v.as_str().and_then(ended) != Some(true)),
        };
        let outcome = out.judge(cluster, version, fine, format!("OpenShift {text} is out of support"));
        outcome.note(OPENSHIFT.dated());
    }
}
