//! Nested blocks of resources in JSON syntax: which members are blocks, only the provider's schema tells.

use std::sync::Arc;

use hcl_edit::expr::Expression;

use super::body::{Attribute, Block, Body, Expr};
use super::json::member;
use crate::terraform::schema;
use crate::terraform::source::{FileId, Span};
use crate::terraform::syntax;
use crate::terraform::value::Str;

/// True when any argument of a body comes from a JSON file.
pub(super) fn is_json(body: &Body) -> bool {
    body.attributes.values().any(|a| a.expr.json) || body.blocks.iter().any(|b| is_json(&b.body))
}

/// The body with its blocks told from its arguments. `text` gives the native text of a file.
pub(super) fn with_schema(body: &Body, schema: &schema::Block, text: &dyn Fn(FileId) -> Arc<str>) -> Body {
    let mut out = Body::default();
    for attribute in body.attributes.values() {
        let may_be = matches!(
            *attribute.expr.node,
            Expression::Object(_) | Expression::Array(_) | Expression::Null(_)
        );
        match schema.nested(&attribute.name).filter(|_| attribute.expr.json && may_be) {
            Some(nested) => blocks(attribute, &nested.block, text, &mut out.blocks),
            None => drop(out.attributes.insert(attribute.name.clone(), attribute.clone())),
        }
    }
    for block in &body.blocks {
        let mut block = block.clone();
        if &*block.kind == "dynamic" {
            let nested = schema.nested(&block.label(0)).map(|n| n.block.clone()).unwrap_or_default();
            for content in block.body.blocks.iter_mut().filter(|b| &*b.kind == "content") {
                content.body = with_schema(&content.body, &nested, text);
            }
        } else if let Some(nested) = schema.nested(&block.kind) {
            block.body = with_schema(&block.body, &nested.block, text);
        }
        out.blocks.push(block);
    }
    out
}

/// The members of an object as arguments.
fn members(node: &Expression, span: Span, text: &dyn Fn(FileId) -> Arc<str>) -> Vec<Attribute> {
    let Expression::Object(object) = node else { return Vec::new() };
    let native = text(span.file);
    let attribute = |(key, value): (&hcl_edit::expr::ObjectKey, &hcl_edit::expr::ObjectValue)| {
        let (name, name_span) = member(span.file, &native, key)?;
        let node = value.expr().clone();
        let span = syntax::span(span.file, &node).unwrap_or(name_span);
        let expr = Expr { node: Arc::new(node), span, json: true };
        (&*name != "//").then_some(Attribute { name, name_span, expr })
    };
    object.iter().filter_map(attribute).collect()
}

/// One block for an object, or one for each object of an array.
fn blocks(
    attribute: &Attribute,
    schema: &schema::Block,
    text: &dyn Fn(FileId) -> Arc<str>,
    out: &mut Vec<Block>,
) {
    let each: Vec<&Expression> = match &*attribute.expr.node {
        Expression::Array(items) => items.iter().collect(),
        Expression::Null(_) => Vec::new(),
        one => vec![one],
    };
    for node in each {
        let mut body = Body::default();
        for inner in members(node, attribute.expr.span, text) {
            if &*inner.name == "dynamic" {
                body.blocks.extend(dynamic(&inner, text));
            } else {
                body.attributes.insert(inner.name.clone(), inner);
            }
        }
        let body = with_schema(&body, schema, text);
        out.push(block(attribute.name.clone(), attribute.name_span, Vec::new(), body));
    }
}

fn block(kind: Str, span: Span, labels: Vec<(Str, Span)>, body: Body) -> Block {
    Block { kind, kind_span: span, labels, header: span, body }
}

/// `"dynamic": {"label": {"for_each": ..., "content": {...}}}` inside of a block.
fn dynamic(attribute: &Attribute, text: &dyn Fn(FileId) -> Arc<str>) -> Vec<Block> {
    let labelled = members(&attribute.expr.node, attribute.expr.span, text);
    let make = |label: Attribute| {
        let mut body = Body::default();
        for inner in members(&label.expr.node, label.expr.span, text) {
            if &*inner.name == "content" {
                let mut content = Body::default();
                for member in members(&inner.expr.node, inner.expr.span, text) {
                    content.attributes.insert(member.name.clone(), member);
                }
                body.blocks.push(block("content".into(), inner.name_span, Vec::new(), content));
            } else {
                body.attributes.insert(inner.name.clone(), inner);
            }
        }
        block("dynamic".into(), label.name_span, vec![(label.name, label.name_span)], body)
    };
    labelled.into_iter().map(make).collect()
}
