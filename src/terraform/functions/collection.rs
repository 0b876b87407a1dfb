//! Lists, tuples, maps and objects: selecting, joining, searching.

use std::collections::{BTreeMap, HashSet};

use super::arguments::whole;
use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::convert::{convert, unify_unsafe};
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Kind, Marks, Str, Type, Value};

const LIST_OF_BOOL: Shape = Shape::List(&Shape::Bool);
const LIST_OF_STRING: Shape = Shape::List(&Shape::String);
const ANY_LIST: Shape = Shape::List(&Shape::Any);
/// Any number of arguments that may be anything.
const VALUES: Param = Param::any("vals").unknown().dynamic().nullable();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("alltrue", &[Param::new("list", LIST_OF_BOOL)], Shape::Bool, alltrue),
    Function::new("anytrue", &[Param::new("list", LIST_OF_BOOL)], Shape::Bool, anytrue),
    Function::typed(
        "chunklist",
        &[Param::new("list", ANY_LIST).marked(), Param::number("size").marked()],
        |c| Ok(Type::list(c.arg(0).ty())),
        chunklist,
    ),
    Function::typed("coalesce", &[], coalesce_type, coalesce).variadic(VALUES),
    Function::typed("coalescelist", &[], coalescelist_type, coalescelist).variadic(VALUES),
    Function::new("compact", &[Param::new("list", LIST_OF_STRING)], LIST_OF_STRING, compact),
    Function::typed("concat", &[], concat_type, concat).variadic(Param::any("seqs").marked()),
    Function::new("contains", &[Param::any("list"), Param::any("value")], Shape::Bool, contains),
    Function::typed("distinct", &[Param::new("list", ANY_LIST)], |c| Ok(c.arg(0).ty()), distinct),
    Function::typed("element", &[Param::any("list").marked(), Param::number("index")], element_type, element)
        .may_be_null(),
    Function::typed("flatten", &[Param::any("list").marked()], flatten_type, flatten),
    Function::new("index", &[Param::any("list"), Param::any("value")], Shape::Number, index),
    Function::typed("keys", &[Param::any("inputMap").unknown().marked()], keys_type, keys),
    Function::typed("length", &[Param::any("value").dynamic().unknown().marked()], length_type, length),
    Function::typed("list", &[], |_| fail(LIST_GONE), |_| fail(LIST_GONE)).variadic(VALUES),
    Function::typed(
        "lookup",
        &[Param::any("inputMap").marked().unknown(), Param::string("key").marked().unknown()],
        lookup_type,
        lookup,
    )
    .variadic(Param::any("default").unknown().dynamic().nullable().marked())
    .may_be_null(),
    Function::typed("map", &[], |_| fail(MAP_GONE), |_| fail(MAP_GONE)).variadic(VALUES),
    Function::typed(
        "matchkeys",
        &[Param::new("values", ANY_LIST), Param::new("keys", ANY_LIST), Param::new("searchset", ANY_LIST)],
        matchkeys_type,
        matchkeys,
    ),
    Function::typed("merge", &[], merge_type, merge)
        .variadic(Param::any("maps").dynamic().nullable().marked()),
    Function::typed("one", &[Param::any("list")], one_type, one).may_be_null(),
    Function::new("range", &[], Shape::List(&Shape::Number), range).variadic(Param::number("params")),
    Function::typed("reverse", &[Param::any("list").marked()], reverse_type, reverse),
    Function::typed(
        "slice",
        &[Param::any("list").marked(), Param::number("start_index"), Param::number("end_index")],
        slice_type,
        slice,
    ),
    Function::new("sum", &[Param::any("list")], Shape::Number, sum),
    Function::new(
        "transpose",
        &[Param::new("values", Shape::Map(&LIST_OF_STRING))],
        Shape::Map(&LIST_OF_STRING),
        transpose,
    ),
    Function::typed("values", &[Param::any("mapping").marked()], values_type, values),
    Function::typed(
        "zipmap",
        &[Param::new("keys", LIST_OF_STRING).marked(), Param::any("values").marked()],
        zipmap_type,
        zipmap,
    ),
];

const LIST_GONE: &str = "the \"list\" function was deprecated in Terraform v0.12 and is no longer available; \
                         use tolist([ ... ]) syntax to write a literal list";
const MAP_GONE: &str = "the \"map\" function was deprecated in Terraform v0.12 and is no longer available; \
                        use tomap({ ... }) syntax to write a literal map";

/// Types of a tuple's members, known or not.
fn tuple_types(ty: &Type) -> Option<&[Type]> {
    match ty {
        Type::Tuple(types) => Some(types),
        _ => None,
    }
}

/// A list or tuple, as the type says.
fn sequence(ty: &Type, items: Vec<Value>) -> Value {
    match ty {
        Type::List(element) => Value::list((**element).clone(), items),
        _ => Value::tuple(items),
    }
}

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

fn contains(call: &Call) -> Result<Value, Fault> {
    let Some(members) = call.arg(0).as_slice() else { return fail("argument must be list, tuple, or set") };
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

fn distinct(call: &Call) -> Result<Value, Fault> {
    if !call.arg(0).is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let mut seen = HashSet::new();
    let kept = call.members(0).iter().filter(|v| seen.insert(v.identity())).cloned().collect();
    Ok(sequence(&call.returns, kept))
}

fn element_type(call: &Call) -> Result<Type, Fault> {
    let ty = call.arg(0).ty();
    let types = match &ty {
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
        None => {
            fail(format!("panic in function implementation: runtime error: index out of range [{index}]"))
        }
    }
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

fn index(call: &Call) -> Result<Value, Fault> {
    let list = call.arg(0);
    if !matches!(list.kind, Kind::List(..) | Kind::Tuple(_)) {
        return fail("argument must be a list or tuple");
    }
    if call.members(0).is_empty() {
        return fail("cannot search an empty list");
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

fn keys_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::Map(_) => Ok(Type::list(Type::String)),
        Type::Object(object) => Ok(Type::Tuple(vec![Type::String; object.attributes.len()].into())),
        _ => wrong(0, "must have map or object type"),
    }
}

fn keys(call: &Call) -> Result<Value, Fault> {
    let marks = call.arg(0).marks;
    let names: Vec<Value> = match (&call.arg(0).kind, call.arg(0).ty()) {
        (Kind::Map(_, m), _) => m.keys().map(|k| Kind::String(k.clone()).into()).collect(),
        (_, Type::Object(object)) => {
            object.attributes.keys().map(|k| Kind::String(k.clone()).into()).collect()
        }
        _ => return Ok(call.unknown_result().with_marks(marks)),
    };
    Ok(sequence(&call.returns, names).with_marks(marks))
}

fn length_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::Bool | Type::Number => {
            fail("argument must be a string, a collection type, or a structural type")
        }
        _ => Ok(Type::Number),
    }
}

fn length(call: &Call) -> Result<Value, Fault> {
    let value = call.arg(0);
    let known = |n: usize| Value::from(n as i64);
    let length = match (&value.kind, value.ty()) {
        (Kind::String(s), _) => known(super::string::grapheme_count(s)),
        (_, Type::Tuple(types)) => known(types.len()),
        (_, Type::Object(object)) => known(object.attributes.len()),
        (Kind::Unknown(u), ty) => super::string::unknown_length(call, u, &ty),
        _ => value.length().unwrap_or_else(|| call.unknown_result()),
    };
    Ok(length.with_marks(value.marks))
}

fn lookup_type(call: &Call) -> Result<Type, Fault> {
    if call.args.len() > 3 {
        return fail(format!("lookup() takes two or three arguments, got {}", call.args.len()));
    }
    let default = call.args.get(2);
    match call.arg(0).ty() {
        Type::Object(object) => {
            let Some(key) = call.arg(1).as_str() else { return Ok(Type::Dynamic) };
            match (object.attributes.get(key), default) {
                (Some(ty), _) => Ok(ty.clone()),
                (None, Some(default)) => Ok(default.ty()),
                (None, None) => wrong(0, format!("the given object has no attribute {}", quote_go(key))),
            }
        }
        Type::Map(element) => match default {
            Some(default) if convert(default.clone(), &element).is_err() => {
                wrong(2, "the default value must have the same type as the map elements")
            }
            _ => Ok((*element).clone()),
        },
        _ => wrong(0, "lookup() requires a map as the first argument"),
    }
}

fn lookup(call: &Call) -> Result<Value, Fault> {
    let (map, key) = (call.arg(0), call.arg(1));
    let marks = map.marks.and(key.marks);
    let (Some(entries), Some(name)) = (map.as_map(), key.as_str()) else {
        return Ok(call.unknown_result().with_marks(marks));
    };
    if let Some(value) = entries.get(name) {
        return Ok(value.clone().with_marks(marks));
    }
    match call.args.get(2) {
        Some(default) => match convert(default.clone(), &call.returns) {
            Ok(value) => Ok(value.with_marks(marks)),
            Err(error) => fail(error.message),
        },
        None => {
            let shown = if key.marks.sensitive { "(sensitive value)".into() } else { quote_go(name) };
            fail(format!("lookup failed to find key {shown}"))
        }
    }
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

fn merge_type(call: &Call) -> Result<Type, Fault> {
    let mut attributes: BTreeMap<Str, Type> = BTreeMap::new();
    let mut first: Option<Type> = None;
    let (mut matching, mut attributes_known) = (true, true);
    for arg in &call.args {
        let ty = arg.ty();
        match &ty {
            Type::Dynamic => return Ok(Type::Dynamic),
            Type::Object(_) if arg.is_null() => {}
            Type::Object(object) => {
                attributes.extend(object.attributes.iter().map(|(k, t)| (k.clone(), t.clone())));
            }
            Type::Map(element) => match arg.as_map() {
                Some(m) => attributes.extend(m.keys().map(|k| (k.clone(), (**element).clone()))),
                None if arg.is_null() => {}
                None => attributes_known = false,
            },
            other => {
                let got = quote_go(&other.friendly_name());
                return fail(format!("arguments must be maps or objects, got {got}"));
            }
        }
        match &first {
            None => first = Some(ty),
            Some(first) => matching &= *first == ty,
        }
    }
    Ok(match first {
        None => Type::object([]),
        Some(first) if matching => first,
        Some(_) if !attributes_known => Type::Dynamic,
        Some(_) => Type::object(attributes),
    })
}

fn merge(call: &Call) -> Result<Value, Fault> {
    let mut entries: BTreeMap<Str, Value> = BTreeMap::new();
    let mut marks = Marks::NONE;
    for arg in &call.args {
        let Some(m) = arg.as_map() else { continue };
        marks = marks.and(arg.marks);
        call.charge_members(m.len())?;
        entries.extend(m.iter().map(|(k, v)| (k.clone(), v.clone())));
    }
    Ok(match &call.returns {
        Type::Map(element) => Value::map((**element).clone(), entries),
        _ => Value::object(entries),
    }
    .with_marks(marks))
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

/// The most numbers that `range` makes.
const MAX_RANGE: usize = 1024;

fn range(call: &Call) -> Result<Value, Fault> {
    use std::cmp::Ordering::{Greater, Less};
    let number = |n: i64| crate::terraform::value::Number::from(n);
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
    let mut sum: Option<crate::terraform::value::Number> = None;
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

fn transpose(call: &Call) -> Result<Value, Fault> {
    if !call.arg(0).is_wholly_known() {
        return Ok(call.unknown_result());
    }
    let mut turned: BTreeMap<Str, Vec<Value>> = BTreeMap::new();
    for (key, list) in call.arg(0).as_map().into_iter().flatten() {
        let Some(items) = list.as_slice() else { return fail("input must not contain null list") };
        call.charge_members(items.len())?;
        for item in items {
            let Kind::String(text) = &item.kind else {
                return fail("input list must not contain null string");
            };
            turned.entry(text.clone()).or_default().push(Kind::String(key.clone()).into());
        }
    }
    let lists = turned.into_iter().map(|(key, keys)| (key, Value::list(Type::String, keys)));
    Ok(Value::map(Type::list(Type::String), lists))
}

fn values_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::Map(element) => Ok(Type::List(element)),
        Type::Object(object) => {
            Ok(Type::Tuple(object.attributes.values().cloned().collect::<Vec<_>>().into()))
        }
        _ => fail("values() requires a map as the first argument"),
    }
}

fn values(call: &Call) -> Result<Value, Fault> {
    let values = call.arg(0).as_map().into_iter().flatten().map(|(_, v)| v.clone()).collect();
    Ok(sequence(&call.returns, values).with_marks(call.arg(0).marks))
}

fn zipmap_type(call: &Call) -> Result<Type, Fault> {
    let (keys, ty) = (call.arg(0), call.arg(1).ty());
    let types = match &ty {
        Type::List(element) => return Ok(Type::Map(element.clone())),
        Type::Tuple(types) => types,
        _ => return fail("values argument must be a list or tuple value"),
    };
    if !keys.is_wholly_known() {
        return Ok(Type::Dynamic);
    }
    check_lengths(call.members(0).len(), types.len())?;
    let mut attributes = BTreeMap::new();
    for (i, (key, ty)) in call.members(0).iter().zip(types.iter()).enumerate() {
        let Kind::String(key) = &key.kind else {
            return fail(format!("keys list has null value at index {i}"));
        };
        attributes.insert(key.clone(), ty.clone());
    }
    Ok(Type::object(attributes))
}

fn check_lengths(keys: usize, values: usize) -> Result<(), Fault> {
    if keys == values {
        return Ok(());
    }
    fail(format!("number of keys ({keys}) does not match number of values ({values})"))
}

fn zipmap(call: &Call) -> Result<Value, Fault> {
    let (keys, values) = (call.arg(0), call.arg(1));
    let mut marks = keys.marks.and(values.marks);
    if !keys.is_wholly_known() {
        return Ok(call.unknown_result().with_marks(marks));
    }
    check_lengths(call.members(0).len(), call.members(1).len())?;
    let mut entries = BTreeMap::new();
    for (i, (key, value)) in call.members(0).iter().zip(call.members(1)).enumerate() {
        let Kind::String(name) = &key.kind else {
            return fail(format!("keys list has null value at index {i}"));
        };
        marks = marks.and(key.marks);
        entries.insert(name.clone(), value.clone());
    }
    Ok(match &call.returns {
        Type::Map(element) => Value::map((**element).clone(), entries),
        _ => Value::object(entries),
    }
    .with_marks(marks))
}
