sites = {
  shop = {
    host     = "shop.example.org"
    backends = ["shop-a.example.net", "shop-b.example.net"]
    paths    = { images = "cdn.example.net", api = "api.example.net" }
  }
  docs = {
    host     = "docs.example.org"
    backends = ["docs.example.net"]
    port     = 80
  }
}
