//! How much is used, where the code cannot say: documented defaults, and a file that replaces them.
//!
//! ```toml
//! [defaults]                       # for every resource
//! "nat_gateway.data_gb" = 200
//!
//! [resources."azurerm_nat_gateway.egress"]
//! data_gb = { low = 50, expected = 200, high = 900 }
//! ```
//!
//! A `[terms]` section has the terms of purchase ([`Terms`]).
//! A resource's key may leave out the part before the dot when it is the resource's own; `[*]` in its
//! address stands for every index. YAML and JSON have the same members, and the usage file of Infracost is
//! read, too ([`infracost`]).

mod infracost;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::amount::{Range, text};
use super::report::terraform_type;
use super::terms::Terms;
use crate::analysis::file::{self, Format};
pub use keys::{KEYS, Key};

/// Figures beyond 10^12 are a mistake, and would overflow money.
const MOST: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);

/// Figures by key.
type Figures = BTreeMap<String, Range>;

/// Usage with its overrides. The default has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Terms of purchase.
    pub terms: Terms,
    defaults: Figures,
    /// By Terraform type.
    types: BTreeMap<String, Figures>,
    /// By address.
    resources: BTreeMap<String, Figures>,
    /// What a file of another tool says that has no counterpart, as `ADDRESS: NAME`.
    pub ignored: Vec<String>,
}

/// A quantity in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Used {
    /// How much a month.
    pub quantity: Range,
    /// The assumption in words, when the file did not say.
    pub assumption: Option<String>,
}

/// What is wrong with a usage file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("usage file: {0}")]
pub struct UsageError(String);

impl Usage {
    /// Reads a usage file; YAML and JSON are told by its name, all else is TOML.
    pub fn read(text: &str, name: &str) -> Result<Usage, UsageError> {
        let is_yaml = [".yaml", ".yml"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
        let format = match Format::of_name(name) {
            Format::Yaml if !is_yaml => Format::Toml,
            format => format,
        };
        Usage::parse(text, format)
    }

    /// Reads the text of a usage file.
    pub fn parse(text: &str, format: Format) -> Result<Usage, UsageError> {
        // A file of comments alone, as one begins.
        if text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#')) {
            return Ok(Usage::default());
        }
        let file = match file::parse(text, format).map_err(UsageError)? {
            Json::Object(file) => file,
            Json::Null => return Ok(Usage::default()),
            _ => return Err(UsageError("it is no map of sections".to_owned())),
        };
        if infracost::is(&file) {
            return infracost::read(&file);
        }
        let mut usage = Usage::default();
        for (section, value) in &file {
            let entries = value.as_object().ok_or_else(|| UsageError(format!("{section} is not a table")))?;
            for (name, value) in entries {
                match section.as_str() {
                    "terms" => usage.terms.set(name, value).map_err(UsageError)?,
                    "defaults" => {
                        let key = full_key(name)?;
                        usage.defaults.insert(key.to_owned(), range(name, value)?);
                    }
                    "resources" => {
                        let own = value
                            .as_object()
                            .ok_or_else(|| UsageError(format!("resources.{name} is not a table")))?;
                        let mut keys = BTreeMap::new();
                        for (key, value) in own {
                            check_key(key)?;
                            keys.insert(key.clone(), range(&format!("{name}: {key}"), value)?);
                        }
                        usage.resources.insert(name.clone(), keys);
                    }
                    other => {
                        let text =
                            format!("{other} is none of [terms], [defaults] and [resources.\"ADDRESS\"]");
                        return Err(UsageError(text));
                    }
                }
            }
        }
        Ok(usage)
    }

    /// The addresses of the file that are none of these.
    pub fn strangers<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Vec<&str> {
        let mut open: BTreeSet<&str> = self.resources.keys().map(String::as_str).collect();
        for address in known {
            open.remove(address);
            open.remove(any_index(address).as_str());
        }
        open.into_iter().collect()
    }

    /// How much a resource uses of a key: what the file says of the resource, else of all, else the
    /// default with its assumption.
    pub fn of(&self, address: &str, key: &'static str) -> Used {
        if let Some(quantity) = self.set(address, key) {
            return Used { quantity, assumption: None };
        }
        let Some(known) = KEYS.iter().find(|k| k.name == key) else {
            return Used { quantity: Range::default(), assumption: None };
        };
        let [low, expected, high] = known.default.map(|t| Decimal::from_str(t).unwrap_or_default());
        let quantity = Range { low, expected, high };
        let figure = match quantity.is_fixed() {
            true => text(expected),
            false => format!("{} ({} to {})", text(expected), text(low), text(high)),
        };
        let assumption = Some(format!("assumed: {figure} {} ({})", known.unit, known.reason));
        Used { quantity, assumption }
    }

    /// How much the file says that a resource uses.
    pub fn set(&self, address: &str, key: &str) -> Option<Range> {
        let short = key.split_once('.').map_or(key, |(_, s)| s);
        let of = |figures: &Figures| figures.get(key).or_else(|| figures.get(short)).copied();
        let own = || self.resources.get(address).and_then(of);
        let any = || match self.resources.is_empty() {
            true => None,
            false => self.resources.get(&any_index(address)).and_then(of),
        };
        let of_type = || match self.types.is_empty() {
            true => None,
            false => self.types.get(terraform_type(address)).and_then(of),
        };
        own().or_else(any).or_else(of_type).or_else(|| self.defaults.get(key).copied())
    }
}

/// An address with `[*]` for each index.
fn any_index(address: &str) -> String {
    let (mut out, mut rest) = (String::new(), address);
    while let Some((before, after)) = rest.split_once('[') {
        out += before;
        out += "[*]";
        // A key in quotes may hold brackets itself.
        let end = if after.starts_with('"') { "\"]." } else { "]." };
        rest = match after.split_once(end) {
            Some((_, next)) => {
                out.push('.');
                next
            }
            None => "",
        };
    }
    out + rest
}

fn full_key(name: &str) -> Result<&str, UsageError> {
    match KEYS.iter().any(|k| k.name == name) {
        true => Ok(name),
        false => Err(unknown(name)),
    }
}

fn check_key(name: &str) -> Result<(), UsageError> {
    let short = |k: &Key| k.name.split_once('.').is_some_and(|(_, s)| s == name);
    match KEYS.iter().any(|k| k.name == name || short(k)) {
        true => Ok(()),
        false => Err(unknown(name)),
    }
}

fn unknown(name: &str) -> UsageError {
    let names: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
    UsageError(format!("there is no usage {name}; there are {}", names.join(", ")))
}

/// A figure: a number, or text that is one.
fn number(name: &str, value: &Json) -> Result<Decimal, UsageError> {
    let wrong = |what: &str| UsageError(format!("{name}: {what}"));
    let text = match value {
        Json::Number(n) => n.to_string(),
        Json::String(s) => s.clone(),
        _ => return Err(wrong("a number, or a table of low, expected and high, is wanted")),
    };
    let number = Decimal::from_str(&text).or_else(|_| Decimal::from_scientific(&text));
    let number = number.map_err(|_| wrong(&format!("{text} is not a number")))?;
    match number >= Decimal::ZERO && number <= MOST {
        true => Ok(number),
        false => Err(wrong(&format!("{text} is not between 0 and {MOST}"))),
    }
}

fn range(name: &str, value: &Json) -> Result<Range, UsageError> {
    let wrong = |what: &str| UsageError(format!("{name}: {what}"));
    let Some(table) = value.as_object() else {
        return Ok(Range::fixed(number(name, value)?));
    };
    if let Some(other) = table.keys().find(|k| !["low", "expected", "high"].contains(&k.as_str())) {
        return Err(wrong(&format!("{other} is none of low, expected, high")));
    }
    let number = |value: &Json| number(name, value);
    let expected = number(table.get("expected").ok_or_else(|| wrong("expected is missing"))?)?;
    let low = table.get("low").map_or(Ok(expected), number)?;
    let high = table.get("high").map_or(Ok(expected), number)?;
    if low > expected || expected > high {
        return Err(wrong("low, expected and high must rise"));
    }
    Ok(Range { low, expected, high })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_sorted_readable_and_rise() {
        let names: Vec<&str> = KEYS.iter().map(|k| k.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        for k in KEYS {
            let [low, expected, high] = k.default.map(|t| Decimal::from_str(t).unwrap());
            assert!(low <= expected && expected <= high && high <= MOST, "{}", k.name);
        }
    }

    #[test]
    fn the_file_of_a_resource_wins_over_its_defaults() {
        let usage = Usage::parse(
            r#"
            [defaults]
            "nat_gateway.data_gb" = 20
            [resources."azurerm_nat_gateway.a"]
            data_gb = { low = 1, expected = 2.5, high = 4 }
            "#,
            Format::Toml,
        )
        .unwrap();
        let of = |address| usage.of(address, "nat_gateway.data_gb");
        let used = Range::new(1, Decimal::new(25, 1), 4);
        assert_eq!(of("azurerm_nat_gateway.a"), Used { quantity: used, assumption: None });
        assert_eq!(of("azurerm_nat_gateway.b").quantity, Range::fixed(20));
        let assumed = Usage::default().of("x", "nat_gateway.data_gb");
        assert_eq!(assumed.quantity, Range::fixed(500));
        assert!(assumed.assumption.unwrap().starts_with("assumed: 500 GB"));
    }

    #[test]
    fn mistakes_are_named() {
        for (text, says) in [
            ("[defaults]\n\"nat.data\" = 1", "there is no usage nat.data"),
            ("[defaults]\n\"nat_gateway.data_gb\" = -1", "-1 is not between"),
            ("[defaults]\n\"nat_gateway.data_gb\" = 1e300", "is not"),
            ("[defaults]\n\"nat_gateway.data_gb\" = nan", "a number"),
            ("[defaults]\n\"nat_gateway.data_gb\" = true", "a number"),
            ("[defaults]\n\"nat_gateway.data_gb\" = { low = 3, expected = 2 }", "must rise"),
            ("[defaults]\n\"nat_gateway.data_gb\" = { high = 3 }", "expected is missing"),
            ("[defaults]\n\"nat_gateway.data_gb\" = { most = 3 }", "most is none of"),
            ("[resources.a]\nsize = 3", "there is no usage size"),
            ("[other]\na = 3", "other is none of"),
            ("a = 3", "a is not a table"),
            ("[terms]\ncommitment = \"forever\"", "commitment is none of none, savings-plan-1y"),
            ("[terms]\ndiscount_percent = 101", "not between 0 and 100"),
            ("[terms]\ndiscount_percent = \"x\"", "not a number"),
            ("[terms]\nrebate = 3", "there is no term rebate"),
            ("a =", "usage file:"),
        ] {
            let error = Usage::parse(text, Format::Toml).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn toml_yaml_and_json_say_the_same() {
        let toml = "[terms]\ndiscount_percent = 7.5\n[resources.\"azurerm_lb.a[*]\"]\n\
                    data_gb = { low = 1, expected = 2.5, high = 1e3 }\n[defaults]\n\"spot.factor\" = 0.25\n";
        let yaml = "terms:\n  discount_percent: 7.5\nresources:\n  azurerm_lb.a[*]:\n    data_gb: {low: 1, expected: 2.5, \
                    high: 1000}\ndefaults:\n  spot.factor: '0.25'\n";
        let json = r#"{"terms": {"discount_percent": 7.5}, "defaults": {"spot.factor": 0.25},
            "resources": {"azurerm_lb.a[*]": {"data_gb": {"low": 1, "expected": 2.5, "high": 1000}}}}"#;
        let usage = Usage::read(toml, "usage.toml").unwrap();
        assert_eq!(Usage::read(yaml, "usage.YML").unwrap(), usage);
        assert_eq!(Usage::read(json, "usage.json").unwrap(), usage);
        let gb = Range::new(1, Decimal::new(25, 1), 1_000);
        assert_eq!(usage.set("azurerm_lb.a[0]", "load_balancer.data_gb"), Some(gb));
        assert_eq!(usage.set("azurerm_lb.b[0]", "load_balancer.data_gb"), None);
        for empty in ["", "# nothing yet\n"] {
            assert_eq!(Usage::read(empty, "usage.yaml").unwrap(), Usage::default());
        }
        assert!(Usage::read("a: [", "usage.yaml").is_err());
    }

    #[test]
    fn the_file_of_infracost() {
        let file = "version: 0.1\nresource_type_default_usage:\n  azurerm_nat_gateway:\n    monthly_data_processed_gb: 7\n\
            resource_usage:\n  azurerm_kubernetes_cluster.a:\n    default_node_pool:\n      nodes: 4\n\
            \x20 azurerm_nat_gateway.a[\"x\"]:\n    monthly_data_processed_gb: 12\n\
            \x20 azurerm_container_registry.a:\n    monthly_build_vcpu_hrs: 2\n    storage_gb:\n\
            \x20 azurerm_function_app.a:\n    monthly_executions: 9\n";
        let usage = Usage::read(file, "infracost-usage.yml").unwrap();
        let expected = |address: &str, key| usage.set(address, key).map(|r| text(r.expected));
        assert_eq!(expected("azurerm_kubernetes_cluster.a", "node_pool.nodes").as_deref(), Some("4"));
        assert_eq!(expected("azurerm_nat_gateway.a[\"x\"]", "nat_gateway.data_gb").as_deref(), Some("12"));
        assert_eq!(expected("module.m.azurerm_nat_gateway.b", "nat_gateway.data_gb").as_deref(), Some("7"));
        let seconds = "registry.task_vcpu_seconds";
        assert_eq!(expected("azurerm_container_registry.a", seconds).as_deref(), Some("7200"));
        assert_eq!(usage.ignored, ["azurerm_function_app.a: monthly_executions"]);
        assert_eq!(
            usage.strangers(["azurerm_kubernetes_cluster.a", "azurerm_nat_gateway.a[\"x\"]"]).len(),
            2
        );
    }

    #[test]
    fn any_index_of_an_address() {
        for (address, any) in [
            ("azurerm_lb.a", "azurerm_lb.a"),
            ("azurerm_lb.a[0]", "azurerm_lb.a[*]"),
            ("module.m[\"a.b\"].azurerm_lb.a[\"x[1].y\"]", "module.m[*].azurerm_lb.a[*]"),
        ] {
            assert_eq!(any_index(address), any);
        }
    }
}
