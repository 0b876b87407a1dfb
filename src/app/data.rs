//! `[[data]]` of `trueup.toml`: results of data sources that the user knows.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::terraform::address::Mode;
use crate::terraform::data::{Answer, DataSources, Question};
use crate::terraform::input::state;
use crate::terraform::value::json::{from_json, known_json};
use crate::terraform::value::{Str, Value};

/// One `[[data]]` table. The last one that fits a data source answers it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataRule {
    /// `data.TYPE.NAME`: that block in any module, all instances or one; or just `TYPE`.
    pub address: String,
    /// Values that arguments must have; `*` at the end of a text stands for anything.
    #[serde(default, rename = "match")]
    pub matches: BTreeMap<String, Json>,
    /// Attributes of the result.
    #[serde(default)]
    pub values: BTreeMap<String, Json>,
    /// A state file whose outputs are the result of `terraform_remote_state`, relative to the settings.
    pub state: Option<Utf8PathBuf>,
}

/// All rules, their state files read.
pub struct Overrides(Vec<(DataRule, BTreeMap<Str, Value>)>);

impl Overrides {
    /// Reads what the rules name; an error in words.
    pub fn new(rules: &[DataRule]) -> Result<Overrides, String> {
        let read = |rule: &DataRule| -> Result<_, String> {
            let mut values: BTreeMap<Str, Value> =
                rule.values.iter().map(|(name, json)| (name.as_str().into(), from_json(json))).collect();
            if let Some(path) = &rule.state {
                let failed =
                    |e: &dyn std::fmt::Display| format!("trueup.toml: data {}: {path}: {e}", rule.address);
                let bytes = std::fs::read(path).map_err(|e| failed(&e))?;
                let outputs = state::outputs(&bytes).map_err(|e| failed(&e))?;
                let outputs = outputs.into_iter().map(|(name, output)| (name, output.marked()));
                values.insert("outputs".into(), Value::object(outputs.collect::<Vec<_>>()));
            }
            Ok((rule.clone(), values))
        };
        rules.iter().map(read).collect::<Result<_, _>>().map(Overrides)
    }
}

impl DataSources for Overrides {
    fn answer(&self, question: &Question<'_>) -> Answer {
        let fits = |rule: &&(DataRule, BTreeMap<Str, Value>)| is_for(&rule.0, question);
        match self.0.iter().rev().find(fits) {
            Some((_, values)) => Answer::Values(values.clone()),
            None => Answer::Unknown,
        }
    }
}

fn is_for(rule: &DataRule, question: &Question<'_>) -> bool {
    let address = question.address;
    let block = format!("data.{}.{}", address.type_name, address.name);
    let key = address.key.as_ref().map(ToString::to_string).unwrap_or_default();
    let named = [address.to_string(), address.resource(), format!("{block}{key}"), block];
    let is_named = named.contains(&rule.address) || *rule.address == *address.type_name;
    let argument = |name: &str| question.planned.get(name).and_then(|v| known_json(v).ok());
    address.mode == Mode::Data
        && is_named
        && rule.matches.iter().all(|(name, want)| argument(name).is_some_and(|have| agrees(want, &have)))
}

/// True when what is there has what is wanted; of an object only the members wanted count.
fn agrees(want: &Json, have: &Json) -> bool {
    match (want, have) {
        (Json::String(want), Json::String(have)) => match want.strip_suffix('*') {
            Some(prefix) => have.starts_with(prefix),
            None => want == have,
        },
        (Json::Object(want), Json::Object(have)) => {
            want.iter().all(|(k, w)| have.get(k).is_some_and(|h| agrees(w, h)))
        }
        _ => want == have,
    }
}
