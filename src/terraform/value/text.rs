//! Text as Terraform has it: NFC-normalised, with prefixes that stay prefixes whatever follows.

use std::sync::OnceLock;

use unicode_normalization::{UnicodeNormalization, is_nfc_quick};
use unicode_segmentation::UnicodeSegmentation;

use super::Str;

/// The text in Unicode normalisation form C.
pub fn normalise(text: &str) -> Str {
    if text.is_ascii() || is_nfc_quick(text.chars()) == unicode_normalization::IsNormalized::Yes {
        return text.into();
    }
    text.nfc().collect::<String>().into()
}

/// What of a known beginning stays as it is whatever text follows: the last character is dropped
/// unless it is a delimiter that nothing combines with.
pub fn safe_prefix(text: &str) -> Str {
    let text = normalise(text);
    let Some((start, last)) = text.grapheme_indices(true).next_back() else { return text };
    let mut chars = last.chars();
    let delimiter = chars.next().is_some_and(|c| "-_:;/\\,.(){}[]|?!~ \t@#$%^&*+\"'".contains(c));
    if delimiter && chars.next().is_none() { text } else { text[..start].into() }
}

/// The text as a Go string literal (`%q`): control and unprintable characters escaped.
pub fn quote_go(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_printable(c) => out.push(c),
            c if c < ' ' || c == '\u{7f}' => _ = write!(out, "\\x{:02x}", c as u32),
            c if (c as u32) < 0x10000 => _ = write!(out, "\\u{:04x}", c as u32),
            c => _ = write!(out, "\\U{:08x}", c as u32),
        }
    }
    out.push('"');
    out
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the plain space.
pub fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    static PRINTABLE: OnceLock<Option<regex::Regex>> = OnceLock::new();
    let class = PRINTABLE.get_or_init(|| regex::Regex::new(r"^[\p{L}\p{M}\p{N}\p{P}\p{S}]").ok());
    class.as_ref().is_some_and(|class| class.is_match(c.encode_utf8(&mut [0; 4])))
}
