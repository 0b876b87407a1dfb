//! Why a module could not be fetched.

/// Why a module could not be fetched. Each says what the user can do about it where there is something.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer.
    #[error("cannot reach {host}: {reason}")]
    Offline {
        /// Name of the host.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// An answer that is none.
    #[error("{url} answered {status}{hint}")]
    Status {
        /// What was asked, without its query.
        url: String,
        /// The HTTP status.
        status: u16,
        /// What to do about it.
        hint: String,
    },
    /// The registry knows the module, but no version that the constraint admits.
    #[error("no version of {module} meets {constraint:?}; there are {existing}")]
    NoVersion {
        /// As the registry names it.
        module: String,
        /// As the call writes it.
        constraint: String,
        /// The newest ones that exist.
        existing: String,
    },
    /// What arrived is not what the manifest says.
    #[error(
        "the checksum does not fit: the manifest says {expected}, the files have {found}. Somebody replaced \
         the published module, or the manifest was edited; `--update` accepts what is published now"
    )]
    Checksum {
        /// Of the manifest.
        expected: String,
        /// Of the files.
        found: String,
    },
    /// A source that trueup does not fetch.
    #[error("{0}")]
    Unsupported(String),
    /// An archive that cannot be used.
    #[error("the archive cannot be used: {0}")]
    Archive(String),
    /// What git says.
    #[error("git: {0}")]
    Git(String),
    /// A protocol that is not kept.
    #[error("{0}")]
    Protocol(String),
    /// A bound was hit.
    #[error("{0}")]
    TooMuch(String),
    /// The cache or the checkout.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

impl FetchError {
    /// For `map_err` at a path.
    pub(super) fn io(path: impl std::fmt::Display) -> impl FnOnce(std::io::Error) -> FetchError {
        move |source| FetchError::Io { path: path.to_string(), source }
    }
}
