output "cluster_name" {
  description = "Name of the cluster."
  value       = module.aks.name
}

output "connect" {
  description = "How a person signs in to the cluster."
  value       = <<-EOT
    az aks get-credentials --subscription ${var.subscription_id} --resource-group ${azurerm_resource_group.this.name} --name ${module.aks.name}
    kubelogin convert-kubeconfig --login azurecli
  EOT
}

output "registry_login_server" {
  description = "Host name of the images."
  value       = module.container_registry.login_server
}

output "secrets" {
  description = "What a SecretProviderClass manifest needs."
  value = {
    vault     = module.key_vault.name
    tenant_id = data.azurerm_client_config.current.tenant_id
    client_id = module.aks.secrets_provider_client_id
  }
}

output "workload_client_ids" {
  description = "Client id of each workload identity: the annotation azure.workload.identity/client-id of its service account."
  value       = module.aks.workload_client_ids
}

output "subnet_prefixes" {
  description = "Address range of each subnet."
  value       = module.networking.subnet_prefixes
}

output "egress_ip_addresses" {
  description = "Public addresses from which the cluster calls out, for the allow lists of partners."
  value       = module.networking.egress_ip_addresses
}
