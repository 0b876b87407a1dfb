//! Rules about Azure Red Hat OpenShift.

mod attributes;
mod network;
mod secrets;
mod version;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[&network::NO_ROUTE, &network::OVERLAP, &network::SUBNETS, &secrets::RULE, &version::RULE],
    rows: &[attributes::ROWS],
};

/// A cluster that has nothing wrong, except for what its parts say: the pull secret, the version, who
/// reaches the API server, the node count, how the network is used, lines of the resource.
macro_rules! openshift {
    () => {
        $crate::analysis::rules::aro::openshift!("4.20.3", "Private", "3")
    };
    ($version:literal, $api:literal, $nodes:literal) => {
        $crate::analysis::rules::aro::openshift!($version, $api, $nodes, "", "", "", "")
    };
    ($version:literal, $api:literal, $nodes:literal, $cluster:literal, $network:literal, $main:literal, $worker:literal) => {
        $crate::analysis::rules::aro::openshift!(
            $version,
            $api,
            $nodes,
            $cluster,
            $network,
            $main,
            $worker,
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/main""#,
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/virtualNetworks/vnet-example/subnets/workers""#,
            "10.128.0.0/14"
        )
    };
    ($version:literal, $api:literal, $nodes:literal, $cluster:literal, $network:literal, $main:literal, $worker:literal, $main_subnet:literal, $worker_subnet:literal, $pods:literal) => {
        concat!(
            r#"variable "client_secret" {
  type      = string
  sensitive = true
}

resource "azurerm_redhat_openshift_cluster" "example" {
  name                = "aro-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  cluster_profile {
    domain  = "example"
    version = ""#,
            $version,
            "\"\n",
            $cluster,
            r#"  }

  api_server_profile {
    visibility = ""#,
            $api,
            r#""
  }

  ingress_profile {
    visibility = ""#,
            $api,
            r#""
  }

  network_profile {
    pod_cidr     = ""#,
            $pods,
            r#""
    service_cidr = "172.30.0.0/16"
"#,
            $network,
            r#"  }

  main_profile {
    vm_size   = "Standard_D8s_v5"
    subnet_id = "#,
            $main_subnet,
            "\n",
            $main,
            r#"  }

  worker_profile {
    vm_size      = "Standard_D4s_v5"
    disk_size_gb = 128
    node_count   = "#,
            $nodes,
            r#"
    subnet_id    = "#,
            $worker_subnet,
            "\n",
            $worker,
            r#"  }

  service_principal {
    client_id     = "66666666-7777-8888-9999-000000000000"
    client_secret = var.client_secret
  }
}
"#
        )
    };
}

/// A network with a subnet for the control plane and one for workers, each with further lines.
macro_rules! openshift_network {
    ($space:literal, $main:literal, $workers:literal) => {
        concat!(
            r#"resource "azurerm_virtual_network" "example" {
  name                = "vnet-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  address_space       = [""#,
            $space,
            r#""]
}

resource "azurerm_subnet" "main" {
  name                 = "main"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
"#,
            $main,
            r#"}

resource "azurerm_subnet" "workers" {
  name                 = "workers"
  resource_group_name  = "rg-example"
  virtual_network_name = azurerm_virtual_network.example.name
"#,
            $workers,
            "}\n\n"
        )
    };
}

/// A cluster whose sign-in the lines of its ARM properties say.
macro_rules! azapi_openshift {
    ($identity:literal, $lines:literal) => {
        concat!(
            r#"resource "azapi_resource" "example" {
  type      = "Microsoft.RedHatOpenShift/openShiftClusters@2025-07-25"
  name      = "aro-example"
  parent_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  location  = "westeurope"
"#,
            $identity,
            r#"
  body = {
    properties = {
      clusterProfile = {
        domain  = "example"
        version = "4.20.3"
      }
"#,
            $lines,
            "    }\n  }\n}\n"
        )
    };
}

use {azapi_openshift, openshift, openshift_network};
