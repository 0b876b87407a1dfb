//! `trueup subnets`

use clap::Args;

use super::args::{HistoryArgs, LiveArgs, OutputArgs, RootArgs};
use super::beside::{self, BesideArgs};
use super::exit::Exit;
use super::facet::{Body, Found};
use super::forms::findings_forms;
use super::load::Loaded;
use super::review::today;
use super::{CommandError, facet};
use crate::analysis::finding::Facet;
use crate::analysis::network::{self, map};
use crate::analysis::rules::Profile;
use crate::live::read::Beside;
use crate::output::{html, json, map as picture, text};
use crate::review::{Subject, weigh};

/// Arguments of `trueup subnets`.
#[derive(Debug, Args)]
pub(super) struct SubnetsArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// Show what a change does: compare with this revision of the checkout, or with another folder
    #[arg(long, value_name = "REF|DIR")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) history: HistoryArgs,

    #[command(flatten)]
    pub(super) beside: BesideArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs<SubnetsForm>,
}

findings_forms! {
    /// Forms of output of this command.
    SubnetsForm {
        /// A picture of the address spaces
        Svg,
    }
}

pub(super) fn run(args: &SubnetsArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::with(&args.root, &args.live.azure)?;
    let live = loaded.live_with(&args.live, Beside { usages: true, ..Beside::default() })?;
    let history = args.history.read(live.is_some())?;
    let mut subject = loaded.subject()?;
    let mut before = match &args.base {
        Some(base) => {
            let mut options = loaded.base(base)?;
            beside::number_of_base(&loaded, &mut options);
            Some(loaded.subject_of_base(&options))
        }
        None => None,
    };
    args.beside.join(
        &loaded,
        (&args.root, &args.live.azure, args.base.as_deref()),
        &mut subject,
        before.as_mut(),
    )?;
    let analyse = |subject: &Subject| subject.network(live.as_ref().map(|(_, estate)| estate), &history);
    let mut report = analyse(&subject);
    let changes = before.map(|before| network::delta(&analyse(&before), &report));
    let (rules, today) = (&loaded.config.rules, today(None));
    let found = report.found.clone();
    let weighed =
        weigh(&subject, Default::default(), found, &[Facet::Network], rules, (Profile::Default, &today));
    report.tell(&weighed.findings);
    let sources = &subject.evaluation.sources;
    let found = Found { told: &weighed.findings, held: &weighed.held, fixes: &[] };
    facet::print(loaded.name().as_str(), &subject, &args.output, found, |form| match form {
        SubnetsForm::Json => {
            let suppressed = weighed.held.iter().map(|h| json::held(h, sources)).collect();
            Body::json(&json::Subnets { report: &report, suppressed, changes: changes.as_deref() })
        }
        SubnetsForm::Html => html::addresses(&report, changes.as_deref()).into(),
        SubnetsForm::Svg => picture::svg(&map::of_report(&report)).into(),
        _ => {
            let changes = changes.as_ref().map(|c| text::changes_of_addresses(c) + "\n");
            let decided = text::decided(&weighed.held, None, sources);
            (changes.unwrap_or_default() + &text::subnets(&report) + &decided).into()
        }
    })
}
