//! Names that were met before.

use std::collections::HashMap;
use std::hash::Hash;

/// Bodies and objects rarely have more names than this.
const FEW: usize = 24;

/// What was noted by name: compared one by one while there are few, by hash when there are many.
#[derive(Debug)]
pub(in crate::terraform::syntax) struct Seen<K, V> {
    few: Vec<(K, V)>,
    many: HashMap<K, V>,
}

impl<K, V> Default for Seen<K, V> {
    fn default() -> Self {
        Seen { few: Vec::new(), many: HashMap::default() }
    }
}

impl<K: Eq + Hash, V: Copy> Seen<K, V> {
    /// Notes a value by a name; the value noted by it before.
    pub(super) fn insert(&mut self, name: K, value: V) -> Option<V> {
        if let Some((_, old)) = self.few.iter_mut().find(|(known, _)| *known == name) {
            return Some(std::mem::replace(old, value));
        }
        if self.few.len() >= FEW {
            return self.many.insert(name, value);
        }
        if self.few.is_empty() {
            self.few.reserve(8);
        }
        self.few.push((name, value));
        None
    }

    /// The value noted by a name.
    pub(super) fn get(&self, name: &K) -> Option<V> {
        let few = self.few.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        few.or_else(|| if self.many.is_empty() { None } else { self.many.get(name).copied() })
    }
}
