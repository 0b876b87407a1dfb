//! AGW-006, AGW-007: what goes over HTTP, in front and behind.

use super::{gateway, items, listens_in_public, name_of};
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static HTTP: Check = Check {
    meta: Meta {
        id: "TU-AGW-006",
        name: "agw-http-listener",
        severity: Severity::High,
        title: "a listener serves content over HTTP",
        why: "Sessions and data cross the Internet in clear text, and anyone on the way can change them.",
        fix: "Set protocol = \"Https\" with a certificate, or send the listener's requests to an HTTPS listener with a \
              redirect_configuration.",
        bad: gateway!("Standard_v2", "", "", "http", "Http", ""),
        good: gateway!(
            "Standard_v2",
            "",
            r#"
  http_listener {
    name                           = "https"
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "port"
    protocol                       = "Https"
    ssl_certificate_name           = "site"
  }

  request_routing_rule {
    name                        = "to-https"
    priority                    = 100
    rule_type                   = "Basic"
    http_listener_name          = "http"
    redirect_configuration_name = "to-https"
  }

  redirect_configuration {
    name                 = "to-https"
    redirect_type        = "Permanent"
    target_listener_name = "https"
  }
"#,
            "http",
            "Http",
            ""
        ),
        references: &[
            "https://learn.microsoft.com/azure/application-gateway/application-gateway-ssl-policy-overview",
        ],
        peers: &["CKV_AZURE_217", "PSRule Azure.AppGw.UseHTTPS"],
        ..Meta::ROW
    },
    check: http,
};

pub(super) static BACKEND_HTTP: Check = Check {
    meta: Meta {
        id: "TU-AGW-007",
        name: "agw-backend-http",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "the gateway talks to its backends over HTTP",
        why: "Inside the network the same data travels in clear text.",
        fix: "Set protocol = \"Https\" in backend_http_settings.",
        exceptions: "Backends that encrypt by other means, such as a service mesh.",
        bad: backend!("Http"),
        good: backend!("Https"),
        references: &["https://learn.microsoft.com/azure/application-gateway/ssl-overview"],
        ..Meta::ROW
    },
    check: backend_http,
};

macro_rules! backend {
    ("Http") => {
        gateway!(
            r#"
  backend_http_settings {
    name                  = "apps"
    cookie_based_affinity = "Disabled"
    port                  = 80
    protocol              = "Http"
  }

  request_routing_rule {
    name                       = "apps"
    priority                   = 100
    rule_type                  = "Basic"
    http_listener_name         = "https"
    backend_address_pool_name  = "nodes"
    backend_http_settings_name = "apps"
  }
"#
        )
    };
    ("Https") => {
        gateway!(
            r#"
  backend_http_settings {
    name                  = "apps"
    cookie_based_affinity = "Disabled"
    port                  = 443
    protocol              = "Https"
  }

  request_routing_rule {
    name                       = "apps"
    priority                   = 100
    rule_type                  = "Basic"
    http_listener_name         = "https"
    backend_address_pool_name  = "nodes"
    backend_http_settings_name = "apps"
  }
"#
        )
    };
}
use backend;

fn http(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let listeners = match items(gateway, "properties.httpListeners") {
            Ok(listeners) => listeners,
            Err(why) => {
                out.unknown(gateway, why);
                continue;
            }
        };
        if listeners.is_empty() {
            out.skip(gateway, "it has no HTTP listener");
        }
        for listener in listeners {
            let protocol = get(listener, "properties.protocol");
            let clear = Truth::of(protocol, false, |v| is_word(v, "Http"));
            let clear = if let Some(unknown) = listener.as_unknown() {
                Truth::Unknown(unknown.reason.to_string())
            } else {
                clear
            };
            let fine = match clear {
                Truth::No => Truth::Yes,
                clear => (!clear).or(only_redirects(gateway, listener)),
            };
            let name = get(listener, "name").map(shown).unwrap_or_default();
            let text = format!("listener {name} serves content over HTTP");
            let outcome = out.judge(gateway, protocol, fine, text);
            if listens_in_public(gateway, listener) == Truth::No {
                outcome.severity(Severity::Medium);
            }
        }
    }
}

/// Whether every rule of a listener sends its requests to HTTPS, and there is one.
fn only_redirects(gateway: &Document, listener: &Value) -> Truth {
    let rules = match items(gateway, "properties.requestRoutingRules") {
        Ok(rules) => rules,
        Err(why) => return Truth::Unknown(why),
    };
    let Some(name) = get(listener, "name").and_then(Value::as_str) else {
        return Truth::Unknown("the name of a listener is not known".to_owned());
    };
    let mut some = Truth::No;
    let mut every = Truth::Yes;
    for rule in rules {
        let of = get(rule, "properties.httpListener.id");
        let own = Truth::of(of, false, |v| name_of(Some(v)).is_some_and(|n| n.eq_ignore_ascii_case(name)));
        some = some.or(own.clone());
        every =
            every.and((!own.clone()).or(if own == Truth::No { Truth::No } else { redirects(gateway, rule) }));
    }
    some.and(every)
}

/// Whether a rule, with all of its paths, redirects to HTTPS.
fn redirects(gateway: &Document, rule: &Value) -> Truth {
    let Some(map) = get(rule, "properties.urlPathMap.id") else {
        return to_https(gateway, get(rule, "properties.redirectConfiguration.id"));
    };
    let map = match named(gateway, "properties.urlPathMaps", map) {
        Ok(Some(map)) => map,
        Ok(None) => return Truth::No,
        Err(why) => return Truth::Unknown(why),
    };
    let paths = get(map, "properties.pathRules");
    if let Some(unknown) = paths.and_then(Value::as_unknown) {
        return Truth::Unknown(unknown.reason.to_string());
    }
    let paths = paths.and_then(Value::as_slice).unwrap_or_default().iter();
    let paths = paths.map(|p| to_https(gateway, get(p, "properties.redirectConfiguration.id")));
    to_https(gateway, get(map, "properties.defaultRedirectConfiguration.id")).and(Truth::all(paths))
}

/// Whether a redirect leads to an HTTPS listener or to an https address.
fn to_https(gateway: &Document, redirect: Option<&Value>) -> Truth {
    let Some(redirect) = redirect else { return Truth::No };
    let redirect = match named(gateway, "properties.redirectConfigurations", redirect) {
        Ok(Some(redirect)) => redirect,
        Ok(None) => return Truth::No,
        Err(why) => return Truth::Unknown(why),
    };
    let url = crate::analysis::rules::Test::StartsWith(&["https://"]);
    let by_url = url.of(get(redirect, "properties.targetUrl"), false);
    let by_listener = match get(redirect, "properties.targetListener.id") {
        None => Truth::No,
        Some(target) => match named(gateway, "properties.httpListeners", target) {
            Ok(Some(target)) => Truth::of(get(target, "properties.protocol"), false, |v| is_word(v, "Https")),
            Ok(None) => Truth::No,
            Err(why) => Truth::Unknown(why),
        },
    };
    by_url.or(by_listener)
}

/// The block of a list that a reference names.
fn named<'a>(gateway: &'a Document, list: &str, of: &Value) -> Result<Option<&'a Value>, String> {
    if let Some(unknown) = of.as_unknown() {
        return Err(unknown.reason.to_string());
    }
    let wanted = name_of(Some(of)).unwrap_or_default();
    let mut open = None;
    for item in items(gateway, list)? {
        match get(item, "name") {
            Some(name) if is_word(name, wanted) => return Ok(Some(item)),
            Some(name) => open = open.or(name.as_unknown().map(|u| u.reason.to_string())),
            None => {}
        }
    }
    open.map_or(Ok(None), Err)
}

fn backend_http(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    const LIST: &str = "properties.backendHttpSettingsCollection";
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        match items(gateway, LIST) {
            Err(why) => drop(out.unknown(gateway, why)),
            Ok([]) => drop(out.skip(gateway, "it has no settings of HTTP backends")),
            Ok(all) => {
                for settings in all {
                    let protocol = get(settings, "properties.protocol");
                    let clear = Truth::of(protocol, false, |v| is_word(v, "Http"));
                    let name = get(settings, "name");
                    let used = match name.and_then(Value::as_unknown) {
                        Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
                        None => is_used(gateway, name.and_then(Value::as_str).unwrap_or_default()),
                    };
                    let name = name.and_then(Value::as_str).unwrap_or_default();
                    let fine = match clear {
                        Truth::No => Truth::Yes,
                        clear => !clear.and(used),
                    };
                    let text = format!("the gateway talks to backends over HTTP: {name}");
                    out.judge(gateway, protocol, fine, text);
                }
            }
        }
    }
}

/// Whether a routing rule or a path uses these backend settings.
fn is_used(gateway: &Document, name: &str) -> Truth {
    let is_it = |value: Option<&Value>| {
        Truth::of(value, false, |v| name_of(Some(v)).is_some_and(|n| n.eq_ignore_ascii_case(name)))
    };
    let lists = items(gateway, "properties.requestRoutingRules")
        .and_then(|rules| Ok((rules, items(gateway, "properties.urlPathMaps")?)));
    let (rules, maps) = match lists {
        Ok(lists) => lists,
        Err(why) => return Truth::Unknown(why),
    };
    let rules = rules.iter().map(|r| is_it(get(r, "properties.backendHttpSettings.id")));
    let maps = maps.iter().map(|map| {
        let paths = get(map, "properties.pathRules").and_then(Value::as_slice).unwrap_or_default().iter();
        let paths = paths.map(|p| is_it(get(p, "properties.backendHttpSettings.id")));
        is_it(get(map, "properties.defaultBackendHttpSettings.id")).or(Truth::any(paths))
    });
    Truth::any(rules.chain(maps))
}
