//! What a team sets for rules: lists, patterns and bounds, in `[rules]` of trueup.toml.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::graph::addresses::{Ranges, ports};
use super::tables::NAMING;

/// Bounds, lists and patterns of rules.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Parameters {
    /// Public ranges that together hold more IPv4 addresses than a prefix of this length are broad; of IPv6
    /// a prefix shorter than twice this. 16 unless set.
    pub broad_public_prefix: Option<u32>,
    /// Ports of services that nobody offers to the Internet on purpose, as `5432` or `7000-7001`, in place of
    /// the usual ones.
    pub sensitive_ports: Option<Vec<String>>,
    /// Tags that every resource must have.
    pub required_tags: Vec<String>,
    /// Regions in which resources may stand; all when empty.
    pub allowed_regions: Vec<String>,
    /// What names look like.
    pub naming: Naming,
}

/// `[rules.naming]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
pub struct Naming {
    /// `caf`: names begin with the abbreviations of the Cloud Adoption Framework.
    pub preset: Option<String>,
    /// Regular expressions by resource type, such as `azurerm_kubernetes_cluster`; they win over the preset.
    #[serde(flatten)]
    pub patterns: BTreeMap<String, String>,
}

/// How wide a public range may be.
#[derive(Clone, Copy, Debug)]
pub struct Broad {
    /// The most IPv4 addresses.
    pub v4: u128,
    /// The shortest IPv6 prefix.
    pub v6: u32,
}

/// The length of an IPv4 prefix that is not broad yet.
const PREFIX: u32 = 16;
/// The preset of the Cloud Adoption Framework.
const CAF: &str = "caf";

impl Parameters {
    /// Nothing set.
    pub const NONE: Parameters = Parameters {
        broad_public_prefix: None,
        sensitive_ports: None,
        required_tags: Vec::new(),
        allowed_regions: Vec::new(),
        naming: Naming { preset: None, patterns: BTreeMap::new() },
    };

    /// What is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        if let Some(prefix) = self.broad_public_prefix.filter(|p| !(1..=32).contains(p)) {
            return Err(format!("[rules] broad_public_prefix = {prefix} is no length of a prefix, 1 to 32"));
        }
        for text in self.sensitive_ports.iter().flatten() {
            if ports(text).is_empty() || text.trim() == "*" {
                return Err(format!(
                    "[rules] sensitive_ports: \"{text}\" is no port, such as 5432 or 7000-7001"
                ));
            }
        }
        if let Some(preset) = self.naming.preset.as_deref().filter(|p| *p != CAF) {
            return Err(format!("[rules.naming] preset: there is no \"{preset}\"; there is {CAF}"));
        }
        for (name, pattern) in &self.naming.patterns {
            if let Err(error) = Regex::new(pattern) {
                let text = error.to_string();
                return Err(format!("[rules.naming] {name}: {}", text.lines().last().unwrap_or(&text)));
            }
        }
        Ok(())
    }

    /// How wide a public range may be.
    pub fn broad(&self) -> Broad {
        let prefix = self.broad_public_prefix.unwrap_or(PREFIX);
        Broad { v4: 1 << (32 - prefix.min(32)), v6: 2 * prefix }
    }

    /// The ports of data services, unless the usual ones are meant.
    pub fn sensitive(&self) -> Option<Ranges> {
        let listed = self.sensitive_ports.as_ref()?;
        Some(Ranges::union_of(listed.iter().flat_map(|text| ports(text).iter().collect::<Vec<_>>())))
    }

    /// True when resources may stand in a region, spelled as ids spell it; `None` when all are allowed.
    pub fn allows_region(&self, region: &str) -> Option<bool> {
        let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
        (!self.allowed_regions.is_empty()).then(|| self.allowed_regions.iter().any(|r| plain(r) == region))
    }
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters::NONE
    }
}

impl Default for Naming {
    fn default() -> Naming {
        Parameters::NONE.naming
    }
}

impl Naming {
    /// The expression that names of a type must match.
    pub fn pattern(&self, type_name: &str) -> Option<String> {
        if let Some(own) = self.patterns.get(type_name) {
            return Some(own.clone());
        }
        self.preset.as_ref()?;
        let row = NAMING.row(type_name)?;
        row.get(1).map(|prefix| format!("^{prefix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_parameters_is_said() {
        let wrong = |text: &str| toml::from_str::<Parameters>(text).unwrap().check().unwrap_err();
        assert!(wrong("broad_public_prefix = 40").contains("1 to 32"));
        assert!(wrong("sensitive_ports = [\"x\"]").contains("is no port"));
        assert!(wrong("[naming]\npreset = \"own\"").contains("there is caf"));
        assert!(wrong("[naming]\nazurerm_subnet = \"(\"").contains("azurerm_subnet"));
        let fine = "broad_public_prefix = 20\nsensitive_ports = [\"5432\", \"7000-7001\"]\n[naming]\npreset = \"caf\"\n";
        let fine: Parameters = toml::from_str(fine).unwrap();
        assert_eq!(fine.check(), Ok(()));
        assert_eq!((fine.broad().v4, fine.broad().v6), (4096, 40));
        assert_eq!(fine.sensitive().map(|p| p.count()), Some(3));
        assert_eq!(fine.naming.pattern("azurerm_key_vault").as_deref(), Some("^kv-"));
        let subnets = fine.naming.pattern("azurerm_subnet").unwrap_or_default();
        let subnets = regex::Regex::new(&subnets).unwrap();
        let names = ["snet-a", "GatewaySubnet", "AzureBastionSubnet", "a", "GatewaySubnetOfMine"];
        assert_eq!(names.map(|name| subnets.is_match(name)), [true, true, true, false, false]);
        assert_eq!(Parameters::NONE.naming.pattern("azurerm_subnet"), None);
    }
}
