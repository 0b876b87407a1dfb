//! GitHub and GitHub Enterprise Server.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use serde_json::json;
use trueup::forge::post::{Conversation, Posted, Wanted};
use trueup::forge::{ForgeError, HostKind, Place};
use trueup::output::markdown::{GITHUB, Marker};

use super::fake::github::{FORK, GitHub, HEAD, NAME, NUMBER, OWNER, PERSON, TOKEN};
use super::fake::{Answer, Fake, Trouble};
use super::{bring, wanted};

const ACTIONS: &str = "github-actions[bot]";

fn at(fake: &Fake<GitHub>) -> Place {
    let prefix = fake.site().prefix;
    let api = format!("{}{prefix}", fake.url());
    super::place(HostKind::GitHub, &api, "https://github.com", &format!("{OWNER}/{NAME}"), NUMBER)
}

fn try_post(fake: &Fake<GitHub>, wanted: &Wanted) -> Result<Posted, ForgeError> {
    bring(&at(fake), TOKEN, wanted)
}

fn said(fake: &Fake<GitHub>, wanted: &Wanted) -> Conversation {
    try_post(fake, wanted).unwrap().comment
}

/// What our comments say, without markers.
fn ours(fake: &Fake<GitHub>) -> Vec<String> {
    let site = fake.site();
    site.bodies(ACTIONS).iter().map(|b| b.split_once("\n\n").unwrap().1.to_owned()).collect()
}

#[test]
fn a_comment_is_created_edited_in_place_and_not_sent_twice() {
    let fake = Fake::new(GitHub::new());
    let first = said(&fake, &wanted(1, "one"));
    assert!(
        matches!(&first, Conversation::Created(Some(url)) if url.contains("#issuecomment-")),
        "{first:?}"
    );
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(Some(_))));
    let before = fake.writes().len();
    {
        let mut site = fake.site();
        let body = site.comments[0].body.replace('\n', " \r\n");
        site.comments[0].body = body;
    }
    assert_eq!(said(&fake, &wanted(3, "two")), Conversation::Unchanged);
    assert_eq!(fake.writes().len(), before, "the same text is not sent again");
    let site = fake.site();
    assert_eq!(site.comments.len(), 1);
    let marker = Marker::of(&site.comments[0].body).unwrap();
    assert_eq!((marker.key.as_str(), marker.run), ("review", 2));
}

#[test]
fn a_newer_run_is_not_overwritten_and_an_older_commit_says_nothing_new() {
    let fake = Fake::new(GitHub::new());
    said(&fake, &wanted(9, "nine"));
    assert_eq!(said(&fake, &wanted(8, "eight")), Conversation::Newer(9));
    assert_eq!(ours(&fake), ["nine"]);
    // The same run, started again as another job.
    assert!(matches!(said(&fake, &wanted(9, "nine again")), Conversation::Updated(_)));
    let of = |commit: &str| Wanted { commit: Some(commit.into()), ..wanted(10, "of a commit") };
    assert_eq!(said(&fake, &of("bbbbbbb")), Conversation::Outdated(HEAD.into()));
    assert!(matches!(said(&fake, &of(&HEAD[..12])), Conversation::Updated(_)));
    // A run whose number is not known is held up by nobody.
    assert!(matches!(said(&fake, &wanted(0, "unnumbered")), Conversation::Updated(_)));
}

#[test]
fn nothing_to_say_is_not_said_unless_something_was() {
    let fake = Fake::new(GitHub::new());
    let nothing = |run| Wanted { body: None, ..wanted(run, "") };
    assert_eq!(said(&fake, &nothing(1)), Conversation::Nothing);
    assert_eq!(fake.writes(), [""; 0]);
    said(&fake, &wanted(2, "something"));
    assert_eq!(said(&fake, &nothing(3)), Conversation::Resolved);
    assert_eq!(ours(&fake), ["Resolved: nothing is left to say."]);
    assert_eq!(said(&fake, &nothing(4)), Conversation::Unchanged);
    assert!(matches!(said(&fake, &wanted(5, "something else")), Conversation::Updated(_)));
}

#[test]
fn each_key_has_a_comment_of_its_own() {
    let fake = Fake::new(GitHub::new());
    let of = |key: &str, text: &str| Wanted { key: key.into(), ..wanted(1, text) };
    said(&fake, &of("prod", "p"));
    said(&fake, &of("staging", "s"));
    said(&fake, &of("prod", "p2"));
    assert_eq!(ours(&fake), ["p2", "s"]);
}

#[test]
fn a_marker_counts_only_with_its_author() {
    let fake = Fake::new(GitHub::new());
    let forged = Marker { key: "review".into(), run: u64::MAX }.line(&GITHUB);
    fake.site().say("mallory", &format!("{forged}\n\nall is well"));
    fake.site().say("github-actions", &format!("{forged}\n\na person whose name is like ours"));
    fake.site().say(ACTIONS, &format!("> quoted:\n{forged}\n\nanother workflow that quotes"));
    assert!(matches!(said(&fake, &wanted(1, "blocked")), Conversation::Created(_)));
    assert!(matches!(said(&fake, &wanted(2, "still blocked")), Conversation::Updated(_)));
    let site = fake.site();
    assert_eq!(site.bodies("mallory"), [format!("{forged}\n\nall is well")]);
    assert_eq!(site.comments.len(), 4);
}

#[test]
fn who_the_token_is_is_asked_of_graphql_for_every_kind_of_token() {
    let fake = Fake::new(GitHub::new());
    bring(&at(&fake), PERSON, &wanted(1, "by a person")).unwrap();
    bring(&at(&fake), PERSON, &wanted(2, "again")).unwrap();
    assert_eq!(fake.site().bodies("mallory").len(), 1);
    // A server that keeps GraphQL from workflows: within one, the workflow's name is known.
    let closed = Answer::json(403, &json!({ "message": "Resource not accessible by integration" }));
    fake.trouble("POST", "/graphql", 100, Trouble::Instead(closed));
    let place = Place { ci: Some(trueup::forge::ci::Ci::GithubActions), ..at(&fake) };
    bring(&place, TOKEN, &wanted(3, "by a workflow")).unwrap();
    bring(&place, TOKEN, &wanted(4, "by a workflow, again")).unwrap();
    assert_eq!(ours(&fake), ["by a workflow, again"]);
    assert!(matches!(try_post(&fake, &wanted(5, "who?")), Err(ForgeError::Forbidden { .. })));
}

#[test]
fn comments_are_found_on_later_pages_and_second_ones_go() {
    let fake = Fake::new(GitHub::new());
    fake.site().page = 3;
    for n in 0..7 {
        fake.site().say("reviewer", &format!("comment {n}"));
    }
    said(&fake, &wanted(1, "one"));
    let second = fake.site().comments[7].body.clone();
    fake.site().say(ACTIONS, &second);
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
    assert_eq!(ours(&fake), ["two"]);
}

#[test]
fn a_comment_that_is_deleted_meanwhile_is_created_anew() {
    let fake = Fake::new(GitHub::new());
    said(&fake, &wanted(1, "one"));
    // Between the list and the edit.
    let gone = Answer::json(404, &json!({ "message": "Not Found" }));
    fake.trouble("PATCH", "/issues/comments/", 1, Trouble::Done(gone));
    fake.site().comments.clear();
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Created(_)));
    let gone = Answer::json(404, &json!({ "message": "Not Found" }));
    fake.trouble("PATCH", "/issues/comments/", 1, Trouble::Instead(gone));
    assert!(matches!(said(&fake, &wanted(3, "three")), Conversation::Created(_)));
}

/// Runs at the same time.
fn at_once(fake: &Arc<Fake<GitHub>>, runs: std::ops::RangeInclusive<u64>) {
    let barrier = Arc::new(Barrier::new(runs.clone().count()));
    let threads: Vec<_> = runs
        .map(|run| {
            let (fake, barrier) = (fake.clone(), barrier.clone());
            std::thread::spawn(move || {
                barrier.wait();
                try_post(&fake, &wanted(run, &format!("run {run}"))).unwrap()
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn runs_at_once_leave_one_comment_also_when_lists_lag() {
    for lag in [0, 1, 2] {
        for _ in 0..5 {
            let fake = Arc::new(Fake::new(GitHub::new()));
            fake.site().lag = lag;
            at_once(&fake, 1..=4);
            assert_eq!(ours(&fake).len(), 1, "lists lag by {lag}");
            fake.site().lag = 0;
            at_once(&fake, 5..=8);
            assert_eq!(ours(&fake).len(), 1);
        }
    }
}

#[test]
fn a_comment_that_is_not_listed_yet_gives_way_to_an_older_one() {
    let marked = |run: u64| format!("{}\n\nrun {run}", Marker { key: "review".into(), run }.line(&GITHUB));
    let fake = Fake::new(GitHub::new());
    fake.site().rival = Some(marked(1));
    assert!(matches!(said(&fake, &wanted(2, "run 2")), Conversation::Updated(_)));
    assert_eq!(ours(&fake), ["run 2"]);
    let fake = Fake::new(GitHub::new());
    fake.site().rival = Some(marked(9));
    assert_eq!(said(&fake, &wanted(2, "run 2")), Conversation::Newer(9));
    assert_eq!(ours(&fake), ["run 9"]);
}

#[test]
fn patience_ends_for_all_waits_together() {
    let fake = Fake::new(GitHub::new());
    let slow = Answer::json(429, &json!({ "message": "slow down" })).header("Retry-After", "1");
    fake.trouble("*", "/", 1000, Trouble::Instead(slow));
    let begun = std::time::Instant::now();
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err();
    assert_eq!(error, ForgeError::Limited { host: "GitHub", seconds: 1 });
    assert!(begun.elapsed() < Duration::from_secs(10) && fake.asked().len() <= 5);
}

#[test]
fn an_older_run_that_writes_late_does_not_have_the_last_word() {
    let fake = Fake::new(GitHub::new());
    said(&fake, &wanted(1, "one"));
    // Run 2 has read the comment before run 3 wrote it, and writes it after.
    let late = format!("{}\n\ntwo", Marker { key: "review".into(), run: 2 }.line(&GITHUB));
    fake.site().late = Some(late.clone());
    assert!(matches!(said(&fake, &wanted(3, "three")), Conversation::Updated(_)));
    assert_eq!(ours(&fake), ["three"]);
    // A newer one that did so is right.
    fake.site().late = Some(late.replace("run=2", "run=9"));
    said(&fake, &wanted(4, "four"));
    assert_eq!(ours(&fake), ["two"]);
}

#[test]
fn an_answer_that_gets_lost_makes_no_second_comment() {
    for trouble in [Trouble::Silent, Trouble::Done(Answer::html(502, "<h1>Bad Gateway</h1>"))] {
        let fake = Fake::new(GitHub::new());
        fake.site().lag = 1;
        fake.trouble("POST", "/issues/5/comments", 1, trouble);
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
        assert_eq!(ours(&fake), ["one"]);
        let creates = fake.writes().iter().filter(|w| w.starts_with("POST")).count();
        assert_eq!(creates, 1, "looked at, not repeated");
    }
    // Nothing was done: then it is sent again, once.
    let fake = Fake::new(GitHub::new());
    fake.trouble("POST", "/issues/5/comments", 1, Trouble::Instead(Answer::html(500, "oops")));
    assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
    assert_eq!(ours(&fake), ["one"]);
    fake.trouble("PATCH", "/issues/comments", 2, Trouble::Instead(Answer::html(500, "oops")));
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
}

#[test]
fn limits_are_waited_for_as_long_as_there_is_patience() {
    let limited = |status: u16, headers: &[(&str, &str)], message: &str| {
        let answer = Answer::json(status, &json!({ "message": message }));
        headers.iter().fold(answer, |a, (n, v)| a.header(n, v))
    };
    let secondary = "You have exceeded a secondary rate limit. Please wait a few minutes";
    for answer in [
        limited(429, &[("Retry-After", "0")], "slow down"),
        limited(429, &[], "slow down"),
        limited(403, &[("retry-after", "1")], secondary),
        limited(
            403,
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")],
            "API rate limit exceeded",
        ),
    ] {
        let fake = Fake::new(GitHub::new());
        fake.trouble("POST", "/issues/5/comments", 1, Trouble::Instead(answer));
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
        assert_eq!(ours(&fake), ["one"]);
    }
    for (answer, seconds) in
        [(limited(429, &[("Retry-After", "3600")], "slow down"), 3600), (limited(403, &[], secondary), 60)]
    {
        let fake = Fake::new(GitHub::new());
        fake.trouble("POST", "/issues/5/comments", 1, Trouble::Instead(answer));
        let error = try_post(&fake, &wanted(1, "one")).unwrap_err();
        assert_eq!(error, ForgeError::Limited { host: "GitHub", seconds });
    }
}

#[test]
fn errors_say_what_the_host_says_and_never_the_token() {
    let fake = Fake::new(GitHub::new());
    let error = bring(&at(&fake), "ghs_wrong-wrong-SECRET", &wanted(1, "one")).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(text.contains("TRUEUP_POST_TOKEN") && text.contains("Bad credentials"), "{text}");
    assert!(!text.contains("SECRET"), "{text}");

    let error = bring(&at(&fake), FORK, &wanted(1, "one")).unwrap_err();
    assert!(error.is_forbidden());
    assert!(error.to_string().contains("it needs issues: write; pull_requests: write"), "{error}");

    // A host that repeats what it was sent.
    let echo = Answer::json(400, &json!({ "message": format!("cannot read Bearer {TOKEN}\n::error::x") }));
    fake.trouble("POST", "/issues/5/comments", 1, Trouble::Instead(echo));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.ends_with("cannot read Bearer *** ::error::x"), "{error}");

    fake.trouble("GET", "/issues/5/comments", 1, Trouble::Instead(Answer::html(200, "<p>sign in")));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.contains("no JSON (text/html"), "{error}");
    let missing = Place { repository: Some("corp/other".into()), ..at(&fake) };
    assert!(bring(&missing, TOKEN, &wanted(1, "one")).unwrap_err().is_missing());
    let host = trueup::forge::connect(&at(&fake), trueup::forge::Token::new(TOKEN, "X"), super::patience());
    assert!(host.is_ok());
    for asked in fake.asked() {
        assert!(!asked.body.contains("SECRET") && !asked.path.contains("SECRET"), "{asked:?}");
        assert!(asked.query.values().all(|v| !v.contains("SECRET")));
    }
}

#[test]
fn no_debug_print_holds_a_token() {
    use trueup::forge::http::{Ask, Client, Manners, Scheme};
    let manners = Manners { name: "a host", judge: |_| None, words: |_, _| None };
    for scheme in [Scheme::Bearer, Scheme::Basic("me"), Scheme::Header("private-token")] {
        let token = trueup::forge::Token::new(TOKEN, "X");
        let client = Client::new("https://api.github.com", token, scheme, &[], manners, super::patience());
        let client = client.unwrap();
        let ask = Ask::new(reqwest::Method::GET, client.at(&["a b", "c/d"]));
        let text = format!("{client:?} {ask:?}");
        assert!(text.contains("a%20b/c%2Fd") && text.contains("Token of X"), "{text}");
        let basic = "bWU6Z2hzXzAxMjM0NTY3ODlhYmNkZWZTRUNSRVQ=";
        assert!(!text.contains("SECRET") && !text.contains(basic), "{text}");
    }
}

#[test]
fn the_token_goes_to_its_origin_only() {
    let stranger = Fake::new(GitHub::new());
    let fake = Fake::new(GitHub::new());
    let away = Answer::empty(307).header("Location", format!("{}/repos/corp/infra/pulls/5", stranger.url()));
    fake.trouble("GET", "/pulls/5", 1, Trouble::Instead(away));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.contains("a redirect to http://127.0.0.1"), "{error}");
    let next = format!("<{}/repos/corp/infra/issues/5/comments?page=2>; rel=\"next\"", stranger.url());
    let page = Answer::json(200, &json!([])).header("Link", next);
    fake.trouble("GET", "/issues/5/comments", 1, Trouble::Instead(page));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.contains("a next page on another host"), "{error}");
    assert!(stranger.asked().is_empty());
    // A repository that was renamed answers with a redirect at home.
    let home = Answer::empty(301).header("Location", format!("{}/repos/corp/infra/pulls/5", fake.url()));
    fake.trouble("GET", "/pulls/5", 1, Trouble::Instead(home));
    assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
    for bad in ["http://api.github.example", "ftp://x", "https://user:pw@api.github.com"] {
        let place = Place { api: Some(bad.into()), ..at(&fake) };
        assert!(matches!(bring(&place, TOKEN, &wanted(1, "x")), Err(ForgeError::Settings(_))), "{bad}");
    }
}

#[test]
fn an_enterprise_server_has_other_roots() {
    let fake = Fake::new(GitHub::new());
    fake.site().prefix = "/api/v3";
    said(&fake, &wanted(1, "one"));
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
    let paths: Vec<String> = fake.asked().into_iter().map(|a| a.path).collect();
    assert!(paths.iter().all(|p| p.starts_with("/api/v3/repos/") || p == "/api/graphql"), "{paths:?}");
}

#[test]
fn a_slow_host_is_given_up_and_the_comment_is_looked_for() {
    let fake = Fake::new(GitHub::new());
    fake.trouble("POST", "/issues/5/comments", 1, Trouble::Slow(Duration::from_millis(2500)));
    assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
    assert_eq!(ours(&fake), ["one"]);
}
