//! What Azure Monitor takes beyond logs: samples of metrics, and logs of the platform that go elsewhere than
//! to a workspace.

use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Meter};
use super::super::prices::Scope;
use super::Context;
use crate::azure::estate::Document;

/// A workspace for metrics.
pub(super) const WORKSPACE: &str = "Microsoft.Monitor/accounts";

const fn meter<'a>(sku: &'a str, names: &'a [&'a str]) -> Meter<'a> {
    let service = "Azure Monitor";
    Meter { service, product: service, sku, names, scope: Scope::Region, approximate: true }
}

const SAMPLES: Meter<'_> = meter("Metrics ingestion", &["Metrics ingestion Metric samples"]);
const PLATFORM_LOGS: Meter<'_> = meter("Platform Logs", &["Platform Logs Data Processed", ""]);

/// A workspace for metrics: by the samples that it takes in, which only the usage file knows.
pub(super) fn estimate_workspace(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let key = "monitor_workspace.samples";
    if bill.usage.set(bill.address, key).is_none() {
        return Err(format!(
            "charged by samples of metrics that it takes in: {key} of a usage file says how many"
        ));
    }
    bill.charge_usage("Metrics ingestion", "samples", key, &SAMPLES, cx.region(doc)?);
    Ok(())
}

/// A diagnostic setting: free by itself where it writes to a workspace, which is charged for what it takes in.
pub(super) fn estimate_setting(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let elsewhere = ["storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"];
    if elsewhere.iter().any(|to| attributes::has(&doc.body, &format!("properties.{to}"))) {
        // It stands below what it watches, which has the region.
        let key = "diagnostic_setting.exported_gb";
        match cx.region(doc).or_else(|gap| cx.watched(doc).map_or(Err(gap), |d| cx.region(d))) {
            Ok(region) => bill.charge_usage("Platform logs processed", "GB", key, &PLATFORM_LOGS, region),
            Err(gap) if bill.usage.set(bill.address, key).is_some() => return Err(gap),
            Err(_) => {}
        }
    }
    Ok(())
}

/// Sentinel on a workspace is charged by what the workspace takes in; other solutions are free.
pub(super) fn estimate_solution(_: &Context<'_>, doc: &Document, _: &mut Bill<'_>) -> Result<(), Gap> {
    match is_sentinel(doc) {
        true => {
            Err("Microsoft Sentinel is charged by the GB that its workspace takes in: no price is held"
                .into())
        }
        false => Ok(()),
    }
}

/// True for the solution that makes a workspace one of Sentinel.
pub(super) fn is_sentinel(solution: &Document) -> bool {
    solution.name().to_ascii_lowercase().starts_with("securityinsights(")
}
