//! How code hosts differ in what they make of Markdown, as data: one static for each.

use std::fmt::Write as _;

use super::super::escape;

/// How a host reads the body of a comment.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Its name on the command line and in messages.
    pub name: &'static str,
    /// The most that the body of one comment may hold.
    pub limit: Limit,
    /// `<details>` folds and HTML comments are hidden. Where they are not, HTML is shown as text.
    pub html: bool,
    /// The characters that a backslash makes plain; before another the backslash is shown.
    pub escapable: &'static str,
    /// A line that begins with `/` is run as a command.
    pub quick_actions: bool,
    /// How an edit of lines is proposed in a comment on them.
    pub suggestion: Suggestion,
    /// The address of a line and of several lines of a file: `{web}`, `{commit}`, `{path}`, `{first}` and
    /// `{last}` are replaced.
    line: &'static str,
    lines: &'static str,
}

/// The size of a body. Hosts do not say what they count, so both hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Limit {
    /// UTF-16 code units, of which no text has fewer than characters.
    pub units: usize,
    /// Bytes of UTF-8.
    pub bytes: usize,
}

/// How a host takes a proposed edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// A fence `suggestion` replaces exactly the lines that the comment is on.
    Lines,
    /// The same, for a comment on one line only.
    Line,
    /// A fence `suggestion:-A+B` replaces from A lines above the commented line to B below it.
    Around,
    /// None: a `diff` block that a person applies.
    Diff,
}

/// Where the files of a review are to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    /// The page of the repository: `https://github.com/owner/name`,
    /// `https://dev.azure.com/organisation/project/_git/name`, `https://gitlab.com/group/project`,
    /// `https://bitbucket.org/workspace/name`, `https://host/projects/KEY/repos/name`.
    pub repository: String,
    /// The commit whose lines are told.
    pub commit: String,
}

/// All punctuation of ASCII, as CommonMark has it.
const COMMONMARK: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// GitHub and GitHub Enterprise Server.
pub static GITHUB: Dialect = Dialect {
    name: "github",
    // 65,536 "characters"; tools that stayed under it have met the error above 190,000 bytes.
    limit: Limit { units: 65_536, bytes: 190_000 },
    html: true,
    escapable: COMMONMARK,
    quick_actions: false,
    suggestion: Suggestion::Lines,
    line: "{web}/blob/{commit}/{path}#L{first}",
    lines: "{web}/blob/{commit}/{path}#L{first}-L{last}",
};

/// Azure DevOps Services.
pub static AZURE_DEVOPS: Dialect = AZURE;

/// Azure DevOps Server, which has no button to apply a proposed edit.
pub static AZURE_DEVOPS_SERVER: Dialect = Dialect { suggestion: Suggestion::Diff, ..AZURE };

/// The page that Azure Pipelines shows with a run, whose HTML nobody promises.
pub static AZURE_PIPELINES_SUMMARY: Dialect = Dialect {
    html: false,
    limit: Limit { units: 1_000_000, bytes: 1_000_000 },
    suggestion: Suggestion::Diff,
    ..AZURE
};

const AZURE: Dialect = Dialect {
    name: "azure-devops",
    limit: Limit { units: 150_000, bytes: 600_000 },
    html: true,
    escapable: COMMONMARK,
    quick_actions: false,
    suggestion: Suggestion::Lines,
    line: "{web}?path=/{path}&version=GC{commit}&line={first}&lineEnd={last}&lineStartColumn=1&lineEndColumn=200&lineStyle=plain&_a=contents",
    lines: "{web}?path=/{path}&version=GC{commit}&line={first}&lineEnd={last}&lineStartColumn=1&lineEndColumn=200&lineStyle=plain&_a=contents",
};

/// GitLab, also self-managed.
pub static GITLAB: Dialect = Dialect {
    name: "gitlab",
    limit: Limit { units: 1_000_000, bytes: 1_000_000 },
    html: true,
    escapable: COMMONMARK,
    quick_actions: true,
    suggestion: Suggestion::Around,
    line: "{web}/-/blob/{commit}/{path}#L{first}",
    lines: "{web}/-/blob/{commit}/{path}#L{first}-{last}",
};

/// Bitbucket Cloud.
pub static BITBUCKET: Dialect = Dialect {
    name: "bitbucket",
    // What is counted is not documented: bytes are the safe reading.
    limit: Limit { units: 32_768, bytes: 32_768 },
    html: false,
    escapable: "\\`*_{}[]()#+-.!>|",
    quick_actions: false,
    suggestion: Suggestion::Diff,
    line: "{web}/src/{commit}/{path}#lines-{first}",
    lines: "{web}/src/{commit}/{path}#lines-{first}:{last}",
};

/// Bitbucket Data Center and Server.
pub static BITBUCKET_SERVER: Dialect = Dialect {
    name: "bitbucket-server",
    limit: Limit { units: 32_768, bytes: 32_768 },
    html: false,
    escapable: COMMONMARK,
    quick_actions: false,
    suggestion: Suggestion::Line,
    line: "{web}/browse/{path}?at={commit}#{first}",
    lines: "{web}/browse/{path}?at={commit}#{first}-{last}",
};

/// All of them.
pub static DIALECTS: [&Dialect; 5] = [&GITHUB, &AZURE_DEVOPS, &GITLAB, &BITBUCKET, &BITBUCKET_SERVER];

/// The lines that a proposed edit replaces.
#[derive(Clone, Copy, Debug)]
pub struct Edit<'a> {
    /// The lines as they are, without the last line end.
    pub before: &'a str,
    /// The lines as they should be; empty takes them away.
    pub after: &'a str,
}

impl Limit {
    /// True when a body fits with 2 % to spare.
    pub fn holds(&self, body: &str) -> bool {
        let spared = |n: usize| n - n / 50;
        body.len() <= spared(self.bytes) && body.encode_utf16().count() <= spared(self.units)
    }
}

impl Dialect {
    /// The dialect of a name.
    pub fn named(name: &str) -> Option<&'static Dialect> {
        DIALECTS.into_iter().find(|d| d.name == name)
    }

    /// The address of lines of a file (from 1, both inclusive). `path` is the way from the repository's top.
    pub fn file_url(&self, web: &Web, path: &str, first: u32, last: u32) -> String {
        let form = if last > first { self.lines } else { self.line };
        let values = [
            ("{web}", attribute(web.repository.trim_end_matches('/'))),
            ("{commit}", percent(&web.commit, "")),
            ("{path}", percent(path, "/")),
            ("{first}", first.to_string()),
            ("{last}", last.max(first).to_string()),
        ];
        // No value holds a brace, so that none can be taken for another's place.
        values.iter().fold(form.to_owned(), |url, (name, value)| url.replace(name, value))
    }

    /// The block in a comment on the last line of an edit that proposes it.
    ///
    /// [`Suggestion::Line`] proposes only an edit of one line; what cannot be proposed is a `diff` block. So is
    /// an edit with characters that would hide or reorder it, or with lines that the host would run as commands:
    /// what a button applies must be what is seen.
    pub fn suggestion(&self, edit: Edit<'_>) -> String {
        let lines = edit.before.lines().count().max(1);
        match self.suggestion {
            _ if escape::terminal(edit.after) != edit.after => diff(edit),
            _ if self.without_commands(edit.after) != edit.after => diff(edit),
            Suggestion::Lines => block("suggestion", edit.after),
            Suggestion::Line if lines == 1 => block("suggestion", edit.after),
            Suggestion::Around if lines <= 101 => block(&format!("suggestion:-{}+0", lines - 1), edit.after),
            _ => diff(edit),
        }
    }
}

fn diff(edit: Edit<'_>) -> String {
    let mut diff = String::new();
    for (sign, text) in [('-', edit.before), ('+', edit.after)] {
        for line in text.lines() {
            let _ = writeln!(diff, "{sign}{line}");
        }
    }
    escape::fenced("diff", &diff)
}

/// A fenced block whose text stays as it is.
fn block(info: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.is_empty() { "" } else { "\n" };
    format!("{fence}{info}\n{text}{end}{fence}\n")
}

/// A text as part of an address: all but letters, digits, `-._~` and the characters of `keep` as `%XX`.
fn percent(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || keep.contains(c) {
            out.push(c);
        } else {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// An address without the characters that would end it in Markdown or HTML.
pub(super) fn attribute(url: &str) -> String {
    percent(url, ":/?#@!$&'*+,;=%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_files_are_linked_as_each_host_has_them() {
        let web = |repository: &str| Web { repository: repository.into(), commit: "abc".into() };
        let url = |d: &Dialect, web: &Web| d.file_url(web, "a b/(x)#.tf", 10, 12);
        assert_eq!(
            url(&GITHUB, &web("https://github.com/o/r/")),
            "https://github.com/o/r/blob/abc/a%20b/%28x%29%23.tf#L10-L12"
        );
        assert_eq!(
            GITHUB.file_url(&web("https://github.com/o/r"), "main.tf", 3, 3),
            "https://github.com/o/r/blob/abc/main.tf#L3"
        );
        assert_eq!(
            url(&GITLAB, &web("https://gl/g/p")),
            "https://gl/g/p/-/blob/abc/a%20b/%28x%29%23.tf#L10-12"
        );
        assert!(
            url(&AZURE_DEVOPS, &web("https://dev.azure.com/o/my project/_git/r")).starts_with(
                "https://dev.azure.com/o/my%20project/_git/r?path=/a%20b/%28x%29%23.tf&version=GCabc&line=10&lineEnd=12&"
            )
        );
        assert!(
            url(&BITBUCKET, &web("https://bitbucket.org/w/s"))
                .ends_with("/src/abc/a%20b/%28x%29%23.tf#lines-10:12")
        );
        assert!(
            url(&BITBUCKET_SERVER, &web("https://h/projects/K/repos/s")).ends_with("%23.tf?at=abc#10-12")
        );
    }

    #[test]
    fn edits_are_proposed_as_each_host_takes_them() {
        let edit = Edit { before: "a = 1\nb = 2", after: "a = 3" };
        assert_eq!(GITHUB.suggestion(edit), "```suggestion\na = 3\n```\n");
        assert_eq!(GITLAB.suggestion(edit), "```suggestion:-1+0\na = 3\n```\n");
        assert_eq!(BITBUCKET.suggestion(edit), "```diff\n-a = 1\n-b = 2\n+a = 3\n```\n");
        assert_eq!(BITBUCKET_SERVER.suggestion(edit), BITBUCKET.suggestion(edit));
        let one = Edit { before: "a = 1", after: "```" };
        assert_eq!(BITBUCKET_SERVER.suggestion(one), "````suggestion\n```\n````\n");
        assert_eq!(GITHUB.suggestion(Edit { before: "a", after: "" }), "```suggestion\n```\n");
        let command = Edit { before: "a", after: "<<EOT\n/close\nEOT" };
        assert_eq!(GITLAB.suggestion(command), "```diff\n-a\n+<<EOT\n+/close\n+EOT\n```\n");
        assert!(GITHUB.suggestion(command).starts_with("```suggestion\n"));
        let hidden = GITHUB.suggestion(Edit { before: "a", after: "b\u{202e}" });
        assert_eq!(hidden, "```diff\n-a\n+b\\u{202e}\n```\n");
    }

    #[test]
    fn a_body_is_counted_in_units_and_in_bytes() {
        assert!(GITHUB.limit.holds(&"a".repeat(64_000)));
        assert!(!GITHUB.limit.holds(&"a".repeat(65_000)));
        assert!(!GITHUB.limit.holds(&"\u{1f600}".repeat(33_000)), "a pair of units each");
        assert!(!GITHUB.limit.holds(&"€".repeat(63_000)), "three bytes each");
        assert!(!BITBUCKET.limit.holds(&"é".repeat(17_000)));
        assert!(DIALECTS.iter().all(|d| Dialect::named(d.name) == Some(*d)));
    }
}
