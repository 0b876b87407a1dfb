//! A stand-in for ARM and its authority on a loopback port: documents in memory, the lists that ARM has,
//! pages, tokens, and faults on request. It remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value as Json, json};

/// What may go wrong with a request.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// A status, with a header and ARM's code.
    Status(u16, Option<(&'static str, &'static str)>, &'static str),
    /// The connection breaks before an answer.
    Drop,
    /// Half of the JSON, and of the right length.
    Half,
    /// No answer at all.
    Hang,
    /// The list is empty and goes on at the address `?` that is given.
    EmptyPage,
    /// The list goes on at this address.
    Next(String),
}

/// Decides by the number of the request, how often its path was asked, and the path in lower case.
type Faults = Box<dyn Fn(usize, usize, &str) -> Option<Fault> + Send + Sync>;

/// A request that came.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) authorization: Option<String>,
}

struct State {
    port: u16,
    documents: BTreeMap<String, Json>,
    faults: Faults,
    page: usize,
    asked: Mutex<Vec<Asked>>,
    /// Tokens given, and the lowest that is still good.
    tokens: AtomicUsize,
    good: AtomicUsize,
    /// After so many requests all tokens given until then are refused.
    expire_at: usize,
    latency: Duration,
    changes: Vec<Json>,
    events: Vec<Json>,
}

/// The stand-in; its threads end with the process.
pub(super) struct Arm(Arc<State>);

/// How it is made.
pub(super) struct Setup {
    pub(super) faults: Faults,
    pub(super) page: usize,
    pub(super) expire_at: usize,
    pub(super) latency: Duration,
    /// Properties of changes that Resource Graph has.
    pub(super) changes: Vec<Json>,
    /// Events of the Activity Log, each with its `resourceId`.
    pub(super) events: Vec<Json>,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            faults: Box::new(|_, _, _| None),
            page: 0,
            expire_at: usize::MAX,
            latency: Duration::ZERO,
            changes: Vec::new(),
            events: Vec::new(),
        }
    }
}

impl Arm {
    /// Serves documents.
    pub(super) fn new(documents: &Json, setup: Setup) -> Arm {
        let list = documents.get("resources").unwrap_or(documents).as_array().unwrap().clone();
        let key = |d: &Json| d["id"].as_str().unwrap().to_ascii_lowercase();
        let documents = list.into_iter().map(|d| (key(&d), d)).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let state = Arc::new(State {
            port: listener.local_addr().unwrap().port(),
            documents,
            faults: setup.faults,
            page: setup.page,
            asked: Mutex::default(),
            tokens: AtomicUsize::new(0),
            good: AtomicUsize::new(0),
            expire_at: setup.expire_at,
            latency: setup.latency,
            changes: setup.changes,
            events: setup.events,
        });
        let served = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = served.clone();
                // A client that went away is no matter of the server's.
                std::thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        Arm(state)
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// Requests to ARM itself, without those for tokens.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let asked = self.0.asked.lock().unwrap();
        asked.iter().filter(|a| !a.path.contains("/oauth2/") && !a.path.contains("/oidc")).cloned().collect()
    }

    pub(super) fn everything_asked(&self) -> Vec<Asked> {
        self.0.asked.lock().unwrap().clone()
    }

    pub(super) fn tokens(&self) -> usize {
        self.0.tokens.load(Ordering::SeqCst)
    }
}

fn serve(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first)? == 0 {
            return Ok(());
        }
        let mut words = first.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (mut authorization, mut length) = (None, 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => authorization = Some(value.trim().to_owned()),
                "content-length" => length = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let asked = Asked { method: method.to_owned(), path: target.to_owned(), authorization };
        let Some((status, header, text)) = answer(state, &asked, &String::from_utf8_lossy(&body)) else {
            return reader.get_ref().shutdown(Shutdown::Both);
        };
        let header = header.map(|(n, v)| format!("{n}: {v}\r\n")).unwrap_or_default();
        let head = format!("HTTP/1.1 {status} Answer\r\n{header}Content-Length: {}\r\n\r\n", text.len());
        let out = reader.get_mut();
        out.write_all(head.as_bytes())?;
        out.write_all(text.as_bytes())?;
        out.flush()?;
    }
}

type Answer = (u16, Option<(&'static str, &'static str)>, String);

fn error(status: u16, code: &str) -> Answer {
    let message = format!("The fake says {code}.");
    (status, None, json!({"error": {"code": code, "message": message}}).to_string())
}

/// `None`: the connection breaks.
fn answer(state: &State, asked: &Asked, body: &str) -> Option<Answer> {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let low = path.to_ascii_lowercase().replace("%20", " ");
    let (number, before) = {
        let mut all = state.asked.lock().unwrap();
        let before = all.iter().filter(|a| a.path == asked.path).count();
        all.push(asked.clone());
        (all.len(), before)
    };
    if low.ends_with("/oauth2/v2.0/token") {
        if body.contains("client_secret=wrong") {
            let why = json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."});
            return Some((401, None, why.to_string()));
        }
        let number = state.tokens.fetch_add(1, Ordering::SeqCst) + 1;
        let token =
            json!({"token_type": "Bearer", "expires_in": 3600, "access_token": format!("token-{number}")});
        return Some((200, None, token.to_string()));
    }
    if low.ends_with("/oidc") {
        return Some((200, None, json!({"value": "assertion-of-github"}).to_string()));
    }
    std::thread::sleep(state.latency);
    if number == state.expire_at {
        state.good.store(state.tokens.load(Ordering::SeqCst) + 1, Ordering::SeqCst);
    }
    let token =
        asked.authorization.as_deref().and_then(|a| a.strip_prefix("Bearer token-")?.parse::<usize>().ok());
    if token.is_none_or(|token| token < state.good.load(Ordering::SeqCst)) {
        return Some(error(401, "ExpiredAuthenticationToken"));
    }
    let fault = (state.faults)(number, before, &low);
    let (status, text) = recorded(state, &low, query, body).unwrap_or_else(|| found(state, &low, query));
    Some(match fault {
        None => (status, None, text),
        Some(Fault::Status(status, header, code)) => {
            let (_, _, text) = error(status, code);
            (status, header, text)
        }
        Some(Fault::Drop) => return None,
        Some(Fault::Half) => (200, None, text[..text.len() / 2].to_owned()),
        Some(Fault::Hang) => {
            std::thread::sleep(Duration::from_secs(120));
            return None;
        }
        Some(Fault::EmptyPage) => {
            let query = query.split("&$skiptoken").next().unwrap_or_default();
            let next = format!("http://127.0.0.1:{}{path}?{query}&$skiptoken=0", state.port);
            (200, None, json!({"value": [], "nextLink": next}).to_string())
        }
        Some(Fault::Next(next)) => (200, None, json!({"value": [], "nextLink": next}).to_string()),
    })
}

/// Changes of Resource Graph and events of the Activity Log of the ids that are asked for.
fn recorded(state: &State, low: &str, query: &str, body: &str) -> Option<(u16, String)> {
    if low == "/providers/microsoft.resourcegraph/resources" {
        let asked: Json = serde_json::from_str(body).unwrap();
        let text = asked["query"].as_str().unwrap().to_ascii_lowercase();
        let containers = text.starts_with("resourcecontainerchanges");
        let is_meant = |c: &&Json| {
            let id = c["targetResourceId"].as_str().unwrap().to_ascii_lowercase();
            id.contains("/providers/") != containers && text.contains(&format!("'{id}'"))
        };
        let rows: Vec<Json> =
            state.changes.iter().filter(is_meant).map(|c| json!({ "properties": c })).collect();
        return Some((200, json!({ "data": rows, "totalRecords": rows.len() }).to_string()));
    }
    if !low.ends_with("/microsoft.insights/eventtypes/management/values") {
        return None;
    }
    let query = query.replace("%27", "'").to_ascii_lowercase();
    let is_meant =
        |e: &&Json| query.contains(&format!("'{}'", e["resourceId"].as_str().unwrap().to_ascii_lowercase()));
    let events: Vec<&Json> = state.events.iter().filter(is_meant).collect();
    Some((200, json!({ "value": events }).to_string()))
}

/// What ARM has at a path.
fn found(state: &State, low: &str, query: &str) -> (u16, String) {
    let documents = &state.documents;
    if low == "/subscriptions" {
        let ids: std::collections::BTreeSet<_> =
            documents.keys().filter_map(|k| k.split('/').nth(2)).collect();
        let all: Vec<Json> = ids
            .into_iter()
            .map(|s| json!({"id": format!("/subscriptions/{s}"), "subscriptionId": s}))
            .collect();
        return (200, json!({ "value": all }).to_string());
    }
    if is_item(low) {
        let group = low.split('/').take(5).collect::<Vec<_>>().join("/");
        return match documents.get(low) {
            Some(document) => (200, document.to_string()),
            None if low.split('/').count() == 3 => {
                (200, json!({"id": low, "displayName": "a test"}).to_string())
            }
            None if !documents.contains_key(&group) => (404, error(404, "ResourceGroupNotFound").2),
            None => (404, error(404, "ResourceNotFound").2),
        };
    }
    let (scope, ty) = low.rsplit_once("/providers/").unwrap_or((low, ""));
    let wide = !ty.is_empty() && ty.split('/').count() == 2 && matches!(scope.split('/').count(), 3 | 5);
    let all: Vec<&Json> = if let Some(scope) = low.strip_suffix("/resourcegroups") {
        documents
            .iter()
            .filter(|(k, _)| k.starts_with(scope) && k.split('/').count() == 5)
            .map(|(_, d)| d)
            .collect()
    } else if let Some(scope) = low.strip_suffix("/resources") {
        let top = |k: &str| k.rsplit_once("/providers/").is_some_and(|(_, t)| t.split('/').count() == 3);
        documents
            .iter()
            .filter(|(k, _)| k.starts_with(&format!("{scope}/")) && top(k))
            .map(|(_, d)| d)
            .collect()
    } else if wide {
        documents
            .iter()
            .filter(|(k, _)| k.starts_with(&format!("{scope}/")) && type_of(k) == ty)
            .map(|(_, d)| d)
            .collect()
    } else {
        let below = format!("{low}/");
        let direct = |k: &String| k.strip_prefix(&below).is_some_and(|rest| !rest.contains('/'));
        documents.iter().filter(|(k, _)| direct(k)).map(|(_, d)| d).collect()
    };
    let skip: usize = query.split("skiptoken=").nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    let size = if state.page == 0 { usize::MAX } else { state.page };
    let rest = all.get(skip..).unwrap_or_default();
    let mut body = json!({ "value": rest.iter().take(size).collect::<Vec<_>>() });
    if rest.len() > size {
        let query = query.split("&$skiptoken").next().unwrap_or_default();
        body["nextLink"] =
            json!(format!("http://127.0.0.1:{}{low}?{query}&$skiptoken={}", state.port, skip + size));
    }
    (200, body.to_string())
}

/// The type of an id in lower case.
fn type_of(key: &str) -> String {
    let ty = key.rsplit_once("/providers/").map_or("", |(_, t)| t);
    let mut parts = ty.split('/');
    let namespace = parts.next().unwrap_or_default();
    let types: Vec<&str> = parts.step_by(2).collect();
    format!("{namespace}/{}", types.join("/"))
}

fn is_item(low: &str) -> bool {
    match low.rsplit_once("/providers/") {
        Some((_, rest)) => rest.split('/').count() % 2 == 1,
        None => matches!(low.split('/').count(), 3 | 5),
    }
}
