//! The short form of a question: a workload, and the ground it is to stand on.

use std::str::FromStr;

use super::Mode;
use crate::analysis::network::code::Code;
use crate::analysis::network::limits;
use crate::analysis::network::prefix::{LONGEST_SUBNET, Prefix};
use crate::analysis::network::ranges;
use crate::analysis::network::sizing::SizingError;
use crate::analysis::network::sizing::plan::PrivateCluster;
use crate::analysis::network::surge::Upgrade;

/// What is to run, and where.
#[derive(Clone, Debug)]
pub struct Brief {
    /// Node pools of the cluster; the first is its system pool.
    pub pools: Vec<PoolBrief>,
    /// The model to place; the recommended one when not given.
    pub mode: Option<Mode>,
    /// How a private API server is reached.
    pub private: Option<PrivateCluster>,
    /// Frontends of internal load balancers, in the node subnet.
    pub load_balancers: u32,
    /// Private endpoints, in a subnet of their own; one address each.
    pub private_endpoints: u32,
    /// Further subnets.
    pub others: Vec<Other>,
    /// Where it is to stand.
    pub ground: Ground,
}

impl Brief {
    /// What no cluster can be: nodes below 1, pods outside of the limits are findings of the models.
    pub fn check(&self) -> Result<(), SizingError> {
        self.ground.check()?;
        if self.pools.first().is_none_or(|p| p.nodes.max == 0) {
            return Err(SizingError::new("nodes", "a cluster needs at least one node"));
        }
        let mut pools = std::collections::HashSet::new();
        if let Some(twin) = self.pools.iter().find(|p| !pools.insert(&p.name)) {
            return Err(SizingError::new("pool", format!("a second pool named `{}`", twin.name)));
        }
        let mut names = std::collections::HashSet::from(["nodes", "pods", "api-server", "private-endpoints"]);
        for other in &self.others {
            if !names.insert(&other.name) {
                return Err(SizingError::new("subnet", format!("a second subnet named `{}`", other.name)));
            }
        }
        Ok(())
    }
}

/// A node pool in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolBrief {
    /// Its name.
    pub name: String,
    /// Its nodes.
    pub nodes: NodeRange,
    /// Most pods of a node; each model's default when not given.
    pub max_pods: Option<u32>,
    /// Surge settings.
    pub upgrade: Upgrade,
    /// Of spot machines, which never surge.
    pub spot: bool,
}

impl FromStr for PoolBrief {
    type Err = String;

    fn from_str(text: &str) -> Result<PoolBrief, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no pool, such as name=user,nodes=3..50,max-pods=110,surge=33% or name=batch,nodes=0..20,spot"
            )
        };
        let (mut name, mut nodes) = (None, None);
        let mut pool = PoolBrief {
            name: String::new(),
            nodes: NodeRange { min: 0, max: 0 },
            max_pods: None,
            upgrade: Upgrade::default(),
            spot: false,
        };
        for part in text.split(',') {
            match part.split_once('=') {
                Some(("name", value)) => name = Some(value.to_owned()),
                Some(("nodes", value)) => nodes = Some(value.parse()?),
                Some(("max-pods", value)) => pool.max_pods = Some(value.parse().map_err(|_| wrong())?),
                Some(("surge", value)) => pool.upgrade.max_surge = Some(value.parse()?),
                None if part == "spot" => pool.spot = true,
                _ => return Err(wrong()),
            }
        }
        let good = |n: &String| {
            let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            (1..=12).contains(&n.len())
                && n.bytes().all(lower)
                && n.starts_with(|c: char| c.is_ascii_lowercase())
        };
        pool.name = name.filter(good).ok_or_else(|| {
            format!("{}: AKS takes 1 to 12 lower-case letters and digits as a pool's name", wrong())
        })?;
        pool.nodes = nodes.ok_or_else(wrong)?;
        Ok(pool)
    }
}

/// The ground on which subnets are placed.
#[derive(Clone, Debug, Default)]
pub struct Ground {
    /// The address space; a network is proposed when there is none.
    pub spaces: Vec<Prefix>,
    /// The IPv6 address space of a dual-stack network.
    pub spaces_v6: Vec<Prefix>,
    /// What may not be used.
    pub taken: Vec<Taken>,
    /// How much larger everything may get.
    pub growth: Growth,
    /// Bits of room to keep free behind each subnet, where there is some.
    pub room: u8,
}

impl Ground {
    /// What no address space can be.
    pub fn check(&self) -> Result<(), SizingError> {
        for space in &self.spaces_v6 {
            if space.length() > 64 {
                let message = format!("{space} is too small: a subnet is a /64 in IPv6");
                return Err(SizingError::new("space", message));
            }
            if ranges::multicast_v6().overlaps(space) {
                let message = format!("{space} is multicast, which no network may use");
                return Err(SizingError::new("space", message).coded(Code::VnetForbiddenRange));
            }
        }
        for space in &self.spaces {
            if !space.is_v4() {
                let message = format!("{space} is not an IPv4 prefix; subnets are placed in IPv4");
                return Err(SizingError::new("space", message));
            }
            if let Some(range) = ranges::vnet_forbidden().into_iter().find(|r| r.overlaps(space)) {
                let message = format!("{space} overlaps {range}, which no network may use");
                return Err(SizingError::new("space", message).coded(Code::VnetForbiddenRange));
            }
        }
        Ok(())
    }
}

/// A range that may not be used, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Taken {
    /// The range.
    pub prefix: Prefix,
    /// Whose it is.
    pub by: String,
}

/// Node counts: `3..50` or `5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeRange {
    /// The least, and the steady count.
    pub min: u32,
    /// The most.
    pub max: u32,
}

impl FromStr for NodeRange {
    type Err = String;

    fn from_str(text: &str) -> Result<NodeRange, String> {
        let number = |part: &str| {
            let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            part.parse().ok().filter(|_| digits)
        };
        let wrong = || format!("\"{text}\" is no number of nodes, such as 5 or 3..50");
        let (min, max) = text.split_once("..").unwrap_or((text, text));
        let (min, max) = number(min).zip(number(max)).ok_or_else(wrong)?;
        if min > max {
            return Err(format!("{min} nodes at least are more than {max} at most"));
        }
        Ok(NodeRange { min, max })
    }
}

/// A growth factor in thousandths: `1.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth(u32);

impl Default for Growth {
    fn default() -> Growth {
        Growth(1_000)
    }
}

impl Growth {
    /// A number of addresses with this much growth, rounded up.
    pub fn of(self, addresses: u64) -> u64 {
        let grown = (u128::from(addresses) * u128::from(self.0)).div_ceil(1_000);
        u64::try_from(grown).unwrap_or(u64::MAX)
    }
}

impl FromStr for Growth {
    type Err = String;

    fn from_str(text: &str) -> Result<Growth, String> {
        let wrong = || format!("\"{text}\" is no growth factor from 1 to 100, such as 1.5");
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return Err(wrong());
        }
        let whole: u32 = whole.parse().map_err(|_| wrong())?;
        let part: u32 = format!("{part:0<3}").parse().map_err(|_| wrong())?;
        let thousandths = whole.checked_mul(1_000).and_then(|w| w.checked_add(part));
        thousandths.filter(|t| (1_000..=100_000).contains(t)).map(Growth).ok_or_else(wrong)
    }
}

impl std::fmt::Display for Growth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1_000, self.0 % 1_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl schemars::JsonSchema for Growth {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Growth".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

impl serde::Serialize for Growth {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A further subnet: so many addresses, or a prefix length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// Addresses that things in it take; they grow.
    pub addresses: u32,
    /// Its prefix length, when it is given rather than reckoned.
    pub length: Option<u8>,
}

/// Subnets that Azure knows by name, with the prefix length that is advised (facts 2.8).
const KNOWN: [(&str, u8); 5] = [
    ("AzureFirewallSubnet", 26),
    ("AzureFirewallManagementSubnet", 26),
    ("AzureBastionSubnet", 26),
    ("GatewaySubnet", 27),
    ("RouteServerSubnet", 26),
];

/// True for a subnet that Azure knows by name.
pub(super) fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|(known, _)| *known == name)
}

impl FromStr for Other {
    type Err = String;

    fn from_str(text: &str) -> Result<Other, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no subnet: expected NAME=ADDRESSES or NAME=/LENGTH, such as jump=3 or apps=/24"
            )
        };
        let name_of = |name: &str| {
            let good = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            if name.is_empty() || name.len() > 80 || !good { Err(wrong()) } else { Ok(name.to_owned()) }
        };
        let Some((name, size)) = text.split_once('=') else {
            let known = KNOWN.iter().find(|(known, _)| *known == text).ok_or_else(wrong)?;
            return Ok(Other { name: known.0.to_owned(), addresses: 0, length: Some(known.1) });
        };
        let name = name_of(name)?;
        match size.strip_prefix('/') {
            Some(length) => {
                let length = length.parse().ok().filter(|l| (2..=LONGEST_SUBNET).contains(l));
                let length = length
                    .ok_or_else(|| format!("{text}: a subnet of Azure is a /2 to a /{LONGEST_SUBNET}"))?;
                Ok(Other { name, addresses: 0, length: Some(length) })
            }
            None => {
                let good = !size.is_empty() && size.bytes().all(|b| b.is_ascii_digit());
                let addresses = size.parse().ok().filter(|_| good).ok_or_else(wrong)?;
                Ok(Other { name, addresses, length: None })
            }
        }
    }
}

/// The longest prefix that a subnet of the API server may have.
pub(super) const API_SERVER: u8 = limits::API_SERVER_PREFIX;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_read_and_wrong_ones_refused() {
        assert_eq!("3..50".parse(), Ok(NodeRange { min: 3, max: 50 }));
        assert_eq!("5".parse(), Ok(NodeRange { min: 5, max: 5 }));
        for bad in ["", "..", "-3", "-3..5", "3..", "a..b", "3...5", "9..5", "+3", "1e3", "99999999999"] {
            assert!(bad.parse::<NodeRange>().is_err(), "{bad}");
        }
        for (text, of_10, shown) in
            [("1", 10, "1"), ("1.5", 15, "1.5"), ("1.25", 13, "1.25"), ("2.001", 21, "2.001")]
        {
            let growth: Growth = text.parse().unwrap();
            assert_eq!((growth.of(10), growth.to_string().as_str()), (of_10, shown));
        }
        for bad in ["", "0.9", "-1", "1.", ".5", "1.2345", "101", "abc", "1,5", "99999999999"] {
            assert!(bad.parse::<Growth>().is_err(), "{bad}");
        }
        let pool: PoolBrief = "name=user,nodes=3..50,max-pods=110,surge=33%".parse().unwrap();
        assert_eq!((pool.nodes.max, pool.max_pods, pool.spot), (50, Some(110), false));
        assert!("name=b,nodes=0..9,spot".parse::<PoolBrief>().unwrap().spot);
        for bad in [
            "",
            "user",
            "name=user",
            "nodes=3",
            "name=User,nodes=3",
            "name=u,nodes=-3",
            "name=u,nodes=3,max-pods=x",
            "name=u,nodes=3,surge=abc",
            "name=u,nodes=3,size=D4",
            "name=averyverylong1,nodes=3",
        ] {
            assert!(bad.parse::<PoolBrief>().is_err(), "{bad}");
        }
        assert_eq!("jump=3".parse(), Ok(Other { name: "jump".into(), addresses: 3, length: None }));
        assert_eq!("apps=/24".parse(), Ok(Other { name: "apps".into(), addresses: 0, length: Some(24) }));
        assert_eq!("AzureBastionSubnet".parse::<Other>().unwrap().length, Some(26));
        for bad in ["jump", "=3", "a b=3", "x=/30", "x=/1", "x=-3", "x=", "x=abc", "x\"=3"] {
            assert!(bad.parse::<Other>().is_err(), "{bad}");
        }
    }
}
