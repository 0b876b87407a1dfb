//! What a provider plans for a new resource: the configuration in the schema's types, absent
//! arguments null, and unknown what the provider computes. Along the way, what Terraform itself and
//! every provider check by schema.
//!
//! A provider may also fill in defaults; published schemas do not tell them, so arguments with a
//! default that are left out are null here.

mod check;
pub mod update;

use std::sync::Arc;

use super::{Attribute, Block, NestedAttribute, NestedBlock, Nesting, is_blocks};
use crate::terraform::address::{Address, Mode};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::Span;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Entries, Kind, Marks, ObjectType, Reason, Str, Type, Value};

/// Whose configuration is planned.
#[derive(Clone, Copy, Debug)]
pub struct PlanContext<'a> {
    /// The instance.
    pub address: &'a Arc<Address>,
    /// Its block's header: where a missing argument is reported.
    pub block: Span,
}

/// The planned value of an instance, an object of the block's implied type, and what is wrong with
/// its configuration.
///
/// `config` is an object: arguments by name, absent ones left out; the nested blocks of one name as
/// [`blocks`](super::blocks), or an unknown in place of them.
///
/// An argument in error is unknown with [`Reason::Failed`]. Arguments that the schema marks sensitive
/// are marked so.
pub fn plan_value(block: &Block, config: &Value, cx: &PlanContext<'_>) -> (Value, Vec<Diagnostic>) {
    let mut planner = Planner { cx, diagnostics: Vec::new() };
    let mut path = Path { text: String::new() };
    let mut value = planner.block(block, config, &mut path, cx.block);
    if &*cx.address.type_name == "terraform_data" {
        value = terraform_data(value);
    }
    (value, planner.diagnostics)
}

/// Terraform's own `terraform_data`: the output has the type of the input, also while it is unknown.
fn terraform_data(mut value: Value) -> Value {
    let input = value.get("input").cloned().unwrap_or_else(Value::null);
    if let Kind::Object(attributes) = &mut value.kind
        && let Some(output) = Arc::make_mut(attributes).get_mut("output")
    {
        match &mut output.kind {
            _ if input.is_null() => *output = input,
            Kind::Unknown(unknown) => Arc::make_mut(unknown).ty = input.ty(),
            _ => {}
        }
    }
    value
}

/// What follows the instance's address, such as `identity[0].principal_id`.
struct Path {
    text: String,
}

impl Path {
    /// Runs `f` one step further down.
    fn inside<T>(&mut self, step: &str, f: impl FnOnce(&mut Path) -> T) -> T {
        let length = self.text.len();
        if length > 0 && !step.is_empty() && !step.starts_with('[') {
            self.text.push('.');
        }
        self.text.push_str(step);
        let result = f(self);
        self.text.truncate(length);
        result
    }
}

struct Planner<'a> {
    cx: &'a PlanContext<'a>,
    diagnostics: Vec<Diagnostic>,
}

/// Where a diagnostic about a value points: the argument that uses it.
fn place(value: &Value) -> Option<Span> {
    value.origin.via().last().copied().or(value.origin.at)
}

impl Planner<'_> {
    /// An object of a block. Schemas are finite and the recursion follows them.
    fn block(&mut self, block: &Block, config: &Value, path: &mut Path, at: Span) -> Value {
        let Some(given) = config.as_map() else {
            return match &config.kind {
                Kind::Unknown(unknown) => Value::unknown(block.implied_type(), unknown.reason.clone()),
                _ => Value::null_of(block.implied_type()),
            }
            .with_marks(config.marks)
            .with_origin(config.origin.clone());
        };
        let at = config.origin.at.unwrap_or(at);
        for (name, value) in given {
            if block.attribute(name).is_none() && block.nested(name).is_none() {
                self.unsupported(block, name, value, given);
            }
        }
        let mut planned = Vec::with_capacity(block.attributes.len() + block.blocks.len());
        for attribute in &block.attributes {
            let value = given.get(&attribute.name);
            let value =
                path.inside(&attribute.name, |path| self.attribute(attribute, block, value, path, at));
            planned.push((attribute.name.clone(), value));
        }
        for nested in &block.blocks {
            let value = given.get(&nested.name);
            let value = path.inside(&nested.name, |path| self.nested(nested, block, value, path, at));
            planned.push((nested.name.clone(), value));
        }
        Value::object(planned).with_marks(config.marks).with_origin(config.origin.clone())
    }

    fn attribute(
        &mut self,
        attribute: &Attribute,
        block: &Block,
        given: Option<&Value>,
        path: &mut Path,
        at: Span,
    ) -> Value {
        let name = &attribute.name;
        let value = match given.filter(|v| !v.is_null()) {
            None => {
                if attribute.required {
                    self.missing_argument(name, given.and_then(place).unwrap_or(at));
                }
                if attribute.computed && !attribute.write_only {
                    self.computed(attribute.value_type(), path, name)
                } else {
                    let origin = given.map(|v| v.origin.clone()).unwrap_or_default();
                    Value::null_of(attribute.value_type()).with_origin(origin)
                }
            }
            Some(given) => {
                self.check_argument(attribute, given);
                match self.convert(attribute, block, given, at) {
                    Some(_) if attribute.write_only => Value::null_of(attribute.value_type()),
                    Some(value) => match &attribute.nested {
                        Some(nested) => self.nested_attribute(nested, &value, path, at),
                        None => value,
                    },
                    None => Value::unknown(attribute.value_type(), Reason::Failed),
                }
            }
        };
        let marks = if attribute.sensitive { Marks::SENSITIVE } else { Marks::NONE };
        value.with_marks(marks)
    }

    /// The value in the argument's type, or nothing and a diagnostic.
    fn convert(&mut self, attribute: &Attribute, block: &Block, given: &Value, at: Span) -> Option<Value> {
        let name = &attribute.name;
        let mut given = given.clone();
        if is_blocks(&given) {
            // Some lists of objects may be written as blocks, which may leave arguments out.
            match &attribute.ty {
                Type::List(object) | Type::Set(object) if matches!(**object, Type::Object(_)) => {
                    given = self.objects(&given, object, at);
                }
                _ => {
                    self.unsupported(block, name, &given, &Entries::default());
                    return None;
                }
            }
        }
        let at = place(&given);
        match convert(given, &attribute.ty) {
            Ok(value) if attribute.computed => Some(self.with_ids(name, value)),
            Ok(value) => Some(value),
            Err(error) => {
                let detail = format!("Inappropriate value for attribute {name:?}: {error}.");
                self.error(at, "Incorrect attribute value type", detail);
                None
            }
        }
    }

    /// Objects of an argument that the provider completes (the subnets of a network) get their ids from it.
    fn with_ids(&self, name: &Str, value: Value) -> Value {
        let Some(items) = value.as_slice() else { return value };
        let lacks = |item: &Value| item.get("id").is_some_and(Value::is_null);
        if !items.iter().any(lacks) {
            return value;
        }
        let complete = |(at, item): (usize, &Value)| match &item.kind {
            Kind::Object(members) if lacks(item) => {
                let mut members = (**members).clone();
                let path = Path { text: format!("{name}[{at}].id") };
                members.insert("id".into(), self.computed(Type::String, &path, name));
                Value { kind: Kind::Object(Arc::new(members)), ..item.clone() }
            }
            _ => item.clone(),
        };
        let items: Vec<Value> = items.iter().enumerate().map(complete).collect();
        let made = match &value.kind {
            Kind::Set(ty, _) => Value::set(ty.clone(), items),
            Kind::List(ty, _) => Value::list(ty.clone(), items),
            _ => Value::tuple(items),
        };
        made.with_marks(value.marks).with_origin(value.origin)
    }

    /// Blocks as values of an argument that is a list or set of objects.
    fn objects(&mut self, blocks: &Value, object: &Type, at: Span) -> Value {
        let (Type::Object(object), Some(items)) = (object, blocks.as_slice()) else { return blocks.clone() };
        let schema = block_of(object);
        let mut path = Path { text: String::new() };
        let items = items.iter().map(|item| self.block(&schema, item, &mut path, at)).collect();
        Value { kind: Value::tuple(items).kind, ..blocks.clone() }
    }

    /// Fills in what the provider computes inside the objects of a nested attribute.
    fn nested_attribute(
        &mut self,
        nested: &NestedAttribute,
        value: &Value,
        path: &mut Path,
        at: Span,
    ) -> Value {
        let mut object = |value: &Value, step: &str| {
            path.inside(step, |path| match value.as_map() {
                Some(_) => self.nested_object(&nested.block, value, path, at),
                None => value.clone(),
            })
        };
        let kind = match &value.kind {
            Kind::Object(_) if nested.nesting == Nesting::Single => return object(value, ""),
            Kind::List(_, items) => {
                let items = items.iter().enumerate().map(|(i, v)| object(v, &format!("[{i}]"))).collect();
                Value::list(nested.block.implied_type(), items).kind
            }
            Kind::Set(_, items) => {
                let items = items.iter().map(|v| object(v, "[*]")).collect();
                Value::set(nested.block.implied_type(), items).kind
            }
            Kind::Map(_, entries) => {
                let entries = entries.iter().map(|(k, v)| (k.clone(), object(v, &key_step(k))));
                Value::map(nested.block.implied_type(), entries.collect::<Vec<_>>()).kind
            }
            _ => return value.clone(),
        };
        Value { kind, marks: value.marks, origin: value.origin.clone() }
    }

    /// An object of a nested attribute: as a block, but its arguments were all converted already.
    fn nested_object(&mut self, block: &Block, value: &Value, path: &mut Path, at: Span) -> Value {
        let reported = self.diagnostics.len();
        let planned = self.block(block, value, path, at);
        // Conversion has said what is wrong.
        self.diagnostics.truncate(reported);
        planned
    }

    /// All nested blocks of one name.
    fn nested(
        &mut self,
        nested: &NestedBlock,
        block: &Block,
        given: Option<&Value>,
        path: &mut Path,
        at: Span,
    ) -> Value {
        let name = &*nested.name;
        let blocks = match given.map(|v| (&v.kind, v)) {
            None | Some((Kind::Null(_), _)) => &[],
            Some((Kind::Unknown(unknown), value)) => {
                return Value::unknown(nested.value_type(), unknown.reason.clone())
                    .with_origin(value.origin.clone());
            }
            Some((Kind::List(Type::Dynamic, blocks), _)) => blocks.as_slice(),
            Some((_, value)) => {
                self.unsupported(block, name, value, &Entries::default());
                return Value::unknown(nested.value_type(), Reason::Failed);
            }
        };
        if let Some(unknown) = blocks.iter().find_map(Value::as_unknown) {
            return Value::unknown(nested.value_type(), unknown.reason.clone());
        }
        self.check_number(nested, blocks, at);
        if blocks.is_empty() && nested.computed {
            return self.computed(nested.value_type(), path, &nested.name);
        }
        let mut planned = Vec::with_capacity(blocks.len());
        for (i, config) in blocks.iter().enumerate() {
            let step = match nested.nesting {
                Nesting::Single | Nesting::Group => String::new(),
                Nesting::List => format!("[{i}]"),
                Nesting::Set | Nesting::Map => "[*]".to_owned(),
            };
            planned.push(path.inside(&step, |path| self.block(&nested.block, config, path, at)));
        }
        let object = nested.block.implied_type();
        let dynamic = object.has_dynamic();
        let value = match nested.nesting {
            Nesting::Single | Nesting::Group => match planned.pop() {
                Some(value) => return value,
                None if nested.nesting == Nesting::Single => Value::null_of(object),
                None => self.block(&nested.block, &Value::object::<Str>([]), path, at),
            },
            // Blocks that hold arguments of any type are not all of one type.
            Nesting::List | Nesting::Set if dynamic => Value::tuple(planned),
            Nesting::List => Value::list(object, planned),
            Nesting::Set => Value::set(object, planned),
            // Labelled blocks: no provider that trueup has a schema of nests blocks so.
            Nesting::Map => Value::unknown(nested.value_type(), Reason::Other("labelled blocks".into())),
        };
        match given {
            Some(given) => value.with_origin(given.origin.clone()),
            None => value,
        }
    }

    /// What the provider computes.
    fn computed(&self, ty: Type, path: &Path, name: &Str) -> Value {
        // Most stand right below the resource, and share the schema's own text.
        let path = if path.text == **name { name.clone() } else { Str::from(&*path.text) };
        let address = self.cx.address.clone();
        let reason = match address.mode {
            Mode::Data => Reason::Data { address, path, derived: false, why: None },
            Mode::Managed | Mode::Ephemeral => Reason::Computed { address, path, derived: false },
        };
        Value::unknown(ty, reason)
    }
}

/// `["key"]`
fn key_step(key: &str) -> String {
    format!("[{}]", crate::terraform::address::quote(key))
}

/// The schema of an argument's objects when they are written as blocks: every argument optional.
fn block_of(object: &ObjectType) -> Block {
    let attribute = |(name, ty): (&Str, &Type)| Attribute {
        name: name.clone(),
        ty: ty.clone(),
        required: false,
        optional: true,
        computed: false,
        sensitive: false,
        write_only: false,
        deprecated: false,
        nested: None,
    };
    Block { attributes: object.attributes.iter().map(attribute).collect(), ..Block::default() }
}

impl NestedBlock {
    /// The type of the value: `Dynamic` when arguments of any type in it keep it from having one.
    fn value_type(&self) -> Type {
        let ty = self.implied_type();
        let single = matches!(self.nesting, Nesting::Single | Nesting::Group);
        if ty.has_dynamic() && !single { Type::Dynamic } else { ty }
    }
}

#[cfg(test)]
mod tests;
