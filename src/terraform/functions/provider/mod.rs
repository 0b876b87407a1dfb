//! Functions of providers, `provider::NAME::FUNCTION`, that work on their arguments alone. They are called
//! by the name that providers usually have in a module.

mod azapi;
mod azurerm;
mod id;
mod unique;

use super::table::Function;

/// All of them.
pub(super) const FAMILIES: &[&[Function]] = &[azapi::FUNCTIONS, azurerm::FUNCTIONS];
