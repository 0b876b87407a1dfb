//! Where the rows of a region may live: billing zones and sovereign clouds.
//!
//! Zone 1 is North America and Europe, zone 2 Asia and Australia, zone 3 Brazil, South Africa and the
//! Emirates (Infracost's mapping at 95ba4f49; Microsoft's own page was not at hand).

use super::prices::Scope;

/// Beginnings of region names by zone; what no line names is zone 1.
const ZONES: &[(&str, &[&str])] = &[
    (
        "Zone 2",
        &[
            "australia",
            "eastasia",
            "southeastasia",
            "centralindia",
            "southindia",
            "westindia",
            "jioindia",
            "indiasouth",
            "japan",
            "korea",
            "newzealand",
            "malaysia",
            "indonesia",
            "taiwan",
            "singapore",
            "asiapacific",
        ],
    ),
    ("Zone 3", &["brazil", "southafrica", "uae", "chile", "saudiarabia"]),
];

fn is_gov(region: &str) -> bool {
    region.starts_with("usgov") || region.starts_with("usdod") || region.starts_with("ussec")
}

/// True in the commercial cloud; the sovereign ones have prices of their own.
pub(super) fn is_commercial(region: &str) -> bool {
    !is_gov(region)
        && !region.starts_with("US Gov")
        && !region.starts_with("china")
        && !region.contains("(China)")
        && !region.starts_with("DE Zone")
}

/// The regions to ask for a price in a region, in order.
pub(super) fn scopes(region: &str, scope: Scope) -> Vec<&str> {
    let (wide, zone): (&[&str], &str) = if is_gov(region) {
        (&["US Gov"], "US Gov Zone 1")
    } else if region.starts_with("china") {
        (&[], "Zone 1 (China)")
    } else {
        let named = |(_, begins): &&(&str, &[&str])| begins.iter().any(|b| region.starts_with(b));
        (&["*", "Global"], ZONES.iter().find(named).map_or("Zone 1", |(zone, _)| zone))
    };
    let mut places: Vec<&str> = Vec::with_capacity(6);
    match scope {
        Scope::Region => places.push(region),
        Scope::Global => places.extend(wide.iter().filter(|w| **w != "*")),
        Scope::Zone => places.push(zone),
    }
    places.push(region);
    places.extend(wide);
    places.push(zone);
    if is_commercial(region) {
        places.push("");
    }
    let mut seen = std::collections::HashSet::new();
    places.retain(|p| seen.insert(*p));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_itself_then_wider_rows() {
        assert_eq!(scopes("westeurope", Scope::Region), ["westeurope", "*", "Global", "Zone 1", ""]);
        assert_eq!(scopes("japaneast", Scope::Zone), ["Zone 2", "japaneast", "*", "Global", ""]);
        assert_eq!(scopes("brazilsouth", Scope::Global), ["Global", "brazilsouth", "*", "Zone 3", ""]);
    }

    #[test]
    fn sovereign_clouds_do_not_fall_back_on_commercial_prices() {
        assert_eq!(scopes("usgovvirginia", Scope::Global), ["US Gov", "usgovvirginia", "US Gov Zone 1"]);
        assert_eq!(scopes("chinanorth3", Scope::Region), ["chinanorth3", "Zone 1 (China)"]);
    }
}
