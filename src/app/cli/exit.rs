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

impl Exit {
    /// The worse of two ends: work that could not be done, then the gate, then what was left out.
    pub(super) fn worse(self, other: Exit) -> Exit {
        let order = [Exit::Interrupted, Exit::Failed, Exit::Gate, Exit::Part, Exit::Done];
        order.into_iter().find(|exit| [self, other].contains(exit)).unwrap_or(self)
    }
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
