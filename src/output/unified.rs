//! Two texts as a patch in the unified form.

use std::fmt::Write;

/// Lines around a change.
const CONTEXT: usize = 3;

/// The patch from one text to another that differs by lines put in or exchanged; empty when they are equal.
pub fn patch(name: &str, before: &str, after: &str) -> String {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let changes = changes(&old, &new);
    let mut out = String::new();
    if !changes.is_empty() {
        let _ = writeln!(out, "--- a/{name}\n+++ b/{name}");
    }
    let mut rest = changes.as_slice();
    while let Some(first) = rest.first() {
        let near = rest.windows(2).take_while(|w| w[1].0.0 <= w[0].0.1 + 2 * CONTEXT).count();
        let (hunk, later) = rest.split_at(near + 1);
        rest = later;
        let last = hunk.last().unwrap_or(first);
        let (start, end) = (first.0.0.saturating_sub(CONTEXT), (last.0.1 + CONTEXT).min(old.len()));
        let (new_start, new_end) = (first.1.0 - (first.0.0 - start), last.1.1 + (end - last.0.1));
        let _ =
            writeln!(out, "@@ -{},{} +{},{} @@", start + 1, end - start, new_start + 1, new_end - new_start);
        let mut at = start;
        for ((from, to), (new_from, new_to)) in hunk {
            old[at..*from].iter().for_each(|l| put(&mut out, ' ', l));
            old[*from..*to].iter().for_each(|l| put(&mut out, '-', l));
            new[*new_from..*new_to].iter().for_each(|l| put(&mut out, '+', l));
            at = *to;
        }
        old[at..end].iter().for_each(|l| put(&mut out, ' ', l));
    }
    out
}

fn put(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}

/// A range of lines.
type Lines = (usize, usize);

/// Ranges of old and new lines that differ. How far one has to look for the next equal line is short:
/// edits put in a line or exchange one.
fn changes(old: &[&str], new: &[&str]) -> Vec<(Lines, Lines)> {
    let mut found = Vec::new();
    let (mut a, mut b) = (0, 0);
    while a < old.len() || b < new.len() {
        if old.get(a) == new.get(b) {
            (a, b) = (a + 1, b + 1);
            continue;
        }
        // The nearest pair of equal lines, counted in lines passed over.
        let limit = (old.len() - a) + (new.len() - b);
        let meet = (1..=limit).find_map(|far| {
            (0..=far).find_map(|skip| {
                let (x, y) = (a + skip, b + far - skip);
                let ends = x == old.len() && y == new.len();
                (ends || x < old.len() && y < new.len() && old[x] == new[y]).then_some((x, y))
            })
        });
        let (x, y) = meet.unwrap_or((old.len(), new.len()));
        found.push(((a, x), (b, y)));
        (a, b) = (x, y);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_shows_what_differs_and_three_lines_around() {
        let old = "a\nb\nc\nd\ne\nf\n";
        assert_eq!(patch("x", old, old), "");
        let new = "a\nb\nc\nd\nD\ne\nF\n";
        let wanted = "--- a/x\n+++ b/x\n@@ -2,5 +2,6 @@\n b\n c\n d\n+D\n e\n-f\n+F\n";
        assert_eq!(patch("x", old, new), wanted);
        assert_eq!(
            patch("x", "a", "b"),
            "--- a/x\n+++ b/x\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n"
        );
    }
}
