//! A stand-in for Bitbucket Data Center: comments have versions and are listed as activities.

use serde_json::{Value as Json, json};
use trueup::forge::HostKind;

use super::{Answer, Request, Site, patch};
use crate::forge::common::{HEAD, NUMBER, Seen, Stand};

#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: &'static str,
    pub(crate) text: String,
    pub(crate) version: u64,
    pub(crate) anchor: Option<Json>,
    pub(crate) resolved: bool,
    pub(crate) answered: bool,
    hidden: usize,
}

/// A changed file.
struct File {
    path: String,
    old_path: String,
    patch: String,
}

/// One repository with one pull request.
pub(crate) struct Server {
    pub(crate) comments: Vec<Comment>,
    /// Comments that were deleted: their activities stay.
    pub(crate) deleted: Vec<Comment>,
    pub(crate) public: bool,
    /// So many edits come after somebody else's.
    pub(crate) races: usize,
    files: Vec<File>,
    page: usize,
    lag: usize,
    resolves: bool,
    next: u64,
}

pub(crate) const REPOSITORY: &str = "KEY/infra";
pub(crate) const TOKEN: &str = "MDc0-SECRET";
pub(crate) const READER: &str = "MDcR-SECRET";
/// As it stands in comments; the header has it percent-encoded.
const ME: &str = "jürgen";
const SOMEBODY: &str = "anna";
const LIMIT: usize = 32_768;

impl Stand for Server {
    const KIND: HostKind = HostKind::BitbucketServer;
    const REPOSITORY: &'static str = REPOSITORY;
    const TOKEN: &'static str = TOKEN;
    const READER: &'static str = READER;
    const WRONG: &'static str = "MDcW-SECRET";
    const FORBIDDEN: &'static str = "You are not permitted to access this resource";
    const REFUSED: &'static str = "Authentication failed. Please check your credentials and try again.";
    const CREATE: (&'static str, &'static str) = ("POST", "/comments");
    const EDIT: (&'static str, &'static str) = ("PUT", "/comments/");

    fn fresh() -> Server {
        let mut site = Server {
            comments: Vec::new(),
            deleted: Vec::new(),
            public: false,
            races: 0,
            files: Vec::new(),
            page: 100,
            lag: 0,
            resolves: true,
            next: 1000,
        };
        site.add(ME, "[//]: <> (trueup:comment key=review run=99999 v=1)\n\ndeleted", None);
        site.deleted = std::mem::take(&mut site.comments);
        site
    }

    fn ours(&self) -> Vec<String> {
        let ours = self.comments.iter().filter(|c| c.author == ME && c.anchor.is_none());
        ours.map(|c| c.text.clone()).collect()
    }

    fn say(&mut self, own: bool, body: &str) {
        self.add(if own { ME } else { SOMEBODY }, body, None);
    }

    fn sweep(&mut self) {
        self.deleted.append(&mut self.comments);
    }

    fn lag(&mut self, lists: usize) {
        self.lag = lists;
    }

    fn pages_of(&mut self, size: usize) {
        self.page = size;
    }

    fn change(&mut self, path: &str, old_path: Option<&str>, hunks: &str) {
        let old_path = old_path.unwrap_or(path).to_owned();
        self.files.push(File { path: path.to_owned(), old_path, patch: hunks.to_owned() });
    }

    fn seen(&self) -> Vec<Seen> {
        let on_lines = self.comments.iter().filter_map(|c| Some((c, c.anchor.as_ref()?)));
        on_lines
            .map(|(comment, anchor)| Seen {
                path: anchor["path"].as_str().unwrap().to_owned(),
                start: None,
                line: anchor["line"].as_u64(),
                body: comment.text.clone(),
                resolved: comment.resolved,
            })
            .collect()
    }

    fn resolve_first(&mut self) {
        self.comments.iter_mut().find(|c| c.anchor.is_some()).unwrap().resolved = true;
    }

    fn outdate(&mut self) {
        for anchor in self.comments.iter_mut().filter_map(|c| c.anchor.as_mut()) {
            anchor["orphaned"] = true.into();
        }
    }

    fn no_resolving(&mut self) {
        self.resolves = false;
    }
}

impl Server {
    fn add(&mut self, author: &'static str, text: &str, anchor: Option<Json>) -> u64 {
        self.next += 1;
        let (text, hidden) = (text.to_owned(), self.lag);
        let comment = Comment {
            id: self.next,
            author,
            text,
            version: 0,
            anchor,
            resolved: false,
            answered: false,
            hidden,
        };
        self.comments.push(comment);
        self.next
    }

    fn shown(comment: &Comment) -> Json {
        let state = if comment.resolved { "RESOLVED" } else { "OPEN" };
        json!({ "id": comment.id, "version": comment.version, "text": comment.text, "state": state,
            "threadResolved": comment.resolved, "severity": "NORMAL", "comments": [],
            "author": { "name": comment.author, "slug": comment.author } })
    }

    /// Activities, the newest first, as they are listed.
    fn activities(&self) -> Vec<Json> {
        let opened = json!({ "id": 1, "action": "OPENED" });
        let activity = |c: &Comment, action: &str| {
            let mut activity = json!({ "id": c.id * 10, "action": "COMMENTED", "commentAction": action, "comment": Server::shown(c) });
            if let Some(anchor) = &c.anchor {
                activity["commentAnchor"] = anchor.clone();
            }
            activity
        };
        let mut all = vec![opened];
        for comment in &self.deleted {
            all.extend([activity(comment, "ADDED"), activity(comment, "DELETED")]);
        }
        for comment in self.comments.iter().filter(|c| c.hidden == 0) {
            all.push(activity(comment, "ADDED"));
            if comment.answered {
                let mut answer = activity(comment, "REPLIED");
                answer["comment"]["id"] = (comment.id + 500_000).into();
                all.push(answer);
            }
        }
        all.push(json!({ "id": 2, "action": "RESCOPED" }));
        all.reverse();
        all
    }

    fn diffs(&self) -> Json {
        let path = |path: &str| json!({ "toString": path, "name": path });
        let line = |l: &patch::Shown| json!({ "source": l.old, "destination": l.new, "line": l.text, "truncated": false });
        let hunk = |lines: &[patch::Shown]| {
            let mut segments = vec![
                json!({ "type": "REMOVED", "lines": [{ "source": 1, "destination": 8, "line": "gone" }] }),
            ];
            for lines in lines.chunk_by(|a, b| a.added == b.added) {
                let kind = if lines[0].added { "ADDED" } else { "CONTEXT" };
                let lines: Vec<Json> = lines.iter().map(line).collect();
                segments.push(json!({ "type": kind, "lines": lines }));
            }
            json!({ "segments": segments })
        };
        let mut diffs = vec![json!({ "source": path("gone.tf"), "destination": null, "hunks": [] })];
        for file in &self.files {
            let hunks: Vec<Json> = patch::hunks(&file.patch).iter().map(|(_, lines)| hunk(lines)).collect();
            diffs.push(
                json!({ "source": path(&file.old_path), "destination": path(&file.path), "hunks": hunks }),
            );
        }
        json!({ "fromHash": "b".repeat(40), "toHash": HEAD, "diffs": diffs })
    }

    /// Why an anchor is refused.
    fn wrong(&self, anchor: &Json) -> Option<&'static str> {
        let file = self.files.iter().find(|f| anchor["path"] == f.path.as_str())?;
        let line = anchor["line"].as_u64().and_then(|new| patch::line(&file.patch, new));
        let Some(line) = line else { return Some("no such line") };
        if anchor["lineType"] != if line.added { "ADDED" } else { "CONTEXT" } {
            return Some("the type of the line does not match");
        }
        let renamed = file.old_path != file.path;
        if renamed && anchor["srcPath"] != file.old_path.as_str() {
            return Some("the file was called otherwise");
        }
        (anchor["fileType"] != "TO" || anchor["diffType"] != "EFFECTIVE").then_some("no such side")
    }
}

fn refusal(status: u16, message: &str, exception: &str) -> Answer {
    let error = json!({ "context": null, "message": message, "exceptionName": format!("com.atlassian.bitbucket.{exception}") });
    Answer::json(status, &json!({ "errors": [error] }))
}

fn missing(what: &str) -> Answer {
    refusal(404, &format!("{what} does not exist."), "NoSuchEntityException")
}

fn stale(current: u64, sent: u64) -> Answer {
    let error = json!({ "context": null,
        "message": "You are attempting to modify a comment based on out-of-date information.",
        "exceptionName": "com.atlassian.bitbucket.comment.CommentOutOfDateException",
        "currentVersion": current, "expectedVersion": sent });
    Answer::json(409, &json!({ "errors": [error] }))
}

impl Site for Server {
    fn answer(&mut self, request: &Request, _url: &str) -> Answer {
        let writes = match request.header("authorization").strip_prefix("Bearer ") {
            Some(TOKEN) => true,
            Some(READER) => false,
            _ => {
                let message = "Authentication failed. Please check your credentials and try again.";
                return refusal(401, message, "AuthenticationException");
            }
        };
        self.authorised(request, writes).header("X-AUSERNAME", "j%C3%BCrgen")
    }
}

impl Server {
    fn authorised(&mut self, request: &Request, writes: bool) -> Answer {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        let number = NUMBER.to_string();
        let Some(path) = segments.strip_prefix(&["projects", "KEY", "repos", "infra"]) else {
            return missing("Repository");
        };
        if path.is_empty() {
            return Answer::json(
                200,
                &json!({ "slug": "infra", "public": false, "project": { "key": "KEY", "public": self.public } }),
            );
        }
        let Some(path) = path.strip_prefix(&["pull-requests", &number]) else {
            return missing("Pull request");
        };
        if method != "GET" && !writes {
            return refusal(403, "You are not permitted to access this resource", "AuthorisationException");
        }
        if method != "GET" && request.header("x-atlassian-token") != "no-check" {
            return refusal(403, "XSRF check failed", "XsrfException");
        }
        let body = request.json();
        if body["text"].as_str().is_some_and(|t| t.is_empty() || t.chars().count() >= LIMIT) {
            let error = json!({ "context": "text", "exceptionName": null,
                "message": "Please enter a non-empty value less than 32768 characters" });
            return Answer::json(400, &json!({ "errors": [error] }));
        }
        match (method, path) {
            ("GET", []) => {
                let page = format!("https://bb.example/projects/KEY/repos/infra/pull-requests/{NUMBER}");
                Answer::json(
                    200,
                    &json!({ "id": NUMBER, "state": "OPEN", "fromRef": { "latestCommit": HEAD },
                        "links": { "self": [{ "href": page }] } }),
                )
            }
            ("GET", ["diff"]) => Answer::json(200, &self.diffs()),
            ("GET", ["activities"]) => {
                let number = |name: &str, default: usize| {
                    request.query.get(name).map_or(default, |v| v.parse().unwrap())
                };
                let (start, size) = (number("start", 0), number("limit", 25).min(self.page));
                let all = self.activities();
                self.comments.iter_mut().for_each(|c| c.hidden = c.hidden.saturating_sub(1));
                let last = all.len() <= start + size;
                let next = if last { Json::Null } else { (start + size).into() };
                let values: Vec<Json> = all.into_iter().skip(start).take(size).collect();
                Answer::json(
                    200,
                    &json!({ "values": values, "size": values.len(), "limit": size, "isLastPage": last, "nextPageStart": next }),
                )
            }
            ("POST", ["comments"]) => {
                let anchor = body.get("anchor").cloned();
                if let Some(wrong) = anchor.as_ref().and_then(|a| self.wrong(a)) {
                    return refusal(400, wrong, "comment.InvalidAnchorException");
                }
                self.add(ME, body["text"].as_str().unwrap(), anchor);
                Answer::json(201, &Server::shown(self.comments.last().unwrap()))
            }
            (_, ["comments", id]) => {
                let Some(at) = self.comments.iter().position(|c| c.id.to_string() == *id) else {
                    return missing("Comment");
                };
                if method == "GET" {
                    return Answer::json(200, &Server::shown(&self.comments[at]));
                }
                if self.comments[at].author != ME {
                    return refusal(
                        403,
                        "You are not permitted to edit this comment",
                        "AuthorisationException",
                    );
                }
                if self.races > 0 {
                    self.races -= 1;
                    self.comments[at].version += 1;
                }
                let sent = match method {
                    "DELETE" => request.query.get("version").and_then(|v| v.parse().ok()),
                    _ => body["version"].as_u64(),
                };
                let Some(sent) = sent else {
                    return refusal(400, "The version is missing.", "ArgumentException");
                };
                let comment = &mut self.comments[at];
                if sent != comment.version {
                    return stale(comment.version, sent);
                }
                if method == "DELETE" {
                    if comment.answered {
                        return refusal(
                            409,
                            "Comments with replies cannot be deleted.",
                            "CommentDeletionException",
                        );
                    }
                    let comment = self.comments.remove(at);
                    self.deleted.push(comment);
                    return Answer::empty(204);
                }
                if let Some(text) = body["text"].as_str() {
                    comment.text = text.to_owned();
                }
                if let Some(resolved) = body["threadResolved"].as_bool() {
                    if !self.resolves {
                        return refusal(
                            403,
                            "You are not permitted to resolve this thread",
                            "AuthorisationException",
                        );
                    }
                    assert_eq!(body["state"], if resolved { "RESOLVED" } else { "OPEN" });
                    comment.resolved = resolved;
                }
                comment.version += 1;
                Answer::json(200, &Server::shown(comment))
            }
            _ => missing("The resource"),
        }
    }
}
