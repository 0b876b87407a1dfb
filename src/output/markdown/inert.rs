//! Foreign text made inert in Markdown: no markup, no HTML, no mention, no reference, no link, no command, on
//! any host.
//!
//! Hosts look for mentions and references after Markdown is rendered, where a backslash is gone, so these are
//! broken by a joiner of no width; it goes wherever one of the hosts would see something, on all of them, since
//! comments travel (mirrors, mails, imports). Markup is kept plain by backslashes and entities.

use std::borrow::Cow;

use super::super::escape;
use super::dialect::Dialect;

/// Joins, is not seen, and breaks what hosts look for.
const JOINER: char = '\u{200d}';

impl Dialect {
    /// Text in a paragraph, a list item or a table cell: one line.
    pub fn prose(&self, text: &str) -> String {
        let text = escape::line(text);
        let text = text.trim();
        let mut out = String::with_capacity(text.len() + 8);
        let marks = block_mark(text);
        for (at, c) in text.char_indices() {
            let markup = "\\`*[]|~#!$".contains(c) || marks == Some(at) || c == '_' && !is_inside(text, at);
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '/' if at == 0 && self.quick_actions => out.push_str("\\/"),
                c => {
                    if markup && self.escapable.contains(c) {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
            if breaks_after(text, at, c) {
                out.push(JOINER);
            }
        }
        out
    }

    /// Text in an HTML element, such as the title of a fold: one line.
    pub fn html(&self, text: &str) -> String {
        let text = escape::line(text);
        let mut out = String::with_capacity(text.len() + 8);
        for (at, c) in text.char_indices() {
            match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                // Alone in an element it opens no formula.
                '$' => out.push_str("<span>$</span>"),
                c => out.push(c),
            }
            if breaks_after(&text, at, c) {
                out.push(JOINER);
            }
        }
        out
    }

    /// Text as a code span, whatever back-quotes it holds. In a table use [`cell`](Self::cell).
    pub fn code(&self, text: &str) -> String {
        span(&escape::line(text))
    }

    /// Text as a code span in a table cell, which a pipe would end even inside the span.
    pub fn cell(&self, text: &str) -> String {
        span(&escape::line(text)).replace('|', "\\|")
    }

    /// A body of which no line is run as a command, where the host has such: a blank goes before `/name` at the
    /// beginning of a line. The host looks for commands in the text and not in what it renders, so that it can
    /// be led to take lines of a code block for them.
    pub fn without_commands<'a>(&self, body: &'a str) -> Cow<'a, str> {
        if !self.quick_actions || !body.split('\n').any(is_command) {
            return Cow::Borrowed(body);
        }
        let defused = |line: &str| {
            if is_command(line) { format!(" {}", line.trim_start_matches('\r')) } else { line.into() }
        };
        Cow::Owned(body.split('\n').map(defused).collect::<Vec<String>>().join("\n"))
    }

    /// Text as a fenced block.
    pub fn fenced(&self, language: &str, text: &str) -> String {
        escape::fenced(language, text)
    }
}

/// True for a line that begins with `/name`. Carriage returns are taken out before it is looked for.
fn is_command(line: &str) -> bool {
    let rest = line.trim_start_matches('\r').strip_prefix('/');
    rest.is_some_and(|rest| rest.trim_start_matches('\r').starts_with(|c: char| c.is_ascii_alphabetic()))
}

fn span(text: &str) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The character at the beginning of a text that would make a list, a heading's underline or a rule of it.
fn block_mark(text: &str) -> Option<usize> {
    match text.chars().next()? {
        '-' | '+' | '=' | ':' => Some(0),
        c if c.is_ascii_digit() => {
            let end = text.find(|c: char| !c.is_ascii_digit())?;
            text.get(end..)?.starts_with(['.', ')']).then_some(end)
        }
        _ => None,
    }
}

/// True where a joiner must follow: inside of what a host would make a mention, reference, emoji or link of.
fn breaks_after(text: &str, at: usize, c: char) -> bool {
    let before = text.get(..at).unwrap_or("");
    let rest = text.get(at + c.len_utf8()..).unwrap_or("");
    let next = rest.chars().next();
    let follows = |is: fn(&char) -> bool| next.as_ref().is_some_and(is);
    match c {
        '@' | '#' | '!' | '^' => next.is_some(),
        // Snippets, milestones, labels, epics, iterations, contents.
        '$' | '%' | '~' | '&' | '[' | '*' => follows(|c| !c.is_whitespace()),
        '{' => follows(|c| matches!(c, '+' | '-')),
        ':' => rest.starts_with("//") || is_shortcode(rest),
        'w' | 'W' => rest.starts_with('.') && is_www(before),
        // GH-12, ABC-12.
        '-' => {
            let word = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
            word.is_some_and(|w| w.starts_with(|c: char| c.is_ascii_alphabetic()))
                && follows(char::is_ascii_digit)
        }
        // A commit is seven hexadecimal digits or more.
        c if c.is_ascii_hexdigit() => {
            let run = before.bytes().rev().take_while(u8::is_ascii_hexdigit).count();
            run % 6 == 5 && follows(char::is_ascii_hexdigit)
        }
        _ => false,
    }
}

/// True for a character inside of a word, where an underscore is no markup.
fn is_inside(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|t| t.chars().next_back());
    let after = text.get(at + 1..).and_then(|t| t.chars().next());
    [before, after].iter().all(|c| c.is_some_and(|c| c.is_ascii_alphanumeric()))
}

/// True for the rest of `:name:`.
fn is_shortcode(rest: &str) -> bool {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_+-".contains(c));
    end.is_some_and(|end| end > 0 && rest.get(end..).is_some_and(|r| r.starts_with(':')))
}

/// True when only `ww` is missing before.
fn is_www(before: &str) -> bool {
    let mut letters = before.chars().rev();
    letters.by_ref().take(2).filter(|c| c.eq_ignore_ascii_case(&'w')).count() == 2
}

#[cfg(test)]
mod tests {
    use super::super::dialect::{AZURE_DEVOPS, BITBUCKET, GITHUB, GITLAB};

    #[test]
    fn markup_is_plain() {
        let prose = |text| GITHUB.prose(text);
        assert_eq!(
            prose("<img src=x> **b** [l](x)"),
            "&lt;img src=x&gt; \\*\u{200d}\\*\u{200d}b\\*\u{200d}\\* \\[\u{200d}l\\](x)"
        );
        assert_eq!(prose("- item"), "\\- item");
        assert_eq!(prose("    12. item\nx"), "12\\. item x");
        assert_eq!(prose("=== x"), "\\=== x");
        assert_eq!(prose("a_b _c_ __d__ 2026-11-18"), "a_b \\_c\\_ \\_\\_d\\_\\_ 2026-11-18");
        assert_eq!(prose("costs $5|$6"), "costs \\$\u{200d}5\\|\\$\u{200d}6");
        assert_eq!(BITBUCKET.prose("costs $5 a|b"), "costs $\u{200d}5 a\\|b");
    }

    #[test]
    fn nothing_is_mentioned_or_linked() {
        let prose = |text| AZURE_DEVOPS.prose(text);
        assert_eq!(prose("@team #12 !3 GH-7"), "@\u{200d}team \\#\u{200d}12 \\!\u{200d}3 GH-\u{200d}7");
        assert_eq!(prose("https://x www.x.y"), "https:\u{200d}//x www\u{200d}.x.y");
        assert_eq!(prose(":tada: a: b"), ":\u{200d}tada: a: b".replacen(':', "\\:", 1));
        assert_eq!(prose("deadbeef"), "deadbe\u{200d}ef");
        assert_eq!(GITLAB.prose("/close"), "\\/close");
        assert_eq!(GITHUB.prose("/close"), "/close");
        assert_eq!(GITHUB.html("<b> $1 @x"), "&lt;b&gt; <span>$</span>\u{200d}1 @\u{200d}x");
    }

    #[test]
    fn no_line_is_a_command() {
        let body = "/close\n```\n/merge x\n```\n\r/approve\n //x\n/* y */\n a/b";
        let defused = GITLAB.without_commands(body);
        assert_eq!(defused, " /close\n```\n /merge x\n```\n /approve\n //x\n/* y */\n a/b");
        assert_eq!(GITLAB.without_commands(&defused), defused);
        assert_eq!(GITHUB.without_commands(body), body);
    }

    #[test]
    fn code_stays_as_it_is() {
        let inert = &GITHUB;
        assert_eq!(inert.code("a`b|c"), "``a`b|c``");
        assert_eq!(inert.cell("a|b"), "`a\\|b`");
        assert_eq!(inert.code("`"), "`` ` ``");
        assert_eq!(inert.code(" "), "");
        assert_eq!(inert.fenced("", "  ````\nx"), "`````\n  ````\nx\n`````\n");
    }
}
