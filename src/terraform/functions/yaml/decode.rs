//! A YAML document as a value: anchors, merges, no second document.

use std::collections::{BTreeMap, HashMap};

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};

use super::scalar::{Scalar, resolve};
use crate::terraform::functions::call::{Call, Fault, fail};
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::normalise;
use crate::terraform::value::{Kind, Str, Type, Value};

/// Deeper nesting than this is refused: reading it is recursive.
const MAX_DEPTH: usize = 200;

pub(super) fn document(call: &Call, text: &str) -> Result<Value, Fault> {
    check_version(text)?;
    let mut reader = Reader { call, parser: Parser::new_from_str(text), anchors: HashMap::new() };
    reader.next()?;
    match reader.next()? {
        (Event::DocumentStart(_), _) => {}
        (_, at) => return fail(format!("{}missing start of document", place(&at))),
    }
    let event = reader.next()?;
    let value = reader.node(event, MAX_DEPTH)?;
    match reader.next()? {
        (Event::DocumentEnd, _) => {}
        (_, at) => return fail(format!("{}unexpected extra content after value", place(&at))),
    }
    match reader.next()? {
        (Event::StreamEnd, _) => Ok(value),
        (_, at) => fail(format!("{}unexpected extra content after value", place(&at))),
    }
}

/// Only version 1.1 may be asked for.
fn check_version(text: &str) -> Result<(), Fault> {
    for line in text.lines().take_while(|line| line.is_empty() || line.starts_with(['%', '#'])) {
        let version = line.strip_prefix("%YAML").map(|rest| rest.split('#').next().unwrap_or("").trim());
        if version.is_some_and(|version| version != "1.1") {
            return fail("found incompatible YAML document");
        }
    }
    Ok(())
}

fn place(span: &Span) -> String {
    format!("on line {}, column {}: ", span.start.line(), span.start.col() + 1)
}

struct Reader<'a> {
    call: &'a Call<'a>,
    parser: Parser<'a, StrInput<'a>>,
    /// Values of the anchors that are complete.
    anchors: HashMap<usize, Value>,
}

type Item<'a> = (Event<'a>, Span);

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Item<'a>, Fault> {
        match self.parser.next_event() {
            Some(Ok(item)) => Ok(item),
            Some(Err(error)) => {
                let (line, column) = (error.marker().line(), error.marker().col() + 1);
                fail(format!("on line {line}, column {column}: {}", error.info()))
            }
            None => fail("unexpected end of document"),
        }
    }

    fn node(&mut self, (event, at): Item<'a>, depth: usize) -> Result<Value, Fault> {
        if depth == 0 {
            return fail(format!("{}nested too deeply", place(&at)));
        }
        self.call.charge_members(1)?;
        let wrap = |message: String| Fault::Call(format!("{}{message}", place(&at)));
        let (value, anchor) = match event {
            Event::Alias(anchor) => {
                let Some(value) = self.anchors.get(&anchor).cloned() else {
                    return Err(wrap("cannot refer to an anchor from inside its own definition".into()));
                };
                let left = self.call.context.budget.steps.get().saturating_add(1);
                self.call.charge_members(usize::try_from(value.count(left)).unwrap_or(usize::MAX))?;
                return Ok(value);
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)).unwrap_or_default();
                let value = match resolve(&tag, &text, is_quoted(style)).map_err(wrap)? {
                    Scalar::Value(value) => value,
                    Scalar::Merge => Value::string("<<"),
                };
                // A block scalar without tag is text, though it is read as a number or bool first.
                let value = if tag.is_empty() && style != ScalarStyle::Plain {
                    convert(value, &Type::String).map_err(|error| Fault::Call(error.message))?
                } else {
                    value
                };
                (value, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                check_tag(tag.as_deref(), "seq", "sequence").map_err(wrap)?;
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        item => items.push(self.node(item, depth - 1)?),
                    }
                }
                (Value::tuple(items), anchor)
            }
            Event::MappingStart(anchor, tag) => {
                check_tag(tag.as_deref(), "map", "mapping").map_err(wrap)?;
                (self.mapping(depth)?, anchor)
            }
            _ => return Err(wrap("expecting a value".into())),
        };
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        Ok(value)
    }

    fn mapping(&mut self, depth: usize) -> Result<Value, Fault> {
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        loop {
            let (text, style, tag, at) = match self.next()? {
                (Event::MappingEnd, _) => return Ok(Value::object(entries)),
                (Event::Scalar(text, style, _, tag), at) => (text, style, tag, at),
                (_, at) => return fail(format!("{}only strings are allowed as mapping keys", place(&at))),
            };
            let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)).unwrap_or_default();
            let key = match resolve(&tag, &text, is_quoted(style)).map_err(Fault::Call)? {
                Scalar::Value(key) => key,
                Scalar::Merge => {
                    let item = self.next()?;
                    let merged = self.node(item, depth - 1)?;
                    let Some(attributes) = merged.as_map() else {
                        let kind = merged.ty().friendly_name();
                        return fail(format!("{}cannot merge {kind} into mapping", place(&at)));
                    };
                    entries.extend(attributes.iter().map(|(k, v)| (k.clone(), v.clone())));
                    continue;
                }
            };
            let key = match convert(key, &Type::String).map(|key| key.kind) {
                Ok(Kind::String(key)) => normalise(&key),
                _ => return fail(format!("{}mapping key cannot be null", place(&at))),
            };
            let item = self.next()?;
            entries.insert(key, self.node(item, depth - 1)?);
        }
    }
}

fn is_quoted(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
}

fn check_tag(tag: Option<&saphyr_parser::Tag>, kind: &str, what: &str) -> Result<(), String> {
    match tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)) {
        Some(tag) if tag != format!("tag:yaml.org,2002:{kind}") => {
            Err(format!("can't interpret {what} as {tag}"))
        }
        _ => Ok(()),
    }
}
