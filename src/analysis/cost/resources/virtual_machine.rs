//! Virtual machines and scale sets by themselves: hours, and their disks.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::Bill;
use super::Context;
use super::disk::{self, Disks, MAX_GIB};
use super::machine::{Machines, spot_limit};
use crate::azure::estate::Document;
use crate::azure::sku;
use crate::terraform::value::Value;

/// A scale set has at most so many instances.
const MAX_INSTANCES: i64 = 1_000;

/// The disk of an image when its size is not set, in GiB: Linux, Windows.
const IMAGE_DISK: [i64; 2] = [30, 127];

/// True for a machine with Windows: by its Terraform type, else by what its document says.
fn is_windows(doc: &Document, body: &Value) -> Result<bool, Gap> {
    match doc.declared.as_ref().map(|d| &*d.address.type_name) {
        Some("azurerm_windows_virtual_machine" | "azurerm_windows_virtual_machine_scale_set") => {
            return Ok(true);
        }
        Some("azurerm_linux_virtual_machine" | "azurerm_linux_virtual_machine_scale_set") => {
            return Ok(false);
        }
        _ => {}
    }
    let os = attributes::text(body, "storageProfile.osDisk.osType")?;
    Ok(os.is_some_and(|os| os.eq_ignore_ascii_case("Windows"))
        || attributes::has(body, "osProfile.windowsConfiguration"))
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let size = attributes::required(&doc.body, "properties.hardwareProfile.vmSize")?;
    let stopped = attributes::text(&doc.body, "properties.extended.instanceView.powerState.code")?
        .is_some_and(|s| s.eq_ignore_ascii_case("PowerState/deallocated"));
    let hours = if stopped {
        Range::default()
    } else {
        bill.usage.of(bill.address, "virtual_machine.hours").quantity
    };
    charge(cx, doc, bill, "properties", size, (Range::fixed(1), hours))
}

pub(super) fn estimate_scale_set(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    // One of flexible orchestration without a size holds machines that are declared by themselves.
    let Some(size) = attributes::text(&doc.body, "sku.name")? else { return Ok(()) };
    if size.eq_ignore_ascii_case("Mix") {
        return Err("scale sets that mix sizes are not priced".to_owned());
    }
    let set = bill.usage.set(bill.address, "virtual_machine.instances");
    let count = match attributes::whole(&doc.body, "sku.capacity", MAX_INSTANCES)? {
        _ if set.is_some() => set.unwrap_or_default(),
        Some(count) => Range::fixed(count),
        None => return Err("its number of instances is not set".to_owned()),
    };
    let hours = bill.usage.of(bill.address, "virtual_machine.hours").quantity;
    charge(cx, doc, bill, "properties.virtualMachineProfile", size, (count, hours))
}

fn charge(
    cx: &Context<'_>,
    doc: &Document,
    bill: &mut Bill<'_>,
    profile: &str,
    size: &str,
    (count, hours): (Range, Range),
) -> Result<(), Gap> {
    let none = Value::null();
    let body = crate::azure::estate::get(&doc.body, profile).unwrap_or(&none);
    let region = cx.region(doc)?;
    let licence = attributes::text(body, "licenseType")?.unwrap_or_default();
    // Azure Hybrid Benefit is the Linux price.
    let own = ["Windows_Server", "Windows_Client"].iter().any(|l| l.eq_ignore_ascii_case(licence));
    let is_windows = is_windows(doc, body)?;
    let spot = match attributes::text(body, "priority")?.unwrap_or("Regular").to_ascii_lowercase().as_str() {
        "spot" | "low" => Some(spot_limit(attributes::decimal(body, "billingProfile.maxPrice")?)),
        _ => None,
    };
    let windows = is_windows && !own;
    let kind = match (windows, spot.is_some()) {
        (true, true) => "Windows Spot machine",
        (true, false) => "Windows machine",
        (false, true) => "Spot machine",
        (false, false) => "machine",
    };
    let machines = Machines { size, noun: "machine", count, hours, windows, spot };
    machines.charge(bill, format!("{size} {kind}"), region);
    let ultra = data_disks(bill, body, count, region);
    if attributes::flag(&doc.body, "properties.additionalCapabilities.ultraSSDEnabled")? && !ultra {
        let name = "Ultra Disk reservation".to_owned();
        disk::charge_ultra_reservation(bill, name, size, (count, hours), region);
    }
    let os = "storageProfile.osDisk";
    if attributes::has(body, &format!("{os}.diffDiskSettings.option")) {
        return Ok(());
    }
    let set = attributes::whole(body, &format!("{os}.diskSizeGB"), MAX_GIB)?.filter(|gib| *gib > 0);
    let gib = set.unwrap_or(IMAGE_DISK[usize::from(is_windows)]);
    let why = set.is_none().then(|| format!("size not set: {gib} GiB, as most images have"));
    let sku = attributes::text(body, &format!("{os}.managedDisk.storageAccountType"))?;
    let (kind, zone_redundant) = match sku.map(disk::kind_of) {
        Some(Some(known)) => known,
        Some(None) => {
            bill.gap("OS disk", format!("disks of SKU {} are not OS disks", sku.unwrap_or_default()));
            return Ok(());
        }
        // What Azure takes when nothing is said.
        None => {
            let premium = sku::vm_size(size).is_some_and(|s| s.premium_io);
            (if premium { disk::Kind::Premium } else { disk::Kind::StandardHdd }, false)
        }
    };
    let disks = Disks { kind, gib, zone_redundant, count };
    disks.charge(bill, "OS disk", region, why);
    let key = "virtual_machine.os_disk_operations";
    disks.charge_operations(bill, "OS disk operations", key, region, false);
    Ok(())
}

/// The data disks of each machine. True when one of them is an Ultra Disk, or may be.
fn data_disks(bill: &mut Bill<'_>, body: &Value, count: Range, region: &str) -> bool {
    let disks = match attributes::list(body, "storageProfile.dataDisks") {
        Ok(disks) => disks,
        Err(gap) => {
            bill.gap("Data disks", gap);
            return true;
        }
    };
    let mut ultra = false;
    for data in disks {
        // One that is attached by id is a resource of its own.
        if attributes::has(data, "managedDisk.id") {
            ultra = true;
            continue;
        }
        ultra |= attributes::text(data, "managedDisk.storageAccountType")
            .map_or(true, |sku| sku.is_some_and(|s| s.eq_ignore_ascii_case("UltraSSD_LRS")));
        let read = || -> Result<(disk::Kind, bool, i64), Gap> {
            let sku = attributes::text(data, "managedDisk.storageAccountType")?.unwrap_or("Standard_LRS");
            let (kind, zone_redundant) =
                disk::kind_of(sku).ok_or_else(|| format!("data disks of SKU {sku} are not priced"))?;
            let gib = attributes::whole(data, "diskSizeGB", MAX_GIB)?.ok_or("diskSizeGB is not set")?;
            Ok((kind, zone_redundant, gib))
        };
        match read() {
            Ok((kind, zone_redundant, gib)) => {
                let disks = Disks { kind, gib, zone_redundant, count };
                disks.charge(bill, "Data disk", region, None);
                let key = "virtual_machine.data_disk_operations";
                disks.charge_operations(bill, "Data disk operations", key, region, false);
            }
            Err(gap) => bill.gap("Data disk", gap),
        }
    }
    ultra
}
