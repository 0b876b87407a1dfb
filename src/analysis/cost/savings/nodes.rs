//! Nodes that could be smaller, interruptible, or without a paid disk.

use rust_decimal::Decimal;

use super::super::amount::{HOURS, text};
use super::super::bill::Bill;
use super::super::resources::{machine, node_pool};
use super::{Code, Look, Words, count, finding, money};
use crate::analysis::finding::Finding;
use crate::azure::estate::Document;
use crate::azure::{sku, types};
use crate::terraform::value::Value;

/// vCPUs that suffice for the system pods of a cluster whose workloads run elsewhere (AKS recommends four).
const SYSTEM_VCPUS: u32 = 4;

/// Words of a taint or label that mark work which can be interrupted.
const BATCH: &[&str] = &["batch", "job", "jobs", "ci", "runner", "runners", "spot", "preemptible"];

fn is_mode(doc: &Document, mode: &str) -> bool {
    doc.str("properties.mode").is_some_and(|m| m.eq_ignore_ascii_case(mode))
}

fn taints(doc: &Document) -> impl Iterator<Item = &str> {
    doc.items("properties.nodeTaints").iter().filter_map(Value::as_str)
}

/// A system pool for system pods alone, on large nodes. Advice: what the pods need is not in the code.
pub(super) fn system_pool(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    if !doc.is(types::POOL) || !is_mode(doc, "System") {
        return None;
    }
    let cluster = look.cx.parent(doc)?;
    let reserved = taints(doc).any(|t| t.starts_with("CriticalAddonsOnly"));
    let elsewhere = look.cx.children(cluster, types::POOL).any(|p| is_mode(p, "User"));
    let size = doc.str("properties.vmSize")?;
    let vcpus = sku::vm_size(size)?.vcpus?;
    if !reserved || !elsewhere || vcpus <= SYSTEM_VCPUS {
        return None;
    }
    let nodes = node_pool::nodes(&look.cx, doc).ok()?;
    let (price, _) = machine::on_demand(&look.desk, size, look.cx.region(doc).ok()?, false)?;
    let monthly = nodes.expected.checked_mul(HOURS)?.checked_mul(price)?;
    let words = Words {
        title: format!("System pool of {vcpus}-vCPU nodes that runs system pods only"),
        consequence: format!(
            "nodes of {SYSTEM_VCPUS} vCPUs usually suffice; this pool costs {} a month",
            look.amount(monthly)
        ),
        formula: format!(
            "{} nodes x {} hours x {} = {}",
            text(nodes.expected),
            text(HOURS),
            text(price),
            money(monthly)
        ),
        remedies: vec![format!("Compare what the system pods request with a size of {SYSTEM_VCPUS} vCPUs")],
        note: "what the pods need is not in the code: advice only".to_owned(),
    };
    finding(Code::SystemPoolOversized, doc, "properties.vmSize", words)
}

/// Managed OS disks where the size has room for ephemeral ones, which are free.
pub(super) fn ephemeral_disk(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    if !doc.is(types::POOL) {
        return None;
    }
    let address = doc.label();
    let mut bill = Bill::new(&address, &look.desk, &look.options.usage);
    let pool = node_pool::Pool::read(&look.cx, doc, &bill).ok()?;
    let disks = pool.disks?.ok()?;
    let size = sku::vm_size(pool.machines.size).filter(|s| s.ephemeral_os == Some(true))?;
    let room = [size.cached_disk_gib, size.temp_disk_gib, size.nvme_disk_gib].into_iter().flatten();
    let room = room.fold(0.0, f64::max);
    if disks.count.expected.is_zero() || room < disks.gib as f64 {
        return None;
    }
    disks.charge(&mut bill, "OS disks", look.cx.region(doc).ok()?, None);
    let c = bill.components.first()?;
    let words = Words {
        title: format!("Managed OS disks where {} has room for free ephemeral ones", size.name),
        consequence: format!(
            "{} a month pay for disks that the nodes bring along",
            look.amount(c.monthly.expected)
        ),
        formula: format!(
            "{} disks of {} GiB x {} = {}; {} has {room} GiB of local storage",
            count(disks.count),
            disks.gib,
            text(c.unit_price),
            money(c.monthly.expected),
            size.name
        ),
        remedies: vec![
            format!(
                "Use os_disk_type = \"Ephemeral\" with os_disk_size_gb = {} (replaces the nodes)",
                disks.gib
            ),
            "Keep managed disks where pods write much to the node's own disk".to_owned(),
        ],
        note: format!("price of {}", c.price_as_of),
    };
    finding(Code::EphemeralDiskFree, doc, "properties.osDiskType", words)
}

/// A pool that is tainted for work which can be interrupted, at full price.
pub(super) fn spot(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    let regular = doc.str("properties.scaleSetPriority").is_none_or(|p| p.eq_ignore_ascii_case("Regular"));
    if !doc.is(types::POOL) || !regular || is_mode(doc, "System") {
        return None;
    }
    if doc.get("properties.scaleSetPriority").is_some_and(Value::is_unknown) {
        return None;
    }
    let batch = |t: &&str| {
        t.split(|c: char| !c.is_ascii_alphanumeric()).any(|w| BATCH.iter().any(|b| w.eq_ignore_ascii_case(b)))
    };
    let taint = taints(doc).find(batch)?.to_owned();
    let address = doc.label();
    let bill = Bill::new(&address, &look.desk, &look.options.usage);
    let pool = node_pool::Pool::read(&look.cx, doc, &bill).ok()?;
    let m = &pool.machines;
    let (region, prices) = (look.cx.region(doc).ok()?, &look.desk);
    let (full, as_of) = machine::on_demand(prices, m.size, region, m.windows)?;
    let (spot, from) = match machine::spot(prices, m.size, region, m.windows) {
        Some((spot, as_of)) => (spot, format!("Spot price of {as_of}; it moves daily")),
        None => {
            let factor = look.options.usage.of(&address, "spot.factor").quantity.expected;
            let note =
                format!("no Spot price is held: {} x on demand assumed; price of {as_of}", text(factor));
            (full.checked_mul(factor)?, note)
        }
    };
    let saved: Decimal = full.checked_sub(spot)?.checked_mul(HOURS)?.checked_mul(m.count.expected)?;
    if saved <= Decimal::ZERO {
        return None;
    }
    let words = Words {
        title: "Batch pool at the on-demand price".to_owned(),
        consequence: format!("Spot nodes would cost about {} a month less", look.amount(saved)),
        formula: format!(
            "({} - {}) an hour x {} hours x {} nodes = {}",
            text(full),
            text(spot),
            text(HOURS),
            text(m.count.expected),
            money(saved)
        ),
        remedies: vec![
            "Use priority = \"Spot\" with eviction_policy = \"Delete\" where jobs can be repeated".to_owned(),
        ],
        note: format!("taken for batch by its taint {taint}; {from}"),
    };
    finding(Code::SpotForBatch, doc, "properties.scaleSetPriority", words)
}
