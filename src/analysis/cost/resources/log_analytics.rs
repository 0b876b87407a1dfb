//! Log Analytics workspaces: what they take in, and what they keep beyond the included month.

use super::super::amount::{DAYS, Range};
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::{Context, managed_cluster};
use crate::azure::estate::Document;
use rust_decimal::Decimal;

const fn meter<'a>(names: &'a [&'a str]) -> Meter<'a> {
    let service = "Log Analytics";
    Meter {
        service,
        product: service,
        sku: "Analytics Logs",
        names,
        scope: Scope::Region,
        approximate: false,
    }
}

/// Regions name the meter in two ways.
const INGESTION: Meter<'_> = meter(&["Analytics Logs Data Ingestion", "Analytics Logs Data Analyzed"]);
const RETENTION: Meter<'_> = meter(&["Analytics Logs Data Retention"]);

const BASIC: Meter<'_> = Meter {
    service: "Azure Monitor",
    product: "Azure Monitor",
    sku: "Basic Logs",
    names: &["Basic Logs Data Ingestion"],
    ..INGESTION
};
const ARCHIVE: Meter<'_> = Meter { sku: "Data Archive", names: &["Data Archive"], ..BASIC };

/// Days of retention that ingestion includes.
const INCLUDED_DAYS: i64 = 31;

/// Twelve years, the most that Azure keeps.
const MAX_DAYS: i64 = 4_383;

/// Data taken in at the price of pay-as-you-go. What is free is granted to the billing account once, not to
/// each workspace.
pub(super) fn charge_ingestion(
    bill: &mut Bill<'_>,
    name: &str,
    gb: Range,
    why: Option<String>,
    region: &str,
) {
    let charge = Charge::new(format!("{name}, log ingestion"), "GB", gb).by_usage().assuming(why);
    bill.charge_shared(charge, &INGESTION, region);
}

/// Quantities of a workspace.
#[derive(Debug)]
struct Logs {
    /// Taken in a month.
    gb: Range,
    why: Option<String>,
    /// Days beyond the included ones.
    days: i64,
}

fn read(cx: &Context<'_>, doc: &Document, bill: &Bill<'_>) -> Result<Logs, Gap> {
    let own = bill.usage.of(bill.address, "log_analytics.ingestion_gb");
    let (clusters, why) = managed_cluster::insights_to(cx, doc, bill)?;
    let (mut gb, mut why) = match bill.usage.set(bill.address, "log_analytics.ingestion_gb") {
        Some(all) => (all, None),
        None => (own.quantity + clusters, if clusters.is_zero() { own.assumption } else { why }),
    };
    // -1 is no cap. A cap bounds every figure, not only the highest.
    if let Some(cap) = attributes::decimal(&doc.body, "properties.workspaceCapping.dailyQuotaGb")?
        && !cap.is_sign_negative()
    {
        let most = cap.checked_mul(DAYS).ok_or("dailyQuotaGb is too large")?;
        if gb.high > most {
            gb = gb.map(|v| v.min(most));
            let cap = format!("capped at {} GB a day", cap.normalize());
            why = Some(why.map_or(cap.clone(), |w| format!("{w}; {cap}")));
        }
    }
    let kept = attributes::whole(&doc.body, "properties.retentionInDays", MAX_DAYS)?.unwrap_or(30);
    Ok(Logs { gb, why, days: (kept - INCLUDED_DAYS).max(0) })
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    let sku = attributes::text(&doc.body, "properties.sku.name")?.unwrap_or("PerGB2018").to_ascii_lowercase();
    let Logs { gb, why, days } = read(cx, doc, bill)?;
    match sku.as_str() {
        "pergb2018" => charge_ingestion(bill, "Workspace", gb, why.clone(), region),
        "free" => return Ok(()),
        "capacityreservation" => reserve(doc, bill, gb, why.clone(), region)?,
        other => return Err(format!("workspaces of SKU {other} are not priced")),
    }
    if days > 0 {
        let months = Decimal::from(days).checked_div(DAYS).unwrap_or_default().round_dp(4);
        let name = format!("Retention of {days} more days");
        bill.charge(Charge::new(name, "GB", gb.times(months)).by_usage().assuming(why), &RETENTION, region);
    }
    bill.charge_set("Basic logs, ingestion", "GB", "log_analytics.basic_gb", &BASIC, region);
    bill.charge_set("Archive", "GB", "log_analytics.archived_gb", &ARCHIVE, region);
    Ok(())
}

/// A commitment tier: so many GB a day at a fixed price; what exceeds it costs the same a GB.
fn reserve(
    doc: &Document,
    bill: &mut Bill<'_>,
    gb: Range,
    why: Option<String>,
    region: &str,
) -> Result<(), Gap> {
    let level = attributes::whole(&doc.body, "properties.sku.capacityReservationLevel", 50_000)?
        .ok_or("sku.capacityReservationLevel is not set")?;
    let sku = format!("{level} GB Commitment Tier");
    let names = [format!("{sku} Capacity Reservation")];
    let names = names.each_ref().map(String::as_str);
    let service = "Azure Monitor";
    let scope = Scope::Region;
    let meter = Meter { service, product: service, sku: &sku, names: &names, scope, approximate: false };
    let per_month = Decimal::from(level) * DAYS;
    let times = match per_month.is_zero() {
        true => return Err("sku.capacityReservationLevel is 0".to_owned()),
        false => gb.map(|v| (v / per_month).max(Decimal::ONE).round_dp(4)),
    };
    let why = if times.is_fixed() { None } else { why };
    bill.charge(
        Charge::new(format!("Commitment of {level} GB a day"), "commitment", times).assuming(why),
        &meter,
        region,
    );
    Ok(())
}
