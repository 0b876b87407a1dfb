//! The compact form of one provider's schemas.
//!
//! Azure's provider has some 1,500 resource types and data sources whose blocks and arguments
//! repeat each other: of 100,000 arguments only 7,000 differ, of 11,000 blocks only 3,000. So every
//! distinct string, type, argument and block is stored once, and everything else is an index:
//!
//! ```text
//! file       = version byte, DEFLATE of all that follows
//! strings    = count, byte length, names joined by newlines, sorted
//! types      = count, record*           record = byte length, content
//! arguments  = count, name index differences, type indexes, flags   (three columns, sorted)
//! blocks     = count, record*           a block refers only to blocks before it
//! index      = for resources, data sources, ephemeral resources, the provider's configuration:
//!              count, (name index difference, block index)*
//! ```
//!
//! All numbers are LEB128. Opening a file inflates it (200 KB, under a millisecond) and notes where
//! records begin; a block is decoded when it is asked for.

mod decode;
mod encode;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Block;
use crate::terraform::value::Str;

pub use decode::Packed;
pub use encode::encode;

/// The first byte of a file.
const VERSION: u8 = 1;

/// What an inflated file may measure: far above any provider's.
const MAX_INFLATED: usize = 8 << 20;

const REQUIRED: u8 = 1;
const OPTIONAL: u8 = 1 << 1;
const COMPUTED: u8 = 1 << 2;
const SENSITIVE: u8 = 1 << 3;
const WRITE_ONLY: u8 = 1 << 4;
const DEPRECATED: u8 = 1 << 5;

/// The tables of a file, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// `resource`
    Resources,
    /// `data`
    DataSources,
    /// `ephemeral`
    Ephemeral,
    /// `provider`: at most one entry, named by the empty string.
    Provider,
}

/// All tables.
pub const TABLES: [Table; 4] = [Table::Resources, Table::DataSources, Table::Ephemeral, Table::Provider];

/// All schemas of one provider version, by type name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schemas {
    /// One map for each of [`TABLES`].
    pub tables: [BTreeMap<Str, Arc<Block>>; 4],
}

#[cfg(test)]
mod tests {
    use super::super::{Attribute, NestedAttribute, NestedBlock, Nesting};
    use super::*;
    use crate::terraform::value::Type;

    fn attribute(name: &str, ty: Type) -> Attribute {
        Attribute {
            name: name.into(),
            ty,
            required: false,
            optional: true,
            computed: false,
            sensitive: false,
            write_only: false,
            deprecated: false,
            nested: None,
        }
    }

    fn sample() -> Schemas {
        let object = Type::object([("a".into(), Type::Number), ("b".into(), Type::list(Type::Bool))]);
        let timeouts =
            Arc::new(Block { attributes: vec![attribute("create", Type::String)], ..Block::default() });
        let nested = |nesting| {
            let nested = NestedAttribute { nesting, block: timeouts.clone() };
            Attribute {
                ty: nested.constraint_type(),
                sensitive: true,
                nested: Some(Arc::new(nested)),
                ..attribute("retry", Type::Dynamic)
            }
        };
        let block = |nesting, max| NestedBlock {
            name: "timeouts".into(),
            nesting,
            min: 1,
            max,
            computed: max == 300,
            block: timeouts.clone(),
        };
        let first = Block {
            attributes: vec![
                Attribute { required: true, optional: false, ..attribute("body", Type::Dynamic) },
                attribute("list", Type::set(object.clone())),
                Attribute {
                    write_only: true,
                    ..attribute("map", Type::map(Type::Tuple(Arc::new(vec![object]))))
                },
                nested(Nesting::List),
            ],
            blocks: vec![block(Nesting::Single, 0)],
            deprecated: true,
            ..Block::default()
        };
        let second = Block {
            attributes: vec![nested(Nesting::Map)],
            blocks: vec![block(Nesting::Set, 300)],
            ..Block::default()
        };
        let mut schemas = Schemas::default();
        schemas.tables[0] =
            [("x_first".into(), Arc::new(first)), ("x_second".into(), timeouts.clone())].into();
        schemas.tables[1] = [("x_first".into(), Arc::new(second))].into();
        schemas.tables[3] = [("".into(), timeouts.clone())].into();
        schemas
    }

    #[test]
    fn what_is_encoded_comes_back() {
        let schemas = sample();
        let packed = Packed::open(&encode(&schemas)).unwrap();
        for (table, map) in TABLES.into_iter().zip(&schemas.tables) {
            assert_eq!(packed.names(table).collect::<Vec<_>>(), map.keys().map(|k| &**k).collect::<Vec<_>>());
            for (name, block) in map {
                assert_eq!(packed.block(table, name).as_ref(), Some(block), "{table:?} {name}");
            }
        }
        assert_eq!(packed.block(Table::Resources, "x_third"), None);
        assert_eq!(packed.block(Table::Ephemeral, "x_first"), None);
    }

    #[test]
    fn damaged_data_gives_nothing_and_does_not_panic() {
        let whole = encode(&sample());
        for cut in 0..whole.len() {
            let mut damaged = whole.clone();
            if let Some(byte) = damaged.get_mut(cut) {
                *byte = byte.wrapping_add(1);
            }
            for bytes in [&whole[..cut], &damaged] {
                let Some(packed) = Packed::open(bytes) else { continue };
                for table in TABLES {
                    let names: Vec<String> = packed.names(table).map(str::to_owned).collect();
                    for name in names {
                        packed.block(table, &name);
                    }
                }
            }
        }
    }
}
