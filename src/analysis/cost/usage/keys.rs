//! Every usage that a file can set, and its default.

/// A usage: key, default (low, expected, high), unit, and what the default means.
pub struct Key {
    /// `nat_gateway.data_gb`
    pub name: &'static str,
    /// Low, expected, high, as decimal text.
    pub default: [&'static str; 3],
    /// What is counted.
    pub unit: &'static str,
    /// Why this default.
    pub reason: &'static str,
}

const fn key(name: &'static str, value: &'static str, unit: &'static str, reason: &'static str) -> Key {
    Key { name, default: [value, value, value], unit, reason }
}

/// What no default stands for: without the file there is no line.
const fn set(name: &'static str, unit: &'static str, reason: &'static str) -> Key {
    key(name, "0", unit, reason)
}

/// Of what a plan of Defender protects: what the estate has, until a file says.
const fn protected(name: &'static str, unit: &'static str) -> Key {
    key(name, "0", unit, "those of the estate; only a file sets it")
}

const FILE: &str = "only a file sets it";

/// Every key, sorted by name.
pub const KEYS: &[Key] = &[
    key(
        "application_gateway.capacity_units",
        "0",
        "capacity units",
        "the reserved units: ten for an instance",
    ),
    key("bastion.outbound_gb", "5", "GB", "sessions of a few administrators"),
    Key {
        name: "container_insights.gb_per_node_day",
        default: ["0.3", "1", "3"],
        unit: "GB a node and day",
        reason: "default collection settings; published figures differ more than tenfold",
    },
    set(
        "ddos_protection_plan.overage_resources",
        "addresses",
        "beyond the included 100; only a file sets it",
    ),
    protected("defender.app_service_nodes", "nodes of App Service plans"),
    protected("defender.container_images", "images scanned"),
    protected("defender.cosmos_request_units", "RU/s, in hundreds"),
    protected("defender.dns_queries", "queries"),
    protected("defender.kubernetes_vcpus", "vCPUs of nodes"),
    protected("defender.mariadb_servers", "servers"),
    protected("defender.mysql_servers", "servers"),
    protected("defender.postgresql_servers", "servers"),
    protected("defender.servers_p1", "servers"),
    protected("defender.servers_p2", "servers"),
    protected("defender.sql_instances", "instances"),
    protected("defender.sql_vcores", "vCores outside of Azure"),
    protected("defender.storage_accounts", "accounts"),
    key("defender.subscriptions", "1", "subscriptions", "a plan is bought for one"),
    protected("defender.vaults", "vaults"),
    protected("defender.vcpus", "vCPUs of nodes"),
    set("diagnostic_setting.exported_gb", "GB", "to storage, event hubs and partners; only a file sets it"),
    set("disk.operations", "operations", "of Standard disks; only a file sets it"),
    key("dns_zone.queries", "10000000", "queries", "a small cluster's look-ups"),
    key("firewall.data_gb", "1000", "GB", "egress and east-west traffic of one cluster"),
    key("flow_log.collected_gb", "5", "GB", "no more than the free grant"),
    set(
        "key_vault.advanced_operations",
        "operations",
        "those of RSA keys over 2048 bits and of elliptic curves; only a file sets it",
    ),
    set(
        "key_vault.certificate_renewals",
        "renewals",
        "of certificates that an authority signs; only a file sets it",
    ),
    set("key_vault.key_rotations", "rotations", FILE),
    key("key_vault.operations", "100000", "operations", "secrets read by a few workloads"),
    set("key_vault_certificate.operations", "operations", "in those of its vault; only a file sets it"),
    set("key_vault_certificate.renewals", "renewals", "by an authority that signs; only a file sets it"),
    key("key_vault_key.active_versions", "1", "versions", "one version in use"),
    set("key_vault_key.operations", "operations", "in those of its vault; only a file sets it"),
    set("key_vault_key.rotations", "rotations", FILE),
    set("key_vault_key.secret_operations", "operations", FILE),
    key("load_balancer.data_gb", "100", "GB", "small cluster"),
    set("log_analytics.archived_gb", "GB", FILE),
    set("log_analytics.basic_gb", "GB", FILE),
    set("log_analytics.basic_searched_gb", "GB", "searched in basic logs; only a file sets it"),
    set("log_analytics.exported_gb", "GB", FILE),
    key("log_analytics.ingestion_gb", "0", "GB", "nothing but what clusters send, until Azure is asked"),
    set("log_analytics.restored_gb_days", "GB-days", "restored from the archive; only a file sets it"),
    set(
        "log_analytics.retained_gb",
        "GB-months",
        "beyond the included days: by what is taken in; only a file sets it",
    ),
    set("log_analytics.searched_gb", "GB", "searched in the archive; only a file sets it"),
    set("monitor_workspace.samples", "samples", "of metrics that clusters send; only a file sets it"),
    key("nat_gateway.data_gb", "500", "GB", "image pulls and egress, both directions"),
    key("node_pool.hours", "730", "hours", "never stopped"),
    set("node_pool.nodes", "nodes", "what is declared; only a file sets it"),
    key(
        "openshift.licence_per_4_vcpu_hour",
        "0.171",
        "USD",
        "public list price of long standing, not in the price book",
    ),
    key("peering.data_gb", "200", "GB", "control traffic of hub and spoke, each direction"),
    key("private_endpoint.data_gb", "10", "GB", "each direction"),
    set("private_endpoint.inbound_gb", "GB", "that of each direction; only a file sets it"),
    set("private_endpoint.outbound_gb", "GB", "that of each direction; only a file sets it"),
    key("public_ip.ddos_protection_month", "199", "USD", "public list price, not in the price book"),
    key("registry.storage_gb", "0", "GB", "no more than the SKU includes"),
    set("registry.task_vcpu_seconds", "vCPU-seconds", FILE),
    set("snapshot.stored_gb", "GB", "the size of the disk; only a file sets it"),
    key("spot.factor", "0.3", "of the on-demand price", "where no Spot price is held"),
    key("storage_account.read_operations", "10000", "operations", "state files read by pipelines"),
    key("storage_account.stored_gb", "1", "GB", "state files"),
    key("storage_account.write_operations", "10000", "operations", "state files written by pipelines"),
    set("virtual_machine.data_disk_operations", "operations", "of Standard disks; only a file sets it"),
    key("virtual_machine.hours", "730", "hours", "never stopped"),
    set("virtual_machine.instances", "machines", "what is declared; only a file sets it"),
    set("virtual_machine.os_disk_operations", "operations", "of Standard disks; only a file sets it"),
    key("virtual_wan.hub_data_gb", "200", "GB", "control traffic of hub and spoke"),
    key("virtual_wan.p2s_connections", "0", "connections", "nobody is connected all the time"),
    set("vpn_gateway.data_gb", "GB", "to other networks of Azure; only a file sets it"),
    key("vpn_gateway.p2s_connections", "0", "connections", "none beyond the included 128"),
];
