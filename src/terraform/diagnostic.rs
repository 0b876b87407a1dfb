//! Diagnostics: what is wrong with the code under review, in Terraform's own form.

use super::source::Span;

/// How bad a diagnostic is.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used as it is; something was left out of the result.
    Error,
    /// Worth knowing; nothing was left out.
    Warning,
}

/// One message about the code under review: Terraform's summary, its detail, and the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// One line; Terraform's own summary where Terraform has this diagnostic.
    pub summary: String,
    /// Full sentences: what is wrong and what would be right.
    pub detail: String,
    /// The bytes at fault.
    pub span: Option<Span>,
    /// Further places with a label ("first declared here").
    pub related: Vec<(Span, String)>,
    /// A file or module could not be read: the rest is incomplete rather than wrong.
    pub unread: bool,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        span: impl Into<Option<Span>>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Diagnostic {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            span: span.into(),
            related: Vec::new(),
            unread: false,
        }
    }

    /// A warning at a place.
    pub fn warning(
        span: impl Into<Option<Span>>,
        summary: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Diagnostic { severity: Severity::Warning, ..Self::error(span, summary, detail) }
    }

    /// Adds a further place with its label.
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// Says that it is about a file or module that could not be read.
    pub fn unread(mut self) -> Self {
        self.unread = true;
        self
    }

    /// True for errors.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
