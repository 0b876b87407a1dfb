//! Rules about the public edge: public addresses, load balancers, NAT gateways, Bastion.

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], rows: &[] };
