//! JUnit XML: one test case a finding, so that a CI system lists them.

use std::fmt::Write;

use super::escape::xml;
use super::told::{One, Told};

/// The report. What is suppressed or accepted is skipped; errors of the code are errors.
pub(super) fn report(told: &Told<'_>) -> String {
    let errors = told.diagnostics().iter().filter(|d| d.is_error()).count() + told.gaps.len();
    let failures = told.counted().count();
    let skipped = told.findings.len() - failures;
    let tests = (told.findings.len() + errors).max(1);
    let counts =
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\"");
    let suite = xml(&told.line(&told.root));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(out, "<testsuites name=\"trueup\" {counts}>\n  <testsuite name=\"{suite}\" {counts}>");
    for one in &told.findings {
        case(&mut out, told, one);
    }
    let of_code = told.diagnostics().iter().filter(|d| d.is_error());
    let of_code = of_code.map(|d| (told.line(&d.summary), told.line(&d.detail)));
    let gaps = told.gaps.iter().map(|gap| (told.line(gap), String::new()));
    for (title, detail) in of_code.chain(gaps) {
        let title = xml(&title);
        let _ = writeln!(out, "    <testcase classname=\"trueup\" name=\"{title}\">");
        let _ = writeln!(out, "      <error message=\"{title}\">{}</error>\n    </testcase>", xml(&detail));
    }
    if told.findings.is_empty() && errors == 0 {
        out.push_str("    <testcase classname=\"trueup\" name=\"no findings\"/>\n");
    }
    out.push_str("  </testsuite>\n</testsuites>\n");
    out
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
