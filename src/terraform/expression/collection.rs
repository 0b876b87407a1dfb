//! Tuple and object constructors.

use std::collections::BTreeMap;

use hcl_edit::expr::{Array, Expression, Object, ObjectKey, TraversalOperator};

use super::evaluate::{Names, Run, derived, failed};
use crate::terraform::source::Span;
use crate::terraform::syntax::{literal, scan};
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::normalise;
use crate::terraform::value::{Kind, Marks, Str, Type, Value};

impl Run<'_> {
    pub(super) fn array(&self, array: &Array, span: Span, names: Names<'_>) -> Value {
        // A long object is shown to hcl-edit as the list of its values (see the syntax module).
        if self.source(span).starts_with('{') {
            return self.long_object(array, span, names);
        }
        let items = array.iter().map(|item| self.eval(item, names)).collect();
        self.made(Value::tuple(items), span)
    }

    fn long_object(&self, array: &Array, span: Span, names: Names<'_>) -> Value {
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        let mut from = span.start as usize + 1;
        for item in array.iter() {
            let place = self.span(item);
            let key = self.host.text.get(from..place.start as usize).and_then(last_key);
            from = place.end as usize;
            let value = self.eval(item, names);
            if let Some(key) = key {
                entries.insert(normalise(&key), value);
            }
        }
        self.made(Value::object(entries), span)
    }

    pub(super) fn object(&self, object: &Object, span: Span, names: Names<'_>) -> Value {
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        let mut marks = Marks::NONE;
        // Why a key is not known, or its error.
        let mut unknown: Option<Value> = None;
        for (key, value) in object.iter() {
            let place = self.span(value.expr());
            let key = self.key(key, place, names);
            let value = self.eval(value.expr(), names);
            marks = marks.and(key.marks);
            match &key.kind {
                Kind::String(name) => {
                    entries.insert(name.clone(), value);
                }
                _ => unknown = unknown.or(Some(key)),
            }
        }
        let value = match unknown {
            Some(key) => Value::unknown(Type::Dynamic, derived(&key)),
            None => Value::object(entries).with_marks(marks),
        };
        self.made(value, span)
    }

    /// A key as a string, or an unknown.
    fn key(&self, key: &ObjectKey, value: Span, names: Names<'_>) -> Value {
        let expression = match key {
            ObjectKey::Ident(name) => return Value::string(name.as_str()),
            ObjectKey::Expression(Expression::Null(_)) => return Value::from("null"),
            ObjectKey::Expression(Expression::Bool(b)) => return Value::from(b.value().to_string()),
            ObjectKey::Expression(expression) => expression,
        };
        let span = self.span(expression);
        if is_plain_reference(expression) {
            self.check_references(expression, names);
            return self.fail(
                span,
                "Ambiguous attribute key",
                "If this expression is intended to be a reference, wrap it in parentheses. If it's instead \
                 intended as a literal name containing periods, wrap it in quotes to create a string literal.",
            );
        }
        let key = self.eval(expression, names);
        if key.is_null() {
            return self.fail(value, "Null value as key", "Can't use a null value as a key.");
        }
        match convert(key, &Type::String) {
            Ok(key) => key,
            Err(error) => {
                self.error(span, "Incorrect key type", format!("Can't use this value as a key: {error}."));
                failed()
            }
        }
    }
}

/// A reference with steps that are all constant.
fn is_plain_reference(expression: &Expression) -> bool {
    let Expression::Traversal(traversal) = expression else { return false };
    matches!(traversal.expr, Expression::Variable(_))
        && traversal.operators.iter().all(|op| match op.value() {
            TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_) => true,
            TraversalOperator::Index(key) => matches!(key, Expression::String(_) | Expression::Number(_)),
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => false,
        })
}

/// The key that stands last before its `=` or `:` in a text of separators, comments, and dropped items.
fn last_key(text: &str) -> Option<String> {
    let mut scanner = scan::Scanner::new(text, 0);
    // The last tokens before the separator: a name or number, or the three of a string.
    let mut key = None;
    let mut start = 0;
    loop {
        let token = scanner.next();
        match token.kind {
            scan::Kind::Eof => return key.and_then(literal::plain_key).map(Into::into),
            scan::Kind::Ident | scan::Kind::Number | scan::Kind::OpenQuote => start = token.start(),
            scan::Kind::Equal | scan::Kind::Colon => key = text.get(start..token.start()).map(str::trim_end),
            _ => {}
        }
    }
}
