//! `--policy` and its relatives, which the commands that judge share.

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::load::{LoadError, Loaded};
use super::print;
use crate::analysis::policy::{Namespaces, Policies, PolicyFile};
use crate::output::escape;
use crate::review::Policing;
use crate::terraform::files::{FileError, FileKind, FileSource};

/// Policies of one's own.
#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    /// Judge by the Rego policies of this folder as well, by conftest's conventions: deny, violation, warn
    /// [default: `policy` of trueup.toml]
    #[arg(long, value_name = "DIR", env = "TRUEUP_POLICY", help_heading = "Policy")]
    policy: Option<Utf8PathBuf>,

    /// A package of the policies to judge by [repeatable; default: main]
    #[arg(long, value_name = "PACKAGE", help_heading = "Policy")]
    namespace: Vec<String>,

    /// Judge by every package that has rules
    #[arg(long, conflicts_with = "namespace", help_heading = "Policy")]
    all_namespaces: bool,
}

impl PolicyArgs {
    /// Reads the policies of the flag, else of the settings.
    pub(super) fn read(&self, loaded: &mut Loaded) -> Result<Policing, LoadError> {
        let Some(files) = loaded.policy_files(self.policy.as_deref())? else {
            return Ok(Policing::default());
        };
        let named =
            if self.namespace.is_empty() { &loaded.config.policy_namespaces } else { &self.namespace };
        let namespaces = match named.as_slice() {
            _ if self.all_namespaces => Namespaces::All,
            [] => Namespaces::default(),
            names => Namespaces::Named(names.to_vec()),
        };
        let policies = Policies::new(&files, &namespaces);
        Ok(Policing { files, policies: Some(policies), plan: loaded.plan_file()? })
    }
}

/// What policies print, for the person who writes them.
pub(super) fn printed(lines: &[String]) {
    for line in lines {
        print::err(&format!("policy: {}\n", escape::terminal(line)));
    }
}

/// How deep folders of policies may be nested.
const MAX_DEPTH: usize = 16;

/// How many files there may be.
const MAX_FILES: usize = 2_000;

/// The policies and data files of a folder, by name; `shown` names the folder.
pub(super) fn tree(
    files: &dyn FileSource,
    dir: &Utf8Path,
    shown: &Utf8Path,
) -> Result<Vec<PolicyFile>, String> {
    let mut found = Vec::new();
    walk(files, dir, Utf8Path::new(""), shown, MAX_DEPTH, &mut found)?;
    Ok(found)
}

fn walk(
    files: &dyn FileSource,
    dir: &Utf8Path,
    within: &Utf8Path,
    shown: &Utf8Path,
    depth: usize,
    found: &mut Vec<PolicyFile>,
) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or_else(|| format!("folders deeper than {MAX_DEPTH}"))?;
    let failed = |path: &Utf8Path, e: FileError| format!("{}: {e}", shown.join(path));
    let here = if within == "" { dir.to_owned() } else { dir.join(within) };
    for (name, kind) in files.list(&here).map_err(|e| failed(within, e))? {
        let path = within.join(&name);
        match kind {
            FileKind::Directory if !name.starts_with('.') => walk(files, dir, &path, shown, depth, found)?,
            FileKind::File if PolicyFile::is_read(&name) => {
                if found.len() == MAX_FILES {
                    return Err(format!("more than {MAX_FILES} files"));
                }
                let bytes = files.read(&dir.join(&path)).map_err(|e| failed(&path, e))?;
                let text =
                    String::from_utf8(bytes).map_err(|_| format!("{}: not UTF-8", shown.join(&path)))?;
                found.push(PolicyFile { path: shown.join(&path), within: path, text });
            }
            _ => {}
        }
    }
    Ok(())
}
