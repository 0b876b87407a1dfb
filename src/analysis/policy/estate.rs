//! An estate as policies see it.

use serde_json::{Map, Value as Json, json};

use crate::azure::estate::{Document, Estate};
use crate::terraform::plan::{Secrets, known_json, unknown_json};

/// `complete`, and `resources`: of each document its `id`, ARM `type`, `name` and `body` (what is known of
/// it), `unknown` (`true` for the parts that are not known) and, of a declared one, its Terraform `address`.
pub(super) fn document(estate: &Estate) -> Json {
    let resources: Vec<Json> = estate.iter().map(resource).collect();
    json!({ "complete": estate.complete, "resources": resources })
}

fn resource(document: &Document) -> Json {
    let mut out = Map::new();
    if let Some(declared) = &document.declared {
        out.insert("address".to_owned(), declared.address.to_string().into());
    }
    out.insert("id".to_owned(), document.id.to_string().into());
    out.insert("type".to_owned(), document.arm_type.as_str().into());
    out.insert("name".to_owned(), document.name().into());
    out.insert("body".to_owned(), known_json(&document.body, Secrets::Shown).unwrap_or_default());
    out.insert("unknown".to_owned(), unknown_json(&document.body));
    Json::Object(out)
}
