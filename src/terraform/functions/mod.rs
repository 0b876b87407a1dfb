//! Terraform's built-in functions, one family per file, each a row of a table.

use super::expression::Budget;
use super::value::Value;

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
    /// Renders `text` (of the file `name`, for diagnostics) with `vars`, an object.
    fn render(&self, name: &str, text: &str, vars: &Value) -> Result<Value, String>;
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
