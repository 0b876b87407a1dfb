//! The base: a folder, or a revision in git.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use camino::{Utf8Path, Utf8PathBuf};

use super::root::root;
use super::{LoadError, Loaded};
use crate::app::config::Config;
use crate::terraform::configuration::Options;
use crate::terraform::files::{FileError, FileSource, Fork, GitTree, fork};

impl Loaded {
    /// What to evaluate for the base: a folder, or the same root module at the commit where the change left a
    /// revision of its checkout.
    ///
    /// What gates comes from the revision's own settings: a change cannot loosen its own gate.
    pub(in crate::app::cli) fn base(&mut self, base: &str) -> Result<Options, LoadError> {
        self.base_of(base, None)
    }

    /// The same for a root module that stands in another folder of the base, relative to the checkout.
    pub(in crate::app::cli) fn base_of(
        &mut self,
        base: &str,
        from: Option<&Utf8Path>,
    ) -> Result<Options, LoadError> {
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
}

/// The files of a base revision.
pub(in crate::app::cli) struct Base {
    /// Where the change left it.
    pub(in crate::app::cli) fork: Arc<dyn FileSource>,
    /// That commit.
    pub(in crate::app::cli) commit: String,
    /// Its newest commit.
    pub(in crate::app::cli) tip: Arc<dyn FileSource>,
}

impl Base {
    /// Opens a base. Root modules of one checkout share it.
    pub(in crate::app::cli) fn open(checkout: &Utf8Path, revision: &str) -> Result<Arc<Base>, FileError> {
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
