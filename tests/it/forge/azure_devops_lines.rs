//! Comments on lines of a pull request of Azure DevOps, whose hunks nobody gives.

use std::time::Duration;

use serde_json::json;
use trueup::analysis::finding::Severity;
use trueup::forge::inline::Proposal;
use trueup::forge::post::{Lines, Wanted};
use trueup::forge::{Note, Place};

use super::azure_devops::at;
use super::fake::azure_devops::{AzureDevOps, BUILD, File, MALLORY, TOKEN};
use super::fake::{Answer, Fake, Trouble};
use super::{bring, wanted};
use crate::harness::Folder;

/// A file of a hundred lines, and the same without the lines 11 to 30 and 61.
fn sides() -> (String, String) {
    let lines = |keep: fn(&usize) -> bool| -> String {
        (1..=100).filter(keep).map(|n| format!("line {n}\n")).collect()
    };
    (lines(|n| !(11..=30).contains(n) && *n != 61), lines(|_| true))
}

fn file(path: &'static str) -> File {
    let (old, new) = sides();
    File { path, old_path: None, old: Some(old), new, nameless: false }
}

fn fake() -> Fake<AzureDevOps> {
    let fake = Fake::new(AzureDevOps::new());
    fake.site().files = vec![file("infra/main.tf"), file("other/never-asked.tf")];
    fake
}

fn note(key: &str, line: u32, body: &str) -> Note {
    Note {
        key: key.into(),
        code: "TU-TEST-001".into(),
        blocks: false,
        severity: Severity::Medium,
        path: "infra/main.tf".into(),
        text: sides().1.into(),
        lines: (line, line),
        body: format!("**{body}** (medium)\n"),
        proposal: None,
    }
}

fn blocker(key: &str, line: u32, body: &str) -> Note {
    Note { blocks: true, ..note(key, line, body) }
}

fn post_at(place: &Place, run: u64, notes: Vec<Note>) -> Lines {
    let wanted = Wanted { notes: Some(notes), ..wanted(run, "the comment") };
    bring(place, TOKEN, &wanted).unwrap().lines.unwrap().unwrap()
}

fn post(fake: &Fake<AzureDevOps>, run: u64, notes: Vec<Note>) -> Lines {
    post_at(&at(fake), run, notes)
}

/// Line, state and first words of the threads on lines.
fn shown(fake: &Fake<AzureDevOps>) -> Vec<(u64, String, String)> {
    let site = fake.site();
    let on_lines = site.of(BUILD).into_iter().filter(|t| !t.place.is_null());
    let words = |body: &str| body.split_once("\n\n").unwrap().1.split(' ').next().unwrap().to_owned();
    on_lines.map(|t| (t.lines().0, t.status().to_owned(), words(t.text()))).collect()
}

#[test]
fn findings_stand_on_lines_of_the_change_and_only_blockers_hold_it_up() {
    let fake = fake();
    let notes = vec![
        blocker("a", 12, "A"),
        note("b", 61, "B"),
        note("c", 9, "context"),
        Note { lines: (5, 14), ..note("d", 5, "D") },
        Note { path: "unchanged.tf".into(), ..note("e", 12, "another file") },
    ];
    assert_eq!(post(&fake, 1, notes.clone()), Lines { begun: 3, ..Lines::default() });
    let of = |line, status: &str, words: &str| (line, status.to_owned(), words.to_owned());
    assert_eq!(
        shown(&fake),
        [of(12, "active", "**A**"), of(61, "closed", "**B**"), of(11, "closed", "**D**")]
    );
    {
        let site = fake.site();
        let thread = site.of(BUILD)[1];
        assert_eq!(
            thread.place,
            json!({ "filePath": "/infra/main.tf", "rightFileStart": { "line": 12, "offset": 1 },
                "rightFileEnd": { "line": 12, "offset": 8 } })
        );
        assert_eq!(
            thread.tracking,
            json!({ "changeTrackingId": 1, "iterationContext":
                { "firstComparingIteration": 3, "secondComparingIteration": 3 } })
        );
        assert_eq!(thread.properties, json!({ "trueup.key": "review/line/a" }));
    }
    let read = fake.asked().iter().filter(|r| r.path.contains("/blobs/")).count();
    assert_eq!(read, 2, "both sides of the one file that has a finding");
    let before = fake.writes().len();
    assert_eq!(post(&fake, 2, notes), Lines { standing: 3, ..Lines::default() });
    assert_eq!(fake.writes().len(), before, "nothing is said twice");
}

#[test]
fn what_the_checkout_has_is_not_asked_of_the_host() {
    let fake = fake();
    let (old, new) = sides();
    let folder = Folder::new("azure-blobs", &[("main.tf", &old)]);
    for args in [
        &["init", "-q", "-b", "main"][..],
        &["add", "."],
        &["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "one"],
    ] {
        folder.git(args);
    }
    let checkout = camino::Utf8PathBuf::try_from(folder.path().to_owned()).unwrap();
    let place = Place { checkout: Some(checkout), ..at(&fake) };
    // The base is there; a checkout of a merge without history has not the other side.
    assert_eq!(post_at(&place, 1, vec![note("a", 12, "A")]).begun, 1);
    let read = || fake.asked().iter().filter(|r| r.path.contains("/blobs/")).count();
    assert_eq!(read(), 1);
    folder.write("main.tf", &new);
    folder.git(&["add", "."]);
    assert_eq!(post_at(&place, 2, vec![note("b", 13, "B")]).begun, 1);
    assert_eq!(read(), 1, "objects suffice, whatever commit has them");
    let none = Place { checkout: Some("/nonexistent".into()), ..at(&fake) };
    assert_eq!(post_at(&none, 3, vec![note("c", 14, "C")]).begun, 1);
    assert_eq!(read(), 3);
}

#[test]
fn files_that_are_new_moved_or_without_ids_are_compared_as_well() {
    let fake = Fake::new(AzureDevOps::new());
    let (_, new) = sides();
    let added = File { path: "new.tf", old: None, ..file("new.tf") };
    let moved = File { old_path: Some("before.tf"), ..file("moved.tf") };
    let same = File { old: Some(new.clone()), old_path: Some("x.tf"), ..file("same.tf") };
    let nameless = File { nameless: true, old_path: Some("old.tf"), ..file("nameless.tf") };
    let binary = File { new: format!("{new}\0"), ..file("binary.tf") };
    fake.site().files = vec![added, moved, same, nameless, binary];
    fake.site().page = 2;
    let on = |path: &str, line| Note { path: path.into(), ..note(path, line, path) };
    let notes = vec![
        on("new.tf", 50),
        on("moved.tf", 50),
        on("moved.tf", 12),
        on("same.tf", 12),
        on("nameless.tf", 12),
        on("binary.tf", 12),
    ];
    post(&fake, 1, notes);
    let site = fake.site();
    let places: Vec<_> = site
        .of(BUILD)
        .into_iter()
        .filter(|t| !t.place.is_null())
        .map(|t| {
            (t.place["filePath"].as_str().unwrap(), t.lines().0, t.tracking["changeTrackingId"].as_u64())
        })
        .collect();
    assert_eq!(places, [("/new.tf", 50, Some(1)), ("/moved.tf", 12, Some(2)), ("/nameless.tf", 12, Some(4))]);
}

#[test]
fn lines_of_a_merge_are_moved_to_those_of_the_change() {
    let fake = fake();
    let merged = format!("# the target added this\n# and this\n{}", sides().1);
    post(&fake, 1, vec![Note { text: merged.into(), lines: (14, 14), ..note("a", 14, "A") }]);
    assert_eq!(shown(&fake)[0].0, 12);
}

#[test]
fn an_edit_is_proposed_on_whole_lines_and_on_servers_as_a_difference() {
    let proposal = Proposal {
        lines: (13, 14),
        before: "line 13\nline 14".into(),
        after: "line 13\nnew".into(),
        safe: true,
    };
    let note = Note { proposal: Some(proposal), ..note("a", 12, "A") };
    let fake = fake();
    post(&fake, 1, vec![note.clone()]);
    {
        let site = fake.site();
        let thread = site.of(BUILD)[1];
        assert_eq!(thread.lines(), (13, 14));
        assert_eq!(thread.place["rightFileEnd"]["offset"], 8, "the end is behind the last character");
        assert!(thread.text().ends_with("```suggestion\nline 13\nnew\n```\n"), "{}", thread.text());
    }
    let server = self::fake();
    let place = Place { web: Some("https://tfs.corp.example/tfs/Main".into()), ..at(&server) };
    post_at(&place, 1, vec![note]);
    let site = server.site();
    let text = site.of(BUILD)[1].text().to_owned();
    assert!(text.contains("```diff\n-line 13\n-line 14\n+line 13\n+new\n```"), "{text}");
}

#[test]
fn what_is_fixed_is_closed_and_what_blocks_again_is_active_again() {
    let fake = fake();
    post(&fake, 1, vec![blocker("a", 12, "A"), note("b", 13, "B")]);
    let lines = post(&fake, 2, vec![note("b", 13, "B")]);
    assert_eq!(lines, Lines { resolved: 1, standing: 1, ..Lines::default() });
    let of = |line, status: &str, words: &str| (line, status.to_owned(), words.to_owned());
    assert_eq!(shown(&fake), [of(12, "closed", "**Resolved**:"), of(13, "closed", "**B**")]);
    assert!(fake.site().threads[1].text().contains("It was: **A**"));
    // Back again; and the other has become a blocker.
    let lines = post(&fake, 3, vec![blocker("a", 12, "A"), blocker("b", 13, "B,")]);
    assert_eq!(lines, Lines { edited: 2, ..Lines::default() });
    assert_eq!(shown(&fake), [of(12, "active", "**A**"), of(13, "active", "**B,**")]);
    // And no blocker any more.
    post(&fake, 4, vec![blocker("a", 12, "A"), note("b", 13, "B")]);
    assert_eq!(shown(&fake), [of(12, "active", "**A**"), of(13, "closed", "**B**")]);
    // What a person resolved stays resolved.
    fake.site().threads[1].status = Some("byDesign".into());
    assert_eq!(post(&fake, 5, vec![blocker("a", 12, "A"), note("b", 13, "B")]).standing, 2);
    assert_eq!(shown(&fake)[0].1, "byDesign");
}

#[test]
fn a_finding_whose_line_went_is_said_again_where_it_is() {
    let fake = fake();
    post(&fake, 1, vec![blocker("a", 12, "A")]);
    fake.site().threads[1].lost = true;
    assert_eq!(post(&fake, 2, vec![blocker("a", 15, "A")]), Lines { begun: 1, ..Lines::default() });
    let lines: Vec<_> = shown(&fake).into_iter().map(|(line, status, _)| (line, status)).collect();
    assert_eq!(lines, [(12, "closed".to_owned()), (15, "active".to_owned())]);
    assert_eq!(post(&fake, 3, vec![blocker("a", 15, "A")]).standing, 1);
}

#[test]
fn one_line_that_is_refused_does_not_keep_the_others_out() {
    let fake = fake();
    said_before(&fake);
    let refused =
        Answer::json(400, &json!({ "message": "Invalid argument value.", "typeKey": "ArgumentException" }));
    fake.trouble("POST", "/threads", 1, Trouble::Instead(refused));
    let notes = vec![note("a", 12, "A"), note("b", 13, "B"), note("c", 14, "C")];
    assert_eq!(post(&fake, 1, notes).begun, 2);
    assert_eq!(shown(&fake).iter().map(|t| t.0).collect::<Vec<_>>(), [13, 14]);
}

#[test]
fn a_thread_whose_answer_gets_lost_is_not_begun_twice() {
    for nth in 0..2 {
        let fake = fake();
        said_before(&fake);
        // The first or the second of two.
        fake.trouble("POST", "/threads", nth, Trouble::Slow(Duration::ZERO));
        fake.trouble("POST", "/threads", 1, Trouble::Silent);
        assert_eq!(post(&fake, 1, vec![note("a", 12, "A"), note("b", 13, "B")]).begun, 2);
        assert_eq!(shown(&fake).len(), 2);
    }
}

#[test]
fn rights_that_end_between_two_threads_are_told_and_nothing_is_begun_twice() {
    let fake = fake();
    said_before(&fake);
    let denied =
        Answer::json(403, &json!({ "message": "TF401027: You need the Git 'PullRequestContribute'" }));
    fake.trouble("POST", "/threads", 1, Trouble::Slow(Duration::ZERO));
    fake.trouble("POST", "/threads", 9, Trouble::Instead(denied));
    let wanted =
        Wanted { notes: Some(vec![note("a", 12, "A"), note("b", 13, "B")]), ..wanted(1, "the comment") };
    let posted = bring(&at(&fake), TOKEN, &wanted).unwrap();
    assert!(posted.lines.unwrap().unwrap_err().is_forbidden());
    assert_eq!(shown(&fake).len(), 1);
}

#[test]
fn threads_of_others_and_of_other_keys_are_left_alone() {
    let fake = fake();
    post(&fake, 1, vec![blocker("a", 12, "A")]);
    {
        let mut site = fake.site();
        let thread = site.threads[1].clone();
        let forged = |author: &str, text: &str| {
            let mut one = thread.clone();
            one.comments[0].author = author.into();
            one.comments[0].content = text.into();
            one.properties = json!({});
            one
        };
        let other = thread.text().replace("key=review/line/a", "key=staging/line/a");
        let mut strangers =
            [forged(MALLORY, thread.text()), forged(BUILD, &other), forged(BUILD, "no marker")];
        strangers.iter_mut().zip(900..).for_each(|(one, id)| one.id = id);
        site.threads.extend(strangers);
    }
    post(&fake, 2, Vec::new());
    let states: Vec<_> = fake.site().threads[1..].iter().map(|t| t.status().to_owned()).collect();
    assert_eq!(states, ["closed", "active", "active", "active"]);
}

/// The comment of the conversation is there already, so that what is posted next is on lines.
fn said_before(fake: &Fake<AzureDevOps>) {
    bring(&at(fake), TOKEN, &wanted(1, "the comment")).unwrap();
}
