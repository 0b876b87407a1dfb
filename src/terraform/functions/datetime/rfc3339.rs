//! Timestamps of RFC 3339 and the civil calendar under them.

/// How closely the text must follow RFC 3339: `timecmp` is lenient (one-digit hours, comma before
/// fractions), the other functions are strict.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Strictness {
    Strict,
    Lenient,
}

/// A moment and the offset it is shown in.
#[derive(Clone, Copy, Debug)]
pub(in crate::terraform::functions) struct Timestamp {
    /// Seconds since 1970 of the wall clock.
    local: i64,
    nanosecond: i64,
    /// Seconds east of Greenwich.
    offset: i64,
}

const DAY: i64 = 86_400;

impl Timestamp {
    /// Reads a timestamp; the error says what is wrong as Terraform does.
    pub(super) fn parse(text: &str, strictness: Strictness) -> Result<Timestamp, String> {
        let invalid = |what: String| format!("not a valid RFC3339 timestamp{what}");
        let mut rest = text;
        let year = take(&mut rest, 4, "year").map_err(invalid)?;
        expect(&mut rest, '-').map_err(invalid)?;
        let month = in_range(&mut rest, 1..=12, "month").map_err(invalid)?;
        expect(&mut rest, '-').map_err(invalid)?;
        let day = take(&mut rest, 2, "day of month").map_err(invalid)?;
        match rest.strip_prefix('T') {
            Some(after) => rest = after,
            None => return Err(invalid(": missing required time introducer 'T'".into())),
        }
        let one_digit = rest.as_bytes().get(1) == Some(&b':') && rest.as_bytes()[0].is_ascii_digit();
        let hour = if one_digit && strictness == Strictness::Lenient {
            take(&mut rest, 1, "hour").map_err(invalid)?
        } else if one_digit {
            return Err(invalid(": hour must have exactly two digits".into()));
        } else {
            take(&mut rest, 2, "hour").map_err(invalid)?
        };
        if hour > 23 {
            return Err(invalid(": hour must be between 0 and 23 inclusive".into()));
        }
        expect(&mut rest, ':').map_err(invalid)?;
        let minute = in_range(&mut rest, 0..=59, "minute").map_err(invalid)?;
        expect(&mut rest, ':').map_err(invalid)?;
        let second = in_range(&mut rest, 0..=59, "second").map_err(invalid)?;
        let point = rest.starts_with('.') || strictness == Strictness::Lenient && rest.starts_with(',');
        let mut nanosecond = 0;
        if point {
            let digits = rest[1..].bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                let shown: String = rest[1..1 + digits].chars().chain("000000000".chars()).take(9).collect();
                nanosecond = shown.parse().unwrap_or(0);
                rest = &rest[1 + digits..];
            }
        }
        let offset = offset(rest, strictness).map_err(invalid)?;
        if day < 1 || day > days_in_month(year, month) {
            return Err(invalid(": day out of range".into()));
        }
        let local = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        Ok(Timestamp { local, nanosecond, offset })
    }

    /// A date and time of day at an offset; `None` when there is no such moment.
    pub(in crate::terraform::functions) fn from_civil(
        (year, month, day): (i64, i64, i64),
        (hour, minute, second): (i64, i64, i64),
        offset: i64,
    ) -> Option<Timestamp> {
        let exists = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && (hour < 24 && minute < 60 && second < 60);
        let local = days_from_civil(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        exists.then_some(Timestamp { local, nanosecond: 0, offset })
    }

    pub(super) fn plus(self, nanoseconds: i64) -> Timestamp {
        let sum = i128::from(self.nanosecond) + i128::from(nanoseconds);
        let seconds = sum.div_euclid(1_000_000_000) as i64;
        let nanosecond = sum.rem_euclid(1_000_000_000) as i64;
        Timestamp { local: self.local.saturating_add(seconds), nanosecond, ..self }
    }

    /// Comparable across offsets.
    pub(super) fn instant(&self) -> (i64, i64) {
        (self.local - self.offset, self.nanosecond)
    }

    /// Year, month and day.
    pub(super) fn date(&self) -> (i64, i64, i64) {
        civil_from_days(self.local.div_euclid(DAY))
    }

    /// Hour, minute and second.
    pub(super) fn time(&self) -> (i64, i64, i64) {
        let seconds = self.local.rem_euclid(DAY);
        (seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// Days since Sunday.
    pub(super) fn weekday(&self) -> usize {
        (self.local.div_euclid(DAY) + 4).rem_euclid(7) as usize
    }

    /// The offset with this separator, or `utc` when it is zero.
    pub(super) fn offset(&self, utc: &str, separator: &str) -> String {
        if self.offset == 0 {
            return utc.to_owned();
        }
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / 60;
        format!("{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60)
    }

    /// Without fraction, as Go's `time.RFC3339`.
    pub(in crate::terraform::functions) fn to_rfc3339(self) -> String {
        let ((year, month, day), (hour, minute, second)) = (self.date(), self.time());
        let offset = self.offset("Z", ":");
        let sign = if year < 0 { "-" } else { "" };
        let year = year.abs();
        format!("{sign}{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}")
    }
}

/// A number of exactly `count` digits.
fn take(rest: &mut &str, count: usize, what: &str) -> Result<i64, String> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    match rest.get(..count) {
        Some(text) if digits >= count => {
            *rest = &rest[count..];
            Ok(text.parse().unwrap_or(0))
        }
        _ if rest.is_empty() => Err(format!(": end of string before {what}")),
        _ => Err(format!(": cannot use {rest:?} as {what}")),
    }
}

fn in_range(rest: &mut &str, range: std::ops::RangeInclusive<i64>, what: &str) -> Result<i64, String> {
    let value = take(rest, 2, what)?;
    if range.contains(&value) { Ok(value) } else { Err(format!(": cannot use {rest:?} as {what}")) }
}

fn expect(rest: &mut &str, separator: char) -> Result<(), String> {
    match rest.strip_prefix(separator) {
        Some(after) => {
            *rest = after;
            Ok(())
        }
        None if rest.is_empty() => Err(format!(": end of string where \"{separator}\" is expected")),
        None => Err(format!(": found {rest:?} where \"{separator}\" is expected")),
    }
}

/// `Z` or `+hh:mm`, and nothing after it.
fn offset(text: &str, strictness: Strictness) -> Result<i64, String> {
    if text == "Z" {
        return Ok(0);
    }
    if text.is_empty() {
        return Err(": end of string before UTC offset".into());
    }
    let cannot = || format!(": cannot use {text:?} as UTC offset");
    let (sign, mut rest) = match text.as_bytes()[0] {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return Err(cannot()),
    };
    let hours = take(&mut rest, 2, "UTC offset").map_err(|_| cannot())?;
    expect(&mut rest, ':').map_err(|_| cannot())?;
    let minutes = take(&mut rest, 2, "UTC offset").map_err(|_| cannot())?;
    let most = if strictness == Strictness::Strict { (23, 59) } else { (24, 60) };
    if !rest.is_empty() || hours > most.0 || minutes > most.1 {
        return Err(cannot());
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years begin in March inside, so
/// that the leap day is the last of the year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}
