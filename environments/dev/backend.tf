# A storage account of its own: whoever may write this state may write no other.
terraform {
  backend "azurerm" {
    resource_group_name  = "rg-tfstate-ledger-dev"
    storage_account_name = "sthblledgertfdev"
    container_name       = "tfstate-dev"
    key                  = "ledger-dev-weu.tfstate"
    use_azuread_auth     = true
  }
}
