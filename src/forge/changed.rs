//! What a pull request changes: the lines that its diff shows, on which comments can stand.

use std::collections::BTreeMap;

/// Lines of a file that is compared, at most; and those around a change that a hunk shows.
const MAX_LINES: usize = 20_000;
const CONTEXT: usize = 3;

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
}

impl File {
    /// The hunks between the two sides of a file, each with three lines around what changed; `None` for files
    /// that are too large to be compared. Line ends do not count.
    pub fn between(old: &str, new: &str) -> Option<File> {
        let fits = |lines: &[&str]| lines.len() <= MAX_LINES;
        let (before, after): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        if !fits(&before) || !fits(&after) {
            return None;
        }
        let diff = similar::TextDiff::from_slices(&before, &after);
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        let line = |change: similar::Change<&str>| {
            let (new, text) = (number(change.new_index()?), change.value().to_owned());
            Some(Line { new, old: change.old_index().map(number), text })
        };
        let hunk = |ops: Vec<similar::DiffOp>| {
            let changes = ops.iter().flat_map(|op| diff.iter_changes(op));
            Hunk { lines: changes.filter_map(line).collect() }
        };
        Some(File { old_path: None, hunks: diff.grouped_ops(CONTEXT).into_iter().map(hunk).collect() })
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

    #[test]
    fn hunks_of_a_patch_have_the_lines_after_the_change() {
        let patch = "--- a/m\n+++ b/m\n@@ -1,4 +1,5 @@ resource\n a\n-b\n+B\r\n+C\n c\n d\n@@ -20,2 +21,3 @@\n x\n+y\n z\n\\ No newline at end of file";
        let mut changed = Changed::default();
        changed.add_patch("m/a.tf", Some("m/a.tf"), patch);
        let file = changed.file("m/a.tf").unwrap();
        assert_eq!(file.old_path, None);
        let shown = |hunk: &Hunk| {
            let line = |l: &Line| format!("{}{} {}", l.new, if l.old.is_none() { "+" } else { "" }, l.text);
            hunk.lines.iter().map(line).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(shown(&file.hunks[0]), "1 a, 2+ B, 3+ C, 4 c, 5 d");
        assert_eq!(shown(&file.hunks[1]), "21 x, 22+ y, 23 z");
        assert_eq!(file.hunks[1].lines[2].old, Some(21));
    }

    #[test]
    fn two_sides_of_a_file_are_compared_as_hosts_do() {
        let old: Vec<String> = (1..=40).map(|n| format!("line {n}")).collect();
        let mut new = old.clone();
        new.splice(9..11, ["changed".to_owned(), "line 11".to_owned(), "added".to_owned()]);
        new.remove(30);
        let file = File::between(&old.join("\r\n"), &(new.join("\n") + "\n")).unwrap();
        let shown: Vec<(u32, u32)> =
            file.hunks.iter().map(|h| (h.lines[0].new, h.lines.last().unwrap().new)).collect();
        assert_eq!(shown, [(7, 15), (28, 33)]);
        let added: Vec<u32> =
            file.hunks.iter().flat_map(|h| &h.lines).filter(|l| l.old.is_none()).map(|l| l.new).collect();
        assert_eq!(added, [10, 12]);
        assert_eq!(file.hunks[1].lines[3], Line { new: 31, old: Some(31), text: "line 31".into() });
        let whole = File::between("", "a\nb").unwrap();
        assert!(whole.hunks[0].lines.iter().all(|l| l.old.is_none()));
        assert_eq!(File::between("a", "a").unwrap().hunks, []);
        assert_eq!(File::between("", &"x\n".repeat(MAX_LINES + 1)), None);
    }

    #[test]
    fn patches_that_are_none_say_nothing() {
        for patch in ["", "@@", "@@ -x +y @@\n+a", "Binary files differ", "@@ -1 +1 @@"] {
            let mut changed = Changed::default();
            changed.add_patch("a", None, patch);
            assert!(changed.file("a").unwrap().hunks.iter().all(|h| h.lines.is_empty()), "{patch}");
        }
    }
}
