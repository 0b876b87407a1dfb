//! When a growing number reaches its limit: a robust trend over a few dated observations.
//!
//! The slope is the median of the slopes of all pairs of observations (Theil and Sen), so that one odd
//! night changes little; its bounds are those of Sen's rank interval at 90 %. With few observations the
//! interval is all slopes there are.

/// Seconds of a day.
const DAY: f64 = 86_400.0;
/// Fewer observations say nothing about a trend.
pub const LEAST_POINTS: usize = 3;
/// Observations over fewer days show the week's rhythm rather than a trend.
pub const LEAST_DAYS: u64 = 7;
/// A rank interval of 90 %: the 95th percentile of the normal distribution.
const Z: f64 = 1.645;
/// Further ahead nothing is said.
const HORIZON_DAYS: f64 = 3_650.0;

/// An observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Seconds since 1970.
    pub at: i64,
    /// What was counted.
    pub count: u64,
}

/// A trend a day: the median slope and its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The median.
    pub slope: f64,
    /// It may be as little as this,
    pub low: f64,
    /// or as much as this.
    pub high: f64,
}

/// Days from the last observation on; `None` is never, or beyond ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Days {
    /// At the median slope.
    pub about: Option<u64>,
    /// At the steepest.
    pub soonest: Option<u64>,
    /// At the flattest.
    pub latest: Option<u64>,
}

/// Whole days between the first and the last observation.
pub fn span_days(points: &[Point]) -> u64 {
    let (first, last) = (points.iter().map(|p| p.at).min(), points.iter().map(|p| p.at).max());
    let seconds = first.zip(last).map_or(0, |(first, last)| last.saturating_sub(first));
    u64::try_from(seconds).unwrap_or(0) / 86_400
}

/// The trend of observations at different times; `None` for too few of them, or over too short a time.
pub fn trend(points: &[Point]) -> Option<Trend> {
    if points.len() < LEAST_POINTS || span_days(points) < LEAST_DAYS {
        return None;
    }
    let mut slopes: Vec<f64> = Vec::new();
    for (i, a) in points.iter().enumerate() {
        for b in points.iter().skip(i + 1).filter(|b| b.at != a.at) {
            slopes.push((b.count as f64 - a.count as f64) / (b.at - a.at) as f64 * DAY);
        }
    }
    slopes.sort_by(f64::total_cmp);
    let n = points.len() as f64;
    let pairs = slopes.len() as f64;
    let reach = Z * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let rank = |position: f64| slopes.get((position.max(0.0) as usize).min(slopes.len().saturating_sub(1)));
    let middle = slopes.len() / 2;
    let slope = match (slopes.len() % 2, middle.checked_sub(1)) {
        (0, Some(below)) => (slopes.get(below)? + slopes.get(middle)?) / 2.0,
        _ => *slopes.get(middle)?,
    };
    Some(Trend {
        slope,
        low: *rank(((pairs - reach) / 2.0).floor())?,
        high: *rank(((pairs + reach) / 2.0).ceil())?,
    })
}

impl Trend {
    /// When `free` is used up. Nothing left is now.
    pub fn uses_up(&self, free: u64) -> Days {
        let days = |slope: f64, round: fn(f64) -> f64| {
            let days = round(free as f64 / slope);
            match free {
                0 => Some(0),
                _ if slope <= 0.0 || days > HORIZON_DAYS => None,
                _ => Some(days as u64),
            }
        };
        Days {
            about: days(self.slope, f64::round),
            soonest: days(self.high, f64::floor),
            latest: days(self.low, f64::ceil),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn daily(counts: &[u64]) -> Vec<Point> {
        counts
            .iter()
            .enumerate()
            .map(|(day, count)| Point { at: day as i64 * 86_400, count: *count })
            .collect()
    }

    #[test]
    fn a_steady_growth_is_found_and_one_odd_night_changes_little() {
        let steady = trend(&daily(&[100, 103, 106, 109, 112, 115, 118, 121])).unwrap();
        assert_eq!(steady, Trend { slope: 3.0, low: 3.0, high: 3.0 });
        assert_eq!(steady.uses_up(120), Days { about: Some(40), soonest: Some(40), latest: Some(40) });
        let odd = trend(&daily(&[100, 103, 106, 500, 112, 115, 118, 121])).unwrap();
        assert_eq!(odd, steady);
        let wild = trend(&daily(&[100, 130, 90, 150, 80, 160, 120, 170])).unwrap();
        assert!(wild.low < 0.0 && wild.slope > 0.0 && wild.high > wild.slope, "{wild:?}");
        assert_eq!(wild.uses_up(100).latest, None);
    }

    #[test]
    fn what_does_not_grow_is_never_full_and_too_little_says_nothing() {
        let flat = trend(&daily(&[50; 9])).unwrap();
        assert_eq!(flat.uses_up(10), Days { about: None, soonest: None, latest: None });
        assert_eq!(flat.uses_up(0).about, Some(0));
        assert_eq!(trend(&daily(&[1, 2, 3, 4, 5, 6, 7])), None);
        assert_eq!(trend(&[Point { at: 0, count: 1 }, Point { at: 864_000, count: 2 }]), None);
    }

    proptest! {
        #[test]
        fn bounds_hold_the_median_and_order_does_not_matter(
            counts in proptest::collection::vec(0u64..100_000, 8..30), free in 0u64..10_000,
        ) {
            let points = daily(&counts);
            let found = trend(&points).unwrap();
            prop_assert!(found.low <= found.slope && found.slope <= found.high);
            let mut turned = points;
            turned.reverse();
            prop_assert_eq!(trend(&turned).unwrap(), found);
            let days = found.uses_up(free);
            if let (Some(soonest), Some(about)) = (days.soonest, days.about) {
                prop_assert!(soonest <= about && days.latest.is_none_or(|l| about <= l));
            }
        }
    }
}
