//! Outputs, and the import blocks of the root.

use super::run::{Run, failed};
use super::scope::Frame;
use crate::terraform::address::{Address, InstanceKey, Mode, Part};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Output;
use crate::terraform::expression::{Reference, Step};
use crate::terraform::value::{Marks, Value};

use super::decode::step_name;
use super::literal;

impl Run<'_> {
    /// The value of an output.
    pub(super) fn output(&self, instance: usize, at: usize) -> Value {
        let module = self.module_of(instance);
        let Some((name, output)) = module.outputs.get_index(at) else { return failed() };
        let frame = Frame::new(self, instance);
        let (is_root, path) = {
            let state = self.state.borrow();
            (state.modules[instance].parent.is_none(), state.modules[instance].path.clone())
        };
        let status = self.conditions(
            &frame,
            &output.preconditions,
            "precondition",
            "Module output value precondition failed",
        );
        if !output.preconditions.is_empty() {
            let dot = if path.is_root() { "" } else { "." };
            self.state.borrow_mut().checks.insert(format!("{path}{dot}output.{name}"), status);
        }
        let value = match &output.value {
            Some(attribute) => {
                let value = self.evaluate(&frame, &attribute.expr);
                let marks = value.deep_marks();
                if marks.ephemeral && !output.ephemeral {
                    self.report(Diagnostic::error(
                        attribute.expr.span,
                        "Ephemeral value not allowed",
                        "This output value is not declared as returning an ephemeral value, so it cannot be \
                         set to a result derived from an ephemeral value.",
                    ));
                }
                if is_root && marks.sensitive && !output.sensitive {
                    self.report(Diagnostic::error(
                        output.header,
                        "Output refers to sensitive values",
                        "To reduce the risk of accidentally exporting sensitive data that was intended to be \
                         only internal, Terraform requires that any root module output containing sensitive \
                         data be explicitly marked as sensitive, to confirm your intent.\n\nIf you do intend \
                         to export this data, annotate the output value as sensitive by adding the following \
                         argument:\n    sensitive = true",
                    ));
                }
                value
            }
            None => failed(),
        };
        if is_root && output.ephemeral {
            self.report(Diagnostic::error(
                output.header,
                "Ephemeral output not allowed",
                "Ephemeral outputs are not allowed in context of a root module",
            ));
        }
        let value = value.with_marks(Marks {
            sensitive: output.sensitive,
            ephemeral: output.ephemeral,
            ..Marks::NONE
        });
        if is_root {
            let shown = Output { value: value.clone(), sensitive: output.sensitive, block: output.header };
            self.state.borrow_mut().outputs.insert(name.clone(), shown);
        }
        value
    }

    /// The value of an output of a module instance that was evaluated.
    pub(super) fn output_value(&self, instance: usize, at: usize) -> Value {
        let state = self.state.borrow();
        let value = state.modules.get(instance).and_then(|m| m.outputs.get(at).cloned().flatten());
        value.unwrap_or_else(failed)
    }

    /// Finds the ids that an import block gives.
    pub(super) fn import(&self, instance: usize, at: usize) {
        let module = self.module_of(instance);
        let Some(import) = module.imports.get(at) else { return };
        let Some(id) = &import.id else { return };
        if super::graph::import_target(self.tree, at, self.sources).is_none() {
            let text = self.sources.map.text(import.to.span);
            let detail = format!(
                "The configuration for the given import {text} does not exist. All target instances must \
                 have an associated configuration to be imported."
            );
            let summary = "Configuration for import target does not exist";
            self.report(Diagnostic::error(import.to.span, summary, detail));
            return;
        }
        let is_root = self.state.borrow().modules.get(instance).is_some_and(|m| m.parent.is_none());
        if !is_root {
            let detail = "An import block was detected in a child module. Import blocks are only allowed in \
                          the root module.";
            self.report(Diagnostic::error(import.header, "Invalid import configuration", detail));
            return;
        }
        let repetition = self.repetition(instance, None, import.for_each.as_ref(), "import");
        for (key, each) in repetition.instances {
            let frame = Frame::new(self, instance).repeated(&repetition.shape, key, each);
            let Some(address) = self.import_address(&frame, import) else { continue };
            // What is managed already is not imported again.
            if self.prior.as_ref().is_some_and(|prior| prior.has(&address)) {
                continue;
            }
            let value = self.evaluate(&frame, id);
            if let Some(detail) = wrong_id(&value) {
                self.report(Diagnostic::error(id.span, "Invalid import id argument", detail));
            }
            let origin = value.origin.used_by(id.span);
            self.state.borrow_mut().imports.insert(address.to_string(), value.with_origin(origin));
        }
    }

    /// The address that `to` names, with its keys evaluated.
    fn import_address(&self, frame: &Frame<'_, '_>, import: &super::declaration::Import) -> Option<Address> {
        if let Some(reference) = literal::reference(self.sources, &import.to) {
            return managed(steps(&reference)?);
        }
        // `type.name[each.key]`: the constant beginning, then the index.
        let reference = literal::first_reference(self.sources, &import.to)?;
        let hcl_edit::expr::Expression::Traversal(traversal) = literal::peel(&import.to.node) else {
            return None;
        };
        let mut parts = vec![Part::Name(reference.root.clone())];
        for operator in &traversal.operators {
            use hcl_edit::expr::TraversalOperator as Operator;
            match operator.value() {
                Operator::GetAttr(name) => parts.push(Part::Name(name.as_str().into())),
                Operator::LegacyIndex(at) => parts.push(Part::Key(InstanceKey::Index(*at.value()))),
                Operator::Index(index) => {
                    let span = super::decode::span_of(&import.to, index);
                    let expr =
                        super::body::Expr { node: std::sync::Arc::new(index.clone()), span, json: false };
                    parts.push(Part::Key(key(&self.evaluate(frame, &expr))?));
                }
                _ => return None,
            }
        }
        managed(parts)
    }
}

/// What keeps a value from being the id of an import.
fn wrong_id(value: &Value) -> Option<&'static str> {
    if value.is_null() {
        return Some("The import ID cannot be null.");
    }
    if value.marks.sensitive {
        return Some("The import ID cannot be sensitive.");
    }
    if value.as_str() == Some("") {
        return Some("The import ID value evaluates to an empty string, please provide a non-empty value.");
    }
    None
}

fn key(value: &Value) -> Option<InstanceKey> {
    match (value.as_i64(), value.as_str()) {
        (Some(at), _) => u64::try_from(at).ok().map(InstanceKey::Index),
        (_, Some(text)) => Some(InstanceKey::Key(text.into())),
        _ => None,
    }
}

/// The parts of a constant reference.
pub(super) fn steps(reference: &Reference) -> Option<Vec<Part>> {
    let mut parts = vec![Part::Name(reference.root.clone())];
    for step in &reference.steps {
        parts.push(match step {
            Step::Attribute(_) => Part::Name(step_name(step)?.into()),
            Step::Key(key) => Part::Key(InstanceKey::Key(key.clone())),
            Step::Index(at) => Part::Key(InstanceKey::Index(u64::try_from(*at).ok()?)),
            Step::Dynamic => return None,
        });
    }
    Some(parts)
}

/// The address of a managed resource instance that these parts spell.
fn managed(parts: Vec<Part>) -> Option<Address> {
    Address::from_parts(parts).map(|(address, _)| address).filter(|a| a.mode == Mode::Managed)
}
