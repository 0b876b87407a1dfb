//! `trueup security`

use clap::Args;

use super::CommandError;
use super::args::{GateArgs, LiveArgs, OutputArgs, RootArgs};
use super::baseline::BaselineArgs;
use super::beside::BesideArgs;
use super::exit::Exit;
use super::facet::{self, Body, Found};
use super::fix::FixArgs;
use super::forms::FindingsForm;
use super::load::Loaded;
use super::policy::{self, PolicyArgs};
use super::prior::{self, Prior};
use super::review::{JudgeArgs, gate, of_evaluation};
use crate::analysis::changes::drift;
use crate::analysis::finding::{Facet, Finding};
use crate::analysis::rules;
use crate::live::read::Beside;
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

    /// Judge the change as well: what an apply would do, given that this revision of the checkout, or this
    /// other folder, was applied
    #[arg(long, value_name = "REF|DIR", conflicts_with = "state")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) gate: GateArgs,

    #[command(flatten)]
    pub(super) baseline: BaselineArgs,

    #[command(flatten)]
    pub(super) policy: PolicyArgs,

    #[command(flatten)]
    pub(super) fix: FixArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs<FindingsForm>,

    #[command(flatten)]
    pub(super) judge: JudgeArgs,

    #[command(flatten)]
    pub(super) beside: BesideArgs,
}

pub(super) fn run(args: &SecurityArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::with(&args.root, &args.live.azure)?;
    let live =
        loaded.live_with(&args.live, Beside { rules: true, ..Beside::default() })?.map(|(_, live)| live);
    // What the settings call live answers data sources; it is judged where it is asked for.
    let asked = live.clone().filter(|_| args.live.live.is_some());
    // Rules compare the state as it is with what is live: what was deleted must not look as if it never was.
    let beside = asked.clone().filter(|_| loaded.options.prior.is_none());
    let mut prior = prior::prior(&mut loaded, args.base.as_deref(), beside)?;
    let profile = args.judge.profile(&loaded)?;
    let gate = gate(&args.gate, &loaded)?;
    let today = args.judge.today();
    let adoption = args.baseline.adoption(&mut loaded)?;
    let policing = args.policy.read(&mut loaded)?;
    let mut subject = loaded.subject()?;
    loaded.look_around(&mut subject);
    let mut state = loaded.state()?;
    let how = (&args.root, &args.live.azure, args.base.as_deref());
    let before = prior.as_mut().and_then(Prior::code).or(state.as_mut());
    args.beside.join(&loaded, how, &mut subject, before)?;
    let base = match &prior {
        Some(Prior::Base(base)) => Some(&**base),
        _ => None,
    };
    let said = policing.judge(&mut subject, base, live.as_ref());
    policy::printed(&said.prints);
    let drift = asked.as_ref().map(|live| drift(&subject.evaluation, &subject.estate, live));
    let changes = prior.as_ref().map(|prior| prior.changes(&mut subject));
    let settings = &adoption.rules;
    let context = rules::Context {
        prior: prior.as_ref().zip(changes.as_ref()).and_then(|(p, c)| p.rules(c, state.as_ref())),
        live: asked.as_ref().zip(drift.as_ref()).map(|(estate, drift)| rules::Live { estate, drift }),
        every: args.all_outcomes,
        ..subject.context(settings, &today)
    };
    let weighed =
        weigh(&subject, rules::verdicts(&context), said.findings, &FACETS, settings, (profile, &today));
    if args.fix.wanted() {
        args.fix.run(&subject, &weighed.security.outcomes, profile)?;
        return Ok(of_evaluation(&subject.evaluation).unwrap_or(Exit::Done));
    }
    let findings = weighed.findings.into_iter().map(|finding| (finding, None)).collect();
    let (judged, accepted) = stand(&subject, findings, &FACETS, adoption.baseline.as_ref(), &today);
    let told: Vec<Finding> = judged.iter().filter(|j| j.counts()).map(|j| j.finding.clone()).collect();
    let sources = &subject.evaluation.sources;
    let fixes = rules::edits(&subject.estate, sources, &weighed.security.outcomes);
    let found = Found { told: &told, held: &weighed.held, fixes: &fixes };
    let exit = facet::print(loaded.name().as_str(), &subject, &args.output, found, |format| match format {
        FindingsForm::Json => Body::json(&json::Security {
            outcomes: weighed.security.json(sources, profile, args.all_outcomes),
            findings: judged.iter().map(|j| json::judged(j, sources)).collect(),
            suppressed: weighed.held.iter().map(|h| json::held(h, sources)).collect(),
            baseline: accepted.as_ref().map(json::accepted),
        }),
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
