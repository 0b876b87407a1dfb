//! A pull request of Bitbucket Cloud. Comments of the conversation and on lines are one list.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::{id, is, repository, scheme, text};
use crate::forge::host::one_by_one;
use crate::forge::http::{Ask, Client, Manners, Meaning, Patience, Reply};
use crate::forge::{Changed, Comment, ForgeError, Host, Inline, Place, Post, Thread, Token, diff};
use crate::output::markdown::{BITBUCKET, Dialect};

pub(super) const MANNERS: Manners = Manners { name: "Bitbucket", judge, words };

/// The most that every list takes.
const PAGE: &str = "50";

/// Digits of a whole commit.
const WHOLE: usize = 40;

/// Who the token is.
#[derive(Debug)]
enum Me {
    /// A person, by the number of the account.
    Person(String),
    /// An access token of a repository, a project or a workspace: an account of its own, which may not ask who
    /// it is. People have another type of account.
    App,
}

/// A pull request of Bitbucket Cloud.
#[derive(Debug)]
pub(in crate::forge) struct Cloud {
    client: Client,
    workspace: String,
    slug: String,
    number: u64,
    me: OnceCell<Me>,
}

/// The open pull request whose source branch is at a commit, when there is exactly one.
pub(in crate::forge) fn pull_request_of(
    place: &Place,
    commit: &str,
    token: Token,
    patience: Patience,
) -> Result<Option<u64>, ForgeError> {
    // No pull request has the number 0; only its repository is asked.
    let place = Place { pull_request: Some(0), ..place.clone() };
    let cloud = Cloud::connect(&place, token, patience)?;
    let open = cloud.list(cloud.at(&["pullrequests"]), ("state", "OPEN"))?;
    let ours = |pull: &&Json| {
        let hash = pull.pointer("/source/commit/hash").and_then(Json::as_str);
        hash.is_some_and(|hash| commit.starts_with(hash) || hash.starts_with(commit))
    };
    let numbers: Vec<u64> = open.iter().filter(ours).filter_map(|p| p.get("id")?.as_u64()).collect();
    Ok(if let [one] = numbers.as_slice() { Some(*one) } else { None })
}

impl Cloud {
    /// The pull request of a place.
    pub(in crate::forge) fn connect(
        place: &Place,
        token: Token,
        patience: Patience,
    ) -> Result<Cloud, ForgeError> {
        let (workspace, slug) = repository(place, "WORKSPACE/NAME")?;
        let scheme = scheme(&token);
        Ok(Cloud {
            client: Client::new(&place.api_root()?, token, scheme, &[], MANNERS, patience)?,
            workspace: workspace.to_owned(),
            slug: slug.to_owned(),
            number: place.pull_request()?,
            me: OnceCell::new(),
        })
    }

    /// An address in the repository.
    fn at(&self, parts: &[&str]) -> Url {
        let repository = ["repositories", self.workspace.as_str(), self.slug.as_str()];
        self.client.at(&[&repository[..], parts].concat())
    }

    /// An address below the pull request.
    fn below(&self, parts: &[&str]) -> Url {
        let number = self.number.to_string();
        self.at(&[&["pullrequests", number.as_str()][..], parts].concat())
    }

    fn comment_at(&self, id: &str) -> Url {
        self.below(&["comments", id])
    }

    /// A list with all its pages.
    fn list(&self, mut url: Url, query: (&str, &str)) -> Result<Vec<Json>, ForgeError> {
        url.query_pairs_mut().append_pair("pagelen", PAGE).append_pair(query.0, query.1);
        let items = |mut page: Json| match page.get_mut("values").map(Json::take) {
            Some(Json::Array(values)) => Some(values),
            _ => None,
        };
        let next = |_: &Reply, page: &Json| page.get("next").and_then(Json::as_str).map(str::to_owned);
        self.client.pages(url, items, next)
    }

    /// Comments that begin something: no replies, none that is deleted or a draft.
    fn all(&self) -> Result<Vec<Json>, ForgeError> {
        let mut all = self.list(self.below(&["comments"]), ("sort", "created_on"))?;
        let has = |c: &Json, name: &str| c.get(name).is_some_and(|v| !v.is_null());
        all.retain(|c| !is(c, "deleted") && !is(c, "pending") && !has(c, "parent"));
        Ok(all)
    }

    fn pull(&self) -> Result<Json, ForgeError> {
        self.client.json(&Ask::new(Method::GET, self.below(&[])))
    }

    fn me(&self) -> Result<&Me, ForgeError> {
        if let Some(me) = self.me.get() {
            return Ok(me);
        }
        let me = match self.client.json(&Ask::new(Method::GET, self.client.at(&["user"]))) {
            Ok(user) => {
                let uuid = user.get("uuid").and_then(Json::as_str);
                Me::Person(
                    uuid.ok_or_else(|| self.client.protocol("nobody as the user of the token"))?.to_owned(),
                )
            }
            // The token of a person can ask, given the scope: without it every run would write another comment.
            Err(
                ForgeError::Unauthorised { .. } | ForgeError::Forbidden { .. } | ForgeError::Missing { .. },
            ) if !self.client.token().has_user() => Me::App,
            Err(ForgeError::Forbidden { host, variable, status, message }) => {
                let message = format!("{message}; its own comments are known by `read:user:bitbucket`");
                return Err(ForgeError::Forbidden { host, variable, status, message });
            }
            Err(error) => return Err(error),
        };
        Ok(self.me.get_or_init(|| me))
    }

    fn is_own(&self, comment: &Json) -> Result<bool, ForgeError> {
        let user = |name: &str| comment.get("user").and_then(|user| user.get(name)?.as_str());
        Ok(match self.me()? {
            Me::Person(uuid) => user("uuid") == Some(uuid),
            Me::App => matches!(user("type"), Some("app_user" | "AppUser")),
        })
    }

    fn comment(&self, comment: &Json) -> Result<Comment, ForgeError> {
        Ok(Comment {
            id: id(comment).ok_or_else(|| self.client.protocol("a comment without id"))?,
            body: raw(comment),
            own: self.is_own(comment)?,
            url: comment.pointer("/links/html/href").and_then(Json::as_str).map(str::to_owned),
        })
    }

    fn write(&self, method: Method, url: Url, body: &str) -> Result<Json, ForgeError> {
        self.client.json(&Ask::new(method, url).json(json!({ "content": { "raw": body } })))
    }

    /// Begins a thread on its lines, else on the last of them; false when neither is taken.
    fn discuss(&self, note: &Inline) -> Result<bool, ForgeError> {
        let one = json!({ "path": note.path, "to": note.lines.1 });
        let range = (note.lines.0 < note.lines.1).then(|| {
            let mut range = one.clone();
            range["start_to"] = note.lines.0.into();
            range
        });
        for inline in [range, Some(one)].into_iter().flatten() {
            let comment = json!({ "content": { "raw": note.body }, "inline": inline });
            match self.client.send(&Ask::new(Method::POST, self.below(&["comments"])).json(comment)) {
                Ok(_) => return Ok(true),
                Err(ForgeError::Refused { status: 400, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }
}

impl Host for Cloud {
    fn dialect(&self) -> &'static Dialect {
        &BITBUCKET
    }

    fn is_public(&self) -> Result<Option<bool>, ForgeError> {
        let repository = self.client.json(&Ask::new(Method::GET, self.at(&[])))?;
        Ok(repository.get("is_private").and_then(Json::as_bool).map(|private| !private))
    }

    fn head(&self) -> Result<String, ForgeError> {
        let pull = self.pull()?;
        let hash = pull.pointer("/source/commit/hash").and_then(Json::as_str);
        let hash = hash.ok_or_else(|| self.client.protocol("a pull request without head"))?;
        if hash.len() >= WHOLE {
            return Ok(hash.to_ascii_lowercase());
        }
        // Pull requests tell commits in short. That of a fork may be in the fork only.
        let whole = match self.client.json(&Ask::new(Method::GET, self.at(&["commit", hash]))) {
            Ok(commit) => commit.get("hash").and_then(Json::as_str).map(str::to_owned),
            Err(error) if error.is_missing() || error.is_forbidden() => None,
            Err(error) => return Err(error),
        };
        Ok(whole.unwrap_or_else(|| hash.to_owned()).to_ascii_lowercase())
    }

    fn comments(&self) -> Result<Vec<Comment>, ForgeError> {
        let all = self.all()?;
        all.iter().filter(|c| inline(c).is_none()).map(|c| self.comment(c)).collect()
    }

    fn create(&self, post: &Post) -> Result<Comment, ForgeError> {
        self.comment(&self.write(Method::POST, self.below(&["comments"]), &post.body)?)
    }

    fn update(&self, id: &str, post: &Post) -> Result<(), ForgeError> {
        self.write(Method::PUT, self.comment_at(id), &post.body).map(drop)
    }

    fn delete(&self, id: &str) -> Result<(), ForgeError> {
        self.client.send(&Ask::new(Method::DELETE, self.comment_at(id))).map(drop)
    }

    fn changed(&self, _paths: &BTreeSet<&str>) -> Result<Changed, ForgeError> {
        // It answers with a redirect to the diff of two commits, which is followed on this host.
        let reply = self.client.send(&Ask::new(Method::GET, self.below(&["diff"])))?;
        Ok(diff::parse(&String::from_utf8_lossy(&reply.body)))
    }

    fn threads(&self) -> Result<Vec<Thread>, ForgeError> {
        let all = self.all()?;
        let on_lines = all.iter().filter_map(|c| Some((c, inline(c)?)));
        on_lines
            .map(|(comment, place)| {
                let id = id(comment).ok_or_else(|| self.client.protocol("a comment without id"))?;
                let gone = |name: &str| place.get(name).is_none_or(Json::is_null);
                Ok(Thread {
                    comment: id.clone(),
                    id,
                    body: raw(comment),
                    own: self.is_own(comment)?,
                    resolved: comment.get("resolution").is_some_and(|r| !r.is_null()),
                    outdated: is(place, "outdated") || gone("to") && gone("from"),
                })
            })
            .collect()
    }

    fn begin(&self, _head: &str, notes: &[Inline]) -> Result<usize, ForgeError> {
        one_by_one(MANNERS.name, notes, |note| self.discuss(note))
    }

    fn edit(&self, thread: &Thread, body: &str) -> Result<(), ForgeError> {
        self.write(Method::PUT, self.comment_at(&thread.comment), body).map(drop)
    }

    fn resolve(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError> {
        if thread.resolved == resolved {
            return Ok(());
        }
        let url = self.below(&["comments", &thread.id, "resolve"]);
        let ask =
            if resolved { Ask::new(Method::POST, url).repeatable() } else { Ask::new(Method::DELETE, url) };
        match self.client.send(&ask) {
            // It is resolved already.
            Err(ForgeError::Refused { status: 409, .. }) => Ok(()),
            result => result.map(drop),
        }
    }

    fn withdraw(&self, thread: &Thread) -> Result<(), ForgeError> {
        self.delete(&thread.comment)
    }
}

/// Where a comment stands, for one on lines or on a file.
fn inline(comment: &Json) -> Option<&Json> {
    comment.get("inline").filter(|inline| !inline.is_null())
}

fn raw(comment: &Json) -> String {
    comment.get("content").map(|content| text(content, "raw")).unwrap_or_default()
}

/// 555 is a diff that took too long.
fn judge(reply: &Reply) -> Option<Meaning> {
    (reply.status == 555).then_some(Meaning::Trouble)
}

/// The message, its detail, and the scopes that are missing.
fn words(_: &Reply, body: &Json) -> Option<String> {
    let error = body.get("error")?;
    let detail = error.get("detail");
    let scopes = |name: &str| {
        let scopes = detail.and_then(|d| d.get(name)?.as_array()).into_iter().flatten();
        scopes.filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
    };
    let said = [error.as_str(), error.get("message").and_then(Json::as_str), detail.and_then(Json::as_str)];
    let mut parts: Vec<String> = said.into_iter().flatten().map(str::to_owned).collect();
    let needed = scopes("required");
    if !needed.is_empty() {
        parts.push(format!("it needs the scope {needed}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_scopes_that_are_missing() {
        let said = |body: &str| {
            words(
                &Reply { status: 403, headers: Default::default(), body: body.into() },
                &serde_json::from_str(body).unwrap(),
            )
        };
        let scopes = r#"{"type": "error", "error": {"message": "Your credentials lack one or more required privilege scopes.",
            "detail": {"granted": ["repository"], "required": ["pullrequest:write"]}}}"#;
        assert_eq!(
            said(scopes).unwrap(),
            "Your credentials lack one or more required privilege scopes.; it needs the scope pullrequest:write"
        );
        let detail = r#"{"type": "error", "error": {"message": "No", "detail": "why"}}"#;
        assert_eq!(said(detail).unwrap(), "No; why");
        assert_eq!(said("{}"), None);
    }
}
