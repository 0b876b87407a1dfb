//! Reads the files of one module directory.

use std::sync::Arc;

use camino::Utf8Path;
use hcl_edit::expr::Expression;

use super::body::Body;
use super::declaration::Module;
use super::sources::Sources;
use super::{decode, json, overrides, spec};
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::files::{FileError, FileKind, FileSource, relative, tidy};
use crate::terraform::source::{FileId, Span};
use crate::terraform::syntax;

/// Reads files and keeps their texts.
pub(super) struct Loader<'a> {
    /// Where the files are.
    pub files: &'a dyn FileSource,
    /// Directory of the root module, relative to the checkout.
    pub root: &'a Utf8Path,
    /// How reports name the root module's directory.
    pub shown: &'a Utf8Path,
    /// The files read so far.
    pub sources: Sources,
    /// What is wrong with them.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file's bytes as text, or what is wrong with them.
pub(super) enum Text {
    /// Read.
    Good(FileId),
    /// Not text, which was reported.
    Bad,
}

impl Loader<'_> {
    /// How reports name a path relative to the checkout.
    pub(super) fn shown(&self, path: &Utf8Path) -> camino::Utf8PathBuf {
        tidy(&self.shown.join(relative(self.root, path)))
    }

    /// Reads a file. A file that is no text gives a diagnostic.
    pub(super) fn read(&mut self, path: &Utf8Path) -> Result<Text, FileError> {
        let bytes = self.files.read(path)?;
        let shown = self.shown(path);
        Ok(self.keep(&shown, bytes))
    }

    /// Keeps the bytes of a file that is none of the checkout's.
    pub(super) fn keep_outside(&mut self, shown: &Utf8Path, bytes: Vec<u8>) -> Text {
        let kept = self.keep(shown, bytes);
        if let Text::Good(file) = kept {
            self.sources.map.set_outside(file);
        }
        kept
    }

    /// Keeps the bytes of a file under the name that reports show.
    pub(super) fn keep(&mut self, shown: &Utf8Path, bytes: Vec<u8>) -> Text {
        let bad = match std::str::from_utf8(&bytes) {
            Ok(_) => bytes.iter().position(|b| *b == 0),
            Err(e) => Some(e.valid_up_to()),
        };
        let text = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into());
        let file = self.sources.map.add(shown, text);
        let Some(at) = bad else { return Text::Good(file) };
        let at = at as u32;
        self.diagnostics.push(Diagnostic::error(
            Span { file, start: at, end: at + 1 },
            "Invalid character encoding",
            "This is not a text file in UTF-8: it looks like a binary file. Terraform files are UTF-8 text.",
        ));
        Text::Bad
    }

    /// Reads and parses a configuration file; what could not be read was reported as such.
    pub(super) fn body(&mut self, path: &Utf8Path) -> Option<Body> {
        let before = self.diagnostics.len();
        let body = self.parsed(path);
        for diagnostic in self.diagnostics.iter_mut().skip(before) {
            diagnostic.unread = diagnostic.is_error();
        }
        body
    }

    fn parsed(&mut self, path: &Utf8Path) -> Option<Body> {
        let file = match self.read(path) {
            Ok(Text::Good(file)) => file,
            Ok(Text::Bad) => return None,
            Err(error) => {
                let shown = self.shown(path);
                self.diagnostics.push(Diagnostic::error(
                    None,
                    "Failed to read file",
                    format!("The file {shown} could not be read: {error}."),
                ));
                return None;
            }
        };
        let text = self.sources.text(file);
        if !path.as_str().ends_with(".json") {
            let parsed = syntax::parse(file, &text);
            self.diagnostics.extend(parsed.diagnostics);
            return Some(Body::from_native(file, parsed.body, &mut self.diagnostics));
        }
        let (native, object) = self.json(file, syntax::parse_blocks)?;
        Some(json::body(file, &native, &object, &spec::FILE, &mut self.diagnostics))
    }

    /// Parses a JSON file as a native expression, for its blocks or its values; the native text is kept
    /// with the file.
    pub(super) fn json(
        &mut self,
        file: FileId,
        parse: impl Fn(FileId, &str) -> Result<Expression, Vec<Diagnostic>>,
    ) -> Option<(Arc<str>, Expression)> {
        let text = self.sources.text(file);
        let parsed = json::to_native(file, &text).map_err(|d| vec![d]).and_then(|native| {
            let object = parse(file, &native)?;
            Ok((native, object))
        });
        match parsed {
            Ok((native, object)) => {
                self.sources.set_native(file, native);
                Some((self.sources.text(file), object))
            }
            Err(diagnostics) => {
                self.diagnostics.extend(diagnostics);
                None
            }
        }
    }

    /// Reads a module; `None` when the directory holds no configuration files.
    pub(super) fn module(&mut self, dir: &Utf8Path) -> Result<Option<Module>, FileError> {
        let mut names: Vec<String> = self
            .files
            .list(dir)?
            .into_iter()
            .filter(|(name, kind)| *kind == FileKind::File && is_configuration(name))
            .map(|(name, _)| name)
            .collect();
        // OpenTofu: `x.tofu` stands in for `x.tf`.
        let tofu: Vec<String> =
            names.iter().filter_map(|n| n.strip_suffix(".tofu").map(str::to_owned)).collect();
        names.retain(|n| n.strip_suffix(".tf").is_none_or(|stem| !tofu.iter().any(|t| t == stem)));
        if names.is_empty() {
            return Ok(None);
        }
        let (over, base): (Vec<_>, Vec<_>) = names.into_iter().partition(|n| is_override(n));
        let mut body = Body::default();
        for name in base {
            if let Some(mut read) = self.body(&dir.join(name)) {
                spec::check(&spec::FILE, &mut read, None, false, &mut self.diagnostics);
                body.blocks.append(&mut read.blocks);
            }
        }
        for name in over {
            if let Some(mut read) = self.body(&dir.join(name)) {
                spec::check(&spec::FILE, &mut read, None, true, &mut self.diagnostics);
                overrides::merge(&mut body, read, &mut self.diagnostics);
            }
        }
        Ok(Some(decode::module(dir.to_owned(), body, &self.sources, &mut self.diagnostics)))
    }
}

/// True for the name of a file that Terraform or OpenTofu reads as configuration.
pub fn is_configuration(name: &str) -> bool {
    let kept = [".tf", ".tf.json", ".tofu", ".tofu.json"].iter().any(|end| name.ends_with(end));
    let ignored =
        name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'));
    kept && !ignored
}

pub(super) fn is_override(name: &str) -> bool {
    let stem = name.trim_end_matches(".json").trim_end_matches(".tofu").trim_end_matches(".tf");
    stem == "override" || stem.ends_with("_override")
}
