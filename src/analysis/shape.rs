//! Regular expressions that few texts need: one is compiled when a text first holds what all of its
//! matches hold.

use std::sync::OnceLock;

use regex::Regex;

/// A shape that a piece of text may have.
pub struct Shape {
    /// Every match holds one of these.
    marks: &'static [&'static str],
    /// In any case of letters.
    caseless: bool,
    pattern: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Shape {
    /// A shape, by what every piece of text of that shape holds, and its regular expression.
    pub const fn new(marks: &'static [&'static str], pattern: &'static str) -> Shape {
        Shape { marks, caseless: false, pattern, compiled: OnceLock::new() }
    }

    /// The same; the marks may stand in any case of letters.
    pub const fn caseless(marks: &'static [&'static str], pattern: &'static str) -> Shape {
        Shape { marks, caseless: true, pattern, compiled: OnceLock::new() }
    }

    /// The expression, where a text may have a match.
    pub fn within(&self, text: &str) -> Option<&Regex> {
        let holds = |mark: &&str| if self.caseless { holds(text, mark) } else { text.contains(mark) };
        self.marks.iter().any(holds).then_some(())?;
        self.compiled.get_or_init(|| Regex::new(self.pattern).ok()).as_ref()
    }
}

/// Whether a text holds a word, without case.
fn holds(text: &str, word: &str) -> bool {
    let (text, word) = (text.as_bytes(), word.as_bytes());
    let Some((first, rest)) = word.split_first() else { return true };
    let (small, large) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|t| memchr::memchr2(small, large, t)) {
        from += at + 1;
        if text.get(from..from + rest.len()).is_some_and(|t| t.eq_ignore_ascii_case(rest)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_compiled_when_a_text_holds_its_mark() {
        static SHAPE: Shape = Shape::caseless(&["Q~", "key="], "(?i)key=[a-z]+|Q~");
        assert!(SHAPE.within("").is_none() && SHAPE.within("keyKEykey").is_none());
        assert!(SHAPE.compiled.get().is_none());
        assert_eq!(SHAPE.within("a kKEY=b").and_then(|r| r.find("a kKEY=b")).map(|m| m.start()), Some(3));
        assert!(SHAPE.within("aq~").is_some());
    }
}
