//! What cannot be changed later, or only at a price (facts 1, 2, 9.3 and 9.4).

use super::Mode;

/// How a choice can be changed once the cluster runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Later {
    /// Not at all: a new cluster, or a new subnet.
    Never,
    /// In one direction only.
    OneWay,
    /// By new node pools.
    NewPools,
}

impl Later {
    /// As tables mark it.
    pub fn mark(self) -> &'static str {
        match self {
            Later::Never => "FIXED",
            Later::OneWay => "ONE WAY",
            Later::NewPools => "NEW POOLS",
        }
    }
}

/// A choice that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Lasting {
    /// What is chosen.
    pub choice: &'static str,
    /// How it can be changed.
    pub later: Later,
    /// What a change takes.
    pub why: &'static str,
}

const fn row(choice: &'static str, later: Later, why: &'static str) -> Lasting {
    Lasting { choice, later, why }
}

use Later::{Never, NewPools, OneWay};

const SERVICES: Lasting = row(
    "service CIDR and DNS address",
    Never,
    "azurerm replaces the cluster; from Kubernetes 1.33 on a ServiceCIDR object extends the range",
);
const SUBNET: Lasting =
    row("prefix of a subnet", Never, "Azure changes a subnet's range only while nothing is deployed in it");
const POOL: Lasting = row(
    "max_pods and subnets of a pool",
    NewPools,
    "azurerm rotates the pool through temporary_name_for_rotation",
);
const BLOCK: Lasting = row("a /24 of the pod CIDR a node", Never, "the size of the block cannot be chosen");

/// The lasting choices of a model: its own first.
pub(super) fn of_mode(mode: Mode) -> Vec<Lasting> {
    let mut out = match mode {
        Mode::Overlay => vec![
            row("network model", Never, "nothing leads away from overlay"),
            row(
                "pod CIDR",
                OneWay,
                "AKS grows it to a superset (Linux nodes, one CIDR); azurerm replaces the cluster instead",
            ),
            BLOCK,
        ],
        Mode::PodSubnet => vec![
            row("network model", Never, "neither overlay nor node subnet can be reached in place"),
            row("allocation mode", NewPools, "static blocks need new pools with another pod subnet"),
        ],
        Mode::StaticBlock => vec![
            row("network model", Never, "neither overlay nor node subnet can be reached in place"),
            row("allocation mode", NewPools, "dynamic allocation needs new pools with another pod subnet"),
        ],
        Mode::NodeSubnet => {
            vec![row("network model", OneWay, "to overlay in place; to pod subnets only with a new cluster")]
        }
        Mode::Kubenet => vec![
            row("network model", OneWay, "to overlay, all pools at once; kubenet is retired on 2028-03-31"),
            row("pod CIDR", Never, "stays or grows only on the way to overlay; azurerm replaces the cluster"),
            BLOCK,
        ],
        Mode::Byo => vec![row("network plugin", Never, "azurerm replaces the cluster")],
    };
    out.extend([SERVICES, SUBNET, POOL]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_model_says_what_lasts() {
        for mode in Mode::ALL {
            let lasting = of_mode(mode);
            assert!(lasting.iter().any(|l| l.choice.starts_with("network")), "{mode:?}");
            assert!(lasting.contains(&SUBNET), "{mode:?}");
        }
        // Facts 9.3: kubenet and node subnet lead to overlay, overlay leads nowhere.
        let model = |mode| of_mode(mode)[0].later;
        assert_eq!([Mode::Kubenet, Mode::NodeSubnet, Mode::Overlay].map(model), [OneWay, OneWay, Never]);
    }
}
