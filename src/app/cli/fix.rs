//! `trueup security --fix`: writes the edits that make rules pass.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use clap::Args;

use super::{CommandError, print};
use crate::analysis::rules::{Edit, Outcome, Profile, apply, edits, find};
use crate::output::escape::line;
use crate::output::unified;
use crate::review::Subject;
use crate::terraform::source::FileId;

/// What to do about findings.
#[derive(Debug, Args)]
pub(super) struct FixArgs {
    /// Edit the code where one line makes a rule pass: what cuts nobody off and can be taken back
    #[arg(long, help_heading = "Fixes")]
    pub(super) fix: bool,

    /// With --fix or --diff: also what may need new nodes, close somebody out, or stay for good
    #[arg(long = "unsafe", help_heading = "Fixes")]
    pub(super) unsafe_too: bool,

    /// Print the edits as a patch and write nothing
    #[arg(long, help_heading = "Fixes")]
    pub(super) diff: bool,
}

/// A file with its edits.
struct Edited {
    /// As reports name it.
    shown: Utf8PathBuf,
    /// In the file system.
    path: Utf8PathBuf,
    before: String,
    after: String,
}

impl FixArgs {
    /// True when the code is to be edited, or the edits are to be shown.
    pub(super) fn wanted(&self) -> bool {
        self.fix || self.diff
    }

    /// Edits the files of a subject, or prints how.
    pub(super) fn run(
        &self,
        subject: &Subject,
        outcomes: &[Outcome],
        profile: Profile,
    ) -> Result<(), CommandError> {
        let of_profile = |o: &&Outcome| find(o.rule).is_some_and(|r| r.meta().profile <= profile);
        let outcomes: Vec<Outcome> = outcomes.iter().filter(of_profile).cloned().collect();
        let mut all = edits(&subject.estate, &subject.evaluation.sources, &outcomes);
        all.dedup_by(|a, b| (a.span, &a.text) == (b.span, &b.text));
        let (wanted, left): (Vec<Edit>, Vec<Edit>) = all.into_iter().partition(|e| e.safe || self.unsafe_too);
        let mut by_file: BTreeMap<FileId, Vec<Edit>> = BTreeMap::new();
        for edit in wanted {
            by_file.entry(edit.span.file).or_default().push(edit);
        }
        let mut report = String::new();
        let mut files = Vec::new();
        for (file, edits) in by_file {
            let source = subject.evaluation.sources.file(file);
            let inside = subject.naming.in_checkout(&source.path);
            // What was fetched belongs to somebody else.
            let Some(path) = inside.filter(|p| !p.components().any(|c| c.as_str() == ".terraform")) else {
                continue;
            };
            let path = subject.naming.checkout().join(path);
            for edit in &edits {
                let place = subject.evaluation.sources.place(edit.span);
                let rule = edit.rule.strip_prefix("TU-").unwrap_or(edit.rule);
                let text = line(edit.text.trim());
                report.push_str(&format!(
                    "{}:{} {rule} {}: {text}\n",
                    place.file,
                    place.line,
                    line(&edit.address)
                ));
            }
            let after = apply(&source.text, &edits);
            files.push(Edited { shown: source.path.clone(), path, before: source.text.to_string(), after });
        }
        if self.diff {
            let patch: String =
                files.iter().map(|f| unified::patch(f.shown.as_str(), &f.before, &f.after)).collect();
            return Ok(print::raw(&patch)?);
        }
        // Nothing is written unless all can be.
        for file in &files {
            let now =
                std::fs::read(&file.path).map_err(|e| CommandError::Other(format!("{}: {e}", file.shown)))?;
            if now != file.before.as_bytes() {
                let text = format!("{} is not what was read; nothing was edited", file.shown);
                return Err(CommandError::Other(text));
            }
        }
        for file in &files {
            std::fs::write(&file.path, &file.after)
                .map_err(|e| CommandError::Other(format!("{}: {e}", file.shown)))?;
        }
        if !left.is_empty() {
            report.push_str(&format!("{} more with --unsafe\n", left.len()));
        }
        Ok(print::out(&report)?)
    }
}
