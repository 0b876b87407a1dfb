//! What the whole report shares: grants of the account, prices that fall with the number; and what only a usage
//! file knows.

use super::*;

fn workspace(name: &str) -> Json {
    doc(&format!("Microsoft.OperationalInsights/workspaces/{name}"), "eastus", json!({}))
}

fn with(documents: &[Json], usage: &str) -> CostReport {
    estimate(&estate(documents), &options(usage))
}

#[test]
fn the_free_gigabytes_are_granted_once() {
    let usage = "[defaults]\n\"log_analytics.ingestion_gb\" = 4";
    let report = with(&["a", "b", "c"].map(workspace), usage);
    assert_eq!(
        lines(&report),
        [
            "Workspace, log ingestion, first 5 GB: 4 GB x 0 = 0",
            // 5 - 4 = 1 is left; 4 - 1 = 3; 3 x 2.3 = 6.9
            "Workspace, log ingestion, first 5 GB: 1 GB x 0 = 0",
            "Workspace, log ingestion, over 5 GB: 3 GB x 2.3 = 6.9",
            // 4 x 2.3 = 9.2
            "Workspace, log ingestion, over 5 GB: 4 GB x 2.3 = 9.2",
        ]
    );
    // 3 x 4 - 5 = 7; x 2.3 = 16.1
    assert_eq!(figures(report.monthly), "16.1");
}

#[test]
fn a_range_shares_the_grant_in_each_of_its_figures() {
    let usage = "[defaults]\n\"log_analytics.ingestion_gb\" = { low = 0, expected = 3, high = 10 }";
    let report = with(&["a", "b"].map(workspace), usage);
    // least 0; expected 6 - 5 = 1; most 20 - 5 = 15; x 2.3
    assert_eq!(figures(report.monthly), "0/2.3/34.5");
    for c in report.resources.iter().flat_map(|r| &r.components) {
        assert!(
            c.quantity.low <= c.quantity.expected && c.quantity.expected <= c.quantity.high,
            "{}",
            line(c)
        );
    }
}

#[test]
fn zones_beyond_the_first_25_cost_less() {
    let zone = |n: usize| {
        doc(&format!("Microsoft.Network/privateDnsZones/z{n:02}.example.org"), "global", json!({}))
    };
    let zones: Vec<Json> = (0..27).map(zone).collect();
    let report = with(&zones, "[defaults]\n\"dns_zone.queries\" = 0");
    // 25 x 0.5 + 2 x 0.1 = 12.7
    assert_eq!(figures(report.monthly), "12.7");
}

#[test]
fn what_a_usage_file_says_of_vaults_and_keys() {
    let vault = "Microsoft.KeyVault/vaults/kv";
    let key = |name: &str, kty: &str, size: i64| json!({ "id": format!("{vault}/keys/{name}"), "properties": { "kty": kty, "keySize": size } });
    let documents = [
        doc(vault, "eastus", json!({})),
        key("advanced", "RSA", 3072),
        key("hardware", "RSA-HSM", 2048),
        key("simple", "RSA", 2048),
    ];
    let of =
        |key: &str, what: &str| format!("[resources.\"{}\"]\n{what}\n", id(&format!("{vault}/keys/{key}")));
    let usage = format!(
        "[resources.\"{}\"]\ncertificate_renewals = 2\nkey_rotations = 3\n{}{}{}",
        id(vault),
        of("advanced", "operations = 30000\nrotations = 1"),
        of("hardware", "active_versions = 4"),
        of("simple", "operations = 20000"),
    );
    let report = with(&documents, &usage);
    assert_eq!(
        lines(&report),
        [
            "Operations: 10 10K operations x 0.03 = 0.3",
            // 2 x 3 = 6
            "Certificate renewals: 2 renewals x 3 = 6",
            "Key rotations: 3 rotations x 1 = 3",
            // 30000 / 10000 = 3; x 0.15 = 0.45
            "Advanced key operations: 3 10K operations x 0.15 = 0.45",
            "Key rotations: 1 rotations x 1 = 1",
            "Key in hardware: 4 key-months x 1 = 4",
            "Operations: 2 10K operations x 0.03 = 0.06",
        ]
    );
    // Without a file the vault's operations are all there is.
    assert_eq!(lines(&report_of_defaults(&documents)).len(), 2);
}

fn report_of_defaults(documents: &[Json]) -> CostReport {
    with(documents, "")
}

#[test]
fn a_price_in_dollars_is_none_in_euros() {
    let documents = [doc(
        "Microsoft.RedHatOpenShift/openShiftClusters/aro",
        "eastus",
        json!({ "properties": {
            "masterProfile": { "vmSize": "Standard_D8s_v5" },
            "workerProfiles": [{ "name": "worker", "vmSize": "Standard_D4ds_v5", "count": 3 }]
        } }),
    )];
    let euros = |usage: &str| Options { prices: Some(Arc::new(prices::book_in("EUR"))), ..options(usage) };
    let licence = |report: &CostReport| lines(report).into_iter().find(|l| l.contains("licence"));
    let report = estimate(&estate(&documents), &euros(""));
    assert_eq!(licence(&report), None);
    assert_eq!(
        reasons(&report),
        [
            "Workers worker: OpenShift licence: no price list has it in EUR; set openshift.licence_per_4_vcpu_hour in \
          the usage file"
        ]
    );
    let usage = "[defaults]\n\"openshift.licence_per_4_vcpu_hour\" = 0.16";
    let report = estimate(&estate(&documents), &euros(usage));
    // 3 x 730 = 2190; x 0.16 = 350.4
    let line = "Workers worker: OpenShift licence: 2190 4-vCPU-hours x 0.16 = 350.4".to_owned();
    assert_eq!((licence(&report), reasons(&report)), (Some(line), vec![]));
}

#[test]
fn a_copied_disk_has_the_size_of_its_source() {
    let disk = |name: &str, rest: Json| {
        doc(
            &format!("Microsoft.Compute/disks/{name}"),
            "eastus",
            json!({ "sku": { "name": "Premium_LRS" }, "properties": rest }),
        )
    };
    let source = id("Microsoft.Compute/disks/a");
    check(
        &[
            disk("a", json!({ "diskSizeGB": 128 })),
            disk("b", json!({ "creationData": { "sourceResourceId": source } })),
            disk("c", json!({ "creationData": { "createOption": "FromImage" } })),
        ],
        &["Disk, P10 LRS: 1 disk-months x 19.71 = 19.71", "Disk, P10 LRS: 1 disk-months x 19.71 = 19.71"],
        &["diskSizeGB is not set: only an image or a source outside of this code knows it"],
    );
}

#[test]
fn a_least_count_without_an_autoscaler_is_told() {
    let aks = "Microsoft.ContainerService/managedClusters/aks";
    let report = report(&[
        doc(aks, "eastus", json!({ "properties": { "networkProfile": { "outboundType": "none" } } })),
        json!({ "id": format!("{aks}/agentPools/p"), "properties": {
            "vmSize": "Standard_DS2_v2", "minCount": 3, "osDiskType": "Ephemeral"
        } }),
    ]);
    assert_eq!(lines(&report), ["Node pool p: Standard_DS2_v2 nodes: 730 node-hours x 0.146 = 106.58"]);
    let why = report.resources[0].components[0].assumption.as_deref();
    assert_eq!(why, Some("min_count has no effect: the pool does not scale by itself"));
}
