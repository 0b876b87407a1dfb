//! `--notify`: a short message to Slack or Teams.

use camino::Utf8Path;
use clap::Args;

use super::exit::Exit;
use super::host::HostArgs;
use super::{CommandError, print};
use crate::forge::chat::{Message, VARIABLES, Webhook};
use crate::forge::ci::Environment;

/// Who is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Posting")]
pub(super) struct NotifyArgs {
    /// Send a short message to the incoming webhook of Slack or Teams that TRUEUP_SLACK_WEBHOOK or
    /// TRUEUP_TEAMS_WEBHOOK holds, when there is news: with --post or --post-issues when that changed something,
    /// otherwise when something was found
    #[arg(long)]
    notify: bool,
}

impl NotifyArgs {
    /// True when somebody is to be told.
    pub(super) fn is_wanted(&self) -> bool {
        self.notify
    }

    /// Sends a message when there is one. What cannot be sent changes no verdict: a run that would end well ends as
    /// done in part.
    pub(super) fn send(
        &self,
        message: Option<Message>,
        host: &HostArgs,
        dir: &Utf8Path,
        exit: Exit,
    ) -> Result<Exit, CommandError> {
        if !self.notify {
            return Ok(exit);
        }
        let environment = Environment::of_process();
        let webhooks = Webhook::find(&environment);
        if webhooks.is_empty() {
            let message = format!("--notify needs the address of a webhook in {}", VARIABLES.join(" or "));
            return Err(CommandError::Other(message));
        }
        let Some(message) = message else { return Ok(exit) };
        let place = host.place(&environment, dir, (None, None));
        let message = Message { link: message.link.or(place.run.url), ..message };
        let mut exit = exit;
        for webhook in webhooks {
            let sent = webhook.send(&message, host.patience());
            match sent {
                Ok(()) => print::note(&format!("{} has a message", webhook.name())),
                Err(error) => {
                    print::warn(&format!("no message to {}: {error}", webhook.name()));
                    exit = exit.worse(Exit::Part);
                }
            }
        }
        Ok(exit)
    }
}
