//! Version constraints, as Terraform writes them: `>= 1.3, < 2.0.0, != 1.5.0`, `~> 4.0`.

use std::cmp::Ordering;

/// A version: `1.11.4`, `5.0.0-beta1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: Vec<u64>,
    prerelease: Option<String>,
}

impl Version {
    /// Reads a version; parts left out are 0.
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.trim().trim_start_matches('v');
        let text = text.split('+').next()?;
        let (numbers, prerelease) = match text.split_once('-') {
            Some((numbers, pre)) => (numbers, Some(pre.to_owned())),
            None => (text, None),
        };
        let numbers: Option<Vec<u64>> = numbers.split('.').map(|n| n.parse().ok()).collect();
        Some(Version { numbers: numbers?, prerelease })
    }

    /// True for `1.0.0-beta1` and its kind.
    pub fn is_prerelease(&self) -> bool {
        self.prerelease.is_some()
    }

    fn part(&self, at: usize) -> u64 {
        self.numbers.get(at).copied().unwrap_or(0)
    }

    /// The first number.
    pub fn major(&self) -> u64 {
        self.part(0)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let numbers = (0..self.numbers.len().max(other.numbers.len()).max(3))
            .map(|i| self.part(i).cmp(&other.part(i)))
            .find(|o| o.is_ne());
        numbers.unwrap_or_else(|| match (&self.prerelease, &other.prerelease) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.cmp(b),
        })
    }
}

/// One condition, such as `>= 1.3`.
#[derive(Clone, Debug)]
struct Condition {
    operator: &'static str,
    version: Version,
}

/// A list of conditions that must all hold.
#[derive(Clone, Debug, Default)]
pub struct Constraints(Vec<Condition>);

impl Constraints {
    /// Reads constraints; `None` for what is none.
    pub fn parse(text: &str) -> Option<Constraints> {
        let conditions = text.split(',').map(str::trim).filter(|c| !c.is_empty()).map(|condition| {
            const OPERATORS: &[&str] = &["~>", ">=", "<=", "!=", "=", ">", "<"];
            let operator = OPERATORS.iter().find(|o| condition.starts_with(**o)).copied();
            let rest = condition.get(operator.map_or(0, str::len)..)?;
            Some(Condition { operator: operator.unwrap_or("="), version: Version::parse(rest)? })
        });
        conditions.collect::<Option<Vec<_>>>().map(Constraints)
    }

    /// True when the version meets all conditions.
    pub fn admit(&self, version: &Version) -> bool {
        self.0.iter().all(|c| match c.operator {
            "=" => version == &c.version || version.cmp(&c.version).is_eq(),
            "!=" => version.cmp(&c.version).is_ne(),
            ">" => version > &c.version,
            ">=" => version >= &c.version,
            "<" => version < &c.version,
            "<=" => version <= &c.version,
            // All but the last number given are fixed.
            _ => {
                let fixed = c.version.numbers.len().saturating_sub(1).max(1);
                version >= &c.version && (0..fixed).all(|i| version.part(i) == c.version.part(i))
            }
        })
    }

    /// True when `terraform init` would take this version of a module for these constraints: a prerelease
    /// only when it is named exactly. `~> 4` fixes nothing here (as `>= 4`), because the library that
    /// Terraform compares module versions with fixes all numbers given but the last.
    pub fn select(&self, version: &Version) -> bool {
        let exactly = |c: &Condition| c.operator == "=" && version.cmp(&c.version).is_eq();
        if version.is_prerelease() && !self.0.iter().any(exactly) {
            return false;
        }
        let single = |c: &Condition| c.operator == "~>" && c.version.numbers.len() == 1;
        let (loose, strict): (Vec<_>, Vec<_>) = self.0.iter().cloned().partition(single);
        loose.iter().all(|c| version >= &c.version) && Constraints(strict).admit(version)
    }

    /// True when some version of this major could meet all conditions.
    pub fn admit_major(&self, major: u64) -> bool {
        let below = Version { numbers: vec![major, 0, 0], prerelease: None };
        let above = Version { numbers: vec![major, u64::MAX, u64::MAX], prerelease: None };
        self.0.iter().all(|c| match c.operator {
            "=" | "~>" => c.version.major() == major,
            "!=" => true,
            ">" | ">=" => above >= c.version,
            "<" => below < c.version,
            _ => below <= c.version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_as_terraform_has_them() {
        for (constraint, version, want) in [
            (">= 1.3, < 2.0.0, != 1.5.0", "1.11.4", true),
            (">= 1.3, < 2.0.0, != 1.5.0", "1.5.0", false),
            ("~> 4.0", "4.99.1", true),
            ("~> 4.0", "5.0.0", false),
            ("~> 4.1.2", "4.1.9", true),
            ("~> 4.1.2", "4.2.0", false),
            ("~> 4", "4.2.0", true),
            ("4.1", "4.1.0", true),
            ("< 5.0", "5.0.0-beta1", true),
        ] {
            let admitted = Constraints::parse(constraint).unwrap().admit(&Version::parse(version).unwrap());
            assert_eq!(admitted, want, "{constraint} {version}");
        }
        assert!(Constraints::parse("latest").is_none());
    }

    #[test]
    fn versions_of_modules() {
        for (constraint, version, want) in [
            ("", "1.0.0", true),
            ("", "2.0.0-rc1", false),
            (">= 1.0.0", "2.0.0-rc1", false),
            ("2.0.0-rc1", "2.0.0-rc1", true),
            ("= 2.0.0-rc1", "2.0.0-rc1", true),
            ("2.0.0-rc1", "2.0.0-rc2", false),
            ("!= 2.0.0", "2.0.0", false),
            ("~> 4", "5.1.0", true),
            ("~> 4.0", "5.1.0", false),
            ("~> 4.0", "4.9.0", true),
            (">= 1.2, < 2.0", "1.10.0", true),
        ] {
            let selected = Constraints::parse(constraint).unwrap().select(&Version::parse(version).unwrap());
            assert_eq!(selected, want, "{constraint} {version}");
        }
    }

    #[test]
    fn majors_that_constraints_admit() {
        for (constraint, want) in [
            ("~> 3.100", vec![3]),
            (">= 3.50, < 5.0", vec![3, 4]),
            (">= 4.0.0", vec![4, 5]),
            ("> 3.0, != 4.1.0, < 4.0.0", vec![3]),
            ("", vec![3, 4, 5]),
        ] {
            let constraints = Constraints::parse(constraint).unwrap();
            let majors: Vec<u64> = [3, 4, 5].into_iter().filter(|m| constraints.admit_major(*m)).collect();
            assert_eq!(majors, want, "{constraint}");
        }
    }
}
