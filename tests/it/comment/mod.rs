//! The comment on a pull request: what it says, what it leaves out for a host's limit, and that text of code
//! stays text in every dialect, judged by what Markdown renders to.

mod hostile;
mod pages;
mod templates;

use std::sync::Arc;

use trueup::analysis::rules::Profile;
use trueup::azure::translate::Account;
use trueup::output::markdown::{
    BITBUCKET, Comment, DIALECTS, Dialect, GITHUB, Marker, Options as Form, Web, comment,
};
use trueup::review::gate::Gate;
use trueup::review::{
    Adoption, Outcome, Policing, Report, Request, Reviewed, Reviews, Subject, Verdict, review,
};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::files::Naming;

use crate::fuzz::targets::Memory;

/// The review of a root module in memory, against the same in other files.
fn report(root: &str, files: &[(String, String)], base: Option<&[(String, String)]>, gate: &str) -> Report {
    let subject = |files: &[(String, String)]| {
        let options = Options::new(Arc::new(Memory::new(files)), "/checkout".into(), root.into());
        let options = Options { shown: root.into(), ..options };
        let naming = Naming::new("/checkout".into(), root.into(), root.into());
        Subject::new(evaluate(&options), &Account::default(), naming)
    };
    let request = Request {
        root: root.into(),
        base: base.map(|files| ("main".to_owned(), subject(files))),
        state: None,
        live: None,
        history: Vec::new(),
        profile: Profile::Default,
        gate: gate.parse::<Gate>().unwrap(),
        cost: trueup::analysis::cost::Options::default(),
        today: "2026-11-20".to_owned(),
        show_subscriptions: false,
        adoption: Adoption::default(),
        settings: Vec::new(),
        policing: Policing::default(),
    };
    review(subject(files), request)
}

fn reviewed(report: Report) -> Reviewed {
    Reviewed { root: report.root.clone(), why: Vec::new(), outcome: Outcome::Done(Box::new(report)) }
}

fn files(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// A root module with a registry whose `admin_enabled` is a mistake, and a group.
const MISTAKE: &str = r#"
terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "4.20.0"
    }
  }
}

provider "azurerm" {
  features {}
}

resource "azurerm_resource_group" "a" {
  name     = "rg-a"
  location = "westeurope"
}

resource "azurerm_container_registry" "a" {
  name                = "cra"
  resource_group_name = azurerm_resource_group.a.name
  location            = "westeurope"
  sku                 = "Premium"
  admin_enabled       = true
}
"#;

/// The same before the mistake.
fn before() -> String {
    MISTAKE.replace("admin_enabled       = true", "admin_enabled       = false")
}

fn web() -> Option<Web> {
    Some(Web { repository: "https://github.com/o/r".into(), commit: "0123456789abcdef".into() })
}

fn marker() -> Option<Marker> {
    Some(Marker { key: "review".into(), run: 7 })
}

fn write(reviews: &Reviews, dialect: &'static Dialect, form: &Form<'_>) -> Comment {
    let written = comment(reviews, dialect, form);
    assert!(dialect.limit.holds(&written.body), "{}: {}", dialect.name, written.body.len());
    assert_eq!(Marker::of(&written.body), form.marker, "{}", dialect.name);
    let count = |tag: &str| written.body.matches(tag).count();
    assert!(dialect.html || count("\n<details>") == 0, "{}", dialect.name);
    assert_eq!(count("\n<details>"), count("\n</details>"), "{}", dialect.name);
    written
}

#[test]
fn the_verdict_comes_first_and_blockers_are_linked() {
    let (now, base) = (files(&[("env/prod/main.tf", MISTAKE)]), files(&[("env/prod/main.tf", &before())]));
    let reviews = Reviews::of(report("env/prod", &now, Some(&base), "high"));
    let written = write(&reviews, &GITHUB, &Form { marker: marker(), web: web(), ..Form::default() });
    let lines: Vec<&str> = written.body.lines().collect();
    assert_eq!(lines[0], "<!-- trueup:comment key=review run=7 v=1 -->");
    assert!(lines[2].starts_with("### ❌ trueup: blocked by high: "), "{}", lines[2]);
    assert!(lines[2].contains("1 to change"), "{}", lines[2]);
    let line = MISTAKE.lines().position(|l| l.contains("admin_enabled")).unwrap() + 1;
    let link = format!(
        "[`env/prod/main.tf:{line}`](https://github.com/o/r/blob/0123456789abcdef/env/prod/main.tf#L{line})"
    );
    assert!(written.body.contains(&link), "{}", written.body);
    assert!(written.body.contains("  - Means: ") && written.body.contains("  - Fix: "), "{}", written.body);
    assert!((written.verdict, written.quiet, written.shed.is_empty()) == (Verdict::Blocked, false, true));
}

#[test]
fn nothing_to_say_is_said_to_the_caller_and_settles_an_earlier_comment() {
    let clean = MISTAKE.split("resource \"azurerm_container_registry\"").next().unwrap();
    let same = files(&[("env/prod/main.tf", clean)]);
    let reviews = Reviews::of(report("env/prod", &same, Some(&same), "high"));
    for dialect in DIALECTS {
        let written = write(&reviews, dialect, &Form { marker: marker(), ..Form::default() });
        assert!(
            written.quiet && written.body.contains("What was told here before is resolved."),
            "{written:?}"
        );
        // Without a marker nothing was posted before.
        let written = write(&reviews, dialect, &Form::default());
        assert!(written.quiet && !written.body.contains("resolved"), "{written:?}");
    }
    let nothing = write(&Reviews::default(), &GITHUB, &Form::default());
    assert!(nothing.quiet && nothing.body.contains("No root module is touched"), "{nothing:?}");
    // A change without a finding is something to tell.
    let base = files(&[("env/prod/main.tf", &clean.replace("rg-a", "rg-b"))]);
    let reviews = Reviews::of(report("env/prod", &same, Some(&base), "nothing"));
    assert!(!write(&reviews, &GITHUB, &Form::default()).quiet);
}

#[test]
fn a_public_repository_sees_no_values() {
    let secretive = |name: &str, range: &str| {
        format!(
            "{MISTAKE}\nresource \"azurerm_virtual_network\" \"a\" {{\n  name = \"{name}\"\n  resource_group_name = \"rg\"\n  \
             location = \"westeurope\"\n  address_space = [\"{range}\"]\n  tags = {{ owner = \"somebody-{name}\" }}\n}}\n\
             resource \"azurerm_subnet\" \"a\" {{\n  name = \"snet-{name}\"\n  resource_group_name = \"rg\"\n  \
             virtual_network_name = azurerm_virtual_network.a.name\n  address_prefixes = [\"{range}\"]\n}}\n"
        )
    };
    let now = files(&[("main.tf", &secretive("quixotic", "10.77.0.0/16"))]);
    let base = files(&[("main.tf", &secretive("baroque", "10.88.0.0/16"))]);
    let reviews = Reviews::of(report("", &now, Some(&base), "high"));
    let values = ["quixotic", "baroque", "10.77.", "10.88.", "rg-a"];
    let open = write(&reviews, &GITHUB, &Form::default());
    assert!(values[..4].iter().all(|v| open.body.contains(v)), "{}", open.body);
    for dialect in DIALECTS {
        let public = write(&reviews, dialect, &Form { public: true, ..Form::default() });
        let shown: Vec<&&str> = values.iter().filter(|v| public.body.contains(**v)).collect();
        assert!(shown.is_empty(), "{}: {shown:?} in {}", dialect.name, public.body);
        assert!(public.body.contains("azurerm_virtual_network.a"), "{}", public.body);
    }
}

/// Five hundred root modules, each with the same mistake in a file of its own.
fn many(count: usize, gate: &str) -> Reviews {
    let one = |i: usize| {
        let root = format!("environments/team-{i:03}");
        let now = files(&[(&format!("{root}/main.tf"), MISTAKE)]);
        reviewed(report(&root, &now, None, gate))
    };
    Reviews { roots: (0..count).map(one).collect(), ..Reviews::default() }
}

#[test]
fn five_hundred_root_modules_fit_everywhere_and_say_what_was_left_out() {
    let reviews = many(500, "high");
    let blockers: usize = reviews.reports().map(|r| r.blockers().count()).sum();
    assert!(blockers >= 500);
    for dialect in DIALECTS {
        let written = write(&reviews, dialect, &Form { marker: marker(), web: web(), ..Form::default() });
        let body = &written.body;
        assert!(body.contains("500 root modules") && body.contains("environments/team-000"), "{body}");
        let cut = !written.shed.is_empty();
        assert_eq!(body.contains("\nLeft out for room: "), cut, "{body}");
        // Blockers go last: where one is missing, nothing else is left.
        let lines = body.matches("\n- **high**").count() + body.matches("\n- **critical**").count();
        if lines < blockers {
            assert!(!body.contains("Cost by resource") && !body.contains("Not judged"), "{}", dialect.name);
            assert!(body.contains("more that block"), "{}", dialect.name);
        }
        assert!(cut, "{}", dialect.name);
    }
    // What is shed comes in a fixed order.
    let written = write(&reviews, &BITBUCKET, &Form::default());
    let again = write(&reviews, &BITBUCKET, &Form::default());
    assert_eq!(written, again);
}

#[test]
fn a_module_shared_by_root_modules_blocks_once() {
    let module = MISTAKE.split("provider \"azurerm\"").next().unwrap().to_owned()
        + MISTAKE
            .split("resource \"azurerm_resource_group\"")
            .nth(1)
            .map(|t| format!("resource \"azurerm_resource_group\"{t}"))
            .unwrap()
            .as_str();
    let call =
        "provider \"azurerm\" {\n  features {}\n}\nmodule \"m\" {\n  source = \"../../modules/m\"\n}\n";
    let one = |i: usize| {
        let root = format!("env/e{i:02}");
        let all = files(&[(&format!("{root}/main.tf"), call), ("modules/m/main.tf", &module)]);
        reviewed(report(&root, &all, None, "high"))
    };
    let reviews = Reviews { roots: (0..12).map(one).collect(), ..Reviews::default() };
    let written = write(&reviews, &GITHUB, &Form::default());
    let title =
        "\n- **high** `module.m.azurerm_container_registry.a`: the registry's shared admin password works";
    assert_eq!(written.body.matches(title).count(), 1, "{}", written.body);
    assert!(written.body.contains("`env/e04` and 7 more root modules"), "{}", written.body);
    assert_eq!(written.body.lines().filter(|l| l.starts_with("| ❌ |")).count(), 12, "{}", written.body);
}

#[test]
fn what_could_not_be_reviewed_and_what_is_gone_is_said() {
    let now = files(&[("a/main.tf", MISTAKE)]);
    let broken = Reviewed {
        root: "b".into(),
        why: Vec::new(),
        outcome: Outcome::Failed("trueup.toml: **x** @team".into()),
    };
    let gone = Reviewed { root: "c".into(), why: Vec::new(), outcome: Outcome::Gone { resources: 3 } };
    let reviews = Reviews {
        roots: vec![reviewed(report("a", &now, None, "nothing")), broken, gone],
        settings: vec!["trueup.toml: review.roots".into()],
    };
    assert_eq!(reviews.verdict(), Verdict::Incomplete);
    let written = write(&reviews, &GITHUB, &Form::default());
    for part in ["not reviewed", "removed: 3 resources declared no more", "review.roots", "**Not complete:**"]
    {
        assert!(written.body.contains(part), "{part}: {}", written.body);
    }
    assert!(!written.body.contains("**x**") && !written.body.contains("@team"), "{}", written.body);
}
