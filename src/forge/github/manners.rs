//! What answers of GitHub mean where their status does not say it.

use std::time::Duration;

use serde_json::Value as Json;

use crate::forge::http::{Manners, Meaning, Reply};

pub(super) const MANNERS: Manners = Manners { name: "GitHub", judge, words };

/// The least wait after a secondary limit that does not say how long.
const SECONDARY: Duration = Duration::from_secs(60);

/// 403 may be a limit, and GraphQL answers 200 with errors.
fn judge(reply: &Reply) -> Option<Meaning> {
    match reply.status {
        403 | 429 => {
            if let Some(wait) = reply.retry_after() {
                return Some(Meaning::Limited(Some(wait)));
            }
            if reply.number("x-ratelimit-remaining") == Some(0) {
                return Some(Meaning::Limited(Some(until_reset(reply))));
            }
            let secondary = is_secondary(&reply.json());
            (secondary || reply.status == 429).then_some(Meaning::Limited(secondary.then_some(SECONDARY)))
        }
        // Lists are not read for it.
        200 if reply.body.first() == Some(&b'{') => {
            let body = reply.json();
            let error = body.get("errors")?.as_array()?.first()?;
            Some(match error.get("type").and_then(Json::as_str).unwrap_or_default() {
                "NOT_FOUND" => Meaning::Missing,
                "FORBIDDEN" | "INSUFFICIENT_SCOPES" => Meaning::Forbidden,
                "RATE_LIMITED" => Meaning::Limited(Some(until_reset(reply))),
                _ => Meaning::Refused,
            })
        }
        _ => None,
    }
}

/// Until when the primary limit holds, by the clock of this machine.
fn until_reset(reply: &Reply) -> Duration {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let reset = reply.number("x-ratelimit-reset").map_or(SECONDARY.as_secs() + now.as_secs(), |r| r);
    Duration::from_secs(reset.saturating_sub(now.as_secs()) + 1)
}

fn is_secondary(body: &Json) -> bool {
    let field = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or_default().to_ascii_lowercase();
    let (message, page) = (field("message"), field("documentation_url"));
    message.contains("secondary rate")
        || page.ends_with("secondary-rate-limits")
        || page.ends_with("#abuse-rate-limits")
}

/// The message, what is wrong in particular (texts or objects), and which permission is missing.
fn words(reply: &Reply, body: &Json) -> Option<String> {
    let mut parts: Vec<String> =
        body.get("message").and_then(Json::as_str).map(str::to_owned).into_iter().collect();
    for error in body.get("errors").and_then(Json::as_array).into_iter().flatten().take(3) {
        let text = |name: &str| error.get(name).and_then(Json::as_str);
        let said = error.as_str().or_else(|| text("message")).map(str::to_owned);
        parts.extend(said.or_else(|| Some(format!("{} {}", text("field")?, text("code")?))));
    }
    let needed = reply.header("x-accepted-github-permissions").filter(|_| reply.status == 403);
    parts.extend(needed.map(|needed| format!("it needs {}", needed.replace('=', ": "))));
    parts.extend(
        reply.header("x-github-sso").map(|_| "the token is not authorised for single sign-on".into()),
    );
    (!parts.is_empty()).then(|| parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        Reply { status, headers, body: body.into() }
    }

    #[test]
    fn limits_are_told_from_missing_permissions() {
        let secondary = r#"{"message": "You have exceeded a secondary rate limit. Please wait"}"#;
        let abuse = r##"{"message": "x", "documentation_url": "https://h/rest#abuse-rate-limits"}"##;
        let wait = |n| Some(Meaning::Limited(Some(Duration::from_secs(n))));
        for (reply, meaning) in [
            (reply(403, &[], r#"{"message": "Resource not accessible by integration"}"#), None),
            (reply(403, &[("retry-after", "5")], secondary), wait(5)),
            (reply(403, &[("retry-after", "")], secondary), wait(60)),
            (reply(429, &[], abuse), wait(60)),
            (reply(429, &[], "{}"), Some(Meaning::Limited(None))),
            (reply(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], "{}"), wait(1)),
            (
                reply(200, &[], r#"{"data": null, "errors": [{"type": "FORBIDDEN"}]}"#),
                Some(Meaning::Forbidden),
            ),
            (reply(200, &[], r#"{"data": {}}"#), None),
            (reply(422, &[], "{}"), None),
        ] {
            assert_eq!(judge(&reply), meaning, "{reply:?}");
        }
    }

    #[test]
    fn errors_are_texts_or_objects() {
        let said = |status, headers: &[(&'static str, &str)], body: &str| {
            let reply = reply(status, headers, body);
            words(&reply, &reply.json()).unwrap()
        };
        let texts = r#"{"message": "Unprocessable Entity", "errors": ["Line could not be resolved"]}"#;
        assert_eq!(said(422, &[], texts), "Unprocessable Entity; Line could not be resolved");
        let objects = r#"{"message": "Validation Failed", "errors": [{"field": "body", "code": "custom",
            "message": "body is too long"}, {"field": "line", "code": "missing_field"}]}"#;
        assert_eq!(said(422, &[], objects), "Validation Failed; body is too long; line missing_field");
        let permission = [("x-accepted-github-permissions", "issues=write; pull_requests=write")];
        assert_eq!(
            said(403, &permission, r#"{"message": "Resource not accessible by integration"}"#),
            "Resource not accessible by integration; it needs issues: write; pull_requests: write"
        );
    }
}
