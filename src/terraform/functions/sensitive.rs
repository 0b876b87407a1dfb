//! `ephemeralasnull`, `issensitive`, `nonsensitive`, `sensitive`.

use super::call::{Call, Fault};
use super::table::{Function, Param};
use crate::terraform::value::{Marks, Type, Value};

const ANYTHING: &[Param] = &[Param::any("value").unknown().nullable().marked().dynamic()];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("ephemeralasnull", ANYTHING, same_type, |c| Ok(without_ephemeral(c.arg(0).clone())))
        .may_be_null(),
    Function::typed("issensitive", ANYTHING, |_| Ok(Type::Bool), issensitive).may_be_null(),
    Function::typed("nonsensitive", ANYTHING, same_type, |c| {
        let (value, marks) = c.arg(0).clone().unmark();
        Ok(value.with_marks(Marks { sensitive: false, ..marks }))
    })
    .may_be_null(),
    Function::typed("sensitive", ANYTHING, same_type, |c| Ok(c.arg(0).clone().with_marks(Marks::SENSITIVE)))
        .may_be_null(),
];

fn same_type(call: &Call) -> Result<Type, Fault> {
    Ok(call.arg(0).ty())
}

fn issensitive(call: &Call) -> Result<Value, Fault> {
    let value = call.arg(0);
    Ok(match () {
        () if value.marks.sensitive => true.into(),
        () if value.is_unknown() => call.unknown_result(),
        () => false.into(),
    })
}

/// The value with null in place of each ephemeral part, which keeps its other marks.
fn without_ephemeral(value: Value) -> Value {
    if value.marks.ephemeral {
        let marks = Marks { ephemeral: false, ..value.marks };
        return Value::null_of(value.ty()).with_marks(marks).with_origin(value.origin);
    }
    value.map_children(without_ephemeral)
}
