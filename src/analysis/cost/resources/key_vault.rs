//! Key vaults: operations; keys in hardware by the month.

use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

const fn meter<'a>(sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    // The product matters: `Standard` alone also names dedicated HSMs at thousands a month.
    let service = "Key Vault";
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate: true }
}

const OPERATIONS: Meter<'_> = meter("", &["Operations"]);
const ADVANCED_OPERATIONS: Meter<'_> = meter("", &["Advanced Key Operations"]);
const RENEWALS: Meter<'_> = meter("", &["Certificate Renewal Request"]);
const ROTATIONS: Meter<'_> = meter("", &["Automated Key Rotation", "Secret Renewal"]);
const HSM_RSA_2048: Meter<'_> = meter("Premium", &["Premium HSM-protected RSA 2048-bit key"]);
const HSM_ADVANCED: Meter<'_> = meter("Premium", &["Premium HSM-protected Advanced Key"]);

/// RSA keys up to this length are charged at the lower price.
const RSA_2048: i64 = 2048;

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let region = cx.region(doc)?;
    bill.charge_usage("Operations", "operations", "key_vault.operations", &OPERATIONS, region);
    let advanced = "key_vault.advanced_operations";
    bill.charge_set("Advanced key operations", "operations", advanced, &ADVANCED_OPERATIONS, region);
    let renewals = "key_vault.certificate_renewals";
    bill.charge_set("Certificate renewals", "renewals", renewals, &RENEWALS, region);
    bill.charge_set("Key rotations", "rotations", "key_vault.key_rotations", &ROTATIONS, region);
    Ok(())
}

/// A key; one in software costs nothing but its operations, which are those of its vault until the usage
/// file knows those of the key.
pub(super) fn estimate_key(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let kind = attributes::required(&doc.body, "properties.kty")?.to_ascii_lowercase();
    let size = attributes::whole(&doc.body, "properties.keySize", 1 << 20)?;
    let simple = kind.starts_with("rsa") && size.unwrap_or(RSA_2048) <= RSA_2048;
    let region = cx.region(doc);
    if kind.ends_with("-hsm") {
        let meter = if simple { &HSM_RSA_2048 } else { &HSM_ADVANCED };
        let versions = bill.usage.of(bill.address, "key_vault_key.active_versions");
        let charge = Charge::new("Key in hardware", "key", versions.quantity).assuming(versions.assumption);
        bill.charge(charge, meter, region.clone()?);
    }
    let keys = ["key_vault_key.operations", "key_vault_key.rotations", "key_vault_key.secret_operations"];
    if keys.iter().any(|key| bill.usage.set(bill.address, key).is_some()) {
        let (region, [operations, rotations, secrets]) = (region?, keys);
        let (name, meter) = match simple {
            true => ("Operations", &OPERATIONS),
            false => ("Advanced key operations", &ADVANCED_OPERATIONS),
        };
        bill.charge_set(name, "operations", operations, meter, region);
        bill.charge_set("Key rotations", "rotations", rotations, &ROTATIONS, region);
        bill.charge_set("Operations of secrets", "operations", secrets, &OPERATIONS, region);
    }
    Ok(())
}

/// A certificate, which has no document: what the usage file says of it, at the price of all regions.
pub(super) fn estimate_certificate(bill: &mut Bill<'_>) {
    const ANY: &str = "eastus";
    let renewals = "key_vault_certificate.renewals";
    bill.charge_set("Certificate renewals", "renewals", renewals, &RENEWALS, ANY);
    let operations = "key_vault_certificate.operations";
    bill.charge_set("Certificate operations", "operations", operations, &OPERATIONS, ANY);
}
