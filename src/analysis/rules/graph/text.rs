//! Words and flags of ARM documents, three-valued.

use super::super::Truth;
use super::super::tables::ZONES;
use crate::azure::estate::Document;
use crate::terraform::value::{Reason, Type, Value};

/// A flag that ARM writes as a bool or as the word `true`; `absent` when there is none.
pub(in crate::analysis::rules) fn flag(value: Option<&Value>, absent: bool) -> Truth {
    Truth::of(value, absent, |v| v.as_bool().unwrap_or_else(|| is_word(v, "true")))
}

/// True for a known string that is this word, ignoring case.
pub(in crate::analysis::rules) fn is_word(value: &Value, word: &str) -> bool {
    value.as_str().is_some_and(|s| s.eq_ignore_ascii_case(word))
}

/// A list that has at least one member, known or not. Absent and empty are `No`. A `dynamic` block over what is not
/// known, which stands as one member of no type, may be none.
pub(in crate::analysis::rules) fn has_members(value: Option<&Value>) -> Truth {
    let Some(value) = value.filter(|v| !v.is_null()) else { return Truth::No };
    match value.as_unknown() {
        // A reference to nothing gives nothing.
        Some(unknown) if unknown.reason == Reason::Failed => Truth::No,
        Some(unknown) if unknown.refinement.min_length.is_some_and(|n| n > 0) => Truth::Yes,
        Some(unknown) if unknown.refinement.max_length == Some(0) => Truth::No,
        Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
        None => {
            let items = value.as_slice().unwrap_or_default();
            let open = |item: &Value| item.as_unknown().filter(|u| u.ty == Type::Dynamic).cloned();
            match items.iter().map(open).collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().next()) {
                Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
                None => (!items.is_empty()).into(),
            }
        }
    }
}

/// A location as ids spell it: lower case, without spaces.
pub(in crate::analysis::rules) fn location(document: &Document) -> Option<String> {
    Some(document.str("location")?.replace(' ', "").to_ascii_lowercase())
}

/// A value for a message: what is sensitive is not shown.
pub(in crate::analysis::rules) fn shown(value: &Value) -> String {
    if value.marks.sensitive {
        return "(sensitive)".to_owned();
    }
    value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|n| n.to_string())).unwrap_or_default()
}

/// True when [`shown`] has something to show.
pub(in crate::analysis::rules) fn is_shown(value: &Value) -> bool {
    value.marks.sensitive || value.as_str().is_some_and(|t| !t.is_empty()) || value.as_i64().is_some()
}

/// Whether a resource lies in a region with availability zones.
pub(in crate::analysis::rules) fn in_zoned_region(document: &Document) -> Truth {
    match location(document) {
        Some(region) => ZONES.row(&region).is_some().into(),
        None => Truth::Unknown("its location is not known".to_owned()),
    }
}
