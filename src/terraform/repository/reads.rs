//! The files that functions may read, from the text of their calls.

use std::sync::LazyLock;

use camino::{Utf8Path, Utf8PathBuf};
use globset::{GlobBuilder, GlobMatcher};
use regex::Regex;

use crate::terraform::files::{FileSource, join};

/// A path that a function may read.
#[derive(Clone, Debug)]
pub(super) struct Read {
    /// Relative to the root module, and not to the module that says it.
    pub(super) of_root: bool,
    /// The path as it is written, with `**` for what is computed.
    pub(super) path: String,
    /// Names are read and not what the files hold.
    pub(super) lists: bool,
}

/// Functions whose first argument is a path.
static CALL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"\b(file|filebase64|fileexists|fileset|templatefile|filemd5|filesha1|filesha256|filesha512|filebase64sha256|filebase64sha512)\s*\(",
    )
    .ok()
});

/// Stands for every path.
const ANY: &str = "**";

/// The reads in a text: a file, or one expression.
pub(super) fn reads(text: &str, files: &dyn FileSource, dir: &Utf8Path) -> Vec<Read> {
    let mut found = Vec::new();
    if !text.contains("file") {
        return found;
    }
    for call in CALL.iter().flat_map(|call| call.captures_iter(text)) {
        let (Some(whole), Some(name)) = (call.get(0), call.get(1)) else { continue };
        let arguments = arguments(text.get(whole.end()..).unwrap_or(""));
        let Some(first) = arguments.first() else { continue };
        let mut read = path(first);
        if name.as_str() == "fileset" {
            let below = arguments.get(1).map_or(ANY.to_owned(), |pattern| path(pattern).path);
            read.path = format!("{}/{below}", read.path.trim_end_matches('/'));
            read.lists = true;
        }
        let is_template = name.as_str() == "templatefile" && !read.path.contains('*');
        let template = if is_template && !read.of_root { join(dir, &read.path) } else { None };
        found.push(read);
        // A template may read further files.
        let template = template.and_then(|path| files.read(&path).ok());
        if template
            .is_some_and(|bytes| CALL.as_ref().is_some_and(|c| c.is_match(&String::from_utf8_lossy(&bytes))))
        {
            found.push(Read { of_root: true, path: ANY.to_owned(), lists: false });
        }
    }
    found
}

/// The arguments of a call whose opening bracket was read, as they are written.
fn arguments(text: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    // What is open: brackets, and texts with the interpolations in them.
    let mut open: Vec<u8> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let in_text = open.last() == Some(&b'"');
        match b {
            b'\\' if in_text => at += 1,
            b'"' if in_text => drop(open.pop()),
            b'"' => open.push(b'"'),
            b'{' if in_text && at > 0 && matches!(bytes[at - 1], b'$' | b'%') => open.push(b'{'),
            _ if in_text => {}
            b'(' | b'[' | b'{' => open.push(b),
            b')' if open.is_empty() => {
                all.extend(text.get(start..at));
                return all;
            }
            b')' | b']' | b'}' => drop(open.pop()),
            b',' if open.is_empty() => {
                all.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        depth = depth.max(open.len());
        if depth > 64 {
            break;
        }
        at += 1;
    }
    all
}

/// A path from the expression that makes it.
fn path(expression: &str) -> Read {
    let expression = expression.trim();
    let inner = expression.strip_prefix('"').and_then(|e| e.strip_suffix('"'));
    let of_name = |name: &str| match name.trim() {
        "path.module" => Some(false),
        "path.root" | "path.cwd" => Some(true),
        _ => None,
    };
    let Some(mut rest) = inner else {
        return match of_name(expression) {
            Some(of_root) => Read { of_root, path: ".".to_owned(), lists: false },
            None => Read { of_root: true, path: ANY.to_owned(), lists: false },
        };
    };
    // A relative path counts from where Terraform runs.
    let mut read = Read { of_root: true, path: String::new(), lists: false };
    let mut first = true;
    while let Some((text, after)) = rest.split_once("${") {
        let Some((name, after)) = interpolation(after) else { break };
        match of_name(name).filter(|_| first && text.is_empty()) {
            Some(of_root) => {
                read.of_root = of_root;
                read.path.push('.');
            }
            None => {
                read.path.push_str(text);
                // Two stars stand for whole names only.
                read.path = format!("{}{ANY}", read.path);
            }
        }
        first = false;
        rest = after;
    }
    read.path.push_str(rest);
    read
}

/// The inside of `${...}` and what follows.
fn interpolation(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((text.get(..at)?, text.get(at + 1..)?)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Which paths of the checkout a read may be.
pub(super) enum Wanted {
    /// This one.
    Path(Utf8PathBuf),
    /// Those that look so.
    Pattern(GlobMatcher),
    /// None that is in the checkout.
    Nothing,
}

impl Read {
    /// The read as paths of the checkout, made in a module at `module` of a root module at `root`.
    pub(super) fn wanted(&self, module: &Utf8Path, root: &Utf8Path) -> Wanted {
        let dir = if self.of_root { root } else { module };
        if !self.path.contains(['*', '?', '[', '{']) {
            return join(dir, &self.path).map_or(Wanted::Nothing, Wanted::Path);
        }
        // What stands in front of the first computed name is a folder.
        let at = self.path.find(['*', '?', '[', '{']).unwrap_or(0);
        let (folder, rest) =
            self.path.split_at(self.path.get(..at).and_then(|p| p.rfind('/')).map_or(0, |s| s + 1));
        // A path that is computed from its beginning may be anywhere.
        let any = rest.starts_with(ANY) && folder.is_empty();
        let dir = if any { Some(Utf8PathBuf::new()) } else { join(dir, folder) };
        let Some(dir) = dir else { return Wanted::Nothing };
        let base = if dir.as_str().is_empty() {
            String::new()
        } else {
            format!("{}/", globset::escape(dir.as_str()))
        };
        // Within a name, two stars are many characters, also slashes.
        let pattern = format!("{base}{}", rest.replace("***", "**"));
        let glob = GlobBuilder::new(&loose(&pattern))
            .literal_separator(!self.path.contains(ANY))
            .backslash_escape(true)
            .build();
        glob.map_or(Wanted::Nothing, |glob| Wanted::Pattern(glob.compile_matcher()))
    }
}

/// A pattern in which what is computed may hold slashes.
fn loose(pattern: &str) -> String {
    // Two stars and a slash also stand for nothing.
    pattern.replace("**/", "*").replace("**", "*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terraform::files::DiskFiles;

    fn wanted(text: &str, path: &str) -> bool {
        let files = DiskFiles::new("/".into()).unwrap();
        let found = reads(text, &files, "modules/m".into());
        found.iter().any(|read| match read.wanted("modules/m".into(), "env/prod".into()) {
            Wanted::Path(p) => p == path,
            Wanted::Pattern(glob) => glob.is_match(path),
            Wanted::Nothing => false,
        })
    }

    #[test]
    fn paths_are_those_that_the_call_could_mean() {
        for (text, path, expected) in [
            ("x = file(\"${path.module}/a.yaml\")", "modules/m/a.yaml", true),
            ("x = file(\"${path.module}/a.yaml\")", "modules/m/b.yaml", false),
            ("x = yamldecode(file(\"${path.root}/../c.yaml\"))", "env/c.yaml", true),
            ("x = file(\"a.yaml\")", "env/prod/a.yaml", true),
            ("x = file(\"a.yaml\")", "modules/m/a.yaml", false),
            ("x = templatefile(\"${path.module}/t/${var.n}.tpl\", { a = \"(\" })", "modules/m/t/x.tpl", true),
            (
                "x = templatefile(\"${path.module}/t/${var.n}.tpl\", { a = \"(\" })",
                "modules/m/u/x.tpl",
                false,
            ),
            ("x = file(\"${path.module}/${lookup(var.m, \"k\")}.json\")", "modules/m/deep/x.json", true),
            ("for_each = fileset(path.module, \"rules/*.json\")", "modules/m/rules/a.json", true),
            ("for_each = fileset(path.module, \"rules/*.json\")", "modules/m/rules/b/a.json", false),
            ("for_each = fileset(\"${path.module}/rules\", \"**/*.json\")", "modules/m/rules/b/a.json", true),
            ("for_each = fileset(\"${path.module}/rules\", \"**/*.json\")", "modules/m/rules/a.json", true),
            ("x = file(local.path)", "anything/at/all.txt", true),
            ("x = file(\"${local.dir}/a.yaml\")", "conf/a.yaml", true),
            ("x = file(\"${local.dir}/a.yaml\")", "conf/b.yaml", false),
            ("x = profile(\"a.yaml\")", "env/prod/a.yaml", false),
            ("x = file(\"/etc/passwd\")", "etc/passwd", false),
        ] {
            assert_eq!(wanted(text, path), expected, "{text} {path}");
        }
    }
}
