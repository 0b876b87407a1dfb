//! Outbound (SNAT) ports of load balancers, NAT gateways and ARO (facts 6 and 7).

/// Ports of a load balancer's frontend address.
pub const LB_PORTS_PER_IP: u64 = 64_000;
/// Ports of a NAT gateway's address.
pub const NAT_PORTS_PER_IP: u64 = 64_512;
/// Ports of an ARO outbound address.
pub const ARO_PORTS_PER_IP: u64 = 63_992;
/// Ports that ARO gives each node.
pub const ARO_PORTS_PER_NODE: u64 = 1_024;

/// Ports a node of the automatic allocation, by pool size (load balancer outbound page). `None` for
/// no nodes and above 1000, where nothing is published.
pub fn automatic_ports(nodes: u64) -> Option<u64> {
    const TIERS: [(u64, u64); 6] = [(50, 1024), (100, 512), (200, 256), (400, 128), (800, 64), (1000, 32)];
    if nodes == 0 {
        return None;
    }
    TIERS.iter().find(|(most, _)| nodes <= *most).map(|(_, ports)| *ports)
}

/// Public addresses that `nodes` ARO nodes need: ports are summed before the division.
pub fn aro_outbound_ips(nodes: u64) -> u64 {
    nodes.saturating_mul(ARO_PORTS_PER_NODE).div_ceil(ARO_PORTS_PER_IP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_halve_at_their_edges() {
        for (nodes, ports) in [
            (0, None),
            (1, Some(1024)),
            (50, Some(1024)),
            (51, Some(512)),
            (100, Some(512)),
            (101, Some(256)),
            (400, Some(128)),
            (801, Some(32)),
            (1000, Some(32)),
            (1001, None),
        ] {
            assert_eq!(automatic_ports(nodes), ports, "{nodes}");
        }
    }

    #[test]
    fn aro_addresses_carry_62_124_187_249_nodes() {
        for (nodes, ips) in
            [(6, 1), (62, 1), (63, 2), (124, 2), (125, 3), (187, 3), (188, 4), (249, 4), (250, 5)]
        {
            assert_eq!(aro_outbound_ips(nodes), ips, "{nodes}");
        }
    }
}
