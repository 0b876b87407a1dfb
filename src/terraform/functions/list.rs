//! Lists and tuples from lists and tuples: `chunklist`, `compact`, `concat`, `distinct`, `element`, `flatten`,
//! `range`, `reverse`, `slice`.

use std::collections::HashSet;

use super::arguments::whole;
use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::convert::{convert, unify_unsafe};
use crate::terraform::value::{Kind, Marks, Number, Type, Value};

const LIST_OF_STRING: Shape = Shape::List(&Shape::String);
const ANY_LIST: Shape = Shape::List(&Shape::Any);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed(
        "chunklist",
        &[Param::new("list", ANY_LIST).marked(), Param::number("size").marked()],
        |c| Ok(Type::list(c.arg(0).ty())),
        chunklist,
    ),
    Function::new("compact", &[Param::new("list", LIST_OF_STRING)], LIST_OF_STRING, compact),
    Function::typed("concat", &[], concat_type, concat).variadic(Param::any("seqs").marked()),
    Function::typed("distinct", &[Param::new("list", ANY_LIST)], |c| Ok(c.arg(0).ty()), distinct),
    Function::typed("element", &[Param::any("list").marked(), Param::number("index")], element_type, element)
        .may_be_null()
        .selects(),
    Function::typed("flatten", &[Param::any("list").marked()], flatten_type, flatten),
    Function::new("range", &[], Shape::List(&Shape::Number), range).variadic(Param::number("params")),
    Function::typed("reverse", &[Param::any("list").marked()], reverse_type, reverse),
    Function::typed(
        "slice",
        &[Param::any("list").marked(), Param::number("start_index"), Param::number("end_index")],
        slice_type,
        slice,
    ),
];

/// Types of a tuple's members, known or not.
fn tuple_types(ty: &Type) -> Option<&[Type]> {
    match ty {
        Type::Tuple(types) => Some(types),
        _ => None,
    }
}

/// A list or tuple, as the type says.
pub(super) fn sequence(ty: &Type, items: Vec<Value>) -> Value {
    match ty {
        Type::List(element) => Value::list((**element).clone(), items),
        _ => Value::tuple(items),
    }
}

fn chunklist(call: &Call) -> Result<Value, Fault> {
    let (list, size) = (call.arg(0), call.arg(1));
    let marks = list.marks.and(size.marks);
    let size = whole(size).map_err(|m| Fault::Call(format!("invalid size: {m}")))?;
    let Ok(size) = usize::try_from(size) else { return fail("the size argument must be positive") };
    let ty = list.ty();
    let element = ty.element().cloned().unwrap_or(Type::Dynamic);
    let members = call.members(0);
    call.charge_members(members.len())?;
    let size = if size == 0 { members.len().max(1) } else { size };
    let chunks = members.chunks(size).map(|chunk| Value::list(element.clone(), chunk.to_vec()));
    Ok(Value::list(ty, chunks.collect()).with_marks(marks))
}

fn compact(call: &Call) -> Result<Value, Fault> {
    if !call.arg(0).is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let kept = call.members(0).iter().filter(|v| v.as_str().is_some_and(|s| !s.is_empty()));
    Ok(Value::list(Type::String, kept.cloned().collect()))
}

fn concat_type(call: &Call) -> Result<Type, Fault> {
    if call.args.is_empty() {
        return fail("at least one argument is required");
    }
    let types: Vec<Type> = call.args.iter().map(Value::ty).collect();
    if types.iter().all(|ty| matches!(ty, Type::List(_)))
        && let Some(common) = unify_unsafe(&types)
    {
        return Ok(common);
    }
    let mut members = Vec::new();
    for (i, (arg, ty)) in call.args.iter().zip(&types).enumerate() {
        match ty {
            Type::Tuple(types) => members.extend(types.iter().cloned()),
            Type::List(_) if arg.is_unknown() => return Ok(Type::Dynamic),
            Type::List(element) => {
                let length = arg.as_slice().map_or(0, <[Value]>::len);
                call.charge_members(length)?;
                members.extend(std::iter::repeat_n((**element).clone(), length));
            }
            other => {
                let got = other.friendly_name();
                return wrong(i, format!("all arguments must be lists or tuples; got {got}"));
            }
        }
    }
    Ok(Type::Tuple(members.into()))
}

fn concat(call: &Call) -> Result<Value, Fault> {
    let mut items = Vec::new();
    let mut marks = Marks::NONE;
    for (i, arg) in call.args.iter().enumerate() {
        let list = match &call.returns {
            Type::List(_) => {
                convert(arg.clone(), &call.returns).map_err(|e| Fault::Argument(i, e.message))?
            }
            _ => arg.clone(),
        };
        marks = marks.and(list.marks);
        let members = list.as_slice().unwrap_or_default();
        call.charge_members(members.len())?;
        items.extend_from_slice(members);
    }
    Ok(sequence(&call.returns, items).with_marks(marks))
}

fn distinct(call: &Call) -> Result<Value, Fault> {
    if !call.arg(0).is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let mut seen = HashSet::new();
    let kept = call.members(0).iter().filter(|v| seen.insert(v.identity())).cloned().collect();
    Ok(sequence(&call.returns, kept))
}

fn element_type(call: &Call) -> Result<Type, Fault> {
    let members = call.members(0);
    let types = match &call.arg(0).kind {
        Kind::Tuple(_) if call.arg(1).is_unknown() => return Ok(Type::Dynamic),
        // The type of one member, and not of all.
        Kind::Tuple(_) if !members.is_empty() => {
            let index = element_index(call)? % members.len() as i64;
            return match usize::try_from(index).ok().and_then(|i| members.get(i)) {
                Some(member) => Ok(member.ty()),
                None => no_element(index),
            };
        }
        _ => call.arg(0).ty(),
    };
    let types = match &types {
        Type::List(element) => return Ok((**element).clone()),
        Type::Tuple(types) => types,
        other => return fail(format!("cannot read elements from {}", other.friendly_name())),
    };
    if call.arg(1).is_unknown() {
        return Ok(Type::Dynamic);
    }
    let index = element_index(call)?;
    if types.is_empty() {
        return fail("cannot use element function with an empty list");
    }
    let index = index % types.len() as i64;
    match usize::try_from(index).ok().and_then(|i| types.get(i)) {
        Some(ty) => Ok(ty.clone()),
        None => no_element(index),
    }
}

/// Terraform's own words.
fn no_element<T>(index: i64) -> Result<T, Fault> {
    fail(format!("panic in function implementation: runtime error: index out of range [{index}]"))
}

fn element_index(call: &Call) -> Result<i64, Fault> {
    whole(call.arg(1)).map_err(|message| Fault::Call(format!("invalid index: {message}")))
}

fn element(call: &Call) -> Result<Value, Fault> {
    let index = element_index(call)?;
    let members = call.members(0);
    if members.is_empty() {
        return fail("cannot use element function with an empty list");
    }
    // A list counts negative indexes from its end; for a tuple they are an error (above).
    let index = index.rem_euclid(members.len() as i64) as usize;
    let member = members.get(index).cloned().unwrap_or_else(Value::null);
    Ok(member.with_marks(call.arg(0).marks))
}

/// The flattened members, and the marks of the lists that were opened; `None` when not all is known.
fn flattened(list: &Value, out: &mut Vec<Value>, marks: &mut Marks) -> Option<()> {
    *marks = marks.and(list.marks);
    list.length().filter(|length| !length.is_unknown())?;
    let mut known = Some(());
    for member in list.as_slice()? {
        match &member.kind {
            Kind::List(..) | Kind::Set(..) | Kind::Tuple(_) => {
                if flattened(member, out, marks).is_none() {
                    known = None;
                }
            }
            Kind::Unknown(u)
                if matches!(u.ty, Type::Dynamic | Type::List(_) | Type::Set(_) | Type::Tuple(_)) =>
            {
                *marks = marks.and(member.marks);
                known = None;
            }
            _ => out.push(member.clone()),
        }
    }
    known
}

fn flatten_type(call: &Call) -> Result<Type, Fault> {
    let list = call.arg(0);
    if !list.is_wholly_known() {
        return Ok(Type::Dynamic);
    }
    if list.as_slice().is_none() {
        return fail("can only flatten lists, sets and tuples");
    }
    let mut items = Vec::new();
    Ok(match flattened(list, &mut items, &mut Marks::default()) {
        Some(()) => Value::tuple(items).ty(),
        None => Type::Dynamic,
    })
}

fn flatten(call: &Call) -> Result<Value, Fault> {
    let list = call.arg(0);
    if list.as_slice().is_none() {
        return fail("can only flatten lists, sets and tuples");
    }
    let (mut items, mut marks) = (Vec::new(), Marks::NONE);
    Ok(match flattened(list, &mut items, &mut marks) {
        Some(()) => Value::tuple(items),
        None => call.unknown_result(),
    }
    .with_marks(marks))
}

/// The most numbers that `range` makes.
const MAX_RANGE: usize = 1024;

fn range(call: &Call) -> Result<Value, Fault> {
    use std::cmp::Ordering::{Greater, Less};
    let number = |n: i64| Number::from(n);
    let towards = |down: bool| number(if down { -1 } else { 1 });
    let (start, end, step) = match call.args.len() {
        1 => (number(0), call.number(0), towards(call.number(0).sign() < 0)),
        2 => {
            let down = call.number(1).compare(&call.number(0)) == Less;
            (call.number(0), call.number(1), towards(down))
        }
        3 => (call.number(0), call.number(1), call.number(2)),
        _ => return fail("must have one, two, or three arguments"),
    };
    let down = step.sign() < 0;
    match end.compare(&start) {
        Greater if down => return wrong(1, "end must be less than start when step is negative"),
        Less if !down => return wrong(1, "end must be greater than start when step is positive"),
        _ => {}
    }
    let mut numbers = Vec::new();
    let mut next = start;
    while next.compare(&end) == if down { Greater } else { Less } {
        if numbers.len() >= MAX_RANGE {
            return fail(
                "more than 1024 values were generated; either decrease the difference between start and end \
                 or use a smaller step",
            );
        }
        numbers.push(Value::from(next.clone()));
        match next.add(&step) {
            Some(sum) => next = sum,
            None => return fail("can't compute sum of opposing infinities"),
        }
    }
    Ok(Value::list(Type::Number, numbers))
}

fn reverse_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::Tuple(types) => Ok(Type::Tuple(types.iter().rev().cloned().collect::<Vec<_>>().into())),
        Type::List(element) | Type::Set(element) => Ok(Type::List(element)),
        other => wrong(0, format!("can only reverse list or tuple values, not {}", other.friendly_name())),
    }
}

fn reverse(call: &Call) -> Result<Value, Fault> {
    let reversed = call.members(0).iter().rev().cloned().collect();
    Ok(sequence(&call.returns, reversed).with_marks(call.arg(0).marks))
}

/// Start and end as far as they are known, checked.
fn slice_bounds(call: &Call) -> Result<(Option<usize>, Option<usize>), Fault> {
    let list = call.arg(0);
    let ty = list.ty();
    let length = list.as_slice().map(<[Value]>::len).or_else(|| tuple_types(&ty).map(<[Type]>::len));
    let bound = |i: usize, name: &str| -> Result<Option<usize>, Fault> {
        if call.arg(i).is_unknown() {
            return Ok(None);
        }
        let value = match whole(call.arg(i)) {
            Ok(value) => value,
            Err(message) => return wrong(i, format!("invalid {name} index: {message}")),
        };
        let Ok(value) = usize::try_from(value) else {
            return wrong(i, format!("{name} index must not be less than zero"));
        };
        if length.is_some_and(|length| value > length) {
            return wrong(i, format!("{name} index must not be greater than the length of the list"));
        }
        Ok(Some(value))
    };
    let (start, end) = (bound(1, "start")?, bound(2, "end")?);
    if let (Some(start), Some(end)) = (start, end)
        && start > end
    {
        return wrong(1, "start index must not be greater than end index");
    }
    Ok((start, end))
}

fn slice_type(call: &Call) -> Result<Type, Fault> {
    let ty = call.arg(0).ty();
    match &ty {
        Type::Set(_) => {
            return wrong(
                0,
                "cannot slice a set, because its elements do not have indices; explicitly convert to a list \
                 if the ordering of the result is not important",
            );
        }
        Type::List(_) | Type::Tuple(_) => {}
        _ => return wrong(0, "must be a list or tuple value"),
    }
    let bounds = slice_bounds(call)?;
    Ok(match (tuple_types(&ty), bounds) {
        (None, _) => ty,
        (Some(types), (Some(start), Some(end))) => {
            Type::Tuple(types.get(start..end).unwrap_or_default().to_vec().into())
        }
        _ => Type::Dynamic,
    })
}

fn slice(call: &Call) -> Result<Value, Fault> {
    let (Some(start), Some(end)) = slice_bounds(call)? else { return Ok(call.unknown_result()) };
    let part = call.members(0).get(start..end).unwrap_or_default().to_vec();
    Ok(sequence(&call.returns, part).with_marks(call.arg(0).marks))
}
