//! `formatdate`, `plantimestamp`, `timeadd`, `timecmp`, `timestamp`.

mod duration;
mod rfc3339;

use super::call::{Call, Fault, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Reason, Refinement, Type, Value};
use rfc3339::Strictness;
pub(super) use rfc3339::Timestamp;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("formatdate", &[Param::string("format"), Param::string("time")], Shape::String, formatdate),
    Function::new("plantimestamp", &[], Shape::String, |c| Ok(Value::string(c.context.plan_time)))
        .may_be_null(),
    Function::new(
        "timeadd",
        &[Param::string("timestamp"), Param::string("duration")],
        Shape::String,
        timeadd,
    )
    .may_be_null(),
    Function::new(
        "timecmp",
        &[Param::string("timestamp_a"), Param::string("timestamp_b")],
        Shape::Number,
        timecmp,
    ),
    Function::new("timestamp", &[], Shape::String, |_| Ok(at_apply("timestamp"))),
];

/// The result of a function that has one only at apply.
pub(super) fn at_apply(name: &'static str) -> Value {
    let refinement = Refinement { not_null: true, ..Default::default() };
    Value::refined(Type::String, Reason::Function(name), refinement)
}

fn timeadd(call: &Call) -> Result<Value, Fault> {
    let time = Timestamp::parse(call.str(0), Strictness::Strict).map_err(Fault::Call)?;
    let nanoseconds = duration::parse(call.str(1)).map_err(Fault::Call)?;
    Ok(Value::string(&time.plus(nanoseconds).to_rfc3339()))
}

fn timecmp(call: &Call) -> Result<Value, Fault> {
    let time = |i: usize| {
        Timestamp::parse(call.str(i), Strictness::Lenient).map_err(|message| Fault::Argument(i, message))
    };
    Ok((time(0)?.instant().cmp(&time(1)?.instant()) as i64).into())
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn formatdate(call: &Call) -> Result<Value, Fault> {
    let time = match Timestamp::parse(call.str(1), Strictness::Strict) {
        Ok(time) => time,
        Err(message) => return wrong(1, message),
    };
    let mut rest = call.str(0);
    let mut out = String::new();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let Some((literal, after)) = quoted(rest) else { return wrong(0, "unterminated literal '") };
            out.push_str(&literal);
            rest = after;
        } else if first.is_ascii_alphabetic() {
            let length = rest.bytes().take_while(|b| *b == first as u8).count();
            let (verb, after) = rest.split_at(length);
            match field(&time, verb) {
                Ok(text) => out.push_str(&text),
                Err(allowed) => {
                    let colon = if allowed.is_empty() { "" } else { ": " };
                    let verb = quote_go(verb);
                    return wrong(0, format!("invalid date format verb {verb}{colon}{allowed}"));
                }
            }
            rest = after;
        } else {
            let end = rest.find(|c: char| c == '\'' || c.is_ascii_alphabetic()).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        }
    }
    call.text(&out)
}

/// The literal between quotes at the start (`''` is a quote), and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    if let Some(after) = text.strip_prefix("''") {
        return Some(("'".into(), after));
    }
    let mut literal = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let at = rest.find('\'')?;
        literal.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.strip_prefix('\'') {
            Some(after) => {
                literal.push('\'');
                rest = after;
            }
            None => return Some((literal, rest)),
        }
    }
}

/// One part of a date; the error says how the verb may be written.
fn field(time: &Timestamp, verb: &str) -> Result<String, &'static str> {
    let length = verb.len();
    let number = |n: i64, allowed: &'static str| match length {
        1 => Ok(n.to_string()),
        2 => Ok(format!("{n:02}")),
        _ => Err(allowed),
    };
    let (year, month, day) = time.date();
    let (hour, minute, second) = time.time();
    Ok(match verb.chars().next().unwrap_or(' ') {
        'Y' => match length {
            2 => format!("{:02}", year % 100),
            4 => format!("{year:04}"),
            _ => return Err("year must either be \"YY\" or \"YYYY\""),
        },
        'M' => {
            let name = MONTHS.get(month as usize - 1).copied().unwrap_or("");
            match length {
                3 => name[..3].to_owned(),
                4 => name.to_owned(),
                _ => return number(month, "month must be \"M\", \"MM\", \"MMM\", or \"MMMM\""),
            }
        }
        'D' => return number(day, "day of month must either be \"D\" or \"DD\""),
        'E' => {
            let name = DAYS.get(time.weekday()).copied().unwrap_or("");
            match length {
                3 => name[..3].to_owned(),
                4 => name.to_owned(),
                _ => return Err("day of week must either be \"EEE\" or \"EEEE\""),
            }
        }
        'h' => return number(hour, "24-hour must either be \"h\" or \"hh\""),
        'H' => return number((hour + 11) % 12 + 1, "12-hour must either be \"H\" or \"HH\""),
        'A' if length == 2 => if hour < 12 { "AM" } else { "PM" }.to_owned(),
        'A' => return Err("must be \"AA\""),
        'a' if length == 2 => if hour < 12 { "am" } else { "pm" }.to_owned(),
        'a' => return Err("must be \"aa\""),
        'm' => return number(minute, "minute must either be \"m\" or \"mm\""),
        's' => return number(second, "second must either be \"s\" or \"ss\""),
        'Z' => match length {
            1 => time.offset("Z", ":"),
            3 => time.offset("UTC", ""),
            4 => time.offset("+0000", ""),
            5 => time.offset("+00:00", ":"),
            _ => return Err("timezone must be Z, ZZZZ, or ZZZZZ"),
        },
        _ => return Err(""),
    })
}
