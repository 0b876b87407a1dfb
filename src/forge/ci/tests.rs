use serde_json::{Value as Json, json};

use super::*;

fn find(variables: &[(&str, &str)], event: Option<&Json>) -> Place {
    Place::find(&variables.iter().copied().collect(), event)
}

/// Host, repository, number, head, base, fork.
fn short(place: &Place) -> String {
    let text = |t: &Option<String>| t.clone().unwrap_or_else(|| "-".to_owned());
    let host = place.host.map_or("-", HostKind::name);
    let number = place.pull_request.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let fork = if place.fork { " fork" } else { "" };
    format!("{host} {} {number} {} {}{fork}", text(&place.repository), text(&place.head), text(&place.base))
}

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const M: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";
const ZERO: &str = "0000000000000000000000000000000000000000";

const GITHUB: &[(&str, &str)] = &[
    ("CI", "true"),
    ("GITHUB_ACTIONS", "true"),
    ("GITHUB_SERVER_URL", "https://github.com"),
    ("GITHUB_API_URL", "https://api.github.com"),
    ("GITHUB_REPOSITORY", "o/r"),
    ("GITHUB_RUN_ID", "77"),
    ("GITHUB_RUN_ATTEMPT", "2"),
    ("GITHUB_SHA", M),
    ("GITHUB_REF", "refs/pull/5/merge"),
    ("GITHUB_STEP_SUMMARY", "/tmp/s"),
];

fn github(event: &str, file: &Json) -> Place {
    let mut variables = GITHUB.to_vec();
    variables.push(("GITHUB_EVENT_NAME", event));
    find(&variables, Some(file))
}

#[test]
fn github_actions_is_read_from_its_event() {
    let pull = |head: Json| {
        json!({ "pull_request": { "number": 5,
        "head": { "sha": A, "repo": head }, "base": { "sha": B, "repo": { "full_name": "o/r", "fork": true } } } })
    };
    let own = pull(json!({ "full_name": "o/r", "fork": true }));
    let place = github("pull_request", &own);
    assert_eq!(short(&place), format!("GitHub o/r 5 {A} {B}"));
    assert_eq!(place.run.number, 77_002);
    assert_eq!(place.run.url.as_deref(), Some("https://github.com/o/r/actions/runs/77"));
    assert_eq!((place.summary, place.public), (Some(Summary::Append("/tmp/s".into())), None));
    let open = json!({ "repository": { "private": false, "visibility": "public" } });
    assert_eq!(github("schedule", &open).public, Some(true));
    for (event, file, expected) in [
        ("pull_request_target", own.clone(), format!("GitHub o/r 5 {A} {B}")),
        ("pull_request", pull(json!({ "full_name": "x/r" })), format!("GitHub o/r 5 {A} {B} fork")),
        ("pull_request", pull(Json::Null), format!("GitHub o/r 5 {A} {B} fork")),
        ("issue_comment", json!({ "issue": { "number": 8, "pull_request": {} } }), "GitHub o/r 8 - -".into()),
        ("issue_comment", json!({ "issue": { "number": 8 } }), "GitHub o/r - - -".into()),
        ("push", json!({ "before": ZERO, "after": A }), format!("GitHub o/r - {A} -")),
        ("push", json!({ "before": A, "after": ZERO }), "GitHub o/r - - -".into()),
        ("schedule", json!({}), "GitHub o/r - - -".into()),
        (
            "merge_group",
            json!({ "merge_group": { "head_sha": A, "base_sha": B } }),
            format!("GitHub o/r - {A} {B}"),
        ),
        (
            "workflow_run",
            json!({ "workflow_run": { "head_sha": A, "pull_requests": [{ "number": 9 }] } }),
            format!("GitHub o/r 9 {A} -"),
        ),
        (
            "workflow_run",
            json!({ "workflow_run": { "head_sha": A, "pull_requests": [] } }),
            format!("GitHub o/r - {A} -"),
        ),
    ] {
        let place = github(event, &file);
        assert_eq!(short(&place), expected, "{event}");
        assert_eq!(place.pull_request.is_none(), place.no_pull_request.is_some(), "{event}");
    }
    // Without the event file the reference still says the number; a merge is no head.
    assert_eq!(short(&find(GITHUB, None)), "GitHub o/r 5 - -");
    let gitea: Vec<_> = GITHUB.iter().copied().chain([("GITEA_ACTIONS", "true")]).collect();
    assert_eq!(find(&gitea, Some(&own)).host, None);
}

#[test]
fn azure_pipelines_builds_repositories_of_several_hosts() {
    let base = [
        ("TF_BUILD", "True"),
        ("SYSTEM_COLLECTIONURI", "https://dev.azure.com/org/"),
        ("SYSTEM_TEAMPROJECT", "My Project"),
        ("BUILD_REPOSITORY_NAME", "infra"),
        ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
        ("BUILD_BUILDID", "31"),
        ("BUILD_REASON", "PullRequest"),
        ("BUILD_SOURCEVERSION", M),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "12"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", A),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        find(&base.iter().chain(more).copied().collect::<Vec<_>>(), None)
    };
    let place = with(&[]);
    assert_eq!(short(&place), format!("Azure DevOps My Project/infra 12 {A} main"));
    assert_eq!(place.page().unwrap(), "https://dev.azure.com/org/My Project/_git/infra");
    assert_eq!(
        place.run.url.as_deref(),
        Some("https://dev.azure.com/org/My%20Project/_build/results?buildId=31")
    );
    assert!(with(&[("SYSTEM_PULLREQUEST_ISFORK", "True")]).fork);
    let elsewhere =
        [("BUILD_REPOSITORY_URI", "https://org@dev.azure.com/org/Sh%C3%A4red%20Code/_git/modules")];
    assert_eq!(with(&elsewhere).repository.as_deref(), Some("Sh\u{e4}red Code/modules"));
    let unset = [
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "$(System.PullRequest.PullRequestId)"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "$(System.PullRequest.TargetBranch)"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "$(System.PullRequest.SourceCommitId)"),
        ("BUILD_REASON", "IndividualCI"),
    ];
    let place = with(&unset);
    assert_eq!(short(&place), "Azure DevOps My Project/infra - - -");
    assert!(place.no_pull_request.unwrap().contains("IndividualCI"));
    let push = |more: &[(&'static str, &'static str)]| {
        with(&[&unset[..], &[("BUILD_SOURCEBRANCH", "refs/heads/topic")], more].concat()).head
    };
    assert_eq!(push(&[]).as_deref(), Some(M), "the host is asked for the pull request of it");
    assert_eq!(push(&[("BUILD_REASON", "Schedule")]), None);
    let hub = [
        ("BUILD_REPOSITORY_PROVIDER", "GitHub"),
        ("BUILD_REPOSITORY_NAME", "o/r"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "987654"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "7"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "main"),
    ];
    let place = with(&hub);
    assert_eq!(short(&place), format!("GitHub o/r 7 {A} main"));
    assert_eq!(place.api_root().unwrap(), "https://api.github.com");
    let server = [
        ("BUILD_REPOSITORY_PROVIDER", "GitHubEnterprise"),
        ("BUILD_REPOSITORY_URI", "https://git.corp.example/o/r.git"),
        ("BUILD_REPOSITORY_NAME", "o/r"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "7"),
    ];
    let place = with(&server);
    assert_eq!(short(&place), format!("GitHub o/r 7 {A} main"));
    assert_eq!(place.api_root().unwrap(), "https://git.corp.example/api/v3");
}

#[test]
fn gitlab_knows_merges_forks_and_branches() {
    let base = [
        ("GITLAB_CI", "true"),
        ("CI_SERVER_URL", "https://gl.example"),
        ("CI_API_V4_URL", "https://gl.example/api/v4"),
        ("CI_PROJECT_PATH", "group/sub/proj"),
        ("CI_PIPELINE_ID", "400"),
        ("CI_COMMIT_SHA", A),
    ];
    let request = [
        ("CI_MERGE_REQUEST_IID", "3"),
        ("CI_MERGE_REQUEST_ID", "99999"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "10"),
        ("CI_MERGE_REQUEST_PROJECT_PATH", "group/sub/proj"),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "10"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", B),
        ("CI_MERGE_REQUEST_EVENT_TYPE", "detached"),
        ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", ""),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        find(&base.iter().chain(more).copied().collect::<Vec<_>>(), None)
    };
    assert_eq!(short(&with(&request)), format!("GitLab group/sub/proj 3 {A} {B}"));
    let merged = [
        &request[..],
        &[
            ("CI_COMMIT_SHA", M),
            ("CI_MERGE_REQUEST_EVENT_TYPE", "merged_result"),
            ("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", A),
        ],
    ]
    .concat();
    assert_eq!(short(&with(&merged)), format!("GitLab group/sub/proj 3 {A} {B}"));
    let fork =
        [&request[..], &[("CI_PROJECT_PATH", "someone/proj"), ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "22")]]
            .concat();
    assert_eq!(short(&with(&fork)), format!("GitLab group/sub/proj 3 {A} {B} fork"));
    let one = with(&[("CI_OPEN_MERGE_REQUESTS", "group/sub/proj!12")]);
    assert_eq!(short(&one), format!("GitLab group/sub/proj 12 {A} -"));
    let several = with(&[("CI_OPEN_MERGE_REQUESTS", "group/sub/proj!12,group/sub/proj!13")]);
    assert_eq!(several.pull_request, None);
    assert!(several.no_pull_request.unwrap().contains("proj!13"));
    assert!(with(&[("CI_PIPELINE_SOURCE", "schedule")]).no_pull_request.unwrap().contains("schedule"));
}

#[test]
fn the_other_systems() {
    let bitbucket = [
        ("BITBUCKET_BUILD_NUMBER", "6"),
        ("BITBUCKET_REPO_FULL_NAME", "ws/slug"),
        ("BITBUCKET_COMMIT", A),
        ("BITBUCKET_PR_ID", "4"),
        ("BITBUCKET_PR_DESTINATION_COMMIT", "bbbbbbbbbbbb"),
    ];
    assert_eq!(short(&find(&bitbucket, None)), format!("Bitbucket ws/slug 4 {A} bbbbbbbbbbbb"));
    assert!(find(&bitbucket[..3], None).no_pull_request.unwrap().contains("pull-requests:"));

    let circle = [
        ("CIRCLECI", "true"),
        ("CIRCLE_SHA1", A),
        ("CIRCLE_PULL_REQUEST", "https://github.com/o/r/pull/17"),
        ("CIRCLE_REPOSITORY_URL", "git@github.com:o/r.git"),
        ("CIRCLE_BUILD_NUM", "5"),
    ];
    assert_eq!(short(&find(&circle, None)), format!("GitHub o/r 17 {A} -"));
    let several = [
        &circle[..],
        &[("CIRCLE_PULL_REQUESTS", "https://github.com/o/r/pull/17,https://github.com/o/r/pull/18")],
    ]
    .concat();
    assert_eq!(short(&find(&several, None)), format!("GitHub o/r - {A} -"));
    let fork = [&circle[..], &[("CIRCLE_PR_NUMBER", "17")]].concat();
    assert!(find(&fork, None).fork);

    let jenkins = [
        ("JENKINS_URL", "https://j/"),
        ("BUILD_NUMBER", "8"),
        ("GIT_COMMIT", M),
        ("CHANGE_ID", "12"),
        ("CHANGE_TARGET", "main"),
        ("CHANGE_URL", "https://bb.corp/ctx/projects/KEY/repos/slug/pull-requests/12/overview"),
    ];
    let place = find(&jenkins, None);
    assert_eq!(short(&place), "Bitbucket Data Center KEY/slug 12 - main");
    assert_eq!(place.api_root().unwrap(), "https://bb.corp/ctx/rest/api/latest");
    assert_eq!(place.page().unwrap(), "https://bb.corp/ctx/projects/KEY/repos/slug");
    let builder = [
        ("JENKINS_URL", "https://j/"),
        ("ghprbPullId", "3"),
        ("ghprbActualCommit", A),
        ("ghprbTargetBranch", "main"),
        ("GIT_URL", "https://github.example.com/o/r.git"),
    ];
    assert_eq!(short(&find(&builder, None)), format!("GitHub o/r 3 {A} main"));
    assert_eq!(short(&find(&[("CI", "true")], None)), "- - - - -");
}

#[test]
fn flags_count_more_than_the_environment() {
    let jenkins = [("JENKINS_URL", "https://j/"), ("BUILD_URL", "https://j/8"), ("GIT_COMMIT", M)];
    let said = Said {
        host: Some(HostKind::GitLab),
        web: Some("https://gl.example/".into()),
        repository: Some("g/p".into()),
        pull_request: Some(4),
        commit: Some(A.to_uppercase()),
        ..Said::default()
    };
    let place = find(&jenkins, None).overridden(said, Some("https://github.com/x/y"));
    assert_eq!(short(&place), format!("GitLab g/p 4 {A} -"));
    assert_eq!(place.api_root().unwrap(), "https://gl.example/api/v4");
    assert_eq!(place.run.url.as_deref(), Some("https://j/8"));
    // A clone address fills what is missing.
    let place = find(&[], None)
        .overridden(Said { pull_request: Some(4), ..Said::default() }, Some("git@github.com:o/r.git"));
    assert_eq!(short(&place), "GitHub o/r 4 - -");
    // Another pull request is not that of the run's commit.
    let event = json!({ "pull_request": { "number": 5, "head": { "sha": A }, "base": { "sha": B } } });
    let place = github("pull_request", &event);
    let other = place.clone().overridden(Said { pull_request: Some(6), ..Said::default() }, None);
    assert_eq!(short(&other), "GitHub o/r 6 - -");
    let other = place.overridden(Said { repository: Some("o/other".into()), ..Said::default() }, None);
    assert_eq!(short(&other), "GitHub o/other - - -");
    assert_eq!(other.api.as_deref(), Some("https://api.github.com"));
}

#[test]
fn addresses_of_repositories() {
    let read = |address: &str| {
        let remote = Remote::parse(address).unwrap_or_else(|| panic!("{address}"));
        format!("{} {} {}", remote.host.map_or("-", HostKind::name), remote.web, remote.repository)
    };
    for (address, expected) in [
        ("https://github.com/o/r.git", "GitHub https://github.com o/r"),
        ("git@github.com:o/r.git", "GitHub https://github.com o/r"),
        ("https://user:secret@sub.ghe.com/o/r", "GitHub https://sub.ghe.com o/r"),
        (
            "https://dev.azure.com/org/My%20Project/_git/repo",
            "Azure DevOps https://dev.azure.com/org My Project/repo",
        ),
        ("https://org@dev.azure.com/org/proj/_git/repo", "Azure DevOps https://dev.azure.com/org proj/repo"),
        ("https://dev.azure.com/org/_git/same", "Azure DevOps https://dev.azure.com/org same/same"),
        ("git@ssh.dev.azure.com:v3/org/proj/repo", "Azure DevOps https://dev.azure.com/org proj/repo"),
        (
            "https://org.visualstudio.com/proj/_git/repo",
            "Azure DevOps https://org.visualstudio.com proj/repo",
        ),
        ("https://org.visualstudio.com/_git/same", "Azure DevOps https://org.visualstudio.com same/same"),
        (
            "https://org.visualstudio.com/DefaultCollection/proj/_git/repo",
            "Azure DevOps https://org.visualstudio.com/DefaultCollection proj/repo",
        ),
        ("https://host/tfs/Coll/proj/_git/repo", "Azure DevOps https://host/tfs/Coll proj/repo"),
        ("git@gitlab.com:group/sub/proj.git", "GitLab https://gitlab.com group/sub/proj"),
        ("https://bitbucket.org/ws/slug", "Bitbucket https://bitbucket.org ws/slug"),
        ("https://bb.corp/scm/KEY/slug.git", "Bitbucket Data Center https://bb.corp KEY/slug"),
        ("https://bb.corp/ctx/scm/~me/slug.git", "Bitbucket Data Center https://bb.corp/ctx ~me/slug"),
        ("ssh://git@bb.corp:7999/KEY/slug.git", "Bitbucket Data Center https://bb.corp KEY/slug"),
        ("https://git.corp.example/o/r.git", "- https://git.corp.example o/r"),
    ] {
        assert_eq!(read(address), expected, "{address}");
    }
    for address in ["/srv/git/repo.git", "file:///srv/repo", "https://github.com/alone", "C:\\repo", ""] {
        assert_eq!(Remote::parse(address), None, "{address}");
    }
    for (address, expected) in [
        ("https://gl.example/g/s/p/-/merge_requests/12", ("g/s/p", 12)),
        ("https://dev.azure.com/o/p/_git/r/pullrequest/7?_a=files", ("p/r", 7)),
        ("https://bitbucket.org/ws/s/pull-requests/3/diff", ("ws/s", 3)),
        ("https://bb/users/me/repos/s/pull-requests/3", ("~me/s", 3)),
        ("https://git.corp/o/r/pull/5/files", ("o/r", 5)),
    ] {
        let (remote, number) = remote::pull_request(address).unwrap();
        assert_eq!((remote.repository.as_str(), number), expected, "{address}");
    }
}

#[test]
fn a_token_is_that_of_its_host_and_is_not_shown() {
    let environment: Environment =
        [("GITHUB_TOKEN", "ghs_secret"), ("SYSTEM_ACCESSTOKEN", "$(System.AccessToken)")]
            .into_iter()
            .collect();
    let token = crate::forge::Token::find(&environment, HostKind::GitHub).unwrap();
    assert_eq!((token.variable(), token.secret()), ("GITHUB_TOKEN", "ghs_secret"));
    assert!(crate::forge::Token::find(&environment, HostKind::AzureDevOps).is_none());
    assert!(!format!("{token:?} {environment:?}").contains("ghs_secret"));
}
