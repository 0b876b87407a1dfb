//! Evaluation of root modules: where values come from, what is refused, and what is said of bad input.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::evaluation::{Evaluation, Instance};
use trueup::terraform::files::{FileError, FileKind, FileSource};
use trueup::terraform::source::Span;
use trueup::terraform::value::json::known_json;

mod bad_input;
mod files;
mod values;
mod versions;

/// A checkout in memory.
struct Memory(BTreeMap<Utf8PathBuf, Vec<u8>>);

impl FileSource for Memory {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }
    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        let names: BTreeMap<String, FileKind> = self
            .0
            .keys()
            .filter_map(|p| p.strip_prefix(dir).ok())
            .map(|rest| match rest.as_str().split_once('/') {
                Some((dir, _)) => (dir.to_owned(), FileKind::Directory),
                None => (rest.to_string(), FileKind::File),
            })
            .collect();
        if names.is_empty() { Err(FileError::NotFound) } else { Ok(names.into_iter().collect()) }
    }
    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        if self.0.contains_key(path) {
            Ok(FileKind::File)
        } else {
            self.list(path).map(|_| FileKind::Directory)
        }
    }
}

fn options(files: &[(&str, &str)]) -> Options {
    let files = files.iter().map(|(path, text)| (path.into(), text.as_bytes().to_vec())).collect();
    Options::new(Arc::new(Memory(files)), "/checkout".into(), "".into())
}

/// `file:line:column severity summary: detail` of each diagnostic.
fn said(evaluation: &Evaluation) -> Vec<String> {
    let line = |d: &trueup::terraform::diagnostic::Diagnostic| {
        let place = d.span.map(|s| evaluation.sources.place(s));
        let place = place.map(|p| format!("{}:{}:{} ", p.file, p.line, p.column)).unwrap_or_default();
        let severity = if d.is_error() { "error" } else { "warning" };
        format!("{place}{severity} {}: {}", d.summary, d.detail)
    };
    evaluation.diagnostics.iter().map(line).collect()
}

/// Each diagnostic without its detail.
fn summaries(evaluation: &Evaluation) -> Vec<String> {
    said(evaluation).iter().map(|line| line.split(": ").next().unwrap().to_owned()).collect()
}

/// Place and text of a span.
fn text_at(e: &Evaluation, span: Option<Span>) -> String {
    let text =
        |s: Span| format!("{}:{} {}", e.sources.place(s).file, e.sources.place(s).line, e.sources.text(s));
    span.map(text).unwrap_or_default()
}

fn addresses(e: &Evaluation) -> Vec<String> {
    e.instances.iter().map(|i| i.address.to_string()).collect()
}

fn instance<'a>(e: &'a Evaluation, address: &str) -> &'a Instance {
    let found = e.instances.iter().find(|i| i.address.to_string() == address);
    found.unwrap_or_else(|| panic!("{address} in {:?} {:?}", addresses(e), said(e)))
}

#[test]
#[ignore = "a look at any directory: TRUEUP_DIR"]
fn look() {
    for dir in std::env::var("TRUEUP_DIR").unwrap().split(' ') {
        let start = Instant::now();
        let mut options = Options::disk(Utf8Path::new(dir)).unwrap();
        options.strict = std::env::var("TRUEUP_STRICT").is_ok();
        let e = evaluate(&options);
        println!(
            "== {dir}: {} instances, {} outputs in {:?}",
            e.instances.len(),
            e.outputs.len(),
            start.elapsed()
        );
        for line in said(&e) {
            println!("  {line}");
        }
        if std::env::var("TRUEUP_V").is_ok() {
            for i in &e.instances {
                println!("  {}", i.address);
            }
            for (name, output) in &e.outputs {
                let (value, ty) = (known_json(&output.value), output.value.ty());
                println!(
                    "  {name}: {ty} = {} {}",
                    value.unwrap(),
                    if output.value.is_wholly_known() { "" } else { "(in part unknown)" }
                );
            }
        }
    }
}
