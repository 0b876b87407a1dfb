//! GitHub Actions: the event file says more than the variables.

use serde_json::Value as Json;

use super::environment::commit;
use super::{Ci, Environment, HostKind, Place, RunOf, Summary};

/// Attempts of one run that are told apart: the number of a run is its id and its attempt, so that what is
/// started again counts as newer than it was, and older than later runs.
const ATTEMPTS: u64 = 1000;

pub(super) fn place(environment: &Environment, event: Option<&Json>) -> Place {
    let web = environment.text("GITHUB_SERVER_URL");
    let repository = environment.text("GITHUB_REPOSITORY");
    let id = environment.number("GITHUB_RUN_ID");
    let attempt = environment.number("GITHUB_RUN_ATTEMPT").unwrap_or(1);
    let page = |id: u64| Some(format!("{}/{}/actions/runs/{id}", web.as_deref()?, repository.as_deref()?));
    // Runners of Gitea and Forgejo set the same variables and speak another API.
    let is_github =
        environment.get("GITEA_ACTIONS").is_none() && environment.get("FORGEJO_ACTIONS").is_none();
    let mut place = Place {
        ci: Some(Ci::GithubActions),
        host: is_github.then_some(HostKind::GitHub),
        api: environment.text("GITHUB_API_URL"),
        graphql: environment.text("GITHUB_GRAPHQL_URL"),
        run: RunOf {
            number: id.map_or(0, |id| id.saturating_mul(ATTEMPTS) + attempt.min(ATTEMPTS - 1)),
            url: id.and_then(page),
        },
        summary: environment.text("GITHUB_STEP_SUMMARY").map(Summary::Append),
        web,
        repository,
        ..Place::default()
    };
    let name = environment.get("GITHUB_EVENT_NAME").unwrap_or_default();
    let Some(event) = event else {
        // `refs/pull/N/merge` still says the number.
        let of_ref = environment.get("GITHUB_REF").and_then(|r| r.strip_prefix("refs/pull/"));
        place.pull_request = of_ref.and_then(|r| r.split('/').next()?.parse().ok());
        place.base = environment.text("GITHUB_BASE_REF");
        place.no_pull_request = Some("the event file of GitHub Actions cannot be read".to_owned());
        return place;
    };
    // What is internal is private.
    place.public = event.pointer("/repository/private").and_then(Json::as_bool).map(|private| !private);
    match name {
        "issue_comment" => of_comment(&mut place, event),
        "workflow_run" => of_workflow(&mut place, event),
        "merge_group" => {
            place.head = text(event, "/merge_group/head_sha").and_then(commit);
            place.base = text(event, "/merge_group/base_sha").and_then(commit);
            place.no_pull_request = Some("a merge queue tests several pull requests at once".to_owned());
        }
        "push" => {
            // The host knows whether there is a pull request of this commit.
            place.head = text(event, "/after").and_then(commit);
            place.no_pull_request = Some("the event `push` names no pull request".to_owned());
        }
        // `pull_request`, `pull_request_target`, and reviews of them.
        _ if event.get("pull_request").is_some_and(Json::is_object) => of_pull_request(&mut place, event),
        other => place.no_pull_request = Some(format!("the event `{other}` is about no pull request")),
    }
    place
}

fn of_pull_request(place: &mut Place, event: &Json) {
    place.pull_request = event.pointer("/pull_request/number").and_then(Json::as_u64);
    place.head = text(event, "/pull_request/head/sha").and_then(commit);
    place.base = text(event, "/pull_request/base/sha").and_then(commit);
    // `head.repo.fork` would be true as well where the base is itself a fork; a deleted fork is null.
    let name = |side: &str| text(event, &format!("/pull_request/{side}/repo/full_name"));
    place.fork = name("head") != name("base");
}

fn of_comment(place: &mut Place, event: &Json) {
    if event.pointer("/issue/pull_request").is_some_and(Json::is_object) {
        place.pull_request = event.pointer("/issue/number").and_then(Json::as_u64);
    } else {
        place.no_pull_request = Some("the comment is on an issue, not on a pull request".to_owned());
    }
}

fn of_workflow(place: &mut Place, event: &Json) {
    place.head = text(event, "/workflow_run/head_sha").and_then(commit);
    // The list is empty for pull requests of forks, and names those of other repositories too.
    let all = event.pointer("/workflow_run/pull_requests").and_then(Json::as_array);
    let numbers: Vec<u64> = all.into_iter().flatten().filter_map(|p| p.get("number")?.as_u64()).collect();
    match numbers.as_slice() {
        [one] => place.pull_request = Some(*one),
        [] => {
            place.no_pull_request =
                Some("the workflow that ran names no pull request (a fork's never does)".into())
        }
        _ => place.no_pull_request = Some("the workflow that ran names several pull requests".into()),
    }
    // No fork, whoever the change came from: the token is that of the repository.
}

fn text<'j>(event: &'j Json, pointer: &str) -> Option<&'j str> {
    event.pointer(pointer)?.as_str()
}
