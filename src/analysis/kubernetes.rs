//! Which Kubernetes minors AKS supports on a day, by its release calendar.

use serde::{Serialize, Serializer};
use time::Date;

use super::rules::tables::{KUBERNETES, last_day};

/// What the calendar says of a minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Support {
    /// Within support until this day.
    Supported {
        /// The last day.
        #[serde(serialize_with = "day")]
        #[schemars(with = "String")]
        until: Date,
    },
    /// Past its support; with long-term support (tier Premium) until this day.
    LongTerm {
        /// The last day of support for all.
        #[serde(serialize_with = "day")]
        #[schemars(with = "String")]
        since: Date,
        /// The last day of long-term support.
        #[serde(serialize_with = "day")]
        #[schemars(with = "String")]
        until: Date,
    },
    /// Past all support.
    Ended {
        /// The last day that it had; null for one older than the calendar.
        #[serde(serialize_with = "maybe_day")]
        #[schemars(with = "Option<String>")]
        since: Option<Date>,
    },
    /// The calendar does not have it: newer than the calendar, or no version.
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn day<S: Serializer>(day: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

fn maybe_day<S: Serializer>(day: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
    day.map(|d| d.to_string()).serialize(serializer)
}

/// The minor of a version: 36 of `1.36.2`.
pub fn minor(version: &str) -> Option<u32> {
    let mut parts = version.trim_start_matches('v').split('.');
    (parts.next() == Some("1")).then_some(())?;
    parts.next()?.parse().ok()
}

/// The oldest minor of the calendar.
pub fn oldest() -> Option<u32> {
    KUBERNETES.rows().next().and_then(|row| minor(row.first()?))
}

/// The day on which the calendar was read.
pub fn as_of() -> &'static str {
    KUBERNETES.as_of()
}

/// The last days of support and of long-term support of a minor; `None` when the calendar does not have it.
pub fn ends(minor: u32) -> Option<(Option<Date>, Option<Date>)> {
    let row = KUBERNETES.row(&format!("1.{minor}"))?;
    let cell = |at: usize| last_day(row.get(at)?);
    Some((cell(2), cell(3)))
}

/// What the calendar says of a minor on a day.
pub fn support(minor: u32, today: Date) -> Support {
    match ends(minor).unwrap_or_default() {
        (Some(until), _) if until >= today => Support::Supported { until },
        (Some(since), Some(until)) if until >= today => Support::LongTerm { since, until },
        (Some(since), _) => Support::Ended { since: Some(since) },
        (None, _) if oldest().is_some_and(|oldest| minor < oldest) => Support::Ended { since: None },
        (None, _) => Support::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_minor_goes_from_support_to_long_term_to_none() {
        let (since, until) = (date!(2025 - 11 - 01), date!(2026 - 11 - 30));
        assert_eq!(support(31, date!(2025 - 11 - 01)), Support::Supported { until: since });
        assert_eq!(support(31, date!(2025 - 11 - 02)), Support::LongTerm { since, until });
        assert_eq!(support(31, date!(2026 - 12 - 01)), Support::Ended { since: Some(since) });
        assert_eq!(support(9, date!(2026 - 12 - 01)), Support::Ended { since: None });
        assert_eq!(support(99, date!(2026 - 12 - 01)), Support::Unknown);
        assert_eq!(minor("1.31.4"), Some(31));
    }
}
