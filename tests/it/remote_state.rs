//! `terraform_remote_state` from other root modules of the same checkout.

use camino::Utf8Path;
use serde_json::json;
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::evaluation::Evaluation;

use crate::harness::{Folder, trueup_in};

/// A root module that reads the state named by `backend` and `config` and puts it out.
fn reader(backend: &str, config: &str, more: &str) -> String {
    format!(
        "data \"terraform_remote_state\" \"net\" {{\n  backend = \"{backend}\"\n  config = {config}\n{more}}}\n\
         output \"cidr\" {{ value = data.terraform_remote_state.net.outputs.cidr }}\n"
    )
}

fn writer(backend: &str) -> String {
    format!(
        "terraform {{\n{backend}\n}}\nvariable \"cidr\" {{ default = \"10.0.0.0/16\" }}\n\
         output \"cidr\" {{ value = \"${{terraform.workspace}} ${{var.cidr}}\" }}\n"
    )
}

/// Backend of the writer, what the reader says, further files, what it knows.
type Case = (&'static str, [&'static str; 3], &'static [(&'static str, &'static str)], &'static str);

fn app(folder: &Folder) -> Evaluation {
    let top = Utf8Path::from_path(folder.path()).unwrap();
    evaluate(&Options::within(top, &top.join("app")).unwrap())
}

/// What `app` knows of an output: its text, or why it is not known.
fn output(folder: &Folder, name: &str) -> String {
    let evaluation = app(folder);
    let value = &evaluation.outputs[name].value;
    match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.unknown_reason().unwrap().to_string(),
    }
}

#[test]
fn the_root_module_that_writes_the_state_is_found_by_its_backend() {
    let azure = r#"{ storage_account_name = "st", container_name = "tf", key = "net.tfstate" }"#;
    let cases: &[Case] = &[
        (
            r#"backend "azurerm" {
               storage_account_name = "st"
               container_name = "tf"
               key = "net.tfstate"
               }"#,
            ["azurerm", azure, ""],
            &[("net/terraform.tfvars", "cidr = \"10.1.0.0/16\"")],
            "default 10.1.0.0/16",
        ),
        // Another key, and a workspace.
        (
            r#"backend "azurerm" {
               storage_account_name = "st"
               container_name = "tf"
               key = "other.tfstate"
               }"#,
            ["azurerm", azure, ""],
            &[],
            "no root module of the checkout writes this state; [[data]] in trueup.toml can say its outputs",
        ),
        (
            r#"backend "azurerm" {
               storage_account_name = "st"
               container_name = "tf"
               key = "net.tfstate"
               }"#,
            ["azurerm", azure, "workspace = \"prod\"\n"],
            &[],
            "prod 10.0.0.0/16",
        ),
        // What the code leaves open, files beside it say; the variables of that place come with it.
        (
            r#"backend "azurerm" {
               key = "net.tfstate"
               }"#,
            ["azurerm", azure, ""],
            &[
                ("net/test.tfbackend", "storage_account_name = \"stt\"\ncontainer_name = \"tf\""),
                ("net/prod.tfbackend", "storage_account_name = \"st\"\ncontainer_name = \"tf\""),
                ("net/test.tfvars", "cidr = \"10.8.0.0/16\""),
                ("net/prod.tfvars", "cidr = \"10.9.0.0/16\""),
            ],
            "default 10.9.0.0/16",
        ),
        (
            r#"backend "azurerm" {}"#,
            ["azurerm", azure, ""],
            &[
                (
                    "net/environments/prod/backend.hcl",
                    "storage_account_name = \"st\"\ncontainer_name = \"tf\"\nkey = \"net.tfstate\"",
                ),
                ("net/environments/prod/prod.tfvars", "cidr = \"10.7.0.0/16\""),
            ],
            "default 10.7.0.0/16",
        ),
        // Not said anywhere: any storage account could be meant.
        (
            r#"backend "azurerm" {
               key = "net.tfstate"
               }"#,
            ["azurerm", azure, ""],
            &[],
            "the root module ../net may write this state, but its backend leaves open storage_account_name and container_name",
        ),
        // Two that write one state.
        (
            r#"backend "gcs" {
               bucket = "b"
               }"#,
            ["gcs", r#"{ bucket = "b" }"#, ""],
            &[("copy/main.tf", "terraform {\n backend \"gcs\" {\n bucket = \"b\"\n }\n}\n")],
            "the root modules ../copy and ../net both write this state",
        ),
        (
            r#"backend "s3" {
               bucket = "b"
               key = "k"
               }"#,
            ["s3", r#"{ bucket = "b", key = "k", region = "eu-west-1" }"#, ""],
            &[],
            "default 10.0.0.0/16",
        ),
        (
            r#"backend "http" {
               address = "https://x/state"
               }"#,
            ["http", r#"{ address = "https://x/state" }"#, ""],
            &[],
            "default 10.0.0.0/16",
        ),
        (
            "cloud {\n organization = \"o\"\n workspaces {\n name = \"net-prod\"\n }\n }",
            ["remote", r#"{ organization = "o", workspaces = { name = "net-prod" } }"#, ""],
            &[],
            "default 10.0.0.0/16",
        ),
        (
            "backend \"remote\" {\n organization = \"o\"\n workspaces {\n prefix = \"net-\"\n }\n }",
            ["remote", r#"{ organization = "o", workspaces = { name = "net-prod" } }"#, ""],
            &[],
            "prod 10.0.0.0/16",
        ),
        ("", ["local", r#"{ path = "../net/terraform.tfstate" }"#, ""], &[], "default 10.0.0.0/16"),
        (
            r#"backend "local" {
               path = "../states/net.tfstate"
               }"#,
            ["local", r#"{ path = "../states/net.tfstate" }"#, ""],
            &[],
            "default 10.0.0.0/16",
        ),
        (
            "",
            ["local", r#"{ path = "../net/terraform.tfstate.d/prod/terraform.tfstate" }"#, ""],
            &[],
            "prod 10.0.0.0/16",
        ),
        // A state file is nearer to the truth than the code.
        (
            "",
            ["local", r#"{ path = "../net/terraform.tfstate" }"#, ""],
            &[(
                "net/terraform.tfstate",
                r#"{"version": 4, "outputs": {"cidr": {"value": "x", "type": "string"}}, "resources": []}"#,
            )],
            "x",
        ),
    ];
    for (at, (backend, [kind, config, more], files, want)) in cases.iter().enumerate() {
        let folder = Folder::new(&format!("remote-{at}"), files);
        folder.write("app/main.tf", reader(kind, config, more));
        folder.write("net/main.tf", writer(backend));
        let found = output(&folder, "cidr");
        assert!(found.contains(want), "case {at}: {backend} {config}: {found}");
    }
}

const NET: &str = r#"
terraform {
  backend "gcs" {
    bucket = "net"
  }
}
variable "open" {}
resource "azurerm_virtual_network" "v" {
  name                = "v"
  resource_group_name = "rg"
  location            = "westeurope"
  address_space       = ["10.0.0.0/16"]
}
output "space" { value = azurerm_virtual_network.v.address_space }
output "id" { value = azurerm_virtual_network.v.id }
output "open" { value = var.open }
output "nothing" { value = null }
output "secret" {
  value     = "s3cret"
  sensitive = true
}
"#;

const APP: &str = r#"
terraform {
  backend "gcs" {
    bucket = "app"
  }
}
data "terraform_remote_state" "net" {
  backend  = "gcs"
  config   = { bucket = "net" }
  defaults = { nothing = "fallback" }
}
locals { net = data.terraform_remote_state.net.outputs }
output "space" { value = one(local.net.space) }
output "id" { value = local.net.id }
output "open" { value = local.net.open }
output "nothing" { value = local.net.nothing }
output "secret" {
  value     = local.net.secret
  sensitive = true
}
output "missing" { value = try(local.net.missing, "no such output") }
"#;

#[test]
fn outputs_keep_what_is_known_of_them() {
    let folder = Folder::new("remote-outputs", &[("app/main.tf", APP), ("net/main.tf", NET)]);
    folder.write(".git/HEAD", "ref: refs/heads/main\n");
    let plan = trueup_in(&folder.path().join("app"), &["plan", ".", "--format", "json"]).json();
    let outputs = &plan["planned_values"]["outputs"];
    let value = |name: &str| outputs[name].get("value").cloned();
    assert_eq!(value("space"), Some(json!("10.0.0.0/16")));
    assert_eq!(value("nothing"), Some(json!("fallback")));
    assert_eq!(value("missing"), Some(json!("no such output")));
    assert_eq!(value("secret"), Some(json!("s3cret")));
    assert_eq!((value("id"), value("open")), (None, None));
    // Who has to change the value finds it in the other root module.
    let evaluation = app(&folder);
    let at = evaluation.outputs["space"].value.origin.at.unwrap();
    assert_eq!(evaluation.sources.path(at), "../net/main.tf");
    assert_eq!(evaluation.sources.text(at), "\"10.0.0.0/16\"");
    for (name, why) in [
        ("id", "output \"id\" of the root module ../net: azurerm_virtual_network.v.id is known after apply"),
        ("open", "output \"open\" of the root module ../net: var.open has no value"),
    ] {
        let found = output(&folder, name);
        assert!(found.contains(why), "{found}");
    }
    let secret = &plan["output_changes"]["secret"]["after_sensitive"];
    assert_eq!(*secret, json!(true));
    assert_eq!(plan["diagnostics"], json!([]), "{}", plan["diagnostics"]);
}

#[test]
fn root_modules_that_read_each_other_are_refused_in_words() {
    let pair = |own: &str, other: &str| {
        format!(
            "terraform {{\n  backend \"gcs\" {{\n    bucket = \"{own}\"\n  }}\n}}\n\
             data \"terraform_remote_state\" \"o\" {{\n  backend = \"gcs\"\n  config = {{ bucket = \"{other}\" }}\n}}\n\
             output \"own\" {{ value = \"{own}\" }}\noutput \"other\" {{ value = data.terraform_remote_state.o.outputs.own }}\n"
        )
    };
    let files = [("app/main.tf", pair("app", "net")), ("net/main.tf", pair("net", "app"))];
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let folder = Folder::new("remote-cycle", &files);
    folder.write(".git/HEAD", "ref: refs/heads/main\n");
    let plan = trueup_in(&folder.path().join("app"), &["plan", ".", "--format", "json"]).json();
    // What does not depend on the round trip is known.
    assert_eq!(plan["planned_values"]["outputs"]["other"]["value"], "net");
    let found: Vec<_> = plan["diagnostics"].as_array().unwrap().iter().collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0]["summary"], "Root modules read each other's state");
    let detail = found[0]["detail"].as_str().unwrap();
    assert!(detail.contains("../app -> ../net -> ../app"), "{detail}");
}
