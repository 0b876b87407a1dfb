//! What could cost less, as far as the estate proves it: each finding shows its arithmetic.
//!
//! A finding needs everything that it rests on to be known: an unknown attribute, an incomplete estate,
//! or a missing price makes none.

mod capacity;
mod idle;
mod nodes;
mod tiers;

use rust_decimal::Decimal;

use super::amount::{Range, text};
use super::bill::{Meter, PriceDesk};
use super::resources::Context;
use super::{Options, attributes};
use crate::analysis::finding::{Facet, Finding, Severity};
use crate::azure::estate::{Document, Estate};

/// What is wrong, in the order of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    PremiumRegistryUnused,
    PaidTierOnDevelopmentCluster,
    SystemPoolOversized,
    EphemeralDiskFree,
    IdlePublicIp,
    SpotForBatch,
    IdleNatGateway,
    AutoscalerMinimum,
    NewerSizeCheaper,
    CommitmentPays,
    StopAtNight,
}

/// Code, stable id, name, severity.
const CODES: &[(Code, &str, &str, Severity)] = &[
    (Code::PremiumRegistryUnused, "TU-COST-001", "premium-registry-unused", Severity::Low),
    (Code::PaidTierOnDevelopmentCluster, "TU-COST-002", "paid-tier-on-development-cluster", Severity::Info),
    (Code::SystemPoolOversized, "TU-COST-003", "system-pool-larger-than-needed", Severity::Info),
    (Code::EphemeralDiskFree, "TU-COST-004", "ephemeral-os-disk-would-be-free", Severity::Low),
    (Code::IdlePublicIp, "TU-COST-005", "idle-public-ip", Severity::Low),
    (Code::SpotForBatch, "TU-COST-006", "spot-for-batch-pool", Severity::Info),
    (Code::IdleNatGateway, "TU-COST-007", "idle-nat-gateway", Severity::Low),
    (Code::AutoscalerMinimum, "TU-COST-008", "autoscaler-minimum-above-use", Severity::Low),
    (Code::NewerSizeCheaper, "TU-COST-009", "newer-size-cheaper", Severity::Info),
    (Code::CommitmentPays, "TU-COST-010", "commitment-would-pay", Severity::Info),
    (Code::StopAtNight, "TU-COST-011", "development-cluster-runs-at-night", Severity::Info),
];

/// The id and the name of every code.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    CODES.iter().map(|(_, id, name, _)| (*id, *name))
}

/// What a saving rests on.
struct Look<'a> {
    cx: Context<'a>,
    estate: &'a Estate,
    options: &'a Options,
    desk: PriceDesk<'a>,
}

impl Look<'_> {
    /// Money with its currency: `12.30 USD`.
    fn amount(&self, value: Decimal) -> String {
        format!("{} {}", money(value), self.desk.currency())
    }

    /// The price of one unit of a meter in its first tier, with the day of the price.
    fn price(&self, meter: &Meter<'_>, region: &str) -> Option<(Decimal, String)> {
        let price = self.desk.ask(&meter.query(region)).ok()?;
        Some((price.tiers.first()?.price, price.row.as_of.to_string()))
    }
}

/// The words of one finding.
struct Words {
    title: String,
    consequence: String,
    formula: String,
    remedies: Vec<String>,
    note: String,
}

/// A finding about a document, at the place of an attribute of it when that is known.
fn finding(code: Code, doc: &Document, attribute: &str, words: Words) -> Option<Finding> {
    let (_, id, name, severity) = *CODES.iter().find(|(c, ..)| *c == code)?;
    let at = doc.get(attribute).and_then(|v| v.origin.at);
    Some(Finding {
        code: id.into(),
        name: name.into(),
        severity,
        facet: Facet::Cost,
        address: doc.shared_label().clone(),
        title: words.title,
        consequence: words.consequence.into(),
        formula: words.formula,
        remedies: words.remedies.into_iter().map(Into::into).collect(),
        span: at.or(doc.declared.as_ref().map(|d| d.block)),
        because: Vec::new(),
        note: words.note,
    })
}

/// Findings about what could cost less, in the order of the estate.
pub fn savings(estate: &Estate, options: &Options) -> Vec<Finding> {
    let look =
        Look { cx: Context::new(estate, &options.observed), estate, options, desk: PriceDesk::new(options) };
    let idle = idle::References::of(estate);
    let mut found = Vec::new();
    for doc in estate.iter().filter(|d| attributes::countable(d).is_ok()) {
        let of_doc = [
            tiers::premium_registry(&look, doc),
            tiers::development_cluster(&look, doc),
            nodes::system_pool(&look, doc),
            nodes::ephemeral_disk(&look, doc),
            nodes::spot(&look, doc),
            idle::public_ip(&look, &idle, doc),
            idle::nat_gateway(&look, &idle, doc),
            capacity::autoscaler_minimum(&look, doc),
            capacity::newer_size(&look, doc),
            capacity::commitment(&look, doc),
            capacity::stop_at_night(&look, doc),
        ];
        found.extend(of_doc.into_iter().flatten());
    }
    found
}

/// Money for a sentence: rounded to cents.
fn money(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp(2))
}

/// A count for a sentence: `3`, or `3 to 5`.
fn count(range: Range) -> String {
    match range.low == range.high {
        true => text(range.expected),
        false => format!("{} ({} to {})", text(range.expected), text(range.low), text(range.high)),
    }
}
