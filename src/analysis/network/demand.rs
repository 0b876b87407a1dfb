//! What stands in a subnet: shares that know their figures at each stage and can show them.

use super::model::{self, AllocationMode, NetworkModel};
use super::stage::{Stage, Stages};

/// Somebody's part of a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Who, as the formula names it: `user`, `private endpoint of aks1`.
    pub name: String,
    /// Nodes (or instances) at each stage; the same number thrice for what does not scale.
    pub nodes: Stages,
    /// Surge nodes within `nodes.peak`.
    pub surge: u64,
    /// Addresses that each takes at each stage.
    pub per_node: Stages,
    /// How `per_node` comes about, when that is worth showing: `(1+30)`.
    pub per_node_text: Option<String>,
    /// /28 blocks a node, for a statically allocated pod subnet.
    pub blocks: Option<u64>,
}

impl Share {
    /// Addresses that do not depend on any pool.
    pub fn fixed(name: impl Into<String>, addresses: u64) -> Share {
        Share {
            name: name.into(),
            nodes: Stages::flat(addresses),
            surge: 0,
            per_node: Stages::flat(1),
            per_node_text: None,
            blocks: None,
        }
    }

    /// The same share when nobody is there.
    pub fn none(&self) -> Share {
        Share { nodes: Stages::default(), surge: 0, ..self.clone() }
    }

    /// Addresses at each stage.
    pub fn demand(&self) -> Stages {
        self.nodes.times(self.per_node)
    }

    /// The share's term at a stage: `(5+1)*(1+30)`, `3*31`, or `2`.
    pub fn term(&self, stage: Stage) -> String {
        let nodes = match stage {
            Stage::UpgradePeak if self.surge > 0 => format!("({}+{})", self.nodes.max, self.surge),
            _ => self.nodes.at(stage).to_string(),
        };
        let each = self.per_node.at(stage);
        match (&self.per_node_text, each) {
            (Some(text), _) => format!("{nodes}*{text}"),
            (None, 1) => nodes,
            (None, _) => format!("{nodes}*{each}"),
        }
    }
}

/// The sum of shares at each stage.
pub fn total(shares: &[Share]) -> Stages {
    shares.iter().map(Share::demand).sum()
}

/// The sum with its figures: `(3+1)*(1+30) [sys] + 1 [private endpoint] = 125`.
pub fn formula(shares: &[Share], stage: Stage) -> String {
    let terms: Vec<String> = shares.iter().map(|s| format!("{} [{}]", s.term(stage), s.name)).collect();
    match terms.is_empty() {
        true => "0".to_owned(),
        false => format!("{} = {}", terms.join(" + "), total(shares).at(stage)),
    }
}

/// What a pool needs, once its nodes and its network model are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDemand {
    /// Nodes at each stage.
    pub nodes: Stages,
    /// Greatest number of pods of a node.
    pub max_pods: u32,
    /// Addresses of the node subnet, a node.
    pub ips_per_node: u64,
    /// Addresses of the pod subnet, a node.
    pub pod_subnet: Option<PodSubnetDemand>,
    model: NetworkModel,
}

/// What one node takes from a pod subnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PodSubnetDemand {
    /// Batches, as pods come.
    Dynamic {
        /// With the pods that run.
        steady: u64,
        /// With as many pods as a node may get.
        max: u64,
    },
    /// Blocks, whatever runs.
    Static {
        /// /28 blocks.
        blocks: u64,
    },
}

impl PodSubnetDemand {
    /// Addresses of a node at each stage.
    pub fn per_node(self) -> Stages {
        match self {
            PodSubnetDemand::Dynamic { steady, max } => Stages { steady, max, peak: max },
            PodSubnetDemand::Static { blocks } => Stages::flat(blocks * model::BATCH),
        }
    }
}

/// How a pool uses its network: the inputs of [`PoolDemand`].
#[derive(Clone, Copy, Debug)]
pub struct PoolShape {
    /// The cluster's network model.
    pub model: NetworkModel,
    /// `max_pods`, when set.
    pub max_pods: Option<u32>,
    /// How the pod subnet is handed out.
    pub mode: AllocationMode,
    /// Pods of a node now (not hostNetwork), for the dynamic pod subnet; 0 when not given.
    pub pods_per_node: Option<u32>,
    /// The most pods of a node; `max_pods` when not given.
    pub pods_per_node_max: Option<u32>,
}

impl PoolDemand {
    /// The demand of a pool with these nodes.
    pub fn new(shape: PoolShape, nodes: Stages) -> PoolDemand {
        let max_pods = shape.max_pods.unwrap_or(shape.model.default_max_pods());
        let pod_subnet = (shape.model == NetworkModel::AzurePodSubnet).then(|| match shape.mode {
            AllocationMode::DynamicIndividual => PodSubnetDemand::Dynamic {
                steady: model::dynamic_ips(max_pods, shape.pods_per_node.unwrap_or(0)),
                max: model::dynamic_ips(max_pods, shape.pods_per_node_max.unwrap_or(max_pods)),
            },
            AllocationMode::StaticBlock => PodSubnetDemand::Static { blocks: model::static_blocks(max_pods) },
        });
        let ips_per_node = shape.model.node_subnet_ips(max_pods);
        PoolDemand { nodes, max_pods, ips_per_node, pod_subnet, model: shape.model }
    }

    /// Surge nodes.
    pub fn surge(&self) -> u64 {
        self.nodes.peak - self.nodes.max
    }

    /// The pool's part of its node subnet.
    pub fn node_share(&self, name: impl Into<String>) -> Share {
        Share {
            name: name.into(),
            nodes: self.nodes,
            surge: self.surge(),
            per_node: Stages::flat(self.ips_per_node),
            per_node_text: (self.ips_per_node > 1).then(|| self.model.per_node_text(self.max_pods)),
            blocks: None,
        }
    }

    /// The pool's part of its pod subnet; `None` outside that model.
    pub fn pod_share(&self, name: impl Into<String>) -> Option<Share> {
        let pods = self.pod_subnet?;
        Some(Share {
            name: name.into(),
            nodes: self.nodes,
            surge: self.surge(),
            per_node: pods.per_node(),
            per_node_text: None,
            blocks: match pods {
                PodSubnetDemand::Static { blocks } => Some(blocks),
                PodSubnetDemand::Dynamic { .. } => None,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::analysis::network::prefix::usable_of_length;
    use crate::analysis::network::stage::{Autoscale, node_stages};
    use crate::analysis::network::surge::{Amount, Upgrade};

    fn shape(model: NetworkModel, max_pods: u32) -> PoolShape {
        PoolShape {
            model,
            max_pods: Some(max_pods),
            mode: AllocationMode::DynamicIndividual,
            pods_per_node: None,
            pods_per_node_max: None,
        }
    }

    #[test]
    fn the_formula_shows_its_figures() {
        let nodes = Stages { steady: 3, max: 5, peak: 6 };
        let pool = PoolDemand::new(shape(NetworkModel::AzureNodeSubnet, 30), nodes);
        let shares = [pool.node_share("system"), Share::fixed("private endpoint", 2)];
        assert_eq!(formula(&shares, Stage::Steady), "3*(1+30) [system] + 2 [private endpoint] = 95");
        assert_eq!(
            formula(&shares, Stage::UpgradePeak),
            "(5+1)*(1+30) [system] + 2 [private endpoint] = 188"
        );
        assert_eq!(formula(&[], Stage::Steady), "0");
    }

    fn model() -> impl Strategy<Value = NetworkModel> {
        proptest::sample::select(vec![
            NetworkModel::Kubenet,
            NetworkModel::AzureNodeSubnet,
            NetworkModel::AzurePodSubnet,
            NetworkModel::AzureOverlay,
            NetworkModel::Byo,
        ])
    }

    fn mode() -> impl Strategy<Value = AllocationMode> {
        proptest::sample::select(vec![AllocationMode::DynamicIndividual, AllocationMode::StaticBlock])
    }

    fn demand(
        model: NetworkModel,
        mode: AllocationMode,
        nodes: (u32, u32),
        max_pods: u32,
        surge: u32,
    ) -> Stages {
        let upgrade = Upgrade { max_surge: Some(Amount::Percent(surge)), ..Upgrade::default() };
        let auto = Autoscale { min: nodes.0, max: nodes.0 + nodes.1 };
        let pool = PoolDemand::new(
            PoolShape { mode, ..shape(model, max_pods) },
            node_stages(None, Some(auto), &upgrade, false),
        );
        let mut shares = vec![pool.node_share("n")];
        shares.extend(pool.pod_share("p"));
        total(&shares)
    }

    fn no_less(a: Stages, b: Stages) -> bool {
        Stage::ALL.into_iter().all(|s| a.at(s) <= b.at(s))
    }

    proptest! {
        #[test]
        fn demand_grows_with_nodes_pods_and_surge(
            model in model(), mode in mode(), min in 0u32..400, extra in 0u32..400,
            pods in 10u32..=250, surge in 0u32..=100, more in 0u32..20,
        ) {
            let base = demand(model, mode, (min, extra), pods, surge);
            prop_assert!(base.steady <= base.max && base.max <= base.peak);
            prop_assert!(no_less(base, demand(model, mode, (min + more, extra), pods, surge)));
            prop_assert!(no_less(base, demand(model, mode, (min, extra + more), pods, surge)));
            prop_assert!(no_less(base, demand(model, mode, (min, extra), pods + more, surge)));
            prop_assert!(no_less(base, demand(model, mode, (min, extra), pods, surge + more)));
        }

        #[test]
        fn a_smaller_prefix_never_fits_what_a_larger_one_did_not(need in 0u64..100_000, p in 1u8..=29) {
            prop_assert!(usable_of_length(p) < usable_of_length(p - 1));
            if need > usable_of_length(p - 1) {
                prop_assert!(need > usable_of_length(p));
            }
        }
    }
}
