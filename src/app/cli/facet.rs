//! What the commands of one facet share: they print the facet, then the findings and diagnostics.

use serde::Serialize;
use serde_json::Value as Json;

use super::args::OutputArgs;
use super::exit::Exit;
use super::forms::{Form, Format};
use super::review::of_evaluation;
use super::{CommandError, print};
use crate::analysis::finding::Finding;
use crate::analysis::rules::Edit;
use crate::output::excerpt::{Excerpts, Style};
use crate::output::html::{self, Section};
use crate::output::told::Told;
use crate::output::{escape, json};
use crate::review::{Held, Subject};

/// A facet in one of its forms.
pub(super) enum Body {
    /// For machines.
    Json(Json),
    /// Text, also of a form that only this command has.
    Text(String),
    /// A section of a page.
    Html(Section),
}

impl Body {
    /// The body of a machine interface.
    pub(super) fn json(of: &impl Serialize) -> Body {
        Body::Json(serde_json::to_value(of).unwrap_or_default())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Body::Text(text)
    }
}

impl From<Section> for Body {
    fn from(section: Section) -> Body {
        Body::Html(section)
    }
}

/// The findings of a facet: what is told, and what somebody decided not to be told.
#[derive(Default)]
pub(super) struct Found<'a> {
    /// Told.
    pub(super) told: &'a [Finding],
    /// Not told.
    pub(super) held: &'a [Held],
    /// Edits that make rules pass.
    pub(super) fixes: &'a [Edit],
}

/// Prints a facet in all forms asked for; `name` is what is looked at. A form of the command's own is
/// printed as it is, without findings.
pub(super) fn print<F: Form>(
    name: &str,
    subject: &Subject,
    output: &OutputArgs<F>,
    found: Found<'_>,
    body: impl Fn(F) -> Body,
) -> Result<Exit, CommandError> {
    let Found { told: findings, held, fixes } = found;
    let redactor = subject.redactor().show_subscriptions(output.show_subscriptions);
    let render = |form: F, style: Style| -> Result<String, CommandError> {
        if let Some(form) = form.handed_on() {
            return Ok(Told::of_facet(name, subject, findings, held, fixes, &redactor).render(form));
        }
        Ok(match (form.common(), body(form)) {
            (_, Body::Json(body)) => json::print(&json::facet(body, &subject.evaluation, &redactor)),
            (_, Body::Html(section)) => html::facet(name, &subject.evaluation, findings, section, &redactor)?,
            (Some(Format::Text), Body::Text(text)) => {
                let excerpts = Excerpts::new(&subject.evaluation.sources, &redactor, style);
                let diagnostics = subject.evaluation.diagnostics.iter().map(|d| excerpts.diagnostic(d));
                let findings = findings.iter().map(|f| excerpts.finding(f));
                let head: String = diagnostics.chain(findings).map(|t| t + "\n").collect();
                format!("{head}{}", redactor.text(&text))
            }
            (Some(_), Body::Text(text)) => redactor.text(&escape::fenced("", &text)),
            (None, Body::Text(text)) => redactor.text(&text),
        })
    };
    for (format, path) in &output.files {
        print::file(path, &render(*format, Style::default())?)?;
    }
    print::out(&render(output.format, print::style())?)?;
    Ok(of_evaluation(&subject.evaluation).unwrap_or(Exit::Done))
}
