//! Answers of ARM as they come: every file of a directory of recorded exchanges becomes documents.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use trueup::azure::estate::Estate;
use trueup::azure::id::ResourceId;
use trueup::live::arm::ArmError;

use crate::harness::repository;

fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "json") {
            out.push(path);
        }
    }
}

/// The documents of an answer: the members of a list, the rows of a table as objects, or itself.
fn members(body: &Json) -> Vec<Json> {
    if let Some(list) = ["value", "data"].iter().find_map(|k| body.get(*k)?.as_array()) {
        return list.clone();
    }
    let table = &body["data"];
    match (table["columns"].as_array(), table["rows"].as_array()) {
        (Some(columns), Some(rows)) => {
            let row = |row: &Json| -> Json {
                let cells = row.as_array().unwrap().iter();
                columns
                    .iter()
                    .zip(cells)
                    .map(|(c, v)| (c["name"].as_str().unwrap().to_owned(), v.clone()))
                    .collect()
            };
            rows.iter().map(row).collect()
        }
        _ => vec![body.clone()],
    }
}

/// `TRUEUP_ARM_EXAMPLES` names a directory of exchanges `{"request", "response": {"status", "body"}}`; ours
/// stand in for it. Every document of every answer is found by its id, one without an id is named as a gap, and every
/// error is understood.
#[test]
fn every_recorded_answer_becomes_documents() {
    let own = repository().join("tests/data/arm");
    let dir = std::env::var_os("TRUEUP_ARM_EXAMPLES").map_or(own, PathBuf::from);
    let mut all = Vec::new();
    files(&dir, &mut all);
    assert!(!all.is_empty(), "{}", dir.display());
    let (mut documents, mut nameless, mut errors) = (0, 0, 0);
    for path in &all {
        let name = path.display();
        let exchange: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let response = &exchange["response"];
        let status = response["status"].as_u64().unwrap_or_else(|| panic!("{name} has no status"));
        let body = response.get("body").unwrap_or_else(|| panic!("{name} has no body"));
        if status >= 400 {
            let error = ArmError::of_status(u16::try_from(status).unwrap(), body.to_string().as_bytes());
            let ArmError::Status { status: found, code, .. } = &error else { panic!("{name}: {error}") };
            assert!(u64::from(*found) == status && !code.is_empty(), "{name}: {error}");
            assert_eq!(
                error.is_absence(),
                status == 404 && code != "SubscriptionNotFound",
                "{name}: {error}"
            );
            errors += 1;
            continue;
        }
        let estate = Estate::from_documents([body]);
        let mut without = 0;
        for member in members(body) {
            match member.get("id").and_then(Json::as_str).filter(|id| id.starts_with('/')) {
                // An entry of the usages of a network is a child of its subnet.
                Some(id) => {
                    let found = |id: &str| estate.by_id(&ResourceId::new(id)).is_some();
                    assert!(found(id) || found(&format!("{id}/usages/SubnetSpace")), "{name}: {id}");
                }
                None => without += 1,
            }
        }
        let gap = format!("{without} documents have no id");
        assert_eq!(estate.gaps.contains(&gap), without > 0, "{name}: {:?}", estate.gaps);
        documents += estate.len();
        nameless += without;
    }
    assert!(documents > 0 && errors > 0, "{documents} documents and {errors} errors");
    say!(
        "live: {} answers of ARM became {documents} documents, {nameless} without id, {errors} errors",
        all.len()
    );
}
