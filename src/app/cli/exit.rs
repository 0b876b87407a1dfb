//! How a run ends.

use std::process::ExitCode;

/// Exit status, as documented in `trueup --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Done, and nothing at or above the gate.
    Done,
    /// Could not do the work.
    Failed,
    /// Something at or above the gate.
    Gate,
    /// Done in part: some of it could not be read.
    Part,
    /// The user stopped it (Ctrl-C).
    Interrupted,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Gate => 2,
            Exit::Part => 3,
            Exit::Interrupted => 130,
        })
    }
}
