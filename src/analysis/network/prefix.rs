//! Address prefixes of both families on one `u128` scale, and what Azure leaves of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnetwork::IpNetwork;

/// IP version. IPv4 sorts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// 32 bits.
    V4,
    /// 128 bits.
    V6,
}

impl Family {
    /// How many bits an address has.
    pub fn bits(self) -> u8 {
        match self {
            Family::V4 => 32,
            Family::V6 => 128,
        }
    }

    /// The greatest address as a number.
    pub fn max(self) -> u128 {
        match self {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }

    /// An address of this family from its number (cut to 32 bits for IPv4).
    pub fn address(self, number: u128) -> IpAddr {
        match self {
            Family::V4 => IpAddr::V4(Ipv4Addr::from(number as u32)),
            Family::V6 => IpAddr::V6(Ipv6Addr::from(number)),
        }
    }
}

/// An address as its family and number.
pub fn number_of(address: IpAddr) -> (Family, u128) {
    match address {
        IpAddr::V4(a) => (Family::V4, u128::from(u32::from(a))),
        IpAddr::V6(a) => (Family::V6, u128::from(a)),
    }
}

/// Addresses that Azure keeps back in each IPv4 prefix of a subnet: network, gateway, two for DNS,
/// and the last one (virtual network FAQ).
pub const RESERVED_PER_PREFIX: u64 = 5;

/// The longest IPv4 prefix that a subnet may have.
pub const LONGEST_SUBNET: u8 = 29;

/// A CIDR prefix without host bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    family: Family,
    first: u128,
    length: u8,
}

/// What the error of a prefix with host bits says.
pub const HOST_BITS: &str = "has host bits set";

/// Why a text is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Not `address/length` at all.
    #[error("`{0}` is not a CIDR prefix such as 10.0.0.0/24")]
    Syntax(String),
    /// Bits behind the length are set.
    #[error("`{text}` {HOST_BITS}; the prefix that contains it is {network}")]
    HostBits {
        /// As it was written.
        text: String,
        /// With the host bits cleared.
        network: Prefix,
    },
}

impl Prefix {
    /// The prefix of `length` bits that starts at `first`; host bits are cleared and the length is
    /// cut to the family's.
    pub fn new(family: Family, first: u128, length: u8) -> Prefix {
        let length = length.min(family.bits());
        Prefix { family, first: first & family.max() & !host_mask(family, length), length }
    }

    /// IP version.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Prefix length in bits.
    pub fn length(&self) -> u8 {
        self.length
    }

    /// The network address as a number.
    pub fn first(&self) -> u128 {
        self.first
    }

    /// The last address as a number.
    pub fn last(&self) -> u128 {
        self.first | host_mask(self.family, self.length)
    }

    /// True for IPv4.
    pub fn is_v4(&self) -> bool {
        self.family == Family::V4
    }

    /// True when every address of `other` lies in this prefix.
    pub fn contains(&self, other: &Prefix) -> bool {
        self.family == other.family && self.first <= other.first && other.last() <= self.last()
    }

    /// True when the address lies in this prefix.
    pub fn contains_address(&self, address: IpAddr) -> bool {
        let (family, number) = number_of(address);
        self.family == family && self.first <= number && number <= self.last()
    }

    /// True when the two share an address.
    pub fn overlaps(&self, other: &Prefix) -> bool {
        self.family == other.family && self.first <= other.last() && other.first <= self.last()
    }

    /// How many pieces of `length` bits it has: `2^(length - own length)`, 0 when it is smaller
    /// than one piece. Saturates at `u64::MAX`.
    pub fn pieces(&self, length: u8) -> u64 {
        match length.checked_sub(self.length) {
            None => 0,
            Some(bits) => 1u64.checked_shl(u32::from(bits)).unwrap_or(u64::MAX),
        }
    }

    /// Addresses that a subnet with this prefix has for use: `2^(32-p) - 5`; 0 for a prefix longer
    /// than /29 and for IPv6, which Azure counts by no limit of its own.
    pub fn usable(&self) -> u64 {
        match self.family {
            Family::V4 => usable_of_length(self.length),
            Family::V6 => 0,
        }
    }
}

/// Usable addresses of an IPv4 subnet of this prefix length.
pub fn usable_of_length(length: u8) -> u64 {
    if length > LONGEST_SUBNET { 0 } else { (1u64 << (32 - length)) - RESERVED_PER_PREFIX }
}

/// The longest prefix of at most `longest` bits whose usable addresses suffice; `None` when not even
/// all of IPv4 does.
pub fn smallest_fit(demand: u64, longest: u8) -> Option<u8> {
    (0..=longest.min(LONGEST_SUBNET)).rev().find(|p| usable_of_length(*p) >= demand)
}

fn host_mask(family: Family, length: u8) -> u128 {
    match family.bits() - length {
        0 => 0,
        bits => u128::MAX >> (128 - u32::from(bits)),
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Prefix, PrefixError> {
        let syntax = || PrefixError::Syntax(text.to_owned());
        // The crate also takes bare addresses and netmasks, Azure takes neither.
        let digits = text.split_once('/').map_or("", |(_, d)| d);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(syntax());
        }
        let network: IpNetwork = text.parse().map_err(|_| syntax())?;
        let (family, number) = number_of(network.ip());
        let prefix = Prefix::new(family, number, network.prefix());
        if prefix.first != number {
            return Err(PrefixError::HostBits { text: text.to_owned(), network: prefix });
        }
        Ok(prefix)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.family.address(self.first), self.length)
    }
}

impl serde::Serialize for Prefix {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl schemars::JsonSchema for Prefix {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Prefix".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9a-f.:]+/[0-9]+$",
            "description": "A range of addresses, such as `10.0.0.0/16`.",
        })
    }
}

impl<'de> serde::Deserialize<'de> for Prefix {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn usable_addresses_are_those_of_the_faq() {
        for (length, usable) in [(29, 3), (28, 11), (27, 27), (26, 59), (24, 251), (16, 65531), (30, 0)] {
            assert_eq!(usable_of_length(length), usable, "/{length}");
        }
        assert_eq!(p("0.0.0.0/0").usable(), (1 << 32) - 5);
        assert_eq!(p("fd00::/64").usable(), 0);
    }

    #[test]
    fn bad_texts_say_what_would_be_right() {
        let error = "10.0.1.0/16".parse::<Prefix>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`10.0.1.0/16` has host bits set; the prefix that contains it is 10.0.0.0/16"
        );
        for bad in
            ["", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/255.0.0.0", "10.0.0/8", "a/8", "10.0.0.0/-1", "::/129"]
        {
            assert!(matches!(bad.parse::<Prefix>(), Err(PrefixError::Syntax(_))), "{bad}");
        }
    }

    #[test]
    fn containment_and_overlap_keep_families_apart() {
        assert!(p("10.0.0.0/8").contains(&p("10.1.0.0/16")));
        assert!(!p("10.1.0.0/16").contains(&p("10.0.0.0/8")));
        assert!(p("10.1.0.0/16").overlaps(&p("10.0.0.0/8")));
        assert!(!p("10.0.0.0/24").overlaps(&p("10.0.1.0/24")));
        assert!(!p("0.0.0.0/0").overlaps(&p("::/0")));
        assert_eq!(p("::/0").last(), u128::MAX);
        assert_eq!(p("fd00::/64").pieces(80), 65536);
        assert_eq!(p("10.0.0.0/25").pieces(24), 0);
    }

    #[test]
    fn the_smallest_prefix_is_the_longest_that_fits() {
        assert_eq!(smallest_fit(0, 29), Some(29));
        assert_eq!(smallest_fit(3, 29), Some(29));
        assert_eq!(smallest_fit(4, 29), Some(28));
        assert_eq!(smallest_fit(252, 29), Some(23));
        assert_eq!(smallest_fit(1 << 32, 29), None);
    }
}
