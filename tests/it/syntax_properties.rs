//! Whatever the text, parsing and evaluating it ends without a panic, and every place it names lies in
//! the text.

use std::cell::RefCell;

use proptest::prelude::*;
use trueup::terraform::diagnostic::Diagnostic;
use trueup::terraform::expression::{
    Budget, Evaluator, Reference, Renderer, Resolved, Scope, console, references,
};
use trueup::terraform::functions::{Context, Files};
use trueup::terraform::source::{SourceMap, Span};
use trueup::terraform::syntax;
use trueup::terraform::value::{Reason, Type, Value};

struct Nothing;

impl Files for Nothing {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Ok(b"%{ for x in [1] }${x}%{ endfor }".to_vec())
    }
    fn exists(&self, _: &str) -> Result<bool, String> {
        Ok(false)
    }
    fn glob(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

impl Scope for Nothing {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        Ok(match &*reference.root {
            "a" => Resolved { value: Value::tuple(vec![Value::from(1i64), Value::from("x")]), used: 0 },
            "b" => Resolved { value: Value::object([("c", Value::from(true))]), used: 0 },
            "u" => Resolved { value: Value::unknown(Type::list(Type::String), Reason::Failed), used: 0 },
            _ => return Err(Diagnostic::error(reference.span, "Undeclared", "")),
        })
    }
}

/// Pieces of the language, strung together at random.
const PIECES: &[&str] = &[
    "a",
    "b",
    "u",
    "c",
    "x",
    "for",
    "in",
    "if",
    "null",
    "true",
    "1",
    "2.5",
    "1e9",
    "\"",
    "\"s\"",
    "${",
    "%{",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    ".",
    ",",
    "=",
    "==",
    "=>",
    ":",
    "?",
    "+",
    "-",
    "*",
    "/",
    "!",
    "&&",
    "||",
    "...",
    "::",
    "<<E\n",
    "<<-E\n",
    "\nE\n",
    "E",
    "\n",
    "\r\n",
    " ",
    "\t",
    "#",
    "//",
    "/*",
    "*/",
    "~",
    "~}",
    "${~",
    "else",
    "endif",
    "endfor",
    "\\",
    "\\n",
    "\\u00",
    "$${",
    "é",
    "\u{feff}",
    "\u{301}",
    "'",
    "@",
    "&",
    "[*]",
    ".*",
    ".0",
    "upper(",
    "try(",
    "length(",
    "resource \"a\" \"b\" {\n",
    "locals {\n",
    "a = ",
    "}\n",
    "\u{0}",
    "for x in a : x",
    "for k, v in b : k => v",
    "\"%{ if true }y%{ endif }\"",
];

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ]
}

/// Well-formed text with a few pieces put in, taken out or doubled.
fn damaged() -> impl Strategy<Value = String> {
    const GOOD: &str = "locals {\n  a = { b = [for x in a : \"${x}-%{ if x == 1 ~} y %{ else }z%{ endif }\"], b = 2 }\n  \
        c = <<-E\n    one ${b.c ? 1 : 2}\n      two\n  E\n}\nresource \"t\" \"n\" {\n  d = a[0].x[*].y.0\n  \
        e { f = try(upper(\"x\"), null) }\n}\n";
    prop::collection::vec((0..GOOD.len(), 0usize..6, piece()), 0..4).prop_map(|changes| {
        let mut text = GOOD.to_owned();
        for (at, cut, piece) in changes {
            let floor = |mut i: usize| {
                i = i.min(text.len());
                while !text.is_char_boundary(i) {
                    i -= 1;
                }
                i
            };
            let (start, end) = (floor(at), floor(at + cut));
            text.replace_range(start..end, &piece);
        }
        text
    })
}

fn in_text(text: &str, span: Option<Span>) -> bool {
    span.is_none_or(|s| s.start <= s.end && text.get(s.start as usize..s.end as usize).is_some())
}

fn check(text: &str) {
    let mut sources = SourceMap::default();
    let (file, parsed) = syntax::parse_bytes(&mut sources, "x.tf", text.as_bytes().to_vec());
    for diagnostic in &parsed.diagnostics {
        assert!(in_text(text, diagnostic.span), "{diagnostic:?}");
        sources.place(diagnostic.span.unwrap());
    }
    let budget = Budget::default();
    budget.steps.set(20_000);
    let templates =
        Renderer { files: &Nothing, cwd: "/", plan_time: "", budget: &budget, short_circuit: true };
    let functions =
        Context { files: &Nothing, templates: &templates, cwd: "/", plan_time: "", budget: &budget };
    let diagnostics = RefCell::default();
    let evaluator = Evaluator {
        scope: &Nothing,
        functions: &functions,
        file,
        text,
        diagnostics: &diagnostics,
        budget: &budget,
        short_circuit: false,
    };
    let mut bodies = vec![&parsed.body];
    while let Some(body) = bodies.pop() {
        bodies.extend(body.blocks().map(|block| &block.body));
        for attribute in body.attributes() {
            let value = evaluator.evaluate(&attribute.value);
            assert!(in_text(text, value.origin.at));
            for reference in references(file, text, &attribute.value) {
                assert!(in_text(text, Some(reference.span)));
                assert!(text[reference.span.start as usize..].starts_with(&*reference.root));
            }
        }
    }
    assert!(diagnostics.borrow().iter().all(|d| in_text(text, d.span)));
    let (value, diagnostics) = console::evaluate(&mut sources, text, &Nothing, &functions, false);
    assert!(diagnostics.iter().all(|d| in_text(text.trim(), d.span)), "{diagnostics:?}");
    console::result(&value, &diagnostics);
    if let Ok(template) = syntax::parse_template(file, text) {
        drop(template);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_at_random(pieces in prop::collection::vec(piece(), 0..25)) {
        check(&pieces.concat());
    }

    #[test]
    fn expressions_at_random(pieces in prop::collection::vec(piece(), 0..12)) {
        check(&format!("a = {}\n", pieces.concat()));
    }

    #[test]
    fn good_text_damaged(text in damaged()) {
        check(&text);
    }

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }
}
