//! SEC-001 and SEC-002: secrets in code, and in variable files beside it.

use std::collections::BTreeSet;

use super::literal::{formats, is_placeholder, is_written, secrets};
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Subject};
use crate::terraform::address::Mode;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::source::{SourceFile, Span};
use crate::terraform::value::{Kind, Value};

/// How deep a variable's value is looked into.
const MAX_DEPTH: u32 = 16;

pub(in crate::analysis::rules) static IN_CODE: Check = Check {
    meta: Meta {
        id: "TU-SEC-001",
        name: "secret-literal-in-hcl",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "a secret is written in the code",
        why: "It is in the history of the repository for ever, and in every copy of it.",
        fix: "Rotate the secret. Then pass it as a sensitive variable without default, read it from a data source, or \
              use the write-only form of the argument (value_wo).",
        exceptions: "Values that are no secret although the argument takes one.",
        bad: concat!(
            vault!(""),
            r#"
resource "azurerm_key_vault_secret" "database" {
  name         = "database"
  key_vault_id = azurerm_key_vault.example.id
  value        = "Tr0ub4dor-and-3"
}
"#
        ),
        good: concat!(
            vault!(""),
            r#"
variable "database_password" {
  type      = string
  sensitive = true
}

resource "azurerm_key_vault_secret" "database" {
  name         = "database"
  key_vault_id = azurerm_key_vault.example.id
  value        = var.database_password
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/security/fundamentals/secrets-best-practices"],
        peers: &["AZU-0037", "KICS passwords_and_secrets"],
    },
    check: in_code,
};

pub(in crate::analysis::rules) static IN_VARIABLES: Check = Check {
    meta: Meta {
        id: "TU-SEC-002",
        name: "secret-in-tfvars",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "a secret is written in a variables file of the repository",
        why: "It is in the history of the repository for ever, and in every copy of it.",
        fix: "Rotate the secret, take it out of the file, and pass it as TF_VAR_... from the pipeline's secret store.",
        exceptions: "Files that are not committed.",
        bad: r#"# terraform.tfvars: database_password = "Tr0ub4dor-and-3"
variable "database_password" {
  type      = string
  sensitive = true
}
"#,
        good: r#"# The pipeline sets TF_VAR_database_password.
variable "database_password" {
  type      = string
  sensitive = true
}
"#,
        references: &["https://learn.microsoft.com/azure/security/fundamentals/secrets-best-practices"],
        peers: &[],
    },
    check: in_variables,
};

/// Where a value was written.
pub(in crate::analysis::rules) enum Written {
    /// In a file of the configuration.
    InCode,
    /// In a file of variables.
    InVariables,
}

/// Where a secret's value was written, if it was written in the repository and is no placeholder.
pub(in crate::analysis::rules) fn written(evaluation: &Evaluation, value: &Value) -> Option<Written> {
    let text = value.as_str().filter(|t| !is_placeholder(t))?;
    let span = value.origin.at?;
    let file = evaluation.sources.file(span.file);
    if file.outside || text.is_empty() {
        return None;
    }
    if is_variables(file.path.as_str()) {
        return Some(Written::InVariables);
    }
    is_written(evaluation.sources.text(span)).then_some(Written::InCode)
}

fn is_variables(path: &str) -> bool {
    path.ends_with(".tfvars") || path.ends_with(".tfvars.json")
}

fn managed(evaluation: &Evaluation) -> impl Iterator<Item = &Instance> {
    evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed)
}

fn major(evaluation: &Evaluation, instance: &Instance) -> Option<u32> {
    evaluation.providers.get(&instance.provider).and_then(|p| p.major)
}

fn in_code(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let mut told = BTreeSet::new();
    for instance in managed(evaluation) {
        let values = secrets(instance, major(evaluation, instance));
        let mut literal = values.iter().filter(|v| matches!(written(evaluation, v), Some(Written::InCode)));
        match literal.next() {
            Some(value) => {
                told.extend(value.origin.at);
                out.fail(instance, Some(value), IN_CODE.meta.title);
            }
            None if values.is_empty() => {}
            None => drop(out.pass(instance)),
        }
    }
    for (id, file) in evaluation.sources.entries() {
        let path = file.path.as_str();
        if is_variables(path) || path.contains(".terraform/") || file.outside {
            continue;
        }
        for span in formats(id, file) {
            if told.iter().any(|t: &Span| t.file == id && t.start <= span.start && span.end <= t.end) {
                continue;
            }
            for subject in owners(evaluation, file, span) {
                let text = "a text in the code has the shape of a credential";
                out.fail(subject, None, text).span = Some(span);
            }
        }
    }
}

/// Whose text a place is: the instances of its block, else the block by its words.
fn owners(evaluation: &Evaluation, file: &SourceFile, span: Span) -> Vec<Subject> {
    let before = file.text.get(..span.start as usize).unwrap_or("");
    let mut end = before.len();
    let header = loop {
        let start = before[..end].rfind('\n').map_or(0, |at| at + 1);
        let line = file.text.get(start..).and_then(|t| t.lines().next()).unwrap_or("");
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) || start == 0 {
            break (start, line);
        }
        end = start - 1;
    };
    let of_block = |i: &&Instance| i.block.file == span.file && i.block.start as usize == header.0;
    let instances: Vec<Subject> = evaluation.instances.iter().filter(of_block).map(Subject::from).collect();
    if !instances.is_empty() {
        return instances;
    }
    let words: Vec<&str> = header.1.split(['"', ' ', '{', '=']).filter(|w| !w.is_empty()).take(3).collect();
    let address = match words.as_slice() {
        ["variable", name, ..] => format!("var.{name}"),
        ["resource", kind, name] => format!("{kind}.{name}"),
        [] => file.path.to_string(),
        words => words.join("."),
    };
    let block = Span { start: header.0 as u32, end: (header.0 + header.1.len()) as u32, ..span };
    vec![Subject::new(address, Some(block))]
}

fn in_variables(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let mut reached: BTreeSet<Span> = BTreeSet::new();
    for instance in managed(evaluation) {
        let values = secrets(instance, major(evaluation, instance));
        let from_file = |v: &&&Value| matches!(written(evaluation, v), Some(Written::InVariables));
        reached.extend(values.iter().filter(from_file).filter_map(|v| v.origin.at));
    }
    let shaped: BTreeSet<Span> = evaluation
        .sources
        .entries()
        .filter(|(_, file)| is_variables(file.path.as_str()) && !file.outside)
        .flat_map(|(id, file)| formats(id, file))
        .collect();
    for (name, value) in &evaluation.variables {
        let mut texts = Vec::new();
        gather(value, value.marks.sensitive, MAX_DEPTH, &mut texts);
        let mut any = false;
        let mut secret = None;
        for (text, sensitive) in texts {
            let Some(at) = text.origin.at else { continue };
            let shape = shaped.iter().any(|s| s.file == at.file && at.start <= s.start && s.end <= at.end);
            let of_interest = sensitive || reached.contains(&at) || shape;
            any |= of_interest;
            if of_interest && matches!(written(evaluation, text), Some(Written::InVariables)) {
                secret = secret.or(Some(text));
            }
        }
        let subject = Subject::new(format!("var.{name}"), value.origin.at);
        match secret {
            Some(text) => drop(out.fail(subject, Some(text), IN_VARIABLES.meta.title)),
            None if any || value.marks.sensitive => drop(out.pass(subject)),
            None => {}
        }
    }
}

/// The texts in a value, each with whether it is sensitive.
fn gather<'v>(value: &'v Value, sensitive: bool, depth: u32, found: &mut Vec<(&'v Value, bool)>) {
    let sensitive = sensitive || value.marks.sensitive;
    match &value.kind {
        Kind::String(_) => found.push((value, sensitive)),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) if depth > 0 => {
            items.iter().for_each(|i| gather(i, sensitive, depth - 1, found));
        }
        Kind::Map(_, members) | Kind::Object(members) if depth > 0 => {
            members.values().for_each(|m| gather(m, sensitive, depth - 1, found));
        }
        _ => {}
    }
}
