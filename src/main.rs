//! The `trueup` binary: hands the command line to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    trueup::app::cli::main()
}
