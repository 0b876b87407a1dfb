//! LOG-023: a cluster of which no alert tells.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::cluster;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-LOG-023",
        name: "aks-alerts-missing",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "no alert tells of the cluster",
        why: "Nodes run out of memory or pods crash, and users are the first to notice.",
        fix: "Add the recommended alert rules: azurerm_monitor_metric_alert, azurerm_monitor_alert_prometheus_rule_group \
              or azurerm_monitor_scheduled_query_rules_alert_v2 on the cluster or its workspace.",
        exceptions: "Clusters that another product watches.",
        bad: cluster!(),
        good: concat!(
            cluster!(),
            r#"
resource "azurerm_monitor_metric_alert" "example" {
  name                = "node-cpu"
  resource_group_name = "rg-example"
  scopes              = [azurerm_kubernetes_cluster.example.id]

  criteria {
    metric_namespace = "Microsoft.ContainerService/managedClusters"
    metric_name      = "node_cpu_usage_percentage"
    aggregation      = "Average"
    operator         = "GreaterThan"
    threshold        = 90
  }
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/aks/monitor-aks"],
        peers: &[],
    },
    check,
};

const DECLARED: [&str; 4] = [
    "azurerm_monitor_metric_alert",
    "azurerm_monitor_alert_prometheus_rule_group",
    "azurerm_monitor_scheduled_query_rules_alert",
    "azurerm_monitor_scheduled_query_rules_alert_v2",
];
const DOCUMENTS: [&str; 3] = [
    "Microsoft.Insights/metricAlerts",
    "Microsoft.Insights/scheduledQueryRules",
    "Microsoft.AlertsManagement/prometheusRuleGroups",
];

/// What alerts are about.
#[derive(Default)]
struct Alerts<'a> {
    /// Ids.
    scopes: Vec<&'a Value>,
    /// Names of clusters.
    clusters: Vec<&'a Value>,
}

impl<'a> Alerts<'a> {
    fn of(graph: &Graph<'a>) -> Alerts<'a> {
        let mut found = Alerts::default();
        for alert in DECLARED.iter().flat_map(|t| graph.instances(t)) {
            let config = &alert.config;
            found.add(get(config, "scopes"), get(config, "cluster_name"));
            found.scopes.extend(get(config, "data_source_id"));
        }
        for alert in DOCUMENTS.iter().flat_map(|t| graph.of_type(t)) {
            found.add(alert.get("properties.scopes"), alert.get("properties.clusterName"));
        }
        found
    }

    fn add(&mut self, scopes: Option<&'a Value>, cluster: Option<&'a Value>) {
        match scopes.and_then(Value::as_slice) {
            Some(items) => self.scopes.extend(items),
            None => self.scopes.extend(scopes),
        }
        self.clusters.extend(cluster);
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let alerts = Alerts::of(graph);
    for cluster in graph.of_type(types::CLUSTER) {
        if graph.evaluation.is_none() && alerts.scopes.is_empty() {
            out.unknown(cluster, "alerts were not read");
            continue;
        }
        let own = Value::from(cluster.id.as_str());
        let watched: Vec<&Value> = workspaces(graph, cluster).into_iter().chain([&own]).collect();
        let by_scope =
            Truth::any(alerts.scopes.iter().flat_map(|s| watched.iter().map(|w| graph.same(s, w))));
        let named = |n: &&Value| Truth::is_word(Some(n), cluster.name(), false);
        let by_name = Truth::any(alerts.clusters.iter().map(named));
        let found = graph.closed_world(cluster, by_scope.or(by_name));
        out.judge(cluster, None, found, RULE.meta.title);
    }
}

/// The workspaces that a cluster's logs go to.
fn workspaces<'a>(graph: &Graph<'a>, cluster: &'a Document) -> Vec<&'a Value> {
    let own = [
        "properties.addonProfiles.omsagent.config.logAnalyticsWorkspaceResourceID",
        "properties.securityProfile.defender.logAnalyticsWorkspaceResourceId",
    ];
    let settings = graph.of_type(types::DIAGNOSTICS).filter(|setting| {
        setting.id.parent().and_then(|id| id.parent()).is_some_and(|target| target == cluster.id)
    });
    let of_settings = settings.filter_map(|s| s.get("properties.workspaceId"));
    own.iter().filter_map(|path| cluster.get(path)).chain(of_settings).collect()
}
