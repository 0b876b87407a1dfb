//! `trueup.toml`: settings that belong to a root module rather than to one run.
//!
//! The file stands beside the root module or in a folder above it, up to the checkout's top; only
//! the nearest one counts. Flags and `TRUEUP_*` variables win over it.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;

use super::data::DataRule;

use crate::review::drift::DriftSettings;
use crate::review::suppress::RuleSettings;
use crate::terraform::files::{FileSource, Naming, tidy};

/// Name of the file.
pub const FILE: &str = "trueup.toml";

/// The settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The live estate to compare with: a snapshot file, relative to this file.
    pub live: Option<Utf8PathBuf>,
    /// How to sign in to Azure, as `--auth` has it.
    pub auth: Option<String>,
    /// Conditions of `--fail-on`.
    pub fail_on: Option<String>,
    /// `default` or `strict`: which rules are shown.
    pub profile: Option<String>,
    /// Variable files passed before those of the command line, relative to this file.
    pub var_files: Vec<Utf8PathBuf>,
    /// The Terraform version whose rules hold: from 1.12 on `&&` and `||` stop at the side that
    /// decides. The newest when nothing says.
    pub terraform_version: Option<String>,
    /// Usage assumptions for the cost, relative to this file.
    pub usage: Option<Utf8PathBuf>,
    /// What holds for rules: off, another severity, by path.
    pub rules: RuleSettings,
    /// What is no drift here.
    pub drift: DriftSettings,
    /// Findings and differences accepted, relative to this file.
    pub baseline: Option<Utf8PathBuf>,
    /// A suppression that the change under review adds holds for its own review already.
    pub accept_new_suppressions: bool,
    /// Which root modules a change is reviewed in, and how.
    pub review: ReviewConfig,
    /// What things cost. With a revision as the base these are the base's: a change cannot cheapen itself.
    pub cost: CostConfig,
    /// A folder of Rego policies, relative to this file.
    pub policy: Option<Utf8PathBuf>,
    /// The packages of the policies to judge by; `main` when nothing says.
    pub policy_namespaces: Vec<String>,
    /// Settings of one root module below this file, by its folder.
    pub environments: BTreeMap<String, Environment>,
    /// Results of data sources.
    pub data: Vec<DataRule>,
}

/// `[review]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReviewConfig {
    /// The root modules of the checkout, as patterns of folders relative to this file: `environments/*`.
    /// Without them they are found.
    pub roots: Vec<String>,
    /// The form of the comment on a pull request: a template, relative to this file.
    pub template: Option<Utf8PathBuf>,
    /// Root modules that rules see beside each of those that are judged, as folders relative to this file.
    pub beside: Vec<Utf8PathBuf>,
}

/// Prices, as the flags of the same names have them.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CostConfig {
    /// A price list in place of the embedded one, relative to this file. The network is asked for on the
    /// command line only.
    pub prices: Option<Utf8PathBuf>,
    /// ISO code.
    pub currency: Option<String>,
    /// Rates, discounts and commitments, relative to this file.
    pub price_sheet: Option<Utf8PathBuf>,
    /// The nearest region's price stands in where a region has none.
    pub price_fallback: bool,
}

impl CostConfig {
    /// The files that it names.
    pub(super) fn files_mut(&mut self) -> impl Iterator<Item = &mut Utf8PathBuf> {
        self.prices.iter_mut().chain(&mut self.price_sheet)
    }

    /// The same with the shortest names of files, for comparing.
    pub(super) fn tidied(&self) -> CostConfig {
        let mut same = self.clone();
        for path in same.files_mut() {
            *path = tidy(path);
        }
        same
    }
}

/// What differs for one root module.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Environment {
    /// Conditions of `--fail-on`.
    pub fail_on: Option<String>,
}

/// A settings file that could not be used.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct ConfigError {
    /// The file.
    pub path: Utf8PathBuf,
    /// What is wrong, with line and column where there is one.
    pub message: String,
}

impl Config {
    /// The settings that hold for a root module, with the paths in them made usable from the working
    /// directory: those beside it, else those nearest above it in the checkout. Neither the file nor the
    /// files that it names may lie outside of the checkout: the settings may come with the change under
    /// review.
    pub fn find(naming: &Naming) -> Result<Config, ConfigError> {
        let checkout = naming.checkout();
        for dir in naming.root().ancestors() {
            let path = match naming.shown(dir) {
                here if here == "." => FILE.into(),
                dir => dir.join(FILE),
            };
            if path.exists() && !is_inside(&path, checkout) {
                return Err(ConfigError { path, message: "the file leads outside the checkout".to_owned() });
            }
            match std::fs::read_to_string(&path) {
                Ok(text) => return Config::parse(&path, text)?.of(naming.root(), dir).confined(checkout),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => {
                    return Err(ConfigError { path, message: e.to_string() });
                }
            }
        }
        Ok(Config::default())
    }

    /// The settings that hold for a root module in another tree of files, such as the base of a change.
    /// Paths in them are left as they are written.
    pub fn in_tree(files: &dyn FileSource, root: &Utf8Path) -> Result<Config, ConfigError> {
        for dir in root.ancestors() {
            let path = dir.join(FILE);
            if let Ok(bytes) = files.read(&path) {
                return Ok(Config::parse(&path, String::from_utf8_lossy(&bytes).into_owned())?.of(root, dir));
            }
        }
        Ok(Config::default())
    }

    /// The settings with what differs for a root module, named by its way from the file's folder or by
    /// its own folder.
    fn of(mut self, root: &Utf8Path, dir: &Utf8Path) -> Config {
        let way = root.strip_prefix(dir).unwrap_or(root);
        let names = [way.as_str(), way.file_name().unwrap_or_default()];
        let own = names.into_iter().find_map(|name| self.environments.get(name));
        if let Some(fail_on) = own.and_then(|e| e.fail_on.clone()) {
            self.fail_on = Some(fail_on);
        }
        self
    }

    fn parse(path: &Utf8Path, text: String) -> Result<Config, ConfigError> {
        // The error of the parser shows line, column, and the text with a caret.
        let mut config: Config = toml::from_str(&text).map_err(|e| ConfigError {
            path: path.to_owned(),
            message: e.to_string().trim_end().to_owned(),
        })?;
        config.rules.check().map_err(|message| ConfigError { path: path.to_owned(), message })?;
        config.drift.check().map_err(|message| ConfigError { path: path.to_owned(), message })?;
        let dir = path.parent().unwrap_or(Utf8Path::new(""));
        for file in config.files_mut() {
            *file = dir.join(&*file);
        }
        Ok(config)
    }

    /// The files and folders that the settings name.
    pub fn files(&self) -> Vec<Utf8PathBuf> {
        self.clone().files_mut().map(|path| path.clone()).collect()
    }

    fn files_mut(&mut self) -> impl Iterator<Item = &mut Utf8PathBuf> {
        let states = self.data.iter_mut().filter_map(|rule| rule.state.as_mut());
        let cost = self.cost.files_mut();
        let named = self.live.iter_mut().chain(&mut self.usage).chain(&mut self.baseline).chain(cost);
        named
            .chain(&mut self.policy)
            .chain(&mut self.review.template)
            .chain(&mut self.review.beside)
            .chain(&mut self.var_files)
            .chain(states)
    }

    fn confined(mut self, checkout: &Utf8Path) -> Result<Config, ConfigError> {
        for file in self.files_mut() {
            if !is_inside(file, checkout) {
                let message =
                    format!("{file} leads outside the checkout; name it on the command line instead");
                return Err(ConfigError { path: FILE.into(), message });
            }
        }
        Ok(self)
    }
}

/// True when a path, links followed, lies in the checkout.
fn is_inside(path: &Utf8Path, checkout: &Utf8Path) -> bool {
    let real = path.canonicalize_utf8().or_else(|_| camino::absolute_utf8(path));
    real.is_ok_and(|f| f.starts_with(checkout) && !f.as_str().contains("/../"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_and_unknown_keys_are_refused() {
        let path = Utf8Path::new("env/trueup.toml");
        let config = Config::parse(path, "live = \"live.json\"\nfail_on = \"high\"\n".into()).unwrap();
        assert_eq!(config.live.unwrap(), "env/live.json");
        let text = "fail_on = \"high\"\n[environments.production]\nfail_on = \"cost>500\"\n";
        let config = Config::parse(Utf8Path::new("trueup.toml"), text.into()).unwrap();
        let gate = |root: &str| config.clone().of(Utf8Path::new(root), Utf8Path::new("")).fail_on.unwrap();
        assert_eq!([gate("environments/production"), gate("environments/staging")], ["cost>500", "high"]);
        let error = Config::parse(path, "lvie = 1\n".into()).unwrap_err();
        assert!(error.message.contains("unknown field"), "{error}");
        assert!(error.to_string().contains("line 1, column 1"), "{error}");
    }
}
