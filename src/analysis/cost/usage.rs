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
//! A resource's key may leave out the part before the dot when it is the resource's own.

use std::collections::BTreeMap;
use std::str::FromStr;

use rust_decimal::Decimal;

use super::amount::{Range, text};
use super::terms::Terms;

/// A usage that a file can set: key, default (low, expected, high), unit, and what the default means.
pub struct Key {
    /// `nat_gateway.data_gb`
    pub name: &'static str,
    /// Low, expected, high, as decimal text.
    pub default: [&'static str; 3],
    /// What is counted.
    pub unit: &'static str,
    /// Why this default.
    pub reason: &'static str,
}

const fn key(name: &'static str, value: &'static str, unit: &'static str, reason: &'static str) -> Key {
    Key { name, default: [value, value, value], unit, reason }
}

/// Every key, sorted by name.
pub const KEYS: &[Key] = &[
    Key {
        name: "application_gateway.capacity_units",
        default: ["0", "0", "0"],
        unit: "capacity units",
        reason: "the reserved units: ten for an instance",
    },
    key("bastion.outbound_gb", "5", "GB", "sessions of a few administrators"),
    Key {
        name: "container_insights.gb_per_node_day",
        default: ["0.3", "1", "3"],
        unit: "GB a node and day",
        reason: "default collection settings; published figures differ more than tenfold",
    },
    key("dns_zone.queries", "10000000", "queries", "a small cluster's look-ups"),
    key("firewall.data_gb", "1000", "GB", "egress and east-west traffic of one cluster"),
    key("flow_log.collected_gb", "5", "GB", "no more than the free grant"),
    key(
        "key_vault.advanced_operations",
        "0",
        "operations",
        "those of RSA keys over 2048 bits and of elliptic curves; only a file sets it",
    ),
    key(
        "key_vault.certificate_renewals",
        "0",
        "renewals",
        "of certificates that an authority signs; only a file sets it",
    ),
    key("key_vault.key_rotations", "0", "rotations", "only a file sets it"),
    key("key_vault.operations", "100000", "operations", "secrets read by a few workloads"),
    key("key_vault_key.active_versions", "1", "versions", "one version in use"),
    key("key_vault_key.operations", "0", "operations", "in those of its vault; only a file sets it"),
    key("key_vault_key.rotations", "0", "rotations", "only a file sets it"),
    key("load_balancer.data_gb", "100", "GB", "small cluster"),
    key("log_analytics.archived_gb", "0", "GB", "only a file sets it"),
    key("log_analytics.basic_gb", "0", "GB", "only a file sets it"),
    key("log_analytics.ingestion_gb", "0", "GB", "nothing but what clusters send"),
    key("nat_gateway.data_gb", "500", "GB", "image pulls and egress, both directions"),
    key("node_pool.hours", "730", "hours", "never stopped"),
    key("node_pool.nodes", "0", "nodes", "what is declared; only a file sets it"),
    key(
        "openshift.licence_per_4_vcpu_hour",
        "0.171",
        "USD",
        "public list price of long standing, not in the price book",
    ),
    key("peering.data_gb", "200", "GB", "control traffic of hub and spoke, each direction"),
    key("private_endpoint.data_gb", "10", "GB", "each direction"),
    key("public_ip.ddos_protection_month", "199", "USD", "public list price, not in the price book"),
    key("registry.storage_gb", "0", "GB", "no more than the SKU includes"),
    key("registry.task_vcpu_seconds", "0", "vCPU-seconds", "only a file sets it"),
    key("snapshot.stored_gb", "0", "GB", "the size of the disk; only a file sets it"),
    key("spot.factor", "0.3", "of the on-demand price", "where no Spot price is held"),
    key("storage_account.read_operations", "10000", "operations", "state files read by pipelines"),
    key("storage_account.stored_gb", "1", "GB", "state files"),
    key("storage_account.write_operations", "10000", "operations", "state files written by pipelines"),
    key("virtual_machine.hours", "730", "hours", "never stopped"),
    key("virtual_machine.instances", "0", "machines", "what is declared; only a file sets it"),
    key("virtual_wan.hub_data_gb", "200", "GB", "control traffic of hub and spoke"),
    key("virtual_wan.p2s_connections", "0", "connections", "nobody is connected all the time"),
    key("vpn_gateway.p2s_connections", "0", "connections", "none beyond the included 128"),
];

/// Figures beyond 10^12 are a mistake, and would overflow money.
const MOST: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);

/// Usage with its overrides. The default has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// Terms of purchase.
    pub terms: Terms,
    defaults: BTreeMap<String, Range>,
    resources: BTreeMap<String, BTreeMap<String, Range>>,
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
    /// Reads a usage file.
    pub fn parse(toml_text: &str) -> Result<Usage, UsageError> {
        let table: toml::Table = toml_text.parse().map_err(|e: toml::de::Error| UsageError(e.to_string()))?;
        let mut usage = Usage::default();
        for (section, value) in &table {
            let entries = value.as_table().ok_or_else(|| UsageError(format!("{section} is not a table")))?;
            for (name, value) in entries {
                match section.as_str() {
                    "terms" => usage.terms.set(name, value).map_err(UsageError)?,
                    "defaults" => {
                        let key = full_key(name)?;
                        usage.defaults.insert(key.to_owned(), range(name, value)?);
                    }
                    "resources" => {
                        let own = value
                            .as_table()
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
        let own = self.resources.get(address).and_then(|keys| keys.get(key).or_else(|| keys.get(short)));
        own.or_else(|| self.defaults.get(key)).copied()
    }
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

fn range(name: &str, value: &toml::Value) -> Result<Range, UsageError> {
    let wrong = |what: &str| UsageError(format!("{name}: {what}"));
    let number = |v: &toml::Value| {
        let text = match v {
            toml::Value::Integer(i) => i.to_string(),
            toml::Value::Float(f) => f.to_string(),
            toml::Value::String(s) => s.clone(),
            _ => return Err(wrong("a number, or a table of low, expected and high, is wanted")),
        };
        let number = Decimal::from_str(&text).map_err(|_| wrong(&format!("{text} is not a number")))?;
        match number >= Decimal::ZERO && number <= MOST {
            true => Ok(number),
            false => Err(wrong(&format!("{text} is not between 0 and {MOST}"))),
        }
    };
    let Some(table) = value.as_table() else {
        return Ok(Range::fixed(number(value)?));
    };
    if let Some(other) = table.keys().find(|k| !["low", "expected", "high"].contains(&k.as_str())) {
        return Err(wrong(&format!("{other} is none of low, expected, high")));
    }
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
            ("[defaults]\n\"nat_gateway.data_gb\" = nan", "NaN is not a number"),
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
            let error = Usage::parse(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
