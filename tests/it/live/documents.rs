//! Answers of ARM as they come: every file of a directory of recorded exchanges becomes documents.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use trueup::azure::estate::Estate;

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

/// Documents that an answer should give: the members of a list that have an id, or itself.
fn expected(body: &Json) -> usize {
    let list = ["value", "data"].iter().find_map(|k| body.get(*k)?.as_array());
    let has_id = |d: &&Json| d.get("id").and_then(Json::as_str).is_some_and(|id| id.starts_with('/'));
    match list {
        Some(list) => list.iter().filter(has_id).count(),
        None => usize::from(has_id(&body)),
    }
}

/// `TRUEUP_ARM_EXAMPLES` names a directory of exchanges `{"request", "response": {"status", "body"}}`; ours
/// stand in for it.
#[test]
fn every_recorded_answer_becomes_documents() {
    let own = repository().join("tests/data/arm");
    let dir = std::env::var_os("TRUEUP_ARM_EXAMPLES").map_or(own, PathBuf::from);
    let mut all = Vec::new();
    files(&dir, &mut all);
    assert!(!all.is_empty(), "{}", dir.display());
    let mut documents = 0;
    for path in &all {
        let exchange: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let body = &exchange["response"]["body"];
        if exchange["response"]["status"].as_u64().is_some_and(|s| s >= 400) {
            assert!(body.is_object() || body.is_string(), "{}", path.display());
            continue;
        }
        let estate = Estate::from_documents([body]);
        let (found, least) = (estate.len(), expected(body));
        // Two answers of one resource are one document; children inside of parents are documents as well.
        assert!(found >= usize::from(least > 0), "{}: {found} of {least}", path.display());
        documents += found;
    }
    say!("live: {} answers of ARM became {documents} documents", all.len());
}
