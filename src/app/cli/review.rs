//! `trueup review`

use camino::{Utf8Path, Utf8PathBuf};
use clap::{Args, ValueEnum};

use super::args::{GateArgs, HistoryArgs, LiveArgs, OutputArgs, RootArgs};
use super::baseline::BaselineArgs;
use super::beside::{self, BesideArgs, Neighbours};
use super::comment::CommentArgs;
use super::exit::Exit;
use super::forms::{FindingsForm, Form, Format};
use super::load::{LoadError, Loaded};
use super::modules::NetworkArgs;
use super::policy::{self, PolicyArgs};
use super::post::{Finished, PostArgs};
use super::prices::{PriceArgs, Priced};
use super::selection::{self, Chosen};
use super::{CommandError, print, several};
use crate::analysis::rules::Profile;
use crate::live::read::Beside;
use crate::output::excerpt::Style;
use crate::output::markdown::Template;
use crate::output::told::{self, Told};
use crate::output::{escape, html, json, markdown, text};
use crate::review::gate::Gate;
use crate::review::{Adoption, FACETS, Outcome, Report, Request, Reviewed, Reviews, Subject, review};
use crate::terraform::diagnostic::Diagnostic;

const EXAMPLES: &str = "\
Examples:
  trueup review environments/production
      the whole review; with a snapshot named in trueup.toml also drift
  trueup review . --base origin/main --output markdown=comment.md
      what this branch changes, and the comment for its pull request
  trueup review . --base origin/main --post
      the same comment on the pull request of this CI run, and findings on its lines
  trueup review --changed --base origin/main
      the root modules that this branch touches; --list says which, and why
  trueup review . --var-file prod.tfvars --fail-on medium,cost-increase>10%
      another variable file, and a gate of one's own
  trueup review . --format json | jq .findings
      for machines; docs/interfaces.md names the fields";

/// Arguments of `trueup review`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ReviewArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// Further root modules, reviewed as one
    #[arg(value_name = "DIR")]
    pub(super) more: Vec<Utf8PathBuf>,

    /// Review the root modules of the checkout that the change since --base touches: through modules, variables,
    /// files that functions read, settings. DIR limits where they are looked for
    #[arg(long, requires = "base", help_heading = "Changed")]
    pub(super) changed: bool,

    /// Print which root modules --changed means and why, and review nothing
    #[arg(long, requires = "changed", help_heading = "Changed")]
    pub(super) list: bool,

    /// Show what a change does: compare with the commit where it left this revision of the checkout, or with
    /// another folder
    #[arg(long, value_name = "REF|DIR")]
    pub(super) base: Option<String>,

    #[command(flatten)]
    pub(super) live: LiveArgs,

    #[command(flatten)]
    pub(super) history: HistoryArgs,

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

    #[command(flatten)]
    pub(super) beside: BesideArgs,

    #[command(flatten)]
    pub(super) prices: PriceArgs,

    /// Download the modules that are not there, as `trueup modules fetch` does; else nothing is downloaded
    #[arg(long, help_heading = "Modules")]
    pub(super) fetch_modules: bool,

    #[command(flatten)]
    pub(super) network: NetworkArgs,

    #[command(flatten)]
    pub(super) comment: CommentArgs,

    #[command(flatten)]
    pub(super) post: PostArgs,
}

/// How analyses judge.
#[derive(Debug, Args)]
pub(super) struct JudgeArgs {
    /// Which rules are shown [default: default]
    #[arg(long, value_enum, env = "TRUEUP_PROFILE", help_heading = "Judgement")]
    pub(super) profile: Option<ProfileName>,

    /// Usage assumptions for the cost: a TOML file; one in the checkout is read as a revision given as the base has it
    #[arg(long, value_name = "FILE", help_heading = "Judgement")]
    pub(super) usage: Option<Utf8PathBuf>,

    /// The date for support and retirement tables [default: today]
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = "Judgement", value_parser = date)]
    pub(super) today: Option<String>,
}

/// Which rules are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProfileName {
    /// Rules that hold for nearly everyone
    Default,
    /// These and the stricter ones
    Strict,
}

pub(super) fn date(text: &str) -> Result<String, String> {
    day(text).map(|_| text.to_owned())
}

/// A day of the command line.
pub(super) fn day(text: &str) -> Result<time::Date, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).map_err(|_| format!("\"{text}\" is no date, such as 2026-11-20"))
}

impl JudgeArgs {
    /// The profile of the flag, else of the settings.
    pub(super) fn profile(&self, loaded: &Loaded) -> Result<Profile, LoadError> {
        match (self.profile, loaded.config.profile.as_deref()) {
            (Some(ProfileName::Strict), _) | (None, Some("strict")) => Ok(Profile::Strict),
            (Some(ProfileName::Default), _) | (None, Some("default") | None) => Ok(Profile::Default),
            (None, Some(other)) => Err(LoadError::Setting(format!(
                "trueup.toml: \"{other}\" is no profile; there are default, strict"
            ))),
        }
    }

    /// The date for dated tables.
    pub(super) fn today(&self) -> String {
        today(self.today.as_deref())
    }
}

/// A day of the command line, else that of the clock.
pub(super) fn today(given: Option<&str>) -> String {
    given.map_or_else(|| time::OffsetDateTime::now_utc().date().to_string(), str::to_owned)
}

/// The gate of the flag, else of the settings.
pub(super) fn gate(args: &GateArgs, loaded: &Loaded) -> Result<Gate, LoadError> {
    match (&args.fail_on, &loaded.config.fail_on) {
        (Some(gate), _) => Ok(gate.clone()),
        (None, Some(text)) => {
            text.parse().map_err(|e| LoadError::Setting(format!("trueup.toml: fail_on: {e}")))
        }
        (None, None) => Ok(Gate::default()),
    }
}

/// A root module that was read, and what it is to be judged by.
struct Prepared {
    subject: Subject,
    request: Request,
    priced: Priced,
    template: Option<Template>,
    beside: Vec<Utf8PathBuf>,
}

/// A review, and what is done with it once all are there.
struct Done {
    report: Report,
    adoption: Adoption,
    priced: Priced,
    template: Option<Template>,
}

pub(super) fn run(args: &ReviewArgs) -> Result<Exit, CommandError> {
    let failed = |error: &_| args.post.failed(args.root.dir(), &args.comment, args.output.format, error);
    reviewed(args).inspect_err(failed)
}

fn reviewed(args: &ReviewArgs) -> Result<Exit, CommandError> {
    let selection = selection::choose(args)?;
    if args.list {
        let json = args.output.format.common() == Some(Format::Json);
        print::out(&if json { selection.json() } else { selection.text() })?;
        return Ok(Exit::Done);
    }
    let alone = !args.changed && selection.roots.len() == 1;
    if !alone && args.baseline.update_baseline {
        let message = "--update-baseline takes out what one root module fixed: name one DIR";
        return Err(CommandError::Other(message.to_owned()));
    }
    // Reading Azure is paced, and asks a person to sign in at most once.
    let one_by_one = args.live.live.as_deref().is_some_and(|live| live == super::load::AZURE);
    let numbered: Vec<(usize, &Chosen)> = selection.roots.iter().enumerate().collect();
    let mut prepared = several::each(&numbered, one_by_one, |(at, root)| prepare(args, root, *at));
    let judged: Vec<&Utf8Path> = selection.roots.iter().map(|root| root.dir.as_path()).collect();
    join(args, &judged, &mut prepared)?;
    let results = several::each_of(prepared, |prepared| prepared.map(finish));
    let mut exit = Exit::Done;
    let mut template = None;
    let mut adoptions = Vec::new();
    let mut reviews = Reviews { settings: selection.settings, ..Reviews::default() };
    for (root, result) in selection.roots.into_iter().zip(results) {
        // What policies print and prices that could not be read are told in the order of the root modules.
        let told = |done: Done| {
            policy::printed(&done.report.prints);
            done.priced.tell_unused(&[&done.report.cost]);
            done.priced.check().map(|()| done)
        };
        let outcome = match result.and_then(told) {
            Ok(done) => {
                exit = exit.worse(status(&done.report));
                template = template.or(done.template);
                adoptions.push(done.adoption);
                Outcome::Done(Box::new(done.report))
            }
            Err(error) if alone => return Err(error),
            Err(error) => {
                exit = exit.worse(Exit::Failed);
                print::err(&format!("error: {}: {}\n", root.dir, escape::terminal(&error.to_string())));
                Outcome::Failed(error.to_string())
            }
        };
        reviews.roots.push(Reviewed { root: root.dir, why: root.why, outcome });
    }
    let gone = selection.gone.into_iter();
    reviews.roots.extend(gone.map(|gone| Reviewed {
        root: gone.dir,
        why: Vec::new(),
        outcome: Outcome::Gone { resources: gone.resources },
    }));
    let show = |form: FindingsForm, style: Style| render(args, &reviews, template.as_ref(), form, style);
    for (format, path) in &args.output.files {
        print::file(path, &show(*format, Style::default())?)?;
    }
    print::out(&show(args.output.format, print::style())?)?;
    let mut stored = false;
    for (report, adoption) in reviews.reports().zip(&adoptions) {
        let complete = report.evaluation.is_complete();
        let decided = (adoption, report.baseline.as_ref());
        stored |= args.baseline.store(report.naming.root(), &FACETS, complete, &report.findings, decided)?;
    }
    if stored {
        return Ok(Exit::Done);
    }
    let checkout = reviews.reports().next().map_or(args.root.dir(), |report| report.naming.checkout());
    let finished = Finished {
        reviews: &reviews,
        comment: &args.comment,
        template: template.as_ref(),
        format: args.output.format,
        checkout,
    };
    args.post.run(&finished, exit)
}

/// Lays root modules beside each other.
fn join(
    args: &ReviewArgs,
    judged: &[&Utf8Path],
    all: &mut [Result<Prepared, CommandError>],
) -> Result<(), CommandError> {
    let settings: Vec<Utf8PathBuf> = all.iter().flatten().flat_map(|p| p.beside.iter().cloned()).collect();
    if all.len() == 1 && args.beside.beside.is_empty() && settings.is_empty() {
        return Ok(());
    }
    let mut neighbours = Neighbours::default();
    let how = (&args.root, &args.live.azure, args.base.as_deref());
    neighbours.read(&args.beside, settings, judged, how)?;
    for one in all.iter().flatten() {
        neighbours.add(&one.subject, one.request.base.as_ref().map(|(_, base)| base));
    }
    for one in all.iter_mut().flatten() {
        let Request { base, state, .. } = &mut one.request;
        neighbours.join(&mut one.subject, base.as_mut().map(|(_, base)| base).or(state.as_mut()));
    }
    Ok(())
}

fn finish(prepared: Prepared) -> Done {
    let Prepared { subject, request, priced, template, .. } = prepared;
    let adoption = request.adoption.clone();
    Done { report: review(subject, request), adoption, priced, template }
}

/// Reads one root module, and all that it is judged by.
fn prepare(args: &ReviewArgs, chosen: &Chosen, at: usize) -> Result<Prepared, CommandError> {
    let mut root = args.root.clone();
    if root.dir.is_some() || chosen.dir != *args.root.dir() {
        root.dir = Some(chosen.dir.clone());
    }
    let mut loaded = Loaded::with(&root, &args.live.azure)?;
    beside::number(&mut loaded, at);
    let live = loaded.live_with(&args.live, Beside { usages: true, rules: true, ..Beside::default() })?;
    let history = args.history.read(live.is_some())?;
    if args.fetch_modules {
        args.network.fetch_first(&mut loaded.options, false)?;
    }
    let base = match &args.base {
        Some(name) => {
            let mut options = loaded.base_of(name, chosen.from.as_deref())?;
            beside::number_of_base(&loaded, &mut options);
            if args.fetch_modules {
                args.network.fetch_first(&mut options, true)?;
            }
            Some((name.clone(), loaded.subject_of_base(&options), options))
        }
        None => None,
    };
    let today = args.judge.today();
    let base = base.map(|(name, mut base, options)| {
        loaded.look_around_at(&options, &mut base);
        (name, base)
    });
    let adoption = args.baseline.adoption(&mut loaded)?;
    let policing = args.policy.read(&mut loaded)?;
    let usage = loaded.usage(args.judge.usage.as_deref())?;
    let priced = args.prices.options(usage, &loaded)?;
    let template = args.comment.template(&mut loaded)?;
    let request = Request {
        root: loaded.name().to_owned(),
        base,
        state: loaded.state()?,
        live,
        history,
        profile: args.judge.profile(&loaded)?,
        gate: gate(&args.gate, &loaded)?,
        cost: priced.options.clone(),
        today: today.clone(),
        show_subscriptions: args.output.show_subscriptions,
        adoption,
        settings: loaded.edited.clone(),
        policing,
    };
    let mut subject = loaded.subject()?;
    loaded.look_around(&mut subject);
    Ok(Prepared { subject, request, priced, template, beside: loaded.config.review.beside })
}

fn render(
    args: &ReviewArgs,
    reviews: &Reviews,
    template: Option<&Template>,
    form: FindingsForm,
    style: Style,
) -> Result<String, CommandError> {
    if let Some(form) = form.handed_on() {
        return Ok(told::render(&Told::of_reviews(reviews), &reviews.failed(), form));
    }
    let only = reviews.only();
    Ok(match form.common().unwrap_or_default() {
        Format::Markdown => {
            let comment = markdown::comment(reviews, args.comment.dialect(), &args.comment.options(template));
            args.comment.told(&comment);
            comment.body
        }
        Format::Text => {
            only.map_or_else(|| text::reviews(reviews, style), |report| text::render(report, style))
        }
        Format::Json => json::print(&only.map_or_else(|| json::reviews(reviews), json::review)),
        Format::Html => only.map_or_else(|| html::reviews(reviews), html::review)?,
    })
}

/// Errors of the code come first; then the gate; then what could not be read.
fn status(report: &Report) -> Exit {
    match of_evaluation(&report.evaluation) {
        Some(exit @ Exit::Failed) => exit,
        _ if !report.broken().is_empty() => Exit::Gate,
        Some(exit) => exit,
        None if !report.is_complete() || report.drift.as_ref().is_some_and(|d| !d.report.complete) => {
            Exit::Part
        }
        None => Exit::Done,
    }
}

/// What the errors of an evaluation mean for the exit status: a file that could not be read leaves
/// the rest reviewed; any other error means that Terraform would refuse the code.
pub(super) fn of_evaluation(evaluation: &crate::terraform::evaluation::Evaluation) -> Option<Exit> {
    let errors: Vec<&Diagnostic> = evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
    if errors.is_empty() {
        return None;
    }
    let in_part = errors.iter().all(|d| d.unread) && !evaluation.instances.is_empty();
    Some(if in_part { Exit::Part } else { Exit::Failed })
}
