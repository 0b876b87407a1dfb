//! An expression as a plan shows it: its value when it is constant, and what it refers to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use hcl_edit::expr::Expression;
use hcl_edit::visit::{self, Visit};
use serde_json::{Map, Value as Json};

use super::super::body::{Block, Body, Expr};
use super::super::json_blocks;
use super::super::json_value::literal_in;
use super::super::literal::reference_text;
use super::super::scope::NoNames;
use crate::terraform::expression::{Budget, Evaluator, Reference, Step, references};
use crate::terraform::functions::{Context, Files, TemplateError, TemplateKind, Templates};
use crate::terraform::schema::{self, Nesting};
use crate::terraform::source::FileId;
use crate::terraform::value::convert::convert;
use crate::terraform::value::json::known_json;
use crate::terraform::value::{ObjectType, Type, Value};

/// Expressions without their meaning.
pub(super) struct Literals<'a> {
    /// The native text of a file.
    pub texts: &'a dyn Fn(FileId) -> Arc<str>,
    /// The bound on the work that constants make.
    pub budget: Budget,
}

impl Literals<'_> {
    /// `constant_value` and `references`; neither for what is computed from constants alone.
    pub(super) fn expression(&self, expr: &Expr) -> Json {
        let mut out = Map::new();
        let text = (self.texts)(expr.span.file);
        let found = references(expr.span.file, &text, &expr.node);
        let constant = match () {
            // Text of a JSON file is a constant, whatever it refers to as a template.
            () if expr.json => known_json(&literal_in(&text, expr)).ok(),
            () if found.is_empty() => self.constant(expr, &text).and_then(|v| known_json(&v).ok()),
            () => None,
        };
        if let Some(value) = constant {
            out.insert("constant_value".into(), value);
        }
        refer(&mut out, &found);
        Json::Object(out)
    }

    /// Blocks that stand for an argument whose value is a collection of objects: one expression of all.
    fn blocks(&self, blocks: &[&Block], object: &ObjectType) -> Json {
        let (mut items, mut found) = (Vec::new(), Vec::new());
        for block in blocks {
            let mut members = Map::new();
            for name in object.attributes.keys() {
                let value = block.body.attribute(name).and_then(|a| {
                    let text = (self.texts)(a.expr.span.file);
                    let refers = references(a.expr.span.file, &text, &a.expr.node);
                    let constant = refers.is_empty().then(|| self.constant(&a.expr, &text));
                    found.extend(refers);
                    constant.flatten()
                });
                let ty = object.attributes.get(name).cloned().unwrap_or(Type::Dynamic);
                let value = value.and_then(|v| known_json(&convert(v, &ty).ok()?).ok());
                members.insert(name.to_string(), value.unwrap_or(Json::Null));
            }
            items.push(Json::Object(members));
        }
        let mut out = Map::new();
        if found.is_empty() {
            out.insert("constant_value".into(), items.into());
        }
        refer(&mut out, &found);
        Json::Object(out)
    }

    /// The value of an expression without names and function calls.
    fn constant(&self, expr: &Expr, text: &str) -> Option<Value> {
        let mut calls = Calls(false);
        calls.visit_expr(&expr.node);
        if calls.0 {
            return None;
        }
        let diagnostics = RefCell::default();
        let functions =
            Context { files: &Nothing, templates: &Nothing, cwd: "", plan_time: "", budget: &self.budget };
        let evaluator = Evaluator {
            scope: &NoNames,
            functions: &functions,
            file: expr.span.file,
            text,
            diagnostics: &diagnostics,
            budget: &self.budget,
            short_circuit: false,
        };
        Some(evaluator.evaluate(&expr.node)).filter(Value::is_wholly_known)
    }

    /// Arguments and blocks by name: all of them without a schema, which else says which count and how
    /// blocks nest. `dynamic` blocks are in no plan.
    pub(super) fn body(&self, body: &Body, schema: Option<&schema::Block>) -> Map<String, Json> {
        let told = schema.map(|schema| json_blocks::with_schema(body, schema, self.texts));
        let body = told.as_ref().unwrap_or(body);
        let mut out: BTreeMap<String, Json> = BTreeMap::new();
        for attribute in body.attributes.values() {
            if schema.is_none_or(|s| s.attribute(&attribute.name).is_some()) {
                out.insert(attribute.name.to_string(), self.expression(&attribute.expr));
            }
        }
        for attribute in schema.into_iter().flat_map(|s| &s.attributes) {
            let (Type::List(inner) | Type::Set(inner)) = &attribute.ty else { continue };
            let Type::Object(object) = &**inner else { continue };
            let blocks: Vec<&Block> = body.blocks(&attribute.name).collect();
            if !blocks.is_empty() {
                out.insert(attribute.name.to_string(), self.blocks(&blocks, object));
            }
        }
        for block in body.blocks.iter().filter(|b| &*b.kind != "dynamic") {
            let nested = schema.map(|s| s.nested(&block.kind));
            let (nesting, inner) = match nested {
                Some(None) => continue,
                Some(Some(nested)) => (nested.nesting, Some(&*nested.block)),
                None => (Nesting::List, None),
            };
            let content = Json::Object(self.body(&block.body, inner));
            let slot = out.entry(block.kind.to_string());
            match nesting {
                Nesting::Single | Nesting::Group => drop(slot.insert_entry(content)),
                Nesting::List | Nesting::Set => {
                    if let Json::Array(items) = slot.or_insert_with(|| Json::Array(Vec::new())) {
                        items.push(content);
                    }
                }
                Nesting::Map => {
                    if let Json::Object(members) = slot.or_insert_with(|| Json::Object(Map::new())) {
                        members.insert(block.label(0).to_string(), content);
                    }
                }
            }
        }
        out.into_iter().collect()
    }
}

fn refer(out: &mut Map<String, Json>, found: &[Reference]) {
    if !found.is_empty() {
        out.insert("references".into(), found.iter().flat_map(unwrapped).map(Json::from).collect());
    }
}

/// What a reference names, and how many of its steps belong to the name.
pub(super) fn subject(reference: &Reference) -> (String, usize) {
    let key = |at: usize| usize::from(matches!(reference.steps.get(at), Some(Step::Key(_) | Step::Index(_))));
    let used = match &*reference.root {
        "self" => 0,
        "var" | "local" | "each" | "count" | "path" | "terraform" | "tofu" => 1,
        "data" | "ephemeral" | "resource" => 2 + key(2),
        "module" => {
            let call = 1 + key(1);
            call + usize::from(matches!(reference.steps.get(call), Some(Step::Attribute(_))))
        }
        _ => 1 + key(1),
    };
    (upto(reference, used), used)
}

fn upto(reference: &Reference, steps: usize) -> String {
    let steps = reference.steps.iter().take(steps).take_while(|s| **s != Step::Dynamic).cloned().collect();
    let start = if &*reference.root == "resource" { None } else { Some(reference.root.clone()) };
    let text =
        reference_text(&Reference { root: start.unwrap_or_else(|| "".into()), steps, span: reference.span });
    text.trim_start_matches('.').to_owned()
}

/// The full reference, and then ever shorter ones, down to the object that it names.
fn unwrapped(reference: &Reference) -> Vec<String> {
    let constant = reference.steps.iter().take_while(|s| **s != Step::Dynamic).count();
    let (name, used) = subject(reference);
    let mut out: Vec<String> = (used + 1..=constant).rev().map(|n| upto(reference, n)).collect();
    out.push(name);
    let keyed = |at: usize| matches!(reference.steps.get(at), Some(Step::Key(_) | Step::Index(_)));
    match &*reference.root {
        // The call without the output.
        "module" if used > 1 && !keyed(used - 1) => out.push(upto(reference, used - 1)),
        // The object without the key.
        "var" | "local" | "each" | "count" | "path" | "terraform" | "tofu" | "self" => {}
        _ if used > 0 && keyed(used - 1) => out.push(upto(reference, used - 1)),
        _ => {}
    }
    out
}

struct Calls(bool);

impl Visit for Calls {
    fn visit_expr(&mut self, node: &Expression) {
        if matches!(node, Expression::FuncCall(_)) {
            self.0 = true;
        }
        visit::visit_expr(self, node);
    }
}

/// What constants need: no files and no templates.
struct Nothing;

impl Files for Nothing {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!("{path} is not read"))
    }
    fn exists(&self, _: &str) -> Result<bool, String> {
        Ok(false)
    }
    fn glob(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

impl Templates for Nothing {
    fn render(&self, _: TemplateKind<'_>, _: &str, _: &Value) -> Result<Value, TemplateError> {
        Ok(Value::null())
    }
}
