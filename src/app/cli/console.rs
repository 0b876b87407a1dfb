//! `trueup console`

use std::io::{BufRead, Write};

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::CommandError;
use super::args::RootArgs;
use super::exit::Exit;
use super::load::Loaded;
use crate::output::escape;
use crate::terraform::configuration::{Console, evaluate_then};
use crate::terraform::expression::console;

/// Arguments of `trueup console`.
///
/// Each line of standard input is an expression; its result is printed as JSON.
#[derive(Debug, Args)]
pub(super) struct ConsoleArgs {
    #[command(flatten)]
    pub(super) root: RootArgs,

    /// Read `{"id", "expr"}` a line and write `{"id", "type", "value", ...}` a line
    #[arg(long)]
    pub(super) jsonl: bool,
}

#[derive(Deserialize)]
struct Question {
    id: Json,
    expr: String,
}

pub(super) fn run(args: &ConsoleArgs) -> Result<Exit, CommandError> {
    if args.root.plan.is_some() || args.root.state.is_some() {
        let message = "a plan or state has no expressions: the console needs the code, so give its folder";
        return Err(CommandError::Other(message.to_owned()));
    }
    let loaded = Loaded::new(&args.root)?;
    let stdin = std::io::stdin().lock();
    let (_, done) = evaluate_then(&loaded.options, |root| -> Result<(), CommandError> {
        let mut out = std::io::stdout().lock();
        for line in stdin.lines() {
            let line = line?;
            if line.trim().is_empty() {
                continue;
            }
            let answer = if args.jsonl { answer_json(root, &line) } else { answer_text(root, &line) };
            match writeln!(out, "{answer}").and_then(|()| out.flush()) {
                Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
                result => result?,
            }
        }
        Ok(())
    });
    done?;
    Ok(Exit::Done)
}

/// The answer to one line of `--jsonl`.
fn answer_json(root: &Console<'_, '_>, line: &str) -> String {
    let question: Question = match serde_json::from_str(line) {
        Ok(question) => question,
        Err(e) => {
            let detail = format!("expected {{\"id\": ..., \"expr\": \"...\"}}: {e}");
            return json!({ "id": null, "error": "Invalid line", "detail": detail }).to_string();
        }
    };
    let (value, diagnostics) = root.evaluate(&question.expr);
    let mut answer = Map::new();
    answer.insert("id".to_owned(), question.id);
    answer.extend(console::result(&value, &diagnostics));
    Json::Object(answer).to_string()
}

/// The answer for a person.
fn answer_text(root: &Console<'_, '_>, line: &str) -> String {
    let (value, diagnostics) = root.evaluate(line);
    let result = console::result(&value, &diagnostics);
    let text = |name: &str| result.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
    let answer = if result.contains_key("error") {
        format!("error: {}: {}", text("error"), text("detail"))
    } else if value.deep_marks().sensitive {
        "(sensitive value)".to_owned()
    } else if let Some(unknown) = value.as_unknown() {
        format!("(unknown: {})", unknown.reason)
    } else if let Some(json) = result.get("value") {
        serde_json::to_string_pretty(json).unwrap_or_default()
    } else {
        text("console")
    };
    escape::terminal(&answer)
}
