//! How many requests of a subscription run at once, and how fast.
//!
//! ARM refills a bucket of 250 reads by 25 a second for each subscription and principal, shared with
//! whatever else runs as the same principal. A gate starts with a few requests at once, takes one more
//! with every round of answers, halves when it is throttled, and keeps to the quota that answers name.
//! Some resource providers have narrower buckets of their own ([`Budget`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use azure_core::http::headers::{HeaderName, Headers};
use tokio::sync::Notify;

/// Requests at once of a subscription: at the beginning, at most, and when the quota runs out.
const START: f64 = 8.0;
const MOST: f64 = 16.0;
const SCARCE: f64 = 2.0;

/// The same over all subscriptions.
const START_OF_ALL: f64 = 48.0;
const MOST_OF_ALL: f64 = 64.0;

/// An answer that takes longer than this says that more at once would not be faster; one that takes much
/// longer, that less would do.
const SLOW: Duration = Duration::from_secs(2);
const VERY_SLOW: Duration = Duration::from_secs(10);

/// Below this many remaining reads the quota is scarce.
const RESERVE: u64 = 50;

/// What a request draws on besides the reads of its subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Budget {
    /// Nothing of its own.
    Usual,
    /// Parts of AKS clusters: 60 calls and one more a second for a whole subscription.
    ClusterParts,
    /// `Microsoft.Authorization`: 120 calls a minute.
    Authorization,
    /// Resource Graph: 15 queries in five seconds.
    Graph,
}

impl Budget {
    /// The budget of a path.
    pub fn of(path: &str) -> Budget {
        let path = path.to_ascii_lowercase();
        let after = |name: &str| path.rsplit_once(name).map(|(_, rest)| rest);
        if after("/providers/microsoft.resourcegraph/").is_some() {
            Budget::Graph
        } else if after("/providers/microsoft.authorization/").is_some() {
            Budget::Authorization
        } else if after("/microsoft.containerservice/managedclusters/").is_some_and(|rest| rest.contains('/'))
        {
            Budget::ClusterParts
        } else {
            Budget::Usual
        }
    }

    /// `(burst, refill per second)`, a reserve left to others.
    fn bucket(self) -> Option<(f64, f64)> {
        match self {
            Budget::Usual => None,
            Budget::ClusterParts => Some((50.0, 1.0)),
            Budget::Authorization => Some((30.0, 1.5)),
            Budget::Graph => Some((12.0, 2.5)),
        }
    }
}

/// The gate of one subscription.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    limit: f64,
    most: f64,
    running: usize,
    not_before: Instant,
    buckets: HashMap<Budget, Bucket>,
}

#[derive(Debug)]
struct Bucket {
    level: f64,
    at: Instant,
}

/// A request that runs; its place is free again when it is dropped.
pub(super) struct Permit(Arc<Gate>);

impl Default for Gate {
    /// The gate of a subscription.
    fn default() -> Gate {
        Gate::new(START, MOST)
    }
}

/// What a request has to wait for.
enum Wait {
    Nothing,
    Time(Duration),
    Place,
}

impl Gate {
    fn new(limit: f64, most: f64) -> Gate {
        let state = State { limit, most, running: 0, not_before: Instant::now(), buckets: HashMap::new() };
        Gate { state: Mutex::new(state), changed: Notify::new() }
    }

    /// The gate that all requests pass.
    pub(super) fn of_all() -> Gate {
        Gate::new(START_OF_ALL, MOST_OF_ALL)
    }

    /// Waits for a place.
    pub(super) async fn enter(self: &Arc<Gate>, budget: Budget) -> Permit {
        loop {
            let wait = self.state().ask(budget, Instant::now());
            match wait {
                Wait::Nothing => return Permit(self.clone()),
                Wait::Time(wait) => tokio::time::sleep(wait).await,
                Wait::Place => self.changed.notified().await,
            }
        }
    }

    /// Half as many from now on, and none for a while: after a 429, or no answer in time.
    pub(super) fn throttled(&self, wait: Duration) {
        let mut state = self.state();
        state.limit = (state.limit / 2.0).max(1.0);
        state.not_before = state.not_before.max(Instant::now() + wait);
    }

    /// Learns from an answer and how long it took: a little faster, or slower when little is left or the
    /// other side is at its own limit.
    pub(super) fn answered(&self, headers: &Headers, took: Duration) {
        let number = |name: &'static str| {
            headers.get_optional_string(&HeaderName::from_static(name))?.trim().parse::<u64>().ok()
        };
        let reads = ["x-ms-ratelimit-remaining-subscription-reads", "x-ms-ratelimit-remaining-tenant-reads"];
        let left = reads.into_iter().filter_map(number).min();
        let graph = number("x-ms-user-quota-remaining");
        let mut state = self.state();
        match left {
            Some(left) if left < RESERVE => state.limit = state.limit.min(SCARCE),
            _ if took > VERY_SLOW => state.limit = (state.limit - 1.0).max(SCARCE),
            _ if took > SLOW => {}
            _ => state.limit = (state.limit + 1.0 / state.limit).min(state.most),
        }
        if left == Some(0) {
            state.pause(Duration::from_secs(2));
        }
        if graph == Some(0) {
            let resets =
                headers.get_optional_string(&HeaderName::from_static("x-ms-user-quota-resets-after"));
            state.pause(resets.as_deref().and_then(clock).unwrap_or(Duration::from_secs(5)));
        }
        drop(state);
        // The limit may have grown by one.
        self.changed.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ask(&mut self, budget: Budget, now: Instant) -> Wait {
        if now < self.not_before {
            return Wait::Time(self.not_before - now);
        }
        // A limit of 2.9 are two requests.
        #[expect(clippy::cast_precision_loss, reason = "few requests run at once")]
        if self.running as f64 + 1.0 > self.limit {
            return Wait::Place;
        }
        if let Some((burst, refill)) = budget.bucket() {
            let bucket = self.buckets.entry(budget).or_insert(Bucket { level: burst, at: now });
            bucket.level = (bucket.level + now.duration_since(bucket.at).as_secs_f64() * refill).min(burst);
            bucket.at = now;
            if bucket.level < 1.0 {
                return Wait::Time(Duration::from_secs_f64((1.0 - bucket.level) / refill));
            }
            bucket.level -= 1.0;
        }
        self.running += 1;
        Wait::Nothing
    }

    fn pause(&mut self, wait: Duration) {
        self.not_before = self.not_before.max(Instant::now() + wait);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.running = state.running.saturating_sub(1);
        drop(state);
        self.0.changed.notify_one();
    }
}

/// `hh:mm:ss`.
fn clock(text: &str) -> Option<Duration> {
    let mut seconds = 0u64;
    for part in text.split(':') {
        seconds = seconds.checked_mul(60)?.checked_add(part.trim().parse().ok()?)?;
    }
    Some(Duration::from_secs(seconds.min(60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_follow_the_path() {
        let cluster =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        assert_eq!(Budget::of(cluster), Budget::Usual);
        assert_eq!(Budget::of(&format!("{cluster}/maintenanceConfigurations")), Budget::ClusterParts);
        assert_eq!(
            Budget::of("/subscriptions/s/providers/microsoft.authorization/roleAssignments"),
            Budget::Authorization
        );
        assert_eq!(Budget::of("/providers/Microsoft.ResourceGraph/resources"), Budget::Graph);
    }

    #[test]
    fn a_gate_halves_when_throttled_grows_back_and_keeps_a_reserve() {
        let gate = Gate::default();
        gate.throttled(Duration::ZERO);
        gate.throttled(Duration::ZERO);
        assert_eq!(gate.state().limit, 2.0);
        for _ in 0..1000 {
            gate.answered(&Headers::new(), Duration::ZERO);
        }
        assert_eq!(gate.state().limit, MOST);
        gate.answered(&Headers::new(), SLOW * 2);
        assert_eq!(gate.state().limit, MOST);
        gate.answered(&Headers::new(), VERY_SLOW * 2);
        assert_eq!(gate.state().limit, MOST - 1.0);
        let mut scarce = Headers::new();
        scarce.insert("x-ms-ratelimit-remaining-subscription-reads", "49");
        gate.answered(&scarce, Duration::ZERO);
        assert_eq!(gate.state().limit, SCARCE);
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_one_at_a_time() {
        let gate = Gate::default();
        let mut state = gate.state();
        let now = Instant::now();
        let mut given = 0;
        while let Wait::Nothing = state.ask(Budget::ClusterParts, now) {
            state.running = 0;
            given += 1;
        }
        assert_eq!(given, 50);
        assert!(
            matches!(state.ask(Budget::ClusterParts, now), Wait::Time(wait) if wait <= Duration::from_secs(1))
        );
        assert!(matches!(state.ask(Budget::Usual, now), Wait::Nothing));
    }

    #[test]
    fn quota_resets_are_read() {
        assert_eq!(clock("00:00:05"), Some(Duration::from_secs(5)));
        assert_eq!(clock("x"), None);
    }
}
