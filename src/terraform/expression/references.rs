//! The references in an expression.

use hcl_edit::Decorated;
use hcl_edit::Ident;
use hcl_edit::expr::{Expression, ObjectKey, TraversalOperator};
use hcl_edit::template::{Directive, Element, Template};

use super::{Reference, Step};
use crate::terraform::source::{FileId, Span};
use crate::terraform::syntax;
use crate::terraform::value::Number;

/// The references in an expression, in the order of the text, each place once; names bound by `for`
/// are left out.
pub fn references(file: FileId, text: &str, expression: &Expression) -> Vec<Reference> {
    outside(file, text, expression, Vec::new())
}

/// The same, with names that are bound around the expression.
pub(super) fn outside(
    file: FileId,
    text: &str,
    expression: &Expression,
    bound: Vec<String>,
) -> Vec<Reference> {
    let mut finder = Finder { file, text, bound, found: Vec::new() };
    finder.expression(expression);
    finder.found
}

/// The references in a template.
pub(super) fn in_template(file: FileId, text: &str, template: &Template) -> Vec<Reference> {
    let mut finder = Finder { file, text, bound: Vec::new(), found: Vec::new() };
    finder.template(template);
    finder.found
}

/// The reference that a name and the steps behind it make.
pub(super) fn reference(
    file: FileId,
    text: &str,
    name: &Decorated<Ident>,
    operators: &[Decorated<TraversalOperator>],
) -> Reference {
    let mut span = syntax::span(file, name).unwrap_or(Span { file, start: 0, end: 0 });
    let mut steps = Vec::with_capacity(operators.len());
    for operator in operators {
        let step = match operator.value() {
            TraversalOperator::GetAttr(name) => Step::Attribute(name.as_str().into()),
            TraversalOperator::LegacyIndex(index) => {
                i64::try_from(*index.value()).map_or(Step::Dynamic, Step::Index)
            }
            TraversalOperator::Index(Expression::String(key)) => Step::Key(key.value().as_str().into()),
            // The number in the tree may not be that of the text (see the syntax module).
            TraversalOperator::Index(key @ Expression::Number(_)) => hcl_edit::Span::span(key)
                .and_then(|range| Number::parse(text.get(range)?)?.to_i64())
                .map_or(Step::Dynamic, Step::Index),
            _ => Step::Dynamic,
        };
        let last = step == Step::Dynamic;
        steps.push(step);
        if last {
            break;
        }
        if let Some(place) = syntax::span(file, operator) {
            span = span.to(place);
        }
    }
    Reference { root: name.as_str().into(), steps, span }
}

struct Finder<'t> {
    file: FileId,
    text: &'t str,
    bound: Vec<String>,
    found: Vec<Reference>,
}

impl Finder<'_> {
    fn expression(&mut self, expression: &Expression) {
        match expression {
            Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => {}
            Expression::Array(array) => array.iter().for_each(|item| self.expression(item)),
            Expression::Object(object) => {
                for (key, value) in object.iter() {
                    if let ObjectKey::Expression(key) = key {
                        self.expression(key);
                    }
                    self.expression(value.expr());
                }
            }
            Expression::StringTemplate(template) => self.template(template),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            Expression::Parenthesis(inner) => self.expression(inner.inner()),
            Expression::Variable(name) => self.reference(name, &[]),
            Expression::Conditional(c) => {
                self.expression(&c.cond_expr);
                self.expression(&c.true_expr);
                self.expression(&c.false_expr);
            }
            Expression::FuncCall(call) => call.args.iter().for_each(|arg| self.expression(arg)),
            Expression::Traversal(traversal) => {
                match &traversal.expr {
                    Expression::Variable(name) => self.reference(name, &traversal.operators),
                    expression => self.expression(expression),
                }
                for operator in &traversal.operators {
                    if let TraversalOperator::Index(key) = operator.value() {
                        self.expression(key);
                    }
                }
            }
            Expression::UnaryOp(op) => self.expression(&op.expr),
            Expression::BinaryOp(op) => {
                self.expression(&op.lhs_expr);
                self.expression(&op.rhs_expr);
            }
            Expression::ForExpr(f) => {
                self.expression(&f.intro.collection_expr);
                let names = [f.intro.key_var.as_ref(), Some(&f.intro.value_var)];
                self.within(names, |this| {
                    f.key_expr.iter().for_each(|key| this.expression(key));
                    this.expression(&f.value_expr);
                    f.cond.iter().for_each(|cond| this.expression(&cond.expr));
                });
            }
        }
    }

    fn template(&mut self, template: &Template) {
        for element in template.iter() {
            match element {
                Element::Literal(_) => {}
                Element::Interpolation(interpolation) => self.expression(&interpolation.expr),
                Element::Directive(directive) => match &**directive {
                    Directive::If(d) => {
                        self.expression(&d.if_expr.cond_expr);
                        self.template(&d.if_expr.template);
                        d.else_expr.iter().for_each(|otherwise| self.template(&otherwise.template));
                    }
                    Directive::For(d) => {
                        self.expression(&d.for_expr.collection_expr);
                        let names = [d.for_expr.key_var.as_ref(), Some(&d.for_expr.value_var)];
                        self.within(names, |this| this.template(&d.for_expr.template));
                    }
                },
            }
        }
    }

    fn within(&mut self, names: [Option<&Decorated<Ident>>; 2], work: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(names.into_iter().flatten().map(|name| name.as_str().to_owned()));
        work(self);
        self.bound.truncate(before);
    }

    fn reference(&mut self, name: &Decorated<Ident>, operators: &[Decorated<TraversalOperator>]) {
        if !self.bound.iter().any(|bound| bound == name.as_str()) {
            self.found.push(reference(self.file, self.text, name, operators));
        }
    }
}
