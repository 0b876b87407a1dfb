//! What the commands of one facet share: they print the facet, then the findings and diagnostics.

use serde_json::Value as Json;

use super::args::{Form, Format, OutputArgs};
use super::exit::Exit;
use super::review::of_evaluation;
use super::{CommandError, print};
use crate::analysis::finding::Finding;
use crate::output::excerpt::{Excerpts, Style};
use crate::output::{escape, json};
use crate::review::Subject;
use crate::review::redact::Redactor;

/// Prints a facet in all forms asked for. `body` gives its JSON for [`Format::Json`], else its text; a
/// form of the command's own is printed as it is, without findings.
pub(super) fn print<F: Form>(
    subject: &Subject,
    output: &OutputArgs<F>,
    findings: &[Finding],
    body: impl Fn(F) -> Json,
) -> Result<Exit, CommandError> {
    let redactor = Redactor::new(&subject.evaluation).show_subscriptions(output.show_subscriptions);
    let render = |form: F, style: Style| -> String {
        let body = body(form);
        let Some(format) = form.common() else {
            return redactor.text(body.as_str().unwrap_or_default());
        };
        match (format, body) {
            (Format::Json, body) => json::print(&json::facet(body, &subject.evaluation, &redactor)),
            (Format::Markdown, body) => redactor.text(&escape::fenced("", body.as_str().unwrap_or_default())),
            (Format::Text, body) => {
                let excerpts = Excerpts::new(&subject.evaluation.sources, &redactor, style);
                let diagnostics = subject.evaluation.diagnostics.iter().map(|d| excerpts.diagnostic(d));
                let findings = findings.iter().map(|f| excerpts.finding(f));
                let head: String = diagnostics.chain(findings).map(|t| t + "\n").collect();
                format!("{head}{}", redactor.text(body.as_str().unwrap_or_default()))
            }
        }
    };
    for (format, path) in &output.files {
        print::file(path, &render(*format, Style::default()))?;
    }
    print::out(&render(output.format, print::style()))?;
    Ok(of_evaluation(&subject.evaluation).unwrap_or(Exit::Done))
}
