//! A stand-in for GitLab. It runs every line that begins with `/name` in whatever is sent to it.

use serde_json::{Value as Json, json};
use sha1::{Digest, Sha1};
use trueup::forge::HostKind;

use super::{Answer, Request, Site, patch};
use crate::forge::common::{HEAD, NUMBER, Seen, Stand};

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Api,
    ReadApi,
    /// That of a job, by a header of its own.
    Job,
}

#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) id: u64,
    pub(crate) author: u64,
    pub(crate) body: String,
    pub(crate) system: bool,
    /// The discussion on lines that it begins.
    pub(crate) position: Option<Json>,
    pub(crate) resolved: bool,
    hidden: usize,
}

/// A changed file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    path: String,
    old_path: String,
    patch: String,
}

/// One project with one merge request.
pub(crate) struct GitLab {
    pub(crate) notes: Vec<Note>,
    pub(crate) files: Vec<File>,
    pub(crate) visibility: &'static str,
    /// Commands that were run.
    pub(crate) commands: Vec<String>,
    /// So many times there is no version, and the merge request names none.
    pub(crate) unmade: usize,
    pub(crate) unnamed: usize,
    /// Threads on ranges, on lines, on files are refused.
    pub(crate) no_ranges: bool,
    pub(crate) no_lines: bool,
    pub(crate) no_files: bool,
    /// Pages are told by `Link` only.
    pub(crate) links_only: bool,
    /// The project merges only when all threads are resolved.
    pub(crate) all_resolved: bool,
    head: String,
    page: usize,
    lag: usize,
    resolves: bool,
    next: u64,
}

pub(crate) const PROJECT: &str = "group/sub/infra";
pub(crate) const TOKEN: &str = "glpat-0123456789SECRET";
pub(crate) const READER: &str = "glpat-readreadreadSECRET";
pub(crate) const JOB: &str = "glcbt-jobjobjobSECRET";
const ME: u64 = 41;
const SOMEBODY: u64 = 7;
const LIMIT: usize = 1_000_000;

impl Stand for GitLab {
    const KIND: HostKind = HostKind::GitLab;
    const REPOSITORY: &'static str = PROJECT;
    const TOKEN: &'static str = TOKEN;
    const READER: &'static str = READER;
    const WRONG: &'static str = "glpat-wrong-SECRET";
    const FORBIDDEN: &'static str = "insufficient_scope; The request requires higher privileges than provided by the \
                                     access token.; it needs the scope api";
    const REFUSED: &'static str = "401 Unauthorized";
    const CREATE: (&'static str, &'static str) = ("POST", "/notes");
    const EDIT: (&'static str, &'static str) = ("PUT", "/notes/");

    fn fresh() -> GitLab {
        let mut site = GitLab {
            notes: Vec::new(),
            files: Vec::new(),
            visibility: "private",
            commands: Vec::new(),
            unmade: 1,
            unnamed: 1,
            no_ranges: false,
            no_lines: false,
            no_files: false,
            links_only: false,
            all_resolved: false,
            head: HEAD.to_owned(),
            page: 100,
            lag: 0,
            resolves: true,
            next: 1000,
        };
        let added = site.add(ME, "added 1 commit", None);
        site.notes.iter_mut().find(|n| n.id == added).unwrap().system = true;
        site
    }

    fn ours(&self) -> Vec<String> {
        let ours = self.notes.iter().filter(|n| n.author == ME && !n.system && n.position.is_none());
        ours.map(|n| n.body.clone()).collect()
    }

    fn say(&mut self, own: bool, body: &str) {
        self.add(if own { ME } else { SOMEBODY }, body, None);
    }

    fn sweep(&mut self) {
        self.notes.retain(|n| n.system);
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
        let on_lines = self.notes.iter().filter_map(|n| Some((n, n.position.as_ref()?)));
        let start = |p: &Json| {
            let code = p["line_range"]["start"]["line_code"].as_str()?;
            code.rsplit('_').next()?.parse().ok()
        };
        on_lines
            .map(|(note, position)| Seen {
                path: position["new_path"].as_str().unwrap().to_owned(),
                start: start(position),
                line: position["new_line"].as_u64(),
                body: note.body.clone(),
                resolved: note.resolved,
            })
            .collect()
    }

    fn resolve_first(&mut self) {
        self.notes.iter_mut().find(|n| n.position.is_some()).unwrap().resolved = true;
    }

    fn outdate(&mut self) {
        self.head = "c".repeat(40);
    }

    fn no_resolving(&mut self) {
        self.resolves = false;
    }
}

impl GitLab {
    fn add(&mut self, author: u64, body: &str, position: Option<Json>) -> u64 {
        self.next += 1;
        let (hidden, body) = (self.lag, body.to_owned());
        let note = Note { id: self.next, author, body, system: false, position, resolved: false, hidden };
        self.notes.push(note);
        self.next
    }

    /// What is stored of a body: without the lines that were run as commands.
    fn obeyed(&mut self, body: &str) -> String {
        let body = body.replace('\r', "");
        let is_command = |line: &&str| {
            line.strip_prefix('/').is_some_and(|l| l.starts_with(|c: char| c.is_ascii_alphabetic()))
        };
        self.commands.extend(body.lines().filter(is_command).map(str::to_owned));
        body.lines().filter(|line| !is_command(line)).collect::<Vec<_>>().join("\n")
    }

    fn refs(&self, ending: &str) -> Json {
        let mut refs = json!({});
        for (name, sha) in [("base", "b".repeat(40)), ("start", "d".repeat(40)), ("head", self.head.clone())]
        {
            refs[format!("{name}{ending}")] = sha.into();
        }
        refs
    }

    fn shown(note: &Note) -> Json {
        let mut shown = json!({ "id": note.id, "type": null, "body": note.body, "system": note.system,
            "author": { "id": note.author, "username": format!("user{}", note.author) },
            "resolvable": note.position.is_some(), "noteable_iid": NUMBER });
        if let Some(position) = &note.position {
            shown["type"] = "DiffNote".into();
            shown["position"] = position.clone();
            shown["resolved"] = note.resolved.into();
        }
        shown
    }

    fn discussion(note: &Note) -> String {
        format!("d{:039x}", note.id)
    }

    fn page(&self, request: &Request, url: &str, items: Vec<Json>) -> Answer {
        let number =
            |name: &str, default: usize| request.query.get(name).map_or(default, |v| v.parse().unwrap());
        let size = number("per_page", 20).min(100).min(self.page);
        let page = number("page", 1);
        let more = items.len() > page * size;
        let part: Vec<Json> = items.into_iter().skip((page - 1) * size).take(size).collect();
        let answer = Answer::json(200, &Json::Array(part));
        let next = if more { (page + 1).to_string() } else { String::new() };
        if !self.links_only {
            // Behind a proxy the addresses of links are of another scheme.
            let link = format!("<https://inner.example{}?page={next}>; rel=\"next\"", request.path);
            let answer = answer.header("X-Next-Page", next.clone());
            return if more { answer.header("Link", link) } else { answer };
        }
        let asked = request.query.iter().filter(|(name, _)| *name != "page");
        let asked: String = asked.map(|(name, value)| format!("&{name}={value}")).collect();
        let link = format!("<{url}{}?page={next}{asked}>; rel=\"next\"", request.path);
        if more { answer.header("Link", link) } else { answer }
    }

    /// Why a position is refused.
    fn wrong(&self, position: &Json) -> Option<&'static str> {
        let refs = self.refs("_sha");
        if ["base_sha", "start_sha", "head_sha"].iter().any(|name| position[name] != refs[name]) {
            return Some("stale commits");
        }
        let file = self.files.iter().find(|f| position["new_path"] == f.path.as_str());
        let Some(file) = file.filter(|f| position["old_path"] == f.old_path.as_str()) else {
            return Some("no such file");
        };
        if position["position_type"] == "file" {
            return self.no_files.then_some("no threads on files");
        }
        if self.no_lines || position["position_type"] != "text" {
            return Some("no threads on lines");
        }
        let line = position["new_line"].as_u64().and_then(|new| patch::line(&file.patch, new));
        let Some(line) = line else { return Some("no such line") };
        let old = (!line.added).then_some(line.old);
        if position["old_line"].as_u64() != old {
            return Some("an unchanged line has both numbers, an added one has one");
        }
        let range = position.get("line_range")?;
        let digest: String = Sha1::digest(&file.path).iter().map(|b| format!("{b:02x}")).collect();
        let fits = |end: &str| {
            let code = range[end]["line_code"].as_str().unwrap_or_default();
            let new = code.rsplit('_').next().and_then(|n| n.parse().ok()).unwrap_or_default();
            patch::line(&file.patch, new).is_some_and(|l| {
                code == format!("{digest}_{}_{}", l.old, l.new)
                    && range[end]["type"] == if l.added { "new" } else { "old" }
            })
        };
        (self.no_ranges || !fits("start") || !fits("end")).then_some("no such range")
    }
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!({ "message": message }))
}

/// Why a body is refused.
fn unfit(body: &Json) -> Option<Answer> {
    let text = body["body"].as_str().unwrap_or_default();
    if text.contains('\0') {
        return Some(Answer::json(500, &json!({ "message": "500 Internal Server Error" })));
    }
    if text.is_empty() {
        return Some(Answer::json(400, &json!({ "error": "body is missing" })));
    }
    (text.chars().count() > LIMIT).then(|| {
        Answer::json(400, &json!({ "message": { "note": ["is too long (maximum is 1000000 characters)"] } }))
    })
}

impl Site for GitLab {
    fn answer(&mut self, request: &Request, url: &str) -> Answer {
        let scope = match (request.header("private-token"), request.header("job-token")) {
            (TOKEN, "") => Scope::Api,
            (READER, "") => Scope::ReadApi,
            ("", JOB) => Scope::Job,
            _ => return refusal(401, "401 Unauthorized"),
        };
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = request.method.as_str();
        match (method, segments.as_slice()) {
            ("GET", ["user"]) if scope != Scope::Job => return Answer::json(200, &json!({ "id": ME })),
            ("GET", ["job"]) if scope == Scope::Job => {
                return Answer::json(200, &json!({ "id": 99, "user": { "id": SOMEBODY } }));
            }
            ("GET", ["projects", PROJECT]) if scope != Scope::Job => {
                return Answer::json(
                    200,
                    &json!({ "id": 12, "visibility": self.visibility,
                    "only_allow_merge_if_all_discussions_are_resolved": self.all_resolved }),
                );
            }
            _ => {}
        }
        let number = NUMBER.to_string();
        let Some(path) = segments.strip_prefix(&["projects", PROJECT, "merge_requests", &number]) else {
            return refusal(404, "404 Project Not Found");
        };
        match scope {
            Scope::ReadApi if method != "GET" => {
                return Answer::json(
                    403,
                    &json!({ "error": "insufficient_scope", "scope": "api",
                        "error_description": "The request requires higher privileges than provided by the access token." }),
                );
            }
            Scope::Job if method != "GET" || !matches!(path, [] | ["notes"]) => {
                return refusal(401, "401 Unauthorized");
            }
            _ => {}
        }
        let body = request.json();
        if let Some(refused) = unfit(&body).filter(|_| body.get("body").is_some()) {
            return refused;
        }
        let at = |site: &GitLab, id: &str, discussion: Option<&str>| {
            site.notes
                .iter()
                .position(|n| n.id.to_string() == id && discussion.is_none_or(|d| GitLab::discussion(n) == d))
        };
        match (method, path) {
            ("GET", []) => {
                let unnamed = self.unnamed > 0;
                self.unnamed = self.unnamed.saturating_sub(1);
                let refs = if unnamed { Json::Null } else { self.refs("_sha") };
                let page = format!("https://gitlab.example/{PROJECT}/-/merge_requests/{NUMBER}");
                Answer::json(
                    200,
                    &json!({ "iid": NUMBER, "sha": self.head, "diff_refs": refs, "web_url": page, "state": "opened" }),
                )
            }
            ("GET", ["versions"]) => {
                if self.unmade > 0 {
                    self.unmade -= 1;
                    return Answer::json(200, &json!([]));
                }
                let mut version = self.refs("_commit_sha");
                version["state"] = "collected".into();
                Answer::json(200, &json!([version]))
            }
            ("GET", ["diffs"]) => {
                let files = self.files.iter().map(|f| {
                    json!({ "old_path": f.old_path, "new_path": f.path, "diff": f.patch,
                        "deleted_file": false, "renamed_file": f.old_path != f.path, "too_large": false })
                });
                let large = json!({ "old_path": "large.tf", "new_path": "large.tf", "diff": "",
                    "deleted_file": false, "too_large": true });
                self.page(request, url, files.chain([large]).collect())
            }
            ("GET", ["notes"]) => {
                let mut items: Vec<Json> =
                    self.notes.iter().filter(|n| n.hidden == 0).map(GitLab::shown).collect();
                if request.query.get("sort").map(String::as_str) != Some("asc") {
                    items.reverse();
                }
                self.notes.iter_mut().for_each(|n| n.hidden = n.hidden.saturating_sub(1));
                self.page(request, url, items)
            }
            ("POST", ["notes"]) => {
                let text = body["body"].as_str().unwrap_or_default();
                if text.starts_with(':') && text.ends_with(':') {
                    return Answer::json(201, &json!({ "name": text.trim_matches(':') }));
                }
                let text = self.obeyed(text);
                self.add(ME, &text, None);
                Answer::json(201, &GitLab::shown(self.notes.last().unwrap()))
            }
            ("PUT" | "DELETE", ["notes", id]) | ("PUT" | "DELETE", ["discussions", _, "notes", id]) => {
                let discussion =
                    if let ["discussions", discussion, ..] = path { Some(*discussion) } else { None };
                let Some(at) = at(self, id, discussion) else { return refusal(404, "404 Not found") };
                if self.notes[at].author != ME {
                    return refusal(403, "403 Forbidden");
                }
                if method == "DELETE" {
                    self.notes.remove(at);
                    return Answer::empty(204);
                }
                self.notes[at].body = self.obeyed(body["body"].as_str().unwrap_or_default());
                Answer::json(200, &GitLab::shown(&self.notes[at]))
            }
            ("GET", ["discussions"]) => {
                let items = self.notes.iter().filter(|n| n.hidden == 0).map(|n| {
                    json!({ "id": GitLab::discussion(n), "individual_note": n.position.is_none(),
                        "notes": [GitLab::shown(n)] })
                });
                self.page(request, url, items.collect())
            }
            ("POST", ["discussions"]) => {
                if let Some(wrong) = self.wrong(&body["position"]) {
                    let why = "Note {:line_code=>[\"can't be blank\", \"must be a valid line code\"]}";
                    return refusal(400, &format!("400 Bad request - {why} ({wrong})"));
                }
                let text = self.obeyed(body["body"].as_str().unwrap_or_default());
                self.add(ME, &text, Some(body["position"].clone()));
                let note = self.notes.last().unwrap();
                Answer::json(201, &json!({ "id": GitLab::discussion(note), "notes": [GitLab::shown(note)] }))
            }
            ("PUT", ["discussions", id]) => {
                if !self.resolves {
                    return refusal(403, "403 Forbidden");
                }
                let Some(note) = self.notes.iter_mut().find(|n| GitLab::discussion(n) == *id) else {
                    return refusal(404, "404 Discussion Not Found");
                };
                note.resolved = body["resolved"].as_bool().unwrap();
                Answer::json(200, &json!({ "id": id }))
            }
            _ => refusal(404, "404 Not Found"),
        }
    }
}
