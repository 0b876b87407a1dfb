//! The report on a root module's or a subscription's addresses. Field names that also occur in the
//! sizing interface mean the same; numbers that are not known are null, never zero.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::growth::Forecast;
use super::usage::LiveUse;
use crate::analysis::finding::{Finding, Severity};
use crate::analysis::network::code::Code;
use crate::analysis::network::model::NetworkModel;
use crate::analysis::network::sizing::plan::{BlocksOutcome, PoolOutcome};
use crate::analysis::network::stage::Stage;
use crate::azure::id::ResourceId;
use crate::terraform::source::Place;

/// Everything about addresses and outbound ports.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct NetworkReport {
    /// Virtual networks, in the order of the estate.
    pub virtual_networks: Vec<VnetReport>,
    /// Subnets, in the order of the estate; those that are only named by somebody follow.
    pub subnets: Vec<SubnetReport>,
    /// Pod CIDRs of kubenet and overlay clusters.
    pub pod_cidrs: Vec<PodCidrReport>,
    /// Clusters, AKS and ARO.
    pub clusters: Vec<ClusterReport>,
    /// What is wrong.
    pub findings: Vec<FindingReport>,
    /// What could not be counted, and why.
    pub gaps: Vec<String>,
    /// The findings as the review takes them; the same as `findings`.
    #[serde(skip)]
    pub found: Vec<Finding>,
}

impl NetworkReport {
    /// Leaves out what other root modules have: their clusters, and subnets in which nothing of this one stands.
    pub fn keep_own(&mut self, is_foreign: impl Fn(&str) -> bool) {
        let own = |at: &At| !is_foreign(&at.address);
        self.clusters.retain(|cluster| own(&cluster.at));
        self.pod_cidrs.retain(|range| own(&range.at));
        self.subnets.retain(|subnet| own(&subnet.at) || subnet.consumers.iter().any(|c| own(&c.at)));
        let parents = self.subnets.iter().filter_map(|s| ResourceId::new(&*s.id).parent());
        let parents: BTreeSet<String> = parents.map(|id| id.name().to_ascii_lowercase()).collect();
        let holds = |network: &VnetReport| parents.contains(&network.name.to_ascii_lowercase());
        self.virtual_networks.retain(|network| own(&network.at) || holds(network));
        let told =
            |address: &str| !is_foreign(address) || self.subnets.iter().any(|s| s.at.address == address);
        self.findings.retain(|finding| told(&finding.at.address));
        self.found.retain(|finding| told(&finding.address));
    }

    /// Leaves out findings that are not told, in both forms, and gives the others the severity that they have
    /// here.
    pub fn tell(&mut self, told: &[Finding]) {
        let severity = |f: &Finding| {
            let same = |t: &&Finding| (&t.code, &t.address, &t.title) == (&f.code, &f.address, &f.title);
            told.iter().find(same).map(|t| t.severity)
        };
        let severities: Vec<Option<Severity>> = self.found.iter().map(severity).collect();
        let mut of_reports = severities.iter();
        self.findings.retain_mut(|finding| match of_reports.next() {
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
            _ => false,
        });
        let mut of_found = severities.iter();
        self.found.retain_mut(|finding| match of_found.next() {
            Some(Some(severity)) => {
                finding.severity = *severity;
                true
            }
            _ => false,
        });
    }
}

/// Where something is declared.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct At {
    /// Terraform address, or the id of a live resource.
    pub address: String,
    /// File as the user would write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The whole place.
    #[serde(skip)]
    pub place: Option<Place>,
}

/// Whether something suffices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// At every stage.
    Fits,
    /// At some stage it does not.
    TooSmall,
    /// An input that decides is not known.
    Unknown,
}

/// How good the figures of a subnet are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Everything is known.
    Exact,
    /// Something is not known; the real figures are these or higher.
    AtLeast,
    /// Something is not known; the real figures are these or lower.
    AtMost,
}

impl Bound {
    /// What the least and, where known, the greatest figures are worth together.
    pub(super) fn of<T: PartialEq>(low: &T, high: Option<&T>) -> Bound {
        match high {
            Some(high) if high == low => Bound::Exact,
            Some(_) => Bound::AtMost,
            None => Bound::AtLeast,
        }
    }
}

/// A virtual network.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct VnetReport {
    /// Where.
    #[serde(flatten)]
    pub at: At,
    /// Its name.
    pub name: String,
    /// Its space.
    pub address_space: Vec<String>,
    /// Prefixes that no subnet has, largest first within the order of addresses.
    pub free: Vec<String>,
    /// Subnets that stand in Azure and are not declared here; what they have is not free.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub undeclared: Vec<UndeclaredSubnet>,
    /// Private addresses at the peak; a static block counts once. Null when a part is not known.
    pub private_ips_peak: Option<u64>,
    /// How many Azure allows.
    pub limit: u64,
    /// Whether it is within.
    pub fits: Option<bool>,
}

/// A subnet that stands in Azure and is not declared here.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct UndeclaredSubnet {
    /// Its name.
    pub name: String,
    /// Its prefixes.
    pub prefixes: Vec<String>,
}

/// A subnet.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct SubnetReport {
    /// Its ARM id.
    #[serde(skip)]
    pub id: String,
    /// Where.
    #[serde(flatten)]
    pub at: At,
    /// Its name.
    pub name: String,
    /// Its virtual network's name.
    pub virtual_network: String,
    /// Its prefixes.
    pub prefixes: Vec<String>,
    /// Addresses for use; null when the prefix is not known.
    pub capacity: Option<u64>,
    /// Addresses needed as declared.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub autoscaler_max: u64,
    /// At the peak of an upgrade of all pools.
    pub upgrade_peak: u64,
    /// Whether these three are exact.
    pub bound: Bound,
    /// What is left at the peak; negative when it does not fit.
    pub free_at_peak: Option<i64>,
    /// Whether it fits.
    pub fits_peak: Option<bool>,
    /// The smallest single prefix that would do.
    pub min_prefix_for_peak: Option<u8>,
    /// /28 blocks, for a statically allocated pod subnet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlocksOutcome>,
    /// The verdict.
    pub verdict: Verdict,
    /// The first stage that does not fit.
    pub first_failure: Option<Stage>,
    /// What happens then, in the user's terms; or why the verdict is open.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub consequence: String,
    /// What Azure refuses in advance, and what runs out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure: Option<AzureVerdict>,
    /// The sum of each stage with its figures.
    pub formula: StageFormulas,
    /// How large each pool can get.
    pub room: Vec<PoolRoom>,
    /// Who stands in it.
    pub consumers: Vec<ConsumerReport>,
    /// Addresses of one node of each node pool in it.
    #[serde(skip)]
    pub per_node: Vec<u64>,
    /// What is in use, when a live estate was given that knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<LiveUse>,
    /// When it is full, when snapshots over some time were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forecast: Option<Forecast>,
    /// What to do, best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remedies: Vec<String>,
    /// Why figures are not exact, and assumptions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// One formula a stage.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct StageFormulas {
    /// As declared.
    pub steady: String,
    /// At the autoscaler's maximum.
    pub autoscaler_max: String,
    /// At the peak of an upgrade.
    pub upgrade_peak: String,
}

/// The two verdicts of Azure: the check in advance, and what really runs out.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct AzureVerdict {
    /// Whether the check at creation, scaling and adding a pool (every autoscaled pool at its
    /// maximum, no surge) lets it pass.
    pub create_accepted: Option<bool>,
    /// The error with which it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_error: Option<String>,
    /// Whether the check of an upgrade (with the surge) lets it pass.
    pub upgrade_accepted: Option<bool>,
    /// The error with which it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upgrade_error: Option<String>,
    /// The stage at which addresses run out in fact.
    pub runs_out_at: Option<Stage>,
}

/// How large a pool can get in its subnet, all else being equal.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PoolRoom {
    /// The pool.
    pub pool: String,
    /// The most nodes that can run, the others at their maximum.
    pub max_nodes: u64,
    /// The most nodes with which an upgrade of all pools still succeeds.
    pub max_nodes_with_upgrade: u64,
}

/// Somebody in a subnet.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ConsumerReport {
    /// Where.
    #[serde(flatten)]
    pub at: At,
    /// What it is: `node_pool`, `pod_pool`, `private_endpoint`, ...
    pub kind: &'static str,
    /// As formulas name it.
    pub name: String,
    /// Addresses as declared.
    pub steady: u64,
    /// At the autoscaler's maximum.
    pub autoscaler_max: u64,
    /// At the peak of an upgrade.
    pub upgrade_peak: u64,
    /// Its term of the peak.
    pub formula: String,
    /// What is not known of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
}

/// A pod CIDR.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct PodCidrReport {
    /// The cluster.
    #[serde(flatten)]
    pub at: At,
    /// The range; null when not known.
    pub pod_cidr: Option<String>,
    /// True when nothing declares it and Azure's default is assumed.
    pub default: bool,
    /// Nodes it carries.
    pub blocks_total: Option<u64>,
    /// Nodes as declared.
    pub blocks_steady: u64,
    /// At the autoscaler's maximum.
    pub blocks_max: u64,
    /// At the peak of an upgrade.
    pub blocks_peak: u64,
    /// Whether it fits.
    pub fits_peak: Option<bool>,
    /// The verdict.
    pub verdict: Verdict,
    /// The first stage that does not fit.
    pub first_failure: Option<Stage>,
    /// Whether the node counts are exact.
    pub bound: Bound,
}

/// A cluster.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ClusterReport {
    /// Where.
    #[serde(flatten)]
    pub at: At,
    /// Its name.
    pub name: String,
    /// `aks` or `aro`.
    pub kind: &'static str,
    /// Network models it may have: one, or several when the code leaves the choice to Azure.
    pub network_models: Vec<NetworkModel>,
    /// Nodes as declared.
    pub nodes_steady: u64,
    /// At the autoscaler's maximum.
    pub nodes_max: u64,
    /// At the peak of an upgrade.
    pub nodes_peak: u64,
    /// Whether these three are exact.
    pub bound: Bound,
    /// Pools by name, as the sizing interface shows them.
    pub pools: IndexMap<String, PoolOutcome>,
    /// The service CIDR; null when not known.
    pub service_cidr: Option<String>,
    /// True when nothing declares it and Azure's default is assumed.
    pub service_cidr_default: bool,
    /// Outbound ports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound: Option<OutboundReport>,
    /// What is not known, and assumptions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Outbound (SNAT) ports of a cluster.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct OutboundReport {
    /// `loadBalancer`, `managedNATGateway`, `userAssignedNATGateway`, `userDefinedRouting`, ...
    pub outbound_type: String,
    /// Public addresses; null when not known.
    pub outbound_ips: Option<u64>,
    /// Their ports.
    pub ports_available: Option<u64>,
    /// Ports a node; 0 is the automatic allocation.
    pub ports_per_node: Option<u64>,
    /// Ports a node of the automatic allocation at the peak.
    pub automatic_ports_at_peak: Option<u64>,
    /// Ports that the nodes need at the peak.
    pub ports_required: Option<u64>,
    /// Whether they suffice.
    pub fits: Option<bool>,
    /// The arithmetic.
    pub formula: String,
}

/// A finding as this report shows it.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct FindingReport {
    /// What, by the names of the sizing interface.
    pub code: Code,
    /// Stable id, such as `TU-IP-003`.
    pub id: &'static str,
    /// Kebab-case name.
    pub name: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// Where.
    #[serde(flatten)]
    pub at: At,
    /// One line: what is wrong.
    pub title: String,
    /// What follows from it.
    pub consequence: String,
    /// The arithmetic; empty when there is none.
    pub formula: String,
    /// What to do, best first.
    pub remedies: Vec<String>,
    /// The code with which Azure refuses it, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azure_error: Option<&'static str>,
    /// Assumptions.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
}
