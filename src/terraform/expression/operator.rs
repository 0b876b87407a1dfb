//! Unary and binary operators.

use std::cmp::Ordering;

use hcl_edit::expr::{BinaryOp, BinaryOperator, Expression, UnaryOp, UnaryOperator};

use super::conditional::known_of;
use super::evaluate::{Names, Run, derived};
use crate::terraform::source::Span;
use crate::terraform::value::convert::convert;
use crate::terraform::value::{Kind, Number, Reason, Refinement, Type, Value};

impl Run<'_> {
    pub(super) fn unary(&self, op: &UnaryOp, span: Span, names: Names<'_>) -> Value {
        let operand = self.eval(&op.expr, names);
        let origin = operand.origin.clone();
        let negate = *op.operator.value() == UnaryOperator::Neg;
        let ty = if negate { Type::Number } else { Type::Bool };
        let before = self.errors();
        let operand = match convert(operand, &ty) {
            Ok(operand) => operand,
            Err(error) => {
                let place = self.span(&op.expr);
                self.error(place, "Invalid operand", format!("Unsuitable value for unary operand: {error}."));
                return Value::unknown(ty, Reason::Failed);
            }
        };
        if operand.is_null() {
            self.error(span, OPERATION_FAILED, "Error during operation: argument must not be null.");
        }
        let value = match &operand.kind {
            Kind::Number(n) => Value::from(n.neg()),
            Kind::Bool(b) => Value::from(!b),
            _ if self.errors() > before => Value::unknown(ty, Reason::Failed),
            _ => Value::unknown_not_null(ty, derived(&operand)),
        };
        self.computed(value.with_marks(operand.marks), span, [&origin])
    }

    /// A chain of binary operators. Chains lean to the left and may be long, so they are unrolled.
    pub(super) fn binary(&self, expression: &Expression, names: Names<'_>) -> Value {
        let mut chain: Vec<&BinaryOp> = Vec::new();
        let mut first = expression;
        while let Expression::BinaryOp(op) = first {
            chain.push(op);
            first = &op.lhs_expr;
        }
        let mut span = self.span(first);
        let start = span;
        let mut left = self.eval(first, names);
        for op in chain.into_iter().rev() {
            let right_span = self.span(&op.rhs_expr);
            let whole = start.to(right_span);
            left = self.operation(op, left, span, whole, names);
            span = whole;
        }
        left
    }

    fn operation(&self, op: &BinaryOp, left: Value, left_span: Span, span: Span, names: Names<'_>) -> Value {
        use BinaryOperator::{And, Eq, NotEq, Or};
        let operator = *op.operator.value();
        let left_origin = left.origin.clone();
        if matches!(operator, Eq | NotEq) {
            let right = self.eval(&op.rhs_expr, names);
            if !self.weigh(&left, left_span) || !self.weigh(&right, self.span(&op.rhs_expr)) {
                return Value::unknown(Type::Bool, Reason::Failed);
            }
            let mut equal = left.equals(&right);
            // That there is something is certain, whatever it is.
            if left.is_null() != right.is_null() {
                equal.marks.provisional = false;
            }
            let value = if operator == NotEq { not(equal) } else { equal };
            return self.computed(value, span, [&left_origin, &right.origin]);
        }
        let logic = matches!(operator, And | Or);
        let operands = if logic { Type::Bool } else { Type::Number };
        let ty = if is_comparison(operator) { Type::Bool } else { operands.clone() };
        let before = self.errors();
        let left = self.operand(left, &operands, "left", left_span);
        if logic && self.host.short_circuit && left.as_bool() == Some(operator == Or) {
            self.check_references(&op.rhs_expr, names);
            return self.computed(left, span, [&left_origin]);
        }
        let right = self.eval(&op.rhs_expr, names);
        let right_origin = right.origin.clone();
        let right = self.operand(right, &operands, "right", self.span(&op.rhs_expr));
        let marks = left.marks.and(right.marks);
        let broken = || Value::unknown(ty.clone(), Reason::Failed).with_marks(marks);
        if self.errors() > before {
            return broken();
        }
        let result = if left.is_null() || right.is_null() {
            Err("argument must not be null")
        } else if logic {
            Ok(logical(operator == Or, self.host.short_circuit, &left, &right))
        } else {
            arithmetic(operator, &left, &right)
        };
        match result {
            Ok(value) => self.computed(value.with_marks(marks), span, [&left_origin, &right_origin]),
            Err(message) => {
                self.error(span, OPERATION_FAILED, format!("Error during operation: {message}."));
                broken()
            }
        }
    }

    fn operand(&self, value: Value, ty: &Type, side: &str, span: Span) -> Value {
        let marks = value.marks;
        convert(value, ty).unwrap_or_else(|error| {
            self.error(span, "Invalid operand", format!("Unsuitable value for {side} operand: {error}."));
            Value::unknown(ty.clone(), Reason::Failed).with_marks(marks)
        })
    }
}

const OPERATION_FAILED: &str = "Operation failed";

fn is_comparison(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Greater, GreaterEq, Less, LessEq};
    matches!(operator, Less | LessEq | Greater | GreaterEq)
}

fn not(value: Value) -> Value {
    let marks = value.marks;
    match value.as_bool() {
        Some(b) => Value::from(!b).with_marks(marks),
        None => value,
    }
}

/// Terraform 1.11 gives an unknown as soon as one side is unknown, whatever the other; later versions let
/// either side decide.
fn logical(or: bool, either_decides: bool, left: &Value, right: &Value) -> Value {
    match (left.as_bool(), right.as_bool()) {
        (Some(a), Some(b)) => Value::from(if or { a || b } else { a && b }),
        (Some(known), None) | (None, Some(known)) if either_decides && known == or => Value::from(or),
        _ => Value::unknown_not_null(Type::Bool, reason(left, right)),
    }
}

fn reason(left: &Value, right: &Value) -> Reason {
    derived(if left.is_unknown() { left } else { right })
}

fn arithmetic(operator: BinaryOperator, left: &Value, right: &Value) -> Result<Value, &'static str> {
    let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else {
        return Ok(of_unknown(operator, left, right));
    };
    let (result, error) = match operator {
        BinaryOperator::Plus => (a.add(b), "can't compute sum of opposing infinities"),
        BinaryOperator::Minus => (a.sub(b), "can't subtract infinity from itself"),
        BinaryOperator::Mul => (a.mul(b), "can't multiply zero by infinity"),
        BinaryOperator::Div => (a.div(b), "can't divide zero by zero or infinity by infinity"),
        BinaryOperator::Mod => (a.rem(b), "can't use modulo with zero and infinity"),
        _ => return Ok(Value::from(compares(operator, a.compare(b)))),
    };
    result.map(Value::from).ok_or(error)
}

fn compares(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessEq => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

/// What an operator gives for numbers of which only bounds are known.
fn of_unknown(operator: BinaryOperator, left: &Value, right: &Value) -> Value {
    let reason = reason(left, right);
    let (a, b) = (known_of(left), known_of(right));
    if !is_comparison(operator) {
        return Value::unknown_not_null(Type::Number, reason);
    }
    let below = |low: &Refinement, high: &Refinement| {
        low.max.as_ref().zip(high.min.as_ref()).is_some_and(|((x, _), (y, _))| x.compare(y).is_lt())
    };
    let less = matches!(operator, BinaryOperator::Less | BinaryOperator::LessEq);
    let (left_below, right_below) = (below(&a, &b), below(&b, &a));
    if left_below || right_below {
        return Value::from(left_below == less);
    }
    Value::unknown_not_null(Type::Bool, reason)
}

/// A whole number as an index.
pub(super) fn whole(number: &Number) -> Option<usize> {
    number.to_i64().and_then(|i| usize::try_from(i).ok())
}
