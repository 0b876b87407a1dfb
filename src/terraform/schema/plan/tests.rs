//! What is planned and what is said, against the real schemas.

use super::super::{blocks, data_source, resource};
use super::*;
use crate::terraform::address::ModulePath;
use crate::terraform::source::SourceMap;

/// Plans an object as one instance of a type of azurerm 4 and gives the value and what was said,
/// each as `severity: summary: detail`.
fn plan(mode: Mode, type_name: &str, config: Value) -> (Value, Vec<String>) {
    let schema = match mode {
        Mode::Data => data_source("azurerm", Some(4), type_name),
        _ => resource("azurerm", Some(4), type_name).or_else(|| resource("azapi", Some(2), type_name)),
    };
    let address = Address {
        module: ModulePath::default(),
        mode,
        type_name: type_name.into(),
        name: "this".into(),
        key: None,
        root: None,
    };
    let file = SourceMap::default().add("main.tf", "");
    let cx = PlanContext { address: &address.into(), block: Span { file, start: 0, end: 0 } };
    let (value, diagnostics) = plan_value(&schema.unwrap(), &config, &cx);
    let said = diagnostics.iter().map(|d| format!("{:?}: {}: {}", d.severity, d.summary, d.detail));
    (value, said.collect())
}

fn reason(value: &Value) -> String {
    value.as_unknown().map_or("known".to_owned(), |u| u.reason.to_string())
}

fn cluster(pool: Value, more: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let mut all = vec![
        ("name", "aks".into()),
        ("location", "westeurope".into()),
        ("resource_group_name", "rg".into()),
        ("default_node_pool", blocks(vec![pool])),
    ];
    all.extend(more);
    Value::object(all)
}

fn pool() -> Value {
    Value::object([
        ("name", "system".into()),
        ("vm_size", "Standard_D4s_v5".into()),
        ("node_count", "3".into()),
    ])
}

#[test]
fn what_is_left_out_is_null_or_computed() {
    let (value, said) = plan(Mode::Managed, "azurerm_kubernetes_cluster", cluster(pool(), []));
    assert_eq!(said, Vec::<String>::new());
    let at = |name: &str| value.get(name).unwrap().clone();
    assert_eq!(at("location").as_str(), Some("westeurope"));
    assert!(at("dns_prefix").is_null() && at("timeouts").is_null());
    assert_eq!(reason(&at("id")), "azurerm_kubernetes_cluster.this.id is known after apply");
    assert_eq!(at("id").ty(), Type::String);
    assert!(at("kube_config_raw").marks.sensitive && at("kube_config_raw").is_unknown());
    assert_eq!(at("identity").as_slice().map(<[Value]>::len), Some(0), "a block that is not computed");
    assert_eq!(
        reason(&at("kubelet_identity")),
        "azurerm_kubernetes_cluster.this.kubelet_identity is known after apply",
    );
    let pools = at("default_node_pool");
    let pool = &pools.as_slice().unwrap()[0];
    assert_eq!(pool.get("node_count").and_then(Value::as_i64), Some(3), "converted");
    let labels = pool.get("node_labels").unwrap();
    assert_eq!(
        reason(labels),
        "azurerm_kubernetes_cluster.this.default_node_pool[0].node_labels is known after apply"
    );
    assert_eq!(
        value.ty(),
        resource("azurerm", Some(4), "azurerm_kubernetes_cluster").unwrap().implied_type()
    );
}

#[test]
fn a_data_source_is_read_during_apply() {
    let config = Value::object([("name", Value::from("rg"))]);
    let (value, said) = plan(Mode::Data, "azurerm_resource_group", config);
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(
        reason(value.get("location").unwrap()),
        "data.azurerm_resource_group.this.location is known after apply"
    );
    assert!(matches!(
        value.get("id").unwrap().as_unknown().unwrap().reason,
        Reason::Data { derived: false, .. }
    ));
}

#[test]
fn blocks_that_are_not_known_make_the_whole_unknown() {
    let unknown = Value::unknown(Type::Dynamic, Reason::Variable("x".into()));
    for identity in [unknown.clone(), blocks(vec![unknown])] {
        let config = cluster(pool(), [("identity", identity)]);
        let (value, said) = plan(Mode::Managed, "azurerm_kubernetes_cluster", config);
        assert_eq!(said, Vec::<String>::new());
        assert_eq!(reason(value.get("identity").unwrap()), "var.x has no value");
    }
}

/// The sentences are Terraform's own, but for the two that its providers say.
#[test]
fn what_is_wrong_is_said_in_terraforms_words() {
    let text = Value::from;
    let block = |attributes: &[(&'static str, Value)]| blocks(vec![Value::object(attributes.to_vec())]);
    let group = |more: &[(&'static str, Value)]| {
        let mut all = vec![("name", text("n")), ("location", text("l")), ("resource_group_name", text("g"))];
        all.retain(|(name, _)| more.iter().all(|(n, v)| n != name || !v.is_null()));
        all.extend(more.iter().filter(|(_, v)| !v.is_null()).cloned());
        Value::object(all.into_iter().rev().collect::<Vec<_>>())
    };
    let one = [text("a")].to_vec();
    let cases: Vec<(&str, Value, Vec<&str>)> = vec![
        (
            "azurerm_network_security_group",
            group(&[("tags", Value::tuple(one.clone()))]),
            vec![
                "Error: Incorrect attribute value type: Inappropriate value for attribute \"tags\": map of string required.",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("locatoin", text("x")), ("location", Value::null())]),
            vec![
                "Error: Unsupported argument: An argument named \"locatoin\" is not expected here. Did you mean \"location\"?",
                "Error: Missing required argument: The argument \"location\" is required, but no definition was found.",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("timeouts", text("x"))]),
            vec![
                "Error: Unsupported argument: An argument named \"timeouts\" is not expected here. Did you mean to \
             define a block of type \"timeouts\"?",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("timeouts", block(&[("creat", text("1m"))]))]),
            vec![
                "Error: Unsupported argument: An argument named \"creat\" is not expected here. Did you mean \"create\"?",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("tags", block(&[("a", text("b"))]))]),
            vec![
                "Error: Unsupported block type: Blocks of type \"tags\" are not expected here. Did you mean to \
             define argument \"tags\"? If so, use the equals sign to assign it a value.",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("timeout", block(&[]))]),
            vec![
                "Error: Unsupported block type: Blocks of type \"timeout\" are not expected here. Did you mean \
             \"timeouts\"?",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("security_rule", block(&[("bogus", text("b"))]))]),
            vec!["Error: Unsupported argument: An argument named \"bogus\" is not expected here."],
        ),
        (
            "azurerm_kubernetes_cluster",
            group(&[("node_resource_group_id", text("b"))]),
            vec![
                "Error: Value for unconfigurable attribute: Can't configure a value for \
             \"node_resource_group_id\": its value will be decided automatically based on the result of \
             applying this configuration.",
                "Error: Insufficient default_node_pool blocks: At least 1 \"default_node_pool\" blocks are required.",
            ],
        ),
        (
            "azurerm_kubernetes_cluster",
            group(&[("default_node_pool", blocks(vec![pool(), pool()]))]),
            vec![
                "Error: Too many default_node_pool blocks: No more than 1 \"default_node_pool\" blocks are allowed",
            ],
        ),
        (
            "azurerm_network_security_group",
            group(&[("timeouts", blocks(vec![Value::object::<Str>([]), Value::object::<Str>([])]))]),
            vec!["Error: Duplicate timeouts block: Only one block of type \"timeouts\" is allowed."],
        ),
    ];
    for (type_name, config, expected) in cases {
        let (value, mut said) = plan(Mode::Managed, type_name, config);
        said.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(said, expected);
        assert!(value.as_map().is_some());
    }
}

#[test]
fn objects_of_an_argument_may_be_written_as_blocks() {
    let rule = |name: &str| Value::object([("name", Value::from(name)), ("priority", "100".into())]);
    let config = Value::object([
        ("name", Value::from("nsg")),
        ("location", "westeurope".into()),
        ("resource_group_name", "rg".into()),
        ("security_rule", blocks(vec![rule("b"), rule("a"), rule("b")])),
    ]);
    let (value, said) = plan(Mode::Managed, "azurerm_network_security_group", config);
    assert_eq!(said, Vec::<String>::new());
    let rules = value.get("security_rule").unwrap().as_slice().unwrap();
    assert_eq!(rules.len(), 2, "a set holds each once");
    assert_eq!(rules[0].get("priority").and_then(Value::as_i64), Some(100));
    assert!(rules[0].get("access").unwrap().is_null());
}

#[test]
fn nested_attributes_and_any_values() {
    let config = Value::object([
        ("type", Value::from("Microsoft.Network/virtualNetworks@2024-05-01")),
        ("parent_id", "/subscriptions/0".into()),
        ("body", Value::object([("a", Value::tuple(vec!["x".into(), true.into()]))])),
        ("retry", Value::object([("error_message_regex", Value::tuple(vec!["Busy".into()]))])),
    ]);
    let (value, said) = plan(Mode::Managed, "azapi_resource", config);
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(value.get("body").unwrap().ty().to_string(), "object({a: tuple([string, bool])})");
    let retry = value.get("retry").unwrap();
    assert!(matches!(retry.get("error_message_regex").unwrap().kind, Kind::List(Type::String, _)));
    assert_eq!(
        reason(retry.get("interval_seconds").unwrap()),
        "azapi_resource.this.retry.interval_seconds is known after apply",
    );
    assert_eq!(reason(value.get("output").unwrap()), "azapi_resource.this.output is known after apply");
}
