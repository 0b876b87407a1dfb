//! Where a run is: which CI system, which code host, which pull request.
//!
//! All of it is a function of environment variables and, on GitHub, of the event file. The CI system and the
//! host are two facts: Azure Pipelines builds repositories of GitHub, Jenkins those of any host.

mod azure_pipelines;
mod bitbucket_pipelines;
mod circleci;
mod environment;
mod github_actions;
mod gitlab_ci;
mod jenkins;
mod remote;
#[cfg(test)]
mod tests;

use camino::Utf8PathBuf;
use serde_json::Value as Json;

use crate::output::markdown::{self, Dialect};

pub use environment::Environment;
pub use remote::Remote;

/// What is missing when no host is known.
pub const NO_HOST: &str =
    "which code host this is about is not known: say --host, --repository and --pull-request";

/// A CI system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions
    GithubActions,
    /// Azure Pipelines
    AzurePipelines,
    /// GitLab CI
    GitlabCi,
    /// Bitbucket Pipelines
    BitbucketPipelines,
    /// CircleCI
    CircleCi,
    /// Jenkins
    Jenkins,
}

/// A kind of code host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostKind {
    /// GitHub.com, GitHub Enterprise Cloud with its own domain, GitHub Enterprise Server
    GitHub,
    /// Azure DevOps Services and Server
    AzureDevOps,
    /// GitLab.com and self-managed GitLab
    GitLab,
    /// Bitbucket Cloud
    Bitbucket,
    /// Bitbucket Data Center
    BitbucketServer,
}

impl HostKind {
    /// All of them.
    pub const ALL: [HostKind; 5] = [
        HostKind::GitHub,
        HostKind::AzureDevOps,
        HostKind::GitLab,
        HostKind::Bitbucket,
        HostKind::BitbucketServer,
    ];

    /// The kind whose dialect has this name.
    pub fn named(name: &str) -> Option<HostKind> {
        HostKind::ALL.into_iter().find(|host| host.dialect().name == name)
    }

    /// Its name in messages.
    pub fn name(self) -> &'static str {
        match self {
            HostKind::GitHub => "GitHub",
            HostKind::AzureDevOps => "Azure DevOps",
            HostKind::GitLab => "GitLab",
            HostKind::Bitbucket => "Bitbucket",
            HostKind::BitbucketServer => "Bitbucket Data Center",
        }
    }

    /// The variables in which its token is looked for, the first that is set counts.
    pub fn token_variables(self) -> &'static [&'static str] {
        match self {
            HostKind::GitHub => &["TRUEUP_POST_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GH_ENTERPRISE_TOKEN"],
            HostKind::AzureDevOps => &["TRUEUP_POST_TOKEN", "SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT"],
            // The job's token may read and not write, so it comes last.
            HostKind::GitLab => &["TRUEUP_POST_TOKEN", "GITLAB_TOKEN", "CI_JOB_TOKEN"],
            HostKind::Bitbucket => {
                &["TRUEUP_POST_TOKEN", "BITBUCKET_TOKEN", "BITBUCKET_ACCESS_TOKEN", "ATLASSIAN_API_TOKEN"]
            }
            HostKind::BitbucketServer => &["TRUEUP_POST_TOKEN", "BITBUCKET_TOKEN"],
        }
    }

    /// How comments are written there.
    pub fn dialect(self) -> &'static Dialect {
        match self {
            HostKind::GitHub => &markdown::GITHUB,
            HostKind::AzureDevOps => &markdown::AZURE_DEVOPS,
            HostKind::GitLab => &markdown::GITLAB,
            HostKind::Bitbucket => &markdown::BITBUCKET,
            HostKind::BitbucketServer => &markdown::BITBUCKET_SERVER,
        }
    }

    /// What to do where no token is set.
    pub fn how_to_give_a_token(self) -> &'static str {
        match self {
            HostKind::GitHub => {
                "GITHUB_TOKEN is not set: a workflow gives it by `env: GITHUB_TOKEN: ${{ github.token }}` and \
                 `permissions: pull-requests: write`"
            }
            HostKind::AzureDevOps => {
                "SYSTEM_ACCESSTOKEN is not set: a pipeline gives it by `env: SYSTEM_ACCESSTOKEN: \
                 $(System.AccessToken)`"
            }
            HostKind::GitLab => {
                "GITLAB_TOKEN is not set: a project access token with the scope `api` and the role Reporter, as a \
                 masked variable; a protected one is missing on branches that are not protected"
            }
            HostKind::Bitbucket => {
                "BITBUCKET_TOKEN is not set: a repository access token with the scope `pullrequest`, as a secured \
                 variable"
            }
            HostKind::BitbucketServer => {
                "BITBUCKET_TOKEN is not set: an HTTP access token of the repository with the permission to read"
            }
        }
    }

    /// The root of its API, for a web root.
    pub fn api(self, web: &str) -> String {
        let web = web.trim_end_matches('/');
        match (self, web.split_once("://")) {
            (HostKind::GitHub, Some((scheme, host))) if is_of_github(host) => {
                format!("{scheme}://api.{host}")
            }
            (HostKind::GitHub, _) => format!("{web}/api/v3"),
            (HostKind::AzureDevOps, _) => web.to_owned(),
            (HostKind::GitLab, _) => format!("{web}/api/v4"),
            (HostKind::Bitbucket, _) => "https://api.bitbucket.org/2.0".to_owned(),
            (HostKind::BitbucketServer, _) => format!("{web}/rest/api/latest"),
        }
    }
}

/// True for hosts that GitHub runs: their API has a name of its own.
fn is_of_github(host: &str) -> bool {
    host.eq_ignore_ascii_case("github.com") || host.to_ascii_lowercase().ends_with(".ghe.com")
}

/// A run of a CI system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOf {
    /// Grows from run to run of one pull request, also when one is started again; 0 when nothing tells.
    pub number: u64,
    /// Where a browser shows it.
    pub url: Option<String>,
}

/// Where a page that is shown with the run can be left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Summary {
    /// A file to which Markdown is added.
    Append(String),
    /// A folder for a file that a logging command then names.
    Upload(String),
}

/// What is known of the place of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The CI system; `None` on somebody's own machine.
    pub ci: Option<Ci>,
    /// The kind of code host.
    pub host: Option<HostKind>,
    /// Its web root without a slash at the end: `https://github.com`, of Azure DevOps that of the collection
    /// (`https://dev.azure.com/org`).
    pub web: Option<String>,
    /// The root of its API, where that is said; else [`HostKind::api`] of the web root.
    pub api: Option<String>,
    /// The address of its GraphQL, where that is said.
    pub graphql: Option<String>,
    /// The repository: `owner/name`, `group/sub/project` or the number of a project (GitLab), `project/repository`
    /// (Azure DevOps; may hold blanks), `KEY/slug` (Bitbucket Data Center).
    pub repository: Option<String>,
    /// The number of the pull request that people see.
    pub pull_request: Option<u64>,
    /// Why there is none, in words.
    pub no_pull_request: Option<String>,
    /// The commit of the source branch that the run is about; not a merge that the CI made. `None` when only
    /// such a merge is known.
    pub head: Option<String>,
    /// The commit or, where only that is known, the short name of the branch that the change goes to.
    pub base: Option<String>,
    /// Anybody can read the repository; `None` where the CI does not say.
    pub public: Option<bool>,
    /// The change comes from another repository, so that the token may read only.
    pub fork: bool,
    /// The run.
    pub run: RunOf,
    /// Where a page can be left.
    pub summary: Option<Summary>,
    /// A folder of the checkout, whose git objects need not be asked of the host.
    pub checkout: Option<Utf8PathBuf>,
}

impl Place {
    /// The place that the environment tells; `event` is the content of the file that
    /// [`Environment::event_file`] names.
    pub fn find(environment: &Environment, event: Option<&Json>) -> Place {
        let is =
            |name: &str, value: &str| environment.get(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        let set = |name: &str| environment.get(name).is_some();
        let mut place = if is("GITHUB_ACTIONS", "true") {
            github_actions::place(environment, event)
        } else if is("TF_BUILD", "true") {
            azure_pipelines::place(environment)
        } else if is("GITLAB_CI", "true") {
            gitlab_ci::place(environment)
        } else if set("BITBUCKET_BUILD_NUMBER") {
            bitbucket_pipelines::place(environment)
        } else if is("CIRCLECI", "true") {
            circleci::place(environment)
        } else if set("JENKINS_URL") {
            jenkins::place(environment)
        } else {
            Place {
                no_pull_request: Some("this is no CI system that is known".to_owned()),
                ..Place::default()
            }
        };
        place.web = place.web.map(|web| web.trim_end_matches('/').to_owned());
        place.head = place.head.map(|head| head.to_ascii_lowercase());
        place
    }

    /// Takes what a clone or browser address says where nothing is known yet.
    fn of_remote(mut self, remote: Option<Remote>) -> Place {
        if let Some(remote) = remote {
            self.host = self.host.or(remote.host);
            self.web = self.web.or(Some(remote.web));
            self.repository = self.repository.or(Some(remote.repository));
        }
        self
    }

    /// What flags say, over what the environment told. What belonged to another host or repository is dropped.
    pub fn overridden(mut self, said: Said, remote: Option<&str>) -> Place {
        let other = said.host.is_some_and(|host| Some(host) != self.host)
            || said.web.as_ref().is_some_and(|web| Some(web.trim_end_matches('/')) != self.web.as_deref())
            || said.repository.as_ref().is_some_and(|r| Some(r) != self.repository.as_ref());
        if other {
            let kept = (self.ci, self.run.clone(), self.summary.clone());
            let same_host = said.web.is_none() && said.host.is_none_or(|host| Some(host) == self.host);
            let roots = same_host.then_some((self.host, self.web, self.api, self.graphql));
            self = Place { ci: kept.0, run: kept.1, summary: kept.2, ..Place::default() };
            (self.host, self.web, self.api, self.graphql) = roots.unwrap_or_default();
        }
        if let Some(number) = said.pull_request {
            if self.pull_request.is_some_and(|n| n != number) {
                (self.head, self.base, self.fork) = (None, None, false);
            }
            self.pull_request = Some(number);
            self.no_pull_request = None;
        }
        self.host = said.host.or(self.host);
        self.web = said.web.map(|w| w.trim_end_matches('/').to_owned()).or(self.web);
        if let Some(api) = said.api {
            self.api = Some(api);
            self.graphql = None;
        }
        self.repository = said.repository.or(self.repository);
        self.head = said.commit.map(|c| c.to_ascii_lowercase()).or(self.head);
        self.run.url = said.run_url.or(self.run.url);
        // A clone address is a last resort, and only of the same host.
        let remote = remote.and_then(Remote::parse).filter(|r| self.host.is_none_or(|h| r.host == Some(h)));
        self.of_remote(remote)
    }

    /// The web root.
    pub fn web_root(&self) -> Result<String, super::ForgeError> {
        let known = match self.host {
            Some(HostKind::GitHub) => Some("https://github.com"),
            Some(HostKind::GitLab) => Some("https://gitlab.com"),
            Some(HostKind::Bitbucket) => Some("https://bitbucket.org"),
            _ => None,
        };
        let web = self.web.clone().or_else(|| known.map(str::to_owned));
        web.ok_or_else(|| {
            super::ForgeError::Settings("the address of the host is not known: say --host-url".into())
        })
    }

    /// The root of the API.
    pub fn api_root(&self) -> Result<String, super::ForgeError> {
        if let Some(api) = &self.api {
            return Ok(api.clone());
        }
        let host = self.host.ok_or_else(|| super::ForgeError::Settings(NO_HOST.to_owned()))?;
        Ok(host.api(&self.web_root()?))
    }

    /// The page of the repository, below which files are shown; `None` where names are not known.
    pub fn page(&self) -> Option<String> {
        let (host, name, web) = (self.host?, self.repository.as_deref()?, self.web_root().ok()?);
        let (first, last) = name.rsplit_once('/')?;
        Some(match host {
            HostKind::GitHub | HostKind::GitLab | HostKind::Bitbucket => format!("{web}/{name}"),
            HostKind::AzureDevOps => format!("{web}/{first}/_git/{last}"),
            HostKind::BitbucketServer => match first.strip_prefix('~') {
                Some(user) => format!("{web}/users/{user}/repos/{last}"),
                None => format!("{web}/projects/{first}/repos/{last}"),
            },
        })
    }

    /// The repository.
    pub fn repository(&self) -> Result<&str, super::ForgeError> {
        let missing = || super::ForgeError::Settings("the repository is not known: say --repository".into());
        self.repository.as_deref().ok_or_else(missing)
    }

    /// The number of the pull request.
    pub fn pull_request(&self) -> Result<u64, super::ForgeError> {
        self.pull_request.ok_or_else(|| {
            let why = self.no_pull_request.as_deref().unwrap_or("no pull request is known");
            super::ForgeError::Settings(format!("{why}: say --pull-request"))
        })
    }
}

/// What the user says about the place; it counts more than the environment.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// The kind of host.
    pub host: Option<HostKind>,
    /// Its web root.
    pub web: Option<String>,
    /// The root of its API.
    pub api: Option<String>,
    /// The repository.
    pub repository: Option<String>,
    /// The number of the pull request.
    pub pull_request: Option<u64>,
    /// The commit of its source branch that was reviewed.
    pub commit: Option<String>,
    /// Where a browser shows the run.
    pub run_url: Option<String>,
}
