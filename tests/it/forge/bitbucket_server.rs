//! Bitbucket Data Center: what holds everywhere, and what is its own.

use trueup::forge::post::Conversation;
use trueup::forge::{ForgeError, Token, connect};

use super::common::{at, everywhere, note, on_lines, ours, said, try_post, with_change};
use super::fake::Fake;
use super::fake::bitbucket_server::{Server, TOKEN};
use super::wanted;
use crate::forge::common::Stand;

everywhere!(Server, false, "```diff\n-line 30\n-line 31\n+line 30\n+new\n```\n", "/comments");

#[test]
fn a_comment_that_changed_meanwhile_is_read_again() {
    let fake = Fake::new(Server::fresh());
    said(&fake, &wanted(1, "one"));
    fake.site().races = 1;
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
    assert_eq!(ours(&fake), ["two"]);
    fake.site().races = 100;
    let error = try_post(&fake, &wanted(3, "three")).unwrap_err();
    assert!(matches!(error, ForgeError::Refused { status: 409, .. }), "{error:?}");
}

#[test]
fn a_second_comment_that_was_answered_says_that_it_is_one() {
    let fake = Fake::new(Server::fresh());
    said(&fake, &wanted(1, "one"));
    {
        let mut site = fake.site();
        let second = site.ours()[0].clone();
        site.say(true, &second);
        site.comments[1].answered = true;
    }
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
    let bodies = fake.site().ours();
    assert!(bodies[0].ends_with("two") && bodies[1].starts_with("Two runs wrote this comment"), "{bodies:?}");
    let before = fake.writes().len();
    assert_eq!(said(&fake, &wanted(3, "two")), Conversation::Unchanged);
    assert_eq!(fake.writes().len(), before);
}

#[test]
fn an_answer_leaves_a_thread_ours() {
    let fake = with_change::<Server>();
    on_lines(&fake, 1, vec![note("a", 12, "A")]);
    fake.site().comments.last_mut().unwrap().answered = true;
    assert_eq!(on_lines(&fake, 2, vec![note("a", 12, "A")]).standing, 1);
}

#[test]
fn who_can_read_a_repository() {
    let fake = Fake::new(Server::fresh());
    for public in [false, true] {
        fake.site().public = public;
        let host = connect(&at(&fake), Token::new(TOKEN, "BITBUCKET_TOKEN"), super::patience()).unwrap();
        assert_eq!(host.is_public().unwrap(), Some(public));
    }
}
