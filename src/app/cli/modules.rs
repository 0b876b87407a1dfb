//! `trueup modules`

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::Duration;

use camino::Utf8PathBuf;
use clap::{Args, Subcommand};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::OutputArgs;
use super::exit::Exit;
use super::forms::Format;
use super::load::{self, LoadError};
use super::{CommandError, print};
use crate::fetch::{self, Fetched, Outcome, Request, Status};
use crate::output::json::Diagnostic;
use crate::output::table::Table;
use crate::output::{escape, html};
use crate::terraform::configuration::Options;
use crate::terraform::diagnostic::Severity;

/// Arguments of `trueup modules`.
#[derive(Debug, Args)]
pub(super) struct ModulesArgs {
    #[command(subcommand)]
    pub(super) command: ModulesCommand,
}

const EXAMPLES: &str = "\
Try:
  trueup modules fetch environments/production
  trueup modules fetch environments/production --update
  TF_TOKEN_app_example_org=... trueup modules fetch .

The token of a private registry stands in TF_TOKEN_ and the host (dots as one underscore, hyphens as
two). git modules come through your own git, without questions. Exit status 1 when a module is missing.";

/// What to do with modules.
#[derive(Debug, Subcommand)]
pub(super) enum ModulesCommand {
    /// Download the registry and git modules that a root module calls
    ///
    /// They go into a cache of the user's, each under the checksum of its files; `.trueup/modules.json` in
    /// the root module says which is which and is made to be committed. Every other command then reads them
    /// from there, and never downloads. A module whose files are not those of the checksum is an error.
    #[command(after_help = EXAMPLES)]
    Fetch(FetchArgs),
}

/// Arguments of `trueup modules fetch`.
#[derive(Debug, Args)]
pub(super) struct FetchArgs {
    /// Folder of the root module
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) dir: Utf8PathBuf,

    /// Choose versions anew, and accept files that differ from those of the manifest
    #[arg(long)]
    pub(super) update: bool,

    /// Nothing outside this folder is read [default: as for `trueup review`]
    #[arg(long, value_name = "DIR")]
    pub(super) checkout: Option<Utf8PathBuf>,

    #[command(flatten)]
    pub(super) network: NetworkArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// How modules are fetched.
#[derive(Debug, Args)]
pub(super) struct NetworkArgs {
    /// Allow git repositories on this machine as modules (file://)
    #[arg(long, help_heading = "Modules")]
    pub(super) allow_file: bool,

    /// How long fetching may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 300,
        help_heading = "Modules",
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    pub(super) fetch_timeout: u64,

    /// Where the registry of a host is, for tests: [HOST=]http://127.0.0.1:PORT
    #[arg(long, value_name = "[HOST=]URL", hide = true, value_parser = registry)]
    pub(super) registry_url: Vec<(String, String)>,
}

fn registry(text: &str) -> Result<(String, String), String> {
    let (host, url) = match text.split_once('=') {
        Some((host, url)) if !host.contains('/') => (host, url),
        _ => (fetch::PUBLIC_REGISTRY, text),
    };
    if fetch::is_loopback(url) {
        Ok((host.to_owned(), url.to_owned()))
    } else {
        Err("only an address of this machine, such as http://127.0.0.1:8080".to_owned())
    }
}

impl NetworkArgs {
    fn request(&self, update: bool, write: bool) -> Request {
        let wanted = |name: &str| {
            name.starts_with("TF_TOKEN_") || ["SSL_CERT_FILE", "GIT_SSH", "GIT_SSH_COMMAND"].contains(&name)
        };
        let format = &time::format_description::well_known::Rfc3339;
        let now =
            time::OffsetDateTime::now_utc().replace_nanosecond(0).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        Request {
            update,
            write,
            allow_file: self.allow_file,
            timeout: Duration::from_secs(self.fetch_timeout),
            registries: self.registry_url.iter().cloned().collect::<BTreeMap<_, _>>(),
            environment: std::env::vars().filter(|(name, _)| wanted(name)).collect(),
            now: now.format(format).unwrap_or_default(),
        }
    }

    /// Fetches what a root module calls; each download is told on standard error when that is a terminal.
    fn fetch(&self, options: &Options, update: bool, write: bool) -> Result<Fetched, CommandError> {
        let terminal = stderr().is_terminal();
        let mut progress = |call: &str, source: &str| {
            if terminal {
                print::err(&escape::terminal(&format!("fetching {call}: {source}\n")));
            }
        };
        fetch::fetch(options, &self.request(update, write), &mut progress)
            .map_err(|e| CommandError::Other(e.to_string()))
    }

    /// Fetches what a root module or its base needs before it is evaluated. What could not be had is told
    /// on standard error, and is a gap of the review. A base's manifest is left as it is.
    pub(super) fn fetch_first(&self, options: &mut Options, base: bool) -> Result<(), CommandError> {
        let fetched = self.fetch(options, false, !base)?;
        for outcome in fetched.outcomes.iter().filter(|o| o.status == Status::Failed) {
            print::err(&format!("{}\n", line(outcome)));
        }
        options.modules = Some(Arc::new(fetched.manifest));
        Ok(())
    }
}

/// One package in one line.
fn line(outcome: &Outcome) -> String {
    let version = outcome.version.as_ref().map(|v| format!(" ({v})")).unwrap_or_default();
    let resolved = outcome.resolved.as_deref().map(short).unwrap_or_default();
    let links = match outcome.links_left_out {
        0 => String::new(),
        1 => ", without 1 link".to_owned(),
        n => format!(", without {n} links"),
    };
    let end = match (outcome.status, &outcome.error) {
        (_, Some(error)) => format!("failed: {error}"),
        (Status::Present, _) => format!("{resolved} present"),
        _ => format!("{resolved} fetched{links}"),
    };
    escape::terminal(&format!("{}: {}{version} {}", outcome.call, outcome.source, end.trim_start()))
}

/// A commit by its first digits.
fn short(resolved: &str) -> String {
    let commit = resolved.len() >= 40 && resolved.bytes().all(|b| b.is_ascii_hexdigit());
    if commit { resolved.chars().take(12).collect() } else { resolved.to_owned() }
}

fn diagnostics(outcomes: &[Outcome]) -> Vec<Diagnostic> {
    let failed = outcomes.iter().filter_map(|o| Some((o, o.error.as_ref()?)));
    let diagnostic = |(outcome, error): (&Outcome, &String)| Diagnostic {
        severity: Severity::Error,
        summary: "Module not fetched".to_owned(),
        detail: format!("module.{} ({}): {error}", outcome.call, outcome.source),
        range: None,
    };
    failed.map(diagnostic).collect()
}

/// The modules with what became of each.
fn table(outcomes: &[Outcome]) -> Table {
    let mut table = Table::new(["Module", "Source", "Version", "Status"]);
    for o in outcomes {
        let status = match (&o.error, o.status) {
            (Some(error), _) => format!("failed: {error}"),
            (None, Status::Present) => "present".into(),
            _ => "fetched".into(),
        };
        let resolved = o.resolved.as_deref().map(short).unwrap_or_default();
        table.row([o.call.as_str().into(), o.source.as_str().into(), resolved.into(), status.into()]);
    }
    table
}

/// `trueup modules fetch` for machines.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::app) struct Modules<'a> {
    /// True when every module is there.
    complete: bool,
    /// How each package came.
    modules: &'a [Outcome],
    /// Why some are not.
    diagnostics: Vec<Diagnostic>,
}

fn render(outcomes: &[Outcome], format: Format) -> Result<String, CommandError> {
    let failed = fetch::failures(outcomes);
    Ok(match format {
        Format::Json => crate::output::json::print(&Modules {
            complete: failed == 0,
            modules: outcomes,
            diagnostics: diagnostics(outcomes),
        }),
        Format::Markdown => table(outcomes).markdown(),
        Format::Html => html::table("Modules", "Modules that the root module calls", table(outcomes))?,
        Format::Text if outcomes.is_empty() => "No module has to be fetched.\n".to_owned(),
        Format::Text => {
            let lines: String = outcomes.iter().map(|o| line(o) + "\n").collect();
            format!("{lines}{} of {} modules are there.\n", outcomes.len() - failed, outcomes.len())
        }
    })
}

pub(super) fn run(args: &ModulesArgs) -> Result<Exit, CommandError> {
    let ModulesCommand::Fetch(args) = &args.command;
    let options = load::root(&args.dir, args.checkout.as_deref())?;
    if options.module_cache.is_none() {
        let reason = "there is no directory for the cache: set XDG_CACHE_HOME or HOME";
        return Err(LoadError::Setting(reason.to_owned()).into());
    }
    let outcomes = args.network.fetch(&options, args.update, true)?.outcomes;
    for (format, path) in &args.output.files {
        print::file(path, &render(&outcomes, *format)?)?;
    }
    print::out(&render(&outcomes, args.output.format)?)?;
    Ok(if fetch::failures(&outcomes) == 0 { Exit::Done } else { Exit::Failed })
}
