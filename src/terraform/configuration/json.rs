//! JSON syntax (`*.tf.json`, `*.tfvars.json`), read through the native parser.
//!
//! A JSON document is almost a native object expression. [`to_native`] rewrites what differs (string
//! escapes, line ends, quotes inside `${ }`) **without changing its length**, so that every span of the
//! resulting tree is right in the file that people see.

use hcl_edit::expr::{Expression, Object, ObjectKey};
use std::sync::Arc;

use super::body::{Attribute, Block, Body, Expr};
use super::spec::{BlockSpec, Spec};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{FileId, Span};
use crate::terraform::syntax;
use crate::terraform::value::Str;

/// The document as a native expression of the same length. With `templates` false, `${` is text
/// (as in a variables file); strings with one then cannot keep their place to the byte.
pub(super) fn to_native(file: FileId, text: &str) -> Result<String, Diagnostic> {
    let text_only = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(text_only) {
        return Err(syntax_error(file, text, &error));
    }
    let mut out = Rewriter { out: String::with_capacity(text.len()), debt: 0 };
    let mut rest = text.char_indices().peekable();
    while let Some((_, c)) = rest.next() {
        match c {
            '"' => {
                let mut raw = String::new();
                while let Some((_, c)) = rest.next() {
                    match c {
                        '"' => break,
                        '\\' => {
                            raw.push('\\');
                            raw.extend(rest.next().map(|(_, c)| c));
                        }
                        _ => raw.push(c),
                    }
                }
                out.string(&raw);
            }
            '\n' | '\r' | '\t' | ' ' | '\u{feff}' => out.blank(c.len_utf8()),
            _ => out.out.push(c),
        }
    }
    let mut bytes = out.out.trim_end().to_owned();
    // The parser wants the expression at the very start.
    if bytes.starts_with(' ')
        && let Some(at) = bytes.find('{')
    {
        bytes.replace_range(at..=at, " ");
        bytes.replace_range(0..1, "{");
    }
    Ok(bytes)
}

fn syntax_error(file: FileId, text: &str, error: &serde_json::Error) -> Diagnostic {
    let line_start =
        text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let at = (line_start + error.column().saturating_sub(1)).min(text.len()) as u32;
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    Diagnostic::error(
        Span { file, start: at, end: (at + 1).min(text.len() as u32) },
        "Invalid JSON syntax",
        format!("The file is not valid JSON: {message}."),
    )
}

struct Rewriter {
    out: String,
    /// Bytes that the output is longer (positive) or shorter (negative) than the input so far.
    debt: isize,
}

impl Rewriter {
    /// Blanks stand for blanks; they also settle the debt.
    fn blank(&mut self, len: usize) {
        let len = len as isize - self.debt;
        self.debt = (-len).max(0);
        self.out.extend(std::iter::repeat_n(' ', len.max(0) as usize));
    }

    fn string(&mut self, raw: &str) {
        let before = self.out.len();
        self.out.push('"');
        let text = unescape(raw);
        native_template(&text, &mut self.out);
        self.out.push('"');
        self.debt += (self.out.len() - before) as isize - (raw.len() + 2) as isize;
        if self.debt < 0 {
            self.blank(0);
        }
    }
}

/// The text of a JSON string without its quotes.
pub(super) fn unescape(raw: &str) -> String {
    if !raw.contains('\\') {
        return raw.to_owned();
    }
    serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned())
}

/// A template text as the inside of a native quoted template: the literal parts escaped, the
/// `${ }` and `%{ }` sequences as they are.
fn native_template(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            out.push_str(&rest[..3]);
            rest = &rest[3..];
            continue;
        }
        if rest.starts_with("${") || rest.starts_with("%{") {
            let len = sequence(rest);
            // A line end inside a sequence is a blank.
            out.extend(rest[..len].chars().map(|c| if c == '\n' || c == '\r' { ' ' } else { c }));
            rest = &rest[len..];
            continue;
        }
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
}

/// The length of a `${ ... }` or `%{ ... }` sequence, with nested braces and strings.
fn sequence(text: &str) -> usize {
    let bytes = text.as_bytes();
    // What each open bracket is: a brace of code, or a quote of text.
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let next = bytes.get(at + 1);
        match (open.last(), b) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(b'"'), b'"') => drop(open.pop()),
            (Some(b'"') | None, b'$' | b'%') if next == Some(&b'{') => {
                open.push(b'{');
                at += 1;
            }
            (Some(b'"'), _) => {}
            (_, b'"') => open.push(b'"'),
            (_, b'{') => open.push(b'{'),
            (_, b'}') => drop(open.pop()),
            _ => {}
        }
        at += 1;
        if open.is_empty() {
            return at;
        }
    }
    text.len()
}

/// A body read from a JSON object: which members are blocks is what `spec` says.
pub(super) fn body(
    file: FileId,
    native: &str,
    object: &Expression,
    spec: &Spec,
    diagnostics: &mut Vec<Diagnostic>,
) -> Body {
    let mut out = Body::default();
    each_object(file, object, diagnostics, &mut |object, diagnostics| {
        for (key, value) in object.iter() {
            let Some((name, name_span)) = member(file, native, key) else { continue };
            // Terraform ignores this member everywhere: it is the comment of JSON.
            if &*name == "//" {
                continue;
            }
            let value = value.expr();
            match spec.blocks.iter().find(|b| b.kind == &*name) {
                Some(inner) => {
                    let labels = Vec::new();
                    let at = Blocks { file, native, spec: inner, kind_span: name_span };
                    at.read(value, labels, &mut out, diagnostics);
                }
                None => {
                    let span = syntax::span(file, value).unwrap_or(name_span);
                    let expr = Expr { node: Arc::new(value.clone()), span, json: true };
                    out.insert(Attribute { name, name_span, expr }, diagnostics);
                }
            }
        }
    });
    out
}

/// A member's name and where it stands.
pub(super) fn member(file: FileId, native: &str, key: &ObjectKey) -> Option<(Str, Span)> {
    let (ObjectKey::Expression(expr), _) = (key, ()) else { return None };
    let span = syntax::span(file, expr)?;
    let text = native.get(span.start as usize..span.end as usize)?;
    Some((unescape(text.trim_matches('"')).into(), span))
}

/// Calls `f` for an object, or for each object of an array of objects.
fn each_object(
    file: FileId,
    value: &Expression,
    diagnostics: &mut Vec<Diagnostic>,
    f: &mut dyn FnMut(&Object, &mut Vec<Diagnostic>),
) {
    match value {
        Expression::Object(object) => f(object, diagnostics),
        Expression::Array(items) => {
            for item in items.iter() {
                each_object(file, item, diagnostics, f);
            }
        }
        Expression::Null(_) => {}
        other => diagnostics.push(Diagnostic::error(
            syntax::span(file, other),
            "Incorrect JSON value type",
            "Either a JSON object or a JSON array of objects is required here.",
        )),
    }
}

struct Blocks<'a> {
    file: FileId,
    native: &'a str,
    spec: &'a BlockSpec,
    kind_span: Span,
}

impl Blocks<'_> {
    fn read(
        &self,
        value: &Expression,
        labels: Vec<(Str, Span)>,
        out: &mut Body,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        if labels.len() < self.spec.labels.len() {
            each_object(self.file, value, diagnostics, &mut |object, diagnostics| {
                for (key, value) in object.iter() {
                    let Some(label) = member(self.file, self.native, key) else { continue };
                    if &*label.0 == "//" {
                        continue;
                    }
                    let labels = labels.iter().cloned().chain([label]).collect();
                    self.read(value.expr(), labels, out, diagnostics);
                }
            });
            return;
        }
        // An array of objects is that many blocks.
        if let Expression::Array(items) = value {
            for item in items.iter() {
                self.read(item, labels.clone(), out, diagnostics);
            }
            return;
        }
        let header = labels.last().map_or(self.kind_span, |(_, span)| *span);
        out.blocks.push(Block {
            kind: self.spec.kind.into(),
            kind_span: self.kind_span,
            header,
            body: body(self.file, self.native, value, self.spec.body, diagnostics),
            labels,
        });
    }
}

/// The exact text of a JSON string expression: `${` is text here. `None` for what is no string.
pub(super) fn literal(native: &str, expr: &Expr) -> Option<String> {
    let quoted = native.get(expr.span.start as usize..expr.span.end as usize)?;
    let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(rest.len());
    // The inverse of `native_template`.
    while let Some(c) = rest.chars().next() {
        let escaped = rest.starts_with("$${") || rest.starts_with("%%{");
        let len = if escaped {
            3
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            sequence(rest)
        } else if c == '\\' {
            let len = if rest[1..].starts_with('u') { 6 } else { 2 };
            out.push_str(&unescape(rest.get(..len)?));
            rest = &rest[len..];
            continue;
        } else {
            c.len_utf8()
        };
        out.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn file() -> FileId {
        let mut sources = crate::terraform::source::SourceMap::default();
        let _ = NonZeroU32::MIN;
        sources.add("x.tf.json", "")
    }

    #[test]
    fn keeps_every_place() {
        for (json, native) in [
            (r#"{"a": 1}"#, r#"{"a": 1}"#),
            ("\n{\n \"a\": [1,\n2]}\n", "{   \"a\": [1, 2]}"),
            (r#"{"a": "${upper(\"v\")}" , "b": 2}"#, r#"{"a": "${upper("v")}"   , "b": 2}"#),
            (r#"{"a\/b": "x\u0041", "c": 1}"#, r#"{"a/b" : "xA"     , "c": 1}"#),
        ] {
            assert_eq!(to_native(file(), json).unwrap(), native, "{json}");
        }
    }

    #[test]
    fn says_where_json_is_wrong() {
        let error = to_native(file(), "{\n  \"a\": 1,\n  b\n}").unwrap_err();
        assert_eq!((error.summary.as_str(), error.span.unwrap().start), ("Invalid JSON syntax", 14));
    }
}
