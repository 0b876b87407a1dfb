//! The three moments at which a subnet must suffice, and a pool's nodes at each.

use super::surge::{Upgrade, surge};

/// A moment.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// As declared.
    Steady,
    /// Every autoscaled pool at its maximum.
    AutoscalerMax,
    /// An upgrade of all pools at their maximum.
    UpgradePeak,
}

impl Stage {
    /// All, in the order in which they fail.
    pub const ALL: [Stage; 3] = [Stage::Steady, Stage::AutoscalerMax, Stage::UpgradePeak];

    /// As prose names it.
    pub fn words(self) -> &'static str {
        match self {
            Stage::Steady => "with the declared node counts",
            Stage::AutoscalerMax => "at the autoscaler's maximum",
            Stage::UpgradePeak => "at the peak of an upgrade",
        }
    }
}

/// One number a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stages {
    /// At [`Stage::Steady`].
    pub steady: u64,
    /// At [`Stage::AutoscalerMax`].
    pub max: u64,
    /// At [`Stage::UpgradePeak`].
    pub peak: u64,
}

impl Stages {
    /// The same number at each stage.
    pub fn flat(n: u64) -> Stages {
        Stages { steady: n, max: n, peak: n }
    }

    /// The number of a stage.
    pub fn at(&self, stage: Stage) -> u64 {
        match stage {
            Stage::Steady => self.steady,
            Stage::AutoscalerMax => self.max,
            Stage::UpgradePeak => self.peak,
        }
    }

    /// Both combined stage by stage.
    pub fn zip(self, other: Stages, f: impl Fn(u64, u64) -> u64) -> Stages {
        Stages {
            steady: f(self.steady, other.steady),
            max: f(self.max, other.max),
            peak: f(self.peak, other.peak),
        }
    }

    /// The sum.
    pub fn plus(self, other: Stages) -> Stages {
        self.zip(other, u64::saturating_add)
    }

    /// The product.
    pub fn times(self, other: Stages) -> Stages {
        self.zip(other, u64::saturating_mul)
    }

    /// The first stage that exceeds a capacity.
    pub fn first_over(&self, capacity: u64) -> Option<Stage> {
        Stage::ALL.into_iter().find(|s| self.at(*s) > capacity)
    }
}

impl std::iter::Sum for Stages {
    fn sum<I: Iterator<Item = Stages>>(iter: I) -> Stages {
        iter.fold(Stages::default(), Stages::plus)
    }
}

/// Least and greatest node count of an autoscaled pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Autoscale {
    /// `min_count`
    pub min: u32,
    /// `max_count`
    pub max: u32,
}

/// Nodes of a pool at each stage: the count when it is set and above 0, else the autoscaler's
/// minimum (what azurerm sends); the autoscaler's maximum; and that plus the surge.
pub fn node_stages(
    count: Option<u32>,
    autoscale: Option<Autoscale>,
    upgrade: &Upgrade,
    spot: bool,
) -> Stages {
    let counted = u64::from(count.unwrap_or(0));
    let steady = match autoscale {
        Some(a) if counted == 0 => u64::from(a.min),
        _ => counted,
    };
    let max = autoscale.map_or(steady, |a| u64::from(a.max));
    Stages { steady, max, peak: max + surge(max, upgrade, spot) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_at_each_stage() {
        let auto = |min, max| Some(Autoscale { min, max });
        let cases = [
            (Some(3), None, (3, 3, 4)),
            (Some(0), auto(2, 20), (2, 20, 22)),
            (None, auto(2, 20), (2, 20, 22)),
            (Some(5), auto(2, 20), (5, 20, 22)),
            (None, auto(0, 0), (0, 0, 0)),
            (None, None, (0, 0, 0)),
        ];
        for (count, autoscale, (steady, max, peak)) in cases {
            let got = node_stages(count, autoscale, &Upgrade::default(), false);
            assert_eq!(got, Stages { steady, max, peak }, "{count:?} {autoscale:?}");
        }
    }
}
