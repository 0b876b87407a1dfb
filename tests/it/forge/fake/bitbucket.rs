//! A stand-in for Bitbucket Cloud, also behind the proxy of a pipeline's step.

use base64::Engine as _;
use serde_json::{Value as Json, json};
use trueup::forge::HostKind;

use super::{Answer, Request, Site, patch};
use crate::forge::common::{HEAD, NUMBER, Seen, Stand};

#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) user: &'static User,
    pub(crate) body: String,
    pub(crate) inline: Option<Json>,
    pub(crate) parent: Option<u64>,
    pub(crate) deleted: bool,
    pub(crate) resolved: bool,
    hidden: usize,
}

/// An account.
#[derive(Debug)]
pub(crate) struct User {
    uuid: &'static str,
    kind: &'static str,
}

/// One repository with one pull request.
pub(crate) struct Cloud {
    pub(crate) comments: Vec<Comment>,
    pub(crate) private: bool,
    /// The token of the person may not ask who it is.
    pub(crate) no_account: bool,
    /// Comments on several lines are refused.
    pub(crate) no_ranges: bool,
    /// Reports on commits by their id, with annotations.
    pub(crate) reports: Vec<(String, Json, Vec<Json>)>,
    diff: String,
    page: usize,
    lag: usize,
    resolves: bool,
    next: u64,
}

pub(crate) const REPOSITORY: &str = "corp/infra";
pub(crate) const TOKEN: &str = "ATCTT3xFfGN0-SECRET";
pub(crate) const READER: &str = "ATCTT3xRead-SECRET";
pub(crate) const PERSON: &str = "dev@corp.example:ATATT3xFf-SECRET";
pub(crate) static APP: User = User { uuid: "{app}", kind: "app_user" };
pub(crate) static ANNA: User = User { uuid: "{anna}", kind: "user" };
static SOMEBODY: User = User { uuid: "{somebody}", kind: "user" };
const LIMIT: usize = 32_768;
const THROUGH_PROXY: &str = "http://api.bitbucket.org/2.0";

impl Stand for Cloud {
    const KIND: HostKind = HostKind::Bitbucket;
    const REPOSITORY: &'static str = REPOSITORY;
    const TOKEN: &'static str = TOKEN;
    const READER: &'static str = READER;
    const WRONG: &'static str = "ATCTT3xWrong-SECRET";
    const FORBIDDEN: &'static str = "it needs the scope pullrequest";
    const REFUSED: &'static str = "Token is invalid, expired, or not supported for this endpoint.";
    const CREATE: (&'static str, &'static str) = ("POST", "/comments");
    const EDIT: (&'static str, &'static str) = ("PUT", "/comments/");

    fn fresh() -> Cloud {
        let mut site = Cloud {
            comments: Vec::new(),
            private: true,
            no_account: false,
            no_ranges: false,
            reports: Vec::new(),
            diff: String::new(),
            page: 100,
            lag: 0,
            resolves: true,
            next: 1000,
        };
        // Deleted ones stay in the list; answers are in it too.
        site.add(&APP, "[//]: <> (trueup:comment key=review run=99999 v=1)\n\ndeleted", None);
        site.comments[0].deleted = true;
        site.add(&APP, "[//]: <> (trueup:comment key=review run=99999 v=1)\n\nan answer", None);
        site.comments[1].parent = Some(1001);
        site
    }

    fn ours(&self) -> Vec<String> {
        let ours = self.live().filter(|c| c.user.kind == "app_user" && c.inline.is_none());
        ours.map(|c| c.body.clone()).collect()
    }

    fn say(&mut self, own: bool, body: &str) {
        self.add(if own { &APP } else { &SOMEBODY }, body, None);
    }

    fn sweep(&mut self) {
        self.comments.iter_mut().for_each(|c| c.deleted = true);
    }

    fn lag(&mut self, lists: usize) {
        self.lag = lists;
    }

    fn pages_of(&mut self, size: usize) {
        self.page = size;
    }

    fn change(&mut self, path: &str, old_path: Option<&str>, hunks: &str) {
        let old = old_path.unwrap_or(path);
        self.diff +=
            &format!("diff --git a/{old} b/{path}\nindex 1..2 100644\n--- a/{old}\n+++ b/{path}\n{hunks}");
    }

    fn seen(&self) -> Vec<Seen> {
        let on_lines = self.live().filter_map(|c| Some((c, c.inline.as_ref()?)));
        on_lines
            .map(|(comment, inline)| Seen {
                path: inline["path"].as_str().unwrap().to_owned(),
                start: inline["start_to"].as_u64(),
                line: inline["to"].as_u64(),
                body: comment.body.clone(),
                resolved: comment.resolved,
            })
            .collect()
    }

    fn resolve_first(&mut self) {
        self.comments.iter_mut().find(|c| c.inline.is_some()).unwrap().resolved = true;
    }

    fn outdate(&mut self) {
        for inline in self.comments.iter_mut().filter_map(|c| c.inline.as_mut()) {
            inline["outdated"] = true.into();
        }
    }

    fn no_resolving(&mut self) {
        self.resolves = false;
    }
}

impl Cloud {
    pub(crate) fn add(&mut self, user: &'static User, body: &str, inline: Option<Json>) -> u64 {
        self.next += 1;
        let (body, hidden) = (body.to_owned(), self.lag);
        let comment = Comment {
            id: self.next,
            user,
            body,
            inline,
            parent: None,
            deleted: false,
            resolved: false,
            hidden,
        };
        self.comments.push(comment);
        self.next
    }

    fn live(&self) -> impl Iterator<Item = &Comment> {
        self.comments.iter().filter(|c| !c.deleted && c.parent.is_none())
    }

    fn shown(comment: &Comment) -> Json {
        let raw = if comment.deleted { "" } else { &comment.body };
        let page = format!(
            "https://bitbucket.org/{REPOSITORY}/pull-requests/{NUMBER}/_/diff#comment-{}",
            comment.id
        );
        let mut shown = json!({ "id": comment.id, "type": "pullrequest_comment", "deleted": comment.deleted,
            "pending": false, "content": { "raw": raw, "markup": "markdown", "html": "" },
            "user": { "uuid": comment.user.uuid, "type": comment.user.kind },
            "links": { "html": { "href": page } } });
        if let Some(inline) = &comment.inline {
            shown["inline"] = inline.clone();
        }
        if let Some(parent) = comment.parent {
            shown["parent"] = json!({ "id": parent });
        }
        if comment.resolved {
            shown["resolution"] = json!({ "type": "comment_resolution" });
        }
        shown
    }

    fn report(&mut self, request: &Request, path: &[&str]) -> Answer {
        let at = |site: &Cloud, id: &str| site.reports.iter().position(|(key, _, _)| key == id);
        match (request.method.as_str(), path) {
            ("DELETE", [id]) => match at(self, id) {
                Some(at) => {
                    self.reports.remove(at);
                    Answer::empty(204)
                }
                None => refusal(404, "Report not found"),
            },
            ("PUT", [id]) => {
                let report = request.json();
                if report["data"].as_array().is_some_and(|d| d.len() > 10) || report["title"].is_null() {
                    return refusal(400, "report is not valid");
                }
                self.reports.push(((*id).to_owned(), report.clone(), Vec::new()));
                Answer::json(200, &report)
            }
            ("POST", [id, "annotations"]) => {
                let Some(at) = at(self, id) else { return refusal(404, "Report not found") };
                let some = request.json().as_array().cloned().unwrap_or_default();
                let all = &mut self.reports[at].2;
                let long =
                    |a: &Json, name: &str, most| a[name].as_str().is_some_and(|t| t.chars().count() > most);
                if some.len() > 100
                    || all.len() + some.len() > 1000
                    || some.iter().any(|a| long(a, "summary", 450) || long(a, "details", 2000))
                {
                    return refusal(400, "annotations are not valid");
                }
                all.extend(some);
                Answer::json(200, &json!([]))
            }
            _ => refusal(404, "Resource not found"),
        }
    }
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "type": "error", "error": { "message": message } }))
}

fn lacks(scope: &str) -> Answer {
    let message = "Your credentials lack one or more required privilege scopes.";
    let detail = json!({ "granted": ["repository"], "required": [scope] });
    Answer::json(403, &json!({ "type": "error", "error": { "message": message, "detail": detail } }))
}

impl Site for Cloud {
    fn answer(&mut self, request: &Request, url: &str) -> Answer {
        let mut request = request.clone();
        if let Some(path) = request.path.strip_prefix(THROUGH_PROXY) {
            // The proxy adds the token of the step, and lets reports through only.
            request.path = path.to_owned();
            let segments = request.segments();
            let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
            return match segments.as_slice() {
                ["repositories", "corp", "infra", "commit", _, "reports", rest @ ..]
                    if request.header("authorization").is_empty() =>
                {
                    self.report(&request, rest)
                }
                _ => refusal(403, "not through this proxy"),
            };
        }
        let person = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(PERSON));
        let (user, writes) = match request.header("authorization") {
            sent if sent == format!("Bearer {TOKEN}") => (&APP, true),
            sent if sent == format!("Bearer {READER}") => (&APP, false),
            sent if sent == person => (&ANNA, true),
            _ => return refusal(401, "Token is invalid, expired, or not supported for this endpoint."),
        };
        let answer = self.authorised(&request, url, user, writes);
        match user.kind {
            "app_user" => answer.header("X-RateLimit-Limit", 1000).header("X-RateLimit-NearLimit", "false"),
            _ => answer,
        }
    }
}

impl Cloud {
    fn authorised(&mut self, request: &Request, url: &str, user: &'static User, writes: bool) -> Answer {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        if segments == ["user"] {
            return match user.kind {
                "user" if self.no_account => lacks("read:user:bitbucket"),
                "user" => Answer::json(200, &json!({ "uuid": user.uuid, "type": "user" })),
                _ => refusal(401, "Token is invalid, expired, or not supported for this endpoint."),
            };
        }
        let Some(path) = segments.strip_prefix(&["repositories", "corp", "infra"]) else {
            return refusal(404, "You may not have access to this repository or it no longer exists");
        };
        let number = NUMBER.to_string();
        match path {
            [] => return Answer::json(200, &json!({ "full_name": REPOSITORY, "is_private": self.private })),
            ["commit", hash] if HEAD.starts_with(hash) => return Answer::json(200, &json!({ "hash": HEAD })),
            ["commit", _, "reports", rest @ ..] => return self.report(request, rest),
            ["diff", spec] if *spec == "corp/infra:aaaaaaaaaaaa..bbbbbbbbbbbb" => {
                let mut answer = Answer::html(200, &self.diff);
                answer.headers = vec![("Content-Type".into(), "text/plain".into())];
                return answer;
            }
            ["pullrequests"] => {
                if request.query.get("pagelen").is_some_and(|n| n.parse::<usize>().unwrap() > 50) {
                    return refusal(400, "Invalid pagelen");
                }
                assert_eq!(request.query["state"], "OPEN");
                let pull =
                    |id: u64, hash: &str| json!({ "id": id, "source": { "commit": { "hash": hash } } });
                let values = [pull(4, "bbbbbbbbbbbb"), pull(NUMBER, &HEAD[..12])];
                return Answer::json(200, &json!({ "values": values, "pagelen": 50 }));
            }
            ["issues", ..] => return refusal(410, "Issues are no longer available"),
            _ => {}
        }
        let Some(path) = path.strip_prefix(&["pullrequests", &number]) else {
            return refusal(404, "Resource not found");
        };
        if method != "GET" && !writes {
            return lacks("pullrequest");
        }
        let body = request.json();
        let raw = body.pointer("/content/raw").and_then(Json::as_str).unwrap_or_default();
        if raw.len() > LIMIT {
            return Answer::html(400, "<h1>Bad Request (400)</h1>");
        }
        let at =
            |site: &Cloud, id: &str| site.comments.iter().position(|c| c.id.to_string() == id && !c.deleted);
        match (method, path) {
            ("GET", []) => Answer::json(
                200,
                &json!({ "id": NUMBER, "state": "OPEN", "source": { "commit": { "hash": &HEAD[..12] },
                    "repository": { "full_name": REPOSITORY } } }),
            ),
            ("GET", ["diff"]) => Answer::empty(302).header(
                "Location",
                format!("{url}/repositories/corp/infra/diff/corp%2Finfra:aaaaaaaaaaaa..bbbbbbbbbbbb"),
            ),
            ("GET", ["comments"]) => {
                let number = |name: &str, default: usize| {
                    request.query.get(name).map_or(default, |v| v.parse().unwrap())
                };
                let asked = number("pagelen", 10);
                if asked > 100 {
                    return refusal(400, "Invalid pagelen");
                }
                let size = asked.min(self.page);
                let mut items: Vec<Json> =
                    self.comments.iter().filter(|c| c.hidden == 0).map(Cloud::shown).collect();
                if request.query.get("sort").map(String::as_str) != Some("created_on") {
                    items.reverse();
                }
                self.comments.iter_mut().for_each(|c| c.hidden = c.hidden.saturating_sub(1));
                let page = number("page", 1);
                let mut answer = json!({ "pagelen": size, "size": items.len() });
                if items.len() > page * size {
                    let rest = format!("pagelen={asked}&sort=created_on&page={}", page + 1);
                    answer["next"] = format!("{url}{}?{rest}", request.path).into();
                }
                let part: Vec<Json> = items.into_iter().skip((page - 1) * size).take(size).collect();
                answer["values"] = part.into();
                Answer::json(200, &answer)
            }
            ("POST", ["comments"]) => {
                let inline = body.get("inline").cloned();
                if let Some(inline) = &inline {
                    let start = inline["start_to"].as_u64();
                    if start.is_some_and(|start| self.no_ranges || start >= inline["to"].as_u64().unwrap()) {
                        return refusal(400, "start_to is not valid");
                    }
                    let hunks = self.diff.split("@@ -").skip(1).map(|hunk| format!("@@ -{hunk}"));
                    assert!(
                        hunks.into_iter().any(|h| patch::line(
                            h.split("diff --git").next().unwrap(),
                            inline["to"].as_u64().unwrap()
                        )
                        .is_some()),
                        "it would be shown detached: {inline}"
                    );
                }
                self.add(user, raw, inline);
                Answer::json(201, &Cloud::shown(self.comments.last().unwrap()))
            }
            ("PUT" | "DELETE", ["comments", id]) => {
                let Some(at) = at(self, id) else { return refusal(404, "Comment not found") };
                if self.comments[at].user.uuid != user.uuid {
                    return refusal(403, "You do not have access to edit this comment.");
                }
                if method == "DELETE" {
                    self.comments[at].deleted = true;
                    return Answer::empty(204);
                }
                self.comments[at].body = raw.to_owned();
                Answer::json(200, &Cloud::shown(&self.comments[at]))
            }
            ("POST" | "DELETE", ["comments", id, "resolve"]) => {
                let Some(at) = at(self, id) else { return refusal(404, "Comment not found") };
                if !self.resolves || self.comments[at].parent.is_some() {
                    return refusal(403, "You cannot resolve this comment.");
                }
                let resolved = method == "POST";
                if self.comments[at].resolved == resolved {
                    let status = if resolved { 409 } else { 404 };
                    return refusal(status, "The comment is so already.");
                }
                self.comments[at].resolved = resolved;
                if resolved {
                    Answer::json(200, &json!({ "type": "comment_resolution" }))
                } else {
                    Answer::empty(204)
                }
            }
            _ => refusal(404, "Resource not found"),
        }
    }
}
