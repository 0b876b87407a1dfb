//! Threads on lines: begun by REST, which refuses what cannot be shown; their state by GraphQL, which alone
//! has it.

use reqwest::Method;
use serde_json::{Value as Json, json};

use super::{GitHub, text};
use crate::forge::http::Ask;
use crate::forge::{ForgeError, Inline, Thread};

const THREADS: &str = "query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) { pullRequest(number: $number) {
    reviewThreads(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id isResolved isOutdated comments(first: 1) { nodes { databaseId body author { __typename login } } } }
    } } } }";
const RESOLVE: &str = "mutation($id: ID!) { resolveReviewThread(input: {threadId: $id}) { thread { id } } }";
const REOPEN: &str = "mutation($id: ID!) { unresolveReviewThread(input: {threadId: $id}) { thread { id } } }";

/// Pages of threads that are read at most.
const MAX_PAGES: usize = 100;

impl GitHub {
    /// All threads on lines. Where GraphQL is not allowed, the comments that begin threads, whose state is
    /// not known then.
    pub(super) fn all_threads(&self) -> Result<Vec<Thread>, ForgeError> {
        match self.threads_by_graphql() {
            Err(error) if error.is_forbidden() => self.threads_by_rest(),
            result => result,
        }
    }

    fn threads_by_graphql(&self) -> Result<Vec<Thread>, ForgeError> {
        let mut all = Vec::new();
        let mut after = Json::Null;
        for _ in 0..MAX_PAGES {
            let variables =
                json!({ "owner": self.owner, "name": self.name, "number": self.number, "after": after });
            let data = self.query(THREADS, variables)?;
            let page = data.pointer("/repository/pullRequest/reviewThreads");
            let page = page.ok_or_else(|| self.client.protocol("no threads where they were asked for"))?;
            for node in page.get("nodes").and_then(Json::as_array).into_iter().flatten() {
                // A thread whose comments are all deleted has none.
                let Some(first) = node.pointer("/comments/nodes/0") else { continue };
                let flag = |name: &str| node.get(name).and_then(Json::as_bool).unwrap_or_default();
                all.push(Thread {
                    id: text(node, "id"),
                    comment: first.get("databaseId").and_then(Json::as_u64).unwrap_or_default().to_string(),
                    body: text(first, "body"),
                    own: self.is_own(first.get("author"))?,
                    resolved: flag("isResolved"),
                    outdated: flag("isOutdated"),
                });
            }
            let more = page.pointer("/pageInfo/hasNextPage").and_then(Json::as_bool) == Some(true);
            after = page.pointer("/pageInfo/endCursor").cloned().unwrap_or_default();
            if !more || after.is_null() {
                return Ok(all);
            }
        }
        Err(self.client.protocol("a list without end"))
    }

    fn threads_by_rest(&self) -> Result<Vec<Thread>, ForgeError> {
        let comments = self.list(&["pulls", &self.number.to_string(), "comments"])?;
        let begin = comments.iter().filter(|c| c.get("in_reply_to_id").is_none_or(Json::is_null));
        begin
            .map(|comment| {
                let id = comment.get("id").and_then(Json::as_u64).unwrap_or_default();
                Ok(Thread {
                    id: String::new(),
                    comment: id.to_string(),
                    body: text(comment, "body"),
                    own: self.is_own(comment.get("user"))?,
                    resolved: false,
                    outdated: comment.get("line").is_some_and(Json::is_null),
                })
            })
            .collect()
    }

    /// Begins threads as one review, which is one notification. A review is refused as a whole when one
    /// line cannot be shown; then each is sent by itself, and only that one is left out.
    pub(super) fn review(&self, head: &str, notes: &[Inline]) -> Result<usize, ForgeError> {
        let comments: Vec<Json> = notes.iter().map(on_lines).collect();
        let number = self.number.to_string();
        let told =
            if notes.len() == 1 { "a comment".to_owned() } else { format!("{} comments", notes.len()) };
        let body = format!("trueup has {told} on lines of this change.");
        let review = json!({ "commit_id": head, "event": "COMMENT", "body": body, "comments": comments });
        let url = self.at(&["pulls", &number, "reviews"]);
        match self.client.send(&Ask::new(Method::POST, url).json(review)) {
            Ok(_) => return Ok(notes.len()),
            Err(ForgeError::Refused { status: 422, .. }) => {}
            Err(error) => return Err(error),
        }
        let mut begun = 0;
        for mut comment in comments {
            comment["commit_id"] = head.into();
            let url = self.at(&["pulls", &number, "comments"]);
            match self.client.send(&Ask::new(Method::POST, url).json(comment)) {
                Ok(_) => begun += 1,
                Err(ForgeError::Refused { status: 422, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(begun)
    }

    /// Resolves a thread or opens it again, where its id is known.
    pub(super) fn set_resolved(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError> {
        if thread.id.is_empty() || thread.resolved == resolved {
            return Ok(());
        }
        let query = if resolved { RESOLVE } else { REOPEN };
        self.query(query, json!({ "id": thread.id })).map(drop)
    }
}

/// A comment on lines after the change. A range begins before its end, so one line has no beginning.
fn on_lines(note: &Inline) -> Json {
    let mut comment = json!({ "path": note.path, "body": note.body, "line": note.lines.1, "side": "RIGHT" });
    if note.lines.0 < note.lines.1 {
        comment["start_line"] = note.lines.0.into();
        comment["start_side"] = "RIGHT".into();
    }
    comment
}
