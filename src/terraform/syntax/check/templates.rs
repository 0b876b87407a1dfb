//! Templates and the escapes of quoted strings.

use super::super::scan::{Kind, Token};
use super::messages::*;
use super::{Checked, Checker, Edit, MAX_DEPTH};

impl Checker<'_> {
    /// The parts of a template up to and with its end.
    pub(in crate::terraform::syntax) fn template(&mut self, close: Kind) -> Checked {
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
                            self.fail_with(
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
                    return self.fail(token, UNCLOSED_TEMPLATE);
                }
            }
        }
    }

    /// hcl-edit looks for the end of a heredoc from its second line on: one without lines is an empty string.
    pub(super) fn without_lines(&mut self, open: Token, close: Token) {
        let quotes = open.start()..open.start() + 2;
        self.report.edits.extend(quotes.map(|at| Edit::Byte(at, b'"')));
        let rest = open.start() + 2..close.start() + self.slice(close).len();
        self.report.edits.extend(rest.map(|at| Edit::Byte(at, b' ')));
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
            let at = token.start() + (text.len() - word.len());
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
                Kind::Eof => this.fail(open, UNCLOSED_INTERPOLATION),
                Kind::OpenQuote if template == Kind::CloseQuote => {
                    this.fail(open, UNCLOSED_INTERPOLATION_IN_QUOTES)
                }
                Kind::Colon => this.fail(close, COLON_IN_INTERPOLATION),
                _ => this.fail(close, MORE_IN_INTERPOLATION),
            }
        })
    }

    fn directive(&mut self, start: Token, open: &mut Vec<(bool, bool)>) -> Checked {
        self.nested(false, |this| {
            let word = this.peek();
            if word.kind != Kind::Ident {
                return this.fail(word, NO_DIRECTIVE);
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
                _ => {
                    return this.fail_with(
                        word,
                        "Invalid template control keyword",
                        format!("{keyword:?} is not a valid template control keyword."),
                    );
                }
            }
            let close = this.peek();
            if close.kind != Kind::SequenceEnd {
                return this.fail_with(
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
            this.fail_with(
                start,
                &format!("Unexpected {keyword} directive"),
                "The control directives within this template are unbalanced.",
            )
        })
    }

    /// Refuses escapes that the language does not know.
    pub(super) fn escapes(&mut self, token: Token) -> Checked {
        let text = self.slice(token);
        if !text.contains('\\') {
            return Ok(());
        }
        match super::super::literal::unescape(text) {
            Ok(_) => Ok(()),
            Err((at, detail)) => {
                let escape = self.slice(token).get(at..).unwrap_or("").chars().take(2);
                let token = token.part(at, escape.map(char::len_utf8).sum());
                self.fail_with(token, "Invalid escape sequence", detail)
            }
        }
    }
}
