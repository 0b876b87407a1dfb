//! Sets of addresses, and the words of security rules for them, for ports and for protocols.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use super::ranges::EMPTY;
pub(in crate::analysis::rules) use super::ranges::Ranges;
use super::text::shown;
use crate::analysis::rules::settings::Broad;
use crate::terraform::value::Value;

/// Service tags and application security groups: names that cover only themselves, or all names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Names {
    These(BTreeSet<String>),
    AllBut(BTreeSet<String>),
}

const NO_NAME: Names = Names::These(BTreeSet::new());

impl Names {
    fn and(&self, other: &Names) -> Names {
        match (self, other) {
            (Names::These(a), Names::These(b)) => Names::These(a & b),
            (Names::These(a), Names::AllBut(b)) | (Names::AllBut(b), Names::These(a)) => Names::These(a - b),
            (Names::AllBut(a), Names::AllBut(b)) => Names::AllBut(a | b),
        }
    }

    fn not(&self) -> Names {
        match self {
            Names::These(a) => Names::AllBut(a.clone()),
            Names::AllBut(a) => Names::These(a.clone()),
        }
    }

    fn or(&self, other: &Names) -> Names {
        self.not().and(&other.not()).not()
    }

    fn is_empty(&self) -> bool {
        matches!(self, Names::These(names) if names.is_empty())
    }

    /// The least and the greatest number of its names. Two may share one: then a box is wider than it need be.
    fn bounds(&self) -> (u128, u128) {
        const FIRST: u128 = 1 << 64;
        let number = |name: &String| {
            let mut hasher = DefaultHasher::new();
            name.hash(&mut hasher);
            FIRST + u128::from(hasher.finish())
        };
        match self {
            Names::These(names) => {
                names.iter().map(number).fold(EMPTY, |all, number| (all.0.min(number), all.1.max(number)))
            }
            Names::AllBut(_) => (FIRST, FIRST + u128::from(u64::MAX)),
        }
    }

    fn meets(&self, other: &Names) -> bool {
        match (self, other) {
            (Names::These(a), Names::These(b)) => !a.is_disjoint(b),
            (Names::These(a), Names::AllBut(b)) | (Names::AllBut(b), Names::These(a)) => !a.is_subset(b),
            (Names::AllBut(_), Names::AllBut(_)) => true,
        }
    }

    fn covers(&self, other: &Names) -> bool {
        match (self, other) {
            (Names::These(a), Names::These(b)) => b.is_subset(a),
            (Names::These(_), Names::AllBut(_)) => false,
            (Names::AllBut(a), Names::These(b)) => a.is_disjoint(b),
            (Names::AllBut(a), Names::AllBut(b)) => a.is_subset(b),
        }
    }
}

/// A set of sources or destinations. Copies share what is in it: a rule that is cut a hundred times mostly keeps
/// its addresses, and most rules name one of a few sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addresses(Arc<Parts>);

/// What is in a set of addresses.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// IPv4.
    pub v4: Ranges,
    /// IPv6.
    pub v6: Ranges,
    names: Names,
}

impl Deref for Addresses {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Service tags whose addresses are not the Internet's.
const PRIVATE_TAGS: [&str; 2] = ["azureloadbalancer", "virtualnetwork"];
const V4_ALL: (u128, u128) = (0, u32::MAX as u128);
const V6_ALL: (u128, u128) = (0, u128::MAX);

/// IPv4 that is nobody's on the Internet: private space, shared, link-local.
const V4_PRIVATE: [(u32, u32); 5] = [
    (0x0a00_0000, 0x0aff_ffff),
    (0xac10_0000, 0xac1f_ffff),
    (0xc0a8_0000, 0xc0a8_ffff),
    (0x6440_0000, 0x647f_ffff),
    (0xa9fe_0000, 0xa9fe_ffff),
];

/// IPv4 that no host of the Internet has: this network, loopback, multicast and reserved.
const V4_UNUSED: [(u32, u32); 3] = [(0, 0x00ff_ffff), (0x7f00_0000, 0x7fff_ffff), (0xe000_0000, 0xffff_ffff)];

fn v4(ranges: impl IntoIterator<Item = (u32, u32)>) -> Ranges {
    Ranges::union_of(ranges.into_iter().map(|(a, b)| (a.into(), b.into())))
}

/// IPv4 outside private space.
pub(crate) static PUBLIC_V4: LazyLock<Ranges> =
    LazyLock::new(|| Ranges::of(V4_ALL.0, V4_ALL.1).minus(&v4(V4_PRIVATE)));

/// IPv4 that hosts of the Internet have.
static INTERNET_V4: LazyLock<Ranges> = LazyLock::new(|| PUBLIC_V4.minus(&v4(V4_UNUSED)));

/// IPv6 outside private space.
pub(crate) static PUBLIC_V6: LazyLock<Ranges> = LazyLock::new(|| {
    let private = Ranges::union_of([
        (0xfc00 << 112, (0xfdff << 112) | (u128::MAX >> 16)),
        (0xfe80 << 112, (0xfebf << 112) | (u128::MAX >> 16)),
    ]);
    Ranges::of(V6_ALL.0, V6_ALL.1).minus(&private)
});

static NONE: LazyLock<Addresses> =
    LazyLock::new(|| Addresses::new(Ranges::default(), Ranges::default(), NO_NAME));
static ALL: LazyLock<Addresses> = LazyLock::new(|| {
    let [v4, v6] = [V4_ALL, V6_ALL].map(|(first, last)| Ranges::of(first, last));
    Addresses::new(v4, v6, Names::AllBut(BTreeSet::new()))
});
/// The tag, with what it stands for.
static INTERNET: LazyLock<Addresses> = LazyLock::new(|| {
    Addresses::new(PUBLIC_V4.clone(), PUBLIC_V6.clone(), Names::These(["internet".to_owned()].into()))
});
static WHOLE_V4: LazyLock<Addresses> = LazyLock::new(|| Addresses::of_v4(INTERNET_V4.clone()));
static WHOLE_V6: LazyLock<Addresses> = LazyLock::new(|| Addresses::of_v6(PUBLIC_V6.clone()));

impl Addresses {
    fn new(v4: Ranges, v6: Ranges, names: Names) -> Addresses {
        Addresses(Arc::new(Parts { v4, v6, names }))
    }

    /// No address.
    pub fn none() -> Addresses {
        NONE.clone()
    }

    /// These IPv4 addresses.
    pub fn of_v4(v4: Ranges) -> Addresses {
        Addresses::new(v4, Ranges::default(), NO_NAME)
    }

    fn of_v6(v6: Ranges) -> Addresses {
        Addresses::new(Ranges::default(), v6, NO_NAME)
    }

    fn of_names(names: Names) -> Addresses {
        Addresses::new(Ranges::default(), Ranges::default(), names)
    }

    /// Every address and name.
    pub fn all() -> Addresses {
        ALL.clone()
    }

    /// An opaque set with a name of its own: an application security group.
    pub fn named(name: &str) -> Addresses {
        Addresses::of_names(Names::These([name.to_ascii_lowercase()].into()))
    }

    /// A prefix as a security rule has it: `*`, a CIDR range, an address or a service tag.
    pub fn of_prefix(text: &str) -> Addresses {
        let text = text.trim();
        if text == "*" || text.eq_ignore_ascii_case("any") {
            return Addresses::all();
        }
        if text.eq_ignore_ascii_case("internet") {
            return INTERNET.clone();
        }
        if text == "0.0.0.0" {
            return Addresses::of_v4(Ranges::of(V4_ALL.0, V4_ALL.1));
        }
        match range(text) {
            Some((first, last, true)) => Addresses::of_v6(Ranges::of(first, last)),
            Some((first, last, false)) => Addresses::of_v4(Ranges::of(first, last)),
            // Azure reads what ends in /0 as everything, whatever stands before it.
            None if text.ends_with("/0") => Addresses::of_v4(Ranges::of(V4_ALL.0, V4_ALL.1)),
            None => Addresses::named(text),
        }
    }

    /// True when both share what is in them: then they are the same. They may be the same otherwise, too.
    fn shares(&self, other: &Addresses) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is in either.
    pub fn or(&self, other: &Addresses) -> Addresses {
        if self.shares(other) {
            return self.clone();
        }
        Addresses::new(self.v4.or(&other.v4), self.v6.or(&other.v6), self.names.or(&other.names))
    }

    /// What is in both.
    pub fn and(&self, other: &Addresses) -> Addresses {
        if self.shares(other) {
            return self.clone();
        }
        Addresses::new(self.v4.and(&other.v4), self.v6.and(&other.v6), self.names.and(&other.names))
    }

    /// What is in this one only.
    pub fn minus(&self, other: &Addresses) -> Addresses {
        let names = self.names.and(&other.names.not());
        Addresses::new(self.v4.minus(&other.v4), self.v6.minus(&other.v6), names)
    }

    /// True when nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty() && self.names.is_empty()
    }

    /// The least and the greatest of it on one line, on which IPv4 comes first, then names, then IPv6.
    pub fn bounds(&self) -> (u128, u128) {
        let v6 = self.v6.bounds();
        let v6 = if self.v6.is_empty() { v6 } else { ((1 << 127) | (v6.0 >> 1), (1 << 127) | (v6.1 >> 1)) };
        [self.v4.bounds(), self.names.bounds(), v6]
            .into_iter()
            .fold(EMPTY, |all, part| (all.0.min(part.0), all.1.max(part.1)))
    }

    /// With those of the wanted service tags whose addresses are all in it: all of IPv4 has every tag's,
    /// the Internet has those of Azure's public services.
    pub fn widened_to(&self, wanted: &Addresses) -> Addresses {
        let Names::These(tags) = &wanted.names else { return self.clone() };
        let everything = self.v4.covers(&Ranges::of(V4_ALL.0, V4_ALL.1));
        let public = !self.internet().is_empty();
        let held = tags.iter().filter(|t| everything || public && !PRIVATE_TAGS.contains(&t.as_str()));
        let held: BTreeSet<String> = held.cloned().collect();
        if held.is_empty() { self.clone() } else { self.or(&Addresses::of_names(Names::These(held))) }
    }

    /// True when a service tag or a group is named in it.
    pub fn names_one(&self, test: impl Fn(&str) -> bool) -> bool {
        matches!(&self.names, Names::These(names) if names.iter().any(|n| test(n)))
    }

    /// How many public IPv4 addresses are in it, and the length of its widest public IPv6 prefix.
    pub fn public_size(&self) -> (u128, Option<u32>) {
        let v6 = self.v6.and(&PUBLIC_V6);
        let widest = v6.iter().map(|(a, b)| 128 - (b - a).saturating_add(1).ilog2().min(128)).min();
        (self.v4.and(&PUBLIC_V4).count(), widest)
    }

    /// True when everything is in it.
    pub fn is_all(&self) -> bool {
        self.covers(&ALL)
    }

    /// True when the whole Internet is in it, of IPv4 or of IPv6.
    pub fn is_internet(&self) -> bool {
        self.v4.covers(&INTERNET_V4) || self.v6.covers(&PUBLIC_V6)
    }

    /// True when all of the other is in it.
    pub fn covers(&self, other: &Addresses) -> bool {
        self.shares(other)
            || self.v4.covers(&other.v4) && self.v6.covers(&other.v6) && self.names.covers(&other.names)
    }

    /// True when something is in both.
    pub fn meets(&self, other: &Addresses) -> bool {
        self.v4.meets(&other.v4) || self.v6.meets(&other.v6) || self.names.meets(&other.names)
    }

    /// The part of it that is the whole Internet: IPv4 when all of that is in it, else IPv6 when all
    /// of that is. Empty when it is not the whole of either.
    pub fn internet(&self) -> Addresses {
        if self.v4.covers(&INTERNET_V4) {
            WHOLE_V4.clone()
        } else if self.v6.covers(&PUBLIC_V6) {
            WHOLE_V6.clone()
        } else {
            Addresses::none()
        }
    }
}

/// First and last address of a CIDR range or a single address, and whether it is IPv6. Host bits may
/// be set, as Azure allows it.
pub(crate) fn range(text: &str) -> Option<(u128, u128, bool)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.parse::<IpAddr>().ok()?, Some(length.parse::<u32>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let (bits, number, v6) = match address {
        IpAddr::V4(a) => (32, u128::from(Ipv4Addr::to_bits(a)), false),
        IpAddr::V6(a) => (128, Ipv6Addr::to_bits(a), true),
    };
    let host_bits = bits - length.unwrap_or(bits).min(bits);
    if length.is_some_and(|l| l > bits) {
        return None;
    }
    let mask = if host_bits == 128 { u128::MAX } else { (1u128 << host_bits) - 1 };
    Some((number & !mask, number | mask, v6))
}

/// What is wrong with a list of ranges that a firewall lets in: the value to blame where one alone lets
/// in everything, and in words that follow the name of the list. `None` when the known ones are narrow.
pub(crate) fn too_broad<'a>(ranges: &[&'a Value], broad: Broad) -> Option<(Option<&'a Value>, String)> {
    let is_whole = |text: &str| {
        let text = text.trim();
        text.ends_with("/0") || ["*", "Internet", "Any"].iter().any(|w| w.eq_ignore_ascii_case(text))
    };
    if let Some(whole) = ranges.iter().find(|v| v.as_str().is_some_and(is_whole)) {
        return Some((Some(whole), format!("{} is the whole Internet", shown(whole))));
    }
    let of = |wanted: bool| {
        let known = ranges.iter().filter_map(|v| range(v.as_str()?));
        Ranges::union_of(known.filter(|(_, _, v6)| *v6 == wanted).map(|(a, b, _)| (a, b)))
    };
    let (v4, v6) = (of(false).and(&PUBLIC_V4).count(), of(true).and(&PUBLIC_V6).count());
    if v4 > broad.v4 {
        let length = 32 - broad.v4.ilog2();
        return Some((None, format!("{v4} public addresses, more than a /{length} has")));
    }
    let most_v6 = 1u128.checked_shl(128 - broad.v6.min(128)).unwrap_or(u128::MAX);
    (v6 > most_v6).then(|| (None, format!("more IPv6 addresses than a /{} has", broad.v6)))
}

/// Ports as a security rule has them: `*`, `443` or `8000-8080`. Several in one text, `22,3389`, are refused
/// by Azure (NSG-024), and are taken as what they mean.
pub(crate) fn ports(text: &str) -> Ranges {
    if text.contains(',') {
        return text.split(',').map(ports).fold(Ranges::default(), |all, part| all.or(&part));
    }
    let text = text.trim();
    if text == "*" {
        return Ranges::of(0, 65535);
    }
    let number = |t: &str| t.trim().parse::<u16>().ok().map(u128::from);
    match text.split_once('-') {
        Some((first, last)) => match (number(first), number(last)) {
            (Some(first), Some(last)) => Ranges::of(first, last),
            _ => Ranges::default(),
        },
        None => number(text).map_or_else(Ranges::default, |n| Ranges::of(n, n)),
    }
}

/// Protocol numbers of a security rule's protocol.
pub(crate) fn protocols(text: &str) -> Ranges {
    let one = |n| Ranges::of(n, n);
    match text.to_ascii_lowercase().as_str() {
        "*" | "any" => Ranges::of(0, 255),
        "icmp" => one(1),
        "tcp" => one(TCP),
        "udp" => one(UDP),
        "esp" => one(50),
        "ah" => one(51),
        _ => Ranges::default(),
    }
}

/// Protocol number.
pub(crate) const TCP: u128 = 6;
/// Protocol number.
pub(crate) const UDP: u128 = 17;

#[cfg(test)]
mod tests {
    use super::*;

    fn set(prefixes: &[&str]) -> Addresses {
        prefixes.iter().fold(Addresses::none(), |all, p| all.or(&Addresses::of_prefix(p)))
    }

    #[test]
    fn the_internet_is_told_from_what_only_looks_like_it() {
        for whole in [
            &["*"] as &[&str],
            &["Internet"],
            &["any"],
            &["0.0.0.0"],
            &["0.0.0.0/0"],
            &["::/0"],
            &["192.0.2.1/0"],
            &["<nw>/0"],
            &["0.0.0.0/1", "128.0.0.0/1"],
            &["10.0.0.0/8", "0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"],
        ] {
            assert!(!set(whole).internet().is_empty(), "{whole:?}");
        }
        for part in [
            &["10.0.0.0/8"] as &[&str],
            &["0.0.0.0/32"],
            &["0.0.0.0/1"],
            &["VirtualNetwork"],
            &["AzureCloud"],
            &["203.0.113.0/24", "198.51.100.7"],
            &["2001:db8::/32"],
            &[],
        ] {
            assert!(set(part).internet().is_empty(), "{part:?}");
        }
    }

    #[test]
    fn names_cover_only_themselves_and_everything_covers_names() {
        let tag = set(&["VirtualNetwork"]);
        assert!(tag.minus(&set(&["*"])).is_empty());
        assert!(tag.minus(&set(&["virtualnetwork"])).is_empty());
        assert!(!tag.minus(&set(&["0.0.0.0/0"])).is_empty());
        assert!(set(&["*"]).is_all());
        assert!(!set(&["0.0.0.0/0"]).is_all());
    }

    #[test]
    fn ports_are_numbers_and_ranges_in_order() {
        assert!(Ranges::of(0, 65535).covers(&ports("22-80")));
        assert!(ports("80-22").is_empty() && ports("x").is_empty());
        assert!(ports("3388, 3389-3390 ,22").covers(&ports("22").or(&ports("3388-3390"))));
        assert!(ports("22,x").covers(&ports("22")) && !ports("22,x").covers(&ports("23")));
    }

    #[test]
    fn a_prefix_with_host_bits_is_its_network() {
        assert_eq!(range("10.1.2.3/8"), range("10.0.0.0/8"));
        assert_eq!(range("10.1.2.3").map(|r| r.0 == r.1), Some(true));
        assert_eq!(range("10.0.0.0/33"), None);
        assert_eq!(range("::/0"), Some((0, u128::MAX, true)));
    }
}
