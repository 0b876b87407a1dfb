//! Expressions, and the edits they need.

use super::super::scan::{Kind, Token};
use super::messages::*;
use super::{Checked, Checker, Edit};

impl Checker<'_> {
    /// An expression.
    pub(in crate::terraform::syntax) fn expression(&mut self) -> Checked {
        loop {
            loop {
                self.operand()?;
                match self.peek().kind {
                    Kind::Operator | Kind::Minus | Kind::Star => self.read(),
                    Kind::Question => break,
                    _ => return Ok(()),
                };
            }
            self.read();
            let newlines = self.newlines;
            self.nested(newlines, Self::expression)?;
            let colon = self.peek();
            if colon.kind != Kind::Colon {
                return self.fail(colon, NO_FALSE_EXPRESSION);
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
                        return this.fail(close, UNCLOSED_PARENTHESES);
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
                if self.pass_plain() {
                    return Ok(());
                }
                self.nested(false, |this| this.template(Kind::CloseQuote))
            }
            Kind::OpenHeredoc => {
                self.read();
                let close = self.peek();
                if close.kind == Kind::CloseHeredoc {
                    self.read();
                    self.without_lines(token, close);
                    return Ok(());
                }
                self.nested(false, |this| this.template(Kind::CloseHeredoc))
            }
            Kind::OpenBracket => self.tuple(),
            Kind::OpenBrace => self.object(),
            Kind::Eof => self.fail(token, MISSING_EXPRESSION),
            _ => self.fail(token, INVALID_EXPRESSION),
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
            return self.fail(token, INVALID_NUMBER);
        }
        if exponent.is_some() || mantissa.ends_with('.') || text.len() > 300 {
            self.report.edits.push(Edit::Zeros(token.range()));
        }
        Ok(())
    }

    fn call(&mut self, name: Token) -> Checked {
        while self.is(Kind::DoubleColon) {
            self.read();
            let next = self.peek();
            if next.kind != Kind::Ident {
                return self.fail(next, NO_FUNCTION_NAME);
            }
            self.read();
        }
        let open = self.peek();
        if open.kind != Kind::OpenParen {
            return self.fail(open, NO_CALL_PARENTHESIS);
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
                            return this.fail(after, NOT_LAST_EXPANDED);
                        }
                    }
                    Kind::Eof => return this.fail(name, UNCLOSED_CALL),
                    _ => {
                        return this.fail(after, NO_ARGUMENT_SEPARATOR);
                    }
                }
            }
        })
    }

    fn traversal(&mut self) -> Checked {
        // Inside an attribute-only splat, whose steps end at the first bracket.
        let mut splat = false;
        loop {
            match self.peek().kind {
                Kind::Dot => {
                    self.read();
                    let step = self.peek();
                    match step.kind {
                        Kind::Star if splat => return self.fail(step, NESTED_SPLAT),
                        Kind::Ident | Kind::Star => {
                            splat |= step.kind == Kind::Star;
                            self.read();
                        }
                        Kind::Number => {
                            self.read();
                            let text = self.slice(step);
                            if let Some((first, second)) = text.split_once('.') {
                                return self.fail_with(
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
                            return self.fail(step, NO_ATTRIBUTE_NAME);
                        }
                    }
                }
                Kind::OpenBracket => {
                    splat = false;
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
                            (_, true) => this.fail(close, UNCLOSED_SPLAT),
                            (_, false) => this.fail(close, UNCLOSED_INDEX),
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
                    Kind::Eof => return this.fail(open, UNCLOSED_TUPLE),
                    _ => {
                        return this.fail(after, NO_ITEM_SEPARATOR);
                    }
                }
            }
        })
    }

    /// What follows the opening bracket of a `for` expression.
    pub(super) fn for_expression(&mut self, close: Kind) -> Checked {
        const SUMMARY: &str = "Invalid 'for' expression";
        self.read();
        self.for_names(SUMMARY, "For expression")?;
        self.expression()?;
        let colon = self.peek();
        if colon.kind != Kind::Colon {
            return self.fail(colon, FOR_WITHOUT_COLON);
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
            return self.fail(end, FOR_WITH_MORE);
        }
        match (close, keyed, grouping) {
            (Kind::CloseBracket, true, _) => self.fail(first, FOR_TUPLE_WITH_KEY),
            (Kind::CloseBracket, _, true) => self.fail(ellipsis, FOR_TUPLE_WITH_GROUPING),
            (Kind::CloseBrace, false, _) => self.fail(first, FOR_OBJECT_WITHOUT_KEY),
            _ => {
                self.read();
                Ok(())
            }
        }
    }

    /// `name in` or `key, value in`
    pub(super) fn for_names(&mut self, summary: &str, what: &str) -> Checked {
        let name = self.peek();
        if name.kind != Kind::Ident {
            return self.fail_with(name, summary, format!("{what} requires variable name after 'for'."));
        }
        self.read();
        if self.is(Kind::Comma) {
            self.read();
            let name = self.peek();
            if name.kind != Kind::Ident {
                return self.fail_with(
                    name,
                    summary,
                    format!("{what} requires value variable name after comma."),
                );
            }
            self.read();
        }
        if !self.is_word("in") {
            let token = self.peek();
            return self.fail_with(
                token,
                summary,
                format!("{what} requires the 'in' keyword after its name declarations."),
            );
        }
        self.read();
        Ok(())
    }
}
