//! Where regions are, in whole degrees: the nearest one stands in for a region without a price.

/// Region, latitude, longitude, of the place that Microsoft names for the region. Sorted by name.
#[rustfmt::skip]
const PLACES: &[(&str, i32, i32)] = &[
    ("australiacentral", -35, 149),
    ("australiacentral2", -35, 149),
    ("australiaeast", -34, 151),
    ("australiasoutheast", -38, 145),
    ("austriaeast", 48, 16),
    ("belgiumcentral", 51, 4),
    ("brazilsouth", -24, -47),
    ("brazilsoutheast", -23, -43),
    ("canadacentral", 44, -79),
    ("canadaeast", 47, -71),
    ("centralindia", 19, 74),
    ("centralus", 42, -93),
    ("chilecentral", -33, -71),
    ("denmarkeast", 56, 12),
    ("eastasia", 22, 114),
    ("eastus", 37, -79),
    ("eastus2", 37, -78),
    ("francecentral", 46, 2),
    ("francesouth", 43, 5),
    ("germanynorth", 53, 9),
    ("germanywestcentral", 50, 9),
    ("indonesiacentral", -6, 107),
    ("israelcentral", 32, 35),
    ("italynorth", 45, 9),
    ("japaneast", 36, 140),
    ("japanwest", 35, 136),
    ("jioindiacentral", 21, 79),
    ("jioindiawest", 22, 70),
    ("koreacentral", 38, 127),
    ("koreasouth", 35, 129),
    ("malaysiawest", 3, 102),
    ("mexicocentral", 21, -100),
    ("newzealandnorth", -37, 175),
    ("northcentralus", 42, -88),
    ("northeurope", 53, -6),
    ("norwayeast", 60, 11),
    ("norwaywest", 59, 6),
    ("polandcentral", 52, 21),
    ("qatarcentral", 25, 51),
    ("southafricanorth", -26, 28),
    ("southafricawest", -34, 19),
    ("southcentralus", 29, -98),
    ("southeastasia", 1, 104),
    ("southindia", 13, 80),
    ("spaincentral", 40, -4),
    ("swedencentral", 61, 17),
    ("swedensouth", 56, 13),
    ("switzerlandnorth", 47, 9),
    ("switzerlandwest", 46, 6),
    ("taiwannorth", 25, 122),
    ("uaecentral", 24, 54),
    ("uaenorth", 25, 55),
    ("uksouth", 51, -1),
    ("ukwest", 53, -3),
    ("westcentralus", 41, -105),
    ("westeurope", 52, 5),
    ("westindia", 19, 73),
    ("westus", 38, -122),
    ("westus2", 47, -120),
    ("westus3", 33, -112),
];

fn place(region: &str) -> Option<(f64, f64)> {
    let at = PLACES.binary_search_by(|(name, ..)| (*name).cmp(region)).ok()?;
    PLACES.get(at).map(|(_, latitude, longitude)| (f64::from(*latitude), f64::from(*longitude)))
}

/// How far apart two regions are, in kilometres on the sphere; farther than anything when a place is not
/// known.
pub(super) fn distance(a: &str, b: &str) -> u32 {
    const RADIUS: f64 = 6_371.0;
    let (Some(a), Some(b)) = (place(a), place(b)) else { return u32::MAX };
    let half = |x: f64, y: f64| ((x - y).to_radians() / 2.0).sin().powi(2);
    let chord = half(a.0, b.0) + a.0.to_radians().cos() * b.0.to_radians().cos() * half(a.1, b.1);
    (2.0 * RADIUS * chord.sqrt().min(1.0).asin()).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_region() {
        assert!(PLACES.is_sorted_by_key(|(name, ..)| *name));
        let nearest =
            |from: &str, of: &[&'static str]| of.iter().copied().min_by_key(|to| distance(from, to));
        assert_eq!(nearest("northeurope", &["eastus", "westeurope"]), Some("westeurope"));
        assert_eq!(nearest("brazilsouth", &["eastus", "westeurope"]), Some("eastus"));
        assert_eq!(nearest("newzealandnorth", &["westus", "australiaeast"]), Some("australiaeast"));
        assert_eq!(distance("eastus", "westmars"), u32::MAX);
        assert_eq!(distance("eastus", "eastus"), 0);
        for (name, ..) in PLACES {
            assert!(crate::azure::regions::region(name).is_some(), "{name}");
        }
    }
}
