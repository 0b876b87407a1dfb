//! Provider schemas: what arguments and nested blocks a resource type has, and what a provider
//! plans for them.
//!
//! The schemas are embedded ([`catalogue`]) in a compact form ([`encoding`]) and unpacked only as
//! far as a run needs them. They are what `terraform providers schema -json` prints, without texts.

pub mod builtin;
pub mod catalogue;
pub mod encoding;
pub mod plan;
mod suggestion;

use std::sync::{Arc, OnceLock};

use super::value::{Kind, ObjectType, Str, Type, Value};

pub use catalogue::{data_source, ephemeral, has_major, provider_config, resource, types, usual_major};
pub use plan::{PlanContext, plan_value};
pub use suggestion::suggestion;

/// The schema of one block: its arguments and its nested blocks, both sorted by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// Arguments.
    pub attributes: Vec<Attribute>,
    /// Nested blocks.
    pub blocks: Vec<NestedBlock>,
    /// Deprecated as a whole.
    pub deprecated: bool,
    /// The type that it implies, once that was asked for.
    pub implied: Implied,
}

/// A type made when it is first needed, and then shared by all values that have it.
#[derive(Clone, Debug, Default)]
pub struct Implied(OnceLock<Type>);

impl PartialEq for Implied {
    /// It follows from the rest.
    fn eq(&self, _: &Implied) -> bool {
        true
    }
}

/// An argument.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: Str,
    /// Its type. For a nested attribute the type that `nested` implies, with its optional arguments
    /// marked as such.
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
    /// The schema of the objects inside, for a nested attribute (`retry = { ... }` of azapi).
    pub nested: Option<Arc<NestedAttribute>>,
}

/// The objects inside a nested attribute: written with `=`, described like a block.
#[derive(Clone, Debug, PartialEq)]
pub struct NestedAttribute {
    /// How the objects repeat.
    pub nesting: Nesting,
    /// What is in each.
    pub block: Arc<Block>,
}

/// How a nested block repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    pub name: Str,
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
    pub block: Arc<Block>,
}

/// The nested blocks of one name as they stand in a configuration object, in order of place: a list
/// whose element type is `Dynamic`, which no expression yields for a list with members. So blocks can be
/// told from an argument's value, and one block may lack what another has. Each is an object whose
/// origin is the block's header, or an unknown where a `dynamic` block cannot be expanded.
pub fn blocks(blocks: Vec<Value>) -> Value {
    Kind::List(Type::Dynamic, Arc::new(blocks)).into()
}

/// True for what [`blocks`] makes.
pub fn is_blocks(value: &Value) -> bool {
    matches!(&value.kind, Kind::List(Type::Dynamic, blocks) if !blocks.is_empty())
}

impl Nesting {
    /// The type of a whole nested block whose one object has this type.
    pub fn wrap(self, object: Type) -> Type {
        match self {
            Nesting::Single | Nesting::Group => object,
            Nesting::List => Type::list(object),
            Nesting::Set => Type::set(object),
            Nesting::Map => Type::map(object),
        }
    }
}

impl Block {
    /// The argument of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.binary_search_by(|a| (*a.name).cmp(name)).ok().and_then(|i| self.attributes.get(i))
    }

    /// The nested block of this name.
    pub fn nested(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.binary_search_by(|b| (*b.name).cmp(name)).ok().and_then(|i| self.blocks.get(i))
    }

    /// The object type of a value of this block: its arguments, and its nested blocks as an object,
    /// list, set or map of objects.
    pub fn implied_type(&self) -> Type {
        self.implied.0.get_or_init(|| Type::object(self.members(|a| a.value_type()))).clone()
    }

    /// The type that an argument's value of this nested attribute is converted to: as
    /// [`implied_type`](Self::implied_type), with arguments that may be left out marked optional.
    fn constraint_type(&self) -> Type {
        let optional = self.attributes.iter().filter(|a| !a.required).map(|a| a.name.clone()).collect();
        let attributes = self.members(|a| a.ty.clone()).collect();
        Type::Object(Arc::new(ObjectType { attributes, optional }))
    }

    fn members<'a>(&'a self, ty: impl Fn(&Attribute) -> Type + 'a) -> impl Iterator<Item = (Str, Type)> + 'a {
        let attributes = self.attributes.iter().map(move |a| (a.name.clone(), ty(a)));
        let blocks = self.blocks.iter().map(|b| (b.name.clone(), b.implied_type()));
        attributes.chain(blocks)
    }
}

impl Attribute {
    /// The type of a value of this argument: [`ty`](Self::ty) without the optional marks.
    pub fn value_type(&self) -> Type {
        match &self.nested {
            Some(nested) => nested.nesting.wrap(nested.block.implied_type()),
            None => self.ty.clone(),
        }
    }
}

impl NestedAttribute {
    /// The type that a value of the argument is converted to.
    pub fn constraint_type(&self) -> Type {
        self.nesting.wrap(self.block.constraint_type())
    }
}

impl NestedBlock {
    /// The type of a value of all blocks of this name together.
    pub fn implied_type(&self) -> Type {
        self.nesting.wrap(self.block.implied_type())
    }
}
