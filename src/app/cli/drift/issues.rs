//! `--post-issues`: one issue for each root module that differs.

use camino::Utf8Path;
use clap::Args;

use super::super::exit::Exit;
use super::super::host::HostArgs;
use super::super::notify::NotifyArgs;
use super::super::{CommandError, print};
use super::several::{Compared, Found};
use crate::forge::chat::Message;
use crate::forge::ci::Environment;
use crate::forge::issues::{Fate, Issues, News, bring};
use crate::forge::post::Settling;
use crate::forge::{ForgeError, Token, issues};
use crate::output::drift_issue::DriftIssue;

/// Issues that stand for drift.
#[derive(Debug, Args)]
pub(in crate::app::cli) struct IssueArgs {
    /// Keep one issue for each root module that differs (a work item on Azure DevOps): opened, brought up to date,
    /// and closed by the first complete comparison that finds nothing. Takes the token of the host, as `trueup review
    /// --post` does
    #[arg(long, help_heading = "Posting")]
    post_issues: bool,

    /// The type of work items, on Azure DevOps
    #[arg(long, value_name = "TYPE", default_value = "Task", help_heading = "Posting")]
    work_item_type: String,

    #[command(flatten)]
    host: HostArgs,

    #[command(flatten)]
    notify: NotifyArgs,
}

impl IssueArgs {
    /// True when somebody is to be told.
    pub(super) fn wanted(&self) -> bool {
        self.post_issues || self.notify.is_wanted()
    }

    /// Brings the issues up to date and tells who reads along. Nothing of it changes the verdict; a run that would
    /// end well ends as done in part when it could not be done.
    pub(super) fn run(&self, dir: &Utf8Path, found: &[Found], exit: Exit) -> Result<Exit, CommandError> {
        let (exit, fates) = if self.post_issues { self.bring(dir, found, exit) } else { (exit, None) };
        let lines: Vec<String> = match &fates {
            Some(fates) => found.iter().zip(fates).filter_map(|(f, fate)| line(f, fate.as_ref())).collect(),
            None => found.iter().filter_map(|f| line(f, None)).collect(),
        };
        let message =
            (!lines.is_empty()).then(|| Message { title: "trueup: drift".into(), lines, link: None });
        self.notify.send(message, &self.host, dir, exit)
    }

    /// Brings the issues up to date. Of each, what became of it, unless that is not known.
    fn bring(&self, dir: &Utf8Path, found: &[Found], exit: Exit) -> (Exit, Option<Vec<Option<Fate>>>) {
        // One list has the issues of all root modules.
        let listed = self.connect(dir).and_then(|host| Ok((host.labelled()?, host)));
        let (listed, host) = match listed {
            Ok(listed) => listed,
            Err(error) => {
                print::warn(&format!("no issues are kept: {error}"));
                return (exit.worse(Exit::Part), None);
            }
        };
        let mut exit = exit;
        let mut one = |Found { root, result }: &Found| {
            let news = news(root, result.as_ref().ok(), host.as_ref());
            match bring(host.as_ref(), &listed, &format!("drift {root}"), &news, Settling::default()) {
                Ok(fate) => {
                    tell(root, &fate);
                    Some(fate)
                }
                Err(error) => {
                    print::warn(&format!("{root}: the issue is not up to date: {error}"));
                    exit = exit.worse(Exit::Part);
                    None
                }
            }
        };
        let fates = found.iter().map(&mut one).collect();
        (exit, Some(fates))
    }

    fn connect(&self, dir: &Utf8Path) -> Result<Box<dyn Issues>, ForgeError> {
        let environment = Environment::of_process();
        let place = self.host.place(&environment, dir, (None, None));
        let token = Token::of(&environment, &place)?;
        issues::connect(&place, token, self.host.patience(), &self.work_item_type)
    }
}

/// What there is to say about a root module.
fn news(root: &str, compared: Option<&Compared>, host: &dyn Issues) -> News {
    let Some(compared) = compared else { return News::Unknown };
    let issue = DriftIssue { root, drift: &compared.drift, redactor: &compared.redactor };
    let form = host.form();
    if compared.drift.report.differs() {
        News::Differs { title: issue.title(), body: issue.differs(form) }
    } else if compared.is_complete() {
        News::Recovered { body: issue.recovered(form) }
    } else {
        News::Unknown
    }
}

fn tell(root: &str, fate: &Fate) {
    let what = match fate {
        Fate::Opened(_) => "issue opened",
        Fate::Reopened(_) => "issue opened again",
        Fate::Edited(_) => "issue brought up to date",
        Fate::Closed(_) => "nothing differs any more, issue closed",
        Fate::Unchanged(_) => "the issue says the same already",
        Fate::Left(_) => "not everything could be compared, so the issue stays open",
        Fate::Nothing => return,
    };
    let at = fate.url().map(|url| format!(": {url}")).unwrap_or_default();
    print::note(&format!("{root}: {what}{at}"));
}

/// A line for who reads along; none when an issue says the same as before.
fn line(found: &Found, fate: Option<&Fate>) -> Option<String> {
    let root = &found.root;
    if matches!(fate, Some(Fate::Closed(_))) {
        return Some(format!("{root}: nothing differs any more"));
    }
    if fate.is_some_and(|fate| !fate.is_news()) {
        return None;
    }
    let compared = match &found.result {
        Ok(compared) => compared,
        Err(error) => return Some(format!("{root}: not compared: {error}")),
    };
    let issue = DriftIssue { root, drift: &compared.drift, redactor: &compared.redactor };
    let at = fate.and_then(Fate::url).map(|url| format!(" {url}")).unwrap_or_default();
    if compared.drift.report.alarms() {
        return Some(format!("{}{at}", compared.redactor.text(&issue.sentence())));
    }
    (!compared.is_complete()).then(|| format!("{root}: not everything could be compared"))
}
