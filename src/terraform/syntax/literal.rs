//! The content of literals, read from the text.

use std::borrow::Cow;

use super::scan;

/// The text that the inside of a quoted string stands for. The error is the place of a bad escape and
/// what is wrong with it.
pub(crate) fn unescape(text: &str) -> Result<String, (usize, String)> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '$', '%']) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let place = text.len() - tail.len();
        let length = match tail.as_bytes() {
            [b'$', b'$', b'{', ..] | [b'%', b'%', b'{', ..] => {
                out.push_str(tail.get(..1).unwrap_or(""));
                out.push('{');
                3
            }
            [b'\\', b'n', ..] => escaped(&mut out, '\n'),
            [b'\\', b'r', ..] => escaped(&mut out, '\r'),
            [b'\\', b't', ..] => escaped(&mut out, '\t'),
            [b'\\', b'"', ..] => escaped(&mut out, '"'),
            [b'\\', b'\\', ..] => escaped(&mut out, '\\'),
            [b'\\', b'u', ..] => unicode(&mut out, tail, 4, "four").map_err(|detail| (place, detail))?,
            [b'\\', b'U', ..] => unicode(&mut out, tail, 8, "eight").map_err(|detail| (place, detail))?,
            [b'\\', ..] => {
                let detail = match tail.chars().nth(1) {
                    Some(c) => {
                        format!("The symbol {:?} is not a valid escape sequence selector.", c.to_string())
                    }
                    None => "Backslash must be followed by an escape sequence selector character.".to_owned(),
                };
                return Err((place, detail));
            }
            _ => {
                out.push_str(tail.get(..1).unwrap_or(""));
                1
            }
        };
        rest = tail.get(length..).unwrap_or("");
    }
    out.push_str(rest);
    Ok(out)
}

fn escaped(out: &mut String, c: char) -> usize {
    out.push(c);
    2
}

fn unicode(out: &mut String, tail: &str, digits: usize, word: &str) -> Result<usize, String> {
    let selector = if digits == 4 { 'u' } else { 'U' };
    let hex = tail.get(2..2 + digits).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
    let Some(code) = hex.and_then(|h| u32::from_str_radix(h, 16).ok()) else {
        return Err(format!(
            "The \\{selector} escape sequence must be followed by {word} hexadecimal digits."
        ));
    };
    match char::from_u32(code) {
        Some(c) => out.push(c),
        None => return Err(format!("Cannot encode character U+{code:04x} in UTF-8.")),
    }
    Ok(2 + digits)
}

/// The text that a piece of a heredoc or template file stands for: only doubled markers are escapes.
pub(crate) fn unescape_markers(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

/// The key that the text of an object's key stands for, when it is a plain name, whole number or
/// string: what can be told without evaluation.
pub(crate) fn plain_key(text: &str) -> Option<Cow<'_, str>> {
    if let Some(inside) = text.strip_prefix('"') {
        let inside = inside.strip_suffix('"')?;
        if !inside.bytes().any(|b| matches!(b, b'"' | b'\\' | b'$' | b'%' | b'\n' | b'\r')) {
            return Some(inside.into());
        }
        let mut scanner = scan::Scanner::new(text, 0);
        let kinds: Vec<_> = (0..3).map(|_| scanner.next()).collect();
        let whole = match kinds.as_slice() {
            [_, close, _] if inside.is_empty() => close.end(),
            [_, quoted, close] if quoted.kind == scan::Kind::Quoted => close.end(),
            _ => return None,
        };
        return match unescape(inside) {
            _ if whole != text.len() => None,
            // Escapes make a text shorter; without any it is as it was.
            Ok(plain) if plain.len() == inside.len() => Some(inside.into()),
            Ok(plain) => Some(plain.into()),
            Err(_) => None,
        };
    }
    let name = !text.is_empty() && scan::ident(text) == text.len();
    let digits = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    (name || (!text.is_empty() && digits)).then(|| text.into())
}
