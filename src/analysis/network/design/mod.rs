//! A network before anything exists: what a workload needs in every network model, side by side, and
//! where its subnets go in an address space.
//!
//! [`design`] answers the short form ([`Brief`]): it reckons all models, recommends one, sizes its
//! subnets with a growth factor and places them around what is [taken](Ground). [`arrange`] does the
//! same with the subnets of a sizing document. Both end in a [`Design`], which carries the sizing
//! document that describes it, so that every figure can be asked for again.

mod brief;
mod compare;
mod document;
mod lasting;
mod mode;
mod needs;
mod place;
mod report;
mod six;

pub use brief::{Brief, Ground, Growth, NodeRange, Other, PoolBrief, Taken};
pub use document::arrange;
pub use lasting::{Lasting, Later};
pub use mode::Mode;
pub use report::{
    ClusterSpace, Design, LargestCluster, ModeReport, NeedReport, PodNeed, PoolWorkload, SubnetDesign,
    WorkloadReport,
};

pub use six::{SixDesign, SixSubnet};

use super::prefix::{Family, Prefix};
use super::sizing::{self, Outcome, SizingError, plan};

/// Reckons a brief in all models and places the subnets of the one that is named, or of the one that
/// is recommended.
pub fn design(brief: &Brief) -> Result<Design, SizingError> {
    let modes = Mode::ALL.map(|mode| compare::mode(brief, mode));
    let mode = brief.mode.unwrap_or(Mode::Overlay);
    let needs = needs::of_mode(brief, mode);
    let lengths = needs::lengths(&needs, brief.ground.growth)?;
    let placement = place::place(&needs, &lengths, &brief.ground).map_err(|error| {
        let others: Vec<&str> = modes.iter().filter(|m| m.fits_space).map(|m| m.mode.id()).collect();
        let hint = match others.as_slice() {
            [] => String::new(),
            _ => format!("; these models fit: {}", others.join(", ")),
        };
        SizingError::new("space", format!("{error}{hint}"))
    })?;
    let cluster = place::cluster_ranges(brief, mode, &placement)?;
    let sizing = document::of_brief(brief, mode, &needs, &placement, &cluster);
    let (outcome, warnings) = solve(&sizing)?;
    let mut design = report::new(&brief.ground, &needs, placement, &outcome);
    design.ipv6 = six::place(&needs, Some(mode), &brief.ground)?;
    design.workload = Some(report::workload(brief));
    design.mode = Some(mode);
    design.reason = match brief.mode {
        Some(_) => "as asked for".to_owned(),
        None => "recommended: pods take no address of the network, and it is the default of new clusters"
            .to_owned(),
    };
    design.modes = modes.into();
    design.cluster = Some(cluster);
    design.lasting = lasting::of_mode(mode);
    design.warnings = warnings;
    if design.ipv6.as_ref().is_some_and(|six| six.pod_cidr.is_none()) {
        let message = format!(
            "pods and services of {} stay in IPv4: only models with a pod CIDR are dual stack here",
            mode.name()
        );
        design.warnings.push(message);
    }
    design.sizing = sizing;
    Ok(design)
}

/// The figures of a plan document.
fn solve(document: &serde_json::Value) -> Result<(plan::Outcome, Vec<String>), SizingError> {
    let answer = sizing::solve("plan", document)?;
    match answer.outcome {
        Outcome::Plan(outcome) => Ok((outcome, answer.warnings)),
        _ => Err(SizingError::new("kind", "only a plan has subnets to place")),
    }
}

/// The first prefix of IPv4 in a list.
fn first_v4(prefixes: &[Prefix]) -> Option<Prefix> {
    prefixes.iter().copied().find(|p| p.family() == Family::V4)
}
