//! `terraform_remote_state` from other root modules of the checkout: the one that writes the state is
//! found by its `backend`, evaluated within the bounds of this run, and its outputs are the answer.

mod backend;
mod roots;

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::options::{Input, Limits, Options};
use super::run::Run;
use crate::terraform::address::{Address, quote};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Output;
use crate::terraform::files::{DiskFiles, join, relative, tidy};
use crate::terraform::source::{FileId, SourceMap, Span};
use crate::terraform::value::{Entries, Kind, Marks, Origin, Reason, Str, Value};
pub use backend::Backend;
use roots::{Root, Roots};

/// How many root modules may stand one behind the other.
const MAX_CHAIN: usize = 12;

/// Name of the state file of the local backend, and of the folder of those of other workspaces.
const STATE: &str = "terraform.tfstate";
const WORKSPACES: &str = "terraform.tfstate.d";

/// A root module in a workspace, with the variables files of the place that its state is kept in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Target {
    dir: Utf8PathBuf,
    workspace: String,
    var_files: Vec<Utf8PathBuf>,
}

/// What became of a root module.
type Outcome = Result<Arc<Outputs>, String>;

/// The outputs of a root module that was evaluated.
#[derive(Debug)]
struct Outputs {
    outputs: BTreeMap<Str, Output>,
    /// The same as the second pass has them: with ids.
    derived: BTreeMap<Str, Value>,
    sources: SourceMap,
}

/// What the evaluations of a run share: each root module is looked for and evaluated once.
#[derive(Debug, Default)]
pub(super) struct Remote {
    roots: OnceCell<Roots>,
    done: RefCell<HashMap<Target, Outcome>>,
    /// Those that are being evaluated, the first one first.
    going: RefCell<Vec<Target>>,
    /// Root modules that read each other's state, in words, until it is reported.
    cycle: RefCell<Option<String>>,
}

/// Files of other root modules that values of this one come from; they follow the run's own.
#[derive(Debug, Default)]
pub(super) struct Adopted {
    /// Path as shown, and text.
    pub files: Vec<(Utf8PathBuf, Arc<str>)>,
    ids: HashMap<Utf8PathBuf, FileId>,
}

impl Remote {
    /// For the evaluation of a root module that nobody reads.
    pub(super) fn of(options: &Options) -> Remote {
        let first =
            Target { dir: options.root.clone(), workspace: options.workspace(), var_files: Vec::new() };
        Remote { going: RefCell::new(vec![first]), ..Remote::default() }
    }

    /// True while a root module is evaluated for another one that reads its state.
    pub(super) fn is_read(&self) -> bool {
        self.going.borrow().len() > 1
    }
}

/// Where a root module keeps its state: its `backend` block, then what `-backend-config` says, each
/// `NAME=VALUE` or the path of a file, the later one winning. An error says in words what is wrong.
pub fn state_backend(options: &Options, given: &[String]) -> Result<Backend, String> {
    let found = roots::backend_of(options.files.as_ref(), &options.root);
    let mut backend = found.ok_or("the code has no backend block")?;
    for one in given {
        match one.split_once('=') {
            Some((name, value)) => drop(backend.settings.insert(name.trim().to_owned(), value.to_owned())),
            None => {
                let path = Utf8Path::new(one);
                let (dir, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
                let dir = if dir.as_str().is_empty() { Utf8Path::new(".") } else { dir };
                let files = DiskFiles::new(dir).map_err(|e| format!("{one}: {e}"))?;
                let with = roots::with_file(&backend, &files, Utf8Path::new(name));
                backend = with.ok_or_else(|| format!("{one} cannot be read as settings of a backend"))?;
            }
        }
    }
    Ok(backend)
}

/// The path of the state file of the local backend, from the root module.
pub(super) fn local_path(config: Option<&Value>, workspace: &str) -> String {
    let text = |name: &str| config.and_then(|c| c.get(name)).and_then(Value::as_str);
    match workspace {
        "default" => text("path").unwrap_or(STATE).to_owned(),
        other => format!("{}/{other}/{STATE}", text("workspace_dir").unwrap_or(WORKSPACES)),
    }
}

/// The workspace that a `terraform_remote_state` names.
pub(super) fn workspace(members: &Entries) -> &str {
    members.get("workspace").and_then(Value::as_str).unwrap_or("default")
}

impl Run<'_> {
    /// A `terraform_remote_state` with the outputs of the root module that writes the state, where nothing
    /// else has answered it. What stays unknown says why.
    pub(super) fn with_remote_state(&self, address: &Address, planned: Value, header: Span) -> Value {
        let open = planned.get("outputs").is_some_and(Value::is_unknown);
        let Kind::Object(members) = &planned.kind else { return planned };
        if !open {
            return planned;
        }
        let found = self.target(members).and_then(|target| Ok((self.outputs_of(&target)?, target.dir)));
        if self.remote.going.borrow().len() == 1
            && let Some(cycle) = self.remote.cycle.take()
        {
            let summary = "Root modules read each other's state";
            let detail = format!("{address}: {cycle}. What they read of each other is not known.");
            self.report(Diagnostic::warning(header, summary, detail));
        }
        let (address, path) = (Arc::new(address.clone()), Str::from("outputs"));
        let outputs = match found {
            Ok((found, dir)) => self.answer(&Reader { run: self, address, dir, header }, members, &found),
            Err(why) => {
                let reason = Reason::Data { address, path, derived: false, why: Some(why.into()) };
                let ty = planned.get("outputs").map_or(crate::terraform::value::Type::Dynamic, Value::ty);
                Value::unknown(ty, reason)
            }
        };
        let mut members = Entries::clone(members);
        members.insert("outputs".into(), outputs);
        Value { kind: Kind::Object(Arc::new(members)), marks: planned.marks, origin: planned.origin }
    }

    fn answer(&self, reader: &Reader<'_, '_>, members: &Entries, found: &Outputs) -> Value {
        let mut outputs = members.get("defaults").and_then(Value::as_map).cloned().unwrap_or_default();
        // A state keeps no null outputs of a root module.
        for (name, output) in found.outputs.iter().filter(|(_, output)| !output.value.is_null()) {
            let marks = Marks { sensitive: output.sensitive, ..Marks::NONE };
            let derived = found.derived.get(name).filter(|_| self.deriving.get());
            let value = derived.unwrap_or(&output.value);
            let value = reader.value(name, &format!("outputs.{name}"), value, &found.sources);
            outputs.insert(name.clone(), value.with_marks(marks));
        }
        Value::object(outputs)
    }

    /// The root module that writes a state; else what would settle which one it is.
    fn target(&self, members: &Entries) -> Result<Target, String> {
        for name in ["backend", "config", "workspace"] {
            if let Some(reason) = members.get(name).and_then(Value::unknown_reason) {
                return Err(format!("its argument {name} is not known: {reason}"));
            }
        }
        let workspace = workspace(members);
        let config = members.get("config");
        let kind = members.get("backend").and_then(Value::as_str).unwrap_or_default();
        let roots = self.remote.roots.get_or_init(|| roots::find(self.options.files.as_ref()));
        let mut found: Vec<Target> = if kind == "local" {
            self.writer_of(roots, &local_path(config, workspace)).into_iter().collect()
        } else {
            let wanted = Backend::of_values(kind, config.unwrap_or(&Value::null()));
            let target = |root: &Root| {
                let workspace = root.backend.workspace_of(&wanted, workspace)?;
                Some(Target { dir: root.dir.clone(), workspace, var_files: root.var_files.clone() })
            };
            let found: Vec<Target> = roots.roots.iter().filter_map(target).collect();
            if found.is_empty() {
                let wanted = |root: &&Root| root.backend.may_be(&wanted);
                if let Some(root) = roots.roots.iter().find(wanted) {
                    return Err(format!(
                        "the root module {} may write this state, but its backend leaves open {}, which a \
                         -backend-config file (*.tfbackend) beside it would say",
                        self.shown(&root.dir),
                        root.backend.open().join(" and ")
                    ));
                }
            }
            found
        };
        found.dedup();
        if found.len() > 1 && found.iter().all(|t| t.dir == found[0].dir) {
            // One module in one place: what says more of it counts.
            found.retain(|t| !t.var_files.is_empty());
        }
        match found.as_slice() {
            [only] => Ok(only.clone()),
            [] => {
                let cut = if roots.cut { " (it has more files than are looked at)" } else { "" };
                Err(format!(
                    "no root module of the checkout writes this state{cut}; [[data]] in trueup.toml can say its \
                     outputs"
                ))
            }
            [first, .., last] => Err(format!(
                "the root modules {} and {} both write this state; [[data]] in trueup.toml can say its outputs",
                self.shown(&first.dir),
                self.shown(&last.dir)
            )),
        }
    }

    /// The root module whose local backend writes a file.
    fn writer_of(&self, roots: &Roots, path: &str) -> Option<Target> {
        let file = join(&self.options.root, path)?;
        let target = |dir: &Utf8Path, workspace: &str| Target {
            dir: dir.to_owned(),
            workspace: workspace.to_owned(),
            var_files: Vec::new(),
        };
        let local = roots.roots.iter().filter(|r| r.backend.kind == "local");
        for root in local.clone() {
            if join(&root.dir, root.backend.get("path").unwrap_or(STATE)).as_ref() == Some(&file) {
                return Some(target(&root.dir, "default"));
            }
        }
        // Without a backend the state lies in the root module itself.
        let dir = file.parent().filter(|_| file.file_name() == Some(STATE))?;
        let (dir, workspace) = match (dir.parent(), dir.file_name()) {
            (Some(above), Some(workspace)) if above.file_name() == Some(WORKSPACES) => {
                (above.parent()?, workspace)
            }
            _ => (dir, "default"),
        };
        let elsewhere = roots.roots.iter().any(|r| r.dir == dir && r.backend.kind != "local");
        (roots.modules.contains(dir) && !elsewhere).then(|| target(dir, workspace))
    }

    fn outputs_of(&self, target: &Target) -> Outcome {
        if let Some(done) = self.remote.done.borrow().get(target) {
            return done.clone();
        }
        let same = |going: &Target| going.dir == target.dir && going.workspace == target.workspace;
        let going = self.remote.going.borrow();
        if let Some(at) = going.iter().position(same) {
            let round = going[at..].iter().chain([target]).map(|t| self.shown(&t.dir).into_string());
            let why = format!(
                "the root modules read each other's state: {}",
                round.collect::<Vec<_>>().join(" -> ")
            );
            drop(going);
            self.remote.cycle.replace(Some(why.clone()));
            return Err(why);
        }
        if going.len() >= MAX_CHAIN {
            return Err(format!("more than {MAX_CHAIN} root modules read each other's state in a row"));
        }
        drop(going);
        self.remote.going.borrow_mut().push(target.clone());
        let outcome = self.evaluate_root(target);
        self.remote.going.borrow_mut().pop();
        self.remote.done.borrow_mut().insert(target.clone(), outcome.clone());
        outcome
    }

    /// Evaluates another root module. What it takes is taken from this run's budget.
    fn evaluate_root(&self, target: &Target) -> Outcome {
        let given = self.options;
        let file = |path: &Utf8PathBuf| Input::File(given.checkout.join(path));
        let options = Options {
            root: target.dir.clone(),
            modules: None,
            shown: self.shown(&target.dir),
            inputs: target.var_files.iter().map(file).collect(),
            // `TF_VAR_*` are for this root module.
            environment: BTreeMap::new(),
            workspace: Some(target.workspace.clone()),
            prior: None,
            strict: false,
            limits: Limits {
                steps: self.budget.steps.get(),
                bytes: self.budget.bytes.get(),
                instances: given.limits.instances,
            },
            ..given.clone()
        };
        let options = match &given.module_cache {
            Some(cache) => options.with_module_cache(cache),
            None => options,
        };
        let (evaluation, bytes) =
            super::evaluate_within(&options, self.remote, |console| console.run.budget.bytes.get());
        self.budget.steps.set(self.budget.steps.get().saturating_sub(evaluation.steps));
        self.budget.bytes.set(bytes);
        match evaluation.diagnostics.iter().find(|d| d.unread) {
            Some(broken) => {
                Err(format!("the root module {} cannot be read: {}", self.shown(&target.dir), broken.summary))
            }
            None => Ok(Arc::new(Outputs {
                outputs: evaluation.outputs,
                derived: evaluation.derived_outputs,
                sources: evaluation.sources,
            })),
        }
    }

    /// How reports name a directory of the checkout.
    fn shown(&self, dir: &Utf8Path) -> Utf8PathBuf {
        tidy(&self.options.shown.join(relative(&self.options.root, dir)))
    }
}

/// Who reads the outputs of another root module.
struct Reader<'a, 'r> {
    run: &'a Run<'r>,
    address: Arc<Address>,
    dir: Utf8PathBuf,
    header: Span,
}

impl Reader<'_, '_> {
    /// A value of the other root module's output `name`: what is unknown is so because of that output;
    /// places are those of its files.
    fn value(&self, name: &str, path: &str, value: &Value, from: &SourceMap) -> Value {
        let origin = match value.origin.at.and_then(|at| self.adopt(at, from)) {
            Some(at) => Origin::at(at).used_by(self.header),
            None => Origin::at(self.header),
        };
        let part = |step: String, value: &Value| self.value(name, &format!("{path}{step}"), value, from);
        let items = |v: &[Value]| -> Arc<Vec<Value>> {
            Arc::new(v.iter().enumerate().map(|(at, v)| part(format!("[{at}]"), v)).collect())
        };
        let kind = match &value.kind {
            Kind::Unknown(unknown) => {
                let mut unknown = unknown.clone();
                Arc::make_mut(&mut unknown).reason = self.reason(name, path, &unknown.reason);
                Kind::Unknown(unknown)
            }
            Kind::List(ty, v) => Kind::List(ty.clone(), items(v)),
            Kind::Set(ty, v) => Kind::Set(ty.clone(), items(v)),
            Kind::Tuple(v) => Kind::Tuple(items(v)),
            Kind::Map(ty, m) => Kind::Map(
                ty.clone(),
                Arc::new(m.iter().map(|(k, v)| (k.clone(), part(format!("[{}]", quote(k)), v))).collect()),
            ),
            Kind::Object(m) => {
                Kind::Object(Arc::new(m.iter().map(|(k, v)| (k.clone(), part(format!(".{k}"), v))).collect()))
            }
            known => known.clone(),
        };
        Value { kind, marks: value.marks, origin }
    }

    /// Why a part of an output is not known: because the output's is not. The second pass says whose attribute
    /// it is, so that those who see both root modules can follow it.
    fn reason(&self, name: &str, path: &str, reason: &Reason) -> Reason {
        if let Reason::Computed { address, path, derived } = reason
            && self.run.deriving.get()
        {
            let root = address.root.clone().unwrap_or_else(|| self.dir.as_str().into());
            let address = Arc::new(Address { root: Some(root), ..Address::clone(address) });
            return Reason::Computed { address, path: path.clone(), derived: *derived };
        }
        let why = format!("output {name:?} of the root module {}: {reason}", self.run.shown(&self.dir));
        let (address, path) = (self.address.clone(), path.into());
        Reason::Data { address, path, derived: false, why: Some(why.into()) }
    }

    /// The same place in this run's files.
    fn adopt(&self, span: Span, from: &SourceMap) -> Option<Span> {
        let file = from.file(span.file);
        let mut adopted = self.run.adopted.borrow_mut();
        if let Some(id) = adopted.ids.get(&file.path) {
            return Some(Span { file: *id, ..span });
        }
        let own =
            self.run.sources.map.entries().find(|(_, own)| own.path == file.path && own.text == file.text);
        let id = match own {
            Some((id, _)) => id,
            None => {
                adopted.files.push((file.path.clone(), file.text.clone()));
                self.run.sources.map.id_after(adopted.files.len())
            }
        };
        adopted.ids.insert(file.path.clone(), id);
        Some(Span { file: id, ..span })
    }
}
