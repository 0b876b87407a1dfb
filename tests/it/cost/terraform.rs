//! From Terraform and from a snapshot to the bill: the environments of this repository, and a first
//! cluster. These use the embedded price book: a newer one may change their figures.

use camino::{Utf8Path, Utf8PathBuf};
use trueup::analysis::cost::prices::PriceBook;
use trueup::analysis::cost::{delta, observed, savings};
use trueup::azure::{Account, translate};
use trueup::terraform::configuration::{self, Input, evaluate};

use super::*;

fn repository() -> Utf8PathBuf {
    Utf8Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The declared estate of a root module below the repository.
fn declared(root: &str, variables: &[&str]) -> Estate {
    let repository = repository();
    let mut options = configuration::Options::within(&repository, &repository.join(root)).unwrap();
    options.inputs = variables.iter().map(|v| Input::Var((*v).to_owned())).collect();
    let evaluation = evaluate(&options);
    assert!(evaluation.is_complete(), "{:?}", evaluation.diagnostics);
    translate(&evaluation, &Account::default())
}

fn cost(root: &str) -> CostReport {
    estimate(&declared(root, &[]), &Options::default())
}

/// Address and components of each resource, then the total and what is not priced.
fn bill(report: &CostReport) -> String {
    let mut all = Vec::new();
    for resource in &report.resources {
        all.push(format!("{} = {}", resource.address, figures(resource.monthly)));
        all.extend(resource.components.iter().map(|c| format!("  {}", line(c))));
    }
    all.push(format!("total {}", figures(report.monthly)));
    all.extend(report.unpriced.iter().map(|u| format!("not priced: {}: {}", u.address, u.reason)));
    all.join("\n")
}

#[test]
fn a_first_cluster() {
    insta::assert_snapshot!(bill(&cost("tests/data/cost/first_cluster")), @r#"
    azurerm_key_vault.shop = 0.3
      Operations: 10 10K operations x 0.03 = 0.3
    azurerm_kubernetes_cluster.shop = 401.27/401.27/653.85
      Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25
      Outbound load balancer, data processed: 100 GB x 0.005 = 0.5
      Outbound public IP addresses: 730 address-hours x 0.005 = 3.65
      Node pool system: Standard_DS2_v2 nodes: 2190/2190/3650 node-hours x 0.146 = 319.74/319.74/532.9
      Node pool system: OS disks, P10 LRS: 3/3/5 disk-months x 19.71 = 59.13/59.13/98.55
    total 401.57/401.57/654.15
    not priced: azurerm_storage_account.backups: Data stored: no price is held for General Block Blob v2, Hot LRS Data Stored in eastus
    not priced: azurerm_storage_account.backups: Read operations: no price is held for General Block Blob v2, Hot LRS Read Operations in eastus
    not priced: azurerm_storage_account.backups: Write operations: no price is held for General Block Blob v2, Hot LRS Write Operations in eastus
    "#);
}

/// Opening reads the head only, and an estimate unpacks the chunks of the services and regions that it asks for.
#[test]
fn an_estimate_touches_only_what_it_needs_of_the_book() {
    let bytes = std::fs::read(repository().join("src/analysis/cost/prices/prices.book")).unwrap();
    let size = bytes.len();
    let book = Arc::new(PriceBook::open(bytes).unwrap());
    assert_eq!(book.unpacked().0, 0);
    let options = Options { prices: Some(book.clone()), ..Options::default() };
    let estate = declared("environments/production", &[]);
    assert!(!estimate(&estate, &options).resources.is_empty());
    let (unpacked, all) = book.unpacked();
    say!("price book: {size} bytes; production unpacks {unpacked} of {all} chunks");
    assert!(size < 1_500_000 && unpacked * 4 < all, "{size} bytes, {unpacked} of {all}");
}

#[test]
fn what_nobody_can_count_is_unpriced() {
    let report = cost("tests/data/cost/countless");
    let unknown = "how many there are is not known: its count or for_each is unknown";
    let reasons: Vec<String> =
        report.unpriced.iter().map(|u| format!("{}: {}", u.address, u.reason)).collect();
    assert_eq!(
        reasons,
        [
            format!("azurerm_kubernetes_cluster.main: Container Insights: {unknown}"),
            format!("azurerm_kubernetes_cluster_node_pool.more[*]: {unknown}"),
            format!("azurerm_nat_gateway.each[*]: {unknown}"),
        ]
    );
    // What is known is priced: 730 x 0.226 = 164.98
    assert_eq!(figures(report.monthly), "187.38");
}

#[test]
fn one_of_everything() {
    let nearest = Options { fallback: true, ..Options::default() };
    let report = estimate(&declared("tests/data/cost/catalogue", &[]), &nearest);
    insta::assert_snapshot!(bill(&report), @r#"
    azurerm_application_gateway.main = 367.92/367.92/578.16
      Gateway, WAF_v2: 730 gateway-hours x 0.36 = 262.8
      Capacity units: 7300/7300/21900 unit-hours x 0.0144 = 105.12/105.12/315.36
    azurerm_bastion_host.main = 313.9
      Bastion, Standard: 730 host-hours x 0.29 = 211.7
      Additional scale units: 730 unit-hours x 0.14 = 102.2
      Outbound data, first 5 GB: 5 GB x 0 = 0
    azurerm_container_registry.main = 101.38494444
      Registry, Premium: 30.4167 registry-days x 1.6666 = 50.69247222
      Storage beyond the included 500 GB: 0 GB-months x 0.1 = 0
      Replica in westeurope: 30.4167 registry-days x 1.6666 = 50.69247222
    azurerm_dns_zone.main = 4.5
      Zone, first 25 zones: 1 zones x 0.5 = 0.5
      Queries: 10 1M queries x 0.4 = 4
    azurerm_firewall.main = 928.5
      Firewall, Standard: 730 firewall-hours x 1.25 = 912.5
      Data processed: 1000 GB x 0.016 = 16
    azurerm_key_vault.main = 0.3
      Operations: 10 10K operations x 0.03 = 0.3
    azurerm_kubernetes_cluster.main = 1064.11
      Control plane, Premium tier with long-term support: 730 cluster-hours x 0.6 = 438
      Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25
      Outbound load balancer, data processed: 100 GB x 0.005 = 0.5
      Outbound public IP addresses: 1460 address-hours x 0.005 = 7.3
      Node pool system: Standard_D8s_v5 nodes: 1460 node-hours x 0.384 = 560.64
      Node pool system: OS disks, P10 LRS: 2 disk-months x 19.71 = 39.42
    azurerm_kubernetes_cluster.nat = 300.63
      Control plane, Standard tier: 730 cluster-hours x 0.1 = 73
      Outbound NAT gateway: 730 gateway-hours x 0.045 = 32.85
      Outbound NAT gateway, data processed: 500 GB x 0.045 = 22.5
      Outbound public IP addresses: 1460 address-hours x 0.005 = 7.3
      Node pool system: Standard_D4ds_v5 nodes: 730 node-hours x 0.226 = 164.98
    azurerm_kubernetes_cluster_node_pool.hybrid = 164.98
      Node pool winhb: Standard_D4ds_v5 nodes: 730 node-hours x 0.226 = 164.98
    azurerm_kubernetes_cluster_node_pool.spot = 0/0/146
      Node pool spot: Standard_D4ds_v5 Spot nodes: 0/0/2920 node-hours x 0.05 = 0/0/146
    azurerm_kubernetes_cluster_node_pool.windows = 299.3
      Node pool win: Standard_D4ds_v5 Windows nodes: 730 node-hours x 0.41 = 299.3
    azurerm_lb.main = 26.05
      Load balancer: 730 load balancer-hours x 0.025 = 18.25
      Load balancer, rules beyond 5: 730 rule-hours x 0.01 = 7.3
      Load balancer, data processed: 100 GB x 0.005 = 0.5
    azurerm_log_analytics_workspace.main = 56.77243/178.14596/178.14596
      Workspace, log ingestion, first 5 GB: 5 GB x 0 = 0
      Workspace, log ingestion, over 5 GB: 22.375/71.0418/71.0418 GB x 2.3 = 51.4625/163.39614/163.39614
      Retention of 59 more days: 53.0993/147.4982/147.4982 GB-months x 0.1 = 5.30993/14.74982/14.74982
    azurerm_managed_disk.main = 38.012142
      Disk, P15 LRS: 1 disk-months x 38.012142 = 38.012142
    azurerm_nat_gateway.main = 55.35
      NAT gateway: 730 gateway-hours x 0.045 = 32.85
      NAT gateway, data processed: 500 GB x 0.045 = 22.5
    azurerm_private_dns_zone.vault = 4.5
      Zone: 1 zones x 0.5 = 0.5
      Queries: 10 1M queries x 0.4 = 4
    azurerm_private_endpoint.vault = 7.5
      Private endpoint: 730 endpoint-hours x 0.01 = 7.3
      Data in, first 1000000 GB: 10 GB x 0.01 = 0.1
      Data out, first 1000000 GB: 10 GB x 0.01 = 0.1
    azurerm_public_ip.all["bastion"] = 3.65
      Public IP address: 730 address-hours x 0.005 = 3.65
    azurerm_public_ip.all["firewall"] = 3.65
      Public IP address: 730 address-hours x 0.005 = 3.65
    azurerm_public_ip.all["gateway"] = 3.65
      Public IP address: 730 address-hours x 0.005 = 3.65
    azurerm_public_ip.global = 7.3
      Public IP address: 730 address-hours x 0.01 = 7.3
    azurerm_public_ip_prefix.main = 17.52
      Public IP prefix, /30: 2920 address-hours x 0.006 = 17.52
    azurerm_redhat_openshift_cluster.main = 2149.02
      Control plane: Standard_D8s_v3: 2190 node-hours x 0.384 = 840.96
      Control plane: disks, P30 LRS: 3 disk-months x 135.17 = 405.51
      Workers worker: Standard_D4s_v3: 2190 node-hours x 0.192 = 420.48
      Workers worker: disks, P10 LRS: 3 disk-months x 19.71 = 59.13
      Workers worker: OpenShift licence: 2190 4-vCPU-hours x 0.171 = 374.49
      Internal load balancer: 730 load balancer-hours x 0.025 = 18.25
      Internal load balancer, data processed: 100 GB x 0.005 = 0.5
      Public load balancer: 730 load balancer-hours x 0.025 = 18.25
      Public load balancer, data processed: 100 GB x 0.005 = 0.5
      Public IP addresses: 2190 address-hours x 0.005 = 10.95
    azurerm_virtual_network_gateway.main = 153.3
      VPN gateway, VpnGw1AZ: 730 gateway-hours x 0.21 = 153.3
    azurerm_virtual_network_peering.far = 14
      Data out: 200 GB x 0.035 = 7
      Data in: 200 GB x 0.035 = 7
    azurerm_virtual_network_peering.near = 4
      Data out: 200 GB x 0.01 = 2
      Data in: 200 GB x 0.01 = 2
    total 6089.79951644/6211.17304644/6567.41304644
    "#);
}

#[test]
fn the_development_environment() {
    insta::assert_snapshot!(bill(&cost("environments/dev")), @r#"
    azurerm_log_analytics_workspace.this = 0
      Workspace, log ingestion, first 5 GB: 0 GB x 0 = 0
    module.aks.azurerm_kubernetes_cluster.this = 387.4/387.4/752.4
      Outbound load balancer: 730 load balancer-hours x 0.025 = 18.25
      Outbound load balancer, data processed: 100 GB x 0.005 = 0.5
      Outbound public IP addresses: 730 address-hours x 0.005 = 3.65
      Node pool system: Standard_D4ads_v5 nodes: 1460/1460/2920 node-hours x 0.25 = 365/365/730
    module.container_registry.azurerm_container_registry.this = 20.27577222
      Registry, Standard: 30.4167 registry-days x 0.6666 = 20.27577222
      Storage beyond the included 100 GB: 0 GB-months x 0.1 = 0
    module.key_vault.azurerm_key_vault.this = 0.3
      Operations: 10 10K operations x 0.03 = 0.3
    total 407.97577222/407.97577222/772.97577222
    "#);
}

#[test]
fn the_larger_environments_are_priced_whole() {
    for (root, pools) in [("environments/staging", 2), ("environments/production", 3)] {
        let report = cost(root);
        assert_eq!(report.unpriced, [], "{root}");
        let nodes = |c: &&Component| c.unit == "node-hours";
        let all = || report.resources.iter().flat_map(|r| &r.components);
        assert_eq!(all().filter(nodes).count(), pools, "{root}");
        assert!(report.monthly.low < report.monthly.high);
        assert!(all().all(|c| !c.price_source.is_empty()));
        // What is free is named, too: every instance has its place.
        assert!(report.free.len() > 20, "{root}: {}", report.free.len());
    }
}

#[test]
fn production_by_pool() {
    let report = cost("environments/production");
    let pool = |name: &str| {
        let address = format!("module.aks.azurerm_kubernetes_cluster_node_pool.this[\"{name}\"]");
        report.resource(&address).map(|r| figures(r.monthly)).unwrap_or_default()
    };
    // 6 to 25 nodes: 730 x 0.544 = 397.12 each
    assert_eq!(pool("apps"), "2382.72/2382.72/9928");
    // 0 to 10 Spot nodes: 730 x 0.0924 = 67.452 each
    assert_eq!(pool("batch"), "0/0/674.52");
}

#[test]
fn one_more_node_by_a_variable() {
    let pool = |min: u32| {
        let pool =
            format!("node_pool={{vm_size=\"Standard_D4ads_v5\",min_count={min},max_count=4,max_pods=110}}");
        estimate(&declared("environments/dev", &[&pool]), &Options::default())
    };
    let d = delta(&pool(2), &pool(3));
    // 730 x 0.25 = 182.5
    assert_eq!(figures(d.change), "182.5/182.5/0");
    assert_eq!(d.resources.len(), 1);
    assert_eq!(d.resources[0].address, "module.aks.azurerm_kubernetes_cluster.this");
}

#[test]
fn what_is_live_is_counted_as_azure_says() {
    let text = std::fs::read_to_string(repository().join("environments/production/live.json")).unwrap();
    let snapshot: Json = serde_json::from_str(&text).unwrap();
    let live = Estate::from_documents(snapshot["resources"].as_array().unwrap());
    let live = estimate(&live, &Options::default());
    assert_eq!(live.unpriced, []);
    let pools: Vec<String> = lines(&live).into_iter().filter(|l| l.starts_with("Node pool")).collect();
    insta::assert_snapshot!(pools.join("\n"), @r#"
    Node pool system: Standard_D4ds_v5 nodes: 2190/2190/3650 node-hours x 0.272 = 595.68/595.68/992.8
    Node pool apps: Standard_D8ds_v5 nodes: 4380/8030/21900 node-hours x 0.544 = 2382.72/4368.32/11913.6
    Node pool batch: Standard_D8ads_v5 Spot nodes: 0/2920/7300 node-hours x 0.0924 = 0/269.808/674.52
    Node pool perftest: Standard_D16ds_v5 nodes: 1460 node-hours x 1.088 = 1588.48
    Node pool perftest: OS disks, P10 LRS: 2 disk-months x 21.68 = 43.36
    "#);
}

#[test]
fn what_azure_has_now_is_expected_of_an_autoscaler() {
    let text = std::fs::read_to_string(repository().join("environments/production/live.json")).unwrap();
    let snapshot: Json = serde_json::from_str(&text).unwrap();
    let live = Estate::from_documents(snapshot["resources"].as_array().unwrap());
    // The ids of the declared estate are those of its provider's subscription.
    let options = Options { observed: observed(&live), ..Options::default() };
    let report = estimate(&declared("environments/production", &[]), &options);
    let apps = report.resource("module.aks.azurerm_kubernetes_cluster_node_pool.this[\"apps\"]").unwrap();
    // The code says 6 to 25; Azure has 11: 11 x 730 x 0.544 = 4368.32
    assert_eq!(figures(apps.monthly), "2382.72/4368.32/9928");
}

#[test]
fn what_the_environments_could_save() {
    for (root, advice) in [
        ("environments/dev", vec!["development-cluster-runs-at-night"]),
        ("environments/staging", vec!["commitment-would-pay"; 2]),
        ("environments/production", vec!["commitment-would-pay"; 2]),
    ] {
        let found: Vec<String> = savings(&declared(root, &[]), &Options::default())
            .into_iter()
            .map(|f| f.name.into_owned())
            .collect();
        assert_eq!(found, advice, "{root}");
    }
}
