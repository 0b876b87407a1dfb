//! Types whose bill is a short list of meters, each with a count that is fixed, an attribute, or a usage.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

/// How many of a thing there are.
enum Count {
    One,
    /// An attribute of the document, what it is when not set, and the most that it can be.
    Attribute(&'static str, i64, i64),
    /// A key of the usage file.
    Usage(&'static str),
    /// A key of the usage file; no line where it says nothing.
    Set(&'static str),
}

/// One line of the bill.
struct Part {
    name: &'static str,
    noun: &'static str,
    count: Count,
    meter: Meter<'static>,
}

/// A type and its lines.
struct Flat {
    arm_type: &'static str,
    parts: &'static [Part],
}

const fn part(name: &'static str, noun: &'static str, count: Count, meter: Meter<'static>) -> Part {
    Part { name, noun, count, meter }
}

const fn meter(
    service: &'static str,
    sku: &'static str,
    names: &'static [&'static str],
    approximate: bool,
) -> Meter<'static> {
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate }
}

const fn wan(sku: &'static str, names: &'static [&'static str]) -> Meter<'static> {
    meter("Virtual WAN", sku, names, false)
}

const fn resolver(names: &'static [&'static str]) -> Meter<'static> {
    Meter { scope: Scope::Zone, ..meter("Azure DNS", "Private Resolver", names, true) }
}

/// Lists name the SKU of these meters in two ways.
const fn ddos(names: &'static [&'static str]) -> Meter<'static> {
    meter("Azure DDOS Protection", "", names, true)
}

const HSM: Meter<'static> = Meter {
    product: "Key Vault HSM Pool",
    ..meter("Key Vault", "Standard B1", &["Standard B1 Instance"], false)
};
const S2S_UNIT: Meter<'static> = wan("VPN S2S Scale Unit", &["VPN S2S Scale Unit"]);
const S2S_CONNECTION: Meter<'static> = wan("VPN S2S Connection Unit", &["VPN S2S Connection Unit"]);
const P2S_UNIT: Meter<'static> = wan("VPN P2S Scale Unit", &["VPN P2S Scale Unit"]);
const P2S_CONNECTION: Meter<'static> = wan("VPN P2S Connection Unit", &["VPN P2S Connection Unit"]);
const ER_UNIT: Meter<'static> = wan("ExpressRoute Scale Unit", &["ExpressRoute Scale Unit"]);
const ER_CONNECTION: Meter<'static> = wan("ExpressRoute Connection Unit", &["ExpressRoute Connection Unit"]);
const VPN_UNITS: Count = Count::Attribute("properties.vpnGatewayScaleUnit", 1, 200);
const ER_UNITS: Count = Count::Attribute("properties.autoScaleConfiguration.bounds.min", 1, 10);

const FLAT: &[Flat] = &[
    Flat {
        arm_type: "Microsoft.KeyVault/managedHSMs",
        // Not the dedicated HSM, which is another product at another price.
        parts: &[part("HSM pool", "pool", Count::One, HSM)],
    },
    Flat {
        arm_type: "Microsoft.Network/ddosProtectionPlans",
        parts: &[
            part(
                "DDoS protection plan, 100 addresses included",
                "plan",
                Count::One,
                ddos(&["Network Protection Plan", "Standard Plan"]),
            ),
            part(
                "Addresses beyond the included 100",
                "address",
                Count::Set("ddos_protection_plan.overage_resources"),
                ddos(&["Network Protection Resource"]),
            ),
        ],
    },
    Flat {
        arm_type: "Microsoft.Network/dnsForwardingRulesets",
        parts: &[part(
            "Ruleset",
            "ruleset",
            Count::One,
            resolver(&["Private Resolver DNS Forwarding Ruleset", "Private Resolver Ruleset"]),
        )],
    },
    Flat {
        arm_type: "Microsoft.Network/dnsResolvers/inboundEndpoints",
        parts: &[part(
            "Inbound endpoint",
            "endpoint",
            Count::One,
            resolver(&["Private Resolver Inbound Endpoint"]),
        )],
    },
    Flat {
        arm_type: "Microsoft.Network/dnsResolvers/outboundEndpoints",
        parts: &[part(
            "Outbound endpoint",
            "endpoint",
            Count::One,
            resolver(&["Private Resolver Outbound Endpoint"]),
        )],
    },
    Flat {
        arm_type: "Microsoft.Network/expressRouteGateways",
        parts: &[part("Scale units of 2 Gbps", "unit", ER_UNITS, ER_UNIT)],
    },
    Flat {
        arm_type: "Microsoft.Network/expressRouteGateways/expressRouteConnections",
        parts: &[part("Connection", "connection", Count::One, ER_CONNECTION)],
    },
    Flat {
        arm_type: "Microsoft.Network/p2sVpnGateways",
        parts: &[
            part("Scale units of 500 Mbps", "unit", VPN_UNITS, P2S_UNIT),
            part("Connections", "connection", Count::Usage("virtual_wan.p2s_connections"), P2S_CONNECTION),
        ],
    },
    Flat {
        arm_type: "Microsoft.Network/virtualHubs",
        parts: &[
            part("Hub", "hub", Count::One, wan("Standard Hub", &["Standard Hub Unit"])),
            part(
                "Data processed",
                "GB",
                Count::Usage("virtual_wan.hub_data_gb"),
                wan("Standard Hub", &["Standard Hub Data Processed"]),
            ),
        ],
    },
    Flat {
        arm_type: "Microsoft.Network/vpnGateways",
        parts: &[part("Scale units of 500 Mbps", "unit", VPN_UNITS, S2S_UNIT)],
    },
    Flat {
        arm_type: "Microsoft.Network/vpnGateways/vpnConnections",
        parts: &[part("Connection", "connection", Count::One, S2S_CONNECTION)],
    },
];

/// The types of the table.
pub(super) fn knows(arm_type: &str) -> bool {
    FLAT.iter().any(|f| f.arm_type.eq_ignore_ascii_case(arm_type))
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    // A hub of a Basic WAN costs nothing; without a SKU it is that of its WAN, Standard unless said.
    let mut why = None;
    if doc.is("Microsoft.Network/virtualHubs") {
        match attributes::text(&doc.body, "properties.sku")? {
            Some(sku) if sku.eq_ignore_ascii_case("Basic") => return Ok(()),
            Some(_) => {}
            None => {
                why = Some("its SKU is not set: that of its WAN, Standard unless the WAN is Basic".to_owned())
            }
        }
    }
    let flat = FLAT.iter().find(|f| doc.is(f.arm_type)).ok_or("it has no list of meters")?;
    let region = cx.region(doc)?;
    for part in flat.parts {
        match part.count {
            Count::One => {
                let charge = Charge::new(part.name, part.noun, Range::fixed(1)).assuming(why.clone());
                bill.charge(charge, &part.meter, region);
            }
            Count::Attribute(path, unset, most) => match attributes::whole(&doc.body, path, most) {
                Ok(count) => {
                    let count = Range::fixed(count.unwrap_or(unset));
                    bill.charge(Charge::new(part.name, part.noun, count), &part.meter, region);
                }
                Err(gap) => bill.gap(part.name, gap),
            },
            Count::Usage(key) => bill.charge_usage(part.name, part.noun, key, &part.meter, region),
            Count::Set(key) => bill.charge_set(part.name, part.noun, key, &part.meter, region),
        }
    }
    Ok(())
}
