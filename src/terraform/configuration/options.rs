//! What to evaluate and with which inputs.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};

use super::versions::{Constraints, Version};
use crate::terraform::behaviour::Providers;
use crate::terraform::data::{DataSources, Derivation};
use crate::terraform::files::{DiskFiles, FileError, FileSource, GitTree, checkout_of};
use crate::terraform::input::PriorState;
use crate::terraform::modules::{Manifest, WithCache};

/// What to evaluate and with which inputs. The environment is never read: it is passed in.
#[derive(Clone)]
pub struct Options {
    /// The files of the checkout.
    pub files: Arc<dyn FileSource>,
    /// Absolute path of the checkout: what is outside is not read.
    pub checkout: Utf8PathBuf,
    /// Directory of the root module, relative to the checkout; empty for the checkout itself.
    pub root: Utf8PathBuf,
    /// Absolute path of the cache of fetched modules; without one only what stands in the checkout is read.
    pub module_cache: Option<Utf8PathBuf>,
    /// The fetched modules, where they are not those of the root module's own manifest.
    pub modules: Option<Arc<Manifest>>,
    /// How reports name the root module's directory; empty for names relative to it.
    pub shown: Utf8PathBuf,
    /// `-var` and `-var-file`, in the order given.
    pub inputs: Vec<Input>,
    /// Environment variables: `TF_VAR_*`, `TF_WORKSPACE`.
    pub environment: BTreeMap<String, String>,
    /// Workspace; else `TF_WORKSPACE`, else `default`.
    pub workspace: Option<String>,
    /// The Terraform version to be exact to: `required_version` is held against it, and before 1.12
    /// `&&` and `||` evaluate both sides. By default what `required_version` says is believed, and the
    /// newest behaviour is followed, which plans whatever an older version plans.
    pub terraform_version: Option<String>,
    /// The time that `plantimestamp` gives (RFC 3339, UTC).
    pub plan_time: String,
    /// A variable without a value is an error, as for Terraform, and not a warning.
    pub strict: bool,
    /// The bound on work.
    pub limits: Limits,
    /// Which one it is of several evaluations whose values are brought together:
    /// [`SourceMap::numbered`](crate::terraform::source::SourceMap::numbered).
    pub number: u32,
    /// Who answers data sources; without one their results are unknown.
    pub data: Option<Arc<dyn DataSources>>,
    /// Who knows what Terraform does not while planning; it changes
    /// [`derived`](crate::terraform::evaluation::Evaluation::derived) alone.
    pub derivation: Option<Arc<dyn Derivation>>,
    /// What there is already; without it everything is to be created.
    pub prior: Option<Arc<PriorState>>,
    /// Who knows what providers do with a change, besides what is known here.
    pub providers: Option<Arc<dyn Providers>>,
}

/// One `-var` or `-var-file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// `-var NAME=VALUE`
    Var(String),
    /// `-var-file PATH`, absolute or relative to the root module. The user names it, so it may lie
    /// outside the checkout.
    File(Utf8PathBuf),
}

/// Bounds on the work that code under review can cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Expression nodes evaluated and collection members made.
    pub steps: u64,
    /// Bytes of text made.
    pub bytes: u64,
    /// Instances of resources and modules.
    pub instances: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { steps: 50_000_000, bytes: 256 << 20, instances: 1_000_000 }
    }
}

impl Options {
    /// A root module on disk. Its checkout is the nearest directory above with a `.git`, else itself.
    pub fn disk(dir: &Utf8Path) -> Result<Options, FileError> {
        let checkout = checkout_of(dir)?;
        Options::within(&checkout, dir)
    }

    /// A root module on disk, in a checkout at `checkout`.
    pub fn within(checkout: &Utf8Path, dir: &Utf8Path) -> Result<Options, FileError> {
        let files = DiskFiles::new(checkout)?;
        let checkout = files.root().to_owned();
        let absolute = dir.canonicalize_utf8().map_err(|_| FileError::NotFound)?;
        let root = absolute.strip_prefix(&checkout).map_err(|_| FileError::Outside)?.to_owned();
        Ok(Options::new(Arc::new(files), checkout, root))
    }

    /// The same root module at a revision of its checkout, such as the base of a pull request.
    pub fn at_revision(&self, revision: &str) -> Result<Options, FileError> {
        Ok(self.in_tree(Arc::new(GitTree::open(&self.checkout, revision)?)))
    }

    /// The same root module in another tree of the same checkout.
    pub fn in_tree(&self, files: Arc<dyn FileSource>) -> Options {
        let options = Options { files, ..self.clone() };
        match &self.module_cache {
            Some(cache) => options.with_module_cache(cache),
            None => options,
        }
    }

    /// With what `trueup modules fetch` got: the modules that the root module's manifest names.
    pub fn with_module_cache(self, cache: &Utf8Path) -> Options {
        let files = Arc::new(WithCache::new(self.files, &self.root, cache));
        Options { files, module_cache: Some(cache.to_owned()), ..self }
    }

    /// A root module in any tree of files.
    pub fn new(files: Arc<dyn FileSource>, checkout: Utf8PathBuf, root: Utf8PathBuf) -> Options {
        Options {
            files,
            checkout,
            root,
            module_cache: None,
            modules: None,
            shown: Utf8PathBuf::new(),
            inputs: Vec::new(),
            environment: BTreeMap::new(),
            workspace: None,
            terraform_version: None,
            plan_time: "1970-01-01T00:00:00Z".into(),
            strict: false,
            limits: Limits::default(),
            number: 0,
            data: None,
            derivation: None,
            prior: None,
            providers: None,
        }
    }

    /// `&&` and `||` leave out the right side when the left decides.
    pub(super) fn short_circuit(&self) -> bool {
        let exact = self.terraform_version.as_deref().and_then(Version::parse);
        Constraints::parse("< 1.12.0").is_none_or(|before| !exact.is_some_and(|v| before.admit(&v)))
    }

    /// The name of the workspace.
    pub fn workspace(&self) -> String {
        let given = self.workspace.clone().or_else(|| self.environment.get("TF_WORKSPACE").cloned());
        given.filter(|w| !w.is_empty()).unwrap_or_else(|| "default".into())
    }
}
