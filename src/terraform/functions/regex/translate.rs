//! Go's regular expressions (RE2 syntax) in the syntax of the `regex` crate.
//!
//! The two agree on what matters (leftmost-first, linear time) and differ in the small: in Go `\d`, `\w`,
//! `\s` and `\b` are ASCII, classes do not nest and have no set operators, `{` that starts no
//! repetition is a character, repetition goes to 1000 and is not repeated, `\Q...\E` quotes, octal
//! escapes exist, and there is no `x` flag.

use std::iter::Peekable;
use std::str::Chars;

/// Put before the name of every group: in Go a name may begin with a digit.
pub(super) const NAME_PREFIX: &str = "g_";

/// Go's limit of a repetition count.
const MAX_REPEAT: u32 = 1000;

/// The pattern in Rust's syntax, or what Go finds wrong with it.
pub(super) fn from_go(pattern: &str) -> Result<String, String> {
    let mut translator = Translator { input: pattern.chars().peekable(), out: String::new() };
    translator.run()?;
    Ok(translator.out)
}

struct Translator<'a> {
    input: Peekable<Chars<'a>>,
    out: String,
}

impl Translator<'_> {
    fn run(&mut self) -> Result<(), String> {
        // True after a repetition: another one is an error, but for a lazy `?`.
        let mut repeated = false;
        while let Some(c) = self.input.next() {
            let mut repetition = false;
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => {
                    self.repetition(&c.to_string(), repeated)?;
                    repetition = true;
                }
                '{' => match self.counts()? {
                    Some(counts) => {
                        self.repetition(&counts, repeated)?;
                        repetition = true;
                    }
                    None => self.out.push_str("\\{"),
                },
                '}' | ']' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                c => self.out.push(c),
            }
            repeated = repetition;
        }
        Ok(())
    }

    fn repetition(&mut self, operator: &str, repeated: bool) -> Result<(), String> {
        if repeated {
            return Err(format!("invalid nested repetition operator: `{operator}`"));
        }
        self.out.push_str(operator);
        if self.input.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        Ok(())
    }

    /// `{n}`, `{n,}` or `{n,m}` after the brace; `None` (and nothing read) when it is none of these.
    fn counts(&mut self) -> Result<Option<String>, String> {
        // Longer than any count that is allowed.
        let ahead: String = self.input.clone().take(24).collect();
        let Some((body, _)) = ahead.split_once('}') else { return Ok(None) };
        let (least, most) = match body.split_once(',') {
            Some((least, most)) => (least, Some(most)),
            None => (body, None),
        };
        let is_number = |s: &str| {
            !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit()) && (s.len() == 1 || !s.starts_with('0'))
        };
        if !is_number(least) || most.is_some_and(|m| !m.is_empty() && !is_number(m)) {
            return Ok(None);
        }
        let value = |s: &str| s.parse::<u32>().unwrap_or(u32::MAX);
        let upper = most.filter(|m| !m.is_empty()).map(value);
        if value(least) > MAX_REPEAT || upper.is_some_and(|u| u > MAX_REPEAT || u < value(least)) {
            return Err(format!("invalid repeat count: `{{{body}}}`"));
        }
        for _ in 0..=body.len() {
            self.input.next();
        }
        Ok(Some(format!("{{{body}}}")))
    }

    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.input.next_if_eq(&'?').is_none() {
            return Ok(());
        }
        self.out.push('?');
        let mut text = String::new();
        for c in self.input.by_ref() {
            self.out.push(c);
            match c {
                // A name follows: it is the same in both.
                'P' if text.is_empty() => text.push(c),
                '<' if text.is_empty() || text == "P" => {
                    text.push(c);
                    self.out.push_str(NAME_PREFIX);
                }
                ':' | ')' => return Ok(()),
                'i' | 'm' | 's' | 'U' | '-' if !text.contains('<') => text.push(c),
                '>' if text.contains('<') => return Ok(()),
                c if text.contains('<') && (c == '_' || c.is_ascii_alphanumeric()) => {}
                c => return Err(format!("invalid or unsupported Perl syntax: `(?{text}{c}`")),
            }
        }
        Err("missing closing )".into())
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.input.next() else { return Err("trailing backslash at end of expression".into()) };
        match c {
            'b' => self.out.push_str("(?-u:\\b)"),
            'B' => self.out.push_str("(?:\\B)"),
            'A' | 'z' => self.push_escape(c),
            'Q' => {
                let mut literal = String::new();
                while let Some(c) = self.input.next() {
                    if c == '\\' && self.input.next_if_eq(&'E').is_some() {
                        break;
                    }
                    literal.push(c);
                }
                self.out.push_str(&::regex::escape(&literal));
            }
            // Ends a quotation that was none.
            'E' => {}
            c if perl_class(c).is_some() => {
                let (negated, members) = perl_class(c).unwrap_or((false, ""));
                self.out.push_str(if negated { "[^" } else { "[" });
                self.out.push_str(members);
                self.out.push(']');
            }
            'p' | 'P' => self.unicode_class(c)?,
            c => {
                let c = self.character(c)?;
                self.literal(c);
            }
        }
        Ok(())
    }

    fn push_escape(&mut self, c: char) {
        self.out.push('\\');
        self.out.push(c);
    }

    fn literal(&mut self, c: char) {
        self.out.push_str(&::regex::escape(c.encode_utf8(&mut [0; 4])));
    }

    /// `\pL`, `\p{Greek}`, `\P{^Greek}`.
    fn unicode_class(&mut self, kind: char) -> Result<(), String> {
        let name: String = match self.input.next() {
            Some('{') => self.input.by_ref().take_while(|c| *c != '}').collect(),
            Some(c) => c.to_string(),
            None => return Err("invalid character class range".into()),
        };
        let (negated, name) = match name.strip_prefix('^') {
            Some(name) => (true, name),
            None => (false, &name[..]),
        };
        let kind = match (kind, negated) {
            ('p', true) => 'P',
            ('P', true) => 'p',
            (kind, _) => kind,
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("invalid character class range: `\\{kind}{{{name}}}`"));
        }
        self.out.push_str(&format!("\\{kind}{{{name}}}"));
        Ok(())
    }

    /// The character that an escape stands for.
    fn character(&mut self, c: char) -> Result<char, String> {
        let code = match c {
            'a' => return Ok('\u{7}'),
            'f' => return Ok('\u{c}'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            'v' => return Ok('\u{b}'),
            'x' => self.hex(),
            '0'..='7' => {
                let next_is_octal = self.input.peek().is_some_and(|c| ('0'..='7').contains(c));
                if c != '0' && !next_is_octal {
                    None
                } else {
                    let mut value = c.to_digit(8).unwrap_or(0);
                    for _ in 0..2 {
                        let Some(d) = self.input.next_if(|c| ('0'..='7').contains(c)) else { break };
                        value = value * 8 + d.to_digit(8).unwrap_or(0);
                    }
                    char::from_u32(value)
                }
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => return Ok(c),
            _ => None,
        };
        code.ok_or_else(|| format!("invalid escape sequence: `\\{c}`"))
    }

    fn hex(&mut self) -> Option<char> {
        let digits: String = if self.input.next_if_eq(&'{').is_some() {
            self.input.by_ref().take_while(|c| *c != '}').collect()
        } else {
            self.input.by_ref().take(2).collect()
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32)
    }

    /// A bracketed class: its members one by one, each escaped.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.input.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.input.next() else { return Err("missing closing ]".into()) };
            match c {
                ']' if !first => break,
                '[' if self.input.peek() == Some(&':') => {
                    let body: String =
                        self.input.clone().skip(1).take_while(|c| *c != ':').take(12).collect();
                    let end = self.input.clone().skip(body.chars().count() + 1).take(2).collect::<String>();
                    if end == ":]" {
                        if !POSIX.contains(&body.trim_start_matches('^')) {
                            return Err(format!("invalid character class range: `[:{body}:]`"));
                        }
                        self.out.push_str(&format!("[:{body}:]"));
                        for _ in 0..body.chars().count() + 3 {
                            self.input.next();
                        }
                    } else {
                        self.range('[')?;
                    }
                }
                '\\' if self.input.peek().is_some_and(|c| perl_class(*c).is_some()) => {
                    let (negated, members) = self.input.next().and_then(perl_class).unwrap_or((false, ""));
                    self.out.push_str(if negated { "[^" } else { "[" });
                    self.out.push_str(members);
                    self.out.push(']');
                }
                '\\' if matches!(self.input.peek(), Some('p' | 'P')) => {
                    let kind = self.input.next().unwrap_or('p');
                    self.unicode_class(kind)?;
                }
                c => self.range(c)?,
            }
            first = false;
        }
        self.out.push(']');
        Ok(())
    }

    /// A member or a range of members that begins with `c`.
    fn range(&mut self, c: char) -> Result<(), String> {
        let low = self.class_character(c)?;
        let mut ahead = self.input.clone();
        let is_range = ahead.next() == Some('-') && ahead.peek().is_some_and(|c| *c != ']');
        if !is_range {
            self.literal(low);
            return Ok(());
        }
        self.input.next();
        let high = match self.input.next() {
            Some(c) => self.class_character(c)?,
            None => return Err("missing closing ]".into()),
        };
        if low > high {
            return Err(format!("invalid character class range: `{low}-{high}`"));
        }
        self.literal(low);
        self.out.push('-');
        self.literal(high);
        Ok(())
    }

    fn class_character(&mut self, c: char) -> Result<char, String> {
        match c {
            '\\' => match self.input.next() {
                Some(c) => self.character(c),
                None => Err("trailing backslash at end of expression".into()),
            },
            c => Ok(c),
        }
    }
}

/// Negated, and the members of `\d`, `\w`, `\s`.
fn perl_class(c: char) -> Option<(bool, &'static str)> {
    Some(match c {
        'd' => (false, "0-9"),
        'D' => (true, "0-9"),
        'w' => (false, "0-9A-Za-z_"),
        'W' => (true, "0-9A-Za-z_"),
        's' => (false, "\\t\\n\\x0C\\r "),
        'S' => (true, "\\t\\n\\x0C\\r "),
        _ => return None,
    })
}

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

#[cfg(test)]
mod tests {
    use super::from_go;

    #[test]
    fn translates() {
        for (go, rust) in [
            (r"\d+[\w-]", "[0-9]+[[0-9A-Za-z_]\\-]"),
            ("a{2,}b{,3}{", r"a{2,}b\{,3\}\{"),
            (r"[a&&b]", r"[a\&\&b]"),
            (r"[]a-c-]", r"[\]a-c\-]"),
            (r"[[:alpha:]x[]", r"[[:alpha:]x\[]"),
            (r"\Qa.b\E+", r"a\.b+"),
            (r"\x41\x{e9}\101\.", r"AéA\."),
            (r"(?P<y>\d)(?i)(?i:a)", r"(?P<g_y>[0-9])(?i)(?i:a)"),
            (r"\p{Greek}\PL\p{^L}", r"\p{Greek}\P{L}\P{L}"),
        ] {
            assert_eq!(from_go(go).as_deref(), Ok(rust), "{go}");
            assert!(regex::Regex::new(rust).is_ok(), "{rust}");
        }
        for bad in ["a**", "a{1001}", r"\1", r"\y", "[b-a]", "(?x)a", r"a\", "(?=a)", "[[:foo:]]"] {
            assert!(from_go(bad).is_err(), "{bad}");
        }
    }
}
