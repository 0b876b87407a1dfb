//! The body of a block from a live document: what a person would have written for it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use crate::analysis::changes::compare::{is_filled_block, same_declared};
use crate::analysis::changes::names::{backwards, decomposed};
use crate::azure::catalogue::{
    AttrType, Attribute, Compare, Config, Element, Reader, ResourceType, Root, Transform, WhenAbsent, is_zero,
};
use crate::azure::id::ResourceId;
use crate::terraform::schema::Block;
use crate::terraform::syntax::print::{key, literal};
use crate::terraform::value::{Kind, Value};

/// Writes arguments and blocks of one resource.
pub(super) struct Writer<'a> {
    pub(super) reader: Reader<'a>,
    pub(super) ty: &'static ResourceType,
    /// Major version of azurerm.
    pub(super) major: u32,
    /// What code can refer to, by the key of its id.
    pub(super) known: &'a HashMap<String, String>,
    /// Attributes with a default of the provider's of which Azure says nothing: what is written is not what is live.
    pub(super) unsaid: RefCell<BTreeSet<String>>,
}

/// Arguments of one block, and the blocks in it.
#[derive(Default)]
struct Body {
    arguments: Vec<(String, String)>,
    blocks: Vec<String>,
}

impl Writer<'_> {
    /// The inside of the resource's block, its lines indented by two blanks. An error says what cannot be written.
    pub(super) fn resource(&self, schema: &Block, within: &[Element]) -> Result<String, String> {
        let mut body = self.members(self.ty.roots(), Some(schema), within, 2)?;
        for names in &self.ty.one_of {
            let all = || names.iter().filter_map(|name| self.ty.attribute(name));
            let mut written = all().flat_map(|a| self.argument(a, Value::null(), Some(schema), 2));
            if written.any(|(name, _)| body.arguments.iter().any(|(n, _)| *n == name)) {
                continue;
            }
            let said = all().find_map(|a| {
                let live = self.reader.live(a, within).filter(|v| !is_zero(v))?;
                Some(self.argument(a, live, Some(schema), 2)).filter(|written| !written.is_empty())
            });
            body.arguments
                .extend(said.ok_or_else(|| format!("Azure says none of its {}", names.join(", ")))?);
        }
        Ok(print(body, 2))
    }

    /// All blocks of one name, as lines indented by so many blanks. Without a schema they are the members of an argument
    /// that may be written as blocks (`route` of a route table): those have all that the catalogue has.
    pub(super) fn blocks(
        &self,
        block: &Attribute,
        schema: Option<&Block>,
        within: &[Element],
        indent: usize,
    ) -> Result<Vec<String>, String> {
        let name = block.name();
        let nested = schema.and_then(|s| s.nested(name));
        if nested.is_none() && schema.is_some_and(|s| s.attribute(name).is_none()) {
            return Err(format!("{} is no block in this version", block.path));
        }
        let pad = " ".repeat(indent);
        let one = |element: &Element| {
            let inside: Vec<Element> = within.iter().chain([element]).cloned().collect();
            let body =
                self.members(self.ty.members(block), nested.map(|n| &*n.block), &inside, indent + 2)?;
            Ok(format!("{pad}{name} {{\n{}{pad}}}\n", print(body, indent + 2)))
        };
        let live = self.reader.elements(block, within);
        if live.is_empty() && block.config_in(self.major) == Config::Required {
            return Ok(vec![self.default_block(block, indent)?]);
        }
        live.iter().map(one).collect()
    }

    /// A block that must be there and of which Azure says nothing, with the provider's defaults.
    fn default_block(&self, block: &Attribute, indent: usize) -> Result<String, String> {
        let mut body = Body::default();
        for member in self.ty.members(block) {
            match member.default_in(self.major).and_then(|d| literal(d, indent)) {
                Some(text) => body.arguments.push((member.name().to_owned(), text)),
                None if member.config_in(self.major) == Config::Required => {
                    return Err(format!("Azure does not say its {}", member.path));
                }
                None => {}
            }
        }
        self.unsaid.borrow_mut().insert(block.path.to_owned());
        let pad = " ".repeat(indent);
        Ok(format!("{pad}{} {{\n{}{pad}}}\n", block.name(), print(body, indent + 2)))
    }

    fn members<'t>(
        &self,
        members: impl Iterator<Item = &'t Attribute>,
        schema: Option<&Block>,
        within: &[Element],
        indent: usize,
    ) -> Result<Body, String> {
        let mut body = Body::default();
        for attribute in members.filter(|a| self.may_be_written(a, within)) {
            let required = attribute.config_in(self.major) == Config::Required;
            if attribute.is_block() {
                let known = schema.is_none_or(|s| {
                    s.nested(attribute.name()).is_some() || s.attribute(attribute.name()).is_some()
                });
                if known && (required || !self.is_left(attribute, within)) {
                    body.blocks.extend(self.blocks(attribute, schema, within, indent)?);
                }
                continue;
            }
            let live = self.reader.live(attribute, within).filter(|v| !v.is_null());
            if !required && (self.is_left(attribute, within) || self.is_default(attribute, live.as_ref())) {
                continue;
            }
            let live = match live {
                Some(live) => live,
                // The provider reads that as false.
                None if attribute.ty == AttrType::Bool => false.into(),
                None if required => return Err(format!("Azure does not say its {}", attribute.path)),
                None => {
                    self.unsaid.borrow_mut().insert(attribute.path.to_owned());
                    continue;
                }
            };
            let written = self.argument(attribute, live, schema, indent);
            if written.is_empty() && required && attribute.sensitive {
                return Err(format!("its {} is a secret", attribute.path));
            }
            for (name, text) in written {
                if body.arguments.iter().all(|(n, _)| *n != name) {
                    body.arguments.push((name, text));
                }
            }
        }
        Ok(body)
    }

    /// An argument with its value as text, under the names that the major version has; nothing for a secret, and where the
    /// version has no such argument.
    fn argument(
        &self,
        attribute: &Attribute,
        live: Value,
        schema: Option<&Block>,
        indent: usize,
    ) -> Vec<(String, String)> {
        if attribute.sensitive {
            return Vec::new();
        }
        let text = |(name, value): (String, Value)| {
            let text = self.reference(attribute, &value).or_else(|| literal(&value, indent))?;
            Some((name, text))
        };
        self.named(attribute, live, schema).into_iter().filter_map(text).collect()
    }

    fn may_be_written(&self, attribute: &Attribute, within: &[Element]) -> bool {
        let config = attribute.config_in(self.major);
        let counts =
            attribute.compare_when.as_ref().is_none_or(|c| self.reader.holds(c, within) == Some(true));
        config != Config::Computed && attribute.arm.is_some() && attribute.compare != Compare::None && counts
    }

    /// True for what the provider keeps as it is when the code leaves it out.
    fn is_left(&self, attribute: &Attribute, within: &[Element]) -> bool {
        if attribute.when_absent_in(self.major) == Some(WhenAbsent::Unmanaged) || !attribute.provider_reads {
            return true;
        }
        let Some(fills) = &attribute.service_fills else { return false };
        let Some(values) = fills.as_slice() else {
            let all = self.reader.elements(attribute, within);
            let own = (&self.reader, self.ty);
            return all.iter().all(|e| is_filled_block(own, attribute, fills, e, within));
        };
        // What Azure may put there by itself, where the provider sends nothing.
        let fits =
            |l: &Value| values.iter().any(|f| f.as_str() == Some("*") || same_declared(attribute, f, l));
        attribute.default_in(self.major).is_none()
            && self.reader.live(attribute, within).is_some_and(|live| {
                fits(&live) || live.as_slice().is_some_and(|items| items.iter().all(fits))
            })
    }

    /// True when leaving the argument out gives the live value.
    fn is_default(&self, attribute: &Attribute, live: Option<&Value>) -> bool {
        let none = Value::null();
        let live = live.unwrap_or(&none);
        match attribute.default_in(self.major) {
            Some(default) => same_declared(attribute, default, live),
            None => is_zero(live),
        }
    }

    /// Name and value as the major version has them; nothing when it has no such argument.
    fn named(&self, attribute: &Attribute, live: Value, schema: Option<&Block>) -> Vec<(String, Value)> {
        let name = attribute.name();
        let Some(schema) = schema.filter(|s| s.attribute(name).is_none()) else {
            return vec![(name.to_owned(), typed(attribute, live))];
        };
        let mut aliases = self.ty.aliases.iter().filter(|a| a.new == Some(attribute.path));
        let older = aliases.find_map(|alias| {
            let old = alias.old.rsplit('.').next()?;
            schema.attribute(old)?;
            match &alias.transform {
                Transform::Compose(template) => {
                    let parts = decomposed(template, live.as_str()?)?;
                    let known = parts.into_iter().filter(|(name, _)| schema.attribute(name).is_some());
                    Some(known.map(|(name, part)| (name.to_owned(), part.into())).collect())
                }
                transform => Some(vec![(old.to_owned(), backwards(transform, live.clone())?)]),
            }
        });
        older.unwrap_or_default()
    }

    /// A reference to a declared resource in place of its id or name.
    fn reference(&self, attribute: &Attribute, live: &Value) -> Option<String> {
        let text = live.as_str()?;
        let known = |id: &str, member: &str| {
            Some(format!("{}.{member}", self.known.get(&ResourceId::new(id).key())?))
        };
        match (&attribute.arm.as_ref()?.root, attribute.compare) {
            (Root::Id(crate::azure::catalogue::IdPart::Segment(segment)), _) => {
                let id = self.reader.document.id.as_str();
                let at = id.to_ascii_lowercase().find(&format!("/{}/", segment.to_ascii_lowercase()))?;
                let end = at + segment.len() + 2 + text.len();
                known(id.get(..end)?, "name")
            }
            (_, Compare::ArmId | Compare::ArmIdOrEnum) => known(text, "id"),
            _ => None,
        }
    }
}

/// A value of the catalogue's type: numbers and truth may be text in ARM.
fn typed(attribute: &Attribute, live: Value) -> Value {
    match (attribute.ty, live.as_str()) {
        (AttrType::Int | AttrType::Float, Some(text)) => {
            text.parse::<i64>().map_or(live.clone(), Value::from)
        }
        (AttrType::Bool, Some(text)) => text.parse::<bool>().map_or(live.clone(), Value::from),
        (AttrType::List | AttrType::Set, Some(_)) => Value::tuple(vec![live]),
        _ => live,
    }
}

fn print(body: Body, indent: usize) -> String {
    let pad = " ".repeat(indent);
    // As `terraform fmt` has it: values on one line are aligned, longer ones stand below them.
    let (long, short): (Vec<_>, Vec<_>) = body.arguments.iter().partition(|(_, value)| value.contains('\n'));
    let width = short.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for (name, value) in &short {
        out.push_str(&format!("{pad}{:<width$} = {value}\n", key(name)));
    }
    for (name, value) in &long {
        out.push_str(&format!("{pad}{} = {value}\n", key(name)));
    }
    for (at, block) in body.blocks.iter().enumerate() {
        if at > 0 || !body.arguments.is_empty() {
            out.push('\n');
        }
        out.push_str(block);
    }
    out
}

/// True for a value with members, which is written over several lines.
pub(super) fn is_collection(value: &Value) -> bool {
    !matches!(value.kind, Kind::String(_) | Kind::Number(_) | Kind::Bool(_) | Kind::Null(_))
}
