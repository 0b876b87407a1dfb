//! GitLab.com and self-managed GitLab (15.7 and newer), by REST: notes are the conversation, discussions with
//! a position are threads on lines.

mod issues;
mod lines;
mod manners;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::host::one_by_one;
use super::http::{Ask, Client, Patience, Scheme, next_link};
use super::{Changed, Comment, ForgeError, Host, Inline, Place, Post, Thread, Token};
use crate::output::markdown::{Dialect, GITLAB};

/// How tokens of jobs begin.
const OF_A_JOB: &str = "glcbt-";

/// A merge request of GitLab.
#[derive(Debug)]
pub(super) struct GitLab {
    client: Client,
    /// Path of the project, or its number.
    path: String,
    number: u64,
    of_a_job: bool,
    /// The number of who the token is.
    me: OnceCell<u64>,
    /// The page of the merge request, once it was read.
    page: OnceCell<String>,
    changed: OnceCell<Changed>,
    /// Whether open threads keep the merge request from being merged; not where that cannot be read.
    waits_for_threads: OnceCell<bool>,
}

impl GitLab {
    /// The merge request of a place.
    pub(super) fn connect(place: &Place, token: Token, patience: Patience) -> Result<GitLab, ForgeError> {
        let of_a_job = token.variable() == "CI_JOB_TOKEN" || token.secret().starts_with(OF_A_JOB);
        let manners = if of_a_job { manners::OF_A_JOB } else { manners::MANNERS };
        let scheme = scheme(&token, of_a_job);
        Ok(GitLab {
            client: Client::new(&place.api_root()?, token, scheme, &[], manners, patience)?,
            path: place.repository()?.to_owned(),
            number: place.pull_request()?,
            of_a_job,
            me: OnceCell::new(),
            page: OnceCell::new(),
            changed: OnceCell::new(),
            waits_for_threads: OnceCell::new(),
        })
    }

    /// An address below the merge request.
    fn at(&self, parts: &[&str]) -> Url {
        let number = self.number.to_string();
        let request = ["projects", self.path.as_str(), "merge_requests", &number];
        self.client.at(&[&request[..], parts].concat())
    }

    /// A list below the merge request.
    fn list(&self, parts: &[&str], query: &[(&str, &str)]) -> Result<Vec<Json>, ForgeError> {
        self.pages(self.at(parts), query)
    }

    /// All of a list, with pages of a hundred.
    fn pages(&self, mut url: Url, query: &[(&str, &str)]) -> Result<Vec<Json>, ForgeError> {
        url.query_pairs_mut().append_pair("per_page", "100").extend_pairs(query);
        let asked = url.query().unwrap_or_default().to_owned();
        let items = |page: Json| if let Json::Array(items) = page { Some(items) } else { None };
        // The number of the page is right also behind a proxy, where addresses may be those of another scheme.
        self.client.pages(url, items, |reply, _| match reply.header("x-next-page").map(str::trim) {
            Some(page) => Some(page).filter(|p| !p.is_empty()).map(|page| format!("?{asked}&page={page}")),
            None => next_link(reply),
        })
    }

    fn project(&self) -> Result<Json, ForgeError> {
        self.client.json(&Ask::new(Method::GET, self.client.at(&["projects", &self.path])))
    }

    fn request(&self) -> Result<Json, ForgeError> {
        let request = self.client.json(&Ask::new(Method::GET, self.at(&[])))?;
        if let Some(page) = request.get("web_url").and_then(Json::as_str) {
            self.page.get_or_init(|| page.to_owned());
        }
        Ok(request)
    }

    /// Who the token is; that of a job is who started the job.
    fn me(&self) -> Result<u64, ForgeError> {
        if let Some(me) = self.me.get() {
            return Ok(*me);
        }
        let (path, id) = if self.of_a_job { ("job", "/user/id") } else { ("user", "/id") };
        let said = self.client.json(&Ask::new(Method::GET, self.client.at(&[path])))?;
        let me = said.pointer(id).and_then(Json::as_u64);
        let me = me.ok_or_else(|| self.client.protocol("nobody as the user of the token"))?;
        Ok(*self.me.get_or_init(|| me))
    }

    fn is_own(&self, note: &Json) -> Result<bool, ForgeError> {
        let author = note.pointer("/author/id").and_then(Json::as_u64);
        Ok(author.is_some() && author == Some(self.me()?))
    }

    fn comment(&self, note: &Json) -> Result<Comment, ForgeError> {
        let id = id(note).ok_or_else(|| self.client.protocol("a note without id"))?;
        Ok(Comment {
            url: self.page.get().map(|page| format!("{page}#note_{id}")),
            id,
            body: text(note, "body"),
            own: self.is_own(note)?,
        })
    }

    fn note(&self, id: &str) -> Url {
        self.at(&["notes", id])
    }

    fn note_of(&self, thread: &Thread) -> Url {
        self.at(&["discussions", &thread.id, "notes", &thread.comment])
    }
}

impl Host for GitLab {
    fn dialect(&self) -> &'static Dialect {
        &GITLAB
    }

    fn is_public(&self) -> Result<Option<bool>, ForgeError> {
        Ok(self.project()?.get("visibility").and_then(Json::as_str).map(|v| v == "public"))
    }

    fn head(&self) -> Result<String, ForgeError> {
        let request = self.request()?;
        let sha = request.get("sha").and_then(Json::as_str);
        sha.map(str::to_ascii_lowercase).ok_or_else(|| self.client.protocol("a merge request without head"))
    }

    fn comments(&self) -> Result<Vec<Comment>, ForgeError> {
        let notes = self.list(&["notes"], &[("sort", "asc"), ("order_by", "created_at")])?;
        let said = notes.iter().filter(|note| !is_system(note) && !lines::is_on_lines(note));
        said.map(|note| self.comment(note)).collect()
    }

    fn create(&self, post: &Post) -> Result<Comment, ForgeError> {
        let ask = Ask::new(Method::POST, self.at(&["notes"])).json(json!({ "body": body(&post.body) }));
        self.comment(&self.client.json(&ask)?)
    }

    fn update(&self, id: &str, post: &Post) -> Result<(), ForgeError> {
        let ask = Ask::new(Method::PUT, self.note(id)).json(json!({ "body": body(&post.body) }));
        self.client.send(&ask).map(drop)
    }

    fn delete(&self, id: &str) -> Result<(), ForgeError> {
        self.client.send(&Ask::new(Method::DELETE, self.note(id))).map(drop)
    }

    fn changed(&self, _paths: &BTreeSet<&str>) -> Result<Changed, ForgeError> {
        self.diff().cloned()
    }

    fn leaves_open(&self, blocks: bool) -> bool {
        let waits = || {
            let setting = "only_allow_merge_if_all_discussions_are_resolved";
            self.project().is_ok_and(|project| project.get(setting).and_then(Json::as_bool) == Some(true))
        };
        blocks || !self.waits_for_threads.get_or_init(waits)
    }

    fn threads(&self) -> Result<Vec<Thread>, ForgeError> {
        self.threads_on_lines()
    }

    fn begin(&self, head: &str, notes: &[Inline]) -> Result<usize, ForgeError> {
        let version = self.version(head)?;
        let changed = self.diff()?;
        one_by_one("GitLab", notes, |note| self.discuss(&version, changed, note))
    }

    fn edit(&self, thread: &Thread, text: &str) -> Result<(), ForgeError> {
        let ask = Ask::new(Method::PUT, self.note_of(thread)).json(json!({ "body": body(text) }));
        self.client.send(&ask).map(drop)
    }

    fn resolve(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError> {
        if thread.resolved == resolved {
            return Ok(());
        }
        self.set_resolved(&thread.id, resolved)
    }

    fn withdraw(&self, thread: &Thread) -> Result<(), ForgeError> {
        self.client.send(&Ask::new(Method::DELETE, self.note_of(thread))).map(drop)
    }
}

/// How a token is shown. Those of OAuth, 64 hexadecimal digits, go by `Authorization` only.
fn scheme(token: &Token, of_a_job: bool) -> Scheme {
    let secret = token.secret();
    match of_a_job {
        true => Scheme::Header("job-token"),
        false if secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()) => Scheme::Bearer,
        false => Scheme::Header("private-token"),
    }
}

/// A body as it is sent: no line of it is run as a command, and no character makes the database refuse it.
fn body(text: &str) -> String {
    GITLAB.without_commands(text).replace('\0', "\u{fffd}")
}

fn is_system(note: &Json) -> bool {
    note.get("system").and_then(Json::as_bool) == Some(true)
}

fn id(json: &Json) -> Option<String> {
    json.get("id").and_then(Json::as_u64).map(|id| id.to_string())
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}
