//! Ranges that Azure products keep for themselves, and defaults (facts 1, 4 and 7).

use super::prefix::{Family, Prefix};

const fn v4(a: u8, b: u8, c: u8, d: u8) -> u128 {
    u32::from_be_bytes([a, b, c, d]) as u128
}

/// A prefix known at build time.
fn fixed(list: &[(u128, u8)]) -> Vec<Prefix> {
    list.iter().map(|(first, length)| Prefix::new(Family::V4, *first, *length)).collect()
}

/// Ranges that AKS refuses for service CIDR, pod CIDR and virtual network.
pub fn aks_reserved() -> Vec<Prefix> {
    fixed(&[
        (v4(169, 254, 0, 0), 16),
        (v4(172, 30, 0, 0), 16),
        (v4(172, 31, 0, 0), 16),
        (v4(192, 0, 2, 0), 24),
    ])
}

/// Ranges that ARO uses inside; checked at creation.
pub fn aro_reserved() -> Vec<Prefix> {
    fixed(&[(v4(100, 64, 0, 0), 16), (v4(100, 88, 0, 0), 16), (v4(169, 254, 169, 0), 29)])
}

/// Ranges that a virtual network may not use.
pub fn vnet_forbidden() -> Vec<Prefix> {
    fixed(&[
        (v4(224, 0, 0, 0), 4),
        (v4(255, 255, 255, 255), 32),
        (v4(127, 0, 0, 0), 8),
        (v4(169, 254, 0, 0), 16),
        (v4(168, 63, 129, 16), 32),
    ])
}

/// IPv6 multicast, ff00::/8.
pub fn multicast_v6() -> Prefix {
    Prefix::new(Family::V6, 0xff << 120, 8)
}

/// The pod CIDR of a kubenet or overlay cluster that names none.
pub fn default_pod_cidr() -> Prefix {
    Prefix::new(Family::V4, v4(10, 244, 0, 0), 16)
}

/// The service CIDR of an AKS cluster that names none.
pub fn default_service_cidr() -> Prefix {
    Prefix::new(Family::V4, v4(10, 0, 0, 0), 16)
}

/// The IPv6 pod CIDR of a dual-stack cluster that names none.
pub fn default_pod_cidr_v6() -> Prefix {
    Prefix::new(Family::V6, 0xfd12_3456_789a << 80, 64)
}

/// The IPv6 service CIDR of a dual-stack cluster that names none.
pub fn default_service_cidr_v6() -> Prefix {
    Prefix::new(Family::V6, 0xfd12_3456_789a_0001 << 64, 108)
}

/// The range of the docker bridge in old configurations.
pub fn default_docker_bridge() -> Prefix {
    Prefix::new(Family::V4, v4(172, 17, 0, 0), 16)
}

/// The pod CIDR of ARO.
pub fn aro_default_pod_cidr() -> Prefix {
    Prefix::new(Family::V4, v4(10, 128, 0, 0), 14)
}

/// The service CIDR of ARO.
pub fn aro_default_service_cidr() -> Prefix {
    Prefix::new(Family::V4, v4(172, 30, 0, 0), 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_hold_what_the_facts_name() {
        let shown = |list: Vec<Prefix>| list.iter().map(Prefix::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(aks_reserved()), "169.254.0.0/16 172.30.0.0/16 172.31.0.0/16 192.0.2.0/24");
        assert_eq!(shown(aro_reserved()), "100.64.0.0/16 100.88.0.0/16 169.254.169.0/29");
        assert_eq!(default_pod_cidr().to_string(), "10.244.0.0/16");
        assert_eq!(default_service_cidr().to_string(), "10.0.0.0/16");
        assert_eq!(default_pod_cidr_v6().to_string(), "fd12:3456:789a::/64");
        assert_eq!(default_service_cidr_v6().to_string(), "fd12:3456:789a:1::/108");
    }
}
