//! `trueup drift accept`

use std::fmt::Write as _;

use camino::Utf8PathBuf;
use clap::Args;

use super::{CompareArgs, Compared, accepting, entries, read_or_new};
use crate::app::cli::exit::Exit;
use crate::app::cli::load::LoadError;
use crate::app::cli::review::date;
use crate::app::cli::{CommandError, print};
use crate::output::escape;
use crate::review::baseline::Entry;
use crate::review::drift::wildcard;

/// Arguments of `trueup drift accept`.
#[derive(Debug, Args)]
pub(in crate::app::cli) struct AcceptArgs {
    #[command(flatten)]
    compare: CompareArgs,

    /// The file that they are written to [default: `baseline` of trueup.toml]
    #[arg(long, value_name = "FILE", help_heading = "Acceptance")]
    baseline: Option<Utf8PathBuf>,

    /// Why they are accepted
    #[arg(long, value_name = "TEXT", help_heading = "Acceptance", value_parser = reason)]
    reason: String,

    /// Who looks after them
    #[arg(long, value_name = "NAME", default_value = "", help_heading = "Acceptance")]
    owner: String,

    /// The last day on which they are accepted; without one for ever
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Acceptance", value_parser = date)]
    until: Option<String>,

    /// Only those of this address, or this id of what is declared nowhere; `*` stands for any text
    #[arg(long, value_name = "PATTERN", help_heading = "Acceptance")]
    address: Option<String>,

    /// Only those of this attribute; `*` stands for any text
    #[arg(long, value_name = "PATTERN", help_heading = "Acceptance")]
    attribute: Option<String>,
}

fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("it must say something".to_owned()) } else { Ok(text.to_owned()) }
}

pub(super) fn run(args: &AcceptArgs) -> Result<Exit, CommandError> {
    let mut path = args.baseline.clone();
    let ready = args.compare.ready(&args.compare.root, |loaded| {
        path = path.take().or_else(|| loaded.config.baseline.clone());
        // A file that is not there yet accepts nothing.
        loaded.config.baseline = None;
        loaded.adoption(path.as_deref().filter(|p| p.exists()))
    })?;
    let Compared { subject, found, .. } = args.compare.drift(ready)?;
    let Some(path) = path else {
        let message = "no baseline to write to: give --baseline FILE, or set baseline in trueup.toml";
        return Err(LoadError::Setting(message.to_owned()).into());
    };
    let meant = |pattern: &Option<String>, text: &str| pattern.as_ref().is_none_or(|p| wildcard(p, text));
    let departures = found.report.departures().filter(|(resource, difference)| {
        let attribute = difference.map(|d| d.attribute.as_str()).unwrap_or_default();
        meant(&args.address, &resource.address) && meant(&args.attribute, attribute)
    });
    let mut new = entries(&subject, departures);
    if new.is_empty() && (args.address.is_some() || args.attribute.is_some()) {
        let message = "nothing that differs has this address and attribute";
        return Err(CommandError::Other(message.to_owned()));
    }
    for entry in &mut new {
        entry.reason = args.reason.clone();
        entry.owner = args.owner.clone();
        entry.until = args.until.clone();
    }
    let told = told(path.as_str(), &new);
    print::file(&path, &accepting(&read_or_new(&path)?, new).print())?;
    print::err(&told);
    Ok(if found.report.complete { Exit::Done } else { Exit::Part })
}

/// What is accepted now.
fn told(name: &str, new: &[Entry]) -> String {
    let mut out = format!("{name}: {} differences accepted\n", new.len());
    for entry in new {
        let line = format!("{} {}", entry.address, entry.path);
        let _ = writeln!(out, "  {}", escape::terminal(line.trim_end()));
    }
    out
}
