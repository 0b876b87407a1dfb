//! VPN gateways: by the hour and SKU, tunnels beyond ten, and point-to-site connections beyond 128.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use rust_decimal::Decimal;

/// Site-to-site tunnels that the price includes.
const INCLUDED_TUNNELS: i64 = 10;
/// Point-to-site connections that the price includes.
const INCLUDED_CLIENTS: i64 = 128;

const CONNECTION: &str = "Microsoft.Network/connections";

fn meter<'a>(sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    let service = "VPN Gateway";
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate: false }
}

/// Data between virtual networks, by the billing zone that it leaves.
const DATA: Meter<'_> = Meter {
    service: "VPN Gateway",
    product: "VPN Gateway Bandwidth",
    sku: "",
    names: &[
        "Inter-Virtual Network Data Transfer Out",
        "Inter-Virtual Network Data Transfer Out (source zone)",
    ],
    scope: Scope::Zone,
    approximate: true,
};

/// Tunnels of a gateway to other sites.
fn tunnels(cx: &Context<'_>, doc: &Document) -> Result<i64, Gap> {
    let of_it = |c: &&Document| {
        c.str("properties.connectionType").is_none_or(|t| t.eq_ignore_ascii_case("IPsec"))
            && c.str("properties.virtualNetworkGateway1.id").is_some_and(|id| ResourceId::new(id) == doc.id)
    };
    let mut count = 0;
    for connection in cx.estate.of_type(CONNECTION).filter(of_it) {
        attributes::countable(connection)?;
        count += 1;
    }
    Ok(count)
}

/// SKUs of gateways to ExpressRoute: SKU in lower case, product, meter.
const EXPRESS_ROUTE: &[(&str, &str, &[&str])] = &[
    ("standard", "ExpressRoute Standard Gateway", &["Standard Gateway"]),
    ("highperformance", "ExpressRoute High Performance Gateway", &["High Performance Gateway"]),
    ("ultraperformance", "ExpressRoute Ultra High Performance Gateway", &["Ultra High Performance Gateway"]),
    ("ergw1az", "ExpressRoute Gateway", &["ErGw1AZ Gateway"]),
    ("ergw2az", "ExpressRoute Gateway", &["ErGw2AZ Gateway"]),
    ("ergw3az", "ExpressRoute Gateway", &["ErGw3AZ Gateway"]),
];

/// A gateway to ExpressRoute circuits, which are paid for by themselves.
fn express_route(bill: &mut Bill<'_>, sku: &str, region: &str) -> Result<(), Gap> {
    let wanted = sku.to_ascii_lowercase();
    let found = EXPRESS_ROUTE.iter().find(|(name, ..)| *name == wanted);
    let (_, product, names) = *found
        .ok_or_else(|| format!("ExpressRoute gateways of SKU {sku} are charged by scale unit: not priced"))?;
    let meter =
        Meter { service: "ExpressRoute", product, sku: "", names, scope: Scope::Region, approximate: false };
    bill.charge(
        Charge::new(format!("ExpressRoute gateway, {sku}"), "gateway", Range::fixed(1)),
        &meter,
        region,
    );
    Ok(())
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let kind = attributes::text(&doc.body, "properties.gatewayType")?.unwrap_or("Vpn");
    let sku = match attributes::text(&doc.body, "properties.sku.name")? {
        Some(sku) => sku,
        None => attributes::text(&doc.body, "sku.name")?.ok_or("sku is not set")?,
    };
    let region = cx.region(doc)?;
    if kind.eq_ignore_ascii_case("ExpressRoute") {
        return express_route(bill, sku, region);
    }
    let name = if sku.eq_ignore_ascii_case("Basic") { "Basic Gateway" } else { sku };
    bill.charge(
        Charge::new(format!("VPN gateway, {sku}"), "gateway", Range::fixed(1)),
        &meter(sku, &[name]),
        region,
    );
    let name = format!("Tunnels beyond {INCLUDED_TUNNELS}");
    match tunnels(cx, doc).map(|n| n - INCLUDED_TUNNELS) {
        Ok(over) if over > 0 => {
            let charge = Charge::new(name, "tunnel", Range::fixed(over));
            bill.charge(charge, &meter("", &["S2S Connection"]), region);
        }
        Ok(_) => {}
        Err(gap) => bill.gap(&name, gap),
    }
    bill.charge_set("Data to other networks", "GB", "vpn_gateway.data_gb", &DATA, region);
    let clients = bill.usage.of(bill.address, "vpn_gateway.p2s_connections");
    let over = clients.quantity.map(|v| (v - Decimal::from(INCLUDED_CLIENTS)).max(Decimal::ZERO));
    if !over.is_zero() {
        let name = format!("Point-to-site connections beyond {INCLUDED_CLIENTS}");
        bill.charge(
            Charge::new(name, "connection", over).by_usage(),
            &meter("", &["P2S Connection"]),
            region,
        );
    }
    Ok(())
}
