//! What the address analysis costs by itself: `cargo bench --bench network`; the figures are in
//! `docs/performance.md`. CPU time of this process, the median of many runs.

#![allow(clippy::print_stdout, clippy::expect_used)]

use camino::Utf8Path;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use trueup::analysis::network::allocate::{Request, allocate};
use trueup::analysis::network::prefix::{Family, Prefix};
use trueup::analysis::network::set::CidrSet;
use trueup::analysis::network::{Options, analyse};
use trueup::azure::{Account, translate};
use trueup::live::read_snapshot;
use trueup::terraform::configuration::{self, evaluate};

const RUNS: usize = 101;

/// CPU of this process so far, in microseconds.
fn cpu() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the system accounts for processes");
    usage.user_time().num_microseconds() + usage.system_time().num_microseconds()
}

/// Prints the least, the median and the greatest time of a piece of work.
fn measure<T>(what: &str, work: impl Fn() -> T) {
    let mut times: Vec<i64> = (0..RUNS)
        .map(|_| {
            let before = cpu();
            std::hint::black_box(work());
            cpu() - before
        })
        .collect();
    times.sort_unstable();
    let ms = |at: usize| times[at] as f64 / 1000.0;
    println!("{what:<60} {:>9.3} {:>9.3} {:>9.3}", ms(0), ms(RUNS / 2), ms(RUNS - 1));
}

fn main() {
    println!("{:<60} {:>9} {:>9} {:>9}", "CPU ms", "least", "median", "most");
    let top = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let live = read_snapshot(&top.join("environments/production/live.json")).expect("a snapshot");
    let roots: Vec<_> = ["dev", "staging", "production"]
        .iter()
        .map(|name| {
            let options = configuration::Options::within(top, &top.join("environments").join(name));
            let evaluation = evaluate(&options.expect("a root module"));
            let estate = translate(&evaluation, &Account::default());
            (evaluation, estate)
        })
        .collect();
    let all = |live| {
        for (evaluation, estate) in &roots {
            let options = Options {
                sources: Some(&evaluation.sources),
                instances: &evaluation.instances,
                live,
                ..Options::default()
            };
            std::hint::black_box(analyse(estate, options));
        }
    };
    measure("the three roots of environments/", || all(None));
    measure("the same with a snapshot of production", || all(Some(&live)));

    let space: CidrSet = [Prefix::new(Family::V4, 10 << 24, 8)].iter().collect();
    // 500 ranges here and there, /18 to /28; 2,000 subnets of /21 to /28.
    let mut state = 1_u64;
    let mut next = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let taken: Vec<Prefix> = (0..500)
        .map(|_| Prefix::new(Family::V4, (10 << 24) + u128::from(next(1 << 24)), 18 + next(11) as u8))
        .collect();
    let taken: CidrSet = taken.iter().collect();
    for room in [0, 2] {
        let requests: Vec<Request> =
            (0..2_000).map(|_| Request { family: Family::V4, length: 21 + next(8) as u8, room }).collect();
        let placed = allocate(&space, &taken, &requests).placed.iter().flatten().count();
        measure(&format!("{placed} subnets into a /8 around 500 ranges, {room} bits of room"), || {
            allocate(&space, &taken, &requests)
        });
    }
}
