//! `tobool`, `tolist`, `tomap`, `tonumber`, `toset`, `tostring`; `try` and `can`.

use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param};
use crate::terraform::value::convert::{convert, is_convertible};
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Type, Value};

const ANYTHING: &[Param] = &[Param::any("v").nullable().marked().dynamic().unknown()];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("can", &[Param::any("expression")], lazy, |c| Ok(c.arg(0).clone())),
    to("tobool", |c| target(c, Type::Bool)),
    to("tolist", |c| target(c, Type::list(Type::Dynamic))),
    to("tomap", |c| target(c, Type::map(Type::Dynamic))),
    to("tonumber", |c| target(c, Type::Number)),
    to("toset", |c| target(c, Type::set(Type::Dynamic))),
    to("tostring", |c| target(c, Type::String)),
    Function::typed("try", &[], lazy, |c| Ok(c.arg(0).clone())).variadic(Param::any("expressions")),
];

const fn to(name: &'static str, returns: super::table::TypeOf) -> Function {
    Function::typed(name, ANYTHING, returns, converted).may_be_null()
}

/// `try` and `can` look at expressions before they have values; the evaluator runs them.
fn lazy(_: &Call) -> Result<Type, Fault> {
    fail("its arguments must be evaluated one by one")
}

fn target(call: &Call, want: Type) -> Result<Type, Fault> {
    let got = call.arg(0).ty();
    if got == want || is_convertible(&got, &want, true) {
        return Ok(want);
    }
    wrong(0, format!("cannot convert {} to {}", got.friendly_name(), want.friendly_constraint_name()))
}

fn converted(call: &Call) -> Result<Value, Fault> {
    let value = call.arg(0);
    if value.is_unknown() {
        return Ok(call.unknown_result().with_marks(value.marks));
    }
    let want = &call.returns;
    if let Ok(converted) = convert(value.clone(), want) {
        return Ok(converted);
    }
    let (got, shown) = (value.ty(), value.as_str().map_or("string".into(), quote_go));
    let to = want.friendly_constraint_name();
    wrong(
        0,
        match (&got, want) {
            _ if value.is_sensitive_anywhere() => {
                format!("cannot convert this sensitive {} to {to}", got.friendly_name())
            }
            (Type::String, Type::Bool) => {
                format!("cannot convert {shown} to bool; only the strings \"true\" or \"false\" are allowed")
            }
            (Type::String, Type::Number) => format!(
                "cannot convert {shown} to number; given string must be a decimal representation of a number"
            ),
            _ => format!("cannot convert {} to {to}", got.friendly_name()),
        },
    )
}
