//! Who holds the lock of a state.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// The metadata in which Terraform's backend writes who holds the lock: JSON in base64.
const INFO: &str = "x-ms-meta-terraformlockid";

/// A lock that is held: an apply may be under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Lock {
    /// The user and machine, as Terraform wrote them; empty when it wrote nothing.
    pub who: String,
    /// What for, such as `OperationTypeApply`.
    pub operation: String,
    /// Since when (RFC 3339).
    pub created: String,
}

/// The lock of a blob, by the headers of an answer; `None` when nobody holds one.
pub(super) fn lock(header: &impl Fn(&str) -> Option<String>) -> Option<Lock> {
    if !header("x-ms-lease-status")?.eq_ignore_ascii_case("locked") {
        return None;
    }
    let info = header(INFO).and_then(|text| STANDARD.decode(text.trim()).ok());
    Some(info.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default())
}

impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.who.is_empty() { "somebody" } else { &self.who })?;
        let operation = self.operation.trim_start_matches("OperationType");
        if !operation.is_empty() {
            write!(f, " for {}", operation.to_lowercase())?;
        }
        if !self.created.is_empty() {
            write!(f, " since {}", self.created)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_told_by_the_lease_and_who_by_the_metadata() {
        let info = STANDARD.encode(
            r#"{"ID":"1","Operation":"OperationTypeApply","Info":"","Who":"ci@runner","Version":"1.14.0",
                "Created":"2026-11-20T16:59:00Z","Path":"tfstate/prod"}"#,
        );
        let headers = |status: &'static str, info: Option<String>| {
            move |name: &str| match name {
                "x-ms-lease-status" => Some(status.to_owned()),
                INFO => info.clone(),
                _ => None,
            }
        };
        let told = |status, info| lock(&headers(status, info)).map(|l| l.to_string());
        assert_eq!(told("unlocked", Some(info.clone())), None);
        assert_eq!(
            told("locked", Some(info)).as_deref(),
            Some("ci@runner for apply since 2026-11-20T16:59:00Z")
        );
        assert_eq!(told("locked", Some("?".into())).as_deref(), Some("somebody"));
    }
}
