//! "Did you mean", worded as Terraform words it.

use crate::terraform::schema::suggestion;

/// ` Did you mean "x"?` for the name nearest to `given`, or nothing when none is near.
pub(super) fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    suggestion(given, known).map(|name| format!(" Did you mean {name:?}?")).unwrap_or_default()
}
