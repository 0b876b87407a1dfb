//! Rules of the public edge and of private endpoints: majors, unknown values, closed world, azapi.

use super::*;

const OPEN: &str = "variable \"x\" {}\nvariable \"on\" {\n  type = bool\n}\n";
pub(super) const SUB: &str =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers";

pub(super) fn block(kind: &str, label: &str, lines: &str) -> String {
    format!(
        "resource \"{kind}\" \"{label}\" {{\nname = \"{label}\"\nresource_group_name = \"rg\"\n{lines}\n}}\n"
    )
}

pub(super) fn located(kind: &str, label: &str, lines: &str) -> String {
    block(kind, label, &format!("location = \"westeurope\"\n{lines}"))
}

fn address(lines: &str) -> String {
    located("azurerm_public_ip", "p", &format!("allocation_method = \"Static\"\n{lines}"))
}

/// A balancer with a public, an internal and an open frontend, and a NAT rule to a port.
fn nat(frontend: &str, port: &str) -> String {
    let frontends = format!(
        "frontend_ip_configuration {{\nname = \"public\"\npublic_ip_address_id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\"\n}}\n\
         frontend_ip_configuration {{\nname = \"internal\"\nsubnet_id = \"{SUB}/Microsoft.Network/virtualNetworks/v/subnets/s\"\n}}"
    );
    let rule = format!(
        "loadbalancer_id = azurerm_lb.b.id\nfrontend_ip_configuration_name = {frontend}\nprotocol = \"Tcp\"\n\
         frontend_port = 50000\nbackend_port = {port}"
    );
    located("azurerm_lb", "b", &frontends) + &block("azurerm_lb_nat_rule", "r", &rule)
}

/// An endpoint to a target, with the parts it names and the zones it registers in.
fn endpoint(target: &str, parts: &str, zones: &str) -> String {
    let group = match zones {
        "" => String::new(),
        zones => format!("private_dns_zone_group {{\nname = \"g\"\nprivate_dns_zone_ids = [{zones}]\n}}"),
    };
    let lines = format!(
        "subnet_id = \"{SUB}/Microsoft.Network/virtualNetworks/v/subnets/s\"\nprivate_service_connection {{\nname = \"c\"\n\
         private_connection_resource_id = {target}\nsubresource_names = {parts}\nis_manual_connection = false\n}}\n{group}"
    );
    located("azurerm_private_endpoint", "e", &lines)
}

fn zone(name: &str) -> String {
    format!(
        "resource \"azurerm_private_dns_zone\" \"z\" {{\nname = {name}\nresource_group_name = \"rg\"\n}}\n"
    )
}

pub(super) fn run(cases: &[(&str, &str, String, &str)]) {
    let mut wrong = Vec::new();
    for (rule, version, text, want) in cases {
        let root = root_of(&[("main.tf", &format!("{OPEN}{text}"))], version);
        let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
        let outcomes = root.outcomes(rule);
        let got = outcomes.iter().map(|o| o.verdict.word()).collect::<Vec<_>>().join(", ");
        if got != *want || !errors.is_empty() {
            let texts: Vec<_> = outcomes.iter().map(|o| o.verdict.text()).collect();
            wrong.push(format!("{rule} {version}\n{text}  want {want}\n  got  {got} {texts:?} {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} disagree\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn public_addresses() {
    let cname = |record: &str| {
        format!(
            "resource \"azurerm_dns_cname_record\" \"c\" {{\nname = \"c\"\nzone_name = \"example.com\"\n\
             resource_group_name = \"rg\"\nttl = 300\nrecord = {record}\n}}\n"
        )
    };
    let label = "domain_name_label = \"shop\"";
    run(&[
        ("EDG-001", V3, address(""), "fail"),
        ("EDG-001", V4, address(""), "pass"),
        ("EDG-001", V4, address("sku = var.x"), "indeterminate"),
        ("EDG-001", V4, address("sku = \"basic\""), "fail"),
        ("EDG-002", V4, address(""), "fail"),
        ("EDG-002", V4, address("") + "output \"o\" {\nvalue = azurerm_public_ip.p.id\n}\n", "indeterminate"),
        (
            "EDG-002",
            V4,
            address("") + "resource \"terraform_data\" \"d\" {\ninput = azurerm_public_ip.p\n}\n",
            "pass",
        ),
        ("EDG-003", V4, address("zones = [\"1\"]"), "pass"),
        ("EDG-003", V4, address(""), "fail"),
        ("EDG-003", V3, address(""), "not_applicable"),
        ("EDG-004", V4, address("ddos_protection_mode = \"Enabled\""), "pass"),
        ("EDG-005", V4, address(label), "pass"),
        ("EDG-005", V4, address(label) + &cname("azurerm_public_ip.p.fqdn"), "fail"),
        ("EDG-005", V4, address(label) + &cname("\"shop.westeurope.cloudapp.azure.com\""), "fail"),
        ("EDG-005", V4, address(label) + &cname("\"shop.northeurope.cloudapp.azure.com\""), "pass"),
        ("EDG-005", V3, address(label) + &cname("azurerm_public_ip.p.fqdn"), "not_applicable"),
    ]);
}

#[test]
fn load_balancers() {
    run(&[
        ("EDG-006", V3, located("azurerm_lb", "b", ""), "fail"),
        ("EDG-006", V4, located("azurerm_lb", "b", ""), "pass"),
        ("EDG-007", V4, nat("\"public\"", "22"), "fail"),
        ("EDG-009", V4, nat("\"public\"", "22"), "fail"),
        ("EDG-009", V4, nat("\"public\"", "443"), "pass"),
        ("EDG-009", V4, nat("\"internal\"", "3389"), "pass"),
        ("EDG-009", V4, nat("var.x", "3389"), "indeterminate"),
        ("EDG-009", V4, nat("\"public\"", "var.x"), "indeterminate"),
        ("EDG-009", V4, nat("\"internal\"", "var.x"), "pass"),
    ]);
}

#[test]
fn private_endpoints() {
    let vault = format!("\"{SUB}/Microsoft.KeyVault/vaults/k\"");
    let own = "azurerm_private_dns_zone.z.id";
    let literal = |name: &str| format!("\"{SUB}/Microsoft.Network/privateDnsZones/{name}\"");
    let storage = |lines: &str| {
        located(
            "azurerm_storage_account",
            "s",
            &format!("account_tier = \"Standard\"\naccount_replication_type = \"LRS\"\n{lines}"),
        )
    };
    let to_storage = endpoint("azurerm_storage_account.s.id", "[\"blob\"]", "");
    let link = block(
        "azurerm_private_dns_zone_virtual_network_link",
        "l",
        &format!(
            "private_dns_zone_name = azurerm_private_dns_zone.z.name\n\
             virtual_network_id = \"{SUB}/Microsoft.Network/virtualNetworks/v\""
        ),
    );
    run(&[
        ("PEP-001", V4, endpoint(&vault, "[\"vault\"]", ""), "fail"),
        ("PEP-001", V4, endpoint(&vault, "[\"vault\"]", "var.x"), "pass"),
        ("PEP-002", V4, endpoint(&vault, "[\"vault\"]", &literal("privatelink.azurecr.io")), "fail"),
        ("PEP-002", V4, endpoint(&vault, "[\"vault\"]", &literal("privatelink.vaultcore.azure.net")), "pass"),
        ("PEP-002", V4, endpoint(&vault, "[\"vault\"]", &literal("privatelink.vaultcore.azure.cn")), "pass"),
        ("PEP-002", V4, endpoint(&vault, "[\"vault\"]", "var.x"), "indeterminate"),
        ("PEP-002", V4, zone("\"privatelink.azurecr.io\"") + &endpoint(&vault, "[\"vault\"]", own), "fail"),
        (
            "PEP-003",
            V4,
            zone("\"privatelink.vaultcore.azure.net\"") + &endpoint(&vault, "[\"vault\"]", own),
            "fail",
        ),
        ("PEP-003", V4, endpoint(&vault, "[\"vault\"]", &literal("z")), "indeterminate"),
        // A zone without a known name, and a link that may be its own.
        ("PEP-002", V4, zone("var.x") + &endpoint(&vault, "[\"vault\"]", own), "indeterminate"),
        ("PEP-003", V4, zone("var.x") + &link + &endpoint(&vault, "[\"vault\"]", own), "indeterminate"),
        ("PEP-003", V4, zone("\"a.b\"") + &link + &endpoint(&vault, "[\"vault\"]", own), "pass"),
        ("PEP-004", V4, storage("") + &to_storage, "fail"),
        ("PEP-004", V4, storage("public_network_access_enabled = false") + &to_storage, "pass"),
        ("PEP-004", V4, storage("network_rules {\ndefault_action = \"Deny\"\n}") + &to_storage, "pass"),
        ("PEP-004", V4, endpoint(&vault, "[\"vault\"]", ""), "not_applicable"),
        ("PEP-009", V4, endpoint(&vault, "[\"Vault\"]", ""), "pass"),
        ("PEP-009", V4, endpoint(&vault, "[]", ""), "fail"),
        ("PEP-009", V4, endpoint(&vault, "var.x", ""), "indeterminate"),
        ("PEP-009", V4, endpoint("var.x", "[\"vault\"]", ""), "not_applicable"),
        ("PEP-009", V4, storage("") + &endpoint("azurerm_storage_account.s.id", "[\"disk\"]", ""), "fail"),
    ]);
}

/// The children of a load balancer's body are judged like resources of their own.
#[test]
fn a_load_balancer_in_azapi() {
    let text = format!(
        "resource \"azapi_resource\" \"b\" {{\ntype = \"Microsoft.Network/loadBalancers@2024-05-01\"\nname = \"b\"\n\
         parent_id = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg\"\nlocation = \"westeurope\"\n\
         body = {{\nsku = {{ name = \"Standard\" }}\nproperties = {{\n\
         frontendIPConfigurations = [{{ name = \"f\", properties = {{ publicIPAddress = {{ id = \"{SUB}/Microsoft.Network/publicIPAddresses/p\" }} }} }}]\n\
         inboundNatRules = [{{ name = \"ssh\", properties = {{ backendPort = 22, frontendPort = 2222 }} }}]\n\
         probes = [{{ name = \"web\", properties = {{ protocol = \"Tcp\", port = 443 }} }}]\n}}\n}}\n}}\n"
    );
    run(&[("EDG-009", V4, text.clone(), "fail"), ("EDG-008", V4, text, "fail")]);
}

/// What a call in a module of the checkout gives to a module that was not read may be used there.
#[test]
fn a_module_inside_of_a_module_may_use_an_address() {
    let main =
        "module \"gateway\" {\nsource = \"./gateway\"\n}\nmodule \"plain\" {\nsource = \"./plain\"\n}\n";
    let own = address("");
    let handed = format!(
        "{own}module \"api\" {{\nsource = \"git::https://example.com/api.git\"\naddress = azurerm_public_ip.p.id\n}}\n"
    );
    let root = root_of(&[("main.tf", main), ("gateway/main.tf", &handed), ("plain/main.tf", &own)], V4);
    let outcomes = root.outcomes("EDG-002");
    let got: Vec<_> = outcomes.iter().map(|o| (&*o.address, o.verdict.word())).collect();
    assert_eq!(
        got,
        [
            ("module.gateway.azurerm_public_ip.p", "indeterminate"),
            ("module.plain.azurerm_public_ip.p", "fail")
        ]
    );
}
