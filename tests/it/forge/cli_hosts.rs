//! `trueup review --post` as pipelines of GitLab and Bitbucket run it.

use trueup::forge::HostKind;

use super::cli::CLUSTER;
use super::common::{HEAD, Seen, Stand};
use super::fake::bitbucket::{self, Cloud};
use super::fake::gitlab::{self, GitLab};
use super::fake::{Answer, Fake, Trouble};
use crate::harness::{Folder, Run, trueup_with};

/// A checkout whose one file is new, and a host.
struct Pipeline<S: Stand> {
    folder: Folder,
    fake: Fake<S>,
}

impl<S: Stand> Pipeline<S> {
    fn new() -> Pipeline<S> {
        let folder = Folder::new("pipeline", &[("infra/main.tf", CLUSTER)]);
        folder.git(&["init", "-q", "-b", "main"]);
        let pipeline = Pipeline { folder, fake: Fake::new(S::fresh()) };
        pipeline.write(CLUSTER);
        pipeline
    }

    fn write(&self, code: &str) {
        self.folder.write("infra/main.tf", code);
        let added: String = code.lines().map(|l| format!("+{l}\n")).collect();
        self.fake.site().change(
            "infra/main.tf",
            None,
            &format!("@@ -0,0 +1,{} @@\n{added}", code.lines().count()),
        );
    }

    fn review(&self, environment: &[(&str, &str)], more: &[&str]) -> Run {
        let (url, host) = (self.fake.url(), "https://host.example");
        let ci: &[(&str, &str)] = match S::KIND {
            HostKind::GitLab => &[
                ("GITLAB_CI", "true"),
                ("CI_SERVER_URL", host),
                ("CI_API_V4_URL", &url),
                ("CI_PROJECT_ID", "12"),
                ("CI_PROJECT_PATH", gitlab::PROJECT),
                ("CI_MERGE_REQUEST_IID", "5"),
                ("CI_MERGE_REQUEST_PROJECT_ID", "12"),
                ("CI_MERGE_REQUEST_PROJECT_PATH", gitlab::PROJECT),
                ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "12"),
                ("CI_MERGE_REQUEST_EVENT_TYPE", "detached"),
                ("CI_COMMIT_SHA", HEAD),
                ("CI_PIPELINE_ID", "70"),
                ("CI_JOB_URL", "https://host.example/job/1"),
            ],
            _ => &[
                ("BITBUCKET_BUILD_NUMBER", "70"),
                ("BITBUCKET_REPO_FULL_NAME", bitbucket::REPOSITORY),
                ("BITBUCKET_PR_ID", "5"),
                ("BITBUCKET_COMMIT", HEAD),
                ("TRUEUP_API_URL", &url),
                ("TRUEUP_BITBUCKET_PROXY", &url),
            ],
        };
        let args = [&["review", "infra", "--no-live", "--post", "--today", "2026-11-20"], more].concat();
        let run = trueup_with(self.folder.path(), &args, &[ci, environment].concat());
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("SECRET") && !said.contains("Bearer"), "{said}");
        run
    }

    fn suggestion(&self) -> Seen {
        let seen = self.fake.site().seen();
        let edit = "  local_account_disabled = true";
        seen.into_iter().find(|t| t.body.contains(edit)).expect("an edit is proposed")
    }
}

const GATE: [&str; 2] = ["--fail-on", "high"];

#[test]
fn a_merge_request_gets_the_comment_and_suggestions() {
    let pipeline = Pipeline::<GitLab>::new();
    let token = [("GITLAB_TOKEN", gitlab::TOKEN), ("CI_JOB_TOKEN", gitlab::JOB)];
    let run = pipeline.review(&token, &GATE);
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains(
            "note: comment posted: https://gitlab.example/group/sub/infra/-/merge_requests/5#note_"
        ),
        "{}",
        run.stderr
    );
    let body = pipeline.fake.site().ours()[0].clone();
    assert!(body.starts_with("<!-- trueup:comment key=review run=70 v=1 -->\n\n"), "{body}");
    assert!(
        body.contains(&format!("https://host.example/group/sub/infra/-/blob/{HEAD}/infra/main.tf#L")),
        "{body}"
    );
    let edit = pipeline.suggestion();
    assert!(edit.body.contains("```suggestion:-0+0\n  local_account_disabled = true\n```"), "{}", edit.body);
    assert_eq!((edit.path.as_str(), edit.line), ("infra/main.tf", Some(10)));
    let again = pipeline.review(&token, &GATE);
    assert!(again.stderr.contains("the comment says the same already"), "{}", again.stderr);
}

#[test]
fn the_token_of_a_job_leaves_the_review_in_the_log() {
    let pipeline = Pipeline::<GitLab>::new();
    let run = pipeline.review(&[("CI_JOB_TOKEN", gitlab::JOB)], &[&GATE[..], &["--format", "json"]].concat());
    assert_eq!(run.status, 2, "the status is that of the verdict: {}", run.stderr);
    assert!(run.json().is_object(), "standard output is for the machine alone");
    assert!(run.stderr.contains("infra/main.tf:10"), "{}", run.stderr);
    assert!(
        run.stderr.contains("note: not posted: ")
            && run.stderr.contains("a project access token with the scope `api`"),
        "{}",
        run.stderr
    );
    assert!(pipeline.fake.writes().is_empty());
    let calm = pipeline.review(&[("GITLAB_TOKEN", gitlab::READER)], &["--fail-on", "nothing"]);
    assert_eq!(calm.status, 0, "{}", calm.stderr);
    assert!(calm.stderr.contains("it needs the scope api"), "{}", calm.stderr);
}

#[test]
fn code_runs_no_command_of_gitlab() {
    let pipeline = Pipeline::<GitLab>::new();
    let hostile = "\"/close\"\n  tags = { a = \"x\\n/close\\n```\\n/merge\" }\n  node_resource_group = <<EOT\n```\n/close\n/approve\nEOT\n";
    pipeline.write(&CLUSTER.replace("\"a\"\n  location", &format!("{hostile}  location")));
    let run = pipeline.review(&[("GITLAB_TOKEN", gitlab::TOKEN)], &GATE);
    assert!(run.stderr.contains("comment posted"), "{}", run.stderr);
    assert_eq!(pipeline.fake.site().commands, [""; 0]);
}

#[test]
fn a_pipeline_of_bitbucket_needs_no_token_for_a_report() {
    let pipeline = Pipeline::<Cloud>::new();
    for more in [GATE, ["--fail-on", "nothing"]] {
        let run = pipeline.review(&[], &more);
        assert_eq!(run.status, if more == GATE { 2 } else { 0 }, "{}", run.stderr);
        assert!(
            run.stderr.contains("BITBUCKET_TOKEN is not set")
                && run.stderr.contains("a report on the commit has the review instead"),
            "{}",
            run.stderr
        );
        let site = pipeline.fake.site();
        let [(id, report, annotations)] = site.reports.as_slice() else { panic!("{:?}", site.reports) };
        assert_eq!(id, "trueup-review");
        assert_eq!(report["result"], if more == GATE { "FAILED" } else { "PASSED" });
        assert!(report["link"].as_str().unwrap().ends_with("/pipelines/results/70"), "{report}");
        let local = annotations.iter().find(|a| a["line"] == 10).expect("the finding of line 10");
        assert_eq!(local["path"], "infra/main.tf");
        assert!(!annotations.is_empty() && site.comments.iter().all(|c| c.deleted || c.parent.is_some()));
    }
    assert!(pipeline.fake.asked().iter().all(|a| a.header("authorization").is_empty()));
    // With a token that may read only it is the same, and nothing keeps the comment out where it may write.
    let run = pipeline.review(&[("BITBUCKET_TOKEN", bitbucket::READER)], &["--fail-on", "nothing"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(run.stderr.contains("it needs the scope pullrequest; a report on the commit"), "{}", run.stderr);
    let run = pipeline.review(&[("BITBUCKET_TOKEN", bitbucket::TOKEN)], &GATE);
    assert!(run.stderr.contains("note: comment posted: https://bitbucket.org/"), "{}", run.stderr);
    let body = pipeline.fake.site().ours().remove(0);
    let text = body
        .strip_prefix("[//]: <> (trueup:comment key=review run=70 v=1)\n\n")
        .expect("a marker that is not seen");
    assert!(!text.contains('<'), "HTML would be shown as text: {text}");
    assert!(
        pipeline
            .suggestion()
            .body
            .contains("```diff\n-  local_account_disabled = false\n+  local_account_disabled = true\n```")
    );
}

#[test]
fn a_report_has_a_thousand_annotations_at_most() {
    let pipeline = Pipeline::<Cloud>::new();
    let (provider, cluster) = CLUSTER.split_at(CLUSTER.find("resource").unwrap());
    let clusters = (0..120).map(|n| cluster.replacen("\"a\"", &format!("\"a{n}\""), 1));
    pipeline.write(&format!("{provider}{}", clusters.collect::<String>()));
    let token = [("BITBUCKET_TOKEN", bitbucket::READER)];
    let run = pipeline.review(&token, &["--fail-on", "nothing"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let sent = pipeline.fake.writes().iter().filter(|w| w.ends_with("/annotations")).count();
    let site = pipeline.fake.site();
    let [(_, report, annotations)] = site.reports.as_slice() else { panic!("{}", run.stderr) };
    assert_eq!((annotations.len(), sent), (1000, 10));
    assert!(report["details"].as_str().unwrap().contains("1000 of "), "{report}");
    let ids: std::collections::BTreeSet<_> =
        annotations.iter().map(|a| a["external_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 1000);
}

#[test]
fn a_report_that_cannot_be_left_either_is_told() {
    let pipeline = Pipeline::<Cloud>::new();
    let down = Answer::html(403, "<h1>no</h1>");
    pipeline.fake.trouble("*", "/reports/", 100, Trouble::Instead(down));
    let run = pipeline.review(&[], &["--fail-on", "nothing"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(run.stderr.contains("no report on the commit either: "), "{}", run.stderr);
    // Outside of Pipelines the token that may read is enough.
    let url = pipeline.fake.url();
    let args = [
        "review",
        "infra",
        "--no-live",
        "--post",
        "--host",
        "bitbucket",
        "--repository",
        bitbucket::REPOSITORY,
    ];
    let more = ["--pull-request", "5", "--commit", HEAD, "--api-url", &url, "--fail-on", "nothing"];
    pipeline.fake.forgive();
    let token = [("TRUEUP_POST_TOKEN", bitbucket::READER)];
    let run = trueup_with(pipeline.folder.path(), &[&args[..], &more].concat(), &token);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(pipeline.fake.site().reports.len(), 1, "{}", run.stderr);
}

#[test]
fn what_is_not_known_is_no_result_of_a_report() {
    let pipeline = Pipeline::<Cloud>::new();
    pipeline.write("resource \"azurerm_resource_group\" \"a\" {\n  name = module.none.x\n");
    let run = pipeline.review(&[], &["--fail-on", "nothing"]);
    assert_ne!(run.status, 0, "{}", run.stderr);
    let site = pipeline.fake.site();
    let [(_, report, _)] = site.reports.as_slice() else { panic!("{}", run.stderr) };
    assert!(report.get("result").is_none(), "{report}");
}
