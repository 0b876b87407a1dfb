//! X-013: a zone whose name is not that of API servers in the region.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{flag, is_word, location};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;

/// The domains of API servers, by cloud.
const DOMAINS: [&str; 3] = ["azmk8s.io", "cx.aks.containerservice.azure.us", "cx.prod.service.azk8s.cn"];
/// The longest name before the private part.
const LONGEST: usize = 32;

macro_rules! private {
    ($zone:literal) => {
        concat!(
            "resource \"azurerm_private_dns_zone\" \"example\" {\n  name                = \"",
            $zone,
            "\"\n  resource_group_name = \"rg-example\"\n}\n\n",
            cluster!(
                r#"
  private_cluster_enabled = true
  private_dns_zone_id     = azurerm_private_dns_zone.example.id
"#
            )
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-013",
        name: "private-zone-name-wrong",
        severity: Severity::High,
        title: "the zone is not named as AKS wants the zone of a private API server",
        why: "AKS refuses to create the cluster.",
        fix: "Name it privatelink.<region>.azmk8s.io, or <name>.privatelink.<region>.azmk8s.io together with \
              dns_prefix_private_cluster.",
        bad: private!("privatelink.northeurope.azmk8s.io"),
        good: private!("privatelink.westeurope.azmk8s.io"),
        references: &["https://learn.microsoft.com/azure/aks/private-clusters"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for cluster in graph.of_type(types::CLUSTER) {
        let access = "properties.apiServerAccessProfile";
        let private = flag(cluster.get(&format!("{access}.enablePrivateCluster")), false);
        let value = cluster.get(&format!("{access}.privateDNSZone"));
        let Some(zone) =
            value.filter(|v| private != Truth::No && !is_word(v, "System") && !is_word(v, "None"))
        else {
            out.skip(cluster, "no private cluster with a zone of its own");
            continue;
        };
        let (fine, text) = match (graph.zone_name(zone), location(cluster)) {
            (Err(why), _) => (Truth::Unknown(why), String::new()),
            (_, None) => (Truth::Unknown("its location is not known".into()), String::new()),
            (Ok(name), Some(region)) => match prefix(&name, &region) {
                None => (Truth::No, format!("the zone {name} is not that of API servers in {region}")),
                Some("") => (Truth::Yes, String::new()),
                Some(_) => {
                    let text = format!("the zone {name} needs dns_prefix_private_cluster");
                    (cluster.get("properties.fqdnSubdomain").is_some().into(), text)
                }
            },
        };
        out.judge(cluster, value, fine.or(!private), text);
    }
}

/// What stands before the private part of a zone's name; `None` when it is no zone of API servers.
fn prefix<'n>(name: &'n str, region: &str) -> Option<&'n str> {
    let lower = name.to_ascii_lowercase();
    let endings =
        DOMAINS.iter().flat_map(|d| ["privatelink", "private"].map(|p| format!("{p}.{region}.{d}")));
    for ending in endings {
        let Some(rest) = lower.strip_suffix(&ending) else { continue };
        if rest.is_empty() {
            return Some("");
        }
        let Some(own) = rest.strip_suffix('.') else { continue };
        let letters = own.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if letters && (1..=LONGEST).contains(&own.len()) {
            return name.get(..own.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn a_zone_is_of_one_region() {
        for (name, want) in [
            ("privatelink.westeurope.azmk8s.io", Some("")),
            ("private.westeurope.azmk8s.io", Some("")),
            ("shop.privatelink.westeurope.azmk8s.io", Some("shop")),
            ("a.b.privatelink.westeurope.azmk8s.io", None),
            ("xprivatelink.westeurope.azmk8s.io", None),
            ("privatelink.northeurope.azmk8s.io", None),
        ] {
            assert_eq!(prefix(name, "westeurope"), want, "{name}");
        }
    }
}
