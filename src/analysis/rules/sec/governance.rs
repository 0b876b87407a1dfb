//! SEC-019, SEC-020 and SEC-024: tags, regions and names that the team asks for in trueup.toml.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::shown;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::terraform::address::Mode;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

/// A resource group of a team that sets something in trueup.toml: the setting, and lines of the group.
macro_rules! governed {
    ($setting:literal, $lines:literal) => {
        concat!(
            "# file trueup.toml\n",
            $setting,
            "# file main.tf\nresource \"azurerm_resource_group\" \"example\" {\n",
            $lines,
            "}\n"
        )
    };
}

pub(super) static TAGS: Check = Check {
    meta: Meta {
        id: "TU-SEC-019",
        name: "required-tags",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "a tag that the team asks for is missing",
        why: "Nobody can tell whose the resource is, what it belongs to and who pays for it.",
        fix: "Add the tag; required_tags in [rules] of trueup.toml lists what every resource must have.",
        exceptions: "",
        bad: governed!(
            "[rules]\nrequired_tags = [\"owner\", \"cost-center\"]\n",
            "  name     = \"rg-example\"\n  location = \"westeurope\"\n  tags     = { owner = \"platform\" }\n"
        ),
        good: governed!(
            "[rules]\nrequired_tags = [\"owner\"]\n",
            "  name     = \"rg-example\"\n  location = \"westeurope\"\n  tags     = { owner = \"platform\" }\n"
        ),
        references: &[
            "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
        ],
        peers: &[
            "PSRule Azure.Resource.UseTags",
            "PSRule Azure.Resource.RequiredTags",
            "PSRule Azure.Group.RequiredTags",
            "TFLint azurerm_resource_missing_tags",
        ],
    },
    check: tags,
};

pub(super) static REGION: Check = Check {
    meta: Meta {
        id: "TU-SEC-020",
        name: "region-not-allowed",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the resource stands in a region that the team does not allow",
        why: "Data leaves the regions that the organisation has agreed to keep it in.",
        fix: "Choose a region of allowed_regions in [rules] of trueup.toml.",
        exceptions: "",
        bad: governed!(
            "[rules]\nallowed_regions = [\"westeurope\", \"northeurope\"]\n",
            "  name     = \"rg-example\"\n  location = \"East US\"\n"
        ),
        good: governed!(
            "[rules]\nallowed_regions = [\"westeurope\", \"northeurope\"]\n",
            "  name     = \"rg-example\"\n  location = \"West Europe\"\n"
        ),
        references: &["https://learn.microsoft.com/azure/governance/policy/samples/built-in-policies"],
        peers: &["PSRule Azure.Resource.AllowedRegions"],
    },
    check: regions,
};

pub(super) static NAME: Check = Check {
    meta: Meta {
        id: "TU-SEC-024",
        name: "naming-convention",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "the name does not follow the team's convention",
        why: "Names are how people and scripts find resources, and most of them cannot be changed later.",
        fix: "Choose another name before the first apply. [rules.naming] of trueup.toml has an expression by resource \
              type, or preset = \"caf\" for the abbreviations of the Cloud Adoption Framework.",
        exceptions: "Resources that are there already: a new name would make them anew.",
        bad: governed!(
            "[rules.naming]\npreset = \"caf\"\n",
            "  name     = \"example-group\"\n  location = \"westeurope\"\n"
        ),
        good: governed!(
            "[rules.naming]\npreset = \"caf\"\n",
            "  name     = \"rg-example\"\n  location = \"westeurope\"\n"
        ),
        references: &[
            "https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-abbreviations",
        ],
        peers: &[
            "PSRule Azure.AKS.Naming",
            "PSRule Azure.ACR.Naming",
            "PSRule Azure.VNET.Naming",
            "PSRule Azure.VNET.SubnetNaming",
            "PSRule Azure.NSG.Naming",
            "PSRule Azure.PublicIP.Naming",
            "PSRule Azure.LB.Naming",
            "PSRule Azure.Route.Naming",
            "PSRule Azure.Log.Naming",
            "PSRule Azure.Group.Naming",
        ],
    },
    check: names,
};

/// Resources of Azure that the code declares.
fn of_azure<'a>(graph: &Graph<'a>) -> impl Iterator<Item = &'a Instance> + use<'a> {
    let all = graph.evaluation.map(|e| e.instances.as_slice()).unwrap_or_default();
    all.iter().filter(|i| {
        let name = &*i.address.type_name;
        i.address.mode == Mode::Managed && (name.starts_with("azurerm_") || name == "azapi_resource")
    })
}

fn tags(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let wanted = &graph.parameters.required_tags;
    for instance in of_azure(graph) {
        let own = instance.config.get("tags").filter(|v| !v.is_null());
        // Arguments that a type does not have are not planned.
        let taggable = instance.planned.as_map().is_none_or(|m| m.contains_key("tags"));
        // ARM has types without tags: what has no location has none either, as a rule.
        let untagged = &*instance.address.type_name == "azapi_resource"
            && own.is_none()
            && instance.config.get("location").is_none_or(Value::is_null);
        if wanted.is_empty() || !taggable || untagged {
            out.skip(instance, "no tags are asked for, or it has none");
            continue;
        }
        let providers = graph.evaluation.map(|e| &e.providers);
        let config = providers.and_then(|p| p.get(&instance.provider)?.config.as_ref());
        let given = config.and_then(|c| c.get("default_tags"));
        let missing: Vec<&str> = wanted
            .iter()
            .filter(|tag| ![own, given].into_iter().flatten().any(|v| has(v, tag) != Truth::No))
            .map(String::as_str)
            .collect();
        let unsure = [own, given].into_iter().flatten().find_map(Value::as_unknown);
        let fine = match (missing.is_empty(), unsure) {
            (true, Some(unknown)) => Truth::Unknown(unknown.reason.to_string()),
            (fine, _) => fine.into(),
        };
        out.judge(instance, own, fine, format!("it lacks the tags {}", missing.join(", ")));
    }
}

/// Whether tags have a name, without case; the keys of a known map decide.
fn has(tags: &Value, name: &str) -> Truth {
    match tags.as_unknown() {
        Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
        None => tags.as_map().is_some_and(|m| m.keys().any(|k| k.eq_ignore_ascii_case(name))).into(),
    }
}

fn regions(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for instance in of_azure(graph) {
        let location = instance.config.get("location").filter(|v| !v.is_null());
        let plain = |v: &Value| v.as_str().map(|t| t.replace(' ', "").to_ascii_lowercase());
        if location.is_none()
            || graph.parameters.allowed_regions.is_empty()
            || location.and_then(plain).as_deref() == Some("global")
        {
            out.skip(instance, "no regions are listed, or it stands in none");
            continue;
        }
        let fine = Truth::of(location, false, |v| {
            plain(v).is_some_and(|r| graph.parameters.allows_region(&r).unwrap_or(true))
        });
        let text = match location.and_then(Value::as_str) {
            Some(region) => format!("it stands in {region}"),
            None => "the team allows none of the regions that it may stand in".to_owned(),
        };
        out.judge(instance, location, fine, text);
    }
}

fn names(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for instance in of_azure(graph) {
        let name = instance.config.get("name").filter(|v| !v.is_null());
        let pattern = graph.parameters.naming.pattern(&instance.address.type_name);
        let (Some(name), Some(pattern)) = (name, pattern) else {
            out.skip(instance, "no pattern is set for names of this type");
            continue;
        };
        let Ok(expression) = regex::Regex::new(&pattern) else {
            out.unknown(instance, "the pattern is no regular expression");
            continue;
        };
        let fine = Truth::of(Some(name), true, |v| v.as_str().is_some_and(|t| expression.is_match(t)));
        out.judge(instance, Some(name), fine, format!("the name {} is not like {pattern}", shown(name)));
    }
}
