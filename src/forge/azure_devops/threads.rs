//! Threads: the conversation, and those on lines.
//!
//! Deleting is soft: what is gone stays listed. What a list shows as deleted or made by the system is passed
//! over, and what cannot be edited is looked at once more.

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::{AzureDevOps, Identity};
use crate::forge::http::Ask;
use crate::forge::{Comment, ForgeError, Inline, Post, Thread};
use crate::output::markdown::Marker;

/// The property of a thread that says what it is about. The marker in the text says the same; this one stays
/// where a text is changed on the way.
const KEY: &str = "trueup.key";

/// Thread and comment of an id; a comment that begins a thread is the first.
pub(super) fn ids(id: &str) -> (&str, &str) {
    id.split_once('/').unwrap_or((id, "1"))
}

impl AzureDevOps {
    /// The comments of the conversation.
    pub(super) fn conversation(&self) -> Result<Vec<Comment>, ForgeError> {
        let threads = self.live(self.in_pull(&["threads"]))?;
        threads.iter().filter(|one| one.place.is_none()).map(|one| self.comment(one)).collect()
    }

    /// The threads on lines. Their places are asked for as they are in the latest iteration; one whose line is
    /// gone has none on the new side.
    pub(super) fn on_lines(&self) -> Result<Vec<Thread>, ForgeError> {
        let mut url = self.in_pull(&["threads"]);
        let latest = self.iteration()?.id.to_string();
        url.query_pairs_mut().append_pair("$iteration", &latest);
        let threads = self.live(url)?;
        let on_lines = threads.iter().filter_map(|one| Some((one, one.place.as_ref()?)));
        on_lines
            .map(|(one, place)| {
                Ok(Thread {
                    id: one.id.to_string(),
                    comment: one.comment.to_string(),
                    body: one.marked(self),
                    own: self.is_own(one)?,
                    resolved: one.is_resolved(),
                    outdated: place.get("rightFileStart").is_none_or(Json::is_null),
                })
            })
            .collect()
    }

    /// Writes into the conversation.
    pub(super) fn say(&self, post: &Post) -> Result<Comment, ForgeError> {
        let created = self.open(&post.body, post.blocks, None)?;
        let one = Live::of(&created).ok_or_else(|| self.client.protocol("a thread without comment"))?;
        self.comment(&one)
    }

    /// Another text for a comment of the conversation. The state goes first: if the text then fails, the next
    /// run, which sees the old text, mends both.
    pub(super) fn say_anew(&self, id: &str, post: &Post) -> Result<(), ForgeError> {
        let (thread, comment) = ids(id);
        let there = self.there(thread, comment)?;
        if there.is_resolved() == post.blocks {
            self.set_state(thread, post.blocks)?;
        }
        self.rewrite(thread, comment, &post.body)
    }

    /// Another text for a comment.
    pub(super) fn rewrite(&self, thread: &str, comment: &str, body: &str) -> Result<(), ForgeError> {
        let url = self.in_pull(&["threads", thread, "comments", comment]);
        let written = self.write(&Method::PATCH, &url, &json!({ "content": body })).map(drop);
        written.map_err(|error| self.or_gone(error, thread, comment))
    }

    /// Makes a thread active or closes it.
    pub(super) fn set_state(&self, thread: &str, active: bool) -> Result<(), ForgeError> {
        let url = self.in_pull(&["threads", thread]);
        self.write(&Method::PATCH, &url, &json!({ "status": state(active) })).map(drop)
    }

    /// Deletes a comment; a thread without any is deleted with it.
    pub(super) fn remove(&self, thread: &str, comment: &str) -> Result<(), ForgeError> {
        let url = self.in_pull(&["threads", thread, "comments", comment]);
        let removed = self.send(&url, "", |url| Ask::new(Method::DELETE, url)).map(drop);
        removed.map_err(|error| self.or_gone(error, thread, comment))
    }

    /// What a refusal is about: a comment that was deleted meanwhile is refused in many ways.
    fn or_gone(&self, error: ForgeError, thread: &str, comment: &str) -> ForgeError {
        match error {
            ForgeError::Refused { .. } | ForgeError::Forbidden { .. } => {
                self.there(thread, comment).err().filter(ForgeError::is_missing).unwrap_or(error)
            }
            error => error,
        }
    }

    /// Begins threads on lines, one by one. A line that is refused is left out.
    pub(super) fn begin_threads(&self, notes: &[Inline]) -> Result<usize, ForgeError> {
        let mut begun = 0;
        for note in notes {
            let place = self.place(note)?;
            match self.open(&note.body, note.blocks, Some(place)) {
                Ok(_) => begun += 1,
                Err(ForgeError::Refused { .. }) => {}
                Err(error) if begun == 0 => return Err(error),
                // Some are there, so what is missing has to be looked for.
                Err(error) => return Err(self.client.unsure(error.to_string())),
            }
        }
        Ok(begun)
    }

    /// Opens a thread, on lines where there is a place for it.
    fn open(&self, body: &str, active: bool, place: Option<Json>) -> Result<Json, ForgeError> {
        let comment = json!({ "parentCommentId": 0, "content": body, "commentType": "text" });
        let mut thread = json!({ "comments": [comment], "status": state(active) });
        if let Some(marker) = Marker::of(body) {
            thread["properties"] = json!({ KEY: marker.key });
        }
        if let (Some(Json::Object(place)), Some(thread)) = (place, thread.as_object_mut()) {
            thread.extend(place);
        }
        self.write(&Method::POST, &self.in_pull(&["threads"]), &thread)
    }

    /// Where a thread stands, with what lets it follow later pushes. Columns count from 1; the end is behind
    /// the last character.
    fn place(&self, note: &Inline) -> Result<Json, ForgeError> {
        let (first, last) = note.lines;
        let compared = self.compared.borrow();
        let hunks = compared.file(&note.path).map(|file| file.hunks.as_slice()).unwrap_or_default();
        let line = hunks.iter().flat_map(|hunk| &hunk.lines).find(|line| line.new == last);
        let end = line.map_or(0, |line| line.text.encode_utf16().count()) + 1;
        let iteration = self.iteration()?.id;
        let mut place = json!({
            "threadContext": {
                "filePath": format!("/{}", note.path),
                "rightFileStart": { "line": first, "offset": 1 },
                "rightFileEnd": { "line": last, "offset": end },
            },
            // The same iteration twice is its difference to the commit that it has in common with the target.
            "pullRequestThreadContext": { "iterationContext": {
                "firstComparingIteration": iteration, "secondComparingIteration": iteration,
            } },
        });
        if let Some(id) = self.changes()?.get(&note.path).and_then(|change| change.tracking) {
            place["pullRequestThreadContext"]["changeTrackingId"] = id.into();
        }
        Ok(place)
    }

    /// The threads of a list that somebody wrote and nobody deleted, oldest first.
    fn live(&self, url: Url) -> Result<Vec<Live>, ForgeError> {
        let list = self.get(&url)?;
        let list = list.get("value").and_then(Json::as_array);
        let list = list.ok_or_else(|| self.client.protocol("no threads where they were asked for"))?;
        let mut threads: Vec<Live> = list.iter().filter_map(Live::of).collect();
        threads.sort_by_key(|one| one.id);
        Ok(threads)
    }

    /// A thread that is about to be changed; [`ForgeError::Missing`] when it is gone.
    fn there(&self, thread: &str, comment: &str) -> Result<Live, ForgeError> {
        let json = self.get(&self.in_pull(&["threads", thread]))?;
        Live::of(&json).filter(|one| one.comment.to_string() == comment).ok_or_else(|| ForgeError::Missing {
            host: super::manners::MANNERS.name,
            status: 200,
            message: "the comment was deleted".to_owned(),
        })
    }

    fn comment(&self, one: &Live) -> Result<Comment, ForgeError> {
        let mut page = self.page.clone();
        page.query_pairs_mut().append_pair("discussionId", &one.id.to_string());
        Ok(Comment {
            id: format!("{}/{}", one.id, one.comment),
            body: one.marked(self),
            own: self.is_own(one)?,
            url: Some(page.into()),
        })
    }

    fn is_own(&self, one: &Live) -> Result<bool, ForgeError> {
        Ok(self.me()?.is(&one.author))
    }
}

fn state(active: bool) -> &'static str {
    if active { "active" } else { "closed" }
}

/// A thread that is there, with the comment that began it.
struct Live {
    id: u64,
    comment: u64,
    author: Identity,
    content: String,
    status: String,
    key: Option<String>,
    /// Its place in a file, where it has one.
    place: Option<Json>,
}

impl Live {
    /// A thread, unless it or its first comment is deleted, or the system made it.
    fn of(thread: &Json) -> Option<Live> {
        let deleted = |json: &Json| json.get("isDeleted").and_then(Json::as_bool) == Some(true);
        let text = |json: &Json, name: &str| {
            json.get(name).and_then(Json::as_str).map(str::to_owned).unwrap_or_default()
        };
        let number = |json: &Json| json.get("id").and_then(Json::as_u64);
        let first = thread.get("comments")?.as_array()?.first()?;
        // Deleted comments have no content.
        if deleted(thread) || deleted(first) || text(first, "commentType") != "text" {
            return None;
        }
        // A property comes back with its type.
        let key = thread.get("properties").and_then(|p| p.get(KEY));
        let key = key.map(|k| k.get("$value").unwrap_or(k)).and_then(Json::as_str);
        Some(Live {
            id: number(thread)?,
            comment: number(first)?,
            author: first.get("author").and_then(|a| Identity::of(a, "descriptor")).unwrap_or_default(),
            content: text(first, "content"),
            status: text(thread, "status"),
            key: key.map(str::to_owned),
            place: thread.get("threadContext").filter(|place| !place.is_null()).cloned(),
        })
    }

    /// The text with its marker; that of the property where the text has none any more, as of a run whose
    /// number is not known.
    fn marked(&self, host: &AzureDevOps) -> String {
        match &self.key {
            Some(key) if Marker::of(&self.content).is_none() => {
                let marker = Marker { key: key.clone(), run: 0 };
                format!("{}\n\n{}", marker.line(host.dialect), self.content)
            }
            _ => self.content.clone(),
        }
    }

    fn is_resolved(&self) -> bool {
        matches!(self.status.as_str(), "fixed" | "wontFix" | "closed" | "byDesign")
    }
}
