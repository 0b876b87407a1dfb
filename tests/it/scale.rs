//! Growth and bounds, by count and not by clock: how many steps the work takes, and that what asks for too
//! much ends in one clear error. Times and memory are in `benches/evaluate.rs`.

use std::sync::Arc;

use trueup::terraform::configuration::{Limits, Options, evaluate};
use trueup::terraform::evaluation::Evaluation;

use crate::extremes::{End, Extreme, hostile, large};
use crate::fuzz::targets::Memory;
use crate::generate;
use crate::harness::{Folder, trueup_in};

fn run(files: &[(String, String)], limits: Limits) -> Evaluation {
    let mut options = Options::new(Arc::new(Memory::new(files)), "/checkout".into(), "".into());
    options.limits = limits;
    evaluate(&options)
}

fn errors(evaluation: &Evaluation) -> Vec<&str> {
    evaluation.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.summary.as_str()).collect()
}

/// What is wrong with how an extreme configuration ended.
fn fault(extreme: &Extreme) -> Option<String> {
    let limits = Limits { steps: 3_000_000, bytes: 64 << 20, instances: 50_000 };
    let evaluation = run(&extreme.files, limits);
    let errors = errors(&evaluation);
    let well = match extreme.end {
        End::Instances(count) => errors.is_empty() && evaluation.instances.len() == count,
        // A summary may go on with names, as that of a cycle does.
        End::Error(summary) => errors.len() <= 2 && errors.iter().any(|e| e.starts_with(summary)),
    };
    let shown: Vec<String> =
        evaluation.diagnostics.iter().take(3).map(|d| format!("{}: {:.300}", d.summary, d.detail)).collect();
    (!well).then(|| {
        let count = evaluation.instances.len();
        format!("{}: expected {:?}, got {count} instances and {shown:#?}", extreme.name, extreme.end)
    })
}

#[test]
fn hostile_configurations_end_in_a_clear_error() {
    let faults: Vec<String> = hostile().iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn large_configurations_work() {
    let faults: Vec<String> = large(50).iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Four times the input takes four times the steps.
#[test]
fn steps_grow_with_the_input() {
    let names: Vec<&str> = large(50).iter().map(|e| e.name).collect();
    let steps = |part: usize| -> Vec<u64> {
        large(part).iter().map(|e| run(&e.files, Limits::default()).steps).collect()
    };
    let (small, whole) = (steps(400), steps(100));
    for ((name, small), whole) in names.iter().zip(small).zip(whole) {
        assert!(whole <= 5 * small.max(1000), "{name}: {small} steps, and for four times the input {whole}");
    }
}

#[test]
fn steps_grow_with_the_number_of_resources() {
    let steps = |n: usize| {
        let evaluation = run(&[("main.tf".to_owned(), generate::resources(n))], Limits::default());
        assert_eq!((errors(&evaluation), evaluation.instances.len()), (Vec::new(), n));
        evaluation.steps
    };
    let (small, whole) = (steps(60), steps(600));
    assert!(whole <= 11 * small, "{small} steps for 60 resources, {whole} for 600");
}

#[test]
fn a_repository_evaluates_without_a_complaint() {
    let files: Vec<(String, String)> = generate::repository(8, 2).into_iter().collect();
    for root in ["roots/team_000", "roots/team_001", "roots/platform"] {
        let options = Options::new(Arc::new(Memory::new(&files)), "/checkout".into(), root.into());
        let evaluation = evaluate(&options);
        assert!(evaluation.diagnostics.is_empty(), "{root}: {:?}", evaluation.diagnostics);
        assert!(evaluation.instances.len() > 10, "{root}");
    }
}

#[test]
fn a_repository_has_the_size_that_it_is_measured_at() {
    let files = generate::repository(generate::MODULES, generate::ROOTS);
    let lines: usize = files.values().map(|text| text.lines().count()).sum();
    assert_eq!(files.len(), 1900);
    assert!((54_000..56_000).contains(&lines), "{lines} lines");
}

/// Each of many errors on one line shows its place, and not the line again.
#[test]
fn errors_on_a_long_line_do_not_multiply_it() {
    let names: Vec<String> = (0..600).map(|i| format!("local.missing{i}")).collect();
    let main = format!("output \"x\" {{\n  value = [{}]\n}}\n", names.join(", "));
    let folder = Folder::new("long-line", &[("main.tf", &main)]);
    let run = trueup_in(folder.path(), &["plan", "."]);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("main.tf:2:12") && said.contains("missing599"), "{said}");
    assert!(said.len() < 600 * 600, "{} bytes", said.len());
}
