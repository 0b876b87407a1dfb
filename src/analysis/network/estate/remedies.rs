//! What to do about a subnet that does not suffice, best first, with what azurerm does then
//! (facts 9.2 to 9.4).

use super::consumers::Consumer;
use super::context::Context;
use super::headroom::{decisive, room};
use super::pools::Pool;
use crate::analysis::network::demand::Share;
use crate::analysis::network::limits;
use crate::analysis::network::model::NetworkModel;
use crate::analysis::network::prefix::{Family, LONGEST_SUBNET, Prefix, smallest_fit};
use crate::analysis::network::set::CidrSet;
use crate::analysis::network::stage::{Stage, Stages};
use crate::analysis::network::surge::largest_with_surge;

/// Remedies for a subnet that first fails at a stage.
pub(super) fn of_subnet(
    context: &Context<'_, '_>,
    at: usize,
    tenants: &[&Consumer],
    stage: Stage,
    capacity: u64,
) -> Vec<String> {
    let mut out = Vec::new();
    let need: Stages = tenants.iter().map(|c| c.low.demand()).sum();
    out.extend(grow(context, at, need.peak));
    let pool = decisive(tenants, stage).or_else(|| decisive(tenants, Stage::UpgradePeak));
    let settings = pool.and_then(|c| c.pool).and_then(|(c, p)| {
        let cluster = context.clusters.get(c)?;
        Some((cluster.model(), cluster.pools.get(p)?))
    });
    if let Some((consumer, (model, settings))) = pool.zip(settings) {
        let shares: Vec<&Share> = tenants.iter().map(|c| &c.low).collect();
        let here = Here { shares: &shares, consumer, settings, capacity, need };
        if stage == Stage::UpgradePeak {
            out.extend(here.less_surge().or_else(|| all_less_surge(tenants, need.peak, capacity)));
        }
        out.extend(here.fewer_nodes());
        out.extend(new_pool(context, at, consumer, need.peak));
        out.extend(here.fewer_pods(model));
        if model == Some(NetworkModel::AzureNodeSubnet) {
            out.push(
                "move the cluster to overlay: network_plugin_mode = \"overlay\" and a pod_cidr that overlaps nothing \
                 (azurerm: in place, one way; all pools are reimaged at once; a node then takes 1 address)"
                    .to_owned(),
            );
        }
    }
    out
}

/// The decisive pool among the subnet's tenants.
struct Here<'a> {
    shares: &'a [&'a Share],
    consumer: &'a Consumer,
    settings: &'a Pool,
    capacity: u64,
    need: Stages,
}

impl Here<'_> {
    /// Surge of one node, or none at all.
    fn less_surge(&self) -> Option<String> {
        let (share, name) = (&self.consumer.low, &self.settings.name);
        let others = self.need.peak - share.demand().peak;
        let with_one = others.saturating_add((share.nodes.max + 1).saturating_mul(share.per_node.peak));
        if share.surge > 1 && with_one <= self.capacity {
            return Some(format!(
                "set max_surge = \"1\" for pool `{name}`: {with_one} of {} addresses (azurerm: in place)",
                self.capacity
            ));
        }
        let without = others.saturating_add(share.nodes.max.saturating_mul(share.per_node.peak));
        (!self.settings.system && !self.settings.inline && share.surge > 0 && without <= self.capacity).then(|| {
            format!(
                "set max_unavailable = \"1\" instead of max_surge for user pool `{name}`: nodes are upgraded in place, \
                 {without} of {} addresses (azurerm: in place)",
                self.capacity
            )
        })
    }

    /// The largest pool that still upgrades.
    fn fewer_nodes(&self) -> Option<String> {
        let fit = room(self.shares, &self.consumer.low, Stage::UpgradePeak, self.capacity);
        let most = largest_with_surge(fit, &self.settings.upgrade(), self.settings.spot);
        let (name, least) = (&self.settings.name, self.settings.min.get().copied().unwrap_or(1).max(1));
        let autoscaled = self.settings.autoscaled == super::read::Known::Is(true);
        let attribute = if autoscaled { "max_count" } else { "node_count" };
        (most >= u64::from(least) && most < self.consumer.low.nodes.max).then(|| {
            format!("lower {attribute} of pool `{name}` to {most}, with which upgrades succeed (azurerm: in place)")
        })
    }

    /// Fewer pods a node, where pods take addresses.
    fn fewer_pods(&self, model: Option<NetworkModel>) -> Option<String> {
        model.filter(|m| *m == NetworkModel::AzureNodeSubnet)?;
        let (share, name) = (&self.consumer.low, &self.settings.name);
        let others = self.need.peak - share.demand().peak;
        let each = self.capacity.checked_sub(others)?.checked_div(share.nodes.peak)?;
        let pods = each.checked_sub(1)?.min(share.per_node.peak.saturating_sub(2));
        let enough = pods >= u64::from(*limits::MAX_PODS.start())
            && pods.saturating_mul(share.nodes.steady.max(1)) >= limits::PODS_PER_POOL;
        enough.then(|| {
            format!(
                "lower max_pods of pool `{name}` to {pods} (azurerm rotates the pool through \
                 temporary_name_for_rotation; the temporary nodes need {} addresses meanwhile)",
                share.nodes.steady.saturating_mul(1 + pods)
            )
        })
    }
}

/// Surge of one node for every pool that surges more.
fn all_less_surge(tenants: &[&Consumer], peak: u64, capacity: u64) -> Option<String> {
    let saved = |c: &&&Consumer| c.low.surge.saturating_sub(1).saturating_mul(c.low.per_node.peak);
    let pools = tenants.iter().filter(|c| c.pool.is_some() && c.low.surge > 1);
    let with_one = peak.saturating_sub(pools.clone().map(|c| saved(&c)).fold(0, u64::saturating_add));
    (pools.count() > 1 && with_one <= capacity).then(|| {
        format!("set max_surge = \"1\" for all pools: {with_one} of {capacity} addresses (azurerm: in place)")
    })
}

/// A larger prefix around the subnet, while it is empty.
fn grow(context: &Context<'_, '_>, at: usize, need: u64) -> Option<String> {
    let subnet = context.topology.subnets.get(at)?;
    let length = smallest_fit(need, LONGEST_SUBNET)?;
    let [own] = subnet.prefixes.list.as_slice() else { return None };
    if length >= own.length() {
        return None;
    }
    let larger = Prefix::new(own.family(), own.first(), length);
    let vnet = context.topology.vnets.get(subnet.vnet?)?;
    let space: CidrSet = vnet.space.list.iter().collect();
    let others = context.topology.prefixes_of(subnet.vnet.unwrap_or(usize::MAX)).filter(|(s, ..)| *s != at);
    let mut taken = others.map(|(_, p, _)| p).chain(vnet.taken_in_azure());
    let free = space.contains(&larger) && !taken.any(|p| p.overlaps(&larger));
    let prefix = if free { larger } else { free_block(context, at, length)? };
    Some(format!(
        "while nothing is deployed in the subnet: make it {prefix} (azurerm: in place; Azure refuses it once it is in use)"
    ))
}

/// A free block of the subnet's network.
fn free_block(context: &Context<'_, '_>, at: usize, length: u8) -> Option<Prefix> {
    let vnet = context.topology.subnets.get(at)?.vnet?;
    context.topology.free(vnet)?.free_block(Family::V4, length)
}

/// A new pool on a new subnet of the same network.
fn new_pool(context: &Context<'_, '_>, at: usize, consumer: &Consumer, need: u64) -> Option<String> {
    let length = smallest_fit(need, LONGEST_SUBNET)?;
    let attribute = if consumer.kind == "pod_pool" { "pod_subnet_id" } else { "vnet_subnet_id" };
    let place = match free_block(context, at, length) {
        Some(prefix) => format!("a new subnet {prefix} of the same network"),
        None => format!("a new subnet of at least a /{length} (the network's space must grow for it)"),
    };
    Some(format!(
        "add a pool on {place}, drain and delete `{}`; changing {attribute} in azurerm rotates the pool instead",
        consumer.low.name
    ))
}
