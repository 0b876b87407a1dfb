//! `[drift]` of trueup.toml: what is no drift here, such as tags that a policy writes.

use serde::Deserialize;

use crate::analysis::changes::{Acceptance, Difference, ResourceDrift, json};
use crate::review::suppress;
use crate::terraform::value::{Str, Value};

/// `[drift]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftSettings {
    /// `[[drift.ignore]]`
    pub ignore: Vec<Ignore>,
}

/// Differences that are ignored: all that is given must hold. In patterns `*` stands for any text.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ignore {
    /// Names of tags, without case.
    pub tags: Vec<String>,
    /// Attributes, each with all below it.
    pub attributes: Vec<String>,
    /// Terraform address.
    pub address: Option<String>,
    /// ARM id, without case.
    pub resource: Option<String>,
    /// Terraform type, or ARM type of what is declared nowhere; without case.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub until: Option<String>,
}

impl DriftSettings {
    /// What is wrong with them, if anything is.
    pub fn check(&self) -> Result<(), String> {
        for (at, rule) in self.ignore.iter().enumerate() {
            let at = format!("[[drift.ignore]] number {}", at + 1);
            if rule.reason.trim().is_empty() {
                return Err(format!("{at}: it needs a reason, such as reason = \"written by Azure Policy\""));
            }
            if let Some(day) = rule.until.as_deref().filter(|day| suppress::date(day).is_none()) {
                return Err(format!("{at}: \"{day}\" is no date, such as 2027-01-31"));
            }
            let of_whom = [&rule.address, &rule.resource, &rule.type_name];
            if rule.tags.is_empty() && rule.attributes.is_empty() && of_whom.iter().all(|p| p.is_none()) {
                return Err(format!("{at}: give tags, attributes, address, resource or type"));
            }
        }
        Ok(())
    }

    /// The rule that ignores a difference, or a resource as a whole.
    pub(super) fn acceptance(
        &self,
        resource: &ResourceDrift,
        difference: Option<&Difference>,
        today: &str,
    ) -> Option<Acceptance> {
        let holds = |rule: &&Ignore| rule.until.as_deref().is_none_or(|day| today <= day);
        let rule = self.ignore.iter().filter(holds).find(|r| r.covers(resource, difference))?;
        Some(Acceptance {
            by: "trueup.toml",
            reason: rule.reason.trim().to_owned(),
            owner: String::new(),
            until: rule.until.clone(),
        })
    }
}

impl Ignore {
    fn covers(&self, resource: &ResourceDrift, difference: Option<&Difference>) -> bool {
        let is = |pattern: &Option<String>, text: &str| {
            pattern.as_ref().is_none_or(|p| wildcard(&p.to_lowercase(), &text.to_lowercase()))
        };
        self.address.as_ref().is_none_or(|p| wildcard(p, &resource.address))
            && is(&self.resource, &resource.id)
            && is(&self.type_name, &resource.type_name)
            && match difference {
                Some(difference) => self.covers_difference(difference),
                None => self.tags.is_empty() && self.attributes.is_empty(),
            }
    }

    fn covers_difference(&self, difference: &Difference) -> bool {
        if self.tags.is_empty() && self.attributes.is_empty() {
            return true;
        }
        self.attributes.iter().any(|p| is_below(p, &difference.attribute))
            || !self.tags.is_empty()
                && tags(difference).is_some_and(|tags| tags.iter().all(|t| self.is_tag(t)))
    }

    fn is_tag(&self, name: &str) -> bool {
        self.tags.iter().any(|p| wildcard(&p.to_lowercase(), &name.to_lowercase()))
    }
}

/// The names of the tags that a difference is about; nothing when it is not about tags.
fn tags(difference: &Difference) -> Option<Vec<String>> {
    let path = format!(".{}", difference.attribute);
    if let Some((_, name)) = path.split_once(".tags.") {
        return Some(vec![name.to_owned()]);
    }
    if !path.ends_with(".tags") {
        return None;
    }
    let [declared, live] =
        [&difference.declared, &difference.live].map(|v| v.as_ref().and_then(Value::as_map));
    let differs = |name: &&Str| {
        let [code, there] = [declared, live].map(|side| side.and_then(|m| m.get(*name)).map(json));
        code != there
    };
    let names = declared.into_iter().chain(live).flat_map(|m| m.keys());
    let differing: Vec<String> = names.filter(differs).map(ToString::to_string).collect();
    (!differing.is_empty()).then_some(differing)
}

/// The pattern fits the path, or something that it is below.
fn is_below(pattern: &str, path: &str) -> bool {
    let ends = path.match_indices(['.', '[']).map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| path.get(..end)).any(|head| wildcard(pattern, head))
}

/// True when a text is as a pattern says, in which `*` stands for any text and everything else for itself
/// (brackets are part of addresses).
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|head| text.strip_prefix(head)) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(tail) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part).filter(|_| !part.is_empty()).or(
            // Two stars in a row are one.
            part.is_empty().then_some(("", rest)),
        ) else {
            return false;
        };
        rest = behind;
    }
    rest.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let cases = [
            ("a", "a", true),
            ("a", "ab", false),
            ("created*", "createdBy", true),
            ("*", "", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c", false),
            ("ab*b", "ab", false),
            ("x.y[\"a\"]", "x.y[\"a\"]", true),
            ("module.a**.b", "module.a[0].b", true),
        ];
        for (pattern, text, fits) in cases {
            assert_eq!(wildcard(pattern, text), fits, "{pattern} {text}");
        }
        assert!(is_below("default_node_pool", "default_node_pool.upgrade_settings.max_surge"));
        assert!(!is_below("default_node", "default_node_pool"));
    }
}
