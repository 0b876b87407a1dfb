//! Limits of clusters and pools, and what may stand together in a subnet.

use indexmap::IndexMap;

use super::cluster_ranges::{nodes, or_default};
use super::consumers::Consumer;
use super::context::{Context, Draft};
use super::pools::{Cluster, Pool};
use super::read;
use super::report::{Bound, ClusterReport, NetworkReport};
use super::topology::block;
use crate::analysis::finding::Severity;
use crate::analysis::network::code::Code;
use crate::analysis::network::demand::PoolDemand;
use crate::analysis::network::limits;
use crate::analysis::network::model::{AllocationMode, NetworkModel};
use crate::analysis::network::prefix::Prefix;
use crate::analysis::network::ranges;
use crate::analysis::network::sizing::plan::PoolOutcome;
use crate::azure::estate::get;
use crate::azure::sku;

/// The delegation that AKS puts on a pod subnet.
const AKS_DELEGATION: &str = "Microsoft.ContainerService/managedClusters";

/// Services that want a subnet for themselves.
const DEDICATED: &[&str] = &[
    "application_gateway",
    "api_server",
    "firewall",
    "bastion",
    "gateway",
    "gateway_for_containers",
    "dns_resolver",
];

/// What stands together in a subnet.
pub(super) fn subnet(context: &Context<'_, '_>, at: usize, report: &mut NetworkReport) {
    let Some(subnet) = context.topology.subnets.get(at) else { return };
    let tenants = context.of_subnet(at);
    let name = subnet.id.name();
    // The parts of one service count as that service.
    let family =
        |c: &Consumer| DEDICATED.iter().filter(|d| c.kind.starts_with(**d)).max_by_key(|d| d.len()).copied();
    let owner = tenants.iter().find_map(|c| Some((*c, family(c)?)));
    if let Some((owner, service)) = owner
        && let Some(guest) = tenants.iter().find(|c| family(c) != Some(service))
    {
        let (service, other) = (service.replace('_', " "), guest.kind.replace('_', " "));
        Draft::new(
            Code::SubnetDedicated,
            subnet.label(),
            format!("Subnet {name} holds a {service} and a {other}"),
        )
        .consequence(format!("Azure refuses one of them: a {service} needs a subnet of its own"))
        .remedy(format!("give the {other} another subnet"))
        .at(guest.used.or(guest.block))
        .because(owner.used.or(owner.block), format!("the {service}"))
        .add(context, report);
    }
    let find = |kind: &str| tenants.iter().find(|c| c.kind == kind);
    let foreign = subnet.delegations.iter().find(|d| !d.eq_ignore_ascii_case(AKS_DELEGATION));
    let clash = match (find("node_pool"), find("pod_pool")) {
        (Some(n), Some(_)) => {
            Some((n, "holds nodes and pods; the pods' subnet is delegated to AKS".to_owned()))
        }
        (Some(n), None) => subnet
            .delegations
            .first()
            .map(|d| (n, format!("is delegated to {d} and holds nodes, which it may not"))),
        (None, Some(p)) => foreign.map(|d| (p, format!("is delegated to {d}; a pod subnet belongs to AKS"))),
        (None, None) => None,
    };
    if let Some((tenant, text)) = clash {
        Draft::new(Code::SubnetDelegationConflict, subnet.label(), format!("Subnet {name} {text}"))
            .consequence("AKS refuses the pool")
            .remedy("give it another subnet")
            .at(tenant.used.or(tenant.block))
            .because(subnet.span(), "the subnet")
            .add(context, report);
    }
    let pool = |c: &&&Consumer| c.pool.and_then(|(k, p)| context.clusters.get(k)?.pools.get(p));
    let uses = |mode| {
        tenants.iter().filter(|c| c.kind == "pod_pool").find(|c| pool(c).is_some_and(|p| p.mode == mode))
    };
    if let (Some(a), Some(b)) = (uses(AllocationMode::DynamicIndividual), uses(AllocationMode::StaticBlock)) {
        let title = format!("Pod subnet {name} is handed out both dynamically and in static blocks");
        Draft::new(Code::PodSubnetModeConflict, subnet.label(), title)
            .consequence("AKS refuses the second of the two pools")
            .at(b.used.or(b.block))
            .because(a.used.or(a.block), "allocated dynamically")
            .add(context, report);
    }
    let kubenet = tenants.iter().find(|c| {
        let model = c.cluster.and_then(|k| context.clusters.get(k)).and_then(Cluster::model);
        c.kind == "node_pool" && model == Some(NetworkModel::Kubenet)
    });
    if let Some(other) =
        kubenet.and_then(|k| tenants.iter().find(|c| c.cluster.is_some() && c.cluster != k.cluster))
    {
        Draft::new(
            Code::KubenetSubnetShared,
            subnet.label(),
            format!("Kubenet's subnet {name} has a second cluster"),
        )
        .consequence("the two clusters write their routes into one route table, and pods lose their network")
        .remedy("give each kubenet cluster a subnet and a route table of its own")
        .at(other.used.or(other.block))
        .because(kubenet.and_then(|k| k.used.or(k.block)), "the kubenet cluster")
        .add(context, report);
    }
}

/// The report on a cluster and the findings about its pools.
pub(super) fn cluster(context: &Context<'_, '_>, at: usize, report: &mut NetworkReport) {
    let Some(cluster) = context.clusters.get(at) else { return };
    let (low, high) = nodes(cluster);
    let label = cluster.document.label();
    let here = block(cluster.document);
    let mut limit = |fires: bool, code: Code, title: String, consequence: &str, remedy: &str| {
        if fires {
            let draft = Draft::new(code, &label, title).consequence(consequence).remedy(remedy);
            let largest = cluster.pools.iter().max_by_key(|p| p.bounds(cluster).low.nodes.peak);
            draft
                .at(largest.and_then(Pool::number_at))
                .at(here)
                .because(here, "the cluster")
                .add(context, report);
        }
    };
    let kubenet = cluster.model() == Some(NetworkModel::Kubenet);
    let routes = limits::KUBENET_NODES;
    limit(
        kubenet && (low.peak > routes || low.max >= routes),
        Code::KubenetNodeLimit,
        format!("{} nodes at the peak, kubenet has routes for {routes}", low.peak),
        "AKS refuses upgrades of the cluster, or the cluster",
        "move to overlay: azurerm changes network_plugin with network_plugin_mode = \"overlay\" in place",
    );
    let free = cluster.document.str("sku.tier").is_none_or(|t| t.eq_ignore_ascii_case("Free"));
    let most = if free { limits::NODES_PER_FREE_CLUSTER } else { limits::NODES_PER_CLUSTER };
    limit(
        low.peak > most,
        Code::ClusterNodeLimit,
        format!(
            "{} nodes at the peak, a cluster {}has at most {most}",
            low.peak,
            if free { "on the Free tier " } else { "" }
        ),
        "AKS refuses the nodes beyond, and upgrades",
        if free { "choose sku_tier = \"Standard\" (azurerm: in place)" } else { "split the cluster" },
    );
    let policy = read::text(&cluster.document.body, "properties.networkProfile.networkPolicy");
    limit(
        policy.get().is_some_and(|p| p.eq_ignore_ascii_case("azure")) && low.peak > limits::NPM_NODES,
        Code::NpmNodeLimit,
        format!(
            "{} nodes at the peak with Azure network policy, which carries {}",
            low.peak,
            limits::NPM_NODES
        ),
        "network policies stop being applied reliably",
        "use network_policy = \"cilium\" with network_data_plane = \"cilium\" (azurerm: in place)",
    );
    let mut pools = IndexMap::new();
    let mut notes: Vec<String> = cluster.model_note.iter().cloned().collect();
    for pool in &cluster.pools {
        let bounds = pool.bounds(cluster);
        check_pool(context, cluster, pool, &bounds.low, report);
        check_values(context, pool, report);
        pools.insert(pool.name.clone(), PoolOutcome::from(bounds.high.as_ref().unwrap_or(&bounds.low)));
        notes.extend(bounds.unknown);
    }
    if cluster.auto_provisioning {
        notes.push("node auto-provisioning adds nodes that nothing here bounds".to_owned());
    }
    let peers =
        context.networks_of(at).iter().filter_map(|v| context.topology.vnets.get(*v)).flat_map(|v| &v.peers);
    notes.extend(
        peers
            .filter(|p| p.space.is_empty())
            .map(|p| format!("the address space of peer {} is not known", p.name)),
    );
    notes.push("internal LoadBalancer services take an address each; Kubernetes declares them, so they are not counted".into());
    docker_bridge(context, cluster, at, report);
    dual_stack(context, cluster, at, report);
    notes.sort();
    notes.dedup();
    let (services, default) = or_default(&cluster.service_cidr, ranges::default_service_cidr);
    let shown = high.unwrap_or(low);
    report.clusters.push(ClusterReport {
        at: context.at(label, here),
        name: cluster.document.name().to_owned(),
        kind: "aks",
        network_models: cluster.models.clone(),
        nodes_steady: shown.steady,
        nodes_max: shown.max,
        nodes_peak: shown.peak,
        bound: Bound::of(&low, high.as_ref()),
        pools,
        service_cidr: services.map(|s| s.to_string()),
        service_cidr_default: default,
        outbound: None,
        notes,
    });
}

fn check_pool(
    context: &Context<'_, '_>,
    cluster: &Cluster<'_>,
    pool: &Pool,
    low: &PoolDemand,
    report: &mut NetworkReport,
) {
    let name = &pool.name;
    let mut add = |fires: bool, code: Code, title: String, consequence: &str, span| {
        if fires {
            Draft::new(code, &pool.address, title)
                .consequence(consequence)
                .at(span)
                .at(pool.block)
                .because(pool.block, "the pool")
                .add(context, report);
        }
    };
    let kubenet = cluster.model() == Some(NetworkModel::Kubenet);
    add(
        kubenet && pool.windows,
        Code::KubenetWindows,
        format!("Windows pool `{name}` in a kubenet cluster"),
        "AKS refuses it",
        pool.block,
    );
    let (max, peak, limit) = (low.nodes.max, low.nodes.peak, limits::NODES_PER_POOL);
    add(
        max > limit,
        Code::PoolNodeLimit,
        format!("Pool `{name}` may have {max} nodes, at most {limit} are allowed"),
        "AKS refuses it",
        pool.number_at(),
    );
    add(
        max <= limit && peak > limit,
        Code::VmssSurgeOver1000,
        format!("Pool `{name}` needs {peak} nodes during an upgrade, at most {limit} are allowed"),
        "AKS refuses the upgrade before it starts",
        pool.max_surge.at.or(pool.number_at()),
    );
    if let Some(pods) = pool.max_pods.get() {
        let (least, most) = (limits::MAX_PODS.start(), limits::MAX_PODS.end());
        let refused = "AKS refuses the pool";
        add(
            pods < least,
            Code::MaxPodsBelowMin,
            format!("max_pods of pool `{name}` is {pods}, at least {least} is needed"),
            refused,
            pool.max_pods.at,
        );
        add(
            pods > most,
            Code::MaxPodsAboveMax,
            format!("max_pods of pool `{name}` is {pods}, at most {most} is allowed"),
            refused,
            pool.max_pods.at,
        );
        let room = u64::from(*pods) * low.nodes.steady.max(1);
        let known = pool.count.reason().is_none() && pool.min.reason().is_none();
        let need = limits::PODS_PER_POOL;
        add(
            known && room < need,
            Code::PoolUnder30Pods,
            format!("Pool `{name}` has room for {room} pods, a pool needs room for {need}"),
            refused,
            pool.max_pods.at,
        );
    }
    let surges = !pool.max_surge.is_absent() || !pool.max_unavailable.is_absent();
    add(
        pool.spot && surges,
        Code::SpotSurgeUnsupported,
        format!("Spot pool `{name}` has upgrade settings"),
        "a spot pool takes neither max_surge nor max_unavailable; azurerm refuses the plan",
        pool.max_surge.at.or(pool.max_unavailable.at),
    );
    let other = pod_subnet_elsewhere(context, pool);
    add(
        other,
        Code::PodSubnetOtherVnet,
        format!("The pod subnet of pool `{name}` is in another network than its nodes"),
        "AKS refuses the pool",
        pool.pod_subnet.used,
    );
}

/// Settings that are there and mean nothing: AKS or azurerm refuses them.
fn check_values(context: &Context<'_, '_>, pool: &Pool, report: &mut NetworkReport) {
    let name = &pool.name;
    let draft = |title: String, span| {
        Draft::new(Code::InvalidValue, &pool.address, title)
            .consequence("azurerm or AKS refuses the pool")
            .at(span)
            .at(pool.block)
            .because(pool.block, "the pool")
    };
    let numbers = [("node_count", &pool.count), ("min_count", &pool.min), ("max_count", &pool.max)];
    let numbers = numbers.into_iter().chain([("max_pods", &pool.max_pods)]);
    let amounts = [("max_surge", &pool.max_surge), ("max_unavailable", &pool.max_unavailable)];
    let wrong = numbers
        .filter(|(_, f)| f.wrong)
        .map(|(what, f)| (what, f.reason(), f.at))
        .chain(amounts.into_iter().filter(|(_, f)| f.wrong).map(|(what, f)| (what, f.reason(), f.at)));
    for (what, why, span) in wrong {
        let title = format!("{what} of pool `{name}`: {}", why.unwrap_or_default());
        draft(title, span).add(context, report);
    }
    if let (read::Known::Is(true), Some(min), Some(max)) = (&pool.autoscaled, pool.min.get(), pool.max.get())
        && min > max
    {
        let title = format!("min_count {min} of pool `{name}` is greater than max_count {max}");
        draft(title, pool.min.at).because(pool.max.at, "the most").add(context, report);
    }
    if let Some(size) = pool.size.get().filter(|s| sku::vm_size(s).is_none()) {
        let title = format!("`{size}` of pool `{name}` is no VM size that is known here");
        let mut draft = draft(title, pool.size.at)
            .consequence("AKS refuses the pool, unless the size is newer than this table of sizes");
        draft.severity = Severity::Info;
        draft.add(context, report);
    }
}

/// Nodes of a dual-stack cluster take an IPv6 address each, so their subnets need an IPv6 prefix.
fn dual_stack(context: &Context<'_, '_>, cluster: &Cluster<'_>, at: usize, report: &mut NetworkReport) {
    let nodes = context.consumers.iter().filter(|c| c.cluster == Some(at) && c.kind == "node_pool");
    let mut told = Vec::new();
    for consumer in nodes.filter(|_| cluster.dual_stack) {
        let Some(subnet) = context.topology.subnets.get(consumer.subnet) else { continue };
        let known = subnet.prefixes.unknown.is_none() && !subnet.prefixes.list.is_empty();
        if known && subnet.prefixes.list.iter().all(Prefix::is_v4) && !told.contains(&consumer.subnet) {
            told.push(consumer.subnet);
            let name = subnet.id.name();
            let title = format!("Subnet {name} has no IPv6 prefix, and a dual-stack cluster has nodes in it");
            Draft::new(Code::DualStackSubnet, subnet.label(), title)
                .consequence("AKS refuses the cluster: each node takes an IPv6 address of the subnet")
                .remedy(
                    "add a /64 of IPv6 to the network's address space and to the subnet's address_prefixes",
                )
                .at(subnet.prefixes.at().or(subnet.span()))
                .because(block(cluster.document), "the cluster")
                .add(context, report);
        }
    }
}

/// True when a pool's two subnets surely are in different networks.
fn pod_subnet_elsewhere(context: &Context<'_, '_>, pool: &Pool) -> bool {
    let vnet = |field: &read::Field<String>| {
        let id = crate::azure::id::ResourceId::new(field.get()?.as_str());
        context.topology.subnets.iter().find(|s| s.id == id)?.id.parent()
    };
    vnet(&pool.subnet).zip(vnet(&pool.pod_subnet)).is_some_and(|(a, b)| a != b)
}

/// The docker bridge of old configurations; azurerm 5 and Azure have dropped it.
fn docker_bridge(context: &Context<'_, '_>, cluster: &Cluster<'_>, at: usize, report: &mut NetworkReport) {
    let document = cluster.document;
    let config = document.declared.as_ref().and_then(|d| d.instance.config.get("network_profile"));
    let declared = config.and_then(|c| c.as_slice()?.first()?.get("docker_bridge_cidr"));
    let Some(value) = declared.or_else(|| get(&document.body, "properties.networkProfile.dockerBridgeCidr"))
    else {
        return;
    };
    // Written as the bridge's address, 172.17.0.1/16: host bits are as they should be.
    let Some(bridge) = value.as_str().and_then(|t| t.parse::<ipnetwork::IpNetwork>().ok()) else { return };
    let (family, number) = crate::analysis::network::prefix::number_of(bridge.ip());
    let bridge = Prefix::new(family, number, bridge.prefix());
    let mine = context.consumers.iter().filter(|c| c.cluster == Some(at));
    let mut subnets = mine.filter_map(|c| context.topology.subnets.get(c.subnet));
    if let Some(subnet) = subnets.find(|s| s.prefixes.list.iter().any(|p| p.overlaps(&bridge))) {
        let title = format!("The docker bridge {bridge} overlaps subnet {}", subnet.id.name());
        Draft::new(Code::DockerBridgeOverlap, document.label(), title)
            .consequence("hosts in that range cannot be reached from nodes of old images")
            .remedy("remove docker_bridge_cidr: AKS no longer uses it")
            .at(value.origin.at)
            .because(subnet.prefixes.at(), "the subnet")
            .add(context, report);
    }
}
