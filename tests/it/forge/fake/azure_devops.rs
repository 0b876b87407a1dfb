//! A stand-in for Azure DevOps: one pull request of one repository, in a project whose name holds a blank.

use base64::Engine as _;
use serde_json::{Value as Json, json};
use sha1::{Digest, Sha1};

use super::{Answer, Request, Site};

/// A comment of a thread.
#[derive(Clone, Debug)]
pub(crate) struct Comment {
    pub(crate) id: u64,
    pub(crate) author: String,
    pub(crate) content: String,
    pub(crate) kind: &'static str,
    pub(crate) deleted: bool,
}

/// A thread.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(crate) id: u64,
    pub(crate) status: Option<String>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) properties: Json,
    /// `threadContext` and `pullRequestThreadContext` as they were sent.
    pub(crate) place: Json,
    pub(crate) tracking: Json,
    /// Later pushes took its line away.
    pub(crate) lost: bool,
    /// Lists that do not show it yet.
    hidden: usize,
}

impl Thread {
    pub(crate) fn text(&self) -> &str {
        &self.comments[0].content
    }

    pub(crate) fn status(&self) -> &str {
        self.status.as_deref().unwrap_or("")
    }

    /// First and last line.
    pub(crate) fn lines(&self) -> (u64, u64) {
        let line = |end: &str| self.place[end]["line"].as_u64().unwrap();
        (line("rightFileStart"), line("rightFileEnd"))
    }

    fn is_deleted(&self) -> bool {
        self.comments.iter().all(|c| c.deleted)
    }
}

/// A changed file: its two sides; one without the first is added.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) old_path: Option<&'static str>,
    pub(crate) old: Option<String>,
    pub(crate) new: String,
    /// Entries without ids of blobs.
    pub(crate) nameless: bool,
}

/// Who a token is, and what it may do.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) token: &'static str,
    pub(crate) id: &'static str,
    /// `Contribute to pull requests`
    pub(crate) contributes: bool,
}

pub(crate) struct AzureDevOps {
    /// The path of the collection.
    pub(crate) collection: Vec<&'static str>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) files: Vec<File>,
    pub(crate) head: String,
    pub(crate) visibility: Option<&'static str>,
    /// The newest version of the API that it has: 71 is 7.1.
    pub(crate) version: u32,
    pub(crate) iteration: u64,
    /// The most changes that a page holds.
    pub(crate) page: usize,
    pub(crate) lag: usize,
    pub(crate) statuses: Vec<Json>,
    next: u64,
}

pub(crate) const PROJECT: &str = "My Project";
pub(crate) const NAME: &str = "infra";
pub(crate) const NUMBER: u64 = 12;
pub(crate) const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const COMMON: &str = "cccccccccccccccccccccccccccccccccccccccc";
/// The token of a pipeline is a signed one.
pub(crate) const TOKEN: &str = "eyJhbGci.eyJzdWIi.c2lnbmVkSECRET";
pub(crate) const FORK: &str = "eyJhbGci.eyJmb3Jr.c2lnbmVkSECRET";
/// That of a person is not.
pub(crate) const PERSON: &str = "abcdefghijklmnopqrstuvwxyz0123456789SECRET";
pub(crate) const BUILD: &str = "11111111-aaaa-4bbb-8ccc-000000000001";
pub(crate) const MALLORY: &str = "22222222-aaaa-4bbb-8ccc-000000000002";
const READER: &str = "33333333-aaaa-4bbb-8ccc-000000000003";
const LIMIT: usize = 150_000;

impl AzureDevOps {
    pub(crate) fn new() -> AzureDevOps {
        let account = |token, id, contributes| Account { token, id, contributes };
        AzureDevOps {
            collection: vec!["corp"],
            accounts: vec![
                account(TOKEN, BUILD, true),
                account(FORK, READER, false),
                account(PERSON, MALLORY, true),
            ],
            threads: Vec::new(),
            files: Vec::new(),
            head: HEAD.to_owned(),
            visibility: Some("private"),
            version: 71,
            iteration: 3,
            page: 2000,
            lag: 0,
            statuses: Vec::new(),
            next: 100,
        }
    }

    /// Somebody, or the system, begins a thread.
    pub(crate) fn say(&mut self, author: &str, content: &str, kind: &'static str) -> &mut Thread {
        let status = (kind == "text").then(|| "active".to_owned());
        self.begin(author, content, kind, status, Json::Null, Json::Null, json!({}))
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a thread")]
    fn begin(
        &mut self,
        author: &str,
        content: &str,
        kind: &'static str,
        status: Option<String>,
        place: Json,
        tracking: Json,
        properties: Json,
    ) -> &mut Thread {
        self.next += 1;
        let comment = Comment { id: 1, author: author.into(), content: content.into(), kind, deleted: false };
        let (id, comments, hidden) = (self.next, vec![comment], self.lag);
        self.threads.push(Thread { id, status, comments, properties, place, tracking, lost: false, hidden });
        self.threads.last_mut().unwrap()
    }

    /// Threads of somebody that are there.
    pub(crate) fn of(&self, author: &str) -> Vec<&Thread> {
        self.threads.iter().filter(|t| !t.is_deleted() && t.comments[0].author == author).collect()
    }

    fn shown(thread: &Thread, tracked: bool) -> Json {
        let comments = thread.comments.iter().map(|c| {
            let mut comment = json!({ "id": c.id, "parentCommentId": u64::from(c.id > 1), "commentType": c.kind,
                "author": { "id": c.author, "displayName": "somebody", "uniqueName": "Build\\somebody" } });
            if c.deleted {
                comment["isDeleted"] = true.into();
            } else {
                comment["content"] = c.content.as_str().into();
            }
            comment
        });
        let typed = thread.properties.as_object().into_iter().flatten();
        let typed =
            typed.map(|(name, value)| (name.clone(), json!({ "$type": "System.String", "$value": value })));
        let mut place = thread.place.clone();
        if tracked && thread.lost {
            place = json!({ "filePath": place["filePath"] });
        }
        let mut shown = json!({ "id": thread.id, "isDeleted": thread.is_deleted(), "threadContext": place,
            "pullRequestThreadContext": thread.tracking, "properties": Json::Object(typed.collect()),
            "comments": comments.collect::<Vec<_>>() });
        if let Some(status) = &thread.status {
            shown["status"] = status.as_str().into();
        }
        shown
    }

    fn entries(&self) -> Vec<Json> {
        let entry = |(at, file): (usize, &File)| {
            let mut item = json!({ "path": format!("/{}", file.path), "gitObjectType": "blob" });
            if !file.nameless {
                item["objectId"] = blob_id(&file.new).into();
                if let Some(old) = &file.old {
                    item["originalObjectId"] = blob_id(old).into();
                }
            }
            let kind = match (&file.old, file.old_path) {
                (None, _) => "add",
                (_, Some(_)) => "edit, rename",
                _ => "edit",
            };
            let mut entry =
                json!({ "changeTrackingId": at + 1, "changeId": at + 1, "item": item, "changeType": kind });
            if let Some(old) = file.old_path {
                entry["originalPath"] = format!("/{old}").into();
            }
            entry
        };
        let files = self.files.iter().enumerate().map(entry);
        let gone = json!({ "changeType": "delete", "item": { "originalObjectId": blob_id("x"), "path": null },
            "originalPath": "/gone.tf" });
        let folder = json!({ "changeType": "add", "item": { "path": "/new", "isFolder": true } });
        files.chain([gone, folder]).collect()
    }

    fn content(&self, path: &str, commit: &str) -> Option<&str> {
        let path = path.trim_start_matches('/');
        self.files.iter().find_map(|f| match commit {
            COMMON if f.old_path.unwrap_or(f.path) == path => f.old.as_deref(),
            commit if commit == self.head && f.path == path => Some(f.new.as_str()),
            _ => None,
        })
    }

    /// Who asks; an answer to those who are nobody.
    fn account(&self, request: &Request) -> Result<Account, Answer> {
        let given = request.header("authorization");
        let person = |basic: &str| {
            let text = base64::engine::general_purpose::STANDARD.decode(basic).unwrap();
            String::from_utf8(text).unwrap().strip_prefix(':').map(str::to_owned)
        };
        // A signed token comes as it is, that of a person as a password.
        let token = match (given.strip_prefix("Bearer "), given.strip_prefix("Basic ")) {
            (Some(token), _) if token.split('.').count() == 3 => Some(token.to_owned()),
            (_, Some(basic)) => person(basic),
            _ => None,
        };
        if let Some(account) = self.accounts.iter().find(|a| Some(a.token) == token.as_deref()) {
            return Ok(account.clone());
        }
        if request.header("x-tfs-fedauthredirect") != "Suppress" {
            let target = "https://spsprodweu1.vssps.visualstudio.com/_signin?realm=dev.azure.com";
            return Err(Answer::empty(302).header("Location", target));
        }
        if request.method == "PATCH" {
            let message = "TF400813: The user '' is not authorized to access this resource.";
            return Err(refusal(401, "UnauthorizedRequestException", message));
        }
        Err(Answer::html(203, "<html><title>Azure DevOps Services | Sign In</title></html>"))
    }

    /// A version that this server does not have, or that is not said as it must be.
    fn refused_version(&self, request: &Request, preview: bool) -> Option<Answer> {
        let Some(asked) = request.query.get("api-version") else {
            let message = "No api-version was supplied for the request.";
            return Some(refusal(400, "VssVersionNotSpecifiedException", message));
        };
        let (number, stage) = asked.split_once('-').unwrap_or((asked, ""));
        let number: u32 = number.replace('.', "").parse().unwrap();
        if number > self.version {
            let message = format!(
                "The requested REST API version of {asked} is out of range for this server. The latest REST API \
                 version this server supports is {}.{}.",
                self.version / 10,
                self.version % 10
            );
            return Some(refusal(400, "VssVersionOutOfRangeException", &message));
        }
        (preview && stage.is_empty()).then(|| {
            let message = format!("The requested version \"{asked}\" of the resource is under preview.");
            refusal(400, "VssInvalidPreviewVersionException", &message)
        })
    }
}

/// The id that git gives a blob.
pub(crate) fn blob_id(text: &str) -> String {
    let digest = Sha1::digest(format!("blob {}\0{text}", text.len()));
    digest.iter().map(|b| format!("{b:02x}")).collect()
}

fn refusal(status: u16, key: &str, message: &str) -> Answer {
    let body = json!({ "$id": "1", "innerException": null, "message": message, "typeKey": key,
        "typeName": format!("Microsoft.{key}, Microsoft"), "errorCode": 0, "eventId": 3000 });
    Answer::json(status, &body)
}

fn list(items: Vec<Json>) -> Answer {
    Answer::json(200, &json!({ "count": items.len(), "value": items }))
}

fn raw(text: Option<&str>) -> Answer {
    match text {
        Some(text) => Answer { body: text.to_owned(), ..Answer::empty(200) }
            .header("Content-Type", "application/octet-stream"),
        None => refusal(404, "GitItemNotFoundException", "TF401174: The item could not be found"),
    }
}

fn too_long(content: &Json) -> Option<Answer> {
    (content.as_str()?.encode_utf16().count() > LIMIT).then(|| {
        let message = "A discussion comment cannot be longer than 150000 characters.\r\nParameter name: comment.Content";
        refusal(400, "ArgumentException", message)
    })
}

const STATES: [&str; 6] = ["active", "fixed", "wontFix", "closed", "byDesign", "pending"];

impl Site for AzureDevOps {
    fn answer(&mut self, request: &Request, _url: &str) -> Answer {
        let account = match self.account(request) {
            Ok(account) => account,
            Err(answer) => return answer,
        };
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let missing = || refusal(404, "VssResourceNotFoundException", "The resource cannot be found.");
        let Some(path) = segments.strip_prefix(self.collection.as_slice()) else { return missing() };
        let preview = path == ["_apis", "connectionData"];
        if let Some(refused) = self.refused_version(request, preview) {
            return refused;
        }
        if preview {
            return Answer::json(200, &json!({ "authenticatedUser": { "id": account.id } }));
        }
        if path == ["_apis", "projects", PROJECT] {
            return Answer::json(200, &json!({ "name": PROJECT, "visibility": "private" }));
        }
        let Some(path) = path.strip_prefix(&[PROJECT, "_apis", "git", "repositories"]) else {
            return missing();
        };
        let [NAME, path @ ..] = path else {
            let message = "TF401019: The Git repository with name or identifier other does not exist or you do not have permissions.";
            return refusal(404, "GitRepositoryNotFoundException", message);
        };
        if request.method != "GET" && !account.contributes {
            let message = format!(
                "TF401027: You need the Git 'PullRequestContribute' permission to perform this action. \
                 Details: identity 'Build\\{}', scope 'repository'.",
                account.id
            );
            return refusal(403, "GitNeedsPermissionException", &message);
        }
        let body = request.json();
        let octets = request.header("accept") == "application/octet-stream";
        match (request.method.as_str(), path) {
            ("GET", ["blobs", id]) if octets => {
                let sides = self.files.iter().flat_map(|f| [f.old.as_deref(), Some(f.new.as_str())]);
                raw(sides.flatten().find(|text| blob_id(text) == *id))
            }
            ("GET", ["items"]) if octets => {
                let query = |name: &str| request.query.get(name).map_or("", String::as_str);
                raw(self.content(query("path"), query("versionDescriptor.version")))
            }
            ("GET", ["pullrequests"]) => {
                let pull = |id: u64, commit: &str, status: &str| json!({ "pullRequestId": id, "status": status, "lastMergeSourceCommit": { "commitId": commit } });
                let asked = |name: &str| request.query.get(name).map_or("", String::as_str);
                let others = (1..=105).map(|n| pull(1000 + n, &format!("{n:040x}"), "active"));
                let all =
                    others.chain([pull(7, &self.head, "completed"), pull(NUMBER, &self.head, "active")]);
                let status = asked("searchCriteria.status");
                let all = all.filter(|p| p["status"] == status);
                let (top, skip) = (asked("$top").parse().unwrap_or(101), asked("$skip").parse().unwrap_or(0));
                list(all.skip(skip).take(top).collect())
            }
            (method, ["pullRequests", number, path @ ..]) if *number == NUMBER.to_string() => {
                self.in_pull(method, path, request, &body, &account)
            }
            _ => missing(),
        }
    }
}

impl AzureDevOps {
    fn in_pull(
        &mut self,
        method: &str,
        path: &[&str],
        request: &Request,
        body: &Json,
        account: &Account,
    ) -> Answer {
        match (method, path) {
            ("GET", []) => {
                let mut project = json!({ "name": PROJECT });
                if let Some(visibility) = self.visibility {
                    project["visibility"] = visibility.into();
                }
                Answer::json(
                    200,
                    &json!({ "pullRequestId": NUMBER, "status": "active",
                        "repository": { "name": NAME, "project": project },
                        "lastMergeSourceCommit": { "commitId": self.head } }),
                )
            }
            ("GET", ["iterations"]) => {
                let one = |id: u64| {
                    let source = if id == self.iteration { self.head.clone() } else { "d".repeat(40) };
                    json!({ "id": id, "sourceRefCommit": { "commitId": source },
                        "commonRefCommit": { "commitId": COMMON } })
                };
                list((1..=self.iteration).map(one).collect())
            }
            ("GET", ["iterations", id, "changes"]) if *id == self.iteration.to_string() => {
                let number = |name: &str, default: usize| {
                    request.query.get(name).map_or(default, |v| v.parse().unwrap())
                };
                let (top, skip) = (number("$top", 100).min(self.page), number("$skip", 0));
                let all = self.entries();
                let more = all.len() > skip + top;
                let part: Vec<Json> = all.into_iter().skip(skip).take(top).collect();
                let next = if more { (skip + top, top) } else { (0, 0) };
                Answer::json(200, &json!({ "changeEntries": part, "nextSkip": next.0, "nextTop": next.1 }))
            }
            ("GET", ["threads"]) => {
                let tracked = request.query.contains_key("$iteration");
                let shown = self.threads.iter().filter(|t| t.hidden == 0);
                let shown = shown.map(|t| AzureDevOps::shown(t, tracked)).collect();
                self.threads.iter_mut().for_each(|t| t.hidden = t.hidden.saturating_sub(1));
                list(shown)
            }
            ("POST", ["threads"]) => {
                let comment = &body["comments"][0];
                if let Some(refused) = too_long(&comment["content"]) {
                    return refused;
                }
                let status = body["status"].as_str().filter(|s| STATES.contains(s));
                let place = &body["threadContext"];
                let first = place["rightFileStart"]["line"].as_u64().unwrap_or(1);
                let last = place["rightFileEnd"]["line"].as_u64().unwrap_or(1);
                if comment["commentType"] != "text" || status.is_none() || first == 0 || last < first {
                    return refusal(400, "ArgumentException", "Invalid argument value.");
                }
                let content = comment["content"].as_str().unwrap();
                let (status, tracking) =
                    (status.map(str::to_owned), body["pullRequestThreadContext"].clone());
                let properties = body["properties"].clone();
                let thread =
                    self.begin(account.id, content, "text", status, place.clone(), tracking, properties);
                Answer::json(200, &AzureDevOps::shown(thread, false))
            }
            ("POST", ["statuses"]) => {
                if body["context"]["name"].as_str().is_none_or(str::is_empty) {
                    return refusal(400, "ArgumentException", "Value cannot be null: context.name");
                }
                self.statuses.push(body.clone());
                Answer::json(200, body)
            }
            (_, ["threads", id, path @ ..]) => {
                let Some(thread) = self.threads.iter_mut().find(|t| t.id.to_string() == *id) else {
                    return refusal(404, "DiscussionThreadNotFoundException", "The thread does not exist.");
                };
                one_thread(method, path, body, thread, account)
            }
            _ => refusal(404, "VssResourceNotFoundException", "The resource cannot be found."),
        }
    }
}

fn one_thread(method: &str, path: &[&str], body: &Json, thread: &mut Thread, account: &Account) -> Answer {
    match (method, path) {
        ("GET", []) => Answer::json(200, &AzureDevOps::shown(thread, false)),
        ("PATCH", []) => {
            let Some(status) = body["status"].as_str().filter(|s| STATES.contains(s)) else {
                return refusal(400, "ArgumentException", "Invalid argument value.");
            };
            thread.status = Some(status.to_owned());
            Answer::json(200, &AzureDevOps::shown(thread, false))
        }
        (method, ["comments", id]) => {
            let Some(comment) = thread.comments.iter_mut().find(|c| c.id.to_string() == *id) else {
                return refusal(404, "DiscussionCommentNotFoundException", "The comment does not exist.");
            };
            if comment.author != account.id {
                let message = "TF401181: Only the author of a comment can change it.";
                return refusal(403, "CommentAuthorException", message);
            }
            if comment.deleted {
                return refusal(400, "ArgumentException", "The comment was deleted.");
            }
            match method {
                "DELETE" => comment.deleted = true,
                _ => match too_long(&body["content"]) {
                    Some(refused) => return refused,
                    None => comment.content = body["content"].as_str().unwrap().to_owned(),
                },
            }
            Answer::empty(200)
        }
        _ => refusal(404, "VssResourceNotFoundException", "The resource cannot be found."),
    }
}
