//! Storage accounts, snapshots, and logs of network flows: by the GB that they hold or take in.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use super::disk::MAX_GIB;
use crate::azure::estate::{Document, get};
use crate::azure::regions;

const fn meter<'a>(service: &'a str, product: &'a str, sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    Meter { service, product, sku, names, scope: Scope::Region, approximate: false }
}

/// `standard`, `lrs`: of the document, else of the code, which writes them apart.
fn tier_and_replication(doc: &Document) -> Result<(String, String), Gap> {
    if let Some(name) = attributes::text(&doc.body, "sku.name")? {
        let (tier, replication) = name.split_once('_').ok_or_else(|| format!("sku {name} is not known"))?;
        return Ok((tier.to_ascii_lowercase(), replication.to_ascii_uppercase()));
    }
    let declared = doc.declared.as_ref().ok_or("sku is not set")?;
    let read = |name: &str| match get(&declared.attributes, name) {
        Some(value) if value.is_unknown() => Err(format!("{name} is not known")),
        Some(value) => Ok(value.as_str().unwrap_or_default().to_owned()),
        None => Err(format!("{name} is not set")),
    };
    let (tier, replication) = (read("account_tier")?, read("account_replication_type")?);
    Ok((tier.to_ascii_lowercase(), replication.to_ascii_uppercase()))
}

/// How prices spell a replication.
const REPLICATIONS: &[(&str, &str)] = &[
    ("LRS", "LRS"),
    ("ZRS", "ZRS"),
    ("GRS", "GRS"),
    ("RAGRS", "RA-GRS"),
    ("GZRS", "GZRS"),
    ("RAGZRS", "RA-GZRS"),
];

/// A general purpose account with blobs: what it stores, and operations.
pub(super) fn estimate_account(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let kind = attributes::text(&doc.body, "kind")?.unwrap_or("StorageV2");
    let (tier, replication) = tier_and_replication(doc)?;
    if tier != "standard" || !["StorageV2", "BlobStorage"].iter().any(|k| k.eq_ignore_ascii_case(kind)) {
        return Err(format!("storage accounts of kind {kind} and tier {tier} are not priced"));
    }
    let known = REPLICATIONS.iter().find(|(name, _)| *name == replication);
    let (_, spelt) = known.ok_or_else(|| format!("replication {replication} is not known"))?;
    let access = attributes::text(&doc.body, "properties.accessTier")?.unwrap_or("Hot");
    let access = if access.eq_ignore_ascii_case("Cool") { "Cool" } else { "Hot" };
    let region = cx.region(doc)?;
    let sku = format!("{access} {spelt}");
    let (stored, writes) = (format!("{sku} Data Stored"), format!("{sku} Write Operations"));
    // Reads cost the same for most replications, under one name.
    let reads = [format!("{access} {spelt} Read Operations"), format!("{access} Read Operations")];
    let product = "General Block Blob v2";
    let lines: [(&str, &str, &'static str, &[&str]); 3] = [
        ("Data stored", "GB", "storage_account.stored_gb", &[&stored]),
        ("Write operations", "operations", "storage_account.write_operations", &[&writes]),
        (
            "Read operations",
            "operations",
            "storage_account.read_operations",
            &reads.each_ref().map(String::as_str),
        ),
    ];
    for (name, noun, key, names) in lines {
        bill.charge_usage(name, noun, key, &meter("Storage", product, &sku, names), region);
    }
    Ok(())
}

/// A snapshot of a disk: what the disk holds, at most all of it.
pub(super) fn estimate_snapshot(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let own = attributes::whole(&doc.body, "properties.diskSizeGB", MAX_GIB)?;
    let of_source = || -> Result<Option<i64>, Gap> {
        let source = ["sourceResourceId", "sourceUri"].iter().find_map(|name| {
            let id = doc.str(&format!("properties.creationData.{name}"))?;
            cx.estate.by_id(&crate::azure::id::ResourceId::new(id))
        });
        source.map_or(Ok(None), |disk| attributes::whole(&disk.body, "properties.diskSizeGB", MAX_GIB))
    };
    let gib = match own {
        Some(gib) => gib,
        None => of_source()?.ok_or("disk_size_gb is not set, and the source is not in the estate")?,
    };
    let used = bill.usage.set(bill.address, "snapshot.stored_gb");
    let why = used.is_none().then(|| format!("assumed: all {gib} GiB of the disk are in use"));
    let names = &["Snapshots LRS Snapshots", "LRS Snapshots"];
    let meter = meter("Storage", "Standard HDD Managed Disks", "Snapshots LRS", names);
    let quantity = used.unwrap_or_else(|| Range::new(0, gib, gib));
    bill.charge(Charge::new("Stored", "GB", quantity).by_usage().assuming(why), &meter, cx.region(doc)?);
    Ok(())
}

/// GB of flow logs that are free in a month and subscription.
const FREE_FLOWS: i64 = 5;

const FLOWS: &str = "properties.flowAnalyticsConfiguration.networkWatcherFlowAnalyticsConfiguration";

/// The region of a watcher that Azure made: it has the region's name.
fn watched(log: &Document) -> Option<&'static str> {
    let watcher = log.id.segment("networkWatchers")?.to_ascii_lowercase();
    regions::region(watcher.strip_prefix("networkwatcher_")?).map(|r| r.id)
}

/// A log of network flows, and its analysis.
pub(super) fn estimate_flow_log(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    if attributes::has(&doc.body, "properties.enabled") && !attributes::flag(&doc.body, "properties.enabled")?
    {
        return Ok(());
    }
    let target = doc
        .str("properties.targetResourceId")
        .and_then(|id| cx.estate.by_id(&crate::azure::id::ResourceId::new(id)));
    let region = cx.region(doc).or_else(|gap| target.map_or(Err(gap), |t| cx.region(t)));
    let region = region.or_else(|gap| watched(doc).ok_or(gap));
    // A watcher of another name is in the region of its group, most likely.
    let (region, why) = match region {
        Ok(region) => (region, None),
        Err(gap) => {
            let group = cx.group(doc).ok_or(gap)?;
            (cx.region(group)?, Some("its watcher's region is not known: that of its group".to_owned()))
        }
    };
    let used = bill.usage.of(bill.address, "flow_log.collected_gb");
    let service = "Network Watcher";
    let collected = meter(service, service, "Standard", &["Standard Network Logs Collected"]);
    let charge = Charge::new("Logs collected", "GB", used.quantity).by_usage();
    let charge = charge.assuming(used.assumption.clone()).assuming(why);
    bill.charge_granted(charge, &collected, region, FREE_FLOWS.into());
    if attributes::flag(&doc.body, &format!("{FLOWS}.enabled"))? {
        let minutes =
            attributes::whole(&doc.body, &format!("{FLOWS}.trafficAnalyticsInterval"), 60)?.unwrap_or(60);
        let names: &[&str] = match minutes {
            10 => &["Traffic Analytics Data Processed at 10-minute interval"],
            _ => &["Traffic Analytics Data Processed at 60-minute interval"],
        };
        let analysed = meter(service, "Traffic Analytics", "Standard", names);
        let name = format!("Traffic analytics every {minutes} minutes");
        bill.charge(
            Charge::new(name, "GB", used.quantity).by_usage().assuming(used.assumption),
            &analysed,
            region,
        );
    }
    Ok(())
}
