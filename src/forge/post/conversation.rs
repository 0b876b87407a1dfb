//! The one comment in the conversation.

use std::thread::sleep;

use super::{Settling, Wanted, words};
use crate::forge::{Comment, ForgeError, Host, Post};
use crate::output::markdown::Marker;

/// What became of the comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conversation {
    /// It was created; where a browser shows it.
    Created(Option<String>),
    /// It was edited; where a browser shows it.
    Updated(Option<String>),
    /// It says the same already.
    Unchanged,
    /// There is nothing to say any more, and it says so now.
    Resolved,
    /// There was nothing to say, and no comment.
    Nothing,
    /// A newer run, of this number, wrote it: it was left alone.
    Newer(u64),
    /// The pull request has moved on to this commit, whose own run will write: it was left alone.
    Outdated(String),
}

impl Conversation {
    /// True when people should be told.
    pub fn is_news(&self) -> bool {
        matches!(self, Conversation::Created(_) | Conversation::Updated(_) | Conversation::Resolved)
    }
}

/// How often the comment is looked for anew because it went away meanwhile.
const ROUNDS: usize = 4;

/// Brings the comment up to date. `moved` is the commit that the pull request has moved on to.
pub(super) fn bring(
    host: &dyn Host,
    wanted: &Wanted,
    moved: Option<&str>,
    settling: Settling,
) -> Result<Conversation, ForgeError> {
    let mut own = own(host, wanted)?;
    let mut created = None;
    // Lists may show for a while what is gone.
    let mut gone: Vec<String> = Vec::new();
    for _ in 0..ROUNDS {
        own.retain(|c| !gone.contains(&c.id));
        let Some(kept) = own.first().cloned() else {
            let Some(body) = &wanted.body else { return Ok(Conversation::Nothing) };
            let post = Post { body: wanted.marked(host.dialect(), &wanted.key, body), blocks: wanted.blocks };
            let made = create(host, wanted, &post, settling)?;
            own = settled(host, wanted, &made, settling);
            if own.is_empty() {
                // The lists lag, or somebody deleted it at once; either way there is no second one.
                return Ok(Conversation::Created(made.url));
            }
            created = Some(made);
            continue;
        };
        for second in &own[1..] {
            left_is_fine(host.delete(&second.id))?;
        }
        let ours = created.as_ref().filter(|made| made.id == kept.id);
        if let Some(made) = ours {
            return Ok(Conversation::Created(made.url.clone()));
        }
        match update(host, wanted, &kept, moved, settling) {
            Err(error) if error.is_missing() => {
                gone.push(kept.id);
                own = self::own(host, wanted)?;
            }
            result => return result,
        }
    }
    Err(ForgeError::Unsure {
        host: "the host",
        reason: "the comment goes away whenever it is written".into(),
    })
}

/// Puts the text into a comment that is there.
fn update(
    host: &dyn Host,
    wanted: &Wanted,
    kept: &Comment,
    moved: Option<&str>,
    settling: Settling,
) -> Result<Conversation, ForgeError> {
    let run = Marker::of(&kept.body).map_or(0, |m| m.run);
    if wanted.run != 0 && run > wanted.run {
        return Ok(Conversation::Newer(run));
    }
    let text = wanted.body.as_ref().unwrap_or(&wanted.resolved);
    let body = wanted.marked(host.dialect(), &wanted.key, text);
    if words(&kept.body) == words(&body) {
        return Ok(Conversation::Unchanged);
    }
    // The comment may have been left as it is by the run of the newer commit, which says the same.
    if let Some(head) = moved {
        return Ok(Conversation::Outdated(head.to_owned()));
    }
    let post = Post { body, blocks: wanted.blocks && wanted.body.is_some() };
    host.update(&kept.id, &post)?;
    // An older run that had read the comment before may have written it after.
    for look in 1..settling.looks {
        sleep(settling.wait * look);
        // It is written, whatever this says.
        let now = own(host, wanted).unwrap_or_default().into_iter().find(|c| c.id == kept.id);
        let older = |c: &Comment| Marker::of(&c.body).is_some_and(|m| m.run < wanted.run && m.run != run);
        if !now.as_ref().is_some_and(older) {
            break;
        }
        host.update(&kept.id, &post)?;
    }
    Ok(match wanted.body {
        Some(_) => Conversation::Updated(kept.url.clone()),
        None => Conversation::Resolved,
    })
}

/// Our comments of this key, oldest first.
fn own(host: &dyn Host, wanted: &Wanted) -> Result<Vec<Comment>, ForgeError> {
    let of_key = |c: &Comment| Marker::of(&c.body).is_some_and(|m| m.key == wanted.key);
    Ok(host.comments()?.into_iter().filter(|c| c.own && of_key(c)).collect())
}

/// Creates the comment. When the host does not say whether it did, it is looked for before a second try.
fn create(host: &dyn Host, wanted: &Wanted, post: &Post, settling: Settling) -> Result<Comment, ForgeError> {
    match host.create(post) {
        Err(ForgeError::Unsure { .. }) => {}
        result => return result,
    }
    for look in 1..=settling.looks {
        sleep(settling.wait * look);
        let same = |c: &Comment| words(&c.body) == words(&post.body);
        if let Some(found) = own(host, wanted)?.into_iter().find(same) {
            return Ok(found);
        }
    }
    host.create(post)
}

/// Our comments of this key after one was created: looked for until the new one is listed, and once more,
/// since another run may have created one at the same time.
fn settled(host: &dyn Host, wanted: &Wanted, made: &Comment, settling: Settling) -> Vec<Comment> {
    let mut seen = false;
    // It is written, whatever these say.
    let listed = || own(host, wanted).unwrap_or_default();
    let mut all = listed();
    for look in 1..=settling.looks {
        let has = all.iter().any(|c| c.id == made.id);
        if all.len() > 1 || seen && has {
            break;
        }
        seen |= has;
        sleep(settling.wait * look);
        all = listed();
    }
    // Where only that of another run is listed so far, ours is there all the same, and younger.
    if !all.is_empty() && !all.iter().any(|c| c.id == made.id) {
        all.push(made.clone());
    }
    all
}

/// What was to be deleted may be gone already; and what must not be deleted stays.
fn left_is_fine(result: Result<(), ForgeError>) -> Result<(), ForgeError> {
    match result {
        Err(error) if error.is_missing() || error.is_forbidden() => Ok(()),
        result => result,
    }
}
