//! The schema of Terraform's built-in provider, which no registry publishes.

use std::sync::Arc;

use super::{Attribute, Block};
use crate::terraform::address::Mode;
use crate::terraform::value::Type;

/// The source address of the built-in provider.
pub const SOURCE: &str = "terraform.io/builtin/terraform";

fn attribute(name: &str, ty: Type, required: bool, optional: bool, computed: bool) -> Attribute {
    Attribute {
        name: name.into(),
        ty,
        required,
        optional,
        computed,
        sensitive: false,
        write_only: false,
        deprecated: false,
        nested: None,
    }
}

/// The schema of a type of the built-in provider.
pub fn schema(mode: Mode, type_name: &str) -> Option<Arc<Block>> {
    let attributes = match (mode, type_name) {
        (Mode::Managed, "terraform_data") => vec![
            attribute("id", Type::String, false, false, true),
            attribute("input", Type::Dynamic, false, true, false),
            attribute("output", Type::Dynamic, false, false, true),
            attribute("triggers_replace", Type::Dynamic, false, true, false),
        ],
        (Mode::Data, "terraform_remote_state") => vec![
            attribute("backend", Type::String, true, false, false),
            attribute("config", Type::Dynamic, false, true, false),
            attribute("defaults", Type::Dynamic, false, true, false),
            attribute("outputs", Type::Dynamic, false, false, true),
            attribute("workspace", Type::String, false, true, false),
        ],
        _ => return None,
    };
    Some(Arc::new(Block { attributes, ..Block::default() }))
}
