//! Blocks and arguments, the same for native and JSON syntax: what configuration is decoded from.

use std::sync::Arc;

use hcl_edit::expr::Expression;
use hcl_edit::structure::{self, Structure};
use indexmap::IndexMap;

use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{FileId, Span};
use crate::terraform::syntax;
use crate::terraform::value::Str;

/// An expression of a file.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    /// The tree.
    pub node: Arc<Expression>,
    /// Its text.
    pub span: Span,
    /// From a JSON file: strings are templates, and some are read as expressions.
    pub json: bool,
}

/// `name = expression`
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    /// The name.
    pub name: Str,
    /// Where the name stands.
    pub name_span: Span,
    /// What it is set to.
    pub expr: Expr,
}

impl Attribute {
    /// The whole argument.
    pub(super) fn span(&self) -> Span {
        self.name_span.to(self.expr.span)
    }
}

/// A block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// `resource`, `variable`, ...
    pub kind: Str,
    /// Where the kind stands.
    pub kind_span: Span,
    /// Labels and where they stand.
    pub labels: Vec<(Str, Span)>,
    /// Kind and labels.
    pub header: Span,
    /// What is in it.
    pub body: Body,
}

impl Block {
    /// Where a label stands; the header when there are fewer.
    pub(super) fn label_span(&self, at: usize) -> Span {
        self.labels.get(at).map_or(self.header, |(_, span)| *span)
    }

    /// A label's text; empty when there are fewer.
    pub(super) fn label(&self, at: usize) -> Str {
        self.labels.get(at).map_or_else(|| Arc::from(""), |(text, _)| text.clone())
    }
}

/// Arguments and blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Body {
    /// Arguments in the order of the text.
    pub attributes: IndexMap<Str, Attribute>,
    /// Blocks in the order of the text.
    pub blocks: Vec<Block>,
}

impl Body {
    /// The argument of this name.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.get(name)
    }

    /// The blocks of this kind.
    pub(super) fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> + 'a {
        self.blocks.iter().filter(move |b| &*b.kind == kind)
    }

    /// The body of a tree from native syntax; expressions move, nothing is copied.
    pub(super) fn from_native(
        file: FileId,
        body: structure::Body,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Body {
        let nowhere = Span { file, start: 0, end: 0 };
        let mut out = Body::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let name_span = syntax::span(file, &attribute.key).unwrap_or(nowhere);
                    let span = syntax::span(file, &attribute.value).unwrap_or(name_span);
                    let name: Str = attribute.key.as_str().into();
                    let expr = Expr { node: Arc::new(attribute.value), span, json: false };
                    out.insert(Attribute { name, name_span, expr }, diagnostics);
                }
                Structure::Block(block) => {
                    let kind_span = syntax::span(file, &block.ident).unwrap_or(nowhere);
                    let labels: Vec<(Str, Span)> = block
                        .labels
                        .iter()
                        .map(|l| (l.as_str().into(), syntax::span(file, l).unwrap_or(kind_span)))
                        .collect();
                    let header = labels.last().map_or(kind_span, |(_, last)| kind_span.to(*last));
                    out.blocks.push(Block {
                        kind: block.ident.as_str().into(),
                        kind_span,
                        labels,
                        header,
                        body: Body::from_native(file, block.body, diagnostics),
                    });
                }
            }
        }
        out
    }

    /// Adds an argument; a second one of the same name is an error.
    pub(super) fn insert(&mut self, attribute: Attribute, diagnostics: &mut Vec<Diagnostic>) {
        if let Some(first) = self.attributes.get(&attribute.name) {
            let name = &attribute.name;
            diagnostics.push(
                Diagnostic::error(
                    attribute.name_span,
                    "Attribute redefined",
                    format!("The argument {name:?} was already set. Each argument may be set only once."),
                )
                .related(first.name_span, "first set here"),
            );
            return;
        }
        self.attributes.insert(attribute.name.clone(), attribute);
    }
}
