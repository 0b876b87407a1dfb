//! HTTPS with bounds: redirects, retries, time, and tokens that stay with their host.

use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

use reqwest::blocking::Response;

use super::FetchError;
use super::url::Url;
use crate::net;

/// How many redirects one request follows, and how often it is tried.
const MAX_REDIRECTS: usize = 8;
const MAX_TRIES: u32 = 4;

/// The longest that a server may make us wait between tries.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The largest document of a registry.
const MAX_DOCUMENT: u64 = 16 << 20;

/// A client with a deadline.
pub(super) struct Client {
    http: reqwest::blocking::Client,
    /// When all has to be done.
    pub(super) deadline: Instant,
    /// Plain HTTP to this machine is allowed.
    plain_loopback: bool,
}

/// A token and the origin that may see it.
pub(super) struct Token<'a> {
    pub(super) origin: &'a Url,
    pub(super) secret: &'a str,
}

/// An answer and the address that gave it, after redirects.
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) response: Response,
}

impl Client {
    /// A client that is done at `deadline`. `authorities` is a PEM file of further trusted certificates in
    /// the place of those of this machine.
    pub(super) fn new(
        deadline: Instant,
        plain_loopback: bool,
        authorities: Option<&str>,
    ) -> Result<Client, FetchError> {
        let read = |path| std::fs::read(path).map_err(FetchError::io(path));
        let authorities = authorities.map(read).transpose()?;
        let http = net::blocking(&net::Settings { authorities, raw: true, ..net::Settings::default() })
            .map_err(|e| FetchError::Protocol(e.to_string()))?;
        Ok(Client { http, deadline, plain_loopback })
    }

    /// What is left of the time.
    pub(super) fn left(&self) -> Result<Duration, FetchError> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err(FetchError::TooMuch("the time is up (--fetch-timeout)".into()))
        } else {
            Ok(left)
        }
    }

    /// True when requests to this address are allowed: HTTPS, or this machine where that was asked for.
    pub(super) fn allows(&self, url: &Url) -> bool {
        url.scheme == "https" || (url.scheme == "http" && self.plain_loopback && url.is_loopback())
    }

    /// Gets an address; redirects are followed, and the token goes only to its own origin. A status that
    /// says to wait is waited for. Statuses other than success and 404 are errors.
    pub(super) fn get(&self, url: &Url, token: Option<&Token<'_>>) -> Result<Answer, FetchError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            if !self.allows(&url) {
                let reason = format!("{} is not https, and nothing else is fetched", url.shown());
                return Err(FetchError::Protocol(reason));
            }
            let response = self.patiently(&url, token)?;
            let status = response.status().as_u16();
            if matches!(status, 301 | 302 | 303 | 307 | 308) {
                let next = header(&response, "location").and_then(|l| url.join(l));
                url = next.ok_or_else(|| {
                    FetchError::Protocol(format!("{} redirects to no address", url.shown()))
                })?;
                continue;
            }
            if response.status().is_success() || status == 404 {
                return Ok(Answer { url, response });
            }
            return Err(failed(&url, status));
        }
        Err(FetchError::Protocol(format!("{} redirects more than {MAX_REDIRECTS} times", url.shown())))
    }

    /// One request, tried again when the server asks to wait.
    fn patiently(&self, url: &Url, token: Option<&Token<'_>>) -> Result<Response, FetchError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = self.http.get(url.to_string());
            if let Some(token) = token.filter(|t| t.origin.same_origin(url)) {
                request = request.header("Authorization", format!("Bearer {}", token.secret));
            }
            let mut status = 0;
            let wait = match request.timeout(self.left()?).send() {
                Ok(response) => {
                    status = response.status().as_u16();
                    if !matches!(status, 429 | 502 | 503 | 504) || tries >= MAX_TRIES {
                        return Ok(response);
                    }
                    header(&response, "retry-after").and_then(|s| s.trim().parse().ok())
                }
                Err(error) if tries >= MAX_TRIES.min(2) || !is_passing(&error) => {
                    let reason = net::reason(error);
                    return Err(FetchError::Offline { host: url.authority.clone(), reason });
                }
                Err(_) => None,
            };
            let wait = wait.map_or(Duration::from_millis(500 << tries.min(5)), Duration::from_secs);
            if status == 0 && wait >= self.left()? {
                return Err(FetchError::TooMuch("the time is up (--fetch-timeout)".into()));
            }
            if wait > MAX_WAIT || wait >= self.left()? {
                return Err(FetchError::Status {
                    url: url.shown(),
                    status,
                    hint: format!(": it asks to come back in {} s", wait.as_secs()),
                });
            }
            sleep(wait);
        }
    }

    /// A document of JSON and where it stood; `None` for 404.
    pub(super) fn json(
        &self,
        url: &Url,
        token: Option<&Token<'_>>,
    ) -> Result<Option<(Url, serde_json::Value)>, FetchError> {
        let Answer { url, response } = self.get(url, token)?;
        if response.status().as_u16() == 404 {
            return Ok(None);
        }
        let mut text = Vec::new();
        response
            .take(MAX_DOCUMENT)
            .read_to_end(&mut text)
            .map_err(|e| FetchError::Offline { host: url.authority.clone(), reason: e.to_string() })?;
        let json = serde_json::from_slice(&text).map_err(|e| {
            FetchError::Protocol(format!("{} is not the JSON it should be: {e}", url.shown()))
        })?;
        Ok(Some((url, json)))
    }
}

/// A header as text.
pub(super) fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// The error of a status.
pub(super) fn failed(url: &Url, status: u16) -> FetchError {
    let host = url.authority.as_str();
    let hint = match status {
        401 | 403 => format!(": it wants a token, in the variable {}", token_variable(host)),
        404 => ": there is nothing of that name".to_owned(),
        429 => ": too many requests, try again later".to_owned(),
        _ => String::new(),
    };
    FetchError::Status { url: url.shown(), status, hint }
}

/// The variable that holds the token of a host: `TF_TOKEN_app_example_org`, as for Terraform.
pub(super) fn token_variable(host: &str) -> String {
    format!("TF_TOKEN_{}", host.replace('-', "__").replace(['.', ':'], "_"))
}

/// Errors that a second try may heal: no connection, or one that broke.
fn is_passing(error: &reqwest::Error) -> bool {
    !error.is_timeout() && (error.is_connect() || error.is_request())
}
