//! The common model: ARM-shaped documents from Terraform, from a snapshot, or from Azure itself.

pub mod catalogue;
pub mod estate;
pub mod id;
pub mod json;
pub mod roles;
pub mod types;
