//! The live price list, against a server on a loopback port that pages, stumbles, lies and dies.

use std::path::PathBuf;

use super::price_server::{Mood, PriceServer};
use super::*;
use crate::harness::{Folder, Run, trueup_with};

const ROOT: &str = r#"
resource "azurerm_resource_group" "a" {
  name     = "a"
  location = "westeurope"
}
resource "azurerm_nat_gateway" "a" {
  name                = "a"
  location            = "westeurope"
  resource_group_name = azurerm_resource_group.a.name
}
resource "azurerm_private_dns_zone" "a" {
  name                = "a.example.org"
  resource_group_name = azurerm_resource_group.a.name
}
"#;

/// service and product, sku, meter, region, unit, tier, price
const ITEMS: &[[&str; 7]] = &[
    ["NAT Gateway", "Standard", "Standard Gateway", "Global", "1 Hour", "0", "0.045"],
    ["NAT Gateway", "Standard", "Standard Data Processed", "Global", "1 GB", "0", "0.045"],
    // Tiers come in no useful order.
    ["Azure DNS", "Private", "Private Queries", "Zone 1", "1M", "1000", "0.2"],
    ["Azure DNS", "Private", "Private Queries", "Zone 1", "1M", "0", "0.4"],
    ["Azure DNS", "Private", "Private Zone", "Zone 1", "1", "25", "0.1"],
    ["Azure DNS", "Private", "Private Zone", "Zone 1", "1", "0", "0.5"],
];

fn item(row: &[&str; 7], currency: &str) -> Json {
    let number = |t: &str| serde_json::from_str::<Json>(t).unwrap();
    json!({
        "currencyCode": currency, "serviceName": row[0], "productName": row[0], "skuName": row[1],
        "meterName": row[2], "armRegionName": row[3], "unitOfMeasure": row[4],
        "tierMinimumUnits": number(row[5]), "retailPrice": number(row[6]), "type": "Consumption",
        "meterId": format!("id of {}", row[2]), "armSkuName": "", "isPrimaryMeterRegion": true,
        "effectiveStartDate": "2026-01-01T00:00:00Z"
    })
}

fn items(currency: &str) -> Vec<Json> {
    ITEMS.iter().map(|row| item(row, currency)).collect()
}

/// What the root module costs: 730 x 0.045 + 500 x 0.045 + 0.5 + 10 x 0.4 = 32.85 + 22.5 + 0.5 + 4
const TOTAL: &str = "59.85";

struct Place {
    folder: Folder,
    server: PriceServer,
}

impl Place {
    fn new(name: &str, items: Vec<Json>) -> Place {
        let folder = Folder::new(&format!("prices-{name}"), &[("main.tf", ROOT)]);
        Place { folder, server: PriceServer::new(items) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Run {
        let cache = self.path("cache").to_str().unwrap().to_owned();
        trueup_with(self.folder.path(), args, &[("XDG_CACHE_HOME", &cache)])
    }

    fn cost(&self, more: &[&str]) -> Run {
        let url = self.server.url();
        self.run(&[&["cost", ".", "--format", "json", "--prices", &url], more].concat())
    }
}

#[track_caller]
fn costs(run: &Run, total: &str) -> Json {
    assert_eq!(run.status, 0, "{} {}", run.stdout, run.stderr);
    let json = run.json();
    assert_eq!(json["monthly"]["expected"], total, "{json:#}");
    json
}

#[track_caller]
fn fails(run: &Run, says: &str) {
    assert_eq!(run.status, 1, "{}", run.stdout);
    assert!(run.stderr.contains(says), "{}", run.stderr);
    assert!(!run.stdout.contains("monthly"), "no figure stands beside an error");
}

#[test]
fn pages_tiers_and_what_is_asked() {
    let place = Place::new("pages", items("USD"));
    let json = costs(&place.cost(&[]), TOTAL);
    assert_eq!(json["unpriced"], json!([]));
    let component = &json["resources"][0]["components"][0];
    assert_eq!(component["price_source"], "Azure Retail Prices API");
    assert_eq!(component["price_as_of"], json["prices"]["as_of"]);
    let asked = place.server.asked();
    let nat = "serviceName eq 'NAT Gateway' and productName eq 'NAT Gateway' and priceType eq 'Consumption' and \
               armRegionName eq 'Global' 0";
    assert_eq!(asked.iter().filter(|a| *a == nat).count(), 1, "once for both meters: {asked:#?}");
    let dns = asked.iter().filter(|a| a.contains("Azure DNS") && a.contains("'Zone 1'"));
    assert_eq!(dns.count(), 2, "two pages: {asked:#?}");
    assert!(
        asked.iter().all(|a| a.contains("serviceName eq") && a.contains("armRegionName eq")),
        "{asked:#?}"
    );
    // Within a day nothing is asked again.
    costs(&place.cost(&[]), TOTAL);
    assert_eq!(place.server.asked(), [""; 0]);
}

#[test]
fn the_last_page_may_name_one_more() {
    let place = Place::new("past", items("USD"));
    place.server.set(Mood::PastTheEnd);
    costs(&place.cost(&[]), TOTAL);
}

#[test]
fn a_busy_server_is_asked_again() {
    for (status, name) in [(429, "busy"), (503, "away"), (500, "stumbles")] {
        let place = Place::new(name, items("USD"));
        place.server.set(Mood::First(status, 2));
        costs(&place.cost(&[]), TOTAL);
    }
}

#[test]
fn duplicates_and_other_days_do_not_count() {
    let change = |index: usize, members: Json| {
        let mut item = item(&ITEMS[index], "USD");
        item.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        item
    };
    let mut all = vec![
        // Not primary, ended, not begun, older: each would change the total.
        change(0, json!({ "retailPrice": 9, "isPrimaryMeterRegion": false })),
        change(0, json!({ "retailPrice": 8, "effectiveEndDate": "2026-02-01T00:00:00Z" })),
        change(0, json!({ "retailPrice": 7, "effectiveStartDate": "2999-01-01T00:00:00Z" })),
        change(0, json!({ "retailPrice": 6, "effectiveStartDate": "2020-01-01T00:00:00Z" })),
        change(1, json!({ "retailPrice": 5, "type": "DevTestConsumption" })),
    ];
    all.extend(items("USD"));
    all.extend(items("USD"));
    let place = Place::new("duplicates", all.clone());
    costs(&place.cost(&[]), TOTAL);
    all.reverse();
    costs(&Place::new("duplicates-reversed", all).cost(&[]), TOTAL);
}

#[test]
fn another_currency_is_asked_for_and_checked() {
    let mut all = items("EUR");
    // Azure has been seen to answer in USD all the same.
    all[1]["currencyCode"] = json!("USD");
    let place = Place::new("currency", all);
    let json = costs(&place.cost(&["--currency", "eur"]), "37.35");
    assert_eq!(json["currency"], "EUR");
    assert!(
        json["prices"]["source"]
            .as_str()
            .unwrap()
            .contains("rows came in USD in place of EUR and are not used"),
        "{json:#}"
    );
    let reason = json["unpriced"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("NAT gateway, data processed: no price is held for"), "{reason}");
    let wrong = place.run(&["cost", ".", "--currency", "EUR"]);
    fails(&wrong, "the prices are in USD, not in EUR: `--prices live --currency EUR` asks Azure");
}

#[test]
fn nonsense_is_an_error() {
    for (mood, says) in [
        (Mood::Stray, "names a next page on another host, prices.example.org"),
        (Mood::Circle, "leads back to a page that it gave before"),
        (Mood::Nonsense, "answers without Items"),
        (Mood::Status(403), "answered 403"),
        (
            Mood::Cut(1),
            "no earlier answer is kept for Azure DNS in Zone 1. `--prices embedded` needs no network",
        ),
    ] {
        let place = Place::new(&format!("nonsense-{}", says.len()), items("USD"));
        place.server.set(mood);
        fails(&place.cost(&[]), says);
    }
    let place = Place::new(
        "no-price",
        vec![json!({ "currencyCode": "USD", "serviceName": "NAT Gateway",
        "productName": "NAT Gateway", "armRegionName": "Global", "type": "Consumption" })],
    );
    fails(&place.cost(&[]), "gave an item without a price");
}

#[test]
fn when_the_network_is_gone_what_was_kept_counts_and_says_so() {
    let place = Place::new("gone", items("USD"));
    let day = costs(&place.cost(&[]), TOTAL)["prices"]["as_of"].as_str().unwrap().to_owned();
    for mood in [Mood::Status(500), Mood::Cut(0), Mood::Cut(1)] {
        place.server.set(mood.clone());
        let json = costs(&place.cost(&["--prices-max-age", "0"]), TOTAL);
        let source = json["prices"]["source"].as_str().unwrap();
        assert!(source.contains(&format!("answers kept from {day} on, because: ")), "{mood:?}: {source}");
        // It is told in the table, too.
        let url = place.server.url();
        let text = place.run(&["cost", ".", "--prices", &url, "--prices-max-age", "0"]);
        assert!(text.stdout.contains("answers kept from"), "{}", text.stdout);
    }
    // A file that was changed does not count.
    for entry in std::fs::read_dir(place.path("cache/trueup/prices")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replace("0.045", "0.001")).unwrap();
    }
    place.server.set(Mood::Status(500));
    fails(&place.cost(&["--prices-max-age", "0"]), "no earlier answer is kept for NAT Gateway in Global");
}

#[test]
fn a_review_takes_live_prices_too() {
    let place = Place::new("review", items("USD"));
    let url = place.server.url();
    let run = place.run(&["review", ".", "--format", "json", "--prices", &url, "--fail-on", "cost>59"]);
    assert_eq!(
        (run.status, &run.json()["cost"]["monthly"]["expected"]),
        (2, &json!(TOTAL)),
        "{}",
        run.stderr
    );
    assert!(run.json()["broken"].as_array().unwrap().contains(&json!("cost>59")));
}

#[test]
fn a_book_of_its_own() {
    let place = Place::new("book", items("EUR"));
    let url = place.server.url();
    let update =
        place.run(&["prices", "update", "--region", "westeurope", "--currency", "EUR", "--from", &url]);
    assert_eq!(update.status, 0, "{}", update.stderr);
    assert!(update.stdout.starts_with("6 prices in EUR of 20"), "{}", update.stdout);
    let book = place.path("cache/trueup/prices/EUR.book").to_str().unwrap().to_owned();
    place.server.set(Mood::Status(500));
    let run = place.run(&["cost", ".", "--format", "json", "--prices", &book, "--currency", "EUR"]);
    let json = costs(&run, TOTAL);
    assert_eq!(json["prices"]["source"], format!("price list {book}"));
    fails(&place.run(&["cost", ".", "--prices", &book]), "the prices are in EUR, not in USD");
    fails(&place.run(&["cost", ".", "--prices", "main.tf"]), "main.tf: there is no column service");
    fails(&place.run(&["cost", ".", "--prices", "none.book"]), "none.book: No such file");
    fails(&place.run(&["prices", "update", "--region", "westeurope", "--from", &url]), "answered 500");
    let elsewhere =
        place.run(&["prices", "update", "--region", "westeurope", "--from", "http://prices.example.org"]);
    fails(&elsewhere, "is not https");
}
