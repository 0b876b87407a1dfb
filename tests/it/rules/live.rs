//! The same rules on azapi bodies and on what Azure answers.

use super::*;

#[test]
fn azapi_bodies_are_judged_alike() {
    let text = r#"
resource "azapi_resource" "vault" {
  type      = "Microsoft.KeyVault/vaults@2024-11-01"
  name      = "kv"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      tenantId              = "t"
      sku                   = { family = "A", name = "standard" }
      enablePurgeProtection = true
      networkAcls           = { defaultAction = "Allow", bypass = "AzureServices" }
    }
  }
}

resource "azapi_resource" "cluster" {
  type      = "Microsoft.ContainerService/managedClusters@2025-10-01"
  name      = "aks"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      kubernetesVersion    = "1.36"
      disableLocalAccounts = true
      apiServerAccessProfile = { authorizedIPRanges = ["0.0.0.0/0"] }
      networkProfile       = { networkPlugin = "azure", networkPolicy = "cilium" }
      agentPoolProfiles = [
        { name = "system", mode = "System", count = 3, vmSize = "Standard_DS2_v2", osType = "Linux", enableNodePublicIP = true },
        { name = "apps", mode = "User", count = 2, vmSize = "Standard_DS2_v2", osType = "Linux" },
      ]
    }
  }
}

resource "azapi_resource" "nsg" {
  type      = "Microsoft.Network/networkSecurityGroups@2024-05-01"
  name      = "nsg"
  parent_id = "/subscriptions/s/resourceGroups/rg"
  location  = "westeurope"
  body = {
    properties = {
      securityRules = [{
        name = "ssh"
        properties = {
          access = "Allow", direction = "Inbound", priority = 100, protocol = "Tcp"
          sourceAddressPrefix = "Internet", sourcePortRange = "*"
          destinationAddressPrefix = "*", destinationPortRange = "22"
        }
      }]
    }
  }
}
"#;
    let root = root(text);
    let of = |rule: &str| told(rule, &root);
    assert_eq!(of("KV-001"), "azapi_resource.vault fail");
    assert_eq!(of("KV-005"), "azapi_resource.vault pass");
    assert_eq!(of("AKS-001"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-007"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-008"), "azapi_resource.cluster fail");
    assert_eq!(of("AKS-014"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-031"), "azapi_resource.cluster fail");
    assert_eq!(of("AKS-055"), "azapi_resource.cluster pass");
    assert_eq!(of("AKS-067"), "azapi_resource.cluster fail");
    assert_eq!(of("NSG-002"), "azapi_resource.nsg fail");
}

#[test]
fn a_snapshot_is_judged_alike() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("environments/production/live.json");
    let json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let estate = Estate::from_documents(json["resources"].as_array().unwrap());
    let report = rules::run(&Context::new(&estate, None, TODAY), Profile::Default);
    let mut lines: Vec<_> = report
        .findings
        .iter()
        .map(|f| format!("{} {} {}", f.severity.word(), f.code, f.address.rsplit('/').next().unwrap_or("")))
        .collect();
    lines.sort();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    critical TU-IAM-004 619b10b8-ee04-572e-b3ac-75327fec8c52
    critical TU-NSG-002 tmp-debug-ssh
    high TU-ACR-001 crhblledgerprodweu
    high TU-KV-001 kv-hbl-ledger-prod-weu
    high TU-X-004 aks-ledger-prod-weu
    "#);
}
