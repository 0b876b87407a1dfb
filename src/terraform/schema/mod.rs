//! Provider schemas: embedded, compact, unpacked only as far as a run needs them.

use super::value::Type;

/// The schema of one block: its arguments and its nested blocks, both sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Arguments.
    pub attributes: Vec<Attribute>,
    /// Nested blocks.
    pub blocks: Vec<NestedBlock>,
    /// Deprecated as a whole.
    pub deprecated: bool,
}

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: Type,
    /// Must be set.
    pub required: bool,
    /// May be set.
    pub optional: bool,
    /// The provider fills it in when it is not set.
    pub computed: bool,
    /// Never shown.
    pub sensitive: bool,
    /// Never stored.
    pub write_only: bool,
    /// Deprecated.
    pub deprecated: bool,
}

/// How a nested block repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// At most one, an object (`timeouts`).
    Single,
    /// At most one, an object that is never null.
    Group,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects by label.
    Map,
}

/// A nested block.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedBlock {
    /// Its name.
    pub name: String,
    /// How it repeats.
    pub nesting: Nesting,
    /// Least number.
    pub min: u32,
    /// Greatest number; 0 for no bound.
    pub max: u32,
    /// The provider computes the whole block when the configuration leaves it out, so that it is
    /// unknown until apply (`kubelet_identity` of a cluster).
    pub computed: bool,
    /// What is in it.
    pub block: Block,
}

impl Block {
    /// The argument of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|a| a.name == name)
    }

    /// The nested block of this name.
    pub fn nested(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.iter().find(|b| b.name == name)
    }
}
