//! Azure regions by any name that people use for them.

static REGIONS: &str = include_str!("regions.txt");

/// A region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region {
    /// Its id, such as `westeurope`.
    pub id: &'static str,
    /// Its name, such as `West Europe`.
    pub name: &'static str,
}

/// A location as ARM answers it: lower case, no blanks.
pub fn normal(location: &str) -> String {
    location.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// The region of an id, a display name or a common abbreviation (`weu`), case and punctuation aside.
pub fn region(name: &str) -> Option<Region> {
    let plain: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let all = || {
        REGIONS.lines().filter(|l| !l.starts_with('#')).filter_map(|line| {
            let mut cells = line.split('|');
            Some((Region { id: cells.next()?, name: cells.next()? }, cells.next().unwrap_or("")))
        })
    };
    let by_id = all().find(|(r, _)| r.id == plain);
    let found = by_id.or_else(|| all().find(|(_, others)| others.split(',').any(|o| o == plain)));
    found.map(|(region, _)| region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_many_names() {
        for name in ["westeurope", "West Europe", "west-europe", "weu", "WEST_EUROPE"] {
            assert_eq!(region(name).map(|r| r.id), Some("westeurope"), "{name}");
        }
        assert_eq!(region("East US 2").map(|r| r.name), Some("East US 2"));
        assert!(region("nowhere").is_none());
        assert_eq!(normal("West Europe"), "westeurope");
    }
}
