//! How long a host is waited for.

use std::time::Duration;

/// How long a host is waited for. Waits are the same in every run: nothing is drawn by lot.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The first wait before a request is sent again; it doubles with every try.
    pub first: Duration,
    /// The longest single wait, also of those that a host asks for.
    pub longest: Duration,
    /// All waits of a run together.
    pub total: Duration,
    /// How long one request may take.
    pub one: Duration,
    /// The time between two requests that change something.
    pub pace: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            total: Duration::from_secs(120),
            one: Duration::from_secs(30),
            pace: Duration::from_secs(1),
        }
    }
}

impl Patience {
    /// The patience of somebody who waits this long in all.
    pub fn of(total: Duration) -> Patience {
        let all = Patience::default();
        Patience { total, longest: all.longest.min(total), one: all.one.min(total.max(all.first)), ..all }
    }

    /// The wait before try number `tries` + 1 where the host does not say.
    pub fn backoff(&self, tries: u32) -> Duration {
        self.first.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(self.longest)
    }
}
