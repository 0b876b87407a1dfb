package team.estate_subnets

deny contains {"msg": msg, "address": subnet.address} if {
  some subnet in data.trueup.estate.resources
  subnet.type == "Microsoft.Network/virtualNetworks/subnets"
  not subnet.name in {"AzureFirewallSubnet", "AzureBastionSubnet", "GatewaySubnet"}
  not subnet.body.properties.networkSecurityGroup
  not subnet.unknown.properties.networkSecurityGroup
  msg := sprintf("subnet %s has no network security group", [subnet.name])
}
