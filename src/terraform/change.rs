//! What an apply does to the objects of a prior state.

use std::collections::BTreeMap;

use super::address::{Address, Part};
use super::diagnostic::Diagnostic;
use super::input::RecordedOutput;
use super::source::Span;
use super::value::{Str, Value};

/// What an apply does to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing.
    NoOp,
    /// Creates it.
    Create,
    /// Changes it in place.
    Update,
    /// Deletes it and creates it again.
    DeleteThenCreate,
    /// Creates another and then deletes it.
    CreateThenDelete,
    /// Deletes it.
    Delete,
    /// Leaves it as it is, and manages it no longer.
    Forget,
}

impl Action {
    /// The words of a plan's `actions`.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Action::NoOp => &["no-op"],
            Action::Create => &["create"],
            Action::Update => &["update"],
            Action::DeleteThenCreate => &["delete", "create"],
            Action::CreateThenDelete => &["create", "delete"],
            Action::Delete => &["delete"],
            Action::Forget => &["forget"],
        }
    }

    /// True for both ways to make an object anew.
    pub fn is_replace(self) -> bool {
        matches!(self, Action::DeleteThenCreate | Action::CreateThenDelete)
    }
}

/// Why an object is deleted or made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An attribute that cannot be updated.
    CannotUpdate,
    /// Its creation did not end well.
    Tainted,
    /// `replace_triggered_by`
    Triggers,
    /// It is not in the configuration.
    NoResourceConfig,
    /// `count` or `for_each` was added or taken away.
    WrongRepetition,
    /// Its index is beyond `count`.
    CountIndex,
    /// Its key is not in `for_each`.
    EachKey,
    /// Its module instance is gone.
    NoModule,
    /// It was moved to an address that is not in the configuration.
    NoMoveTarget,
}

impl Cause {
    /// The word of a plan's `action_reason`.
    pub fn word(self) -> &'static str {
        match self {
            Cause::CannotUpdate => "replace_because_cannot_update",
            Cause::Tainted => "replace_because_tainted",
            Cause::Triggers => "replace_by_triggers",
            Cause::NoResourceConfig => "delete_because_no_resource_config",
            Cause::WrongRepetition => "delete_because_wrong_repetition",
            Cause::CountIndex => "delete_because_count_index",
            Cause::EachKey => "delete_because_each_key",
            Cause::NoModule => "delete_because_no_module",
            Cause::NoMoveTarget => "delete_because_no_move_target",
        }
    }
}

/// A place in an object: `default_node_pool[0].name`.
pub type AttributePath = Vec<Part>;

/// What happens to an object that is there.
#[derive(Clone, Debug)]
pub struct Change {
    /// What an apply does.
    pub action: Action,
    /// Why, for an object that is deleted or made anew.
    pub cause: Option<Cause>,
    /// Its attributes now.
    pub before: Value,
    /// The attributes that force it to be made anew.
    pub replace_paths: Vec<AttributePath>,
    /// Its address before `moved` blocks, when they changed it.
    pub previous_address: Option<Address>,
}

/// An object that the configuration does not have.
#[derive(Clone, Debug)]
pub struct Gone {
    /// Its address, after moves.
    pub address: Address,
    /// Source address of its provider.
    pub source: Str,
    /// The key of an object that was replaced but not yet deleted.
    pub deposed: Option<Str>,
    /// What happens to it.
    pub change: Change,
}

/// One object of the prior state, at its address after moves.
#[derive(Clone, Debug)]
pub struct Before {
    /// Its address, after moves.
    pub address: Address,
    /// Source address of its provider.
    pub source: Str,
    /// Its attributes.
    pub value: Value,
}

/// What becomes of a prior state.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// By address: what happens to the instances that are there. The others are created.
    pub instances: BTreeMap<Address, Change>,
    /// What is deleted or forgotten, by address.
    pub gone: Vec<Gone>,
    /// The prior state, without deposed objects and without what is read anew.
    pub before: Vec<Before>,
    /// Outputs of the prior state.
    pub outputs: BTreeMap<Str, RecordedOutput>,
}

/// Terraform's refusal to destroy what `prevent_destroy` protects.
pub fn prevented(address: &Address, block: Span) -> Diagnostic {
    let detail = format!(
        "Resource {address} has lifecycle.prevent_destroy set, but the plan calls for this resource to be \
         destroyed. To avoid this error and continue with the plan, either disable lifecycle.prevent_destroy \
         or reduce the scope of the plan using the -target option."
    );
    Diagnostic::error(block, "Instance cannot be destroyed", detail)
}
