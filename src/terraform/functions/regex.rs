//! `regex`, `regexall`, and `replace` with a pattern.

mod translate;

use ::regex::{Captures, Regex, RegexBuilder};

use translate::NAME_PREFIX;

use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param};
use crate::terraform::value::{Str, Type, Value};

const PARAMS: &[Param] = &[Param::string("pattern"), Param::string("string")];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::typed("regex", PARAMS, result_type, regex),
    Function::typed("regexall", PARAMS, |call| result_type(call).map(Type::list), regexall),
];

/// Compiled patterns may not take more memory than this: a pattern is part of the code under review.
const SIZE_LIMIT: usize = 1 << 22;

fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate::from_go(pattern)?;
    RegexBuilder::new(&translated).size_limit(SIZE_LIMIT).dfa_size_limit(SIZE_LIMIT).build().map_err(
        |error| match error {
            ::regex::Error::CompiledTooBig(_) => "expression too large".into(),
            other => other.to_string().lines().last().unwrap_or("").trim_start_matches("error: ").to_owned(),
        },
    )
}

fn compile_argument(call: &Call) -> Result<Regex, Fault> {
    compile(call.str(0)).map_err(|message| Fault::Argument(0, format!("invalid regexp pattern: {message}")))
}

/// A string, a tuple for unnamed groups, an object for named ones.
fn result_type(call: &Call) -> Result<Type, Fault> {
    if call.arg(0).is_unknown() {
        return Ok(Type::Dynamic);
    }
    let pattern = compile_argument(call)?;
    let names: Vec<Option<&str>> = group_names(&pattern).collect();
    let named = names.iter().flatten().count();
    if named > 0 && named < names.len() {
        return wrong(0, "invalid regexp pattern: cannot mix both named and unnamed capture groups");
    }
    Ok(if names.is_empty() {
        Type::String
    } else if named > 0 {
        Type::object(names.into_iter().flatten().map(|name| (Str::from(name), Type::String)))
    } else {
        Type::Tuple(vec![Type::String; names.len()].into())
    })
}

/// The names of the groups, as the pattern has them.
fn group_names(pattern: &Regex) -> impl Iterator<Item = Option<&str>> {
    pattern.capture_names().skip(1).map(|name| name.and_then(|name| name.strip_prefix(NAME_PREFIX)))
}

fn regex(call: &Call) -> Result<Value, Fault> {
    let pattern = compile_argument(call)?;
    match pattern.captures(call.str(1)) {
        Some(captures) => Ok(result(&pattern, &captures)),
        None => fail("pattern did not match any part of the given string"),
    }
}

fn regexall(call: &Call) -> Result<Value, Fault> {
    let pattern = compile_argument(call)?;
    let element = call.returns.element().cloned().unwrap_or(Type::String);
    let mut found = Vec::new();
    for captures in pattern.captures_iter(call.str(1)) {
        call.charge_members(captures.len())?;
        found.push(result(&pattern, &captures));
    }
    Ok(Value::list(element, found))
}

fn result(pattern: &Regex, captures: &Captures) -> Value {
    let group = |i: usize| match captures.get(i) {
        Some(text) => Value::string(text.as_str()),
        None => Value::null_of(Type::String),
    };
    let mut names = (1..).zip(group_names(pattern)).peekable();
    match names.peek() {
        None => group(0),
        Some((_, None)) => Value::tuple((1..captures.len()).map(group).collect()),
        Some((_, Some(_))) => Value::object(names.filter_map(|(i, name)| Some((name?, group(i))))),
    }
}

/// Replaces all matches; `$1`, `$name`, `${name}` and `$$` in the replacement as in Go.
pub(super) fn replace(call: &Call, text: &str, pattern: &str, with: &str) -> Result<Value, Fault> {
    let pattern = match compile(pattern) {
        Ok(pattern) => pattern,
        Err(message) => return fail(format!("error parsing regexp: {message}")),
    };
    let mut out = String::new();
    let mut end = 0;
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        out.push_str(&text[end..whole.start()]);
        let before = out.len();
        expand(&captures, with, &mut out);
        call.charge_text(out.len() - before)?;
        end = whole.end();
    }
    out.push_str(&text[end..]);
    call.text(&out)
}

fn expand(captures: &Captures, template: &str, out: &mut String) {
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(next) = after.strip_prefix('$') {
            out.push('$');
            rest = next;
            continue;
        }
        let (braced, body) = match after.strip_prefix('{') {
            Some(body) => (true, body),
            None => (false, after),
        };
        let length = body.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(body.len());
        let (name, tail) = body.split_at(length);
        let tail = if braced { tail.strip_prefix('}') } else { Some(tail) };
        match tail {
            Some(tail) if !name.is_empty() => {
                let group = match name.parse::<usize>() {
                    Ok(index) => captures.get(index),
                    Err(_) => captures.name(&format!("{NAME_PREFIX}{name}")),
                };
                out.push_str(group.map_or("", |g| g.as_str()));
                rest = tail;
            }
            _ => {
                out.push('$');
                rest = after;
            }
        }
    }
    out.push_str(rest);
}
