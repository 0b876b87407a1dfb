//! `trueup cost` as a gate, and its forms.

use crate::harness::{Folder, Run, trueup_in};
use serde_json::{Value as Json, json};

fn gateways(names: &[&str]) -> String {
    let mut text =
        "resource \"azurerm_resource_group\" \"a\" {\n  name     = \"a\"\n  location = \"westeurope\"\n}\n"
            .to_owned();
    for name in names {
        text += &format!(
            "resource \"azurerm_nat_gateway\" \"{name}\" {{\n  name                = \"{name}\"\n  location            = \
             \"westeurope\"\n  resource_group_name = azurerm_resource_group.a.name\n}}\n"
        );
    }
    text
}

/// A repository whose base has one gateway (55.35 a month: 730 x 0.045 + 500 x 0.045), and whose change adds one.
fn repository(name: &str, settings: &str, sheet: &str) -> Folder {
    let folder = Folder::new(
        &format!("cost-{name}"),
        &[
            ("environments/production/main.tf", &gateways(&["one"])),
            ("trueup.toml", settings),
            ("ea.toml", sheet),
        ],
    );
    for args in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "base"],
    ] {
        folder.git(args);
    }
    folder.write("environments/production/main.tf", gateways(&["one", "two"]));
    folder
}

fn cost(folder: &Folder, more: &[&str]) -> Run {
    trueup_in(folder.path(), &[&["cost", "environments/production"], more].concat())
}

#[test]
fn conditions_of_the_bill() {
    let folder = repository("conditions", "", "");
    for (gate, status) in [
        ("cost>110", 2),
        ("cost>110.7", 0),
        ("cost>99%", 2),
        ("cost>100%", 0),
        ("cost-increase>55", 2),
        ("cost-increase>55.35", 0),
        ("cost>1000,cost>50%", 2),
        ("nothing", 0),
    ] {
        let run = cost(&folder, &["--base", "HEAD", "--fail-on", gate]);
        assert_eq!(run.status, status, "{gate}: {} {}", run.stdout, run.stderr);
        assert_eq!(run.stderr.contains("the gate is shut"), status == 2, "{}", run.stderr);
    }
    // Without a base nothing has grown.
    assert_eq!(cost(&folder, &["--fail-on", "cost>1%"]).status, 0);
}

#[test]
fn the_change_and_its_forms() {
    let folder = repository("forms", "", "");
    let json = cost(&folder, &["--base", "HEAD", "--format", "json"]).json();
    assert_eq!(json["monthly"]["expected"], "110.7");
    assert_eq!(json["change"]["change"]["expected"], "55.35");
    assert_eq!(json["change"]["resources"][0]["address"], "azurerm_nat_gateway.two");
    let text = cost(&folder, &["--base", "HEAD"]).stdout;
    assert!(text.contains("+$55") && text.contains("prices of 20"), "{text}");

    let html = cost(&folder, &["--base", "HEAD", "--format", "html"]).stdout;
    assert!(html.contains("What the change does") && html.contains("+$55"), "{html}");

    let csv = cost(&folder, &["--format", "csv"]).stdout;
    let rows: Vec<&str> = csv.lines().collect();
    assert!(rows[0].starts_with("address,component,unit,quantity_low"), "{csv}");
    assert!(
        rows[1].starts_with("azurerm_nat_gateway.one,NAT gateway,gateway-hours,730,730,730,0.045,32.85,"),
        "{csv}"
    );
    assert_eq!(rows.len(), 5);

    let past = cost(&folder, &["--base", "HEAD", "--format", "infracost-json"]).json();
    let project = &past["projects"][0];
    assert_eq!(
        [&past["totalMonthlyCost"], &past["diffTotalMonthlyCost"]],
        [&json!("110.7"), &json!("55.35")]
    );
    assert_eq!(project["diff"]["resources"].as_array().map(Vec::len), Some(1));
    assert_eq!(project["breakdown"]["resources"][0]["resourceType"], "azurerm_nat_gateway");
    let component = &project["breakdown"]["resources"][0]["costComponents"][0];
    assert_eq!([&component["monthlyQuantity"], &component["hourlyQuantity"]], [&json!("730"), &json!("1")]);
    let plain = cost(&folder, &["--format", "infracost-json"]).json();
    assert_eq!(plain["projects"][0]["pastBreakdown"]["resources"], json!([]));
    // Every total is the sum of its components.
    let sum: f64 = [&plain]
        .iter()
        .flat_map(|p| p["projects"][0]["breakdown"]["resources"].as_array().unwrap())
        .flat_map(|r: &Json| r["costComponents"].as_array().unwrap())
        .map(|c| c["monthlyCost"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    assert_eq!(format!("{sum:.2}"), "110.70");
}

#[test]
fn what_is_replaced_or_moved_is_one_line() {
    let folder = repository("replaced", "", "");
    let change = |code: &str| {
        folder.write("environments/production/main.tf", code);
        let json = cost(&folder, &["--base", "HEAD", "--format", "json"]).json();
        json["change"].clone()
    };
    let rows = |change: &Json| change["resources"].as_array().unwrap().len();
    // Another name replaces the gateway: its address, and what it costs, stay.
    let replaced = change(
        &gateways(&["one"]).replace("name                = \"one\"", "name                = \"other\""),
    );
    assert_eq!((rows(&replaced), &replaced["change"]["expected"]), (0, &json!("0")), "{replaced}");
    let moved = gateways(&["three"])
        + "moved {\n  from = azurerm_nat_gateway.one\n  to   = azurerm_nat_gateway.three\n}\n";
    let moved = change(&moved);
    assert_eq!((rows(&moved), &moved["change"]["expected"]), (0, &json!("0")), "{moved}");
    // Without the block one goes and another comes.
    let apart = change(&gateways(&["three"]));
    assert_eq!((rows(&apart), &apart["change"]["expected"]), (2, &json!("0")), "{apart}");
    let review = trueup_in(
        folder.path(),
        &["review", "environments/production", "--base", "HEAD", "--format", "json"],
    );
    assert_eq!(review.json()["change"]["cost"]["resources"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_change_cannot_cheapen_itself() {
    let settings = "[cost]\nprice_sheet = \"ea.toml\"\n[environments.production]\nfail_on = \"cost>100\"\n";
    // 110.7 x 0.95 = 105.165
    let folder = repository("cheapen", settings, "discount_percent = 5\n");
    assert_eq!(cost(&folder, &[]).status, 2, "the environment's own gate");
    folder.write("ea.toml", "discount_percent = 50\n");
    folder.write("trueup.toml", settings.replace("100", "1000"));
    assert_eq!(cost(&folder, &[]).status, 0, "without a base the settings are those at hand");
    let run = cost(&folder, &["--base", "HEAD", "--format", "json"]);
    assert_eq!((run.status, &run.json()["monthly"]["expected"]), (2, &json!("105.165")), "{}", run.stderr);
    // Nor by how much is said to be used: by the settings or by the flag.
    let usage = "[defaults]\n\"nat_gateway.data_gb\" = 0\n";
    folder.write("usage.toml", usage);
    for more in [&["--usage", "usage.toml"][..], &[]] {
        folder.write("trueup.toml", format!("usage = \"usage.toml\"\n{settings}"));
        let run = cost(&folder, &[&["--base", "HEAD", "--format", "json"], more].concat());
        assert_eq!(
            (run.status, &run.json()["monthly"]["expected"]),
            (2, &json!("105.165")),
            "{}",
            run.stderr
        );
        let told = if more.is_empty() { "trueup.toml: usage" } else { "usage.toml: what the base has" };
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
    folder.write("trueup.toml", "[cost]\nprices = \"live\"\n");
    let run = cost(&folder, &[]);
    assert_eq!(run.status, 1, "the network is asked for on the command line only");
    assert!(run.stderr.contains("live: No such file"), "{}", run.stderr);
}
