//! Configurations at the edge: very large ones that must work, and hostile ones that must end in a clear
//! error. The test suite takes the large ones at a fraction of their size, the benchmark whole.

use std::fmt::Write;

/// What an extreme configuration must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// No error, and this many instances.
    Instances(usize),
    /// An error with this summary.
    Error(&'static str),
}

/// An extreme configuration.
pub(crate) struct Extreme {
    /// What is extreme about it.
    pub(crate) name: &'static str,
    /// Its files.
    pub(crate) files: Vec<(String, String)>,
    /// What it must come to.
    #[allow(dead_code, reason = "the benchmark does not look at how it ends")]
    pub(crate) end: End,
}

const CALL: End = End::Error("Error in function call");
const LIMIT: End = End::Error("Evaluation limit exceeded");

/// One file.
fn main_tf(text: impl Into<String>) -> Vec<(String, String)> {
    vec![("main.tf".to_owned(), text.into())]
}

/// An output of an expression.
fn output(expression: &str) -> Vec<(String, String)> {
    main_tf(format!("output \"x\" {{\n  value = {expression}\n}}\n"))
}

/// Lines made from numbers.
fn lines(range: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    range.for_each(|i| writeln!(text, "{}", line(i)).unwrap_or_default());
    text
}

/// A value that holds ten of the one before it, `levels` times.
fn laughs(levels: usize) -> String {
    let each = |i: usize| format!("  l{i} = [for i in range(10) : local.l{}]", i - 1);
    format!("locals {{\n  l0 = \"laugh\"\n{}}}\n", lines(1..levels + 1, each))
}

/// The large ones, divided by `part`.
pub(crate) fn large(part: usize) -> Vec<Extreme> {
    let rows = 100_000 / part;
    let row = |i: usize| {
        let text = "abcdefghijklmnopqrstuvwxyz".repeat(2);
        format!("  key{i:06} = {{ name = \"name-{i}\", size = {i}, on = true, text = \"{text}\" }}")
    };
    let tfvars = format!("m = {{\n{}}}\n", lines(0..rows, row));
    let by_key = "variable \"m\" {\n  type = map(object({ name = string, size = number, on = optional(bool) }))\n}\n\
                  resource \"terraform_data\" \"r\" {\n  for_each = var.m\n  input = each.value.name\n}\n";
    let chain = lines(1..rows, |i| format!("  l{i} = local.l{} + 1", i - 1));
    let merges = 2000 / part.min(10);
    let modules = 10_000 / part;
    let calls = lines(0..modules, |i| format!("module \"m{i}\" {{\n  source = \"./m\"\n  v = {i}\n}}"));
    let leaf = "variable \"v\" {}\nresource \"terraform_data\" \"a\" {\n  input = var.v\n}\n";
    let with_leaf =
        |main: String| vec![("main.tf".to_owned(), main), ("m/main.tf".to_owned(), leaf.to_owned())];
    let rule = |i: usize| {
        format!(
            "  security_rule {{\n    name = \"r{i}\"\n    priority = {}\n    direction = \"Inbound\"\n    \
             access = \"{}\"\n    protocol = \"*\"\n    source_port_range = \"*\"\n    \
             destination_port_ranges = [{}]\n    source_address_prefixes = [{}]\n    \
             destination_address_prefix = \"*\"\n  }}",
            100 + i,
            if i.is_multiple_of(2) { "Allow" } else { "Deny" },
            lines(0..10, |p| format!("\"{}\",", 1 + (i * 31 + p * 977) % 60000)),
            lines(0..10, |p| format!("\"10.{}.{}.0/24\",", i % 256, (i / 7 + p * 13) % 256)),
        )
    };
    let nsg = format!(
        "provider \"azurerm\" {{\n  features {{}}\n}}\nresource \"azurerm_network_security_group\" \"n\" {{\n  \
         name = \"n\"\n  location = \"westeurope\"\n  resource_group_name = \"rg\"\n{}}}\n",
        lines(0..1000 / part.min(4), rule)
    );
    let extreme = |name, files, end| Extreme { name, files, end };
    vec![
        extreme(
            "tfvars of 10 MB, and a resource for each of its 100,000 rows",
            [main_tf(by_key), vec![("terraform.tfvars".to_owned(), tfvars)]].concat(),
            End::Instances(rows),
        ),
        extreme(
            "a chain of 100,000 locals",
            main_tf(format!("locals {{\n  l0 = 1\n{chain}}}\n")),
            End::Instances(0),
        ),
        extreme(
            "2,000 maps merged, one into the next",
            main_tf(format!(
                "locals {{\n  m0 = {{}}\n{}}}\noutput \"x\" {{\n  value = length(local.m{merges})\n}}\n",
                lines(1..merges + 1, |i| format!("  m{i} = merge(local.m{}, {{ k{i} = {i} }})", i - 1))
            )),
            End::Instances(0),
        ),
        extreme(
            "a range of a million numbers",
            // Terraform's own `range` ends at 1,024.
            output(&format!(
                "length(flatten([for i in range(1000) : [for j in range({}) : j]]))",
                1000 / part.min(10)
            )),
            End::Instances(0),
        ),
        extreme("10,000 calls of a module", with_leaf(calls), End::Instances(modules)),
        extreme(
            "10,000 instances of a module",
            with_leaf(format!(
                "module \"m\" {{\n  source = \"./m\"\n  count = {modules}\n  v = count.index\n}}\n"
            )),
            End::Instances(modules),
        ),
        extreme(
            "100,000 look-ups in lists and maps of as many",
            main_tf(format!(
                "locals {{\n  list = [\n{}]\n  map = {{ for k in local.list : k => upper(k) }}\n}}\n\
                 output \"x\" {{\n  value = length([\n    for k in local.list : k if contains(local.list, k) \
                 && index(local.list, k) >= 0\n    && lookup(local.map, k, \"\") == local.map[k] && \
                 element(local.list, length(local.list)) != \"\"\n  ])\n}}\n",
                lines(0..rows, |i| format!("    \"key{i}\","))
            )),
            End::Instances(0),
        ),
        extreme("1,000 rules of a security group", main_tf(nsg), End::Instances(1)),
        extreme(
            "100 levels of lists",
            main_tf(format!(
                "locals {{\n  l0 = 1\n{}}}\noutput \"x\" {{\n  value = jsonencode(local.l100)\n}}\n",
                lines(1..101, |i| format!("  l{i} = [local.l{}]", i - 1))
            )),
            End::Instances(0),
        ),
    ]
}

/// The hostile ones.
pub(crate) fn hostile() -> Vec<Extreme> {
    let extreme = |name, files, end| Extreme { name, files, end };
    let product = ["range(10)"; 10].join(", ");
    let deep_for = (0..9).fold("1".to_owned(), |inner, i| format!("[for v{i} in range(20) : {inner}]"));
    let yaml = (1..12).fold("l0: &l0 [x, x]\\n".to_owned(), |text, i| {
        format!("{text}l{i}: &l{i} [{}]\\n", vec![format!("*l{}", i - 1); 10].join(", "))
    });
    let doubled = lines(1..60, |i| format!("  t{i} = \"${{local.t{0}}}${{local.t{0}}}\"", i - 1));
    let template = |text: &str| {
        vec![
            ("main.tf".to_owned(), "output \"x\" {\n  value = templatefile(\"t.tpl\", {})\n}\n".to_owned()),
            ("t.tpl".to_owned(), text.to_owned()),
        ]
    };
    let cyclic = |to: &str| format!("module \"m\" {{\n  source = \"{to}\"\n}}\n");
    let deep = |open: &str, inner: &str, close: &str, n: usize| {
        output(&format!("{}{inner}{}", open.repeat(n), close.repeat(n)))
    };
    const TOO_DEEP: End = End::Error("Nesting too deep");
    vec![
        extreme("a range of 1e9", output("range(1e9)"), CALL),
        extreme("a set product of ten lists", output(&format!("length(setproduct({product}))")), LIMIT),
        extreme("nine nested for", output(&format!("length({deep_for})")), LIMIT),
        extreme(
            "a for over the ten-fold of the ten-fold",
            main_tf(format!("{}output \"x\" {{\n  value = jsonencode(local.l9)\n}}\n", laughs(9))),
            End::Error("Value too large"),
        ),
        extreme("YAML whose aliases multiply", output(&format!("length(yamldecode(\"{yaml}\").l11)")), LIMIT),
        extreme("a field a billion wide", output("format(\"%999999999d\", 1)"), CALL),
        extreme("a field of many digits", output("format(\"%.999999999f\", 1)"), CALL),
        extreme(
            "text that doubles sixty times",
            main_tf(format!("locals {{\n  t0 = \"0123456789\"\n{doubled}}}\n")),
            LIMIT,
        ),
        extreme(
            "text that join multiplies",
            main_tf(format!(
                "{}output \"x\" {{\n  value = join(\"{}\", flatten([local.l5, local.l5]))\n}}\n",
                laughs(5),
                "-".repeat(100_000)
            )),
            LIMIT,
        ),
        extreme(
            "text that replace multiplies",
            output(&format!(
                "replace(\"{}\", \"\", join(\"\", [for i in range(1000) : \"{}\"]))",
                "a".repeat(50_000),
                "b".repeat(1000)
            )),
            LIMIT,
        ),
        extreme(
            "a long text that is read again and again",
            main_tf(format!(
                "locals {{\n  t = join(\"\", [for i in range(1000) : \"{}\"])\n}}\noutput \"x\" {{\n  \
                 value = length([for i in range(1000) : length(local.t)])\n}}\n",
                "a".repeat(1000)
            )),
            LIMIT,
        ),
        extreme(
            "a list that every element of it goes through",
            main_tf(format!(
                "locals {{\n  list = [\n{}]\n}}\noutput \"x\" {{\n  value = [for k in local.list : \
                 local.list[*].id]\n}}\n",
                lines(0..2000, |i| format!("    {{ id = {i} }},"))
            )),
            LIMIT,
        ),
        extreme(
            "a number of a billion digits",
            // Infinite, as it is for Terraform.
            output("pow(10, 999999999)"),
            End::Instances(0),
        ),
        extreme(
            "a regular expression of astronomic size",
            output("regex(\"((((a{100}){100}){100}){100})\", \"a\")"),
            End::Error("Invalid function argument"),
        ),
        extreme(
            "a regular expression that backtracks",
            // Linear here, so it just does not match.
            output(&format!("regex(\"^(a+)+$\", \"{}b\")", "a".repeat(50_000))),
            CALL,
        ),
        extreme("a template that calls itself", template("${templatefile(\"t.tpl\", {})}"), CALL),
        extreme(
            "a template of ten nested loops",
            template(&format!(
                "{}x{}",
                (0..10).map(|i| format!("%{{ for a{i} in range(10) }}")).collect::<String>(),
                "%{ endfor }".repeat(10)
            )),
            CALL,
        ),
        extreme(
            "modules that call each other",
            vec![
                ("main.tf".to_owned(), cyclic("./a")),
                ("a/main.tf".to_owned(), cyclic("../b")),
                ("b/main.tf".to_owned(), cyclic("../a")),
            ],
            End::Error("Module calls itself"),
        ),
        extreme(
            "modules that multiply",
            (0..12)
                .map(|i| {
                    let to = if i == 0 { "./m1".to_owned() } else { format!("../m{}", i + 1) };
                    let path = if i == 0 { "main.tf".to_owned() } else { format!("m{i}/main.tf") };
                    (path, lines(0..10, |c| format!("module \"c{c}\" {{\n  source = \"{to}\"\n}}")))
                })
                .chain([("m12/main.tf".to_owned(), "locals {\n  a = 1\n}\n".to_owned())])
                .collect(),
            End::Error("Too many module calls"),
        ),
        extreme(
            "instances that multiply",
            (0..8)
                .map(|i| {
                    let to = if i == 0 { "./m1".to_owned() } else { format!("../m{}", i + 1) };
                    let path = if i == 0 { "main.tf".to_owned() } else { format!("m{i}/main.tf") };
                    (path, format!("module \"c\" {{\n  source = \"{to}\"\n  count = 10\n}}\n"))
                })
                .chain([("m8/main.tf".to_owned(), "locals {\n  a = 1\n}\n".to_owned())])
                .collect(),
            End::Error("Too many instances"),
        ),
        extreme(
            "a billion instances",
            main_tf("resource \"terraform_data\" \"a\" {\n  count = 1000000000\n}\n"),
            End::Error("Too many instances"),
        ),
        // As deep as hcl-edit follows: 64 levels in one expression.
        extreme("a hundred brackets", deep("[", "1", "]", 100), TOO_DEEP),
        extreme("a thousand brackets", deep("[", "1", "]", 1000), TOO_DEEP),
        extreme("a hundred thousand brackets", deep("[", "1", "]", 100_000), TOO_DEEP),
        extreme("a hundred thousand parentheses", deep("(", "1", ")", 100_000), TOO_DEEP),
        extreme("a hundred thousand templates", deep("\"${", "1", "}\"", 100_000), TOO_DEEP),
        extreme("a hundred thousand negations", deep("!", "true", "", 100_000), TOO_DEEP),
        extreme("a sum of a hundred thousand", deep("1 + ", "1", "", 100_000), TOO_DEEP),
        extreme("a hundred thousand conditionals", deep("true ? 1 : ", "1", "", 100_000), TOO_DEEP),
        extreme("a hundred thousand calls", deep("abs(", "1", ")", 100_000), TOO_DEEP),
        extreme(
            "a hundred thousand indexes",
            output(&format!("var.a{}", "[0]".repeat(100_000))),
            End::Error("Reference to undeclared input variable"),
        ),
        extreme("a hundred thousand blocks", main_tf("a {\n".repeat(100_000)), TOO_DEEP),
        extreme(
            "a value nested by a chain of locals",
            main_tf(format!(
                "locals {{\n  l0 = 1\n{}}}\n",
                lines(1..5000, |i| format!("  l{i} = [local.l{}]", i - 1))
            )),
            End::Error("Value too large"),
        ),
        extreme(
            "JSON a hundred thousand deep",
            output(&format!("jsondecode(\"{}{}\")", "[".repeat(100_000), "]".repeat(100_000))),
            CALL,
        ),
        extreme(
            "YAML a hundred thousand deep",
            output(&format!("yamldecode(\"{}{}\")", "[".repeat(100_000), "]".repeat(100_000))),
            CALL,
        ),
        extreme(
            "a type a hundred thousand deep",
            main_tf(format!(
                "variable \"v\" {{\n  type = {}any{}\n  default = null\n}}\n",
                "list(".repeat(100_000),
                ")".repeat(100_000)
            )),
            TOO_DEEP,
        ),
        extreme(
            "a cycle of ten thousand locals",
            main_tf(format!(
                "locals {{\n  l0 = local.l9999\n{}}}\n",
                lines(1..10_000, |i| format!("  l{i} = local.l{}", i - 1))
            )),
            End::Error("Cycle"),
        ),
    ]
}
