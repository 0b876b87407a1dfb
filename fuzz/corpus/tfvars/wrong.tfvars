text = var.x
any = [for a in b : a]
set = toset([])
text = "twice"
unknown = -1
