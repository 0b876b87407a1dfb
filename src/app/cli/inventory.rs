//! `trueup inventory`

use camino::Utf8PathBuf;
use clap::{Args, ValueEnum};
use time::{Date, OffsetDateTime};

use super::args::OutputArgs;
use super::azure::{AzureArgs, ExtentArgs};
use super::exit::Exit;
use super::forms::{Form, Format};
use super::load::{AZURE, LoadError};
use super::{CommandError, print};
use crate::analysis::inventory::{Inventory, inventory};
use crate::app::config::Config;
use crate::azure::estate::Estate;
use crate::live::read_snapshot;
use crate::output::{escape, inventory as shown, json};
use crate::review::redact::{Redactor, SUBSCRIPTION};

const EXAMPLES: &str = "\
Exit status: 0 when everything was read, 3 when not.

Examples:
  trueup inventory
      the clusters of the subscription that ARM_SUBSCRIPTION_ID names, or of `az login`
  trueup inventory --all-subscriptions --format csv > clusters.csv
  trueup inventory --live live.json --format json | jq '.clusters[] | select(.supported == false) | .name'";

/// Arguments of `trueup inventory`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct InventoryArgs {
    /// Where the clusters are: `azure`, or a snapshot file
    #[arg(long, value_name = "azure|FILE", default_value = AZURE)]
    live: Utf8PathBuf,

    #[command(flatten)]
    extent: ExtentArgs,

    /// The day for the support calendar [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = super::review::day)]
    today: Option<Date>,

    #[command(flatten)]
    pub(super) output: OutputArgs<InventoryForm>,

    #[command(flatten)]
    azure: AzureArgs,
}

/// Forms of output of this command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum InventoryForm {
    /// A table for a terminal
    #[default]
    Text,
    /// For a comment or a wiki
    Markdown,
    /// For machines
    Json,
    /// A line for each pool, for spreadsheets
    Csv,
}

impl Form for InventoryForm {
    fn common(self) -> Option<Format> {
        match self {
            InventoryForm::Text => Some(Format::Text),
            InventoryForm::Markdown => Some(Format::Markdown),
            InventoryForm::Json => Some(Format::Json),
            InventoryForm::Csv => None,
        }
    }
}

pub(super) fn run(args: &InventoryArgs) -> Result<Exit, CommandError> {
    let estate = estate(args)?;
    let today = args.today.unwrap_or_else(|| OffsetDateTime::now_utc().date());
    let mut found = inventory(&estate, today);
    let redactor = Redactor::default().show_subscriptions(args.output.show_subscriptions);
    if !args.output.show_subscriptions {
        found.clusters.iter_mut().for_each(|c| SUBSCRIPTION.clone_into(&mut c.subscription));
    }
    for (form, path) in &args.output.files {
        print::file(path, &render(&found, *form, &redactor))?;
    }
    print::out(&render(&found, args.output.format, &redactor))?;
    Ok(if found.complete { Exit::Done } else { Exit::Part })
}

fn estate(args: &InventoryArgs) -> Result<Estate, CommandError> {
    if args.live != AZURE {
        return Ok(read_snapshot(&args.live).map_err(LoadError::from)?);
    }
    let session = args.azure.session(&Config::default())?;
    let extent = args.extent.extent(&session)?;
    let reader = session.clusters(&extent).map_err(LoadError::from)?;
    args.azure.done(&session);
    Ok(reader.estate())
}

fn render(inventory: &Inventory, form: InventoryForm, redactor: &Redactor) -> String {
    let text = match form {
        InventoryForm::Text => shown::text(inventory),
        InventoryForm::Markdown => escape::fenced("", &shown::text(inventory)),
        InventoryForm::Json => json::print(inventory),
        InventoryForm::Csv => shown::csv(inventory),
    };
    redactor.text(&text)
}
