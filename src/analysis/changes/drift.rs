//! Drift: each declared resource against its live document, and what is live but not declared.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::body;
use super::cascade::{Consequence, Lost, References};
use super::compare::{Comparer, Found, Resolve};
use super::grants::Grants;
use super::ignored::is_ignored;
use super::live::Live;
use super::names::{Written, written};
use super::report::{Difference, DriftReport, ResourceDrift, Status};
use super::{Class, Effect};
use crate::azure::catalogue::{self, Element, Reader, ResourceType, Synthetic};
use crate::azure::estate::{Declared, Document, Estate};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::address::{Address, Mode};
use crate::terraform::evaluation::Evaluation;
use crate::terraform::source::SourceMap;
use crate::terraform::value::{Str, Value};

/// Compares a declared estate with a live one.
///
/// The result is complete when every managed resource of a known type was compared or proved absent
/// and the live estate was read whole.
pub fn drift(evaluation: &Evaluation, declared: &Estate, live: &Estate) -> DriftReport {
    let complete = live.complete && evaluation.is_complete();
    let (gaps, requests) = (live.gaps.clone(), live.requests.clone());
    let mut report = DriftReport { complete, gaps, requests, ..DriftReport::default() };
    report.resources = compared(evaluation, declared, live);
    // A resource that the model knows and that could not be looked at proves nothing.
    let open = report.of(Status::NotComparable).next().is_some();
    report.complete &= !open;
    report.resources.extend(unknown_types(evaluation, declared));
    super::recorded::add_state(evaluation, &mut report.resources);
    add_consequences(evaluation, &mut report.resources);
    hide_children_of_missing(&mut report.resources);
    report.resources.sort_by(|a, b| (&a.address, &a.id).cmp(&(&b.address, &b.id)));
    report
}

/// What a look at a live estate, or at a part of it, leaves to be looked at again.
#[derive(Debug, Default)]
pub struct Open {
    /// What differs, is missing, or is declared nowhere: to be confirmed.
    pub ids: Vec<ResourceId>,
    /// What could not be compared.
    pub unclear: Vec<ResourceId>,
    /// Something could not be compared wholly: the rest of the live estate may tell.
    pub undecided: bool,
}

/// Compares as [`drift`] does, for what it leaves open.
pub fn open(evaluation: &Evaluation, declared: &Estate, live: &Estate) -> Open {
    let mut resources = compared(evaluation, declared, live);
    hide_children_of_missing(&mut resources);
    let mut open = Open::default();
    for resource in resources {
        let unclear = resource.status == Status::NotComparable;
        open.undecided |= unclear || !resource.not_compared.is_empty();
        let ids = match resource.status {
            _ if resource.id.is_empty() => continue,
            Status::Changed | Status::Missing | Status::Unmanaged => &mut open.ids,
            _ if unclear => &mut open.unclear,
            _ => continue,
        };
        ids.push(ResourceId::new(resource.id));
    }
    open
}

/// Each declared resource of a known type beside its live document, and what is live and declared nowhere.
pub(super) fn compared(evaluation: &Evaluation, declared: &Estate, live: &Estate) -> Vec<ResourceDrift> {
    let live = Live::new(declared, live);
    let grants = Grants::new(declared, &live);
    let own = declared.iter().filter_map(|document| {
        let side = document.declared.as_ref().filter(|d| d.inline.is_empty())?;
        // What stands in another's document is looked for there.
        let apart = catalogue::resource(&side.address.type_name).is_none_or(ResourceType::has_document);
        apart.then_some((document, side))
    });
    let own: Vec<(&Document, &Declared)> = own.collect();
    let mut claimed = BTreeSet::new();
    let found = side_by_side(&own, &|(document, side)| {
        let mut claimed = BTreeSet::new();
        (document_drift(evaluation, document, side, &live, &grants, &mut claimed), claimed)
    });
    let mut resources = Vec::new();
    for (resource, claims) in found {
        resources.push(resource);
        claimed.extend(claims);
    }
    for association in &declared.associations {
        let side = &association.declared;
        let host = association.host.as_ref().map(|id| live.id(id));
        resources.push(hosted_drift(evaluation, side, host.as_ref(), &live));
    }
    resources.extend(super::unmanaged::unmanaged(declared, &live, &claimed));
    resources
}

/// From so many on, work on documents is done in two halves at once.
const MANY: usize = 1000;

/// Does the same for each item, in order.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: &(dyn Fn(&T) -> R + Sync)) -> Vec<R> {
    let all = |items: &[T]| items.iter().map(work).collect::<Vec<R>>();
    if items.len() < MANY {
        return all(items);
    }
    let (first, second) = items.split_at(items.len() / 2);
    std::thread::scope(|scope| {
        let other = std::thread::Builder::new().spawn_scoped(scope, || all(second));
        let mut done = all(first);
        // What another thread could not do is done here.
        done.extend(other.ok().and_then(|other| other.join().ok()).unwrap_or_else(|| all(second)));
        done
    })
}

/// A resource with a document of its own.
fn document_drift(
    evaluation: &Evaluation,
    document: &Document,
    side: &Declared,
    live: &Live<'_>,
    grants: &Grants<'_>,
    claimed: &mut BTreeSet<String>,
) -> ResourceDrift {
    let mut result = ResourceDrift::of(side, &evaluation.sources, document.id.to_string());
    if let Some(why) = live.unread(&document.id) {
        return result.not_comparable(why);
    }
    let ty = catalogue::resource(&side.address.type_name);
    let found = match document.is(types::ROLE_ASSIGNMENT) {
        true => grants.document(document),
        false => live.document(&document.id),
    };
    let there = match found {
        Ok(Some(there)) => there,
        Ok(None) if live.estate.proves_absent(&live.id(&document.id)) => {
            result.status = Status::Missing;
            result.effect = Effect::InPlace;
            return result;
        }
        Ok(None) => return result.not_comparable("not in what could be read"),
        Err(reason) => return result.not_comparable(&reason),
    };
    claimed.insert(there.id.key());
    result.id = there.id.to_string();
    result.state = there
        .str("properties.provisioningState")
        .filter(|s| !s.eq_ignore_ascii_case("Succeeded"))
        .map(str::to_owned);
    match ty {
        Some(ty) => compare(&mut result, ty, side, there, &[], live, &evaluation.sources),
        None => body::compare(&mut result, side, &document.body, &there.body, live, &evaluation.sources),
    }
    result
}

/// A resource that lives in another one's document: an association.
fn hosted_drift(
    evaluation: &Evaluation,
    side: &Declared,
    host: Option<&ResourceId>,
    live: &Live<'_>,
) -> ResourceDrift {
    let id = host.map(ToString::to_string).unwrap_or_default();
    let mut result = ResourceDrift::of(side, &evaluation.sources, id);
    let Some(host) = host else { return result.not_comparable("the resource it belongs to is not known") };
    let missing = |mut result: ResourceDrift| {
        result.status = Status::Missing;
        result.effect = Effect::InPlace;
        result
    };
    if let Some(why) = live.unread(host) {
        return result.not_comparable(why);
    }
    let Some(document) = live.estate.by_id(host) else {
        return if live.estate.proves_absent(host) {
            missing(result)
        } else {
            result.not_comparable("not in what could be read")
        };
    };
    let Some(ty) = catalogue::resource(&side.address.type_name) else {
        // azapi_update_resource: what it sets must be there.
        body::compare(&mut result, side, &side.attributes, &document.body, live, &evaluation.sources);
        return result;
    };
    let Some(synthetic) = &ty.synthetic else { return result.not_comparable("it has no host document") };
    let attributes = match known_members(synthetic, &side.attributes, live) {
        Ok(attributes) => attributes,
        Err(reason) => return result.not_comparable(&reason),
    };
    let reader = Reader { estate: live.estate, document, declared: &attributes, parent: None };
    match reader.hosted(synthetic) {
        Some(within) => compare(&mut result, ty, side, document, &within, live, &evaluation.sources),
        None => return missing(result),
    }
    result
}

/// The attributes with those settled by which a member is found in its host; an error says which cannot be.
fn known_members(synthetic: &Synthetic, attributes: &Value, live: &Live<'_>) -> Result<Value, String> {
    let mut settled: BTreeMap<Str, Value> =
        attributes.as_map().into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect();
    for (name, _) in &synthetic.member {
        if let Some(value) = settled.get_mut(*name)
            && let Some(unknown) = value.as_unknown()
        {
            *value = live.resolve(value).ok_or_else(|| unknown.reason.to_string())?;
        }
    }
    Ok(Value::object(settled))
}

fn compare(
    result: &mut ResourceDrift,
    ty: &'static ResourceType,
    side: &Declared,
    document: &Document,
    within: &[Element],
    live: &Live<'_>,
    sources: &SourceMap,
) {
    let parent = live.parent_attributes(document);
    let reader = Reader { estate: live.estate, document, declared: &side.attributes, parent };
    let found = BTreeSet::new();
    let mut comparer =
        Comparer { reader, ty, major: side.major, resolve: live, found: Vec::new(), unknown: found };
    comparer.run(within);
    let Comparer { found, unknown, .. } = comparer;
    for one in found {
        let written = written(ty, side, &one);
        if is_ignored(Some(ty), &side.instance.lifecycle, &one.path, &written.name) {
            result.ignored += 1;
            continue;
        }
        if one.class == Class::Drift && one.attribute.is_block() && one.live.is_none() {
            result.lost.insert(Lost::Block(one.path.clone()));
        }
        result.differences.push(difference(&one, written, side, sources));
    }
    result.not_compared = unknown.into_iter().collect();
    result.settle();
}

fn difference(found: &Found, written: Written, side: &Declared, sources: &SourceMap) -> Difference {
    let span = found.declared.as_ref().and_then(|v| v.origin.at).unwrap_or(side.block);
    let sensitive = found.attribute.sensitive
        || [&found.declared, &found.live].into_iter().flatten().any(Value::is_sensitive_anywhere);
    Difference {
        attribute: written.name,
        arm_path: found.attribute.arm.as_ref().map(|p| p.text.to_owned()).unwrap_or_default(),
        declared: written.declared,
        live: written.live,
        state: None,
        sensitive,
        effect: found.effect.unwrap_or(Effect::InPlace),
        effect_known: found.effect.is_some(),
        class: found.class,
        accepted: None,
        new: None,
        who: None,
        place: sources.place(span),
    }
}

/// Managed resources of Azure types that the catalogue does not know.
fn unknown_types(evaluation: &Evaluation, declared: &Estate) -> Vec<ResourceDrift> {
    let known: HashSet<&Address> = declared
        .iter()
        .filter_map(|d| d.declared.as_ref())
        .chain(declared.associations.iter().map(|a| &a.declared))
        .map(|d| &d.address)
        .collect();
    let is_azure = |name: &str| name.starts_with("azurerm_") || name.starts_with("azapi_");
    let left = evaluation.instances.iter().filter(|i| {
        i.address.mode == Mode::Managed && is_azure(&i.address.type_name) && !known.contains(&i.address)
    });
    left.map(|i| ResourceDrift::unknown_type(i, &evaluation.sources)).collect()
}

/// What is missing because what holds it is missing is one finding: the highest one names the rest.
fn hide_children_of_missing(resources: &mut Vec<ResourceDrift>) {
    // An association has the id of its host: the host itself comes first.
    let own = |r: &&ResourceDrift| catalogue::resource(&r.type_name).is_none_or(ResourceType::has_document);
    let mut missing: BTreeMap<String, String> = BTreeMap::new();
    for resource in resources.iter().filter(|r| r.status == Status::Missing).filter(own) {
        missing.insert(resource.id.to_ascii_lowercase(), resource.address.clone());
    }
    let mut along: BTreeMap<String, (Vec<String>, Vec<Consequence>)> = BTreeMap::new();
    resources.retain_mut(|r| {
        if r.status != Status::Missing {
            return true;
        }
        match highest(&missing, &r.id.to_ascii_lowercase()) {
            Some(address) if *address != r.address => {
                let (with, consequences) = along.entry(address.clone()).or_default();
                with.push(r.address.clone());
                consequences.append(&mut r.consequences);
                false
            }
            _ => true,
        }
    });
    for resource in resources.iter_mut().filter(|r| r.status == Status::Missing) {
        let Some((mut with, consequences)) = along.remove(&resource.address) else { continue };
        with.sort();
        // What goes with it is made anew, and no consequence.
        let new = consequences.into_iter().filter(|c| with.binary_search(&c.address).is_err());
        resource.consequences.extend(new);
        resource.consequences.sort_by(|a, b| (&a.address, &a.attribute).cmp(&(&b.address, &b.attribute)));
        resource.consequences.dedup();
        resource.missing_with = with;
    }
}

/// The address of the highest missing resource that an id is or lies below.
fn highest<'m>(missing: &'m BTreeMap<String, String>, id: &str) -> Option<&'m String> {
    let ends = id.char_indices().filter(|(_, c)| *c == '/').map(|(at, _)| at).chain([id.len()]);
    ends.filter_map(|end| missing.get(id.get(..end)?)).next()
}

/// Lists under each finding what an apply would do to others because of it.
fn add_consequences(evaluation: &Evaluation, resources: &mut [ResourceDrift]) {
    let mut lost: BTreeMap<String, BTreeSet<Lost>> = BTreeMap::new();
    let mut new: BTreeSet<String> = BTreeSet::new();
    for resource in resources.iter() {
        let mut all = resource.lost.clone();
        let missing = resource.status == Status::Missing;
        if missing {
            new.insert(resource.address.clone());
        }
        if missing || resource.status == Status::Changed && resource.effect == Effect::Replace {
            all = BTreeSet::from([Lost::Everything]);
        }
        if !all.is_empty() {
            lost.insert(resource.address.clone(), all);
        }
    }
    if lost.is_empty() {
        return;
    }
    let mut found = References::new(evaluation).follow(&lost, &|address| new.contains(address));
    for resource in resources {
        resource.consequences = found.remove(&resource.address).unwrap_or_default();
    }
}
