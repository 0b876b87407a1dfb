//! Ports that rules about security groups know.

use crate::analysis::rules::Parameters;
use crate::analysis::rules::graph::addresses::Ranges;

/// So many ports are all of them.
pub(super) const ALL_PORTS: u128 = 60_000;

/// Ports of management and data services that nobody offers to the Internet on purpose.
const SENSITIVE_PORTS: &[(u128, u128)] = &[
    (20, 21),
    (23, 23),
    (135, 135),
    (137, 139),
    (445, 445),
    (1433, 1434),
    (1521, 1521),
    (2049, 2049),
    (2375, 2376),
    (3306, 3306),
    (4333, 4333),
    (5432, 5432),
    (5500, 5500),
    (5601, 5601),
    (5900, 5900),
    (5985, 5986),
    (6379, 6379),
    (7000, 7001),
    (7199, 7199),
    (8020, 8020),
    (9042, 9042),
    (9090, 9090),
    (9160, 9160),
    (9200, 9200),
    (9300, 9300),
    (11211, 11215),
    (27017, 27019),
    (50070, 50070),
    (61620, 61621),
];
/// Ports that are often, but not always, an administrator's page.
pub(super) const DOUBTFUL_PORTS: &[(u128, u128)] = &[(8000, 8000), (8080, 8080), (8443, 8443), (8888, 8888)];
/// etcd, the API server and the kubelet.
pub(super) const CONTROL_PORTS: &[(u128, u128)] =
    &[(2379, 2380), (6443, 6443), (10250, 10250), (10255, 10255)];
/// kube-proxy's health and node ports.
pub(super) const NODE_PORTS: &[(u128, u128)] = &[(10256, 10256), (30000, 32767)];
/// Ports by which machines are managed.
pub(super) const MANAGEMENT_PORTS: &[(u128, u128)] = &[(22, 22), (3389, 3389), (5985, 5986)];
/// UDP services that answer more than they are asked, and that attackers use as mirrors.
pub(super) const AMPLIFIERS: &[(u128, u128)] =
    &[(53, 53), (69, 69), (123, 123), (137, 137), (161, 161), (389, 389), (1900, 1900), (11211, 11211)];

/// A set of ports.
pub(super) fn set(lists: &[&[(u128, u128)]]) -> Ranges {
    Ranges::union_of(lists.iter().flat_map(|list| list.iter()).copied())
}

/// Ports of management and data services: those that the team names, else the usual ones.
pub(super) fn sensitive(parameters: &Parameters) -> Ranges {
    parameters.sensitive().unwrap_or_else(|| set(&[SENSITIVE_PORTS]))
}

/// Every port that no stranger should reach: of management, of data services, of Kubernetes.
pub(in crate::analysis::rules) fn guarded(parameters: &Parameters) -> Ranges {
    sensitive(parameters).or(&set(&[MANAGEMENT_PORTS, CONTROL_PORTS, NODE_PORTS]))
}

/// All ports.
pub(super) fn all() -> Ranges {
    Ranges::of(0, 65535)
}
