//! Foreign text made inert for the place it is printed in.

use std::fmt::Write as _;

use rust_decimal::Decimal;

/// Characters that reorder, hide or end text: directional marks, embeddings, isolates, zero-width ones,
/// separators of lines and paragraphs, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}'
        | '\u{00ad}' | '\u{180e}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// True for a character that begins, or is the second of, what a pipeline would take for a command:
/// `##vso[`, `##[` anywhere in a line, `::` at its start. `fresh` says that only blanks stand before it.
fn is_command(before: Option<char>, c: char, rest: &str, fresh: bool) -> bool {
    match c {
        '#' => {
            let word = rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
            before == Some('#') && word.starts_with('[')
        }
        ':' => fresh && rest.starts_with(':'),
        _ => false,
    }
}

/// Every character of a text with what [`is_command`] says of it.
fn characters(text: &str) -> impl Iterator<Item = (char, bool)> {
    let (mut before, mut fresh) = (None, true);
    text.char_indices().map(move |(at, c)| {
        let rest = text.get(at + c.len_utf8()..).unwrap_or("");
        let command = is_command(before, c, rest, fresh);
        fresh = c == '\n' || fresh && (c.is_whitespace() || is_invisible(c));
        before = Some(c);
        (c, command)
    })
}

/// Text for a terminal or a log: control and invisible characters and the signs of pipeline commands are
/// shown as escapes, line ends kept.
pub fn terminal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, command) in characters(text) {
        match c {
            '\n' | '\t' => out.push(c),
            c if command || c.is_control() || is_invisible(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Text for a terminal that stays as long as it was in bytes: control and invisible characters become
/// question marks. For source excerpts, whose carets count bytes.
pub fn same_length(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (c, command) in characters(text) {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => out.push(' '),
            c if command || c.is_control() || is_invisible(c) => {
                out.extend(std::iter::repeat_n('?', c.len_utf8()));
            }
            c => out.push(c),
        }
    }
    out
}

/// A text of at most so many characters.
pub fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
    }
}

/// One line of text for a terminal.
pub fn line(text: &str) -> String {
    terminal(text).replace(['\n', '\t'], " ")
}

/// Text inside a Markdown paragraph or table cell: no markup, no HTML, no mention, no link, one line.
pub fn markdown(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len() + 8);
    for (i, c) in text.char_indices() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A zero-width joiner breaks mentions and bare links without changing what is read.
            '@' => out.push_str("@\u{200d}"),
            ':' if text.get(i..).is_some_and(|t| t.starts_with("://")) => out.push_str(":\u{200d}"),
            c => out.push(c),
        }
    }
    out
}

/// Text as a Markdown code span, also when it holds back-quotes or pipes.
pub fn code(text: &str) -> String {
    let text = line(text);
    if text.is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    // A pipe ends a table cell even inside a code span.
    format!("{fence}{pad}{}{pad}{fence}", text.replace('|', "\\|"))
}

/// Text as a fenced Markdown code block.
pub fn fenced(language: &str, text: &str) -> String {
    let text = terminal(text);
    // A fence may be indented, so every run of back-quotes counts.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_end_matches('\n'))
}

/// Serialised JSON for a terminal or a log. What is escaped stands in strings only, so the values stay the
/// same: invisible characters, and the second of two number signs, which begin commands of pipelines.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    for c in text.chars() {
        match c {
            '#' if before == '#' => out.push_str("\\u0023"),
            c if is_invisible(c) || c.is_control() && c != '\n' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
        before = c;
    }
    out
}

/// A field of CSV (RFC 4180), one line. What a spreadsheet would take for a formula begins with an apostrophe;
/// numbers stay numbers.
pub fn csv(text: &str) -> String {
    let text = line(text);
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']) && text.parse::<Decimal>().is_err();
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// Text inside an XML element or attribute.
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in terminal(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_inert_in_a_terminal() {
        assert_eq!(terminal("a\u{1b}[31mb\u{202e}c\r\n"), "a\\u{1b}[31mb\\u{202e}c\\u{d}\n");
        assert_eq!(line("a\nb"), "a b");
        assert_eq!(terminal("x ##vso[task.x]y"), "x #\\u{23}vso[task.x]y");
        assert_eq!(terminal(" ::set-output::x\na::b\n## Title"), " \\u{3a}:set-output::x\na::b\n## Title");
        assert_eq!(same_length("##[error]"), "#?[error]");
        assert_eq!(same_length("a\u{1b}\u{202e}\r\n"), "a???? \n");
    }

    #[test]
    fn hostile_text_is_inert_in_markdown() {
        assert_eq!(markdown("<img src=x> **b** @team"), "&lt;img src=x&gt; \\*\\*b\\*\\* @\u{200d}team");
        assert_eq!(markdown("a|b\nc"), "a\\|b c");
        assert_eq!(markdown("https://x"), "https:\u{200d}//x");
    }

    #[test]
    fn code_spans_outlast_back_quotes() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(fenced("hcl", "```\nx"), "````hcl\n```\nx\n````\n");
        assert_eq!(fenced("", "  ```\nx"), "````\n  ```\nx\n````\n");
    }

    #[test]
    fn fields_of_csv_stay_fields_and_never_become_formulas() {
        for (text, expected) in [
            ("a", "a"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("@x", "'@x"),
            ("\t=1", "' =1"),
            ("-12.5", "-12.5"),
            ("a\r\nb", "a\\u{d} b"),
            ("##[error]", "#\\u{23}[error]"),
        ] {
            assert_eq!(csv(text), expected);
        }
    }
}
