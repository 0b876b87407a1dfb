//! `trueup review --post`: the review on the pull request, and what is done where that is not allowed.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::CommandError;
use super::comment::CommentArgs;
use super::exit::Exit;
use super::forms::FindingsForm;
use super::host::HostArgs;
use super::notify::NotifyArgs;
use super::print::{self, note, warn};
use crate::forge::bitbucket::insights;
use crate::forge::chat::Message;
use crate::forge::ci::{Ci, Environment, Summary};
use crate::forge::post::{Conversation, Lines, Posted, Settling, Wanted, post};
use crate::forge::{
    ForgeError, HostKind, Note, Place, State, Status, Token, connect, notes, pull_request_of,
};
use crate::output::excerpt::Style;
use crate::output::markdown::{self, Dialect, Marker, Options, Template, Web};
use crate::output::told::{Form, Told};
use crate::output::{brief, escape, text};
use crate::review::{Outcome, Reviewed, Reviews, Verdict};

/// What has the review where only a report on the commit can be written.
const ON_THE_COMMIT: &str = "a report on the commit";

/// Where and how the review is posted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Posting")]
pub(super) struct PostArgs {
    /// Post the review: one comment on the pull request of this CI run, edited in place, and findings on the
    /// lines of the change. The token is that of GITHUB_TOKEN, SYSTEM_ACCESSTOKEN, GITLAB_TOKEN or
    /// BITBUCKET_TOKEN, or TRUEUP_POST_TOKEN; docs/posting.md says what it has to be allowed
    #[arg(long)]
    pub(super) post: bool,

    /// Print what --post would send, and send nothing
    #[arg(long, conflicts_with = "post")]
    pub(super) post_dry_run: bool,

    #[command(flatten)]
    pub(super) host: HostArgs,

    #[command(flatten)]
    pub(super) notify: NotifyArgs,

    /// The number of the pull request
    #[arg(long, value_name = "N", env = "TRUEUP_PULL_REQUEST")]
    pub(super) pull_request: Option<u64>,

    /// The commit of the source branch that is reviewed, where the CI does not say
    #[arg(long, value_name = "SHA", env = "TRUEUP_COMMIT")]
    pub(super) commit: Option<String>,

    /// What the comment is about: a pull request has one comment for each key, so that jobs that review
    /// different root modules do not overwrite each other's
    #[arg(long, value_name = "KEY", default_value = "review", env = "TRUEUP_COMMENT_KEY")]
    pub(super) comment_key: String,

    /// Post the comment only, nothing on lines
    #[arg(long)]
    pub(super) no_line_comments: bool,

    /// Set a status of the pull request as well, which a policy of its branch can ask for (Azure DevOps): its
    /// genre is trueup, its name that of --comment-key
    #[arg(long)]
    pub(super) post_status: bool,
}

/// A review that was printed and may be posted.
pub(super) struct Finished<'a> {
    /// What was found.
    pub(super) reviews: &'a Reviews,
    /// The form of the comment.
    pub(super) comment: &'a CommentArgs,
    /// The user's own form of it.
    pub(super) template: Option<&'a Template>,
    /// What standard output has.
    pub(super) format: FindingsForm,
    /// A folder of the checkout, whose remote says the host where nothing else does.
    pub(super) checkout: &'a Utf8Path,
}

impl PostArgs {
    /// Posts a review, if that is wanted, and says how the run ends. What cannot be posted changes no verdict:
    /// it is told, and a run that would end well ends as done in part. A token that may read only, as a fork's,
    /// is nobody's fault: then the CI shows the review, and the run ends as it would.
    pub(super) fn run(&self, done: &Finished<'_>, exit: Exit) -> Result<Exit, CommandError> {
        let (exit, is_news) = self.bring(done, exit)?;
        let message = is_news.then(|| {
            let (title, lines) = brief(done.reviews);
            Message { title: format!("trueup: {title}"), lines, link: None }
        });
        self.notify.send(message, &self.host, done.checkout, exit)
    }

    /// Posts, and says how the run ends and whether there is news for who reads along: where nothing is posted, all
    /// but a clean review is.
    fn bring(&self, done: &Finished<'_>, exit: Exit) -> Result<(Exit, bool), CommandError> {
        let found = done.reviews.verdict() != Verdict::Clean;
        if !self.post && !self.post_dry_run {
            return Ok((exit, found));
        }
        let environment = Environment::of_process();
        let named = (self.pull_request, self.commit.clone());
        let mut place = self.host.place(&environment, done.checkout, named);
        if self.post_dry_run {
            done.say(&self.rehearsal(&place, done))?;
            return Ok((exit, false));
        }
        if place.pull_request.is_none() {
            place.pull_request = self.asked(&place, &environment);
        }
        if place.ci.is_some() && place.pull_request.is_none() {
            let why = place.no_pull_request.as_deref().unwrap_or("this run is of no pull request");
            note(&format!("nothing is posted: {why}"));
            self.leave(&place, &environment, done)?;
            return Ok((exit, found));
        }
        let error = match self.post(&place, &environment, done) {
            Ok(posted) => return Ok((told(&posted, exit), posted.comment.is_news())),
            Err(error) => error,
        };
        done.annotate(&place)?;
        let left = self.leave(&place, &environment, done)?;
        let instead = left.map(|place| format!("; {place} has the review instead")).unwrap_or_default();
        let no_token = place.host.is_some_and(|host| Token::find(&environment, host).is_none());
        if error.is_forbidden() || no_token && (place.fork || left == Some(ON_THE_COMMIT)) {
            note(&format!("not posted: {error}{instead}"));
            return Ok((exit, found));
        }
        warn(&format!("not posted: {error}{instead}"));
        Ok((exit.worse(Exit::Part), found))
    }

    /// Says on the pull request that nothing could be reviewed, so that the comment of an earlier commit does
    /// not stand for this one.
    pub(super) fn failed(
        &self,
        root: &Utf8Path,
        comment: &CommentArgs,
        format: FindingsForm,
        error: &CommandError,
    ) {
        if !self.post || error.is_interrupted() {
            return;
        }
        let outcome = Outcome::Failed(error.to_string());
        let root = Reviewed { root: root.to_owned(), why: Vec::new(), outcome };
        let checkout = root.root.clone();
        let reviews = Reviews { roots: vec![root], ..Reviews::default() };
        let done = Finished { reviews: &reviews, comment, template: None, format, checkout: &checkout };
        // What goes wrong here is told on the way; the run fails anyway.
        let _ = self.run(&done, Exit::Failed);
    }

    /// Leaves the review where the run or its commit shows it, and says where that is.
    fn leave(
        &self,
        place: &Place,
        environment: &Environment,
        done: &Finished<'_>,
    ) -> Result<Option<&'static str>, CommandError> {
        if done.leave(place, &self.comment_key)? {
            return Ok(Some("the summary of the run"));
        }
        let report =
            insights::leave(place, environment, done.reviews, &self.comment_key, self.host.patience());
        match report {
            Some(Ok(())) => return Ok(Some(ON_THE_COMMIT)),
            Some(Err(error)) => note(&format!("no report on the commit either: {error}")),
            None => {}
        }
        Ok(None)
    }

    /// The pull request of a run that names none, as the host knows it. Nothing is lost where it does not say.
    fn asked(&self, place: &Place, environment: &Environment) -> Option<u64> {
        let token = Token::find(environment, place.host?)?;
        pull_request_of(place, token, self.host.patience()).ok().flatten()
    }

    fn post(
        &self,
        place: &Place,
        environment: &Environment,
        done: &Finished<'_>,
    ) -> Result<Posted, ForgeError> {
        let host = connect(place, Token::of(environment, place)?, self.host.patience())?;
        // Where the host does not say who can read, values stay where they are.
        let said = place.public.map_or_else(|| host.is_public(), |public| Ok(Some(public)))?;
        let public = done.comment.public || said.unwrap_or(true);
        let commit = place.head.clone().map_or_else(|| host.head(), Ok)?;
        let mut wanted = self.wanted(place, done, host.dialect(), public, &commit);
        wanted.commit = place.head.clone();
        post(host.as_ref(), &wanted, Settling::default())
    }

    /// What the run has to say.
    fn wanted(
        &self,
        place: &Place,
        done: &Finished<'_>,
        dialect: &'static Dialect,
        public: bool,
        commit: &str,
    ) -> Wanted {
        let marker = Marker { key: self.comment_key.clone(), run: place.run.number };
        let line = marker.line(dialect);
        let web = place.page().map(|repository| Web { repository, commit: commit.to_owned() });
        let options = Options {
            marker: Some(marker),
            web: web.filter(|w| !w.commit.is_empty()),
            details: done.comment.details_url.clone().or_else(|| place.run.url.clone()),
            public,
            template: done.template,
        };
        let comment = markdown::comment(done.reviews, dialect, &options);
        done.comment.told(&comment);
        let body = comment.body.strip_prefix(&line).unwrap_or(&comment.body).trim_start().to_owned();
        Wanted {
            key: self.comment_key.clone(),
            run: place.run.number,
            commit: None,
            body: (!comment.quiet).then(|| body.clone()),
            resolved: body,
            blocks: comment.verdict == Verdict::Blocked,
            notes: (!self.no_line_comments).then(|| lines(done.reviews, dialect, public)),
            complete: done.reviews.is_complete(),
            status: self.post_status.then(|| self.status(comment.verdict, place)),
        }
    }

    /// The verdict as a status.
    fn status(&self, verdict: Verdict, place: &Place) -> Status {
        let (state, description) = match verdict {
            Verdict::Blocked => (State::Failed, "something holds the gate shut"),
            Verdict::Incomplete => (State::Unknown, "some of it could not be read or judged"),
            Verdict::Attention => (State::Passed, "there are findings, and none holds the gate shut"),
            Verdict::Clean => (State::Passed, "nothing was found"),
        };
        Status {
            name: self.comment_key.clone(),
            state,
            description: description.to_owned(),
            url: place.run.url.clone(),
        }
    }

    /// What would be sent, for people.
    fn rehearsal(&self, place: &Place, done: &Finished<'_>) -> String {
        let dialect = place.host.map_or(done.comment.dialect(), HostKind::dialect);
        let commit = place.head.clone().unwrap_or_default();
        let wanted = self.wanted(place, done, dialect, done.comment.public, &commit);
        let host = place.host.map_or("a host that is not known", HostKind::name);
        let repository = place.repository.as_deref().unwrap_or("a repository that is not known");
        let number = place.pull_request.map_or_else(|| "?".to_owned(), |n| n.to_string());
        let mut out = format!("\nWould post to {host}, {repository}, pull request {number}:\n\n");
        match &wanted.body {
            Some(body) => out.push_str(&format!("{}\n", wanted.marked(dialect, &wanted.key, body))),
            None => {
                let resolved = &wanted.resolved;
                out.push_str(&format!("Nothing, or where there is a comment already:\n\n{resolved}\n"));
            }
        }
        let notes = wanted.notes.unwrap_or_default();
        if !notes.is_empty() {
            out.push_str("\nOn lines, as far as the pull request changes them, ten at most:\n");
        }
        for note in &notes {
            let proposal = note.proposal.as_ref().map(|p| format!("\n{}", p.render(dialect)));
            let body = format!("{}{}", note.body, proposal.unwrap_or_default());
            out.push_str(&format!("\n{}:{}\n{body}", note.path, note.lines.0));
        }
        if let Some(status) = &wanted.status {
            out.push_str(&format!("\nAnd the status trueup/{}: {}\n", status.name, status.description));
        }
        // What keeps hosts from seeing mentions is of no use to people.
        escape::terminal(&out.replace('\u{200d}', ""))
    }
}

impl Finished<'_> {
    /// Prints for people: on standard output unless a machine reads that.
    fn say(&self, text: &str) -> Result<(), CommandError> {
        match self.format {
            FindingsForm::Text | FindingsForm::Markdown => Ok(print::out(text)?),
            _ => {
                print::err(text);
                Ok(())
            }
        }
    }

    /// Findings as the CI shows them at lines, where it does and where they are not printed already. Both
    /// streams of a step are read for commands.
    fn annotate(&self, place: &Place) -> Result<(), CommandError> {
        let (form, printed) = match place.ci {
            Some(Ci::GithubActions) => (Form::Github, FindingsForm::Github),
            Some(Ci::AzurePipelines) => (Form::AzurePipelines, FindingsForm::AzurePipelines),
            // The log is all that others have.
            Some(_) if self.format != FindingsForm::Text => {
                self.reviews.reports().for_each(|r| print::err(&text::render(r, Style::default())));
                return Ok(());
            }
            _ => return Ok(()),
        };
        if self.format == printed {
            return Ok(());
        }
        for report in self.reviews.reports() {
            self.say(&Told::of_review(report).render(form))?;
        }
        Ok(())
    }

    /// Leaves the comment as a page of the run, where the CI has such; true when it did.
    fn leave(&self, place: &Place, key: &str) -> Result<bool, CommandError> {
        let Some(summary) = &place.summary else { return Ok(false) };
        let options = Options {
            details: self.comment.details_url.clone(),
            public: self.comment.public || place.public.unwrap_or(place.fork),
            template: self.template,
            ..Options::default()
        };
        let dialect = match summary {
            Summary::Append(_) => place.host.map_or(self.comment.dialect(), HostKind::dialect),
            Summary::Upload(_) => &markdown::AZURE_PIPELINES_SUMMARY,
        };
        let body = markdown::comment(self.reviews, dialect, &options).body;
        let result = match summary {
            Summary::Append(file) => append(Utf8Path::new(file), &body),
            Summary::Upload(dir) => {
                let name: String =
                    key.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
                let file = Utf8PathBuf::from(dir).join(format!("trueup-{name}.md"));
                std::fs::write(&file, &body).and_then(|()| {
                    self.say(&format!("##vso[task.uploadsummary]{file}\n")).map_err(std::io::Error::other)
                })
            }
        };
        if let Err(error) = result {
            warn(&format!("the summary of the run cannot be written: {error}"));
            return Ok(false);
        }
        Ok(true)
    }
}

/// Findings of all root modules on lines, blockers first.
fn lines(reviews: &Reviews, dialect: &'static Dialect, public: bool) -> Vec<Note> {
    let mut all: Vec<Note> = reviews.reports().flat_map(|report| notes(report, dialect, public)).collect();
    all.sort_by_key(|note| (!note.blocks, std::cmp::Reverse(note.severity)));
    // A module that several root modules call has its finding once.
    let mut seen = std::collections::HashSet::new();
    all.retain(|note| seen.insert((note.path.clone(), note.lines, note.code.clone())));
    all
}

fn append(file: &Utf8Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")
}

/// Says what was done, and how the run ends then.
fn told(posted: &Posted, exit: Exit) -> Exit {
    let at = |url: &Option<String>| url.as_ref().map(|u| format!(": {u}")).unwrap_or_default();
    note(&match &posted.comment {
        Conversation::Created(url) => format!("comment posted{}", at(url)),
        Conversation::Updated(url) => format!("comment edited{}", at(url)),
        Conversation::Unchanged => "the comment says the same already".to_owned(),
        Conversation::Resolved => "nothing is left to say, and the comment says so now".to_owned(),
        Conversation::Nothing => "nothing to say, so no comment".to_owned(),
        Conversation::Newer(run) => format!("the comment is of a newer run ({run}) and was left alone"),
        Conversation::Outdated(head) => {
            let head = head.get(..12).unwrap_or(head);
            format!(
                "the pull request is at {head} by now, whose run will write the comment; it was left alone"
            )
        }
    });
    let mut exit = exit;
    match &posted.lines {
        Some(Ok(lines)) if *lines != Lines::default() => note(&on_lines(lines)),
        Some(Err(error)) if error.is_forbidden() => note(&format!("no comments on lines: {error}")),
        Some(Err(error)) => {
            warn(&format!("comments on lines are not complete: {error}"));
            exit = exit.worse(Exit::Part);
        }
        Some(Ok(_)) | None => {}
    }
    match &posted.status {
        Some(Ok(())) => note("status of the pull request set"),
        Some(Err(error)) => {
            warn(&format!("the status of the pull request is not set: {error}"));
            exit = exit.worse(Exit::Part);
        }
        None => {}
    }
    exit
}

/// `comments on lines: 2 new, 1 resolved`
fn on_lines(lines: &Lines) -> String {
    let counts = [
        (lines.begun, "new"),
        (lines.edited, "edited"),
        (lines.resolved, "resolved"),
        (lines.standing, "as before"),
        (lines.left_out, "left out for room"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    let hint = match lines.unresolved {
        true => "; the token may not resolve threads (on GitHub that takes `contents: write`)",
        false => "",
    };
    format!("comments on lines: {}{hint}", parts.join(", "))
}
