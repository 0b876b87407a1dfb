//! `[rules]` of trueup.toml: what a team decides about rules as a whole.

use std::collections::BTreeMap;

use camino::Utf8Path;
use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use super::{date, known};
use crate::analysis::finding::{Severity, Suppressed};
use crate::analysis::rules::Parameters;

/// `[rules]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct RuleSettings {
    /// Findings below this severity are not told.
    pub minimum_severity: Option<String>,
    /// `[[rules.path]]`: what holds for some files.
    pub path: Vec<PathSettings>,
    /// Bounds, lists and patterns of rules.
    #[serde(flatten)]
    pub parameters: Parameters,
    /// By id or name of a rule, or of another finding.
    #[serde(flatten)]
    pub rules: BTreeMap<String, RuleSetting>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleSetting {
    /// Its findings are not told; needs a reason.
    pub off: bool,
    /// How much its findings matter here.
    pub severity: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which the setting holds.
    pub until: Option<String>,
}

/// What holds for what is declared in some files, or by what they call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PathSettings {
    /// Files, by their path in the checkout: `environments/dev/**`.
    pub glob: String,
    /// Rules whose findings are not told there.
    pub off: Vec<String>,
    /// Findings below this severity are not told there.
    pub minimum_severity: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which the setting holds.
    pub until: Option<String>,
}

/// The settings, read: rules found, words understood.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    severities: BTreeMap<&'static str, Severity>,
    offs: Vec<Off>,
}

/// Findings that are not told.
#[derive(Debug)]
struct Off {
    code: Option<&'static str>,
    below: Option<Severity>,
    glob: Option<GlobMatcher>,
    why: Suppressed,
}

impl RuleSettings {
    /// Reads them, as they hold on a day; or says what is wrong.
    pub(super) fn decisions(&self, today: &str) -> Result<Decisions, String> {
        let mut decisions = Decisions::default();
        for (name, setting) in &self.rules {
            let at = format!("[rules.{name}]");
            let code = code(name, &at)?;
            let holds = holds(setting.until.as_deref(), today, &at)?;
            let severity = severity(setting.severity.as_deref(), &at)?;
            if let Some(severity) = severity.filter(|_| holds) {
                decisions.severities.insert(code, severity);
            }
            if setting.off {
                let why = why(&setting.reason, setting.until.as_ref(), &at)?;
                decisions.add(holds, Off { code: Some(code), below: None, glob: None, why });
            }
        }
        if let Some(below) = severity(self.minimum_severity.as_deref(), "[rules]")? {
            let why = why(&format!("minimum_severity is {}", below.word()), None, "[rules]")?;
            decisions.add(true, Off { code: None, below: Some(below), glob: None, why });
        }
        for path in &self.path {
            let at = format!("[[rules.path]] {}", path.glob);
            let glob = GlobBuilder::new(&path.glob).literal_separator(true).build();
            let glob = glob.map_err(|e| format!("{at}: {e}"))?.compile_matcher();
            let holds = holds(path.until.as_deref(), today, &at)?;
            let why = why(&path.reason, path.until.as_ref(), &at)?;
            let off = |code, below| Off { code, below, glob: Some(glob.clone()), why: why.clone() };
            for name in &path.off {
                decisions.add(holds, off(Some(code(name, &at)?), None));
            }
            if let Some(below) = severity(path.minimum_severity.as_deref(), &at)? {
                decisions.add(holds, off(None, Some(below)));
            }
        }
        Ok(decisions)
    }

    /// What is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        self.parameters.check()?;
        self.decisions("").map(drop)
    }
}

impl Decisions {
    fn add(&mut self, holds: bool, off: Off) {
        if holds {
            self.offs.push(off);
        }
    }

    /// True when there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.severities.is_empty() && self.offs.is_empty()
    }

    /// The severity set for a code.
    pub(super) fn severity(&self, code: &str) -> Option<Severity> {
        self.severities.get(code).copied()
    }

    /// Why a finding in these files is not told.
    pub(super) fn off(&self, code: &str, severity: Severity, files: &[&Utf8Path]) -> Option<&Suppressed> {
        let is = |off: &&Off| {
            off.code.is_none_or(|c| c == code)
                && off.below.is_none_or(|least| severity < least)
                && off.glob.as_ref().is_none_or(|glob| files.iter().any(|f| glob.is_match(f.as_std_path())))
        };
        self.offs.iter().find(is).map(|off| &off.why)
    }
}

fn code(name: &str, at: &str) -> Result<&'static str, String> {
    known::find(name)
        .ok_or_else(|| format!("{at}: there is no rule \"{name}\".{}", known::did_you_mean(name)))
}

fn severity(word: Option<&str>, at: &str) -> Result<Option<Severity>, String> {
    let read = |word: &str| {
        Severity::from_word(word).ok_or_else(|| {
            format!("{at}: \"{word}\" is no severity; there are critical, high, medium, low, info")
        })
    };
    word.map(read).transpose()
}

fn holds(until: Option<&str>, today: &str, at: &str) -> Result<bool, String> {
    match until {
        Some(day) if date(day).is_none() => Err(format!("{at}: \"{day}\" is no date, such as 2027-01-31")),
        until => Ok(until.is_none_or(|day| today <= day)),
    }
}

fn why(reason: &str, until: Option<&String>, at: &str) -> Result<Suppressed, String> {
    if reason.trim().is_empty() {
        return Err(format!("{at}: it needs a reason, such as reason = \"accepted until the move\""));
    }
    Ok(Suppressed { by: "trueup.toml", reason: reason.trim().to_owned(), until: until.cloned(), span: None })
}
