//! The translation from Terraform to ARM documents.

use std::sync::Arc;

use camino::Utf8Path;
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use trueup::azure::catalogue::{
    self, AttrType, Attribute, Compare, Config, Elem, Element, Reader, ResourceType,
};
use trueup::azure::estate::{Document, Estate};
use trueup::azure::{Account, json as arm_json, translate};
use trueup::terraform::address::{Address, InstanceKey, Mode, ModulePath};
use trueup::terraform::configuration::{Input, Options, evaluate};
use trueup::terraform::evaluation::{Evaluation, Instance, Provider};
use trueup::terraform::source::SourceMap;
use trueup::terraform::value::{Reason, Type, Value};

const SUBSCRIPTION: &str = "11111111-2222-3333-4444-555555555555";

/// An address from its text, such as `module.net["a"].data.azurerm_subnet.this[0]`.
fn address(text: &str) -> Address {
    let mut steps = steps(text).into_iter().peekable();
    let mut module = ModulePath::default();
    while steps.next_if(|(name, _)| name == "module").is_some() {
        let (name, key) = steps.next().unwrap();
        module = module.child(name.as_str().into(), key);
    }
    let mode = match steps.next_if(|(name, _)| name == "data") {
        Some(_) => Mode::Data,
        None => Mode::Managed,
    };
    let ((type_name, _), (name, key)) = (steps.next().unwrap(), steps.next().unwrap());
    Address { module, mode, type_name: type_name.into(), name: name.into(), key }
}

/// The names of a dotted text with their index or key.
fn steps(text: &str) -> Vec<(String, Option<InstanceKey>)> {
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        let mut key = None;
        if let Some(inner) = rest.strip_prefix("[\"") {
            let (text, after) = inner.split_once("\"]").unwrap();
            key = Some(InstanceKey::Key(text.into()));
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('[') {
            let (text, after) = inner.split_once(']').unwrap();
            key = Some(InstanceKey::Index(text.parse().unwrap()));
            rest = after;
        }
        out.push((name, key));
        rest = rest.strip_prefix('.').unwrap_or(rest);
    }
    out
}

/// A value from JSON; `{"$ref": "type.name.attribute"}` is that attribute, known after apply.
fn value(json: &Json) -> Value {
    match json {
        Json::Object(o) if o.contains_key("$ref") => {
            let text = o["$ref"].as_str().unwrap();
            // The path is what follows the resource's name.
            let at = text.rfind(".id").unwrap_or_else(|| {
                let names = if text.starts_with("data.") { 3 } else { 2 };
                text.match_indices('.').nth(names - 1).unwrap().0
            });
            let (address, path) = (self::address(&text[..at]), (&text[at + 1..]).into());
            let reason = match address.mode {
                Mode::Data => Reason::Data { address, path, derived: false },
                _ => Reason::Computed { address, path, derived: false },
            };
            Value::unknown(Type::String, reason)
        }
        Json::Object(o) => Value::object(o.iter().map(|(k, v)| (k.as_str(), value(v)))),
        Json::Array(items) => Value::tuple(items.iter().map(value).collect()),
        other => arm_json::value(other),
    }
}

/// An evaluation of these instances, `(address, config)`.
fn evaluation(major: u32, instances: &[(&str, Json)]) -> Evaluation {
    let mut sources = SourceMap::default();
    let file = sources.add("main.tf", "");
    let block = trueup::terraform::source::Span { file, start: 0, end: 0 };
    let instance = |(at, config): &(&str, Json)| Instance {
        address: address(at),
        provider: if at.contains("azapi_") { "azapi" } else { "azurerm" }.into(),
        config: value(config),
        planned: value(config),
        block,
        calls: Arc::default(),
        lifecycle: Arc::default(),
    };
    let provider = Provider { major: Some(major), ..Provider::default() };
    Evaluation {
        sources,
        instances: instances.iter().map(instance).collect(),
        providers: [("azurerm".into(), provider)].into(),
        ..Evaluation::default()
    }
}

fn estate(major: u32, instances: &[(&str, Json)]) -> Estate {
    let account = Account { subscription: Some(SUBSCRIPTION.into()), tenant: None };
    translate(&evaluation(major, instances), &account)
}

fn id(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/{rest}")
}

/// The body of a document as JSON text, unknown values as `(unknown: why)`.
fn body(document: &Document) -> Json {
    json_of(&document.body)
}

fn json_of(value: &Value) -> Json {
    if let Some(unknown) = value.as_unknown() {
        return Json::String(format!("(unknown: {})", unknown.reason));
    }
    if let Some(items) = value.as_slice() {
        return items.iter().map(json_of).collect();
    }
    if let Some(members) = value.as_map() {
        return Json::Object(members.iter().map(|(k, v)| (k.to_string(), json_of(v))).collect());
    }
    match value.as_number() {
        Some(n) => n.to_i64().map_or_else(|| json!(n.to_f64()), |i| json!(i)),
        None => value.as_str().map_or_else(|| value.as_bool().map_or(Json::Null, Json::Bool), |s| json!(s)),
    }
}

// ---------------------------------------------------------------------------------------------
// The law: what is declared, written to ARM and read back through the catalogue, is what was
// declared. Every writable attribute of every type, by the catalogue's own table.

/// A value that an attribute takes.
fn sample(attribute: &Attribute) -> Json {
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
fn everything(ty: &ResourceType, block: Option<&Attribute>, focus: &Attribute) -> Json {
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
    println!("{} of {checked} attributes agree", checked - wrong.len());
    assert!(checked > 900, "{checked}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// ---------------------------------------------------------------------------------------------
// Cases.

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

#[test]
fn references_become_ids_and_the_rest_stays_unknown_with_its_reason() {
    let estate = estate(
        4,
        &[
            ("azurerm_resource_group.rg", json!({"name": "rg", "location": "West Europe"})),
            (
                "azurerm_virtual_network.v",
                json!({"name": "v", "resource_group_name": "rg", "location": "westeurope",
            "address_space": ["10.0.0.0/16"]}),
            ),
            (
                "azurerm_subnet.s",
                json!({"name": "s", "resource_group_name": "rg", "virtual_network_name": "v",
            "address_prefixes": ["10.0.0.0/24"]}),
            ),
            ("data.azurerm_user_assigned_identity.u", json!({"name": "u", "resource_group_name": "shared"})),
            (
                "azurerm_kubernetes_cluster.c",
                json!({"name": "c", "resource_group_name": "rg", "location": "westeurope",
            "default_node_pool": [{"name": "sys", "vm_size": "Standard_D4s_v5", "node_count": 2,
                "vnet_subnet_id": {"$ref": "azurerm_subnet.s.id"}}],
            "identity": [{"type": "UserAssigned", "identity_ids": [{"$ref": "data.azurerm_user_assigned_identity.u.id"}]}]}),
            ),
            (
                "azurerm_container_registry.r",
                json!({"name": "Reg", "resource_group_name": "rg", "location": "westeurope",
            "sku": "Premium"}),
            ),
            (
                "azurerm_role_assignment.pull",
                json!({"scope": {"$ref": "azurerm_container_registry.r.id"},
            "role_definition_name": "AcrPull",
            "principal_id": {"$ref": "azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id"}}),
            ),
        ],
    );
    let cluster = estate.by_address("azurerm_kubernetes_cluster.c").unwrap();
    let subnet = id("rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s");
    let pool =
        estate.children(&cluster.id, "Microsoft.ContainerService/managedClusters/agentPools").next().unwrap();
    assert_eq!(pool.str("properties.vnetSubnetID"), Some(subnet.as_str()));
    assert_eq!(pool.str("properties.mode"), Some("System"));
    let side = pool.declared.as_ref().unwrap();
    assert_eq!(
        (side.address.to_string().as_str(), side.inline.as_str()),
        ("azurerm_kubernetes_cluster.c", "default_node_pool[0]")
    );
    assert_eq!(side.attributes.get("vm_size").and_then(Value::as_str), Some("Standard_D4s_v5"));
    let identities = cluster.get("identity.userAssignedIdentities").and_then(Value::as_map).unwrap();
    let identity = id("shared/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u");
    assert_eq!(identities.keys().map(|k| &**k).collect::<Vec<_>>(), [identity]);
    let role = estate.by_address("azurerm_role_assignment.pull").unwrap();
    let scope = id("rg/providers/Microsoft.ContainerRegistry/registries/Reg");
    assert_eq!(
        role.id.as_str(),
        format!("{scope}/providers/Microsoft.Authorization/roleAssignments/<azurerm_role_assignment.pull>")
    );
    insta::assert_json_snapshot!(body(role)["properties"], @r#"
    {
      "principalId": "(unknown: azurerm_kubernetes_cluster.c.kubelet_identity[0].object_id is known after apply)",
      "roleDefinitionId": "/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.Authorization/roleDefinitions/7f951dda-4ed3-4680-a7ca-43fe172d538d",
      "scope": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/Reg"
    }
    "#);
}

#[test]
fn associations_and_inline_children() {
    let estate = estate(
        5,
        &[
            (
                "azurerm_virtual_network.v",
                json!({"name": "v", "resource_group_name": "rg", "location": "westeurope",
            "address_space": ["10.0.0.0/16"], "subnet": [
                {"name": "a", "address_prefixes": ["10.0.1.0/24"]},
                {"name": "b", "address_prefixes": ["10.0.2.0/24"], "security_group": {"$ref": "azurerm_network_security_group.n.id"}}]}),
            ),
            (
                "azurerm_subnet.c",
                json!({"name": "c", "resource_group_name": "rg", "virtual_network_name": "v",
            "address_prefixes": ["10.0.3.0/24"]}),
            ),
            (
                "azurerm_network_security_group.n",
                json!({"name": "n", "resource_group_name": "rg", "location": "westeurope",
            "security_rule": [{"name": "r", "protocol": "Tcp", "access": "Allow", "direction": "Inbound", "priority": 100,
                "source_port_range": "*", "destination_port_range": "443", "source_address_prefix": "*",
                "destination_address_prefix": "*"}]}),
            ),
            (
                "azurerm_subnet_network_security_group_association.c",
                json!({"subnet_id": {"$ref": "azurerm_subnet.c.id"},
            "network_security_group_id": {"$ref": "azurerm_network_security_group.n.id"}}),
            ),
            (
                "azurerm_nat_gateway.g",
                json!({"name": "g", "resource_group_name": "rg", "location": "westeurope"}),
            ),
            (
                "azurerm_public_ip.p",
                json!({"name": "p", "resource_group_name": "rg", "location": "westeurope",
            "allocation_method": "Static"}),
            ),
            (
                "azurerm_nat_gateway_public_ip_association.gp",
                json!({"nat_gateway_id": {"$ref": "azurerm_nat_gateway.g.id"},
            "public_ip_address_id": {"$ref": "azurerm_public_ip.p.id"}}),
            ),
            (
                "azurerm_key_vault.k",
                json!({"name": "k", "resource_group_name": "rg", "location": "westeurope",
            "sku_name": "standard", "tenant_id": "t", "access_policy": [{"tenant_id": "t", "object_id": "one", "key_permissions": ["Get"]}]}),
            ),
            (
                "azurerm_key_vault_access_policy.two",
                json!({"key_vault_id": {"$ref": "azurerm_key_vault.k.id"}, "tenant_id": "t",
            "object_id": "two", "secret_permissions": ["Get", "List"]}),
            ),
            ("azurerm_storage_account.st", json!({"name": "st", "resource_group_name": "rg"})),
        ],
    );
    let nsg = id("rg/providers/Microsoft.Network/networkSecurityGroups/n");
    let subnets: Vec<_> = estate
        .of_type("Microsoft.Network/virtualNetworks/subnets")
        .map(|d| {
            (
                d.name(),
                d.declared.as_ref().unwrap().inline.as_str(),
                d.str("properties.networkSecurityGroup.id"),
            )
        })
        .collect();
    assert_eq!(
        subnets,
        [("a", "subnet[0]", None), ("b", "subnet[1]", Some(nsg.as_str())), ("c", "", Some(nsg.as_str()))]
    );
    let rule = estate.of_type("Microsoft.Network/networkSecurityGroups/securityRules").next().unwrap();
    assert_eq!(
        (rule.int("properties.priority"), rule.id.to_string()),
        (Some(100), format!("{nsg}/securityRules/r"))
    );
    let gateway = estate.by_address("azurerm_nat_gateway.g").unwrap();
    assert_eq!(
        json_of(gateway.get("properties.publicIpAddresses").unwrap()),
        json!([{"id": id("rg/providers/Microsoft.Network/publicIPAddresses/p")}])
    );
    let policies: Vec<_> = estate
        .of_type("Microsoft.KeyVault/vaults/accessPolicies")
        .map(|d| (d.name(), d.label(), json_of(d.get("properties.permissions").unwrap())))
        .collect();
    assert_eq!(
        policies,
        [
            ("one", "azurerm_key_vault.k".to_owned(), json!({"keys": ["Get"]})),
            ("two", "azurerm_key_vault_access_policy.two".to_owned(), json!({"secrets": ["Get", "List"]})),
        ]
    );
    assert_eq!(estate.associations.len(), 3);
    assert_eq!(estate.untranslated.iter().collect::<Vec<_>>(), [(&"azurerm_storage_account".to_owned(), &1)]);
}

#[test]
fn names_of_older_majors_become_todays() {
    let estate = estate(
        3,
        &[
            (
                "azurerm_subnet.s",
                json!({"name": "s", "resource_group_name": "rg", "virtual_network_name": "v",
            "address_prefixes": ["10.0.0.0/24"], "service_endpoints": ["Microsoft.KeyVault"],
            "private_endpoint_network_policies_enabled": false, "enforce_private_link_service_network_policies": true}),
            ),
            (
                "azurerm_kubernetes_cluster.c",
                json!({"name": "c", "resource_group_name": "rg", "location": "westeurope",
            "automatic_channel_upgrade": "patch", "api_server_authorized_ip_ranges": ["1.2.3.4/32"],
            "default_node_pool": [{"name": "sys", "vm_size": "x", "enable_auto_scaling": true, "min_count": 1, "max_count": 3}]}),
            ),
            (
                "azurerm_container_registry.r",
                json!({"name": "r", "resource_group_name": "rg", "location": "westeurope",
            "sku": "Premium", "retention_policy": [{"days": 9, "enabled": true}],
            "georeplications": [{"location": "North Europe"}]}),
            ),
            (
                "azurerm_private_dns_zone_virtual_network_link.l",
                json!({"name": "l", "resource_group_name": "rg",
            "private_dns_zone_name": "z.example", "virtual_network_id": "/x"}),
            ),
            (
                "azurerm_monitor_diagnostic_setting.d",
                json!({"name": "d", "target_resource_id": {"$ref": "azurerm_container_registry.r.id"},
            "log": [{"category": "on", "enabled": true}, {"category": "off", "enabled": false}]}),
            ),
            (
                "azurerm_public_ip.p",
                json!({"name": "p", "resource_group_name": "rg", "location": "westeurope", "allocation_method": "Static"}),
            ),
        ],
    );
    let at = |address: &str, path: &str| {
        let document = estate.by_address(address).unwrap();
        document.get(path).map_or(Json::Null, json_of)
    };
    assert_eq!(
        at("azurerm_subnet.s", "properties.serviceEndpoints"),
        json!([{"service": "Microsoft.KeyVault"}])
    );
    assert_eq!(at("azurerm_subnet.s", "properties.privateEndpointNetworkPolicies"), json!("Disabled"));
    assert_eq!(at("azurerm_subnet.s", "properties.privateLinkServiceNetworkPolicies"), json!("Disabled"));
    assert_eq!(
        at("azurerm_kubernetes_cluster.c", "properties.autoUpgradeProfile"),
        json!({"upgradeChannel": "patch"})
    );
    assert_eq!(
        at("azurerm_kubernetes_cluster.c", "properties.apiServerAccessProfile.authorizedIPRanges"),
        json!(["1.2.3.4/32"])
    );
    let pool = estate.of_type("Microsoft.ContainerService/managedClusters/agentPools").next().unwrap();
    assert_eq!(pool.bool("properties.enableAutoScaling"), Some(true));
    assert_eq!(
        at("azurerm_container_registry.r", "properties.policies.retentionPolicy"),
        json!({"days": 9, "status": "enabled"})
    );
    let replica = estate.of_type("Microsoft.ContainerRegistry/registries/replications").next().unwrap();
    assert_eq!(
        (replica.name(), replica.bool("properties.regionEndpointEnabled")),
        ("northeurope", Some(false))
    );
    assert_eq!(replica.declared.as_ref().unwrap().inline, "georeplications[0]");
    let link = estate.by_address("azurerm_private_dns_zone_virtual_network_link.l").unwrap();
    assert_eq!(
        link.id.to_string(),
        id("rg/providers/Microsoft.Network/privateDnsZones/z.example/virtualNetworkLinks/l")
    );
    assert_eq!(
        at("azurerm_monitor_diagnostic_setting.d", "properties.logs"),
        json!([{"enabled": true, "category": "on"}])
    );
    assert_eq!(at("azurerm_public_ip.p", "sku.name"), json!("Basic"));
}

#[test]
fn azapi_bodies_are_documents() {
    let estate = estate(
        4,
        &[
            ("azurerm_resource_group.rg", json!({"name": "rg", "location": "westeurope"})),
            (
                "azapi_resource.v",
                json!({"type": "microsoft.network/virtualNetworks@2024-05-01", "name": "v",
            "parent_id": {"$ref": "azurerm_resource_group.rg.id"}, "location": "westeurope", "tags": {"a": "b"},
            "body": {"properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "in", "properties": {"addressPrefix": "10.0.0.0/24"}}]}}}),
            ),
            (
                "azapi_resource.s",
                json!({"type": "Microsoft.Network/virtualNetworks/subnets@2024-05-01", "name": "s",
            "parent_id": {"$ref": "azapi_resource.v.id"},
            "body": "{\"properties\": {\"addressPrefixes\": [\"10.0.1.0/24\"]}}"}),
            ),
            (
                "azapi_update_resource.s",
                json!({"type": "Microsoft.Network/virtualNetworks/subnets@2024-05-01",
            "resource_id": {"$ref": "azapi_resource.s.id"}, "body": {"properties": {"defaultOutboundAccess": false}}}),
            ),
        ],
    );
    let subnets: Vec<_> = estate
        .of_type("Microsoft.Network/virtualNetworks/subnets")
        .map(|d| {
            (
                d.id.to_string(),
                d.items("properties.addressPrefixes").len(),
                d.bool("properties.defaultOutboundAccess"),
            )
        })
        .collect();
    let base = id("rg/providers/Microsoft.Network/virtualNetworks/v/subnets");
    let base = base.replace("Microsoft.Network", "microsoft.network");
    assert_eq!(subnets, [(format!("{base}/in"), 1, None), (format!("{base}/s"), 1, Some(false))]);
    let network = estate.by_address("azapi_resource.v").unwrap();
    assert_eq!((network.str("location"), network.str("tags.a")), (Some("westeurope"), Some("b")));
    assert_eq!(network.arm_type, "Microsoft.Network/virtualNetworks");
    assert_eq!(estate.associations.len(), 1);
}

// ---------------------------------------------------------------------------------------------
// Recorded configurations: what a create declares stands in the document that Azure then has.

/// The values of a leaf attribute in all elements of its blocks, as text that ignores what its way
/// of comparing ignores.
fn values(reader: &Reader<'_>, ty: &ResourceType, attribute: &Attribute) -> Vec<String> {
    let mut above = Vec::new();
    let mut at = ty.parent(attribute);
    while let Some(block) = at {
        above.push(block);
        at = ty.parent(block);
    }
    let mut places: Vec<Vec<Element>> = vec![Vec::new()];
    for block in above.into_iter().rev() {
        let inside = |within: &Vec<Element>| {
            let elements = reader.elements(block, within).into_iter();
            elements.map(|e| within.iter().cloned().chain([e]).collect::<Vec<_>>()).collect::<Vec<_>>()
        };
        places = places.iter().flat_map(inside).collect();
    }
    let mut out = Vec::new();
    for value in places.iter().filter_map(|within| reader.live(attribute, within)) {
        let json = json_of(&value);
        let items = match json {
            Json::Array(items) => items,
            Json::Object(entries) => entries.iter().map(|(k, v)| json!(format!("{k}={v}"))).collect(),
            one => vec![one],
        };
        out.extend(items.iter().map(|item| {
            let text = item.as_str().map_or_else(|| item.to_string(), str::to_lowercase);
            match attribute.compare {
                Compare::Location => text.replace(' ', ""),
                Compare::ArmId | Compare::ArmIdSet => text.trim_end_matches('/').to_owned(),
                Compare::LastSegment | Compare::LastSegmentSet | Compare::RoleId => {
                    text.rsplit('/').next().unwrap().to_owned()
                }
                Compare::SshKey => text.split_whitespace().take(2).collect(),
                Compare::Rfc3339 => text.trim_end_matches('z').replace("+00:00", ""),
                Compare::IpCidr32Set | Compare::IpCidr32 => text.trim_end_matches("/32").to_owned(),
                Compare::Surge if text == "0" => String::new(),
                Compare::Fqdn => text.trim_end_matches('.').to_owned(),
                _ => text,
            }
        }));
    }
    out
}

/// Compares one case: a directory with `case.json` (`root`, `var_files`, `subscription_id`),
/// `config/`, further variables in `vars.json`, and the documents of Azure in `arm.json`.
fn disagreements(dir: &Utf8Path) -> (usize, Vec<String>) {
    let json = |name: &str| -> Json {
        let text = std::fs::read_to_string(dir.join(name)).unwrap_or_else(|_| "{}".into());
        serde_json::from_str(&text).unwrap()
    };
    let (case, config) = (json("case.json"), dir.join("config"));
    let mut options = Options::within(&config, &config.join(case["root"].as_str().unwrap())).unwrap();
    let files = case["var_files"].as_array().into_iter().flatten();
    options.inputs.extend(files.map(|f| Input::File(f.as_str().unwrap().into())));
    let text = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let vars = json("vars.json");
    options
        .inputs
        .extend(vars.as_object().unwrap().iter().map(|(k, v)| Input::Var(format!("{k}={}", text(v)))));
    let account = Account { subscription: case["subscription_id"].as_str().map(str::to_owned), tenant: None };
    let evaluation = evaluate(&options);
    let errors = evaluation.diagnostics.iter().filter(|d| d.is_error());
    let errors: Vec<_> = errors.map(|d| format!("{}: {}", d.summary, d.detail)).collect();
    if !errors.is_empty() {
        return (errors.len(), errors);
    }
    let declared = translate(&evaluation, &account);
    let recorded = Estate::from_documents([&json("arm.json")]);
    let (mut checked, mut wrong) = (0, Vec::new());
    let documents = declared.iter().filter(|d| d.declared.as_ref().is_some_and(|d| d.inline.is_empty()));
    for document in documents {
        let side = document.declared.as_ref().unwrap();
        let Some(ty) = catalogue::resource(&side.address.type_name) else { continue };
        if !ty.has_document() {
            continue;
        }
        let by_id = recorded.by_id(&document.id);
        // A name that the provider makes: the scope, the role and the principal tell.
        let same_place = |d: &&Document| {
            let same = |path: &str| {
                document.get(path).is_none_or(|v| v.is_unknown()) || d.str(path) == document.str(path)
            };
            document.id.name().starts_with('<')
                && d.id.parent() == document.id.parent()
                && d.is(&document.arm_type)
                && same("properties.principalId")
                && same("properties.roleDefinitionId")
        };
        let Some(twin) = by_id.or_else(|| recorded.iter().find(same_place)) else {
            wrong.push(format!("{}: no document {}", side.address, document.id));
            continue;
        };
        if document.id == twin.id {
            let mut gone = Vec::new();
            missing(&body(document), &body(twin), "", &mut gone);
            wrong.extend(gone.into_iter().map(|g| format!("{} body{g}", side.address)));
        }
        let ours = Reader { estate: &declared, document, declared: &side.attributes, parent: None };
        let theirs = Reader { estate: &recorded, document: twin, ..ours };
        for attribute in ty.attributes.iter().filter(|a| a.is_writable() && !a.is_block()) {
            let mut found = values(&theirs, ty, attribute);
            for value in values(&ours, ty, attribute).into_iter().filter(|v| !v.starts_with("(unknown")) {
                checked += 1;
                match found.iter().position(|f| *f == value) {
                    Some(at) => {
                        found.swap_remove(at);
                    }
                    // Zero and absent are the same to ARM.
                    None if ["false", "0", "", "{}", "[]"].contains(&value.as_str()) => {}
                    None => wrong
                        .push(format!("{} {}: {value} is not in {found:?}", side.address, attribute.path)),
                }
            }
        }
    }
    (checked, wrong)
}

/// Leaves of a declared document that the recorded one does not have at the same place: members
/// without case, list elements anywhere in the list.
fn missing(declared: &Json, recorded: &Json, path: &str, out: &mut Vec<String>) {
    match (declared, recorded) {
        (Json::Object(members), Json::Object(other)) => {
            for (name, value) in members {
                let twin = other.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v);
                missing(value, twin.unwrap_or(&Json::Null), &format!("{path}.{name}"), out);
            }
        }
        (Json::Array(items), Json::Array(other)) => {
            for item in items {
                let tries = other.iter().map(|o| {
                    let mut found = Vec::new();
                    missing(item, o, path, &mut found);
                    found
                });
                let best = tries.min_by_key(Vec::len).unwrap_or_else(|| vec![format!("{path}: {item}")]);
                out.extend(best);
            }
        }
        // A subnet with one prefix is answered in the singular.
        (_, Json::Null) if path.ends_with(".addressPrefixes") => {}
        (Json::Object(members), Json::Null) => {
            members.iter().for_each(|(k, v)| missing(v, &Json::Null, &format!("{path}.{k}"), out));
        }
        (declared, recorded) => {
            let text = |v: &Json| match v.as_str() {
                // What an absent member means need not be answered; an address is a network of one.
                Some("Regular") if recorded.is_null() => String::new(),
                Some(s) => {
                    let text = s.to_lowercase().replace(' ', "");
                    text.trim_end_matches("/32").trim_end_matches('.').to_owned()
                }
                None => v.to_string(),
            };
            let zero = |v: &Json| ["null", "false", "0", "", "{}", "[]", "-1"].contains(&text(v).as_str());
            let open = declared.as_str().is_some_and(|s| s.starts_with("(unknown"));
            if !open && text(declared) != text(recorded) && !(zero(declared) && zero(recorded)) {
                out.push(format!("{path}: {declared} is not {recorded}"));
            }
        }
    }
}

#[test]
fn recorded_documents_hold_what_was_declared() {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/translate");
    let dir = std::env::var("TRUEUP_TRANSLATE_CASES").unwrap_or_else(|_| own.to_owned());
    let mut dirs: Vec<_> =
        Utf8Path::new(&dir).read_dir_utf8().unwrap().map(|e| e.unwrap().into_path()).collect();
    dirs.retain(|d| d.join("case.json").is_file());
    dirs.sort();
    let (mut all, mut wrong) = (0, Vec::new());
    for dir in dirs {
        let (checked, bad) = disagreements(&dir);
        all += checked;
        wrong.extend(bad.into_iter().map(|b| format!("{}: {b}", dir.file_name().unwrap_or_default())));
    }
    println!("{} of {all} values agree", all - wrong.len());
    wrong.iter().for_each(|w| println!("{w}"));
    assert!(all > 0 && wrong.is_empty(), "{} disagree", wrong.len());
}

#[test]
fn values_know_where_they_were_written() {
    let dir = Utf8Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/translate/cluster/config"));
    let evaluation = evaluate(&Options::within(dir, dir).unwrap());
    let estate = translate(&evaluation, &Account::default());
    let cluster = estate.by_address("azurerm_kubernetes_cluster.shop").unwrap();
    let written = |document: &Document, path: &str| {
        let at = document.get(path).unwrap().origin.at;
        at.map_or("", |span| evaluation.sources.text(span)).to_owned()
    };
    // A literal, a local, a reference, something converted, and a default.
    let pool =
        estate.children(&cluster.id, "Microsoft.ContainerService/managedClusters/agentPools").next().unwrap();
    assert_eq!(written(pool, "properties.vmSize"), "\"Standard_D4ds_v5\"");
    assert_eq!(written(cluster, "location"), "\"North Europe\"");
    let subnet = pool.get("properties.vnetSubnetID").unwrap();
    let used = subnet.origin.via().last().map(|span| evaluation.sources.text(*span));
    let used = used.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
    assert_eq!(
        (subnet.as_str().map(|id| id.ends_with("/subnets/nodes")), used),
        (Some(true), Some("vnet_subnet_id = azurerm_subnet.nodes.id".to_owned()))
    );
    assert_eq!(written(cluster, "properties.apiServerAccessProfile.disableRunCommand"), "false");
    assert_eq!(written(cluster, "properties.enableRBAC"), "");
    assert_eq!(written(cluster, "id"), "\"aks-shop\"");
    let block =
        |document: &Document| evaluation.sources.text(document.declared.as_ref().unwrap().block).to_owned();
    assert_eq!(block(pool), "default_node_pool");
    assert_eq!(block(cluster), "resource \"azurerm_kubernetes_cluster\" \"shop\"");
    let windows = "Microsoft.ContainerService/managedClusters/maintenanceConfigurations";
    let window = estate.children(&cluster.id, windows).next().unwrap();
    assert_eq!(block(window), "maintenance_window_auto_upgrade");
    assert_eq!(written(window, "properties.maintenanceWindow.durationHours"), "5");
}

#[test]
fn marks_stay_and_unknowns_that_are_converted_are_derived() {
    let mut evaluation = evaluation(
        4,
        &[(
            "azurerm_log_analytics_workspace.l",
            json!({"name": "l",
        "resource_group_name": "rg", "location": "westeurope", "local_authentication_disabled": {"$ref": "azurerm_x.y.flag"},
        "sku": "PerGB2018", "retention_in_days": {"$ref": "azurerm_x.y.days"}, "tags": {"a": "secret"}}),
        )],
    );
    let config = evaluation.instances[0].config.clone();
    let tags = config.get("tags").unwrap().clone().with_marks(trueup::terraform::value::Marks::SENSITIVE);
    let with_tags = config
        .as_map()
        .unwrap()
        .iter()
        .map(|(k, v)| (k.clone(), if &**k == "tags" { tags.clone() } else { v.clone() }));
    evaluation.instances[0].config = Value::object(with_tags);
    let estate = translate(&evaluation, &Account::default());
    let document = estate.by_address("azurerm_log_analytics_workspace.l").unwrap();
    assert!(document.get("tags").unwrap().marks.sensitive);
    let reason =
        |path: &str| document.get(path).and_then(Value::as_unknown).map(|u| u.reason.clone()).unwrap();
    assert!(matches!(reason("properties.retentionInDays"), Reason::Computed { derived: false, .. }));
    assert!(matches!(reason("properties.features.disableLocalAuth"), Reason::Computed { derived: true, .. }));
}

#[test]
fn planned_values_alone_are_enough() {
    let mut evaluation = evaluation(
        5,
        &[
            (
                "azurerm_role_assignment.r",
                json!({"scope": "/subscriptions/s", "name": null,
        "id": "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/g"}),
            ),
            (
                "azurerm_key_vault.k",
                json!({"name": "k", "resource_group_name": "rg", "access_policy": [], "sku_name": "standard"}),
            ),
        ],
    );
    for instance in &mut evaluation.instances {
        instance.config = Value::null();
    }
    let estate = translate(&evaluation, &Account::default());
    let role = estate.by_address("azurerm_role_assignment.r").unwrap();
    assert_eq!(role.id.name(), "g");
    let vault = estate.by_address("azurerm_key_vault.k").unwrap();
    assert!(vault.declared.as_ref().unwrap().attributes.get("access_policy").is_none());
}

#[test]
fn resources_that_refer_to_each_other_in_a_circle_have_ids_all_the_same() {
    let estate = estate(
        5,
        &[
            (
                "azurerm_private_dns_a_record.a",
                json!({"name": "a", "private_dns_zone_id": {"$ref": "azurerm_private_dns_a_record.b.id"}}),
            ),
            (
                "azurerm_private_dns_a_record.b",
                json!({"name": "b", "private_dns_zone_id": {"$ref": "azurerm_private_dns_a_record.a.id"}}),
            ),
        ],
    );
    assert_eq!(estate.len(), 2);
}

// ---------------------------------------------------------------------------------------------
// Hostile input.

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

#[test]
fn a_change_of_the_os_rotates_the_pool_unless_it_stays_in_its_family() {
    let estate = estate(
        5,
        &[(
            "azurerm_kubernetes_cluster.c",
            json!({"name": "c", "resource_group_name": "rg", "default_node_pool": [{"name": "sys"}]}),
        )],
    );
    let document = estate.by_address("azurerm_kubernetes_cluster.c").unwrap();
    let nothing = Value::null();
    let reader = Reader { estate: &estate, document, declared: &nothing, parent: None };
    let ty = catalogue::resource("azurerm_kubernetes_cluster").unwrap();
    let rotates = |name: &str, from: &str, to: &str| {
        let attribute = ty.attribute(&format!("default_node_pool.{name}")).unwrap();
        reader.rotates(ty, attribute, Some(&from.into()), Some(&to.into()))
    };
    assert_eq!(rotates("os_sku", "Ubuntu", "AzureLinux3"), Some(false));
    assert_eq!(rotates("os_sku", "Ubuntu", "Windows2022"), Some(true));
    assert_eq!(rotates("vm_size", "Standard_D2s_v5", "Standard_D4s_v5"), Some(true));
    assert_eq!(rotates("kubelet_config.cpu_manager_policy", "", "static"), Some(true));
    assert_eq!(rotates("node_count", "1", "2"), Some(false));
}
