//! The comment on a pull request: the verdict first, one screen, the rest folded, within the host's limit.
//!
//! What does not fit is given up in a fixed order ([`folds::Kind`]), the last root modules of a kind first.
//! Blockers stay until everything else is gone; then they become one line each, then a number. The comment
//! says what was left out and where it is.

use std::fmt::Write as _;

use super::blockers::{self, Blocker};
use super::dialect::{Dialect, Web};
use super::folds::{self, Fold, Kind};
use super::marker::Marker;
use super::template::Template;
use super::view::{View, link};
use crate::output::escape::clip;
use crate::output::overview;
use crate::review::{Outcome, Reviews, Verdict};

/// Blockers shown in full, and in one line each, before the rest is folded.
const FULL: usize = 4;
const SHORT: usize = 8;
/// Root modules shown in the table before the rest is folded.
const ROWS: usize = 10;
/// Gaps and edited settings that are told one by one.
const TOLD: usize = 8;
/// Room kept for saying what was left out, in bytes.
const RESERVE: usize = 1500;

/// What a comment is made with.
#[derive(Clone, Debug, Default)]
pub struct Options<'a> {
    /// The hidden first line.
    pub marker: Option<Marker>,
    /// Where files are to be seen; without it places are not linked.
    pub web: Option<Web>,
    /// Where the whole report is: the page of the run or of an artifact.
    pub details: Option<String>,
    /// Anybody can read the repository: no value of an attribute is shown.
    pub public: bool,
    /// The user's own form.
    pub template: Option<&'a Template>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The text, with the marker, within the limit of the dialect.
    pub body: String,
    /// What was left out of it for the limit, in words.
    pub shed: Vec<String>,
    /// The worst verdict.
    pub verdict: Verdict,
    /// There is nothing to tell, and the text says so: no comment is made, and an earlier one becomes this.
    pub quiet: bool,
    /// Why the user's template was not used, when it could not be.
    pub trouble: Option<String>,
}

/// Writes the comment.
pub fn comment(reviews: &Reviews, dialect: &'static Dialect, options: &Options<'_>) -> Comment {
    let verdict = reviews.verdict();
    let marker = options.marker.as_ref().map(|m| m.line(dialect) + "\n\n").unwrap_or_default();
    let quiet = verdict == Verdict::Clean
        && reviews.settings.is_empty()
        && !reviews.roots.iter().any(overview::is_news);
    let done = |body: String, shed, trouble| Comment {
        body: format!("{marker}{body}"),
        shed,
        verdict,
        quiet,
        trouble,
    };
    if quiet {
        return done(resolved(reviews, dialect, options), Vec::new(), None);
    }
    let Some(template) = options.template else {
        let (body, shed) = Draft::new(reviews, dialect, options).fitted(&marker);
        return done(body, shed, None);
    };
    match template.comment(reviews, dialect, options, &marker) {
        Ok((body, shed)) => done(body, shed, None),
        Err(trouble) => {
            let (body, shed) = Draft::new(reviews, dialect, options).fitted(&marker);
            done(body, shed, Some(trouble))
        }
    }
}

/// What an earlier comment becomes when there is nothing to tell any more.
fn resolved(reviews: &Reviews, dialect: &Dialect, options: &Options<'_>) -> String {
    let looked = match reviews.roots.len() {
        0 => "No root module is touched by this change.".to_owned(),
        1 => "The root module has no finding and no change to tell of.".to_owned(),
        n => format!("None of {n} root modules has a finding or a change to tell of."),
    };
    let head = dialect.prose(&overview::headline(reviews));
    // Only what is posted has said something before.
    let before = if options.marker.is_some() { " What was told here before is resolved." } else { "" };
    let mut out = format!("### {} trueup: {head}\n\n{looked}{before}\n", overview::mark(Verdict::Clean));
    out.push_str(&details(options));
    out
}

fn details(options: &Options<'_>) -> String {
    let url = options.details.as_deref();
    url.map(|url| format!("\n{}\n", link("The whole report", url))).unwrap_or_default()
}

/// What a text takes of a limit.
#[derive(Clone, Copy, Default)]
struct Size {
    units: usize,
    bytes: usize,
}

impl Size {
    fn of(text: &str) -> Size {
        Size { units: text.encode_utf16().count(), bytes: text.len() }
    }

    fn add(&mut self, other: Size) {
        self.units += other.units;
        self.bytes += other.bytes;
    }

    fn take(&mut self, other: Size) {
        self.units -= other.units;
        self.bytes -= other.bytes;
    }

    fn fits(self, dialect: &Dialect) -> bool {
        let spared = |n: usize| n - n / 50 - RESERVE;
        self.units <= spared(dialect.limit.units) && self.bytes <= spared(dialect.limit.bytes)
    }
}

/// The parts of a comment before it is cut to size.
pub(super) struct Draft<'a> {
    reviews: &'a Reviews,
    dialect: &'static Dialect,
    options: &'a Options<'a>,
    /// The verdict, the table, gaps, settings.
    pub(super) head: String,
    blockers: Vec<Blocker<'a>>,
    /// How many blockers are shown in full, in the open, and at all.
    full: usize,
    open: usize,
    shown: usize,
    /// Folded blockers are shown in full.
    detailed: bool,
    folds: Vec<Fold>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        reviews: &'a Reviews,
        dialect: &'static Dialect,
        options: &'a Options<'a>,
    ) -> Draft<'a> {
        let worst = reviews.worst_first();
        let views: Vec<View<'a>> =
            worst.iter().filter_map(|r| r.report()).map(|report| View { report, dialect, options }).collect();
        let mut folds = folds::gather(&views);
        let mut head = format!(
            "### {} trueup: {}\n\n",
            overview::mark(reviews.verdict()),
            dialect.prose(&clip(&redacted(reviews, &overview::headline(reviews)), 300))
        );
        match reviews.roots.as_slice() {
            [only] if matches!(only.outcome, Outcome::Done(_)) => {
                if let Some(view) = views.first() {
                    let table = view.table(&overview::of_one(view.report));
                    let _ = writeln!(head, "{}\n\n{table}", view.code(only.root.as_str()));
                }
            }
            _ => {
                let (first, rest) = worst.split_at(worst.len().min(ROWS));
                let rows = |roots| {
                    let table = overview::of_several(roots);
                    table.markdown_rows(|t| dialect.cell(t), |t| dialect.prose(t))
                };
                let (header, shown) = rows(first);
                if !shown.is_empty() {
                    let _ = writeln!(head, "{header}{}", shown.concat());
                }
                if !rest.is_empty() {
                    let (header, pieces) = rows(rest);
                    let title = crate::output::words::count(rest.len(), "further root module");
                    folds.insert(0, Fold { kind: Kind::Roots, title, head: header, pieces });
                }
            }
        }
        head.push_str(&told(dialect, "Not complete", &overview::gaps(reviews)));
        let settings: Vec<String> = reviews.settings().into_iter().map(str::to_owned).collect();
        let held = "This change edits what its gate is made of; what the base has holds until it is merged";
        head.push_str(&told(dialect, held, &settings));
        head.push_str(&told(dialect, "Suppressions that this change adds", &suppressions(reviews)));
        let blockers = blockers::gather(&views);
        let shown = blockers.len();
        // Where nothing can be folded all are in the open.
        let open = if dialect.html { shown.min(FULL + SHORT) } else { shown };
        Draft {
            reviews,
            dialect,
            options,
            head,
            full: shown.min(FULL),
            open,
            shown,
            detailed: dialect.html,
            blockers,
            folds,
        }
    }

    /// What blocks.
    pub(super) fn blocking(&self) -> String {
        if self.blockers.is_empty() {
            return String::new();
        }
        let several = self.reviews.roots.len() > 1;
        let mut out = "\n#### What blocks\n\n".to_owned();
        let (open, folded) = self.blockers[..self.shown].split_at(self.open.min(self.shown));
        for (at, blocker) in open.iter().enumerate() {
            out.push_str(&if at < self.full { blocker.full(several) } else { blocker.short() });
        }
        if self.shown < self.blockers.len() {
            let _ = writeln!(out, "- and {} more that block", self.blockers.len() - self.shown);
        }
        if !folded.is_empty() {
            let one = |b: &Blocker<'_>| if self.detailed { b.full(several) } else { b.short() };
            let title = format!("{} more that block", folded.len());
            let pieces = folded.iter().map(one).collect();
            out.push_str(
                &Fold { kind: Kind::Blockers, title, head: String::new(), pieces }.markdown(self.dialect),
            );
        }
        out
    }

    /// The folds.
    pub(super) fn folded(&self) -> String {
        self.folds.iter().map(|f| f.markdown(self.dialect)).collect()
    }

    /// The body and what was left out; what stands in front of it counts.
    pub(super) fn fitted(mut self, front: &str) -> (String, Vec<String>) {
        let shed = self.fit(front);
        let note = self.note(&shed);
        (format!("{}{}{}{note}{}", self.head, self.blocking(), self.folded(), details(self.options)), shed)
    }

    /// What was left out, as a line of the comment.
    pub(super) fn note(&self, shed: &[String]) -> String {
        if shed.is_empty() {
            return String::new();
        }
        let whole = match &self.options.details {
            Some(_) => "the whole report has it",
            None => "`trueup review` prints the whole report",
        };
        format!("\nLeft out for room: {}; {whole}.\n", shed.join(", "))
    }

    /// Gives up parts until the rest fits beside what stands in front, and says which.
    pub(super) fn fit(&mut self, front: &str) -> Vec<String> {
        let mut lost: Vec<(Kind, usize, usize)> = Vec::new();
        if !self.dialect.html {
            let (plain, shed): (Vec<Fold>, Vec<Fold>) = self.folds.drain(..).partition(|f| f.kind.is_plain());
            lost.extend(shed.iter().map(|f| (f.kind, f.pieces.len(), f.pieces.len())));
            self.folds = plain;
        }
        let mut size = Size::of(front);
        size.add(Size::of(&self.head));
        size.add(Size::of(&details(self.options)));
        let blocking = |draft: &Draft<'_>| Size::of(&draft.blocking());
        size.add(blocking(self));
        self.folds.iter().for_each(|f| size.add(Size::of(&f.markdown(self.dialect))));
        let mut order: Vec<usize> = (0..self.folds.len()).collect();
        order.sort_by_key(|at| self.folds[*at].kind);
        for at in order {
            let fold = &mut self.folds[at];
            let all = fold.pieces.len();
            while !size.fits(self.dialect) {
                let Some(piece) = fold.pieces.pop() else { break };
                size.take(Size::of(&piece));
                if fold.pieces.is_empty() {
                    size.take(Size::of(&fold.markdown(self.dialect)));
                }
            }
            if fold.pieces.len() < all {
                lost.push((fold.kind, all - fold.pieces.len(), all));
            }
        }
        self.folds.retain(|f| !f.pieces.is_empty());
        let full = (self.full, self.detailed);
        while !size.fits(self.dialect) && self.shown > 0 {
            size.take(blocking(self));
            if self.detailed {
                self.detailed = false;
            } else if self.full > 0 {
                self.full -= 1;
            } else {
                // Lines of much the same length: no need to go one by one.
                self.shown -= (self.shown / 16).max(1);
            }
            size.add(blocking(self));
        }
        lost.sort_unstable();
        let several = self.reviews.roots.len() > 1;
        let mut shed: Vec<String> = lost
            .into_iter()
            .map(|(kind, n, all)| match kind {
                Kind::Roots => format!("{n} rows of root modules"),
                _ if several && n < all => format!("{} of {n} root modules", kind.name()),
                _ => kind.name().to_owned(),
            })
            .collect();
        if (self.full, self.detailed) != full {
            shed.push(Kind::Blockers.name().to_owned());
        }
        if self.shown < self.blockers.len() {
            shed.push(format!("{} of {} blockers", self.blockers.len() - self.shown, self.blockers.len()));
        }
        shed
    }
}

/// Lines under a bold label, the first of them.
fn told(dialect: &Dialect, label: &str, lines: &[String]) -> String {
    let mut out = String::new();
    if lines.is_empty() {
        return out;
    }
    let _ = writeln!(out, "\n**{label}:**\n");
    for line in lines.iter().take(TOLD) {
        let _ = writeln!(out, "- {}", dialect.prose(&clip(line, 300)));
    }
    if lines.len() > TOLD {
        let _ = writeln!(out, "- and {} more", lines.len() - TOLD);
    }
    out
}

/// Suppressions that the change itself adds, each once.
fn suppressions(reviews: &Reviews) -> Vec<String> {
    let mut all = Vec::new();
    for report in reviews.reports() {
        for held in report.suppressed.iter().filter(|h| h.is_new) {
            let rule = held.finding.code.strip_prefix("TU-").unwrap_or(&held.finding.code);
            let place = held.why.span.map(|s| report.evaluation.sources.place(s));
            let place = place.map(|p| format!(" at {}:{}", p.file, p.line)).unwrap_or_default();
            let told =
                report.counted().any(|f| f.code == held.finding.code && f.address == held.finding.address);
            let holds = if told { "holds once it is merged" } else { "holds already, as the base allows" };
            let line = format!("{rule} {}{place}: {holds}", held.finding.address);
            all.push(report.redactor.text(&line));
        }
    }
    all.sort();
    all.dedup();
    all
}

fn redacted(reviews: &Reviews, text: &str) -> String {
    reviews.reports().fold(text.to_owned(), |text, report| report.redactor.text(&text))
}
