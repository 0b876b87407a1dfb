//! Addresses, gateways, load balancers, private endpoints, DNS, peerings, workspaces.

use super::*;

const NET: &str = "Microsoft.Network";

fn net(short: &str, rest: Json) -> Json {
    doc(&format!("{NET}/{short}"), "eastus", rest)
}

#[test]
fn nat_gateways() {
    check(
        &[net("natGateways/n", json!({ "sku": { "name": "Standard" } }))],
        &[
            "NAT gateway: 730 gateway-hours x 0.045 = 32.85",
            "NAT gateway, data processed: 500 GB x 0.045 = 22.5",
        ],
        &[],
    );
    check(
        &[net("natGateways/n", json!({ "sku": { "name": "Gold" } }))],
        &[],
        &["NAT gateways of SKU gold are not priced"],
    );
}

#[test]
fn a_sovereign_cloud_never_takes_commercial_prices() {
    let mut nat = net("natGateways/n", json!({}));
    nat["location"] = json!("usgovvirginia");
    check(
        &[nat],
        &[],
        &[
            "NAT gateway, data processed: no price is held for NAT Gateway, Standard Data Processed in usgovvirginia",
            "NAT gateway: no price is held for NAT Gateway, Standard Gateway in usgovvirginia",
        ],
    );
    let mut lb = net("loadBalancers/l", json!({ "properties": { "loadBalancingRules": [{ "name": "a" }] } }));
    lb["location"] = json!("usgovvirginia");
    // 730 x 0.0313 = 22.849
    check(
        &[lb],
        &[
            "Load balancer: 730 load balancer-hours x 0.0313 = 22.849",
            "Load balancer, data processed: 100 GB x 0.006 = 0.6",
        ],
        &[],
    );
}

#[test]
fn public_addresses_by_sku_tier_and_version() {
    for (rest, line) in [
        (
            json!({ "sku": { "name": "Standard" } }),
            Some("Public IP address: 730 address-hours x 0.005 = 3.65"),
        ),
        (json!({}), Some("Public IP address: 730 address-hours x 0.005 = 3.65")),
        (
            json!({ "sku": { "name": "Standard", "tier": "Global" } }),
            Some("Public IP address: 730 address-hours x 0.01 = 7.3"),
        ),
        (
            json!({ "sku": { "name": "Basic" }, "properties": { "publicIPAllocationMethod": "Dynamic" } }),
            Some("Public IP address: 730 address-hours x 0.004 = 2.92"),
        ),
        (json!({ "properties": { "publicIPAddressVersion": "IPv6" } }), None),
        // Paid with its prefix.
        (json!({ "properties": { "publicIPPrefix": { "id": "/x" } } }), None),
    ] {
        let report = report(&[net("publicIPAddresses/p", rest.clone())]);
        assert_eq!(lines(&report), Vec::from_iter(line), "{rest}");
        assert!(report.unpriced.is_empty());
        assert_eq!(report.free.len(), usize::from(line.is_none()));
    }
}

#[test]
fn public_addresses_without_a_price() {
    check(
        &[net("publicIPAddresses/p", json!({ "sku": { "name": "Basic" } }))],
        &[],
        &["Public IP address: no price is held for IP Addresses Basic, Basic IPv4 Static Public IP in eastus"]
            .map(|s| s.replace("IP Addresses Basic,", "IP Addresses,"))
            .each_ref()
            .map(String::as_str),
    );
    check(
        &[net("publicIPAddresses/p", json!({ "sku": { "name": { "$unknown": "sku" } } }))],
        &[],
        &["sku.name is not known: var.sku has no value"],
    );
    let protected = json!({ "properties": { "ddosSettings": { "protectionMode": "Enabled" } } });
    check(
        &[net("publicIPAddresses/p", protected)],
        &[
            "Public IP address: 730 address-hours x 0.005 = 3.65",
            "DDoS IP protection: 1 address-months x 199 = 199",
        ],
        &[],
    );
}

#[test]
fn prefixes_by_their_addresses() {
    for (length, line) in [
        // /31: 2 addresses; 2 x 730 = 1460; x 0.006 = 8.76
        (json!(31), "Public IP prefix, /31: 1460 address-hours x 0.006 = 8.76"),
        // /28: 16; 11680 x 0.006 = 70.08
        (json!(28), "Public IP prefix, /28: 11680 address-hours x 0.006 = 70.08"),
        (json!(null), "Public IP prefix, /28: 11680 address-hours x 0.006 = 70.08"),
    ] {
        check(
            &[net("publicIPPrefixes/p", json!({ "properties": { "prefixLength": length } }))],
            &[line],
            &[],
        );
    }
    check(
        &[net("publicIPPrefixes/p", json!({ "properties": { "prefixLength": 33 } }))],
        &[],
        &["prefixLength is 33, not between 0 and 32"],
    );
}

#[test]
fn load_balancers_by_rules() {
    let rule = |n: usize| Json::Array((0..n).map(|i| json!({ "name": i.to_string() })).collect());
    let base = "Load balancer: 730 load balancer-hours x 0.025 = 18.25";
    let data = "Load balancer, data processed: 100 GB x 0.005 = 0.5";
    for (rules, outbound, expected) in [
        (0, 0, vec![]),
        (1, 0, vec![base, data]),
        (3, 2, vec![base, data]),
        // 4 + 4 = 8 rules, 3 beyond five: 3 x 730 = 2190; x 0.01 = 21.9
        (4, 4, vec![base, "Load balancer, rules beyond 5: 2190 rule-hours x 0.01 = 21.9", data]),
    ] {
        let properties = json!({ "loadBalancingRules": rule(rules), "outboundRules": rule(outbound) });
        let lb = net("loadBalancers/l", json!({ "sku": { "name": "Standard" }, "properties": properties }));
        check(&[lb], &expected, &[]);
    }
}

#[test]
fn load_balancer_rules_as_documents() {
    let lb = net("loadBalancers/l", json!({ "sku": { "name": "Standard" } }));
    let rule = json!({ "id": format!("{NET}/loadBalancers/l/loadBalancingRules/r") });
    check(
        &[lb, rule],
        &[
            "Load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Load balancer, data processed: 100 GB x 0.005 = 0.5",
        ],
        &[],
    );
}

#[test]
fn basic_and_gateway_load_balancers() {
    let lb = |sku: &str| {
        let properties = json!({ "loadBalancingRules": [{ "name": "a" }] });
        net("loadBalancers/l", json!({ "sku": { "name": sku }, "properties": properties }))
    };
    check(&[lb("Basic")], &[], &[]);
    check(&[lb("Gateway")], &[], &["load balancers of SKU gateway are not priced"]);
}

#[test]
fn private_endpoints() {
    check(
        &[net("privateEndpoints/e", json!({}))],
        &[
            "Private endpoint: 730 endpoint-hours x 0.01 = 7.3",
            "Data in, first 1000000 GB: 10 GB x 0.01 = 0.1",
            "Data out: 10 GB x 0.01 = 0.1",
        ],
        &[],
    );
}

#[test]
fn private_and_public_dns_zones() {
    let zone =
        |kind: &str| json!({ "id": format!("{NET}/{kind}/privatelink.azurecr.io"), "location": "global" });
    check(
        &[zone("privateDnsZones"), zone("dnsZones")],
        &[
            "Zone, first 25 zones: 1 zones x 0.5 = 0.5",
            // 10,000,000 / 1M = 10; x 0.4 = 4
            "Queries, first 1000000000 queries: 10 1M queries x 0.4 = 4",
            "Zone: 1 zones x 0.5 = 0.5",
            "Queries: 10 1M queries x 0.4 = 4",
        ],
        &[],
    );
}

fn vnet(name: &str, region: &str) -> Json {
    json!({ "id": format!("{NET}/virtualNetworks/{name}"), "location": region })
}

fn peering(remote: Json) -> Json {
    json!({
        "id": format!("{NET}/virtualNetworks/a/virtualNetworkPeerings/p"),
        "properties": { "remoteVirtualNetwork": { "id": remote } }
    })
}

#[test]
fn peerings_in_one_region() {
    let remote = json!(id(&format!("{NET}/virtualNetworks/b")));
    let both = ["Data out: 200 GB x 0.01 = 2", "Data in: 200 GB x 0.01 = 2"];
    check(&[vnet("a", "eastus"), vnet("b", "East US"), peering(remote)], &both, &[]);
    // Outside the estate: the same region is assumed, and said.
    let report = report(&[vnet("a", "eastus"), peering(json!("/subscriptions/x/hub"))]);
    assert_eq!(lines(&report), both);
    assert!(report.resources[0].components[0].assumption.as_deref().unwrap().contains("same region assumed"));
}

#[test]
fn peerings_across_regions_cost_by_zone() {
    let remote = json!(id(&format!("{NET}/virtualNetworks/b")));
    check(
        &[vnet("a", "eastus"), vnet("b", "westeurope"), peering(remote.clone())],
        // 200 x 0.035 = 7
        &["Data out: 200 GB x 0.035 = 7", "Data in: 200 GB x 0.035 = 7"],
        &[],
    );
    // No price is held for zone 3.
    let report = report(&[vnet("a", "brazilsouth"), vnet("b", "westeurope"), peering(remote)]);
    assert_eq!(report.unpriced.len(), 2);
    assert!(report.resources.is_empty());
}

#[test]
fn application_gateways_by_instances() {
    let fixed = "Gateway, WAF_v2: 730 gateway-hours x 0.36 = 262.8";
    for (rest, units) in [
        // 2 instances x 10 = 20 units; x 730 = 14600; x 0.0144 = 210.24
        (
            json!({ "sku": { "tier": "WAF_v2", "capacity": 2 } }),
            "Capacity units: 14600 unit-hours x 0.0144 = 210.24",
        ),
        // 1 to 3 instances: 10, 10, 30 units; 7300, 7300, 21900 hours
        (
            json!({ "sku": { "tier": "WAF_v2" }, "autoscaleConfiguration": { "minCapacity": 1, "maxCapacity": 3 } }),
            "Capacity units: 7300/7300/21900 unit-hours x 0.0144 = 105.12/105.12/315.36",
        ),
        // From zero: nothing reserved, one unit expected.
        (
            json!({ "sku": { "tier": "WAF_v2" }, "autoscaleConfiguration": { "minCapacity": 0, "maxCapacity": 2 } }),
            "Capacity units: 0/730/14600 unit-hours x 0.0144 = 0/10.512/210.24",
        ),
    ] {
        check(&[net("applicationGateways/g", json!({ "properties": rest }))], &[fixed, units], &[]);
    }
}

#[test]
fn application_gateways_that_are_not_priced() {
    for (rest, reason) in [
        (
            json!({ "sku": { "tier": "Standard" } }),
            "application gateways of tier Standard are retired or unknown: not priced",
        ),
        (json!({ "sku": { "tier": { "$unknown": "t" } } }), "sku.tier is not known: var.t has no value"),
        (json!({}), "sku.tier is not set"),
    ] {
        check(&[net("applicationGateways/g", json!({ "properties": rest }))], &[], &[reason]);
    }
}

#[test]
fn firewalls_by_tier_and_place() {
    check(
        &[net(
            "azureFirewalls/f",
            json!({ "properties": { "sku": { "name": "AZFW_VNet", "tier": "Standard" } } }),
        )],
        &["Firewall, Standard: 730 firewall-hours x 1.25 = 912.5", "Data processed: 1000 GB x 0.016 = 16"],
        &[],
    );
    check(
        &[net(
            "azureFirewalls/f",
            json!({ "properties": { "sku": { "name": "AZFW_Hub", "tier": "Premium" } } }),
        )],
        &["Firewall, Premium: 730 firewall-hours x 1.75 = 1277.5"],
        &["Data processed: no price is held for Azure Firewall, Premium Data Processed in eastus"],
    );
    check(
        &[net("azureFirewalls/f", json!({ "properties": { "sku": { "tier": "Gold" } } }))],
        &[],
        &["firewalls of tier Gold as AZFW_VNet are not priced"],
    );
}

#[test]
fn bastions_by_sku_and_scale_units() {
    check(
        &[net("bastionHosts/b", json!({ "sku": { "name": "Standard" }, "properties": { "scaleUnits": 4 } }))],
        &[
            "Bastion, Standard: 730 host-hours x 0.29 = 211.7",
            // 4 - 2 = 2; x 730 = 1460; x 0.14 = 204.4
            "Additional scale units: 1460 unit-hours x 0.14 = 204.4",
            "Outbound data, first 5 GB: 5 GB x 0 = 0",
        ],
        &[],
    );
    check(
        &[net("bastionHosts/b", json!({}))],
        &["Bastion, Basic: 730 host-hours x 0.19 = 138.7", "Outbound data, first 5 GB: 5 GB x 0 = 0"],
        &[],
    );
    check(&[net("bastionHosts/b", json!({ "sku": { "name": "Developer" } }))], &[], &[]);
}

#[test]
fn vpn_gateways_and_tunnels_beyond_ten() {
    let gateway = net(
        "virtualNetworkGateways/g",
        json!({ "properties": {
        "gatewayType": "Vpn", "sku": { "name": "VpnGw1AZ" }
    } }),
    );
    let tunnel = |n: usize| {
        net(
            &format!("connections/c{n}"),
            json!({ "properties": {
            "connectionType": "IPsec",
            "virtualNetworkGateway1": { "id": id(&format!("{NET}/virtualNetworkGateways/g")) }
        } }),
        )
    };
    let fixed = "VPN gateway, VpnGw1AZ: 730 gateway-hours x 0.21 = 153.3";
    let with = |n: usize| -> Vec<Json> { [gateway.clone()].into_iter().chain((0..n).map(tunnel)).collect() };
    check(&with(10), &[fixed], &[]);
    // 12 - 10 = 2; x 730 = 1460; x 0.015 = 21.9
    check(&with(12), &[fixed, "Tunnels beyond 10: 1460 tunnel-hours x 0.015 = 21.9"], &[]);
}

#[test]
fn other_virtual_network_gateways() {
    let gateway = |kind: &str, sku: &str| {
        net(
            "virtualNetworkGateways/g",
            json!({ "properties": { "gatewayType": kind, "sku": { "name": sku } } }),
        )
    };
    check(&[gateway("Vpn", "Basic")], &["VPN gateway, Basic: 730 gateway-hours x 0.036 = 26.28"], &[]);
    check(
        &[gateway("Vpn", "VpnGw5AZ")],
        &[],
        &["VPN gateway, VpnGw5AZ: no price is held for VPN Gateway, VpnGw5AZ in eastus"],
    );
    check(
        &[gateway("ExpressRoute", "ErGwScale")],
        &[],
        &["ExpressRoute gateways of SKU ErGwScale are charged by scale unit: not priced"],
    );
}

const LOGS: &str = "Microsoft.OperationalInsights/workspaces/logs";

#[test]
fn a_workspace_takes_in_what_its_clusters_send() {
    let workspace = doc(
        LOGS,
        "eastus",
        json!({ "properties": { "sku": { "name": "PerGB2018" }, "retentionInDays": 61 } }),
    );
    let aks = "Microsoft.ContainerService/managedClusters/aks";
    let cluster = doc(
        aks,
        "eastus",
        json!({ "properties": {
        "networkProfile": { "outboundType": "none" },
        "addonProfiles": { "omsAgent": { "enabled": true, "config": { "logAnalyticsWorkspaceResourceID": id(LOGS) } } }
    } }),
    );
    let pool = json!({ "id": format!("{aks}/agentPools/p"), "properties": {
        "vmSize": "Standard_DS2_v2", "count": 2, "osDiskType": "Ephemeral"
    } });
    check(
        &[workspace, cluster, pool],
        &[
            // 2 nodes x 0.3/1/3 GB x 30.4167 days = 18.25/60.8334/182.5002 GB; 5 GB are granted
            "Workspace, log ingestion, first 5 GB: 5 GB x 0 = 0",
            // 13.25 x 2.3 = 30.475; 55.8334 x 2.3 = 128.41682; 177.5002 x 2.3 = 408.25046
            "Workspace, log ingestion, over 5 GB: 13.25/55.8334/177.5002 GB x 2.3 = 30.475/128.41682/408.25046",
            // 61 - 31 = 30 days = 0.9863 months; 18.25002 x 0.9863 = 18, 60.8334 x 0.9863 = 60, ...
            "Retention of 30 more days: 18/60/179.9999 GB-months x 0.1 = 1.8/6/17.99999",
            "Node pool p: Standard_DS2_v2 nodes: 1460 node-hours x 0.146 = 213.16",
        ],
        &[],
    );
}

#[test]
fn a_workspace_elsewhere_is_paid_at_the_cluster() {
    let aks = "Microsoft.ContainerService/managedClusters/aks";
    let cluster = doc(
        aks,
        "eastus",
        json!({ "properties": {
        "networkProfile": { "outboundType": "none" },
        "addonProfiles": { "omsagent": { "enabled": true } }
    } }),
    );
    let pool = json!({ "id": format!("{aks}/agentPools/p"), "properties": {
        "vmSize": "Standard_DS2_v2", "count": 1, "osDiskType": "Ephemeral"
    } });
    let report = report(&[cluster, pool]);
    // 0.3/1/3 x 30.4167 = 9.125/30.4167/91.2501; over 5: 4.125/25.4167/86.2501
    assert_eq!(
        lines(&report)[1],
        "Container Insights, log ingestion, over 5 GB: 4.125/25.4167/86.2501 GB x 2.3 = 9.4875/58.45841/198.37523"
    );
}

#[test]
fn caps_of_a_workspace() {
    let workspace = |cap: Json| {
        doc(LOGS, "eastus", json!({ "properties": { "workspaceCapping": { "dailyQuotaGb": cap } } }))
    };
    let with = |cap| {
        let usage = r#"defaults."log_analytics.ingestion_gb" = { low = 10, expected = 20, high = 400 }"#;
        lines(&estimate(&estate(&[workspace(cap)]), &options(usage)))
    };
    let free = "Workspace, log ingestion, first 5 GB: 5 GB x 0 = 0";
    // 1 GB a day: at most 30.4167 a month.
    assert_eq!(
        with(json!(1)),
        [free, "Workspace, log ingestion, over 5 GB: 5/15/25.4167 GB x 2.3 = 11.5/34.5/58.45841"]
    );
    assert_eq!(
        with(json!(-1)),
        [free, "Workspace, log ingestion, over 5 GB: 5/15/395 GB x 2.3 = 11.5/34.5/908.5"]
    );
}

#[test]
fn workspaces_of_other_skus() {
    let workspace = |region: &str, sku: Json| doc(LOGS, region, json!({ "properties": { "sku": sku } }));
    check(&[workspace("eastus", json!({ "name": "Free" }))], &[], &[]);
    check(
        &[workspace("westeurope", json!({ "name": "CapacityReservation", "capacityReservationLevel": 100 }))],
        // 30.4167 days x 252.84 = 7690.558428
        &["Commitment of 100 GB a day: 30.4167 commitment-days x 252.84 = 7690.558428"],
        &[],
    );
    check(
        &[workspace("eastus", json!({ "name": "PerNode" }))],
        &[],
        &["workspaces of SKU pernode are not priced"],
    );
}

#[test]
fn what_is_free_and_what_is_not_supported_are_told_apart() {
    let report = report(&[
        json!({ "id": GROUP, "location": "eastus" }),
        vnet("a", "eastus"),
        net("networkSecurityGroups/n", json!({})),
        net("routeTables/r", json!({})),
        doc("Microsoft.ManagedIdentity/userAssignedIdentities/i", "eastus", json!({})),
        doc("Microsoft.Sql/servers/s", "eastus", json!({})),
    ]);
    assert!(report.resources.is_empty());
    assert_eq!(report.free.len(), 5);
    assert_eq!(reasons(&report), ["Microsoft.Sql/servers is not supported"]);
    assert_eq!(report.monthly, Range::default());
}

#[test]
fn a_firewall_policy_is_free_for_one_firewall() {
    let policy = net("firewallPolicies/p", json!({}));
    let firewall = |n: usize| {
        net(
            &format!("azureFirewalls/f{n}"),
            json!({ "properties": {
            "sku": { "tier": "Standard" },
            "firewallPolicy": { "id": id(&format!("{NET}/firewallPolicies/p")) }
        } }),
        )
    };
    let gaps = |n: usize| {
        let all: Vec<Json> = [policy.clone()].into_iter().chain((0..n).map(firewall)).collect();
        reasons(&report(&all))
    };
    assert!(gaps(0).is_empty() && gaps(1).is_empty());
    assert_eq!(gaps(2), ["Policy: 2 firewalls share it, which is charged: no price is held"]);
}
