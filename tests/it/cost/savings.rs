//! Savings: what they rest on, their arithmetic, and when there are none.

use super::*;
use trueup::analysis::cost::savings;
use trueup::analysis::finding::Facet;

/// Name and formula of each finding.
fn found(documents: &[Json]) -> Vec<(String, String)> {
    let findings = savings(&estate(documents), &options(""));
    for f in &findings {
        assert_eq!(f.facet, Facet::Cost);
        assert!(
            !f.title.is_empty() && !f.consequence.is_empty() && !f.remedies.is_empty() && !f.note.is_empty()
        );
    }
    findings.into_iter().map(|f| (f.name.into_owned(), f.formula)).collect()
}

#[track_caller]
fn one(documents: &[Json], name: &str, formula: &str) {
    assert_eq!(found(documents), [(name.to_owned(), formula.to_owned())]);
}

#[track_caller]
fn none(documents: &[Json]) {
    assert_eq!(found(documents), []);
}

const ACR: &str = "Microsoft.ContainerRegistry/registries/acr";

fn premium(properties: Json) -> Json {
    doc(ACR, "eastus", json!({ "sku": { "name": "Premium" }, "properties": properties }))
}

#[test]
fn a_premium_registry_without_a_premium_feature() {
    // 1.6666 - 0.6666 = 1; x 30.4167
    let formula = "(1.6666 Premium - 0.6666 Standard) a day x 30.4167 days = 30.42";
    one(&[premium(json!({}))], "premium-registry-unused", formula);
    let off = json!({
        "zoneRedundancy": "Disabled", "publicNetworkAccess": "Enabled", "dataEndpointEnabled": false,
        "networkRuleSet": { "defaultAction": "Allow", "ipRules": [] }
    });
    one(&[premium(off)], "premium-registry-unused", formula);
}

#[test]
fn a_premium_registry_that_uses_something_or_may() {
    for properties in [
        json!({ "zoneRedundancy": "Enabled" }),
        json!({ "zoneRedundancy": { "$unknown": "zones" } }),
        json!({ "publicNetworkAccess": "Disabled" }),
        json!({ "dataEndpointEnabled": true }),
        json!({ "networkRuleSet": { "defaultAction": "Deny" } }),
        json!({ "networkRuleSet": { "ipRules": [{ "value": "10.0.0.0/8" }] } }),
        json!({ "policies": { "retentionPolicy": { "status": "enabled", "days": 7 } } }),
        json!({ "encryption": { "status": "enabled" } }),
    ] {
        none(&[premium(properties)]);
    }
    none(&[
        premium(json!({})),
        json!({ "id": format!("{ACR}/replications/westeurope"), "location": "westeurope" }),
    ]);
    let endpoint = |service: Json| {
        doc(
            "Microsoft.Network/privateEndpoints/e",
            "eastus",
            json!({ "properties": {
            "privateLinkServiceConnections": [{ "properties": { "privateLinkServiceId": service } }]
        } }),
        )
    };
    none(&[premium(json!({})), endpoint(json!(id(ACR)))]);
    none(&[premium(json!({})), endpoint(json!({ "$unknown": "id" }))]);
    assert_eq!(found(&[premium(json!({})), endpoint(json!("/other"))]).len(), 1);
    // Other SKUs have nothing to save.
    none(&[doc(ACR, "eastus", json!({ "sku": { "name": "Standard" } }))]);
}

const AKS: &str = "Microsoft.ContainerService/managedClusters";

fn cluster(name: &str, tier: &str, tags: Json) -> Json {
    doc(&format!("{AKS}/{name}"), "eastus", json!({ "sku": { "tier": tier }, "tags": tags }))
}

#[test]
fn a_paid_tier_on_a_development_cluster() {
    let name = "paid-tier-on-development-cluster";
    one(&[cluster("aks-dev-01", "Standard", json!(null))], name, "0.1 an hour x 730 hours = 73.00");
    one(
        &[cluster("aks", "Premium", json!({ "Environment": "test" }))],
        name,
        "0.6 an hour x 730 hours = 438.00",
    );
    none(&[cluster("aks-dev-01", "Free", json!(null))]);
    none(&[cluster("aks-prod-01", "Standard", json!(null))]);
    // The tag counts more than the name; a part of a word is no word.
    none(&[cluster("aks-dev-01", "Standard", json!({ "env": "production" }))]);
    none(&[cluster("aks-dev-01", "Standard", json!({ "env": { "$unknown": "env" } }))]);
    none(&[cluster("devices", "Standard", json!(null))]);
}

fn pool(name: &str, properties: Json) -> Json {
    json!({ "id": format!("{AKS}/aks/agentPools/{name}"), "properties": properties })
}

#[test]
fn a_system_pool_for_system_pods_on_large_nodes() {
    let system = |size: &str, taints: Json| {
        pool(
            "system",
            json!({
                "mode": "System", "vmSize": size, "count": 3, "osDiskType": "Ephemeral", "nodeTaints": taints
            }),
        )
    };
    let user = pool(
        "user",
        json!({ "mode": "User", "vmSize": "Standard_D8s_v5", "count": 1, "osDiskType": "Ephemeral" }),
    );
    let aks = cluster("aks", "Free", json!(null));
    let critical = json!(["CriticalAddonsOnly=true:NoSchedule"]);
    one(
        &[aks.clone(), system("Standard_D8s_v5", critical.clone()), user.clone()],
        "system-pool-larger-than-needed",
        // 3 x 730 x 0.384 = 840.96
        "3 nodes x 730 hours x 0.384 = 840.96",
    );
    none(&[aks.clone(), system("Standard_D4ds_v5", critical.clone()), user.clone()]);
    none(&[aks.clone(), system("Standard_D8s_v5", json!([])), user]);
    none(&[aks, system("Standard_D8s_v5", critical)]);
}

#[test]
fn managed_disks_where_ephemeral_ones_fit() {
    let nodes = |size: &str, kind: &str, gib: Json| {
        [
            cluster("aks", "Free", json!(null)),
            pool("p", json!({ "vmSize": size, "count": 2, "osDiskType": kind, "osDiskSizeGB": gib })),
        ]
    };
    // D4ds_v5 has 150 GiB of temporary disk; 2 x 19.71 = 39.42
    one(
        &nodes("Standard_D4ds_v5", "Managed", json!(128)),
        "ephemeral-os-disk-would-be-free",
        "2 disks of 128 GiB x 19.71 = 39.42; Standard_D4ds_v5 has 150 GiB of local storage",
    );
    none(&nodes("Standard_D4ds_v5", "Managed", json!(256)));
    none(&nodes("Standard_D4ds_v5", "Ephemeral", json!(128)));
    // No local storage; unknown size.
    none(&nodes("Standard_D8s_v5", "Managed", json!(128)));
    none(&nodes("Standard_D4ds_v5", "Managed", json!({ "$unknown": "gib" })));
}

#[test]
fn spot_for_a_pool_tainted_for_batch() {
    let batch = |taint: &str, priority: Json| {
        pool(
            "jobs",
            json!({
                "mode": "User", "vmSize": "Standard_D8s_v5", "count": 2, "osDiskType": "Ephemeral",
                "nodeTaints": [taint], "scaleSetPriority": priority
            }),
        )
    };
    let aks = cluster("aks", "Free", json!(null));
    let at = |taint: &str, priority: Json| [aks.clone(), batch(taint, priority)];
    one(
        &at("workload=batch:NoSchedule", json!("Regular")),
        "spot-for-batch-pool",
        // 0.384 x 0.3 = 0.1152; (0.384 - 0.1152) x 730 x 2 = 392.448
        "(0.384 - 0.1152) an hour x 730 hours x 2 nodes = 392.45",
    );
    none(&at("workload=batch:NoSchedule", json!("Spot")));
    none(&at("workload=batch:NoSchedule", json!({ "$unknown": "priority" })));
    none(&at("workload=web:NoSchedule", json!(null)));
    none(&at("workload=jobber:NoSchedule", json!(null)));
}

const IP: &str = "Microsoft.Network/publicIPAddresses/ip";

#[test]
fn an_address_that_nothing_uses() {
    let ip = doc(IP, "eastus", json!({ "sku": { "name": "Standard" } }));
    let formula = "0.005 an hour x 730 hours = 3.65";
    one(std::slice::from_ref(&ip), "idle-public-ip", formula);
    let nat = |address: Json| {
        doc(
            "Microsoft.Network/natGateways/n",
            "eastus",
            json!({ "properties": {
            "publicIpAddresses": [{ "id": address }], "subnets": [{ "id": "/x" }]
        } }),
        )
    };
    none(&[ip.clone(), nat(json!(id(IP).to_uppercase()))]);
    // A reference that is not known may be this one.
    none(&[ip.clone(), nat(json!({ "$unknown": "ip" }))]);
    one(&[ip.clone(), nat(json!("/other"))], "idle-public-ip", formula);
    // Live: Azure says what it is attached to.
    let mut attached = ip.clone();
    attached["properties"] = json!({ "ipConfiguration": { "id": "/nic" } });
    none(&[attached]);
    let mut estate = estate(&[ip]);
    estate.complete = false;
    assert!(savings(&estate, &options("")).is_empty(), "an incomplete estate proves no absence");
    estate.complete = true;
    estate.untranslated.insert("azurerm_lb".to_owned(), 1);
    assert!(savings(&estate, &options("")).is_empty(), "a load balancer that is not modelled may use it");
}

#[test]
fn a_nat_gateway_on_no_subnet() {
    let nat = doc("Microsoft.Network/natGateways/n", "eastus", json!({}));
    one(std::slice::from_ref(&nat), "idle-nat-gateway", "0.045 an hour x 730 hours = 32.85");
    let subnet = json!({
        "id": "Microsoft.Network/virtualNetworks/v/subnets/s",
        "properties": { "natGateway": { "id": id("Microsoft.Network/natGateways/n") } }
    });
    none(&[nat, subnet]);
}

#[test]
fn without_a_price_there_is_no_saving() {
    let mut registry = premium(json!({}));
    registry["location"] = json!("usgovvirginia");
    none(&[registry]);
    let mut ip = doc(IP, "eastus", json!({}));
    ip["location"] = json!({ "$unknown": "location" });
    none(&[ip]);
}

const CLUSTER: &str = "Microsoft.ContainerService/managedClusters/aks";

/// A cluster that pays for nothing but its pool.
fn cluster_of(region: &str, tags: Json, pool: Json) -> Vec<Json> {
    let mut properties = json!({ "osDiskType": "Ephemeral" });
    for (key, value) in pool.as_object().unwrap() {
        properties[key] = value.clone();
    }
    vec![
        doc(
            CLUSTER,
            region,
            json!({ "tags": tags, "properties": { "networkProfile": { "outboundType": "none" } } }),
        ),
        json!({ "id": format!("{CLUSTER}/agentPools/p"), "properties": properties }),
    ]
}

#[test]
fn a_newer_generation_that_is_cheaper() {
    let pool = |size: &str| cluster_of("eastus", json!({}), json!({ "vmSize": size, "count": 2 }));
    // 2 x 730 x (0.25 - 0.226) = 35.04
    one(
        &pool("Standard_D4ds_v4"),
        "newer-size-cheaper",
        "(0.25 - 0.226) an hour x 730 hours x 2 nodes = 35.04",
    );
    // The newest, one whose successor costs more, and one without a price.
    none(&pool("Standard_D4ds_v5"));
    none(&pool("Standard_DS2_v2"));
    none(&cluster_of("westeurope", json!({}), json!({ "vmSize": "Standard_D4ds_v4", "count": 2 })));
}

#[test]
fn a_commitment_and_where_it_breaks_even() {
    let scales = json!({
        "vmSize": "Standard_D4ds_v5", "enableAutoScaling": true, "minCount": 2, "maxCount": 5, "count": 4
    });
    // The reservation, 1403 / 8760 = 0.16016, is cheaper than the savings plan at 0.20672; for the two nodes
    // that always run: 2 x 730 x (0.272 - 0.16016) = 163.2864; 0.16016 / 0.272 = 58.9 %
    let formula = "(0.272 - 0.16016) an hour x 730 hours x 2 nodes = 163.29; even at 0.16016 / 0.272 = 58.9 % of the hours";
    let pool = cluster_of("westeurope", json!({}), scales.clone());
    one(&pool, "commitment-would-pay", formula);
    // What is bought already is no advice.
    let bought = savings(&estate(&pool), &options("terms.commitment = \"savings-plan-1y\""));
    assert!(bought.is_empty());
    let sheet = trueup::analysis::cost::sheet::PriceSheet::parse(
        "[[commitments]]\nkind = 'reservation-1y'",
        false,
        "s",
    );
    let covered = Options { sheet: Some(Arc::new(sheet.unwrap())), ..options("") };
    assert!(savings(&estate(&pool), &covered).is_empty());
    for (key, value) in
        [("minCount", json!(0)), ("scaleSetPriority", json!("Spot")), ("vmSize", json!("Standard_DS2_v2"))]
    {
        let mut other = scales.clone();
        other[key] = value;
        none(&cluster_of("westeurope", json!({}), other));
    }
}

#[test]
fn an_autoscaler_that_keeps_more_than_runs() {
    let documents = cluster_of(
        "eastus",
        json!({}),
        json!({ "vmSize": "Standard_DS2_v2", "enableAutoScaling": true, "minCount": 5, "maxCount": 9 }),
    );
    let formula = |now: i64| {
        let pool = id(&format!("{CLUSTER}/agentPools/p")).to_ascii_lowercase();
        let options = Options { observed: [(pool, now)].into(), ..options("") };
        savings(&estate(&documents), &options).into_iter().map(|f| f.formula).collect::<Vec<_>>()
    };
    // (5 - 3) x 730 x 0.146 = 213.16
    assert_eq!(formula(3), ["(5 - 3) nodes x 730 hours x 0.146 = 213.16"]);
    assert!(formula(5).is_empty());
    none(&documents);
}

#[test]
fn a_development_cluster_at_night() {
    let pool = json!({ "vmSize": "Standard_DS2_v2", "count": 2 });
    let dev = cluster_of("eastus", json!({ "environment": "dev" }), pool.clone());
    // 2 x 730 x 0.146 = 213.16; x 118 / 168 = 149.72
    one(&dev, "development-cluster-runs-at-night", "1460 node-hours = 213.16 x (168 - 50) / 168 = 149.72");
    none(&cluster_of("eastus", json!({ "environment": "prod" }), pool));
    // The usage file says that it stops already.
    assert!(savings(&estate(&dev), &options("[defaults]\n\"node_pool.hours\" = 220")).is_empty());
    none(&cluster_of(
        "eastus",
        json!({ "environment": "dev" }),
        json!({ "vmSize": "Standard_DS2_v2", "count": 0 }),
    ));
}

#[test]
fn rules_of_the_live_load_balancer_are_counted() {
    let documents = [doc(CLUSTER, "eastus", json!({ "properties": { "nodeResourceGroup": "nodes" } }))];
    let rules: Vec<Json> = (0..7).map(|n| json!({ "name": n.to_string() })).collect();
    let balancer =
        format!("{}/providers/Microsoft.Network/loadBalancers/kubernetes", GROUP.replace("/rg", "/nodes"));
    let live = [
        documents[0].clone(),
        doc(
            &balancer,
            "eastus",
            json!({ "properties": { "loadBalancingRules": rules, "outboundRules": [{}] } }),
        ),
    ];
    let observed = trueup::analysis::cost::observed(&estate(&live));
    let report = estimate(&estate(&documents), &Options { observed, ..options("") });
    // Eight rules: 8 - 5 = 3; x 730 x 0.01 = 21.9
    assert_eq!(
        lines(&report)[..2],
        [
            "Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Outbound load balancer, rules beyond 5: 2190 rule-hours x 0.01 = 21.9"
        ]
    );
}
