#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use super::*;
use crate::terraform::address::{Address, Mode, ModulePath};
use crate::terraform::functions::Files;
use crate::terraform::source::SourceMap;
use crate::terraform::syntax;
use crate::terraform::value::{Kind, Marks, Reason, Refinement, Type};

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no file".into())
    }
    fn exists(&self, _: &str) -> Result<bool, String> {
        Ok(false)
    }
    fn glob(&self, _: &str, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }
}

/// Root names with their values.
#[derive(Default)]
struct Names(BTreeMap<&'static str, Value>);

impl Scope for Names {
    fn resolve(&self, reference: &Reference) -> Result<Resolved, Diagnostic> {
        match self.0.get(&*reference.root) {
            Some(value) => Ok(Resolved { value: value.clone(), used: 0 }),
            None => Err(Diagnostic::error(reference.span, "Undeclared", &*reference.root)),
        }
    }
}

struct Outcome {
    value: Value,
    diagnostics: Vec<Diagnostic>,
    sources: SourceMap,
}

impl Outcome {
    /// The text of a span.
    fn text(&self, span: Span) -> &str {
        self.sources.text(span)
    }

    fn json(&self) -> String {
        serde_json::to_string(&console::result(&self.value, &self.diagnostics)).unwrap()
    }

    /// `summary @ text` of all diagnostics.
    fn errors(&self) -> Vec<String> {
        let place = |d: &Diagnostic| d.span.map_or("", |s| self.text(s)).to_owned();
        self.diagnostics.iter().map(|d| format!("{} @ {}", d.summary, place(d))).collect()
    }
}

fn computed(path: &str, derived: bool) -> Reason {
    let address = Address {
        module: ModulePath::default(),
        mode: Mode::Managed,
        type_name: "t".into(),
        name: "n".into(),
        key: None,
        root: None,
    };
    Reason::Computed { address: address.into(), path: path.into(), derived }
}

fn names() -> Names {
    let not_null = Refinement { not_null: true, ..Refinement::default() };
    Names(BTreeMap::from([
        ("unknown", Value::unknown(Type::Dynamic, computed("", false))),
        ("id", Value::refined(Type::String, computed("id", false), not_null)),
        ("flag", Value::unknown(Type::Bool, computed("flag", false))),
        ("secret", Value::from("s").with_marks(Marks::SENSITIVE)),
        ("o", Value::object([("a", Value::from(1i64)), ("s", Value::from("x"))])),
        ("l", Value::tuple(vec![Value::from("p"), Value::from("q")])),
    ]))
}

fn run_with(text: &str, short_circuit: bool, steps: u64) -> Outcome {
    let names = names();
    let budget = Budget::default();
    budget.steps.set(steps);
    let templates = Renderer { files: &NoFiles, cwd: "/", plan_time: "", budget: &budget, short_circuit };
    let functions =
        Context { files: &NoFiles, templates: &templates, cwd: "/", plan_time: "", budget: &budget };
    let mut sources = SourceMap::default();
    let (value, diagnostics) = console::evaluate(&mut sources, text, &names, &functions, short_circuit);
    Outcome { value, diagnostics, sources }
}

fn run(text: &str) -> Outcome {
    run_with(text, false, 1_000_000)
}

#[test]
fn what_is_passed_on_keeps_the_text_to_edit() {
    // Expression, the text to edit, the places it passed.
    let cases: &[(&str, &str, &[&str])] = &[
        ("\"x\"", "\"x\"", &[]),
        ("[1, 22][1]", "22", &[]),
        ("{ a = 5 }.a", "5", &[]),
        ("true ? \"y\" : \"z\"", "\"y\"", &[]),
        ("1 + 2", "1 + 2", &[]),
        ("\"a${1}\"", "\"a${1}\"", &[]),
        ("[for x in [7] : x][0]", "7", &[]),
        ("([{ a = 8 }][*].a)[0]", "8", &[]),
        ("(((3)))", "3", &[]),
    ];
    for (text, at, via) in cases {
        let outcome = run(text);
        let origin = &outcome.value.origin;
        assert_eq!(outcome.text(origin.at.unwrap()), *at, "{text}");
        let places: Vec<_> = origin.via().iter().map(|s| outcome.text(*s)).collect();
        assert_eq!(places, *via, "{text}");
    }
}

#[test]
fn an_unknown_keeps_its_reason() {
    let reason = |text: &str| run(text).value.as_unknown().map(|u| u.reason.clone()).unwrap();
    assert_eq!(reason("unknown"), computed("", false));
    assert_eq!(reason("unknown.id"), computed("id", false));
    assert_eq!(reason("unknown.identity[0].principal_id"), computed("identity[0].principal_id", false));
    assert_eq!(reason("unknown.tags[\"a b\"]"), computed("tags[\"a b\"]", false));
    assert_eq!(reason("[id][0]"), computed("id", false));
    assert_eq!(reason("true ? id : \"x\""), computed("id", false));
    assert_eq!(reason("\"${id}\""), computed("id", false));
    assert_eq!(reason("\"x${id}\""), computed("id", true));
    assert_eq!(reason("flag ? 1 : 2"), computed("flag", true));
    assert_eq!(reason("unknown.*.id"), computed("", true));
    assert_eq!(reason("[for x in unknown : x]"), computed("", true));
    assert_eq!(reason("[1, 2][unknown.x]"), computed("x", true));
    assert_eq!(reason("{ (id) = 1 }"), computed("id", true));
    assert_eq!(reason("!flag"), computed("flag", true));
}

#[test]
fn errors_stand_at_the_text_at_fault() {
    let cases: &[(&str, &[&str])] = &[
        ("o.zz", &["Unsupported attribute @ .zz"]),
        ("l[5]", &["Invalid index @ [5]"]),
        ("1 + (\"x\" * 2)", &["Invalid operand @ \"x\""]),
        ("[o.zz, l.9, 1]", &["Unsupported attribute @ .zz", "Invalid index @ .9"]),
        ("nope + other", &["Undeclared @ nope", "Undeclared @ other"]),
        ("try(nope, 1)", &["Undeclared @ nope"]),
        ("[for x in [] : nope]", &["Undeclared @ nope"]),
        ("false ? nope : 1", &["Undeclared @ nope"]),
        ("[for x in l : [for y in l : o.zz]]", &["Unsupported attribute @ .zz"]),
        ("f(1)", &["Call to unknown function @ f"]),
        ("max(1, \"x\")", &["Invalid function argument @ \"x\""]),
        ("max([1, \"x\"]...)", &["Invalid function argument @ [1, \"x\"]"]),
        ("1 +", &["Invalid expression @ "]),
        ("{ o.a = 1 }", &["Ambiguous attribute key @ o.a"]),
        ("<<-E\n  ${o}\nE", &["Invalid template interpolation value @ o"]),
    ];
    for (text, expected) in cases {
        assert_eq!(run(text).errors(), *expected, "{text}");
    }
}

#[test]
fn what_an_error_leaves_whole_stays_known() {
    let outcome = run("{ a = o.zz, b = 2 }");
    assert_eq!(outcome.value.get("b").and_then(Value::as_i64), Some(2));
    assert_eq!(outcome.value.get("a").unwrap().as_unknown().unwrap().reason, Reason::Failed);
}

#[test]
fn logic_follows_the_version() {
    assert_eq!(run("false && o.zz").errors().len(), 1);
    assert_eq!(run_with("false && o.zz", true, 1000).json(), r#"{"type":"bool","value":false}"#);
    assert_eq!(run_with("true || o.zz", true, 1000).json(), r#"{"type":"bool","value":true}"#);
    assert_eq!(run_with("flag && false", true, 1000).json(), r#"{"type":"bool","value":false}"#);
    assert_eq!(run("flag && false").json(), r#"{"type":"bool","unknown":true}"#);
    assert_eq!(run_with("false && nope", true, 1000).errors(), ["Undeclared @ nope"]);
}

#[test]
fn templates_strip_and_dedent_as_terraform_does() {
    let cases = [
        ("<<-E\n  a\n    b\n\n  c\nE", "a\n  b\n\nc\n"),
        ("<<-E\n  %{ if true }\n  x\n  %{ endif }\n  y\nE", "\nx\n\ny\n"),
        (
            "<<-E\n    %{ for i in [1, 2] ~}\n    - ${i}\n    %{ endfor ~}\n    end\nE",
            "    - 1\n    - 2\n    end\n",
        ),
        ("<<E\n  ${~ 1 ~}\n  x\nE", "1  x\n"),
        ("\"a\\n  ${~ 1 ~} \\n b\"", "a1b"),
        ("<<-E\n  a${\"\\n\"}  b\n  c\nE", "a\n  b\nc\n"),
        ("<<E\n$${x} %%{y} $ % \\n\nE", "${x} %{y} $ % \\n\n"),
        ("\"%{ if false }x%{ else }y\\\"z%{ endif }\"", "y\"z"),
        ("\"%{ for k, v in { a = 1, b = 2 } }${k}${v}%{ if v == 1 },%{ endif }%{ endfor }\"", "a1,b2"),
        ("<<E\r\na\r\nE\r\n", "a\r\n"),
        ("\"${\"a\"}${\"b\"}\"", "ab"),
        ("\"\\u00e9\\U0001F600\"", "é😀"),
        ("\"e\u{301}\"", "é"),
    ];
    for (text, expected) in cases {
        let outcome = run(text);
        assert_eq!(outcome.value.as_str(), Some(expected), "{text:?} {:?}", outcome.errors());
    }
}

#[test]
fn a_long_object_reads_like_a_short_one() {
    let items: String = (0..1500).map(|i| format!("  k{i} = {{ v = {i}, w = [1] }} # c = 1\n")).collect();
    let text =
        format!("{{ # first\n{items}  \"quo ted\" : 7, 12 = <<E\nx\nE\n  k3 = \"last\" /* x = 2 */, }}");
    let outcome = run(&text);
    assert_eq!(outcome.errors(), [""; 0]);
    let object = outcome.value.as_map().unwrap();
    assert_eq!(object.len(), 1502);
    assert_eq!(outcome.value.get("k3").unwrap().as_str(), Some("last"));
    assert_eq!(outcome.value.get("quo ted").unwrap().as_i64(), Some(7));
    assert_eq!(outcome.value.get("12").unwrap().as_str(), Some("x\n"));
    assert_eq!(outcome.value.get("k1499").unwrap().get("v").and_then(Value::as_i64), Some(1499));
    assert!(matches!(outcome.value.kind, Kind::Object(_)));
}

#[test]
fn work_has_a_bound() {
    for text in [
        "[for a in l : [for b in l : [for c in l : [for d in l : [for e in l : [for f in l : [a, b, c]]]]]]]",
        "\"%{ for a in l }%{ for b in l }%{ for c in l }%{ for d in l }${a}%{ endfor }%{ endfor }%{ endfor }%{ endfor }\"",
    ] {
        let outcome = run_with(text, false, 40);
        assert!(outcome.errors().iter().any(|e| e.starts_with("Evaluation limit exceeded")), "{text}");
        assert!(outcome.diagnostics.len() <= 20);
    }
    // A value of 2^40 parts is refused without being walked.
    let mut value = Value::tuple(vec![]);
    for _ in 0..40 {
        value = Value::tuple(vec![value.clone(), value]);
    }
    let names = Names(BTreeMap::from([("v", value)]));
    let budget = Budget { steps: 10_000.into(), ..Budget::default() };
    let templates =
        Renderer { files: &NoFiles, cwd: "/", plan_time: "", budget: &budget, short_circuit: false };
    let functions =
        Context { files: &NoFiles, templates: &templates, cwd: "/", plan_time: "", budget: &budget };
    let mut sources = SourceMap::default();
    let (_, diagnostics) = console::evaluate(&mut sources, "[v, v]", &names, &functions, false);
    assert_eq!(diagnostics[0].summary, "Value too large");
}

#[test]
fn references_are_found_with_their_steps() {
    let text = "[for k, v in var.m : \"${k}${local.x.y}\" if v.z == each.key] == \
                {(a.b[0][\"k\"].c) = f(m.o[count.index].id, s[*].t), self = self}";
    let mut sources = SourceMap::default();
    let file = sources.add("x", text);
    let expression = syntax::parse_expression(file, text).unwrap();
    let found: Vec<String> = references(file, text, &expression)
        .iter()
        .map(|r| format!("{} {}", sources.text(r.span), r.steps.len()))
        .collect();
    assert_eq!(
        found,
        [
            "var.m 1",
            "local.x.y 2",
            "each.key 1",
            "a.b[0][\"k\"].c 4",
            "m.o 2",
            "count.index 1",
            "s 1",
            "self 0"
        ]
    );
    let steps = &references(file, text, &expression)[3].steps;
    assert_eq!(
        *steps,
        [Step::Attribute("b".into()), Step::Index(0), Step::Key("k".into()), Step::Attribute("c".into())]
    );
}

#[test]
fn templates_of_functions_see_only_their_variables() {
    use crate::terraform::functions::{TemplateError, TemplateKind, Templates};
    let budget = Budget::default();
    let renderer =
        Renderer { files: &NoFiles, cwd: "/", plan_time: "", budget: &budget, short_circuit: false };
    let vars = Value::object([("a", Value::from("x")), ("l", Value::tuple(vec![Value::from(1i64)]))]);
    let render = |text: &str| match renderer.render(TemplateKind::File("f.tftpl"), text, &vars) {
        Ok(value) => Ok(serde_json::to_string(&console::result(&value, &[])).unwrap()),
        Err(TemplateError::Variable(message)) => Err(format!("variable: {message}")),
        Err(TemplateError::Syntax(message) | TemplateError::Failed(message)) => Err(message),
    };
    assert_eq!(
        render("a ${a}\n%{ for x in l ~}\n[${x}]\n%{ endfor ~}\n").unwrap(),
        r#"{"type":"string","value":"a x\n[1]\n"}"#
    );
    assert_eq!(render("${l}").unwrap(), r#"{"type":"tuple([number])","value":[1]}"#);
    assert_eq!(render("").unwrap(), r#"{"type":"string","value":""}"#);
    assert_eq!(render("$").unwrap(), r#"{"type":"string","value":"$"}"#);
    assert_eq!(
        render("x ${b.c}").unwrap_err(),
        "variable: vars map does not contain key \"b\", referenced at f.tftpl:1,5-6"
    );
    assert_eq!(
        render("\n${l.x}").unwrap_err(),
        "f.tftpl:2,4-6: Unsupported attribute; This value does not have any attributes."
    );
    assert!(render("${").unwrap_err().starts_with("f.tftpl:1,3-3: Missing expression;"));
    assert!(render("%{ if a }").unwrap_err().contains("Unexpected end of template"));
}

#[test]
fn the_deepest_nesting_fits_the_stack() {
    for (open, close) in [
        ("[for x in [1] : ", "]"),
        ("max(1, ", ")"),
        ("true ? ", " : 1"),
        ("{ a = ", " }"),
        ("\"x${", "}\""),
        ("\"%{ for x in [1] }${", "}%{ endfor }\""),
        ("1 + (", ")"),
        ("l[0 * ", "]"),
    ] {
        for depth in [20, 31, 60, 63] {
            let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let outcome = run(&text);
            assert!(outcome.diagnostics.len() <= 1, "{open}: {:?}", outcome.errors());
        }
    }
    let chain = format!("1{}", " + (2 * 3 - 1)".repeat(60));
    assert_eq!(run(&chain).value.as_i64(), Some(301));
}
