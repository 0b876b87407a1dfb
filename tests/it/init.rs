//! `trueup init`, and the files of `deploy/` and `action.yml` that pipelines run.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::harness::{Folder, repository, trueup, trueup_in};

const ROOT: &str =
    "resource \"azurerm_resource_group\" \"a\" {\n  name     = \"rg\"\n  location = \"westeurope\"\n}\n";

fn checkout(origin: &str) -> Folder {
    let folder = Folder::new("init", &[("live/prod/main.tf", ROOT), ("modules/net/main.tf", ROOT)]);
    folder.git(&["init", "--quiet", "--initial-branch", "trunk"]);
    if !origin.is_empty() {
        folder.git(&["remote", "add", "origin", origin]);
    }
    folder
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                if name != ".git" {
                    open.push(path);
                }
            } else if !name.ends_with(".tf") {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_host_gets_its_own_files() {
    let hosts: [(&str, &[&str], &[&str]); 4] = [
        (
            "git@github.com:corp/infra.git",
            &[".github/workflows/trueup.yml"],
            &[".github/workflows/trueup-drift.yml"],
        ),
        (
            "https://corp@dev.azure.com/corp/Land%20Zone/_git/infra",
            &[".azure-pipelines/trueup-install.yml", ".azure-pipelines/trueup.yml"],
            &[".azure-pipelines/trueup-drift.yml"],
        ),
        ("https://gitlab.com/corp/sub/infra.git", &[".gitlab-ci.yml", ".gitlab/trueup.yml"], &[]),
        ("git@bitbucket.org:corp/infra.git", &["bitbucket-pipelines.yml"], &[]),
    ];
    for (origin, review, nightly) in hosts {
        let folder = checkout(origin);
        let rehearsal = trueup_in(folder.path(), &["init", "--drift", "--dry-run"]);
        assert_eq!(
            (rehearsal.status, files(folder.path())),
            (0, Vec::new()),
            "{origin}: {}",
            rehearsal.stderr
        );

        let run = trueup_in(folder.path(), &["init", "--source", "https://git.corp.test/trueup.git"]);
        assert_eq!(run.status, 0, "{origin}: {}", run.stderr);
        let mut expected: Vec<&str> = review.iter().copied().chain(["trueup.toml"]).collect();
        expected.sort_unstable();
        assert_eq!(files(folder.path()), expected, "{origin}");

        let run =
            trueup_in(folder.path(), &["init", "--drift", "--source", "https://git.corp.test/trueup.git"]);
        // The switch of GitLab's nightly job stands in a file that is there by now.
        let kept = origin.contains("gitlab");
        assert_eq!(run.status, if kept { 3 } else { 0 }, "{origin}: {}", run.stdout);
        assert!(run.stdout.contains("trueup.toml: says so already"), "{}", run.stdout);
        expected.extend(nightly);
        expected.sort_unstable();
        assert_eq!(files(folder.path()), expected, "{origin}");
        for name in files(folder.path()) {
            let text = std::fs::read_to_string(folder.path().join(&name)).unwrap();
            for place in ["@source@", "@revision@", "@branch@", "@drift@", "@roots@", "git.example.com"] {
                assert!(!text.contains(place), "{origin}: {name} has {place}");
            }
        }
    }
}

#[test]
fn the_settings_name_the_root_modules_and_are_read_again() {
    let folder = checkout("git@github.com:corp/infra.git");
    assert_eq!(trueup_in(folder.path(), &["init"]).status, 0);
    let text = std::fs::read_to_string(folder.path().join("trueup.toml")).unwrap();
    assert!(text.contains("#   live/prod\n") && !text.contains("modules/net"), "{text}");
    // What is commented out has to be right as well.
    let plain: String = text
        .lines()
        .map(|l| match l.strip_prefix("# ") {
            Some(code) if code.starts_with('[') || code.contains(" = ") => format!("{code}\n"),
            _ => format!("{l}\n"),
        })
        .collect();
    folder.write("trueup.toml", &plain);
    for named in ["live.json", "trueup-baseline.json"] {
        folder.write(named, "[]");
    }
    let run = trueup_in(folder.path(), &["plan", "live/prod"]);
    assert_eq!(run.status, 0, "{}\n{plain}", run.stderr);
}

#[test]
fn nothing_is_overwritten_unasked() {
    let folder = checkout("git@github.com:corp/infra.git");
    folder.write(".github/workflows/trueup.yml", "mine\n");
    let run = trueup_in(folder.path(), &["init"]);
    assert_eq!(run.status, 3);
    assert!(
        run.stdout.contains(".github/workflows/trueup.yml: is there and was left alone"),
        "{}",
        run.stdout
    );
    let read = || std::fs::read_to_string(folder.path().join(".github/workflows/trueup.yml")).unwrap();
    assert_eq!(read(), "mine\n");
    assert_eq!(trueup_in(folder.path(), &["init", "--force"]).status, 0);
    assert!(read().contains("trueup review --changed"));
}

#[test]
fn a_host_that_nothing_tells_is_asked_for() {
    for (origin, why) in [("", "no remote"), ("https://code.corp.test/infra.git", "does not say which host")]
    {
        let folder = checkout(origin);
        let run = trueup_in(folder.path(), &["init"]);
        assert_eq!(run.status, 1);
        assert!(
            run.stderr.contains(why) && run.stderr.contains("--ci github|azure-pipelines"),
            "{}",
            run.stderr
        );
        assert_eq!(files(folder.path()), Vec::<String>::new());
    }
    let run = trueup_in(checkout("").path(), &["init", "--source", "x\"; rm -rf ~"]);
    assert_eq!(run.status, 2, "{}", run.stdout);
}

/// The files that pipelines run, as they stand in the repository.
fn pipelines() -> Vec<PathBuf> {
    let mut all = vec![repository().join("action.yml")];
    let mut open = vec![repository().join("deploy")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "yml") {
                all.push(path);
            }
        }
    }
    assert!(all.len() >= 8, "{all:?}");
    all
}

/// The documents of a YAML file, read by the program's own `yamldecode`.
fn documents(path: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(path).unwrap().replace("@drift@", "true");
    text.split("\n---\n")
        .map(|part| {
            let root = "output \"all\" {\n  value = yamldecode(file(\"part.yml\"))\n}\n";
            let folder = Folder::new("yaml", &[("part.yml", part), ("main.tf", root)]);
            let run = trueup_in(folder.path(), &["plan", ".", "--format", "json"]);
            assert_eq!(run.status, 0, "{}: {}", path.display(), run.stderr);
            run.json()["planned_values"]["outputs"]["all"]["value"].clone()
        })
        .collect()
}

/// Every text below a key of this name.
fn under<'a>(value: &'a Json, names: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Json::Object(map) => {
            for (name, value) in map {
                match value {
                    Json::String(text) if names.contains(&name.as_str()) => found.push(text),
                    Json::Array(list) if names.contains(&name.as_str()) => {
                        found.extend(list.iter().filter_map(Json::as_str));
                    }
                    _ => {}
                }
                under(value, names, found);
            }
        }
        Json::Array(list) => list.iter().for_each(|v| under(v, names, found)),
        _ => {}
    }
}

#[test]
fn pipelines_run_what_the_program_takes() {
    let mut lines = 0;
    for path in pipelines() {
        for document in documents(&path) {
            let mut scripts = Vec::new();
            under(&document, &["run", "bash", "script", "before_script"], &mut scripts);
            for line in scripts.iter().flat_map(|s| s.lines()) {
                let Some(command) = line.trim().strip_prefix("trueup ") else { continue };
                lines += 1;
                // Values are the pipeline's; flags and commands are ours. An unknown one is refused before --help.
                let words = command.split_whitespace().filter(|w| !w.starts_with("$[["));
                let words: Vec<String> = words.map(|w| w.replace(['"', '\''], "")).collect();
                let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
                words.push("--help");
                let run = trueup(&words);
                assert_eq!(run.status, 0, "{}: {line}\n{}", path.display(), run.stderr);
            }
        }
    }
    assert!(lines >= 7, "{lines}");
}

#[test]
fn workflows_pin_what_they_use_and_let_no_text_into_a_script() {
    let mut uses = 0;
    for path in pipelines() {
        let text = std::fs::read_to_string(&path).unwrap();
        for document in documents(&path) {
            let mut found = Vec::new();
            under(&document, &["uses"], &mut found);
            for action in found {
                uses += 1;
                let commit = action.split_once('@').unwrap().1;
                let pinned = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(pinned, "{}: {action} is not pinned to a commit", path.display());
                assert!(
                    text.contains(&format!("{action} # v")),
                    "{}: {action} says no version",
                    path.display()
                );
            }
            let mut scripts = Vec::new();
            under(&document, &["run", "bash"], &mut scripts);
            for script in scripts {
                let reaches_in = script.contains("${{") || script.contains("$(System.");
                assert!(!reaches_in, "{}: text becomes part of a script: {script}", path.display());
            }
        }
    }
    assert!(uses >= 5, "{uses}");
}

#[test]
fn the_action_hands_on_its_inputs() {
    if std::process::Command::new("jq").arg("--version").output().is_err() {
        crate::harness::say("NOT RUN: the script of action.yml: there is no jq here");
        return;
    }
    let action = documents(&repository().join("action.yml")).remove(0);
    let script = action["runs"]["steps"].as_array().unwrap().last().unwrap()["run"].as_str().unwrap();
    // A program that writes down what it is called with.
    let program = "#!/bin/bash\nprintf '%s\\n' \"$@\" > \"$RUNNER_TEMP/called\"\n\
                   for a in \"$@\"; do case \"$a\" in json=*) echo '{\"verdict\":\"blocked\"}' > \"${a#json=}\";; esac; done\n\
                   exit 2\n";
    let folder = Folder::new("action", &[(".trueup/bin/trueup", program), ("output", "")]);
    let home = folder.path().to_str().unwrap().to_owned();
    let tool = folder.path().join(".trueup/bin/trueup");
    std::fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let run = |environment: &[(&str, &str)]| {
        let mut command = std::process::Command::new("bash");
        command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).env("HOME", &home);
        command.env("RUNNER_TEMP", &home).env("GITHUB_OUTPUT", folder.path().join("output"));
        for name in ["ROOTS", "BASE", "FAIL_ON", "LIVE", "POST", "MORE", "GITHUB_BASE_REF"] {
            command.env(name, "");
        }
        let status = command.envs(environment.iter().copied()).status().unwrap();
        assert_eq!(status.code(), Some(2), "the status of the review is that of the step");
        std::fs::read_to_string(folder.path().join("called")).unwrap()
    };
    let called = run(&[("GITHUB_BASE_REF", "main")]);
    assert!(called.starts_with("review\n--changed\n--base=origin/main\n--post\n"), "{called}");
    let called = run(&[
        ("ROOTS", "live/prod\nlive/a b\n"),
        ("FAIL_ON", "high; touch /tmp/x"),
        ("POST", "false"),
        ("MORE", "--profile\nstrict"),
    ]);
    assert!(
        called.starts_with("review\nlive/prod\nlive/a b\n--fail-on=high; touch /tmp/x\n--profile\nstrict\n"),
        "{called}"
    );
    let output = std::fs::read_to_string(folder.path().join("output")).unwrap();
    assert!(output.contains("verdict=blocked\n") && output.contains("sarif="), "{output}");
}
