//! What an estimate says: `trueup cost DIR --format json`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Serialize;

use super::amount::{Range, as_text};

/// What an estate costs in a month.
///
/// Every resource of the estate is in one of three places: priced in `resources`, known to cost nothing
/// in `free`, or in `unpriced` with a reason. One that could be priced in part is in `resources` and in
/// `unpriced`.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct CostReport {
    /// ISO code.
    pub currency: String,
    /// Which prices were used.
    pub prices: PriceDate,
    /// The sum of all resources.
    pub monthly: Range,
    /// What is priced, in the order of the estate.
    pub resources: Vec<ResourceCost>,
    /// What is not, and why.
    pub unpriced: Vec<Unpriced>,
    /// Addresses of what is known to cost nothing.
    pub free: Vec<String>,
}

/// The price list in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PriceDate {
    /// The day of its newest row; components tell their own.
    pub as_of: String,
    /// What it is.
    pub source: String,
}

/// One resource with all its components.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ResourceCost {
    /// Terraform address, or the id of a live resource.
    pub address: String,
    /// The sum of its components.
    pub monthly: Range,
    /// What it is made of.
    pub components: Vec<Component>,
}

/// One line of the bill: `quantity` times `unit_price` is `monthly`, exactly.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Component {
    /// What it is: `Node pool system: Standard_D4s_v5 nodes`.
    pub name: String,
    /// What is counted: `node-hours`.
    pub unit: String,
    /// How many a month.
    pub quantity: Range,
    /// Price of one.
    #[serde(serialize_with = "as_text")]
    #[schemars(with = "String")]
    pub unit_price: Decimal,
    /// Money a month.
    pub monthly: Range,
    /// True when it depends on use and not on what is declared.
    pub usage_based: bool,
    /// What was assumed, when something was.
    pub assumption: Option<String>,
    /// Who published the price.
    pub price_source: String,
    /// The day it was read.
    pub price_as_of: String,
}

/// A resource, or a part of one, without a price.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
pub struct Unpriced {
    /// Terraform address, or the id of a live resource.
    pub address: String,
    /// Why, in words.
    pub reason: String,
}

/// The type in a Terraform address: `azurerm_public_ip` of `module.a[0].azurerm_public_ip.b["c"]`; empty for
/// the id of a live resource.
pub fn terraform_type(address: &str) -> &str {
    let name =
        |part: &&str| part.contains('_') && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut parts = address.split('.');
    while let Some(part) = parts.next() {
        match part {
            "module" => drop(parts.next()),
            part if name(&part) => return part,
            _ => {}
        }
    }
    ""
}

impl CostReport {
    /// The resource at an address.
    pub fn resource(&self, address: &str) -> Option<&ResourceCost> {
        self.resources.iter().find(|r| r.address == address)
    }

    /// What is paid whether anything is used or not.
    pub fn fixed(&self) -> Range {
        self.resources.iter().map(ResourceCost::fixed).sum()
    }

    /// The same with the addresses that resources have after they moved: `now` of an address, where it did.
    pub fn moved(mut self, now: &BTreeMap<String, String>) -> CostReport {
        let addresses = self.resources.iter_mut().map(|r| &mut r.address);
        let addresses =
            addresses.chain(self.unpriced.iter_mut().map(|u| &mut u.address)).chain(&mut self.free);
        for address in addresses {
            if let Some(new) = now.get(address) {
                address.clone_from(new);
            }
        }
        self
    }
}

impl ResourceCost {
    /// What is paid whether anything is used or not.
    pub fn fixed(&self) -> Range {
        self.components.iter().filter(|c| !c.usage_based).map(|c| c.monthly).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::terraform_type;

    #[test]
    fn types_of_addresses() {
        for (address, want) in [
            ("azurerm_public_ip.a", "azurerm_public_ip"),
            ("module.my_net[\"a.b_c\"].azurerm_subnet.b", "azurerm_subnet"),
            ("/subscriptions/x", ""),
        ] {
            assert_eq!(terraform_type(address), want, "{address}");
        }
    }
}
