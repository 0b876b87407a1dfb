//! A pull request of Bitbucket Data Center or Server. A comment has a version, by which an edit says which
//! text it replaces; comments are listed as activities of the pull request only.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::{id, is, repository, scheme, text};
use crate::forge::changed::{File, Hunk, Line};
use crate::forge::host::one_by_one;
use crate::forge::http::{Ask, Client, Manners, Patience, Reply};
use crate::forge::{Changed, Comment, ForgeError, Host, Inline, Place, Post, Thread, Token};
use crate::output::markdown::{BITBUCKET_SERVER, Dialect};

const MANNERS: Manners = Manners { name: "Bitbucket Data Center", judge: |_| None, words };

/// How often a comment is changed that others change at the same time.
const TRIES: u32 = 4;

/// What a second comment says that has answers and so cannot be deleted.
const WITHDRAWN: &str = "Two runs wrote this comment at the same time; the other one is kept up to date.";

/// A pull request of Bitbucket Data Center.
#[derive(Debug)]
pub(in crate::forge) struct Server {
    client: Client,
    project: String,
    slug: String,
    number: u64,
    /// The name of who the token is.
    me: OnceCell<String>,
    /// The page of the pull request, once it was read.
    page: OnceCell<String>,
    changed: OnceCell<Changed>,
}

impl Server {
    /// The pull request of a place.
    pub(in crate::forge) fn connect(
        place: &Place,
        token: Token,
        patience: Patience,
    ) -> Result<Server, ForgeError> {
        let (project, slug) = repository(place, "PROJECT/NAME")?;
        let scheme = scheme(&token);
        // Without it a request that changes something is taken for one of a browser's form.
        let headers = [("x-atlassian-token", "no-check")];
        Ok(Server {
            client: Client::new(&place.api_root()?, token, scheme, &headers, MANNERS, patience)?,
            project: project.to_owned(),
            slug: slug.to_owned(),
            number: place.pull_request()?,
            me: OnceCell::new(),
            page: OnceCell::new(),
            changed: OnceCell::new(),
        })
    }

    /// An address in the repository.
    fn at(&self, parts: &[&str]) -> Url {
        let repository = ["projects", self.project.as_str(), "repos", self.slug.as_str()];
        self.client.at(&[&repository[..], parts].concat())
    }

    /// An address below the pull request.
    fn below(&self, parts: &[&str]) -> Url {
        let number = self.number.to_string();
        self.at(&[&["pull-requests", number.as_str()][..], parts].concat())
    }

    /// The pull request. Who asked is told in a header of the answer, and nowhere else.
    fn pull(&self) -> Result<Json, ForgeError> {
        let reply = self.client.send(&Ask::new(Method::GET, self.below(&[])))?;
        if let Some(name) = reply.header("x-ausername").filter(|name| !name.is_empty()) {
            self.me.get_or_init(|| decoded(name));
        }
        let pull = reply.json();
        if let Some(page) = pull.pointer("/links/self/0/href").and_then(Json::as_str) {
            self.page.get_or_init(|| page.to_owned());
        }
        Ok(pull)
    }

    fn me(&self) -> Result<&str, ForgeError> {
        if self.me.get().is_none() {
            self.pull()?;
        }
        let me = self.me.get().map(String::as_str);
        me.ok_or_else(|| self.client.protocol("nobody as the user of the token (X-AUSERNAME)"))
    }

    fn is_own(&self, comment: &Json) -> Result<bool, ForgeError> {
        let me = self.me()?;
        let author = comment.pointer("/author/name").and_then(Json::as_str);
        Ok(author.is_some_and(|author| author.eq_ignore_ascii_case(me)))
    }

    /// Comments that begin something, each with its place if it has one, oldest first.
    fn all(&self) -> Result<Vec<(Json, Option<Json>)>, ForgeError> {
        let mut url = self.below(&["activities"]);
        url.query_pairs_mut().append_pair("limit", "100");
        let items = |mut page: Json| match page.get_mut("values").map(Json::take) {
            Some(Json::Array(values)) => Some(values),
            _ => None,
        };
        let next = |_: &Reply, page: &Json| {
            let start = page.get("nextPageStart").and_then(Json::as_u64).filter(|_| !is(page, "isLastPage"));
            start.map(|start| format!("?limit=100&start={start}"))
        };
        let mut found: BTreeMap<u64, (Json, Option<Json>)> = BTreeMap::new();
        let mut deleted = HashSet::new();
        for mut activity in self.client.pages(url, items, next)? {
            let Some(comment) = activity.get_mut("comment").map(Json::take) else { continue };
            let Some(id) = comment.get("id").and_then(Json::as_u64) else { continue };
            match activity.get("commentAction").and_then(Json::as_str) {
                Some("DELETED") => {
                    deleted.insert(id);
                }
                // The comment is an answer to another.
                Some("REPLIED") => {}
                _ => {
                    let anchor = activity.get("commentAnchor").or_else(|| comment.get("anchor")).cloned();
                    found.insert(id, (comment, anchor.filter(|a| !a.is_null())));
                }
            }
        }
        found.retain(|id, _| !deleted.contains(id));
        Ok(found.into_values().collect())
    }

    fn comment(&self, comment: &Json) -> Result<Comment, ForgeError> {
        let id = id(comment).ok_or_else(|| self.client.protocol("a comment without id"))?;
        Ok(Comment {
            url: self.page.get().map(|page| format!("{page}/overview?commentId={id}")),
            id,
            body: text(comment, "text"),
            own: self.is_own(comment)?,
        })
    }

    /// Changes a comment as it is now. One that changed in between is read again.
    fn change(&self, id: &str, method: &Method, fields: &Json) -> Result<(), ForgeError> {
        let change = || {
            let mut url = self.below(&["comments", id]);
            let comment = self.client.json(&Ask::new(Method::GET, url.clone()))?;
            let version = comment.get("version").and_then(Json::as_u64).unwrap_or_default();
            if *method == Method::DELETE {
                url.query_pairs_mut().append_pair("version", &version.to_string());
                return self.client.send(&Ask::new(Method::DELETE, url)).map(drop);
            }
            let mut body = fields.clone();
            body["version"] = version.into();
            self.client.send(&Ask::new(method.clone(), url).json(body)).map(drop)
        };
        let mut result = change();
        for again in 1..TRIES {
            let stale = matches!(result, Err(ForgeError::Refused { status: 409, .. }));
            if !stale || !self.client.wait(self.client.patience().backoff(again)) {
                break;
            }
            result = change();
        }
        result
    }

    /// The lines that the pull request changes, read once.
    fn diff(&self) -> Result<&Changed, ForgeError> {
        if let Some(changed) = self.changed.get() {
            return Ok(changed);
        }
        let mut url = self.below(&["diff"]);
        url.query_pairs_mut().append_pair("withComments", "false");
        let answer = self.client.json(&Ask::new(Method::GET, url))?;
        let mut changed = Changed::default();
        for diff in list(&answer, "diffs") {
            let path =
                |name: &str| diff.get(name).map(|path| text(path, "toString")).filter(|p| !p.is_empty());
            let Some(new) = path("destination") else { continue };
            let hunks = list(diff, "hunks").map(|hunk| Hunk { lines: lines(hunk) }).collect();
            changed.add(&new, File { old_path: path("source").filter(|old| *old != new), hunks });
        }
        Ok(self.changed.get_or_init(|| changed))
    }

    /// Begins a thread on the last of its lines; false when it is not taken.
    fn discuss(&self, changed: &Changed, note: &Inline) -> Result<bool, ForgeError> {
        let file = changed.file(&note.path);
        let line = file.and_then(|f| f.hunks.iter().flat_map(|h| &h.lines).find(|l| l.new == note.lines.1));
        let kind = if line.is_some_and(|line| line.old.is_some()) { "CONTEXT" } else { "ADDED" };
        let mut anchor = json!({ "diffType": "EFFECTIVE", "path": note.path, "line": note.lines.1,
            "lineType": kind, "fileType": "TO" });
        if let Some(old) = file.and_then(|f| f.old_path.as_ref()) {
            anchor["srcPath"] = old.as_str().into();
        }
        let comment = json!({ "text": note.body, "anchor": anchor });
        match self.client.send(&Ask::new(Method::POST, self.below(&["comments"])).json(comment)) {
            Ok(_) => Ok(true),
            Err(ForgeError::Refused { status: 400 | 409, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Host for Server {
    fn dialect(&self) -> &'static Dialect {
        &BITBUCKET_SERVER
    }

    fn is_public(&self) -> Result<Option<bool>, ForgeError> {
        let repository = self.client.json(&Ask::new(Method::GET, self.at(&[])))?;
        let own = repository.get("public").and_then(Json::as_bool);
        let project = repository.pointer("/project/public").and_then(Json::as_bool);
        Ok(own.map(|own| own || project == Some(true)))
    }

    fn head(&self) -> Result<String, ForgeError> {
        let pull = self.pull()?;
        let commit = pull.pointer("/fromRef/latestCommit").and_then(Json::as_str);
        commit.map(str::to_ascii_lowercase).ok_or_else(|| self.client.protocol("a pull request without head"))
    }

    fn comments(&self) -> Result<Vec<Comment>, ForgeError> {
        let all = self.all()?;
        all.iter().filter(|(_, anchor)| anchor.is_none()).map(|(c, _)| self.comment(c)).collect()
    }

    fn create(&self, post: &Post) -> Result<Comment, ForgeError> {
        let ask = Ask::new(Method::POST, self.below(&["comments"])).json(json!({ "text": post.body }));
        self.comment(&self.client.json(&ask)?)
    }

    fn update(&self, id: &str, post: &Post) -> Result<(), ForgeError> {
        self.change(id, &Method::PUT, &json!({ "text": post.body }))
    }

    fn delete(&self, id: &str) -> Result<(), ForgeError> {
        match self.change(id, &Method::DELETE, &Json::Null) {
            // Somebody answered it.
            Err(ForgeError::Refused { status: 409, .. }) => {
                self.change(id, &Method::PUT, &json!({ "text": WITHDRAWN }))
            }
            result => result,
        }
    }

    fn changed(&self, _paths: &BTreeSet<&str>) -> Result<Changed, ForgeError> {
        self.diff().cloned()
    }

    fn threads(&self) -> Result<Vec<Thread>, ForgeError> {
        let all = self.all()?;
        let on_lines = all.iter().filter_map(|(comment, anchor)| Some((comment, anchor.as_ref()?)));
        on_lines
            .map(|(comment, anchor)| {
                let id = id(comment).ok_or_else(|| self.client.protocol("a comment without id"))?;
                let state = comment.get("state").and_then(Json::as_str);
                Ok(Thread {
                    comment: id.clone(),
                    id,
                    body: text(comment, "text"),
                    own: self.is_own(comment)?,
                    resolved: is(comment, "threadResolved") || state == Some("RESOLVED"),
                    outdated: is(anchor, "orphaned"),
                })
            })
            .collect()
    }

    fn begin(&self, _head: &str, notes: &[Inline]) -> Result<usize, ForgeError> {
        let changed = self.diff()?;
        one_by_one(MANNERS.name, notes, |note| self.discuss(changed, note))
    }

    fn edit(&self, thread: &Thread, body: &str) -> Result<(), ForgeError> {
        self.change(&thread.comment, &Method::PUT, &json!({ "text": body }))
    }

    fn resolve(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError> {
        if thread.resolved == resolved {
            return Ok(());
        }
        // Newer editions resolve threads, older ones tasks; each passes over what it does not know.
        let state = if resolved { "RESOLVED" } else { "OPEN" };
        self.change(&thread.id, &Method::PUT, &json!({ "state": state, "threadResolved": resolved }))
    }

    fn withdraw(&self, thread: &Thread) -> Result<(), ForgeError> {
        self.delete(&thread.comment)
    }
}

/// The lines of a hunk that are there after the change.
fn lines(hunk: &Json) -> Vec<Line> {
    let number =
        |line: &Json, name: &str| line.get(name).and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok());
    let mut all = Vec::new();
    for segment in list(hunk, "segments") {
        let old = match segment.get("type").and_then(Json::as_str) {
            Some("CONTEXT") => true,
            Some("ADDED") => false,
            _ => continue,
        };
        for line in list(segment, "lines") {
            let Some(new) = number(line, "destination") else { continue };
            let old = number(line, "source").filter(|_| old);
            all.push(Line { new, old, text: text(line, "line").trim_end_matches('\r').to_owned() });
        }
    }
    all
}

fn list<'a>(json: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> + use<'a> {
    json.get(name).and_then(Json::as_array).into_iter().flatten()
}

/// The name in a header, where what is not of ASCII is percent-encoded.
fn decoded(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let code = rest.strip_prefix('%').and_then(|r| u8::from_str_radix(r.get(..2)?, 16).ok());
        match code {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = rest.get(if code.is_some() { 3 } else { first.len_utf8() }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The messages of a list of errors, and why a password is not enough.
fn words(reply: &Reply, body: &Json) -> Option<String> {
    let mut parts: Vec<String> =
        list(body, "errors").take(3).map(|e| text(e, "message")).filter(|m| !m.is_empty()).collect();
    parts.extend(body.get("message").and_then(Json::as_str).map(str::to_owned));
    parts.extend(reply.header("x-authentication-denied-reason").map(str::to_owned));
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_are() {
        for (header, name) in
            [("anna", "anna"), ("J%C3%BCrgen", "Jürgen"), ("100%", "100%"), ("a%2", "a%2"), ("é", "é")]
        {
            assert_eq!(decoded(header), name);
        }
    }
}
