//! Arguments that several commands share.

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::azure::AzureArgs;
use super::forms::{Form, Format};
use super::load::LoadError;
use super::state::BACKEND;
use crate::azure::estate::Estate;
use crate::live::read_snapshot;
use crate::review::gate;

/// The root module and its variables, which mean what they mean to Terraform; or a file in its place.
#[derive(Clone, Debug, Args)]
pub(super) struct RootArgs {
    /// Folder of the root module [default: .]; with --plan only settings are looked for in it
    #[arg(value_name = "DIR")]
    pub(super) dir: Option<Utf8PathBuf>,

    /// Take what Terraform planned in place of the code: the output of `terraform show -json PLANFILE`
    #[arg(long, value_name = "FILE", conflicts_with = "state", help_heading = "Input")]
    pub(super) plan: Option<Utf8PathBuf>,

    /// What Terraform has applied: a state file, or the output of `terraform show -json`. With DIR the code
    /// is planned against it, and takes from it what is known only after apply; without DIR it stands in
    /// place of the code. `backend` reads it from the blob that the code's backend "azurerm" names
    #[arg(long, value_name = "FILE|backend", help_heading = "Input")]
    pub(super) state: Option<Utf8PathBuf>,

    /// With --state backend: what the backend block leaves open, as for `terraform init` [repeatable]
    #[arg(long, value_name = "NAME=VALUE|FILE", help_heading = "Input")]
    pub(super) backend_config: Vec<String>,

    /// Set a variable, as `terraform plan -var` does [repeatable]
    #[arg(long = "var", value_name = "NAME=VALUE", help_heading = "Variables")]
    pub(super) vars: Vec<String>,

    /// Read variables from a file, as `terraform plan -var-file` does [repeatable]
    #[arg(long = "var-file", value_name = "FILE", help_heading = "Variables")]
    pub(super) var_files: Vec<Utf8PathBuf>,

    /// The workspace that `terraform.workspace` names
    #[arg(long, env = "TF_WORKSPACE", value_name = "NAME", help_heading = "Variables")]
    pub(super) workspace: Option<String>,

    /// The subscription of resources when the provider block does not say
    #[arg(
        long,
        env = "ARM_SUBSCRIPTION_ID",
        value_name = "ID",
        hide_env_values = true,
        help_heading = "Variables"
    )]
    pub(super) subscription: Option<String>,

    /// The Terraform version whose rules hold, such as 1.11.4 [default: the newest]
    #[arg(long, env = "TRUEUP_TERRAFORM_VERSION", value_name = "VERSION")]
    pub(super) terraform_version: Option<String>,

    /// Nothing outside this folder is read [default: the git checkout that holds DIR; without one the
    /// nearest folder above DIR that holds `modules`, else the working directory]
    #[arg(long, value_name = "DIR")]
    pub(super) checkout: Option<Utf8PathBuf>,
}

impl RootArgs {
    /// The folder of the root module.
    pub(super) fn dir(&self) -> &Utf8Path {
        self.dir.as_deref().unwrap_or_else(|| Utf8Path::new("."))
    }

    /// The state that the code is planned against; that of a backend always has code beside it.
    pub(super) fn prior(&self) -> Option<&Utf8Path> {
        self.state.as_deref().filter(|state| self.dir.is_some() || *state == BACKEND)
    }

    /// A root module without further settings.
    pub(super) fn of(dir: &Utf8Path) -> RootArgs {
        RootArgs {
            plan: None,
            state: None,
            backend_config: Vec::new(),
            dir: Some(dir.to_owned()),
            vars: Vec::new(),
            var_files: Vec::new(),
            workspace: std::env::var("TF_WORKSPACE").ok(),
            subscription: std::env::var("ARM_SUBSCRIPTION_ID").ok(),
            terraform_version: std::env::var("TRUEUP_TERRAFORM_VERSION").ok(),
            checkout: None,
        }
    }
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also in a pipe
    Always,
    /// Not at all
    Never,
}

impl Color {
    /// Makes it hold for all that is printed.
    pub(super) fn apply(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// How and where results are written.
#[derive(Debug, Args)]
pub(super) struct OutputArgs<F: Form = Format> {
    /// Form of what is printed
    #[arg(long, value_enum, default_value_t = F::default(), env = "TRUEUP_FORMAT", help_heading = "Output")]
    pub(super) format: F,

    /// Write a form to a file as well, such as `markdown=comment.md` [repeatable]
    #[arg(long = "output", value_name = "FORMAT=FILE", value_parser = output_file::<F>, help_heading = "Output")]
    pub(super) files: Vec<(F, Utf8PathBuf)>,

    /// When to use colours
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN", help_heading = "Output")]
    pub(super) color: Color,

    /// Show subscription ids, which are replaced otherwise
    #[arg(long, help_heading = "Output")]
    pub(super) show_subscriptions: bool,
}

impl<F: Form> OutputArgs<F> {
    /// The form that every command has, text for one of the command's own; and when colours are used.
    pub(super) fn common(&self) -> (Format, Color) {
        (self.format.common().unwrap_or_default(), self.color)
    }
}

fn output_file<F: Form>(text: &str) -> Result<(F, Utf8PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE, such as markdown=comment.md")?;
    let format = F::from_str(format, true).map_err(|_| {
        let known: Vec<_> = F::value_variants()
            .iter()
            .filter_map(|f| f.to_possible_value())
            .map(|v| v.get_name().to_owned())
            .collect();
        format!("\"{format}\" is no form of output; there are {}", known.join(", "))
    })?;
    Ok((format, file.into()))
}

/// What ends a run with status 2.
#[derive(Debug, Args)]
pub(super) struct GateArgs {
    /// Exit with status 2 when one of these holds: a severity, drift, incomplete, cost>N (a month),
    /// cost>N% (more than the base), cost-increase>N; or nothing [default: high]
    #[arg(long, value_name = "LIST", env = "TRUEUP_FAIL_ON", value_parser = parse_gate)]
    pub(super) fail_on: Option<gate::Gate>,
}

fn parse_gate(text: &str) -> Result<gate::Gate, String> {
    text.parse()
}

/// The live estate to compare with.
#[derive(Debug, Default, Args)]
pub(super) struct LiveArgs {
    /// Compare with what is live: `azure` reads it with Reader permission, a file is a snapshot
    /// [default: `live` of trueup.toml]
    #[arg(long, value_name = "azure|FILE", env = "TRUEUP_LIVE")]
    pub(super) live: Option<Utf8PathBuf>,

    /// Compare with nothing, whatever trueup.toml says
    #[arg(long, conflicts_with = "live")]
    pub(super) no_live: bool,

    #[command(flatten)]
    pub(super) azure: AzureArgs,
}

/// What was live before.
#[derive(Debug, Default, Args)]
pub(super) struct HistoryArgs {
    /// Earlier snapshots, from which the growth of each subnet is told: files, or folders of them [repeatable]
    #[arg(long, value_name = "FILE|DIR")]
    pub(super) history: Vec<Utf8PathBuf>,
}

impl HistoryArgs {
    /// Reads them; of a folder every `.json` file.
    pub(super) fn read(&self, live: bool) -> Result<Vec<Estate>, LoadError> {
        if !self.history.is_empty() && !live {
            return Err(LoadError::Setting(
                "--history needs the newest snapshot: give it with --live".into(),
            ));
        }
        let mut files = Vec::new();
        for path in &self.history {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let failed = |source| LoadError::Input { path: path.clone(), source };
            let entries: Vec<_> = path.read_dir_utf8().and_then(Iterator::collect).map_err(failed)?;
            let mut found: Vec<Utf8PathBuf> = entries.into_iter().map(|e| e.path().to_owned()).collect();
            found.retain(|f| f.extension() == Some("json"));
            found.sort();
            files.extend(found);
        }
        files.iter().map(|file| Ok(read_snapshot(file)?)).collect()
    }
}
