//! Evaluation of root modules: where values come from, what is refused, what is said of bad input, and
//! how it grows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::files::{FileError, FileKind, FileSource};

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

fn timed(files: &[(&str, &str)]) -> (Evaluation, Duration) {
    let options = options(files);
    let start = Instant::now();
    let evaluation = evaluate(&options);
    (evaluation, start.elapsed())
}

#[test]
#[ignore = "figures, not a test"]
fn scale() {
    use std::fmt::Write;
    let report = |what: &str, files: &[(&str, &str)]| {
        let (e, time) = timed(files);
        println!(
            "{what}: {:?}, {} instances, {:?}",
            time,
            e.instances.len(),
            said(&e).iter().take(3).collect::<Vec<_>>()
        );
    };
    for n in [1_000, 2_000, 4_000] {
        let mut vars = String::from("m = {\n");
        for i in 0..n {
            let _ = writeln!(vars, "  key{i} = {{ name = \"n{i}\", size = {i} }}");
        }
        vars.push_str("}\n");
        let main = r#"
variable "m" { type = map(object({ name = string, size = number, on = optional(bool, true) })) }
resource "terraform_data" "r" {
  for_each = var.m
  input    = "${each.key}-${each.value.name}"
}
"#;
        report(&format!("for_each {n}"), &[("main.tf", main), ("terraform.tfvars", &vars)]);
        let main = format!(
            "{main}\nresource \"terraform_data\" \"s\" {{\n  for_each = var.m\n  input = terraform_data.r[each.key].input\n}}\n"
        );
        report(&format!("for_each by key {n}"), &[("main.tf", &main), ("terraform.tfvars", &vars)]);
        let mut locals = String::from("locals {\n  l0 = 1\n");
        for i in 1..n {
            let _ = writeln!(locals, "  l{i} = local.l{} + 1", i - 1);
        }
        locals.push_str("}\n");
        report(&format!("chain {n}"), &[("main.tf", &locals)]);
        let mut many = String::new();
        for i in 0..n {
            let _ = writeln!(
                many,
                "resource \"azurerm_resource_group\" \"r{i}\" {{\n  name = \"r{i}\"\n  location = \"westeurope\"\n}}"
            );
        }
        report(&format!("blocks {n}"), &[("main.tf", &many)]);
        let call = format!(
            "variable \"n\" {{ default = {} }}\nmodule \"m\" {{\n  source = \"./m\"\n  count = {}\n  v = count.index\n}}\n",
            n,
            n / 10
        );
        let m = "variable \"v\" {}\nresource \"terraform_data\" \"r\" {\n  count = 10\n  input = \"${var.v}.${count.index}\"\n}\noutput \"x\" { value = terraform_data.r[*].input }\n";
        report(&format!("modules {n}"), &[("main.tf", &call), ("m/main.tf", m)]);
    }
}

#[test]
#[ignore = "a look at any directory: TRUEUP_DIR"]
fn look() {
    for dir in std::env::var("TRUEUP_DIR").unwrap().split(' ') {
        let start = Instant::now();
        let options = Options::disk(Utf8Path::new(dir)).unwrap();
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
        }
    }
}
