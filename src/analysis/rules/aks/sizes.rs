//! AKS-063, 067, 068 and 069: machine sizes with a local disk, too small ones, retiring ones, unheard ones.

use std::sync::{LazyLock, OnceLock};

use regex::{Regex, RegexBuilder};
use time::{Date, Duration};

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{cluster, sized_cluster};
use crate::analysis::rules::graph::pools::Pool;
use crate::analysis::rules::graph::text::{is_word, shown};
use crate::analysis::rules::graph::{Graph, date};
use crate::analysis::rules::tables::{RETIRED_SIZES, last_day};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::sku;
use crate::terraform::value::Value;

/// Least of a system pool's machine, as the AKS documentation asks.
const LEAST_VCPUS: u32 = 4;
const LEAST_MEMORY: f64 = 4.0;
/// So long before a size ends a person should know.
const SOON: Duration = Duration::days(365);
/// So long a list of names can be relied on.
const FRESH: Duration = Duration::days(90);

pub(super) static MANAGED_DISK: Check = Check {
    meta: Meta {
        id: "TU-AKS-063",
        name: "aks-os-disk-managed",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the nodes use remote OS disks although their size has room for local ones",
        why: "Local disks are faster, free, and make nodes start and reimage sooner. Nothing of value is on them.",
        fix: "Set os_disk_type = \"Ephemeral\" (with an os_disk_size_gb that fits); changing it replaces the pool's \
              nodes.",
        exceptions: "Pools whose pods write much to the node's own disk and must keep it.",
        bad: sized_cluster!("Standard_D4ds_v5"),
        good: sized_cluster!(
            "Standard_D4ds_v5",
            r#"
    os_disk_type = "Ephemeral"
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/concepts-storage"],
        peers: &["CKV_AZURE_226", "PSRule Azure.AKS.EphemeralOSDisk"],
    },
    check: managed_disk,
};

pub(super) static TOO_SMALL: Check = Check {
    meta: Meta {
        id: "TU-AKS-067",
        name: "aks-system-vm-too-small",
        // The catalogue has it strict; a first review of a small cluster should say it.
        profile: Profile::Default,
        title: "the machines of the system pool are too small",
        why: "Below 4 vCPUs and 4 GiB the add-ons of a growing cluster compete with the kubelet, and nodes turn \
              NotReady under load.",
        fix: "Choose a vm_size with at least 4 vCPUs and 4 GiB, such as Standard_D4s_v5; changing it replaces the \
              pool's nodes (temporary_name_for_rotation).",
        exceptions: "Small development clusters.",
        bad: sized_cluster!("Standard_DS2_v2"),
        good: cluster!(),
        references: &["https://learn.microsoft.com/azure/aks/use-system-pools"],
        ..Meta::ROW
    },
    check: too_small,
};

pub(super) static RETIRING: Check = Check {
    meta: Meta {
        id: "TU-AKS-068",
        name: "aks-vm-size-retiring",
        title: "the machine size of the nodes retires",
        why: "On that day Azure stops and deallocates the nodes, and no new ones start.",
        fix: "Choose a vm_size of version 5 or newer; changing it replaces the pool's nodes \
              (temporary_name_for_rotation).",
        bad: sized_cluster!("Standard_NC6s_v3"),
        good: cluster!(),
        references: &[
            "https://learn.microsoft.com/azure/virtual-machines/sizes/retirement/retired-sizes-list",
            "https://learn.microsoft.com/azure/aks/aks-virtual-machine-sizes",
        ],
        ..Meta::ROW
    },
    check: retiring,
};

pub(super) static UNHEARD: Check = Check {
    meta: Meta {
        id: "TU-AKS-069",
        name: "aks-vm-size-invalid",
        severity: Severity::High,
        title: "there is no such machine size",
        why: "The apply fails, and after an hour when the cluster is new.",
        fix: "Write the size as Azure does, such as Standard_D4s_v5.",
        bad: sized_cluster!("D4s_v5"),
        good: cluster!(),
        references: &["https://learn.microsoft.com/azure/aks/aks-virtual-machine-sizes"],
        peers: &["TFLint azurerm_kubernetes_cluster_default_node_pool_invalid_vm_size"],
        ..Meta::ROW
    },
    check: unheard,
};

/// The known size of a pool; otherwise what follows is recorded.
fn size_of<'a>(pool: &Pool<'a>, out: &mut Outcomes<'_>) -> Option<(&'a Value, String)> {
    let Some(size) = pool.document.get("properties.vmSize") else {
        out.skip(pool.document, "no size is set, so AKS chooses one");
        return None;
    };
    if let Some(unknown) = size.as_unknown() {
        out.unknown(pool.document, unknown.reason.to_string());
        return None;
    }
    Some((size, shown(size)))
}

fn managed_disk(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let kind = pool.document.get("properties.osDiskType");
        let ephemeral = Truth::of(kind, false, |v| is_word(v, "Ephemeral"));
        if ephemeral == Truth::Yes {
            out.pass(pool.document);
            continue;
        }
        let Some((at, name)) = size_of(&pool, out) else { continue };
        let Some(size) = sku::vm_size(&name) else {
            out.unknown(pool.document, format!("the size {name} is not in the table"));
            continue;
        };
        if size.ephemeral_os == Some(false) || size.ephemeral_os.is_none() && size.local_disk == Some(false) {
            out.skip(pool.document, format!("{name} has no local disk"));
            continue;
        }
        let rooms = [size.cached_disk_gib, size.temp_disk_gib, size.nvme_disk_gib];
        let Some(room) = rooms.into_iter().flatten().reduce(f64::max) else {
            out.unknown(pool.document, format!("the local disks of {name} are not in the table"));
            continue;
        };
        let written = pool.document.get("properties.osDiskSizeGB");
        if let Some(unknown) = written.and_then(Value::as_unknown) {
            out.unknown(pool.document, unknown.reason.to_string());
            continue;
        }
        let set = written.and_then(Value::as_i64).filter(|gib| *gib > 0);
        let Some(needed) = set.or_else(|| size.vcpus.map(sku::default_os_disk_gib)) else { continue };
        if room < needed as f64 {
            out.skip(
                pool.document,
                format!("the local disks of {name} have {room} GiB, {needed} are needed"),
            );
        } else {
            let text =
                format!("remote OS disks of {needed} GiB, although {name} has {room} GiB of local disk");
            out.judge(pool.document, kind.filter(|k| k.origin.at.is_some()).or(Some(at)), ephemeral, text);
        }
    }
}

fn too_small(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        if !pool.is_system() {
            out.skip(pool.document, "not a system pool");
            continue;
        }
        let Some((at, name)) = size_of(&pool, out) else { continue };
        let Some((vcpus, memory)) = sku::vm_size(&name).and_then(|s| Some((s.vcpus?, s.memory_gib?))) else {
            out.unknown(pool.document, format!("the size {name} is not in the table"));
            continue;
        };
        if vcpus >= LEAST_VCPUS && memory >= LEAST_MEMORY {
            out.pass(pool.document);
        } else {
            let text = format!(
                "{name} has {vcpus} vCPUs and {memory} GiB; a system pool needs {LEAST_VCPUS} vCPUs and \
                 {LEAST_MEMORY} GiB"
            );
            out.fail(pool.document, Some(at), text);
        }
    }
}

fn retiring(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for pool in graph.all_pools() {
        let Some((at, name)) = size_of(&pool, out) else { continue };
        let outcome = match retirement(&name) {
            Some((day, series)) if day < graph.today => {
                let text = format!("{name}: the {series} series is retired since {day}");
                out.fail(pool.document, Some(at), text).severity(Severity::High)
            }
            Some((day, series)) if day - graph.today <= SOON => {
                out.fail(pool.document, Some(at), format!("{name}: the {series} series retires on {day}"))
            }
            _ => out.pass(pool.document),
        };
        outcome.note(RETIRED_SIZES.dated());
    }
}

/// A size that retires, and its series.
struct Retirement {
    /// An expression for its name.
    pattern: &'static str,
    expression: OnceLock<Option<Regex>>,
    last: Date,
    series: String,
}

static RETIREMENTS: LazyLock<Vec<Retirement>> = LazyLock::new(|| {
    let read = |row: Vec<&'static str>| {
        let (pattern, last) = (row.first()?, last_day(row.get(1)?)?);
        Some(Retirement { pattern, expression: OnceLock::new(), last, series: row.get(2..)?.join(" ") })
    };
    RETIRED_SIZES.rows().filter_map(read).collect()
});

impl Retirement {
    fn is_of(&self, name: &str) -> bool {
        // Only expressions that begin like the name are worth compiling.
        let plain = self.pattern.trim_start_matches('^');
        let signs = plain.find(['\\', '(', '[', '?', '*', '{', '.', '$']).unwrap_or(plain.len());
        // The last letter before a sign may be optional.
        let head = &plain[..signs.saturating_sub(1)];
        name.get(..head.len()).is_some_and(|n| n.eq_ignore_ascii_case(head))
            && self.expression().is_some_and(|e| e.is_match(name))
    }

    fn expression(&self) -> Option<&Regex> {
        let compile = || RegexBuilder::new(self.pattern).case_insensitive(true).unicode(false).build().ok();
        self.expression.get_or_init(compile).as_ref()
    }
}

/// The last day of a size, and its series.
fn retirement(name: &str) -> Option<(Date, &'static str)> {
    let found = RETIREMENTS.iter().find(|r| r.is_of(name))?;
    Some((found.last, &found.series))
}

fn unheard(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let fresh = date(sku::SIZES_AS_OF).is_some_and(|d| graph.today - d <= FRESH);
    for pool in graph.all_pools() {
        let Some((at, name)) = size_of(&pool, out) else { continue };
        let spelt =
            name.strip_prefix("Standard_").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_uppercase()));
        let heard = !fresh || sku::vm_size(&name).is_some() || retirement(&name).is_some();
        let outcome = match (spelt, heard) {
            (false, _) => out.fail(pool.document, Some(at), format!("{name} is no machine size")),
            (true, false) => out.fail(pool.document, Some(at), format!("Azure has no machine size {name}")),
            (true, true) => out.pass(pool.document),
        };
        if fresh {
            outcome.note(format!("machine sizes as of {}", sku::SIZES_AS_OF));
        } else {
            outcome.note(format!(
                "the list of machine sizes is of {}: too old, so only the form is judged",
                sku::SIZES_AS_OF
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_retires_with_its_series() {
        let of = |name: &str| retirement(name).map(|(_, series)| series).unwrap_or_default();
        for (name, series) in [
            ("Standard_DS2_v2", "Dsv2"),
            ("standard_d2_V2", "Dv2"),
            ("Standard_DS11-1_v2", "Dsv2"),
            ("Standard_B4ms", "B (v1)"),
            ("Standard_M192idms_v2", "M192 (v2)"),
            ("Standard_M192is_v2", "M192 (v2)"),
            ("Standard_NC24rs_v3", "NCv3"),
            ("Standard_D4s_v3", ""),
            ("Standard_B4s_v2", ""),
            ("Standard_D2as_v5", ""),
            ("Standard_F8as_v6", ""),
        ] {
            assert_eq!(of(name), series, "{name}");
        }
    }

    #[test]
    fn every_row_is_an_expression() {
        assert_eq!(RETIREMENTS.len(), RETIRED_SIZES.rows().count());
        assert!(RETIREMENTS.iter().all(|r| r.expression().is_some()));
    }
}
