//! Part of the copy that `tools/mutate_rules` makes of this crate: which of its conditions is negated.

use std::cell::{Cell, RefCell};

use crate::analysis::rules::Truth;

/// What a condition may be.
pub trait Opposite {
    /// The other.
    fn opposite(self) -> Self;
}

impl Opposite for bool {
    fn opposite(self) -> bool {
        !self
    }
}

impl Opposite for Option<bool> {
    fn opposite(self) -> Option<bool> {
        self.map(|b| !b)
    }
}

impl Opposite for u128 {
    fn opposite(self) -> u128 {
        !self
    }
}

impl Opposite for Truth {
    fn opposite(self) -> Truth {
        !self
    }
}

thread_local! {
    static NEGATED: Cell<u32> = Cell::new(std::env::var("NEGATED").ok().and_then(|n| n.parse().ok()).unwrap_or(0));
    static LEFT: Cell<u64> = const { Cell::new(u64::MAX) };
    static REACHED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// The value of a condition, or its opposite where this is the one that is negated.
pub fn flip<T: Opposite>(id: u32, value: T) -> T {
    let left = LEFT.get();
    assert!(left > 0, "a condition is asked without end");
    LEFT.set(left - 1);
    REACHED.with_borrow_mut(|reached| {
        if let Some(times) = reached.get_mut(id as usize) {
            *times += 1;
        }
    });
    if NEGATED.get() == id { value.opposite() } else { value }
}

/// From now on this condition is negated in this thread, none for 0; after so many conditions it panics.
pub fn negate(id: u32, most: u64) {
    NEGATED.set(id);
    LEFT.set(most);
}

/// How often each condition below `count` is asked by what is run.
pub fn reached(count: usize, run: impl FnOnce()) -> Vec<u64> {
    REACHED.replace(vec![0; count]);
    run();
    REACHED.take()
}
