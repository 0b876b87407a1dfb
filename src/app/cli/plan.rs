//! `trueup plan`

use clap::Args;

use super::args::{LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::facet::{self, Body, Found};
use super::forms::Format;
use super::load::Loaded;
use super::review::of_evaluation;
use super::{CommandError, print, prior};
use crate::live::read::Beside;
use crate::output::{html, json, text};
use crate::terraform::plan::{self, Secrets};

const EXAMPLES: &str = "\
Examples:
  trueup plan environments/production
      what the code declares
  trueup plan environments/production --state production.tfstate
      what an apply would do, as `terraform plan` says it: + create, ~ change, -/+ replace, - delete
  trueup plan . --base origin/main
      what this branch changes, given that the base was applied
  trueup plan . --live live.json --format json
      what an apply would do about what is live, in Terraform's own form
  trueup plan . --state backend --live azure
      both, as `terraform plan` does: the state is refreshed by what is live first";

/// Arguments of `trueup plan`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// Exit with status 2 when there is something to do, as `terraform plan` does
    #[arg(long)]
    pub(super) detailed_exitcode: bool,

    /// Show what an apply would do, given that this revision of the checkout, or this other folder, was applied
    #[arg(long, value_name = "REF|DIR", conflicts_with = "state")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn run(args: &PlanArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::with(&args.root, &args.live.azure)?;
    // What is live answers data sources, whatever the code is compared with.
    let live =
        loaded.live_with(&args.live, Beside { state: true, ..Beside::default() })?.map(|(_, live)| live);
    let prior = prior::prior(&mut loaded, args.base.as_deref(), live)?;
    let mut subject = loaded.subject()?;
    let changes = prior.map(|prior| prior.changes(&mut subject));
    let evaluation = &subject.evaluation;
    let exit = if args.output.format == Format::Json && args.output.files.is_empty() {
        // Terraform's own form: sensitive values stand in it, marked, as they do in Terraform's.
        let body = plan::plan(evaluation, Secrets::Shown);
        print::out(&json::print(&json::answer(body, false, evaluation)))?;
        of_evaluation(evaluation).unwrap_or(Exit::Done)
    } else {
        facet::print(loaded.name().as_str(), &subject, &args.output, Found::default(), |format| {
            match (format, &changes) {
                (Format::Json, _) => Body::json(&plan::plan(evaluation, Secrets::Hidden)),
                (Format::Html, Some(changes)) => html::planned(&changes.resources).into(),
                (Format::Html, None) => html::resources(evaluation).into(),
                (_, Some(changes)) => text::planned(&changes.resources, evaluation).into(),
                (_, None) => text::resources(evaluation).into(),
            }
        })?
    };
    let acts = match &changes {
        Some(changes) => !changes.resources.is_empty() || plan::changes_outputs(evaluation),
        None => !evaluation.instances.is_empty(),
    };
    let whole = changes.is_none_or(|c| c.complete);
    Ok(match exit {
        Exit::Done if args.detailed_exitcode && acts => Exit::Gate,
        Exit::Done if !whole => Exit::Part,
        exit => exit,
    })
}
