//! `trueup snapshot`

use camino::Utf8PathBuf;
use clap::Args;

use super::azure::{AzureArgs, ExtentArgs};
use super::exit::Exit;
use super::load::LoadError;
use super::{CommandError, print};
use crate::app::config::Config;
use crate::live::Snapshot;
use crate::output::{escape, json};
use crate::review::redact::Redactor;

const EXAMPLES: &str = "\
Reader permission is enough; nothing is written and no key is read. Secrets are replaced by their
shape and name; subscription ids stay, because resources are found by them.

Exit status: 0 when everything was read, 3 when not: the file then says `complete: false` and names
what is missing, and no command takes it for the whole truth.

Examples:
  trueup snapshot -o live.json
      the subscription that ARM_SUBSCRIPTION_ID names, or the one of `az login`
  trueup snapshot --subscription ID --subscription ID -o live.json
  trueup snapshot --resource-group rg-production -o live.json
  trueup snapshot --all-subscriptions -o live.json && trueup drift environments/production --live live.json";

/// Arguments of `trueup snapshot`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SnapshotArgs {
    #[command(flatten)]
    extent: ExtentArgs,

    /// Where to write it [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    out: Option<Utf8PathBuf>,

    #[command(flatten)]
    azure: AzureArgs,
}

pub(super) fn run(args: &SnapshotArgs) -> Result<Exit, CommandError> {
    let session = args.azure.session(&Config::default())?;
    let extent = args.extent.extent(&session)?;
    let reader = session.everything(&extent).map_err(LoadError::from)?;
    args.azure.done(&session);
    let mut snapshot = Snapshot::of(&reader);
    drop((reader, session));
    let redactor = Redactor::default().show_subscriptions(true);
    snapshot.resources.iter_mut().for_each(|document| redactor.document(document));
    let text = json::print(&snapshot);
    match &args.out {
        Some(path) => std::fs::write(path, text)?,
        None => print::out(&text)?,
    }
    for gap in &snapshot.gaps {
        print::err(&format!("incomplete: {}\n", escape::terminal(&gap.to_string())));
    }
    Ok(if snapshot.complete { Exit::Done } else { Exit::Part })
}
