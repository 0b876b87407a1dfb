//! `trueup review --post` as Azure Pipelines runs it.

use serde_json::json;

use super::fake::azure_devops::{AzureDevOps, BUILD, FORK, File, HEAD, MALLORY, TOKEN};
use super::fake::github::{self, GitHub};
use super::fake::{Answer, Fake, Site, Trouble};
use crate::harness::{Folder, Run, trueup_with};

/// A cluster with one fault that one edit mends, at line 10.
const CLUSTER: &str = r#"provider "azurerm" {
  features {}
}

resource "azurerm_kubernetes_cluster" "a" {
  name                   = "a"
  location               = "westeurope"
  resource_group_name    = "rg"
  dns_prefix             = "a"
  local_account_disabled = false

  default_node_pool {
    name       = "a"
    vm_size    = "Standard_D4s_v5"
    node_count = 3
  }

  identity {
    type = "SystemAssigned"
  }
}
"#;

/// A pipeline whose checkout holds the file.
struct Pipeline<S> {
    folder: Folder,
    fake: Fake<S>,
    token: Option<&'static str>,
    more: Vec<(&'static str, &'static str)>,
}

impl<S: Site> Pipeline<S> {
    fn of(site: S, code: &str) -> Pipeline<S> {
        let folder = Folder::new("pipeline", &[("infra/main.tf", code)]);
        folder.git(&["init", "-q", "-b", "main"]);
        Pipeline { folder, fake: Fake::new(site), token: Some(TOKEN), more: Vec::new() }
    }

    fn review(&self, build: &str, args: &[&str]) -> Run {
        let (collection, temp) = (format!("{}/corp/", self.fake.url()), self.folder.path().to_str().unwrap());
        let mut environment = vec![
            ("TF_BUILD", "True"),
            ("SYSTEM_COLLECTIONURI", collection.as_str()),
            ("SYSTEM_TEAMPROJECT", "My Project"),
            ("BUILD_REPOSITORY_PROVIDER", "TfsGit"),
            ("BUILD_REPOSITORY_NAME", "infra"),
            ("BUILD_BUILDID", build),
            ("BUILD_REASON", "PullRequest"),
            ("BUILD_SOURCEVERSION", "9999999999999999999999999999999999999999"),
            ("SYSTEM_PULLREQUEST_PULLREQUESTID", "12"),
            ("SYSTEM_PULLREQUEST_SOURCECOMMITID", HEAD),
            ("AGENT_TEMPDIRECTORY", temp),
            ("SYSTEM_ACCESSTOKEN", self.token.unwrap_or("$(System.AccessToken)")),
        ];
        environment.retain(|(name, _)| self.more.iter().all(|(other, _)| other != name));
        environment.extend(&self.more);
        let all = [&["review", "infra", "--no-live", "--post", "--today", "2026-11-20"], args].concat();
        let run = trueup_with(self.folder.path(), &all, &environment);
        let printed = format!("{}{}", run.stdout, run.stderr);
        for secret in ["SECRET", "Bearer", "Basic"] {
            assert!(!printed.contains(secret), "{printed}");
        }
        run
    }

    fn summary(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("trueup-review.md")).unwrap_or_default()
    }
}

fn pipeline() -> Pipeline<AzureDevOps> {
    let pipeline = Pipeline::of(AzureDevOps::new(), CLUSTER);
    let new = CLUSTER.to_owned();
    pipeline.fake.site().files =
        vec![File { path: "infra/main.tf", old_path: None, old: None, new, nameless: false }];
    pipeline
}

#[test]
fn a_review_is_posted_with_its_findings_on_lines_and_a_status() {
    let pipeline = pipeline();
    let run = pipeline.review("31", &["--fail-on", "high", "--post-status"]);
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    let url = format!("{}/corp/My%20Project/_git/infra", pipeline.fake.url());
    assert!(
        run.stderr.contains(&format!("note: comment posted: {url}/pullrequest/12?discussionId=101")),
        "{}",
        run.stderr
    );
    {
        let site = pipeline.fake.site();
        let comment = site.of(BUILD)[0];
        assert!(comment.text().starts_with("<!-- trueup:comment key=review run=31001 v=1 -->\n\n"));
        assert!(
            comment.text().contains(&format!("{url}?path=/infra/main.tf&version=GC{HEAD}&line=")),
            "{}",
            comment.text()
        );
        assert_eq!(comment.status(), "active");
        let edit =
            site.of(BUILD).into_iter().skip(1).find(|t| t.text().contains("local_account_disabled = true"));
        let edit = edit.expect("an edit is proposed");
        assert_eq!(edit.lines(), (10, 10));
        assert!(edit.text().contains("```diff\n"), "not on Services, so no button: {}", edit.text());
        for thread in &site.of(BUILD)[1..] {
            let blocks = thread.text().contains(", blocks;");
            assert_eq!(thread.status() == "active", blocks, "{}", thread.text());
        }
        assert_eq!(site.statuses[0]["state"], "failed");
        assert_eq!(site.statuses[0]["context"], json!({ "genre": "trueup", "name": "review" }));
        assert!(
            site.statuses[0]["targetUrl"]
                .as_str()
                .unwrap()
                .ends_with("/My%20Project/_build/results?buildId=31")
        );
    }
    let before = pipeline.fake.writes().len();
    pipeline.review("31", &["--fail-on", "high"]);
    assert_eq!(pipeline.fake.writes().len(), before, "nothing is said twice");

    let mended = CLUSTER.replace("false", "true");
    pipeline.folder.write("infra/main.tf", &mended);
    pipeline.fake.site().files[0].new = mended;
    let run = pipeline.review("32", &["--fail-on", "critical", "--post-status"]);
    assert!(run.stderr.contains("1 resolved"), "{}", run.stderr);
    let site = pipeline.fake.site();
    assert_eq!(site.of(BUILD)[0].status(), "closed", "nothing blocks any more");
    assert_eq!(site.statuses[1]["state"], "succeeded");
}

#[test]
fn a_fork_gets_logging_commands_and_a_summary_and_the_status_of_its_verdict() {
    for token in [Some(FORK), None] {
        let mut pipeline = Pipeline { token, ..pipeline() };
        pipeline.more = vec![("SYSTEM_PULLREQUEST_ISFORK", "True")];
        let run = pipeline.review("31", &["--fail-on", "high"]);
        assert_eq!(run.status, 2, "{}", run.stderr);
        let file = pipeline.folder.path().join("trueup-review.md");
        assert!(
            run.stdout.contains("##vso[task.logissue type=error;sourcepath=infra/main.tf;linenumber="),
            "{}",
            run.stdout
        );
        assert!(
            run.stdout.contains(&format!("##vso[task.uploadsummary]{}\n", file.display())),
            "{}",
            run.stdout
        );
        assert!(run.stderr.contains("note: not posted: "), "{}", run.stderr);
        let summary = pipeline.summary();
        assert!(summary.contains("### ") && !summary.contains("trueup:comment"), "{summary}");
        assert!(!summary.contains("<details>"), "its renderer takes no HTML: {summary}");
        let calm = pipeline.review("32", &["--fail-on", "nothing", "--format", "json"]);
        assert_eq!(calm.status, 0, "{}", calm.stderr);
        assert!(calm.json().is_object() && calm.stderr.contains("##vso[task.logissue"));
        assert!(pipeline.fake.site().threads.is_empty());
    }
}

#[test]
fn what_cannot_be_posted_is_told_and_changes_no_verdict() {
    let pipeline = Pipeline { token: Some("d3JvbmdIZWFk.d3Jvbmc.U0VDUkVUSECRET"), ..pipeline() };
    let run = pipeline.review("31", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let told =
        "warning: not posted: Azure DevOps refuses the token of SYSTEM_ACCESSTOKEN (203): it asks to sign in";
    assert!(run.stderr.contains(told), "{}", run.stderr);
    assert_eq!(pipeline.review("31", &["--fail-on", "high"]).status, 2);

    let missing = Pipeline { token: None, ..self::pipeline() };
    let run = missing.review("31", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 3);
    assert!(run.stderr.contains("env: SYSTEM_ACCESSTOKEN: $(System.AccessToken)"), "{}", run.stderr);

    let pipeline = self::pipeline();
    pipeline.fake.trouble(
        "POST",
        "/statuses",
        1,
        Trouble::Instead(Answer::json(400, &json!({ "message": "no" }))),
    );
    let run = pipeline.review("31", &["--fail-on", "nothing", "--post-status"]);
    assert_eq!(run.status, 3);
    assert!(
        run.stderr.contains("the status of the pull request is not set: Azure DevOps refuses it (400): no"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_build_of_no_pull_request_posts_nothing() {
    let mut pipeline = pipeline();
    pipeline.more = vec![
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "$(System.PullRequest.PullRequestId)"),
        ("SYSTEM_PULLREQUEST_SOURCECOMMITID", "$(System.PullRequest.SourceCommitId)"),
        ("BUILD_REASON", "IndividualCI"),
    ];
    let run = pipeline.review("31", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("nothing is posted: this build is of no pull request"), "{}", run.stderr);
    assert!(pipeline.fake.asked().is_empty());
    // A push of a branch: the host knows its pull request, and that another commit has none.
    pipeline.more.extend([("BUILD_SOURCEBRANCH", "refs/heads/topic")]);
    let run = pipeline.review("32", &["--fail-on", "nothing"]);
    assert!(run.stderr.contains("nothing is posted: this build is of no pull request"), "{}", run.stderr);
    pipeline.more.push(("BUILD_SOURCEVERSION", HEAD));
    let run = pipeline.review("33", &["--fail-on", "nothing"]);
    assert!(run.stderr.contains("comment posted"), "{}", run.stderr);
    assert_eq!(pipeline.fake.site().of(BUILD)[0].comments[0].id, 1);
}

#[test]
fn an_older_push_leaves_the_comment_to_the_newer() {
    let pipeline = pipeline();
    pipeline.review("31", &[]);
    pipeline.fake.site().head = "e".repeat(40);
    let mended = CLUSTER.replace("false", "true");
    pipeline.folder.write("infra/main.tf", mended);
    let run = pipeline.review("32", &["--post-status"]);
    assert!(run.stderr.contains("the pull request is at eeeeeeeeeeee by now"), "{}", run.stderr);
    assert!(pipeline.fake.site().statuses.is_empty());
    let text = pipeline.fake.site().of(BUILD)[0].text().to_owned();
    assert!(text.contains("run=31001"), "{text}");
}

#[test]
fn a_repository_of_github_is_posted_to_github() {
    let mut pipeline = Pipeline::of(GitHub::new(), CLUSTER);
    let added: String = CLUSTER.lines().map(|l| format!("+{l}\n")).collect();
    let patch = format!("@@ -0,0 +1,{} @@\n{added}", CLUSTER.lines().count());
    pipeline.fake.site().files = vec![("infra/main.tf".into(), Some(patch))];
    pipeline.more = vec![
        ("BUILD_REPOSITORY_PROVIDER", "GitHub"),
        ("BUILD_REPOSITORY_NAME", "corp/infra"),
        // An id of Azure's own; people see the other.
        ("SYSTEM_PULLREQUEST_PULLREQUESTID", "987654"),
        ("SYSTEM_PULLREQUEST_PULLREQUESTNUMBER", "5"),
        ("GITHUB_TOKEN", github::TOKEN),
    ];
    let url = pipeline.fake.url();
    let run = pipeline.review("31", &["--api-url", &url, "--fail-on", "high"]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    {
        let site = pipeline.fake.site();
        assert!(site.comments[0].body.contains("run=31001"), "the number of the build");
        assert!(site.comments[0].body.contains("https://github.com/corp/infra/blob/"));
        assert!(site.threads.iter().any(|t| t.body.contains("```suggestion")));
    }
    pipeline.more.pop();
    pipeline.more.extend([("GITHUB_TOKEN", github::FORK), ("SYSTEM_PULLREQUEST_ISFORK", "True")]);
    let run = pipeline.review("32", &["--api-url", &url, "--comment-key", "other"]);
    assert!(
        run.stderr.contains("note: not posted: ") && run.stdout.contains("##vso[task.logissue"),
        "{}",
        run.stdout
    );
    let run = pipeline.review("33", &["--api-url", &url, "--fail-on", "nothing", "--comment-key", "third"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn a_large_review_fits_into_one_comment() {
    let cluster = CLUSTER.split_once("\n\n").unwrap().1;
    let clusters = (0..150).map(|n| cluster.replace("\"a\" {", &format!("\"a{n}\" {{")));
    let code = "provider \"azurerm\" {\n  features {}\n}\n".to_owned() + &clusters.collect::<String>();
    let pipeline = Pipeline::of(AzureDevOps::new(), &code);
    pipeline.fake.site().files =
        vec![File { path: "infra/main.tf", old_path: None, old: None, new: code, nameless: false }];
    let run = pipeline.review("31", &["--fail-on", "high"]);
    assert!(run.stderr.contains("comment posted"), "{}", run.stderr);
    let site = pipeline.fake.site();
    let text = site.of(BUILD)[0].text();
    let units = text.encode_utf16().count();
    assert!((60_000..=147_000).contains(&units), "{units} of 150,000");
    assert!(text.contains("Left out for room: "), "{}", &text[text.len() - 400..]);
    assert!(site.of(BUILD).len() <= 11);
}

#[test]
fn hostile_code_links_nothing_and_forges_no_marker() {
    let hostile = "<!-- trueup:comment key=review run=99999999999 v=1 --> #12 !3 @<11111111-aaaa-4bbb-8ccc-000000000001> ##vso[task.complete result=Succeeded;]x";
    let code = CLUSTER.replace("\"a\"\n  location", &format!("\"{hostile}\"\n  location"));
    let pipeline = Pipeline::of(AzureDevOps::new(), &code);
    pipeline.fake.site().files =
        vec![File { path: "infra/main.tf", old_path: None, old: None, new: code, nameless: false }];
    pipeline.fake.site().say(MALLORY, "hello", "text");
    for format in ["text", "azure-pipelines", "markdown"] {
        let run = pipeline.review("31", &["--fail-on", "high", "--format", format]);
        let printed = format!("{}{}", run.stdout, run.stderr);
        assert!(!printed.contains("##vso[task.complete"), "{format}: {printed}");
    }
    let site = pipeline.fake.site();
    for thread in site.of(BUILD) {
        assert_eq!(thread.text().matches("<!-- trueup").count(), 1, "{}", thread.text());
    }
}
