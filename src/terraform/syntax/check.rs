//! Terraform's grammar, recognised token by token: what hcl-edit refuses or accepts differently is
//! found here, with Terraform's own messages, and put right by edits that keep the length.

use std::collections::HashMap;
use std::ops::Range;

use super::scan::{Kind, Scanner, Token};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{FileId, Span};

/// How deep expressions and blocks may nest before the recogniser gives up. hcl-edit's own bound is
/// lower; this one only keeps the stack safe.
const MAX_DEPTH: u32 = 128;

/// Objects with more items than this are shown to hcl-edit as lists (see [`Edit::Blank`]), because it
/// compares every key with every other.
const MANY_ITEMS: usize = 1000;

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
    pub(super) report: Report,
}

/// An item of an object constructor.
struct Item {
    key: Range<usize>,
    /// The key, when it is a plain name, number or string.
    name: Option<String>,
    /// End of the `=` or `:`.
    separator: usize,
    end: usize,
    /// The line comment that follows on the same line.
    comment: Option<Range<usize>>,
    /// The line end that ends it, when no comma does.
    newline: Option<usize>,
    /// A later item has the same key.
    dropped: bool,
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
        self.text.get(token.start..token.end).unwrap_or("")
    }

    pub(super) fn peek(&mut self) -> Token {
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
                Kind::Comment => self.comment = Some(token.start..token.end),
                Kind::Newline if !self.newlines => {}
                _ => return token,
            }
            if !self.newlines {
                self.report.soft.push(Edit::BlankAll(token.start..token.end));
            }
            self.peeked = None;
        }
    }

    pub(super) fn read(&mut self) -> Token {
        let token = self.peek();
        self.peeked = None;
        self.comment = None;
        self.end = token.end;
        token
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
    pub(super) fn fail<T>(&mut self, token: Token, summary: &str, detail: impl Into<String>) -> Checked<T> {
        let range = token.start..token.end;
        match unknown_token(token.kind, self.slice(token)) {
            Some((summary, detail)) => self.error(range, summary, detail),
            None => self.error(range, summary, detail),
        }
        Err(Broken)
    }

    fn nested<T>(&mut self, newlines: bool, work: impl FnOnce(&mut Self) -> Checked<T>) -> Checked<T> {
        let token = self.peek();
        if self.depth >= MAX_DEPTH {
            return self.fail(token, TOO_DEEP.0, TOO_DEEP.1);
        }
        let before = std::mem::replace(&mut self.newlines, newlines);
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        self.newlines = before;
        result
    }

    // Bodies.

    /// The items of a block's body up to and with its closing brace.
    fn block_body(&mut self, open: Token) -> Checked {
        let mut seen: HashMap<&'t str, Token> = HashMap::new();
        loop {
            let token = self.peek();
            match token.kind {
                Kind::CloseBrace => {
                    self.read();
                    return Ok(());
                }
                Kind::Newline => {
                    self.read();
                }
                Kind::Ident => self.item(&mut seen)?,
                Kind::Eof => return self.fail(open, UNCLOSED_BLOCK.0, UNCLOSED_BLOCK.1),
                _ => return self.not_an_item(token),
            }
        }
    }

    pub(super) fn not_an_item<T>(&mut self, token: Token) -> Checked<T> {
        if token.kind == Kind::OpenQuote {
            return self.fail(token, "Invalid argument name", "Argument names must not be quoted.");
        }
        self.fail(token, ITEM_REQUIRED, "An argument or block definition is required here.")
    }

    /// An argument or a block, with its line end.
    pub(super) fn item(&mut self, seen: &mut HashMap<&'t str, Token>) -> Checked {
        let name = self.read();
        match self.peek().kind {
            Kind::Equal => {
                self.argument()?;
                let after = self.peek();
                match after.kind {
                    Kind::Newline | Kind::Eof => {}
                    Kind::Comma => {
                        return self.fail(
                            after,
                            "Unexpected comma after argument",
                            "Argument definitions must be separated by newlines, not commas. An argument \
                         definition must end with a newline.",
                        );
                    }
                    _ => {
                        return self.fail(
                            after,
                            "Missing newline after argument",
                            "An argument definition must end with a newline.",
                        );
                    }
                }
                let end = self.end;
                self.read();
                if let Some(first) = seen.get(self.slice(name)).copied() {
                    let text = self.slice(name);
                    self.error(
                        name.start..name.end,
                        "Attribute redefined",
                        format!("The argument {text:?} was already set. Each argument may be set only once."),
                    );
                    let span = self.span(first.start..first.end);
                    if let Some(last) = self.report.diagnostics.last_mut() {
                        last.related.push((span, "first set here".to_owned()));
                    }
                    self.report.edits.push(Edit::Blank(name.start..end));
                } else {
                    seen.insert(self.slice(name), name);
                }
                Ok(())
            }
            Kind::OpenQuote | Kind::OpenBrace | Kind::Ident => self.block(),
            _ => self.fail(
                name,
                ITEM_REQUIRED,
                "An argument or block definition is required here. To set an argument, use the equals sign \
                 \"=\" to introduce the argument value.",
            ),
        }
    }

    /// `= expression`
    fn argument(&mut self) -> Checked {
        self.read();
        self.expression()
    }

    /// What follows the type of a block.
    fn block(&mut self) -> Checked {
        let open =
            loop {
                let token = self.peek();
                match token.kind {
                Kind::OpenBrace => break self.read(),
                Kind::Ident => {
                    self.read();
                }
                Kind::OpenQuote => self.plain_string()?,
                Kind::Equal => return self.fail(
                    token,
                    "Invalid block definition",
                    "The equals sign \"=\" indicates an argument definition, and must not be used when \
                     defining a block.",
                ),
                Kind::Newline => return self.fail(
                    token,
                    "Invalid block definition",
                    "A block definition must have block content delimited by \"{\" and \"}\", starting on \
                     the same line as the block header.",
                ),
                _ => return self.fail(
                    token,
                    "Invalid block definition",
                    "Either a quoted string block label or an opening brace (\"{\") is expected here.",
                ),
            }
            };
        self.nested(true, |this| match this.peek().kind {
            Kind::Newline | Kind::Eof | Kind::CloseBrace => this.block_body(open),
            _ => this.one_line_body(open),
        })?;
        let after = self.peek();
        if !matches!(after.kind, Kind::Newline | Kind::Eof) {
            return self.fail(
                after,
                "Missing newline after block definition",
                "A block definition must end with a newline.",
            );
        }
        self.read();
        Ok(())
    }

    /// `name = value }`
    fn one_line_body(&mut self, open: Token) -> Checked {
        let name = self.read();
        if name.kind != Kind::Ident {
            return self.not_an_item(name);
        }
        let text = self.slice(name);
        match self.peek().kind {
            Kind::Equal => self.argument()?,
            Kind::OpenQuote | Kind::OpenBrace | Kind::Ident => {
                return self.fail(
                    name,
                    "Argument definition required",
                    format!(
                        "A single-line block definition can contain only a single argument. If you meant to \
                     define argument {text:?}, use an equals sign to assign it a value. To define a nested \
                     block, place it on a line of its own within its parent block."
                    ),
                );
            }
            _ => return self.fail(
                name,
                ITEM_REQUIRED,
                "An argument or block definition is required here. To set an argument, use the equals sign \
                 \"=\" to introduce the argument value.",
            ),
        }
        let after = self.peek();
        match after.kind {
            Kind::CloseBrace => {
                self.read();
                Ok(())
            }
            Kind::Eof => self.fail(open, UNCLOSED_BLOCK.0, UNCLOSED_BLOCK.1),
            Kind::Comma => self.fail(
                after,
                "Invalid single-argument block definition",
                "Single-line block syntax can include only one argument definition. To define multiple \
                 arguments, use the multi-line block syntax with one argument definition per line.",
            ),
            _ => self.fail(
                after,
                "Invalid single-argument block definition",
                "A single-line block definition must end with a closing brace immediately after its single \
                 argument definition.",
            ),
        }
    }

    /// A quoted string without template sequences.
    fn plain_string(&mut self) -> Checked {
        self.read();
        loop {
            let token = self.read();
            match token.kind {
                Kind::CloseQuote => return Ok(()),
                Kind::Quoted => self.escapes(token)?,
                Kind::Interpolation | Kind::Directive => return self.fail(
                    token,
                    "Invalid string literal",
                    "Template sequences are not allowed in this string. To include a literal \"$\" or \"%\" \
                     before a brace, double it to escape it.",
                ),
                _ => {
                    return self.fail(
                        token,
                        "Unterminated string literal",
                        "Unable to find the closing quote mark before the end of the file.",
                    );
                }
            }
        }
    }

    // Expressions.

    /// An expression.
    pub(super) fn expression(&mut self) -> Checked {
        loop {
            self.operand()?;
            while matches!(self.peek().kind, Kind::Operator | Kind::Minus | Kind::Star) {
                self.read();
                self.operand()?;
            }
            if !self.is(Kind::Question) {
                return Ok(());
            }
            self.read();
            let newlines = self.newlines;
            self.nested(newlines, Self::expression)?;
            let colon = self.peek();
            if colon.kind != Kind::Colon {
                return self.fail(
                    colon,
                    "Missing false expression in conditional",
                    "The conditional operator (...?...:...) requires a false expression, delimited by a \
                     colon.",
                );
            }
            self.read();
        }
    }

    /// A term with its signs, indexes and attributes.
    fn operand(&mut self) -> Checked {
        while matches!(self.peek().kind, Kind::Minus | Kind::Bang) {
            self.read();
        }
        self.term()?;
        self.traversal()
    }

    fn term(&mut self) -> Checked {
        let token = self.peek();
        match token.kind {
            Kind::OpenParen => {
                self.read();
                self.nested(false, |this| {
                    this.expression()?;
                    let close = this.peek();
                    if close.kind != Kind::CloseParen {
                        return this.fail(
                            close,
                            "Unbalanced parentheses",
                            "Expected a closing parenthesis to terminate the expression.",
                        );
                    }
                    this.read();
                    Ok(())
                })
            }
            Kind::Number => {
                self.read();
                self.number(token)
            }
            Kind::Ident => {
                self.read();
                match self.peek().kind {
                    Kind::OpenParen | Kind::DoubleColon => self.call(token),
                    _ => Ok(()),
                }
            }
            Kind::OpenQuote => {
                self.read();
                self.nested(false, |this| this.template(Kind::CloseQuote))
            }
            Kind::OpenHeredoc => {
                self.read();
                self.nested(false, |this| this.template(Kind::CloseHeredoc))
            }
            Kind::OpenBracket => self.tuple(),
            Kind::OpenBrace => self.object(),
            Kind::Eof => self.fail(
                token,
                "Missing expression",
                "Expected the start of an expression, but found the end of the file.",
            ),
            _ => self.fail(
                token,
                "Invalid expression",
                "Expected the start of an expression, but found an invalid expression token.",
            ),
        }
    }

    /// A number must be one, whatever its form; hcl-edit gets a plain one.
    fn number(&mut self, token: Token) -> Checked {
        let text = self.slice(token);
        let dots = text.bytes().filter(|b| *b == b'.').count();
        let mut parts = text.splitn(2, ['e', 'E']);
        let mantissa = parts.next().unwrap_or("");
        let exponent = parts.next();
        if dots > 1
            || exponent.is_some_and(|e| e.contains(['.', 'e', 'E']))
            || (dots == 1 && !mantissa.contains('.'))
        {
            return self.fail(
                token,
                "Invalid number literal",
                "Failed to recognize the value of this number literal.",
            );
        }
        if exponent.is_some() || mantissa.ends_with('.') || text.len() > 300 {
            self.report.edits.push(Edit::Zeros(token.start..token.end));
        }
        Ok(())
    }

    fn call(&mut self, name: Token) -> Checked {
        while self.is(Kind::DoubleColon) {
            self.read();
            let next = self.peek();
            if next.kind != Kind::Ident {
                return self.fail(
                    next,
                    "Missing function name",
                    "Function scope resolution symbol :: must be followed by a function name in this scope.",
                );
            }
            self.read();
        }
        let open = self.peek();
        if open.kind != Kind::OpenParen {
            return self.fail(
                open,
                "Missing open parenthesis",
                "Function selector must be followed by an open parenthesis to begin the function call.",
            );
        }
        self.read();
        self.nested(false, |this| {
            loop {
                if this.is(Kind::CloseParen) {
                    this.read();
                    return Ok(());
                }
                this.expression()?;
                let after = this.peek();
                match after.kind {
                    Kind::Comma => {
                        this.read();
                    }
                    Kind::CloseParen => {}
                    Kind::Ellipsis => {
                        this.read();
                        if !this.is(Kind::CloseParen) {
                            return this.fail(
                                after,
                                "Missing closing parenthesis",
                                "An expanded function argument (with ...) must be immediately followed by \
                                 closing parentheses.",
                            );
                        }
                    }
                    Kind::Eof => return this.fail(
                        name,
                        "Unterminated function call",
                        "There is no closing parenthesis for this function call before the end of the file. \
                         This may be caused by incorrect parenthesis nesting elsewhere in this file.",
                    ),
                    _ => {
                        return this.fail(
                            after,
                            "Missing argument separator",
                            "A comma is required to separate each function argument from the next.",
                        );
                    }
                }
            }
        })
    }

    fn traversal(&mut self) -> Checked {
        loop {
            match self.peek().kind {
                Kind::Dot => {
                    self.read();
                    let step = self.peek();
                    match step.kind {
                        Kind::Ident | Kind::Star => {
                            self.read();
                        }
                        Kind::Number => {
                            self.read();
                            let text = self.slice(step);
                            if let Some((first, second)) = text.split_once('.') {
                                return self.fail(
                                    step,
                                    "Invalid legacy index syntax",
                                    format!(
                                        "When using the legacy index syntax, chaining two indexes together is \
                                         not permitted. Use the proper index syntax instead, like \
                                         [{first}][{second}]."
                                    ),
                                );
                            }
                        }
                        _ => {
                            return self.fail(
                                step,
                                "Invalid attribute name",
                                "An attribute name is required after a dot.",
                            );
                        }
                    }
                }
                Kind::OpenBracket => {
                    self.read();
                    self.nested(false, |this| {
                        let splat = this.is(Kind::Star);
                        if splat {
                            this.read();
                        } else {
                            this.expression()?;
                        }
                        let close = this.peek();
                        match (close.kind, splat) {
                            (Kind::CloseBracket, _) => {
                                this.read();
                                Ok(())
                            }
                            (_, true) => this.fail(
                                close,
                                "Missing close bracket on splat index",
                                "The star for a full splat operator must be immediately followed by a \
                                 closing bracket (\"]\").",
                            ),
                            (_, false) => this.fail(
                                close,
                                "Missing close bracket on index",
                                "The index operator must end with a closing bracket (\"]\").",
                            ),
                        }
                    })?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn tuple(&mut self) -> Checked {
        let open = self.read();
        self.nested(false, |this| {
            if this.is_word("for") {
                return this.for_expression(Kind::CloseBracket);
            }
            loop {
                if this.is(Kind::CloseBracket) {
                    this.read();
                    return Ok(());
                }
                this.expression()?;
                let after = this.peek();
                match after.kind {
                    Kind::CloseBracket => {}
                    Kind::Comma => {
                        this.read();
                    }
                    Kind::Eof => return this.fail(
                        open,
                        "Unterminated tuple constructor expression",
                        "There is no corresponding closing bracket before the end of the file. This may be \
                         caused by incorrect bracket nesting elsewhere in this file.",
                    ),
                    _ => {
                        return this.fail(
                            after,
                            "Missing item separator",
                            "Expected a comma to mark the beginning of the next item.",
                        );
                    }
                }
            }
        })
    }

    fn object(&mut self) -> Checked {
        let open = self.read();
        // Whether it is a `for` expression is asked without regard to line ends.
        while self.is(Kind::Newline) {
            self.read();
        }
        if self.is_word("for") {
            return self.nested(false, |this| this.for_expression(Kind::CloseBrace));
        }
        let mut items: Vec<Item> = Vec::new();
        let mut keys: HashMap<String, usize> = HashMap::new();
        let close = self.nested(true, |this| {
            loop {
                let token = this.peek();
                match token.kind {
                    Kind::Newline => {
                        this.read();
                    }
                    Kind::CloseBrace => return Ok(this.read()),
                    _ => {
                        let item = this.object_item(open)?;
                        this.duplicate(&item, &mut keys, &mut items);
                        items.push(item);
                    }
                }
            }
        })?;
        if items.len() > MANY_ITEMS && items.iter().all(|i| i.name.is_some()) {
            self.show_as_list(open, close, &items);
        }
        Ok(())
    }

    fn object_item(&mut self, open: Token) -> Checked<Item> {
        let first = self.peek();
        self.expression()?;
        let key = first.start..self.end;
        let name = self.text.get(key.clone()).and_then(super::literal::plain_key);
        let separator = self.peek();
        match separator.kind {
            Kind::Equal | Kind::Colon => {}
            Kind::Newline | Kind::Comma => return self.fail(
                separator,
                "Missing attribute value",
                "Expected an attribute value, introduced by an equals sign (\"=\").",
            ),
            Kind::Ident => return self.fail(
                separator,
                "Missing key/value separator",
                "Expected an equals sign (\"=\") to mark the beginning of the attribute value. If you intended \
                 to given an attribute name containing periods or spaces, write the name in quotes to create a \
                 string literal.",
            ),
            Kind::Eof => return self.fail(open, UNCLOSED_OBJECT.0, UNCLOSED_OBJECT.1),
            _ => return self.fail(
                separator,
                "Missing key/value separator",
                "Expected an equals sign (\"=\") to mark the beginning of the attribute value.",
            ),
        }
        self.read();
        self.expression()?;
        let end = self.end;
        let after = self.peek();
        let comment = self.comment.clone();
        let mut item =
            Item { key, name, separator: separator.end, end, comment, newline: None, dropped: false };
        match after.kind {
            Kind::CloseBrace => {}
            Kind::Comma => item.end = self.read().end,
            Kind::Newline => item.newline = Some(self.read().start),
            Kind::Eof => return self.fail(open, UNCLOSED_OBJECT.0, UNCLOSED_OBJECT.1),
            _ => {
                return self.fail(
                    after,
                    "Missing attribute separator",
                    "Expected a newline or comma to mark the beginning of the next attribute.",
                );
            }
        }
        Ok(item)
    }

    /// The last of several items with the same key wins: the earlier ones are blanked.
    fn duplicate(&mut self, item: &Item, keys: &mut HashMap<String, usize>, items: &mut [Item]) {
        let text = self.text.get(item.key.clone()).unwrap_or("");
        let name = item.name.clone().unwrap_or_else(|| tokens(text));
        let Some(earlier) = keys.insert(name, items.len()).and_then(|i| items.get_mut(i)) else { return };
        earlier.dropped = true;
        self.report.edits.push(Edit::Blank(earlier.key.start..earlier.end));
        let diagnostic = Diagnostic::warning(
            self.span(item.key.clone()),
            "Duplicate object key",
            format!("The key {text} is set more than once in this object. The last value wins."),
        )
        .related(self.span(earlier.key.clone()), "this value is not used");
        self.report.diagnostics.push(diagnostic);
    }

    /// Shows a long object to hcl-edit as the list of its values. The evaluator sees the brace in the
    /// original text and reads the keys from there.
    fn show_as_list(&mut self, open: Token, close: Token, items: &[Item]) {
        let edits = &mut self.report.edits;
        edits.push(Edit::Byte(open.start, b'['));
        edits.push(Edit::Byte(close.start, b']'));
        for item in items.iter().filter(|i| !i.dropped) {
            edits.push(Edit::Blank(item.key.start..item.separator));
            if let Some(newline) = item.newline {
                edits.extend(item.comment.clone().map(Edit::Blank));
                edits.push(Edit::Byte(newline, b','));
            }
        }
    }

    /// What follows the opening bracket of a `for` expression.
    fn for_expression(&mut self, close: Kind) -> Checked {
        const SUMMARY: &str = "Invalid 'for' expression";
        self.read();
        self.for_names(SUMMARY, "For expression")?;
        self.expression()?;
        let colon = self.peek();
        if colon.kind != Kind::Colon {
            return self.fail(
                colon,
                SUMMARY,
                "For expression requires a colon after the collection expression.",
            );
        }
        self.read();
        let first = self.peek();
        self.expression()?;
        let arrow = self.peek();
        let keyed = arrow.kind == Kind::FatArrow;
        if keyed {
            self.read();
            self.expression()?;
        }
        let ellipsis = self.peek();
        let grouping = ellipsis.kind == Kind::Ellipsis;
        if grouping {
            self.read();
        }
        if self.is_word("if") {
            self.read();
            self.expression()?;
        }
        let end = self.peek();
        if end.kind != close {
            return self.fail(end, SUMMARY, "Extra characters after the end of the 'for' expression.");
        }
        match (close, keyed, grouping) {
            (Kind::CloseBracket, true, _) => {
                self.fail(first, SUMMARY, "Key expression is not valid when building a tuple.")
            }
            (Kind::CloseBracket, _, true) => {
                self.fail(ellipsis, SUMMARY, "Grouping ellipsis (...) cannot be used when building a tuple.")
            }
            (Kind::CloseBrace, false, _) => {
                self.fail(first, SUMMARY, "Key expression is required when building an object.")
            }
            _ => {
                self.read();
                Ok(())
            }
        }
    }

    /// `name in` or `key, value in`
    fn for_names(&mut self, summary: &str, what: &str) -> Checked {
        let name = self.peek();
        if name.kind != Kind::Ident {
            return self.fail(name, summary, format!("{what} requires variable name after 'for'."));
        }
        self.read();
        if self.is(Kind::Comma) {
            self.read();
            let name = self.peek();
            if name.kind != Kind::Ident {
                return self.fail(name, summary, format!("{what} requires value variable name after comma."));
            }
            self.read();
        }
        if !self.is_word("in") {
            let token = self.peek();
            return self.fail(
                token,
                summary,
                format!("{what} requires the 'in' keyword after its name declarations."),
            );
        }
        self.read();
        Ok(())
    }

    // Templates.

    /// The parts of a template up to and with its end.
    pub(super) fn template(&mut self, close: Kind) -> Checked {
        // Open directives: true for `if` (with whether it had its `else`), false for `for`.
        let mut open: Vec<(bool, bool)> = Vec::new();
        loop {
            let token = self.read();
            match token.kind {
                Kind::Literal => self.hide_marker(token, close),
                Kind::Quoted => self.escapes(token)?,
                Kind::Interpolation => self.interpolation(token, close)?,
                Kind::Directive => self.directive(token, &mut open)?,
                kind if kind == close => {
                    return match open.last() {
                        None => Ok(()),
                        Some((is_if, _)) => {
                            let word = if *is_if { "if" } else { "for" };
                            self.fail(
                                token,
                                "Unexpected end of template",
                                format!(
                                    "A {word} directive is missing its corresponding end{word} directive."
                                ),
                            )
                        }
                    };
                }
                _ => {
                    return self.fail(
                        token,
                        "Unterminated template string",
                        "No closing marker was found for the string.",
                    );
                }
            }
        }
    }

    /// hcl-edit takes a line of a heredoc that only begins with the marker for its end.
    fn hide_marker(&mut self, token: Token, close: Kind) {
        if close != Kind::CloseHeredoc {
            return;
        }
        let text = self.slice(token);
        let word = text.trim_start();
        if word.starts_with(|c: char| unicode_ident::is_xid_start(c) || c == '_')
            && let Some(marker) = self.scanner.marker()
            && word.starts_with(marker)
        {
            let at = token.start + (text.len() - word.len());
            let length = word.chars().next().map_or(0, char::len_utf8);
            self.report.edits.extend((at..at + length).map(|i| Edit::Byte(i, b'#')));
        }
    }

    fn interpolation(&mut self, open: Token, template: Kind) -> Checked {
        self.nested(false, |this| {
            this.expression()?;
            let close = this.peek();
            match close.kind {
                Kind::SequenceEnd => {
                    this.read();
                    Ok(())
                }
                Kind::Eof => this.fail(
                    open,
                    "Unclosed template interpolation sequence",
                    "There is no closing brace for this interpolation sequence before the end of the file. \
                     This might be caused by incorrect nesting inside the given expression.",
                ),
                Kind::OpenQuote if template == Kind::CloseQuote => this.fail(
                    open,
                    "Unclosed template interpolation sequence",
                    "There is no closing brace for this interpolation sequence before the end of the quoted \
                     template. This might be caused by incorrect nesting inside the given expression.",
                ),
                Kind::Colon => this.fail(
                    close,
                    "Extra characters after interpolation expression",
                    "Template interpolation doesn't expect a colon at this location. Did you intend this to be \
                     a literal sequence to be processed as part of another language? If so, you can escape it \
                     by starting with \"$${\" instead of just \"${\".",
                ),
                _ => this.fail(
                    close,
                    "Extra characters after interpolation expression",
                    "Expected a closing brace to end the interpolation expression, but found extra characters. \
                     This can happen when you include interpolation syntax for another language, such as shell \
                     scripting, but forget to escape the interpolation start token. If this is an embedded \
                     sequence for another language, escape it by starting with \"$${\" instead of just \"${\".",
                ),
            }
        })
    }

    fn directive(&mut self, start: Token, open: &mut Vec<(bool, bool)>) -> Checked {
        self.nested(false, |this| {
            let word = this.peek();
            if word.kind != Kind::Ident {
                return this.fail(
                    word,
                    "Invalid template directive",
                    "A template directive keyword (\"if\", \"for\", etc) is expected at the beginning of a %{ \
                     sequence.",
                );
            }
            this.read();
            let keyword = this.slice(word);
            match keyword {
                "if" => {
                    this.expression()?;
                    open.push((true, false));
                }
                "for" => {
                    this.for_names("Invalid 'for' directive", "For directive")?;
                    this.expression()?;
                    open.push((false, false));
                }
                "else" | "endif" | "endfor" => {}
                _ => return this.fail(
                    word,
                    "Invalid template control keyword",
                    format!("{keyword:?} is not a valid template control keyword."),
                ),
            }
            let close = this.peek();
            if close.kind != Kind::SequenceEnd {
                return this.fail(
                    close,
                    &format!("Extra characters in {keyword} marker"),
                    "Expected a closing brace to end the sequence, but found extra characters.",
                );
            }
            this.read();
            let fits = match (keyword, open.last_mut()) {
                ("else", Some((true, had_else))) => !std::mem::replace(had_else, true),
                ("endif", Some((true, _))) | ("endfor", Some((false, _))) => open.pop().is_some(),
                ("if" | "for", _) => open.len() <= MAX_DEPTH as usize,
                _ => false,
            };
            if fits {
                return Ok(());
            }
            this.fail(
                start,
                &format!("Unexpected {keyword} directive"),
                "The control directives within this template are unbalanced.",
            )
        })
    }

    /// Refuses escapes that the language does not know.
    fn escapes(&mut self, token: Token) -> Checked {
        match super::literal::unescape(self.slice(token)) {
            Ok(_) => Ok(()),
            Err((at, detail)) => {
                let start = token.start + at;
                let token = Token { start, end: token.end.min(start + 2), ..token };
                self.fail(token, "Invalid escape sequence", detail)
            }
        }
    }
}

pub(super) const TOO_DEEP: (&str, &str) = (
    "Nesting too deep",
    "Expressions, templates and blocks may be nested at most 64 levels deep, and operators chained at most \
     128 times. Move parts of it into local values.",
);
const ITEM_REQUIRED: &str = "Argument or block definition required";
pub(super) const UNCLOSED_BLOCK: (&str, &str) = (
    "Unclosed configuration block",
    "There is no closing brace for this block before the end of the file. This may be caused by incorrect \
     brace nesting elsewhere in this file.",
);
const UNCLOSED_OBJECT: (&str, &str) = (
    "Unterminated object constructor expression",
    "There is no corresponding closing brace before the end of the file. This may be caused by incorrect \
     brace nesting elsewhere in this file.",
);

/// The key's tokens with single blanks between them, to compare keys that are expressions.
fn tokens(text: &str) -> String {
    let mut scanner = Scanner::new(text, 0);
    let mut out = String::with_capacity(text.len());
    loop {
        let token = scanner.next();
        match token.kind {
            Kind::Eof => return out,
            Kind::Comment | Kind::Newline => {}
            _ => {
                out.push_str(text.get(token.start..token.end).unwrap_or(""));
                out.push('\u{0}');
            }
        }
    }
}

/// Terraform's message about a token that is no part of the language.
fn unknown_token(kind: Kind, text: &str) -> Option<(&'static str, &'static str)> {
    const CHARACTER: &str = "Invalid character";
    match kind {
        Kind::QuotedNewline => Some((
            "Invalid multi-line string",
            "Quoted strings may not be split over multiple lines. To produce a multi-line string, either use \
             the \\n escape to represent a newline character or use the \"heredoc\" multi-line template syntax.",
        )),
        Kind::Invalid => Some(match text {
            "&" => (
                "Unsupported operator",
                "Bitwise operators are not supported. Did you mean boolean AND (\"&&\")?",
            ),
            "|" => (
                "Unsupported operator",
                "Bitwise operators are not supported. Did you mean boolean OR (\"||\")?",
            ),
            "~" => (
                "Unsupported operator",
                "Bitwise operators are not supported. Did you mean boolean NOT (\"!\")?",
            ),
            "^" => ("Unsupported operator", "Bitwise operators are not supported."),
            "`" => (
                CHARACTER,
                "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" syntax, \
                 like \"<<EOT\".",
            ),
            "'" => (CHARACTER, "Single quotes are not valid. Use double quotes (\") to enclose strings."),
            ";" => (
                CHARACTER,
                "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas \
                 to separate items in collection values.",
            ),
            "“" | "”" => (
                CHARACTER,
                "\"Curly quotes\" are not valid here. These can sometimes be inadvertently introduced when \
                 sharing code via documents or discussion forums. It might help to replace the character with \
                 a \"straight quote\".",
            ),
            _ => (CHARACTER, "This character is not used within the language."),
        }),
        _ => None,
    }
}
