//! A value as `terraform console` prints it.

use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Kind, Type, Value};

/// The value as an expression, on as many lines as it needs. What is sensitive or unknown is only named.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, indent: usize, out: &mut String) {
    if value.is_unknown() {
        return out.push_str("(known after apply)");
    }
    if value.marks.sensitive {
        return out.push_str("(sensitive value)");
    }
    if value.marks.ephemeral {
        return out.push_str("(ephemeral value)");
    }
    match &value.kind {
        Kind::Unknown(_) => {}
        Kind::Null(ty) => out.push_str(&null(ty)),
        Kind::Bool(yes) => out.push_str(if *yes { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::String(text) if text.contains('\n') => heredoc(text, indent, out),
        Kind::String(text) => out.push_str(&quote_go(text)),
        Kind::Tuple(items) => sequence(items, indent, out),
        Kind::List(_, items) => called("tolist", out, |out| sequence(items, indent, out)),
        Kind::Set(_, items) => called("toset", out, |out| sequence(items, indent, out)),
        Kind::Object(members) => mapping(members, indent, out),
        Kind::Map(_, members) => called("tomap", out, |out| mapping(members, indent, out)),
    }
}

/// A null says its type, as far as there is a function or a comment for it.
fn null(ty: &Type) -> String {
    match ty {
        Type::Dynamic => "null".to_owned(),
        Type::String => "tostring(null)".to_owned(),
        Type::Number => "tonumber(null)".to_owned(),
        Type::Bool => "tobool(null)".to_owned(),
        Type::List(of) => format!("tolist(null) /* of {} */", of.friendly_name()),
        Type::Set(of) => format!("toset(null) /* of {} */", of.friendly_name()),
        Type::Map(of) => format!("tomap(null) /* of {} */", of.friendly_name()),
        Type::Object(_) | Type::Tuple(_) => format!("null /* {} */", ty.friendly_name()),
    }
}

fn called(function: &str, out: &mut String, inner: impl FnOnce(&mut String)) {
    out.push_str(function);
    out.push('(');
    inner(out);
    out.push(')');
}

/// A heredoc whose delimiter no line of the text is.
fn heredoc(text: &str, indent: usize, out: &mut String) {
    let mut delimiter = "EOT".to_owned();
    while text.split('\n').any(|line| line.trim() == delimiter) {
        delimiter.push('_');
    }
    out.push_str(if indent > 0 { "<<-" } else { "<<" });
    out.push_str(&delimiter);
    for line in text.split('\n') {
        start_line(indent, out);
        out.push_str(line);
    }
    start_line(indent, out);
    out.push_str(&delimiter);
}

fn sequence(items: &[Value], indent: usize, out: &mut String) {
    out.push('[');
    for item in items {
        start_line(indent + 2, out);
        write(item, indent + 2, out);
        out.push(',');
    }
    if !items.is_empty() {
        start_line(indent, out);
    }
    out.push(']');
}

fn mapping(members: &crate::terraform::value::Entries, indent: usize, out: &mut String) {
    out.push('{');
    for (name, value) in members {
        start_line(indent + 2, out);
        out.push_str(&quote_go(name));
        out.push_str(" = ");
        write(value, indent + 2, out);
    }
    if !members.is_empty() {
        start_line(indent, out);
    }
    out.push('}');
}

fn start_line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::value::Number;

    /// As `terraform console` of 1.11.4 prints the same values.
    #[test]
    fn values_are_printed_as_the_console_prints_them() {
        let number = |text: &str| Value::from(Number::parse(text).unwrap());
        let object = |members: Vec<(&'static str, Value)>| Value::object(members);
        for (value, expected) in [
            (object(vec![]), "{}"),
            (Value::tuple(vec![]), "[]"),
            (Value::null(), "null"),
            (Value::null_of(Type::String), "tostring(null)"),
            (Value::null_of(Type::list(Type::Dynamic)), "tolist(null) /* of dynamic */"),
            ("a${b\u{e9}\u{1}".into(), "\"a${bé\\x01\""),
            ("a\n\n b".into(), "<<EOT\na\n\n b\nEOT"),
            (
                object(vec![
                    ("a b", number("1")),
                    ("c", object(vec![("d", Value::tuple(vec![true.into()]))])),
                ]),
                "{\n  \"a b\" = 1\n  \"c\" = {\n    \"d\" = [\n      true,\n    ]\n  }\n}",
            ),
            (object(vec![("x", "EOT\nEOT_".into())]), "{\n  \"x\" = <<-EOT__\n  EOT\n  EOT_\n  EOT__\n}"),
            (Value::map(Type::Number, [("a".into(), number("2"))]), "tomap({\n  \"a\" = 2\n})"),
            (Value::set(Type::Number, vec![number("0.1")]), "toset([\n  0.1,\n])"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }
}
