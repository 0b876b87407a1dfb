//! Source files and places in them.
//!
//! Every file that evaluation reads is kept here once, by its path as a person would write it
//! (relative to the working directory where possible), so that any [`Span`] can be turned into a
//! file, a line and an excerpt long after parsing.

use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};

use camino::{Utf8Path, Utf8PathBuf};

/// A file of a [`SourceMap`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(NonZeroU32);

impl FileId {
    /// Its number among the files of its map, from 1: in another evaluation of the same code the same.
    pub fn number(self) -> u32 {
        (self.0.get() - 1) % IDS + 1
    }
}

/// A byte range in one file: `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers both; `self` when they are in different files.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at the start of this one.
    pub fn at_start(self) -> Span {
        Span { end: self.start, ..self }
    }
}

/// A line and column, both from 1. Columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset in the file.
    pub byte: usize,
}

/// A place as reports name it: a file as the user would write it, and a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
pub struct Place {
    /// Path as shown, with forward slashes.
    #[schemars(with = "String")]
    pub file: Utf8PathBuf,
    /// First line, from 1.
    pub line: usize,
    /// Last line, from 1.
    pub end_line: usize,
    /// First column in characters, from 1.
    pub column: usize,
    /// The byte range, for excerpts and edits.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// The file of an id that no map gave: nothing is shown of it.
static NOWHERE: LazyLock<Arc<SourceFile>> =
    LazyLock::new(|| Arc::new(SourceFile::new(Utf8PathBuf::new(), "".into())));

/// One source file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as shown to people.
    pub path: Utf8PathBuf,
    /// The text as it is on disk (invalid UTF-8 replaced).
    pub text: Arc<str>,
    /// It is none of the checkout's files: the user named it on the command line.
    pub outside: bool,
    line_starts: Vec<u32>,
    /// Bytes that continue a character: a column is counted without walking through its line, which may
    /// be as long as the file.
    continuations: Vec<u32>,
}

impl SourceFile {
    fn new(path: Utf8PathBuf, text: Arc<str>) -> Self {
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i as u32 + 1))
            .collect();
        let continuations = if text.is_ascii() {
            Vec::new()
        } else {
            text.bytes().enumerate().filter(|(_, b)| b & 0xc0 == 0x80).map(|(i, _)| i as u32).collect()
        };
        SourceFile { path, text, outside: false, line_starts, continuations }
    }

    /// Line and column of a byte offset (clamped to the file).
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line_starts.partition_point(|s| *s as usize <= byte).max(1);
        let start = self.line_starts[line - 1] as usize;
        let before = |byte: usize| self.continuations.partition_point(|c| (*c as usize) < byte);
        let column = if self.text.is_char_boundary(byte) {
            byte - start - (before(byte) - before(start)) + 1
        } else {
            1
        };
        Position { line, column, byte }
    }

    /// Byte offset of the start of a line (from 1); the file's length past its last line.
    pub fn offset(&self, line: usize) -> usize {
        let start = line.checked_sub(1).and_then(|i| self.line_starts.get(i));
        start.map_or(self.text.len(), |s| *s as usize)
    }

    /// The text of a line (from 1) without its line end; empty when there is no such line.
    pub fn line(&self, line: usize) -> &str {
        let Some(start) = line.checked_sub(1).and_then(|i| self.line_starts.get(i)) else { return "" };
        let end = self.line_starts.get(line).map_or(self.text.len(), |s| *s as usize);
        self.text.get(*start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }
}

/// How many ids a map may give before those of the next one begin: see [`SourceMap::numbered`].
const IDS: u32 = 1 << 18;

/// All files of one evaluation.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    /// Ids before the first one of this map.
    before: u32,
    files: Vec<Arc<SourceFile>>,
    /// Files of other evaluations: ids before the first one, and the files.
    beside: Vec<(u32, Vec<Arc<SourceFile>>)>,
}

impl SourceMap {
    /// The map of one of several evaluations whose values are brought together: no id of it is one of a map
    /// with another number. Number 0 is the usual one; there are some 16,000.
    pub fn numbered(number: u32) -> SourceMap {
        SourceMap { before: number.saturating_mul(IDS), ..SourceMap::default() }
    }

    /// Takes in the files of another map, so that places in them can be shown. They are none of this
    /// evaluation's own: [`SourceMap::files`] leaves them out.
    pub fn lay_beside(&mut self, other: &SourceMap) {
        if other.before != self.before && self.beside.iter().all(|(before, _)| *before != other.before) {
            self.beside.push((other.before, other.files.clone()));
        }
    }

    fn id(&self, at: usize) -> FileId {
        FileId(NonZeroU32::MIN.saturating_add(self.before).saturating_add(at as u32))
    }

    /// Adds a file and returns its id.
    pub fn add(&mut self, path: impl Into<Utf8PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        self.files.push(Arc::new(SourceFile::new(path.into(), text.into())));
        self.id(self.files.len() - 1)
    }

    /// Says of a file that it is none of the checkout's.
    pub fn set_outside(&mut self, id: FileId) {
        let at = (id.0.get() - 1).checked_sub(self.before);
        if let Some(file) = at.and_then(|at| self.files.get_mut(at as usize)) {
            Arc::make_mut(file).outside = true;
        }
    }

    /// The id that the `count`th file added from now on will have.
    pub fn id_after(&self, count: usize) -> FileId {
        self.id(self.files.len() + count - 1)
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        let at = |before: u32| (id.0.get() - 1).checked_sub(before).map(|at| at as usize);
        let found = at(self.before).and_then(|at| self.files.get(at));
        let mut beside = self.beside.iter();
        let found = found.or_else(|| beside.find_map(|(before, files)| files.get(at(*before)?)));
        found.unwrap_or(&NOWHERE)
    }

    /// All files with their ids, in the order they were read.
    pub fn entries(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, file)| (self.id(i), &**file))
    }

    /// All files in the order they were read.
    pub fn files(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().map(|file| &**file)
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where a span begins and ends, as reports name it.
    pub fn place(&self, span: Span) -> Place {
        let file = self.file(span.file);
        let start = file.position(span.start as usize);
        let end = file.position((span.end.max(span.start + 1) - 1) as usize);
        Place {
            file: file.path.clone(),
            line: start.line,
            end_line: end.line,
            column: start.column,
            span: Some(span),
        }
    }

    /// The path of a span's file.
    pub fn path(&self, span: Span) -> &Utf8Path {
        &self.file(span.file).path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_that_are_brought_together_keep_their_files_apart() {
        let [mut one, mut other] = [SourceMap::numbered(3), SourceMap::numbered(4)];
        let [a, b] = [one.add("a.tf", "a"), other.add("b.tf", "b")];
        assert_ne!(a, b);
        assert_eq!((a.number(), b.number()), (1, 1));
        assert_eq!(one.file(b).path, "", "of that map nothing is known here");
        one.lay_beside(&other);
        assert_eq!((one.file(a).path.as_str(), one.file(b).path.as_str()), ("a.tf", "b.tf"));
        assert_eq!(one.files().count(), 1);
    }

    #[test]
    fn columns_count_characters() {
        let file = SourceFile::new("a".into(), "ab\né👩x\n\nz".into());
        let cases = [
            (0, 1, 1),
            (2, 1, 3),
            (3, 2, 1),
            (5, 2, 2),
            (9, 2, 3),
            (10, 2, 4),
            (11, 3, 1),
            (12, 4, 1),
            (99, 4, 2),
        ];
        for (byte, line, column) in cases {
            let at = file.position(byte);
            assert_eq!((at.line, at.column), (line, column), "byte {byte}");
        }
    }
}
