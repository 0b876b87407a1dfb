//! Hand-computed cases as data (`tests/data/cost/cases.json`): documents, usage, the arithmetic in words, and the
//! lines that must come out. `@` before an id in a document stands for the id in full.

use std::collections::BTreeSet;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    usage: String,
    documents: Vec<Json>,
    /// How each line comes about, for the reader.
    arithmetic: Vec<String>,
    components: Vec<String>,
    #[serde(default)]
    unpriced: Vec<String>,
}

fn cases() -> Vec<Case> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/cost/cases.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Ids in full.
fn full(json: &mut Json) {
    match json {
        Json::String(s) if s.starts_with('@') => *s = id(&s[1..]),
        Json::Array(items) => items.iter_mut().for_each(full),
        Json::Object(members) => members.values_mut().for_each(full),
        _ => {}
    }
}

/// `name: quantity unit x price = money`: each figure of the quantity times the price.
fn multiplies(line: &str) -> bool {
    let number = |t: &str| Decimal::from_str(t).unwrap();
    let (rest, money) = line.rsplit_once(" = ").unwrap();
    let (rest, price) = rest.rsplit_once(" x ").unwrap();
    let quantity = rest.rsplit_once(": ").unwrap().1.split(' ').next().unwrap();
    let product = |q| (number(q) * number(price)).normalize();
    quantity.split('/').map(product).eq(money.split('/').map(|m| number(m).normalize()))
}

#[test]
fn every_case_comes_out_as_computed_by_hand() {
    let cases = cases();
    assert!(cases.len() >= 120, "{} cases", cases.len());
    let names: BTreeSet<&str> = cases.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names.len(), cases.len(), "every case has a name of its own");
    let mut wrong = Vec::new();
    for case in cases {
        assert_eq!(case.arithmetic.len(), case.components.len(), "{}", case.name);
        assert!(case.components.iter().all(|line| multiplies(line)), "{}: {:?}", case.name, case.components);
        let mut documents = case.documents;
        documents.iter_mut().for_each(full);
        let report = estimate(&estate(&documents), &options(&case.usage));
        let (found, reasons) = (lines(&report), reasons(&report));
        let same = |a: &[String], b: &[String]| {
            a.iter().collect::<BTreeSet<_>>() == b.iter().collect::<BTreeSet<_>>()
        };
        if !same(&found, &case.components) || !same(&reasons, &case.unpriced) {
            wrong.push(format!(
                "{}\n  by hand {:#?} {:?}\n  found {found:#?} {reasons:?}",
                case.name, case.components, case.unpriced
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
