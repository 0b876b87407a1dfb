//! What surroundings change in outcomes: conditionals, defaults of modules, what nothing is attached to, other
//! environments, and what a team sets.

use super::*;
use crate::harness::{Folder, Run, trueup_in};

const PROVIDERS: &str = "terraform {\n  required_providers {\n    azurerm = {\n      source  = \"hashicorp/azurerm\"\n      \
                         version = \"~> 4.81\"\n    }\n  }\n}\n\nprovider \"azurerm\" {\n  features {}\n}\n\n";

fn registry(lines: &str) -> String {
    format!(
        "resource \"azurerm_container_registry\" \"a\" {{\n  name                = \"acrexample\"\n  \
         resource_group_name = \"rg\"\n  location            = \"westeurope\"\n  sku                 = \"Premium\"\n{lines}}}\n"
    )
}

fn security(folder: &Folder, root: &str, args: &[&str]) -> Run {
    let fixed = ["security", root, "--format", "json", "--all-outcomes", "--today", TODAY];
    trueup_in(folder.path(), &[&fixed, args].concat())
}

fn outcome<'j>(run: &'j serde_json::Value, rule: &str) -> &'j serde_json::Value {
    let mut all = run["outcomes"].as_array().unwrap().iter();
    all.find(|o| o["rule"] == rule).unwrap_or_else(|| panic!("no outcome of {rule}"))
}

fn findings<'j>(run: &'j serde_json::Value, rule: &str) -> Vec<&'j serde_json::Value> {
    run["findings"].as_array().unwrap().iter().filter(|f| f["code"] == rule).collect()
}

/// One arm fails: undecided, one step less, and in words when it would fail.
#[test]
fn an_arm_that_fails_makes_a_failure_possible() {
    for (value, told, severity, possible) in [
        ("var.open ? true : false", "when var.open = true: ", "medium", true),
        ("var.open ? false : true", "when var.open = false: ", "medium", true),
        ("var.stage == \"x\" ? true : false", "when var.stage == \"x\" is true: ", "medium", true),
        ("var.open ? true : true", "", "high", false),
    ] {
        let text = format!(
            "variable \"open\" {{\n  type = bool\n}}\n\nvariable \"stage\" {{\n  type = string\n}}\n\n{}",
            registry(&format!("  admin_enabled       = {value}\n"))
        );
        let folder = Folder::new("possible", &[("main.tf", &(PROVIDERS.to_owned() + &text))]);
        let run = security(&folder, ".", &[]).json();
        let found = outcome(&run, "TU-ACR-001");
        assert_eq!(found["possible"] == true, possible, "{value}: {found}");
        assert_eq!(found["severity"], severity, "{value}");
        let wanted = if possible { "indeterminate" } else { "fail" };
        assert_eq!(found["outcome"], wanted, "{value}");
        assert!(found["message"].as_str().unwrap().starts_with(told), "{value}: {found}");
        // What is only possible is no finding.
        assert_eq!(findings(&run, "TU-ACR-001").is_empty(), possible, "{value}");
    }
}

/// Where a second unknown decides as well nothing is said.
#[test]
fn a_failure_is_possible_only_where_the_rest_is_known() {
    let both = "variable \"a\" {\n  type = bool\n}\n\nvariable \"b\" {\n  type = string\n}\n\n".to_owned()
        + &registry(
            "  public_network_access_enabled = var.a ? true : true\n  network_rule_set {\n    default_action = var.b\n  }\n",
        );
    let folder = Folder::new("possible", &[("main.tf", &(PROVIDERS.to_owned() + &both))]);
    let run = security(&folder, ".", &[]).json();
    let found = outcome(&run, "TU-ACR-003");
    assert_eq!((&found["outcome"], found.get("possible")), (&"indeterminate".into(), None), "{found}");
}

/// Two calls that leave a default: one finding, at the default, with the calls.
#[test]
fn a_default_of_a_module_is_told_once() {
    let module = "variable \"name\" {\n  type = string\n}\n\nvariable \"admin\" {\n  type    = bool\n  default = true\n}\n\n".to_owned()
        + &registry("  admin_enabled       = var.admin\n").replace("\"acrexample\"", "var.name");
    let calls = |third: &str| {
        ["one", "two", "three"]
            .map(|name| {
                let more = if name == "three" { third } else { "" };
                format!("module \"{name}\" {{\n  source = \"./modules/registry\"\n  name   = \"acr{name}\"\n{more}}}\n")
            })
            .concat()
    };
    let folder = Folder::new(
        "default",
        &[
            ("main.tf", &(PROVIDERS.to_owned() + &calls("  admin  = true\n"))),
            ("modules/registry/main.tf", &module),
        ],
    );
    let run = security(&folder, ".", &[]).json();
    let found = findings(&run, "TU-ACR-001");
    let titles: Vec<&str> = found.iter().map(|f| f["title"].as_str().unwrap()).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    let shared = found.iter().find(|f| f["file"] == "modules/registry/main.tf").unwrap();
    let title = shared["title"].as_str().unwrap();
    assert!(
        title.contains("the default of admin in modules/registry, which 2 calls leave as it is"),
        "{title}"
    );
    let by_itself = found.iter().find(|f| f["file"] == "main.tf").unwrap();
    assert!(by_itself["address"].as_str().unwrap().starts_with("module.three."), "{by_itself}");
    let meta = outcome(&run, "TU-X-039");
    assert_eq!((&meta["outcome"], &meta["told_by"]), (&"fail".into(), &"TU-ACR-001".into()));
    assert!(findings(&run, "TU-X-039").is_empty());
}

/// A group that nothing is attached to weighs one step less; not when an output hands it out.
#[test]
fn what_is_attached_to_nothing_weighs_less() {
    let group = "resource \"azurerm_network_security_group\" \"g\" {\n  name                = \"g\"\n  location            = \"westeurope\"\n  \
                 resource_group_name = \"rg\"\n\n  security_rule {\n    name                       = \"ssh\"\n    priority                   = 100\n    \
                 direction                  = \"Inbound\"\n    access                     = \"Allow\"\n    protocol                   = \"Tcp\"\n    \
                 source_address_prefix      = \"*\"\n    source_port_range          = \"*\"\n    destination_address_prefix = \"*\"\n    \
                 destination_port_range     = \"22\"\n  }\n}\n";
    let output = "\noutput \"group\" {\n  value = azurerm_network_security_group.g.id\n}\n";
    for (more, severity, note) in
        [("", "high", "one step less: nothing is attached to the security group"), (output, "critical", "")]
    {
        let folder = Folder::new("idle", &[("main.tf", &(PROVIDERS.to_owned() + group + more))]);
        let run = security(&folder, ".", &[]).json();
        let found = outcome(&run, "TU-NSG-002");
        assert_eq!((&found["outcome"], &found["severity"]), (&"fail".into(), &severity.into()), "{more}");
        assert_eq!(found["note"].as_str().unwrap_or_default(), note);
    }
}

/// Production against the environment beside it: the finding says where it passes.
#[test]
fn production_is_compared_with_the_environment_beside_it() {
    let root = |admin: &str| PROVIDERS.to_owned() + &registry(&format!("  admin_enabled       = {admin}\n"));
    let folder = Folder::new(
        "siblings",
        &[
            ("environments/production/main.tf", &root("true")),
            ("environments/staging/main.tf", &root("false")),
            ("modules/none/main.tf", ""),
        ],
    );
    let run = security(&folder, "environments/production", &[]).json();
    assert_eq!(outcome(&run, "TU-ACR-001")["note"], "it passes in environments/staging");
    assert_eq!(outcome(&run, "TU-X-038")["told_by"], "TU-ACR-001");
    // So is a part of it with the same part of another environment, however many there are.
    let parts = ["dev", "dev2-test", "development", "qa", "sandbox-dev", "uat"];
    let names: Vec<String> = parts.iter().map(|e| format!("live/{e}/registry/main.tf")).collect();
    let mut files: Vec<(&str, String)> = names.iter().map(|n| (&**n, root("true"))).collect();
    files.last_mut().unwrap().1 = root("false");
    files.push(("live/production/registry/main.tf", root("true")));
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, &**text)).collect();
    let parts = Folder::new("parts", &files);
    let run_of_part = security(&parts, "live/production/registry", &["--checkout", "."]).json();
    assert_eq!(outcome(&run_of_part, "TU-ACR-001")["note"], "it passes in live/uat/registry");
    // The other way round nothing is compared.
    let run = security(&folder, "environments/staging", &[]).json();
    assert!(run["outcomes"].as_array().unwrap().iter().all(|o| o["rule"] != "TU-X-038"));
}

/// State files, by what git has; the backend; the lock file.
#[test]
fn what_lies_beside_the_code_is_judged() {
    let code = "terraform {\n  backend \"azurerm\" {\n    key = \"a.tfstate\"\n  }\n\n  required_providers {\n    azurerm = {\n      \
                source  = \"hashicorp/azurerm\"\n      version = \">= 3.0\"\n    }\n  }\n}\n\n"
        .to_owned()
        + &registry("");
    let state = "{\"version\": 4}";
    let files = [("main.tf", &*code), ("terraform.tfstate", state), ("sub/old.tfstate.backup", state)];
    let folder = Folder::new("beside", &files);
    let words = |folder: &Folder| {
        let run = security(folder, ".", &[]).json();
        let all = run["outcomes"].as_array().unwrap().iter();
        let of =
            all.filter(|o| ["TU-SEC-005", "TU-SEC-006", "TU-SEC-012"].contains(&o["rule"].as_str().unwrap()));
        let word = |o: &serde_json::Value| {
            let text = |name: &str| o[name].as_str().unwrap().to_owned();
            format!("{} {} {} {}", text("rule"), text("address"), text("outcome"), text("severity"))
        };
        of.map(word).collect::<Vec<_>>()
    };
    // No repository: whether a file is committed is not known.
    assert_eq!(
        words(&folder),
        [
            "TU-SEC-005 sub/old.tfstate.backup indeterminate critical",
            "TU-SEC-005 terraform.tfstate indeterminate critical",
            "TU-SEC-006 terraform.backend fail low",
            "TU-SEC-012 provider.azurerm fail low",
        ]
    );
    folder.git(&["init", "-q"]);
    folder.git(&["add", "main.tf", "sub"]);
    folder.write("prod.tfbackend", "use_azuread_auth = true\n");
    folder.write(".terraform.lock.hcl", "");
    assert_eq!(
        words(&folder),
        [
            "TU-SEC-005 sub/old.tfstate.backup fail critical",
            "TU-SEC-005 terraform.tfstate not_applicable critical",
            "TU-SEC-006 terraform.backend not_applicable high",
            "TU-SEC-012 provider.azurerm pass low",
        ]
    );
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-q", "-m", "one"]);
    // A base has its files as well: what it has already is no news.
    let run =
        trueup_in(folder.path(), &["review", ".", "--base", "HEAD", "--format", "json", "--today", TODAY])
            .json();
    let state = run["findings"].as_array().unwrap().iter().find(|f| f["code"] == "TU-SEC-005").unwrap();
    assert_eq!(state["standing"], "unchanged", "{state}");
}

/// Bounds and lists of trueup.toml; with a base those of the base.
#[test]
fn a_team_sets_bounds_and_lists() {
    let vault = "resource \"azurerm_key_vault\" \"a\" {\n  name                = \"kv-example\"\n  location            = \"westeurope\"\n  \
                 resource_group_name = \"rg\"\n  tenant_id           = \"11111111-2222-3333-4444-555555555555\"\n  sku_name            = \"standard\"\n\n  \
                 network_acls {\n    default_action = \"Deny\"\n    bypass         = \"AzureServices\"\n    ip_rules       = [\"203.0.112.0/20\"]\n  }\n}\n";
    let folder = Folder::new("bounds", &[("main.tf", &(PROVIDERS.to_owned() + vault)), ("trueup.toml", "")]);
    let word = |args: &[&str]| {
        let run = security(&folder, ".", args).json();
        outcome(&run, "TU-KV-003")["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(word(&[]), "pass");
    folder.git(&["init", "-q"]);
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-q", "-m", "one"]);
    folder.write("trueup.toml", "[rules]\nbroad_public_prefix = 24\n");
    assert_eq!(word(&[]), "fail");
    assert_eq!(word(&["--base", "HEAD"]), "pass", "the bounds of the base hold");
    folder.write("trueup.toml", "[rules]\nbroad_public_prefix = 99\n");
    let run = security(&folder, ".", &[]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("broad_public_prefix = 99 is no length"), "{}", run.stderr);
}

/// Ports of the team stand in for the usual ones.
#[test]
fn sensitive_ports_are_the_teams() {
    let told = |ports: &str, port: &str| {
        let text = format!(
            "# file trueup.toml\n[rules]\n{ports}\n# file main.tf\n{}",
            "resource \"azurerm_network_security_rule\" \"r\" {\nname = \"r\"\nresource_group_name = \"rg\"\nnetwork_security_group_name = \"g\"\n\
             priority = 100\ndirection = \"Inbound\"\naccess = \"Allow\"\nprotocol = \"Tcp\"\nsource_address_prefix = \"*\"\nsource_port_range = \"*\"\n\
             destination_address_prefix = \"*\"\ndestination_port_range = \"PORT\"\n}\n"
                .replace("PORT", port)
        );
        super::told("NSG-007", &root(&text))
    };
    assert_eq!(told("", "5432"), "azurerm_network_security_rule.r fail");
    assert_eq!(told("sensitive_ports = [\"7777\"]", "5432"), "azurerm_network_security_rule.r pass");
    assert_eq!(told("sensitive_ports = [\"7777\"]", "7777"), "azurerm_network_security_rule.r fail");
}

/// `trueup rules` lists the whole catalogue.
#[test]
fn the_catalogue_has_413_entries() {
    let run = trueup_in(&crate::harness::repository(), &["rules", "--format", "json"]).json();
    assert_eq!(run["rules"].as_array().unwrap().len(), 413);
}

/// What lies outside the root is listed by what would settle it, and is no finding.
#[test]
fn what_waits_for_something_outside_is_listed() {
    let text = "data \"azurerm_key_vault\" \"shared\" {\n  name                = \"kv\"\n  resource_group_name = \"rg\"\n}\n\n".to_owned()
        + &registry("  public_network_access_enabled = data.azurerm_key_vault.shared.public_network_access_enabled\n");
    let found = root(&text).outcomes("X-040");
    let told: Vec<_> = found.iter().map(|o| (&*o.address, o.verdict.word())).collect();
    assert_eq!(told, [("data.azurerm_key_vault.shared", "indeterminate")], "{found:?}");
    assert!(found[0].verdict.text().contains("TU-ACR-003"), "{found:?}");
}

/// A root module that is named by its whole path is judged as one named from where it stands; a variables
/// file that the user keeps elsewhere is none of the repository's.
#[test]
fn secrets_are_found_by_whole_paths_too() {
    let secret = "Tr0ub4dor-and-3";
    let code = format!(
        "{PROVIDERS}variable \"password\" {{\n  type      = string\n  sensitive = true\n}}\n\nresource \"azurerm_key_vault_secret\" \"s\" {{\n  \
         name         = \"s\"\n  key_vault_id = \"/x\"\n  value        = \"{secret}\"\n}}\n"
    );
    let values = format!("password = \"{secret}\"\n");
    let folder = Folder::new("whole", &[("root/main.tf", &code), ("root/terraform.tfvars", &values)]);
    let elsewhere = Folder::new("elsewhere", &[("own.tfvars", &values)]);
    let root = folder.path().join("root");
    let own = elsewhere.path().join("own.tfvars");
    let run = trueup_in(
        elsewhere.path(),
        &["security", root.to_str().unwrap(), "--format", "json", "--all-outcomes", "--today", TODAY],
    );
    assert_eq!(outcome(&run.json(), "TU-SEC-001")["outcome"], "fail");
    assert_eq!(outcome(&run.json(), "TU-SEC-002")["outcome"], "fail");
    std::fs::remove_file(root.join("terraform.tfvars")).unwrap();
    let run = security(&folder, "root", &["--var-file", own.to_str().unwrap()]);
    assert_eq!(outcome(&run.json(), "TU-SEC-002")["outcome"], "pass");
}
