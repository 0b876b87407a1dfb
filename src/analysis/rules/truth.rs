//! Three-valued logic: an unknown never turns into a pass or a fail.

use crate::terraform::value::{Reason, Unknown, Value};

/// Yes, no, or not known and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Holds.
    Yes,
    /// Does not hold.
    No,
    /// Cannot be told; the reason names what would settle it.
    Unknown(String),
}

impl Truth {
    /// Both hold. A known `No` decides whatever the other is.
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::No, _) | (_, Truth::No) => Truth::No,
            (Truth::Unknown(why), _) | (_, Truth::Unknown(why)) => Truth::Unknown(why),
            _ => Truth::Yes,
        }
    }

    /// One of them holds. A known `Yes` decides whatever the other is.
    pub fn or(self, other: Truth) -> Truth {
        !((!self).and(!other))
    }

    /// All hold; `Yes` for none.
    pub fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        truths.into_iter().fold(Truth::Yes, Truth::and)
    }

    /// One holds; `No` for none.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        truths.into_iter().fold(Truth::No, Truth::or)
    }

    /// "There is none" where there may be one after all, and why: not known.
    pub fn unless(self, why: Option<&str>) -> Truth {
        match (self, why) {
            (Truth::No, Some(why)) => Truth::Unknown(why.to_owned()),
            (found, _) => found,
        }
    }

    /// A test of a value: `absent` when there is none or it is null; unknown when it is unknown.
    pub fn of(value: Option<&Value>, absent: impl Into<Truth>, test: impl Fn(&Value) -> bool) -> Truth {
        match value {
            None => absent.into(),
            Some(v) if v.is_null() => absent.into(),
            Some(v) => match v.as_unknown() {
                // A reference to nothing is an error with a diagnostic of its own: nothing is set.
                Some(unknown) if unknown.reason == Reason::Failed => absent.into(),
                Some(unknown) => possible(unknown, absent.into(), test),
                None => test(v).into(),
            },
        }
    }

    /// The value is `true`; `absent` when there is none.
    pub fn is_true(value: Option<&Value>, absent: bool) -> Truth {
        Truth::of(value, absent, |v| v.as_bool() == Some(true))
    }

    /// The value is this word, ignoring case; `absent` when there is none.
    pub fn is_word(value: Option<&Value>, word: &str, absent: bool) -> Truth {
        Truth::of(value, absent, |v| v.as_str().is_some_and(|s| s.eq_ignore_ascii_case(word)))
    }

    /// There is a value, or an unknown that comes from a reference: it will exist after apply.
    pub fn is_set(value: Option<&Value>) -> Truth {
        if let Some(unknown) = value.and_then(Value::as_unknown)
            && let Reason::Computed { derived, .. } | Reason::Data { derived, .. } = &unknown.reason
            && (!derived || unknown.refinement.not_null)
        {
            return Truth::Yes;
        }
        // What a function gives at apply, such as `timestamp()`, will be there.
        let at_apply = |u: &Unknown| matches!(u.reason, Reason::Function(_)) && u.refinement.not_null;
        if value.and_then(Value::as_unknown).is_some_and(at_apply) {
            return Truth::Yes;
        }
        // Text that begins with something is not empty, whatever follows.
        let begins = |u: &Unknown| u.refinement.prefix.as_ref().is_some_and(|p| !p.is_empty());
        if value.and_then(Value::as_unknown).is_some_and(begins) {
            return Truth::Yes;
        }
        Truth::of(value, false, |v| v.as_str() != Some(""))
    }
}

/// A test of what an unknown may turn out to be: the arms of a conditional, when both are known.
fn possible(unknown: &Unknown, absent: Truth, test: impl Fn(&Value) -> bool) -> Truth {
    let why = || Truth::Unknown(unknown.reason.to_string());
    let judge = |v: &Value| if v.is_null() { absent.clone() } else { test(v).into() };
    let Some(arms) = &unknown.refinement.one_of else { return why() };
    let mut truths = arms.iter().map(judge);
    match truths.next() {
        Some(first) if truths.all(|t| t == first) => first,
        _ => why(),
    }
}

impl From<bool> for Truth {
    fn from(yes: bool) -> Truth {
        if yes { Truth::Yes } else { Truth::No }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::Yes => Truth::No,
            Truth::No => Truth::Yes,
            unknown => unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_side_decides_over_an_unknown_one() {
        let unknown = || Truth::Unknown("var.x".into());
        assert_eq!(unknown().and(Truth::No), Truth::No);
        assert_eq!(unknown().or(Truth::Yes), Truth::Yes);
        assert_eq!(unknown().and(Truth::Yes), unknown());
        assert_eq!(Truth::No.or(unknown()), unknown());
        assert_eq!(Truth::all([]), Truth::Yes);
        assert_eq!(Truth::any([]), Truth::No);
    }
}
