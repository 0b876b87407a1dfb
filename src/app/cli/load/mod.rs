//! From arguments to an evaluated root module, its base and its live estate.

mod around;
mod base;
mod gate;
mod live;
mod root;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::RootArgs;
use super::azure::AzureArgs;
use super::state::{self, StateFile};
use crate::analysis::changes::Catalogue;
use crate::app::config::{Config, ConfigError};
use crate::app::data::Overrides;
use crate::azure::translate::{Account, ComputedIds};
use crate::live::state::StateError;
use crate::live::{ReadError, SnapshotError};
use crate::review::Subject;
use crate::terraform::configuration::{Input, Options, evaluate, is_configuration};
use crate::terraform::evaluation::Evaluation;
use crate::terraform::files::{FileError, Recorded};
use crate::terraform::input::{self, Form, InputError, PriorState};
pub(super) use base::Base;
pub(super) use live::AZURE;
use root::{absolute, inputs, naming};
pub(super) use root::{cache, checkout, read, root};

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
    /// The state of a backend.
    #[error(transparent)]
    State(#[from] StateError),
    /// A setting that cannot be used.
    #[error("{0}")]
    Setting(String),
}

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
    /// The state that the code is planned against.
    prior: Option<StateFile>,
    /// The base's files: what gates is read from the newest of them.
    base: Option<Arc<Base>>,
    /// How Azure is read.
    reading: live::Reading,
    /// Settings of the gate that the change under review edits.
    pub(super) edited: Vec<String>,
}

impl Loaded {
    /// Finds the checkout and the settings of a root module; a state in Azure is read as the environment says.
    pub(super) fn new(args: &RootArgs) -> Result<Loaded, LoadError> {
        Loaded::with(args, &AzureArgs::of_environment()?)
    }

    /// The same; a state in Azure is read as these arguments say.
    pub(super) fn with(args: &RootArgs, azure: &AzureArgs) -> Result<Loaded, LoadError> {
        let mut options = root(args.dir(), args.checkout.as_deref())?;
        let config = Config::find(&naming(&options))?;
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
        options.derivation = Some(Arc::new(ComputedIds(account.clone())));
        let plan = args.plan.clone().map(|path| (Form::Plan, path));
        let prior = state::of_arguments(args, &options, &config, azure)?;
        let input = match &prior {
            Some(file) => {
                let prior = PriorState::read(&file.name, &file.bytes)?;
                options.prior = Some(Arc::new(prior));
                options.providers = Some(Arc::new(Catalogue));
                plan
            }
            None => plan.or_else(|| args.state.clone().map(|path| (Form::State, path))),
        };
        let dir = args.dir().to_owned();
        Ok(Loaded {
            config,
            options,
            account,
            dir,
            input,
            prior,
            base: None,
            reading: live::Reading::default(),
            edited: Vec::new(),
        })
    }

    /// What is looked at, as the user named it: the root module, or the file in its place.
    pub(super) fn name(&self) -> &Utf8Path {
        self.input.as_ref().map_or(&self.dir, |(_, path)| path)
    }

    /// False when a plan or a state stands in place of the code.
    pub(super) fn is_code(&self) -> bool {
        self.input.is_none()
    }

    /// Evaluates the root module, or reads the file in its place, and translates it.
    pub(super) fn subject(&self) -> Result<Subject, LoadError> {
        let evaluation = match &self.input {
            Some((form, path)) => input::read(path, &read(path)?, *form)?,
            None => {
                let mut subject = self.subject_of(&self.options);
                subject.evaluation.diagnostics.extend(self.prior.iter().flat_map(|p| p.told.clone()));
                return Ok(subject);
            }
        };
        Ok(Subject::new(evaluation, &self.account, naming(&self.options)))
    }

    /// The same, where nothing but the live estate was asked for since: what it was read for is not evaluated again.
    pub(super) fn subject_beside_live(&mut self) -> Result<Subject, LoadError> {
        match self.reading.observed.take() {
            Some(subject) => Ok(subject),
            None => self.subject(),
        }
    }

    /// The plan that stands for the code, as Terraform wrote it.
    pub(super) fn plan_file(&self) -> Result<Option<serde_json::Value>, LoadError> {
        match &self.input {
            Some((Form::Plan, path)) => Ok(serde_json::from_slice(&read(path)?).ok()),
            _ => Ok(None),
        }
    }

    /// Evaluates and translates a root module, such as the base, in the account of this one.
    pub(super) fn subject_of(&self, options: &Options) -> Subject {
        Subject::new(evaluate(options), &self.account, naming(options))
    }

    /// The same for a base, which may not have the root module yet: then nothing is declared there.
    pub(super) fn subject_of_base(&self, options: &Options) -> Subject {
        let names = options.files.list(&options.root).unwrap_or_default();
        if names.iter().any(|(name, _)| is_configuration(name)) {
            return self.subject_of(options);
        }
        Subject::new(Evaluation::default(), &self.account, naming(options))
    }

    /// The files that evaluating the root module looks at; `None` when errors leave that open.
    pub(super) fn looks_at(&self) -> Option<BTreeSet<Utf8PathBuf>> {
        let files = Arc::new(Recorded::new(self.options.files.clone()));
        let evaluation = evaluate(&Options { files: files.clone(), ..self.options.clone() });
        evaluation.is_complete().then(|| files.seen())
    }

    /// The state that the code is planned against, as an estate of its own.
    pub(super) fn state(&self) -> Result<Option<Subject>, LoadError> {
        let Some(file) = &self.prior else { return Ok(None) };
        let evaluation = input::read(&file.name, &file.bytes, Form::State)?;
        Ok(Some(Subject::new(evaluation, &self.account, naming(&self.options))))
    }
}
