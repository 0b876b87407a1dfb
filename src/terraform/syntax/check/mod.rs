//! Terraform's grammar, recognised token by token: what hcl-edit refuses or accepts differently is
//! found here, with Terraform's own messages, and put right by edits that keep the length.

mod bodies;
mod expressions;
pub(super) mod messages;
mod objects;
mod seen;
mod templates;

use std::ops::Range;

use super::scan::{Kind, Scanner, Token};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{FileId, Span};
use messages::{Message, TOO_DEEP, unknown_token};
pub(super) use seen::Seen;

/// How deep expressions and blocks may nest before the recogniser gives up. hcl-edit's own bound is
/// lower; this one only keeps the stack safe.
const MAX_DEPTH: u32 = 128;

/// A change of the text that keeps its length.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Blanks; line ends stay.
    Blank(Range<usize>),
    /// Blanks for everything, line ends too.
    BlankAll(Range<usize>),
    /// Another character for one byte.
    Byte(usize, u8),
    /// Zeros, for a number in a form that hcl-edit does not know.
    Zeros(Range<usize>),
}

/// What the recogniser found out.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Edits that give the tree the right shape.
    pub(super) edits: Vec<Edit>,
    /// Edits that only help hcl-edit where it knows fewer places for a line end than Terraform.
    pub(super) soft: Vec<Edit>,
    /// The top-level items that are well formed.
    pub(super) items: Vec<Range<usize>>,
}

/// Stops the work on an item; its diagnostic is in the report.
pub(super) struct Broken;

type Checked<T = ()> = Result<T, Broken>;

pub(super) struct Checker<'t> {
    text: &'t str,
    file: FileId,
    scanner: Scanner<'t>,
    peeked: Option<Token>,
    /// End of the last token read.
    end: usize,
    /// Line ends count, as in bodies and object constructors.
    newlines: bool,
    depth: u32,
    /// The line comment directly before the next token.
    comment: Option<Range<usize>>,
    /// Objects stay objects, with at most so many items: they are read as blocks and not as values.
    pub(super) most_items: Option<usize>,
    pub(super) report: Report,
}

impl<'t> Checker<'t> {
    pub(super) fn new(file: FileId, text: &'t str) -> Self {
        Self::with(file, text, Scanner::new(text, 0))
    }

    pub(super) fn of_template(file: FileId, text: &'t str) -> Self {
        Self::with(file, text, Scanner::template(text))
    }

    fn with(file: FileId, text: &'t str, scanner: Scanner<'t>) -> Self {
        Checker {
            text,
            file,
            scanner,
            peeked: None,
            end: 0,
            newlines: true,
            depth: 0,
            comment: None,
            most_items: None,
            report: Report::default(),
        }
    }

    /// Goes on at a byte of the text, outside of everything.
    pub(super) fn restart(&mut self, at: usize) {
        self.scanner = Scanner::new(self.text, at);
        (self.peeked, self.end, self.newlines, self.depth, self.comment) = (None, at, true, 0, None);
    }

    /// End of the last token read.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span { file: self.file, start: range.start as u32, end: range.end as u32 }
    }

    fn slice(&self, token: Token) -> &'t str {
        self.text.get(token.range()).unwrap_or("")
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Token {
        match self.peeked {
            Some(token) if token.kind != Kind::Comment && (token.kind != Kind::Newline || self.newlines) => {
                token
            }
            _ => self.peek_further(),
        }
    }

    /// The next token that counts, and what is between.
    #[inline(never)]
    fn peek_further(&mut self) -> Token {
        loop {
            let token = match self.peeked {
                Some(token) => token,
                None => {
                    let token = self.scanner.next();
                    self.peeked = Some(token);
                    token
                }
            };
            match token.kind {
                Kind::Comment => self.comment = Some(token.range()),
                Kind::Newline if !self.newlines => {}
                _ => return token,
            }
            if !self.newlines {
                self.report.soft.push(Edit::BlankAll(token.range()));
            }
            self.peeked = None;
        }
    }

    pub(super) fn read(&mut self) -> Token {
        let token = self.peek();
        self.peeked = None;
        self.comment = None;
        self.end = token.end();
        token
    }

    /// Passes the rest of a quoted string that holds plain text only.
    fn pass_plain(&mut self) -> bool {
        let end = if self.peeked.is_none() { self.scanner.pass_plain() } else { None };
        self.end = end.unwrap_or(self.end);
        end.is_some()
    }

    fn is(&mut self, kind: Kind) -> bool {
        self.peek().kind == kind
    }

    fn is_word(&mut self, word: &str) -> bool {
        let token = self.peek();
        token.kind == Kind::Ident && self.slice(token) == word
    }

    fn error(&mut self, range: Range<usize>, summary: &str, detail: impl Into<String>) {
        let diagnostic = Diagnostic::error(self.span(range), summary, detail);
        self.report.diagnostics.push(diagnostic);
    }

    /// Reports what is wrong at a token. A token that the language does not know is itself the error.
    pub(super) fn fail<T>(&mut self, token: Token, message: Message) -> Checked<T> {
        self.fail_with(token, message.0, message.1)
    }

    /// The same with a message made for the case.
    pub(super) fn fail_with<T>(
        &mut self,
        token: Token,
        summary: &str,
        detail: impl Into<String>,
    ) -> Checked<T> {
        // What is no part of the language comes first, here or further on in the line.
        let mut unknown = unknown_token(token.kind, self.slice(token)).map(|message| (token, message));
        let mut ahead = self.scanner.clone();
        for _ in 0..64 {
            let next = ahead.next();
            if unknown.is_some() || matches!(next.kind, Kind::Newline | Kind::Eof) {
                break;
            }
            unknown = unknown_token(next.kind, self.slice(next)).map(|message| (next, message));
        }
        match unknown {
            Some((token, message)) => self.error(token.range(), message.0, message.1),
            None => self.error(token.range(), summary, detail),
        }
        Err(Broken)
    }

    fn nested<T>(&mut self, newlines: bool, work: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        let token = self.peek();
        if self.depth >= MAX_DEPTH {
            return self.fail(token, TOO_DEEP);
        }
        let before = std::mem::replace(&mut self.newlines, newlines);
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        self.newlines = before;
        result
    }
}
