//! Reading the compact form, block by block.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::super::{Attribute, Block, NestedAttribute, NestedBlock, Nesting};
use super::*;
use crate::terraform::value::Type;

/// A file whose records have been found, but not decoded.
#[derive(Debug)]
pub struct Packed {
    data: Vec<u8>,
    text: String,
    strings: Vec<Range<usize>>,
    types: Vec<Range<usize>>,
    attributes: Vec<(usize, usize, u8)>,
    blocks: Vec<Range<usize>>,
    /// For each table: name and block index, sorted by name.
    index: [Vec<(usize, usize)>; 4],
    decoded: Mutex<HashMap<usize, Arc<Block>>>,
}

impl Packed {
    /// Inflates a file. Nothing for bytes that [`encode`] did not write.
    pub fn open(file: &[u8]) -> Option<Packed> {
        let (&version, deflated) = file.split_first()?;
        if version != VERSION {
            return None;
        }
        let data = decompress_to_vec_with_limit(deflated, MAX_INFLATED).ok()?;
        let mut reader = Reader { data: &data, at: 0 };

        let count = reader.number()?;
        let length = reader.number()?;
        let text = String::from_utf8(data.get(reader.skip(length)?)?.to_vec()).ok()?;
        let mut strings = Vec::with_capacity(count.min(text.len()));
        let mut start = 0;
        for line in text.split('\n') {
            strings.push(start..start + line.len());
            start += line.len() + 1;
        }

        let types = reader.records()?;
        let count = reader.number().filter(|n| *n <= data.len())?;
        let mut names = 0_usize;
        let mut attributes = Vec::with_capacity(count);
        for _ in 0..count {
            names = names.checked_add(reader.number()?)?;
            attributes.push((names, 0, 0));
        }
        for attribute in &mut attributes {
            attribute.1 = reader.number()?;
        }
        for attribute in &mut attributes {
            attribute.2 = reader.byte()?;
        }
        let blocks = reader.records()?;
        let mut index: [Vec<(usize, usize)>; 4] = Default::default();
        for table in &mut index {
            let mut name = 0_usize;
            for _ in 0..reader.number()? {
                name = name.checked_add(reader.number()?)?;
                table.push((name, reader.number()?));
            }
        }
        Some(Packed { text, strings, types, attributes, blocks, index, data, decoded: Mutex::default() })
    }

    /// The names in a table, sorted.
    pub fn names(&self, table: Table) -> impl Iterator<Item = &str> {
        self.index[table as usize].iter().filter_map(|(name, _)| self.string(*name))
    }

    /// The schema of one type, or nothing when the table has no such name.
    pub fn block(&self, table: Table, name: &str) -> Option<Arc<Block>> {
        let index = &self.index[table as usize];
        let at = index.binary_search_by(|(n, _)| self.string(*n).unwrap_or("").cmp(name)).ok()?;
        let mut decoded = self.decoded.lock().unwrap_or_else(PoisonError::into_inner);
        self.decode_block(index.get(at)?.1, &mut decoded)
    }

    fn string(&self, index: usize) -> Option<&str> {
        self.text.get(self.strings.get(index)?.clone())
    }

    fn reader(&self, records: &[Range<usize>], index: usize) -> Option<Reader<'_>> {
        let range = records.get(index)?.clone();
        Some(Reader { data: self.data.get(..range.end)?, at: range.start })
    }

    /// Decodes a type. A type refers only to types before it, so this ends.
    fn decode_type(&self, index: usize) -> Option<Type> {
        let mut reader = self.reader(&self.types, index)?;
        let tag = reader.byte()?;
        let before = |other: usize| if other < index { self.decode_type(other) } else { None };
        Some(match tag {
            0 => Type::Dynamic,
            1 => Type::Bool,
            2 => Type::Number,
            3 => Type::String,
            4 => Type::list(before(reader.number()?)?),
            5 => Type::set(before(reader.number()?)?),
            6 => Type::map(before(reader.number()?)?),
            7 => {
                let mut types = Vec::new();
                while !reader.is_empty() {
                    types.push(before(reader.number()?)?);
                }
                Type::Tuple(Arc::new(types))
            }
            8 => {
                let mut attributes = Vec::new();
                while !reader.is_empty() {
                    let name = self.string(reader.number()?)?;
                    attributes.push((name.into(), before(reader.number()?)?));
                }
                Type::object(attributes)
            }
            _ => return None,
        })
    }

    /// Decodes a block. A block refers only to blocks before it, so this ends; a block that occurs
    /// in several places is decoded once.
    fn decode_block(&self, index: usize, decoded: &mut HashMap<usize, Arc<Block>>) -> Option<Arc<Block>> {
        if let Some(block) = decoded.get(&index) {
            return Some(block.clone());
        }
        let mut reader = self.reader(&self.blocks, index)?;
        let mut inner = |this: &Self, other: usize| {
            if other < index { this.decode_block(other, decoded) } else { None }
        };
        let deprecated = reader.byte()? != 0;
        let mut attributes = Vec::new();
        let mut at = 0_usize;
        for _ in 0..reader.number()? {
            at = at.checked_add(reader.number()?)?;
            let (name, ty, flags) = *self.attributes.get(at)?;
            attributes.push(attribute(self.string(name)?, self.decode_type(ty)?, flags));
        }
        for _ in 0..reader.number()? {
            let name = self.string(reader.number()?)?;
            let flags = reader.byte()?;
            let nesting = nesting(reader.number()?)?;
            let nested = NestedAttribute { nesting, block: inner(self, reader.number()?)? };
            let ty = nested.constraint_type();
            attributes.push(Attribute { nested: Some(Arc::new(nested)), ..attribute(name, ty, flags) });
        }
        attributes.sort_by(|a, b| a.name.cmp(&b.name));
        let mut blocks = Vec::new();
        for _ in 0..reader.number()? {
            let name = self.string(reader.number()?)?.into();
            let kind = reader.number()?;
            blocks.push(NestedBlock {
                name,
                nesting: nesting(kind / 2)?,
                min: reader.number()?.try_into().ok()?,
                max: reader.number()?.try_into().ok()?,
                computed: kind % 2 == 1,
                block: inner(self, reader.number()?)?,
            });
        }
        let block = Arc::new(Block { attributes, blocks, deprecated, ..Block::default() });
        decoded.insert(index, block.clone());
        Some(block)
    }
}

fn attribute(name: &str, ty: Type, flags: u8) -> Attribute {
    Attribute {
        name: name.into(),
        ty,
        required: flags & REQUIRED != 0,
        optional: flags & OPTIONAL != 0,
        computed: flags & COMPUTED != 0,
        sensitive: flags & SENSITIVE != 0,
        write_only: flags & WRITE_ONLY != 0,
        deprecated: flags & DEPRECATED != 0,
        nested: None,
    }
}

fn nesting(number: usize) -> Option<Nesting> {
    [Nesting::Single, Nesting::Group, Nesting::List, Nesting::Set, Nesting::Map].get(number).copied()
}

/// Reads numbers and records from the front.
struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn is_empty(&self) -> bool {
        self.at >= self.data.len()
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.data.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0_usize;
        for shift in (0..28).step_by(7) {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn skip(&mut self, length: usize) -> Option<Range<usize>> {
        let start = self.at;
        let end = start.checked_add(length).filter(|end| *end <= self.data.len())?;
        self.at = end;
        Some(start..end)
    }

    /// A count and as many length-prefixed records.
    fn records(&mut self) -> Option<Vec<Range<usize>>> {
        let count = self.number()?;
        let mut records = Vec::with_capacity(count.min(self.data.len()));
        for _ in 0..count {
            let length = self.number()?;
            records.push(self.skip(length)?);
        }
        Some(records)
    }
}
