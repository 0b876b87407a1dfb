//! Plans of Defender for Cloud. A plan is bought for a subscription; what it costs is known for the
//! resources of the estate only.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::{Context, managed_cluster};
use crate::azure::estate::Document;

/// The region of a subscription's plans: their prices are the same everywhere.
const HOME: &str = "eastus";

const fn meter<'a>(product: &'a str, sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    let service = "Microsoft Defender for Cloud";
    Meter { service, product, sku, names, scope: Scope::Region, approximate: true }
}

const VAULTS: Meter<'_> = meter("Microsoft Defender for Key Vault", "Per node Std", &["Per node Std Node"]);
const SERVERS_P1: Meter<'_> = meter("Microsoft Defender for Servers", "Standard P1", &["Standard P1 Node"]);
const SERVERS_P2: Meter<'_> = meter("Microsoft Defender for Servers", "Standard P2", &["Standard P2 Node"]);

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let tier = attributes::text(&doc.body, "properties.pricingTier")?.unwrap_or("Free");
    if tier.eq_ignore_ascii_case("Free") {
        return Ok(());
    }
    let count = |arm_type: &str| -> Result<Range, Gap> {
        let mut count = 0;
        for doc in cx.estate.of_type(arm_type) {
            attributes::countable(doc)?;
            count += 1;
        }
        Ok(Range::fixed(count))
    };
    let plan = doc.name();
    let (noun, quantity, meter) = match plan.to_ascii_lowercase().as_str() {
        "containers" => {
            let mut sum = Range::default();
            // One that has the agent on pays for itself.
            for cluster in cx.estate.of_type(managed_cluster::TYPE) {
                if !attributes::flag(&cluster.body, managed_cluster::DEFENDER_ON)? {
                    sum += managed_cluster::vcpus(cx, cluster)?;
                }
            }
            ("vCPU", sum, &managed_cluster::DEFENDER)
        }
        "keyvaults" => ("vault", count("Microsoft.KeyVault/vaults")?, &VAULTS),
        "virtualmachines" => {
            let sub = attributes::text(&doc.body, "properties.subPlan")?.unwrap_or("P2");
            let meter = if sub.eq_ignore_ascii_case("P1") { &SERVERS_P1 } else { &SERVERS_P2 };
            ("server", count("Microsoft.Compute/virtualMachines")?, meter)
        }
        _ => return Err(format!("the plan {plan} of Defender for Cloud is not priced")),
    };
    let why = "bought for the subscription: for the resources of this estate only".to_owned();
    bill.charge(
        Charge::new(format!("Defender for Cloud, {plan}"), noun, quantity).assuming(why),
        meter,
        HOME,
    );
    Ok(())
}
