//! What was applied last: a state file, or the state that the root module's backend keeps.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};

use super::args::RootArgs;
use super::azure::AzureArgs;
use super::load::{LoadError, read};
use super::print;
use crate::app::config::Config;
use crate::live::state::{Place, read_state};
use crate::terraform::configuration::{Options, state_backend};
use crate::terraform::diagnostic::Diagnostic;

/// The word that names the backend of the code as the place of the state; `./backend` is a file of that name.
pub(super) const BACKEND: &str = "backend";

/// How long reading the state may take, as long as no other time is given.
const TIMEOUT: u64 = 120;

/// A state as Terraform writes it where nothing was applied yet.
const EMPTY: &[u8] = br#"{"version": 4, "resources": []}"#;

/// A state that the code is planned against.
pub(super) struct StateFile {
    /// How it is named.
    pub(super) name: Utf8PathBuf,
    /// Its text.
    pub(super) bytes: Vec<u8>,
    /// What is to be told of it.
    pub(super) told: Vec<Diagnostic>,
}

/// The state that the arguments name, when the code is to be planned against one.
pub(super) fn of_arguments(
    args: &RootArgs,
    options: &Options,
    config: &Config,
    azure: &AzureArgs,
) -> Result<Option<StateFile>, LoadError> {
    match args.prior() {
        None if !args.backend_config.is_empty() => {
            let message = "--backend-config says where the backend keeps the state: it needs --state backend";
            Err(LoadError::Setting(message.to_owned()))
        }
        None => Ok(None),
        Some(word) if word == BACKEND => of_backend(args, options, config, azure).map(Some),
        Some(path) => Ok(Some(StateFile { name: path.to_owned(), bytes: read(path)?, told: Vec::new() })),
    }
}

fn of_backend(
    args: &RootArgs,
    options: &Options,
    config: &Config,
    azure: &AzureArgs,
) -> Result<StateFile, LoadError> {
    let stated = state_backend(options, &args.backend_config);
    let backend = stated.map_err(|e| LoadError::Setting(format!("--state backend: {e}")))?;
    if backend.kind == "local" {
        let path = args.dir().join(backend.local_path(&options.workspace()));
        return Ok(StateFile { bytes: read(&path)?, name: path, told: Vec::new() });
    }
    let place = Place::of(&backend, &options.workspace()).map_err(|e| LoadError::State(e.into()))?;
    let timeout = Duration::from_secs(azure.live_timeout.unwrap_or(TIMEOUT));
    let found = read_state(&place, &azure.settings(config)?, timeout)?;
    let mut told = Vec::new();
    if let Some(lock) = &found.lock {
        let detail = format!("{place} is locked by {lock}: what it says may be about to change.");
        told.push(Diagnostic::warning(None, "The state is locked", detail));
    }
    if found.bytes.is_none() {
        let detail =
            format!("{place} is not there: nothing was applied yet, or the backend names another place.");
        told.push(Diagnostic::warning(None, "There is no state yet", detail));
    }
    if azure.verbose {
        let bytes = found.bytes.as_ref().map_or(0, Vec::len);
        print::err(&format!("read the state {place}, {} KiB\n", bytes / 1024));
    }
    let name = Utf8Path::new(BACKEND).join(place.to_string());
    Ok(StateFile { name, bytes: found.bytes.unwrap_or_else(|| EMPTY.to_vec()), told })
}
