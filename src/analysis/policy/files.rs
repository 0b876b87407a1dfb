//! The files of a policy directory: policies, and data that they read.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json};

use super::Fault;
use crate::analysis::file::{self, Format};

/// One file of a policy directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// As people know it.
    pub path: Utf8PathBuf,
    /// From the policy directory on: the folders of a data file are its place in `data`.
    pub within: Utf8PathBuf,
    /// What it says.
    pub text: String,
}

impl PolicyFile {
    /// True for a file that is read: policies without their unit tests, and data.
    pub fn is_read(name: &str) -> bool {
        is_policy(name) || is_data(name)
    }

    /// True for a policy.
    pub(super) fn is_policy(&self) -> bool {
        is_policy(self.path.as_str())
    }
}

fn is_policy(name: &str) -> bool {
    name.ends_with(".rego") && !name.ends_with("_test.rego")
}

fn is_data(name: &str) -> bool {
    [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}

/// What the data files say together: a file in the directory itself stands at the top of `data`, one in
/// `a/b` below `data.a.b`.
pub(super) fn data(files: &[PolicyFile]) -> Result<Json, Fault> {
    let mut all = Json::Object(Map::new());
    for file in files.iter().filter(|f| !f.is_policy()) {
        let format = Format::of_name(file.path.as_str());
        let fault = |message: String| Fault::at_line(&file.path, &message);
        let read = file::parse(&file.text, format).map_err(fault)?;
        if !read.is_object() {
            return Err(fault("a data file holds an object at its top".to_owned()));
        }
        let folders = file.within.parent().unwrap_or(Utf8Path::new(""));
        let below = folders
            .components()
            .rev()
            .fold(read, |inner, folder| Json::Object(Map::from_iter([(folder.as_str().to_owned(), inner)])));
        merge(&mut all, below)
            .map_err(|name| fault(format!("another data file says something else of {name}")))?;
    }
    match all.get("trueup") {
        Some(_) => Err(Fault::plain("data.trueup is the estate: a data file cannot set it".to_owned())),
        None => Ok(all),
    }
}

/// Adds members; the name of one that both have, if it is no object in both and differs.
fn merge(into: &mut Json, more: Json) -> Result<(), String> {
    let (Json::Object(there), Json::Object(more)) = (into, more) else { return Err(String::new()) };
    for (name, value) in more {
        match there.get_mut(&name) {
            None => drop(there.insert(name, value)),
            Some(same) if *same == value => {}
            Some(inner) => merge(inner, value)
                .map_err(|below| if below.is_empty() { name } else { format!("{name}.{below}") })?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(within: &str, text: &str) -> PolicyFile {
        PolicyFile { path: format!("policy/{within}").into(), within: within.into(), text: text.into() }
    }

    #[test]
    fn folders_are_places_and_what_differs_is_a_fault() {
        let files = [
            file("regions.yaml", "regions:\n  - westeurope\n"),
            file("teams/names.json", r#"{"net": 1}"#),
            file("main.rego", "package main"),
        ];
        let said = json!({"regions": ["westeurope"], "teams": {"names": null}});
        assert_eq!(data(&files).unwrap()["regions"], said["regions"]);
        assert_eq!(data(&files).unwrap()["teams"]["net"], 1);
        let fault = |files: &[PolicyFile]| data(files).unwrap_err().to_string();
        let clash = [file("a.json", r#"{"x": {"y": 1}}"#), file("b.json", r#"{"x": {"y": 2}}"#)];
        assert_eq!(fault(&clash), "policy/b.json: another data file says something else of x.y");
        assert!(fault(&[file("a.json", "[1]")]).contains("an object at its top"));
        assert!(fault(&[file("a.yaml", "trueup: 1")]).contains("data.trueup"));
        assert!(
            fault(&[file("a.json", "{")]).starts_with("policy/a.json:1:"),
            "{}",
            fault(&[file("a.json", "{")])
        );
    }
}
