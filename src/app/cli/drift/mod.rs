//! `trueup drift`

mod accept;
mod code;
mod issues;
mod several;

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, Subcommand};

use super::args::{LiveArgs, OutputArgs, RootArgs};
use super::baseline::BaselineArgs;
use super::exit::Exit;
use super::facet::{self, Body, Found};
use super::forms::Format;
use super::load::{AZURE, LoadError, Loaded};
use super::review::{date, today};
use super::{CommandError, print};
use crate::analysis::changes::drift;
use crate::azure::estate::Estate;
use crate::output::{html, json, text};
use crate::review::baseline::Baseline;
use crate::review::drift::{accepting, attribute, decide, entries, only, since, to_look_up};
use crate::review::{Adoption, Drift, Subject};

const EXAMPLES: &str = "\
Examples:
  trueup drift environments/production --live azure
      what differs from Azure now; exit status 2 when something does
  trueup drift . --live azure --who
      and who changed it, when and with what
  trueup drift . --live live.json --format json
      against a snapshot (trueup snapshot), for machines
  trueup drift . --live azure --patch out.diff --import-blocks imports.tf
      what would make the code say what is live
  trueup drift --all --live azure --post-issues
      each night, in a pipeline: one issue for each root module that differs
  trueup drift accept . --live azure --baseline drift.json --address 'module.aks.*' --attribute tags \\
      --reason 'tags of the cost centre' --owner platform --until 2027-03-31
      accept some differences until a day
  trueup drift . --live azure --write-baseline last.json
  trueup drift . --live azure --new-since last.json
      each night: exit status 2 only for what was not there when last.json was written

Tags that a policy writes, and other things that are no drift, stand in trueup.toml under [[drift.ignore]]:
docs/drift.md.";

/// Arguments of `trueup drift`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(super) struct DriftArgs {
    #[command(subcommand)]
    pub(super) command: Option<DriftCommand>,

    #[command(flatten)]
    pub(super) compare: CompareArgs,

    /// Further root modules. Azure is read once for all of them
    #[arg(value_name = "DIR")]
    pub(super) more: Vec<Utf8PathBuf>,

    /// Compare every root module of the checkout, or of DIR and below
    #[arg(long)]
    pub(super) all: bool,

    #[command(flatten)]
    pub(super) issues: issues::IssueArgs,

    /// Tell all, but exit with status 2 only for differences that this baseline does not have
    #[arg(long, value_name = "FILE", help_heading = "Baseline")]
    pub(super) new_since: Option<Utf8PathBuf>,

    /// Say who changed what differs, when and with what, as far as Azure has a record; needs --live azure
    #[arg(long)]
    pub(super) who: bool,

    #[command(flatten)]
    pub(super) code: code::CodeArgs,

    #[command(flatten)]
    pub(super) baseline: BaselineArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

/// What can be done about drift.
#[derive(Debug, Subcommand)]
pub(super) enum DriftCommand {
    /// Accept differences: write them, with a reason, to a baseline
    Accept(accept::AcceptArgs),
}

/// The two sides, and the day.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    /// The date for what is accepted until a day [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = date)]
    pub(super) today: Option<String>,
}

/// What was compared, and what came of it.
struct Compared {
    loaded: Loaded,
    subject: Subject,
    live: Estate,
    adoption: Adoption,
    found: Drift,
}

/// A root module that is ready to be compared.
struct Ready {
    loaded: Loaded,
    adoption: Adoption,
}

impl CompareArgs {
    /// Loads a root module, with what is decided by then about differences.
    fn ready(
        &self,
        root: &RootArgs,
        adoption: impl FnOnce(&mut Loaded) -> Result<Adoption, LoadError>,
    ) -> Result<Ready, CommandError> {
        let mut loaded = Loaded::with(root, &self.live.azure)?;
        let adoption = adoption(&mut loaded)?;
        Ok(Ready { loaded, adoption })
    }

    /// Compares.
    fn drift(&self, ready: Ready) -> Result<Compared, CommandError> {
        let Ready { mut loaded, adoption } = ready;
        let Some((source, live)) = loaded.live(&self.live)? else {
            let message =
                "nothing to compare with: give --live azure or --live FILE, or set live in trueup.toml";
            return Err(LoadError::Setting(message.to_owned()).into());
        };
        let subject = loaded.subject_beside_live()?;
        let mut report = drift(&subject.evaluation, &subject.estate, &live);
        let decided = decide(&subject, &mut report, &adoption, &today(self.today.as_deref()));
        let captured_at = live.captured_at.clone();
        let found = Drift { report, source, captured_at, decided, since: None, patch: None, imports: None };
        Ok(Compared { loaded, subject, live, adoption, found })
    }
}

pub(super) fn run(args: &DriftArgs) -> Result<Exit, CommandError> {
    if let Some(DriftCommand::Accept(args)) = &args.command {
        return accept::run(args);
    }
    if args.who && args.compare.live.live.as_deref() != Some(Utf8Path::new(AZURE)) {
        return Err(LoadError::Setting("--who asks Azure: it needs --live azure".to_owned()).into());
    }
    if args.all || !args.more.is_empty() || args.issues.wanted() {
        return several::run(args);
    }
    let Compared { loaded, subject, live, adoption, mut found } =
        one(args, ready(args, &args.compare.root)?)?;
    let name = loaded.name().as_str();
    if args.code.run(&loaded, &subject, &live, &mut found)? {
        return Ok(ended(Exit::Done, &found));
    }
    let exit = facet::print(name, &subject, &args.output, Found::default(), |format| match format {
        Format::Json => Body::json(&json::drift(&found)),
        Format::Html => html::drift(&found).into(),
        _ => text::drift(&found).into(),
    })?;
    let stored = store(&args.baseline, &subject, &adoption, &found)?;
    let exit = if stored { exit } else { ended(exit, &found) };
    // The process ends now. To give back large estates piece by piece would take a fifth of the whole run.
    std::mem::forget((loaded, subject, live, found));
    Ok(exit)
}

/// Loads one root module.
fn ready(args: &DriftArgs, root: &RootArgs) -> Result<Ready, CommandError> {
    args.compare.ready(root, |l| args.baseline.adoption(l))
}

/// Compares one root module, with what was known before and who did it.
fn one(args: &DriftArgs, ready: Ready) -> Result<Compared, CommandError> {
    let mut compared = args.compare.drift(ready)?;
    let Compared { loaded, subject, found, .. } = &mut compared;
    if let Some(path) = &args.new_since {
        found.since = Some(since(subject, &mut found.report, path.as_str(), &read(path)?));
    }
    if args.who {
        let azure = &args.compare.live.azure;
        let session = loaded.session(azure)?;
        let history = session.history(&to_look_up(&found.report)).map_err(LoadError::from)?;
        loaded.told(azure);
        attribute(&mut found.report, &history);
    }
    Ok(compared)
}

/// How a run ends that printed what it found.
fn ended(exit: Exit, found: &Drift) -> Exit {
    match exit {
        Exit::Done if found.report.alarms() => Exit::Gate,
        Exit::Done if !found.report.complete => Exit::Part,
        exit => exit,
    }
}

/// Writes the baseline when that is asked for; true when everything that differs is in it now.
fn store(
    args: &BaselineArgs,
    subject: &Subject,
    adoption: &Adoption,
    found: &Drift,
) -> Result<bool, CommandError> {
    if !found.report.complete && (args.write_baseline.is_some() || args.update_baseline) {
        let message = "not everything could be compared: the baseline was not written";
        return Err(CommandError::Other(message.to_owned()));
    }
    if let Some(path) = &args.write_baseline {
        let now = entries(subject, found.report.departures());
        let count = now.len();
        print::file(path, &only(&read_or_new(path)?, subject.naming.root(), now).print())?;
        print::err(&format!("{path}: {count} differences written\n"));
        return Ok(true);
    }
    if let (true, Some((name, baseline))) = (args.update_baseline, &adoption.baseline) {
        let over = &found.decided.over;
        print::file(Utf8Path::new(name), &baseline.without(over).print())?;
        print::err(&format!("{name}: {} entries taken out\n", over.len()));
    }
    Ok(false)
}

fn read(path: &Utf8Path) -> Result<Baseline, CommandError> {
    let failed = |e: &dyn std::fmt::Display| CommandError::Other(format!("the baseline {path}: {e}"));
    let text = std::fs::read_to_string(path).map_err(|e| failed(&e))?;
    Baseline::parse(&text).map_err(|e| failed(&e))
}

/// A baseline that may not be there yet.
fn read_or_new(path: &Utf8Path) -> Result<Baseline, CommandError> {
    if path.exists() { read(path) } else { Ok(Baseline::default()) }
}
