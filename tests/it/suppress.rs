//! Suppressions, settings of rules and baselines, as a team that adopts trueup uses them.

use serde_json::Value as Json;

use crate::harness::{Folder, Run, trueup_in};

const PROVIDERS: &str = "terraform {\n  required_providers {\n    azurerm = {\n      source  = \"hashicorp/azurerm\"\n      \
                         version = \"~> 4.81\"\n    }\n  }\n}\n\nprovider \"azurerm\" {\n  features {}\n}\n\n\
                         resource \"azurerm_resource_group\" \"a\" {\n  name     = \"rg\"\n  location = \"westeurope\"\n}\n";

/// A registry whose admin password works (ACR-001); the marks are where comments go.
const REGISTRY: &str = "\
#ABOVE#
resource \"azurerm_container_registry\" \"a\" { #HEADER#
  #FIRST#
  name                = \"acrexample\"
  resource_group_name = azurerm_resource_group.a.name
  location            = azurerm_resource_group.a.location
  sku                 = \"Premium\"
  admin_enabled       = true #TRAILING#
}
";

/// The registry with comments at marks.
fn registry(comments: &[(&str, &str)]) -> String {
    let mut text = REGISTRY.to_owned();
    for mark in ["ABOVE", "HEADER", "FIRST", "TRAILING"] {
        let comment = comments.iter().find(|(m, _)| *m == mark).map_or("", |(_, c)| c);
        text = text.replace(&format!("#{mark}#"), comment);
    }
    text
}

fn security(folder: &Folder, args: &[&str]) -> Run {
    let fixed = ["security", ".", "--format", "json", "--all-outcomes", "--today", "2026-11-20"];
    trueup_in(folder.path(), &[&fixed, args].concat())
}

/// `outcome address` of a rule.
fn outcomes(run: &Json, rule: &str) -> Vec<String> {
    let of_rule = run["outcomes"].as_array().unwrap().iter().filter(|o| o["rule"] == rule);
    of_rule
        .map(|o| format!("{} {}", o["outcome"].as_str().unwrap(), o["address"].as_str().unwrap()))
        .collect()
}

/// Codes of the findings about suppressions, with their titles.
fn wrong(run: &Json) -> Vec<String> {
    let findings = run["findings"].as_array().unwrap().iter();
    let about = findings.filter(|f| f["code"].as_str().unwrap().starts_with("TU-SUP-"));
    about.map(|f| format!("{} {}", f["code"].as_str().unwrap(), f["title"].as_str().unwrap())).collect()
}

#[test]
fn a_comment_holds_where_it_stands_and_in_every_form() {
    let reason = "reason=\"break glass\"";
    for (mark, comment) in [
        ("ABOVE", format!("# trueup:ignore ACR-001 {reason}")),
        ("ABOVE", format!("// trueup:ignore TU-ACR-001 until=2027-01-31 {reason}")),
        ("ABOVE", format!("/* trueup:ignore acr-admin-user-enabled {reason} */")),
        ("HEADER", format!("# trueup:ignore ACR-001 {reason}")),
        ("FIRST", format!("# trueup:ignore ACR-001,ACR-002 {reason}")),
        ("TRAILING", format!("# trueup:ignore ACR-001 {reason}")),
        ("FIRST", "#checkov:skip=CKV_AZURE_137:break glass".to_owned()),
        ("HEADER", "# checkov:skip=CKV_AZURE_137:break glass".to_owned()),
    ] {
        let folder =
            Folder::new("comment", &[("main.tf", &(PROVIDERS.to_owned() + &registry(&[(mark, &comment)])))]);
        let run = security(&folder, &[]).json();
        assert_eq!(outcomes(&run, "TU-ACR-001"), ["suppressed azurerm_container_registry.a"], "{comment}");
        let why = run["outcomes"].as_array().unwrap().iter().find(|o| o["rule"] == "TU-ACR-001").unwrap();
        assert_eq!(why["suppressed"]["reason"], "break glass", "{comment}");
        assert_eq!(why["suppressed"]["file"], "main.tf", "{comment}");
        assert_eq!(run["suppressed"][0]["code"], "TU-ACR-001");
    }
}

/// A vault that can be purged (KV-005); the marks are where comments go.
const VAULT: &str = "\
#ABOVE#
resource \"azurerm_key_vault\" \"a\" { #HEADER#
  #FIRST#
  name                       = \"kv-example\"
  resource_group_name        = azurerm_resource_group.a.name
  location                   = azurerm_resource_group.a.location
  tenant_id                  = \"11111111-2222-3333-4444-555555555555\"
  sku_name                   = \"standard\"
  rbac_authorization_enabled = true
  #BEFORE#
  purge_protection_enabled = false #TRAILING#
}
";

#[test]
fn comments_of_other_tools_hold_where_their_tool_takes_them() {
    for (mark, comment, holds) in [
        ("ABOVE", "#trivy:ignore:AVD-AZU-0016", true),
        ("ABOVE", "// trivy:ignore:azure-keyvault-no-purge", true),
        ("ABOVE", "# accepted until the move trivy:ignore:AZU-0016", true),
        ("ABOVE", "#trivy:ignore:AZU-0013 #trivy:ignore:AZU-0016", true),
        ("ABOVE", "#trivy:ignore:AZU-0013\n#trivy:ignore:AZU-0016", true),
        ("ABOVE", "#trivy:ignore:AZU-0016\n#trivy:ignore:AZU-0013", true),
        ("ABOVE", "#trivy:ignore:AZU-0016\n", false),
        ("ABOVE", "#tfsec:ignore:azure-keyvault-no-purge:exp:2027-01-01", true),
        ("ABOVE", "#tfsec:ignore:no-purge:exp:2026-11-21", true),
        ("ABOVE", "#tfsec:ignore:no-purge:exp:2026-11-20", false),
        ("ABOVE", "#tfsec:ignore:no-purge:exp:tomorrow", false),
        ("ABOVE", "#tfsec:ignore:AZU021", true),
        ("ABOVE", "#trivy:ignore:AZU-0016:ws:development", false),
        ("ABOVE", "#trivy:ignore:AZU-0016[sku_name=standard]", false),
        ("ABOVE", "#trivy:ignore:AVD-AWS-*", false),
        ("HEADER", "#trivy:ignore:*", true),
        ("BEFORE", "# trivy:ignore:avd-azu-*", true),
        ("BEFORE", "# trivy:ignore:AZU-0014", false),
        ("TRAILING", "# tfsec:ignore:azure-keyvault-*", true),
        ("FIRST", "# trivy:ignore:AZU-0016", false),
        ("ABOVE", "#checkov:skip=CKV_AZURE_110:why", false),
        ("FIRST", "# checkov:skip=CKV_AZURE_109,CKV_AZURE_110: moved soon", true),
        ("BEFORE", "/* checkov:skip=CKV_AZURE_42:why */", true),
        ("TRAILING", "# for now, bridgecrew:skip=CKV_AZURE_110", true),
        ("TRAILING", "# checkov:skip=CKV_AZURE_1101:why", false),
    ] {
        let mut text = VAULT.to_owned();
        for place in ["ABOVE", "HEADER", "FIRST", "BEFORE", "TRAILING"] {
            text = text.replace(&format!("#{place}#"), if place == mark { comment } else { "" });
        }
        let folder = Folder::new("others", &[("main.tf", &(PROVIDERS.to_owned() + &text))]);
        let run = security(&folder, &[]).json();
        let want = if holds { "suppressed" } else { "fail" };
        assert_eq!(outcomes(&run, "TU-KV-005"), [format!("{want} azurerm_key_vault.a")], "{mark} {comment}");
        assert_eq!(wrong(&run), [""; 0], "{comment}");
    }
}

#[test]
fn a_comment_that_does_not_hold_is_told() {
    for (comment, outcome, told) in [
        (
            "# trueup:ignore ACR-001",
            "fail",
            "TU-SUP-001 the suppression of ACR-001 gives no reason, so it does not hold",
        ),
        (
            "# trueup:ignore ACR-001 until=2026-11-19 reason=\"x\"",
            "fail",
            "TU-SUP-002 the suppression of ACR-001 ended on 2026-11-19",
        ),
        ("# trueup:ignore ACR-001 until=2026-11-20 reason=\"x\"", "suppressed", ""),
        (
            "# trueup:ignore AKS-001 reason=\"x\"",
            "fail",
            "TU-SUP-003 the suppression of AKS-001 matches nothing in azurerm_container_registry.a",
        ),
        (
            "# trueup:ignore acr-admin-user-enable reason=\"x\"",
            "fail",
            "TU-SUP-004 there is no rule \"acr-admin-user-enable\". Did you mean \"acr-admin-user-enabled\"?",
        ),
        (
            "# trueup:ignore ACR-001 until=soon reason=\"x\"",
            "fail",
            "TU-SUP-005 until=\"soon\" is no date, such as until=2027-01-31",
        ),
        // Other tools say themselves what is wrong with their comments.
        ("#checkov:skip=CKV_AZURE_141:why", "fail", ""),
        ("#trivy:ignore:AZU-9999", "fail", ""),
    ] {
        let folder = Folder::new(
            "not-held",
            &[("main.tf", &(PROVIDERS.to_owned() + &registry(&[("ABOVE", comment)])))],
        );
        let run = security(&folder, &[]).json();
        assert_eq!(
            outcomes(&run, "TU-ACR-001"),
            [format!("{outcome} azurerm_container_registry.a")],
            "{comment}"
        );
        let told: Vec<&str> = [told].into_iter().filter(|t| !t.is_empty()).collect();
        assert_eq!(wrong(&run), told, "{comment}");
    }
}

#[test]
fn a_module_call_a_loop_a_part_and_a_file_are_covered() {
    let module = "variable \"admin\" {\n  type = bool\n}\nresource \"azurerm_container_registry\" \"m\" {\n  for_each = toset([\"x\", \"y\"])\n  \
           name = \"acr${each.key}\"\n  resource_group_name = \"rg\"\n  location = \"westeurope\"\n  sku = \"Premium\"\n  \
           admin_enabled = var.admin\n}\n";
    let ssh = |name: &str, priority: u16, comment: &str| {
        format!(
            "  {comment}\n  security_rule {{\n    name = \"{name}\"\n    priority = {priority}\n    direction = \"Inbound\"\n    \
             access = \"Allow\"\n    protocol = \"Tcp\"\n    source_port_range = \"*\"\n    destination_port_range = \"22\"\n    \
             source_address_prefix = \"*\"\n    destination_address_prefix = \"*\"\n  }}\n"
        )
    };
    let nsg = |rules: &[String]| {
        format!(
            "resource \"azurerm_network_security_group\" \"n\" {{\n  name = \"nsg\"\n  location = \"westeurope\"\n  \
             resource_group_name = \"rg\"\n\n{}}}\n",
            rules.join("\n")
        )
    };
    let why = "# trueup:ignore nsg-ssh-from-internet reason=\"bastion of the vendor\"";
    let call = |name: &str, comment: &str| {
        format!("{comment}\nmodule \"{name}\" {{\n  source = \"./m\"\n  admin  = true\n}}\n")
    };
    let main = PROVIDERS.to_owned()
        + &call("covered", "# trueup:ignore ACR-001 reason=\"lab\"")
        + &call("plain", "")
        + &nsg(&[ssh("a", 100, why)]);
    let head = format!("# Legacy.\n# trueup:ignore ACR-001 reason=\"legacy\"\n\n{}", registry(&[]));
    let folder = Folder::new("covered", &[("main.tf", &main), ("m/main.tf", module), ("legacy.tf", &head)]);
    let run = security(&folder, &[]).json();
    assert_eq!(
        outcomes(&run, "TU-ACR-001"),
        [
            "suppressed azurerm_container_registry.a",
            "suppressed module.covered.azurerm_container_registry.m[\"x\"]",
            "suppressed module.covered.azurerm_container_registry.m[\"y\"]",
            "fail module.plain.azurerm_container_registry.m[\"x\"]",
            "fail module.plain.azurerm_container_registry.m[\"y\"]",
        ]
    );
    let group = |run: &Json| outcomes(run, "TU-NSG-002");
    assert_eq!(group(&run), ["suppressed azurerm_network_security_group.n"]);
    assert_eq!(wrong(&run), [""; 0]);
    // A comment on one part says nothing of another.
    folder.write("main.tf", PROVIDERS.to_owned() + &nsg(&[ssh("a", 100, why), ssh("b", 110, "")]));
    assert_eq!(group(&security(&folder, &[]).json()), ["fail azurerm_network_security_group.n"]);
    // Nor does the rest of a block made by a loop escape one on its block.
    let dynamic = format!(
        "  {why}\n  dynamic \"security_rule\" {{\n    for_each = [100, 110]\n    content {{\n      name = \"r${{security_rule.value}}\"\n      \
         priority = security_rule.value\n      direction = \"Inbound\"\n      access = \"Allow\"\n      protocol = \"Tcp\"\n      \
         source_port_range = \"*\"\n      destination_port_range = \"22\"\n      source_address_prefix = \"*\"\n      \
         destination_address_prefix = \"*\"\n    }}\n  }}\n"
    );
    folder.write("main.tf", PROVIDERS.to_owned() + &nsg(&[dynamic]));
    assert_eq!(group(&security(&folder, &[]).json()), ["suppressed azurerm_network_security_group.n"]);
}

#[test]
fn settings_turn_rules_off_by_name_and_by_path_and_change_severities() {
    let main = PROVIDERS.to_owned() + &registry(&[]);
    let folder = Folder::new("settings", &[("env/dev/main.tf", &main), ("env/prod/main.tf", &main)]);
    folder.git(&["init", "-q"]);
    folder.write(
        "trueup.toml",
        "[rules.acr-admin-user-enabled]\nseverity = \"info\"\n\n[[rules.path]]\nglob = \"env/dev/**\"\noff = [\"ACR-001\"]\nreason = \"no images of worth\"\n",
    );
    let of = |dir: &str| {
        let run = trueup_in(folder.path(), &["security", dir, "--format", "json", "--all-outcomes"]).json();
        let outcome =
            run["outcomes"].as_array().unwrap().iter().find(|o| o["rule"] == "TU-ACR-001").unwrap().clone();
        (outcome["outcome"].as_str().unwrap().to_owned(), outcome["severity"].as_str().unwrap().to_owned())
    };
    assert_eq!(of("env/dev"), ("suppressed".into(), "info".into()));
    assert_eq!(of("env/prod"), ("fail".into(), "info".into()));
    for (text, error) in [
        (
            "[rules.acr-admin-user-enable]\noff = true\nreason = \"x\"\n",
            "Did you mean \"acr-admin-user-enabled\"?",
        ),
        ("[rules.ACR-001]\noff = true\n", "it needs a reason"),
        ("[rules.ACR-001]\nseverity = \"hihg\"\n", "\"hihg\" is no severity"),
        ("[rules.ACR-001]\nsverity = \"high\"\n", "unknown field"),
    ] {
        folder.write("trueup.toml", text);
        let run = trueup_in(folder.path(), &["security", "env/prod"]);
        assert_eq!(run.status, 1, "{text}");
        assert!(run.stderr.contains(error), "{text}: {}", run.stderr);
    }
}

#[test]
fn a_baseline_lets_a_team_start_clean_and_shrinks() {
    let main = PROVIDERS.to_owned() + &registry(&[]);
    let folder = Folder::new("baseline", &[("main.tf", &main)]);
    let run = security(&folder, &["--write-baseline", "accepted.json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let written = std::fs::read_to_string(folder.path().join("accepted.json")).unwrap();
    let with = ["--baseline", "accepted.json"];
    let news = |run: &Json| {
        let news = run["findings"].as_array().unwrap().iter().filter(|f| f["standing"] != "accepted");
        news.map(|f| format!("{} {}", f["code"].as_str().unwrap(), f["address"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let run = security(&folder, &with);
    assert_eq!((run.status, news(&run.json())), (0, vec![]));
    // Lines move, an instance key comes, the resource is renamed: still known.
    let moved = main.replace(
        "resource \"azurerm_container_registry\" \"a\" {",
        "\n\n\nresource \"azurerm_container_registry\" \"renamed\" {\n  count = 1\n",
    ) + "moved {\n  from = azurerm_container_registry.a\n  to   = azurerm_container_registry.renamed\n}\n";
    folder.write("main.tf", &moved);
    assert_eq!(news(&security(&folder, &with).json()), [""; 0]);
    // One more is new, and gates.
    let more = main.clone() + &registry(&[]).replace("\"a\"", "\"b\"").replace("acrexample", "acrother");
    folder.write("main.tf", &more);
    let run = security(&folder, &with);
    assert_eq!(run.status, 2);
    assert!(news(&run.json()).contains(&"TU-ACR-001 azurerm_container_registry.b".to_owned()));
    assert!(!news(&run.json()).iter().any(|f| f.ends_with("registry.a")));
    // What is fixed is told, and taken out on request; nothing comes in.
    folder.write("main.tf", more.replacen("admin_enabled       = true", "admin_enabled       = false", 1));
    let run = security(&folder, &[&with[..], &["--update-baseline"]].concat());
    assert_eq!(run.json()["baseline"]["fixed"][0]["code"], "TU-ACR-001");
    let shrunk = std::fs::read_to_string(folder.path().join("accepted.json")).unwrap();
    let lines = |text: &str| text.lines().map(|l| l.trim_end_matches(',').to_owned()).collect::<Vec<_>>();
    assert_eq!(lines(&shrunk).len() + 1, lines(&written).len());
    assert!(lines(&shrunk).iter().all(|l| lines(&written).contains(l)));
}

#[test]
fn a_change_does_not_loosen_its_own_gate() {
    let main = PROVIDERS.to_owned() + "\n";
    let folder = Folder::new(
        "own-gate",
        &[
            ("env/main.tf", &main),
            ("accepted.json", "{\"format\": \"trueup-baseline/1\", \"entries\": []}\n"),
        ],
    );
    let base_settings = "baseline = \"accepted.json\"\n";
    folder.write("trueup.toml", base_settings);
    folder.git(&["init", "-q", "-b", "main"]);
    folder.git(&["add", "."]);
    folder.git(&["commit", "-q", "-m", "base"]);
    let review = |args: &[&str]| {
        trueup_in(
            folder.path(),
            &[&["review", "env", "--base", "main", "--today", "2026-11-20"], args].concat(),
        )
    };
    let comment = "# trueup:ignore ACR-001 reason=\"trust me\"";
    for (name, settings, source, accepted) in [
        ("a rule turned off", "[rules.ACR-001]\noff = true\nreason = \"x\"\n", registry(&[]), false),
        ("a gate removed", "fail_on = \"nothing\"\n", registry(&[]), false),
        ("a comment", base_settings, registry(&[("ABOVE", comment)]), false),
        ("a baseline", base_settings, registry(&[]), true),
    ] {
        folder.write("trueup.toml", settings);
        folder.write("env/main.tf", main.clone() + &source);
        let empty = "{\"format\": \"trueup-baseline/1\", \"entries\": []}\n";
        folder.write("accepted.json", empty);
        if accepted {
            let run = trueup_in(
                folder.path(),
                &["review", "env", "--write-baseline", "accepted.json", "--today", "2026-11-20"],
            );
            assert_eq!(run.status, 0, "{}", run.stderr);
        }
        let run = review(&[]);
        assert_eq!(run.status, 2, "{name}: {}", run.stdout);
        let said =
            if source.contains("trust me") { "this change suppresses ACR-001" } else { "this change edits" };
        assert!(run.stdout.contains(said), "{name}: {}", run.stdout);
        let comment = review(&["--format", "markdown"]).stdout;
        assert!(comment.contains(said), "{name}: {comment}");
    }
    // The base may say that a comment of the change counts at once.
    folder.write("env/main.tf", &main);
    folder.write("trueup.toml", "accept_new_suppressions = true\n");
    folder.git(&["commit", "-qam", "accept"]);
    folder.write("env/main.tf", main.clone() + &registry(&[("ABOVE", comment)]));
    let run = review(&[]);
    assert!(
        run.stdout.contains(
            "this change suppresses ACR-001 azurerm_container_registry.a by comment at env/main.tf:"
        ),
        "{}",
        run.stdout
    );
    assert!(
        !run.stdout.contains("critical[") && !run.stdout.contains("TU-ACR-001 acr-admin"),
        "{}",
        run.stdout
    );
    // Once merged it is nobody's news.
    folder.git(&["commit", "-qam", "merged"]);
    assert!(!review(&[]).stdout.contains("this change"), "{}", review(&[]).stdout);
}

/// `subnets` and `cost` take what `security` takes: comments, and `[rules]` of trueup.toml.
#[test]
fn addresses_and_costs_take_suppressions() {
    let folder = Folder::with_environments("suppressed");
    let root = "environments/production";
    let facts = |command: &str| {
        let run = trueup_in(folder.path(), &[command, root, "--no-live", "--format", "json"]);
        let run = run.json();
        let codes = |list: &Json| -> Vec<String> {
            let all = list.as_array().into_iter().flatten();
            all.map(|f| f["code"].as_str().or(f["id"].as_str()).unwrap_or_default().to_owned()).collect()
        };
        (codes(&run["findings"]), codes(&run["suppressed"]))
    };
    let subnets = trueup_in(folder.path(), &["subnets", root, "--no-live", "--format", "json"]).json();
    let id = subnets["findings"][0]["id"].as_str().unwrap().to_owned();
    let before = facts("subnets");
    assert!(before.1.is_empty());
    let settings = format!(
        "[rules.{}]\noff = true\nreason = \"a larger subnet is on its way\"\n",
        id.replace("TU-", "")
    );
    folder.write("environments/production/trueup.toml", settings);
    let after = facts("subnets");
    assert_eq!(after.1.first(), Some(&id), "{after:?}");
    assert!(after.0.len() < before.0.len(), "{before:?} {after:?}");
    let text = trueup_in(folder.path(), &["subnets", root, "--no-live"]).stdout;
    assert!(text.contains("a larger subnet is on its way"), "{text}");
}
