//! The law read the other way: what is live as declared is in sync, and a difference of one attribute is reported on
//! that attribute, in the class and with the silence that the catalogue says. Every attribute that is compared, of
//! every type and major.

use trueup::analysis::changes::{Class, DriftReport, Status, drift};
use trueup::azure::catalogue::{LiveRule, Root, WhenAbsent};

use super::law::{everything, sample};
use super::*;

/// Another value than [`sample`] gives.
fn other(attribute: &Attribute) -> Json {
    let one = || match attribute.compare {
        Compare::Number | Compare::RangeMin => json!(8),
        Compare::RangeMax => json!(71),
        Compare::Cidr | Compare::CidrList | Compare::CidrSet | Compare::CidrOrTag | Compare::CidrOrTagSet => {
            json!("10.4.0.0/16")
        }
        Compare::Ip | Compare::IpCidr32 | Compare::IpCidr32Set => json!("10.3.4.6"),
        Compare::ArmId | Compare::ArmIdSet | Compare::ArmIdOrEnum => {
            json!(id("rg/providers/Microsoft.X/things/u"))
        }
        Compare::RoleId => {
            json!("/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7")
        }
        Compare::RoleName => json!("Contributor"),
        Compare::Location if attribute.path.contains('.') => json!("UK South"),
        Compare::Location => json!("East US"),
        Compare::Date | Compare::Rfc3339 => json!("2027-06-05T00:00:00Z"),
        Compare::GoDuration => json!("13m"),
        Compare::UtcOffset => json!("+03:00"),
        Compare::Hhmm => json!("04:30"),
        Compare::VersionPrefix | Compare::Semver => json!("1.33"),
        Compare::KvKeyUrl | Compare::Url => json!("https://kv.vault.azure.net/keys/other/1"),
        Compare::UnionTag => json!("Daily"),
        Compare::IdentityType => json!("SystemAssigned"),
        Compare::NumString => json!("6"),
        _ => json!("another"),
    };
    match (attribute.ty, attribute.elem) {
        (AttrType::Bool, _) => json!(!sample(attribute).as_bool().unwrap()),
        (AttrType::Int | AttrType::Float, _) => one().as_i64().map_or(json!(6), |n| json!(n)),
        (AttrType::Map, _) => json!({"first": "1", "second": "3"}),
        (AttrType::List | AttrType::Set, Some(Elem::Int)) => json!([3, 5]),
        (AttrType::List | AttrType::Set, _) => json!([one()]),
        (AttrType::String, _) => one(),
    }
}

/// The configuration with another value at a path, or none, in the first element of each block.
fn with(config: &Json, path: &str, value: Option<Json>) -> Json {
    let mut out = config.clone();
    let (head, last) = path.rsplit_once('.').map_or((None, path), |(head, last)| (Some(head), last));
    let mut at = &mut out;
    for name in head.into_iter().flat_map(|h| h.split('.')) {
        at = match &mut at[name] {
            Json::Array(items) => &mut items[0],
            one => one,
        };
    }
    let object = at.as_object_mut().unwrap();
    match value {
        Some(value) => object.insert(last.to_owned(), value),
        None => object.remove(last),
    };
    out
}

struct Sides {
    major: u32,
    address: String,
    declared: Evaluation,
}

impl Sides {
    fn new(ty: &ResourceType, major: u32, config: &Json) -> Sides {
        let address = format!("{}.x", ty.name);
        Sides { major, declared: evaluation(major, &[(&address, config.clone())]), address }
    }

    /// The comparison with what an apply of another configuration would have left.
    fn against(&self, live: &Json) -> DriftReport {
        let account = Account { subscription: Some(SUBSCRIPTION.into()), tenant: None };
        let mine = translate(&self.declared, &account);
        let theirs = estate(self.major, &[(&self.address, live.clone())]);
        let documents: Vec<Json> = theirs.iter().map(body).collect();
        drift(&self.declared, &mine, &Estate::from_documents([&Json::Array(documents)]))
    }
}

/// What is told of the resource: `(attribute, class)`.
fn told(report: &DriftReport, address: &str) -> Vec<(String, Class)> {
    let own = report.resources.iter().filter(|r| r.address == address);
    own.flat_map(|r| &r.differences).map(|d| (d.attribute.clone(), d.class)).collect()
}

/// True when a difference is told under a name of an attribute: its own or an older one, that of a map's key, or
/// that of the set it stands in.
fn names(ty: &ResourceType, told: &str, path: &str) -> bool {
    let below = |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('.'));
    let older = ty.aliases.iter().filter(|a| a.new == Some(path)).map(|a| a.old);
    older.chain([path]).any(|path| below(told, path) || below(path, told))
}

/// Of arguments that exclude each other one is configured.
fn possible(ty: &ResourceType, attribute: &Attribute, config: &Json) -> Json {
    let out = match (ty.name, attribute.name()) {
        ("azurerm_private_endpoint", "private_connection_resource_alias") => {
            "private_service_connection.private_connection_resource_id"
        }
        ("azurerm_private_endpoint", _) => "private_service_connection.private_connection_resource_alias",
        ("azurerm_role_assignment", "role_definition_name") => "role_definition_id",
        ("azurerm_role_assignment", _) => "role_definition_name",
        _ => return config.clone(),
    };
    with(config, out, None)
}

/// True when the provider never reads it, or what holds it.
fn is_blind(ty: &ResourceType, attribute: &Attribute) -> bool {
    !attribute.provider_reads || ty.parent(attribute).is_some_and(|above| is_blind(ty, above))
}

/// Why an attribute is not looked at here; nothing for one that is.
fn left_out(ty: &ResourceType, attribute: &Attribute) -> Option<&'static str> {
    let arm = attribute.arm.as_ref()?;
    let above = |a: &Attribute| ty.parent(a).is_some_and(|p| p.compare_when.is_some());
    Some(match () {
        () if matches!(arm.root, Root::Id(_)) || arm.text == "name" => "it is part of the id",
        () if (ty.name, attribute.path) == ("azurerm_role_assignment", "scope") => "it is found by it",
        () if ty.parent(attribute).is_some_and(|p| p.key.contains(&attribute.name())) => "it is found by it",
        () if ty.attributes.iter().any(|a| a.path != attribute.path && a.arm == attribute.arm) => {
            "another attribute stands at the same place"
        }
        () if attribute.compare_when.is_some() || above(attribute) => "it is compared only at times",
        () => return None,
    })
}

#[test]
fn every_difference_is_told_on_its_attribute_and_nothing_else_is() {
    let (mut checked, mut skipped, mut wrong) = (0, 0, Vec::new());
    for ty in catalogue::names().filter_map(catalogue::resource).filter(|t| t.has_document()) {
        for attribute in ty.attributes.iter().filter(|a| a.is_writable() && !a.is_block()) {
            let majors = attribute.config_by_major.len() + attribute.default_by_major.len();
            for major in if majors == 0 { 5..=5 } else { 3..=5 } {
                if left_out(ty, attribute).is_some() || attribute.config_in(major) == Config::Computed {
                    skipped += 1;
                    continue;
                }
                let config = possible(ty, attribute, &everything(ty, None, attribute));
                let sides = Sides::new(ty, major, &config);
                let mut say = |what: &str, found: &[(String, Class)]| {
                    wrong.push(format!("{} {} in {major}: {what}: {found:?}", ty.name, attribute.path));
                };
                checked += 1;
                let same = told(&sides.against(&config), &sides.address);
                if !same.is_empty() {
                    say("untouched", &same);
                    continue;
                }
                let live = with(&config, attribute.path, Some(other(attribute)));
                let found = told(&sides.against(&live), &sides.address);
                let wanted = match (&attribute.expected_when, is_blind(ty, attribute)) {
                    (Some(e), _) if e.live == LiveRule::Any => Class::Expected,
                    (_, false) => Class::Drift,
                    (_, true) => Class::OutsideTerraform,
                };
                if !found.iter().any(|(name, class)| names(ty, name, attribute.path) && *class == wanted) {
                    say("changed", &found);
                }
                if found.iter().any(|(name, _)| !names(ty, name, attribute.path)) {
                    say("changed, and more", &found);
                }
                // Not configured: what is live is drift, or Terraform is blind to it.
                if attribute.config_in(major) == Config::Required {
                    continue;
                }
                let without = with(&config, attribute.path, None);
                let found = told(&Sides::new(ty, major, &without).against(&live), &sides.address);
                let of_it = |class: Class| {
                    found.iter().any(|(name, c)| names(ty, name, attribute.path) && *c == class)
                };
                let default = attribute.default_in(major).map(json_of);
                let is_default = default.unwrap_or_else(|| json!(false)) == other(attribute);
                let good = match attribute.when_absent_in(major) {
                    Some(WhenAbsent::Unmanaged) => !of_it(Class::Drift),
                    _ => {
                        is_default
                            || attribute.service_fills.is_some()
                            || of_it(wanted)
                            || of_it(Class::Drift)
                    }
                };
                if !good {
                    say("not configured", &found);
                }
            }
        }
    }
    say!("differences: {checked} attributes looked at, {skipped} left out, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 800, "{checked}");
}

#[test]
fn what_is_gone_or_declared_nowhere_has_its_status() {
    let ty = catalogue::resource("azurerm_public_ip").unwrap();
    let config = everything(ty, None, &ty.attributes[0]);
    let sides = Sides::new(ty, 5, &config);
    let renamed = with(&config, "name", Some(json!("another")));
    let report = sides.against(&renamed);
    let statuses: Vec<Status> = report.resources.iter().map(|r| r.status).collect();
    assert!(statuses.contains(&Status::Missing) || statuses.contains(&Status::NotComparable), "{statuses:?}");
}
