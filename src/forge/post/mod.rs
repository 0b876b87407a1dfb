//! The one algorithm that brings a pull request up to date, whatever the host.
//!
//! A pull request has one comment for each key. It is found by its marker *and* its author: anybody can
//! quote a marker. It is edited in place; the same text is not sent again; one of a newer run is left alone.
//! Two runs at once may both create one: whoever created looks again, the oldest stays, the others go.
//! Findings stand on lines as well, at most ten at a time, each known again by its key.

mod conversation;
mod lines;

use std::time::Duration;

use super::{ForgeError, Host, Note, Status};
use crate::output::markdown::{Dialect, Marker};

pub use conversation::Conversation;
pub use lines::Lines;

/// What a run wants to say.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What the comment is about; a pull request has one for each.
    pub key: String,
    /// The number of the run; 0 when nothing tells, and then no other run counts as newer.
    pub run: u64,
    /// The commit of the source branch that was reviewed, where it is known.
    pub commit: Option<String>,
    /// The comment without its marker; `None` when there is nothing to say.
    pub body: Option<String>,
    /// What an earlier comment says when there is nothing to say any more.
    pub resolved: String,
    /// Somebody has to act.
    pub blocks: bool,
    /// Comments on lines, in the order of their weight; `None` leaves lines alone.
    pub notes: Option<Vec<Note>>,
    /// Everything was read and judged, so that a finding which is not among the notes is gone.
    pub complete: bool,
    /// A status beside the pull request.
    pub status: Option<Status>,
}

/// What was done.
#[derive(Debug)]
pub struct Posted {
    /// The comment.
    pub comment: Conversation,
    /// Lines; `None` when they were left alone. An error there leaves the comment what it is.
    pub lines: Option<Result<Lines, ForgeError>>,
    /// The status; `None` when none was wanted, or another run is the one to set it.
    pub status: Option<Result<(), ForgeError>>,
}

/// How long lists of a host may lag behind what was created: it is looked again after this, twice this, and
/// so on.
#[derive(Clone, Copy, Debug)]
pub struct Settling {
    /// The first wait.
    pub wait: Duration,
    /// How often is looked at most.
    pub looks: u32,
}

impl Default for Settling {
    fn default() -> Self {
        Settling { wait: Duration::from_secs(1), looks: 4 }
    }
}

impl Wanted {
    /// A text with the marker of this run above it, and without lines that the host would run.
    pub fn marked(&self, dialect: &Dialect, key: &str, body: &str) -> String {
        let marker = Marker { key: key.to_owned(), run: self.run };
        format!("{}\n\n{}", marker.line(dialect), dialect.without_commands(body))
    }
}

/// Brings the comment and the comments on lines up to date.
pub fn post(host: &dyn Host, wanted: &Wanted, settling: Settling) -> Result<Posted, ForgeError> {
    let head = host.head()?;
    // A commit may be shortened.
    let same = |commit: &String| head.starts_with(commit.as_str()) || commit.starts_with(head.as_str());
    let moved = wanted.commit.as_ref().is_some_and(|commit| !same(commit));
    let comment = conversation::bring(host, wanted, moved.then_some(head.as_str()), settling)?;
    let late = moved || matches!(comment, Conversation::Newer(_));
    let notes = wanted.notes.as_ref().filter(|_| !late);
    let lines = notes.map(|notes| lines::bring(host, wanted, notes, &head));
    let status = wanted.status.as_ref().filter(|_| !late);
    let status = status.map(|status| host.set_status(&head, status));
    Ok(Posted { comment, lines, status })
}

/// The text of a body without its marker, as hosts may give it back: other line ends, no blanks at ends of
/// lines.
pub(super) fn words(body: &str) -> String {
    let lines: Vec<&str> = body.lines().map(str::trim_end).collect();
    let skipped = usize::from(Marker::of(body).is_some());
    let first = lines.iter().position(|l| !l.is_empty()).unwrap_or_default();
    lines.get(first + skipped..).unwrap_or_default().join("\n").trim().to_owned()
}
