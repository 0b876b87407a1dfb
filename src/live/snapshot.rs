//! A live estate saved to a file.
//!
//! The form is `{"format": "trueup-snapshot/1", "captured_at", "scope": [...], "complete": true,
//! "gaps": [...], "resources": [ARM documents]}`; a bare array of ARM documents, or an answer of ARM
//! (`{"value": [...]}`), is taken as well: whoever hands over a bare list says that it is all there is.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::gap::Gap;
use super::read::Reader;
use super::session::now;
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;

/// The form that this version writes and reads.
const FORMAT: &str = "trueup-snapshot/1";

/// A snapshot that could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file could not be read.
    #[error("cannot read the snapshot {path}: {source}")]
    Read {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not JSON, or not of a known form.
    #[error("{path}:{line}:{column}: this is no snapshot: {message}")]
    Form {
        /// The file.
        path: Utf8PathBuf,
        /// Line, from 1; 1 when the whole is at fault.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
}

/// A live estate as a file holds it. Resources are sorted by id, so that two files of the same estate
/// differ in the time alone.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema, Deserialize)]
pub struct Snapshot {
    format: String,
    /// When it was taken (RFC 3339).
    pub captured_at: Option<String>,
    /// Ids of the subscriptions and groups that it covers.
    #[serde(default)]
    pub scope: Vec<String>,
    /// True when everything in scope was read.
    #[serde(default)]
    pub complete: bool,
    /// What was not, and why.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// ARM documents.
    pub resources: Vec<Json>,
}

impl Snapshot {
    /// What a reader has read by now.
    pub fn of(reader: &Reader) -> Snapshot {
        let gaps: Vec<Gap> = reader.gaps().cloned().collect();
        Snapshot {
            format: FORMAT.to_owned(),
            captured_at: Some(now()),
            scope: reader.scope().map(str::to_owned).collect(),
            complete: gaps.is_empty(),
            gaps,
            resources: reader.documents().cloned().collect(),
        }
    }
}

/// Reads a snapshot file.
pub fn read_snapshot(path: &Utf8Path) -> Result<Estate, SnapshotError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SnapshotError::Read { path: path.to_owned(), source })?;
    parse_snapshot(path, &text)
}

/// Reads the text of a snapshot; errors name it by `path`.
pub fn parse_snapshot(path: &Utf8Path, text: &str) -> Result<Estate, SnapshotError> {
    let wrong =
        |line, column, message: String| SnapshotError::Form { path: path.to_owned(), line, column, message };
    let json: Json = serde_json::from_str(text).map_err(|e| wrong(e.line(), e.column(), e.to_string()))?;
    if json.get("format").is_none() {
        let known = json.is_array() || json.get("value").is_some();
        if !known {
            let expected = format!("expected \"format\": \"{FORMAT}\", or an array of ARM documents");
            return Err(wrong(1, 1, expected));
        }
        return Ok(Estate::from_documents([&json]));
    }
    let snapshot: Snapshot = serde_json::from_value(json).map_err(|e| wrong(1, 1, e.to_string()))?;
    if snapshot.format != FORMAT {
        return Err(wrong(1, 1, format!("the form \"{}\" is not \"{FORMAT}\"", snapshot.format)));
    }
    let mut estate = Estate::from_documents(&snapshot.resources);
    estate.complete = snapshot.complete;
    estate.captured_at = snapshot.captured_at;
    estate.scope = snapshot.scope.into_iter().map(ResourceId::new).collect();
    for gap in &snapshot.gaps {
        // What a resource lacks is no absence; its usage is no part of it.
        if gap.scope.contains("/providers/") && gap.missing != "usages" {
            estate.unread.insert(ResourceId::new(&*gap.scope).key(), gap.to_string());
        }
    }
    estate.gaps.extend(snapshot.gaps.iter().map(Gap::to_string));
    if !estate.complete && estate.gaps.is_empty() {
        estate.gaps.push("the snapshot was taken in part".to_owned());
    }
    Ok(estate)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/subscriptions/s/resourceGroups/rg";

    #[test]
    fn both_forms_are_read_and_others_say_what_would_be_right() {
        let path = Utf8Path::new("live.json");
        let text = format!(
            r#"{{"format": "{FORMAT}", "complete": true, "scope": ["/subscriptions/s"],
            "captured_at": "2026-01-01T00:00:00Z", "resources": [{{"id": "{ID}", "name": "rg"}}]}}"#
        );
        let estate = parse_snapshot(path, &text).unwrap();
        assert!(estate.complete && estate.by_id(&ResourceId::new(ID)).is_some());
        let bare = parse_snapshot(path, &format!(r#"[{{"id": "{ID}", "name": "rg"}}]"#)).unwrap();
        assert_eq!(bare.len(), 1);
        assert!(parse_snapshot(path, "{}").unwrap_err().to_string().contains("trueup-snapshot/1"));
        assert!(parse_snapshot(path, "[\n1,").unwrap_err().to_string().starts_with("live.json:2:"));
        assert!(parse_snapshot(path, r#"{"format": "x/2", "resources": []}"#).is_err());
    }
}
