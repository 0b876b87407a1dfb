#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{Duration, Instant};

use super::*;

fn file() -> FileId {
    SourceMap::default().add("main.tf", "")
}

/// `line: summary` of every diagnostic.
fn summaries(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let (_, parsed) = parse_bytes(&mut sources, "main.tf", text.as_bytes().to_vec());
    parsed
        .diagnostics
        .iter()
        .map(|d| format!("{}: {}", d.span.map_or(0, |s| sources.place(s).line), d.summary))
        .collect()
}

fn names(text: &str) -> Vec<String> {
    let body = parse(file(), text).body;
    body.iter()
        .map(|s| match s {
            hcl_edit::structure::Structure::Attribute(a) => a.key.as_str().to_owned(),
            hcl_edit::structure::Structure::Block(b) => {
                let labels: Vec<_> = b.labels.iter().map(|l| format!(" {}", l.as_str())).collect();
                format!("{}{}", b.ident.as_str(), labels.concat())
            }
        })
        .collect()
}

#[test]
fn what_terraform_reads_is_read() {
    let texts = [
        "",
        "\u{feff}a = 1\n",
        "a = 1",
        "a = { b = 1, b = 2 }\n",
        "a = {\n  b = 1\n  \"b\" = 2\n  (c) = 1 # x\n  (c) = 2\n}\n",
        "a = { for k, v in x :\n k =>\n v }\n",
        "a = [for x in y : x\n ? 1 # one\n : 2]\n",
        "a = [for\r\n x in y : x]\r\n",
        "a = 1e400\nb = 1.e5\n",
        "a = <<EOT\n  EOT inside\nEOT2\n  EOT  \nb = 2\n",
        "a = <<-É\n É-x\n É\n",
        "a = \"%{ if x }a\\\"b\\\\%{ else }c%{ endif }\"\n",
        "a = \"${\n 1\n}%{ if a ||\n b }x%{ endif }\"\n",
        "b \"x\" y { z = 1 }\nc {}\n",
        "a = (1\n + 2)\nb = f(1,\n 2...)\n",
        "a = b.0.c[*].d\ne = f.*.0.g[1].*.h[*].i\n",
        "a = core::length([1])\n",
        "a = \"\\u00e9$${x}%%{y}$$\"\n",
        "a = x /* c\n d */ + 1\n",
        "a = [ # c\n 1, // d\n 2 /* e */\n]\n",
        "a = (\n # c\n {\n b = 1 # d\n\n # e\n c = 2 }\n)\n",
        "é = null\n_x-y = { null = 1, true = 2 }\n",
    ];
    for text in texts {
        let errors: Vec<_> =
            parse(file(), text).diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        assert!(errors.is_empty(), "{text:?}: {errors:?}");
    }
}

#[test]
fn what_is_wrong_is_said_as_terraform_says_it() {
    let cases: &[(&str, &str)] = &[
        ("a = x.0.1\n", "1: Invalid legacy index syntax"),
        ("b {\n  a = \"x\n y\"\n}\n", "2: Invalid multi-line string"),
        ("a = <<EOT\nx\nEOT", "3: Unterminated template string"),
        ("a = 1 2\n", "1: Missing newline after argument"),
        ("a = 1, b = 2\n", "1: Unexpected comma after argument"),
        ("x \"y\" {\n  a = 1\n", "1: Unclosed configuration block"),
        ("a = 'x'\n", "1: Invalid character"),
        ("a = 1 & 2\n", "1: Unsupported operator"),
        ("a = @\n", "1: Invalid character"),
        ("a = b.*.c.*\n", "1: Nested splat expression not allowed"),
        ("a = \n", "1: Invalid expression"),
        ("a = [1 2]\n", "1: Missing item separator"),
        ("a = { b }\n", "1: Missing key/value separator"),
        ("a = { b = 1 c = 2 }\n", "1: Missing attribute separator"),
        ("a = f(1 2)\n", "1: Missing argument separator"),
        ("a = x ? 1\n", "1: Missing false expression in conditional"),
        ("a = \"${x\"\n", "1: Invalid multi-line string"),
        ("a = \"\\q\"\n", "1: Invalid escape sequence"),
        ("a = \"%{ if x }\"\n", "1: Unexpected end of template"),
        ("a = \"%{ endfor }\"\n", "1: Unexpected endfor directive"),
        ("a = 1.2.3\n", "1: Invalid number literal"),
        ("a = 1\na = 2\n", "2: Attribute redefined"),
        ("\"a\" = 1\n", "1: Invalid argument name"),
        ("a\n", "1: Argument or block definition required"),
        ("a b\n", "1: Invalid block definition"),
        ("a { b = 1, c = 2 }\n", "1: Invalid single-argument block definition"),
        ("a { b c }\n", "1: Argument definition required"),
        ("a {} b {}\n", "1: Missing newline after block definition"),
        ("a = { x = 1, x = 2 }\n", "1: Duplicate object key"),
        ("\n}\n", "2: Argument or block definition required"),
        ("a \"${x}\" {}\n", "1: Invalid string literal"),
    ];
    for (text, expected) in cases {
        assert_eq!(summaries(text), [*expected], "{text:?}");
    }
}

#[test]
fn what_is_well_formed_survives_a_broken_neighbour() {
    let text = "variable \"a\" {\n  type = \n}\nlocals {\n  x = 1\n}\nresource \"t\" \"n\" {\n  y = [1, 2\n}\n\
                output \"o\" {\n  value = 1\n}\nz = 'q'\noutput \"p\" {\n  value = \"a\n}\nlocals {}\n";
    assert_eq!(names(text), ["locals", "output o", "locals"]);
    assert_eq!(
        summaries(text),
        [
            "2: Invalid expression",
            "9: Missing item separator",
            "13: Invalid character",
            "15: Invalid multi-line string"
        ]
    );
    // A missing brace costs only its own block.
    let text = "locals {\n  a = { b = 1\n}\nresource \"t\" \"n\" {\n  c = 1\n}\n";
    assert_eq!(names(text), ["resource t n"]);
}

#[test]
fn the_last_of_equal_keys_wins_and_spans_fit_the_original() {
    let text = "\u{feff}a = {\n  b = 1 # one\n  b = 22\n}\n";
    let parsed = parse(file(), text);
    let object = parsed.body.get_attribute("a").unwrap().value.as_object().unwrap();
    let spans: Vec<_> =
        object.iter().map(|(_, v)| text.get(hcl_edit::Span::span(v.expr()).unwrap()).unwrap()).collect();
    assert_eq!(spans, ["22"]);
}

#[test]
fn files_that_are_not_text_and_files_nested_too_deep_give_one_error() {
    let mut sources = SourceMap::default();
    let (_, parsed) = parse_bytes(&mut sources, "x.tf", vec![b'a', b' ', 0xff, 0xfe, 0x00]);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].summary, "Invalid character encoding");
    for (open, close) in
        [("[", "]"), ("(", ")"), ("{a=", "}"), ("f(", ")"), ("\"${", "}\""), ("-", ""), ("x ? ", ": 1")]
    {
        for depth in [100, 5000, 200_000] {
            let deep = format!("a = {}1{}\nb = 1\n", open.repeat(depth), close.repeat(depth));
            let parsed = parse(file(), &deep);
            let all: Vec<_> = parsed.diagnostics.iter().map(|d| d.summary.as_str()).collect();
            assert_eq!(all, ["Nesting too deep"], "{open} {depth}");
            assert!(parsed.body.get_attribute("b").is_some());
        }
    }
    let chain = format!("a = 1{}\n", " + 1".repeat(500));
    assert_eq!(summaries(&chain), ["1: Nesting too deep"]);
}

#[test]
fn time_grows_with_the_length_only() {
    let texts = [
        "x = { \"k\" = 1, \"k\" = 2 }\n".to_owned(),
        (0..40_000).map(|i| format!("v{i} = {{ a = 1, a = 2 }}\n")).collect(),
        format!("x = {{\n{}}}\n", (0..60_000).map(|i| format!("k{i} = \"v\" # c\n")).collect::<String>()),
        format!("x = {{\n{}}}\n", "k = \"v\"\n".repeat(100_000)),
        "resource \"a\" \"b\" {\n".repeat(40_000),
        "a = \"\n".repeat(100_000),
        "a = [\n".repeat(100_000),
        "/*".repeat(500_000),
        "a = <<E\n".repeat(100_000),
        format!("a = \"{}\"\n", "${".repeat(100_000)),
        "x\n".repeat(300_000),
    ];
    for text in texts {
        let start = Instant::now();
        parse(file(), &text);
        let time = start.elapsed();
        assert!(time < Duration::from_secs(20), "{time:?}: {}", &text[..20]);
    }
}

#[test]
fn single_expressions() {
    let good =
        ["1", "\"a\"", "<<EOT\nx\nEOT", "[\n1\n]", "1 // c", "/* a */ (1 /* c */)", "a.b[0]", "true ? 1 : 2"];
    for text in good {
        assert!(parse_expression(file(), text).is_ok(), "{text}");
    }
    let bad = [
        ("", "Invalid expression"),
        ("1 +\n 2", "Invalid expression"),
        ("[1", "Missing item separator"),
        ("{a = 1", "Unclosed configuration block"),
        ("(1", "Unbalanced parentheses"),
        ("\"${\"", "Invalid multi-line string"),
        ("true and false", "Missing newline after argument"),
        ("1\n2", "Argument or block definition required"),
        ("}", "Invalid expression"),
        ("1}", "Missing newline after argument"),
    ];
    for (text, summary) in bad {
        assert_eq!(parse_expression(file(), text).unwrap_err()[0].summary, summary, "{text:?}");
    }
}

#[test]
fn a_heredoc_without_lines_ends_at_its_marker() {
    for open in ["<<D", "<<-D"] {
        let parsed = parse(file(), &format!("a = {open}\n  D\nb = {open}\nx\nD\n"));
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        let names: Vec<&str> = parsed.body.attributes().map(|a| a.key.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(parsed.body.get_attribute("a").and_then(|a| a.value.as_str()), Some(""));
    }
}
