//! One answer out of many values: `alltrue`, `coalesce`, `contains`, `index`, `length`, `one`, `sum` and the like.

use std::collections::HashSet;

use super::call::{Call, Fault, fail, wrong};
use super::list::sequence;
use super::table::{Function, Param, Shape};
use crate::terraform::expression::outline;
use crate::terraform::value::convert::{convert, unify_unsafe};
use crate::terraform::value::{Kind, Number, Type, Value};

const LIST_OF_BOOL: Shape = Shape::List(&Shape::Bool);
const ANY_LIST: Shape = Shape::List(&Shape::Any);
/// Any number of arguments that may be anything.
const VALUES: Param = Param::any("vals").unknown().dynamic().nullable();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("alltrue", &[Param::new("list", LIST_OF_BOOL)], Shape::Bool, alltrue),
    Function::new("anytrue", &[Param::new("list", LIST_OF_BOOL)], Shape::Bool, anytrue),
    Function::typed("coalesce", &[], coalesce_type, coalesce).variadic(VALUES),
    Function::typed("coalescelist", &[], coalescelist_type, coalescelist).variadic(VALUES),
    Function::new("contains", &[Param::any("list"), Param::any("value")], Shape::Bool, contains).selects(),
    Function::new("index", &[Param::any("list"), Param::any("value")], Shape::Number, index).selects(),
    Function::typed("length", &[Param::any("value").dynamic().unknown().marked()], length_type, length)
        .selects(),
    Function::typed("list", &[], |_| fail(LIST_GONE), |_| fail(LIST_GONE)).variadic(VALUES),
    Function::typed(
        "matchkeys",
        &[Param::new("values", ANY_LIST), Param::new("keys", ANY_LIST), Param::new("searchset", ANY_LIST)],
        matchkeys_type,
        matchkeys,
    ),
    Function::typed("one", &[Param::any("list")], one_type, one).may_be_null(),
    Function::new("sum", &[Param::any("list")], Shape::Number, sum),
];

const LIST_GONE: &str = "the \"list\" function was deprecated in Terraform v0.12 and is no longer available; \
                         use tolist([ ... ]) syntax to write a literal list";

fn alltrue(call: &Call) -> Result<Value, Fault> {
    for item in call.members(0) {
        match item.kind {
            Kind::Unknown(_) => return Ok(call.unknown_result()),
            Kind::Bool(true) => {}
            _ => return Ok(false.into()),
        }
    }
    Ok(true.into())
}

fn anytrue(call: &Call) -> Result<Value, Fault> {
    let members = call.members(0);
    Ok(match () {
        () if members.iter().any(|v| v.as_bool() == Some(true)) => true.into(),
        () if members.iter().any(Value::is_unknown) => call.unknown_result(),
        () => false.into(),
    })
}

fn coalesce_type(call: &Call) -> Result<Type, Fault> {
    let types: Vec<Type> = call.args.iter().map(Value::ty).collect();
    match unify_unsafe(&types) {
        Some(ty) => Ok(ty),
        None => fail("all arguments must have the same type"),
    }
}

fn coalesce(call: &Call) -> Result<Value, Fault> {
    for arg in &call.args {
        let value = match convert(arg.clone(), &call.returns) {
            Ok(value) => value,
            Err(error) => return fail(error.message),
        };
        match &value.kind {
            Kind::Unknown(_) => return Ok(call.unknown_result()),
            Kind::Null(_) => {}
            Kind::String(s) if s.is_empty() => {}
            _ => return Ok(value),
        }
    }
    fail("no non-null, non-empty-string arguments")
}

fn coalescelist_type(call: &Call) -> Result<Type, Fault> {
    if call.args.is_empty() {
        return fail("at least one argument is required");
    }
    let mut types = Vec::new();
    for arg in &call.args {
        if arg.is_unknown() {
            return Ok(Type::Dynamic);
        }
        match arg.ty() {
            ty @ (Type::List(_) | Type::Tuple(_)) => types.push(ty),
            _ => return fail("coalescelist arguments must be lists or tuples"),
        }
    }
    let same = types.windows(2).all(|pair| pair[0] == pair[1]);
    Ok(types.into_iter().next().filter(|_| same).unwrap_or(Type::Dynamic))
}

fn coalescelist(call: &Call) -> Result<Value, Fault> {
    for arg in &call.args {
        if arg.is_unknown() {
            return Ok(call.unknown_result());
        }
        if arg.as_slice().is_some_and(|members| !members.is_empty()) {
            return Ok(arg.clone());
        }
    }
    fail("no non-null arguments")
}

fn contains(call: &Call) -> Result<Value, Fault> {
    let Some(members) = call.arg(0).as_slice() else { return fail("argument must be list, tuple, or set") };
    if let Some(found) = call.place_of(0, 1) {
        return Ok(found.is_some().into());
    }
    call.charge_members(members.len() / 8)?;
    let mut unknown = false;
    for member in members {
        match call.arg(1).equals(member).as_bool() {
            Some(true) => return Ok(true.into()),
            Some(false) => {}
            None => unknown = true,
        }
    }
    Ok(if unknown { call.unknown_result() } else { false.into() })
}

fn index(call: &Call) -> Result<Value, Fault> {
    let list = call.arg(0);
    if !matches!(list.kind, Kind::List(..) | Kind::Tuple(_)) {
        return fail("argument must be a list or tuple");
    }
    if call.members(0).is_empty() {
        return fail("cannot search an empty list");
    }
    match call.place_of(0, 1) {
        Some(Some(i)) => return Ok((i as i64).into()),
        Some(None) => return fail("item not found"),
        None => call.charge_members(call.members(0).len() / 8)?,
    }
    for (i, member) in call.members(0).iter().enumerate() {
        match member.equals(call.arg(1)).as_bool() {
            Some(true) => return Ok((i as i64).into()),
            Some(false) => {}
            None => return Ok(call.unknown_result()),
        }
    }
    fail("item not found")
}

fn length_type(call: &Call) -> Result<Type, Fault> {
    match outline(call.arg(0)) {
        Type::Bool | Type::Number => {
            fail("argument must be a string, a collection type, or a structural type")
        }
        _ => Ok(Type::Number),
    }
}

fn length(call: &Call) -> Result<Value, Fault> {
    let value = call.arg(0);
    let known = |n: usize| Value::from(n as i64);
    let length = match (&value.kind, outline(value)) {
        (Kind::String(s), _) => known(super::string::grapheme_count(s)),
        (Kind::Tuple(items), _) => known(items.len()),
        (Kind::Object(entries), _) => known(entries.len()),
        (_, Type::Tuple(types)) => known(types.len()),
        (_, Type::Object(object)) => known(object.attributes.len()),
        (Kind::Unknown(u), ty) => super::string::unknown_length(call, u, &ty),
        _ => value.length().unwrap_or_else(|| call.unknown_result()),
    };
    Ok(length.with_marks(value.marks))
}

fn matchkeys_type(call: &Call) -> Result<Type, Fault> {
    match unify_unsafe(&[call.arg(1).ty(), call.arg(2).ty()]) {
        Some(_) => Ok(call.arg(0).ty()),
        None => fail("keys and searchset must be of the same type"),
    }
}

fn matchkeys(call: &Call) -> Result<Value, Fault> {
    if call.members(0).len() != call.members(1).len() {
        return fail("length of keys and values should be equal");
    }
    let empty = || Ok(sequence(&call.returns, Vec::new()));
    let common = unify_unsafe(&[call.arg(1).ty(), call.arg(2).ty()]).unwrap_or(Type::Dynamic);
    let converted = |i: usize| convert(call.arg(i).clone(), &common).map_err(|e| Fault::Call(e.message));
    let (keys, search) = (converted(1)?, converted(2)?);
    let search = search.as_slice().unwrap_or_default();
    if search.is_empty() {
        return empty();
    }
    if !call.arg(0).is_wholly_known() || !keys.is_wholly_known() {
        return Ok(call.unknown_result());
    }
    // An unknown among what is searched ends the whole search without result when it is reached.
    let known: HashSet<String> =
        search.iter().take_while(|v| v.is_wholly_known()).map(Value::identity).collect();
    let all_known = search.iter().all(Value::is_wholly_known);
    let mut kept = Vec::new();
    for (key, value) in keys.as_slice().unwrap_or_default().iter().zip(call.members(0)) {
        if known.contains(&key.identity()) {
            kept.push(value.clone());
        } else if !all_known {
            return empty();
        }
    }
    Ok(sequence(&call.returns, kept))
}

const ONE: &str = "must be a list, set, or tuple value with either zero or one elements";

fn one_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::List(element) | Type::Set(element) => Ok((*element).clone()),
        Type::Tuple(types) => match &types[..] {
            [] => Ok(Type::Dynamic),
            [only] => Ok(only.clone()),
            _ => wrong(0, ONE),
        },
        _ => wrong(0, ONE),
    }
}

fn one(call: &Call) -> Result<Value, Fault> {
    if call.arg(0).length().is_some_and(|length| length.is_unknown()) {
        return Ok(call.unknown_result());
    }
    match call.members(0) {
        [] => Ok(Value::null_of(call.returns.clone())),
        [only] => Ok(only.clone()),
        _ => wrong(0, ONE),
    }
}

fn sum(call: &Call) -> Result<Value, Fault> {
    let list = call.arg(0);
    match list.length().and_then(|l| l.as_i64()) {
        _ if list.as_slice().is_none() && list.as_map().is_none() => {
            return wrong(0, "cannot sum noniterable");
        }
        Some(0) => return wrong(0, "cannot sum an empty list"),
        _ => {}
    }
    let Some(members) = list.as_slice() else {
        let got = list.ty().friendly_name();
        return wrong(0, format!("argument must be list, set, or tuple. Received {got}"));
    };
    if !list.is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let mut sum: Option<Number> = None;
    for member in members {
        let number = convert(member.clone(), &Type::Number).ok();
        let Some(number) = number.as_ref().and_then(Value::as_number) else {
            return wrong(0, "argument must be list, set, or tuple of number values");
        };
        sum = match sum {
            None => Some(number.clone()),
            Some(sum) => match sum.add(number) {
                Some(sum) => Some(sum),
                None => return fail("can't compute sum of opposing infinities"),
            },
        };
    }
    Ok(sum.map_or_else(|| 0i64.into(), Value::from))
}
