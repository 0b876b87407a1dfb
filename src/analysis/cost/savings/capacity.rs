//! Machines that run without need, or could be bought for less.

use rust_decimal::Decimal;

use super::super::amount::{HOURS, text};
use super::super::bill::Bill;
use super::super::resources::{machine, managed_cluster, node_pool};
use super::super::terms::Commitment;
use super::tiers::development;
use super::{Code, Look, Words, finding, money};
use crate::analysis::finding::Finding;
use crate::azure::estate::Document;
use crate::azure::sku::{self, VmSize};
use crate::azure::types;

/// The nodes of a pool that is paid by use at the on-demand price, with its region and price.
struct Regular<'a> {
    pool: node_pool::Pool<'a>,
    region: &'static str,
    price: Decimal,
    as_of: String,
}

fn regular<'a>(look: &Look<'_>, doc: &'a Document) -> Option<Regular<'a>> {
    if !doc.is(types::POOL) {
        return None;
    }
    let address = doc.label();
    let bill = Bill::new(&address, &look.desk, &look.options.usage);
    let pool = node_pool::Pool::read(&look.cx, doc, &bill).ok().filter(|p| p.machines.spot.is_none())?;
    let region = look.cx.region(doc).ok()?;
    let (price, as_of) = machine::on_demand(&look.desk, pool.machines.size, region, pool.machines.windows)?;
    Some(Regular { pool, region, price, as_of })
}

/// An autoscaler that may not go down to what Azure runs now.
pub(super) fn autoscaler_minimum(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    let now = look.cx.observed(doc)?;
    let Regular { pool, price, as_of, .. } = regular(look, doc)?;
    let least = pool.machines.count.low;
    let idle = least.checked_sub(now.into()).filter(|n| *n > Decimal::ZERO)?;
    if doc.bool("properties.enableAutoScaling") != Some(true) {
        return None;
    }
    let saved = idle.checked_mul(HOURS)?.checked_mul(price)?;
    let words = Words {
        title: format!("The autoscaler keeps {} nodes where {now} run now", text(least)),
        consequence: format!("{} a month for nodes that nothing has asked for yet", look.amount(saved)),
        formula: format!(
            "({} - {now}) nodes x {} hours x {} = {}",
            text(least),
            text(HOURS),
            text(price),
            money(saved)
        ),
        remedies: vec![format!("Use min_count = {now}; the autoscaler adds nodes when pods wait")],
        note: format!("nodes of the live pool; price of {as_of}"),
    };
    finding(Code::AutoscalerMinimum, doc, "properties.minCount", words)
}

/// A size of a later generation that is the same machine otherwise: `Standard_D4s_v5` for
/// `Standard_D4s_v3`, with a local disk where the old one has one.
fn later(old: &VmSize) -> Vec<VmSize> {
    let Some((stem, version)) = old.name.rsplit_once("_v") else { return Vec::new() };
    let Ok(version) = version.parse::<u32>() else { return Vec::new() };
    let family = stem.find(|c: char| c.is_ascii_digit()).unwrap_or(stem.len());
    let letters = stem[family..].find(|c: char| c.is_ascii_alphabetic()).map_or(stem.len(), |at| family + at);
    let (head, features) = stem.split_at(letters);
    let has_disk = old.temp_disk_gib.is_some_and(|gib| gib > 0.0) || old.local_disk == Some(true);
    let mut spellings = vec![format!("{head}{features}")];
    if !features.contains('d') {
        // `as` becomes `ads`, `s` becomes `ds`.
        let at = usize::from(features.starts_with('a'));
        let (before, after) = features.split_at(at.min(features.len()));
        spellings.push(format!("{head}{before}d{after}"));
    }
    let same = |new: &VmSize| {
        new.vcpus == old.vcpus
            && new.vcpus.is_some()
            && new.memory_gib.zip(old.memory_gib).is_some_and(|(a, b)| a >= b)
            && new.arch == old.arch
            && (new.premium_io || !old.premium_io)
            && (!has_disk || new.local_disk == Some(true) || new.temp_disk_gib.is_some_and(|gib| gib > 0.0))
    };
    let names = (version + 1..=version + 4).flat_map(|v| spellings.iter().map(move |s| format!("{s}_v{v}")));
    names.filter_map(|name| sku::vm_size(&name)).filter(same).collect()
}

/// A pool of an older generation where a newer one is cheaper in its region.
pub(super) fn newer_size(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    let Regular { pool, region, price, as_of } = regular(look, doc)?;
    let m = &pool.machines;
    let priced = later(&sku::vm_size(m.size)?).into_iter().filter_map(|size| {
        let (new, _) = machine::on_demand(&look.desk, size.name, region, m.windows)?;
        (new < price).then_some((new, size.name))
    });
    let (new, name) = priced.min()?;
    let saved = price.checked_sub(new)?.checked_mul(HOURS)?.checked_mul(m.count.expected)?;
    if saved.is_zero() {
        return None;
    }
    let words = Words {
        title: format!("{name} is newer and cheaper than {} in {region}", m.size),
        consequence: format!("{} a month for an older generation of the same machine", look.amount(saved)),
        formula: format!(
            "({} - {}) an hour x {} hours x {} nodes = {}",
            text(price),
            text(new),
            text(HOURS),
            text(m.count.expected),
            money(saved)
        ),
        remedies: vec![format!("Use vm_size = \"{name}\" (the pool is rotated or replaced)")],
        note: format!("as many vCPUs and as much memory; price of {as_of}"),
    };
    finding(Code::NewerSizeCheaper, doc, "properties.vmSize", words)
}

/// Nodes that always run, where a commitment costs less than use.
pub(super) fn commitment(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    let covered =
        |size: &str, region: &str| look.desk.sheet().is_some_and(|s| s.covers(size, region).is_some());
    if look.options.usage.terms.commitment != Commitment::None {
        return None;
    }
    let cluster = look.cx.parent(doc)?;
    let Regular { pool, region, .. } = regular(look, doc)?;
    let m = &pool.machines;
    let least = m.count.low;
    if least.is_zero() || covered(m.size, region) || development(cluster).is_some() {
        return None;
    }
    // A commitment covers the machine, never the Windows licence.
    let (price, as_of) = machine::on_demand(&look.desk, m.size, region, false)?;
    let held = Commitment::ALL.into_iter().filter_map(|kind| {
        let (hour, _) = machine::commitment(&look.desk, m.size, region, kind)?;
        (hour < price).then_some((hour, kind.price().0))
    });
    let (hour, name) = held.min()?;
    let saved = price.checked_sub(hour)?.checked_mul(HOURS)?.checked_mul(least)?;
    let even = hour.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(price)?.round_dp(1).normalize();
    let words = Words {
        title: format!("{} nodes that always run would cost less with a {name}", text(least)),
        consequence: format!(
            "{} a month less for the nodes that the pool never goes below",
            look.amount(saved)
        ),
        formula: format!(
            "({} - {}) an hour x {} hours x {} nodes = {}; even at {} / {} = {even} % of the hours",
            text(price),
            text(hour),
            text(HOURS),
            text(least),
            money(saved),
            text(hour),
            text(price)
        ),
        remedies: vec![
            format!("Buy a {name} for {} x {} if the pool stays for its term", text(least), m.size),
            "Name what is bought in a price sheet, so that estimates count it".to_owned(),
        ],
        note: format!("price of {as_of}; what is bought already is not in the code"),
    };
    finding(Code::CommitmentPays, doc, "properties.minCount", words)
}

/// Hours of a week: all, and those of ten hours on five days.
const WEEK: i64 = 168;
const WORK: i64 = 50;

/// A development cluster that runs when nobody works.
pub(super) fn stop_at_night(look: &Look<'_>, doc: &Document) -> Option<Finding> {
    if !doc.is(types::CLUSTER) || managed_cluster::is_automatic(doc).ok()? || managed_cluster::is_stopped(doc)
    {
        return None;
    }
    let mark = development(doc)?;
    let (mut hours, mut monthly, mut always) = (Decimal::ZERO, Decimal::ZERO, true);
    for pool in look.cx.children(doc, types::POOL) {
        let address = pool.label();
        let mut bill = Bill::new(&address, &look.desk, &look.options.usage);
        always &= look.options.usage.set(&address, "node_pool.hours").is_none();
        node_pool::estimate(&look.cx, pool, &mut bill).ok()?;
        for c in bill.components.iter().filter(|c| c.unit == "node-hours") {
            hours = hours.checked_add(c.quantity.expected)?;
            monthly = monthly.checked_add(c.monthly.expected)?;
        }
    }
    let idle = Decimal::from(WEEK - WORK);
    let saved = monthly.checked_mul(idle)?.checked_div(Decimal::from(WEEK))?;
    if saved.round_dp(2).is_zero() || !always {
        return None;
    }
    let words = Words {
        title: "Development cluster that runs at night and on weekends".to_owned(),
        consequence: format!("{} a month for {idle} of {WEEK} hours a week", look.amount(saved)),
        formula: format!(
            "{} node-hours = {} x ({WEEK} - {WORK}) / {WEEK} = {}",
            text(hours),
            money(monthly),
            money(saved)
        ),
        remedies: vec![
            "Stop the cluster on a schedule (az aks stop and start): nodes are not charged then".to_owned(),
            "Or name the hours it runs in a usage file (node_pool.hours)".to_owned(),
        ],
        note: format!("taken for development by its {mark}; {WORK} hours a week assumed: ten on five days"),
    };
    finding(Code::StopAtNight, doc, "properties.powerState", words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_generations_of_the_same_machine() {
        for (old, new) in [
            ("Standard_D4s_v3", "Standard_D4ds_v5"),
            ("Standard_D4s_v4", "Standard_D4s_v5"),
            ("Standard_E8s_v4", "Standard_E8s_v5"),
            ("Standard_D4as_v4", "Standard_D4ads_v5"),
        ] {
            let names: Vec<&str> = later(&sku::vm_size(old).unwrap()).iter().map(|s| s.name).collect();
            assert!(names.contains(&new), "{old}: {names:?}");
            assert!(!names.contains(&old));
        }
        assert!(later(&sku::vm_size("Standard_DS2").unwrap()).is_empty());
    }
}
