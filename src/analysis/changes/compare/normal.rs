//! Normal forms: how a configured value and an ARM value are made comparable. One arm per word of
//! the catalogue; two values are the same when their normal forms are.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnetwork::IpNetwork;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::azure::catalogue::convert::truth;
use crate::azure::catalogue::{Compare, is_zero, text_of};
use crate::terraform::value::Value;

/// A value in normal form. All zero values (null, `""`, 0, false, empty collections) are alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Normal {
    Zero,
    Bool(bool),
    Text(String),
    Items(Vec<Normal>),
    Members(BTreeMap<String, Normal>),
}

/// The normal form of a value under a word of the catalogue.
pub(super) fn normal(compare: Compare, value: &Value) -> Normal {
    if is_zero(value) {
        return Normal::Zero;
    }
    if let Some(items) = value.as_slice() {
        let mut items: Vec<Normal> = items.iter().map(|v| normal(compare, v)).collect();
        if !keeps_order(compare) {
            items.sort();
        }
        return Normal::Items(items);
    }
    if let Some(members) = value.as_map() {
        let tags = compare == Compare::Tags;
        let key = |k: &str| if tags { k.to_lowercase() } else { k.to_owned() };
        return Normal::Members(members.iter().map(|(k, v)| (key(k), normal(compare, v))).collect());
    }
    if is_truth(compare) {
        return if truth(value) { Normal::Bool(true) } else { Normal::Zero };
    }
    let Some(text) = text_of(value) else { return Normal::Zero };
    let text = scalar(compare, &text);
    if text.is_empty() { Normal::Zero } else { Normal::Text(text) }
}

/// True for the words under which the order of a list counts.
fn keeps_order(compare: Compare) -> bool {
    matches!(compare, Compare::Exact | Compare::Ci | Compare::List | Compare::CsvList)
}

/// True for the words under which the HCL value is a bool.
fn is_truth(compare: Compare) -> bool {
    use Compare::{Bool, BoolString, EnabledString, Not, Present, TaintFlag};
    matches!(compare, Bool | BoolString | EnabledString | Not | Present | TaintFlag)
}

/// The normal form of a text.
fn scalar(compare: Compare, text: &str) -> String {
    use Compare as C;
    match compare {
        C::Ci | C::SetCi | C::Superset | C::RoleName | C::UnionTag => text.trim().to_lowercase(),
        C::Location => text.to_lowercase().replace(' ', ""),
        C::ArmId | C::ArmIdSet | C::ArmIdOrEnum => text.trim_end_matches('/').to_lowercase(),
        C::LastSegment | C::LastSegmentSet | C::RoleId => last_segment(text).to_lowercase(),
        C::IdentityType => {
            let mut words: Vec<String> =
                text.split(',').map(|w| w.trim().to_lowercase().replace(' ', "")).collect();
            words.sort();
            words.join(",")
        }
        C::Ip => text.trim().parse::<IpAddr>().map_or_else(|_| text.to_lowercase(), |ip| ip.to_string()),
        C::Cidr | C::CidrList | C::CidrSet | C::IpCidr32 | C::IpCidr32Set => network(text),
        C::CidrOrTag | C::CidrOrTagSet => {
            if text.contains('/') {
                network(text)
            } else {
                text.trim().to_lowercase()
            }
        }
        C::Number | C::NumString | C::RangeMin | C::RangeMax => number(text),
        C::GoDuration => duration(text).unwrap_or_else(|| text.to_lowercase()),
        C::Rfc3339 => OffsetDateTime::parse(text, &Rfc3339)
            .map_or_else(|_| text.to_owned(), |t| t.unix_timestamp_nanos().to_string()),
        C::Date => text.chars().take(10).collect(),
        C::UtcOffset => {
            if text == "+00:00" {
                String::new()
            } else {
                text.to_owned()
            }
        }
        C::KvKeyUrl => vault_url(text),
        C::SshKey => text.split_whitespace().take(2).collect::<Vec<_>>().join(" "),
        C::Surge => {
            if matches!(text, "0" | "0%") {
                String::new()
            } else {
                text.to_owned()
            }
        }
        C::Fqdn => text.trim_end_matches('.').to_lowercase(),
        C::Url => text.trim_end_matches('/').to_lowercase(),
        C::Trim => text.trim().to_owned(),
        _ => text.to_owned(),
    }
}

/// The last segment of an id.
pub(super) fn last_segment(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}

/// A network with host bits masked; a bare address is one of full length.
fn network(text: &str) -> String {
    match text.trim().parse::<IpNetwork>() {
        Ok(net) => format!("{}/{}", net.network(), net.prefix()),
        Err(_) => text.trim().to_lowercase(),
    }
}

fn number(text: &str) -> String {
    let trimmed = text.trim();
    match trimmed.parse::<f64>() {
        Ok(0.0) => String::new(),
        Ok(n) => n.to_string(),
        Err(_) => trimmed.to_owned(),
    }
}

/// A Go duration (`1h30m`, `500ms`) in milliseconds; nothing for no time at all.
fn duration(text: &str) -> Option<String> {
    let mut milliseconds = 0f64;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let amount: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let factor = match rest.get(..unit)? {
            "h" => 3_600_000.0,
            "m" => 60_000.0,
            "s" => 1_000.0,
            "ms" => 1.0,
            _ => return None,
        };
        milliseconds += amount * factor;
        rest = rest.get(unit..)?;
    }
    Some(if milliseconds == 0.0 { String::new() } else { milliseconds.to_string() })
}

/// A key vault URL with its host in lower case and no slash at the end.
fn vault_url(text: &str) -> String {
    let text = text.trim_end_matches('/');
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    format!("{}://{}/{path}", scheme.to_lowercase(), host.to_lowercase()).trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(compare: Compare, a: &str, b: &str) -> bool {
        normal(compare, &a.into()) == normal(compare, &b.into())
    }

    #[test]
    fn spellings_of_the_same_are_alike_and_others_are_not() {
        use Compare as C;
        let same = [
            (C::Ci, "Standard ", "standard"),
            (C::Location, "West Europe", "westeurope"),
            (C::ArmId, "/subscriptions/A/resourcegroups/r/", "/subscriptions/a/resourceGroups/R"),
            (C::LastSegment, "zone", "/a/b/ZONE"),
            (C::IdentityType, "SystemAssigned, UserAssigned", "UserAssigned,SystemAssigned"),
            (C::Ip, "::1", "0:0:0:0:0:0:0:1"),
            (C::Cidr, "10.0.0.9/24", "10.0.0.0/24"),
            (C::IpCidr32, "10.0.0.9", "10.0.0.9/32"),
            (C::CidrOrTag, "virtualnetwork", "VirtualNetwork"),
            (C::GoDuration, "1m", "60s"),
            (C::GoDuration, "0s", ""),
            (C::NumString, "0.5", "0.50"),
            (C::Rfc3339, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00"),
            (C::Date, "2026-01-01T00:00:00Z", "2026-01-01"),
            (C::UtcOffset, "", "+00:00"),
            (C::SshKey, "ssh-rsa AAA me@host", "ssh-rsa AAA"),
            (C::Surge, "0%", ""),
            (C::Fqdn, "A.example.", "a.example"),
            (C::Url, "https://A/", "https://a"),
            (C::KvKeyUrl, "https://Kv.vault.azure.net/keys/K/", "https://kv.vault.azure.net/keys/K"),
        ];
        for (compare, a, b) in same {
            assert!(alike(compare, a, b), "{} {a} {b}", compare.word());
        }
        let other = [
            (C::Exact, "a", "A"),
            (C::Cidr, "10.0.0.0/24", "10.0.0.0/25"),
            (C::GoDuration, "1m", "1s"),
            (C::KvKeyUrl, "https://kv/keys/K", "https://kv/keys/k"),
            (C::Surge, "10%", ""),
        ];
        for (compare, a, b) in other {
            assert!(!alike(compare, a, b), "{} {a} {b}", compare.word());
        }
    }

    #[test]
    fn order_counts_only_where_the_catalogue_says_so() {
        let list = |items: [&str; 2]| Value::tuple(items.map(Value::from).to_vec());
        let (ab, ba) = (list(["a", "b"]), list(["b", "a"]));
        assert_ne!(normal(Compare::List, &ab), normal(Compare::List, &ba));
        assert_eq!(normal(Compare::Set, &ab), normal(Compare::Set, &ba));
        assert_eq!(normal(Compare::Set, &Value::tuple(vec![])), Normal::Zero);
    }
}
