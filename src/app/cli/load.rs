//! From arguments to an evaluated root module, its base and its live estate.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{LiveArgs, RootArgs};
use super::azure::AzureArgs;
use crate::app::config::{Config, ConfigError};
use crate::app::data::Overrides;
use crate::azure::data::LiveData;
use crate::azure::estate::Estate;
use crate::azure::translate::Account;
use crate::live::read::Wanted;
use crate::live::{ReadError, SnapshotError, read_snapshot};
use crate::review::{Subject, observe};
use crate::terraform::configuration::{Input, Options, evaluate};
use crate::terraform::data::{DataSources, FirstOf};
use crate::terraform::files::{FileError, checkout_of};
use crate::terraform::input::{self, Form, InputError};

/// Why a run could not begin.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    /// The root module's folder.
    #[error("cannot read the root module {dir}: {source}")]
    Root {
        /// As the user named it.
        dir: Utf8PathBuf,
        /// Why.
        source: FileError,
    },
    /// The base.
    #[error("cannot read the base {base}: {reason}")]
    Base {
        /// As the user named it.
        base: String,
        /// Why.
        reason: String,
    },
    /// A plan or state file that cannot be found.
    #[error("cannot read {path}: {source}")]
    Input {
        /// The file.
        path: Utf8PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A plan or state file that cannot be used.
    #[error(transparent)]
    Form(#[from] InputError),
    /// `trueup.toml`.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The live estate.
    #[error(transparent)]
    Live(#[from] SnapshotError),
    /// Azure.
    #[error(transparent)]
    Azure(#[from] ReadError),
    /// A setting that cannot be used.
    #[error("{0}")]
    Setting(String),
}

/// The word that names Azure as the source of what is live; `./azure` is a file of that name.
const AZURE: &str = "azure";

const NOT_FROM_A_FILE: &str = "trueup.toml: live = \"azure\" is not taken from a file that may come with the change \
                               under review; say --live azure or TRUEUP_LIVE=azure";

/// A root module ready to be evaluated.
pub(super) struct Loaded {
    /// The settings of `trueup.toml`.
    pub(super) config: Config,
    /// What to evaluate.
    pub(super) options: Options,
    account: Account,
    dir: Utf8PathBuf,
    /// The plan or state that stands for the code.
    input: Option<(Form, Utf8PathBuf)>,
}

impl Loaded {
    /// Finds the checkout and the settings of a root module.
    pub(super) fn new(args: &RootArgs) -> Result<Loaded, LoadError> {
        let mut options = root(&args.dir, args.checkout.as_deref())?;
        let config = Config::find(&args.dir, &top_of(&options, &args.dir), &options.checkout)?;
        options.environment =
            std::env::vars().filter(|(k, _)| k.starts_with("TF_")).collect::<BTreeMap<_, _>>();
        if !config.data.is_empty() {
            options.data = Some(Arc::new(Overrides::new(&config.data).map_err(LoadError::Setting)?));
        }
        options.workspace = args.workspace.clone();
        options.terraform_version = args.terraform_version.clone().or(config.terraform_version.clone());
        let files = config.var_files.iter().map(|f| Input::File(absolute(f)));
        options.inputs = files.chain(inputs(args)).collect();
        let account =
            Account { subscription: args.subscription.clone(), tenant: std::env::var("ARM_TENANT_ID").ok() };
        let plan = args.plan.clone().map(|path| (Form::Plan, path));
        let input = plan.or_else(|| args.state.clone().map(|path| (Form::State, path)));
        Ok(Loaded { config, options, account, dir: args.dir.clone(), input })
    }

    /// What is looked at, as the user named it: the root module, or the file in its place.
    pub(super) fn name(&self) -> &Utf8Path {
        self.input.as_ref().map_or(&self.dir, |(_, path)| path)
    }

    /// Evaluates the root module, or reads the file in its place, and translates it.
    pub(super) fn subject(&self) -> Result<Subject, LoadError> {
        let evaluation = match &self.input {
            Some((form, path)) => {
                let bytes = std::fs::read(path);
                let bytes = bytes.map_err(|source| LoadError::Input { path: path.clone(), source })?;
                input::read(path, &bytes, *form)?
            }
            None => return Ok(self.subject_of(&self.options)),
        };
        Ok(Subject::new(evaluation, &self.account))
    }

    /// Evaluates and translates a root module, such as the base, in the account of this one.
    pub(super) fn subject_of(&self, options: &Options) -> Subject {
        Subject::new(evaluate(options), &self.account)
    }

    /// What to evaluate for the base: a folder, or the same root module at a revision of its checkout.
    ///
    /// What gates comes from a revision's own settings: a change cannot loosen its own gate.
    pub(super) fn base(&mut self, base: &str) -> Result<Options, LoadError> {
        let failed = |reason: String| LoadError::Base { base: base.to_owned(), reason };
        let dir = Utf8Path::new(base);
        let mut options = if dir.is_dir() {
            let mut options = root(dir, None).map_err(|e| failed(e.to_string()))?;
            options.inputs = self.options.inputs.clone();
            options.environment = self.options.environment.clone();
            options.data = self.options.data.clone();
            options
        } else {
            let mut options = self.options.at_revision(base).map_err(|e| failed(e.to_string()))?;
            options.modules = None;
            options.shown = format!("{base}:{}", self.dir).into();
            let config = Config::in_tree(options.files.as_ref(), &options.root)?;
            self.config.fail_on = config.fail_on;
            self.config.profile = config.profile;
            options
        };
        options.workspace = self.options.workspace.clone();
        options.terraform_version = self.options.terraform_version.clone();
        Ok(options)
    }

    /// The live estate and its name: of the flag, else of the settings.
    /// From then on it answers data sources, where the settings do not.
    pub(super) fn live(&mut self, args: &LiveArgs) -> Result<Option<(String, Estate)>, LoadError> {
        let estate = match (&args.live, &self.config.live) {
            _ if args.no_live => return Ok(None),
            (Some(source), _) if source == AZURE => (AZURE.to_owned(), self.read_azure(&args.azure)?),
            (None, Some(path)) if path.file_name() == Some(AZURE) && !path.exists() => {
                return Err(LoadError::Setting(NOT_FROM_A_FILE.to_owned()));
            }
            (Some(path), _) | (None, Some(path)) => (path.to_string(), read_snapshot(path)?),
            (None, None) => return Ok(None),
        };
        self.options.data = Some(self.answered_by(Arc::new(estate.1.clone())));
        Ok(Some(estate))
    }

    /// Reads of Azure what the root module needs.
    fn read_azure(&mut self, args: &AzureArgs) -> Result<Estate, LoadError> {
        let mut subject = self.subject()?;
        let mut session = args.session(&self.config)?;
        if self.account.subscription.is_none() && Wanted::needs_subscription(&subject.estate) {
            self.account.subscription = Some(session.usual_subscription()?);
            subject = self.subject()?;
        }
        let found = observe(&mut session, subject, |live| match &self.input {
            None => {
                let data = Some(self.answered_by(live));
                Ok(self.subject_of(&Options { data, ..self.options.clone() }))
            }
            // A plan and a state hold the answers of data sources.
            Some(_) => self.subject(),
        });
        args.done(&session);
        found
    }

    /// Answers of the settings, then of a live estate.
    fn answered_by(&self, estate: Arc<Estate>) -> Arc<dyn DataSources> {
        let live: Arc<dyn DataSources> = Arc::new(LiveData { estate, account: self.account.clone() });
        Arc::new(FirstOf(self.options.data.iter().cloned().chain([live]).collect()))
    }
}

/// A root module in its checkout, with the cache of fetched modules.
pub(super) fn root(dir: &Utf8Path, given: Option<&Utf8Path>) -> Result<Options, LoadError> {
    let failed = |source| LoadError::Root { dir: dir.to_owned(), source };
    let checkout = match given {
        Some(checkout) => checkout.to_owned(),
        None => checkout(dir).map_err(failed)?,
    };
    let options = Options::within(&checkout, dir).map_err(failed)?;
    let options = Options { shown: dir.to_owned(), ..options };
    Ok(match module_cache() {
        Some(cache) => options.with_module_cache(&cache),
        None => options,
    })
}

/// Where fetched modules are kept: `trueup/modules` in the user's cache directory.
fn module_cache() -> Option<Utf8PathBuf> {
    let directory = |name: &str| {
        let path = Utf8PathBuf::from(std::env::var(name).ok()?);
        path.is_absolute().then_some(path)
    };
    let cache = directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))?;
    Some(cache.join("trueup/modules"))
}

/// How far above a root module its repository's top is looked for when it is no git checkout.
const LEVELS: usize = 4;

/// The folder outside of which nothing is read: the git checkout; without one the nearest folder above
/// that holds `modules`, then the working directory, then the root module itself.
fn checkout(dir: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
    let found = checkout_of(dir)?;
    if found.join(".git").exists() {
        return Ok(found);
    }
    let mut above = found.ancestors().take(LEVELS);
    if let Some(top) = above.find(|d| d.parent().is_some() && d.join("modules").is_dir()) {
        return Ok(top.to_owned());
    }
    let here = std::env::current_dir().ok().and_then(|d| d.canonicalize().ok());
    let here = here.and_then(|d| Utf8PathBuf::from_path_buf(d).ok());
    Ok(here.filter(|h| h.parent().is_some() && found.starts_with(h)).unwrap_or(found))
}

/// The highest folder in which settings are looked for, as seen from the working directory.
fn top_of(options: &Options, dir: &Utf8Path) -> Utf8PathBuf {
    let levels = options.root.components().count();
    let mut top = Utf8PathBuf::from(dir);
    for _ in 0..levels {
        top = match top.parent() {
            Some(parent) if !parent.as_str().is_empty() => parent.to_owned(),
            _ => break,
        };
    }
    top
}

/// `-var` and `-var-file` in the order given: variables after files, as the command line groups them.
fn inputs(args: &RootArgs) -> Vec<Input> {
    let file = |f: &Utf8PathBuf| {
        // As Terraform: relative to the working directory; a file of the root module is found as well.
        let beside = args.dir.join(f);
        Input::File(if !f.exists() && beside.exists() { absolute(&beside) } else { absolute(f) })
    };
    let files = args.var_files.iter().map(file);
    files.chain(args.vars.iter().cloned().map(Input::Var)).collect()
}

fn absolute(path: &Utf8Path) -> Utf8PathBuf {
    camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned())
}
