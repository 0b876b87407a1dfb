//! Input variables: types, defaults, what is given, and the rules it must keep.

use std::sync::Arc;

use super::declaration::{Module, Variable};
use super::literal::not_constant;
use super::run::{Run, failed};
use super::scope::{Frame, NoNames};
use super::tfvars::{self, Given};
use super::{constraint, json_value, run};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::CheckStatus;
use crate::terraform::source::Span;
use crate::terraform::value::{Marks, Reason, TypeConstraint, Value};

/// A variable's type and default.
#[derive(Debug)]
pub(super) struct Prepared {
    /// The type; any when none is declared.
    pub constraint: TypeConstraint,
    /// The default, converted.
    pub default: Option<Value>,
    /// Text from outside (`-var`, `TF_VAR_`) is taken as it is, not as an expression.
    pub literal: bool,
}

impl Run<'_> {
    /// Evaluates the types and defaults of a module's variables.
    pub(super) fn prepare(&self, module: &Module) -> Vec<Prepared> {
        module.variables.iter().map(|(name, variable)| self.prepare_one(name, variable)).collect()
    }

    fn prepare_one(&self, name: &str, variable: &Variable) -> Prepared {
        let mut broken = false;
        let constraint = match &variable.type_expr {
            None => TypeConstraint::any(),
            Some(attribute) => {
                let constant = |node: &hcl_edit::expr::Expression, span: Span, text: Option<&str>| {
                    let file = span.file;
                    let text = text.map_or_else(|| self.sources.text(file), Arc::from);
                    let expr = super::body::Expr { node: Arc::new(node.clone()), span, json: false };
                    match not_constant(&expr) {
                        Some(diagnostic) => Err(diagnostic),
                        None => Ok(run::evaluate_node(&NoNames, self, file, &text, node)),
                    }
                };
                constraint::parse(self.sources, &attribute.expr, &constant).unwrap_or_else(|diagnostic| {
                    broken = true;
                    self.report(diagnostic);
                    TypeConstraint::any()
                })
            }
        };
        let default = variable.default.as_ref().map(|attribute| {
            let value = self.constant(&attribute.expr);
            if value.is_null() && !variable.nullable {
                self.report(Diagnostic::error(
                    attribute.expr.span,
                    "Invalid default value for variable",
                    "A null default value is not valid when nullable=false.",
                ));
                return value;
            }
            let origin = value.origin.clone();
            constraint.apply(value).unwrap_or_else(|error| {
                let detail = format!(
                    "This default value is not compatible with the variable's type constraint: {}.",
                    error.with_path()
                );
                let at = origin.at.unwrap_or(attribute.expr.span);
                self.report(Diagnostic::error(at, "Invalid default value for variable", detail));
                failed()
            })
        });
        let _ = (name, broken);
        let literal = variable.type_expr.is_none() || constraint.ty.is_primitive();
        Prepared { constraint, default, literal }
    }

    /// Evaluates an expression that may not refer to anything.
    pub(super) fn constant(&self, expr: &super::body::Expr) -> Value {
        if expr.json {
            return json_value::literal(self.sources, expr);
        }
        if let Some(diagnostic) = not_constant(expr) {
            self.report(diagnostic);
            return failed();
        }
        run::evaluate(&NoNames, self, expr)
    }

    /// The value of a variable in a module instance.
    pub(super) fn variable(&self, instance: usize, at: usize) -> Value {
        let (node, parent) = {
            let state = self.state.borrow();
            let module = &state.modules[instance];
            (module.node, module.parent)
        };
        let module = self.tree.module(node);
        let Some((name, variable)) = module.variables.get_index(at) else { return failed() };
        let prepared = &self.prepared[self.tree.nodes[node].module][at];
        let value = match parent {
            None => self.root_variable(name, variable, prepared),
            Some(parent) => self.child_variable(instance, parent, name, variable, prepared),
        };
        let marks = Marks { sensitive: variable.sensitive, ephemeral: variable.ephemeral, ..Marks::NONE };
        value.with_marks(marks)
    }

    fn root_variable(&self, name: &str, variable: &Variable, prepared: &Prepared) -> Value {
        let Some(given) = self.given.get(name) else {
            if let Some(default) = &prepared.default {
                return default.clone();
            }
            self.report(tfvars::missing(name, variable.header, self.options.strict));
            return Value::unknown(prepared.constraint.ty.clone(), Reason::Variable(name.into()))
                .with_origin(crate::terraform::value::Origin::at(variable.header));
        };
        let failed_here = |v: &Value| v.as_unknown().is_some_and(|u| u.reason == Reason::Failed);
        let Some(value) = self.given_value(given, prepared).filter(|v| !failed_here(v)) else {
            // Terraform drops a value that it cannot read, and then misses it.
            if self.options.strict && prepared.default.is_none() {
                self.report(tfvars::missing(name, variable.header, true));
            }
            return failed();
        };
        self.fit(value, variable, prepared, |run, error, value| match given {
            Given::Value(_) => {
                let declared = run.range(variable.header);
                let detail = format!(
                    "The given value is not suitable for var.{name} declared at {declared}: {error}."
                );
                Diagnostic::error(value.or(Some(variable.header)), "Invalid value for input variable", detail)
            }
            Given::Text { from, .. } => {
                let detail = format!("Unsuitable value for var.{name} set {from}: {error}.");
                Diagnostic::error(variable.header, "Invalid value for input variable", detail)
            }
        })
    }

    fn child_variable(
        &self,
        instance: usize,
        parent: usize,
        name: &str,
        variable: &Variable,
        prepared: &Prepared,
    ) -> Value {
        let state = self.state.borrow();
        let child = &state.modules[instance];
        let (key, each, path) = (child.key.clone(), child.each.clone(), child.path.clone());
        let caller = self.tree.module(state.modules[parent].node);
        let call = self.tree.nodes[child.node].parent.and_then(|(_, call)| caller.calls.get_index(call));
        let shape = call
            .and_then(|(_, _)| self.tree.nodes[child.node].parent)
            .and_then(|(_, call)| state.modules[parent].children.get(call)?.as_ref())
            .map_or(run::Shape::One, |children| children.shape.clone());
        drop(state);
        let Some(input) = call.and_then(|(_, call)| call.inputs.get(name)) else {
            // A missing required input was reported at the call.
            return prepared.default.clone().unwrap_or_else(failed);
        };
        let frame = Frame::new(self, parent).repeated(&shape, key, each);
        let value = self.evaluate(&frame, &input.expr);
        if value.deep_marks().ephemeral && !variable.ephemeral {
            self.report(Diagnostic::error(
                input.expr.span,
                "Ephemeral value not allowed",
                "This input variable is not declared as accepting ephemeral values, so it cannot be set to a \
                 result derived from an ephemeral value.",
            ));
        }
        let value = if value.is_null() {
            value.with_origin(crate::terraform::value::Origin::at(input.expr.span))
        } else {
            value
        };
        self.fit(value, variable, prepared, |run, error, _| {
            let declared = run.range(variable.header);
            let (summary, word) = match error.starts_with("required variable may not") {
                true => ("Required variable not set", "defined"),
                false => ("Invalid value for input variable", "declared"),
            };
            let detail = format!(
                "The given value is not suitable for {path}.var.{name} {word} at {declared}: {error}."
            );
            Diagnostic::error(input.expr.span, summary, detail)
        })
    }

    /// Converts a given value; null becomes the default where null is not allowed.
    fn fit(
        &self,
        value: Value,
        variable: &Variable,
        prepared: &Prepared,
        error: impl Fn(&Run<'_>, &str, Option<Span>) -> Diagnostic,
    ) -> Value {
        if value.as_unknown().is_some_and(|u| u.reason == Reason::Failed) {
            return value;
        }
        let at = value.origin.at;
        if value.is_null() && !variable.nullable {
            return match &prepared.default {
                Some(default) => default.clone(),
                None => {
                    self.report(error(self, "required variable may not be set to null", at));
                    Value::unknown(prepared.constraint.ty.clone(), Reason::Failed)
                }
            };
        }
        match prepared.constraint.apply(value) {
            Ok(value) => value,
            Err(wrong) => {
                self.report(error(self, &wrong.with_path(), at));
                Value::unknown(prepared.constraint.ty.clone(), Reason::Failed)
            }
        }
    }

    /// The value of a root variable as text or expression, from outside.
    fn given_value(&self, given: &Given, prepared: &Prepared) -> Option<Value> {
        match given {
            Given::Value(value) => Some(value.clone()),
            Given::Text { text, .. } if prepared.literal => Some(Value::string(text)),
            Given::Text { expression, .. } => {
                let expr = expression.as_ref()?;
                if let Some(diagnostic) = not_constant(expr) {
                    self.report(diagnostic);
                    return None;
                }
                Some(run::evaluate(&NoNames, self, expr))
            }
        }
    }

    /// Holds a variable's value against its rules.
    pub(super) fn validation(&self, instance: usize, at: usize) {
        let (node, path, value) = {
            let state = self.state.borrow();
            let module = &state.modules[instance];
            (module.node, module.path.clone(), module.variables.get(at).cloned().flatten())
        };
        let module = self.tree.module(node);
        let Some((name, variable)) = module.variables.get_index(at) else { return };
        let value = value.unwrap_or_else(failed);
        let frame = Frame::new(self, instance);
        let mut status = CheckStatus::Pass;
        // As Terraform has it: at what the call gives, or at the declaration of a root variable.
        let place = self.input_of(instance, name).unwrap_or(variable.header);
        for rule in &variable.validations {
            let declared = self.range(rule.header);
            let outcome = self.condition(&frame, rule, "validation", |message| {
                let detail = format!("{message}\n\nThis was checked by the validation rule at {declared}.");
                let diagnostic = Diagnostic::error(place, "Invalid value for variable", detail)
                    .related(rule.condition.span, "the rule");
                match value.origin.at.filter(|at| *at != place) {
                    Some(at) => diagnostic.related(at, "the value"),
                    None => diagnostic,
                }
            });
            status = status.and(outcome);
        }
        let dot = if path.is_root() { "" } else { "." };
        self.state.borrow_mut().checks.insert(format!("{path}{dot}var.{name}"), status);
    }

    /// What the call of a module instance gives for a variable.
    fn input_of(&self, instance: usize, name: &str) -> Option<Span> {
        let (node, parent) = {
            let state = self.state.borrow();
            let module = state.modules.get(instance)?;
            (module.node, state.modules.get(module.parent?)?.node)
        };
        let (_, call) = self.tree.nodes[node].parent?;
        let (_, call) = self.tree.module(parent).calls.get_index(call)?;
        call.inputs.get(name).map(|input| input.expr.span)
    }

    /// `main.tf:1,1-13`
    pub(super) fn range(&self, span: Span) -> String {
        let file = self.sources.map.file(span.file);
        let (start, end) = (file.position(span.start as usize), file.position(span.end as usize));
        if start.line == end.line {
            format!("{}:{},{}-{}", file.path, start.line, start.column, end.column)
        } else {
            format!("{}:{},{}-{},{}", file.path, start.line, start.column, end.line, end.column)
        }
    }

    /// How messages name a module instance's module.
    pub(super) fn place(&self, instance: usize) -> String {
        let state = self.state.borrow();
        let node = state.modules.get(instance).map_or(0, |m| m.node);
        let path = &self.tree.nodes[node].path;
        if path.is_empty() {
            return "the root module".into();
        }
        path.iter().map(|name| format!("module.{name}")).collect::<Vec<_>>().join(".")
    }

    /// `path.module`: from the root module's directory.
    pub(super) fn module_path(&self, instance: usize) -> String {
        let dir = &self.module_of(instance).dir;
        crate::terraform::files::relative(&self.options.root, dir).into()
    }
}
