//! A diff of several files, as git writes it, taken apart.

use super::Changed;

/// The files of a diff with their hunks. Binary files, and files that are taken away, are left out.
///
/// Lines of hunks are counted by their headers: a removed line `-- a/x` looks like a header of its own.
pub(super) fn parse(text: &str) -> Changed {
    let mut changed = Changed::default();
    let mut file = Open::default();
    let mut left = (0_u32, 0_u32);
    for line in text.split('\n') {
        if left != (0, 0) {
            match line.as_bytes().first() {
                Some(b'-') => left.0 = left.0.saturating_sub(1),
                Some(b'+') => left.1 = left.1.saturating_sub(1),
                Some(b'\\') => {}
                _ => left = (left.0.saturating_sub(1), left.1.saturating_sub(1)),
            }
            file.keep(line);
        } else if line.starts_with("diff --git ") {
            std::mem::take(&mut file).close(&mut changed);
        } else if let Some(path) = line.strip_prefix("--- ") {
            file.old = name(path, "a/");
        } else if let Some(path) = line.strip_prefix("+++ ") {
            file.new = name(path, "b/");
        } else if let Some(header) = line.strip_prefix("@@ -") {
            left = heights(header).unwrap_or_default();
            file.keep(line);
        } else if line.starts_with('\\') {
            file.keep(line);
        }
    }
    file.close(&mut changed);
    changed
}

/// A file whose hunks are being read.
#[derive(Default)]
struct Open {
    old: Option<String>,
    new: Option<String>,
    patch: String,
}

impl Open {
    fn keep(&mut self, line: &str) {
        self.patch.push_str(line);
        self.patch.push('\n');
    }

    fn close(self, changed: &mut Changed) {
        if let Some(new) = self.new.filter(|_| !self.patch.is_empty()) {
            changed.add_patch(&new, self.old.as_deref(), &self.patch);
        }
    }
}

/// How many lines a hunk has before and after, of `12,7 +12,9 @@ ...`.
fn heights(header: &str) -> Option<(u32, u32)> {
    let (old, rest) = header.split_once(" +")?;
    let new = rest.split_once(" @@")?.0;
    let height = |range: &str| range.split_once(',').map_or(Some(1), |(_, n)| n.parse().ok());
    Some((height(old)?, height(new)?))
}

/// A path of a header: `None` where there is no file. Git quotes unusual names as C does.
fn name(path: &str, prefix: &str) -> Option<String> {
    let path = path.trim_end_matches('\r').trim_end_matches('\t');
    let path = match path.strip_prefix('"').and_then(|p| p.strip_suffix('"')) {
        Some(quoted) => unquoted(quoted)?,
        None => path.to_owned(),
    };
    (path != "/dev/null").then(|| path.strip_prefix(prefix).unwrap_or(&path).to_owned())
}

fn unquoted(text: &str) -> Option<String> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            digit @ b'0'..=b'3' => {
                let digits = [digit, bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 8).ok()?
            }
            b'4'..=b'9' => return None,
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_hunks_of_a_diff() {
        let diff = "diff --git a/old name.tf b/new name.tf\nsimilarity index 90%\nrename from old name.tf\n\
            rename to new name.tf\n--- a/old name.tf\t\n+++ b/new name.tf\t\n@@ -1,3 +1,3 @@ x\n a\n--- a/gone\n+++ b/come\n c\n\
            diff --git a/logo.png b/logo.png\nBinary files a/logo.png and b/logo.png differ\n\
            diff --git \"a/\\303\\251.tf\" \"b/\\303\\251.tf\"\nnew file mode 100644\n--- /dev/null\n+++ \"b/\\303\\251.tf\"\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n\
            diff --git a/gone.tf b/gone.tf\ndeleted file mode 100644\n--- a/gone.tf\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-x\n";
        let changed = parse(diff);
        assert_eq!(changed.len(), 2, "{changed:?}");
        let renamed = changed.file("new name.tf").unwrap();
        assert_eq!(renamed.old_path.as_deref(), Some("old name.tf"));
        let lines: Vec<_> = renamed.hunks[0].lines.iter().map(|l| (l.new, l.old, l.text.as_str())).collect();
        assert_eq!(lines, [(1, Some(1), "a"), (2, None, "++ b/come"), (3, Some(3), "c")]);
        let new = &changed.file("é.tf").unwrap().hunks[0].lines;
        assert_eq!((new.len(), new[0].old, new[0].text.as_str()), (1, None, "x"));
    }

    #[test]
    fn what_is_no_diff_says_nothing() {
        for text in
            ["", "<html>", "diff --git a/x b/x", "+++ b/x\n@@ -x\n+a", "+++ \"b/\\9\"\n@@ -1 +1 @@\n+a"]
        {
            assert!(parse(text).is_empty() || parse(text).file("x").is_some(), "{text}");
        }
    }
}
