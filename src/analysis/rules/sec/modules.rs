//! SEC-011: modules whose code changes without a change of one's own.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Subject};

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-011",
        name: "module-unpinned",
        title: "the module comes from a branch, or in whatever version is newest",
        why: "The code that is applied changes without a change in this repository: by mistake, or because somebody took \
              over the other one.",
        fix: "Name a version of a registry module, and a commit or tag of a git source (?ref=).",
        exceptions: "Repositories that only try modules out.",
        bad: r#"module "network" {
  source = "git::https://example.com/modules/network.git?ref=main"
}
"#,
        good: r#"module "network" {
  source = "git::https://example.com/modules/network.git?ref=8f3c2a9b5d7e1f60c4a2b8d9e0f1a2b3c4d5e6f7"
}
"#,
        references: &["https://developer.hashicorp.com/terraform/language/modules/sources"],
        peers: &["CKV_TF_1", "CKV_TF_2", "TFLint terraform_module_pinned_source"],
        ..Meta::ROW
    },
    check,
};

/// How far a source is fixed.
#[derive(Debug, PartialEq, Eq)]
enum Pin {
    /// A directory of this repository.
    Local,
    /// A commit or a version.
    Fixed,
    /// A tag, which its owner may move.
    Tag,
    /// Nothing, or a branch.
    None,
    /// An archive; its address may hold a version or not.
    Archive,
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(code) = graph.evaluation.and_then(|e| e.code.as_ref()) else { return };
    for call in code.written_calls() {
        let subject = Subject::new(call.address, Some(call.source.map_or(call.header, |(_, span)| span)));
        let Some((source, _)) = call.source else {
            out.unknown(subject, "its source is no literal");
            continue;
        };
        match pin(source, call.version) {
            Pin::Local => out.skip(subject, "a directory of this repository"),
            Pin::Archive => out.skip(subject, "an archive, which has no versions"),
            Pin::Fixed => out.pass(subject),
            Pin::Tag => {
                let text = "the module comes from a tag, which its owner may move; a commit is fixed";
                out.fail(subject, None, text).severity(Severity::Info)
            }
            Pin::None => out.fail(subject, None, RULE.meta.title),
        };
    }
}

fn pin(source: &str, version: Option<&str>) -> Pin {
    if source.starts_with("./") || source.starts_with("../") || source.starts_with('/') {
        return Pin::Local;
    }
    let is_git = source.starts_with("git::")
        || source.starts_with("git@")
        || source.starts_with("ssh://")
        || source.starts_with("github.com/")
        || source.starts_with("bitbucket.org/")
        || source.split('?').next().is_some_and(|s| s.ends_with(".git"));
    if is_git {
        let query = source.split_once('?').map_or("", |(_, query)| query);
        let reference = query.split('&').find_map(|p| p.strip_prefix("ref="));
        return match reference {
            Some(text) if is_commit(text) => Pin::Fixed,
            Some(text) if is_tag(text) => Pin::Tag,
            _ => Pin::None,
        };
    }
    if source.contains("://") || source.contains("::") {
        return Pin::Archive;
    }
    match version {
        Some(text) if !text.trim().is_empty() => Pin::Fixed,
        _ => Pin::None,
    }
}

fn is_commit(text: &str) -> bool {
    (7..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}

/// `v1`, `1.2`, `v1.2.3-rc1`
fn is_tag(text: &str) -> bool {
    let plain = text.rsplit('/').next().unwrap_or(text).trim_start_matches('v');
    let numbers = plain.split(['-', '+']).next().unwrap_or("");
    !numbers.is_empty() && numbers.split('.').all(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_fixed_by_commits_and_versions() {
        for (source, version, want) in [
            ("./modules/a", None, Pin::Local),
            ("Azure/aks/azurerm", None, Pin::None),
            ("Azure/aks/azurerm", Some("~> 9.0"), Pin::Fixed),
            ("git::https://example.com/a.git", None, Pin::None),
            ("git::https://example.com/a.git?ref=main", None, Pin::None),
            ("git::https://example.com/a.git//b?depth=1&ref=v1.2", None, Pin::Tag),
            ("git@example.com:a/b.git?ref=0a1b2c3", None, Pin::Fixed),
            ("github.com/a/b", None, Pin::None),
            ("https://example.com/a.zip", None, Pin::Archive),
        ] {
            assert_eq!(pin(source, version), want, "{source}");
        }
    }
}
