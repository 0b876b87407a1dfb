//! One evaluation: what is known so far, and the evaluation of one task after another.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hcl_edit::expr::Expression;

use super::body::Expr;
use super::declaration::Module;
use super::dependencies::Item;
use super::graph::{Order, Task};
use super::options::Options;
use super::prior::Prior;
use super::remote::{Adopted, Remote};
use super::scope::Frame;
use super::sources::Sources;
use super::tfvars::Given;
use super::tree::Tree;
use super::variables::Prepared;
use crate::terraform::address::{Address, InstanceKey, Mode, ModulePath};
use crate::terraform::change::Change;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::{CheckStatus, Instance, Output};
use crate::terraform::expression::{Budget, Evaluator};
use crate::terraform::functions::Context;
use crate::terraform::schema::Block;
use crate::terraform::source::Span;
use crate::terraform::value::{Reason, Str, Type, Value};

/// How a resource or module call repeats.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Neither `count` nor `for_each`.
    One,
    /// `count`
    Count,
    /// `for_each`
    Each,
    /// Not known how often; one instance stands for all, with the key `[*]`.
    Unknown(Reason),
}

/// One instance of a module: the root, or one that a call makes.
#[derive(Debug)]
pub(super) struct ModuleInstance {
    /// Node of the module tree.
    pub node: usize,
    /// Its address.
    pub path: ModulePath,
    /// Headers of the calls that lead here.
    pub calls: Arc<[Span]>,
    /// The instance that called it.
    pub parent: Option<usize>,
    /// Its key and `each.value`, for the inputs.
    pub key: Option<InstanceKey>,
    /// `each.value`
    pub each: Option<Value>,
    /// Values by number of the declaration; `None` until evaluated.
    pub variables: Vec<Option<Value>>,
    /// Local values.
    pub locals: Vec<Option<Value>>,
    /// Outputs.
    pub outputs: Vec<Option<Value>>,
    /// Resources.
    pub resources: Vec<Option<Repeated>>,
    /// Instances of called modules.
    pub children: Vec<Option<Arc<Children>>>,
}

/// All instances of a resource.
#[derive(Clone, Debug)]
pub(super) struct Repeated {
    /// How it repeats.
    pub shape: Shape,
    /// What a reference to it gives: an object, a tuple or map of objects.
    pub value: Value,
    /// For a type without schema, what the configuration of each instance sets.
    pub config: HashMap<Option<InstanceKey>, Value>,
}

/// All instances of a module call.
#[derive(Clone, Debug)]
pub(super) struct Children {
    /// How it repeats.
    pub shape: Shape,
    /// Numbers of the module instances, in order of their keys.
    pub instances: Vec<usize>,
    /// Numbers by key.
    pub by_key: HashMap<Option<InstanceKey>, usize>,
}

/// Schemas by mode and type; nothing for a type without one.
pub(super) type Schemas = HashMap<(Mode, Str), Option<Arc<Block>>>;

/// What was evaluated so far.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Module instances; the root is number 0.
    pub modules: Vec<ModuleInstance>,
    /// By node of the tree: its instances.
    pub by_node: Vec<Vec<usize>>,
    /// Values of whole modules, by caller and call.
    pub module_values: HashMap<(usize, usize), Value>,
    /// Resource instances.
    pub instances: Vec<Instance>,
    /// Ids that import blocks give, by address.
    pub imports: HashMap<String, Value>,
    /// What an apply does to the instances that are there already.
    pub changes: std::collections::BTreeMap<Address, Change>,
    /// Outcome of checks by address.
    pub checks: std::collections::BTreeMap<String, CheckStatus>,
    /// Outputs of the root.
    pub outputs: std::collections::BTreeMap<Str, Output>,
    /// Evaluated provider blocks of the root, by name or `name.alias`.
    pub providers: std::collections::BTreeMap<Str, Value>,
}

/// One evaluation.
pub(super) struct Run<'a> {
    /// What the caller asked for.
    pub options: &'a Options,
    /// The files.
    pub sources: &'a Sources,
    /// The modules.
    pub tree: &'a Tree,
    /// Providers by local name.
    pub providers: std::collections::BTreeMap<Str, crate::terraform::evaluation::Provider>,
    /// By module: its variables, with their types.
    pub prepared: Vec<Vec<Prepared>>,
    /// Values of the root's variables, from outside.
    pub given: HashMap<Str, Given>,
    /// What functions need.
    pub functions: &'a Context<'a>,
    /// Schemas by mode and type.
    pub schemas: RefCell<Schemas>,
    /// The bound on work.
    pub budget: &'a Budget,
    /// What is wrong.
    pub diagnostics: &'a RefCell<Vec<Diagnostic>>,
    /// What was evaluated so far.
    pub state: RefCell<State>,
    /// True once a limit was hit: nothing more is evaluated.
    pub stopped: Cell<bool>,
    /// `&&` and `||` leave out the right side when the left decides.
    pub short_circuit: bool,
    /// True in the second pass, in which instances have the ids that they will have.
    pub deriving: Cell<bool>,
    /// Other root modules whose state is read.
    pub remote: &'a Remote,
    /// Their files, as far as values come from them.
    pub adopted: RefCell<Adopted>,
    /// What there is already.
    pub prior: Option<Prior<'a>>,
    /// Resources that are created before they are destroyed, because one that refers to them is: node of
    /// the tree and number of the declaration.
    pub create_first: HashSet<(usize, usize)>,
}

impl ModuleInstance {
    /// An instance of which nothing was evaluated.
    pub(super) fn new(node: usize, module: &Module, path: ModulePath, calls: Arc<[Span]>) -> ModuleInstance {
        ModuleInstance {
            node,
            path,
            calls,
            parent: None,
            key: None,
            each: None,
            variables: vec![None; module.variables.len()],
            locals: vec![None; module.locals.len()],
            outputs: vec![None; module.outputs.len()],
            resources: vec![None; module.resources.len()],
            children: vec![None; module.calls.len()],
        }
    }
}

/// Evaluates an expression with these names.
pub(super) fn evaluate(scope: &dyn crate::terraform::expression::Scope, run: &Run<'_>, expr: &Expr) -> Value {
    let file = expr.span.file;
    let text = run.sources.text(file);
    evaluate_node(scope, run, file, &text, &expr.node)
}

/// Evaluates a node of the tree of a text with these names.
pub(super) fn evaluate_node(
    scope: &dyn crate::terraform::expression::Scope,
    run: &Run<'_>,
    file: crate::terraform::source::FileId,
    text: &str,
    node: &Expression,
) -> Value {
    let Run { functions, budget, diagnostics, short_circuit, .. } = *run;
    Evaluator { scope, functions, file, text, diagnostics, budget, short_circuit }.evaluate(node)
}

/// The value of something that failed with a diagnostic of its own.
pub(super) fn failed() -> Value {
    Value::unknown(Type::Dynamic, Reason::Failed)
}

impl<'a> Run<'a> {
    /// The declarations of a module instance.
    pub(super) fn module_of(&self, instance: usize) -> &'a Module {
        let node = self.state.borrow().modules.get(instance).map_or(0, |m| m.node);
        self.tree.module(node)
    }

    /// Reports something.
    pub(super) fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Evaluates an expression in a module instance.
    pub(super) fn evaluate(&self, frame: &Frame<'_, '_>, expr: &Expr) -> Value {
        evaluate(frame, self, expr)
    }

    /// Evaluates all tasks.
    pub(super) fn all(&self, order: &Order) {
        {
            let mut state = self.state.borrow_mut();
            state.by_node = vec![Vec::new(); self.tree.nodes.len()];
            let root = ModuleInstance::new(0, self.tree.module(0), ModulePath::default(), Arc::new([]));
            state.modules.push(root);
            if let Some(first) = state.by_node.first_mut() {
                first.push(0);
            }
        }
        for (task, given_up) in &order.tasks {
            let instances = match self.state.borrow_mut().by_node.get_mut(task.node) {
                // Children are made before any of their own tasks comes, so the list is complete.
                Some(list) => list.clone(),
                None => continue,
            };
            for instance in instances {
                if self.stopped.get() {
                    return;
                }
                self.task(task, instance, *given_up);
                if self.budget.steps.get() == 0 || self.budget.bytes.get() == 0 {
                    self.stopped.set(true);
                }
            }
        }
    }

    fn task(&self, task: &Task, instance: usize, given_up: bool) {
        match task.item {
            Item::Variable(at) => {
                let value = if given_up { failed() } else { self.variable(instance, at) };
                self.store(instance, |m| m.variables.get_mut(at), value);
            }
            Item::Local(at) => {
                let value = match self.tree.module(task.node).locals.get_index(at) {
                    Some((_, local)) if !given_up => self.evaluate(&Frame::new(self, instance), &local.expr),
                    _ => failed(),
                };
                self.store(instance, |m| m.locals.get_mut(at), value);
            }
            Item::Output(at) => {
                let value = if given_up { failed() } else { self.output(instance, at) };
                self.store(instance, |m| m.outputs.get_mut(at), value);
            }
            Item::Resource(at) => {
                let repeated = if given_up { Repeated::failed() } else { self.resource(instance, at) };
                self.store(instance, |m| m.resources.get_mut(at), repeated);
            }
            Item::Call(at) => self.call(task.node, instance, at, given_up),
            Item::Validation(at) if !given_up => self.validation(instance, at),
            Item::Check(at) if !given_up => self.check(instance, at),
            Item::Provider(at) if !given_up => self.provider(instance, at),
            Item::Import(at) if !given_up => self.import(instance, at),
            _ => {}
        }
    }

    fn store<T>(
        &self,
        instance: usize,
        slot: impl FnOnce(&mut ModuleInstance) -> Option<&mut Option<T>>,
        value: T,
    ) {
        if let Some(slot) = self.state.borrow_mut().modules.get_mut(instance).and_then(slot) {
            *slot = Some(value);
        }
    }

    /// Stops with one error when there are more instances than the limit.
    pub(super) fn limit_instances(&self, more: usize, span: Span) -> bool {
        let state = self.state.borrow();
        let limit = self.options.limits.instances;
        if state.instances.len() + state.modules.len() + more <= limit {
            return true;
        }
        if !self.stopped.replace(true) {
            self.report(Diagnostic::error(
                span,
                "Too many instances",
                format!("The configuration makes more than {limit} instances of resources and modules."),
            ));
        }
        false
    }
}

impl Repeated {
    /// A resource whose instances could not be made out; what was wrong was reported.
    pub(super) fn failed() -> Repeated {
        Repeated { shape: Shape::Unknown(Reason::Failed), value: failed(), config: HashMap::new() }
    }
}
