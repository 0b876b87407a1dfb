//! Stand-ins for code hosts on loopback ports: what all of them share.
//!
//! A [`Site`] is one host's rules over its own state; [`Fake`] serves it, records what it was asked, and
//! misbehaves as a test says ([`Fake::trouble`]), whatever the host.

pub(crate) mod azure_devops;
pub(crate) mod bitbucket;
pub(crate) mod bitbucket_server;
pub(crate) mod github;
pub(crate) mod gitlab;
mod patch;
pub(crate) mod tracker;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value as Json;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, still percent-encoded, without the query.
    pub(crate) path: String,
    /// The arguments of the query, decoded.
    pub(crate) query: BTreeMap<String, String>,
    /// Headers by their name in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    /// The body as JSON, `null` when it is none.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The segments of the path, decoded.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path.trim_start_matches('/').split('/').map(decode).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// `METHOD /path`
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Json) -> Answer {
        let headers = vec![("Content-Type".into(), "application/json; charset=utf-8".into())];
        Answer { status, headers, body: body.to_string() }
    }

    pub(crate) fn html(status: u16, body: &str) -> Answer {
        let headers = vec![("Content-Type".into(), "text/html; charset=utf-8".into())];
        Answer { status, headers, body: body.to_owned() }
    }

    pub(crate) fn empty(status: u16) -> Answer {
        Answer { status, headers: Vec::new(), body: String::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl ToString) -> Answer {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A host's rules and state.
pub(crate) trait Site: Send + 'static {
    /// Answers a request; `url` is the address of the stand-in, without a slash at its end.
    fn answer(&mut self, request: &Request, url: &str) -> Answer;
}

/// What happens in place of an answer, or besides.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// This is answered, and nothing done.
    Instead(Answer),
    /// It is done, and this is answered.
    Done(Answer),
    /// It is done, and the connection ends without an answer.
    Silent,
    /// It is done and answered, after this long.
    Slow(Duration),
}

struct Fault {
    method: &'static str,
    path: &'static str,
    times: usize,
    trouble: Trouble,
}

struct Shared<S> {
    site: Mutex<S>,
    asked: Mutex<Vec<Request>>,
    faults: Mutex<Vec<Fault>>,
    url: String,
}

/// A served site; its threads end with the process.
pub(crate) struct Fake<S>(Arc<Shared<S>>);

impl<S: Site> Fake<S> {
    pub(crate) fn new(site: S) -> Fake<S> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let shared =
            Shared { site: Mutex::new(site), asked: Mutex::default(), faults: Mutex::default(), url };
        let shared = Arc::new(shared);
        let served = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                // Requests of several runs are read at once, as by a real host. A client that went away is no
                // matter of the server's.
                std::thread::spawn(move || serve(stream, &served));
            }
        });
        Fake(shared)
    }

    pub(crate) fn url(&self) -> String {
        self.0.url.clone()
    }

    /// The state, to be set and looked at.
    pub(crate) fn site(&self) -> MutexGuard<'_, S> {
        self.0.site.lock().unwrap()
    }

    /// So many requests of a method (`*` is any) whose path holds a text are in trouble.
    pub(crate) fn trouble(&self, method: &'static str, path: &'static str, times: usize, trouble: Trouble) {
        self.0.faults.lock().unwrap().push(Fault { method, path, times, trouble });
    }

    /// No trouble any more.
    pub(crate) fn forgive(&self) {
        self.0.faults.lock().unwrap().clear();
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Request> {
        self.0.asked.lock().unwrap().clone()
    }

    /// Requests so far that are not reads.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reads =
            |r: &Request| r.method == "GET" || r.body.contains("\"query {") || r.body.contains("\"query(");
        self.asked().iter().filter(|r| !reads(r)).map(Request::line).collect()
    }
}

fn serve<S: Site>(stream: TcpStream, shared: &Shared<S>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let request = read(&mut reader)?;
    shared.asked.lock().unwrap().push(request.clone());
    let trouble = {
        let mut faults = shared.faults.lock().unwrap();
        let hit = faults.iter_mut().find(|f| {
            f.times > 0 && (f.method == "*" || f.method == request.method) && request.path.contains(f.path)
        });
        hit.map(|fault| {
            fault.times -= 1;
            fault.trouble.clone()
        })
    };
    let ask = || shared.site.lock().unwrap().answer(&request, &shared.url);
    let answer = match trouble {
        None => ask(),
        Some(Trouble::Instead(answer)) => answer,
        Some(Trouble::Done(answer)) => {
            ask();
            answer
        }
        Some(Trouble::Silent) => {
            ask();
            return Ok(());
        }
        Some(Trouble::Slow(wait)) => {
            let answer = ask();
            std::thread::sleep(wait);
            answer
        }
    };
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 {} Answer\r\nConnection: close\r\n", answer.status)?;
    if !matches!(answer.status, 204 | 304) {
        write!(stream, "Content-Length: {}\r\n", answer.body.len())?;
    }
    for (name, value) in &answer.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "\r\n{}", answer.body)?;
    stream.flush()
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Request> {
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut parts = first.split(' ');
    let method = parts.next().unwrap_or_default().to_owned();
    let target = parts.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter(|p| !p.is_empty());
    let query =
        pairs.map(|p| p.split_once('=').unwrap_or((p, ""))).map(|(k, v)| (decode(k), decode(v))).collect();
    let path = path.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|l: &String| l.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Request { method, path, query, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Percent-encoded text as it was meant.
pub(crate) fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'%' => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap_or(b'?'));
            }
            b'+' => out.push(b' '),
            b => out.push(b),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
