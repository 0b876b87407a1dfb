//! Network models of a cluster and what one node takes in each (facts 2).

use super::prefix::Prefix;

/// How pods get their addresses.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    schemars::JsonSchema,
    serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum NetworkModel {
    /// Pods in a /24 a node, reached through a route table.
    Kubenet,
    /// Every pod has an address of the node subnet, taken when the node starts.
    AzureNodeSubnet,
    /// Pods have addresses of a subnet of their own.
    AzurePodSubnet,
    /// Pods in a /24 a node of a private range.
    AzureOverlay,
    /// The user's own CNI.
    Byo,
}

/// The length of the block that each node takes of the pod CIDR; not changeable.
pub const NODE_BLOCK: u8 = 24;
/// The same for IPv6.
pub const NODE_BLOCK_V6: u8 = 80;

/// One row of the table of models.
struct Row {
    model: NetworkModel,
    name: &'static str,
    default_max_pods: u32,
    pods_in_node_subnet: bool,
    has_pod_cidr: bool,
}

const fn row(
    model: NetworkModel,
    name: &'static str,
    default_max_pods: u32,
    pods_in_node_subnet: bool,
    has_pod_cidr: bool,
) -> Row {
    Row { model, name, default_max_pods, pods_in_node_subnet, has_pod_cidr }
}

/// Defaults of `max_pods`: AKS address planning page; for pod subnets two pages disagree (110 and
/// 250), and 250 is the worse; for BYO the figure of Karpenter's source.
const MODELS: [Row; 5] = [
    row(NetworkModel::Kubenet, "kubenet", 110, false, true),
    row(NetworkModel::AzureNodeSubnet, "Azure CNI node subnet", 30, true, false),
    row(NetworkModel::AzurePodSubnet, "Azure CNI pod subnet", 250, false, false),
    row(NetworkModel::AzureOverlay, "Azure CNI overlay", 250, false, true),
    row(NetworkModel::Byo, "own CNI", 250, false, false),
];

impl NetworkModel {
    fn row(self) -> &'static Row {
        // Every model has its row; the last stands in so that nothing can fail.
        MODELS.iter().find(|r| r.model == self).unwrap_or(&MODELS[4])
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// `max_pods` when a pool does not set it.
    pub fn default_max_pods(self) -> u32 {
        self.row().default_max_pods
    }

    /// True when each node takes a block of a pod CIDR.
    pub fn has_pod_cidr(self) -> bool {
        self.row().has_pod_cidr
    }

    /// True when `max_pods` decides how many subnet addresses a node takes.
    pub fn is_flat(self) -> bool {
        matches!(self, NetworkModel::AzureNodeSubnet | NetworkModel::AzurePodSubnet)
    }

    /// Addresses that one node takes from its node subnet. The service likely reserves two less in
    /// node subnet mode (facts 2.3); plans use the documented figure.
    pub fn node_subnet_ips(self, max_pods: u32) -> u64 {
        if self.row().pods_in_node_subnet { 1 + u64::from(max_pods) } else { 1 }
    }

    /// The same as text: `31` or `(1+30)`.
    pub fn per_node_text(self, max_pods: u32) -> String {
        if self.row().pods_in_node_subnet { format!("(1+{max_pods})") } else { "1".to_owned() }
    }
}

/// How many nodes a pod CIDR carries.
pub fn pod_blocks(pod_cidr: &Prefix) -> u64 {
    pod_cidr.pieces(if pod_cidr.is_v4() { NODE_BLOCK } else { NODE_BLOCK_V6 })
}

/// How a pod subnet is handed out.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema, serde::Deserialize,
)]
pub enum AllocationMode {
    /// Batches of 16, as pods need them.
    #[default]
    #[serde(alias = "Dynamic", alias = "dynamic")]
    DynamicIndividual,
    /// /28 blocks, held for the life of the node.
    #[serde(alias = "static_block")]
    StaticBlock,
}

/// The batch in which a node's agent asks for addresses, and the size of a static block.
pub const BATCH: u64 = 16;

/// Secondary addresses of a node with `pods` pods under dynamic allocation: whole batches with at
/// least half a batch spare, never above `max_pods` (facts 2.4).
pub fn dynamic_secondary(max_pods: u32, pods: u32) -> u64 {
    u64::from(max_pods).min(BATCH * ((u64::from(pods) + 23) / BATCH))
}

/// The same and the network container's primary address.
pub fn dynamic_ips(max_pods: u32, pods: u32) -> u64 {
    dynamic_secondary(max_pods, pods) + 1
}

/// /28 blocks of a node under static allocation: `ceil((max_pods + 1) / 16)`.
pub fn static_blocks(max_pods: u32) -> u64 {
    (u64::from(max_pods) + BATCH) / BATCH
}

/// Static blocks in a pod subnet: all, and those that surely can be used (whether the first and the
/// last, which hold reserved addresses, can is not documented).
pub fn subnet_blocks(prefixes: &[Prefix]) -> (u64, u64) {
    let v4 = prefixes.iter().filter(|p| p.is_v4()).map(|p| p.pieces(28));
    v4.fold((0, 0), |(total, safe), n| (total + n, safe + n.saturating_sub(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_node_takes_what_the_facts_say() {
        use NetworkModel::*;
        for (model, max_pods, ips) in [
            (Kubenet, 110, 1),
            (AzureNodeSubnet, 30, 31),
            (AzurePodSubnet, 60, 1),
            (AzureOverlay, 250, 1),
            (Byo, 250, 1),
        ] {
            assert_eq!(model.node_subnet_ips(max_pods), ips, "{model:?}");
        }
        assert_eq!(AzureNodeSubnet.default_max_pods(), 30);
        assert_eq!(Kubenet.default_max_pods(), 110);
    }

    #[test]
    fn batches_and_blocks() {
        for (pods, secondary) in
            [(0, 16), (8, 16), (9, 32), (24, 32), (25, 48), (41, 64), (57, 80), (250, 250)]
        {
            assert_eq!(dynamic_secondary(250, pods), secondary, "{pods} pods");
        }
        assert_eq!(dynamic_ips(60, 60), 61);
        for (max_pods, blocks) in [(15, 1), (16, 2), (31, 2), (32, 3), (47, 3), (239, 15), (250, 16)] {
            assert_eq!(static_blocks(max_pods), blocks, "{max_pods}");
        }
        let subnet: Prefix = "10.0.0.0/20".parse().unwrap();
        assert_eq!(subnet_blocks(&[subnet]), (256, 254));
        let small: Prefix = "10.0.0.0/29".parse().unwrap();
        assert_eq!(subnet_blocks(&[small]), (0, 0));
    }
}
