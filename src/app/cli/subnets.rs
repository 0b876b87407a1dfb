//! `trueup subnets`

use clap::{Args, ValueEnum};
use serde_json::json;

use super::args::{Form, Format, LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::load::Loaded;
use super::{CommandError, facet};
use crate::analysis::network::{self, map};
use crate::output::{map as picture, text};

/// Arguments of `trueup subnets`.
#[derive(Debug, Args)]
pub(super) struct SubnetsArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs<SubnetsForm>,
}

/// Forms of output of this command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum SubnetsForm {
    /// For a terminal: source excerpts, tables
    #[default]
    Text,
    /// For a comment on a pull request
    Markdown,
    /// For machines
    Json,
    /// A picture of the address spaces
    Svg,
}

impl Form for SubnetsForm {
    fn common(self) -> Option<Format> {
        match self {
            SubnetsForm::Text => Some(Format::Text),
            SubnetsForm::Markdown => Some(Format::Markdown),
            SubnetsForm::Json => Some(Format::Json),
            SubnetsForm::Svg => None,
        }
    }
}

pub(super) fn run(args: &SubnetsArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::new(&args.root)?;
    let live = loaded.live(&args.live)?;
    let subject = loaded.subject()?;
    let report = network::analyse(
        &subject.estate,
        network::Options {
            sources: Some(&subject.evaluation.sources),
            instances: &subject.evaluation.instances,
            live: live.as_ref().map(|(_, estate)| estate),
            ..network::Options::default()
        },
    );
    facet::print(&subject, &args.output, &report.found, |form| match form {
        SubnetsForm::Json => json!(report),
        SubnetsForm::Svg => picture::svg(&map::of_report(&report)).into(),
        SubnetsForm::Text | SubnetsForm::Markdown => text::subnets(&report).into(),
    })
}
