//! `trueup security`

use clap::Args;
use serde_json::json;

use super::args::{Format, GateArgs, LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::load::Loaded;
use super::review::{JudgeArgs, gate};
use super::{CommandError, facet};
use crate::analysis::rules;
use crate::output::{html, text};
use crate::review::gate::Measured;

/// Arguments of `trueup security`.
#[derive(Debug, Args)]
pub(super) struct SecurityArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// In JSON, list every outcome of every rule, also passes and what could not be decided
    #[arg(long)]
    pub(super) all_outcomes: bool,

    #[command(flatten)]
    pub(super) gate: GateArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    #[command(flatten)]
    pub(super) judge: JudgeArgs,
}

pub(super) fn run(args: &SecurityArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::new(&args.root)?;
    loaded.live(&LiveArgs::default())?;
    let profile = args.judge.profile(&loaded)?;
    let gate = gate(&args.gate, &loaded)?;
    let today = args.judge.today();
    let subject = loaded.subject()?;
    let context = rules::Context {
        estate: &subject.estate,
        evaluation: Some(&subject.evaluation),
        network: None,
        today: &today,
    };
    let report = rules::run(&context, profile);
    let exit =
        facet::print(
            loaded.name().as_str(),
            &subject,
            &args.output,
            &report.findings,
            |format| {
                match format {
        Format::Json => {
            json!({ "outcomes": report.json(&subject.evaluation.sources, profile, args.all_outcomes) }).into()
        }
        Format::Html => html::outcomes(&report).into(),
        _ => text::outcomes(&report).into(),
    }
            },
        )?;
    let measured =
        Measured { worst: report.findings.iter().map(|f| f.severity).max(), ..Measured::default() };
    Ok(if exit == Exit::Done && !gate.broken(&measured).is_empty() { Exit::Gate } else { exit })
}
