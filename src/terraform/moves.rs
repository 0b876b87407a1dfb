//! `moved` blocks applied to the addresses of a prior state, as Terraform applies them before it plans:
//! chains in order, whole modules, and the move that a `count` gained or lost implies.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, InstanceKey, ModulePath, ModuleStep, Part, parts};
use super::evaluation::Move;
use super::value::Str;

/// How a resource of the configuration repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// Neither `count` nor `for_each`.
    One,
    /// `count`
    Count,
    /// `for_each`
    Each,
}

/// Where the objects of a prior state are after all moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// Old addresses by new address, of those that differ.
    pub was: BTreeMap<Address, Address>,
    /// Moves that did not happen, because there is an object at the new address already: from, to.
    pub blocked: Vec<(Address, Address)>,
}

/// Applies moves to addresses. `repeats` says how the configuration repeats the resource of an address.
pub fn apply<'a>(
    moves: &[Move],
    objects: impl IntoIterator<Item = &'a Address>,
    repeats: &dyn Fn(&Address) -> Option<Repeats>,
) -> Moved {
    let mut now: BTreeMap<Address, Address> = objects.into_iter().map(|a| (a.clone(), a.clone())).collect();
    let explicit: Vec<Statement> = moves.iter().filter_map(Statement::new).collect();
    let implied: Vec<(Address, Address)> = now
        .keys()
        .filter(|address| !explicit.iter().any(|s| s.mentions(address)))
        .filter_map(|address| Some((address.clone(), implied(address, repeats(address)?)?)))
        .collect();
    let mut moved = Moved::default();
    for statement in in_order(explicit) {
        statement.run(&mut now, &mut moved.blocked);
    }
    for (from, to) in implied {
        if now.contains_key(&to) {
            moved.blocked.push((from, to));
        } else if let Some(was) = now.remove(&from) {
            now.insert(to, was);
        }
    }
    moved.was = now.into_iter().filter(|(new, old)| new != old).collect();
    moved
}

/// More moves than this in a row are a loop.
const MAX_MOVES: usize = 100;

/// Where a resource or an instance of it was before all moves that lead to it; nothing when none does.
pub fn previous(moves: &[Move], address: &str) -> Option<String> {
    let now = Address::parse(address)?;
    let back: Vec<Statement> = moves.iter().filter_map(|m| Some(Statement::new(m)?.reversed())).collect();
    let mut at = now.clone();
    for _ in 0..MAX_MOVES {
        match back.iter().filter_map(|s| s.destination(&at)).find(|earlier| *earlier != at) {
            Some(earlier) => at = earlier,
            None => break,
        }
    }
    (at != now).then(|| at.to_string())
}

/// The `removed` block that is about the object of an address.
pub fn removal<'m>(moves: &'m [Move], address: &Address) -> Option<&'m Move> {
    moves.iter().filter(|m| m.to.is_none()).find(|m| {
        let Some(from) = Endpoint::new(&m.from) else { return false };
        inside(address, &calls(&m.module)).is_some_and(|rest| match &from.resource {
            Some((type_name, name)) => {
                names_equal(rest, &from.steps) && *type_name == address.type_name && *name == address.name
            }
            None => rest.len() >= from.steps.len() && names_equal(&rest[..from.steps.len()], &from.steps),
        })
    })
}

fn names_equal(a: &[ModuleStep], b: &[ModuleStep]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.name == b.name)
}

/// The names of `module.a.module.b`.
fn calls(path: &str) -> Vec<Str> {
    path.split('.').filter(|part| !part.is_empty() && *part != "module").map(Str::from).collect()
}

/// The steps of an address behind the instances of a module, whatever their keys.
fn inside<'a>(address: &'a Address, module: &[Str]) -> Option<&'a [ModuleStep]> {
    let steps = &address.module.0;
    let (head, rest) = (steps.get(..module.len())?, steps.get(module.len()..)?);
    head.iter().zip(module).all(|(step, name)| step.name == *name).then_some(rest)
}

/// `from` or `to` of a block: a module, a resource, or an instance of one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Endpoint {
    steps: Vec<ModuleStep>,
    resource: Option<(Str, Str)>,
    key: Option<InstanceKey>,
}

impl Endpoint {
    fn new(text: &str) -> Option<Endpoint> {
        let mut parts = parts(text)?.into_iter().peekable();
        let mut steps = Vec::new();
        let key = |parts: &mut std::iter::Peekable<std::vec::IntoIter<Part>>| match parts.peek() {
            Some(Part::Key(_)) => match parts.next() {
                Some(Part::Key(key)) => Some(key),
                _ => None,
            },
            _ => None,
        };
        while parts.next_if(|p| matches!(p, Part::Name(name) if &**name == "module")).is_some() {
            let Some(Part::Name(name)) = parts.next() else { return None };
            let key = key(&mut parts);
            steps.push(ModuleStep { name, key });
        }
        let Some(first) = parts.next() else {
            return (!steps.is_empty()).then_some(Endpoint { steps, resource: None, key: None });
        };
        let (Part::Name(type_name), Some(Part::Name(name))) = (first, parts.next()) else { return None };
        let key = key(&mut parts);
        parts.next().is_none().then_some(Endpoint { steps, resource: Some((type_name, name)), key })
    }

    /// The key of what it names itself.
    fn own_key(&self) -> Option<&InstanceKey> {
        match self.resource {
            Some(_) => self.key.as_ref(),
            None => self.steps.last().and_then(|s| s.key.as_ref()),
        }
    }
}

/// What `count` gained or lost means for the only or the first instance.
fn implied(address: &Address, repeats: Repeats) -> Option<Address> {
    let first = Some(InstanceKey::Index(0));
    let key = match (repeats, &address.key) {
        (Repeats::Count, None) => first,
        (Repeats::One, key) if *key == first => None,
        _ => return None,
    };
    Some(Address { key, ..address.clone() })
}

/// One move.
#[derive(Clone, Debug)]
struct Statement {
    /// The module that holds the block, by the names of its calls.
    module: Vec<Str>,
    from: Endpoint,
    to: Endpoint,
    /// One instance moves, and not all of a resource or module call.
    single: bool,
}

impl Statement {
    fn new(moved: &Move) -> Option<Statement> {
        let (from, to) = (Endpoint::new(&moved.from)?, Endpoint::new(moved.to.as_deref()?)?);
        if from.resource.is_some() != to.resource.is_some() {
            return None;
        }
        let single = from.own_key().is_some() || to.own_key().is_some();
        Some(Statement { module: calls(&moved.module), from, to, single })
    }

    /// The way back.
    fn reversed(self) -> Statement {
        Statement { from: self.to, to: self.from, ..self }
    }

    /// True when it names the resource of an address.
    fn mentions(&self, address: &Address) -> bool {
        let Some(rest) = inside(address, &self.module) else { return false };
        [&self.from, &self.to].into_iter().any(|end| {
            let named = end.resource.as_ref();
            named.is_some_and(|(t, n)| *t == address.type_name && *n == address.name) && rest == end.steps
        })
    }

    /// The address after this move, when it concerns the object.
    fn destination(&self, address: &Address) -> Option<Address> {
        let rest = inside(address, &self.module)?;
        let head = address.module.0.get(..self.module.len())?;
        let Some((type_name, name)) = &self.from.resource else {
            return self.module_destination(address, head, rest);
        };
        let is_it = rest == self.from.steps && *type_name == address.type_name && *name == address.name;
        if !is_it || self.single && self.from.key != address.key {
            return None;
        }
        let (type_name, name) = self.to.resource.clone()?;
        let module = ModulePath(head.iter().chain(&self.to.steps).cloned().collect());
        let key = if self.single { self.to.key.clone() } else { address.key.clone() };
        Some(Address { module, mode: address.mode, type_name, name, key, root: None })
    }

    fn module_destination(
        &self,
        address: &Address,
        head: &[ModuleStep],
        rest: &[ModuleStep],
    ) -> Option<Address> {
        let (last, outer) = self.from.steps.split_last()?;
        let (own, below) = (rest.get(outer.len())?, rest.get(outer.len() + 1..)?);
        let is_it = rest.get(..outer.len())? == outer && own.name == last.name;
        if !is_it || self.single && own.key != last.key {
            return None;
        }
        let mut steps: Vec<ModuleStep> = head.iter().chain(&self.to.steps).cloned().collect();
        if !self.single {
            steps.last_mut()?.key = own.key.clone();
        }
        steps.extend_from_slice(below);
        Some(Address { module: ModulePath(steps.into()), ..address.clone() })
    }

    /// Moves all objects that it concerns, unless something is in their way.
    fn run(&self, now: &mut BTreeMap<Address, Address>, blocked: &mut Vec<(Address, Address)>) {
        let whole = |a: &Address| match (&self.from.resource, self.single) {
            // What is in the way is judged for a module, a resource or an instance as one.
            (None, _) => (a.module.clone(), None, None),
            (Some(_), false) => (a.module.clone(), Some((a.type_name.clone(), a.name.clone())), None),
            (Some(_), true) => {
                (a.module.clone(), Some((a.type_name.clone(), a.name.clone())), Some(a.key.clone()))
            }
        };
        let concerned: Vec<(Address, Address)> =
            now.keys().filter_map(|a| Some((a.clone(), self.destination(a)?))).collect();
        if concerned.is_empty() {
            return;
        }
        let taken: BTreeSet<_> = now.keys().map(whole).collect();
        for (from, to) in concerned {
            if taken.contains(&whole(&to)) {
                blocked.push((from, to));
            } else if let Some(was) = now.remove(&from) {
                now.insert(to, was);
            }
        }
    }

    /// True when what this moves may have been moved by `other` before, or lies in it.
    fn follows(&self, other: &Statement) -> bool {
        let path = |s: &Statement, e: &Endpoint| -> Vec<ModuleStep> {
            let outer = s.module.iter().map(|name| ModuleStep { name: name.clone(), key: None });
            outer.chain(e.steps.iter().cloned()).collect()
        };
        let to = path(other, &other.to);
        let meets = |end: &Endpoint| {
            let from = path(self, end);
            let same_key = |a: &ModuleStep, b: &ModuleStep| {
                a.name == b.name && (a.key.is_none() || b.key.is_none() || a.key == b.key)
            };
            let begins = from.len() >= to.len() && from.iter().zip(&to).all(|(a, b)| same_key(a, b));
            match &other.to.resource {
                None => begins,
                Some(_) => {
                    let key = !self.single || !other.single || end.key == other.to.key;
                    begins && from.len() == to.len() && end.resource == other.to.resource && key
                }
            }
        };
        meets(&self.from) || other.to.resource.is_none() && meets(&self.to)
    }
}

/// The statements so that each comes after those that it follows; none when they go in a circle.
fn in_order(statements: Vec<Statement>) -> Vec<Statement> {
    let count = statements.len();
    let before: Vec<Vec<usize>> = (0..count)
        .map(|i| {
            let follows = |j: &usize| *j != i && statements[i].follows(&statements[*j]);
            (0..count).filter(follows).collect()
        })
        .collect();
    let mut left: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = Vec::with_capacity(count);
    let mut ready: BTreeSet<usize> = (0..count).filter(|i| left[*i] == 0).collect();
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for (i, earlier) in before.iter().enumerate() {
            if earlier.contains(&next) {
                left[i] -= 1;
                if left[i] == 0 {
                    ready.insert(i);
                }
            }
        }
    }
    if order.len() < count {
        return Vec::new();
    }
    let mut statements: Vec<Option<Statement>> = statements.into_iter().map(Some).collect();
    order.into_iter().filter_map(|i| statements[i].take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::source::{SourceMap, Span};

    fn moved(module: &str, from: &str, to: &str) -> Move {
        let file = SourceMap::default().add("a.tf", "");
        let span = Span { file, start: 0, end: 0 };
        Move { module: module.into(), from: from.into(), to: Some(to.into()), destroy: false, span }
    }

    #[test]
    fn names_are_followed_back_through_modules_keys_and_chains() {
        let moves = [
            moved("", "azurerm_subnet.a", "azurerm_subnet.b"),
            moved("", "azurerm_subnet.b", "module.net.azurerm_subnet.this"),
            moved("module.net", "azurerm_route.x", "azurerm_route.y"),
            moved("", "azurerm_nat_gateway.n[0]", "azurerm_nat_gateway.n"),
            moved("", "azurerm_public_ip.one", "azurerm_public_ip.all[\"one\"]"),
            moved("", "module.old", "module.new[\"a]b\"]"),
            moved("", "azurerm_lb.p", "azurerm_lb.q"),
            moved("", "azurerm_lb.q", "azurerm_lb.p"),
        ];
        for (now, was) in [
            ("module.net.azurerm_subnet.this[\"k\"]", Some("azurerm_subnet.a[\"k\"]")),
            ("module.net[\"a]b\"].azurerm_route.y", Some("module.net[\"a]b\"].azurerm_route.x")),
            ("azurerm_public_ip.all[\"one\"]", Some("azurerm_public_ip.one")),
            ("azurerm_public_ip.all[\"two\"]", None),
            ("module.new[\"a]b\"].module.in.azurerm_lb.l", Some("module.old.module.in.azurerm_lb.l")),
            ("azurerm_nat_gateway.n", Some("azurerm_nat_gateway.n[0]")),
            ("azurerm_subnet.bb", None),
            ("/subscriptions/s", None),
            ("azurerm_lb.p", None),
        ] {
            assert_eq!(previous(&moves, now).as_deref(), was, "{now}");
        }
    }
}
