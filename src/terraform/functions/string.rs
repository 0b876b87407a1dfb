//! Text: case, trimming, searching, splitting, joining.

use unicode_segmentation::UnicodeSegmentation;

use super::call::{Call, Fault, fail, wrong};
use super::regex;
use super::table::{Function, Param, Shape};
use crate::terraform::value::{Number, Refinement, Type, Unknown, Value};

const STR: &[Param] = &[Param::string("str").dynamic()];
const PLAIN: &[Param] = &[Param::string("str")];
const LIST_OF_STRING: Shape = Shape::List(&Shape::String);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("chomp", PLAIN, Shape::String, |c| c.text(c.str(0).trim_end_matches(['\n', '\r']))),
    Function::new("endswith", &[Param::string("str"), Param::string("suffix")], Shape::Bool, |c| {
        Ok(c.str(0).ends_with(c.str(1)).into())
    }),
    Function::new("indent", &[Param::number("spaces"), Param::string("str")], Shape::String, indent),
    Function::new("join", &[Param::string("separator")], Shape::String, join)
        .variadic(Param::new("lists", LIST_OF_STRING)),
    Function::new("lower", STR, Shape::String, |c| mapped(c, lower)),
    Function::new(
        "replace",
        &[Param::string("str"), Param::string("substr"), Param::string("replace")],
        Shape::String,
        replace,
    ),
    Function::new("sort", &[Param::new("list", LIST_OF_STRING).unknown()], LIST_OF_STRING, sort),
    Function::new("split", &[Param::string("separator"), Param::string("str")], LIST_OF_STRING, split),
    Function::new(
        "startswith",
        &[Param::string("str").unknown(), Param::string("prefix")],
        Shape::Bool,
        startswith,
    ),
    Function::new("strcontains", &[Param::string("str"), Param::string("substr")], Shape::Bool, |c| {
        Ok(c.str(0).contains(c.str(1)).into())
    })
    .may_be_null(),
    Function::new("strrev", STR, Shape::String, |c| {
        c.text(&c.str(0).graphemes(true).rev().collect::<String>())
    }),
    Function::new(
        "substr",
        &[
            Param::string("str").dynamic(),
            Param::number("offset").dynamic(),
            Param::number("length").dynamic(),
        ],
        Shape::String,
        substr,
    ),
    Function::new("title", PLAIN, Shape::String, title),
    Function::new("trim", &[Param::string("str"), Param::string("cutset")], Shape::String, |c| {
        c.text(c.str(0).trim_matches(|x| c.str(1).contains(x)))
    }),
    Function::new("trimprefix", &[Param::string("str"), Param::string("prefix")], Shape::String, |c| {
        c.text(c.str(0).strip_prefix(c.str(1)).unwrap_or(c.str(0)))
    }),
    Function::new("trimspace", PLAIN, Shape::String, |c| c.text(c.str(0).trim())),
    Function::new("trimsuffix", &[Param::string("str"), Param::string("suffix")], Shape::String, |c| {
        c.text(c.str(0).strip_suffix(c.str(1)).unwrap_or(c.str(0)))
    }),
    Function::new("upper", STR, Shape::String, |c| mapped(c, upper)),
];

fn mapped(call: &Call, f: fn(char) -> char) -> Result<Value, Fault> {
    call.text(&call.str(0).chars().map(f).collect::<String>())
}

/// The simple upper case: one character for one, as Go maps them.
fn upper(c: char) -> char {
    let mut full = c.to_uppercase();
    match (full.next(), full.next()) {
        (Some(one), None) => one,
        // With iota subscript: the full mapping has two characters, the simple one is 8 or 9 further.
        _ => match c {
            '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => {
                char::from_u32(c as u32 + 8).unwrap_or(c)
            }
            '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => char::from_u32(c as u32 + 9).unwrap_or(c),
            _ => c,
        },
    }
}

fn lower(c: char) -> char {
    let mut full = c.to_lowercase();
    match (full.next(), full.next()) {
        (Some(one), None) => one,
        _ if c == '\u{130}' => 'i',
        _ => c,
    }
}

/// The simple title case, which differs from upper case for digraphs and Georgian.
fn title_case(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => c,
        c => upper(c),
    }
}

/// Every letter after a separator in title case; an apostrophe separates too, as in Go.
fn title(call: &Call) -> Result<Value, Fault> {
    let separates = |c: char| match c {
        '_' => false,
        c if c.is_ascii() => !c.is_ascii_alphanumeric(),
        c => !c.is_alphanumeric() && c.is_whitespace(),
    };
    let mut previous = ' ';
    let titled = call.str(0).chars().map(|c| {
        let mapped = if separates(previous) { title_case(c) } else { c };
        previous = c;
        mapped
    });
    call.text(&titled.collect::<String>())
}

fn indent(call: &Call) -> Result<Value, Fault> {
    let spaces = call.int(0)?;
    let Ok(spaces) = usize::try_from(spaces) else {
        return fail("panic in function implementation: strings: negative Repeat count");
    };
    let text = call.str(1);
    let lines = text.bytes().filter(|b| *b == b'\n').count();
    call.charge_text(spaces.saturating_mul(lines.max(1)).saturating_add(text.len()))?;
    let pad = format!("\n{}", " ".repeat(spaces));
    Ok(Value::string(&text.replace('\n', &pad)))
}

fn join(call: &Call) -> Result<Value, Fault> {
    let separator = call.str(0);
    let lists = &call.args[1..];
    if lists.is_empty() {
        return fail("at least one list is required");
    }
    if !lists.iter().all(Value::is_wholly_known) {
        return Ok(call.unknown_result());
    }
    let mut items: Vec<&str> = Vec::new();
    for (i, list) in lists.iter().enumerate() {
        for (j, item) in list.as_slice().unwrap_or_default().iter().enumerate() {
            match item.as_str() {
                Some(text) => items.push(text),
                None if lists.len() > 1 => {
                    let n = i + 1;
                    return wrong(
                        n,
                        format!("element {j} of list {n} is null; cannot concatenate null values"),
                    );
                }
                None => return wrong(i + 1, format!("element {j} is null; cannot concatenate null values")),
            }
        }
    }
    let text: usize = items.iter().map(|item| item.len()).sum();
    call.charge_text(text.saturating_add(separator.len().saturating_mul(items.len())))?;
    Ok(Value::string(&items.join(separator)))
}

fn replace(call: &Call) -> Result<Value, Fault> {
    let (text, part, with) = (call.str(0), call.str(1), call.str(2));
    if part.len() > 1 && part.starts_with('/') && part.ends_with('/') {
        return regex::replace(call, text, &part[1..part.len() - 1], with);
    }
    let count = if part.is_empty() { text.chars().count() + 1 } else { text.matches(part).count() };
    call.charge_text(count.saturating_mul(with.len()).saturating_add(text.len()))?;
    Ok(Value::string(&text.replace(part, with)))
}

fn sort(call: &Call) -> Result<Value, Fault> {
    let list = call.arg(0);
    if !list.is_wholly_known() {
        let length = |n: Option<u64>, known: usize| n.or_else(|| list.as_slice().map(|_| known as u64));
        let known = call.members(0).len();
        let refinement = list.as_unknown().map(|u| (*u.refinement).clone()).unwrap_or_default();
        let refinement = Refinement {
            min_length: length(refinement.min_length, known),
            max_length: length(refinement.max_length, known),
            ..Default::default()
        };
        return Ok(call.refined(call.returns.clone(), refinement));
    }
    let mut items = call.members(0).to_vec();
    if let Some(i) = items.iter().position(Value::is_null) {
        return fail(format!("given list element {i} is null; a null string cannot be sorted"));
    }
    items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    Ok(Value::list(Type::String, items))
}

fn split(call: &Call) -> Result<Value, Fault> {
    let (separator, text) = (call.str(0), call.str(1));
    call.charge_text(text.len())?;
    call.charge_members(text.len() / 16)?;
    let parts: Vec<Value> = if separator.is_empty() {
        text.chars().map(|c| Value::string(c.encode_utf8(&mut [0; 4]))).collect()
    } else {
        text.split(separator).map(Value::string).collect()
    };
    Ok(Value::list(Type::String, parts))
}

fn startswith(call: &Call) -> Result<Value, Fault> {
    let prefix = call.str(1);
    let Some(unknown) = call.arg(0).as_unknown() else {
        return Ok(call.str(0).starts_with(prefix).into());
    };
    let known = unknown.refinement.prefix.as_deref().unwrap_or("");
    Ok(match () {
        () if known.starts_with(prefix) => true.into(),
        () if !known.is_empty() && known.len() >= prefix.len() => false.into(),
        () => call.unknown_result(),
    })
}

/// Counts grapheme clusters. An offset before the beginning is not moved to it (as in Terraform, so
/// `substr("abc", -5, 0)` is the whole text).
fn substr(call: &Call) -> Result<Value, Fault> {
    let text = call.str(0);
    let (mut offset, length) = (call.int(1)?, call.int(2)?);
    if offset < 0 {
        offset = offset.saturating_add(text.graphemes(true).count() as i64);
    } else if length == 0 {
        return Ok(Value::string(""));
    }
    let skip = usize::try_from(offset).unwrap_or(0);
    let rest = text.graphemes(true).skip(skip);
    match usize::try_from(length) {
        Ok(length) if length > 0 => call.text(&rest.take(length).collect::<String>()),
        _ => call.text(&rest.collect::<String>()),
    }
}

/// The number of characters as people see them.
pub(super) fn grapheme_count(text: &str) -> usize {
    if text.is_ascii() && !text.contains('\r') { text.len() } else { text.graphemes(true).count() }
}

/// The length of an unknown string or collection, between the bounds that are known of it.
pub(super) fn unknown_length(call: &Call, unknown: &Unknown, ty: &Type) -> Value {
    let known = &unknown.refinement;
    let (min, max) = match ty {
        Type::Dynamic => return call.unknown(Type::Number),
        Type::String => (known.prefix.as_deref().map_or(0, grapheme_count) as u64, None),
        _ => (known.min_length.unwrap_or(0), known.max_length),
    };
    let bound = |n: u64| (Number::from(i64::try_from(n).unwrap_or(i64::MAX)), true);
    let refinement = Refinement { min: Some(bound(min)), max: max.map(bound), ..Default::default() };
    call.refined(Type::Number, refinement)
}
