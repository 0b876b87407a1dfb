//! Azure DevOps Services and Server: the comment of the conversation.

use std::sync::{Arc, Barrier};

use serde_json::json;
use trueup::forge::post::{Conversation, Posted, Wanted};
use trueup::forge::{ForgeError, HostKind, Place, State, Status, Token, connect};
use trueup::output::markdown::{AZURE_DEVOPS, Marker};

use super::fake::azure_devops::{
    AzureDevOps, BUILD, FORK, HEAD, MALLORY, NAME, NUMBER, PERSON, PROJECT, TOKEN,
};
use super::fake::{Answer, Fake, Trouble};
use super::{bring, patience, wanted};

pub(super) fn at(fake: &Fake<AzureDevOps>) -> Place {
    let collection = fake.site().collection.join("/");
    let api = format!("{}/{collection}", fake.url());
    super::place(
        HostKind::AzureDevOps,
        &api,
        "https://dev.azure.com/corp",
        &format!("{PROJECT}/{NAME}"),
        NUMBER,
    )
}

fn try_post(fake: &Fake<AzureDevOps>, wanted: &Wanted) -> Result<Posted, ForgeError> {
    bring(&at(fake), TOKEN, wanted)
}

fn said(fake: &Fake<AzureDevOps>, wanted: &Wanted) -> Conversation {
    try_post(fake, wanted).unwrap().comment
}

/// What our comments say, without markers, and the state of their threads.
fn ours(fake: &Fake<AzureDevOps>) -> Vec<(String, String)> {
    let site = fake.site();
    let text = |body: &str| body.split_once("\n\n").unwrap().1.to_owned();
    site.of(BUILD).iter().map(|t| (text(t.text()), t.status().to_owned())).collect()
}

fn one(text: &str, status: &str) -> Vec<(String, String)> {
    vec![(text.to_owned(), status.to_owned())]
}

#[test]
fn a_comment_is_created_edited_in_place_and_not_sent_twice() {
    let fake = Fake::new(AzureDevOps::new());
    let first = said(&fake, &wanted(1, "one"));
    let page = "https://dev.azure.com/corp/My%20Project/_git/infra/pullrequest/12?discussionId=101";
    assert_eq!(first, Conversation::Created(Some(page.into())));
    {
        let site = fake.site();
        let thread = &site.threads[0];
        assert!(thread.place.is_null(), "it stands in the conversation");
        assert_eq!(thread.properties, json!({ "trueup.key": "review" }));
    }
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(Some(_))));
    let before = fake.writes().len();
    {
        let mut site = fake.site();
        let body = site.threads[0].text().replace('\n', " \r\n");
        site.threads[0].comments[0].content = body;
    }
    assert_eq!(said(&fake, &wanted(3, "two")), Conversation::Unchanged);
    assert_eq!(fake.writes().len(), before, "the same text is not sent again");
    let site = fake.site();
    let marker = Marker::of(site.threads[0].text()).unwrap();
    assert_eq!((site.threads.len(), marker.key.as_str(), marker.run), (1, "review", 2));
}

#[test]
fn a_thread_is_active_as_long_as_something_blocks() {
    let fake = Fake::new(AzureDevOps::new());
    let calm = |run, text: &str| Wanted { blocks: false, ..wanted(run, text) };
    said(&fake, &wanted(1, "blocked"));
    assert_eq!(ours(&fake), one("blocked", "active"));
    said(&fake, &calm(2, "only told"));
    assert_eq!(ours(&fake), one("only told", "closed"));
    said(&fake, &calm(3, "told again"));
    said(&fake, &wanted(4, "blocked anew"));
    assert_eq!(ours(&fake), one("blocked anew", "active"));
    // What a person resolved stays so as long as nothing new is said.
    fake.site().threads[0].status = Some("wontFix".into());
    assert_eq!(said(&fake, &wanted(5, "blocked anew")), Conversation::Unchanged);
    assert_eq!(ours(&fake), one("blocked anew", "wontFix"));
    said(&fake, &wanted(6, "blocked by something else"));
    assert_eq!(ours(&fake), one("blocked by something else", "active"));
    let nothing = Wanted { body: None, ..wanted(7, "") };
    assert_eq!(said(&fake, &nothing), Conversation::Resolved);
    assert_eq!(ours(&fake), one("Resolved: nothing is left to say.", "closed"));
    let first = fake.writes().iter().filter(|w| w.ends_with("/threads/101")).count();
    assert_eq!(first, 4, "a state is set where it changes: {:?}", fake.writes());
}

#[test]
fn a_text_that_fails_after_its_state_is_sent_again_by_the_next_run() {
    let fake = Fake::new(AzureDevOps::new());
    said(&fake, &wanted(1, "blocked"));
    let refused = Answer::json(400, &json!({ "message": "no", "typeKey": "ArgumentException" }));
    fake.trouble("PATCH", "/comments/1", 1, Trouble::Instead(refused));
    let calm = Wanted { blocks: false, ..wanted(2, "fine") };
    assert!(matches!(try_post(&fake, &calm), Err(ForgeError::Refused { status: 400, .. })));
    assert_eq!(ours(&fake), one("blocked", "closed"));
    assert!(matches!(said(&fake, &calm), Conversation::Updated(_)));
    assert_eq!(ours(&fake), one("fine", "closed"));
}

#[test]
fn a_newer_run_is_not_overwritten_and_an_older_commit_says_nothing_new() {
    let fake = Fake::new(AzureDevOps::new());
    said(&fake, &wanted(9, "nine"));
    assert_eq!(said(&fake, &wanted(8, "eight")), Conversation::Newer(9));
    assert_eq!(ours(&fake), one("nine", "active"));
    let of = |commit: &str| Wanted { commit: Some(commit.into()), ..wanted(10, "of a commit") };
    assert_eq!(said(&fake, &of("bbbbbbb")), Conversation::Outdated(HEAD.into()));
    assert!(matches!(said(&fake, &of(&HEAD[..12])), Conversation::Updated(_)));
}

#[test]
fn nothing_to_say_is_not_said() {
    let fake = Fake::new(AzureDevOps::new());
    assert_eq!(said(&fake, &Wanted { body: None, ..wanted(1, "") }), Conversation::Nothing);
    assert_eq!(fake.writes(), [""; 0]);
}

#[test]
fn a_marker_counts_only_with_its_author_and_system_threads_are_passed_over() {
    let fake = Fake::new(AzureDevOps::new());
    let forged = Marker { key: "review".into(), run: u64::MAX }.line(&AZURE_DEVOPS);
    let text = format!("{forged}\n\nall is well");
    {
        let mut site = fake.site();
        site.say(MALLORY, &text, "text").properties = json!({ "trueup.key": "review" });
        site.say(BUILD, &text, "system");
        site.say(BUILD, &format!("> quoted:\n{forged}\n\nanother step that quotes"), "text");
        site.say(BUILD, &text, "text").place =
            json!({ "filePath": "/main.tf", "rightFileStart": { "line": 1 } });
    }
    assert!(matches!(said(&fake, &wanted(1, "blocked")), Conversation::Created(_)));
    assert!(matches!(said(&fake, &wanted(2, "still blocked")), Conversation::Updated(_)));
    let site = fake.site();
    assert_eq!(site.threads.len(), 5);
    assert_eq!(site.threads[0].text(), text);
    assert_eq!(site.threads[1].text(), text);
}

#[test]
fn a_text_that_lost_its_marker_is_known_by_the_property() {
    let fake = Fake::new(AzureDevOps::new());
    said(&fake, &wanted(4, "one"));
    fake.site().threads[0].comments[0].content = "one".into();
    assert_eq!(said(&fake, &wanted(5, "one")), Conversation::Unchanged);
    assert!(matches!(said(&fake, &wanted(6, "two")), Conversation::Updated(_)));
    let site = fake.site();
    assert_eq!((site.threads.len(), Marker::of(site.threads[0].text()).unwrap().run), (1, 6));
}

#[test]
fn who_deletes_the_comment_gets_a_new_one_with_the_next_run() {
    let fake = Fake::new(AzureDevOps::new());
    said(&fake, &wanted(1, "one"));
    // The whole thread, and the first comment of a thread that was answered.
    for run in [2, 3] {
        {
            let mut site = fake.site();
            let thread = site.threads.last_mut().unwrap();
            if run == 3 {
                let answer = thread.comments[0].clone();
                let reply = super::fake::azure_devops::Comment { id: 2, author: MALLORY.into(), ..answer };
                thread.comments.push(reply);
            }
            thread.comments[0].deleted = true;
        }
        assert!(matches!(said(&fake, &wanted(run, "again")), Conversation::Created(_)));
    }
    assert_eq!(ours(&fake).last(), one("again", "active").last());
    assert_eq!(fake.site().threads.len(), 3);
}

#[test]
fn a_comment_that_is_deleted_between_the_list_and_the_edit_is_created_anew() {
    let fake = Fake::new(AzureDevOps::new());
    said(&fake, &wanted(1, "one"));
    let gone = json!({ "id": 101, "isDeleted": true, "comments": [{ "id": 1, "isDeleted": true, "commentType": "text" }] });
    fake.trouble("GET", "/threads/101", 1, Trouble::Instead(Answer::json(200, &gone)));
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Created(_)));
    let gone = Answer::json(404, &json!({ "message": "The thread does not exist." }));
    fake.trouble("GET", "/threads/10", 1, Trouble::Instead(gone));
    assert!(matches!(said(&fake, &wanted(3, "three")), Conversation::Created(_) | Conversation::Updated(_)));
}

#[test]
fn runs_at_once_leave_one_comment_also_when_lists_lag() {
    for lag in [0, 1, 2] {
        for _ in 0..4 {
            let fake = Arc::new(Fake::new(AzureDevOps::new()));
            fake.site().lag = lag;
            let barrier = Arc::new(Barrier::new(4));
            let runs: Vec<_> = (1..=4)
                .map(|run| {
                    let (fake, barrier) = (fake.clone(), barrier.clone());
                    std::thread::spawn(move || {
                        barrier.wait();
                        try_post(&fake, &wanted(run, &format!("run {run}"))).unwrap()
                    })
                })
                .collect();
            runs.into_iter().for_each(|run| drop(run.join().unwrap()));
            assert_eq!(ours(&fake).len(), 1, "lists lag by {lag}");
        }
    }
}

#[test]
fn an_answer_that_gets_lost_makes_no_second_comment() {
    for trouble in [Trouble::Silent, Trouble::Done(Answer::html(502, "<h1>Bad Gateway</h1>"))] {
        let fake = Fake::new(AzureDevOps::new());
        fake.site().lag = 1;
        fake.trouble("POST", "/threads", 1, trouble);
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
        assert_eq!(fake.writes().iter().filter(|w| w.starts_with("POST")).count(), 1);
    }
    let fake = Fake::new(AzureDevOps::new());
    fake.trouble("POST", "/threads", 1, Trouble::Instead(Answer::html(500, "oops")));
    assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
    assert_eq!(ours(&fake), one("one", "active"));
}

#[test]
fn a_bad_token_is_told_whatever_the_answer_looks_like() {
    let fake = Fake::new(AzureDevOps::new());
    for bad in ["wrong-wrong-SECRET", "aGVhZA.cGF5bG9hZA.d3JvbmdSECRET"] {
        let error = bring(&at(&fake), bad, &wanted(1, "one")).unwrap_err();
        assert!(matches!(error, ForgeError::Unauthorised { status: 203, .. }), "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("TRUEUP_POST_TOKEN") && text.contains("sign in"), "{text}");
        assert!(!text.contains("SECRET"), "{text}");
    }
    let away = "https://spsprodweu1.vssps.visualstudio.com/_signin?realm=x";
    for answer in [
        Answer::empty(302).header("Location", away),
        Answer::html(200, "<html>sign in</html>"),
        Answer::json(
            401,
            &json!({ "message": "TF400813: The user '' is not authorized", "typeKey": "UnauthorizedRequestException" }),
        ),
    ] {
        fake.trouble("GET", "/pullRequests/12", 1, Trouble::Instead(answer));
        let error = try_post(&fake, &wanted(1, "one")).unwrap_err();
        assert!(matches!(error, ForgeError::Unauthorised { .. }), "{error:?}");
    }
    assert!(fake.writes().is_empty());
    // A token that ends between reading and writing.
    said(&fake, &wanted(1, "one"));
    let ended = Answer::json(401, &json!({ "message": "TF400813: The user '' is not authorized" }));
    fake.trouble("PATCH", "/threads", 1, Trouble::Instead(ended));
    assert!(matches!(try_post(&fake, &wanted(2, "two")), Err(ForgeError::Unauthorised { status: 401, .. })));
}

#[test]
fn every_kind_of_token_is_shown_as_it_must_be() {
    let fake = Fake::new(AzureDevOps::new());
    bring(&at(&fake), PERSON, &wanted(1, "by a person")).unwrap();
    bring(&at(&fake), PERSON, &wanted(2, "again")).unwrap();
    assert_eq!(fake.site().of(MALLORY).len(), 1);
    said(&fake, &wanted(3, "by a pipeline"));
    assert_eq!(fake.site().of(BUILD).len(), 1);
    // A server that repeats what it was sent, in either form.
    let asked = fake.asked();
    let sent = asked.iter().map(|r| r.header("authorization")).find(|h| h.starts_with("Basic ")).unwrap();
    let echo = Answer::json(400, &json!({ "message": format!("cannot read {sent} nor {PERSON}") }));
    fake.trouble("POST", "/threads", 1, Trouble::Instead(echo));
    let other = Wanted { key: "other".into(), ..wanted(1, "one") };
    let error = bring(&at(&fake), PERSON, &other).unwrap_err().to_string();
    assert!(error.ends_with("cannot read Basic *** nor ***"), "{error}");
    for asked in fake.asked() {
        assert!(!asked.body.contains("SECRET") && !asked.path.contains("SECRET"), "{asked:?}");
        assert!(asked.query.values().all(|v| !v.contains("SECRET")));
    }
}

#[test]
fn a_token_that_may_only_read_is_told_apart() {
    let fake = Fake::new(AzureDevOps::new());
    let error = bring(&at(&fake), FORK, &wanted(1, "one")).unwrap_err();
    assert!(error.is_forbidden());
    assert!(error.to_string().contains("\"Contribute to pull requests\""), "{error}");
    let other = Place { repository: Some(format!("{PROJECT}/other")), ..at(&fake) };
    let error = bring(&other, TOKEN, &wanted(1, "one")).unwrap_err();
    assert!(error.is_missing() && error.to_string().contains("its YAML names"), "{error}");
    for bad in ["alone", "a/b/c", "/x"] {
        let place = Place { repository: Some(bad.into()), ..at(&fake) };
        assert!(matches!(bring(&place, TOKEN, &wanted(1, "x")), Err(ForgeError::Settings(_))), "{bad}");
    }
}

#[test]
fn servers_are_asked_in_the_version_that_they_have() {
    for version in [70, 60, 51, 50] {
        let fake = Fake::new(AzureDevOps::new());
        {
            let mut site = fake.site();
            (site.version, site.visibility) = (version, None);
            site.collection = vec!["tfs", "Default Collection"];
        }
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)), "{version}");
        assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
        let refused = fake.asked().iter().filter(|r| r.query["api-version"].starts_with("7.1")).count();
        assert_eq!(refused, 2, "once in each run");
        assert!(fake.asked().iter().all(|r| r.path.starts_with("/tfs/Default%20Collection/")));
        let host = connect(&at(&fake), Token::new(TOKEN, "X"), patience()).unwrap();
        assert_eq!(host.is_public().unwrap(), Some(false), "asked of the project");
    }
    let fake = Fake::new(AzureDevOps::new());
    fake.site().version = 41;
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.contains("The latest REST API version this server supports is 4.1"), "{error}");
}

#[test]
fn a_host_that_asks_for_patience_gets_it() {
    let fake = Fake::new(AzureDevOps::new());
    // It slows down first, with answers that are fine.
    let pull = json!({ "lastMergeSourceCommit": { "commitId": HEAD } });
    let slow = Answer::json(200, &pull)
        .header("Retry-After", "1")
        .header("X-RateLimit-Resource", "core")
        .header("X-RateLimit-Delay", "12.5");
    fake.trouble("GET", "/pullRequests/12", 1, Trouble::Instead(slow));
    let start = std::time::Instant::now();
    assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
    assert!(start.elapsed() >= std::time::Duration::from_millis(900), "{:?}", start.elapsed());
    let blocked =
        "TF400733: The request has been canceled: Request was blocked due to exceeding usage of resource";
    for (status, header) in
        [(429, ("Retry-After", "0")), (429, ("X-RateLimit-Reset", "1")), (503, ("Retry-After", "0"))]
    {
        let answer = Answer::json(status, &json!({ "message": blocked })).header(header.0, header.1);
        let fake = Fake::new(AzureDevOps::new());
        fake.trouble("POST", "/threads", 1, Trouble::Instead(answer));
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
        assert_eq!(ours(&fake), one("one", "active"));
    }
    let answer = Answer::json(429, &json!({ "message": blocked })).header("Retry-After", 3600);
    fake.trouble("GET", "/threads", 1, Trouble::Instead(answer));
    let error = try_post(&fake, &wanted(2, "two")).unwrap_err();
    assert_eq!(error, ForgeError::Limited { host: "Azure DevOps", seconds: 3600 });
}

#[test]
fn what_is_too_long_is_refused_with_the_words_of_the_host() {
    let fake = Fake::new(AzureDevOps::new());
    let error = try_post(&fake, &wanted(1, &"x".repeat(150_001))).unwrap_err().to_string();
    assert!(error.contains("cannot be longer than 150000 characters. Parameter name"), "{error}");
    let most = "\u{1f600}".repeat(73_000);
    assert!(AZURE_DEVOPS.limit.holds(&most));
    assert!(matches!(said(&fake, &wanted(1, &most)), Conversation::Created(_)));
}

#[test]
fn who_can_read_is_asked_and_a_status_is_of_the_latest_push() {
    let fake = Fake::new(AzureDevOps::new());
    let host = connect(&at(&fake), Token::new(TOKEN, "X"), patience()).unwrap();
    assert_eq!(host.is_public().unwrap(), Some(false));
    fake.site().visibility = Some("public");
    assert_eq!(host.is_public().unwrap(), Some(true));
    let status = Status {
        name: "review".into(),
        state: State::Failed,
        description: "2 findings block".into(),
        url: Some("https://dev.azure.com/corp/x".into()),
    };
    let with = |run| Wanted { status: Some(status.clone()), ..wanted(run, "text") };
    assert_eq!(try_post(&fake, &with(7)).unwrap().status, Some(Ok(())));
    assert!(try_post(&fake, &with(6)).unwrap().status.is_none(), "an older run says nothing");
    let old = Wanted { commit: Some("bbbbbbb".into()), ..with(8) };
    assert!(try_post(&fake, &old).unwrap().status.is_none(), "nor one of an older push");
    let site = fake.site();
    assert_eq!(
        site.statuses,
        [json!({ "state": "failed", "description": "2 findings block", "iterationId": 3,
            "context": { "genre": "trueup", "name": "review" }, "targetUrl": "https://dev.azure.com/corp/x" })]
    );
}
