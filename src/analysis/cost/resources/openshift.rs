//! Azure Red Hat OpenShift: three control plane machines, workers, their disks, the licence of the
//! workers, and the load balancers and addresses that the cluster makes.

use super::super::amount::{HOURS, Range};
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge};
use super::super::prices::Per;
use super::disk::{Disks, Kind, MAX_GIB};
use super::machine::Machines;
use super::{Context, load_balancer, public_ip};
use crate::azure::estate::Document;
use crate::azure::sku;
use crate::azure::types;
use rust_decimal::Decimal;

pub(super) const TYPE: &str = types::OPENSHIFT;

/// Control plane machines of every cluster.
const MASTERS: i64 = 3;
/// Their disks: 1 TiB of Premium SSD each.
const MASTER_DISK_GIB: i64 = 1024;
/// A worker's disk when its size is not set.
const WORKER_DISK_GIB: i64 = 128;
const MAX_WORKERS: i64 = 250;
/// The licence is sold by this many vCPUs.
const LICENCE_VCPUS: i64 = 4;

/// Workers of one profile.
struct Workers<'a> {
    name: &'a str,
    size: &'a str,
    count: i64,
    disk_gib: i64,
}

fn workers(doc: &Document) -> Result<Vec<Workers<'_>>, Gap> {
    // A cluster with workers added later lists them under the status.
    let mut profiles = attributes::list(&doc.body, "properties.workerProfiles")?;
    if profiles.is_empty() {
        profiles = attributes::list(&doc.body, "properties.workerProfilesStatus")?;
    }
    let mut all = Vec::new();
    for profile in profiles {
        all.push(Workers {
            name: attributes::text(profile, "name")?.unwrap_or("worker"),
            size: attributes::required(profile, "vmSize")?,
            count: attributes::whole(profile, "count", MAX_WORKERS)?.ok_or("count is not set")?,
            disk_gib: attributes::whole(profile, "diskSizeGB", MAX_GIB)?.unwrap_or(WORKER_DISK_GIB),
        });
    }
    match all.is_empty() {
        true => Err("workerProfiles is not set".to_owned()),
        false => Ok(all),
    }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    match attributes::required(&doc.body, "properties.masterProfile.vmSize") {
        Ok(size) => {
            nodes(bill, "Control plane", size, MASTERS, MASTER_DISK_GIB, region);
        }
        Err(gap) => bill.gap("Control plane", gap),
    }
    match workers(doc) {
        Ok(all) => {
            for w in &all {
                nodes(bill, &format!("Workers {}", w.name), w.size, w.count, w.disk_gib, region);
                licence(bill, w);
            }
        }
        Err(gap) => bill.gap("Workers", gap),
    }
    egress(doc, bill, region);
    Ok(())
}

fn nodes(bill: &mut Bill<'_>, name: &str, size: &str, count: i64, disk_gib: i64, region: &str) {
    let (count, hours) = (Range::fixed(count), Range::fixed(HOURS));
    Machines { size, noun: "node", count, hours, windows: false, spot: None }.charge(
        bill,
        format!("{name}: {size}"),
        region,
    );
    let disks = Disks { kind: Kind::Premium, gib: disk_gib, zone_redundant: false, count };
    disks.charge(bill, &format!("{name}: disks"), region, None);
}

/// The licence: for workers only, by vCPU. No price list at hand has it, so its price is a setting, and in
/// another currency than USD unknown until the usage file says it.
fn licence(bill: &mut Bill<'_>, w: &Workers<'_>) {
    let name = format!("Workers {}: OpenShift licence", w.name);
    let Some(vcpus) = sku::vm_size(w.size).and_then(|s| s.vcpus) else {
        bill.gap(&name, format!("{} is not a known size", w.size));
        return;
    };
    let units = Decimal::from(i64::from(vcpus) * w.count) / Decimal::from(LICENCE_VCPUS);
    let charge = Charge::new(name, "4-vCPU", Range::fixed(units));
    bill.charge_setting(charge, "openshift.licence_per_4_vcpu_hour", Per::Hour);
}

fn egress(doc: &Document, bill: &mut Bill<'_>, region: &str) {
    let read = || -> Result<(i64, i64), Gap> {
        let body = &doc.body;
        let public = |value: Option<&str>| value.is_none_or(|v| v.eq_ignore_ascii_case("Public"));
        let api = public(attributes::text(body, "properties.apiserverProfile.visibility")?);
        let mut ingress = 0;
        for profile in attributes::list(body, "properties.ingressProfiles")? {
            ingress += i64::from(public(attributes::text(profile, "visibility")?));
        }
        let kind =
            attributes::text(body, "properties.networkProfile.outboundType")?.unwrap_or("Loadbalancer");
        let count = "properties.networkProfile.loadBalancerProfile.managedOutboundIps.count";
        let outbound = match kind.eq_ignore_ascii_case("Loadbalancer") {
            true => attributes::whole(body, count, 20)?.unwrap_or(1),
            false => 0,
        };
        let addresses = outbound + i64::from(api) + ingress;
        Ok((1 + i64::from(addresses > 0), addresses))
    };
    match read() {
        Ok((balancers, addresses)) => {
            // The internal one carries the API; a public one appears with the first public address.
            for name in
                ["Internal load balancer", "Public load balancer"].into_iter().take(balancers as usize)
            {
                load_balancer::charge(bill, name, Range::fixed(1), region);
            }
            if addresses > 0 {
                public_ip::charge_standard(
                    bill,
                    "Public IP addresses".to_owned(),
                    Range::fixed(addresses),
                    region,
                );
            }
        }
        Err(gap) => bill.gap("Load balancers and addresses", gap),
    }
}
