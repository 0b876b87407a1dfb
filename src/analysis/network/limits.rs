//! Limits of the platform (facts 5). All are counts.

/// Nodes of a cluster on the Standard and Premium tiers.
pub const NODES_PER_CLUSTER: u64 = 5_000;
/// Nodes of a cluster on the Free tier.
pub const NODES_PER_FREE_CLUSTER: u64 = 1_000;
/// Nodes of a pool, surge nodes included.
pub const NODES_PER_POOL: u64 = 1_000;
/// Pools of a cluster.
pub const POOLS_PER_CLUSTER: usize = 100;
/// Nodes of a kubenet cluster: one route each.
pub const KUBENET_NODES: u64 = 400;
/// Nodes of a cluster with Azure network policy (NPM).
pub const NPM_NODES: u64 = 250;
/// Least and greatest `max_pods`.
pub const MAX_PODS: std::ops::RangeInclusive<u32> = 10..=250;
/// Pods that a pool must have room for.
pub const PODS_PER_POOL: u64 = 30;
/// Private addresses in use in a virtual network.
pub const PRIVATE_IPS_PER_VNET: u64 = 65_536;
/// Backend configurations of a frontend: services times ports times nodes.
pub const BACKENDS_PER_FRONTEND: u128 = 10_000;
/// Public addresses of a NAT gateway.
pub const NAT_GATEWAY_IPS: u32 = 16;
/// Addresses that the API server takes of its own subnet, a cluster.
pub const API_SERVER_IPS: u64 = 9;
/// The longest prefix of an API server subnet.
pub const API_SERVER_PREFIX: u8 = 28;
/// Raw addresses of each association of Application Gateway for Containers.
pub const AGC_ADDRESSES: u64 = 256;
/// The longest prefix of an ARO subnet.
pub const ARO_SUBNET_PREFIX: u8 = 27;
/// The longest pod CIDR of ARO.
pub const ARO_POD_PREFIX: u8 = 18;
/// The longest service CIDR of ARO.
pub const ARO_SERVICE_PREFIX: u8 = 22;
/// The part of the pod CIDR that each ARO node takes.
pub const ARO_NODE_BLOCK: u8 = 23;
/// Workers that the ARO resource provider takes at creation.
pub const ARO_WORKERS_AT_CREATION: std::ops::RangeInclusive<u32> = 2..=50;
/// Workers of an ARO cluster.
pub const ARO_WORKERS: u32 = 250;
/// Machines of ARO's control plane.
pub const ARO_MASTERS: u64 = 3;
