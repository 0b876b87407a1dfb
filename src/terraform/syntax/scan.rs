//! Tokens of Terraform's language, made one at a time, in the modes of its templates.

use std::ops::Range;

/// What a token is. Operators that need no telling apart are one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    OpenQuote,
    CloseQuote,
    /// `<<EOT` or `<<-EOT` with its line end.
    OpenHeredoc,
    /// The line with the marker, without its line end.
    CloseHeredoc,
    /// `${` or `${~`
    Interpolation,
    /// `%{` or `%{~`
    Directive,
    /// `}` or `~}` that ends either.
    SequenceEnd,
    /// Text inside quotes, with escapes.
    Quoted,
    /// A line, or part of one, of a heredoc or a template file.
    Literal,
    Number,
    Ident,
    Comment,
    Newline,
    Equal,
    /// A binary operator other than `-` and `*`.
    Operator,
    Minus,
    Star,
    Bang,
    Dot,
    Comma,
    DoubleColon,
    Ellipsis,
    FatArrow,
    Question,
    Colon,
    /// A line end inside quotes; the string is taken to end there.
    QuotedNewline,
    /// A character that the language does not use.
    Invalid,
    Eof,
}

/// A token and its bytes: small, since it is passed on a dozen times. Texts have at most 4 GiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    start: u32,
    end: u32,
}

impl Token {
    fn new(kind: Kind, start: usize, end: usize) -> Token {
        Token { kind, start: start as u32, end: end as u32 }
    }

    /// The first byte.
    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    /// One past the last byte.
    pub(crate) fn end(self) -> usize {
        self.end as usize
    }

    /// The bytes.
    pub(crate) fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// Bytes inside of it, as a token of the same kind.
    pub(crate) fn part(self, from: usize, length: usize) -> Token {
        Token::new(self.kind, self.start() + from, self.start() + from + length)
    }
}

#[derive(Clone, Copy, Debug)]
enum Mode {
    /// Expressions and bodies; the number of braces open since the mode began.
    Normal(u32),
    Quoted,
    /// The marker's bytes, and whether a line begins here.
    Heredoc(usize, usize, bool),
    /// A template file.
    Bare,
}

/// Makes tokens of a text.
#[derive(Clone, Debug)]
pub(crate) struct Scanner<'t> {
    text: &'t str,
    at: usize,
    mode: Mode,
    outer: Vec<Mode>,
    /// No `*/` follows: not to look for one again.
    no_comment_end: bool,
}

impl<'t> Scanner<'t> {
    /// Tokens of a body or an expression that begins at a byte.
    pub(crate) fn new(text: &'t str, at: usize) -> Self {
        Scanner { text, at, mode: Mode::Normal(0), outer: Vec::new(), no_comment_end: false }
    }

    /// Tokens of a template file.
    pub(crate) fn template(text: &'t str) -> Self {
        Scanner { mode: Mode::Bare, ..Self::new(text, 0) }
    }

    /// The marker that ends the heredoc that the scanner is in.
    pub(crate) fn marker(&self) -> Option<&'t str> {
        match self.mode {
            Mode::Heredoc(start, end, _) => self.text.get(start..end),
            _ => None,
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn take(&mut self, kind: Kind, length: usize) -> Token {
        let start = self.at;
        self.at += length;
        Token::new(kind, start, self.at)
    }

    fn enter(&mut self, mode: Mode) {
        self.outer.push(std::mem::replace(&mut self.mode, mode));
    }

    fn leave(&mut self) {
        self.mode = self.outer.pop().unwrap_or(Mode::Normal(0));
    }

    /// The next token; `Eof` for ever at the end.
    pub(crate) fn next(&mut self) -> Token {
        if self.at >= self.text.len() {
            return Token::new(Kind::Eof, self.text.len(), self.text.len());
        }
        match self.mode {
            Mode::Normal(braces) => self.normal(braces),
            Mode::Quoted => self.quoted(),
            Mode::Heredoc(start, end, fresh) => self.heredoc(start, end, fresh),
            Mode::Bare => match self.sequence() {
                Some(token) => token,
                None => {
                    let length = template_line(self.rest());
                    self.take(Kind::Literal, length)
                }
            },
        }
    }

    /// `${` and `%{`.
    fn sequence(&mut self) -> Option<Token> {
        let bytes = self.rest().as_bytes();
        let kind = match bytes {
            [b'$', b'{', ..] => Kind::Interpolation,
            [b'%', b'{', ..] => Kind::Directive,
            _ => return None,
        };
        let length = if bytes.get(2) == Some(&b'~') { 3 } else { 2 };
        if let Mode::Heredoc(_, _, fresh) = &mut self.mode {
            *fresh = false;
        }
        self.enter(Mode::Normal(0));
        Some(self.take(kind, length))
    }

    /// Behind an opening quote: goes on behind the closing one when there is nothing but plain text between,
    /// as in most strings. The end of the string.
    pub(crate) fn pass_plain(&mut self) -> Option<usize> {
        let special = |b: u8| matches!(b, b'"' | b'\\' | b'$' | b'%' | b'\n' | b'\r');
        let length = self.rest().bytes().position(special)?;
        if self.text.as_bytes().get(self.at + length) != Some(&b'"') {
            return None;
        }
        self.at += length + 1;
        self.leave();
        Some(self.at)
    }

    fn quoted(&mut self) -> Token {
        if let Some(token) = self.sequence() {
            return token;
        }
        let rest = self.rest();
        let bytes = rest.as_bytes();
        match bytes.first() {
            Some(b'"') => {
                self.leave();
                return self.take(Kind::CloseQuote, 1);
            }
            Some(b'\n' | b'\r') => {
                self.leave();
                return Token::new(Kind::QuotedNewline, self.at, self.at);
            }
            _ => {}
        }
        let mut i = 0;
        while let Some(b) = bytes.get(i) {
            match b {
                b'"' | b'\n' | b'\r' => break,
                b' ' | b'-' | b'.' | b'/' | b'0'..=b'9' | b'A'..=b'Z' | b'_' | b'a'..=b'z' => i += 1,
                b'\\' => i += 1 + bytes.get(i + 1).map_or(0, |b| usize::from(*b != b'\n' && *b != b'\r')),
                b'$' | b'%' if bytes.get(i + 1) == Some(&b'{') => break,
                b'$' | b'%' if bytes.get(i + 1) == Some(b) && bytes.get(i + 2) == Some(&b'{') => i += 3,
                _ => i += 1,
            }
        }
        // A backslash may have been followed by the first byte of a longer character.
        while !rest.is_char_boundary(i) {
            i += 1;
        }
        self.take(Kind::Quoted, i)
    }

    fn heredoc(&mut self, start: usize, end: usize, fresh: bool) -> Token {
        if fresh {
            let rest = self.rest();
            if let Some(line) = rest.find('\n').and_then(|n| rest.get(..n))
                && line.trim() == self.text.get(start..end).unwrap_or("")
            {
                self.leave();
                let length = line.strip_suffix('\r').unwrap_or(line).len();
                return self.take(Kind::CloseHeredoc, length);
            }
        }
        if let Some(token) = self.sequence() {
            return token;
        }
        let length = template_line(self.rest());
        let token = self.take(Kind::Literal, length);
        let fresh = self.text.as_bytes().get(self.at.wrapping_sub(1)) == Some(&b'\n');
        self.mode = Mode::Heredoc(start, end, fresh);
        token
    }

    fn normal(&mut self, braces: u32) -> Token {
        use Kind::*;
        let rest = self.rest();
        let blanks = rest.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
        self.at += blanks;
        let rest = rest.get(blanks..).unwrap_or("");
        let bytes = rest.as_bytes();
        // Most tokens are names.
        match bytes.first() {
            None => return self.take(Eof, 0),
            Some(first) if first.is_ascii_alphabetic() => return self.take(Ident, ident(rest)),
            Some(_) => {}
        }
        let second = bytes.get(1).copied().unwrap_or(0);
        let inside = !self.outer.is_empty();
        let (kind, length) = match (bytes.first().copied().unwrap_or(0), second) {
            (b'\n', _) => (Newline, 1),
            (b'\r', b'\n') => (Newline, 2),
            (b'#', _) | (b'/', b'/') => {
                let line = rest.find('\n').unwrap_or(rest.len());
                let carriage = line > 0 && line < rest.len() && bytes.get(line - 1) == Some(&b'\r');
                (Comment, line - usize::from(carriage))
            }
            (b'/', b'*') if !self.no_comment_end => match rest.get(2..).and_then(|r| r.find("*/")) {
                Some(end) => (Comment, end + 4),
                None => {
                    self.no_comment_end = true;
                    (Operator, 1)
                }
            },
            (b'{', _) => {
                self.mode = Mode::Normal(braces + 1);
                (OpenBrace, 1)
            }
            (b'}', _) if inside && braces == 0 => {
                self.leave();
                (SequenceEnd, 1)
            }
            (b'}', _) => {
                self.mode = Mode::Normal(braces.saturating_sub(1));
                (CloseBrace, 1)
            }
            (b'~', b'}') => {
                if inside && braces == 0 {
                    self.leave();
                }
                (SequenceEnd, 2)
            }
            (b'[', _) => (OpenBracket, 1),
            (b']', _) => (CloseBracket, 1),
            (b'(', _) => (OpenParen, 1),
            (b')', _) => (CloseParen, 1),
            (b'"', _) => {
                self.enter(Mode::Quoted);
                (OpenQuote, 1)
            }
            (b'<', b'<') => match heredoc_start(rest) {
                Some((from, to, length)) => {
                    self.enter(Mode::Heredoc(self.at + from, self.at + to, true));
                    (OpenHeredoc, length)
                }
                None => (Operator, 1),
            },
            (b'=', b'=') | (b'!', b'=') | (b'<', b'=') | (b'>', b'=') => (Operator, 2),
            (b'&', b'&') | (b'|', b'|') => (Operator, 2),
            (b'=', b'>') => (FatArrow, 2),
            (b':', b':') => (DoubleColon, 2),
            (b'.', b'.') if bytes.get(2) == Some(&b'.') => (Ellipsis, 3),
            (b'=', _) => (Equal, 1),
            (b'.', _) => (Dot, 1),
            (b',', _) => (Comma, 1),
            (b'*', _) => (Star, 1),
            (b'-', _) => (Minus, 1),
            (b'!', _) => (Bang, 1),
            (b'?', _) => (Question, 1),
            (b':', _) => (Colon, 1),
            (b'<' | b'>' | b'+' | b'/' | b'%', _) => (Operator, 1),
            (b'0'..=b'9', _) => (Number, number(bytes)),
            _ => match ident(rest) {
                0 => (Invalid, rest.chars().next().map_or(1, char::len_utf8)),
                length => (Ident, length),
            },
        };
        self.take(kind, length)
    }
}

/// The ASCII characters that names are made of.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_' || byte as u8 == b'-';
        byte += 1;
    }
    table
};

/// The length of the name that a text begins with; 0 when it does not begin with one.
pub(crate) fn ident(text: &str) -> usize {
    // Nearly all names are ASCII, for which no table is needed.
    let bytes = text.as_bytes();
    if bytes.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
        let length = bytes.iter().position(|b| !IN_NAMES[usize::from(*b)]).unwrap_or(bytes.len());
        if bytes.get(length).is_none_or(u8::is_ascii) {
            return length;
        }
    }
    let mut chars = text.char_indices();
    match chars.next() {
        Some((_, c)) if c == '_' || unicode_ident::is_xid_start(c) => {}
        _ => return 0,
    }
    chars.find(|(_, c)| !is_ident_continue(*c)).map_or(text.len(), |(i, _)| i)
}

fn is_ident_continue(c: char) -> bool {
    c == '-' || unicode_ident::is_xid_continue(c)
}

/// The length of a number: digits, dots and exponents, not ending in a dot.
fn number(bytes: &[u8]) -> usize {
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let (mut i, mut end) = (1, 1);
    loop {
        match bytes.get(i) {
            Some(b'0'..=b'9') => i += 1,
            Some(b'.') => {
                i += 1;
                continue;
            }
            Some(b'e' | b'E') if digit(i + 1) => i += 2,
            Some(b'e' | b'E') if matches!(bytes.get(i + 1), Some(b'+' | b'-')) && digit(i + 2) => i += 3,
            _ => return end,
        }
        end = i;
    }
}

/// Where the marker of a heredoc stands, and the length of its start with the line end.
fn heredoc_start(text: &str) -> Option<(usize, usize, usize)> {
    let from = if text.as_bytes().get(2) == Some(&b'-') { 3 } else { 2 };
    let length = ident(text.get(from..)?);
    let to = from + length;
    let end = match text.as_bytes().get(to..)? {
        [b'\n', ..] => to + 1,
        [b'\r', b'\n', ..] => to + 2,
        _ => return None,
    };
    (length > 0).then_some((from, to, end))
}

/// The length of a literal of a heredoc or template file: up to a sequence, or to the end of the line
/// with its line end.
pub(crate) fn template_line(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 0;
    while let Some(b) = bytes.get(i) {
        match b {
            b'\n' => return i + 1,
            b'$' | b'%' if bytes.get(i + 1) == Some(&b'{') => break,
            b'$' | b'%' if bytes.get(i + 1) == Some(b) && bytes.get(i + 2) == Some(&b'{') => i += 3,
            _ => i += 1,
        }
    }
    i
}
