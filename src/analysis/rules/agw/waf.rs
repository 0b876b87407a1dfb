//! AGW-001, AGW-002: gateways that face the Internet without a WAF, or with one that only logs.

use super::{gateway, has_public_frontend, items, listens_in_public, waf_policy};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::text::{flag, is_word};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// The WAF inside of a gateway.
pub(super) const INLINE: &str = "properties.webApplicationFirewallConfiguration";

pub(super) static WITHOUT: Check = Check {
    meta: Meta {
        id: "TU-AGW-001",
        name: "agw-without-waf",
        severity: Severity::High,
        title: "an application gateway faces the Internet without a web application firewall",
        why: "Injection and known exploits reach the applications behind it unseen.",
        fix: "Use sku WAF_v2 and set firewall_policy_id to an azurerm_web_application_firewall_policy that is enabled.",
        exceptions: "Gateways behind Front Door or another WAF that alone may reach them.",
        bad: gateway!(""),
        good: concat!(
            gateway!(
                "WAF_v2",
                "\n  firewall_policy_id = azurerm_web_application_firewall_policy.example.id\n"
            ),
            "\n",
            waf_policy!()
        ),
        references: &[
            "CIS Azure 6.0 7.10",
            "https://learn.microsoft.com/azure/web-application-firewall/ag/ag-overview",
        ],
        peers: &[
            "CKV_AZURE_120",
            "PSRule Azure.AppGw.UseWAF",
            "PSRule Azure.AppGw.WAFEnabled",
            "KICS waf_is_disabled_for_azure_application_gateway",
            "Terrascan AC_AZURE_0189",
        ],
        ..Meta::ROW
    },
    check: without,
};

pub(super) static DETECTION: Check = Check {
    meta: Meta {
        id: "TU-AGW-002",
        name: "waf-detection-only",
        severity: Severity::Medium,
        title: "the web application firewall only logs attacks",
        why: "In detection mode nothing is blocked: the attack is in the log and in the application.",
        fix: "Set mode = \"Prevention\" in policy_settings.",
        exceptions: "The weeks in which a new policy is tuned.",
        bad: concat!(
            gateway!(
                "WAF_v2",
                "\n  firewall_policy_id = azurerm_web_application_firewall_policy.example.id\n"
            ),
            "\n",
            waf_policy!("    mode = \"Detection\"\n")
        ),
        good: concat!(
            gateway!(
                "WAF_v2",
                "\n  firewall_policy_id = azurerm_web_application_firewall_policy.example.id\n"
            ),
            "\n",
            waf_policy!("    mode = \"Prevention\"\n")
        ),
        references: &["https://learn.microsoft.com/azure/web-application-firewall/ag/ag-overview"],
        peers: &["PSRule Azure.AppGw.Prevention", "PSRule Azure.AppGwWAF.PreventionMode"],
        ..Meta::ROW
    },
    check: detection,
};

fn without(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let public = has_public_frontend(gateway);
        if public == Truth::No {
            out.skip(gateway, "it has no public frontend");
            continue;
        }
        let enabled = gateway.get(&format!("{INLINE}.enabled"));
        let own = gateway.get("properties.firewallPolicy.id");
        let guarded = flag(enabled, false).or(in_force(graph, own)).or(of_listeners(graph, gateway));
        out.judge(gateway, own.or(enabled), guarded.or(!public), WITHOUT.meta.title);
    }
}

/// Whether a policy guards one of the listeners that answer in public.
fn of_listeners(graph: &Graph<'_>, gateway: &Document) -> Truth {
    match items(gateway, "properties.httpListeners") {
        Err(why) => Truth::Unknown(why),
        Ok(listeners) => Truth::any(listeners.iter().map(|listener| {
            match in_force(graph, get(listener, "properties.firewallPolicy.id")) {
                Truth::No => Truth::No,
                found => found.and(listens_in_public(gateway, listener)),
            }
        })),
    }
}

/// Whether a reference to a WAF policy leads to one that is on.
fn in_force(graph: &Graph<'_>, policy: Option<&Value>) -> Truth {
    match graph.link(policy) {
        Link::None => Truth::No,
        Link::To(policy) => !disabled(policy),
        Link::Outside(_) => Truth::Yes,
        Link::Unknown(why) => Truth::Unknown(why),
    }
}

fn disabled(policy: &Document) -> Truth {
    Truth::of(policy.get("properties.policySettings.state"), false, |v| is_word(v, "Disabled"))
}

fn detection(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for policy in graph.of_type(types::WAF_POLICY) {
        let mode = policy.get("properties.policySettings.mode");
        let logs = Truth::of(mode, false, |v| is_word(v, "Detection"));
        let users: Vec<&Document> =
            graph.of_type(types::APPLICATION_GATEWAY).filter(|g| uses(graph, g, &policy.id)).collect();
        let public = Truth::any(users.iter().map(|g| has_public_frontend(g)));
        if !users.is_empty() && public == Truth::No {
            out.skip(policy, "its gateways have no public frontend");
            continue;
        }
        let fine = if users.is_empty() { !logs } else { !logs.and(public) };
        let outcome = out.judge(policy, mode, fine, DETECTION.meta.title);
        if users.is_empty() {
            outcome.severity(Severity::Low).note("the gateway that it guards is not in this root");
        }
    }
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let enabled = flag(gateway.get(&format!("{INLINE}.enabled")), false);
        let public = has_public_frontend(gateway);
        if enabled == Truth::No || public == Truth::No {
            out.skip(gateway, "it has no WAF configuration of its own that faces the Internet");
            continue;
        }
        let mode = gateway.get(&format!("{INLINE}.firewallMode"));
        let logs = Truth::of(mode, false, |v| is_word(v, "Detection"));
        out.judge(gateway, mode, !logs.and(enabled).and(public), DETECTION.meta.title);
    }
}

/// True when a gateway, one of its listeners or one of its paths names a policy.
fn uses(graph: &Graph<'_>, gateway: &Document, policy: &ResourceId) -> bool {
    let is_it = |value: Option<&Value>| graph.id(value).as_ref() == Some(policy);
    let listeners = gateway.items("properties.httpListeners").iter();
    let paths = gateway.items("properties.urlPathMaps").iter();
    let paths = paths.filter_map(|m| get(m, "properties.pathRules")).filter_map(Value::as_slice).flatten();
    is_it(gateway.get("properties.firewallPolicy.id"))
        || listeners.chain(paths).any(|part| is_it(get(part, "properties.firewallPolicy.id")))
}
