//! `trueup drift`

use clap::Args;
use serde_json::json;

use super::CommandError;
use super::args::{Format, LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::facet::{self, Found};
use super::load::{LoadError, Loaded};
use crate::analysis::changes::drift;
use crate::output::{html, text};
use crate::review::Drift;

/// Arguments of `trueup drift`.
#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn run(args: &DriftArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::new(&args.root)?;
    let Some((source, live)) = loaded.live(&args.live)? else {
        let message = "nothing to compare with: give --live azure or --live FILE, or set live in trueup.toml";
        return Err(LoadError::Setting(message.to_owned()).into());
    };
    let subject = loaded.subject()?;
    let report = drift(&subject.evaluation, &subject.estate, &live);
    let found = Drift { report, source, captured_at: live.captured_at.clone() };
    let exit =
        facet::print(
            loaded.name().as_str(),
            &subject,
            &args.output,
            Found::default(),
            |format| match format {
                Format::Json => json!(found.report).into(),
                Format::Html => html::drift(&found).into(),
                _ => text::drift(&found).into(),
            },
        )?;
    Ok(match exit {
        Exit::Done if found.report.differs() => Exit::Gate,
        Exit::Done if !found.report.complete => Exit::Part,
        exit => exit,
    })
}
