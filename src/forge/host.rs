//! What is asked of a code host about one pull request.

use std::collections::BTreeSet;

use super::{Changed, ForgeError};
use crate::output::markdown::Dialect;

/// One pull request on a code host, as its token sees it.
///
/// Methods ask and say; they decide nothing. Waits, repeats and meanings of answers are
/// [`super::http::Client`]'s: a method that changes something calls it once. An error that says
/// [`ForgeError::Missing`] means that the thing named by `id` is gone, so 404 of anything else (the
/// repository, the pull request) may say the same only where nothing better is known.
pub trait Host {
    /// How comments are written here.
    fn dialect(&self) -> &'static Dialect;

    /// True when anybody can read the repository, false when not; `None` when the host does not say.
    fn is_public(&self) -> Result<Option<bool>, ForgeError>;

    /// The commit that the source branch of the pull request is at now (full, lower case).
    fn head(&self) -> Result<String, ForgeError>;

    /// Comments of the conversation, those on lines left out, oldest first, all pages, none that is
    /// deleted or made by the system. A host may leave out what others wrote.
    fn comments(&self) -> Result<Vec<Comment>, ForgeError>;

    /// Writes a comment into the conversation.
    ///
    /// [`ForgeError::Unsure`] when it may have been created all the same; it is not repeated here.
    fn create(&self, post: &Post) -> Result<Comment, ForgeError>;

    /// Puts another text into one of our comments, in place. `id` as [`Host::comments`] gave it.
    fn update(&self, id: &str, post: &Post) -> Result<(), ForgeError>;

    /// Deletes one of our comments.
    fn delete(&self, id: &str) -> Result<(), ForgeError>;

    /// The lines that the pull request shows as its change: the hunks of its diff against the merge base.
    /// A file whose hunks are not given (binary, too large) is left out, and nothing is said on its lines.
    /// Only files of `paths` are looked at: a host that has to read each may leave out the others.
    fn changed(&self, paths: &BTreeSet<&str>) -> Result<Changed, ForgeError>;

    /// Whether a thread about a finding stays open until somebody resolves it. Where open threads keep a pull
    /// request from being completed, only those of findings that block do.
    fn leaves_open(&self, _blocks: bool) -> bool {
        true
    }

    /// Threads on lines that we began, with whatever was answered to them, oldest first, all pages.
    /// A host may give those of others as well.
    fn threads(&self) -> Result<Vec<Thread>, ForgeError>;

    /// Begins threads on lines; `head` is the commit that the lines are those of. Lines were taken from
    /// [`Host::changed`]; a host that refuses one all the same leaves it out and takes the others. Returns
    /// how many were begun. An error means that none was, but for [`ForgeError::Unsure`].
    fn begin(&self, head: &str, notes: &[Inline]) -> Result<usize, ForgeError>;

    /// Puts another text into the first comment of one of our threads.
    fn edit(&self, thread: &Thread, body: &str) -> Result<(), ForgeError>;

    /// Resolves one of our threads, or opens it again. What is so already is no error.
    fn resolve(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError>;

    /// Deletes the first comment of one of our threads.
    fn withdraw(&self, thread: &Thread) -> Result<(), ForgeError>;

    /// Sets a status beside the pull request, in the place of an earlier one of the same name; `head` is the
    /// commit that it is about.
    fn set_status(&self, _head: &str, _status: &Status) -> Result<(), ForgeError> {
        Err(ForgeError::Settings("on this host a job has a status of its own: no other is set".into()))
    }
}

/// A status beside a pull request, which a policy of its branch can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Its name, letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// What it says.
    pub state: State,
    /// The same in words, on one line.
    pub description: String,
    /// Where a browser shows more.
    pub url: Option<String>,
}

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing holds the gate shut.
    Passed,
    /// Something does.
    Failed,
    /// It is not known: the run is not complete.
    Unknown,
}

/// Begins threads one after the other, for hosts that take one at a time: `begin` says whether a note's lines
/// were taken. Trouble after some were begun is [`ForgeError::Unsure`], so that these are not begun again.
pub(super) fn one_by_one(
    host: &'static str,
    notes: &[Inline],
    mut begin: impl FnMut(&Inline) -> Result<bool, ForgeError>,
) -> Result<usize, ForgeError> {
    let mut begun = 0;
    for note in notes {
        match begin(note) {
            Ok(taken) => begun += usize::from(taken),
            Err(error) if begun > 0 => return Err(ForgeError::Unsure { host, reason: error.to_string() }),
            Err(error) => return Err(error),
        }
    }
    Ok(begun)
}

/// A comment of the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// As the host names it.
    pub id: String,
    /// The text, as it was sent; hosts may have changed line ends and blanks at ends of lines.
    pub body: String,
    /// True when the author is who the token is. Anybody can quote a marker, so this is what counts.
    pub own: bool,
    /// Where a browser shows it.
    pub url: Option<String>,
}

/// What a comment is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// The text with its marker, within the limit of the dialect.
    pub body: String,
    /// Somebody has to act: a host whose threads have a state leaves this one open, and closes it otherwise.
    pub blocks: bool,
}

/// A thread on lines that is to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inline {
    /// Path in the repository, with `/`.
    pub path: String,
    /// First and last line on the new side, from 1; all in one hunk of [`Changed`].
    pub lines: (u32, u32),
    /// The finding blocks ([`Host::leaves_open`]).
    pub blocks: bool,
    /// The text with its marker, and a suggestion that replaces exactly these lines where there is one.
    pub body: String,
}

/// A thread on lines that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The thread, as the host names it for [`Host::resolve`]; empty where that is not known.
    pub id: String,
    /// Its first comment, as the host names it.
    pub comment: String,
    /// The text of the first comment.
    pub body: String,
    /// True when the author of the first comment is who the token is.
    pub own: bool,
    /// True when it is resolved.
    pub resolved: bool,
    /// True when its line is no longer part of the change.
    pub outdated: bool,
}
