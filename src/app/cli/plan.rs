//! `trueup plan`

use clap::Args;
use serde_json::Value as Json;

use super::args::{Format, LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::load::Loaded;
use super::review::of_evaluation;
use super::{CommandError, facet, print};
use crate::output::{html, json, text};
use crate::terraform::plan::{self, Secrets};

/// Arguments of `trueup plan`.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// Exit with status 2 when there is something to do, as `terraform plan` does
    #[arg(long)]
    pub(super) detailed_exitcode: bool,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn run(args: &PlanArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::new(&args.root)?;
    // What is live answers data sources.
    loaded.live(&args.live)?;
    let subject = loaded.subject()?;
    let evaluation = &subject.evaluation;
    let exit = if args.output.format == Format::Json && args.output.files.is_empty() {
        // Terraform's own form: sensitive values stand in it, marked, as they do in Terraform's.
        let mut body = plan::to_json(evaluation, Secrets::Shown);
        body.insert(
            "diagnostics".to_owned(),
            json::diagnostics(&evaluation.diagnostics, &evaluation.sources),
        );
        print::out(&json::print(&Json::Object(body)))?;
        of_evaluation(evaluation).unwrap_or(Exit::Done)
    } else {
        facet::print(loaded.name().as_str(), &subject, &args.output, &[], |format| match format {
            Format::Json => Json::Object(plan::to_json(evaluation, Secrets::Hidden)).into(),
            Format::Html => html::resources(evaluation).into(),
            _ => text::resources(evaluation).into(),
        })?
    };
    let changes = args.detailed_exitcode && !evaluation.instances.is_empty();
    Ok(if exit == Exit::Done && changes { Exit::Gate } else { exit })
}
