//! The body of a resource, data source or provider: arguments, nested and `dynamic` blocks.

use indexmap::IndexMap;

use super::body::{Block, Body};
use super::dependencies::iterator_name;
use super::run::{Run, failed};
use super::scope::Frame;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::schema;
use crate::terraform::value::{Kind, Marks, Origin, Str, Type, Value};

/// Evaluates a body to an object: arguments by name, nested blocks as [`schema::blocks`].
pub(super) fn object(frame: &mut Frame<'_, '_>, body: &Body, origin: Origin) -> Value {
    let run = frame.run();
    let mut members: Vec<(Str, Value)> = Vec::with_capacity(body.attributes.len() + body.blocks.len());
    for (name, attribute) in &body.attributes {
        let value = run.evaluate(frame, &attribute.expr);
        let origin = value.origin.used_by(attribute.span());
        members.push((name.clone(), value.with_origin(origin)));
    }
    let mut nested: IndexMap<Str, Vec<Value>> = IndexMap::new();
    for block in &body.blocks {
        if &*block.kind == "dynamic" {
            let name = block.label(0);
            let made = dynamic(frame, block);
            nested.entry(name).or_default().extend(made);
        } else {
            let value = object(frame, &block.body, Origin::at(block.header));
            let value = match block.labels.first() {
                // A labelled block (none of Terraform's own providers has one) keeps its label.
                Some((label, at)) => with_label(value, label, *at),
                None => value,
            };
            nested.entry(block.kind.clone()).or_default().push(value);
        }
    }
    for (name, blocks) in nested.into_iter().filter(|(_, blocks)| !blocks.is_empty()) {
        let origin = blocks.first().map(|b| b.origin.clone()).unwrap_or_default();
        members.push((name, schema::blocks(blocks).with_origin(origin)));
    }
    Value::object(members).with_origin(origin)
}

fn with_label(value: Value, label: &Str, at: crate::terraform::source::Span) -> Value {
    let Value { kind, marks, origin } = value;
    let kind = match kind {
        Kind::Object(members) => {
            let mut members = (*members).clone();
            members.insert("__label".into(), Value::from(&**label).with_origin(Origin::at(at)));
            Kind::Object(members.into())
        }
        other => other,
    };
    Value { kind, marks, origin }
}

/// The blocks that a `dynamic` block makes; one unknown when that cannot be told.
fn dynamic(frame: &mut Frame<'_, '_>, block: &Block) -> Vec<Value> {
    let run = frame.run();
    let (Some(for_each), Some(content)) =
        (block.body.attribute("for_each"), block.body.blocks("content").next())
    else {
        if block.body.attribute("for_each").is_some() {
            let detail = "A dynamic content block is required: it says what each generated block holds.";
            run.report(Diagnostic::error(block.header, "Missing content block", detail));
        }
        return vec![failed()];
    };
    let (value, marks) = run.evaluate(frame, &for_each.expr).unmark();
    let refuse = |detail: String| {
        run.report(Diagnostic::error(for_each.expr.span, "Invalid dynamic for_each value", detail));
        vec![failed()]
    };
    if let Some(unknown) = value.as_unknown() {
        let origin = value.origin.used_by(for_each.span());
        return vec![
            Value::unknown(Type::Dynamic, unknown.reason.clone()).with_marks(marks).with_origin(origin),
        ];
    }
    if value.is_null() {
        return refuse("Cannot use a null value in for_each.".into());
    }
    let entries: Vec<(Value, Value)> = match &value.kind {
        Kind::Map(_, m) | Kind::Object(m) => m.iter().map(|(k, v)| (Value::from(&**k), v.clone())).collect(),
        Kind::Set(_, v) => v.iter().map(|v| (v.clone(), v.clone())).collect(),
        Kind::List(_, v) | Kind::Tuple(v) => {
            v.iter().enumerate().map(|(i, v)| (Value::from(i as i64), v.clone())).collect()
        }
        _ => {
            let ty = value.ty().friendly_name();
            return refuse(format!(
                "Cannot use a {ty} value in for_each. An iterable collection is required."
            ));
        }
    };
    let name = iterator_name(block);
    let mut made = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        let iterator = Value::object([("key", key.with_marks(marks)), ("value", value.with_marks(marks))]);
        frame.iterators.push((name.clone(), iterator));
        let object = object(frame, &content.body, Origin::at(block.header));
        frame.iterators.pop();
        made.push(if marks == Marks::NONE { object } else { object.with_marks(marks) });
    }
    made
}

/// What a body sets that is ephemeral, which may not be stored.
pub(super) fn ephemeral_arguments(config: &Value) -> Vec<(Str, Origin)> {
    let Some(members) = config.as_map() else { return Vec::new() };
    let ephemeral = members.iter().filter(|(_, v)| v.deep_marks().ephemeral);
    ephemeral.map(|(name, value)| (name.clone(), value.origin.clone())).collect()
}

impl Run<'_> {
    /// The evaluated body of a provider block.
    pub(super) fn provider(&self, instance: usize, at: usize) {
        let module = self.module_of(instance);
        let Some(provider) = module.providers.get(at) else { return };
        let mut frame = Frame::new(self, instance);
        let value = object(&mut frame, &provider.body, Origin::at(provider.header));
        let is_root = self.state.borrow().modules.get(instance).is_some_and(|m| m.parent.is_none());
        if is_root {
            let name: Str = match &provider.alias {
                Some(alias) => format!("{}.{alias}", provider.name).into(),
                None => provider.name.clone(),
            };
            self.state.borrow_mut().providers.insert(name, value);
        }
    }
}
