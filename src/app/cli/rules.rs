//! `trueup rules`

use clap::Args;

use super::args::OutputArgs;
use super::exit::Exit;
use super::forms::Format;
use super::{CommandError, print};
use crate::analysis::rules;
use crate::output::{html, json, text};

/// Arguments of `trueup rules`.
#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// Explain one rule: an id such as AKS-001 (or TU-AKS-001), or its name
    #[arg(value_name = "RULE")]
    pub(super) rule: Option<String>,

    #[command(flatten)]
    pub(super) output: OutputArgs,
}

pub(super) fn run(args: &RulesArgs) -> Result<Exit, CommandError> {
    let wanted = match &args.rule {
        None => None,
        Some(name) => match rules::find(name) {
            Some(rule) => Some(rule.meta().id),
            None => {
                let message = format!("there is no rule {name}; `trueup rules` lists all");
                return Err(CommandError::Other(message));
            }
        },
    };
    let is_wanted = |id: &str| wanted.is_none_or(|w| w == id);
    let entries: Vec<rules::Entry> = rules::catalogue().into_iter().filter(|e| is_wanted(e.id)).collect();
    let pages = || -> String {
        let wanted = |name: &str| entries.iter().any(|e| e.page == name);
        rules::pages().into_iter().filter(|(name, _)| wanted(name)).map(|(_, page)| page).collect()
    };
    let render = |format| -> Result<String, CommandError> {
        Ok(match format {
            Format::Json => json::print(&json::Rules { rules: entries.clone() }),
            Format::Markdown => pages(),
            Format::Html => html::table("Rules", "The rules and what they find", text::rules(&entries))?,
            Format::Text if wanted.is_some() => pages(),
            Format::Text => text::rules(&entries).text(0),
        })
    };
    for (format, path) in &args.output.files {
        print::file(path, &render(*format)?)?;
    }
    print::out(&render(args.output.format)?)?;
    Ok(Exit::Done)
}
