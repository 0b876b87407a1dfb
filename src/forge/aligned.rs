//! Lines of a file as it was reviewed, found again among those that a pull request shows.
//!
//! A CI reviews the merge of the change into its target, whose lines may stand elsewhere than those of the
//! change itself. A hunk is looked for in the reviewed text, and found only where every line of it is the same.

use super::changed::{File, Hunk};

/// The hunks of a file with the place of each in a reviewed text.
pub struct Aligned<'a> {
    /// Each with how many lines further down it stands there.
    hunks: Vec<(&'a Hunk, i64)>,
}

impl<'a> Aligned<'a> {
    /// Looks for the hunks of a file in its text; takes time in proportion to the text for each.
    pub fn new(file: &'a File, text: &str) -> Aligned<'a> {
        let reviewed: Vec<&str> = text.lines().collect();
        let hunks = file.hunks.iter().filter_map(|hunk| {
            let start = usize::try_from(hunk.lines.first()?.new).ok()?.checked_sub(1)?;
            let wanted: Vec<&str> = hunk.lines.iter().map(|l| l.text.as_str()).collect();
            let at = match reviewed.get(start..start + wanted.len()) == Some(&wanted[..]) {
                true => start,
                false => nearest(&reviewed, &wanted, start)?,
            };
            Some((hunk, i64::try_from(at).ok()? - i64::try_from(start).ok()?))
        });
        Aligned { hunks: hunks.collect() }
    }

    /// Where lines (from 1, both inclusive) stand in the pull request: both ends in one hunk, and at least one
    /// of them added by the change; `None` for all others.
    pub fn place(&self, lines: (u32, u32)) -> Option<(u32, u32)> {
        self.hunks.iter().find_map(|(hunk, shift)| {
            let moved = |n: u32| u32::try_from(i64::from(n) - shift).ok();
            let (first, last) = (moved(lines.0)?, moved(lines.1)?);
            let shown = first >= hunk.lines.first()?.new && last <= hunk.lines.last()?.new;
            let mut added = hunk.lines.iter().filter(|l| l.old.is_none());
            (shown && added.any(|l| (first..=last).contains(&l.new))).then_some((first, last))
        })
    }

    /// Where the first of these lines stands that the change adds.
    pub fn first_added(&self, lines: (u32, u32)) -> Option<(u32, u32)> {
        self.hunks.iter().find_map(|(hunk, shift)| {
            let within =
                |new: u32| (i64::from(lines.0)..=i64::from(lines.1)).contains(&(i64::from(new) + shift));
            let line = hunk.lines.iter().find(|l| l.old.is_none() && within(l.new))?;
            Some((line.new, line.new))
        })
    }
}

/// Where some lines stand among others, nearest to a place. One pass, whatever the lines are: what is already
/// known to fit is not compared again (Knuth, Morris and Pratt).
fn nearest(text: &[&str], wanted: &[&str], place: usize) -> Option<usize> {
    let mut borders = vec![0; wanted.len()];
    let mut fits = 0;
    for at in 1..wanted.len() {
        while fits > 0 && wanted[at] != wanted[fits] {
            fits = borders[fits - 1];
        }
        fits += usize::from(wanted[at] == wanted[fits]);
        borders[at] = fits;
    }
    let mut best: Option<usize> = None;
    fits = 0;
    for (at, line) in text.iter().enumerate() {
        while fits > 0 && wanted.get(fits) != Some(line) {
            fits = borders[fits - 1];
        }
        fits += usize::from(wanted.get(fits) == Some(line));
        if fits == wanted.len() {
            let start = at + 1 - fits;
            if best.is_none_or(|b| start.abs_diff(place) < b.abs_diff(place)) {
                best = Some(start);
            }
            fits = borders[fits - 1];
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forge::Changed;

    const PATCH: &str = "@@ -1,4 +1,5 @@ resource\n a\n-b\n+B\n+C\n c\n d\n@@ -20,2 +21,3 @@\n x\n+y\n z\n";

    fn text(before: &[&str]) -> String {
        let mut lines: Vec<String> = before.iter().map(|l| (*l).to_owned()).collect();
        lines.extend(["a", "B", "C", "c", "d"].map(str::to_owned));
        lines.extend((6..21).map(|n| format!("line {n}")));
        lines.extend(["x", "y", "z"].map(str::to_owned));
        lines.join("\r\n")
    }

    fn place(text: &str, lines: (u32, u32)) -> Option<(u32, u32)> {
        let mut changed = Changed::default();
        changed.add_patch("a.tf", None, PATCH);
        Aligned::new(changed.file("a.tf").unwrap(), text).place(lines)
    }

    #[test]
    fn only_lines_of_the_change_and_of_one_hunk_can_be_commented() {
        for (lines, expected) in [
            ((2, 2), Some((2, 2))),
            ((1, 3), Some((1, 3))),
            ((22, 22), Some((22, 22))),
            ((1, 1), None),
            ((4, 5), None),
            ((3, 22), None),
            ((10, 10), None),
            ((24, 24), None),
        ] {
            assert_eq!(place(&text(&[]), lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn lines_of_a_merge_are_found_in_the_change() {
        let merged = text(&["# of the target", "# branch"]);
        assert_eq!(place(&merged, (4, 5)), Some((2, 3)));
        assert_eq!(place(&merged, (24, 24)), Some((22, 22)));
        let other = merged.replace("\r\nc\r\n", "\r\nchanged by the target\r\n");
        assert_eq!(place(&other, (4, 5)), None);
        assert_eq!(place(&other, (24, 24)), Some((22, 22)), "the other hunk stands");
    }

    #[test]
    fn of_several_places_the_nearest_counts() {
        let text: Vec<&str> = "a b a a b a b b".split(' ').collect();
        assert_eq!(nearest(&text, &["a", "b"], 0), Some(0));
        assert_eq!(nearest(&text, &["a", "b"], 4), Some(3));
        assert_eq!(nearest(&text, &["a", "b"], 9), Some(5));
        assert_eq!(nearest(&text, &["a", "b", "a", "a"], 7), Some(0));
        assert_eq!(nearest(&text, &["b", "b", "b"], 0), None);
        // Much alike, and not there: one pass.
        let (many, hunk) = (vec!["x"; 60_000], [vec!["x"; 29_999], vec!["y"]].concat());
        assert_eq!(nearest(&many, &hunk, 0), None);
    }
}
