//! `trueup subnets`

use clap::Args;
use serde_json::json;

use super::args::{Format, OutputArgs, RootArgs};
use super::exit::Exit;
use super::load::Loaded;
use super::{CommandError, facet};
use crate::analysis::network;
use crate::output::text;

/// Arguments of `trueup subnets`.
#[derive(Debug, Args)]
pub(super) struct SubnetsArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn run(args: &SubnetsArgs) -> Result<Exit, CommandError> {
    let subject = Loaded::new(&args.root)?.subject()?;
    let report = network::analyse(
        &subject.estate,
        network::Options {
            sources: Some(&subject.evaluation.sources),
            instances: &subject.evaluation.instances,
            ..network::Options::default()
        },
    );
    facet::print(&subject, &args.output, &report.found, |format| match format {
        Format::Json => json!(report),
        _ => text::subnets(&report).into(),
    })
}
