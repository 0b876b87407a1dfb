//! Sizing before anything exists, live use beside the plan, and the picture of an address space.

use serde_json::{Value, json};

use crate::harness::{Folder, Run, repository, trueup, trueup_in};

/// The codes of a list of findings.
fn codes(findings: &Value) -> Vec<String> {
    findings.as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

fn design(args: &[&str]) -> Value {
    trueup(&[&["size", "--format", "json"], args].concat()).json()
}

#[test]
fn all_models_stand_side_by_side_with_the_same_workload() {
    let got = design(&["--nodes", "3..50", "--max-pods", "110", "--surge", "33%"]);
    let modes = got["modes"].as_array().unwrap();
    let rows: Vec<String> = modes
        .iter()
        .map(|m| {
            let lengths: Vec<String> =
                m["subnets"].as_array().unwrap().iter().map(|s| s["prefix_length"].to_string()).collect();
            format!(
                "{} {}/{}/{} /{} pods {} at most {} ({})",
                m["mode"].as_str().unwrap(),
                m["steady"],
                m["autoscaler_max"],
                m["upgrade_peak"],
                lengths.join("+/"),
                m["pod_cidr"]["prefix_length"],
                m["largest_cluster"]["nodes"],
                m["largest_cluster"]["nodes_with_upgrade"],
            )
        })
        .collect();
    // 50 nodes and ceil(16.5) of surge; node subnet 67 * 111 = 7437; pod subnet 67 * 111 and 67 nodes;
    // static blocks ceil(111 / 16) = 7 of 16; largest: floor(8187 / 111) and what leaves a third for surge.
    insta::assert_snapshot!(rows.join("\n"), @r"
    overlay 3/50/67 /25 pods 17 at most 123 (92)
    pod-subnet 54/5600/7504 /25+/19 pods null at most 73 (54)
    static-block 339/5650/7571 /25+/19 pods null at most 72 (54)
    node-subnet 333/5550/7437 /19 pods null at most 73 (54)
    kubenet 3/50/67 /25 pods 17 at most 123 (92)
    byo 3/50/67 /25 pods null at most 123 (92)
    ");
    // Every model says what lasts, and the lasting choice of the model comes first.
    for mode in modes {
        assert!(mode["lasting"][0]["choice"].as_str().unwrap().starts_with("network"), "{mode}");
    }
    assert_eq!(got["mode"], "overlay");
    assert_eq!((got["findings"].clone(), got["proposed"].clone()), (json!([]), json!(true)));
}

#[test]
fn several_pools_share_the_subnets_of_a_design() {
    let pools = [
        "--nodes",
        "3",
        "--max-pods",
        "30",
        "--pool",
        "name=user,nodes=3..50,max-pods=110,surge=33%",
        "--pool",
        "name=batch,nodes=0..20,max-pods=50,spot",
    ];
    let got = design(&[&pools[..], &["--model", "node-subnet"]].concat());
    // (3+1)*31 + (50+17)*111 + 20*51 = 124 + 7437 + 1020; spot pools do not surge.
    assert_eq!(got["subnets"][0]["upgrade_peak"], 8581);
    assert_eq!(
        got["subnets"][0]["formula"],
        "(3+1)*(1+30) [system] + (50+17)*(1+110) [user] + 20*(1+50) [batch] = 8581"
    );
    assert_eq!((&got["workload"]["nodes_max"], &got["workload"]["surge"]), (&json!(73), &json!(18)));
    // A /18 has 16379; 1144 stay, 15235 / 111 = 137 nodes of the largest pool beside the 23 of the others.
    let flat = got["modes"].as_array().unwrap().iter().find(|m| m["mode"] == "node-subnet").unwrap();
    assert_eq!(flat["largest_cluster"]["nodes"], 137 + 23);
    let names: Vec<&str> = got["sizing"]["clusters"][0]["pools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["system", "user", "batch"]);
    assert_eq!(got["findings"], json!([]));
    let alone = design(&["--pool", "name=sys,nodes=3", "--private-endpoints", "2"]);
    assert_eq!(alone["workload"]["pools"][0]["name"], "sys");
    let twin = trueup(&["size", "--pool", "name=a,nodes=3", "--pool", "name=a,nodes=3"]);
    assert!(refusal(&twin).contains("a second pool named `a`"), "{}", twin.stderr);
}

#[test]
fn a_root_with_variables_of_its_own_is_sized_and_kept_clear_of() {
    let root = r#"
        variable "space" { type = string }
        resource "azurerm_virtual_network" "v" {
          name                = "v"
          resource_group_name = "rg"
          location            = "westeurope"
          address_space       = [var.space]
        }
        resource "azurerm_subnet" "a" {
          name                 = "a"
          resource_group_name  = "rg"
          virtual_network_name = azurerm_virtual_network.v.name
          address_prefixes     = [cidrsubnet(var.space, 8, 0)]
        }
    "#;
    let folder = Folder::new("size-vars", &[("main.tf", root), ("p.tfvars", "space = \"10.7.0.0/16\"\n")]);
    let run =
        |args: &[&str]| trueup_in(folder.path(), &[&["size", "--format", "json"], args].concat()).json();
    let from = run(&["--from", ".", "-var", "space=10.9.0.0/16"]);
    assert_eq!(from["subnets"]["a"]["prefix"], "10.9.0.0/24");
    let around = run(&["--nodes", "9", "--around", ".", "-var-file", "p.tfvars", "--space", "10.7.0.0/16"]);
    assert_eq!(around["taken"][0]["prefix"], "10.7.0.0/24");
}

#[test]
fn a_design_is_what_the_sizing_interface_says_of_its_document() {
    for model in ["overlay", "pod-subnet", "static-block", "node-subnet", "kubenet", "byo"] {
        let got = design(&[
            "--nodes",
            "5..40",
            "--max-pods",
            "63",
            "--model",
            model,
            "--space",
            "10.20.0.0/16",
            "--taken",
            "10.20.0.0/24,10.20.128.0/19=branch",
            "--private-endpoints",
            "7",
            "--private-cluster",
            "vnet",
            "--load-balancers",
            "2",
            "--growth",
            "1.5",
            "--subnet",
            "AzureBastionSubnet",
            "--subnet",
            "jump=5",
        ]);
        let folder = Folder::new(&format!("design-{model}"), &[("s.json", &got["sizing"].to_string())]);
        let answer = trueup_in(folder.path(), &["size", "s.json", "--format", "json"]).json();
        assert_eq!(answer["findings"], json!([]), "{model}");
        for subnet in got["subnets"].as_array().unwrap() {
            let name = subnet["name"].as_str().unwrap();
            for field in ["capacity", "steady", "autoscaler_max", "upgrade_peak", "free_at_peak"] {
                assert_eq!(subnet[field], answer["subnets"][name][field], "{model} {name} {field}");
            }
            // Grown by a half it still fits, except for the API server, which does not grow.
            let (peak, capacity) =
                (subnet["upgrade_peak"].as_u64().unwrap(), subnet["capacity"].as_u64().unwrap());
            assert!(name == "api-server" || (peak * 3).div_ceil(2) <= capacity, "{model} {name}");
        }
    }
}

/// The prefixes of a design by subnet name.
fn prefixes(design: &Value) -> Vec<(String, String)> {
    let one = |s: &Value| (s["name"].as_str().unwrap().to_owned(), s["prefix"].as_str().unwrap().to_owned());
    let mut all: Vec<_> = design["subnets"].as_array().unwrap().iter().map(one).collect();
    all.sort();
    all
}

/// What our own evaluation finds in a root.
fn evaluated(folder: &Folder) -> Vec<(String, String)> {
    let run = trueup_in(
        folder.path(),
        &[
            "subnets",
            ".",
            "--format",
            "json",
            "-var",
            "resource_group_name=rg",
            "-var",
            "network_name=v",
            "-var",
            "location=westeurope",
        ],
    );
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let report = run.json();
    let subnets = report["subnets"].as_array().unwrap();
    let one =
        |s: &Value| (s["name"].as_str().unwrap().to_owned(), s["prefixes"][0].as_str().unwrap().to_owned());
    let mut all: Vec<_> = subnets.iter().map(one).collect();
    all.sort();
    all
}

const QUESTION: &[&str] = &[
    "--nodes",
    "3..60",
    "--model",
    "pod-subnet",
    "--max-pods",
    "100",
    "--private-endpoints",
    "12",
    "--private-cluster",
    "vnet",
    "--subnet",
    "AzureFirewallSubnet",
    "--subnet",
    "apps=/24",
    "--space",
];

/// With and without something in the way.
const GROUNDS: &[&[&str]] = &[
    &["10.8.0.0/15"],
    &["10.8.0.0/16", "--taken", "10.8.0.0/24,10.8.64.0/20"],
    &["10.8.0.0/17,10.9.0.0/18"],
];

#[test]
fn emitted_hcl_evaluates_to_the_same_prefixes() {
    for (i, ground) in GROUNDS.iter().enumerate() {
        let question: Vec<&str> = QUESTION.iter().chain(*ground).copied().collect();
        let expected = prefixes(&design(&question));
        assert_eq!(expected.len(), 6);
        let emit = |form: &str| {
            let run = trueup(&[&["size", "--format", form], question.as_slice()].concat());
            assert_eq!(run.status, 0, "{}", run.stderr);
            run.stdout
        };
        let folder = Folder::new(&format!("hcl-{i}"), &[("main.tf", &emit("azurerm"))]);
        assert_eq!(evaluated(&folder), expected, "azurerm in {ground:?}");

        // The module stands in for the one of the registry: the same inputs, one subnet an entry.
        let call = emit("avm").replace("Azure/avm-res-network-virtualnetwork/azurerm", "./network");
        let call: String = call
            .lines()
            .filter(|l| !l.trim().starts_with("version "))
            .fold(String::new(), |t, l| t + l + "\n");
        let module = r#"
            variable "name" {}
            variable "parent_id" {}
            variable "location" {}
            variable "address_space" { type = list(string) }
            variable "subnets" {
              type = map(object({
                name = string, address_prefixes = list(string),
                delegations = optional(list(object({ name = string, service_delegation = object({ name = string }) })), [])
              }))
            }
            resource "azurerm_virtual_network" "this" {
              name                = var.name
              location            = var.location
              resource_group_name = "rg"
              address_space       = var.address_space
            }
            resource "azurerm_subnet" "this" {
              for_each             = var.subnets
              name                 = each.value.name
              resource_group_name  = "rg"
              virtual_network_name = azurerm_virtual_network.this.name
              address_prefixes     = each.value.address_prefixes
            }
        "#;
        let call = call + "variable \"resource_group_name\" { default = null }\n";
        let folder = Folder::new(&format!("avm-{i}"), &[("main.tf", &call), ("network/main.tf", module)]);
        assert_eq!(evaluated(&folder), expected, "AVM in {ground:?}");

        let mut root = emit("cidrsubnets");
        root.push_str(
            r#"
            variable "resource_group_name" {}
            variable "network_name" {}
            variable "location" {}
            resource "azurerm_virtual_network" "this" {
              name                = "v"
              location            = "westeurope"
              resource_group_name = "rg"
              address_space       = ["10.8.0.0/15"]
            }
            resource "azurerm_subnet" "this" {
              for_each             = local.subnets
              name                 = each.key
              resource_group_name  = "rg"
              virtual_network_name = azurerm_virtual_network.this.name
              address_prefixes     = [each.value]
            }"#,
        );
        let folder = Folder::new(&format!("expressions-{i}"), &[("main.tf", &root)]);
        assert_eq!(evaluated(&folder), expected, "expressions in {ground:?}");
    }
}

#[test]
fn a_sizing_file_of_a_root_has_the_figures_of_its_report() {
    for environment in ["production", "staging", "dev"] {
        let dir = format!("environments/{environment}");
        let report = trueup(&["subnets", &dir, "--format", "json", "--no-live"]).json();
        let file = trueup(&["size", "--from", &dir]);
        assert_eq!(file.status, 0, "{}", file.stderr);
        let folder = Folder::new(&format!("from-{environment}"), &[("s.json", &file.stdout)]);
        let answer = trueup_in(folder.path(), &["size", "s.json", "--format", "json"]).json();
        let mut compared = 0;
        for subnet in report["subnets"].as_array().unwrap().iter().filter(|s| s["bound"] == "exact") {
            let name = subnet["name"].as_str().unwrap();
            for field in ["capacity", "steady", "autoscaler_max", "upgrade_peak"] {
                assert_eq!(subnet[field], answer["subnets"][name][field], "{environment} {name} {field}");
            }
            compared += 1;
        }
        assert!(compared > 0, "{environment}");
    }
    // Sized anew in another space, beside what is there.
    let moved = trueup(&[
        "size",
        "--from",
        "environments/production",
        "--space",
        "10.64.0.0/16",
        "--around",
        "environments/production",
        "--format",
        "json",
    ])
    .json();
    let taken: Vec<&str> =
        moved["taken"].as_array().unwrap().iter().map(|t| t["prefix"].as_str().unwrap()).collect();
    assert_eq!(taken, ["10.64.8.0/27", "10.64.8.32/27", "10.64.0.0/21"]);
    assert!(prefixes(&moved).iter().all(|(_, p)| !taken.contains(&p.as_str())));
    assert_eq!(moved["findings"], json!([]));
}

/// What a run says when it refuses.
fn refusal(run: &Run) -> String {
    assert_eq!(run.status, 1, "{}", run.stdout);
    run.stderr.trim().to_owned()
}

/// What is wrong, how a good document becomes it, and the code or text of the answer.
type Wrong<'a> = (&'a str, &'a dyn Fn(&mut Value), &'a str);

#[test]
fn bad_input_gets_one_answer_each_with_its_error_code() {
    let plan = |edit: &dyn Fn(&mut Value)| {
        let mut plan = json!({
            "subnets": {"nodes": {"prefix": "10.1.0.0/24"}, "more": {"prefix": "10.1.1.0/24"}},
            "clusters": [{"name": "aks", "network_model": "azure_overlay", "pod_cidr": "10.244.0.0/16", "pools": [
                {"name": "sys", "subnet": "nodes", "count": 3, "max_pods": 30, "upgrade": {"max_surge": "1"}}
            ]}]
        });
        edit(&mut plan);
        let folder = Folder::new("bad", &[("s.json", &plan.to_string())]);
        trueup_in(folder.path(), &["size", "s.json", "--format", "json"])
    };
    let errors: &[Wrong<'_>] = &[
        (
            "host bits",
            &|p| p["subnets"]["nodes"]["prefix"] = json!("10.1.0.5/24"),
            "error: s.json: subnets.nodes.prefix: `10.1.0.5/24` has host bits set; the prefix that contains it is \
             10.1.0.0/24 (Azure answers InvalidCIDRNotation)",
        ),
        (
            "overlapping subnets",
            &|p| p["subnets"]["more"]["prefix"] = json!("10.1.0.128/25"),
            "error: s.json: subnets.more: 10.1.0.128/25 overlaps 10.1.0.0/24 of subnet `nodes` (Azure answers \
             NetcfgSubnetRangesOverlap)",
        ),
        (
            "surge abc",
            &|p| p["clusters"][0]["pools"][0]["upgrade"]["max_surge"] = json!("abc"),
            "error: s.json: clusters[0].pools[0].upgrade.max_surge: `abc` is neither a number of nodes such as \"2\" \
             nor a percentage such as \"33%\"",
        ),
        (
            "IPv6 in an IPv4 field",
            &|p| p["clusters"][0]["pod_cidr"] = json!("fd00::/64"),
            "error: s.json: clusters[0].pod_cidr: fd00::/64 is not an IPv4 prefix",
        ),
        (
            "a negative count",
            &|p| p["clusters"][0]["pools"][0]["count"] = json!(-3),
            "error: s.json: clusters[0].pools[0].count: invalid value: integer `-3`, expected a whole number from 0 to \
             4294967295",
        ),
        (
            "no pools",
            &|p| p["clusters"][0]["pools"] = json!([]),
            "error: s.json: clusters[0].pools: a cluster needs at least one pool",
        ),
    ];
    for (what, edit, expected) in errors {
        let run = plan(edit);
        assert_eq!(refusal(&run), *expected, "{what}");
        // JSON has the same, once.
        assert_eq!(run.json()["diagnostics"].as_array().unwrap().len(), 1, "{what}");
    }
    let findings: &[Wrong<'_>] = &[
        (
            "max_pods 9",
            &|p| {
                p["clusters"][0]["pools"][0]
                    .as_object_mut()
                    .unwrap()
                    .extend([("max_pods".to_owned(), json!(9)), ("count".to_owned(), json!(4))])
            },
            "MAX_PODS_BELOW_MIN",
        ),
        ("max_pods 251", &|p| p["clusters"][0]["pools"][0]["max_pods"] = json!(251), "MAX_PODS_ABOVE_MAX"),
        (
            "pod CIDR inside a reserved range",
            &|p| p["clusters"][0]["pod_cidr"] = json!("172.30.0.0/17"),
            "RESERVED_RANGE_OVERLAP",
        ),
    ];
    for (what, edit, expected) in findings {
        let run = plan(edit);
        assert_eq!((run.status, codes(&run.json()["findings"])), (0, vec![(*expected).to_owned()]), "{what}");
    }
    let run = plan(&|p| p["clusters"][0]["pools"][0]["vm_size"] = json!("Standard_Nope"));
    assert_eq!(
        run.stderr.trim(),
        "warning: clusters[0].pools[0].vm_size: `Standard_Nope` is no VM size that is known here"
    );

    let flags: &[(&[&str], &str)] = &[
        (&["--nodes", "0"], "a cluster needs at least one node"),
        (&["--nodes", "3", "--space", "fd00::/80"], "fd00::/80 is too small: a subnet is a /64 in IPv6"),
        (&["--nodes", "3", "--space", "ff00::/48"], "ff00::/48 is multicast"),
        (
            &["--nodes", "3", "--space", "fd00::/64", "--subnet", "jump=3"],
            "fd00::/64 has no room for a /64 of subnet",
        ),
        (&["--nodes", "3", "--space", "127.0.0.0/16"], "127.0.0.0/16 overlaps 127.0.0.0/8"),
        (&["--nodes", "90", "--space", "10.0.0.0/26"], "10.0.0.0/26 has no room for subnet nodes (/25)"),
        (&["--nodes", "3", "--subnet", "nodes=4"], "a second subnet named `nodes`"),
    ];
    for (args, expected) in flags {
        let run = trueup(&[&["size"], *args].concat());
        assert!(refusal(&run).contains(expected), "{args:?}: {}", run.stderr);
    }
    // What the command line itself refuses.
    for args in [
        &["--nodes", "-3"][..],
        &["--nodes", "9..3"],
        &["--nodes", "3", "--surge", "abc"],
        &["--nodes", "3", "--max-pods", "-1"],
        &["--nodes", "3", "--space", "10.0.0.5/24"],
        &["--nodes", "3", "--growth", "0.5"],
        &["--nodes", "3", "--model", "flannel"],
    ] {
        let run = trueup(&[&["size"], args].concat());
        assert!(run.status != 0 && run.stderr.starts_with("error: "), "{args:?}: {}", run.stderr);
    }
}

/// The same from Terraform: one finding at the line, as the service would answer, or one error.
#[test]
fn bad_values_of_terraform_get_one_answer_each_at_their_line() {
    let subnet = "\nresource \"azurerm_subnet\" \"more\" {\n  name = \"more\"\n  resource_group_name = \"rg\"\n  \
                  virtual_network_name = azurerm_virtual_network.this.name\n  address_prefixes = [\"10.1.2.0/24\"]\n}\n";
    let overlay = |root: &str| {
        let mode = "\"azure\"\n    network_plugin_mode = \"overlay\"\n    pod_cidr = \"10.244.0.0/16\"";
        root.replace("network_plugin = \"azure\"", &format!("network_plugin = {mode}"))
    };
    let good = overlay(crate::growth::ROOT);
    // What is replaced, by what; the code, Azure's error, and the text at the finding's line.
    let cases: &[(&str, &str, &str, Option<&str>, &str)] = &[
        ("10.1.0.0/22", "10.1.0.5/22", "INVALID_PREFIX", Some("InvalidCIDRNotation"), "10.1.0.5/22"),
        ("10.1.0.0/22", "ten", "INVALID_PREFIX", Some("InvalidAddressPrefixFormat"), "ten"),
        ("10.1.0.0/22", "10.2.0.0/22", "SUBNET_OUTSIDE_VNET", Some("NetcfgInvalidSubnet"), "10.2.0.0/22"),
        (
            "resource \"azurerm_kub",
            &format!("{subnet}resource \"azurerm_kub"),
            "SUBNETS_OVERLAP",
            Some("NetcfgSubnetRangesOverlap"),
            "10.1.2.0/24",
        ),
        (
            "max_pods             = 30",
            "max_pods = 9\n    node_count = 4",
            "MAX_PODS_BELOW_MIN",
            None,
            "max_pods = 9",
        ),
        ("max_pods             = 30", "max_pods = 251", "MAX_PODS_ABOVE_MAX", None, "max_pods = 251"),
        ("max_pods             = 30", "max_pods = -30", "INVALID_VALUE", None, "max_pods = -30"),
        ("max_surge = \"1\"", "max_surge = \"abc\"", "INVALID_VALUE", None, "abc"),
        ("max_surge = \"1\"", "max_surge = \"-1\"", "INVALID_VALUE", None, "-1"),
        ("max_count            = 20", "max_count = -20", "INVALID_VALUE", None, "max_count = -20"),
        ("min_count            = 3", "min_count = 30", "INVALID_VALUE", None, "min_count = 30"),
        ("Standard_D4s_v5", "Standard_Nope", "INVALID_VALUE", None, "Standard_Nope"),
        ("10.244.0.0/16", "172.30.0.0/17", "RESERVED_RANGE_OVERLAP", None, "172.30.0.0/17"),
        ("10.244.0.0/16", "fd00::/64", "INVALID_PREFIX", None, "fd00::/64"),
        ("172.16.0.0/16", "fd00::/108", "INVALID_PREFIX", None, "fd00::/108"),
        ("172.16.0.10", "fd00::10", "DNS_IP_OUT_OF_RANGE", None, "fd00::10"),
    ];
    for (from, to, code, azure, line) in cases {
        let root = good.replace(from, to);
        assert_ne!(root, good, "{from}");
        let folder = Folder::new("bad-values", &[("main.tf", &root)]);
        let report = trueup_in(folder.path(), &["subnets", ".", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(codes(&report["findings"]), [*code], "{to}: {findings:?}");
        assert_eq!(findings[0]["azure_error"].as_str(), *azure, "{to}");
        let at = findings[0]["line"].as_u64().unwrap() as usize;
        assert!(root.lines().nth(at - 1).unwrap().contains(line), "{to}: line {at}");
    }
    let (head, rest) = good.split_once("  default_node_pool {").unwrap();
    let (_, tail) = rest.split_once("  network_profile {").unwrap();
    let folder = Folder::new("no-pools", &[("main.tf", &format!("{head}  network_profile {{{tail}"))]);
    let run = trueup_in(folder.path(), &["subnets", ".", "--format", "json"]);
    let diagnostics = run.json()["diagnostics"].clone();
    assert_eq!((run.status, diagnostics.as_array().unwrap().len()), (1, 1));
    assert_eq!(diagnostics[0]["summary"], "Insufficient default_node_pool blocks");
}

const NETWORK: &str = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v";

/// A root with two subnets, and a snapshot with these usages of them.
fn with_usages(name: &str, usages: &[(&str, i64, i64)]) -> Folder {
    let root = r#"
        resource "azurerm_virtual_network" "v" {
          name                = "v"
          resource_group_name = "rg"
          location            = "westeurope"
          address_space       = ["10.1.0.0/16"]
        }
        resource "azurerm_subnet" "nodes" {
          name                 = "nodes"
          resource_group_name  = "rg"
          virtual_network_name = azurerm_virtual_network.v.name
          address_prefixes     = ["10.1.0.0/24"]
        }
        resource "azurerm_subnet" "GatewaySubnet" {
          name                 = "GatewaySubnet"
          resource_group_name  = "rg"
          virtual_network_name = azurerm_virtual_network.v.name
          address_prefixes     = ["10.1.1.0/27"]
        }
        resource "azurerm_network_interface" "one" {
          name                = "one"
          resource_group_name = "rg"
          location            = "westeurope"
          ip_configuration {
            name                          = "a"
            subnet_id                     = azurerm_subnet.nodes.id
            private_ip_address_allocation = "Dynamic"
          }
        }
    "#;
    let subnet = |n: &str, p: &str| json!({"id": format!("{NETWORK}/subnets/{n}"), "name": n, "properties": {"addressPrefix": p}});
    let usage = |(n, used, limit): &(&str, i64, i64)| {
        json!({"id": format!("{NETWORK}/subnets/{n}"), "currentValue": used, "limit": limit, "unit": "Count",
               "name": {"value": "SubnetSpace", "localizedValue": "Subnet size and usage"}})
    };
    let live = json!([
        {"id": NETWORK, "name": "v", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
         "subnets": [subnet("nodes", "10.1.0.0/24"), subnet("GatewaySubnet", "10.1.1.0/27")]}},
        {"value": usages.iter().map(usage).collect::<Vec<_>>()},
    ]);
    Folder::new(name, &[("main.tf", root), ("live.json", &live.to_string())])
}

#[test]
fn live_use_stands_beside_the_plan_and_unknown_is_not_zero() {
    let folder = with_usages("usages", &[("nodes", 180, 251), ("GatewaySubnet", -1, -1)]);
    let run = trueup_in(folder.path(), &["subnets", ".", "--live", "live.json", "--format", "json"]);
    let report = run.json();
    let of = |name: &str| {
        report["subnets"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap()["live"].clone()
    };
    let nodes = of("nodes");
    // 180 in use, none of which is declared; the interface is declared but not live: 181 at the peak.
    assert_eq!(
        (
            &nodes["used"],
            &nodes["free"],
            &nodes["others"],
            &nodes["peak_with_others"],
            &nodes["fits_with_others"]
        ),
        (&json!(180), &json!(71), &json!(180), &json!(181), &json!(true))
    );
    let gateway = of("GatewaySubnet");
    assert_eq!(
        (&gateway["used"], &gateway["free"], &gateway["fits_with_others"]),
        (&json!(null), &json!(null), &json!(null))
    );
    // The subnets themselves are not lost behind their usages.
    let text = trueup_in(folder.path(), &["subnets", ".", "--live", "live.json"]).stdout;
    assert!(text.contains("unknown  Azure does not report the use of this subnet"), "{text}");

    let full = with_usages("full", &[("nodes", 251, 251)]);
    let report = trueup_in(full.path(), &["subnets", ".", "--live", "live.json", "--format", "json"]).json();
    let live = &report["subnets"].as_array().unwrap().iter().find(|s| s["name"] == "nodes").unwrap()["live"];
    assert_eq!((&live["peak_with_others"], &live["fits_with_others"]), (&json!(252), &json!(false)));
}

#[test]
fn a_service_range_keeps_clear_of_a_subnet_whose_network_is_declared_elsewhere() {
    let root = r#"
        resource "azurerm_subnet" "nodes" {
          name                 = "nodes"
          resource_group_name  = "rg"
          virtual_network_name = "elsewhere"
          address_prefixes     = ["10.0.4.0/22"]
        }
        resource "azurerm_kubernetes_cluster" "k" {
          name                = "k"
          location            = "westeurope"
          resource_group_name = "rg"
          dns_prefix          = "k"
          default_node_pool {
            name           = "system"
            vm_size        = "Standard_D4s_v5"
            node_count     = 3
            vnet_subnet_id = azurerm_subnet.nodes.id
          }
          identity {
            type = "SystemAssigned"
          }
        }
    "#;
    let titles = |text: &str| {
        let folder = Folder::new("elsewhere", &[("main.tf", text)]);
        let report = trueup_in(folder.path(), &["subnets", ".", "--format", "json"]).json();
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|f| f["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let clash = "The service CIDR 10.0.0.0/16, Azure's default, overlaps subnet 10.0.4.0/22";
    assert!(titles(root).iter().any(|t| t == clash), "{:?}", titles(root));
    assert!(!titles(&root.replace("10.0.4.0", "10.1.4.0")).iter().any(|t| t.contains("overlaps")));
}

#[test]
fn what_only_azure_has_is_not_free() {
    let folder = with_usages("undeclared", &[]);
    let subnets = |live: &[(&str, &str)]| {
        let subnet = |(n, p): &(&str, &str)| json!({"id": format!("{}/subnets/{n}", NETWORK.to_uppercase()), "name": n, "properties": {"addressPrefix": p}});
        let network = json!([{"id": NETWORK, "name": "v", "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]},
                              "subnets": live.iter().map(subnet).collect::<Vec<_>>()}}]);
        folder.write("live.json", network.to_string());
        trueup_in(folder.path(), &["subnets", ".", "--live", "live.json", "--format", "json"]).json()
    };
    let free = |report: &Value, prefix: &str| {
        report["virtual_networks"][0]["free"].as_array().unwrap().iter().any(|f| f == prefix)
    };
    let clash = |report: &Value| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings.filter(|f| f["title"].as_str().unwrap().contains("stands in Azure")).count()
    };
    let alone = subnets(&[("nodes", "10.1.0.0/24")]);
    assert!(free(&alone, "10.1.128.0/17") && alone["virtual_networks"][0].get("undeclared").is_none());
    let other = subnets(&[("nodes", "10.1.0.0/24"), ("others", "10.1.128.0/18")]);
    assert_eq!(
        other["virtual_networks"][0]["undeclared"],
        json!([{"name": "others", "prefixes": ["10.1.128.0/18"]}])
    );
    assert!(!free(&other, "10.1.128.0/17") && free(&other, "10.1.192.0/18"));
    assert_eq!(clash(&other), 0);
    let text = trueup_in(folder.path(), &["subnets", ".", "--live", "live.json"]).stdout;
    assert!(text.contains("only in Azure: 10.1.128.0/18 is not free"), "{text}");
    // A subnet that Azure has to make must not lie on one that stands there; one that it has already may stay.
    assert_eq!(clash(&subnets(&[("others", "10.1.0.0/25")])), 1);
    assert_eq!(clash(&subnets(&[("nodes", "10.1.0.0/24"), ("others", "10.1.0.0/25")])), 0);
}

#[test]
fn the_picture_is_well_formed_accessible_and_the_same_each_time() {
    let folder = with_usages("picture", &[("nodes", 180, 251), ("GatewaySubnet", -1, -1)]);
    let draw = |name: &str| {
        let output = format!("svg={name}");
        let run = trueup_in(folder.path(), &["subnets", ".", "--live", "live.json", "--output", &output]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        std::fs::read_to_string(folder.path().join(name)).unwrap()
    };
    let svg = draw("a.svg");
    assert_eq!(svg, draw("b.svg"));
    for part in [
        "role=\"img\"",
        "aria-labelledby=\"map-title map-desc\"",
        "<title id=\"map-title\">",
        "180 used",
        "unallocated",
        "10.1.255.255",
    ] {
        assert!(svg.contains(part), "{part}: {svg}");
    }
    assert!(!svg.contains("<script") && !svg.contains("href") && !svg.contains("@font-face"));
    // Names from code are inert.
    let plan = json!({"subnets": {"a<script>\"&": {"prefix": "10.0.0.0/24", "used_by_others": 300}}});
    let folder = Folder::new("inert", &[("s.json", &plan.to_string())]);
    let svg = trueup_in(folder.path(), &["size", "s.json", "--format", "svg"]).stdout;
    assert!(svg.contains("a&lt;script&gt;&quot;&amp;") && !svg.contains("<script"), "{svg}");
    assert!(svg.contains("49 missing"), "{svg}");
    // Every tag is closed in its order.
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let name: String =
            tag.trim_start_matches('/').chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
        if tag.starts_with('/') {
            assert_eq!(open.pop().as_deref(), Some(name.as_str()));
        } else if !tag.split('>').next().unwrap().ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn the_example_of_the_readme_runs() {
    let run =
        trueup(&["size", "--nodes", "3..50", "--max-pods", "110", "--surge", "33%", "--format", "markdown"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    for heading in [
        "# Network design",
        "## Question",
        "## Decision",
        "## What cannot be changed later",
        "## Alternatives",
        "## Sizing file",
    ] {
        assert!(run.stdout.contains(heading), "{heading}");
    }
    assert!(repository().join("docs/interfaces.md").exists());
}

#[test]
fn an_ipv6_prefix_makes_the_network_dual_stack() {
    let space = "10.0.0.0/16,fd00:1::/56";
    let ask = |more: &[&str]| {
        let args = [
            "size",
            "--nodes",
            "3..50",
            "--space",
            space,
            "--taken",
            "fd00:1::/64",
            "--private-endpoints",
            "3",
        ];
        trueup(&[&args[..], &["--subnet", "jump=3", "--subnet", "AzureBastionSubnet"], more].concat())
    };
    let design = ask(&["--format", "json"]).json();
    let six = &design["ipv6"];
    assert_eq!(six["address_space"], json!(["fd00:1::/56"]));
    // What is taken is left out; Bastion and private endpoints stay in IPv4.
    assert_eq!(
        six["subnets"],
        json!([{"name": "nodes", "prefix": "fd00:1:0:1::/64"}, {"name": "jump", "prefix": "fd00:1:0:2::/64"}])
    );
    assert_eq!([&six["pod_cidr"], &six["service_cidr"]], ["fd12:3456:789a::/64", "fd12:3456:789a:1::/108"]);
    let azurerm = ask(&["--format", "azurerm"]).stdout;
    for text in [
        "address_space       = [\"10.0.0.0/16\", \"fd00:1::/56\"]",
        "\"fd00:1:0:1::/64\"]",
        "ip_versions         = [\"IPv4\", \"IPv6\"]",
        "pod_cidrs           = [\"10.244.0.0/16\", \"fd12:3456:789a::/64\"]",
    ] {
        assert!(azurerm.contains(text), "{text}: {azurerm}");
    }
    assert!(ask(&[]).stdout.contains("fd00:1:0:2::/64"));
    // A space over the usual ranges moves them.
    let args = ["size", "--nodes", "3", "--space", "fd12:3456:789a::/48", "--format", "json"];
    let moved = trueup(&args).json();
    assert_eq!(
        [&moved["ipv6"]["pod_cidr"], &moved["ipv6"]["service_cidr"]]
            .map(|r| r.as_str().unwrap().starts_with("fd12:3456:789a")),
        [false, false]
    );
    let flat = trueup(&["size", "--nodes", "3", "--model", "node-subnet", "--space", "fd00::/48"]);
    assert!(
        flat.stdout.contains("stay in IPv4") || flat.stderr.contains("stay in IPv4"),
        "{}{}",
        flat.stdout,
        flat.stderr
    );
}
