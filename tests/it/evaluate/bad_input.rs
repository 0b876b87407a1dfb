//! Bad input: one clear diagnostic each, at its place.

use super::{addresses, evaluate, instance, options, said, summaries};

/// Bad input gets one clear diagnostic, at its place.
#[test]
fn bad_input_gets_one_diagnostic() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("syntax error", "output \"a\" {\n  value = 1 +\n}\n", &["main.tf:2:14 error Invalid expression"]),
        (
            "undeclared variable",
            "variable \"region\" {\n  default = 1\n}\noutput \"a\" { value = var.regoin }",
            &["main.tf:4:22 error Reference to undeclared input variable"],
        ),
        (
            "undeclared local",
            "output \"a\" { value = local.x }",
            &["main.tf:1:22 error Reference to undeclared local value"],
        ),
        (
            "undeclared resource",
            "output \"a\" { value = terraform_data.x.id }",
            &["main.tf:1:22 error Reference to undeclared resource"],
        ),
        (
            "undeclared data source",
            "output \"a\" { value = data.terraform_remote_state.x.outputs }",
            &["main.tf:1:22 error Reference to undeclared resource"],
        ),
        (
            "undeclared module",
            "output \"a\" { value = module.x.y }",
            &["main.tf:1:22 error Reference to undeclared module"],
        ),
        (
            "in a part that is not evaluated",
            "output \"a\" { value = true ? 1 : try(var.x, 2) }",
            &["main.tf:1:37 error Reference to undeclared input variable"],
        ),
        (
            "in a resource without instances",
            "resource \"terraform_data\" \"a\" {\n  count = 0\n  input = var.x\n}",
            &["main.tf:3:11 error Reference to undeclared input variable"],
        ),
        ("just a type", "output \"a\" { value = terraform_data }", &["main.tf:1:22 error Invalid reference"]),
        (
            "cycle of locals",
            "locals {\n  a = local.b\n  b = local.c\n  c = local.a\n}\noutput \"x\" { value = local.a }",
            &["main.tf:2:3 error Cycle"],
        ),
        (
            "resource that refers to itself",
            "resource \"terraform_data\" \"a\" {\n  input = terraform_data.a.id\n}",
            &["main.tf:2:11 error Self-referential block"],
        ),
        (
            "wrong type",
            "variable \"n\" {\n  type = number\n  default = \"x\"\n}\noutput \"n\" { value = var.n + 1 }",
            &["main.tf:3:13 error Invalid default value for variable"],
        ),
        (
            "wrong type of a type",
            "variable \"n\" {\n  type = strin\n}\n",
            &[
                "main.tf:1:1 warning No value for required variable",
                "main.tf:2:10 error Invalid type specification",
            ],
        ),
        (
            "missing module",
            "module \"net\" {\n  source  = \"Azure/avm-res-network/azurerm\"\n  version = \"1.0\"\n}\noutput \"a\" { value = module.net.id }",
            &["main.tf:2:13 error Module not installed"],
        ),
        (
            "missing directory",
            "module \"net\" {\n  source = \"./net\"\n}",
            &["main.tf:2:12 error Unreadable module directory"],
        ),
        (
            "each without for_each",
            "output \"a\" { value = each.key }",
            &["main.tf:1:22 error Reference to \"each\" in context without for_each"],
        ),
        (
            "count without count",
            "output \"a\" { value = count.index }",
            &["main.tf:1:22 error Reference to \"count\" in non-counted context"],
        ),
        (
            "self outside",
            "output \"a\" { value = self.id }",
            &["main.tf:1:22 error Invalid \"self\" reference"],
        ),
        (
            "no such path",
            "output \"a\" { value = path.home }",
            &["main.tf:1:22 error Invalid \"path\" attribute"],
        ),
        (
            "list in for_each",
            "resource \"terraform_data\" \"a\" {\n  for_each = [\"a\"]\n  input = each.value\n}\noutput \"x\" { value = terraform_data.a }",
            &["main.tf:2:14 error Invalid for_each argument"],
        ),
        (
            "null in for_each",
            "resource \"terraform_data\" \"a\" {\n  for_each = null\n}",
            &["main.tf:2:14 error Invalid for_each argument"],
        ),
        (
            "numbers in for_each",
            "resource \"terraform_data\" \"a\" {\n  for_each = toset([1, 2])\n}",
            &["main.tf:2:14 error Invalid for_each set argument"],
        ),
        (
            "sensitive for_each",
            "variable \"s\" {\n  default = [\"a\"]\n  sensitive = true\n}\nresource \"terraform_data\" \"a\" {\n  for_each = toset(var.s)\n}",
            &["main.tf:6:14 error Invalid for_each argument"],
        ),
        (
            "for_each after apply",
            "resource \"terraform_data\" \"a\" {}\nresource \"terraform_data\" \"b\" {\n  for_each = toset([terraform_data.a.id])\n}",
            &["main.tf:3:14 error Invalid for_each argument"],
        ),
        (
            "count after apply",
            "resource \"terraform_data\" \"a\" {}\nresource \"terraform_data\" \"b\" {\n  count = length(terraform_data.a.id)\n}",
            &["main.tf:3:11 error Invalid count argument"],
        ),
        (
            "duplicates",
            "variable \"a\" { default = 1 }\nvariable \"a\" { default = 2 }\nlocals { b = 1 }\nlocals { b = 2 }\noutput \"c\" { value = 1 }\noutput \"c\" { value = 2 }\nresource \"terraform_data\" \"d\" {}\nresource \"terraform_data\" \"d\" {}",
            &[
                "main.tf:2:1 error Duplicate variable declaration",
                "main.tf:4:10 error Duplicate local value definition",
                "main.tf:6:1 error Duplicate output definition",
                "main.tf:8:1 error Duplicate resource \"terraform_data\" configuration",
            ],
        ),
        (
            "sensitive output",
            "variable \"a\" {\n  default = 1\n  sensitive = true\n}\noutput \"x\" { value = [var.a] }",
            &["main.tf:5:1 error Output refers to sensitive values"],
        ),
        (
            "validation",
            "variable \"a\" {\n  default = \"x\"\n  validation {\n    condition = length(var.a) > 3\n    error_message = \"Too short: ${var.a}.\"\n  }\n}",
            &["main.tf:1:1 error Invalid value for variable"],
        ),
        (
            "invalid index",
            "resource \"terraform_data\" \"a\" {\n  count = 1\n}\noutput \"x\" { value = terraform_data.a[3].id }",
            &["main.tf:4:38 error Invalid index"],
        ),
        (
            "missing attribute of a counted resource",
            "resource \"terraform_data\" \"a\" {\n  count = 1\n}\noutput \"x\" { value = terraform_data.a.id }",
            &["main.tf:4:22 error Missing resource instance key"],
        ),
        (
            "missing argument",
            "resource \"azurerm_resource_group\" \"a\" {\n  name = \"x\"\n}",
            &["main.tf:1:1 error Missing required argument"],
        ),
        (
            "unknown argument",
            "resource \"azurerm_resource_group\" \"a\" {\n  name = \"x\"\n  locaton = \"y\"\n  location = \"z\"\n}",
            &["main.tf:3:3 error Unsupported argument"],
        ),
        (
            "unknown attribute",
            "resource \"azurerm_resource_group\" \"a\" {\n  name = \"x\"\n  location = \"z\"\n}\noutput \"x\" { value = azurerm_resource_group.a.nmae }",
            &["main.tf:5:46 error Unsupported attribute"],
        ),
        (
            "unknown output",
            "module \"m\" {\n  source = \"./m\"\n}\noutput \"x\" { value = module.m.nope }",
            &["main.tf:4:30 error Unsupported attribute"],
        ),
        (
            "module that calls itself",
            "module \"m\" {\n  source = \"./\"\n}",
            &["main.tf:2:12 error Module calls itself"],
        ),
        (
            "module outside",
            "module \"m\" {\n  source = \"../../../..\"\n}",
            &["main.tf:2:12 error Module source outside the checkout"],
        ),
        (
            "file outside",
            "output \"x\" { value = file(\"/etc/passwd\") }\noutput \"y\" { value = file(\"../../etc/passwd\") }",
            &["main.tf:1:27 error Invalid function argument", "main.tf:2:27 error Invalid function argument"],
        ),
        (
            "depends_on nothing",
            "resource \"terraform_data\" \"a\" {\n  depends_on = [terraform_data.b]\n}",
            &["main.tf:2:17 error Reference to undeclared resource"],
        ),
        (
            "both meta-arguments",
            "module \"m\" {\n  source = \"./m\"\n  count = 1\n  for_each = {}\n}",
            &["main.tf:4:3 error Invalid combination of \"count\" and \"for_each\""],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, text, want) in cases {
        let e = evaluate(&options(&[("main.tf", text), ("m/m.tf", "output \"o\" { value = 1 }\n")]));
        let got = summaries(&e);
        if got != *want {
            wrong.push(format!("{name}: {:#?}", said(&e)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Without strictness a variable without a value is a warning; what depends on it is unknown for that
/// reason, and one instance stands for all of a `count` of it.
#[test]
fn missing_values_are_unknown() {
    let text = r#"
variable "n" { type = number }
resource "terraform_data" "a" {
  count = var.n
  input = "x${count.index}"
}
output "n" { value = var.n }
output "a" { value = terraform_data.a[*].input }
"#;
    let e = evaluate(&options(&[("main.tf", text)]));
    let want = ["main.tf:2:1 warning No value for required variable", "main.tf:4:11 warning Unknown count"];
    assert_eq!(summaries(&e), want);
    assert_eq!(addresses(&e), ["terraform_data.a[*]"]);
    for name in ["n", "a"] {
        assert_eq!(format!("{:?}", e.outputs[name].value.unknown_reason().unwrap()), "Variable(\"n\")");
    }
}

/// A module that is not there costs its own part only.
#[test]
fn a_missing_module_is_one_diagnostic() {
    let text = r#"
module "net" {
  source = "Azure/network/azurerm"
}
resource "terraform_data" "a" {
  input = module.net.vnet.id
}
resource "terraform_data" "b" {
  for_each = module.net.subnets
  input    = each.value
}
"#;
    let e = evaluate(&options(&[("main.tf", text)]));
    let want = ["main.tf:3:12 error Module not installed", "main.tf:9:14 warning Unknown for_each"];
    assert_eq!(summaries(&e), want);
    let reason = instance(&e, "terraform_data.a").planned.get("input").unwrap().unknown_reason();
    assert_eq!(format!("{:?}", reason.unwrap()), "Module(\"net\")");
    instance(&e, "terraform_data.b[*]");
    let manifest = r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"net","Source":"registry.terraform.io/Azure/network/azurerm","Version":"5.3.0","Dir":".terraform/modules/net"}]}"#;
    let module = r#"
output "vnet" { value = { id = "v" } }
output "subnets" { value = { a = 1 } }
"#;
    let installed = [
        ("main.tf", text),
        (".terraform/modules/modules.json", manifest),
        (".terraform/modules/net/main.tf", module),
    ];
    let e = evaluate(&options(&installed));
    assert_eq!(said(&e), Vec::<String>::new());
    assert_eq!(addresses(&e), ["terraform_data.a", "terraform_data.b[\"a\"]"]);
}

/// Binary files, empty directories, broken lines: one diagnostic, and the rest is evaluated.
#[test]
fn damaged_files_cost_only_themselves() {
    let e =
        evaluate(&options(&[("a.tf", "output \"a\" { value = 1 }\n"), ("b.tf", "\u{0}\u{1}\u{2}garbage")]));
    assert_eq!(summaries(&e), ["b.tf:1:1 error Invalid character encoding"]);
    assert!(e.outputs.contains_key("a"));

    let e = evaluate(&options(&[("readme.md", "x")]));
    assert_eq!(summaries(&e), ["error No configuration files"]);

    let main = "variable \"a\" {}\nvariable \"c\" {}\noutput \"x\" { value = \"${var.a}${var.c}\" }\n";
    let e = evaluate(&options(&[("main.tf", main), ("terraform.tfvars", "a = 1\nb = = 2\nc = 3\n")]));
    assert_eq!(summaries(&e), ["terraform.tfvars:2:5 error Invalid expression"]);
    assert_eq!(e.outputs["x"].value.as_str(), Some("13"));

    let e = evaluate(&options(&[("main.tf.json", "{\n  \"output\": {\"a\": {\"value\": 1},}\n}")]));
    assert_eq!(summaries(&e), ["main.tf.json:2:32 error Invalid JSON syntax"]);
}

/// Work without end stops with one error.
#[test]
fn work_is_bounded() {
    let cases: &[(&str, &str)] = &[
        (
            "Evaluation limit exceeded",
            "locals { a = [for i in range(1000) : [for j in range(1000) : [for k in range(1000) : i]]] }",
        ),
        ("Too many instances", "resource \"terraform_data\" \"a\" {\n  count = 2000000\n}"),
    ];
    for (summary, text) in cases {
        let mut options = options(&[("main.tf", text)]);
        options.limits.steps = 1_000_000;
        let e = evaluate(&options);
        let got = summaries(&e);
        assert!(got.len() == 1 && got[0].ends_with(summary), "{got:?}");
    }
}

/// A chain of references is as deep as it likes; so is a module tree up to a bound.
#[test]
fn deep_chains_need_no_stack() {
    use std::fmt::Write;
    let mut text = String::from("locals {\n  l0 = 1\n");
    for i in 1..5_000 {
        writeln!(text, "  l{i} = local.l{}", i - 1).unwrap();
    }
    text.push_str("}\noutput \"x\" { value = local.l4999 }\n");
    let e = evaluate(&options(&[("main.tf", &text)]));
    assert_eq!(said(&e), Vec::<String>::new());
    assert_eq!(e.outputs["x"].value.as_i64(), Some(1));
    let cycle = text.replace("l0 = 1", "l0 = local.l4999");
    let e = evaluate(&options(&[("main.tf", &cycle)]));
    assert_eq!(e.diagnostics.len(), 1);
}
