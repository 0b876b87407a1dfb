//! What a look at all parts of a large collection told, kept while the collection lives: a `contains` in a
//! loop over ten thousand elements asks the same list ten thousand times.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use super::call::Call;
use crate::terraform::value::{Entries, Kind, Marks, Reason, Type, Value};

/// Collections with fewer parts are looked through again.
const LARGE: u64 = 64;

/// How many collections are remembered: as many as the inner loops of one expression may use.
const MOST: usize = 8;

/// What a look at all parts tells, the value's own marks aside.
#[derive(Debug)]
pub(super) struct Survey {
    /// [`Value::count`].
    pub(super) parts: u64,
    /// Marks of the parts.
    pub(super) marks: Marks,
    /// Why the first unknown part is unknown.
    pub(super) reason: Option<Reason>,
    places: OnceCell<Option<Places>>,
}

/// The first place of each member of a list of texts or of numbers, by identity.
#[derive(Debug)]
struct Places {
    ty: Type,
    by_identity: HashMap<String, usize>,
}

impl Survey {
    fn of(value: &Value, limit: u64) -> Survey {
        let parts = value.count(limit);
        // What is too large to be paid for is not looked at further.
        let rest = parts < limit;
        let marks = value.children().filter(|_| rest).fold(Marks::NONE, |m, child| m.and(child.deep_marks()));
        let reason = if rest { value.unknown_reason() } else { None };
        Survey { parts, marks, reason, places: OnceCell::new() }
    }
}

impl Places {
    fn of(members: &[Value]) -> Option<Places> {
        let ty = members.first()?.ty();
        let plain = |v: &Value| matches!(v.kind, Kind::String(_) | Kind::Number(_)) && v.ty() == ty;
        if !members.iter().all(plain) {
            return None;
        }
        let mut by_identity = HashMap::with_capacity(members.len());
        for (at, member) in members.iter().enumerate() {
            by_identity.entry(member.identity()).or_insert(at);
        }
        Some(Places { ty, by_identity })
    }
}

/// The collection itself, without keeping it alive: as long as this is held, no other can be where it was.
#[derive(Debug)]
enum Of {
    Items(Weak<Vec<Value>>),
    Entries(Weak<Entries>),
}

impl Of {
    fn new(value: &Value) -> Option<Of> {
        match &value.kind {
            Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => Some(Of::Items(Arc::downgrade(v))),
            Kind::Map(_, m) | Kind::Object(m) => Some(Of::Entries(Arc::downgrade(m))),
            _ => None,
        }
    }

    fn is(&self, value: &Value) -> bool {
        match (self, &value.kind) {
            (Of::Items(own), Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v)) => {
                std::ptr::eq(own.as_ptr(), Arc::as_ptr(v))
            }
            (Of::Entries(own), Kind::Map(_, m) | Kind::Object(m)) => {
                std::ptr::eq(own.as_ptr(), Arc::as_ptr(m))
            }
            _ => false,
        }
    }
}

/// Surveys of the large collections that were met last.
#[derive(Debug, Default)]
pub struct Surveys(RefCell<Vec<(Of, Rc<Survey>)>>);

impl Surveys {
    /// The survey of a collection that was made before.
    pub(super) fn known(&self, value: &Value) -> Option<Rc<Survey>> {
        let kept = self.0.borrow();
        kept.iter().find(|(of, _)| of.is(value)).map(|(_, survey)| survey.clone())
    }

    /// The survey of a value, counted up to a limit, and whether it was made before.
    pub(super) fn survey(&self, value: &Value, limit: u64) -> (Rc<Survey>, bool) {
        if let Some(known) = self.known(value) {
            return (known, true);
        }
        let made = Rc::new(Survey::of(value, limit));
        if made.parts >= LARGE
            && made.parts < limit
            && let Some(of) = Of::new(value)
        {
            let mut kept = self.0.borrow_mut();
            if kept.len() >= MOST {
                kept.remove(0);
            }
            kept.push((of, made.clone()));
        }
        (made, false)
    }
}

impl Call<'_> {
    /// Where a text or a number stands in a large list of such: the place, or that it is not in it. `None`
    /// when that must be found by comparison.
    pub(super) fn place_of(&self, list: usize, wanted: usize) -> Option<Option<usize>> {
        let (list, wanted) = (self.arg(list), self.arg(wanted));
        let survey = self.context.budget.surveys.known(list)?;
        if !matches!(wanted.kind, Kind::String(_) | Kind::Number(_)) {
            return None;
        }
        let places = survey.places.get_or_init(|| Places::of(list.as_slice()?)).as_ref()?;
        if places.ty != wanted.ty() {
            return Some(None);
        }
        Some(places.by_identity.get(&wanted.identity()).copied())
    }
}
