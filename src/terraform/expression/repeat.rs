//! `for` expressions, and the loops of templates.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use hcl_edit::expr::{Expression, ForExpr};

use super::evaluate::{Bound, Names, Run, derived, failed};
use crate::terraform::source::Span;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Marks, Reason, Str, Type, Value};

/// Steps charged for each element that a `for` keeps: nested loops must not hold gigabytes before the
/// bound on work ends them.
const KEPT: u64 = 8;

/// The names and the collection of a loop.
pub(super) struct Loop<'t> {
    pub(super) key: Option<&'t str>,
    pub(super) value: &'t str,
    pub(super) collection: &'t Expression,
}

/// What came of a loop: the elements, or an unknown when it cannot be told which there are.
pub(super) enum Items {
    Known(Vec<(Value, Value)>, Marks),
    Unknown(Value),
}

/// Whether an element is taken.
enum Taken {
    Yes,
    No,
    Unknown(Reason),
}

impl Run<'_> {
    pub(super) fn for_expression(&self, expression: &ForExpr, span: Span, names: Names<'_>) -> Value {
        let intro = &expression.intro;
        let head = Loop {
            key: intro.key_var.as_ref().map(|key| key.as_str()),
            value: intro.value_var.as_str(),
            collection: &intro.collection_expr,
        };
        let collection = self.eval(head.collection, names);
        let origin = collection.origin.clone();
        let value = match self.elements(&head, collection) {
            Items::Unknown(value) if value.as_unknown().is_some_and(|u| u.reason == Reason::Failed) => {
                self.try_body(expression, &head, names);
                value
            }
            Items::Unknown(value) => match self.try_body(expression, &head, names) {
                Some(marks) => value.with_marks(marks),
                None => failed(),
            },
            Items::Known(items, marks) => self.for_each(expression, &head, items, marks, names),
        };
        self.computed(value, span, [&origin])
    }

    /// The condition is tried once without knowing anything of the elements: that catches conditions of a
    /// wrong type even where there are no elements.
    fn try_condition(&self, expression: &ForExpr, head: &Loop<'_>, names: Names<'_>) -> Option<Marks> {
        let Some(condition) = &expression.cond else { return Some(Marks::NONE) };
        let before = self.errors();
        let nothing = Value::unknown(Type::Dynamic, Reason::Failed);
        let result = self.within(head, &nothing, &nothing, names, |names| self.eval(&condition.expr, names));
        let place = self.span(&condition.expr);
        if result.is_null() {
            self.error(place, "Condition is null", "The value of the 'if' clause must not be null.");
        } else if let Err(error) = convert(result.clone(), &Type::Bool) {
            self.error(place, INVALID_CONDITION, format!("The 'if' clause value is invalid: {error}."));
        }
        (self.errors() == before).then_some(result.marks)
    }

    /// Checks the references of a body that is not evaluated, and tries the condition.
    fn try_body(&self, expression: &ForExpr, head: &Loop<'_>, names: Names<'_>) -> Option<Marks> {
        let nothing = Value::unknown(Type::Dynamic, Reason::Failed);
        self.within(head, &nothing, &nothing, names, |names| {
            let parts = [expression.key_expr.as_ref(), Some(&expression.value_expr)];
            parts.into_iter().flatten().for_each(|part| self.check_references(part, names));
        });
        self.try_condition(expression, head, names)
    }

    fn for_each(
        &self,
        expression: &ForExpr,
        head: &Loop<'_>,
        items: Vec<(Value, Value)>,
        mut marks: Marks,
        names: Names<'_>,
    ) -> Value {
        if items.is_empty() && self.try_body(expression, head, names).is_none() {
            return failed().with_marks(marks);
        }
        if !items.is_empty() && self.try_condition(expression, head, names).is_none() {
            return failed().with_marks(marks);
        }
        let mut unknown: Option<Reason> = None;
        let mut results: Vec<(Str, Value)> = Vec::new();
        for (key, value) in &items {
            self.within(head, key, value, names, |names| {
                match self.is_taken(expression, unknown.is_none(), &mut marks, names) {
                    Taken::No => return,
                    Taken::Unknown(reason) => {
                        unknown.get_or_insert(reason);
                        return;
                    }
                    Taken::Yes => {}
                }
                let name = match &expression.key_expr {
                    None => Str::default(),
                    Some(key) => match self.object_key(key, unknown.is_none(), &mut marks, names) {
                        Ok(name) => name,
                        Err(reason) => {
                            unknown.get_or_insert(reason);
                            return;
                        }
                    },
                };
                let mut value = self.eval(&expression.value_expr, names);
                // What is kept costs memory besides the work.
                if !self.host.budget.take_steps(KEPT) {
                    value = self.exhausted(self.span(&expression.value_expr));
                }
                results.push((name, value));
            });
        }
        let value = match (unknown, &expression.key_expr) {
            (Some(reason), _) => Value::unknown(Type::Dynamic, reason),
            (None, None) => Value::tuple(results.into_iter().map(|(_, value)| value).collect()),
            (None, Some(key)) => self.keyed(results, expression.grouping, self.span(key)),
        };
        value.with_marks(marks)
    }

    /// The results as an object; with grouping, as an object of tuples.
    fn keyed(&self, results: Vec<(Str, Value)>, grouping: bool, key: Span) -> Value {
        if grouping {
            let mut groups: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
            for (name, value) in results {
                groups.entry(name).or_default().push(value);
            }
            return Value::object(groups.into_iter().map(|(name, items)| (name, Value::tuple(items))));
        }
        let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
        for (name, value) in results {
            match entries.entry(name) {
                Entry::Vacant(place) => _ = place.insert(value),
                Entry::Occupied(place) => self.error(
                    key,
                    "Duplicate object key",
                    format!(
                        "Two different items produced the key {:?} in this 'for' expression. If duplicates are \
                         expected, use the ellipsis (...) after the value expression to enable grouping by key.",
                        &**place.key()
                    ),
                ),
            }
        }
        Value::object(entries)
    }

    fn is_taken(&self, expression: &ForExpr, report: bool, marks: &mut Marks, names: Names<'_>) -> Taken {
        let Some(condition) = &expression.cond else { return Taken::Yes };
        let result = self.eval(&condition.expr, names);
        let place = self.span(&condition.expr);
        let refuse = |detail: String| {
            if report {
                self.error(place, INVALID_CONDITION, detail);
            }
            Taken::Unknown(Reason::Failed)
        };
        if result.is_null() {
            return refuse("The value of the 'if' clause must not be null.".to_owned());
        }
        *marks = marks.and(result.marks);
        if result.is_unknown() {
            return Taken::Unknown(derived(&result));
        }
        match convert(result, &Type::Bool) {
            Ok(result) if result.as_bool() == Some(false) => Taken::No,
            Ok(_) => Taken::Yes,
            Err(error) => refuse(format!("The 'if' clause value is invalid: {error}.")),
        }
    }

    fn object_key(
        &self,
        expression: &Expression,
        report: bool,
        marks: &mut Marks,
        names: Names<'_>,
    ) -> Result<Str, Reason> {
        let key = self.eval(expression, names);
        let refuse = |detail: String| {
            if report {
                self.error(self.span(expression), "Invalid object key", detail);
            }
            Err(Reason::Failed)
        };
        if key.is_null() {
            return refuse("Key expression in 'for' expression must not produce a null value.".to_owned());
        }
        *marks = marks.and(key.marks);
        if key.is_unknown() {
            return Err(derived(&key));
        }
        match convert(key, &Type::String) {
            Ok(Value { kind: Kind::String(name), .. }) => Ok(name),
            Ok(_) => Err(Reason::Failed),
            Err(error) => refuse(format!("The key expression produced an invalid result: {error}.")),
        }
    }

    /// The elements that a loop goes over, with their keys: indexes, names, or for sets the elements.
    pub(super) fn elements(&self, head: &Loop<'_>, collection: Value) -> Items {
        let place = self.span(head.collection);
        if collection.is_null() {
            return Items::Unknown(self.fail(
                place,
                "Iteration over null value",
                "A null value cannot be used as the collection in a 'for' expression.",
            ));
        }
        let ty = super::access::outline(&collection);
        if ty == Type::Dynamic {
            return Items::Unknown(Value::unknown(Type::Dynamic, derived(&collection)));
        }
        let marks = collection.marks;
        if ty.is_primitive() {
            return Items::Unknown(self.fail(
                place,
                "Iteration over non-iterable value",
                format!(
                    "A value of type {} cannot be used as the collection in a 'for' expression.",
                    ty.friendly_name()
                ),
            ));
        }
        let origin = &collection.origin;
        let with_origin = |value: &Value| {
            let mut value = value.clone();
            if value.origin.at.is_none() {
                value.origin = origin.clone();
            }
            value
        };
        let items = match &collection.kind {
            Kind::Set(_, items) => items.iter().map(|v| (with_origin(v), with_origin(v))).collect(),
            Kind::List(_, items) | Kind::Tuple(items) => {
                items.iter().zip(0i64..).map(|(v, i)| (Value::from(i), with_origin(v))).collect()
            }
            Kind::Map(_, entries) | Kind::Object(entries) => {
                entries.iter().map(|(k, v)| (Value::from(Kind::String(k.clone())), with_origin(v))).collect()
            }
            _ => {
                let unknown = Value::unknown(Type::Dynamic, derived(&collection));
                return Items::Unknown(unknown.with_marks(marks));
            }
        };
        Items::Known(items, marks)
    }

    /// Does work with the names of a loop bound.
    pub(super) fn within<T>(
        &self,
        head: &Loop<'_>,
        key: &Value,
        value: &Value,
        names: Names<'_>,
        work: impl FnOnce(Names<'_>) -> T,
    ) -> T {
        let key_frame = head.key.map(|name| Bound { name, value: key, outer: names });
        let outer = key_frame.as_ref().or(names);
        let frame = Bound { name: head.value, value, outer };
        work(Some(&frame))
    }
}

const INVALID_CONDITION: &str = "Invalid 'for' condition";
