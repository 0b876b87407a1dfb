//! What an answer of a code host means.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value as Json;

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It is done.
    Fine,
    /// Too many requests; how long to wait where the host says. The request was not carried out.
    Limited(Option<Duration>),
    /// The token is refused.
    Unauthorised,
    /// The token may not do this.
    Forbidden,
    /// There is no such thing.
    Missing,
    /// The host is in trouble; whether it is done is not known.
    Trouble,
    /// The request is wrong.
    Refused,
}

/// What is particular about a host.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// Its name in messages, such as `GitHub`.
    pub name: &'static str,
    /// What an answer means where its status does not say it; `None` where it does.
    pub judge: fn(&Reply) -> Option<Meaning>,
    /// The words of an error in the body of an answer.
    pub words: fn(&Reply, &Json) -> Option<String>,
}

impl Reply {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A header as a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    /// The wait that `Retry-After` asks for, in seconds or until a date.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Some(seconds) = self.number("retry-after") {
            return Some(Duration::from_secs(seconds));
        }
        let then = self.header("retry-after")?;
        let then = time::OffsetDateTime::parse(then, &time::format_description::well_known::Rfc2822).ok()?;
        Some(Duration::try_from(then - time::OffsetDateTime::now_utc()).unwrap_or_default())
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or(Json::Null)
    }

    /// What it means.
    pub(super) fn meaning(&self, manners: &Manners) -> Meaning {
        (manners.judge)(self).unwrap_or(match self.status {
            200..=299 => Meaning::Fine,
            401 => Meaning::Unauthorised,
            403 => Meaning::Forbidden,
            404 | 410 => Meaning::Missing,
            429 => Meaning::Limited(self.retry_after()),
            408 | 500 | 502..=504 => Meaning::Trouble,
            _ => Meaning::Refused,
        })
    }

    /// What the host says about its refusal.
    pub(super) fn message(&self, manners: &Manners) -> String {
        if let Some(words) = (manners.words)(self, &self.json()).filter(|w| !w.trim().is_empty()) {
            return words;
        }
        let place = match (self.status, self.header("location")) {
            (300..=399, Some(place)) => format!(" to {}", place.split('?').next().unwrap_or_default()),
            _ => String::new(),
        };
        match self.header("content-type") {
            Some(kind) if kind.contains("html") => format!("a page for browsers{place}"),
            _ if place.is_empty() => "it says no more".to_owned(),
            _ => format!("a redirect{place}"),
        }
    }
}

/// The address of the next page in a `Link` header.
pub fn next_link(reply: &Reply) -> Option<String> {
    reply.header("link")?.split(',').find_map(|link| {
        let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
        let mut parameters = rest.split(';').map(str::trim);
        parameters.any(|p| matches!(p, "rel=\"next\"" | "rel=next")).then(|| address.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)]) -> Reply {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        Reply { status, headers, body: Vec::new() }
    }

    const PLAIN: Manners = Manners { name: "a host", judge: |_| None, words: |_, _| None };

    #[test]
    fn a_status_means_something_and_waits_are_read() {
        let wait = |n| Meaning::Limited(Some(Duration::from_secs(n)));
        for (reply, meaning) in [
            (reply(201, &[]), Meaning::Fine),
            (reply(429, &[("retry-after", "7")]), wait(7)),
            (reply(429, &[("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT")]), wait(0)),
            (reply(429, &[("retry-after", "")]), Meaning::Limited(None)),
            (reply(410, &[]), Meaning::Missing),
            (reply(503, &[]), Meaning::Trouble),
            (reply(302, &[]), Meaning::Refused),
        ] {
            assert_eq!(reply.meaning(&PLAIN), meaning, "{reply:?}");
        }
        let sign_in = reply(302, &[("location", "https://login.example/?secret=1")]);
        assert_eq!(sign_in.message(&PLAIN), "a redirect to https://login.example/");
    }

    #[test]
    fn the_next_page_stands_in_the_link_header() {
        let link = r#"<https://h/a?page=1>; rel="prev", <https://h/a?page=3>; foo="x"; rel="next""#;
        assert_eq!(next_link(&reply(200, &[("link", link)])).as_deref(), Some("https://h/a?page=3"));
        assert_eq!(next_link(&reply(200, &[("link", "<https://h/a>; rel=\"last\"")])), None);
    }
}
