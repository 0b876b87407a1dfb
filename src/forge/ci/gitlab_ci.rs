//! GitLab CI.

use super::{Ci, Environment, HostKind, Place, RunOf};

pub(super) fn place(environment: &Environment) -> Place {
    let web = environment.text("CI_SERVER_URL");
    // A fork's pipeline runs in the fork: the merge request is in the project it goes to.
    let target = environment.text("CI_MERGE_REQUEST_PROJECT_PATH");
    let ids =
        ["CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID"].map(|n| environment.get(n));
    let target = target.or_else(|| ids[1].map(str::to_owned));
    let mut place = Place {
        ci: Some(Ci::GitlabCi),
        host: Some(HostKind::GitLab),
        web,
        api: environment.text("CI_API_V4_URL"),
        graphql: environment.text("CI_API_GRAPHQL_URL"),
        repository: target.or_else(|| environment.text("CI_PROJECT_PATH")),
        pull_request: environment.number("CI_MERGE_REQUEST_IID"),
        base: environment
            .commit("CI_MERGE_REQUEST_DIFF_BASE_SHA")
            .or_else(|| environment.text("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")),
        public: environment.get("CI_PROJECT_VISIBILITY").map(|v| v == "public"),
        fork: ids[0].is_some() && ids[0] != ids[1],
        // A job that is started again stays in its pipeline, whose code it runs.
        run: RunOf {
            number: environment.number("CI_PIPELINE_ID").unwrap_or_default(),
            url: environment.text("CI_JOB_URL").or_else(|| environment.text("CI_PIPELINE_URL")),
        },
        ..Place::default()
    };
    place.head = match environment.get("CI_MERGE_REQUEST_EVENT_TYPE") {
        // The commit of the run is a merge that GitLab made.
        Some("merged_result" | "merge_train") => environment.commit("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA"),
        _ => environment.commit("CI_COMMIT_SHA"),
    };
    if place.pull_request.is_none() {
        of_branch(&mut place, environment);
    }
    // The visibility is that of the project whose pipeline it is: of a fork it says nothing about the target.
    place.public = place.public.filter(|_| !place.fork);
    place
}

/// A pipeline of a branch names up to four merge requests that are open for it.
fn of_branch(place: &mut Place, environment: &Environment) {
    let open = environment.get("CI_OPEN_MERGE_REQUESTS").unwrap_or_default();
    let open: Vec<&str> = open.split(',').map(str::trim).filter(|o| !o.is_empty()).collect();
    match open.as_slice() {
        [one] => {
            if let Some((project, Ok(number))) = one.rsplit_once('!').map(|(p, n)| (p, n.parse())) {
                place.fork = environment.get("CI_PROJECT_PATH").is_some_and(|p| p != project);
                place.repository = Some(project.to_owned());
                place.pull_request = Some(number);
            }
        }
        [] => {
            let source = environment.get("CI_PIPELINE_SOURCE").unwrap_or("unknown");
            place.no_pull_request = Some(format!(
                "this pipeline (source: {source}) is of no merge request; a job runs in those with `rules: - if: \
                 $CI_PIPELINE_SOURCE == \"merge_request_event\"`"
            ));
        }
        several => {
            place.no_pull_request =
                Some(format!("several merge requests are open for this branch ({})", several.join(", ")));
        }
    }
}
