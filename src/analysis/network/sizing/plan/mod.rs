//! Kind `plan`: subnets, clusters and whatever else stands in them, at the three stages.

mod checks;
mod figures;
mod input;
mod outcome;

pub use input::{
    Cluster, Extra, InternalLoadBalancer, NodePool, Plan, Pool, PrivateCluster, Subnet, registry_endpoint_ips,
};
pub use outcome::{
    BlocksOutcome, ClusterOutcome, Finding, Outcome, PodCidrOutcome, PoolOutcome, SubnetOutcome, VnetOutcome,
};

use super::SizingError;

/// Answers a plan; parts of it that look wrong without being so go to `warnings`.
pub fn solve(plan: &Plan, warnings: &mut Vec<String>) -> Result<Outcome, SizingError> {
    plan.check(warnings)?;
    let figures = figures::Figures::new(plan);
    let findings = checks::run(plan, &figures);
    Ok(figures.outcome(plan, findings))
}
