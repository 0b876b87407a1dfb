//! Comments on lines of a pull request of GitHub.

use serde_json::json;
use trueup::analysis::finding::Severity;
use trueup::forge::inline::Proposal;
use trueup::forge::post::{Lines, Wanted};
use trueup::forge::{Note, Place};

use super::fake::github::{FORK, GitHub, HEAD, NAME, NUMBER, OWNER, TOKEN};
use super::fake::{Answer, Fake, Trouble};
use super::{bring, wanted};

/// A file of a hundred lines of which the change adds 11 to 30 and 61.
fn file() -> (String, String) {
    let line = |n: usize| format!("line {n}");
    let text: Vec<String> = (1..=100).map(line).collect();
    let hunk = |header: &str, from: usize, to: usize, added: std::ops::RangeInclusive<usize>| {
        let lines =
            (from..=to).map(|n| format!("{}{}\n", if added.contains(&n) { '+' } else { ' ' }, line(n)));
        format!("{header}\n{}", lines.collect::<String>())
    };
    let patch = hunk("@@ -8,6 +8,26 @@", 8, 33, 11..=30) + &hunk("@@ -38,6 +58,7 @@ x", 58, 64, 61..=61);
    (text.join("\n") + "\n", patch)
}

fn fake() -> Fake<GitHub> {
    let fake = Fake::new(GitHub::new());
    let files = vec![("infra/main.tf".into(), Some(file().1)), ("logo.png".into(), None)];
    fake.site().files = files;
    fake
}

fn note(key: &str, line: u32, body: &str) -> Note {
    Note {
        key: key.into(),
        code: "TU-TEST-001".into(),
        blocks: false,
        severity: Severity::Medium,
        path: "infra/main.tf".into(),
        text: file().0.into(),
        lines: (line, line),
        body: format!("**{body}** (medium)\n"),
        proposal: None,
    }
}

fn post(fake: &Fake<GitHub>, run: u64, notes: Vec<Note>) -> Lines {
    try_post(fake, run, notes).unwrap()
}

/// The same; nothing when a newer run has been there.
fn try_post(fake: &Fake<GitHub>, run: u64, notes: Vec<Note>) -> Option<Lines> {
    let place = Place {
        host: Some(trueup::forge::HostKind::GitHub),
        api: Some(fake.url()),
        repository: Some(format!("{OWNER}/{NAME}")),
        pull_request: Some(NUMBER),
        ..Place::default()
    };
    let wanted = Wanted { notes: Some(notes), ..wanted(run, "the comment") };
    bring(&place, TOKEN, &wanted).unwrap().lines.map(Result::unwrap)
}

#[test]
fn findings_stand_on_lines_of_the_change_as_one_review() {
    let fake = fake();
    let elsewhere = Note { path: "other.tf".into(), ..note("f", 12, "another file") };
    let binary = Note { path: "logo.png".into(), ..note("g", 1, "no patch") };
    let block = Note { lines: (5, 14), ..note("d", 5, "a block that reaches into the change") };
    let notes =
        vec![note("a", 12, "A"), note("b", 61, "B"), note("c", 9, "context"), block, elsewhere, binary];
    let lines = post(&fake, 1, notes.clone());
    assert_eq!(lines, Lines { begun: 3, ..Lines::default() });
    {
        let site = fake.site();
        let shown: Vec<_> =
            site.threads.iter().map(|t| (t.path.as_str(), t.start, t.line, t.review)).collect();
        assert_eq!(
            shown,
            [
                ("infra/main.tf", None, 12, Some(1)),
                ("infra/main.tf", None, 61, Some(1)),
                ("infra/main.tf", None, 11, Some(1))
            ]
        );
        assert!(site.threads.iter().all(|t| t.commit == HEAD));
    }
    let before = fake.writes().len();
    assert_eq!(post(&fake, 2, notes), Lines { standing: 3, ..Lines::default() });
    assert_eq!(fake.writes().len(), before, "nothing is said twice");
}

#[test]
fn lines_of_a_merge_are_moved_to_those_of_the_change() {
    let fake = fake();
    let merged = format!("# the target added this\n# and this\n{}", file().0);
    post(&fake, 1, vec![Note { text: merged.into(), lines: (14, 14), ..note("a", 14, "A") }]);
    assert_eq!(fake.site().threads[0].line, 12);
}

#[test]
fn an_edit_is_proposed_on_its_own_lines() {
    let fake = fake();
    let proposal = Proposal {
        lines: (13, 14),
        before: "line 13\nline 14".into(),
        after: "line 13\nnew".into(),
        safe: true,
    };
    post(&fake, 1, vec![Note { proposal: Some(proposal.clone()), ..note("a", 12, "A") }]);
    {
        let site = fake.site();
        assert_eq!((site.threads[0].start, site.threads[0].line), (Some(13), 14));
        assert!(
            site.threads[0].body.ends_with("```suggestion\nline 13\nnew\n```\n"),
            "{}",
            site.threads[0].body
        );
    }
    // Lines that cannot have one: the finding stands without it.
    let far = Proposal { lines: (80, 80), ..proposal };
    post(&fake, 2, vec![Note { proposal: Some(far), ..note("b", 20, "B") }]);
    let site = fake.site();
    let last = site.threads.last().unwrap();
    assert_eq!((last.line, last.body.contains("suggestion")), (20, false));
}

#[test]
fn what_is_fixed_is_resolved_and_what_comes_back_is_opened() {
    let fake = fake();
    post(&fake, 1, vec![note("a", 12, "A"), note("b", 13, "B")]);
    assert_eq!(
        post(&fake, 2, vec![note("b", 13, "B")]),
        Lines { resolved: 1, standing: 1, ..Lines::default() }
    );
    {
        let site = fake.site();
        let first = &site.threads[0];
        assert!(
            first.resolved && first.body.contains("**Resolved**") && first.body.contains("It was: **A**")
        );
        assert!(!site.threads[1].resolved);
    }
    assert_eq!(post(&fake, 3, vec![note("b", 13, "B")]), Lines { standing: 1, ..Lines::default() });
    // Back again, and another one with another text.
    let lines = post(&fake, 4, vec![note("a", 12, "A"), note("b", 13, "B, worse")]);
    assert_eq!(lines, Lines { edited: 2, ..Lines::default() });
    let site = fake.site();
    assert_eq!(site.threads.len(), 2);
    assert!(site.threads.iter().all(|t| !t.resolved));
    assert!(site.threads[1].body.contains("B, worse"));
}

#[test]
fn what_a_person_resolved_stays_resolved() {
    let fake = fake();
    post(&fake, 1, vec![note("a", 12, "A")]);
    fake.site().threads[0].resolved = true;
    assert_eq!(post(&fake, 2, vec![note("a", 12, "A")]).standing, 1);
    assert!(fake.site().threads[0].resolved);
}

#[test]
fn a_finding_whose_line_moved_is_said_again_where_it_is() {
    let fake = fake();
    post(&fake, 1, vec![note("a", 12, "A")]);
    fake.site().threads[0].outdated = true;
    assert_eq!(post(&fake, 2, vec![note("a", 15, "A")]), Lines { begun: 1, ..Lines::default() });
    {
        let site = fake.site();
        assert!(site.threads[0].resolved && site.threads[0].body.contains("**Outdated**"));
        assert_eq!((site.threads.len(), site.threads[1].line), (2, 15));
    }
    assert_eq!(post(&fake, 3, vec![note("a", 15, "A")]), Lines { standing: 1, ..Lines::default() });
}

#[test]
fn ten_at_most_the_first_ones() {
    let fake = fake();
    let many: Vec<Note> = (11..=25).map(|n| note(&format!("k{n}"), n, "many")).collect();
    assert_eq!(post(&fake, 1, many.clone()), Lines { begun: 10, left_out: 5, ..Lines::default() });
    assert_eq!(fake.site().threads.last().unwrap().line, 20);
    assert_eq!(post(&fake, 2, many), Lines { standing: 10, left_out: 5, ..Lines::default() });
}

#[test]
fn one_line_that_is_refused_does_not_keep_the_others_out() {
    let fake = fake();
    fake.site().refused = vec![13];
    let notes = vec![note("a", 12, "A"), note("b", 13, "B"), note("c", 14, "C")];
    assert_eq!(post(&fake, 1, notes).begun, 2);
    let site = fake.site();
    assert_eq!(site.threads.iter().map(|t| (t.line, t.review)).collect::<Vec<_>>(), [(12, None), (14, None)]);
}

#[test]
fn a_review_whose_answer_gets_lost_is_not_repeated() {
    let fake = fake();
    fake.trouble("POST", "/reviews", 1, Trouble::Silent);
    assert_eq!(post(&fake, 1, vec![note("a", 12, "A"), note("b", 13, "B")]).begun, 2);
    assert_eq!(fake.site().threads.len(), 2);
}

#[test]
fn a_token_that_may_not_resolve_says_it_in_the_text() {
    let fake = fake();
    fake.site().accounts[0].resolves = false;
    post(&fake, 1, vec![note("a", 12, "A")]);
    let lines = post(&fake, 2, Vec::new());
    assert_eq!(lines, Lines { resolved: 1, unresolved: true, ..Lines::default() });
    assert!(fake.site().threads[0].body.contains("**Resolved**"));
    let before = fake.writes().len();
    post(&fake, 3, Vec::new());
    assert_eq!(fake.writes().len(), before);
}

#[test]
fn threads_of_others_and_of_other_keys_are_left_alone() {
    let fake = fake();
    post(&fake, 1, vec![note("a", 12, "A")]);
    let forged = fake.site().threads[0].clone();
    {
        let mut site = fake.site();
        let other = trueup::output::markdown::Marker { key: "staging/line/a".into(), run: 1 };
        let line = other.line(&trueup::output::markdown::GITHUB);
        let by = |login: &str, id| super::fake::github::Thread { login: login.into(), id, ..forged.clone() };
        let others = [by("mallory", 1), by("github-actions", 3)];
        site.threads.extend(others);
        site.threads.push(super::fake::github::Thread { body: format!("{line}\n\ntext"), id: 2, ..forged });
    }
    post(&fake, 2, Vec::new());
    let site = fake.site();
    assert_eq!(site.threads.iter().map(|t| t.resolved).collect::<Vec<_>>(), [true, false, false, false]);
}

#[test]
fn where_graphql_is_closed_threads_are_read_by_rest() {
    let fake = fake();
    let place = Place {
        ci: Some(trueup::forge::ci::Ci::GithubActions),
        host: Some(trueup::forge::HostKind::GitHub),
        api: Some(fake.url()),
        repository: Some(format!("{OWNER}/{NAME}")),
        pull_request: Some(NUMBER),
        ..Place::default()
    };
    let closed = Answer::json(403, &json!({ "message": "Resource not accessible by integration" }));
    fake.trouble("POST", "/graphql", 100, Trouble::Instead(closed));
    let wanted = |notes| Wanted { notes: Some(notes), ..wanted(1, "the comment") };
    let first = bring(&place, TOKEN, &wanted(vec![note("a", 12, "A")])).unwrap();
    assert_eq!(first.lines.unwrap().unwrap().begun, 1);
    let second = bring(&place, TOKEN, &wanted(vec![note("a", 12, "A")])).unwrap();
    assert_eq!(second.lines.unwrap().unwrap().standing, 1);
    assert!(bring(&place, FORK, &wanted(Vec::new())).is_ok(), "the same text needs no right to write");
}

#[test]
fn runs_at_once_leave_one_thread_for_a_finding() {
    for _ in 0..5 {
        let fake = std::sync::Arc::new(fake());
        let barrier = std::sync::Arc::new(std::sync::Barrier::new(3));
        let runs: Vec<_> = (1..=3)
            .map(|run| {
                let (fake, barrier) = (fake.clone(), barrier.clone());
                std::thread::spawn(move || {
                    barrier.wait();
                    try_post(&fake, run, vec![note("a", 12, "A"), note("b", 13, "B")]);
                })
            })
            .collect();
        for run in runs {
            run.join().unwrap();
        }
        let mut lines: Vec<u64> = fake.site().threads.iter().map(|t| t.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [12, 13]);
    }
}
