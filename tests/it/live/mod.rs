//! `--live azure`, `trueup snapshot` and `trueup inventory` against a stand-in for ARM on this machine.

mod arm;
mod documents;
mod faults;
mod history;
mod several;
mod sign_in;
mod standing;
mod state;

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::harness::{Folder, Run, repository, trueup_with};
use arm::{Arm, Setup};

/// A secret that no output may show.
const SECRET: &str = "hunter2-hunter2";

/// A recorded configuration and what was in Azure after it was applied.
struct Case {
    dir: PathBuf,
    arm: Json,
    info: Json,
}

impl Case {
    fn open(name: &str) -> Case {
        let dir = repository().join("tests/data/recordings").join(name);
        let json = |file: &str| serde_json::from_slice(&std::fs::read(dir.join(file)).unwrap()).unwrap();
        Case { arm: json("arm.json"), info: json("case.json"), dir }
    }

    fn all() -> Vec<Case> {
        let dir = repository().join("tests/data/recordings");
        let mut names: Vec<String> = std::fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n.starts_with(|c: char| c.is_ascii_digit()))
            .collect();
        names.sort();
        names.iter().map(|n| Case::open(n)).collect()
    }

    /// Runs a command on its root module.
    fn run(&self, command: &str, live: &str, environment: &[(&str, &str)]) -> Run {
        let root = self.dir.join("config").join(self.info["root"].as_str().unwrap());
        let mut args = vec![command.to_owned(), root.to_str().unwrap().to_owned()];
        args.extend(["--live", live, "--format", "json", "--verbose"].map(str::to_owned));
        for file in self.info["var_files"].as_array().into_iter().flatten().filter_map(Json::as_str) {
            args.extend(["--var-file".to_owned(), file.to_owned()]);
        }
        args.extend(["--var-file".to_owned(), self.dir.join("vars.json").to_str().unwrap().to_owned()]);
        let subscription = self.info["subscription_id"].as_str().unwrap();
        let tenant = self.info["tenant_id"].as_str().unwrap();
        let mut all = environment.to_vec();
        all.extend([("ARM_SUBSCRIPTION_ID", subscription), ("ARM_TENANT_ID", tenant)]);
        quiet(trueup_with(&self.dir, &args.iter().map(String::as_str).collect::<Vec<_>>(), &all))
    }

    /// The same with a signed-in service principal.
    fn azure(&self, command: &str, arm: &Arm) -> Run {
        self.run(command, "azure", &principal(&arm.url()))
    }
}

/// The environment of a service principal whose ARM and authority are the stand-in.
fn principal(url: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("TRUEUP_ARM_ENDPOINT", url),
        ("ARM_CLIENT_ID", "client"),
        ("ARM_CLIENT_SECRET", SECRET),
        ("ARM_TENANT_ID", "tenant"),
    ]
}

/// A run that shows no token and no secret.
fn quiet(run: Run) -> Run {
    for secret in ["token-", SECRET, "assertion-of-github", "Bearer "] {
        assert!(
            !run.stdout.contains(secret) && !run.stderr.contains(secret),
            "{secret}: {}{}",
            run.stdout,
            run.stderr
        );
    }
    run
}

fn trueup(args: &[&str], environment: &[(&str, &str)]) -> Run {
    quiet(trueup_with(&repository(), args, environment))
}

/// Requests that are not reads; there must be none.
fn writes(arm: &Arm) -> Vec<String> {
    arm.asked()
        .into_iter()
        .filter(|a| a.method != "GET")
        .map(|a| format!("{} {}", a.method, a.path))
        .collect()
}

#[test]
fn reading_azure_says_what_a_snapshot_of_it_says() {
    let mut resources = 0;
    let mut requests = 0;
    for case in Case::all() {
        let arm = Arm::new(&case.arm, Setup { page: 2, ..Setup::default() });
        let (live, file) = (case.azure("drift", &arm), case.run("drift", "arm.json", &[]));
        assert_eq!(live.status, file.status, "{}: {}{}", case.dir.display(), live.stderr, live.stdout);
        let (live, file) = (live.json(), file.json());
        assert_eq!(live["resources"], file["resources"], "{}", case.dir.display());
        assert_eq!(live["complete"], file["complete"], "{}", case.dir.display());
        assert_eq!(writes(&arm), [""; 0]);
        resources += live["resources"].as_array().unwrap().len();
        requests += arm.asked().len();
    }
    say!("live: {requests} requests (pages of 2) for {resources} declared resources of the recordings");
}

#[test]
fn drift_is_confirmed_by_id_and_absence_proved_by_404() {
    let case = Case::open("046-environment-production");
    let mut documents = case.arm.clone();
    let list = match documents.get_mut("resources") {
        Some(list) => list.as_array_mut().unwrap(),
        None => documents.as_array_mut().unwrap(),
    };
    list.retain(|d| !d["id"].as_str().unwrap().to_ascii_lowercase().contains("/vaults/"));
    let network =
        list.iter_mut().find(|d| d["id"].as_str().unwrap().ends_with("/virtualNetworks/vnet-prod")).unwrap();
    network["properties"]["addressSpace"]["addressPrefixes"] = serde_json::json!(["10.99.0.0/16"]);
    let arm = Arm::new(&documents, Setup::default());
    let run = case.azure("drift", &arm);
    assert_eq!(run.status, 2, "{}", run.stderr);
    let report = run.json();
    let status = |part: &str| {
        let all = report["resources"].as_array().unwrap().iter();
        let found = all.clone().find(|r| r["type"] == part).unwrap();
        found["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (status("azurerm_key_vault"), status("azurerm_virtual_network")),
        ("missing".into(), "changed".into())
    );
    assert_eq!(report["complete"], true);
    let point =
        |part: &str| arm.asked().iter().filter(|a| a.path.split('?').next().unwrap().contains(part)).count();
    assert!(point("/vaults/") >= 1 && point("/virtualNetworks/vnet-prod") >= 1);
    assert!(run.stderr.contains("confirmations"), "{}", run.stderr);
    assert!(report["requests"]["pages"].as_u64().unwrap() > 5);
}

#[test]
fn a_snapshot_is_the_same_every_time_and_stands_for_azure() {
    let case = Case::open("046-environment-production");
    let arm = Arm::new(&case.arm, Setup { page: 3, ..Setup::default() });
    let folder = Folder::new("snapshot", &[]);
    let take = |name: &str| -> Json {
        let file = folder.path().join(name);
        let subscription = case.info["subscription_id"].as_str().unwrap();
        let args = ["snapshot", "--subscription", subscription, "-o", file.to_str().unwrap()];
        let run = trueup(&args, &principal(&arm.url()));
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{}", run.stdout);
        serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap()
    };
    let (mut one, mut two) = (take("one.json"), take("two.json"));
    assert_eq!((&one["format"], &one["complete"]), (&"trueup-snapshot/1".into(), &true.into()));
    for snapshot in [&mut one, &mut two] {
        snapshot["captured_at"] = Json::Null;
    }
    assert_eq!(one, two);
    let file = folder.path().join("one.json");
    let (by_file, by_azure) = (case.run("drift", file.to_str().unwrap(), &[]), case.azure("drift", &arm));
    assert_eq!(by_file.json()["resources"], by_azure.json()["resources"]);
    let unseen =
        trueup(&["snapshot", "--subscription", "0", "--resource-group", "none"], &principal(&arm.url()));
    assert_eq!(unseen.status, 0, "a group that is not there is empty: {}", unseen.stderr);
}

#[test]
fn the_inventory_of_azure_is_that_of_its_snapshot() {
    let case = Case::open("046-environment-production");
    let arm = Arm::new(&with_upgrades(&case.arm), Setup::default());
    let folder = Folder::new("inventory", &[]);
    let file = folder.path().join("live.json");
    let file = file.to_str().unwrap();
    let scope = ["--subscription", case.info["subscription_id"].as_str().unwrap()];
    let url = arm.url();
    let environment = principal(&url);
    assert_eq!(trueup(&["snapshot", scope[0], scope[1], "-o", file], &environment).status, 0);
    let day = ["--today", "2026-11-20", "--format"];
    let live = trueup(&["inventory", scope[0], scope[1], day[0], day[1], day[2], "json"], &environment);
    let saved = trueup(&["inventory", "--live", file, day[0], day[1], day[2], "json"], &[]);
    let (live, saved) = (live.json(), saved.json());
    assert_eq!(live["clusters"], saved["clusters"]);
    let cluster = &live["clusters"][0];
    assert_eq!(cluster["subscription"], "<subscription>");
    assert_eq!(cluster["upgrades"], serde_json::json!(["1.98.1", "1.99.0"]), "previews are left out");
    assert_eq!(cluster["pools"][0]["image_behind"], true);
    assert_eq!(
        live["requests"]["other"], 2,
        "one for the cluster, one for the image family: {}",
        live["requests"]
    );
    let table = trueup(&["inventory", "--live", file, day[0], day[1]], &[]);
    assert!(table.stdout.contains("1 clusters"), "{}", table.stdout);
    let csv = trueup(&["inventory", "--live", file, day[0], day[1], day[2], "csv"], &[]);
    let lines: Vec<_> = csv.stdout.lines().collect();
    assert_eq!(lines.len(), 1 + cluster["pools"].as_array().unwrap().len());
    assert!(lines.iter().all(|l| l.matches(',').count() >= 23), "{}", csv.stdout);
}

/// Upgrade profiles for every cluster and pool.
fn with_upgrades(documents: &Json) -> Json {
    let mut all = documents.get("resources").unwrap_or(documents).as_array().unwrap().clone();
    let mut profiles = Vec::new();
    for cluster in all.iter_mut().filter(|d| {
        d["id"].as_str().unwrap().to_lowercase().split('/').rev().nth(1) == Some("managedclusters")
    }) {
        let id = cluster["id"].as_str().unwrap().to_owned();
        let upgrades = serde_json::json!([
            {"kubernetesVersion": "1.99.0"}, {"kubernetesVersion": "1.98.1"}, {"kubernetesVersion": "1.100.0", "isPreview": true}]);
        profiles.push(serde_json::json!({"id": format!("{id}/upgradeprofiles/default"),
            "properties": {"controlPlaneProfile": {"kubernetesVersion": "1.97.0", "osType": "Linux", "upgrades": upgrades},
                "agentPoolProfiles": []}}));
        for pool in cluster["properties"]["agentPoolProfiles"].as_array_mut().unwrap() {
            pool["nodeImageVersion"] = "AKSUbuntu-2204gen2containerd-202601.13.0".into();
            let name = pool["name"].as_str().unwrap();
            profiles.push(
                serde_json::json!({"id": format!("{id}/agentPools/{name}/upgradeProfiles/default"),
                "properties": {"kubernetesVersion": "1.97.0", "osType": "Linux", "upgrades": [],
                    "latestNodeImageVersion": "AKSUbuntu-2204gen2containerd-202602.2.0"}}),
            );
        }
    }
    all.extend(profiles);
    Json::Array(all)
}

/// Writes a program that stands for `az`.
fn az(folder: &Folder, script: &str) -> String {
    folder.write("az", script);
    let path = folder.path().join("az");
    make_executable(&path);
    format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap_or_default())
}

fn make_executable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
