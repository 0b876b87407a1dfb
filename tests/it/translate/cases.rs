//! Single resources and small configurations, and what must come of them.

use super::*;

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
    assert!(estate.untranslated.is_empty(), "{:?}", estate.untranslated);
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
