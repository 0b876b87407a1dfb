//! "Did you mean": Terraform's rule.

/// The first candidate that differs from `given` by fewer than three edits, as Terraform suggests it.
pub fn suggestion<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates.into_iter().find(|c| is_near(given, c))
}

/// How long names are compared: longer ones are no typing errors, and the cost is quadratic.
const MAX_CHARS: usize = 128;

/// True when the Levenshtein distance is 1 or 2 (0 is no mistake, but Terraform does not ask).
fn is_near(a: &str, b: &str) -> bool {
    const FAR: usize = 3;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) >= FAR || a.len().max(b.len()) > MAX_CHARS {
        return false;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(left);
        for (y, &above) in b.iter().zip(row.iter().skip(1)) {
            let replaced = diagonal + usize::from(x != y);
            left = replaced.min(above + 1).min(left + 1);
            next.push(left);
            diagonal = above;
        }
        row = next;
    }
    row.last().is_some_and(|d| *d < FAR)
}

#[cfg(test)]
mod tests {
    use super::suggestion;

    #[test]
    fn suggests_a_name_that_is_two_edits_away() {
        let names = ["location", "name", "resource_group_name", "tags"];
        for (given, expected) in [
            ("locaton", Some("location")),
            ("nmae", Some("name")),
            ("resource_group", None),
            ("tag", Some("tags")),
            ("", None),
            ("lokashun", None),
        ] {
            assert_eq!(suggestion(given, names), expected, "{given}");
        }
        assert_eq!(suggestion(&"x".repeat(100_000), [&*"x".repeat(100_001)]), None);
    }
}
