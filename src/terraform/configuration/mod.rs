//! Loading a root module and its modules, and evaluating them by dependency graph.
//!
//! [`evaluate`] does all of it, in this order:
//!
//! 1. `loader` reads the files of each module (native syntax, or JSON through `json`), `spec` checks
//!    which arguments and blocks are there, `overrides` merges override files, `decode` makes
//!    declarations of them; `tree` follows module calls.
//! 2. `tfvars` gathers the inputs, `providers` the provider versions.
//! 3. `graph` orders all declarations; `dependencies` says what refers to what.
//! 4. `run` evaluates them in that order: `variables`, `expansion` (`count`, `for_each`), `resource`
//!    with `blocks`, `outputs`, `conditions`. `scope` says what names mean on the way.
//!
//! Errors do not stop it: what an error spoils is unknown with
//! [`Reason::Failed`](crate::terraform::value::Reason::Failed), and the rest is evaluated.

mod blocks;
mod body;
mod builtin;
mod calls;
mod code;
mod conditions;
mod constraint;
mod data;
mod declaration;
mod decode;
mod dependencies;
mod derived;
mod expansion;
mod fit;
mod graph;
mod json;
mod json_blocks;
mod json_value;
mod literal;
mod loader;
mod moves;
mod options;
mod outputs;
mod overrides;
mod prior;
mod providers;
mod remote;
mod resource;
mod run;
mod scope;
mod sources;
mod spec;
mod suggest;
mod tfvars;
mod tree;
mod variables;
mod versions;
mod waits;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, HashSet};

pub use calls::{ModuleCall, module_calls};
pub use code::{Code, ModuleDefault, Provisioned, WrittenBackend, WrittenCall};
pub use loader::is_configuration;
pub use options::{Input, Limits, Options};
pub use remote::{Backend, state_backend};
pub use versions::{Constraints, Version};

use super::diagnostic::Diagnostic;
use super::evaluation::{Evaluation, Provider};
use super::expression::{Budget, Renderer, console};
use super::files::Sandbox;
use super::functions::Context;
use super::value::{Str, Value};
use loader::Loader;
use remote::Remote;
use run::{Run, State};
use sources::Sources;
use tfvars::{Given, Source};

/// Errors that a broken file may cause elsewhere: what it declares is not declared for the others.
const ECHOES: &[&str] = &[
    "Reference to undeclared input variable",
    "Reference to undeclared local value",
    "Reference to undeclared module",
    "Reference to undeclared resource",
    "Value for undeclared variable",
    "Unsupported argument",
    "Unsupported attribute",
];

/// The diagnostics without those that may only echo a file that could not be read.
fn without_echoes(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if diagnostics.iter().any(|d| d.unread) {
        diagnostics.retain(|d| d.unread || !ECHOES.contains(&d.summary.as_str()));
    }
    diagnostics
}

/// Evaluates a root module.
pub fn evaluate(options: &Options) -> Evaluation {
    evaluate_then(options, |_| ()).0
}

/// Evaluates a root module, and then does something with what it knows, such as answering a console.
pub fn evaluate_then<T>(options: &Options, then: impl FnOnce(&Console<'_, '_>) -> T) -> (Evaluation, T) {
    evaluate_within(options, &Remote::of(options), then)
}

/// The same for one of the root modules of a run, which share what they read of each other.
fn evaluate_within<T>(
    options: &Options,
    remote: &Remote,
    then: impl FnOnce(&Console<'_, '_>) -> T,
) -> (Evaluation, T) {
    let mut loader = Loader {
        files: options.files.as_ref(),
        root: &options.root,
        shown: &options.shown,
        sources: Sources::numbered(options.number),
        diagnostics: Vec::new(),
    };
    let tree = tree::load(&mut loader, options.modules.as_deref());
    let inputs = tfvars::read(options, tree.module(0), &mut loader);
    let providers = providers::providers(&tree, &mut loader, options);
    let Loader { sources, mut diagnostics, .. } = loader;
    diagnostics.extend(providers::required_versions(&tree, options));
    let order = graph::order(&tree, &sources, &mut diagnostics);
    let moves = moves::moves(&tree, &sources, &mut diagnostics);

    let diagnostics = RefCell::new(diagnostics);
    let budget = Budget {
        steps: Cell::new(options.limits.steps),
        bytes: Cell::new(options.limits.bytes),
        ..Budget::default()
    };
    let files = Sandbox { source: options.files.as_ref(), root: &options.root, checkout: &options.checkout };
    let cwd = options.checkout.join(&options.root);
    let cwd = cwd.as_str().trim_end_matches('/');
    let templates = Renderer {
        files: &files,
        cwd,
        plan_time: &options.plan_time,
        budget: &budget,
        short_circuit: options.short_circuit(),
    };
    let functions =
        Context { files: &files, templates: &templates, cwd, plan_time: &options.plan_time, budget: &budget };
    let mut run = Run {
        options,
        sources: &sources,
        tree: &tree,
        providers,
        prepared: Vec::new(),
        given: HashMap::new(),
        functions: &functions,
        schemas: RefCell::default(),
        budget: &budget,
        diagnostics: &diagnostics,
        state: RefCell::new(State::default()),
        stopped: Cell::new(false),
        short_circuit: options.short_circuit(),
        remote,
        deriving: Cell::new(false),
        adopted: RefCell::default(),
        prior: options.prior.as_deref().map(|state| prior::Prior::new(state, &tree, &moves)),
        create_first: order.create_first.clone(),
    };
    run.prepared = tree.modules.iter().map(|module| run.prepare(module)).collect();
    run.given = inputs.values.into_iter().map(|(name, source)| (name, given(&run, source))).collect();
    run.all(&order);
    let steps = options.limits.steps - budget.steps.get();
    let result = then(&Console { run: &run });
    let changes = run.changes();

    let (derived, derived_outputs) = run.derived(&order);

    let Run { state, mut providers, adopted, schemas, prepared, .. } = run;
    let State { mut instances, outputs, checks, modules, providers: configured, imports, .. } =
        state.into_inner();
    instances.sort_unstable_by(|a, b| a.address.cmp(&b.address));
    let names = tree.module(0).variables.keys();
    let values = modules.first().map(|m| m.variables.as_slice()).unwrap_or_default();
    let variables: BTreeMap<Str, Value> =
        names.zip(values).filter_map(|(name, value)| Some((name.clone(), value.clone()?))).collect();
    for (name, config) in configured {
        let plain = name.split('.').next().unwrap_or_default();
        let like = providers.get(plain).cloned().unwrap_or_default();
        providers.entry(name).or_insert(Provider { config: None, ..like }).config = Some(config);
    }
    // A configuration that is used but not written down: an alias that nothing declares.
    for instance in &instances {
        if !providers.contains_key(&instance.provider) {
            let plain = instance.provider.split('.').next().unwrap_or_default();
            let like = Provider { config: None, ..providers.get(plain).cloned().unwrap_or_default() };
            providers.insert(instance.provider.clone(), like);
        }
    }
    let diagnostics = without_echoes(in_order(diagnostics.into_inner()));
    let majors = providers.values().filter_map(|p| Some((p.source.clone(), p.major?))).collect();
    let defaults = prepared.into_iter().map(|module| module.into_iter().map(|p| p.default).collect());
    let (defaults, schemas) = (defaults.collect(), schemas.into_inner());
    let (mut sources, native) = sources.into_parts();
    let code = Code { tree, native, schemas, defaults, majors, waits: order.waits };
    for (path, text) in adopted.into_inner().files {
        sources.add(path, text);
    }
    let evaluation = Evaluation {
        sources,
        instances,
        outputs,
        providers,
        diagnostics,
        variables,
        checks,
        moves,
        imports: imports.into_iter().collect(),
        changes,
        steps,
        derived,
        derived_outputs,
        code: Some(code.into()),
    };
    (evaluation, result)
}

/// An evaluated root module that answers expressions.
pub struct Console<'a, 'r> {
    run: &'a Run<'r>,
}

impl Console<'_, '_> {
    /// Evaluates an expression in the root module, as `terraform console` does. The diagnostics are those of
    /// the expression alone; their places lie in the text without leading and trailing blanks. What one
    /// expression costs is not taken from the next one's bound. Both sides of `&&` and `||` are evaluated,
    /// so that a mistake in either shows.
    pub fn evaluate(&self, text: &str) -> (Value, Vec<Diagnostic>) {
        let (steps, bytes) = (self.run.budget.steps.get(), self.run.budget.bytes.get());
        let scope = scope::Frame::new(self.run, 0);
        let mut sources = super::source::SourceMap::default();
        let result =
            console::evaluate(&mut sources, text, &scope, self.run.functions, self.run.short_circuit);
        self.run.budget.steps.set(steps);
        self.run.budget.bytes.set(bytes);
        result
    }
}

/// A value from a variables file is evaluated here; a text waits for its variable's type.
fn given(run: &Run<'_>, source: Source) -> Given {
    match source {
        Source::File(expr) => {
            let value = run.constant(&expr);
            let origin = if value.origin.at.is_some() {
                value.origin.clone()
            } else {
                super::value::Origin::at(expr.span)
            };
            Given::Value(value.with_origin(origin))
        }
        Source::Text { text, expression, from } => Given::Text { text, expression, from },
    }
}

/// Errors that say that a limit was hit, after which nothing more is evaluated.
const LIMITS: &[&str] = &["Evaluation limit exceeded", "Value too large"];

/// Each diagnostic once, in order of place; those without a place first. Of the limits only the first
/// that was hit: the others are its consequence.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut limits = 0;
    diagnostics.retain(|d| {
        limits += usize::from(LIMITS.contains(&d.summary.as_str()));
        limits <= 1 || !LIMITS.contains(&d.summary.as_str())
    });
    let mut seen = HashSet::new();
    let mut kept: Vec<Diagnostic> = diagnostics
        .into_iter()
        .filter(|d| {
            // A module that is called twice is named by its first call.
            let undeclared = d.summary.starts_with("Reference to undeclared");
            seen.insert((
                d.span,
                d.summary.clone(),
                if undeclared { String::new() } else { d.detail.clone() },
            ))
        })
        .collect();
    kept.sort_by_key(|d| d.span);
    kept
}
