terraform {
  required_version = ">= 1.9"

  required_providers {
    azurerm = {
      source = "hashicorp/azurerm"
      # 4.81 is the first release on the Key Vault API that outlives February 2027.
      version = ">= 4.81, < 5.0"
    }
  }
}
