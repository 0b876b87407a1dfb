//! EDG-009, EDG-010: what a load balancer publishes, and how its backends go out.

use super::balancer;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

/// Ports by which machines and clusters are managed.
const MANAGEMENT_PORTS: [i64; 6] = [22, 3389, 5985, 5986, 6443, 10250];
/// The port of a rule for all ports.
const ALL_PORTS: i64 = 0;

pub(super) static MANAGEMENT: Check = Check {
    meta: Meta {
        id: "TU-EDG-009",
        name: "lb-mgmt-nat-rule",
        severity: Severity::High,
        profile: Profile::Default,
        title: "a public load balancer publishes a management port",
        why: "The high port in front hides SSH, RDP or the Kubernetes API behind it, so a look at security rules \
              by port misses the exposure.",
        fix: "Remove the rule and reach machines through Bastion.",
        exceptions: "",
        bad: balancer!(
            r#"
resource "azurerm_lb_nat_rule" "ssh" {
  name                           = "ssh"
  resource_group_name            = "rg-example"
  loadbalancer_id                = azurerm_lb.example.id
  frontend_ip_configuration_name = "public"
  protocol                       = "Tcp"
  frontend_port                  = 50022
  backend_port                   = 22
}
"#
        ),
        good: balancer!(
            r#"
resource "azurerm_lb_nat_rule" "web" {
  name                           = "web"
  resource_group_name            = "rg-example"
  loadbalancer_id                = azurerm_lb.example.id
  frontend_ip_configuration_name = "public"
  protocol                       = "Tcp"
  frontend_port                  = 443
  backend_port                   = 8443
}
"#
        ),
        references: &["CIS Azure 6.0 7.1", "CIS Azure 6.0 7.2"],
        peers: &[],
    },
    check: management,
};

pub(super) static IMPLICIT_SNAT: Check = Check {
    meta: Meta {
        id: "TU-EDG-010",
        name: "lb-implicit-snat",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a load-balancing rule gives its backends outbound ports beside the outbound rule",
        why: "The few default ports of the load-balancing rule are used as well and run out first.",
        fix: "Set disable_outbound_snat = true on the azurerm_lb_rule.",
        exceptions: "",
        bad: balanced!(""),
        good: balanced!("  disable_outbound_snat          = true\n"),
        references: &["https://learn.microsoft.com/azure/load-balancer/outbound-rules"],
        peers: &[],
    },
    check: implicit_snat,
};

macro_rules! balanced {
    ($line:literal) => {
        concat!(
            balancer!(
                r#"
resource "azurerm_lb_backend_address_pool" "example" {
  name            = "nodes"
  loadbalancer_id = azurerm_lb.example.id
}

resource "azurerm_lb_outbound_rule" "example" {
  name                    = "out"
  loadbalancer_id         = azurerm_lb.example.id
  protocol                = "All"
  backend_address_pool_id = azurerm_lb_backend_address_pool.example.id

  frontend_ip_configuration {
    name = "public"
  }
}

resource "azurerm_lb_rule" "example" {
  name                           = "web"
  loadbalancer_id                = azurerm_lb.example.id
  frontend_ip_configuration_name = "public"
  protocol                       = "Tcp"
  frontend_port                  = 443
  backend_port                   = 8443
  backend_address_pool_ids       = [azurerm_lb_backend_address_pool.example.id]
"#
            ),
            $line,
            "}\n"
        )
    };
}
use balanced;

fn management(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let kinds = [types::LB_NAT_RULE, types::LB_NAT_POOL, types::LB_RULE];
    for rule in kinds.iter().flat_map(|kind| graph.of_type(kind)) {
        let port = rule.get("properties.backendPort");
        let managed = Truth::of(port, false, |v| {
            v.as_i64().is_some_and(|n| n == ALL_PORTS || MANAGEMENT_PORTS.contains(&n))
        });
        let fine = match managed {
            Truth::No => Truth::Yes,
            managed => !managed.and(is_public(graph, rule)),
        };
        let shown = port.and_then(Value::as_i64).filter(|n| *n != ALL_PORTS);
        let seen = shown.map_or("all ports".to_owned(), |n| format!("port {n}"));
        out.judge(rule, port, fine, format!("a public load balancer publishes {seen} of its backends"));
    }
}

/// Whether the frontend of a rule has a public address.
pub(in crate::analysis::rules) fn is_public(graph: &Graph<'_>, rule: &Document) -> Truth {
    let balancer = rule.id.parent().and_then(|id| graph.estate.by_id(&id));
    let Some(balancer) = balancer else {
        return Truth::Unknown("its load balancer is not in this root".to_owned());
    };
    let frontends = balancer.get("properties.frontendIPConfigurations");
    if let Some(unknown) = frontends.and_then(Value::as_unknown) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let wanted = rule.get("properties.frontendIPConfiguration.id");
    let name = wanted.and_then(Value::as_str).and_then(|id| id.rsplit('/').next());
    let frontends = frontends.and_then(Value::as_slice).unwrap_or_default();
    let named = |f: &&Value| {
        let own = get(f, "name").and_then(Value::as_str);
        name.is_none() || own.is_none() || own.zip(name).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let public = |f: &Value| {
        Truth::is_set(get(f, "properties.publicIPAddress.id"))
            .or(Truth::is_set(get(f, "properties.publicIPPrefix.id")))
    };
    let mut answers = frontends.iter().filter(named).map(public);
    // Of a name that is not known only what all frontends share is certain.
    let first = answers.next().unwrap_or(Truth::No);
    if answers.all(|a| a == first) {
        first
    } else {
        Truth::Unknown("which frontend it uses is not known".to_owned())
    }
}

fn implicit_snat(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for rule in graph.of_type(types::LB_RULE) {
        let disabled = rule.get("properties.disableOutboundSnat");
        let own = pools(rule);
        let Some(balancer) = rule.id.parent() else { continue };
        let shared = Truth::any(graph.children(&balancer, types::LB_OUTBOUND_RULE).flat_map(|outbound| {
            let theirs = pools(outbound);
            let pairs: Vec<Truth> =
                own.iter().flat_map(|a| theirs.iter().map(|b| graph.same(a, b))).collect();
            pairs
        }));
        let fine = flag(disabled, false).or(!shared);
        out.judge(rule, disabled, fine, IMPLICIT_SNAT.meta.title);
    }
}

/// The backend pools of a rule, as references.
pub(in crate::analysis::rules) fn pools(rule: &Document) -> Vec<&Value> {
    let one = rule.get("properties.backendAddressPool.id");
    let several = rule.items("properties.backendAddressPools").iter().map(|p| get(p, "id").unwrap_or(p));
    one.into_iter().chain(several).collect()
}
