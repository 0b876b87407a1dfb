//! Jenkins: plugins say what they know; the rest is for flags.

use super::{Ci, Environment, HostKind, Place, Remote, RunOf, remote};

pub(super) fn place(environment: &Environment) -> Place {
    let first = |names: [&str; 3]| names.into_iter().find_map(|name| environment.get(name));
    // Multibranch; the pull request builder of GitHub; the plugin of GitLab.
    let number = first(["CHANGE_ID", "ghprbPullId", "gitlabMergeRequestIid"]);
    let base = first(["CHANGE_TARGET", "ghprbTargetBranch", "gitlabTargetBranch"]);
    let mut place = Place {
        ci: Some(Ci::Jenkins),
        pull_request: number.and_then(|n| n.parse().ok()),
        base: base.map(str::to_owned),
        // `GIT_COMMIT` may be a merge that Jenkins made.
        head: environment
            .commit("ghprbActualCommit")
            .or_else(|| environment.commit("gitlabMergeRequestLastCommit")),
        fork: environment.get("CHANGE_FORK").is_some(),
        run: RunOf {
            number: environment.number("BUILD_NUMBER").unwrap_or_default(),
            url: environment.text("BUILD_URL"),
        },
        ..Place::default()
    };
    if let Some((remote, number)) = environment.get("CHANGE_URL").and_then(remote::pull_request) {
        place.pull_request = Some(number);
        place = place.of_remote(Some(remote));
    }
    if environment.get("ghprbPullId").is_some() {
        place.host = Some(HostKind::GitHub);
        place.repository = place.repository.or_else(|| environment.text("ghprbGhRepository"));
    }
    if environment.get("gitlabMergeRequestIid").is_some() {
        place.host = Some(HostKind::GitLab);
        place.repository = place.repository.or_else(|| environment.text("gitlabMergeRequestTargetProjectId"));
    }
    if place.pull_request.is_none() {
        place.no_pull_request = Some("Jenkins names no pull request".to_owned());
    }
    place.of_remote(environment.get("GIT_URL").and_then(Remote::parse))
}
