//! ARO-011: a pull secret or client secret that is written down.

use super::openshift;
use crate::analysis::finding::Severity;
use crate::analysis::rules::condition::Thing;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::sec::secrets::{IN_CODE, IN_VARIABLES, Written, written};
use crate::analysis::rules::{Check, Meta, Outcomes};
use crate::azure::types;

/// The secrets of a cluster, in azurerm and in ARM.
const SECRETS: [[&str; 2]; 2] = [
    ["hcl.cluster_profile.pull_secret", "properties.clusterProfile.pullSecret"],
    ["hcl.service_principal.client_secret", "properties.servicePrincipalProfile.clientSecret"],
];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-ARO-011",
        name: "aro-pull-secret-literal",
        severity: Severity::Critical,
        title: "the pull secret or the client secret of the cluster is written in the repository",
        why: "It is in the history for ever: whoever reads it pulls as you, or acts as the cluster.",
        fix: "Rotate the secret, and pass it as a sensitive variable without default or read it from a key vault.",
        bad: openshift!(
            "4.20.3",
            "Private",
            "3",
            "    pull_secret = \"{\\\"auths\\\":{\\\"a\\\":1}}\"\n",
            "",
            "",
            ""
        ),
        good: openshift!(),
        references: &["https://learn.microsoft.com/azure/security/fundamentals/secrets-best-practices"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    for cluster in graph.of_type(types::OPENSHIFT) {
        let thing = Thing::from(cluster);
        let values = SECRETS.iter().filter_map(|paths| paths.iter().find_map(|p| thing.get(p)));
        let found = values.filter_map(|v| Some((v, written(evaluation, v)?))).next();
        match found {
            // The rule about secrets in general tells of it.
            Some((value, place)) => {
                let told = match place {
                    Written::InCode => IN_CODE.meta.id,
                    Written::InVariables => IN_VARIABLES.meta.id,
                };
                out.fail(cluster, Some(value), RULE.meta.title).told_by = Some(told);
            }
            None => drop(out.pass(cluster)),
        }
    }
}
