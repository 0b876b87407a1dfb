//! Writing results: a closed pipe is a normal end, colours only where they are wanted.

use std::io::{self, IsTerminal, Write};

use camino::Utf8Path;

use crate::output::escape::{line, terminal};
use crate::output::excerpt::Style;

/// The style of standard output: colours when it is a terminal and nothing forbids them.
pub(super) fn style() -> Style {
    let color = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    Style { color, width: width() }
}

/// Columns of the terminal, when it says.
fn width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    columns.filter(|c| (40..=400).contains(c)).unwrap_or(120)
}

/// Writes to standard output. A reader that left is no error.
pub(super) fn out(text: &str) -> io::Result<()> {
    // Without an escape there is no colour to take out, which would be looked for byte by byte.
    if !text.contains('\x1b') {
        return plainly(text);
    }
    let mut stream = anstream::AutoStream::auto(io::stdout().lock());
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes text that must stay as it is, such as a patch; a terminal gets it with control characters made
/// visible.
pub(super) fn raw(text: &str) -> io::Result<()> {
    if io::stdout().is_terminal() {
        let lines: Vec<String> = text.lines().map(|l| terminal(l) + "\n").collect();
        return out(&lines.concat());
    }
    plainly(text)
}

fn plainly(text: &str) -> io::Result<()> {
    let mut stream = io::stdout().lock();
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// Writes to standard error; what cannot be written there cannot be told anywhere.
pub(super) fn err(text: &str) {
    let _ = anstream::AutoStream::auto(io::stderr().lock()).write_all(text.as_bytes());
}

/// Tells on standard error what was done, in one line.
pub(super) fn note(text: &str) {
    err(&format!("note: {}\n", line(text)));
}

/// Tells on standard error what went wrong beside the work, in one line.
pub(super) fn warn(text: &str) {
    err(&format!("warning: {}\n", line(text)));
}

/// Writes a file without colours.
pub(super) fn file(path: &Utf8Path, text: &str) -> io::Result<()> {
    std::fs::write(path, anstream::adapter::strip_str(text).to_string())
}
