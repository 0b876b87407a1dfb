//! AKS-070: node images that end.

use time::Duration;

use crate::analysis::finding::Severity;
use crate::analysis::kubernetes::minor;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::tables::{NODE_OS, last_day};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::terraform::value::Value;

/// So long before the end a person should know.
const SOON: Duration = Duration::days(180);

pub(super) static OLD_OS: Check = Check {
    meta: Meta {
        id: "TU-AKS-070",
        name: "aks-os-sku-retired",
        severity: Severity::High,
        profile: Profile::Default,
        title: "the node operating system gets no more fixes, or will soon get none",
        why: "After the end of support holes stay open; once the images are removed, the pool can neither scale nor \
              be repaired.",
        fix: "Set os_sku = \"AzureLinux3\" or \"Ubuntu2404\" (\"Windows2025\" for Windows).",
        exceptions: "",
        bad: cluster!(
            r#"
  kubernetes_version = "1.31"
"#,
            r#"
    os_sku = "AzureLinux"
"#
        ),
        good: cluster!(
            r#"
  kubernetes_version = "1.36"
"#,
            r#"
    os_sku = "AzureLinux"
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/upgrade-os-version"],
        peers: &[],
    },
    check: old_os,
};

/// What a pool runs, as far as the code tells.
enum System {
    /// A key of the table, or a system that is not in it.
    Key(&'static str),
    /// Not known, and why.
    Unknown(String),
}

fn old_os(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let sku = pool.document.get("properties.osSKU");
        let key = match system(&pool, sku) {
            System::Key(key) => key,
            System::Unknown(why) => {
                out.unknown(pool.document, why);
                continue;
            }
        };
        let note = NODE_OS.dated();
        let Some(row) = NODE_OS.row(key) else {
            out.pass(pool.document).note(note);
            continue;
        };
        let day = |at: usize| row.get(at).and_then(|c| last_day(c));
        let Some(end) = day(1) else { continue };
        let name = row.get(3..).unwrap_or_default().join(" ");
        let (severity, text) = match day(2) {
            Some(gone) if gone < graph.today => (
                Severity::High,
                format!("{name} is out of support since {end}, and its images are gone since {gone}"),
            ),
            _ if end < graph.today => (Severity::High, format!("{name} is out of support since {end}")),
            _ if end - graph.today <= SOON => (Severity::Medium, format!("support of {name} ends on {end}")),
            _ => (Severity::Info, format!("support of {name} ends on {end}")),
        };
        out.fail(pool.document, sku, text).severity(severity).note(note);
    }
}

/// The system of a pool: `Ubuntu`, `AzureLinux` and an absent Windows choice depend on the minor.
fn system(pool: &Pool<'_>, sku: Option<&Value>) -> System {
    let os = pool.document.get("properties.osType");
    for value in [sku, os].into_iter().flatten() {
        if let Some(unknown) = value.as_unknown() {
            return System::Unknown(unknown.reason.to_string());
        }
    }
    let windows = os.is_some_and(|v| is_word(v, "Windows"));
    let name = sku.map(shown).unwrap_or_default().to_ascii_lowercase();
    let by_minor = |steps: &[(u32, &'static str)]| {
        let version = pool.version();
        if let Some(unknown) = version.and_then(Value::as_unknown) {
            return System::Unknown(unknown.reason.to_string());
        }
        let Some(number) = version.and_then(Value::as_str).and_then(minor) else {
            return System::Unknown("it depends on the Kubernetes version, which is not set".into());
        };
        let found = steps.iter().find(|(last, _)| number <= *last);
        System::Key(found.map_or("", |(_, key)| *key))
    };
    match name.as_str() {
        "" if windows => by_minor(&[(35, "windows2022"), (u32::MAX, "windows2025")]),
        "" | "ubuntu" => by_minor(&[(34, "ubuntu2204"), (u32::MAX, "ubuntu2404")]),
        "azurelinux" => by_minor(&[(31, "azurelinux2"), (u32::MAX, "azurelinux3")]),
        "mariner" | "cblmariner" => System::Key("azurelinux2"),
        _ => {
            System::Key(NODE_OS.rows().filter_map(|r| r.first().copied()).find(|k| *k == name).unwrap_or(""))
        }
    }
}
