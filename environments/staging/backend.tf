# A storage account of its own: whoever may write this state may write no other.
terraform {
  backend "azurerm" {
    resource_group_name  = "rg-tfstate-ledger-stg"
    storage_account_name = "sthblledgertfstg"
    container_name       = "tfstate-staging"
    key                  = "ledger-stg-weu.tfstate"
    use_azuread_auth     = true
  }
}
