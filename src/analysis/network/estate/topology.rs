//! Virtual networks, their subnets and peers.

use std::collections::{HashMap, HashSet};

use super::read::{self, Prefixes};
use super::usage::tail;
use crate::analysis::network::prefix::Prefix;
use crate::analysis::network::set::CidrSet;
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::address::{Address, InstanceKey};
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// Where a subnet has its prefixes: many, or one.
const PREFIXES: [&str; 2] = ["properties.addressPrefixes", "properties.addressPrefix"];

/// A virtual network.
pub(super) struct Vnet<'e> {
    pub(super) document: &'e Document,
    pub(super) space: Prefixes,
    /// Spaces of the peers that are known, with the peering's place.
    pub(super) peers: Vec<Peer>,
    /// Positions of its subnets.
    pub(super) subnets: Vec<usize>,
    /// Its subnets that stand in Azure and that nothing here declares.
    pub(super) undeclared: Vec<Undeclared>,
}

impl Vnet<'_> {
    /// What its subnets have that only Azure knows.
    pub(super) fn taken_in_azure(&self) -> impl Iterator<Item = &Prefix> {
        self.undeclared.iter().flat_map(|u| &u.prefixes)
    }
}

/// A subnet that stands in Azure and that nothing here declares: another root module's, or somebody's.
pub(super) struct Undeclared {
    pub(super) name: String,
    pub(super) prefixes: Vec<Prefix>,
}

/// A peered network.
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) space: Vec<Prefix>,
    pub(super) at: Option<Span>,
    /// The position of the network, when it is in the estate.
    pub(super) vnet: Option<usize>,
}

/// A subnet.
pub(super) struct Subnet<'e> {
    pub(super) id: ResourceId,
    /// `None` for a subnet that somebody names but nothing declares.
    pub(super) document: Option<&'e Document>,
    pub(super) prefixes: Prefixes,
    /// Services it is delegated to.
    pub(super) delegations: Vec<String>,
    /// Position of its network.
    pub(super) vnet: Option<usize>,
    /// The prefixes that it has in Azure.
    pub(super) standing: Vec<Prefix>,
}

impl Subnet<'_> {
    /// Addresses for use; `None` when a prefix is not known.
    pub(super) fn capacity(&self) -> Option<u64> {
        let certain = self.prefixes.unknown.is_none() && self.prefixes.bad.is_empty();
        (certain && !self.prefixes.list.is_empty()).then(|| self.v4().map(|p| p.usable()).sum())
    }

    pub(super) fn v4(&self) -> impl Iterator<Item = &Prefix> {
        self.prefixes.list.iter().filter(|p| p.is_v4())
    }

    /// The Terraform address, or the id.
    pub(super) fn label(&self) -> String {
        self.document.map_or_else(|| self.id.to_string(), Document::label)
    }

    pub(super) fn span(&self) -> Option<Span> {
        block(self.document?)
    }
}

/// The block of a declared document.
pub(super) fn block(document: &Document) -> Option<Span> {
    document.declared.as_ref().map(|d| d.block)
}

/// Why a declared resource stands for a number of resources that is not known.
pub(super) const MANY: &str = "how many there are is not known (count or for_each)";

/// True when an instance stands for however many there are, none included.
pub(super) fn is_many(address: &Address) -> bool {
    let modules = address.module.0.iter().map(|step| &step.key);
    modules.chain([&address.key]).any(|key| *key == Some(InstanceKey::Unknown))
}

/// All networks of an estate.
pub(super) struct Topology<'e> {
    pub(super) vnets: Vec<Vnet<'e>>,
    pub(super) subnets: Vec<Subnet<'e>>,
    by_id: HashMap<String, usize>,
    vnet_by_id: HashMap<String, usize>,
}

impl<'e> Topology<'e> {
    pub(super) fn read(estate: &'e Estate) -> Topology<'e> {
        let mut vnets: Vec<Vnet<'e>> = Vec::new();
        let mut vnet_at = HashMap::new();
        for document in estate.of_type(types::VNET) {
            vnet_at.insert(document.id.key(), vnets.len());
            let space = read::prefixes(&document.body, &["properties.addressSpace.addressPrefixes"]);
            vnets.push(Vnet {
                document,
                space,
                peers: Vec::new(),
                subnets: Vec::new(),
                undeclared: Vec::new(),
            });
        }
        let mut subnets = Vec::new();
        let mut by_id = HashMap::new();
        for document in estate.of_type(types::SUBNET) {
            let at = subnets.len();
            by_id.insert(document.id.key(), at);
            let vnet = document.id.parent().and_then(|p| vnet_at.get(&p.key()).copied());
            if let Some(vnet) = vnet.and_then(|v| vnets.get_mut(v)) {
                vnet.subnets.push(at);
            }
            let mut prefixes = read::prefixes(&document.body, &PREFIXES);
            if prefixes.list.is_empty() && prefixes.unknown.is_none() && prefixes.bad.is_empty() {
                let pool = document.get("properties.ipamPoolPrefixAllocations").is_some();
                let why = if pool {
                    "the prefix comes from an address pool at apply"
                } else {
                    "no prefix is declared"
                };
                prefixes.unknown = Some(why.to_owned());
            }
            let delegations = delegations(document);
            subnets.push(Subnet {
                id: document.id.clone(),
                document: Some(document),
                prefixes,
                delegations,
                vnet,
                standing: Vec::new(),
            });
        }
        let mut topology = Topology { vnets, subnets, by_id, vnet_by_id: vnet_at };
        topology.read_peers(estate);
        topology
    }

    /// Adds what stands in Azure of these networks: the prefixes of their subnets, and the subnets that are
    /// not declared here, whose addresses are not free either.
    pub(super) fn read_live(&mut self, live: &Estate) {
        let key = |id: &ResourceId| tail(id.as_str());
        let networks: HashMap<String, usize> =
            self.vnets.iter().enumerate().map(|(at, v)| (key(&v.document.id), at)).collect();
        let subnets: HashMap<String, usize> =
            self.subnets.iter().enumerate().map(|(at, s)| (key(&s.id), at)).collect();
        let mut seen = HashSet::new();
        for document in live.of_type(types::SUBNET).filter(|d| seen.insert(key(&d.id))) {
            let prefixes = read::prefixes(&document.body, &PREFIXES).list;
            let declared = subnets.get(&key(&document.id)).and_then(|at| self.subnets.get_mut(*at));
            if let Some(subnet) = declared {
                subnet.standing = prefixes;
                continue;
            }
            let vnet = document.id.parent().and_then(|p| networks.get(&key(&p)).copied());
            if let Some(vnet) = vnet.and_then(|v| self.vnets.get_mut(v)) {
                vnet.undeclared.push(Undeclared { name: document.name().to_owned(), prefixes });
            }
        }
        for vnet in &mut self.vnets {
            vnet.undeclared.sort_by(|a, b| (&a.prefixes, &a.name).cmp(&(&b.prefixes, &b.name)));
        }
    }

    fn read_peers(&mut self, estate: &Estate) {
        let vnet_at = &self.vnet_by_id;
        for peering in estate.of_type(types::PEERING) {
            let Some(owner) = peering.id.parent().and_then(|p| vnet_at.get(&p.key()).copied()) else {
                continue;
            };
            let Some(remote) = peering.str("properties.remoteVirtualNetwork.id") else { continue };
            let remote = ResourceId::new(remote);
            let vnet = vnet_at.get(&remote.key()).copied();
            let space = match vnet.and_then(|v| self.vnets.get(v)) {
                Some(vnet) => vnet.space.list.clone(),
                None => {
                    let path = "properties.remoteAddressSpace.addressPrefixes";
                    read::prefixes(&peering.body, &[path]).list
                }
            };
            let peer = Peer { name: remote.name().to_owned(), space, at: block(peering), vnet };
            if let Some(owner) = self.vnets.get_mut(owner) {
                owner.peers.push(peer);
            }
        }
    }

    /// The position of the subnet with an id; one that nothing declares is added without prefix.
    pub(super) fn subnet(&mut self, id: &str) -> usize {
        let id = ResourceId::new(id);
        let next = self.subnets.len();
        let at = *self.by_id.entry(id.key()).or_insert(next);
        if at == next {
            let vnet = id.parent().and_then(|v| self.vnet_by_id.get(&v.key()).copied());
            let unknown = Some("the subnet is not declared here".to_owned());
            let prefixes = Prefixes { unknown, ..Prefixes::default() };
            let (delegations, standing) = (Vec::new(), Vec::new());
            self.subnets.push(Subnet { id, document: None, prefixes, delegations, vnet, standing });
        }
        at
    }

    /// The subnets that an id made from an attribute of a declared resource may name: the subnet
    /// itself, or those of the network.
    pub(super) fn candidates(&self, address: &str) -> Vec<usize> {
        let is = |d: &Document| d.declared.as_ref().is_some_and(|d| d.address.to_string() == address);
        let vnet = self.vnets.iter().find(|v| is(v.document)).map(|v| v.subnets.clone());
        let subnet = self.subnets.iter().position(|s| s.document.is_some_and(is));
        vnet.unwrap_or_else(|| subnet.into_iter().collect())
    }

    /// The addresses of a network that no subnet has; `None` when a part is not known.
    pub(super) fn free(&self, vnet: usize) -> Option<CidrSet> {
        let vnet = self.vnets.get(vnet)?;
        let subnets: Vec<&Subnet<'_>> = vnet.subnets.iter().filter_map(|s| self.subnets.get(*s)).collect();
        if vnet.space.unknown.is_some() || subnets.iter().any(|s| s.prefixes.unknown.is_some()) {
            return None;
        }
        let space: CidrSet = vnet.space.list.iter().collect();
        let declared = subnets.iter().flat_map(|s| &s.prefixes.list);
        let taken: CidrSet = declared.chain(vnet.taken_in_azure()).collect();
        Some(space.difference(&taken))
    }

    /// The prefixes of all subnets of a network, with the position of each.
    pub(super) fn prefixes_of(&self, vnet: usize) -> impl Iterator<Item = (usize, &Prefix, Option<Span>)> {
        let subnets = self.vnets.get(vnet).into_iter().flat_map(|v| &v.subnets);
        subnets
            .filter_map(|at| Some((*at, self.subnets.get(*at)?)))
            .flat_map(|(at, s)| s.prefixes.placed().map(move |(p, place)| (at, p, place)))
    }
}

fn delegations(subnet: &Document) -> Vec<String> {
    let name = |d: &Value| read::text(d, "properties.serviceName").get().cloned();
    subnet.items("properties.delegations").iter().filter_map(name).collect()
}
