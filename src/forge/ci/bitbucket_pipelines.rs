//! Bitbucket Pipelines, which is of Bitbucket Cloud only.

use super::{Ci, Environment, HostKind, Place, RunOf};

pub(super) fn place(environment: &Environment) -> Place {
    let repository = environment.text("BITBUCKET_REPO_FULL_NAME").or_else(|| {
        let part = |name| environment.get(name);
        Some(format!("{}/{}", part("BITBUCKET_WORKSPACE")?, part("BITBUCKET_REPO_SLUG")?))
    });
    let build = environment.number("BITBUCKET_BUILD_NUMBER").unwrap_or_default();
    let url =
        repository.as_ref().map(|name| format!("https://bitbucket.org/{name}/pipelines/results/{build}"));
    let pull_request = environment.number("BITBUCKET_PR_ID");
    Place {
        ci: Some(Ci::BitbucketPipelines),
        host: Some(HostKind::Bitbucket),
        web: Some("https://bitbucket.org".to_owned()),
        repository,
        no_pull_request: pull_request.is_none().then(|| {
            "this pipeline is of no pull request; only those of a `pull-requests:` section are".to_owned()
        }),
        pull_request,
        // The checkout has the destination merged into it; the commit is that of the source.
        head: environment.commit("BITBUCKET_COMMIT"),
        base: environment
            .commit("BITBUCKET_PR_DESTINATION_COMMIT")
            .or_else(|| environment.text("BITBUCKET_PR_DESTINATION_BRANCH")),
        // Pull requests of forks start no pipeline.
        run: RunOf { number: build, url },
        ..Place::default()
    }
}
