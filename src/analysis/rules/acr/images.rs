//! ACR-027: images with known vulnerabilities, and a registry that is full.

use std::collections::BTreeSet;

use crate::analysis::rules::example::live;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::estate::Document;
use crate::azure::types;

/// Findings of Defender about one image.
const SUB_ASSESSMENT: &str = "microsoft.security/assessments/subassessments";
/// Defender's assessments of registries.
const ASSESSMENT: &str = "microsoft.security/assessments";
/// How much of a registry is in use, as its `listUsages` says.
const USAGE: &str = "microsoft.containerregistry/registries/usages";
/// Part of the limit that is too much.
const FULL: f64 = 0.9;

/// A registry as Azure has it, and a finding of Defender about an image in it: its severity.
macro_rules! scanned {
    ($severity:literal) => {
        live!(concat!(
            r#"[{
  "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.ContainerRegistry/registries/crexample",
  "type": "Microsoft.ContainerRegistry/registries",
  "name": "crexample",
  "sku": { "name": "Premium" },
  "properties": {}
}, {
  "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.ContainerRegistry/registries/crexample/providers/Microsoft.Security/assessments/images/subAssessments/1",
  "type": "Microsoft.Security/assessments/subAssessments",
  "name": "1",
  "properties": {
    "displayName": "Update of a library",
    "status": { "code": "Unhealthy", "severity": ""#,
            $severity,
            r#"" },
    "resourceDetails": { "source": "Azure", "id": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.ContainerRegistry/registries/crexample/repositories/web" }
  }
}]
"#
        ))
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-ACR-027",
        name: "acr-unhealthy-or-unused-images",
        profile: Profile::Strict,
        title: "images in the registry have known vulnerabilities of high severity, or it is nearly full",
        why: "Known holes run in every pod of these images, and a full registry takes no new ones: the fix cannot be \
              pushed.",
        fix: "Build the images anew on a current base, and purge what nobody pulls.",
        exceptions: "Findings that were exempted in Defender with a reason.",
        bad: scanned!("High"),
        good: scanned!("Low"),
        references: &[
            "https://learn.microsoft.com/azure/defender-for-cloud/agentless-vulnerability-assessment-azure",
        ],
        peers: &["PSRule Azure.ACR.ImageHealth", "PSRule Azure.ACR.Usage"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for registry in live.of_type(types::REGISTRY) {
        if alive.graph.is_some() && alive.declared(registry).is_none() {
            continue;
        }
        let subject = alive.subject(registry);
        let (mut scanned, mut images) = (false, BTreeSet::new());
        let mut full = None;
        for document in live.estate.iter().filter(|d| is_about(d, registry)) {
            let kind = document.arm_type.to_ascii_lowercase();
            if kind == SUB_ASSESSMENT || kind == ASSESSMENT {
                scanned = true;
                let word = |path: &str| document.str(path).unwrap_or_default().to_ascii_lowercase();
                let open = word("properties.status.code") == "unhealthy";
                let severity = [word("properties.status.severity"), word("properties.metadata.severity")];
                if open && severity.iter().any(|s| s == "high" || s == "critical") {
                    images
                        .insert(document.str("properties.displayName").unwrap_or(document.name()).to_owned());
                }
            } else if kind == USAGE {
                let number = |name: &str| {
                    let inside = document.int(&format!("properties.{name}"));
                    inside.or_else(|| document.int(name)).map(|n| n as f64)
                };
                let size = document.name().eq_ignore_ascii_case("Size");
                let used = number("currentValue").zip(number("limit"));
                let share = used.filter(|(_, limit)| size && *limit > 0.0).map(|(used, limit)| used / limit);
                scanned |= share.is_some();
                full = full.or(share.filter(|s| *s > FULL));
            }
        }
        match (images.first(), full) {
            (Some(first), _) => {
                let more = images.len() - 1;
                let text = if more > 0 { format!("{first} and {more} more") } else { first.clone() };
                out.fail(subject, None, format!("Defender has it open for images: {text}"))
            }
            (None, Some(share)) => {
                out.fail(subject, None, format!("{:.0} % of the storage of its SKU is used", share * 100.0))
            }
            (None, None) if scanned => out.pass(subject),
            (None, None) => out.skip(subject, "neither findings about its images nor its usage were read"),
        };
    }
}

/// True for what is told of a registry or of something in it.
fn is_about(document: &Document, registry: &Document) -> bool {
    let key = registry.id.key();
    let below = |id: &str| {
        let id = id.to_ascii_lowercase();
        id.strip_prefix(&key).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let named = document.str("properties.resourceDetails.id");
    named.is_some_and(below) || (document.id.key() != key && below(document.id.as_str()))
}
