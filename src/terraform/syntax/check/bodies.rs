//! Bodies: arguments and blocks.

use super::super::scan::{Kind, Token};
use super::messages::*;
use super::{Checked, Checker, Edit, Seen};

impl<'t> Checker<'t> {
    /// The items of a block's body up to and with its closing brace.
    fn block_body(&mut self, open: Token) -> Checked {
        let mut seen: Seen<&'t str, Token> = Seen::default();
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
                Kind::Eof => return self.fail(open, UNCLOSED_BLOCK),
                _ => return self.not_an_item(token),
            }
        }
    }

    pub(in crate::terraform::syntax) fn not_an_item<T>(&mut self, token: Token) -> Checked<T> {
        if token.kind == Kind::OpenQuote {
            return self.fail(token, QUOTED_NAME);
        }
        self.fail(token, NOT_AN_ITEM)
    }

    /// An argument or a block, with its line end.
    pub(in crate::terraform::syntax) fn item(&mut self, seen: &mut Seen<&'t str, Token>) -> Checked {
        let name = self.read();
        match self.peek().kind {
            Kind::Equal => {
                self.argument()?;
                let after = self.peek();
                match after.kind {
                    Kind::Newline | Kind::Eof => {}
                    Kind::Comma => {
                        return self.fail(after, COMMA_AFTER_ARGUMENT);
                    }
                    _ => {
                        return self.fail(after, NO_NEWLINE_AFTER_ARGUMENT);
                    }
                }
                let end = self.end;
                self.read();
                if let Some(first) = seen.get(&self.slice(name)) {
                    let text = self.slice(name);
                    self.error(
                        name.range(),
                        "Attribute redefined",
                        format!("The argument {text:?} was already set. Each argument may be set only once."),
                    );
                    let span = self.span(first.range());
                    if let Some(last) = self.report.diagnostics.last_mut() {
                        last.related.push((span, "first set here".to_owned()));
                    }
                    self.report.edits.push(Edit::Blank(name.start()..end));
                } else {
                    seen.insert(self.slice(name), name);
                }
                Ok(())
            }
            Kind::OpenQuote | Kind::OpenBrace | Kind::Ident => self.block(),
            _ => self.fail(name, NOT_AN_ARGUMENT),
        }
    }

    /// `= expression`
    fn argument(&mut self) -> Checked {
        self.read();
        self.expression()
    }

    /// What follows the type of a block.
    fn block(&mut self) -> Checked {
        let open = loop {
            let token = self.peek();
            match token.kind {
                Kind::OpenBrace => break self.read(),
                Kind::Ident => {
                    self.read();
                }
                Kind::OpenQuote => self.plain_string()?,
                Kind::Equal => return self.fail(token, EQUALS_IN_BLOCK),
                Kind::Newline => return self.fail(token, BLOCK_WITHOUT_BODY),
                _ => return self.fail(token, NO_BLOCK_LABEL),
            }
        };
        self.nested(true, |this| match this.peek().kind {
            Kind::Newline | Kind::Eof | Kind::CloseBrace => this.block_body(open),
            _ => this.one_line_body(open),
        })?;
        let after = self.peek();
        if !matches!(after.kind, Kind::Newline | Kind::Eof) {
            return self.fail(after, NO_NEWLINE_AFTER_BLOCK);
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
                return self.fail_with(
                    name,
                    "Argument definition required",
                    format!(
                        "A single-line block definition can contain only a single argument. If you meant to \
                     define argument {text:?}, use an equals sign to assign it a value. To define a nested \
                     block, place it on a line of its own within its parent block."
                    ),
                );
            }
            _ => return self.fail(name, NOT_AN_ARGUMENT),
        }
        let after = self.peek();
        match after.kind {
            Kind::CloseBrace => {
                self.read();
                Ok(())
            }
            Kind::Eof => self.fail(open, UNCLOSED_BLOCK),
            Kind::Comma => self.fail(after, SEVERAL_ARGUMENTS),
            _ => self.fail(after, ONE_LINE_NOT_CLOSED),
        }
    }

    /// A quoted string without template sequences.
    fn plain_string(&mut self) -> Checked {
        self.read();
        if self.pass_plain() {
            return Ok(());
        }
        loop {
            let token = self.read();
            match token.kind {
                Kind::CloseQuote => return Ok(()),
                Kind::Quoted => self.escapes(token)?,
                Kind::Interpolation | Kind::Directive => return self.fail(token, TEMPLATE_IN_STRING),
                _ => {
                    return self.fail(token, UNCLOSED_STRING);
                }
            }
        }
    }
}
