//! NSG-023, NSG-024: values of rules that do nothing, or that Azure refuses.

use super::ports::all;
use super::{DOCS, one_rule};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::nsg;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::{Ranges, ports, range};
use crate::analysis::rules::graph::text::shown;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::catalogue::text_of;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static SOURCE_PORTS: Check = Check {
    meta: Meta {
        id: "TU-NSG-023",
        name: "nsg-source-port-filter",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "the rule is limited to source ports",
        why: "The sender chooses the source port: it keeps nobody out, and breaks clients that use another.",
        fix: "Set source_port_range = \"*\" and limit destination ports.",
        exceptions: "Protocols with a fixed source port.",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "web"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "203.0.113.0/24"
    source_port_range          = "443"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }
"#
        ),
        good: one_rule!("Inbound", "Allow", "Tcp", "203.0.113.0/24", "*", "443"),
        references: &[DOCS],
        peers: &[],
    },
    check: source_ports,
};

pub(super) static INVALID: Check = Check {
    meta: Meta {
        id: "TU-NSG-024",
        name: "nsg-rule-invalid",
        severity: Severity::High,
        profile: Profile::Default,
        title: "Azure refuses a value of the rule",
        why: "The apply fails, after other rules were made.",
        fix: "Protocol: Tcp, Udp, Icmp, Esp, Ah or *. Priority: 100 to 4096. Ports: 0 to 65535, ranges ascending. A list \
              of prefixes has neither * nor service tags beside others. Set the singular or the plural argument.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "web"
    priority                   = 50
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "203.0.113.0/24"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "443"
  }
"#
        ),
        good: one_rule!("Inbound", "Allow", "Tcp", "203.0.113.0/24", "*", "443"),
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_security_group",
        ],
        peers: &[
            "TFLint azurerm_network_security_rule_invalid_access",
            "TFLint azurerm_network_security_rule_invalid_direction",
            "TFLint azurerm_network_security_rule_invalid_protocol",
        ],
    },
    check: invalid,
};

fn source_ports(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for rule in graph.of_type(types::NSG_RULE) {
        let one = rule.get("properties.sourcePortRange");
        let several = rule.get("properties.sourcePortRanges");
        // `0-65535` is another way to write `*`, and so are ranges that are all ports together.
        let is_any = |ports: Ranges| ports.covers(&all());
        let alone = |v: &Value| is_any(text_of(v).map(|t| ports(&t)).unwrap_or_default());
        let any = Truth::of(one, true, alone).and(match several.and_then(Value::as_slice) {
            Some(list) => {
                let known =
                    list.iter().filter_map(text_of).fold(Ranges::default(), |all, t| all.or(&ports(&t)));
                let open = list.iter().find_map(Value::as_unknown).filter(|_| !is_any(known.clone()));
                match open {
                    Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
                    None => (list.is_empty() || is_any(known)).into(),
                }
            }
            None => Truth::of(several, true, |_| false),
        });
        out.judge(rule, one.or(several), any, SOURCE_PORTS.meta.title);
    }
}

/// A value at fault, and what is wrong with it.
pub(in crate::analysis::rules) type Fault<'a> = (Option<&'a Value>, String);

fn invalid(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for rule in graph.of_type(types::NSG_RULE) {
        // Azure never gives back what it would refuse.
        if rule.declared.is_none() {
            out.skip(rule, "Azure has accepted it");
            continue;
        }
        if let Some((at, text)) = refused(rule) {
            out.fail(rule, at, format!("{}: {text}", rule.name()));
            continue;
        }
        let unknown = ["protocol", "access", "direction", "priority"]
            .iter()
            .find_map(|name| rule.get(&format!("properties.{name}"))?.as_unknown());
        match unknown {
            Some(unknown) => out.unknown(rule, unknown.reason.to_string()),
            None => out.pass(rule),
        };
    }
}

/// Why Azure refuses a rule, where it does.
pub(in crate::analysis::rules) fn refused(rule: &Document) -> Option<Fault<'_>> {
    let faults: [fn(&Document) -> Option<Fault<'_>>; 4] = [words, priority, port_ranges, prefixes];
    faults.iter().find_map(|fault| fault(rule))
}

fn words(rule: &Document) -> Option<Fault<'_>> {
    for (path, allowed) in [
        ("properties.protocol", &["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"] as &[&str]),
        ("properties.access", &["Allow", "Deny"]),
        ("properties.direction", &["Inbound", "Outbound"]),
    ] {
        let value = rule.get(path);
        let text = value.and_then(Value::as_str);
        if text.is_some_and(|t| !allowed.iter().any(|a| a.eq_ignore_ascii_case(t))) {
            let name = path.rsplit('.').next().unwrap_or(path);
            let seen = value.map(shown).unwrap_or_default();
            return Some((value, format!("{name} {seen} is none of {}", allowed.join(", "))));
        }
    }
    None
}

fn priority(rule: &Document) -> Option<Fault<'_>> {
    let Some(value) = rule.get("properties.priority") else {
        return Some((None, "it has no priority".into()));
    };
    let number = value.as_i64()?;
    (!(100..=4096).contains(&number))
        .then(|| (Some(value), format!("priority {number} is not between 100 and 4096")))
}

fn port_ranges(rule: &Document) -> Option<Fault<'_>> {
    for side in ["source", "destination"] {
        let (one, several) = (format!("properties.{side}PortRange"), format!("properties.{side}PortRanges"));
        let values = rule.get(&one).into_iter().chain(rule.items(&several));
        for value in values.filter(|v| !v.is_unknown()) {
            let text = text_of(value).unwrap_or_default();
            if ports(&text).is_empty() || text.contains(',') {
                return Some((Some(value), format!("{text} is no port or range of ports")));
            }
        }
        if let Some(fault) = one_of(rule, side, &one, &several, "port_range") {
            return Some(fault);
        }
    }
    None
}

fn prefixes(rule: &Document) -> Option<Fault<'_>> {
    for side in ["source", "destination"] {
        let (one, several) =
            (format!("properties.{side}AddressPrefix"), format!("properties.{side}AddressPrefixes"));
        let list = rule.items(&several);
        let tag = list.iter().find(|v| v.as_str().is_some_and(|t| range(t).is_none()));
        if let Some(tag) = tag.filter(|_| list.len() > 1) {
            let seen = shown(tag);
            return Some((Some(tag), format!("{seen} cannot stand in a list of prefixes")));
        }
        let groups = rule.get(&format!("properties.{side}ApplicationSecurityGroups"));
        let fault = one_of(rule, side, &one, &several, "address_prefix");
        if let Some(fault) = fault.filter(|_| groups.is_none()) {
            return Some(fault);
        }
    }
    None
}

/// Azure takes the singular or the plural, and wants one of them.
fn one_of<'a>(rule: &'a Document, side: &str, one: &str, several: &str, name: &str) -> Option<Fault<'a>> {
    let azurerm = rule.declared.as_ref().is_some_and(|d| d.major > 0);
    let plural = rule.get(several).filter(|v| v.is_unknown() || v.as_slice().is_some_and(|l| !l.is_empty()));
    match (rule.get(one), plural) {
        (Some(at), Some(list)) if !at.is_unknown() && !list.is_unknown() => {
            Some((Some(at), format!("{side}_{name} is set twice, singular and plural")))
        }
        (None, None) if azurerm => Some((None, format!("{side}_{name} is missing"))),
        _ => None,
    }
}
