//! The command line: one file a command, each thin.

mod args;
mod azure;
mod baseline;
mod beside;
mod comment;
mod console;
mod cost;
mod drift;
mod exit;
mod facet;
mod fix;
mod forms;
mod host;
mod init;
mod inventory;
mod load;
mod modules;
mod notify;
mod plan;
mod policy;
mod post;
mod prices;
mod print;
mod prior;
mod review;
mod rules;
mod security;
mod selection;
mod several;
mod size;
mod snapshot;
mod state;
mod subnets;

pub(in crate::app) use modules::Modules;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use args::Color;
use exit::Exit;
use forms::Format;
use load::LoadError;

use crate::live::ReadError;
use crate::live::state::StateError;
use crate::output::json::{Diagnostic, Failed};
use crate::terraform::diagnostic::Severity;

/// Reads Terraform for Azure and tells the truth about it.
///
/// It evaluates HCL itself: no terraform init, no provider, no credentials. It never writes to Azure.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Exit status:
  0  done, and nothing at or above the gate
  1  could not do the work: the code or a setting is wrong
  2  something at or above the gate (--fail-on), or differences (drift)
  3  done in part: some of it could not be read, or not be posted
  130  interrupted (Ctrl-C)

Settings come from trueup.toml beside the root module or above it, then TRUEUP_* variables, then
flags; the later wins. TF_VAR_*, TF_WORKSPACE and ARM_SUBSCRIPTION_ID mean what they mean to Terraform.

Try:
  trueup review environments/production
  trueup review environments/production --base origin/main --format markdown";

#[derive(Debug, Subcommand)]
enum Command {
    /// Review a root module: addresses, cost, security, drift, and what a change does
    Review(Box<review::ReviewArgs>),
    /// Print the plan of a root module as Terraform's own JSON, or a list of its resources
    Plan(plan::PlanArgs),
    /// Compare what a root module declares with what is live
    Drift(Box<drift::DriftArgs>),
    /// Show the addresses that every subnet has and needs
    Subnets(subnets::SubnetsArgs),
    /// Answer sizing questions from a short file, before anything exists
    Size(size::SizeArgs),
    /// Estimate what a root module costs in a month
    Cost(cost::CostArgs),
    /// Judge a root module by the rules
    Security(security::SecurityArgs),
    /// List the rules, or explain one
    Rules(rules::RulesArgs),
    /// Evaluate expressions in a root module, like terraform console
    Console(console::ConsoleArgs),
    /// Save what is live to a file, which every command takes as --live FILE
    Snapshot(snapshot::SnapshotArgs),
    /// List AKS clusters: versions, support, states, pools, node images, upgrades
    Inventory(inventory::InventoryArgs),
    /// Get the modules that a root module calls
    Modules(modules::ModulesArgs),
    /// Bring price lists up to date
    Prices(prices::PricesArgs),
    /// Write what a repository needs to be reviewed by a pipeline: trueup.toml, and the files of its CI system
    Init(init::InitArgs),
}

impl Command {
    /// The form and the colours of what the command prints; the console has its own way.
    fn output(&self) -> Option<(Format, Color)> {
        match self {
            Command::Review(a) => Some(a.output.common()),
            Command::Plan(a) => Some(a.output.common()),
            Command::Drift(a) => Some(a.output.common()),
            Command::Subnets(a) => Some(a.output.common()),
            Command::Size(a) => Some(a.output.common()),
            Command::Cost(a) => Some(a.output.common()),
            Command::Security(a) => Some(a.output.common()),
            Command::Rules(a) => Some(a.output.common()),
            Command::Modules(modules::ModulesArgs { command: modules::ModulesCommand::Fetch(a) }) => {
                Some(a.output.common())
            }
            Command::Inventory(a) => Some(a.output.common()),
            Command::Console(_) | Command::Init(_) | Command::Prices(_) | Command::Snapshot(_) => None,
        }
    }
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Html(#[from] crate::output::html::HtmlError),
    #[error("cannot write: {0}")]
    Write(#[from] std::io::Error),
    #[error("{0}")]
    Other(String),
}

impl CommandError {
    /// The user stopped it.
    fn is_interrupted(&self) -> bool {
        matches!(
            self,
            CommandError::Load(
                LoadError::Azure(ReadError::Interrupted) | LoadError::State(StateError::Interrupted)
            )
        )
    }
}

/// Runs the command line and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse_from(std::env::args_os().map(double_dash));
    if let Some((_, color)) = cli.command.output() {
        color.apply();
    }
    let result = match &cli.command {
        Command::Review(args) => review::run(args),
        Command::Plan(args) => plan::run(args),
        Command::Drift(args) => drift::run(args),
        Command::Subnets(args) => subnets::run(args),
        Command::Size(args) => size::run(args),
        Command::Cost(args) => cost::run(args),
        Command::Security(args) => security::run(args),
        Command::Rules(args) => rules::run(args),
        Command::Console(args) => console::run(args),
        Command::Modules(args) => modules::run(args),
        Command::Prices(args) => prices::run(args),
        Command::Init(args) => init::run(args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Inventory(args) => inventory::run(args),
    };
    let exit = result.unwrap_or_else(|error| {
        report(&cli.command, &error);
        if error.is_interrupted() { Exit::Interrupted } else { Exit::Failed }
    });
    exit.into()
}

/// Terraform writes `-var` and `-var-file` with one dash; both are taken.
fn double_dash(argument: std::ffi::OsString) -> std::ffi::OsString {
    let is_terraforms = argument.to_str().is_some_and(|a| {
        let name = a.split('=').next().unwrap_or(a);
        matches!(name, "-var" | "-var-file")
    });
    if !is_terraforms {
        return argument;
    }
    let mut doubled = std::ffi::OsString::from("-");
    doubled.push(argument);
    doubled
}

/// An error as text on standard error, and for JSON also as the diagnostics of the result.
fn report(command: &Command, error: &CommandError) {
    let format = command.output().map_or(Format::Text, |(format, _)| format);
    print::err(&format!("error: {}\n", crate::output::escape::terminal(&error.to_string())));
    if format == Format::Json {
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            summary: error.to_string(),
            detail: String::new(),
            range: None,
        };
        let body = Failed { diagnostics: vec![diagnostic] };
        // Standard error has the message already; a closed standard output changes nothing.
        let _ = print::out(&crate::output::json::print(&body));
    }
}
