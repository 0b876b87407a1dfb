//! Sizing files: JSON, TOML or YAML, all read into the same document.

use serde_json::Value;

use super::SizingError;

/// How a sizing file is written.
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

/// Reads a sizing file. Errors carry the line where the parser knows it.
pub fn parse(text: &str, format: Format) -> Result<Value, SizingError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match format {
        Format::Json => serde_json::from_str(text).map_err(|e| SizingError::new("", e.to_string())),
        Format::Toml => toml::from_str(text).map_err(|e| SizingError::new("", e.to_string())),
        Format::Yaml => serde_saphyr::from_str(text).map_err(|e| SizingError::new("", e.to_string())),
    }
}
