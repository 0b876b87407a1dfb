//! `jsonencode` and `jsondecode`.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::text::{normalise, quote_go};
use crate::terraform::value::{Kind, Number, Refinement, Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("jsondecode", &[Param::string("str")], decode_type, decode).may_be_null(),
    Function::new(
        "jsonencode",
        &[Param::any("val").unknown().dynamic().nullable()],
        Shape::String,
        jsonencode,
    ),
];

fn jsonencode(call: &Call) -> Result<Value, Fault> {
    let value = call.arg(0);
    if !value.is_wholly_known() {
        let not_null = value.as_unknown().is_none_or(|u| u.refinement.not_null);
        let start = match value.ty() {
            _ if !not_null => None,
            Type::String => Some("\""),
            Type::Object(_) | Type::Map(_) => Some("{"),
            Type::Tuple(_) | Type::List(_) | Type::Set(_) => Some("["),
            _ => None,
        };
        let prefix = start.map(Into::into);
        return Ok(call.refined(Type::String, Refinement { prefix, ..Default::default() }));
    }
    match encode(value) {
        Ok(text) => call.text(&text),
        Err(message) => fail(message),
    }
}

/// A wholly known value as compact JSON, escaped as Go does (also `<`, `>` and `&`).
pub(super) fn encode(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), String> {
    match &value.kind {
        Kind::Unknown(_) => return Err("value is not known".into()),
        Kind::Null(_) => out.push_str("null"),
        Kind::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Kind::Number(n) if n.is_infinite() => return Err("cannot serialize infinity as JSON".into()),
        Kind::Number(n) => out.push_str(&n.to_string()),
        Kind::String(s) => out.push_str(&quote(s)),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
            out.push('[');
            for (i, member) in v.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write(member, out)?;
            }
            out.push(']');
        }
        Kind::Map(_, m) | Kind::Object(m) => {
            out.push('{');
            for (i, (key, member)) in m.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                out.push_str(&quote(key));
                out.push(':');
                write(member, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// A JSON string as Go writes it.
pub(super) fn quote(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => _ = write!(out, "\\u{:04x}", c as u32),
            c if c < ' ' => _ = write!(out, "\\u{:04x}", c as u32),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn decode_type(call: &Call) -> Result<Type, Fault> {
    let Some(unknown) = call.arg(0).as_unknown() else {
        return parse(call).map(|value| value.ty());
    };
    // The beginning of an unknown document can already tell its type.
    let prefix = unknown.refinement.prefix.as_deref().unwrap_or("").trim_start();
    Ok(match prefix.chars().next() {
        None | Some('{' | '[' | 'n') => Type::Dynamic,
        Some('"') => Type::String,
        Some('t' | 'f') => Type::Bool,
        Some('-' | '0'..='9' | '.') => Type::Number,
        Some(c) => return wrong(0, format!("a JSON document cannot begin with the character '{c}'")),
    })
}

fn decode(call: &Call) -> Result<Value, Fault> {
    parse(call)
}

fn parse(call: &Call) -> Result<Value, Fault> {
    match serde_json::from_str(&without_lone_surrogates(call.str(0))) {
        Ok(document) => from_json(call, document),
        Err(error) if error.is_eof() && call.str(0).trim().is_empty() => fail("EOF"),
        Err(error) => fail(error.to_string()),
    }
}

/// The document with `\ufffd` for each escape of half a character, as Go reads them.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut fixed = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let (first, second) = (unit(at), unit(at + 6));
        at += match (first, second) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                fixed.push_str(&text[copied..at]);
                fixed.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            (Some(_), _) => 6,
            // Past the escaped character, whatever its length.
            (None, _) => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    if copied == 0 { Cow::Borrowed(text) } else { Cow::Owned(fixed + &text[copied..]) }
}

fn from_json(call: &Call, document: Json) -> Result<Value, Fault> {
    Ok(match document {
        Json::Null => Value::null(),
        Json::Bool(b) => b.into(),
        Json::Number(n) => match Number::parse(&n.to_string()) {
            Some(number) => number.into(),
            None => return fail("number cannot be represented"),
        },
        Json::String(s) => Value::string(&s),
        Json::Array(items) => {
            call.charge_members(items.len())?;
            Value::tuple(items.into_iter().map(|item| from_json(call, item)).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => {
            call.charge_members(entries.len())?;
            let entries = entries.into_iter().map(|(key, value)| match normalise(&key) {
                // Terraform loses sight of a key that changes when it is normalised.
                normal if *normal != *key => fail(format!("unsupported attribute {}", quote_go(&normal))),
                normal => Ok((normal, from_json(call, value)?)),
            });
            Value::object(entries.collect::<Result<Vec<_>, Fault>>()?)
        }
    })
}
