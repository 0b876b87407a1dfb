//! How many nodes an upgrade adds to a pool (facts 0 and 2.10).

use std::fmt;
use std::str::FromStr;

/// A number of nodes, or a share of the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many nodes.
    Nodes(u32),
    /// Per cent of the pool.
    Percent(u32),
}

impl Amount {
    /// True for `0` and `0%`.
    pub fn is_zero(self) -> bool {
        matches!(self, Amount::Nodes(0) | Amount::Percent(0))
    }

    /// The amount of a pool of `nodes`, rounded up, at most the whole pool. Integer arithmetic:
    /// in binary floating point 14 % of 50 rounds up to 8.
    pub fn of(self, nodes: u64) -> u64 {
        match self {
            Amount::Nodes(k) => u64::from(k).min(nodes),
            Amount::Percent(p) => {
                let share = (u128::from(nodes) * u128::from(p)).div_ceil(100);
                u64::try_from(share).unwrap_or(u64::MAX).min(nodes)
            }
        }
    }
}

impl FromStr for Amount {
    type Err = String;

    fn from_str(text: &str) -> Result<Amount, String> {
        let (digits, percent) = match text.strip_suffix('%') {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let wrong = || {
            format!("`{text}` is neither a number of nodes such as \"2\" nor a percentage such as \"33%\"")
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(wrong());
        }
        let number = digits.parse().map_err(|_| wrong())?;
        Ok(if percent { Amount::Percent(number) } else { Amount::Nodes(number) })
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Nodes(k) => write!(f, "{k}"),
            Amount::Percent(p) => write!(f, "{p}%"),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Amount;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of nodes such as \"2\" or a percentage such as \"33%\"")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Amount, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Amount, E> {
                u32::try_from(number).map(Amount::Nodes).map_err(|_| E::custom("too many nodes"))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Amount, E> {
                u64::try_from(number)
                    .map_err(|_| E::custom(format!("{number} nodes: the number must not be negative")))
                    .and_then(|n| self.visit_u64(n))
            }
        }
        d.deserialize_any(Visitor)
    }
}

/// How a pool upgrades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub enum UpgradeStrategy {
    /// Node by node, with surge nodes.
    #[default]
    #[serde(alias = "rolling", alias = "RollingUpdate")]
    Rolling,
    /// A second pool of the same size (preview).
    #[serde(alias = "blueGreen", alias = "bluegreen", alias = "blue_green")]
    BlueGreen,
}

/// Upgrade settings of a pool; nothing set means the service's default of 10 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub struct Upgrade {
    /// Nodes added during an upgrade.
    pub max_surge: Option<Amount>,
    /// Nodes that may be down instead.
    pub max_unavailable: Option<Amount>,
    /// Rolling or blue-green.
    #[serde(default)]
    pub strategy: UpgradeStrategy,
}

/// The surge of a pool for which nothing is set: 10 % on all clusters from Kubernetes 1.32 (AKS
/// release notes 2025-03-16; some pages still say one node, which is the same up to ten nodes).
pub const DEFAULT_SURGE: Amount = Amount::Percent(10);

/// Nodes that an upgrade adds to a pool of `nodes`; the first line that applies decides.
pub fn surge(nodes: u64, upgrade: &Upgrade, spot: bool) -> u64 {
    let max_surge = upgrade.max_surge;
    if nodes == 0 || spot {
        0
    } else if upgrade.strategy == UpgradeStrategy::BlueGreen {
        nodes
    } else if upgrade.max_unavailable.is_some() && max_surge.is_none_or(Amount::is_zero) {
        0
    } else {
        max_surge.unwrap_or(DEFAULT_SURGE).of(nodes)
    }
}

/// The largest number of nodes of a pool that `room` nodes hold together with its surge nodes.
pub fn largest_with_surge(room: u64, upgrade: &Upgrade, spot: bool) -> u64 {
    // nodes + surge(nodes) grows with nodes: halve the interval.
    let (mut low, mut high) = (0, room);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if middle.saturating_add(surge(middle, upgrade, spot)) <= room {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn with(max_surge: &str) -> Upgrade {
        Upgrade { max_surge: Some(max_surge.parse().unwrap()), ..Upgrade::default() }
    }

    #[test]
    fn surge_follows_the_first_rule_that_applies() {
        let unavailable = Upgrade { max_unavailable: Some(Amount::Nodes(1)), ..Upgrade::default() };
        let both = Upgrade { max_unavailable: Some(Amount::Nodes(1)), ..with("2") };
        let zero_and_unavailable = Upgrade { max_unavailable: Some(Amount::Nodes(1)), ..with("0%") };
        let green = Upgrade { strategy: UpgradeStrategy::BlueGreen, ..with("1") };
        let cases: &[(u64, Upgrade, bool, u64)] = &[
            (3, with("33%"), false, 1),
            (50, with("14%"), false, 7),
            (0, with("50%"), false, 0),
            (5, with("7"), false, 5),
            (5, with("200%"), false, 5),
            (5, with("0"), false, 0),
            (10, Upgrade::default(), false, 1),
            (11, Upgrade::default(), false, 2),
            (12, with("33%"), true, 0),
            (12, unavailable, false, 0),
            (12, both, false, 2),
            (12, zero_and_unavailable, false, 0),
            (12, green, false, 12),
        ];
        for (nodes, upgrade, spot, expected) in cases {
            assert_eq!(surge(*nodes, upgrade, *spot), *expected, "{nodes} {upgrade:?} {spot}");
        }
    }

    #[test]
    fn surge_leaves_room_for_itself() {
        for (room, spec, nodes) in
            [(8, "1", 7), (8, "50%", 5), (8, "100%", 4), (0, "1", 0), (1, "1", 0), (8, "0", 8)]
        {
            assert_eq!(largest_with_surge(room, &with(spec), false), nodes, "{room} {spec}");
        }
        assert_eq!(largest_with_surge(8, &with("1"), true), 8);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for bad in ["", "abc", "-1", "1.5", "33 %", "%", "1%%", "99999999999", "+1"] {
            assert!(bad.parse::<Amount>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_percentage_is_the_exact_rational_ceiling(nodes in 1u64..100_000, percent in 0u32..=100) {
            let got = Amount::Percent(percent).of(nodes);
            // got is the least whole number with 100 * got >= nodes * percent.
            prop_assert!(100 * got >= nodes * u64::from(percent));
            prop_assert!(got == 0 || 100 * (got - 1) < nodes * u64::from(percent));
        }

        #[test]
        fn more_nodes_never_surge_less(nodes in 0u64..2_000, percent in 0u32..=100, more in 0u64..50) {
            let upgrade = Upgrade { max_surge: Some(Amount::Percent(percent)), ..Upgrade::default() };
            prop_assert!(surge(nodes, &upgrade, false) <= surge(nodes + more, &upgrade, false));
            prop_assert!(surge(nodes, &upgrade, false) <= nodes);
        }
    }
}
