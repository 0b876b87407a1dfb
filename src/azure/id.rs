//! ARM resource ids: parsing, parents, and comparison without case.

use std::fmt;

/// An ARM resource id as somebody wrote it. Equality and hashing ignore case, as ARM does.
#[derive(Clone, Debug)]
pub struct ResourceId(String);

impl ResourceId {
    /// An id from its text, a trailing slash dropped.
    pub fn new(text: impl Into<String>) -> ResourceId {
        let mut text = text.into();
        while text.len() > 1 && text.ends_with('/') {
            text.pop();
        }
        ResourceId(text)
    }

    /// The id as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key under which an id is found: lower case.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The value of a segment, such as `subscriptions`, `resourceGroups` or `virtualNetworks`.
    pub fn segment(&self, name: &str) -> Option<&str> {
        let mut parts = self.0.split('/').skip(1);
        while let (Some(k), Some(v)) = (parts.next(), parts.next()) {
            if k.eq_ignore_ascii_case(name) {
                return Some(v);
            }
        }
        None
    }

    /// The last segment: the resource's name.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The id without its last two segments: the parent of a child resource.
    pub fn parent(&self) -> Option<ResourceId> {
        let (head, _) = self.0.rsplit_once('/')?;
        let (head, _) = head.rsplit_once('/')?;
        (!head.is_empty()).then(|| ResourceId(head.to_owned()))
    }

    /// The subscription id.
    pub fn subscription(&self) -> Option<&str> {
        self.segment("subscriptions")
    }

    /// What is read together: the subscription in lower case, empty for what belongs to none.
    pub fn place(&self) -> String {
        self.subscription().unwrap_or_default().to_ascii_lowercase()
    }

    /// Whether it is read together with a place.
    pub fn is_of(&self, place: &str) -> bool {
        self.subscription().unwrap_or_default().eq_ignore_ascii_case(place)
    }

    /// The resource group's name.
    pub fn resource_group(&self) -> Option<&str> {
        self.segment("resourceGroups")
    }

    /// The ARM type, such as `Microsoft.Network/virtualNetworks/subnets`: of the last provider in it.
    /// Resource groups and subscriptions have types of `Microsoft.Resources`.
    pub fn arm_type(&self) -> Option<String> {
        let parts: Vec<&str> = self.0.split('/').skip(1).collect();
        match parts.iter().rposition(|p| p.eq_ignore_ascii_case("providers")) {
            Some(at) => {
                let namespace = parts.get(at + 1)?;
                let types: Vec<&str> = parts.get(at + 2..)?.iter().step_by(2).copied().collect();
                (!types.is_empty()).then(|| format!("{namespace}/{}", types.join("/")))
            }
            None if parts.len() == 4 => Some("Microsoft.Resources/resourceGroups".to_owned()),
            None if parts.len() == 2 => Some("Microsoft.Resources/subscriptions".to_owned()),
            None => None,
        }
    }
}

impl PartialEq for ResourceId {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for ResourceId {}

impl std::hash::Hash for ResourceId {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        for b in self.0.bytes() {
            state.write_u8(b.to_ascii_lowercase());
        }
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
