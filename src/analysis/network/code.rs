//! Codes of findings about addresses, in one table.

use crate::analysis::finding::Severity;

/// What is wrong, by the names of the sizing interface.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[allow(missing_docs)] // the table below says what each means
pub enum Code {
    ApiServerSubnetTooSmall,
    AroJoinRangeOverlap,
    AroPodCidrTooSmall,
    AroServiceCidrTooSmall,
    AroWorkerCount,
    CidrOverlapPeer,
    CidrOverlapService,
    CidrOverlapSubnet,
    CidrOverlapVnet,
    ClusterNodeLimit,
    DnsIpFirstAddress,
    DnsIpOutOfRange,
    ForcesReplacement,
    KubenetNodeLimit,
    KubenetSubnetShared,
    KubenetWindows,
    MaxPodsAboveMax,
    MaxPodsBelowMin,
    PodCidrTooSmallMax,
    PodCidrTooSmallSteady,
    PodCidrTooSmallUpgrade,
    PodSubnetModeConflict,
    PoolNodeLimit,
    #[serde(rename = "POOL_UNDER_30_PODS")]
    PoolUnder30Pods,
    ReservedRangeOverlap,
    ServiceCidrTooLarge,
    SnatPortsInsufficient,
    #[serde(rename = "SNAT_PORTS_NOT_MULTIPLE_OF_8")]
    SnatPortsNotMultipleOf8,
    SnatTierDrop,
    SpotSurgeUnsupported,
    SubnetDedicated,
    SubnetDelegationConflict,
    SubnetMinPrefix,
    SubnetTooSmallMax,
    SubnetTooSmallSteady,
    SubnetTooSmallUpgrade,
    #[serde(rename = "VMSS_SURGE_OVER_1000")]
    VmssSurgeOver1000,
    VnetPrivateIpLimit,
    // Found on a real root only.
    VnetForbiddenRange,
    SubnetOutsideVnet,
    SubnetsOverlap,
    PeeredVnetsOverlap,
    DockerBridgeOverlap,
    PodSubnetOtherVnet,
    InvalidPrefix,
    NpmNodeLimit,
    NatGatewayIps,
    InputUnknown,
    SubnetTooSmallWithOthers,
    DualStackSubnet,
    InvalidValue,
}

/// One row: code, finding id, kebab name, severity, what the service answers (facts 9.1; empty when
/// no public source gives a code).
struct Row(Code, &'static str, &'static str, Severity, &'static str);

use Severity::{High, Info, Low, Medium};

const CODES: &[Row] = &[
    Row(Code::SubnetTooSmallSteady, "TU-IP-001", "subnet-too-small", High, "InsufficientSubnetSize"),
    Row(
        Code::SubnetTooSmallMax,
        "TU-IP-002",
        "subnet-too-small-at-autoscaler-maximum",
        High,
        "InsufficientSubnetSize",
    ),
    Row(Code::SubnetTooSmallUpgrade, "TU-IP-003", "subnet-too-small-at-upgrade", High, "SubnetIsFull"),
    Row(Code::PodCidrTooSmallSteady, "TU-IP-004", "pod-cidr-too-small", High, "InsufficientSubnetSize"),
    Row(
        Code::PodCidrTooSmallMax,
        "TU-IP-005",
        "pod-cidr-too-small-at-autoscaler-maximum",
        High,
        "InsufficientSubnetSize",
    ),
    Row(
        Code::PodCidrTooSmallUpgrade,
        "TU-IP-006",
        "pod-cidr-too-small-at-upgrade",
        High,
        "InsufficientSubnetSize",
    ),
    Row(Code::SubnetMinPrefix, "TU-IP-007", "subnet-prefix-too-long", High, ""),
    Row(Code::SubnetDedicated, "TU-IP-008", "subnet-must-be-dedicated", High, ""),
    Row(Code::SubnetDelegationConflict, "TU-IP-009", "subnet-delegation-conflict", High, ""),
    Row(Code::ApiServerSubnetTooSmall, "TU-IP-010", "api-server-subnet-too-small", High, ""),
    Row(Code::PodSubnetModeConflict, "TU-IP-011", "pod-subnet-allocation-modes-mixed", High, ""),
    Row(Code::PodSubnetOtherVnet, "TU-IP-012", "pod-subnet-in-another-vnet", High, ""),
    Row(Code::KubenetNodeLimit, "TU-IP-013", "kubenet-node-limit", High, ""),
    Row(Code::KubenetSubnetShared, "TU-IP-014", "kubenet-subnet-shared", High, ""),
    Row(Code::KubenetWindows, "TU-IP-015", "kubenet-with-windows", High, ""),
    Row(Code::ClusterNodeLimit, "TU-IP-016", "cluster-node-limit", High, ""),
    Row(Code::PoolNodeLimit, "TU-IP-017", "pool-node-limit", High, ""),
    Row(Code::VmssSurgeOver1000, "TU-IP-018", "surge-over-scale-set-limit", Medium, ""),
    Row(Code::ReservedRangeOverlap, "TU-IP-019", "reserved-range", High, ""),
    Row(
        Code::CidrOverlapSubnet,
        "TU-IP-020",
        "cluster-range-overlaps-subnet",
        High,
        "ServiceCidrOverlapExistingSubnetsCidr",
    ),
    Row(
        Code::CidrOverlapVnet,
        "TU-IP-021",
        "cluster-range-inside-vnet",
        Low,
        "NetworkProfileCIDROverlapVNET",
    ),
    Row(Code::CidrOverlapPeer, "TU-IP-022", "cluster-range-overlaps-peer", High, ""),
    Row(Code::CidrOverlapService, "TU-IP-023", "pod-cidr-overlaps-service-cidr", High, ""),
    Row(Code::ServiceCidrTooLarge, "TU-IP-024", "service-cidr-too-large", High, ""),
    Row(Code::DnsIpFirstAddress, "TU-IP-025", "dns-service-ip-first-address", High, ""),
    Row(Code::DnsIpOutOfRange, "TU-IP-026", "dns-service-ip-out-of-range", High, ""),
    Row(Code::VnetPrivateIpLimit, "TU-IP-027", "vnet-private-address-limit", High, ""),
    Row(Code::MaxPodsBelowMin, "TU-IP-028", "max-pods-below-minimum", High, ""),
    Row(Code::MaxPodsAboveMax, "TU-IP-029", "max-pods-above-maximum", High, ""),
    Row(Code::PoolUnder30Pods, "TU-IP-030", "pool-under-30-pods", High, ""),
    Row(Code::SpotSurgeUnsupported, "TU-IP-031", "spot-pool-with-surge", Medium, ""),
    Row(
        Code::SnatPortsInsufficient,
        "TU-IP-032",
        "snat-ports-insufficient",
        High,
        "InvalidLoadBalancerProfileAllocatedOutboundPorts",
    ),
    Row(
        Code::SnatPortsNotMultipleOf8,
        "TU-IP-033",
        "snat-ports-not-multiple-of-8",
        High,
        "InvalidLoadBalancerProfileAllocatedOutboundPorts",
    ),
    Row(Code::SnatTierDrop, "TU-IP-034", "snat-tier-drop", Low, ""),
    Row(Code::NatGatewayIps, "TU-IP-035", "nat-gateway-address-count", High, ""),
    Row(Code::ForcesReplacement, "TU-IP-036", "change-forces-replacement", High, ""),
    Row(Code::AroJoinRangeOverlap, "TU-IP-037", "aro-internal-range-overlap", High, ""),
    Row(Code::AroPodCidrTooSmall, "TU-IP-038", "aro-pod-cidr-too-small", High, ""),
    Row(Code::AroServiceCidrTooSmall, "TU-IP-039", "aro-service-cidr-too-small", High, ""),
    Row(Code::AroWorkerCount, "TU-IP-040", "aro-worker-count", High, ""),
    Row(Code::VnetForbiddenRange, "TU-IP-041", "vnet-forbidden-range", High, ""),
    Row(Code::SubnetOutsideVnet, "TU-IP-042", "subnet-outside-vnet", High, "NetcfgInvalidSubnet"),
    Row(Code::SubnetsOverlap, "TU-IP-043", "subnets-overlap", High, "NetcfgSubnetRangesOverlap"),
    Row(Code::PeeredVnetsOverlap, "TU-IP-044", "peered-vnets-overlap", High, "VnetAddressSpacesOverlap"),
    Row(Code::DockerBridgeOverlap, "TU-IP-045", "docker-bridge-overlap", Low, ""),
    Row(Code::InvalidPrefix, "TU-IP-046", "invalid-prefix", High, "InvalidCIDRNotation"),
    Row(Code::NpmNodeLimit, "TU-IP-047", "network-policy-node-limit", Medium, ""),
    Row(Code::InputUnknown, "TU-IP-048", "capacity-unknown", Info, ""),
    Row(Code::SubnetTooSmallWithOthers, "TU-IP-049", "subnet-too-small-with-live-use", High, "SubnetIsFull"),
    Row(Code::DualStackSubnet, "TU-IP-050", "dual-stack-without-ipv6-subnet", High, ""),
    Row(Code::InvalidValue, "TU-IP-051", "invalid-value", High, ""),
];

/// The id and the name of every code.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    CODES.iter().map(|r| (r.1, r.2))
}

impl Code {
    fn row(self) -> &'static Row {
        // A test holds that every code has its row.
        CODES.iter().find(|r| r.0 == self).unwrap_or(&CODES[0])
    }

    /// The stable id of a finding, such as `TU-IP-003`.
    pub fn id(self) -> &'static str {
        self.row().1
    }

    /// The kebab-case name.
    pub fn kebab(self) -> &'static str {
        self.row().2
    }

    /// How much it matters, when nothing says otherwise.
    pub fn severity(self) -> Severity {
        self.row().3
    }

    /// The error code with which Azure refuses it, where a public source gives one.
    pub fn azure_error(self) -> Option<&'static str> {
        Some(self.row().4).filter(|e| !e.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_row_and_ids_are_unique() {
        let mut ids: Vec<_> = CODES.iter().map(|r| r.1).collect();
        ids.dedup();
        assert_eq!(ids.len(), CODES.len());
        assert!(ids.is_sorted());
        // `InvalidValue` is the last variant: as many rows as variants, none twice.
        assert_eq!(CODES.len(), Code::InvalidValue as usize + 1);
        for row in CODES {
            assert_eq!(row.0.id(), row.1);
        }
    }

    #[test]
    fn codes_print_as_the_sizing_interface_names_them() {
        let shown = |c: Code| serde_json::to_value(c).unwrap();
        assert_eq!(shown(Code::PoolUnder30Pods), "POOL_UNDER_30_PODS");
        assert_eq!(shown(Code::VmssSurgeOver1000), "VMSS_SURGE_OVER_1000");
        assert_eq!(shown(Code::SubnetTooSmallUpgrade), "SUBNET_TOO_SMALL_UPGRADE");
    }
}
