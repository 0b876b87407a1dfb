//! FWL-005 to FWL-007: what firewall rules let through, how they know names, and what is logged.

use super::{collections, firewall, policy};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::firewalls::{FirewallRule, Layer, Owner, has};
use crate::analysis::rules::graph::text::{flag, has_members};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static PROXY: Check = Check {
    meta: Meta {
        id: "TU-FWL-005",
        name: "fw-dns-proxy-off",
        severity: Severity::Medium,
        title: "network rules name hosts, but the firewall is not their clients' DNS proxy",
        why: "The firewall and the client then resolve a name on their own and get different addresses: connections \
              fail now and then.",
        fix: "Set dns { proxy_enabled = true } on the policy (dns_proxy_enabled on a firewall without one) and make the \
              firewall the DNS server of the networks.",
        bad: named!(""),
        good: named!("\n  dns {\n    proxy_enabled = true\n  }\n"),
        references: &["https://learn.microsoft.com/azure/firewall/dns-details"],
        ..Meta::ROW
    },
    check: proxy,
};

macro_rules! named {
    ($lines:literal) => {
        concat!(
            policy!($lines),
            collections!(
                r#"
  network_rule_collection {
    name     = "time"
    priority = 100
    action   = "Allow"

    rule {
      name              = "ntp"
      protocols         = ["UDP"]
      source_addresses  = ["10.0.0.0/16"]
      destination_fqdns = ["ntp.ubuntu.com"]
      destination_ports = ["123"]
    }
  }
"#
            )
        )
    };
}
use named;

pub(super) static ANY: Check = Check {
    meta: Meta {
        id: "TU-FWL-006",
        name: "fw-any-any",
        severity: Severity::High,
        title: "a firewall rule allows everything",
        why: "The firewall is one in name only: whatever runs behind it reaches any host.",
        fix: "List the destinations and ports that are needed.",
        bad: concat!(
            policy!(""),
            collections!(
                r#"
  network_rule_collection {
    name     = "all"
    priority = 100
    action   = "Allow"

    rule {
      name                  = "all"
      protocols             = ["Any"]
      source_addresses      = ["*"]
      destination_addresses = ["*"]
      destination_ports     = ["*"]
    }
  }
"#
            )
        ),
        good: concat!(
            policy!(""),
            collections!(
                r#"
  network_rule_collection {
    name     = "time"
    priority = 100
    action   = "Allow"

    rule {
      name                  = "ntp"
      protocols             = ["UDP"]
      source_addresses      = ["10.0.0.0/16"]
      destination_addresses = ["*"]
      destination_ports     = ["123"]
    }
  }
"#
            )
        ),
        references: &["https://learn.microsoft.com/azure/firewall/rule-processing"],
        ..Meta::ROW
    },
    check: any,
};

pub(super) static LOGS: Check = Check {
    meta: Meta {
        id: "TU-FWL-007",
        name: "fw-no-logs",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "no log of the firewall is kept",
        why: "Nobody can tell which connection was denied, or which one left.",
        fix: "Add an azurerm_monitor_diagnostic_setting with the AZFW categories or the group allLogs.",
        bad: firewall!(""),
        good: concat!(
            firewall!(""),
            r#"
resource "azurerm_monitor_diagnostic_setting" "firewall" {
  name                       = "logs"
  target_resource_id         = azurerm_firewall.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.OperationalInsights/workspaces/log-example"

  enabled_log {
    category_group = "allLogs"
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/firewall/monitor-firewall"],
        ..Meta::ROW
    },
    check: logs,
};

/// Logs of a firewall, in the two generations of its tables.
const CATEGORIES: [&str; 16] = [
    "AzureFirewallApplicationRule",
    "AzureFirewallNetworkRule",
    "AzureFirewallDnsProxy",
    "AZFWApplicationRule",
    "AZFWApplicationRuleAggregation",
    "AZFWDnsFlowTrace",
    "AZFWDnsQuery",
    "AZFWFatFlow",
    "AZFWFlowTrace",
    "AZFWFqdnResolveFailure",
    "AZFWIdpsSignature",
    "AZFWNatRule",
    "AZFWNatRuleAggregation",
    "AZFWNetworkRule",
    "AZFWNetworkRuleAggregation",
    "AZFWThreatIntel",
];

fn proxy(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for rule in graph.firewall_rules().iter().filter(|r| r.layer == Layer::Network) {
        let named = match rule.value.as_unknown() {
            Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
            None => has_members(rule.names()),
        };
        if named == Truth::No {
            out.skip(rule.subject.clone(), "its network rules name no hosts");
            continue;
        }
        let on = match &rule.owner {
            Owner::Of(owner) => proxies(graph, owner),
            Owner::Elsewhere(why) => Truth::Unknown(why.clone()),
        };
        let text =
            format!("network rule {} names hosts, but the DNS proxy of the firewall is off", rule.name());
        out.judge(rule.subject.clone(), rule.names(), on.or(!named), text);
    }
}

/// Whether a firewall or a policy answers DNS; a policy takes it from the one above as well.
fn proxies(graph: &Graph<'_>, owner: &Document) -> Truth {
    if owner.is(types::FIREWALL) {
        let settings = owner.get("properties.additionalProperties").and_then(Value::as_map);
        return flag(settings.and_then(|m| m.get("Network.DNS.EnableProxy")), false);
    }
    let own = flag(owner.get("properties.dnsSettings.enableProxy"), false);
    match graph.link(owner.get("properties.basePolicy.id")) {
        Link::To(base) if base.id != owner.id => {
            own.or(flag(base.get("properties.dnsSettings.enableProxy"), false))
        }
        Link::Outside(what) | Link::Unknown(what) => own.or(Truth::Unknown(what)),
        _ => own,
    }
}

fn any(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for rule in graph.firewall_rules() {
        let open = rule.allows.clone().and(match rule.layer {
            Layer::Network => everything(rule),
            Layer::Application => has(rule.sources(), is_any).and(has(rule.names(), is_any)),
        });
        let text = format!("firewall rule {} allows everything", rule.name());
        out.judge(rule.subject.clone(), Some(rule.value), !open, text);
    }
}

fn is_any(text: &str) -> bool {
    text == "*" || text == "0.0.0.0/0"
}

fn everything(rule: &FirewallRule<'_>) -> Truth {
    let protocols = has(rule.protocols(), |p| p.eq_ignore_ascii_case("Any"));
    let ports = has(rule.ports(), |p| p == "*" || p == "0-65535" || p == "1-65535");
    has(rule.sources(), is_any).and(has(rule.destinations(), is_any)).and(ports.or(protocols))
}

fn logs(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for firewall in graph.of_type(types::FIREWALL) {
        let kept = graph.keeps_log(firewall, &CATEGORIES, &["allLogs"]);
        out.judge(firewall, None, graph.closed_world(firewall, kept), LOGS.meta.title);
    }
}
