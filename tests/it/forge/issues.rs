//! Issues that stand for drift, on each host that has some, and messages to chats.

use serde_json::{Value as Json, json};
use trueup::forge::issues::{Fate, News, bring, connect};
use trueup::forge::{ForgeError, HostKind, Token};

use super::fake::tracker::{Item, TOKEN, Tracker};
use super::fake::{Answer, Fake, Request, Site, Trouble};
use super::{SETTLING, patience, place};
use crate::harness::{Folder, Run, trueup_with};

const HOSTS: [HostKind; 3] = [HostKind::GitHub, HostKind::GitLab, HostKind::AzureDevOps];

fn api(host: HostKind, fake: &Fake<Tracker>) -> String {
    match host {
        HostKind::GitHub => format!("{}/github", fake.url()),
        HostKind::GitLab => format!("{}/gitlab", fake.url()),
        _ => fake.url(),
    }
}

fn say(host: HostKind, fake: &Fake<Tracker>, news: &News) -> Result<Fate, ForgeError> {
    let place = place(host, &api(host, fake), "https://host.example", "corp/infra", 1);
    let issues = connect(&place, Token::new(TOKEN, "TRUEUP_POST_TOKEN"), patience(), "Task")?;
    bring(issues.as_ref(), &issues.labelled()?, "drift environments/production", news, SETTLING)
}

fn differs(text: &str) -> News {
    News::Differs { title: "Drift: environments/production".into(), body: text.into() }
}

fn recovered() -> News {
    News::Recovered { body: "the same again".into() }
}

#[test]
fn an_issue_lives_as_long_as_its_drift() {
    for host in HOSTS {
        let fake = Fake::new(Tracker::default());
        assert_eq!(say(host, &fake, &recovered()).unwrap(), Fate::Nothing, "{host:?}");
        assert_eq!(say(host, &fake, &News::Unknown).unwrap(), Fate::Nothing);
        assert!(matches!(say(host, &fake, &differs("one")).unwrap(), Fate::Opened(Some(_))), "{host:?}");
        let writes = fake.writes().len();
        assert!(matches!(say(host, &fake, &differs("one")).unwrap(), Fate::Unchanged(_)), "{host:?}");
        let reads = |line: &&String| {
            !line.contains("wiql") && !line.contains("workitemsbatch") && !line.contains("graphql")
        };
        assert_eq!(
            fake.writes().iter().filter(reads).count(),
            fake.writes()[..writes].iter().filter(reads).count()
        );
        assert!(matches!(say(host, &fake, &differs("two")).unwrap(), Fate::Edited(_)), "{host:?}");
        // What could not be compared closes nothing.
        assert!(matches!(say(host, &fake, &News::Unknown).unwrap(), Fate::Left(_)), "{host:?}");
        assert!(matches!(say(host, &fake, &recovered()).unwrap(), Fate::Closed(_)), "{host:?}");
        assert_eq!(say(host, &fake, &recovered()).unwrap(), Fate::Nothing);
        assert!(matches!(say(host, &fake, &differs("three")).unwrap(), Fate::Reopened(_)), "{host:?}");
        let site = fake.site();
        let [item] = site.items.as_slice() else { panic!("{host:?}: {:?}", site.items) };
        assert!(
            item.open && item.body.contains("three") && item.labels[0] == "trueup-drift",
            "{host:?}: {item:?}"
        );
        assert_eq!(item.notes, ["Nothing differs any more.", "It differs again."], "{host:?}");
    }
}

#[test]
fn what_others_wrote_is_left_alone() {
    for host in HOSTS {
        let fake = Fake::new(Tracker::default());
        say(host, &fake, &differs("ours")).unwrap();
        let forged = {
            let mut site = fake.site();
            let ours = site.items.remove(0);
            site.items.clear();
            let forged = Item { author: 8, ..ours };
            site.add(forged.clone());
            site.add(Item { is_pull: true, ..forged.clone() });
            forged
        };
        assert!(matches!(say(host, &fake, &differs("ours again")).unwrap(), Fate::Opened(_)), "{host:?}");
        let site = fake.site();
        assert_eq!((site.items.len(), &site.items[0].body), (3, &forged.body), "{host:?}");
    }
}

#[test]
fn a_second_one_is_closed_and_a_lost_answer_opens_no_other() {
    for host in HOSTS {
        let fake = Fake::new(Tracker::default());
        say(host, &fake, &differs("one")).unwrap();
        let twin = fake.site().items[0].clone();
        fake.site().add(twin);
        say(host, &fake, &differs("two")).unwrap();
        let open: Vec<bool> = fake.site().items.iter().map(|i| i.open).collect();
        assert_eq!(open, [true, false], "{host:?}");

        let fake = Fake::new(Tracker { lag: 2, ..Tracker::default() });
        let path = if host == HostKind::AzureDevOps { "/workitems/$" } else { "/issues" };
        fake.trouble("POST", path, 1, Trouble::Silent);
        let fate = say(host, &fake, &differs("one"));
        assert!(fate.is_ok(), "{host:?}: {fate:?}");
        assert_eq!(fake.site().items.len(), 1, "{host:?}");
    }
}

#[test]
fn issues_that_are_off_and_labels_that_are_dropped_are_told() {
    for host in [HostKind::GitHub, HostKind::GitLab] {
        let fake = Fake::new(Tracker { off: true, ..Tracker::default() });
        let error = say(host, &fake, &differs("one")).unwrap_err();
        assert!(!error.to_string().contains(TOKEN), "{error}");
    }
    let fake = Fake::new(Tracker { drops_labels: true, ..Tracker::default() });
    let error = say(HostKind::GitHub, &fake, &differs("one")).unwrap_err().to_string();
    assert!(error.contains("without the label trueup-drift"), "{error}");
    let place = place(HostKind::Bitbucket, "http://127.0.0.1:1", "https://bitbucket.org", "corp/infra", 1);
    let error = connect(&place, Token::new(TOKEN, "T"), patience(), "Task").err().unwrap().to_string();
    assert!(error.contains("--notify"), "{error}");
}

/// A webhook that says what it is told to say.
struct Hook(Vec<Answer>);

impl Site for Hook {
    fn answer(&mut self, _request: &Request, _url: &str) -> Answer {
        if self.0.len() > 1 { self.0.remove(0) } else { self.0[0].clone() }
    }
}

const CODE: &str = "provider \"azurerm\" {\n  features {}\n  subscription_id = \"00000000-0000-0000-0000-000000000001\"\n}\n\
resource \"azurerm_resource_group\" \"a\" {\n  name     = \"rg-a\"\n  location = \"westeurope\"\n  tags     = { owner = \"TAG\" }\n}\n";

/// A snapshot with the group, its owner, and whether it is the whole.
fn live(owner: &str, complete: bool) -> String {
    let group = json!({
        "id": "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-a",
        "type": "Microsoft.Resources/resourceGroups", "name": "rg-a", "location": "westeurope",
        "tags": { "owner": owner }, "properties": { "provisioningState": "Succeeded" },
    });
    let scope = ["/subscriptions/00000000-0000-0000-0000-000000000001"];
    json!({ "format": "trueup-snapshot/1", "captured_at": "2026-11-20T00:00:00Z", "scope": scope,
            "complete": complete, "resources": [group] })
    .to_string()
}

fn checkout() -> Folder {
    let main = CODE.replace("TAG", "platform");
    let folder =
        Folder::new("issues", &[("live/a/main.tf", main.as_str()), ("live/b/main.tf", main.as_str())]);
    folder.git(&["init", "--quiet"]);
    folder
}

fn nightly(folder: &Folder, fake: &Fake<Tracker>, more: &[&str], hook: Option<(&str, &str)>) -> Run {
    let api = api(HostKind::GitHub, fake);
    let mut arguments = vec!["drift", "--all", "--live", "live.json", "--host", "github", "--api-url", &api];
    arguments.extend(["--host-url", "https://github.com", "--repository", "corp/infra"]);
    arguments.extend(more);
    let mut environment = vec![("TRUEUP_POST_TOKEN", TOKEN)];
    environment.extend(hook);
    let run = trueup_with(folder.path(), &arguments, &environment);
    assert!(!run.stdout.contains(TOKEN) && !run.stderr.contains(TOKEN), "{}{}", run.stdout, run.stderr);
    run
}

#[test]
fn every_root_module_has_an_issue_of_its_own_and_chats_hear_of_news() {
    let folder = checkout();
    folder.write("live.json", live("somebody <!channel> @everyone", true));
    let fake = Fake::new(Tracker::default());
    let slack = Fake::new(Hook(vec![
        Answer::html(429, "rate_limited").header("Retry-After", 0),
        Answer::html(200, "ok"),
    ]));
    let address = format!("{}/services/T/B/hook-SECRET", slack.url());
    let hook = Some(("TRUEUP_SLACK_WEBHOOK", address.as_str()));
    let run = nightly(&folder, &fake, &["--post-issues", "--notify"], hook);
    assert_eq!(run.status, 2, "{}{}", run.stdout, run.stderr);
    assert!(
        run.stderr.contains("live/a: issue opened: https://github.com/corp/infra/issues/40"),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("Slack has a message") && !run.stderr.contains("hook-SECRET"),
        "{}",
        run.stderr
    );
    let titles: Vec<String> = fake.site().items.iter().map(|i| i.title.clone()).collect();
    assert_eq!(titles, ["Drift: live/a", "Drift: live/b"]);
    assert!(fake.site().items[0].body.contains("tags"), "{}", fake.site().items[0].body);
    let asked = slack.asked();
    assert_eq!(asked.len(), 2, "once more after 429");
    let told = asked[1].json();
    let text = told["blocks"][1]["text"].clone();
    assert_eq!(text["type"], "plain_text");
    assert!(
        text["text"].as_str().unwrap().contains("live/a and Azure are not the same: 1 resource"),
        "{text}"
    );

    // The next night nothing is new, so nobody is told.
    let run = nightly(&folder, &fake, &["--post-issues", "--notify"], hook);
    assert_eq!((run.status, slack.asked().len()), (2, 2), "{}", run.stderr);

    // Not all was read: nothing is closed, and nothing is called the same.
    folder.write("live.json", live("platform", false));
    let run = nightly(&folder, &fake, &["--post-issues"], None);
    assert_eq!(run.status, 3, "{}", run.stdout);
    assert!(fake.site().items.iter().all(|i| i.open), "{}", run.stderr);

    folder.write("live.json", live("platform", true));
    let run = nightly(&folder, &fake, &["--post-issues", "--notify"], hook);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    assert!(fake.site().items.iter().all(|i| !i.open), "{}", run.stderr);
    assert!(slack.asked().last().unwrap().body.contains("live/b: nothing differs any more"));
}

#[test]
fn several_root_modules_are_told_as_one() {
    let folder = checkout();
    folder.write("live.json", live("somebody", true));
    let run = trueup_with(folder.path(), &["drift", "live/a", "live/b", "--live", "live.json"], &[]);
    assert_eq!(run.status, 2);
    assert!(run.stdout.contains("live/a\n") && run.stdout.contains("live/b\n"), "{}", run.stdout);
    folder.write("live/b/main.tf", "resource {");
    let run = trueup_with(folder.path(), &["drift", "--all", "--live", "live.json", "--format", "json"], &[]);
    let out = run.json();
    assert_eq!((run.status, &out["complete"]), (1, &json!(false)), "{out}");
    assert_eq!(out["roots"][0]["root"], "live/a");
    assert_eq!(out["roots"][0]["resources"][0]["status"], "changed");
    assert!(!out["roots"][1]["diagnostics"].as_array().unwrap().is_empty(), "{out}");
    for (more, why) in [(["--patch", "x.diff"], "one root module"), (["--format", "html"], "one root module")]
    {
        let run = trueup_with(
            folder.path(),
            &[&["drift", "--all", "--live", "live.json"], &more[..]].concat(),
            &[],
        );
        assert_eq!(run.status, 1);
        assert!(run.stderr.contains(why), "{}", run.stderr);
    }
}

#[test]
fn webhooks_that_are_missing_or_refuse_are_told_and_change_no_verdict() {
    let folder = checkout();
    folder.write("live.json", live("somebody", true));
    let fake = Fake::new(Tracker::default());
    let run = nightly(&folder, &fake, &["--notify"], None);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("TRUEUP_SLACK_WEBHOOK or TRUEUP_TEAMS_WEBHOOK"), "{}", run.stderr);
    let teams = Fake::new(Hook(vec![Answer::html(202, "")]));
    let address = format!("{}/workflows/x?sig=hook-SECRET", teams.url());
    let run = nightly(&folder, &fake, &["--notify"], Some(("TRUEUP_TEAMS_WEBHOOK", &address)));
    assert_eq!(run.status, 2, "{}", run.stderr);
    let card: Json = teams.asked()[0].json();
    assert_eq!(card["attachments"][0]["content"]["body"][0]["type"], "RichTextBlock", "{card}");
    folder.write("live.json", live("platform", false));
    let gone = Fake::new(Hook(vec![Answer::html(410, "channel_is_archived hook-SECRET")]));
    let address = format!("{}/hook-SECRET", gone.url());
    let run = nightly(&folder, &fake, &["--notify"], Some(("TRUEUP_SLACK_WEBHOOK", &address)));
    assert_eq!(run.status, 3);
    assert!(run.stderr.contains("no message to Slack") && run.stderr.contains("410"), "{}", run.stderr);
}
