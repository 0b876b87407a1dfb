//! X-018: the address of the cluster's DNS service, as the address analysis finds it.

use crate::analysis::finding::Severity;
use crate::analysis::network::code::Code;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes};
use crate::azure::types;

const WRONG: [Code; 2] = [Code::DnsIpFirstAddress, Code::DnsIpOutOfRange];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-018",
        name: "dns-service-ip-invalid",
        severity: Severity::High,
        title: "the address of the DNS service is not one of the services' range that AKS takes",
        why: "AKS refuses to create the cluster.",
        fix: "Set dns_service_ip to the tenth address of service_cidr.",
        bad: cluster!(
            r#"
  network_profile {
    network_plugin = "azure"
    service_cidr   = "172.20.0.0/16"
    dns_service_ip = "10.0.0.10"
  }
"#
        ),
        good: cluster!(
            r#"
  network_profile {
    network_plugin = "azure"
    service_cidr   = "172.20.0.0/16"
    dns_service_ip = "172.20.0.10"
  }
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/concepts-network-ip-address-planning"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let report = graph.network();
    for cluster in graph.of_type(types::CLUSTER) {
        let label = cluster.label();
        let ranges =
            ["serviceCidr", "dnsServiceIP"].map(|n| cluster.get(&format!("properties.networkProfile.{n}")));
        let unknown = ranges.into_iter().flatten().find_map(|v| v.as_unknown());
        let found = report.findings.iter().find(|f| f.at.address == label && WRONG.contains(&f.code));
        match (found, unknown) {
            (Some(found), _) => out.fail(cluster, None, found.title.clone()).told_by = Some(found.id),
            (None, Some(unknown)) => drop(out.unknown(cluster, unknown.reason.to_string())),
            (None, None) => drop(out.pass(cluster)),
        }
    }
}
