//! Where a value came from.

use std::sync::Arc;

use crate::terraform::source::Span;

/// The text that set a value and the places it passed through.
///
/// `at` is the text a person edits to change the value: the literal in a `.tfvars`, a default, or
/// the expression that computes it. Passing a value on (`var.x`, `local.y`, an output, a
/// conversion, an index) keeps `at`; computing a new one (a template, an operator, a function that
/// does not merely select) sets `at` to the computing expression and keeps the operands' places in
/// `via`. The attribute of the resource that finally uses the value is the last of `via`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The text to edit.
    pub at: Option<Span>,
    via: Option<Arc<[Span]>>,
}

/// How many places `via` keeps: what a person can still follow.
const MAX_VIA: usize = 4;

impl Origin {
    /// A value written here.
    pub fn at(span: Span) -> Origin {
        Origin { at: Some(span), via: None }
    }

    /// The places the value passed through, or was computed from; the user of the value last.
    pub fn via(&self) -> &[Span] {
        self.via.as_deref().unwrap_or_default()
    }

    /// The same value, used by the text at `span`.
    pub fn used_by(&self, span: Span) -> Origin {
        if self.at.is_none() {
            return Origin::at(span);
        }
        if self.at == Some(span) || self.via().last() == Some(&span) {
            return self.clone();
        }
        let skip = (self.via().len() + 1).saturating_sub(MAX_VIA);
        Origin { at: self.at, via: Some(self.via().iter().skip(skip).copied().chain([span]).collect()) }
    }

    /// A value computed at `span` from operands.
    pub fn computed<'a>(span: Span, operands: impl IntoIterator<Item = &'a Origin>) -> Origin {
        let mut via: Vec<Span> = Vec::new();
        for place in operands.into_iter().filter_map(|o| o.at) {
            let inside = place.file == span.file && place.start >= span.start && place.end <= span.end;
            if via.len() < MAX_VIA && !inside && !via.contains(&place) {
                via.push(place);
            }
        }
        Origin { at: Some(span), via: (!via.is_empty()).then(|| via.into()) }
    }
}
