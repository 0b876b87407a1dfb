//! Usage: files, assumptions, and the whole of a small estate.

use super::*;
use trueup::analysis::cost::usage::{KEYS, Key};
use trueup::terraform::value::Marks;

/// The traits of a first cluster: eastus, three to five small nodes, a vault, networks.
fn first_cluster() -> Vec<Json> {
    let aks = "Microsoft.ContainerService/managedClusters/aks-prod-01";
    vec![
        json!({ "id": GROUP, "location": "East US" }),
        doc("Microsoft.Network/virtualNetworks/v", "East US", json!({})),
        json!({ "id": "Microsoft.Network/virtualNetworks/v/subnets/s" }),
        doc(
            aks,
            "East US",
            json!({ "sku": { "tier": "Free" }, "properties": {
            "networkProfile": { "networkPlugin": "azure", "loadBalancerSku": "standard" }
        } }),
        ),
        json!({ "id": format!("{aks}/agentPools/systempool"), "properties": {
            "vmSize": "Standard_DS2_v2", "count": 3, "enableAutoScaling": true, "minCount": 3, "maxCount": 5,
            "osDiskType": "Managed", "osSKU": "AzureLinux"
        } }),
        doc(
            "Microsoft.KeyVault/vaults/kv",
            "East US",
            json!({ "properties": { "sku": { "name": "standard" } } }),
        ),
    ]
}

#[test]
fn a_first_cluster_from_end_to_end() {
    let report = report(&first_cluster());
    assert_eq!(
        lines(&report),
        [
            "Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Outbound load balancer, data processed: 100 GB x 0.005 = 0.5",
            "Outbound public IP addresses: 730 address-hours x 0.005 = 3.65",
            "Node pool systempool: Standard_DS2_v2 nodes: 2190/2190/3650 node-hours x 0.146 = 319.74/319.74/532.9",
            "Node pool systempool: OS disks, P10 LRS: 3/3/5 disk-months x 19.71 = 59.13/59.13/98.55",
            "Operations: 10 10K operations x 0.03 = 0.3",
        ]
    );
    // 18.25 + 0.5 + 3.65 + 319.74 + 59.13 + 0.3 = 401.57; high 18.25 + 0.5 + 3.65 + 532.9 + 98.55 + 0.3 = 654.15
    assert_eq!(figures(report.monthly), "401.57/401.57/654.15");
    // Without use: - 0.5 - 0.3
    assert_eq!(figures(report.fixed()), "400.77/400.77/653.35");
    assert!(report.unpriced.is_empty());
    assert_eq!(report.free.len(), 3);
}

#[test]
fn the_embedded_book_prices_the_first_cluster_the_same() {
    let report = estimate(&estate(&first_cluster()), &Options::default());
    assert_eq!(figures(report.monthly), "401.57/401.57/654.15");
    assert_eq!(report.currency, "USD");
    assert!(report.prices.as_of.starts_with("2026-"));
}

#[test]
fn the_json_is_as_documented() {
    let json = serde_json::to_value(report(&first_cluster()[5..])).unwrap();
    insta::assert_json_snapshot!(json, @r#"
    {
      "currency": "USD",
      "prices": {
        "as_of": "2026-09-01",
        "source": "Azure retail prices, embedded price book"
      },
      "monthly": {
        "low": "0.3",
        "expected": "0.3",
        "high": "0.3"
      },
      "resources": [
        {
          "address": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv",
          "monthly": {
            "low": "0.3",
            "expected": "0.3",
            "high": "0.3"
          },
          "components": [
            {
              "name": "Operations",
              "unit": "10K operations",
              "quantity": {
                "low": "10",
                "expected": "10",
                "high": "10"
              },
              "unit_price": "0.03",
              "monthly": {
                "low": "0.3",
                "expected": "0.3",
                "high": "0.3"
              },
              "usage_based": true,
              "assumption": "assumed: 100000 operations (secrets read by a few workloads)",
              "price_source": "prices of these tests",
              "price_as_of": "2026-09-01"
            }
          ]
        }
      ],
      "unpriced": [],
      "free": []
    }
    "#);
}

#[test]
fn a_usage_file_replaces_assumptions() {
    let nat = doc("Microsoft.Network/natGateways/n", "eastus", json!({}));
    let usage = r#"resources."ID".data_gb = { low = 10, expected = 100, high = 2000 }"#
        .replace("ID", &id("Microsoft.Network/natGateways/n"));
    let report = estimate(&estate(&[nat]), &options(&usage));
    let data = &report.resources[0].components[1];
    assert_eq!(line(data), "NAT gateway, data processed: 10/100/2000 GB x 0.045 = 0.45/4.5/90");
    assert_eq!(data.assumption, None);
    assert!(data.usage_based);
}

#[test]
fn a_cluster_that_sleeps_at_night() {
    let usage = r#"defaults."node_pool.hours" = 200"#;
    let report = estimate(&estate(&first_cluster()), &options(usage));
    // 3 x 200 = 600; x 0.146 = 87.6. Disks stay.
    let nodes = &report.resources[1].components[0];
    assert_eq!(
        line(nodes),
        "Node pool systempool: Standard_DS2_v2 nodes: 600/600/1000 node-hours x 0.146 = 87.6/87.6/146"
    );
    assert_eq!(report.resources[1].components[1].quantity, Range::new(3, 3, 5));
}

#[test]
fn the_expected_nodes_of_an_autoscaler_can_be_set() {
    let usage = r#"defaults."node_pool.nodes" = { low = 3, expected = 4, high = 5 }"#;
    let report = estimate(&estate(&first_cluster()), &options(usage));
    let nodes = &report.resources[1].components[0];
    // 4 x 730 = 2920; x 0.146 = 426.32
    assert_eq!(
        line(nodes),
        "Node pool systempool: Standard_DS2_v2 nodes: 2190/2920/3650 node-hours x 0.146 = 319.74/426.32/532.9"
    );
}

#[test]
fn data_through_tiers() {
    let endpoint = doc("Microsoft.Network/privateEndpoints/e", "eastus", json!({}));
    let usage = r#"defaults."private_endpoint.data_gb" = 6_000_000"#;
    let report = estimate(&estate(&[endpoint]), &options(usage));
    assert_eq!(
        lines(&report)[1..4],
        [
            "Data in, first 1000000 GB: 1000000 GB x 0.01 = 10000",
            "Data in, 1000000 to 5000000 GB: 4000000 GB x 0.006 = 24000",
            "Data in, over 5000000 GB: 1000000 GB x 0.004 = 4000",
        ]
    );
}

#[test]
fn every_assumption_is_marked() {
    let report = report(&first_cluster());
    for c in report.resources.iter().flat_map(|r| &r.components).filter(|c| c.usage_based) {
        assert!(c.assumption.as_deref().is_some_and(|a| a.starts_with("assumed: ")), "{}", c.name);
    }
}

#[test]
fn a_sensitive_attribute_is_not_printed_by_its_price() {
    let mut estate = estate(&first_cluster());
    for doc in estate.iter_mut().filter(|d| d.id.name() == "systempool") {
        let secret = value(&json!("Standard_DS2_v2")).with_marks(Marks::SENSITIVE);
        doc.body = Value::object([("properties", Value::object([("vmSize", secret)]))]);
    }
    let report = estimate(&estate, &options(""));
    assert_eq!(reasons(&report), ["Node pool systempool: vmSize is sensitive: its cost would show it"]);
    assert!(!serde_json::to_string(&report).unwrap().contains("DS2"));
}

#[test]
fn a_large_estate_asks_for_each_price_once() {
    let address = |n: usize| doc(&format!("Microsoft.Network/publicIPAddresses/p{n}"), "eastus", json!({}));
    let documents: Vec<Json> = (0..20_000).map(address).collect();
    let estate = estate(&documents);
    let report = estimate(&estate, &Options::default());
    // 20,000 x 3.65 = 73,000.
    assert_eq!(figures(report.monthly), "73000");
}

#[test]
fn machines_by_commitment() {
    let pool = |region: &str, os: &str| {
        let aks = "Microsoft.ContainerService/managedClusters/a";
        let network = json!({ "networkProfile": { "outboundType": "none" } });
        let properties = json!({
            "vmSize": "Standard_D4ds_v5", "count": 1, "osDiskType": "Ephemeral", "osType": os
        });
        let pool = json!({ "id": format!("{aks}/agentPools/p"), "properties": properties });
        estate(&[doc(aks, region, json!({ "properties": network })), pool])
    };
    let price = |region: &str, os: &str, terms: &str| {
        let report = estimate(&pool(region, os), &options(&format!("[terms]\n{terms}")));
        let c = report.resources[0].components[0].clone();
        (amount::text(c.unit_price), c.assumption.unwrap_or_default())
    };
    let plan = "commitment = \"savings-plan-1y\"";
    let (unit, why) = price("westeurope", "Linux", plan);
    assert_eq!(
        (unit.as_str(), why.as_str()),
        ("0.20672", "savings plan of one year: 0.20672 in place of 0.272")
    );
    // A reservation's price is that of the whole term: 1403 / 8760 = 0.160160
    assert_eq!(price("westeurope", "Linux", "commitment = \"reservation-1y\"").0, "0.16016");
    // The licence stays: 0.20672 + (0.456 - 0.272) = 0.39072
    assert_eq!(price("westeurope", "Windows", plan).0, "0.39072");
    let (unit, why) = price("eastus", "Linux", plan);
    assert_eq!(
        (unit.as_str(), why.as_str()),
        ("0.226", "no price of a savings plan of one year is held: on demand")
    );
    assert_eq!(price("eastus", "Linux", "commitment = \"none\"").1, "");
}

#[test]
fn a_discount_on_everything() {
    let nat = doc("Microsoft.Network/natGateways/n", "eastus", json!({}));
    let report = estimate(&estate(&[nat]), &options("terms.discount_percent = 10"));
    // 0.045 x 0.9 = 0.0405; x 730 = 29.565
    assert_eq!(lines(&report)[0], "NAT gateway: 730 gateway-hours x 0.0405 = 29.565");
    assert_eq!(report.resources[0].components[0].assumption.as_deref(), Some("less 10 %"));
}

/// The table of assumptions as `docs/cost.md` has it.
fn assumptions() -> String {
    let row = |key: &Key| {
        let [low, expected, high] = key.default;
        let figure = match low == high {
            true => expected.to_owned(),
            false => format!("{expected} ({low} to {high})"),
        };
        format!("| `{}` | {figure} | {} | {} |\n", key.name, key.unit, key.reason)
    };
    let head = "| key | default | unit | why |\n| --- | --- | --- | --- |\n".to_owned();
    KEYS.iter().fold(head, |text, key| text + &row(key))
}

/// The documentation, and where the table stands in it.
fn documentation() -> (std::path::PathBuf, String, std::ops::Range<usize>) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cost.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find("| key | default |").unwrap();
    let end = start + text[start..].find("\n\n").unwrap() + 1;
    (path, text, start..end)
}

#[test]
fn the_documentation_lists_every_assumption() {
    let (_, text, table) = documentation();
    assert_eq!(text[table], assumptions(), "cargo test --test it cost::usage::write -- --ignored");
}

#[test]
#[ignore = "writes docs/cost.md"]
fn write_the_documentation_of_assumptions() {
    let (path, mut text, table) = documentation();
    text.replace_range(table, &assumptions());
    std::fs::write(path, text).unwrap();
}
