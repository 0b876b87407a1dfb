//! What to do with an answer: take it, ask again, or give up.

use std::time::Duration;

use azure_core::http::headers::{HeaderName, Headers};

use super::error::{ArmError, code_of};
use super::{Answer, Reply};

/// How often a request is sent at most.
pub(super) const MAX_TRIES: u32 = 8;

/// The longest that a server may make us wait; beyond, what is asked for is given up and named.
const MAX_WAIT: Duration = Duration::from_secs(60);
/// The least that we wait when throttled, whatever the server says.
const MIN_WAIT: Duration = Duration::from_secs(1);
/// Waits without a word of the server: doubled with every try, up to this.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LAST_WAIT: Duration = Duration::from_secs(8);

/// What an outcome means.
pub(super) enum Verdict {
    /// An answer to use.
    Done(Answer),
    /// Asking again changes nothing.
    Failed(ArmError),
    /// The token is refused.
    Refused(ArmError),
    /// The subscription is asked too much; wait.
    Throttled(ArmError, Duration),
    /// It may heal; wait.
    Again(ArmError, Duration),
}

/// Judges the outcome of try number `tries`.
pub(super) fn judge(outcome: Result<Reply, ArmError>, tries: u32) -> Verdict {
    let reply = match outcome {
        Ok(reply) => reply,
        Err(error @ ArmError::Unreachable(_)) => return Verdict::Again(error, backoff(tries)),
        Err(error) => return Verdict::Failed(error),
    };
    match reply.status {
        200..=299 => match serde_json::from_slice(&reply.body) {
            Ok(body) => Verdict::Done(Answer { body, bytes: reply.body.len() }),
            Err(e) => Verdict::Again(ArmError::Broken(e.to_string()), backoff(tries)),
        },
        401 => Verdict::Refused(ArmError::of_status(401, &reply.body)),
        408 | 429 | 500 | 502 | 503 | 504 => wait(&reply, tries),
        status => Verdict::Failed(ArmError::of_status(status, &reply.body)),
    }
}

fn wait(reply: &Reply, tries: u32) -> Verdict {
    let throttled = reply.status == 429;
    let asked = asked_wait(&reply.headers).or_else(|| wait_in_words(&reply.body));
    let wait = match (asked, throttled) {
        (Some(wait), true) => wait.max(MIN_WAIT),
        (Some(wait), false) => wait.max(FIRST_WAIT),
        (None, _) => backoff(tries),
    };
    let error = match throttled {
        true => ArmError::Throttled { code: code_of(&reply.body).0, seconds: wait.as_secs() },
        false => ArmError::of_status(reply.status, &reply.body),
    };
    match throttled {
        _ if wait > MAX_WAIT => Verdict::Failed(error),
        true => Verdict::Throttled(error, wait),
        false => Verdict::Again(error, wait),
    }
}

/// Doubled with every try and spread a little, so that many do not come back at once.
fn backoff(tries: u32) -> Duration {
    let wait = FIRST_WAIT.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LAST_WAIT);
    let spread =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |t| t.subsec_nanos());
    wait.mul_f64(0.75 + f64::from(spread % 1000) / 2000.0)
}

/// What the headers ask for.
fn asked_wait(headers: &Headers) -> Option<Duration> {
    let number = |name: &'static str| {
        let text = headers.get_optional_string(&HeaderName::from_static(name))?;
        text.trim().parse::<u64>().ok()
    };
    let date = || {
        let text = headers.get_optional_string(&HeaderName::from_static("retry-after"))?;
        let then = azure_core::time::parse_rfc7231(&text).ok()?;
        Some(Duration::try_from(then - azure_core::time::OffsetDateTime::now_utc()).unwrap_or_default())
    };
    let millis =
        ["retry-after-ms", "x-ms-retry-after-ms"].into_iter().find_map(number).map(Duration::from_millis);
    millis.or_else(|| number("retry-after").map(Duration::from_secs)).or_else(date)
}

/// "Please try again after '10' seconds", which some answers say in the body alone.
fn wait_in_words(body: &[u8]) -> Option<Duration> {
    let text = code_of(body).1.to_ascii_lowercase();
    let rest = text.split_once("after ")?.1.trim_start_matches(['\'', '"']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    rest.get(digits.len()..)?.contains("second").then_some(())?;
    digits.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Result<Reply, ArmError> {
        let mut all = Headers::new();
        for (name, value) in headers {
            all.insert(*name, (*value).to_owned());
        }
        Ok(Reply { status, headers: all, body: body.into() })
    }

    fn word(verdict: &Verdict) -> String {
        match verdict {
            Verdict::Done(_) => "done".into(),
            Verdict::Failed(e) => format!("failed {e}"),
            Verdict::Refused(_) => "refused".into(),
            Verdict::Throttled(_, wait) => format!("throttled {}", wait.as_secs()),
            Verdict::Again(_, wait) => format!("again {}", wait.as_secs()),
        }
    }

    #[test]
    fn waits_are_obeyed_up_to_a_cap_and_broken_bodies_are_asked_for_again() {
        let throttled = r#"{"error": {"code": "SubscriptionRequestsThrottled",
            "message": "Number of requests exceeded. Please try again after '7' seconds."}}"#;
        let table = [
            (reply(200, &[], "{}"), "done"),
            (reply(200, &[], "{\"value\": [{\"id\""), "again 0"),
            (reply(401, &[], ""), "refused"),
            (reply(429, &[("retry-after", "3")], "{}"), "throttled 3"),
            (reply(429, &[("retry-after", "0")], "{}"), "throttled 1"),
            (reply(429, &[("x-ms-retry-after-ms", "2500")], "{}"), "throttled 2"),
            (reply(429, &[], throttled), "throttled 7"),
            (
                reply(429, &[("retry-after", "372")], throttled),
                "failed throttled (SubscriptionRequestsThrottled): Azure asks to come back in 372 s",
            ),
            (reply(503, &[("retry-after", "2")], ""), "again 2"),
            (reply(500, &[], ""), "again 0"),
            (
                reply(403, &[], r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#),
                "failed 403 AuthorizationFailed: no",
            ),
            (Err(ArmError::Unreachable("reset".into())), "again 0"),
        ];
        for (outcome, expected) in table {
            assert_eq!(word(&judge(outcome, 1)), expected);
        }
        assert!(backoff(30) <= LAST_WAIT.mul_f64(1.25));
    }
}
