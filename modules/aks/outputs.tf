output "id" {
  description = "Resource id of the cluster."
  value       = azurerm_kubernetes_cluster.this.id
}

output "name" {
  description = "Name of the cluster."
  value       = azurerm_kubernetes_cluster.this.name
}

output "api_server_fqdn" {
  description = "Name of the API server: private for a private cluster, else public."
  value       = var.private_cluster ? azurerm_kubernetes_cluster.this.private_fqdn : azurerm_kubernetes_cluster.this.fqdn
}

output "cluster_ca_certificate" {
  description = "Certificate (base64) by which clients recognise the API server. No credential, but the provider keeps it with those."
  value       = one(azurerm_kubernetes_cluster.this.kube_config[*].cluster_ca_certificate)
  sensitive   = true
}

output "oidc_issuer_url" {
  description = "Issuer of the tokens of the cluster's service accounts."
  value       = azurerm_kubernetes_cluster.this.oidc_issuer_url
}

output "control_plane_principal_id" {
  description = "Principal of the control plane."
  value       = azurerm_user_assigned_identity.control_plane.principal_id
}

output "secrets_provider_principal_id" {
  description = "Principal with which the Key Vault add-on (Secrets Store CSI driver) reads secrets."
  value       = azurerm_kubernetes_cluster.this.key_vault_secrets_provider[0].secret_identity[0].object_id
}

output "secrets_provider_client_id" {
  description = "Client id of the same identity, as SecretProviderClass manifests want it."
  value       = azurerm_kubernetes_cluster.this.key_vault_secrets_provider[0].secret_identity[0].client_id
}

output "workload_principal_ids" {
  description = "Principal of each workload identity, by name."
  value       = { for name, identity in azurerm_user_assigned_identity.workload : name => identity.principal_id }
}

output "workload_client_ids" {
  description = "Client id of each workload identity, by name: the annotation of its service account."
  value       = { for name, identity in azurerm_user_assigned_identity.workload : name => identity.client_id }
}
