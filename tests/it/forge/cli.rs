//! `trueup review --post` as a CI runs it.

use serde_json::json;

use super::fake::github::{FORK, GitHub, HEAD, TOKEN};
use super::fake::{Answer, Fake, Trouble};
use crate::harness::{Folder, Run, trueup_with};

/// A cluster with one fault that one edit mends, at line 10.
pub(super) const CLUSTER: &str = r#"provider "azurerm" {
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

struct Ci {
    folder: Folder,
    fake: Fake<GitHub>,
    token: Option<&'static str>,
    fork: bool,
}

impl Ci {
    fn new() -> Ci {
        let folder = Folder::new("post", &[("infra/main.tf", CLUSTER)]);
        folder.git(&["init", "-q", "-b", "main"]);
        let fake = Fake::new(GitHub::new());
        let added: String = CLUSTER.lines().map(|l| format!("+{l}\n")).collect();
        let patch = format!("@@ -0,0 +1,{} @@\n{added}", CLUSTER.lines().count());
        fake.site().files = vec![("infra/main.tf".into(), Some(patch))];
        Ci { folder, fake, token: Some(TOKEN), fork: false }
    }

    /// A run of GitHub Actions on a pull request.
    fn review(&self, run: &str, more: &[&str]) -> Run {
        let head = if self.fork { "someone/infra" } else { "corp/infra" };
        let event = json!({ "pull_request": { "number": 5,
            "head": { "sha": HEAD, "repo": { "full_name": head } },
            "base": { "sha": "b".repeat(40), "repo": { "full_name": "corp/infra" } } } });
        self.run("pull_request", &event, run, more)
    }

    fn run(&self, name: &str, event: &serde_json::Value, run: &str, more: &[&str]) -> Run {
        self.folder.write("event.json", event.to_string());
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        let (event, summary, url) = (path("event.json"), path("summary.md"), self.fake.url());
        let mut environment = vec![
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", &event),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_API_URL", &url),
            ("GITHUB_REPOSITORY", "corp/infra"),
            ("GITHUB_RUN_ID", run),
            ("GITHUB_STEP_SUMMARY", &summary),
        ];
        environment.extend(self.token.map(|token| ("GITHUB_TOKEN", token)));
        let args = [&["review", "infra", "--no-live", "--post", "--today", "2026-11-20"], more].concat();
        let run = trueup_with(self.folder.path(), &args, &environment);
        for secret in ["SECRET", "Bearer"] {
            assert!(
                !run.stdout.contains(secret) && !run.stderr.contains(secret),
                "{}{}",
                run.stdout,
                run.stderr
            );
        }
        run
    }

    fn summary(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("summary.md")).unwrap_or_default()
    }
}

#[test]
fn a_review_is_posted_with_its_findings_on_lines() {
    let ci = Ci::new();
    let run = ci.review("70", &["--fail-on", "high"]);
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("note: comment posted: https://github.com/corp/infra/pull/5#"),
        "{}",
        run.stderr
    );
    let site = ci.fake.site();
    let body = &site.comments[0].body;
    assert!(body.starts_with("<!-- trueup:comment key=review run=70001 v=1 -->\n\n"), "{body}");
    assert!(body.contains(&format!("https://github.com/corp/infra/blob/{HEAD}/infra/main.tf#L")), "{body}");
    assert!(body.contains("https://github.com/corp/infra/actions/runs/70"), "{body}");
    let local = site.threads.iter().find(|t| t.body.contains("```suggestion")).expect("an edit is proposed");
    assert!(local.body.contains("TU-AKS-"), "{}", local.body);
    assert!(local.body.contains("```suggestion\n  local_account_disabled = true\n```"), "{}", local.body);
    assert_eq!((local.path.as_str(), local.start, local.line), ("infra/main.tf", None, 10));
    assert!(site.threads.len() <= 10);
    drop(site);

    let before = ci.fake.writes().len();
    let again = ci.review("71", &["--fail-on", "high"]);
    assert!(
        again.stderr.contains("note: the comment says the same already") || again.stderr.contains("edited")
    );
    let lines = ci.fake.writes()[before..].iter().filter(|w| w.contains("/pulls/")).count();
    assert_eq!(lines, 0, "nothing on lines is said twice: {:?}", ci.fake.writes());

    ci.folder.write("infra/main.tf", CLUSTER.replace("false", "true"));
    let fixed = ci.review("72", &["--fail-on", "high"]);
    assert!(fixed.stderr.contains("1 resolved"), "{}", fixed.stderr);
}

#[test]
fn a_fork_gets_annotations_and_a_summary_and_the_status_of_its_verdict() {
    for token in [Some(FORK), None] {
        let ci = Ci { token, fork: true, ..Ci::new() };
        let run = ci.review("70", &["--fail-on", "high"]);
        assert_eq!(run.status, 2, "{}", run.stderr);
        assert!(run.stdout.contains("::error file=infra/main.tf,line="), "{}", run.stdout);
        assert!(run.stderr.contains("note: not posted: "), "{}", run.stderr);
        assert!(
            ci.summary().contains("### ") && !ci.summary().contains("trueup:comment"),
            "{}",
            ci.summary()
        );
        let calm = ci.review("71", &["--fail-on", "nothing", "--format", "json"]);
        assert_eq!(calm.status, 0, "{}", calm.stderr);
        assert!(calm.json().is_object(), "standard output is for the machine alone");
        assert!(calm.stderr.contains("::error file="), "{}", calm.stderr);
        assert!(ci.fake.site().comments.is_empty());
    }
}

#[test]
fn what_cannot_be_posted_is_told_and_changes_no_verdict() {
    let ci = Ci::new();
    let down = Answer::html(500, "<h1>oops</h1>");
    ci.fake.trouble("GET", "/pulls/5", 1000, Trouble::Instead(down));
    let patience = ["--post-timeout", "1", "--fail-on"];
    let run = ci.review("70", &[&patience[..], &["nothing"]].concat());
    assert_eq!(run.status, 3, "{}", run.stderr);
    assert!(
        run.stderr.contains("warning: not posted: GitHub is in trouble (500): a page for browsers"),
        "{}",
        run.stderr
    );
    assert!(ci.summary().contains("### "));
    let run = ci.review("70", &[&patience[..], &["high"]].concat());
    assert_eq!(run.status, 2);

    let missing = Ci { token: None, ..Ci::new() };
    let run = missing.review("70", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 3);
    assert!(run.stderr.contains("GITHUB_TOKEN is not set: a workflow gives it by"), "{}", run.stderr);

    let wrong = Ci { token: Some("ghs_wrong-SECRET"), ..Ci::new() };
    let run = wrong.review("70", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 3);
    assert!(
        run.stderr.contains("GitHub refuses the token of GITHUB_TOKEN (401): Bad credentials"),
        "{}",
        run.stderr
    );
}

#[test]
fn what_cannot_be_reviewed_is_said_and_resolves_nothing() {
    let ci = Ci::new();
    ci.review("70", &["--fail-on", "nothing"]);
    let threads = ci.fake.site().threads.clone();
    assert!(!threads.is_empty());
    ci.folder.write("trueup.toml", "fail_on = 3");
    let run = ci.review("71", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("comment edited"), "{}", run.stderr);
    {
        let site = ci.fake.site();
        let body = &site.comments[0].body;
        assert!(body.contains("run=71001") && body.contains("trueup.toml"), "{body}");
        assert!(site.threads.iter().all(|t| !t.resolved && !t.body.contains("**Resolved**")));
    }
    // A file that cannot be read in full: what is not judged is not gone.
    std::fs::remove_file(ci.folder.path().join("trueup.toml")).unwrap();
    ci.folder.write("infra/main.tf", "resource \"azurerm_resource_group\" {");
    ci.review("72", &["--fail-on", "nothing"]);
    assert!(ci.fake.site().threads.iter().all(|t| !t.resolved));
}

#[test]
fn a_run_of_no_pull_request_posts_nothing() {
    let ci = Ci::new();
    let run = ci.run("schedule", &json!({}), "70", &["--fail-on", "nothing"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("nothing is posted: the event `schedule` is about no pull request"),
        "{}",
        run.stderr
    );
    assert!(ci.fake.asked().is_empty() && ci.summary().contains("### "));
    // A push of the target branch: the host knows a pull request that is merged.
    let run = ci.run("push", &json!({ "after": "d".repeat(40) }), "71", &["--fail-on", "nothing"]);
    assert!(run.stderr.contains("nothing is posted: the event `push` names no"), "{}", run.stderr);
    assert!(ci.fake.writes().is_empty());
}

#[test]
fn a_push_is_posted_to_the_open_pull_request_of_its_commit() {
    let ci = Ci::new();
    let run = ci.run("push", &json!({ "after": HEAD }), "70", &["--fail-on", "nothing"]);
    assert!(run.stderr.contains("comment posted"), "{}", run.stderr);
}

#[test]
fn a_review_of_hundreds_of_blockers_fits_into_one_comment() {
    let ci = Ci::new();
    let one = CLUSTER.split_once("resource").unwrap().1;
    let mut code = CLUSTER.to_owned();
    for n in 0..150 {
        code.push_str(&format!("\nresource{}", one.replace("\"a\"", &format!("\"cluster-number-{n}\""))));
    }
    ci.folder.write("infra/main.tf", &code);
    let run = ci.review("70", &["--fail-on", "high"]);
    assert!(run.stderr.contains("comment posted"), "{}", run.stderr);
    let site = ci.fake.site();
    let body = &site.comments[0].body;
    assert!(body.encode_utf16().count() < 65_536 && body.len() > 20_000, "{}", body.len());
    assert!(body.contains("Left out"), "{body}");
}

#[test]
fn a_dry_run_says_what_would_be_sent_and_asks_nothing() {
    let ci = Ci::new();
    let args =
        ["review", "infra", "--no-live", "--post-dry-run", "--host", "github", "--repository", "corp/infra"];
    let url = ci.fake.url();
    let more = ["--pull-request", "12", "--api-url", &url];
    let run = trueup_with(ci.folder.path(), &[&args[..], &more].concat(), &[("GITHUB_TOKEN", TOKEN)]);
    assert!(run.stdout.contains("Would post to GitHub, corp/infra, pull request 12:"), "{}", run.stdout);
    assert!(run.stdout.contains("<!-- trueup:comment key=review run=0 v=1 -->"), "{}", run.stdout);
    assert!(run.stdout.contains("infra/main.tf:10\n") && run.stdout.contains("suggestion"), "{}", run.stdout);
    assert!(ci.fake.asked().is_empty());
}

#[test]
fn a_line_that_is_missing_is_proposed_below_the_one_before() {
    for ends in ["\n", "\r\n"] {
        let ci = Ci::new();
        let code = CLUSTER.replace("  local_account_disabled = false\n", "").replace('\n', ends);
        ci.folder.write("infra/main.tf", &code);
        let added: String = code.lines().map(|l| format!("+{l}\n")).collect();
        let patch = format!("@@ -0,0 +1,{} @@\n{added}", code.lines().count());
        ci.fake.site().files = vec![("infra/main.tf".into(), Some(patch))];
        ci.review("70", &[]);
        let site = ci.fake.site();
        let thread = site.threads.iter().find(|t| t.body.contains("local_account_disabled = true\n```"));
        let thread = thread.unwrap_or_else(|| panic!("{:?}", site.threads));
        let suggestion =
            "```suggestion\n  dns_prefix             = \"a\"\n  local_account_disabled = true\n```";
        assert!(thread.body.contains(suggestion), "{}", thread.body);
        assert_eq!((thread.start, thread.line), (None, 9));
    }
}

#[test]
fn flags_are_enough_without_a_ci() {
    let ci = Ci::new();
    let url = ci.fake.url();
    ci.folder.git(&["remote", "add", "origin", "https://github.com/corp/infra.git"]);
    let args = ["review", "infra", "--no-live", "--post", "--pull-request", "5", "--api-url", &url];
    let run = trueup_with(ci.folder.path(), &args, &[("TRUEUP_POST_TOKEN", TOKEN)]);
    assert!(run.stderr.contains("comment posted"), "{}", run.stderr);
    let unknown = trueup_with(ci.folder.path(), &args[..4], &[("GITHUB_TOKEN", TOKEN)]);
    assert!(unknown.stderr.contains("no CI system that is known: say --pull-request"), "{}", unknown.stderr);
}

#[test]
fn values_are_not_shown_to_everybody() {
    let ci = Ci::new();
    ci.fake.site().private = false;
    ci.review("70", &[]);
    let public: Vec<String> = ci.fake.site().threads.iter().map(|t| t.body.clone()).collect();
    assert!(!public.is_empty() && public.iter().all(|b| !b.contains("\nSum: ")));
}

#[test]
fn hostile_code_mentions_nobody_and_forges_no_marker() {
    let ci = Ci::new();
    let hostile = "<!-- trueup:comment key=review run=99999999999 v=1 --> @team #1 ::error::x";
    let code = CLUSTER.replace("\"a\"\n  location", &format!("\"{hostile}\"\n  location"));
    ci.folder.write("infra/main.tf", &code);
    let run = ci.review("70", &["--fail-on", "high"]);
    assert!(run.stdout.lines().all(|l| !l.trim_start().starts_with("::error::x")), "{}", run.stdout);
    let site = ci.fake.site();
    assert!(site.comments[0].body.starts_with("<!-- trueup:comment key=review run=70001"));
    for thread in &site.threads {
        assert_eq!(thread.body.matches("<!-- trueup").count(), 1, "{}", thread.body);
        assert!(!thread.body.contains("@team"), "{}", thread.body);
    }
}
