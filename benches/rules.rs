//! What the rules cost by themselves: `cargo bench --bench rules`; the figures are in `docs/performance.md`.
//! CPU time of this process. No bound is asserted here: machines differ.

#![allow(clippy::print_stdout, clippy::expect_used)]

use camino::Utf8PathBuf;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Value as Json, json};
use trueup::analysis::finding::Facet;
use trueup::analysis::rules::{self, Context, Profile};
use trueup::azure::estate::Estate;
use trueup::azure::translate::Account;
use trueup::review::{Subject, weigh};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::files::Naming;

// Another benchmark needs the rest of it.
#[allow(dead_code)]
#[path = "../tests/it/generate.rs"]
mod generate;

const TODAY: &str = "2026-11-20";
const RUNS: usize = 5;

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let run = |name: &str| wanted.is_empty() || wanted.iter().any(|w| name.starts_with(w.as_str()));
    println!("{:<60} {:>9} {:>9} {:>9}", "CPU ms", "least", "median", "most");
    if run("repository") {
        repository();
    }
    for (name, shape) in SHAPES {
        if run(&format!("networks-{name}")) {
            networks(name, shape, 100);
        }
        if run(&format!("one-group-{name}")) {
            networks(name, shape, 1);
        }
    }
    println!("peak memory: {:.0} MiB", usage().max_rss() as f64 / 1024.0);
}

fn usage() -> Usage {
    getrusage(UsageWho::RUSAGE_SELF).expect("the system accounts for processes")
}

/// CPU of this process so far, in milliseconds.
fn cpu() -> f64 {
    let usage = usage();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1000.0
}

/// What a piece of work gives, its CPU added to a sum.
fn timed<T>(sum: &mut f64, work: impl FnOnce() -> T) -> T {
    let before = cpu();
    let made = work();
    *sum += cpu() - before;
    made
}

fn told(what: &str, mut times: Vec<f64>) {
    times.sort_by(f64::total_cmp);
    let at = |at: usize| times.get(at).copied().unwrap_or(f64::NAN);
    println!("{what:<60} {:>9.1} {:>9.1} {:>9.1}", at(0), at(times.len() / 2), at(times.len() - 1));
}

/// All roots of the generated repository: evaluation, translation and rules in turns.
fn repository() {
    let dir = Utf8PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-rules");
    for (path, text) in generate::repository(generate::MODULES, generate::ROOTS) {
        let path = dir.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(&path)).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let roots = std::fs::read_dir(dir.join("roots")).expect("the roots");
    let mut roots: Vec<Utf8PathBuf> =
        roots.map(|e| e.expect("a root").path().try_into().expect("a plain path")).collect();
    roots.sort();
    let [mut evaluated, mut translated, mut judged] = [const { Vec::new() }; 3];
    let mut told_of = 0;
    for _ in 0..RUNS {
        let [mut evaluation, mut translation, mut judgement] = [0.0; 3];
        told_of = 0;
        for root in &roots {
            let options = Options::within(&dir, root).expect("a root module");
            let read = timed(&mut evaluation, || evaluate(&options));
            let naming = Naming::new(&options.checkout, &options.root, &options.shown);
            let subject = timed(&mut translation, || Subject::new(read, &Account::default(), naming));
            told_of += timed(&mut judgement, || security(&subject));
        }
        evaluated.push(evaluation);
        translated.push(translation);
        judged.push(judgement);
    }
    println!("{} roots, {told_of} findings", roots.len());
    told("evaluation", evaluated);
    told("translation", translated);
    told("all rules, suppressions and findings", judged);
}

fn security(subject: &Subject) -> usize {
    let context = Context::new(&subject.estate, Some(&subject.evaluation), TODAY);
    let how = (Profile::Strict, TODAY);
    let weighed =
        weigh(subject, rules::verdicts(&context), Vec::new(), &[Facet::Security], &Default::default(), how);
    weighed.findings.len()
}

/// How the rules of a group differ.
#[derive(Clone, Copy, Debug)]
enum Shape {
    /// Each on a port of its own.
    Ports,
    /// All on one port, each from a source of its own.
    Sources,
    /// The same with service tags for sources.
    Tags,
    /// Ranges of ports that overlap, from sources that do.
    Ranges,
    /// All about the same.
    Same,
}

const SHAPES: [(&str, Shape); 5] = [
    ("ports", Shape::Ports),
    ("sources", Shape::Sources),
    ("tags", Shape::Tags),
    ("ranges", Shape::Ranges),
    ("same", Shape::Same),
];

/// 100,000 rules in some groups, half of which deny; a third is outbound. Azure has at most 1,000 in a group.
fn networks(name: &str, shape: Shape, groups: usize) {
    let rule = |group: usize, at: usize| -> Json {
        let source = match (shape, at % 5) {
            (Shape::Same, _) | (Shape::Ports | Shape::Ranges, 1) => "*".to_owned(),
            (Shape::Ports | Shape::Ranges, 0) => "Internet".to_owned(),
            (Shape::Ranges, _) => format!("20.{}.0.0/{}", at % 250, 10 + at % 9),
            (Shape::Tags, _) => format!("Tag{at}"),
            _ => format!("{}.{}.{}.0/24", 20 + at / 62_500, at / 250 % 250, at % 250),
        };
        let ports = match shape {
            Shape::Ports => format!("{}", 20 + at % 977),
            Shape::Ranges => format!("{}-{}", 20 + at % 977, 60 + at % 977 + at % 40),
            Shape::Sources | Shape::Tags | Shape::Same => "22".to_owned(),
        };
        json!({
            "id": format!(
                "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/\
                 Microsoft.Network/networkSecurityGroups/g{group}/securityRules/r{at}"
            ),
            "name": format!("r{at}"), "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "properties": {
                "priority": 100 + at, "direction": if at.is_multiple_of(3) { "Outbound" } else { "Inbound" },
                "access": if at.is_multiple_of(2) { "Allow" } else { "Deny" }, "protocol": "Tcp",
                "sourceAddressPrefix": source, "sourcePortRange": "*",
                "destinationAddressPrefix": "*", "destinationPortRange": ports,
            }
        })
    };
    let each = 100_000 / groups;
    let documents: Vec<Json> = (0..groups).flat_map(|g| (0..each).map(move |at| rule(g, at))).collect();
    let estate = Estate::from_documents(&documents);
    drop(documents);
    let mut times = Vec::new();
    let mut found = 0;
    for _ in 0..3 {
        let mut sum = 0.0;
        let context = Context::new(&estate, None, TODAY);
        found = timed(&mut sum, || rules::run(&context, Profile::Strict)).findings.len();
        times.push(sum);
    }
    told(&format!("100,000 security rules, groups: {groups}, {name}: {found} findings"), times);
}
