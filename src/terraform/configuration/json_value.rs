//! Values written in JSON where no templates are allowed: defaults and variables files.

use hcl_edit::expr::{Expression, ObjectKey};
use std::sync::Arc;

use super::body::Expr;
use super::json;
use super::run::failed;
use super::sources::Sources;
use crate::terraform::source::Span;
use crate::terraform::syntax;
use crate::terraform::value::{Kind, Number, Origin, Str, Value};

/// The value of a JSON expression, all strings taken as they are.
pub(super) fn literal(sources: &Sources, expr: &Expr) -> Value {
    literal_in(&sources.text(expr.span.file), expr)
}

/// The same, with the native text of the file.
pub(super) fn literal_in(native: &str, expr: &Expr) -> Value {
    read(native, expr, &expr.node, expr.span)
}

fn read(native: &str, whole: &Expr, node: &Expression, span: Span) -> Value {
    let span = syntax::span(whole.span.file, node).unwrap_or(span);
    let text = native.get(span.start as usize..span.end as usize).unwrap_or_default();
    let value = match node {
        Expression::Null(_) => Value::null(),
        Expression::Bool(value) => Value::from(*value.value()),
        Expression::Number(_) | Expression::UnaryOp(_) => match Number::parse(text) {
            Some(number) => Kind::Number(number).into(),
            None => failed(),
        },
        Expression::String(_) | Expression::StringTemplate(_) => {
            let expr = Expr { node: Arc::new(Expression::null()), span, json: true };
            json::literal(native, &expr).map_or_else(failed, |text| Value::string(&text))
        }
        Expression::Array(items) => {
            Value::tuple(items.iter().map(|item| read(native, whole, item, span)).collect())
        }
        Expression::Object(object) => {
            let mut members: Vec<(Str, Value)> = Vec::new();
            for (key, value) in object.iter() {
                let ObjectKey::Expression(key) = key else { continue };
                let at = syntax::span(whole.span.file, key).unwrap_or(span);
                let expr = Expr { node: Arc::new(Expression::null()), span: at, json: true };
                if let Some(name) = json::literal(native, &expr) {
                    members.push((name.into(), read(native, whole, value.expr(), span)));
                }
            }
            Value::object(members)
        }
        _ => failed(),
    };
    value.with_origin(Origin::at(span))
}
