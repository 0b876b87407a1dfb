//! What answers of GitLab mean where their status does not say it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value as Json;

use crate::forge::http::{Manners, Meaning, Reply};

pub(super) const MANNERS: Manners = Manners { name: "GitLab", judge, words };

/// With the token of a job, which reads merge requests, where it may, and writes nothing.
pub(super) const OF_A_JOB: Manners =
    Manners { name: "GitLab", judge: judge_job, words: |reply, body| Some(words_of_job(reply, body)) };

/// The longest wait that a reset is believed for: some limits tell a wrong one.
const LONGEST_RESET: Duration = Duration::from_secs(120);

const JOB_TOKEN: &str = "the token of a job may read a merge request and not write to it; a project access token \
                         with the scope `api` and the role Reporter (Developer to resolve threads) may: set it as \
                         GITLAB_TOKEN. A protected variable is missing on branches that are not protected, and \
                         variables are missing in pipelines of forks";

/// A limit without `Retry-After` says when it ends, as seconds since 1970.
fn judge(reply: &Reply) -> Option<Meaning> {
    if reply.status != 429 || reply.retry_after().is_some() {
        return None;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let reset = Duration::from_secs(reply.number("ratelimit-reset")?).saturating_sub(now);
    (reset <= LONGEST_RESET).then(|| Meaning::Limited(Some(reset + Duration::from_secs(1))))
}

/// What is refused is refused for being of a job: 401 here says no more than 403, and a project that it may
/// not see says 404.
fn judge_job(reply: &Reply) -> Option<Meaning> {
    match reply.status {
        401 | 403 | 404 => Some(Meaning::Forbidden),
        _ => judge(reply),
    }
}

/// `message` is a text, a list, or texts by field; `error` stands beside it or alone.
fn words(_: &Reply, body: &Json) -> Option<String> {
    let told = |name: &str| body.get(name).map(told).filter(|t| !t.is_empty());
    let mut parts: Vec<String> =
        ["message", "error", "error_description"].into_iter().filter_map(told).collect();
    parts.extend(body.get("scope").and_then(Json::as_str).map(|scope| format!("it needs the scope {scope}")));
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn words_of_job(reply: &Reply, body: &Json) -> String {
    words(reply, body).map_or_else(|| JOB_TOKEN.to_owned(), |words| format!("{words}; {JOB_TOKEN}"))
}

fn told(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(told).collect::<Vec<_>>().join(", "),
        Json::Object(fields) => {
            fields.iter().map(|(name, text)| format!("{name} {}", told(text))).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        Reply { status, headers, body: body.into() }
    }

    #[test]
    fn a_message_has_several_shapes() {
        for (body, said) in [
            (r#"{"message": "401 Unauthorized"}"#, Some("401 Unauthorized")),
            (r#"{"message": ["a", "b"]}"#, Some("a, b")),
            (r#"{"message": {"note": ["is too long", "x"]}}"#, Some("note is too long, x")),
            (r#"{"message": {"error": "too many times"}}"#, Some("error too many times")),
            (
                r#"{"error": "insufficient_scope", "error_description": "more is needed.", "scope": "api"}"#,
                Some("insufficient_scope; more is needed.; it needs the scope api"),
            ),
            ("Retry later", None),
            ("{}", None),
        ] {
            let reply = reply(400, &[], body);
            assert_eq!(words(&reply, &reply.json()).as_deref(), said, "{body}");
        }
    }

    #[test]
    fn a_limit_says_when_it_ends() {
        let in_a_year =
            (SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 31_536_000).to_string();
        assert_eq!(judge(&reply(429, &[("retry-after", "3"), ("ratelimit-reset", "1")], "")), None);
        assert_eq!(
            judge(&reply(429, &[("ratelimit-reset", "1")], "")),
            Some(Meaning::Limited(Some(Duration::from_secs(1))))
        );
        assert_eq!(judge(&reply(429, &[("ratelimit-reset", &in_a_year)], "")), None);
        assert_eq!(judge(&reply(401, &[], "")), None);
        assert_eq!(judge_job(&reply(401, &[], "")), Some(Meaning::Forbidden));
    }
}
