//! Tiers that are paid for and not used.

use rust_decimal::Decimal;

use super::super::amount::{DAYS, HOURS, text};
use super::super::resources::{container_registry, managed_cluster};
use super::{Code, Look, Words, finding, money};
use crate::analysis::finding::Finding;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::value::Value;

/// What only Premium has: path, and the values under which it is not in use.
const PREMIUM_FEATURES: &[(&str, &[&str])] = &[
    ("properties.zoneRedundancy", &["disabled"]),
    ("properties.encryption.status", &["disabled"]),
    ("properties.networkRuleSet.defaultAction", &["allow"]),
    ("properties.publicNetworkAccess", &["enabled"]),
    ("properties.policies.trustPolicy.status", &["disabled"]),
    ("properties.policies.quarantinePolicy.status", &["disabled"]),
    ("properties.policies.retentionPolicy.status", &["disabled"]),
    ("properties.policies.exportPolicy.status", &["enabled"]),
    ("properties.dataEndpointEnabled", &["false"]),
];

/// True when a value says that its feature is not in use; an unknown one does not.
fn is_off(value: Option<&Value>, off: &[&str]) -> bool {
    let Some(value) = value else { return true };
    let text = value.as_bool().map(|b| b.to_string()).or_else(|| value.as_str().map(str::to_owned));
    text.is_some_and(|t| t.is_empty() || off.iter().any(|o| t.eq_ignore_ascii_case(o)))
}

/// A Premium registry that uses nothing of Premium.
pub(super) fn premium_registry(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    let premium =
        || doc.str("sku.name").or(doc.str("sku.tier"))?.eq_ignore_ascii_case("Premium").then_some(());
    if !doc.is(types::REGISTRY) || !look.estate.complete {
        return None;
    }
    premium()?;
    let off = PREMIUM_FEATURES.iter().all(|(path, off)| is_off(doc.get(path), off));
    let replicas = look.cx.children(doc, container_registry::REPLICATION).count();
    // Rules that say nothing are no use; an unknown list may say something.
    let rules = doc
        .get("properties.networkRuleSet.ipRules")
        .is_some_and(|v| v.as_slice().is_none_or(|l| !l.is_empty()));
    if !off || replicas > 0 || rules || is_private(look, doc) {
        return None;
    }
    let region = look.cx.region(doc).ok()?;
    let (premium, as_of) = look.price(&container_registry::PREMIUM, region)?;
    let (standard, _) = look.price(&container_registry::STANDARD, region)?;
    let saved = premium.checked_sub(standard)?.checked_mul(DAYS)?;
    let words = Words {
        title: "Premium registry without a Premium feature".to_owned(),
        consequence: format!("{} a month buy nothing that the Standard SKU lacks", look.amount(saved)),
        formula: format!(
            "({} Premium - {} Standard) a day x {} days = {}",
            text(premium),
            text(standard),
            text(DAYS),
            money(saved)
        ),
        remedies: vec![
            "Use sku = \"Standard\" where 100 GB of storage suffice".to_owned(),
            "Keep Premium and use it: private endpoint, replicas, retention".to_owned(),
        ],
        note: format!("prices of {as_of}; Premium also has more throughput and 500 GB included"),
    };
    finding(Code::PremiumRegistryUnused, doc, "sku.name", words)
}

/// True when a private endpoint leads to it, or may.
fn is_private(look: &Look<'_>, doc: &Document) -> bool {
    let lists =
        ["properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"];
    let leads = |endpoint: &Document| {
        lists.iter().any(|list| match endpoint.get(list) {
            None => false,
            Some(value) => value.as_slice().is_none_or(|all| {
                all.iter().any(|c| match crate::azure::estate::get(c, "properties.privateLinkServiceId") {
                    Some(v) => v.as_str().is_none_or(|id| id.eq_ignore_ascii_case(doc.id.as_str())),
                    None => false,
                })
            }),
        })
    };
    let connected = !doc.items("properties.privateEndpointConnections").is_empty();
    connected || look.estate.of_type(types::PRIVATE_ENDPOINT).any(leads)
}

/// Words that mark a resource as not for production.
const DEVELOPMENT: &[&str] = &["dev", "development", "test", "testing", "sandbox", "sbx", "qa", "playground"];

/// The tags that name an environment.
const ENVIRONMENT_TAGS: &[&str] = &["env", "environment", "stage"];

/// What marks a resource as development: a tag, or a word of its name.
pub(super) fn development(doc: &Document) -> Option<String> {
    let word = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|w| DEVELOPMENT.iter().any(|d| w.eq_ignore_ascii_case(d)))
    };
    let tags = doc.get("tags").and_then(Value::as_map);
    let mut environment = None;
    for (key, value) in tags.into_iter().flatten() {
        if ENVIRONMENT_TAGS.iter().any(|t| key.eq_ignore_ascii_case(t)) {
            // What a tag says counts more than a name, also when it says production or is not known.
            environment = Some(
                value
                    .as_str()
                    .filter(|v| word(v) && !value.marks.sensitive)
                    .map(|v| format!("tag {key} = \"{v}\"")),
            );
        }
    }
    environment.unwrap_or_else(|| word(doc.name()).then(|| format!("name {}", doc.name())))
}

/// A development cluster that pays for an uptime SLA.
pub(super) fn development_cluster(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    if !doc.is(types::CLUSTER) {
        return None;
    }
    let (meter, tier) = match managed_cluster::tier(doc).ok()? {
        managed_cluster::Tier::Free | managed_cluster::Tier::Automatic => return None,
        managed_cluster::Tier::Standard => (&managed_cluster::UPTIME, "Standard"),
        managed_cluster::Tier::LongTerm => (&managed_cluster::LONG_TERM, "Premium"),
    };
    let mark = development(doc)?;
    let (price, as_of) = look.price(meter, look.cx.region(doc).ok()?)?;
    let saved: Decimal = price.checked_mul(HOURS)?;
    let words = Words {
        title: format!("{tier} tier on a development cluster"),
        consequence: format!(
            "{} a month pay for an uptime SLA that development rarely needs",
            look.amount(saved)
        ),
        formula: format!("{} an hour x {} hours = {}", text(price), text(HOURS), money(saved)),
        remedies: vec!["Use sku_tier = \"Free\"".to_owned()],
        note: format!("taken for development by its {mark}; price of {as_of}"),
    };
    finding(Code::PaidTierOnDevelopmentCluster, doc, "sku.tier", words)
}
