//! What a patch shows, as hosts count it.

/// A line that is there after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Its number after the change.
    pub(crate) new: u64,
    /// Its number before, of an added line that of the next line that was there.
    pub(crate) old: u64,
    pub(crate) added: bool,
    pub(crate) text: String,
}

/// The hunks of a patch with the header of each.
pub(crate) fn hunks(patch: &str) -> Vec<(String, Vec<Shown>)> {
    let mut all: Vec<(String, Vec<Shown>)> = Vec::new();
    let (mut old, mut new) = (0, 0);
    for line in patch.lines() {
        if let Some(header) = line.strip_prefix("@@ -") {
            let first = |range: &str| range.split(',').next().unwrap().parse::<u64>().unwrap();
            let (before, rest) = header.split_once(" +").unwrap();
            (old, new) = (first(before), first(rest.split_once(" @@").unwrap().0));
            all.push((line.to_owned(), Vec::new()));
            continue;
        }
        let (sign, text) = line.split_at(1);
        if sign == "-" {
            old += 1;
            continue;
        }
        let added = sign == "+";
        all.last_mut().unwrap().1.push(Shown { new, old, added, text: text.to_owned() });
        new += 1;
        old += u64::from(!added);
    }
    all
}

/// A line of a patch by its number after the change.
pub(crate) fn line(patch: &str, new: u64) -> Option<Shown> {
    hunks(patch).into_iter().flat_map(|(_, lines)| lines).find(|l| l.new == new)
}
