//! Issues that stand for the drift of a root module: one each, opened, kept up to date and closed.
//!
//! An issue is found again by its label, its key *and* its author, as comments are.
//! It is closed only by a comparison that is complete: what could not be read is no recovery.

use std::thread::sleep;

use super::http::Patience;
use super::post::{Settling, words};
use super::{Comment, ForgeError, HostKind, Place, Token};
use crate::output::drift_issue::Form;
use crate::output::markdown::{Dialect, Marker};

/// The label, or tag, of all of them.
pub const LABEL: &str = "trueup-drift";

/// The issues of one repository or project, as a token sees them.
///
/// Methods ask and say, as those of [`super::Host`]; which issue is kept and what is written stands here.
pub trait Issues {
    /// How a text is written here.
    fn form(&self) -> Form;

    /// What [`Draft::key`] and [`Issue::key`] have for what a name is about: the name, unless the host has no room.
    fn key(&self, name: &str) -> String {
        name.to_owned()
    }

    /// The issues with [`LABEL`], open and closed, oldest first, all pages, no pull requests among them.
    fn labelled(&self) -> Result<Vec<Issue>, ForgeError>;

    /// Opens an issue with [`LABEL`]. [`ForgeError::Unsure`] when it may be there all the same.
    fn open(&self, draft: &Draft) -> Result<Issue, ForgeError>;

    /// Puts another title and text into an issue, and opens or closes it. `note` is said in its conversation
    /// where that is another thing than its text.
    fn write(&self, issue: &Issue, draft: &Draft, open: bool, note: Option<&str>) -> Result<(), ForgeError>;
}

/// An issue that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The text, as the body of a comment.
    pub text: Comment,
    /// What it is about, as [`Draft::key`] said.
    pub key: Option<String>,
    /// Its title.
    pub title: String,
    /// True until it is closed.
    pub open: bool,
}

/// What an issue is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is about. The host keeps it out of sight: in a marker above the text, or in a tag.
    pub key: String,
    /// One line of plain text, at most [`TITLE`] characters.
    pub title: String,
    /// The text, in the form of the host.
    pub body: String,
}

impl Draft {
    /// The text below its marker, for hosts that hide one.
    pub fn marked(&self, dialect: &'static Dialect) -> String {
        let marker = Marker { key: self.key.clone(), run: 0 };
        format!("{}\n\n{}", marker.line(dialect), self.body)
    }
}

/// The issues of the repository of a place. Nothing is sent yet.
///
/// Fails with [`ForgeError::Settings`] when the place does not say enough, or its host has no issues.
pub fn connect(
    place: &Place,
    token: Token,
    patience: Patience,
    work_item_type: &str,
) -> Result<Box<dyn Issues>, ForgeError> {
    // No pull request has the number 0; only its repository is asked.
    let place = &Place { pull_request: Some(0), ..place.clone() };
    match place.host.ok_or_else(|| ForgeError::Settings(super::ci::NO_HOST.to_owned()))? {
        HostKind::GitHub => Ok(Box::new(super::github::GitHub::connect(place, token, patience)?)),
        HostKind::AzureDevOps => {
            let host = super::azure_devops::AzureDevOps::connect(place, token, patience)?;
            Ok(Box::new(super::azure_devops::WorkItems::new(host, work_item_type)))
        }
        HostKind::GitLab => Ok(Box::new(super::gitlab::GitLab::connect(place, token, patience)?)),
        HostKind::Bitbucket | HostKind::BitbucketServer => {
            let message = "Bitbucket has no issues: --notify sends what differs to Slack or Teams";
            Err(ForgeError::Settings(message.to_owned()))
        }
    }
}

/// The longest title that every host takes, in characters.
pub const TITLE: usize = 250;

/// What a comparison found about one key.
#[derive(Clone, Debug)]
pub enum News {
    /// There is something to do.
    Differs {
        /// One line.
        title: String,
        /// The text.
        body: String,
    },
    /// All was compared, and nothing is left to do. The text says so in an issue that is open.
    Recovered {
        /// The text.
        body: String,
    },
    /// Something could not be compared, and nothing differs in the rest: an issue stays what it is.
    Unknown,
}

/// What became of an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was opened; where a browser shows it.
    Opened(Option<String>),
    /// A closed one was opened again.
    Reopened(Option<String>),
    /// Its text was brought up to date.
    Edited(Option<String>),
    /// It was closed.
    Closed(Option<String>),
    /// It says the same already.
    Unchanged(Option<String>),
    /// There was nothing to say, and no open issue.
    Nothing,
    /// An open issue was left alone, since not everything could be compared.
    Left(Option<String>),
}

impl Fate {
    /// True when people should be told.
    pub fn is_news(&self) -> bool {
        matches!(self, Fate::Opened(_) | Fate::Reopened(_) | Fate::Edited(_) | Fate::Closed(_))
    }

    /// Where a browser shows the issue.
    pub fn url(&self) -> Option<&str> {
        match self {
            Fate::Opened(url) | Fate::Reopened(url) | Fate::Edited(url) => url.as_deref(),
            Fate::Closed(url) | Fate::Unchanged(url) | Fate::Left(url) => url.as_deref(),
            Fate::Nothing => None,
        }
    }
}

/// Brings the issue of what a name is about up to date. `listed` is what [`Issues::labelled`] gave, which one run asks
/// once for all of its names.
pub fn bring(
    host: &dyn Issues,
    listed: &[Issue],
    name: &str,
    news: &News,
    settling: Settling,
) -> Result<Fate, ForgeError> {
    let key = &host.key(name);
    let mut own: Vec<Issue> = listed.iter().filter(|i| is_own(i, key)).cloned().collect();
    let draft = match news {
        News::Unknown => {
            return Ok(own.into_iter().find(|i| i.open).map_or(Fate::Nothing, |i| Fate::Left(i.text.url)));
        }
        News::Recovered { body } => return recovered(host, key, &own, body),
        News::Differs { title, body } => draft(key, title, body),
    };
    if own.is_empty() {
        let made = open(host, key, &draft, settling)?;
        own = settled(host, key, &made, settling)?;
        let oldest = own.first().is_none_or(|first| first.text.id == made.text.id);
        if oldest {
            extra(host, key, &own)?;
            return Ok(Fate::Opened(made.text.url));
        }
    }
    let Some(kept) = kept(&own) else { return Ok(Fate::Nothing) };
    extra(host, key, &own)?;
    let url = kept.text.url.clone();
    if kept.open && kept.title == draft.title && same(host.form(), &kept.text.body, &draft.body) {
        return Ok(Fate::Unchanged(url));
    }
    host.write(kept, &draft, true, (!kept.open).then_some("It differs again."))?;
    Ok(if kept.open { Fate::Edited(url) } else { Fate::Reopened(url) })
}

/// Closes what is open.
fn recovered(host: &dyn Issues, key: &str, own: &[Issue], body: &str) -> Result<Fate, ForgeError> {
    let mut fate = Fate::Nothing;
    for issue in own.iter().filter(|i| i.open) {
        host.write(issue, &draft(key, &issue.title, body), false, Some("Nothing differs any more."))?;
        if fate == Fate::Nothing {
            fate = Fate::Closed(issue.text.url.clone());
        }
    }
    Ok(fate)
}

/// The one that is kept: the oldest that is open, else the newest, which people saw last.
fn kept(own: &[Issue]) -> Option<&Issue> {
    own.iter().find(|i| i.open).or(own.last())
}

/// Closes the others that are open: two runs at once may both have opened one.
fn extra(host: &dyn Issues, key: &str, own: &[Issue]) -> Result<(), ForgeError> {
    let Some(kept) = kept(own) else { return Ok(()) };
    for issue in own.iter().filter(|i| i.open && i.text.id != kept.text.id) {
        let body = "There is an older issue of this.";
        host.write(issue, &draft(key, &issue.title, body), false, None)?;
    }
    Ok(())
}

fn own(host: &dyn Issues, key: &str) -> Result<Vec<Issue>, ForgeError> {
    Ok(host.labelled()?.into_iter().filter(|i| is_own(i, key)).collect())
}

fn is_own(issue: &Issue, key: &str) -> bool {
    issue.text.own && issue.key.as_deref() == Some(key)
}

/// Opens an issue. When the host does not say whether it did, it is looked for before a second try.
fn open(host: &dyn Issues, key: &str, draft: &Draft, settling: Settling) -> Result<Issue, ForgeError> {
    match host.open(draft) {
        Err(ForgeError::Unsure { .. }) => {}
        result => return result,
    }
    for look in 1..=settling.looks {
        sleep(settling.wait * look);
        if let Some(found) = own(host, key)?.into_iter().find(|i| i.open) {
            return Ok(found);
        }
    }
    host.open(draft)
}

/// The issues of a key after one was opened, once lists show it.
fn settled(host: &dyn Issues, key: &str, made: &Issue, settling: Settling) -> Result<Vec<Issue>, ForgeError> {
    let mut all = own(host, key)?;
    for look in 1..=settling.looks {
        if all.iter().any(|i| i.text.id == made.text.id) {
            break;
        }
        sleep(settling.wait * look);
        all = own(host, key)?;
    }
    Ok(all)
}

/// True for two texts that read alike. A host cleans the HTML that it is given: other entities, tags and blanks.
fn same(form: Form, there: &str, wanted: &str) -> bool {
    match form {
        Form::Markdown(_) => words(there) == words(wanted),
        Form::Html => read(there) == read(wanted),
    }
}

/// What is to be read in HTML, without tags and blanks.
fn read(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    let entities = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    let plain = entities.iter().fold(text, |text, (entity, c)| text.replace(entity, c));
    plain.chars().filter(|c| !c.is_whitespace() && *c != '\u{a0}').collect()
}

fn draft(key: &str, title: &str, body: &str) -> Draft {
    Draft { key: key.to_owned(), title: title.chars().take(TITLE).collect(), body: body.to_owned() }
}
