//! Values as the text of a configuration: what a person would have written.

use std::fmt::Write as _;

use super::scan;
use crate::terraform::value::{Entries, Kind, Value};

/// The longest list that stands on one line.
const LINE: usize = 100;

/// A string literal: quotes, templates and control characters made inert.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '$' | '%' if chars.peek() == Some(&'{') => out.extend([c, c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// The key of an object's member: bare where it is a name.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && scan::ident(name) == name.len();
    if bare { name.to_owned() } else { quoted(name) }
}

/// A value as an expression whose further lines are indented by so many blanks. `None` for what cannot be
/// written: what is unknown or sensitive.
pub fn literal(value: &Value, indent: usize) -> Option<String> {
    if value.marks.sensitive {
        return None;
    }
    Some(match &value.kind {
        Kind::Unknown(_) => return None,
        Kind::Null(_) => "null".to_owned(),
        Kind::Bool(yes) => yes.to_string(),
        Kind::Number(number) => number.to_string(),
        Kind::String(text) => quoted(text),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => list(items, indent)?,
        Kind::Map(_, members) | Kind::Object(members) => object(members, indent)?,
    })
}

fn list(items: &[Value], indent: usize) -> Option<String> {
    let written: Vec<String> = items.iter().map(|v| literal(v, indent + 2)).collect::<Option<_>>()?;
    let line = format!("[{}]", written.join(", "));
    if indent + line.len() <= LINE && !line.contains('\n') {
        return Some(line);
    }
    let pad = " ".repeat(indent + 2);
    let lines: String = written.iter().map(|item| format!("{pad}{item},\n")).collect();
    Some(format!("[\n{lines}{}]", " ".repeat(indent)))
}

fn object(members: &Entries, indent: usize) -> Option<String> {
    if members.is_empty() {
        return Some("{}".to_owned());
    }
    let pad = " ".repeat(indent + 2);
    let written: Vec<(String, String)> =
        members.iter().map(|(name, v)| Some((key(name), literal(v, indent + 2)?))).collect::<Option<_>>()?;
    let width = written.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let lines: String = written.iter().map(|(name, v)| format!("{pad}{name:<width$} = {v}\n")).collect();
    Some(format!("{{\n{lines}{}}}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::value::Str;

    #[test]
    fn literals_are_inert() {
        assert_eq!(quoted("a\"b\\${c}%{d}\n\u{7}$e"), r#""a\"b\\$${c}%%{d}\n\u0007$e""#);
    }

    #[test]
    fn values_are_written_as_a_person_would() {
        let tags = Value::object([("team", Value::from("a")), ("cost centre", Value::from("b"))]);
        assert_eq!(
            literal(&tags, 2).unwrap(),
            "{\n    \"cost centre\" = \"b\"\n    team          = \"a\"\n  }"
        );
        let few = Value::tuple(vec![Value::from("x"), true.into(), Value::null()]);
        assert_eq!(literal(&few, 0).unwrap(), "[\"x\", true, null]");
        let many = Value::tuple(vec![Value::from("0123456789"); 10]);
        assert!(literal(&many, 2).unwrap().starts_with("[\n    \"0123456789\",\n"));
        assert_eq!(literal(&Value::object(Vec::<(Str, Value)>::new()), 0).unwrap(), "{}");
        let unknown = Value::tuple(vec![Value::unknown(
            crate::terraform::value::Type::String,
            crate::terraform::value::Reason::Failed,
        )]);
        assert!(literal(&unknown, 0).is_none());
    }
}
