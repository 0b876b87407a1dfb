//! GitHub.com, GitHub Enterprise Cloud and GitHub Enterprise Server: REST, and GraphQL for what REST has not:
//! who the token is, and the state of threads.

mod issues;
mod manners;
mod threads;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::http::{Ask, Client, Patience, Scheme, next_link};
use super::{Changed, Comment, ForgeError, Host, Inline, Place, Post, Thread, Token};
use crate::output::markdown::{Dialect, GITHUB};

/// Who writes with the token of a workflow.
const ACTIONS: &str = "github-actions[bot]";

/// What marks logins of apps.
const BOT: &str = "[bot]";

/// A pull request of GitHub.
#[derive(Debug)]
pub(super) struct GitHub {
    client: Client,
    graphql: Url,
    owner: String,
    name: String,
    number: u64,
    in_actions: bool,
    /// Login of who the token is; those of apps end in `[bot]`.
    login: OnceCell<String>,
}

/// The open pull request of a commit, when there is exactly one.
pub(super) fn pull_request_of(
    place: &Place,
    commit: &str,
    token: Token,
    patience: Patience,
) -> Result<Option<u64>, ForgeError> {
    // No pull request has the number 0; only its repository is asked.
    let place = Place { pull_request: Some(0), ..place.clone() };
    let open = GitHub::connect(&place, token, patience)?.list(&["commits", commit, "pulls"])?;
    let ours = |pull: &&Json| {
        pull.get("state").is_some_and(|s| s == "open")
            && pull.pointer("/head/sha").and_then(Json::as_str) == Some(commit)
    };
    let numbers: Vec<u64> = open.iter().filter(ours).filter_map(|p| p.get("number")?.as_u64()).collect();
    Ok(if let [one] = numbers.as_slice() { Some(*one) } else { None })
}

impl GitHub {
    /// The pull request of a place.
    pub(super) fn connect(place: &Place, token: Token, patience: Patience) -> Result<GitHub, ForgeError> {
        let repository = place.repository()?;
        let wrong = || ForgeError::Settings(format!("the repository \"{repository}\" is not OWNER/NAME"));
        let (owner, name) = repository.split_once('/').ok_or_else(wrong)?;
        if owner.is_empty() || name.is_empty() || name.contains('/') {
            return Err(wrong());
        }
        let root = place.api_root()?;
        let headers = [("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];
        let client = Client::new(&root, token, Scheme::Bearer, &headers, manners::MANNERS, patience)?;
        Ok(GitHub {
            graphql: graphql(&client.at(&[]), place.graphql.as_deref())?,
            client,
            owner: owner.to_owned(),
            name: name.to_owned(),
            number: place.pull_request()?,
            in_actions: place.ci == Some(super::ci::Ci::GithubActions),
            login: OnceCell::new(),
        })
    }

    /// An address in the repository.
    fn at(&self, parts: &[&str]) -> Url {
        let repository = ["repos", self.owner.as_str(), self.name.as_str()];
        self.client.at(&[&repository[..], parts].concat())
    }

    /// A list with pages of a hundred.
    fn list(&self, parts: &[&str]) -> Result<Vec<Json>, ForgeError> {
        let mut url = self.at(parts);
        url.query_pairs_mut().append_pair("per_page", "100");
        let items = |page: Json| if let Json::Array(items) = page { Some(items) } else { None };
        self.client.pages(url, items, |reply, _| next_link(reply))
    }

    fn pull(&self) -> Result<Json, ForgeError> {
        self.client.json(&Ask::new(Method::GET, self.at(&["pulls", &self.number.to_string()])))
    }

    /// The data of a GraphQL query, which answers 200 also with errors.
    fn query(&self, query: &str, variables: Json) -> Result<Json, ForgeError> {
        let body = json!({ "query": query, "variables": variables });
        // What is asked here reads, or sets a state that may be set twice.
        let mut answer =
            self.client.json(&Ask::new(Method::POST, self.graphql.clone()).json(body).repeatable())?;
        Ok(answer.get_mut("data").map(Json::take).unwrap_or_default())
    }

    /// Who the token is. REST does not tell tokens of apps and workflows, GraphQL does.
    fn login(&self) -> Result<&str, ForgeError> {
        if let Some(login) = self.login.get() {
            return Ok(login);
        }
        let asked = self.query("query { viewer { login } }", json!({}));
        let login = match asked.as_ref().ok().and_then(|data| data.pointer("/viewer/login")?.as_str()) {
            Some(login) => login.to_owned(),
            // A server that keeps GraphQL from the workflow's token; a token that is refused is told of.
            None if self.in_actions && !matches!(asked, Err(ForgeError::Unauthorised { .. })) => {
                ACTIONS.to_owned()
            }
            None => return Err(asked.err().unwrap_or_else(|| self.client.protocol("nobody as the viewer"))),
        };
        Ok(self.login.get_or_init(|| login))
    }

    /// True when the author of a comment is who the token is. GraphQL leaves out what marks logins of apps and
    /// tells them by their type: a person may have the name of an app.
    fn is_own(&self, author: Option<&Json>) -> Result<bool, ForgeError> {
        let ours = self.login()?;
        let field = |name: &str| author.and_then(|a| a.get(name)?.as_str());
        let Some(login) = field("login") else { return Ok(false) };
        Ok(match field("__typename") {
            Some("Bot") => ours.strip_suffix(BOT).is_some_and(|name| name.eq_ignore_ascii_case(login)),
            _ => login.eq_ignore_ascii_case(ours),
        })
    }

    fn comment(&self, comment: &Json) -> Result<Comment, ForgeError> {
        let id = comment.get("id").and_then(Json::as_u64);
        let id = id.ok_or_else(|| self.client.protocol("a comment without id"))?;
        Ok(Comment {
            id: id.to_string(),
            body: text(comment, "body"),
            own: self.is_own(comment.get("user"))?,
            url: comment.get("html_url").and_then(Json::as_str).map(str::to_owned),
        })
    }

    fn issue_comment(&self, id: &str) -> Url {
        self.at(&["issues", "comments", id])
    }
}

impl Host for GitHub {
    fn dialect(&self) -> &'static Dialect {
        &GITHUB
    }

    fn is_public(&self) -> Result<Option<bool>, ForgeError> {
        let pull = self.pull()?;
        let repository = pull.pointer("/base/repo");
        let visibility = repository.and_then(|r| r.get("visibility")?.as_str());
        let private = repository.and_then(|r| r.get("private")?.as_bool());
        // `internal` is for members only, and such a repository says that it is private.
        Ok(visibility.map(|v| v == "public").or(private.map(|p| !p)))
    }

    fn head(&self) -> Result<String, ForgeError> {
        let pull = self.pull()?;
        let sha = pull.pointer("/head/sha").and_then(Json::as_str);
        sha.map(str::to_ascii_lowercase).ok_or_else(|| self.client.protocol("a pull request without head"))
    }

    fn comments(&self) -> Result<Vec<Comment>, ForgeError> {
        let number = self.number.to_string();
        self.list(&["issues", &number, "comments"])?.iter().map(|c| self.comment(c)).collect()
    }

    fn create(&self, post: &Post) -> Result<Comment, ForgeError> {
        let url = self.at(&["issues", &self.number.to_string(), "comments"]);
        let created = self.client.json(&Ask::new(Method::POST, url).json(json!({ "body": post.body })))?;
        self.comment(&created)
    }

    fn update(&self, id: &str, post: &Post) -> Result<(), ForgeError> {
        let ask = Ask::new(Method::PATCH, self.issue_comment(id)).json(json!({ "body": post.body }));
        self.client.send(&ask).map(drop)
    }

    fn delete(&self, id: &str) -> Result<(), ForgeError> {
        self.client.send(&Ask::new(Method::DELETE, self.issue_comment(id))).map(drop)
    }

    fn changed(&self, _paths: &BTreeSet<&str>) -> Result<Changed, ForgeError> {
        let mut changed = Changed::default();
        for file in self.list(&["pulls", &self.number.to_string(), "files"])? {
            // Binary and large files have no patch.
            let Some(patch) = file.get("patch").and_then(Json::as_str) else { continue };
            let old = file.get("previous_filename").and_then(Json::as_str);
            changed.add_patch(&text(&file, "filename"), old, patch);
        }
        Ok(changed)
    }

    fn threads(&self) -> Result<Vec<Thread>, ForgeError> {
        self.all_threads()
    }

    fn begin(&self, head: &str, notes: &[Inline]) -> Result<usize, ForgeError> {
        self.review(head, notes)
    }

    fn edit(&self, thread: &Thread, body: &str) -> Result<(), ForgeError> {
        let url = self.at(&["pulls", "comments", &thread.comment]);
        self.client.send(&Ask::new(Method::PATCH, url).json(json!({ "body": body }))).map(drop)
    }

    fn resolve(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError> {
        self.set_resolved(thread, resolved)
    }

    fn withdraw(&self, thread: &Thread) -> Result<(), ForgeError> {
        let url = self.at(&["pulls", "comments", &thread.comment]);
        self.client.send(&Ask::new(Method::DELETE, url)).map(drop)
    }
}

/// Where GraphQL is: said, else beside the REST root of a server (`/api/v3`), else below it.
fn graphql(rest: &Url, said: Option<&str>) -> Result<Url, ForgeError> {
    let address = match said {
        Some(said) => said.to_owned(),
        None => {
            let rest = rest.as_str().trim_end_matches('/');
            rest.strip_suffix("/v3").map_or_else(|| format!("{rest}/graphql"), |api| format!("{api}/graphql"))
        }
    };
    let url = Url::parse(&address).ok().filter(|url| url.origin() == rest.origin());
    // The token goes to one origin.
    url.ok_or_else(|| ForgeError::Settings("GITHUB_GRAPHQL_URL is not on the host of the API".to_owned()))
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphql_stands_where_each_edition_has_it() {
        for (rest, said, expected) in [
            ("https://api.github.com/", None, "https://api.github.com/graphql"),
            ("https://api.corp.ghe.com/", None, "https://api.corp.ghe.com/graphql"),
            ("https://git.corp.example/api/v3", None, "https://git.corp.example/api/graphql"),
            ("https://git.corp.example/api/v3/", None, "https://git.corp.example/api/graphql"),
            ("https://h/api/v3", Some("https://h/other/graphql"), "https://h/other/graphql"),
        ] {
            assert_eq!(graphql(&Url::parse(rest).unwrap(), said).unwrap().as_str(), expected);
        }
        let elsewhere = graphql(&Url::parse("https://h/").unwrap(), Some("https://elsewhere/graphql"));
        assert!(matches!(elsewhere, Err(ForgeError::Settings(_))));
    }
}
