//! Rules about application gateways and their WAF policies.

mod attributes;
mod certificates;
mod listeners;
mod tls;
mod waf;
mod waf_rules;
mod way;

use super::graph::text::is_word;
use super::{Group, Truth};
use crate::azure::estate::{Document, get};
use crate::terraform::value::{Reason, Value};

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &certificates::VAULT_ACCESS,
        &listeners::HTTP,
        &listeners::BACKEND_HTTP,
        &tls::RULE,
        &waf::WITHOUT,
        &waf::DETECTION,
        &waf_rules::DISABLED,
        &way::PORTS,
        &way::DEFAULT_ROUTE,
        &way::LOGS,
    ],
    rows: &[attributes::ROWS, waf_rules::ROWS],
};

/// A gateway of the second generation: its tier, and lines of its body.
macro_rules! gateway {
    ($lines:literal) => {
        $crate::analysis::rules::agw::gateway!("Standard_v2", $lines)
    };
    ($tier:literal, $lines:literal) => {
        $crate::analysis::rules::agw::gateway!(
            $tier,
            "  autoscale_configuration {\n    min_capacity = 2\n  }\n",
            $lines,
            "https",
            "Https",
            "    ssl_certificate_name           = \"site\"\n"
        )
    };
    ($tier:literal, $scale:literal, $lines:literal, $listener:literal, $protocol:literal, $more:literal) => {
        concat!(
            r#"resource "azurerm_application_gateway" "example" {
  name                = "agw-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  sku {
    name = ""#,
            $tier,
            r#""
    tier = ""#,
            $tier,
            r#""
  }

"#,
            $scale,
            r#"
  gateway_ip_configuration {
    name      = "gateway"
    subnet_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/gateway"
  }

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip-example"
  }

  frontend_port {
    name = "port"
    port = 443
  }

  backend_address_pool {
    name = "nodes"
  }

  http_listener {
    name                           = ""#,
            $listener,
            r#""
    frontend_ip_configuration_name = "public"
    frontend_port_name             = "port"
    protocol                       = ""#,
            $protocol,
            "\"\n",
            $more,
            "  }\n",
            $lines,
            "}\n"
        )
    };
}

/// A WAF policy: lines of its settings, and lines of its managed rules.
macro_rules! waf_policy {
    () => {
        $crate::analysis::rules::agw::waf_policy!("", "")
    };
    ($settings:literal) => {
        $crate::analysis::rules::agw::waf_policy!($settings, "")
    };
    ($settings:literal, $rules:literal) => {
        $crate::analysis::rules::agw::waf_policy!($settings, "Microsoft_DefaultRuleSet", "2.1", "", $rules)
    };
    ($settings:literal, $type:literal, $version:literal, $overrides:literal, $rules:literal) => {
        concat!(
            r#"resource "azurerm_web_application_firewall_policy" "example" {
  name                = "waf-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  policy_settings {
"#,
            $settings,
            r#"  }

  managed_rules {
    managed_rule_set {
      type    = ""#,
            $type,
            r#""
      version = ""#,
            $version,
            "\"\n",
            $overrides,
            "    }\n",
            $rules,
            "  }\n}\n"
        )
    };
}

use {gateway, waf_policy};

/// The last segment of the id that a value holds: what blocks of a gateway call each other by.
fn name_of(value: Option<&Value>) -> Option<&str> {
    value?.as_str()?.rsplit('/').next()
}

/// The elements of a gateway's list; unknown when the list is.
fn items<'a>(gateway: &'a Document, path: &str) -> Result<&'a [Value], String> {
    match gateway.get(path) {
        Some(list) => match list.as_unknown() {
            Some(unknown) => Err(unknown.reason.to_string()),
            None => Ok(list.as_slice().unwrap_or_default()),
        },
        None => Ok(&[]),
    }
}

/// Whether a frontend has a public address. One that is written with an error is meant to be one.
fn is_public(frontend: &Value) -> Truth {
    let address = get(frontend, "properties.publicIPAddress.id");
    let in_error = address.and_then(Value::as_unknown).is_some_and(|u| u.reason == Reason::Failed);
    Truth::is_set(address).or(in_error.into())
}

/// Whether one of a gateway's frontends has a public address. Azure wants a frontend: code that names none
/// is not finished, and nothing says that it will be a private one.
fn has_public_frontend(gateway: &Document) -> Truth {
    match items(gateway, "properties.frontendIPConfigurations") {
        Ok([]) => Truth::Yes,
        Ok(frontends) => Truth::any(frontends.iter().map(is_public)),
        Err(why) => Truth::Unknown(why),
    }
}

/// Whether a listener answers on a public address; unknown when its frontend cannot be found.
fn listens_in_public(gateway: &Document, listener: &Value) -> Truth {
    let frontends = match items(gateway, "properties.frontendIPConfigurations") {
        Ok(frontends) => frontends,
        Err(why) => return Truth::Unknown(why),
    };
    let wanted = name_of(get(listener, "properties.frontendIPConfiguration.id"));
    let is_it = |f: &&Value| get(f, "name").zip(wanted).is_some_and(|(own, name)| is_word(own, name));
    let named = frontends.iter().find(is_it);
    if let Some(frontend) = named {
        return is_public(frontend);
    }
    // Of a name that is not known only what all frontends share is certain.
    let mut answers = frontends.iter().map(is_public);
    let first = answers.next().unwrap_or(Truth::No);
    let same = answers.all(|a| a == first);
    if same { first } else { Truth::Unknown("which frontend it uses is not known".to_owned()) }
}

/// True for a gateway of the second generation.
fn is_v2(gateway: &Document) -> Truth {
    Truth::of(gateway.get("properties.sku.tier"), false, |v| {
        v.as_str().is_some_and(|tier| tier.to_ascii_lowercase().ends_with("_v2"))
    })
}
