//! The language of declared rules: conditions over one resource, three-valued.
//!
//! A [`Condition`] is plain data, built in a `static`:
//!
//! ```text
//! Is("properties.disableLocalAccounts", True)                     must be there and true
//! OrAbsent("properties.enableRBAC", True)                         true, or not there
//! Any(&[Is("sku.name", OneOf(&["Premium"])), Absent("zones")])    either
//! ```
//!
//! Paths are those of the ARM document (provider defaults and renames are applied already); a path that
//! begins with `hcl.` reads the arguments of the code instead, in today's names (or under the old name, for
//! one that azurerm has dropped). A step goes through a list of one element by itself, so single blocks
//! need no index. The empty path is the thing itself.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use regex::Regex;
use time::{Date, Duration};

use super::Truth;
use super::graph::text::{has_members, is_shown, is_word};
use super::graph::{Graph, date, production};
use super::tables::{RETIREMENTS, last_day};
use crate::azure::estate::Document;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Reason, Value};

/// What may hold of a thing.
#[derive(Clone, Copy, Debug)]
pub enum Condition {
    /// The value at a path passes a test. An absent value does not.
    Is(&'static str, Test),
    /// The value at a path passes a test, or is absent.
    OrAbsent(&'static str, Test),
    /// There is no value at a path.
    Absent(&'static str),
    /// All of these hold.
    All(&'static [Condition]),
    /// One of these holds.
    Any(&'static [Condition]),
    /// This does not hold.
    Not(&'static Condition),
    /// It holds of each element of the list at a path; a list that is absent has none.
    Every(&'static str, &'static Condition),
    /// It holds of some element of the list at a path.
    Exists(&'static str, &'static Condition),
    /// It holds of the parent: a pool's cluster, a secret's vault. Unknown where that is in another root.
    Parent(&'static Condition),
    /// It was written with azurerm of one of these majors; no for azapi and for what is live.
    Azurerm(&'static [u32]),
    /// It was read from Azure.
    Live,
    /// A tag, a variable or a path says that this is production.
    Production,
    /// The review's day is this one (`YYYY-MM-DD`) or later.
    Since(&'static str),
    /// The last day of something in `data/retirements.txt` is over.
    Retired(&'static str),
    /// That day is over, or at most so many days away.
    Retiring(&'static str, i64),
    /// What data cannot say: a question to the graph.
    Ask(for<'a, 'b> fn(&'b Graph<'a>, Thing<'a>) -> Truth),
}

/// A test of a value that is there. Words compare without case.
#[derive(Clone, Copy, Debug)]
pub enum Test {
    /// `true`, or the word `true`.
    True,
    /// `false`, or the word `false`.
    False,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// None of these words.
    NoneOf(&'static [&'static str]),
    /// One of these words where an id may stand instead: a reference is none of them.
    Keyword(&'static [&'static str]),
    /// Any value but an empty string; an unknown that comes from a reference will be one.
    Set,
    /// Any value but an empty string, known or not: whoever writes an argument gives it something.
    Written,
    /// A list with at least one member, known or not.
    Filled,
    /// A list that has one of these words.
    Has(&'static [&'static str]),
    /// A list that has nothing but these words.
    Only(&'static [&'static str]),
    /// A number of at least this.
    AtLeast(i64),
    /// A number of at most this.
    AtMost(i64),
    /// Text that begins with one of these; the known beginning of an unknown text may decide.
    StartsWith(&'static [&'static str]),
    /// Text that a regular expression finds; write `^` and `$`. With case.
    Matches(&'static str),
    /// What data cannot say; it gets known values only.
    By(fn(&Value) -> bool),
}

/// What a condition is asked about.
#[derive(Clone, Copy)]
pub struct Thing<'a> {
    /// The document; `None` for a Terraform type without a place in the model.
    pub document: Option<&'a Document>,
    /// The instance; `None` for what is live.
    pub instance: Option<&'a Instance>,
    /// The value that paths lead into: the body, the arguments, or one element of a list of them.
    pub value: &'a Value,
}

impl<'a> From<&'a Document> for Thing<'a> {
    fn from(document: &'a Document) -> Thing<'a> {
        let instance = document.declared.as_ref().map(|d| &*d.instance);
        Thing { document: Some(document), instance, value: &document.body }
    }
}

impl<'a> From<&'a Instance> for Thing<'a> {
    fn from(instance: &'a Instance) -> Thing<'a> {
        Thing { document: None, instance: Some(instance), value: &instance.config }
    }
}

/// The argument side of a document.
const HCL: &str = "hcl.";

impl<'a> Thing<'a> {
    /// The value at a path; an unknown on the way is returned itself.
    pub fn get(&self, path: &str) -> Option<&'a Value> {
        match path.strip_prefix(HCL) {
            None => below(self.value, path),
            Some(path) => {
                let declared = self.document?.declared.as_ref()?;
                let dropped =
                    || below(&declared.instance.config, path).filter(|_| declared.inline.is_empty());
                below(&declared.attributes, path).or_else(dropped)
            }
        }
    }

    /// The value at a path, or the nearest block around it that a person wrote.
    fn place(&self, path: &str) -> Option<&'a Value> {
        let mut path = path;
        loop {
            let written = |v: &&Value| v.origin.at.is_some();
            if let Some(found) = self.get(path).filter(written) {
                return Some(found);
            }
            path = path.rsplit_once('.')?.0;
        }
    }

    fn element(&self, value: &'a Value) -> Thing<'a> {
        Thing { value, ..*self }
    }
}

/// The value at a dotted path, members without case.
fn below<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = value;
    for step in path.split('.').filter(|s| !s.is_empty()) {
        if let Some([only]) = at.as_slice() {
            at = only;
        }
        if at.is_unknown() {
            return Some(at);
        }
        let map = at.as_map()?;
        let same = || map.iter().find(|(k, _)| k.eq_ignore_ascii_case(step)).map(|(_, v)| v);
        at = map.get(step).or_else(same)?;
    }
    (!at.is_null()).then_some(at)
}

/// Whether a condition holds, and the value that decided.
pub struct Answer<'a> {
    /// Whether it holds.
    pub truth: Truth,
    /// The value that decided; where that is absent, the block that lacks it.
    pub at: Option<&'a Value>,
    /// What was seen, for a message; nothing when nothing was there.
    pub seen: Option<&'a Value>,
}

impl<'a> Answer<'a> {
    fn plain(truth: impl Into<Truth>) -> Answer<'a> {
        Answer { truth: truth.into(), at: None, seen: None }
    }
}

impl Condition {
    /// What holds exactly where this does not.
    pub(super) fn opposite(&'static self) -> Condition {
        Condition::Not(self)
    }

    /// Whether it holds of a thing, and what decided.
    pub fn answer<'a>(&self, graph: &Graph<'a>, of: Thing<'a>) -> Answer<'a> {
        match *self {
            Condition::Is(path, test) => test.answer(of, path, false),
            Condition::OrAbsent(path, test) => test.answer(of, path, true),
            Condition::Absent(path) => Test::Set.answer(of, path, false).negated(),
            Condition::All(parts) => conjunction(parts.iter().map(|p| p.answer(graph, of))),
            Condition::Any(parts) => {
                conjunction(parts.iter().map(|p| p.answer(graph, of).negated())).negated()
            }
            Condition::Not(part) => part.answer(graph, of).negated(),
            Condition::Every(path, part) => every(of, path, |element| part.answer(graph, element)),
            Condition::Exists(path, part) => {
                every(of, path, |element| part.answer(graph, element).negated()).negated()
            }
            Condition::Parent(part) => match parent(graph, of) {
                Some(parent) => Answer { at: None, ..part.answer(graph, parent) },
                None => Answer::plain(Truth::Unknown("its parent is not in this root".to_owned())),
            },
            Condition::Azurerm(majors) => {
                Answer::plain(major(graph, of).is_some_and(|m| majors.contains(&m)))
            }
            Condition::Live => Answer::plain(of.instance.is_none()),
            Condition::Production => Answer::plain(of.document.is_some_and(|d| production(graph, d))),
            Condition::Since(day) => Answer::plain(date(day).is_some_and(|d| graph.today >= d)),
            Condition::Retired(what) => Answer::plain(retirement(what).is_some_and(|d| graph.today > d)),
            Condition::Retiring(what, days) => {
                let near = |day| graph.today >= day || day - graph.today <= Duration::days(days);
                Answer::plain(retirement(what).is_some_and(near))
            }
            Condition::Ask(ask) => Answer::plain(ask(graph, of)),
        }
    }

    /// Whether it holds of a thing.
    pub fn holds<'a>(&self, graph: &Graph<'a>, of: impl Into<Thing<'a>>) -> Truth {
        self.answer(graph, of.into()).truth
    }
}

/// The last day of something that retires.
fn retirement(what: &str) -> Option<Date> {
    last_day(RETIREMENTS.row(what)?.get(1)?)
}

/// The document around a document.
fn parent<'a>(graph: &Graph<'a>, of: Thing<'a>) -> Option<Thing<'a>> {
    Some(graph.estate.by_id(&of.document?.id.parent()?)?.into())
}

/// The major of azurerm that a thing was written with.
fn major(graph: &Graph<'_>, of: Thing<'_>) -> Option<u32> {
    let own = || graph.estate.by_address(&of.instance?.address.to_string());
    if let Some(document) = of.document.or_else(own) {
        return document.declared.as_ref().map(|d| d.major).filter(|m| *m > 0);
    }
    graph.evaluation?.providers.get(&of.instance?.provider)?.major
}

/// The answer for "all of these": what decides is the first that does not hold, else the first that is
/// not known; a value that is there is shown rather than one that is not.
fn conjunction<'a>(answers: impl Iterator<Item = Answer<'a>>) -> Answer<'a> {
    let rank = |a: &Answer<'_>| match a.truth {
        Truth::No => 2,
        Truth::Unknown(_) => 1,
        Truth::Yes => 0,
    };
    let there = |a: &Answer<'_>| (a.seen.is_some(), a.at.is_some());
    answers
        .reduce(|a, b| match rank(&b).cmp(&rank(&a)) {
            std::cmp::Ordering::Greater => b,
            std::cmp::Ordering::Equal if there(&b) > there(&a) => b,
            _ => a,
        })
        .unwrap_or_else(|| Answer::plain(true))
}

/// The answer for "each element of the list".
fn every<'a>(of: Thing<'a>, path: &str, ask: impl Fn(Thing<'a>) -> Answer<'a>) -> Answer<'a> {
    let list = of.get(path);
    if let Some(unknown) = list.and_then(Value::as_unknown) {
        let truth = match Truth::of(list, true, |_| false) {
            Truth::Yes => Truth::Yes,
            _ => Truth::Unknown(unknown.reason.to_string()),
        };
        return Answer { at: list, ..Answer::plain(truth) };
    }
    let elements = list.and_then(Value::as_slice).unwrap_or_default().iter();
    let answers = elements.map(|value| {
        let answer = match value.as_unknown() {
            Some(unknown) => Answer::plain(Truth::Unknown(unknown.reason.to_string())),
            None => ask(of.element(value)),
        };
        Answer { at: answer.at.or(Some(value)), ..answer }
    });
    conjunction(answers)
}

impl<'a> Answer<'a> {
    fn negated(self) -> Answer<'a> {
        Answer { truth: !self.truth, ..self }
    }
}

impl Test {
    fn answer<'a>(self, of: Thing<'a>, path: &str, absent: bool) -> Answer<'a> {
        let value = of.get(path);
        Answer {
            truth: self.of(value, absent),
            at: of.place(path).or(value),
            seen: value.filter(|v| is_shown(v)),
        }
    }

    /// Whether a value passes; `absent` when there is none.
    pub fn of(self, value: Option<&Value>, absent: bool) -> Truth {
        let listed = |v: &Value, words: &[&str]| words.iter().any(|w| is_word(v, w));
        match self {
            Test::True => Truth::of(value, absent, |v| is(v, true)),
            Test::False => Truth::of(value, absent, |v| is(v, false)),
            Test::OneOf(words) => Truth::of(value, absent, |v| listed(v, words)),
            Test::NoneOf(words) => Truth::of(value, absent, |v| !listed(v, words)),
            Test::Keyword(words) => match value.and_then(Value::as_unknown).map(|u| &u.reason) {
                Some(Reason::Computed { derived: false, .. } | Reason::Data { derived: false, .. }) => {
                    Truth::No
                }
                _ => Truth::of(value, absent, |v| listed(v, words)),
            },
            Test::Set => match value {
                None => absent.into(),
                value => Truth::is_set(value),
            },
            Test::Written => match value.and_then(Value::as_unknown) {
                Some(unknown) if unknown.reason != Reason::Failed => Truth::Yes,
                _ => Test::Set.of(value, absent),
            },
            Test::Filled => match value {
                None => absent.into(),
                value => has_members(value),
            },
            Test::Has(words) => members(value, absent, |v| !listed(v, words), true),
            Test::Only(words) => members(value, absent, |v| listed(v, words), false),
            Test::AtLeast(least) => {
                Truth::of(value, absent, |v| number(v).is_some_and(|n| n >= least as f64))
            }
            Test::AtMost(most) => Truth::of(value, absent, |v| number(v).is_some_and(|n| n <= most as f64)),
            Test::StartsWith(words) => begins(value, absent, words),
            Test::Matches(pattern) => matches(value, absent, pattern),
            Test::By(test) => Truth::of(value, absent, test),
        }
    }
}

fn is(value: &Value, wanted: bool) -> bool {
    value.as_bool().map_or_else(|| is_word(value, if wanted { "true" } else { "false" }), |b| b == wanted)
}

/// A number, also one that ARM writes as text.
fn number(value: &Value) -> Option<f64> {
    let written = || value.as_str()?.trim().parse().ok();
    value.as_number().map(|n| n.to_f64()).or_else(written)
}

/// Whether every member of a list (or the one text that stands for it) passes; `negated` turns the answer.
fn members(value: Option<&Value>, absent: bool, test: impl Fn(&Value) -> bool, negated: bool) -> Truth {
    let Some(value) = value else { return absent.into() };
    let Some(items) = value.as_slice() else {
        return Truth::of(Some(value), absent, |v| test(v) != negated);
    };
    let all = Truth::all(items.iter().map(|v| Truth::of(Some(v), true, &test)));
    if negated { !all } else { all }
}

fn begins(value: Option<&Value>, absent: bool, words: &[&str]) -> Truth {
    let starts = |text: &str| {
        words.iter().any(|w| text.get(..w.len()).is_some_and(|head| head.eq_ignore_ascii_case(w)))
    };
    if let Some(head) = value.and_then(Value::as_unknown).and_then(|u| u.refinement.prefix.as_ref()) {
        let same = |a: &str, b: &str| a.get(..b.len()).is_some_and(|a| a.eq_ignore_ascii_case(b));
        // What goes on differently than each word can be none of them.
        let may_become_one = words.iter().any(|w| same(w, head));
        if starts(head) || !may_become_one {
            return starts(head).into();
        }
    }
    Truth::of(value, absent, |v| v.as_str().is_some_and(starts))
}

/// Compiled expressions, by their text.
static PATTERNS: LazyLock<Mutex<HashMap<&'static str, Option<Regex>>>> = LazyLock::new(Mutex::default);

fn matches(value: Option<&Value>, absent: bool, pattern: &'static str) -> Truth {
    let mut patterns = PATTERNS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let compiled = patterns.entry(pattern).or_insert_with(|| Regex::new(pattern).ok());
    let Some(expression) = compiled else {
        return Truth::Unknown(format!("{pattern} is no regular expression"));
    };
    Truth::of(value, absent, |v| v.as_str().is_some_and(|text| expression.is_match(text)))
}

#[cfg(test)]
mod tests {
    use super::Test::*;
    use super::*;
    use crate::terraform::value::{Refinement, Type};

    fn text(words: &[&str]) -> Value {
        Value::tuple(words.iter().map(|w| Value::string(w)).collect())
    }

    fn unknown(prefix: &str) -> Value {
        let refinement = Refinement { prefix: Some(prefix.into()), ..Refinement::default() };
        Value::refined(Type::String, Reason::Variable("x".into()), refinement)
    }

    #[test]
    fn tests_judge_values() {
        let mixed = Value::tuple(vec![Value::string("bad"), unknown("")]);
        let cases: [(Test, Value, Option<bool>); 21] = [
            (True, Value::string("true"), Some(true)),
            (False, Value::string("true"), Some(false)),
            (OneOf(&["Premium"]), Value::string("premium"), Some(true)),
            (NoneOf(&["Premium"]), Value::string("premium"), Some(false)),
            (NoneOf(&["Premium"]), unknown(""), None),
            (AtLeast(3), Value::string("2"), Some(false)),
            (AtMost(3), Value::string("2.5"), Some(true)),
            (Set, unknown(""), None),
            (Written, unknown(""), Some(true)),
            (Written, Value::string(""), Some(false)),
            (Filled, text(&[]), Some(false)),
            (Filled, mixed.clone(), Some(true)),
            (Has(&["BAD"]), mixed.clone(), Some(true)),
            (Has(&["worse"]), mixed.clone(), None),
            (Only(&["good"]), mixed.clone(), Some(false)),
            (Only(&["bad"]), mixed, None),
            (StartsWith(&["https://"]), unknown("HTTPS://a"), Some(true)),
            (StartsWith(&["https://"]), unknown("http://ab"), Some(false)),
            (StartsWith(&["https://"]), unknown("http:"), Some(false)),
            (StartsWith(&["https://"]), unknown("http"), None),
            (Matches("^[a-z]{2}$"), Value::string("abc"), Some(false)),
        ];
        for (test, value, wanted) in cases {
            let got = match test.of(Some(&value), false) {
                Truth::Unknown(_) => None,
                known => Some(known == Truth::Yes),
            };
            assert_eq!(got, wanted, "{test:?} {value:?}");
            assert_eq!(test.of(None, true), Truth::Yes, "{test:?}");
        }
    }
}
