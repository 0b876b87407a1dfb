//! `abs`, `ceil`, `floor`, `log`, `max`, `min`, `parseint`, `pow`, `signum`.

use dashu_int::{IBig, UBig};

use super::arguments::whole;
use super::call::{Call, Fault, fail, wrong};
use super::table::{Function, Param, Shape};
use crate::terraform::value::text::quote_go;
use crate::terraform::value::{Number, Type, Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function::new("abs", &[Param::number("num").dynamic()], Shape::Number, |c| Ok(c.number(0).abs().into())),
    Function::new("ceil", &[Param::number("num")], Shape::Number, |c| towards(c, 1)),
    Function::new("floor", &[Param::number("num")], Shape::Number, |c| towards(c, -1)),
    Function::new("log", &[Param::number("num"), Param::number("base")], Shape::Number, |c| {
        double(c, |num, base| num.ln() / base.ln())
    }),
    Function::new("max", &[], Shape::Number, |c| extreme(c, 1)).variadic(Param::number("numbers").dynamic()),
    Function::new("min", &[], Shape::Number, |c| extreme(c, -1)).variadic(Param::number("numbers").dynamic()),
    Function::typed(
        "parseint",
        &[Param::any("number").marked().unknown(), Param::number("base").marked().unknown()],
        parseint_type,
        parseint,
    ),
    Function::new("pow", &[Param::number("num"), Param::number("power")], Shape::Number, |c| double(c, pow)),
    Function::new("signum", &[Param::number("num")], Shape::Number, |c| Ok(c.int(0)?.signum().into())),
];

/// The next whole number upwards (1) or downwards (-1).
fn towards(call: &Call, direction: i8) -> Result<Value, Fault> {
    let number = call.number(0);
    let Some(whole) = number.trunc() else { return Ok(number.into()) };
    let step = i8::from(!number.is_whole() && number.sign() == direction) * direction;
    Ok(number.with_integer(&(whole + IBig::from(step))).into())
}

fn double(call: &Call, f: fn(f64, f64) -> f64) -> Result<Value, Fault> {
    match Number::from_f64(f(call.number(0).to_f64(), call.number(1).to_f64())) {
        Some(number) => Ok(number.into()),
        None => fail("panic in function implementation: Float.SetFloat64(NaN)"),
    }
}

/// Go's `math.Pow`, whose last digits differ from those of other libraries.
fn pow(x: f64, y: f64) -> f64 {
    let (whole, fraction) = (y.abs().trunc(), y.abs().fract());
    let special = x == 0.0 || x == 1.0 || !x.is_finite() || !y.is_finite() || y.abs() == 0.5 || y == 0.0;
    if special || y == 1.0 || (fraction != 0.0 && x < 0.0) || whole >= 2f64.powi(63) {
        return match y {
            0.5 if x.is_finite() => x.sqrt(),
            -0.5 if x.is_finite() => 1.0 / x.sqrt(),
            _ => x.powf(y),
        };
    }
    // A fraction above a half is taken from the next whole power.
    let (whole, fraction) = if fraction > 0.5 { (whole + 1.0, fraction - 1.0) } else { (whole, fraction) };
    let mut mantissa = if fraction == 0.0 { 1.0 } else { (fraction * x.ln()).exp() };
    let mut exponent = 0i64;
    let (mut square, mut square_exponent) = frexp(x);
    let mut bits = whole as i64;
    while bits != 0 {
        if square_exponent.abs() > 1 << 12 {
            exponent += square_exponent;
            break;
        }
        if bits & 1 == 1 {
            mantissa *= square;
            exponent += square_exponent;
        }
        square *= square;
        square_exponent *= 2;
        if square < 0.5 {
            square += square;
            square_exponent -= 1;
        }
        bits >>= 1;
    }
    let (mantissa, exponent) = if y < 0.0 { (1.0 / mantissa, -exponent) } else { (mantissa, exponent) };
    // In two steps, so that a result near the ends of the range is rounded once.
    let half = (exponent / 2).clamp(-2000, 2000) as i32;
    let rest = (exponent - exponent / 2).clamp(-2000, 2000) as i32;
    if exponent.abs() <= 1000 {
        mantissa * 2f64.powi(exponent as i32)
    } else {
        mantissa * 2f64.powi(half) * 2f64.powi(rest)
    }
}

/// A number as a mantissa from a half to below one, and a power of two.
fn frexp(x: f64) -> (f64, i64) {
    let (scaled, shift) = if x.abs() < f64::MIN_POSITIVE { (x * 2f64.powi(64), 64) } else { (x, 0) };
    let exponent = (scaled.to_bits() >> 52 & 0x7ff) as i64 - 1022;
    let mantissa = f64::from_bits(scaled.to_bits() & !(0x7ff << 52) | 1022 << 52);
    (mantissa, exponent - shift)
}

/// The greatest (1) or least (-1) argument.
fn extreme(call: &Call, direction: i8) -> Result<Value, Fault> {
    let numbers = call.args.iter().filter_map(Value::as_number);
    let best = numbers.reduce(|best, n| if n.compare(best) as i8 == direction { n } else { best });
    match best {
        Some(number) => Ok(number.clone().into()),
        None => fail("must pass at least one number"),
    }
}

fn parseint_type(call: &Call) -> Result<Type, Fault> {
    match call.arg(0).ty() {
        Type::String => Ok(Type::Number),
        other => wrong(0, format!("first argument must be a string, not {}", other.friendly_name())),
    }
}

fn parseint(call: &Call) -> Result<Value, Fault> {
    let (text, base) = (call.arg(0), call.arg(1));
    let marks = text.marks.and(base.marks);
    if text.is_unknown() || base.is_unknown() {
        return Ok(call.unknown(Type::Number).with_marks(marks));
    }
    let radix = whole(base).map_err(|message| Fault::Argument(1, message))?;
    if !(2..=62).contains(&radix) {
        return wrong(1, "base must be a whole number between 2 and 62 inclusive");
    }
    match integer(call.str(0), radix) {
        Some(value) => Ok(Value::from(Number::from_integer(&value)).with_marks(marks)),
        None => {
            let hidden =
                |v: &Value, shown: String| if v.marks.sensitive { "(sensitive value)".into() } else { shown };
            let number = hidden(text, quote_go(call.str(0)));
            let base = hidden(base, radix.to_string());
            wrong(0, format!("cannot parse {number} as a base {base} integer"))
        }
    }
}

/// Digits, then letters; lower case before upper case where the base tells them apart (above 36).
fn integer(text: &str, radix: i64) -> Option<IBig> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 20_000 {
        return None;
    }
    let mut value = UBig::ZERO;
    for c in digits.bytes() {
        let digit = match c {
            b'0'..=b'9' => c - b'0',
            b'a'..=b'z' => c - b'a' + 10,
            b'A'..=b'Z' if radix <= 36 => c - b'A' + 10,
            b'A'..=b'Z' => c - b'A' + 36,
            _ => return None,
        };
        if i64::from(digit) >= radix {
            return None;
        }
        value = value * radix as u64 + digit;
    }
    let value = IBig::from(value);
    Some(if text.starts_with('-') { -value } else { value })
}
