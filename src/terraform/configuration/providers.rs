//! Which providers a configuration uses, from where, and in which version.

use std::collections::{BTreeMap, HashMap};

use super::body::Body;
use super::declaration::{Module, Resource};
use super::literal;
use super::loader::{Loader, Text};
use super::options::Options;
use super::tree::Tree;
use super::versions::{Constraints, Version};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::evaluation::Provider;
use crate::terraform::schema;
use crate::terraform::syntax;
use crate::terraform::value::Str;

/// Sources of providers whose types are used without being required, where it is not `hashicorp`.
const USUAL: &[(&str, &str)] =
    &[("azapi", "azure/azapi"), ("terraform", "terraform.io/builtin/terraform"), ("modtm", "azure/modtm")];

/// Majors that a provider has, oldest first, where a constraint may leave a choice.
const MAJORS: &[(&str, &[u64])] =
    &[("hashicorp/azurerm", &[2, 3, 4, 5]), ("azure/azapi", &[1, 2]), ("hashicorp/azuread", &[2, 3])];

/// Source addresses and versions by local name, as the root (and else the modules) require them.
pub(super) fn providers(tree: &Tree, loader: &mut Loader<'_>, options: &Options) -> BTreeMap<Str, Provider> {
    let locked = lock_file(loader, options);
    let mut found: BTreeMap<Str, Provider> = BTreeMap::new();
    let mut constraints: HashMap<Str, Vec<String>> = HashMap::new();
    for module in &tree.modules {
        for (name, requirement) in &module.required_providers {
            let source = requirement.source.as_deref().map_or_else(|| usual_source(name), source_address);
            let provider = found.entry(name.clone()).or_default();
            if provider.source.is_empty() {
                provider.source = source.clone().into();
            }
            constraints.entry(source.into()).or_default().extend(requirement.version.clone());
        }
        for provider in &module.providers {
            let source: Str = usual_source(&provider.name).into();
            found.entry(provider.name.clone()).or_default();
            constraints.entry(source).or_default().extend(provider.version.clone().map(|v| v.0));
        }
        for resource in module.resources.values() {
            found.entry(local_name(resource)).or_default();
        }
    }
    for (name, provider) in &mut found {
        if provider.source.is_empty() {
            provider.source = usual_source(name).into();
        }
        provider.version = locked.get(&*provider.source).cloned();
        provider.major = match provider.version.as_deref().and_then(Version::parse) {
            Some(version) => u32::try_from(version.major()).ok(),
            None => {
                let fits = |major: u32| super::fit::fits(tree, name, &provider.source, major);
                likely_major(&provider.source, constraints.get(&provider.source), &fits)
            }
        };
    }
    found
}

/// The local name of a resource's provider, without alias.
pub(super) fn local_name(resource: &Resource) -> Str {
    resource.provider.split('.').next().unwrap_or_default().into()
}

pub(super) fn usual_source(name: &str) -> String {
    let known = USUAL.iter().find(|(n, _)| *n == name).map(|(_, source)| (*source).to_owned());
    known.unwrap_or_else(|| format!("hashicorp/{name}"))
}

/// A source without the public registry's name, in lower case as Terraform compares it.
pub(super) fn source_address(source: &str) -> String {
    let source = source.to_lowercase();
    let source = source.strip_prefix("registry.terraform.io/").unwrap_or(&source);
    let source = source.strip_prefix("registry.opentofu.org/").unwrap_or(source);
    if source.contains('/') { source.to_owned() } else { format!("hashicorp/{source}") }
}

/// The highest major that the constraints admit, as Terraform would select it; but an older one when
/// only that one `fits` the code, which was then written before the newer. Nothing without constraints
/// when the usual major fits.
fn likely_major(source: &str, constraints: Option<&Vec<String>>, fits: &dyn Fn(u32) -> bool) -> Option<u32> {
    let (_, majors) = MAJORS.iter().find(|(s, _)| *s == source)?;
    let constraints: Vec<Constraints> =
        constraints.into_iter().flatten().filter_map(|c| Constraints::parse(c)).collect();
    let admitted = majors.iter().rev().filter(|major| constraints.iter().all(|c| c.admit_major(**major)));
    let admitted: Vec<u32> = admitted.filter_map(|m| u32::try_from(*m).ok()).collect();
    if constraints.is_empty() {
        let usual = schema::usual_major(source)?;
        return if fits(usual) { None } else { admitted.into_iter().find(|m| fits(*m)) };
    }
    match admitted.as_slice() {
        [] | [_] => admitted.first().copied(),
        [highest, ..] => admitted.iter().copied().find(|m| fits(*m)).or(Some(*highest)),
    }
}

/// Versions by source address, from `.terraform.lock.hcl`.
fn lock_file(loader: &mut Loader<'_>, options: &Options) -> HashMap<String, Str> {
    let mut locked = HashMap::new();
    let path = options.root.join(".terraform.lock.hcl");
    let Ok(Text::Good(file)) = loader.read(&path) else { return locked };
    let text = loader.sources.text(file);
    let parsed = syntax::parse(file, &text);
    let body = Body::from_native(file, parsed.body, &mut Vec::new());
    for block in body.blocks("provider") {
        let version = block.body.attribute("version").map(|a| literal::text(&loader.sources, &a.expr));
        if let Some(Ok(Some(version))) = version {
            locked.insert(source_address(&block.label(0)), version.into());
        }
    }
    locked
}

/// `required_version` of every module.
pub(super) fn required_versions(tree: &Tree, options: &Options) -> Vec<Diagnostic> {
    tree.modules
        .iter()
        .flat_map(|module| module_versions(module, options.terraform_version.as_deref()))
        .collect()
}

fn module_versions(module: &Module, exact: Option<&str>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (constraint, span) in &module.required_version {
        match Constraints::parse(constraint) {
            None => {
                let detail = "This string does not use correct version constraint syntax.";
                found.push(Diagnostic::error(*span, "Invalid version constraint", detail));
            }
            Some(constraints) => {
                let refused = |text: &&str| Version::parse(text).is_some_and(|v| !constraints.admit(&v));
                let Some(text) = exact.filter(refused) else { continue };
                let detail = format!(
                    "This configuration does not support Terraform version {text}. To proceed, either choose \
                     another supported Terraform version or update this version constraint. Version \
                     constraints are normally set for good reason, so updating the constraint may lead to \
                     other errors or unexpected behavior."
                );
                found.push(Diagnostic::error(*span, "Unsupported Terraform Core version", detail));
            }
        }
    }
    found
}
