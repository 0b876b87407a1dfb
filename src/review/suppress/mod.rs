//! Suppressions: who decided that a finding is not told, and whether the decision still holds.
//!
//! A comment is about a stretch of text: a block, an argument, a file. It covers a finding when the
//! resource, a module call that leads to it, or the text at fault lies in that stretch. So a comment on a
//! module call covers all that the call makes, one on a block all of its instances, and one on a block
//! inside a resource only what is found in that part.

mod comment;
mod known;
mod settings;
mod trivy;

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use camino::{Utf8Path, Utf8PathBuf};

use super::Subject;
use crate::analysis::finding::{Facet, Finding, Severity, Suppressed, places};
use crate::analysis::rules::{Outcome, Verdict};
use crate::terraform::evaluation::Instance;
use crate::terraform::source::{FileId, SourceFile, Span};
use crate::terraform::syntax::outline::{Comment, Outline};
use comment::{Directive, MARKS, Reach, Tool, directives};
use settings::Decisions;
pub use settings::{PathSettings, RuleSetting, RuleSettings};

/// What is wrong with a suppression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    NoReason,
    Expired,
    Useless,
    UnknownRule,
    Unreadable,
}

/// Code, id, name, what follows from it, what to do.
const CODES: [(Code, &str, &str, &str, &str); 5] = [
    (
        Code::NoReason,
        "TU-SUP-001",
        "suppression-without-reason",
        "Nobody can tell later whether it still holds. The finding is told until a reason is given.",
        "Add reason=\"...\", or remove the comment.",
    ),
    (
        Code::Expired,
        "TU-SUP-002",
        "suppression-expired",
        "The finding is told again from the day after.",
        "Put the code right and remove the comment, or decide anew and set a later date.",
    ),
    (
        Code::Useless,
        "TU-SUP-003",
        "suppression-matches-nothing",
        "It hides nothing today, and would hide a mistake made later.",
        "Remove the comment.",
    ),
    (
        Code::UnknownRule,
        "TU-SUP-004",
        "suppression-of-unknown-rule",
        "It hides nothing, although somebody meant it to.",
        "Name a rule by its id or name; `trueup rules` lists all.",
    ),
    (
        Code::Unreadable,
        "TU-SUP-005",
        "suppression-not-understood",
        "It hides nothing, although somebody meant it to.",
        "Write it as: trueup:ignore RULE[,RULE] until=2027-01-31 reason=\"...\"",
    ),
];

/// One comment and what it is about.
struct Suppression {
    directive: Directive,
    /// The comment.
    span: Span,
    /// The stretch of text; `None` when it stands on nothing.
    scope: Option<Span>,
    /// The outermost block of that stretch; the file without one.
    top: Option<Span>,
    /// Names of the item, outermost first; empty for a file.
    item: String,
    /// The codes of the rules named that are known, and whether each covered something.
    codes: Vec<(&'static str, bool)>,
    /// It holds: it has a reason, is understood, and has not expired.
    holds: bool,
}

/// The suppressions of one root module.
pub struct Suppressions<'a> {
    subject: &'a Subject,
    instances: HashMap<String, &'a Instance>,
    decisions: Decisions,
    comments: Vec<Suppression>,
    by_code: HashMap<&'static str, Vec<usize>>,
    today: &'a str,
}

/// What identifies a suppression when lines move: its file in the checkout, its item, a code.
pub type Identity = (Utf8PathBuf, String, &'static str);

impl<'a> Suppressions<'a> {
    /// Reads the comments of all files of a root module. Settings that are wrong hold nothing: the
    /// command line refuses them before.
    pub fn new(subject: &'a Subject, settings: &RuleSettings, today: &'a str) -> Suppressions<'a> {
        let sources = &subject.evaluation.sources;
        let eligible = |file: &SourceFile| {
            let name = file.path.as_str();
            [".tf", ".tofu", ".tfvars"].iter().any(|end| name.ends_with(end))
                && MARKS.iter().any(|mark| file.text.contains(mark))
        };
        let marked = sources.entries().filter(|(_, file)| eligible(file));
        let comments: Vec<_> = marked.flat_map(|(id, file)| read(id, &file.text, today)).collect();
        let decisions = settings.decisions(today).unwrap_or_default();
        let mut by_code: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, suppression) in comments.iter().enumerate() {
            for (code, _) in suppression.codes.iter().filter(|_| suppression.scope.is_some()) {
                by_code.entry(*code).or_default().push(at);
            }
        }
        let wanted = !comments.is_empty() || !decisions.is_empty();
        let instances = subject.evaluation.instances.iter().filter(|_| wanted);
        let instances = instances.map(|i| (i.address.to_string(), i)).collect();
        Suppressions { subject, instances, decisions, comments, by_code, today }
    }

    /// Judges outcomes: severities of the settings, and what is not told.
    pub fn outcomes(&mut self, parts: &mut [Outcome]) {
        if self.comments.is_empty() && self.decisions.is_empty() {
            return;
        }
        for part in parts {
            if matches!(part.verdict, Verdict::Pass | Verdict::NotApplicable(_)) {
                continue;
            }
            if let Some(severity) = self.decisions.severity(part.rule) {
                part.severity = severity;
            }
            let at: Vec<Span> = places(part.span, &part.because).collect();
            let mut why = self.decide(part.rule, &part.address, part.severity, &at);
            if let (None, Some(rule)) = (&why, part.about) {
                why = self.decide(rule, &part.address, part.severity, &at);
            }
            part.suppressed = why.filter(|_| part.is_failure()).map(Box::new);
        }
    }

    /// Parts findings of other analyses into what is told and what is not.
    pub fn findings(&mut self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<(Finding, Suppressed)>) {
        let (mut told, mut held) = (Vec::new(), Vec::new());
        for mut finding in findings {
            if let Some(severity) = self.decisions.severity(&finding.code) {
                finding.severity = severity;
            }
            let at: Vec<Span> = finding.places().collect();
            match self.decide(&finding.code, &finding.address, finding.severity, &at) {
                Some(why) => held.push((finding, why)),
                None => told.push(finding),
            }
        }
        (told, held)
    }

    fn decide(&mut self, code: &str, address: &str, severity: Severity, at: &[Span]) -> Option<Suppressed> {
        let instance = self.instances.get(address);
        let mut all: Vec<Span> = at.to_vec();
        if let Some(instance) = instance {
            all.push(instance.block);
            all.extend(instance.calls.iter());
        }
        let mut found = None;
        for index in self.by_code.get(code).into_iter().flatten() {
            let Some(suppression) = self.comments.get_mut(*index) else { continue };
            if !suppression.scope.is_some_and(|scope| all.iter().any(|s| holds(scope, *s))) {
                continue;
            }
            for (_, used) in suppression.codes.iter_mut().filter(|(c, _)| *c == code) {
                *used = true;
            }
            if suppression.holds && found.is_none() {
                found = Some(suppression.why());
            }
        }
        found.or_else(|| {
            let sources = &self.subject.evaluation.sources;
            let files: BTreeSet<&Utf8Path> = all.iter().map(|s| sources.path(*s)).collect();
            let files: Vec<Utf8PathBuf> = files.into_iter().map(|f| self.subject.naming.path(f)).collect();
            let files: Vec<&Utf8Path> = files.iter().map(|f| f.as_path()).collect();
            self.decisions.off(code, severity, &files).cloned()
        })
    }

    /// The suppressions in force, by what identifies them.
    pub fn identities(&self) -> BTreeSet<Identity> {
        let of = |s: &Suppression| {
            let codes: Vec<_> = s.codes.iter().map(|(code, _)| *code).collect();
            codes.into_iter().map(|code| self.identity(s, code)).collect::<Vec<_>>()
        };
        self.comments.iter().filter(|s| s.holds && s.scope.is_some()).flat_map(of).collect()
    }

    /// What identifies the comment that hides a finding; `None` when the settings hide it.
    pub fn identity_of(&self, code: &str, why: &Suppressed) -> Option<Identity> {
        let suppression = self.comments.iter().find(|s| Some(s.span) == why.span)?;
        let (code, _) = suppression.codes.iter().find(|(c, _)| *c == code)?;
        Some(self.identity(suppression, code))
    }

    fn identity(&self, suppression: &Suppression, code: &'static str) -> Identity {
        (self.file(suppression), suppression.item.clone(), code)
    }

    fn file(&self, suppression: &Suppression) -> Utf8PathBuf {
        self.subject.naming.path(self.subject.evaluation.sources.path(suppression.span))
    }

    /// What is wrong with the suppressions, once all has been judged that these facets have.
    pub fn wrong(&self, judged: &[Facet]) -> Vec<Finding> {
        let mut found = Vec::new();
        for suppression in self.comments.iter().filter(|s| s.directive.tool == Tool::Trueup) {
            let directive = &suppression.directive;
            if let Some(wrong) = &directive.wrong {
                found.push(self.finding(Code::Unreadable, suppression, suppression.span, wrong.clone()));
                continue;
            }
            for (name, range) in &directive.rules {
                if known::find(name).is_none() {
                    let title = format!("there is no rule \"{name}\".{}", known::did_you_mean(name));
                    let at = span(suppression.span.file, range.clone());
                    found.push(self.finding(Code::UnknownRule, suppression, at, title));
                }
            }
            let names: Vec<&str> = suppression.codes.iter().map(|(code, _)| short(code)).collect();
            let names = names.join(", ");
            if names.is_empty() {
                continue;
            }
            if let Some(day) = directive.until.as_deref().filter(|day| self.today > *day) {
                let title = format!("the suppression of {names} ended on {day}");
                found.push(self.finding(Code::Expired, suppression, suppression.span, title));
            } else if directive.reason.is_empty() {
                let title = format!("the suppression of {names} gives no reason, so it does not hold");
                found.push(self.finding(Code::NoReason, suppression, suppression.span, title));
            }
            for (code, _) in
                suppression.codes.iter().filter(|(code, used)| !used && self.is_judged(code, judged))
            {
                if let Some(title) = self.useless(suppression, short(code)) {
                    found.push(self.finding(Code::Useless, suppression, suppression.span, title));
                }
            }
        }
        found
    }

    fn is_judged(&self, code: &str, judged: &[Facet]) -> bool {
        judged.contains(&super::baseline::facet(code)) && known::needs_no_more(code)
    }

    /// Why a suppression that covered nothing is useless; `None` when that cannot be told: parts of the
    /// code could not be read, another root module may need it, or what it stands on has no instances.
    fn useless(&self, suppression: &Suppression, rule: &str) -> Option<String> {
        let evaluation = &self.subject.evaluation;
        let file = self.file(suppression);
        if !evaluation.is_complete() || file.parent() != Some(self.subject.naming.root()) {
            return None;
        }
        let Some(scope) = suppression.scope else {
            return Some(format!("the suppression of {rule} stands on nothing"));
        };
        let makes = ["resource.", "module.", "data."].iter().any(|kind| suppression.item.starts_with(kind));
        let top = suppression.top.unwrap_or(scope);
        let made = |i: &Instance| holds(top, i.block) || i.calls.iter().any(|c| holds(top, *c));
        if makes && !evaluation.instances.iter().any(made) {
            return None;
        }
        let what =
            if suppression.item.is_empty() { "this file".to_owned() } else { plain(&suppression.item) };
        Some(format!("the suppression of {rule} matches nothing in {what}"))
    }

    fn finding(&self, code: Code, suppression: &Suppression, span: Span, title: String) -> Finding {
        let row = CODES.iter().find(|r| r.0 == code).unwrap_or(&CODES[0]);
        let address = match suppression.item.split(" / ").next() {
            Some("") | None => self.file(suppression).into_string(),
            Some(item) => plain(item),
        };
        Finding {
            code: row.1.into(),
            name: row.2.into(),
            severity: Severity::Low,
            facet: Facet::Security,
            address: address.into(),
            title,
            consequence: row.3.into(),
            formula: String::new(),
            remedies: vec![row.4.into()],
            span: Some(span),
            because: Vec::new(),
            note: String::new(),
        }
    }
}

impl Suppression {
    fn why(&self) -> Suppressed {
        Suppressed {
            by: self.directive.tool.word(),
            reason: self.directive.reason.clone(),
            until: self.directive.until.clone(),
            span: Some(self.span),
        }
    }
}

/// `AKS-001` of `TU-AKS-001`.
fn short(code: &str) -> &str {
    code.strip_prefix("TU-").unwrap_or(code)
}

/// The name of an item as addresses have it.
fn plain(item: &str) -> String {
    item.strip_prefix("resource.").unwrap_or(item).to_owned()
}

fn span(file: FileId, range: Range<usize>) -> Span {
    Span { file, start: range.start as u32, end: range.end as u32 }
}

/// True when a stretch holds another.
fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

/// A day as `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<time::Date> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, format).ok()
}

/// The suppressions of one file.
fn read(file: FileId, text: &str, today: &str) -> Vec<Suppression> {
    let outline = Outline::of(text);
    let mut found = Vec::new();
    for comment in &outline.comments {
        for directive in directives(text, comment.range.clone()) {
            let scope = scope(directive.tool.reach(), comment, &outline, text);
            let codes: BTreeSet<&'static str> =
                directive.rules.iter().flat_map(|(name, _)| codes(directive.tool, name)).collect();
            let is_own = directive.tool == Tool::Trueup;
            if codes.is_empty() && !is_own {
                continue;
            }
            let ended = directive.until.as_deref().is_some_and(|day| directive.tool.has_ended(today, day));
            let holds = directive.wrong.is_none() && !ended && !(is_own && directive.reason.is_empty());
            let (scope, item) = scope.unzip();
            let top = scope.as_ref().and_then(|range| outline.at(range.start)).map(|item| outline.top(item));
            let top = top.and_then(|top| outline.items.get(top)).filter(|_| item.as_deref() != Some(""));
            found.push(Suppression {
                span: span(file, comment.range.clone()),
                scope: scope.map(|range| span(file, range)),
                top: top.map(|item| span(file, item.range.clone())),
                item: item.unwrap_or_default(),
                codes: codes.into_iter().map(|code| (code, false)).collect(),
                holds,
                directive,
            });
        }
    }
    found
}

/// The codes that a name means in a tool's comment; `*` means every check of the tool.
fn codes(tool: Tool, name: &str) -> Vec<&'static str> {
    let is = |check: &str| name == "*" || check.eq_ignore_ascii_case(name);
    match tool {
        Tool::Trueup => known::find(name).into_iter().collect(),
        Tool::Checkov => known::equivalents("CKV", is),
        Tool::Trivy | Tool::Tfsec => known::equivalents("AZU-", |check| trivy::means(name, check)),
        Tool::Tflint => known::equivalents("TFLint ", is),
        Tool::Terrascan => known::equivalents("Terrascan ", is),
        Tool::Kics => known::equivalents("KICS ", is),
    }
}

/// The stretch that a comment is about, and the names of its item.
fn scope(reach: Reach, comment: &Comment, outline: &Outline, text: &str) -> Option<(Range<usize>, String)> {
    let has_body = |item: &usize| outline.items[*item].body.is_some();
    let item = match reach {
        Reach::Item => comment.trails.or(comment.heads)?,
        Reach::Outermost => {
            let top = outline.top(comment.trails.or(comment.inside)?);
            let name = &outline.items[top].name;
            Some(top)
                .filter(|_| ["resource.", "module.", "data."].iter().any(|kind| name.starts_with(kind)))?
        }
        Reach::Block => {
            let headed = comment.heads.filter(|i| comment.inside.is_none() || has_body(i));
            match comment.trails.or(headed).or(comment.inside) {
                Some(item) => item,
                None if outline.items.first().is_none_or(|i| i.range.start > comment.range.start) => {
                    return Some((0..text.len(), String::new()));
                }
                None => return None,
            }
        }
    };
    let mut names: Vec<&str> = outline.ancestors(item).map(|i| &*outline.items[i].name).collect();
    names.reverse();
    Some((outline.items[item].range.clone(), names.join(" / ")))
}
