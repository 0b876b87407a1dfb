//! Expressions typed into a console: one text, one result as JSON.

mod text;

use std::cell::RefCell;

use serde_json::{Map, Value as Json};

use super::{Evaluator, Scope};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::functions::Context;
use crate::terraform::source::SourceMap;
use crate::terraform::syntax;
use crate::terraform::value::json::{is_any, known_json, sensitive_json, unknown_json};
use crate::terraform::value::{Reason, Type, Value};

/// Evaluates an expression as it would be behind `name = ` in a block. Diagnostics with places lie in
/// the text without leading and trailing blanks, which is added to `sources`.
pub fn evaluate(
    sources: &mut SourceMap,
    text: &str,
    scope: &dyn Scope,
    functions: &Context<'_>,
    short_circuit: bool,
) -> (Value, Vec<Diagnostic>) {
    let file = sources.add("<console>", text.trim());
    let text = &sources.file(file).text;
    let expression = match syntax::parse_expression(file, text) {
        Ok(expression) => expression,
        Err(diagnostics) => return (Value::unknown(Type::Dynamic, Reason::Failed), diagnostics),
    };
    let diagnostics = RefCell::default();
    let evaluator = Evaluator {
        scope,
        functions,
        file,
        text,
        diagnostics: &diagnostics,
        budget: functions.budget,
        short_circuit,
    };
    let value = evaluator.evaluate(&expression);
    (value, diagnostics.into_inner())
}

/// A result as `trueup console --jsonl` gives it:
///
/// - `type` as `type()` prints it, and `value` as the JSON of a plan; for a value that JSON cannot hold
///   (infinity) `console` instead, the text that Terraform's console prints;
/// - `unknown`, `sensitive`: `true`, or a tree shaped like the value with `true` at parts that are;
/// - `ephemeral`: `true`, without a value;
/// - after an error only `error` and `detail`: the first error's summary and detail.
pub fn result(value: &Value, diagnostics: &[Diagnostic]) -> Map<String, Json> {
    let mut result = Map::new();
    if let Some(error) = diagnostics.iter().find(|d| d.is_error()) {
        result.insert("error".into(), error.summary.clone().into());
        result.insert("detail".into(), error.detail.clone().into());
        return result;
    }
    result.insert("type".into(), value.ty().to_string().into());
    if value.deep_marks().ephemeral {
        result.insert("ephemeral".into(), true.into());
        return result;
    }
    match known_json(value) {
        _ if value.is_unknown() => {}
        Ok(json) => _ = result.insert("value".into(), json),
        Err(_) => _ = result.insert("console".into(), text::text(value).into()),
    }
    for (name, tree) in [("unknown", unknown_json(value)), ("sensitive", sensitive_json(value))] {
        if is_any(&tree) {
            result.insert(name.into(), tree);
        }
    }
    result
}
