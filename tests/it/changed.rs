//! `trueup review --changed`: which root modules a change touches, in real git repositories; and the gate of
//! the base.

use std::process::Command;

use serde_json::Value as Json;

use crate::generate;
use crate::harness::{Folder, Run, trueup_in};

const PROVIDER: &str = "provider \"azurerm\" {\n  features {}\n}\n";

/// A root module that declares a group of this name.
fn group(name: &str) -> String {
    format!(
        "{PROVIDER}resource \"azurerm_resource_group\" \"a\" {{\n  name     = {name}\n  location = \"westeurope\"\n}}\n"
    )
}

/// A repository with these files in its first commit, on the branch `main`, and then on `feature`.
fn repository(name: &str, files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(name, files);
    folder.git(&["init", "-q", "-b", "main"]);
    commit(&folder, "base");
    folder.git(&["checkout", "-q", "-b", "feature"]);
    folder
}

fn commit(folder: &Folder, message: &str) {
    folder.git(&["add", "-A"]);
    folder.git(&["commit", "-qm", message]);
}

fn changed(folder: &Folder, more: &[&str]) -> Run {
    let args = ["review", "--changed", "--base", "main", "--today", "2026-11-20"];
    trueup_in(folder.path(), &[&args[..], more].concat())
}

/// The root modules and why.
fn listed(folder: &Folder) -> Vec<(String, Vec<String>)> {
    let run = changed(folder, &["--list", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let text = |v: &Json| v.as_str().unwrap().to_owned();
    let roots = run.json()["roots"].as_array().unwrap().clone();
    let why = |r: &Json| r["why"].as_array().unwrap().iter().map(|w| text(&w["text"])).collect();
    roots.iter().map(|r| (text(&r["root"]), why(r))).collect()
}

fn names(folder: &Folder) -> Vec<String> {
    listed(folder).into_iter().map(|(root, _)| root).collect()
}

/// Every way in which a root module is made of a file.
#[test]
fn a_root_module_is_touched_by_every_file_that_it_is_made_of() {
    let call = "module \"net\" {\n  source = \"../../modules/net\"\n}\n";
    let a = format!(
        "{PROVIDER}{call}locals {{\n  conf  = yamldecode(file(\"${{path.module}}/../../conf/${{var.env}}.yaml\"))\n  \
         plain = file(\"notes.txt\")\n  rules = [for f in fileset(path.module, \"rules/*.json\") : jsondecode(file(\"${{path.module}}/${{f}}\"))]\n}}\n\
         variable \"env\" {{\n  default = \"a\"\n}}\n"
    );
    let net = "module \"inner\" {\n  source = \"../inner\"\n}\noutput \"t\" {\n  value = templatefile(\"${path.module}/t.tpl\", {})\n}\n";
    let b = format!(
        "{PROVIDER}locals {{\n  conf = yamldecode(file(\"${{path.module}}/../../conf/${{var.env}}.yaml\"))\n}}\nvariable \"env\" {{\n  default = \"b\"\n}}\n"
    );
    let folder = repository(
        "changed-ways",
        &[
            ("env/a/main.tf", &a),
            ("env/a/notes.txt", "n"),
            ("env/a/rules/one.json", "{}"),
            ("env/a/terraform.tfvars", ""),
            ("env/a/other.tfvars", ""),
            ("env/a/usage.toml", ""),
            ("env/a/trueup.toml", "usage = \"usage.toml\"\n"),
            ("env/b/main.tf", &b),
            ("env/b/README.md", "b"),
            ("conf/a.yaml", "x: 1"),
            ("conf/b.yaml", "x: 1"),
            ("conf/shared.txt", "s"),
            ("modules/net/main.tf", net),
            ("modules/net/t.tpl", "${file(\"../../conf/shared.txt\")}"),
            ("modules/inner/main.tf", "output \"x\" {\n  value = 1\n}\n"),
            ("modules/unused/main.tf", "output \"x\" {\n  value = 1\n}\n"),
            ("README.md", "r"),
        ],
    );
    let cases: &[(&str, &[&str], &str)] = &[
        ("env/a/main.tf", &["env/a"], "env/a/main.tf changed"),
        ("env/a/notes.txt", &["env/a"], "read by the root module"),
        ("env/a/rules/one.json", &["env/a"], "read by the root module"),
        ("env/a/rules/two.json", &["env/a"], "is new: read by the root module"),
        ("env/a/terraform.tfvars", &["env/a"], "variables"),
        ("env/a/more.auto.tfvars", &["env/a"], "variables"),
        ("env/a/other.tfvars", &[], ""),
        ("env/a/usage.toml", &["env/a"], "settings"),
        ("env/a/trueup.toml", &["env/a"], "settings"),
        ("env/a/.terraform.lock.hcl", &["env/a"], "versions"),
        ("trueup.toml", &["env/b"], "settings"),
        ("env/b/README.md", &[], ""),
        ("conf/a.yaml", &["env/a"], "read by the root module"),
        ("conf/b.yaml", &["env/b"], "read by the root module"),
        ("conf/shared.txt", &["env/a"], "read by"),
        ("conf/other.yaml", &[], ""),
        ("modules/net/main.tf", &["env/a"], "module.net"),
        ("modules/net/t.tpl", &["env/a"], "read by module.net"),
        ("modules/net/README.md", &[], ""),
        ("modules/inner/more.tf", &["env/a"], "module.net.module.inner"),
        ("modules/unused/main.tf", &[], ""),
        ("README.md", &[], ""),
    ];
    for (path, roots, why) in cases {
        let before = std::fs::read_to_string(folder.path().join(path)).ok();
        let text = match *path {
            p if p.ends_with(".json") => "{ }".to_owned(),
            p if p.ends_with("trueup.toml") => "usage = \"usage.toml\"\nfail_on = \"low\"\n".to_owned(),
            _ => before.clone().unwrap_or_default() + "\n# changed\n",
        };
        let text = if *path == "trueup.toml" { "fail_on = \"low\"\n".to_owned() } else { text };
        folder.write(path, text);
        let found = listed(&folder);
        let dirs: Vec<&str> = found.iter().map(|(root, _)| root.as_str()).collect();
        assert_eq!(dirs, *roots, "{path}: {found:?}");
        assert!(found.iter().all(|(_, w)| w.iter().any(|w| w.contains(why))), "{path}: {found:?}");
        match before {
            Some(before) => folder.write(path, before),
            None => std::fs::remove_file(folder.path().join(path)).unwrap(),
        }
    }
    // What is gone touches as well.
    std::fs::remove_file(folder.path().join("env/a/rules/one.json")).unwrap();
    std::fs::remove_file(folder.path().join("modules/inner/main.tf")).unwrap();
    let found = listed(&folder);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].1.iter().any(|w| w == "modules/inner/main.tf is gone: module.net.module.inner"),
        "{found:?}"
    );
}

#[test]
fn links_lead_to_the_root_modules_that_have_them() {
    let folder = repository(
        "changed-links",
        &[("env/a/main.tf", PROVIDER), ("common/tags.tf", "locals {\n  x = 1\n}\n")],
    );
    std::os::unix::fs::symlink("../../common/tags.tf", folder.path().join("env/a/tags.tf")).unwrap();
    std::os::unix::fs::symlink("../modules", folder.path().join("common/again")).unwrap();
    commit(&folder, "link");
    folder.git(&["branch", "-f", "main"]);
    folder.write("common/tags.tf", "locals {\n  x = 2\n}\n");
    assert!(names(&folder).contains(&"env/a".to_owned()), "{:?}", listed(&folder));
}

#[test]
fn root_modules_come_go_and_move() {
    let folder = repository(
        "changed-moves",
        &[
            ("env/old/main.tf", &group("\"rg-old\"")),
            ("env/gone/main.tf", &group("\"rg-gone\"")),
            ("env/stays/main.tf", &group("\"rg\"")),
        ],
    );
    folder.git(&["mv", "env/old", "env/moved"]);
    folder.git(&["rm", "-q", "-r", "env/gone"]);
    let network = "resource \"azurerm_virtual_network\" \"v\" {\n  name = \"vnet\"\n  resource_group_name = \"rg\"\n  \
                   location = \"northeurope\"\n  address_space = [\"10.0.0.0/16\"]\n}\n";
    folder.write("env/fresh/main.tf", network);
    commit(&folder, "moves");
    let list = changed(&folder, &["--list", "--format", "json"]).json();
    let states: Vec<(&str, &str, Option<&str>)> = list["roots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["root"].as_str().unwrap(), r["state"].as_str().unwrap(), r["from"].as_str()))
        .collect();
    let moved = states.iter().find(|s| s.0 == "env/moved").unwrap();
    assert!(["env/old", "env/gone"].contains(&moved.2.unwrap()) && moved.1 == "moved", "{states:?}");
    assert!(states.contains(&("env/fresh", "new", None)) && states.len() == 2, "{states:?}");
    let removed = list["removed"].as_array().unwrap();
    assert_eq!((removed.len(), &removed[0]["resources"]), (1, &Json::from(1)), "{list}");
    let run = changed(&folder, &["--format", "json"]);
    assert_eq!(run.status, 0, "{}{}", run.stdout, run.stderr);
    let roots = run.json()["roots"].as_array().unwrap().clone();
    let of = |name: &str| roots.iter().find(|r| r["root"] == name).unwrap().clone();
    // Compared with where it was, the moved one changes nothing of another name; the new one adds all it has.
    let actions = |name: &str| -> Vec<Json> {
        of(name)["change"]["resources"].as_array().unwrap().iter().map(|r| r["action"].clone()).collect()
    };
    assert_eq!(actions("env/fresh"), ["add"]);
    assert!(actions("env/moved").iter().all(|a| a != "add"), "{:?}", actions("env/moved"));
    assert_eq!(of("env/fresh")["complete"], true, "a base without the root module is no error");
    assert_eq!(roots.iter().filter(|r| r["removed"] == 1).count(), 1);
}

#[test]
fn the_base_is_where_the_change_left_it_and_the_gate_is_that_of_its_newest_commit() {
    let admin = |enabled: bool| {
        format!(
            "{PROVIDER}resource \"azurerm_container_registry\" \"a\" {{\n  name = \"cr\"\n  resource_group_name = \"rg\"\n  \
             location = \"westeurope\"\n  sku = \"Premium\"\n  admin_enabled = {enabled}\n}}\n"
        )
    };
    let folder = repository(
        "changed-fork",
        &[("env/a/main.tf", &admin(false)), ("env/b/main.tf", &group("\"rg-b\""))],
    );
    folder.write("env/a/main.tf", admin(true));
    commit(&folder, "feature");
    // The base goes on: another root module changes there, and the gate is loosened, then tightened.
    folder.git(&["checkout", "-q", "main"]);
    folder.write("env/b/main.tf", group("\"rg-b2\""));
    folder.write("trueup.toml", "fail_on = \"cost>1\"\n");
    commit(&folder, "main goes on");
    folder.git(&["checkout", "-q", "feature"]);
    assert_eq!(names(&folder), ["env/a"], "what the base changed is not the change");
    let run = changed(&folder, &["--format", "json"]);
    let report = run.json();
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert_eq!(report["roots"][0]["gate"], serde_json::json!(["cost>1"]), "the gate of today's base");
    assert_eq!(report["settings"], serde_json::json!([]), "the change edits no setting");
    // The change loosens the gate for itself, and takes itself out of the root modules.
    folder.write("trueup.toml", "fail_on = \"nothing\"\n[review]\nroots = [\"env/b\"]\n");
    let run = changed(&folder, &["--format", "json"]);
    let report = run.json();
    assert_eq!(run.status, 2, "{}", run.stderr);
    let settings: Vec<&str> =
        report["settings"].as_array().unwrap().iter().map(|s| s.as_str().unwrap()).collect();
    assert_eq!(settings, ["trueup.toml: fail_on", "trueup.toml: review.roots"]);
    let comment = changed(&folder, &["--format", "markdown"]).stdout;
    assert!(
        comment.contains("- trueup.toml: fail\\_on") || comment.contains("- trueup.toml: fail_on"),
        "{comment}"
    );
    assert!(comment.contains("what the base has holds until it is merged"), "{comment}");
}

#[test]
fn a_detached_head_is_reviewed_as_a_branch_is() {
    let folder = repository(
        "changed-detached",
        &[("env/a/main.tf", &group("\"a\"")), ("env/b/main.tf", &group("\"b\""))],
    );
    folder.write("env/a/main.tf", group("\"a2\""));
    commit(&folder, "change");
    folder.git(&["checkout", "-q", "--detach"]);
    assert_eq!(names(&folder), ["env/a"]);
    // A merge of both, as a CI system makes it.
    folder.git(&["checkout", "-q", "main"]);
    folder.write("env/b/main.tf", group("\"b2\""));
    commit(&folder, "main");
    folder.git(&["merge", "-q", "--no-edit", "feature"]);
    folder.git(&["checkout", "-q", "--detach"]);
    folder.git(&["branch", "-f", "main", "HEAD^1"]);
    assert_eq!(names(&folder), ["env/a"]);
}

/// What a person does who follows the advice of an error.
fn follow(folder: &Folder, error: &str) {
    let command =
        error.lines().map(str::trim).find(|l| l.starts_with("git ")).unwrap_or_else(|| panic!("{error}"));
    let status = Command::new("sh").arg("-c").arg(command).current_dir(folder.path()).output().unwrap();
    assert!(status.status.success(), "{command}: {}", String::from_utf8_lossy(&status.stderr));
}

#[test]
fn a_clone_that_lacks_the_base_says_which_command_gets_it() {
    let origin = repository(
        "changed-origin",
        &[("env/a/main.tf", &group("\"a\"")), ("env/b/main.tf", &group("\"b\""))],
    );
    origin.write("env/a/main.tf", group("\"a2\""));
    commit(&origin, "change");
    origin.write("env/a/main.tf", group("\"a3\""));
    commit(&origin, "more");
    let url = format!("file://{}", origin.path().display());
    for depth in [&["--depth", "1"][..], &["--depth", "1", "--no-single-branch"], &["--single-branch"]] {
        let clone = Folder::new("changed-clone", &[]);
        clone.git(&[&["clone", "-q", "--branch", "feature"], depth, &[&url, "."]].concat());
        let args = ["review", "--changed", "--base", "origin/main", "--list"];
        let run = trueup_in(clone.path(), &args);
        assert_eq!(run.status, 1, "{depth:?}: {}", run.stdout);
        assert!(run.stderr.contains("Get it with:"), "{depth:?}: {}", run.stderr);
        follow(&clone, &run.stderr);
        let run = trueup_in(clone.path(), &args);
        assert_eq!(run.status, 0, "{depth:?}: {}", run.stderr);
        assert!(run.stdout.starts_with("env/a\n"), "{depth:?}: {}", run.stdout);
        let local = trueup_in(clone.path(), &["review", "--changed", "--base", "main", "--list"]);
        assert!(local.status == 1 && local.stderr.contains("say --base origin/main"), "{}", local.stderr);
    }
    let nothing = trueup_in(origin.path(), &["review", "--changed", "--base", "origin/nowhere", "--list"]);
    assert!(
        nothing.stderr.contains("git fetch --no-tags origin +refs/heads/origin/nowhere"),
        "{}",
        nothing.stderr
    );
    let hostile = trueup_in(origin.path(), &["review", "--changed", "--base", "x; rm -rf /", "--list"]);
    assert!(
        hostile.stderr.contains("'+refs/heads/x; rm -rf /:"),
        "what is copied is one word: {}",
        hostile.stderr
    );
    let empty = Folder::new("changed-unborn", &[("main.tf", PROVIDER)]);
    empty.git(&["init", "-q"]);
    let run = trueup_in(empty.path(), &["review", "--changed", "--base", "main"]);
    assert_eq!(run.status, 1, "{}", run.stderr);
    let plain = Folder::new("changed-plain", &[("main.tf", PROVIDER)]);
    let run = trueup_in(plain.path(), &["review", "--changed", "--base", "main"]);
    assert!(run.status == 1 && run.stderr.contains("is no git checkout"), "{}", run.stderr);
}

#[test]
fn modules_of_a_submodule_are_read_at_the_commit_of_each_side() {
    let module =
        Folder::new("changed-module", &[("net/main.tf", &group("\"rg-one\"").replace(PROVIDER, ""))]);
    module.git(&["init", "-q", "-b", "main"]);
    commit(&module, "one");
    let call = format!("{PROVIDER}module \"net\" {{\n  source = \"../../modules/net\"\n}}\n");
    let folder =
        Folder::new("changed-super", &[("env/a/main.tf", &call), ("env/b/main.tf", &group("\"b\""))]);
    folder.git(&["init", "-q", "-b", "main"]);
    let url = module.path().display().to_string();
    folder.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &url, "modules"]);
    commit(&folder, "base");
    folder.git(&["checkout", "-q", "-b", "feature"]);
    module.write("net/main.tf", group("\"rg-two\"").replace(PROVIDER, ""));
    commit(&module, "two");
    folder.git(&["-C", "modules", "-c", "protocol.file.allow=always", "pull", "-q", "origin", "main"]);
    commit(&folder, "bump");
    let found = listed(&folder);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0],
        ("env/a".to_owned(), vec!["the submodule modules is at another commit: module.net".to_owned()])
    );
    let report = changed(&folder, &["--format", "json"]).json();
    let change = &report["roots"][0]["change"]["resources"][0]["attributes"][0];
    assert_eq!(
        (&change["before"], &change["after"]),
        (&"\"rg-one\"".into(), &"\"rg-two\"".into()),
        "{report}"
    );
    assert_eq!(report["complete"], true);
    // Without the old commit the review says what is missing, and is not called complete.
    folder.git(&["-C", "modules", "checkout", "-q", "--orphan", "alone"]);
    folder.git(&[
        "-C",
        "modules",
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "commit",
        "-qm",
        "alone",
    ]);
    for (at, name) in [("modules", "main"), ("modules", "refs/remotes/origin/main")] {
        let refs = ["-C", at, "update-ref", "-d", if name == "main" { "refs/heads/main" } else { name }];
        folder.git(&refs);
    }
    let _ = Command::new("git")
        .args(["-C", "modules", "symbolic-ref", "-d", "refs/remotes/origin/HEAD"])
        .current_dir(folder.path())
        .output();
    let _ = std::fs::remove_file(folder.path().join(".git/modules/modules/FETCH_HEAD"));
    let _ = std::fs::remove_file(folder.path().join(".git/modules/modules/ORIG_HEAD"));
    folder.git(&["-C", "modules", "reflog", "expire", "--expire=now", "--all"]);
    folder.git(&["-C", "modules", "gc", "-q", "--prune=now"]);
    let run = changed(&folder, &["--format", "json"]);
    let report = run.json();
    assert_eq!((run.status, &report["complete"]), (3, &false.into()), "{}", run.stdout);
}

#[test]
fn of_four_hundred_root_modules_only_those_touched_are_reviewed() {
    let files = generate::repository(generate::MODULES, 399);
    let folder = Folder::new("changed-mono", &[]);
    files.iter().for_each(|(path, text)| folder.write(path, text));
    folder.git(&["init", "-q", "-b", "main"]);
    commit(&folder, "base");
    folder.git(&["checkout", "-q", "-b", "feature"]);
    let shared = files.keys().find(|p| p.starts_with("modules/service_007/") && p.ends_with(".tf")).unwrap();
    folder.write(shared, files[shared].clone() + "\n# changed\n");
    commit(&folder, "shared module");
    // By the rule of the generator: the first module of a root is its number, the second 7 times that and 1.
    let calls = |root: usize| root % generate::MODULES == 7 || (root * 7 + 1) % generate::MODULES == 7;
    let mut expected: Vec<String> =
        (0..399).filter(|r| calls(*r)).map(|r| format!("roots/team_{r:03}")).collect();
    expected.insert(0, "roots/platform".to_owned());
    let list = changed(&folder, &["--list", "--format", "json"]).json();
    assert_eq!(list["root_modules"], 400);
    let roots: Vec<&str> =
        list["roots"].as_array().unwrap().iter().map(|r| r["root"].as_str().unwrap()).collect();
    assert_eq!(roots, expected);
    // What was evaluated is what is reported.
    let one = changed(&folder, &["--format", "json"]);
    let report = one.json();
    let reviewed: Vec<&str> =
        report["roots"].as_array().unwrap().iter().map(|r| r["root"].as_str().unwrap()).collect();
    assert_eq!(reviewed, expected);
    assert_eq!(report["complete"], true, "{}", one.stderr);
}

#[test]
fn forms_merge_root_modules_and_one_that_is_broken_leaves_the_others() {
    let admin = format!(
        "{PROVIDER}resource \"azurerm_container_registry\" \"a\" {{\n  name = \"cr\"\n  resource_group_name = \"rg\"\n  \
         location = \"westeurope\"\n  sku = \"Premium\"\n  admin_enabled = true\n}}\n"
    );
    let folder = Folder::new(
        "several-forms",
        &[
            ("a/main.tf", &admin),
            ("b/main.tf", &admin),
            ("c/main.tf", &group("\"c\"")),
            ("d/main.tf", PROVIDER),
            ("d/trueup.toml", "wrong = 1\n"),
        ],
    );
    let run = |more: &[&str]| {
        trueup_in(
            folder.path(),
            &[&["review", "a", "b", "c", "d", "--today", "2026-11-20"][..], more].concat(),
        )
    };
    let json = run(&["--format", "json"]);
    assert_eq!(json.status, 1, "the worst: {}", json.stderr);
    assert!(json.stderr.contains("error: d: ") && json.stderr.contains("unknown field"), "{}", json.stderr);
    let json = json.json();
    assert_eq!((json["verdict"].as_str(), &json["complete"]), (Some("blocked"), &false.into()));
    let roots: Vec<&str> =
        json["roots"].as_array().unwrap().iter().map(|r| r["root"].as_str().unwrap()).collect();
    assert_eq!(roots, ["a", "b", "c", "d"]);
    let of = |root: &str| json["findings"].as_array().unwrap().iter().filter(|f| f["root"] == root).count();
    assert!(of("a") > 0 && of("a") == of("b"));
    let sarif = run(&["--format", "sarif"]).json();
    let runs = sarif["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["invocations"][0]["executionSuccessful"], false);
    let prints: Vec<&Json> = runs[0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["partialFingerprints"]["trueup/v1"])
        .collect();
    let mut unique = prints.clone();
    unique.sort_by_key(|p| p.to_string());
    unique.dedup();
    assert_eq!(unique.len(), prints.len(), "findings of two root modules are two alerts");
    let junit = run(&["--format", "junit"]).stdout;
    assert_eq!(junit.matches("<testsuite ").count(), 4, "{junit}");
    let gitlab = run(&["--format", "gitlab"]).json();
    assert!(gitlab.as_array().unwrap().iter().any(|i| i["location"]["path"] == "b/main.tf"));
    for form in ["github", "azure-pipelines"] {
        let out = run(&["--format", form]).stdout;
        assert!(
            out.contains("a/main.tf") && out.contains("b/main.tf") && out.contains("trueup.toml"),
            "{out}"
        );
    }
    let text = run(&[]).stdout;
    assert_eq!(text, run(&[]).stdout, "the same bytes, whoever was first");
    assert!(
        text.contains("── a ")
            && text.contains("── d ")
            && text.lines().last().unwrap().contains("4 root modules"),
        "{text}"
    );
    let html = run(&["--format", "html"]).stdout;
    assert!(
        html.contains("Review of 4 root modules")
            && html.contains("a: Findings")
            && html.contains("b: Findings"),
        "{html}"
    );
    // One alone keeps the form that it has always had.
    let one = trueup_in(folder.path(), &["review", "a", "--format", "json", "--today", "2026-11-20"]).json();
    assert!(one["plan"].is_object() && one.get("roots").is_none());
}

#[test]
fn settings_say_which_folders_are_root_modules() {
    let folder = repository(
        "changed-roots",
        &[
            ("trueup.toml", "[review]\nroots = [\"live/*\", \"!live/old\"]\n"),
            ("live/a/main.tf", &group("\"a\"")),
            ("live/old/main.tf", &group("\"o\"")),
            ("examples/x/main.tf", &group("\"x\"")),
        ],
    );
    for path in ["live/a/main.tf", "live/old/main.tf", "examples/x/main.tf"] {
        folder.write(path, group("\"other\""));
    }
    assert_eq!(names(&folder), ["live/a"]);
    // A change adds root modules at once; it takes none away.
    folder.write("trueup.toml", "[review]\nroots = [\"examples/*\"]\n");
    assert_eq!(names(&folder), ["examples/x", "live/a"]);
    // Settings that the change breaks are told, and what the base says still finds the root modules.
    folder.write("trueup.toml", "[review]\nroots = 1\n");
    assert_eq!(names(&folder), ["live/a"]);
    let broken = changed(&folder, &[]);
    assert!(broken.status == 1 && broken.stderr.contains("error: live/a: trueup.toml"), "{}", broken.stderr);
    folder.write("trueup.toml", "[review]\nroots = [\"examples/*\"]\n");
    // DIR limits where they are looked for.
    let run = changed(&folder, &["--list", "examples"]);
    assert!(run.stdout.starts_with("examples/x\n") && !run.stdout.contains("\nlive/a"), "{}", run.stdout);
    let wrong = trueup_in(folder.path(), &["review", "--changed"]);
    assert!(wrong.stderr.contains("--base"), "{}", wrong.stderr);
}
