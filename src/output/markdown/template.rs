//! A comment in the user's own form: a minijinja template.
//!
//! Every value that it prints is made inert for the host, whatever filters it went through; only the parts of
//! trueup's own comment (`parts`) and what the filters `code`, `cell`, `block` and `link` give is Markdown. A
//! template loads and includes nothing, and its work is bounded.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Rest, ValueKind};
use minijinja::{AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value};
use serde_json::Value as Json;

use super::comment::{Draft, Options};
use super::context;
use super::dialect::{Dialect, attribute};
use crate::review::Reviews;

/// Instructions that one template may take: five hundred root modules with every finding take a tenth of it.
const FUEL: u64 = 5_000_000;

/// A template that was parsed.
#[derive(Clone, Debug)]
pub struct Template {
    name: String,
    source: String,
}

impl Template {
    /// Parses a template; the error names the line.
    pub fn parse(name: &str, source: &str) -> Result<Template, String> {
        let template = Template { name: name.to_owned(), source: source.to_owned() };
        template.environment(&super::dialect::GITHUB)?;
        Ok(template)
    }

    fn environment(&self, dialect: &'static Dialect) -> Result<Environment<'static>, String> {
        let mut environment = Environment::empty();
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_fuel(Some(FUEL));
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
        environment.set_syntax(syntax.build().map_err(|e| self.wrong(&e))?);
        environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
        environment.set_formatter(move |out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value| {
            let text = match value.kind() {
                _ if value.is_safe() => value.to_string(),
                ValueKind::None | ValueKind::Undefined => String::new(),
                ValueKind::Number | ValueKind::Bool => value.to_string(),
                _ => dialect.prose(&value.to_string()),
            };
            out.write_str(&text).map_err(|e| minijinja::Error::new(ErrorKind::WriteFailure, e.to_string()))
        });
        let markdown = |text: String| Value::from_safe_string(text);
        environment.add_filter("code", move |text: String| markdown(dialect.code(&text)));
        environment.add_filter("cell", move |text: String| markdown(dialect.cell(&text)));
        environment.add_filter("block", move |text: String, language: Rest<String>| {
            let plain = |c: &char| c.is_ascii_alphanumeric();
            let language: String = language.first().map_or("", |l| l).chars().filter(plain).collect();
            markdown(dialect.fenced(&language, &text))
        });
        environment.add_filter("link", move |text: String, url: Option<String>| {
            let text = dialect.code(&text);
            markdown(match url.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
                Some(url) => format!("[{text}]({})", attribute(&url)),
                None => text,
            })
        });
        filters(&mut environment);
        environment.add_template_owned(self.name.clone(), self.source.clone()).map_err(|e| self.wrong(&e))?;
        Ok(environment)
    }

    /// The comment that the template writes and what was left out of it for the host's limit.
    pub(super) fn comment(
        &self,
        reviews: &Reviews,
        dialect: &'static Dialect,
        options: &Options<'_>,
        front: &str,
    ) -> Result<(String, Vec<String>), String> {
        let environment = self.environment(dialect)?;
        let template = environment.get_template(&self.name).map_err(|e| self.wrong(&e))?;
        let data = context::of(reviews, dialect, options);
        // First with all details, then with those that would fit without the template, then with none.
        let mut draft = Draft::new(reviews, dialect, options);
        let mut shed = Vec::new();
        for attempt in 0..3 {
            match attempt {
                1 => shed = draft.fit(front),
                2 => shed.push("all details".to_owned()),
                _ => {}
            }
            let details = if attempt == 2 { String::new() } else { draft.folded() };
            let parts = [
                ("summary", draft.head.clone()),
                ("blockers", draft.blocking()),
                ("details", details),
                ("left_out", draft.note(&shed)),
            ];
            let parts = Value::from_pairs(parts.into_iter().map(|(n, t)| (n, Value::from_safe_string(t))));
            let mut all = data.as_object().cloned().unwrap_or_default();
            all.remove("parts");
            let mut context: std::collections::BTreeMap<String, Value> =
                all.iter().map(|(name, json)| (name.clone(), value(json))).collect();
            context.insert("parts".to_owned(), parts);
            let body = template.render(Value::from(context)).map_err(|e| self.wrong(&e))?;
            if dialect.limit.holds(&format!("{front}{body}")) {
                return Ok((body, shed));
            }
        }
        Err(format!(
            "the template {} writes more than the {} characters that a comment holds",
            self.name, dialect.limit.units
        ))
    }

    fn wrong(&self, error: &minijinja::Error) -> String {
        let line = error.line().map(|l| format!(":{l}")).unwrap_or_default();
        let detail = error.detail().map(|d| format!(": {d}")).unwrap_or_default();
        format!("the template {}{line}: {}{detail}", self.name, error.kind())
    }
}

/// Built-in filters, tests and functions that shape data; none of them makes Markdown of a text.
fn filters(environment: &mut Environment<'static>) {
    use minijinja::{filters, functions, tests};
    environment.add_filter("length", filters::length);
    environment.add_filter("count", filters::length);
    environment.add_filter("first", filters::first);
    environment.add_filter("last", filters::last);
    environment.add_filter("sort", filters::sort);
    environment.add_filter("join", |items: Value, by: Option<String>| -> Result<String, minijinja::Error> {
        let parts: Vec<String> = items.try_iter()?.map(|item| item.to_string()).collect();
        Ok(parts.join(by.as_deref().unwrap_or("")))
    });
    environment.add_filter("default", filters::default);
    environment.add_filter("select", filters::select);
    environment.add_filter("reject", filters::reject);
    environment.add_filter("selectattr", filters::selectattr);
    environment.add_filter("rejectattr", filters::rejectattr);
    environment.add_filter("map", filters::map);
    environment.add_filter("groupby", filters::groupby);
    environment.add_filter("slice", filters::slice);
    environment.add_filter("unique", filters::unique);
    environment.add_filter("items", filters::items);
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment.add_filter("replace", |text: String, from: String, to: String| text.replace(&from, &to));
    environment.add_filter("truncate", |text: String, most: usize| crate::output::escape::clip(&text, most));
    environment.add_test("defined", tests::is_defined);
    environment.add_test("none", tests::is_none);
    environment.add_test("eq", tests::is_eq);
    environment.add_test("ne", tests::is_ne);
    environment.add_test("in", tests::is_in);
    environment.add_test("true", tests::is_true);
    environment.add_test("false", tests::is_false);
    environment.add_function("range", functions::range);
}

/// JSON as a template takes it. Numbers that are text in JSON stay text.
fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(b) => Value::from(*b),
        Json::Number(n) => {
            n.as_i64().map(Value::from).or_else(|| n.as_f64().map(Value::from)).unwrap_or_default()
        }
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(value).collect::<Vec<_>>().into(),
        Json::Object(members) => Value::from_pairs(members.iter().map(|(k, v)| (k.clone(), value(v)))),
    }
}
