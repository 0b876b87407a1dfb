//! The plan of evaluations made by hand, in Terraform's words.

use serde_json::json;

use super::*;
use crate::terraform::address::{Address, ModulePath};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Provider;
use crate::terraform::source::SourceMap;
use crate::terraform::value::{Marks, Reason, Type, Value};

fn unknown(ty: Type) -> Value {
    Value::unknown(ty, Reason::Other("test".into()))
}

fn instance(
    module: ModulePath,
    mode: Mode,
    name: &str,
    key: Option<InstanceKey>,
    planned: Value,
) -> Instance {
    let file = SourceMap::default().add("main.tf", "");
    let address =
        Address { module, mode, type_name: "azurerm_subnet".into(), name: name.into(), key, root: None };
    Instance {
        address,
        provider: "azurerm".into(),
        config: planned.clone(),
        planned,
        block: crate::terraform::source::Span { file, start: 0, end: 0 },
        calls: [].into(),
        lifecycle: Default::default(),
    }
}

fn evaluation(instances: Vec<Instance>) -> Evaluation {
    let source = Provider { source: "hashicorp/azurerm".into(), ..Provider::default() };
    Evaluation { instances, providers: [("azurerm".into(), source)].into(), ..Evaluation::default() }
}

fn output(value: Value, sensitive: bool) -> Output {
    let file = SourceMap::default().add("main.tf", "");
    Output { value, sensitive, block: crate::terraform::source::Span { file, start: 0, end: 0 } }
}

#[test]
fn a_change_shows_what_is_known_unknown_and_sensitive() {
    let planned = Value::object([
        ("id", unknown(Type::String)),
        ("name", Value::from("a")),
        ("secret", Value::from("s").with_marks(Marks::SENSITIVE)),
        ("none", Value::null()),
        ("list", Value::list(Type::String, vec!["x".into(), unknown(Type::String)])),
        ("empty", Value::list(Type::String, vec![])),
        ("map", Value::object([("k", unknown(Type::Number)), ("n", 1.into())])),
        ("block", unknown(Type::list(Type::String))),
    ]);
    let plan = to_json(
        &evaluation(vec![instance(ModulePath::default(), Mode::Managed, "a", None, planned)]),
        Secrets::Shown,
    );
    assert_eq!(plan["format_version"], "1.2");
    assert_eq!(
        plan["resource_changes"],
        json!([{
            "address": "azurerm_subnet.a",
            "mode": "managed",
            "type": "azurerm_subnet",
            "name": "a",
            "provider_name": "registry.terraform.io/hashicorp/azurerm",
            "change": {
                "actions": ["create"],
                "before": null,
                "after": {
                    "name": "a", "secret": "s", "none": null, "list": ["x", null], "empty": [], "map": {"n": 1}
                },
                "after_unknown": {
                    "id": true, "list": [false, true], "empty": [], "map": {"k": true}, "block": true
                },
                "before_sensitive": false,
                "after_sensitive": {"secret": true, "list": [false, false], "empty": [], "map": {}, "block": []},
            },
        }])
    );
    assert_eq!(plan["planned_values"]["root_module"]["resources"][0]["values"]["name"], "a");
    assert_eq!((&plan["complete"], &plan["errored"]), (&json!(true), &json!(false)));
}

#[test]
fn secrets_can_be_hidden_everywhere() {
    let secret = || Value::object([("a", Value::from("s3cret").with_marks(Marks::SENSITIVE))]);
    let instances = vec![
        instance(ModulePath::default(), Mode::Managed, "a", None, secret()),
        instance(ModulePath::default(), Mode::Data, "known", None, secret()),
    ];
    let mut evaluation = evaluation(instances);
    evaluation.outputs.insert("plain".into(), output("s3cret".into(), true));
    evaluation.outputs.insert("deep".into(), output(secret(), false));
    evaluation.variables.insert("v".into(), secret());
    let text = |secrets| serde_json::to_string(&to_json(&evaluation, secrets)).unwrap();
    assert!(text(Secrets::Shown).contains("s3cret"));
    assert!(!text(Secrets::Hidden).contains("s3cret"));
    assert!(text(Secrets::Hidden).contains("(sensitive value)"));
}

#[test]
fn modules_are_nested_by_instance() {
    let net = |key: &str| ModulePath::default().child("net".into(), Some(InstanceKey::Key(key.into())));
    let inner = net("a").child("inner".into(), None);
    let value = || Value::object([("name", Value::from("n"))]);
    let plan = to_json(
        &evaluation(vec![
            instance(inner, Mode::Managed, "x", Some(InstanceKey::Index(1)), value()),
            instance(net("b"), Mode::Managed, "y", Some(InstanceKey::Key("k\"".into())), value()),
        ]),
        Secrets::Shown,
    );
    let root = &plan["planned_values"]["root_module"];
    assert_eq!(root.get("resources"), None);
    let a = &root["child_modules"][0];
    assert_eq!(a["address"], r#"module.net["a"]"#);
    assert_eq!(
        a["child_modules"][0]["resources"][0]["address"],
        r#"module.net["a"].module.inner.azurerm_subnet.x[1]"#
    );
    assert_eq!(a["child_modules"][0]["resources"][0]["index"], 1);
    assert_eq!(root["child_modules"][1]["resources"][0]["index"], "k\"");
    assert_eq!(plan["resource_changes"][1]["module_address"], r#"module.net["b"]"#);
}

#[test]
fn data_is_prior_state_when_known_and_read_when_not() {
    let at =
        |name, value| instance(ModulePath::default(), Mode::Data, name, None, Value::object([("id", value)]));
    let plan = to_json(
        &evaluation(vec![at("known", "x".into()), at("later", unknown(Type::String))]),
        Secrets::Shown,
    );
    assert_eq!(plan["resource_changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(plan["resource_changes"][0]["change"]["actions"], json!(["read"]));
    assert_eq!(plan["resource_changes"][0]["action_reason"], "read_because_config_unknown");
    let state = &plan["prior_state"]["values"]["root_module"]["resources"];
    assert_eq!(state[0]["address"], "data.azurerm_subnet.known");
    assert_eq!(state[0]["values"], json!({"id": "x"}));
}

#[test]
fn an_import_is_no_creation() {
    let value = Value::object([("name", Value::from("n"))]);
    let mut evaluation = evaluation(vec![instance(ModulePath::default(), Mode::Managed, "a", None, value)]);
    evaluation.imports.insert("azurerm_subnet.a".into(), "/subscriptions/0".into());
    let plan = to_json(&evaluation, Secrets::Shown);
    let change = &plan["resource_changes"][0]["change"];
    assert_eq!(change["actions"], json!(["update"]));
    assert_eq!(change["importing"], json!({"id": "/subscriptions/0"}));
}

#[test]
fn outputs_have_types_when_they_are_known() {
    let mut evaluation = evaluation(vec![]);
    evaluation.outputs.insert("known".into(), output(Value::list(Type::Number, vec![1.into()]), false));
    evaluation
        .outputs
        .insert("part".into(), output(Value::object([("a", unknown(Type::Bool)), ("b", 1.into())]), false));
    evaluation.outputs.insert("unknown".into(), output(unknown(Type::String), true));
    evaluation.diagnostics.push(Diagnostic::error(None, "Bad", "Bad."));
    let plan = to_json(&evaluation, Secrets::Shown);
    assert_eq!(
        plan["planned_values"]["outputs"],
        json!({
            "known": {"sensitive": false, "type": ["list", "number"], "value": [1]},
            "part": {"sensitive": false},
            "unknown": {"sensitive": true},
        })
    );
    let changes = &plan["output_changes"];
    assert_eq!(changes["known"]["after_unknown"], false);
    assert_eq!(
        (&changes["part"]["after"], &changes["part"]["after_unknown"]),
        (&json!({"b": 1}), &json!({"a": true}))
    );
    assert_eq!((changes["unknown"].get("after"), &changes["unknown"]["after_unknown"]), (None, &json!(true)));
    assert_eq!((&plan["complete"], &plan["errored"]), (&json!(false), &json!(true)));
}
