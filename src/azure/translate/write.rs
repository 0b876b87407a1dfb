//! Writes arguments into an ARM document by the paths of the catalogue: the inverse of reading.

use std::sync::Arc;

use crate::azure::catalogue::{
    ArmPath, Attribute, Compare, Condition, Config, Operand, ResourceType, Root, Step, Test, Want,
};
use crate::azure::catalogue::{after, is_zero};
use crate::azure::document::{entry, set};
use crate::azure::id::ResourceId;
use crate::terraform::value::{Kind, Str, Value};

use super::finish;
use super::values::to_arm;

/// A document, and those of children that the resource declares as blocks of its own.
pub(super) struct Written {
    pub(super) body: Value,
    pub(super) children: Vec<Child>,
}

/// A child document, such as a replication of a registry.
pub(super) struct Child {
    /// Last segment of its type.
    pub(super) ty: &'static str,
    pub(super) name: String,
    pub(super) body: Value,
    /// The block that declares it, such as `georeplications[0]`.
    pub(super) inline: String,
    /// The arguments of that block.
    pub(super) attributes: Value,
}

/// A place that members of a block are written in.
struct Frame {
    root: Root,
    prefix: Vec<Step>,
    value: Value,
    /// Its key, when it becomes a value of an object.
    key: Option<String>,
    /// The block that opened it.
    inline: String,
    attributes: Value,
}

struct Writer<'a> {
    ty: &'a ResourceType,
    major: u32,
    id: &'a ResourceId,
    /// The document, named children, then the blocks that are open.
    frames: Vec<Frame>,
    /// The block at the top that is being written: it declares the named children it opens.
    opening: (String, Value),
    children: Vec<Child>,
}

/// The document that a create with these arguments would send, with its head.
pub(super) fn write(
    ty: &ResourceType,
    major: u32,
    id: &ResourceId,
    arguments: &Value,
    name: Value,
) -> Written {
    let mut writer = Writer::new(ty, major, id, Root::Document, Vec::new());
    finish::before(ty, &mut writer.frames[0].value, arguments);
    for attribute in ty.roots() {
        writer.attribute(attribute, arguments);
    }
    let Writer { frames, mut children, .. } = writer;
    let mut body = Value::object::<&str>([]);
    for (at, frame) in frames.into_iter().enumerate() {
        match frame.root {
            _ if at == 0 => body = frame.value,
            Root::Child { ty, name: Some(name) } if !is_zero(&frame.value) => children.push(Child {
                ty,
                name: name.to_owned(),
                body: frame.value,
                inline: frame.inline,
                attributes: frame.attributes,
            }),
            _ => {}
        }
    }
    finish::after(ty, &mut body, arguments);
    head(&mut body, id, super::ids::arm_type(ty), name);
    Written { body, children }
}

/// The element that a resource without a document of its own is, such as an access policy: what its
/// entry holds below a list, as the properties of a document.
pub(super) fn element(ty: &ResourceType, major: u32, id: &ResourceId, arguments: &Value) -> Value {
    let list = ty.synthetic.as_ref().and_then(|s| s.list.as_ref());
    let prefix = list.map(ArmPath::elements).unwrap_or_default();
    let mut writer = Writer::new(ty, major, id, Root::Document, prefix);
    for attribute in ty.roots() {
        writer.attribute(attribute, arguments);
    }
    let properties = writer.frames.into_iter().next().map_or_else(Value::null, |f| f.value);
    Value::object([("properties", properties)])
}

/// Sets what every document has.
pub(super) fn head(body: &mut Value, id: &ResourceId, arm_type: &str, name: Value) {
    let origin = name.origin.clone();
    set(body, "id", Value::from(id.as_str()).with_origin(origin));
    set(body, "name", name);
    set(body, "type", arm_type.into());
}

impl<'a> Writer<'a> {
    fn new(
        ty: &'a ResourceType,
        major: u32,
        id: &'a ResourceId,
        root: Root,
        prefix: Vec<Step>,
    ) -> Writer<'a> {
        let frame = Frame {
            root,
            prefix,
            value: Value::object::<&str>([]),
            key: None,
            inline: String::new(),
            attributes: Value::null(),
        };
        Writer {
            ty,
            major,
            id,
            frames: vec![frame],
            opening: (String::new(), Value::null()),
            children: Vec::new(),
        }
    }

    /// Writes an attribute of the object that declares it.
    fn attribute(&mut self, attribute: &Attribute, owner: &Value) {
        if attribute.config == Config::Computed || attribute.compare == Compare::None {
            return;
        }
        let Some(arm) = attribute.arm.as_ref().filter(|p| !matches!(p.root, Root::Id(_))) else { return };
        let given = owner.get(attribute.name()).filter(|v| !v.is_null());
        if attribute.is_block() {
            if let Some(value) = given {
                self.blocks(attribute, arm, value);
            }
            return;
        }
        // What is not given is what the provider sends by itself.
        let Some(value) = given.or_else(|| attribute.default_in(self.major)) else { return };
        if value.as_str() == Some("") {
            return;
        }
        let siblings = |compare: Compare| {
            let parent = self.ty.parent(attribute);
            let mut members = parent.into_iter().flat_map(|p| self.ty.members(p));
            let twin = members.find(|a| a.compare == compare && a.arm == attribute.arm)?;
            owner.get(twin.name())
        };
        let value = match attribute.compare {
            // One text holds both ends of a range.
            Compare::RangeMin => finish::range(Some(value), siblings(Compare::RangeMax)),
            Compare::RangeMax => finish::range(siblings(Compare::RangeMin), Some(value)),
            compare => to_arm(compare, value, arm, self.id),
        };
        let Some(value) = value else { return };
        self.place(arm, value);
        self.constants(attribute.arm_valid_when.as_ref());
    }

    /// Writes what a condition demands: the constants that make an element present.
    fn constants(&mut self, condition: Option<&Condition>) {
        match condition {
            Some(Condition::Is(Operand::Arm(path), Test::Equals(value))) => self.place(path, value.clone()),
            Some(Condition::All(all)) => all.iter().for_each(|c| self.constants(Some(c))),
            _ => {}
        }
    }

    fn blocks(&mut self, block: &Attribute, arm: &ArmPath, value: &Value) {
        let Some(items) = value.as_slice() else {
            return self.place_steps(&arm.root, collection(&arm.steps), value.clone());
        };
        let below = |a: &Attribute| a.arm.as_ref()?.below(&arm.root, &arm.steps)?.first().cloned();
        let is_list = arm.steps.last().is_some_and(Step::is_element)
            || self.ty.members(block).filter_map(below).any(|s| s.is_element());
        let prefix = if is_list { arm.elements() } else { arm.steps.clone() };
        if items.is_empty() && is_list {
            return self.place_steps(&arm.root, collection(&prefix), value.clone());
        }
        for (at, item) in items.iter().enumerate() {
            if item.is_unknown() {
                self.store(arm, &prefix, is_list, None, item.clone());
                continue;
            }
            let inline = format!("{}[{at}]", block.path);
            if !block.path.contains('.') {
                self.opening = (inline.clone(), item.clone());
            }
            let mut frame = Frame {
                root: arm.root.clone(),
                prefix: prefix.clone(),
                value: if is_list { Value::object::<&str>([]) } else { self.take(arm) },
                key: None,
                inline: inline.clone(),
                attributes: item.clone(),
            };
            if frame.value.origin.at.is_none() {
                frame.value = frame.value.with_origin(item.origin.clone());
            }
            if let Some(Step::Where(name, Want::Literal(word))) = prefix.last() {
                let constant = word.parse::<bool>().map_or_else(|_| (*word).into(), Value::from);
                set(&mut frame.value, name, constant);
            }
            self.frames.push(frame);
            self.constants(block.present_when.as_ref());
            for member in self.ty.members(block) {
                self.attribute(member, item);
            }
            let Some(frame) = self.frames.pop() else { continue };
            if let Root::Child { ty, name: None } = arm.root {
                let name = finish::child_name(&frame.value);
                self.children.push(Child { ty, name, body: frame.value, inline, attributes: item.clone() });
            } else {
                self.store(arm, &prefix, is_list, frame.key, frame.value);
            }
        }
    }

    /// Puts a finished element into its collection, or an object in its place.
    fn store(&mut self, arm: &ArmPath, prefix: &[Step], is_list: bool, key: Option<String>, value: Value) {
        let steps = if is_list { collection(prefix) } else { prefix };
        let Some(slot) = self.slot(&arm.root, steps) else { return };
        if !is_list {
            *slot = value;
        } else if prefix.last() == Some(&Step::Values) {
            set(slot, key.as_deref().unwrap_or_default(), value);
        } else {
            push(slot, value);
        }
    }

    /// Takes out what stands at a path already: a block may share its object with attributes.
    fn take(&mut self, arm: &ArmPath) -> Value {
        let slot = self.slot(&arm.root, &arm.steps);
        let value = slot.map_or_else(Value::null, |s| std::mem::replace(s, Value::null()));
        if value.as_map().is_some() { value } else { Value::object::<&str>([]) }
    }

    fn place(&mut self, path: &ArmPath, value: Value) {
        self.place_steps(&path.root, &path.steps, value);
    }

    fn place_steps(&mut self, root: &Root, steps: &[Step], value: Value) {
        let (at, skip) = self.frame(root, steps);
        let rest = &steps[skip..];
        if rest == [Step::Key] {
            self.frames[at].key = value.as_str().map(str::to_owned);
            return;
        }
        insert(&mut self.frames[at].value, rest, value, None);
    }

    fn slot(&mut self, root: &Root, steps: &[Step]) -> Option<&mut Value> {
        let (at, skip) = self.frame(root, steps);
        let mut slot = &mut self.frames[at].value;
        for step in &steps[skip..] {
            slot = match step {
                Step::Member(names) => {
                    let name = pick(slot, names, None);
                    entry(slot, name)?
                }
                _ => return None,
            };
        }
        Some(slot)
    }

    /// The innermost frame that holds a path, and how many of its steps lead there. A named child is
    /// opened when it is first written to.
    fn frame(&mut self, root: &Root, steps: &[Step]) -> (usize, usize) {
        let holds = |f: &Frame| f.root == *root && after(steps, &f.prefix).is_some();
        match self.frames.iter().rposition(holds) {
            Some(at) => (at, self.frames[at].prefix.len()),
            None => {
                let (inline, attributes) = self.opening.clone();
                let value = Value::object::<&str>([]);
                let frame =
                    Frame { root: root.clone(), prefix: Vec::new(), value, key: None, inline, attributes };
                let at = 1.min(self.frames.len());
                self.frames.insert(at, frame);
                (at, 0)
            }
        }
    }
}

/// The steps to the collection whose elements the steps lead to.
fn collection(steps: &[Step]) -> &[Step] {
    match steps.split_last() {
        Some((last, head)) if last.is_element() => head,
        _ => steps,
    }
}

/// The name among several to write: the one that is there, else the one of a schedule's kind, else
/// the first.
fn pick<'n>(value: &Value, names: &[&'n str], kind: Option<&str>) -> &'n str {
    let has = |name: &&&str| value.as_map().is_some_and(|m| m.keys().any(|k| k.eq_ignore_ascii_case(name)));
    let existing = names.iter().find(has).copied();
    let kind = kind.unwrap_or_default().to_ascii_lowercase();
    let of_kind = || {
        let unit = ["day", "week", "month"]
            .into_iter()
            .find(|u| kind.contains(u) || kind == "daily" && *u == "day")?;
        names.iter().find(|n| n.to_ascii_lowercase().contains(unit)).copied()
    };
    existing.or_else(of_kind).or(names.first().copied()).unwrap_or_default()
}

/// Writes a value at steps below another, making objects and lists on the way.
fn insert(target: &mut Value, steps: &[Step], value: Value, kind: Option<&str>) {
    let Some((step, rest)) = steps.split_first() else {
        *target = value;
        return;
    };
    match step {
        Step::Member(names) => {
            let name = pick(target, names, kind);
            if let Some(slot) = entry(target, name) {
                insert(slot, rest, value, None);
            }
        }
        Step::Only => {
            let only = target.as_map().and_then(|m| m.keys().next().cloned());
            if let Some(name) = only
                && let Some(slot) = entry(target, &name)
            {
                insert(slot, rest, value, Some(&name));
            }
        }
        Step::Each => match value.as_slice() {
            Some(items) => {
                for item in items {
                    let mut element = Value::null();
                    insert(&mut element, rest, item.clone(), None);
                    push(target, element.with_origin(item.origin.clone()));
                }
                if target.is_null() {
                    *target = Value::tuple(Vec::new());
                }
            }
            None if value.is_unknown() => *target = value,
            None => {
                let mut element = Value::null();
                insert(&mut element, rest, value, None);
                push(target, element);
            }
        },
        Step::At(index) => {
            let mut items = target.as_slice().unwrap_or_default().to_vec();
            while items.len() <= *index {
                items.push(Value::null());
            }
            insert(&mut items[*index], rest, value, None);
            *target = Value::tuple(items);
        }
        Step::Where(name, want) => {
            let Want::Literal(word) = want else { return };
            let mut items = target.as_slice().unwrap_or_default().to_vec();
            let is =
                |v: &Value| v.get(name).and_then(Value::as_str).is_some_and(|t| t.eq_ignore_ascii_case(word));
            let at = items.iter().position(is).unwrap_or_else(|| {
                items.push(Value::object([(*name, Value::from(*word))]));
                items.len() - 1
            });
            insert(&mut items[at], rest, value, None);
            *target = Value::tuple(items);
        }
        Step::Keys => match value.as_slice() {
            Some(items) if items.iter().all(|i| i.as_str().is_some()) => {
                let keys = items.iter().filter_map(|i| i.as_str());
                let object = Value::object(keys.map(|k| (k, Value::object::<&str>([]))));
                *target = object.with_origin(value.origin.clone()).with_marks(value.marks);
            }
            Some(items) => {
                // A key that is not known leaves the whole object unknown.
                let open = items.iter().find(|i| i.is_unknown()).cloned();
                *target = open.unwrap_or_else(Value::null);
            }
            None => *target = value,
        },
        Step::Pairs(key, content) => match value.as_map() {
            Some(map) => {
                let pair = |(k, v): (&Str, &Value)| {
                    Value::object([(*key, Value::from(&**k)), (*content, v.clone())])
                };
                *target = Value::tuple(map.iter().map(pair).collect()).with_origin(value.origin.clone());
            }
            None => *target = value,
        },
        Step::Values | Step::Key => {}
    }
}

/// Appends to a list, made when there is none.
fn push(target: &mut Value, item: Value) {
    if let Kind::Tuple(items) = &mut target.kind {
        return Arc::make_mut(items).push(item);
    }
    let mut items = target.as_slice().unwrap_or_default().to_vec();
    items.push(item);
    let origin = target.origin.clone();
    *target = Value::tuple(items).with_origin(origin);
}
