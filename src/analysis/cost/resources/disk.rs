//! Managed disks: the OS disks of nodes, and disks by themselves. A disk is charged as the smallest tier
//! that holds it.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::sku;

/// The families of managed disks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis::cost) enum Kind {
    /// Premium SSD
    Premium,
    /// Standard SSD
    StandardSsd,
    /// Standard HDD
    StandardHdd,
}

impl Kind {
    /// Its name in prose.
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Premium => "Premium SSD",
            Kind::StandardSsd => "Standard SSD",
            Kind::StandardHdd => "Standard HDD",
        }
    }

    /// The product of its prices.
    fn product(self) -> &'static str {
        match self {
            Kind::Premium => "Premium SSD Managed Disks",
            Kind::StandardSsd => "Standard SSD Managed Disks",
            Kind::StandardHdd => "Standard HDD Managed Disks",
        }
    }
}

/// Tier numbers and the largest size in GiB of each (Microsoft's table of managed disk sizes).
const TIERS: &[(u32, i64)] = &[
    (1, 4),
    (2, 8),
    (3, 16),
    (4, 32),
    (6, 64),
    (10, 128),
    (15, 256),
    (20, 512),
    (30, 1024),
    (40, 2048),
    (50, 4096),
    (60, 8192),
    (70, 16384),
    (80, 32767),
];

/// The least tier of Standard HDD; the other families begin with tier 1.
const FIRST_HDD: u32 = 4;

/// The largest managed disk in GiB.
pub(super) const MAX_GIB: i64 = 32_767;

/// So many disks of one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis::cost) struct Disks {
    pub kind: Kind,
    pub gib: i64,
    pub zone_redundant: bool,
    pub count: Range,
}

impl Disks {
    /// The number of its tier: 10 for 128 GiB.
    fn tier(&self) -> Option<u32> {
        let first = if self.kind == Kind::StandardHdd { FIRST_HDD } else { 0 };
        TIERS.iter().find(|(tier, most)| *tier >= first && self.gib <= *most).map(|(tier, _)| *tier)
    }

    /// `P10`
    pub(in crate::analysis::cost) fn tier_name(&self) -> Option<String> {
        let letter = match self.kind {
            Kind::Premium => 'P',
            Kind::StandardSsd => 'E',
            Kind::StandardHdd => 'S',
        };
        self.tier().map(|tier| format!("{letter}{tier}"))
    }

    /// Adds the disks to a bill.
    pub(in crate::analysis::cost) fn charge(
        &self,
        bill: &mut Bill<'_>,
        name: &str,
        region: &str,
        why: Option<String>,
    ) {
        let Some(tier) = self.tier_name() else {
            bill.gap(name, format!("there is no managed disk of {} GiB", self.gib));
            return;
        };
        let sku = format!("{tier} {}", if self.zone_redundant { "ZRS" } else { "LRS" });
        let names = [format!("{sku} Disk")];
        let names = names.each_ref().map(String::as_str);
        let meter = Meter {
            service: "Storage",
            product: self.kind.product(),
            sku: &sku,
            names: &names,
            scope: Scope::Region,
            approximate: false,
        };
        bill.charge(Charge::new(format!("{name}, {sku}"), "disk", self.count).assuming(why), &meter, region);
    }
}

impl Disks {
    /// Reads and writes of these disks in all, where their kind charges for them: by the usage file, and
    /// where `always` with its default.
    pub(super) fn charge_operations(
        &self,
        bill: &mut Bill<'_>,
        name: &str,
        key: &'static str,
        region: &str,
        always: bool,
    ) {
        let Some(tier) = self.tier_name().filter(|_| self.kind != Kind::Premium) else { return };
        let sku = format!("{tier} {}", if self.zone_redundant { "ZRS" } else { "LRS" });
        let names = [format!("{sku} Disk Operations")];
        let names = names.each_ref().map(String::as_str);
        let meter = Meter {
            service: "Storage",
            product: self.kind.product(),
            sku: &sku,
            names: &names,
            scope: Scope::Region,
            approximate: true,
        };
        if always || bill.usage.set(bill.address, key).is_some() {
            bill.charge_usage(name, "operations", key, &meter, region);
        }
    }
}

/// SKU names of managed disks.
const SKUS: &[(&str, Kind, bool)] = &[
    ("premium_lrs", Kind::Premium, false),
    ("premium_zrs", Kind::Premium, true),
    ("standardssd_lrs", Kind::StandardSsd, false),
    ("standardssd_zrs", Kind::StandardSsd, true),
    ("standard_lrs", Kind::StandardHdd, false),
];

/// The family of a SKU name, and whether it is zone redundant.
pub(super) fn kind_of(sku: &str) -> Option<(Kind, bool)> {
    let found = SKUS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(sku));
    found.map(|(_, kind, zone_redundant)| (*kind, *zone_redundant))
}

/// Disks that are charged by what is provisioned: GiB, IOPS, and MB/s by the hour.
struct Provisioned {
    /// In lower case.
    sku_name: &'static str,
    /// In prose.
    name: &'static str,
    product: &'static str,
    price_sku: &'static str,
    /// Meters of capacity, IOPS and throughput.
    meters: [&'static [&'static str]; 3],
    /// IOPS and MB/s that capacity includes.
    included: [i64; 2],
    /// Sizes in GiB that are charged, the next larger one of what is set; none: any.
    steps: &'static [i64],
}

const PROVISIONED: &[Provisioned] = &[
    Provisioned {
        sku_name: "premiumv2_lrs",
        name: "Premium SSD v2",
        product: "Azure Premium SSD v2",
        price_sku: "Premium LRS",
        meters: [
            &["Premium LRS Provisioned Capacity"],
            &["Premium LRS Provisioned IOPS"],
            &["Premium LRS Provisioned Throughput (MBps)"],
        ],
        included: [3_000, 125],
        steps: &[],
    },
    Provisioned {
        sku_name: "ultrassd_lrs",
        name: "Ultra Disk",
        product: "Ultra Disks",
        price_sku: "Ultra LRS",
        meters: [
            &["Ultra LRS Provisioned Capacity"],
            &["Ultra LRS Provisioned IOPS"],
            &["Ultra LRS Provisioned Throughput (MBps)"],
        ],
        included: [0, 0],
        steps: &[4, 8, 16, 32, 64, 128, 256, 512],
    },
];

/// A vCPU of a machine that may have Ultra Disks and has none.
const ULTRA_RESERVATION: Meter<'_> = Meter {
    service: "Storage",
    product: "Ultra Disks",
    sku: "Ultra LRS",
    names: &["Ultra LRS Reservation per vCPU Provisioned"],
    scope: Scope::Region,
    approximate: true,
};

/// What machines that may have Ultra Disks pay for each vCPU while none is attached: at the most all the time.
pub(super) fn charge_ultra_reservation(
    bill: &mut Bill<'_>,
    name: String,
    size: &str,
    (count, hours): (Range, Range),
    region: &str,
) {
    match sku::vm_size(size).and_then(|s| s.vcpus) {
        Some(vcpus) => {
            let most = count.times(vcpus.into()).high;
            let why =
                "assumed: an Ultra Disk is attached to each machine; while none is, its vCPUs are charged";
            let charge = Charge::new(name, "vCPU", Range::new(0, 0, most)).by_usage().for_hours(hours);
            bill.charge(charge.assuming(why.to_owned()), &ULTRA_RESERVATION, region);
        }
        None => bill.gap(&name, format!("{size} is not a known size")),
    }
}

/// Ultra Disks beyond the last step are charged in steps of this many GiB.
const ULTRA_STEP: i64 = 1_024;

impl Provisioned {
    /// The size that is charged.
    fn charged(&self, gib: i64) -> i64 {
        match self.steps {
            [] => gib,
            steps => steps
                .iter()
                .find(|s| gib <= **s)
                .copied()
                .unwrap_or((gib + ULTRA_STEP - 1) / ULTRA_STEP * ULTRA_STEP),
        }
    }

    fn estimate(&self, cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
        let region = cx.region(doc)?;
        let number = |path: &str| attributes::whole(&doc.body, &format!("properties.{path}"), 1_000_000);
        let gib = number("diskSizeGB")?.ok_or("diskSizeGB is not set")?;
        let line = |bill: &mut Bill<'_>, name: String, noun: &str, count: i64, names: &[&str]| {
            let meter = Meter {
                service: "Storage",
                product: self.product,
                sku: self.price_sku,
                names,
                scope: Scope::Region,
                approximate: false,
            };
            bill.charge_flat(Charge::new(name, noun, Range::fixed(count)), &meter, region);
        };
        let [capacity, iops, throughput] = self.meters;
        line(bill, format!("{}, capacity", self.name), "GiB", self.charged(gib), capacity);
        let [free_iops, free_mbps] = self.included;
        for (path, name, noun, free, names) in [
            ("diskIOPSReadWrite", "IOPS", "IOPS", free_iops, iops),
            ("diskMBpsReadWrite", "throughput", "MB/s", free_mbps, throughput),
        ] {
            match number(path)? {
                Some(n) if n > free => {
                    let beyond = if free > 0 { format!(" beyond {free}") } else { String::new() };
                    line(bill, format!("{}, {name}{beyond}", self.name), noun, n - free, names);
                }
                Some(_) => {}
                // What capacity includes is what there is.
                None if free > 0 => {}
                None => bill.gap(&format!("{}, {name}", self.name), format!("{path} is not set")),
            }
        }
        Ok(())
    }
}

/// A managed disk by itself.
pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let name = attributes::sku(doc)?.ok_or("sku.name is not set")?;
    if let Some(provisioned) = PROVISIONED.iter().find(|p| p.sku_name == name) {
        return provisioned.estimate(cx, doc, bill);
    }
    let (kind, zone_redundant) =
        kind_of(&name).ok_or_else(|| format!("disks of SKU {name} are not known"))?;
    let (gib, why) = size(cx, doc)?;
    let disks = Disks { kind, gib, zone_redundant, count: Range::fixed(1) };
    let region = cx.region(doc)?;
    disks.charge(bill, "Disk", region, why);
    disks.charge_operations(bill, "Disk operations", "disk.operations", region, true);
    Ok(())
}

/// The size of a disk in GiB: its own, else that of the disk or snapshot that it is a copy of.
fn size(cx: &Context<'_>, doc: &Document) -> Result<(i64, Option<String>), Gap> {
    let of = |doc: &Document| attributes::whole(&doc.body, "properties.diskSizeGB", MAX_GIB);
    if let Some(gib) = of(doc)? {
        return Ok((gib, None));
    }
    let source = attributes::text(&doc.body, "properties.creationData.sourceResourceId")?;
    let source = source.and_then(|id| cx.estate.by_id(&ResourceId::new(id)));
    match source.map(of).transpose()?.flatten() {
        Some(gib) => Ok((gib, Some(format!("size not set: the {gib} GiB of its source")))),
        None => {
            Err("diskSizeGB is not set: only an image or a source outside of this code knows it".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_tier_that_holds_it() {
        for (kind, gib, tier) in [
            (Kind::Premium, 1, Some("P1")),
            (Kind::Premium, 30, Some("P4")),
            (Kind::Premium, 32, Some("P4")),
            (Kind::Premium, 33, Some("P6")),
            (Kind::Premium, 128, Some("P10")),
            (Kind::Premium, 129, Some("P15")),
            (Kind::StandardHdd, 4, Some("S4")),
            (Kind::StandardSsd, 4, Some("E1")),
            (Kind::Premium, 32_767, Some("P80")),
            (Kind::Premium, 32_768, None),
        ] {
            let disks = Disks { kind, gib, zone_redundant: false, count: Range::fixed(1) };
            assert_eq!(disks.tier_name().as_deref(), tier, "{kind:?} {gib}");
        }
    }
}
