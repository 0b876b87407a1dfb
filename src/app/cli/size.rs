//! `trueup size`

use std::io::Read;

use camino::Utf8PathBuf;
use clap::Args;

use super::args::{Format, OutputArgs};
use super::exit::Exit;
use super::{CommandError, print};
use crate::analysis::network::sizing;
use crate::output::{escape, json, text};

/// Arguments of `trueup size`.
#[derive(Debug, Args)]
pub(super) struct SizeArgs {
    /// A sizing file in TOML, YAML or JSON; `-` for JSON on standard input
    #[arg(value_name = "FILE")]
    pub(super) file: Utf8PathBuf,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn run(args: &SizeArgs) -> Result<Exit, CommandError> {
    let failed = |e: &dyn std::fmt::Display| CommandError::Other(format!("{}: {e}", args.file));
    let text = if args.file == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|e| failed(&e))?;
        text
    } else {
        std::fs::read_to_string(&args.file).map_err(|e| failed(&e))?
    };
    let document =
        sizing::parse(&text, sizing::Format::of_name(args.file.as_str())).map_err(|e| failed(&e))?;
    let answer = sizing::size(&document).map_err(|e| failed(&e))?;
    for warning in &answer.warnings {
        print::err(&format!("warning: {}\n", escape::line(warning)));
    }
    let body = serde_json::to_value(&answer.outcome).map_err(|e| failed(&e))?;
    let render = |format| match format {
        Format::Json => json::print(&body),
        Format::Markdown => escape::fenced("", &text::sizing(&answer.outcome)),
        Format::Text => text::sizing(&answer.outcome),
    };
    for (format, path) in &args.output.files {
        print::file(path, &render(*format))?;
    }
    print::out(&render(args.output.format))?;
    Ok(Exit::Done)
}
