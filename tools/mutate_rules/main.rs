//! The mutation check of rules: negates every condition of their sources, one at a time, and says which no test notices.
//!
//! ```text
//! cargo run --example mutate-rules [-- TEXT...]
//! ```
//!
//! With `EXAMPLES_ONLY=1` in the environment only the examples of rules and the cases beside them count. With
//! `SUGGEST=1` it tries examples edited in one place on what nothing notices, and writes those that notice to
//! `target/mutate-rules/suggested.txt`: cases for `tests/it/rules/outcomes`, to be read before they are taken.
//!
//! Makes a copy of this crate in `target/mutate-rules` in which each condition below `src/analysis/rules` can be
//! negated at run time, builds it once, and runs for each condition the examples of the rules that ask it, then the
//! other tests of rules. Prints the conditions that can be negated without a test failing, and how many cannot. With
//! TEXT only those in files, or of a line `file:line`, that contain one of the texts.
//!
//! A condition is that of an `if`, `while` or guard, an operand of `&&` and `||`, a comparison, `!`, what a closure
//! gives to `filter`, `any` and the like, what a function gives that is a boolean or a `Truth`, and what a rule judges.
//! Those whose negation changes nothing that can be seen are in `equivalent.txt` beside this file, each with the reason.

#![allow(clippy::print_stdout)]

mod rewrite;

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What is mutated, and what in it is not: the writing of pages and examples, and tests.
const RULES: &str = "src/analysis/rules";
const LEFT_ALONE: [&str; 3] = [
    "src/analysis/rules/page.rs",
    "src/analysis/rules/example.rs",
    "src/analysis/rules/graph/rule_sets/tests.rs",
];
/// Lints are for what a person wrote.
const QUIET: &str = "#![allow(warnings)]\n";
const TESTS: &str = "tests/it/rules";

fn main() -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    let copy = target.join("mutate-rules");
    let wanted: Vec<String> = std::env::args().skip(1).collect();

    let listed =
        Command::new("git").args(["ls-files", "-co", "--exclude-standard"]).current_dir(root).output()?;
    let mut table = String::new();
    let mut count = 0;
    let mut files: Vec<&str> = std::str::from_utf8(&listed.stdout)?.lines().collect();
    files.sort();
    for file in files {
        let Ok(bytes) = fs::read(root.join(file)) else { continue };
        let rust = || String::from_utf8(bytes.clone());
        let made = match file {
            "Cargo.toml" => alone(&rust()?).into_bytes(),
            "src/main.rs" => continue,
            "src/lib.rs" => format!("{QUIET}{}pub mod mutation;\n", rust()?).into_bytes(),
            "tests/it/main.rs" => only_rules(&rust()?).into_bytes(),
            // The copy has no binary: tests that run it are left out.
            "tests/it/harness.rs" => {
                rust()?.replace("env!(\"CARGO_BIN_EXE_trueup\")", "\"no binary\"").into_bytes()
            }
            _ if file.starts_with(RULES) && file.ends_with(".rs") && !LEFT_ALONE.contains(&file) => {
                let (text, mutants) =
                    rewrite::rewrite(&rust()?, count + 1).map_err(|e| format!("{file}: {e}"))?;
                count += mutants.len();
                for m in mutants {
                    writeln!(table, "{file}:{}\t{}\t{}", m.line, m.kind, m.text)?;
                }
                text.into_bytes()
            }
            _ if file.starts_with(TESTS) && file.ends_with(".rs") => with_table(&rust()?, file).into_bytes(),
            _ => bytes,
        };
        write(&copy.join(file), &made)?;
    }
    write(&copy.join("src/mutation.rs"), include_bytes!("switch.rs"))?;
    write(&copy.join(TESTS).join("mutants.rs"), include_bytes!("runner.rs"))?;
    write(&copy.join(TESTS).join("suggest.rs"), include_bytes!("suggest.rs"))?;
    write(&copy.join("mutants.tsv"), table.as_bytes())?;
    println!("{count} conditions");

    let run = |arguments: &[&str]| -> Result<bool> {
        let mut cargo = Command::new("cargo");
        cargo
            .args(["test", "--offline", "--quiet", "--manifest-path"])
            .arg(copy.join("Cargo.toml"))
            .args(arguments);
        cargo.env("CARGO_TARGET_DIR", &target).env("MUTANTS", wanted.join("\n"));
        cargo.env("INSTA_UPDATE", "no").env("EQUIVALENT", root.join("tools/mutate_rules/equivalent.txt"));
        Ok(cargo.status()?.success())
    };
    let all = run(&["--test", "it", "rules::mutants::all", "--", "--exact", "--ignored", "--nocapture"])?;
    if all { Ok(()) } else { Err("see above".into()) }
}

/// Writes what is new: an unchanged file is not built again.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::create_dir_all(path.parent().ok_or("a path without a folder")?)?;
    Ok(fs::write(path, bytes)?)
}

/// The manifest of a library and its tests, without what else is built of it.
fn alone(manifest: &str) -> String {
    let sections: Vec<&str> = manifest.split("\n[").collect();
    let kept =
        sections.iter().filter(|s| !["[bin]]", "[bench]]", "[example]]"].iter().any(|p| s.starts_with(p)));
    let text = kept.copied().collect::<Vec<_>>().join("\n[");
    text.replace("default-run = \"trueup\"\n", "autobins = false\nautobenches = false\n")
}

/// The tests without the modules that are not about rules.
fn only_rules(text: &str) -> String {
    let other = |line: &&str| line.starts_with("mod ") && !["mod rules;", "mod harness;"].contains(line);
    let lines: Vec<&str> = text.lines().filter(|l| !other(l)).collect();
    format!("{QUIET}{}\n", lines.join("\n"))
}

/// A file of tests with a table of them at its end, for the runner.
fn with_table(text: &str, file: &str) -> String {
    let mut names = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let ignored = lines.peek().is_some_and(|l| l.starts_with("#[ignore"));
        if line == "#[test]" && !ignored {
            let name = lines.peek().and_then(|l| l.strip_prefix("fn ")?.split('(').next());
            names.extend(name);
        }
    }
    // The same text is evaluated once for all conditions that are negated.
    let (text, modules) = match file.ends_with("/mod.rs") {
        true => (
            text.replace("fn root_of(", "fn root_of_anew("),
            "\nmod mutants;\nmod suggest;\nuse mutants::root_of;\n",
        ),
        false => (text.to_owned(), ""),
    };
    let rows: String = names.iter().map(|n| format!("    (\"{n}\", {n}),\n")).collect();
    format!("{text}{modules}\n#[allow(dead_code)]\npub(super) const TESTS: &[(&str, fn())] = &[\n{rows}];\n")
}
