//! Peerings of virtual networks: data in and out. Each peering resource is one side and pays for what
//! leaves and what enters there; the other side pays for the same bytes once more.

use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;

const fn meter<'a>(product: &'a str, names: &'a [&'a str], scope: Scope) -> Meter<'a> {
    Meter { service: "Virtual Network", product, sku: "", names, scope, approximate: false }
}

const LOCAL: [(&str, Meter<'_>); 2] = [
    ("Data out", meter("Virtual Network Peering", &["Intra-Region Egress"], Scope::Global)),
    ("Data in", meter("Virtual Network Peering", &["Intra-Region Ingress"], Scope::Global)),
];
const GLOBAL: [(&str, Meter<'_>); 2] = [
    ("Data out", meter("Global Virtual Network Peering", &["Inter-Region Egress"], Scope::Region)),
    ("Data in", meter("Global Virtual Network Peering", &["Inter-Region Ingress"], Scope::Region)),
];

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    let remote = attributes::text(&doc.body, "properties.remoteVirtualNetwork.id");
    let remote = remote.ok().flatten().and_then(|id| cx.estate.by_id(&ResourceId::new(id)));
    let (meters, why) = match remote.map(|vnet| cx.region(vnet)) {
        Some(Ok(there)) if there == region => (LOCAL, None),
        Some(Ok(_)) => (GLOBAL, None),
        Some(Err(gap)) => return Err(format!("the region of the remote network: {gap}")),
        None => (LOCAL, Some("the remote network is not in the estate: same region assumed".to_owned())),
    };
    let used = bill.usage.of(bill.address, "peering.data_gb");
    for (name, meter) in meters {
        let charge = Charge::new(name, "GB", used.quantity).by_usage();
        bill.charge(charge.assuming(used.assumption.clone()).assuming(why.clone()), &meter, region);
    }
    Ok(())
}
