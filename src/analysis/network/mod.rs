//! Addresses and outbound ports: what a network has, what its tenants need at each stage, and what
//! runs out first.
//!
//! Pure arithmetic on exact integers: [`prefix`] and [`set`] know ranges, [`model`] what one node
//! takes, [`stage`] and [`surge`] how many nodes there are, [`demand`] what stands in a subnet,
//! [`cidr`], [`aro`], [`snat`] and [`limits`] the rest of the rules. [`sizing`] answers questions
//! from a short file, [`estate`] reads them from a configuration or a subscription.

pub mod allocate;
pub mod aro;
pub mod cidr;
pub mod code;
mod delta;
pub mod demand;
pub mod design;
pub mod estate;
pub mod forecast;
pub mod limits;
pub mod map;
pub mod model;
pub mod prefix;
pub mod ranges;
pub mod set;
pub mod sizing;
pub mod snat;
pub mod stage;
pub mod surge;

pub use code::names as code_names;
pub use delta::{SubnetChange, SubnetFigures, delta};
pub use estate::{NetworkReport, Options, analyse};
