resource "azurerm_resource_group" "this" {
  name = "rg-after-override"
  tags = {
    b = "override"
  }
}

variable "from_default" {
  default = "overridden"
}
