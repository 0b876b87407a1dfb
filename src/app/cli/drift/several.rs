//! Drift of several root modules: evaluated side by side, compared with Azure read once for all of them, told as
//! one, and kept in issues.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use camino::Utf8Path;
use serde_json::json;

use super::super::args::RootArgs;
use super::super::azure::Sessions;
use super::super::exit::Exit;
use super::super::forms::Format;
use super::super::review::of_evaluation;
use super::super::{CommandError, print, selection, several};
use super::{DriftArgs, ended, one, ready};
use crate::live::read::Wanted;
use crate::output::json::Drifts;
use crate::output::{escape, json, text};
use crate::review::redact::Redactor;
use crate::review::{Drift, Subject};
use crate::terraform::diagnostic::Diagnostic;

/// What was found in one root module.
pub(super) struct Found {
    /// Its folder, as it is shown.
    pub(super) root: String,
    /// The comparison, or why there is none.
    pub(super) result: Result<Compared, String>,
}

/// A comparison that was made.
pub(super) struct Compared {
    pub(super) subject: Subject,
    pub(super) drift: Drift,
    pub(super) redactor: Redactor,
}

pub(super) fn run(args: &DriftArgs) -> Result<Exit, CommandError> {
    let roots = roots(args)?;
    let alone = roots.len() == 1 && !args.all;
    if args.code.is_wanted() || args.baseline.writes() {
        let message =
            "--patch, --import-blocks and writing a baseline are about one root module: name one DIR";
        return Err(CommandError::Other(message.to_owned()));
    }
    if args.output.format == Format::Html || args.output.files.iter().any(|(f, _)| *f == Format::Html) {
        let message =
            "the page of drift is about one root module; `trueup review DIR...` makes one of several";
        return Err(CommandError::Other(message.to_owned()));
    }
    let mut exit = Exit::Done;
    let mut found = Vec::new();
    for (root, result) in roots.iter().zip(compare(args, &roots)) {
        let result = match result {
            Ok(compared) => {
                let of_code = of_evaluation(&compared.subject.evaluation).unwrap_or(Exit::Done);
                exit = exit.worse(ended(of_code, &compared.drift));
                Ok(compared)
            }
            Err(error) if alone || error.is_interrupted() => return Err(error),
            Err(error) => {
                exit = exit.worse(Exit::Failed);
                Err(error.to_string())
            }
        };
        found.push(Found { root: root.dir().to_string(), result });
    }
    for (format, path) in &args.output.files {
        print::file(path, &render(&found, *format))?;
    }
    print::out(&render(&found, args.output.format))?;
    args.issues.run(args.compare.root.dir(), &found, exit)
}

/// Compares root modules, in two steps: what all of them want of Azure is known before anything is listed, so that
/// each list is read once.
fn compare(args: &DriftArgs, roots: &[RootArgs]) -> Vec<Result<Compared, CommandError>> {
    let sessions = Arc::new(Sessions::of_several());
    let ready = several::each(roots, false, |root| {
        let mut ready = ready(args, root)?;
        let wanted = ready.loaded.wanted(&args.compare.live, &sessions)?;
        Ok::<_, CommandError>((ready, wanted))
    });
    let mut together = Wanted::default();
    ready.iter().flatten().for_each(|(_, wanted)| together.join(wanted));
    let together = Arc::new(together);
    // Each is handed over once.
    let ready: Vec<_> = ready.into_iter().map(|r| Mutex::new(Some(r))).collect();
    let compared = several::each(&ready, false, |slot| {
        let ready = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (mut ready, _) =
            ready.unwrap_or_else(|| Err(CommandError::Other("it was not loaded".to_owned())))?;
        ready.loaded.read_together(&together);
        let compared = one(args, ready)?;
        let redactor = Redactor::new(&compared.subject.evaluation);
        let redactor = redactor.show_subscriptions(args.output.show_subscriptions);
        Ok(Compared { subject: compared.subject, drift: compared.found, redactor })
    });
    sessions.told(&args.compare.live.azure);
    compared
}

/// The root modules that the arguments mean.
fn roots(args: &DriftArgs) -> Result<Vec<RootArgs>, CommandError> {
    let root = &args.compare.root;
    if !args.all && args.more.is_empty() {
        return Ok(vec![root.clone()]);
    }
    if root.plan.is_some() || root.state.is_some() {
        let message = "--plan and --state are about one root module: name one DIR";
        return Err(CommandError::Other(message.to_owned()));
    }
    let mut dirs = Vec::new();
    let named = std::iter::once(root.dir()).chain(args.more.iter().map(|dir| dir.as_path()));
    for dir in named {
        let of = |dir: &Utf8Path| RootArgs { dir: Some(dir.to_owned()), ..root.clone() };
        let below = if args.all { selection::all(&of(dir))? } else { vec![dir.to_owned()] };
        for dir in below {
            if !dirs.iter().any(|known: &RootArgs| known.dir() == dir) {
                dirs.push(of(&dir));
            }
        }
    }
    if dirs.is_empty() {
        return Err(CommandError::Other("there is no root module here".to_owned()));
    }
    Ok(dirs)
}

fn render(found: &[Found], format: Format) -> String {
    if format == Format::Json {
        return json::print(&of_json(found));
    }
    let mut out = String::new();
    for Found { root, result } in found {
        let listing = match result {
            Ok(compared) => compared.redactor.text(&listing(compared)),
            Err(error) => format!("  not compared: {}\n", escape::line(error)),
        };
        let _ = match format {
            Format::Markdown => {
                writeln!(out, "### {}\n\n{}\n", escape::code(root), escape::fenced("", &listing))
            }
            _ => writeln!(out, "{}\n{}", escape::line(root), escape::terminal(&listing)),
        };
    }
    out
}

/// What differs, below what is wrong with the code.
fn listing(compared: &Compared) -> String {
    let evaluation = &compared.subject.evaluation;
    let told = |d: &Diagnostic| format!("  error: {}\n", escape::line(&d.summary));
    let errors: String = evaluation.diagnostics.iter().filter(|d| d.is_error()).map(told).collect();
    errors + &text::drift(&compared.drift)
}

fn of_json(found: &[Found]) -> Drifts {
    let of = |found: &Found| match &found.result {
        Ok(c) => {
            let body = serde_json::to_value(json::drift(&c.drift)).unwrap_or_default();
            let mut out = json::facet(body, &c.subject.evaluation, &c.redactor);
            out["root"] = json!(found.root);
            out
        }
        Err(error) => json!({
            "root": found.root,
            "complete": false,
            "diagnostics": [{ "severity": "error", "summary": error, "detail": "" }],
        }),
    };
    let complete = found.iter().all(|f| f.result.as_ref().is_ok_and(Compared::is_complete));
    Drifts { complete, roots: found.iter().map(of).collect() }
}

impl Compared {
    /// True when everything was read, evaluated and compared.
    pub(super) fn is_complete(&self) -> bool {
        self.drift.report.complete && of_evaluation(&self.subject.evaluation).is_none()
    }
}
