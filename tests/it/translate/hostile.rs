//! Snapshots and arguments that nobody means well with.

use proptest::prelude::*;

use super::recorded::values;
use super::*;

/// Any JSON of a few levels, with the member names that documents have.
fn any_json() -> impl Strategy<Value = Json> {
    let text = prop_oneof!["[a-z/<>@. ]{0,12}", Just("/subscriptions/s/resourceGroups/g".to_owned())];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        text.clone().prop_map(Json::from),
        Just(json!({"$ref": "azurerm_subnet.other.id"})),
    ];
    let name = prop_oneof![
        "id",
        "name",
        "type",
        "properties",
        "subnets",
        "value",
        "sku",
        "identity_ids",
        "body",
        "[a-z]{1,4}"
    ];
    leaf.prop_recursive(3, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(name.clone(), inner, 0..4)
                .prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever stands in a snapshot, reading it ends, and every document has an id.
    #[test]
    fn any_snapshot_can_be_read(json in any_json()) {
        let estate = Estate::from_documents([&json]);
        prop_assert!(estate.iter().all(|d| d.id.as_str().starts_with('/')));
    }

    /// Whatever the arguments are, translation ends; what it yields can be read back.
    #[test]
    fn any_arguments_can_be_translated(
        at in any::<prop::sample::Index>(),
        members in prop::collection::vec((any::<prop::sample::Index>(), any_json()), 0..12),
        major in 2u32..6,
    ) {
        let names: Vec<_> = catalogue::names().chain(["azapi_resource", "azapi_update_resource"]).collect();
        let name = names[at.index(names.len())];
        let roots: Vec<_> = match catalogue::resource(name) {
            Some(ty) => ty.roots().map(|a| a.name()).chain(ty.aliases.iter().map(|a| a.old)).collect(),
            None => vec!["type", "name", "parent_id", "resource_id", "location", "tags", "identity", "body"],
        };
        let config: serde_json::Map<_, _> =
            members.into_iter().map(|(at, v)| (roots[at.index(roots.len())].to_owned(), v)).collect();
        let estate = estate(major, &[(&format!("{name}.x"), Json::Object(config))]);
        let nothing = Value::null();
        for document in estate.iter() {
            let reader = Reader { estate: &estate, document, declared: &nothing, parent: None };
            let ty = catalogue::resource(name).filter(|t| t.has_document());
            for attribute in ty.into_iter().flat_map(|t| &t.attributes).filter(|a| !a.is_block()) {
                values(&reader, ty.unwrap(), attribute);
            }
        }
    }
}
