//! LOG-024: a region without Network Watcher.

use std::collections::BTreeMap;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::live;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::location;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

const WATCHER: &str = "Microsoft.Network/networkWatchers";

/// A network as Azure has it, and what stands beside it.
macro_rules! watched {
    ($more:literal) => {
        live!(concat!(
            r#"[{
  "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example",
  "type": "Microsoft.Network/virtualNetworks",
  "name": "vnet-example",
  "location": "westeurope",
  "properties": { "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] } }
}, {
  "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/NetworkWatcherRG/providers/Microsoft.Network/networkWatchers/nw-example",
  "type": "Microsoft.Network/networkWatchers",
  "name": "nw-example",
  "location": ""#,
            $more,
            "\"\n}]\n"
        ))
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-LOG-024",
        name: "network-watcher-missing",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the region of a network has no Network Watcher",
        why: "No flow logs, packet captures or connection checks: when traffic is lost nobody can see where.",
        fix: "Add an azurerm_network_watcher in the region, or let Azure make it again.",
        exceptions: "",
        bad: watched!("northeurope"),
        good: watched!("westeurope"),
        references: &[
            "CIS Azure 6.0 7.6",
            "https://learn.microsoft.com/azure/network-watcher/network-watcher-overview",
        ],
        peers: &["Prowler network_watcher_enabled", "Terrascan AC_AZURE_0418"],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    let mut watched: BTreeMap<(String, String), bool> = BTreeMap::new();
    for watcher in live.of_type(WATCHER) {
        if let (Some(subscription), Some(region)) = (watcher.id.subscription(), location(watcher)) {
            watched.insert((subscription.to_ascii_lowercase(), region), true);
        }
    }
    for network in live.of_type(types::VNET) {
        let ours = alive.graph.is_none() || alive.declared(network).is_some();
        let (Some(subscription), Some(region), true) = (network.id.subscription(), location(network), ours)
        else {
            continue;
        };
        let subject = alive.subject(network);
        let has: Truth = watched.contains_key(&(subscription.to_ascii_lowercase(), region.clone())).into();
        // Watchers stand in a group of their own, which only a look at the whole subscription shows.
        let fine = match has {
            Truth::No if watched.is_empty() => {
                Truth::Unknown("no Network Watcher was read; its group may be out of scope".to_owned())
            }
            has => has,
        };
        out.judge(subject, None, fine, format!("{region} has no Network Watcher"));
    }
}
