//! What each declaration of a module refers to: the static side of references.

use super::body::{Attribute, Body, Expr};
use super::declaration::{Condition, Module, Resource, ResourceName};
use super::decode::names;
use super::literal;
use super::sources::Sources;
use super::suggest::did_you_mean;
use crate::terraform::address::Mode;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::expression::{Reference, Step, references};
use crate::terraform::value::Str;

/// A declaration of a module, by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Item {
    /// The value of a variable.
    Variable(usize),
    /// The validation rules of a variable.
    Validation(usize),
    /// A local value.
    Local(usize),
    /// An output.
    Output(usize),
    /// A resource or data source.
    Resource(usize),
    /// The `count` or `for_each` of a module call.
    Call(usize),
    /// A check block.
    Check(usize),
    /// A provider block.
    Provider(usize),
    /// An import block.
    Import(usize),
}

/// What a reference means.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    /// A declaration of the same module.
    Item(Item),
    /// An output of a called module: index of the call, name of the output.
    Output(usize, Str),
    /// A called module as a whole.
    Module(usize),
    /// `each`, `count`, `path`, `terraform`, `self`: depends on nothing.
    Context,
}

/// Names a module for a message; called only when there is one.
pub(super) type Place<'a> = &'a dyn Fn() -> String;

/// Finds what a reference means in a module; the error says that it means nothing. `place` is how
/// messages name the module.
pub(super) fn target(module: &Module, reference: &Reference, place: Place<'_>) -> Result<Target, Diagnostic> {
    let first = reference.steps.first().and_then(attribute_name);
    let error = |summary: &str, detail: String| Err(Diagnostic::error(reference.span, summary, detail));
    let need = |what: &str, thing: &str| {
        let detail =
            format!("The {what:?} object cannot be accessed directly. Instead, access one of its {thing}.");
        Err(Diagnostic::error(reference.span, "Invalid reference", detail))
    };
    let root = &*reference.root;
    let single = ["var", "local", "module", "path", "terraform", "tofu", "each", "count"];
    if reference.steps.is_empty() && single.contains(&root) {
        return need(root, "attributes");
    }
    if first.is_none() && single.contains(&root) {
        return error("Invalid reference", format!("The {root:?} object does not support this operation."));
    }
    match root {
        "var" => {
            let Some(name) = first else { return need("var", "attributes") };
            if let Some(at) = module.variables.get_index_of(name) {
                return Ok(Target::Item(Item::Variable(at)));
            }
            let hint = match did_you_mean(name, names(&module.variables)) {
                none if none.is_empty() => {
                    format!(" This variable can be declared with a variable {name:?} {{}} block.")
                }
                hint => hint,
            };
            let detail = format!("An input variable with the name {name:?} has not been declared.{hint}");
            error("Reference to undeclared input variable", detail)
        }
        "local" => {
            let Some(name) = first else { return need("local", "attributes") };
            if let Some(at) = module.locals.get_index_of(name) {
                return Ok(Target::Item(Item::Local(at)));
            }
            let hint = did_you_mean(name, names(&module.locals));
            let detail = format!("A local value with the name {name:?} has not been declared.{hint}");
            error("Reference to undeclared local value", detail)
        }
        "module" => {
            let Some(name) = first else { return need("module", "attributes") };
            let Some(call) = module.calls.get_index_of(name) else {
                let hint = did_you_mean(name, names(&module.calls));
                let detail = format!("No module call named {name:?} is declared in {}.{hint}", place());
                return error("Reference to undeclared module", detail);
            };
            // `module.a.out`, `module.a["k"].out`, and with `for_each` also `module.a.k.out`
            let keyed = module.calls.get_index(call).is_some_and(|(_, call)| call.for_each.is_some());
            let output = match (reference.steps.get(1), reference.steps.get(2)) {
                (Some(Step::Attribute(_)), Some(Step::Attribute(output))) if keyed => Some(output),
                (Some(Step::Attribute(_)), _) if keyed => None,
                (Some(Step::Attribute(output)), _) => Some(output),
                (Some(Step::Key(_) | Step::Index(_)), Some(Step::Attribute(output))) => Some(output),
                _ => None,
            };
            Ok(output.map_or(Target::Module(call), |o| Target::Output(call, o.clone())))
        }
        "each" | "count" | "path" | "terraform" | "self" | "tofu" | "provider" => Ok(Target::Context),
        "data" => resource(module, reference, Mode::Data, false, place),
        "ephemeral" => resource(module, reference, Mode::Ephemeral, false, place),
        "resource" => resource(module, reference, Mode::Managed, false, place),
        _ => resource(module, reference, Mode::Managed, true, place),
    }
}

/// `type.name` at the root, or behind `data.`.
/// The name of a step `.name`. `["name"]` does not do after a root or a resource type.
fn attribute_name(step: &Step) -> Option<&str> {
    match step {
        Step::Attribute(name) => Some(name),
        _ => None,
    }
}

fn resource(
    module: &Module,
    reference: &Reference,
    mode: Mode,
    at_root: bool,
    place: Place<'_>,
) -> Result<Target, Diagnostic> {
    let (type_name, name) = if at_root {
        (Some(&*reference.root), reference.steps.first())
    } else {
        (reference.steps.first().and_then(attribute_name), reference.steps.get(1))
    };
    let (Some(type_name), Some(name)) = (type_name, name.and_then(attribute_name)) else {
        return Err(Diagnostic::error(
            reference.span,
            "Invalid reference",
            "A reference to a resource type must be followed by at least one attribute access, specifying \
             the resource name.",
        ));
    };
    let key = ResourceName { mode, type_name: type_name.into(), name: name.into() };
    if let Some((at, _, resource)) = module.resources.get_full(&key) {
        let next = reference.steps.get(if at_root { 1 } else { 2 });
        return match check_key(resource, next) {
            Some((summary, detail)) => Err(Diagnostic::error(reference.span, summary, detail)),
            None => Ok(Target::Item(Item::Resource(at))),
        };
    }
    let what = match mode {
        Mode::Managed => "A managed resource",
        Mode::Data => "A data resource",
        Mode::Ephemeral => "An ephemeral resource",
    };
    let other_mode = ResourceName { mode: Mode::Data, ..key.clone() };
    let hint = if mode == Mode::Managed && module.resources.contains_key(&other_mode) {
        format!(" Did you mean the data resource {other_mode}?")
    } else {
        let same_mode = module.resources.keys().filter(|k| k.mode == mode);
        let full: Vec<String> = same_mode.map(|k| k.to_string()).collect();
        let prefix = if mode == Mode::Managed { "" } else { "data." };
        did_you_mean(&format!("{prefix}{type_name}.{name}"), full.iter().map(String::as_str))
            .replace(" Did you mean \"", " Did you mean ")
            .replace("\"?", "?")
    };
    let detail = format!("{what} {type_name:?} {name:?} has not been declared in {}.{hint}", place());
    Err(Diagnostic::error(reference.span, "Reference to undeclared resource", detail))
}

/// A repeated resource is referred to with a key, a single one without.
fn check_key(resource: &Resource, next: Option<&Step>) -> Option<(&'static str, String)> {
    let name = &resource.name;
    let repeats = match (&resource.count, &resource.for_each) {
        (_, Some(_)) => Some(("for_each", "each.key")),
        (Some(_), None) => Some(("count", "count.index")),
        (None, None) => None,
    };
    match (repeats, next?) {
        (Some((argument, key)), Step::Attribute(_)) => Some((
            "Missing resource instance key",
            format!(
                "Because {name} has {argument:?} set, its attributes must be accessed on specific \
                 instances.\n\nFor example, to correlate with indices of a referring resource, use:\n    \
                 {name}[{key}]"
            ),
        )),
        (None, Step::Index(_) | Step::Key(_)) => Some((
            "Unexpected resource instance key",
            format!(
                "Because {name} does not have \"count\" or \"for_each\" set, references to it must not \
                 include an index key. Remove the bracketed index to refer to the single instance of this \
                 resource."
            ),
        )),
        _ => None,
    }
}

/// The references of one declaration.
pub(super) struct Walk<'a> {
    /// Texts of the files.
    pub sources: &'a Sources,
    /// What was found.
    pub found: Vec<Reference>,
    /// References in the content of `dynamic` blocks. Terraform looks at them only when it makes such a
    /// block, so a wrong one is no error before that.
    pub content: Vec<Reference>,
}

impl Walk<'_> {
    fn expr(&mut self, expr: &Expr, iterators: &[Str]) {
        let text = self.sources.text(expr.span.file);
        let found = references(expr.span.file, &text, &expr.node);
        let list = if iterators.is_empty() { &mut self.found } else { &mut self.content };
        list.extend(found.into_iter().filter(|r| !iterators.contains(&r.root)));
    }

    fn attribute(&mut self, attribute: Option<&Attribute>) {
        if let Some(attribute) = attribute {
            self.expr(&attribute.expr, &[]);
        }
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            self.expr(&condition.condition, &[]);
            self.expr(&condition.message, &[]);
        }
    }

    fn body(&mut self, body: &Body, iterators: &[Str]) {
        for attribute in body.attributes.values() {
            self.expr(&attribute.expr, iterators);
        }
        for block in &body.blocks {
            if &*block.kind != "dynamic" {
                self.body(&block.body, iterators);
                continue;
            }
            let inner: Vec<Str> = iterators.iter().cloned().chain([iterator_name(block)]).collect();
            for attribute in block.body.attributes.values().filter(|a| &*a.name != "iterator") {
                let scope = if &*attribute.name == "for_each" { iterators } else { &inner };
                self.expr(&attribute.expr, scope);
            }
            for content in block.body.blocks("content") {
                self.body(&content.body, &inner);
            }
        }
    }
}

/// The name that the content of a `dynamic` block uses.
pub(super) fn iterator_name(block: &super::body::Block) -> Str {
    use hcl_edit::expr::Expression;
    match block.body.attribute("iterator").map(|a| literal::peel(&a.expr.node)) {
        Some(Expression::Variable(name)) => name.as_str().into(),
        Some(Expression::String(name)) => name.as_str().into(),
        _ => block.label(0),
    }
}

/// All references of a declaration.
pub(super) fn of<'a>(module: &Module, item: Item, sources: &'a Sources) -> Walk<'a> {
    let mut walk = Walk { sources, found: Vec::new(), content: Vec::new() };
    match item {
        Item::Variable(_) => {}
        Item::Validation(at) => {
            if let Some((_, variable)) = module.variables.get_index(at) {
                walk.conditions(&variable.validations);
            }
        }
        Item::Local(at) => walk.attribute(module.locals.get_index(at).map(|(_, a)| a)),
        Item::Output(at) => {
            if let Some((_, output)) = module.outputs.get_index(at) {
                walk.attribute(output.value.as_ref());
                walk.conditions(&output.preconditions);
                walk.found.extend(output.depends_on.iter().cloned());
            }
        }
        Item::Resource(at) => {
            if let Some((_, resource)) = module.resources.get_index(at) {
                walk.attribute(resource.count.as_ref());
                walk.attribute(resource.for_each.as_ref());
                walk.body(&resource.body, &[]);
                walk.conditions(&resource.preconditions);
                walk.conditions(&resource.postconditions);
                walk.found.extend(resource.depends_on.iter().cloned());
                walk.found.extend(resource.provisioner_references.iter().cloned());
                walk.found.extend(resource.replace_triggered_by.iter().cloned());
            }
        }
        Item::Call(at) => {
            if let Some((_, call)) = module.calls.get_index(at) {
                walk.attribute(call.count.as_ref());
                walk.attribute(call.for_each.as_ref());
                walk.found.extend(call.depends_on.iter().cloned());
            }
        }
        Item::Check(at) => {
            if let Some((_, check)) = module.checks.get_index(at) {
                walk.conditions(&check.asserts);
            }
        }
        Item::Provider(at) => {
            if let Some(provider) = module.providers.get(at) {
                walk.body(&provider.body, &[]);
            }
        }
        Item::Import(at) => {
            if let Some(import) = module.imports.get(at) {
                walk.attribute(import.for_each.as_ref());
                if let Some(id) = &import.id {
                    walk.expr(id, &[]);
                }
            }
        }
    }
    walk
}

/// The references of an input of a module call.
pub(super) fn of_expr(expr: &Expr, sources: &Sources) -> Vec<Reference> {
    let mut walk = Walk { sources, found: Vec::new(), content: Vec::new() };
    walk.expr(expr, &[]);
    walk.found
}
