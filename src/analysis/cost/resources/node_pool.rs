//! Node pools of AKS: machines and their OS disks, over the range of the autoscaler.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge};
use super::disk::{self, Disks, Kind, MAX_GIB};
use super::machine::{Machines, spot_limit};
use super::{Context, managed_cluster, public_ip};
use crate::azure::estate::Document;
use crate::azure::sku;
use crate::azure::types;

pub(in crate::analysis::cost) const TYPE: &str = types::POOL;

/// No cluster has more nodes.
const MAX_NODES: i64 = 5_000;

/// What a pool consists of.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis::cost) struct Pool<'a> {
    /// The machines.
    pub machines: Machines<'a>,
    /// Their OS disks; none when ephemeral. An error is why their tier is not known.
    pub disks: Option<Result<Disks, Gap>>,
    /// Why the disks are what they are.
    disk_reason: Option<String>,
    /// Why the count is what it is, where the code seems to say another.
    count_reason: Option<String>,
    /// Each node has a public address of its own that no prefix pays for.
    public_ips: bool,
    /// Nodes may have Ultra Disks.
    ultra: bool,
}

/// How many nodes a pool has: what is declared, or the range of its autoscaler. With a count, that is
/// expected, within the range; without one what Azure has now, else the least.
pub(in crate::analysis::cost) fn nodes(cx: &Context<'_>, doc: &Document) -> Result<Range, Gap> {
    attributes::countable(doc)?;
    let number = |name: &str| attributes::whole(&doc.body, &format!("properties.{name}"), MAX_NODES);
    if attributes::text(&doc.body, "properties.powerState.code")?
        .is_some_and(|s| s.eq_ignore_ascii_case("stopped"))
    {
        return Ok(Range::default());
    }
    let count = number("count");
    if !attributes::flag(&doc.body, "properties.enableAutoScaling")? {
        return Ok(Range::fixed(count?.unwrap_or(1)));
    }
    let low = number("minCount")?.ok_or("minCount is not set, though the pool scales by itself")?;
    let high = number("maxCount")?.ok_or("maxCount is not set, though the pool scales by itself")?;
    if low > high {
        return Err(format!("minCount {low} is greater than maxCount {high}"));
    }
    // A count that is not known yet leaves the range as it is.
    let (count, now) = (count.unwrap_or(None), cx.observed(doc));
    let count = if is_count_ignored(doc) { now.or(count) } else { count.or(now) };
    let expected = count.map_or(low, |c| c.clamp(low, high));
    Ok(Range::new(low, expected, high))
}

/// A least count that nothing looks at: it holds for an autoscaler, and the pool has none. azurerm refuses
/// it at apply.
fn unused_least(doc: &Document) -> Option<String> {
    let has = |name: &str| attributes::has(&doc.body, &format!("properties.{name}"));
    let scales = !matches!(attributes::flag(&doc.body, "properties.enableAutoScaling"), Ok(false));
    let why = "min_count has no effect: the pool does not scale by itself";
    (!scales && has("minCount")).then(|| why.to_owned())
}

/// True when the code leaves the count to the autoscaler after the first apply.
fn is_count_ignored(doc: &Document) -> bool {
    doc.declared.as_ref().is_some_and(|d| {
        let lifecycle = &d.instance.lifecycle;
        lifecycle.ignore_all || lifecycle.ignore_changes.iter().any(|path| path.ends_with("node_count"))
    })
}

impl<'a> Pool<'a> {
    /// Reads a pool's quantities.
    pub(in crate::analysis::cost) fn read(
        cx: &Context<'_>,
        doc: &'a Document,
        bill: &Bill<'_>,
    ) -> Result<Pool<'a>, Gap> {
        let body = &doc.body;
        if attributes::text(body, "properties.type")?
            .is_some_and(|t| t.eq_ignore_ascii_case("VirtualMachines"))
        {
            return Err("pools of type VirtualMachines mix sizes: not priced".to_owned());
        }
        let size = attributes::required(body, "properties.vmSize")?;
        let mut count = nodes(cx, doc)?;
        if let Some(set) = bill.usage.set(bill.address, "node_pool.nodes") {
            count = set;
        }
        let os = attributes::text(body, "properties.osType")?.unwrap_or("Linux");
        let os_sku = attributes::text(body, "properties.osSKU")?.unwrap_or_default();
        let windows =
            os.eq_ignore_ascii_case("Windows") || os_sku.to_ascii_lowercase().starts_with("windows");
        let cluster = cx.parent(doc);
        let licence = match cluster {
            Some(c) if windows => attributes::text(&c.body, "properties.windowsProfile.licenseType")?,
            _ => None,
        };
        // Azure Hybrid Benefit is the Linux price.
        let windows = windows && !licence.is_some_and(|l| l.eq_ignore_ascii_case("Windows_Server"));
        let priority = attributes::text(body, "properties.scaleSetPriority")?.unwrap_or("Regular");
        let spot = match priority.to_ascii_lowercase().as_str() {
            "spot" => Some(spot_limit(attributes::decimal(body, "properties.spotMaxPrice")?)),
            _ => None,
        };
        let hours = bill.usage.of(bill.address, "node_pool.hours").quantity;
        let (disks, disk_reason) = disks(doc, size, count);
        let public_ips = attributes::flag(body, "properties.enableNodePublicIP")?
            && !attributes::has(body, "properties.nodePublicIPPrefixID");
        let machines = Machines { size, noun: "node", count, hours, windows, spot };
        let count_reason = unused_least(doc);
        let ultra = attributes::flag(body, "properties.enableUltraSSD")?;
        Ok(Pool { machines, disks, disk_reason, count_reason, public_ips, ultra })
    }
}

/// The OS disks of a pool and, when their size is AKS' choice, the reason.
fn disks(doc: &Document, size: &str, count: Range) -> (Option<Result<Disks, Gap>>, Option<String>) {
    let read = || -> Result<(Option<Disks>, Option<String>), Gap> {
        let kind = attributes::text(&doc.body, "properties.osDiskType")?.unwrap_or("Managed");
        if kind.eq_ignore_ascii_case("Ephemeral") {
            return Ok((None, None));
        }
        let known = sku::vm_size(size);
        let set = attributes::whole(&doc.body, "properties.osDiskSizeGB", MAX_GIB)?.filter(|gib| *gib > 0);
        let (gib, reason) = match set {
            Some(gib) => (gib, None),
            None => {
                let vcpus = known
                    .as_ref()
                    .and_then(|s| s.vcpus)
                    .ok_or_else(|| format!("{size} is not a known size"))?;
                let gib = sku::default_os_disk_gib(vcpus);
                (gib, Some(format!("size not set: AKS takes {gib} GiB for {vcpus} vCPUs")))
            }
        };
        let premium = known.as_ref().map(|s| s.premium_io);
        let kind = match premium.unwrap_or_else(|| premium_by_name(size)) {
            true => Kind::Premium,
            false => Kind::StandardHdd,
        };
        let reason = match (premium, reason) {
            (None, _) => Some(format!("{size} is not a known size: {} by its name", kind.name())),
            (_, r) => r,
        };
        Ok((Some(Disks { kind, gib, zone_redundant: false, count }), reason))
    };
    match read() {
        Ok((disks, reason)) => (disks.map(Ok), reason),
        Err(gap) => (Some(Err(gap)), None),
    }
}

/// By the naming of sizes: an `s` after the digits, or the old DS, GS and M families.
fn premium_by_name(size: &str) -> bool {
    let name = size.to_ascii_lowercase();
    let name = name.strip_prefix("standard_").unwrap_or(&name);
    let family: String = name.chars().take_while(char::is_ascii_alphabetic).collect();
    let features: String = name
        .chars()
        .skip(family.len())
        .skip_while(|c| !c.is_ascii_alphabetic())
        .take_while(|c| *c != '_')
        .collect();
    features.contains('s') || matches!(family.as_str(), "ds" | "gs" | "m" | "fs")
}

/// A pool as a document of its own; the default pool is one, too.
pub(in crate::analysis::cost) fn estimate(
    cx: &Context<'_>,
    doc: &Document,
    bill: &mut Bill<'_>,
) -> Result<(), Gap> {
    if cx.parent(doc).is_some_and(managed_cluster::is_stopped) {
        return Ok(());
    }
    let label = format!("Node pool {}", doc.name());
    let pool = Pool::read(cx, doc, bill).map_err(|gap| format!("{label}: {gap}"))?;
    let region = cx.region(doc).map_err(|gap| format!("{label}: {gap}"))?;
    pool.charge(bill, &label, region);
    if cx.parent(doc).is_some_and(|c| managed_cluster::is_automatic(c).unwrap_or(false)) {
        pool.charge_automatic(bill, &label, region);
    }
    Ok(())
}

impl Pool<'_> {
    /// What AKS Automatic adds to the machines.
    fn charge_automatic(&self, bill: &mut Bill<'_>, label: &str, region: &str) {
        let (name, size) = (format!("{label}: vCPUs in AKS Automatic"), self.machines.size);
        match sku::vm_size(size).and_then(|s| s.vcpus) {
            Some(vcpus) => {
                let charge = Charge::new(name, "vCPU", self.machines.count.times(vcpus.into()));
                let charge = charge.for_hours(self.machines.hours);
                bill.charge(charge, &managed_cluster::automatic_vcpu(size), region);
            }
            None => bill.gap(&name, format!("{size} is not a known size")),
        }
    }

    fn charge(&self, bill: &mut Bill<'_>, label: &str, region: &str) {
        let m = &self.machines;
        let kind = match (m.windows, m.spot.is_some()) {
            (true, true) => "Windows Spot nodes",
            (true, false) => "Windows nodes",
            (false, true) => "Spot nodes",
            (false, false) => "nodes",
        };
        let before = bill.components.len();
        m.charge(bill, format!("{label}: {} {kind}", m.size), region);
        for component in bill.components.iter_mut().skip(before) {
            let why = component.assumption.take().into_iter().chain(self.count_reason.clone());
            let why: Vec<String> = why.collect();
            component.assumption = (!why.is_empty()).then(|| why.join("; "));
        }
        let disk_label = format!("{label}: OS disks");
        match &self.disks {
            Some(Ok(disks)) => disks.charge(bill, &disk_label, region, self.disk_reason.clone()),
            Some(Err(gap)) => bill.gap(&disk_label, gap),
            None => {}
        }
        if self.ultra {
            let name = format!("{label}: Ultra Disk reservation");
            disk::charge_ultra_reservation(bill, name, m.size, (m.count, m.hours), region);
        }
        if self.public_ips {
            public_ip::charge_standard(
                bill,
                format!("{label}: public IP addresses of nodes"),
                m.count,
                region,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn premium_storage_by_name() {
        for (size, premium) in [
            ("Standard_D4s_v5", true),
            ("Standard_DS2_v2", true),
            ("Standard_D2_v2", false),
            ("Standard_B2ms", true),
            ("Standard_D4ads_v5", true),
            ("Standard_D4a_v4", false),
            ("Standard_E16-8s_v5", true),
            ("Standard_M128", true),
            ("Standard_A2_v2", false),
        ] {
            assert_eq!(premium_by_name(size), premium, "{size}");
        }
    }
}
