//! The body of a block from a live document: what a person would have written for it.

use std::collections::HashMap;

use crate::analysis::changes::compare::same_declared;
use crate::analysis::changes::names::backwards;
use crate::azure::catalogue::{
    AttrType, Attribute, Compare, Config, Element, Reader, ResourceType, Root, WhenAbsent, is_zero,
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
        Ok(print(self.members(self.ty.roots(), Some(schema), within, 2)?, 2))
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
        self.reader.elements(block, within).iter().map(one).collect()
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
            let Some(live) = live else {
                return Err(format!("Azure does not say its {}", attribute.path));
            };
            let Some((name, live)) = self.named(attribute, live, schema) else { continue };
            let written = self.reference(attribute, &live).or_else(|| literal(&live, indent));
            match written.filter(|_| !attribute.sensitive) {
                Some(text) => body.arguments.push((name, text)),
                None if required => return Err(format!("its {} is a secret", attribute.path)),
                None => {}
            }
        }
        Ok(body)
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
        match fills.as_slice() {
            // What Azure may put there by itself.
            Some(_) if attribute.default_in(self.major).is_some() => false,
            Some(fills) => self.reader.live(attribute, within).is_some_and(|live| {
                let fits = |l: &Value| {
                    fills.iter().any(|f| f.as_str() == Some("*") || same_declared(attribute, f, l))
                };
                fits(&live) || live.as_slice().is_some_and(|items| items.iter().all(fits))
            }),
            None => true,
        }
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

    /// Name and value as the major version has them; `None` when it has no such argument.
    fn named(&self, attribute: &Attribute, live: Value, schema: Option<&Block>) -> Option<(String, Value)> {
        let name = attribute.name();
        let Some(schema) = schema.filter(|s| s.attribute(name).is_none()) else {
            return Some((name.to_owned(), typed(attribute, live)));
        };
        let mut aliases = self.ty.aliases.iter().filter(|a| a.new == Some(attribute.path));
        aliases.find_map(|alias| {
            let old = alias.old.rsplit('.').next()?;
            schema.attribute(old)?;
            backwards(&alias.transform, live.clone()).map(|v| (old.to_owned(), v))
        })
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
