//! Clouds that lag behind: an answer that refuses an api-version lists those it has.

use std::sync::LazyLock;

use regex::Regex;

use crate::live::arm::ArmError;

static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b\d{4}-\d{2}-\d{2}(?:-[a-z]+)?\b").ok());

/// The newest stable version before the refused one, of those that the answer lists.
pub(super) fn instead_of(refused: &str, error: &ArmError) -> Option<String> {
    let ArmError::Status { status: 400 | 404, code, message } = error else { return None };
    if !matches!(
        code.as_str(),
        "NoRegisteredProviderFound" | "InvalidApiVersionParameter" | "InvalidResourceType"
    ) {
        return None;
    }
    let listed = VERSION.as_ref()?.find_iter(message).map(|m| m.as_str());
    listed.filter(|v| v.len() == 10 && *v < refused).max().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stable_version_before_ours_is_taken() {
        let error = |code: &str| {
            ArmError::Status {
            status: 400,
            code: code.into(),
            message: "No registered resource provider found for location 'x' and API version '2025-10-01' for type \
                      'managedClusters'. The supported api-versions are '2024-05-01, 2025-02-02-preview, 2025-05-01, \
                      2026-01-01'."
                .into(),
        }
        };
        let found = instead_of("2025-10-01", &error("NoRegisteredProviderFound"));
        assert_eq!(found.as_deref(), Some("2025-05-01"));
        assert_eq!(instead_of("2025-10-01", &error("AuthorizationFailed")), None);
    }
}
