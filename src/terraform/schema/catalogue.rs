//! The schemas that trueup carries: one embedded file per provider and major version.
//!
//! `cargo run --example build-schemas` writes the files. A file is opened when its first type is
//! asked for, so that a run pays only for what it uses.

use std::sync::{Arc, OnceLock};

use super::Block;
use super::encoding::{Packed, Table};
use crate::terraform::address::Mode;

/// One embedded file.
struct Entry {
    /// The last part of the provider's source address: `azurerm` of `hashicorp/azurerm`.
    provider: &'static str,
    /// The major version, or 0 where one file serves all versions.
    major: u32,
    data: &'static [u8],
    opened: OnceLock<Option<Packed>>,
}

macro_rules! entries {
    ($(($provider:literal, $major:literal, $file:literal),)*) => {
        [$(Entry {
            provider: $provider,
            major: $major,
            data: include_bytes!(concat!("data/", $file, ".bin")),
            opened: OnceLock::new(),
        },)*]
    };
}

/// Where a provider has several files, the first is the one taken when no version is known:
/// the major that most configurations in use name.
static ENTRIES: [Entry; 25] = entries![
    ("azurerm", 4, "azurerm-4"),
    ("azurerm", 5, "azurerm-5"),
    ("azurerm", 3, "azurerm-3"),
    ("azurerm", 2, "azurerm-2"),
    ("azapi", 2, "azapi-2"),
    ("azapi", 1, "azapi-1"),
    ("azuread", 3, "azuread-3"),
    ("azuread", 2, "azuread-2"),
    ("helm", 2, "helm-2"),
    ("helm", 3, "helm-3"),
    ("kubernetes", 0, "kubernetes"),
    ("random", 0, "random"),
    ("null", 0, "null"),
    ("time", 0, "time"),
    ("tls", 0, "tls"),
    ("local", 0, "local"),
    ("modtm", 0, "modtm"),
    ("template", 0, "template"),
    ("http", 0, "http"),
    ("external", 0, "external"),
    ("archive", 0, "archive"),
    ("cloudinit", 0, "cloudinit"),
    ("azurecaf", 0, "azurecaf"),
    ("kubectl", 0, "kubectl"),
    ("terraform", 0, "terraform"),
];

/// The file for a provider: of this major; else of the nearest older one, else of the oldest.
fn entry(provider: &str, major: Option<u32>) -> Option<&'static Entry> {
    let name = provider.rsplit('/').next().unwrap_or(provider);
    let mut all = ENTRIES.iter().filter(|e| e.provider == name);
    let Some(major) = major else { return all.next() };
    let older = all.clone().filter(|e| e.major <= major).max_by_key(|e| e.major);
    older.or_else(|| all.min_by_key(|e| e.major))
}

/// The major that is taken for a provider when no version is known, where there are several.
pub fn usual_major(provider: &str) -> Option<u32> {
    entry(provider, None).map(|e| e.major).filter(|major| *major > 0)
}

/// True when trueup has schemas of this very major of a provider.
pub fn has_major(provider: &str, major: u32) -> bool {
    let name = provider.rsplit('/').next().unwrap_or(provider);
    ENTRIES.iter().any(|e| e.provider == name && e.major == major)
}

fn open(provider: &str, major: Option<u32>) -> Option<&'static Packed> {
    let entry = entry(provider, major)?;
    entry.opened.get_or_init(|| Packed::open(entry.data)).as_ref()
}

/// The schema of a resource type. `provider` is a source address (`hashicorp/azurerm`) or just its
/// last part; `major` the major version in use, if known. Nothing for a provider or type that
/// trueup has no schema of.
pub fn resource(provider: &str, major: Option<u32>, type_name: &str) -> Option<Arc<Block>> {
    open(provider, major)?.block(Table::Resources, type_name)
}

/// The schema of a data source; see [`resource`].
pub fn data_source(provider: &str, major: Option<u32>, type_name: &str) -> Option<Arc<Block>> {
    open(provider, major)?.block(Table::DataSources, type_name)
}

/// The schema of an ephemeral resource; see [`resource`].
pub fn ephemeral(provider: &str, major: Option<u32>, type_name: &str) -> Option<Arc<Block>> {
    open(provider, major)?.block(Table::Ephemeral, type_name)
}

/// The schema of the provider's own configuration block, where it is known.
pub fn provider_config(provider: &str, major: Option<u32>) -> Option<Arc<Block>> {
    open(provider, major)?.block(Table::Provider, "")
}

/// The names of all types of a mode that a provider has, sorted; nothing for a provider that trueup
/// has no schema of.
pub fn types(provider: &str, major: Option<u32>, mode: Mode) -> Option<Vec<&'static str>> {
    let table = match mode {
        Mode::Managed => Table::Resources,
        Mode::Data => Table::DataSources,
        Mode::Ephemeral => Table::Ephemeral,
    };
    Some(open(provider, major)?.names(table).collect())
}

#[cfg(test)]
mod tests {
    use super::super::encoding::TABLES;
    use super::*;

    /// How many blocks and arguments a block has, all told.
    fn count(block: &Block) -> (usize, usize) {
        let nested = block.attributes.iter().filter_map(|a| a.nested.as_ref()).map(|n| &n.block);
        let inner = block.blocks.iter().map(|b| &b.block).chain(nested).map(|b| count(b));
        inner.fold((1, block.attributes.len()), |sum, n| (sum.0 + n.0, sum.1 + n.1))
    }

    /// Every type of every provider decodes, sorted, and nothing got lost: the figures are those
    /// that `build-schemas` counted in its sources.
    #[test]
    fn every_type_of_every_provider_decodes() {
        let recorded = include_str!("data/counts.txt");
        let mut counts = String::new();
        let mut entries: Vec<_> = ENTRIES.iter().collect();
        entries.sort_by_key(|e| (e.provider, e.major));
        for entry in entries {
            let packed = Packed::open(entry.data).unwrap();
            let mut types = [0; 4];
            let (mut blocks, mut attributes) = (0, 0);
            for (table, types) in TABLES.into_iter().zip(&mut types) {
                for name in packed.names(table) {
                    let block = packed.block(table, name).unwrap();
                    assert!(block.attributes.is_sorted_by(|a, b| a.name < b.name), "{name}");
                    assert!(block.blocks.is_sorted_by(|a, b| a.name < b.name), "{name}");
                    let (b, a) = count(&block);
                    *types += 1;
                    blocks += b;
                    attributes += a;
                }
            }
            let file = match entry.major {
                0 => entry.provider.to_owned(),
                major => format!("{}-{major}", entry.provider),
            };
            let [resources, data, ephemeral, provider] = types;
            counts += &format!("{file} {resources} {data} {ephemeral} {provider} {blocks} {attributes}\n");
        }
        assert_eq!(counts, recorded);
    }

    #[test]
    fn a_provider_is_found_by_address_and_nearest_major() {
        let major = |provider, major| entry(provider, major).map(|e| e.major);
        assert_eq!(major("hashicorp/azurerm", None), Some(4));
        assert_eq!(major("registry.terraform.io/hashicorp/azurerm", Some(3)), Some(3));
        assert_eq!(major("azurerm", Some(9)), Some(5));
        assert_eq!(major("azurerm", Some(1)), Some(2));
        assert_eq!(major("hashicorp/random", Some(3)), Some(0));
        assert_eq!(major("hashicorp/aws", None), None);
        assert!(types("hashicorp/aws", None, Mode::Managed).is_none());
        assert!(types("azurerm", None, Mode::Managed).unwrap().contains(&"azurerm_subnet"));
    }

    #[test]
    fn majors_differ_where_the_provider_changed() {
        let cluster = |major| resource("azurerm", Some(major), "azurerm_kubernetes_cluster").unwrap();
        let pool = |major| cluster(major).nested("default_node_pool").unwrap().block.clone();
        assert!(pool(3).attribute("enable_auto_scaling").is_some());
        assert!(pool(4).attribute("enable_auto_scaling").is_none());
        assert!(pool(4).attribute("auto_scaling_enabled").is_some());
        let identity = cluster(4);
        let identity = identity.nested("kubelet_identity").unwrap();
        assert!(identity.computed, "computed as a whole when it is left out");
        assert_eq!((identity.min, identity.max), (0, 1));
        assert!(cluster(4).attribute("kube_config_raw").unwrap().sensitive);
        for major in 2..=5 {
            let group = resource("azurerm", Some(major), "azurerm_network_security_group").unwrap();
            let rules = group.attribute("security_rule").unwrap().ty.to_string();
            assert!(rules.contains("description: string"), "{major}: {rules}");
        }
    }
}
