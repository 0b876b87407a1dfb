//! The entries of maps and objects.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use super::{Str, Value};

/// Entries by name, in the order of their names.
///
/// Most objects are small and made once: a sorted slice of them is a third of the size of a tree, whose
/// smallest node has room for eleven. Adding one entry to many takes as long as there are many; what adds
/// many collects them.
#[derive(Clone, Debug, Default)]
pub struct Entries(Vec<(Str, Value)>);

impl Entries {
    fn find<Q: Ord + ?Sized>(&self, name: &Q) -> Result<usize, usize>
    where
        Str: Borrow<Q>,
    {
        self.0.binary_search_by(|(own, _)| Borrow::<Q>::borrow(own).cmp(name))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of this name.
    pub fn get<Q: Ord + ?Sized>(&self, name: &Q) -> Option<&Value>
    where
        Str: Borrow<Q>,
    {
        self.find(name).ok().and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// The value of this name, to change it.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, name: &Q) -> Option<&mut Value>
    where
        Str: Borrow<Q>,
    {
        self.find(name).ok().and_then(|at| self.0.get_mut(at)).map(|(_, value)| value)
    }

    /// True when there is one of this name.
    pub fn contains_key<Q: Ord + ?Sized>(&self, name: &Q) -> bool
    where
        Str: Borrow<Q>,
    {
        self.find(name).is_ok()
    }

    /// Adds an entry, or replaces the one of this name; the value that there was.
    pub fn insert(&mut self, name: Str, value: Value) -> Option<Value> {
        match self.find(&*name) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (name, value));
                None
            }
        }
    }

    /// The value of this name, made null when there is none.
    pub fn or_null(&mut self, name: Str) -> &mut Value {
        let at = match self.find(&*name) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (name, Value::null()));
                at
            }
        };
        &mut self.0[at].1
    }

    /// Takes out the entry of this name.
    pub fn remove<Q: Ord + ?Sized>(&mut self, name: &Q) -> Option<Value>
    where
        Str: Borrow<Q>,
    {
        self.find(name).ok().map(|at| self.0.remove(at).1)
    }

    /// The names, sorted.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Str> + ExactSizeIterator + Clone {
        self.0.iter().map(|(name, _)| name)
    }

    /// The values, in the order of their names.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator + Clone {
        self.0.iter().map(|(_, value)| value)
    }

    /// The values, to change them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// All entries, sorted by name.
    pub fn iter(&self) -> Iter<'_> {
        self.0.iter().map(pair)
    }

    /// All entries, to change the values.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Str, &mut Value)> {
        self.0.iter_mut().map(|(name, value)| (&*name, value))
    }

    /// Keeps the entries that are wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Str, &mut Value) -> bool) {
        self.0.retain_mut(|(name, value)| wanted(name, value));
    }
}

/// Entries one after the other.
pub(super) type Iter<'a> =
    std::iter::Map<std::slice::Iter<'a, (Str, Value)>, fn(&'a (Str, Value)) -> (&'a Str, &'a Value)>;

fn pair((name, value): &(Str, Value)) -> (&Str, &Value) {
    (name, value)
}

impl FromIterator<(Str, Value)> for Entries {
    /// The later of entries of one name wins.
    fn from_iter<I: IntoIterator<Item = (Str, Value)>>(entries: I) -> Self {
        let mut all: Vec<(Str, Value)> = entries.into_iter().collect();
        if !all.is_sorted_by(|a, b| a.0 < b.0) {
            // Stable, so that of one name the last comes first once all is turned round.
            all.reverse();
            all.sort_by(|a, b| a.0.cmp(&b.0));
            all.dedup_by(|later, first| later.0 == first.0);
        }
        all.shrink_to_fit();
        Entries(all)
    }
}

impl Extend<(Str, Value)> for Entries {
    fn extend<I: IntoIterator<Item = (Str, Value)>>(&mut self, entries: I) {
        *self = std::mem::take(self).into_iter().chain(entries).collect();
    }
}

impl From<BTreeMap<Str, Value>> for Entries {
    fn from(entries: BTreeMap<Str, Value>) -> Self {
        Entries(entries.into_iter().collect())
    }
}

impl IntoIterator for Entries {
    type Item = (Str, Value);
    type IntoIter = std::vec::IntoIter<(Str, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Entries {
    type Item = (&'a Str, &'a Value);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
