//! The inventory of clusters as a table and as CSV.

use std::fmt::Write as _;

use super::escape;
use super::table::{Cell, Table};
use crate::analysis::inventory::{Cluster, Inventory, Pool};
use crate::analysis::kubernetes::Support;

/// A table for a terminal: a line for each cluster, and below it its pools.
pub fn text(inventory: &Inventory) -> String {
    let mut table = Table::new([
        "cluster", "group", "region", "version", "support", "upgrades", "state", "pool", ">nodes", "size",
        "image",
    ]);
    for cluster in &inventory.clusters {
        let mut first = true;
        let none = Vec::from([None]);
        let pools: Vec<Option<&Pool>> = cluster.pools.iter().map(Some).collect();
        for pool in if pools.is_empty() { none } else { pools } {
            let own = |text: String| Cell::from(if first { text } else { String::new() });
            let of_pool = |text: Option<String>| Cell::from(text.unwrap_or_default());
            table.row([
                own(cluster.name.clone()),
                own(cluster.resource_group.clone()),
                own(word(&cluster.location)),
                own(word(&cluster.version)),
                own(support(cluster)),
                own(cluster.upgrades.as_ref().map_or("unknown".into(), |u| list(u))),
                own(state(&cluster.provisioning_state, &cluster.power_state)),
                of_pool(pool.map(|p| format!("{} {}", p.name, versioned(cluster, p)).trim_end().to_owned())),
                of_pool(pool.map(nodes)),
                of_pool(pool.map(|p| word(&p.vm_size))),
                of_pool(pool.map(image)),
            ]);
            first = false;
        }
    }
    let mut out = match inventory.clusters.len() {
        0 => "no clusters\n".to_owned(),
        _ => table.text(0),
    };
    let unsupported = inventory.clusters.iter().filter(|c| c.supported == Some(false)).count();
    let _ = writeln!(
        out,
        "\n{} clusters, {unsupported} out of support (calendar of {})",
        inventory.clusters.len(),
        inventory.calendar
    );
    for gap in &inventory.gaps {
        let _ = writeln!(out, "incomplete: {}", escape::line(gap));
    }
    out
}

fn word(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "unknown".to_owned())
}

fn list(items: &[String]) -> String {
    if items.is_empty() { "none".to_owned() } else { items.join(", ") }
}

/// The version of a pool where it is not the cluster's.
fn versioned<'p>(cluster: &Cluster, pool: &'p Pool) -> &'p str {
    if pool.version == cluster.version { "" } else { pool.version.as_deref().unwrap_or_default() }
}

fn support(cluster: &Cluster) -> String {
    match (cluster.support, cluster.supported) {
        (Support::Supported { until }, _) => format!("until {until}"),
        (Support::LongTerm { until, .. }, Some(true)) => format!("long term until {until}"),
        (Support::LongTerm { since, .. } | Support::Ended { since: Some(since) }, _) => {
            format!("ended {since}")
        }
        (Support::Ended { since: None }, _) => "ended".to_owned(),
        (Support::Unknown, _) => "unknown".to_owned(),
    }
}

/// The state, and the power where it is not on.
fn state(provisioning: &Option<String>, power: &Option<String>) -> String {
    match power.as_deref() {
        Some("Running") | None => word(provisioning),
        Some(power) => format!("{}, {power}", word(provisioning)),
    }
}

fn nodes(pool: &Pool) -> String {
    let count = pool.count.map_or("unknown".to_owned(), |n| n.to_string());
    match pool.autoscale {
        Some((least, most)) => format!("{count} ({least} to {most})"),
        None => count,
    }
}

fn image(pool: &Pool) -> String {
    let newer = pool.latest_node_image.as_deref().filter(|_| pool.image_behind == Some(true));
    match newer {
        Some(latest) => {
            format!("{} → {}", word(&pool.node_image), latest.rsplit('-').next().unwrap_or(latest))
        }
        None => word(&pool.node_image),
    }
}

/// One line for each pool, with what is known of its cluster; a cluster without pools has one line.
pub fn csv(inventory: &Inventory) -> String {
    let mut out = String::from(
        "subscription,resource_group,cluster,location,version,support,supported,tier,upgrades,provisioning_state,\
         power_state,pool,mode,os,vm_size,count,min_count,max_count,pool_version,node_image,latest_node_image,\
         image_behind,pool_provisioning_state,pool_power_state\r\n",
    );
    for cluster in &inventory.clusters {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let own = [
            cluster.subscription.clone(),
            cluster.resource_group.clone(),
            cluster.name.clone(),
            text(&cluster.location),
            text(&cluster.version),
            support(cluster),
            cluster.supported.map(|s| s.to_string()).unwrap_or_default(),
            text(&cluster.tier),
            cluster.upgrades.as_ref().map(|u| u.join(" ")).unwrap_or_default(),
            text(&cluster.provisioning_state),
            text(&cluster.power_state),
        ];
        let pools = cluster.pools.iter().map(|p| {
            let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
            [
                p.name.clone(),
                text(&p.mode),
                text(&p.os),
                text(&p.vm_size),
                number(p.count),
                number(p.autoscale.map(|a| a.0)),
                number(p.autoscale.map(|a| a.1)),
                text(&p.version),
                text(&p.node_image),
                text(&p.latest_node_image),
                p.image_behind.map(|b| b.to_string()).unwrap_or_default(),
                text(&p.provisioning_state),
                text(&p.power_state),
            ]
        });
        let mut pools: Vec<[String; 13]> = pools.collect();
        if pools.is_empty() {
            pools.push(Default::default());
        }
        for pool in pools {
            let fields: Vec<String> = own.iter().chain(&pool).map(|f| escape::csv(f)).collect();
            out.push_str(&fields.join(","));
            out.push_str("\r\n");
        }
    }
    out
}
