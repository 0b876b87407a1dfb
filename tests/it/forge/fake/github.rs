//! A stand-in for GitHub.com (`prefix` empty) and GitHub Enterprise Server (`prefix` `/api/v3`).

use serde_json::{Value as Json, json};

use super::{Answer, Request, Site};

/// A comment of the conversation.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) body: String,
    /// Lists that do not show it yet.
    hidden: usize,
}

/// A thread on lines.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) id: u64,
    pub(crate) login: String,
    pub(crate) body: String,
    pub(crate) path: String,
    pub(crate) start: Option<u64>,
    pub(crate) line: u64,
    pub(crate) commit: String,
    pub(crate) resolved: bool,
    pub(crate) outdated: bool,
    /// The whole review that it came with, if it came with one.
    pub(crate) review: Option<usize>,
}

/// Who a token is, and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) token: &'static str,
    pub(crate) login: &'static str,
    /// `pull-requests: write`
    pub(crate) writes: bool,
    /// `contents: write`, which resolving takes.
    pub(crate) resolves: bool,
}

/// The state of one repository with one pull request.
pub(crate) struct GitHub {
    pub(crate) prefix: &'static str,
    pub(crate) accounts: Vec<Account>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) reviews: usize,
    /// Changed files: path and patch; a file without patch is binary or large.
    pub(crate) files: Vec<(String, Option<String>)>,
    pub(crate) head: String,
    pub(crate) private: bool,
    /// The most that a page holds, whatever is asked for.
    pub(crate) page: usize,
    /// So many lists do not show what was created.
    pub(crate) lag: usize,
    /// What another run writes right after the next edit of a comment.
    pub(crate) late: Option<String>,
    /// What another run creates right before the next comment is; that one is listed much later.
    pub(crate) rival: Option<String>,
    /// Lines that are refused although a patch shows them.
    pub(crate) refused: Vec<u64>,
    next: u64,
}

pub(crate) const OWNER: &str = "corp";
pub(crate) const NAME: &str = "infra";
pub(crate) const NUMBER: u64 = 5;
pub(crate) const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
pub(crate) const TOKEN: &str = "ghs_0123456789abcdefSECRET";
pub(crate) const FORK: &str = "ghs_forkforkforkforkSECRET";
pub(crate) const PERSON: &str = "ghp_personpersonpersSECRET";
const LIMIT: usize = 65_536;

impl GitHub {
    pub(crate) fn new() -> GitHub {
        let account = |token, login, writes, resolves| Account { token, login, writes, resolves };
        GitHub {
            prefix: "",
            accounts: vec![
                account(TOKEN, "github-actions[bot]", true, true),
                account(FORK, "github-actions[bot]", false, false),
                account(PERSON, "mallory", true, true),
            ],
            comments: Vec::new(),
            threads: Vec::new(),
            reviews: 0,
            files: Vec::new(),
            head: HEAD.to_owned(),
            private: true,
            page: 100,
            lag: 0,
            late: None,
            rival: None,
            refused: Vec::new(),
            next: 1000,
        }
    }

    /// Somebody comments.
    pub(crate) fn say(&mut self, login: &str, body: &str) -> u64 {
        self.next += 1;
        self.comments.push(Comment {
            id: self.next,
            login: login.into(),
            body: body.into(),
            hidden: self.lag,
        });
        self.next
    }

    /// Bodies of the comments of somebody.
    pub(crate) fn bodies(&self, login: &str) -> Vec<&str> {
        self.comments.iter().filter(|c| c.login == login).map(|c| c.body.as_str()).collect()
    }

    fn shown(comment: &Comment) -> Json {
        let kind = if comment.login.ends_with("[bot]") { "Bot" } else { "User" };
        json!({ "id": comment.id, "node_id": format!("IC_{}", comment.id), "body": comment.body,
            "html_url": format!("https://github.com/{OWNER}/{NAME}/pull/{NUMBER}#issuecomment-{}", comment.id),
            "user": { "login": comment.login, "type": kind } })
    }

    fn page(&self, request: &Request, url: &str, items: Vec<Json>) -> Answer {
        let number =
            |name: &str, default: usize| request.query.get(name).map_or(default, |v| v.parse().unwrap());
        let size = number("per_page", 30).min(100).min(self.page);
        let page = number("page", 1);
        let more = items.len() > page * size;
        let part: Vec<Json> = items.into_iter().skip((page - 1) * size).take(size).collect();
        let answer = Answer::json(200, &Json::Array(part));
        if !more {
            return answer;
        }
        let next = format!("{url}{}?per_page={size}&page={}", request.path, page + 1);
        answer.header("Link", format!("<{next}>; rel=\"next\", <{next}>; rel=\"last\""))
    }

    /// True when every line of a comment is shown by one hunk, on the new side.
    fn shows(&self, comment: &Json) -> bool {
        let line = comment["line"].as_u64().unwrap_or_default();
        let start = comment["start_line"].as_u64().unwrap_or(line);
        let patch = self.files.iter().find(|(path, _)| Some(path.as_str()) == comment["path"].as_str());
        let Some((_, Some(patch))) = patch else { return false };
        let holds = |hunk: &str| {
            let first = hunk.split_once(" +").unwrap().1.split([',', ' ']).next().unwrap();
            let first: u64 = first.parse().unwrap();
            let lines = hunk.lines().skip(1).filter(|l| l.starts_with(['+', ' '])).count() as u64;
            start >= first && line < first + lines
        };
        comment["side"] == "RIGHT" && !self.refused.contains(&line) && patch.split("@@ -").skip(1).any(holds)
    }

    fn begin(&mut self, account: &Account, comment: &Json, review: Option<usize>) -> u64 {
        self.next += 1;
        self.threads.push(Thread {
            id: self.next,
            login: account.login.to_owned(),
            body: comment["body"].as_str().unwrap().to_owned(),
            path: comment["path"].as_str().unwrap().to_owned(),
            start: comment["start_line"].as_u64(),
            line: comment["line"].as_u64().unwrap(),
            commit: comment["commit_id"].as_str().unwrap_or_default().to_owned(),
            resolved: false,
            outdated: false,
            review,
        });
        self.next
    }

    fn graphql(&mut self, account: &Account, body: &Json) -> Answer {
        let query = body["query"].as_str().unwrap_or_default();
        let error = |kind: &str, message: &str| {
            Answer::json(200, &json!({ "data": null, "errors": [{ "type": kind, "message": message }] }))
        };
        let author = |login: &str| match login.strip_suffix("[bot]") {
            Some(name) => json!({ "__typename": "Bot", "login": name }),
            None => json!({ "__typename": "User", "login": login }),
        };
        if query.contains("viewer") {
            return Answer::json(200, &json!({ "data": { "viewer": { "login": account.login } } }));
        }
        let variables = &body["variables"];
        if query.contains("reviewThreads") {
            let after: usize = variables["after"].as_str().map_or(0, |c| c.parse().unwrap());
            let size = self.page.min(100);
            let nodes: Vec<Json> = self.threads.iter().skip(after).take(size).map(|t| {
                json!({ "id": format!("PRRT_{}", t.id), "isResolved": t.resolved, "isOutdated": t.outdated,
                    "comments": { "nodes": [{ "databaseId": t.id, "body": t.body,
                        "author": author(&t.login) }] } })
            }).collect();
            let end = after + nodes.len();
            let page = json!({ "hasNextPage": end < self.threads.len(), "endCursor": end.to_string() });
            let threads = json!({ "pageInfo": page, "nodes": nodes });
            return Answer::json(
                200,
                &json!({ "data": { "repository": { "pullRequest": {
                "reviewThreads": threads } } } }),
            );
        }
        let resolved = query.contains(" resolveReviewThread");
        if !resolved && !query.contains("unresolveReviewThread") {
            return error("undefinedField", "no such field");
        }
        if !account.resolves {
            return error("FORBIDDEN", "Resource not accessible by integration");
        }
        let id = variables["id"].as_str().unwrap_or_default();
        match self.threads.iter_mut().find(|t| format!("PRRT_{}", t.id) == id) {
            Some(thread) => thread.resolved = resolved,
            None => return error("NOT_FOUND", "Could not resolve to a node"),
        }
        Answer::json(200, &json!({ "data": { "resolveReviewThread": { "thread": { "id": id } } } }))
    }
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "message": message, "documentation_url": "https://docs.github.com/rest", "status": status.to_string() }),
    )
}

fn too_long(body: &Json) -> Option<Answer> {
    let text = body["body"].as_str()?;
    (text.encode_utf16().count() > LIMIT).then(|| {
        let error = json!({ "resource": "IssueComment", "code": "unprocessable", "field": "data",
            "message": "Body is too long (maximum is 65536 characters)" });
        Answer::json(422, &json!({ "message": "Validation Failed", "errors": [error] }))
    })
}

impl Site for GitHub {
    fn answer(&mut self, request: &Request, url: &str) -> Answer {
        if request.header("user-agent").is_empty() {
            return refusal(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
            );
        }
        let token = request.header("authorization").trim_start_matches("Bearer ").to_owned();
        let Some(account) = self.accounts.iter().find(|a| a.token == token).cloned() else {
            return refusal(401, "Bad credentials");
        };
        let graphql = if self.prefix.is_empty() { "/graphql" } else { "/api/graphql" };
        if request.path == graphql && request.method == "POST" {
            return self.graphql(&account, &request.json());
        }
        if !matches!(request.header("x-github-api-version"), "" | "2022-11-28") {
            return refusal(400, "the version is not supported");
        }
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let prefix: Vec<&str> = self.prefix.split('/').filter(|p| !p.is_empty()).collect();
        let Some(path) = segments.strip_prefix(prefix.as_slice()) else { return refusal(404, "Not Found") };
        if request.method == "GET" && path == ["user"] {
            return match token.starts_with("ghs_") {
                true => refusal(403, "Resource not accessible by integration"),
                false => Answer::json(200, &json!({ "login": account.login })),
            };
        }
        let Some(path) = path.strip_prefix(&["repos", OWNER, NAME]) else { return refusal(404, "Not Found") };
        if request.method != "GET" && !account.writes {
            let answer = refusal(403, "Resource not accessible by integration");
            return answer.header("X-Accepted-GitHub-Permissions", "issues=write; pull_requests=write");
        }
        let body = request.json();
        let number = NUMBER.to_string();
        match (request.method.as_str(), path) {
            ("GET", ["pulls", n]) if *n == number => {
                let repository = json!({ "full_name": format!("{OWNER}/{NAME}"), "private": self.private,
                    "visibility": if self.private { "private" } else { "public" } });
                Answer::json(
                    200,
                    &json!({ "number": NUMBER, "state": "open",
                    "head": { "sha": self.head }, "base": { "sha": "b".repeat(40), "repo": repository } }),
                )
            }
            ("GET", ["commits", sha, "pulls"]) => {
                let pull = |number: u64, state: &str, sha: &str| json!({ "number": number, "state": state, "head": { "sha": sha } });
                let mut items = vec![pull(3, "closed", &self.head)];
                if *sha == self.head {
                    items.push(pull(NUMBER, "open", &self.head));
                    items.push(pull(7, "open", &"c".repeat(40)));
                }
                self.page(request, url, items)
            }
            ("GET", ["pulls", n, "files"]) if *n == number => {
                let files = self.files.iter().map(|(path, patch)| {
                    let mut file = json!({ "filename": path, "status": "modified" });
                    if let Some(patch) = patch {
                        file["patch"] = patch.as_str().into();
                    }
                    file
                });
                self.page(request, url, files.collect())
            }
            ("GET", ["issues", n, "comments"]) if *n == number => {
                let items = self.comments.iter().filter(|c| c.hidden == 0).map(GitHub::shown).collect();
                self.comments.iter_mut().for_each(|c| c.hidden = c.hidden.saturating_sub(1));
                self.page(request, url, items)
            }
            ("POST", ["issues", n, "comments"]) if *n == number => match too_long(&body) {
                Some(refused) => refused,
                None => {
                    if let Some(rival) = self.rival.take() {
                        self.say(account.login, &rival);
                        self.lag = 1000;
                    }
                    self.say(account.login, body["body"].as_str().unwrap_or_default());
                    Answer::json(201, &GitHub::shown(self.comments.last().unwrap()))
                }
            },
            ("PATCH" | "DELETE", ["issues", "comments", id]) => {
                let Some(at) = self.comments.iter().position(|c| c.id.to_string() == *id) else {
                    return refusal(404, "Not Found");
                };
                if request.method == "DELETE" {
                    self.comments.remove(at);
                    return Answer::empty(204);
                }
                if let Some(refused) = too_long(&body) {
                    return refused;
                }
                self.comments[at].body = body["body"].as_str().unwrap_or_default().to_owned();
                let answer = Answer::json(200, &GitHub::shown(&self.comments[at]));
                if let Some(late) = self.late.take() {
                    self.comments[at].body = late;
                }
                answer
            }
            ("GET", ["pulls", n, "comments"]) if *n == number => {
                let items = self.threads.iter().map(|t| {
                    let line = if t.outdated { Json::Null } else { t.line.into() };
                    json!({ "id": t.id, "body": t.body, "path": t.path, "line": line, "user": { "login": t.login } })
                });
                self.page(request, url, items.collect())
            }
            ("POST", ["pulls", n, "comments"]) if *n == number => {
                if body["start_line"].is_u64() && body["start_line"].as_u64() >= body["line"].as_u64() {
                    return refusal(422, "Pull request review thread start line must precede the end line.");
                }
                if !self.shows(&body) || body["commit_id"].as_str().is_none() {
                    let error = json!({ "resource": "PullRequestReviewComment", "code": "custom",
                        "field": "pull_request_review_thread.line",
                        "message": "pull_request_review_thread.line must be part of the diff" });
                    return Answer::json(422, &json!({ "message": "Validation Failed", "errors": [error] }));
                }
                let id = self.begin(&account, &body, None);
                Answer::json(201, &json!({ "id": id }))
            }
            ("POST", ["pulls", n, "reviews"]) if *n == number => {
                let comments = body["comments"].as_array().cloned().unwrap_or_default();
                if body["event"] != "COMMENT" || body["body"].as_str().is_none_or(str::is_empty) {
                    return refusal(422, "Unprocessable Entity");
                }
                let ranged =
                    |c: &Json| c["start_line"].is_null() || c["start_line"].as_u64() < c["line"].as_u64();
                if !comments.iter().all(|c| self.shows(c) && ranged(c)) {
                    let errors = [
                        "Pull request review thread line must be part of the diff and Pull request review thread diff hunk can't be blank",
                    ];
                    return Answer::json(
                        422,
                        &json!({ "message": "Unprocessable Entity", "errors": errors }),
                    );
                }
                self.reviews += 1;
                for mut comment in comments {
                    comment["commit_id"] = body["commit_id"].clone();
                    self.begin(&account, &comment, Some(self.reviews));
                }
                Answer::json(200, &json!({ "id": self.reviews, "state": "COMMENTED" }))
            }
            ("PATCH" | "DELETE", ["pulls", "comments", id]) => {
                let Some(at) = self.threads.iter().position(|t| t.id.to_string() == *id) else {
                    return refusal(404, "Not Found");
                };
                if request.method == "DELETE" {
                    self.threads.remove(at);
                    return Answer::empty(204);
                }
                self.threads[at].body = body["body"].as_str().unwrap_or_default().to_owned();
                Answer::json(200, &json!({ "id": self.threads[at].id }))
            }
            _ => refusal(404, "Not Found"),
        }
    }
}
