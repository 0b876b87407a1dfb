//! The templates, and the one place where a text becomes HTML.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

use super::{Head, HtmlError, Section};
use crate::output::escape;
use crate::review::redact::Redactor;

const TEMPLATES: &[(&str, &str)] = &[
    ("addresses.html", include_str!("templates/addresses.html")),
    ("change.html", include_str!("templates/change.html")),
    ("design.html", include_str!("templates/design.html")),
    ("document.html", include_str!("templates/document.html")),
    ("drift.html", include_str!("templates/drift.html")),
    ("findings.html", include_str!("templates/findings.html")),
    ("lines.html", include_str!("templates/lines.html")),
    ("page.html", include_str!("templates/page.html")),
    ("table.html", include_str!("templates/table.html")),
    ("tables.html", include_str!("templates/tables.html")),
];

const STYLE: &str = include_str!("templates/style.css");

/// Writes a page.
pub(super) fn page(head: &Head, sections: &[Section], redactor: &Redactor) -> Result<String, HtmlError> {
    let environment = environment(redactor)?;
    // Nothing may be loaded or run; of styles only this one, which its hash names.
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy =
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    let style = Value::from_safe_string(STYLE.to_owned());
    let version = env!("CARGO_PKG_VERSION");
    let page = environment.get_template("page.html")?;
    Ok(page.render(context! { head => Serde(head), sections => Serde(sections), policy, style, version })?)
}

fn environment(redactor: &Redactor) -> Result<Environment<'static>, HtmlError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    let redactor = redactor.clone();
    environment.set_formatter(move |out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value| {
        match value.as_str() {
            Some(text) if value.kind() == ValueKind::String && !value.is_safe() => {
                let text = Value::from(escape::terminal(&redactor.text(text)));
                minijinja::escape_formatter(out, state, &text)
            }
            _ => minijinja::escape_formatter(out, state, value),
        }
    });
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_redacted_and_inert() {
        let text = "</style><script>alert(1)</script>\u{202e} \
                    /subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/x";
        let head = Head { title: text.to_owned(), lead: text.to_owned(), ..Head::default() };
        let page = page(&head, &[], &Redactor::default()).unwrap();
        assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains("0b1f6471"));
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
        assert_eq!(page.matches("</style>").count(), 1);
    }
}
