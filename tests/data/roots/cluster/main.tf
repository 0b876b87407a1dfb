# A cluster and what runs on it: providers configured from its outputs, kubernetes and helm.

terraform {
  required_providers {
    azurerm = {
      source  = "hashicorp/azurerm"
      version = "~> 4.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = "~> 2.30"
    }
    helm = {
      source  = "hashicorp/helm"
      version = "~> 2.12"
    }
  }
}

provider "azurerm" {
  features {}
}

provider "kubernetes" {
  host                   = azurerm_kubernetes_cluster.this.kube_config[0].host
  cluster_ca_certificate = base64decode(azurerm_kubernetes_cluster.this.kube_config[0].cluster_ca_certificate)
}

provider "helm" {
  kubernetes {
    host = azurerm_kubernetes_cluster.this.kube_config[0].host
  }
}

variable "apps" {
  type = map(object({
    image    = string
    replicas = optional(number, 2)
    env      = optional(map(string), {})
    ports    = optional(list(number), [8080])
  }))
  default = {
    shop = { image = "shop:1", env = { MODE = "prod", LOG = "info" }, ports = [8080, 9090] }
    mail = { image = "mail:2", replicas = 1 }
  }
}

resource "azurerm_kubernetes_cluster" "this" {
  name                      = "aks"
  resource_group_name       = "rg"
  location                  = "westeurope"
  dns_prefix                = "aks"
  oidc_issuer_enabled       = true
  workload_identity_enabled = true

  default_node_pool {
    name       = "system"
    vm_size    = "Standard_D4ads_v6"
    node_count = 3
    upgrade_settings {
      max_surge = "33%"
    }
  }

  identity {
    type = "SystemAssigned"
  }

  oms_agent {
    log_analytics_workspace_id = azurerm_log_analytics_workspace.this.id
  }

  maintenance_window {
    dynamic "allowed" {
      for_each = { Saturday = [1, 2], Sunday = [3] }
      content {
        day   = allowed.key
        hours = allowed.value
      }
    }
  }
}

resource "azurerm_log_analytics_workspace" "this" {
  name                = "log"
  resource_group_name = "rg"
  location            = "westeurope"
}

resource "kubernetes_namespace" "this" {
  for_each = var.apps
  metadata {
    name   = each.key
    labels = { app = each.key, cluster = azurerm_kubernetes_cluster.this.name }
  }
}

resource "kubernetes_deployment" "this" {
  for_each = var.apps

  metadata {
    name      = each.key
    namespace = kubernetes_namespace.this[each.key].metadata[0].name
  }

  spec {
    replicas = each.value.replicas

    selector {
      match_labels = { app = each.key }
    }

    template {
      metadata {
        labels = { app = each.key }
      }

      spec {
        container {
          name  = each.key
          image = each.value.image

          dynamic "env" {
            for_each = each.value.env
            content {
              name  = env.key
              value = env.value
            }
          }

          dynamic "port" {
            for_each = toset(each.value.ports)
            content {
              container_port = port.value
            }
          }
        }
      }
    }
  }
}

resource "helm_release" "ingress" {
  name       = "ingress"
  repository = "https://charts.example.org"
  chart      = "ingress-nginx"
  namespace  = "ingress"
  values     = [yamlencode({ controller = { replicas = 2, cluster = azurerm_kubernetes_cluster.this.name } })]

  set {
    name  = "controller.class"
    value = "nginx"
  }

  dynamic "set" {
    for_each = { "a.b" = "1", "c" = azurerm_kubernetes_cluster.this.node_resource_group }
    content {
      name  = set.key
      value = set.value
    }
  }

  set_sensitive {
    name  = "token"
    value = "t"
  }
}

output "issuer" {
  value = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "namespaces" {
  value = [for n in kubernetes_namespace.this : n.metadata[0].name]
}
