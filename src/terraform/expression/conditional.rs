//! `condition ? yes : no`

use hcl_edit::expr::Conditional;

use super::evaluate::{Names, Run, derived, failed, is_untyped_null};
use crate::terraform::source::Span;
use crate::terraform::value::convert::{convert, unify_unsafe};
use crate::terraform::value::{Kind, Marks, Number, Refinement, Type, Value};

impl Run<'_> {
    pub(super) fn conditional(&self, conditional: &Conditional, span: Span, names: Names<'_>) -> Value {
        let yes_span = self.span(&conditional.true_expr);
        let no_span = self.span(&conditional.false_expr);
        // Both arms are evaluated, for the type; only the errors of the chosen one count.
        let (yes, yes_errors) = self.captured(|| self.eval(&conditional.true_expr, names));
        let (no, no_errors) = self.captured(|| self.eval(&conditional.false_expr, names));
        if !self.weigh(&yes, yes_span) || !self.weigh(&no, no_span) {
            return failed();
        }
        let Some(ty) = common_type(&yes, &no) else {
            return self.fail(
                yes_span.to(no_span),
                "Inconsistent conditional result types",
                format!(
                    "The true and false result expressions must have consistent types. {}.",
                    mismatch(&yes.ty(), &no.ty())
                ),
            );
        };
        let condition = self.eval(&conditional.cond_expr, names);
        let place = self.span(&conditional.cond_expr);
        let Some(choice) = self.choice(&condition, place) else {
            return Value::unknown(ty, derived(&condition));
        };
        let marks = condition.marks.and(yes.marks).and(no.marks);
        let (arm, errors, which, place) = match choice {
            None => {
                let origins = [&condition.origin, &yes.origin, &no.origin];
                let value = either(&condition, &yes, &no, &ty).with_marks(marks);
                return self.computed(value, span, origins);
            }
            Some(true) => (yes, yes_errors, "true", yes_span),
            Some(false) => (no, no_errors, "false", no_span),
        };
        self.release(errors);
        match convert(arm, &ty) {
            Ok(value) => self.passed(value.with_marks(marks), span),
            Err(error) => {
                self.error(
                    place,
                    "Inconsistent conditional result types",
                    format!("The {which} result value has the wrong type: {error}."),
                );
                Value::unknown(ty, crate::terraform::value::Reason::Failed).with_marks(marks)
            }
        }
    }

    /// What a condition says: nothing after an error, `Some(None)` when it is unknown.
    pub(super) fn choice(&self, condition: &Value, span: Span) -> Option<Option<bool>> {
        if condition.is_null() {
            self.error(
                span,
                "Null condition",
                "The condition value is null. Conditions must either be true or false.",
            );
            return None;
        }
        if condition.is_unknown() {
            return Some(None);
        }
        match convert(condition.clone(), &Type::Bool).ok().and_then(|c| c.as_bool()) {
            Some(choice) => Some(Some(choice)),
            None => {
                self.error(
                    span,
                    "Incorrect condition type",
                    "The condition expression must be of type bool.",
                );
                None
            }
        }
    }
}

/// The type of a conditional. A literal `null` takes the type of the other arm; an arm of unknown type
/// leaves it open.
fn common_type(yes: &Value, no: &Value) -> Option<Type> {
    if is_untyped_null(yes) {
        return Some(no.ty());
    }
    if is_untyped_null(no) {
        return Some(yes.ty());
    }
    match (yes.ty(), no.ty()) {
        (Type::Dynamic, _) | (_, Type::Dynamic) => Some(Type::Dynamic),
        (yes, no) if yes == no => Some(yes),
        (yes, no) => unify_unsafe(&[yes, no]),
    }
}

/// What is known of one of two values.
pub(super) fn either(condition: &Value, yes: &Value, no: &Value, ty: &Type) -> Value {
    if yes.is_null() && no.is_null() {
        return Value::null_of(ty.clone());
    }
    let (a, b) = (known_of(yes), known_of(no));
    let mut refinement = Refinement { not_null: a.not_null && b.not_null, ..Refinement::default() };
    let (yes_type, no_type) = (yes.ty(), no.ty());
    if yes_type == Type::Number && no_type == Type::Number {
        refinement.min = bound(a.min, b.min, std::cmp::Ordering::Less);
        refinement.max = bound(a.max, b.max, std::cmp::Ordering::Greater);
    } else if yes_type.is_collection() && yes_type == no_type {
        refinement.min_length = a.min_length.zip(b.min_length).map(|(a, b)| a.min(b));
        refinement.max_length = a.max_length.zip(b.max_length).map(|(a, b)| a.max(b));
    }
    refinement.one_of = arms(yes, no, ty);
    Value::refined(ty.clone(), derived(condition), refinement)
}

/// Most values that an unknown is followed through nested conditionals as.
const MAX_ARMS: usize = 8;

/// The values that one of two can be, when all of them are known.
fn arms(yes: &Value, no: &Value, ty: &Type) -> Option<std::sync::Arc<[Value]>> {
    let of = |value: &Value| match value.as_unknown() {
        Some(unknown) => unknown.refinement.one_of.as_deref().map(<[Value]>::to_vec),
        None => value.is_wholly_known().then(|| vec![value.clone()]),
    };
    let mut all = of(yes)?;
    all.extend(of(no)?);
    let converted = |value: Value| convert(value, ty).ok();
    (all.len() <= MAX_ARMS)
        .then(|| all.into_iter().map(converted).collect::<Option<Vec<_>>>())?
        .map(Into::into)
}

/// The outer one of two bounds, when there are both.
fn bound(
    a: Option<(Number, bool)>,
    b: Option<(Number, bool)>,
    outer: std::cmp::Ordering,
) -> Option<(Number, bool)> {
    let (a, b) = a.zip(b)?;
    match a.0.compare(&b.0) {
        std::cmp::Ordering::Equal => Some((a.0, a.1 || b.1)),
        order => Some(if order == outer { a } else { b }),
    }
}

/// What is known of a value, as bounds.
pub(super) fn known_of(value: &Value) -> Refinement {
    let length = |least: usize, most: usize| Refinement {
        not_null: true,
        min_length: Some(least as u64),
        max_length: Some(most as u64),
        ..Refinement::default()
    };
    match &value.kind {
        Kind::Unknown(unknown) => {
            let mut known = (*unknown.refinement).clone();
            if unknown.ty.is_collection() {
                known.min_length.get_or_insert(0);
            }
            known
        }
        Kind::Null(_) => Refinement::default(),
        Kind::Number(n) => Refinement {
            not_null: true,
            min: Some((n.clone(), true)),
            max: Some((n.clone(), true)),
            ..Refinement::default()
        },
        Kind::Set(_, v) if !value.is_wholly_known() => length(usize::from(!v.is_empty()), v.len()),
        Kind::List(_, v) | Kind::Set(_, v) => length(v.len(), v.len()),
        Kind::Map(_, m) => length(m.len(), m.len()),
        _ => Refinement { not_null: true, ..Refinement::default() },
    }
}

/// What differs between two types that have nothing in common, in Terraform's words.
fn mismatch(yes: &Type, no: &Type) -> String {
    match (yes, no) {
        (Type::Object(a), Type::Object(b)) => {
            for (name, yes) in &a.attributes {
                match b.attributes.get(name) {
                    None => {
                        return format!(
                            "The 'true' value includes object attribute {name:?}, which is absent in the \
                             'false' value"
                        );
                    }
                    Some(no) if yes != no => {
                        return format!("Type mismatch for object attribute {name:?}: {}", mismatch(yes, no));
                    }
                    Some(_) => {}
                }
            }
            if let Some(name) = b.attributes.keys().find(|name| !a.attributes.contains_key(*name)) {
                return format!(
                    "The 'false' value includes object attribute {name:?}, which is absent in the 'true' value"
                );
            }
        }
        (Type::Tuple(a), Type::Tuple(b)) if a.len() != b.len() => {
            return format!(
                "The 'true' tuple has length {}, but the 'false' tuple has length {}",
                a.len(),
                b.len()
            );
        }
        (Type::Tuple(a), Type::Tuple(b)) => {
            if let Some((i, (yes, no))) = a.iter().zip(b.iter()).enumerate().find(|(_, (a, b))| a != b) {
                return format!("Type mismatch for tuple element {i}: {}", mismatch(yes, no));
            }
        }
        (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
            let same_shape =
                matches!((&**a, &**b), (Type::Object(_), Type::Object(_)) | (Type::Tuple(_), Type::Tuple(_)));
            if same_shape {
                let noun = match yes {
                    Type::List(_) => "list",
                    Type::Set(_) => "set",
                    _ => "map",
                };
                return format!("Mismatched {noun} element types: {}", mismatch(a, b));
            }
        }
        _ => {}
    }
    let (a, b) = (yes.friendly_name(), no.friendly_name());
    if a == b {
        return "At least one deeply-nested attribute or element is not compatible across both the 'true' and \
                the 'false' value"
            .to_owned();
    }
    format!("The 'true' value is {a}, but the 'false' value is {b}")
}

/// The marks of a condition that decides about a text.
pub(super) fn marks_of(values: [&Value; 3]) -> Marks {
    values.iter().fold(Marks::NONE, |marks, value| marks.and(value.marks))
}
