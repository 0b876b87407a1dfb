//! Speed of parsing and evaluation: `cargo bench --bench evaluate`; the figures are in
//! `docs/performance.md`.
//!
//! Each case runs in a process of its own (this program again, or the built binary), so that CPU time and
//! peak memory are that case's alone. No bound is asserted here: machines differ, and a timed test fails
//! for other reasons than the code.

#![allow(clippy::print_stdout, clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use trueup::azure::translate::{Account, translate};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::source::SourceMap;
use trueup::terraform::syntax;

#[path = "../tests/it/extremes.rs"]
mod extremes;
#[path = "../tests/it/generate.rs"]
mod generate;

/// Numbers of resources whose growth is measured.
const SIZES: [usize; 5] = [1_000, 3_000, 10_000, 30_000, 100_000];

const RUNS: usize = 5;

/// What one process cost.
#[derive(Clone, Copy, Debug)]
struct Cost {
    /// User and system time.
    cpu_ms: f64,
    /// The largest resident set.
    peak_mib: f64,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["--case", "parse", dir] => parse_rate(Path::new(dir)),
        ["--case", "write", dir] => write_repository(Path::new(dir)),
        ["--case", "write-resources", dir, n] => write_resources(Path::new(dir), n.parse().unwrap_or(0)),
        ["--case", "roots", dir] => told(|| roots(Path::new(dir))),
        ["--case", "platform", dir] => told(|| one(&Path::new(dir).join("roots/platform"), false)),
        ["--case", "evaluate", dir] => told(|| one(Path::new(dir), false)),
        ["--case", "translate", dir] => told(|| one(Path::new(dir), true)),
        wanted => all(wanted),
    }
}

/// All cases, or those whose name begins like one of these.
fn all(wanted: &[&str]) {
    let run = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w));
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-evaluate");
    let repository = dir.join("repository");
    let path = |p: &Path| p.to_str().expect("a plain path").to_owned();
    case(&["write", &path(&repository)]);
    if run("parse") {
        print!("{}", case(&["parse", &path(&repository)]));
    }
    if run("repository") {
        println!("\n{:<60} {:>10} {:>10}", "repository", "CPU ms", "peak MiB");
        for (what, name) in [
            ("every root, one after the other", "roots"),
            ("the platform root, which calls every module", "platform"),
        ] {
            show(what, &median(RUNS, || measured(&case(&[name, &path(&repository)]))));
        }
    }
    if run("start") {
        println!("\n{:<60} {:>10} {:>10}", "a root of one file", "CPU ms", "wall ms");
        let root = dir.join("one");
        case(&["write-resources", &path(&root), "1"]);
        for command in ["plan", "review"] {
            start(command, &root);
        }
    }
    if run("extremes") {
        println!("\n{:<60} {:>10} {:>10}", "extremes, through trueup plan", "CPU ms", "peak MiB");
        for (i, extreme) in extremes::large(1).into_iter().chain(extremes::hostile()).enumerate() {
            let root = dir.join(format!("extreme-{i}"));
            extreme.files.iter().for_each(|(path, text)| write(&root.join(path), text));
            show(extreme.name, &binary("plan", &root));
        }
    }
    if run("growth") {
        for (what, name) in [("evaluate", "evaluate"), ("evaluate and translate", "translate")] {
            growth(what, &dir, |root| median(3, || measured(&case(&[name, &path(root)]))));
        }
    }
    if run("binary") {
        for command in ["plan", "review"] {
            let title = format!("trueup {command} --format json");
            growth(&title, &dir, |root| median(1, || binary(command, root)));
        }
    }
}

// What a case of its own process does.

/// Runs a case in a process of its own; what it prints.
fn case(arguments: &[&str]) -> String {
    let this = std::env::current_exe().expect("a program has a path");
    let output = Command::new(this)
        .arg("--case")
        .args(arguments)
        .stderr(Stdio::inherit())
        .output()
        .expect("it runs again");
    assert!(output.status.success(), "the case {arguments:?} failed");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Does a piece of work and tells its cost: its own CPU time, and the peak of this process.
fn told(work: impl FnOnce() -> String) {
    let before = cpu_ms(UsageWho::RUSAGE_SELF);
    let what = work();
    println!("{} {} {what}", cpu_ms(UsageWho::RUSAGE_SELF) - before, peak_mib());
}

fn measured(line: &str) -> Cost {
    let mut parts = line.split_whitespace().map(|part| part.parse().unwrap_or(f64::NAN));
    let mut next = || parts.next().unwrap_or(f64::NAN);
    Cost { cpu_ms: next(), peak_mib: next() }
}

fn cpu_ms(who: UsageWho) -> f64 {
    let usage = getrusage(who).expect("the system accounts for processes");
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1000.0
}

/// The peak of this process. Not `ru_maxrss`, which begins with the peak of the process that started it.
fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

/// Evaluates one root; every diagnostic is a mistake of the generator.
fn one(root: &Path, translated: bool) -> String {
    let root = camino::Utf8Path::from_path(root).expect("a plain path");
    let top = root.ancestors().find(|d| d.join("modules").is_dir()).unwrap_or(root);
    let options = Options::within(top, root).expect("a root module");
    let evaluation = evaluate(&options);
    assert!(evaluation.diagnostics.is_empty(), "{root}: {:?}", evaluation.diagnostics);
    if translated {
        let estate = translate(&evaluation, &Account::default());
        return format!("{} instances, {} documents", evaluation.instances.len(), estate.len());
    }
    format!("{} instances", evaluation.instances.len())
}

fn roots(dir: &Path) -> String {
    let list = std::fs::read_dir(dir.join("roots")).expect("the roots");
    let mut paths: Vec<_> = list.filter_map(|e| Some(e.ok()?.path())).collect();
    paths.sort();
    paths.iter().for_each(|root| drop(one(root, false)));
    format!("{} roots", paths.len())
}

fn write_repository(dir: &Path) {
    for (path, text) in generate::repository(generate::MODULES, generate::ROOTS) {
        write(&dir.join(path), &text);
    }
}

/// Writes a file unless it is there already.
fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap_or(path)).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A root with a number of resources: by `for_each` over a map, a third each of a wide, a narrow and a
/// nested type, which refer to each other.
fn write_resources(dir: &Path, n: usize) {
    write(&dir.join("main.tf"), &generate::resources(n));
}

/// Parsing with trueup beside hcl-edit alone, in turns over the same texts.
fn parse_rate(dir: &Path) {
    let mut sources = SourceMap::default();
    let files: Vec<_> = generate::repository(generate::MODULES, generate::ROOTS)
        .into_iter()
        .map(|(path, text)| (sources.add(path, text.clone()), text))
        .collect();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let lines: usize = files.iter().map(|(_, text)| text.lines().count()).sum();
    println!("{} files, {lines} lines, {:.2} MB in {}", files.len(), bytes as f64 / 1e6, dir.display());
    let mut ratios = Vec::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let time = |work: &dyn Fn()| {
            let before = cpu_ms(UsageWho::RUSAGE_SELF);
            work();
            cpu_ms(UsageWho::RUSAGE_SELF) - before
        };
        let alone = time(&|| {
            for (_, text) in &files {
                std::hint::black_box(hcl_edit::parser::parse_body(text).expect("it parses"));
            }
        });
        let whole = time(&|| {
            for (file, text) in &files {
                std::hint::black_box(syntax::parse(*file, text));
            }
        });
        ratios.push(alone / whole);
        ours.push(whole);
        theirs.push(alone);
    }
    for (what, times) in [("hcl-edit alone", &mut theirs), ("trueup", &mut ours)] {
        let median = middle(times);
        println!("{what:<20} {median:>8.1} ms {:>8.1} MB/s", bytes as f64 / 1000.0 / median);
    }
    println!("trueup parses at {:.0} % of hcl-edit's rate", 100.0 * middle(&mut ratios));
}

// Processes.

/// The built binary, timed by itself: its CPU time is what the children of this process cost more.
fn binary(command: &str, root: &Path) -> Cost {
    // `time`-like accounting of one child: a shell tells the peak of the binary before it ends.
    let before = cpu_ms(UsageWho::RUSAGE_CHILDREN);
    let mut child = trueup(command, root).spawn().expect("the binary runs");
    let mut peak = 0.0_f64;
    let status = format!("/proc/{}/status", child.id());
    while child.try_wait().expect("it can be waited for").is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
        peak = peak.max(kib.unwrap_or(0.0) / 1024.0);
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    Cost { cpu_ms: cpu_ms(UsageWho::RUSAGE_CHILDREN) - before, peak_mib: peak }
}

fn trueup(command: &str, root: &Path) -> Command {
    let mut run = Command::new(env!("CARGO_BIN_EXE_trueup"));
    run.arg(command).arg(root).args(["--format", "json"]).stdout(Stdio::null()).stderr(Stdio::null());
    run
}

fn start(command: &str, root: &Path) {
    let (mut cpu, mut wall) = (Vec::new(), Vec::new());
    for _ in 0..25 {
        let before = cpu_ms(UsageWho::RUSAGE_CHILDREN);
        let begun = Instant::now();
        trueup(command, root).status().expect("the binary runs");
        wall.push(begun.elapsed().as_secs_f64() * 1000.0);
        cpu.push(cpu_ms(UsageWho::RUSAGE_CHILDREN) - before);
    }
    let name = format!("trueup {command} --format json");
    println!("{name:<60} {:>10.1} {:>10.1}", middle(&mut cpu), middle(&mut wall));
}

// Statistics.

/// Cost over the number of resources, and the exponents fitted to it.
fn growth(what: &str, dir: &Path, cost: impl Fn(&Path) -> Cost) {
    println!("\n{:<60} {:>10} {:>10}", what, "CPU ms", "peak MiB");
    let at = |n: usize| {
        let root = dir.join(format!("resources-{n}"));
        case(&["write-resources", root.to_str().expect("a plain path"), &n.to_string()]);
        let cost = cost(&root);
        show(&format!("{n} resources"), &cost);
        cost
    };
    // What a run costs whatever it reads is not growth.
    let empty = at(0);
    let costs: Vec<(usize, Cost)> = SIZES.iter().map(|n| (*n, at(*n))).collect();
    let fitted = |of: &dyn Fn(&Cost) -> f64| {
        exponent(costs.iter().map(|(n, cost)| (*n as f64, (of(cost) - of(&empty)).max(0.01))))
    };
    let (cpu, peak) = (fitted(&|c| c.cpu_ms), fitted(&|c| c.peak_mib));
    println!("{:<60} {cpu:>10.2} {peak:>10.2}", "exponent");
}

/// The slope of the line through the logarithms (least squares).
fn exponent(points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let logs: Vec<(f64, f64)> = points.map(|(x, y)| (x.ln(), y.ln())).collect();
    let count = logs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| logs.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
    covariance / variance
}

fn show(what: &str, cost: &Cost) {
    println!("{what:<60} {:>10.1} {:>10.1}", cost.cpu_ms, cost.peak_mib);
}

fn median(runs: usize, run: impl Fn() -> Cost) -> Cost {
    let costs: Vec<Cost> = (0..runs).map(|_| run()).collect();
    let of = |of: fn(&Cost) -> f64| middle(&mut costs.iter().map(of).collect::<Vec<_>>());
    Cost { cpu_ms: of(|c| c.cpu_ms), peak_mib: of(|c| c.peak_mib) }
}

fn middle(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
