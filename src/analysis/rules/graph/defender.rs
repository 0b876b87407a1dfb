//! Plans of Microsoft Defender for Cloud that the estate sets.

use super::Graph;
use super::text::is_word;
use crate::analysis::rules::{Subject, Truth};
use crate::terraform::value::Value;

const PRICING: &str = "Microsoft.Security/pricings";
/// The plan that azurerm means when none is named.
const USUAL_PLAN: &str = "VirtualMachines";

/// A plan.
pub struct Plan<'a> {
    /// What sets it.
    pub subject: Subject,
    /// Its name; `None` for the usual one.
    pub name: Option<&'a Value>,
    /// `Standard` or `Free`.
    pub tier: Option<&'a Value>,
}

impl<'a> Graph<'a> {
    /// The plans, of the code and of Azure.
    pub fn plans(&self) -> Vec<Plan<'a>> {
        let set = |v: Option<&'a Value>| v.filter(|v| !v.is_null());
        let declared = self.instances("azurerm_security_center_subscription_pricing").map(|i| Plan {
            subject: i.into(),
            name: set(i.config.get("resource_type")),
            tier: set(i.config.get("tier")),
        });
        // The document of an azurerm resource lacks the default of its name.
        let alone = self.of_type(PRICING).filter(|d| d.declared.as_ref().is_none_or(|d| d.major == 0));
        let documents = alone.map(|d| Plan {
            subject: d.into(),
            name: d.get("name"),
            tier: d.get("properties.pricingTier"),
        });
        declared.chain(documents).collect()
    }
}

impl Plan<'_> {
    /// Whether it is one of these plans.
    pub fn is_one_of(&self, names: &[&str]) -> Truth {
        let usual = names.iter().any(|n| n.eq_ignore_ascii_case(USUAL_PLAN));
        Truth::of(self.name, usual, |v| names.iter().any(|n| is_word(v, n)))
    }

    /// Whether it is switched on.
    pub fn is_on(&self) -> Truth {
        Truth::is_word(self.tier, "Standard", false)
    }
}
