//! Terraform's built-in functions, one family per file, each a row of a table.
//!
//! [`lookup`] finds a function by name, [`call`] checks and converts arguments as Terraform does
//! and runs it. `try` and `can` must see expressions, not values, and are the evaluator's; they are
//! in the table for their names and numbers of arguments only. `templatestring` wants its first
//! argument to be a plain reference, which the evaluator checks too.

mod arguments;
mod call;
mod conversion;
mod crypto;
mod datetime;
mod encoding;
pub(crate) mod filesystem;
mod format;
mod ip;
mod json;
mod list;
mod map;
mod numeric;
mod provider;
mod regex;
mod search;
mod sensitive;
mod set;
mod string;
mod survey;
mod table;
mod yaml;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::expression::Budget;
use super::value::Value;
pub use call::{CallError, call};
pub use survey::Surveys;
pub use table::{Function, Param};

/// Files as functions may see them: only below the checkout.
pub trait Files {
    /// The bytes of a file named as Terraform would (relative to the working directory of the root).
    /// The error is a sentence for the diagnostic; a path outside the checkout is refused.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
    /// True when there is such a regular file.
    fn exists(&self, path: &str) -> Result<bool, String>;
    /// Paths below `dir` that match a `fileset` pattern, relative to it, sorted.
    fn glob(&self, dir: &str, pattern: &str) -> Result<Vec<String>, String>;
}

/// Evaluates a template's text with variables: `templatefile` and `templatestring` call back into
/// the expression evaluator through this.
pub trait Templates {
    /// Renders `text` with `vars`, a map or object whose keys are identifiers. Inside, both template
    /// functions are refused, and in a [`TemplateKind::String`] all functions that read files.
    fn render(&self, kind: TemplateKind<'_>, text: &str, vars: &Value) -> Result<Value, TemplateError>;
}

/// Where a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateKind<'a> {
    /// `templatefile`: the path as the call gives it, for diagnostics.
    File(&'a str),
    /// `templatestring`.
    String,
}

/// Why a template cannot be rendered, each a sentence without full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateError {
    /// It refers to a variable that `vars` does not have.
    Variable(String),
    /// It does not parse.
    Syntax(String),
    /// Its evaluation failed.
    Failed(String),
}

impl From<String> for TemplateError {
    fn from(message: String) -> Self {
        TemplateError::Failed(message)
    }
}

/// What functions need besides their arguments.
pub struct Context<'a> {
    /// File access.
    pub files: &'a dyn Files,
    /// Template evaluation.
    pub templates: &'a dyn Templates,
    /// The working directory as `path.cwd` and `abspath` show it.
    pub cwd: &'a str,
    /// The time of the plan (RFC 3339, UTC), for `plantimestamp`.
    pub plan_time: &'a str,
    /// The bound on work.
    pub budget: &'a Budget,
}

/// True for a function whose result shows nothing of its argument any more: hashes and encodings.
pub fn digests(name: &str) -> bool {
    if name == "provider::azapi::unique_string" {
        return true;
    }
    let families = [crypto::FUNCTIONS, encoding::FUNCTIONS];
    families.iter().flat_map(|family| family.iter()).any(|f| f.name == name && !name.contains("json"))
}

/// All functions, family by family.
const FAMILIES: &[&[Function]] = &[
    conversion::FUNCTIONS,
    crypto::FUNCTIONS,
    datetime::FUNCTIONS,
    encoding::FUNCTIONS,
    filesystem::FUNCTIONS,
    format::FUNCTIONS,
    ip::FUNCTIONS,
    json::FUNCTIONS,
    list::FUNCTIONS,
    map::FUNCTIONS,
    numeric::FUNCTIONS,
    regex::FUNCTIONS,
    search::FUNCTIONS,
    sensitive::FUNCTIONS,
    set::FUNCTIONS,
    string::FUNCTIONS,
    yaml::FUNCTIONS,
];

fn table() -> &'static HashMap<&'static str, &'static Function> {
    static TABLE: OnceLock<HashMap<&'static str, &'static Function>> = OnceLock::new();
    let all = || FAMILIES.iter().chain(provider::FAMILIES).flat_map(|family| family.iter());
    TABLE.get_or_init(|| all().map(|f| (f.name, f)).collect())
}

/// The function of this name, also as `core::name`; one of a provider as `provider::local_name::name`.
pub fn lookup(name: &str) -> Option<&'static Function> {
    let plain = name.strip_prefix("core::").filter(|plain| !plain.contains("::"));
    table().get(plain.unwrap_or(name)).copied()
}

/// The names of all built-in functions, sorted.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = table().keys().copied().filter(|name| !name.contains("::")).collect();
    names.sort_unstable();
    names
}

/// The error of a call to a function that does not exist.
pub fn unknown_function(name: &str) -> CallError {
    let (namespace, plain) = match name.rfind("::") {
        Some(at) => name.split_at(at + 2),
        None => ("", name),
    };
    let near = names()
        .into_iter()
        .map(|candidate| (distance(plain, candidate), candidate))
        .filter(|(distance, _)| *distance < 3)
        .min();
    let detail = match (namespace, near) {
        ("", Some((_, near))) => format!("There is no function named \"{name}\". Did you mean \"{near}\"?"),
        ("", None) => format!("There is no function named \"{name}\"."),
        ("core::", Some((_, near))) => {
            format!("There is no function named \"{plain}\" in namespace core::. Did you mean core::{near}?")
        }
        ("core::", None) => format!("There is no function named \"{plain}\" in namespace core::."),
        _ => format!("There are no functions in namespace \"{namespace}\"."),
    };
    CallError { argument: None, summary: "Call to unknown function", detail }
}

/// Number of insertions, deletions and replacements that make one name the other (up to 3).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 2 {
        return 3;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests;
