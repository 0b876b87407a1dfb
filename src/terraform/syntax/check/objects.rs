//! Object constructors: repeated keys, and objects of excessive length.

use std::borrow::Cow;
use std::ops::Range;

use super::super::literal::plain_key;
use super::super::scan::{Kind, Scanner, Token};
use super::messages::*;
use super::{Checked, Checker, Edit, Seen};
use crate::terraform::diagnostic::Diagnostic;

/// Objects with more items than this are shown to hcl-edit as lists (see [`Edit::Blank`]), because it
/// compares every key with every other.
const MANY_ITEMS: usize = 1000;

/// An item of an object constructor.
struct Item<'t> {
    key: Range<usize>,
    /// The key, when it is a plain name, number or string.
    name: Option<Cow<'t, str>>,
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
    pub(super) fn object(&mut self) -> Checked {
        let open = self.read();
        // Whether it is a `for` expression is asked without regard to line ends.
        while self.is(Kind::Newline) {
            self.read();
        }
        if self.is_word("for") {
            return self.nested(false, |this| this.for_expression(Kind::CloseBrace));
        }
        let mut items: Vec<Item<'t>> = Vec::new();
        let mut keys: Seen<Cow<'t, str>, usize> = Seen::default();
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
        if let Some(most) = self.most_items {
            if items.len() > most {
                return self.fail(open, TOO_MANY_ITEMS);
            }
        } else if items.len() > MANY_ITEMS && items.iter().all(|i| i.name.is_some()) {
            self.show_as_list(open, close, &items);
        }
        Ok(())
    }

    fn object_item(&mut self, open: Token) -> Checked<Item<'t>> {
        let first = self.peek();
        self.expression()?;
        let key = first.start()..self.end;
        let name = self.text.get(key.clone()).and_then(plain_key);
        let separator = self.peek();
        match separator.kind {
            Kind::Equal | Kind::Colon => {}
            Kind::Newline | Kind::Comma => return self.fail(separator, NO_ATTRIBUTE_VALUE),
            Kind::Ident => return self.fail(separator, NO_KEY_SEPARATOR_NAME),
            Kind::Eof => return self.fail(open, UNCLOSED_OBJECT),
            _ => return self.fail(separator, NO_KEY_SEPARATOR),
        }
        self.read();
        self.expression()?;
        let end = self.end;
        let after = self.peek();
        let comment = self.comment.clone();
        let mut item =
            Item { key, name, separator: separator.end(), end, comment, newline: None, dropped: false };
        match after.kind {
            Kind::CloseBrace => {}
            Kind::Comma => item.end = self.read().end(),
            Kind::Newline => item.newline = Some(self.read().start()),
            Kind::Eof => return self.fail(open, UNCLOSED_OBJECT),
            _ => {
                return self.fail(after, NO_ATTRIBUTE_SEPARATOR);
            }
        }
        Ok(item)
    }

    /// The last of several items with the same key wins: the earlier ones are blanked.
    fn duplicate(&mut self, item: &Item<'t>, keys: &mut Seen<Cow<'t, str>, usize>, items: &mut [Item<'t>]) {
        let text = self.text.get(item.key.clone()).unwrap_or("");
        let name = item.name.clone().unwrap_or_else(|| tokens(text).into());
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
    fn show_as_list(&mut self, open: Token, close: Token, items: &[Item<'t>]) {
        let edits = &mut self.report.edits;
        edits.push(Edit::Byte(open.start(), b'['));
        edits.push(Edit::Byte(close.start(), b']'));
        for item in items.iter().filter(|i| !i.dropped) {
            edits.push(Edit::Blank(item.key.start..item.separator));
            if let Some(newline) = item.newline {
                edits.extend(item.comment.clone().map(Edit::Blank));
                edits.push(Edit::Byte(newline, b','));
            }
        }
    }
}

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
                out.push_str(text.get(token.range()).unwrap_or(""));
                out.push('\u{0}');
            }
        }
    }
}
