//! Rules about Azure Red Hat OpenShift.

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group { checks: &[], rows: &[] };
