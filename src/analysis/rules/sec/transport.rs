//! SEC-022: code and data that come over a line that others may change.

use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::flag;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject, Test, Truth};
use crate::terraform::value::Value;

/// Switches that turn the check of certificates off.
const UNCHECKED: [&str; 3] = ["insecure", "insecure_skip_tls_verify", "skip_tls_verify"];
const MAX_DEPTH: u32 = 8;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-022",
        name: "unencrypted-fetch",
        title: "something is fetched without encryption, or without a check of who answers",
        why: "Whoever sits on the line chooses what is deployed.",
        fix: "Use https, and trust the certificate authority that signed the server's certificate.",
        bad: r#"data "http" "ranges" {
  url = "http://example.com/ranges.json"
}
"#,
        good: r#"data "http" "ranges" {
  url = "https://example.com/ranges.json"
}
"#,
        references: &["https://registry.terraform.io/providers/hashicorp/http/latest/docs/data-sources/http"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    for instance in &evaluation.instances {
        if &*instance.address.type_name == "http" {
            let url = instance.config.get("url");
            let plain = Test::StartsWith(&["http://"]).of(url, false);
            out.judge(instance, url, !plain, "data is fetched over http");
        }
        if let Some((value, off)) = unchecked(&instance.config, MAX_DEPTH) {
            out.judge(instance, Some(value), !off, "the certificate of a server is not checked");
        }
    }
    for (name, provider) in &evaluation.providers {
        let Some(config) = &provider.config else { continue };
        if let Some((value, off)) = unchecked(config, MAX_DEPTH) {
            let subject = Subject::new(format!("provider.{name}"), config.origin.at);
            out.judge(subject, Some(value), !off, "the certificate of a server is not checked");
        }
    }
    let Some(code) = &evaluation.code else { return };
    for call in code.written_calls() {
        let Some((source, span)) = call.source else { continue };
        let subject = Subject::new(call.address, Some(span));
        if source.trim_start_matches("git::").starts_with("http://") {
            out.fail(subject, None, "the module is fetched over http");
        } else {
            out.pass(subject);
        }
    }
}

/// The switch that turns the check of certificates off, if something may.
fn unchecked(config: &Value, depth: u32) -> Option<(&Value, Truth)> {
    let members = config.as_map().into_iter().flatten();
    for (name, value) in members {
        if UNCHECKED.contains(&&**name) {
            let off = flag(Some(value), false);
            if off != Truth::No {
                return Some((value, off));
            }
        }
        let blocks = value.as_slice().unwrap_or_default().iter().filter(|_| depth > 0);
        if let Some(found) = blocks.into_iter().find_map(|block| unchecked(block, depth - 1)) {
            return Some(found);
        }
    }
    None
}
