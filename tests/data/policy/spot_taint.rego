package team.spot_taint

deny contains msg if {
  some rc in input.resource_changes
  rc.change.after.priority == "Spot"
  every taint in object.get(rc.change.after, "node_taints", []) {
    not startswith(taint, "kubernetes.azure.com/scalesetpriority=spot")
  }
  msg := sprintf("%s takes any pod", [rc.address])
}
