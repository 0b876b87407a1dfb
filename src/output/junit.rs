//! JUnit XML: one test case a finding, so that a CI system lists them.

use std::fmt::Write;

use super::escape::{line, xml};
use super::told::{One, Told};

/// The report, a suite for each root module. What is suppressed or accepted is skipped; errors of the code
/// are errors.
pub(super) fn report(all: &[Told<'_>], failed: &[String]) -> String {
    let mut sum = Counts::default();
    let mut suites = String::new();
    for told in all {
        let counts = Counts::of(told);
        sum.add(counts);
        suite(&mut suites, told, counts);
    }
    if !failed.is_empty() {
        let counts = Counts { tests: failed.len(), errors: failed.len(), ..Counts::default() };
        sum.add(counts);
        let _ = writeln!(suites, "  <testsuite name=\"not reviewed\" {}>", counts.attributes());
        for why in failed {
            let why = xml(&line(why));
            let _ = writeln!(suites, "    <testcase classname=\"trueup\" name=\"{why}\">");
            let _ = writeln!(suites, "      <error message=\"{why}\"/>\n    </testcase>");
        }
        suites.push_str("  </testsuite>\n");
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    format!("{head}<testsuites name=\"trueup\" {}>\n{suites}</testsuites>\n", sum.attributes())
}

#[derive(Clone, Copy, Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of(told: &Told<'_>) -> Counts {
        let errors = told.diagnostics().iter().filter(|d| d.is_error()).count() + told.gaps.len();
        let failures = told.counted().count();
        let skipped = told.findings.len() - failures;
        Counts { tests: (told.findings.len() + errors).max(1), failures, errors, skipped }
    }

    fn add(&mut self, other: Counts) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
    }

    fn attributes(self) -> String {
        let Counts { tests, failures, errors, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"")
    }
}

fn suite(out: &mut String, told: &Told<'_>, counts: Counts) {
    let name = xml(&told.line(&told.root));
    let _ = writeln!(out, "  <testsuite name=\"{name}\" {}>", counts.attributes());
    for one in &told.findings {
        case(out, told, one);
    }
    let of_code = told.diagnostics().iter().filter(|d| d.is_error());
    let of_code = of_code.map(|d| (told.line(&d.summary), told.line(&d.detail)));
    let gaps = told.gaps.iter().map(|gap| (told.line(gap), String::new()));
    for (title, detail) in of_code.chain(gaps) {
        let title = xml(&title);
        let _ = writeln!(out, "    <testcase classname=\"trueup\" name=\"{title}\">");
        let _ = writeln!(out, "      <error message=\"{title}\">{}</error>\n    </testcase>", xml(&detail));
    }
    if told.findings.is_empty() && counts.errors == 0 {
        out.push_str("    <testcase classname=\"trueup\" name=\"no findings\"/>\n");
    }
    out.push_str("  </testsuite>\n");
}

fn case(out: &mut String, told: &Told<'_>, one: &One<'_>) {
    let finding = one.finding;
    let at = finding.span.map(|s| told.at(s));
    let place = at.map_or_else(String::new, |at| {
        format!(" file=\"{}\" line=\"{}\"", xml(&told.line(at.path.as_str())), at.lines.0)
    });
    let class = xml(&format!("{} {}", finding.code, finding.name));
    let _ = writeln!(
        out,
        "    <testcase classname=\"{class}\" name=\"{}\"{place}>",
        xml(&told.line(&finding.address))
    );
    let _ = match &one.decided {
        Some((_, why)) => writeln!(out, "      <skipped message=\"{}\"/>", xml(&told.line(why))),
        None => writeln!(
            out,
            "      <failure message=\"{}\" type=\"{}\">{}</failure>",
            xml(&told.line(&finding.title)),
            finding.severity.word(),
            xml(&told.message(finding))
        ),
    };
    out.push_str("    </testcase>\n");
}
