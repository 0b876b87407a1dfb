//! Functions that policies call and the engine does not have as they should be: bounded, and the same
//! every time.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use regorus::{Engine, Value};

use super::tolerant::EACH;

/// How many elements a range may have.
const MAX_RANGE: i64 = 100_000;

type Function = fn(&[Value]) -> Result<Value, String>;

/// Name, number of arguments, function. These win over the engine's own.
const FUNCTIONS: &[(&str, u8, Function)] = &[
    ("base64.decode", 1, |a| decoded(STANDARD.decode(text(a, 0)?))),
    ("base64.encode", 1, |a| Ok(STANDARD.encode(text(a, 0)?).into())),
    ("base64.is_valid", 1, |a| Ok(STANDARD.decode(text(a, 0)?).is_ok().into())),
    ("base64url.decode", 1, |a| decoded(URL_SAFE_NO_PAD.decode(text(a, 0)?.trim_end_matches('=')))),
    ("base64url.encode", 1, |a| Ok(URL_SAFE.encode(text(a, 0)?).into())),
    ("base64url.encode_no_pad", 1, |a| Ok(URL_SAFE_NO_PAD.encode(text(a, 0)?).into())),
    ("numbers.range", 2, |a| range(whole(a, 0)?, whole(a, 1)?, 1)),
    ("numbers.range_step", 3, |a| range(whole(a, 0)?, whole(a, 1)?, whole(a, 2)?)),
    (EACH, 1, |a| Ok(a.first().filter(|v| is_collection(v)).cloned().unwrap_or_else(Value::new_array))),
    ("rand.intn", 2, |_| Err("the same input gives the same answer: rand.intn is not available".to_owned())),
];

/// Gives them to an engine.
pub(super) fn add(engine: &mut Engine) -> Result<(), String> {
    for (name, arguments, function) in FUNCTIONS {
        let function = *function;
        let call = move |given: Vec<Value>| function(&given).map_err(error);
        engine.add_extension((*name).to_owned(), *arguments, Box::new(call)).map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// An error of the type that the engine takes, which it does not name.
fn error<E: From<std::io::Error>>(message: String) -> E {
    std::io::Error::other(message).into()
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Set(_) | Value::Object(_))
}

fn text(given: &[Value], at: usize) -> Result<&str, String> {
    let value = given.get(at).ok_or("an argument is missing")?;
    value.as_string().map(|s| &**s).map_err(|_| format!("argument {} is no string", at + 1))
}

fn whole(given: &[Value], at: usize) -> Result<i64, String> {
    let value = given.get(at).ok_or("an argument is missing")?;
    value.as_i64().map_err(|_| format!("argument {} is no whole number", at + 1))
}

fn decoded(bytes: Result<Vec<u8>, base64::DecodeError>) -> Result<Value, String> {
    let bytes = bytes.map_err(|e| e.to_string())?;
    String::from_utf8(bytes).map(Value::from).map_err(|_| "what is encoded is no text".to_owned())
}

/// From the first to the last, both included, up or down.
fn range(first: i64, last: i64, step: i64) -> Result<Value, String> {
    if step <= 0 {
        return Err("the step must be a positive whole number".to_owned());
    }
    let count = i128::from(last).abs_diff(i128::from(first)) / step as u128 + 1;
    if count > MAX_RANGE as u128 {
        return Err(format!("a range has at most {MAX_RANGE} elements, and this one would have {count}"));
    }
    let way = if last < first { -step } else { step };
    let elements = (0..count as i64).map(|i| Value::from(first + i * way));
    Ok(elements.collect::<Vec<Value>>().into())
}
