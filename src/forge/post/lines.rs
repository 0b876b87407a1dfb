//! Comments on lines: one for each finding on a line of the change, ten at most.
//!
//! A thread is known again by the key in its marker. Its text says whether it is still live, so that what
//! people resolved stays resolved: only a text that changes opens it again.

use std::collections::{BTreeMap, BTreeSet};

use super::{Wanted, words};
use crate::forge::aligned::Aligned;
use crate::forge::{Changed, ForgeError, Host, Inline, Note, Thread};
use crate::output::markdown::Marker;

/// How many comments on lines stand at one time.
const MOST: usize = 10;

/// How the text of a thread begins whose finding is gone, and of one whose line is.
const FIXED: &str = "**Resolved**: this is gone, or accepted.";
const MOVED: &str = "**Outdated**: this is still found; see the newer comment on it.";

/// What became of the comments on lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Threads that were begun.
    pub begun: usize,
    /// Threads with another text.
    pub edited: usize,
    /// Threads whose finding is gone.
    pub resolved: usize,
    /// Threads that stand as they were.
    pub standing: usize,
    /// Findings on lines of the change for which there was no room.
    pub left_out: usize,
    /// The token may not resolve threads: their text says what has become of them.
    pub unresolved: bool,
}

/// A finding on a line that can have a comment.
struct Placed {
    key: String,
    inline: Inline,
}

/// Brings the comments on lines up to date.
pub(super) fn bring(
    host: &dyn Host,
    wanted: &Wanted,
    notes: &[Note],
    head: &str,
) -> Result<Lines, ForgeError> {
    let mut done = Lines::default();
    let mut threads = threads(host, wanted)?;
    if notes.is_empty() && threads.is_empty() {
        return Ok(done);
    }
    let paths = notes.iter().map(|note| note.path.as_str()).collect();
    let changed = if notes.is_empty() { Changed::default() } else { host.changed(&paths)? };
    let mut aligned: BTreeMap<&str, Option<Aligned<'_>>> = BTreeMap::new();
    let mut placed = Vec::new();
    for note in notes {
        let file = || Some(Aligned::new(changed.file(&note.path)?, &note.text));
        let file = aligned.entry(&note.path).or_insert_with(file).as_ref();
        placed.extend(file.and_then(|file| place(host, wanted, note, file)));
    }
    let mut missing: Vec<&Placed> = Vec::new();
    for one in &placed {
        let mut same = threads.remove(&one.key).unwrap_or_default();
        let current = same.iter().position(|t| !t.outdated);
        for (at, thread) in same.iter_mut().enumerate().filter(|(at, _)| Some(*at) != current) {
            // A second one of two runs at once goes; one whose line is gone points to the new one.
            if !thread.outdated && current.is_some_and(|current| at > current) {
                host.withdraw(thread).or_else(if_gone)?;
            } else if !is_retired(&thread.body) {
                retire(host, wanted, thread, MOVED, &mut done)?;
            }
        }
        match current.and_then(|at| same.get(at)) {
            None => missing.push(one),
            Some(thread) if words(&thread.body) == words(&one.inline.body) => done.standing += 1,
            Some(thread) => {
                host.edit(thread, &one.inline.body).or_else(if_gone)?;
                let open = host.leaves_open(one.inline.blocks);
                if thread.resolved == open {
                    resolve(host, thread, !open, &mut done)?;
                }
                done.edited += 1;
            }
        }
    }
    let still: BTreeSet<String> = notes.iter().map(|note| key(wanted, &note.key)).collect();
    for (key, thread) in threads.iter().flat_map(|(key, all)| all.iter().map(move |t| (key, t))) {
        if is_retired(&thread.body) {
            continue;
        }
        // What could not be judged is not gone.
        if wanted.complete && !still.contains(key) {
            retire(host, wanted, thread, FIXED, &mut done)?;
            done.resolved += 1;
        } else {
            done.standing += 1;
        }
    }
    let room = MOST.saturating_sub(done.standing + done.edited);
    done.left_out = missing.len().saturating_sub(room);
    missing.truncate(room);
    begin(host, wanted, head, &missing, &mut done)?;
    Ok(done)
}

/// Begins threads, and withdraws those that another run began at the same time.
fn begin(
    host: &dyn Host,
    wanted: &Wanted,
    head: &str,
    missing: &[&Placed],
    done: &mut Lines,
) -> Result<(), ForgeError> {
    if missing.is_empty() {
        return Ok(());
    }
    let inlines = |those: &[&Placed]| those.iter().map(|p| p.inline.clone()).collect::<Vec<_>>();
    match host.begin(head, &inlines(missing)) {
        Ok(begun) => done.begun = begun,
        // Some may be there all the same: what is listed is not begun again.
        Err(ForgeError::Unsure { .. }) => {
            let there = threads(host, wanted)?;
            let live =
                |p: &&Placed| there.get(&p.key).is_some_and(|t| t.iter().any(|t| !is_retired(&t.body)));
            let rest: Vec<&Placed> = missing.iter().copied().filter(|p| !live(p)).collect();
            done.begun = missing.len() - rest.len();
            if !rest.is_empty() {
                done.begun += host.begin(head, &inlines(&rest))?;
            }
        }
        Err(error) => return Err(error),
    }
    let mut there = threads(host, wanted)?;
    for one in missing {
        let same = there.remove(&one.key).unwrap_or_default();
        for second in same.iter().filter(|t| !t.outdated && !is_retired(&t.body)).skip(1) {
            host.withdraw(second).or_else(if_gone)?;
        }
    }
    Ok(())
}

/// Our threads of this comment's key by the key of their finding, each list oldest first.
fn threads(host: &dyn Host, wanted: &Wanted) -> Result<BTreeMap<String, Vec<Thread>>, ForgeError> {
    let prefix = key(wanted, "");
    let mut all: BTreeMap<String, Vec<Thread>> = BTreeMap::new();
    for thread in host.threads()?.into_iter().filter(|t| t.own) {
        if let Some(marker) = Marker::of(&thread.body).filter(|m| m.key.starts_with(&prefix)) {
            all.entry(marker.key).or_default().push(thread);
        }
    }
    Ok(all)
}

/// The key of a thread: that of the comment and that of the finding.
fn key(wanted: &Wanted, finding: &str) -> String {
    format!("{}/line/{finding}", wanted.key)
}

/// Where a finding can stand: on the lines of its edit, else on its own, else on the first of its own that
/// the change adds.
fn place(host: &dyn Host, wanted: &Wanted, note: &Note, file: &Aligned<'_>) -> Option<Placed> {
    let proposed = note.proposal.as_ref().and_then(|p| Some((p, file.place(p.lines)?)));
    let mut body = note.body.clone();
    let lines = match proposed {
        Some((proposal, lines)) => {
            body.push('\n');
            body.push_str(&proposal.render(host.dialect()));
            lines
        }
        // Long ones, such as a whole block, are said on one line.
        None => file.first_added(note.lines)?,
    };
    let key = key(wanted, &note.key);
    let body = wanted.marked(host.dialect(), &key, &body);
    Some(Placed { key, inline: Inline { path: note.path.clone(), lines, blocks: note.blocks, body } })
}

/// True for the text of a thread that is about nothing any more.
fn is_retired(body: &str) -> bool {
    let words = words(body);
    words.starts_with(FIXED) || words.starts_with(MOVED)
}

/// Says in a thread that it is about nothing any more, keeps its first line, and resolves it.
fn retire(
    host: &dyn Host,
    wanted: &Wanted,
    thread: &Thread,
    why: &str,
    done: &mut Lines,
) -> Result<(), ForgeError> {
    let Some(marker) = Marker::of(&thread.body) else { return Ok(()) };
    let was = words(&thread.body).lines().next().unwrap_or_default().to_owned();
    let body = wanted.marked(host.dialect(), &marker.key, &format!("{why}\n\nIt was: {was}"));
    match host.edit(thread, &body) {
        Err(error) if error.is_missing() => return Ok(()),
        result => result?,
    }
    if !thread.resolved {
        resolve(host, thread, true, done)?;
    }
    Ok(())
}

/// Sets the state of a thread. A token that may comment and not resolve is no failure: the text says it.
fn resolve(host: &dyn Host, thread: &Thread, resolved: bool, done: &mut Lines) -> Result<(), ForgeError> {
    match host.resolve(thread, resolved) {
        Err(error) if error.is_forbidden() => {
            done.unresolved = true;
            Ok(())
        }
        Err(error) => if_gone(error),
        Ok(()) => Ok(()),
    }
}

/// What is gone needs nothing any more.
fn if_gone(error: ForgeError) -> Result<(), ForgeError> {
    if error.is_missing() { Ok(()) } else { Err(error) }
}
