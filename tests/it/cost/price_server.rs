//! A price list on a loopback port: it reads the filter, gives pages, and misbehaves as it is told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

/// How it misbehaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Mood {
    /// Not at all.
    #[default]
    Good,
    /// Answers so many requests with a status first.
    First(u16, usize),
    /// Always answers with a status.
    Status(u16),
    /// Breaks the body off from this page on.
    Cut(usize),
    /// The last page names one more, which is answered with 400.
    PastTheEnd,
    /// The next page stands on another host.
    Stray,
    /// Every page names itself as the next one.
    Circle,
    /// Pages without Items.
    Nonsense,
}

#[derive(Default)]
struct State {
    items: Vec<Json>,
    mood: Mood,
    asked: Vec<String>,
}

/// The server; its thread ends with the process.
pub(super) struct PriceServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

/// Items of one page.
const PAGE: usize = 2;

impl PriceServer {
    pub(super) fn new(items: Vec<Json>) -> PriceServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { items, ..State::default() }));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away is no matter of the server's.
                let _ = answer(stream, port, &shared);
            }
        });
        PriceServer { port, state }
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    pub(super) fn set(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// The filters that it was asked since the last time, with the number of the page.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

fn decode(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b'%' => {
                let digits: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            b => out.push(b),
        }
    }
    String::from_utf8(out).unwrap()
}

fn argument(query: &str, name: &str) -> Option<String> {
    query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")).map(decode))
}

/// True when an item meets a filter of `and`s and `eq`s.
fn meets(item: &Json, filter: &str) -> bool {
    filter.split(" and ").all(|part| {
        let (field, value) = part.split_once(" eq ").unwrap();
        let field = if field == "priceType" { "type" } else { field };
        item[field].as_str().unwrap_or_default() == value.trim_matches('\'').replace("''", "'")
    })
}

fn answer(stream: TcpStream, port: u16, state: &Mutex<State>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim_end().is_empty() {
            break;
        }
    }
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let query = target.split_once('?').map(|(_, q)| q).unwrap_or_default();
    let filter = argument(query, "$filter").unwrap();
    let currency = argument(query, "currencyCode").unwrap();
    let skip: usize = argument(query, "$skip").map_or(0, |s| s.parse().unwrap());
    let (items, mood) = {
        let mut state = state.lock().unwrap();
        state.asked.push(format!("{filter} {}", skip / PAGE));
        if let Mood::First(status, n) = state.mood {
            state.mood = if n > 1 { Mood::First(status, n - 1) } else { Mood::Good };
            drop(state);
            return respond(reader.into_inner(), status, "Retry-After: 0\r\n", b"busy", 4);
        }
        (state.items.clone(), state.mood.clone())
    };
    if let Mood::Status(status) = mood {
        return respond(reader.into_inner(), status, "", b"", 0);
    }
    let found: Vec<Json> = items.into_iter().filter(|i| meets(i, &filter)).collect();
    let page: Vec<Json> = found.iter().skip(skip).take(PAGE).cloned().collect();
    if skip > 0 && page.is_empty() {
        return respond(reader.into_inner(), 400, "", b"{}", 2);
    }
    let here = format!("http://127.0.0.1:{port}{target}");
    let base = here.split("&$skip").next().unwrap();
    let next = format!("{base}&$skip={}", skip + PAGE);
    let more = found.len() > skip + PAGE;
    let next = match mood {
        Mood::PastTheEnd => json!(next),
        Mood::Stray => json!("https://prices.example.org/api?$skip=2"),
        Mood::Circle => json!(here),
        _ if more => json!(next),
        _ => json!(null),
    };
    let body = match mood {
        Mood::Nonsense => json!({ "message": "welcome" }),
        _ => json!({ "BillingCurrency": currency, "Items": page, "NextPageLink": next, "Count": page.len() }),
    };
    let body = body.to_string().into_bytes();
    let cut = matches!(mood, Mood::Cut(from) if skip / PAGE >= from);
    let sent = if cut { &body[..body.len() / 2] } else { &body[..] };
    respond(reader.into_inner(), 200, "", sent, body.len())
}

fn respond(
    mut stream: TcpStream,
    status: u16,
    headers: &str,
    body: &[u8],
    length: usize,
) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} Answer\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    )?;
    stream.write_all(body)?;
    stream.flush()
}
