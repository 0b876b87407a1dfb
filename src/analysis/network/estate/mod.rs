//! Address planning of an estate: every subnet with its tenants, every cluster with its ranges.
//!
//! The same arithmetic as [`super::sizing`], but inputs may be unknown: then figures are bounds, and
//! a verdict is open unless the bounds settle it.

mod capacity;
mod checks;
mod cluster_ranges;
mod clusters;
mod consumers;
mod context;
mod declared;
mod export;
mod ground;
mod growth;
mod headroom;
mod openshift;
mod outbound;
mod pools;
mod read;
mod remedies;
mod report;
mod services;
mod spaces;
mod topology;
mod usage;

pub use export::document;
pub use ground::taken;
pub use report::{
    At, AzureVerdict, Bound, ClusterReport, ConsumerReport, FindingReport, NetworkReport, OutboundReport,
    PodCidrReport, PoolRoom, StageFormulas, SubnetReport, UndeclaredSubnet, Verdict, VnetReport,
};

pub use growth::Forecast;
pub use usage::LiveUse;

use super::prefix::Prefix;
use crate::azure::estate::Estate;
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::source::SourceMap;

use consumers::Consumers;
use context::Context;
use pools::Cluster;
use topology::Topology;

/// What the analysis is told besides the estate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// Turns spans into files and lines.
    pub sources: Option<&'a SourceMap>,
    /// Ranges outside of Azure that clusters must not use.
    pub on_premises: &'a [Prefix],
    /// The instances of the evaluation: types without a place in the model that take addresses
    /// (load balancers, network interfaces, gateways) are read from these.
    pub instances: &'a [Instance],
    /// What is live: its use of subnets is shown beside the plan.
    pub live: Option<&'a Estate>,
    /// What was live before, with the time of each (`captured_at`): a trend is made of these and `live`.
    pub history: &'a [Estate],
}

/// The report on an estate's addresses.
pub fn analyse(estate: &Estate, options: Options<'_>) -> NetworkReport {
    let mut report = NetworkReport::default();
    let mut topology = Topology::read(estate);
    if let Some(live) = options.live {
        topology.read_live(live);
    }
    let clusters: Vec<Cluster<'_>> =
        estate.of_type(types::CLUSTER).map(|d| Cluster::read(estate, d)).collect();
    let mut gathered = Consumers { topology: &mut topology, list: Vec::new(), gaps: Vec::new() };
    for (at, cluster) in clusters.iter().enumerate() {
        gathered.cluster(at, cluster);
    }
    for document in estate.of_type(types::OPENSHIFT) {
        gathered.openshift(document);
    }
    gathered.services(estate);
    let read = gathered.declared(estate, options.instances);
    gathered.not_counted(estate, &read);
    let (consumers, gaps) = (gathered.list, gathered.gaps);
    report.gaps = gaps;
    let context = Context::new(&topology, &clusters, &consumers, &options);
    spaces::check(&context, &mut report);
    for subnet in 0..topology.subnets.len() {
        capacity::subnet(&context, subnet, &mut report);
        checks::subnet(&context, subnet, &mut report);
    }
    for cluster in 0..clusters.len() {
        cluster_ranges::pod_cidrs(&context, cluster, &mut report);
        cluster_ranges::check(&context, cluster, &mut report);
        checks::cluster(&context, cluster, &mut report);
        outbound::cluster(&context, estate, cluster, &mut report);
    }
    for document in estate.of_type(types::OPENSHIFT) {
        openshift::check(&context, document, &mut report);
    }
    spaces::totals(&context, &mut report);
    if let Some(live) = options.live {
        usage::apply(&context, &mut report, estate, live);
        growth::apply(&mut report, live, options.history);
    }
    report
}
