//! Azure DevOps Services and Server: one REST API, of which every call names its version.
//!
//! The comment is a thread of the pull request without a place in a file. A thread has a state, and a policy
//! of the branch can ask that none is active: so what blocks is active, and all else is closed.
//! There are no hunks to be asked for: [`changes`] compares the two sides of a file itself.

mod changes;
mod manners;
mod threads;
mod work_items;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use reqwest::{Method, Url};
use serde_json::{Value as Json, json};

use super::host::{State, Status};
use super::http::{Ask, Client, Patience, Reply, Scheme, below};
use super::{Changed, Comment, ForgeError, Host, Inline, Place, Post, Thread, Token};
use crate::output::markdown::{AZURE_DEVOPS, AZURE_DEVOPS_SERVER, Dialect};
use crate::terraform::files::Blobs;

use changes::{Change, Iteration};
pub(super) use work_items::WorkItems;

/// Versions of the API, newest first: Services, and the servers of 2022, 2020 and 2019. An older server
/// refuses a newer one.
const VERSIONS: [&str; 4] = ["7.1", "7.0", "6.0", "5.0"];

/// A pull request of Azure DevOps.
#[derive(Debug)]
pub(super) struct AzureDevOps {
    client: Client,
    project: String,
    repository: String,
    number: String,
    /// Where a browser shows the pull request.
    page: Url,
    dialect: &'static Dialect,
    checkout: Option<Utf8PathBuf>,
    /// Which of [`VERSIONS`] the server has.
    version: Cell<usize>,
    /// Who the token is.
    me: OnceCell<Identity>,
    iterations: OnceCell<Vec<Iteration>>,
    changes: OnceCell<BTreeMap<String, Change>>,
    blobs: OnceCell<Option<Blobs>>,
    /// What was compared so far: the ends of lines are told when a thread begins.
    compared: RefCell<Changed>,
}

/// Pull requests of a page, and pages that are read at most.
const PAGE: usize = 100;
const MAX_PAGES: usize = 20;

/// The open pull request whose source branch is at a commit, when there is exactly one.
pub(super) fn pull_request_of(
    place: &Place,
    commit: &str,
    token: Token,
    patience: Patience,
) -> Result<Option<u64>, ForgeError> {
    // No pull request has the number 0; only its repository is asked.
    let host = AzureDevOps::connect(&Place { pull_request: Some(0), ..place.clone() }, token, patience)?;
    let mut found = Vec::new();
    for page in 0..MAX_PAGES {
        let mut url = host.at(&["pullrequests"]);
        let (top, skip) = (PAGE.to_string(), (page * PAGE).to_string());
        let query = [("searchCriteria.status", "active"), ("$top", &top), ("$skip", &skip)];
        url.query_pairs_mut().extend_pairs(query);
        let list = host.get(&url)?;
        let list = list.get("value").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let source = |pull: &Json| {
            let id = pull.pointer("/lastMergeSourceCommit/commitId")?.as_str()?;
            Some(id.eq_ignore_ascii_case(commit))
        };
        let ours = list.iter().filter(|pull| source(pull) == Some(true));
        found.extend(ours.filter_map(|pull| pull.get("pullRequestId")?.as_u64()));
        if list.len() < PAGE {
            break;
        }
    }
    Ok(if let [one] = found.as_slice() { Some(*one) } else { None })
}

impl AzureDevOps {
    /// The pull request of a place; its web root is that of the collection.
    pub(super) fn connect(
        place: &Place,
        token: Token,
        patience: Patience,
    ) -> Result<AzureDevOps, ForgeError> {
        let name = place.repository()?;
        let wrong = || ForgeError::Settings(format!("the repository \"{name}\" is not PROJECT/NAME"));
        let (project, repository) = name.split_once('/').ok_or_else(wrong)?;
        if project.is_empty() || repository.is_empty() || repository.contains('/') {
            return Err(wrong());
        }
        let web = place.web_root()?;
        let page = Url::parse(&web)
            .map_err(|_| ForgeError::Settings(format!("the address of the host, {web}, cannot be read")))?;
        let dialect = if is_services(&page) { &AZURE_DEVOPS } else { &AZURE_DEVOPS_SERVER };
        let number = place.pull_request()?.to_string();
        let page = below(&page, &[project, "_git", repository, "pullrequest", &number]);
        let scheme = scheme(&token);
        // Without the second, a token that is refused is sent to a page to sign in.
        let headers = [("accept", "application/json"), ("x-tfs-fedauthredirect", "Suppress")];
        Ok(AzureDevOps {
            client: Client::new(&place.api_root()?, token, scheme, &headers, manners::MANNERS, patience)?,
            project: project.to_owned(),
            repository: repository.to_owned(),
            number,
            page,
            dialect,
            checkout: place.checkout.clone(),
            version: Cell::default(),
            me: OnceCell::new(),
            iterations: OnceCell::new(),
            changes: OnceCell::new(),
            blobs: OnceCell::new(),
            compared: RefCell::default(),
        })
    }

    /// An address in the repository.
    fn at(&self, parts: &[&str]) -> Url {
        let repository = [self.project.as_str(), "_apis", "git", "repositories", self.repository.as_str()];
        self.client.at(&[&repository[..], parts].concat())
    }

    /// An address in the pull request.
    fn in_pull(&self, parts: &[&str]) -> Url {
        self.at(&[&["pullRequests", self.number.as_str()][..], parts].concat())
    }

    /// Sends a request in the newest version of the API that the server has; `stage` is what the version of
    /// an interface that is no final one ends in.
    fn send(&self, url: &Url, stage: &str, ask: impl Fn(Url) -> Ask) -> Result<Reply, ForgeError> {
        loop {
            let at = self.version.get();
            let version = format!("{}{stage}", VERSIONS.get(at).unwrap_or(&VERSIONS[0]));
            let mut url = url.clone();
            url.query_pairs_mut().append_pair("api-version", &version);
            match self.client.send(&ask(url)) {
                Err(ForgeError::Refused { message, .. })
                    if message.starts_with(manners::TOO_NEW) && at + 1 < VERSIONS.len() =>
                {
                    self.version.set(at + 1);
                }
                result => return result,
            }
        }
    }

    fn get(&self, url: &Url) -> Result<Json, ForgeError> {
        self.client.parse(&self.send(url, "", |url| Ask::new(Method::GET, url))?)
    }

    fn write(&self, method: &Method, url: &Url, body: &Json) -> Result<Json, ForgeError> {
        let ask = |url| Ask::new(method.clone(), url).json(body.clone());
        self.client.parse(&self.send(url, "", ask)?)
    }

    /// Who the token is.
    fn me(&self) -> Result<&Identity, ForgeError> {
        if let Some(me) = self.me.get() {
            return Ok(me);
        }
        let url = self.client.at(&["_apis", "connectionData"]);
        let reply = self.send(&url, "-preview", |url| Ask::new(Method::GET, url))?;
        let data = self.client.parse(&reply)?;
        let me = data.get("authenticatedUser").and_then(|user| Identity::of(user, "subjectDescriptor"));
        let me = me.ok_or_else(|| self.client.protocol("nobody as the one who asks"))?;
        Ok(self.me.get_or_init(|| me))
    }

    fn pull(&self) -> Result<Json, ForgeError> {
        self.get(&self.in_pull(&[]))
    }

    /// Who can see the project: `private`, `organization` or `public`.
    fn visibility(&self) -> Result<Option<String>, ForgeError> {
        let said = |json: &Json, at: &str| json.pointer(at).and_then(Json::as_str).map(str::to_owned);
        if let Some(visibility) = said(&self.pull()?, "/repository/project/visibility") {
            return Ok(Some(visibility));
        }
        // Servers leave it out there.
        match self.get(&self.client.at(&["_apis", "projects", &self.project])) {
            Ok(project) => Ok(said(&project, "/visibility")),
            Err(ForgeError::Forbidden { .. } | ForgeError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Host for AzureDevOps {
    fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    fn is_public(&self) -> Result<Option<bool>, ForgeError> {
        Ok(self.visibility()?.map(|visibility| visibility.eq_ignore_ascii_case("public")))
    }

    fn head(&self) -> Result<String, ForgeError> {
        let pull = self.pull()?;
        // The merge is made in the background, and missing before.
        match pull.pointer("/lastMergeSourceCommit/commitId").and_then(Json::as_str) {
            Some(commit) => Ok(commit.to_ascii_lowercase()),
            None => Ok(self.iteration()?.source.clone()),
        }
    }

    fn comments(&self) -> Result<Vec<Comment>, ForgeError> {
        self.conversation()
    }

    fn create(&self, post: &Post) -> Result<Comment, ForgeError> {
        self.say(post)
    }

    fn update(&self, id: &str, post: &Post) -> Result<(), ForgeError> {
        self.say_anew(id, post)
    }

    fn delete(&self, id: &str) -> Result<(), ForgeError> {
        let (thread, comment) = threads::ids(id);
        self.remove(thread, comment)
    }

    fn changed(&self, paths: &BTreeSet<&str>) -> Result<Changed, ForgeError> {
        self.compare(paths)
    }

    fn leaves_open(&self, blocks: bool) -> bool {
        blocks
    }

    fn threads(&self) -> Result<Vec<Thread>, ForgeError> {
        self.on_lines()
    }

    fn begin(&self, _head: &str, notes: &[Inline]) -> Result<usize, ForgeError> {
        self.begin_threads(notes)
    }

    fn edit(&self, thread: &Thread, body: &str) -> Result<(), ForgeError> {
        self.rewrite(&thread.id, &thread.comment, body)
    }

    fn resolve(&self, thread: &Thread, resolved: bool) -> Result<(), ForgeError> {
        self.set_state(&thread.id, !resolved)
    }

    fn withdraw(&self, thread: &Thread) -> Result<(), ForgeError> {
        self.remove(&thread.id, &thread.comment)
    }

    fn set_status(&self, head: &str, status: &Status) -> Result<(), ForgeError> {
        let state = match status.state {
            State::Passed => "succeeded",
            State::Failed => "failed",
            State::Unknown => "error",
        };
        let mut body = json!({
            "state": state,
            "description": status.description,
            "context": { "genre": "trueup", "name": status.name },
            // A status of one push, so that a policy asks for it anew after the next.
            "iterationId": self.iteration_of(head)?.id,
        });
        if let Some(url) = &status.url {
            body["targetUrl"] = url.as_str().into();
        }
        self.write(&Method::POST, &self.in_pull(&["statuses"]), &body).map(drop)
    }
}

/// Somebody, by an id and by what the directory calls them; one of them is enough to know them again.
#[derive(Clone, Debug, Default)]
struct Identity {
    id: String,
    descriptor: String,
}

impl Identity {
    /// An identity, whose descriptor has this name.
    fn of(json: &Json, descriptor: &str) -> Option<Identity> {
        let text = |name: &str| json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (id, descriptor) = (text("id"), text(descriptor));
        (!id.is_empty()).then_some(Identity { id, descriptor })
    }

    fn is(&self, other: &Identity) -> bool {
        self.id.eq_ignore_ascii_case(&other.id)
            || !self.descriptor.is_empty() && self.descriptor == other.descriptor
    }
}

/// True for what Microsoft runs.
fn is_services(web: &Url) -> bool {
    web.host_str().is_some_and(|host| host == "dev.azure.com" || host.ends_with(".visualstudio.com"))
}

/// A token of three parts is a signed one, of a pipeline or of Entra; all others are those of persons.
fn scheme(token: &Token) -> Scheme {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='))
    };
    let parts: Vec<&str> = token.secret().split('.').collect();
    let signed = parts.len() == 3 && parts.into_iter().all(is_part);
    if signed { Scheme::Bearer } else { Scheme::Basic("") }
}
