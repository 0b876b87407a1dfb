//! Plans of Defender for Cloud. A plan is bought for a subscription; what it costs is known for the
//! resources of the estate only, or by the usage file.

use super::super::amount::Range;
use super::super::attributes::{self, Gap};
use super::super::bill::{Bill, Charge, Meter};
use super::super::prices::Scope;
use super::{Context, managed_cluster};
use crate::azure::estate::Document;

/// The region of a subscription's plans: their prices are the same everywhere.
const HOME: &str = "eastus";

/// What is counted where the usage file does not say.
enum Counted {
    /// Documents of a type.
    Documents(&'static str),
    /// vCPUs of the clusters that do not pay for themselves.
    Vcpus,
    /// vCPUs of all clusters.
    AllVcpus,
    /// The subscription.
    Subscription,
    /// Nothing that a document shows: none while the estate has none of these ARM or Terraform types.
    Unseen(&'static [&'static str]),
    /// Nothing that any code shows: unknown without the usage file.
    Unknown,
    /// Nothing but what the usage file says; without it there is no line.
    File,
}

/// One meter of a plan.
struct Part {
    /// `resource_type` of the plan, and the sub-plan where the meter is of one, in lower case.
    plan: &'static str,
    sub_plan: &'static str,
    /// After the name of the plan, where it has several meters.
    name: &'static str,
    noun: &'static str,
    key: &'static str,
    counted: Counted,
    meter: Meter<'static>,
}

const fn part(
    (plan, sub_plan, name): (&'static str, &'static str, &'static str),
    noun: &'static str,
    key: &'static str,
    counted: Counted,
    meter: Meter<'static>,
) -> Part {
    Part { plan, sub_plan, name, noun, key, counted, meter }
}

const fn meter(product: &'static str, names: &'static [&'static str]) -> Meter<'static> {
    let service = "Microsoft Defender for Cloud";
    Meter { service, product, sku: "", names, scope: Scope::Region, approximate: true }
}

/// Plans that others have replaced keep their old service name.
const fn old(product: &'static str, names: &'static [&'static str]) -> Meter<'static> {
    Meter { service: "Advanced Threat Protection", ..meter(product, names) }
}

const SQL_NODE: Meter<'_> = meter("Microsoft Defender for SQL", &["Standard Node"]);
const SQL_VCORE: Meter<'_> = meter("Microsoft Defender for SQL", &["Standard vCore"]);
const SERVERS: &str = "Microsoft Defender for Servers";
const VMS: Counted = Counted::Documents("Microsoft.Compute/virtualMachines");

#[rustfmt::skip]
const PARTS: &[Part] = &[
    part(("appservices", "", ""), "node", "defender.app_service_nodes",
        Counted::Unseen(&["Microsoft.Web/serverfarms", "azurerm_service_plan", "azurerm_app_service_plan"]),
        meter("Microsoft Defender for App Service", &["Standard Node"])),
    part(("arm", "", ""), "subscription", "defender.subscriptions", Counted::Subscription,
        meter("Microsoft Defender for Resource Manager", &["Per node Std Node"])),
    part(("containerregistry", "", ""), "image", "defender.container_images",
        Counted::Unseen(&["Microsoft.ContainerRegistry/registries"]),
        old("Microsoft Defender for Container Registries", &["Standard Images"])),
    part(("containers", "", ""), "vCPU", "defender.vcpus", Counted::Vcpus, managed_cluster::DEFENDER),
    part(("cosmosdbs", "", ""), "100 RU/s", "defender.cosmos_request_units",
        Counted::Unseen(&["Microsoft.DocumentDB/databaseAccounts", "azurerm_cosmosdb_account"]),
        meter("Microsoft Defender for Azure Cosmos DB", &["Standard 100 RU/s"])),
    part(("dns", "", ""), "queries", "defender.dns_queries", Counted::Unknown,
        meter("Microsoft Defender for DNS", &["Standard Queries"])),
    part(("keyvaults", "", ""), "vault", "defender.vaults", Counted::Documents("Microsoft.KeyVault/vaults"),
        meter("Microsoft Defender for Key Vault", &["Per node Std Node"])),
    part(("kubernetesservice", "", ""), "vCPU", "defender.kubernetes_vcpus", Counted::AllVcpus,
        old("Microsoft Defender for Kubernetes", &["Standard Cores"])),
    part(("opensourcerelationaldatabases", "", ", MySQL"), "server", "defender.mysql_servers",
        Counted::Unseen(&["azurerm_mysql_server", "azurerm_mysql_flexible_server",
            "Microsoft.DBforMySQL/servers", "Microsoft.DBforMySQL/flexibleServers"]),
        meter("Microsoft Defender for MySQL", &["Standard Node"])),
    part(("opensourcerelationaldatabases", "", ", PostgreSQL"), "server", "defender.postgresql_servers",
        Counted::Unseen(&["azurerm_postgresql_server", "azurerm_postgresql_flexible_server",
            "Microsoft.DBforPostgreSQL/servers", "Microsoft.DBforPostgreSQL/flexibleServers"]),
        meter("Microsoft Defender for PostgreSQL", &["Standard Node"])),
    part(("opensourcerelationaldatabases", "", ", MariaDB"), "server", "defender.mariadb_servers",
        Counted::Unseen(&["azurerm_mariadb_server", "Microsoft.DBforMariaDB/servers"]),
        meter("Microsoft Defender for MariaDB", &["Standard Instance"])),
    part(("sqlservers", "", ""), "instance", "defender.sql_instances",
        Counted::Unseen(&["azurerm_mssql_server", "azurerm_sql_server", "azurerm_mssql_managed_instance",
            "Microsoft.Sql/servers", "Microsoft.Sql/managedInstances"]), SQL_NODE),
    part(("sqlservers", "", ", outside of Azure"), "vCore", "defender.sql_vcores", Counted::File, SQL_VCORE),
    part(("sqlservervirtualmachines", "", ""), "instance", "defender.sql_instances",
        Counted::Unseen(&["azurerm_mssql_virtual_machine", "Microsoft.SqlVirtualMachine/sqlVirtualMachines"]),
        SQL_NODE),
    part(("sqlservervirtualmachines", "", ", outside of Azure"), "vCore", "defender.sql_vcores", Counted::File,
        SQL_VCORE),
    part(("storageaccounts", "", ""), "account", "defender.storage_accounts",
        Counted::Documents("Microsoft.Storage/storageAccounts"),
        meter("Microsoft Defender for Storage", &["Standard Node"])),
    part(("virtualmachines", "p1", ""), "server", "defender.servers_p1", VMS, meter(SERVERS, &["Standard P1 Node"])),
    part(("virtualmachines", "p2", ""), "server", "defender.servers_p2", VMS, meter(SERVERS, &["Standard P2 Node"])),
];

/// What is bought where no sub-plan is said: plan, sub-plan.
const USUAL: &[(&str, &str)] = &[("virtualmachines", "p2")];

impl Part {
    /// How much of it the estate has.
    fn count(&self, cx: &Context<'_>) -> Result<Range, Gap> {
        match self.counted {
            Counted::Documents(arm_type) => {
                let mut count = 0;
                for doc in cx.estate.of_type(arm_type) {
                    attributes::countable(doc)?;
                    count += 1;
                }
                Ok(Range::fixed(count))
            }
            Counted::Vcpus | Counted::AllVcpus => {
                let mut sum = Range::default();
                for cluster in cx.estate.of_type(managed_cluster::TYPE) {
                    // One that has the agent on pays for itself.
                    let all = matches!(self.counted, Counted::AllVcpus);
                    if all || !attributes::flag(&cluster.body, managed_cluster::DEFENDER_ON)? {
                        sum += managed_cluster::vcpus(cx, cluster)?;
                    }
                }
                Ok(sum)
            }
            Counted::Subscription => Ok(Range::fixed(1)),
            Counted::Unseen(types) => {
                let there = |t: &&&str| {
                    cx.estate.untranslated.contains_key(**t) || cx.estate.of_type(t).next().is_some()
                };
                match types.iter().find(there) {
                    Some(kind) => Err(format!(
                        "how much of {kind} it protects does not follow from the code: set {} in a usage file",
                        self.key
                    )),
                    None => Ok(Range::default()),
                }
            }
            Counted::Unknown => Err(format!("{} of a usage file says how many", self.key)),
            Counted::File => Ok(Range::default()),
        }
    }
}

pub(super) fn estimate(cx: &Context<'_>, doc: &Document, bill: &mut Bill<'_>) -> Result<(), Gap> {
    let tier = attributes::text(&doc.body, "properties.pricingTier")?.unwrap_or("Free");
    if tier.eq_ignore_ascii_case("Free") {
        return Ok(());
    }
    let (plan, wanted) = (doc.name(), doc.name().to_ascii_lowercase());
    let sub_plan = attributes::text(&doc.body, "properties.subPlan")?.map(str::to_ascii_lowercase);
    if sub_plan.as_deref() == Some("pertransaction") {
        return Err(format!("the plan {plan} of Defender for Cloud is charged by transactions: not priced"));
    }
    let usual = USUAL.iter().find(|(plan, _)| *plan == wanted).map(|(_, sub)| *sub);
    let sub_plan = sub_plan.as_deref().or(usual).unwrap_or_default();
    let of_it = |p: &&Part| p.plan == wanted && (p.sub_plan.is_empty() || p.sub_plan == sub_plan);
    let mut parts = PARTS.iter().filter(of_it).peekable();
    if parts.peek().is_none() {
        return Err(format!("the plan {plan} of Defender for Cloud is not priced"));
    }
    for part in parts {
        let name = format!("Defender for Cloud, {plan}{}", part.name);
        let set = bill.usage.set(bill.address, part.key);
        if set.is_none() && matches!(part.counted, Counted::File) {
            continue;
        }
        match set.map_or_else(|| part.count(cx), Ok) {
            Ok(quantity) => {
                let why = "bought for the subscription: for the resources of this estate only";
                let why = set.is_none().then(|| why.to_owned());
                bill.charge(Charge::new(name, part.noun, quantity).assuming(why), &part.meter, HOME);
            }
            Err(gap) => bill.gap(&name, gap),
        }
    }
    Ok(())
}
