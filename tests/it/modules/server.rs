//! A registry on a loopback port: it answers from a table and remembers what it was asked.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// An answer.
#[derive(Clone, Default)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// The length that is announced, where it is not that of the body.
    length: Option<usize>,
}

impl Answer {
    pub(super) fn status(status: u16) -> Answer {
        Answer { status, ..Answer::default() }
    }

    pub(super) fn body(body: impl Into<Vec<u8>>) -> Answer {
        Answer { status: 200, body: body.into(), ..Answer::default() }
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Announces more bytes than it sends.
    pub(super) fn cut(mut self) -> Answer {
        self.length = Some(self.body.len());
        self.body.truncate(self.body.len() / 2);
        self
    }
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) path: String,
    pub(super) authorization: Option<String>,
}

type Table = BTreeMap<String, Vec<Answer>>;

/// The server; its thread ends with the process.
pub(super) struct Server {
    port: u16,
    table: Arc<Mutex<Table>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(super) fn new() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let table = Arc::new(Mutex::new(Table::new()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let server = Server { port, table: table.clone(), asked: asked.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away is no matter of the server's.
                let _ = answer(stream, &table, &asked);
            }
        });
        server.on("/.well-known/terraform.json", Answer::body(r#"{"modules.v1": "/v1/modules/"}"#));
        server
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Answers a path; several answers for one path come one after the other, the last one stays.
    pub(super) fn on(&self, path: &str, answer: Answer) {
        self.table.lock().unwrap().entry(path.to_owned()).or_default().push(answer);
    }

    /// Answers a path with this and nothing that was set before.
    pub(super) fn only(&self, path: &str, answer: Answer) {
        self.table.lock().unwrap().insert(path.to_owned(), vec![answer]);
    }

    /// Lists versions of a module and offers each as an archive of these files.
    pub(super) fn module(&self, path: &str, versions: &[&str], files: &[(&str, &str)]) {
        let listed: Vec<_> = versions.iter().map(|v| serde_json::json!({ "version": v })).collect();
        let listing = serde_json::json!({ "modules": [{ "versions": listed }] });
        self.only(&format!("/v1/modules/{path}/versions"), Answer::body(listing.to_string()));
        for version in versions {
            let at = format!("/v1/modules/{path}/{version}");
            let get = Answer::status(204).header("X-Terraform-Get", "./archive.tgz");
            self.only(&format!("{at}/download"), get);
            self.only(&format!("{at}/archive.tgz"), Answer::body(super::archive(files)));
        }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|a| a.path).collect()
    }
}

fn answer(stream: TcpStream, table: &Mutex<Table>, asked: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut authorization = None;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("authorization")
        {
            authorization = Some(value.trim().to_owned());
        }
    }
    asked.lock().unwrap().push(Asked { path: path.clone(), authorization });
    let answer = {
        let mut table = table.lock().unwrap();
        let answers = table.get_mut(path.split('?').next().unwrap_or_default());
        match answers {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => Answer::status(404),
        }
    };
    let mut stream = reader.into_inner();
    write!(stream, "HTTP/1.1 {} Answer\r\nConnection: close\r\n", answer.status)?;
    if answer.status != 204 {
        write!(stream, "Content-Length: {}\r\n", answer.length.unwrap_or(answer.body.len()))?;
    }
    for (name, value) in &answer.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&answer.body)?;
    stream.flush()
}
