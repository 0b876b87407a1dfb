//! `trueup security`

use clap::Args;
use serde_json::json;

use super::CommandError;
use super::args::{FindingsForm, GateArgs, LiveArgs, OutputArgs, RootArgs};
use super::baseline::BaselineArgs;
use super::exit::Exit;
use super::facet::{self, Found};
use super::load::Loaded;
use super::policy::{self, PolicyArgs};
use super::review::{JudgeArgs, gate};
use crate::analysis::finding::{Facet, Finding};
use crate::analysis::rules;
use crate::output::{html, json, text};
use crate::review::gate::Measured;
use crate::review::{stand, weigh};

/// The facets judged here.
const FACETS: [Facet; 1] = [Facet::Security];

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
    pub(super) baseline: BaselineArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs<FindingsForm>,

    #[command(flatten)]
    pub(super) judge: JudgeArgs,
}

pub(super) fn run(args: &SecurityArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::new(&args.root)?;
    let live = loaded.live(&LiveArgs::default())?;
    let profile = args.judge.profile(&loaded)?;
    let gate = gate(&args.gate, &loaded)?;
    let today = args.judge.today();
    let adoption = args.baseline.adoption(&mut loaded)?;
    let policing = args.policy.read(&mut loaded)?;
    let mut subject = loaded.subject()?;
    let said = policing.judge(&mut subject, None, live.as_ref().map(|(_, live)| live));
    policy::printed(&said.prints);
    let context = rules::Context {
        estate: &subject.estate,
        evaluation: Some(&subject.evaluation),
        network: None,
        today: &today,
    };
    let settings = &adoption.rules;
    let weighed =
        weigh(&subject, rules::parts(&context), said.findings, &FACETS, settings, (profile, &today));
    let findings = weighed.findings.into_iter().map(|finding| (finding, None)).collect();
    let (judged, accepted) = stand(&subject, findings, &FACETS, adoption.baseline.as_ref(), &today);
    let told: Vec<Finding> = judged.iter().filter(|j| j.counts()).map(|j| j.finding.clone()).collect();
    let sources = &subject.evaluation.sources;
    let found = Found { told: &told, held: &weighed.held };
    let exit = facet::print(loaded.name().as_str(), &subject, &args.output, found, |format| match format {
        FindingsForm::Json => json!({
            "outcomes": weighed.security.json(sources, profile, args.all_outcomes),
            "findings": judged.iter().map(|j| json::judged(j, sources)).collect::<Vec<_>>(),
            "suppressed": weighed.held.iter().map(|h| json::held(h, sources)).collect::<Vec<_>>(),
            "baseline": accepted.as_ref().map(json::accepted),
        })
        .into(),
        FindingsForm::Html => html::outcomes(&weighed.security).into(),
        _ => {
            let decided = text::decided(&weighed.held, accepted.as_ref(), sources);
            format!("{}{decided}", text::outcomes(&weighed.security)).into()
        }
    })?;
    let complete = subject.evaluation.is_complete();
    let decided = (&adoption, accepted.as_ref());
    if args.baseline.store(subject.naming.root(), &FACETS, complete, &judged, decided)? {
        return Ok(exit);
    }
    let measured = Measured { worst: told.iter().map(|f| f.severity).max(), ..Measured::default() };
    Ok(if exit == Exit::Done && !gate.broken(&measured).is_empty() { Exit::Gate } else { exit })
}
