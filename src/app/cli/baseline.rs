//! `--baseline`, `--write-baseline` and `--update-baseline`, which the commands with findings share.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::load::{LoadError, Loaded};
use super::{CommandError, print};
use crate::analysis::finding::Facet;
use crate::review::baseline::Baseline;
use crate::review::{Accepted, Adoption, Judged};

/// Findings accepted when trueup was adopted.
#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    /// Tell only what this file does not accept [default: `baseline` of trueup.toml]
    #[arg(long, value_name = "FILE", help_heading = "Baseline")]
    pub(super) baseline: Option<Utf8PathBuf>,

    /// Tell everything, whatever trueup.toml says
    #[arg(long, conflicts_with_all = ["baseline", "update_baseline"], help_heading = "Baseline")]
    pub(super) no_baseline: bool,

    /// Accept all findings of now: write them to a file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "update_baseline"], help_heading = "Baseline")]
    pub(super) write_baseline: Option<Utf8PathBuf>,

    /// Take out of the baseline what is fixed; it only shrinks
    #[arg(long, help_heading = "Baseline")]
    pub(super) update_baseline: bool,
}

impl BaselineArgs {
    /// True when a baseline is to be written.
    pub(super) fn writes(&self) -> bool {
        self.write_baseline.is_some() || self.update_baseline
    }

    /// What is decided about findings.
    pub(super) fn adoption(&self, loaded: &mut Loaded) -> Result<Adoption, LoadError> {
        if self.no_baseline || self.write_baseline.is_some() {
            loaded.config.baseline = None;
        }
        let adoption = loaded.adoption(self.baseline.as_deref())?;
        if self.update_baseline && adoption.baseline.is_none() {
            let message = "no baseline to update: give --baseline FILE, or set baseline in trueup.toml";
            return Err(LoadError::Setting(message.to_owned()));
        }
        Ok(adoption)
    }

    /// Writes the file when that is asked for; true when everything found is accepted by it now.
    pub(super) fn store(
        &self,
        root: &Utf8Path,
        facets: &[Facet],
        is_complete: bool,
        judged: &[Judged],
        (adoption, accepted): (&Adoption, Option<&Accepted>),
    ) -> Result<bool, CommandError> {
        if !is_complete && (self.write_baseline.is_some() || self.update_baseline) {
            let message = "the code has errors, so not all of it was judged: the baseline was not written";
            return Err(CommandError::Other(message.to_owned()));
        }
        if let Some(path) = &self.write_baseline {
            let before = match std::fs::read_to_string(path) {
                Ok(text) => Baseline::parse(&text)
                    .map_err(|e| CommandError::Other(format!("{path} is there and no baseline: {e}")))?,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => Baseline::default(),
                Err(e) => return Err(e.into()),
            };
            let prints: Vec<_> = judged.iter().map(|j| j.fingerprint.clone()).collect();
            print::file(path, &before.accepting(root, facets, &prints).print())?;
            print::err(&format!("{path}: {} findings accepted\n", prints.len()));
            return Ok(true);
        }
        if let (true, Some((name, baseline)), Some(accepted)) =
            (self.update_baseline, &adoption.baseline, accepted)
        {
            print::file(Utf8Path::new(name), &baseline.without(&accepted.fixed).print())?;
            print::err(&format!("{name}: {} fixed entries taken out\n", accepted.fixed.len()));
        }
        Ok(false)
    }
}
