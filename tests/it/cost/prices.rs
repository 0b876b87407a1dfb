//! The price list of these tests, and how it is asked.

use std::str::FromStr;

use rust_decimal::Decimal;
use trueup::analysis::cost::prices::{
    PriceBook, PriceType, Prices, Query, Row, Scope, Select, encode, resolve,
};

const VM: &str = "Virtual Machines";
const DD: &str = "Virtual Machines Ddsv5 Series";
const DDW: &str = "Virtual Machines Ddsv5 Series Windows";
const P: &str = "Premium SSD Managed Disks";
const LB: &str = "Load Balancer";
const VNET: &str = "Virtual Network";
const LINK: &str = "Virtual Network Private Link";
const IP: &str = "IP Addresses";
const KV: &str = "Key Vault";
const ACR: &str = "Container Registry";
const AKS: &str = "Azure Kubernetes Service";
const LA: &str = "Log Analytics";
const WAN: &str = "Virtual WAN";
const DEFENDER: &str = "Microsoft Defender for Cloud";
const MONITOR: &str = "Azure Monitor";
const V2: &str = "Azure Premium SSD v2";

/// service, product, sku, size, meter, region, unit, tier, price
#[rustfmt::skip]
const ROWS: &[[&str; 9]] = &[
    [VM, "", "", "Standard_DS2_v2", "", "eastus", "1 Hour", "0", "0.146"],
    [VM, "", "", "Standard_D2_v2", "", "eastus", "1 Hour", "0", "0.146"],
    [VM, "", "", "Standard_D4ds_v5", "", "eastus", "1 Hour", "0", "0.226"],
    [VM, "", "", "Standard_D4ds_v4", "", "eastus", "1 Hour", "0", "0.25"],
    [VM, "", "", "Standard_D8s_v5", "", "eastus", "1 Hour", "0", "0.384"],
    [VM, "", "", "Standard_D16s_v5", "", "eastus", "1 Hour", "0", "0.768"],
    [VM, "", "", "Standard_Unknown_v9", "", "eastus", "1 Hour", "0", "0.5"],
    [VM, DD, "Standard_D4ds_v5", "Standard_D4ds_v5", "D4ds v5", "westeurope", "1 Hour", "0", "0.272"],
    [VM, DD, "Standard_D4ds_v5 Spot", "Standard_D4ds_v5", "D4ds v5 Spot", "westeurope", "1 Hour", "0", "0.050266"],
    [VM, DD, "Standard_D4ds_v5 Low Priority", "Standard_D4ds_v5", "D4ds v5 Low Priority", "westeurope", "1 Hour", "0", "0.0544"],
    [VM, DDW, "Standard_D4ds_v5", "Standard_D4ds_v5", "D4ds v5", "westeurope", "1 Hour", "0", "0.456"],
    [VM, DDW, "Standard_D4ds_v5 Spot", "Standard_D4ds_v5", "D4ds v5 Spot", "westeurope", "1 Hour", "0", "0.084269"],
    [VM, "Ddsv5 Series Cloud Services", "D4ds v5", "Standard_D4ds_v5", "D4ds v5", "westeurope", "1 Hour", "0", "0.999"],
    ["Storage", P, "P4 LRS", "", "P4 LRS Disk", "eastus", "1/Month", "0", "5.28"],
    ["Storage", P, "P10 LRS", "", "P10 LRS Disk", "eastus", "1/Month", "0", "19.71"],
    ["Storage", P, "P10 LRS", "", "P10 LRS Disk Mount", "eastus", "1/Month", "0", "1.15"],
    ["Storage", P, "P15 LRS", "", "P15 LRS Disk", "eastus", "1/Month", "0", "38.01"],
    ["Storage", P, "P20 LRS", "", "P20 LRS Disk", "eastus", "1/Month", "0", "73.22"],
    ["Storage", P, "P30 LRS", "", "P30 LRS Disk", "eastus", "1/Month", "0", "135.17"],
    ["Storage", P, "P10 LRS", "", "P10 LRS Disk", "westeurope", "1/Month", "0", "21.68"],
    ["Storage", P, "P10 ZRS", "", "P10 ZRS Disk", "westeurope", "1/Month", "0", "32.52"],
    ["Storage", "Standard HDD Managed Disks", "S10 LRS", "", "S10 LRS Disk", "eastus", "1/Month", "0", "5.888"],
    [AKS, AKS, "Standard", "", "Standard Uptime SLA", "eastus", "1 Hour", "0", "0.1"],
    [AKS, AKS, "Standard", "", "Standard Long Term Support", "eastus", "1 Hour", "0", "0.6"],
    [LB, LB, "Standard", "", "Standard Included LB Rules and Outbound Rules", "Global", "1 Hour", "0", "0.025"],
    [LB, LB, "Standard", "", "Standard Included LB Rules and Outbound Rules", "US Gov", "1 Hour", "0", "0.0313"],
    [LB, LB, "Standard", "", "Standard Overage LB Rules and Outbound Rules", "Global", "1/Hour", "0", "0.01"],
    [LB, LB, "Standard", "", "Standard Data Processed", "Global", "1 GB", "0", "0.005"],
    [LB, LB, "Standard", "", "Standard Data Processed", "US Gov", "1 GB", "0", "0.006"],
    ["NAT Gateway", "NAT Gateway", "Standard", "", "Standard Gateway", "Global", "1 Hour", "0", "0.045"],
    ["NAT Gateway", "NAT Gateway", "Standard", "", "Standard Data Processed", "Global", "1 GB", "0", "0.045"],
    [VNET, IP, "Standard", "", "Standard IPv4 Static Public IP", "eastus", "1 Hour", "0", "0.005"],
    [VNET, IP, "Standard", "", "Standard IPv4 Static Public IP", "westeurope", "1 Hour", "0", "0.005"],
    [VNET, IP, "Global", "", "Global IPv4 Static Public IP", "eastus", "1 Hour", "0", "0.01"],
    [VNET, IP, "Basic", "", "Basic IPv4 Dynamic Public IP", "eastus", "1 Hour", "0", "0.004"],
    [VNET, "Public IP Prefix", "Standard", "", "Standard Static IP Addresses", "eastus", "1 Hour", "0", "0.006"],
    [VNET, LINK, "Standard", "", "Standard Private Endpoint", "Global", "1 Hour", "0", "0.01"],
    [VNET, LINK, "Standard", "", "Standard Data Processed - Ingress", "Global", "1 GB", "0", "0.01"],
    [VNET, LINK, "Standard", "", "Standard Data Processed - Ingress", "Global", "1 GB", "1000000", "0.006"],
    [VNET, LINK, "Standard", "", "Standard Data Processed - Ingress", "Global", "1 GB", "5000000", "0.004"],
    [VNET, LINK, "Standard", "", "Standard Data Processed - Egress", "Global", "1 GB", "0", "0.01"],
    [VNET, "Virtual Network Peering", "Intra-Region", "", "Intra-Region Ingress", "Global", "1 GB", "0", "0.01"],
    [VNET, "Virtual Network Peering", "Intra-Region", "", "Intra-Region Egress", "Global", "1 GB", "0", "0.01"],
    [VNET, "Global Virtual Network Peering", "Inter-Region", "", "Inter-Region Egress", "Zone 1", "1 GB", "0", "0.035"],
    [VNET, "Global Virtual Network Peering", "Inter-Region", "", "Inter-Region Ingress", "Zone 1", "1 GB", "0", "0.035"],
    [KV, KV, "Standard", "", "Operations", "eastus", "10K", "0", "0.03"],
    [KV, KV, "Standard", "", "Advanced Key Operations", "eastus", "10K", "0", "0.15"],
    [KV, KV, "Standard", "", "Certificate Renewal Request", "eastus", "1", "0", "3"],
    [KV, KV, "Standard", "", "Secret Renewal", "eastus", "1", "0", "1"],
    [KV, "Azure Dedicated HSM", "Standard", "", "Operations", "eastus", "10K", "0", "999"],
    [KV, KV, "Premium", "", "Premium HSM-protected RSA 2048-bit key", "*", "1/Month", "0", "1"],
    [KV, KV, "Premium", "", "Premium HSM-protected Advanced Key", "*", "1/Month", "0", "5"],
    [KV, KV, "Premium", "", "Premium HSM-protected Advanced Key", "*", "1/Month", "250", "2.5"],
    [ACR, ACR, "Basic", "", "Basic Registry Unit", "*", "1/Day", "0", "0.1666"],
    [ACR, ACR, "Standard", "", "Standard Registry Unit", "*", "1/Day", "0", "0.6666"],
    [ACR, ACR, "Premium", "", "Premium Registry Unit", "*", "1/Day", "0", "1.6666"],
    [ACR, ACR, "", "", "Data Stored", "westeurope", "1 GB/Month", "0", "0.1"],
    ["Azure DNS", "Azure DNS", "Private", "", "Private Zone", "Zone 1", "1", "0", "0.5"],
    ["Azure DNS", "Azure DNS", "Private", "", "Private Zone", "Zone 1", "1", "25", "0.1"],
    ["Azure DNS", "Azure DNS", "Private", "", "Private Queries", "Zone 1", "1M", "0", "0.4"],
    ["Azure DNS", "Azure DNS", "Private", "", "Private Queries", "Zone 1", "1M", "1000", "0.2"],
    ["Azure DNS", "Azure DNS", "Public", "", "Public Zone", "", "1", "0", "0.5"],
    ["Azure DNS", "Azure DNS", "Public", "", "Public Queries", "", "1M", "0", "0.4"],
    [LA, LA, "Analytics Logs", "", "Analytics Logs Data Ingestion", "eastus", "1 GB", "0", "0"],
    [LA, LA, "Analytics Logs", "", "Analytics Logs Data Ingestion", "eastus", "1 GB", "5", "2.3"],
    [LA, LA, "Analytics Logs", "", "Analytics Logs Data Retention", "eastus", "1 GB/Month", "0", "0.1"],
    [LA, LA, "Analytics Logs", "", "Analytics Logs Data Analyzed", "westus", "1 GB", "5", "2.9"],
    ["Azure Monitor", "Azure Monitor", "100 GB Commitment Tier", "", "100 GB Commitment Tier Capacity Reservation", "westeurope", "1/Day", "0", "252.84"],
    ["Application Gateway", "Application Gateway WAF v2", "Standard", "", "Standard Fixed Cost", "eastus", "1/Hour", "0", "0.36"],
    ["Application Gateway", "Application Gateway WAF v2", "Standard", "", "Standard Capacity Units", "eastus", "1/Hour", "0", "0.0144"],
    ["Azure Firewall", "Azure Firewall", "Standard", "", "Standard Deployment", "eastus", "1 Hour", "0", "1.25"],
    ["Azure Firewall", "Azure Firewall", "Standard", "", "Standard Data Processed", "eastus", "1 GB", "0", "0.016"],
    ["Azure Firewall", "Azure Firewall", "Premium Secured Virtual Hub", "", "Premium Secured Virtual Hub Deployment", "eastus", "1 Hour", "0", "1.75"],
    ["Azure Bastion", "Azure Bastion", "Basic", "", "Basic Gateway", "eastus", "1 Hour", "0", "0.19"],
    ["Azure Bastion", "Azure Bastion", "Basic", "", "Basic Data Transfer Out", "eastus", "1 GB", "5", "0.12"],
    ["Azure Bastion", "Azure Bastion", "Standard", "", "Standard Gateway", "eastus", "1 Hour", "0", "0.29"],
    ["Azure Bastion", "Azure Bastion", "Standard", "", "Standard Additional Gateway", "eastus", "1 Hour", "0", "0.14"],
    ["Azure Bastion", "Azure Bastion", "Standard", "", "Standard Data Transfer Out", "eastus", "1 GB", "5", "0.12"],
    ["VPN Gateway", "VPN Gateway", "VpnGw1AZ", "", "VpnGw1AZ", "eastus", "1 Hour", "0", "0.21"],
    ["VPN Gateway", "VPN Gateway", "Basic", "", "Basic Gateway", "eastus", "1 Hour", "0", "0.036"],
    ["VPN Gateway", "VPN Gateway", "VpnGw1AZ", "", "S2S Connection", "eastus", "1 Hour", "0", "0.015"],
    ["VPN Gateway", "VPN Gateway", "VpnGw1", "", "P2S Connection", "eastus", "1 Hour", "0", "0.01"],
    [AKS, "Azure Kubernetes Service - Automatic", "Automatic", "", "Automatic Hosted Control Plane", "*", "1 Hour", "0", "0.16"],
    [AKS, "Azure Kubernetes Service - Automatic", "Automatic", "", "Automatic General Purpose", "eastus", "1 Hour", "0", "0.01"],
    [KV, "Key Vault HSM Pool", "Standard B1", "", "Standard B1 Instance", "eastus", "1 Hour", "0", "3.2"],
    ["Azure DDOS Protection", "Azure DDOS Protection", "Standard", "", "Standard Plan", "westeurope", "1 Hour", "0", "4.032"],
    ["Azure DNS", "Azure DNS", "Private Resolver", "", "Private Resolver Inbound Endpoint", "Zone 1", "1/Month", "0", "180"],
    ["Azure DNS", "Azure DNS", "Private Resolver", "", "Private Resolver Outbound Endpoint", "Zone 1", "1/Month", "0", "180"],
    ["Azure DNS", "Azure DNS", "Private Resolver", "", "Private Resolver Ruleset", "Zone 1", "1/Month", "0", "2.5"],
    ["ExpressRoute", "ExpressRoute Gateway", "ErGw1AZ", "", "ErGw1AZ Gateway", "eastus", "1 Hour", "0", "0.36"],
    [WAN, WAN, "ExpressRoute Scale Unit", "", "ExpressRoute Scale Unit", "eastus", "1 Hour", "0", "0.42"],
    [WAN, WAN, "ExpressRoute Connection Unit", "", "ExpressRoute Connection Unit", "eastus", "1 Hour", "0", "0.05"],
    [WAN, WAN, "VPN S2S Scale Unit", "", "VPN S2S Scale Unit", "eastus", "1 Hour", "0", "0.361"],
    [WAN, WAN, "VPN P2S Scale Unit", "", "VPN P2S Scale Unit", "eastus", "1 Hour", "0", "0.361"],
    [WAN, WAN, "VPN P2S Connection Unit", "", "VPN P2S Connection Unit", "eastus", "1 Hour", "0", "0.0125"],
    [WAN, WAN, "Standard Hub", "", "Standard Hub Unit", "eastus", "1 Hour", "0", "0.25"],
    [WAN, WAN, "Standard Hub", "", "Standard Hub Data Processed", "eastus", "1 GB", "0", "0.02"],
    ["Storage", "Ultra Disks", "Ultra LRS", "", "Ultra LRS Provisioned Capacity", "eastus", "1 GiB/Hour", "0", "0.000164"],
    ["Storage", "Ultra Disks", "Ultra LRS", "", "Ultra LRS Provisioned IOPS", "eastus", "1/Hour", "0", "0.000068"],
    ["Storage", "Ultra Disks", "Ultra LRS", "", "Ultra LRS Provisioned Throughput (MBps)", "eastus", "1/Hour", "0", "0.000479"],
    ["Storage", V2, "Premium LRS", "", "Premium LRS Provisioned Capacity", "eastus", "1 GiB/Hour", "0", "0.0001"],
    ["Storage", V2, "Premium LRS", "", "Premium LRS Provisioned IOPS", "eastus", "1/Hour", "0", "0"],
    ["Storage", V2, "Premium LRS", "", "Premium LRS Provisioned IOPS", "eastus", "1/Hour", "3000", "0.0000066"],
    ["Storage", V2, "Premium LRS", "", "Premium LRS Provisioned Throughput (MBps)", "eastus", "1/Hour", "0", "0"],
    ["Storage", V2, "Premium LRS", "", "Premium LRS Provisioned Throughput (MBps)", "eastus", "1/Hour", "125", "0.00006"],
    ["Storage", "Standard HDD Managed Disks", "Snapshots LRS", "", "Snapshots LRS Snapshots", "eastus", "1 GB/Month", "0", "0.05"],
    ["Storage", "General Block Blob v2", "Hot LRS", "", "Hot LRS Data Stored", "eastus", "1 GB/Month", "0", "0.02"],
    ["Storage", "General Block Blob v2", "Hot LRS", "", "Hot LRS Write Operations", "eastus", "10K", "0", "0.05"],
    ["Storage", "General Block Blob v2", "Hot LRS", "", "Hot Read Operations", "eastus", "10K", "0", "0.004"],
    ["Network Watcher", "Network Watcher", "Standard", "", "Standard Network Logs Collected", "eastus", "1 GB", "0", "0.5"],
    ["Network Watcher", "Traffic Analytics", "Standard", "", "Traffic Analytics Data Processed at 10-minute interval", "eastus", "1 GB", "0", "3.5"],
    ["Microsoft Defender for Cloud", "Microsoft Defender for Key Vault", "Per node Std", "", "Per node Std Node", "(not stated)", "1/Hour", "0", "0.000342"],
    ["Microsoft Defender for Cloud", "Microsoft Defender for Containers", "Standard vCore", "", "Standard vCore vCore Pack", "(not stated)", "1/Hour", "0", "0.009411"],
    [DEFENDER, "Microsoft Defender for App Service", "Standard", "", "Standard Node", "(not stated)", "1 Hour", "0", "0.02"],
    [DEFENDER, "Microsoft Defender for Resource Manager", "Per node Std", "", "Per node Std Node", "(not stated)", "1 Hour", "0", "0.0069"],
    [DEFENDER, "Microsoft Defender for Storage", "Standard", "", "Standard Node", "(not stated)", "1 Hour", "0", "0.0134"],
    [DEFENDER, "Microsoft Defender for SQL", "Standard", "", "Standard Node", "(not stated)", "1/Month", "0", "15"],
    [DEFENDER, "Microsoft Defender for SQL", "Standard", "", "Standard vCore", "(not stated)", "1 Hour", "0", "0.015"],
    [DEFENDER, "Microsoft Defender for MySQL", "Standard", "", "Standard Node", "(not stated)", "1/Month", "0", "15"],
    [DEFENDER, "Microsoft Defender for PostgreSQL", "Standard", "", "Standard Node", "(not stated)", "1/Month", "0", "15"],
    [DEFENDER, "Microsoft Defender for MariaDB", "Standard", "", "Standard Instance", "(not stated)", "1 Hour", "0", "0.0202"],
    [DEFENDER, "Microsoft Defender for DNS", "Standard", "", "Standard Queries", "(not stated)", "1M", "0", "0.7"],
    [DEFENDER, "Microsoft Defender for Servers", "Standard P1", "", "Standard P1 Node", "(not stated)", "1 Hour", "0", "0.006726"],
    [DEFENDER, "Microsoft Defender for Servers", "Standard P2", "", "Standard P2 Node", "(not stated)", "1 Hour", "0", "0.02"],
    ["Advanced Threat Protection", "Microsoft Defender for Kubernetes", "Standard", "", "Standard Cores", "(not stated)", "1 Hour", "0", "0.00268"],
    ["Azure DDOS Protection", "Azure DDOS Protection", "Network Protection", "", "Network Protection Resource", "westeurope", "1 Hour", "0", "0.04"],
    [MONITOR, MONITOR, "Data Restore", "", "Data Restore", "eastus", "1 GB/Day", "0", "0.13"],
    [MONITOR, MONITOR, "Search Queries", "", "Search Queries Scanned", "eastus", "1 GB", "0", "0.0065"],
    [MONITOR, MONITOR, "Search Jobs", "", "Search Jobs Scanned", "eastus", "1 GB", "0", "0.0066"],
    [MONITOR, MONITOR, "Log Analytics data export", "", "Log Analytics data export Data Exported", "eastus", "1 GB", "0", "0.13"],
    [MONITOR, MONITOR, "Platform Logs", "", "Platform Logs Data Processed", "eastus", "1 GB", "0", "0.325"],
    [MONITOR, MONITOR, "Metrics ingestion", "", "Metrics ingestion Metric samples", "eastus", "10M", "0", "0.16"],
    ["VPN Gateway", "VPN Gateway Bandwidth", "", "", "Inter-Virtual Network Data Transfer Out", "Zone 1", "1 GB", "0", "0.035"],
    ["Storage", "Ultra Disks", "Ultra LRS", "", "Ultra LRS Reservation per vCPU Provisioned", "eastus", "1/Hour", "0", "0.006"],
    ["Storage", "Standard HDD Managed Disks", "S10 LRS", "", "S10 LRS Disk Operations", "eastus", "10K", "0", "0.0005"],
    [VM, "Virtual Machines A Series Basic", "A2", "Basic_A2", "A2", "eastus", "1 Hour", "0", "0.079"],
    [VM, "Virtual Machines A Series Basic Windows", "A2", "Basic_A2", "A2", "eastus", "1 Hour", "0", "0.133"],
    // The Basic tier is never that of a Standard size, however a list spells it.
    [VM, "Virtual Machines A Series Basic", "A2", "Standard_A2", "A2", "eastus", "1 Hour", "0", "0.079"],
];

fn rows() -> Vec<(String, Row)> {
    let number = |t: &str| Decimal::from_str(t).unwrap();
    let row = |r: &[&str; 9]| Row {
        meter_id: String::new(),
        product: r[1].into(),
        sku: r[2].into(),
        arm_sku: r[3].into(),
        meter: r[4].into(),
        region: r[5].into(),
        unit: r[6].into(),
        tier_min: number(r[7]),
        price: number(r[8]),
        price_type: PriceType::Consumption,
        source: "prices of these tests".into(),
        as_of: "2026-09-01".into(),
    };
    let mut all: Vec<(String, Row)> = ROWS.iter().map(|r| (r[0].to_owned(), row(r))).collect();
    // Other ways to buy the same machine must never be taken for it.
    let plan = all.iter().find(|(_, r)| r.price == number("0.272")).cloned().unwrap();
    for (price_type, price) in
        [(PriceType::SavingsPlan1Year, "0.20672"), (PriceType::Reservation1Year, "1403")]
    {
        let row = Row { price_type, price: number(price), ..plan.1.clone() };
        all.push((plan.0.clone(), row));
    }
    all
}

/// A list with one meter, the data of a NAT gateway, in tiers: from so many GB on, at so much.
pub(super) fn tiered(tiers: &[(Decimal, Decimal)]) -> PriceBook {
    let data = rows().into_iter().find(|(_, r)| r.product == "NAT Gateway" && r.unit == "1 GB").unwrap();
    let row = |(tier_min, price): &(Decimal, Decimal)| {
        (data.0.clone(), Row { tier_min: *tier_min, price: *price, ..data.1.clone() })
    };
    PriceBook::open(encode(tiers.iter().map(row), "USD")).unwrap()
}

/// The list of these tests in another currency, at the same figures.
pub(super) fn book_in(currency: &str) -> PriceBook {
    PriceBook::open(encode(rows(), currency)).unwrap()
}

pub(super) fn book() -> PriceBook {
    PriceBook::open(encode(rows(), "USD")).unwrap()
}

fn meter<'a>(service: &'a str, meters: &'a [&'a str], region: &'a str, scope: Scope) -> Query<'a> {
    let select = Select::Meter { product: "", sku: "", meters };
    Query { service, select, region, scope, price_type: PriceType::Consumption, approximate: false }
}

#[test]
fn a_price_is_found_in_the_region_then_in_wider_ones() {
    let book = book();
    for (service, name, region, scope, found) in [
        (ACR, "Basic Registry Unit", "eastus", Scope::Region, Some("*")),
        (LB, "Standard Data Processed", "eastus", Scope::Global, Some("Global")),
        (LB, "Standard Data Processed", "usgovvirginia", Scope::Global, Some("US Gov")),
        ("NAT Gateway", "Standard Gateway", "usgovvirginia", Scope::Global, None),
        ("Azure DNS", "Private Zone", "westeurope", Scope::Zone, Some("Zone 1")),
        ("Azure DNS", "Private Zone", "japaneast", Scope::Zone, None),
        ("Azure DNS", "Public Zone", "japaneast", Scope::Zone, Some("")),
        (KV, "Operations", "westeurope", Scope::Region, None),
        (KV, "No such meter", "eastus", Scope::Region, None),
        ("No such service", "Operations", "eastus", Scope::Region, None),
    ] {
        let price = resolve(&book, &meter(service, &[name], region, scope));
        assert_eq!(
            price.as_ref().ok().map(|p| p.row.region.as_str()),
            found,
            "{service} {name} {region}: {price:?}"
        );
    }
}

#[test]
fn another_regions_price_stands_in_only_when_asked_for_and_says_so() {
    let book = book();
    let query = meter(KV, &["Operations"], "westeurope", Scope::Region);
    assert!(resolve(&book, &query).is_err());
    let price = resolve(&book, &Query { approximate: true, ..query }).unwrap();
    assert!(price.approximated);
    assert_eq!(price.row.region, "eastus");
    // A sovereign cloud has prices of its own.
    let gov = Query { approximate: true, region: "usgovvirginia", ..query };
    assert!(resolve(&book, &gov).is_err());
}

#[test]
fn tiers_are_sorted_and_what_lies_below_the_lowest_is_granted() {
    let book = book();
    let tiers = |q: &Query<'_>| {
        let price = resolve(&book, q).unwrap();
        price.tiers.iter().map(|t| format!("{}:{}", t.from, t.price)).collect::<Vec<_>>()
    };
    let link = meter(VNET, &["Standard Data Processed - Ingress"], "eastus", Scope::Global);
    assert_eq!(tiers(&link), ["0:0.01", "1000000:0.006", "5000000:0.004"]);
    let bastion = meter("Azure Bastion", &["Basic Data Transfer Out"], "eastus", Scope::Region);
    assert_eq!(tiers(&bastion), ["0:0", "5:0.12"]);
}

#[test]
fn a_meter_with_another_name_in_a_region_is_found() {
    let names = ["Analytics Logs Data Ingestion", "Analytics Logs Data Analyzed"];
    let price = resolve(&book(), &meter(LA, &names, "westus", Scope::Region)).unwrap();
    assert_eq!(price.tiers[1].price, Decimal::from_str("2.9").unwrap());
}

#[test]
fn machines_are_told_apart_by_system_and_spot() {
    let book = book();
    for (windows, spot, price) in
        [(false, false, "0.272"), (true, false, "0.456"), (false, true, "0.050266"), (true, true, "0.084269")]
    {
        let select = Select::VirtualMachine { size: "standard_d4DS_V5", windows, spot };
        let query = Query { select, ..meter(VM, &[], "westeurope", Scope::Region) };
        assert_eq!(resolve(&book, &query).unwrap().tiers[0].price, Decimal::from_str(price).unwrap());
    }
}

#[test]
fn the_newest_row_counts_and_then_the_one_that_names_its_meter() {
    let number = |t: &str| Decimal::from_str(t).unwrap();
    let mut rows = rows();
    let old =
        rows.iter().find(|(_, r)| r.region == "eastus" && r.arm_sku == "Standard_DS2_v2").cloned().unwrap();
    let mut add = |price, as_of: &str, meter: &str| {
        let row = Row { price: number(price), as_of: as_of.into(), meter: meter.into(), ..old.1.clone() };
        rows.push((old.0.clone(), row));
    };
    add("0.5", "2024-01-01", "DS2 v2");
    add("0.15", "2026-10-01", "");
    add("0.16", "2026-10-01", "DS2 v2");
    let book = PriceBook::open(encode(rows, "USD")).unwrap();
    let select = Select::VirtualMachine { size: "Standard_DS2_v2", windows: false, spot: false };
    let query = Query { select, ..meter(VM, &[], "eastus", Scope::Region) };
    let price = resolve(&book, &query).unwrap();
    assert_eq!((price.tiers[0].price, &*price.row.as_of), (number("0.16"), "2026-10-01"));
}

#[test]
fn no_price_is_not_a_price_of_nothing() {
    let book = book();
    let free =
        resolve(&book, &meter(LA, &["Analytics Logs Data Ingestion"], "eastus", Scope::Region)).unwrap();
    assert_eq!(free.tiers[0].price, Decimal::ZERO);
    let none = resolve(&book, &meter(LA, &["Analytics Logs Data Ingestion"], "japaneast", Scope::Region));
    assert!(none.unwrap_err().to_string().starts_with("no price is held for"));
}

#[test]
fn the_embedded_book_holds_published_prices() {
    let book = PriceBook::embedded();
    let vm = |size, region, windows| {
        let select = Select::VirtualMachine { size, windows, spot: false };
        let query = Query { select, ..meter(VM, &[], region, Scope::Region) };
        resolve(book, &query).map(|p| p.tiers[0].price.to_string()).unwrap_or_default()
    };
    assert_eq!(vm("Standard_DS2_v2", "eastus", false), "0.146");
    assert_eq!(vm("Standard_D4ds_v5", "westeurope", false), "0.272");
    assert_eq!(vm("Standard_D4ds_v5", "westeurope", true), "0.456");
    assert_eq!(vm("Standard_NoSuch_v1", "eastus", false), "");
    assert_eq!(vm("Standard_DS2_v2", "westmars", false), "");
    assert!(book.sources().all(|(name, _)| !name.is_empty()));
    assert_eq!(book.currency(), "USD");
}
