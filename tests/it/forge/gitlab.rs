//! GitLab: what holds everywhere, and what is GitLab's own.

use trueup::forge::post::{Conversation, Lines, Wanted};
use trueup::forge::{ForgeError, Note, Place, Token, connect};

use super::common::{at, everywhere, note, on_lines, ours, said, with_change};
use super::fake::gitlab::{GitLab, JOB, PROJECT, READER, TOKEN};
use super::fake::{Answer, Fake, Trouble};
use super::{bring, wanted};
use crate::forge::common::Stand;

everywhere!(GitLab, true, "```suggestion:-1+0\nline 30\nnew\n```", "/discussions");

#[test]
fn no_text_is_run_as_a_command() {
    let fake = with_change::<GitLab>();
    let hostile = "```\n/merge\n```\n\n/close\r\n\r/approve\ntext\n/label ~x\n> /not a command\n\0";
    let first = said(&fake, &wanted(1, hostile));
    assert!(matches!(first, Conversation::Created(_)), "{first:?}");
    assert!(ours(&fake)[0].contains(" /close"), "{:?}", ours(&fake));
    let same = hostile.replace('\0', "\u{fffd}");
    assert_eq!(said(&fake, &wanted(2, &same)), Conversation::Unchanged, "it is known again");
    said(&fake, &wanted(3, "/close\n/reopen"));
    let notes = vec![Note { body: format!("**A** (x)\n{hostile}"), ..note("a", 12, "A") }];
    on_lines(&fake, 4, notes);
    on_lines(&fake, 5, vec![Note { body: "**A** (x)\n/close\n".into(), ..note("a", 12, "A") }]);
    assert_eq!(fake.site().commands, [""; 0]);
    assert_eq!(fake.site().seen().len(), 1);
}

#[test]
fn the_token_of_a_job_says_what_is_needed() {
    let fake = Fake::new(GitLab::fresh());
    fake.site().say(false, "hello");
    for token in [Token::new(JOB, "CI_JOB_TOKEN"), Token::new(JOB, "GITLAB_TOKEN")] {
        let host = connect(&at(&fake), token, super::patience()).unwrap();
        assert!(!host.comments().unwrap().is_empty(), "it may read");
        let error = trueup::forge::post::post(host.as_ref(), &wanted(1, "one"), super::SETTLING).unwrap_err();
        assert!(error.is_forbidden(), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("may read a merge request and not write") && text.contains("GITLAB_TOKEN"),
            "{text}"
        );
        // A project that it may not see.
        let other = Place { repository: Some("group/other".into()), ..at(&fake) };
        let host = connect(&other, Token::new(JOB, "CI_JOB_TOKEN"), super::patience()).unwrap();
        assert!(host.head().unwrap_err().is_forbidden());
        assert!(host.is_public().unwrap_err().is_forbidden());
    }
    assert!(fake.asked().iter().all(|a| !a.headers.contains_key("private-token")));
}

#[test]
fn tokens_go_by_their_own_header() {
    let fake = Fake::new(GitLab::fresh());
    said(&fake, &wanted(1, "one"));
    assert!(
        fake.asked()
            .iter()
            .all(|a| a.header("private-token") == TOKEN && !a.headers.contains_key("authorization"))
    );
    let oauth = "0123456789abcdef".repeat(4);
    let _ = bring(&at(&fake), &oauth, &wanted(1, "one"));
    assert_eq!(fake.asked().last().unwrap().header("authorization"), format!("Bearer {oauth}"));
}

#[test]
fn a_project_is_named_by_its_path_or_its_number() {
    let fake = Fake::new(GitLab::fresh());
    said(&fake, &wanted(1, "one"));
    assert!(fake.asked().iter().any(|a| a.path == "/projects/group%2Fsub%2Finfra/merge_requests/5/notes"));
    let by_number = Place { repository: Some("12".into()), ..at(&fake) };
    let _ = bring(&by_number, TOKEN, &wanted(1, "one"));
    assert!(fake.asked().last().unwrap().path.starts_with("/projects/12/merge_requests/5"));
}

#[test]
fn a_pipeline_of_a_fork_posts_to_the_project_that_the_request_is_of() {
    let environment = [
        ("GITLAB_CI", "true"),
        ("CI_SERVER_URL", "https://gitlab.example"),
        ("CI_API_V4_URL", "https://gitlab.example/api/v4"),
        ("CI_PROJECT_ID", "77"),
        ("CI_PROJECT_PATH", "someone/infra"),
        ("CI_MERGE_REQUEST_IID", "5"),
        ("CI_MERGE_REQUEST_ID", "9001"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "12"),
        ("CI_MERGE_REQUEST_PROJECT_PATH", PROJECT),
        ("CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "77"),
        ("CI_MERGE_REQUEST_EVENT_TYPE", "detached"),
        ("CI_COMMIT_SHA", super::common::HEAD),
        ("CI_PIPELINE_ID", "400"),
        ("CI_PROJECT_VISIBILITY", "private"),
    ];
    let place = Place::find(&environment.into_iter().collect(), None);
    assert!(place.fork && place.public.is_none(), "who can read the fork says nothing");
    let fake = Fake::new(GitLab::fresh());
    let place = Place { api: Some(fake.url()), ..place };
    let commit = place.head.clone();
    let posted = bring(&place, TOKEN, &Wanted { commit, ..wanted(400, "one") }).unwrap();
    assert!(matches!(posted.comment, Conversation::Created(_)));
    assert_eq!(ours(&fake), ["one"]);
}

#[test]
fn pages_are_followed_by_links_where_there_is_no_number() {
    let fake = Fake::new(GitLab::fresh());
    fake.site().pages_of(2);
    fake.site().links_only = true;
    for n in 0..5 {
        fake.site().say(false, &format!("comment {n}"));
    }
    said(&fake, &wanted(1, "one"));
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
    assert_eq!(ours(&fake), ["two"]);
}

/// A finding whose edit is of lines 13 and 14.
fn edit() -> Note {
    let proposal = trueup::forge::inline::Proposal {
        lines: (13, 14),
        before: "line 13\nline 14".into(),
        after: "new".into(),
        safe: true,
    };
    Note { proposal: Some(proposal), ..note("a", 13, "A") }
}

#[test]
fn a_refused_range_stands_on_its_last_line_and_a_refused_line_on_its_file() {
    let begun = |refuse: fn(&mut GitLab)| {
        let fake = with_change::<GitLab>();
        refuse(&mut fake.site());
        let lines = on_lines(&fake, 1, vec![edit()]);
        let seen = fake.site().seen();
        (lines.begun, seen.first().map(|t| (t.start, t.line, t.body.contains("suggestion:-1+0"))))
    };
    assert_eq!(begun(|_| {}), (1, Some((Some(13), Some(14), true))));
    assert_eq!(begun(|site| site.no_ranges = true), (1, Some((None, Some(14), true))));
    assert_eq!(begun(|site| site.no_lines = true), (1, Some((None, None, true))));
    assert_eq!(begun(|site| (site.no_lines, site.no_files) = (true, true)), (0, None));
}

#[test]
fn the_diff_of_a_push_is_waited_for() {
    let fake = with_change::<GitLab>();
    (fake.site().unmade, fake.site().unnamed) = (3, 2);
    assert_eq!(on_lines(&fake, 1, vec![note("a", 12, "A")]), Lines { begun: 1, ..Lines::default() });
    let never = with_change::<GitLab>();
    (never.site().unmade, never.site().unnamed) = (1000, 1000);
    let wanted = Wanted { notes: Some(vec![note("a", 12, "A")]), ..wanted(1, "the comment") };
    let posted = bring(&at(&never), TOKEN, &wanted).unwrap();
    assert!(matches!(posted.comment, Conversation::Created(_)), "the comment is there all the same");
    let error = posted.lines.unwrap().unwrap_err();
    assert!(error.to_string().contains("whose diff is not made yet"), "{error}");
}

#[test]
fn an_error_is_read_in_each_of_its_shapes() {
    for (body, said) in [
        (r#"{"message": "a text"}"#, "a text"),
        (r#"{"message": ["one", "two"]}"#, "one, two"),
        (r#"{"message": {"note": ["is too long"]}}"#, "note is too long"),
        (r#"{"error": "body is missing"}"#, "body is missing"),
    ] {
        let fake = Fake::new(GitLab::fresh());
        let answer = Answer::json(400, &serde_json::from_str(body).unwrap());
        fake.trouble("POST", "/notes", 1, Trouble::Instead(answer));
        let error = super::common::try_post(&fake, &wanted(1, "one")).unwrap_err();
        assert_eq!(error, ForgeError::Refused { host: "GitLab", status: 400, message: said.into() });
    }
}

#[test]
fn a_limit_may_tell_its_end_only() {
    let fake = Fake::new(GitLab::fresh());
    let limited =
        Answer::html(429, "Retry later").header("RateLimit-Reset", "1").header("RateLimit-Remaining", "0");
    fake.trouble("POST", "/notes", 1, Trouble::Instead(limited));
    assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
}

#[test]
fn who_can_read_a_project() {
    let fake = Fake::new(GitLab::fresh());
    for (visibility, public) in [("private", false), ("internal", false), ("public", true)] {
        fake.site().visibility = visibility;
        let host = connect(&at(&fake), Token::new(READER, "GITLAB_TOKEN"), super::patience()).unwrap();
        assert_eq!(host.is_public().unwrap(), Some(public));
    }
}

#[test]
fn where_all_threads_have_to_be_resolved_only_blockers_stay_open() {
    for all_resolved in [false, true] {
        let fake = with_change::<GitLab>();
        fake.site().all_resolved = all_resolved;
        let notes = vec![Note { blocks: true, ..note("a", 12, "A") }, note("b", 13, "B")];
        let wanted = Wanted { notes: Some(notes), ..wanted(1, "the comment") };
        let host = connect(&at(&fake), Token::new(TOKEN, "GITLAB_TOKEN"), super::patience()).unwrap();
        for _ in 0..2 {
            trueup::forge::post::post(host.as_ref(), &wanted, super::SETTLING)
                .unwrap()
                .lines
                .unwrap()
                .unwrap();
            let seen: Vec<bool> = fake.site().seen().into_iter().map(|t| t.resolved).collect();
            assert_eq!(seen, [false, all_resolved]);
        }
    }
}
