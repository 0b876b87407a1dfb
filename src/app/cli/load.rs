//! From arguments to an evaluated root module, its base and its live estate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::args::{LiveArgs, RootArgs};
use super::azure::AzureArgs;
use super::policy;
use super::state::{self, StateFile};
use crate::analysis::changes::Catalogue;
use crate::analysis::cost::usage::Usage;
use crate::analysis::policy::PolicyFile;
use crate::analysis::rules::{self, Checkout, Sibling};
use crate::app::config::{Config, ConfigError, FILE};
use crate::app::data::Overrides;
use crate::azure::data::LiveData;
use crate::azure::estate::Estate;
use crate::azure::translate::{Account, ComputedIds, translate};
use crate::live::read::Wanted;
use crate::live::state::StateError;
use crate::live::{ReadError, SnapshotError, read_snapshot};
use crate::output::markdown::Template;
use crate::review::baseline::Baseline;
use crate::review::{Adoption, Subject, Surroundings, observe};
use crate::terraform::configuration::{Code, Input, Options, evaluate, is_configuration};
use crate::terraform::data::{DataSources, FirstOf};
use crate::terraform::evaluation::Evaluation;
use crate::terraform::files::{
    DiskFiles, FileError, FileSource, Fork, GitTree, Naming, Recorded, checkout_of, fork, tidy,
};
use crate::terraform::input::{self, Form, InputError, PriorState};

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

/// The word that names Azure as the source of what is live; `./azure` is a file of that name.
pub(super) const AZURE: &str = "azure";

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
    /// The state that the code is planned against.
    prior: Option<StateFile>,
    /// The base's files: what gates is read from the newest of them.
    base: Option<Arc<Base>>,
    /// What was evaluated to read Azure, when nothing that was read changes it.
    observed: Option<Subject>,
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
            observed: None,
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
        match self.observed.take() {
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

    /// Looks at what lies beside the code of a subject: files of the checkout, and roots of other
    /// environments. A plan or a state that stands for the code has nothing beside it.
    pub(super) fn look_around(&self, subject: &mut Subject) {
        if self.input.is_none() {
            self.look_around_at(&self.options, subject);
        }
    }

    /// The same for a root module elsewhere, such as that of the base.
    pub(super) fn look_around_at(&self, options: &Options, subject: &mut Subject) {
        let folders = subject.evaluation.code.as_deref().map(Code::module_folders).unwrap_or_default();
        let files = options.files.as_ref();
        let checkout = Checkout::read(files, &options.root, &folders, |path| files.is_tracked(path));
        let mut siblings = Vec::new();
        if rules::is_production(&subject.evaluation, Some(&options.root)) {
            let others = checkout.environments(files).into_iter();
            siblings.extend(others.map(|dir| self.sibling(options, dir)));
        }
        subject.surroundings = Surroundings { checkout: Some(checkout), siblings };
    }

    /// Another root module of a checkout.
    fn sibling(&self, options: &Options, dir: Utf8PathBuf) -> Sibling {
        let options = Options {
            root: dir.clone(),
            shown: Utf8PathBuf::new(),
            modules: None,
            inputs: Vec::new(),
            environment: BTreeMap::new(),
            workspace: None,
            prior: None,
            ..options.clone()
        };
        let account = self.account.clone();
        let read = move || {
            let evaluation = evaluate(&options);
            if rules::is_production(&evaluation, Some(&options.root)) {
                return None;
            }
            let estate = translate(&evaluation, &account);
            Some((evaluation, estate))
        };
        Sibling { dir, read: Arc::new(read) }
    }

    /// The state that the code is planned against, as an estate of its own.
    pub(super) fn state(&self) -> Result<Option<Subject>, LoadError> {
        let Some(file) = &self.prior else { return Ok(None) };
        let evaluation = input::read(&file.name, &file.bytes, Form::State)?;
        Ok(Some(Subject::new(evaluation, &self.account, naming(&self.options))))
    }

    /// What to evaluate for the base: a folder, or the same root module at the commit where the change left a
    /// revision of its checkout.
    ///
    /// What gates comes from the revision's own settings: a change cannot loosen its own gate.
    pub(super) fn base(&mut self, base: &str) -> Result<Options, LoadError> {
        self.base_of(base, None)
    }

    /// The same for a root module that stands in another folder of the base, relative to the checkout.
    pub(super) fn base_of(&mut self, base: &str, from: Option<&Utf8Path>) -> Result<Options, LoadError> {
        let failed = |reason: String| LoadError::Base { base: base.to_owned(), reason };
        let dir = Utf8Path::new(base);
        let mut options = if dir.is_dir() {
            let mut options = root(dir, None).map_err(|e| failed(e.to_string()))?;
            options.inputs = self.options.inputs.clone();
            options.environment = self.options.environment.clone();
            options.data = self.options.data.clone();
            options.derivation = self.options.derivation.clone();
            options
        } else {
            let trees = Base::open(&self.options.checkout, base).map_err(|e| failed(e.to_string()))?;
            let mut options = self.options.clone();
            options.root = from.map_or(options.root, Utf8Path::to_owned);
            let mut options = options.in_tree(trees.fork.clone());
            options.modules = None;
            options.shown = format!("{base}:{}", from.unwrap_or(&self.dir)).into();
            let before = Config::in_tree(trees.fork.as_ref(), &options.root)?;
            self.take_gate(before, Config::in_tree(trees.tip.as_ref(), &options.root)?);
            self.base = Some(trees);
            options
        };
        options.workspace = self.options.workspace.clone();
        options.terraform_version = self.options.terraform_version.clone();
        options.prior = None;
        Ok(options)
    }

    /// The settings of the base's newest commit that decide about the gate, in place of those of the change.
    /// What the change edits is told by what there was `before` it.
    fn take_gate(&mut self, before: Config, base: Config) {
        let [before, base] = [before, base].map(|config| shown(config, &naming(&self.options)));
        self.edited = gating(&self.config)
            .into_iter()
            .zip(gating(&before))
            .filter(|((_, own), (_, before))| own != before)
            .map(|((name, _), _)| format!("{FILE}: {name}"))
            .collect();
        let own = &mut self.config;
        (own.fail_on, own.profile, own.rules) = (base.fail_on, base.profile, base.rules);
        (own.accept_new_suppressions, own.baseline) = (base.accept_new_suppressions, base.baseline);
        (own.policy, own.policy_namespaces) = (base.policy, base.policy_namespaces);
        (own.cost, own.drift, own.usage) = (base.cost, base.drift, base.usage);
        own.review.template = base.review.template;
    }

    /// What is decided about findings: the rules of the settings, and the baseline of the flag, else of
    /// the settings. A baseline in the checkout is read as the base has it.
    pub(super) fn adoption(&mut self, flag: Option<&Utf8Path>) -> Result<Adoption, LoadError> {
        let path = flag.map(Utf8Path::to_owned).or_else(|| self.config.baseline.clone());
        let baseline = match path {
            Some(path) => self.baseline(&path)?.map(|baseline| (path.to_string(), baseline)),
            None => None,
        };
        Ok(Adoption {
            rules: self.config.rules.clone(),
            drift: self.config.drift.clone(),
            accept_new_suppressions: self.config.accept_new_suppressions,
            baseline,
        })
    }

    fn baseline(&mut self, path: &Utf8Path) -> Result<Option<Baseline>, LoadError> {
        let failed = |reason: String| LoadError::Setting(format!("the baseline {path}: {reason}"));
        let Some(bytes) = self.of_base(path).map_err(failed)? else { return Ok(None) };
        Baseline::parse(&String::from_utf8_lossy(&bytes)).map(Some).map_err(failed)
    }

    /// How much is used, by the file of the flag, else of the settings. One in the checkout is read as the
    /// base has it: a change cannot cheapen itself.
    pub(super) fn usage(&mut self, flag: Option<&Utf8Path>) -> Result<Usage, LoadError> {
        let Some(path) = flag.map(Utf8Path::to_owned).or_else(|| self.config.usage.clone()) else {
            return Ok(Usage::default());
        };
        let failed = |reason: String| LoadError::Setting(format!("the usage file {path}: {reason}"));
        let Some(bytes) = self.of_base(&path).map_err(failed)? else { return Ok(Usage::default()) };
        Usage::read(&String::from_utf8_lossy(&bytes), path.as_str()).map_err(|e| failed(e.to_string()))
    }

    /// The form of the comment: by the file of the flag, else of the settings. One in the checkout is read as
    /// the base has it: a change does not write its own comment.
    pub(super) fn template(&mut self, flag: Option<&Utf8Path>) -> Result<Option<Template>, LoadError> {
        let Some(path) = flag.map(Utf8Path::to_owned).or_else(|| self.config.review.template.clone()) else {
            return Ok(None);
        };
        let failed = |reason: String| LoadError::Setting(format!("the template {path}: {reason}"));
        let Some(bytes) = self.of_base(&path).map_err(failed)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| failed("it is no text in UTF-8".to_owned()))?;
        Template::parse(path.as_str(), &text).map(Some).map_err(LoadError::Setting)
    }

    /// A file that decides about the gate: of the base when it is in the checkout and there is a base, and
    /// nothing when the base has none. A change that edits it is told of.
    fn of_base(&mut self, path: &Utf8Path) -> Result<Option<Vec<u8>>, String> {
        let in_checkout = naming(&self.options).in_checkout(path);
        let on_disk = std::fs::read(path);
        let Some((base, path_in)) = self.base.as_ref().zip(in_checkout) else {
            return on_disk.map(Some).map_err(|e| e.to_string());
        };
        let (before, of_base) = (base.fork.read(&path_in), base.tip.read(&path_in));
        if before.as_ref().ok().map(|b| &b[..]) != on_disk.as_deref().ok() {
            self.edited.push(path.to_string());
        }
        match of_base {
            Ok(bytes) => Ok(Some(bytes)),
            Err(FileError::NotFound) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The files of the policy folder of the flag, else of the settings. A folder in the checkout is read as
    /// the base has it; one that the base does not have yet as it is.
    pub(super) fn policy_files(
        &mut self,
        flag: Option<&Utf8Path>,
    ) -> Result<Option<Vec<PolicyFile>>, LoadError> {
        let Some(path) = flag.or(self.config.policy.as_deref()).map(Utf8Path::to_owned) else {
            return Ok(None);
        };
        let failed = |reason: String| LoadError::Setting(format!("the policies {path}: {reason}"));
        let disk = DiskFiles::new(&path).map_err(|e| failed(e.to_string()))?;
        let on_disk = || policy::tree(&disk, Utf8Path::new(""), &path).map_err(failed);
        let in_checkout = naming(&self.options).in_checkout(&path);
        let Some((base, dir)) = self.base.as_ref().zip(in_checkout) else { return on_disk().map(Some) };
        let of = |files: &dyn FileSource| match files.kind(&dir) {
            Err(FileError::NotFound) => Ok(None),
            _ => policy::tree(files, &dir, &path).map(Some).map_err(failed),
        };
        let (before, of_base) = (of(base.fork.as_ref())?, of(base.tip.as_ref())?);
        let on_disk = on_disk()?;
        if before.as_ref() != Some(&on_disk) {
            self.edited.push(path.to_string());
        }
        Ok(Some(of_base.unwrap_or(on_disk)))
    }

    /// A file that settings of cost name, as the base has it when there is one.
    pub(super) fn cost_file(&self, path: &Utf8Path) -> Result<Vec<u8>, String> {
        let of_base = self.base.as_ref().zip(naming(&self.options).in_checkout(path));
        match of_base {
            Some((base, path)) => base.tip.read(&path).map_err(|e| e.to_string()),
            None => std::fs::read(path).map_err(|e| e.to_string()),
        }
    }

    /// The live estate and its name: of the flag, else of the settings.
    /// From then on it answers data sources, where the settings do not.
    pub(super) fn live(&mut self, args: &LiveArgs) -> Result<Option<(String, Estate)>, LoadError> {
        self.live_estate(args, false)
    }

    /// The same with the use of networks and workspaces, for those who look at addresses or costs.
    pub(super) fn live_with_usages(
        &mut self,
        args: &LiveArgs,
    ) -> Result<Option<(String, Estate)>, LoadError> {
        self.live_estate(args, true)
    }

    fn live_estate(&mut self, args: &LiveArgs, usages: bool) -> Result<Option<(String, Estate)>, LoadError> {
        let estate = match (&args.live, &self.config.live) {
            _ if args.no_live => return Ok(None),
            (Some(source), _) if source == AZURE => (AZURE.to_owned(), self.read_azure(&args.azure, usages)?),
            (None, Some(path)) if path.file_name() == Some(AZURE) && !path.exists() => {
                return Err(LoadError::Setting(NOT_FROM_A_FILE.to_owned()));
            }
            (Some(path), _) | (None, Some(path)) => (path.to_string(), read_snapshot(path)?),
            (None, None) => return Ok(None),
        };
        // What the code leaves open is the one subscription that there is.
        self.account.subscription = self.account.subscription.take().or_else(|| estate.1.only_subscription());
        self.options.data = Some(self.answered_by(Arc::new(estate.1.clone())));
        Ok(Some(estate))
    }

    /// Reads of Azure what the root module needs.
    fn read_azure(&mut self, args: &AzureArgs, usages: bool) -> Result<Estate, LoadError> {
        let mut subject = self.subject()?;
        let mut session = args.session(&self.config)?;
        if self.account.subscription.is_none() && Wanted::needs_subscription(&subject.estate) {
            self.account.subscription = Some(session.usual_subscription()?);
            subject = self.subject()?;
        }
        let found = observe(&mut session, subject, usages, |live| match &self.input {
            None => {
                let data = Some(self.answered_by(live));
                Ok(self.subject_of(&Options { data, ..self.options.clone() }))
            }
            // A plan and a state hold the answers of data sources.
            Some(_) => self.subject(),
        });
        args.done(&session);
        let (estate, subject) = found?;
        self.observed = subject;
        Ok(estate)
    }

    /// Answers of the settings, then of a live estate.
    fn answered_by(&self, estate: Arc<Estate>) -> Arc<dyn DataSources> {
        let live: Arc<dyn DataSources> = Arc::new(LiveData { estate, account: self.account.clone() });
        Arc::new(FirstOf(self.options.data.iter().cloned().chain([live]).collect()))
    }
}

/// The files of a base revision.
pub(super) struct Base {
    /// Where the change left it.
    pub(super) fork: Arc<dyn FileSource>,
    /// That commit.
    pub(super) commit: String,
    /// Its newest commit.
    pub(super) tip: Arc<dyn FileSource>,
}

impl Base {
    /// Opens a base. Root modules of one checkout share it.
    pub(super) fn open(checkout: &Utf8Path, revision: &str) -> Result<Arc<Base>, FileError> {
        type Known = BTreeMap<(Utf8PathBuf, String), Arc<Base>>;
        static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(|e| e.into_inner());
        let key = (checkout.to_owned(), revision.to_owned());
        if let Some(base) = known.get(&key) {
            return Ok(base.clone());
        }
        let Fork { commit, tip } = fork(checkout, revision)?;
        let files: Arc<dyn FileSource> = Arc::new(GitTree::open(checkout, &commit)?);
        let tip = if tip == commit { files.clone() } else { Arc::new(GitTree::open(checkout, &tip)?) };
        let base = Arc::new(Base { fork: files, commit, tip });
        known.insert(key, base.clone());
        Ok(base)
    }
}

/// The settings that decide about the gate, by name.
fn gating(config: &Config) -> [(&'static str, String); 11] {
    let path = |path: &Option<Utf8PathBuf>| format!("{:?}", path.as_deref().map(tidy));
    [
        ("fail_on", format!("{:?}", config.fail_on)),
        ("profile", format!("{:?}", config.profile)),
        ("rules", format!("{:?}", config.rules)),
        ("drift", format!("{:?}", config.drift)),
        ("accept_new_suppressions", config.accept_new_suppressions.to_string()),
        ("baseline", path(&config.baseline)),
        ("cost", format!("{:?}", config.cost.tidied())),
        ("policy", path(&config.policy)),
        ("policy_namespaces", format!("{:?}", config.policy_namespaces)),
        ("usage", path(&config.usage)),
        ("review.template", path(&config.review.template)),
    ]
}

/// The settings of a tree with the files that gate under the names that they have on disk.
fn shown(mut config: Config, naming: &Naming) -> Config {
    let files = [&mut config.baseline, &mut config.usage, &mut config.policy, &mut config.review.template];
    let files = files.into_iter().flatten().chain(config.cost.files_mut());
    files.for_each(|path| *path = naming.shown(path));
    config
}

/// A plan or state file that the user names.
pub(super) fn read(path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| LoadError::Input { path: path.to_owned(), source })
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
    Ok(match cache("modules") {
        Some(cache) => options.with_module_cache(&cache),
        None => options,
    })
}

/// Which files of the checkout the names of reports mean.
fn naming(options: &Options) -> Naming {
    Naming::new(&options.checkout, &options.root, &options.shown)
}

/// Where something fetched is kept: `trueup/modules`, `trueup/prices` in the user's cache directory.
pub(super) fn cache(what: &str) -> Option<Utf8PathBuf> {
    let directory = |name: &str| {
        let path = Utf8PathBuf::from(std::env::var(name).ok()?);
        path.is_absolute().then_some(path)
    };
    let cache = directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))?;
    Some(cache.join("trueup").join(what))
}

/// How far above a root module its repository's top is looked for when it is no git checkout.
const LEVELS: usize = 4;

/// The folder outside of which nothing is read: the git checkout; without one the nearest folder above
/// that holds `modules`, then the working directory, then the root module itself.
pub(super) fn checkout(dir: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
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

/// `-var` and `-var-file` in the order given: variables after files, as the command line groups them.
fn inputs(args: &RootArgs) -> Vec<Input> {
    let file = |f: &Utf8PathBuf| {
        // As Terraform: relative to the working directory; a file of the root module is found as well.
        let beside = args.dir().join(f);
        Input::File(if !f.exists() && beside.exists() { absolute(&beside) } else { absolute(f) })
    };
    let files = args.var_files.iter().map(file);
    files.chain(args.vars.iter().cloned().map(Input::Var)).collect()
}

fn absolute(path: &Utf8Path) -> Utf8PathBuf {
    camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned())
}
