//! `setintersection`, `setproduct`, `setsubtract`, `setunion`.

use std::collections::HashSet;

use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::convert::{convert, unify_unsafe};
use crate::terraform::value::{Kind, Marks, Refinement, Type, Value};

const ANY_SET: Shape = Shape::Set(&Shape::Any);
const FIRST: &[Param] = &[Param::new("first_set", ANY_SET).dynamic()];
const OTHERS: Param = Param::new("other_sets", ANY_SET).dynamic();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("setintersection", FIRST, common_type, |c| {
        combined(c, |all, set| all.retain(|v| set.contains(&v.identity())))
    })
    .variadic(OTHERS),
    Function::typed("setproduct", &[], product_type, product).variadic(Param::any("sets").marked().unknown()),
    Function::typed(
        "setsubtract",
        &[Param::new("a", ANY_SET).dynamic(), Param::new("b", ANY_SET).dynamic()],
        common_type,
        |c| combined(c, |all, set| all.retain(|v| !set.contains(&v.identity()))),
    ),
    Function::typed("setunion", FIRST, common_type, union).variadic(OTHERS),
];

fn common_type(call: &Call) -> Result<Type, Fault> {
    let mut elements = Vec::new();
    for arg in &call.args {
        let ty = arg.ty();
        let element = ty.element().cloned().unwrap_or(Type::Dynamic);
        if element == Type::Dynamic && arg.as_slice().is_some_and(<[Value]>::is_empty) {
            continue;
        }
        elements.push(element);
    }
    if elements.is_empty() {
        return Ok(Type::set(Type::Dynamic));
    }
    match unify_unsafe(&elements) {
        Some(element) => Ok(Type::set(element)),
        None => fail("given sets must all have compatible element types"),
    }
}

/// An argument as a set of the common type.
fn converted(call: &Call, index: usize) -> Result<Value, Fault> {
    convert(call.arg(index).clone(), &call.returns).map_err(|error| Fault::Argument(index, error.message))
}

fn element(call: &Call) -> Type {
    call.returns.element().cloned().unwrap_or(Type::Dynamic)
}

fn union(call: &Call) -> Result<Value, Fault> {
    let mut all = Vec::new();
    for i in 0..call.args.len() {
        let set = converted(call, i)?;
        let members = set.as_slice().unwrap_or_default();
        call.charge_members(members.len())?;
        all.extend_from_slice(members);
    }
    Ok(Value::set(element(call), all))
}

fn combined(call: &Call, step: fn(&mut Vec<Value>, &HashSet<String>)) -> Result<Value, Fault> {
    let first = converted(call, 0)?;
    if !first.is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let mut all = first.as_slice().unwrap_or_default().to_vec();
    for i in 1..call.args.len() {
        let set = converted(call, i)?;
        if !set.is_wholly_known() {
            return Ok(call.unknown_result());
        }
        step(&mut all, &set.as_slice().unwrap_or_default().iter().map(Value::identity).collect());
    }
    Ok(Value::set(element(call), all))
}

fn product_type(call: &Call) -> Result<Type, Fault> {
    if call.args.len() < 2 {
        return fail("at least two arguments are required");
    }
    let mut elements = Vec::with_capacity(call.args.len());
    let mut lists = true;
    for (i, arg) in call.args.iter().enumerate() {
        let ty = arg.ty();
        lists &= !matches!(ty, Type::Set(_));
        elements.push(match ty {
            Type::Set(element) | Type::List(element) => (*element).clone(),
            Type::Tuple(types) if types.is_empty() => Type::Dynamic,
            Type::Tuple(types) => match unify_unsafe(&types) {
                Some(element) => element,
                None => return wrong(i, "all elements must be of the same type"),
            },
            _ => return wrong(i, "a set or a list is required"),
        });
    }
    let tuple = Type::Tuple(elements.into());
    Ok(if lists { Type::list(tuple) } else { Type::set(tuple) })
}

fn product(call: &Call) -> Result<Value, Fault> {
    let marks = call.args.iter().fold(Marks::NONE, |marks, arg| marks.and(arg.marks));
    let known_length = |v: &Value| v.length().and_then(|l| l.as_i64()).is_some();
    if !call.args.iter().all(known_length) {
        return Ok(unknown_product(call).with_marks(marks));
    }
    let tuple = element(call);
    let Type::Tuple(types) = &tuple else { return Ok(call.unknown_result()) };
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    let total =
        call.args.iter().map(|a| a.as_slice().map_or(0, <[Value]>::len)).try_fold(1usize, usize::checked_mul);
    call.charge_members(total.unwrap_or(usize::MAX).saturating_mul(call.args.len()))?;
    // An empty set makes the product empty, however many rows the others would make.
    if total == Some(0) {
        rows.clear();
    }
    for (i, ty) in types.iter().enumerate().filter(|_| total != Some(0)) {
        let mut members = Vec::new();
        for member in call.members(i) {
            members.push(convert(member.clone(), ty).map_err(|error| Fault::Argument(i, error.message))?);
        }
        let mut longer = Vec::with_capacity(rows.len().saturating_mul(members.len()));
        for row in &rows {
            for member in &members {
                longer.push(row.iter().cloned().chain([member.clone()]).collect());
            }
        }
        rows = longer;
    }
    let tuples = rows.into_iter().map(Value::tuple).collect();
    Ok(match &call.returns {
        Type::List(_) => Value::list(tuple, tuples),
        _ => Value::set(tuple, tuples),
    }
    .with_marks(marks))
}

/// What is known of the product's length when that of an argument is not.
fn unknown_product(call: &Call) -> Value {
    let longest = |arg: &Value| match (&arg.kind, arg.ty()) {
        (_, Type::Tuple(types)) => Some(types.len() as u64),
        (Kind::Unknown(u), _) => u.refinement.max_length,
        _ => arg.as_slice().map(|v| v.len() as u64),
    };
    let mut most: u64 = 1;
    for arg in &call.args {
        match longest(arg) {
            Some(n) if n <= 1024 && most.saturating_mul(n) <= 2048 => most *= n,
            _ => return call.unknown_result(),
        }
    }
    let least = most.min(1);
    let refinement = Refinement { min_length: Some(least), max_length: Some(most), ..Default::default() };
    call.refined(call.returns.clone(), refinement)
}
