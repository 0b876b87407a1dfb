//! The client of code hosts: one origin, one token, bounded patience.
//!
//! The token goes to the origin of the API and nowhere else: an address of another origin, in a redirect or
//! in the link to a next page, is an error. What an answer means is said by [`Manners`], so that each host
//! says only what is particular about it.

mod answer;
mod patience;

use std::cell::Cell;
use std::io::Read;
use std::thread::sleep;
use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value as Json;

use super::{ForgeError, Token};
use crate::net;

pub use answer::{Manners, Meaning, Reply, next_link};
pub use patience::Patience;

/// How often one request is sent at most, and how many redirects are followed.
const MAX_TRIES: u32 = 4;
const MAX_REDIRECTS: usize = 3;

/// How many pages of one list are read, and how many bytes of one answer.
const MAX_PAGES: usize = 1000;
const MAX_BODY: u64 = 64 << 20;

/// A request.
#[derive(Clone, Debug)]
pub struct Ask {
    method: Method,
    url: Url,
    body: Option<Json>,
    headers: Vec<(&'static str, &'static str)>,
    repeatable: bool,
}

impl Ask {
    /// A request without a body. All methods but POST may be sent twice.
    pub fn new(method: Method, url: Url) -> Ask {
        let repeatable = method != Method::POST;
        Ask { method, url, body: None, headers: Vec::new(), repeatable }
    }

    /// With a body.
    pub fn json(mut self, body: Json) -> Ask {
        self.body = Some(body);
        self
    }

    /// With a further header, or in the place of one of the client's.
    pub fn header(mut self, name: &'static str, value: &'static str) -> Ask {
        self.headers.push((name, value));
        self
    }

    /// Says that sending it twice does no harm: a POST that only reads, or whose second time changes nothing.
    pub fn repeatable(mut self) -> Ask {
        self.repeatable = true;
        self
    }
}

/// How a token is shown to its host.
#[derive(Clone, Debug)]
pub enum Scheme {
    /// `Authorization: Bearer T`
    Bearer,
    /// `Authorization: Basic base64(USER:T)`
    Basic(&'static str),
    /// `Authorization: Basic base64(T)`, for a token that is `USER:TOKEN`
    Pair,
    /// A header of its own, such as `PRIVATE-TOKEN: T`
    Header(&'static str),
    /// None: requests go through this proxy, a service of the CI that adds one. Nothing secret is sent, so
    /// the address may be one of plain HTTP.
    Proxy(String),
}

/// The client of one API.
#[derive(Debug)]
pub struct Client {
    http: reqwest::blocking::Client,
    root: Url,
    token: Token,
    scheme: Scheme,
    /// What every request carries; the token among them is marked sensitive, which `Debug` honours.
    headers: HeaderMap,
    manners: Manners,
    patience: Patience,
    /// How long was waited so far, in all requests.
    waited: Cell<Duration>,
    /// When the next request, and the next that changes something, may be sent.
    next: Cell<Option<Instant>>,
    next_write: Cell<Option<Instant>>,
}

impl Client {
    /// A client of the API at `root`, an address without query. `headers` go with every request.
    pub fn new(
        root: &str,
        token: Token,
        scheme: Scheme,
        headers: &[(&'static str, &'static str)],
        manners: Manners,
        patience: Patience,
    ) -> Result<Client, ForgeError> {
        let wrong = |why: &str| ForgeError::Settings(format!("the address of the API, {root}, {why}"));
        let url = Url::parse(root).map_err(|_| wrong("cannot be read"))?;
        let loopback = url.host_str().is_some_and(net::is_loopback);
        let proxy = if let Scheme::Proxy(address) = &scheme { Some(address.clone()) } else { None };
        if url.scheme() != "https" && !(url.scheme() == "http" && (loopback || proxy.is_some())) {
            return Err(wrong("is not https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ForgeError::Settings("the address of the API holds a user name".to_owned()));
        }
        let direct = loopback && proxy.is_none();
        let http = net::blocking(&net::Settings { direct, proxy, ..net::Settings::default() })
            .map_err(|e| ForgeError::Net(e.to_string()))?;
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let secret = token.secret();
        let shown = match &scheme {
            Scheme::Bearer => Some((AUTHORIZATION, format!("Bearer {secret}"))),
            Scheme::Basic(user) => {
                Some((AUTHORIZATION, format!("Basic {}", base64(&format!("{user}:{secret}")))))
            }
            Scheme::Pair => Some((AUTHORIZATION, format!("Basic {}", base64(secret)))),
            Scheme::Header(name) => Some((HeaderName::from_static(name), secret.to_owned())),
            Scheme::Proxy(_) => None,
        };
        if let Some((name, value)) = shown {
            let unusable =
                |_| ForgeError::Settings(format!("{} holds characters that no token has", token.variable()));
            let mut value = HeaderValue::from_str(&value).map_err(unusable)?;
            value.set_sensitive(true);
            all.insert(name, value);
        }
        Ok(Client {
            http,
            root: url,
            token,
            scheme,
            headers: all,
            manners,
            patience,
            waited: Cell::default(),
            next: Cell::default(),
            next_write: Cell::default(),
        })
    }

    /// The address below the root that these parts of a path lead to; each is percent-encoded.
    pub fn at(&self, parts: &[&str]) -> Url {
        below(&self.root, parts)
    }

    /// The token, for what depends on its kind.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// How patient this client is.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Sends a request, again where that does no harm and may help. Errors say what the host says.
    pub fn send(&self, ask: &Ask) -> Result<Reply, ForgeError> {
        let mut tries = 0;
        loop {
            tries += 1;
            self.pause(ask);
            let (wait, error) = match self.once(ask) {
                Ok(reply) => match reply.meaning(&self.manners) {
                    Meaning::Fine => {
                        // A host that is about to refuse more says so with an answer that is fine.
                        if let Some(wait) = reply.retry_after() {
                            self.next.set(Instant::now().checked_add(wait.min(self.patience.longest)));
                        }
                        return Ok(reply);
                    }
                    Meaning::Limited(asked) => {
                        let wait = asked.unwrap_or_else(|| self.patience.backoff(tries));
                        let seconds = wait.as_secs();
                        (wait, ForgeError::Limited { host: self.manners.name, seconds })
                    }
                    Meaning::Trouble if ask.repeatable => {
                        (self.patience.backoff(tries), self.error(Meaning::Trouble, &reply))
                    }
                    Meaning::Trouble => return Err(self.unsure(format!("it answered {}", reply.status))),
                    meaning => return Err(self.error(meaning, &reply)),
                },
                // Nothing was sent when there was no connection.
                Err(error) if error.is_connect() || ask.repeatable => {
                    let host = ask.url.host_str().unwrap_or_default().to_owned();
                    let reason = net::reason(error);
                    (self.patience.backoff(tries), ForgeError::Unreachable { host, reason })
                }
                Err(error) => return Err(self.unsure(net::reason(error))),
            };
            if tries >= MAX_TRIES || !self.wait(wait) {
                return Err(error);
            }
        }
    }

    /// The JSON of a request; `null` for an answer without a body.
    pub fn json(&self, ask: &Ask) -> Result<Json, ForgeError> {
        let reply = self.send(ask)?;
        self.parse(&reply)
    }

    /// All items of a list that comes in pages: `items` finds them in a page, `next` the address of the page
    /// after it.
    pub fn pages(
        &self,
        first: Url,
        items: impl Fn(Json) -> Option<Vec<Json>>,
        next: impl Fn(&Reply, &Json) -> Option<String>,
    ) -> Result<Vec<Json>, ForgeError> {
        let mut all = Vec::new();
        let mut url = first;
        for _ in 0..MAX_PAGES {
            let reply = self.send(&Ask::new(Method::GET, url.clone()))?;
            let page = self.parse(&reply)?;
            let following = next(&reply, &page);
            all.extend(items(page).ok_or_else(|| self.protocol("a list that is none"))?);
            let Some(following) = following else { return Ok(all) };
            let next = url.join(&following).map_err(|_| self.protocol("a next page without address"))?;
            if !self.is_home(&next) {
                return Err(self.protocol("a next page on another host"));
            }
            url = next;
        }
        Err(self.protocol("a list without end"))
    }

    /// An error about an answer that is not what it should be.
    pub fn protocol(&self, reason: &str) -> ForgeError {
        ForgeError::Protocol { host: self.manners.name, reason: reason.to_owned() }
    }

    /// An error about something that may have been done or not.
    pub fn unsure(&self, reason: String) -> ForgeError {
        ForgeError::Unsure { host: self.manners.name, reason: self.clean(&reason) }
    }

    /// The JSON of an answer; `null` where it has no body.
    pub fn parse(&self, reply: &Reply) -> Result<Json, ForgeError> {
        if reply.body.is_empty() {
            return Ok(Json::Null);
        }
        serde_json::from_slice(&reply.body).map_err(|_| {
            let kind = reply.header("content-type").unwrap_or("no content type");
            self.protocol(&self.clean(&format!("{} bytes that are no JSON ({kind})", reply.body.len())))
        })
    }

    /// One request with its redirects, which stay at home.
    fn once(&self, ask: &Ask) -> Result<Reply, reqwest::Error> {
        let mut url = ask.url.clone();
        let mut redirects = 0;
        loop {
            let mut headers = self.headers.clone();
            for (name, value) in &ask.headers {
                headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            }
            let mut request = self.http.request(ask.method.clone(), url.clone());
            request = request.headers(headers).timeout(self.patience.one);
            if let Some(body) = &ask.body {
                // The type of the content is JSON unless a header says otherwise.
                request = request.json(body);
            }
            let response = request.send()?;
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            let target = headers.get("location").and_then(|l| l.to_str().ok()).and_then(|l| url.join(l).ok());
            // 301 and 302 may turn a POST into a GET, so only a GET follows them.
            let follows =
                matches!(status, 307 | 308) || (matches!(status, 301..=303) && ask.method == Method::GET);
            if let Some(target) = target
                && follows
                && redirects < MAX_REDIRECTS
                && self.is_home(&target)
            {
                (url, redirects) = (target, redirects + 1);
                continue;
            }
            let mut body = Vec::new();
            match response.take(MAX_BODY).read_to_end(&mut body) {
                Ok(_) => return Ok(Reply { status, headers, body }),
                Err(error) => match error.downcast::<reqwest::Error>() {
                    Ok(error) => return Err(error),
                    // A body that broke off leaves a status that still says what happened.
                    Err(_) => return Ok(Reply { status, headers, body: Vec::new() }),
                },
            }
        }
    }

    /// True for an address of the API's own origin.
    fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.root.origin()
    }

    /// Waits for the turn of a request: after a pause that the host asked for, and not too close to the
    /// last one that changed something.
    fn pause(&self, ask: &Ask) {
        let now = Instant::now();
        let write = ask.method != Method::GET && !(ask.method == Method::POST && ask.repeatable);
        let turn = self.next.take().max(self.next_write.get().filter(|_| write));
        if let Some(wait) = turn.map(|t| t.saturating_duration_since(now)) {
            self.wait(wait);
        }
        if write {
            self.next_write.set(Instant::now().checked_add(self.patience.pace));
        }
    }

    /// Waits, when there is patience for it.
    pub fn wait(&self, wait: Duration) -> bool {
        let total = self.waited.get() + wait;
        if wait > self.patience.longest || total > self.patience.total {
            return false;
        }
        self.waited.set(total);
        sleep(wait);
        true
    }

    /// The error of an answer that is not fine.
    fn error(&self, meaning: Meaning, reply: &Reply) -> ForgeError {
        let (host, status, variable) = (self.manners.name, reply.status, self.token.variable());
        let message = self.clean(&reply.message(&self.manners));
        match meaning {
            Meaning::Unauthorised => ForgeError::Unauthorised { host, variable, status, message },
            Meaning::Forbidden => ForgeError::Forbidden { host, variable, status, message },
            Meaning::Missing => ForgeError::Missing { host, status, message },
            Meaning::Trouble => ForgeError::Trouble { host, status, message },
            Meaning::Fine | Meaning::Limited(_) | Meaning::Refused => {
                ForgeError::Refused { host, status, message }
            }
        }
    }

    /// A text of the host without our token, which it may have been told, and not longer than a message.
    fn clean(&self, text: &str) -> String {
        let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for secret in self.token.secrets() {
            text = text.replace(secret, "***");
        }
        let secret = self.token.secret();
        match &self.scheme {
            Scheme::Basic(user) => text = text.replace(&base64(&format!("{user}:{secret}")), "***"),
            Scheme::Pair => text = text.replace(&base64(secret), "***"),
            _ => {}
        }
        match text.char_indices().nth(400) {
            Some((end, _)) => format!("{}...", &text[..end]),
            None => text,
        }
    }
}

/// The address below another that these parts of a path lead to.
pub fn below(root: &Url, parts: &[&str]) -> Url {
    let mut url = root.clone();
    // An address with a host, which ours is, always has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
