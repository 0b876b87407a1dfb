//! What a module declares, decoded from its blocks but not evaluated.

use std::sync::Arc;

use camino::Utf8PathBuf;
use indexmap::IndexMap;

use super::body::{Attribute, Block, Body, Expr};
use super::code::WrittenBackend;
use crate::terraform::address::Mode;
use crate::terraform::evaluation::Lifecycle;
use crate::terraform::expression::Reference;
use crate::terraform::source::Span;
use crate::terraform::value::Str;

/// A module: one directory of files.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Directory relative to the checkout.
    pub dir: Utf8PathBuf,
    /// `variable` blocks.
    pub variables: IndexMap<Str, Variable>,
    /// Arguments of `locals` blocks.
    pub locals: IndexMap<Str, Attribute>,
    /// `output` blocks.
    pub outputs: IndexMap<Str, Output>,
    /// `resource`, `data` and `ephemeral` blocks.
    pub resources: IndexMap<ResourceName, Resource>,
    /// `module` blocks.
    pub calls: IndexMap<Str, Call>,
    /// `check` blocks.
    pub checks: IndexMap<Str, Check>,
    /// `provider` blocks.
    pub providers: Vec<ProviderBlock>,
    /// `required_providers` by local name.
    pub required_providers: IndexMap<Str, Requirement>,
    /// `required_version` texts.
    pub required_version: Vec<(String, Span)>,
    /// The `backend` or `cloud` block.
    pub backend: Option<WrittenBackend>,
    /// `moved` blocks.
    pub moved: Vec<Block>,
    /// `removed` blocks.
    pub removed: Vec<Block>,
    /// `import` blocks.
    pub imports: Vec<Import>,
}

/// Mode, type and name of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ResourceName {
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// `azurerm_subnet`
    pub type_name: Str,
    /// Name of the block.
    pub name: Str,
}

impl std::fmt::Display for ResourceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mode = match self.mode {
            Mode::Managed => "",
            Mode::Data => "data.",
            Mode::Ephemeral => "ephemeral.",
        };
        write!(f, "{mode}{}.{}", self.type_name, self.name)
    }
}

/// A `variable` block.
#[derive(Debug)]
pub(super) struct Variable {
    /// Where it is declared.
    pub header: Span,
    /// The `type` argument.
    pub type_expr: Option<Attribute>,
    /// The `default` argument.
    pub default: Option<Attribute>,
    /// `sensitive = true`
    pub sensitive: bool,
    /// `ephemeral = true`
    pub ephemeral: bool,
    /// `nullable`, true unless it says otherwise.
    pub nullable: bool,
    /// `description`
    pub description: Option<String>,
    /// `validation` blocks.
    pub validations: Vec<Condition>,
}

/// An `output` block.
#[derive(Debug)]
pub(super) struct Output {
    /// Where it is declared.
    pub header: Span,
    /// The `value` argument.
    pub value: Option<Attribute>,
    /// `description`
    pub description: Option<String>,
    /// `sensitive = true`
    pub sensitive: bool,
    /// `ephemeral = true`
    pub ephemeral: bool,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
}

/// A condition with its message: `validation`, `precondition`, `postcondition`, `assert`.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// The block.
    pub header: Span,
    /// What must be true.
    pub condition: Expr,
    /// What to say when it is not.
    pub message: Expr,
}

/// A `resource`, `data` or `ephemeral` block.
#[derive(Debug)]
pub(super) struct Resource {
    /// Mode, type and name.
    pub name: ResourceName,
    /// Where it is declared.
    pub header: Span,
    /// Its arguments and nested blocks, without the meta-arguments.
    pub body: Body,
    /// `count`
    pub count: Option<Attribute>,
    /// `for_each`
    pub for_each: Option<Attribute>,
    /// Local name of the provider.
    pub provider: Str,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `lifecycle` arguments.
    pub lifecycle: Arc<Lifecycle>,
    /// References in `provisioner` and `connection` blocks, which a plan does not evaluate.
    pub provisioner_references: Vec<Reference>,
    /// Type and arguments of `provisioner` blocks.
    pub provisioners: Vec<(Str, Body)>,
    /// References of `replace_triggered_by`.
    pub replace_triggered_by: Vec<Reference>,
    /// `precondition` blocks.
    pub preconditions: Vec<Condition>,
    /// `postcondition` blocks.
    pub postconditions: Vec<Condition>,
}

/// A `module` block.
#[derive(Debug)]
pub(super) struct Call {
    /// Name of the block.
    pub name: Str,
    /// Where it stands.
    pub header: Span,
    /// The `source` text and where it stands; `None` when it is not a literal (which was reported).
    pub source: Option<(String, Span)>,
    /// The `version` text.
    pub version: Option<String>,
    /// `count`
    pub count: Option<Attribute>,
    /// `for_each`
    pub for_each: Option<Attribute>,
    /// `depends_on`
    pub depends_on: Vec<Reference>,
    /// `providers`: names of provider configurations in the called module, and here.
    pub providers: Vec<(Str, Str)>,
    /// The inputs.
    pub inputs: IndexMap<Str, Attribute>,
}

/// A `check` block.
#[derive(Debug)]
pub(super) struct Check {
    /// Where it stands.
    pub header: Span,
    /// `assert` blocks.
    pub asserts: Vec<Condition>,
}

/// A `provider` block.
#[derive(Debug)]
pub(super) struct ProviderBlock {
    /// Local name.
    pub name: Str,
    /// `alias`
    pub alias: Option<String>,
    /// Where it stands.
    pub header: Span,
    /// The legacy `version` argument.
    pub version: Option<(String, Span)>,
    /// Its arguments.
    pub body: Body,
}

/// An entry of `required_providers`.
#[derive(Clone, Debug, Default)]
pub(super) struct Requirement {
    /// `hashicorp/azurerm`
    pub source: Option<String>,
    /// `~> 4.0`
    pub version: Option<String>,
    /// `configuration_aliases`: `azurerm.hub`
    pub aliases: Vec<String>,
}

/// An `import` block.
#[derive(Debug)]
pub(super) struct Import {
    /// Where it stands.
    pub header: Span,
    /// `to`
    pub to: Expr,
    /// `id`
    pub id: Option<Expr>,
    /// `for_each`
    pub for_each: Option<Attribute>,
}
