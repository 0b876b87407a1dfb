//! What rules ask beside what code declares: policies that may deny a change, watchers of networks, what may be used
//! in a region, and what Defender found in images.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::job::Job;
use super::{Kind, Reader, id_of};
use crate::azure::id::ResourceId;
use crate::azure::types;

/// The api-version of policies and their assignments.
const POLICIES: &str = "2023-04-01";
/// Lists of what is in force in a subscription, from above or from below it.
const IN_FORCE: [(&str, &str); 2] = [
    ("/providers/Microsoft.Authorization/policyAssignments", POLICIES),
    ("/providers/Microsoft.Authorization/policyExemptions", "2022-07-01-preview"),
];
const WATCHERS: (&str, &str) = ("/providers/Microsoft.Network/networkWatchers", "2025-01-01");
/// Findings of Defender about images of registries; the name is that of the assessment.
/// <https://learn.microsoft.com/azure/defender-for-cloud/subassessment-rest-api>
const FINDINGS: (&str, &str) = (
    "/providers/Microsoft.Security/assessments/c0b7cfc6-3172-465a-b378-53c7ff2cc0d5/subAssessments",
    "2019-01-01-preview",
);
/// How much of a registry is in use.
const LIST_USAGES: (&str, &str) = ("/listUsages", "2023-07-01");
/// Who counts what is in use in a region, and their api-versions.
const PROCESSORS: (&str, &str) = ("Microsoft.Compute", "2024-07-01");
const ADDRESSES: (&str, &str) = ("Microsoft.Network", "2025-01-01");

/// Effects of policies that stop a change.
const STOPS: [&str; 2] = ["deny", "denyaction"];

/// A list of what is below something: its id, the path below it, and the api-version.
pub(super) type Below = (String, String, &'static str);

/// The lists that rules need of a resource of a type in a region.
pub(super) fn lists(id: &ResourceId, arm_type: &str, region: Option<&str>) -> Vec<Below> {
    let Some(subscription) = id.subscription() else { return Vec::new() };
    let of = format!("/subscriptions/{}", subscription.to_ascii_lowercase());
    let is = |name: &str| arm_type.eq_ignore_ascii_case(name);
    let mut all: Vec<Below> = IN_FORCE.map(|(path, version)| (of.clone(), path.to_owned(), version)).into();
    if is(types::VNET) {
        all.push((of.clone(), WATCHERS.0.to_owned(), WATCHERS.1));
    }
    let counted = [(types::CLUSTER, PROCESSORS), (types::PUBLIC_IP, ADDRESSES)];
    let counted = counted.into_iter().find(|(name, _)| is(name));
    if let (Some((_, (provider, version))), Some(region)) = (counted, region) {
        let region = region.replace(' ', "").to_ascii_lowercase();
        // It becomes a part of an address.
        if !region.is_empty() && region.chars().all(|c| c.is_ascii_alphanumeric()) {
            all.push((of.clone(), format!("/providers/{provider}/locations/{region}/usages"), version));
        }
    }
    if is(types::REGISTRY) {
        all.push((of, FINDINGS.0.to_owned(), FINDINGS.1));
        all.push((id.to_string(), LIST_USAGES.0.to_owned(), LIST_USAGES.1));
    }
    all
}

impl Reader {
    /// The lists that rules need beside the documents that were found.
    pub(super) fn standing_of_found(&self) -> Vec<Job> {
        let mut all: BTreeSet<Below> = BTreeSet::new();
        for document in self.documents() {
            if let Some(id) = id_of(document)
                && let Some(arm_type) = id.arm_type()
            {
                all.extend(lists(&id, &arm_type, document["location"].as_str()));
            }
        }
        all.into_iter()
            .map(|(id, path, version)| Job::standing(&ResourceId::new(id), &path, version))
            .collect()
    }

    /// Reads the definitions that assignments name; an initiative names definitions of its own.
    pub(super) async fn define(&mut self) {
        for _ in 0..2 {
            self.run(self.definitions()).await;
        }
    }

    /// The definitions of policies that may stop a change. One that is known to audit only is left out: the initiatives
    /// that every subscription has name hundreds of them.
    fn definitions(&self) -> Vec<Job> {
        let mut ids: BTreeSet<String> = BTreeSet::new();
        let mut given: BTreeMap<String, Vec<&Json>> = BTreeMap::new();
        for properties in self.documents().map(|d| &d["properties"]) {
            let Some(id) = properties["policyDefinitionId"].as_str() else { continue };
            let off = properties["enforcementMode"].as_str();
            if off.is_some_and(|mode| mode.eq_ignore_ascii_case("DoNotEnforce")) {
                continue;
            }
            let parameters = &properties["parameters"];
            let by_itself = !id.to_ascii_lowercase().contains("/policysetdefinitions/");
            if !by_itself || may_stop(parameters["effect"]["value"].as_str()) {
                ids.insert(id.to_owned());
            }
            given.entry(ResourceId::new(id).key()).or_default().push(parameters);
        }
        for initiative in self.documents() {
            let properties = &initiative["properties"];
            let Some(members) = properties["policyDefinitions"].as_array() else { continue };
            let given = id_of(initiative).and_then(|id| given.get(&id.key())).map(Vec::as_slice);
            for member in members {
                let effect = member["parameters"]["effect"]["value"].as_str();
                let stops =
                    given.unwrap_or_default().iter().any(|g| may_stop(resolved(effect, g, properties)));
                if let (true, Some(id)) = (stops, member["policyDefinitionId"].as_str()) {
                    ids.insert(id.to_owned());
                }
            }
        }
        let jobs = ids.into_iter().map(ResourceId::new).filter(|id| !self.found.contains_key(&id.key()));
        let jobs = jobs.filter_map(|id| Job::point(&id, Kind::Other, Some(POLICIES)));
        jobs.map(Job::beside).collect()
    }
}

/// The effect of a member of an initiative: a word, or what an assignment or the initiative says of a parameter.
fn resolved<'a>(effect: Option<&'a str>, given: &'a Json, initiative: &'a Json) -> Option<&'a str> {
    let Some(name) = effect?.strip_prefix("[parameters('").and_then(|rest| rest.strip_suffix("')]")) else {
        return effect;
    };
    given[name]["value"].as_str().or_else(|| initiative["parameters"][name]["defaultValue"].as_str())
}

/// Whether a policy of an effect may stop a change; what is not known may.
fn may_stop(effect: Option<&str>) -> bool {
    effect.is_none_or(|e| e.starts_with('[') || STOPS.iter().any(|s| s.eq_ignore_ascii_case(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_audits_is_not_read() {
        assert!(may_stop(None) && may_stop(Some("Deny")) && may_stop(Some("[if(equals(1, 2), 'a', 'b')]")));
        assert!(!may_stop(Some("AuditIfNotExists")));
        let initiative = serde_json::json!({"parameters": {"e": {"defaultValue": "Audit"}}});
        let nothing = serde_json::json!({});
        assert_eq!(resolved(Some("[parameters('e')]"), &nothing, &initiative), Some("Audit"));
        let given = serde_json::json!({"e": {"value": "Deny"}});
        assert_eq!(resolved(Some("[parameters('e')]"), &given, &initiative), Some("Deny"));
        assert_eq!(resolved(Some("Disabled"), &given, &initiative), Some("Disabled"));
    }

    #[test]
    fn a_region_that_is_no_name_is_not_asked_for() {
        let id = ResourceId::new(
            "/subscriptions/S/resourceGroups/g/providers/Microsoft.Network/publicIPAddresses/a",
        );
        let paths = |region| lists(&id, types::PUBLIC_IP, Some(region)).into_iter().map(|(_, path, _)| path);
        assert!(
            paths("West Europe").any(|p| p == "/providers/Microsoft.Network/locations/westeurope/usages")
        );
        assert_eq!(paths("../x").count(), IN_FORCE.len());
    }
}
