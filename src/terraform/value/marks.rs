//! Marks inside values, and the size of values.

use std::sync::Arc;

use super::{Kind, Marks, Reason, Value};

/// Bytes of text that are as much work as one value.
const LONG_TEXT: u64 = 64;

fn count_all<'a>(children: impl Iterator<Item = &'a Value>, limit: u64) -> u64 {
    let mut count = 1;
    for child in children {
        if count >= limit {
            break;
        }
        count += child.count(limit - count);
    }
    count
}

impl Value {
    /// The marks of the value and of everything in it.
    pub fn deep_marks(&self) -> Marks {
        self.children().fold(self.marks, |marks, child| marks.and(child.deep_marks()))
    }

    /// The value without its own marks, and these.
    pub fn unmark(mut self) -> (Value, Marks) {
        let marks = std::mem::take(&mut self.marks);
        (self, marks)
    }

    /// The value without any marks, also inside, and all that there were.
    pub fn unmark_deep(self) -> (Value, Marks) {
        let marks = self.deep_marks();
        if marks.is_empty() { (self, marks) } else { (self.without_marks(), marks) }
    }

    fn without_marks(self) -> Value {
        let mut value = self.map_children(Value::without_marks);
        value.marks = Marks::NONE;
        value
    }

    /// The members or entries of a known collection or structure.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Value> + '_> {
        match &self.kind {
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Box::new(v.iter()),
            Kind::Map(_, m) | Kind::Object(m) => Box::new(m.values()),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// The same collection or structure with each child replaced; `f` must keep types.
    pub fn map_children(mut self, mut f: impl FnMut(Value) -> Value) -> Value {
        match &mut self.kind {
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => {
                let items = std::mem::take(Arc::make_mut(v));
                *Arc::make_mut(v) = items.into_iter().map(&mut f).collect();
            }
            Kind::Map(_, m) | Kind::Object(m) => {
                let entries = std::mem::take(Arc::make_mut(m));
                *Arc::make_mut(m) = entries.into_iter().map(|(k, v)| (k, f(v))).collect();
            }
            _ => {}
        }
        self
    }

    /// Why the value, or the first unknown part of it, is unknown.
    pub fn unknown_reason(&self) -> Option<Reason> {
        match &self.kind {
            Kind::Unknown(u) => Some(u.reason.clone()),
            _ => self.children().find_map(Value::unknown_reason),
        }
    }

    /// The number of values in it, itself included, counted up to `limit`; long text counts as many. Values
    /// share their parts, so a short configuration can nest them into something far greater than the
    /// memory it takes.
    pub fn count(&self, limit: u64) -> u64 {
        match &self.kind {
            Kind::String(text) => 1 + text.len() as u64 / LONG_TEXT,
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => count_all(v.iter(), limit),
            Kind::Map(_, m) | Kind::Object(m) => count_all(m.values(), limit),
            _ => 1,
        }
    }

    /// True when values are nested deeper than this: recursion over it could exhaust the stack.
    pub fn is_deeper_than(&self, levels: usize) -> bool {
        self.children().any(|child| levels == 0 || child.is_deeper_than(levels - 1))
    }
}
