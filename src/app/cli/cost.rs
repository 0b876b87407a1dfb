//! `trueup cost`

use clap::Args;
use serde_json::json;

use super::args::{Format, LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::load::Loaded;
use super::review::JudgeArgs;
use super::{CommandError, facet};
use crate::analysis::cost;
use crate::output::{html, text};

/// Arguments of `trueup cost`.
#[derive(Debug, Args)]
pub(super) struct CostArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,

    #[command(flatten)]
    pub(super) judge: JudgeArgs,
}

pub(super) fn run(args: &CostArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::new(&args.root)?;
    let live = loaded.live(&args.live)?;
    let mut options = args.judge.cost(&loaded)?;
    if let Some((_, live)) = &live {
        options.observed = cost::observed(live);
    }
    let subject = loaded.subject()?;
    let report = cost::estimate(&subject.estate, &options);
    let savings = cost::savings(&subject.estate, &options);
    facet::print(loaded.name().as_str(), &subject, &args.output, &savings, |format| match format {
        Format::Json => json!(report).into(),
        Format::Html => html::cost(&report).into(),
        _ => text::cost(&report).into(),
    })
}
