//! The stages of the data stand in an order, and a stage imports only what stands above it.
//! `docs/architecture.md` shows the same table.

use std::fs;
use std::path::{Path, PathBuf};

/// Each stage and the stages that it may import.
const ALLOWED: &[(&str, &[&str])] = &[
    ("terraform", &[]),
    ("azure", &["terraform"]),
    ("net", &[]),
    ("live", &["net", "terraform", "azure"]),
    ("analysis", &["terraform", "azure"]),
    ("review", &["terraform", "azure", "live", "analysis"]),
    ("output", &["terraform", "azure", "analysis", "review"]),
    ("forge", &["net", "terraform", "azure", "analysis", "review", "output"]),
    ("history", &["terraform", "azure", "analysis", "review"]),
    ("fetch", &["net", "terraform", "azure", "analysis"]),
    (
        "app",
        &["net", "terraform", "azure", "live", "analysis", "review", "output", "forge", "history", "fetch"],
    ),
];

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

/// The stages a source text names by `crate::STAGE`, also inside `use crate::{...}`.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(group) => group.split('}').next().unwrap_or("").split(',').collect(),
            None => vec![rest],
        };
        for name in names {
            let stage: String =
                name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            found.push(stage);
        }
    }
    found
}

#[test]
fn a_stage_imports_only_what_stands_above_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut read = 0;
    for (stage, allowed) in ALLOWED {
        let mut files = Vec::new();
        let dir = src.join(stage);
        if dir.is_dir() {
            rust_files(&dir, &mut files);
        }
        for file in files {
            read += 1;
            for import in imports(&fs::read_to_string(&file).unwrap()) {
                let known = ALLOWED.iter().any(|(s, _)| *s == import);
                if known && import != *stage && !allowed.contains(&import.as_str()) {
                    wrong.push(format!("{} imports {import}", file.strip_prefix(&src).unwrap().display()));
                }
            }
        }
    }
    assert!(read > 10, "the test reads the sources: {read} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_the_source_is_a_stage() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            let name = entry.file_name().into_string().unwrap();
            assert!(ALLOWED.iter().any(|(s, _)| *s == name), "src/{name} is not in the table of stages");
        }
    }
}
