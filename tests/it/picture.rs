//! The picture of the output in README.md: `cargo test --test it picture -- --ignored` draws it again.

use std::process::Command;

use crate::harness::repository;

/// Lines of the review that the picture shows: the first findings, and the end.
const HEAD: usize = 44;

#[test]
#[ignore = "writes docs/review.svg"]
fn draw() {
    let output = Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(["review", "environments/production", "--today", "2026-11-20"])
        .current_dir(repository())
        .env("CLICOLOR_FORCE", "1")
        .env("COLUMNS", "120")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let tables = lines.iter().position(|l| l.contains("Addresses")).expect("the tables follow the findings");
    let shown = [&lines[..HEAD.min(tables)], &["  ...", ""], &lines[tables..]].concat();
    let svg = anstyle_svg::Term::new().render_svg(&shown.join("\n"));
    std::fs::write(repository().join("docs/review.svg"), svg).unwrap();
}
