//! Price sheets: rates, discounts and commitments that override the list, and say so.

use trueup::analysis::cost::sheet::PriceSheet;

use super::*;

const POOL: &str = "Microsoft.ContainerService/managedClusters/aks/agentPools/p";

/// A pool of three nodes, a NAT gateway and an address in westeurope.
fn documents() -> Vec<Json> {
    let aks = "Microsoft.ContainerService/managedClusters/aks";
    let quiet = json!({ "networkProfile": { "outboundType": "none" } });
    vec![
        doc(aks, "westeurope", json!({ "properties": quiet })),
        json!({ "id": POOL, "properties": { "vmSize": "Standard_D4ds_v5", "count": 3, "osDiskType": "Ephemeral" } }),
        doc("Microsoft.Network/natGateways/n", "westeurope", json!({})),
        doc("Microsoft.Network/publicIPAddresses/i", "westeurope", json!({})),
    ]
}

const NODES: &str = "Node pool p: Standard_D4ds_v5 nodes";
const LIST: [&str; 4] = [
    "Node pool p: Standard_D4ds_v5 nodes: 2190 node-hours x 0.272 = 595.68",
    "NAT gateway: 730 gateway-hours x 0.045 = 32.85",
    "NAT gateway, data processed: 500 GB x 0.045 = 22.5",
    "Public IP address: 730 address-hours x 0.005 = 3.65",
];

fn with(sheet: &str, is_csv: bool) -> CostReport {
    let sheet = PriceSheet::parse(sheet, is_csv, "our rates").unwrap();
    estimate(&estate(&documents()), &Options { sheet: Some(Arc::new(sheet)), ..options("") })
}

/// The lines that differ from the list, with what they assume.
fn changed(report: &CostReport) -> Vec<String> {
    let all = report.resources.iter().flat_map(|r| &r.components);
    let changed = all.filter(|c| !LIST.contains(&line(c).as_str()));
    changed.map(|c| format!("{} [{}]", line(c), c.assumption.as_deref().unwrap_or_default())).collect()
}

#[test]
fn rates_discounts_and_commitments() {
    for (sheet, expected) in [
        ("", vec![]),
        // 3 x 730 x 0.21
        (
            "[[rates]]\nservice = 'Virtual Machines'\nsku = 'Standard_D4ds_v5'\nregion = 'West Europe'\nprice = '0.21'",
            vec![format!("{NODES}: 2190 node-hours x 0.21 = 459.9 [our rates: 0.21 in place of 0.272]")],
        ),
        ("[[rates]]\nservice = 'Virtual Machines'\nsku = 'D4ds v5'\nregion = 'eastus'\nprice = 1", vec![]),
        ("[[rates]]\nservice = 'Virtual Machines'\nsku = 'D4ds v5 Spot'\nprice = 1", vec![]),
        (
            "[[rates]]\nservice = 'Virtual Machines'\nsku = 'D4ds v5'\nproduct = 'Ddsv5 Series Windows'\nprice = 1",
            vec![],
        ),
        // The rate that names most wins: the region's.
        (
            "[[rates]]\nservice = 'NAT Gateway'\nmeter = 'Standard Gateway'\nprice = '0.04'\n\
             [[rates]]\nservice = 'NAT Gateway'\nmeter = 'Standard Gateway'\nregion = 'westeurope'\nprice = '0.03'",
            vec!["NAT gateway: 730 gateway-hours x 0.03 = 21.9 [our rates: 0.03 in place of 0.045]".to_owned()],
        ),
        // A hundred hours at 4 are 0.04 an hour.
        (
            "[[rates]]\nservice = 'NAT Gateway'\nmeter = 'Standard Gateway'\nunit = '100 Hours'\nprice = 4",
            vec!["NAT gateway: 730 gateway-hours x 0.04 = 29.2 [our rates: 0.04 in place of 0.045]".to_owned()],
        ),
        // 0.005 x 0.9, and nothing off the NAT gateway.
        (
            "name = 'EA'\ndiscount_percent = 10\n[discounts]\n'NAT Gateway' = 0\n'Virtual Machines' = 0",
            vec!["Public IP address: 730 address-hours x 0.0045 = 3.285 [EA: less 10 %]".to_owned()],
        ),
        // Tiers of a rate: the first 100 GB at 0.04, the other 400 at 0.02.
        (
            "[[rates]]\nservice = 'NAT Gateway'\nmeter = 'Standard Data Processed'\ntier_min = 100\nprice = '0.02'\n\
             [[rates]]\nservice = 'NAT Gateway'\nmeter = 'Standard Data Processed'\nprice = '0.04'",
            vec![
                "NAT gateway, data processed, first 100 GB: 100 GB x 0.04 = 4 [assumed: 500 GB (image pulls and egress, \
                 both directions); our rates: 0.04 in place of 0.045]"
                    .to_owned(),
                "NAT gateway, data processed, over 100 GB: 400 GB x 0.02 = 8 [assumed: 500 GB (image pulls and egress, \
                 both directions); our rates: 0.04 in place of 0.045]"
                    .to_owned(),
            ],
        ),
        (
            "[[commitments]]\nkind = 'savings-plan-1y'",
            vec![format!(
                "{NODES}: 2190 node-hours x 0.20672 = 452.7168 [savings plan of one year: 0.20672 in place of 0.272]"
            )],
        ),
        // 1403 / 8760 = 0.16016; 60 % of 2190 hours at it, 40 % on demand.
        (
            "[[commitments]]\nkind = 'reservation-1y'\nsku = 'Standard_D4ds_v5'\ncovered_percent = 60",
            vec![
                format!(
                    "{NODES}, 60 % reservation of one year: 1314 node-hours x 0.16016 = 210.45024 [reservation of one \
                     year: 0.16016 in place of 0.272]"
                ),
                format!("{NODES}, 40 % on demand: 876 node-hours x 0.272 = 238.272 []"),
            ],
        ),
        (
            "[[commitments]]\nkind = 'reservation-3y'\nprice = '0.1'",
            vec![format!(
                "{NODES}: 2190 node-hours x 0.1 = 219 [reservation of three years: 0.1 in place of 0.272]"
            )],
        ),
        // No price of three years is held in the list.
        (
            "[[commitments]]\nkind = 'reservation-3y'",
            vec![format!(
                "{} [no price of a reservation of three years is held: on demand]",
                LIST[0]
            )],
        ),
    ] {
        let report = with(sheet, false);
        let found = match sheet.contains("reservation-3y") && !sheet.contains("price") {
            true => vec![format!(
                "{} [{}]",
                lines(&report)[0],
                report.resources[0].components[0].assumption.as_deref().unwrap_or_default()
            )],
            false => changed(&report),
        };
        assert_eq!(found, expected, "{sheet} {:?}", reasons(&report));
        assert!(report.prices.source.contains(if sheet.contains("'EA'") { "; EA" } else { "; our rates" }));
    }
}

#[test]
fn a_rate_can_be_the_only_price() {
    let documents = [doc(
        "Microsoft.Network/virtualNetworkGateways/g",
        "eastus",
        json!({ "properties": {
        "gatewayType": "Vpn", "sku": { "name": "VpnGw5AZ" } } }),
    )];
    let of = |unit: &str| {
        let text = format!("[[rates]]\nservice = 'VPN Gateway'\nmeter = 'VpnGw5AZ'\nprice = 3\n{unit}");
        let sheet = Some(Arc::new(PriceSheet::parse(&text, false, "ours").unwrap()));
        estimate(&estate(&documents), &Options { sheet, ..options("") })
    };
    assert_eq!(lines(&of("unit = '1 Hour'")), ["VPN gateway, VpnGw5AZ: 730 gateway-hours x 3 = 2190"]);
    assert_eq!(
        reasons(&of("")),
        ["VPN gateway, VpnGw5AZ: ours has a rate for VPN Gateway, VpnGw5AZ, but no unit"]
    );
}

#[test]
fn an_exported_sheet() {
    let text = "Meter ID,Meter Name,Meter Category,Meter Sub-category,Meter Region,Unit of Measure,Unit Price,Currency Code\n\
        x-1,D4ds v5,Virtual Machines,Ddsv5 Series,EU West,100 Hours,\"21.0\",USD\n\
        ,Standard Gateway,NAT Gateway,,,1 Hour,0.04,USD\n";
    // The first has an id that the list does not know; ids count before names.
    assert_eq!(
        changed(&with(text, true)),
        ["NAT gateway: 730 gateway-hours x 0.04 = 29.2 [our rates: 0.04 in place of 0.045]"]
    );
    assert_eq!(
        changed(&with(&text.replace("x-1", ""), true))[0],
        format!("{NODES}: 2190 node-hours x 0.21 = 459.9 [our rates: 0.21 in place of 0.272]")
    );
}

#[test]
fn mistakes_in_a_sheet_are_named() {
    for (text, csv, says) in [
        ("rebate = 3", false, "unknown field `rebate`"),
        ("discount_percent = 101", false, "discount_percent is not between 0 and 100"),
        ("discount_percent = -1", false, "-1 is not between 0 and"),
        ("[discounts]\nStorage = 'much'", false, "much is not a number"),
        ("[[rates]]\nprice = 1", false, "a rate needs a meter_id, or a service"),
        ("[[rates]]\nservice = 'Virtual Machines'\nproduct = 'x'\nprice = 1", false, "needs a sku"),
        ("[[rates]]\nservice = 'S'\nsku = 'a'\nprice = 'x'", false, "x is not a number"),
        (
            "[[rates]]\nservice = 'S'\nsku = 'a'\nprice = 1\nunit = '1/Year'",
            false,
            "1/Year is no unit of measure",
        ),
        (
            "[[rates]]\nservice = 'S'\nsku = 'a'\nprice = 1\n[[rates]]\nservice = 'S'\nsku = 'a'\nprice = 2",
            false,
            "there are two rates for S, a",
        ),
        (
            "[[commitments]]\nkind = 'forever'",
            false,
            "commitment is none of none, savings-plan-1y, savings-plan-3y",
        ),
        ("meter_id\nx\n", true, "there is no column price"),
        ("meter_id,price\nx,\n", true, "record 2: price sheet:  is not a number"),
        ("meter_id,price,currency\nx,1,USD\ny,1,EUR\n", true, "prices in USD and in EUR"),
    ] {
        let error = PriceSheet::parse(text, csv, "s").unwrap_err().to_string();
        assert!(error.contains(says.trim_start_matches("record 2: price sheet: ")), "{text}: {error}");
    }
}

#[test]
fn a_regional_gap_is_unknown_until_the_nearest_region_is_asked_for() {
    let bastion =
        [doc("Microsoft.Network/bastionHosts/b", "westeurope", json!({ "sku": { "name": "Basic" } }))];
    let plain = report(&bastion);
    assert!(plain.resources.is_empty());
    assert_eq!(
        reasons(&plain)[0],
        "Bastion, Basic: no price is held for Azure Bastion, Basic Gateway in westeurope"
    );
    let asked = estimate(&estate(&bastion), &Options { fallback: true, ..options("") });
    assert!(asked.unpriced.is_empty());
    assert_eq!(lines(&asked)[0], "Bastion, Basic: 730 host-hours x 0.19 = 138.7");
    let component = &asked.resources[0].components[0];
    assert_eq!(
        component.assumption.as_deref(),
        Some("no price is held for westeurope: that of eastus stands in")
    );
}
