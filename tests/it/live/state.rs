//! `--state backend`: the state in the blob that the code's backend names, from a stand-in for a storage account.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

use super::arm::{Arm, Setup};
use super::{SECRET, principal, quiet};
use crate::harness::{Folder, Run, trueup_with};

/// A status, headers, and a body.
type Answer = (u16, Vec<(&'static str, String)>, String);

/// The head of a request, line by line.
type Head = Vec<String>;

/// A storage account: answers by the number of the request; remembers what it was asked.
struct Blobs {
    url: String,
    asked: Arc<Mutex<Vec<Head>>>,
}

impl Blobs {
    fn new(answer: impl Fn(usize) -> Answer + Send + 'static) -> Blobs {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                drop(serve(stream, &answer, &seen));
            }
        });
        Blobs { url, asked }
    }

    fn heads(&self) -> Vec<Head> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(
    stream: TcpStream,
    answer: &impl Fn(usize) -> Answer,
    seen: &Mutex<Vec<Head>>,
) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(head);
        seen.len()
    };
    let (status, headers, body) = answer(number);
    let headers: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} Answer\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    reader.get_mut().write_all(text.as_bytes())
}

const MAIN: &str = r#"
terraform {
  backend "azurerm" {
    storage_account_name = "sttf1"
    container_name       = "tfstate"
  }
  required_providers {
    azurerm = { source = "hashicorp/azurerm", version = "~> 5.0" }
  }
}
resource "azurerm_resource_group" "main" {
  name     = "rg"
  location = "westeurope"
  tags     = { team = "a" }
}
"#;

const LIVE: &str = r#"{"format": "trueup-snapshot/1", "complete": true, "scope": ["/subscriptions/s"], "resources": [
    {"id": "/subscriptions/s/resourceGroups/rg", "name": "rg", "location": "westeurope", "tags": {"team": "b"}}]}"#;

const STATE: &str = r#"{"version": 4, "serial": 7, "lineage": "l", "outputs": {}, "resources": [
    {"mode": "managed", "type": "azurerm_resource_group", "name": "main",
     "provider": "provider[\"example.org/hashicorp/azurerm\"]",
     "instances": [{"schema_version": 0, "attributes": {"id": "/subscriptions/s/resourceGroups/rg", "name": "rg",
       "location": "westeurope", "tags": {"team": "z"}}}]}]}"#;

/// A run of drift against a snapshot with the state of the backend.
fn drift(blobs: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let arm = Arm::new(&Json::Array(Vec::new()), Setup::default());
    let folder = Folder::new(
        "backend",
        &[("main.tf", MAIN), ("live.json", LIVE), ("prod.tfbackend", "key = \"p/x\"\n")],
    );
    let args = ["drift", ".", "--live", "live.json", "--state", "backend", "--format", "json"];
    let url = arm.url();
    let mut all = principal(&url);
    all.push(("TRUEUP_BLOB_ENDPOINT", blobs));
    all.extend(environment);
    quiet(trueup_with(folder.path(), &[&args, arguments].concat(), &all))
}

const KEY: &[&str] = &["--backend-config", "key=prod.tfstate"];

fn header<'h>(head: &'h Head, name: &str) -> Option<&'h str> {
    head.iter().find_map(|l| l.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name))).map(|(_, v)| v)
}

/// Declared, in state, live.
fn sides(run: &Run) -> [Json; 3] {
    let report = run.json();
    let one = &report["resources"][0]["differences"][0];
    ["declared", "state", "live"].map(|side| one[side].clone())
}

#[test]
fn the_state_of_the_backend_is_the_third_side() {
    let info = STANDARD.encode(
        r#"{"Who": "ci@runner", "Operation": "OperationTypeApply", "Created": "2026-11-20T16:59:00Z"}"#,
    );
    let locked = vec![("x-ms-lease-status", "locked".to_owned()), ("x-ms-meta-terraformlockid", info)];
    let blobs = Blobs::new(move |_| (200, locked.clone(), STATE.to_owned()));
    let run = drift(&blobs.url, KEY, &[]);
    assert_eq!((run.status, sides(&run)), (2, ["a".into(), "z".into(), "b".into()]), "{}", run.stderr);
    let told = run.json()["diagnostics"].to_string();
    assert!(told.contains("locked by ci@runner for apply since 2026-11-20T16:59:00Z"), "{told}");
    let heads = blobs.heads();
    assert_eq!(heads.len(), 1);
    assert_eq!(heads[0][0], "GET /sttf1/tfstate/prod.tfstate HTTP/1.1");
    assert!(header(&heads[0], "authorization").unwrap().starts_with("Bearer token-"));
    assert!(header(&heads[0], "x-ms-version").is_some());

    // A workspace has a blob of its own; a file says what is left open; what heals is asked for again.
    let blobs = Blobs::new(|n| match n {
        1 => (503, vec![("x-ms-error-code", "ServerBusy".to_owned())], String::new()),
        _ => (200, Vec::new(), STATE.to_owned()),
    });
    let run = drift(&blobs.url, &["--backend-config", "prod.tfbackend", "--workspace", "blue"], &[]);
    assert_eq!((run.status, run.json()["diagnostics"].as_array().unwrap().len()), (2, 0), "{}", run.stderr);
    let paths: Vec<String> = blobs.heads().iter().map(|h| h[0].clone()).collect();
    assert_eq!(paths, ["GET /sttf1/tfstate/p/xenv:blue HTTP/1.1"; 2]);
}

#[test]
fn a_key_or_a_sas_token_that_the_user_gives_is_used_and_never_shown() {
    let key = STANDARD.encode(SECRET);
    let blobs = Blobs::new(|_| (200, Vec::new(), STATE.to_owned()));
    let shown = |run: &Run| run.stdout.contains(&key) || run.stderr.contains(&key);
    let run = drift(&blobs.url, KEY, &[("ARM_ACCESS_KEY", &key)]);
    assert!(run.status == 2 && !shown(&run), "{}", run.stderr);
    assert!(header(&blobs.heads()[0], "authorization").unwrap().starts_with("SharedKey sttf1:"));
    let run = drift(&blobs.url, KEY, &[("ARM_ACCESS_KEY", "no base64 hunter2-hunter2")]);
    assert!(run.status == 1 && run.stderr.contains("not in base64"), "{}", run.stderr);

    let refused =
        Blobs::new(|_| (403, vec![("x-ms-error-code", "AuthenticationFailed".into())], String::new()));
    let sas = format!("?sv=2024-01-01&sig={SECRET}");
    let run = drift(&refused.url, KEY, &[("ARM_SAS_TOKEN", &sas)]);
    assert!(run.status == 1 && run.stderr.contains("The SAS token"), "{}", run.stderr);
    let head = &refused.heads()[0];
    assert!(
        head[0].contains(&format!("?sv=2024-01-01&sig={SECRET} ")) && header(head, "authorization").is_none()
    );

    // `use_azuread_auth` asks for Entra whatever else is there.
    let entra = [KEY, &["--backend-config", "use_azuread_auth=true"]].concat();
    drift(&blobs.url, &entra, &[("ARM_ACCESS_KEY", &key)]);
    assert!(header(blobs.heads().last().unwrap(), "authorization").unwrap().starts_with("Bearer "));
}

#[test]
fn what_cannot_be_read_is_said() {
    let answer = |status: u16, code: &'static str| {
        Blobs::new(move |_| (status, vec![("x-ms-error-code", code.to_owned())], String::new()))
    };
    let cases: [(u16, &'static str, &str); 4] = [
        (403, "AuthorizationPermissionMismatch", "Storage Blob Data Reader"),
        (403, "AuthorizationFailure", "firewall"),
        (404, "ContainerNotFound", "no such storage account or container"),
        (302, "", "302"),
    ];
    for (status, code, text) in cases {
        let run = drift(&answer(status, code).url, KEY, &[]);
        assert!(run.status == 1 && run.stderr.contains(text), "{code}: {}", run.stderr);
        assert!(run.stderr.contains("sttf1/tfstate/prod.tfstate"), "{}", run.stderr);
    }
    // No blob is an empty state, as it is to Terraform, but it is told.
    let run = drift(&answer(404, "BlobNotFound").url, KEY, &[]);
    assert_eq!(run.status, 2, "{}", run.stderr);
    assert!(run.json()["diagnostics"].to_string().contains("nothing was applied yet"), "{}", run.stdout);
    let cases: [(&str, &[&str], &str); 5] = [
        ("http://127.0.0.1:9", &[], "leaves open key"),
        ("http://127.0.0.1:9", &["--backend-config", "key=a/../b"], "no name that Azure has"),
        ("http://127.0.0.1:9", &["--backend-config", "none.tfbackend"], "cannot be read"),
        ("https://example.org", KEY, "may name this machine only"),
        (
            "http://127.0.0.1:9",
            &["--backend-config", "key=k", "--backend-config", "metadata_host=x"],
            "metadata_host",
        ),
    ];
    for (url, arguments, text) in cases {
        let run = drift(url, arguments, &[]);
        assert!(run.status == 1 && run.stderr.contains(text), "{text}: {}", run.stderr);
    }
    let other = MAIN.replace("\"azurerm\" {\n    storage", "\"s3\" {\n    storage");
    let folder = Folder::new("backend", &[("main.tf", &other)]);
    let run = trueup_with(folder.path(), &["plan", "--state", "backend"], &[]);
    assert!(run.status == 1 && run.stderr.contains("the code has \"s3\""), "{}", run.stderr);
}
