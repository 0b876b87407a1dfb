//! Nested blocks: which live element belongs to which configured one, and what differs in them.

use std::collections::{HashMap, VecDeque};

use super::equal::same;
use super::normal::{Normal, normal};
use super::{Comparer, Found};
use crate::analysis::changes::{Class, Effect};
use crate::azure::catalogue::{
    AttrType, Attribute, Compare, Config, Element, Reader, ResourceType, WhenAbsent, is_zero, text_of,
};
use crate::terraform::value::Value;

impl Comparer<'_> {
    pub(super) fn block(
        &mut self,
        block: &'static Attribute,
        configured: Option<&Value>,
        within: &[Element],
        path: &str,
    ) {
        let live = self.reader.elements(block, within);
        let declared: Vec<Value> = match configured {
            None => Vec::new(),
            Some(v) if v.as_map().is_some() => vec![v.clone()],
            Some(v) => v.as_slice().unwrap_or_default().iter().filter(|v| !v.is_null()).cloned().collect(),
        };
        // An unknown element stands for any number of blocks.
        if let Some(unknown) = declared.iter().find_map(Value::as_unknown) {
            self.unknown.insert((path.to_owned(), unknown.reason.to_string()));
            return;
        }
        if declared.is_empty() {
            return self.absent_block(block, configured, &live, within, path);
        }
        if live.is_empty() {
            return self.missing_block(block, configured, &declared, path);
        }
        let pairs_by_place =
            block.compare == Compare::Block || block.compare == Compare::List && declared.len() == live.len();
        if pairs_by_place {
            for (x, element) in declared.iter().zip(&live) {
                self.members(block, x, element, within, path);
            }
        } else if block.compare == Compare::List {
            self.differ(block, path, configured, Some(count(&live)));
        } else {
            self.block_set(block, configured, &declared, &live, within, path);
        }
    }

    /// Not configured: what Azure has must be what it puts there by itself.
    fn absent_block(
        &mut self,
        block: &'static Attribute,
        configured: Option<&Value>,
        live: &[Element],
        within: &[Element],
        path: &str,
    ) {
        let unmanaged = block.when_absent_in(self.major) == Some(WhenAbsent::Unmanaged);
        if unmanaged && configured.is_none() {
            if !live.is_empty() {
                self.put(block, path, None, Some(count(live)), Class::OutsideTerraform);
            }
            return;
        }
        let nothing = Value::object::<&str>([]);
        let fills = block.service_fills.as_ref();
        let own = (&self.reader, self.ty);
        let rest: Vec<&Element> = live
            .iter()
            .filter(|e| fills.is_none_or(|fills| !is_filled(own, block, fills, e, within)))
            .collect();
        let all_zero = rest.iter().all(|e| is_filled(own, block, &nothing, e, within));
        if !rest.is_empty() && (!all_zero || block.present_when.is_some()) {
            self.differ(block, path, None, Some(count(live)));
        }
    }

    /// Configured and not there: one difference, unless absence means values of its own.
    fn missing_block(
        &mut self,
        block: &'static Attribute,
        configured: Option<&Value>,
        declared: &[Value],
        path: &str,
    ) {
        let Some(absent) = &block.arm_absent else {
            if !block.provider_reads {
                return;
            }
            return self.differ(block, path, configured, None);
        };
        let first = declared.first().cloned().unwrap_or_else(Value::null);
        for member in self.ty.members(block).filter(|m| m.config != Config::Computed) {
            let null = Value::null();
            let c = first.get(member.name()).unwrap_or(&null);
            let l = absent.get(member.name()).unwrap_or(&null);
            if c.is_unknown() {
                continue;
            }
            if !same(member, c, l) {
                let step = format!("{path}.{}", member.name());
                self.differ(member, &step, Some(c), Some(l.clone()).filter(|v| !v.is_null()));
            }
        }
    }

    /// Elements paired by name, by key or by equality; what does not pair is one difference.
    fn block_set(
        &mut self,
        block: &'static Attribute,
        configured: Option<&Value>,
        declared: &[Value],
        live: &[Element],
        within: &[Element],
        path: &str,
    ) {
        let keys: Vec<&'static Attribute> = {
            let names: Vec<&str> = if block.compare == Compare::SetByName && block.key.is_empty() {
                vec!["name"]
            } else {
                block.key.clone()
            };
            self.ty.members(block).filter(|m| names.contains(&m.name())).collect()
        };
        let Some(pairs) = self.paired(block, &keys, declared, live, within) else {
            return self.differ(block, path, configured, Some(count(live)));
        };
        if block.ty == AttrType::Set {
            let inside: Vec<Found> = pairs
                .iter()
                .flat_map(|(c, l)| self.inside(block, &declared[*c], &live[*l], within))
                .collect();
            self.put_gravest(block, configured, &inside, path);
            return;
        }
        for (c, l) in &pairs {
            self.members(block, &declared[*c], &live[*l], within, path);
        }
        let mut order: Vec<usize> = (0..live.len()).collect();
        if let Some(by) = block.sorts_by.and_then(|n| self.ty.members(block).find(|m| m.name() == n)) {
            order.sort_by_cached_key(|l| {
                let inside = with(within, &live[*l]);
                self.reader
                    .live(by, &inside)
                    .and_then(|v| text_of(&v))
                    .unwrap_or_default()
                    .to_lowercase()
                    .replace(' ', "")
            });
        }
        if block.strict.order && pairs.iter().map(|(_, l)| *l).ne(order) {
            self.put(block, path, configured.cloned(), Some(count(live)), Class::Spelling);
        }
    }

    /// What differs inside a set is one difference on the block, with the effect of its gravest member.
    fn put_gravest(
        &mut self,
        block: &'static Attribute,
        configured: Option<&Value>,
        inside: &[Found],
        path: &str,
    ) {
        let hard = inside.iter().any(|f| f.class == Class::Drift);
        let class = if hard { Class::Drift } else { Class::Spelling };
        let counted: Vec<&Found> =
            inside.iter().filter(|f| matches!(f.class, Class::Drift | Class::Spelling)).collect();
        if counted.is_empty() {
            return;
        }
        let gravest = counted.iter().try_fold(Effect::None, |gravest, f| Some(gravest.max(f.effect?)));
        let effect = if block.force_new { Some(Effect::Replace) } else { gravest };
        let live = counted.iter().find_map(|f| f.live.clone());
        let declared = counted.iter().find_map(|f| f.declared.clone()).or_else(|| configured.cloned());
        self.found.push(Found { path: path.to_owned(), attribute: block, declared, live, class, effect });
    }

    /// Which live element each declared one is; `None` when some are left over on either side.
    fn paired(
        &mut self,
        block: &'static Attribute,
        keys: &[&'static Attribute],
        declared: &[Value],
        live: &[Element],
        within: &[Element],
    ) -> Option<Vec<(usize, usize)>> {
        if declared.len() != live.len() {
            return None;
        }
        let mut pairs = Vec::new();
        let mut open = Vec::new();
        if keys.is_empty() {
            let mut rest: Vec<usize> = (0..live.len()).collect();
            for (at, x) in declared.iter().enumerate() {
                // Most often they stand in the same order.
                let same = |c: &mut Self, l: usize| c.inside(block, x, &live[l], within).is_empty();
                let hit = rest.iter().position(|l| same(self, *l))?;
                pairs.push((at, rest.remove(hit)));
            }
            return Some(pairs);
        }
        let mut by_key: HashMap<Vec<Normal>, VecDeque<usize>> = HashMap::new();
        for (at, element) in live.iter().enumerate() {
            let inside = with(within, element);
            let key = keys.iter().map(|k| match self.reader.live(k, &inside) {
                Some(value) => normal(k.compare, &value),
                None => Normal::Zero,
            });
            by_key.entry(key.collect()).or_default().push_back(at);
        }
        for (at, x) in declared.iter().enumerate() {
            let given = |k: &'static Attribute| x.get(k.name()).filter(|v| !v.is_null());
            let key = keys.iter().map(|k| match given(k).or(k.default_in(self.major)) {
                Some(value) => Some(normal(k.compare, &self.settle(value).ok()?)),
                None => Some(Normal::Zero),
            });
            match key.collect::<Option<Vec<_>>>() {
                Some(key) => pairs.push((at, by_key.get_mut(&key)?.pop_front()?)),
                None => open.push(at),
            }
        }
        // An element whose key is not known may be any that is left: it is compared with the next.
        let mut rest: Vec<usize> = by_key.into_values().flatten().collect();
        rest.sort_unstable();
        pairs.extend(open.into_iter().zip(rest));
        pairs.sort_unstable();
        Some(pairs)
    }

    /// The differences inside one element, without what Terraform does not see.
    fn inside(
        &mut self,
        block: &'static Attribute,
        x: &Value,
        element: &Element,
        within: &[Element],
    ) -> Vec<Found> {
        let keep = std::mem::take(&mut self.found);
        self.members(block, x, element, within, block.path);
        let mut found = std::mem::replace(&mut self.found, keep);
        found.retain(|f| f.class != Class::OutsideTerraform);
        found
    }

    fn members(
        &mut self,
        block: &'static Attribute,
        x: &Value,
        element: &Element,
        within: &[Element],
        path: &str,
    ) {
        let inside = with(within, element);
        let ty = self.ty;
        for member in ty.members(block) {
            self.attribute(member, x, &inside, &format!("{path}.{}", member.name()));
        }
    }
}

/// True when every member of an element of a block is zero or one of the fills.
pub(in crate::analysis::changes) fn is_filled(
    (reader, ty): (&Reader<'_>, &ResourceType),
    block: &Attribute,
    fills: &Value,
    element: &Element,
    within: &[Element],
) -> bool {
    let inside = with(within, element);
    let nothing = Value::object::<&str>([]);
    ty.members(block).all(|member| {
        if member.config == Config::Computed || member.arm.is_none() || member.compare == Compare::None {
            return true;
        }
        if member.is_block() {
            let below = reader.elements(member, &inside);
            return below.iter().all(|e| is_filled((reader, ty), member, &nothing, e, &inside));
        }
        let Some(live) = reader.live(member, &inside).filter(|l| !is_zero(l)) else { return true };
        let fills = fills.get(member.name()).and_then(Value::as_slice).unwrap_or_default();
        fills.iter().any(|f| f.as_str() == Some("*") || same(member, f, &live))
    })
}

fn with(within: &[Element], element: &Element) -> Vec<Element> {
    within.iter().chain([element]).cloned().collect()
}

/// What is shown in place of the live elements of a block.
fn count(live: &[Element]) -> Value {
    match live {
        [one] => one.value.clone(),
        many => Value::from(format!("{} elements", many.len())),
    }
}
