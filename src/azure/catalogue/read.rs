//! Reads a document through the catalogue: values at paths, elements of blocks, conditions.

use super::condition::{Clause, Condition, Operand, Pattern, Test};
use super::convert::to_hcl;
use super::model::{Attribute, Compare, ResourceType, Synthetic};
use super::path::{ArmPath, IdPart, Root, Step, Want};
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::terraform::value::{Kind, Str, Value};

/// A document as seen by the entry of its type.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Where children and referred documents are.
    pub estate: &'a Estate,
    /// The document.
    pub document: &'a Document,
    /// The declared attributes in today's names; null when there are none.
    pub declared: &'a Value,
    /// The declared attributes of the cluster of a node pool.
    pub parent: Option<&'a Value>,
}

/// An element of a block in a document: members whose path begins with the block's are read in it.
#[derive(Clone, Debug)]
pub struct Element {
    root: Root,
    prefix: Vec<Step>,
    /// The element.
    pub value: Value,
    /// Its key, when it is a value of an object.
    pub key: Option<Str>,
}

/// True for null, `""`, false, 0 and empty collections. An unknown is not zero.
pub fn is_zero(value: &Value) -> bool {
    match &value.kind {
        Kind::Null(_) => true,
        Kind::Unknown(_) => false,
        Kind::Bool(b) => !b,
        Kind::Number(n) => n.to_i64() == Some(0),
        Kind::String(s) => s.is_empty(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.is_empty(),
        Kind::Map(_, m) | Kind::Object(m) => m.is_empty(),
    }
}

/// The text of a known string, bool or number.
pub fn text_of(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::String(s) => Some(s.to_string()),
        Kind::Bool(b) => Some(b.to_string()),
        Kind::Number(n) => Some(n.to_i64().map_or_else(|| n.to_f64().to_string(), |i| i.to_string())),
        _ => None,
    }
}

/// The value of a declared attribute at a dotted path; of lists of blocks the first is taken.
pub fn declared<'v>(attributes: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = attributes;
    for name in path.split('.') {
        if let Some(items) = at.as_slice() {
            at = items.first()?;
        }
        if at.is_unknown() {
            return Some(at);
        }
        at = at.get(name)?;
    }
    (!at.is_null()).then_some(at)
}

/// The member of an object without case; `None` when it is missing.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let map = value.as_map()?;
    map.get(name).or_else(|| map.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

/// The first of several members that is not zero, else the first that is there.
fn first_member<'v>(value: &'v Value, names: &[&str]) -> Option<&'v Value> {
    let full = names.iter().find_map(|n| member(value, n).filter(|v| !is_zero(v)));
    full.or_else(|| names.iter().find_map(|n| member(value, n)))
}

impl Reader<'_> {
    /// The value at a path, within the innermost element that holds it. Absent and null are `None`;
    /// an unknown on the way is the result.
    pub fn read(&self, path: &ArmPath, within: &[Element]) -> Option<Value> {
        for element in within.iter().rev() {
            if let Some(rest) = path.below(&element.root, &element.prefix) {
                return self.walk(rest, &element.value, element.key.as_ref());
            }
        }
        let document = self.document;
        match &path.root {
            Root::Document => self.walk(&path.steps, &document.body, None),
            Root::Id(part) => id_part(&document.id, *part).map(|text| self.id_value(text)),
            Root::Child { ty, name: Some(name) } => {
                let id = ResourceId::new(format!("{}/{ty}/{name}", document.id));
                self.walk(&path.steps, &self.estate.by_id(&id)?.body, None)
            }
            Root::Child { ty, name: None } => {
                let arm_type = format!("{}/{ty}", document.arm_type);
                let children = self.estate.children(&document.id, &arm_type);
                let bodies = Value::tuple(children.map(|c| c.body.clone()).collect());
                if is_zero(&bodies) { None } else { self.walk(&path.steps, &bodies, None) }
            }
            Root::Ref(steps) => {
                let id = self.walk(steps, &document.body, None)?;
                if id.is_unknown() {
                    return Some(id);
                }
                self.walk(&path.steps, &self.estate.by_ref(Some(&id))?.body, None)
            }
        }
    }

    /// A text from the id, known to come from where the id's own value came.
    fn id_value(&self, text: String) -> Value {
        let origin = self.document.body.get("id").map(|v| v.origin.clone());
        Value::from(text).with_origin(origin.unwrap_or_default())
    }

    fn walk(&self, steps: &[Step], value: &Value, key: Option<&Str>) -> Option<Value> {
        if value.is_unknown() {
            return Some(value.clone());
        }
        let Some((step, rest)) = steps.split_first() else {
            return (!value.is_null()).then(|| value.clone());
        };
        match step {
            Step::Member(names) => self.walk(rest, first_member(value, names)?, None),
            Step::Only => self.walk(rest, value.as_map()?.values().find(|v| !v.is_null())?, None),
            Step::At(index) => self.walk(rest, value.as_slice()?.get(*index)?, None),
            Step::Where(name, want) => {
                let wanted = match want {
                    Want::Literal(text) => (*text).to_owned(),
                    Want::Attr(path) => declared(self.declared, path).and_then(text_of)?,
                };
                let is = |v: &&Value| {
                    member(v, name).and_then(text_of).is_some_and(|t| t.eq_ignore_ascii_case(&wanted))
                };
                let mut found = value.as_slice()?.iter().filter(is);
                match rest {
                    [] => Some(Value::tuple(found.cloned().collect())),
                    rest => self.walk(rest, found.next()?, None),
                }
            }
            Step::Each => {
                let items = value.as_slice().unwrap_or(std::slice::from_ref(value));
                self.spread(rest, value, items.iter().map(|v| (v, None)))
            }
            Step::Values => {
                let members = value.as_map()?;
                self.spread(rest, value, members.iter().map(|(k, v)| (v, Some(k))))
            }
            Step::Keys => {
                let keys = value.as_map()?.keys().map(|k| Value::from(&**k)).collect();
                Some(Value::tuple(keys).with_origin(value.origin.clone()))
            }
            Step::Key => key.map(|k| Value::from(&**k).with_origin(value.origin.clone())),
            Step::Pairs(key, content) => {
                let pair = |item: &Value| {
                    let key = member(item, key).and_then(text_of)?;
                    Some((key, member(item, content).cloned().unwrap_or_else(Value::null)))
                };
                let pairs = value.as_slice()?.iter().filter_map(pair);
                Some(Value::object(pairs).with_origin(value.origin.clone()))
            }
        }
    }

    /// The results of every element, joined.
    fn spread<'v>(
        &self,
        rest: &[Step],
        whole: &Value,
        items: impl Iterator<Item = (&'v Value, Option<&'v Str>)>,
    ) -> Option<Value> {
        let mut out = Vec::new();
        for (item, key) in items {
            match self.walk(rest, item, key) {
                Some(v) if !rest.is_empty() && v.as_slice().is_some() => {
                    out.extend(v.as_slice().unwrap_or_default().iter().cloned());
                }
                Some(v) => out.push(v),
                None => {}
            }
        }
        if out.is_empty() && !rest.is_empty() {
            return None;
        }
        Some(Value::tuple(out).with_origin(whole.origin.clone()).with_marks(whole.marks))
    }

    /// The live value of an attribute in HCL terms: fallback, null words, validity and what absence
    /// means are applied. `None`: nothing there.
    pub fn live(&self, attribute: &Attribute, within: &[Element]) -> Option<Value> {
        let mut value = self.read(attribute.arm.as_ref()?, within);
        if value.is_none() {
            value = attribute.arm_fallback.as_ref().and_then(|p| self.read(p, within));
        }
        value = value.filter(|v| !attribute.arm_null_values.iter().any(|n| same(v, n)));
        if let Some(condition) = &attribute.arm_valid_when
            && self.holds(condition, within) == Some(false)
        {
            value = None;
        }
        value = value.map(|v| to_hcl(attribute.compare, &v)).filter(|v| !v.is_null());
        let empty = value.as_ref().is_none_or(|v| v.as_str() == Some(""));
        match &attribute.arm_absent {
            Some(absent) if empty => Some(absent.clone()),
            _ => value,
        }
    }

    /// The live elements of a block, each within the elements given. An unknown block has one
    /// unknown element.
    pub fn elements(&self, block: &Attribute, within: &[Element]) -> Vec<Element> {
        let Some(arm) = &block.arm else { return Vec::new() };
        let found = self.read(arm, within).filter(|v| !is_zero(v)).map(|v| (v, arm));
        let fallback = block.arm_fallback.as_ref();
        let found = found.or_else(|| fallback.and_then(|p| Some((self.read(p, within)?, p))));
        let Some((value, path)) = found.filter(|(v, _)| !is_zero(v)) else { return Vec::new() };
        let element =
            |prefix: Vec<Step>, value: Value, key| Element { root: path.root.clone(), prefix, value, key };
        let mut out: Vec<Element> = match (&path.steps.last(), value.as_slice()) {
            (Some(Step::Values), _) => {
                let whole = ArmPath { steps: path.steps[..path.steps.len() - 1].to_vec(), ..path.clone() };
                let map = self.read(&whole, within);
                let members = map.as_ref().and_then(Value::as_map).into_iter().flatten();
                members.map(|(k, v)| element(path.steps.clone(), v.clone(), Some(k.clone()))).collect()
            }
            (_, Some(items)) => {
                let items = items.iter().filter(|v| !v.is_null());
                items.map(|v| element(path.elements(), v.clone(), None)).collect()
            }
            (_, None) => vec![element(path.steps.clone(), value, None)],
        };
        let mut inside = within.to_vec();
        out.retain(|e| {
            inside.push(e.clone());
            let dropped = block.drop_when.as_ref().is_some_and(|c| self.holds(c, &inside) == Some(true));
            let present = block.present_when.as_ref().is_none_or(|c| self.holds(c, &inside) != Some(false));
            inside.pop();
            present && !dropped
        });
        if block.compare == Compare::Block {
            out.truncate(1);
        }
        out
    }

    /// Where a resource without a document of its own stands in this one: the elements to read its
    /// attributes within. `None`: it is not there.
    pub fn hosted(&self, synthetic: &Synthetic) -> Option<Vec<Element>> {
        let Some(list) = &synthetic.list else {
            return self.read(&synthetic.exists, &[]).filter(|v| !is_zero(v)).map(|_| Vec::new());
        };
        let items = self.read(list, &[])?;
        let wanted = |name: &str| declared(self.declared, name).and_then(text_of).unwrap_or_default();
        let item = items.as_slice()?.iter().find(|item| {
            synthetic.member.iter().all(|(name, path)| {
                let found = self.walk(&path.steps, item, None).and_then(|v| text_of(&v)).unwrap_or_default();
                found.eq_ignore_ascii_case(&wanted(name))
            })
        })?;
        let prefix = list.elements();
        Some(vec![Element { root: list.root.clone(), prefix, value: item.clone(), key: None }])
    }

    /// Whether a condition holds; `None` when that hangs on an unknown.
    pub fn holds(&self, condition: &Condition, within: &[Element]) -> Option<bool> {
        match condition {
            Condition::Not(inner) => self.holds(inner, within).map(|b| !b),
            Condition::Any(all) => some_of(all.iter().map(|c| self.holds(c, within))),
            Condition::All(all) => some_of(all.iter().map(|c| self.holds(c, within).map(|b| !b))).map(|b| !b),
            Condition::Is(operand, test) => {
                let value = match operand {
                    Operand::Arm(path) => self.read(path, within),
                    Operand::Attr(path) => declared(self.declared, path).cloned(),
                    Operand::ParentAttr(path) => self.parent.and_then(|p| declared(p, path)).cloned(),
                };
                self.test(test, value)
            }
        }
    }

    fn test(&self, test: &Test, value: Option<Value>) -> Option<bool> {
        if value.as_ref().is_some_and(Value::is_unknown) {
            return None;
        }
        let value = value.unwrap_or_else(Value::null);
        let equals = |wanted: &Value| -> Option<bool> {
            match wanted.as_str().and_then(|w| w.strip_prefix('@')) {
                None => Some(same(&value, wanted)),
                Some(path) => match declared(self.declared, path) {
                    Some(v) if v.is_unknown() => None,
                    Some(v) => Some(same(&value, v)),
                    None => Some(is_zero(&value)),
                },
            }
        };
        match test {
            Test::Equals(wanted) => equals(wanted),
            Test::In(all) => some_of(all.iter().map(equals)),
            Test::NotIn(all) => some_of(all.iter().map(equals)).map(|b| !b),
            Test::Set(wanted) => Some(value.is_null() != *wanted),
            Test::Nonzero(wanted) => Some(is_zero(&value) != *wanted),
            Test::EndsWith(end) => {
                let text = value.as_str().map(str::to_ascii_lowercase);
                Some(text.is_some_and(|t| t.ends_with(&end.to_ascii_lowercase())))
            }
        }
    }

    /// Whether a clause matches a change from the live to the configured value (both in HCL terms);
    /// `None` when that hangs on an unknown.
    pub fn matches(&self, clause: &Clause, live: Option<&Value>, configured: Option<&Value>) -> Option<bool> {
        let one = |p: &Option<Pattern>, v| p.as_ref().map_or(Some(true), |p| self.pattern(p, v));
        let parts = [one(&clause.from, live), one(&clause.to, configured)];
        let when = clause.when.iter().map(|(path, p)| self.pattern(p, declared(self.declared, path)));
        some_of(parts.into_iter().chain(when).map(|b| b.map(|b| !b))).map(|b| !b)
    }

    /// Whether a change from the live to the configured value rotates the node pool; `None` when that
    /// hangs on an unknown.
    pub fn rotates(
        &self,
        ty: &ResourceType,
        attribute: &Attribute,
        live: Option<&Value>,
        configured: Option<&Value>,
    ) -> Option<bool> {
        if !ty.rotates(attribute) {
            return Some(false);
        }
        let kept = attribute.rotates_unless.iter().map(|c| self.matches(c, live, configured));
        some_of(kept).map(|kept| !kept)
    }

    fn pattern(&self, pattern: &Pattern, value: Option<&Value>) -> Option<bool> {
        if matches!(pattern, Pattern::Anything) {
            return Some(true);
        }
        if value.is_some_and(Value::is_unknown) {
            return None;
        }
        let null = Value::null();
        let value = value.unwrap_or(&null);
        match pattern {
            Pattern::Anything => Some(true),
            Pattern::Literal(wanted) => Some(same(value, wanted)),
            Pattern::Attr(path) => match declared(self.declared, path) {
                Some(v) if v.is_unknown() => None,
                Some(v) => Some(same(value, v)),
                // An attribute that is not set equals nothing, not even nothing.
                None => Some(false),
            },
            Pattern::AnyOf(all) => some_of(all.iter().map(|p| self.pattern(p, Some(value)))),
            Pattern::Not(inner) => self.pattern(inner, Some(value)).map(|b| !b),
            Pattern::Prefix(prefix) => {
                let head = value.as_str().and_then(|t| t.get(..prefix.len()));
                Some(head.is_some_and(|h| h.eq_ignore_ascii_case(prefix)))
            }
        }
    }
}

/// Whether one of them is true: an unknown one leaves it open.
fn some_of(all: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut open = false;
    for one in all {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => open = true,
        }
    }
    if open { None } else { Some(false) }
}

/// Equality of conditions: words without case, locations as such, zero values all alike.
fn same(a: &Value, b: &Value) -> bool {
    if is_zero(a) || is_zero(b) {
        return is_zero(a) && is_zero(b);
    }
    let plain = |v: &Value| text_of(v).map(|t| t.trim().to_lowercase());
    match (plain(a), plain(b)) {
        (Some(a), Some(b)) => a == b || a.replace(' ', "") == b.replace(' ', ""),
        _ => false,
    }
}

/// The part of an id that a path names.
fn id_part(id: &ResourceId, part: IdPart) -> Option<String> {
    match part {
        IdPart::Itself => Some(id.to_string()),
        IdPart::Parent => id.parent().map(|p| p.to_string()),
        IdPart::Segment(name) => id.segment(name).map(str::to_owned),
        IdPart::Scope => {
            let lower = id.key();
            let cut = ["/providers/microsoft.insights/", "/providers/microsoft.authorization/"]
                .iter()
                .filter_map(|p| lower.rfind(p))
                .max();
            id.as_str().get(..cut?).map(str::to_owned)
        }
    }
}
