//! Growth: linear in the size of the input.

use std::time::{Duration, Instant};

use super::{Evaluation, evaluate, options, said};

fn timed(files: &[(&str, &str)]) -> (Evaluation, Duration) {
    let options = options(files);
    let start = Instant::now();
    let evaluation = evaluate(&options);
    (evaluation, start.elapsed())
}

#[test]
#[ignore = "figures, not a test"]
fn scale() {
    use std::fmt::Write;
    let report = |what: &str, files: &[(&str, &str)]| {
        let (e, time) = timed(files);
        println!(
            "{what}: {:?}, {} instances, {:?}",
            time,
            e.instances.len(),
            said(&e).iter().take(3).collect::<Vec<_>>()
        );
    };
    let size: usize = std::env::var("TRUEUP_SIZE").ok().and_then(|s| s.parse().ok()).unwrap_or(1000);
    for n in [size, 2 * size, 4 * size] {
        let mut vars = String::from("m = {\n");
        for i in 0..n {
            let _ = writeln!(vars, "  key{i} = {{ name = \"n{i}\", size = {i} }}");
        }
        vars.push_str("}\n");
        let main = r#"
variable "m" { type = map(object({ name = string, size = number, on = optional(bool, true) })) }
resource "terraform_data" "r" {
  for_each = var.m
  input    = "${each.key}-${each.value.name}"
}
"#;
        report(&format!("for_each {n}"), &[("main.tf", main), ("terraform.tfvars", &vars)]);
        let main = format!(
            "{main}\nresource \"terraform_data\" \"s\" {{\n  for_each = var.m\n  input = terraform_data.r[each.key].input\n}}\n"
        );
        report(&format!("for_each by key {n}"), &[("main.tf", &main), ("terraform.tfvars", &vars)]);
        let mut locals = String::from("locals {\n  l0 = 1\n");
        for i in 1..n {
            let _ = writeln!(locals, "  l{i} = local.l{} + 1", i - 1);
        }
        locals.push_str("}\n");
        report(&format!("chain {n}"), &[("main.tf", &locals)]);
        let mut many = String::new();
        for i in 0..n {
            let _ = writeln!(
                many,
                "resource \"azurerm_resource_group\" \"r{i}\" {{\n  name = \"r{i}\"\n  location = \"westeurope\"\n}}"
            );
        }
        report(&format!("blocks {n}"), &[("main.tf", &many)]);
        let call = format!(
            "variable \"n\" {{ default = {} }}\nmodule \"m\" {{\n  source = \"./m\"\n  count = {}\n  v = count.index\n}}\n",
            n,
            n / 10
        );
        let m = "variable \"v\" {}\nresource \"terraform_data\" \"r\" {\n  count = 10\n  input = \"${var.v}.${count.index}\"\n}\noutput \"x\" { value = terraform_data.r[*].input }\n";
        report(&format!("modules {n}"), &[("main.tf", &call), ("m/main.tf", m)]);
    }
}

/// Twice the input takes about twice as long, and not four times: each shape eight times as large.
#[test]
fn work_grows_with_the_input() {
    use std::fmt::Write;
    let build = |n: usize| {
        let mut vars = String::from("m = {\n");
        let mut main = String::from(
            "variable \"m\" { type = map(object({ name = string, on = optional(bool, true) })) }\n\
             resource \"terraform_data\" \"r\" {\n  for_each = var.m\n  input = each.value.name\n}\n\
             resource \"terraform_data\" \"s\" {\n  for_each = var.m\n  input = terraform_data.r[each.key].input\n}\n\
             module \"m\" {\n  source = \"./m\"\n  for_each = var.m\n  name = each.value.name\n}\n\
             resource \"terraform_data\" \"t\" {\n  for_each = var.m\n  input = module.m[each.key].name\n}\n\
             locals {\n  l0 = 1\n",
        );
        for i in 0..n {
            writeln!(vars, "  key{i} = {{ name = \"n{i}\" }}").unwrap();
            writeln!(main, "  l{} = local.l{i}", i + 1).unwrap();
        }
        vars.push_str("}\n");
        main.push_str("}\n");
        (main, vars)
    };
    let m = "variable \"name\" {}\nresource \"terraform_data\" \"a\" {\n  input = var.name\n}\n\
             output \"name\" { value = terraform_data.a.input }\n";
    let time = |n: usize| {
        let (main, vars) = build(n);
        let (e, time) = timed(&[("main.tf", &main), ("m/main.tf", m), ("terraform.tfvars", &vars)]);
        assert_eq!((said(&e), e.instances.len()), (Vec::new(), 4 * n));
        time
    };
    let small = time(500).min(time(500));
    let large = time(4000).min(time(4000));
    assert!(large < small * 40, "{small:?} for 500, {large:?} for 4000");
}
