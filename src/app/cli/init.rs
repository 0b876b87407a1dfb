//! `trueup init`: what a repository needs to be reviewed by a pipeline.
//!
//! The files are those of `deploy/`, with the places between `@` filled in.

use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::exit::Exit;
use super::load::{self, LoadError};
use super::{CommandError, print};
use crate::app::config::FILE;
use crate::forge::HostKind;
use crate::forge::ci::Remote;
use crate::output::escape;
use crate::terraform::files::{self, DiskFiles, FileError};
use crate::terraform::repository::Repository;

/// Stands for the repository of trueup until somebody says which it is.
const NO_SOURCE: &str = "https://git.example.com/trueup.git";

const EXAMPLES: &str = "\
Writes trueup.toml and the files of one CI system; nothing is sent, and no file that is there is changed
unless --force says so. docs/ci.md has what to set up on each host.

Examples:
  trueup init --dry-run
      what would be written here, for the host that the remote `origin` is on
  trueup init --source https://github.com/corp/trueup.git
      pipelines build trueup from there
  trueup init --ci azure-pipelines --drift
      and a nightly comparison with Azure, which opens a work item for each root module that differs";

/// Arguments of `trueup init`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InitArgs {
    /// A folder of the repository
    #[arg(default_value = ".")]
    dir: Utf8PathBuf,

    /// The CI system [default: that of the host of the remote `origin`]
    #[arg(long, value_enum)]
    ci: Option<Pipelines>,

    /// Also a nightly comparison with Azure
    #[arg(long)]
    drift: bool,

    /// The git repository that pipelines build trueup from
    #[arg(long, value_name = "URL", value_parser = plain)]
    source: Option<String>,

    /// A tag or commit of it
    #[arg(long, value_name = "REV", default_value = concat!("v", env!("CARGO_PKG_VERSION")), value_parser = plain)]
    revision: String,

    /// Overwrite what is there
    #[arg(long)]
    force: bool,

    /// Print the files and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// A CI system that there are files for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Pipelines {
    /// GitHub Actions
    Github,
    /// Azure Pipelines
    #[value(name = "azure-pipelines")]
    Azure,
    /// GitLab CI
    Gitlab,
    /// Bitbucket Pipelines
    Bitbucket,
}

/// A file that is written.
struct Template {
    path: &'static str,
    text: &'static str,
    /// Only with `--drift`.
    drift: bool,
}

macro_rules! templates {
    ($($path:literal from $file:literal $(if $drift:ident)?),+ $(,)?) => {
        &[$(Template {
            path: $path,
            text: include_str!(concat!("../../../deploy/", $file)),
            drift: templates!(@ $($drift)?),
        }),+]
    };
    (@ drift) => { true };
    (@) => { false };
}

impl Pipelines {
    fn of(host: HostKind) -> Option<Pipelines> {
        match host {
            HostKind::GitHub => Some(Pipelines::Github),
            HostKind::AzureDevOps => Some(Pipelines::Azure),
            HostKind::GitLab => Some(Pipelines::Gitlab),
            HostKind::Bitbucket => Some(Pipelines::Bitbucket),
            HostKind::BitbucketServer => None,
        }
    }

    fn templates(self) -> &'static [Template] {
        match self {
            Pipelines::Github => templates![
                ".github/workflows/trueup.yml" from "github/trueup.yml",
                ".github/workflows/trueup-drift.yml" from "github/trueup-drift.yml" if drift,
            ],
            Pipelines::Azure => templates![
                ".azure-pipelines/trueup-install.yml" from "azure-pipelines/trueup-install.yml",
                ".azure-pipelines/trueup.yml" from "azure-pipelines/trueup.yml",
                ".azure-pipelines/trueup-drift.yml" from "azure-pipelines/trueup-drift.yml" if drift,
            ],
            Pipelines::Gitlab => templates![
                ".gitlab/trueup.yml" from "gitlab/templates/trueup.yml",
                ".gitlab-ci.yml" from "gitlab/gitlab-ci.yml",
            ],
            Pipelines::Bitbucket => templates![
                "bitbucket-pipelines.yml" from "bitbucket/bitbucket-pipelines.yml",
            ],
        }
    }

    /// What a person still has to do.
    fn steps(self, drift: bool) -> Vec<&'static str> {
        let (review, nightly) = match self {
            Pipelines::Github => (
                "The workflow's own token posts; nothing is to be set up for reviews.",
                "For the nightly run: federate an app registration with this repository, give it Reader, and set the \
                 variables ARM_TENANT_ID, ARM_CLIENT_ID and ARM_SUBSCRIPTION_ID.",
            ),
            Pipelines::Azure => (
                "Make a pipeline of .azure-pipelines/trueup.yml, require it by a build validation policy, and let the \
                 build service contribute to pull requests.",
                "For the nightly run: make a pipeline of .azure-pipelines/trueup-drift.yml and set its variables \
                 serviceConnectionId, tenantId, clientId and subscriptionId.",
            ),
            Pipelines::Gitlab => (
                "Set the masked variable GITLAB_TOKEN: a project access token with the scope api and the role Reporter. A \
                 .gitlab-ci.yml of your own includes .gitlab/trueup.yml.",
                "For the nightly run: schedule a pipeline, federate an app registration with this project, give it \
                 Reader, and set ARM_TENANT_ID, ARM_CLIENT_ID and ARM_SUBSCRIPTION_ID.",
            ),
            Pipelines::Bitbucket => (
                "Set the secured variable BITBUCKET_TOKEN: a repository access token with the scope pullrequest:write.",
                "For the nightly run: schedule the pipeline trueup-drift and set ARM_TENANT_ID, ARM_CLIENT_ID, \
                 ARM_CLIENT_SECRET and ARM_SUBSCRIPTION_ID.",
            ),
        };
        if drift { vec![review, nightly] } else { vec![review] }
    }
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq)]
enum Done {
    Written,
    Same,
    Kept,
}

pub(super) fn run(args: &InitArgs) -> Result<Exit, CommandError> {
    let failed = |source: FileError| LoadError::Root { dir: args.dir.clone(), source };
    let checkout = load::checkout(&args.dir).map_err(failed)?;
    let disk = DiskFiles::new(&checkout).map_err(failed)?;
    let pipelines = args.pipelines(disk.root())?;
    let branch =
        files::default_branch(disk.root()).and_then(|b| plain(&b).ok()).unwrap_or_else(|| "main".into());
    let source = args.source.as_deref().unwrap_or(NO_SOURCE);
    let places = [
        ("@source@", source),
        ("@revision@", args.revision.as_str()),
        ("@branch@", branch.as_str()),
        ("@drift@", if args.drift { "true" } else { "false" }),
    ];
    let mut wanted = vec![(FILE, settings(&Repository::read(&disk, FILE).roots()))];
    for template in pipelines.templates().iter().filter(|t| args.drift || !t.drift) {
        let filled =
            places.iter().fold(template.text.to_owned(), |text, (place, with)| text.replace(place, with));
        wanted.push((template.path, filled));
    }
    if args.dry_run {
        for (path, text) in &wanted {
            print::out(&escape::terminal(&format!("--- {path}\n{text}\n")))?;
        }
        return Ok(Exit::Done);
    }
    let mut kept = false;
    for (path, text) in &wanted {
        let done = args.write(&disk.root().join(path), text)?;
        kept |= done == Done::Kept;
        let what = match done {
            Done::Written => "written",
            Done::Same => "says so already",
            Done::Kept => {
                "is there and was left alone; --dry-run prints what it would be, --force overwrites it"
            }
        };
        print::out(&format!("{path}: {what}\n"))?;
    }
    print::out(&next(pipelines, args))?;
    Ok(if kept { Exit::Part } else { Exit::Done })
}

impl InitArgs {
    fn pipelines(&self, checkout: &Utf8Path) -> Result<Pipelines, LoadError> {
        if let Some(given) = self.ci {
            return Ok(given);
        }
        let origin = files::origin(checkout);
        let host = origin.as_deref().and_then(Remote::parse).and_then(|r| r.host);
        host.and_then(Pipelines::of).ok_or_else(|| {
            let why = match (&origin, host) {
                (None, _) => "the repository has no remote `origin`",
                (_, Some(_)) => "Bitbucket Data Center has no pipelines of its own",
                _ => "the address of the remote `origin` does not say which host it is",
            };
            let names: Vec<String> = Pipelines::value_variants()
                .iter()
                .filter_map(|v| v.to_possible_value().map(|v| v.get_name().to_owned()))
                .collect();
            LoadError::Setting(format!("{why}: say --ci {}", names.join("|")))
        })
    }

    fn write(&self, path: &Utf8Path, text: &str) -> Result<Done, CommandError> {
        match std::fs::read(path) {
            Ok(there) if there == text.as_bytes() => return Ok(Done::Same),
            Ok(_) if !self.force => return Ok(Done::Kept),
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(CommandError::Other(format!("{path}: {e}")));
            }
            _ => {}
        }
        let failed = |e: std::io::Error| CommandError::Other(format!("{path}: {e}"));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        std::fs::write(path, text).map_err(failed)?;
        Ok(Done::Written)
    }
}

/// The settings with what was found, everything else to be uncommented.
fn settings(roots: &[Utf8PathBuf]) -> String {
    let mut found = String::new();
    for root in roots {
        let name = if root.as_str().is_empty() { "." } else { root.as_str() };
        let _ = writeln!(found, "#   {}", name.escape_debug());
    }
    if roots.is_empty() {
        found.push_str("#   none yet\n");
    }
    include_str!("../../../deploy/trueup.toml").replace("@roots@\n", &found)
}

fn next(pipelines: Pipelines, args: &InitArgs) -> String {
    let mut out = "\nNext:\n".to_owned();
    let mut steps: Vec<String> = Vec::new();
    if args.source.is_none() {
        steps.push(format!(
            "Replace {NO_SOURCE} by the git repository that pipelines build trueup from (or say --source and --force)."
        ));
    }
    steps.extend(pipelines.steps(args.drift).into_iter().map(str::to_owned));
    steps.push(
        "Look at `trueup review --changed --base HEAD~1 --post-dry-run`, commit, and open a pull request."
            .into(),
    );
    for (n, step) in steps.iter().enumerate() {
        let _ = writeln!(out, "  {}. {step}", n + 1);
    }
    out
}

/// Text that can stand between quotes in every file that is written.
fn plain(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._~:/@+%".contains(c);
    match !text.is_empty() && text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err("letters, digits and -._~:/@+% only".to_owned()),
    }
}
