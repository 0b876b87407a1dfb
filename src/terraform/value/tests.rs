//! The value core against results of real Terraform.

use super::convert::{convert, unify, unify_unsafe};
use super::*;

fn n(text: &str) -> Number {
    Number::parse(text).unwrap()
}

#[test]
fn numbers_print_as_terraform_prints_them() {
    let third = n("1").div(&n("3")).unwrap().to_string();
    assert_eq!(third.len(), 157);
    assert!(third.starts_with("0.33333333333333333333") && third.ends_with("3335"), "{third}");
    for (text, printed) in [
        ("0", "0"),
        ("-0", "-0"),
        ("12.50", "12.5"),
        ("1e21", "1000000000000000000000"),
        ("0.1", "0.1"),
        ("-1.5e3", "-1500"),
        ("1e-7", "0.0000001"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
        ("9223372036854775808", "9223372036854775808"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1p3", "8"),
    ] {
        assert_eq!(n(text).to_string(), printed, "{text}");
    }
    for text in ["", "a", "1_000", "0x10", "1e", "--1", " 1", "1 ", "e5", ".", "1e999999999"] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn precision_shows_in_text() {
    let power = |v: f64| Number::from_f64(v).unwrap();
    assert_eq!(power(2f64.powi(64)).to_string(), "18446744073709550000");
    assert_eq!(power(2f64.powi(62)).to_string(), "4611686018427388000");
    assert_eq!(power(2f64.powi(62)).to_json_text().unwrap(), "4611686018427387904");
    assert_eq!(power(1e20).to_string(), "100000000000000000000");
    assert_eq!(power(2.9999999999999996).to_json_text().unwrap(), "2.9999999999999996");
    assert_eq!(power(5e-324).to_f64(), 5e-324);
    assert_eq!(n("1.7976931348623157e308").to_f64(), f64::MAX);
}

#[test]
fn arithmetic_is_that_of_512_bits() {
    assert!(n("0.1").add(&n("0.2")).unwrap().equals(&n("0.3")));
    assert_eq!(n("5").rem(&n("0")).unwrap().to_string(), "5");
    assert_eq!(n("-7").rem(&n("3")).unwrap().to_string(), "-1");
    assert_eq!(n("5.5").rem(&n("2")).unwrap().to_string(), "1.5");
    assert!(n("1").div(&n("0")).unwrap().is_infinite());
    assert!(n("0").div(&n("0")).is_none());
    assert_eq!(n("9223372036854775807").add(&n("1")).unwrap().to_string(), "9223372036854775808");
    assert_eq!(n("10").div(&n("4")).unwrap().to_string(), "2.5");
    assert_eq!(n("0").neg().to_string(), "-0");
    assert!(n("0").neg().equals(&n("0")));
    assert_eq!(n("6").div(&n("3")).unwrap().to_i64(), Some(2));
    let third = n("1").div(&n("3")).unwrap();
    assert_eq!(third.mul(&n("3")).unwrap().to_string(), "1");
    assert_eq!(n("0.35").format(Layout::Fixed(1), 'e'), "0.3");
    assert_eq!(n("12345.678").format(Layout::Scientific(2), 'e'), "1.23e+04");
    assert_eq!(n("0.00001").format(Layout::General(Some(10)), 'e'), "1e-05");
}

fn s(text: &str) -> Value {
    text.into()
}

fn tuple(items: &[Value]) -> Value {
    Value::tuple(items.to_vec())
}

#[test]
fn sets_are_sorted_and_unique() {
    let set = Value::set(Type::Dynamic, vec![s("b"), s("a"), s("b")]);
    assert_eq!(known(&set), r#"["a","b"]"#);
    let lists =
        [&["a"][..], &["a", "c"], &[]].map(|l| Value::list(Type::String, l.iter().map(|t| s(t)).collect()));
    assert_eq!(known(&Value::set(Type::Dynamic, lists.to_vec())), r#"[["a","c"],["a"],[]]"#);
    let marked = Value::set(Type::String, vec![s("a").with_marks(Marks::SENSITIVE)]);
    assert!(marked.marks.sensitive && !marked.as_slice().unwrap()[0].marks.sensitive);
}

fn known(value: &Value) -> String {
    json::known_json(value).unwrap().to_string()
}

#[test]
fn conversion_follows_cty() {
    let any_list = Type::list(Type::Dynamic);
    let mixed = tuple(&[1.into(), s("two"), true.into()]);
    let converted = convert(mixed.clone(), &any_list).unwrap();
    assert_eq!(
        (converted.ty().to_string(), known(&converted)),
        ("list(string)".into(), r#"["1","two","true"]"#.into())
    );
    let error = |value: Value, ty: &Type| convert(value, ty).unwrap_err().with_path();
    assert_eq!(error(s("seven"), &Type::Number), "a number is required");
    assert_eq!(error(true.into(), &Type::Number), "number required");
    assert_eq!(error(tuple(&[s("a")]), &Type::list(Type::Number)), "[0]: a number is required");
    assert_eq!(
        error(s("True"), &Type::Bool),
        "a bool is required; to convert from string, use lowercase \"true\""
    );
    let want = Type::object([("x".into(), Type::String)]);
    assert_eq!(error(Value::object([("y", s("a"))]), &want), "attribute \"x\" is required");
    let want = Type::object([("x".into(), Type::Number)]);
    assert_eq!(error(Value::object([("x", s("a"))]), &want), ".x: a number is required");
    assert_eq!(
        error(tuple(&[tuple(&[]), Value::object::<Str>([])]), &any_list),
        "all list elements must have the same type"
    );
    let objects = tuple(&[Value::object([("a", 1.into())]), Value::object([("b", s("x"))])]);
    assert_eq!(convert(objects, &any_list).unwrap().ty().to_string(), "list(map(string))");
    let nulls = convert(tuple(&[Value::null(), s("a")]), &Type::list(Type::Dynamic)).unwrap();
    assert_eq!(nulls.ty().to_string(), "list(string)");
    assert_eq!(nulls.as_slice().unwrap()[0].ty(), Type::String);
}

#[test]
fn types_unify() {
    let object = |pairs: &[(&str, Type)]| Type::object(pairs.iter().map(|(k, t)| ((*k).into(), t.clone())));
    let tuple = |types: &[Type]| Type::Tuple(Arc::new(types.to_vec()));
    for (types, unified) in [
        (vec![Type::Number, Type::String], "string"),
        (vec![Type::Number, Type::Bool], "none"),
        (vec![object(&[("a", Type::Number)]), object(&[("b", Type::Number)])], "map(number)"),
        (vec![tuple(&[Type::Number]), tuple(&[Type::String, Type::String])], "list(string)"),
        (vec![tuple(&[Type::Number]), tuple(&[Type::String])], "tuple([string])"),
        (vec![Type::set(Type::Number), tuple(&[Type::String])], "none"),
        (vec![object(&[]), tuple(&[])], "none"),
        (vec![Type::list(Type::Number), tuple(&[Type::String])], "list(string)"),
    ] {
        let shown = unify(&types).map_or("none".into(), |t| t.to_string());
        assert_eq!(shown, unified, "{types:?}");
    }
    assert_eq!(
        unify_unsafe(&[Type::set(Type::Number), tuple(&[Type::String])]).unwrap().to_string(),
        "set(number)"
    );
}

#[test]
fn equality_has_three_answers() {
    let truth = |a: &Value, b: &Value| a.equals(b).as_bool();
    let unknown = Value::unknown(Type::String, Reason::Failed);
    let prefixed = Value::refined(
        Type::String,
        Reason::Failed,
        Refinement { not_null: true, prefix: Some("pre-".into()), ..Default::default() },
    );
    assert_eq!(truth(&1.into(), &s("1")), Some(false));
    assert_eq!(truth(&Value::null(), &Value::null_of(Type::String)), Some(true));
    assert_eq!(truth(&unknown, &s("a")), None);
    assert_eq!(truth(&unknown, &Value::null()), None);
    assert_eq!(truth(&prefixed, &Value::null()), Some(false));
    assert_eq!(truth(&prefixed, &s("other")), Some(false));
    assert_eq!(truth(&prefixed, &s("pre-x")), None);
    assert_eq!(truth(&Value::list(Type::Dynamic, vec![1.into()]), &tuple(&[1.into()])), Some(false));
    assert_eq!(truth(&tuple(&[s("a"), unknown.clone()]), &tuple(&[s("b"), unknown])), Some(false));
}

#[test]
fn text_is_normalised() {
    assert_eq!(s("e\u{301}").as_str(), Some("\u{e9}"));
    for (text, prefix) in [("pre-", "pre-"), ("pre", "pr"), ("", ""), ("a\u{301}", "")] {
        assert_eq!(&*text::safe_prefix(text), prefix, "{text}");
    }
    assert_eq!(text::quote_go("a\"\n\u{1}\u{e9}\u{200b}"), r#""a\"\n\x01é\u200b""#);
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn doubles_read_back(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
            let number = Number::from_f64(x).unwrap();
            prop_assert_eq!(number.to_f64(), x);
            prop_assert_eq!(Number::parse(&number.to_string()).unwrap().to_f64(), x);
        }

        #[test]
        fn small_integers_agree_with_floats(a in any::<i32>(), b in any::<i32>()) {
            let (x, y) = (Number::from(i64::from(a)), Number::from(i64::from(b)));
            let (a, b) = (i64::from(a), i64::from(b));
            prop_assert_eq!(x.add(&y).unwrap().to_i64(), Some(a + b));
            prop_assert_eq!(x.mul(&y).unwrap().to_i64(), Some(a * b));
            prop_assert_eq!(x.compare(&y), a.cmp(&b));
            if b != 0 {
                prop_assert_eq!(x.rem(&y).unwrap().to_i64(), Some(a % b));
                prop_assert_eq!(x.div(&y).unwrap().trunc(), Some((a / b).into()));
            }
        }

        #[test]
        fn decimals_print_as_read(whole in 0u64..1_000_000_000_000, fraction in 1u32..1_000_000_000) {
            let text = format!("{whole}.{fraction}");
            prop_assert_eq!(n(&text).to_string(), text.trim_end_matches('0'));
        }
    }
}
