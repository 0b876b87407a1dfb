//! Container registries: by the day and SKU, for each replica once more, and storage beyond what the
//! SKU includes.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use rust_decimal::Decimal;

const SERVICE: &str = "Container Registry";

/// A replica of a registry.
pub(in crate::analysis::cost) const REPLICATION: &str = "Microsoft.ContainerRegistry/registries/replications";

/// A day of a Premium registry.
pub(in crate::analysis::cost) const PREMIUM: Meter<'_> = unit("Premium", &["Premium Registry Unit"]);
/// A day of a Standard registry.
pub(in crate::analysis::cost) const STANDARD: Meter<'_> = unit("Standard", &["Standard Registry Unit"]);

/// SKUs: name in lower case, as prices spell it, meter, and the GB of storage that it includes.
const SKUS: &[(&str, &str, &[&str], i64)] = &[
    ("basic", "Basic", &["Basic Registry Unit"], 10),
    ("standard", "Standard", &["Standard Registry Unit"], 100),
    ("premium", "Premium", &["Premium Registry Unit"], 500),
];

const STORAGE: Meter<'_> = Meter {
    service: SERVICE,
    product: SERVICE,
    sku: "",
    names: &["Data Stored"],
    scope: Scope::Region,
    approximate: true,
};

const TASKS: Meter<'_> = Meter { names: &["Task vCPU Duration"], ..STORAGE };

const fn unit(sku: &'static str, names: &'static [&'static str]) -> Meter<'static> {
    Meter { service: SERVICE, product: SERVICE, sku, names, scope: Scope::Region, approximate: true }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let sku = attributes::sku(doc)?.ok_or("sku is not set")?;
    let (_, sku, names, included) = *SKUS
        .iter()
        .find(|(name, ..)| *name == sku)
        .ok_or_else(|| format!("sku {sku} is none of Basic, Standard, Premium"))?;
    let region = cx.region(doc)?;
    bill.charge(
        Charge::new(format!("Registry, {sku}"), "registry", Range::fixed(1)),
        &unit(sku, names),
        region,
    );
    let stored = bill.usage.of(bill.address, "registry.storage_gb");
    let over = stored.quantity.map(|gb| (gb - Decimal::from(included)).max(Decimal::ZERO));
    let name = format!("Storage beyond the included {included} GB");
    bill.charge(Charge::new(name, "GB", over).by_usage().assuming(stored.assumption), &STORAGE, region);
    bill.charge_set("Tasks, vCPU time", "vCPU-second", "registry.task_vcpu_seconds", &TASKS, region);
    Ok(())
}

/// A replica: a Premium registry once more. Azure lists the home region as a replica, too.
pub(super) fn estimate_replication(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    if cx.parent(doc).is_some_and(|home| cx.region(home).is_ok_and(|r| r == region)) {
        return Ok(());
    }
    let charge = Charge::new(format!("Replica in {region}"), "registry", Range::fixed(1));
    bill.charge(charge, &PREMIUM, region);
    Ok(())
}
