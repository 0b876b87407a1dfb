//! Templates: quoted strings, heredocs and template files with their interpolations and directives.
//!
//! The tree's elements are first laid out as Terraform's flat list of tokens (a line of a heredoc is
//! one), on which strip markers and the dedenting of `<<-` are defined; then they are nested again.

use hcl_edit::expr::Expression;
use hcl_edit::template::{Directive, Element, HeredocTemplate, StringTemplate, Strip, Template};
use unicode_segmentation::UnicodeSegmentation;

use super::conditional::{either, marks_of};
use super::evaluate::{Names, Run, derived};
use super::repeat::{Items, Loop};
use crate::terraform::source::Span;
use crate::terraform::syntax::{literal, scan};
use crate::terraform::value::convert::convert;
use crate::terraform::value::text::safe_prefix;
use crate::terraform::value::{Marks, Origin, Reason, Refinement, Type, Value};

/// How much of an unknown text's beginning is kept.
const MAX_PREFIX: usize = 128;

enum Token<'t> {
    Literal(String),
    Interpolation(&'t Expression),
    If(&'t Expression),
    Else,
    EndIf,
    For(Loop<'t>),
    EndFor,
}

enum Part<'t> {
    Literal(String),
    Interpolation(&'t Expression),
    If { condition: &'t Expression, yes: Vec<Part<'t>>, no: Vec<Part<'t>> },
    For { head: Loop<'t>, body: Vec<Part<'t>> },
}

/// How literals are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writing {
    /// In quotes, with escapes.
    Quoted,
    /// As they are, one token a line.
    Lines,
}

/// Tokens under construction.
struct Layout<'r, 't> {
    run: &'r Run<'r>,
    writing: Writing,
    tokens: Vec<Token<'t>>,
    /// The next token, if a literal, loses its leading blanks.
    strip_next: bool,
}

impl<'t> Layout<'_, 't> {
    fn template(&mut self, template: &'t Template) {
        for element in template.iter() {
            match element {
                Element::Literal(literal) => self.literal(self.run.span(literal)),
                Element::Interpolation(i) => self.control(i.strip, Token::Interpolation(&i.expr)),
                Element::Directive(directive) => match &**directive {
                    Directive::If(d) => {
                        self.control(d.if_expr.strip, Token::If(&d.if_expr.cond_expr));
                        self.template(&d.if_expr.template);
                        if let Some(otherwise) = &d.else_expr {
                            self.control(otherwise.strip, Token::Else);
                            self.template(&otherwise.template);
                        }
                        self.control(d.endif_expr.strip, Token::EndIf);
                    }
                    Directive::For(d) => {
                        let head = Loop {
                            key: d.for_expr.key_var.as_ref().map(|key| key.as_str()),
                            value: d.for_expr.value_var.as_str(),
                            collection: &d.for_expr.collection_expr,
                        };
                        self.control(d.for_expr.strip, Token::For(head));
                        self.template(&d.for_expr.template);
                        self.control(d.endfor_expr.strip, Token::EndFor);
                    }
                },
            }
        }
    }

    fn literal(&mut self, span: Span) {
        let mut rest = self.run.source(span);
        while !rest.is_empty() {
            let (token, tail) = match self.writing {
                Writing::Quoted => (rest, ""),
                Writing::Lines => rest.split_at(scan::template_line(rest).max(1).min(rest.len())),
            };
            rest = tail;
            let mut text = match self.writing {
                Writing::Quoted => literal::unescape(token).unwrap_or_else(|_| token.to_owned()),
                Writing::Lines => literal::unescape_markers(token),
            };
            if std::mem::take(&mut self.strip_next) {
                text = text.trim_start().to_owned();
            }
            self.tokens.push(Token::Literal(text));
        }
    }

    fn control(&mut self, strip: Strip, token: Token<'t>) {
        if strip.strip_start()
            && let Some(Token::Literal(text)) = self.tokens.last_mut()
        {
            text.truncate(text.trim_end().len());
        }
        self.tokens.push(token);
        self.strip_next = strip.strip_end();
    }
}

/// Takes the least indentation of any line off all lines (`<<-`). Blank lines do not count; a line that
/// begins with a sequence has none.
fn dedent(tokens: &mut [Token<'_>]) {
    let mut least = usize::MAX;
    let mut fresh = true;
    let mut lines = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let text = match token {
            Token::Literal(text) => text.as_str(),
            _ => "",
        };
        if std::mem::take(&mut fresh) {
            let trimmed = text.trim_start();
            if !(trimmed.is_empty() && text.ends_with('\n')) {
                let blanks = text.get(..text.len() - trimmed.len()).unwrap_or("");
                least = least.min(blanks.graphemes(true).count());
                lines.push(i);
            }
        }
        fresh = text.ends_with('\n');
    }
    for i in lines {
        if let Some(Token::Literal(text)) = tokens.get_mut(i) {
            let cut: usize = text.graphemes(true).take(least).map(str::len).sum();
            text.drain(..cut);
        }
    }
}

/// Nests the tokens up to the end or to the one that closes what is open.
fn nest<'t>(tokens: &mut std::iter::Peekable<std::vec::IntoIter<Token<'t>>>) -> Vec<Part<'t>> {
    let mut parts: Vec<Part<'t>> = Vec::new();
    while let Some(token) = tokens.next_if(|t| !matches!(t, Token::Else | Token::EndIf | Token::EndFor)) {
        match token {
            Token::Literal(text) => match parts.last_mut() {
                Some(Part::Literal(before)) => before.push_str(&text),
                _ => parts.push(Part::Literal(text)),
            },
            Token::Interpolation(expression) => parts.push(Part::Interpolation(expression)),
            Token::If(condition) => {
                let yes = nest(tokens);
                let no = match tokens.next() {
                    Some(Token::Else) => {
                        let no = nest(tokens);
                        tokens.next();
                        no
                    }
                    _ => Vec::new(),
                };
                parts.push(Part::If { condition, yes, no });
            }
            Token::For(head) => {
                let body = nest(tokens);
                tokens.next();
                parts.push(Part::For { head, body });
            }
            Token::Else | Token::EndIf | Token::EndFor => {}
        }
    }
    parts
}

impl Run<'_> {
    pub(super) fn quoted(&self, template: &StringTemplate, span: Span, names: Names<'_>) -> Value {
        self.template(template, Writing::Quoted, false, span, names)
    }

    pub(super) fn heredoc(&self, heredoc: &HeredocTemplate, span: Span, names: Names<'_>) -> Value {
        let flush = self.source(span).starts_with("<<-");
        self.template(&heredoc.template, Writing::Lines, flush, span, names)
    }

    /// A template file or template string.
    pub(super) fn bare(&self, template: &Template, span: Span) -> Value {
        self.template(template, Writing::Lines, false, span, None)
    }

    fn template(
        &self,
        template: &Template,
        writing: Writing,
        flush: bool,
        span: Span,
        names: Names<'_>,
    ) -> Value {
        let mut layout = Layout { run: self, writing, tokens: Vec::new(), strip_next: false };
        layout.template(template);
        let mut tokens = layout.tokens;
        if flush {
            dedent(&mut tokens);
        }
        // A single interpolation keeps its type.
        if let [Token::Interpolation(expression)] = tokens.as_slice() {
            return self.eval(expression, names);
        }
        let parts = nest(&mut tokens.into_iter().peekable());
        let mut origins = Vec::new();
        let text = self.text(&parts, span, names, &mut origins);
        self.computed(text, span, &origins)
    }

    /// The text of parts. The origins are those of what was put in.
    fn text(&self, parts: &[Part<'_>], span: Span, names: Names<'_>, origins: &mut Vec<Origin>) -> Value {
        let mut text = String::new();
        let mut unknown: Option<Reason> = None;
        let mut marks = Marks::NONE;
        let before = self.errors();
        for part in parts {
            let (value, place) = match part {
                Part::Literal(literal) => {
                    if unknown.is_none() {
                        text.push_str(literal);
                    }
                    continue;
                }
                Part::Interpolation(expression) => (self.eval(expression, names), self.span(*expression)),
                Part::If { condition, yes, no } => {
                    (self.branch(condition, yes, no, span, names, origins), self.span(*condition))
                }
                Part::For { head, body } => {
                    (self.joined(head, body, span, names, origins), self.span(head.collection))
                }
            };
            if value.origin.at.is_some() {
                origins.push(value.origin.clone());
            }
            if value.is_null() {
                self.error(
                    place,
                    INVALID_INTERPOLATION,
                    "The expression result is null. Cannot include a null value in a string template.",
                );
                continue;
            }
            marks = marks.and(value.marks);
            if value.is_unknown() {
                unknown.get_or_insert(derived(&value));
                continue;
            }
            match convert(value, &Type::String) {
                Ok(value) if unknown.is_none() => text.push_str(value.as_str().unwrap_or("")),
                Ok(_) => {}
                Err(error) => self.error(
                    place,
                    INVALID_INTERPOLATION,
                    format!("Cannot include the given value in a string template: {error}."),
                ),
            }
            if text.len() as u64 > self.host.budget.bytes.get() {
                return self.exhausted(span);
            }
        }
        let value = if self.errors() > before {
            Value::unknown_not_null(Type::String, Reason::Failed)
        } else if let Some(reason) = unknown {
            self.partly_known(&text, reason)
        } else if self.host.budget.take_bytes(text.len()) {
            Value::string(&text)
        } else {
            return self.exhausted(span);
        };
        value.with_marks(marks)
    }

    fn partly_known(&self, text: &str, reason: Reason) -> Value {
        let mut end = text.len().min(MAX_PREFIX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let prefix = safe_prefix(text.get(..end).unwrap_or(""));
        let prefix = (!prefix.is_empty()).then_some(prefix);
        Value::refined(Type::String, reason, Refinement { not_null: true, prefix, ..Refinement::default() })
    }

    /// `%{ if }`: both arms are texts, so the rest is as for a conditional expression.
    fn branch(
        &self,
        condition: &Expression,
        yes: &[Part<'_>],
        no: &[Part<'_>],
        span: Span,
        names: Names<'_>,
        origins: &mut Vec<Origin>,
    ) -> Value {
        let (yes, yes_errors) = self.captured(|| self.text(yes, span, names, origins));
        let (no, no_errors) = self.captured(|| self.text(no, span, names, origins));
        let place = self.span(condition);
        let condition = self.eval(condition, names);
        if condition.origin.at.is_some() {
            origins.push(condition.origin.clone());
        }
        let marks = marks_of([&condition, &yes, &no]);
        let (arm, errors) = match self.choice(&condition, place) {
            None => return Value::unknown(Type::String, Reason::Failed),
            Some(None) => return either(&condition, &yes, &no, &Type::String).with_marks(marks),
            Some(Some(true)) => (yes, yes_errors),
            Some(Some(false)) => (no, no_errors),
        };
        self.release(errors);
        arm.with_marks(marks)
    }

    /// `%{ for }`: the texts of all elements.
    fn joined(
        &self,
        head: &Loop<'_>,
        body: &[Part<'_>],
        span: Span,
        names: Names<'_>,
        origins: &mut Vec<Origin>,
    ) -> Value {
        let collection = self.eval(head.collection, names);
        if collection.origin.at.is_some() {
            origins.push(collection.origin.clone());
        }
        let (items, mut marks) = match self.elements(head, collection) {
            Items::Known(items, marks) => (items, marks),
            Items::Unknown(value) => {
                let reason = value.unknown_reason().unwrap_or(Reason::Failed);
                return Value::unknown(Type::String, reason);
            }
        };
        let outer = marks;
        let mut text = String::new();
        let mut unknown: Option<Reason> = None;
        for (key, value) in &items {
            let part = self.within(head, key, value, names, |names| {
                if self.host.budget.take_steps(1) {
                    self.text(body, span, names, origins)
                } else {
                    self.exhausted(span)
                }
            });
            match part.as_str() {
                Some(part) if unknown.is_none() => text.push_str(part),
                Some(_) => {}
                None => {
                    unknown.get_or_insert(derived(&part));
                }
            }
            marks = marks.and(part.marks);
            origins.truncate(16);
        }
        match unknown {
            Some(reason) => Value::unknown(Type::String, reason).with_marks(outer),
            None => Value::string(&text).with_marks(marks),
        }
    }
}

const INVALID_INTERPOLATION: &str = "Invalid template interpolation value";
