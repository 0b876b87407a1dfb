//! `--patch` and `--import-blocks`: code from drift.

use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::super::load::{LoadError, Loaded};
use super::super::{CommandError, print};
use crate::azure::estate::Estate;
use crate::output::unified;
use crate::review::drift::{import_blocks, patch};
use crate::review::{Drift, Subject};
use crate::terraform::configuration::Options;
use crate::terraform::files::FileSource;

/// The name that stands for standard output.
const STDOUT: &str = "-";

/// What is said above import blocks.
const HEAD: &str = "# What is in Azure and declared nowhere. Look at it, move it where it belongs, and plan before you apply.\n";

/// Code from drift.
#[derive(Debug, Args)]
pub(in crate::app::cli) struct CodeArgs {
    /// Write a patch that makes the code say what is live, where a plain value in one place does; what it leaves is
    /// told with the reason. `-` prints the patch in place of the report
    #[arg(long, value_name = "FILE", help_heading = "Code")]
    patch: Option<Utf8PathBuf>,

    /// Write import blocks for what is declared nowhere, with resource blocks where the catalogue can write them.
    /// `-` prints them in place of the report
    #[arg(long, value_name = "FILE", help_heading = "Code")]
    import_blocks: Option<Utf8PathBuf>,
}

impl CodeArgs {
    /// True when code is asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.patch.is_some() || self.import_blocks.is_some()
    }

    /// Makes and writes what is asked for. True when it was printed in place of the report.
    pub(super) fn run(
        &self,
        loaded: &Loaded,
        subject: &Subject,
        live: &Estate,
        found: &mut Drift,
    ) -> Result<bool, CommandError> {
        if !self.is_wanted() {
            return Ok(false);
        }
        if !loaded.is_code() {
            let message = "--patch and --import-blocks change code: give its folder, not a plan or a state";
            return Err(LoadError::Setting(message.to_owned()).into());
        }
        if let Some(path) = self.import_blocks.as_deref().filter(|p| p.exists()) {
            // It may hold what was imported before.
            let message = format!("{path} is there already: give --import-blocks another name");
            return Err(CommandError::Other(message));
        }
        let files = &loaded.options.files;
        let again =
            |files: Arc<dyn FileSource>| loaded.subject_of(&Options { files, ..loaded.options.clone() });
        let mut printed = false;
        if let Some(path) = &self.patch {
            let made = patch(subject, &found.report, live, files, &again);
            let text: String =
                made.files.iter().map(|f| unified::patch(f.shown.as_str(), &f.before, &f.after)).collect();
            printed |= write(path, &text)?;
            found.patch = Some(made);
        }
        if let Some(path) = &self.import_blocks {
            let made = import_blocks(subject, &found.report, live, files, &again);
            let text = if made.imported == 0 { String::new() } else { format!("{HEAD}\n{}", made.text) };
            if made.imported > 0 || path == STDOUT {
                printed |= write(path, &text)?;
            }
            found.imports = Some(made);
        }
        Ok(printed)
    }
}

fn write(path: &Utf8Path, text: &str) -> Result<bool, CommandError> {
    if path == STDOUT {
        print::raw(text)?;
        return Ok(true);
    }
    print::file(path, text)?;
    Ok(false)
}
