//! What a whole run costs: CPU time and peak memory of the built binary, as the system accounts for
//! a finished process. `cargo bench --bench process`; the figures are in `docs/performance.md`.
//!
//! No bound is asserted here: machines differ, and a timed test fails for other reasons than the code.

#![allow(clippy::print_stdout, clippy::expect_used)]

use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;

const RUNS: usize = 15;

/// The commands, the one that needs least memory first: the system keeps only the largest peak.
const COMMANDS: &[&[&str]] = &[
    &["--version"],
    &["plan", "environments/dev", "--format", "json"],
    &["review", "environments/dev"],
    &["review", "environments/production"],
    &["review", "environments/production", "--base", "environments/staging"],
];

/// CPU of all children so far in microseconds, and the largest peak in KiB.
fn children() -> (i64, i64) {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system accounts for children");
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds(), usage.max_rss())
}

fn main() {
    println!("{:<70} {:>10} {:>10} {:>10} {:>10}", "command", "min ms", "median ms", "max ms", "peak MiB");
    for arguments in COMMANDS {
        let mut times: Vec<i64> = (0..RUNS).map(|_| run(arguments)).collect();
        times.sort_unstable();
        let milliseconds = |micro: i64| micro as f64 / 1000.0;
        println!(
            "{:<70} {:>10.1} {:>10.1} {:>10.1} {:>10.1}",
            format!("trueup {}", arguments.join(" ")),
            milliseconds(times[0]),
            milliseconds(times[RUNS / 2]),
            milliseconds(times[RUNS - 1]),
            children().1 as f64 / 1024.0
        );
    }
}

/// CPU microseconds of one run.
fn run(arguments: &[&str]) -> i64 {
    let before = children().0;
    Command::new(env!("CARGO_BIN_EXE_trueup"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::null())
        .status()
        .expect("the binary runs");
    children().0 - before
}
