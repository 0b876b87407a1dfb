//! Azure Pipelines, which builds repositories of Azure Repos, GitHub and Bitbucket.

use super::{Ci, Environment, HostKind, Place, Remote, RunOf, Summary};

/// Attempts of one job that are told apart.
const ATTEMPTS: u64 = 1000;

pub(super) fn place(environment: &Environment) -> Place {
    let collection = environment
        .text("SYSTEM_COLLECTIONURI")
        .or_else(|| environment.text("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"));
    let collection = collection.map(|c| c.trim_end_matches('/').to_owned());
    let project = environment.text("SYSTEM_TEAMPROJECT");
    let build = environment.number("BUILD_BUILDID");
    let attempt = environment.number("SYSTEM_JOBATTEMPT").unwrap_or(1);
    let page = |build: u64| {
        let project = project.as_deref()?.replace(' ', "%20");
        Some(format!("{}/{project}/_build/results?buildId={build}", collection.as_deref()?))
    };
    let branch = environment.text("SYSTEM_PULLREQUEST_TARGETBRANCH");
    let mut place = Place {
        ci: Some(Ci::AzurePipelines),
        run: RunOf {
            number: build.map_or(0, |b| b.saturating_mul(ATTEMPTS) + attempt.min(ATTEMPTS - 1)),
            url: build.and_then(page),
        },
        summary: environment.text("AGENT_TEMPDIRECTORY").map(Summary::Upload),
        // `BUILD_SOURCEVERSION` is the merge that the build made.
        head: environment.commit("SYSTEM_PULLREQUEST_SOURCECOMMITID"),
        base: branch.map(|b| b.strip_prefix("refs/heads/").unwrap_or(&b).to_owned()),
        fork: environment.says_yes("SYSTEM_PULLREQUEST_ISFORK"),
        ..Place::default()
    };
    let id = environment.number("SYSTEM_PULLREQUEST_PULLREQUESTID");
    // On other hosts the id is one of Azure's own.
    let number = environment.number("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER");
    let name = environment.text("BUILD_REPOSITORY_NAME");
    let uri = environment.get("BUILD_REPOSITORY_URI");
    match environment.get("BUILD_REPOSITORY_PROVIDER") {
        Some("GitHub") => {
            (place.host, place.web) = (Some(HostKind::GitHub), Some("https://github.com".into()));
            (place.repository, place.pull_request) = (name, number);
        }
        Some("GitHubEnterprise") => {
            place = place.of_remote(uri.and_then(Remote::parse));
            (place.host, place.pull_request) = (Some(HostKind::GitHub), number);
            place.repository = name.or(place.repository);
        }
        Some("Bitbucket") => {
            (place.host, place.web) = (Some(HostKind::Bitbucket), Some("https://bitbucket.org".into()));
            (place.repository, place.pull_request) = (name, number.or(id));
        }
        Some("TfsGit") | None => {
            (place.host, place.web) = (Some(HostKind::AzureDevOps), collection);
            // A pipeline may build a repository of another project.
            let remote = uri.and_then(Remote::parse).filter(|r| r.host == place.host);
            let named = project.zip(name).map(|(project, name)| format!("{project}/{name}"));
            place.repository = remote.map(|r| r.repository).or(named);
            place.pull_request = id;
        }
        Some(other) => {
            place = place.of_remote(uri.and_then(Remote::parse));
            place.no_pull_request =
                Some(format!("a repository of the provider `{other}` has no pull requests"));
        }
    }
    let reason = environment.get("BUILD_REASON").unwrap_or("unknown");
    let of_branch = environment.get("BUILD_SOURCEBRANCH").is_some_and(|b| b.starts_with("refs/heads/"));
    if place.pull_request.is_none() && place.no_pull_request.is_none() {
        if of_branch && reason != "Schedule" {
            // The host knows whether there is a pull request of this commit.
            place.head = environment.commit("BUILD_SOURCEVERSION");
        }
        place.no_pull_request = Some(format!(
            "this build is of no pull request (its reason is {reason}); on Azure Repos only a build validation \
             policy of the branch builds pull requests"
        ));
    }
    place
}
