//! Reading Azure at size: 10,000 resources in 20 subscriptions, 50 ms an answer.
//! `cargo bench --bench live`; the figures are in `docs/performance.md`.
//!
//! `trueup drift --live azure` is measured beside a plain fetch of the same answers and beside one GET for
//! each resource by ten workers, which is what a refresh does. `cargo bench --bench live -- write DIR`
//! writes the root module and the documents, for another stand-in; `cargo bench --bench live -- against URL DIR LOG`
//! measures with that one, given a log of what it is asked: a line of JSON for each request, its path as `p`. No bound
//! is asserted here: machines differ, and a timed test fails for other reasons than the code.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::unwrap_used)]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value as Json, json};

#[allow(dead_code, unreachable_pub)]
#[path = "../tests/it/live/arm.rs"]
mod arm;

use arm::{Arm, Setup};

const SUBSCRIPTIONS: usize = 20;
const LATENCY: Duration = Duration::from_millis(50);
const PAGE: usize = 100;
const RUNS: usize = 5;

/// Resources of a subscription: `(ARM type, Terraform type, how many, properties, sku, arguments)`.
const TYPES: [(&str, &str, usize, &str, &str, &str); 4] = [
    (
        "Microsoft.Network/networkSecurityGroups",
        "azurerm_network_security_group",
        150,
        r#"{"provisioningState": "Succeeded", "securityRules": [], "defaultSecurityRules": []}"#,
        "",
        "",
    ),
    (
        "Microsoft.Network/routeTables",
        "azurerm_route_table",
        100,
        r#"{"provisioningState": "Succeeded", "disableBgpRoutePropagation": false, "routes": []}"#,
        "",
        "",
    ),
    (
        "Microsoft.Network/publicIPAddresses",
        "azurerm_public_ip",
        140,
        r#"{"provisioningState": "Succeeded", "publicIPAddressVersion": "IPv4", "publicIPAllocationMethod": "Static",
            "idleTimeoutInMinutes": 4, "ipTags": [], "ddosSettings": {"protectionMode": "VirtualNetworkInherited"}}"#,
        r#"{"name": "Standard", "tier": "Regional"}"#,
        "allocation_method = \"Static\"\n  sku = \"Standard\"",
    ),
    (
        "Microsoft.ManagedIdentity/userAssignedIdentities",
        "azurerm_user_assigned_identity",
        100,
        r#"{"tenantId": "7a1c0f5e-2b3d-4c8a-9e6f-1d2c3b4a5968"}"#,
        "",
        "",
    ),
];
const GROUPS: usize = 10;

fn subscription(at: usize) -> String {
    format!("00000000-0000-4000-8000-{at:012}")
}

/// What is in Azure: in each subscription one address that was changed, and one route table less.
fn documents() -> Json {
    let mut all = Vec::new();
    for at in 0..SUBSCRIPTIONS {
        let group =
            |n: usize| format!("/subscriptions/{}/resourceGroups/rg-{}", subscription(at), n % GROUPS);
        for n in 0..GROUPS {
            all.push(json!({"id": group(n), "name": format!("rg-{n}"), "type": "Microsoft.Resources/resourceGroups",
                "location": "westeurope", "properties": {"provisioningState": "Succeeded"}}));
        }
        for (arm_type, _, count, properties, sku, _) in TYPES {
            for n in usize::from(arm_type.ends_with("routeTables"))..count {
                let name = format!("r-{n}");
                let mut properties: Json = serde_json::from_str(properties).unwrap();
                if n == 0 && arm_type.ends_with("publicIPAddresses") {
                    properties["idleTimeoutInMinutes"] = 30.into();
                }
                let mut document = json!({"id": format!("{}/providers/{arm_type}/{name}", group(n)), "name": name,
                    "type": arm_type, "location": "westeurope", "tags": {"owner": "platform"}, "properties": properties});
                if !sku.is_empty() {
                    document["sku"] = serde_json::from_str(sku).unwrap();
                }
                all.push(document);
            }
        }
    }
    Json::Array(all)
}

/// The code that declares all of it.
fn write_root(dir: &Path) {
    let mut root = String::from(
        "terraform {\n  required_providers {\n    azurerm = { source = \"hashicorp/azurerm\", version = \"5.2.0\" }\n  }\n}\n",
    );
    for at in 0..SUBSCRIPTIONS {
        let id = subscription(at);
        root += &format!(
            "provider \"azurerm\" {{\n  features {{}}\n  alias = \"s{at}\"\n  subscription_id = \"{id}\"\n}}\n"
        );
        root += &format!(
            "module \"s{at}\" {{\n  source = \"./modules/part\"\n  providers = {{ azurerm = azurerm.s{at} }}\n}}\n"
        );
    }
    let mut part = format!(
        "resource \"azurerm_resource_group\" \"g\" {{\n  count = {GROUPS}\n  name = \"rg-${{count.index}}\"\n  location = \"westeurope\"\n}}\n"
    );
    for (_, ty, count, _, _, arguments) in TYPES {
        part += &format!(
            "resource \"{ty}\" \"r\" {{\n  count = {count}\n  name = \"r-${{count.index}}\"\n  location = \"westeurope\"\n  \
             resource_group_name = azurerm_resource_group.g[count.index % {GROUPS}].name\n  tags = {{ owner = \"platform\" }}\n  {arguments}\n}}\n"
        );
    }
    std::fs::create_dir_all(dir.join("modules/part")).unwrap();
    std::fs::write(dir.join("main.tf"), root).unwrap();
    std::fs::write(dir.join("modules/part/main.tf"), part).unwrap();
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if let [word, dir] = &*arguments
        && word == "write"
    {
        write_root(Path::new(dir));
        std::fs::write(Path::new(dir).join("arm.json"), documents().to_string()).unwrap();
        return;
    }
    if let [word, url, dir, log] = &*arguments
        && word == "against"
    {
        return against(url, Path::new(dir), Path::new(log));
    }
    let dir = std::env::temp_dir().join(format!("trueup-bench-live-{}", std::process::id()));
    write_root(&dir);
    let documents = documents();
    let arm = Arm::new(&documents, Setup { page: PAGE, latency: LATENCY, ..Setup::default() });
    let mut times = [const { Vec::new() }; 3];
    let (mut drift, mut plain, mut each) = (0, 0, 0);
    let ids: Vec<String> = documents
        .as_array()
        .unwrap()
        .iter()
        .map(|d| format!("{}?api-version=1", d["id"].as_str().unwrap()))
        .collect();
    for _ in 0..RUNS {
        let before = arm.asked().len();
        let begun = Instant::now();
        run(&dir, &arm.url());
        times[0].push(begun.elapsed());
        let asked: Vec<String> = arm.asked().drain(before..).map(|a| a.path).collect();
        drift = asked.len();
        (plain, each) = (asked.len(), ids.len());
        times[1].push(fetch(&arm.url(), &asked, 64));
    }
    times[2].push(fetch(&arm.url(), &ids, 10));
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system accounts for children").max_rss();
    println!("{:<60} {:>10} {:>10}", "10,000 resources in 20 subscriptions", "requests", "seconds");
    let names =
        ["trueup drift --live azure", "the same answers, 64 at once", "one GET a resource, ten workers"];
    for ((name, times), requests) in names.iter().zip(&mut times).zip([drift, plain, each]) {
        times.sort();
        println!("{name:<60} {requests:>10} {:>10.2}", times[times.len() / 2].as_secs_f64());
    }
    println!("peak of trueup: {} MiB", peak / 1024);
    let _ = std::fs::remove_dir_all(dir);
}

/// Runs in turns with a plain fetch of what the stand-in was just asked.
fn against(url: &str, dir: &Path, log: &Path) {
    let asked = || -> Vec<String> {
        let text = std::fs::read_to_string(log).expect("the log is read");
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
        let paths = lines.filter_map(|line| Some(line["p"].as_str()?.to_owned()));
        paths.filter(|path| path.starts_with("/subscriptions")).collect()
    };
    let (mut ratios, mut requests) = (Vec::new(), 0);
    for _ in 0..RUNS {
        let before = asked().len();
        let begun = Instant::now();
        run(dir, url);
        let ours = begun.elapsed();
        let paths: Vec<String> = asked().drain(before..).collect();
        let plain = fetch(url, &paths, 48);
        let ratio = ours.as_secs_f64() / plain.as_secs_f64();
        println!("{:>6.2} s, plainly {:>6.2} s: {ratio:.2} times", ours.as_secs_f64(), plain.as_secs_f64());
        ratios.push(ratio);
        requests = paths.len();
    }
    ratios.sort_by(f64::total_cmp);
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system accounts for children").max_rss();
    println!("median {:.2} times, {requests} requests, peak {} MiB", ratios[RUNS / 2], peak / 1024);
}

fn run(dir: &Path, url: &str) {
    let status = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["drift", "--live", "azure", "--format", "json"])
        .current_dir(dir)
        .envs([
            ("TRUEUP_ARM_ENDPOINT", url),
            ("ARM_CLIENT_ID", "c"),
            ("ARM_CLIENT_SECRET", "s"),
            ("ARM_TENANT_ID", "t"),
        ])
        .stdout(Stdio::null())
        .status()
        .expect("the binary runs");
    assert_eq!(status.code(), Some(2), "an address drifted");
}

/// Fetches paths over so many connections and says how long it took.
fn fetch(url: &str, paths: &[String], workers: usize) -> Duration {
    let host = url.trim_start_matches("http://");
    let queue: Mutex<VecDeque<&String>> = Mutex::new(paths.iter().collect());
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut stream = BufReader::new(TcpStream::connect(host).unwrap());
                while let Some(path) = { queue.lock().unwrap().pop_front() } {
                    get(&mut stream, path);
                }
            });
        }
    });
    begun.elapsed()
}

fn get(stream: &mut BufReader<TcpStream>, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: fake\r\nAuthorization: Bearer token-1\r\n\r\n");
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    let mut length = 0;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some((_, value)) =
            line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case("content-length"))
        {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
}
