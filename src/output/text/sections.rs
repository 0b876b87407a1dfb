//! The tables of the text form; each command of one facet prints one of them.

use std::fmt::Write as _;

use crate::analysis::changes::{
    Action, Class, Difference, DriftReport, Effect, ResourceChange, ResourceDrift, Status,
};
use crate::analysis::network::estate::Bound;
use crate::analysis::network::{NetworkReport, SubnetChange, SubnetFigures, delta, sizing};
use crate::analysis::rules::{Entry, Profile, SecurityReport};
use crate::output::table::{Cell, Table};
use crate::output::{escape, money, words};
use crate::review::{Change, Drift, Report};
use crate::terraform::address::Mode;
use crate::terraform::evaluation::Evaluation;

/// Every subnet with its need at each stage, what is in use, and every pod CIDR.
pub fn subnets(report: &NetworkReport) -> String {
    let tables = [subnet_table(report), in_use(report), forecasts(report), pod_cidrs(report)];
    let shown = tables.iter().filter(|t| !t.is_empty()).map(|t| t.text(2));
    shown.collect::<Vec<_>>().join("\n")
}

/// Every subnet with its need at each stage.
pub(in crate::output) fn subnet_table(report: &NetworkReport) -> Table {
    let mut table =
        Table::new(["subnet", "prefix", ">capacity", ">steady", ">maximum", ">upgrade", ">free", "needs"]);
    for subnet in &report.subnets {
        let needs = subnet.min_prefix_for_peak.map_or_else(|| "unknown".to_owned(), |p| format!("/{p}"));
        table.row([
            Cell::code(subnet.name.as_str()),
            subnet.prefixes.join(", ").into(),
            words::number(subnet.capacity).into(),
            words::bounded(subnet.steady, subnet.bound).into(),
            words::bounded(subnet.autoscaler_max, subnet.bound).into(),
            words::bounded(subnet.upgrade_peak, subnet.bound).into(),
            free(subnet.free_at_peak, subnet.bound).into(),
            needs.into(),
        ]);
    }
    table
}

/// Every pod CIDR with the nodes it carries.
pub(in crate::output) fn pod_cidrs(report: &NetworkReport) -> Table {
    let mut pods = Table::new(["pod CIDR of", "range", ">node blocks", ">steady", ">maximum", ">upgrade"]);
    for pod in &report.pod_cidrs {
        let range = pod.pod_cidr.clone().unwrap_or_else(|| "unknown".to_owned());
        pods.row([
            Cell::code(pod.at.address.as_str()),
            if pod.default { format!("{range} (default)") } else { range }.into(),
            words::number(pod.blocks_total).into(),
            words::bounded(pod.blocks_steady, pod.bound).into(),
            words::bounded(pod.blocks_max, pod.bound).into(),
            words::bounded(pod.blocks_peak, pod.bound).into(),
        ]);
    }
    pods
}

/// The same with a heading, also when nothing changed.
pub fn changes_of_addresses(changes: &[SubnetChange]) -> String {
    if changes.is_empty() {
        return "Addresses are as in the base.\n".to_owned();
    }
    format!("Addresses before -> now\n{}", address_changes(changes).text(2))
}

/// The subnets that a change gives other figures.
pub fn address_changes(changes: &[SubnetChange]) -> Table {
    let mut table = Table::new(["", "subnet", "prefix", ">capacity", ">upgrade", ">free", "fits"]);
    for change in changes {
        let sign = match (&change.before, &change.after) {
            (None, _) => "+",
            (_, None) => "-",
            _ => "~",
        };
        let cell = |of: &dyn Fn(&SubnetFigures) -> String| -> Cell {
            let sides = [&change.before, &change.after].map(|s| s.as_ref().map(of));
            match sides {
                [Some(before), Some(after)] if before != after => format!("{before} -> {after}").into(),
                [before, after] => after.or(before).unwrap_or_default().into(),
            }
        };
        table.row([
            sign.into(),
            Cell::code(change.name.as_str()),
            cell(&|s| s.prefixes.join(", ")),
            cell(&|s| words::number(s.capacity)),
            cell(&|s| words::bounded(s.upgrade_peak, s.bound)),
            cell(&|s| free(s.free_at_peak, s.bound)),
            cell(&|s| words::fits(s.verdict).to_owned()),
        ]);
    }
    table
}

/// What is left at the peak: where the need is bounded from below it is bounded from above.
fn free(free: Option<i64>, bound: Bound) -> String {
    let bound = match bound {
        Bound::Exact => Bound::Exact,
        Bound::AtLeast => Bound::AtMost,
        Bound::AtMost => Bound::AtLeast,
    };
    free.map_or_else(|| "unknown".to_owned(), |free| words::bounded(free, bound))
}

/// When subnets are full, by snapshots over some time.
pub(in crate::output) fn forecasts(report: &NetworkReport) -> Table {
    let mut table = Table::new(["forecast", "when it is full"]);
    for (subnet, forecast) in report.subnets.iter().filter_map(|s| Some((s, s.forecast.as_ref()?))) {
        table.row([Cell::code(subnet.name.as_str()), forecast.text.as_str().into()]);
    }
    table
}

/// What is in use now, beside the plan, and the subnets that only Azure has.
pub(in crate::output) fn in_use(report: &NetworkReport) -> Table {
    let mut table = Table::new([
        "in use now",
        ">used",
        ">free now",
        ">declared takes",
        ">others",
        ">upgrade with others",
        "fits",
        "",
    ]);
    for (subnet, live) in report.subnets.iter().filter_map(|s| Some((s, s.live.as_ref()?))) {
        let used = live.used.map_or_else(|| "unknown".to_owned(), |n| words::bounded(n, live.bound));
        let (least, most) = live.expected;
        let expected = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let fits = match live.fits_with_others {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "unknown",
        };
        table.row([
            Cell::code(subnet.name.as_str()),
            used.into(),
            words::number(live.free).into(),
            expected.into(),
            words::number(live.others).into(),
            live.peak_with_others
                .map_or_else(|| "unknown".to_owned(), |n| words::bounded(n, subnet.bound))
                .into(),
            fits.into(),
            live.note.as_str().into(),
        ]);
    }
    for undeclared in report.virtual_networks.iter().flat_map(|v| &v.undeclared) {
        let note = format!("only in Azure: {} is not free", undeclared.prefixes.join(", "));
        let name = Cell::code(undeclared.name.as_str());
        table.row([name, "".into(), "".into(), "".into(), "".into(), "".into(), "".into(), note.into()]);
    }
    table
}

/// The answer to a sizing question: tables for a plan, figures by name for the small ones.
pub fn sizing(outcome: &sizing::Outcome) -> String {
    let sizing::Outcome::Plan(plan) = outcome else {
        return figures(outcome).into_iter().map(|(name, value)| format!("  {name}: {value}\n")).collect();
    };
    let mut out = plan_table(plan).text(2);
    for finding in &plan.findings {
        let _ = writeln!(out, "  {}", serde_json::to_value(finding).unwrap_or_default());
    }
    out
}

/// The figures of a small answer by their names.
pub(in crate::output) fn figures(outcome: &sizing::Outcome) -> Vec<(String, String)> {
    let figures = serde_json::to_value(outcome).unwrap_or_default();
    let one = |(k, v): (&String, &serde_json::Value)| (k.replace('_', " "), v.to_string());
    figures.as_object().into_iter().flatten().map(one).collect()
}

/// The subnets of a plan.
pub(in crate::output) fn plan_table(plan: &sizing::plan::Outcome) -> Table {
    let mut table = Table::new(["subnet", ">capacity", ">steady", ">maximum", ">upgrade", ">free", "needs"]);
    for (name, subnet) in &plan.subnets {
        let needs =
            subnet.min_prefix_for_peak.map_or_else(|| "more than IPv4 has".to_owned(), |p| format!("/{p}"));
        table.row([
            Cell::code(name.as_str()),
            subnet.capacity.to_string().into(),
            subnet.steady.to_string().into(),
            subnet.autoscaler_max.to_string().into(),
            subnet.upgrade_peak.to_string().into(),
            subnet.free_at_peak.to_string().into(),
            needs.into(),
        ]);
    }
    table
}

/// What differs from the live estate, in the words of the code.
pub fn drift(drift: &Drift) -> String {
    let mut out = String::new();
    for resource in &drift.report.resources {
        out.push_str(&drift_of(resource));
    }
    out.push_str(&super::accepted(drift));
    let quiet = quiet(&drift.report);
    if !quiet.is_empty() {
        let _ = writeln!(out, "  {quiet}");
    }
    for gap in &drift.report.gaps {
        let _ = writeln!(out, "  incomplete: {}", escape::line(gap));
    }
    if !drift.report.complete {
        out.push_str("  What could not be read or compared proves nothing: this is not the whole truth.\n");
    }
    // The summary stands last: it is what a person sees when the run ends.
    let _ = writeln!(out, "  {}", words::drift(drift));
    out
}

/// So many consequences of one finding are listed.
const SHOWN_CONSEQUENCES: usize = 10;

/// What the provider does about a difference that is none.
fn all_the_same(effect: Effect) -> &'static str {
    match effect {
        Effect::Replace => "; the provider would replace it all the same",
        Effect::Rotate => "; the provider would rotate the pool all the same",
        Effect::InPlace | Effect::None => "",
    }
}

/// What differs of one resource.
pub(in crate::output) fn drift_of(resource: &ResourceDrift) -> String {
    let mut out = String::new();
    if resource.accepted.is_some() {
        return out;
    }
    let new = super::news(resource.new);
    let address = escape::line(&resource.address);
    match resource.status {
        Status::Missing => {
            let more = if !resource.missing_with.is_empty() {
                format!(" (and {} below it)", resource.missing_with.len())
            } else {
                String::new()
            };
            let was = super::known_to_state(resource);
            let _ = writeln!(out, "  - {address} is missing{more}{was}{new}");
        }
        Status::Unmanaged => {
            let note = if resource.note.is_empty() { String::new() } else { format!("; {}", resource.note) };
            let _ = writeln!(out, "  + {address} is declared nowhere{}{new}", escape::line(&note));
        }
        Status::NotComparable => {
            let _ = writeln!(out, "  ? {address} was not compared: {}", escape::line(&resource.note));
        }
        Status::InSync | Status::Changed => {
            let shown: Vec<_> = resource.differences.iter().filter(|d| super::is_shown(d)).collect();
            if shown.is_empty() {
                return out;
            }
            let _ = writeln!(out, "  ~ {address}");
            for d in shown {
                let class = match d.class {
                    Class::Expected => format!("expected: it changes by itself{}", all_the_same(d.effect)),
                    Class::Spelling => format!("the same, spelled otherwise{}", all_the_same(d.effect)),
                    _ => words::effect(d.effect).to_owned(),
                };
                let _ = writeln!(
                    out,
                    "      {}: code {}, {}live {}  [{class}{}]  {}:{}",
                    escape::line(&d.attribute),
                    escape::line(&words::shorten(&d.text(&d.declared), 80)),
                    state(d),
                    escape::line(&words::shorten(&d.text(&d.live), 80)),
                    super::news(d.new),
                    escape::line(d.place.file.as_str()),
                    d.place.line,
                );
                if let Some(who) = &d.who {
                    let _ = writeln!(out, "        {}", escape::line(&who.line()));
                }
            }
        }
    }
    if let Some(who) = &resource.who {
        let _ = writeln!(out, "      {}", escape::line(&who.line()));
    }
    for consequence in resource.consequences.iter().take(SHOWN_CONSEQUENCES) {
        let _ = writeln!(
            out,
            "      with it: {} {}  [{}]",
            escape::line(&consequence.address),
            escape::line(&consequence.attribute),
            words::effect(consequence.effect),
        );
    }
    if resource.consequences.len() > SHOWN_CONSEQUENCES {
        let _ = writeln!(out, "      and {} more", resource.consequences.len() - SHOWN_CONSEQUENCES);
    }
    if let Some(state) = resource.state.as_ref().filter(|_| !out.is_empty()) {
        let _ = writeln!(out, "      provisional: Azure says {}", escape::line(state));
    }
    out
}

/// The third side, when a state is there.
fn state(difference: &Difference) -> String {
    let text = difference.state.as_ref().map(|_| difference.text(&difference.state));
    text.map(|text| format!("state {}, ", escape::line(&words::shorten(&text, 80)))).unwrap_or_default()
}

/// What is quiet by default, in one line.
pub(in crate::output) fn quiet(report: &DriftReport) -> String {
    let outside: usize = report
        .resources
        .iter()
        .map(|r| r.differences.iter().filter(|d| d.class == Class::OutsideTerraform).count())
        .sum();
    let ignored: usize = report.resources.iter().map(|r| r.ignored).sum();
    let unknown: usize = report.resources.iter().map(|r| r.not_compared.len()).sum();
    let parts: Vec<String> = [
        (outside, "set in Azure and left open by the code"),
        (ignored, "under ignore_changes"),
        (unknown, "not compared because the code's value is unknown"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{} {what}", words::count(n, "attribute")))
    .collect();
    parts.join("; ")
}

/// What an apply would do: each changed resource, and how many.
pub fn planned(changes: &[ResourceChange], evaluation: &Evaluation) -> String {
    let mut out = String::new();
    changes.iter().for_each(|resource| resource_change(&mut out, resource));
    let same = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed).count();
    let kept = |a: Action| matches!(a, Action::Add | Action::Change | Action::Replace);
    let same = same.saturating_sub(changes.iter().filter(|c| kept(c.action)).count());
    let of = |action| changes.iter().filter(|c| c.action == action).count();
    let moved = changes.iter().filter(|c| c.previous_address.is_some()).count();
    let only_moved = |c: &&ResourceChange| {
        c.action == Action::Change && c.attributes.is_empty() && c.previous_address.is_some()
    };
    let updated = of(Action::Change) - changes.iter().filter(only_moved).count();
    let _ = writeln!(
        out,
        "  {} to add, {updated} to change, {} to replace, {} to destroy; {moved} moved, {} forgotten, {same} \
         unchanged",
        of(Action::Add),
        of(Action::Replace),
        of(Action::Remove),
        of(Action::Forget),
    );
    out
}

fn resource_change(out: &mut String, resource: &ResourceChange) {
    let reason = resource.reason.map(words::reason).map(|r| format!("  ({r})")).unwrap_or_default();
    let _ = writeln!(out, "  {} {}{reason}", sign(resource.action), escape::line(&resource.address));
    if let Some(previous) = &resource.previous_address {
        let _ = writeln!(out, "      moved from {}", escape::line(previous));
    }
    for attribute in &resource.attributes {
        let side =
            |v: &Option<String>| v.as_ref().map_or_else(|| "absent".to_owned(), |v| words::shorten(v, 60));
        let _ = writeln!(
            out,
            "      {}: {} -> {}  [{}]  {}:{}",
            escape::line(&attribute.attribute),
            escape::line(&side(&attribute.before)),
            escape::line(&side(&attribute.after)),
            words::effect(attribute.effect),
            escape::line(attribute.place.file.as_str()),
            attribute.place.line,
        );
    }
}

/// What an apply of the change would do.
pub fn changes(report: &Report) -> String {
    let Some(change) = &report.change else { return String::new() };
    let mut out = String::new();
    change.resources.iter().for_each(|resource| resource_change(&mut out, resource));
    let addresses = address_changes(&delta(&change.network, &report.network));
    if !addresses.is_empty() {
        out.push_str("  addresses:\n");
        out.push_str(&addresses.text(4));
    }
    let _ = writeln!(out, "  cost: {}", money::change(&change.cost.change, &change.cost.currency));
    for finding in &change.fixed {
        let _ = writeln!(
            out,
            "  fixed: {} {}: {}",
            finding.code,
            escape::line(&finding.address),
            escape::line(&finding.title)
        );
    }
    out
}

pub(in crate::output) fn sign(action: Action) -> &'static str {
    match action {
        Action::Add => "+",
        Action::Remove => "-",
        Action::Forget => ".",
        Action::Change => "~",
        Action::Replace => "-/+",
    }
}

/// How many resources a change adds, changes, replaces and removes.
pub(in crate::output) fn change_counts(change: &Change) -> String {
    let of = |action| change.resources.iter().filter(|r| r.action == action).count();
    format!(
        "{} added, {} changed, {} replaced, {} removed",
        of(Action::Add),
        of(Action::Change),
        of(Action::Replace),
        of(Action::Remove)
    )
}

/// What no analysis could judge.
pub(in crate::output) fn not_judged(report: &Report) -> String {
    let mut out = String::new();
    for (type_name, n) in &report.untranslated {
        let _ = writeln!(
            out,
            "  {} {}: the type is not known to trueup",
            words::count(*n, "resource"),
            escape::line(type_name)
        );
    }
    out.push_str(&undecided(&report.security));
    for gap in &report.network.gaps {
        let _ = writeln!(out, "  addresses: {}", escape::line(gap));
    }
    out
}

/// How many outcomes of each kind there are; the findings themselves stand above.
pub fn outcomes(report: &SecurityReport) -> String {
    let parts = ["fail", "pass", "indeterminate", "not_applicable", "suppressed"]
        .map(|word| (word, report.count(word)))
        .into_iter()
        .filter(|(word, n)| *n > 0 || *word != "suppressed")
        .map(|(word, n)| format!("{n} {word}"));
    let parts: Vec<String> = parts.collect();
    let mut out = format!("  {}\n", parts.join(", "));
    out.push_str(&undecided(report));
    out
}

pub(in crate::output) fn undecided(report: &SecurityReport) -> String {
    let mut out = String::new();
    for outcome in report.outcomes.iter().filter(|o| o.verdict.word() == "indeterminate") {
        let (address, why) = (escape::line(&outcome.address), escape::line(outcome.verdict.text()));
        let _ = writeln!(out, "  {} {address}: {why}", outcome.rule);
    }
    out
}

/// The rules, a line each.
pub fn rules(entries: &[Entry]) -> Table {
    let mut table = Table::new(["rule", "severity", "profile", "name", "what it finds"]);
    for entry in entries {
        let profile = if entry.profile == Profile::Default { "default" } else { "strict" };
        table.row([
            Cell::code(entry.id),
            entry.severity.word().into(),
            profile.into(),
            entry.name.into(),
            entry.title.into(),
        ]);
    }
    table
}

/// The resources and data sources of a root module, and its outputs.
pub fn resources(evaluation: &Evaluation) -> String {
    let mut out = String::new();
    for instance in &evaluation.instances {
        let sign = if instance.address.mode == Mode::Managed { "+" } else { "<" };
        let place = evaluation.sources.place(instance.block);
        let _ = writeln!(
            out,
            "  {sign} {}  {}:{}",
            escape::line(&instance.address.to_string()),
            escape::line(place.file.as_str()),
            place.line
        );
    }
    let managed = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed).count();
    let _ = writeln!(
        out,
        "  {} to add, {}",
        words::count(managed, "resource"),
        words::count(evaluation.outputs.len(), "output")
    );
    out
}
