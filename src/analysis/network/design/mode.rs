//! The six ways in which a cluster of AKS can give addresses to pods.

use crate::analysis::network::model::{AllocationMode, NetworkModel};

/// A network model, and for pod subnets how they are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Azure CNI overlay.
    Overlay,
    /// Azure CNI pod subnet, dynamic allocation.
    PodSubnet,
    /// Azure CNI pod subnet, static blocks.
    StaticBlock,
    /// Azure CNI node subnet.
    NodeSubnet,
    /// kubenet.
    Kubenet,
    /// The user's own CNI.
    Byo,
}

impl Mode {
    /// All, the most advisable first.
    pub const ALL: [Mode; 6] =
        [Mode::Overlay, Mode::PodSubnet, Mode::StaticBlock, Mode::NodeSubnet, Mode::Kubenet, Mode::Byo];

    /// The network model.
    pub fn model(self) -> NetworkModel {
        match self {
            Mode::Overlay => NetworkModel::AzureOverlay,
            Mode::PodSubnet | Mode::StaticBlock => NetworkModel::AzurePodSubnet,
            Mode::NodeSubnet => NetworkModel::AzureNodeSubnet,
            Mode::Kubenet => NetworkModel::Kubenet,
            Mode::Byo => NetworkModel::Byo,
        }
    }

    /// How its pod subnet is handed out.
    pub fn allocation(self) -> AllocationMode {
        match self {
            Mode::StaticBlock => AllocationMode::StaticBlock,
            _ => AllocationMode::DynamicIndividual,
        }
    }

    /// As the command line names it.
    pub fn id(self) -> &'static str {
        match self {
            Mode::Overlay => "overlay",
            Mode::PodSubnet => "pod-subnet",
            Mode::StaticBlock => "static-block",
            Mode::NodeSubnet => "node-subnet",
            Mode::Kubenet => "kubenet",
            Mode::Byo => "byo",
        }
    }

    /// As people call it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::PodSubnet => "Azure CNI pod subnet, dynamic",
            Mode::StaticBlock => "Azure CNI pod subnet, static blocks",
            _ => self.model().name(),
        }
    }

    /// `network_plugin` and `network_plugin_mode` of azurerm (facts 2.1).
    pub fn plugin(self) -> (&'static str, Option<&'static str>) {
        match self {
            Mode::Overlay => ("azure", Some("overlay")),
            Mode::Kubenet => ("kubenet", None),
            Mode::Byo => ("none", None),
            Mode::PodSubnet | Mode::StaticBlock | Mode::NodeSubnet => ("azure", None),
        }
    }
}

impl std::str::FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Mode, String> {
        let known = || Mode::ALL.map(Mode::id).join(", ");
        let found = Mode::ALL.into_iter().find(|m| m.id() == text);
        found.ok_or_else(|| format!("\"{text}\" is no network model; there are {}", known()))
    }
}
