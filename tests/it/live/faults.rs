//! What goes wrong in Azure: the result is right, or it is incomplete and names what is missing. It is
//! never "in sync", it does not hang, and no token goes elsewhere.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::arm::{Arm, Fault, Setup};
use super::{Case, SECRET, principal};
use crate::harness::{Folder, Run};

const CASE: &str = "046-environment-production";

fn run(faults: impl Fn(usize, usize, &str) -> Option<Fault> + Send + Sync + 'static) -> (Run, Arm) {
    let case = Case::open(CASE);
    let arm = Arm::new(&case.arm, Setup { faults: Box::new(faults), ..Setup::default() });
    (case.azure("drift", &arm), arm)
}

/// In sync, whole, and only that.
fn is_right(run: &Run) {
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(run.json()["complete"], true);
}

/// Incomplete, with this in a gap, and nothing reported that is not so.
fn is_incomplete(run: &Run, missing: &str) {
    assert_eq!(run.status, 3, "{missing}: {}{}", run.stderr, run.stdout);
    let report = run.json();
    assert_eq!(report["complete"], false);
    let gaps: Vec<&str> = report["gaps"].as_array().unwrap().iter().filter_map(Json::as_str).collect();
    assert!(gaps.iter().any(|g| g.contains(missing)), "{missing}: {gaps:?}");
    let wrong = |r: &&Json| !matches!(r["status"].as_str(), Some("in_sync" | "not_comparable"));
    assert_eq!(report["resources"].as_array().unwrap().iter().find(wrong), None);
}

#[test]
fn what_heals_is_asked_for_again() {
    // Three of ten requests fail, each in another way.
    let mixed = |n: usize, _: usize, _: &str| match n % 10 {
        1 => Some(Fault::Status(503, Some(("Retry-After", "0")), "ServerTimeout")),
        4 => Some(if n % 20 == 4 { Fault::Drop } else { Fault::Half }),
        7 => Some(if n == 7 {
            Fault::Status(429, Some(("Retry-After", "1")), "TooManyRequests")
        } else {
            Fault::Status(500, None, "InternalServerError")
        }),
        _ => None,
    };
    let (report, arm) = run(mixed);
    is_right(&report);
    let requests = &report.json()["requests"];
    assert!(requests["retries"].as_u64().unwrap() >= 4, "{requests}");
    assert_eq!(super::writes(&arm), [""; 0]);
    let first = AtomicBool::new(true);
    let empty = move |_: usize, _: usize, path: &str| {
        (path.ends_with("/virtualnetworks") && first.swap(false, Ordering::SeqCst))
            .then_some(Fault::EmptyPage)
    };
    is_right(&run(empty).0);
}

#[test]
fn what_does_not_heal_is_named() {
    let vnets = |path: &str| path.ends_with("/virtualnetworks");
    let table: [(Fault, &str); 6] = [
        (Fault::Half, "Microsoft.Network/virtualNetworks"),
        (Fault::Status(403, None, "AuthorizationFailed"), "403 AuthorizationFailed"),
        (
            Fault::Status(429, Some(("Retry-After", "3600")), "SubscriptionRequestsThrottled"),
            "come back in 3600 s",
        ),
        (Fault::Status(400, None, "BadRequest"), "400 BadRequest"),
        (Fault::Next("https://example.org/next".to_owned()), "another host (example.org)"),
        (Fault::EmptyPage, "does not end"),
    ];
    for (fault, missing) in table {
        let begun = Instant::now();
        let (report, _arm) = run(move |_, _, path| vnets(path).then(|| fault.clone()));
        is_incomplete(&report, missing);
        assert!(begun.elapsed() < Duration::from_secs(90), "{missing}");
    }
}

#[test]
fn a_token_goes_to_no_other_host() {
    let elsewhere = Arm::new(&Json::Array(Vec::new()), Setup::default());
    let next = format!("{}/subscriptions/next", elsewhere.url());
    let (report, arm) =
        run(move |_, _, path| path.ends_with("/virtualnetworks").then(|| Fault::Next(next.clone())));
    is_incomplete(&report, "where no token is sent");
    assert_eq!(elsewhere.everything_asked().len(), 0);
    assert!(arm.asked().iter().all(|a| a.authorization.is_some()));
}

#[test]
fn a_subscription_that_may_not_be_read_proves_nothing() {
    let (report, _) = run(|_, _, path| {
        path.starts_with("/subscriptions/").then_some(Fault::Status(403, None, "AuthorizationFailed"))
    });
    is_incomplete(&report, "AuthorizationFailed");
    let all = report.json();
    let all = all["resources"].as_array().unwrap().clone();
    assert!(
        all.iter().filter(|r| r["type"] != "azurerm_client_config").all(|r| r["status"] == "not_comparable"),
        "{all:?}"
    );
}

/// One of two subscriptions may not be read: the other one is judged, and nothing is said of this one.
#[test]
fn one_subscription_that_may_not_be_read_leaves_the_other() {
    let provider = |alias: &str, id: &str| {
        format!(
            "provider \"azurerm\" {{\n  alias = \"{alias}\"\n  features {{}}\n  subscription_id = \"{id}\"\n}}\n"
        )
    };
    let group = |alias: &str| {
        format!(
            "resource \"azurerm_resource_group\" \"{alias}\" {{\n  provider = azurerm.{alias}\n  name = \"rg\"\n  \
             location = \"westeurope\"\n}}\n"
        )
    };
    let (open, shut) = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002");
    let main = [provider("open", open), provider("shut", shut), group("open"), group("shut")].concat();
    let documents: Vec<Json> = [open, shut]
        .iter()
        .map(|s| json!({"id": format!("/subscriptions/{s}/resourceGroups/rg"), "name": "rg", "location": "northeurope"}))
        .collect();
    let faults = move |_: usize, _: usize, path: &str| {
        path.contains(shut).then_some(Fault::Status(403, None, "AuthorizationFailed"))
    };
    let arm = Arm::new(&Json::Array(documents), Setup { faults: Box::new(faults), ..Setup::default() });
    let folder = Folder::new("shut", &[("main.tf", &main)]);
    let url = arm.url();
    let args = ["drift", folder.path().to_str().unwrap(), "--live", "azure", "--format", "json"];
    let run = super::trueup(&args, &principal(&url));
    assert_eq!(run.status, 2, "the drift of the other one counts: {}{}", run.stderr, run.stdout);
    let report = run.json();
    let status = |name: &str| {
        let all = report["resources"].as_array().unwrap();
        all.iter().find(|r| r["address"] == format!("azurerm_resource_group.{name}")).unwrap()["status"]
            .clone()
    };
    assert_eq!((status("open"), status("shut")), ("changed".into(), "not_comparable".into()), "{report}");
    assert_eq!(report["complete"], false);
    assert!(report["gaps"].to_string().contains("AuthorizationFailed"), "{report}");
}

#[test]
fn a_part_that_is_missing_leaves_its_resource_open() {
    let (report, _) = run(|_, _, path| {
        path.ends_with("/maintenanceconfigurations").then_some(Fault::Status(
            500,
            None,
            "InternalServerError",
        ))
    });
    is_incomplete(&report, "maintenanceConfigurations");
    let report = report.json();
    let all = report["resources"].as_array().unwrap();
    let cluster = all.iter().find(|r| r["type"] == "azurerm_kubernetes_cluster").unwrap();
    assert_eq!(cluster["status"], "not_comparable");
    assert!(all.iter().any(|r| r["status"] == "in_sync"));
}

#[test]
fn an_expired_token_is_renewed_once() {
    let case = Case::open(CASE);
    let arm = Arm::new(&case.arm, Setup { expire_at: 6, ..Setup::default() });
    is_right(&case.azure("drift", &arm));
    assert_eq!(arm.tokens(), 2);
}

#[test]
fn the_time_ends_and_what_is_left_is_named() {
    let case = Case::open(CASE);
    let faults = |_: usize, _: usize, path: &str| path.ends_with("/vaults").then_some(Fault::Hang);
    let arm = Arm::new(&case.arm, Setup { faults: Box::new(faults), ..Setup::default() });
    let url = arm.url();
    let mut environment = principal(&url);
    environment.push(("TRUEUP_LIVE_TIMEOUT", "3"));
    let report = case.run("drift", "azure", &environment);
    is_incomplete(&report, "the time is up");
}

#[test]
fn an_interrupt_ends_it_without_a_verdict() {
    let case = Case::open(CASE);
    let faults = |_: usize, _: usize, path: &str| path.ends_with("/vaults").then_some(Fault::Hang);
    let arm = Arm::new(&case.arm, Setup { faults: Box::new(faults), ..Setup::default() });
    let root = case.dir.join("config").join(case.info["root"].as_str().unwrap());
    let child = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["drift", root.to_str().unwrap(), "--live", "azure"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .envs([
            ("TRUEUP_ARM_ENDPOINT", arm.url().as_str()),
            ("ARM_CLIENT_ID", "c"),
            ("ARM_TENANT_ID", "t"),
            ("ARM_CLIENT_SECRET", SECRET),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let waits = Instant::now();
    while !arm.asked().iter().any(|a| a.path.contains("/vaults")) && waits.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    assert!(String::from_utf8(output.stderr).unwrap().contains("interrupted"));
}
