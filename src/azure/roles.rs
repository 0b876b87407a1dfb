//! Built-in roles by name and GUID.

static ROLES: &str = include_str!("roles.txt");

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROLES.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(' '))
}

/// The name of the built-in role with this GUID, without case.
pub fn name(guid: &str) -> Option<&'static str> {
    all().find(|(id, _)| id.eq_ignore_ascii_case(guid)).map(|(_, name)| name)
}

/// The GUID of a built-in role, by its name without case.
pub fn guid(name: &str) -> Option<&'static str> {
    all().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    #[test]
    fn roles_are_found_by_name_and_guid() {
        let guid = super::guid("acrpull").unwrap();
        assert_eq!(super::name(&guid.to_uppercase()), Some("AcrPull"));
        assert!(super::guid("No Such Role").is_none());
    }
}
