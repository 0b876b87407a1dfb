//! What decides about the gate: read as the base has it, so that a change cannot loosen its own gate.

use camino::{Utf8Path, Utf8PathBuf};

use super::root::naming;
use super::{LoadError, Loaded};
use crate::analysis::cost::usage::Usage;
use crate::analysis::policy::PolicyFile;
use crate::app::cli::policy;
use crate::app::config::{Config, FILE};
use crate::output::markdown::Template;
use crate::review::Adoption;
use crate::review::baseline::Baseline;
use crate::terraform::files::{DiskFiles, FileError, FileSource, Naming, tidy};

impl Loaded {
    /// The settings of the base's newest commit that decide about the gate, in place of those of the change.
    /// What the change edits is told by what there was `before` it.
    pub(super) fn take_gate(&mut self, before: Config, base: Config) {
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
        (own.review.template, own.review.beside) = (base.review.template, base.review.beside);
    }

    /// What is decided about findings: the rules of the settings, and the baseline of the flag, else of
    /// the settings. A baseline in the checkout is read as the base has it.
    pub(in crate::app::cli) fn adoption(&mut self, flag: Option<&Utf8Path>) -> Result<Adoption, LoadError> {
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
    pub(in crate::app::cli) fn usage(&mut self, flag: Option<&Utf8Path>) -> Result<Usage, LoadError> {
        let Some(path) = flag.map(Utf8Path::to_owned).or_else(|| self.config.usage.clone()) else {
            return Ok(Usage::default());
        };
        let failed = |reason: String| LoadError::Setting(format!("the usage file {path}: {reason}"));
        let Some(bytes) = self.of_base(&path).map_err(failed)? else { return Ok(Usage::default()) };
        Usage::read(&String::from_utf8_lossy(&bytes), path.as_str()).map_err(|e| failed(e.to_string()))
    }

    /// The form of the comment: by the file of the flag, else of the settings. One in the checkout is read as
    /// the base has it: a change does not write its own comment.
    pub(in crate::app::cli) fn template(
        &mut self,
        flag: Option<&Utf8Path>,
    ) -> Result<Option<Template>, LoadError> {
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
    pub(in crate::app::cli) fn policy_files(
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
    pub(in crate::app::cli) fn cost_file(&self, path: &Utf8Path) -> Result<Vec<u8>, String> {
        let of_base = self.base.as_ref().zip(naming(&self.options).in_checkout(path));
        match of_base {
            Some((base, path)) => base.tip.read(&path).map_err(|e| e.to_string()),
            None => std::fs::read(path).map_err(|e| e.to_string()),
        }
    }
}

/// The settings that decide about the gate, by name.
fn gating(config: &Config) -> [(&'static str, String); 12] {
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
        ("review.beside", format!("{:?}", config.review.beside.iter().map(|p| tidy(p)).collect::<Vec<_>>())),
    ]
}

/// The settings of a tree with the files that gate under the names that they have on disk.
fn shown(mut config: Config, naming: &Naming) -> Config {
    let files = [&mut config.baseline, &mut config.usage, &mut config.policy, &mut config.review.template];
    let files = files.into_iter().flatten().chain(config.cost.files_mut()).chain(&mut config.review.beside);
    files.for_each(|path| *path = naming.shown(path));
    config
}
