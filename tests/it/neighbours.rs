//! Root modules of one repository beside each other: what is another one's is no longer outside.

use serde_json::Value;

use crate::harness::{Folder, Run, trueup_in, trueup_with};

const PROVIDER: &str = r#"terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.81"
    }
  }
}
"#;

fn root(provider: &str, body: &str) -> String {
    format!("{PROVIDER}provider \"azurerm\" {{\n  features {{}}\n{provider}}}\n{body}")
}

fn network(name: &str, space: &str) -> String {
    format!(
        "resource \"azurerm_virtual_network\" \"{name}\" {{\n  name                = \"vnet-{name}\"\n  \
         location            = \"westeurope\"\n  resource_group_name = \"rg-{name}\"\n  \
         address_space       = [\"{space}\"]\n}}\n"
    )
}

fn subnet(network: &str, name: &str, prefix: &str) -> String {
    format!(
        "resource \"azurerm_subnet\" \"{name}\" {{\n  name                 = \"{name}\"\n  \
         resource_group_name  = \"rg-{network}\"\n  virtual_network_name = azurerm_virtual_network.{network}.name\n  \
         address_prefixes     = [\"{prefix}\"]\n}}\n"
    )
}

fn peering(from: &str, to: &str, id: &str) -> String {
    format!(
        "resource \"azurerm_virtual_network_peering\" \"{from}\" {{\n  name                      = \"to-{to}\"\n  \
         resource_group_name       = \"rg-{from}\"\n  virtual_network_name      = azurerm_virtual_network.{from}.name\n  \
         remote_virtual_network_id = {id}\n}}\n"
    )
}

/// A data source that reads another root module's network.
fn reading(name: &str) -> String {
    format!(
        "data \"azurerm_virtual_network\" \"{name}\" {{\n  name                = \"vnet-{name}\"\n  \
         resource_group_name = \"rg-{name}\"\n}}\n"
    )
}

const GROUP: &str = r#"resource "azurerm_network_security_group" "nodes" {
  name                = "nsg-nodes"
  location            = "westeurope"
  resource_group_name = "rg-spoke"
}

data "azurerm_subnet" "nodes" {
  name                 = "nodes"
  virtual_network_name = "vnet-spoke"
  resource_group_name  = "rg-spoke"
}

resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = data.azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.nodes.id
}
"#;

/// A hub, a spoke that is peered with it, and the security groups of the spoke's subnets.
fn design() -> Vec<(&'static str, String)> {
    let of = "data.azurerm_virtual_network.";
    let hub = network("hub", "10.0.0.0/16")
        + &reading("spoke")
        + &peering("hub", "spoke", &format!("{of}spoke.id"));
    let spoke = network("spoke", "10.1.0.0/16")
        + &subnet("spoke", "nodes", "10.1.0.0/24")
        + &reading("hub")
        + &peering("spoke", "hub", &format!("{of}hub.id"));
    vec![
        ("hub/main.tf", root("", &hub)),
        ("spoke/main.tf", root("", &spoke)),
        ("groups/main.tf", root("", GROUP)),
    ]
}

fn folder(files: &[(&'static str, String)]) -> Folder {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    Folder::new("neighbours", &files)
}

fn security(folder: &Folder, root: &str, beside: &[&str]) -> Value {
    let mut args = vec!["security", root, "--profile", "strict", "--format", "json", "--all-outcomes"];
    beside.iter().for_each(|dir| args.extend(["--beside", dir]));
    trueup_in(folder.path(), &args).json()
}

/// What a rule says of an address.
fn said<'j>(run: &'j Value, rule: &str, address: &str) -> &'j str {
    let outcomes = run["outcomes"].as_array().unwrap();
    let found = outcomes.iter().find(|o| o["rule"] == rule && o["address"] == address);
    found.map_or("nothing", |o| o["outcome"].as_str().unwrap())
}

const HERE: &str = "azurerm_virtual_network.spoke";
const TO_HUB: &str = "azurerm_virtual_network_peering.spoke";
const NODES: &str = "azurerm_subnet.nodes";

#[test]
fn what_another_root_module_has_is_no_longer_outside() {
    let folder = folder(&design());
    let alone = security(&folder, "spoke", &[]);
    assert_eq!(said(&alone, "TU-NET-010", HERE), "indeterminate");
    assert_eq!(said(&alone, "TU-NET-011", TO_HUB), "indeterminate");
    assert_eq!(said(&alone, "TU-NET-001", NODES), "fail");
    let beside = security(&folder, "spoke", &["hub", "groups"]);
    for (rule, address) in [("TU-NET-010", HERE), ("TU-NET-011", TO_HUB), ("TU-NET-001", NODES)] {
        assert_eq!(said(&beside, rule, address), "pass", "{rule}");
    }
    // Only what the root module has itself is told.
    let of_others = beside["outcomes"].as_array().unwrap().iter().filter(|o| {
        let address = o["address"].as_str().unwrap();
        address.contains(" of ")
            || address.contains("hub\"")
            || o["file"].as_str().is_some_and(|f| !f.contains("spoke"))
    });
    assert_eq!(of_others.count(), 0, "{beside}");
    // The one that is peered in one direction only.
    let one_way = security(&folder, "spoke", &["groups"]);
    assert_eq!(said(&one_way, "TU-NET-011", TO_HUB), "indeterminate");
}

#[test]
fn what_another_root_module_has_is_told_with_its_place() {
    let mut files = design();
    files[0].1 = root("", &(network("hub", "10.1.128.0/17")));
    let folder = folder(&files);
    let run = security(&folder, "spoke", &["hub"]);
    assert_eq!(said(&run, "TU-NET-010", HERE), "fail");
    let outcomes = run["outcomes"].as_array().unwrap();
    let overlap = outcomes.iter().find(|o| o["rule"] == "TU-NET-010" && o["address"] == HERE).unwrap();
    assert!(overlap["message"].as_str().unwrap().contains("vnet-hub"), "{overlap}");
    let one_way = outcomes.iter().find(|o| o["rule"] == "TU-NET-011" && o["address"] == TO_HUB).unwrap();
    assert_eq!(one_way["outcome"], "fail", "{one_way}");
}

/// An id that is written in full, the root module that has it being told its subscription by the environment.
#[test]
fn subscriptions_are_named_by_one_side_or_by_both() {
    let of = |subscription: &str, name: &str| {
        format!(
            "\"/subscriptions/{subscription}/resourceGroups/rg-{name}/providers/Microsoft.Network/virtualNetworks/vnet-{name}\""
        )
    };
    let [one, two] = ["11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"];
    let named = |subscription: &str| format!("  subscription_id = \"{subscription}\"\n");
    for (of_hub, of_spoke, wanted) in [
        (named(one), named(two), "pass"),
        (String::new(), named(two), "pass"),
        (named(one), String::new(), "pass"),
        (String::new(), String::new(), "pass"),
        // The hub that the spoke is peered with stands in another subscription than this one.
        (named("33333333-3333-3333-3333-333333333333"), named(two), "indeterminate"),
    ] {
        let hub = network("hub", "10.0.0.0/16") + &peering("hub", "spoke", &of(two, "spoke"));
        let spoke = network("spoke", "10.1.0.0/16") + &peering("spoke", "hub", &of(one, "hub"));
        let files = vec![("hub/main.tf", root(&of_hub, &hub)), ("spoke/main.tf", root(&of_spoke, &spoke))];
        let run = security(&folder(&files), "spoke", &["hub"]);
        assert_eq!(said(&run, "TU-NET-011", TO_HUB), wanted, "{of_hub}{of_spoke}");
    }
}

/// A name that is not known is that of one root module alone, whatever another one calls it.
#[test]
fn names_that_are_not_known_are_nobody_elses() {
    let random = |space: &str| {
        format!(
            "variable \"name\" {{\n  type = string\n}}\n{}",
            network("spoke", space).replace("\"vnet-spoke\"", "var.name")
        )
    };
    let spoke = random("10.1.0.0/16") + &subnet("spoke", "nodes", "10.1.0.0/24");
    let other = random("10.2.0.0/16")
        + "resource \"azurerm_subnet\" \"nodes\" {\n  name = \"nodes\"\n  resource_group_name = \"rg-spoke\"\n  \
           virtual_network_name = azurerm_virtual_network.spoke.name\n  address_prefixes = [\"10.2.0.0/24\"]\n}\n"
        + &GROUP.replace("data.azurerm_subnet.nodes.id", "azurerm_subnet.nodes.id");
    let files = vec![("spoke/main.tf", root("", &spoke)), ("other/main.tf", root("", &other))];
    let run = security(&folder(&files), "spoke", &["other"]);
    assert_eq!(said(&run, "TU-NET-001", NODES), "fail");
}

/// A network whose name is not known stands in a folder below another one, and is peered with one that is known.
#[test]
fn names_that_are_not_known_stay_one_part_of_an_id() {
    let hub = network("hub", "10.1.128.0/17")
        + "variable \"name\" {\n  type = string\n}\n"
        + &reading("spoke")
        + &peering("hub", "spoke", "data.azurerm_virtual_network.spoke.id");
    let hub = hub.replace("\"vnet-hub\"", "var.name").replace("\"to-spoke\"", "var.name");
    let files = vec![
        ("platform/west/hub/main.tf", root("", &hub)),
        ("spoke/main.tf", root("", &network("spoke", "10.1.0.0/16"))),
    ];
    let run = security(&folder(&files), "spoke", &["platform/west/hub"]);
    assert_eq!(said(&run, "TU-NET-010", HERE), "fail", "{run}");
}

/// The same design in two environments: each sees its own hub, and a third root module that both stand beside is
/// not told which of them is meant.
#[test]
fn other_environments_are_not_joined() {
    let mut files = Vec::new();
    for (path, text) in design() {
        for environment in ["dev", "production"] {
            let path: &'static str = Box::leak(format!("live/{environment}/{path}").into_boxed_str());
            // Here the hub of dev has the spoke's addresses.
            let text = match environment {
                "dev" => text.replace("10.0.0.0/16", "10.1.0.0/16"),
                _ => text.clone(),
            };
            files.push((path, text));
        }
    }
    let all = ["live/dev/hub", "live/production/hub", "live/dev/groups", "live/production/groups"];
    let folder = folder(&files);
    let production = security(&folder, "live/production/spoke", &all);
    assert_eq!(said(&production, "TU-NET-010", HERE), "pass");
    let dev = security(&folder, "live/dev/spoke", &all);
    assert_eq!(said(&dev, "TU-NET-010", HERE), "fail");

    // Without names of environments: two that declare one network are two states of one design.
    let mut files = design();
    files.push(("hub2/main.tf", files[0].1.replace("10.0.0.0/16", "10.1.0.0/16")));
    let run = security(&self::folder(&files), "spoke", &["hub", "hub2"]);
    assert_eq!(said(&run, "TU-NET-010", HERE), "indeterminate");
}

fn review(folder: &Folder, args: &[&str]) -> Run {
    trueup_in(folder.path(), &[&["review", "--format", "json"], args].concat())
}

fn told<'j>(root: &'j Value, code: &str) -> Vec<&'j Value> {
    root["findings"].as_array().unwrap().iter().filter(|f| f["code"] == code).collect()
}

/// Several root modules of one review see each other, and so do their bases.
#[test]
fn several_root_modules_of_a_review_see_each_other() {
    let files = design();
    let folder = folder(&files);
    folder.git(&["init", "-q", "-b", "main"]);
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", "base"]);
    folder.write("spoke/outputs.tf", "output \"a\" {\n  value = \"b\"\n}\n");
    let run = review(&folder, &["hub", "spoke", "groups", "--base", "main"]).json();
    let roots = run["roots"].as_array().unwrap();
    for root in roots {
        assert_eq!(told(root, "TU-NET-001").len(), 0, "{root}");
        assert_eq!(root["change"]["fixed"].as_array().map_or(0, Vec::len), 0, "{}", root["change"]);
        let beside: Vec<&str> =
            root["beside"].as_array().unwrap().iter().map(|b| b.as_str().unwrap()).collect();
        let spoke = root["root"] == "spoke";
        assert_eq!(
            beside,
            if spoke {
                vec!["groups", "hub"]
            } else if root["root"] == "hub" {
                vec!["spoke"]
            } else {
                vec!["hub", "spoke"]
            }
        );
    }
    // The change takes the association away, in the root module that has it.
    folder.write("groups/main.tf", files[2].1.split("resource \"azurerm_subnet_network").next().unwrap());
    let run = review(&folder, &["hub", "spoke", "groups", "--base", "main"]).json();
    let spoke = run["roots"].as_array().unwrap().iter().find(|r| r["root"] == "spoke").unwrap();
    let found = told(spoke, "TU-NET-001");
    assert_eq!((found.len(), &found[0]["standing"]), (1, &"new".into()), "{found:?}");
    // One root module that is only looked at.
    let alone = review(&folder, &["spoke", "--beside", "groups", "--base", "main"]).json();
    assert_eq!(told(&alone, "TU-NET-001")[0]["standing"], "new");
}

/// The settings name root modules, those of the base: a change cannot choose what excuses it.
#[test]
fn the_settings_name_root_modules_beside() {
    let folder = folder(&design());
    let run = |args: &[&str]| review(&folder, &[&["spoke"], args].concat()).json();
    assert_eq!(told(&run(&[]), "TU-NET-001").len(), 1);
    folder.write("trueup.toml", "[review]\nbeside = [\"groups\", \"spoke\"]\n");
    assert_eq!(told(&run(&[]), "TU-NET-001").len(), 0);
    folder.write("trueup.toml", "[review]\nbeside = [\"nowhere\"]\n");
    let wrong = review(&folder, &["spoke"]);
    assert_eq!(wrong.status, 1);
    assert!(wrong.stderr.contains("nowhere"), "{}", wrong.stderr);
    std::fs::remove_file(folder.path().join("trueup.toml")).unwrap();
    folder.git(&["init", "-q", "-b", "main"]);
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", "base"]);
    folder.write("trueup.toml", "[review]\nbeside = [\"groups\"]\n");
    let changed = run(&["--base", "main"]);
    assert_eq!(told(&changed, "TU-NET-001").len(), 1, "the base says nothing of it");
    assert!(changed["change"]["settings"].to_string().contains("review.beside"), "{}", changed["change"]);
}

const CLUSTER: &str = r#"data "terraform_remote_state" "net" {
  backend = "local"
  config = {
    path = "../net/terraform.tfstate"
  }
}

resource "azurerm_kubernetes_cluster" "main" {
  name                = "aks"
  location            = "westeurope"
  resource_group_name = "rg-aks"
  dns_prefix          = "aks"

  default_node_pool {
    name           = "system"
    vm_size        = "Standard_D4s_v5"
    node_count     = 10
    max_pods       = 30
    vnet_subnet_id = data.terraform_remote_state.net.outputs.nodes
  }

  network_profile {
    network_plugin = "azure"
    service_cidr   = "172.16.0.0/16"
    dns_service_ip = "172.16.0.10"
  }

  identity {
    type = "SystemAssigned"
  }
}
"#;

/// A cluster in one root module, its subnet in another one: whether the addresses suffice.
#[test]
fn a_cluster_stands_in_a_subnet_of_another_root_module() {
    let net = network("spoke", "10.1.0.0/16")
        + &subnet("spoke", "nodes", "10.1.0.0/24")
        + "output \"nodes\" {\n  value = azurerm_subnet.nodes.id\n}\n";
    let files = vec![("net/main.tf", root("", &net)), ("aks/main.tf", root("", CLUSTER))];
    let folder = folder(&files);
    let run = review(&folder, &["aks", "net"]).json();
    for root in run["roots"].as_array().unwrap() {
        let address = if root["root"] == "net" { NODES } else { "azurerm_subnet.nodes of net" };
        let subnets = root["network"]["subnets"].as_array().unwrap();
        let [subnet] = &subnets[..] else { panic!("{subnets:?}") };
        assert_eq!(
            (&subnet["address"], &subnet["verdict"]),
            (&address.into(), &"too_small".into()),
            "{subnet}"
        );
        // (10 nodes and one more) times (30 pods and the node itself).
        assert_eq!((&subnet["capacity"], &subnet["upgrade_peak"]), (&251.into(), &341.into()), "{subnet}");
        let clusters = root["network"]["clusters"].as_array().unwrap().len();
        assert_eq!(clusters, usize::from(root["root"] == "aks"));
        assert!(
            !told(root, "TU-IP-001").is_empty() || !told(root, "TU-IP-002").is_empty(),
            "{}",
            root["findings"]
        );
    }
    let alone = trueup_in(folder.path(), &["subnets", "aks", "--format", "json"]).json();
    assert_eq!(alone["subnets"][0]["verdict"], "unknown", "{alone}");
    let beside = trueup_in(folder.path(), &["subnets", "aks", "--beside", "net", "--format", "json"]).json();
    assert_eq!(beside["subnets"][0]["verdict"], "too_small", "{beside}");
    let text = trueup_with(folder.path(), &["review", "aks", "--beside", "net"], &[]).stdout;
    assert!(text.contains("beside") && text.contains("net"), "{text}");
}

/// What is sensitive in another root module is not shown here either.
#[test]
fn what_is_sensitive_elsewhere_is_hidden() {
    let mut files = design();
    let hub = network("hub", "10.1.128.0/17").replace("\"vnet-hub\"", "var.name");
    let variable = "variable \"name\" {\n  type      = string\n  sensitive = true\n  default   = \"vnet-undisclosed\"\n}\n";
    files[0].1 = root("", &(variable.to_owned() + &hub));
    files[1].1 = files[1].1.replace("\"vnet-hub\"", "\"vnet-undisclosed\"");
    let folder = folder(&files);
    for form in ["text", "json", "html", "sarif"] {
        let args = ["review", "spoke", "--beside", "hub", "--profile", "strict", "--format", form];
        let shown = trueup_in(folder.path(), &args).stdout;
        assert!(!shown.contains("undisclosed"), "{form}: {shown}");
    }
    let run = security(&folder, "spoke", &["hub"]);
    assert_eq!(said(&run, "TU-NET-010", HERE), "fail");
}
