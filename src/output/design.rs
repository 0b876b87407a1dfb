//! A network design as text, and as a design record in Markdown.

use std::fmt::Write as _;

use super::table::{Cell, Table};
use super::{escape, json, words};
use crate::analysis::network::design::{Design, ModeReport, PoolWorkload};
use crate::analysis::network::sizing::plan::Finding;

/// The models side by side.
pub(super) fn modes(design: &Design) -> Table {
    let mut table = Table::new([
        "",
        "model",
        "subnets",
        "pod CIDR",
        ">steady",
        ">maximum",
        ">upgrade",
        ">largest cluster",
        ">with upgrades",
        "bound by",
        "model later",
        "in the space",
    ]);
    for mode in &design.modes {
        let subnets: Vec<String> =
            mode.subnets.iter().map(|s| format!("{} {}", s.name, length(s.prefix_length))).collect();
        let pods = mode.pod_cidr.as_ref().map_or_else(|| "-".to_owned(), |p| length(p.prefix_length));
        table.row([
            if design.mode == Some(mode.mode) { ">" } else { "" }.into(),
            Cell::code(mode.mode.id()),
            subnets.join(", ").into(),
            pods.into(),
            mode.steady.to_string().into(),
            mode.autoscaler_max.to_string().into(),
            mode.upgrade_peak.to_string().into(),
            mode.largest_cluster.nodes.to_string().into(),
            mode.largest_cluster.nodes_with_upgrade.to_string().into(),
            mode.largest_cluster.bound_by.into(),
            mode.lasting.first().map_or("", |l| l.later.mark()).into(),
            if mode.fits_space { "fits" } else { "NO ROOM" }.into(),
        ]);
    }
    table
}

fn length(length: Option<u8>) -> String {
    length.map_or_else(|| "more than Azure has".to_owned(), |l| format!("/{l}"))
}

/// The subnets in their places.
pub(super) fn subnets(design: &Design) -> Table {
    let mut table = Table::new([
        "subnet",
        "prefix",
        ">capacity",
        ">steady",
        ">maximum",
        ">upgrade",
        ">free",
        "room",
        "for",
    ]);
    for subnet in &design.subnets {
        let room = if subnet.room == subnet.prefix { String::new() } else { subnet.room.to_string() };
        table.row([
            Cell::code(subnet.name.as_str()),
            subnet.prefix.to_string().into(),
            subnet.capacity.to_string().into(),
            subnet.steady.to_string().into(),
            subnet.autoscaler_max.to_string().into(),
            subnet.upgrade_peak.to_string().into(),
            subnet.free_at_peak.to_string().into(),
            room.into(),
            subnet.purpose.into(),
        ]);
    }
    table
}

pub(super) fn ranges(design: &Design) -> Table {
    let mut table = Table::new(["range", "prefix", "whose"]);
    if let Some(cluster) = &design.cluster {
        if let Some(pods) = cluster.pod_cidr {
            table.row(["pod CIDR".into(), pods.to_string().into(), "outside of the network".into()]);
        }
        table.row([
            "service CIDR".into(),
            cluster.service_cidr.to_string().into(),
            format!("outside of the network; DNS {}", cluster.dns_service_ip).into(),
        ]);
    }
    if let Some(six) = &design.ipv6 {
        for space in &six.address_space {
            table.row(["IPv6 address space".into(), space.to_string().into(), "".into()]);
        }
        for subnet in &six.subnets {
            table.row([
                "IPv6 subnet".into(),
                subnet.prefix.to_string().into(),
                Cell::code(subnet.name.as_str()),
            ]);
        }
        for (what, range) in [("IPv6 pod CIDR", six.pod_cidr), ("IPv6 service CIDR", six.service_cidr)] {
            if let Some(range) = range {
                table.row([what.into(), range.to_string().into(), "outside of the network".into()]);
            }
        }
    }
    for taken in &design.taken {
        table.row(["taken".into(), taken.prefix.to_string().into(), taken.by.as_str().into()]);
    }
    table
}

pub(super) fn lasting(design: &Design) -> Table {
    let mut table = Table::new(["", "choice", "why"]);
    for choice in &design.lasting {
        table.row([choice.later.mark().into(), choice.choice.into(), choice.why.into()]);
    }
    table
}

/// A finding of the sizing interface in one line, with what Azure answers.
pub(super) fn problem(finding: &Finding) -> String {
    let code = serde_json::to_value(finding.code).unwrap_or_default();
    let azure = finding.azure_error.map_or_else(String::new, |e| format!(" ({e})"));
    let subject = if finding.subject.is_empty() { String::new() } else { format!(" {}", finding.subject) };
    format!("{}{subject}: {}{azure}", code.as_str().unwrap_or_default(), finding.message)
}

/// What is wrong, of the design and of the models beside it.
pub(super) fn problems(design: &Design) -> Vec<String> {
    let own = design.findings.iter().map(problem);
    let beside = design.modes.iter().filter(|m| design.mode != Some(m.mode));
    let beside = beside
        .flat_map(|m: &ModeReport| m.findings.iter().map(|f| format!("{}: {}", m.mode.id(), problem(f))));
    own.chain(beside).chain(design.warnings.iter().cloned()).collect()
}

/// The question in one line.
pub(super) fn question(design: &Design) -> Option<String> {
    let w = design.workload.as_ref()?;
    let named = w.pools.len() > 1;
    let pool = |p: &PoolWorkload| {
        let name = if named { format!("{}: ", p.name) } else { String::new() };
        let pods =
            p.max_pods.map_or_else(|| "each model's default of pods".to_owned(), |m| format!("{m} pods"));
        let spot = if p.spot { " spot" } else { "" };
        format!("{name}{} to {}{spot} nodes with {pods} each", p.nodes_steady, p.nodes_max)
    };
    let pools: Vec<String> = w.pools.iter().map(pool).collect();
    Some(format!("{}, {} more during an upgrade, growth factor {}", pools.join("; "), w.surge, design.growth))
}

/// The decision in one line.
pub(super) fn decision(design: &Design) -> String {
    let spaces: Vec<String> = design.address_space.iter().map(ToString::to_string).collect();
    let space = format!("{}{}", spaces.join(", "), if design.proposed { " (proposed)" } else { "" });
    let count = words::count(design.subnets.len(), "subnet");
    match design.mode {
        Some(mode) => format!("{}: {count} in {space} ({})", mode.name(), design.reason),
        None => format!("{count} in {space}"),
    }
}

pub(super) fn free(design: &Design) -> String {
    let all: Vec<String> = design.free.iter().map(ToString::to_string).collect();
    match design.largest_free {
        None => "nothing is left".to_owned(),
        Some(largest) if all.len() <= 8 => format!("left: {} (largest {largest})", all.join(", ")),
        Some(largest) => format!("left: {} (largest {largest})", words::count(all.len(), "block")),
    }
}

/// For a terminal.
pub fn text(design: &Design) -> String {
    let mut out = String::new();
    if let Some(question) = question(design) {
        let _ = writeln!(out, "{question}\n\n{}", modes(design).text(2));
    }
    let _ = writeln!(out, "{}\n\n{}", escape::line(&decision(design)), subnets(design).text(2));
    let ranges = ranges(design);
    if !ranges.is_empty() {
        let _ = writeln!(out, "{}", ranges.text(2));
    }
    let _ = writeln!(out, "  {}", free(design));
    let lasting = lasting(design);
    if !lasting.is_empty() {
        let _ = writeln!(out, "\nWhat lasts\n\n{}", lasting.text(2));
    }
    for problem in problems(design) {
        let _ = writeln!(out, "  {}", escape::line(&problem));
    }
    out
}

/// A design record.
pub fn markdown(design: &Design) -> String {
    let mut out = String::from("# Network design\n\n");
    if let Some(question) = question(design) {
        let _ = writeln!(out, "## Question\n\n{}.\n", escape::markdown(&question));
    }
    let _ = writeln!(
        out,
        "## Decision\n\n{}.\n\n{}",
        escape::markdown(&decision(design)),
        subnets(design).markdown()
    );
    let ranges = ranges(design);
    if !ranges.is_empty() {
        let _ = writeln!(out, "{}", ranges.markdown());
    }
    let _ = writeln!(out, "{}.\n", escape::markdown(&free(design)));
    for subnet in design.subnets.iter().filter(|s| s.upgrade_peak > 0) {
        let _ = writeln!(out, "- {}: {}", escape::code(&subnet.name), escape::markdown(&subnet.formula));
    }
    let lasting = lasting(design);
    if !lasting.is_empty() {
        let _ = writeln!(out, "\n## What cannot be changed later\n\n{}", lasting.markdown());
    }
    if !design.modes.is_empty() {
        let _ = writeln!(out, "## Alternatives\n\n{}", modes(design).markdown());
    }
    let problems = problems(design);
    if !problems.is_empty() {
        out.push_str("## Findings\n\n");
        for problem in problems {
            let _ = writeln!(out, "- {}", escape::markdown(&problem));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "## Sizing file\n\n{}", escape::fenced("json", &json::print(&design.sizing)));
    out
}
