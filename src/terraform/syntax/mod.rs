//! Syntax trees of Terraform files, made by hcl-edit, with spans into the original text.
//!
//! The tree gives the shape; **content is read from the original text by span** (see the evaluator):
//! the text that hcl-edit sees may differ from the original where a repair was needed, but never in
//! length. So every span is right, while strings and numbers decoded inside the tree are only a
//! convenience for plain cases (names, labels).
//!
//! A recogniser of Terraform's own grammar ([`check`]) walks the text first. It words the diagnostics,
//! cuts out what is broken (one top-level block or argument at a time), and lists the edits.

mod check;
pub mod edit;
pub(crate) mod literal;
pub mod outline;
pub mod print;
pub(crate) mod scan;

use std::ops::Range;

use hcl_edit::expr::Expression;
use hcl_edit::parser::Error;
use hcl_edit::structure::Body;
use hcl_edit::template::Template;

use super::diagnostic::Diagnostic;
use super::source::{FileId, SourceMap, Span};
use check::messages::{INVALID_EXPRESSION, NO_NEWLINE_AFTER_ARGUMENT, TOO_DEEP, UNCLOSED_BLOCK};
use check::{Checker, Edit, Report, Seen};
use scan::{Kind, Scanner};

/// A parsed file: what could be read, and what was wrong with the rest.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    /// The blocks and arguments that could be read.
    pub body: Body,
    /// One error per item that could not be read, and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

/// Adds a file to the sources and parses it. A file that is not UTF-8 gives one error and nothing else.
pub fn parse_bytes(
    sources: &mut SourceMap,
    path: impl Into<camino::Utf8PathBuf>,
    bytes: Vec<u8>,
) -> (FileId, Parsed) {
    match String::from_utf8(bytes) {
        Ok(text) => {
            let file = sources.add(path, text);
            let parsed = parse(file, &sources.file(file).text);
            (file, parsed)
        }
        Err(error) => {
            let at = error.utf8_error().valid_up_to() as u32;
            let file = sources.add(path, String::from_utf8_lossy(error.as_bytes()).into_owned());
            let diagnostic = Diagnostic::error(
                Span { file, start: at, end: at + 3 },
                "Invalid character encoding",
                "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.",
            );
            (file, Parsed { body: Body::new(), diagnostics: vec![diagnostic] })
        }
    }
}

/// Parses a configuration or variables file.
pub fn parse(file: FileId, text: &str) -> Parsed {
    if u32::try_from(text.len()).is_err() {
        let diagnostic = Diagnostic::error(None, "File too large", "A file may have at most 4 GiB.");
        return Parsed { body: Body::new(), diagnostics: vec![diagnostic] };
    }
    let mut report = check_file(file, text);
    let body = match hcl_edit::parser::parse_body(&edited(text, &report.edits, &[])) {
        Ok(body) => body,
        Err(_) => {
            let soft = edited(text, &report.edits, &report.soft);
            hcl_edit::parser::parse_body(&soft).unwrap_or_else(|_| without_refused(file, &soft, &mut report))
        }
    };
    report.diagnostics.sort_by_key(|d| d.span.map(|s| s.start));
    Parsed { body, diagnostics: report.diagnostics }
}

/// Parses a single expression, such as one typed into a console, as it would be read behind `name = `.
/// It may have comments but no blanks or line ends in front of it.
pub fn parse_expression(file: FileId, text: &str) -> Result<Expression, Vec<Diagnostic>> {
    expression(file, text, None)
}

/// The most items of an object that is read as blocks: hcl-edit compares its keys pairwise.
const MOST_BLOCK_ITEMS: usize = 20_000;

/// Parses an object that stands for blocks, as in JSON syntax. Its objects stay objects also when they
/// are long, and may have up to 20,000 items.
pub fn parse_blocks(file: FileId, text: &str) -> Result<Expression, Vec<Diagnostic>> {
    expression(file, text, Some(MOST_BLOCK_ITEMS))
}

fn expression(file: FileId, text: &str, most_items: Option<usize>) -> Result<Expression, Vec<Diagnostic>> {
    // The expression as the only argument of a block, so that what is left open is noticed as it
    // would be in a file.
    let closed = format!("{text}\n}}\n");
    let mut checker = Checker::new(file, &closed);
    checker.most_items = most_items;
    let range = match check_argument(&mut checker) {
        Ok(range) => range,
        Err(_) => return Err(clamped(checker.report.diagnostics, text.len())),
    };
    let report = checker.report;
    let parse = |soft: &[Edit]| parse_at(range.clone(), edited(&closed, &report.edits, soft).into_owned());
    parse(&[]).or_else(|_| parse(&report.soft)).map_err(|error| vec![refused(file, 0, &error)])
}

/// The expression in a range of a text. hcl-edit knows no start but that of the text, so what stands in
/// front of it, a comment, is replaced by the name of an argument.
fn parse_at(range: Range<usize>, mut text: String) -> Result<Expression, Error> {
    text.truncate(range.end);
    // A heredoc without lines is an empty string and blanks by now.
    text.truncate(text.trim_end().len());
    if range.start == 0 {
        return hcl_edit::parser::parse_expr(&text);
    }
    text.replace_range(..range.start, &format!("x={:1$}", "", range.start.saturating_sub(2)));
    let body = hcl_edit::parser::parse_body(&text)?;
    match body.into_attributes().next() {
        Some(attribute) => Ok(attribute.value),
        None => hcl_edit::parser::parse_expr(""),
    }
}

/// Where the expression begins and ends.
fn check_argument(checker: &mut Checker<'_>) -> Result<Range<usize>, check::Broken> {
    let start = checker.peek();
    if start.kind == Kind::Newline || start.start() == 1 {
        return checker.fail(start, INVALID_EXPRESSION);
    }
    checker.expression()?;
    let range = start.start()..checker.end();
    let after = checker.read();
    if after.kind != Kind::Newline {
        let unclosed = after.kind == Kind::Eof;
        return checker.fail(after, if unclosed { UNCLOSED_BLOCK } else { NO_NEWLINE_AFTER_ARGUMENT });
    }
    while checker.peek().kind == Kind::Newline {
        checker.read();
    }
    let brace = checker.read();
    let rest = checker.read();
    match (brace.kind, rest.kind) {
        (Kind::CloseBrace, Kind::Newline) => Ok(range),
        (Kind::Eof, _) => checker.fail(brace, UNCLOSED_BLOCK),
        _ => checker.not_an_item(brace),
    }
}

/// Parses the text of a template file or template string.
pub fn parse_template(file: FileId, text: &str) -> Result<Template, Vec<Diagnostic>> {
    let mut checker = Checker::of_template(file, text);
    if checker.template(Kind::Eof).is_err() {
        return Err(checker.report.diagnostics);
    }
    let report = checker.report;
    let parse = |soft: &[Edit]| hcl_edit::parser::parse_template(&edited(text, &report.edits, soft));
    parse(&[]).or_else(|_| parse(&report.soft)).map_err(|error| vec![refused(file, 0, &error)])
}

/// The span of a node of a tree. Nodes of a parsed file have one, except for the body of a one-line
/// block.
pub fn span(file: FileId, node: &impl hcl_edit::Span) -> Option<Span> {
    node.span().map(|range| Span { file, start: range.start as u32, end: range.end as u32 })
}

/// Checks every top-level item; what is broken is blanked.
fn check_file(file: FileId, text: &str) -> Report {
    let mut checker = Checker::new(file, text);
    if text.starts_with('\u{feff}') {
        checker.report.edits.push(Edit::Blank(0..3));
        checker.restart(3);
    }
    let mut seen = Seen::default();
    // Finding the end of a broken item may read the file to its end: only so many times.
    let mut patience = 32;
    loop {
        let token = checker.peek();
        let checked = match token.kind {
            Kind::Eof => return checker.report,
            Kind::Newline => {
                checker.read();
                continue;
            }
            Kind::Ident => checker.item(&mut seen),
            _ => checker.not_an_item(token),
        };
        if checked.is_ok() {
            checker.report.items.push(token.start()..checker.end());
            continue;
        }
        let end = item_end(text, token.start()).unwrap_or_else(|| {
            patience -= 1;
            next_block(text, token.start() + 1)
        });
        let end = if patience > 0 { end } else { text.len() };
        checker.report.edits.push(Edit::Blank(token.start()..end));
        checker.restart(end);
    }
}

/// Where the broken item that begins at a byte ends: at the first line end outside of all brackets.
fn item_end(text: &str, start: usize) -> Option<usize> {
    let mut scanner = Scanner::new(text, start);
    let mut open: Vec<Kind> = Vec::new();
    loop {
        let token = scanner.next();
        let opener = match token.kind {
            Kind::Newline if open.is_empty() => return Some(token.end()),
            Kind::Eof => return open.is_empty().then_some(token.end()),
            Kind::OpenBrace
            | Kind::OpenBracket
            | Kind::OpenParen
            | Kind::OpenQuote
            | Kind::OpenHeredoc
            | Kind::Interpolation => {
                open.push(token.kind);
                continue;
            }
            Kind::Directive => {
                open.push(Kind::Interpolation);
                continue;
            }
            Kind::CloseBrace => Kind::OpenBrace,
            Kind::CloseBracket => Kind::OpenBracket,
            Kind::CloseParen => Kind::OpenParen,
            Kind::CloseQuote | Kind::QuotedNewline => Kind::OpenQuote,
            Kind::CloseHeredoc => Kind::OpenHeredoc,
            Kind::SequenceEnd => Kind::Interpolation,
            _ => continue,
        };
        // A closer ends everything opened inside of what it closes.
        if let Some(at) = open.iter().rposition(|k| *k == opener) {
            open.truncate(at);
        }
    }
}

/// The start of the next line that begins like a top-level block, or the end of the text.
fn next_block(text: &str, from: usize) -> usize {
    const BLOCKS: &[&str] = &[
        "check",
        "data",
        "ephemeral",
        "import",
        "locals",
        "module",
        "moved",
        "output",
        "provider",
        "removed",
        "resource",
        "terraform",
        "variable",
    ];
    let mut at = from;
    while let Some(line) = text.get(at..).and_then(|rest| rest.find('\n')).map(|n| at + n + 1) {
        let rest = text.get(line..).unwrap_or("");
        let (word, after) = rest.split_at(scan::ident(rest));
        if BLOCKS.contains(&word) && after.trim_start_matches([' ', '\t']).starts_with(['"', '{']) {
            return line;
        }
        at = line;
    }
    text.len()
}

/// The body without the items that hcl-edit refuses although they are well formed: each is tried alone,
/// reported, and blanked.
fn without_refused(file: FileId, text: &str, report: &mut Report) -> Body {
    let mut blanks = Vec::new();
    for item in &report.items {
        let alone = text.get(item.clone()).unwrap_or("");
        if let Err(error) = hcl_edit::parser::parse_body(alone) {
            report.diagnostics.push(refused(file, item.start, &error));
            blanks.push(Edit::Blank(item.clone()));
        }
    }
    hcl_edit::parser::parse_body(&edited(text, &blanks, &[])).unwrap_or_else(|error| {
        report.diagnostics.push(refused(file, 0, &error));
        Body::new()
    })
}

fn refused(file: FileId, offset: usize, error: &Error) -> Diagnostic {
    let start = (offset + error.location().offset()) as u32;
    let span = Span { file, start, end: start };
    let message = error.message();
    if message.contains("nesting depth") || message.contains("chained binary operators") {
        return Diagnostic::error(span, TOO_DEEP.0, TOO_DEEP.1);
    }
    Diagnostic::error(span, "Unsupported syntax", format!("trueup cannot read this: {message}."))
}

fn clamped(mut diagnostics: Vec<Diagnostic>, length: usize) -> Vec<Diagnostic> {
    for span in diagnostics.iter_mut().filter_map(|d| d.span.as_mut()) {
        (span.start, span.end) = (span.start.min(length as u32), span.end.min(length as u32));
    }
    diagnostics
}

/// The text with edits applied, of the same length.
fn edited<'t>(text: &'t str, edits: &[Edit], soft: &[Edit]) -> std::borrow::Cow<'t, str> {
    if edits.is_empty() && soft.is_empty() {
        return text.into();
    }
    let mut bytes = text.as_bytes().to_vec();
    for edit in edits.iter().chain(soft) {
        let (range, fill): (Range<usize>, u8) = match edit {
            Edit::Blank(range) | Edit::BlankAll(range) => (range.clone(), b' '),
            Edit::Zeros(range) => (range.clone(), b'0'),
            Edit::Byte(at, byte) => (*at..*at + 1, *byte),
        };
        let keep = matches!(edit, Edit::Blank(_));
        for byte in bytes.get_mut(range).unwrap_or_default() {
            if !(keep && matches!(byte, b'\n' | b'\r')) {
                *byte = fill;
            }
        }
    }
    // Edits cover whole characters, so this is the same text again.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned()).into()
}

#[cfg(test)]
mod tests;
