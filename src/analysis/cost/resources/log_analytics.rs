//! Log Analytics workspaces: what they take in, and what they keep beyond the included month.

use super::super::amount::{self, DAYS, Range};
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::{Context, managed_cluster, monitor};
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::azure::types;
use rust_decimal::Decimal;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

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
const BASIC_SEARCH: Meter<'_> = Meter { sku: "Search Queries", names: &["Search Queries Scanned"], ..BASIC };
const EXPORT: Meter<'_> =
    Meter { sku: "Log Analytics data export", names: &["Log Analytics data export Data Exported"], ..BASIC };
const ARCHIVE: Meter<'_> = Meter { sku: "Data Archive", names: &["Data Archive"], ..BASIC };
const ARCHIVE_SEARCH: Meter<'_> = Meter { sku: "Search Jobs", names: &["Search Jobs Scanned"], ..BASIC };
const RESTORE: Meter<'_> = Meter { sku: "Data Restore", names: &["Data Restore"], ..BASIC };

/// Parts of a workspace that only the usage file knows: name, unit, key, meter.
const BY_FILE: &[(&str, &str, &str, Meter<'_>)] = &[
    ("Data export", "GB", "log_analytics.exported_gb", EXPORT),
    ("Basic logs, ingestion", "GB", "log_analytics.basic_gb", BASIC),
    ("Basic logs, search", "GB", "log_analytics.basic_searched_gb", BASIC_SEARCH),
    ("Archive", "GB", "log_analytics.archived_gb", ARCHIVE),
    ("Archive, search", "GB", "log_analytics.searched_gb", ARCHIVE_SEARCH),
];

/// Days of retention that ingestion includes, and those of a workspace with Sentinel.
const INCLUDED_DAYS: i64 = 31;
const INCLUDED_DAYS_OF_SENTINEL: i64 = 90;

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

/// Bytes of a GB of logs.
const GB: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Less of a day than this, in seconds, says nothing of the whole.
const LEAST_SEEN: i64 = 3_600;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// What each workspace of a live estate takes in, in bytes a day, by its id: Azure counts from one reset to
/// the next, a day later.
pub(in crate::analysis::cost) fn live_ingestion(live: &Estate) -> impl Iterator<Item = (String, i64)> {
    let time = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let taken = live.captured_at.as_deref().and_then(time);
    live.of_type(types::WORKSPACE_USAGE).filter_map(move |usage| {
        let daily = usage.str("quotaPeriod") == Some("P1D") && usage.str("unit") == Some("Bytes");
        let left = (usage.str("nextResetTime").and_then(time)? - taken?).whole_seconds();
        let seen = DAY.checked_sub(left)?;
        if !daily || usage.name() != "DataAnalyzed" || !(LEAST_SEEN..=DAY).contains(&seen) {
            return None;
        }
        let bytes = usage.get("currentValue")?.as_number()?.to_f64();
        let a_day = (bytes.max(0.0) * DAY as f64 / seen as f64).round();
        Some((usage.id.parent()?.key(), a_day as i64))
    })
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
    if let (Some(bytes), None) =
        (cx.observed(doc), bill.usage.set(bill.address, "log_analytics.ingestion_gb"))
    {
        let day = Decimal::from(bytes).checked_div(GB).unwrap_or_default().round_dp(4);
        let now = day.saturating_mul(DAYS);
        gb = Range { low: gb.low.min(now), expected: now, high: gb.high.max(now) };
        why = Some(format!("Azure has it now: {} GB a day", amount::text(day)));
    }
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
    let included = if has_sentinel(cx, doc) { INCLUDED_DAYS_OF_SENTINEL } else { INCLUDED_DAYS };
    Ok(Logs { gb, why, days: (kept - included).max(0) })
}

/// True where a solution of the estate makes it a workspace of Sentinel.
fn has_sentinel(cx: &Context<'_>, workspace: &Document) -> bool {
    let of_it = |d: &Document| {
        monitor::is_sentinel(d)
            && d.str("properties.workspaceResourceId").is_some_and(|id| ResourceId::new(id) == workspace.id)
    };
    cx.estate.of_type("Microsoft.OperationsManagement/solutions").any(of_it)
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
    let retained = "log_analytics.retained_gb";
    if bill.usage.set(bill.address, retained).is_some() {
        bill.charge_usage(format!("Retention of {days} more days"), "GB", retained, &RETENTION, region);
    } else if days > 0 {
        let months = Decimal::from(days).checked_div(DAYS).unwrap_or_default().round_dp(4);
        let name = format!("Retention of {days} more days");
        bill.charge(Charge::new(name, "GB", gb.times(months)).by_usage().assuming(why), &RETENTION, region);
    }
    for (name, noun, key, meter) in BY_FILE {
        bill.charge_set(*name, noun, key, meter, region);
    }
    if let Some(restored) = bill.usage.set(bill.address, "log_analytics.restored_gb_days") {
        let day = Range::fixed(24);
        bill.charge(
            Charge::new("Archive, restored", "GB", restored).by_usage().for_hours(day),
            &RESTORE,
            region,
        );
    }
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
