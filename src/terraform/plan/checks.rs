//! `checks`: what came of conditions, by the object that has them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::mode;
use crate::terraform::address::{Address, InstanceKey, without_keys};
use crate::terraform::evaluation::{CheckStatus, Evaluation};

/// An object with conditions: what names it, the worst of its instances, and they.
type Object = (Map<String, Json>, CheckStatus, Vec<Json>);

/// One entry for each object with conditions, its instances below it.
pub(super) fn to_json(evaluation: &Evaluation) -> Json {
    let resources: BTreeMap<String, &Address> =
        evaluation.instances.iter().map(|i| (i.address.to_string(), &i.address)).collect();
    let mut objects: BTreeMap<String, Object> = BTreeMap::new();
    for (address, status) in &evaluation.checks {
        let display = without_keys(address);
        let (object, instance) = match resources.get(address) {
            Some(resource) => of_resource(resource),
            None => of_other(address),
        };
        let entry = objects.entry(display.into_owned()).or_insert((object, *status, Vec::new()));
        entry.1 = entry.1.max(*status);
        entry.2.push(json!({ "address": instance, "status": status }));
    }
    let entry = |(display, (mut address, status, instances)): (String, Object)| {
        address.insert("to_display".into(), Json::from(display));
        json!({ "address": address, "status": status, "instances": instances })
    };
    objects.into_iter().map(entry).collect()
}

fn of_resource(resource: &Address) -> (Map<String, Json>, Map<String, Json>) {
    let mut object = Map::new();
    object.insert("kind".into(), "resource".into());
    object.insert("mode".into(), mode(resource.mode).into());
    object.insert("type".into(), (&*resource.type_name).into());
    object.insert("name".into(), (&*resource.name).into());
    let mut instance = Map::new();
    if !resource.module.is_root() {
        let module = resource.module.to_string();
        object.insert("module".into(), Json::from(without_keys(&module)));
        instance.insert("module".into(), module.into());
    }
    match &resource.key {
        Some(InstanceKey::Index(index)) => instance.insert("instance_key".into(), (*index).into()),
        Some(InstanceKey::Key(key)) => instance.insert("instance_key".into(), (&**key).into()),
        Some(InstanceKey::Unknown) | None => None,
    };
    instance.insert("to_display".into(), resource.to_string().into());
    (object, instance)
}

/// `module.a.var.b`, `output.c`, `check.d`: names have neither dots nor keys.
fn of_other(address: &str) -> (Map<String, Json>, Map<String, Json>) {
    let mut parts = address.rsplitn(3, '.');
    let (name, kind, module) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""), parts.next());
    let mut object = Map::new();
    object.insert("kind".into(), if kind == "output" { "output_value" } else { kind }.into());
    object.insert("name".into(), name.into());
    let mut instance = Map::new();
    if let Some(module) = module {
        object.insert("module".into(), Json::from(without_keys(module)));
        instance.insert("module".into(), module.into());
    }
    instance.insert("to_display".into(), address.into());
    (object, instance)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_gather_the_worst_of_their_instances() {
        let mut evaluation = Evaluation::default();
        for (address, status) in [
            ("check.a", CheckStatus::Pass),
            ("module.m[\"a.b]\\\"\"].var.v", CheckStatus::Fail),
            ("module.m[\"c\"].var.v", CheckStatus::Unknown),
            ("output.o", CheckStatus::Unknown),
        ] {
            evaluation.checks.insert(address.to_owned(), status);
        }
        let checks = to_json(&evaluation);
        let summary: Vec<String> = checks
            .as_array()
            .unwrap()
            .iter()
            .map(|c| {
                let a = &c["address"];
                let instances = c["instances"].as_array().unwrap().len();
                format!("{} {} {} {} {instances}", a["to_display"], a["kind"], a["module"], c["status"])
            })
            .collect();
        assert_eq!(
            summary,
            [
                r#""check.a" "check" null "pass" 1"#,
                r#""module.m.var.v" "var" "module.m" "fail" 2"#,
                r#""output.o" "output_value" null "unknown" 1"#,
            ]
        );
    }
}
