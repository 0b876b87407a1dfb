//! Edits that make a rule pass: the law, over every rule that has one.

use serde_json::Value as Json;
use trueup::analysis::changes::{Side, delta};
use trueup::analysis::finding::Facet;
use trueup::analysis::rules::{Fix, apply, edits, fix};
use trueup::output::told::{Form, Told};
use trueup::review::redact::Redactor;
use trueup::review::{Subject, weigh};
use trueup::terraform::files::Naming;

use super::*;

/// The text of `main.tf` after the edits of one rule; nothing when there are none.
fn fixed(rule: &str, text: &str) -> Option<String> {
    let root = plain_root(text, V4);
    let sources = &root.evaluation.sources;
    let edits = edits(&root.estate, sources, &root.outcomes(rule));
    let first = edits.first()?;
    let file = sources.file(first.span.file);
    assert!(file.path.as_str().ends_with("main.tf"), "{}", file.path);
    Some(apply(&file.text, &edits))
}

/// The text of `main.tf` after what a viewer of SARIF does with the fixes of one rule.
fn fixed_by_viewer(rule: &str, text: &str) -> Option<String> {
    let Root { evaluation, estate, .. } = plain_root(text, V4);
    let naming = Naming::new("/checkout".into(), "".into(), "".into());
    let (evaluation, estate) = (Arc::into_inner(evaluation).unwrap(), Arc::into_inner(estate).unwrap());
    let surroundings = Default::default();
    let subject = Subject { evaluation, estate, naming, surroundings };
    let found = rules::verdicts(&Context::new(&subject.estate, Some(&subject.evaluation), TODAY));
    let how = (Profile::Strict, TODAY);
    let weighed = weigh(&subject, found, Vec::new(), &[Facet::Security], &Default::default(), how);
    let edits = edits(&subject.estate, &subject.evaluation.sources, &weighed.security.outcomes);
    let redactor = Redactor::new(&subject.evaluation);
    let told = Told::of_facet("", &subject, &weighed.findings, &weighed.held, &edits, &redactor);
    let log: Json = serde_json::from_str(&told.render(Form::Sarif)).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap().iter().filter(|r| r["ruleId"] == rule);
    let mut replaced: Vec<(std::ops::Range<usize>, String)> = Vec::new();
    for change in results.filter_map(|r| r.pointer("/fixes/0/artifactChanges/0")) {
        assert_eq!(change["artifactLocation"]["uri"], "main.tf");
        let region = &change["replacements"][0]["deletedRegion"];
        let at = |line: &str, column: &str| {
            let number = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap();
            byte(text, number(line), number(column))
        };
        let new = change["replacements"][0]["insertedContent"]["text"].as_str().unwrap();
        replaced.push((at("startLine", "startColumn")..at("endLine", "endColumn"), new.to_owned()));
    }
    replaced.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    let mut out = text.to_owned();
    replaced.iter().for_each(|(range, new)| out.replace_range(range.clone(), new));
    (!replaced.is_empty()).then_some(out)
}

/// The byte at a line and a column in UTF-16 code units, both from 1.
fn byte(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let mut units = 1;
    let before = text[start..].chars().take_while(|c| {
        let is_before = units < column;
        units += c.len_utf16();
        is_before
    });
    start + before.map(char::len_utf8).sum::<usize>()
}

#[test]
fn every_edit_is_documented_and_a_viewer_of_sarif_makes_the_same() {
    let (mut documented, mut by_viewer) = (0, 0);
    for rule in rules::all() {
        let meta = rule.meta();
        documented += usize::from(fix(*rule).is_some());
        // Characters of two units and of several bytes before the edit count as they should.
        let bad = meta.bad.replace(" = false", " = /* 😀 ä */ false").replace('\n', "\r\n");
        let root = plain_root(&bad, V4);
        for edit in edits(&root.estate, &root.evaluation.sources, &root.outcomes(meta.id)) {
            let told = if edit.safe { Fix::Safe } else { Fix::Unsafe };
            assert_eq!(fix(*rule), Some(told), "{}", meta.id);
        }
        if let Some(text) = fixed_by_viewer(meta.id, &bad) {
            assert_eq!(Some(&text), fixed(meta.id, &bad).as_ref(), "{}", meta.id);
            by_viewer += 1;
        }
    }
    say!("rules with an edit: {documented}; by a viewer of SARIF: {by_viewer}");
    assert!(documented >= by_viewer && by_viewer > 20, "{documented} {by_viewer}");
}

#[test]
fn a_fix_makes_the_rule_pass_and_changes_nothing_else() {
    let (mut with, mut wrong) = (Vec::new(), Vec::new());
    for rule in rules::all() {
        let meta = rule.meta();
        let Some(text) = fixed(meta.id, meta.bad) else { continue };
        with.push(meta.id);
        let [before, after] = [meta.bad, &text].map(|text| plain_root(text, V4));
        let errors: Vec<_> = after.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
        let failing = after.outcomes(meta.id).iter().filter(|o| o.is_failure()).count();
        let [old, new] = [&before, &after].map(|r| Side { evaluation: &r.evaluation, estate: &r.estate });
        let changed: Vec<String> = delta(old, new)
            .iter()
            .flat_map(|c| c.attributes.iter().map(|a| format!("{} {}", c.address, a.attribute)))
            .collect();
        let again = fixed(meta.id, &text);
        // Windows line ends and a byte order mark stay what they are.
        let windows = format!("\u{feff}{}", meta.bad.replace('\n', "\r\n"));
        let kept = fixed(meta.id, &windows);
        let wanted = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        if !errors.is_empty() || failing > 0 || changed.len() > 1 || again.is_some() || kept != Some(wanted) {
            wrong.push(format!("{} {failing} {changed:?} {errors:?} {again:?}\n{text}", meta.id));
        }
    }
    say!("rules with a fix: {}", with.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(with.len() > 20, "{with:?}");
}

#[test]
fn what_comes_from_elsewhere_is_not_edited() {
    let cluster = |line: &str| {
        let head = "resource \"azurerm_kubernetes_cluster\" \"a\" {\n  name = \"a\"\n  location = \"westeurope\"\n  resource_group_name = \"rg\"\n  dns_prefix = \"a\"\n";
        let tail = "  default_node_pool {\n    name = \"a\"\n    vm_size = \"Standard_D4s_v5\"\n    node_count = 3\n  }\n  identity {\n    type = \"SystemAssigned\"\n  }\n}\n";
        format!("variable \"on\" {{\n  default = false\n}}\n{head}{line}{tail}")
    };
    for (line, wanted) in [
        ("  image_cleaner_enabled = false # for now\n", Some("  image_cleaner_enabled = true # for now\n")),
        ("  image_cleaner_enabled = var.on\n", None),
        ("  image_cleaner_enabled = !true\n", None),
    ] {
        let text = cluster(line);
        let rule = rules::all().iter().find(|r| r.meta().fix.contains("image_cleaner_enabled"));
        let Some(rule) = rule else { panic!("no rule about image_cleaner_enabled") };
        assert_eq!(fixed(rule.meta().id, &text), wanted.map(cluster), "{line}");
    }
}

#[test]
fn edits_of_some_rules() {
    let machine =
        |id: &str, head: &str| format!("{id}{head}\n  name = \"a\"\n  resource_group_name = \"rg\"\n");
    let registry = |line: &str| {
        machine("", "resource \"azurerm_container_registry\" \"a\" {")
            + "  location = \"westeurope\"\n  sku = \"Premium\"\n"
            + line
            + "}\n"
    };
    let vault = |line: &str| {
        machine("", "resource \"azurerm_key_vault\" \"a\" {")
            + "  location = \"westeurope\"\n  tenant_id = \"t\"\n  sku_name = \"standard\"\n"
            + line
            + "}\n"
    };
    for (rule, text, wanted) in [
        // What is written is replaced, what is left out is added, and what passes stays.
        ("ACR-001", registry("  admin_enabled = true\n"), Some(registry("  admin_enabled = false\n"))),
        ("ACR-001", registry("  admin_enabled = false\n"), None),
        (
            "KV-005",
            vault("  purge_protection_enabled = false\n"),
            Some(vault("  purge_protection_enabled = true\n")),
        ),
        // Of many instances one text is edited once.
        (
            "ACR-001",
            registry("  count = 2\n  admin_enabled = true\n"),
            Some(registry("  count = 2\n  admin_enabled = false\n")),
        ),
        // Of a value that differs by instance none is.
        ("ACR-001", registry("  count = 2\n  admin_enabled = count.index == 0\n"), None),
    ] {
        assert_eq!(fixed(&format!("TU-{rule}"), &text), wanted, "{rule} {text}");
    }
    let safe = |rule: &str| rules::find(rule).and_then(fix);
    // What forbids something that may be in use is for a person to decide; what only adds care is not.
    assert_eq!(safe("ACR-001"), Some(Fix::Unsafe));
    assert_eq!(safe("NSG-001"), None);
}

#[test]
fn settings_that_cannot_be_meant() {
    let wrong = |text: &str| Config::of_text(text).map(drop).unwrap_err();
    assert!(Config::of_text("[rules]\nbroad_public_prefix = 1\n").is_ok());
    assert!(Config::of_text("[rules]\nbroad_public_prefix = 32\n").is_ok());
    assert!(wrong("[rules]\nbroad_public_prefix = 0\n").contains("no length of a prefix"));
    assert!(wrong("[rules]\nbroad_public_prefix = 33\n").contains("no length of a prefix"));
    assert!(wrong("[rules]\nsensitive_ports = [\"many\"]\n").contains("is no port"));
    assert!(wrong("[rules]\nsensitive_ports = [\"*\"]\n").contains("is no port"));
    assert!(wrong("[rules.naming]\npreset = \"other\"\n").contains("there is no \"other\""));
    assert!(Config::of_text("[rules.naming]\npreset = \"caf\"\n").is_ok());
}

#[test]
fn outcomes_of_the_machine_interface() {
    let text = "resource \"azurerm_container_registry\" \"a\" {\n  name = \"a\"\n  location = \"westeurope\"\n  \
                resource_group_name = \"rg\"\n  sku = \"Premium\"\n  admin_enabled = true\n  \
                anonymous_pull_enabled = var.on\n}\nvariable \"on\" {}\n";
    let root = root(text);
    let mut report = root.report(Profile::Strict);
    let sources = &root.evaluation.sources;
    let words = |report: &SecurityReport, profile, all| -> std::collections::BTreeSet<String> {
        let told = report.json(sources, profile, all);
        told.iter().map(|o| format!("{} {}", o.rule, o.outcome)).collect()
    };
    let default = words(&report, Profile::Default, false);
    let strict = words(&report, Profile::Strict, false);
    let all = words(&report, Profile::Default, true);
    assert!(default.contains("TU-ACR-001 fail") && default.iter().all(|o| o.ends_with(" fail")));
    assert!(default.is_subset(&strict) && default.len() < strict.len(), "{default:?} {strict:?}");
    assert!(all.contains("TU-ACR-002 indeterminate") && strict.is_subset(&all));
    let count =
        |report: &SecurityReport, word: &str| report.outcomes.iter().filter(|o| o.word() == word).count();
    assert_eq!(report.count("fail"), count(&report, "fail"));
    assert_eq!(report.count("suppressed"), 0);
    assert!(report.count("pass") > 0 && report.count("not_applicable") > 0);
    // A failure that is suppressed is another word, and no other outcome is.
    let failures = report.count("fail");
    let suppressed = trueup::analysis::finding::Suppressed {
        by: "comment",
        reason: "meant".into(),
        until: None,
        span: None,
    };
    for outcome in report.outcomes.iter_mut().filter(|o| matches!(o.rule, "TU-ACR-001" | "TU-ACR-002")) {
        outcome.suppressed = Some(Box::new(suppressed.clone()));
    }
    assert_eq!((report.count("suppressed"), report.count("fail")), (1, failures - 1));
    assert!(!words(&report, Profile::Default, false).contains("TU-ACR-001 fail"));
    assert!(words(&report, Profile::Default, true).contains("TU-ACR-002 indeterminate"));
    assert!(edits(&root.estate, sources, &report.outcomes).iter().all(|e| e.rule != "TU-ACR-001"));
}
