//! The gate: what makes a run end with status 2.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;

use crate::analysis::finding::Severity;

/// One condition of `--fail-on`.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// A finding of this severity or above; with a base, one that the change brings.
    Severity(Severity),
    /// Any drift, missing or unmanaged resource.
    Drift,
    /// Something that could not be read.
    Incomplete,
    /// Expected cost above this much a month, in the currency of the prices.
    Cost(Decimal),
    /// Expected cost that grows by more than this much a month.
    CostIncrease(Decimal),
    /// Expected cost that grows by more than this many per cent.
    CostIncreasePercent(Decimal),
}

/// The conditions; any one of them fails the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Gate(pub Vec<Condition>);

impl Default for Gate {
    fn default() -> Self {
        Gate(vec![Condition::Severity(Severity::High)])
    }
}

/// What a gate looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measured {
    /// The gravest finding that counts.
    pub worst: Option<Severity>,
    /// Something differs from the live estate.
    pub drift: bool,
    /// Something could not be read.
    pub incomplete: bool,
    /// What is expected a month now, of what is priced.
    pub cost: Option<Decimal>,
    /// What was expected before the change.
    pub cost_before: Option<Decimal>,
    /// By how much the change raises it: what has a price on one side only is no part of it.
    pub cost_change: Option<Decimal>,
}

impl Gate {
    /// The conditions that hold.
    pub fn broken(&self, measured: &Measured) -> Vec<&Condition> {
        self.0.iter().filter(|c| c.holds(measured)).collect()
    }

    /// The least severity that fails the run, if one does.
    pub fn severity(&self) -> Option<Severity> {
        self.0.iter().filter_map(|c| if let Condition::Severity(s) = c { Some(*s) } else { None }).min()
    }
}

impl Condition {
    fn holds(&self, m: &Measured) -> bool {
        match self {
            Condition::Severity(least) => m.worst.is_some_and(|w| w >= *least),
            Condition::Drift => m.drift,
            Condition::Incomplete => m.incomplete,
            Condition::Cost(limit) => m.cost.is_some_and(|c| c > *limit),
            Condition::CostIncrease(limit) => m.cost_change.is_some_and(|i| i > *limit),
            Condition::CostIncreasePercent(limit) => {
                let hundredth = m.cost_before.unwrap_or_default() / Decimal::ONE_HUNDRED;
                m.cost_change.is_some_and(|i| i > *limit * hundredth)
            }
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Severity(s) => f.write_str(s.word()),
            Condition::Drift => f.write_str("drift"),
            Condition::Incomplete => f.write_str("incomplete"),
            Condition::Cost(n) => write!(f, "cost>{n}"),
            Condition::CostIncrease(n) => write!(f, "cost-increase>{n}"),
            Condition::CostIncreasePercent(n) => write!(f, "cost-increase>{n}%"),
        }
    }
}

/// The forms of `--fail-on`, for its help and its error.
pub const FORMS: &str = "critical, high, medium, low, info, drift, incomplete, cost>N, cost>N%, cost-increase>N, cost-increase>N%, nothing";

impl FromStr for Gate {
    type Err = String;

    /// A comma-separated list of the [`FORMS`]; `nothing` alone is a gate that never fails.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim() == "nothing" {
            return Ok(Gate(Vec::new()));
        }
        text.split(',').map(|t| condition(t.trim())).collect::<Result<_, _>>().map(Gate)
    }
}

fn condition(text: &str) -> Result<Condition, String> {
    let wrong = || format!("\"{text}\" is none of: {FORMS}");
    if let Some(severity) = Severity::from_word(text) {
        return Ok(Condition::Severity(severity));
    }
    let number = |t: &str| t.trim().parse::<Decimal>().map_err(|_| wrong());
    match text.split_once('>') {
        None if text == "drift" => Ok(Condition::Drift),
        None if text == "incomplete" => Ok(Condition::Incomplete),
        Some(("cost", n)) => match n.strip_suffix('%') {
            // A share can only be that of what it was.
            Some(n) => number(n).map(Condition::CostIncreasePercent),
            None => number(n).map(Condition::Cost),
        },
        Some(("cost-increase", n)) => match n.strip_suffix('%') {
            Some(n) => number(n).map(Condition::CostIncreasePercent),
            None => number(n).map(Condition::CostIncrease),
        },
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_printed_alike() {
        let text = "high,drift,incomplete,cost>500,cost-increase>20.5,cost-increase>10%";
        let gate: Gate = text.parse().unwrap();
        assert_eq!(gate.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(","), text);
        assert_eq!("nothing".parse::<Gate>().unwrap().0, []);
        assert!("hihg".parse::<Gate>().unwrap_err().contains("none of: critical"));
        assert!("cost>many".parse::<Gate>().is_err());
        assert_eq!("cost>10%".parse::<Gate>().unwrap().0, [Condition::CostIncreasePercent(Decimal::TEN)]);
    }

    #[test]
    fn an_unknown_cost_breaks_no_gate_and_a_known_one_does() {
        let gate: Gate = "cost>100,cost-increase>10%".parse().unwrap();
        assert!(gate.broken(&Measured::default()).is_empty());
        let cost = |now: i64, before: i64| Measured {
            cost: Some(now.into()),
            cost_before: Some(before.into()),
            cost_change: Some((now - before).into()),
            ..Measured::default()
        };
        assert_eq!(gate.broken(&cost(100, 95)).len(), 0);
        assert_eq!(gate.broken(&cost(105, 95)).len(), 2);
    }
}
