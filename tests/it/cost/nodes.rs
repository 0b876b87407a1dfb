//! Clusters, node pools and OpenShift.

use super::*;

const AKS: &str = "Microsoft.ContainerService/managedClusters/aks";

fn cluster(region: &str, rest: Json) -> Json {
    doc(AKS, region, rest)
}

fn pool(name: &str, properties: Json) -> Json {
    json!({ "id": format!("{AKS}/agentPools/{name}"), "properties": properties })
}

/// A cluster without egress of its own, so that only its pool is charged.
fn quiet(region: &str) -> Json {
    cluster(region, json!({ "properties": { "networkProfile": { "outboundType": "userDefinedRouting" } } }))
}

#[track_caller]
fn check_pool(properties: Json, components: &[&str], unpriced: &[&str]) {
    check(&[quiet("eastus"), pool("p", properties)], components, unpriced);
}

#[test]
fn a_cluster_of_the_free_tier_pays_for_its_egress_only() {
    check(
        &[cluster("eastus", json!({ "sku": { "tier": "Free" }, "properties": {} }))],
        &[
            "Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Outbound load balancer, data processed: 100 GB x 0.005 = 0.5",
            "Outbound public IP addresses: 730 address-hours x 0.005 = 3.65",
        ],
        &[],
    );
}

#[test]
fn tiers_of_the_control_plane() {
    for (tier, plan, line) in [
        (json!("Standard"), json!(null), Some("Control plane, Standard tier: 730 cluster-hours x 0.1 = 73")),
        (json!("Paid"), json!(null), Some("Control plane, Standard tier: 730 cluster-hours x 0.1 = 73")),
        (
            json!("Premium"),
            json!(null),
            Some("Control plane, Premium tier with long-term support: 730 cluster-hours x 0.6 = 438"),
        ),
        // Long-term support replaces the charge of the tier.
        (
            json!("Standard"),
            json!("AKSLongTermSupport"),
            Some("Control plane, Premium tier with long-term support: 730 cluster-hours x 0.6 = 438"),
        ),
        (json!("Free"), json!("KubernetesOfficial"), None),
        (json!(null), json!(null), None),
    ] {
        let mut body = quiet("eastus");
        body["sku"] = json!({ "tier": tier });
        body["properties"]["supportPlan"] = plan.clone();
        let report = report(&[body]);
        assert_eq!(lines(&report), Vec::from_iter(line), "{tier} {plan}");
        assert!(report.unpriced.is_empty());
        assert_eq!(report.free.len(), usize::from(line.is_none()), "free is free, not unpriced");
    }
}

#[test]
fn an_unknown_tier_leaves_the_control_plane_unpriced_and_prices_the_rest() {
    let mut body = cluster("eastus", json!({ "sku": { "tier": { "$unknown": "tier" } }, "properties": {} }));
    let egress = 3;
    let report1 = report(&[body.clone()]);
    assert_eq!(lines(&report1).len(), egress);
    assert_eq!(reasons(&report1), ["Control plane: sku.tier is not known: var.tier has no value"]);
    body["sku"] = json!({ "tier": "Gold" });
    assert_eq!(
        reasons(&report(&[body])),
        ["Control plane: sku.tier Gold is none of Free, Standard, Premium"]
    );
}

#[test]
fn a_region_without_an_uptime_row_uses_another_regions_and_says_so() {
    let mut body = quiet("northeurope");
    body["sku"] = json!({ "tier": "Standard" });
    let report = report(&[body]);
    assert_eq!(lines(&report), ["Control plane, Standard tier: 730 cluster-hours x 0.1 = 73"]);
    assert_eq!(
        report.resources[0].components[0].assumption.as_deref(),
        Some("no price is held for northeurope: that of eastus stands in")
    );
}

#[test]
fn outbound_addresses_and_gateways() {
    let lb = "Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25";
    let lb_data = "Outbound load balancer, data processed: 100 GB x 0.005 = 0.5";
    for (profile, expected) in [
        (
            json!({ "loadBalancerProfile": { "managedOutboundIPs": { "count": 3 } } }),
            // 3 x 730 = 2190; x 0.005 = 10.95
            vec![lb, lb_data, "Outbound public IP addresses: 2190 address-hours x 0.005 = 10.95"],
        ),
        (
            // Addresses of the user's are resources of their own.
            json!({ "loadBalancerProfile": { "outboundIPs": { "publicIPs": [{ "id": "/x" }] } } }),
            vec![lb, lb_data],
        ),
        (
            json!({ "loadBalancerProfile": { "outboundIPPrefixes": { "publicIPPrefixes": [{ "id": "/x" }] } } }),
            vec![lb, lb_data],
        ),
        (
            json!({
                "outboundType": "managedNATGateway",
                "natGatewayProfile": { "managedOutboundIPProfile": { "count": 2 } }
            }),
            vec![
                "Outbound NAT gateway: 730 gateway-hours x 0.045 = 32.85",
                "Outbound NAT gateway, data processed: 500 GB x 0.045 = 22.5",
                "Outbound public IP addresses: 1460 address-hours x 0.005 = 7.3",
            ],
        ),
        (json!({ "outboundType": "userAssignedNATGateway" }), vec![]),
        (json!({ "outboundType": "none" }), vec![]),
        (json!({ "loadBalancerSku": "basic" }), vec![]),
    ] {
        check(&[cluster("eastus", json!({ "properties": { "networkProfile": profile } }))], &expected, &[]);
    }
}

#[test]
fn a_pool_of_a_fixed_count() {
    check_pool(
        json!({ "vmSize": "Standard_DS2_v2", "count": 3, "enableAutoScaling": false }),
        &[
            // 3 nodes x 730 h = 2190; x 0.146 = 319.74
            "Node pool p: Standard_DS2_v2 nodes: 2190 node-hours x 0.146 = 319.74",
            // 2 vCPUs: 128 GiB, P10; 3 x 19.71 = 59.13
            "Node pool p: OS disks, P10 LRS: 3 disk-months x 19.71 = 59.13",
        ],
        &[],
    );
}

#[test]
fn an_autoscaler_makes_a_range_around_the_count() {
    check_pool(
        json!({
            "vmSize": "Standard_DS2_v2", "count": 3, "enableAutoScaling": true, "minCount": 3, "maxCount": 5
        }),
        &[
            "Node pool p: Standard_DS2_v2 nodes: 2190/2190/3650 node-hours x 0.146 = 319.74/319.74/532.9",
            "Node pool p: OS disks, P10 LRS: 3/3/5 disk-months x 19.71 = 59.13/59.13/98.55",
        ],
        &[],
    );
}

#[test]
fn the_expected_count_of_an_autoscaler() {
    for (count, min, max, nodes) in [
        (json!(4), 2, 6, "1460/2920/4380"),
        // Without a count the least is expected; a count outside the range is moved into it.
        (json!(null), 2, 6, "1460/1460/4380"),
        (json!({ "$unknown": "n" }), 2, 6, "1460/1460/4380"),
        (json!(9), 2, 6, "1460/4380/4380"),
        (json!(1), 2, 6, "1460/1460/4380"),
        (json!(3), 3, 3, "2190"),
        (json!(null), 0, 2, "0/0/1460"),
        (json!(0), 0, 0, "0"),
    ] {
        let properties = json!({
            "vmSize": "Standard_DS2_v2", "count": count, "enableAutoScaling": true,
            "minCount": min, "maxCount": max, "osDiskType": "Ephemeral"
        });
        let report = report(&[quiet("eastus"), pool("p", properties)]);
        assert_eq!(figures(report.resources[0].components[0].quantity), nodes, "{count} {min} {max}");
    }
}

#[test]
fn bounds_that_cannot_be_are_reasons() {
    for (properties, reason) in [
        (
            json!({ "enableAutoScaling": true, "minCount": 5, "maxCount": 3 }),
            "minCount 5 is greater than maxCount 3",
        ),
        (
            json!({ "enableAutoScaling": true, "maxCount": 3 }),
            "minCount is not set, though the pool scales by itself",
        ),
        (
            json!({ "enableAutoScaling": true, "minCount": { "$unknown": "min" }, "maxCount": 3 }),
            "minCount is not known: var.min has no value",
        ),
        (json!({ "count": { "$unknown": "n" } }), "count is not known: var.n has no value"),
        (json!({ "count": -1 }), "count is -1, not between 0 and 5000"),
        (
            json!({ "count": 9_000_000_000_000_000_000i64 }),
            "count is 9000000000000000000, not between 0 and 5000",
        ),
        (json!({ "count": "many" }), "count is not a whole number"),
        (json!({ "enableAutoScaling": "perhaps" }), "enableAutoScaling is neither true nor false"),
        (json!({ "type": "VirtualMachines" }), "pools of type VirtualMachines mix sizes: not priced"),
    ] {
        let mut properties = properties;
        properties["vmSize"] = json!("Standard_DS2_v2");
        check_pool(properties, &[], &[&format!("Node pool p: {reason}")]);
    }
}

#[test]
fn zero_nodes_cost_nothing_and_are_not_unpriced() {
    check_pool(
        json!({ "vmSize": "Standard_DS2_v2", "count": 0 }),
        &[
            "Node pool p: Standard_DS2_v2 nodes: 0 node-hours x 0.146 = 0",
            "Node pool p: OS disks, P10 LRS: 0 disk-months x 19.71 = 0",
        ],
        &[],
    );
}

#[test]
fn one_node_when_no_count_is_set() {
    check_pool(
        json!({ "vmSize": "Standard_DS2_v2", "osDiskType": "Ephemeral" }),
        &["Node pool p: Standard_DS2_v2 nodes: 730 node-hours x 0.146 = 106.58"],
        &[],
    );
}

#[test]
fn os_disks_by_size_and_by_vcpus() {
    for (size, disk, line) in [
        (
            "Standard_DS2_v2",
            json!({ "osDiskSizeGB": 30 }),
            "Node pool p: OS disks, P4 LRS: 1 disk-months x 5.28 = 5.28",
        ),
        (
            "Standard_DS2_v2",
            json!({ "osDiskSizeGB": 200 }),
            "Node pool p: OS disks, P15 LRS: 1 disk-months x 38.01 = 38.01",
        ),
        ("Standard_D4ds_v5", json!({}), "Node pool p: OS disks, P10 LRS: 1 disk-months x 19.71 = 19.71"),
        // 8 vCPUs: 256 GiB; 16 vCPUs: 512 GiB.
        ("Standard_D8s_v5", json!({}), "Node pool p: OS disks, P15 LRS: 1 disk-months x 38.01 = 38.01"),
        ("Standard_D16s_v5", json!({}), "Node pool p: OS disks, P20 LRS: 1 disk-months x 73.22 = 73.22"),
        // 0 is "not set" in ARM.
        (
            "Standard_D8s_v5",
            json!({ "osDiskSizeGB": 0 }),
            "Node pool p: OS disks, P15 LRS: 1 disk-months x 38.01 = 38.01",
        ),
        // A size without premium storage gets a Standard HDD.
        ("Standard_D2_v2", json!({}), "Node pool p: OS disks, S10 LRS: 1 disk-months x 5.888 = 5.888"),
    ] {
        let mut properties = disk;
        properties["vmSize"] = json!(size);
        properties["count"] = json!(1);
        let report = report(&[quiet("eastus"), pool("p", properties)]);
        assert_eq!(lines(&report)[1], line);
    }
}

#[test]
fn ephemeral_disks_are_free() {
    check_pool(
        json!({ "vmSize": "Standard_D4ds_v5", "count": 2, "osDiskType": "Ephemeral", "osDiskSizeGB": 100 }),
        &["Node pool p: Standard_D4ds_v5 nodes: 1460 node-hours x 0.226 = 329.96"],
        &[],
    );
}

#[test]
fn an_unknown_disk_leaves_only_the_disk_unpriced() {
    let nodes = "Node pool p: Standard_DS2_v2 nodes: 730 node-hours x 0.146 = 106.58";
    for (disk, reason) in [
        (json!({ "osDiskSizeGB": { "$unknown": "gib" } }), "osDiskSizeGB is not known: var.gib has no value"),
        (json!({ "osDiskType": { "$unknown": "kind" } }), "osDiskType is not known: var.kind has no value"),
    ] {
        let mut properties = disk;
        properties["vmSize"] = json!("Standard_DS2_v2");
        properties["count"] = json!(1);
        check_pool(properties, &[nodes], &[&format!("Node pool p: OS disks: {reason}")]);
    }
}

#[test]
fn a_size_without_a_price_is_unpriced_and_not_zero() {
    check_pool(
        json!({ "vmSize": "Standard_NoSuch_v1", "count": 3 }),
        &[],
        &[
            "Node pool p: OS disks: Standard_NoSuch_v1 is not a known size",
            "Node pool p: Standard_NoSuch_v1 nodes: no price is held for Standard_NoSuch_v1, Linux in eastus",
        ],
    );
}

#[test]
fn a_size_with_a_price_but_of_unknown_vcpus_lacks_only_its_disk() {
    check_pool(
        json!({ "vmSize": "Standard_Unknown_v9", "count": 1 }),
        &["Node pool p: Standard_Unknown_v9 nodes: 730 node-hours x 0.5 = 365"],
        &["Node pool p: OS disks: Standard_Unknown_v9 is not a known size"],
    );
}

#[test]
fn a_size_that_is_not_known_or_not_set() {
    check_pool(
        json!({ "vmSize": { "$unknown": "size" }, "count": 3 }),
        &[],
        &["Node pool p: vmSize is not known: var.size has no value"],
    );
    check_pool(json!({ "count": 3 }), &[], &["Node pool p: vmSize is not set"]);
    check_pool(json!({ "vmSize": 7 }), &[], &["Node pool p: vmSize is not a text"]);
}

#[test]
fn regions_unknown_in_three_ways() {
    let p = pool("p", json!({ "vmSize": "Standard_DS2_v2", "count": 1 }));
    let at = |location: Json| {
        let mut cluster = quiet("x");
        cluster["location"] = location;
        reasons(&report(&[cluster, p.clone()])).join("|")
    };
    assert_eq!(
        at(json!("westmars")),
        "westmars is not a known Azure region|Node pool p: westmars is not a known Azure region"
    );
    assert!(
        at(json!({ "$unknown": "location" })).contains("location is not known: var.location has no value")
    );
    // A pool without its cluster has no region.
    assert_eq!(
        reasons(&report(&[p])),
        ["Node pool p: its location is not set, and what it belongs to is not in the estate"]
    );
}

#[test]
fn a_region_may_be_spelt_as_in_the_portal() {
    check(
        &[
            quiet("East US"),
            pool("p", json!({ "vmSize": "standard_ds2_v2", "count": 1, "osDiskType": "Ephemeral" })),
        ],
        &["Node pool p: standard_ds2_v2 nodes: 730 node-hours x 0.146 = 106.58"],
        &[],
    );
}

#[test]
fn windows_nodes_where_a_price_is_held() {
    let p =
        json!({ "vmSize": "Standard_D4ds_v5", "count": 2, "osType": "Windows", "osDiskType": "Ephemeral" });
    check(
        &[quiet("westeurope"), pool("win", p)],
        &["Node pool win: Standard_D4ds_v5 Windows nodes: 1460 node-hours x 0.456 = 665.76"],
        &[],
    );
}

#[test]
fn windows_by_its_os_sku() {
    let p = json!({ "vmSize": "Standard_D4ds_v5", "count": 1, "osSKU": "Windows2022", "osDiskType": "Ephemeral" });
    check(
        &[quiet("westeurope"), pool("win", p)],
        &["Node pool win: Standard_D4ds_v5 Windows nodes: 730 node-hours x 0.456 = 332.88"],
        &[],
    );
}

#[test]
fn windows_nodes_without_a_price_are_linux_and_the_licence_of_another_region() {
    // eastus Linux 0.226; westeurope Windows 0.456 - Linux 0.272 = 0.184; together 0.41.
    let p =
        json!({ "vmSize": "Standard_D4ds_v5", "count": 1, "osType": "Windows", "osDiskType": "Ephemeral" });
    let report = report(&[quiet("eastus"), pool("win", p)]);
    assert_eq!(
        lines(&report),
        ["Node pool win: Standard_D4ds_v5 Windows nodes: 730 node-hours x 0.41 = 299.3"]
    );
    assert_eq!(
        report.resources[0].components[0].assumption.as_deref(),
        Some(
            "no Windows price is held for eastus: Linux 0.226 + licence 0.184, the difference in westeurope"
        )
    );
}

#[test]
fn windows_nodes_without_any_licence_price_are_unpriced() {
    check_pool(
        json!({ "vmSize": "Standard_DS2_v2", "count": 1, "osType": "Windows", "osDiskType": "Ephemeral" }),
        &[],
        &[
            "Node pool p: Standard_DS2_v2 Windows nodes: no price is held for Standard_DS2_v2, Windows in eastus",
        ],
    );
}

#[test]
fn hybrid_benefit_is_the_linux_price() {
    let mut c = quiet("westeurope");
    c["properties"]["windowsProfile"] = json!({ "licenseType": "Windows_Server" });
    let p =
        json!({ "vmSize": "Standard_D4ds_v5", "count": 1, "osType": "Windows", "osDiskType": "Ephemeral" });
    check(
        &[c, pool("win", p)],
        &["Node pool win: Standard_D4ds_v5 nodes: 730 node-hours x 0.272 = 198.56"],
        &[],
    );
}

#[test]
fn spot_nodes_with_a_price_without_and_with_a_limit() {
    for (region, size, cap, line, why) in [
        (
            "westeurope",
            "Standard_D4ds_v5",
            json!("-1"),
            "Node pool s: Standard_D4ds_v5 Spot nodes: 730 node-hours x 0.050266 = 36.69418",
            "Spot prices move daily",
        ),
        // 0.146 x 0.3 = 0.0438; x 730 = 31.974
        (
            "eastus",
            "Standard_DS2_v2",
            json!(null),
            "Node pool s: Standard_DS2_v2 Spot nodes: 730 node-hours x 0.0438 = 31.974",
            "no Spot price is held: 0.3 x on demand 0.146",
        ),
        (
            "eastus",
            "Standard_DS2_v2",
            json!(-1),
            "Node pool s: Standard_DS2_v2 Spot nodes: 730 node-hours x 0.0438 = 31.974",
            "no Spot price is held: 0.3 x on demand 0.146",
        ),
        (
            "westeurope",
            "Standard_D4ds_v5",
            json!("0.04"),
            "Node pool s: Standard_D4ds_v5 Spot nodes: 730 node-hours x 0.04 = 29.2",
            "Spot prices move daily; limited to spot_max_price 0.04",
        ),
        // A limit above the price does not raise it.
        (
            "westeurope",
            "Standard_D4ds_v5",
            json!("0.2"),
            "Node pool s: Standard_D4ds_v5 Spot nodes: 730 node-hours x 0.050266 = 36.69418",
            "Spot prices move daily",
        ),
    ] {
        let p = json!({
            "vmSize": size, "count": 1, "scaleSetPriority": "Spot", "spotMaxPrice": cap, "osDiskType": "Ephemeral"
        });
        let report = report(&[quiet(region), pool("s", p)]);
        assert_eq!(lines(&report), [line]);
        assert_eq!(report.resources[0].components[0].assumption.as_deref(), Some(why));
    }
}

#[test]
fn windows_spot_nodes() {
    let p = json!({
        "vmSize": "Standard_D4ds_v5", "count": 1, "scaleSetPriority": "Spot", "osType": "Windows",
        "osDiskType": "Ephemeral"
    });
    check(
        &[quiet("westeurope"), pool("s", p)],
        // 0.084269 x 730 = 61.51637
        &["Node pool s: Standard_D4ds_v5 Windows Spot nodes: 730 node-hours x 0.084269 = 61.51637"],
        &[],
    );
}

#[test]
fn public_addresses_of_nodes() {
    let p = json!({ "vmSize": "Standard_DS2_v2", "count": 2, "osDiskType": "Ephemeral", "enableNodePublicIP": true });
    check_pool(
        p.clone(),
        &[
            "Node pool p: Standard_DS2_v2 nodes: 1460 node-hours x 0.146 = 213.16",
            "Node pool p: public IP addresses of nodes: 1460 address-hours x 0.005 = 7.3",
        ],
        &[],
    );
    // A prefix pays for its addresses.
    let mut p = p;
    p["nodePublicIPPrefixID"] = json!("/x");
    check_pool(p, &["Node pool p: Standard_DS2_v2 nodes: 1460 node-hours x 0.146 = 213.16"], &[]);
}

#[test]
fn stopped_pools_and_clusters_have_no_nodes() {
    check_pool(
        json!({
            "vmSize": "Standard_DS2_v2", "count": 2, "osDiskType": "Ephemeral", "powerState": { "code": "Stopped" }
        }),
        &["Node pool p: Standard_DS2_v2 nodes: 0 node-hours x 0.146 = 0"],
        &[],
    );
    let mut c = cluster("eastus", json!({ "sku": { "tier": "Standard" }, "properties": {} }));
    c["properties"]["powerState"] = json!({ "code": "Stopped" });
    check(
        &[c, pool("p", json!({ "vmSize": "Standard_DS2_v2", "count": 2 }))],
        &[],
        &["Stopped: only its disks and addresses are charged, which are not estimated"],
    );
}

#[test]
fn defender_by_vcpu_of_all_pools() {
    let mut c = quiet("eastus");
    c["properties"]["securityProfile"] = json!({ "defender": { "securityMonitoring": { "enabled": true } } });
    let small = json!({ "vmSize": "Standard_DS2_v2", "count": 2, "osDiskType": "Ephemeral" });
    let big = json!({ "vmSize": "Standard_D8s_v5", "count": 1, "osDiskType": "Ephemeral" });
    let report = report(&[c, pool("a", small), pool("b", big)]);
    // 2 x 2 + 1 x 8 = 12 vCPUs; x 730 = 8760; x 0.009411 = 82.44036
    assert_eq!(lines(&report)[0], "Defender for Containers: 8760 vCPU-hours x 0.009411 = 82.44036");
}

#[test]
fn what_a_cluster_makes_in_its_own_group_is_counted_once() {
    let mut c = cluster("eastus", json!({ "properties": { "nodeResourceGroup": "MC_rg_aks_eastus" } }));
    c["sku"] = json!({ "tier": "Free" });
    let group = GROUP.replace("/rg", "/mc_RG_aks_eastus");
    let ip = json!({
        "id": format!("{group}/providers/Microsoft.Network/publicIPAddresses/x"), "location": "eastus",
        "sku": { "name": "Standard" }
    });
    let disk = json!({
        "id": format!("{group}/providers/Microsoft.Compute/disks/pvc-1"), "location": "eastus",
        "sku": { "name": "Premium_LRS" }, "properties": { "diskSizeGB": 100 }
    });
    check(
        &[c, ip, disk],
        &[
            "Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Outbound load balancer, data processed: 100 GB x 0.005 = 0.5",
            "Outbound public IP addresses: 730 address-hours x 0.005 = 3.65",
            // The disk of a volume is not in the cluster's estimate.
            "Disk, P10 LRS: 1 disk-months x 19.71 = 19.71",
        ],
        &[],
    );
}

#[test]
fn managed_disks_by_sku() {
    for (region, sku, gib, lines, gaps) in [
        (
            "westeurope",
            "Premium_ZRS",
            json!(128),
            vec!["Disk, P10 ZRS: 1 disk-months x 32.52 = 32.52"],
            vec![],
        ),
        (
            "eastus",
            "Standard_LRS",
            json!(100),
            // Only a usage file says how many operations there are.
            vec![
                "Disk, S10 LRS: 1 disk-months x 5.888 = 5.888",
                "Disk operations: 0 10K operations x 0.0005 = 0",
            ],
            vec![],
        ),
        (
            "eastus",
            "UltraSSD_LRS",
            json!(100),
            // 128 x 730 = 93440
            vec!["Ultra Disk, capacity: 93440 GiB-hours x 0.000164 = 15.32416"],
            vec![
                "Ultra Disk, IOPS: diskIOPSReadWrite is not set",
                "Ultra Disk, throughput: diskMBpsReadWrite is not set",
            ],
        ),
        (
            "eastus",
            "Premium_LRS",
            json!(null),
            vec![],
            vec!["diskSizeGB is not set: only an image or a source outside of this code knows it"],
        ),
        (
            "eastus",
            "Premium_LRS",
            json!(40_000),
            vec![],
            vec!["diskSizeGB is 40000, not between 0 and 32767"],
        ),
    ] {
        let d = doc(
            "Microsoft.Compute/disks/d",
            region,
            json!({ "sku": { "name": sku }, "properties": { "diskSizeGB": gib } }),
        );
        check(&[d], &lines, &gaps);
    }
}

#[test]
fn openshift_masters_workers_disks_and_licence() {
    let aro = doc(
        "Microsoft.RedHatOpenShift/openShiftClusters/aro",
        "eastus",
        json!({ "properties": {
            "masterProfile": { "vmSize": "Standard_D8s_v5" },
            "workerProfiles": [{ "name": "worker", "vmSize": "Standard_D4ds_v5", "count": 3, "diskSizeGB": 128 }],
            "apiserverProfile": { "visibility": "Public" },
            "ingressProfiles": [{ "visibility": "Public" }],
            "networkProfile": { "outboundType": "Loadbalancer" }
        } }),
    );
    check(
        &[aro],
        &[
            // 3 x 730 = 2190; x 0.384 = 840.96
            "Control plane: Standard_D8s_v5: 2190 node-hours x 0.384 = 840.96",
            // 1 TiB each: P30; 3 x 135.17 = 405.51
            "Control plane: disks, P30 LRS: 3 disk-months x 135.17 = 405.51",
            // 2190 x 0.226 = 494.94
            "Workers worker: Standard_D4ds_v5: 2190 node-hours x 0.226 = 494.94",
            "Workers worker: disks, P10 LRS: 3 disk-months x 19.71 = 59.13",
            // 3 workers x 4 vCPUs / 4 = 3; x 730 = 2190; x 0.171 = 374.49
            "Workers worker: OpenShift licence: 2190 4-vCPU-hours x 0.171 = 374.49",
            "Internal load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Internal load balancer, data processed: 100 GB x 0.005 = 0.5",
            "Public load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Public load balancer, data processed: 100 GB x 0.005 = 0.5",
            // outbound 1 + API 1 + ingress 1 = 3; x 730 = 2190; x 0.005 = 10.95
            "Public IP addresses: 2190 address-hours x 0.005 = 10.95",
        ],
        &[],
    );
}

#[test]
fn a_private_openshift_with_routes_of_its_own() {
    let aro = doc(
        "Microsoft.RedHatOpenShift/openShiftClusters/aro",
        "eastus",
        json!({ "properties": {
            "masterProfile": { "vmSize": { "$unknown": "size" } },
            "workerProfiles": [{ "vmSize": "Standard_Unknown_v9", "count": 4 }],
            "apiserverProfile": { "visibility": "Private" },
            "ingressProfiles": [{ "visibility": "Private" }],
            "networkProfile": { "outboundType": "UserDefinedRouting" }
        } }),
    );
    check(
        &[aro],
        &[
            "Workers worker: Standard_Unknown_v9: 2920 node-hours x 0.5 = 1460",
            "Workers worker: disks, P10 LRS: 4 disk-months x 19.71 = 78.84",
            "Internal load balancer: 730 load balancer-hours x 0.025 = 18.25",
            "Internal load balancer, data processed: 100 GB x 0.005 = 0.5",
        ],
        &[
            "Control plane: masterProfile.vmSize is not known: var.size has no value",
            "Workers worker: OpenShift licence: Standard_Unknown_v9 is not a known size",
        ],
    );
}
