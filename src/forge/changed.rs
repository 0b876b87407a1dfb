//! What a pull request changes: the lines that its diff shows, on which comments can stand.

use std::collections::BTreeMap;

/// Files of a pull request with the hunks of their diff.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    files: BTreeMap<String, File>,
}

/// One changed file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// Its path before, where that is another.
    pub old_path: Option<String>,
    /// The stretches that the diff shows, from top to bottom.
    pub hunks: Vec<Hunk>,
}

/// A stretch of a diff: the lines that are there after the change, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// Its lines.
    pub lines: Vec<Line>,
}

/// A line that is there after the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number after the change, from 1.
    pub new: u32,
    /// Its number before; `None` for a line that the change adds.
    pub old: Option<u32>,
    /// Its text without the line end.
    pub text: String,
}

impl Changed {
    /// Adds a file by the hunks of a patch in the unified form; lines before the first `@@` are passed over.
    /// A patch that cannot be read leaves what was read of it.
    pub fn add_patch(&mut self, path: &str, old_path: Option<&str>, patch: &str) {
        let old_path = old_path.filter(|old| *old != path).map(str::to_owned);
        self.files.insert(path.to_owned(), File { old_path, hunks: hunks(patch) });
    }

    /// Adds a file by its hunks.
    pub fn add(&mut self, path: &str, file: File) {
        self.files.insert(path.to_owned(), file);
    }

    /// A file.
    pub fn file(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Where lines of a file stand in the pull request: both ends in one hunk, and at least one of them added
    /// by the change; `None` for all others.
    ///
    /// `text` is the file as it was reviewed, to which `lines` (from 1, both inclusive) belong. A CI reviews
    /// the merge of the change into its target, whose lines may stand elsewhere than those of the change
    /// itself: the hunk is looked for in the text, and found only where every line of it is the same.
    pub fn place(&self, path: &str, text: &str, lines: (u32, u32)) -> Option<(u32, u32)> {
        let reviewed: Vec<&str> = text.lines().collect();
        self.files.get(path)?.hunks.iter().find_map(|hunk| {
            let shift = hunk.shift(&reviewed, lines)?;
            let moved = |n: u32| u32::try_from(i64::from(n) - shift).ok();
            let (first, last) = (moved(lines.0)?, moved(lines.1)?);
            let mut touched = hunk.lines.iter().filter(|l| (first..=last).contains(&l.new));
            touched.any(|l| l.old.is_none()).then_some((first, last))
        })
    }
}

impl Hunk {
    /// How many lines further down the hunk stands in a reviewed text than in the pull request, for a place
    /// of it that holds these lines of the text.
    fn shift(&self, reviewed: &[&str], lines: (u32, u32)) -> Option<i64> {
        let start = i64::from(self.lines.first()?.new);
        let height = i64::try_from(self.lines.len()).ok()?;
        let (first, last) = (i64::from(lines.0), i64::from(lines.1));
        // Where the hunk has to begin so that the lines lie in it; its own place is tried first.
        let mut starts: Vec<i64> = (last - height + 1..=first).filter(|s| *s >= 1).collect();
        starts.sort_by_key(|s| (*s - start).abs());
        let fits = |at: &i64| {
            let Ok(at) = usize::try_from(at - 1) else { return false };
            let there = reviewed.get(at..at + self.lines.len());
            there.is_some_and(|there| there.iter().zip(&self.lines).all(|(text, line)| *text == line.text))
        };
        starts.into_iter().find(fits).map(|at| at - start)
    }
}

fn hunks(patch: &str) -> Vec<Hunk> {
    let mut all: Vec<Hunk> = Vec::new();
    let (mut old, mut new) = (0, 0);
    for line in patch.split('\n') {
        if let Some(rest) = line.strip_prefix("@@ -") {
            let Some(starts) = starts(rest) else { break };
            (old, new) = starts;
            all.push(Hunk::default());
            continue;
        }
        let Some(hunk) = all.last_mut() else { continue };
        let text = |line: &str| line.get(1..).unwrap_or_default().trim_end_matches('\r').to_owned();
        match line.as_bytes().first() {
            Some(b'+') => {
                hunk.lines.push(Line { new, old: None, text: text(line) });
                new += 1;
            }
            Some(b' ') => {
                hunk.lines.push(Line { new, old: Some(old), text: text(line) });
                (old, new) = (old + 1, new + 1);
            }
            Some(b'-') => old += 1,
            // `\ No newline at end of file`, and the end of the patch.
            _ => {}
        }
    }
    all
}

/// The first lines of `12,7 +12,9 @@ ...`.
fn starts(rest: &str) -> Option<(u32, u32)> {
    let (old, rest) = rest.split_once(" +")?;
    let new = rest.split_once(" @@")?.0;
    let first = |range: &str| range.split(',').next()?.parse().ok();
    Some((first(old)?, first(new)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATCH: &str = "@@ -1,4 +1,5 @@ resource\n a\n-b\n+B\n+C\n c\n d\n@@ -20,2 +21,3 @@\n x\n+y\n z\n\\ No newline at end of file";

    fn changed() -> Changed {
        let mut changed = Changed::default();
        changed.add_patch("m/a.tf", Some("m/a.tf"), PATCH);
        changed
    }

    fn text(before: &[&str]) -> String {
        let mut lines: Vec<String> = before.iter().map(|l| (*l).to_owned()).collect();
        lines.extend(["a", "B", "C", "c", "d"].map(str::to_owned));
        lines.extend((6..21).map(|n| format!("line {n}")));
        lines.extend(["x", "y", "z"].map(str::to_owned));
        lines.join("\n")
    }

    #[test]
    fn only_lines_of_the_change_and_of_one_hunk_can_be_commented() {
        let (changed, text) = (changed(), text(&[]));
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
            assert_eq!(changed.place("m/a.tf", &text, lines), expected, "{lines:?}");
        }
        assert_eq!(changed.place("m/b.tf", &text, (2, 2)), None);
        let file = changed.file("m/a.tf").unwrap();
        assert_eq!(file.old_path, None);
        assert_eq!(file.hunks[0].lines[3], Line { new: 4, old: Some(3), text: "c".into() });
    }

    #[test]
    fn lines_of_a_merge_are_found_in_the_change() {
        let merged = text(&["# of the target", "# branch"]);
        assert_eq!(changed().place("m/a.tf", &merged, (4, 5)), Some((2, 3)));
        assert_eq!(changed().place("m/a.tf", &merged, (24, 24)), Some((22, 22)));
        let other = merged.replace("\nc\n", "\nchanged by the target\n");
        assert_eq!(changed().place("m/a.tf", &other, (4, 5)), None);
    }

    #[test]
    fn patches_that_are_none_say_nothing() {
        for patch in ["", "@@", "@@ -x +y @@\n+a", "Binary files differ", "@@ -1 +1 @@"] {
            let mut changed = Changed::default();
            changed.add_patch("a", None, patch);
            assert_eq!(changed.place("a", "a\nb", (1, 1)), None, "{patch}");
        }
    }
}
