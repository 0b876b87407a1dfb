//! Edits that make a rule pass: the law, over every rule that has one.

use trueup::analysis::changes::{Side, delta};
use trueup::analysis::rules::{apply, edits};

use super::*;

/// The text of `main.tf` after the edits of one rule; nothing when there are none.
fn fixed(rule: &str, text: &str) -> Option<String> {
    let root = plain_root(text);
    let sources = &root.evaluation.sources;
    let edits = edits(&root.estate, sources, &root.outcomes(rule));
    let first = edits.first()?;
    let file = sources.file(first.span.file);
    assert!(file.path.as_str().ends_with("main.tf"), "{}", file.path);
    Some(apply(&file.text, &edits))
}

#[test]
fn a_fix_makes_the_rule_pass_and_changes_nothing_else() {
    let (mut with, mut wrong) = (Vec::new(), Vec::new());
    for rule in rules::all() {
        let meta = rule.meta();
        let Some(text) = fixed(meta.id, meta.bad) else { continue };
        with.push(meta.id);
        let [before, after] = [meta.bad, &text].map(plain_root);
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
