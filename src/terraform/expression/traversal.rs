//! References with their attributes, indexes and splats.

use hcl_edit::Decorated;
use hcl_edit::expr::{Expression, TraversalOperator};

use super::evaluate::{Names, Run, bound, derived, failed};
use super::{access, references};
use crate::terraform::source::Span;
use crate::terraform::value::{Marks, Number, Refinement, Type, Value};

type Operators<'t> = &'t [Decorated<TraversalOperator>];

impl Run<'_> {
    /// A term and what is done to it in steps.
    pub(super) fn traversal(
        &self,
        term: &Expression,
        operators: Operators<'_>,
        span: Span,
        names: Names<'_>,
    ) -> Value {
        let start = self.span(term);
        let Expression::Variable(name) = term else {
            let value = self.steps(self.eval(term, names), operators, start, names);
            return self.passed(value, span);
        };
        // A name bound by a `for` is no place that a value passes: the collection is.
        if let Some(value) = bound(names, name.as_str()) {
            return self.steps(value.clone(), operators, start, names);
        }
        let reference = references::reference(self.host.file, self.host.text, name, operators);
        let Some(resolved) = self.resolve(&reference) else { return failed() };
        let rest = operators.get(resolved.used..).unwrap_or_default();
        self.passed(self.steps(resolved.value, rest, start, names), span)
    }

    fn steps(&self, mut value: Value, operators: Operators<'_>, start: Span, names: Names<'_>) -> Value {
        let mut rest = operators;
        while let [operator, tail @ ..] = rest {
            rest = tail;
            let place = self.span(operator);
            let next = match operator.value() {
                TraversalOperator::GetAttr(name) => access::attribute(&value, name.as_str()),
                TraversalOperator::LegacyIndex(index) => {
                    let key = Number::parse(&index.value().to_string()).map_or_else(failed, Value::from);
                    access::index(&value, &key)
                }
                TraversalOperator::Index(key) => {
                    let key = self.eval(key, names);
                    access::index(&value, &key)
                }
                TraversalOperator::FullSplat(_) => return self.splat(value, tail, start, names),
                TraversalOperator::AttrSplat(_) => {
                    // Only attributes and legacy indexes belong to it; the rest is done to the result.
                    let simple = |op: &&Decorated<TraversalOperator>| {
                        matches!(
                            op.value(),
                            TraversalOperator::GetAttr(_) | TraversalOperator::LegacyIndex(_)
                        )
                    };
                    let (each, after) = tail.split_at(tail.iter().take_while(simple).count());
                    value = self.splat(value, each, start, names);
                    rest = after;
                    continue;
                }
            };
            match next {
                Ok(next) => value = next,
                Err((summary, detail)) => return self.fail(place, summary, detail),
            }
        }
        value
    }

    /// The steps done to each element. What is no list, set or tuple counts as a tuple of one, or of none
    /// when it is null.
    fn splat(&self, value: Value, each: Operators<'_>, start: Span, names: Names<'_>) -> Value {
        let ty = access::outline(&value);
        let sequence = matches!(ty, Type::List(_) | Type::Set(_) | Type::Tuple(_));
        let marks = value.marks;
        if value.is_null() {
            if sequence {
                return self.fail(
                    start,
                    "Splat of null value",
                    "Splat expressions (with the * symbol) cannot be applied to null sequences.",
                );
            }
            return self.computed(Value::tuple(Vec::new()).with_marks(marks), start, [&value.origin]);
        }
        if ty == Type::Dynamic {
            return Value::unknown(Type::Dynamic, derived(&value))
                .with_marks(marks)
                .with_origin(value.origin);
        }
        if !sequence {
            let known = value.as_unknown().is_none_or(|u| u.refinement.not_null);
            let origin = value.origin.clone();
            let reason = derived(&value);
            let item = self.steps(value, each, start, names);
            let result = if known { Value::tuple(vec![item]) } else { Value::unknown(Type::Dynamic, reason) };
            return result.with_marks(marks).with_origin(origin);
        }
        let Some(items) = value.as_slice() else {
            return self.splat_of_unknown(&value, &ty, each, start, names).with_marks(marks);
        };
        let before = self.errors();
        let results: Vec<Value> = items
            .iter()
            .map(|item| {
                let item = item.clone();
                if !self.host.budget.take_steps(1) {
                    self.exhausted(start)
                } else {
                    self.steps(item, each, start, names)
                }
            })
            .collect();
        let result = if self.errors() > before {
            failed()
        } else {
            match &ty {
                Type::Tuple(_) => Value::tuple(results),
                Type::List(element) | Type::Set(element) => {
                    self.splat_list(results, element, each, start, names)
                }
                _ => failed(),
            }
        };
        result.with_marks(marks).with_origin(value.origin)
    }

    fn splat_list(
        &self,
        items: Vec<Value>,
        element: &Type,
        each: Operators<'_>,
        start: Span,
        names: Names<'_>,
    ) -> Value {
        if items.is_empty() {
            return Value::list(self.type_after(element, each, start, names), items);
        }
        if !items.iter().all(|item| self.weigh(item, start)) {
            return failed();
        }
        let mut types = items.iter().map(Value::ty).filter(|t| *t != Type::Dynamic);
        let first = types.next().unwrap_or(Type::Dynamic);
        if types.any(|t| t != first) {
            return self.fail(
                start,
                "Invalid nested splat expressions",
                "The second level of splat expression produced elements of different types, so it isn't possible \
                 to construct a valid list to represent the top-level result. Consider using a for expression \
                 instead, to produce a tuple-typed result which can therefore have non-homogenous element types.",
            );
        }
        Value::list(first, items)
    }

    fn splat_of_unknown(
        &self,
        value: &Value,
        ty: &Type,
        each: Operators<'_>,
        start: Span,
        names: Names<'_>,
    ) -> Value {
        let mut refinement = Refinement { not_null: true, ..Refinement::default() };
        let result = match ty {
            Type::Tuple(elements) => {
                let elements = elements.iter().map(|t| self.type_after(t, each, start, names)).collect();
                Type::Tuple(std::sync::Arc::new(elements))
            }
            Type::List(element) | Type::Set(element) => {
                if let Some(unknown) = value.as_unknown() {
                    refinement.min_length = unknown.refinement.min_length;
                    refinement.max_length = unknown.refinement.max_length;
                }
                Type::list(self.type_after(element, each, start, names))
            }
            _ => Type::Dynamic,
        };
        Value::refined(result, derived(value), refinement).with_origin(value.origin.clone())
    }

    /// The type that the steps give for an unknown of a type.
    fn type_after(&self, ty: &Type, each: Operators<'_>, start: Span, names: Names<'_>) -> Type {
        let unknown = Value::unknown(ty.clone(), crate::terraform::value::Reason::Failed);
        self.steps(unknown.with_marks(Marks::NONE), each, start, names).ty()
    }
}
