//! The law: what is declared, written to ARM and read back through the catalogue, is what was
//! declared. Every writable attribute of every type, by the catalogue's own table.

use super::*;

/// A value that an attribute takes.
pub(super) fn sample(attribute: &Attribute) -> Json {
    let one = || match attribute.compare {
        Compare::Number | Compare::RangeMin => json!(7),
        Compare::RangeMax => json!(70),
        Compare::Cidr | Compare::CidrList | Compare::CidrSet | Compare::CidrOrTag | Compare::CidrOrTagSet => {
            json!("10.3.0.0/16")
        }
        Compare::Ip | Compare::IpCidr32 | Compare::IpCidr32Set => json!("10.3.4.5"),
        Compare::ArmId | Compare::ArmIdSet | Compare::ArmIdOrEnum => {
            json!(id("rg/providers/Microsoft.X/things/t"))
        }
        Compare::RoleId => {
            json!("/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c")
        }
        Compare::RoleName => json!("Reader"),
        // Not the registry's own location, where a replication is not declared.
        Compare::Location if attribute.path.contains('.') => json!("North Europe"),
        Compare::Location => json!("West Europe"),
        Compare::Date | Compare::Rfc3339 => json!("2026-05-04T00:00:00Z"),
        Compare::GoDuration => json!("11m"),
        Compare::UtcOffset => json!("+02:00"),
        Compare::Hhmm => json!("03:30"),
        Compare::VersionPrefix | Compare::Semver => json!("1.34"),
        Compare::KvKeyUrl | Compare::Url => json!("https://kv.vault.azure.net/keys/k/1"),
        Compare::UnionTag => json!("Weekly"),
        Compare::IdentityType => json!("SystemAssigned, UserAssigned"),
        Compare::NumString => json!("5"),
        _ => json!("sample"),
    };
    match (attribute.ty, attribute.elem) {
        (AttrType::Bool, _) => json!(attribute.default_in(5).and_then(Value::as_bool) != Some(true)),
        (AttrType::Int | AttrType::Float, _) => one().as_i64().map_or(json!(5), |n| json!(n)),
        (AttrType::Map, _) => json!({"first": "1", "second": "2"}),
        (AttrType::List | AttrType::Set, Some(Elem::Int)) => json!([3, 4]),
        (AttrType::List | AttrType::Set, _) => json!([one()]),
        (AttrType::String, _) => one(),
    }
}

/// An object with every writable member below a block (or of the type), less what would be written
/// to the same place as `focus`.
pub(super) fn everything(ty: &ResourceType, block: Option<&Attribute>, focus: &Attribute) -> Json {
    let members: Vec<&Attribute> = match block {
        Some(block) => ty.members(block).collect(),
        None => ty.roots().collect(),
    };
    let mut out = serde_json::Map::new();
    for attribute in members.into_iter().filter(|a| a.config != Config::Computed) {
        let twin = attribute.arm.is_some() && attribute.arm == focus.arm && attribute.path != focus.path;
        let range = matches!(attribute.compare, Compare::RangeMin | Compare::RangeMax);
        let below = focus.path.starts_with(&format!("{}.", attribute.path));
        if twin && !range && !below {
            continue;
        }
        let value = match (attribute.is_block(), attribute.name()) {
            (true, _) => json!([everything(ty, Some(attribute), focus)]),
            (_, "frequency") => match focus.name() {
                "day_of_month" => json!("AbsoluteMonthly"),
                "week_index" => json!("RelativeMonthly"),
                _ => json!("Weekly"),
            },
            // These belong to another frequency.
            (_, "week_index" | "day_of_month" | "day_of_week") if attribute.path != focus.path => continue,
            (_, "mode") if attribute.path == "service_mesh_profile.mode" => json!("Istio"),
            // An alias of a private link service, or an id: the two share a place.
            (_, "private_connection_resource_alias") => json!("a.eastus.azure.privatelinkservice"),
            _ => sample(attribute),
        };
        out.insert(attribute.name().to_owned(), value);
    }
    Json::Object(out)
}

/// Two values that the attribute's way of comparing holds equal.
fn equal(compare: Compare, declared: &Json, read: &Json) -> bool {
    let text = |v: &Json| match v {
        Json::String(s) => s.to_lowercase(),
        other => other.to_string(),
    };
    match (declared, read) {
        (Json::Array(a), Json::Array(b)) => {
            let mut a: Vec<_> = a.iter().map(text).collect();
            let mut b: Vec<_> = b.iter().map(text).collect();
            if matches!(compare, Compare::LastSegmentSet) {
                b.iter_mut().for_each(|b| *b = b.rsplit('/').next().unwrap().to_owned());
            }
            a.sort();
            b.sort();
            a == b
        }
        (Json::Object(a), Json::Object(b)) => a == b,
        (a, b) => {
            let (a, b) = (text(a), text(b));
            match compare {
                Compare::Location => a.replace(' ', "") == b.replace(' ', ""),
                Compare::LastSegment | Compare::RoleId => a.rsplit('/').next() == b.rsplit('/').next(),
                Compare::Date => a.get(..10) == b.get(..10),
                _ => a == b,
            }
        }
    }
}

/// What a document says of an attribute, in the first element of each block above it.
fn read(reader: &Reader<'_>, ty: &ResourceType, attribute: &Attribute) -> Option<Value> {
    let mut above = Vec::new();
    let mut at = ty.parent(attribute);
    while let Some(block) = at {
        above.push(block);
        at = ty.parent(block);
    }
    let mut within: Vec<Element> = Vec::new();
    for block in above.into_iter().rev() {
        let first = reader.elements(block, &within).into_iter().next()?;
        within.push(first);
    }
    reader.live(attribute, &within)
}

/// The declared value of an attribute in the first element of each block.
fn declared<'a>(config: &'a Json, path: &str) -> &'a Json {
    path.split('.').fold(config, |at, name| match at {
        Json::Array(items) => &items[0][name],
        at => &at[name],
    })
}

#[test]
fn what_is_declared_is_read_back_from_its_arm_document() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for ty in catalogue::names().filter_map(catalogue::resource).filter(|t| t.has_document()) {
        for attribute in ty.attributes.iter().filter(|a| a.is_writable() && !a.is_block()) {
            let config = everything(ty, None, attribute);
            let estate = estate(5, &[(&format!("{}.x", ty.name), config.clone())]);
            let document = estate.by_address(&format!("{}.x", ty.name));
            let Some(document) = document else {
                wrong.push(format!("{}: no document", ty.name));
                break;
            };
            let arguments = value(&config);
            let reader = Reader { estate: &estate, document, declared: &arguments, parent: None };
            let wanted = declared(&config, attribute.path);
            let got = read(&reader, ty, attribute).map_or(Json::Null, |v| json_of(&v));
            checked += 1;
            if !equal(attribute.compare, wanted, &got) {
                wrong.push(format!("{} {}: declared {wanted}, read {got}", ty.name, attribute.path));
            }
        }
    }
    say!("translation: {} of {checked} attributes agree", checked - wrong.len());
    assert!(checked > 900, "{checked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a resource type needs at least, for the defaults of the others to show.
fn required(ty: &ResourceType, block: Option<&Attribute>) -> Json {
    let members: Vec<&Attribute> = match block {
        Some(block) => ty.members(block).collect(),
        None => ty.roots().collect(),
    };
    let required = members.into_iter().filter(|a| a.config == Config::Required);
    let value = |a: &Attribute| if a.is_block() { json!([required_block(ty, a)]) } else { sample(a) };
    Json::Object(required.map(|a| (a.name().to_owned(), value(a))).collect())
}

fn required_block(ty: &ResourceType, block: &Attribute) -> Json {
    required(ty, Some(block))
}

#[test]
fn the_defaults_of_each_major_stand_in_the_document() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for ty in catalogue::names().filter_map(catalogue::resource).filter(|t| t.has_document()) {
        for major in [3, 4, 5] {
            let config = required(ty, None);
            let estate = estate(major, &[(&format!("{}.x", ty.name), config.clone())]);
            let document = estate.by_address(&format!("{}.x", ty.name)).unwrap();
            let arguments = value(&config);
            let reader = Reader { estate: &estate, document, declared: &arguments, parent: None };
            for attribute in
                ty.roots().filter(|a| a.is_writable() && !a.is_block() && a.config != Config::Required)
            {
                let wanted = attribute.default_in(major).map_or(Json::Null, json_of);
                let got = reader.read(attribute.arm.as_ref().unwrap(), &[]);
                let got = got.map(|v| catalogue::convert::to_hcl(attribute.compare, &v));
                let got = got.filter(|v| !v.is_unknown()).map_or(Json::Null, |v| json_of(&v));
                checked += 1;
                let shared = ty.roots().any(|a| a.path != attribute.path && a.arm == attribute.arm);
                if !shared && !equal(attribute.compare, &wanted, &got) {
                    wrong.push(format!(
                        "{} {} in {major}: default {wanted}, read {got}",
                        ty.name, attribute.path
                    ));
                }
            }
        }
    }
    assert!(checked > 500, "{checked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
