//! `format` and `formatlist`: Go's verbs over Terraform's values.

use unicode_segmentation::UnicodeSegmentation;

use super::call::{Call, Fault, fail, wrong};
use super::json;
use super::string::grapheme_count;
use super::table::{Function, Param, Shape};
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::{quote_go, safe_prefix};
use crate::terraform::value::{Kind, Layout, Number, Refinement, Type, Value};

const FORMAT: &[Param] = &[Param::string("format")];
const ARGS: Param = Param::any("args").nullable().unknown();

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("format", FORMAT, Shape::String, format).variadic(ARGS),
    Function::new("formatlist", FORMAT, Shape::List(&Shape::String), formatlist).variadic(ARGS),
];

fn format(call: &Call) -> Result<Value, Fault> {
    let template = call.str(0);
    let args: Vec<&Value> = call.args.iter().skip(1).collect();
    if !args.iter().all(|arg| arg.is_wholly_known()) {
        let prefix = template.find('%').filter(|at| *at > 0).map(|at| safe_prefix(&template[..at]));
        return Ok(call.refined(Type::String, Refinement { prefix, ..Default::default() }));
    }
    formatted(call, template, &args)
}

fn formatlist(call: &Call) -> Result<Value, Fault> {
    let template = call.str(0);
    let args = &call.args[1..];
    if args.is_empty() {
        return Ok(Value::list(Type::String, vec![formatted(call, template, &[])?]));
    }
    let mut length: Option<(usize, usize)> = None;
    let mut unknown = false;
    for (i, arg) in args.iter().enumerate() {
        let own = match (&arg.kind, arg.ty()) {
            (Kind::Null(_), _) => continue,
            (_, Type::Tuple(types)) => {
                unknown |= arg.is_unknown();
                types.len()
            }
            (_, Type::List(_) | Type::Set(_)) => match arg.length().and_then(|l| l.as_i64()) {
                Some(n) => n as usize,
                None => {
                    unknown = true;
                    continue;
                }
            },
            _ => continue,
        };
        match length {
            None => length = Some((i, own)),
            Some((_, n)) if n == own => {}
            Some((chooser, n)) => {
                let message = format!(
                    "argument {} has length {own}, which is inconsistent with argument {} of length {n}",
                    i + 1,
                    chooser + 1
                );
                return wrong(i + 1, message);
            }
        }
    }
    if unknown {
        return Ok(call.unknown_result());
    }
    let mut results = Vec::new();
    for row in 0..length.map_or(1, |(_, n)| n) {
        call.charge_members(1 + args.len())?;
        let row_args: Vec<&Value> =
            args.iter().map(|arg| arg.as_slice().and_then(|items| items.get(row)).unwrap_or(arg)).collect();
        if !row_args.iter().all(|arg| arg.is_wholly_known()) {
            results.push(call.refined(Type::String, Refinement::default()));
            continue;
        }
        results.push(formatted(call, template, &row_args).map_err(|fault| match fault {
            Fault::Argument(_, message) | Fault::Call(message) => {
                Fault::Call(format!("error on format iteration {row}: {message}"))
            }
            Fault::Exhausted => Fault::Exhausted,
        })?);
    }
    Ok(Value::list(Type::String, results))
}

/// One verb of a format string.
#[derive(Debug, Default)]
struct Verb<'a> {
    raw: &'a str,
    offset: usize,
    zero: bool,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// Which argument, from 1.
    argument: usize,
    mode: char,
}

impl Verb<'_> {
    fn unsupported<T>(&self, reason: &str) -> Result<T, Fault> {
        fail(format!("unsupported value for {} at {}: {reason}", quote_go(self.raw), self.offset))
    }
}

/// Widths and precisions beyond this are refused: they would only fill the memory.
const MAX_WIDTH: usize = 1_000_000;

/// Reads the verb at `offset`, where a `%` is; `next` is the argument it takes if it names none.
fn parse_verb(template: &str, offset: usize, next: usize) -> Result<Verb<'_>, Fault> {
    let mut verb = Verb { offset, argument: next, ..Default::default() };
    let mut at = offset + 1;
    let peek = |at: usize| template[at..].chars().next();
    let digits = |at: usize| template[at..].bytes().take_while(u8::is_ascii_digit).count();
    let number = |from: usize, to: usize| template[from..to].parse::<usize>().unwrap_or(usize::MAX);
    loop {
        match peek(at) {
            Some('0') => verb.zero = true,
            Some('#') => verb.sharp = true,
            Some('-') => verb.minus = true,
            Some('+') => verb.plus = true,
            Some(' ') => verb.space = true,
            _ => break,
        }
        at += 1;
    }
    let length = digits(at);
    if length > 0 {
        verb.width = Some(number(at, at + length));
        at += length;
    }
    if peek(at) == Some('.') {
        let length = digits(at + 1);
        verb.precision = Some(if length == 0 { 0 } else { number(at + 1, at + 1 + length) });
        at += 1 + length;
    }
    if peek(at) == Some('[') {
        let length = digits(at + 1);
        let end = at + 1 + length;
        if length > 0 && peek(at + 1) != Some('0') && peek(end) == Some(']') {
            verb.argument = number(at + 1, end);
            at = end + 1;
        } else {
            at += 1;
        }
    }
    match peek(at) {
        Some(c) if c.is_ascii_alphabetic() => {
            verb.mode = c;
            verb.raw = &template[offset..at + 1];
        }
        Some(c) => return fail(format!("unrecognized format character '{c}' at offset {at}")),
        None => return fail(format!("invalid format string starting at offset {at}")),
    }
    if verb.width.is_some_and(|n| n > MAX_WIDTH) || verb.precision.is_some_and(|n| n > MAX_WIDTH) {
        return fail(format!("width or precision of {} is too large", quote_go(verb.raw)));
    }
    Ok(verb)
}

fn formatted(call: &Call, template: &str, args: &[&Value]) -> Result<Value, Fault> {
    let mut out = String::new();
    let (mut next, mut highest) = (1usize, 0usize);
    let mut rest = 0;
    while let Some(found) = template[rest..].find('%') {
        let offset = rest + found;
        out.push_str(&template[rest..offset]);
        if template[offset + 1..].starts_with('%') {
            out.push('%');
            rest = offset + 2;
            continue;
        }
        let verb = parse_verb(template, offset, next)?;
        highest = highest.max(verb.argument);
        let text = one(&verb, args)?;
        call.charge_text(text.len())?;
        out.push_str(&text);
        next = verb.argument.saturating_add(1);
        rest = offset + verb.raw.len();
    }
    out.push_str(&template[rest..]);
    if highest < args.len() {
        let message = match highest {
            0 => "too many arguments; no verbs in format string".to_owned(),
            n => format!("too many arguments; only {n} used by format string"),
        };
        return wrong(highest + 1, message);
    }
    call.text(&out)
}

fn one(verb: &Verb, args: &[&Value]) -> Result<String, Fault> {
    let raw = quote_go(verb.raw);
    let Some(arg) = verb.argument.checked_sub(1).and_then(|i| args.get(i)) else {
        let (at, need, have) = (verb.offset, verb.argument, args.len());
        return fail(format!(
            "not enough arguments for {raw} at {at}: need index {need} but have {have} total"
        ));
    };
    if verb.mode != 'v' && arg.is_null() {
        return verb.unsupported("null value cannot be formatted");
    }
    let converted = |ty: Type| match convert((*arg).clone(), &ty) {
        Ok(value) => Ok(value),
        Err(error) => verb.unsupported(&error.message),
    };
    match verb.mode {
        'v' => as_is(verb, arg),
        't' => Ok(converted(Type::Bool)?.as_bool().unwrap_or(false).to_string()),
        'b' | 'd' | 'o' | 'x' | 'X' => match converted(Type::Number)?.as_number() {
            Some(number) => integer(verb, number),
            None => verb.unsupported("an integer is required"),
        },
        'e' | 'E' | 'f' | 'g' | 'G' => match converted(Type::Number)?.as_number() {
            Some(number) => Ok(float(verb, number)),
            None => verb.unsupported("a number is required"),
        },
        's' | 'q' => Ok(string(verb, converted(Type::String)?.as_str().unwrap_or(""))),
        mode => fail(format!("unsupported format verb '{mode}' in {raw} at offset {}", verb.offset)),
    }
}

fn as_is(verb: &Verb, arg: &Value) -> Result<String, Fault> {
    let text = match &arg.kind {
        Kind::String(s) if !verb.sharp => s.to_string(),
        Kind::Number(n) if !verb.sharp => {
            let sign = if n.is_negative() {
                "-"
            } else if n.is_infinite() {
                "+"
            } else {
                ""
            };
            format!("{sign}{}", n.format(Layout::General(None), 'e'))
        }
        _ => match json::encode(arg) {
            Ok(text) => text,
            Err(message) => return verb.unsupported(&message),
        },
    };
    Ok(padded(verb, text))
}

fn string(verb: &Verb, text: &str) -> String {
    let cut = match verb.precision {
        Some(length) if length > 0 => text.graphemes(true).take(length).collect(),
        _ => text.to_owned(),
    };
    padded(verb, if verb.mode == 'q' { json::quote(&cut) } else { cut })
}

/// Pads to the width in characters; zeros go to the right as well when the text stands left.
fn padded(verb: &Verb, text: String) -> String {
    let missing = verb.width.unwrap_or(0).saturating_sub(grapheme_count(&text));
    let pad = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus { text + &pad } else { pad + &text }
}

fn integer(verb: &Verb, number: &Number) -> Result<String, Fault> {
    let Some(whole) = number.to_integer() else { return verb.unsupported("an integer is required") };
    let radix = match verb.mode {
        'b' => 2,
        'o' => 8,
        'd' => 10,
        _ => 16,
    };
    let (_, magnitude) = whole.clone().into_parts();
    let mut digits = magnitude.in_radix(radix).to_string();
    if verb.mode == 'X' {
        digits.make_ascii_uppercase();
    }
    let prefix = match verb.mode {
        'b' if verb.sharp => "0b",
        'o' if verb.sharp => "0",
        'x' if verb.sharp => "0x",
        'X' if verb.sharp => "0X",
        _ => "",
    };
    if digits == "0" && verb.precision == Some(0) {
        return Ok(String::new());
    }
    let sign = sign(verb, whole < dashu_int::IBig::ZERO);
    let mut zeros = verb.precision.unwrap_or(0).saturating_sub(digits.len());
    let length = sign.len() + prefix.len() + zeros + digits.len();
    let missing = verb.width.unwrap_or(0).saturating_sub(length);
    let (mut left, mut right) = (0, 0);
    match () {
        () if verb.minus => right = missing,
        () if verb.zero && verb.precision.is_none() => zeros = missing,
        () => left = missing,
    }
    let (left, zeros, right) = (" ".repeat(left), "0".repeat(zeros), " ".repeat(right));
    Ok(format!("{left}{sign}{prefix}{zeros}{digits}{right}"))
}

fn sign(verb: &Verb, negative: bool) -> &'static str {
    match () {
        () if negative => "-",
        () if verb.plus => "+",
        () if verb.space => " ",
        () => "",
    }
}

fn float(verb: &Verb, number: &Number) -> String {
    let places = verb.precision.unwrap_or(6);
    let layout = match verb.mode {
        'e' | 'E' => Layout::Scientific(places),
        'f' => Layout::Fixed(places),
        _ => Layout::General(verb.precision),
    };
    let letter = if verb.mode.is_ascii_uppercase() { 'E' } else { 'e' };
    let digits = number.format(layout, letter);
    let infinite = number.is_infinite();
    let sign = match sign(verb, number.is_negative()) {
        "" if infinite => "+",
        sign => sign,
    };
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
    match () {
        () if verb.minus => format!("{sign}{digits}{}", " ".repeat(missing)),
        () if verb.zero && !infinite => format!("{sign}{}{digits}", "0".repeat(missing)),
        () => format!("{}{sign}{digits}", " ".repeat(missing)),
    }
}
