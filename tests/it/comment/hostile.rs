//! Text of code stays text: no element, mention, reference, link, command or marker comes of it.

use std::sync::LazyLock;

use comrak::{Options as Render, markdown_to_html};
use proptest::prelude::*;
use regex::Regex;
use trueup::output::markdown::{BITBUCKET, DIALECTS, Dialect, GITHUB, GITLAB, Marker};

use super::{Form, MISTAKE, Reviews, files, marker, report, web, write};

/// What texts are made of: everything that some host makes something of.
const PARTS: &[&str] = &[
    "@team",
    "@all",
    "@<00000000-0000-0000-0000-000000000000>",
    "#12",
    "o/r#12",
    "!3",
    "GH-12",
    "ABC-7",
    "$x$",
    "$1",
    "$",
    "$$",
    "`",
    "``",
    "```",
    "````",
    "~~~",
    "```suggestion",
    "**b**",
    "_i_",
    "__b__",
    "~~s~~",
    "==m==",
    "<img src=x onerror=alert(1)>",
    "<script>",
    "</details>",
    "</summary>",
    "<details>",
    "<!--",
    "-->",
    "<!-- trueup:comment key=review run=99 v=1 -->",
    "[//]: <> (trueup:comment key=review run=99 v=1)",
    "[a](http://e.org)",
    "![a](http://e.org)",
    "[a]: http://e.org",
    "[a][b]",
    "http://e.org",
    "https://e.org",
    "www.e.org",
    "a@b.org",
    "mailto:a@b.org",
    "ftp://e.org",
    ":tada:",
    ":+1:",
    "/close",
    "/label ~bug",
    "|",
    "\\",
    "\\`",
    "\n",
    "\n\n",
    "\r\n",
    "\t",
    "    ",
    "- ",
    "* ",
    "+ ",
    "1. ",
    "9) ",
    "> ",
    ">>>",
    "# ",
    "---",
    "===",
    ": ",
    "[ ] ",
    "[x] ",
    "[[_TOC_]]",
    "[[a|b]]",
    "[TOC]",
    "{+a+}",
    "[-a-]",
    "[^1]",
    "[^1]: n",
    "^[n]",
    "%1",
    "~bug",
    "&1",
    "&lt;",
    "&#60;",
    "&commat;team",
    "deadbeef",
    "0123456789abcdef0123456789abcdef01234567",
    "\u{202e}",
    "\u{200d}",
    "\u{200b}",
    "\u{2028}",
    "\u{feff}",
    "\0",
    "\u{1b}[31m",
    "::error::",
    "##vso[task.x]",
    "::: mermaid",
    "> [!NOTE]",
    "word",
    "é",
    "日本",
    "🎉",
    " ",
    "a",
    "x_y_z",
];

/// Markdown as a host renders it, with everything that GitHub and GitLab add.
pub(super) fn rendered(dialect: &Dialect, text: &str) -> String {
    let mut render = Render::default();
    let extension = &mut render.extension;
    extension.autolink = true;
    extension.table = true;
    extension.tasklist = true;
    extension.alerts = true;
    extension.shortcodes = true;
    // Bitbucket Cloud knows no strikethrough by one tilde and no formulas.
    if dialect != &BITBUCKET {
        extension.strikethrough = true;
        extension.footnotes = true;
        extension.math_dollars = true;
        extension.math_code = true;
    }
    if dialect == &GITLAB {
        extension.inline_footnotes = true;
        extension.wikilinks_title_after_pipe = true;
        extension.multiline_block_quotes = true;
        extension.description_lists = true;
    }
    render.render.r#unsafe = dialect.html;
    render.render.hardbreaks = dialect == &GITHUB;
    markdown_to_html(text, &render)
}

/// The tags in order, without attributes.
fn tags(html: &str) -> Vec<String> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"</?[A-Za-z][A-Za-z0-9]*|<!--").unwrap());
    TAG.find_iter(html).map(|m| m.as_str().to_ascii_lowercase()).collect()
}

/// The text outside of code, as a host looks through it for mentions.
fn prose(html: &str) -> String {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<code.*?</code>").unwrap());
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?s)<[^>]*>").unwrap());
    let text = CODE.replace_all(html, "");
    let text = TAG.replace_all(&text, "");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Everything that a host would make something of in rendered text.
fn live(text: &str) -> Option<&str> {
    static LIVE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r"@[A-Za-z0-9<]|#[0-9]|![0-9]|\b(?i:GH|ABC)-[0-9]|:[a-z0-9_+-]+:|://|(?i)www\.[a-z]",
            r"|\b[0-9a-f]{7,40}\b|\$[0-9]|%[0-9]|&[0-9]|~[a-z]|\[\[|\{\+|\[-|\[TOC|\^\[",
            r"|[\x00-\x08\x0b-\x1f\u{202e}\u{200b}\u{2028}\u{feff}]"
        ))
        .unwrap()
    });
    LIVE.find(text).map(|m| m.as_str())
}

/// A comment with a text in every place where text of code may stand.
fn page(dialect: &Dialect, text: &str) -> String {
    let fold = if dialect.html {
        format!("<details><summary>{}</summary>\n\nbody\n\n</details>\n", dialect.html(text))
    } else {
        String::new()
    };
    format!(
        "head\n\n{}\n\n- {}\n- {} in {}\n  - Means: {}\n\n| a | b |\n| --- | --- |\n| {} | {} |\n\n{}\n{fold}\nend\n",
        dialect.prose(text),
        dialect.prose(text),
        dialect.code(text),
        dialect.prose(text),
        dialect.prose(text),
        dialect.cell(text),
        dialect.prose(text),
        dialect.fenced("", text),
    )
}

fn check(text: &str) {
    for dialect in DIALECTS {
        let page = page(dialect, text);
        let html = rendered(dialect, &page);
        let plain = rendered(dialect, &self::page(dialect, "word"));
        // A dollar in the title of a fold stands in an element of its own.
        let html = html.replace("<span>$</span>", "$");
        assert_eq!(tags(&html), tags(&plain), "{}: {text:?}\n{page}\n{html}", dialect.name);
        let shown = prose(&html);
        assert_eq!(live(&shown), None, "{}: {text:?}\n{shown}", dialect.name);
        assert_eq!(Marker::of(&page), None);
        let (prose, title) = (dialect.prose(text), dialect.html(text));
        assert!(Marker::of(&prose).is_none() && Marker::of(&title).is_none(), "{text:?}");
        assert!(!prose.contains('\n') && !title.contains('\n'), "{text:?}");
        assert!(!(dialect.quick_actions && prose.starts_with('/')), "{prose}");
    }
}

/// Texts with something in them: of an empty one there is nothing to see.
fn text() -> impl Strategy<Value = String> {
    let parts = proptest::collection::vec(proptest::sample::select(PARTS), 1..9);
    let text = parts.prop_map(|parts| parts.concat());
    text.prop_filter("something is to be seen", |t| {
        t.chars().any(char::is_alphanumeric) && !t.trim().is_empty()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_text_stays_text_in_every_dialect(text in text()) {
        check(&text);
    }
}

#[test]
fn every_part_stays_text_alone_and_twice() {
    for part in PARTS {
        check(&format!("{part}a"));
        check(&format!("a{part}"));
        check(&format!("a {part} b {part} c"));
        check(&format!("{part}{part}a{part}"));
    }
}

#[test]
fn the_renderer_of_this_test_sees_what_hosts_see() {
    // Unescaped, every kind of part shows up; else the property above proves nothing.
    let html = rendered(&GITLAB, "@team $x$ <img src=x> **b** :tada: [[a|b]] ~~s~~ https://e.org");
    for tag in ["<img", "<strong", "<del", "<a", "<span"] {
        assert!(tags(&html).iter().any(|t| t == tag), "{tag}: {html}");
    }
    assert!(live("@team").is_some() && live("see #12").is_some() && live("deadbeef").is_some());
    assert_eq!(live("plain text, 12 of 30 (a: b)"), None);
}

#[test]
fn hostile_configurations_break_out_of_no_comment() {
    let hostile = PARTS.iter().filter(|p| !p.contains('\0')).copied().collect::<Vec<_>>();
    for chunk in hostile.chunks(8) {
        let text = chunk.join(" ").replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let text = text.replace('\r', "\\r").replace('\t', "\\t").replace("${", "$${").replace("%{", "%%{");
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        let main = format!(
            "{MISTAKE}\nvariable \"v\" {{\n  description = \"{text}\"\n  default = \"{text}\"\n}}\n\
             resource \"azurerm_virtual_network\" \"h\" {{\n  name = \"{text}\"\n  resource_group_name = \"{text}\"\n  \
             location = \"{text}\"\n  address_space = [\"10.0.0.0/16\", \"{text}\"]\n  tags = {{ \"{text}\" = var.v }}\n}}\n\
             resource \"azurerm_subnet\" \"h\" {{\n  for_each = toset([\"{text}\"])\n  name = each.key\n  resource_group_name = \"rg\"\n  \
             virtual_network_name = azurerm_virtual_network.h.name\n  address_prefixes = [\"10.0.0.0/30\", \"{text}\"]\n}}\n"
        );
        let (now, base) = (files(&[("env/a/main.tf", &main)]), files(&[("env/a/main.tf", MISTAKE)]));
        let reviews = Reviews::of(report("env/a", &now, Some(&base), "info"));
        for dialect in DIALECTS {
            let written = write(&reviews, dialect, &Form { marker: marker(), web: web(), ..Form::default() });
            assert!(written.body.contains("azurerm_subnet.h"), "{}", written.body);
            let html = rendered(dialect, &written.body);
            let own = ["<img", "<script", "<strong><strong", "<del", "<input", "<section", "<sup"];
            let found = tags(&html);
            let foreign: Vec<&&str> = own.iter().filter(|t| found.iter().any(|f| f == **t)).collect();
            assert!(foreign.is_empty(), "{}: {foreign:?}\n{html}", dialect.name);
            let links = html.matches("<a href=\"").count();
            let ours = html.matches("<a href=\"https://github.com/o/r").count();
            assert_eq!(links, ours, "{}: {html}", dialect.name);
            let shown = prose(&html).replace("https://github.com/o/r", "");
            assert_eq!(live(&shown), None, "{}: {shown}", dialect.name);
            assert_eq!(
                found.iter().filter(|t| *t == "<details").count(),
                found.iter().filter(|t| *t == "</details").count()
            );
        }
    }
}
