//! Files that people write for an analysis: JSON, TOML or YAML, all read into the same document.

use serde_json::Value;

use crate::terraform::expression::Budget;
use crate::terraform::functions::{self, Context, Files, TemplateError, TemplateKind, Templates};
use crate::terraform::value;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.json`
    Json,
    /// `.toml`
    Toml,
    /// `.yaml`, `.yml`
    Yaml,
}

impl Format {
    /// The format that a file's name tells; YAML, which JSON is a part of, when it tells none.
    pub fn of_name(name: &str) -> Format {
        match name.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
            Some("json") => Format::Json,
            Some("toml") => Format::Toml,
            _ => Format::Yaml,
        }
    }
}

/// Reads a file. Errors carry the line where the parser knows it.
pub fn parse(text: &str, format: Format) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Json => serde_json::from_str(text).map_err(|e| e.to_string()),
        Format::Toml => toml::from_str(text).map_err(|e| e.to_string()),
        Format::Yaml => yaml(text),
    }
}

/// YAML as Terraform's `yamldecode` reads it, with the same bound on work.
fn yaml(text: &str) -> Result<Value, String> {
    let budget = Budget::default();
    let context = Context { files: &Nothing, templates: &Nothing, cwd: "", plan_time: "", budget: &budget };
    let function = functions::lookup("yamldecode").ok_or("no YAML here")?;
    let value = functions::call(function, &context, vec![text.into()]).map_err(|e| e.detail)?;
    value::json::known_json(&value).map_err(|_| "a value that JSON cannot hold".to_owned())
}

/// Neither files nor templates: `yamldecode` asks for none.
struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no files here".to_owned())
    }

    fn exists(&self, _: &str) -> Result<bool, String> {
        Ok(false)
    }

    fn glob(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

impl Templates for Nothing {
    fn render(&self, _: TemplateKind<'_>, _: &str, _: &value::Value) -> Result<value::Value, TemplateError> {
        Err(TemplateError::Failed("no templates here".to_owned()))
    }
}
