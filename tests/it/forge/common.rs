//! What holds for every host, said once: each test is a function over a [`Stand`], which a host's stand-in is.
//! `everywhere!` makes the tests of one host of them.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use trueup::analysis::finding::Severity;
use trueup::forge::inline::Proposal;
use trueup::forge::post::{Conversation, Lines, Posted, Wanted};
use trueup::forge::{ForgeError, HostKind, Note, Place};
use trueup::output::markdown::{Dialect, Marker};

use super::fake::{Answer, Fake, Site, Trouble};
use super::{bring, wanted};

/// A thread on lines as the stand-in has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    /// The first line where it is on several.
    pub(crate) start: Option<u64>,
    /// The last line after the change; `None` for one on the whole file.
    pub(crate) line: Option<u64>,
    pub(crate) body: String,
    pub(crate) resolved: bool,
}

/// A host's stand-in as these tests need it.
pub(crate) trait Stand: Site + Sized {
    const KIND: HostKind;
    const REPOSITORY: &'static str;
    /// A token that may do everything, one that may read, one that is none.
    const TOKEN: &'static str;
    const READER: &'static str;
    const WRONG: &'static str;
    /// What the host says to the last two.
    const FORBIDDEN: &'static str;
    const REFUSED: &'static str;
    /// Method and part of the path of what creates and what edits a comment.
    const CREATE: (&'static str, &'static str);
    const EDIT: (&'static str, &'static str);

    fn fresh() -> Self;
    /// Bodies of comments in the conversation that we wrote, oldest first.
    fn ours(&self) -> Vec<String>;
    /// Somebody else comments; or we, by another way.
    fn say(&mut self, own: bool, body: &str);
    /// Somebody deletes all comments.
    fn sweep(&mut self);
    /// So many lists do not show what was created; pages hold so much.
    fn lag(&mut self, lists: usize);
    fn pages_of(&mut self, size: usize);
    /// The hunks of one changed file, which was called otherwise before where that is said.
    fn change(&mut self, path: &str, old_path: Option<&str>, hunks: &str);
    fn seen(&self) -> Vec<Seen>;
    /// Somebody resolves the first thread; a push makes all of them outdated.
    fn resolve_first(&mut self);
    fn outdate(&mut self);
    /// The token may not resolve.
    fn no_resolving(&mut self);
}

pub(crate) const NUMBER: u64 = 5;
pub(crate) const HEAD: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(crate) fn at<S: Stand>(fake: &Fake<S>) -> Place {
    super::place(S::KIND, &fake.url(), "https://host.example", S::REPOSITORY, NUMBER)
}

pub(crate) fn try_post<S: Stand>(fake: &Fake<S>, wanted: &Wanted) -> Result<Posted, ForgeError> {
    bring(&at(fake), S::TOKEN, wanted)
}

pub(crate) fn said<S: Stand>(fake: &Fake<S>, wanted: &Wanted) -> Conversation {
    try_post(fake, wanted).unwrap().comment
}

/// What our comments say, without markers.
pub(crate) fn ours<S: Stand>(fake: &Fake<S>) -> Vec<String> {
    fake.site()
        .ours()
        .iter()
        .map(|b| b.split_once("\n\n").map_or(b.as_str(), |(_, t)| t).to_owned())
        .collect()
}

fn dialect<S: Stand>() -> &'static Dialect {
    S::KIND.dialect()
}

pub(crate) fn one_comment_edited_in_place<S: Stand>() {
    let fake = Fake::new(S::fresh());
    let first = said(&fake, &wanted(1, "one"));
    assert!(matches!(&first, Conversation::Created(Some(url)) if url.starts_with("https://")), "{first:?}");
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(Some(_))));
    let before = fake.writes().len();
    assert_eq!(said(&fake, &wanted(3, "two")), Conversation::Unchanged);
    assert_eq!(fake.writes().len(), before, "the same text is not sent again");
    let bodies = fake.site().ours();
    assert_eq!(bodies.len(), 1);
    let marker = Marker::of(&bodies[0]).unwrap();
    assert_eq!((marker.key.as_str(), marker.run), ("review", 2));
    assert!(bodies[0].starts_with(&marker.line(dialect::<S>())));
}

pub(crate) fn newer_runs_and_other_commits<S: Stand>() {
    let fake = Fake::new(S::fresh());
    said(&fake, &wanted(9, "nine"));
    assert_eq!(said(&fake, &wanted(8, "eight")), Conversation::Newer(9));
    assert_eq!(ours(&fake), ["nine"]);
    let of = |commit: &str| Wanted { commit: Some(commit.into()), ..wanted(10, "of a commit") };
    assert_eq!(said(&fake, &of("bbbbbbb")), Conversation::Outdated(HEAD.into()));
    assert!(matches!(said(&fake, &of(&HEAD[..12])), Conversation::Updated(_)));
    assert!(matches!(said(&fake, &Wanted { body: Some("x".into()), ..of(HEAD) }), Conversation::Updated(_)));
}

pub(crate) fn nothing_to_say<S: Stand>() {
    let fake = Fake::new(S::fresh());
    let nothing = |run| Wanted { body: None, ..wanted(run, "") };
    assert_eq!(said(&fake, &nothing(1)), Conversation::Nothing);
    assert_eq!(fake.writes(), [""; 0]);
    said(&fake, &wanted(2, "something"));
    assert_eq!(said(&fake, &nothing(3)), Conversation::Resolved);
    assert_eq!(ours(&fake), ["Resolved: nothing is left to say."]);
    assert_eq!(said(&fake, &nothing(4)), Conversation::Unchanged);
}

pub(crate) fn others_quote_the_marker<S: Stand>() {
    let fake = Fake::new(S::fresh());
    let forged = Marker { key: "review".into(), run: u64::MAX }.line(dialect::<S>());
    fake.site().say(false, &format!("{forged}\n\nall is well"));
    fake.site().say(true, &format!("> quoted:\n{forged}\n\nanother job that quotes"));
    assert!(matches!(said(&fake, &wanted(1, "blocked")), Conversation::Created(_)));
    assert!(matches!(said(&fake, &wanted(2, "still blocked")), Conversation::Updated(_)));
    assert_eq!(fake.site().ours().len(), 2);
    assert_eq!(ours(&fake).last().unwrap(), "still blocked");
}

pub(crate) fn later_pages_and_second_comments<S: Stand>() {
    let fake = Fake::new(S::fresh());
    fake.site().pages_of(3);
    for n in 0..7 {
        fake.site().say(false, &format!("comment {n}"));
    }
    said(&fake, &wanted(1, "one"));
    let second = fake.site().ours()[0].clone();
    fake.site().say(true, &second);
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
    assert_eq!(ours(&fake), ["two"]);
}

pub(crate) fn a_deleted_comment_is_made_anew<S: Stand>() {
    let fake = Fake::new(S::fresh());
    said(&fake, &wanted(1, "one"));
    fake.site().sweep();
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Created(_)));
    // Between the list and the edit.
    let gone = Answer::json(404, &serde_json::json!({ "message": "404 Not found" }));
    fake.trouble(S::EDIT.0, S::EDIT.1, 1, Trouble::Instead(gone));
    assert!(matches!(said(&fake, &wanted(3, "three")), Conversation::Created(_)));
}

pub(crate) fn runs_at_once<S: Stand>() {
    for lag in [0, 1, 2] {
        for _ in 0..3 {
            let fake = Arc::new(Fake::new(S::fresh()));
            for (lag, runs) in [(lag, 1..=4_u64), (0, 5..=8)] {
                fake.site().lag(lag);
                let barrier = Arc::new(Barrier::new(4));
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
                assert_eq!(ours(&fake).len(), 1, "lists lag by {lag}");
            }
        }
    }
}

pub(crate) fn answers_get_lost<S: Stand>() {
    let (method, path) = S::CREATE;
    for trouble in [
        Trouble::Silent,
        Trouble::Done(Answer::html(502, "<h1>Bad Gateway</h1>")),
        Trouble::Slow(Duration::from_millis(2500)),
    ] {
        let fake = Fake::new(S::fresh());
        fake.trouble(method, path, 1, trouble);
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
        assert_eq!(ours(&fake), ["one"]);
    }
    // What can be repeated is.
    let fake = Fake::new(S::fresh());
    said(&fake, &wanted(1, "one"));
    fake.trouble("*", "", 2, Trouble::Instead(Answer::html(503, "<h1>down</h1>")));
    assert!(matches!(said(&fake, &wanted(2, "two")), Conversation::Updated(_)));
}

pub(crate) fn limits_are_waited_for<S: Stand>() {
    let (method, path) = S::CREATE;
    let limited = |wait: Option<&str>| {
        let answer = Answer::html(429, "Retry later");
        wait.map_or(answer.clone(), |wait| answer.header("Retry-After", wait))
    };
    for wait in [Some("0"), Some("1"), None] {
        let fake = Fake::new(S::fresh());
        fake.trouble(method, path, 1, Trouble::Instead(limited(wait)));
        assert!(matches!(said(&fake, &wanted(1, "one")), Conversation::Created(_)));
        assert_eq!(ours(&fake), ["one"]);
    }
    let fake = Fake::new(S::fresh());
    fake.trouble(method, path, 1, Trouble::Instead(limited(Some("3600"))));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err();
    assert!(matches!(error, ForgeError::Limited { seconds: 3600, .. }), "{error:?}");
    assert!(fake.site().ours().is_empty());
}

pub(crate) fn errors_say_what_the_host_says<S: Stand>() {
    let fake = Fake::new(S::fresh());
    let error = bring(&at(&fake), S::WRONG, &wanted(1, "one")).unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(matches!(error, ForgeError::Unauthorised { .. }), "{text}");
    assert!(text.contains("TRUEUP_POST_TOKEN") && text.contains(S::REFUSED), "{text}");
    assert!(!text.contains("SECRET"), "{text}");

    let error = bring(&at(&fake), S::READER, &wanted(1, "one")).unwrap_err();
    assert!(error.is_forbidden() && error.to_string().contains(S::FORBIDDEN), "{error}");
    assert!(fake.site().ours().is_empty());

    // A host that repeats what it was sent; a page for browsers; a body that is refused.
    let echo =
        Answer::json(400, &serde_json::json!({ "message": S::TOKEN, "error": { "message": S::TOKEN } }));
    fake.trouble(S::CREATE.0, S::CREATE.1, 1, Trouble::Instead(echo));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.contains("***") && !error.contains("SECRET"), "{error}");
    fake.trouble(
        S::CREATE.0,
        S::CREATE.1,
        1,
        Trouble::Instead(Answer::html(400, "<h1>Bad Request (400)</h1>")),
    );
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.ends_with("refuses it (400): a page for browsers"), "{error}");
    fake.trouble("GET", "", 1, Trouble::Instead(Answer::html(200, "<p>sign in")));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err();
    assert!(matches!(error, ForgeError::Protocol { .. }), "{error:?}");
    let missing = Place { repository: Some("group/other".into()), ..at(&fake) };
    assert!(bring(&missing, S::TOKEN, &wanted(1, "one")).unwrap_err().is_missing());
    for asked in fake.asked() {
        assert!(!asked.body.contains("SECRET") && !asked.path.contains("SECRET"), "{asked:?}");
        assert!(asked.query.values().all(|v| !v.contains("SECRET")));
    }
}

pub(crate) fn the_token_stays_at_home<S: Stand>() {
    let stranger = Fake::new(S::fresh());
    let fake = Fake::new(S::fresh());
    let away = Answer::empty(307).header("Location", format!("{}/x", stranger.url()));
    fake.trouble("GET", "", 1, Trouble::Instead(away));
    let error = try_post(&fake, &wanted(1, "one")).unwrap_err().to_string();
    assert!(error.contains("a redirect to http://127.0.0.1"), "{error}");
    assert!(stranger.asked().is_empty());
    for bad in ["http://git.example", "ftp://x", "https://user:pw@git.example"] {
        let place = Place { api: Some(bad.into()), ..at(&fake) };
        assert!(matches!(bring(&place, S::TOKEN, &wanted(1, "x")), Err(ForgeError::Settings(_))), "{bad}");
    }
}

pub(crate) fn a_text_of_the_size_of_the_limit<S: Stand>() {
    let fake = Fake::new(S::fresh());
    let limit = dialect::<S>().limit.units;
    // As the comment is made: two per cent below the limit, with the marker.
    let body = "a ".repeat((limit - limit / 50) / 2 - 60);
    assert!(matches!(said(&fake, &wanted(1, &body)), Conversation::Created(_)));
    let error = try_post(&fake, &wanted(2, &"a ".repeat(limit))).unwrap_err();
    assert!(matches!(error, ForgeError::Refused { .. }), "{error:?}");
    assert_eq!(fake.site().ours().len(), 1, "what stands stays");
}

/// A file of a hundred lines of which the change adds 11 to 30 and 61, and what a diff shows of it.
pub(crate) fn file() -> (String, String) {
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

pub(crate) fn with_change<S: Stand>() -> Fake<S> {
    let fake = Fake::new(S::fresh());
    fake.site().change("infra/main.tf", None, &file().1);
    fake
}

pub(crate) fn note(key: &str, line: u32, body: &str) -> Note {
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

pub(crate) fn on_lines<S: Stand>(fake: &Fake<S>, run: u64, notes: Vec<Note>) -> Lines {
    let wanted = Wanted { notes: Some(notes), ..wanted(run, "the comment") };
    try_post(fake, &wanted).unwrap().lines.unwrap().unwrap()
}

pub(crate) fn findings_stand_on_lines<S: Stand>() {
    let fake = with_change::<S>();
    let elsewhere = Note { path: "other.tf".into(), ..note("f", 12, "another file") };
    let block = Note { lines: (5, 14), ..note("d", 5, "a block that reaches into the change") };
    let notes = vec![note("a", 12, "A"), note("b", 61, "B"), note("c", 9, "context"), block, elsewhere];
    assert_eq!(on_lines(&fake, 1, notes.clone()), Lines { begun: 3, ..Lines::default() });
    let lines: Vec<_> = fake.site().seen().into_iter().map(|t| (t.path, t.start, t.line)).collect();
    let on = |line| ("infra/main.tf".to_owned(), None, Some(line));
    assert_eq!(lines, [on(12), on(61), on(11)]);
    assert_eq!(fake.site().ours().len(), 1, "threads are not of the conversation");
    let before = fake.writes().len();
    assert_eq!(on_lines(&fake, 2, notes), Lines { standing: 3, ..Lines::default() });
    assert_eq!(fake.writes().len(), before, "nothing is said twice");
}

pub(crate) fn edits_are_proposed<S: Stand>(range: bool, block: &str) {
    let fake = with_change::<S>();
    let proposal = Proposal {
        lines: (30, 31),
        before: "line 30\nline 31".into(),
        after: "line 30\nnew".into(),
        safe: true,
    };
    on_lines(&fake, 1, vec![Note { proposal: Some(proposal), ..note("a", 12, "A") }]);
    let seen = fake.site().seen();
    // The last line is not of the change but of its context, which hosts address in another way.
    assert_eq!((seen[0].start, seen[0].line), (range.then_some(30), Some(31)));
    assert!(seen[0].body.ends_with(block), "{}", seen[0].body);
}

pub(crate) fn fixed_and_back_again<S: Stand>() {
    let fake = with_change::<S>();
    on_lines(&fake, 1, vec![note("a", 12, "A"), note("b", 13, "B")]);
    assert_eq!(
        on_lines(&fake, 2, vec![note("b", 13, "B")]),
        Lines { resolved: 1, standing: 1, ..Lines::default() }
    );
    let seen = fake.site().seen();
    assert!(seen[0].resolved && !seen[1].resolved);
    assert!(seen[0].body.contains("**Resolved**") && seen[0].body.contains("It was: **A**"));
    assert_eq!(on_lines(&fake, 3, vec![note("b", 13, "B")]), Lines { standing: 1, ..Lines::default() });
    let lines = on_lines(&fake, 4, vec![note("a", 12, "A"), note("b", 13, "B, worse")]);
    assert_eq!(lines, Lines { edited: 2, ..Lines::default() });
    let seen = fake.site().seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|t| !t.resolved) && seen[1].body.contains("B, worse"));
}

pub(crate) fn what_a_person_resolved<S: Stand>() {
    let fake = with_change::<S>();
    on_lines(&fake, 1, vec![note("a", 12, "A")]);
    fake.site().resolve_first();
    assert_eq!(on_lines(&fake, 2, vec![note("a", 12, "A")]).standing, 1);
    assert!(fake.site().seen()[0].resolved);
}

pub(crate) fn a_line_that_moved<S: Stand>() {
    let fake = with_change::<S>();
    on_lines(&fake, 1, vec![note("a", 12, "A")]);
    fake.site().outdate();
    assert_eq!(on_lines(&fake, 2, vec![note("a", 15, "A")]), Lines { begun: 1, ..Lines::default() });
    let seen = fake.site().seen();
    assert!(seen[0].resolved && seen[0].body.contains("**Outdated**"));
    assert_eq!((seen.len(), seen[1].line), (2, Some(15)));
    assert_eq!(on_lines(&fake, 3, vec![note("a", 15, "A")]), Lines { standing: 1, ..Lines::default() });
}

pub(crate) fn ten_at_most<S: Stand>() {
    let fake = with_change::<S>();
    fake.site().pages_of(4);
    let many: Vec<Note> = (11..=25).map(|n| note(&format!("k{n}"), n, "many")).collect();
    assert_eq!(on_lines(&fake, 1, many.clone()), Lines { begun: 10, left_out: 5, ..Lines::default() });
    assert_eq!(fake.site().seen().last().unwrap().line, Some(20));
    assert_eq!(on_lines(&fake, 2, many), Lines { standing: 10, left_out: 5, ..Lines::default() });
}

pub(crate) fn a_lost_thread_is_not_repeated<S: Stand>(path: &'static str) {
    for times in [1, 2] {
        let fake = with_change::<S>();
        said(&fake, &wanted(1, "the comment"));
        fake.trouble("POST", path, times, Trouble::Silent);
        let notes = vec![note("a", 12, "A"), note("b", 13, "B"), note("c", 14, "C")];
        let wanted = Wanted { notes: Some(notes), ..wanted(1, "the comment") };
        // Lost once, it goes on with what is not there; lost again, the next run does.
        let first = try_post(&fake, &wanted).unwrap().lines.unwrap();
        assert_eq!(first.is_ok(), times == 1, "{first:?}");
        try_post(&fake, &wanted).unwrap().lines.unwrap().unwrap();
        let bodies: Vec<String> = fake.site().seen().into_iter().map(|t| t.body).collect();
        assert_eq!(bodies.len(), 3, "{bodies:?}");
    }
}

pub(crate) fn runs_at_once_on_lines<S: Stand>() {
    for _ in 0..3 {
        let fake = Arc::new(with_change::<S>());
        let barrier = Arc::new(Barrier::new(3));
        let runs: Vec<_> = (1..=3)
            .map(|run| {
                let (fake, barrier) = (fake.clone(), barrier.clone());
                std::thread::spawn(move || {
                    barrier.wait();
                    let notes = Some(vec![note("a", 12, "A"), note("b", 13, "B")]);
                    let posted = try_post(&fake, &Wanted { notes, ..wanted(run, "the comment") }).unwrap();
                    // Nothing when a newer run has been there.
                    posted.lines.map(Result::unwrap);
                })
            })
            .collect();
        for run in runs {
            run.join().unwrap();
        }
        let mut lines: Vec<_> = fake.site().seen().into_iter().map(|t| t.line.unwrap()).collect();
        lines.sort_unstable();
        assert_eq!(lines, [12, 13]);
    }
}

pub(crate) fn a_token_that_may_not_resolve<S: Stand>() {
    let fake = with_change::<S>();
    on_lines(&fake, 1, vec![note("a", 12, "A")]);
    fake.site().no_resolving();
    let lines = on_lines(&fake, 2, Vec::new());
    assert_eq!(lines, Lines { resolved: 1, unresolved: true, ..Lines::default() });
    assert!(fake.site().seen()[0].body.contains("**Resolved**"));
    let before = fake.writes().len();
    on_lines(&fake, 3, Vec::new());
    assert_eq!(fake.writes().len(), before);
}

pub(crate) fn a_renamed_file<S: Stand>() {
    let fake = Fake::new(S::fresh());
    fake.site().change("infra/main.tf", Some("infra/old.tf"), &file().1);
    assert_eq!(on_lines(&fake, 1, vec![note("a", 12, "A")]).begun, 1);
    assert_eq!(fake.site().seen()[0].path, "infra/main.tf");
}

/// The tests of one host: `everywhere!(Site, range of lines, last lines of a proposed edit, path of threads)`.
macro_rules! everywhere {
    ($site:ty, $range:expr, $block:expr, $threads:expr) => {
        crate::forge::common::everywhere!(@ $site: one_comment_edited_in_place, newer_runs_and_other_commits,
            nothing_to_say, others_quote_the_marker, later_pages_and_second_comments,
            a_deleted_comment_is_made_anew, runs_at_once, answers_get_lost, limits_are_waited_for,
            errors_say_what_the_host_says, the_token_stays_at_home, a_text_of_the_size_of_the_limit,
            findings_stand_on_lines, fixed_and_back_again, what_a_person_resolved, a_line_that_moved,
            ten_at_most, runs_at_once_on_lines, a_token_that_may_not_resolve, a_renamed_file);

        #[test]
        fn edits_are_proposed() {
            crate::forge::common::edits_are_proposed::<$site>($range, $block);
        }

        #[test]
        fn a_lost_thread_is_not_repeated() {
            crate::forge::common::a_lost_thread_is_not_repeated::<$site>($threads);
        }
    };
    (@ $site:ty: $($name:ident),*) => {
        $(#[test]
        fn $name() {
            crate::forge::common::$name::<$site>();
        })*
    };
}
pub(crate) use everywhere;
