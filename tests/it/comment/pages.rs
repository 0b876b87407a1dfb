//! Comments as a browser shows them. The HTML is kept beside this file, so that a change of it is seen;
//! `INSTA_UPDATE=always cargo test --test it comment::pages` writes it anew.

use trueup::output::markdown::{BITBUCKET, Dialect, GITHUB, GITLAB};

use super::{Form, MISTAKE, Reviews, before, files, many, report, reviewed, web, write};
use crate::browser::{chromium, measured};

/// What GitHub's page gives a comment to stand in: its text sizes, and tables and code that scroll by
/// themselves.
const STYLE: &str = "body { font: 14px/1.5 sans-serif; margin: 16px; overflow-wrap: anywhere } \
    table { display: block; width: max-content; max-width: 100%; overflow: auto; border-collapse: collapse } \
    td, th { border: 1px solid #d0d7de; padding: 6px 13px; overflow-wrap: normal } pre { overflow: auto; background: #f6f8fa; \
    padding: 16px; font-size: 12px; overflow-wrap: normal } code { font-size: 12px; background: #eff1f3 } h3 { font-size: 17px } h4 { font-size: 14px }";

fn page(dialect: &'static Dialect, reviews: &Reviews) -> String {
    let written = write(reviews, dialect, &Form { web: web(), ..Form::default() });
    let body = super::hostile::rendered(dialect, &written.body);
    let body = if dialect.html { body } else { body.replace("<!-- raw HTML omitted -->", "RAW") };
    format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>comment</title><style>{STYLE}</style>\n<body>\n{body}</body></html>\n"
    )
}

/// A change of one root module, of several, and both for other hosts.
fn pages() -> Vec<(&'static str, String)> {
    let (now, base) = (files(&[("env/prod/main.tf", MISTAKE)]), files(&[("env/prod/main.tf", &before())]));
    let one = Reviews::of(report("env/prod", &now, Some(&base), "high"));
    let fine = report(
        "env/dev",
        &files(&[("env/dev/main.tf", &before())]),
        Some(&files(&[("env/dev/main.tf", &before())])),
        "high",
    );
    let changed = report("env/prod", &now, Some(&base), "high");
    let several = Reviews { roots: vec![reviewed(fine), reviewed(changed)], ..Reviews::default() };
    vec![
        ("one-github", page(&GITHUB, &one)),
        ("one-bitbucket", page(&BITBUCKET, &one)),
        ("several-gitlab", page(&GITLAB, &several)),
    ]
}

#[test]
fn comments_look_as_they_looked() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    // Prices are renewed; the form of the comment is what is kept.
    let money = regex::Regex::new(r"\$\u{200d}?[0-9][0-9,.]*").unwrap();
    let date = regex::Regex::new(r"rices of [0-9-]+").unwrap();
    for (name, html) in pages() {
        let html = date.replace_all(&html, "rices of [date]").into_owned();
        let html = money.replace_all(&html, "[money]").into_owned();
        settings.bind(|| insta::assert_snapshot!(name, html));
    }
}

#[test]
fn comments_hold_in_a_real_browser() {
    let Some(browser) = chromium() else { return };
    let mut pages = pages();
    pages.push(("many-github", page(&GITHUB, &many(40, "high"))));
    if let Some(dir) = std::env::var_os("TRUEUP_PAGES") {
        for (name, html) in &pages {
            std::fs::write(std::path::Path::new(&dir).join(format!("{name}.html")), html).unwrap();
        }
    }
    let texts: Vec<&str> = pages.iter().map(|(_, html)| html.as_str()).collect();
    for ((name, _), both) in pages.iter().zip(measured(&browser, &texts, &[1000, 400]).chunks(2)) {
        for (result, width) in both.iter().zip([1000, 400]) {
            assert_eq!(result["scroll"], result["client"], "{name} at {width} px overflows to the side");
            assert_eq!(result["overlaps"], serde_json::json!([]), "{name} at {width} px: texts overlap");
            assert!(result["runs"].as_u64().unwrap() > 10, "{name} at {width} px is empty");
            assert_eq!(result["ran"], false);
        }
    }
}
