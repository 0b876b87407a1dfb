//! Short messages to Slack and Teams, by incoming webhooks.
//!
//! The address of a webhook is its secret: it stands in no message, error or log. All text is sent as plain text,
//! which no chat looks through for mentions or markup.

mod slack;
mod teams;

use std::io::Read;
use std::thread::sleep;
use std::time::Duration;

use reqwest::Url;
use serde_json::Value as Json;

use super::ci::Environment;
use super::http::Patience;
use super::{ForgeError, Token};
use crate::net;

/// Variables with the address of a webhook.
pub const VARIABLES: [&str; 2] = ["TRUEUP_SLACK_WEBHOOK", "TRUEUP_TEAMS_WEBHOOK"];

/// How often a message is sent at most, and how much of an answer is read.
const MAX_TRIES: u32 = 4;
const MAX_ANSWER: u64 = 64 << 10;

/// The most characters of one line, and lines of one message: Slack takes 3,000 in a block and about 10,000 in all,
/// Teams 28 KB with everything around it.
const LINE: usize = 300;
const LINES: usize = 12;

/// A message: a headline, a few lines, a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is about, and the verdict.
    pub title: String,
    /// What is worth a line each.
    pub lines: Vec<String>,
    /// Where to read on.
    pub link: Option<String>,
}

impl Message {
    /// The same within the limits of every chat, on one line each, told what was left out.
    fn within_limits(&self) -> Message {
        let one = |text: &str| clip(&crate::output::escape::line(text), LINE);
        let mut lines: Vec<String> = self.lines.iter().take(LINES).map(|l| one(l)).collect();
        if self.lines.len() > LINES {
            lines.push(format!("and {} more", self.lines.len() - LINES));
        }
        let https =
            |link: &&String| Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http"));
        Message {
            title: clip(&one(&self.title), 140),
            lines,
            link: self.link.as_ref().filter(https).cloned(),
        }
    }
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// An incoming webhook.
#[derive(Clone, Debug)]
pub struct Webhook {
    address: Token,
    kind: Kind,
}

/// What reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Slack,
    Teams,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Slack => "Slack",
            Kind::Teams => "Teams",
        }
    }
}

impl Webhook {
    /// Those that the environment names.
    pub fn find(environment: &Environment) -> Vec<Webhook> {
        let [slack, teams] = VARIABLES;
        [(slack, Kind::Slack), (teams, Kind::Teams)]
            .into_iter()
            .filter_map(|(variable, kind)| {
                Some(Webhook { address: Token::new(environment.get(variable)?, variable), kind })
            })
            .collect()
    }

    /// What reads it, for messages.
    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    /// Sends a message. Teams says that it accepts one before it shows it; what happens later is not known.
    pub fn send(&self, message: &Message, patience: Patience) -> Result<(), ForgeError> {
        let url = self.url()?;
        let direct = url.host_str().is_some_and(net::is_loopback);
        let http = net::blocking(&net::Settings { direct, ..net::Settings::default() })
            .map_err(|e| ForgeError::Net(e.to_string()))?;
        let message = message.within_limits();
        let body: Json = match self.kind {
            Kind::Slack => slack::body(&message),
            Kind::Teams => teams::body(&message),
        };
        let mut waited = Duration::ZERO;
        for tries in 1.. {
            let answer = http.post(url.clone()).timeout(patience.one).json(&body).send();
            let answer = answer.map_err(|e| self.unreachable(e))?;
            let status = answer.status().as_u16();
            let wait = retry_after(&answer).unwrap_or_else(|| patience.backoff(tries));
            let mut said = String::new();
            let _ = answer.take(MAX_ANSWER).read_to_string(&mut said);
            // A message may have been taken by what answers 5xx after all: it is not sent twice.
            if status == 429 && tries < MAX_TRIES && waited + wait <= patience.total {
                waited += wait;
                sleep(wait);
                continue;
            }
            return self.judge(status, &said, wait);
        }
        Ok(())
    }

    fn url(&self) -> Result<Url, ForgeError> {
        let wrong = |why: &str| ForgeError::Settings(format!("{} {why}", self.address.variable()));
        let url = Url::parse(self.address.secret()).map_err(|_| wrong("is no address"))?;
        let loopback = url.host_str().is_some_and(net::is_loopback);
        match url.scheme() {
            "https" => Ok(url),
            "http" if loopback => Ok(url),
            _ => Err(wrong("is not https")),
        }
    }

    fn judge(&self, status: u16, said: &str, wait: Duration) -> Result<(), ForgeError> {
        let host = self.name();
        let message = || match said.trim() {
            "" => "no reason given".to_owned(),
            // An answer may repeat the address.
            said => clip(&crate::output::escape::line(&said.replace(self.address.secret(), "…")), 200),
        };
        // An old connector of Teams says so of a message that it did not show.
        let dropped = self.kind == Kind::Teams && said.contains("returned HTTP error");
        match status {
            200..=299 if !dropped => Ok(()),
            429 => Err(ForgeError::Limited { host, seconds: wait.as_secs() }),
            500..=599 => Err(ForgeError::Trouble { host, status, message: message() }),
            // A redirect would take the secret elsewhere.
            _ => Err(ForgeError::Refused { host, status, message: message() }),
        }
    }

    fn unreachable(&self, error: reqwest::Error) -> ForgeError {
        ForgeError::Unreachable { host: self.name().to_owned(), reason: net::reason(error) }
    }
}

fn retry_after(answer: &reqwest::blocking::Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_within_limits_whatever_it_holds() {
        let hostile =
            "<!channel> @everyone <https://evil.example|click> **bold** \u{202e}x\u{1b}[31m".repeat(50);
        let message = Message {
            title: hostile.clone(),
            lines: vec![hostile; 400],
            link: Some("javascript:alert(1)".into()),
        };
        let short = message.within_limits();
        assert_eq!((short.lines.len(), short.link.as_ref()), (LINES + 1, None));
        assert_eq!(short.lines[LINES], "and 388 more");
        for body in [slack::body(&short), teams::body(&short)] {
            let text = body.to_string();
            assert!(text.len() < 20_000, "{}", text.len());
            assert!(!text.contains("\\u001b") && !text.contains('\u{202e}'), "{text}");
        }
        // Only plain text: nothing in it is looked through for markup.
        let slack = slack::body(&Message { link: Some("https://ci.example/1|x>".into()), ..short.clone() });
        for block in slack["blocks"].as_array().unwrap() {
            let text = &block["text"];
            let link = text["text"].as_str().unwrap() == "<https://ci.example/1%7Cx%3E|Read on>";
            assert!(text["type"] == "plain_text" || link, "{block}");
        }
        assert_eq!(slack["text"].as_str().unwrap().matches('<').count(), 0);
    }

    #[test]
    fn the_address_is_a_secret() {
        let secret = "https://hooks.slack.com/services/T0/B0/abcdefg";
        let environment: Environment =
            [(VARIABLES[0], secret), (VARIABLES[1], "ftp://x/sig=abc")].into_iter().collect();
        let found = Webhook::find(&environment);
        assert_eq!(found.len(), 2);
        assert!(!format!("{found:?}").contains("abc"), "{found:?}");
        let error = found[1].send(&Message::default(), Patience::default()).unwrap_err();
        assert_eq!(error.to_string(), "TRUEUP_TEAMS_WEBHOOK is not https");
        let refused = found[0].judge(404, &format!("no_service {secret}"), Duration::ZERO).unwrap_err();
        assert!(
            !refused.to_string().contains("abcdefg") && refused.to_string().contains("no_service"),
            "{refused}"
        );
        assert!(
            found[1]
                .judge(200, "Webhook message delivery failed: returned HTTP error 413", Duration::ZERO)
                .is_err()
        );
    }
}
