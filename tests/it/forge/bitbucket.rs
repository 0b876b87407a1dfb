//! Bitbucket Cloud: what holds everywhere, and what is its own.

use trueup::forge::post::{Conversation, Lines};
use trueup::forge::{ForgeError, Place, Token, connect};

use super::common::{HEAD, at, everywhere, note, on_lines, ours, said, try_post, with_change};
use super::fake::bitbucket::{ANNA, Cloud, PERSON, READER, TOKEN};
use super::fake::{Answer, Fake, Trouble};
use super::{bring, wanted};
use crate::forge::common::Stand;

everywhere!(Cloud, true, "```diff\n-line 30\n-line 31\n+line 30\n+new\n```\n", "/comments");

#[test]
fn a_person_is_known_by_the_account() {
    let fake = Fake::new(Cloud::fresh());
    let marked = "[//]: <> (trueup:comment key=review run=7 v=1)\n\nby another app";
    fake.site().say(true, marked);
    bring(&at(&fake), PERSON, &wanted(1, "one")).unwrap();
    assert!(matches!(
        bring(&at(&fake), PERSON, &wanted(2, "two")).unwrap().comment,
        Conversation::Updated(_)
    ));
    let site = fake.site();
    let hers: Vec<&str> =
        site.comments.iter().filter(|c| std::ptr::eq(c.user, &ANNA)).map(|c| c.body.as_str()).collect();
    assert_eq!(hers.len(), 1);
    assert!(hers[0].ends_with("two") && ours_of(&site).contains(&marked.to_owned()));
    drop(site);
    // Without the scope every run would write another comment, so none is written.
    fake.site().no_account = true;
    let error = bring(&at(&fake), PERSON, &wanted(3, "three")).unwrap_err();
    assert!(error.is_forbidden() && error.to_string().contains("`read:user:bitbucket`"), "{error}");
    assert!(!error.to_string().contains("SECRET") && !error.to_string().contains("corp.example"), "{error}");
}

fn ours_of(site: &Cloud) -> Vec<String> {
    site.ours()
}

#[test]
fn the_token_of_a_person_goes_with_the_account() {
    use trueup::forge::HostKind::Bitbucket;
    let find = |pairs: &[(&str, &str)]| Token::find(&pairs.iter().copied().collect(), Bitbucket).unwrap();
    let (account, secret) = PERSON.split_once(':').unwrap();
    let fake = Fake::new(Cloud::fresh());
    for token in [
        find(&[("ATLASSIAN_ACCOUNT_EMAIL", account), ("ATLASSIAN_API_TOKEN", secret)]),
        find(&[("BITBUCKET_TOKEN", PERSON)]),
    ] {
        assert!(!format!("{token:?}").contains("SECRET"));
        let host = connect(&at(&fake), token, super::patience()).unwrap();
        assert_eq!(host.head().unwrap(), HEAD);
        assert!(!format!("{:?}", fake.asked().last().unwrap().path).contains("SECRET"));
    }
    // A host that repeats only the second half of it, or the header.
    let header = fake.asked().last().unwrap().header("authorization").to_owned();
    for (told, shown) in [(format!("no {secret}"), "no ***"), (header, "Basic ***")] {
        let echo = Answer::json(400, &serde_json::json!({ "error": { "message": told } }));
        fake.trouble("GET", "", 1, Trouble::Instead(echo));
        let error = bring(&at(&fake), PERSON, &wanted(1, "one")).unwrap_err().to_string();
        assert!(error.ends_with(shown), "{error}");
    }
}

#[test]
fn what_is_resolved_already_is_no_error() {
    let fake = with_change::<Cloud>();
    on_lines(&fake, 1, vec![note("a", 12, "A")]);
    // Resolved by somebody between the list and the request.
    let already = Answer::json(409, &serde_json::json!({ "error": { "message": "already resolved" } }));
    fake.trouble("POST", "/resolve", 1, Trouble::Instead(already));
    assert_eq!(on_lines(&fake, 2, Vec::new()), Lines { resolved: 1, ..Lines::default() });
}

#[test]
fn a_range_that_is_refused_stands_on_its_last_line() {
    let fake = with_change::<Cloud>();
    fake.site().no_ranges = true;
    let proposal = trueup::forge::inline::Proposal {
        lines: (13, 14),
        before: "line 13\nline 14".into(),
        after: "new".into(),
        safe: true,
    };
    let edit = trueup::forge::Note { proposal: Some(proposal), ..note("a", 13, "A") };
    assert_eq!(on_lines(&fake, 1, vec![edit]).begun, 1);
    assert_eq!(fake.site().seen()[0].line, Some(14));
}

#[test]
fn a_commit_in_short_is_made_whole() {
    let fake = Fake::new(Cloud::fresh());
    let host = connect(&at(&fake), Token::new(READER, "X"), super::patience()).unwrap();
    assert_eq!(host.head().unwrap(), HEAD);
    // That of a fork may be nowhere to be seen.
    let missing = Answer::json(404, &serde_json::json!({ "error": { "message": "Commit not found" } }));
    fake.trouble("GET", "/commit/", 2, Trouble::Instead(missing));
    assert_eq!(host.head().unwrap(), &HEAD[..12]);
    let whole = trueup::forge::post::Wanted { commit: Some(HEAD.into()), ..wanted(1, "one") };
    said(&fake, &whole);
    fake.trouble("GET", "/commit/", 1, Trouble::Instead(Answer::json(404, &serde_json::json!({}))));
    let again = trueup::forge::post::Wanted { body: Some("two".into()), ..whole };
    assert!(matches!(said(&fake, &again), Conversation::Updated(_)));
}

#[test]
fn a_diff_that_took_too_long_is_asked_for_again() {
    let fake = with_change::<Cloud>();
    fake.trouble("GET", "/diff", 1, Trouble::Instead(Answer::html(555, "<h1>timeout</h1>")));
    assert_eq!(on_lines(&fake, 1, vec![note("a", 12, "A")]).begun, 1);
    let never = with_change::<Cloud>();
    never.trouble("GET", "/diff", 100, Trouble::Instead(Answer::html(555, "<h1>timeout</h1>")));
    let wanted =
        trueup::forge::post::Wanted { notes: Some(vec![note("a", 12, "A")]), ..wanted(1, "the comment") };
    let error = try_post(&never, &wanted).unwrap().lines.unwrap().unwrap_err();
    assert!(matches!(error, ForgeError::Trouble { status: 555, .. }), "{error:?}");
}

#[test]
fn a_redirect_of_the_diff_keeps_the_token_at_home() {
    let stranger = Fake::new(Cloud::fresh());
    let fake = with_change::<Cloud>();
    let away =
        Answer::empty(302).header("Location", format!("{}/repositories/corp/infra/diff/x", stranger.url()));
    fake.trouble("GET", "/diff", 1, Trouble::Instead(away));
    let wanted =
        trueup::forge::post::Wanted { notes: Some(vec![note("a", 12, "A")]), ..wanted(1, "the comment") };
    assert!(try_post(&fake, &wanted).unwrap().lines.unwrap().is_err());
    assert!(stranger.asked().is_empty());
    assert_eq!(ours(&fake), ["the comment"]);
}

#[test]
fn who_can_read_a_repository() {
    let fake = Fake::new(Cloud::fresh());
    for private in [true, false] {
        fake.site().private = private;
        let host = connect(&at(&fake), Token::new(TOKEN, "X"), super::patience()).unwrap();
        assert_eq!(host.is_public().unwrap(), Some(!private));
    }
    let place = Place { repository: Some("infra".into()), ..at(&fake) };
    assert!(matches!(bring(&place, TOKEN, &wanted(1, "x")), Err(ForgeError::Settings(_))));
}

#[test]
fn a_run_of_a_branch_finds_its_pull_request() {
    let fake = Fake::new(Cloud::fresh());
    let of = |head: &str| {
        let place = Place { pull_request: None, head: Some(head.into()), ..at(&fake) };
        trueup::forge::pull_request_of(&place, Token::new(TOKEN, "X"), super::patience()).unwrap()
    };
    assert_eq!(of(HEAD), Some(5));
    assert_eq!(of(&HEAD[..12]), Some(5));
    assert_eq!(of(&"c".repeat(40)), None);
}
