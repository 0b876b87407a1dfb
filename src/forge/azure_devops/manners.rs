//! What answers of Azure DevOps mean where their status does not say it.

use std::time::Duration;

use serde_json::Value as Json;

use crate::forge::http::{Manners, Meaning, Reply};

pub(super) const MANNERS: Manners = Manners { name: "Azure DevOps", judge, words };

/// How the message begins of a refusal because the server is older than the version that was asked for.
pub(super) const TOO_NEW: &str = "VssVersionOutOfRangeException";

/// Blocked for too many requests, whatever the status.
const BLOCKED: &str = "TF400733";

/// What a code in a message means for who runs a pipeline.
const HINTS: [(&str, &str); 3] = [
    (
        "TF401027",
        "the identity of the build needs \"Contribute to pull requests\" in the security of the repository",
    ),
    (
        "TF401019",
        "a pipeline whose access is limited sees only repositories of its project that its YAML names",
    ),
    ("TF400813", "the token is expired, revoked or of another organisation"),
];

/// A token that is refused answers with a page to sign in (203, or 200 behind a redirect), or sends there.
fn judge(reply: &Reply) -> Option<Meaning> {
    match reply.status {
        203 => Some(Meaning::Unauthorised),
        200..=299 => is_page(reply).then_some(Meaning::Unauthorised),
        300..=399 => {
            let target = reply.header("location").unwrap_or_default().to_ascii_lowercase();
            (target.contains("signin") || target.contains("login")).then_some(Meaning::Unauthorised)
        }
        429 => Some(Meaning::Limited(wait(reply))),
        400..=599 => {
            message(&reply.json()).is_some_and(|m| m.contains(BLOCKED)).then(|| Meaning::Limited(wait(reply)))
        }
        _ => None,
    }
}

/// How long it asks to wait: until the limit is lifted, by the clock of this machine, where it says no more.
fn wait(reply: &Reply) -> Option<Duration> {
    reply.retry_after().or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Some(Duration::from_secs(reply.number("x-ratelimit-reset")?.saturating_sub(now.as_secs())))
    })
}

fn is_page(reply: &Reply) -> bool {
    reply.header("content-type").is_some_and(|kind| kind.contains("html"))
}

/// The message, and what to do about it where that is known.
fn words(reply: &Reply, body: &Json) -> Option<String> {
    if judge(reply) == Some(Meaning::Unauthorised) {
        return Some("it asks to sign in: the token is expired, revoked or of another organisation".into());
    }
    let message = message(body)?;
    if body.get("typeKey").and_then(Json::as_str) == Some(TOO_NEW) {
        return Some(format!("{TOO_NEW}: {message}"));
    }
    let hint = HINTS.iter().find(|(code, _)| message.contains(code));
    Some(hint.map_or_else(|| message.to_owned(), |(_, hint)| format!("{message} ({hint})")))
}

fn message(body: &Json) -> Option<&str> {
    body.get("message").and_then(Json::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        Reply { status, headers, body: body.into() }
    }

    #[test]
    fn a_page_to_sign_in_is_a_refused_token() {
        let html = [("content-type", "text/html; charset=utf-8")];
        let to = |address| [("location", address)];
        let seconds = |n| Some(Meaning::Limited(Some(Duration::from_secs(n))));
        for (reply, meaning) in [
            (reply(203, &html, "<html>"), Some(Meaning::Unauthorised)),
            (reply(203, &[], "{}"), Some(Meaning::Unauthorised)),
            (reply(200, &html, "<html>"), Some(Meaning::Unauthorised)),
            (
                reply(302, &to("https://x.vssps.visualstudio.com/_signin?a=b"), ""),
                Some(Meaning::Unauthorised),
            ),
            (reply(302, &to("https://dev.azure.com/org/"), ""), None),
            (reply(200, &[("content-type", "application/json")], "{}"), None),
            (reply(429, &[("retry-after", "30")], "{}"), seconds(30)),
            (reply(429, &[("x-ratelimit-reset", "1")], "{}"), seconds(0)),
            (reply(429, &[], "{}"), Some(Meaning::Limited(None))),
            (
                reply(
                    503,
                    &[("retry-after", "5")],
                    r#"{"message": "TF400733: The request has been canceled"}"#,
                ),
                seconds(5),
            ),
            (reply(503, &[], "{}"), None),
            (reply(403, &[], r#"{"message": "TF401027: You need"}"#), None),
        ] {
            assert_eq!(judge(&reply), meaning, "{reply:?}");
        }
    }

    #[test]
    fn messages_say_what_to_do() {
        let said = |status, body: &str| {
            let reply = reply(status, &[], body);
            words(&reply, &reply.json())
        };
        let denied = r#"{"message": "TF401027: You need the Git 'PullRequestContribute' permission", "typeKey": "GitNeedsPermissionException"}"#;
        assert!(said(403, denied).unwrap().contains("\"Contribute to pull requests\""));
        let new = r#"{"message": "The requested REST API version of 7.1 is out of range", "typeKey": "VssVersionOutOfRangeException"}"#;
        assert!(said(400, new).unwrap().starts_with(TOO_NEW));
        assert!(said(203, "<html>").unwrap().contains("sign in"));
        assert_eq!(said(500, "oops"), None);
    }
}
