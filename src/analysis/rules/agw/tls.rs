//! AGW-004: TLS below 1.2.

use super::{gateway, items};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

/// Predefined policies begin with this and a day.
const PREDEFINED: &str = "AppGwSslPolicy";
/// The first day whose policies all ask for TLS 1.2.
const STRONG_SINCE: u32 = 2022_0101;
/// An older one that does as well.
const STRONG: &str = "AppGwSslPolicy20170401S";
/// Versions below 1.2.
const WEAK: [&str; 2] = ["TLSv1_0", "TLSv1_1"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-AGW-004",
        name: "agw-weak-tls",
        severity: Severity::Medium,
        title: "the gateway's TLS policy admits versions below 1.2",
        why: "Azure ended TLS 1.0 and 1.1 on application gateways on 2025-08-31: it rejects such a policy or raises it \
              silently, so the code says something else than what runs.",
        fix: "Set ssl_policy { policy_type = \"Predefined\", policy_name = \"AppGwSslPolicy20220101\" }, and the same in each \
              ssl_profile.",
        bad: gateway!(
            r#"
  ssl_policy {
    policy_type = "Predefined"
    policy_name = "AppGwSslPolicy20150501"
  }
"#
        ),
        good: gateway!(
            r#"
  ssl_policy {
    policy_type = "Predefined"
    policy_name = "AppGwSslPolicy20220101"
  }
"#
        ),
        references: &[
            "CIS Azure 6.0 7.12",
            "https://learn.microsoft.com/azure/application-gateway/application-gateway-ssl-policy-overview",
        ],
        peers: &["CKV_AZURE_218", "PSRule Azure.AppGw.SSLPolicy"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let low = encrypts(gateway) == Truth::No;
        let own = gateway.get("properties.sslPolicy").filter(|v| !is_empty(v));
        match own {
            None => {
                let text = "the gateway names no TLS policy; what applies depends on when it was made";
                out.fail(gateway, None, text).severity(Severity::Low);
            }
            Some(policy) => judge(gateway, policy, "the gateway", low, out),
        }
        match items(gateway, "properties.sslProfiles") {
            Err(why) => drop(out.unknown(gateway, why)),
            Ok(profiles) => {
                for profile in profiles {
                    let Some(policy) = get(profile, "properties.sslPolicy").filter(|v| !is_empty(v)) else {
                        continue;
                    };
                    let name = get(profile, "name").map(shown).unwrap_or_default();
                    judge(gateway, policy, &format!("profile {name}"), low, out);
                }
            }
        }
    }
}

fn is_empty(policy: &Value) -> bool {
    policy.as_map().is_some_and(|members| members.values().all(Value::is_null))
}

fn judge(gateway: &Document, policy: &Value, whose: &str, low: bool, out: &mut Outcomes<'_>) {
    let (strong, at) = floor(policy);
    let seen = at.map(shown).filter(|s| !s.is_empty());
    let text = match seen {
        Some(seen) => format!("the TLS policy of {whose} admits versions below 1.2: {seen}"),
        None => format!("the TLS policy of {whose} admits versions below 1.2"),
    };
    let outcome = out.judge(gateway, at.or(Some(policy)), strong, text);
    if low {
        outcome.severity(Severity::Low).note("no listener of it speaks HTTPS");
    }
}

/// Whether a policy asks for TLS 1.2, and the value that decides.
fn floor(policy: &Value) -> (Truth, Option<&Value>) {
    if let Some(unknown) = policy.as_unknown() {
        return (Truth::Unknown(unknown.reason.to_string()), Some(policy));
    }
    let (kind, name) = (get(policy, "policyType"), get(policy, "policyName"));
    let custom = Truth::of(kind, false, |v| is_word(v, "Custom") || is_word(v, "CustomV2"));
    let least = get(policy, "minProtocolVersion");
    let at_least = Truth::of(least, false, |v| !WEAK.iter().any(|w| is_word(v, w)));
    match (custom, name, kind) {
        (Truth::Yes, ..) => (at_least, least.or(kind)),
        (Truth::Unknown(why), ..) => (Truth::Unknown(why), kind),
        (Truth::No, Some(name), _) => (Truth::of(Some(name), false, is_strong), Some(name)),
        (Truth::No, None, Some(kind)) => (Truth::No, Some(kind)),
        (Truth::No, None, None) => {
            let disabled = get(policy, "disabledSslProtocols");
            let both = Truth::of(disabled, false, |v| {
                let words = v.as_slice().unwrap_or_default();
                WEAK.iter().all(|w| words.iter().any(|v| is_word(v, w)))
            });
            let open = disabled.and_then(Value::as_slice).into_iter().flatten().find_map(Value::as_unknown);
            match (both, open) {
                (Truth::No, Some(open)) => (Truth::Unknown(open.reason.to_string()), disabled),
                (both, _) => (both, disabled),
            }
        }
    }
}

/// True for a predefined policy that asks for TLS 1.2.
fn is_strong(name: &Value) -> bool {
    let Some(name) = name.as_str() else { return false };
    let day = name
        .get(PREDEFINED.len()..)
        .filter(|_| name.get(..PREDEFINED.len()).is_some_and(|p| p.eq_ignore_ascii_case(PREDEFINED)));
    let day = day.and_then(|d| d.get(..8)).and_then(|d| d.parse::<u32>().ok());
    name.eq_ignore_ascii_case(STRONG) || day.is_some_and(|day| day >= STRONG_SINCE)
}

/// Whether a listener of the gateway speaks HTTPS.
fn encrypts(gateway: &Document) -> Truth {
    match items(gateway, "properties.httpListeners") {
        Err(why) => Truth::Unknown(why),
        Ok(listeners) => Truth::any(
            listeners
                .iter()
                .map(|l| Truth::of(get(l, "properties.protocol"), false, |v| is_word(v, "Https"))),
        ),
    }
}
