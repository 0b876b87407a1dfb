//! The fuzz targets on stable: mutations of the kept corpus with a fixed seed, a few hundred in the test
//! suite, as many as there is time for with `fuzz/run`.
//!
//! - `TRUEUP_FUZZ_SECONDS`: how long each target runs, instead of a fixed number of inputs.
//! - `TRUEUP_FUZZ_SEED`: another seed.
//! - `TRUEUP_FUZZ_TARGET`: one target only.
//!
//! An input that panics is kept below `fuzz/artifacts/TARGET`, and so is, during a long run, the one under
//! way, for what ends the process. What was found and mended moves into the corpus.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::harness::repository;

#[path = "../../fuzz/targets.rs"]
pub(crate) mod targets;

/// How many mutations of each target the test suite tries.
const INPUTS: usize = 150;

/// The largest input: beyond this, findings are of size and not of form.
const LARGEST: usize = 8 << 10;

/// Slower than this, a long run tells of it.
const SLOW: Duration = Duration::from_secs(3);

/// What mutations insert: words of the languages, and values at the edges.
const WORDS: &[&str] = &[
    "${",
    "%{",
    "%{ if x }",
    "%{ for a in b }",
    "%{ endif }",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\\",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{0}",
    "é",
    "e\u{301}",
    "👩‍👩‍👧",
    "<<EOT\n",
    "<<-EOT\n  ",
    "\nEOT\n",
    "...",
    "[*]",
    ".*",
    "[0]",
    ".0",
    "for",
    "for k, v in ",
    " : ",
    " => ",
    " if ",
    "in",
    "null",
    "true",
    "false",
    "-",
    "!",
    "&&",
    "||",
    "?",
    "==",
    "=",
    ",",
    "0",
    "-1",
    "1",
    "65536",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "1e400",
    "1e-400",
    "0.1",
    "1e999999999",
    "var.",
    "local.",
    "each.value",
    "each.key",
    "count.index",
    "self",
    "module.",
    "path.module",
    "terraform.workspace",
    "/32",
    "/0",
    "::/0",
    "0.0.0.0/0",
    "255.255.255.255",
    "10.0.0.0/8",
    "count = 2\n",
    "for_each = {}\n",
    "for_each = toset([\"a\"])\n",
    "dynamic \"x\" {\n",
    "lifecycle {\n",
    "depends_on = []\n",
    "sensitive(",
    "try(",
    "can(",
    "merge(",
    "flatten(",
    "cidrsubnet(",
    "format(\"%99999d\", ",
    "range(1, 1e6)",
    "setproduct(",
    "templatefile(\"main.tf\", {})",
    "yamldecode(",
    "jsondecode(",
    "regex(\"(a+)+$\", ",
    "replace(",
    "# file: b.tf\n",
    "# file: terraform.tfvars\n",
    "# file: m/main.tf\n",
    "# console: ",
    "*a",
    "&a ",
    "<<: ",
    "- ",
    "\"id\":",
    "\"properties\":",
    "null,",
    "{}",
    "[]",
    "\"sensitive\":true,",
    "\"after_unknown\":true,",
    "\"instances\":[{}],",
    "\"index_key\":-1,",
    "\"${",
    "[[data]]\n",
    "[defaults]\n",
    "{ low = 1, high = 0 }",
    "\n# ---\n",
    "~> ",
    "../",
    "git::",
];

/// A small generator of numbers (xorshift64*): the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `end`, or 0.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.next() >> 11) as usize % end }
    }

    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// A range of up to `most` bytes.
    fn range(&mut self, len: usize, most: usize) -> std::ops::Range<usize> {
        let start = self.below(len + 1);
        start..(start + self.below(most + 1)).min(len)
    }
}

/// An input made from another: one to eight small changes.
fn mutate(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.one(seeds).clone();
    for _ in 0..1 + random.below(8) {
        let at = random.below(bytes.len() + 1);
        match random.below(10) {
            0..3 => drop(bytes.splice(at..at, random.one(WORDS).bytes())),
            3 => {
                let range = random.range(bytes.len(), 12);
                bytes.splice(range, random.one(WORDS).bytes());
            }
            4 => drop(bytes.drain(random.range(bytes.len(), 40))),
            5 => {
                let other = random.one(seeds);
                let piece = other[random.range(other.len(), 200)].to_vec();
                bytes.splice(at..at, piece);
            }
            6 => {
                let piece = bytes[random.range(bytes.len(), 60)].to_vec();
                let most = 1 << random.below(8);
                let times = 1 + random.below(most);
                bytes.splice(at..at, piece.repeat(times));
            }
            7 => {
                let from = random.range(bytes.len(), 30);
                let piece = bytes[from].to_vec();
                let to = random.range(bytes.len(), 30);
                bytes.splice(to, piece);
            }
            8 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.next() as u8;
                }
            }
            _ => {
                // A line more, or one less: blocks and arguments twice, or not at all.
                let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
                let line = random.one(&lines).to_vec();
                let skip = random.below(lines.len());
                bytes = if random.below(2) == 0 {
                    [bytes.as_slice(), b"\n", &line].concat()
                } else {
                    lines
                        .iter()
                        .enumerate()
                        .filter(|(i, _)| *i != skip)
                        .flat_map(|(_, l)| l.to_vec())
                        .collect()
                };
            }
        }
        if bytes.is_empty() {
            bytes.push(b'a');
        }
        bytes.truncate(LARGEST);
    }
    bytes
}

/// The files of a folder and of those below it, by path.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            if entry.path().is_dir() { open.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found.sort();
    found
}

/// The kept inputs of a target.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let found = files(&repository().join("fuzz/corpus").join(target));
    assert!(found.len() >= 3, "the corpus of {target}");
    found.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

/// What mutations begin with: the corpus, and what else of the repository is of that kind.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = corpus(target).into_iter().map(|(_, bytes)| bytes).collect();
    let configuration = |dir: &str| {
        let all = files(&repository().join(dir)).into_iter();
        all.filter(|p| p.extension().is_some_and(|e| e == "tf")).map(|p| std::fs::read(p).unwrap())
    };
    match target {
        "parse" => seeds.extend(configuration("modules")),
        "evaluate" => {
            seeds.extend(configuration("modules"));
            seeds.extend(configuration("tests/data/roots"));
            let suite = repository().join("tests/data/conformance/expressions.jsonl");
            let suite = std::fs::read_to_string(suite).unwrap();
            let cases = suite.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
            let expressions = cases.filter_map(|case| Some(case.get("expr")?.as_str()?.to_owned()));
            seeds.extend(expressions.map(|e| format!("output \"x\" {{\n  value = {e}\n}}\n").into_bytes()));
        }
        "plan" => {
            let all = files(&repository().join("tests/data/recordings")).into_iter();
            let plans = all.filter(|p| p.file_name().is_some_and(|n| n == "plan.json"));
            seeds.extend(plans.map(|p| std::fs::read(p).unwrap()));
        }
        _ => {}
    }
    seeds.retain(|seed| seed.len() <= LARGEST);
    seeds
}

fn artifact(target: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let dir = repository().join("fuzz/artifacts").join(target);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join(name), bytes).unwrap();
    dir.join(name)
}

/// Runs a target on an input; where the input is kept when that panics.
fn run(target: (&str, targets::Target), bytes: &[u8]) -> Option<PathBuf> {
    let result = catch_unwind(AssertUnwindSafe(|| target.1(bytes)));
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    result.is_err().then(|| artifact(target.0, &format!("panic-{hash:016x}"), bytes))
}

#[test]
fn the_kept_corpus_ends_well() {
    for (name, target) in targets::TARGETS {
        for (path, bytes) in corpus(name) {
            assert_eq!(run((name, *target), &bytes), None, "{}", path.display());
        }
    }
}

#[test]
fn mutations_of_the_corpus_end_well() {
    let number = |name: &str| std::env::var(name).ok().and_then(|s| s.parse::<u64>().ok());
    let seconds = number("TRUEUP_FUZZ_SECONDS").map(Duration::from_secs);
    let only = std::env::var("TRUEUP_FUZZ_TARGET").ok();
    let mut found = Vec::new();
    for (name, target) in targets::TARGETS.iter().filter(|(n, _)| only.as_deref().is_none_or(|o| o == *n)) {
        let mut random = Random(number("TRUEUP_FUZZ_SEED").unwrap_or(0x7275_6575_7001));
        let seeds = seeds(name);
        let begun = Instant::now();
        let mut inputs = 0;
        while seconds.map_or(inputs < INPUTS, |limit| begun.elapsed() < limit) {
            let bytes = mutate(&mut random, &seeds);
            if seconds.is_some() {
                artifact(name, "under-way", &bytes);
            }
            let start = Instant::now();
            found.extend(run((name, *target), &bytes));
            if seconds.is_some() && start.elapsed() > SLOW {
                let path = artifact(name, &format!("slow-{inputs}"), &bytes);
                println!("{name}: {:?} for {}", start.elapsed(), path.display());
            }
            inputs += 1;
        }
        println!("{name}: {inputs} inputs in {:?}, {} panics so far", begun.elapsed(), found.len());
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "these inputs panic: {found:#?}");
}
