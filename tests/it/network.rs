//! The worked examples of address planning, and what bad sizing input answers.

use std::path::PathBuf;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Value, json};
use trueup::analysis::network::sizing::{self, Format};
use trueup::analysis::network::{NetworkReport, Options, analyse};
use trueup::azure::{Account, translate};
use trueup::terraform::configuration;

use crate::harness::{Folder, trueup_in};

/// The examples of `TRUEUP_IP_EXAMPLES`, or of the repository's copy; and the repository's further ones, whose
/// expected values were reckoned from the specification by a program of its own.
fn examples() -> Vec<Value> {
    let own =
        |name: &str| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/ip-planning").join(name);
    let given = std::env::var_os("TRUEUP_IP_EXAMPLES").map_or_else(|| own("examples.json"), PathBuf::from);
    let mut examples = Vec::new();
    for path in [given, own("own-examples.json")] {
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let document: Value = serde_json::from_str(&text).unwrap();
        examples.extend(document["examples"].as_array().unwrap().iter().cloned());
    }
    examples
}

/// The codes of a `findings` array, sorted: plain texts, or objects with a `code`.
fn codes(findings: &Value) -> Vec<String> {
    let one = |f: &Value| f.as_str().or_else(|| f["code"].as_str()).unwrap_or("?").to_owned();
    let mut codes: Vec<String> = findings.as_array().into_iter().flatten().map(one).collect();
    codes.sort();
    codes
}

/// Every field that is expected and not there, or other than expected. `findings` compare whole.
fn differences(path: &str, expected: &Value, got: &Value, out: &mut Vec<String>) {
    match expected {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                let got = &got[name.as_str()];
                if name == "findings" {
                    let (want, have) = (codes(value), codes(got));
                    if want != have {
                        out.push(format!("{path}: {have:?}, expected {want:?}"));
                    }
                } else {
                    differences(&path, value, got, out);
                }
            }
        }
        _ if expected == got => {}
        _ => out.push(format!("{path}: {got}, expected {expected}")),
    }
}

#[test]
fn every_worked_example_is_reproduced() {
    let examples = examples();
    let mut wrong = Vec::new();
    for example in &examples {
        let (id, kind) = (example["id"].as_str().unwrap(), example["kind"].as_str().unwrap());
        let mut out = Vec::new();
        match sizing::solve(kind, &example["input"]) {
            Err(error) => out.push(error.to_string()),
            Ok(answer) => {
                let got = serde_json::to_value(&answer.outcome).unwrap();
                differences("", &example["expected"], &got, &mut out);
                answer.warnings.iter().for_each(|w| println!("{id}: {w}"));
            }
        }
        if !out.is_empty() {
            wrong.push(format!("{id} ({kind}) {}", out.join("; ")));
        }
    }
    say!("sizing examples: {} of {} agree", examples.len() - wrong.len(), examples.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A plan of one subnet and one pool, changed by `edit`.
fn plan(edit: impl FnOnce(&mut Value)) -> Result<sizing::Answer, sizing::SizingError> {
    let mut plan = json!({
        "subnets": {"nodes": {"prefix": "10.0.0.0/24"}},
        "clusters": [{"name": "aks", "network_model": "azure_node_subnet", "pools": [
            {"name": "sys", "subnet": "nodes", "count": 3, "max_pods": 30, "upgrade": {"max_surge": "1"}}
        ]}]
    });
    edit(&mut plan);
    sizing::size(&plan)
}

#[test]
fn bad_input_gets_one_clear_error() {
    let error = |edit: fn(&mut Value)| plan(edit).map(|a| a.outcome).unwrap_err().to_string();
    insta::assert_snapshot!([
        error(|p| p["subnets"]["nodes"]["prefix"] = json!("10.0.0.5/24")),
        error(|p| p["subnets"]["nodes"]["prefix"] = json!("ten")),
        error(|p| p["subnets"]["nodes"] = json!({})),
        error(|p| p["subnets"]["more"] = json!({"prefix": "10.0.0.128/25"})),
        error(|p| p["subnets"]["nodes"]["prefixes"] = json!(["fd00::/48"])),
        error(|p| p["clusters"][0]["pools"] = json!([])),
        error(|p| p["clusters"][0]["network_model"] = json!("flannel")),
        error(|p| p["clusters"][0]["private_cluster"] = json!("vnet_integration")),
        error(|p| p["extras"] = json!([{"kind": "private_endpoint", "subnet": "pe"}])),
        error(|p| p["clusters"][0]["pools"][0]["subnet"] = json!("node")),
        error(|p| p["clusters"][0]["pools"][0]["count"] = json!(-3)),
        error(|p| p["clusters"][0]["pools"][0]["count"] = json!(2.5)),
        error(|p| p["clusters"][0]["pools"][0]["upgrade"]["max_surge"] = json!("abc")),
        error(|p| p["clusters"][0]["pools"][0]["upgrade"]["max_surge"] = json!(-1)),
        error(|p| p["clusters"][0]["pools"][0]["autoscale"] = json!({"min": 5, "max": 3})),
        error(|p| {
            let twin = p["clusters"][0]["pools"][0].clone();
            p["clusters"][0]["pools"].as_array_mut().unwrap().push(twin);
        }),
        sizing::size(&json!({"kind": "plant", "input": {}})).unwrap_err().to_string(),
        sizing::size(&json!({"kind": "capacity", "input": {}})).unwrap_err().to_string(),
        sizing::size(&json!([])).unwrap_err().to_string(),
    ]
    .join("\n"), @r#"
    subnets.nodes.prefix: `10.0.0.5/24` has host bits set; the prefix that contains it is 10.0.0.0/24 (Azure answers InvalidCIDRNotation)
    subnets.nodes.prefix: `ten` is not a CIDR prefix such as 10.0.0.0/24
    subnets.nodes: needs `prefix` or `prefixes`
    subnets.more: 10.0.0.128/25 overlaps 10.0.0.0/24 of subnet `nodes` (Azure answers NetcfgSubnetRangesOverlap)
    subnets.nodes: fd00::/48: an IPv6 prefix of a subnet must be a /64
    clusters[0].pools: a cluster needs at least one pool
    clusters[0].network_model: unknown variant `flannel`, expected one of `kubenet`, `azure_node_subnet`, `azure_pod_subnet`, `azure_overlay`, `byo`
    clusters[0].api_server_subnet: VNet integration needs the subnet of the API server
    extras[0].subnet: there is no subnet `pe`, only nodes
    clusters[0].pools[0].subnet: there is no subnet `node`, only nodes
    clusters[0].pools[0].count: invalid value: integer `-3`, expected a whole number from 0 to 4294967295
    clusters[0].pools[0].count: invalid type: floating point `2.5`, expected a whole number from 0 to 4294967295
    clusters[0].pools[0].upgrade.max_surge: `abc` is neither a number of nodes such as "2" nor a percentage such as "33%"
    clusters[0].pools[0].upgrade.max_surge: -1 nodes: the number must not be negative
    clusters[0].pools[0].autoscale: min 5 is greater than max 3
    clusters[0].pools[1].name: a second pool named `sys`
    kind: `plant` is none of plan, surge, dynamic_batch, static_block, capacity, service_subnet, cidr_check, snat_lb, snat_nat, aro_plan, terraform_change, live_usage
    give `prefix` and `network_model`, `pod_cidr` and `nodes_counted`, `pod_cidr_before` and `pod_cidr_after`, `pod_cidrs`, or `lb_services`, `ports_per_service` and `nodes`
    a sizing document is an object with `subnets` and `clusters`
    "#);
}

#[test]
fn what_azure_refuses_is_a_finding_with_figures() {
    let answer = plan(|p| p["clusters"][0]["pools"][0]["max_pods"] = json!(9)).unwrap();
    let got = serde_json::to_value(&answer.outcome).unwrap();
    assert_eq!(codes(&got["findings"]), ["MAX_PODS_BELOW_MIN", "POOL_UNDER_30_PODS"]);
    let answer = plan(|p| p["clusters"][0]["pools"][0]["count"] = json!(9)).unwrap();
    let got = serde_json::to_value(&answer.outcome).unwrap();
    assert_eq!(
        got["findings"],
        json!([{
            "code": "SUBNET_TOO_SMALL_STEADY", "subject": "nodes", "azure_error": "InsufficientSubnetSize",
            "message": "with the declared node counts: 279 addresses needed, 251 usable"
        }])
    );
    assert_eq!(got["subnets"]["nodes"]["formula"], "(9+1)*(1+30) [sys] = 310");
}

#[test]
fn fields_nobody_asked_for_are_named() {
    let answer = plan(|p| p["clusters"][0]["pools"][0]["max_pod"] = json!(250)).unwrap();
    assert_eq!(answer.warnings, ["clusters[0].pools[0].max_pod: this field has no effect on the figures"]);
}

#[test]
fn files_of_all_three_formats_say_the_same() {
    let yaml = "subnets:\n  nodes: {prefix: 10.0.0.0/24}\nclusters:\n  - name: aks\n    network_model: kubenet\n    \
                pools: [{name: sys, subnet: nodes, count: 3}]\n";
    let toml = "[subnets.nodes]\nprefix = '10.0.0.0/24'\n[[clusters]]\nname = 'aks'\nnetwork_model = 'kubenet'\n\
                [[clusters.pools]]\nname = 'sys'\nsubnet = 'nodes'\ncount = 3\n";
    let json = r#"{"subnets": {"nodes": {"prefix": "10.0.0.0/24"}}, "clusters": [{"name": "aks",
        "network_model": "kubenet", "pools": [{"name": "sys", "subnet": "nodes", "count": 3}]}]}"#;
    let answers: Vec<String> = [(yaml, "a.yaml"), (toml, "a.toml"), (json, "a.JSON")]
        .iter()
        .map(|(text, name)| {
            let document = sizing::parse(text, Format::of_name(name)).unwrap();
            serde_json::to_string(&sizing::size(&document).unwrap().outcome).unwrap()
        })
        .collect();
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
    for (text, name) in [("{", "a.json"), ("a = ", "a.toml"), ("a: [", "a.yml")] {
        assert!(!sizing::parse(text, Format::of_name(name)).unwrap_err().to_string().is_empty());
    }
}

/// The report on a root module on disk.
fn report(dir: &Utf8Path) -> (NetworkReport, Value) {
    let options = configuration::Options::within(dir, dir).unwrap();
    let evaluation = configuration::evaluate(&options);
    let wrong: Vec<_> = evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(wrong.is_empty(), "{dir}: {wrong:?}");
    let estate = translate(&evaluation, &Account::default());
    let options = Options {
        sources: Some(&evaluation.sources),
        instances: &evaluation.instances,
        ..Options::default()
    };
    let report = analyse(&estate, options);
    let json = serde_json::to_value(&report).unwrap();
    (report, json)
}

/// The member of a list of reports with an address.
fn member<'v>(list: &'v Value, address: &str) -> &'v Value {
    list.as_array().unwrap().iter().find(|r| r["address"] == address).unwrap_or(&Value::Null)
}

/// What a root module's `expected.json` says and the report does not.
fn root_differences(dir: &Utf8Path) -> Vec<String> {
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(dir.join("expected.json")).unwrap()).unwrap();
    let (report, got) = report(dir);
    let mut out = Vec::new();
    for kind in ["subnets", "pod_cidrs", "clusters"] {
        for (address, fields) in expected[kind].as_object().into_iter().flatten() {
            differences(&format!("{kind} {address}"), fields, member(&got[kind], address), &mut out);
        }
    }
    if let Some(gaps) = expected.get("gaps") {
        differences("gaps", gaps, &got["gaps"], &mut out);
    }
    let findings = got["findings"].as_array().unwrap();
    for wanted in expected["findings"].as_array().unwrap() {
        let mut nearest = Vec::new();
        let found = findings.iter().any(|f| {
            let mut wrong = Vec::new();
            differences("", wanted, f, &mut wrong);
            let fits = wrong.is_empty();
            if f["code"] == wanted["code"] {
                nearest.extend(wrong);
            }
            fits
        });
        if !found {
            out.push(format!("finding {wanted} is missing {nearest:?}"));
        }
    }
    let (want, have) = (codes(&expected["findings"]), codes(&got["findings"]));
    if want != have {
        out.push(format!("findings {have:?}, expected {want:?}"));
    }
    assert_eq!(report.found.len(), report.findings.len());
    out
}

#[test]
fn root_modules_are_judged_as_expected() {
    let roots = Utf8Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ip-planning/roots");
    let mut dirs: Vec<Utf8PathBuf> =
        roots.read_dir_utf8().unwrap().map(|e| e.unwrap().path().to_owned()).collect();
    dirs.sort();
    let wrong: Vec<String> = dirs
        .iter()
        .flat_map(|dir| {
            root_differences(dir).into_iter().map(move |d| format!("{}: {d}", dir.file_name().unwrap()))
        })
        .collect();
    assert!(dirs.len() >= 11, "{dirs:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_change_shows_addresses_before_and_now() {
    let folder = Folder::with_environments("address-changes");
    let tfvars =
        std::fs::read_to_string(folder.path().join("environments/production/terraform.tfvars")).unwrap();
    assert!(tfvars.contains("max_surge = \"33%\""));
    folder.git(&["init", "-q"]);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-qm", "base"]);
    folder.write("environments/production/terraform.tfvars", tfvars.replace("\"33%\"", "\"1\""));
    let run = |form: &str| {
        let args = ["subnets", "environments/production", "--base", "HEAD", "--no-live", "--format", form];
        trueup_in(folder.path(), &args).stdout
    };
    let json: Value = serde_json::from_str(&run("json")).unwrap();
    let change = &json["changes"][0];
    assert_eq!(json["changes"].as_array().unwrap().len(), 1);
    // 8 surge nodes of apps and 1 of system less: 9 * 51 = 459.
    assert_eq!(
        (&change["before"]["upgrade_peak"], &change["after"]["upgrade_peak"]),
        (&json!(2602), &json!(2143))
    );
    assert_eq!((&change["name"], &change["after"]["verdict"]), (&json!("snet-nodes"), &json!("too_small")));
    for form in ["text", "markdown"] {
        assert!(run(form).contains("2602 -> 2143  -559 -> -100  NO"), "{}", run(form));
    }
    assert!(run("html").contains("2602 -&gt; 2143"));
    let review = ["review", "environments/production", "--base", "HEAD", "--no-live", "--format"];
    for form in ["text", "markdown", "html"] {
        let shown = trueup_in(folder.path(), &[&review[..], &[form]].concat()).stdout;
        assert!(shown.replace("&gt;", ">").contains("2602 -> 2143"), "{form}: {shown}");
    }
}

/// Documents whose values are what nobody expects.
mod hostile {
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use trueup::analysis::network::{Options, analyse, sizing};
    use trueup::azure::estate::Estate;

    const VNET: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";

    /// A leaf: sensible, extreme, or of the wrong type.
    fn odd() -> impl Strategy<Value = Value> {
        prop_oneof![
            3 => (0u32..2000).prop_map(|n| json!(n)),
            1 => Just(json!(4_294_967_295u32)),
            1 => Just(json!(-1)),
            1 => Just(json!(1.5)),
            1 => Just(Value::Null),
            1 => Just(json!("")),
            1 => Just(json!("azure")),
            1 => Just(json!("overlay")),
            1 => Just(json!("StaticBlock")),
            1 => Just(json!("200%")),
            1 => Just(json!("10.0.0.0/8")),
            1 => Just(json!("0.0.0.0/0")),
            1 => Just(json!("::/0")),
            1 => Just(json!("fd00::/64")),
            1 => Just(json!("10.0.0.1/8")),
            1 => Just(json!(true)),
            1 => Just(json!([])),
            1 => Just(json!(["10.0.0.0/29", 3, null])),
            1 => Just(json!({})),
            1 => Just(json!({"id": 3})),
        ]
    }

    fn subnet_id() -> Value {
        json!(format!("{VNET}/subnets/a"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn no_document_makes_the_analysis_fail(v in proptest::collection::vec(odd(), 24)) {
            let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
            let v = |i: usize| v[i].clone();
            let documents = [
                json!({"id": VNET, "properties": {"addressSpace": {"addressPrefixes": [v(0), v(1)]}}}),
                json!({"id": format!("{VNET}/subnets/a"), "properties": {"addressPrefix": v(2), "addressPrefixes": v(3)}}),
                json!({"id": format!("{VNET}/subnets/b"), "properties": {"addressPrefixes": [v(4), v(5)]}}),
                json!({"id": cluster, "sku": {"tier": v(6)}, "properties": {
                    "agentPoolProfiles": [
                        {"name": "one", "count": v(7), "minCount": v(8), "maxCount": v(9), "maxPods": v(10),
                         "enableAutoScaling": true, "vnetSubnetID": subnet_id(), "podSubnetID": v(11),
                         "podIPAllocationMode": v(12), "upgradeSettings": {"maxSurge": v(13)}},
                        {"name": v(14), "count": v(15), "maxPods": v(16), "vnetSubnetID": subnet_id(),
                         "enableAutoScaling": v(17)},
                    ],
                    "networkProfile": {"networkPlugin": v(18), "networkPluginMode": v(19), "podCidr": v(20),
                        "serviceCidr": v(21), "loadBalancerProfile": {"allocatedOutboundPorts": v(22),
                        "managedOutboundIPs": {"count": v(23)}}},
                }}),
                json!({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.RedHatOpenShift/openShiftClusters/o",
                    "properties": {"masterProfile": {"subnetId": subnet_id()}, "workerProfiles": [
                        {"subnetId": subnet_id(), "count": v(7)}, {"subnetId": v(8), "count": v(9)}],
                        "networkProfile": {"podCidr": v(20), "serviceCidr": v(21)}}}),
                json!({"id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/applicationGateways/w",
                    "properties": {"autoscaleConfiguration": {"minCapacity": v(9), "maxCapacity": v(10)},
                        "gatewayIPConfigurations": [{"properties": {"subnet": {"id": subnet_id()}}}]}}),
            ];
            let estate = Estate::from_documents(&documents);
            let report = serde_json::to_value(analyse(&estate, Options::default())).unwrap();
            for subnet in report["subnets"].as_array().unwrap() {
                // What fits has a known capacity, exact or upper figures, and nothing below zero.
                if subnet["verdict"] == "fits" {
                    prop_assert!(subnet["bound"] != "at_least");
                    prop_assert!(subnet["free_at_peak"].as_i64().is_some_and(|f| f >= 0));
                    prop_assert!(subnet["free_at_peak"].as_i64() <= subnet["capacity"].as_i64());
                }
            }
        }

        #[test]
        fn no_sizing_document_makes_the_arithmetic_fail(
            kind in proptest::sample::select(sizing::KINDS.to_vec()),
            v in proptest::collection::vec(odd(), 16),
        ) {
            let v = |i: usize| v[i].clone();
            let pool = json!({"name": "p", "subnet": "a", "count": v(0), "max_pods": v(1), "pod_subnet": "b",
                "autoscale": {"min": v(2), "max": v(3)}, "upgrade": {"max_surge": v(4)}, "pods_per_node": v(5)});
            let input = json!({
                "subnets": {"a": {"prefix": "10.0.0.0/24", "used_by_others": v(6)}, "b": {"prefix": v(7)}},
                "clusters": [{"name": "c", "network_model": "azure_pod_subnet", "pod_cidr": v(8), "pools": [pool]}],
                "nodes": v(9), "max_pods": v(10), "pods": v(11), "prefix": v(12), "network_model": "byo",
                "ports_per_node": v(13), "outbound_ips": v(14), "public_ips": v(15), "service": "aks_api_server",
                "clusters_": v(0), "pod_cidrs": [v(12)], "master_subnet": v(12), "worker_subnet": v(7),
                "workers": v(3), "resource": "azurerm_kubernetes_cluster", "path": "network_profile.pod_cidr",
                "from": v(8), "to": v(12), "usages": [{"id": "a", "currentValue": v(1), "limit": v(2)}],
            });
            if let Ok(answer) = sizing::solve(kind, &input) {
                serde_json::to_string(&answer.outcome).unwrap();
            }
        }
    }
}
