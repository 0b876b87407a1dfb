//! What is wrong with a policy, and where.

use std::fmt;

use camino::{Utf8Path, Utf8PathBuf};

use super::PolicyFile;
use crate::terraform::diagnostic::Diagnostic;
use crate::terraform::source::{SourceMap, Span};

/// Why policies could not be read or evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, with line and column from 1 where they are known.
    place: Option<(Utf8PathBuf, Option<(usize, usize)>)>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Fault {
    /// One without a place.
    pub fn plain(message: String) -> Fault {
        Fault { place: None, message }
    }

    /// One in a file as a whole.
    pub fn in_file(path: &Utf8Path, message: String) -> Fault {
        Fault { place: Some((path.to_owned(), None)), message }
    }

    /// One at a line and column, from 1.
    #[cfg(feature = "rego")]
    pub(super) fn at(path: &Utf8Path, place: (usize, usize), message: String) -> Fault {
        Fault { place: Some((path.to_owned(), Some(place))), message }
    }

    /// One of a parser that ends its message with `at line N column M` where it knows the place.
    pub(super) fn at_line(path: &Utf8Path, message: &str) -> Fault {
        let place = message.rsplit_once(" at line ").and_then(|(said, at)| {
            let (line, column) = at.split_once(" column ")?;
            Some((said, (line.parse().ok()?, column.trim().parse::<usize>().ok()?.max(1))))
        });
        match place {
            Some((said, at)) => Fault { place: Some((path.to_owned(), Some(at))), message: said.to_owned() },
            None => Fault::in_file(path, message.to_owned()),
        }
    }

    /// One of the engine, whose messages begin with `--> file:line:column` and end with `error: what`.
    #[cfg(feature = "rego")]
    pub(super) fn of_engine(text: &str, default: Option<&Utf8Path>) -> Fault {
        let at = text.trim_start().strip_prefix("--> ").and_then(|rest| {
            let (path, column) = rest.lines().next()?.rsplit_once(':')?;
            let (path, line) = path.rsplit_once(':')?;
            Some((Utf8PathBuf::from(path), Some((line.parse().ok()?, column.parse().ok()?))))
        });
        let message = text.split_once("error: ").map_or(text, |(_, message)| message);
        Fault { place: at.or_else(|| Some((default?.to_owned(), None))), message: explain(message.trim()) }
    }

    /// Line and column, for saying which of two faults is the further one.
    #[cfg(feature = "rego")]
    pub(super) fn position(&self) -> Option<(usize, usize)> {
        self.place.as_ref()?.1
    }

    /// With the column that a place had before its file was rewritten.
    #[cfg(feature = "rego")]
    pub(super) fn before(mut self, rewritten: impl Fn(&Utf8Path, usize, usize) -> usize) -> Fault {
        if let Some((path, Some((line, column)))) = &mut self.place {
            *column = rewritten(path, *line, *column);
        }
        self
    }

    /// As a diagnostic among those of the code, with the file beside the code's.
    pub fn diagnostic(&self, files: &[PolicyFile], sources: &mut SourceMap) -> Diagnostic {
        let span = self.place.as_ref().and_then(|(path, at)| {
            let file = files.iter().find(|f| f.path == *path)?;
            let id = sources.add(path.clone(), file.text.as_str());
            let (line, column) = at.unwrap_or((1, 1));
            let source = sources.file(id);
            let rest = source.line(line);
            let before = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(i, _)| i);
            let start = (source.offset(line) + before) as u32;
            let word = rest[before..].chars().take_while(|c| !c.is_whitespace()).map(char::len_utf8);
            let length = word.sum::<usize>().max(1).min(source.text.len() - start as usize) as u32;
            Some(Span { file: id, start, end: start + length })
        });
        let detail = match &span {
            Some(_) => self.message.clone(),
            None => self.to_string(),
        };
        Diagnostic::error(span, "Policy cannot be used", sentence(&detail))
    }
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// The engine's words where a user would not know what to do with them.
#[cfg(feature = "rego")]
fn explain(message: &str) -> String {
    let missing = message.strip_prefix("could not find function ");
    match missing {
        Some(name) if name == "http.send" || name.starts_with("net.lookup") => {
            format!("a policy opens no connection: {name} is not available")
        }
        Some(name) if matches!(name, "time.now_ns" | "opa.runtime" | "uuid.rfc4122") => {
            format!(
                "the same input gives the same answer: {name} is not available; put what it is needed for into a data file"
            )
        }
        Some(name) => format!("there is no function {name}"),
        None if message.contains("cyclic evaluation") || message.contains("recursion detected") => {
            "recursion: a rule depends on itself".to_owned()
        }
        None if message.contains("time limit") => "the policies took too long, all together".to_owned(),
        None => message.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((path, Some((line, column)))) => write!(f, "{path}:{line}:{column}: {}", self.message),
            Some((path, None)) => write!(f, "{path}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}
