//! What names mean where an expression of a module stands.

use super::dependencies::{Item, Target, target};
use super::run::{Children, Repeated, Run, Shape, failed};
use crate::terraform::address::InstanceKey;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::expression::{Reference, Resolved, Scope, Step};
use crate::terraform::value::{Marks, Reason, Str, Type, Value};

/// The names of one module instance, and of the block that is evaluated.
pub(super) struct Frame<'a, 'r> {
    run: &'a Run<'r>,
    instance: usize,
    /// Key of the resource or call instance, for `each.key` and `count.index`.
    pub key: Option<InstanceKey>,
    /// `each.value`
    pub each: Option<Value>,
    /// `self`
    pub this: Option<Value>,
    /// Iterators of `dynamic` blocks, the innermost last.
    pub iterators: Vec<(Str, Value)>,
    /// How the block repeats.
    pub shape: Shape,
}

impl<'a, 'r> Frame<'a, 'r> {
    /// The names of a module instance, outside of any repeated block.
    pub(super) fn new(run: &'a Run<'r>, instance: usize) -> Frame<'a, 'r> {
        Frame { run, instance, key: None, each: None, this: None, iterators: Vec::new(), shape: Shape::One }
    }

    /// The same for one instance of a repeated block.
    pub(super) fn repeated(
        mut self,
        shape: &Shape,
        key: Option<InstanceKey>,
        each: Option<Value>,
    ) -> Frame<'a, 'r> {
        self.shape = shape.clone();
        self.key = key;
        self.each = each;
        self
    }

    /// The number of the module instance.
    pub(super) fn instance(&self) -> usize {
        self.instance
    }

    /// The evaluation.
    pub(super) fn run(&self) -> &'a Run<'r> {
        self.run
    }

    fn each(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        let name = match reference.steps.first() {
            Some(Step::Attribute(name)) => &**name,
            _ => "",
        };
        let value = match (name, &self.key, &self.each, &self.shape) {
            ("key", _, _, Shape::Unknown(reason)) => Value::unknown_not_null(Type::String, reason.clone()),
            ("value", _, None, Shape::Unknown(reason)) => Value::unknown(Type::Dynamic, reason.clone()),
            ("value", _, Some(value), _) => value.clone(),
            ("key", Some(InstanceKey::Key(key)), Some(_), _) => Value::from(&**key),
            ("key" | "value", ..) => {
                return Err(Diagnostic::error(
                    reference.span,
                    "Reference to \"each\" in context without for_each",
                    "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only \
                     when the \"for_each\" argument is set.",
                ));
            }
            _ => {
                let detail = format!(
                    "The \"each\" object does not have an attribute named {name:?}. The supported attributes \
                     are each.key and each.value, the current key and value pair of the \"for_each\" \
                     attribute set."
                );
                return Err(Diagnostic::error(reference.span, "Invalid \"each\" attribute", detail));
            }
        };
        Ok(Resolved { value, used: 1 })
    }

    fn count(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        match reference.steps.first() {
            Some(Step::Attribute(name)) if &**name == "index" => {}
            step => {
                let name = step.and_then(super::decode::step_name).unwrap_or_default();
                let detail = format!(
                    "The \"count\" object does not have an attribute named {name:?}. The only supported \
                     attribute is count.index, which is the index of each instance of a resource block that \
                     has the \"count\" argument set."
                );
                return Err(Diagnostic::error(reference.span, "Invalid \"count\" attribute", detail));
            }
        }
        let value = match (&self.key, &self.shape) {
            (_, Shape::Unknown(reason)) => Value::unknown_not_null(Type::Number, reason.clone()),
            (Some(InstanceKey::Index(index)), _) => Value::from(*index as i64),
            _ => {
                return Err(Diagnostic::error(
                    reference.span,
                    "Reference to \"count\" in non-counted context",
                    "The \"count\" object can only be used in \"module\", \"resource\", and \"data\" blocks, \
                     and only when the \"count\" argument is set.",
                ));
            }
        };
        Ok(Resolved { value, used: 1 })
    }

    fn context(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        let name = reference.steps.first().and_then(super::decode::step_name).unwrap_or_default();
        let invalid = |what: &str, known: &str| {
            let detail = format!("The {what:?} object does not have an attribute named {name:?}. {known}");
            Err(Diagnostic::error(reference.span, format!("Invalid {what:?} attribute"), detail))
        };
        let value = match (&*reference.root, name) {
            ("each", _) => return self.each(reference),
            ("count", _) => return self.count(reference),
            ("path", "module") => self.run.module_path(self.instance),
            ("path", "root") => ".".to_owned(),
            ("path", "cwd") => self.run.functions.cwd.to_owned(),
            ("path", _) => {
                return invalid("path", "The supported attributes are path.module, path.root, path.cwd.");
            }
            ("terraform" | "tofu", "workspace") => self.run.options.workspace(),
            ("terraform" | "tofu", "applying") => {
                let ephemeral = Marks { ephemeral: true, ..Marks::NONE };
                let value = Value::from(false).with_marks(ephemeral);
                return Ok(Resolved { value, used: 1 });
            }
            ("terraform" | "tofu", _) => {
                return invalid(
                    "terraform",
                    "The only supported attributes are terraform.workspace, the name of the \
                     currently-selected workspace, and terraform.applying, a boolean which is true only \
                     during apply.",
                );
            }
            ("self", _) => {
                let Some(this) = &self.this else {
                    return Err(Diagnostic::error(
                        reference.span,
                        "Invalid \"self\" reference",
                        "The \"self\" object is not available in this context. This object can be used only \
                         in resource provisioner, connection, and postcondition blocks.",
                    ));
                };
                return Ok(Resolved { value: this.clone(), used: 0 });
            }
            _ => return Ok(Resolved { value: failed(), used: 0 }),
        };
        Ok(Resolved { value: Value::from(value), used: 1 })
    }

    fn item(&self, item: Item, reference: &Reference) -> Resolved {
        let state = self.run.state.borrow();
        let Some(module) = state.modules.get(self.instance) else {
            return Resolved { value: failed(), used: 1 };
        };
        let slot = match item {
            Item::Variable(at) => module.variables.get(at),
            Item::Local(at) => module.locals.get(at),
            Item::Resource(at) => {
                let named = matches!(&*reference.root, "data" | "ephemeral" | "resource");
                let used = 1 + usize::from(named);
                return match module.resources.get(at).and_then(Option::as_ref) {
                    Some(repeated) => resource(repeated, reference, used),
                    None => Resolved { value: failed(), used },
                };
            }
            _ => None,
        };
        Resolved { value: slot.cloned().flatten().unwrap_or_else(failed), used: 1 }
    }

    /// A called module, or one of its outputs.
    fn call(&self, call: usize, output: Option<&Str>, reference: &Reference) -> Result<Resolved, Diagnostic> {
        let (name, child) = {
            let state = self.run.state.borrow();
            let node = state.modules.get(self.instance).map_or(0, |m| m.node);
            let name = self.run.tree.module(node).calls.get_index(call).map(|(name, _)| name.clone());
            (
                name.unwrap_or_else(|| "".into()),
                self.run.tree.nodes[node].children.get(call).copied().flatten(),
            )
        };
        let Some(child) = child else {
            let used = reference.steps.iter().take_while(|s| **s != Step::Dynamic).count().max(1);
            return Ok(Resolved { value: Value::unknown(Type::Dynamic, Reason::Module(name)), used });
        };
        let outputs = &self.run.tree.module(child).outputs;
        let at = output.map(|name| outputs.get_index_of(name));
        let children = {
            let state = self.run.state.borrow();
            let found = state.modules.get(self.instance).and_then(|m| m.children.get(call)?.clone());
            match found {
                Some(children) => children,
                None => return Ok(Resolved { value: failed(), used: reference.steps.len() }),
            }
        };
        if let Shape::Unknown(reason) = &children.shape {
            return Ok(Resolved { value: Value::unknown(Type::Dynamic, reason.clone()), used: 1 });
        }
        if at == Some(None) {
            // The access to it fails then, which a `try` may catch.
            let names = || outputs.keys().map(|name| (name.clone(), failed()));
            return Ok(Resolved { value: whole(&children, |_| Value::object(names())), used: 1 });
        }
        if let Some(at) = at.flatten() {
            if let Some((instance, used)) = one_instance(&children, reference) {
                return Ok(Resolved { value: self.run.output_value(instance, at), used });
            }
            let only = |instance: usize| {
                [(output.cloned().unwrap_or_default(), self.run.output_value(instance, at))]
            };
            return Ok(Resolved { value: whole(&children, |i| Value::object(only(i))), used: 1 });
        }
        let known = self.run.state.borrow().module_values.get(&(self.instance, call)).cloned();
        let value = known.unwrap_or_else(|| {
            let value = whole(&children, |instance| {
                Value::object(
                    outputs
                        .keys()
                        .enumerate()
                        .map(|(at, k)| (k.clone(), self.run.output_value(instance, at))),
                )
            });
            self.run.state.borrow_mut().module_values.insert((self.instance, call), value.clone());
            value
        });
        Ok(Resolved { value, used: 1 })
    }
}

/// The module instance that a reference with an output names, and the steps it takes.
fn one_instance(children: &Children, reference: &Reference) -> Option<(usize, usize)> {
    let (key, used) = match (&children.shape, reference.steps.get(1)) {
        (Shape::One, Some(Step::Attribute(_))) => (None, 2),
        (Shape::Count, Some(Step::Index(at))) => (Some(InstanceKey::Index(u64::try_from(*at).ok()?)), 3),
        (Shape::Each, Some(Step::Key(key) | Step::Attribute(key))) => {
            (Some(InstanceKey::Key(key.clone())), 3)
        }
        _ => return None,
    };
    children.by_key.get(&key).map(|instance| (*instance, used))
}

/// The value of a repeated module.
fn whole(children: &Children, one: impl Fn(usize) -> Value) -> Value {
    match &children.shape {
        Shape::Count => Value::tuple(children.instances.iter().map(|i| one(*i)).collect()),
        Shape::Each => Value::object(children.by_key.iter().filter_map(|(key, instance)| match key {
            Some(InstanceKey::Key(key)) => Some((key.clone(), one(*instance))),
            _ => None,
        })),
        _ => children.instances.first().map_or_else(failed, |i| one(*i)),
    }
}

/// A reference to a resource. For a type without schema, what the configuration sets is known all the
/// same.
fn resource(repeated: &Repeated, reference: &Reference, used: usize) -> Resolved {
    let (key, next) = match (&repeated.shape, reference.steps.get(used)) {
        (Shape::Count, Some(Step::Index(at))) => (u64::try_from(*at).ok().map(InstanceKey::Index), used + 1),
        (Shape::Each, Some(Step::Key(key) | Step::Attribute(key))) => {
            (Some(InstanceKey::Key(key.clone())), used + 1)
        }
        _ => (None, used),
    };
    if let (Some(config), Some(Step::Attribute(name))) =
        (repeated.config.get(&key), reference.steps.get(next))
        && let Some(value) = config.get(name)
    {
        return Resolved { value: value.clone(), used: next + 1 };
    }
    Resolved { value: repeated.value.clone(), used }
}

impl Scope for Frame<'_, '_> {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        if let Some((_, value)) = self.iterators.iter().rev().find(|(name, _)| *name == reference.root) {
            return Ok(Resolved { value: value.clone(), used: 0 });
        }
        let module = self.run.module_of(self.instance);
        match target(module, reference, &|| self.run.place(self.instance))? {
            Target::Context => self.context(reference),
            Target::Item(item) => Ok(self.item(item, reference)),
            Target::Output(call, output) => self.call(call, Some(&output), reference),
            Target::Module(call) => self.call(call, None, reference),
        }
    }
}

/// No names at all: defaults, tfvars.
pub(super) struct NoNames;

impl Scope for NoNames {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        Err(Diagnostic::error(reference.span, "Variables not allowed", "Variables may not be used here."))
    }
}
