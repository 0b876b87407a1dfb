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
    findings.into_iter().map(|f| (f.name, f.formula)).collect()
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
