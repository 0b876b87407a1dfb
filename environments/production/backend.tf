# A storage account of its own: whoever may write this state may write no other.
terraform {
  backend "azurerm" {
    resource_group_name  = "rg-tfstate-ledger-prod"
    storage_account_name = "sthblledgertfprod"
    container_name       = "tfstate-production"
    key                  = "ledger-prod-weu.tfstate"
    use_azuread_auth     = true
  }
}
