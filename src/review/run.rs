//! Runs the analyses over one root module.

use std::borrow::Cow;
use std::collections::BTreeMap;

use camino::Utf8PathBuf;

use super::gate::Gate;
use super::neighbours::Joined;
use super::policing::Policing;
use super::redact::Redactor;
use super::report::{Change, Drift, Report, Standing};
use super::suppress::RuleSettings;
use super::weigh::{Adoption, Weighed, stand, weigh};
use crate::analysis::changes::{Side, delta, drift, from_live, moved, planned};
use crate::analysis::cost;
use crate::analysis::finding::{Facet, Finding};
use crate::analysis::network;
use crate::analysis::rules::{self, Profile};
use crate::azure::estate::Estate;
use crate::azure::translate::{Account, translate};
use crate::terraform::address::Mode;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Evaluation;
use crate::terraform::files::Naming;
use crate::terraform::value::Str;

/// A root module, evaluated and translated.
#[derive(Debug)]
pub struct Subject {
    /// The evaluation.
    pub evaluation: Evaluation,
    /// Its estate.
    pub estate: Estate,
    /// Which files of the checkout its names mean.
    pub naming: Naming,
    /// What lies in the checkout beside its code.
    pub surroundings: Surroundings,
}

/// What rules look at in the checkout beside the code.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Files; `None` where they were not looked at.
    pub checkout: Option<rules::Checkout>,
    /// Root modules of other environments, judged by the same rules.
    pub siblings: Vec<rules::Sibling>,
    /// The estate with what other root modules declare beside it, where there are such.
    pub joined: Option<Joined>,
}

impl Subject {
    /// Translates an evaluation.
    pub fn new(evaluation: Evaluation, account: &Account, naming: Naming) -> Subject {
        let estate = translate(&evaluation, account);
        Subject { evaluation, estate, naming, surroundings: Surroundings::default() }
    }

    /// What rules are run on: this, compared with nothing.
    pub fn context<'a>(&'a self, settings: &'a RuleSettings, today: &'a str) -> rules::Context<'a> {
        rules::Context {
            parameters: &settings.parameters,
            checkout: self.surroundings.checkout.as_ref(),
            siblings: &self.surroundings.siblings,
            instances: self.surroundings.joined.as_ref().map(|joined| joined.instances.as_slice()),
            ..rules::Context::new(self.seen(), Some(&self.evaluation), today)
        }
    }

    /// Hides what must not be shown of it, and of what stands beside it.
    pub fn redactor(&self) -> Redactor {
        let mut redactor = Redactor::new(&self.evaluation);
        if let Some(joined) = &self.surroundings.joined {
            redactor.join(&joined.hides);
        }
        redactor
    }

    /// Its addresses, with what other root modules have in its subnets and it has in theirs; beside what is live.
    pub fn network(&self, live: Option<&Estate>, history: &[Estate]) -> network::NetworkReport {
        let joined = self.surroundings.joined.as_ref();
        let options = network::Options {
            sources: Some(&self.evaluation.sources),
            instances: joined.map_or(&self.evaluation.instances, |joined| &joined.instances),
            live,
            history,
            ..network::Options::default()
        };
        let mut report = network::analyse(self.seen(), options);
        report.keep_own(|address| self.seen().is_of_another_root(address));
        report
    }

    /// The estate as rules see it: with what other root modules declare beside it.
    pub fn seen(&self) -> &Estate {
        self.surroundings.joined.as_ref().map_or(&self.estate, |joined| &joined.estate)
    }
}

/// What a review is asked for besides its subject.
#[derive(Debug)]
pub struct Request {
    /// The root module as the user named it.
    pub root: Utf8PathBuf,
    /// The base and its name.
    pub base: Option<(String, Subject)>,
    /// The state that the code is planned against; the evaluation of the subject has followed it.
    pub state: Option<Subject>,
    /// The live estate and its name.
    pub live: Option<(String, Estate)>,
    /// What was live before, for the forecast of addresses.
    pub history: Vec<Estate>,
    /// Which rules are shown.
    pub profile: Profile,
    /// What ends the run with status 2.
    pub gate: Gate,
    /// Usage and prices.
    pub cost: cost::Options,
    /// The date for dated tables (`YYYY-MM-DD`).
    pub today: String,
    /// Whether subscription ids are shown.
    pub show_subscriptions: bool,
    /// Suppressions by settings, and the baseline.
    pub adoption: Adoption,
    /// Settings of the gate that the change edits.
    pub settings: Vec<String>,
    /// Policies of the team.
    pub policing: Policing,
}

/// The facets of which a review tells findings.
pub const FACETS: [Facet; 3] = [Facet::Security, Facet::Network, Facet::Cost];

/// The findings of one side with the reports they came from.
struct Judgement {
    network: network::NetworkReport,
    cost: cost::CostReport,
    weighed: Weighed,
}

/// What a side is compared with by rules about changes and about what is live.
#[derive(Clone, Copy, Default)]
struct Beside<'a> {
    prior: Option<rules::Prior<'a>>,
    live: Option<rules::Live<'a>>,
}

fn judge(subject: &Subject, request: &Request, beside: Beside<'_>, by_policy: Vec<Finding>) -> Judgement {
    let network = subject.network(request.live.as_ref().map(|(_, live)| live), &request.history);
    let cost = cost::estimate(&subject.estate, &request.cost);
    let context = rules::Context {
        network: Some(&network),
        prior: beside.prior,
        live: beside.live,
        ..subject.context(&request.adoption.rules, &request.today)
    };
    let mut others = network.found.clone();
    others.extend(cost::savings(&subject.estate, &request.cost));
    others.extend(by_policy);
    let settings = &request.adoption.rules;
    let how = (request.profile, request.today.as_str());
    let weighed = weigh(subject, rules::verdicts(&context), others, &FACETS, settings, how);
    Judgement { network, cost, weighed }
}

/// The addresses that resources of a base have after the moves of the code, by those that they had.
pub fn new_addresses(base: &Subject, subject: &Subject) -> BTreeMap<String, String> {
    let moved = moved(&base.evaluation, &subject.evaluation);
    moved.into_iter().map(|(now, was)| (was.to_string(), now.to_string())).collect()
}

/// Reviews a root module.
pub fn review(mut subject: Subject, mut request: Request) -> Report {
    if let Some((_, live)) = &request.live {
        request.cost.observed = cost::observed(live);
    }
    if let Some((_, base)) = &request.base {
        // What the change mends is told with its place in the base.
        subject.evaluation.sources.lay_beside(&base.evaluation.sources);
    }
    let (base, live) = (request.base.as_ref().map(|(_, b)| b), request.live.as_ref().map(|(_, l)| l));
    let said = request.policing.judge(&mut subject, base, live);
    let report = request.live.as_ref().map(|(_, live)| drift(&subject.evaluation, &subject.estate, live));
    let live = request.live.as_ref().zip(report.as_ref());
    let live = live.map(|((_, estate), drift)| rules::Live { estate, drift });
    let changes = match (&request.base, &request.state, live) {
        (Some((_, base)), ..) => {
            let [old, new] = [base, &subject].map(|s| Side { evaluation: &s.evaluation, estate: &s.estate });
            delta(old, new)
        }
        (None, Some(_), _) => planned(&subject.evaluation),
        (None, None, Some(live)) => from_live(live.drift, &subject.evaluation),
        (None, None, None) => Vec::new(),
    };
    let code = request.base.as_ref().map(|(_, base)| base).or(request.state.as_ref());
    let before = match (code, live) {
        (Some(was), _) => Some((was.seen(), Some(&was.evaluation))),
        (None, Some(live)) => Some((live.estate, None)),
        (None, None) => None,
    };
    let prior = before.map(|(estate, evaluation)| rules::Prior { changes: &changes, estate, evaluation });
    let mut now = judge(&subject, &request, Beside { prior, live }, said.findings);
    let mut redactor = subject.redactor().show_subscriptions(request.show_subscriptions);
    let mut gaps = gaps(&subject.evaluation);
    let change = request.base.as_ref().map(|(name, base)| {
        redactor.join(&base.redactor());
        let before = judge(base, &request, Beside::default(), request.policing.of_base(base));
        now.weighed.against(&before.weighed, request.adoption.accept_new_suppressions);
        let held = now.weighed.held.iter().map(|h| &h.finding);
        let still: Vec<Finding> = now.weighed.findings.iter().chain(held).cloned().collect();
        let change = Change {
            base: name.clone(),
            resources: changes.clone(),
            cost: cost::delta(&before.cost.moved(&new_addresses(base, &subject)), &now.cost),
            network: before.network,
            fixed: left_over(&before.weighed.findings, &still),
            base_errors: base.evaluation.diagnostics.iter().filter(|d| d.is_error()).count(),
            settings: request.settings.clone(),
        };
        (change, before.weighed.findings)
    });
    let (change, before) = change.unzip();
    if let Some(change) = change.as_ref().filter(|c| c.base_errors > 0) {
        gaps.push(format!("the base {} has {} errors of its own", change.base, change.base_errors));
    }
    let outcomes = &now.weighed.security.outcomes;
    let fixes = rules::edits(&subject.estate, &subject.evaluation.sources, outcomes);
    let findings = standing(now.weighed.findings, before.as_deref());
    let baseline = request.adoption.baseline.as_ref();
    let (findings, baseline) = stand(&subject, findings, &FACETS, baseline, &request.today);
    let drift = request.live.zip(report).map(|((source, live), mut report)| {
        gaps.extend(live.gaps.iter().map(|gap| format!("{source}: {gap}")));
        let decided = super::drift::decide(&subject, &mut report, &request.adoption, &request.today);
        Drift {
            report,
            source,
            captured_at: live.captured_at,
            decided,
            since: None,
            patch: None,
            imports: None,
        }
    });
    Report {
        root: request.root,
        beside: subject.beside().iter().map(|dir| subject.naming.shown(dir)).collect(),
        resources: resources(&subject.evaluation),
        untranslated: subject.estate.untranslated.clone(),
        network: now.network,
        cost: now.cost,
        security: now.weighed.security,
        profile: request.profile,
        drift,
        change,
        fixes,
        findings,
        suppressed: now.weighed.held,
        baseline,
        naming: subject.naming,
        gaps,
        gate: request.gate,
        redactor,
        evaluation: subject.evaluation,
        prints: said.prints,
    }
}

fn resources(evaluation: &Evaluation) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for instance in evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed) {
        *counts.entry(instance.address.type_name.to_string()).or_default() += 1;
    }
    counts
}

/// What errors of the code leave open.
fn gaps(evaluation: &Evaluation) -> Vec<String> {
    let errors: Vec<&Diagnostic> = evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
    match errors.as_slice() {
        [] => Vec::new(),
        [one] => vec![format!("the code has an error: {}", one.summary)],
        many => vec![format!("the code has {} errors", many.len())],
    }
}

/// Findings of one side, to be paired with those of the other by code and address.
struct Tally(BTreeMap<(Cow<'static, str>, Str), usize>);

impl Tally {
    fn of(findings: &[Finding]) -> Tally {
        let mut counts = BTreeMap::new();
        for finding in findings {
            *counts.entry((finding.code.clone(), finding.address.clone())).or_default() += 1;
        }
        Tally(counts)
    }

    /// True when there is one more like this; it is used up.
    fn take(&mut self, finding: &Finding) -> bool {
        match self.0.get_mut(&(finding.code.clone(), finding.address.clone())) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}

/// What is among these and not among those.
fn left_over(these: &[Finding], those: &[Finding]) -> Vec<Finding> {
    let mut tally = Tally::of(those);
    these.iter().filter(|f| !tally.take(f)).cloned().collect()
}

fn standing(findings: Vec<Finding>, before: Option<&[Finding]>) -> Vec<(Finding, Option<Standing>)> {
    let mut tally = before.map(Tally::of);
    let mut judge = |finding: &Finding| {
        let known = tally.as_mut()?.take(finding);
        Some(if known { Standing::Unchanged } else { Standing::New })
    };
    findings.into_iter().map(|finding| (judge(&finding), finding)).map(|(s, f)| (f, s)).collect()
}
