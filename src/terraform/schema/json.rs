//! Blocks in JSON syntax, where only the schema tells them from arguments.

use std::sync::Arc;

use super::{Block, blocks, is_blocks};
use crate::terraform::value::{Kind, Value};

/// A configuration object that was read from JSON, with nested blocks as blocks: an object stands for
/// one block, an array for one block for each member, null for none. Recursion follows the schema.
pub fn blocks_of_json(block: &Block, config: Value) -> Value {
    let Kind::Object(members) = &config.kind else { return config };
    let mut members = (**members).clone();
    for nested in &block.blocks {
        let Some(value) = members.remove(&nested.name) else { continue };
        let inner = |value: &Value| blocks_of_json(&nested.block, value.clone());
        let (marks, origin) = (value.marks, value.origin.clone());
        let value = match &value.kind {
            Kind::Null(_) => continue,
            Kind::List(_, items) if is_blocks(&value) => blocks(items.iter().map(inner).collect()),
            Kind::Tuple(items) => blocks(items.iter().map(inner).collect()),
            Kind::Object(_) => blocks(vec![inner(&value)]),
            _ => value,
        };
        members.insert(nested.name.clone(), value.with_marks(marks).with_origin(origin));
    }
    Value { kind: Kind::Object(Arc::new(members)), ..config }
}
