//! Container registries and key vaults.

use super::*;

const ACR: &str = "Microsoft.ContainerRegistry/registries/acr";

fn registry(sku: Json) -> Json {
    doc(ACR, "eastus", json!({ "sku": sku }))
}

#[test]
fn registries_by_sku_with_their_storage() {
    for (sku, unit, included) in [
        // 30.4167 days x 0.1666 = 5.06742222
        ("Basic", "Registry, Basic: 30.4167 registry-days x 0.1666 = 5.06742222", 10),
        ("Standard", "Registry, Standard: 30.4167 registry-days x 0.6666 = 20.27577222", 100),
        ("Premium", "Registry, Premium: 30.4167 registry-days x 1.6666 = 50.69247222", 500),
    ] {
        let over = format!("Storage beyond the included {included} GB: 0 GB-months x 0.1 = 0");
        check(&[registry(json!({ "name": sku }))], &[unit, &over], &[]);
        // azurerm's mapping writes the tier.
        check(&[registry(json!({ "tier": sku }))], &[unit, &over], &[]);
    }
}

#[test]
fn storage_beyond_what_is_included() {
    let usage = r#"resources."ID".storage_gb = 750"#.replace("ID", &id(ACR));
    let report = estimate(&estate(&[registry(json!({ "name": "Premium" }))]), &options(&usage));
    // 750 - 500 = 250; x 0.1 = 25
    assert_eq!(lines(&report)[1], "Storage beyond the included 500 GB: 250 GB-months x 0.1 = 25");
}

#[test]
fn replicas_cost_a_registry_each_but_not_at_home() {
    let replica = |region: &str| json!({ "id": format!("{ACR}/replications/{region}"), "location": region });
    check(
        &[registry(json!({ "name": "Premium" })), replica("eastus"), replica("westeurope")],
        &[
            "Registry, Premium: 30.4167 registry-days x 1.6666 = 50.69247222",
            "Storage beyond the included 500 GB: 0 GB-months x 0.1 = 0",
            "Replica in westeurope: 30.4167 registry-days x 1.6666 = 50.69247222",
        ],
        &[],
    );
}

#[test]
fn registries_that_cannot_be_priced() {
    for (sku, reason) in [
        (json!({ "name": "Classic" }), "sku classic is none of Basic, Standard, Premium"),
        (json!({}), "sku is not set"),
        (json!({ "name": { "$unknown": "sku" } }), "sku.name is not known: var.sku has no value"),
    ] {
        check(&[registry(sku)], &[], &[reason]);
    }
    let mut nowhere = registry(json!({ "name": "Basic" }));
    nowhere["location"] = json!("westmars");
    // A price that holds everywhere holds in regions that exist.
    check(&[nowhere], &[], &["westmars is not a known Azure region"]);
}

#[test]
fn key_vaults_by_operations() {
    for sku in ["standard", "premium"] {
        let vault = doc(
            "Microsoft.KeyVault/vaults/kv",
            "eastus",
            json!({ "properties": { "sku": { "name": sku } } }),
        );
        // 100,000 / 10K = 10; x 0.03 = 0.3
        check(&[vault], &["Operations: 10 10K operations x 0.03 = 0.3"], &[]);
    }
}

#[test]
fn keys_in_software_and_hardware() {
    let key = |properties: Json| {
        let vault = doc("Microsoft.KeyVault/vaults/kv", "eastus", json!({}));
        let key = json!({ "id": "Microsoft.KeyVault/vaults/kv/keys/k", "properties": properties });
        lines(&report(&[vault, key])).into_iter().skip(1).collect::<Vec<_>>()
    };
    assert!(key(json!({ "kty": "RSA" })).is_empty());
    assert_eq!(key(json!({ "kty": "RSA-HSM", "keySize": 2048 })), ["Key in hardware: 1 key-months x 1 = 1"]);
    let advanced = ["Key in hardware, first 250 key: 1 key-months x 5 = 5"];
    assert_eq!(key(json!({ "kty": "RSA-HSM", "keySize": 4096 })), advanced);
    assert_eq!(key(json!({ "kty": "EC-HSM" })), advanced);
}
