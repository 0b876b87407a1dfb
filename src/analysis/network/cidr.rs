//! The ranges of a cluster against each other, its network and its peers (facts 4).

use std::net::IpAddr;

use super::code::Code;
use super::model::NetworkModel;
use super::prefix::{Prefix, number_of};
use super::ranges;

/// What a cluster's ranges are checked against.
#[derive(Clone, Copy, Debug)]
pub struct ClusterRanges<'a> {
    /// Decides whether a pod CIDR inside the VNet's space is refused or only discouraged.
    pub model: Option<NetworkModel>,
    /// Addresses of pods.
    pub pod_cidr: Option<Prefix>,
    /// Addresses of services.
    pub service_cidr: Option<Prefix>,
    /// The cluster's DNS service.
    pub dns_service_ip: Option<IpAddr>,
    /// The VNet's space.
    pub vnet: &'a [Prefix],
    /// Its subnets.
    pub subnets: &'a [Prefix],
    /// Spaces of peered VNets.
    pub peered: &'a [Prefix],
}

/// Which range of the cluster a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RangeOf {
    /// `service_cidr`
    Services,
    /// `pod_cidr`
    Pods,
    /// The VNet's own space.
    Vnet,
    /// `dns_service_ip`
    Dns,
}

impl RangeOf {
    /// As prose names it.
    pub fn words(self) -> &'static str {
        match self {
            RangeOf::Services => "service CIDR",
            RangeOf::Pods => "pod CIDR",
            RangeOf::Vnet => "virtual network",
            RangeOf::Dns => "DNS service address",
        }
    }
}

/// One clash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    /// The range at fault.
    pub range: RangeOf,
    /// Its prefix, where it is one.
    pub prefix: Option<Prefix>,
    /// What it clashes with.
    pub with: Option<Prefix>,
    /// Only discouraged, not refused.
    pub warning: bool,
}

impl Problem {
    /// What is wrong.
    pub fn code(&self) -> Code {
        self.code
    }
}

/// All clashes: at most one a code and range, the first in the order of the lists.
pub fn check(input: &ClusterRanges<'_>) -> Vec<Problem> {
    let mut out = Vec::new();
    let reserved = ranges::aks_reserved();
    for (range, prefix) in [(RangeOf::Services, input.service_cidr), (RangeOf::Pods, input.pod_cidr)] {
        let Some(prefix) = prefix else { continue };
        let clash = |list: &[Prefix]| list.iter().copied().find(|other| prefix.overlaps(other));
        let problem =
            |code, with| Problem { code, range, prefix: Some(prefix), with: Some(with), warning: false };
        out.extend(clash(&reserved).map(|with| problem(Code::ReservedRangeOverlap, with)));
        // A subnet overlap is the sharper statement: one range is not reported twice.
        match clash(input.subnets) {
            Some(with) => out.push(problem(Code::CidrOverlapSubnet, with)),
            None => out.extend(clash(input.vnet).map(|with| {
                let refused = range == RangeOf::Pods && input.model == Some(NetworkModel::Kubenet);
                Problem { warning: !refused, ..problem(Code::CidrOverlapVnet, with) }
            })),
        }
        out.extend(clash(input.peered).map(|with| problem(Code::CidrOverlapPeer, with)));
    }
    for prefix in input.vnet {
        if let Some(with) = reserved.iter().copied().find(|r| prefix.overlaps(r)) {
            out.push(Problem {
                code: Code::ReservedRangeOverlap,
                range: RangeOf::Vnet,
                prefix: Some(*prefix),
                with: Some(with),
                warning: false,
            });
        }
    }
    if let (Some(pods), Some(services)) = (input.pod_cidr, input.service_cidr)
        && pods.overlaps(&services)
    {
        out.push(Problem {
            code: Code::CidrOverlapService,
            range: RangeOf::Pods,
            prefix: Some(pods),
            with: Some(services),
            warning: false,
        });
    }
    out.extend(input.service_cidr.and_then(|s| too_large(&s)));
    out.extend(input.service_cidr.zip(input.dns_service_ip).and_then(|(s, ip)| dns(&s, ip)));
    out
}

/// A service CIDR must be smaller than /12, an IPv6 one /108 or smaller.
fn too_large(services: &Prefix) -> Option<Problem> {
    let too_large = if services.is_v4() { services.length() <= 12 } else { services.length() < 108 };
    too_large.then_some(Problem {
        code: Code::ServiceCidrTooLarge,
        range: RangeOf::Services,
        prefix: Some(*services),
        with: None,
        warning: false,
    })
}

/// The DNS address must lie in the service CIDR and be neither its network nor its first address,
/// which is `kubernetes.default`.
fn dns(services: &Prefix, address: IpAddr) -> Option<Problem> {
    let (_, number) = number_of(address);
    let code = if !services.contains_address(address) || number == services.first() {
        Code::DnsIpOutOfRange
    } else if number == services.first().saturating_add(1) {
        Code::DnsIpFirstAddress
    } else {
        return None;
    };
    Some(Problem { code, range: RangeOf::Dns, prefix: None, with: Some(*services), warning: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The problems of a check as `range code with`, warnings marked.
    fn found(
        model: NetworkModel,
        pods: &str,
        services: &str,
        dns: &str,
        vnet: &str,
        subnet: &str,
    ) -> Vec<String> {
        let p = |t: &str| t.parse::<Prefix>().ok();
        let list = |t: &str| p(t).into_iter().collect::<Vec<_>>();
        check(&ClusterRanges {
            model: Some(model),
            pod_cidr: p(pods),
            service_cidr: p(services),
            dns_service_ip: dns.parse().ok(),
            vnet: &list(vnet),
            subnets: &list(subnet),
            peered: &list("10.200.0.0/16"),
        })
        .iter()
        .map(|p| format!("{} {:?}{}", p.range.words(), p.code(), if p.warning { " (warning)" } else { "" }))
        .collect()
    }

    #[test]
    fn ranges_are_checked_as_the_service_checks_them() {
        use NetworkModel::*;
        let cases: &[(Vec<String>, &[&str])] = &[
            (
                found(
                    AzureOverlay,
                    "10.244.0.0/16",
                    "10.0.0.0/16",
                    "10.0.0.10",
                    "10.1.0.0/16",
                    "10.1.0.0/24",
                ),
                &[],
            ),
            (
                found(AzureOverlay, "10.244.0.0/16", "10.0.0.0/16", "10.0.0.10", "10.0.0.0/8", "10.1.0.0/24"),
                &["service CIDR CidrOverlapVnet (warning)", "pod CIDR CidrOverlapVnet (warning)"],
            ),
            (
                found(Kubenet, "10.244.0.0/16", "10.0.0.0/16", "10.0.0.10", "10.244.0.0/15", "10.245.0.0/24"),
                &["pod CIDR CidrOverlapVnet"],
            ),
            (
                found(
                    AzureOverlay,
                    "10.0.0.0/17",
                    "10.0.0.0/12",
                    "10.0.0.1",
                    "10.100.0.0/16",
                    "10.100.0.0/24",
                ),
                &[
                    "pod CIDR CidrOverlapService",
                    "service CIDR ServiceCidrTooLarge",
                    "DNS service address DnsIpFirstAddress",
                ],
            ),
            (
                found(AzureNodeSubnet, "", "10.0.0.0/16", "10.0.0.0", "172.16.0.0/12", "172.16.0.0/24"),
                &["virtual network ReservedRangeOverlap", "DNS service address DnsIpOutOfRange"],
            ),
            (
                found(AzureNodeSubnet, "", "10.200.4.0/22", "10.1.0.1", "10.1.0.0/16", "10.1.0.0/24"),
                &["service CIDR CidrOverlapPeer", "DNS service address DnsIpOutOfRange"],
            ),
        ];
        for (got, expected) in cases {
            assert_eq!(got, expected);
        }
    }
}
