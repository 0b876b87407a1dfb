//! The common model: ARM-shaped documents from Terraform, from a snapshot, or from Azure itself.

pub mod catalogue;
pub mod data;
pub mod document;
pub mod estate;
pub mod id;
pub mod joined;
pub mod json;
pub mod regions;
pub mod roles;
pub mod sku;
pub mod translate;
pub mod types;

pub use translate::{Account, translate};
