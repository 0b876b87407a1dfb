//! Managed disks: the OS disks of nodes, and disks by themselves. A disk is charged as the smallest tier
//! that holds it.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

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
        let product = match self.kind {
            Kind::Premium => "Premium SSD Managed Disks",
            Kind::StandardSsd => "Standard SSD Managed Disks",
            Kind::StandardHdd => "Standard HDD Managed Disks",
        };
        let sku = format!("{tier} {}", if self.zone_redundant { "ZRS" } else { "LRS" });
        let names = [format!("{sku} Disk")];
        let names = names.each_ref().map(String::as_str);
        let meter = Meter {
            service: "Storage",
            product,
            sku: &sku,
            names: &names,
            scope: Scope::Region,
            approximate: true,
        };
        bill.charge(Charge::new(format!("{name}, {sku}"), "disk", self.count).assuming(why), &meter, region);
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

/// A managed disk by itself.
pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let sku = attributes::sku(doc)?.ok_or("sku.name is not set")?;
    let (_, kind, zone_redundant) = *SKUS.iter().find(|(name, ..)| *name == sku).ok_or_else(|| {
        format!("disks of SKU {sku} are charged by capacity, IOPS and throughput: not priced")
    })?;
    let gib =
        attributes::whole(&doc.body, "properties.diskSizeGB", MAX_GIB)?.ok_or("diskSizeGB is not set")?;
    let disks = Disks { kind, gib, zone_redundant, count: Range::fixed(1) };
    disks.charge(bill, "Disk", cx.region(doc)?, None);
    if kind != Kind::Premium {
        bill.gap("Disk operations", "charged by use, not estimated");
    }
    Ok(())
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
