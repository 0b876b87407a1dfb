//! `trueup cost`

use clap::Args;

use super::args::{GateArgs, LiveArgs, OutputArgs, RootArgs};
use super::exit::Exit;
use super::facet::{Body, Found};
use super::forms::findings_forms;
use super::load::Loaded;
use super::prices::PriceArgs;
use super::review::{JudgeArgs, gate};
use super::{CommandError, facet, print};
use crate::analysis::cost;
use crate::analysis::finding::Facet;
use crate::analysis::rules::Profile;
use crate::live::read::Beside;
use crate::output::{bill, html, json, text};
use crate::review::gate::{Gate, Measured};
use crate::review::{new_addresses, weigh};

const EXAMPLES: &str = "\
Examples:
  trueup cost environments/production
  trueup cost . --base origin/main --fail-on 'cost>500,cost>10%'
      what the change does to the bill; status 2 above 500 a month, or 10 % more than the base
  trueup cost . --prices live --currency EUR
  trueup cost . --price-sheet ea.toml --format csv
  trueup cost . --format infracost-json
      for dashboards that read that tool's JSON";

/// Arguments of `trueup cost`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CostArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// Show what a change costs: compare with this revision of the checkout, or with another folder
    #[arg(long, value_name = "REF|DIR")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) gate: GateArgs,

    #[command(flatten)]
    pub(super) output: OutputArgs<CostForm>,

    #[command(flatten)]
    pub(super) judge: JudgeArgs,

    #[command(flatten)]
    pub(super) prices: PriceArgs,
}

findings_forms! {
    /// Forms of an estimate.
    CostForm {
        /// One component a line
        Csv,
        /// The shape of Infracost's JSON
        InfracostJson,
    }
}

pub(super) fn run(args: &CostArgs) -> Result<Exit, CommandError> {
    let mut loaded = Loaded::with(&args.root, &args.live.azure)?;
    let live = loaded.live_with(&args.live, Beside { usages: true, ..Beside::default() })?;
    let base = match &args.base {
        Some(name) => {
            let options = loaded.base(name)?;
            Some((name, loaded.subject_of_base(&options)))
        }
        None => None,
    };
    let usage = loaded.usage(args.judge.usage.as_deref())?;
    let mut priced = args.prices.options(usage, &loaded)?;
    if let Some((_, live)) = &live {
        priced.options.observed = cost::observed(live);
    }
    let subject = loaded.subject()?;
    let report = cost::estimate(&subject.estate, &priced.options);
    let before = base.as_ref().map(|(name, base)| {
        let moved = new_addresses(base, &subject);
        (name, cost::estimate(&base.estate, &priced.options).moved(&moved))
    });
    let savings = cost::savings(&subject.estate, &priced.options);
    let (rules, today) = (&loaded.config.rules, args.judge.today());
    let weighed =
        weigh(&subject, Default::default(), savings, &[Facet::Cost], rules, (Profile::Default, &today));
    let sources = &subject.evaluation.sources;
    priced.check()?;
    let sides: Vec<&cost::CostReport> = before.iter().map(|(_, before)| before).chain([&report]).collect();
    priced.tell_unused(&sides);
    let change = before.as_ref().map(|(_, before)| cost::delta(before, &report));
    for what in &loaded.edited {
        print::err(&format!("the change edits {what}: what the base has counts\n"));
    }
    let name = loaded.name().as_str();
    let found = Found { told: &weighed.findings, held: &weighed.held, fixes: &[] };
    let exit = facet::print(name, &subject, &args.output, found, |form| match form {
        CostForm::Json => {
            let change = change.as_ref().zip(before.as_ref());
            let change = change.map(|(delta, (base, _))| json::CostChange { delta, base });
            let suppressed = weighed.held.iter().map(|h| json::held(h, sources)).collect();
            Body::json(&json::Cost { report: &report, suppressed, change })
        }
        CostForm::Html => html::cost(&report, change.as_ref()).into(),
        CostForm::Csv => bill::csv(&report).into(),
        CostForm::InfracostJson => {
            bill::infracost(name, &report, before.as_ref().map(|(_, before)| before)).into()
        }
        _ => {
            let change = change.as_ref().map(text::cost_change).unwrap_or_default();
            (text::bill(&report) + &change + &text::decided(&weighed.held, None, sources)).into()
        }
    })?;
    // Findings of other kinds are not judged here: only conditions of cost hold.
    let gate = match (&args.gate.fail_on, &loaded.config.fail_on) {
        (None, None) => Gate(Vec::new()),
        _ => gate(&args.gate, &loaded)?,
    };
    let measured = Measured {
        cost: Some(report.monthly.expected),
        cost_before: change.as_ref().map(|c| c.before.expected),
        cost_change: change.as_ref().map(|c| c.change.expected),
        ..Measured::default()
    };
    let broken: Vec<String> = gate.broken(&measured).into_iter().map(ToString::to_string).collect();
    if broken.is_empty() || exit == Exit::Failed {
        return Ok(exit);
    }
    print::err(&format!("the gate is shut: {}\n", broken.join(", ")));
    Ok(Exit::Gate)
}
