//! What Terraform and its providers check by schema, in their words.

use super::super::{Attribute, Block, NestedBlock, Nesting, is_blocks, suggestion};
use super::{Planner, place};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::Span;
use crate::terraform::value::{Entries, Value};

impl Planner<'_> {
    pub(super) fn error(&mut self, at: Option<Span>, summary: impl Into<String>, detail: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(at.unwrap_or(self.cx.block), summary, detail));
    }

    pub(super) fn missing_argument(&mut self, name: &str, at: Span) {
        let detail = format!("The argument {name:?} is required, but no definition was found.");
        self.error(Some(at), "Missing required argument", detail);
    }

    /// What providers say of an argument that is set.
    pub(super) fn check_argument(&mut self, attribute: &Attribute, given: &Value) {
        let name = &attribute.name;
        if attribute.computed && !attribute.optional && !attribute.required {
            let detail = format!(
                "Can't configure a value for {name:?}: its value will be decided automatically based on the \
                 result of applying this configuration."
            );
            self.error(place(given), "Value for unconfigurable attribute", detail);
        }
        if attribute.deprecated {
            let detail = format!("The provider deprecates the argument {name:?} and will remove it.");
            let at = place(given).unwrap_or(self.cx.block);
            self.diagnostics.push(Diagnostic::warning(at, "Argument is deprecated", detail));
        }
    }

    pub(super) fn check_number(&mut self, nested: &NestedBlock, blocks: &[Value], at: Span) {
        let (name, number) = (&*nested.name, blocks.len());
        let single = matches!(nested.nesting, Nesting::Single | Nesting::Group);
        if single && number > 1 {
            let detail = format!("Only one block of type {name:?} is allowed.");
            self.error(blocks.get(1).and_then(place), format!("Duplicate {name} block"), detail);
            let first = blocks.first().and_then(place);
            if let (Some(first), Some(said)) = (first, self.diagnostics.last_mut()) {
                said.related.push((first, "previous definition".to_owned()));
            }
        } else if single && number < nested.min as usize {
            let detail = format!("A block of type {name:?} is required here.");
            self.error(Some(at), format!("Missing {name} block"), detail);
        } else if !single && number < nested.min as usize {
            let detail = format!("At least {} {name:?} blocks are required.", nested.min);
            self.error(Some(at), format!("Insufficient {name} blocks"), detail);
        } else if !single && nested.max > 0 && number > nested.max as usize {
            let detail = format!("No more than {} {name:?} blocks are allowed", nested.max);
            let at = blocks.get(nested.max as usize).and_then(place);
            self.error(at.or(Some(self.cx.block)), format!("Too many {name} blocks"), detail);
        }
        if nested.block.deprecated && number > 0 {
            let detail = format!("The provider deprecates the block {name:?} and will remove it.");
            let at = blocks.first().and_then(place).unwrap_or(at);
            self.diagnostics.push(Diagnostic::warning(at, "Argument is deprecated", detail));
        }
    }

    /// A name that the schema does not have, or has as the other of argument and block.
    pub(super) fn unsupported(&mut self, block: &Block, name: &str, value: &Value, given: &Entries) {
        let blocks = block.blocks.iter().map(|b| &*b.name);
        if is_blocks(value) {
            let hint = match suggestion(name, blocks.filter(|b| *b != name)) {
                Some(other) => format!(" Did you mean {other:?}?"),
                None if block.attribute(name).is_some() => format!(
                    " Did you mean to define argument {name:?}? If so, use the equals sign to assign it a value."
                ),
                None => String::new(),
            };
            let detail = format!("Blocks of type {name:?} are not expected here.{hint}");
            let first = value.as_slice().and_then(<[Value]>::first);
            let at = first.and_then(place).or_else(|| place(value));
            self.error(at, "Unsupported block type", detail);
        } else {
            let arguments = block.attributes.iter().map(|a| &a.name).filter(|a| !given.contains_key(*a));
            let hint = match suggestion(name, arguments.map(|a| &**a).filter(|a| *a != name)) {
                Some(other) => format!(" Did you mean {other:?}?"),
                None if block.nested(name).is_some() => {
                    format!(" Did you mean to define a block of type {name:?}?")
                }
                None => String::new(),
            };
            let detail = format!("An argument named {name:?} is not expected here.{hint}");
            self.error(place(value), "Unsupported argument", detail);
        }
    }
}
