//! Baselines: what was accepted when trueup was adopted, so that only what is new is told.
//!
//! A baseline is JSON with one entry a line, sorted, so that two branches that change it merge and a
//! review of it reads as a list. An entry knows its finding by fingerprint, never by line. Entries of a
//! kind that a reader does not know are kept as they are.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::fingerprint::Fingerprint;
use crate::analysis::finding::Facet;

/// The form of the file.
pub const FORMAT: &str = "trueup-baseline/1";

/// The kind of an entry that accepts findings.
pub const FINDING: &str = "finding";

/// The kind of an entry that accepts a difference from what is live.
pub const DRIFT: &str = "drift";

/// What was accepted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baseline {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// One thing accepted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, schemars::JsonSchema, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// `finding`, or `drift`.
    pub kind: String,
    /// The root module, relative to the checkout; empty for the checkout itself.
    #[serde(skip_serializing_if = "empty_path")]
    #[schemars(with = "String")]
    pub root: Utf8PathBuf,
    /// Code of the finding.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// Terraform address, of a finding without instance keys; or an id.
    pub address: String,
    /// The argument in the resource; empty for the resource itself.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// How many findings are alike in all of these.
    #[serde(skip_serializing_if = "is_one")]
    pub count: usize,
    /// Who looks after it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// Why it is accepted.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The last day on which it is (`YYYY-MM-DD`); without one for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Members of other kinds.
    #[serde(flatten)]
    pub more: Map<String, Json>,
}

fn empty_path(path: &Utf8PathBuf) -> bool {
    path.as_str().is_empty()
}

fn is_one(count: &usize) -> bool {
    *count <= 1
}

/// What a baseline says of the findings of one root module.
#[derive(Debug, Default)]
pub struct Matched {
    /// For each finding: it was accepted.
    pub accepted: Vec<bool>,
    /// Entries for which there is no finding any more, or fewer.
    pub fixed: Vec<Entry>,
}

impl Entry {
    fn fingerprint(&self) -> Fingerprint {
        Fingerprint { code: self.code.clone(), address: self.address.clone(), path: self.path.clone() }
    }

    /// True for an entry about findings that these facets of this root module have.
    fn is_about(&self, root: &Utf8Path, judged: &[Facet]) -> bool {
        self.kind == FINDING && self.root == root && judged.contains(&facet(&self.code))
    }

    fn order(&self) -> (&str, &Utf8Path, &str, &str, &str, String) {
        let more = serde_json::to_string(&self.more).unwrap_or_default();
        (&self.kind, &self.root, &self.code, &self.address, &self.path, more)
    }
}

/// The facet of a code.
pub fn facet(code: &str) -> Facet {
    match code {
        code if code.starts_with("TU-IP-") => Facet::Network,
        code if code.starts_with("TU-COST-") => Facet::Cost,
        _ => Facet::Security,
    }
}

impl Baseline {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<Baseline, String> {
        #[derive(Deserialize)]
        struct File {
            format: String,
            entries: Vec<Entry>,
        }
        let file: File = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if file.format != FORMAT {
            return Err(format!("its format is \"{}\"; this version reads {FORMAT}", file.format));
        }
        Ok(Baseline { entries: file.entries })
    }

    /// The file: sorted, one entry a line.
    pub fn print(&self) -> String {
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by(|a, b| a.order().cmp(&b.order()));
        let lines: Vec<String> = entries
            .iter()
            .filter_map(|e| serde_json::to_string(e).ok())
            .map(|e| format!("    {e}"))
            .collect();
        let lines = if lines.is_empty() { String::new() } else { format!("\n{}\n  ", lines.join(",\n")) };
        format!("{{\n  \"format\": \"{FORMAT}\",\n  \"entries\": [{lines}]\n}}\n")
    }

    /// Matches findings, each with the fingerprint that it had before a move. Entries whose last day is
    /// over accept nothing.
    pub fn matched(
        &self,
        root: &Utf8Path,
        judged: &[Facet],
        today: &str,
        findings: &[(Fingerprint, Option<Fingerprint>)],
    ) -> Matched {
        let mut left: BTreeMap<Fingerprint, usize> = BTreeMap::new();
        let about = || self.entries.iter().filter(|e| e.is_about(root, judged));
        for entry in about().filter(|e| e.until.as_deref().is_none_or(|day| today <= day)) {
            *left.entry(entry.fingerprint()).or_default() += entry.count.max(1);
        }
        let mut take = |fingerprint: &Fingerprint| match left.get_mut(fingerprint) {
            Some(n) if *n > 0 => {
                *n -= 1;
                true
            }
            _ => false,
        };
        let accepted = findings
            .iter()
            .map(|(now, before)| take(now) || before.as_ref().is_some_and(&mut take))
            .collect();
        let fixed = about().filter_map(|entry| {
            let unused = left.get_mut(&entry.fingerprint()).filter(|n| **n > 0)?;
            let fixed = (*unused).min(entry.count.max(1));
            *unused -= fixed;
            Some(Entry { count: fixed, ..entry.clone() })
        });
        Matched { accepted, fixed: fixed.collect() }
    }

    /// A baseline that accepts these findings of a root module. What the one before says of other roots,
    /// facets and kinds stays, and so do owner, reason and last day of what it has already.
    pub fn accepting(&self, root: &Utf8Path, judged: &[Facet], findings: &[Fingerprint]) -> Baseline {
        let (ours, others): (Vec<Entry>, Vec<Entry>) =
            self.entries.iter().cloned().partition(|e| e.is_about(root, judged));
        let mut counts: BTreeMap<&Fingerprint, usize> = BTreeMap::new();
        for fingerprint in findings {
            *counts.entry(fingerprint).or_default() += 1;
        }
        let accepted = counts.into_iter().map(|(fingerprint, count)| {
            let known = ours.iter().find(|e| e.fingerprint() == *fingerprint).cloned();
            Entry {
                kind: FINDING.to_owned(),
                root: root.to_owned(),
                code: fingerprint.code.clone(),
                address: fingerprint.address.clone(),
                path: fingerprint.path.clone(),
                count,
                ..known.unwrap_or_default()
            }
        });
        Baseline { entries: others.into_iter().chain(accepted).collect() }
    }

    /// The baseline without what is fixed: it only shrinks.
    pub fn without(&self, fixed: &[Entry]) -> Baseline {
        let mut fixed: Vec<Entry> = fixed.to_vec();
        let shrink = |entry: &Entry| {
            let same = |f: &&mut Entry| f.count > 0 && f.kind == entry.kind && f.order() == entry.order();
            let Some(gone) = fixed.iter_mut().find(same) else { return Some(entry.clone()) };
            let left = entry.count.max(1).saturating_sub(gone.count);
            gone.count = 0;
            (left > 0).then(|| Entry { count: left, ..entry.clone() })
        };
        Baseline { entries: self.entries.iter().filter_map(shrink).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(code: &str, address: &str, path: &str) -> Fingerprint {
        Fingerprint { code: code.into(), address: address.into(), path: path.into() }
    }

    const ALL: [Facet; 3] = [Facet::Security, Facet::Network, Facet::Cost];

    #[test]
    fn what_is_printed_is_read_and_other_kinds_are_kept() {
        let text = "{\"format\":\"trueup-baseline/1\",\"entries\":[\
                    {\"kind\":\"drift\",\"address\":\"a.b\",\"path\":\"tags\",\"live\":{\"x\":1}},\
                    {\"kind\":\"finding\",\"code\":\"TU-X-001\",\"address\":\"a.b\",\"owner\":\"team\"}]}";
        let baseline = Baseline::parse(text).unwrap();
        let printed = baseline.print();
        assert_eq!(Baseline::parse(&printed).unwrap().print(), printed);
        assert!(printed.contains("\"live\":{\"x\":1}"), "{printed}");
        let root = Utf8Path::new("");
        let again = baseline.accepting(root, &ALL, &[fingerprint("TU-X-001", "a.b", "")]);
        assert_eq!(again.print(), printed, "the owner stays, and the drift");
        assert!(
            Baseline::parse("{\"format\":\"x\",\"entries\":[]}").unwrap_err().contains("trueup-baseline/1")
        );
    }

    #[test]
    fn more_of_the_same_is_new_and_what_is_gone_is_fixed() {
        let a = fingerprint("TU-X-001", "a.b", "p");
        let gone = fingerprint("TU-X-002", "a.b", "");
        let root = Utf8Path::new("env/dev");
        let baseline = Baseline::default().accepting(root, &ALL, &[a.clone(), a.clone(), gone]);
        let three = vec![(a.clone(), None), (a.clone(), None), (a.clone(), None)];
        let matched = baseline.matched(root, &ALL, "2026-11-20", &three);
        assert_eq!(matched.accepted, [true, true, false]);
        assert_eq!(matched.fixed.len(), 1);
        assert_eq!(baseline.without(&matched.fixed).entries.len(), 1);
        let matched = baseline.matched(root, &ALL, "2026-11-20", &three[..1]);
        let shrunk = baseline.without(&matched.fixed);
        assert_eq!(shrunk.entries.iter().map(|e| e.count).collect::<Vec<_>>(), [1]);
        let elsewhere = baseline.matched("env/prod".into(), &ALL, "2026-11-20", &three);
        assert_eq!(elsewhere.accepted, [false; 3]);
        // A finding that moved is known by where it was.
        let moved = vec![(fingerprint("TU-X-001", "a.c", "p"), Some(a))];
        assert_eq!(baseline.matched(root, &ALL, "2026-11-20", &moved).accepted, [true]);
    }

    #[test]
    fn an_entry_holds_until_its_last_day() {
        let a = fingerprint("TU-X-001", "a.b", "");
        let root = Utf8Path::new("");
        let mut baseline = Baseline::default().accepting(root, &ALL, std::slice::from_ref(&a));
        baseline.entries[0].until = Some("2026-11-20".into());
        for (today, holds) in [("2026-11-20", true), ("2026-11-21", false)] {
            let matched = baseline.matched(root, &ALL, today, &[(a.clone(), None)]);
            assert_eq!((matched.accepted[0], matched.fixed.len()), (holds, 0), "{today}");
        }
    }
}
