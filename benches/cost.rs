//! What an estimate costs: `environments/production` after evaluation, with the embedded price book opened
//! for the first time and again, and what opening the book alone costs. `cargo bench --bench cost`; the
//! figures are in `docs/performance.md`.
//!
//! The first time is measured in processes of their own: the book stays unpacked in a process.

#![allow(clippy::print_stdout, clippy::expect_used)]

use std::process::Command;

use camino::Utf8Path;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use trueup::analysis::cost::prices::{PriceBook, Prices};
use trueup::analysis::cost::{Options, estimate, savings};
use trueup::azure::{Account, translate};
use trueup::terraform::configuration::{self, evaluate};

const RUNS: usize = 15;
const ROOTS: [&str; 3] = ["environments/dev", "environments/staging", "environments/production"];

/// CPU of this process so far, in microseconds.
fn cpu() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system accounts for this process");
    usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
}

fn timed(work: impl FnOnce()) -> i64 {
    let before = cpu();
    work();
    cpu() - before
}

/// Microseconds: opening the book, the first estimate, the next one, the savings; then the chunks of the book that
/// the first estimate unpacked, and how many there are.
fn figures(root: &str) -> [i64; 6] {
    let repository = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let options =
        configuration::Options::within(repository, &repository.join(root)).expect("the root is there");
    let estate = translate(&evaluate(&options), &Account::default());
    let options = Options::default();
    let open = timed(|| drop(PriceBook::embedded().as_of()));
    let first = timed(|| drop(estimate(&estate, &options)));
    let (unpacked, chunks) = PriceBook::embedded().unpacked();
    let next = timed(|| drop(estimate(&estate, &options)));
    let savings = timed(|| drop(savings(&estate, &options)));
    [open, first, next, savings, unpacked as i64, chunks as i64]
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    if let (Some("once"), Some(root)) = (arguments.next().as_deref(), arguments.next()) {
        println!("{}", figures(&root).map(|f| f.to_string()).join(" "));
        return;
    }
    let own = std::env::current_exe().expect("this program has a path");
    println!(
        "{:<28} {:>12} {:>12} {:>12} {:>12}  (median, ms of CPU)",
        "root", "open", "first", "next", "savings"
    );
    let mut touched = String::new();
    for root in ROOTS {
        let mut runs: Vec<Vec<i64>> = (0..RUNS)
            .map(|_| {
                let output = Command::new(&own).args(["once", root]).output().expect("it runs itself");
                let text = String::from_utf8_lossy(&output.stdout).into_owned();
                text.split_whitespace().filter_map(|t| t.parse().ok()).collect()
            })
            .collect();
        let mut line = format!("{root:<28}");
        for column in 0..4 {
            runs.sort_by_key(|r| r.get(column).copied());
            let median = runs[RUNS / 2].get(column).copied().unwrap_or_default();
            line += &format!(" {:>12.2}", median as f64 / 1000.0);
        }
        println!("{line}");
        if let [_, _, _, _, unpacked, chunks] = runs[0].as_slice() {
            touched += &format!("{root}: {unpacked} of {chunks} chunks of the book unpacked\n");
        }
    }
    print!("{touched}");
    println!("the embedded book: {} bytes", include_bytes!("../src/analysis/cost/prices/prices.book").len());
}
