//! What a plain scalar means: the words and numbers of YAML 1.1 as Terraform takes them.

use crate::terraform::functions::datetime::Timestamp;
use crate::terraform::functions::encoding::base64_decode;
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Number, Value};

/// A resolved scalar.
pub(super) enum Scalar {
    Value(Value),
    /// `<<`, which merges when it is a key.
    Merge,
}

const PREFIX: &str = "tag:yaml.org,2002:";

/// Resolves a scalar with this tag (empty for none).
pub(super) fn resolve(tag: &str, text: &str, quoted: bool) -> Result<Scalar, String> {
    let kind = match tag.strip_prefix(PREFIX) {
        None if tag.is_empty() => "",
        Some(kind @ ("str" | "bool" | "int" | "float" | "null" | "timestamp" | "binary")) => kind,
        _ => return Err(format!("unsupported tag {}", quote_go(tag))),
    };
    let value = |value: Value| Ok(Scalar::Value(value));
    let mut kind = kind;
    if kind != "str" && kind != "binary" && may_be_special(text) {
        if quoted {
            return value(Value::string(text));
        }
        if let Some(word) = word(text) {
            return value(word);
        }
        if kind.is_empty() && matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Err("floating point NaN is not supported".into());
        }
        match text.bytes().next() {
            Some(b'.') => {
                if let Some(number) = Number::parse(text) {
                    return value(number.into());
                }
            }
            Some(b'0'..=b'9' | b'+' | b'-') => {
                if (kind.is_empty() || kind == "timestamp")
                    && let Some(time) = timestamp(text)
                {
                    return value(Value::string(&time));
                }
                if is_number(text) {
                    kind = "float";
                }
            }
            _ => {}
        }
    }
    let cannot = || format!("cannot parse {} as {tag}", quote_go(text));
    match kind {
        "" if text == "<<" => Ok(Scalar::Merge),
        "binary" if base64_decode(text).is_err() => Err(format!("{}: not valid base64", cannot())),
        "bool" => match word(text).filter(|word| word.as_bool().is_some()) {
            Some(word) => value(word),
            None => Err(cannot()),
        },
        "int" | "float" => number(&text.replace('_', "")).map(|n| Scalar::Value(n.into())).ok_or_else(cannot),
        "timestamp" => timestamp(text).map(|time| Scalar::Value(Value::string(&time))).ok_or_else(cannot),
        "null" => value(Value::null()),
        _ => value(Value::string(text)),
    }
}

/// True when the first character allows anything but text.
fn may_be_special(text: &str) -> bool {
    text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit() || "+-yYnNtTfFoO~.".contains(c))
}

fn word(text: &str) -> Option<Value> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => true.into(),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => false.into(),
        "" | "~" | "null" | "Null" | "NULL" => Value::null(),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Number::infinity().into(),
        "-.inf" | "-.Inf" | "-.INF" => Number::negative_infinity().into(),
        _ => return None,
    })
}

/// Decimal, `0o` and `0x` integers, and decimal fractions.
fn is_number(text: &str) -> bool {
    let all = |digits: &str, test: fn(char) -> bool| !digits.is_empty() && digits.chars().all(test);
    if let Some(digits) = text.strip_prefix("0o") {
        return all(digits, |c| c.is_digit(8));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, |c| c.is_ascii_hexdigit());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    unsigned.chars().all(|c| c.is_ascii_digit() || ".eE+-".contains(c)) && Number::parse(text).is_some()
}

fn number(text: &str) -> Option<Number> {
    if let Some(number) = Number::parse(text) {
        return Some(number);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        _ => return None,
    };
    let value = u64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'))?;
    let number = Number::from_integer(&value.into());
    Some(if negative { number.neg() } else { number })
}

/// A timestamp in RFC 3339: a date, or date and time after `T`, `t` or a space (then without offset).
fn timestamp(text: &str) -> Option<String> {
    let digits = |s: &str, most: usize| s.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let mut rest = text;
    let mut number = |least: usize, most: usize, after: &str| -> Option<i64> {
        let length = digits(rest, most);
        let value = rest.get(..length).filter(|_| length >= least)?.parse().ok()?;
        rest = &rest[length..];
        let found = if after.is_empty() { Some(rest) } else { rest.strip_prefix(|c| after.contains(c)) };
        rest = found?;
        Some(value)
    };
    let (year, month) = (number(4, 4, "-")?, number(1, 2, "-")?);
    let day = number(1, 2, "")?;
    if rest.is_empty() {
        return Some(Timestamp::from_civil((year, month, day), (0, 0, 0), 0)?.to_rfc3339());
    }
    let separator = rest.chars().next().filter(|c| matches!(c, 'T' | 't' | ' '))?;
    rest = &rest[1..];
    let mut number = |after: &str| -> Option<i64> {
        let length = digits(rest, 2);
        let value = rest.get(..length).filter(|_| length > 0)?.parse().ok()?;
        rest = &rest[length..];
        if !after.is_empty() {
            rest = rest.strip_prefix(after)?;
        }
        Some(value)
    };
    let time = (number(":")?, number(":")?, number("")?);
    if let Some(fraction) = rest.strip_prefix(['.', ',']) {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = Some(&fraction[length..]).filter(|_| length > 0)?;
    }
    let offset = match (separator, rest) {
        (' ', "") => 0,
        ('T' | 't', "Z") => 0,
        ('T' | 't', offset) => {
            let sign = match offset.chars().next()? {
                '+' => 1,
                '-' => -1,
                _ => return None,
            };
            let (hours, minutes) = offset[1..].split_once(':')?;
            let two = |s: &str| Some(s).filter(|s| s.len() == 2 && digits(s, 2) == 2)?.parse::<i64>().ok();
            sign * (two(hours)? * 3600 + two(minutes)? * 60)
        }
        _ => return None,
    };
    Some(Timestamp::from_civil((year, month, day), time, offset)?.to_rfc3339())
}
