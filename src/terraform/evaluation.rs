//! What evaluation of a root module yields: instances of resources and data sources with values
//! that know where they came from, outputs, and everything that was wrong on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::address::Address;
use super::change::Changes;
use super::configuration::Code;
use super::diagnostic::Diagnostic;
use super::source::{SourceMap, Span};
use super::value::{Str, Value};

/// A root module, evaluated.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// Every file that was read.
    pub sources: SourceMap,
    /// Resource and data instances by address, sorted as Terraform sorts them.
    pub instances: Vec<Instance>,
    /// Outputs of the root module by name.
    pub outputs: BTreeMap<Str, Output>,
    /// The providers that the configuration uses, by local name (`azurerm`), and their further
    /// configurations by name and alias (`azurerm.hub`).
    pub providers: BTreeMap<Str, Provider>,
    /// Errors and warnings, in order of place.
    pub diagnostics: Vec<Diagnostic>,
    /// Values of the root's variables by name.
    pub variables: BTreeMap<Str, Value>,
    /// Outcome of everything that has conditions, by address: `check.a`, `var.b`, `output.c`, resource
    /// instances.
    pub checks: BTreeMap<String, CheckStatus>,
    /// `moved` and `removed` blocks.
    pub moves: Vec<Move>,
    /// Ids that `import` blocks give, by address.
    pub imports: BTreeMap<String, Value>,
    /// What an apply does to the objects of the prior state; nothing when there was none to look at.
    pub changes: Option<Changes>,
    /// How much work it was: the steps taken of the limit.
    pub steps: u64,
    /// What instances set where that follows from what they are made of, by address: their configuration with
    /// ids in it that Terraform knows only after apply. Of the others `config` says all.
    pub derived: BTreeMap<String, Value>,
    /// Outputs of the root module as the same pass has them; only of one whose state another root module reads.
    pub derived_outputs: BTreeMap<Str, Value>,
    /// The code itself; a plan or state file has none.
    pub code: Option<Arc<Code>>,
}

/// The outcome of conditions, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// All hold.
    Pass,
    /// Some can be told only after apply.
    Unknown,
    /// Some do not hold.
    Fail,
    /// Some could not be evaluated.
    Error,
}

/// A `moved` or `removed` block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The module that holds the block, without instance keys; empty for the root.
    pub module: String,
    /// The old address, relative to that module.
    pub from: String,
    /// The new address; `None` for a removal.
    pub to: Option<String>,
    /// For a removal: the object is destroyed, and not only forgotten.
    pub destroy: bool,
    /// The block.
    pub span: Span,
}

impl Evaluation {
    /// False when an error left something out of the result.
    pub fn is_complete(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// An output of the root module.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its value.
    pub value: Value,
    /// `sensitive = true`
    pub sensitive: bool,
    /// The `output` block.
    pub block: Span,
}

/// A provider as the root configures it.
#[derive(Clone, Debug, Default)]
pub struct Provider {
    /// Source address, such as `hashicorp/azurerm`.
    pub source: Str,
    /// The version selected: from `.terraform.lock.hcl`, else the highest major that the
    /// constraints admit; empty when nothing says.
    pub version: Option<Str>,
    /// Major version in use, when known.
    pub major: Option<u32>,
    /// The evaluated `provider` block, when there is one.
    pub config: Option<Value>,
}

/// One instance of a resource or data source.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Its address.
    pub address: Address,
    /// The provider configuration of the root that it uses: `azurerm`, or `azurerm.hub` for one with an
    /// alias. [`Evaluation::providers`] has it.
    pub provider: Str,
    /// What the configuration sets, as an object: arguments by name, nested blocks as
    /// [`schema::blocks`](super::schema::blocks), absent arguments left out. The last place of each
    /// value's [`Origin::via`](super::value::Origin::via), or its `at`, is the attribute in the block.
    pub config: Value,
    /// The planned value: `config` converted to the schema's types, absent arguments null, computed
    /// ones unknown. Equal to `config` for a type without schema.
    pub planned: Value,
    /// The header of the block (`resource "type" "name"`).
    pub block: Span,
    /// The module calls that lead to it, outermost first: a finding about a shared module shows them.
    pub calls: Arc<[Span]>,
    /// `lifecycle` arguments.
    pub lifecycle: Arc<Lifecycle>,
}

/// The `lifecycle` block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lifecycle {
    /// `ignore_changes = all`
    pub ignore_all: bool,
    /// Attribute paths of `ignore_changes` as written, such as `default_node_pool[0].node_count`.
    pub ignore_changes: Vec<Str>,
    /// `prevent_destroy`
    pub prevent_destroy: bool,
    /// `create_before_destroy`
    pub create_before_destroy: bool,
}
