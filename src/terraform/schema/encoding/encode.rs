//! Writing the compact form. Only the generator (`tools/build_schemas.rs`) and tests come here.

use std::collections::{BTreeSet, HashMap};

use miniz_oxide::deflate::compress_to_vec;

use super::super::{Attribute, Block, Nesting};
use super::*;
use crate::terraform::value::Type;

/// The compact form of a provider's schemas. The same schemas give the same bytes.
pub fn encode(schemas: &Schemas) -> Vec<u8> {
    let mut strings = BTreeSet::new();
    for (name, block) in schemas.tables.iter().flatten() {
        strings.insert(&**name);
        block_strings(block, &mut strings);
    }
    let mut encoder = Encoder {
        strings: strings.iter().enumerate().map(|(i, s)| (*s, i)).collect(),
        types: Records::default(),
        attributes: Vec::new(),
        blocks: Records::default(),
    };
    let mut attributes = BTreeSet::new();
    for block in schemas.tables.iter().flat_map(|t| t.values()) {
        encoder.collect_attributes(block, &mut attributes);
    }
    encoder.attributes = attributes.into_iter().collect();

    let mut index = Vec::new();
    for table in &schemas.tables {
        put(&mut index, table.len());
        let mut last = 0;
        for (name, block) in table {
            let name = encoder.string(name);
            put(&mut index, name - last);
            last = name;
            let block = encoder.block(block);
            put(&mut index, block);
        }
    }

    let mut out = Vec::new();
    let text = strings.into_iter().collect::<Vec<_>>().join("\n");
    put(&mut out, encoder.strings.len());
    put(&mut out, text.len());
    out.extend(text.bytes());
    encoder.types.write(&mut out);
    put(&mut out, encoder.attributes.len());
    let mut last = 0;
    for (name, _, _) in &encoder.attributes {
        put(&mut out, name - last);
        last = *name;
    }
    encoder.attributes.iter().for_each(|(_, ty, _)| put(&mut out, *ty));
    out.extend(encoder.attributes.iter().map(|(_, _, flags)| *flags));
    encoder.blocks.write(&mut out);
    out.extend(index);

    let mut file = vec![VERSION];
    file.extend(compress_to_vec(&out, 10));
    file
}

fn put(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn block_strings<'a>(block: &'a Block, out: &mut BTreeSet<&'a str>) {
    for attribute in &block.attributes {
        out.insert(&attribute.name);
        match &attribute.nested {
            Some(nested) => block_strings(&nested.block, out),
            None => type_strings(&attribute.ty, out),
        }
    }
    for nested in &block.blocks {
        out.insert(&nested.name);
        block_strings(&nested.block, out);
    }
}

fn type_strings<'a>(ty: &'a Type, out: &mut BTreeSet<&'a str>) {
    match ty {
        Type::List(t) | Type::Set(t) | Type::Map(t) => type_strings(t, out),
        Type::Tuple(types) => types.iter().for_each(|t| type_strings(t, out)),
        Type::Object(object) => {
            for (name, ty) in &object.attributes {
                out.insert(name);
                type_strings(ty, out);
            }
        }
        Type::Dynamic | Type::Bool | Type::Number | Type::String => {}
    }
}

fn flags(a: &Attribute) -> u8 {
    [
        (a.required, REQUIRED),
        (a.optional, OPTIONAL),
        (a.computed, COMPUTED),
        (a.sensitive, SENSITIVE),
        (a.write_only, WRITE_ONLY),
        (a.deprecated, DEPRECATED),
    ]
    .iter()
    .filter(|(set, _)| *set)
    .fold(0, |flags, (_, bit)| flags | bit)
}

fn nesting_number(nesting: Nesting) -> usize {
    match nesting {
        Nesting::Single => 0,
        Nesting::Group => 1,
        Nesting::List => 2,
        Nesting::Set => 3,
        Nesting::Map => 4,
    }
}

/// Distinct records in the order of first use.
#[derive(Default)]
struct Records {
    known: HashMap<Vec<u8>, usize>,
    all: Vec<Vec<u8>>,
}

impl Records {
    fn intern(&mut self, record: Vec<u8>) -> usize {
        *self.known.entry(record).or_insert_with_key(|record| {
            self.all.push(record.clone());
            self.all.len() - 1
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        put(out, self.all.len());
        for record in &self.all {
            put(out, record.len());
            out.extend(record);
        }
    }
}

struct Encoder<'a> {
    strings: HashMap<&'a str, usize>,
    types: Records,
    attributes: Vec<(usize, usize, u8)>,
    blocks: Records,
}

impl Encoder<'_> {
    /// The index of a string; all were collected before.
    fn string(&self, text: &str) -> usize {
        self.strings.get(text).copied().unwrap_or_default()
    }

    fn ty(&mut self, ty: &Type) -> usize {
        let mut record = Vec::new();
        match ty {
            Type::Dynamic => record.push(0),
            Type::Bool => record.push(1),
            Type::Number => record.push(2),
            Type::String => record.push(3),
            Type::List(t) => self.element(4, t, &mut record),
            Type::Set(t) => self.element(5, t, &mut record),
            Type::Map(t) => self.element(6, t, &mut record),
            Type::Tuple(types) => {
                record.push(7);
                for t in types.iter() {
                    put(&mut record, self.ty(t));
                }
            }
            Type::Object(object) => {
                record.push(8);
                for (name, t) in &object.attributes {
                    put(&mut record, self.string(name));
                    put(&mut record, self.ty(t));
                }
            }
        }
        self.types.intern(record)
    }

    fn element(&mut self, tag: u8, ty: &Type, record: &mut Vec<u8>) {
        record.push(tag);
        put(record, self.ty(ty));
    }

    fn attribute(&mut self, a: &Attribute) -> (usize, usize, u8) {
        (self.string(&a.name), self.ty(&a.ty), flags(a))
    }

    fn collect_attributes(&mut self, block: &Block, out: &mut BTreeSet<(usize, usize, u8)>) {
        for a in &block.attributes {
            match &a.nested {
                Some(nested) => self.collect_attributes(&nested.block, out),
                None => {
                    out.insert(self.attribute(a));
                }
            }
        }
        for nested in &block.blocks {
            self.collect_attributes(&nested.block, out);
        }
    }

    fn block(&mut self, block: &Block) -> usize {
        let mut record = vec![u8::from(block.deprecated)];
        let plain: Vec<_> = block.attributes.iter().filter(|a| a.nested.is_none()).collect();
        put(&mut record, plain.len());
        let mut last = 0;
        for a in plain {
            let key = self.attribute(a);
            let index = self.attributes.binary_search(&key).unwrap_or_default();
            put(&mut record, index - last);
            last = index;
        }
        let nested = block.attributes.iter().filter_map(|a| Some((a, a.nested.as_ref()?)));
        put(&mut record, nested.clone().count());
        for (a, nested) in nested {
            put(&mut record, self.string(&a.name));
            record.push(flags(a));
            put(&mut record, nesting_number(nested.nesting));
            put(&mut record, self.block(&nested.block));
        }
        put(&mut record, block.blocks.len());
        for b in &block.blocks {
            put(&mut record, self.string(&b.name));
            put(&mut record, nesting_number(b.nesting) * 2 + usize::from(b.computed));
            put(&mut record, b.min as usize);
            put(&mut record, b.max as usize);
            put(&mut record, self.block(&b.block));
        }
        self.blocks.intern(record)
    }
}
