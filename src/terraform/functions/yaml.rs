//! `yamldecode` and `yamlencode`.

mod decode;
mod encode;
mod scalar;

use super::call::{Call, Fault, fail};
use super::table::{Function, Param, Shape};
use crate::terraform::value::{Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("yamldecode", &[Param::string("src")], decode_type, decode).may_be_null(),
    Function::new("yamlencode", &[Param::any("value").nullable().dynamic()], Shape::String, yamlencode)
        .may_be_null(),
];

fn decode_type(call: &Call) -> Result<Type, Fault> {
    if call.arg(0).is_unknown() { Ok(Type::Dynamic) } else { Ok(decode(call)?.ty()) }
}

fn decode(call: &Call) -> Result<Value, Fault> {
    decode::document(call, call.str(0))
}

fn yamlencode(call: &Call) -> Result<Value, Fault> {
    let value = call.arg(0);
    if !value.is_wholly_known() {
        return Ok(call.unknown_result());
    }
    match encode::document(value) {
        Some(text) => call.text(&text),
        None => fail("cannot serialize unknown value as YAML"),
    }
}
